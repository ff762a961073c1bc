//! App Attest: attestation and assertion, read and verified without the kit.

mod common;

use common::{PublicKey, extension_value, issued_by, opened, parse, signed, x5c};
use device_enrollment_testkit::attestation::app_attest;
use device_enrollment_testkit::cbor::{self, Entries};
use device_enrollment_testkit::extension::{self, oid};
use device_enrollment_testkit::scheme::{Hash, SignatureScheme, sha256};
use device_enrollment_testkit::{AppAttestAssertion, Assertion, Edit, KeyKind, Registration, der};
use x509_cert::der::asn1::OctetStringRef;
use x509_cert::der::{Decode, Header, Reader, SliceReader};

const ES256: SignatureScheme = SignatureScheme::Ecdsa(Hash::Sha256);

/// The value under an explicit context tag in one of Apple's lists.
fn field(extension: &[u8], number: u32) -> Vec<u8> {
    let mut reader = SliceReader::new(extension).unwrap();
    Header::decode(&mut reader).unwrap();
    while !reader.is_finished() {
        let header = Header::decode(&mut reader).unwrap();
        let content = reader.read_slice(header.length()).unwrap();
        if header.tag().is_context_specific() && header.tag().number().value() == number {
            return content.to_vec();
        }
    }
    panic!("no field {number}");
}

#[test]
fn the_attestation_is_laid_out_as_apple_says() {
    let registration = Registration::app_attest("layout");
    let made = registration.make();
    let (mut object, mut statement) = opened(&made.attestation_object);
    assert_eq!(cbor::member(&mut object, "fmt").as_text(), Some("apple-appattest"));
    let names: Vec<_> = statement.iter().map(|(name, _)| name.as_text().unwrap()).collect();
    assert_eq!(names, ["x5c", "receipt"]);
    assert_eq!(cbor::byte_member(&mut statement, "receipt").len(), 64);

    let data = &made.authenticator_data;
    assert_eq!(data.len(), 164);
    assert_eq!(made.rp_id, "TEAMID1234.example.bank.app");
    assert_eq!(data[..32], sha256(made.rp_id.as_bytes()));
    assert_eq!(data[32..37], [0x40, 0, 0, 0, 0]);
    assert_eq!(data[37..53], *b"appattest\0\0\0\0\0\0\0");
    assert_eq!(data[53..55], [0, 32]);
    let PublicKey::Ecdsa(point) = PublicKey::from_cose(&made.credential_public_key) else {
        panic!("an ECDSA key");
    };
    assert_eq!(point.len(), 65);
    assert_eq!(data[55..87], sha256(&point));
    assert_eq!(made.credential_id, sha256(&point));

    let path = x5c(&mut statement);
    let leaf = parse(&path[0]);
    let PublicKey::Ecdsa(certified) = PublicKey::from_certificate(&leaf) else {
        panic!("an ECDSA key");
    };
    assert_eq!(certified, point);
    let (critical, nonce) = extension_value(&leaf, oid::APPLE_NONCE).unwrap();
    assert!(!critical);
    assert_eq!(nonce[..6], [0x30, 36, 0xa1, 34, 4, 32]);
    assert_eq!(nonce[6..], sha256(&signed(data, &made.client_data_json)));
    let (_, properties) = extension_value(&leaf, oid::APPLE_KEY_PROPERTIES).unwrap();
    let app_id = field(&properties, 1204);
    assert_eq!(<&OctetStringRef>::from_der(&app_id).unwrap().as_bytes(), made.rp_id.as_bytes());
}

#[test]
fn the_chain_is_p_384_down_to_the_leaf() {
    let made = Registration::app_attest("chain").make();
    let (_, mut statement) = opened(&made.attestation_object);
    let path = x5c(&mut statement);
    assert_eq!(path.len(), 2);
    let es384 = SignatureScheme::Ecdsa(Hash::Sha384);
    assert!(issued_by(&path[0], &path[1], ES256));
    assert!(issued_by(&path[1], &made.anchors[0], es384));
    assert!(issued_by(&made.anchors[0], &made.anchors[0], es384));
    for authority in [&path[1], &made.anchors[0]] {
        let PublicKey::Ecdsa(point) = PublicKey::from_certificate(&parse(authority)) else {
            panic!("an ECDSA key");
        };
        assert_eq!(point.len(), 97);
    }
}

#[test]
fn launch_validation_follows_unannounced() {
    let mut registration = Registration::app_attest_with_launch_validation("launch");
    let before = Registration::app_attest("launch").make();
    let after = registration.make();
    assert_eq!(after.authenticator_data.len(), 226);
    assert_eq!(after.authenticator_data[..164], before.authenticator_data[..]);
    assert_eq!(after.authenticator_data[32], 0x40);
    let outputs = cbor::decode(&after.authenticator_data[164..]).into_map().unwrap();
    let expected = [
        (cbor::text("apple_bundle_version_01"), cbor::text("1")),
        (cbor::text("apple_validation_category_01"), cbor::bytes([4, 0, 0, 0])),
    ];
    assert_eq!(outputs, expected);
    let (_, mut statement) = opened(&after.attestation_object);
    let leaf = parse(&x5c(&mut statement)[0]);
    let (_, nonce) = extension_value(&leaf, oid::APPLE_NONCE).unwrap();
    assert_eq!(nonce[6..], sha256(&signed(&after.authenticator_data, &after.client_data_json)));

    // One byte more, covered by the nonce as everything else is.
    registration.authenticator_data.trailing = vec![0];
    let longer = registration.make();
    assert_eq!(longer.authenticator_data.len(), 227);
    let (_, mut statement) = opened(&longer.attestation_object);
    let leaf = parse(&x5c(&mut statement)[0]);
    let (_, nonce) = extension_value(&leaf, oid::APPLE_NONCE).unwrap();
    assert_eq!(nonce[6..], sha256(&signed(&longer.authenticator_data, &longer.client_data_json)));
}

#[test]
fn the_levers_of_an_attestation_turn_one_thing() {
    let mut registration = Registration::app_attest("levers");
    registration.authenticator_data.aaguid = app_attest::DEVELOPMENT;
    assert_eq!(registration.make().authenticator_data[37..53], *b"appattestdevelop");

    registration.app_attest_statement().nonce = Some(vec![7; 32]);
    registration.app_attest_statement().receipt.clear();
    let mut properties = app_attest::key_properties("TEAMID1234.other");
    properties.retain(|(number, _)| *number != app_attest::field::COMPONENT);
    registration
        .leaf()
        .set_extension(extension::apple_fields(oid::APPLE_KEY_PROPERTIES, &properties));
    let (_, mut statement) = opened(&registration.make().attestation_object);
    assert!(cbor::byte_member(&mut statement, "receipt").is_empty());
    let leaf = parse(&x5c(&mut statement)[0]);
    let (_, nonce) = extension_value(&leaf, oid::APPLE_NONCE).unwrap();
    assert_eq!(nonce[6..], [7; 32]);
    let (_, value) = extension_value(&leaf, oid::APPLE_KEY_PROPERTIES).unwrap();
    assert_eq!(field(&value, 1204), der::octet_string(b"TEAMID1234.other"));
}

#[test]
fn an_assertion_signs_the_hash_of_what_it_is_about() {
    let registration = Registration::app_attest("assertion");
    let made = AppAttestAssertion::of(&registration).make();
    let mut object = cbor::decode(&made.assertion).into_map().unwrap();
    let names: Vec<_> = object.iter().map(|(name, _)| name.as_text().unwrap()).collect();
    assert_eq!(names, ["signature", "authenticatorData"]);
    let data = cbor::byte_member(&mut object, "authenticatorData").clone();
    let signature = cbor::byte_member(&mut object, "signature").clone();
    assert_eq!(data.len(), 37);
    assert_eq!(data[..32], sha256(made.app_id.as_bytes()));
    assert_eq!(data[32..], [0x40, 0, 0, 0, 1]);
    assert_eq!((&data, &signature), (&made.authenticator_data, &made.signature));

    let key = PublicKey::from_cose(&made.credential_public_key);
    let message = signed(&data, &made.client_data);
    let nonce = sha256(&message);
    assert!(key.verifies(ES256, &nonce, &signature));
    assert!(!key.verifies(ES256, &message, &signature)); // WebAuthn's way is not Apple's
    assert_eq!(made.key_id, registration.make().credential_id);
    assert_ne!(made.challenge, registration.challenge);
}

#[test]
fn the_levers_of_an_assertion_turn_one_thing() {
    let registration = Registration::app_attest("assertion levers");
    let assertion = AppAttestAssertion::of(&registration);
    let before = assertion.make();
    let verifies = |made: &device_enrollment_testkit::AppAttestAssertionParts| {
        let key = PublicKey::from_cose(&made.credential_public_key);
        let nonce = sha256(&signed(&made.authenticator_data, &made.client_data));
        key.verifies(ES256, &nonce, &made.signature)
    };
    assert!(verifies(&before));

    let flip = || Edit::new(|bytes: &mut Vec<u8>| *bytes.last_mut().unwrap() ^= 1);
    let mut changed = assertion.clone();
    changed.edit_hashed_bytes = flip();
    assert!(!verifies(&changed.make()));
    let mut changed = assertion.clone();
    changed.edit_signed_bytes = flip();
    assert!(!verifies(&changed.make()));
    let mut changed = assertion.clone();
    changed.edit_signature = flip();
    assert!(!verifies(&changed.make()));
    let mut changed = assertion.clone();
    changed.edit_client_data = flip();
    assert_eq!(changed.make().assertion, before.assertion);
    assert_ne!(changed.make().client_data, before.client_data);
    let mut changed = assertion.clone();
    changed.edit_authenticator_data = flip();
    assert_eq!(changed.make().signature, before.signature);
    let mut changed = assertion.clone();
    changed.edit_object = Edit::new(|object: &mut Entries| {
        cbor::remove(object, "authenticatorData");
    });
    assert_eq!(cbor::decode(&changed.make().assertion).into_map().unwrap().len(), 1);
    let mut changed = assertion.clone();
    changed.edit_object_bytes = Edit::new(|bytes: &mut Vec<u8>| bytes.push(0));
    assert_eq!(changed.make().assertion, [&before.assertion[..], &[0]].concat());

    // Signed as changed: another key, a counter that stood still, iOS 27's map.
    let mut changed = assertion.clone();
    changed.credential_key =
        device_enrollment_testkit::SigningKey::from_seed(KeyKind::Es256, "another");
    assert!(!verifies(&changed.make()));
    let mut changed = assertion.clone();
    changed.authenticator_data.sign_count = 0;
    assert!(verifies(&changed.make()));
    changed.authenticator_data.extensions = Some(app_attest::launch_validation("1", 4));
    let made = changed.make();
    assert!(verifies(&made));
    assert_eq!(made.authenticator_data.len(), 37 + 62);
}

#[test]
fn the_same_seed_gives_the_same_assertion() {
    let made = |seed| AppAttestAssertion::of(&Registration::app_attest(seed)).make();
    assert_eq!(made("one"), made("one"));
    assert_ne!(made("one").assertion, made("two").assertion);
    // The key may sign a WebAuthn assertion too, which is another message.
    let webauthn = Assertion::of(&Registration::app_attest("one")).make();
    assert_ne!(webauthn.signature, made("one").signature);
}
