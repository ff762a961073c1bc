//! The two TPM 2.0 structures of a `tpm` statement: TPMT_PUBLIC and TPMS_ATTEST (Trusted Platform
//! Module Library, part 2, sections 12.2.4 and 10.12.8).

use crate::encoding::reader::{Reader, complete};
use crate::verdict::{Cause, Evidence, Fault, Malformed, Reason};

pub(crate) const TPM_GENERATED: u32 = 0xff54_4347;
pub(crate) const ST_ATTEST_CERTIFY: u16 = 0x8017;

const ALG_RSA: u16 = 0x0001;
const ALG_ECC: u16 = 0x0023;
const ALG_NULL: u16 = 0x0010;
pub(crate) const ALG_SHA256: u16 = 0x000b;
pub(crate) const ALG_SHA384: u16 = 0x000c;
pub(crate) const ALG_SHA512: u16 = 0x000d;

const PUBLIC: &str = "pubArea";
const ATTEST: &str = "certInfo";

/// Object attributes (part 2, section 8.3).
pub(crate) mod attribute {
    pub(crate) const FIXED_TPM: u32 = 1 << 1;
    pub(crate) const FIXED_PARENT: u32 = 1 << 4;
    pub(crate) const SENSITIVE_DATA_ORIGIN: u32 = 1 << 5;
    /// Made inside this TPM, and never to leave it or to move to another parent.
    pub(crate) const BOUND: u32 = FIXED_TPM | FIXED_PARENT | SENSITIVE_DATA_ORIGIN;
    pub(crate) const RESTRICTED: u32 = 1 << 16;
    pub(crate) const SIGN: u32 = 1 << 18;
    /// Bits that part 2 reserves: 0, 3, 8, 9, 12 to 15, 20 to 31.
    pub(crate) const RESERVED: u32 = 0xfff0_f309;
}

/// A public area.
#[derive(Debug, Clone)]
pub(crate) struct PublicArea<'a> {
    pub(crate) name_algorithm: u16,
    pub(crate) object_attributes: u32,
    pub(crate) auth_policy: &'a [u8],
    pub(crate) parameters: Parameters,
    pub(crate) unique: Unique<'a>,
}

/// The parameters of a key, by type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parameters {
    Rsa { symmetric: u16, scheme: u16, key_bits: u16, exponent: u32 },
    Ecc { symmetric: u16, scheme: u16, curve: u16, kdf: u16 },
}

impl Parameters {
    /// No symmetric cipher, no key derivation: what a signing key has (TP-4).
    pub(crate) const fn fit_a_signing_key(&self) -> bool {
        const RSASSA: u16 = 0x0014;
        const RSAPSS: u16 = 0x0016;
        const ECDSA: u16 = 0x0018;
        match self {
            Self::Rsa { symmetric, scheme, .. } => {
                *symmetric == ALG_NULL && matches!(*scheme, ALG_NULL | RSASSA | RSAPSS)
            }
            Self::Ecc { symmetric, scheme, kdf, .. } => {
                *symmetric == ALG_NULL && matches!(*scheme, ALG_NULL | ECDSA) && *kdf == ALG_NULL
            }
        }
    }
}

/// The public key itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unique<'a> {
    Rsa { modulus: &'a [u8] },
    Ecc { x: &'a [u8], y: &'a [u8] },
}

impl<'a> PublicArea<'a> {
    /// Reads `bytes` to the last one (TP-2).
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Cause> {
        let mut kind = Ok(());
        let area = complete(bytes, PUBLIC, |reader| public_area(reader, &mut kind));
        kind?;
        Ok(area?)
    }
}

fn public_area<'a>(
    reader: &mut Reader<'a>,
    kind: &mut Result<(), Cause>,
) -> Result<PublicArea<'a>, Malformed> {
    let object_type = reader.u16()?;
    let name_algorithm = reader.u16()?;
    let object_attributes = reader.u32()?;
    let auth_policy = reader.sized()?;
    let (parameters, unique) = match object_type {
        ALG_RSA => {
            let symmetric = symmetric(reader)?;
            let scheme = scheme(reader)?;
            let key_bits = reader.u16()?;
            let exponent = reader.u32()?;
            let parameters = Parameters::Rsa { symmetric, scheme, key_bits, exponent };
            (parameters, Unique::Rsa { modulus: reader.sized()? })
        }
        ALG_ECC => {
            let symmetric = symmetric(reader)?;
            let scheme = scheme(reader)?;
            let curve = reader.u16()?;
            let kdf = scheme_with_hash(reader)?;
            let parameters = Parameters::Ecc { symmetric, scheme, curve, kdf };
            // Two sized buffers, with no length around them.
            (parameters, Unique::Ecc { x: reader.sized()?, y: reader.sized()? })
        }
        other => {
            let found = Evidence::Number("type", i64::from(other));
            *kind = Err(Reason::TpmKeyType.found(found).into());
            return Err(reader.fault(Fault::WrongType));
        }
    };
    Ok(PublicArea { name_algorithm, object_attributes, auth_policy, parameters, unique })
}

/// TPMT_SYM_DEF_OBJECT: an algorithm, and for a real cipher its key bits and mode.
fn symmetric(reader: &mut Reader<'_>) -> Result<u16, Malformed> {
    let algorithm = reader.u16()?;
    if algorithm != ALG_NULL {
        reader.u16()?;
        reader.u16()?;
    }
    Ok(algorithm)
}

/// TPMT_RSA_SCHEME and TPMT_ECC_SCHEME: an algorithm, a hash unless it is null, a count for the
/// one scheme that has it.
fn scheme(reader: &mut Reader<'_>) -> Result<u16, Malformed> {
    const RSAES: u16 = 0x0015;
    const ECDAA: u16 = 0x001a;
    let algorithm = reader.u16()?;
    if !matches!(algorithm, ALG_NULL | RSAES) {
        reader.u16()?;
    }
    if algorithm == ECDAA {
        reader.u16()?;
    }
    Ok(algorithm)
}

/// TPMT_KDF_SCHEME.
fn scheme_with_hash(reader: &mut Reader<'_>) -> Result<u16, Malformed> {
    let algorithm = reader.u16()?;
    if algorithm != ALG_NULL {
        reader.u16()?;
    }
    Ok(algorithm)
}

/// An attestation structure. The body is that of a certification; for another type the caller
/// refuses before it matters (TP-7).
#[derive(Debug, Clone)]
pub(crate) struct Attest<'a> {
    pub(crate) magic: u32,
    pub(crate) attestation_type: u16,
    pub(crate) qualified_signer: &'a [u8],
    pub(crate) extra_data: &'a [u8],
    pub(crate) clock: u64,
    pub(crate) reset_count: u32,
    pub(crate) restart_count: u32,
    /// A TPMI_YES_NO; the Recommendation's own example has another byte here.
    pub(crate) safe: u8,
    pub(crate) firmware_version: u64,
    pub(crate) name: &'a [u8],
    pub(crate) qualified_name: &'a [u8],
}

impl<'a> Attest<'a> {
    /// Magic and type, which say whether the rest can be read at all (TP-7).
    pub(crate) fn read_head(bytes: &[u8]) -> Result<(u32, u16), Malformed> {
        let mut reader = Reader::new(bytes, ATTEST);
        Ok((reader.u32()?, reader.u16()?))
    }

    /// Reads `bytes` to the last one (TP-2).
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Malformed> {
        complete(bytes, ATTEST, |reader| {
            Ok(Self {
                magic: reader.u32()?,
                attestation_type: reader.u16()?,
                qualified_signer: reader.sized()?,
                extra_data: reader.sized()?,
                clock: reader.u64()?,
                reset_count: reader.u32()?,
                restart_count: reader.u32()?,
                safe: reader.u8()?,
                firmware_version: reader.u64()?,
                name: reader.sized()?,
                qualified_name: reader.sized()?,
            })
        })
    }
}
