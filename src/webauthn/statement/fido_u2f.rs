//! `fido-u2f` (WebAuthn Level 3 §8.6): security keys of the first generation.

use super::{
    Context, FormatProof, Verified, bytes, leaf, only_members, read_certificates, required, x5c,
};
use crate::crypto::{Algorithm, KeyKind, PublicKey};
use crate::encoding::cbor::Value;
use crate::verdict::marker::{Fu1, Fu2, Fu3, Fu4, Fu5, Fu6, Fu7, Fu8, Fu9, X2, X16};
use crate::verdict::{AttestationType, Evidence, Facts, Failure, Ledger, Reason, Settled};

/// Proof that the checks of the format were settled.
pub(super) struct Proof {
    _key: Settled<Fu1>,
    _count: Settled<Fu2>,
    _attestation_key: Settled<Fu3>,
    _coordinates: Settled<Fu4>,
    _data: Settled<Fu5>,
    _signature: Settled<Fu6>,
    _aaguid: Settled<Fu7>,
    _metadata: Settled<Fu8>,
    _unused_bits: Settled<Fu9>,
}

pub(super) fn verify<'a>(
    statement: &Value<'a>,
    context: &Context<'_, 'a>,
    ledger: &mut Ledger,
    facts: &mut Facts,
) -> Result<Verified<'a>, Failure> {
    let (signature, exact) = ledger.judge_into::<X2, _>(|| {
        only_members(statement, &["sig", "x5c"])?;
        Ok((bytes(required(statement, "sig")?, "sig")?, Evidence::None))
    })?;
    let not_none = ledger.not_applicable::<X16>("the format is not none");
    let (encoded, count) = ledger.judge_into::<Fu2, _>(|| {
        let encoded = x5c(required(statement, "x5c")?)?;
        match encoded.len() {
            1 => Ok((encoded, Evidence::None)),
            length => {
                let found = i64::try_from(length).unwrap_or(i64::MAX);
                let refusal = Reason::CertificateCount.expected(Evidence::Number("", 1));
                Err(refusal.found(Evidence::Number("", found)).into())
            }
        }
    })?;
    let (certificates, readable) = read_certificates(&encoded, ledger, facts)?;
    let key = ledger.judge::<Fu1>(|| match context.key.algorithm {
        Algorithm::Es256 => Ok(Evidence::None),
        other => {
            let refusal = Reason::AlgorithmNotAccepted.expected(Evidence::Number("alg", -7));
            Err(refusal.found(Evidence::Number("alg", other.cose())).into())
        }
    })?;
    let (attestation_key, on_p256) = ledger.judge_into::<Fu3, _>(|| {
        let key = PublicKey::read_certificate(leaf(&certificates)?.public_key_info)?;
        match key.kind() {
            KeyKind::P256 => Ok((key, Evidence::None)),
            other => {
                let refusal = Reason::SignatureKeyType.expected(Evidence::Note("P-256"));
                Err(refusal.found(Evidence::Note(other.name())).into())
            }
        }
    })?;
    let ((x, y), coordinates) = ledger.judge_into::<Fu4, _>(|| {
        let coordinates = context.key.key.coordinates().ok_or(Reason::CoordinateLength)?;
        Ok((coordinates, Evidence::Note("held by the key type, X-9")))
    })?;
    let data = ledger.judge::<Fu5>(|| Ok(Evidence::Note("covers the hash that RP-1 judged")))?;
    let signed = ledger.judge::<Fu6>(|| {
        // §8.6 step 5; ECDSA with SHA-256 whatever anything else says (step 6).
        let message: [&[u8]; 7] = [
            &[0],
            context.data.rp_id_hash,
            context.client_data_hash,
            context.attested.credential_id,
            &[4],
            x,
            y,
        ];
        Algorithm::Es256.verify(&attestation_key, &message, signature)?;
        Ok(Evidence::None)
    })?;
    let aaguid =
        ledger.judge_if(context.policy.u2f_zero_aaguid.is_judged(), "u2f_zero_aaguid", || {
            match context.attested.aaguid {
                [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] => Ok(Evidence::None),
                other => Err(Reason::AaguidNotZero.found(Evidence::Aaguid(*other)).into()),
            }
        })?;
    let unused_bits = ledger.judge_if(
        context.policy.certificate_unused_bits.is_judged(),
        "certificate_unused_bits",
        || match leaf(&certificates)?.signature_unused_bits {
            0 => Ok(Evidence::None),
            bits => Err(Reason::UnusedBits.found(Evidence::Number("bits", i64::from(bits))).into()),
        },
    )?;
    let unused = certificates.first().is_some_and(|leaf| leaf.signature_unused_bits != 0);
    if unused {
        ledger.tolerate("certificate_unused_bits");
    }
    let metadata = ledger.evidence_if(context.policy.metadata.is_judged(), "metadata")?;
    let proof = Proof {
        _key: key,
        _count: count,
        _attestation_key: on_p256,
        _coordinates: coordinates,
        _data: data,
        _signature: signed,
        _aaguid: aaguid,
        _metadata: metadata,
        _unused_bits: unused_bits,
    };
    Ok(Verified {
        attestation_type: AttestationType::Basic,
        certificates,
        certifies_model: false,
        proof: super::Proof {
            _members: exact,
            _none: not_none,
            _certificates: readable,
            _aaguid: ledger.not_applicable("the format does not judge the AAGUID extension"),
            _format: FormatProof::FidoU2f { _proof: proof },
        },
    })
}
