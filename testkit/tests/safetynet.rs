//! SafetyNet statements: a compact JWS, read and verified without the kit.

mod common;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use common::{PublicKey, extension_value, issued_by, opened, parse, signed};
use device_enrollment_testkit::cbor::{self, Entries};
use device_enrollment_testkit::extension::oid;
use device_enrollment_testkit::scheme::{Hash, SignatureScheme, sha256};
use device_enrollment_testkit::{Edit, Registration, TIME};
use serde_json::{Map, Value, json};
use x509_cert::der::Decode;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{ExtendedKeyUsage, SubjectAltName};

const RS256: SignatureScheme = SignatureScheme::RsaPkcs1(Hash::Sha256);

/// The three parts of the response, as they are written.
fn response(registration: &Registration) -> [String; 3] {
    let (_, mut statement) = opened(&registration.make().attestation_object);
    let response = String::from_utf8(cbor::byte_member(&mut statement, "response").clone());
    let parts: Vec<_> = response.unwrap().split('.').map(str::to_owned).collect();
    parts.try_into().unwrap()
}

fn json_of(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn certificates(header: &Value) -> Vec<Vec<u8>> {
    let list = header["x5c"].as_array().unwrap();
    list.iter().map(|one| STANDARD.decode(one.as_str().unwrap()).unwrap()).collect()
}

/// Whether the signature is over the text as it was sent, by the first certificate.
fn verifies([header, payload, signature]: &[String; 3]) -> bool {
    let leaf = parse(&certificates(&json_of(header))[0]);
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let message = format!("{header}.{payload}").into_bytes();
    PublicKey::from_certificate(&leaf).verifies(RS256, &message, &signature)
}

#[test]
fn the_response_is_signed_by_the_attestation_server_under_the_anchor() {
    let registration = Registration::safetynet("safetynet");
    let made = registration.make();
    let (mut object, statement) = opened(&made.attestation_object);
    assert_eq!(cbor::member(&mut object, "fmt").as_text(), Some("android-safetynet"));
    let names: Vec<_> = statement.iter().map(|(name, _)| name.as_text().unwrap()).collect();
    assert_eq!(names, ["ver", "response"]);
    assert!(statement[0].1.is_text());

    let parts = response(&registration);
    let header = json_of(&parts[0]);
    assert_eq!(header["alg"], "RS256");
    let path = certificates(&header);
    assert_eq!(path.len(), 2);
    assert!(issued_by(&path[0], &path[1], RS256));
    assert!(issued_by(&path[1], &made.anchors[0], RS256));
    assert!(verifies(&parts));

    let leaf = parse(&path[0]);
    let (_, value) = extension_value(&leaf, oid::SUBJECT_ALTERNATIVE_NAME).unwrap();
    let names = SubjectAltName::from_der(&value).unwrap().0;
    let [GeneralName::DnsName(name)] = &names[..] else {
        panic!("one DNS name: {names:?}");
    };
    assert_eq!(name.as_str(), "attest.android.com");
    let (_, value) = extension_value(&leaf, oid::EXTENDED_KEY_USAGE).unwrap();
    let purposes = ExtendedKeyUsage::from_der(&value).unwrap().0;
    assert_eq!(purposes[0].to_string(), "1.3.6.1.5.5.7.3.1");
}

#[test]
fn the_payload_says_all_the_specification_reads() {
    let registration = Registration::safetynet("payload");
    let made = registration.make();
    let payload = json_of(&response(&registration)[1]);
    let nonce = sha256(&signed(&made.authenticator_data, &made.client_data_json));
    assert_eq!(payload["nonce"], STANDARD.encode(nonce));
    assert_eq!(payload["ctsProfileMatch"], true);
    assert_eq!(payload["basicIntegrity"], true);
    assert_eq!(payload["timestampMs"], (TIME - 5) * 1000);
    assert_eq!(payload["apkPackageName"], "com.google.android.gms");
    for digest in [&payload["apkDigestSha256"], &payload["apkCertificateDigestSha256"][0]] {
        assert_eq!(STANDARD.decode(digest.as_str().unwrap()).unwrap().len(), 32);
    }
    assert_eq!(payload.as_object().unwrap().len(), 7);
}

#[test]
fn members_and_texts_are_signed_as_changed() {
    let mut registration = Registration::safetynet("members");
    let statement = registration.safetynet_statement();
    statement.payload["ctsProfileMatch"] = json!(false);
    statement.edit_payload =
        Edit::new(|payload: &mut Map<String, Value>| payload["nonce"] = json!("other"));
    statement.header.insert("kid".into(), json!("x"));
    statement.edit_header = Edit::new(|header: &mut Map<String, Value>| {
        header["x5c"].as_array_mut().unwrap().truncate(1);
    });
    statement.edit_payload_json = Edit::new(|json: &mut String| json.push(' '));
    let parts = response(&registration);
    assert!(verifies(&parts));
    assert_eq!(json_of(&parts[0])["kid"], "x");
    assert_eq!(certificates(&json_of(&parts[0])).len(), 1);
    assert_eq!(json_of(&parts[1])["ctsProfileMatch"], false);
    assert_eq!(json_of(&parts[1])["nonce"], "other");
    assert!(URL_SAFE_NO_PAD.decode(&parts[1]).unwrap().ends_with(b"} "));
}

#[test]
fn what_is_finished_is_not_signed_again() {
    let mut registration = Registration::safetynet("finished");
    let before = response(&registration);
    registration.safetynet_statement().edit_signature =
        Edit::new(|signature: &mut Vec<u8>| signature[9] ^= 1);
    let after = response(&registration);
    assert!(!verifies(&after));
    assert_eq!(before[..2], after[..2]);

    registration.safetynet_statement().edit_signature = Edit::none();
    registration.attestation.edit_signed_bytes = Edit::new(|text: &mut Vec<u8>| text[0] ^= 1);
    let after = response(&registration);
    assert!(!verifies(&after));
    assert_eq!(before[..2], after[..2]);

    registration.attestation.edit_signed_bytes = Edit::none();
    registration.safetynet_statement().edit_signed_text =
        Edit::new(|text: &mut String| text.push('='));
    let after = response(&registration);
    assert_eq!(after[1], format!("{}=", before[1]));
    assert_ne!(after[2], before[2]);

    registration.safetynet_statement().edit_signed_text = Edit::none();
    registration.safetynet_statement().edit_response =
        Edit::new(|response: &mut Vec<u8>| response.retain(|byte| *byte != b'.'));
    let (_, mut statement): (Entries, Entries) = opened(&registration.make().attestation_object);
    assert_eq!(*cbor::byte_member(&mut statement, "response"), before.concat().into_bytes());
}
