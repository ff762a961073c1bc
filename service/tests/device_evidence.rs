//! Evidence of the app and the device beside a registration, as the command reads it.
#![expect(clippy::indexing_slicing, reason = "a test may fail loudly")]

mod common;

use common::{TIME, anchors, encode, verify};
use device_enrollment_testkit::attestation::android_key::{application_id, tag};
use device_enrollment_testkit::attestation::app_attest::{APP_ID, key_identifier};
use device_enrollment_testkit::extension::android_key_description;
use device_enrollment_testkit::{Phone, Registration};
use serde_json::{Value, json};

/// A passkey without attestation, as `verify` reads it.
fn passkey() -> (Registration, Value) {
    let registration = Registration::none("passkey");
    let request = registration.make().to_json();
    let file = json!({
        "expect": {
            "challenge": encode(&registration.challenge),
            "rp_id": registration.rp_id,
            "origin": registration.origin,
            "time": TIME,
        },
        "request": request,
    });
    (registration, file)
}

/// A passkey of an iPhone, and App Attest over its challenge.
fn iphone() -> Value {
    let (registration, mut file) = passkey();
    let mut key = Registration::app_attest("app key");
    key.client_data.bytes = Some(registration.challenge);
    let made = key.make();
    file["expect"]["app_attest"] = json!({"app_id": APP_ID, "environment": "production"});
    file["expect"]["trust_anchors"] = anchors(&made.anchors);
    file["evidence"]["app_attest"] = json!({
        "key_id": encode(&key_identifier(&key.credential_key)),
        "attestation_object": encode(&made.attestation_object),
    });
    file
}

/// A synced passkey, and an Android key over its challenge.
fn phone() -> Value {
    let (registration, mut file) = passkey();
    let mut key = Registration::android_phone("phone key", &Phone::remote());
    let signer = vec![7; 32];
    let description = key.key_description();
    let id = application_id(&[("br.bank.app", 9)], core::slice::from_ref(&signer));
    description.software_enforced.set(tag::ATTESTATION_APPLICATION_ID, id);
    let extension = android_key_description(description.to_der(&registration.challenge));
    let chain = key.chain().certificates(Some(extension));
    let application = json!({"package": "br.bank.app", "signing_digests": ["07".repeat(32)]});
    file["expect"]["android_applications"] = json!([application]);
    file["expect"]["trust_anchors"] = anchors(&key.chain().anchors());
    file["evidence"]["android_key"]["x5c"] = anchors(&chain);
    file
}

#[test]
fn a_passkey_and_the_app_beside_it_are_accepted() {
    let (status, page, _) = verify(&iphone(), &["--device-evidence", "where_unattested"]);
    assert_eq!(status, 0, "{page}");
    assert!(page.contains("device        apple-appattest, verifies, under "), "{page}");
    let (status, page, _) = verify(&iphone(), &["--format", "json"]);
    assert_eq!(status, 0, "{page}");
    let verdict: Value = serde_json::from_str(&page).expect("JSON");
    assert_eq!(verdict["parts"][0]["role"], "device_evidence");
}

#[test]
fn a_passkey_and_the_phone_beside_it_are_accepted() {
    let list = std::env::temp_dir()
        .join(format!("device-enrollment-device-evidence-{}.json", std::process::id()));
    std::fs::write(&list, br#"{"entries": {}}"#).expect("a file");
    let path = list.to_str().expect("text");
    let fetched = ["--android-status", path, "--android-status-at", TIME];
    let (status, page, _) = verify(&phone(), &fetched);
    let mut other = phone();
    other["expect"]["android_applications"][0]["package"] = json!("br.shop");
    let (refused, reason, _) = verify(&other, &fetched);
    std::fs::remove_file(&list).expect("the file");
    assert_eq!(status, 0, "{page}");
    assert!(page.contains("device        android-key, verifies, under "), "{page}");
    assert_eq!(refused, 1, "{reason}");
    assert!(reason.contains("refused by AK-14: the application"), "{reason}");
}

#[test]
fn evidence_that_does_not_verify_or_does_not_come_is_refused() {
    let mut other = iphone();
    other["expect"]["app_attest"]["environment"] = json!("development");
    let (status, page, _) = verify(&other, &[]);
    assert_eq!(status, 1, "{page}");
    assert!(page.contains("AA-6 (app_attest.environment)"), "{page}");
    assert!(page.contains("PUBLIC_KEY_INVALIDA"), "{page}");
    for (when, status) in [("not_asked", 0), ("where_unattested", 1), ("always", 1)] {
        let (found, page, _) = verify(&passkey().1, &["--device-evidence", when]);
        assert_eq!(found, status, "{when}: {page}");
        assert_eq!(page.contains("policy.device_evidence_missing"), status == 1, "{page}");
    }
}

#[test]
fn evidence_that_nobody_is_expected_of_is_one_line() {
    let changed = |mut file: Value, change: fn(&mut Value)| {
        change(&mut file);
        let (status, page, line) = verify(&file, &[]);
        assert_eq!((status, page.as_str()), (2, ""), "{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
        line
    };
    let without = |file: Value, name: &'static str| {
        let mut file = file;
        file["expect"].as_object_mut().expect("an object").remove(name).expect("a member");
        changed(file, |_| ())
    };
    assert!(without(iphone(), "app_attest").contains("expect.app_attest is missing"));
    let line = without(phone(), "android_applications");
    assert!(line.contains("expect.android_applications is missing"), "{line}");
    changed(phone(), |file| file["expect"]["android_applications"] = json!([]));
    changed(iphone(), |file| file["expect"]["app_attest"]["app_id"] = json!(""));
    changed(iphone(), |file| {
        drop(file["expect"]["app_attest"].as_object_mut().map(|app| app.remove("environment")));
    });
    changed(iphone(), |file| file["evidence"]["app_attest"]["key_id"] = json!("?"));
    changed(iphone(), |file| file["evidence"]["app_attest"]["app_id"] = json!(APP_ID));
    changed(iphone(), |file| file["evidence"]["android_key"] = json!({"x5c": []}));
    changed(phone(), |file| file["evidence"]["android_key"]["x5c"] = json!(["?"]));
    changed(phone(), |file| file["evidence"] = json!({}));
    // An assertion has no attestation that evidence could stand in for.
    let line = changed(iphone(), |file| {
        file["expect"]["credential"] = json!({"id": "AA", "public_key": "AA"});
    });
    assert!(line.contains("evidence belongs to a registration"), "{line}");
}

#[test]
fn the_device_bound_profile_is_one_of_the_commands() {
    let (status, page, _) = verify(&iphone(), &["--profile", "device_bound_only"]);
    assert_eq!(status, 1, "{page}");
    assert!(page.contains("policy.attestation_type"), "{page}");
}
