//! COSE keys with the names of their members.

use super::{Node, values};
use crate::crypto::Algorithm;
use crate::encoding::cbor::Value;
use crate::encoding::der::u64_from;
use crate::webauthn::authenticator_data::KEY_ITEM;

const KTY: i64 = 1;
const ALG: i64 = 3;
const KTY_OKP: i64 = 1;
const KTY_EC2: i64 = 2;
const KTY_RSA: i64 = 3;

pub(super) fn node(label: &str, encoded: &[u8]) -> Node {
    let node = Node::new(label).noted_if(&Value::read(encoded, KEY_ITEM, 1));
    let Ok(key) = Value::read_in_any_order(encoded, KEY_ITEM, 1) else {
        return node.value(values::bytes(encoded));
    };
    let Some(entries) = key.map() else {
        return node.children(vec![values::cbor("not a map", &key)]);
    };
    let kty = key.label(KTY).and_then(Value::integer);
    let mut node =
        node.children(entries.iter().map(|(label, value)| member(kty, label, value)).collect());
    if let Some(bits) = bits(kty, &key) {
        node.push(Node::leaf("size", format!("{bits} bits")));
    }
    node
}

/// The name of a COSE algorithm and its number.
pub(super) fn algorithm(identifier: i64) -> String {
    values::named(Algorithm::name_of(identifier), identifier)
}

fn member(kty: Option<i64>, label: &Value<'_>, value: &Value<'_>) -> Node {
    let name = match (kty, label.integer()) {
        (_, Some(KTY)) => "kty",
        (_, Some(2)) => "kid",
        (_, Some(ALG)) => "alg",
        (_, Some(4)) => "key_ops",
        (Some(KTY_OKP | KTY_EC2), Some(-1)) => "crv",
        (Some(KTY_OKP | KTY_EC2), Some(-2)) => "x",
        (Some(KTY_EC2), Some(-3)) => "y",
        (Some(KTY_RSA), Some(-1)) => "n",
        (Some(KTY_RSA), Some(-2)) => "e",
        _ => return values::cbor(values::cbor_key(label), value),
    };
    match (name, value.integer(), value.bytes()) {
        ("kty", Some(number), _) => Node::leaf(name, values::named(key_type(number), number)),
        ("alg", Some(number), _) => Node::leaf(name, algorithm(number)),
        ("crv", Some(number), _) => Node::leaf(name, values::named(curve(number), number)),
        ("e", _, Some(bytes)) => match u64_from(bytes) {
            Some(exponent) => Node::leaf(name, exponent.to_string()),
            None => Node::leaf(name, values::bytes(bytes)),
        },
        _ => values::cbor(name, value),
    }
}

fn bits(kty: Option<i64>, key: &Value<'_>) -> Option<usize> {
    match kty? {
        KTY_RSA => Some(values::bit_length(key.label(-1)?.bytes()?)),
        KTY_EC2 | KTY_OKP => Some(match key.label(-1)?.integer()? {
            1 | 8 => 256,
            2 => 384,
            3 => 521,
            // Ed25519 and Ed448, by the size of their fields.
            6 => 255,
            7 => 448,
            _ => return None,
        }),
        _ => None,
    }
}

fn key_type(number: i64) -> Option<&'static str> {
    Some(match number {
        KTY_OKP => "OKP",
        KTY_EC2 => "EC2",
        KTY_RSA => "RSA",
        7 => "AKP",
        _ => return None,
    })
}

fn curve(number: i64) -> Option<&'static str> {
    Some(match number {
        1 => "P-256",
        2 => "P-384",
        3 => "P-521",
        4 => "X25519",
        5 => "X448",
        6 => "Ed25519",
        7 => "Ed448",
        8 => "secp256k1",
        _ => return None,
    })
}
