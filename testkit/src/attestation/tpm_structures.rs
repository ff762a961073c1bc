//! The structures of a TPM that a `tpm` statement carries, in the TPM's own encoding.

use crate::key::{KeyKind, SigningKey};
use crate::scheme::Hash;
use crate::seed;

/// TPM_ALG_ID numbers.
pub mod algorithm {
    /// TPM_ALG_RSA
    pub const RSA: u16 = 0x0001;
    /// TPM_ALG_SHA1
    pub const SHA1: u16 = 0x0004;
    /// TPM_ALG_SHA256
    pub const SHA256: u16 = 0x000b;
    /// TPM_ALG_SHA384
    pub const SHA384: u16 = 0x000c;
    /// TPM_ALG_SHA512
    pub const SHA512: u16 = 0x000d;
    /// TPM_ALG_NULL
    pub const NULL: u16 = 0x0010;
    /// TPM_ALG_RSASSA
    pub const RSASSA: u16 = 0x0014;
    /// TPM_ALG_ECDSA
    pub const ECDSA: u16 = 0x0018;
    /// TPM_ALG_ECC
    pub const ECC: u16 = 0x0023;
}

/// Bits of TPMA_OBJECT.
pub mod object {
    /// fixedTPM
    pub const FIXED_TPM: u32 = 1 << 1;
    /// fixedParent
    pub const FIXED_PARENT: u32 = 1 << 4;
    /// sensitiveDataOrigin
    pub const SENSITIVE_DATA_ORIGIN: u32 = 1 << 5;
    /// userWithAuth
    pub const USER_WITH_AUTH: u32 = 1 << 6;
    /// restricted
    pub const RESTRICTED: u32 = 1 << 16;
    /// decrypt
    pub const DECRYPT: u32 = 1 << 17;
    /// sign
    pub const SIGN: u32 = 1 << 18;
}

/// The number every TPM-made structure starts with.
pub const GENERATED_VALUE: u32 = 0xff54_4347;
/// TPM_ST_ATTEST_CERTIFY: the structure certifies a key.
pub const ATTEST_CERTIFY: u16 = 0x8017;

/// A signing scheme of a key: algorithm and hash; `None` is TPM_ALG_NULL.
pub type KeyScheme = Option<(u16, u16)>;

/// TPMU_PUBLIC_PARMS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parameters {
    /// Of an RSA key.
    Rsa {
        /// The symmetric algorithm, NULL for a signing key.
        symmetric: u16,
        /// The signing scheme.
        scheme: KeyScheme,
        /// The key's size in bits.
        key_bits: u16,
        /// The public exponent; zero means 65537.
        exponent: u32,
    },
    /// Of an ECC key.
    Ecc {
        /// The symmetric algorithm, NULL for a signing key.
        symmetric: u16,
        /// The signing scheme.
        scheme: KeyScheme,
        /// The curve: 3 is P-256, 4 is P-384, 5 is P-521.
        curve: u16,
        /// The key derivation function, NULL.
        key_derivation: u16,
    },
}

/// TPMU_PUBLIC_ID: the public key itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unique {
    /// The modulus.
    Rsa(Vec<u8>),
    /// The coordinates.
    Ecc(Vec<u8>, Vec<u8>),
}

/// TPMT_PUBLIC.
#[derive(Clone, Debug)]
pub struct PublicArea {
    /// `type`: RSA or ECC.
    pub object_type: u16,
    /// `nameAlg`: the hash under the key's name.
    pub name_algorithm: u16,
    /// `objectAttributes`: the [`object`] bits.
    pub object_attributes: u32,
    /// `authPolicy`.
    pub authorization_policy: Vec<u8>,
    /// `parameters`.
    pub parameters: Parameters,
    /// `unique`.
    pub unique: Unique,
    /// Bytes after the end.
    pub trailing: Vec<u8>,
}

impl PublicArea {
    /// The public area of a key the TPM made itself, for signing; RSA or ECDSA keys only, and
    /// not on secp256k1, which TPMs have no number for.
    pub fn for_key(seed: &str, key: &SigningKey) -> Self {
        let (object_type, parameters, unique) = match key.kind() {
            KeyKind::Rsa2048 => (
                algorithm::RSA,
                Parameters::Rsa {
                    symmetric: algorithm::NULL,
                    scheme: Some((algorithm::RSASSA, algorithm::SHA256)),
                    key_bits: 2048,
                    exponent: 0,
                },
                Unique::Rsa(key.raw_public_point()),
            ),
            kind => {
                let (x, y) = key.coordinates();
                let curve = match kind {
                    KeyKind::Es384 => 4,
                    KeyKind::Es512 => 5,
                    KeyKind::Es256k => panic!("no TPM curve for {kind:?}"),
                    _ => 3,
                };
                (
                    algorithm::ECC,
                    Parameters::Ecc {
                        symmetric: algorithm::NULL,
                        scheme: None,
                        curve,
                        key_derivation: algorithm::NULL,
                    },
                    Unique::Ecc(x, y),
                )
            }
        };
        Self {
            object_type,
            name_algorithm: algorithm::SHA256,
            object_attributes: object::FIXED_TPM
                | object::FIXED_PARENT
                | object::SENSITIVE_DATA_ORIGIN
                | object::USER_WITH_AUTH
                | object::SIGN,
            authorization_policy: seed::bytes(seed, "authorization policy", 32),
            parameters,
            unique,
            trailing: Vec::new(),
        }
    }

    /// The TPM's encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend(self.object_type.to_be_bytes());
        out.extend(self.name_algorithm.to_be_bytes());
        out.extend(self.object_attributes.to_be_bytes());
        out.extend(sized(&self.authorization_policy));
        match &self.parameters {
            Parameters::Rsa { symmetric, scheme, key_bits, exponent } => {
                out.extend(symmetric.to_be_bytes());
                out.extend(key_scheme(*scheme));
                out.extend(key_bits.to_be_bytes());
                out.extend(exponent.to_be_bytes());
            }
            Parameters::Ecc { symmetric, scheme, curve, key_derivation } => {
                out.extend(symmetric.to_be_bytes());
                out.extend(key_scheme(*scheme));
                out.extend(curve.to_be_bytes());
                out.extend(key_derivation.to_be_bytes());
            }
        }
        match &self.unique {
            Unique::Rsa(modulus) => out.extend(sized(modulus)),
            Unique::Ecc(x, y) => {
                out.extend(sized(x));
                out.extend(sized(y));
            }
        }
        out.extend_from_slice(&self.trailing);
        out
    }
}

/// TPMS_ATTEST of a certified key.
#[derive(Clone, Debug)]
pub struct CertifyInfo {
    /// `magic`.
    pub magic: u32,
    /// `type`.
    pub attestation_type: u16,
    /// `qualifiedSigner`: the name of the key that signs.
    pub qualified_signer: Vec<u8>,
    /// `extraData`; `None` means the hash of what was attested, as WebAuthn asks.
    pub extra_data: Option<Vec<u8>>,
    /// `clockInfo`: clock, reset count, restart count, safe.
    pub clock_info: [u8; 17],
    /// `firmwareVersion`.
    pub firmware_version: u64,
    /// `attested.name`; `None` means the name of the public area.
    pub attested_name: Option<Vec<u8>>,
    /// `attested.qualifiedName`.
    pub qualified_name: Vec<u8>,
    /// Bytes after the end.
    pub trailing: Vec<u8>,
}

impl CertifyInfo {
    /// Certification by a TPM whose other values come from the seed.
    pub fn new(seed: &str) -> Self {
        let name = |label: &str| [vec![0x00, 0x0b], seed::bytes(seed, label, 32)].concat();
        let mut clock_info: [u8; 17] = seed::array(seed, "clock information");
        clock_info[16] = 1;
        Self {
            magic: GENERATED_VALUE,
            attestation_type: ATTEST_CERTIFY,
            qualified_signer: name("qualified signer"),
            extra_data: None,
            clock_info,
            firmware_version: 0x0007_0055_0000_1100,
            attested_name: None,
            qualified_name: name("qualified name"),
            trailing: Vec::new(),
        }
    }

    pub(super) fn to_bytes(&self, extra_data: &[u8], attested_name: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend(self.magic.to_be_bytes());
        out.extend(self.attestation_type.to_be_bytes());
        out.extend(sized(&self.qualified_signer));
        out.extend(sized(self.extra_data.as_deref().unwrap_or(extra_data)));
        out.extend(self.clock_info);
        out.extend(self.firmware_version.to_be_bytes());
        out.extend(sized(self.attested_name.as_deref().unwrap_or(attested_name)));
        out.extend(sized(&self.qualified_name));
        out.extend_from_slice(&self.trailing);
        out
    }
}

/// The name of an object: the number of the hash, then the hash of the public area.
pub fn object_name(name_algorithm: u16, public_area: &[u8]) -> Vec<u8> {
    let hash = match name_algorithm {
        algorithm::SHA1 => Hash::Sha1,
        algorithm::SHA384 => Hash::Sha384,
        algorithm::SHA512 => Hash::Sha512,
        _ => Hash::Sha256,
    };
    [&name_algorithm.to_be_bytes()[..], &hash.digest(public_area)].concat()
}

/// TPM2B: a length of two bytes, then the bytes.
fn sized(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("short enough for a TPM2B");
    [&length.to_be_bytes()[..], content].concat()
}

fn key_scheme(scheme: KeyScheme) -> Vec<u8> {
    match scheme {
        None => algorithm::NULL.to_be_bytes().to_vec(),
        Some((algorithm, hash)) => [algorithm.to_be_bytes(), hash.to_be_bytes()].concat(),
    }
}
