//! Verifying an assertion (WebAuthn Level 3 §7.2).

#[cfg(feature = "ffi")]
pub(crate) mod preflight;

use super::authenticator_data::{self, AuthenticatorData};
use super::cose_key::{CredentialKey, accepted_algorithm};
use super::expectation::{AuthenticationExpectation, CredentialRecord};
use super::flags::{backup_state, device_bound, present, reserved_flags, user_verification};
use super::response::AuthenticationResponse;
use super::{Judgement, Verifier, client_data, envelope, extensions};
use crate::crypto::{SignatureError, sha256};
use crate::policy::Policy;
use crate::time::UnixTime;
use crate::verdict::marker::{
    As1, As2, As3, As4, As5, Po4, Po5, Rp1, Rp2, X3, X4, X5, X6, X7, X8, X9,
};
use crate::verdict::{
    Ceremony, CheckId, Evidence, Facts, Failure, Fault, Inputs, Ledger, Malformed, Reason, Settled,
    Verdict,
};

/// An assertion that was accepted: what has to be updated in the credential record (§7.2 step 24).
///
/// There is no way to make one but to have every check of the ceremony settled.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AcceptedAuthentication {
    /// The credential that made the assertion.
    pub credential_id: Vec<u8>,
    /// The new signature counter. Store it by a conditional update, so that of two assertions
    /// with one counter a single one wins.
    pub sign_count: u32,
    /// Whether the user was verified.
    pub user_verified: bool,
    /// Whether the key is backed up now.
    pub backed_up: bool,
}

/// Proof that every step of §7.2 was settled.
#[must_use]
struct Proof {
    _envelope: envelope::Proof,
    _owner: Settled<As1>,
    _user_handle: Settled<As2>,
    _credential_id: Settled<X8>,
    _client_data: client_data::Proof,
    _data: Settled<X3>,
    _rp_id: Settled<Rp1>,
    _app_id: Settled<Rp2>,
    _user_presence: Settled<X6>,
    _user_verification: Settled<X7>,
    _backup: Settled<X5>,
    _reserved: Settled<X4>,
    _eligibility: Settled<As5>,
    _extensions: extensions::Proof,
    _key: Settled<X9>,
    _algorithm: Settled<Po4>,
    _signature: Settled<As3>,
    _counter: Settled<As4>,
    _device_bound: Settled<Po5>,
}

/// Verifies an assertion.
pub fn verify_authentication(
    verifier: &Verifier,
    response: &AuthenticationResponse,
    expected: &AuthenticationExpectation,
    time: Option<UnixTime>,
) -> Judgement<AcceptedAuthentication> {
    let mut ceremony = Authentication {
        policy: verifier.policy(),
        response,
        expected,
        ledger: Ledger::new(),
        facts: Facts::default(),
    };
    let outcome = ceremony.judge().map(|(accepted, _proof)| accepted);
    let Authentication { ledger, facts, .. } = ceremony;
    let (checks, tolerances) = ledger.finish(envelope::CHECKS.iter().chain(ORDER).copied());
    let verdict = Verdict {
        ceremony: Ceremony::Authentication,
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

struct Authentication<'r> {
    policy: &'r Policy,
    response: &'r AuthenticationResponse,
    expected: &'r AuthenticationExpectation,
    ledger: Ledger,
    facts: Facts,
}

impl<'r> Authentication<'r> {
    fn judge(&mut self) -> Result<(AcceptedAuthentication, Proof), Failure> {
        let envelope = envelope::settle(self.response.envelope, &mut self.ledger);
        let credential_id = self.credential_id()?;
        let (record, owner) = self.owner()?;
        let user_handle = self.user_handle(record)?;
        let client_data = self.client_data()?;
        let (data, structure) = self.structure()?;
        let data = &data;
        self.facts.flags = Some(data.flags);
        self.facts.sign_count = Some(data.sign_count);
        let (rp_id, app_id) = self.rp_id(data)?;
        let user_presence = present(data, &mut self.ledger)?;
        let user_verification = user_verification(
            data,
            self.expected.user_verification,
            self.policy,
            &mut self.ledger,
        )?;
        let backup = backup_state(data, &mut self.ledger)?;
        let reserved = reserved_flags(data, self.policy, &mut self.ledger)?;
        let eligibility = self.eligibility(data, record)?;
        let extensions = self.extensions(data)?;
        let ((key, verified), key_form) = self.key(data, record)?;
        self.facts.algorithm = Some(key.algorithm.cose());
        let algorithm = accepted_algorithm(key.algorithm, self.policy, &mut self.ledger)?;
        let signature = self.ledger.judge(|| {
            verified?;
            Ok(Evidence::Number("alg", key.algorithm.cose()))
        })?;
        let counter = self.counter(data, record)?;
        let device_bound = device_bound(data, self.policy, &mut self.ledger)?;

        let accepted = AcceptedAuthentication {
            credential_id: record.id.clone(),
            sign_count: data.sign_count,
            user_verified: data.flags.uv,
            backed_up: data.flags.bs,
        };
        let proof = Proof {
            _envelope: envelope,
            _owner: owner,
            _user_handle: user_handle,
            _credential_id: credential_id,
            _client_data: client_data,
            _data: structure,
            _rp_id: rp_id,
            _app_id: app_id,
            _user_presence: user_presence,
            _user_verification: user_verification,
            _backup: backup,
            _reserved: reserved,
            _eligibility: eligibility,
            _extensions: extensions,
            _key: key_form,
            _algorithm: algorithm,
            _signature: signature,
            _counter: counter,
            _device_bound: device_bound,
        };
        Ok((accepted, proof))
    }

    fn credential_id(&mut self) -> Result<Settled<X8>, Failure> {
        let id = &self.response.credential_id;
        self.facts.credential_id = Some(id.clone());
        self.ledger.judge(|| {
            if (1..=MAX_CREDENTIAL_ID).contains(&id.len()) {
                return Ok(Evidence::None);
            }
            let found = i64::try_from(id.len()).unwrap_or(i64::MAX);
            Err(Reason::CredentialIdLength.found(Evidence::Number("bytes", found)).into())
        })
    }

    /// §7.2 steps 5 and 6: the account was resolved before the response was read, and owns the
    /// credential. A look-up that finds nothing is a refusal, never a step that is passed over.
    fn owner(&mut self) -> Result<(&'r CredentialRecord, Settled<As1>), Failure> {
        let (expected, id) = (self.expected, &self.response.credential_id);
        let (record, settled) = self.ledger.judge_into(|| {
            let record = expected.credentials.iter().find(|record| record.id == *id);
            let record = record.ok_or(Reason::CredentialUnknown)?;
            let allowed = &expected.allow_credentials;
            if !allowed.is_empty() && !allowed.contains(id) {
                return Err(Reason::CredentialNotAllowed.into());
            }
            Ok((record, Evidence::None))
        })?;
        self.facts.credential_public_key = Some(record.public_key.clone());
        Ok((record, settled))
    }

    /// §7.2 step 6: the user handle, when present, is that of the account.
    fn user_handle(&mut self, record: &CredentialRecord) -> Result<Settled<As2>, Failure> {
        let received = self.response.user_handle.as_deref();
        let required = self.expected.user_handle_required;
        match (received, record.user_handle.as_deref()) {
            (None, _) if !required => {
                Ok(self.ledger.not_applicable("the response has no user handle"))
            }
            (received, stored) => self.ledger.judge(|| match (received, stored) {
                (None, _) => Err(Reason::UserHandleMissing.into()),
                (Some(handle), _) if handle.len() > MAX_USER_HANDLE => {
                    Err(Malformed::new("userHandle", Fault::TooLarge, 0).into())
                }
                (Some(handle), Some(stored)) if handle == stored => Ok(Evidence::None),
                _ => Err(Reason::UserHandleMismatch.into()),
            }),
        }
    }

    /// §7.2 steps 10 to 15.
    fn client_data(&mut self) -> Result<client_data::Proof, Failure> {
        let expected = client_data::Expected {
            ceremony: "webauthn.get",
            challenge: &self.expected.challenge,
            origins: &self.expected.origins,
            cross_origin: &self.expected.cross_origin,
            android_package: self.expected.android_package.as_deref(),
        };
        client_data::judge(
            &self.response.client_data_json,
            &expected,
            self.policy,
            &mut self.ledger,
            &mut self.facts,
        )
    }

    /// Some authenticators repeat attested credential data in an assertion; it is read to
    /// find the end of the data, and used for nothing.
    fn structure(&mut self) -> Result<(AuthenticatorData<'r>, Settled<X3>), Failure> {
        let bytes = &self.response.authenticator_data;
        let refuse_attested = self.policy.assertion_without_attested_data.is_judged();
        let (data, settled) = self.ledger.judge_into(|| {
            if bytes.len() > MAX_AUTHENTICATOR_DATA {
                return Err(Malformed::new(authenticator_data::ITEM, Fault::TooLarge, 0).into());
            }
            let data = AuthenticatorData::read(bytes)?;
            if data.attested.is_some() && refuse_attested {
                return Err(Reason::AttestedDataUnexpected.into());
            }
            Ok((data, Evidence::None))
        })?;
        if data.attested.is_some() {
            self.ledger.tolerate("assertion_with_attested_data");
        }
        Ok((data, settled))
    }

    /// §7.2 step 15 and §10.1.1: the RP ID's hash, or the AppID's where that extension was asked
    /// for and the client says that it used it.
    fn rp_id(
        &mut self,
        data: &AuthenticatorData<'_>,
    ) -> Result<(Settled<Rp1>, Settled<Rp2>), Failure> {
        let expected = self.expected;
        if *data.rp_id_hash == sha256(&[expected.rp_id.as_bytes()]) {
            let rp_id = self.ledger.judge(|| Ok(Evidence::text(&expected.rp_id)))?;
            return Ok((rp_id, self.ledger.not_applicable("the RP ID was used")));
        }
        let used = extensions::used_app_id(self.response.client_extensions.as_ref());
        if !used {
            let rp_id = self
                .ledger
                .judge(|| Err(Reason::RpIdHash.expected(Evidence::text(&expected.rp_id)).into()))?;
            return Ok((rp_id, self.ledger.not_applicable("the AppID was not used")));
        }
        let app_id = self.ledger.judge(|| {
            let app_id = expected.app_id.as_deref().ok_or(Reason::AppIdNotRequested)?;
            if *data.rp_id_hash == sha256(&[app_id.as_bytes()]) {
                Ok(Evidence::text(app_id))
            } else {
                Err(Reason::RpIdHash.expected(Evidence::text(app_id)).into())
            }
        })?;
        Ok((self.ledger.not_applicable("the AppID was used"), app_id))
    }

    /// §7.2 step 19: BE does not change in the life of a credential.
    fn eligibility(
        &mut self,
        data: &AuthenticatorData<'_>,
        record: &CredentialRecord,
    ) -> Result<Settled<As5>, Failure> {
        match record.backup_eligible {
            None => Ok(self.ledger.not_applicable("the record is older than the flag")),
            Some(stored) => self.ledger.judge(|| {
                if stored == data.flags.be {
                    Ok(Evidence::None)
                } else {
                    Err(Reason::BackupEligibilityChanged.into())
                }
            }),
        }
    }

    /// §7.2 step 20.
    fn extensions(&mut self, data: &AuthenticatorData<'_>) -> Result<extensions::Proof, Failure> {
        let mut asked = self.expected.extensions.clone();
        if self.expected.app_id.is_some() {
            asked.push("appid".to_owned());
        }
        let requested = extensions::Requested { extensions: &asked, credential_protection: None };
        extensions::judge(
            data.extensions.as_ref(),
            self.response.client_extensions.as_ref(),
            &requested,
            Ceremony::Authentication,
            self.policy,
            &mut self.ledger,
            &mut self.facts,
        )
    }

    /// §7.2 steps 21 and 22: the stored key, and what it says of the signature.
    #[expect(clippy::type_complexity, reason = "a key, its answer and the proof, for one caller")]
    fn key(
        &mut self,
        data: &AuthenticatorData<'_>,
        record: &CredentialRecord,
    ) -> Result<((CredentialKey, Result<(), SignatureError>), Settled<X9>), Failure> {
        let response = self.response;
        self.ledger.judge_into(|| {
            let key = CredentialKey::from_stored(&record.public_key)?;
            let hash = sha256(&[&response.client_data_json]);
            let verified = key.verify_stored(&[data.bytes, &hash], &response.signature)?;
            let evidence = Evidence::Number("alg", key.algorithm.cose());
            Ok(((key, verified), evidence))
        })
    }

    /// §7.2 step 23: both zero is an authenticator without a counter; otherwise it grows.
    fn counter(
        &mut self,
        data: &AuthenticatorData<'_>,
        record: &CredentialRecord,
    ) -> Result<Settled<As4>, Failure> {
        if !self.policy.signature_counter.is_judged() {
            return Ok(self.ledger.skip("signature_counter"));
        }
        let (stored, received) = (record.sign_count, data.sign_count);
        self.ledger.judge(|| {
            let evidence = Evidence::Number("", i64::from(received));
            if (stored == 0 && received == 0) || received > stored {
                return Ok(evidence);
            }
            let expected = Evidence::Number("more than", i64::from(stored));
            Err(Reason::CounterNotGrown.expected(expected).found(evidence).into())
        })
    }
}

/// WebAuthn Level 3 §7.1 step 25: no longer id was ever registered.
const MAX_CREDENTIAL_ID: usize = 1023;
/// WebAuthn Level 3 §5.4.3.
const MAX_USER_HANDLE: usize = 64;
/// Authenticator data of an assertion has 37 bytes and its extension outputs (security.md T-36
/// bounds what holds it).
const MAX_AUTHENTICATOR_DATA: usize = 8 * 1024;

/// The order in which an assertion is judged, for the part that is not reached.
const ORDER: &[CheckId] = {
    use CheckId::{
        As1, As2, As3, As4, As5, Cd1, Cd2, Cd3, Cd4, Cd5, Cd6, Cd7, Ex1, Ex2, Ex3, Po4, Po5, Rp1,
        Rp2, X3, X4, X5, X6, X7, X8, X9,
    };
    &[
        X8, As1, As2, Cd1, Cd2, Cd7, Cd3, Cd4, Cd6, Cd5, X3, Rp1, Rp2, X6, X7, X5, X4, As5, Ex2,
        Ex1, Ex3, X9, Po4, As3, As4, Po5,
    ]
};
