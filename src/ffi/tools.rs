//! What needs no verifier of the caller's.

use super::border::guarded;
use super::error::{EnrollmentError, Fault};
use crate::case::{Setting, run_case};
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

/// What became of a case whose right answer is known.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct VectorOutcome {
    /// Whether what came out is what has to.
    pub agrees: bool,
    /// The outcome and the whole verdict as one line of JSON, the same bytes in every language.
    pub line: String,
}

/// Judges one case of a vector file, so that an app or a backend can show that the very library it
/// ships decides as published.
///
/// # Errors
///
/// `Malformed` where the text is no JSON. A case that says too little agrees with nothing.
#[uniffi::export]
// A parameter must not be called `case`: it is one of the header that is written for Swift.
pub fn judge_vector(vector: String) -> Result<VectorOutcome, EnrollmentError> {
    guarded(|| {
        let case = serde_json::from_str(&vector).map_err(|_| Fault::Json)?;
        let result = run_case(&case, &Setting::default());
        let line = result.to_line().map_err(|_| Fault::Internal)?;
        Ok(VectorOutcome { agrees: result.agree, line })
    })
}
