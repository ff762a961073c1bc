//! Options to sign: `PublicKeyCredentialRequestOptionsJSON`, and the two published bodies that say
//! the same.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::registration::descriptors;
use super::{CHALLENGE, OpaqueBytes, Platform, Preferences, RelyingParty, lifetime};
use crate::flow::{Entropy, EntropyExhausted};
use crate::time::UnixMillis;
use crate::webauthn::{AuthenticationExpectation, CredentialRecord, UserVerification};

/// What signing options are issued for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningRequest {
    /// Where the credential will be used.
    pub platform: Platform,
    /// The relying party, as configured.
    pub relying_party: RelyingParty,
    /// The credentials that may sign (`allowCredentials`).
    pub allow_credentials: Vec<OpaqueBytes>,
    /// What is asked of every platform alike.
    pub preferences: Preferences,
}

/// Signing options as they were issued, and all that the assertion will be held against.
///
/// The challenge is bound to what it approves by being stored in that and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuedSigning {
    challenge: OpaqueBytes,
    platform: Platform,
    relying_party: RelyingParty,
    allow_credentials: Vec<OpaqueBytes>,
    user_verification: UserVerification,
    timeout: u32,
    issued_at: UnixMillis,
    expires_at: UnixMillis,
}

impl IssuedSigning {
    /// Issues options: a new challenge.
    ///
    /// # Errors
    ///
    /// [`EntropyExhausted`] when the random bytes of the event were used up before.
    pub fn issue(
        request: SigningRequest,
        entropy: &mut Entropy,
        now: UnixMillis,
    ) -> Result<Self, EntropyExhausted> {
        let SigningRequest { platform, relying_party, allow_credentials, preferences } = request;
        let (timeout, expires_at) = lifetime(now, preferences.signing_timeout);
        Ok(Self {
            challenge: OpaqueBytes::new(entropy.take::<CHALLENGE>()?),
            platform,
            relying_party,
            allow_credentials,
            user_verification: preferences.user_verification,
            timeout,
            issued_at: now,
            expires_at,
        })
    }

    /// What the assertion has to be. `credentials` are those of the account, looked up before the
    /// response is read; a credential that is not on the allow list is refused among them too.
    #[must_use]
    pub fn expectation(&self, credentials: Vec<CredentialRecord>) -> AuthenticationExpectation {
        let relying_party = &self.relying_party;
        let mut expected = AuthenticationExpectation::new(
            self.challenge.as_bytes(),
            relying_party.id.clone(),
            relying_party.origins.clone(),
            credentials,
        );
        expected.user_verification = self.user_verification;
        expected.allow_credentials =
            self.allow_credentials.iter().map(|id| id.as_bytes().to_vec()).collect();
        expected
    }

    /// The challenge. It goes to the client and nowhere else.
    #[must_use]
    pub const fn challenge(&self) -> &OpaqueBytes {
        &self.challenge
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

    /// `PublicKeyCredentialRequestOptionsJSON` (WebAuthn Level 3 §5.1.10).
    #[must_use]
    pub fn to_webauthn_json(&self) -> Value {
        json!({
            "challenge": self.challenge,
            "timeout": self.timeout,
            "rpId": self.relying_party.id,
            "allowCredentials": descriptors(&self.allow_credentials),
            "userVerification": self.user_verification,
            "extensions": Map::new(),
        })
    }

    /// The `data` of a `fido-sign-options` answer (Open Finance Brasil Enrollments), which has the
    /// names of the Recommendation.
    #[must_use]
    pub fn to_fido_sign_options(&self) -> Value {
        self.to_webauthn_json()
    }

    /// The answer of "Get Open Finance Device Enrollment Credential by ID", whose one shape serves
    /// both ceremonies.
    #[must_use]
    pub fn to_credential(&self, enrollment_id: &str) -> Value {
        json!({
            "enrollment_id": enrollment_id,
            "rp_id": self.relying_party.id,
            "rp_name": self.relying_party.name,
            "challenge": self.challenge,
            "timeout": self.timeout,
            "allow_credentials": descriptors(&self.allow_credentials),
            "user_verification": self.user_verification,
            "created_at": self.issued_at.to_string(),
        })
    }
}
