//! What is expected of a response: stored with the challenge, never read out of the response.

use super::bytes::{Bytes, plain};
use super::error::{EnrollmentError, Fault};
use super::evidence::ExpectedApp;
use crate::webauthn::{
    Attachment, AuthenticationExpectation, CredentialRecord, CredentialUniqueness, CrossOrigin,
    Origin, RegistrationExpectation, UserVerification,
};

/// User verification, as the stored options asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum UserVerificationRequirement {
    /// Refused without it.
    Required,
    /// Wished for.
    Preferred,
    /// Not wanted.
    Discouraged,
}

impl From<UserVerificationRequirement> for UserVerification {
    fn from(requirement: UserVerificationRequirement) -> Self {
        match requirement {
            UserVerificationRequirement::Required => Self::Required,
            UserVerificationRequirement::Preferred => Self::Preferred,
            UserVerificationRequirement::Discouraged => Self::Discouraged,
        }
    }
}

/// How an authenticator is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum AuthenticatorAttachment {
    /// Part of the device.
    Platform,
    /// A roaming authenticator.
    CrossPlatform,
}

impl From<AuthenticatorAttachment> for Attachment {
    fn from(attachment: AuthenticatorAttachment) -> Self {
        match attachment {
            AuthenticatorAttachment::Platform => Self::Platform,
            AuthenticatorAttachment::CrossPlatform => Self::CrossPlatform,
        }
    }
}

/// What a registration is expected to be. What is left out stands at its strict default.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ExpectedRegistration {
    /// The challenge that was issued, as bytes.
    pub challenge: Bytes,
    /// The relying party identifier.
    pub rp_id: String,
    /// The origins that may have run the ceremony: `https://…`, `android:apk-key-hash:…`.
    pub origins: Vec<String>,
    /// The top origins of frames, where the ceremony may run in a frame of another origin; without
    /// a list it may not.
    #[uniffi(default = None)]
    pub top_origins: Option<Vec<String>>,
    /// The COSE algorithms that were offered; without a list any, and the verdict says so.
    #[uniffi(default = None)]
    pub algorithms: Option<Vec<i64>>,
    /// User verification, as asked for; required unless said otherwise.
    #[uniffi(default = None)]
    pub user_verification: Option<UserVerificationRequirement>,
    /// The ceremony was a conditional create, which needs no user presence.
    #[uniffi(default = false)]
    pub conditional_create: bool,
    /// The attachment that was asked for.
    #[uniffi(default = None)]
    pub attachment: Option<AuthenticatorAttachment>,
    /// A discoverable credential was required.
    #[uniffi(default = false)]
    pub resident_key_required: bool,
    /// The exclude list.
    #[uniffi(default = [])]
    pub exclude_credentials: Vec<Bytes>,
    /// Credential ids that are registered already, for anybody; without a list, uniqueness is left
    /// to the constraint of the caller's storage, and the verdict says so.
    #[uniffi(default = None)]
    pub registered_credentials: Option<Vec<Bytes>>,
    /// The extensions that were asked for.
    #[uniffi(default = [])]
    pub extensions: Vec<String>,
    /// The least credProtect level that was asked for, 1 to 3.
    #[uniffi(default = None)]
    pub credential_protection: Option<u8>,
    /// Enterprise attestation was asked for.
    #[uniffi(default = false)]
    pub enterprise_attestation: bool,
    /// The Android package that may have run the ceremony, compared when client data names one.
    #[uniffi(default = None)]
    pub android_package: Option<String>,
    /// The app whose App Attest evidence is taken beside the registration. Which apps may send an
    /// Android key, the policy says (`android_applications`).
    #[uniffi(default = None)]
    pub app: Option<ExpectedApp>,
}

impl ExpectedRegistration {
    /// These three, and everything else at its strict default.
    #[must_use]
    pub const fn new(challenge: Bytes, rp_id: String, origins: Vec<String>) -> Self {
        Self {
            challenge,
            rp_id,
            origins,
            top_origins: None,
            algorithms: None,
            user_verification: None,
            conditional_create: false,
            attachment: None,
            resident_key_required: false,
            exclude_credentials: Vec::new(),
            registered_credentials: None,
            extensions: Vec::new(),
            credential_protection: None,
            enterprise_attestation: false,
            android_package: None,
            app: None,
        }
    }
}

impl TryFrom<ExpectedRegistration> for RegistrationExpectation {
    type Error = EnrollmentError;

    fn try_from(stated: ExpectedRegistration) -> Result<Self, EnrollmentError> {
        let origins = origins(&stated.origins)?;
        let mut expected = Self::new(challenge(stated.challenge)?, stated.rp_id, origins);
        expected.cross_origin = cross_origin(stated.top_origins.as_deref())?;
        expected.algorithms = stated.algorithms;
        expected.user_verification = stated.user_verification.map(Into::into).unwrap_or_default();
        expected.conditional_create = stated.conditional_create;
        expected.attachment = stated.attachment.map(Into::into);
        expected.resident_key_required = stated.resident_key_required;
        expected.exclude_credentials = plain(stated.exclude_credentials);
        expected.uniqueness =
            stated.registered_credentials.map_or(CredentialUniqueness::LeftToStorage, |known| {
                CredentialUniqueness::NotAmong(plain(known))
            });
        expected.extensions = stated.extensions;
        expected.credential_protection = stated.credential_protection;
        expected.enterprise_attestation = stated.enterprise_attestation;
        expected.android_package = stated.android_package;
        Ok(expected)
    }
}

/// A credential, as it was stored when it was registered.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct StoredCredential {
    /// The credential id.
    pub id: Bytes,
    /// The COSE_Key bytes.
    pub public_key: Bytes,
    /// The stored signature counter.
    pub sign_count: u32,
    /// Whether the key was backup eligible at registration, if that is known.
    #[uniffi(default = None)]
    pub backup_eligible: Option<bool>,
    /// The user handle of the account that owns the credential.
    #[uniffi(default = None)]
    pub user_handle: Option<Bytes>,
}

impl From<StoredCredential> for CredentialRecord {
    fn from(stored: StoredCredential) -> Self {
        let mut record = Self::new(stored.id.0, stored.public_key.0, stored.sign_count);
        record.backup_eligible = stored.backup_eligible;
        record.user_handle = stored.user_handle.map(|handle| handle.0);
        record
    }
}

/// What an assertion is expected to be. What is left out stands at its strict default.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ExpectedAuthentication {
    /// The challenge that was issued, as bytes.
    pub challenge: Bytes,
    /// The relying party identifier.
    pub rp_id: String,
    /// The origins that may have run the ceremony.
    pub origins: Vec<String>,
    /// The credentials of the account, resolved before the response is read.
    pub credentials: Vec<StoredCredential>,
    /// The top origins of frames, where the ceremony may run in a frame of another origin; without
    /// a list it may not.
    #[uniffi(default = None)]
    pub top_origins: Option<Vec<String>>,
    /// The AppID, when the `appid` extension was asked for.
    #[uniffi(default = None)]
    pub app_id: Option<String>,
    /// User verification, as asked for; required unless said otherwise.
    #[uniffi(default = None)]
    pub user_verification: Option<UserVerificationRequirement>,
    /// The allow list that was sent; empty for a discoverable credential.
    #[uniffi(default = [])]
    pub allow_credentials: Vec<Bytes>,
    /// The user handle has to be present.
    #[uniffi(default = false)]
    pub user_handle_required: bool,
    /// The extensions that were asked for.
    #[uniffi(default = [])]
    pub extensions: Vec<String>,
    /// The Android package that may have run the ceremony, compared when client data names one.
    #[uniffi(default = None)]
    pub android_package: Option<String>,
}

impl TryFrom<ExpectedAuthentication> for AuthenticationExpectation {
    type Error = EnrollmentError;

    fn try_from(stated: ExpectedAuthentication) -> Result<Self, EnrollmentError> {
        let credentials = stated.credentials.into_iter().map(Into::into).collect();
        let origins = origins(&stated.origins)?;
        let challenge = challenge(stated.challenge)?;
        let mut expected = Self::new(challenge, stated.rp_id, origins, credentials);
        expected.cross_origin = cross_origin(stated.top_origins.as_deref())?;
        expected.app_id = stated.app_id;
        expected.user_verification = stated.user_verification.map(Into::into).unwrap_or_default();
        expected.allow_credentials = plain(stated.allow_credentials);
        expected.user_handle_required = stated.user_handle_required;
        expected.extensions = stated.extensions;
        expected.android_package = stated.android_package;
        Ok(expected)
    }
}

/// A challenge that was issued has bytes. An empty one would be matched by an empty one.
fn challenge(challenge: Bytes) -> Result<Vec<u8>, EnrollmentError> {
    if challenge.0.is_empty() { Err(Fault::Challenge.into()) } else { Ok(challenge.0) }
}

pub(super) fn origins(texts: &[String]) -> Result<Vec<Origin>, EnrollmentError> {
    let origin =
        |text: &String| Origin::parse(text).map_err(|error| Fault::Origin.of(error.to_string()));
    if texts.is_empty() {
        Err(Fault::Origin.of("none is given"))
    } else {
        texts.iter().map(origin).collect()
    }
}

fn cross_origin(top_origins: Option<&[String]>) -> Result<CrossOrigin, EnrollmentError> {
    Ok(match top_origins {
        None => CrossOrigin::Refused,
        Some([]) => CrossOrigin::Allowed { top_origins: Vec::new() },
        Some(texts) => CrossOrigin::Allowed { top_origins: origins(texts)? },
    })
}
