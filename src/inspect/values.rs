//! How bytes, numbers and CBOR values are written for people.

use super::Node;
use crate::encoding::cbor::Value;
use crate::encoding::{base64url, hex};

/// `71 bytes`, `1 byte`.
pub(super) fn length(bytes: usize) -> String {
    match bytes {
        1 => "1 byte".to_owned(),
        _ => format!("{bytes} bytes"),
    }
}

/// Hexadecimal, with a word for nothing at all.
pub(super) fn bytes(bytes: &[u8]) -> String {
    if bytes.is_empty() { "(empty)".to_owned() } else { hex::encode(bytes) }
}

/// An identifier: base64url as it stands in requests, and its length.
pub(super) fn identifier(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "(empty)".to_owned();
    }
    format!("{} ({})", base64url::encode(bytes), length(bytes.len()))
}

/// A text, with a word for the empty one.
pub(super) fn text(text: &str) -> String {
    if text.is_empty() { "(empty)".to_owned() } else { text.to_owned() }
}

/// `NAME (number)`, or the number alone.
pub(super) fn named(name: Option<&str>, number: impl core::fmt::Display) -> String {
    match name {
        Some(name) => format!("{name} ({number})"),
        None => number.to_string(),
    }
}

/// `none` rather than an empty list.
pub(super) fn list(items: &[impl AsRef<str>]) -> String {
    if items.is_empty() {
        return "(none)".to_owned();
    }
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    items.join(", ")
}

/// The bits of a big-endian number.
pub(super) fn bit_length(number: &[u8]) -> usize {
    let mut significant = number.iter().skip_while(|byte| **byte == 0);
    let Some(first) = significant.next() else {
        return 0;
    };
    let leading = usize::try_from(first.leading_zeros()).unwrap_or(0);
    significant.count().saturating_add(1).saturating_mul(8).saturating_sub(leading)
}

/// A CBOR value of a meaning that is not known here. The reader has bounded its depth.
pub(super) fn cbor(label: impl Into<String>, value: &Value<'_>) -> Node {
    let node = Node::new(label);
    match value {
        Value::Array(items) if items.is_empty() => node.value("(empty array)"),
        Value::Array(items) => {
            let items = items.iter().enumerate();
            node.children(items.map(|(index, item)| cbor(index.to_string(), item)).collect())
        }
        Value::Map(entries) if entries.is_empty() => node.value("(empty map)"),
        Value::Map(entries) => {
            let entries = entries.iter();
            node.children(entries.map(|(key, value)| cbor(cbor_key(key), value)).collect())
        }
        scalar => node.value(cbor_scalar(scalar)),
    }
}

/// A map key as a label.
pub(super) fn cbor_key(key: &Value<'_>) -> String {
    match key {
        Value::Array(_) => "(an array)".to_owned(),
        Value::Map(_) => "(a map)".to_owned(),
        scalar => cbor_scalar(scalar),
    }
}

fn cbor_scalar(value: &Value<'_>) -> String {
    match value {
        Value::Unsigned(number) => number.to_string(),
        Value::Negative(argument) => match value.integer() {
            Some(number) => number.to_string(),
            None => format!("-1 - {argument}"),
        },
        Value::Bytes(content) => bytes(content),
        Value::Text(content) => text(content),
        Value::Bool(value) => value.to_string(),
        Value::Null => "null".to_owned(),
        Value::Undefined => "undefined".to_owned(),
        Value::Float(bits) => f64::from_bits(*bits).to_string(),
        Value::Array(_) | Value::Map(_) => String::new(),
    }
}
