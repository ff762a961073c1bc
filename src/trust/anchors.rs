//! Trust anchors as data.

use std::sync::Arc;

use super::android_status::AndroidStatusList;
use crate::crypto::{PublicKey, sha256};
use crate::encoding::Malformed;
use crate::encoding::certificate::{Certificate, KEY_CERT_SIGN, describe_name};
use crate::verdict::{Cause, Format, InputDigest};

/// A key and a name that may vouch for attestations (RFC 5280 section 6.1.1 d).
///
/// A root or an intermediate is matched by subject and public key, and its own dates are not
/// judged: what is in the store is trusted for as long as it is in the store. An anchor may also
/// be an attestation certificate, which then has to be the very one.
#[derive(Debug, Clone)]
pub struct TrustAnchor {
    name: String,
    certificate: Vec<u8>,
    subject: Vec<u8>,
    public_key_info: Vec<u8>,
    public_key: PublicKey,
    may_issue: bool,
    formats: Option<Vec<Format>>,
}

impl TrustAnchor {
    /// From a certificate in DER.
    ///
    /// # Errors
    ///
    /// When the certificate or its key cannot be read.
    pub fn from_der(certificate: &[u8]) -> Result<Self, AnchorError> {
        let parsed = Certificate::read(certificate).map_err(|error| AnchorError(error.into()))?;
        let public_key =
            PublicKey::from_certificate(parsed.public_key_info).map_err(AnchorError)?;
        Ok(Self {
            name: describe_name(parsed.subject),
            certificate: certificate.to_vec(),
            subject: parsed.subject.to_vec(),
            public_key_info: parsed.public_key_info.to_vec(),
            public_key,
            may_issue: may_issue(&parsed).map_err(|error| AnchorError(error.into()))?,
            formats: None,
        })
    }

    /// Limits the formats that the anchor may vouch for.
    #[must_use]
    pub fn for_formats(mut self, formats: &[Format]) -> Self {
        self.formats = Some(formats.to_vec());
        self
    }

    /// The anchor's name, taken from its subject.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) const fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    pub(crate) fn vouches_for(&self, format: Format) -> bool {
        self.formats.as_ref().is_none_or(|formats| formats.contains(&format))
    }

    pub(crate) const fn may_issue(&self) -> bool {
        self.may_issue
    }

    pub(crate) fn is_named(&self, name: &[u8]) -> bool {
        self.subject == name
    }

    /// Whether an attestation certificate is the anchor itself, to the last byte: nothing signs
    /// its contents but its being in the store.
    pub(crate) fn is_exactly(&self, certificate: &Certificate<'_>) -> bool {
        self.certificate == certificate.encoded
    }

    /// Whether an issuer in x5c is a copy of the anchor, by name and key: roots are reissued.
    pub(crate) fn is_issuer(&self, certificate: &Certificate<'_>) -> bool {
        self.may_issue
            && self.subject == certificate.subject
            && self.public_key_info == certificate.public_key_info
    }
}

/// An anchor that is an attestation certificate vouches for itself alone. Roots older than basic
/// constraints name themselves as issuer.
fn may_issue(certificate: &Certificate<'_>) -> Result<bool, Malformed> {
    let constraints = certificate.basic_constraints()?;
    let signs = certificate.key_usage()?.is_none_or(|usage| usage & KEY_CERT_SIGN != 0);
    Ok(signs && constraints.map_or(certificate.is_self_issued(), |constraints| constraints.ca))
}

/// A certificate that cannot be an anchor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnchorError(Cause);

impl core::fmt::Display for AnchorError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match &self.0 {
            Cause::Malformed(malformed) => write!(f, "trust anchor: {malformed}"),
            Cause::Refusal(refusal) => {
                write!(f, "trust anchor: {}", refusal.message(crate::verdict::Language::EnUs))
            }
        }
    }
}

impl core::error::Error for AnchorError {}

/// The anchors in force, and the lists that say what has become of the certificates below them.
#[derive(Debug, Clone)]
pub struct TrustStore {
    anchors: Vec<TrustAnchor>,
    digest: [u8; 32],
    android_status: Option<Arc<AndroidStatusList>>,
}

impl TrustStore {
    /// A store of these anchors.
    #[must_use]
    pub fn new(anchors: Vec<TrustAnchor>) -> Self {
        let mut parts: Vec<Vec<u8>> = anchors
            .iter()
            .map(|anchor| {
                let scope = anchor.formats.as_ref().map_or_else(
                    || "*".to_owned(),
                    |formats| formats.iter().map(|f| f.as_str()).collect::<Vec<_>>().join(","),
                );
                [&sha256(&[&anchor.certificate])[..], scope.as_bytes(), b"\n"].concat()
            })
            .collect();
        // The order in which anchors were configured decides nothing.
        parts.sort();
        let digest = sha256(&[b"device-enrollment trust store 1", &parts.concat()]);
        Self { anchors, digest, android_status: None }
    }

    /// With Google's status list of Android attestation certificates, in place of an earlier one.
    #[must_use]
    pub fn with_android_status(mut self, list: AndroidStatusList) -> Self {
        self.android_status = Some(Arc::new(list));
        self
    }

    /// The status list of Android attestation certificates.
    #[must_use]
    pub fn android_status(&self) -> Option<&AndroidStatusList> {
        self.android_status.as_deref()
    }

    pub(crate) fn android_status_digest(&self) -> Option<InputDigest> {
        self.android_status().map(|list| InputDigest::known(list.digest()))
    }

    /// A store without anchors: every attestation that needs one is refused.
    #[must_use]
    pub fn empty() -> Self {
        Self::new(Vec::new())
    }

    /// The anchors.
    #[must_use]
    pub fn anchors(&self) -> &[TrustAnchor] {
        &self.anchors
    }

    /// SHA-256 over the anchors and their scopes, whatever their order.
    #[must_use]
    pub const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    pub(crate) fn for_format(&self, format: Format) -> impl Iterator<Item = &TrustAnchor> {
        self.anchors.iter().filter(move |anchor| anchor.vouches_for(format))
    }
}
