//! How an Android phone came by the key that attests, read from the names in its chain, and the
//! date rules that follow from it (AK-19).
//!
//! The names are facts of the chain: once a path to an anchor stands, the authorities above vouch
//! for them. What a key below could forge only makes the rules stricter: one certificate of
//! Google's provisioning service makes a chain remote, and every issuer has to be named as a
//! factory names it for a chain to be a factory's.

use super::path::{after_start, within_dates};
use crate::encoding::certificate::{Attribute, Certificate, attributes, oid};
use crate::encoding::{Fault, Malformed};
use crate::time::UnixTime;
use crate::verdict::{Cause, Evidence};

/// Who gave a phone the key that attests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChainKind {
    /// The factory: one key for a batch of phones, to last as long as they do. Issuers are named
    /// by a serial number, and by a title where the place of the key is stated.
    Factory,
    /// Google's servers, by remote key provisioning: a key for one phone and some weeks. An
    /// issuer is `O=Google LLC, CN=Droid CA…`.
    Remote,
    /// Neither can be seen.
    Unknown,
}

impl ChainKind {
    /// The kind of a chain, leaf first, with or without its root.
    pub(crate) fn of(certificates: &[Certificate<'_>]) -> Self {
        let issuers = match certificates.split_first() {
            Some((_, issuers)) => issuers,
            None => &[],
        };
        // A root has one name for both kinds.
        let issuers = match issuers.split_last() {
            Some((root, below)) if root.is_self_issued() => below,
            _ => issuers,
        };
        if issuers.is_empty() {
            Self::Unknown
        } else if issuers.iter().any(|issuer| is_provisioning_service(issuer.subject)) {
            Self::Remote
        } else if issuers.iter().all(|issuer| is_factory_name(issuer.subject)) {
            Self::Factory
        } else {
            Self::Unknown
        }
    }

    /// The name for facts and evidence.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Factory => "factory",
            Self::Remote => "rkp",
            Self::Unknown => "unknown",
        }
    }
}

/// Where the issuer says that it keeps its keys, if it does: a factory in the title, the
/// provisioning service in the organization of the phone's own authority.
pub(crate) fn stated_place<'a>(issuer: &Certificate<'a>) -> Option<&'a str> {
    let attributes = attributes(issuer.subject).ok()?;
    let place = attributes.into_iter().find(|attribute| {
        attribute.id == oid::TITLE
            || (attribute.id == oid::ORGANIZATION && PLACES.contains(&attribute.value))
    })?;
    core::str::from_utf8(place.value).ok()
}

const PLACES: [&[u8]; 2] = [b"TEE", b"StrongBox"];

/// AK-19: the dates that mean something, by the kind of the chain. `certificates` are those of
/// the path, without the anchor.
///
/// A key store writes the leaf's dates itself (1970 to 2106 occur), so they say nothing under
/// either known kind. Remote issuers live for weeks and are judged strictly. Factory issuers may
/// have expired, but must have begun. A chain of neither kind gets no leniency at all.
pub(crate) fn dates_by_kind(
    certificates: &[Certificate<'_>],
    kind: ChainKind,
    time: Option<UnixTime>,
) -> Result<Evidence, Cause> {
    let at = time.ok_or_else(|| Malformed::new("time", Fault::Missing, 0))?;
    for (position, certificate) in certificates.iter().enumerate() {
        match kind {
            ChainKind::Factory | ChainKind::Remote if position == 0 => {}
            ChainKind::Factory => after_start(certificate, position, at)?,
            ChainKind::Remote | ChainKind::Unknown => {
                within_dates(certificate, position, at)?;
            }
        }
    }
    Ok(Evidence::Note(kind.name()))
}

fn is_provisioning_service(name: &[u8]) -> bool {
    attributes(name).is_ok_and(|attributes| {
        let has = |id: &[u8], right: fn(&str) -> bool| {
            attributes.iter().any(|one| one.id == id && one.text().is_some_and(right))
        };
        has(oid::ORGANIZATION, |text| text == "Google LLC")
            && has(oid::COMMON_NAME, |text| text.starts_with("Droid CA"))
    })
}

/// A serial number in hexadecimal, and no other attribute but a title.
fn is_factory_name(name: &[u8]) -> bool {
    let Ok(attributes) = attributes(name) else { return false };
    let is_number = |attribute: &Attribute<'_>| {
        !attribute.value.is_empty() && attribute.value.iter().all(u8::is_ascii_hexdigit)
    };
    let serial_numbers = attributes.iter().filter(|one| one.id == oid::SERIAL_NUMBER).count();
    serial_numbers == 1
        && attributes.iter().all(|one| match one.id {
            id if id == oid::SERIAL_NUMBER => is_number(one),
            id => id == oid::TITLE,
        })
}
