//! Registering a new credential (WebAuthn Level 3 §7.1).
//!
//! Each step is judged in the ledger; an acceptance needs the proof of every one of them.

use super::attestation_object::AttestationObject;
use super::authenticator_data::{self, AttestedCredentialData, AuthenticatorData};
use super::cose_key::{CredentialKey, accepted_algorithm, stated_algorithm};
use super::device_evidence::{self, AcceptedDeviceEvidence, DeviceEvidence};
use super::envelope;
use super::expectation::{CredentialUniqueness, RegistrationExpectation};
use super::extensions;
use super::flags::{backup_state, device_bound, present, reserved_flags, user_verification};
use super::origin::android_key_hash;
use super::response::RegistrationResponse;
use super::statement::{self, Verifiable};
use super::{Judgement, Verifier, attestation, client_data, compound};
use crate::crypto::{Algorithm, PublicKey, sha256};
use crate::policy::Policy;
use crate::time::UnixTime;
use crate::verdict::marker::{
    Po1, Po2, Po3, Po4, Po5, Po6, Rg1, Rg2, Rp1, X1, X3, X4, X5, X6, X7, X8, X9, X10, X17,
};
use crate::verdict::{
    AttestationType, Cause, Ceremony, CheckId, Evidence, Facts, Failure, Fault, Format, Inputs,
    Ledger, Malformed, Part, Reason, Settled, Verdict,
};

/// A credential that was accepted: what has to be stored of it (WebAuthn Level 3 §7.1 step 27).
///
/// There is no way to make one but to have every check of the ceremony settled.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AcceptedRegistration {
    /// The credential id.
    pub credential_id: Vec<u8>,
    /// The COSE_Key bytes, as they lie in authenticator data.
    pub public_key: Vec<u8>,
    /// The algorithm of the key.
    pub algorithm: Algorithm,
    /// The signature counter.
    pub sign_count: u32,
    /// Whether the user was verified.
    pub user_verified: bool,
    /// Whether the key can be backed up.
    pub backup_eligible: bool,
    /// Whether the key is backed up.
    pub backed_up: bool,
    /// The attestation type.
    pub attestation_type: AttestationType,
    /// The model that the authenticator states.
    pub aaguid: [u8; 16],
    /// Whether a path to an anchor vouches for the model.
    pub aaguid_verified: bool,
    /// Transports that the client reports, a hint for later ceremonies.
    pub transports: Vec<String>,
    /// The evidence of the app and the device that came beside it.
    pub device_evidence: Option<AcceptedDeviceEvidence>,
}

/// Proof that every step of §7.1 was settled.
#[must_use]
struct Proof {
    _envelope: envelope::Proof,
    _client_data: client_data::Proof,
    _object: Settled<X1>,
    _data: Settled<X3>,
    _rp_id: Settled<Rp1>,
    _user_presence: Settled<X6>,
    _user_verification: Settled<X7>,
    _backup: Settled<X5>,
    _reserved: Settled<X4>,
    _key: Settled<X9>,
    _algorithm: Settled<Po4>,
    _extensions: extensions::Proof,
    _credential_id: Settled<X8>,
    _hints: Settled<X10>,
    _format: Settled<X17>,
    _accepted_format: Settled<Po1>,
    _attestation: AttestationProof,
    _type: Settled<Po2>,
    _model: Settled<Po3>,
    _device_bound: Settled<Po5>,
    _device_evidence: Settled<Po6>,
    _options: Settled<Rg2>,
    _unique: Settled<Rg1>,
}

enum AttestationProof {
    Single { _proof: attestation::Proof },
    Compound { _proof: compound::Proof },
}

/// Verifies a registration.
pub fn verify_registration(
    verifier: &Verifier,
    response: &RegistrationResponse,
    expected: &RegistrationExpectation,
    time: Option<UnixTime>,
) -> Judgement<AcceptedRegistration> {
    verify(verifier, response, expected, None, time)
}

/// Verifies a registration, and the evidence of the device if there is any.
pub(super) fn verify(
    verifier: &Verifier,
    response: &RegistrationResponse,
    expected: &RegistrationExpectation,
    evidence: Option<&DeviceEvidence>,
    time: Option<UnixTime>,
) -> Judgement<AcceptedRegistration> {
    let mut ceremony = Registration {
        verifier,
        policy: verifier.policy(),
        response,
        expected,
        evidence,
        time,
        ledger: Ledger::new(),
        facts: Facts::default(),
        format: None,
        parts: Vec::new(),
    };
    let outcome = ceremony.judge().map(|(accepted, _proof)| accepted);
    let Registration { ledger, facts, format, parts, .. } = ceremony;
    let plan = envelope::CHECKS
        .iter()
        .chain(BEFORE_STATEMENT)
        .chain(format.map_or(&[][..], Known::checks))
        .chain(AFTER_STATEMENT)
        .copied();
    let (checks, tolerances) = ledger.finish(plan);
    let verdict = Verdict {
        ceremony: Ceremony::Registration,
        profile: verifier.policy().name.clone(),
        failure: outcome.as_ref().err().cloned(),
        checks,
        facts,
        parts,
        tolerances,
        inputs: Inputs {
            response: response.digest(),
            expectation: expected.digest(),
            device_evidence: evidence.map(DeviceEvidence::digest),
            ..verifier.inputs(time)
        },
    };
    Judgement::new(verdict, outcome)
}

struct Registration<'r> {
    verifier: &'r Verifier,
    policy: &'r Policy,
    response: &'r RegistrationResponse,
    expected: &'r RegistrationExpectation,
    evidence: Option<&'r DeviceEvidence>,
    time: Option<UnixTime>,
    ledger: Ledger,
    facts: Facts,
    format: Option<Known>,
    parts: Vec<Part>,
}

/// A format that is verified here.
#[derive(Debug, Clone, Copy)]
enum Known {
    Single(Verifiable),
    Compound,
}

impl Known {
    /// Matches the identifier byte for byte, before anything of the statement is read.
    fn from_identifier(identifier: &str) -> Result<(Self, Evidence), Cause> {
        let known = if identifier == Format::Compound.as_str() {
            Self::Compound
        } else {
            Self::Single(Verifiable::from_identifier(identifier)?)
        };
        Ok((known, Evidence::Note(known.format().as_str())))
    }

    const fn format(self) -> Format {
        match self {
            Self::Single(format) => format.format(),
            Self::Compound => Format::Compound,
        }
    }

    const fn checks(self) -> &'static [CheckId] {
        match self {
            Self::Single(format) => format.checks(),
            Self::Compound => compound::CHECKS,
        }
    }
}

impl Registration<'_> {
    fn judge(&mut self) -> Result<(AcceptedRegistration, Proof), Failure> {
        let response = self.response;
        let envelope = envelope::settle(response.envelope, &mut self.ledger);
        let client_data = self.client_data()?;

        // Parsed before the checks that speak of it, so that each names its own fault.
        let parsed = AttestationObject::read(&response.attestation_object);
        let data =
            parsed.as_ref().ok().map(|object| AuthenticatorData::read(object.authenticator_data));
        let (object, strict) = self.ledger.judge_into(|| strict_object(&parsed, data.as_ref()))?;
        let ((data, attested), structure) = self.ledger.judge_into(|| structure(&data))?;
        self.note(data, attested);

        let rp_id = self.rp_id(data)?;
        let user_presence = self.user_presence(data)?;
        let user_verification = user_verification(
            data,
            self.expected.user_verification,
            self.policy,
            &mut self.ledger,
        )?;
        let backup = backup_state(data, &mut self.ledger)?;
        let reserved = reserved_flags(data, self.policy, &mut self.ledger)?;
        let (key, key_form) = self.key(attested)?;
        if self.expected.algorithms.is_none() {
            self.ledger.tolerate("algorithms_not_given");
        }
        let algorithm = self.algorithm(key.algorithm)?;
        let extensions = self.extensions(data)?;
        let credential_id = self.credential_id(attested)?;
        let hints = self.hints(data, &key)?;
        let (known, format) = self.ledger.judge_into(|| Known::from_identifier(object.format))?;
        self.format = Some(known);
        self.facts.format = Some(known.format());
        let accepted_format =
            attestation::accepted_format(known.format(), self.policy, &mut self.ledger)?;

        let client_data_hash = sha256(&[&response.client_data_json]);
        let application = self.facts.origin.as_deref().and_then(android_key_hash);
        let context = statement::Context {
            data,
            attested,
            key: &key,
            client_data_hash: &client_data_hash,
            policy: self.policy,
            store: self.verifier.trust_store(),
            enterprise: self.expected.enterprise_attestation,
            application,
            time: self.time,
            status_time: self.verifier.statuses_at(self.time),
        };
        let (ledger, facts) = (&mut self.ledger, &mut self.facts);
        let (found, attestation) = match known {
            Known::Single(format) => {
                let (found, proof) =
                    attestation::judge(format, &object.statement, &context, ledger, facts)?;
                (found, AttestationProof::Single { _proof: proof })
            }
            Known::Compound => {
                let (found, proof) =
                    compound::judge(&object.statement, &context, ledger, facts, &mut self.parts)?;
                (found, AttestationProof::Compound { _proof: proof })
            }
        };
        let attestation_type = self.accepted_type(found)?;
        let model = self.accepted_model(*attested.aaguid)?;
        let device_bound = device_bound(data, self.policy, &mut self.ledger)?;
        let (device, device_evidence) = self.device_evidence(found, application)?;
        let options = self.options(attested)?;
        let unique = self.unique(attested)?;

        let proof = Proof {
            _envelope: envelope,
            _client_data: client_data,
            _object: strict,
            _data: structure,
            _rp_id: rp_id,
            _user_presence: user_presence,
            _user_verification: user_verification,
            _backup: backup,
            _reserved: reserved,
            _key: key_form,
            _algorithm: algorithm,
            _extensions: extensions,
            _credential_id: credential_id,
            _hints: hints,
            _format: format,
            _accepted_format: accepted_format,
            _attestation: attestation,
            _type: attestation_type,
            _model: model,
            _device_bound: device_bound,
            _device_evidence: device_evidence,
            _options: options,
            _unique: unique,
        };
        Ok((self.accept(data, attested, &key, found, device), proof))
    }

    fn accept(
        &self,
        data: &AuthenticatorData<'_>,
        attested: &AttestedCredentialData<'_>,
        key: &CredentialKey,
        attestation_type: AttestationType,
        device_evidence: Option<AcceptedDeviceEvidence>,
    ) -> AcceptedRegistration {
        AcceptedRegistration {
            credential_id: attested.credential_id.to_vec(),
            public_key: attested.public_key_bytes.to_vec(),
            algorithm: key.algorithm,
            sign_count: data.sign_count,
            user_verified: data.flags.uv,
            backup_eligible: data.flags.be,
            backed_up: data.flags.bs,
            attestation_type,
            aaguid: *attested.aaguid,
            aaguid_verified: self.facts.aaguid_verified == Some(true),
            transports: self.response.hints.transports.clone(),
            device_evidence,
        }
    }

    /// §7.1 steps 5 to 12.
    fn client_data(&mut self) -> Result<client_data::Proof, Failure> {
        let expected = client_data::Expected {
            ceremony: "webauthn.create",
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

    fn note(&mut self, data: &AuthenticatorData<'_>, attested: &AttestedCredentialData<'_>) {
        self.facts.flags = Some(data.flags);
        self.facts.sign_count = Some(data.sign_count);
        self.facts.aaguid = Some(*attested.aaguid);
        self.facts.credential_id = Some(attested.credential_id.to_vec());
        self.facts.credential_public_key = Some(attested.public_key_bytes.to_vec());
        self.facts.algorithm = stated_algorithm(&attested.public_key);
    }

    /// §7.1 step 14: the RP ID hash is that of the RP ID.
    fn rp_id(&mut self, data: &AuthenticatorData<'_>) -> Result<Settled<Rp1>, Failure> {
        let expected = sha256(&[self.expected.rp_id.as_bytes()]);
        self.ledger.judge(|| {
            if *data.rp_id_hash == expected {
                Ok(Evidence::text(&self.expected.rp_id))
            } else {
                Err(Reason::RpIdHash.expected(Evidence::text(&self.expected.rp_id)).into())
            }
        })
    }

    /// §7.1 step 15: UP is set, unless the stored ceremony was a conditional create.
    fn user_presence(&mut self, data: &AuthenticatorData<'_>) -> Result<Settled<X6>, Failure> {
        if self.expected.conditional_create {
            return Ok(self.ledger.not_applicable("the ceremony was a conditional create"));
        }
        present(data, &mut self.ledger)
    }

    /// §7.1 step 20 and §5.8.5: a well-formed key under an algorithm that was offered.
    fn key(
        &mut self,
        attested: &AttestedCredentialData<'_>,
    ) -> Result<(CredentialKey, Settled<X9>), Failure> {
        self.ledger.judge_into(|| {
            let key = CredentialKey::from_cbor(&attested.public_key)?;
            let identifier = key.algorithm.cose();
            match &self.expected.algorithms {
                Some(offered) if !offered.contains(&identifier) => {
                    Err(Reason::AlgorithmNotRequested
                        .found(Evidence::Number("alg", identifier))
                        .into())
                }
                Some(_) => Ok((key, Evidence::Number("alg", identifier))),
                None => Ok((key, Evidence::Note("well formed; no list of algorithms was given"))),
            }
        })
    }

    fn algorithm(&mut self, algorithm: Algorithm) -> Result<Settled<Po4>, Failure> {
        accepted_algorithm(algorithm, self.policy, &mut self.ledger)
    }

    /// §7.1 step 19.
    fn extensions(&mut self, data: &AuthenticatorData<'_>) -> Result<extensions::Proof, Failure> {
        let requested = extensions::Requested {
            extensions: &self.expected.extensions,
            credential_protection: self.expected.credential_protection,
        };
        extensions::judge(
            data.extensions.as_ref(),
            self.response.client_extensions.as_ref(),
            &requested,
            Ceremony::Registration,
            self.policy,
            &mut self.ledger,
            &mut self.facts,
        )
    }

    /// §7.1 step 25 and §6.5.1: 1 to 1023 bytes, and the same id inside and outside.
    fn credential_id(
        &mut self,
        attested: &AttestedCredentialData<'_>,
    ) -> Result<Settled<X8>, Failure> {
        self.ledger.judge(|| {
            let length = attested.credential_id.len();
            if !(1..=MAX_CREDENTIAL_ID).contains(&length) {
                let found = i64::try_from(length).unwrap_or(i64::MAX);
                return Err(Reason::CredentialIdLength
                    .found(Evidence::Number("bytes", found))
                    .into());
            }
            match &self.response.credential_id {
                Some(id) if id != attested.credential_id => {
                    Err(Reason::CredentialIdMismatch.into())
                }
                Some(_) => Ok(Evidence::None),
                None => Ok(Evidence::Note("no id beside the response to compare with")),
            }
        })
    }

    /// §5.2.1.1: unsigned copies are hints; if present they equal what the attestation object says.
    fn hints(
        &mut self,
        data: &AuthenticatorData<'_>,
        key: &CredentialKey,
    ) -> Result<Settled<X10>, Failure> {
        let hints = &self.response.hints;
        let none = hints.authenticator_data.is_none()
            && hints.public_key.is_none()
            && hints.public_key_algorithm.is_none();
        if none {
            return Ok(self.ledger.not_applicable("the response has no unsigned copies"));
        }
        self.ledger.judge(|| {
            let mismatch = |name| Cause::from(Reason::HintMismatch.found(Evidence::Note(name)));
            if hints.authenticator_data.as_ref().is_some_and(|copy| copy != data.bytes) {
                return Err(mismatch("authenticatorData"));
            }
            if hints.public_key_algorithm.is_some_and(|copy| copy != key.algorithm.cose()) {
                return Err(mismatch("publicKeyAlgorithm"));
            }
            if let Some(copy) = &hints.public_key {
                let copy = PublicKey::read_certificate(copy).map_err(|_| mismatch("publicKey"))?;
                if copy != key.key {
                    return Err(mismatch("publicKey"));
                }
            }
            Ok(Evidence::None)
        })
    }

    fn accepted_type(&mut self, found: AttestationType) -> Result<Settled<Po2>, Failure> {
        match &self.policy.attestation_types {
            None => self.ledger.judge(|| Ok(Evidence::Note("every attestation type"))),
            Some(accepted) => self.ledger.judge(|| {
                let evidence = Evidence::Note(found.as_str());
                if accepted.contains(&found) {
                    Ok(evidence)
                } else {
                    Err(Reason::TypeNotAccepted.found(evidence).into())
                }
            }),
        }
    }

    /// A listed model counts only when a path vouches for it (security.md T-20).
    fn accepted_model(&mut self, aaguid: [u8; 16]) -> Result<Settled<Po3>, Failure> {
        let verified = self.facts.aaguid_verified == Some(true);
        match &self.policy.aaguids {
            None => self.ledger.judge(|| Ok(Evidence::Note("every model"))),
            Some(accepted) => self.ledger.judge(|| {
                let evidence = Evidence::Aaguid(aaguid);
                if !verified {
                    Err(Reason::AaguidUnverified.found(evidence).into())
                } else if accepted.contains(&aaguid) {
                    Ok(evidence)
                } else {
                    Err(Reason::AaguidNotAccepted.found(evidence).into())
                }
            }),
        }
    }

    /// PO-6: judged to its end in a ledger of its own, whatever the policy asks for.
    fn device_evidence(
        &mut self,
        found: AttestationType,
        application: Option<[u8; 32]>,
    ) -> Result<(Option<AcceptedDeviceEvidence>, Settled<Po6>), Failure> {
        let setting = device_evidence::Setting {
            policy: self.policy,
            store: self.verifier.trust_store(),
            challenge: &self.expected.challenge,
            application,
            time: self.time,
            status_time: self.verifier.statuses_at(self.time),
        };
        let Some(evidence) = self.evidence else {
            // A type without a path is a claim that nobody vouches for.
            let vouched = self.facts.anchor.is_some();
            let settled = device_evidence::absent(found, vouched, self.policy, &mut self.ledger)?;
            return Ok((None, settled));
        };
        let (part, outcome) = device_evidence::judge(evidence, &setting, &mut self.ledger);
        self.parts.push(part);
        self.ledger.judge_into(|| {
            let name = Evidence::Note(evidence.format().as_str());
            outcome.map(|accepted| (Some(accepted), name))
        })
    }

    /// What the options asked for is judged again here; an absent field fails (security.md T-14).
    fn options(&mut self, attested: &AttestedCredentialData<'_>) -> Result<Settled<Rg2>, Failure> {
        let (expected, response) = (self.expected, self.response);
        let nothing = expected.attachment.is_none()
            && !expected.resident_key_required
            && expected.exclude_credentials.is_empty();
        if nothing {
            return Ok(self.ledger.not_applicable("nothing of the kind was asked for"));
        }
        self.ledger.judge(|| {
            if let Some(asked) = expected.attachment {
                let stated = response.attachment.ok_or(Reason::AttachmentMissing)?;
                if stated != asked {
                    let refusal =
                        Reason::AttachmentMismatch.expected(Evidence::Note(asked.as_str()));
                    return Err(refusal.found(Evidence::Note(stated.as_str())).into());
                }
            }
            let discoverable = extensions::is_discoverable(response.client_extensions.as_ref());
            if expected.resident_key_required && discoverable != Some(true) {
                return Err(Reason::ResidentKeyMissing.into());
            }
            let excluded =
                expected.exclude_credentials.iter().any(|id| id == attested.credential_id);
            if excluded { Err(Reason::CredentialExcluded.into()) } else { Ok(Evidence::None) }
        })
    }

    /// §7.1 step 26: not registered for anybody.
    fn unique(&mut self, attested: &AttestedCredentialData<'_>) -> Result<Settled<Rg1>, Failure> {
        match &self.expected.uniqueness {
            CredentialUniqueness::LeftToStorage => Ok(self.ledger.skip("expectation.uniqueness")),
            CredentialUniqueness::NotAmong(known) => self.ledger.judge(|| {
                let registered = known.iter().any(|id| id == attested.credential_id);
                if registered {
                    Err(Reason::CredentialRegistered.into())
                } else {
                    Ok(Evidence::None)
                }
            }),
        }
    }
}

/// the attestation object, and the CBOR of the credential key inside it.
fn strict_object<'p, 'a>(
    parsed: &'p Result<AttestationObject<'a>, Malformed>,
    data: Option<&Result<AuthenticatorData<'a>, Malformed>>,
) -> Result<(&'p AttestationObject<'a>, Evidence), Cause> {
    let object = parsed.as_ref().map_err(|malformed| *malformed)?;
    match data {
        Some(Err(malformed)) if malformed.item == authenticator_data::KEY_ITEM => {
            Err((*malformed).into())
        }
        _ => Ok((object, Evidence::None)),
    }
}

type DataView<'p, 'a> = (&'p AuthenticatorData<'a>, &'p AttestedCredentialData<'a>);

/// authenticator data to its last byte, with attested credential data.
fn structure<'p, 'a>(
    data: &'p Option<Result<AuthenticatorData<'a>, Malformed>>,
) -> Result<(DataView<'p, 'a>, Evidence), Cause> {
    let missing = Malformed::new(authenticator_data::ITEM, Fault::Missing, 0);
    let data = data.as_ref().ok_or(missing)?.as_ref().map_err(|malformed| *malformed)?;
    let attested = data.attested.as_ref().ok_or(Reason::AttestedDataMissing)?;
    Ok(((data, attested), Evidence::None))
}

/// WebAuthn Level 3 §7.1 step 25.
const MAX_CREDENTIAL_ID: usize = 1023;

/// The order in which a registration is judged, for the part that is not reached.
const BEFORE_STATEMENT: &[CheckId] = {
    use CheckId::{
        Cd1, Cd2, Cd3, Cd4, Cd5, Cd6, Cd7, Ex1, Ex2, Ex3, Po1, Po4, Rp1, X1, X3, X4, X5, X6, X7,
        X8, X9, X10, X17,
    };
    &[
        Cd1, Cd2, Cd7, Cd3, Cd4, Cd6, Cd5, X1, X3, Rp1, X6, X7, X5, X4, X9, Po4, Ex2, Ex1, Ex3, X8,
        X10, X17, Po1,
    ]
};

const AFTER_STATEMENT: &[CheckId] = {
    use CheckId::{
        Md4, Md7, Md8, Md9, Po2, Po3, Po5, Po6, Rg1, Rg2, X2, X11, X12, X13, X14, X15, X16,
    };
    &[X2, X16, X15, X14, Md8, Md4, Md7, Md9, X12, X13, X11, Po2, Po3, Po5, Po6, Rg2, Rg1]
};
