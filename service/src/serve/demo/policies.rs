//! What a person may choose: whether an attestation is asked for, and what judges it.

use device_enrollment::Rule;
use device_enrollment::webauthn::Verifier;
use serde::{Deserialize, Serialize};

/// The name of the policy under which no path is judged, as it stands in verdicts.
pub(super) const PATH_NOT_JUDGED: &str = "demo_attestation_path_not_judged";

/// What a person chose for an enrollment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Choice {
    /// As the service does it: the configured policy, and no attestation asked for.
    Bank,
    /// The configured policy, with an attestation. A certificate that no anchor is configured for is
    /// refused.
    BankAttested,
    /// The same with an attestation, but the path to an anchor is not judged.
    PathNotJudged,
}

/// The configured policy with the path not judged, under a name of its own.
pub(super) fn path_not_judged(bank: &Verifier) -> Verifier {
    let mut policy = bank.policy().clone();
    PATH_NOT_JUDGED.clone_into(&mut policy.name);
    policy.attestation_path = Rule::NotJudged;
    Verifier::new(policy, bank.trust_store().clone())
}
