//! Strict JSON: UTF-8, one value, no duplicate member at any level.
//!
//! `serde_json` reads the grammar; the tree is ours because its own `Value` keeps the last of two
//! equal members without a word, and a verifier and a client must not read different ones.

use std::borrow::Cow;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::{Fault, Malformed};

/// Members of one object or array: far above what a request has, low enough that the duplicate search
/// (linear in the members so far) stays cheap.
const MAX_MEMBERS: usize = 256;

/// Values of one text of a request, at all levels: a request has about thirty. A value of two
/// bytes takes up to a hundred in memory, so that what is small has to be counted (security.md
/// T-36).
const MAX_VALUES: usize = 512;

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
        Self::parse(bytes, item, MAX_MEMBERS, MAX_VALUES)
    }

    /// Parses `bytes` as one JSON value whose arrays may be as long as the input has room for.
    pub(crate) fn read_long(bytes: &'a [u8], item: &'static str) -> Result<Self, Malformed> {
        Self::parse(bytes, item, usize::MAX, usize::MAX)
    }

    fn parse(
        bytes: &'a [u8],
        item: &'static str,
        items: usize,
        mut values: usize,
    ) -> Result<Self, Malformed> {
        let text = core::str::from_utf8(bytes)
            .map_err(|error| Malformed::new(item, Fault::Utf8, error.valid_up_to()))?;
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let parsed = Walk { items, values: &mut values }
            .deserialize(&mut deserializer)
            .and_then(|json| deserializer.end().map(|()| json));
        parsed.map_err(|error| {
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

    /// The text of [`Json::to_value`], without making that tree.
    pub(crate) fn to_text(&self) -> String {
        // Nothing in a JSON value can fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Members stand in the order of their names, whatever order they were read in.
impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(items) => serializer.collect_seq(items),
            Self::Object(members) => {
                let mut sorted: Vec<&(Cow<'_, str>, Self)> = members.iter().collect();
                sorted.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
                serializer.collect_map(sorted.into_iter().map(|(name, value)| (name, value)))
            }
        }
    }
}

/// One reading: the longest array that it takes, and the values that it may still make.
struct Walk<'w> {
    items: usize,
    values: &'w mut usize,
}

impl Walk<'_> {
    /// The walk of a value inside the one that is being read.
    fn inside(&mut self) -> Walk<'_> {
        Walk { items: self.items, values: self.values }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json<'de>, D::Error> {
        *self.values = self.values.checked_sub(1).ok_or_else(|| de::Error::custom(TOO_MANY))?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
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

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut sequence: A) -> Result<Json<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element_seed(self.inside())? {
            if items.len() >= self.items {
                return Err(de::Error::custom(TOO_MANY));
            }
            items.push(item);
        }
        items.shrink_to_fit();
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Json<'de>, A::Error> {
        let mut members: Vec<(Cow<'de, str>, Json<'de>)> = Vec::new();
        while let Some(Name(name)) = map.next_key::<Name<'de>>()? {
            if members.iter().any(|(known, _)| *known == name) {
                return Err(de::Error::custom(DUPLICATE));
            }
            if members.len() >= MAX_MEMBERS {
                return Err(de::Error::custom(TOO_MANY));
            }
            let value = map.next_value_seed(self.inside())?;
            members.push((name, value));
        }
        members.shrink_to_fit();
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
    fn values_of_a_request_are_bounded_at_all_levels_together() {
        // The array, and rows of sixteen values each.
        let rows = |rows: usize, row: &str| {
            format!("[{}{row}]", "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],".repeat(rows))
        };
        assert!(Json::read(rows(31, "[0,0,0,0,0,0,0,0,0,0,0,0,0,0]").as_bytes(), "item").is_ok());
        assert_eq!(fault(rows(31, "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]").as_bytes()), Fault::TooMany);
        assert!(Json::read_long(rows(4000, "0").as_bytes(), "item").is_ok());
    }

    #[test]
    fn the_text_is_that_of_the_tree_of_serde_json() {
        let json = Json::read(
            r#"{"b":[1,-2,0.5,null,true,"\u0001é"],"a":{"z":0,"y":{}},"":""}"#.as_bytes(),
            "item",
        );
        let json = json.unwrap();
        assert_eq!(json.to_text(), json.to_value().to_string());
        assert!(json.to_text().starts_with(r#"{"":"","a":{"y""#));
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
