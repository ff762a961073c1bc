//! What every call goes through.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::error::{EnrollmentError, Fault};

/// Runs one call. A panic, which would be a defect here, is an error that says nothing of what was
/// being worked on: its message is not carried over.
///
/// The library has no state that a panic could leave half changed: a verifier is only read.
pub(super) fn guarded<T>(
    call: impl FnOnce() -> Result<T, EnrollmentError>,
) -> Result<T, EnrollmentError> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|_| Err(Fault::Internal.into()))
}
