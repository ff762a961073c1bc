//! The attestation of a registration (WebAuthn Level 3 §7.1 steps 21 to 24): a single statement
//! and the path of its certificates.

use core::cell::OnceCell;

use super::statement::{self, Context, Verifiable};
use super::{attestation_metadata, attestation_path};
use crate::encoding::cbor::Value;
use crate::policy::Policy;
use crate::verdict::marker::Po1;
use crate::verdict::{AttestationType, Evidence, Facts, Failure, Format, Ledger, Reason, Settled};

/// Proof that a statement was verified and its path judged.
#[must_use]
pub(super) struct Proof {
    _statement: statement::Proof,
    _metadata: attestation_metadata::Proof,
    _path: attestation_path::Proof,
}

/// Verifies one statement and leads its certificates to an anchor.
pub(super) fn judge<'a>(
    format: Verifiable,
    statement: &Value<'a>,
    context: &Context<'_, 'a>,
    ledger: &mut Ledger,
    facts: &mut Facts,
) -> Result<(AttestationType, Proof), Failure> {
    let token = OnceCell::new();
    let verified = statement::verify(format, statement, &token, context, ledger, facts)?;
    facts.attestation_type = Some(verified.attestation_type);
    let seen = attestation_metadata::Statement {
        format,
        attestation_type: verified.attestation_type,
        certificates: &verified.certificates,
    };
    let (entry, metadata) = attestation_metadata::judge(&seen, context, ledger, facts)?;
    let trust = attestation_path::Trust {
        policy: context.policy,
        store: context.store,
        time: context.time,
        status_time: context.status_time,
        aaguid: context.attested.aaguid,
    };
    let path = attestation_path::judge(
        format.format(),
        &verified.certificates,
        verified.certifies_model,
        entry,
        &trust,
        ledger,
        facts,
    )?;
    Ok((
        verified.attestation_type,
        Proof { _statement: verified.proof, _metadata: metadata, _path: path },
    ))
}

/// PO-1: the policy takes the format.
pub(super) fn accepted_format(
    format: Format,
    policy: &Policy,
    ledger: &mut Ledger,
) -> Result<Settled<Po1>, Failure> {
    ledger.judge(|| {
        if format == Format::AndroidSafetynet && policy.refuse_safetynet.is_judged() {
            return Err(Reason::SafetyNetEnded.into());
        }
        let evidence = Evidence::Note(format.as_str());
        match &policy.formats {
            None => Ok(Evidence::Note("every format")),
            Some(accepted) if accepted.contains(&format) => Ok(evidence),
            Some(_) => Err(Reason::FormatNotAccepted.found(evidence).into()),
        }
    })
}
