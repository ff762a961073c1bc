//! Options to register: `PublicKeyCredentialCreationOptionsJSON`, and the two published bodies
//! that say the same.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    AttestationConveyance, CHALLENGE, OpaqueBytes, Platform, Preferences, RelyingParty,
    ResidentKey, USER_HANDLE, lifetime,
};
use crate::flow::{Entropy, EntropyExhausted};
use crate::time::UnixMillis;
use crate::webauthn::{Attachment, RegistrationExpectation, UserVerification};

/// What is told to the authenticator of the person. Personal data: its debug form shows nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserNames {
    /// An identifier that people read, such as a masked account (`user.name`).
    pub name: String,
    /// The social name where there is one, else name and surname (`user.displayName`).
    pub display_name: String,
}

impl core::fmt::Debug for UserNames {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("UserNames(..)")
    }
}

/// What registration options are issued for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationRequest {
    /// Where the credential will be made.
    pub platform: Platform,
    /// The relying party, as configured.
    pub relying_party: RelyingParty,
    /// The names of the person.
    pub user: UserNames,
    /// Credentials that the person has here already (`excludeCredentials`).
    pub exclude_credentials: Vec<OpaqueBytes>,
    /// What is asked of every platform alike.
    pub preferences: Preferences,
}

/// Registration options as they were issued, and all that the response will be held against.
///
/// The challenge is bound to an enrollment by being stored in that enrollment and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuedRegistration {
    challenge: OpaqueBytes,
    platform: Platform,
    relying_party: RelyingParty,
    user_handle: OpaqueBytes,
    user: UserNames,
    algorithms: Vec<i64>,
    user_verification: UserVerification,
    attachment: Option<Attachment>,
    resident_key: ResidentKey,
    attestation: AttestationConveyance,
    extensions: Vec<String>,
    exclude_credentials: Vec<OpaqueBytes>,
    timeout: u32,
    issued_at: UnixMillis,
    expires_at: UnixMillis,
}

impl IssuedRegistration {
    /// Issues options: a new challenge and a new user handle.
    ///
    /// # Errors
    ///
    /// [`EntropyExhausted`] when the random bytes of the event were used up before.
    pub fn issue(
        request: RegistrationRequest,
        entropy: &mut Entropy,
        now: UnixMillis,
    ) -> Result<Self, EntropyExhausted> {
        let RegistrationRequest { platform, relying_party, user, exclude_credentials, preferences } =
            request;
        let (timeout, expires_at) = lifetime(now, preferences.registration_timeout);
        let extensions = match preferences.credential_properties {
            true => vec![CREDENTIAL_PROPERTIES.to_owned()],
            false => Vec::new(),
        };
        Ok(Self {
            challenge: OpaqueBytes::new(entropy.take::<CHALLENGE>()?),
            platform,
            relying_party,
            user_handle: OpaqueBytes::new(entropy.take::<USER_HANDLE>()?),
            user,
            algorithms: preferences.offered(),
            user_verification: preferences.user_verification,
            attachment: platform.attachment(),
            resident_key: preferences.resident_key,
            attestation: preferences.attestation,
            extensions,
            exclude_credentials,
            timeout,
            issued_at: now,
            expires_at,
        })
    }

    /// What the response has to be.
    #[must_use]
    pub fn expectation(&self) -> RegistrationExpectation {
        let relying_party = &self.relying_party;
        let mut expected = RegistrationExpectation::new(
            self.challenge.as_bytes(),
            relying_party.id.clone(),
            relying_party.origins.clone(),
        );
        expected.algorithms = Some(self.algorithms.clone());
        expected.user_verification = self.user_verification;
        expected.attachment = self.attachment;
        expected.extensions.clone_from(&self.extensions);
        expected.exclude_credentials =
            self.exclude_credentials.iter().map(|id| id.as_bytes().to_vec()).collect();
        expected.enterprise_attestation = self.attestation == AttestationConveyance::Enterprise;
        expected
    }

    /// The challenge. It goes to the client and nowhere else.
    #[must_use]
    pub const fn challenge(&self) -> &OpaqueBytes {
        &self.challenge
    }

    /// The handle that stands for the person in the credential (`user.id`).
    #[must_use]
    pub const fn user_handle(&self) -> &OpaqueBytes {
        &self.user_handle
    }

    /// The platform that was asked for.
    #[must_use]
    pub const fn platform(&self) -> Platform {
        self.platform
    }

    /// The relying party.
    #[must_use]
    pub const fn relying_party(&self) -> &RelyingParty {
        &self.relying_party
    }

    /// When the challenge is over.
    #[must_use]
    pub const fn expires_at(&self) -> UnixMillis {
        self.expires_at
    }

    /// `PublicKeyCredentialCreationOptionsJSON` (WebAuthn Level 3 §5.1.9), for a browser's
    /// `parseCreationOptionsFromJSON` and for Android's Credential Manager.
    #[must_use]
    pub fn to_webauthn_json(&self) -> Value {
        Value::Object(self.members())
    }

    /// The `data` of a `fido-registration-options` answer (Open Finance Brasil Enrollments).
    #[must_use]
    pub fn to_fido_registration_options(&self, enrollment_id: &str) -> Value {
        let mut members = self.members();
        members.insert("enrollmentId".to_owned(), enrollment_id.into());
        Value::Object(members)
    }

    /// The answer of "Get Open Finance Device Enrollment Credential by ID".
    #[must_use]
    pub fn to_credential(&self, enrollment_id: &str) -> Value {
        let mut credential = json!({
            "enrollment_id": enrollment_id,
            "rp_id": self.relying_party.id,
            "rp_name": self.relying_party.name,
            "user_id": self.user_handle,
            "user_name": self.user.name,
            "user_display_name": self.user.display_name,
            "challenge": self.challenge,
            "pub_key_cred_params": self.algorithms(),
            "timeout": self.timeout,
            "exclude_credentials": descriptors(&self.exclude_credentials),
            "allow_credentials": [],
            "user_verification": self.user_verification,
            "require_resident_key": false,
            "resident_key": self.resident_key.as_str(),
            "attestation": self.attestation.as_str(),
            "extensions": self.extension_inputs(),
            "created_at": self.issued_at.to_string(),
        });
        if let (Some(members), Some(attachment)) = (credential.as_object_mut(), self.attachment) {
            members.insert("authenticator_attachment".to_owned(), attachment.as_str().into());
        }
        credential
    }

    fn members(&self) -> Map<String, Value> {
        let mut selection = json!({
            "userVerification": self.user_verification,
            "requireResidentKey": false,
            "residentKey": self.resident_key.as_str(),
        });
        if let (Some(members), Some(attachment)) = (selection.as_object_mut(), self.attachment) {
            members.insert("authenticatorAttachment".to_owned(), attachment.as_str().into());
        }
        let members = [
            ("rp", json!({ "id": self.relying_party.id, "name": self.relying_party.name })),
            (
                "user",
                json!({
                    "id": self.user_handle,
                    "name": self.user.name,
                    "displayName": self.user.display_name,
                }),
            ),
            ("challenge", json!(self.challenge)),
            ("pubKeyCredParams", self.algorithms()),
            ("timeout", self.timeout.into()),
            ("excludeCredentials", descriptors(&self.exclude_credentials)),
            ("authenticatorSelection", selection),
            ("attestation", self.attestation.as_str().into()),
            ("extensions", self.extension_inputs()),
        ];
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn algorithms(&self) -> Value {
        let of = |algorithm: &i64| json!({ "type": "public-key", "alg": algorithm });
        self.algorithms.iter().map(of).collect()
    }

    fn extension_inputs(&self) -> Value {
        let inputs: Map<String, Value> =
            self.extensions.iter().map(|name| (name.clone(), Value::Bool(true))).collect();
        Value::Object(inputs)
    }
}

/// `PublicKeyCredentialDescriptorJSON` of each credential.
pub(super) fn descriptors(ids: &[OpaqueBytes]) -> Value {
    ids.iter().map(|id| json!({ "type": "public-key", "id": id })).collect()
}

/// WebAuthn Level 3 §10.1.3.
const CREDENTIAL_PROPERTIES: &str = "credProps";
