//! Google's status list of Android attestation certificates, as data that is handed in.
//!
//! The list is one JSON object, `{"entries": {SERIAL: {"status": …, "reason": …}}}`, without a
//! date or a signature of its own. So the caller says when it was fetched, and a verification
//! says how old it may be.
//!
//! Google's documentation asks for serial numbers in lower-case hexadecimal without leading
//! zeros. More than half of the real list is written in decimal. A key of digits alone could be
//! either, so the list's keys are kept as they are written and each certificate is looked up in
//! both spellings: converting the keys would lose entries, and looking up one spelling would miss
//! them.

use core::fmt;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::crypto::sha256;
use crate::encoding::certificate::Certificate;
use crate::encoding::{Fault, Malformed};
use crate::time::UnixTime;
use crate::verdict::{Cause, Evidence, Reason};

const ITEM: &str = "Android status list";

/// The real list has some 170 KB and 1,750 entries in 2026.
const MAX_BYTES: usize = 4 * 1024 * 1024;
const MAX_ENTRIES: usize = 65_536;
/// A serial number has at most 20 octets (RFC 5280 section 4.1.2.2): 49 decimal digits.
const MAX_KEY: usize = 64;
/// Characters that are kept of a reason; those in use have up to 16.
const MAX_REASON: usize = 32;

/// The status list, read once and handed to a trust store.
#[derive(Debug, Clone)]
pub struct AndroidStatusList {
    entries: BTreeMap<String, Entry>,
    fetched: UnixTime,
    digest: [u8; 32],
    respelled: usize,
}

/// What the list says of one serial number.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    status: Status,
    reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Revoked,
    Suspended,
    /// Neither of the two: what it means is not known, so that it cannot mean "good".
    Unknown,
}

impl AndroidStatusList {
    /// Reads the list as Google publishes it; `fetched` is when it was fetched.
    ///
    /// Members that are not known are passed over. What could hide an entry fails the whole list,
    /// so that the last good one stays in use: a key twice, a key that is no serial number, an
    /// entry without a status.
    ///
    /// # Errors
    ///
    /// When the bytes are not such a list.
    pub fn from_json(bytes: &[u8], fetched: UnixTime) -> Result<Self, AndroidStatusError> {
        if bytes.len() > MAX_BYTES {
            return Err(AndroidStatusError("it has more than 4 MiB".to_owned()));
        }
        let list: List =
            serde_json::from_slice(bytes).map_err(|error| AndroidStatusError(error.to_string()))?;
        let Entries { entries, respelled } = list.entries;
        let fetched_at = fetched.0.to_be_bytes();
        let digest = sha256(&[b"device-enrollment android status list 1", &fetched_at, bytes]);
        Ok(Self { entries, fetched, digest, respelled })
    }

    /// How many serial numbers it lists.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it lists none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// When it was fetched, as the caller said.
    #[must_use]
    pub const fn fetched(&self) -> UnixTime {
        self.fetched
    }

    /// SHA-256 over the list's bytes and the time at which it was fetched.
    #[must_use]
    pub const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// How many keys were not in their agreed form (upper case, leading zeros) and were read as
    /// if they were.
    #[must_use]
    pub const fn respelled(&self) -> usize {
        self.respelled
    }

    /// How many entries have a status other than REVOKED and SUSPENDED. Their certificates are
    /// refused.
    #[must_use]
    pub fn unknown_statuses(&self) -> usize {
        self.entries.values().filter(|entry| entry.status == Status::Unknown).count()
    }

    /// AK-18: the list is fresh, and none of the certificates is on it.
    ///
    /// A list that was fetched after `time` is fresh. An enrollment that is judged again is judged
    /// at the time of that, or a list of the day after it would serve for ever.
    pub(crate) fn judge(
        &self,
        certificates: &[Certificate<'_>],
        time: Option<UnixTime>,
        oldest: u32,
    ) -> Result<Evidence, Cause> {
        let time = time.ok_or_else(|| Malformed::new("time", Fault::Missing, 0))?;
        if time.0.saturating_sub(self.fetched.0) > i64::from(oldest) {
            return Err(Reason::StatusListStale
                .expected(Evidence::Time(time.0.saturating_sub(i64::from(oldest))))
                .found(Evidence::Time(self.fetched.0))
                .into());
        }
        for (position, certificate) in certificates.iter().enumerate() {
            let Some(entry) = self.entry(certificate.serial_number) else { continue };
            let reason = match entry.status {
                Status::Revoked => Reason::Revoked,
                Status::Suspended => Reason::Suspended,
                Status::Unknown => Reason::StatusUnknown,
            };
            let found = entry.reason.as_deref().map_or(Evidence::None, Evidence::text);
            return Err(reason.at(position).found(found).into());
        }
        Ok(Evidence::Time(self.fetched.0))
    }

    /// The entry for a certificate's serial number, in either spelling.
    fn entry(&self, serial_number: &[u8]) -> Option<&Entry> {
        let magnitude = magnitude(serial_number);
        self.entries.get(&hexadecimal(magnitude)).or_else(|| self.entries.get(&decimal(magnitude)))
    }
}

/// A status list that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AndroidStatusError(String);

impl fmt::Display for AndroidStatusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ITEM}: {}", self.0)
    }
}

impl core::error::Error for AndroidStatusError {}

/// A serial number without the zeros in front of it. The content of a DER INTEGER has one where
/// the top bit is set; some factories have put more.
fn magnitude(serial_number: &[u8]) -> &[u8] {
    let zeros = serial_number.iter().take_while(|octet| **octet == 0).count();
    serial_number.split_at_checked(zeros).map_or(serial_number, |(_, rest)| rest)
}

/// Lower case, without leading zeros: not even the one that fills up the first octet.
fn hexadecimal(magnitude: &[u8]) -> String {
    shortest(&crate::encoding::hex::encode(magnitude)).to_owned()
}

fn decimal(magnitude: &[u8]) -> String {
    // Long multiplication over decimal digits, lowest first.
    let mut digits: Vec<u8> = vec![0];
    for octet in magnitude {
        let mut carry = u32::from(*octet);
        for digit in &mut digits {
            let value = u32::from(*digit).saturating_mul(256).saturating_add(carry);
            *digit = u8::try_from(value.rem_euclid(10)).unwrap_or_default();
            carry = value.div_euclid(10);
        }
        while carry > 0 {
            digits.push(u8::try_from(carry.rem_euclid(10)).unwrap_or_default());
            carry = carry.div_euclid(10);
        }
    }
    digits.iter().rev().map(|digit| char::from(b'0'.saturating_add(*digit))).collect()
}

fn shortest(number: &str) -> &str {
    match number.trim_start_matches('0') {
        "" => "0",
        rest => rest,
    }
}

/// The list's outermost object. Written by hand, since a derived reader takes an array as well.
struct List {
    entries: Entries,
}

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ListVisitor)
    }
}

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = List;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with entries")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<List, M::Error> {
        let mut entries = None;
        while let Some(name) = map.next_key::<String>()? {
            if name != "entries" {
                map.next_value::<IgnoredAny>()?;
            } else if entries.replace(map.next_value()?).is_some() {
                return Err(de::Error::duplicate_field("entries"));
            }
        }
        Ok(List { entries: entries.ok_or_else(|| de::Error::missing_field("entries"))? })
    }
}

struct Entries {
    entries: BTreeMap<String, Entry>,
    respelled: usize,
}

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of entries by serial number")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Entries, M::Error> {
        let mut entries = BTreeMap::new();
        let mut respelled: usize = 0;
        while let Some(written) = map.next_key::<String>()? {
            let key = serial_key(&written).ok_or_else(|| {
                de::Error::custom("a key is not a serial number in hexadecimal or decimal")
            })?;
            respelled = respelled.saturating_add(usize::from(key != written));
            if entries.len() >= MAX_ENTRIES {
                return Err(de::Error::custom("too many entries"));
            }
            if entries.insert(key, map.next_value()?).is_some() {
                return Err(de::Error::custom("a serial number stands twice"));
            }
        }
        Ok(Entries { entries, respelled })
    }
}

/// A key in its agreed form, or `None` when it is no number.
fn serial_key(written: &str) -> Option<String> {
    let is_number = (1..=MAX_KEY).contains(&written.len())
        && written.bytes().all(|octet| octet.is_ascii_hexdigit());
    is_number.then(|| shortest(written).to_ascii_lowercase())
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an entry with a status")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Entry, M::Error> {
        let (mut status, mut reason) = (None, None);
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "status" => {
                    if status.replace(map.next_value::<String>()?).is_some() {
                        return Err(de::Error::duplicate_field("status"));
                    }
                }
                "reason" => {
                    if reason.replace(map.next_value::<Option<String>>()?).is_some() {
                        return Err(de::Error::duplicate_field("reason"));
                    }
                }
                // `expires` says when an entry may be dropped, not when it ends.
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let status = status.ok_or_else(|| de::Error::missing_field("status"))?;
        let status = match status.as_str() {
            "REVOKED" => Status::Revoked,
            "SUSPENDED" => Status::Suspended,
            _ => Status::Unknown,
        };
        let reason = reason.flatten().map(|text| text.chars().take(MAX_REASON).collect());
        Ok(Entry { status, reason })
    }
}

#[cfg(test)]
mod tests;
