//! The signature checks that a ceremony cannot do without, and nothing else.
//!
//! Each is made the way a verifier has to make it: the key parsed from its encoding, the ECDSA
//! signature from its DER, at every call. The checks of a chain end at the anchor; the anchor's
//! own signature is nobody's business.

#[cfg(feature = "aws-lc")]
mod aws_lc;
#[cfg(not(feature = "aws-lc"))]
mod rustcrypto;

use ciborium::Value;
use device_enrollment_testkit::cbor;
use sha2::{Digest as _, Sha256};

use crate::cases::{Approval, Enrollment};

#[cfg(feature = "aws-lc")]
use aws_lc as provider;
#[cfg(not(feature = "aws-lc"))]
use rustcrypto as provider;

/// Who makes the bare checks.
pub const PROVIDER: &str = provider::NAME;

/// One signature check.
#[derive(Debug, Clone)]
pub struct Check {
    key: Key,
    message: Vec<u8>,
    signature: Vec<u8>,
}

/// A public key in the encoding that it arrives in. The kind decides the hash, as the test
/// authenticator does: SHA-384 on P-384, SHA-256 elsewhere, PKCS#1 v1.5 for RSA.
#[derive(Debug, Clone)]
enum Key {
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
}

impl Check {
    /// Makes the check.
    pub fn holds(&self) -> bool {
        provider::verify(&self.key, &self.message, &self.signature)
    }

    /// What it is made with, for a table.
    pub const fn algorithm(&self) -> &'static str {
        match self.key {
            Key::P256(_) => "P-256",
            Key::P384(_) => "P-384",
            Key::Ed25519(_) => "Ed25519",
            Key::Rsa { .. } => "RSA",
        }
    }
}

/// The checks of an assertion: one.
pub fn of_approval(approval: &Approval) -> Vec<Check> {
    let parts = &approval.parts;
    let key = from_cose(&cbor::decode(&parts.credential_public_key));
    let message = signed(&parts.authenticator_data, &parts.client_data_json);
    vec![Check { key, message, signature: parts.signature.clone() }]
}

/// The checks of a registration: that of the statement, and one for each certificate up to the
/// anchor.
pub fn of_enrollment(enrollment: &Enrollment) -> Vec<Check> {
    let parts = &enrollment.parts;
    let object = cbor::decode(&parts.attestation_object);
    let statement = member(&object, "attStmt");
    let certificates: Vec<Certificate<'_>> = match optional(statement, "x5c") {
        Some(list) => list.as_array().expect("a list").iter().map(certificate).collect(),
        None => Vec::new(),
    };

    let mut checks = Vec::new();
    if let Some(signature) = optional(statement, "sig") {
        let key = match certificates.first() {
            Some(leaf) => from_certificate(leaf.key),
            None => from_cose(&cbor::decode(&parts.credential_public_key)),
        };
        let message = match member(&object, "fmt").as_text() {
            Some("tpm") => byte_string(member(statement, "certInfo")).to_vec(),
            Some("fido-u2f") => u2f_signed(enrollment),
            _ => signed(&parts.authenticator_data, &parts.client_data_json),
        };
        checks.push(Check { key, message, signature: byte_string(signature).to_vec() });
    }
    let anchors: Vec<Certificate<'_>> = parts.anchors.iter().map(|der| read(der)).collect();
    for (position, subject) in certificates.iter().enumerate() {
        let anchor = anchors.iter().find(|anchor| anchor.subject == subject.issuer);
        let issuer = anchor.or(certificates.get(position + 1)).expect("an issuer");
        checks.push(Check {
            key: from_certificate(issuer.key),
            message: subject.to_be_signed.to_vec(),
            signature: subject.signature.to_vec(),
        });
        if anchor.is_some() {
            break;
        }
    }
    checks
}

fn signed(authenticator_data: &[u8], client_data_json: &[u8]) -> Vec<u8> {
    [authenticator_data, &Sha256::digest(client_data_json)].concat()
}

/// The message of FIDO U2F (raw message formats §4.3).
fn u2f_signed(enrollment: &Enrollment) -> Vec<u8> {
    let parts = &enrollment.parts;
    let Key::P256(point) = from_cose(&cbor::decode(&parts.credential_public_key)) else {
        panic!("FIDO U2F knows only P-256");
    };
    let rp_id_hash = Sha256::digest(&parts.rp_id);
    let client_data_hash = Sha256::digest(&parts.client_data_json);
    [&[0], &rp_id_hash[..], &client_data_hash, &parts.credential_id, &point].concat()
}

fn from_cose(key: &Value) -> Key {
    let part = |label: i64| byte_string(labelled(key, label)).to_vec();
    let point = || [vec![4], part(-2), part(-3)].concat();
    let number = |label: i64| labelled(key, label).as_integer().map(i128::from);
    match number(3) {
        Some(-7) => Key::P256(point()),
        Some(-8) => Key::Ed25519(part(-2)),
        Some(-257) => Key::Rsa { modulus: part(-1), exponent: part(-2) },
        other => panic!("no bare check for algorithm {other:?}"),
    }
}

/// From a SubjectPublicKeyInfo.
fn from_certificate(info: &[u8]) -> Key {
    let (algorithm, rest) = element(content(info));
    // Behind the count of unused bits.
    let bits = &content(rest)[1..];
    match bits.len() {
        65 => Key::P256(bits.to_vec()),
        97 => Key::P384(bits.to_vec()),
        _ => {
            assert!(content(content(algorithm)).starts_with(RSA_ENCRYPTION), "an RSA key");
            let (modulus, exponent) = element(content(bits));
            let unsigned =
                |integer| content(integer).strip_prefix(&[0]).unwrap_or(content(integer));
            Key::Rsa { modulus: unsigned(modulus).to_vec(), exponent: unsigned(exponent).to_vec() }
        }
    }
}

/// The parts of a certificate that its check needs.
struct Certificate<'a> {
    to_be_signed: &'a [u8],
    issuer: &'a [u8],
    subject: &'a [u8],
    key: &'a [u8],
    signature: &'a [u8],
}

fn certificate(value: &Value) -> Certificate<'_> {
    read(byte_string(value))
}

/// Reads a certificate that the test authenticator made.
fn read(der: &[u8]) -> Certificate<'_> {
    let (to_be_signed, rest) = element(content(der));
    let (_algorithm, signature) = element(rest);
    let (_version, rest) = element(content(to_be_signed));
    let (_serial, rest) = element(rest);
    let (_algorithm, rest) = element(rest);
    let (issuer, rest) = element(rest);
    let (_validity, rest) = element(rest);
    let (subject, rest) = element(rest);
    let (key, _) = element(rest);
    Certificate { to_be_signed, issuer, subject, key, signature: &content(signature)[1..] }
}

/// The first element of a row of DER, whole, and what follows it.
fn element(der: &[u8]) -> (&[u8], &[u8]) {
    let (header, length) = header(der);
    der.split_at(header + length)
}

/// What the first element contains.
fn content(der: &[u8]) -> &[u8] {
    let (header, length) = header(der);
    &der[header..header + length]
}

fn header(der: &[u8]) -> (usize, usize) {
    match der[1] {
        length @ ..=0x7f => (2, length.into()),
        0x81 => (3, der[2].into()),
        0x82 => (4, usize::from(der[2]) << 8 | usize::from(der[3])),
        long => panic!("a length of {long:#x}"),
    }
}

fn member<'v>(map: &'v Value, name: &str) -> &'v Value {
    optional(map, name).unwrap_or_else(|| panic!("no {name}"))
}

fn optional<'v>(map: &'v Value, name: &str) -> Option<&'v Value> {
    let entries = map.as_map().expect("a map");
    entries.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
}

fn labelled(map: &Value, label: i64) -> &Value {
    let entries = map.as_map().expect("a map");
    let found = entries.iter().find(|(key, _)| key.as_integer() == Some(label.into()));
    found.map(|(_, value)| value).unwrap_or_else(|| panic!("no label {label}"))
}

fn byte_string(value: &Value) -> &[u8] {
    value.as_bytes().expect("a byte string")
}

/// rsaEncryption, 1.2.840.113549.1.1.1.
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
