//! Client data as the client says it.

use super::{Node, cause, values};
use crate::encoding::base64url;
use crate::encoding::json::Json;
use crate::webauthn::client_data;

/// The members that the specification names, in its order.
const KNOWN: [&str; 5] = ["type", "challenge", "origin", "crossOrigin", "topOrigin"];

/// The decoded client data, as far as it is JSON.
pub(super) fn read(bytes: &[u8]) -> Option<Json<'_>> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    Json::read(text, "clientDataJSON").ok()
}

pub(super) fn node(bytes: &[u8]) -> Node {
    let mut node = Node::leaf("client data", values::length(bytes.len()));
    if let Err(refused) = client_data::read(bytes) {
        node = node.noted(cause(&refused));
    }
    let Some(json) = read(bytes) else {
        // What a person would look at next is the text itself.
        node.push(Node::leaf("text", String::from_utf8_lossy(bytes)));
        return node;
    };
    for name in KNOWN {
        if let Some(value) = json.member(name) {
            node.push(member(name, value));
        }
    }
    let others = json.object().unwrap_or_default().iter();
    for (name, value) in others.filter(|(name, _)| !KNOWN.contains(&&**name)) {
        node.push(Node::leaf(&**name, json_text(value)));
    }
    let serialized = client_data::is_serialized(bytes, &json);
    let follows = if serialized { "as specified" } else { "not as specified" };
    node.push(Node::leaf("serialization", follows));
    node
}

fn member(name: &str, value: &Json) -> Node {
    let node = Node::leaf(name, json_text(value));
    match (name, value.string()) {
        // Shown, because an auditor has to find the ceremony that it belongs to; it is spent.
        ("challenge", Some(text)) => match base64url::decode(text, "challenge") {
            Ok(bytes) => node.value(values::identifier(&bytes)),
            Err(malformed) => node.noted(super::note(&malformed)),
        },
        _ => node,
    }
}

/// A JSON value in one line; texts without their quotes.
pub(super) fn json_text(value: &Json) -> String {
    match value.string() {
        Some(text) => values::text(text),
        None => value.to_text(),
    }
}
