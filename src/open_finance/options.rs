//! The options of the two ceremonies: what a platform is asked for, the challenge that is issued
//! for it, and what the response is later held against.
//!
//! Everything is decided and stored when the challenge is issued. A response is judged by what was
//! stored, so that neither it nor a changed configuration can lower what was asked for.

mod opaque;
mod registration;
mod signing;

pub use opaque::OpaqueBytes;
pub use registration::{IssuedRegistration, RegistrationRequest, UserNames};
pub use signing::{IssuedSigning, SigningRequest};

use serde::{Deserialize, Serialize};

use crate::crypto::Algorithm;
use crate::time::UnixMillis;
use crate::webauthn::{Attachment, Origin, UserVerification};

/// The `platform` of an options request (`fido-registration-options`, `fido-sign-options`, "Create
/// Open Finance Device Enrollment Credentials").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Platform {
    /// An Android phone.
    Android,
    /// A browser, whichever authenticator it offers.
    Browser,
    /// A roaming authenticator.
    CrossPlatform,
    /// An iPhone.
    Ios,
}

impl Platform {
    /// Every platform.
    pub const ALL: &'static [Self] =
        &[Self::Android, Self::Browser, Self::CrossPlatform, Self::Ios];

    /// The word as it stands on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Android => "ANDROID",
            Self::Browser => "BROWSER",
            Self::CrossPlatform => "CROSS_PLATFORM",
            Self::Ios => "IOS",
        }
    }

    /// The platform with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|platform| platform.as_str() == word)
    }

    /// The attachment that is asked for: a phone's own authenticator on a phone, a roaming one
    /// where that was said, and either in a browser.
    #[must_use]
    pub const fn attachment(self) -> Option<Attachment> {
        match self {
            Self::Android | Self::Ios => Some(Attachment::Platform),
            Self::Browser => None,
            Self::CrossPlatform => Some(Attachment::CrossPlatform),
        }
    }
}

/// The relying party of a ceremony, as it is configured for an initiator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelyingParty {
    /// The identifier: the common name of the initiator's transport certificate. Open Finance
    /// Brasil leaves it to the account holder to compare the two.
    pub id: String,
    /// The name for people: `software_client_name` of the software statement.
    pub name: String,
    /// The origins that may run a ceremony: `software_origin_uris` of the software statement, and
    /// the `android:apk-key-hash:` origins of the initiator's own apps. Compared exactly, with the
    /// port.
    pub origins: Vec<Origin>,
}

/// Whether a discoverable credential is asked for (WebAuthn Level 3 §5.4.6). `required` is not
/// offered: the allow list is always sent, so nothing here needs the authenticator to remember.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResidentKey {
    /// Not wanted. The default.
    #[default]
    Discouraged,
    /// Wished for.
    Preferred,
}

/// Which attestation is asked for (WebAuthn Level 3 §5.4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttestationConveyance {
    /// None. The default: passkeys of phones give none, and one that is given has to lead to an
    /// anchor, which a bank has to have configured first.
    #[default]
    None,
    /// As the authenticator makes it. What is then accepted is the policy's to say.
    Direct,
    /// The same, with a certificate of the enterprise.
    Enterprise,
}

impl AttestationConveyance {
    const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Direct => "direct",
            Self::Enterprise => "enterprise",
        }
    }
}

impl ResidentKey {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Discouraged => "discouraged",
            Self::Preferred => "preferred",
        }
    }
}

/// What is asked of every platform alike. Open Finance Brasil prescribes none of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Preferences {
    /// The algorithms that are offered, in the order of preference. RS1 is left out even when it
    /// stands here: its signatures are over SHA-1.
    pub algorithms: Vec<Algorithm>,
    /// User verification. Approving a payment is no place for less than `required`.
    pub user_verification: UserVerification,
    /// Discoverable credentials.
    pub resident_key: ResidentKey,
    /// Attestation.
    pub attestation: AttestationConveyance,
    /// Ask the client whether the credential became discoverable (`credProps`).
    pub credential_properties: bool,
    /// How long a challenge to register lives, in milliseconds; at most five minutes.
    pub registration_timeout: u32,
    /// How long a challenge to sign lives, in milliseconds; at most five minutes.
    pub signing_timeout: u32,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            algorithms: vec![Algorithm::Es256, Algorithm::Rs256, Algorithm::EdDsa],
            user_verification: UserVerification::Required,
            resident_key: ResidentKey::Discouraged,
            attestation: AttestationConveyance::None,
            credential_properties: false,
            registration_timeout: LONGEST_TIMEOUT,
            signing_timeout: LONGEST_TIMEOUT,
        }
    }
}

impl Preferences {
    fn offered(&self) -> Vec<i64> {
        let offered = self.algorithms.iter().filter(|algorithm| **algorithm != Algorithm::Rs1);
        offered.map(|algorithm| algorithm.cose()).collect()
    }
}

/// When a challenge that is issued now is over, and the `timeout` that says so.
fn lifetime(now: UnixMillis, wanted: u32) -> (u32, UnixMillis) {
    let timeout = wanted.min(LONGEST_TIMEOUT);
    (timeout, now.plus_millis(i64::from(timeout)))
}

/// Five minutes, the time that an enrollment waits for its credential.
const LONGEST_TIMEOUT: u32 = 300_000;

/// Bytes of a challenge: twice what WebAuthn Level 3 §13.4.3 asks for at least.
const CHALLENGE: usize = 32;
/// Bytes of a user handle: random, so that it says nothing of the person.
const USER_HANDLE: usize = 16;

#[cfg(test)]
mod tests;
