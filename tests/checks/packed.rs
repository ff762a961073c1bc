//! PK-1 to PK-15: packed statements.

use device_enrollment::policy::Rule;
use device_enrollment::verdict::CheckId::{
    Md8, Pk1, Pk2, Pk3, Pk4, Pk5, Pk6, Pk7, Pk8, Pk9, Pk10, Pk11, Pk12, Pk13, Pk14, Pk15, X15,
};
use device_enrollment::verdict::Outcome;
use device_enrollment_testkit::cbor::{self, Entries, Value};
use device_enrollment_testkit::extension::{
    Extension, basic_constraints, fido_aaguid, fido_enterprise_serial, fido_firmware_version, oid,
};
use device_enrollment_testkit::name::{Attribute, StringKind, attribute};
use device_enrollment_testkit::{Authority, Edit, KeyKind, Registration, SigningKey, TIME, der};

use crate::cose_keys::known_but_not_verified;
use crate::harness::{Ceremony, Enrollment, Valid, bank, fails, passes, plain, valid};

type Judgement = device_enrollment::Judgement<<Enrollment as Ceremony>::Accepted>;

/// Changes the finished statement, which is not signed again.
fn statement(
    valid: &Valid<Enrollment>,
    change: impl Fn(&mut Entries) + Send + Sync + 'static,
) -> Judgement {
    valid.but(|c| c.attestation.edit_statement = Edit::new(change))
}

/// Changes the attestation certificate and signs it again.
fn leaf(
    valid: &Valid<Enrollment>,
    change: impl FnOnce(&mut device_enrollment_testkit::CertificateSpec),
) -> Judgement {
    valid.but(|c| change(c.leaf()))
}

#[test]
fn alg_and_sig_are_present_and_x5c_is_not_empty_where_it_is_present() {
    for make in [Registration::packed_self, Registration::packed_basic] {
        let valid = valid(plain(make));
        passes(&valid.judgement, Pk1);
        for name in ["alg", "sig"] {
            let without = statement(&valid, move |s| drop(cbor::remove(s, name)));
            fails(&without, Pk1, "statement.member_missing");
        }
        let empty = statement(&valid, Vec::clear);
        fails(&empty, Pk1, "statement.member_missing");
        let x5c = |value: Value| statement(&valid, move |s| cbor::set(s, "x5c", value.clone()));
        fails(&x5c(Value::Array(Vec::new())), Pk1, "statement.x5c_empty");
        fails(&x5c(cbor::bytes([1])), Pk1, "statement.member_type");
        fails(&x5c(Value::Null), Pk1, "statement.member_type");
        fails(&x5c(Value::Array(vec![cbor::text("x")])), Pk1, "statement.member_type");
        let eleven = Value::Array(vec![cbor::bytes([0x30, 0]); 11]);
        fails(&x5c(eleven), Pk1, "malformed.too_many");
        let large = Value::Array(vec![cbor::bytes(vec![0; 8 * 1024 + 1])]);
        fails(&x5c(large), Pk1, "malformed.too_large");
        let largest = Value::Array(vec![cbor::bytes(vec![0; 8 * 1024])]);
        fails(&x5c(largest), X15, "malformed.der_tag");
    }
}

#[test]
fn a_statement_without_x5c_is_not_read_as_a_certified_one() {
    // Taken away, the certificate's signature is judged as the credential's own.
    let without = statement(&valid(plain(Registration::packed_basic)), |s| {
        drop(cbor::remove(s, "x5c"));
    });
    fails(&without, Pk3, "signature.invalid");
}

#[test]
fn ecdaa_is_refused_by_its_name() {
    for make in [Registration::packed_self, Registration::packed_basic] {
        let valid = valid(plain(make));
        passes(&valid.judgement, Pk2);
        let ecdaa = statement(&valid, |s| s.push((cbor::text("ecdaaKeyId"), cbor::bytes([1; 32]))));
        fails(&ecdaa, Pk2, "statement.ecdaa");
    }
}

#[test]
fn the_signature_is_by_the_certified_key_over_this_ceremony() {
    let valid = valid(plain(Registration::packed_basic));
    passes(&valid.judgement, Pk3);
    let flipped = statement(&valid, |s| cbor::byte_member(s, "sig")[9] ^= 1);
    fails(&flipped, Pk3, "signature.invalid");
    let other_message = valid.but(|c| {
        c.attestation.edit_signed_bytes = Edit::new(|bytes: &mut Vec<u8>| bytes[33] ^= 1);
    });
    fails(&other_message, Pk3, "signature.invalid");
    let other_client_data = valid.but(|c| {
        c.edit_client_data_json = Edit::new(|json: &mut Vec<u8>| json.insert(1, b' '));
    });
    fails(&other_client_data, Pk3, "signature.invalid");
    let by_the_credential = valid.but(|c| {
        let key = c.credential_key.clone();
        c.chain().leaf_key = key;
    });
    fails(&by_the_credential, Pk3, "signature.invalid");
    let wrong_order = valid.but(|c| {
        c.chain().include_root = true;
        c.chain().edit_certificates = Edit::new(|x5c: &mut Vec<Vec<u8>>| x5c.reverse());
    });
    fails(&wrong_order, Pk3, "signature.invalid");
}

#[test]
fn the_key_that_signs_fits_the_algorithm() {
    let valid = valid(plain(Registration::packed_basic));
    for alg in [-35, -8, -257] {
        let other = statement(&valid, move |s| cbor::set(s, "alg", cbor::integer(alg)));
        fails(&other, Pk3, "signature.key_type");
    }
    for alg in known_but_not_verified() {
        let known = statement(&valid, move |s| cbor::set(s, "alg", cbor::integer(alg)));
        fails(&known, Pk3, "key.algorithm_unsupported");
    }
    let unknown = statement(&valid, |s| cbor::set(s, "alg", cbor::integer(-6)));
    fails(&unknown, Pk3, "key.algorithm_unknown");
    for kind in [KeyKind::Es384, KeyKind::Es512, KeyKind::EdDsa, KeyKind::Ed448, KeyKind::Rsa2048] {
        let certified = valid.with(|c| {
            let key = SigningKey::from_seed(kind, "attestation");
            c.attestation.algorithm = key.default_algorithm();
            c.chain().set_leaf_key(key);
        });
        passes(&certified.judge(), Pk3);
        let other = certified.given(|c| {
            let entry = Edit::new(|s: &mut Entries| cbor::set(s, "alg", cbor::integer(-7)));
            c.attestation.edit_statement = entry;
        });
        fails(&other.judge(), Pk3, "signature.key_type");
    }
}

#[test]
fn a_certified_key_of_an_unknown_kind_is_refused() {
    let valid = valid(plain(Registration::packed_basic));
    // A curve and an algorithm that nobody has; a point in its short form.
    let point = valid.with(|_| ()).chain().leaf_key.raw_public_point();
    let key = |algorithm: &str, curve: &str, point: &[u8]| {
        let algorithm = der::sequence(&[der::oid(algorithm), der::oid(curve)]);
        let spki = der::sequence(&[algorithm, der::bit_string(0, point)]);
        leaf(&valid, |leaf| leaf.spki = spki)
    };
    const EC: &str = "1.2.840.10045.2.1";
    const P_256: &str = "1.2.840.10045.3.1.7";
    passes(&key(EC, P_256, &point), Pk3);
    fails(&key(EC, "1.3.132.0.33", &point), Pk3, "certificate.key");
    fails(&key("1.3.132.1.12", P_256, &point), Pk3, "certificate.key");
    let compressed = [&[2 | point[64] & 1], &point[1..33]].concat();
    fails(&key(EC, P_256, &compressed), Pk3, "key.compressed");
    fails(&key(EC, P_256, &point[..64]), Pk3, "key.coordinate_length");
}

#[test]
fn the_bank_takes_no_sha_1_signature_by_a_certificate() {
    let valid = valid(plain(Registration::packed_basic).given(|c| {
        c.chain().set_leaf_key(SigningKey::rsa(1));
        c.attestation.algorithm = -65535;
    }));
    passes(&valid.judgement, Pk3);
    assert_eq!(valid.judgement.verdict().tolerances, ["sha1_signatures"]);
    fails(&valid.but(|c| c.policy.refuse_sha1 = Rule::Judged), Pk3, "key.algorithm_sha1");
}

#[test]
fn the_attestation_certificate_has_version_3() {
    let valid = valid(plain(Registration::packed_basic));
    passes(&valid.judgement, Pk4);
    for version in [0, 1] {
        // Only a version 3 certificate can have extensions.
        let older = leaf(&valid, |leaf| {
            leaf.version = version;
            leaf.extensions.clear();
        });
        fails(&older, Pk4, "certificate.version");
    }
}

#[test]
fn the_country_of_the_subject_is_one_code() {
    let valid = valid(plain(Registration::packed_basic));
    passes(&valid.judgement, Pk5);
    let country = |text: &str| {
        leaf(&valid, |leaf| leaf.subject.attribute_mut(attribute::COUNTRY).text = text.into())
    };
    passes(&country("AA"), Pk5);
    for other in ["", "B", "BRA", "B1", "55", "B ", "\u{e7}"] {
        fails(&country(other), Pk5, "certificate.subject_country");
    }
    let missing = leaf(&valid, |leaf| leaf.subject.remove(attribute::COUNTRY));
    fails(&missing, Pk5, "certificate.subject_country");
    let two = leaf(&valid, |leaf| {
        leaf.subject.0.push(vec![Attribute::printable(attribute::COUNTRY, "US")]);
    });
    fails(&two, Pk5, "certificate.subject_country");
}

#[test]
fn the_bank_asks_for_a_country_code_that_is_assigned() {
    let valid = valid(bank(Registration::packed_basic));
    passes(&valid.judgement, Pk5);
    let country = |text: &str| {
        leaf(&valid, |leaf| leaf.subject.attribute_mut(attribute::COUNTRY).text = text.into())
    };
    for assigned in ["US", "SE", "CN", "ZW", "AD"] {
        passes(&country(assigned), Pk5);
    }
    for other in ["AA", "ZZ", "XX", "EU", "UK", "br", "Br", "R B", "AD AE", ""] {
        fails(&country(other), Pk5, "certificate.subject_country");
    }
}

#[test]
fn organization_unit_and_common_name_are_what_the_format_asks_for() {
    let valid = valid(plain(Registration::packed_basic));
    passes(&valid.judgement, Pk6);
    for (id, code) in [
        (attribute::ORGANIZATION, "certificate.subject_organization"),
        (attribute::ORGANIZATIONAL_UNIT, "certificate.subject_organizational_unit"),
        (attribute::COMMON_NAME, "certificate.subject_common_name"),
    ] {
        fails(&leaf(&valid, |leaf| leaf.subject.remove(id)), Pk6, code);
        let empty = leaf(&valid, |leaf| leaf.subject.attribute_mut(id).text.clear());
        fails(&empty, Pk6, code);
    }
    for other in ["authenticator attestation", "Authenticator Attestation ", "Attestation"] {
        let unit = leaf(&valid, |leaf| {
            leaf.subject.attribute_mut(attribute::ORGANIZATIONAL_UNIT).text = other.into();
        });
        fails(&unit, Pk6, "certificate.subject_organizational_unit");
    }
    let two = leaf(&valid, |leaf| {
        leaf.subject.0.push(vec![Attribute::utf8(attribute::ORGANIZATIONAL_UNIT, "Other")]);
    });
    fails(&two, Pk6, "certificate.subject_organizational_unit");
}

#[test]
fn the_string_types_of_the_subject_are_judged_by_switch_alone() {
    let valid = valid(
        plain(Registration::packed_basic).given(|c| c.policy.subject_string_types = Rule::Judged),
    );
    passes(&valid.judgement, Pk7);
    for (id, kind) in [
        (attribute::COUNTRY, StringKind::Utf8),
        (attribute::ORGANIZATION, StringKind::Printable),
        (attribute::ORGANIZATIONAL_UNIT, StringKind::Printable),
        (attribute::COMMON_NAME, StringKind::Ia5),
    ] {
        let other = valid.with(|c| c.leaf().subject.attribute_mut(id).kind = kind);
        fails(&other.judge(), Pk7, "certificate.subject_string_type");
        let unjudged =
            crate::harness::valid(other.given(|c| c.policy.subject_string_types = Rule::NotJudged));
        let outcome = unjudged.judgement.verdict().outcome(Pk7);
        assert_eq!(outcome, Some(Outcome::SkippedByPolicy));
    }
}

#[test]
fn basic_constraints_are_present_and_say_that_it_is_no_ca() {
    let valid = valid(plain(Registration::packed_basic));
    passes(&valid.judgement, Pk8);
    passes(&leaf(&valid, |leaf| leaf.set_extension(basic_constraints(None, None))), Pk8);
    let ca = leaf(&valid, |leaf| leaf.set_extension(basic_constraints(Some(true), None)));
    fails(&ca, Pk8, "certificate.leaf_is_ca");
    let missing = leaf(&valid, |leaf| leaf.remove_extension(oid::BASIC_CONSTRAINTS));
    fails(&missing, Pk8, "certificate.basic_constraints_missing");
    let extension = |value: Vec<u8>| {
        leaf(&valid, |leaf| leaf.set_extension(Extension::new(oid::BASIC_CONSTRAINTS, value)))
    };
    fails(&extension(Vec::new()), Pk8, "malformed.truncated");
    let ber_true = der::sequence(&[der::tlv(der::tag::BOOLEAN, &[1])]);
    fails(&extension(ber_true), Pk8, "malformed.der_value");
    let behind = [der::sequence(&[]), vec![0]].concat();
    fails(&extension(behind), Pk8, "malformed.trailing");
}

#[test]
fn the_aaguid_extension_is_that_of_this_model() {
    let valid = valid(plain(Registration::packed_basic));
    passes(&valid.judgement, Pk9);
    let other = leaf(&valid, |leaf| leaf.set_extension(fido_aaguid([7; 16])));
    fails(&other, Pk9, "certificate.aaguid_mismatch");
    let stated = valid.but(|c| c.authenticator_data.aaguid[0] ^= 1);
    fails(&stated, Pk9, "certificate.aaguid_mismatch");
}

#[test]
fn the_firmware_version_is_a_non_negative_integer_and_not_critical() {
    let valid = valid(
        plain(Registration::packed_basic)
            .given(|c| c.leaf().set_extension(fido_firmware_version(0x0005_0700))),
    );
    passes(&valid.judgement, Pk10);
    assert_eq!(valid.judgement.verdict().facts.firmware_version, Some(0x0005_0700));
    passes(&leaf(&valid, |leaf| leaf.set_extension(fido_firmware_version(0))), Pk10);
    let critical =
        leaf(&valid, |leaf| leaf.extension_mut(oid::FIDO_FIRMWARE_VERSION).critical = true);
    fails(&critical, Pk10, "certificate.firmware_version");
    for value in [
        der::integer(-1),
        der::octet_string(&[5]),
        der::tlv(der::tag::INTEGER, &[0, 5]),
        der::tlv(der::tag::INTEGER, &[]),
        [der::integer(5), vec![0]].concat(),
        Vec::new(),
    ] {
        let other =
            leaf(&valid, |leaf| leaf.extension_mut(oid::FIDO_FIRMWARE_VERSION).value = value);
        fails(&other, Pk10, "certificate.firmware_version");
    }
}

#[test]
fn an_enterprise_serial_number_is_taken_only_where_it_was_asked_for() {
    let valid = valid(plain(Registration::packed_basic).given(|c| {
        c.leaf().set_extension(fido_enterprise_serial(b"serial"));
        c.expectation.enterprise_attestation = true;
    }));
    passes(&valid.judgement, Pk11);
    let not_asked = valid.but(|c| c.expectation.enterprise_attestation = false);
    fails(&not_asked, Pk11, "certificate.enterprise_serial");
    let critical = leaf(&valid, |leaf| leaf.extension_mut(oid::FIDO_SERIAL_NUMBER).critical = true);
    fails(&critical, Pk11, "certificate.enterprise_form");
    for value in [b"serial".to_vec(), der::utf8("serial"), der::octet_string(b"s")[..2].to_vec()] {
        let other = leaf(&valid, |leaf| leaf.extension_mut(oid::FIDO_SERIAL_NUMBER).value = value);
        fails(&other, Pk11, "certificate.enterprise_form");
    }
}

#[test]
fn the_bank_wants_every_certificate_of_x5c_within_its_dates_also_an_unused_one() {
    let valid = valid(bank(Registration::packed_basic).given(|c| {
        let spare = Authority::root("spare").der();
        let push = move |x5c: &mut Vec<Vec<u8>>| x5c.push(spare.clone());
        c.chain().edit_certificates = Edit::new(push);
    }));
    passes(&valid.judgement, Pk12);
    let expired = valid.with(|c| {
        let mut spare = Authority::root("spare");
        spare.spec.not_after = TIME - 1;
        let push = move |x5c: &mut Vec<Vec<u8>>| x5c.push(spare.der());
        c.chain().edit_certificates = Edit::new(push);
    });
    fails(&expired.judge(), Pk12, "path.expired");
    let unjudged = expired.given(|c| c.policy.packed_all_dates = Rule::NotJudged).judge();
    assert!(unjudged.accepted().is_ok());
    assert_eq!(unjudged.verdict().outcome(Pk12), Some(Outcome::SkippedByPolicy));
    let early = leaf(&valid, |leaf| leaf.not_before = TIME + 1);
    fails(&early, Pk12, "path.not_yet_valid");
    let late = leaf(&valid, |leaf| leaf.not_after = TIME - 1);
    fails(&late, Pk12, "path.expired");
}

#[test]
fn a_missing_time_is_not_taken_for_a_policy_that_waives_dates() {
    let judgement = valid(bank(Registration::packed_basic)).but(|c| c.time = None);
    assert!(judgement.accepted().is_err());
    let waived = judgement.verdict().outcome(Pk12) == Some(Outcome::SkippedByPolicy);
    assert!(!waived, "the policy judges packed_all_dates and certificate_dates");
}

#[test]
fn a_self_attestation_is_signed_under_the_credentials_own_algorithm() {
    let valid = valid(plain(Registration::packed_self));
    passes(&valid.judgement, Pk13);
    for alg in [-9, -35, -257, -65535, 0] {
        let other = statement(&valid, move |s| cbor::set(s, "alg", cbor::integer(alg)));
        fails(&other, Pk13, "statement.self_algorithm");
    }
}

#[test]
fn metadata_is_refused_where_it_is_judged_and_not_loaded() {
    for make in [Registration::packed_self, Registration::packed_basic] {
        let valid = valid(plain(make));
        assert_eq!(valid.judgement.verdict().outcome(Pk14), Some(Outcome::SkippedByPolicy));
        let judged = valid.but(|c| c.policy.metadata = Rule::Judged);
        fails(&judged, Md8, "policy.evidence_not_loaded");
    }
}

#[test]
fn the_bank_asks_a_certified_authenticator_for_its_model() {
    let valid = valid(bank(Registration::packed_basic));
    passes(&valid.judgement, Pk15);
    let nameless = valid.with(|c| {
        c.authenticator_data.aaguid = [0; 16];
        c.leaf().set_extension(fido_aaguid([0; 16]));
    });
    fails(&nameless.judge(), Pk15, "attestation.aaguid_zero");
    let unjudged = nameless.given(|c| c.policy.packed_model = Rule::NotJudged);
    assert!(unjudged.judge().accepted().is_ok());
}
