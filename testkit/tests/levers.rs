//! The same seed gives the same bytes, and one changed field changes one thing.

mod common;

use common::{ALGORITHMS, every_other_registration, every_registration, opened, x5c};
use device_enrollment_testkit::attestation::android_key::tag;
use device_enrollment_testkit::authenticator_data::flag;
use device_enrollment_testkit::cbor::{self, Value};
use device_enrollment_testkit::extension::oid;
use device_enrollment_testkit::{Assertion, ClientData, Edit, Registration, der};

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let all = |seed| [every_registration(seed), every_other_registration(seed)].concat();
    let first = all("one seed");
    let second = all("one seed");
    let other = all("another seed");
    for (((name, a), (_, b)), (_, c)) in first.iter().zip(&second).zip(&other) {
        assert_eq!(a.make(), b.make(), "{name}");
        assert_eq!(Assertion::of(a).make(), Assertion::of(b).make(), "{name} assertion");
        assert_ne!(a.make().attestation_object, c.make().attestation_object, "{name}");
    }
    for algorithm in ALGORITHMS {
        let registration =
            |seed| Registration::packed_self(seed).with_credential_algorithm(algorithm);
        let (first, second) = (registration("self"), registration("self"));
        assert_eq!(first.make(), second.make(), "{algorithm}");
        let assertions = (Assertion::of(&first).make(), Assertion::of(&second).make());
        assert_eq!(assertions.0, assertions.1, "{algorithm} assertion");
        assert_ne!(first.make(), registration("another").make(), "{algorithm}");
    }
}

#[test]
fn defaults_are_the_documented_ones() {
    let parts = Registration::packed_basic("defaults").make();
    assert_eq!(parts.rp_id, "bank.example");
    assert_eq!(parts.origin, "https://bank.example");
    assert_eq!(parts.challenge.len(), 32);
    assert_eq!(parts.authenticator_data[32], 0x45);
    assert_eq!(parts.authenticator_data[33..37], [0; 4]);
    let (object, statement) = opened(&parts.attestation_object);
    let keys = |entries: &[(Value, Value)]| -> Vec<String> {
        entries.iter().map(|(key, _)| key.as_text().unwrap().to_owned()).collect()
    };
    assert_eq!(keys(&object), ["fmt", "attStmt", "authData"]);
    assert_eq!(keys(&statement), ["alg", "sig", "x5c"]);
    let u2f = Registration::fido_u2f("defaults").make();
    assert_eq!(u2f.authenticator_data[32], 0x41);
    assert_eq!(u2f.aaguid, [0; 16]);
    let assertion = Assertion::of(&Registration::none("defaults")).make();
    assert_eq!(assertion.authenticator_data.len(), 37);
    assert_eq!(assertion.authenticator_data[32..], [5, 0, 0, 0, 1]);
}

#[test]
fn client_data_is_written_in_the_order_of_the_specification() {
    let mut data = ClientData::new("webauthn.create", vec![0xfb; 3]);
    data.origin = "https://a\"b\\c\u{1}\u{e9}".into();
    data.cross_origin = Some(true);
    data.top_origin = Some("https://top.example".into());
    data.extra = vec![("other".into(), true.into())];
    let text = String::from_utf8(data.to_bytes()).unwrap();
    assert_eq!(
        text,
        "{\"type\":\"webauthn.create\",\"challenge\":\"-_v7\",\
         \"origin\":\"https://a\\\"b\\\\c\\u0001\u{e9}\",\"crossOrigin\":true,\
         \"topOrigin\":\"https://top.example\",\"other\":true}"
    );
    data.cross_origin = None;
    data.top_origin = None;
    data.extra.clear();
    data.challenge_text = Some("x".into());
    data.origin = "o".into();
    let text = String::from_utf8(data.to_bytes()).unwrap();
    assert_eq!(text, "{\"type\":\"webauthn.create\",\"challenge\":\"x\",\"origin\":\"o\"}");
}

#[test]
fn edits_touch_only_what_they_name() {
    let mut registration = Registration::packed_basic("edits");
    let before = registration.make();
    registration.attestation.edit_statement = Edit::new(|statement: &mut cbor::Entries| {
        cbor::remove(statement, "alg");
        cbor::byte_member(statement, "sig")[8] ^= 1;
    });
    let after = registration.make();
    assert_eq!(before.client_data_json, after.client_data_json);
    assert_eq!(before.authenticator_data, after.authenticator_data);
    let (_, mut old) = opened(&before.attestation_object);
    let (_, mut new) = opened(&after.attestation_object);
    assert_eq!(x5c(&mut old), x5c(&mut new));
    assert_eq!(new.len(), 2);

    registration.attestation.edit_statement = Edit::none();
    registration.attestation.edit_object =
        Edit::new(|object: &mut cbor::Entries| object.swap(0, 2));
    let (object, _) = opened(&registration.make().attestation_object);
    assert_eq!(object[0].0, cbor::text("authData"));
}

#[test]
fn a_changed_leaf_keeps_the_computed_extension() {
    let mut registration = Registration::apple("leaf edit");
    registration.leaf().extensions.clear();
    let chain = registration.chain();
    chain.edit_leaf = Edit::new(|leaf: &mut device_enrollment_testkit::CertificateSpec| {
        assert_eq!(leaf.extensions.len(), 1);
        leaf.extension_mut(oid::APPLE_NONCE).critical = true;
    });
    registration.make();
}

#[test]
fn authenticator_data_may_contradict_its_flags() {
    let mut registration = Registration::none("flags");
    let valid = registration.authenticator_data.to_bytes();
    registration.authenticator_data.attested = Some(false);
    assert_eq!(registration.authenticator_data.to_bytes().len(), 37);
    registration.authenticator_data.attested = None;
    registration.authenticator_data.clear_flag(flag::ATTESTED);
    assert_eq!(registration.authenticator_data.to_bytes().len(), 37);
    registration.authenticator_data.attested = Some(true);
    assert_eq!(registration.authenticator_data.to_bytes()[33..], valid[33..]);
    let outputs = Value::Map(vec![(cbor::text("credProtect"), cbor::integer(3))]);
    registration.authenticator_data.set_extensions(outputs.clone());
    let bytes = registration.authenticator_data.to_bytes();
    assert!(bytes.ends_with(&cbor::encode(&outputs)));
    assert_eq!(bytes[32] & flag::EXTENSIONS, flag::EXTENSIONS);
}

#[test]
fn cose_keys_are_in_canonical_order() {
    let parts = Registration::none("cose").make();
    assert_eq!(parts.credential_public_key[..10], [0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32]);
    assert_eq!(parts.credential_public_key.len(), 77);
}

#[test]
fn authorization_lists_keep_their_order() {
    let mut registration = Registration::android_key("lists");
    let list = &mut registration.key_description().hardware_enforced;
    assert!(list.0.is_sorted_by_key(|(tag, _)| *tag));
    list.set(tag::ALL_APPLICATIONS, der::null());
    list.set(tag::ORIGIN, der::integer(2));
    assert!(list.0.is_sorted_by_key(|(tag, _)| *tag));
    list.remove(tag::ALL_APPLICATIONS);
    registration.make();
}

#[test]
fn der_lengths_tags_and_numbers() {
    assert_eq!(der::integer(0), [2, 1, 0]);
    assert_eq!(der::integer(128), [2, 2, 0, 128]);
    assert_eq!(der::integer(-128), [2, 1, 0x80]);
    assert_eq!(der::integer(-129), [2, 2, 0xff, 0x7f]);
    assert_eq!(der::unsigned(&[0, 0, 0x80]), [2, 2, 0, 0x80]);
    assert_eq!(der::unsigned(&[]), [2, 1, 0]);
    assert_eq!(der::octet_string(&[0; 200])[..3], [4, 0x81, 200]);
    assert_eq!(der::octet_string(&[0; 300])[..4], [4, 0x82, 1, 44]);
    assert_eq!(der::context(701, &[])[..], [0xbf, 0x85, 0x3d, 0]);
    assert_eq!(der::oid("1.2.840.113549"), [6, 6, 42, 134, 72, 134, 247, 13]);
    assert_eq!(der::named_bits(&[5, 6]), [3, 2, 1, 6]);
    assert_eq!(der::time(1_780_272_000), der::tlv(0x17, b"260601000000Z"));
    assert_eq!(der::time(951_782_400), der::tlv(0x17, b"000229000000Z"));
    assert_eq!(der::time(2_524_608_000), der::tlv(0x18, b"20500101000000Z"));
    assert_eq!(der::utc_time(-1), der::tlv(0x17, b"691231235959Z"));
}
