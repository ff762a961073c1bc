//! Distinguished names and their attributes.

use super::{Node, names, note, values};
use crate::encoding::certificate::{Attribute, attributes, escaped};
use crate::encoding::der::Tag;
use crate::encoding::hex;

/// A name in one line, `CN=…, O=…`, with the marks of a value escaped (RFC 4514 section 2.4), so
/// that no value can pass for another attribute.
pub(super) fn node(label: &str, encoded: &[u8]) -> Node {
    match attributes(encoded) {
        Ok(attributes) => {
            let parts: Vec<String> = attributes
                .iter()
                .map(|attribute| {
                    format!("{}={}", names::oid(attribute.id), escaped(&text(attribute)))
                })
                .collect();
            Node::leaf(label, values::text(&parts.join(", ")))
        }
        Err(malformed) => Node::leaf(label, values::bytes(encoded)).noted(note(&malformed)),
    }
}

/// The text of an attribute. BMPString has two bytes a character; bytes that are no text are
/// shown as such.
pub(super) fn text(attribute: &Attribute<'_>) -> String {
    const BMP_STRING: Tag = Tag::universal(30);
    let text = if attribute.tag == BMP_STRING {
        let units = attribute.value.chunks(2).map(|pair| match pair {
            [high, low] => u16::from_be_bytes([*high, *low]),
            // Half a character: a lone surrogate, so that the whole is no text.
            _ => 0xd800,
        });
        char::decode_utf16(units).collect::<Result<String, _>>().ok()
    } else {
        attribute.text().map(str::to_owned)
    };
    text.unwrap_or_else(|| format!("#{}", hex::encode(attribute.value)))
}
