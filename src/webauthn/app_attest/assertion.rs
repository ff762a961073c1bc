//! Assertions by an attested app's key.

use super::is_for_app;
use crate::crypto::{Transcript, sha256};
use crate::encoding::cbor::{self, Value};
use crate::encoding::reader::{Reader, complete};
use crate::verdict::marker::{Aa4, Aa7, X1, X3, X9};
use crate::verdict::{
    Cause, Ceremony, CheckId, Evidence, Facts, Failure, Fault, Flags, InputDigest, Inputs, Ledger,
    Malformed, Reason, Settled, Verdict,
};
use crate::webauthn::cose_key::CredentialKey;
use crate::webauthn::{Judgement, Verifier};

/// An assertion has 37 bytes of data and a signature.
const MAX_ASSERTION: usize = 1024;

const ITEM: &str = "App Attest assertion";

/// What is expected of an assertion by an app's key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppAssertionExpectation {
    /// The App ID: team identifier, a dot, bundle identifier.
    pub app_id: String,
    /// The bytes whose SHA-256 the app handed over as client data hash.
    pub client_data: Vec<u8>,
    /// The COSE_Key bytes that were stored with the attestation.
    pub public_key: Vec<u8>,
    /// The counter of the last assertion; 0 after the attestation.
    pub sign_count: u32,
}

impl AppAssertionExpectation {
    /// An assertion by a stored key.
    #[must_use]
    pub fn new(
        app_id: impl Into<String>,
        client_data: impl Into<Vec<u8>>,
        public_key: impl Into<Vec<u8>>,
        sign_count: u32,
    ) -> Self {
        Self {
            app_id: app_id.into(),
            client_data: client_data.into(),
            public_key: public_key.into(),
            sign_count,
        }
    }

    fn digest(&self) -> InputDigest {
        let mut transcript = Transcript::new(b"device-enrollment app assertion expectation 1");
        transcript.bytes(self.app_id.as_bytes());
        transcript.bytes(&self.client_data);
        transcript.bytes(&self.public_key);
        transcript.bytes(&self.sign_count.to_be_bytes());
        transcript.finish()
    }
}

/// An assertion that was accepted.
///
/// There is no way to make one but to have every check settled.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AcceptedAppAssertion {
    /// The new counter. Store it by a conditional update.
    pub sign_count: u32,
}

/// Proof that every check was settled.
#[must_use]
struct Proof {
    _object: Settled<X1>,
    _data: Settled<X3>,
    _app: Settled<Aa4>,
    _key: Settled<X9>,
    _signature: Settled<Aa7>,
}

/// Authenticator data of an assertion. The flags say that attested data follows, which it never
/// does, so they are reported and not judged.
struct AssertionData<'a> {
    bytes: &'a [u8],
    rp_id_hash: &'a [u8; 32],
    flags: Flags,
    sign_count: u32,
}

/// Verifies an assertion by an app's key.
pub(crate) fn verify(
    verifier: &Verifier,
    assertion: &[u8],
    expected: &AppAssertionExpectation,
) -> Judgement<AcceptedAppAssertion> {
    let mut ledger = Ledger::new();
    let mut facts = Facts::default();
    let outcome = judge(assertion, expected, &mut ledger, &mut facts).map(|(accepted, _)| accepted);
    let (checks, tolerances) = ledger.finish(ORDER.iter().copied());
    let mut response = Transcript::new(b"device-enrollment app assertion 1");
    response.bytes(assertion);
    let verdict = Verdict {
        ceremony: Ceremony::AppAssertion,
        profile: verifier.policy().name.clone(),
        failure: outcome.as_ref().err().cloned(),
        checks,
        facts,
        parts: Vec::new(),
        tolerances,
        inputs: Inputs {
            response: response.finish(),
            expectation: expected.digest(),
            policy: InputDigest::known(verifier.policy_digest()),
            trust_store: InputDigest::known(verifier.trust_store().digest()),
            android_status: None,
            time: None,
        },
    };
    Judgement::new(verdict, outcome)
}

fn judge(
    assertion: &[u8],
    expected: &AppAssertionExpectation,
    ledger: &mut Ledger,
    facts: &mut Facts,
) -> Result<(AcceptedAppAssertion, Proof), Failure> {
    let ((signature, data), object) =
        ledger.judge_into(|| Ok((members(assertion)?, Evidence::None)))?;
    let (data, structure) = ledger.judge_into(|| {
        let data = complete(data, "authenticator data", |reader| assertion_data(data, reader))?;
        Ok((data, Evidence::None))
    })?;
    facts.flags = Some(data.flags);
    facts.sign_count = Some(data.sign_count);
    let app = ledger.judge(|| is_for_app(data.rp_id_hash, &expected.app_id))?;
    let (verified, key_form) = ledger.judge_into(|| {
        let key = CredentialKey::from_stored(&expected.public_key)?;
        // What is signed is the nonce, a digest itself; ECDSA hashes it once more.
        let nonce = sha256(&[data.bytes, &sha256(&[&expected.client_data])]);
        let verified = key.verify_stored(&[&nonce], signature)?;
        Ok((verified, Evidence::Number("alg", key.algorithm.cose())))
    })?;
    let signed = ledger.judge(|| {
        verified?;
        let (stored, received) = (expected.sign_count, data.sign_count);
        if received > stored {
            return Ok(Evidence::Number("counter", i64::from(received)));
        }
        let refusal =
            Reason::CounterNotGrown.expected(Evidence::Number("more than", i64::from(stored)));
        Err(refusal.found(Evidence::Number("", i64::from(received))).into())
    })?;
    let accepted = AcceptedAppAssertion { sign_count: data.sign_count };
    let proof =
        Proof { _object: object, _data: structure, _app: app, _key: key_form, _signature: signed };
    Ok((accepted, proof))
}

/// The signature and the authenticator data, and nothing else.
fn members(assertion: &[u8]) -> Result<(&[u8], &[u8]), Cause> {
    let fault = |item, fault| Cause::from(Malformed::new(item, fault, 0));
    if assertion.len() > MAX_ASSERTION {
        return Err(fault(ITEM, Fault::TooLarge));
    }
    let object = Value::read(assertion, ITEM, cbor::MAX_DEPTH)?;
    let entries = object.map().ok_or_else(|| fault(ITEM, Fault::WrongType))?;
    if entries.len() > 2 {
        return Err(fault(ITEM, Fault::TooMany));
    }
    let member = |name| {
        let value = object.member(name).ok_or_else(|| fault(name, Fault::Missing))?;
        value.bytes().ok_or_else(|| fault(name, Fault::WrongType))
    };
    Ok((member("signature")?, member("authenticatorData")?))
}

fn assertion_data<'a>(
    bytes: &'a [u8],
    reader: &mut Reader<'a>,
) -> Result<AssertionData<'a>, Malformed> {
    Ok(AssertionData {
        bytes,
        rp_id_hash: reader.array()?,
        flags: Flags::from_byte(reader.u8()?),
        sign_count: reader.u32()?,
    })
}

/// The order in which an assertion is judged, for the part that is not reached.
const ORDER: &[CheckId] = &[CheckId::X1, CheckId::X3, CheckId::Aa4, CheckId::X9, CheckId::Aa7];
