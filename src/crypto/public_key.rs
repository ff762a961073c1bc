//! Public keys that are known to be usable.

use super::x509::oid;
use super::{SignatureVerifier as _, edwards, provider};
use crate::encoding::der::{self, DerReader, Tag};
use crate::verdict::{Cause, Evidence, Reason};

/// The kind of a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyKind {
    P256,
    P384,
    P521,
    Ed25519,
    Ed448,
    Secp256k1,
    MlDsa44,
    MlDsa65,
    MlDsa87,
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
            Self::Secp256k1 => "secp256k1",
            Self::MlDsa44 => "ML-DSA-44",
            Self::MlDsa65 => "ML-DSA-65",
            Self::MlDsa87 => "ML-DSA-87",
            Self::Rsa => "RSA",
        }
    }

    /// Nothing, if signatures by such a key are checked in this build.
    fn carried(self) -> Result<(), Cause> {
        match self {
            Self::P256 | Self::P384 | Self::Ed25519 => Ok(()),
            _ if cfg!(feature = "full") => Ok(()),
            _ => Err(Reason::NotInBuild.found(Evidence::Note(self.name())).into()),
        }
    }

    /// Bytes of one coordinate of an elliptic-curve key in x, y form.
    pub(crate) const fn coordinate_length(self) -> Option<usize> {
        match self {
            Self::P256 | Self::Secp256k1 => Some(32),
            Self::P384 => Some(48),
            Self::P521 => Some(66),
            _ => None,
        }
    }
}

/// A public key of the right form: the sizes are those of its kind, a modulus and its exponent are
/// within bounds. Its point lies on its curve, except where [`PublicKey::read_certificate`] leaves
/// that to the signature check that follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PublicKey {
    /// An uncompressed point, `04 ‖ x ‖ y`.
    P256([u8; 65]),
    P384([u8; 97]),
    P521([u8; 133]),
    Ed25519([u8; 32]),
    Ed448([u8; 57]),
    Secp256k1([u8; 65]),
    MlDsa44(Box<[u8; 1312]>),
    MlDsa65(Box<[u8; 1952]>),
    MlDsa87(Box<[u8; 2592]>),
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
            Self::Secp256k1(_) => KeyKind::Secp256k1,
            Self::MlDsa44(_) => KeyKind::MlDsa44,
            Self::MlDsa65(_) => KeyKind::MlDsa65,
            Self::MlDsa87(_) => KeyKind::MlDsa87,
            Self::Rsa(_) => KeyKind::Rsa,
        }
    }

    /// From affine coordinates, on the curve.
    #[cfg(test)]
    pub(crate) fn from_coordinates(kind: KeyKind, x: &[u8], y: &[u8]) -> Result<Self, Cause> {
        Self::read_coordinates(kind, x, y)?.on_curve()
    }

    /// From affine coordinates of exactly the curve's size, leaving the curve to
    /// [`PublicKey::on_curve`] or to the signature check that follows.
    pub(crate) fn read_coordinates(kind: KeyKind, x: &[u8], y: &[u8]) -> Result<Self, Cause> {
        let length = kind.coordinate_length().ok_or(Reason::CurveMismatch)?;
        kind.carried()?;
        for coordinate in [x, y] {
            if coordinate.len() != length {
                let found = i64::try_from(coordinate.len()).unwrap_or(i64::MAX);
                return Err(Reason::CoordinateLength
                    .found(Evidence::Number("bytes", found))
                    .into());
            }
        }
        Ok(match kind {
            KeyKind::P256 => Self::P256(point(x, y)),
            KeyKind::Secp256k1 => Self::Secp256k1(point(x, y)),
            KeyKind::P384 => Self::P384(point(x, y)),
            _ => Self::P521(point(x, y)),
        })
    }

    /// From the encoded point of an Edwards curve.
    pub(crate) fn from_edwards(kind: KeyKind, x: &[u8]) -> Result<Self, Cause> {
        kind.carried()?;
        let wrong = || Cause::from(Reason::CoordinateLength);
        let (key, canonical) = match kind {
            KeyKind::Ed25519 => {
                let point = x.try_into().map_err(|_| wrong())?;
                (Self::Ed25519(point), edwards::is_canonical_25519(&point))
            }
            KeyKind::Ed448 => {
                let point = x.try_into().map_err(|_| wrong())?;
                (Self::Ed448(point), edwards::is_canonical_448(&point))
            }
            _ => return Err(Reason::CurveMismatch.into()),
        };
        if !canonical {
            return Err(Reason::PointInvalid.into());
        }
        key.on_curve()
    }

    /// From the encoded public key of a lattice scheme (FIPS 204): every string of the right
    /// length is a key.
    pub(crate) fn from_ml_dsa(kind: KeyKind, bytes: &[u8]) -> Result<Self, Cause> {
        kind.carried()?;
        let wrong = |_| Cause::from(Reason::CoordinateLength);
        match kind {
            KeyKind::MlDsa44 => bytes.try_into().map(Box::new).map(Self::MlDsa44).map_err(wrong),
            KeyKind::MlDsa65 => bytes.try_into().map(Box::new).map(Self::MlDsa65).map_err(wrong),
            KeyKind::MlDsa87 => bytes.try_into().map(Box::new).map(Self::MlDsa87).map_err(wrong),
            _ => Err(Reason::KeyTypeMismatch.into()),
        }
    }

    /// From big-endian numbers without leading zeros.
    pub(crate) fn from_rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, Cause> {
        KeyKind::Rsa.carried()?;
        let bits = bit_length(modulus);
        let odd = modulus.last().is_some_and(|last| last & 1 == 1);
        if !(RSA_BITS_LEAST..=RSA_BITS_MOST).contains(&bits) || !odd || modulus.first() == Some(&0)
        {
            let found = i64::try_from(bits).unwrap_or(i64::MAX);
            return Err(Reason::RsaModulus.found(Evidence::Number("bits", found)).into());
        }
        if super::roca::has_fingerprint(modulus) {
            return Err(Reason::RsaRoca.into());
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
        let key = Self::read_certificate(info)?;
        if key.coordinates().is_some() { key.on_curve() } else { Ok(key) }
    }

    /// From a SubjectPublicKeyInfo, for a key that is compared with a usable one or that a
    /// signature is verified with: no provider takes coordinates that are not on their curve.
    /// Points of Edwards curves are judged all the same, since providers differ about weak ones.
    pub(crate) fn read_certificate(info: &[u8]) -> Result<Self, Cause> {
        const ITEM: &str = "certificate public key";
        let content = DerReader::only(info, Tag::SEQUENCE, ITEM)?;
        let mut reader = DerReader::new(content, ITEM);
        let mut algorithm = reader.nested(Tag::SEQUENCE)?;
        let id = algorithm.object_identifier()?;
        let (unused, bits) = reader.bit_string()?;
        reader.finish()?;
        if unused != 0 {
            return Err(Reason::CertificateKey.into());
        }
        match id {
            oid::EC_PUBLIC_KEY => {
                let kind = match algorithm.object_identifier()? {
                    oid::P256 => KeyKind::P256,
                    oid::P384 => KeyKind::P384,
                    oid::P521 => KeyKind::P521,
                    oid::SECP256K1 => KeyKind::Secp256k1,
                    _ => return Err(Reason::CertificateKey.into()),
                };
                algorithm.finish()?;
                let (form, point) = bits.split_first().ok_or(Reason::CertificateKey)?;
                let half = point.len() / 2;
                let (x, y) = point.split_at_checked(half).ok_or(Reason::CertificateKey)?;
                if *form != 4 {
                    return Err(Reason::PointCompressed.into());
                }
                Self::read_coordinates(kind, x, y)
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
            oid::ML_DSA_44 | oid::ML_DSA_65 | oid::ML_DSA_87 => {
                algorithm.finish()?;
                let kind = match id {
                    oid::ML_DSA_44 => KeyKind::MlDsa44,
                    oid::ML_DSA_65 => KeyKind::MlDsa65,
                    _ => KeyKind::MlDsa87,
                };
                Self::from_ml_dsa(kind, bits)
            }
            _ => Err(Reason::CertificateKey.into()),
        }
    }

    /// x and y of a key in coordinates.
    pub(crate) fn coordinates(&self) -> Option<(&[u8], &[u8])> {
        let point: &[u8] = match self {
            Self::P256(bytes) | Self::Secp256k1(bytes) => bytes,
            Self::P384(bytes) => bytes,
            Self::P521(bytes) => bytes,
            _ => return None,
        };
        let (_, point) = point.split_first()?;
        point.split_at_checked(point.len() / 2)
    }

    /// The key, if its point is a usable one.
    pub(crate) fn on_curve(self) -> Result<Self, Cause> {
        if provider().is_valid_point(&self) { Ok(self) } else { Err(Reason::PointInvalid.into()) }
    }
}

/// `04 ‖ x ‖ y`, of coordinates whose sizes are known to fit.
fn point<const N: usize>(x: &[u8], y: &[u8]) -> [u8; N] {
    let mut bytes = [4; N];
    if let Some((_, rest)) = bytes.split_first_mut()
        && let Some((first, second)) = rest.split_at_mut_checked(x.len())
        && second.len() == y.len()
    {
        first.copy_from_slice(x);
        second.copy_from_slice(y);
    }
    bytes
}

fn bit_length(number: &[u8]) -> usize {
    let Some(first) = number.first() else { return 0 };
    let leading = usize::try_from(first.leading_zeros()).unwrap_or(0);
    number.len().saturating_mul(8).saturating_sub(leading)
}
