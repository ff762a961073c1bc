//! Certificate revocation lists as borrowed views (RFC 5280 section 5).
//!
//! What such a list may leave out of its scope is read here too, because a certificate that a list
//! does not speak of is not shown to be good by it.

use super::certificate::{Certificate, Extension, extensions, oid};
use super::der::{DerReader, Tag};
use super::{Fault, Malformed};
use crate::time::UnixTime;

const ITEM: &str = "revocation list";

/// One list.
#[derive(Debug, Clone)]
pub(crate) struct CertificateList<'a> {
    /// The signed bytes.
    pub(crate) to_be_signed: &'a [u8],
    /// The whole AlgorithmIdentifier, inside and outside the signed bytes.
    pub(crate) inner_algorithm: &'a [u8],
    pub(crate) outer_algorithm: &'a [u8],
    /// The name's whole encoding.
    pub(crate) issuer: &'a [u8],
    pub(crate) this_update: UnixTime,
    /// RFC 5280 section 5.1.2.5 demands it of every list.
    pub(crate) next_update: UnixTime,
    pub(crate) signature: &'a [u8],
    /// The entries, read when a certificate is looked up: a list may have many thousand.
    revoked: &'a [u8],
    scope: Scope<'a>,
}

/// Which certificates of its issuer a list speaks of.
#[derive(Debug, Clone, Default)]
struct Scope<'a> {
    only_users: bool,
    only_authorities: bool,
    /// Where the list is found; `None` for the whole of the issuer's certificates.
    point: Option<&'a [u8]>,
}

impl<'a> CertificateList<'a> {
    pub(crate) fn read(encoded: &'a [u8]) -> Result<Self, Malformed> {
        let mut outer = DerReader::new(encoded, ITEM);
        let mut list = outer.nested(Tag::SEQUENCE)?;
        outer.finish()?;
        let to_be_signed = list.expect_tlv(Tag::SEQUENCE)?;
        let outer_algorithm = list.expect_tlv(Tag::SEQUENCE)?.encoded;
        let (unused_bits, signature) = list.bit_string()?;
        list.finish()?;
        if unused_bits != 0 {
            return Err(list.fault(Fault::DerValue));
        }

        let mut body = DerReader::new(to_be_signed.content, ITEM);
        // Version 2, the only one that RFC 5280 issues.
        if body.u64()? != 1 {
            return Err(body.fault(Fault::DerValue));
        }
        let inner_algorithm = body.expect_tlv(Tag::SEQUENCE)?.encoded;
        let issuer = body.expect_tlv(Tag::SEQUENCE)?.encoded;
        let this_update = body.time()?;
        let next_update = body.time()?;
        let revoked = body.optional(Tag::SEQUENCE)?.unwrap_or_default();
        let extensions = match body.optional(Tag::explicit(0))? {
            Some(content) => extensions(content)?,
            None => Vec::new(),
        };
        body.finish()?;
        Ok(Self {
            to_be_signed: to_be_signed.encoded,
            inner_algorithm,
            outer_algorithm,
            issuer,
            this_update,
            next_update,
            signature,
            revoked,
            scope: Scope::read(&extensions)?,
        })
    }

    /// Whether the list speaks of a certificate: issuer, kind and distribution point fit.
    pub(crate) fn covers(&self, certificate: &Certificate<'_>) -> Result<bool, Malformed> {
        if certificate.issuer != self.issuer {
            return Ok(false);
        }
        let authority = certificate.basic_constraints()?.is_some_and(|found| found.ca);
        if (self.scope.only_users && authority) || (self.scope.only_authorities && !authority) {
            return Ok(false);
        }
        let Some(point) = self.scope.point else { return Ok(true) };
        let Some(extension) = certificate.extension(oid::CRL_DISTRIBUTION_POINTS) else {
            return Ok(false);
        };
        let listed = addresses(extension.value)?;
        Ok(addresses(point)?.iter().any(|address| listed.contains(address)))
    }

    /// Whether a serial number is on the list. A certificate on hold is revoked for now.
    pub(crate) fn revokes(&self, serial_number: &[u8]) -> Result<bool, Malformed> {
        let mut entries = DerReader::new(self.revoked, ITEM);
        let mut found = false;
        while !entries.is_empty() {
            let mut entry = entries.nested(Tag::SEQUENCE)?;
            found |= entry.expect(Tag::INTEGER)? == serial_number;
            entry.time()?;
            if let Some(content) = entry.optional(Tag::SEQUENCE)? {
                no_critical_extension(content)?;
            }
            entry.finish()?;
        }
        Ok(found)
    }
}

impl<'a> Scope<'a> {
    /// The issuing distribution point (RFC 5280 section 5.2.5). A list that is indirect, a delta,
    /// or for some reasons only says less than what is asked of it, and is not read.
    fn read(extensions: &[Extension<'a>]) -> Result<Self, Malformed> {
        let refused = || Malformed::new(ITEM, Fault::DerValue, 0);
        let mut scope = Self::default();
        for extension in extensions {
            match extension.id {
                oid::ISSUING_DISTRIBUTION_POINT => {
                    let content = DerReader::only(extension.value, Tag::SEQUENCE, ITEM)?;
                    let mut reader = DerReader::new(content, ITEM);
                    scope.point = reader.optional(Tag::explicit(0))?;
                    scope.only_users = flag(&mut reader, 1)?;
                    scope.only_authorities = flag(&mut reader, 2)?;
                    // onlySomeReasons, indirectCRL and onlyContainsAttributeCerts would follow.
                    reader.finish()?;
                }
                oid::DELTA_INDICATOR => return Err(refused()),
                _ if extension.critical => return Err(refused()),
                _ => {}
            }
        }
        Ok(scope)
    }
}

/// `[number] IMPLICIT BOOLEAN DEFAULT FALSE`.
fn flag(reader: &mut DerReader<'_>, number: u32) -> Result<bool, Malformed> {
    match reader.optional(Tag::implicit(number))? {
        None | Some([0]) => Ok(false),
        Some([0xff]) => Ok(true),
        Some(_) => Err(reader.fault(Fault::DerValue)),
    }
}

/// Entries have no critical extension but certificateIssuer, which only indirect lists carry.
fn no_critical_extension(content: &[u8]) -> Result<(), Malformed> {
    let mut reader = DerReader::new(content, ITEM);
    while !reader.is_empty() {
        let mut extension = reader.nested(Tag::SEQUENCE)?;
        extension.object_identifier()?;
        if extension.optional(Tag::BOOLEAN)? == Some(&[0xff]) {
            return Err(extension.fault(Fault::DerValue));
        }
        extension.expect(Tag::OCTET_STRING)?;
        extension.finish()?;
    }
    Ok(())
}

/// The URIs in a distribution point or a list of them. General names nest in a few context tags;
/// whatever is not one is passed over.
fn addresses(encoded: &[u8]) -> Result<Vec<&[u8]>, Malformed> {
    const URI: Tag = Tag::implicit(6);
    /// distributionPoint, fullName and the sequences around them: four levels at most.
    const DEPTH: usize = 4;
    let mut found = Vec::new();
    let mut level = vec![encoded];
    for _ in 0..=DEPTH {
        let mut below = Vec::new();
        for content in level {
            let mut reader = DerReader::new(content, "distribution point");
            while !reader.is_empty() {
                let value = reader.any()?;
                if value.tag == URI {
                    found.push(value.content);
                } else if value.tag == Tag::SEQUENCE || value.tag == Tag::explicit(0) {
                    below.push(value.content);
                }
            }
        }
        level = below;
    }
    Ok(found)
}
