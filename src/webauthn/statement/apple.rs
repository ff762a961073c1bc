//! `apple` (WebAuthn Level 3 §8.8): anonymous attestation; the certificate itself is made for
//! this credential and this ceremony.

use super::{
    Context, FormatProof, Verified, integer, leaf, only_members, read_certificates, required, x5c,
};
use crate::crypto::{PublicKey, sha256};
use crate::encoding::cbor::Value;
use crate::encoding::certificate::{Certificate, oid};
use crate::encoding::der::{DerReader, Tag};
use crate::verdict::marker::{Ap1, Ap2, Ap3, Ap4, Ap6, Ap7, Ap8, X2, X16};
use crate::verdict::{
    AttestationType, Cause, Evidence, Facts, Failure, Ledger, Malformed, Reason, Settled,
};

/// Proof that the checks of the format were settled. AP-5 is settled with the path.
pub(super) struct Proof {
    _members: Settled<Ap1>,
    _extension: Settled<Ap2>,
    _nonce: Settled<Ap3>,
    _key: Settled<Ap4>,
    _type: Settled<Ap6>,
    _lifetime: Settled<Ap7>,
    _device_bound: Settled<Ap8>,
}

pub(super) fn verify<'a>(
    statement: &Value<'a>,
    context: &Context<'_, 'a>,
    ledger: &mut Ledger,
    facts: &mut Facts,
) -> Result<Verified<'a>, Failure> {
    let (encoded, members) =
        ledger.judge_into::<Ap1, _>(|| Ok((x5c(required(statement, "x5c")?)?, Evidence::None)))?;
    let exact = ledger.judge::<X2>(|| {
        // iOS 14 sent `alg` beside x5c, as the first drafts of the format had it.
        only_members(statement, &["x5c", "alg"])?;
        if let Some(algorithm) = statement.member("alg") {
            integer(algorithm, "alg")?;
        }
        Ok(Evidence::None)
    })?;
    if statement.member("alg").is_some() {
        ledger.tolerate("apple_alg");
    }
    let not_none = ledger.not_applicable::<X16>("the format is not none");
    let (certificates, readable) = read_certificates(&encoded, ledger, facts)?;
    let (nonce, extension) = ledger
        .judge_into::<Ap2, _>(|| Ok((nonce_extension(leaf(&certificates)?)?, Evidence::None)))?;
    let commits = ledger.judge::<Ap3>(|| {
        // §8.8 steps 2 and 3: the nonce is the hash of authenticator data and client data hash.
        let expected = sha256(&[context.data.bytes, context.client_data_hash]);
        if nonce == expected { Ok(Evidence::None) } else { Err(Reason::AppleNonce.into()) }
    })?;
    let key = ledger.judge::<Ap4>(|| {
        let key = PublicKey::read_certificate(leaf(&certificates)?.public_key_info)?;
        if key == context.key.key {
            Ok(Evidence::None)
        } else {
            Err(Reason::LeafKeyMismatch.into())
        }
    })?;
    let kind = ledger.judge::<Ap6>(|| Ok(Evidence::Note(AttestationType::AnonCa.as_str())))?;
    let device_bound = ledger.judge_if(
        context.policy.apple_device_bound.is_judged(),
        "apple_device_bound",
        || {
            let eligible = context.data.flags.be;
            if eligible { Err(Reason::AppleBackupEligible.into()) } else { Ok(Evidence::None) }
        },
    )?;
    let proof = Proof {
        _members: members,
        _extension: extension,
        _nonce: commits,
        _key: key,
        _type: kind,
        _lifetime: ledger.not_applicable("reported by the dates of the certificates"),
        _device_bound: device_bound,
    };
    Ok(Verified {
        attestation_type: AttestationType::AnonCa,
        certificates,
        certifies_model: false,
        proof: super::Proof {
            _members: exact,
            _none: not_none,
            _certificates: readable,
            _aaguid: ledger.not_applicable("the format does not judge the AAGUID extension"),
            _format: FormatProof::Apple { _proof: proof },
        },
    })
}

/// `1.2.840.113635.100.8.2`: SEQUENCE { [1] { OCTET STRING of 32 bytes } }, nothing behind.
pub(crate) fn nonce_extension<'a>(leaf: &Certificate<'a>) -> Result<&'a [u8], Cause> {
    let extension = leaf.extension(oid::APPLE_NONCE).ok_or(Reason::ExtensionMissing)?;
    let malformed = |_: Malformed| Cause::from(Reason::ExtensionFormCertificate);
    let sequence =
        DerReader::only(extension.value, Tag::SEQUENCE, "Apple nonce").map_err(malformed)?;
    let tagged = DerReader::only(sequence, Tag::explicit(1), "Apple nonce").map_err(malformed)?;
    let nonce = DerReader::only(tagged, Tag::OCTET_STRING, "Apple nonce").map_err(malformed)?;
    if nonce.len() == 32 { Ok(nonce) } else { Err(Reason::ExtensionFormCertificate.into()) }
}
