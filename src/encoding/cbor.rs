//! Strict CBOR over `ciborium-ll`.
//!
//! `ciborium-ll` reads one item header at a time and is lenient; the rules are ours: the CTAP2
//! canonical form (definite lengths, shortest forms, keys in order, no duplicates, no tags),
//! bounded depth and size, nothing behind the item. Values borrow from the input.

use ciborium_ll::{Decoder, Header, simple};

use super::reader::Reader;
use super::{Fault, Malformed};

/// Entries of one map or array. The longest that a format defines has seven; 64 leaves room
/// for extension outputs without letting a header of a few bytes buy memory.
const MAX_ENTRIES: usize = 64;

/// Items of one value, keys included: an attestation object has about thirty. The budget keeps a
/// tree of one-byte items from costing thirty times its bytes in memory.
const MAX_ITEMS: usize = 512;

/// Entries that are made room for before they are seen: no format's map has more than seven, and
/// what a header declares buys no more than this.
const FEW: usize = 8;

/// Nesting of an attestation object: map, statement, x5c; one to spare.
pub(crate) const MAX_DEPTH: usize = 4;

/// A decoded item. Only what canonical CBOR can say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Unsigned(u64),
    /// The encoded argument `n` of the number `-1 - n`.
    Negative(u64),
    Bytes(&'a [u8]),
    Text(&'a str),
    Array(Vec<Value<'a>>),
    Map(Vec<(Value<'a>, Value<'a>)>),
    Bool(bool),
    Null,
    Undefined,
    /// The bits of the number, so that a NaN equals itself: as a map key it can repeat too.
    Float(u64),
}

impl<'a> Value<'a> {
    /// One item that fills `input`.
    pub(crate) fn read(
        input: &'a [u8],
        item: &'static str,
        depth: usize,
    ) -> Result<Self, Malformed> {
        super::reader::complete(input, item, |reader| {
            value(reader, depth, &mut Walk::new(Keys::Canonical))
        })
    }

    /// Like [`Value::read`], but the order of map keys is not judged; duplicates still are.
    pub(crate) fn read_in_any_order(
        input: &'a [u8],
        item: &'static str,
        depth: usize,
    ) -> Result<Self, Malformed> {
        super::reader::complete(input, item, |reader| {
            value(reader, depth, &mut Walk::new(Keys::AnyOrder))
        })
    }

    /// The item at the reader's position.
    pub(crate) fn read_prefix(reader: &mut Reader<'a>, depth: usize) -> Result<Self, Malformed> {
        value(reader, depth, &mut Walk::new(Keys::Canonical))
    }

    pub(crate) fn integer(&self) -> Option<i64> {
        match self {
            Self::Unsigned(number) => i64::try_from(*number).ok(),
            // -1 - n, which cannot overflow once n fits an i64.
            Self::Negative(argument) => i64::try_from(*argument).ok().map(|n| !n),
            _ => None,
        }
    }

    pub(crate) const fn bytes(&self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    pub(crate) const fn text(&self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn map(&self) -> Option<&[(Value<'a>, Value<'a>)]> {
        match self {
            Self::Map(entries) => Some(entries),
            _ => None,
        }
    }

    pub(crate) fn array(&self) -> Option<&[Value<'a>]> {
        match self {
            Self::Array(entries) => Some(entries),
            _ => None,
        }
    }

    /// The member of a map under a text key.
    pub(crate) fn member(&self, key: &str) -> Option<&Value<'a>> {
        self.map()?.iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }

    /// The member of a map under an integer label, as COSE uses them.
    pub(crate) fn label(&self, label: i64) -> Option<&Value<'a>> {
        self.map()?.iter().find(|(name, _)| name.integer() == Some(label)).map(|(_, value)| value)
    }
}

/// Whether map keys have to be in canonical order.
#[derive(Clone, Copy, PartialEq)]
enum Keys {
    Canonical,
    AnyOrder,
}

/// What one reading has left to spend, and its rule for keys.
struct Walk {
    keys: Keys,
    items: usize,
}

impl Walk {
    const fn new(keys: Keys) -> Self {
        Self { keys, items: MAX_ITEMS }
    }
}

fn value<'a>(
    reader: &mut Reader<'a>,
    depth: usize,
    walk: &mut Walk,
) -> Result<Value<'a>, Malformed> {
    let before = reader.clone();
    walk.items = walk.items.checked_sub(1).ok_or_else(|| before.fault(Fault::TooMany))?;
    let header = header(reader)?;
    Ok(match header {
        Header::Positive(number) => Value::Unsigned(number),
        Header::Negative(argument) => Value::Negative(argument),
        Header::Float(number) => Value::Float(number.to_bits()),
        Header::Simple(simple::FALSE) => Value::Bool(false),
        Header::Simple(simple::TRUE) => Value::Bool(true),
        Header::Simple(simple::NULL) => Value::Null,
        Header::Simple(simple::UNDEFINED) => Value::Undefined,
        Header::Simple(_) => return Err(before.fault(Fault::CborSimple)),
        Header::Tag(_) => return Err(before.fault(Fault::CborTag)),
        Header::Break
        | Header::Bytes(None)
        | Header::Text(None)
        | Header::Array(None)
        | Header::Map(None) => return Err(before.fault(Fault::CborIndefinite)),
        Header::Bytes(Some(length)) => Value::Bytes(reader.take(length)?),
        Header::Text(Some(length)) => {
            let bytes = reader.take(length)?;
            Value::Text(core::str::from_utf8(bytes).map_err(|_| before.fault(Fault::Utf8))?)
        }
        Header::Array(Some(length)) => {
            let depth = entered(&before, depth, length)?;
            let mut entries = Vec::with_capacity(length.min(FEW));
            for _ in 0..length {
                entries.push(value(reader, depth, walk)?);
            }
            Value::Array(entries)
        }
        Header::Map(Some(length)) => {
            let depth = entered(&before, depth, length)?;
            Value::Map(map(reader, depth, length, walk)?)
        }
    })
}

/// Canonical order is the order of the encoded keys.
fn map<'a>(
    reader: &mut Reader<'a>,
    depth: usize,
    length: usize,
    walk: &mut Walk,
) -> Result<Vec<(Value<'a>, Value<'a>)>, Malformed> {
    let mut entries = Vec::with_capacity(length.min(FEW));
    let mut previous: Option<&[u8]> = None;
    for _ in 0..length {
        let before = reader.clone();
        let key = value(reader, depth, walk)?;
        let encoded = consumed(&before, reader);
        let order = previous.map(|previous| previous.cmp(encoded));
        // While keys ascend none can repeat; otherwise a duplicate is named before the order is.
        let ascending = walk.keys == Keys::Canonical && order == Some(core::cmp::Ordering::Less);
        if !ascending && entries.iter().any(|(known, _)| *known == key) {
            return Err(before.fault(Fault::CborDuplicate));
        }
        if order == Some(core::cmp::Ordering::Greater) && walk.keys == Keys::Canonical {
            return Err(before.fault(Fault::CborOrder));
        }
        previous = Some(encoded);
        let entry = value(reader, depth, walk)?;
        entries.push((key, entry));
    }
    Ok(entries)
}

fn consumed<'a>(before: &Reader<'a>, after: &Reader<'a>) -> &'a [u8] {
    let length = before.rest().len().saturating_sub(after.rest().len());
    before.rest().split_at_checked(length).map_or(&[], |(head, _)| head)
}

fn entered(at: &Reader<'_>, depth: usize, length: usize) -> Result<usize, Malformed> {
    if length > MAX_ENTRIES {
        return Err(at.fault(Fault::TooMany));
    }
    depth.checked_sub(1).ok_or_else(|| at.fault(Fault::TooDeep))
}

fn header(reader: &mut Reader<'_>) -> Result<Header, Malformed> {
    let before = reader.clone();
    let Some(first) = reader.rest().first() else {
        return Err(reader.fault(Fault::Truncated));
    };
    // Additional information 28 to 30 is reserved; the decoder calls it a syntax error.
    if matches!(first & 0x1f, 28..=30) {
        return Err(before.fault(Fault::CborIndefinite));
    }
    let mut decoder = Decoder::from(reader.rest());
    let header = decoder.pull().map_err(|_| before.fault(Fault::Truncated))?;
    let length = decoder.offset();
    reader.take(length)?;
    if shortest(&header).is_some_and(|shortest| shortest != length) {
        return Err(before.fault(Fault::CborNotShortest));
    }
    Ok(header)
}

/// The number of bytes that the shortest encoding of a header takes; floats keep their width.
fn shortest(header: &Header) -> Option<usize> {
    let argument = match header {
        Header::Positive(number) | Header::Negative(number) => *number,
        Header::Bytes(length)
        | Header::Text(length)
        | Header::Array(length)
        | Header::Map(length) => u64::try_from((*length)?).ok()?,
        Header::Simple(value) => u64::from(*value),
        Header::Float(_) | Header::Tag(_) | Header::Break => return None,
    };
    Some(match argument {
        0..=23 => 1,
        24..=0xff => 2,
        0x100..=0xffff => 3,
        0x1_0000..=0xffff_ffff => 5,
        _ => 9,
    })
}

#[cfg(any(test, fuzzing))]
mod rewritten;
#[cfg(any(test, fuzzing))]
pub(crate) use rewritten::rewritten;

#[cfg(test)]
mod tests;
