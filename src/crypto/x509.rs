//! The algorithm identifiers of certificates.

use super::{Hash, KeyKind, Scheme};
use crate::encoding::der::{self, DerReader, Tag};
use crate::verdict::{Cause, Evidence, Reason};

/// What an X.509 AlgorithmIdentifier says of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CertificateAlgorithm {
    pub(crate) scheme: Scheme,
    /// The only kind of key that the identifier allows, where it names one.
    pub(crate) key: Option<KeyKind>,
}

/// Reads an AlgorithmIdentifier. SHA-1 and anything unknown are refused.
pub(crate) fn certificate_algorithm(identifier: &[u8]) -> Result<CertificateAlgorithm, Cause> {
    const ITEM: &str = "certificate signature algorithm";
    let mut reader = DerReader::new(DerReader::only(identifier, Tag::SEQUENCE, ITEM)?, ITEM);
    let id = reader.object_identifier()?;
    let (scheme, key) = match id {
        oid::ECDSA_SHA256 => (Scheme::Ecdsa(Hash::Sha256), None),
        oid::ECDSA_SHA384 => (Scheme::Ecdsa(Hash::Sha384), None),
        oid::ECDSA_SHA512 => (Scheme::Ecdsa(Hash::Sha512), None),
        oid::ED25519 => (Scheme::EdDsa, Some(KeyKind::Ed25519)),
        oid::ED448 => (Scheme::EdDsa, Some(KeyKind::Ed448)),
        oid::ML_DSA_44 => (Scheme::MlDsa, Some(KeyKind::MlDsa44)),
        oid::ML_DSA_65 => (Scheme::MlDsa, Some(KeyKind::MlDsa65)),
        oid::ML_DSA_87 => (Scheme::MlDsa, Some(KeyKind::MlDsa87)),
        oid::RSA_SHA256 => (Scheme::RsaPkcs1(Hash::Sha256), None),
        oid::RSA_SHA384 => (Scheme::RsaPkcs1(Hash::Sha384), None),
        oid::RSA_SHA512 => (Scheme::RsaPkcs1(Hash::Sha512), None),
        oid::RSA_PSS => {
            return Ok(CertificateAlgorithm { scheme: pss_scheme(reader)?, key: None });
        }
        _ => {
            let found = Evidence::text(&der::dotted(id));
            return Err(Reason::CertificateAlgorithm.found(found).into());
        }
    };
    if matches!(scheme, Scheme::RsaPkcs1(_)) {
        reader.optional(Tag::NULL)?;
    }
    reader.finish()?;
    Ok(CertificateAlgorithm { scheme, key })
}

/// RSASSA-PSS-params (RFC 4055 section 3.1): only one hash throughout and a salt of its length.
fn pss_scheme(mut reader: DerReader<'_>) -> Result<Scheme, Cause> {
    let refused = || Cause::from(Reason::CertificateAlgorithm);
    let mut parameters = reader.nested(Tag::SEQUENCE)?;
    reader.finish()?;
    let hash = hash_of(&mut parameters.nested(Tag::explicit(0))?)?;
    let mut mask = parameters.nested(Tag::explicit(1))?.nested(Tag::SEQUENCE)?;
    if mask.object_identifier()? != oid::MGF1 || hash_of(&mut mask)? != hash {
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
    let hash = match algorithm.object_identifier()? {
        oid::SHA256 => Hash::Sha256,
        oid::SHA384 => Hash::Sha384,
        oid::SHA512 => Hash::Sha512,
        _ => return Err(Reason::CertificateAlgorithm.into()),
    };
    algorithm.optional(Tag::NULL)?;
    algorithm.finish()?;
    Ok(hash)
}

/// Object identifiers, as the content octets of their encoding.
pub(super) mod oid {
    /// 1.2.840.10045.2.1
    pub(in crate::crypto) const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
    /// 1.2.840.10045.3.1.7
    pub(in crate::crypto) const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
    /// 1.3.132.0.34
    pub(in crate::crypto) const P384: &[u8] = &[0x2b, 0x81, 4, 0, 0x22];
    /// 1.3.132.0.35
    pub(in crate::crypto) const P521: &[u8] = &[0x2b, 0x81, 4, 0, 0x23];
    /// 1.3.132.0.10
    pub(in crate::crypto) const SECP256K1: &[u8] = &[0x2b, 0x81, 4, 0, 0x0a];
    /// 2.16.840.1.101.3.4.3.17
    pub(in crate::crypto) const ML_DSA_44: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 17];
    /// 2.16.840.1.101.3.4.3.18
    pub(in crate::crypto) const ML_DSA_65: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 18];
    /// 2.16.840.1.101.3.4.3.19
    pub(in crate::crypto) const ML_DSA_87: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 19];
    /// 1.2.840.113549.1.1.1
    pub(in crate::crypto) const RSA_ENCRYPTION: &[u8] =
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
    /// 1.3.101.112
    pub(in crate::crypto) const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
    /// 1.3.101.113
    pub(in crate::crypto) const ED448: &[u8] = &[0x2b, 0x65, 0x71];
    /// 1.2.840.10045.4.3.2
    pub(in crate::crypto) const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    /// 1.2.840.10045.4.3.3
    pub(in crate::crypto) const ECDSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];
    /// 1.2.840.10045.4.3.4
    pub(in crate::crypto) const ECDSA_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4];
    /// 1.2.840.113549.1.1.11
    pub(in crate::crypto) const RSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
    /// 1.2.840.113549.1.1.12
    pub(in crate::crypto) const RSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12];
    /// 1.2.840.113549.1.1.13
    pub(in crate::crypto) const RSA_SHA512: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13];
    /// 1.2.840.113549.1.1.10
    pub(in crate::crypto) const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
    /// 1.2.840.113549.1.1.8
    pub(in crate::crypto) const MGF1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8];
    /// 2.16.840.1.101.3.4.2.1
    pub(in crate::crypto) const SHA256: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
    /// 2.16.840.1.101.3.4.2.2
    pub(in crate::crypto) const SHA384: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2];
    /// 2.16.840.1.101.3.4.2.3
    pub(in crate::crypto) const SHA512: &[u8] = &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3];
}
