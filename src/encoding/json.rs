//! Strict JSON: UTF-8, one value, no duplicate member at any level.
//!
//! `serde_json` reads the grammar; the tree is ours because its own `Value` keeps the last of two
//! equal members without a word, and a verifier and a client must not read different ones.

use std::borrow::Cow;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{Fault, Malformed};

/// Members of one object or array: far above what a request has, low enough that the duplicate search
/// (linear in the members so far) stays cheap.
const MAX_MEMBERS: usize = 256;

/// Members that are made room for before they are seen.
const FEW: usize = 8;

const DUPLICATE: &str = "duplicate member";
const TOO_MANY: &str = "too many members";

/// A JSON value in which every object has distinct members. Texts without escapes borrow from the
/// input.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    String(Cow<'a, str>),
    Array(Vec<Json<'a>>),
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl<'a> Json<'a> {
    /// Parses `bytes` as one JSON value of a request.
    pub(crate) fn read(bytes: &'a [u8], item: &'static str) -> Result<Self, Malformed> {
        Self::parse::<MAX_MEMBERS>(bytes, item)
    }

    /// Parses `bytes` as one JSON value whose arrays may be as long as the input has room for.
    pub(crate) fn read_long(bytes: &'a [u8], item: &'static str) -> Result<Self, Malformed> {
        Self::parse::<{ usize::MAX }>(bytes, item)
    }

    fn parse<const ITEMS: usize>(bytes: &'a [u8], item: &'static str) -> Result<Self, Malformed> {
        let text = core::str::from_utf8(bytes)
            .map_err(|error| Malformed::new(item, Fault::Utf8, error.valid_up_to()))?;
        let parsed = serde_json::from_str::<Bounded<'a, ITEMS>>(text);
        parsed.map(|bounded| bounded.0).map_err(|error| {
            let message = error.to_string();
            let fault = if message.starts_with(DUPLICATE) {
                Fault::JsonDuplicate
            } else if message.starts_with(TOO_MANY) {
                Fault::TooMany
            } else if message.starts_with("recursion limit") {
                Fault::TooDeep
            } else {
                Fault::Json
            };
            Malformed::new(item, fault, error.column())
        })
    }

    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        self.object()?.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub(crate) fn object(&self) -> Option<&[(Cow<'a, str>, Self)]> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    pub(crate) fn array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn string(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) const fn boolean(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    pub(crate) fn integer(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.as_i64(),
            _ => None,
        }
    }
}

impl Json<'_> {
    /// The same value, borrowing nothing.
    pub(crate) fn to_owned(&self) -> Json<'static> {
        let owned = |text: &str| Cow::Owned(text.to_owned());
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => Json::Bool(*value),
            Self::Number(number) => Json::Number(number.clone()),
            Self::String(text) => Json::String(owned(text)),
            Self::Array(items) => Json::Array(items.iter().map(Json::to_owned).collect()),
            Self::Object(members) => Json::Object(
                members.iter().map(|(name, value)| (owned(name), value.to_owned())).collect(),
            ),
        }
    }

    /// The same value in `serde_json`'s own tree, for writing it out again.
    pub(crate) fn to_value(&self) -> serde_json::Value {
        use serde_json::Value;
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(number) => Value::Number(number.clone()),
            Self::String(text) => Value::String(text.to_string()),
            Self::Array(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Self::Object(members) => Value::Object(
                members.iter().map(|(name, value)| (name.to_string(), value.to_value())).collect(),
            ),
        }
    }

    /// The text of [`Json::to_value`].
    pub(crate) fn to_text(&self) -> String {
        self.to_value().to_string()
    }
}

/// A value in which no array has more than `ITEMS` items.
struct Bounded<'a, const ITEMS: usize>(Json<'a>);

impl<'de, const ITEMS: usize> Deserialize<'de> for Bounded<'de, ITEMS> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor::<ITEMS>).map(Self)
    }
}

struct JsonVisitor<const ITEMS: usize>;

impl<'de, const ITEMS: usize> Visitor<'de> for JsonVisitor<ITEMS> {
    type Value = Json<'de>;

    fn expecting(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Json<'de>, E> {
        serde_json::Number::from_f64(value)
            .map(Json::Number)
            .ok_or_else(|| E::custom("number is not finite"))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::String(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json<'de>, E> {
        Ok(Json::String(Cow::Owned(value.to_owned())))
    }

    fn visit_string<E>(self, value: String) -> Result<Json<'de>, E> {
        Ok(Json::String(Cow::Owned(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Json<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(Bounded(item)) = sequence.next_element::<Bounded<'de, ITEMS>>()? {
            if items.len() >= ITEMS {
                return Err(de::Error::custom(TOO_MANY));
            }
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json<'de>, A::Error> {
        let mut members: Vec<(Cow<'de, str>, Json<'de>)> = Vec::with_capacity(FEW);
        while let Some(Name(name)) = map.next_key::<Name<'de>>()? {
            if members.iter().any(|(known, _)| *known == name) {
                return Err(de::Error::custom(DUPLICATE));
            }
            if members.len() >= MAX_MEMBERS {
                return Err(de::Error::custom(TOO_MANY));
            }
            let Bounded(value) = map.next_value::<Bounded<'de, ITEMS>>()?;
            members.push((name, value));
        }
        Ok(Json::Object(members))
    }
}

/// The name of a member.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor).map(Self)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("the name of a member")
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(value.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &[u8]) -> Fault {
        Json::read(text, "item").unwrap_err().fault
    }

    #[test]
    fn duplicates_are_refused_at_every_level_and_in_every_spelling() {
        assert_eq!(fault(br#"{"a":1,"a":1}"#), Fault::JsonDuplicate);
        assert_eq!(fault(br#"{"b":{"a":1,"\u0061":1}}"#), Fault::JsonDuplicate);
        assert_eq!(fault(br#"[[{"a":1,"a":2}]]"#), Fault::JsonDuplicate);
    }

    #[test]
    fn arrays_of_a_request_are_bounded() {
        let array = |items: usize| format!("[{}0]", "0,".repeat(items - 1));
        assert!(Json::read(array(256).as_bytes(), "item").is_ok());
        assert_eq!(fault(array(257).as_bytes()), Fault::TooMany);
        assert!(Json::read_long(array(1000).as_bytes(), "item").is_ok());
    }

    #[test]
    fn what_is_not_one_json_value_is_refused() {
        for refused in [&b"{} {}"[..], b"{}x", b"{", b"", b"nul", br#"{"a":"\ud800"}"#, b"{'a':1}"]
        {
            assert_eq!(fault(refused), Fault::Json, "{refused:?}");
        }
        assert_eq!(fault(b"\"\xff\""), Fault::Utf8);
        assert_eq!(fault("[".repeat(100_000).as_bytes()), Fault::TooDeep);
    }
}
