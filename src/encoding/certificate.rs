//! X.509 certificates as borrowed views (RFC 5280 section 4).
//!
//! This reader finds the parts and keeps the signed bytes; whether the parts are acceptable is
//! for the statements and the path. Two departures from DER that real authenticators make are
//! read: a DEFAULT FALSE that is written out (`critical`, `cA`), because factories of several
//! vendors did so and it cannot change what the certificate says.

use super::der::{DerReader, Tag, Tlv};
use super::{Fault, Malformed};
use crate::time::UnixTime;

/// Extensions of one certificate: Android leaves have three, web certificates about ten.
const MAX_EXTENSIONS: usize = 32;

const ITEM: &str = "certificate";

/// Object identifiers, as the content octets of their encoding.
pub(crate) mod oid {
    /// 2.5.29.19 basicConstraints
    pub(crate) const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
    /// 2.5.29.15 keyUsage
    pub(crate) const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
    /// 2.5.29.37 extKeyUsage
    pub(crate) const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
    /// 2.5.29.17 subjectAltName
    pub(crate) const SUBJECT_ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 0x11];
    /// 2.5.29.30 nameConstraints
    pub(crate) const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x1e];
    /// 2.5.29.14 subjectKeyIdentifier
    pub(crate) const SUBJECT_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 0x0e];
    /// 2.5.29.35 authorityKeyIdentifier
    pub(crate) const AUTHORITY_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 0x23];
    /// 2.5.29.32 certificatePolicies
    pub(crate) const CERTIFICATE_POLICIES: &[u8] = &[0x55, 0x1d, 0x20];
    /// 2.5.29.31 cRLDistributionPoints
    pub(crate) const CRL_DISTRIBUTION_POINTS: &[u8] = &[0x55, 0x1d, 0x1f];
    /// 1.3.6.1.5.5.7.1.1 authorityInfoAccess
    pub(crate) const AUTHORITY_INFO_ACCESS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 1];
    /// 1.3.6.1.4.1.45724.1.1.4 id-fido-gen-ce-aaguid
    pub(crate) const FIDO_AAGUID: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0xe5, 0x1c, 1, 1, 4];
    /// 1.3.6.1.4.1.45724.1.1.5 id-fido-gen-ce-fw-version
    pub(crate) const FIDO_FIRMWARE_VERSION: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0xe5, 0x1c, 1, 1, 5];
    /// 1.3.6.1.4.1.45724.1.1.2 id-fido-gen-ce-sernum
    pub(crate) const FIDO_SERIAL_NUMBER: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0xe5, 0x1c, 1, 1, 2];
    /// 1.3.6.1.4.1.11129.2.1.17 Android key description
    pub(crate) const ANDROID_KEY_DESCRIPTION: &[u8] = &[0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 1, 0x11];
    /// 1.2.840.113635.100.8.2 Apple anonymous attestation nonce
    pub(crate) const APPLE_NONCE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x63, 0x64, 8, 2];
    /// 1.2.840.113635.100.8.5 Apple key properties, as App Attest certificates carry them
    pub(crate) const APPLE_KEY_PROPERTIES: &[u8] =
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x63, 0x64, 8, 5];
    /// 1.3.6.1.5.5.7.3.1 id-kp-serverAuth
    pub(crate) const SERVER_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
    /// 2.5.4.6 countryName
    pub(crate) const COUNTRY: &[u8] = &[0x55, 4, 6];
    /// 2.5.4.10 organizationName
    pub(crate) const ORGANIZATION: &[u8] = &[0x55, 4, 10];
    /// 2.5.4.11 organizationalUnitName
    pub(crate) const ORGANIZATIONAL_UNIT: &[u8] = &[0x55, 4, 11];
    /// 2.5.4.3 commonName
    pub(crate) const COMMON_NAME: &[u8] = &[0x55, 4, 3];
    /// 2.5.4.5 serialNumber
    pub(crate) const SERIAL_NUMBER: &[u8] = &[0x55, 4, 5];
    /// 2.5.4.12 title
    pub(crate) const TITLE: &[u8] = &[0x55, 4, 12];
    /// 2.23.133.2.1 TPM manufacturer
    pub(crate) const TPM_MANUFACTURER: &[u8] = &[0x67, 0x81, 5, 2, 1];
    /// 2.23.133.2.2 TPM model
    pub(crate) const TPM_MODEL: &[u8] = &[0x67, 0x81, 5, 2, 2];
    /// 2.23.133.2.3 TPM version
    pub(crate) const TPM_VERSION: &[u8] = &[0x67, 0x81, 5, 2, 3];
    /// 2.23.133.8.3 tcg-kp-AIKCertificate
    pub(crate) const TCG_AIK_CERTIFICATE: &[u8] = &[0x67, 0x81, 5, 8, 3];
}

/// keyCertSign, the sixth bit of key usage.
pub(crate) const KEY_CERT_SIGN: u16 = 1 << 5;

/// One certificate.
#[derive(Debug, Clone)]
pub(crate) struct Certificate<'a> {
    pub(crate) encoded: &'a [u8],
    /// The signed bytes.
    pub(crate) to_be_signed: &'a [u8],
    /// 1, 2 or 3.
    pub(crate) version: u8,
    pub(crate) serial_number: &'a [u8],
    /// The whole AlgorithmIdentifier, inside and outside the signed bytes.
    pub(crate) inner_algorithm: &'a [u8],
    pub(crate) outer_algorithm: &'a [u8],
    /// Names as their whole encoding, compared as bytes (RFC 5280 section 7.1 allows it, and
    /// issuers copy the name byte for byte).
    pub(crate) issuer: &'a [u8],
    pub(crate) subject: &'a [u8],
    pub(crate) not_before: UnixTime,
    pub(crate) not_after: UnixTime,
    /// The whole SubjectPublicKeyInfo.
    pub(crate) public_key_info: &'a [u8],
    pub(crate) extensions: Vec<Extension<'a>>,
    pub(crate) signature: &'a [u8],
    pub(crate) signature_unused_bits: u8,
}

/// One extension, its value still wrapped as the issuer wrote it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extension<'a> {
    pub(crate) id: &'a [u8],
    pub(crate) critical: bool,
    pub(crate) value: &'a [u8],
}

/// Basic constraints: whether this is a CA, and how many intermediates may follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BasicConstraints {
    pub(crate) ca: bool,
    pub(crate) path_length: Option<u64>,
}

/// One attribute of a name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attribute<'a> {
    pub(crate) id: &'a [u8],
    pub(crate) tag: Tag,
    pub(crate) value: &'a [u8],
}

impl Attribute<'_> {
    pub(crate) fn text(&self) -> Option<&str> {
        core::str::from_utf8(self.value).ok()
    }
}

impl<'a> Certificate<'a> {
    pub(crate) fn read(encoded: &'a [u8]) -> Result<Self, Malformed> {
        let mut outer = DerReader::new(encoded, ITEM);
        let mut certificate = outer.nested(Tag::SEQUENCE)?;
        outer.finish()?;

        let to_be_signed = certificate.expect_tlv(Tag::SEQUENCE)?;
        let outer_algorithm = certificate.expect_tlv(Tag::SEQUENCE)?.encoded;
        let (signature_unused_bits, signature) = certificate.bit_string()?;
        certificate.finish()?;

        let mut body = DerReader::new(to_be_signed.content, ITEM);
        let version = version(&mut body)?;
        let serial_number = body.expect(Tag::INTEGER)?;
        if serial_number.is_empty() {
            return Err(body.fault(Fault::DerValue));
        }
        let inner_algorithm = body.expect_tlv(Tag::SEQUENCE)?.encoded;
        let issuer = body.expect_tlv(Tag::SEQUENCE)?.encoded;
        let mut validity = body.nested(Tag::SEQUENCE)?;
        let not_before = validity.time()?;
        let not_after = validity.time()?;
        validity.finish()?;
        let subject = body.expect_tlv(Tag::SEQUENCE)?.encoded;
        let public_key_info = body.expect_tlv(Tag::SEQUENCE)?.encoded;
        // issuerUniqueID and subjectUniqueID: obsolete, carried by nobody's rule.
        body.optional(Tag::implicit(1))?;
        body.optional(Tag::implicit(2))?;
        let extensions = match body.optional(Tag::explicit(3))? {
            Some(content) if version == 3 => extensions(content)?,
            Some(_) => return Err(body.fault(Fault::DerValue)),
            None => Vec::new(),
        };
        body.finish()?;

        Ok(Self {
            encoded,
            to_be_signed: to_be_signed.encoded,
            version,
            serial_number,
            inner_algorithm,
            outer_algorithm,
            issuer,
            subject,
            not_before,
            not_after,
            public_key_info,
            extensions,
            signature,
            signature_unused_bits,
        })
    }

    pub(crate) fn extension(&self, id: &[u8]) -> Option<Extension<'a>> {
        self.extensions.iter().find(|extension| extension.id == id).copied()
    }

    pub(crate) fn has_duplicate_extension(&self) -> bool {
        self.extensions.iter().enumerate().any(|(index, extension)| {
            self.extensions.iter().take(index).any(|earlier| earlier.id == extension.id)
        })
    }

    pub(crate) fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    pub(crate) fn basic_constraints(&self) -> Result<Option<BasicConstraints>, Malformed> {
        let Some(extension) = self.extension(oid::BASIC_CONSTRAINTS) else {
            return Ok(None);
        };
        let content = DerReader::only(extension.value, Tag::SEQUENCE, "basic constraints")?;
        let mut reader = DerReader::new(content, "basic constraints");
        let ca = optional_boolean(&mut reader)?;
        let path_length = if reader.is_empty() { None } else { Some(reader.u64()?) };
        reader.finish()?;
        Ok(Some(BasicConstraints { ca, path_length }))
    }

    /// The key usage bits, the first (digitalSignature) lowest; `None` without the extension.
    pub(crate) fn key_usage(&self) -> Result<Option<u16>, Malformed> {
        let Some(extension) = self.extension(oid::KEY_USAGE) else {
            return Ok(None);
        };
        let mut reader = DerReader::new(extension.value, "key usage");
        let (_, bytes) = reader.bit_string()?;
        reader.finish()?;
        let mut octets = bytes.iter().map(|octet| u16::from(octet.reverse_bits()));
        let low = octets.next().unwrap_or(0);
        let high = octets.next().unwrap_or(0);
        Ok(Some(low | high << 8))
    }

    /// The extended key usages, empty without the extension.
    pub(crate) fn extended_key_usages(&self) -> Result<Vec<&'a [u8]>, Malformed> {
        let Some(extension) = self.extension(oid::EXTENDED_KEY_USAGE) else {
            return Ok(Vec::new());
        };
        let content = DerReader::only(extension.value, Tag::SEQUENCE, "extended key usage")?;
        let mut reader = DerReader::new(content, "extended key usage");
        let mut usages = Vec::new();
        while !reader.is_empty() {
            usages.push(reader.object_identifier()?);
        }
        Ok(usages)
    }
}

/// The attributes of a name, in order, whatever their grouping into RDNs.
pub(crate) fn attributes(name: &[u8]) -> Result<Vec<Attribute<'_>>, Malformed> {
    let content = DerReader::only(name, Tag::SEQUENCE, "name")?;
    let mut names = DerReader::new(content, "name");
    let mut attributes = Vec::new();
    while !names.is_empty() {
        let mut set = names.nested(Tag::SET)?;
        while !set.is_empty() {
            let mut attribute = set.nested(Tag::SEQUENCE)?;
            let id = attribute.object_identifier()?;
            let Tlv { tag, content, .. } = attribute.any()?;
            attribute.finish()?;
            attributes.push(Attribute { id, tag, value: content });
        }
    }
    Ok(attributes)
}

/// A name as people write it: `CN=…, O=…`.
pub(crate) fn describe_name(name: &[u8]) -> String {
    let Ok(attributes) = attributes(name) else {
        return "(unreadable name)".to_owned();
    };
    let mut text = String::new();
    for attribute in attributes {
        if !text.is_empty() {
            text.push_str(", ");
        }
        match attribute_label(attribute.id) {
            Some(label) => text.push_str(label),
            None => text.push_str(&super::der::dotted(attribute.id)),
        }
        text.push('=');
        match attribute.text() {
            Some(value) => text.push_str(&escaped(value)),
            None => {
                text.push('#');
                text.push_str(&super::hex::encode(attribute.value));
            }
        }
    }
    text
}

/// A value in which nothing looks like the next attribute (RFC 4514 section 2.4).
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars().filter(|character| !character.is_control()) {
        if matches!(character, ',' | '+' | '"' | '\\' | '<' | '>' | ';') {
            safe.push('\\');
        }
        safe.push(character);
    }
    safe
}

fn attribute_label(id: &[u8]) -> Option<&'static str> {
    Some(match id {
        oid::COMMON_NAME => "CN",
        oid::COUNTRY => "C",
        oid::ORGANIZATION => "O",
        oid::ORGANIZATIONAL_UNIT => "OU",
        oid::SERIAL_NUMBER => "serialNumber",
        oid::TITLE => "title",
        oid::TPM_MANUFACTURER => "tpmManufacturer",
        oid::TPM_MODEL => "tpmModel",
        oid::TPM_VERSION => "tpmVersion",
        _ => return None,
    })
}

fn version(body: &mut DerReader<'_>) -> Result<u8, Malformed> {
    let Some(content) = body.optional(Tag::explicit(0))? else {
        return Ok(1);
    };
    match DerReader::only(content, Tag::INTEGER, ITEM)? {
        [0] => Ok(1),
        [1] => Ok(2),
        [2] => Ok(3),
        _ => Err(body.fault(Fault::DerValue)),
    }
}

fn extensions(content: &[u8]) -> Result<Vec<Extension<'_>>, Malformed> {
    let content = DerReader::only(content, Tag::SEQUENCE, "certificate extensions")?;
    let mut reader = DerReader::new(content, "certificate extensions");
    let mut extensions = Vec::with_capacity(8);
    if reader.is_empty() {
        return Err(reader.fault(Fault::DerValue));
    }
    while !reader.is_empty() {
        if extensions.len() >= MAX_EXTENSIONS {
            return Err(reader.fault(Fault::TooMany));
        }
        let mut extension = reader.nested(Tag::SEQUENCE)?;
        let id = extension.object_identifier()?;
        let critical = optional_boolean(&mut extension)?;
        let value = extension.expect(Tag::OCTET_STRING)?;
        extension.finish()?;
        extensions.push(Extension { id, critical, value });
    }
    Ok(extensions)
}

/// BOOLEAN DEFAULT FALSE, also where the default is written out.
fn optional_boolean(reader: &mut DerReader<'_>) -> Result<bool, Malformed> {
    let mut ahead = reader.clone();
    match ahead.boolean() {
        Ok(value) => {
            *reader = ahead;
            Ok(value)
        }
        Err(malformed) if malformed.fault == Fault::DerValue => Err(malformed),
        Err(_) => Ok(false),
    }
}
