//! Floor 1: algorithms, typed public keys, and signature verification behind one trait.
//!
//! `alg`, key type, curve and key size are parsed into one [`PublicKey`] that fits its
//! [`Algorithm`], so that they cannot disagree later. There is no default hash and no fallback:
//! an identifier that is not in the table is refused.

mod rustcrypto;

use serde::{Serialize, Serializer};

use crate::encoding::der::{self, DerReader, Tag};
use crate::verdict::{Cause, Evidence, Reason};

/// The signature checks that a provider of cryptography has to offer. Providers differ in speed
/// and in nothing else.
pub(crate) trait SignatureVerifier {
    /// Verifies `signature` over the concatenation of `message`.
    fn verify(
        &self,
        scheme: Scheme,
        key: &PublicKey,
        message: &[&[u8]],
        signature: &[u8],
    ) -> Result<(), SignatureError>;

    /// Whether the key's point is a usable point of its curve. RSA keys have none to judge.
    fn is_valid_point(&self, key: &PublicKey) -> bool;

    /// A digest of the concatenation of `message`.
    fn digest(&self, hash: Hash, message: &[&[u8]]) -> Digest;
}

/// The provider in use.
pub(crate) fn provider() -> &'static impl SignatureVerifier {
    &rustcrypto::RustCrypto
}

/// SHA-256 of the concatenation of `message`.
pub(crate) fn sha256(message: &[&[u8]]) -> [u8; 32] {
    rustcrypto::sha256(message)
}

/// Why a signature was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignatureError {
    /// It does not verify.
    Invalid,
    /// The key is of another type than the scheme.
    KeyType,
}

impl From<SignatureError> for Cause {
    fn from(error: SignatureError) -> Self {
        match error {
            SignatureError::Invalid => Reason::SignatureInvalid.into(),
            SignatureError::KeyType => Reason::SignatureKeyType.into(),
        }
    }
}

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    /// Only for RS1, and so only where a policy takes it.
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// A digest of up to 64 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Digest {
    Sha1([u8; 20]),
    Sha256([u8; 32]),
    Sha384([u8; 48]),
    Sha512([u8; 64]),
}

impl AsRef<[u8]> for Digest {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Sha1(bytes) => bytes,
            Self::Sha256(bytes) => bytes,
            Self::Sha384(bytes) => bytes,
            Self::Sha512(bytes) => bytes,
        }
    }
}

/// How a signature is made, without the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// ECDSA in the DER form (`Ecdsa-Sig-Value`).
    Ecdsa(Hash),
    /// Ed25519 or Ed448, as the key says.
    EdDsa,
    /// RSASSA-PKCS1-v1_5.
    RsaPkcs1(Hash),
    /// RSASSA-PSS with MGF1 over the same hash and a salt of its length.
    RsaPss(Hash),
}

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
    (Algorithm::Rs1, -65535, "RS1"),
];

/// Identifiers that are known by name and not verified here.
const KNOWN: &[(i64, &str)] =
    &[(-47, "ES256K"), (-48, "ML-DSA-44"), (-49, "ML-DSA-65"), (-50, "ML-DSA-87")];

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
            Self::Rs256 => Scheme::RsaPkcs1(Hash::Sha256),
            Self::Rs384 => Scheme::RsaPkcs1(Hash::Sha384),
            Self::Rs512 => Scheme::RsaPkcs1(Hash::Sha512),
            Self::Ps256 => Scheme::RsaPss(Hash::Sha256),
            Self::Ps384 => Scheme::RsaPss(Hash::Sha384),
            Self::Ps512 => Scheme::RsaPss(Hash::Sha512),
            Self::Rs1 => Scheme::RsaPkcs1(Hash::Sha1),
        }
    }

    /// The hash that the algorithm signs over; EdDSA has none of its own.
    pub(crate) const fn hash(self) -> Option<Hash> {
        match self.scheme() {
            Scheme::Ecdsa(hash) | Scheme::RsaPkcs1(hash) | Scheme::RsaPss(hash) => Some(hash),
            Scheme::EdDsa => None,
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

/// The kind of a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyKind {
    P256,
    P384,
    P521,
    Ed25519,
    Ed448,
    Rsa,
}

impl KeyKind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::Ed25519 => "Ed25519",
            Self::Ed448 => "Ed448",
            Self::Rsa => "RSA",
        }
    }

    /// Bytes of one coordinate of an elliptic-curve key in x, y form.
    pub(crate) const fn coordinate_length(self) -> Option<usize> {
        match self {
            Self::P256 => Some(32),
            Self::P384 => Some(48),
            Self::P521 => Some(66),
            _ => None,
        }
    }
}

/// A public key that is known to be usable: its point lies on its curve, its modulus and
/// exponent are within bounds. There is no other way to make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PublicKey {
    /// An uncompressed point, `04 ‖ x ‖ y`.
    P256([u8; 65]),
    P384([u8; 97]),
    P521([u8; 133]),
    Ed25519([u8; 32]),
    Ed448([u8; 57]),
    Rsa(RsaPublicKey),
}

/// An RSA key; numbers are big-endian without leading zeros.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RsaPublicKey {
    pub(crate) modulus: Box<[u8]>,
    pub(crate) exponent: u32,
}

/// Smallest RSA modulus in bits: below, factoring is within reach (security.md T-32).
const RSA_BITS_LEAST: usize = 2048;
/// Largest: twice what any authenticator or attestation CA in the test data has (4096); the
/// bound keeps a verification from costing milliseconds.
const RSA_BITS_MOST: usize = 8192;

impl PublicKey {
    pub(crate) const fn kind(&self) -> KeyKind {
        match self {
            Self::P256(_) => KeyKind::P256,
            Self::P384(_) => KeyKind::P384,
            Self::P521(_) => KeyKind::P521,
            Self::Ed25519(_) => KeyKind::Ed25519,
            Self::Ed448(_) => KeyKind::Ed448,
            Self::Rsa(_) => KeyKind::Rsa,
        }
    }

    /// From affine coordinates of exactly the curve's size.
    pub(crate) fn from_coordinates(kind: KeyKind, x: &[u8], y: &[u8]) -> Result<Self, Cause> {
        let length = kind.coordinate_length().ok_or(Reason::CurveMismatch)?;
        for coordinate in [x, y] {
            if coordinate.len() != length {
                let found = i64::try_from(coordinate.len()).unwrap_or(i64::MAX);
                return Err(Reason::CoordinateLength
                    .found(Evidence::Number("bytes", found))
                    .into());
            }
        }
        let point = |bytes: &mut [u8]| {
            for (slot, byte) in bytes.iter_mut().zip([&[4], x, y].into_iter().flatten()) {
                *slot = *byte;
            }
        };
        let key = match kind {
            KeyKind::P256 => {
                let mut bytes = [0; 65];
                point(&mut bytes);
                Self::P256(bytes)
            }
            KeyKind::P384 => {
                let mut bytes = [0; 97];
                point(&mut bytes);
                Self::P384(bytes)
            }
            _ => {
                let mut bytes = [0; 133];
                point(&mut bytes);
                Self::P521(bytes)
            }
        };
        key.on_curve()
    }

    /// From the encoded point of an Edwards curve.
    pub(crate) fn from_edwards(kind: KeyKind, x: &[u8]) -> Result<Self, Cause> {
        let wrong = || Cause::from(Reason::CoordinateLength);
        let key = match kind {
            KeyKind::Ed25519 => Self::Ed25519(x.try_into().map_err(|_| wrong())?),
            KeyKind::Ed448 => Self::Ed448(x.try_into().map_err(|_| wrong())?),
            _ => return Err(Reason::CurveMismatch.into()),
        };
        key.on_curve()
    }

    /// From big-endian numbers without leading zeros.
    pub(crate) fn from_rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, Cause> {
        let bits = bit_length(modulus);
        let odd = modulus.last().is_some_and(|last| last & 1 == 1);
        if !(RSA_BITS_LEAST..=RSA_BITS_MOST).contains(&bits) || !odd || modulus.first() == Some(&0)
        {
            let found = i64::try_from(bits).unwrap_or(i64::MAX);
            return Err(Reason::RsaModulus.found(Evidence::Number("bits", found)).into());
        }
        let exponent = der::u64_from(exponent)
            .filter(|_| exponent.first() != Some(&0))
            .and_then(|number| u32::try_from(number).ok())
            .filter(|number| *number >= 3 && number & 1 == 1)
            .ok_or(Reason::RsaExponent)?;
        Ok(Self::Rsa(RsaPublicKey { modulus: modulus.into(), exponent }))
    }

    /// From a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7, RFC 5480, RFC 8410).
    pub(crate) fn from_certificate(info: &[u8]) -> Result<Self, Cause> {
        const ITEM: &str = "certificate public key";
        let content = DerReader::only(info, Tag::SEQUENCE, ITEM)?;
        let mut reader = DerReader::new(content, ITEM);
        let mut algorithm = reader.nested(Tag::SEQUENCE)?;
        let id = algorithm.expect(Tag::OBJECT_IDENTIFIER)?;
        let (unused, bits) = reader.bit_string()?;
        reader.finish()?;
        if unused != 0 {
            return Err(Reason::CertificateKey.into());
        }
        match id {
            oid::EC_PUBLIC_KEY => {
                let kind = match algorithm.expect(Tag::OBJECT_IDENTIFIER)? {
                    oid::P256 => KeyKind::P256,
                    oid::P384 => KeyKind::P384,
                    oid::P521 => KeyKind::P521,
                    _ => return Err(Reason::CertificateKey.into()),
                };
                algorithm.finish()?;
                let (form, point) = bits.split_first().ok_or(Reason::CertificateKey)?;
                let half = point.len() / 2;
                let (x, y) = point.split_at_checked(half).ok_or(Reason::CertificateKey)?;
                if *form != 4 {
                    return Err(Reason::PointCompressed.into());
                }
                Self::from_coordinates(kind, x, y)
            }
            oid::RSA_ENCRYPTION => {
                // The parameters are NULL by RFC 3279; some factories leave them out.
                algorithm.optional(Tag::NULL)?;
                algorithm.finish()?;
                let mut key = DerReader::new(DerReader::only(bits, Tag::SEQUENCE, ITEM)?, ITEM);
                let modulus = key.unsigned()?;
                let exponent = key.unsigned()?;
                key.finish()?;
                Self::from_rsa(modulus, exponent)
            }
            oid::ED25519 => {
                algorithm.finish()?;
                Self::from_edwards(KeyKind::Ed25519, bits)
            }
            oid::ED448 => {
                algorithm.finish()?;
                Self::from_edwards(KeyKind::Ed448, bits)
            }
            _ => Err(Reason::CertificateKey.into()),
        }
    }

    /// x and y of a key in coordinates.
    pub(crate) fn coordinates(&self) -> Option<(&[u8], &[u8])> {
        let point: &[u8] = match self {
            Self::P256(bytes) => bytes,
            Self::P384(bytes) => bytes,
            Self::P521(bytes) => bytes,
            _ => return None,
        };
        let (_, point) = point.split_first()?;
        point.split_at_checked(point.len() / 2)
    }

    fn on_curve(self) -> Result<Self, Cause> {
        if provider().is_valid_point(&self) { Ok(self) } else { Err(Reason::PointInvalid.into()) }
    }
}

/// The scheme that an X.509 AlgorithmIdentifier names. SHA-1 and anything unknown are refused.
pub(crate) fn certificate_scheme(identifier: &[u8]) -> Result<Scheme, Cause> {
    const ITEM: &str = "certificate signature algorithm";
    let mut reader = DerReader::new(DerReader::only(identifier, Tag::SEQUENCE, ITEM)?, ITEM);
    let id = reader.expect(Tag::OBJECT_IDENTIFIER)?;
    let scheme = match id {
        oid::ECDSA_SHA256 => Scheme::Ecdsa(Hash::Sha256),
        oid::ECDSA_SHA384 => Scheme::Ecdsa(Hash::Sha384),
        oid::ECDSA_SHA512 => Scheme::Ecdsa(Hash::Sha512),
        oid::ED25519 | oid::ED448 => Scheme::EdDsa,
        oid::RSA_SHA256 => Scheme::RsaPkcs1(Hash::Sha256),
        oid::RSA_SHA384 => Scheme::RsaPkcs1(Hash::Sha384),
        oid::RSA_SHA512 => Scheme::RsaPkcs1(Hash::Sha512),
        oid::RSA_PSS => return pss_scheme(reader),
        _ => {
            let found = Evidence::Text(der::dotted(id).into_boxed_str());
            return Err(Reason::CertificateAlgorithm.found(found).into());
        }
    };
    if matches!(scheme, Scheme::RsaPkcs1(_)) {
        reader.optional(Tag::NULL)?;
    }
    reader.finish()?;
    Ok(scheme)
}

/// RSASSA-PSS-params (RFC 4055 section 3.1): only one hash throughout and a salt of its length.
fn pss_scheme(mut reader: DerReader<'_>) -> Result<Scheme, Cause> {
    let refused = || Cause::from(Reason::CertificateAlgorithm);
    let mut parameters = reader.nested(Tag::SEQUENCE)?;
    reader.finish()?;
    let hash = hash_of(&mut parameters.nested(Tag::explicit(0))?)?;
    let mut mask = parameters.nested(Tag::explicit(1))?.nested(Tag::SEQUENCE)?;
    if mask.expect(Tag::OBJECT_IDENTIFIER)? != oid::MGF1 || hash_of(&mut mask)? != hash {
        return Err(refused());
    }
    let salt = parameters.nested(Tag::explicit(2))?.u64()?;
    let expected = match hash {
        Hash::Sha1 => 20,
        Hash::Sha256 => 32,
        Hash::Sha384 => 48,
        Hash::Sha512 => 64,
    };
    if salt != expected || !parameters.is_empty() {
        return Err(refused());
    }
    Ok(Scheme::RsaPss(hash))
}

fn hash_of(reader: &mut DerReader<'_>) -> Result<Hash, Cause> {
    let mut algorithm = reader.nested(Tag::SEQUENCE)?;
    let hash = match algorithm.expect(Tag::OBJECT_IDENTIFIER)? {
        oid::SHA256 => Hash::Sha256,
        oid::SHA384 => Hash::Sha384,
        oid::SHA512 => Hash::Sha512,
        _ => return Err(Reason::CertificateAlgorithm.into()),
    };
    algorithm.optional(Tag::NULL)?;
    algorithm.finish()?;
    Ok(hash)
}

fn bit_length(number: &[u8]) -> usize {
    let Some(first) = number.first() else { return 0 };
    let leading = usize::try_from(first.leading_zeros()).unwrap_or(0);
    number.len().saturating_mul(8).saturating_sub(leading)
}

/// Object identifiers, as the content octets of their encoding.
mod oid {
    /// 1.2.840.10045.2.1
    pub(super) const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
    /// 1.2.840.10045.3.1.7
    pub(super) const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
    /// 1.3.132.0.34
    pub(super) const P384: &[u8] = &[0x2b, 0x81, 4, 0, 0x22];
    /// 1.3.132.0.35
    pub(super) const P521: &[u8] = &[0x2b, 0x81, 4, 0, 0x23];
    /// 1.2.840.113549.1.1.1
    pub(super) const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
    /// 1.3.101.112
    pub(super) const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
    /// 1.3.101.113
    pub(super) const ED448: &[u8] = &[0x2b, 0x65, 0x71];
    /// 1.2.840.10045.4.3.2
    pub(super) const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    /// 1.2.840.10045.4.3.3
    pub(super) const ECDSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];
    /// 1.2.840.10045.4.3.4
    pub(super) const ECDSA_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4];
    /// 1.2.840.113549.1.1.11
    pub(super) const RSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
    /// 1.2.840.113549.1.1.12
    pub(super) const RSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12];
    /// 1.2.840.113549.1.1.13
    pub(super) const RSA_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13];
    /// 1.2.840.113549.1.1.10
    pub(super) const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
    /// 1.2.840.113549.1.1.8
    pub(super) const MGF1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8];
    /// 2.16.840.1.101.3.4.2.1
    pub(super) const SHA256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
    /// 2.16.840.1.101.3.4.2.2
    pub(super) const SHA384: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2];
    /// 2.16.840.1.101.3.4.2.3
    pub(super) const SHA512: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3];
}
