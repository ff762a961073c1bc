//! Authenticator data, part after part, as far as it goes.

use super::names::{self, RelyingParties};
use super::{Node, cose_key, salvage, values};
use crate::encoding::cbor::{self, Value};
use crate::encoding::hex;
use crate::encoding::reader::Reader;
use crate::verdict::{Flags, Malformed};
use crate::webauthn::authenticator_data::{AuthenticatorData, EXTENSIONS_ITEM, ITEM};

pub(super) fn node(bytes: &[u8], parties: &RelyingParties) -> Node {
    let node = Node::leaf("authenticator data", values::length(bytes.len()));
    let mut node = node.noted_if(&AuthenticatorData::read(bytes));
    // The strict reader has said what is wrong; this walk ends where that is.
    let _ = parts(bytes, parties, false, &mut node);
    node
}

/// The same of Apple's App Attest, where extension outputs may follow unannounced.
pub(super) fn of_an_app(bytes: &[u8], parties: &RelyingParties) -> Node {
    let node = Node::leaf("authenticator data", values::length(bytes.len()));
    let mut node = node.noted_if(&AuthenticatorData::read_unannounced(bytes));
    let _ = parts(bytes, parties, true, &mut node);
    node
}

fn parts(
    bytes: &[u8],
    parties: &RelyingParties,
    unannounced: bool,
    node: &mut Node,
) -> Result<(), Malformed> {
    let mut reader = Reader::new(bytes, ITEM);
    let rp_id_hash = reader.array()?;
    let mut hash = hex::encode(rp_id_hash);
    if let Some(name) = parties.name_of(rp_id_hash) {
        hash.push_str(&format!(" ({name})"));
    }
    node.push(Node::leaf("RP ID hash", hash));
    let byte = reader.u8()?;
    let flags = Flags::from_byte(byte);
    node.push(flags_node(byte, flags));
    node.push(Node::leaf("sign count", reader.u32()?.to_string()));
    if flags.at {
        let mut attested = Node::new("attested credential data");
        let read = attested_parts(&mut reader, &mut attested);
        node.push(attested);
        read?;
    }
    if (flags.ed || unannounced)
        && let Some(encoded) = salvage::first(&mut reader)
    {
        node.push(extensions(encoded));
    }
    if !reader.is_empty() {
        node.push(Node::leaf("more bytes", values::bytes(reader.rest())));
    }
    Ok(())
}

fn flags_node(byte: u8, flags: Flags) -> Node {
    let named = [
        (flags.up, "UP user present"),
        (flags.uv, "UV user verified"),
        (flags.be, "BE backup eligible"),
        (flags.bs, "BS backed up"),
        (flags.at, "AT attested credential data"),
        (flags.ed, "ED extension data"),
        (flags.reserved & 0x02 != 0, "reserved bit 1"),
        (flags.reserved & 0x20 != 0, "reserved bit 5"),
    ];
    let set: Vec<&str> =
        named.iter().filter(|(is_set, _)| *is_set).map(|(_, name)| *name).collect();
    Node::leaf("flags", format!("{} (0x{byte:02x})", values::list(&set)))
}

fn attested_parts(reader: &mut Reader<'_>, node: &mut Node) -> Result<(), Malformed> {
    let aaguid = reader.array()?;
    node.push(Node::leaf("AAGUID", names::aaguid(aaguid)));
    let length = usize::from(reader.u16()?);
    if let Ok(id) = reader.take(length) {
        node.push(Node::leaf("credential id", values::identifier(id)));
    } else {
        let rest = reader.take(reader.rest().len())?;
        let id = Node::leaf("credential id", values::identifier(rest));
        node.push(id.noted(format!("ends before its {length} bytes")));
    }
    if let Some(encoded) = salvage::first(reader) {
        node.push(cose_key::node("credential public key", encoded));
    }
    Ok(())
}

fn extensions(encoded: &[u8]) -> Node {
    let node = Node::new("authenticator extension outputs");
    let node = node.noted_if(&Value::read(encoded, EXTENSIONS_ITEM, cbor::MAX_DEPTH));
    match Value::read_in_any_order(encoded, EXTENSIONS_ITEM, cbor::MAX_DEPTH) {
        Ok(Value::Map(entries)) => node.children(
            entries
                .iter()
                .map(|(name, value)| match (name.text(), value.integer()) {
                    (Some("credProtect"), Some(level)) => {
                        Node::leaf("credProtect", values::named(protection(level), level))
                    }
                    _ => values::cbor(values::cbor_key(name), value),
                })
                .collect(),
        ),
        Ok(other) => node.children(vec![values::cbor("not a map", &other)]),
        Err(_) => node.value(values::bytes(encoded)),
    }
}

/// The policy of a credProtect level (CTAP 2.2 §12.1).
fn protection(level: i64) -> Option<&'static str> {
    Some(match level {
        1 => "userVerificationOptional",
        2 => "userVerificationOptionalWithCredentialIDList",
        3 => "userVerificationRequired",
        _ => return None,
    })
}
