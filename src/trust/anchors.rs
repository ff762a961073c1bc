//! Trust anchors as data.

use std::sync::Arc;

use super::android_status::AndroidStatusList;
use super::metadata::Metadata;
use super::refused_keys::is_refused;
use super::remembered::VerifiedSignatures;
use crate::crypto::{PublicKey, Transcript, sha256};
use crate::encoding::Malformed;
use crate::encoding::certificate::{Certificate, KEY_CERT_SIGN, describe_name};
use crate::time::UnixTime;
use crate::verdict::{Cause, Format, InputDigest, Reason};

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
    not_after: UnixTime,
    owner: Option<String>,
    formats: Option<Vec<Format>>,
    aaguids: Option<Vec<[u8; 16]>>,
    vouches_for_metadata: bool,
    in_force: InForce,
    provenance: Provenance,
}

/// When an anchor may be used; open where nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct InForce {
    /// First second.
    pub from: Option<UnixTime>,
    /// Last second.
    pub until: Option<UnixTime>,
}

impl InForce {
    /// Between two instants.
    #[must_use]
    pub const fn new(from: Option<UnixTime>, until: Option<UnixTime>) -> Self {
        Self { from, until }
    }

    fn includes(self, time: UnixTime) -> bool {
        self.from.is_none_or(|from| from <= time) && self.until.is_none_or(|until| time <= until)
    }
}

/// Where an anchor was taken from. It decides nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Provenance {
    /// Independent sources that carry the same bytes.
    pub sources: Vec<String>,
    /// Other certificates of the same name and key, by SHA-256 and last second of validity. What
    /// they issued is led to the anchor as well.
    pub copies: Vec<([u8; 32], UnixTime)>,
    /// A remark for the operator.
    pub note: Option<String>,
}

impl TrustAnchor {
    /// From a certificate in DER.
    ///
    /// # Errors
    ///
    /// When the certificate or its key cannot be read.
    pub fn from_der(certificate: &[u8]) -> Result<Self, AnchorError> {
        let parsed = Certificate::read(certificate).map_err(|error| AnchorError(error.into()))?;
        if is_refused(parsed.public_key_info) {
            return Err(AnchorError(Reason::PublishedKey.into()));
        }
        let public_key =
            PublicKey::from_certificate(parsed.public_key_info).map_err(AnchorError)?;
        Ok(Self {
            name: describe_name(parsed.subject),
            certificate: certificate.to_vec(),
            subject: parsed.subject.to_vec(),
            public_key_info: parsed.public_key_info.to_vec(),
            public_key,
            may_issue: may_issue(&parsed).map_err(|error| AnchorError(error.into()))?,
            not_after: parsed.not_after,
            owner: None,
            formats: None,
            aaguids: None,
            vouches_for_metadata: false,
            in_force: InForce::default(),
            provenance: Provenance::default(),
        })
    }

    /// Gives the anchor another name than its subject.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// States who owns the key. Formats that belong to one vendor end at that vendor's anchors
    /// (AK-17, AP-5); an anchor without an owner is taken as the caller's own choice, and the
    /// verdict says so.
    #[must_use]
    pub fn owned_by(mut self, owner: &str) -> Self {
        self.owner = Some(owner.to_owned());
        self
    }

    /// Limits the authenticator models that the anchor may vouch for. A path that ends at such an
    /// anchor makes the model more than a claim.
    #[must_use]
    pub fn for_models(mut self, aaguids: &[[u8; 16]]) -> Self {
        self.aaguids = Some(aaguids.to_vec());
        self
    }

    /// Makes the anchor one of the signers of FIDO metadata, which vouches for no attestation but
    /// those of the formats that it is given.
    #[must_use]
    pub fn for_metadata(mut self) -> Self {
        self.vouches_for_metadata = true;
        self.formats.get_or_insert_default();
        self
    }

    /// Limits when the anchor may be used.
    #[must_use]
    pub const fn in_force(mut self, in_force: InForce) -> Self {
        self.in_force = in_force;
        self
    }

    pub(super) fn with_provenance(mut self, provenance: Provenance) -> Self {
        self.provenance = provenance;
        self
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

    /// Who owns the key, where that is stated.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    /// The formats that the anchor may vouch for; `None` for every one.
    #[must_use]
    pub fn formats(&self) -> Option<&[Format]> {
        self.formats.as_deref()
    }

    /// The models that the anchor may vouch for; `None` for every one.
    #[must_use]
    pub fn models(&self) -> Option<&[[u8; 16]]> {
        self.aaguids.as_deref()
    }

    /// Whether the anchor vouches for FIDO metadata.
    #[must_use]
    pub const fn vouches_for_metadata(&self) -> bool {
        self.vouches_for_metadata
    }

    /// When the anchor may be used.
    #[must_use]
    pub const fn when_in_force(&self) -> InForce {
        self.in_force
    }

    /// Last second of the certificate's own validity. It is reported and not judged.
    #[must_use]
    pub const fn not_after(&self) -> UnixTime {
        self.not_after
    }

    /// SHA-256 of the certificate.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        sha256(&[&self.certificate])
    }

    /// Where the anchor was taken from.
    #[must_use]
    pub const fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// Whether another certificate has the same name and key.
    pub(super) fn is_copy(&self, certificate: &Certificate<'_>) -> bool {
        self.subject == certificate.subject && self.public_key_info == certificate.public_key_info
    }

    pub(super) fn public_key_info(&self) -> &[u8] {
        &self.public_key_info
    }

    pub(crate) const fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    pub(crate) fn vouches_for(&self, format: Format) -> bool {
        self.formats.as_ref().is_none_or(|formats| formats.contains(&format))
    }

    /// Whether the anchor may vouch for an attestation of this format and model at this time.
    pub(crate) fn may_vouch(
        &self,
        format: Format,
        aaguid: &[u8; 16],
        time: Option<UnixTime>,
    ) -> bool {
        self.vouches_for(format)
            && self.aaguids.as_ref().is_none_or(|models| models.contains(aaguid))
            && time.is_none_or(|time| self.in_force.includes(time))
    }

    /// Everything about the anchor that can decide anything.
    fn write(&self) -> Vec<u8> {
        let formats = self.formats.as_ref().map(|formats| {
            formats.iter().map(|format| format.as_str()).collect::<Vec<_>>().join(",")
        });
        let models = self.aaguids.as_ref().map(|models| models.concat());
        let instant = |time: Option<UnixTime>| time.map(|time| time.0.to_be_bytes());
        let mut transcript = Transcript::new(b"anchor");
        transcript.bytes(&self.fingerprint());
        transcript.optional(self.owner.as_deref().map(str::as_bytes));
        transcript.optional(formats.as_deref().map(str::as_bytes));
        transcript.optional(models.as_deref());
        transcript.flag(self.vouches_for_metadata);
        transcript.optional(instant(self.in_force.from).as_ref().map(<[u8; 8]>::as_slice));
        transcript.optional(instant(self.in_force.until).as_ref().map(<[u8; 8]>::as_slice));
        transcript.into_bytes()
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

/// The anchors in force, the metadata, and the lists that say what has become of the certificates
/// below them.
#[derive(Debug, Clone)]
pub struct TrustStore {
    anchors: Vec<TrustAnchor>,
    digest: [u8; 32],
    edition: Option<String>,
    metadata: Option<Arc<Metadata>>,
    android_status: Option<Arc<AndroidStatusList>>,
    verified: Option<Arc<VerifiedSignatures>>,
}

impl TrustStore {
    /// A store of these anchors.
    #[must_use]
    pub fn new(anchors: Vec<TrustAnchor>) -> Self {
        let mut parts: Vec<Vec<u8>> = anchors.iter().map(TrustAnchor::write).collect();
        // The order in which anchors were configured decides nothing.
        parts.sort();
        let digest = sha256(&[b"device-enrollment trust store 2", &parts.concat()]);
        Self {
            anchors,
            digest,
            edition: None,
            metadata: None,
            android_status: None,
            verified: None,
        }
    }

    /// The same store with authenticator metadata, for policies that judge it. The anchors of its
    /// entries vouch there each for its own model.
    #[must_use]
    pub fn with_metadata(mut self, metadata: impl Into<Arc<Metadata>>) -> Self {
        self.metadata = Some(metadata.into());
        self
    }

    /// The metadata.
    #[must_use]
    pub fn metadata(&self) -> Option<&Metadata> {
        self.metadata.as_deref()
    }

    /// With a memory of up to so many certificate signatures that were verified, shared by all
    /// copies of the store: issuers come again with every device. It costs some two kilobytes an
    /// entry, and changes no verdict.
    #[must_use]
    pub fn remembering_signatures(mut self, most: usize) -> Self {
        self.verified = Some(Arc::new(VerifiedSignatures::new(most)));
        self
    }

    pub(crate) fn verified_signatures(&self) -> Option<&VerifiedSignatures> {
        self.verified.as_deref()
    }

    /// With Google's status list of Android attestation certificates, in place of an earlier one.
    #[must_use]
    pub fn with_android_status(mut self, list: impl Into<Arc<AndroidStatusList>>) -> Self {
        self.android_status = Some(list.into());
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

    pub(super) fn of_edition(mut self, edition: &str) -> Self {
        self.edition = Some(edition.to_owned());
        self
    }

    /// The edition that a trust store file states, a date.
    #[must_use]
    pub fn edition(&self) -> Option<&str> {
        self.edition.as_deref()
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

    /// The anchors that may vouch for an attestation of this format and model at this time.
    pub(crate) fn vouching_for(
        &self,
        format: Format,
        aaguid: &[u8; 16],
        time: Option<UnixTime>,
    ) -> impl Iterator<Item = &TrustAnchor> {
        self.anchors.iter().filter(move |anchor| anchor.may_vouch(format, aaguid, time))
    }
}
