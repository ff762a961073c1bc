//! The payload of a BLOB (MDS 3 §3.1.6): its head, and its entries each read by itself.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::entry::{Anchors, Identity, KeyIdentifier, MetadataEntry};
use super::{Authenticity, Metadata, Place};
use crate::crypto::sha256;
use crate::encoding::json::Json;
use crate::encoding::{Fault, Malformed, hex};
use crate::time::UnixTime;
use crate::verdict::{Cause, CheckId, Failure, Reason};

/// An entry that cannot be read or contradicts itself or another.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct QuarantinedEntry {
    /// What the entry calls its authenticator, as far as that can be read.
    pub identity: String,
    /// Why it was set apart: MD-6 where it cannot be read, MD-8 where identifiers disagree.
    pub failure: Failure,
}

/// A payload, its head read and its entries found.
#[derive(Debug)]
pub(super) struct Payload {
    number: u64,
    next_update: UnixTime,
    entries: Vec<MetadataEntry>,
    quarantined: Vec<QuarantinedEntry>,
    other_protocols: usize,
    by_aaguid: BTreeMap<[u8; 16], Place>,
    by_key_identifier: BTreeMap<KeyIdentifier, Place>,
    digest: [u8; 32],
}

/// The head. Members that are not known are passed over: the service adds some now and then.
#[derive(Deserialize)]
struct Head<'p> {
    no: u64,
    #[serde(rename = "nextUpdate")]
    next_update: String,
    /// Text that is not looked into yet, so that a fault in one entry stays in it.
    #[serde(borrow)]
    entries: Vec<&'p RawValue>,
}

impl Payload {
    /// MD-6: the head has to be right; an entry that is not is set apart.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Cause> {
        let head = Head::read(bytes)?;
        let due = UnixTime::parse_date(&head.next_update);
        let mut payload = Self {
            number: head.no,
            next_update: due.ok_or(Malformed::new("nextUpdate", Fault::WrongType, 0))?,
            entries: Vec::with_capacity(head.entries.len()),
            quarantined: Vec::new(),
            other_protocols: 0,
            by_aaguid: BTreeMap::new(),
            by_key_identifier: BTreeMap::new(),
            digest: sha256(&[bytes]),
        };
        let mut anchors = Anchors::new();
        for entry in head.entries {
            payload.add(entry.get(), &mut anchors);
        }
        if payload.entries.is_empty() {
            return Err(Reason::MetadataEmpty.into());
        }
        MetadataEntry::share(&mut payload.entries);
        Ok(payload)
    }

    pub(super) const fn quarantined(&self) -> usize {
        self.quarantined.len()
    }

    pub(super) fn into_metadata(self, digest: [u8; 32], authenticity: Authenticity) -> Metadata {
        Metadata {
            number: self.number,
            next_update: self.next_update,
            digest,
            payload_digest: self.digest,
            authenticity,
            entries: self.entries,
            quarantined: self.quarantined,
            other_protocols: self.other_protocols,
            by_aaguid: self.by_aaguid,
            by_key_identifier: self.by_key_identifier,
        }
    }

    fn add(&mut self, text: &str, anchors: &mut Anchors) {
        let entry = match Json::read_long(text.as_bytes(), "entry") {
            Ok(entry) => entry,
            Err(malformed) => {
                return self.quarantine(&Identity::default(), None, malformed.into());
            }
        };
        let description = entry
            .member("metadataStatement")
            .and_then(|statement| statement.member("description"))
            .and_then(Json::string);
        let identity = match Identity::read(&entry) {
            Ok(identity) => identity,
            Err(malformed) => {
                return self.quarantine(&Identity::default(), description, malformed.into());
            }
        };
        if !identity.is_webauthn() {
            if identity.aaid {
                self.other_protocols = self.other_protocols.saturating_add(1);
            } else {
                self.quarantine(&identity, description, Reason::MetadataNoIdentifier.into());
            }
            return;
        }
        match MetadataEntry::read(&entry, identity.clone(), anchors) {
            Ok(read) => {
                let place = Place::Entry(self.entries.len());
                self.entries.push(read);
                self.index(&identity, description, place);
            }
            Err(cause) => self.quarantine(&identity, description, cause),
        }
    }

    fn quarantine(&mut self, identity: &Identity, description: Option<&str>, cause: Cause) {
        let place = Place::Quarantined(self.quarantined.len());
        self.quarantined.push(QuarantinedEntry::new(identity, description, cause));
        if identity.is_webauthn() {
            self.index(identity, description, place);
        }
    }

    /// Remembers where identifiers lead. One that two entries state leads to neither.
    fn index(&mut self, identity: &Identity, description: Option<&str>, place: Place) {
        let repeated = self.quarantined.len();
        let mut twice = false;
        if let Some(aaguid) = identity.aaguid {
            twice |= settle(&mut self.by_aaguid, aaguid, place, Place::Quarantined(repeated));
        }
        for key in &identity.key_identifiers {
            twice |= settle(&mut self.by_key_identifier, *key, place, Place::Quarantined(repeated));
        }
        if twice {
            let cause = Reason::MetadataRepeated.into();
            self.quarantined.push(QuarantinedEntry::new(identity, description, cause));
        }
    }
}

fn settle<K: Ord>(index: &mut BTreeMap<K, Place>, key: K, place: Place, repeated: Place) -> bool {
    let twice = index.contains_key(&key);
    index.insert(key, if twice { repeated } else { place });
    twice
}

impl<'p> Head<'p> {
    fn read(bytes: &'p [u8]) -> Result<Self, Malformed> {
        const ITEM: &str = "metadata payload";
        let text = core::str::from_utf8(bytes)
            .map_err(|error| Malformed::new(ITEM, Fault::Utf8, error.valid_up_to()))?;
        serde_json::from_str(text).map_err(|error| {
            let message = error.to_string();
            let fault = match () {
                () if !error.is_data() => Fault::Json,
                () if message.starts_with("duplicate field") => Fault::JsonDuplicate,
                () if message.starts_with("missing field") => Fault::Missing,
                () => Fault::WrongType,
            };
            Malformed::new(ITEM, fault, error.column())
        })
    }
}

impl QuarantinedEntry {
    fn new(identity: &Identity, description: Option<&str>, cause: Cause) -> Self {
        const LONGEST: usize = 100;
        let name = match (&identity.aaguid, identity.key_identifiers.first()) {
            (Some(aaguid), _) => hex::uuid(aaguid),
            (None, Some(key)) => hex::encode(key),
            (None, None) => "no identifier".to_owned(),
        };
        let description = description.unwrap_or("no description");
        let description: String =
            description.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
        let of_identifiers = match &cause {
            Cause::Refusal(refusal) => matches!(
                refusal.reason,
                Reason::MetadataDisagrees | Reason::MetadataRepeated | Reason::AaguidZero
            ),
            Cause::Malformed(_) => false,
        };
        let check = if of_identifiers { CheckId::Md8 } else { CheckId::Md6 };
        Self { identity: format!("{name} ({description})"), failure: Failure { check, cause } }
    }
}
