//! FU-1 to FU-9: security keys of the first generation.

use device_enrollment::policy::{Policy, Rule};
use device_enrollment::verdict::CheckId::{Fu1, Fu2, Fu3, Fu4, Fu5, Fu6, Fu7, Fu8, Fu9, Po1, X12};
use device_enrollment::verdict::Outcome;
use device_enrollment_testkit::attestation::Statement;
use device_enrollment_testkit::cbor::{self, Entries, Value};
use device_enrollment_testkit::{Authority, Edit, KeyKind, Registration, SigningKey};

use crate::harness::{Ceremony, Enrollment, Valid, bank, fails, passes, plain, valid};

type Judgement = device_enrollment::Judgement<<Enrollment as Ceremony>::Accepted>;

fn statement(
    valid: &Valid<Enrollment>,
    change: impl Fn(&mut Entries) + Send + Sync + 'static,
) -> Judgement {
    valid.but(|c| c.attestation.edit_statement = Edit::new(change))
}

#[test]
fn the_credential_key_is_es256() {
    let valid = valid(plain(Registration::fido_u2f));
    passes(&valid.judgement, Fu1);
    // ESP256 is the same signature by the same key, under another name.
    for algorithm in [-9, -35, -257, -8] {
        let judgement = valid.but(|c| {
            let key = match KeyKind::for_algorithm(algorithm) {
                KeyKind::Es256 => c.credential_key.clone(),
                kind => SigningKey::from_seed(kind, "credential"),
            };
            c.authenticator_data.public_key = key.cose_key(algorithm);
            c.credential_algorithm = algorithm;
            c.credential_key = key;
            c.expectation.algorithms = None;
        });
        fails(&judgement, Fu1, "policy.algorithm");
    }
}

#[test]
fn x5c_has_exactly_one_certificate() {
    let valid = valid(plain(Registration::fido_u2f));
    passes(&valid.judgement, Fu2);
    fails(&valid.but(|c| c.chain().include_root = true), Fu2, "statement.x5c_count");
    let twice = valid.but(|c| {
        c.chain().edit_certificates = Edit::new(|x5c: &mut Vec<Vec<u8>>| x5c.push(x5c[0].clone()));
    });
    fails(&twice, Fu2, "statement.x5c_count");
    let none = valid.but(|c| c.chain().edit_certificates = Edit::new(Vec::clear));
    fails(&none, Fu2, "statement.x5c_empty");
    let missing = statement(&valid, |s| drop(cbor::remove(s, "x5c")));
    fails(&missing, Fu2, "statement.member_missing");
    let bytes = statement(&valid, |s| cbor::set(s, "x5c", cbor::bytes([1])));
    fails(&bytes, Fu2, "statement.member_type");
    let text = statement(&valid, |s| cbor::set(s, "x5c", Value::Array(vec![cbor::text("x")])));
    fails(&text, Fu2, "statement.member_type");
}

#[test]
fn the_attestation_key_is_on_p_256() {
    let valid = valid(plain(Registration::fido_u2f));
    passes(&valid.judgement, Fu3);
    for kind in [KeyKind::Es384, KeyKind::Es512, KeyKind::EdDsa, KeyKind::Rsa2048] {
        let key = SigningKey::from_seed(kind, "attestation");
        let judgement = valid.but(|c| c.chain().set_leaf_key(key));
        fails(&judgement, Fu3, "signature.key_type");
    }
}

#[test]
fn coordinates_and_the_verified_rp_id_hash_hold_by_construction() {
    // FU-4 by the key type that X-9 made, FU-5 by the hash that RP-1 judged: nothing can fail here
    // that did not fail there.
    let valid = valid(plain(Registration::fido_u2f));
    passes(&valid.judgement, Fu4);
    passes(&valid.judgement, Fu5);
}

#[test]
fn the_u2f_signature_covers_what_was_registered() {
    let valid = valid(plain(Registration::fido_u2f));
    passes(&valid.judgement, Fu6);
    let flipped = statement(&valid, |s| cbor::byte_member(s, "sig")[9] ^= 1);
    fails(&flipped, Fu6, "signature.invalid");
    // 00 ‖ RP ID hash ‖ client data hash ‖ credential id ‖ 04 ‖ x ‖ y: one byte of each.
    for position in [0, 1, 33, 65, 97, 98, 130] {
        let other = valid.but(|c| {
            c.attestation.edit_signed_bytes =
                Edit::new(move |bytes: &mut Vec<u8>| bytes[position] ^= 1);
        });
        fails(&other, Fu6, "signature.invalid");
    }
    let other = SigningKey::from_seed(KeyKind::Es256, "other").raw_public_point();
    let judgement = valid.but(|c| {
        c.attestation.statement = Statement::FidoU2f { public_key: Some(other) };
    });
    fails(&judgement, Fu6, "signature.invalid");
    let by_the_credential = valid.but(|c| {
        let key = c.credential_key.clone();
        c.chain().leaf_key = key;
    });
    fails(&by_the_credential, Fu6, "signature.invalid");
    // Another hash than SHA-256 is none of this format.
    fails(&valid.but(|c| c.attestation.algorithm = -35), Fu6, "signature.invalid");
}

#[test]
fn the_bank_takes_no_format_that_leaves_user_verification_unsigned() {
    let valid = valid(bank(Registration::fido_u2f).given(|c| c.policy.formats = None));
    passes(&valid.judgement, Po1);
    let listed = valid.but(|c| c.policy.formats = Policy::open_finance_brasil().formats);
    fails(&listed, Po1, "policy.format");
}

#[test]
fn the_bank_takes_no_aaguid_from_a_u2f_authenticator() {
    let valid = valid(bank(Registration::fido_u2f).given(|c| c.policy.formats = None));
    passes(&valid.judgement, Fu7);
    let stated = valid.with(|c| c.authenticator_data.aaguid[15] = 1);
    fails(&stated.judge(), Fu7, "attestation.aaguid_not_zero");
    let unjudged = stated.given(|c| c.policy.u2f_zero_aaguid = Rule::NotJudged).judge();
    assert_eq!(unjudged.verdict().outcome(Fu7), Some(Outcome::SkippedByPolicy));
    assert!(!unjudged.accepted().unwrap().aaguid_verified, "the signature does not cover it");
}

#[test]
fn metadata_is_refused_where_it_is_judged_and_not_loaded() {
    let valid = valid(plain(Registration::fido_u2f));
    assert_eq!(valid.judgement.verdict().outcome(Fu8), Some(Outcome::SkippedByPolicy));
    let judged = valid.but(|c| c.policy.metadata = Rule::Judged);
    fails(&judged, Fu8, "policy.evidence_not_loaded");
}

#[test]
fn unused_bits_of_a_certificate_signature_are_refused_by_the_bank() {
    let valid = valid(bank(Registration::fido_u2f).given(|c| c.policy.formats = None));
    passes(&valid.judgement, Fu9);
    let unused = valid.with(|c| c.leaf().signature_unused_bits = 3);
    fails(&unused.judge(), Fu9, "certificate.unused_bits");
    // Without the switch the bits are passed over, and the verdict says so.
    let unjudged = unused.given(|c| c.policy.certificate_unused_bits = Rule::NotJudged).judge();
    assert!(unjudged.accepted().is_ok());
    assert_eq!(unjudged.verdict().outcome(Fu9), Some(Outcome::SkippedByPolicy));
}

#[test]
fn a_certificate_with_unused_bits_that_is_the_anchor_itself_is_taken_without_the_switch() {
    let old = valid(plain(Registration::fido_u2f).given(|c| {
        c.leaf().signature_unused_bits = 3;
        c.registration.anchors =
            Some(c.registration.attestation.chain.as_ref().unwrap().certificates(None));
    }));
    assert_eq!(old.judgement.verdict().outcome(Fu9), Some(Outcome::SkippedByPolicy));
    let judged = old.but(|c| c.policy.certificate_unused_bits = Rule::Judged);
    fails(&judged, Fu9, "certificate.unused_bits");
}

#[test]
fn the_root_of_a_u2f_certificate_is_not_in_x5c() {
    // The one certificate is under an intermediate that only the store knows.
    let root = Authority::root("u2f");
    let intermediate = root.intermediate("u2f");
    let valid = valid(plain(Registration::fido_u2f).given(|c| {
        c.registration.anchors = Some(vec![intermediate.der()]);
        c.chain().set_issuers(vec![intermediate]);
    }));
    passes(&valid.judgement, Fu2);
    passes(&valid.judgement, X12);
}
