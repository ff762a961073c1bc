//! Compound statements and App Attest on the command line.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

mod common;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::{TIME, anchors, app_assertion, app_attestation, encode, run, text, verify};
use device_enrollment_testkit::Registration;
use serde_json::{Value, json};

/// Refused before anything was judged, in one line that says this.
fn unusable(file: &Value, word: &str) {
    let (status, stdout, stderr) = verify(file, &[]);
    assert_eq!((status, stdout.as_str()), (2, ""), "{stderr}");
    assert!(stderr.lines().count() == 1 && stderr.contains(word), "{stderr}");
}

fn with(file: &Value, change: impl FnOnce(&mut Value)) -> Value {
    let mut file = file.clone();
    change(&mut file);
    file
}

fn without(file: &Value, side: &str, name: &str) -> Value {
    with(file, |file| drop(file[side].as_object_mut().expect("an object").remove(name)))
}

fn attestation() -> Value {
    app_attestation(&Registration::app_attest_with_launch_validation("command line"))
}

fn assertion() -> Value {
    app_assertion(&Registration::app_attest("command line"))
}

#[test]
fn an_apps_key_is_verified() {
    let file = attestation();
    let (status, shown, _) = verify(&file, &[]);
    assert_eq!(status, 0, "{shown}");
    assert!(shown.starts_with("ACCEPTED  app attestation"), "{shown}");
    for line in [
        "app           TEAMID1234.example.bank.app",
        "environment   production",
        "tolerance     app_attest_launch_validation",
    ] {
        assert!(shown.contains(line), "{shown}");
    }
    assert!(!shown.contains("user  ") && !shown.contains("backup  "), "{shown}");

    let development = with(&file, |file| file["expect"]["environment"] = "development".into());
    let (status, shown, _) = verify(&development, &[]);
    assert_eq!(status, 1, "{shown}");
    assert!(shown.contains("AA-6") && shown.contains("app_attest.environment"), "{shown}");
    let another = with(&file, |file| file["expect"]["client_data"] = "AA".into());
    assert!(verify(&another, &[]).1.contains("apple.nonce"));
}

#[test]
fn an_assertion_by_an_apps_key_is_verified() {
    let file = assertion();
    let (status, shown, _) = verify(&file, &[]);
    assert_eq!(status, 0, "{shown}");
    assert!(shown.starts_with("ACCEPTED  app assertion"), "{shown}");
    assert!(shown.contains("counter       1"), "{shown}");
    let counted = with(&file, |file| file["expect"]["sign_count"] = 1.into());
    let (status, written, _) = verify(&counted, &["--format", "json"]);
    let written: Value = serde_json::from_str(&written).expect("JSON");
    assert_eq!((status, &written["failure"]["check"]), (1, &json!("AA-7")));
    assert_eq!(written["ceremony"], "app_assertion");
}

#[test]
fn what_was_expected_of_an_app_is_never_read_out_of_the_request() {
    for name in ["app_id", "environment", "client_data"] {
        unusable(&without(&attestation(), "expect", name), name);
    }
    for name in ["app_id", "client_data", "sign_count"] {
        unusable(&without(&assertion(), "expect", name), name);
    }
    // Without the stored key an attestation is awaited, and the request does not choose.
    unusable(&without(&assertion(), "expect", "public_key"), "environment");
    for name in ["key_id", "attestation_object"] {
        unusable(&without(&attestation(), "request", name), name);
    }
    unusable(&without(&assertion(), "request", "assertion"), "assertion");
    let set = |file: &Value, side: &'static str, name: &'static str, value: Value| {
        with(file, |file| file[side][name] = value)
    };
    unusable(&set(&attestation(), "expect", "environment", json!("any")), "any");
    unusable(&set(&attestation(), "expect", "envronment", json!("production")), "envronment");
    unusable(&set(&attestation(), "expect", "app_id", json!("")), "app_id");
    unusable(&set(&attestation(), "expect", "client_data", json!("")), "client_data");
    unusable(&set(&attestation(), "expect", "sign_count", json!(0)), "sign_count");
    unusable(&set(&assertion(), "expect", "environment", json!("production")), "environment");
    unusable(&set(&attestation(), "request", "assertion", json!("AA")), "assertion");
    unusable(&set(&attestation(), "request", "key_id", json!(1)), "key_id");
}

#[test]
fn a_key_id_in_standard_base64_needs_the_declared_leniency() {
    let parts = Registration::app_attest_with_launch_validation("command line").make();
    let file = with(&attestation(), |file| {
        file["request"]["key_id"] = STANDARD.encode(&parts.credential_id).into();
    });
    unusable(&file, "key_id");
    assert_eq!(verify(&file, &["--base64", "any_alphabet"]).0, 0);
}

#[test]
fn each_part_of_a_compound_has_its_line() {
    let mut registration = Registration::compound("command line");
    let file = |registration: &Registration| {
        let parts = registration.make();
        json!({
            "expect": {
                "challenge": encode(&parts.challenge),
                "rp_id": parts.rp_id,
                "origins": [parts.origin],
                "algs": [-7],
                "trust_anchors": anchors(&parts.anchors),
                "time": TIME,
            },
            "request": parts.to_json(),
        })
    };
    // The bank asks what became of a phone's certificates.
    let list = std::env::temp_dir().join(format!("status-list-{}.json", std::process::id()));
    std::fs::write(&list, r#"{"entries": {}}"#).expect("a file");
    let list = list.to_str().expect("UTF-8");
    let status_list = ["--android-status", list, "--android-status-at", TIME];
    let (status, shown, _) = verify(&file(&registration), &status_list);
    assert_eq!(status, 0, "{shown}");
    assert!(shown.contains("part 0        packed, verifies, under "), "{shown}");
    assert!(shown.contains("part 1        android-key, verifies, under "), "{shown}");
    registration.part(1).leaf().set_validity(0, 1);
    let (status, shown, _) = verify(&file(&registration), &status_list);
    assert_eq!(status, 1, "{shown}");
    assert!(shown.contains("compound.too_few"), "{shown}");
    assert!(shown.contains("part 0        packed, verifies, under "), "{shown}");
    assert!(shown.contains("part 1        android-key, refused by AK-19: "), "{shown}");
}

/// A file as a vector case: its members side by side.
fn case(kind: &str, file: &Value, expect: Value) -> Value {
    let mut case = json!({ "id": kind, "kind": kind, "expect": expect });
    for side in ["expect", "request"] {
        for (name, value) in file[side].as_object().expect("an object") {
            case[name] = value.clone();
        }
    }
    case
}

/// The one line of one case, and the exit status.
fn vector(case: &Value) -> (i32, Value) {
    // In a build folder: `vectors` reads files.
    let name = format!("vector-{}-{:p}.json", std::process::id(), case);
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, case.to_string()).expect("a file");
    let shown = run(&["vectors", "--format", "json", &text(&path)], "");
    std::fs::remove_file(&path).expect("the file");
    (shown.status, shown.lines().swap_remove(0))
}

#[test]
fn both_ceremonies_of_app_attest_are_vectors() {
    let accept = json!({ "result": "accept", "fmt": "apple-appattest", "sign_count": 0 });
    let (status, line) = vector(&case("app_attestation", &attestation(), accept));
    assert_eq!((status, &line["agree"]), (0, &json!(true)), "{line}");
    let accept = json!({ "result": "accept", "sign_count": 1 });
    let (status, line) = vector(&case("app_assertion", &assertion(), accept));
    assert_eq!((status, &line["agree"]), (0, &json!(true)), "{line}");

    let reject = |check: &str, code: &str| json!({ "result": "reject", "failed_check": check, "code": code });
    let development = with(&attestation(), |file| {
        file["expect"]["environment"] = "development".into();
    });
    let development =
        case("app_attestation", &development, reject("AA-6", "app_attest.environment"));
    assert_eq!(vector(&development).1["agree"], true);
    let counted = with(&assertion(), |file| file["expect"]["sign_count"] = 1.into());
    let counted = case("app_assertion", &counted, reject("AA-7", "credential.counter"));
    assert_eq!(vector(&counted).1["agree"], true);
    // One for the other says too little, and agrees with nothing.
    for (kind, file) in [("app_attestation", assertion()), ("app_assertion", attestation())] {
        let (status, line) = vector(&case(kind, &file, json!({ "result": "reject" })));
        assert_eq!((status, &line["agree"]), (1, &json!(false)), "{line}");
    }
}
