//! Judging a registration between the two events of it: the challenge is spent before, what came
//! of it is told after.

use serde::{Deserialize, Serialize};

use crate::crypto::sha256;
use crate::flow::Uuid4;
use crate::open_finance::body::{WireForm, not_accepted};
use crate::open_finance::options::{IssuedRegistration, OpaqueBytes};
use crate::open_finance::{ContractVersion, Operation, Refusal};
use crate::time::UnixMillis;
use crate::verdict::{AttestationType, Verdict};
use crate::webauthn::{
    AcceptedRegistration, CredentialRecord, DeviceEvidence, Judgement, RegistrationExpectation,
    RegistrationResponse, Verifier,
};

/// A registration to judge, now that its challenge is spent.
#[derive(Clone)]
pub struct JudgeRegistration {
    enrollment: Uuid4,
    attempt: OpaqueBytes,
    version: ContractVersion,
    form: WireForm,
    expectation: RegistrationExpectation,
    response: RegistrationResponse,
}

impl JudgeRegistration {
    pub(super) fn new(
        enrollment: Uuid4,
        version: ContractVersion,
        form: WireForm,
        issued: &IssuedRegistration,
        response: RegistrationResponse,
    ) -> Self {
        let (attempt, expectation) = (attempt_of(issued.challenge()), issued.expectation());
        Self { enrollment, attempt, version, form, expectation, response }
    }

    /// What the response is held against.
    #[must_use]
    pub const fn expectation(&self) -> &RegistrationExpectation {
        &self.expectation
    }

    /// Judges it at `now`. The verdict is for the records; the outcome is the next event.
    #[must_use]
    pub fn evaluate(&self, verifier: &Verifier, now: UnixMillis) -> (Verdict, RegistrationOutcome) {
        let time = Some(now.whole_seconds());
        self.outcome(verifier.registration(&self.response, &self.expectation, time))
    }

    /// The same with evidence of the app and the device beside it.
    #[must_use]
    pub fn evaluate_with_evidence(
        &self,
        verifier: &Verifier,
        evidence: &DeviceEvidence,
        now: UnixMillis,
    ) -> (Verdict, RegistrationOutcome) {
        let (response, expected) = (&self.response, &self.expectation);
        let time = Some(now.whole_seconds());
        self.outcome(verifier.registration_with_evidence(response, expected, evidence, time))
    }

    fn outcome(&self, judged: Judgement<AcceptedRegistration>) -> (Verdict, RegistrationOutcome) {
        let (verdict, outcome) = judged.into_parts();
        let result = outcome.map_err(|failure| {
            not_accepted(&failure, Operation::Registration, self.version, self.form)
        });
        let outcome = RegistrationOutcome {
            enrollment: self.enrollment,
            attempt: self.attempt.clone(),
            result,
        };
        (verdict, outcome)
    }
}

/// Without the challenge and the credential.
impl core::fmt::Debug for JudgeRegistration {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "JudgeRegistration({})", self.enrollment)
    }
}

/// What came of judging a registration. Only [`JudgeRegistration`] makes one, and it counts for
/// the enrollment and the challenge that it was made for alone.
#[derive(Clone)]
pub struct RegistrationOutcome {
    enrollment: Uuid4,
    attempt: OpaqueBytes,
    result: Result<AcceptedRegistration, Refusal>,
}

impl RegistrationOutcome {
    pub(super) fn is_of(&self, enrollment: Uuid4, attempt: &OpaqueBytes) -> bool {
        self.enrollment == enrollment && self.attempt == *attempt
    }

    /// What was accepted.
    ///
    /// # Errors
    ///
    /// The refusal to answer.
    pub const fn accepted(&self) -> Result<&AcceptedRegistration, &Refusal> {
        self.result.as_ref()
    }
}

/// Without the credential.
impl core::fmt::Debug for RegistrationOutcome {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let accepted = self.result.is_ok();
        write!(f, "RegistrationOutcome({}, accepted: {accepted})", self.enrollment)
    }
}

/// Names an attempt without keeping its challenge.
pub(in crate::open_finance) fn attempt_of(challenge: &OpaqueBytes) -> OpaqueBytes {
    OpaqueBytes::new(sha256(&[b"device-enrollment attempt 1", challenge.as_bytes()]))
}

/// A credential to store, its id under a unique constraint over all enrollments (WebAuthn Level 3
/// §7.1 step 26).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct NewCredential {
    /// The enrollment that it belongs to.
    pub enrollment_id: Uuid4,
    /// The relying party that it was made for.
    pub rp_id: String,
    /// The handle that stands for the person in it.
    pub user_handle: OpaqueBytes,
    /// The credential id.
    pub id: OpaqueBytes,
    /// The COSE_Key bytes.
    pub public_key: OpaqueBytes,
    /// The COSE algorithm.
    pub algorithm: i64,
    /// The signature counter.
    pub sign_count: u32,
    /// Whether the person was verified.
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
    /// Transports that the client reports.
    pub transports: Vec<String>,
    /// When it was registered.
    pub created_at: UnixMillis,
}

impl NewCredential {
    pub(super) fn new(
        enrollment_id: Uuid4,
        rp_id: String,
        user_handle: OpaqueBytes,
        accepted: &AcceptedRegistration,
        now: UnixMillis,
    ) -> Self {
        Self {
            enrollment_id,
            rp_id,
            user_handle,
            id: OpaqueBytes::new(accepted.credential_id.clone()),
            public_key: OpaqueBytes::new(accepted.public_key.clone()),
            algorithm: accepted.algorithm.cose(),
            sign_count: accepted.sign_count,
            user_verified: accepted.user_verified,
            backup_eligible: accepted.backup_eligible,
            backed_up: accepted.backed_up,
            attestation_type: accepted.attestation_type,
            aaguid: accepted.aaguid,
            aaguid_verified: accepted.aaguid_verified,
            transports: accepted.transports.clone(),
            created_at: now,
        }
    }

    /// The record that assertions are held against.
    #[must_use]
    pub fn record(&self) -> CredentialRecord {
        let mut record =
            CredentialRecord::new(self.id.as_bytes(), self.public_key.as_bytes(), self.sign_count);
        record.backup_eligible = Some(self.backup_eligible);
        record.user_handle = Some(self.user_handle.as_bytes().to_vec());
        record
    }
}
