//! Damage to the CBOR of an attestation object: whole members, and the lengths of their heads.

use device_enrollment_testkit::cbor::{self, Value};

use crate::bytes::damage;
use crate::ceremonies::{Ceremonies, Damaged};
use crate::random::Random;

/// Takes out, doubles, swaps or replaces members, also by those of another registration.
pub(crate) fn members(all: &Ceremonies, random: &mut Random) -> Damaged {
    let of = random.below(all.registrations.len());
    let mut object = cbor::decode(&all.registrations[of].attestation_object);
    let donor = cbor::decode(&random.pick(&all.registrations).attestation_object);
    for _ in 0..=random.below(2) {
        change(&mut object, &donor, random);
    }
    let client_data = all.registrations[of].client_data_json.clone();
    Damaged::Registration { of, client_data, object: cbor::encode(&object), signed_again: false }
}

/// Changes the argument of one head, so that a length says something else than what follows.
pub(crate) fn lengths(all: &Ceremonies, random: &mut Random) -> Damaged {
    let of = random.below(all.registrations.len());
    let mut object = all.registrations[of].attestation_object.clone();
    let mut heads = Vec::new();
    walk(&object, 0, &mut heads);
    let at = *random.pick(&heads);
    let major = object[at] & 0xe0;
    let argument = match random.below(6) {
        0 => vec![major | (random.byte() & 0x1f)],
        1 => vec![major | 24, random.byte()],
        2 => [vec![major | 25], random.next().to_be_bytes()[..2].to_vec()].concat(),
        3 => [vec![major | 26], 0x8000_0000_u32.to_be_bytes().to_vec()].concat(),
        4 => [vec![major | 27], random.next().to_be_bytes().to_vec()].concat(),
        _ => vec![major | 31],
    };
    object.splice(at..at + head_length(object[at]), argument);
    let client_data = all.registrations[of].client_data_json.clone();
    Damaged::Registration { of, client_data, object, signed_again: false }
}

fn change(object: &mut Value, donor: &Value, random: &mut Random) {
    let at = random.below(count(object));
    let mut donor = donor.clone();
    let other = {
        let at = random.below(count(&donor));
        find(&mut donor, at).clone()
    };
    let value = find(object, at);
    match (random.below(8), value) {
        (0, Value::Map(entries)) if !entries.is_empty() => {
            drop(entries.remove(random.below(entries.len())));
        }
        (0, Value::Array(items)) if !items.is_empty() => {
            drop(items.remove(random.below(items.len())));
        }
        (1, Value::Map(entries)) if !entries.is_empty() => {
            let copy = random.pick(entries).clone();
            entries.insert(random.below(entries.len()), copy);
        }
        (1, Value::Array(items)) if !items.is_empty() => {
            let copy = random.pick(items).clone();
            for _ in 0..=random.below(12) {
                items.push(copy.clone());
            }
        }
        (2, Value::Map(entries)) if !entries.is_empty() => {
            let (one, other) = (random.below(entries.len()), random.below(entries.len()));
            entries.swap(one, other);
        }
        (2, Value::Array(items)) if !items.is_empty() => {
            let (one, other) = (random.below(items.len()), random.below(items.len()));
            items.swap(one, other);
        }
        (3, Value::Map(entries)) => entries.push((text(random), other)),
        (4 | 5, Value::Bytes(bytes)) => damage(bytes, random),
        (6, value) => *value = scalar(random),
        (7, value) => {
            let inner = std::mem::replace(value, Value::Null);
            *value = match random.below(3) {
                0 => Value::Array(vec![inner]),
                1 => Value::Map(vec![(text(random), inner)]),
                _ => Value::Tag(random.next() % 64, Box::new(inner)),
            };
        }
        (_, value) => *value = other,
    }
}

/// The values in `value`, itself included; keys of maps are not counted.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Map(entries) => entries.iter().map(|(_, value)| count(value)).sum(),
        _ => 0,
    }
}

/// The value with this number, itself being zero.
fn find(value: &mut Value, mut at: usize) -> &mut Value {
    if at == 0 {
        return value;
    }
    at -= 1;
    let inside: Vec<&mut Value> = match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Map(entries) => entries.iter_mut().map(|(_, value)| value).collect(),
        _ => Vec::new(),
    };
    for value in inside {
        let size = count(value);
        if at < size {
            return find(value, at);
        }
        at -= size;
    }
    unreachable!("a number below the count")
}

fn text(random: &mut Random) -> Value {
    const NAMES: [&str; 12] = [
        "fmt",
        "attStmt",
        "authData",
        "alg",
        "sig",
        "x5c",
        "ver",
        "certInfo",
        "pubArea",
        "ecdaaKeyId",
        "",
        "zzzzzzzzzzzz",
    ];
    cbor::text(random.pick::<&str>(&NAMES))
}

fn scalar(random: &mut Random) -> Value {
    match random.below(7) {
        0 => Value::Null,
        1 => Value::Bool(true),
        2 => cbor::integer(random.next() as i64),
        3 => cbor::integer(-(random.below(300) as i64)),
        4 => cbor::bytes(random.bytes(40)),
        5 => Value::Float(f64::from_bits(random.next())),
        _ => text(random),
    }
}

/// Notes where every head stands; the position after the item.
fn walk(bytes: &[u8], at: usize, heads: &mut Vec<usize>) -> usize {
    heads.push(at);
    let length = head_length(bytes[at]);
    let argument = match length {
        1 => usize::from(bytes[at] & 0x1f),
        _ => bytes[at + 1..at + length].iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
    };
    let mut after = at + length;
    match bytes[at] >> 5 {
        2 | 3 => after + argument,
        4 | 5 => {
            for _ in 0..argument * usize::from(bytes[at] >> 5 == 5) + argument {
                after = walk(bytes, after, heads);
            }
            after
        }
        _ => after,
    }
}

fn head_length(first: u8) -> usize {
    match first & 0x1f {
        24 => 2,
        25 => 3,
        26 => 5,
        27 => 9,
        _ => 1,
    }
}
