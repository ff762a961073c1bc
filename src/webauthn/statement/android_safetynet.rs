//! `android-safetynet` (WebAuthn Level 3 §8.5): a statement by a Google server about a phone. The
//! service has ended, so this is for judging old records again; a policy has to take it.

use core::cell::OnceCell;

use super::{
    Context, FormatProof, Verified, only_members, read_certificates, required,
    verify_by_certificate, wrong_type,
};
use crate::crypto::{Algorithm, sha256};
use crate::encoding::base64url;
use crate::encoding::cbor::Value;
use crate::encoding::certificate::{Certificate, attributes, oid};
use crate::encoding::der::{DerReader, Tag};
use crate::encoding::json::Json;
use crate::encoding::jws::Jws;
use crate::time::UnixTime;
use crate::verdict::marker::{Sn1, Sn2, Sn3, Sn4, Sn5, Sn6, X2, X16};
use crate::verdict::{
    AttestationType, Cause, Evidence, Facts, Failure, Fault, Ledger, Malformed, Reason, Settled,
};

/// Proof that the checks of the format were settled.
pub(super) struct Proof {
    _token: Settled<Sn1>,
    _signature: Settled<Sn2>,
    _host: Settled<Sn3>,
    _nonce: Settled<Sn4>,
    _integrity: Settled<Sn5>,
    _timestamp: Settled<Sn6>,
}

/// The JWS of a statement, decoded.
#[derive(Debug)]
pub(crate) struct Token {
    jws: Jws,
    payload: Json<'static>,
    certificates: Vec<Vec<u8>>,
}

pub(super) fn verify<'a>(
    statement: &Value<'a>,
    token: &'a OnceCell<Token>,
    context: &Context<'_, 'a>,
    ledger: &mut Ledger,
    facts: &mut Facts,
) -> Result<Verified<'a>, Failure> {
    let (token, readable_token) = ledger.judge_into::<Sn1, _>(|| {
        let read = Token::read(statement)?;
        Ok((token.get_or_init(|| read), Evidence::None))
    })?;
    let exact = ledger.judge::<X2>(|| {
        only_members(statement, &["ver", "response"])?;
        Ok(Evidence::None)
    })?;
    let not_none = ledger.not_applicable::<X16>("the format is not none");
    let encoded: Vec<&[u8]> = token.certificates.iter().map(Vec::as_slice).collect();
    let (certificates, readable) = read_certificates(&encoded, ledger, facts)?;
    facts.statement_algorithm = Some(Algorithm::Rs256.cose());
    let signature = ledger.judge::<Sn2>(|| {
        // The format knows one algorithm; what the header names must not choose another.
        if token.jws.algorithm() != Some("RS256") {
            let found = Evidence::text(token.jws.algorithm().unwrap_or(""));
            return Err(Reason::SafetyNetAlgorithm.found(found).into());
        }
        let message = [token.jws.signing_input()];
        let leaf = super::leaf(&certificates)?;
        verify_by_certificate(leaf, Algorithm::Rs256, &message, token.jws.signature())?;
        Ok(Evidence::Note("RS256"))
    })?;
    let (by_common_name, host) =
        ledger.judge_into::<Sn3, _>(|| server_of(HOST, super::leaf(&certificates)?))?;
    if by_common_name {
        ledger.tolerate("safetynet_common_name");
    }
    let nonce = ledger.judge::<Sn4>(|| {
        let expected = sha256(&[context.data.bytes, context.client_data_hash]);
        let nonce = token.payload.member("nonce").and_then(Json::string);
        let nonce = base64url::decode_standard(nonce.unwrap_or(""), "nonce")?;
        if nonce == expected { Ok(Evidence::None) } else { Err(Reason::SafetyNetNonce.into()) }
    })?;
    let integrity = ledger.judge::<Sn5>(|| {
        match token.payload.member("ctsProfileMatch").and_then(Json::boolean) {
            Some(true) => Ok(Evidence::None),
            _ => Err(Reason::SafetyNetIntegrity.into()),
        }
    })?;
    let timestamp = ledger.judge_if::<Sn6>(
        context.policy.safetynet_timestamp.is_judged(),
        "safetynet_timestamp",
        || made_at(context.time, &token.payload),
    )?;
    ledger.tolerate("android_safetynet");
    let proof = Proof {
        _token: readable_token,
        _signature: signature,
        _host: host,
        _nonce: nonce,
        _integrity: integrity,
        _timestamp: timestamp,
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
            _format: FormatProof::AndroidSafetynet { _proof: proof },
        },
    })
}

impl Token {
    /// §8.5: `ver` names the service's version, `response` is the JWS it answered with.
    fn read(statement: &Value<'_>) -> Result<Self, Cause> {
        let version = required(statement, "ver")?.text().ok_or_else(|| wrong_type("ver"))?;
        if version.is_empty() {
            return Err(Reason::SafetyNetVersion.into());
        }
        let response =
            required(statement, "response")?.bytes().ok_or_else(|| wrong_type("response"))?;
        let jws = Jws::read(response, "response")?;
        let payload = Json::read(jws.payload(), "SafetyNet payload")?.to_owned();
        if payload.object().is_none() {
            return Err(Malformed::new("SafetyNet payload", Fault::WrongType, 0).into());
        }
        let certificates = jws.certificates(super::MAX_CERTIFICATES, super::MAX_CERTIFICATE)?;
        if certificates.is_empty() {
            return Err(Reason::CertificatesEmpty.into());
        }
        Ok(Self { jws, payload, certificates })
    }
}

/// The certificate was issued to the host, and may serve TLS (RFC 5280 sections 4.2.1.6 and
/// 4.2.1.12). Only a certificate without any alternative name is asked for its common name, as
/// RFC 6125 section 6.4.4 has it.
fn server_of(host: &str, leaf: &Certificate<'_>) -> Result<(bool, Evidence), Cause> {
    let (named, by_common_name) = match leaf.extension(oid::SUBJECT_ALTERNATIVE_NAME) {
        Some(extension) => (has_dns_name(extension.value, host)?, false),
        None => {
            let attributes = attributes(leaf.subject)?;
            let mut names = attributes.iter().filter(|name| name.id == oid::COMMON_NAME);
            (names.any(|name| name.value == host.as_bytes()), true)
        }
    };
    if named && leaf.extended_key_usages()?.contains(&oid::SERVER_AUTH) {
        Ok((by_common_name, Evidence::Note(HOST)))
    } else {
        Err(Reason::SafetyNetHost.into())
    }
}

fn has_dns_name(value: &[u8], host: &str) -> Result<bool, Cause> {
    const ITEM: &str = "subject alternative name";
    const DNS_NAME: Tag = Tag::implicit(2);
    let mut names = DerReader::new(DerReader::only(value, Tag::SEQUENCE, ITEM)?, ITEM);
    let mut named = false;
    while !names.is_empty() {
        let name = names.any()?;
        named |= name.tag == DNS_NAME && name.content == host.as_bytes();
    }
    Ok(named)
}

/// Within five minutes on either side: what a phone's and a server's clock may be apart.
fn made_at(time: Option<UnixTime>, payload: &Json) -> Result<Evidence, Cause> {
    const WINDOW_MILLISECONDS: u64 = 5 * 60 * 1000;
    let time = time.ok_or_else(|| Malformed::new("time", Fault::Missing, 0))?;
    let stated = payload.member("timestampMs").and_then(Json::integer);
    let stated = stated.ok_or_else(|| Malformed::new("timestampMs", Fault::Missing, 0))?;
    if time.0.saturating_mul(1000).abs_diff(stated) <= WINDOW_MILLISECONDS {
        return Ok(Evidence::Time(stated / 1000));
    }
    let refusal = Reason::SafetyNetTime.expected(Evidence::Time(time.0));
    Err(refusal.found(Evidence::Time(stated / 1000)).into())
}

const HOST: &str = "attest.android.com";
