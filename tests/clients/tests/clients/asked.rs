//! What devices are asked for: an attestation that nobody asked for does not arrive from a browser,
//! so that a profile that needs one has to ask.

use serde_json::Value;

use crate::bank::enrolling::Bank;
use crate::bank::world::Engine;
use crate::journey::offered;

fn asked(settings: &[(&str, &str)]) -> Value {
    let bank = Bank::with(Engine::Sqlite, settings);
    offered(&bank, "BROWSER").options["attestation"].clone()
}

#[test]
fn an_attestation_is_asked_for_where_the_profile_needs_one_or_the_bank_says_so() {
    const PROFILE: &str = "DEVICE_ENROLLMENT_POLICY_PROFILE";
    const ATTESTATION: &str = "DEVICE_ENROLLMENT_POLICY_ATTESTATION";
    assert_eq!(asked(&[]), "none");
    assert_eq!(asked(&[(PROFILE, "webauthn")]), "none");
    assert_eq!(asked(&[(PROFILE, "device_bound_only")]), "direct");
    assert_eq!(asked(&[(ATTESTATION, "direct")]), "direct");
    assert_eq!(asked(&[(PROFILE, "device_bound_only"), (ATTESTATION, "enterprise")]), "enterprise");
}
