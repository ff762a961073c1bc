//! The published errors of the device and TED pages.

use super::border::guarded;
use super::error::{EnrollmentError, Fault};
use crate::two_factor::{PublishedCode, PublishedError};

/// An entry of the published catalogue.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PublishedErrorRecord {
    /// The code as it stands on the wire, `OBD0000100`.
    pub code: String,
    /// The HTTP status it is answered with.
    pub http_status: u16,
    /// The title.
    pub title: String,
    /// The text in English.
    pub text_en: String,
    /// The text in Brazilian Portuguese.
    pub text_pt: String,
    /// Whether the published pages have no such code, so that it is this project's.
    pub is_ours: bool,
}

impl From<PublishedCode> for PublishedErrorRecord {
    fn from(code: PublishedCode) -> Self {
        Self {
            code: code.as_str().to_owned(),
            http_status: code.status(),
            title: code.title().to_owned(),
            text_en: code.description().to_owned(),
            text_pt: code.translation().to_owned(),
            is_ours: code.is_ours(),
        }
    }
}

/// Reads the body of an error that a service answered. The texts are those of the catalogue, not
/// those that were received: what is shown to a person is what is published.
///
/// # Errors
///
/// `Malformed` where it is no such body, or its code is not in the catalogue.
#[uniffi::export]
pub fn published_error(body: Vec<u8>) -> Result<PublishedErrorRecord, EnrollmentError> {
    guarded(|| Ok(read(&body)?.into()))
}

/// Every entry of the catalogue.
///
/// # Errors
///
/// Never; every exported function can say no.
#[uniffi::export]
pub fn published_errors() -> Result<Vec<PublishedErrorRecord>, EnrollmentError> {
    guarded(|| Ok(PublishedCode::ALL.iter().copied().map(Into::into).collect()))
}

pub(super) fn read(body: &[u8]) -> Result<PublishedCode, EnrollmentError> {
    let error = PublishedError::parse(body).ok_or(Fault::ErrorBody)?;
    Ok(error.code())
}
