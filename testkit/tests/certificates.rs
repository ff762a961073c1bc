//! Every issued certificate is read by a parser the kit did not write.

mod common;

use common::{every_registration, extension_value, opened, parse, x5c};
use device_enrollment_testkit::extension::{self, oid};
use device_enrollment_testkit::scheme::sha256;
use device_enrollment_testkit::{Authority, Hash, NOT_AFTER, NOT_BEFORE, SignatureScheme, TIME};
use device_enrollment_testkit::{KeyKind, Registration, SigningKey};
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAltName};
use x509_cert::time::Time;

fn leaf(registration: &Registration) -> Certificate {
    let (_, mut statement) = opened(&registration.make().attestation_object);
    parse(&x5c(&mut statement)[0])
}

#[test]
fn every_certificate_parses_and_is_valid_at_the_test_time() {
    for (name, registration) in every_registration("parse") {
        if registration.attestation.chain.is_none() {
            continue;
        }
        let parts = registration.make();
        let (_, mut statement) = opened(&parts.attestation_object);
        let mut all = x5c(&mut statement);
        all.extend(parts.anchors);
        for der in all {
            let certificate = parse(&der);
            let validity = certificate.tbs_certificate().validity();
            let seconds = |time: &Time| time.to_unix_duration().as_secs() as i64;
            assert_eq!(seconds(&validity.not_before), NOT_BEFORE, "{name}");
            assert_eq!(seconds(&validity.not_after), NOT_AFTER, "{name}");
            assert!((NOT_BEFORE..NOT_AFTER).contains(&TIME));
        }
    }
}

#[test]
fn dates_from_2050_are_generalized_times() {
    let mut root = Authority::root("dates");
    root.spec.not_before = 2_524_607_999; // 2049-12-31T23:59:59Z
    root.spec.not_after = 4_102_444_799; // 2099-12-31T23:59:59Z
    let certificate = parse(&root.der());
    let validity = certificate.tbs_certificate().validity();
    assert_eq!(validity.not_before.to_unix_duration().as_secs(), 2_524_607_999);
    assert_eq!(validity.not_after.to_unix_duration().as_secs(), 4_102_444_799);
    assert!(matches!(validity.not_after, Time::GeneralTime(_)));
    assert!(matches!(validity.not_before, Time::UtcTime(_)));
}

#[test]
fn the_packed_leaf_meets_its_requirements() {
    let registration = Registration::packed_basic("packed leaf");
    let leaf = leaf(&registration);
    let subject = leaf.tbs_certificate().subject().to_string();
    assert!(subject.contains("C=BR"), "{subject}");
    assert!(subject.contains("OU=Authenticator Attestation"), "{subject}");
    let (critical, value) = extension_value(&leaf, oid::BASIC_CONSTRAINTS).unwrap();
    assert!(critical);
    assert!(!BasicConstraints::from_der(&value).unwrap().ca);
    let (critical, value) = extension_value(&leaf, oid::FIDO_AAGUID).unwrap();
    assert!(!critical);
    assert_eq!(value[..2], [4, 16]);
    assert_eq!(value[2..], registration.authenticator_data.aaguid);
}

#[test]
fn the_tpm_leaf_meets_its_requirements() {
    let leaf = leaf(&Registration::tpm_rsa("tpm leaf"));
    assert!(leaf.tbs_certificate().subject().is_empty());
    let (critical, value) = extension_value(&leaf, oid::SUBJECT_ALTERNATIVE_NAME).unwrap();
    assert!(critical);
    let names = SubjectAltName::from_der(&value).unwrap().0;
    let GeneralName::DirectoryName(name) = &names[0] else {
        panic!("a directory name");
    };
    assert_eq!(name.iter().count(), 3);
    let (_, value) = extension_value(&leaf, oid::EXTENDED_KEY_USAGE).unwrap();
    let purposes = ExtendedKeyUsage::from_der(&value).unwrap().0;
    assert_eq!(purposes[0].to_string(), oid::TCG_AIK_CERTIFICATE);
}

#[test]
fn apple_and_android_bind_the_ceremony_into_the_leaf() {
    let apple = Registration::apple("bound");
    let parts = apple.make();
    let nonce = sha256(&[&parts.authenticator_data[..], &sha256(&parts.client_data_json)].concat());
    let (_, value) = extension_value(&leaf(&apple), oid::APPLE_NONCE).unwrap();
    assert_eq!(value[..6], [0x30, 36, 0xa1, 34, 4, 32]);
    assert_eq!(value[6..], nonce);

    let android = Registration::android_key("bound");
    let hash = sha256(&android.make().client_data_json);
    let (critical, value) = extension_value(&leaf(&android), oid::ANDROID_KEY_DESCRIPTION).unwrap();
    assert!(!critical);
    assert!(value.windows(32).any(|window| window == hash));
    assert!(value.windows(3).any(|window| window == [0xbf, 0x85, 0x3e])); // [702]
}

#[test]
fn extensions_of_authorities_parse() {
    let root = Authority::root("extensions");
    let intermediate = parse(&root.intermediate("extensions").der());
    let (_, value) = extension_value(&intermediate, oid::BASIC_CONSTRAINTS).unwrap();
    assert!(BasicConstraints::from_der(&value).unwrap().ca);
    let (_, value) = extension_value(&intermediate, oid::KEY_USAGE).unwrap();
    let usage = KeyUsage::from_der(&value).unwrap();
    assert!(usage.key_cert_sign() && usage.crl_sign() && !usage.digital_signature());
    let constraints = extension::basic_constraints(Some(true), Some(0));
    let parsed = BasicConstraints::from_der(&constraints.value).unwrap();
    assert_eq!(parsed.path_len_constraint, Some(0));
    let constraints = extension::name_constraints_permitted_dns("bank.example");
    x509_cert::ext::pkix::NameConstraints::from_der(&constraints.value).unwrap();
    let name = device_enrollment_testkit::Name::common_name("permitted");
    let constraints = extension::name_constraints_permitted_directory(&name);
    x509_cert::ext::pkix::NameConstraints::from_der(&constraints.value).unwrap();
}

#[test]
fn wrong_certificates_are_wrong_in_one_place() {
    let right = Authority::root("wrong");
    let right_der = right.der();
    let mut flipped = right.clone();
    flipped.spec.flip_signature_bit = true;
    let flipped = flipped.der();
    assert_eq!(flipped.len(), right_der.len());
    let different = flipped.iter().zip(&right_der).filter(|(a, b)| a != b);
    assert_eq!(different.count(), 1);

    let mut two_algorithms = right.clone();
    two_algorithms.spec.outer_algorithm_identifier =
        Some(SignatureScheme::Ecdsa(Hash::Sha384).algorithm_identifier());
    let parsed = parse(&two_algorithms.der());
    assert_ne!(parsed.signature_algorithm(), parsed.tbs_certificate().signature());
    let mut unused = right.clone();
    unused.spec.signature_unused_bits = 1;
    assert_ne!(unused.der(), right_der);

    let mut version_one = Authority::root("version one");
    version_one.spec.version = 0;
    version_one.spec.extensions.clear();
    let parsed = parse(&version_one.der());
    assert_eq!(parsed.tbs_certificate().version(), x509_cert::Version::V1);
    assert!(parsed.tbs_certificate().extensions().is_none());
}

#[test]
fn every_kind_of_key_is_certified() {
    for kind in [
        KeyKind::Es256,
        KeyKind::Es384,
        KeyKind::Es512,
        KeyKind::EdDsa,
        KeyKind::Ed448,
        KeyKind::Es256k,
        KeyKind::MlDsa44,
        KeyKind::MlDsa65,
        KeyKind::MlDsa87,
        KeyKind::Rsa2048,
    ] {
        let key = SigningKey::from_seed(kind, "certified");
        let certificate = parse(&Authority::root_with_key("certified", key).der());
        common::PublicKey::from_certificate(&certificate);
    }
}
