use crate::crypto::{Algorithm, PublicKey};

/// A public key of a liveness provider, under the name that its results call it by.
#[derive(Debug, Clone)]
pub struct LivenessKey {
    id: String,
    algorithm: Algorithm,
    public: PublicKey,
}

impl LivenessKey {
    /// Takes a key as a DER `SubjectPublicKeyInfo`: P-256 for ES256, Ed25519 for EdDSA.
    ///
    /// # Errors
    ///
    /// A [`LivenessKeyError`] when the algorithm is another, or the key is not usable with it.
    pub fn new(id: &str, algorithm: Algorithm, key: &[u8]) -> Result<Self, LivenessKeyError> {
        if !matches!(algorithm, Algorithm::Es256 | Algorithm::EdDsa) {
            return Err(LivenessKeyError::Algorithm);
        }
        let public = PublicKey::from_certificate(key).map_err(|_| LivenessKeyError::Key)?;
        if public.kind() != algorithm.key_kind() {
            return Err(LivenessKeyError::Key);
        }
        Ok(Self { id: id.to_owned(), algorithm, public })
    }

    /// The name, `kid` in a header.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The algorithm that the key is for.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The algorithm as a header has it (RFC 7518 section 3.1, RFC 8037 section 3.1).
    pub(super) const fn name(&self) -> &'static str {
        match self.algorithm {
            Algorithm::Es256 => "ES256",
            _ => "EdDSA",
        }
    }

    pub(super) const fn public(&self) -> &PublicKey {
        &self.public
    }
}

/// Why a provider's key was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LivenessKeyError {
    /// The algorithm is neither ES256 nor EdDSA.
    Algorithm,
    /// The key cannot be read, is not a point of its curve, or belongs to another algorithm.
    Key,
}

impl core::fmt::Display for LivenessKeyError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Algorithm => "a liveness result is signed by ES256 or EdDSA",
            Self::Key => "the key of the liveness provider is not usable with its algorithm",
        })
    }
}

impl core::error::Error for LivenessKeyError {}
