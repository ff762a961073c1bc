//! The algorithms, a closed table.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Hash, KeyKind, PublicKey, Scheme, SignatureError, SignatureVerifier as _, provider};
use crate::verdict::{Cause, Evidence, Reason};

/// A COSE algorithm that is verified here.
///
/// The list is closed; identifiers outside it are refused by number (and by name where the
/// registry has one, [`Algorithm::name_of`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// -7: ECDSA on P-256 with SHA-256.
    Es256,
    /// -35: ECDSA on P-384 with SHA-384.
    Es384,
    /// -36: ECDSA on P-521 with SHA-512.
    Es512,
    /// -8: EdDSA, on Ed25519 alone (WebAuthn Level 3 §5.8.5).
    EdDsa,
    /// -9: ECDSA on P-256 with SHA-256, fully specified.
    Esp256,
    /// -51: ECDSA on P-384 with SHA-384, fully specified.
    Esp384,
    /// -52: ECDSA on P-521 with SHA-512, fully specified.
    Esp512,
    /// -19: Ed25519, fully specified.
    Ed25519,
    /// -53: Ed448, fully specified.
    Ed448,
    /// -257: RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// -258: RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// -259: RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// -37: RSASSA-PSS with SHA-256.
    Ps256,
    /// -38: RSASSA-PSS with SHA-384.
    Ps384,
    /// -39: RSASSA-PSS with SHA-512.
    Ps512,
    /// -47: ECDSA on secp256k1 with SHA-256.
    Es256k,
    /// -48: ML-DSA-44.
    MlDsa44,
    /// -49: ML-DSA-65.
    MlDsa65,
    /// -50: ML-DSA-87.
    MlDsa87,
    /// -65535: RSASSA-PKCS1-v1_5 with SHA-1. Windows still has its TPM attestations signed so;
    /// taken only where a policy says so.
    Rs1,
}

/// Algorithm, COSE identifier, registry name.
const ALGORITHMS: &[(Algorithm, i64, &str)] = &[
    (Algorithm::Es256, -7, "ES256"),
    (Algorithm::Es384, -35, "ES384"),
    (Algorithm::Es512, -36, "ES512"),
    (Algorithm::EdDsa, -8, "EdDSA"),
    (Algorithm::Esp256, -9, "ESP256"),
    (Algorithm::Esp384, -51, "ESP384"),
    (Algorithm::Esp512, -52, "ESP512"),
    (Algorithm::Ed25519, -19, "Ed25519"),
    (Algorithm::Ed448, -53, "Ed448"),
    (Algorithm::Rs256, -257, "RS256"),
    (Algorithm::Rs384, -258, "RS384"),
    (Algorithm::Rs512, -259, "RS512"),
    (Algorithm::Ps256, -37, "PS256"),
    (Algorithm::Ps384, -38, "PS384"),
    (Algorithm::Ps512, -39, "PS512"),
    (Algorithm::Es256k, -47, "ES256K"),
    (Algorithm::MlDsa44, -48, "ML-DSA-44"),
    (Algorithm::MlDsa65, -49, "ML-DSA-65"),
    (Algorithm::MlDsa87, -50, "ML-DSA-87"),
    (Algorithm::Rs1, -65535, "RS1"),
];

/// Identifiers that are known by name and not verified here.
const KNOWN: &[(i64, &str)] =
    &[(-46, "HSS-LMS"), (-265, "ESB256"), (-266, "ESB320"), (-267, "ESB384"), (-268, "ESB512")];

impl Algorithm {
    /// Every algorithm that is verified here.
    pub fn all() -> impl Iterator<Item = Self> {
        ALGORITHMS.iter().map(|(algorithm, _, _)| *algorithm)
    }

    /// The algorithm with this COSE identifier, if it is verified here.
    #[must_use]
    pub fn from_cose(identifier: i64) -> Option<Self> {
        ALGORITHMS.iter().find(|(_, id, _)| *id == identifier).map(|(algorithm, _, _)| *algorithm)
    }

    /// The COSE identifier.
    #[must_use]
    pub fn cose(self) -> i64 {
        ALGORITHMS.iter().find(|(algorithm, _, _)| *algorithm == self).map_or(0, |(_, id, _)| *id)
    }

    /// The registry's name of an identifier, also of those that are not verified here.
    #[must_use]
    pub fn name_of(identifier: i64) -> Option<&'static str> {
        let verified = ALGORITHMS.iter().map(|(_, id, name)| (*id, *name));
        verified
            .chain(KNOWN.iter().copied())
            .find(|(id, _)| *id == identifier)
            .map(|(_, name)| name)
    }

    /// Reads an identifier, naming why it is not taken.
    pub(crate) fn read(identifier: i64) -> Result<Self, Cause> {
        Self::from_cose(identifier).ok_or_else(|| {
            let known = KNOWN.iter().any(|(id, _)| *id == identifier);
            let reason =
                if known { Reason::AlgorithmUnsupported } else { Reason::AlgorithmUnknown };
            reason.found(Evidence::Number("alg", identifier)).into()
        })
    }

    /// How a signature under this algorithm is made.
    pub(crate) const fn scheme(self) -> Scheme {
        match self {
            Self::Es256 | Self::Esp256 => Scheme::Ecdsa(Hash::Sha256),
            Self::Es384 | Self::Esp384 => Scheme::Ecdsa(Hash::Sha384),
            Self::Es512 | Self::Esp512 => Scheme::Ecdsa(Hash::Sha512),
            Self::EdDsa | Self::Ed25519 | Self::Ed448 => Scheme::EdDsa,
            Self::Es256k => Scheme::Ecdsa(Hash::Sha256),
            Self::MlDsa44 | Self::MlDsa65 | Self::MlDsa87 => Scheme::MlDsa,
            Self::Rs256 => Scheme::RsaPkcs1(Hash::Sha256),
            Self::Rs384 => Scheme::RsaPkcs1(Hash::Sha384),
            Self::Rs512 => Scheme::RsaPkcs1(Hash::Sha512),
            Self::Ps256 => Scheme::RsaPss(Hash::Sha256),
            Self::Ps384 => Scheme::RsaPss(Hash::Sha384),
            Self::Ps512 => Scheme::RsaPss(Hash::Sha512),
            Self::Rs1 => Scheme::RsaPkcs1(Hash::Sha1),
        }
    }

    /// The hash that the algorithm signs over; EdDSA and ML-DSA have none of their own.
    pub(crate) const fn hash(self) -> Option<Hash> {
        match self.scheme() {
            Scheme::Ecdsa(hash) | Scheme::RsaPkcs1(hash) | Scheme::RsaPss(hash) => Some(hash),
            Scheme::EdDsa | Scheme::MlDsa => None,
        }
    }

    /// The kind of key that the algorithm needs; for elliptic curves this fixes the curve.
    pub(crate) const fn key_kind(self) -> KeyKind {
        match self {
            Self::Es256 | Self::Esp256 => KeyKind::P256,
            Self::Es384 | Self::Esp384 => KeyKind::P384,
            Self::Es512 | Self::Esp512 => KeyKind::P521,
            Self::EdDsa | Self::Ed25519 => KeyKind::Ed25519,
            Self::Ed448 => KeyKind::Ed448,
            Self::Es256k => KeyKind::Secp256k1,
            Self::MlDsa44 => KeyKind::MlDsa44,
            Self::MlDsa65 => KeyKind::MlDsa65,
            Self::MlDsa87 => KeyKind::MlDsa87,
            Self::Rs256
            | Self::Rs384
            | Self::Rs512
            | Self::Ps256
            | Self::Ps384
            | Self::Ps512
            | Self::Rs1 => KeyKind::Rsa,
        }
    }

    /// Verifies a signature under this algorithm; a key of another kind is refused.
    pub(crate) fn verify(
        self,
        key: &PublicKey,
        message: &[&[u8]],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        if key.kind() != self.key_kind() {
            return Err(SignatureError::KeyType);
        }
        provider().verify(self.scheme(), key, message, signature)
    }
}

impl core::fmt::Display for Algorithm {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(Self::name_of(self.cose()).unwrap_or("?"))
    }
}

impl Serialize for Algorithm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.cose())
    }
}

impl<'de> Deserialize<'de> for Algorithm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let identifier = i64::deserialize(deserializer)?;
        let unknown = || serde::de::Error::custom(format_args!("no algorithm {identifier}"));
        Self::from_cose(identifier).ok_or_else(unknown)
    }
}
