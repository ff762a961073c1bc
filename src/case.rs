//! A case as a file has it: what was expected, and what was sent.
//!
//! The command line, the service's tests and the bindings of other languages read it by this code,
//! so that the same file is the same question everywhere. What was expected is never read out of
//! what was sent.

mod app_attest;
mod evidence;
mod expect;
mod vector;

pub use app_attest::AppExpect;
pub use evidence::{Evidence, none_beside};
pub use expect::{Expect, time};
pub use vector::{CaseResult, JudgedMetadata, Refused, Setting, run_case};

use crate::policy::PolicyError;
use crate::trust::AnchorError;
use crate::webauthn::OriginError;

/// A case that says too little, or something that cannot be, in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable(String);

impl core::fmt::Display for Unusable {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for Unusable {}

impl From<serde_json::Error> for Unusable {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<OriginError> for Unusable {
    fn from(error: OriginError) -> Self {
        Self(error.to_string())
    }
}

impl From<AnchorError> for Unusable {
    fn from(error: AnchorError) -> Self {
        Self(error.to_string())
    }
}

impl From<PolicyError> for Unusable {
    fn from(error: PolicyError) -> Self {
        Self(error.to_string())
    }
}
