//! A verdict as a record.

use super::bytes::Bytes;
use super::check::{CheckRecord, RefusalRecord};
use crate::encoding::hex;
use crate::verdict::{Ceremony, Decision, Facts, Format, Part, Verdict};
use crate::webauthn::{AcceptedAuthentication, AcceptedDeviceEvidence, AcceptedRegistration};

/// The decision in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum VerdictDecision {
    /// Every check was settled.
    Accepted,
    /// A check refused.
    Refused,
    /// The request around the response could not be read.
    Malformed,
}

impl From<Decision> for VerdictDecision {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Accepted => Self::Accepted,
            Decision::Refused => Self::Refused,
            Decision::Malformed => Self::Malformed,
        }
    }
}

/// What was learned, as far as judging came. The canonical JSON has all of it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FactsRecord {
    /// The origin that the client reports.
    pub origin: Option<String>,
    /// The attestation statement format.
    pub format: Option<String>,
    /// The attestation type: `none`, `self`, `basic`, `attca`, `anonca`.
    pub attestation_type: Option<String>,
    /// The COSE algorithm of the credential key.
    pub algorithm: Option<i64>,
    /// The model that the authenticator states, as a UUID.
    pub aaguid: Option<String>,
    /// Whether a certificate path to an anchor vouches for the model.
    pub aaguid_verified: Option<bool>,
    /// The credential id.
    pub credential_id: Option<Bytes>,
    /// The COSE_Key bytes.
    pub public_key: Option<Bytes>,
    /// User present.
    pub user_present: Option<bool>,
    /// User verified.
    pub user_verified: Option<bool>,
    /// The key can be backed up.
    pub backup_eligible: Option<bool>,
    /// The key is backed up.
    pub backed_up: Option<bool>,
    /// The signature counter.
    pub sign_count: Option<u32>,
    /// The extension outputs by identifier.
    pub extensions: Vec<String>,
    /// The name of the anchor that the certificate path ends at.
    pub anchor: Option<String>,
}

impl From<&Facts> for FactsRecord {
    fn from(facts: &Facts) -> Self {
        Self {
            origin: facts.origin.clone(),
            format: facts.format.map(|format| format.as_str().to_owned()),
            attestation_type: facts.attestation_type.map(|kind| kind.as_str().to_owned()),
            algorithm: facts.algorithm,
            aaguid: facts.aaguid.map(|aaguid| hex::uuid(&aaguid)),
            aaguid_verified: facts.aaguid_verified,
            credential_id: facts.credential_id.clone().map(Bytes),
            public_key: facts.credential_public_key.clone().map(Bytes),
            user_present: facts.flags.map(|flags| flags.up),
            user_verified: facts.flags.map(|flags| flags.uv),
            backup_eligible: facts.flags.map(|flags| flags.be),
            backed_up: facts.flags.map(|flags| flags.bs),
            sign_count: facts.sign_count,
            extensions: facts.extensions.clone(),
            anchor: facts.anchor.clone(),
        }
    }
}

/// What has to be stored of the app's own key whose evidence was accepted.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AppKeyToStore {
    /// The format of the evidence: `apple-appattest` or `android-key`.
    pub format: String,
    /// The key: COSE_Key bytes of an Apple app's, a DER `SubjectPublicKeyInfo` of an Android app's.
    pub public_key: Bytes,
    /// The key identifier of App Attest.
    pub key_id: Option<Bytes>,
    /// What Apple's risk metric is asked with. It is not verified here.
    pub receipt: Option<Bytes>,
}

impl AppKeyToStore {
    fn of(evidence: &AcceptedDeviceEvidence) -> Self {
        match evidence {
            AcceptedDeviceEvidence::AppAttest(accepted) => Self {
                format: Format::AppleAppattest.as_str().to_owned(),
                public_key: accepted.public_key.clone().into(),
                key_id: Some(accepted.key_id.clone().into()),
                receipt: Some(accepted.receipt.clone().into()),
            },
            AcceptedDeviceEvidence::AndroidKey { public_key } => Self {
                format: Format::AndroidKey.as_str().to_owned(),
                public_key: public_key.clone().into(),
                key_id: None,
                receipt: None,
            },
        }
    }
}

/// What has to be stored of a credential that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CredentialToStore {
    /// The credential id. Store it under a unique constraint.
    pub id: Bytes,
    /// The COSE_Key bytes.
    pub public_key: Bytes,
    /// The COSE algorithm of the key.
    pub algorithm: i64,
    /// The signature counter.
    pub sign_count: u32,
    /// Whether the user was verified.
    pub user_verified: bool,
    /// Whether the key can be backed up.
    pub backup_eligible: bool,
    /// Whether the key is backed up.
    pub backed_up: bool,
    /// The attestation type.
    pub attestation_type: String,
    /// The model that the authenticator states, as a UUID.
    pub aaguid: String,
    /// Whether a path to an anchor vouches for the model.
    pub aaguid_verified: bool,
    /// Transports that the client reports, a hint for later ceremonies.
    pub transports: Vec<String>,
    /// The app's own key that came beside it, for later assertions by that key.
    pub app_key: Option<AppKeyToStore>,
}

impl From<&AcceptedRegistration> for CredentialToStore {
    fn from(accepted: &AcceptedRegistration) -> Self {
        Self {
            id: accepted.credential_id.clone().into(),
            public_key: accepted.public_key.clone().into(),
            algorithm: accepted.algorithm.cose(),
            sign_count: accepted.sign_count,
            user_verified: accepted.user_verified,
            backup_eligible: accepted.backup_eligible,
            backed_up: accepted.backed_up,
            attestation_type: accepted.attestation_type.as_str().to_owned(),
            aaguid: hex::uuid(&accepted.aaguid),
            aaguid_verified: accepted.aaguid_verified,
            transports: accepted.transports.clone(),
            app_key: accepted.device_evidence.as_ref().map(AppKeyToStore::of),
        }
    }
}

/// What has to be updated in the record of the credential whose assertion was accepted.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CredentialUpdate {
    /// The credential that made the assertion.
    pub id: Bytes,
    /// The new signature counter. Store it by a conditional update, so that of two assertions with
    /// one counter a single one wins.
    pub sign_count: u32,
    /// Whether the user was verified.
    pub user_verified: bool,
    /// Whether the key is backed up now.
    pub backed_up: bool,
}

impl From<&AcceptedAuthentication> for CredentialUpdate {
    fn from(accepted: &AcceptedAuthentication) -> Self {
        Self {
            id: accepted.credential_id.clone().into(),
            sign_count: accepted.sign_count,
            user_verified: accepted.user_verified,
            backed_up: accepted.backed_up,
        }
    }
}

/// What was judged beside the whole: a statement of a compound attestation, or the evidence of the
/// app and the device.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PartRecord {
    /// `compound_statement` or `device_evidence`.
    pub role: String,
    /// Why it does not verify, if it does not.
    pub refusal: Option<RefusalRecord>,
    /// Its own checks.
    pub checks: Vec<CheckRecord>,
    /// What it showed.
    pub facts: FactsRecord,
}

impl PartRecord {
    fn new(part: &Part, ceremony: Ceremony) -> Self {
        Self {
            role: part.role.as_str().to_owned(),
            refusal: part.failure.as_ref().map(|failure| RefusalRecord::new(failure, ceremony)),
            checks: part.checks.iter().map(CheckRecord::from).collect(),
            facts: FactsRecord::from(&part.facts),
        }
    }
}

/// Everything that one verification has to say.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct VerdictRecord {
    /// Whether the response was accepted.
    pub accepted: bool,
    /// The decision in one word.
    pub decision: VerdictDecision,
    /// The name of the policy that judged.
    pub profile: String,
    /// Why it was not accepted.
    pub refusal: Option<RefusalRecord>,
    /// Every check of the ceremony, in the order in which they were judged.
    pub checks: Vec<CheckRecord>,
    /// What was learned.
    pub facts: FactsRecord,
    /// The parts of a compound statement and the evidence beside the registration.
    pub parts: Vec<PartRecord>,
    /// Tolerances that the response made use of, by name.
    pub tolerances: Vec<String>,
    /// What has to be stored, after a registration that was accepted.
    pub credential: Option<CredentialToStore>,
    /// What has to be updated, after an assertion that was accepted.
    pub update: Option<CredentialUpdate>,
    /// The canonical JSON of the verdict, the same bytes in every language; where the verifier was
    /// asked for it.
    pub json: Option<String>,
}

impl VerdictRecord {
    pub(super) fn new(verdict: &Verdict, with_json: bool) -> Self {
        let refusal = |failure| RefusalRecord::new(failure, verdict.ceremony);
        Self {
            accepted: verdict.is_accepted(),
            decision: verdict.decision().into(),
            profile: verdict.profile.clone(),
            refusal: verdict.failure.as_ref().map(refusal),
            checks: verdict.checks.iter().map(CheckRecord::from).collect(),
            facts: FactsRecord::from(&verdict.facts),
            parts: verdict
                .parts
                .iter()
                .map(|part| PartRecord::new(part, verdict.ceremony))
                .collect(),
            tolerances: verdict.tolerances.iter().map(|name| (*name).to_owned()).collect(),
            credential: None,
            update: None,
            json: with_json.then(|| serde_json::to_string(verdict).ok()).flatten(),
        }
    }
}
