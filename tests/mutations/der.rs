//! Damage to the DER of certificates: values are taken out, doubled, swapped and replaced at every
//! level, and the lengths around them are right again, or wrong in one place.

use device_enrollment_testkit::cbor::{self, Value};

use crate::bytes;
use crate::ceremonies::{Ceremonies, Damaged};
use crate::random::Random;

/// Damages one certificate of x5c, which nobody signs again.
pub(crate) fn certificates(all: &Ceremonies, random: &mut Random) -> Damaged {
    let with_certificates: Vec<usize> = (0..all.registrations.len())
        .filter(|at| !all.registrations[*at].anchors.is_empty())
        .collect();
    let of = *random.pick(&with_certificates);
    let mut object = cbor::decode(&all.registrations[of].attestation_object);
    let Value::Map(entries) = &mut object else { unreachable!("an object is a map") };
    let Value::Map(statement) = cbor::member(entries, "attStmt") else {
        unreachable!("a statement is a map")
    };
    let Value::Array(items) = cbor::member(statement, "x5c") else {
        unreachable!("x5c is an array")
    };
    let at = random.below(items.len());
    if let Value::Bytes(certificate) = &mut items[at] {
        *certificate = damaged(certificate, random);
    }
    let client_data = all.registrations[of].client_data_json.clone();
    Damaged::Registration { of, client_data, object: cbor::encode(&object), signed_again: false }
}

/// `encoded` with one or two of its values damaged.
pub(crate) fn damaged(encoded: &[u8], random: &mut Random) -> Vec<u8> {
    let mut values = read(encoded).unwrap_or_default();
    for _ in 0..=random.below(2) {
        let total = values.iter().map(Node::count).sum();
        change(&mut values, random.below(total), random);
    }
    let mut out = Vec::new();
    values.iter().for_each(|value| value.write(&mut out));
    out
}

/// A value, taken apart as far as it can be.
#[derive(Clone)]
struct Node {
    tag: Vec<u8>,
    content: Content,
    /// Written in place of the length.
    length: Option<Vec<u8>>,
}

#[derive(Clone)]
enum Content {
    Octets(Vec<u8>),
    /// Values, behind these octets: the unused bits of a BIT STRING.
    Values(Vec<u8>, Vec<Node>),
}

impl Node {
    fn count(&self) -> usize {
        1 + match &self.content {
            Content::Octets(_) => 0,
            Content::Values(_, values) => values.iter().map(Self::count).sum(),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        let mut content = Vec::new();
        match &self.content {
            Content::Octets(octets) => content.extend(octets),
            Content::Values(before, values) => {
                content.extend(before);
                values.iter().for_each(|value| value.write(&mut content));
            }
        }
        out.extend(&self.tag);
        match (&self.length, u16::try_from(content.len())) {
            (Some(length), _) => out.extend(length),
            (None, Ok(length @ ..=0x7f)) => out.push(length as u8),
            (None, Ok(length @ ..=0xff)) => out.extend([0x81, length as u8]),
            (None, Ok(length)) => out.extend([&[0x82][..], &length.to_be_bytes()].concat()),
            (None, Err(_)) => out.extend([0x83, 1, 0, 0]),
        }
        out.extend(content);
    }
}

/// The values that fill `bytes`.
fn read(mut bytes: &[u8]) -> Option<Vec<Node>> {
    let mut values = Vec::new();
    while !bytes.is_empty() {
        let tag = if bytes[0] & 0x1f == 0x1f {
            1 + bytes[1..].iter().position(|octet| octet & 0x80 == 0)? + 1
        } else {
            1
        };
        let (head, length) = match *bytes.get(tag)? {
            short @ 0..=0x7f => (1, usize::from(short)),
            0x81 => (2, usize::from(*bytes.get(tag + 1)?)),
            0x82 => {
                let octets = bytes.get(tag + 1..tag + 3)?;
                (3, usize::from(octets[0]) << 8 | usize::from(octets[1]))
            }
            _ => return None,
        };
        let content = bytes.get(tag + head..tag + head + length)?;
        let inside = match bytes[0] {
            // An OCTET STRING or BIT STRING that holds DER, as extensions and keys do.
            0x04 => read(content).filter(|inside| !inside.is_empty()).map(|inside| (0, inside)),
            0x03 => content.get(1..).and_then(read).map(|inside| (1, inside)),
            tag if tag & 0x20 != 0 => read(content).map(|inside| (0, inside)),
            _ => None,
        };
        let content = match inside {
            Some((before, inside)) => Content::Values(content[..before].to_vec(), inside),
            None => Content::Octets(content.to_vec()),
        };
        values.push(Node { tag: bytes[..tag].to_vec(), content, length: None });
        bytes = &bytes[tag + head + length..];
    }
    Some(values)
}

/// Damages the value with this number among `values` and all inside them.
fn change(values: &mut Vec<Node>, mut at: usize, random: &mut Random) {
    for index in 0..values.len() {
        let size = values[index].count();
        if at == 0 {
            return change_at(values, index, random);
        }
        if at < size {
            if let Content::Values(_, inside) = &mut values[index].content {
                change(inside, at - 1, random);
            }
            return;
        }
        at -= size;
    }
}

fn change_at(values: &mut Vec<Node>, index: usize, random: &mut Random) {
    const TAGS: [u8; 16] = [
        0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x13, 0x17, 0x18, 0x30, 0x31, 0xa0, 0xa3,
        0x80,
    ];
    match random.below(8) {
        0 => drop(values.remove(index)),
        1 => {
            let copy = values[index].clone();
            for _ in 0..=(if random.chance(8) { 40 } else { 0 }) {
                values.insert(index, copy.clone());
            }
        }
        2 => {
            let other = random.below(values.len());
            values.swap(index, other);
        }
        3 => values[index].tag = vec![*random.pick(&TAGS)],
        4 => values[index].content = Content::Octets(random.bytes(24)),
        5 => values[index].content = Content::Octets(Vec::new()),
        6 => {
            values[index].length = Some(match random.below(4) {
                0 => vec![random.byte()],
                1 => vec![0x80],
                2 => vec![0x84, 0x80, 0, 0, 0],
                _ => vec![0x82, 0, random.byte()],
            });
        }
        _ => match &mut values[index].content {
            Content::Octets(octets) => bytes::damage(octets, random),
            Content::Values(_, inside) => {
                // The same value once more, inside itself.
                let copy = inside.clone();
                let tag = vec![0x30];
                inside.push(Node { tag, content: Content::Values(Vec::new(), copy), length: None });
            }
        },
    }
}
