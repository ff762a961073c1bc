//! The verifier as an object: loaded once, shared by any number of threads.

use std::sync::Arc;

use super::border::guarded;
use super::error::{EnrollmentError, Fault};
use super::evidence::DeviceEvidenceSource;
use super::expectation::{ExpectedAuthentication, ExpectedRegistration};
use super::profile::{PolicyProfile, changed};
use super::trust::{AndroidStatusSource, MetadataSource, TrustSource};
use super::verdict::VerdictRecord;
use crate::encoding::Base64Reading;
use crate::time::{UnixMillis, UnixTime};
use crate::verdict::Ceremony;
use crate::webauthn::{
    AuthenticationExpectation, AuthenticationResponse, RegistrationExpectation,
    RegistrationResponse, Verifier,
};

/// What a verifier judges under.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct VerifierConfiguration {
    /// The policy to begin with.
    pub profile: PolicyProfile,
    /// Where the trust anchors come from.
    pub trust: TrustSource,
    /// Fields of the policy that are changed by name, as a JSON object:
    /// `{"device_evidence": "always"}`. A whole policy is one that names every field.
    #[uniffi(default = None)]
    pub policy_changes: Option<String>,
    /// Google's status list of Android attestation certificates.
    #[uniffi(default = None)]
    pub android_status: Option<AndroidStatusSource>,
    /// FIDO metadata.
    #[uniffi(default = None)]
    pub metadata: Option<MetadataSource>,
    /// Whether the binary members of a request may be in either base64 alphabet, padded or not. The
    /// verdict says when use was made of it.
    #[uniffi(default = false)]
    pub any_base64: bool,
    /// Whether verdicts carry their canonical JSON.
    #[uniffi(default = true)]
    pub verdict_json: bool,
}

/// Judges registrations and assertions. It is only read, so threads may share it.
#[derive(Debug, uniffi::Object)]
pub struct EnrollmentVerifier {
    pub(super) verifier: Verifier,
    pub(super) reading: Base64Reading,
    pub(super) verdict_json: bool,
}

#[uniffi::export]
impl EnrollmentVerifier {
    /// Loads policy and trust data.
    ///
    /// # Errors
    ///
    /// `Misuse` names what of the configuration cannot be used.
    #[uniffi::constructor]
    pub fn new(configuration: VerifierConfiguration) -> Result<Arc<Self>, EnrollmentError> {
        guarded(|| Ok(Arc::new(Self::load(&configuration)?)))
    }

    /// Verifies a registration: a `device_credential_*` body, an Open Finance Brasil
    /// `fido-registration` body, or a `RegistrationResponseJSON`, as UTF-8; and the evidence of the
    /// app and the device that came beside it, into one verdict.
    ///
    /// # Errors
    ///
    /// `Misuse` where the expectation cannot be one; `Malformed` where the evidence that came beside
    /// the request cannot be read. Whatever else is wrong is in the verdict.
    #[uniffi::method(default(evidence = None))]
    pub fn verify_registration(
        &self,
        request: Vec<u8>,
        expected: ExpectedRegistration,
        now_millis: i64,
        evidence: Option<DeviceEvidenceSource>,
    ) -> Result<VerdictRecord, EnrollmentError> {
        guarded(|| {
            self.registration(&self.verifier, &request, expected, now_millis, evidence.as_ref())
        })
    }

    /// Judges a stored registration again: at the time of its ceremony, with what is known now of
    /// authenticators and certificates.
    ///
    /// # Errors
    ///
    /// As for `verify_registration`.
    #[uniffi::method(default(evidence = None))]
    pub fn judge_registration_again(
        &self,
        request: Vec<u8>,
        expected: ExpectedRegistration,
        ceremony_millis: i64,
        now_millis: i64,
        evidence: Option<DeviceEvidenceSource>,
    ) -> Result<VerdictRecord, EnrollmentError> {
        guarded(|| {
            let verifier = self.verifier.clone().with_status_time(instant(now_millis)?);
            self.registration(&verifier, &request, expected, ceremony_millis, evidence.as_ref())
        })
    }

    /// Verifies an assertion: an `authorise` body of Open Finance Brasil, or an
    /// `AuthenticationResponseJSON`, as UTF-8.
    ///
    /// # Errors
    ///
    /// `Misuse` where the expectation cannot be one. Whatever is wrong with the request is in the
    /// verdict.
    pub fn verify_authentication(
        &self,
        request: Vec<u8>,
        expected: ExpectedAuthentication,
        now_millis: i64,
    ) -> Result<VerdictRecord, EnrollmentError> {
        guarded(|| {
            let expected = AuthenticationExpectation::try_from(expected)?;
            let time = Some(instant(now_millis)?);
            Ok(match AuthenticationResponse::from_any_form(&request, self.reading) {
                Ok(response) => {
                    let judgement = self.verifier.authentication(&response, &expected, time);
                    let mut record = VerdictRecord::new(judgement.verdict(), self.verdict_json);
                    record.update = judgement.accepted().ok().map(Into::into);
                    record
                }
                Err(failure) => {
                    let ceremony = Ceremony::Authentication;
                    let verdict = self.verifier.malformed(&failure, ceremony, &request, time);
                    VerdictRecord::new(&verdict, self.verdict_json)
                }
            })
        })
    }
}

impl EnrollmentVerifier {
    fn load(configuration: &VerifierConfiguration) -> Result<Self, EnrollmentError> {
        let mut policy = configuration.profile.policy();
        if let Some(changes) = &configuration.policy_changes {
            policy = changed(&policy, changes)?;
        }
        let mut store = configuration.trust.load()?;
        if let Some(source) = &configuration.metadata {
            let metadata = source.load(&store)?;
            store = store.with_metadata(metadata);
        }
        if let Some(list) = &configuration.android_status {
            store = store.with_android_status(list.load()?);
        }
        let lenient = configuration.any_base64;
        Ok(Self {
            verifier: Verifier::new(policy, store),
            reading: if lenient { Base64Reading::AnyAlphabet } else { Base64Reading::Strict },
            verdict_json: configuration.verdict_json,
        })
    }

    fn registration(
        &self,
        verifier: &Verifier,
        request: &[u8],
        expected: ExpectedRegistration,
        ceremony_millis: i64,
        evidence: Option<&DeviceEvidenceSource>,
    ) -> Result<VerdictRecord, EnrollmentError> {
        let app = expected.app.clone();
        let evidence = evidence.map(|sent| sent.judged_for(app.as_ref())).transpose()?;
        let expected = RegistrationExpectation::try_from(expected)?;
        let time = Some(instant(ceremony_millis)?);
        Ok(match RegistrationResponse::from_any_form(request, self.reading) {
            Ok(response) => {
                let judgement = match &evidence {
                    None => verifier.registration(&response, &expected, time),
                    Some(one) => {
                        verifier.registration_with_evidence(&response, &expected, one, time)
                    }
                };
                let mut record = VerdictRecord::new(judgement.verdict(), self.verdict_json);
                record.credential = judgement.accepted().ok().map(Into::into);
                record
            }
            Err(failure) => {
                let verdict = verifier.malformed(&failure, Ceremony::Registration, request, time);
                VerdictRecord::new(&verdict, self.verdict_json)
            }
        })
    }
}

/// The second that an instant is in. What is not in the years 1970 to 9999 is a mistake, such as
/// nanoseconds, and would be judged as a date all the same.
pub(super) fn instant(millis: i64) -> Result<UnixTime, EnrollmentError> {
    const YEAR_10000: i64 = 253_402_300_800;
    let time = UnixMillis(millis).whole_seconds();
    if (0..YEAR_10000).contains(&time.0) { Ok(time) } else { Err(Fault::Time.into()) }
}
