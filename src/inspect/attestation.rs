//! The attestation object: format, statement, authenticator data.

use super::names::RelyingParties;
use super::{Node, authenticator_data, certificate, cose_key, salvage, token, tpm, values};
use crate::encoding::cbor::{self, Value};
use crate::verdict::Format;
use crate::webauthn::attestation_object::AttestationObject;

pub(super) fn object(bytes: &[u8], parties: &RelyingParties) -> Node {
    let node = Node::leaf("attestation object", values::length(bytes.len()));
    let mut node = node.noted_if(&AttestationObject::read(bytes));
    let members = salvage::members(bytes);
    // A statement may stand before the format that explains it.
    let format = members
        .iter()
        .find(|member| member.name == "fmt")
        .and_then(|member| salvage::text(member.encoded));
    for member in members {
        node.push(match &*member.name {
            "fmt" => Node::leaf("fmt", format.map_or_else(|| other(member.encoded), values::text)),
            "attStmt" => statement(format, member.encoded),
            "authData" => match salvage::byte_string(member.encoded) {
                Some(bytes) if format == Some(Format::AppleAppattest.as_str()) => {
                    authenticator_data::of_an_app(bytes, parties)
                }
                Some(bytes) => authenticator_data::node(bytes, parties),
                None => Node::leaf("authenticator data", other(member.encoded)),
            },
            name => unknown(name, member.encoded),
        });
    }
    node
}

/// What stands where something else belongs.
fn other(encoded: &[u8]) -> String {
    format!("(of another type) {}", values::bytes(encoded))
}

fn statement(format: Option<&str>, encoded: &[u8]) -> Node {
    let mut node = Node::new("attestation statement");
    // A compound statement is an array of statements with their formats (§8.9).
    if format == Some("compound") {
        for part in salvage::items(encoded) {
            node.push(compound_part(part));
        }
        return node;
    }
    let members = salvage::members(encoded);
    if members.is_empty() {
        return match Value::read(encoded, "attStmt", cbor::MAX_DEPTH) {
            Ok(Value::Map(_)) => node.value("(empty)"),
            _ => node.value(other(encoded)),
        };
    }
    for member in members {
        node.push(statement_member(&member.name, member.encoded));
    }
    node
}

/// One statement of a compound one. A compound statement inside another has no meaning (§8.9), so
/// its members are shown as they are and nothing nests deeper.
fn compound_part(encoded: &[u8]) -> Node {
    let members = salvage::members(encoded);
    let mut node = Node::new("statement");
    for member in &members {
        match &*member.name {
            "fmt" => {
                let format = salvage::text(member.encoded);
                node.value = Some(format.map_or_else(|| other(member.encoded), values::text));
            }
            "attStmt" => {
                for inner in salvage::members(member.encoded) {
                    node.push(statement_member(&inner.name, inner.encoded));
                }
            }
            name => node.push(unknown(name, member.encoded)),
        }
    }
    node
}

/// A member means the same in every format that has it.
fn statement_member(name: &str, encoded: &[u8]) -> Node {
    match (name, salvage::byte_string(encoded)) {
        ("alg", _) => match salvage::integer(encoded) {
            Some(number) => Node::leaf("alg", cose_key::algorithm(number)),
            None => unknown(name, encoded),
        },
        ("sig", Some(signature)) => Node::leaf("sig", values::length(signature.len())),
        ("certInfo", Some(bytes)) => tpm::cert_info(bytes),
        ("pubArea", Some(bytes)) => tpm::pub_area(bytes),
        ("x5c", None) => certificates(encoded),
        ("response", Some(bytes)) => token::node(name, bytes),
        // What Apple's risk metric is asked with; its form is Apple's own.
        ("receipt", Some(bytes)) => Node::leaf(name, values::length(bytes.len())),
        _ => unknown(name, encoded),
    }
}

fn certificates(encoded: &[u8]) -> Node {
    let items = salvage::items(encoded);
    if items.is_empty() {
        return unknown("x5c", encoded);
    }
    let node = Node::leaf("x5c", certificate::count(items.len()));
    let items = items.into_iter().enumerate();
    node.children(
        items
            .map(|(position, item)| match salvage::byte_string(item) {
                Some(bytes) => certificate::node(certificate::label(position), bytes),
                None => Node::leaf(certificate::label(position), other(item)),
            })
            .collect(),
    )
}

/// A member without a known meaning, by its strict reading or as its bytes.
fn unknown(name: &str, encoded: &[u8]) -> Node {
    let strict = Value::read(encoded, "member", cbor::MAX_DEPTH);
    match &strict {
        Ok(value) => values::cbor(name, value),
        Err(_) => Node::leaf(name, values::bytes(encoded)).noted_if(&strict),
    }
}
