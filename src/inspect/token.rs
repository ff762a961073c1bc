//! The SafetyNet token: a JWS, of which each part is shown as far as it can be read.

use super::request::brief;
use super::{Node, certificate, shown, values};
use crate::encoding::base64url;
use crate::encoding::json::Json;
use crate::encoding::jws::Jws;
use crate::time::UnixTime;

/// How a member is shown.
type Member = fn(&str, &Json) -> Node;

pub(super) fn node(name: &str, bytes: &[u8]) -> Node {
    let node = Node::leaf(name, values::length(bytes.len()));
    let mut node = node.noted_if(&Jws::read(bytes, "response"));
    let Ok(text) = core::str::from_utf8(bytes) else { return node };
    let mut parts = text.split('.').map(|part| base64url::decode(part, "response"));
    let shapes: [(&str, Member); 2] = [("header", header), ("payload", payload)];
    for (label, member) in shapes {
        match parts.next() {
            Some(Ok(part)) => node.push(members(label, &part, member)),
            Some(unreadable) => node.push(Node::new(label).noted_if(&unreadable)),
            None => {}
        }
    }
    if let Some(Ok(signature)) = parts.next() {
        node.push(Node::leaf("signature", values::length(signature.len())));
    }
    node
}

fn members(label: &str, part: &[u8], member: Member) -> Node {
    let read = Json::read(part, "response");
    let node = Node::new(label).noted_if(&read);
    match read.as_ref().map(Json::object) {
        Ok(Some(members)) => {
            node.children(shown(members.iter().map(|(name, value)| member(name, value))))
        }
        _ => node.value(values::length(part.len())),
    }
}

fn header(name: &str, value: &Json) -> Node {
    let (Some(items), "x5c") = (value.array(), name) else {
        return Node::leaf(name, brief(value));
    };
    let node = Node::leaf(name, certificate::count(items.len()));
    node.children(shown(items.iter().enumerate().map(|(position, item)| {
        let label = certificate::label(position);
        match item.string().map(|text| base64url::decode_standard(text, "x5c")) {
            Some(Ok(der)) => certificate::node(label, &der),
            Some(unreadable) => Node::new(label).noted_if(&unreadable),
            None => Node::leaf(label, brief(item)),
        }
    })))
}

fn payload(name: &str, value: &Json) -> Node {
    match (name, value.integer()) {
        ("timestampMs", Some(milliseconds)) => {
            let time = UnixTime(milliseconds.div_euclid(1000));
            Node::leaf(name, format!("{time} ({milliseconds})"))
        }
        _ => Node::leaf(name, brief(value)),
    }
}
