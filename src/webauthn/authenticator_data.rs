//! Authenticator data (WebAuthn Level 3 §6.1), read to its last byte.

use crate::encoding::cbor::{self, Value};
use crate::encoding::reader::Reader;
use crate::verdict::{Fault, Flags, Malformed};

pub(crate) const ITEM: &str = "authenticator data";
/// The part of authenticator data whose CBOR rules are X-1's.
pub(crate) const KEY_ITEM: &str = "credential public key";
pub(crate) const EXTENSIONS_ITEM: &str = "authenticator extension data";

/// A COSE key is a flat map; an extension output of the specification nests once.
const KEY_DEPTH: usize = 1;

/// Authenticator data as a borrowed view.
#[derive(Debug, Clone)]
pub(crate) struct AuthenticatorData<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) rp_id_hash: &'a [u8; 32],
    pub(crate) flags: Flags,
    pub(crate) sign_count: u32,
    pub(crate) attested: Option<AttestedCredentialData<'a>>,
    /// The extension outputs; an empty slice of entries when there are none.
    pub(crate) extensions: Option<Value<'a>>,
}

/// Attested credential data (§6.5.1).
#[derive(Debug, Clone)]
pub(crate) struct AttestedCredentialData<'a> {
    pub(crate) aaguid: &'a [u8; 16],
    pub(crate) credential_id: &'a [u8],
    pub(crate) public_key: Value<'a>,
    pub(crate) public_key_bytes: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    /// Reads `bytes`; the flags AT and ED say what has to follow, and nothing else may.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Malformed> {
        Self::read_with(bytes, |flags, _| flags.ed)
    }

    /// Like [`AuthenticatorData::read`], but extension data may also follow unannounced, as Apple's
    /// App Attest sends it.
    pub(crate) fn read_unannounced(bytes: &'a [u8]) -> Result<Self, Malformed> {
        Self::read_with(bytes, |flags, reader| flags.ed || !reader.is_empty())
    }

    fn read_with(
        bytes: &'a [u8],
        has_extensions: impl FnOnce(Flags, &Reader<'a>) -> bool,
    ) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes, ITEM);
        let rp_id_hash = reader.array()?;
        let flags = Flags::from_byte(reader.u8()?);
        let sign_count = reader.u32()?;
        let attested = if flags.at { Some(attested(&mut reader)?) } else { None };
        let extensions =
            if has_extensions(flags, &reader) { Some(extensions(&mut reader)?) } else { None };
        if !reader.is_empty() {
            // Data without its flag and plain leftovers look alike; both are refused.
            let fault = if flags.at && flags.ed { Fault::Trailing } else { Fault::FlagsDisagree };
            return Err(reader.fault(fault));
        }
        Ok(Self { bytes, rp_id_hash, flags, sign_count, attested, extensions })
    }
}

fn attested<'a>(reader: &mut Reader<'a>) -> Result<AttestedCredentialData<'a>, Malformed> {
    let aaguid = reader.array()?;
    let credential_id = reader.sized()?;
    let (public_key, public_key_bytes) = prefix(reader, KEY_ITEM, KEY_DEPTH)?;
    Ok(AttestedCredentialData { aaguid, credential_id, public_key, public_key_bytes })
}

fn extensions<'a>(reader: &mut Reader<'a>) -> Result<Value<'a>, Malformed> {
    let start = reader.offset();
    let (value, _) = prefix(reader, EXTENSIONS_ITEM, cbor::MAX_DEPTH)?;
    match value {
        Value::Map(ref entries) if entries.iter().all(|(key, _)| key.text().is_some()) => Ok(value),
        _ => Err(Malformed::new(EXTENSIONS_ITEM, Fault::WrongType, start)),
    }
}

/// One CBOR item at the reader's position, and its bytes.
fn prefix<'a>(
    reader: &mut Reader<'a>,
    item: &'static str,
    depth: usize,
) -> Result<(Value<'a>, &'a [u8]), Malformed> {
    let mut inner = Reader::new(reader.rest(), item);
    let value = Value::read_prefix(&mut inner, depth)?;
    let bytes = reader.take(inner.offset())?;
    Ok((value, bytes))
}
