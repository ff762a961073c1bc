//! CP-1 to CP-6: several statements about one credential.

use device_enrollment::policy::{CompoundRule, Rule};
use device_enrollment::verdict::CheckId::{
    Cp1, Cp2, Cp3, Cp4, Cp5, Cp6, Po1, Po2, Po3, Sn4, X1, X2, X11, X13, X15,
};
use device_enrollment::verdict::{AttestationType, CheckId, Evidence, Format, Outcome, Part};
use device_enrollment::{TrustAnchor, TrustStore};
use device_enrollment_testkit::cbor::{self, Entries, Value};
use device_enrollment_testkit::{Attestation, Authority, Edit, Registration};
use serde_json::json;

use crate::harness::{
    Ceremony as _, Enrollment, Make, SEED, Valid, bank, fails, passes, plain, store, valid,
};

type Judgement = device_enrollment::Judgement<<Enrollment as crate::harness::Ceremony>::Accepted>;

/// A compound of the statements that these registrations carry.
fn of(parts: &[Make]) -> Registration {
    Registration::compound_of(SEED, parts.iter().map(|make| make(SEED).attestation).collect())
}

/// Three statements of three formats and two types.
fn three(seed: &str) -> Registration {
    let parts = [Registration::packed_self, Registration::tpm_ecc, Registration::android_key];
    let parts = parts.map(|make: Make| make(seed).attestation).to_vec();
    Registration::compound_of(seed, parts)
}

/// Changes the finished array of parts.
fn array(
    valid: &Valid<Enrollment>,
    change: impl Fn(&mut Vec<Value>) + Send + Sync + 'static,
) -> Judgement {
    valid.but(|c| c.attestation.compound().edit_parts = Edit::new(change))
}

/// Changes `fmt` and `attStmt` of one part.
fn entries(
    valid: &Valid<Enrollment>,
    position: usize,
    change: impl Fn(&mut Entries) + Send + Sync + 'static,
) -> Judgement {
    valid.but(|c| c.part(position).edit_object = Edit::new(change))
}

/// One bit of what a part signs.
fn spoil(part: &mut Attestation) {
    part.edit_signed_bytes = Edit::new(|bytes: &mut Vec<u8>| bytes[40] ^= 1);
}

fn part(judgement: &Judgement, position: usize) -> &Part {
    &judgement.verdict().parts[position]
}

fn outcome(part: &Part, id: CheckId) -> Option<Outcome> {
    part.checks.iter().find(|check| check.id == id).map(|check| check.outcome)
}

#[test]
fn a_compound_has_two_to_eight_statements() {
    let valid = valid(plain(Registration::compound));
    passes(&valid.judgement, Cp1);
    fails(&array(&valid, Vec::clear), Cp1, "compound.parts");
    fails(&array(&valid, |parts| parts.truncate(1)), Cp1, "compound.parts");
    let repeated = |count| array(&valid, move |parts| *parts = vec![parts[0].clone(); count]);
    passes(&repeated(2), Cp1);
    passes(&repeated(8), Cp1);
    fails(&repeated(9), Cp1, "malformed.too_many");
}

#[test]
fn a_compound_statement_is_an_array_of_maps() {
    let valid = valid(plain(Registration::compound));
    let object = valid.but(|c| {
        c.attestation.edit_object =
            Edit::new(|o: &mut Entries| cbor::set(o, "attStmt", Value::Map(Vec::new())));
    });
    fails(&object, Cp1, "malformed.type");
    let number = array(&valid, |parts| parts[1] = cbor::integer(1));
    fails(&number, Cp1, "statement.member_missing");
    for name in ["fmt", "attStmt"] {
        let without = entries(&valid, 1, move |part| drop(cbor::remove(part, name)));
        fails(&without, Cp1, "statement.member_missing");
    }
    let format = entries(&valid, 1, |part| cbor::set(part, "fmt", cbor::integer(1)));
    fails(&format, Cp1, "malformed.type");
}

#[test]
fn a_part_has_a_format_and_a_statement_and_nothing_else() {
    let valid = valid(plain(Registration::compound));
    passes(&valid.judgement, X2);
    let more =
        |key: Value| entries(&valid, 1, move |part| part.push((key.clone(), cbor::bytes([1]))));
    fails(&more(cbor::text("certifyAs")), X2, "statement.member_unexpected");
    fails(&more(cbor::text("zzzzzzzzz")), X2, "statement.member_unexpected");
}

#[test]
fn a_compound_inside_a_compound_is_refused_under_every_policy() {
    let inner = Registration::compound(SEED).attestation;
    let registration = || {
        let packed = Registration::packed_basic(SEED).attestation;
        Registration::compound_of(SEED, vec![packed, inner.clone()])
    };
    for rule in [CompoundRule::All, CompoundRule::Any, CompoundRule::AtLeast(1)] {
        let valid = valid(plain(Registration::compound).given(|c| c.policy.compound = rule));
        fails(&valid.but(|c| c.registration = named(&registration(), 1)), Cp1, "compound.nested");
    }
    // With its own parts it is one level deeper than any attestation object may be.
    let deep = Enrollment::of(registration(), device_enrollment::Policy::webauthn());
    fails(&deep.judge(), X1, "malformed.too_deep");
}

/// The same, but the statement of the part at this position is empty.
fn named(registration: &Registration, position: usize) -> Registration {
    let mut registration = registration.clone();
    registration.part(position).edit_object =
        Edit::new(|part: &mut Entries| cbor::set(part, "attStmt", Value::Array(Vec::new())));
    registration
}

#[test]
fn an_unknown_format_among_the_parts_refuses_under_every_policy() {
    for rule in [CompoundRule::All, CompoundRule::Any, CompoundRule::AtLeast(1)] {
        let valid = valid(plain(Registration::compound).given(|c| c.policy.compound = rule));
        passes(&valid.judgement, Cp2);
        for unknown in ["", "Packed", "packed ", "android-key\0", "fido-u3f"] {
            let judgement = valid.but(|c| c.part(1).format = unknown.into());
            fails(&judgement, Cp2, "attestation.format_unknown");
            assert!(judgement.verdict().parts.is_empty());
        }
        // Known by name, and never a passkey's.
        let app = valid.but(|c| c.part(1).format = "apple-appattest".into());
        fails(&app, Cp2, "attestation.format_not_verified");
    }
}

#[test]
fn every_part_is_judged_over_the_same_data() {
    let valid = valid(plain(three));
    passes(&valid.judgement, Cp3);
    // One bit of authenticator data after everything is signed breaks every part at once.
    let other = valid.but(|c| {
        c.attestation.edit_object = Edit::new(|object: &mut Entries| {
            cbor::byte_member(object, "authData")[36] ^= 1;
        });
        c.policy.compound = CompoundRule::Any;
        c.json(|json| drop(json["response"].as_object_mut().unwrap().remove("authenticatorData")));
    });
    fails(&other, Cp4, "compound.too_few");
    assert!(other.verdict().parts.iter().all(|part| !part.verifies()));
    // And client data another time.
    let other = valid.but(|c| {
        c.edit_client_data_json = Edit::new(|json: &mut Vec<u8>| json.insert(1, b' '));
        c.policy.compound = CompoundRule::Any;
    });
    fails(&other, Cp4, "compound.too_few");
    assert!(other.verdict().parts.iter().all(|part| !part.verifies()));
}

#[test]
fn all_parts_have_to_verify_where_nothing_else_is_said() {
    for valid in [valid(plain(three)), valid(bank(Registration::compound))] {
        passes(&valid.judgement, Cp4);
        for position in 0..valid.judgement.verdict().parts.len() {
            let spoilt = valid.but(|c| spoil(c.part(position)));
            fails(&spoilt, Cp4, "compound.too_few");
        }
    }
}

#[test]
fn the_refusal_names_the_first_part_that_fails_and_its_check() {
    let spoilt = valid(plain(three)).but(|c| {
        spoil(c.part(1));
        c.part(2).leaf().set_validity(0, 1);
    });
    fails(&spoilt, Cp4, "compound.too_few");
    let failure = serde_json::to_value(spoilt.verdict()).unwrap()["failure"].clone();
    assert_eq!(failure["found"], "part 1 refused by TP-14 (signature.invalid)");
    assert_eq!(part(&spoilt, 2).failure.as_ref().unwrap().check, X13);
}

#[test]
fn one_part_is_enough_where_the_policy_says_any() {
    let valid = valid(plain(three).given(|c| c.policy.compound = CompoundRule::Any));
    for kept in 0..3 {
        let one = valid.but(|c| {
            (0..3)
                .filter(|position| *position != kept)
                .for_each(|position| spoil(c.part(position)));
        });
        passes(&one, Cp4);
        let verifying: Vec<bool> = one.verdict().parts.iter().map(Part::verifies).collect();
        assert_eq!(verifying, [kept == 0, kept == 1, kept == 2]);
    }
    let none = valid.but(|c| (0..3).for_each(|position| spoil(c.part(position))));
    fails(&none, Cp4, "compound.too_few");
}

#[test]
fn as_many_parts_verify_as_the_policy_says() {
    for (wanted, spoilt, accepted) in
        [(2, 1, true), (2, 2, false), (3, 0, true), (3, 1, false), (0, 2, true), (0, 3, false)]
    {
        let valid = valid(plain(three).given(|c| {
            c.policy.compound = CompoundRule::AtLeast(wanted);
        }));
        let judgement = valid.but(|c| (0..spoilt).for_each(|position| spoil(c.part(position))));
        if accepted {
            passes(&judgement, Cp4);
        } else {
            fails(&judgement, Cp4, "compound.too_few");
        }
    }
    // More than were sent is more than verify.
    let four = valid(plain(three)).but(|c| c.policy.compound = CompoundRule::AtLeast(4));
    fails(&four, Cp4, "compound.too_few");
}

#[test]
fn a_format_that_the_policy_asks_for_has_to_verify() {
    let valid = valid(plain(three).given(|c| {
        c.policy.compound = CompoundRule::Any;
        c.policy.compound_includes = vec![Format::AndroidKey, Format::Tpm];
    }));
    passes(&valid.judgement, Cp4);
    passes(&valid.but(|c| spoil(c.part(0))), Cp4);
    // To stand there is not enough.
    for position in [1, 2] {
        let spoilt = valid.but(|c| spoil(c.part(position)));
        fails(&spoilt, Cp4, "compound.format_missing");
    }
    let other = valid.but(|c| c.policy.compound_includes = vec![Format::Packed, Format::Apple]);
    fails(&other, Cp4, "compound.format_missing");
}

#[test]
fn the_outcome_and_the_path_of_every_part_are_kept() {
    let valid = valid(plain(Registration::compound));
    passes(&valid.judgement, Cp5);
    let anchors = valid
        .but(|_| ())
        .verdict()
        .parts
        .iter()
        .map(|p| p.facts.anchor.clone())
        .collect::<Vec<_>>();
    assert!(anchors[0].is_some() && anchors[1].is_some() && anchors[0] != anchors[1]);

    // The second part expired, and the policy is content with one.
    let judgement = valid.but(|c| {
        c.policy.compound = CompoundRule::Any;
        c.part(1).leaf().set_validity(0, 1);
    });
    passes(&judgement, Cp5);
    let (packed, android) = (part(&judgement, 0), part(&judgement, 1));
    assert_eq!((packed.facts.format, packed.verifies()), (Some(Format::Packed), true));
    assert_eq!(packed.facts.attestation_type, Some(AttestationType::Basic));
    assert_eq!(packed.facts.anchor, anchors[0]);
    for id in [Po1, X15, X11, X13] {
        assert_eq!(outcome(packed, id), Some(Outcome::Passed), "{id}");
    }
    assert_eq!(outcome(packed, Cp4), None);
    assert_eq!((android.facts.format, android.verifies()), (Some(Format::AndroidKey), false));
    assert_eq!(android.failure.as_ref().unwrap().code(), "path.expired");
    assert_eq!(outcome(android, X13), Some(Outcome::Failed));
    assert_eq!(outcome(android, X11), Some(Outcome::NotReached));
    assert_eq!(android.facts.anchor, None);
    assert!(android.facts.android.is_some());

    let json = serde_json::to_value(judgement.verdict()).unwrap();
    let parts = json["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 2);
    assert_eq!(parts[0]["failure"], serde_json::Value::Null);
    assert_eq!(parts[0]["facts"]["fmt"], "packed");
    assert_eq!(parts[0]["facts"]["anchor"], json!(anchors[0]));
    assert_eq!(parts[0]["facts"]["certificates"].as_array().unwrap().len(), 1);
    assert_eq!(parts[1]["failure"]["check"], "X-13");
    assert_eq!(parts[1]["failure"]["code"], "path.expired");
    assert_eq!(parts[1]["checks"].as_array().unwrap().len(), android.checks.len());
    // The whole speaks for what verifies.
    assert_eq!(json["facts"]["fmt"], "compound");
    assert_eq!(json["facts"]["anchor"], parts[0]["facts"]["anchor"]);
}

#[test]
fn the_parts_of_a_single_statement_are_none() {
    let judgement = valid(plain(Registration::packed_basic)).judgement;
    assert!(judgement.verdict().parts.is_empty());
    let json = serde_json::to_value(judgement.verdict()).unwrap();
    assert_eq!(json.get("parts"), None);
}

#[test]
fn the_bank_takes_each_format_once() {
    let valid = valid(bank(Registration::compound));
    passes(&valid.judgement, Cp6);
    let twice = valid.with(|c| {
        c.attestation.compound().edit_parts =
            Edit::new(|parts: &mut Vec<Value>| parts.push(parts[0].clone()));
    });
    fails(&twice.judge(), Cp6, "compound.repeated");
    let allowed = twice.given(|c| c.policy.compound_distinct_formats = Rule::NotJudged).judge();
    assert!(allowed.accepted().is_ok());
    assert_eq!(allowed.verdict().outcome(Cp6), Some(Outcome::SkippedByPolicy));
    assert_eq!(allowed.verdict().parts.len(), 3);
}

#[test]
fn the_type_and_the_anchor_are_those_of_the_strongest_part_that_verifies() {
    let registration =
        || of(&[Registration::none, Registration::packed_self, Registration::tpm_ecc]);
    let any = Enrollment::of(registration(), device_enrollment::Policy::webauthn())
        .given(|c| c.policy.compound = CompoundRule::Any);
    let valid = valid(any);
    let typed = |judgement: &Judgement| judgement.accepted().unwrap().attestation_type;
    assert_eq!(typed(&valid.judgement), AttestationType::AttCa);
    assert!(valid.judgement.verdict().facts.anchor.is_some());
    // Without its anchor the TPM's statement counts for nothing.
    let without = valid.but(|c| c.store = Some(store(&[Authority::root("another").der()])));
    assert_eq!(typed(&without), AttestationType::Self_);
    assert_eq!(without.verdict().facts.anchor, None);
    let without = valid.but(|c| {
        spoil(c.part(1));
        spoil(c.part(2));
    });
    assert_eq!(typed(&without), AttestationType::None);
}

#[test]
fn the_accepted_types_are_asked_about_the_strongest_part() {
    let valid = valid(plain(three).given(|c| {
        c.policy.compound = CompoundRule::Any;
        c.policy.attestation_types = Some(vec![AttestationType::AttCa, AttestationType::Basic]);
    }));
    passes(&valid.judgement, Po2);
    let weak = valid.but(|c| {
        spoil(c.part(1));
        spoil(c.part(2));
    });
    fails(&weak, Po2, "policy.attestation_type");
}

#[test]
fn a_model_is_vouched_for_only_by_a_part_that_verifies() {
    let valid = valid(plain(Registration::compound).given(|c| {
        c.policy.compound = CompoundRule::Any;
        c.policy.aaguids = Some(vec![c.authenticator_data.aaguid]);
    }));
    passes(&valid.judgement, Po3);
    assert!(valid.judgement.accepted().unwrap().aaguid_verified);
    passes(&valid.but(|c| spoil(c.part(1))), Po3);
    // Only the packed certificate names the model.
    let spoilt = valid.but(|c| spoil(c.part(0)));
    fails(&spoilt, Po3, "policy.aaguid_unverified");
    let expired = valid.but(|c| c.part(0).leaf().set_validity(0, 1));
    fails(&expired, Po3, "policy.aaguid_unverified");
}

#[test]
fn a_format_that_the_policy_refuses_is_refused_as_a_part_too() {
    let valid = valid(plain(Registration::compound));
    let one_format = |formats: Vec<Format>| valid.with(|c| c.policy.formats = Some(formats));
    passes(&one_format(vec![Format::Compound, Format::Packed, Format::AndroidKey]).judge(), Cp4);
    let packed = one_format(vec![Format::Compound, Format::Packed]);
    fails(&packed.judge(), Cp4, "compound.too_few");
    let any = packed.given(|c| c.policy.compound = CompoundRule::Any).judge();
    passes(&any, Cp4);
    let refused = part(&any, 1).failure.as_ref().unwrap();
    assert_eq!((refused.check, refused.code()), (Po1, "policy.format"));
    let parts = one_format(vec![Format::Packed, Format::AndroidKey]).judge();
    fails(&parts, Po1, "policy.format");
}

#[test]
fn every_certified_format_may_be_a_part() {
    let parts: [Make; 5] = [
        Registration::packed_basic,
        Registration::android_key,
        Registration::apple,
        Registration::tpm_ecc,
        Registration::safetynet,
    ];
    let enrollment = Enrollment::of(of(&parts), device_enrollment::Policy::webauthn());
    // Roots of two vendors, whose owners nobody states.
    let valid = valid(enrollment.given(|c| {
        let anchors = c.registration.make().anchors;
        let anchors = anchors.iter().map(|der| TrustAnchor::from_der(der).unwrap());
        c.store = Some(TrustStore::new(anchors.collect()));
    }));
    passes(&valid.judgement, Cp4);
    assert_eq!(valid.judgement.verdict().parts.len(), 5);
    assert!(valid.judgement.verdict().parts.iter().all(|part| part.facts.anchor.is_some()));
    // What a part leans on is named for the whole; what a refused part leans on is not.
    assert!(valid.judgement.verdict().tolerances.contains(&"android_safetynet"));
    let refused = valid.but(|c| {
        c.policy.compound = CompoundRule::Any;
        c.part(4).safetynet().payload.insert("nonce".into(), json!("x"));
        c.part(4).safetynet().edit_payload =
            Edit::new(|payload: &mut serde_json::Map<String, serde_json::Value>| {
                payload.insert("nonce".into(), json!("AA=="));
            });
    });
    assert_eq!(part(&refused, 4).failure.as_ref().unwrap().check, Sn4);
    assert!(!refused.verdict().tolerances.contains(&"android_safetynet"));
    // U2F has no model, so it stands beside parts whose certificates name none.
    let u2f = of(&[Registration::fido_u2f, Registration::tpm_ecc]);
    let u2f = Enrollment::of(u2f, device_enrollment::Policy::webauthn());
    passes(&u2f.judge(), Cp4);
}

#[test]
fn a_part_of_another_credential_does_not_verify() {
    let another = Registration::android_key("another").attestation;
    let valid = valid(plain(Registration::compound));
    let judgement = valid.but(|c| *c.part(1) = another);
    fails(&judgement, Cp4, "compound.too_few");
    assert!(part(&judgement, 0).verifies() && !part(&judgement, 1).verifies());
}

#[test]
fn certificates_outside_the_parts_do_not_exist() {
    let judgement = valid(plain(Registration::compound)).judgement;
    let verdict = judgement.verdict();
    assert!(verdict.facts.certificates.is_empty());
    for id in [X11, X13] {
        let check = verdict.checks.iter().find(|check| check.id == id).unwrap();
        assert_eq!(check.outcome, Outcome::NotApplicable);
        assert_eq!(check.evidence, Evidence::Note("judged for each part"));
    }
}
