//! What can still be taken out of CBOR that the strict reader refuses: the members of a map, each
//! as its bytes, so that one bad member does not hide the others.
//!
//! This walk knows only where items end. It takes indefinite lengths, tags and long forms, cuts
//! what is truncated, and gives no value of its own: a member's bytes go back to the strict reader.

use std::borrow::Cow;

use crate::encoding::cbor::Value;
use crate::encoding::hex;
use crate::encoding::reader::Reader;

/// Members of one map. An attestation object has three, a statement at most seven.
const MAX_MEMBERS: usize = 64;
/// Deeper nesting than any strict reader takes, shallow enough for the stack.
const MAX_DEPTH: usize = 16;

/// A member of a map.
pub(super) struct Member<'a> {
    /// The key where it is a text, otherwise a description of it.
    pub(super) name: Cow<'a, str>,
    /// The encoded value, to where the input ends if that is earlier.
    pub(super) encoded: &'a [u8],
}

/// The members of the map that `bytes` begins with, as far as they can be told
/// apart.
pub(super) fn members<'a>(bytes: &'a [u8]) -> Vec<Member<'a>> {
    let mut reader = Reader::new(bytes, "map");
    let mut members = Vec::new();
    let Some(Head { major: MAP, argument }) = head(&mut reader) else {
        return members;
    };
    let mut left = argument.unwrap_or(u64::MAX);
    while left > 0 && members.len() < MAX_MEMBERS && !reader.is_empty() && !is_break(&reader) {
        left = left.saturating_sub(1);
        let (Some(key), Some(value)) = (item(&mut reader), item(&mut reader)) else {
            break;
        };
        let name = text(key)
            .map_or_else(|| Cow::Owned(format!("(key {})", hex::encode(key))), Cow::Borrowed);
        members.push(Member { name, encoded: value });
    }
    members
}

/// The items of the array that `bytes` begins with.
pub(super) fn items(bytes: &[u8]) -> Vec<&[u8]> {
    let mut reader = Reader::new(bytes, "array");
    let mut items = Vec::new();
    let Some(Head { major: ARRAY, argument }) = head(&mut reader) else {
        return items;
    };
    let mut left = argument.unwrap_or(u64::MAX);
    while left > 0 && items.len() < MAX_MEMBERS && !reader.is_empty() && !is_break(&reader) {
        left = left.saturating_sub(1);
        match item(&mut reader) {
            Some(encoded) => items.push(encoded),
            None => break,
        }
    }
    items
}

/// The content of an encoded byte string, as far as it goes.
pub(super) fn byte_string(encoded: &[u8]) -> Option<&[u8]> {
    content(encoded, BYTES)
}

/// The content of an encoded text.
pub(super) fn text(encoded: &[u8]) -> Option<&str> {
    core::str::from_utf8(content(encoded, TEXT)?).ok()
}

/// An encoded integer.
pub(super) fn integer(encoded: &[u8]) -> Option<i64> {
    Value::read(encoded, "integer", 0).ok()?.integer()
}

/// The bytes of the item at the reader's position.
pub(super) fn first<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    item(reader)
}

const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;
const SIMPLE: u8 = 7;

struct Head {
    major: u8,
    /// `None` for an indefinite length.
    argument: Option<u64>,
}

fn head(reader: &mut Reader<'_>) -> Option<Head> {
    let first = reader.u8().ok()?;
    let argument = match first & 0x1f {
        small @ 0..=23 => Some(u64::from(small)),
        24 => Some(u64::from(reader.u8().ok()?)),
        25 => Some(u64::from(reader.u16().ok()?)),
        26 => Some(u64::from(reader.u32().ok()?)),
        27 => Some(reader.u64().ok()?),
        31 => None,
        _ => return None,
    };
    Some(Head { major: first >> 5, argument })
}

fn is_break(reader: &Reader<'_>) -> bool {
    reader.rest().first() == Some(&0xff)
}

fn content(encoded: &[u8], major: u8) -> Option<&[u8]> {
    let mut reader = Reader::new(encoded, "string");
    let head = head(&mut reader).filter(|head| head.major == major)?;
    let length = usize::try_from(head.argument?).ok()?;
    let rest = reader.rest();
    Some(rest.split_at_checked(length).map_or(rest, |(head, _)| head))
}

/// The bytes of the next item; all that is left where the item is cut off.
fn item<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    if reader.is_empty() {
        return None;
    }
    let before = reader.rest();
    if skip(reader, MAX_DEPTH).is_none() {
        let left = reader.rest().len();
        reader.take(left).ok()?;
        return Some(before);
    }
    let length = before.len().saturating_sub(reader.rest().len());
    before.split_at_checked(length).map(|(head, _)| head)
}

/// Every turn consumes a byte or ends, so the work is bounded by the input.
fn skip(reader: &mut Reader<'_>, depth: usize) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    let Head { major, argument } = head(reader)?;
    match (major, argument) {
        (BYTES | TEXT, Some(length)) => reader.take(usize::try_from(length).ok()?).ok().map(|_| ()),
        (ARRAY, Some(length)) => skip_many(reader, depth, length),
        (MAP, Some(length)) => skip_many(reader, depth, length.checked_mul(2)?),
        (BYTES | TEXT | ARRAY | MAP, None) => {
            while !is_break(reader) {
                skip(reader, depth)?;
            }
            reader.u8().ok().map(|_| ())
        }
        (TAG, Some(_)) => skip(reader, depth),
        // A break outside of an indefinite item, and what has no meaning at all.
        (SIMPLE | TAG, None) => None,
        _ => Some(()),
    }
}

fn skip_many(reader: &mut Reader<'_>, depth: usize, count: u64) -> Option<()> {
    for _ in 0..count {
        skip(reader, depth)?;
    }
    Some(())
}
