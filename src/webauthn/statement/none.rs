//! `none` (WebAuthn Level 3 §8.7): nothing vouches for the authenticator.

use super::{FormatProof, Proof, Verified};
use crate::encoding::cbor::Value;
use crate::verdict::{AttestationType, Evidence, Failure, Ledger, Reason};

/// §8.7: the statement is an empty map.
pub(super) fn verify<'a>(
    statement: &Value<'a>,
    ledger: &mut Ledger,
) -> Result<Verified<'a>, Failure> {
    let none = ledger.judge(|| match statement {
        Value::Map(entries) if entries.is_empty() => Ok(Evidence::None),
        _ => Err(Reason::StatementNotEmpty.into()),
    })?;
    const WHY: &str = "a none statement has no members";
    Ok(Verified {
        attestation_type: AttestationType::None,
        certificates: Vec::new(),
        certifies_model: false,
        proof: Proof {
            _members: ledger.not_applicable(WHY),
            _none: none,
            _certificates: ledger.not_applicable(super::NO_CERTIFICATES),
            _aaguid: ledger.not_applicable(super::NO_CERTIFICATES),
            _format: FormatProof::None,
        },
    })
}
