//! Certificate extensions, each by its name, decoded where it is known.

use super::{Node, key_description, name, names, note, values};
use crate::encoding::cbor::{self, Value};
use crate::encoding::certificate::{Certificate, Extension, attributes, oid};
use crate::encoding::der::{DerReader, Tag, Tlv, u64_from, unsigned};
use crate::encoding::hex;
use crate::verdict::Malformed;

pub(super) fn list(certificate: &Certificate<'_>) -> Node {
    let extensions = certificate.extensions.iter().enumerate();
    let nodes = extensions.map(|(index, extension)| {
        let mut earlier = certificate.extensions.iter().take(index);
        if earlier.any(|earlier| earlier.id == extension.id) {
            let node = Node::leaf(names::oid(extension.id), values::bytes(extension.value));
            return node.noted("certificate extension has a duplicate");
        }
        node(certificate, extension)
    });
    Node::new("extensions").children(nodes.collect())
}

fn node(certificate: &Certificate<'_>, extension: &Extension<'_>) -> Node {
    let mut node = match decoded(certificate, extension) {
        Ok(Decoded::Text(text)) => Node::new("").value(text),
        Ok(Decoded::Parts(parts)) => Node::new("").children(parts),
        Ok(Decoded::Node(node)) => node,
        Err(malformed) => {
            let node = Node::leaf("", values::bytes(extension.value));
            node.noted(note(&malformed))
        }
    };
    node.label = names::oid(extension.id);
    if extension.critical {
        node.value = Some(match node.value {
            Some(value) => format!("critical: {value}"),
            None => "critical".to_owned(),
        });
    }
    node
}

enum Decoded {
    Text(String),
    Parts(Vec<Node>),
    Node(Node),
}

/// FIDO U2F transports, which no check of the verifier uses.
const FIDO_TRANSPORTS: &str = "FIDO U2F transports";

fn decoded(certificate: &Certificate<'_>, extension: &Extension<'_>) -> Result<Decoded, Malformed> {
    let value = extension.value;
    Ok(Decoded::Text(match extension.id {
        oid::BASIC_CONSTRAINTS => basic_constraints(certificate)?,
        oid::KEY_USAGE => bits(certificate.key_usage()?.unwrap_or(0), &KEY_USAGES),
        oid::EXTENDED_KEY_USAGE => {
            let usages = certificate.extended_key_usages()?;
            let names: Vec<String> = usages.iter().map(|id| names::oid(id)).collect();
            values::list(&names)
        }
        oid::SUBJECT_ALTERNATIVE_NAME => {
            let content = DerReader::only(value, Tag::SEQUENCE, "subjectAltName")?;
            return general_names(content, "subjectAltName").map(Decoded::Parts);
        }
        oid::SUBJECT_KEY_IDENTIFIER => octets(value, "subjectKeyIdentifier")?,
        oid::AUTHORITY_KEY_IDENTIFIER => {
            const ITEM: &str = "authorityKeyIdentifier";
            let content = DerReader::only(value, Tag::SEQUENCE, ITEM)?;
            let id = DerReader::new(content, ITEM).optional(Tag::implicit(0))?;
            id.map_or_else(|| values::bytes(value), values::bytes)
        }
        oid::CERTIFICATE_POLICIES => policies(value)?,
        oid::CRL_DISTRIBUTION_POINTS => {
            return distribution_points(value).map(Decoded::Parts);
        }
        oid::AUTHORITY_INFO_ACCESS => return information_access(value).map(Decoded::Parts),
        oid::FIDO_AAGUID => {
            let content = DerReader::only(value, Tag::OCTET_STRING, "AAGUID extension")?;
            match content.try_into() {
                Ok(aaguid) => names::aaguid(aaguid),
                Err(_) => format!("{} (not 16 bytes)", values::bytes(content)),
            }
        }
        oid::FIDO_FIRMWARE_VERSION => {
            let content = DerReader::only(value, Tag::INTEGER, "firmware version")?;
            match unsigned(content).and_then(u64_from) {
                Some(version) => version.to_string(),
                None => values::bytes(content),
            }
        }
        oid::FIDO_SERIAL_NUMBER => octets(value, "enterprise serial number")?,
        oid::APPLE_NONCE => {
            const ITEM: &str = "Apple nonce";
            let sequence = DerReader::only(value, Tag::SEQUENCE, ITEM)?;
            let tagged = DerReader::only(sequence, Tag::explicit(1), ITEM)?;
            octets(tagged, ITEM)?
        }
        oid::APPLE_KEY_PROPERTIES => return apple_fields(value).map(Decoded::Parts),
        oid::ANDROID_KEY_DESCRIPTION => {
            return Ok(Decoded::Node(key_description::node(value)));
        }
        id => return by_name(names::oid_name(id), value),
    }))
}

/// Extensions that the verifier has no identifier for.
fn by_name(name: Option<&str>, value: &[u8]) -> Result<Decoded, Malformed> {
    Ok(match name {
        Some(FIDO_TRANSPORTS) => {
            let mut reader = DerReader::new(value, FIDO_TRANSPORTS);
            let (_, octets) = reader.bit_string()?;
            reader.finish()?;
            let first = octets.first().copied().unwrap_or(0).reverse_bits();
            Decoded::Text(bits(u16::from(first), &TRANSPORTS))
        }
        Some("Apple system information") => Decoded::Parts(apple_fields(value)?),
        Some("Android provisioning information") => {
            let value = Value::read(value, "provisioning information", cbor::MAX_DEPTH)?;
            Decoded::Node(values::cbor("", &value))
        }
        Some("Yubico U2F device identifier") => match core::str::from_utf8(value) {
            Ok(text) => Decoded::Text(values::text(text)),
            Err(_) => Decoded::Text(values::bytes(value)),
        },
        _ => Decoded::Text(values::bytes(value)),
    })
}

/// Numbered fields, of which Apple publishes no meaning; samples tell that of the App ID.
fn apple_fields(value: &[u8]) -> Result<Vec<Node>, Malformed> {
    const ITEM: &str = "Apple fields";
    const APP_ID: u32 = 1204;
    let mut reader = DerReader::new(DerReader::only(value, Tag::SEQUENCE, ITEM)?, ITEM);
    let mut nodes = Vec::new();
    while !reader.is_empty() {
        let field = reader.any()?;
        let number = field.tag.number();
        let text = DerReader::only(field.content, Tag::OCTET_STRING, ITEM);
        let text = text.ok().and_then(|octets| core::str::from_utf8(octets).ok());
        nodes.push(match text {
            Some(text) if number == APP_ID => Node::leaf("App ID", values::text(text)),
            _ => Node::leaf(format!("[{number}]"), values::bytes(field.content)),
        });
    }
    Ok(nodes)
}

fn octets(value: &[u8], item: &'static str) -> Result<String, Malformed> {
    DerReader::only(value, Tag::OCTET_STRING, item).map(values::bytes)
}

fn basic_constraints(certificate: &Certificate<'_>) -> Result<String, Malformed> {
    let Some(constraints) = certificate.basic_constraints()? else {
        return Ok(String::new());
    };
    Ok(match constraints.path_length {
        Some(length) => format!("CA {}, path length {length}", constraints.ca),
        None => format!("CA {}", constraints.ca),
    })
}

const KEY_USAGES: [&str; 9] = [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];

const TRANSPORTS: [&str; 5] = ["Bluetooth Classic", "BLE", "USB", "NFC", "USB internal"];

/// The names of the bits that are set, the first name for the lowest bit.
fn bits(bits: u16, names: &[&str]) -> String {
    let mut set: Vec<String> = Vec::new();
    for index in 0..16_u16 {
        if bits >> index & 1 == 1 {
            let name = names.get(usize::from(index));
            set.push(name.map_or_else(|| format!("bit {index}"), |name| (*name).to_owned()));
        }
    }
    values::list(&set)
}

fn policies(value: &[u8]) -> Result<String, Malformed> {
    const ITEM: &str = "certificatePolicies";
    let mut reader = DerReader::new(DerReader::only(value, Tag::SEQUENCE, ITEM)?, ITEM);
    let mut policies = Vec::new();
    while !reader.is_empty() {
        let mut policy = reader.nested(Tag::SEQUENCE)?;
        policies.push(names::oid(policy.expect(Tag::OBJECT_IDENTIFIER)?));
    }
    Ok(values::list(&policies))
}

fn distribution_points(value: &[u8]) -> Result<Vec<Node>, Malformed> {
    const ITEM: &str = "cRLDistributionPoints";
    let mut reader = DerReader::new(DerReader::only(value, Tag::SEQUENCE, ITEM)?, ITEM);
    let mut nodes = Vec::new();
    while !reader.is_empty() {
        let mut point = reader.nested(Tag::SEQUENCE)?;
        let Some(name) = point.optional(Tag::explicit(0))? else {
            continue;
        };
        if let Some(full) = DerReader::new(name, ITEM).optional(Tag::explicit(0))? {
            nodes.extend(general_names(full, ITEM)?);
        }
    }
    Ok(nodes)
}

fn information_access(value: &[u8]) -> Result<Vec<Node>, Malformed> {
    const ITEM: &str = "authorityInfoAccess";
    let mut reader = DerReader::new(DerReader::only(value, Tag::SEQUENCE, ITEM)?, ITEM);
    let mut nodes = Vec::new();
    while !reader.is_empty() {
        let mut access = reader.nested(Tag::SEQUENCE)?;
        let method = names::oid(access.expect(Tag::OBJECT_IDENTIFIER)?);
        nodes.push(Node::new(method).children(vec![general_name(&access.any()?)]));
    }
    Ok(nodes)
}

fn general_names(content: &[u8], item: &'static str) -> Result<Vec<Node>, Malformed> {
    let mut reader = DerReader::new(content, item);
    let mut nodes = Vec::new();
    while !reader.is_empty() {
        nodes.push(general_name(&reader.any()?));
    }
    Ok(nodes)
}

/// RFC 5280 section 4.2.1.6.
fn general_name(name: &Tlv<'_>) -> Node {
    const RFC822_NAME: Tag = Tag::implicit(1);
    const DNS_NAME: Tag = Tag::implicit(2);
    const DIRECTORY_NAME: Tag = Tag::explicit(4);
    const URI: Tag = Tag::implicit(6);
    const IP_ADDRESS: Tag = Tag::implicit(7);
    let text = || String::from_utf8_lossy(name.content).into_owned();
    match name.tag {
        RFC822_NAME => Node::leaf("rfc822Name", text()),
        DNS_NAME => Node::leaf("dNSName", text()),
        URI => Node::leaf("uniformResourceIdentifier", text()),
        IP_ADDRESS => Node::leaf("iPAddress", address(name.content)),
        DIRECTORY_NAME => directory_name(name.content),
        tag => Node::leaf(format!("[{}]", tag.number()), values::bytes(name.content)),
    }
}

fn directory_name(encoded: &[u8]) -> Node {
    let node = Node::new("directoryName");
    match attributes(encoded) {
        Ok(attributes) => node.children(
            attributes
                .iter()
                .map(|attribute| {
                    let mut text = name::text(attribute);
                    if attribute.id == oid::TPM_MANUFACTURER
                        && let Some(letters) = manufacturer(&text)
                    {
                        text.push_str(&format!(" ({letters})"));
                    }
                    Node::leaf(names::oid(attribute.id), text)
                })
                .collect(),
        ),
        Err(malformed) => node.value(values::bytes(encoded)).noted(note(&malformed)),
    }
}

/// The four letters of `id:494E5443` (TCG Vendor ID Registry).
fn manufacturer(text: &str) -> Option<String> {
    let number = u32::from_str_radix(text.strip_prefix("id:")?, 16).ok()?;
    let letters = number.to_be_bytes();
    let letters = core::str::from_utf8(&letters).ok()?.trim_end_matches('\0');
    let printable = letters.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    (printable && !letters.is_empty()).then(|| letters.trim_end().to_owned())
}

fn address(bytes: &[u8]) -> String {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return core::net::Ipv4Addr::from(four).to_string();
    }
    match <[u8; 16]>::try_from(bytes) {
        Ok(sixteen) => core::net::Ipv6Addr::from(sixteen).to_string(),
        Err(_) => hex::encode(bytes),
    }
}
