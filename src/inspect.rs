//! Floor 4: decoding without judging, for a person who has to see what a response says.
//!
//! The verifier stops at the first broken rule. A support engineer wants the opposite: every part
//! that can be read, and for every part that cannot, the reason and the place. So each part is
//! read by the verifier's own strict readers, what they object to becomes the [`Node::note`] of
//! that part, and the other parts are shown all the same.
//!
//! Nothing here says whether anything is acceptable. An AAGUID, a name in a certificate or a
//! security level is shown as claimed; whether to believe it is the verdict's to say.

mod attestation;
mod authenticator_data;
mod certificate;
mod client_data;
mod cose_key;
mod extension;
mod key_description;
mod name;
mod names;
mod request;
mod salvage;
mod token;
mod tpm;
mod values;

use serde::Serialize;

use crate::encoding::Base64Reading;
use crate::encoding::hex;
use crate::encoding::json::Json;
use crate::verdict::{Cause, Language, Malformed};
use crate::webauthn::authenticator_data::AuthenticatorData;
use names::RelyingParties;

/// Largest input. Sixteen times what a request may have, so that a file of vectors fits.
const MAX_INPUT: usize = 1024 * 1024;

/// Members of one list that are shown; a file cannot buy memory with empty entries.
const MAX_SHOWN: usize = 1000;

/// One line of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Node {
    /// What this is, in the words of the specification that defines it.
    ///
    /// Labels and values may hold text of the input, whatever characters it has: who prints them
    /// to a terminal has to take control characters out.
    pub label: String,
    /// What it says; absent for a line that only holds others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Why it could not be read, or not to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Its parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Node>,
}

impl Node {
    fn new(label: impl Into<String>) -> Self {
        Self { label: label.into(), ..Self::default() }
    }

    fn leaf(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new(label).value(value)
    }

    fn value(mut self, value: impl Into<String>) -> Self {
        self.value = Some(value.into());
        self
    }

    fn noted(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// The note of a strict reader, if it had something to object to.
    fn noted_if<T>(self, read: &Result<T, Malformed>) -> Self {
        match read {
            Ok(_) => self,
            Err(malformed) => self.noted(note(malformed)),
        }
    }

    fn children(mut self, children: Vec<Self>) -> Self {
        self.children = children;
        self
    }

    fn push(&mut self, child: Self) {
        self.children.push(child);
    }
}

/// An input that is nothing that is known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InspectError(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    TooLarge,
    Json(Malformed),
    JsonForm,
    Unknown,
}

impl core::fmt::Display for InspectError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match &self.0 {
            Kind::TooLarge => f.write_str("the input is larger than 1 MiB"),
            Kind::Json(malformed) => write!(f, "the input begins like JSON, but {malformed}"),
            Kind::JsonForm => f.write_str(
                "the JSON is none of: a request (device_credential_*, WebAuthn, Open Finance \
                 Brasil), a verify file with \"request\", a vector case, client data",
            ),
            Kind::Unknown => f.write_str(
                "the input is none of: JSON, PEM certificates, a DER certificate, an attestation \
                 object, authenticator data, or one of them in base64 or hexadecimal",
            ),
        }
    }
}

impl core::error::Error for InspectError {}

/// Decodes `input` into a tree, whatever of the known kinds it is.
///
/// Known are: a request in any of its JSON forms, alone or in a verify file; a vector case or a
/// file of them; client data; certificates in PEM or DER; an attestation object as CBOR;
/// authenticator data; and one of the binary kinds as a single text in base64 or hexadecimal.
/// `reading` says how base64 is read.
///
/// A part that cannot be decoded becomes a node with a note. Nothing is judged.
///
/// # Errors
///
/// [`InspectError`] when the input as a whole is none of these.
pub fn inspect(input: &[u8], reading: Base64Reading) -> Result<Node, InspectError> {
    if input.len() > MAX_INPUT {
        return Err(InspectError(Kind::TooLarge));
    }
    if let Some(node) = binary(input) {
        return Ok(node);
    }
    let text = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input);
    let text = text.trim_ascii();
    match text.first() {
        Some(b'{' | b'[') => json(text, reading),
        _ if certificate::is_pem(text) => Ok(certificate::pem(text)),
        _ => binary_text(text, reading).ok_or(InspectError(Kind::Unknown)),
    }
}

/// The binary kinds. Authenticator data begins with a hash, so it is what reads as such to its last
/// byte, is no text and does not begin as an attestation object does; the others are told apart by
/// their first byte: a CBOR map, or a DER SEQUENCE whose length has the long form (in text, `0` is
/// followed by a character below 0x80).
fn binary(bytes: &[u8]) -> Option<Node> {
    match bytes {
        // The first member of a map: `fmt`, `attStmt` or `authData`.
        [0xa1..=0xbf, 0x63, b'f', ..] | [0xa1..=0xbf, 0x67 | 0x68, b'a', ..] => {
            Some(attestation::object(bytes, &RelyingParties::default()))
        }
        _ if !bytes.is_ascii() && AuthenticatorData::read(bytes).is_ok() => {
            Some(authenticator_data::node(bytes, &RelyingParties::default()))
        }
        [0xa0..=0xbf, ..] => Some(attestation::object(bytes, &RelyingParties::default())),
        [0x30, 0x80..=0xff, ..] => Some(certificate::node("certificate".to_owned(), bytes)),
        _ => None,
    }
}

fn json(text: &[u8], reading: Base64Reading) -> Result<Node, InspectError> {
    let json = Json::read_long(text, "input").map_err(|error| InspectError(Kind::Json(error)))?;
    request::recognise(&json, reading)
        .or_else(|| is_client_data(&json).then(|| client_data::node(text)))
        .ok_or(InspectError(Kind::JsonForm))
}

/// A single value in base64 or hexadecimal. Line breaks are taken out: they belong to the file, not
/// the value. Hexadecimal reads as base64 too, but then nothing comes of it that is known; and what
/// is shorter than authenticator data is only a word of few letters.
fn binary_text(text: &[u8], reading: Base64Reading) -> Option<Node> {
    let text = core::str::from_utf8(text).ok()?;
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let joined: String = text.lines().map(str::trim).collect();
    let from_base64 = reading.decode(&joined, "input").ok().map(|(bytes, _)| bytes);
    from_base64.and_then(|bytes| binary_or_client_data(&bytes)).or_else(|| {
        let bytes = hex::decode_any(&joined)?;
        (bytes.len() >= 37).then(|| binary_or_client_data(&bytes)).flatten()
    })
}

fn binary_or_client_data(bytes: &[u8]) -> Option<Node> {
    binary(bytes).or_else(|| {
        let json = Json::read_long(bytes, "input").ok()?;
        is_client_data(&json).then(|| client_data::node(bytes))
    })
}

fn is_client_data(json: &Json) -> bool {
    ["type", "challenge", "origin"].iter().all(|name| json.member(name).is_some())
}

/// Why bytes did not parse, as it stands in a note.
fn note(malformed: &Malformed) -> String {
    malformed.message(Language::EnUs)
}

/// The same for a cause that may be a refusal.
fn cause(cause: &Cause) -> String {
    match cause {
        Cause::Malformed(malformed) => note(malformed),
        Cause::Refusal(refusal) => refusal.message(Language::EnUs),
    }
}

/// A list of nodes, cut where it would only fill memory.
fn shown(nodes: impl ExactSizeIterator<Item = Node>) -> Vec<Node> {
    let more = nodes.len().saturating_sub(MAX_SHOWN);
    let mut shown: Vec<Node> = nodes.take(MAX_SHOWN).collect();
    if more > 0 {
        shown.push(Node::new("more").noted(format!("{more} more are not shown")));
    }
    shown
}

#[cfg(test)]
mod tests;
