//! Trust data as values: anchors, status lists, metadata.

use super::bytes::Bytes;
use super::error::{EnrollmentError, Fault};
use crate::encoding::base64url;
use crate::time::UnixMillis;
use crate::trust::{self, AndroidStatusList, Metadata, TrustAnchor, TrustStore};

/// Where the trust anchors come from.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum TrustSource {
    /// What comes with this release.
    Bundled,
    /// A trust store file, as the text of it.
    Json {
        /// The text.
        text: String,
    },
    /// Certificates in PEM, each an anchor for every format.
    Pem {
        /// The text, with any number of certificates.
        text: String,
    },
    /// Certificates in DER, each an anchor for every format.
    Certificates {
        /// One certificate each.
        der: Vec<Bytes>,
    },
    /// None: whatever needs an anchor is refused.
    Empty,
}

/// Google's status list of Android attestation certificates.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AndroidStatusSource {
    /// The JSON as it was fetched.
    pub json: Bytes,
    /// When it was fetched, in Unix milliseconds.
    pub fetched_millis: i64,
}

/// A BLOB of the FIDO Metadata Service, which is verified before it is used.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct MetadataSource {
    /// The BLOB as it was fetched.
    pub blob: Bytes,
    /// When it has to be valid, in Unix milliseconds.
    pub imported_millis: i64,
    /// Revocation lists in DER, one for each issuer of the signer's chain.
    #[uniffi(default = [])]
    pub revocation_lists: Vec<Bytes>,
    /// Whether a certificate is taken of which no list speaks.
    #[uniffi(default = false)]
    pub accept_unknown_revocation: bool,
}

impl TrustSource {
    pub(super) fn load(&self) -> Result<TrustStore, EnrollmentError> {
        let wrong = |error: &dyn core::fmt::Display| Fault::TrustStore.of(error.to_string());
        let anchor = |der: &[u8]| TrustAnchor::from_der(der).map_err(|error| wrong(&error));
        match self {
            Self::Bundled => TrustStore::bundled().map_err(|error| wrong(&error)),
            Self::Json { text } => {
                TrustStore::from_json(text.as_bytes()).map_err(|error| wrong(&error))
            }
            Self::Pem { text } => {
                let certificates =
                    pem(text).ok_or_else(|| wrong(&"the text is not certificates in PEM"))?;
                let anchors: Result<Vec<_>, _> =
                    certificates.iter().map(|der| anchor(der)).collect();
                Ok(TrustStore::new(anchors?))
            }
            Self::Certificates { der } => {
                let anchors: Result<Vec<_>, _> = der.iter().map(|der| anchor(&der.0)).collect();
                Ok(TrustStore::new(anchors?))
            }
            Self::Empty => Ok(TrustStore::empty()),
        }
    }
}

/// The certificates of a PEM text (RFC 7468); `None` where there is none, or one that is not whole.
/// Text between certificates is passed over, other things in PEM are not.
fn pem(text: &str) -> Option<Vec<Vec<u8>>> {
    let mut certificates = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines().map(str::trim) {
        match (line, &mut open) {
            ("-----BEGIN CERTIFICATE-----", None) => open = Some(String::new()),
            ("-----END CERTIFICATE-----", Some(body)) => {
                certificates.push(base64url::decode_standard(body, "certificate").ok()?);
                open = None;
            }
            (line, _) if line.starts_with("-----") => return None,
            (line, Some(body)) => body.push_str(line),
            (_, None) => {}
        }
    }
    (open.is_none() && !certificates.is_empty()).then_some(certificates)
}

impl AndroidStatusSource {
    pub(super) fn load(&self) -> Result<AndroidStatusList, EnrollmentError> {
        let fetched = UnixMillis(self.fetched_millis).whole_seconds();
        AndroidStatusList::from_json(&self.json.0, fetched)
            .map_err(|error| Fault::AndroidStatus.of(error.to_string()))
    }
}

impl MetadataSource {
    /// Verifies the BLOB under the anchors of `store` that vouch for metadata.
    pub(super) fn load(&self, store: &TrustStore) -> Result<Metadata, EnrollmentError> {
        let vouching = |anchor: &&TrustAnchor| anchor.vouches_for_metadata();
        let roots: Vec<TrustAnchor> = store.anchors().iter().filter(vouching).cloned().collect();
        let lists: Vec<&[u8]> =
            self.revocation_lists.iter().map(|list| list.0.as_slice()).collect();
        let time = UnixMillis(self.imported_millis).whole_seconds();
        let mut source = trust::MetadataSource::new(&roots, time);
        source.revocation_lists = &lists;
        if self.accept_unknown_revocation {
            source.unknown_revocation = trust::UnknownRevocation::Accepted;
        }
        Metadata::import(&self.blob.0, &source)
            .outcome
            .map_err(|failure| Fault::Metadata.of(failure.to_string()))
    }
}
