//! What a relying party expects of a response: stored with the challenge, never read out of the
//! response.

use serde::{Deserialize, Serialize};

use super::origin::Origin;
use crate::crypto::Transcript;
use crate::verdict::InputDigest;

/// User verification, as the stored options asked for it (WebAuthn Level 3 §5.8.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserVerification {
    /// The response is refused without it. The default.
    #[default]
    Required,
    /// Wished for; a response without it is taken.
    Preferred,
    /// Not wanted.
    Discouraged,
}

impl UserVerification {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Preferred => "preferred",
            Self::Discouraged => "discouraged",
        }
    }
}

/// How an authenticator is attached to the client (WebAuthn Level 3 §5.4.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attachment {
    /// Part of the device.
    Platform,
    /// A roaming authenticator.
    CrossPlatform,
}

impl Attachment {
    /// The identifier as it stands on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::CrossPlatform => "cross-platform",
        }
    }

    /// The attachment with this identifier.
    #[must_use]
    pub fn from_identifier(identifier: &str) -> Option<Self> {
        [Self::Platform, Self::CrossPlatform].into_iter().find(|a| a.as_str() == identifier)
    }
}

/// Whether a ceremony may run in a frame of another origin (WebAuthn Level 3 §7.1 steps 10, 11).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CrossOrigin {
    /// It may not. The default.
    #[default]
    Refused,
    /// It may, in the top origins listed; a reported top origin has to be one of them.
    Allowed {
        /// The top origins that the relying party expects to be framed by.
        top_origins: Vec<Origin>,
    },
}

impl CrossOrigin {
    fn write(&self, transcript: &mut Transcript) {
        match self {
            Self::Refused => transcript.flag(false),
            Self::Allowed { top_origins } => {
                transcript.flag(true);
                transcript.list(top_origins, write_origin);
            }
        }
    }
}

/// How it is made sure that a credential id is registered once (WebAuthn Level 3 §7.1, RG-1).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialUniqueness {
    /// The caller stores the credential under a unique constraint, which alone is free of races.
    /// The verdict shows the check as skipped.
    #[default]
    LeftToStorage,
    /// The credential must not be one of these ids, registered for anybody.
    NotAmong(Vec<Vec<u8>>),
}

/// What a registration is expected to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RegistrationExpectation {
    /// The challenge that was issued.
    pub challenge: Vec<u8>,
    /// The relying party identifier.
    pub rp_id: String,
    /// The origins that may have run the ceremony.
    pub origins: Vec<Origin>,
    /// Cross-origin frames.
    pub cross_origin: CrossOrigin,
    /// The COSE algorithms that were offered; `None` when they are not known, which the verdict
    /// shows.
    pub algorithms: Option<Vec<i64>>,
    /// User verification, as asked for.
    pub user_verification: UserVerification,
    /// The ceremony was a conditional create, which needs no user presence.
    pub conditional_create: bool,
    /// The attachment that was asked for.
    pub attachment: Option<Attachment>,
    /// A discoverable credential was required.
    pub resident_key_required: bool,
    /// The exclude list.
    pub exclude_credentials: Vec<Vec<u8>>,
    /// Registered credentials.
    pub uniqueness: CredentialUniqueness,
    /// The extensions that were asked for, by client or authenticator identifier.
    pub extensions: Vec<String>,
    /// The least credProtect level that was asked for, 1 to 3.
    pub credential_protection: Option<u8>,
    /// Enterprise attestation was asked for.
    pub enterprise_attestation: bool,
    /// The Android package that may have run the ceremony, compared when client data names one.
    pub android_package: Option<String>,
}

impl RegistrationExpectation {
    /// The least that has to be known; everything else at its strict default.
    #[must_use]
    pub fn new(
        challenge: impl Into<Vec<u8>>,
        rp_id: impl Into<String>,
        origins: Vec<Origin>,
    ) -> Self {
        Self {
            challenge: challenge.into(),
            rp_id: rp_id.into(),
            origins,
            cross_origin: CrossOrigin::Refused,
            algorithms: None,
            user_verification: UserVerification::Required,
            conditional_create: false,
            attachment: None,
            resident_key_required: false,
            exclude_credentials: Vec::new(),
            uniqueness: CredentialUniqueness::LeftToStorage,
            extensions: Vec::new(),
            credential_protection: None,
            enterprise_attestation: false,
            android_package: None,
        }
    }

    pub(crate) fn digest(&self) -> InputDigest {
        let mut transcript = Transcript::new(b"device-enrollment registration expectation 1");
        transcript.bytes(&self.challenge);
        transcript.bytes(self.rp_id.as_bytes());
        transcript.list(&self.origins, write_origin);
        self.cross_origin.write(&mut transcript);
        transcript.flag(self.algorithms.is_some());
        transcript.list(self.algorithms.as_deref().unwrap_or_default(), |transcript, algorithm| {
            transcript.bytes(&algorithm.to_be_bytes());
        });
        transcript.bytes(self.user_verification.as_str().as_bytes());
        transcript.flag(self.conditional_create);
        transcript.optional(self.attachment.map(|attachment| attachment.as_str().as_bytes()));
        transcript.flag(self.resident_key_required);
        transcript.byte_list(&self.exclude_credentials);
        match &self.uniqueness {
            CredentialUniqueness::LeftToStorage => transcript.flag(false),
            CredentialUniqueness::NotAmong(known) => {
                transcript.flag(true);
                transcript.byte_list(known);
            }
        }
        transcript.byte_list(&self.extensions);
        transcript.optional(self.credential_protection.as_ref().map(core::slice::from_ref));
        transcript.flag(self.enterprise_attestation);
        transcript.optional(self.android_package.as_deref().map(str::as_bytes));
        transcript.finish()
    }
}

/// A registered credential, as it was stored (WebAuthn Level 3 §4, credential record).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CredentialRecord {
    /// The credential id.
    pub id: Vec<u8>,
    /// The COSE_Key bytes.
    pub public_key: Vec<u8>,
    /// The stored signature counter.
    pub sign_count: u32,
    /// Whether the key was backup eligible at registration; `None` for records older than the
    /// flag, which the verdict shows.
    pub backup_eligible: Option<bool>,
    /// The user handle of the account that owns the credential.
    pub user_handle: Option<Vec<u8>>,
}

impl CredentialRecord {
    /// The least that has to be known of a credential.
    #[must_use]
    pub fn new(id: impl Into<Vec<u8>>, public_key: impl Into<Vec<u8>>, sign_count: u32) -> Self {
        Self {
            id: id.into(),
            public_key: public_key.into(),
            sign_count,
            backup_eligible: None,
            user_handle: None,
        }
    }
}

/// What an assertion is expected to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AuthenticationExpectation {
    /// The challenge that was issued.
    pub challenge: Vec<u8>,
    /// The relying party identifier.
    pub rp_id: String,
    /// The AppID, when the `appid` extension was asked for.
    pub app_id: Option<String>,
    /// The origins that may have run the ceremony.
    pub origins: Vec<Origin>,
    /// Cross-origin frames.
    pub cross_origin: CrossOrigin,
    /// User verification, as asked for.
    pub user_verification: UserVerification,
    /// The credentials of the account, resolved before the response is read. Empty means that
    /// the account has none, and is refused like any unknown credential.
    pub credentials: Vec<CredentialRecord>,
    /// The allow list that was sent; empty for a discoverable credential.
    pub allow_credentials: Vec<Vec<u8>>,
    /// The user handle has to be present (a flow in which it names the account).
    pub user_handle_required: bool,
    /// The extensions that were asked for.
    pub extensions: Vec<String>,
    /// The Android package that may have run the ceremony, compared when client data names one.
    pub android_package: Option<String>,
}

impl AuthenticationExpectation {
    /// The least that has to be known; everything else at its strict default.
    #[must_use]
    pub fn new(
        challenge: impl Into<Vec<u8>>,
        rp_id: impl Into<String>,
        origins: Vec<Origin>,
        credentials: Vec<CredentialRecord>,
    ) -> Self {
        Self {
            challenge: challenge.into(),
            rp_id: rp_id.into(),
            app_id: None,
            origins,
            cross_origin: CrossOrigin::Refused,
            user_verification: UserVerification::Required,
            credentials,
            allow_credentials: Vec::new(),
            user_handle_required: false,
            extensions: Vec::new(),
            android_package: None,
        }
    }

    pub(crate) fn digest(&self) -> InputDigest {
        let mut transcript = Transcript::new(b"device-enrollment authentication expectation 1");
        transcript.bytes(&self.challenge);
        transcript.bytes(self.rp_id.as_bytes());
        transcript.optional(self.app_id.as_deref().map(str::as_bytes));
        transcript.list(&self.origins, write_origin);
        self.cross_origin.write(&mut transcript);
        transcript.bytes(self.user_verification.as_str().as_bytes());
        transcript.list(&self.credentials, |transcript, record| {
            transcript.bytes(&record.id);
            transcript.bytes(&record.public_key);
            transcript.bytes(&record.sign_count.to_be_bytes());
            transcript.optional(record.backup_eligible.map(|eligible| match eligible {
                true => b"eligible".as_slice(),
                false => b"not eligible",
            }));
            transcript.optional(record.user_handle.as_deref());
        });
        transcript.byte_list(&self.allow_credentials);
        transcript.flag(self.user_handle_required);
        transcript.byte_list(&self.extensions);
        transcript.optional(self.android_package.as_deref().map(str::as_bytes));
        transcript.finish()
    }
}

fn write_origin(transcript: &mut Transcript, origin: &Origin) {
    origin.write(transcript);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn origin(text: &str) -> Origin {
        Origin::parse(text).unwrap()
    }

    #[test]
    fn every_field_of_a_registration_counts_in_the_digest() {
        let changes: [fn(&mut RegistrationExpectation); 17] = [
            |_| {},
            |e| e.challenge[0] ^= 1,
            |e| e.rp_id.push('x'),
            |e| e.origins.push(origin("https://other.example")),
            |e| e.cross_origin = CrossOrigin::Allowed { top_origins: Vec::new() },
            |e| {
                let top_origins = vec![origin("https://top.example")];
                e.cross_origin = CrossOrigin::Allowed { top_origins };
            },
            |e| e.algorithms = Some(Vec::new()),
            |e| e.algorithms = Some(vec![-7]),
            |e| e.user_verification = UserVerification::Preferred,
            |e| e.conditional_create = true,
            |e| e.attachment = Some(Attachment::Platform),
            |e| e.resident_key_required = true,
            |e| e.exclude_credentials.push(vec![1]),
            |e| e.uniqueness = CredentialUniqueness::NotAmong(vec![vec![1]]),
            |e| e.extensions.push("credProps".to_owned()),
            |e| e.credential_protection = Some(2),
            |e| e.android_package = Some(String::new()),
        ];
        let digests: BTreeSet<[u8; 32]> = changes
            .iter()
            .map(|change| {
                let origins = vec![origin("https://bank.example")];
                let mut expected = RegistrationExpectation::new([7; 32], "bank.example", origins);
                change(&mut expected);
                expected.digest().value()
            })
            .collect();
        assert_eq!(digests.len(), changes.len());
    }

    #[test]
    fn every_field_of_an_assertion_counts_in_the_digest() {
        let changes: [fn(&mut AuthenticationExpectation); 14] = [
            |_| {},
            |e| e.challenge[0] ^= 1,
            |e| e.rp_id.push('x'),
            |e| e.app_id = Some(String::new()),
            |e| e.origins.clear(),
            |e| e.user_verification = UserVerification::Discouraged,
            |e| e.credentials[0].id.push(1),
            |e| e.credentials[0].public_key.push(1),
            |e| e.credentials[0].sign_count = 1,
            |e| e.credentials[0].backup_eligible = Some(false),
            |e| e.credentials[0].user_handle = Some(Vec::new()),
            |e| e.allow_credentials.push(vec![1]),
            |e| e.user_handle_required = true,
            |e| e.extensions.push("prf".to_owned()),
        ];
        let digests: BTreeSet<[u8; 32]> = changes
            .iter()
            .map(|change| {
                let origins = vec![origin("https://bank.example")];
                let record = CredentialRecord::new([1; 16], [2; 77], 0);
                let mut expected =
                    AuthenticationExpectation::new([7; 32], "bank.example", origins, vec![record]);
                change(&mut expected);
                expected.digest().value()
            })
            .collect();
        assert_eq!(digests.len(), changes.len());
    }
}
