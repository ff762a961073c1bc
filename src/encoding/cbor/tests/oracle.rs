//! A second opinion on strict CBOR: a lenient reader (`ciborium`), and the rule that canonical
//! bytes are the ones that come out when what was read is written again. `fuzz/` uses this file
//! as well, so it knows nothing of the reader that it judges.

#![allow(clippy::arithmetic_side_effects, reason = "a test fails by panicking")]

use ciborium::Value;

/// Entries of one map or array, and items of one value, that the strict reader takes.
const MAX_ENTRIES: usize = 64;
const MAX_ITEMS: usize = 512;

/// Whether a strict reader has to take `bytes` as one item of at most this depth.
pub(super) fn accepts(bytes: &[u8], depth: usize) -> bool {
    let mut rest = bytes;
    let Ok(value) = ciborium::from_reader::<Value, _>(&mut rest) else {
        return false;
    };
    let mut items = 0;
    rest.is_empty()
        && within_limits(&value, depth, &mut items)
        && items <= MAX_ITEMS
        && canonical(&value, bytes, 0).as_deref() == Some(bytes)
}

fn within_limits(value: &Value, depth: usize, items: &mut usize) -> bool {
    *items += 1;
    let inside: Vec<&Value> = match value {
        Value::Array(inside) => inside.iter().collect(),
        Value::Map(entries) => entries.iter().flat_map(|(key, entry)| [key, entry]).collect(),
        _ => return true,
    };
    let entries = if value.is_map() { inside.len() / 2 } else { inside.len() };
    depth > 0
        && entries <= MAX_ENTRIES
        && inside.into_iter().all(|value| within_limits(value, depth - 1, items))
}

/// What a canonical writer makes of `value`, which was read from `original` at `start`: no tags, no
/// key twice, keys in the order of their bytes.
///
/// Two things of the original are kept because the lenient reader drops them and the canonical
/// form of CTAP2 leaves them to the writer: the width of a float, and `undefined`.
fn canonical(value: &Value, original: &[u8], start: usize) -> Option<Vec<u8>> {
    let first = original.get(start).copied();
    match value {
        Value::Array(items) => {
            let mut out = head(0x80, items.len())?;
            for item in items {
                out.extend(canonical(item, original, start + out.len())?);
            }
            Some(out)
        }
        Value::Map(entries) => {
            let mut out = head(0xa0, entries.len())?;
            let mut written: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
            let mut at = start + out.len();
            for (key, entry) in entries {
                let key = canonical(key, original, at)?;
                let entry = canonical(entry, original, at + key.len())?;
                at += key.len() + entry.len();
                written.push((key, entry));
            }
            written.sort();
            if written.windows(2).any(|pair| pair[0].0 == pair[1].0) {
                return None;
            }
            out.extend(written.into_iter().flat_map(|(key, entry)| [key, entry].concat()));
            Some(out)
        }
        Value::Float(_) => {
            let width = match first {
                Some(0xf9) => 3,
                Some(0xfa) => 5,
                _ => 9,
            };
            original.get(start..start + width).map(<[u8]>::to_vec)
        }
        Value::Null if first == Some(0xf7) => Some(vec![0xf7]),
        Value::Tag(..) => None,
        scalar => {
            let mut out = Vec::new();
            ciborium::into_writer(scalar, &mut out).expect("a vector takes everything");
            Some(out)
        }
    }
}

/// The head of an array or map; 64 entries are the most.
fn head(major: u8, entries: usize) -> Option<Vec<u8>> {
    match u8::try_from(entries).ok()? {
        few @ 0..=23 => Some(vec![major | few]),
        some => Some(vec![major | 24, some]),
    }
}
