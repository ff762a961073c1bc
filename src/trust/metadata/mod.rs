//! FIDO metadata (Metadata Service version 3): what is known of authenticator models.
//!
//! A [`Metadata`] is loaded once and never changes. It comes from the service's signed BLOB
//! ([`Metadata::import`], checks MD-1 to MD-6) or from a payload whose signature nobody checked
//! ([`Metadata::import_unsigned`]); it always knows which. An entry that cannot be read, or that
//! contradicts itself, is set apart: it costs no other entry, and its model is refused where
//! metadata is judged.

mod entry;
mod import;
mod payload;
mod revocation;
mod status;

pub use entry::MetadataEntry;
pub(crate) use entry::{KeyIdentifier, key_identifier};
pub(crate) use import::OVERDUE as METADATA_OVERDUE;
pub use import::{MetadataReport, MetadataSource, UnknownRevocation};
pub use payload::QuarantinedEntry;
pub use status::StatusReport;

use std::collections::BTreeMap;

use crate::time::{Overdue, UnixTime};
use crate::verdict::{Cause, Evidence, Fault, Malformed, Reason};

/// Authenticator metadata, loaded and indexed.
#[derive(Debug, Clone)]
pub struct Metadata {
    number: u64,
    next_update: UnixTime,
    digest: [u8; 32],
    payload_digest: [u8; 32],
    authenticity: Authenticity,
    entries: Vec<MetadataEntry>,
    quarantined: Vec<QuarantinedEntry>,
    other_protocols: usize,
    by_aaguid: BTreeMap<[u8; 16], Place>,
    by_key_identifier: BTreeMap<KeyIdentifier, Place>,
}

/// How it is known where metadata comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Authenticity {
    /// The service signed it.
    Signed {
        /// The subject of the signer's certificate.
        signer: String,
        /// The pinned root that the signer's certificates lead to.
        anchor: String,
        /// When the first of the signer's certificates expires: a root or signer that is being
        /// replaced shows here before it is missed.
        expires: UnixTime,
    },
    /// Nobody checked a signature. Every verdict that uses the metadata says so.
    NotChecked,
}

/// Where an identifier leads.
#[derive(Debug, Clone, Copy)]
enum Place {
    Entry(usize),
    Quarantined(usize),
}

/// What metadata knows of an authenticator.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Known<'m> {
    Entry(&'m MetadataEntry),
    Quarantined(&'m QuarantinedEntry),
}

impl Metadata {
    /// The number of the BLOB; it grows with every edition.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The date by which the next edition is due.
    #[must_use]
    pub const fn next_update(&self) -> UnixTime {
        self.next_update
    }

    /// SHA-256 of the file: of the BLOB, or of the payload where that was loaded by itself.
    #[must_use]
    pub const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// How it is known where the metadata comes from.
    #[must_use]
    pub const fn authenticity(&self) -> &Authenticity {
        &self.authenticity
    }

    /// Whether the service's signature was verified.
    #[must_use]
    pub const fn is_signed(&self) -> bool {
        matches!(self.authenticity, Authenticity::Signed { .. })
    }

    /// The entries that can be used, in the order of the file.
    #[must_use]
    pub fn entries(&self) -> &[MetadataEntry] {
        &self.entries
    }

    /// The entries that were set apart, each with its reason.
    #[must_use]
    pub fn quarantined(&self) -> &[QuarantinedEntry] {
        &self.quarantined
    }

    /// How many entries are about authenticators of another protocol (UAF) and were passed over.
    #[must_use]
    pub const fn other_protocols(&self) -> usize {
        self.other_protocols
    }

    /// The entry of a model.
    #[must_use]
    pub fn entry(&self, aaguid: &[u8; 16]) -> Option<&MetadataEntry> {
        match self.of_model(aaguid) {
            Some(Known::Entry(entry)) => Some(entry),
            _ => None,
        }
    }

    pub(crate) fn of_model(&self, aaguid: &[u8; 16]) -> Option<Known<'_>> {
        self.by_aaguid.get(aaguid).and_then(|place| self.at(*place))
    }

    /// What is known of the holder of a certificate; the first identifier that is listed decides.
    pub(crate) fn of_keys(
        &self,
        identifiers: impl IntoIterator<Item = KeyIdentifier>,
    ) -> Option<Known<'_>> {
        let place = identifiers.into_iter().find_map(|found| self.by_key_identifier.get(&found));
        place.and_then(|place| self.at(*place))
    }

    /// MD-4: the day of the next update is not over, or the caller says how long that may be.
    /// The flag tells whether it is over.
    pub(crate) fn is_current(
        &self,
        time: Option<UnixTime>,
        overdue: Overdue,
    ) -> Result<(bool, Evidence), Cause> {
        let time = time.ok_or_else(|| Malformed::new("time", Fault::Missing, 0))?;
        let due = Evidence::Time(self.next_update.0);
        let ends = |days: u16| self.next_update.plus_days(days.saturating_add(1));
        if time < ends(0) {
            return Ok((false, due));
        }
        let usable = match overdue {
            Overdue::Warned => true,
            Overdue::Grace { days } => time < ends(days),
            Overdue::Refused => false,
        };
        if usable {
            return Ok((true, due));
        }
        Err(Reason::MetadataOverdue.expected(due).found(Evidence::Time(time.0)).into())
    }

    fn at(&self, place: Place) -> Option<Known<'_>> {
        match place {
            Place::Entry(index) => self.entries.get(index).map(Known::Entry),
            Place::Quarantined(index) => self.quarantined.get(index).map(Known::Quarantined),
        }
    }
}
