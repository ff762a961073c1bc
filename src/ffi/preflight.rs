//! What a server would refuse, told before the network.

use serde_json::Value;

use super::border::guarded;
use super::check::{CheckOutcome, CheckRecord, RefusalRecord};
use super::error::{EnrollmentError, Fault};
use super::evidence::DeviceEvidenceSource;
use super::expectation::{ExpectedAuthentication, ExpectedRegistration};
use super::profile::{PolicyProfile, changed};
use crate::encoding::Base64Reading;
use crate::policy::{AndroidApplicationRule, DeviceEvidenceRule, Policy, Rule};
use crate::trust::TrustStore;
use crate::verdict::{
    AttestationType, Ceremony, Check, CheckId, Failure, Language, Outcome, PartRole, Verdict,
};
use crate::webauthn::authentication::preflight;
use crate::webauthn::{
    AuthenticationExpectation, AuthenticationResponse, RegistrationExpectation,
    RegistrationResponse, Verifier,
};

/// The language of a sentence for the person who holds the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum TextLanguage {
    /// English.
    EnUs,
    /// Brazilian Portuguese.
    PtBr,
}

impl From<TextLanguage> for Language {
    fn from(language: TextLanguage) -> Self {
        match language {
            TextLanguage::EnUs => Self::EnUs,
            TextLanguage::PtBr => Self::PtBr,
        }
    }
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
    /// The same of the evidence beside a registration.
    pub evidence_checks: Vec<CheckRecord>,
    /// The checks that the server judges and that cannot be judged on a phone, since they need
    /// trust anchors, lists, dates or storage; with a refusal, those after it as well. Those of
    /// evidence stand here too. Where the library of apps meets a key or a format that it leaves out,
    /// that check and those after it do.
    pub left_to_server: Vec<String>,
}

/// Judges a registration as far as a phone can, as the server would: its form, the client data, the
/// flags, the key, that the statement is signed, and the evidence beside it. What needs trust data
/// is left to the server.
///
/// `policy_changes` are those that the server makes to the profile, as in its configuration.
///
/// # Errors
///
/// `Misuse` where the expectation or the changes cannot be such; `Malformed` where the evidence
/// cannot be read.
#[uniffi::export(default(evidence = None, policy_changes = None))]
pub fn preflight_registration(
    request: Vec<u8>,
    expected: ExpectedRegistration,
    profile: PolicyProfile,
    language: TextLanguage,
    evidence: Option<DeviceEvidenceSource>,
    policy_changes: Option<String>,
) -> Result<PreflightReport, EnrollmentError> {
    guarded(|| {
        let app = expected.app.clone();
        let evidence = evidence.map(|sent| sent.judged_for(app.as_ref())).transpose()?;
        let expected = RegistrationExpectation::try_from(expected)?;
        let server = server_policy(profile, policy_changes.as_deref())?;
        let mut verifier = Verifier::new(on_a_phone(server.clone()), TrustStore::empty());
        let verdict = match RegistrationResponse::from_any_form(&request, Base64Reading::Strict) {
            Ok(response) => {
                let judge = |verifier: &Verifier| match &evidence {
                    None => verifier.registration(&response, &expected, None),
                    Some(one) => {
                        verifier.registration_with_evidence(&response, &expected, one, None)
                    }
                };
                let judged = judge(&verifier).into_parts().0;
                if evidence.is_none() && asks_evidence(&server, &judged) {
                    let mut policy = on_a_phone(server.clone());
                    policy.device_evidence = server.device_evidence;
                    verifier = Verifier::new(policy, TrustStore::empty());
                    judge(&verifier).into_parts().0
                } else {
                    judged
                }
            }
            Err(failure) => verifier.malformed(&failure, Ceremony::Registration, &request, None),
        };
        // What this build leaves out is no reason to keep a person from enrolling.
        let failure = verdict.failure.as_ref().filter(|failure| !failure.is_left_out());
        let record = |check: &Check| {
            let mut record = CheckRecord::from(check);
            if failure.is_none() && record.outcome == CheckOutcome::Failed {
                record.outcome = CheckOutcome::NotReached;
            }
            record
        };
        let of_evidence = verdict.parts.iter().filter(|part| part.role == PartRole::DeviceEvidence);
        Ok(PreflightReport {
            ready: failure.is_none(),
            refusal: failure.map(|failure| RefusalRecord::new(failure, verdict.ceremony)),
            message: failure.map(|failure| failure.message(language.into())),
            checks: verdict.checks.iter().map(record).collect(),
            evidence_checks: of_evidence.flat_map(|part| part.checks.iter().map(record)).collect(),
            left_to_server: left(&verdict, &server, verifier.policy())?,
        })
    })
}

/// Judges an assertion as far as a phone can, as the server would: its form, the client data, the
/// allow list and the flags. Whose key signed, and whether the counter grew, is left to the server:
/// it has the record of the credential. The credentials of `expected` are not looked at; see
/// `expected_of_sign_options`.
///
/// `policy_changes` are those that the server makes to the profile, as in its configuration.
///
/// # Errors
///
/// `Misuse` where the expectation or the changes cannot be such.
#[uniffi::export(default(policy_changes = None))]
pub fn preflight_authentication(
    request: Vec<u8>,
    expected: ExpectedAuthentication,
    profile: PolicyProfile,
    language: TextLanguage,
    policy_changes: Option<String>,
) -> Result<PreflightReport, EnrollmentError> {
    guarded(|| {
        let expected = AuthenticationExpectation::try_from(expected)?;
        let policy = server_policy(profile, policy_changes.as_deref())?;
        let ceremony = Ceremony::Authentication;
        let (failure, checks, left) =
            match AuthenticationResponse::from_any_form(&request, Base64Reading::Strict) {
                Ok(response) => {
                    let judged = preflight::preflight_authentication(&policy, &response, &expected);
                    (judged.failure, judged.checks, judged.left)
                }
                Err(failure) => {
                    let verifier = Verifier::new(policy, TrustStore::empty());
                    let verdict = verifier.malformed(&failure, ceremony, &request, None);
                    let not_reached = |check: &&Check| check.outcome == Outcome::NotReached;
                    let left =
                        verdict.checks.iter().filter(not_reached).map(|check| check.id).collect();
                    (verdict.failure, verdict.checks, left)
                }
            };
        Ok(PreflightReport {
            ready: failure.is_none(),
            refusal: failure.as_ref().map(|failure| RefusalRecord::new(failure, ceremony)),
            message: failure.as_ref().map(|failure| failure.message(language.into())),
            checks: checks.iter().map(CheckRecord::from).collect(),
            evidence_checks: Vec::new(),
            left_to_server: left.into_iter().map(|id: CheckId| id.as_str().to_owned()).collect(),
        })
    })
}

fn server_policy(profile: PolicyProfile, changes: Option<&str>) -> Result<Policy, EnrollmentError> {
    let policy = profile.policy();
    match changes {
        None => Ok(policy),
        Some(changes) => changed(&policy, changes),
    }
}

/// Whether the server will miss evidence, as far as a phone can tell: a certificate may lead to an
/// anchor there, a statement without one never does.
fn asks_evidence(server: &Policy, judged: &Verdict) -> bool {
    let unattested = matches!(
        judged.facts.attestation_type,
        Some(AttestationType::None | AttestationType::Self_)
    );
    match server.device_evidence {
        DeviceEvidenceRule::NotAsked => false,
        DeviceEvidenceRule::WhereUnattested => unattested,
        DeviceEvidenceRule::Always => true,
    }
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
/// is a matter of storage. A part of an attestation and evidence may leave the same check.
fn left(verdict: &Verdict, server: &Policy, here: &Policy) -> Result<Vec<String>, EnrollmentError> {
    let fields = |policy| serde_json::to_value(policy).map_err(|_| Fault::Internal);
    let (there, here): (Value, Value) = (fields(server)?, fields(here)?);
    let waived = |name: &str| there.get(name) != here.get(name);
    let is_left = |check: &&Check| match check.outcome {
        Outcome::NotReached => true,
        Outcome::Failed => verdict.failure.as_ref().is_some_and(Failure::is_left_out),
        Outcome::SkippedByPolicy => check.id == CheckId::Rg1 || waived(&check.evidence.to_string()),
        Outcome::Passed | Outcome::NotApplicable => false,
    };
    let of_parts = verdict.parts.iter().flat_map(|part| &part.checks);
    let left = verdict.checks.iter().chain(of_parts).filter(is_left);
    let mut names: Vec<String> = Vec::new();
    for check in left {
        let name = check.id.as_str().to_owned();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}
