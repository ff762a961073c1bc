//! What a server would refuse, told before the network.

use serde_json::Value;

use super::border::guarded;
use super::error::{EnrollmentError, Fault};
use super::expectation::ExpectedRegistration;
use super::verdict::{CheckRecord, RefusalRecord};
use super::verifier::PolicyProfile;
use crate::encoding::Base64Reading;
use crate::policy::{AndroidApplicationRule, DeviceEvidenceRule, Policy, Rule};
use crate::trust::TrustStore;
use crate::verdict::{Ceremony, CheckId, Language, Outcome, Verdict};
use crate::webauthn::{RegistrationExpectation, RegistrationResponse, Verifier};

/// The language of a sentence for the person who holds the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum TextLanguage {
    /// English.
    EnUs,
    /// Brazilian Portuguese.
    PtBr,
}

/// What a preflight has to say.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PreflightReport {
    /// Nothing was found that the server would refuse. It is no acceptance: see `left_to_server`.
    pub ready: bool,
    /// What the server would refuse.
    pub refusal: Option<RefusalRecord>,
    /// The same as one sentence in the language that was asked for.
    pub message: Option<String>,
    /// Every check and what became of it here.
    pub checks: Vec<CheckRecord>,
    /// The checks that the server judges and that cannot be judged on a phone, since they need
    /// trust anchors, lists, dates or storage; with a refusal, those after it as well.
    pub left_to_server: Vec<String>,
}

/// Judges a registration as far as a phone can, as the server would: its form, the client data, the
/// flags, the key, and that the statement is signed. What needs trust data is left to the server.
///
/// # Errors
///
/// `Misuse` where the expectation cannot be one.
#[uniffi::export]
pub fn preflight_registration(
    request: Vec<u8>,
    expected: ExpectedRegistration,
    profile: PolicyProfile,
    language: TextLanguage,
) -> Result<PreflightReport, EnrollmentError> {
    guarded(|| {
        let expected = RegistrationExpectation::try_from(expected)?;
        let server = profile.policy();
        let verifier = Verifier::new(on_a_phone(server.clone()), TrustStore::empty());
        let verdict = match RegistrationResponse::from_any_form(&request, Base64Reading::Strict) {
            Ok(response) => verifier.registration(&response, &expected, None).into_parts().0,
            Err(failure) => verifier.malformed(&failure, Ceremony::Registration, &request, None),
        };
        let failure = verdict.failure.as_ref();
        let language = match language {
            TextLanguage::EnUs => Language::EnUs,
            TextLanguage::PtBr => Language::PtBr,
        };
        Ok(PreflightReport {
            ready: verdict.is_accepted(),
            refusal: failure.map(|failure| RefusalRecord::new(failure, verdict.ceremony)),
            message: failure.map(|failure| failure.message(language)),
            checks: verdict.checks.iter().map(CheckRecord::from).collect(),
            left_to_server: left(&verdict, &server, verifier.policy())?,
        })
    })
}

/// The policy without what only the server can judge.
fn on_a_phone(mut policy: Policy) -> Policy {
    policy.attestation_path = Rule::NotJudged;
    policy.certificate_dates = Rule::NotJudged;
    policy.packed_all_dates = Rule::NotJudged;
    policy.safetynet_timestamp = Rule::NotJudged;
    policy.metadata = Rule::NotJudged;
    policy.aaguids = None;
    policy.android_patch_age = None;
    policy.android_status_age = None;
    policy.android_chain_dates = Rule::NotJudged;
    policy.android_application = AndroidApplicationRule::NotJudged;
    policy.android_applications = Vec::new();
    policy.device_evidence = DeviceEvidenceRule::NotAsked;
    policy
}

/// The checks that a field waives here and not there, what was not reached, and uniqueness, which
/// is a matter of storage.
fn left(verdict: &Verdict, server: &Policy, here: &Policy) -> Result<Vec<String>, EnrollmentError> {
    let fields = |policy| serde_json::to_value(policy).map_err(|_| Fault::Internal);
    let (there, here): (Value, Value) = (fields(server)?, fields(here)?);
    let waived = |name: &str| there.get(name) != here.get(name);
    let is_left = |check: &&crate::verdict::Check| match check.outcome {
        Outcome::NotReached => true,
        Outcome::SkippedByPolicy => check.id == CheckId::Rg1 || waived(&check.evidence.to_string()),
        Outcome::Passed | Outcome::Failed | Outcome::NotApplicable => false,
    };
    let left = verdict.checks.iter().filter(is_left);
    Ok(left.map(|check| check.id.as_str().to_owned()).collect())
}
