//! Small helpers over [`ciborium::Value`], for building and for editing maps.

pub use ciborium::Value;

/// The entries of a CBOR map, in the order they are written.
pub type Entries = Vec<(Value, Value)>;

/// The CBOR encoding of `value`: shortest lengths, map entries in the order given.
pub fn encode(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    ciborium::into_writer(value, &mut out).expect("writing to a vector");
    out
}

/// The value of a CBOR encoding this kit made.
pub fn decode(bytes: &[u8]) -> Value {
    ciborium::from_reader(bytes).expect("CBOR made by this kit")
}

/// A CBOR integer.
pub fn integer(value: i64) -> Value {
    Value::Integer(value.into())
}

/// A CBOR text string.
pub fn text(value: &str) -> Value {
    Value::Text(value.into())
}

/// A CBOR byte string.
pub fn bytes(value: impl Into<Vec<u8>>) -> Value {
    Value::Bytes(value.into())
}

/// The value under a text key.
///
/// Panics when there is none, so that a test whose edit has nothing to edit fails loudly.
pub fn member<'a>(entries: &'a mut Entries, key: &str) -> &'a mut Value {
    entries
        .iter_mut()
        .find(|(name, _)| name.as_text() == Some(key))
        .map(|(_, value)| value)
        .unwrap_or_else(|| panic!("no member {key:?} to edit"))
}

/// The byte string under a text key; panics when there is none.
pub fn byte_member<'a>(entries: &'a mut Entries, key: &str) -> &'a mut Vec<u8> {
    match member(entries, key) {
        Value::Bytes(bytes) => bytes,
        other => panic!("{key:?} is not a byte string: {other:?}"),
    }
}

/// Replaces the value under a text key, or appends the entry when there is none.
pub fn set(entries: &mut Entries, key: &str, value: Value) {
    match entries.iter_mut().find(|(name, _)| name.as_text() == Some(key)) {
        Some((_, old)) => *old = value,
        None => entries.push((text(key), value)),
    }
}

/// Drops the entry under a text key; panics when there is none.
pub fn remove(entries: &mut Entries, key: &str) -> Value {
    let at = entries
        .iter()
        .position(|(name, _)| name.as_text() == Some(key))
        .unwrap_or_else(|| panic!("no member {key:?} to remove"));
    entries.remove(at).1
}

/// Replaces the value under an integer key of a COSE key, or appends the entry.
pub fn set_label(cose_key: &mut Value, label: i64, value: Value) {
    let Value::Map(entries) = cose_key else {
        panic!("a COSE key is a map");
    };
    let key = integer(label);
    match entries.iter_mut().find(|(name, _)| *name == key) {
        Some((_, old)) => *old = value,
        None => entries.push((key, value)),
    }
}

/// Drops the entry under an integer key of a COSE key; panics when there is none.
pub fn remove_label(cose_key: &mut Value, label: i64) {
    let Value::Map(entries) = cose_key else {
        panic!("a COSE key is a map");
    };
    let key = integer(label);
    let before = entries.len();
    entries.retain(|(name, _)| *name != key);
    assert_ne!(before, entries.len(), "no label {label} to remove");
}
