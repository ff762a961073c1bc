//! Certificates, alone or as chains in PEM.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Node, extension, name, names, note, shown, values};
use crate::crypto::{Hash, Scheme, certificate_algorithm, sha256};
use crate::encoding::certificate::Certificate;
use crate::encoding::der::{DerReader, Tag, dotted};
use crate::encoding::hex;
use crate::verdict::{Fault, Malformed};

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";

pub(super) fn is_pem(text: &[u8]) -> bool {
    core::str::from_utf8(text).is_ok_and(|text| text.contains("-----BEGIN CERTIFICATE-----"))
}

/// The certificates of a PEM file (RFC 7468); text between them is passed over.
pub(super) fn pem(text: &[u8]) -> Node {
    let text = String::from_utf8_lossy(text);
    let mut blocks: Vec<(&str, String)> = Vec::new();
    let mut open: Option<(&str, String)> = None;
    for line in text.lines().map(str::trim) {
        if let Some(label) = line.strip_prefix(BEGIN) {
            open = Some((label.trim_end_matches('-'), String::new()));
        } else if line.starts_with(END) {
            blocks.extend(open.take());
        } else if let Some((_, body)) = &mut open {
            body.push_str(line);
        }
    }
    // A block that does not end is shown as far as it goes.
    blocks.extend(open);
    let node = Node::leaf("certificates", count(blocks.len()));
    node.children(shown(blocks.iter().enumerate().map(|(position, (kind, body))| {
        match (*kind, STANDARD.decode(body)) {
            ("CERTIFICATE", Ok(der)) => self::node(label(position), &der),
            ("CERTIFICATE", Err(_)) => {
                let malformed = Malformed::new("certificate", Fault::Base64, 0);
                Node::new(label(position))
                    .noted(format!("{} (PEM asks for padded standard base64)", note(&malformed)))
            }
            // Never the content: it may be a private key.
            (other, _) => Node::leaf(label(position), format!("({other}, not shown)")),
        }
    })))
}

/// `1 certificate`, `3 certificates`.
pub(super) fn count(certificates: usize) -> String {
    match certificates {
        1 => "1 certificate".to_owned(),
        _ => format!("{certificates} certificates"),
    }
}

/// The place in the chain.
pub(super) fn label(position: usize) -> String {
    match position {
        0 => "certificate 0 (leaf)".to_owned(),
        _ => format!("certificate {position}"),
    }
}

pub(super) fn node(label: String, encoded: &[u8]) -> Node {
    let fingerprint = Node::leaf("SHA-256 fingerprint", hex::encode(&sha256(&[encoded])));
    let length = Node::leaf("length", values::length(encoded.len()));
    let certificate = match Certificate::read(encoded) {
        Ok(certificate) => certificate,
        Err(malformed) => {
            let node = Node::new(label).noted(note(&malformed));
            return node.children(vec![length, fingerprint]);
        }
    };
    let mut node = Node::new(label).children(vec![
        name::node("subject", certificate.subject),
        name::node("issuer", certificate.issuer),
        Node::leaf("serial number", values::bytes(certificate.serial_number)),
        Node::leaf("version", certificate.version.to_string()),
        Node::new("validity").children(vec![
            Node::leaf("not before", certificate.not_before.to_string()),
            Node::leaf("not after", certificate.not_after.to_string()),
        ]),
        public_key("public key", certificate.public_key_info),
        Node::leaf("signature algorithm", signature_algorithm(certificate.outer_algorithm)),
    ]);
    // The two have to be the same; a difference is worth seeing.
    if certificate.inner_algorithm != certificate.outer_algorithm {
        let inner = signature_algorithm(certificate.inner_algorithm);
        node.push(Node::leaf("signature algorithm, signed copy", inner));
    }
    if !certificate.extensions.is_empty() {
        node.push(extension::list(&certificate));
    }
    node.push(length);
    node.push(fingerprint);
    node
}

/// A SubjectPublicKeyInfo: kind and size, without judging whether it can be used.
pub(super) fn public_key(label: &str, info: &[u8]) -> Node {
    match key_kind(info) {
        Ok(kind) => Node::leaf(label, kind),
        Err(malformed) => Node::leaf(label, values::bytes(info)).noted(note(&malformed)),
    }
}

fn key_kind(info: &[u8]) -> Result<String, Malformed> {
    const ITEM: &str = "certificate public key";
    let mut reader = DerReader::new(DerReader::only(info, Tag::SEQUENCE, ITEM)?, ITEM);
    let mut algorithm = reader.nested(Tag::SEQUENCE)?;
    let id = algorithm.expect(Tag::OBJECT_IDENTIFIER)?;
    let (_, bits) = reader.bit_string()?;
    reader.finish()?;
    let name = names::oid(id);
    Ok(match name.as_str() {
        "EC" => {
            let curve = algorithm.optional(Tag::OBJECT_IDENTIFIER)?;
            let curve = curve.map_or_else(|| "explicit curve".to_owned(), names::oid);
            let size = match curve.as_str() {
                "P-256" | "secp256k1" => ", 256 bits",
                "P-384" => ", 384 bits",
                "P-521" => ", 521 bits",
                _ => "",
            };
            format!("EC {curve}{size}")
        }
        "RSA" => {
            let mut key = DerReader::new(DerReader::only(bits, Tag::SEQUENCE, ITEM)?, ITEM);
            let modulus = key.unsigned()?;
            let exponent = key.unsigned()?;
            key.finish()?;
            let size = values::bit_length(modulus);
            match crate::encoding::der::u64_from(exponent) {
                Some(exponent) => format!("RSA, {size} bits, exponent {exponent}"),
                None => format!("RSA, {size} bits, exponent {}", hex::encode(exponent)),
            }
        }
        "Ed25519" | "Ed448" => name,
        _ => format!("{name}, {}", values::length(bits.len())),
    })
}

fn signature_algorithm(identifier: &[u8]) -> String {
    // The hash of RSASSA-PSS stands in the parameters, which only this reader takes apart.
    if let Ok(Scheme::RsaPss(hash)) =
        certificate_algorithm(identifier).map(|algorithm| algorithm.scheme)
    {
        let hash = match hash {
            Hash::Sha1 => "SHA-1",
            Hash::Sha256 => "SHA-256",
            Hash::Sha384 => "SHA-384",
            Hash::Sha512 => "SHA-512",
        };
        return format!("RSASSA-PSS with {hash}");
    }
    let id = DerReader::only(identifier, Tag::SEQUENCE, "algorithm")
        .and_then(|content| DerReader::new(content, "algorithm").expect(Tag::OBJECT_IDENTIFIER));
    match id {
        Ok(id) => names::oid_name(id).map_or_else(|| dotted(id), str::to_owned),
        Err(_) => values::bytes(identifier),
    }
}
