//! JSON bodies, read strictly: no member twice in one object at any level, no nesting beyond a
//! bound, and for each type no member that it does not have.

use core::fmt;

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Map, Value};

use super::Problem;

/// Levels of objects and arrays.
const MAX_DEPTH: u8 = 16;

/// Reads a body as a value.
pub(super) fn value(bytes: &[u8]) -> Result<Value, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { left: MAX_DEPTH }.deserialize(&mut reader);
    // What the reader says of an error can quote the body.
    let value = value.map_err(|_| Problem::malformed(None))?;
    reader.end().map_err(|_| Problem::malformed(None))?;
    Ok(value)
}

/// Reads a value as a type.
pub(super) fn typed<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner().to_string();
        // Worded by serde's own derive. The name in it is one of ours, whereas the name of an
        // unknown member is the client's and not repeated.
        let missing = inner.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
        let prefix = if path == "." { String::new() } else { format!("{path}.") };
        match missing {
            Some(member) => Problem::missing(&format!("{prefix}{member}")),
            None if inner.starts_with("unknown field") || path == "." => Problem::malformed(None),
            None => Problem::malformed(Some(&path)),
        }
    })
}

/// A value without members given twice.
#[derive(Clone, Copy)]
struct Strict {
    left: u8,
}

impl Strict {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        let left = self.left.checked_sub(1).ok_or_else(|| E::custom("nested too deeply"))?;
        Ok(Self { left })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = sequence.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(inner)?;
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member is given twice"));
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        inner: Inner,
    }

    #[derive(Debug, serde::Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        number: u8,
    }

    fn read(text: &str) -> Result<Outer, String> {
        value(text.as_bytes()).and_then(typed).map_err(|problem| format!("{problem:?}"))
    }

    #[test]
    fn a_body_is_read_strictly() {
        assert_eq!(read(r#"{"inner":{"number":7}}"#), Ok(Outer { inner: Inner { number: 7 } }));
        for (text, expected) in [
            (
                r#"{"inner":{"number":7}} "#.trim_end().trim_end_matches('}'),
                "Malformed, name: None",
            ),
            (r#"{"inner":{"number":7}}x"#, "Malformed, name: None"),
            (r#"{"inner":{"number":7},}"#, "Malformed, name: None"),
            (r#"{"inner":{"number":7,"number":7}}"#, "Malformed, name: None"),
            (r#"{"inner":{"number":7},"inner":{"number":7}}"#, "Malformed, name: None"),
            (r#"{"inner":{"number":7},"x":1}"#, "Malformed, name: None"),
            (r#"{"inner":{"number":7,"hidden":1}}"#, "Malformed, name: None"),
            (r#"{"inner":{"number":"7"}}"#, "Malformed, name: Some(\"inner.number\")"),
            (r#"{"inner":{}}"#, "Missing, name: Some(\"inner.number\")"),
            ("{}", "Missing, name: Some(\"inner\")"),
            ("", "Malformed, name: None"),
            ("7", "Malformed, name: None"),
        ] {
            let found = read(text).unwrap_err();
            assert!(found.contains(expected), "{text}: {found}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(value(nested(16).as_bytes()).is_ok());
        assert!(value(nested(17).as_bytes()).is_err());
        assert!(value("[".repeat(200_000).as_bytes()).is_err());
    }
}
