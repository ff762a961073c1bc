//! The attestation object (WebAuthn Level 3 §6.5.4): exactly `fmt`, `attStmt`, `authData`.

use crate::encoding::cbor::{self, Value};
use crate::verdict::{Fault, Malformed};

/// Largest attestation object (security.md T-36). The largest of the test data has 7 KiB.
const MAX_ATTESTATION_OBJECT: usize = 32 * 1024;

const ITEM: &str = "attestationObject";

/// An attestation object as a borrowed view.
#[derive(Debug, Clone)]
pub(crate) struct AttestationObject<'a> {
    pub(crate) format: &'a str,
    pub(crate) statement: Value<'a>,
    pub(crate) authenticator_data: &'a [u8],
}

impl<'a> AttestationObject<'a> {
    /// Reads `bytes` as one strict CBOR item.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Malformed> {
        if bytes.len() > MAX_ATTESTATION_OBJECT {
            return Err(Malformed::new(ITEM, Fault::TooLarge, 0));
        }
        // The canonical order puts `fmt` first. A compound statement nests statements, so it has
        // one level more.
        let depth = if bytes.starts_with(b"\xa3\x63fmt\x68compound") {
            cbor::MAX_DEPTH + 1
        } else {
            cbor::MAX_DEPTH
        };
        let object = Value::read(bytes, ITEM, depth)?;
        let Value::Map(entries) = object else {
            return Err(Malformed::new(ITEM, Fault::WrongType, 0));
        };
        let (mut format, mut statement, mut authenticator_data) = (None, None, None);
        for (key, value) in entries {
            match key.text() {
                Some("fmt") => format = Some(value),
                Some("attStmt") => statement = Some(value),
                Some("authData") => authenticator_data = Some(value),
                _ => return Err(Malformed::new(ITEM, Fault::TooMany, 0)),
            }
        }
        let wrong = |name| Malformed::new(name, Fault::WrongType, 0);
        let format = present(format, "fmt")?.text().ok_or_else(|| wrong("fmt"))?;
        let statement = present(statement, "attStmt")?;
        if !matches!(statement, Value::Map(_) | Value::Array(_)) {
            return Err(wrong("attStmt"));
        }
        let authenticator_data =
            present(authenticator_data, "authData")?.bytes().ok_or_else(|| wrong("authData"))?;
        Ok(Self { format, statement, authenticator_data })
    }
}

fn present<T>(member: Option<T>, name: &'static str) -> Result<T, Malformed> {
    member.ok_or_else(|| Malformed::new(name, Fault::Missing, 0))
}
