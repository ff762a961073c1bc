//! What a decision was made from.

/// What a decision was made from, as SHA-256 digests and the time.
///
/// Two verdicts with equal inputs and the same release are equal.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Inputs {
    /// The bytes of the response.
    pub response: InputDigest,
    /// What the relying party expected: challenge, RP ID, origins and options.
    pub expectation: InputDigest,
    /// The evidence of the device and what was expected of it, where any was handed in.
    pub device_evidence: Option<InputDigest>,
    /// The policy.
    pub policy: InputDigest,
    /// The trust anchors.
    pub trust_store: InputDigest,
    /// The metadata file, where one is loaded.
    pub metadata: Option<InputDigest>,
    /// The status list of Android attestation certificates, and when it was fetched; `None`
    /// where there was none.
    pub android_status: Option<InputDigest>,
    /// The time at which dates were judged, in Unix seconds; `None` when dates are not judged.
    pub time: Option<i64>,
    /// The time at which statuses were asked, in Unix seconds, where it is not `time`: the response
    /// was judged again.
    pub status_time: Option<i64>,
}

/// The digest of one input.
///
/// Digests are for verdicts that are kept. Those of the response and the expectation are computed
/// when somebody asks, from a copy of what was judged: hashing them at every verification would
/// cost more than all parsing.
#[derive(Clone)]
pub struct InputDigest(Source);

#[derive(Clone)]
enum Source {
    Known([u8; 32]),
    Transcript { bytes: Vec<u8>, digest: fn(&[u8]) -> [u8; 32] },
}

impl InputDigest {
    pub(crate) const fn known(digest: [u8; 32]) -> Self {
        Self(Source::Known(digest))
    }

    pub(crate) const fn later(bytes: Vec<u8>, digest: fn(&[u8]) -> [u8; 32]) -> Self {
        Self(Source::Transcript { bytes, digest })
    }

    /// The SHA-256 digest.
    #[must_use]
    pub fn value(&self) -> [u8; 32] {
        match &self.0 {
            Source::Known(digest) => *digest,
            Source::Transcript { bytes, digest } => digest(bytes),
        }
    }
}

/// Zeros: there was no such input.
impl Default for InputDigest {
    fn default() -> Self {
        Self::known([0; 32])
    }
}

impl PartialEq for InputDigest {
    fn eq(&self, other: &Self) -> bool {
        self.value() == other.value()
    }
}

impl core::fmt::Debug for InputDigest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&crate::encoding::hex::encode(&self.value()))
    }
}
