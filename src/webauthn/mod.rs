//! Floor 3: the two ceremonies of WebAuthn Level 3, and the attestation statement formats, one
//! file each.

pub mod app_attest;
mod attestation;
mod attestation_metadata;
pub(crate) mod attestation_object;
mod attestation_path;
pub(crate) mod authentication;
pub(crate) mod authenticator_data;
pub(crate) mod client_data;
mod compound;
pub(crate) mod cose_key;
mod device_evidence;
pub(crate) mod envelope;
mod expectation;
mod extensions;
mod flags;
mod json;
mod origin;
#[cfg(feature = "webauthn-rs-proto")]
pub mod proto;
mod registration;
mod response;
pub(crate) mod statement;

pub use authentication::{AcceptedAuthentication, verify_authentication};
pub use device_evidence::{AcceptedDeviceEvidence, DeviceEvidence};
pub use expectation::{
    Attachment, AuthenticationExpectation, CredentialRecord, CredentialUniqueness, CrossOrigin,
    RegistrationExpectation, UserVerification,
};
pub(crate) use json::REGISTRATION_RESPONSE;
pub use origin::{Origin, OriginError};
pub use registration::{AcceptedRegistration, verify_registration};
pub use response::{AuthenticationResponse, RegistrationResponse};

use app_attest::{
    AcceptedAppAssertion, AcceptedAppAttestation, AppAssertionExpectation, AppAttestation,
    AppAttestationExpectation,
};

use crate::policy::Policy;
use crate::time::UnixTime;
use crate::trust::{Metadata, TrustStore};
use crate::verdict::{Ceremony, Failure, InputDigest, Inputs, Verdict};

/// The outcome of a verification: the verdict, and what was accepted if it was.
#[derive(Debug, Clone)]
#[must_use]
pub struct Judgement<T> {
    verdict: Verdict,
    outcome: Result<T, Failure>,
}

impl<T> Judgement<T> {
    pub(crate) fn new(verdict: Verdict, outcome: Result<T, Failure>) -> Self {
        Self { verdict, outcome }
    }

    /// The verdict.
    #[must_use]
    pub const fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// What was accepted.
    ///
    /// # Errors
    ///
    /// The [`Failure`] that ended the judging.
    pub const fn accepted(&self) -> Result<&T, &Failure> {
        self.outcome.as_ref()
    }

    /// Takes the judgement apart.
    pub fn into_parts(self) -> (Verdict, Result<T, Failure>) {
        (self.verdict, self.outcome)
    }
}

/// What a verification is made under: the policy, the trust anchors, and the digests of both,
/// computed once.
#[derive(Debug, Clone)]
pub struct Verifier {
    policy: Policy,
    policy_digest: [u8; 32],
    trust_store: TrustStore,
    status_time: Option<UnixTime>,
}

impl Verifier {
    /// A verifier under this policy and these anchors.
    #[must_use]
    pub fn new(policy: Policy, trust_store: TrustStore) -> Self {
        let policy_digest = policy.digest();
        Self { policy, policy_digest, trust_store, status_time: None }
    }

    /// Judges what was later learned of authenticators as of this instant, which is how a stored
    /// enrollment is judged again.
    ///
    /// Attestation certificates are short-lived, so their dates stay a matter of the ceremony's own
    /// time. The statuses of metadata (MD-7), its own age (MD-4) and that of a status list (AK-18)
    /// are asked at this one; never before the ceremony, so that it can refuse more and nothing
    /// less.
    #[must_use]
    pub const fn with_status_time(mut self, status_time: UnixTime) -> Self {
        self.status_time = Some(status_time);
        self
    }

    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The trust anchors.
    #[must_use]
    pub const fn trust_store(&self) -> &TrustStore {
        &self.trust_store
    }

    /// What a verdict says of this verifier and the time; the rest is the ceremony's to fill in.
    pub(crate) fn inputs(&self, time: Option<UnixTime>) -> Inputs {
        let metadata = self.trust_store.metadata().map(Metadata::digest);
        Inputs {
            policy: InputDigest::known(self.policy_digest),
            trust_store: InputDigest::known(self.trust_store.digest()),
            metadata: metadata.map(InputDigest::known),
            android_status: self.trust_store.android_status_digest(),
            time: time.map(|time| time.0),
            status_time: self.status_time.and(self.statuses_at(time)).map(|time| time.0),
            ..Inputs::default()
        }
    }

    /// When statuses are asked in a ceremony at `time`.
    pub(crate) fn statuses_at(&self, time: Option<UnixTime>) -> Option<UnixTime> {
        self.status_time.max(time)
    }

    /// Verifies a registration at `time` (WebAuthn Level 3 §7.1).
    ///
    /// Where the policy judges dates, `time` is the instant at which certificates have to be
    /// valid; a response with certificates and no time is refused.
    pub fn registration(
        &self,
        response: &RegistrationResponse,
        expected: &RegistrationExpectation,
        time: Option<UnixTime>,
    ) -> Judgement<AcceptedRegistration> {
        verify_registration(self, response, expected, time)
    }

    /// Verifies a registration and the evidence of the app and the device beside it, over the same
    /// challenge, into one verdict: the evidence with its own checks is in `parts`, and PO-6 says
    /// what it comes to. Evidence that does not verify refuses the registration under every
    /// policy.
    pub fn registration_with_evidence(
        &self,
        response: &RegistrationResponse,
        expected: &RegistrationExpectation,
        evidence: &DeviceEvidence,
        time: Option<UnixTime>,
    ) -> Judgement<AcceptedRegistration> {
        registration::verify(self, response, expected, Some(evidence), time)
    }

    /// The verdict of a request whose envelope could not be read, so that it is reported and
    /// stored like any other.
    #[must_use]
    pub fn malformed(
        &self,
        failure: &Failure,
        ceremony: Ceremony,
        request: &[u8],
        time: Option<UnixTime>,
    ) -> Verdict {
        envelope::malformed_verdict(failure, ceremony, request, self, time)
    }

    /// Verifies the attestation of an app's key (Apple App Attest).
    pub fn app_attestation(
        &self,
        response: &AppAttestation,
        expected: &AppAttestationExpectation,
        time: Option<UnixTime>,
    ) -> Judgement<AcceptedAppAttestation> {
        app_attest::verify_attestation(self, response, expected, time)
    }

    /// Verifies an assertion by an attested app's key: the CBOR map that `DCAppAttestService`
    /// returned.
    pub fn app_assertion(
        &self,
        assertion: &[u8],
        expected: &AppAssertionExpectation,
    ) -> Judgement<AcceptedAppAssertion> {
        app_attest::verify_assertion(self, assertion, expected)
    }

    /// Verifies an assertion (WebAuthn Level 3 §7.2).
    pub fn authentication(
        &self,
        response: &AuthenticationResponse,
        expected: &AuthenticationExpectation,
        time: Option<UnixTime>,
    ) -> Judgement<AcceptedAuthentication> {
        verify_authentication(self, response, expected, time)
    }
}

#[cfg(test)]
mod tests;
