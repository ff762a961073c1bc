//! The policies by name.

use super::error::{EnrollmentError, Fault};
use crate::policy::Policy;

/// Which policy judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum PolicyProfile {
    /// The bank's default.
    OpenFinanceBrasil,
    /// The same, and keys that can be backed up are refused.
    DeviceBoundOnly,
    /// Exactly what WebAuthn Level 3 demands.
    Webauthn,
}

impl PolicyProfile {
    pub(super) fn policy(self) -> Policy {
        match self {
            Self::OpenFinanceBrasil => Policy::open_finance_brasil(),
            Self::DeviceBoundOnly => Policy::device_bound_only(),
            Self::Webauthn => Policy::webauthn(),
        }
    }
}

/// A policy with fields that are changed by name, as a JSON object.
pub(super) fn changed(policy: &Policy, changes: &str) -> Result<Policy, EnrollmentError> {
    let wrong = |error: &dyn core::fmt::Display| Fault::Policy.of(error.to_string());
    let changes = serde_json::from_str(changes).map_err(|error| wrong(&error))?;
    policy.with_changes(&changes).map_err(|error| wrong(&error))
}
