//! What the backends of Open Finance Brasil have in common.

use super::confidential::Confidential;
use super::error::{EnrollmentError, Fault};
use super::expectation::origins;
use crate::language::Language;
use crate::open_finance::options::{Platform, Preferences, RelyingParty};
use crate::open_finance::{ContractVersion, Refusal};
use crate::time::UnixMillis;

/// The version of the Enrollments contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum ContractRelease {
    /// Enrollments 2.1.0.
    V21,
    /// Enrollments 2.2.0.
    V22,
}

impl From<ContractRelease> for ContractVersion {
    fn from(release: ContractRelease) -> Self {
        match release {
            ContractRelease::V21 => Self::V2_1,
            ContractRelease::V22 => Self::V2_2,
        }
    }
}

/// The `platform` of a request for options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum CeremonyPlatform {
    /// An Android phone.
    Android,
    /// A browser, whichever authenticator it offers.
    Browser,
    /// A roaming authenticator.
    CrossPlatform,
    /// An iPhone.
    Ios,
}

impl From<CeremonyPlatform> for Platform {
    fn from(platform: CeremonyPlatform) -> Self {
        match platform {
            CeremonyPlatform::Android => Self::Android,
            CeremonyPlatform::Browser => Self::Browser,
            CeremonyPlatform::CrossPlatform => Self::CrossPlatform,
            CeremonyPlatform::Ios => Self::Ios,
        }
    }
}

/// What the backends of enrollments and consents are made with.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct OpenFinanceConfiguration {
    /// The version of the contract.
    pub release: ContractRelease,
    /// The namespace of the enrollments' URNs, the holder's own.
    pub namespace: String,
    /// The relying party: the common name of the initiator's transport certificate.
    pub rp_id: String,
    /// Its name for people: `software_client_name` of the software statement.
    pub rp_name: String,
    /// The origins that may run a ceremony: `software_origin_uris` of the software statement, and the
    /// `android:apk-key-hash:` origins of the initiator's apps.
    pub origins: Vec<String>,
    /// What is asked of every platform alike, as JSON: `{"attestation": "direct"}`. What it leaves
    /// out stands at its default.
    #[uniffi(default = None)]
    pub preferences: Option<String>,
}

/// A configuration that was read.
pub(super) struct Setting {
    pub(super) version: ContractVersion,
    pub(super) namespace: String,
    pub(super) relying_party: RelyingParty,
    pub(super) preferences: Preferences,
}

impl TryFrom<OpenFinanceConfiguration> for Setting {
    type Error = EnrollmentError;

    fn try_from(stated: OpenFinanceConfiguration) -> Result<Self, EnrollmentError> {
        if stated.namespace.is_empty() {
            return Err(Fault::Namespace.into());
        }
        let preferences = match &stated.preferences {
            None => Preferences::default(),
            Some(text) => serde_json::from_str(text)
                .map_err(|error| Fault::BackendSetup.of(error.to_string()))?,
        };
        let origins = origins(&stated.origins)?;
        let (id, name) = (stated.rp_id, stated.rp_name);
        Ok(Self {
            version: stated.release.into(),
            namespace: stated.namespace,
            relying_party: RelyingParty { id, name, origins },
            preferences,
        })
    }
}

/// Why a request under the contract is refused. It names members, and no value of one.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct OpenFinanceRefusal {
    /// The code, `CHALLENGE_INVALIDO`.
    pub code: String,
    /// The HTTP status it is answered with.
    pub http_status: u16,
    /// The member or header that it is about.
    pub member: Option<String>,
    /// The body of the answer in English, JSON.
    pub body_en: String,
    /// The same in Brazilian Portuguese.
    pub body_pt: String,
}

impl OpenFinanceRefusal {
    pub(super) fn of(refusal: &Refusal, now: UnixMillis) -> Result<Self, Fault> {
        let body = |language| {
            serde_json::to_string(&refusal.body(language, now)).map_err(|_| Fault::Internal)
        };
        Ok(Self {
            code: refusal.code().as_str().to_owned(),
            http_status: refusal.status(),
            member: refusal.member().map(str::to_owned),
            body_en: body(Language::EnUs)?,
            body_pt: body(Language::PtBr)?,
        })
    }
}

/// Options that are issued, in each form in which they are answered.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct IssuedOptions {
    /// The flat answer of "Get Open Finance Device Enrollment Credential by ID".
    pub credential: Confidential,
    /// The answer of `fido-registration-options` or `fido-sign-options`.
    pub fido: Confidential,
    /// What the platform's interface takes.
    pub webauthn: Confidential,
    /// Whole seconds until the challenge is over.
    pub seconds_left: u64,
}
