//! Apple App Attest: whether an app's key was made by that app, unmodified, on a genuine Apple
//! device. Not a WebAuthn ceremony: there is no origin, no user and no flag to judge. Passkeys of
//! iPhones come without attestation, so this is what a bank can know of the device beside one.
//!
//! Source: Apple, "Validating apps that connect to your server" and "Assessing fraud risk".

mod assertion;
mod attestation;

pub use assertion::{AcceptedAppAssertion, AppAssertionExpectation};
pub use attestation::{
    AcceptedAppAttestation, AppAttestEnvironment, AppAttestation, AppAttestationExpectation,
};

pub(super) use assertion::verify as verify_assertion;
pub(super) use attestation::{
    ORDER as ATTESTATION_CHECKS, judge as judge_attestation, verify as verify_attestation,
};

use crate::crypto::sha256;
use crate::verdict::{Cause, Evidence, Reason};

/// AA-4, first half: authenticator data names the app by the hash of its App ID.
fn is_for_app(rp_id_hash: &[u8; 32], app_id: &str) -> Result<Evidence, Cause> {
    if *rp_id_hash == sha256(&[app_id.as_bytes()]) {
        Ok(Evidence::text(app_id))
    } else {
        Err(Reason::AppId.expected(Evidence::text(app_id)).into())
    }
}
