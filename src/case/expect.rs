//! What the relying party expected, as JSON.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::{Unusable, evidence};
use crate::policy::AndroidApplication;
use crate::time::UnixTime;
use crate::trust::TrustAnchor;
use crate::verdict::Format;
use crate::webauthn::{
    Attachment, AuthenticationExpectation, CredentialRecord, CredentialUniqueness, CrossOrigin,
    Origin, RegistrationExpectation, UserVerification,
};

/// What is expected of a ceremony of WebAuthn.
///
/// A member that is not known is an error: a misspelt expectation must not pass for one that was
/// met. A vector case hands over the members of `Expect::MEMBERS` and no others.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    challenge: String,
    rp_id: String,
    #[serde(alias = "origin")]
    origins: OneOrMany,
    #[serde(default)]
    cross_origin: bool,
    #[serde(default)]
    top_origins: Vec<String>,
    algs: Option<Vec<i64>>,
    #[serde(default)]
    user_verification: UserVerification,
    /// The time of the ceremony, RFC 3339.
    pub time: Option<String>,
    #[serde(default)]
    trust_anchors: Vec<Anchor>,
    #[serde(default)]
    extensions: Vec<String>,
    credential_protection: Option<u8>,
    #[serde(default)]
    conditional_create: bool,
    attachment: Option<Attachment>,
    #[serde(default)]
    resident_key_required: bool,
    #[serde(default)]
    enterprise_attestation: bool,
    #[serde(default)]
    exclude_credentials: Vec<String>,
    /// Credential ids that are registered already; absent: uniqueness is left to storage.
    registered_credentials: Option<Vec<String>>,
    android_package: Option<String>,
    app_id: Option<String>,
    /// The stored credential, for an assertion.
    credential: Option<StoredCredential>,
    /// Every credential of the account, where it has not exactly one.
    credentials: Option<Vec<StoredCredential>>,
    #[serde(default)]
    allow_credentials: Vec<String>,
    #[serde(default)]
    user_handle_required: bool,
    /// Of evidence by App Attest beside a registration. No vector case has any.
    pub(super) app_attest: Option<evidence::ExpectedApp>,
    /// Of evidence by an Android key: the applications that may have made it.
    pub android_applications: Option<Vec<AndroidApplication>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// A certificate in DER, for every format or for those that are named.
#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(super) enum Anchor {
    Any(String),
    Of { certificate: String, formats: Vec<Format> },
}

/// A credential record.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredCredential {
    id: String,
    public_key: String,
    #[serde(default)]
    sign_count: u32,
    backup_eligible: Option<bool>,
    user_handle: Option<String>,
}

impl Expect {
    /// The members, by their names in the file.
    pub(super) const MEMBERS: [&str; 24] = [
        "challenge",
        "rp_id",
        "origin",
        "origins",
        "cross_origin",
        "top_origins",
        "algs",
        "user_verification",
        "time",
        "trust_anchors",
        "extensions",
        "credential_protection",
        "conditional_create",
        "attachment",
        "resident_key_required",
        "enterprise_attestation",
        "exclude_credentials",
        "registered_credentials",
        "android_package",
        "app_id",
        "credential",
        "credentials",
        "allow_credentials",
        "user_handle_required",
    ];

    /// Whether the expectation is that of an assertion: a stored credential says so, never the
    /// request.
    #[must_use]
    pub const fn is_authentication(&self) -> bool {
        self.credential.is_some() || self.credentials.is_some()
    }

    /// As that of a registration.
    ///
    /// # Errors
    ///
    /// [`Unusable`] names the member that cannot be used.
    pub fn registration(&self) -> Result<RegistrationExpectation, Unusable> {
        let mut expected =
            RegistrationExpectation::new(self.challenge()?, &self.rp_id, self.origins()?);
        expected.cross_origin = self.cross_origin()?;
        expected.algorithms = self.algs.clone();
        expected.user_verification = self.user_verification;
        expected.extensions = self.extensions.clone();
        expected.credential_protection = self.credential_protection;
        expected.conditional_create = self.conditional_create;
        expected.attachment = self.attachment;
        expected.resident_key_required = self.resident_key_required;
        expected.enterprise_attestation = self.enterprise_attestation;
        expected.exclude_credentials =
            decode_all("exclude_credentials", &self.exclude_credentials)?;
        if let Some(registered) = &self.registered_credentials {
            expected.uniqueness =
                CredentialUniqueness::NotAmong(decode_all("registered_credentials", registered)?);
        }
        expected.android_package = self.android_package.clone();
        Ok(expected)
    }

    /// As that of an assertion.
    ///
    /// # Errors
    ///
    /// [`Unusable`] names the member that cannot be used.
    pub fn authentication(&self) -> Result<AuthenticationExpectation, Unusable> {
        let mut expected = AuthenticationExpectation::new(
            self.challenge()?,
            &self.rp_id,
            self.origins()?,
            self.records()?,
        );
        expected.cross_origin = self.cross_origin()?;
        expected.user_verification = self.user_verification;
        expected.extensions = self.extensions.clone();
        expected.app_id = self.app_id.clone();
        expected.allow_credentials = decode_all("allow_credentials", &self.allow_credentials)?;
        expected.user_handle_required = self.user_handle_required;
        expected.android_package = self.android_package.clone();
        Ok(expected)
    }

    /// The anchors that stand beside the expectation.
    ///
    /// # Errors
    ///
    /// [`Unusable`] for a certificate that cannot be an anchor.
    pub fn trust_anchors(&self) -> Result<Vec<TrustAnchor>, Unusable> {
        anchors(&self.trust_anchors)
    }

    fn records(&self) -> Result<Vec<CredentialRecord>, Unusable> {
        match (&self.credential, &self.credentials) {
            (Some(_), Some(_)) => {
                Err(Unusable("expect has both credential and credentials".into()))
            }
            (Some(one), None) => Ok(vec![one.record()?]),
            (None, Some(all)) => all.iter().map(StoredCredential::record).collect(),
            (None, None) => Err(Unusable(
                "expect.credential is missing: an assertion needs the stored credential".into(),
            )),
        }
    }

    fn origins(&self) -> Result<Vec<Origin>, Unusable> {
        let found = match &self.origins {
            OneOrMany::One(origin) => origins(core::slice::from_ref(origin))?,
            OneOrMany::Many(list) => origins(list)?,
        };
        if found.is_empty() { Err(Unusable("expect.origins is empty".into())) } else { Ok(found) }
    }

    fn challenge(&self) -> Result<Vec<u8>, Unusable> {
        let challenge = decode("challenge", &self.challenge)?;
        if challenge.is_empty() {
            return Err(Unusable("expect.challenge is empty".into()));
        }
        Ok(challenge)
    }

    fn cross_origin(&self) -> Result<CrossOrigin, Unusable> {
        if self.cross_origin {
            Ok(CrossOrigin::Allowed { top_origins: origins(&self.top_origins)? })
        } else {
            Ok(CrossOrigin::Refused)
        }
    }
}

impl StoredCredential {
    fn record(&self) -> Result<CredentialRecord, Unusable> {
        let mut record = CredentialRecord::new(
            decode("credential.id", &self.id)?,
            decode("credential.public_key", &self.public_key)?,
            self.sign_count,
        );
        record.backup_eligible = self.backup_eligible;
        record.user_handle = match &self.user_handle {
            Some(handle) => Some(decode("credential.user_handle", handle)?),
            None => None,
        };
        Ok(record)
    }
}

pub(super) fn anchors(anchors: &[Anchor]) -> Result<Vec<TrustAnchor>, Unusable> {
    let anchor = |text: &str| -> Result<TrustAnchor, Unusable> {
        Ok(TrustAnchor::from_der(&decode("trust_anchors", text)?)?)
    };
    anchors
        .iter()
        .map(|one| match one {
            Anchor::Any(certificate) => anchor(certificate),
            Anchor::Of { certificate, formats } => Ok(anchor(certificate)?.for_formats(formats)),
        })
        .collect()
}

/// An instant of a file.
///
/// # Errors
///
/// [`Unusable`] for what is none.
pub fn time(text: &str) -> Result<UnixTime, Unusable> {
    UnixTime::parse_rfc3339(text)
        .map_err(|_| Unusable(format!("time {text:?} is not an RFC 3339 instant")))
}

/// An expectation in base64url or base64: it comes from the caller, not from the response.
pub(super) fn decode(name: &str, text: &str) -> Result<Vec<u8>, Unusable> {
    any_alphabet(text).map_err(|error| Unusable(format!("expect.{name}: {error}")))
}

pub(super) fn any_alphabet(text: &str) -> Result<Vec<u8>, base64::DecodeError> {
    let url_safe: String = text
        .chars()
        .filter(|character| *character != '=')
        .map(|character| match character {
            '+' => '-',
            '/' => '_',
            other => other,
        })
        .collect();
    URL_SAFE_NO_PAD.decode(url_safe)
}

fn decode_all(name: &str, texts: &[String]) -> Result<Vec<Vec<u8>>, Unusable> {
    texts.iter().map(|text| decode(name, text)).collect()
}

fn origins(texts: &[String]) -> Result<Vec<Origin>, Unusable> {
    texts.iter().map(|text| Origin::parse(text).map_err(Unusable::from)).collect()
}
