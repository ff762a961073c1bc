//! What the calls of the bindings cost in Rust itself, where they cross no border, beside
//! `bindings/swift/test --speed` and `exec:java@speed` of Maven, which make the same calls on the
//! same registration: `cargo run --profile mobile -p device-enrollment-benches --features ffi --bin
//! border`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use device_enrollment::ffi::{
    Bytes, CodeEntry, EnrollmentError, EnrollmentVerifier, ExpectedRegistration, PolicyProfile,
    RegistrationForm, RegistrationSource, TextLanguage, TrustSource, VerifierConfiguration,
    registration_request,
};
use serde_json::Value;

/// 2026-06-01, when the registration was made.
const NOW_MILLIS: i64 = 1_780_272_000_000;

fn main() {
    let text = std::fs::read_to_string("tests/vectors/corpus/packed.json")
        .expect("runs in the folder of the repository");
    let file: Value = serde_json::from_str(&text).expect("a vector file");
    let case = &file["cases"][0];
    assert_eq!(case["id"], "valid/packed/full");
    run(case).expect("the calls succeed");
}

fn run(case: &Value) -> Result<(), EnrollmentError> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let decode =
        |value: &Value| -> Bytes { URL_SAFE_NO_PAD.decode(text(value)).expect("base64url").into() };
    let source = RegistrationSource::Raw {
        credential_id: decode(&case["credential_id"]),
        client_data_json: decode(&case["client_data_json"]),
        attestation_object: decode(&case["attestation_object"]),
        attachment: None,
    };
    let request = registration_request(source, RegistrationForm::DeviceCredential)?.into_bytes();
    let expected = ExpectedRegistration::new(
        decode(&case["challenge"]),
        text(&case["rp_id"]),
        vec![text(&case["origin"])],
    );
    let verifier = |verdict_json| {
        EnrollmentVerifier::new(VerifierConfiguration {
            profile: PolicyProfile::OpenFinanceBrasil,
            trust: TrustSource::Certificates { der: vec![decode(&case["trust_anchors"][0])] },
            policy_changes: None,
            android_status: None,
            metadata: None,
            any_base64: false,
            verdict_json,
        })
    };
    let (plain, written, entry) = (verifier(false)?, verifier(true)?, CodeEntry::new(0)?);
    let verify = |verifier: &EnrollmentVerifier| {
        let verdict = verifier
            .verify_registration(request.clone(), expected.clone(), NOW_MILLIS, None)
            .expect("a verdict");
        assert!(verdict.accepted);
        verdict
    };
    measure("a small record (CodeEntry.view)", 1000, || entry.view(1, TextLanguage::EnUs));
    measure("verify", 20, || verify(&plain));
    measure("verify with verdict JSON", 20, || verify(&written));
    Ok(())
}

/// Prints the median of 101 averages, after a second of warming up.
fn measure<T>(name: &str, batch: u32, call: impl Fn() -> T) {
    let warm = Instant::now();
    while warm.elapsed() < Duration::from_secs(1) {
        black_box(call());
    }
    let mut averages: Vec<Duration> = (0..101)
        .map(|_| {
            let began = Instant::now();
            for _ in 0..batch {
                black_box(call());
            }
            began.elapsed() / batch
        })
        .collect();
    averages.sort_unstable();
    let microseconds = |at: usize| averages.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e6);
    println!(
        "rust {name}: median {:.2} us, p10 {:.2}, p90 {:.2}",
        microseconds(50),
        microseconds(10),
        microseconds(90)
    );
}
