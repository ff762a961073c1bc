//! What needs no verifier.

use super::border::guarded;
use super::error::{EnrollmentError, Fault};
use crate::encoding::Base64Reading;
use crate::inspect::inspect;

/// Decodes a request, client data, an attestation object, or certificates into a tree, as JSON.
/// Nothing is judged.
///
/// # Errors
///
/// `Malformed` where the input as a whole is nothing that is known here.
#[uniffi::export]
pub fn inspect_bytes(input: Vec<u8>) -> Result<String, EnrollmentError> {
    guarded(|| {
        let node = inspect(&input, Base64Reading::AnyAlphabet)
            .map_err(|error| Fault::Input.of(error.to_string()))?;
        serde_json::to_string(&node).map_err(|_| Fault::Internal.into())
    })
}
