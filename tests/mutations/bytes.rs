//! Damage that knows nothing of what it damages.

use crate::ceremonies::{Ceremonies, Damaged, FORMS};
use crate::random::Random;

pub(crate) fn registration(all: &Ceremonies, random: &mut Random) -> Damaged {
    let of = random.below(all.registrations.len());
    let mut client_data = all.registrations[of].client_data_json.clone();
    let mut object = all.registrations[of].attestation_object.clone();
    damage(if random.chance(4) { &mut client_data } else { &mut object }, random);
    Damaged::Registration { of, client_data, object, signed_again: false }
}

pub(crate) fn registration_splice(all: &Ceremonies, random: &mut Random) -> Damaged {
    let of = random.below(all.registrations.len());
    let (one, other) = (&all.registrations[of], random.pick(&all.registrations));
    let object = spliced(&one.attestation_object, &other.attestation_object, random);
    let client_data = one.client_data_json.clone();
    Damaged::Registration { of, client_data, object, signed_again: false }
}

pub(crate) fn assertion(all: &Ceremonies, random: &mut Random) -> Damaged {
    let of = random.below(all.assertions.len());
    let made = &all.assertions[of];
    let mut client_data = made.client_data_json.clone();
    let mut data = made.authenticator_data.clone();
    let mut signature = made.signature.clone();
    let parts = [&mut client_data, &mut data, &mut signature];
    let [one, two, three] = parts;
    damage([one, two, three].into_iter().nth(random.below(3)).unwrap(), random);
    Damaged::Assertion { of, client_data, data, signature, signed_again: false }
}

/// Parts of two assertions, each whole or half and half.
pub(crate) fn assertion_splice(all: &Ceremonies, random: &mut Random) -> Damaged {
    let of = random.below(all.assertions.len());
    let (one, other) = (&all.assertions[of], random.pick(&all.assertions));
    let mut part = |one: &[u8], other: &[u8]| match random.below(3) {
        0 => one.to_vec(),
        1 => other.to_vec(),
        _ => spliced(one, other, random),
    };
    let client_data = part(&one.client_data_json, &other.client_data_json);
    let data = part(&one.authenticator_data, &other.authenticator_data);
    let signature = part(&one.signature, &other.signature);
    Damaged::Assertion { of, client_data, data, signature, signed_again: false }
}

pub(crate) fn request(all: &Ceremonies, random: &mut Random) -> Damaged {
    let index = random.below(all.requests.len());
    let mut text = all.requests[index].to_string().into_bytes();
    damage(&mut text, random);
    Damaged::Request { of: index / FORMS, text }
}

/// Overwrites, inserts, removes, repeats or cuts.
pub(crate) fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len());
        match random.below(6) {
            0 if !bytes.is_empty() => bytes[at] = random.byte(),
            1 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
            2 => bytes.insert(at, random.byte()),
            3 if !bytes.is_empty() => drop(bytes.remove(at)),
            4 => {
                let end = (at + 1 + random.below(16)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
            _ => bytes.truncate(at),
        }
    }
}

/// The head of one and the tail of the other, cut at the same place as often as not.
fn spliced(one: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let head = random.below(one.len() + 1);
    let tail = if random.chance(2) { head } else { random.below(other.len() + 1) };
    [&one[..head], &other[tail.min(other.len())..]].concat()
}
