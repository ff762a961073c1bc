//! The attestation of an app's key.

use super::is_for_app;
use crate::crypto::{PublicKey, Transcript, sha256};
use crate::encoding::cbor::Value;
use crate::encoding::certificate::{Certificate, oid};
use crate::encoding::der::{DerReader, Tag};
use crate::time::UnixTime;
use crate::verdict::marker::{Aa1, Aa2, Aa3, Aa4, Aa5, Aa6, Aa8, X1, X2, X3, X9, X15, X17};
use crate::verdict::{
    AttestationType, Cause, Ceremony, CheckId, Evidence, Facts, Failure, Fault, Format,
    InputDigest, Inputs, Ledger, Malformed, Reason, Settled, Verdict,
};
use crate::webauthn::attestation_object::AttestationObject;
use crate::webauthn::attestation_path::{self, Trust};
use crate::webauthn::authenticator_data::{AttestedCredentialData, AuthenticatorData};
use crate::webauthn::cose_key::CredentialKey;
use crate::webauthn::statement::{self, apple_nonce};
use crate::webauthn::{Judgement, Verifier};

/// What an app sends once it has had a key attested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppAttestation {
    key_id: Vec<u8>,
    attestation_object: Vec<u8>,
}

impl AppAttestation {
    /// From the key identifier, decoded, and the attestation object that `DCAppAttestService`
    /// returned.
    #[must_use]
    pub fn from_bytes(key_id: &[u8], attestation_object: &[u8]) -> Self {
        Self { key_id: key_id.to_vec(), attestation_object: attestation_object.to_vec() }
    }

    fn digest(&self) -> InputDigest {
        let mut transcript = Transcript::new(b"device-enrollment app attestation 1");
        self.write(&mut transcript);
        transcript.finish()
    }

    pub(in crate::webauthn) fn write(&self, transcript: &mut Transcript) {
        transcript.bytes(&self.key_id);
        transcript.bytes(&self.attestation_object);
    }
}

/// Where an app's keys are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppAttestEnvironment {
    /// Apps from the App Store and TestFlight.
    Production,
    /// Apps under development. Never for an account that matters.
    Development,
}

impl AppAttestEnvironment {
    pub(in crate::webauthn) const fn aaguid(self) -> &'static [u8; 16] {
        match self {
            Self::Production => b"appattest\0\0\0\0\0\0\0",
            Self::Development => b"appattestdevelop",
        }
    }

    pub(in crate::webauthn) const fn name(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Development => "development",
        }
    }
}

/// What is expected of the attestation of an app's key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppAttestationExpectation {
    /// The App ID: team identifier, a dot, bundle identifier.
    pub app_id: String,
    /// The environment that keys have to come from.
    pub environment: AppAttestEnvironment,
    /// The bytes whose SHA-256 the app handed over as client data hash: what commits to the
    /// challenge that was issued to it.
    pub client_data: Vec<u8>,
}

impl AppAttestationExpectation {
    /// A key of the production environment.
    #[must_use]
    pub fn new(app_id: impl Into<String>, client_data: impl Into<Vec<u8>>) -> Self {
        Self {
            app_id: app_id.into(),
            environment: AppAttestEnvironment::Production,
            client_data: client_data.into(),
        }
    }

    fn digest(&self) -> InputDigest {
        let mut transcript = Transcript::new(b"device-enrollment app attestation expectation 1");
        transcript.bytes(self.app_id.as_bytes());
        transcript.bytes(self.environment.name().as_bytes());
        transcript.bytes(&self.client_data);
        transcript.finish()
    }
}

/// An app's key that was accepted: what has to be stored of it.
///
/// There is no way to make one but to have every check settled.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AcceptedAppAttestation {
    /// The key identifier.
    pub key_id: Vec<u8>,
    /// The COSE_Key bytes, for verifying assertions.
    pub public_key: Vec<u8>,
    /// What Apple's risk metric is asked with. It is not verified here.
    pub receipt: Vec<u8>,
}

/// Proof that every check was settled.
#[must_use]
pub(in crate::webauthn) struct Proof {
    _object: Settled<X1>,
    _data: Settled<X3>,
    _format: Settled<X17>,
    _members: Settled<X2>,
    _count: Settled<Aa1>,
    _certificates: Settled<X15>,
    _nonce: Settled<Aa2>,
    _key: Settled<X9>,
    _key_id: Settled<Aa3>,
    _app: Settled<Aa4>,
    _counter: Settled<Aa5>,
    _environment: Settled<Aa6>,
    _receipt: Settled<Aa8>,
    _path: attestation_path::Proof,
}

/// Verifies the attestation of an app's key.
pub(crate) fn verify(
    verifier: &Verifier,
    response: &AppAttestation,
    expected: &AppAttestationExpectation,
    time: Option<UnixTime>,
) -> Judgement<AcceptedAppAttestation> {
    let mut ledger = Ledger::new();
    let mut facts = Facts::default();
    let trust = Trust {
        policy: verifier.policy(),
        store: verifier.trust_store(),
        time,
        status_time: verifier.statuses_at(time),
        aaguid: expected.environment.aaguid(),
    };
    let outcome = judge(response, expected, &trust, &mut ledger, &mut facts)
        .map(|(accepted, _proof)| accepted);
    let (checks, tolerances) = ledger.finish(ORDER.iter().copied());
    let verdict = Verdict {
        ceremony: Ceremony::AppAttestation,
        profile: verifier.policy().name.clone(),
        failure: outcome.as_ref().err().cloned(),
        checks,
        facts,
        parts: Vec::new(),
        tolerances,
        inputs: Inputs {
            response: response.digest(),
            expectation: expected.digest(),
            ..verifier.inputs(time)
        },
    };
    Judgement::new(verdict, outcome)
}

/// Judges it in a ledger that is a verdict's own, or that of a part.
pub(in crate::webauthn) fn judge(
    response: &AppAttestation,
    expected: &AppAttestationExpectation,
    trust: &Trust<'_>,
    ledger: &mut Ledger,
    facts: &mut Facts,
) -> Result<(AcceptedAppAttestation, Proof), Failure> {
    let parsed = AttestationObject::read(&response.attestation_object);
    let (object, strict) = ledger.judge_into(|| Ok((parsed?, Evidence::None)))?;
    let (data, structure) = ledger.judge_into(|| {
        let data = authenticator_data(object.authenticator_data)?;
        Ok((data, Evidence::None))
    })?;
    let attested = data.attested.as_ref();
    if data.extensions.is_some() && !data.flags.ed {
        ledger.tolerate("app_attest_launch_validation");
    }
    facts.flags = Some(data.flags);
    facts.sign_count = Some(data.sign_count);
    let format = ledger.judge(|| {
        if object.format == Format::AppleAppattest.as_str() {
            Ok(Evidence::Note(Format::AppleAppattest.as_str()))
        } else {
            Err(Reason::FormatUnknown.found(Evidence::text(object.format)).into())
        }
    })?;
    facts.format = Some(Format::AppleAppattest);
    let (receipt, members) = ledger.judge_into(|| {
        statement::only_members(&object.statement, &["x5c", "receipt"])?;
        let receipt = statement::required(&object.statement, "receipt")?;
        let receipt = receipt.bytes().ok_or_else(|| statement::wrong_type("receipt"))?;
        Ok((receipt, Evidence::None))
    })?;
    let (encoded, count) = ledger.judge_into(|| {
        let encoded = statement::x5c(statement::required(&object.statement, "x5c")?)?;
        if encoded.len() == 2 {
            return Ok((encoded, Evidence::None));
        }
        let found = i64::try_from(encoded.len()).unwrap_or(i64::MAX);
        Err(Reason::CertificateCount.found(Evidence::Number("certificates", found)).into())
    })?;
    let (certificates, readable) = statement::read_certificates(&encoded, ledger, facts)?;
    let client_data_hash = sha256(&[&expected.client_data]);
    let nonce = ledger.judge(|| {
        let found = apple_nonce(statement::leaf(&certificates)?)?;
        if found == sha256(&[data.bytes, &client_data_hash]) {
            Ok(Evidence::None)
        } else {
            Err(Reason::AppleNonce.into())
        }
    })?;
    let ((attested, key), key_form) = ledger.judge_into(|| {
        let attested = attested.ok_or(Reason::AttestedDataMissing)?;
        let key = CredentialKey::from_cbor(&attested.public_key)?;
        let evidence = Evidence::Number("alg", key.algorithm.cose());
        Ok(((attested, key), evidence))
    })?;
    note(attested, &key, facts);
    let key_id = ledger.judge(|| {
        let leaf = statement::leaf(&certificates)?;
        if PublicKey::read_certificate(leaf.public_key_info)? != key.key {
            return Err(Reason::LeafKeyMismatch.into());
        }
        let PublicKey::P256(point) = &key.key else { return Err(Reason::CurveMismatch.into()) };
        let hash = sha256(&[point]);
        if attested.credential_id == hash && response.key_id == hash {
            Ok(Evidence::None)
        } else {
            Err(Reason::AppKeyId.into())
        }
    })?;
    let app = ledger.judge(|| {
        let evidence = is_for_app(data.rp_id_hash, &expected.app_id)?;
        names_app(statement::leaf(&certificates)?, &expected.app_id)?;
        Ok(evidence)
    })?;
    let counter = ledger.judge(|| match data.sign_count {
        0 => Ok(Evidence::None),
        other => Err(Reason::AppCounter.found(Evidence::Number("", i64::from(other))).into()),
    })?;
    let environment = ledger.judge(|| {
        let wanted = expected.environment;
        if attested.aaguid == wanted.aaguid() {
            Ok(Evidence::Note(wanted.name()))
        } else {
            Err(Reason::AppEnvironment.expected(Evidence::Note(wanted.name())).into())
        }
    })?;
    let kept = ledger.judge(|| {
        if receipt.is_empty() { Err(Reason::AppReceipt.into()) } else { Ok(Evidence::None) }
    })?;
    facts.attestation_type = Some(AttestationType::Basic);
    let path = attestation_path::judge(
        Format::AppleAppattest,
        &certificates,
        false,
        None,
        trust,
        ledger,
        facts,
    )?;
    let accepted = AcceptedAppAttestation {
        key_id: response.key_id.clone(),
        public_key: attested.public_key_bytes.to_vec(),
        receipt: receipt.to_vec(),
    };
    let proof = Proof {
        _object: strict,
        _data: structure,
        _format: format,
        _members: members,
        _count: count,
        _certificates: readable,
        _nonce: nonce,
        _key: key_form,
        _key_id: key_id,
        _app: app,
        _counter: counter,
        _environment: environment,
        _receipt: kept,
        _path: path,
    };
    Ok((accepted, proof))
}

fn note(attested: &AttestedCredentialData<'_>, key: &CredentialKey, facts: &mut Facts) {
    facts.aaguid = Some(*attested.aaguid);
    facts.credential_id = Some(attested.credential_id.to_vec());
    facts.credential_public_key = Some(attested.public_key_bytes.to_vec());
    facts.algorithm = Some(key.algorithm.cose());
}

/// Authenticator data of App Attest. From iOS 27 on one map of launch-validation outputs may
/// follow although the ED flag is clear; nowhere else is that read, and nothing else may follow.
fn authenticator_data(bytes: &[u8]) -> Result<AuthenticatorData<'_>, Cause> {
    let data = AuthenticatorData::read_unannounced(bytes)?;
    let Some(outputs) = data.extensions.as_ref().and_then(Value::map) else { return Ok(data) };
    let known = outputs.iter().all(|(name, value)| match name.text() {
        Some("apple_bundle_version_01") => value.text().is_some(),
        Some("apple_validation_category_01") => value.bytes().is_some_and(|b| b.len() == 4),
        _ => false,
    });
    if known && !outputs.is_empty() {
        Ok(data)
    } else {
        Err(Malformed::new("authenticator extension data", Fault::WrongType, 0).into())
    }
}

/// AA-4, second half: the certificate's own App ID, where it states one.
///
/// The extension's fields are numbered and mostly unpublished; field 1204 is the App ID. Others
/// are passed over, since Apple adds to them.
fn names_app(leaf: &Certificate<'_>, app_id: &str) -> Result<(), Cause> {
    const ITEM: &str = "App Attest key properties";
    const APP_ID: Tag = Tag::explicit(1204);
    let Some(extension) = leaf.extension(oid::APPLE_KEY_PROPERTIES) else { return Ok(()) };
    let content = DerReader::only(extension.value, Tag::SEQUENCE, ITEM)?;
    let mut fields = DerReader::new(content, ITEM);
    while !fields.is_empty() {
        let field = fields.any()?;
        if field.tag == APP_ID {
            let stated = DerReader::only(field.content, Tag::OCTET_STRING, ITEM)?;
            if stated != app_id.as_bytes() {
                return Err(Reason::AppId.expected(Evidence::text(app_id)).into());
            }
        }
    }
    Ok(())
}

/// The order in which an attestation is judged, for the part that is not reached.
pub(in crate::webauthn) const ORDER: &[CheckId] = {
    use CheckId::{Aa1, Aa2, Aa3, Aa4, Aa5, Aa6, Aa8, X1, X2, X3, X9, X11, X12, X13, X15, X17};
    &[X1, X3, X17, X2, Aa1, X15, Aa2, X9, Aa3, Aa4, Aa5, Aa6, Aa8, X12, X13, X11]
};
