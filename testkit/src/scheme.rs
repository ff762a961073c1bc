//! What a signature is made with: the hash and the padding, by name instead of by number.

use sha2::Digest;

use crate::der;

/// The hash under a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-1, only there so that a test can offer it and see it refused.
    Sha1,
    /// SHA-256
    Sha256,
    /// SHA-384
    Sha384,
    /// SHA-512
    Sha512,
}

impl Hash {
    /// The digest of `message`.
    pub fn digest(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => sha1::Sha1::digest(message).to_vec(),
            Self::Sha256 => sha2::Sha256::digest(message).to_vec(),
            Self::Sha384 => sha2::Sha384::digest(message).to_vec(),
            Self::Sha512 => sha2::Sha512::digest(message).to_vec(),
        }
    }

    fn algorithm_identifier(self) -> Vec<u8> {
        let oid = match self {
            Self::Sha1 => "1.3.14.3.2.26",
            Self::Sha256 => "2.16.840.1.101.3.4.2.1",
            Self::Sha384 => "2.16.840.1.101.3.4.2.2",
            Self::Sha512 => "2.16.840.1.101.3.4.2.3",
        };
        der::sequence(&[der::oid(oid), der::null()])
    }
}

/// SHA-256, the hash WebAuthn itself uses everywhere.
pub fn sha256(message: &[u8]) -> [u8; 32] {
    sha2::Sha256::digest(message).into()
}

/// How a message is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureScheme {
    /// ECDSA over the key's own curve.
    Ecdsa(Hash),
    /// Ed25519.
    Ed25519,
    /// Ed448, with an empty context.
    Ed448,
    /// ML-DSA-44, with an empty context.
    MlDsa44,
    /// ML-DSA-65, with an empty context.
    MlDsa65,
    /// ML-DSA-87, with an empty context.
    MlDsa87,
    /// RSASSA-PKCS1-v1_5.
    RsaPkcs1(Hash),
    /// RSASSA-PSS with MGF1 of the same hash and a salt of the hash's length.
    RsaPss(Hash),
}

impl SignatureScheme {
    /// The scheme a COSE algorithm number stands for; panics for one this kit does not know.
    pub fn for_algorithm(algorithm: i64) -> Self {
        match algorithm {
            -7 | -9 | -47 => Self::Ecdsa(Hash::Sha256),
            -35 | -51 => Self::Ecdsa(Hash::Sha384),
            -36 | -52 => Self::Ecdsa(Hash::Sha512),
            -8 | -19 => Self::Ed25519,
            -53 => Self::Ed448,
            -48 => Self::MlDsa44,
            -49 => Self::MlDsa65,
            -50 => Self::MlDsa87,
            -257 => Self::RsaPkcs1(Hash::Sha256),
            -258 => Self::RsaPkcs1(Hash::Sha384),
            -259 => Self::RsaPkcs1(Hash::Sha512),
            -65535 => Self::RsaPkcs1(Hash::Sha1),
            -37 => Self::RsaPss(Hash::Sha256),
            -38 => Self::RsaPss(Hash::Sha384),
            -39 => Self::RsaPss(Hash::Sha512),
            other => panic!("no signature scheme for COSE algorithm {other}"),
        }
    }

    /// The hash of the scheme; SHA-512 for the Edwards curves and ML-DSA, which hash on their own.
    pub fn hash(self) -> Hash {
        match self {
            Self::Ecdsa(hash) | Self::RsaPkcs1(hash) | Self::RsaPss(hash) => hash,
            Self::Ed25519 | Self::Ed448 | Self::MlDsa44 | Self::MlDsa65 | Self::MlDsa87 => {
                Hash::Sha512
            }
        }
    }

    /// The X.509 AlgorithmIdentifier of the scheme, as DER.
    pub fn algorithm_identifier(self) -> Vec<u8> {
        let plain = |oid: &str| der::sequence(&[der::oid(oid)]);
        let with_null = |oid: &str| der::sequence(&[der::oid(oid), der::null()]);
        match self {
            Self::Ecdsa(Hash::Sha1) => plain("1.2.840.10045.4.1"),
            Self::Ecdsa(Hash::Sha256) => plain("1.2.840.10045.4.3.2"),
            Self::Ecdsa(Hash::Sha384) => plain("1.2.840.10045.4.3.3"),
            Self::Ecdsa(Hash::Sha512) => plain("1.2.840.10045.4.3.4"),
            Self::Ed25519 => plain("1.3.101.112"),
            Self::Ed448 => plain("1.3.101.113"),
            Self::MlDsa44 => plain("2.16.840.1.101.3.4.3.17"),
            Self::MlDsa65 => plain("2.16.840.1.101.3.4.3.18"),
            Self::MlDsa87 => plain("2.16.840.1.101.3.4.3.19"),
            Self::RsaPkcs1(Hash::Sha1) => with_null("1.2.840.113549.1.1.5"),
            Self::RsaPkcs1(Hash::Sha256) => with_null("1.2.840.113549.1.1.11"),
            Self::RsaPkcs1(Hash::Sha384) => with_null("1.2.840.113549.1.1.12"),
            Self::RsaPkcs1(Hash::Sha512) => with_null("1.2.840.113549.1.1.13"),
            Self::RsaPss(hash) => pss_identifier(hash),
        }
    }
}

fn pss_identifier(hash: Hash) -> Vec<u8> {
    let mask = der::sequence(&[der::oid("1.2.840.113549.1.1.8"), hash.algorithm_identifier()]);
    let salt_length = hash.digest(b"").len() as i64;
    let parameters = der::sequence(&[
        der::context(0, &hash.algorithm_identifier()),
        der::context(1, &mask),
        der::context(2, &der::integer(salt_length)),
    ]);
    der::sequence(&[der::oid("1.2.840.113549.1.1.10"), parameters])
}
