//! Android key attestation without a WebAuthn statement: the chain of a key that the app made.

use super::Setting;
use crate::verdict::marker::{Ak1, Ak2, Ak3, Ak4, X15};
use crate::verdict::{AttestationType, CheckId, Evidence, Facts, Failure, Format, Ledger, Settled};
use crate::webauthn::attestation_path;
use crate::webauthn::statement::android_evidence::{self, KeyUse};
use crate::webauthn::statement::android_key::{self, DescriptionProof};
use crate::webauthn::statement::{leaf, read_certificates, within_limits};

/// Proof that every check was settled.
#[must_use]
pub(super) struct Proof {
    _chain: Settled<Ak1>,
    _certificates: Settled<X15>,
    _signature: Settled<Ak2>,
    _key: Settled<Ak3>,
    _challenge: Settled<Ak4>,
    _description: DescriptionProof,
    _path: attestation_path::Proof,
}

/// Judges the chain, and hands back the key that it is for.
pub(super) fn judge(
    certificates: &[Vec<u8>],
    setting: &Setting<'_>,
    ledger: &mut Ledger,
    facts: &mut Facts,
) -> Result<(Vec<u8>, Proof), Failure> {
    let (encoded, chain) = ledger.judge_into(|| {
        let encoded = within_limits(certificates, |certificate| Ok(certificate.as_slice()))?;
        Ok((encoded, Evidence::Note("a chain without a statement")))
    })?;
    let (certificates, readable) = read_certificates(&encoded, ledger, facts)?;
    let signature = ledger.not_applicable("there is no statement that could be signed");
    let key = ledger.not_applicable("the key is the app's own, beside the credential's");
    let ((description, public_key), challenge) = ledger.judge_into(|| {
        let description = android_key::description_over(setting.challenge, &certificates)?;
        let public_key = leaf(&certificates)?.public_key_info.to_vec();
        Ok(((description, public_key), Evidence::Note("over the challenge itself")))
    })?;
    facts.android = Some(android_evidence::describe(&description));
    facts.attestation_type = Some(AttestationType::Basic);
    let of_key = android_evidence::Setting {
        policy: setting.policy,
        time: setting.time,
        key: KeyUse::DeviceEvidence { application: setting.application },
    };
    let description = android_key::judge_description(&description, &certificates, &of_key, ledger)?;
    let path = attestation_path::judge(
        Format::AndroidKey,
        &certificates,
        false,
        None,
        // An app's key is of no model, so an anchor for some models alone does not vouch for it.
        &setting.trust(&[0; 16]),
        ledger,
        facts,
    )?;
    let proof = Proof {
        _chain: chain,
        _certificates: readable,
        _signature: signature,
        _key: key,
        _challenge: challenge,
        _description: description,
        _path: path,
    };
    Ok((public_key, proof))
}

/// The order in which evidence is judged, for the part that is not reached.
pub(super) const CHECKS: &[CheckId] = {
    use CheckId::{
        Ak1, Ak2, Ak3, Ak4, Ak5, Ak6, Ak7, Ak8, Ak9, Ak10, Ak11, Ak12, Ak13, Ak14, Ak15, Ak16,
        Ak17, Ak18, Ak19, X11, X12, X13, X15,
    };
    &[
        Ak1, X15, Ak2, Ak3, Ak4, Ak5, Ak6, Ak7, Ak10, Ak8, Ak9, Ak11, Ak12, Ak13, Ak14, Ak15, Ak16,
        X12, X13, X11, Ak17, Ak18, Ak19,
    ]
};
