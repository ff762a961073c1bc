//! The library as apps carry it: without the feature `full`, a preflight leaves to the server what
//! the build cannot judge, and refuses everything else as ever.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use device_enrollment::ffi::{
    Bytes, EnrollmentError, ExpectedRegistration, PolicyProfile, PreflightReport, TextLanguage,
    preflight_registration,
};
use serde_json::{Value, json};

/// The cases of a file of the corpus.
fn cases(file: &str) -> Vec<Value> {
    let path = format!("{}/tests/vectors/corpus/{file}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["cases"].as_array().unwrap().clone()
}

fn bytes(case: &Value, member: &str) -> Bytes {
    URL_SAFE_NO_PAD.decode(case[member].as_str().unwrap()).unwrap().into()
}

/// What a preflight says of a registration of the corpus, under WebAuthn's own policy.
fn preflight(case: &Value) -> Result<PreflightReport, EnrollmentError> {
    let request = json!({
        "id": case["credential_id"], "rawId": case["credential_id"], "type": "public-key",
        "clientExtensionResults": {},
        "response": {
            "clientDataJSON": case["client_data_json"],
            "attestationObject": case["attestation_object"],
        },
    });
    let text = |member: &str| case[member].as_str().unwrap().to_owned();
    let origins = vec![text("origin")];
    let mut expected = ExpectedRegistration::new(bytes(case, "challenge"), text("rp_id"), origins);
    expected.algorithms = case["algs"]
        .as_array()
        .map(|offered| offered.iter().map(|algorithm| algorithm.as_i64().unwrap()).collect());
    let (profile, language) = (PolicyProfile::Webauthn, TextLanguage::EnUs);
    preflight_registration(
        request.to_string().into_bytes(),
        expected,
        profile,
        language,
        None,
        None,
    )
}

fn is_registration(case: &&Value) -> bool {
    case["kind"] == "registration" && case["attestation_object"].is_string()
}

/// The algorithm that a case of `algorithms` is about, where its signature is what the case is about.
fn algorithm_of(id: &str) -> Option<&str> {
    id.strip_prefix("valid/algorithms/")
        .or_else(|| id.strip_prefix("case/R4-")?.strip_suffix("-signature"))
        .filter(|name| {
            name.to_uppercase() == *name || matches!(*name, "EdDSA" | "Ed25519" | "Ed448")
        })
}

const CARRIED: [&str; 6] = ["ES256", "ES384", "EdDSA", "ESP256", "ESP384", "Ed25519"];

#[test]
fn a_key_that_the_build_leaves_out_is_left_to_the_server_and_every_other_is_judged() {
    let (mut judged, mut left) = (Vec::new(), Vec::new());
    let cases = cases("algorithms");
    for case in cases.iter().filter(is_registration) {
        let id = case["id"].as_str().unwrap();
        let Some(algorithm) = algorithm_of(id) else { continue };
        let report = preflight(case).unwrap();
        let is_left = report.left_to_server.iter().any(|check| check == "X-9");
        let carried = CARRIED.contains(&algorithm) || cfg!(feature = "full");
        assert_eq!(is_left, !carried, "{id}");
        let refused = report.refusal.as_ref().map(|refusal| refusal.check.as_str());
        let tampered = carried && id.starts_with("case/");
        assert_eq!(refused, tampered.then_some("PK-3"), "{id}");
        assert_eq!(report.ready, !tampered, "{id}");
        if carried { judged.push(algorithm) } else { left.push(algorithm) }
    }
    // Each algorithm once as it should be and once with another signature.
    let all = 20;
    let expected = if cfg!(feature = "full") { 2 * all } else { 2 * CARRIED.len() };
    assert_eq!((judged.len(), left.len()), (expected, 2 * all - expected), "{judged:?} {left:?}");
}

#[test]
fn a_format_that_the_build_leaves_out_is_left_to_the_server() {
    let mut seen = 0;
    for case in cases("tpm").iter().filter(is_registration) {
        if case["expect"]["result"] != "accept" {
            continue;
        }
        let report = preflight(case).unwrap();
        assert!(report.ready && report.refusal.is_none(), "{}: {:?}", case["id"], report.refusal);
        let left = report.left_to_server.iter().any(|check| check == "X-17");
        assert_eq!(left, !cfg!(feature = "full"), "{}", case["id"]);
        seen += 1;
    }
    assert!(seen >= 2, "{seen}");
}

#[test]
fn what_is_left_out_is_no_failed_check() {
    for file in ["algorithms", "tpm"] {
        for case in cases(file).iter().filter(is_registration) {
            let report = preflight(case).unwrap();
            let failed = report
                .checks
                .iter()
                .filter(|check| check.outcome == device_enrollment::ffi::CheckOutcome::Failed)
                .count();
            assert_eq!(failed == 0, report.ready, "{}", case["id"]);
        }
    }
}
