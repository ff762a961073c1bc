//! A function that panics, so that tests see what becomes of it. Never in a release.
#![expect(clippy::panic, reason = "it is what this is for")]

use super::border::guarded;
use super::error::EnrollmentError;

/// Panics inside, as a defect would.
///
/// # Errors
///
/// `Internal`, always.
#[uniffi::export]
pub fn panic_for_tests() -> Result<(), EnrollmentError> {
    guarded(|| panic!("a panic that a test asked for"))
}
