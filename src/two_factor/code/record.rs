use serde::{Deserialize, Serialize};

use super::{Channel, Code, CodeKeys};
use crate::crypto::Transcript;
use crate::flow::{DocumentNumber, Entropy, EntropyExhausted, Uuid4};
use crate::time::UnixMillis;

/// What a code is for. A code for one purpose never validates for the other, whatever else agrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CodePurpose {
    /// The registration of a device.
    Device,
    /// The approval of a transfer.
    Transfer,
}

impl CodePurpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Device => b"device-enrollment code for a device 1",
            Self::Transfer => b"device-enrollment code for a transfer 1",
        }
    }
}

/// What a code is bound to, besides the channel and the deadline, which its record has. When any of it
/// is another at validation than it was when the code was sent, the code does not match (security.md
/// T-54).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeBinding {
    /// What the code is for.
    pub purpose: CodePurpose,
    /// The account that the approval is about.
    pub account_key: Uuid4,
    /// The device or the transfer.
    pub object_key: Uuid4,
    /// The person who approves.
    pub approver: DocumentNumber,
    /// SHA-256 of what is approved, in a form that the flow fixes: for a transfer the amount and the
    /// payee among others.
    pub digest: [u8; 32],
}

impl CodeBinding {
    fn transcript(
        &self,
        salt: &[u8; 16],
        channel: Channel,
        expires_at: UnixMillis,
        code: &Code,
    ) -> Transcript {
        let mut transcript = Transcript::new(self.purpose.label());
        transcript.bytes(salt);
        transcript.bytes(channel.as_str().as_bytes());
        transcript.bytes(&expires_at.0.to_be_bytes());
        transcript.bytes(self.account_key.as_bytes());
        transcript.bytes(self.object_key.as_bytes());
        transcript.bytes(self.approver.digits().as_bytes());
        transcript.bytes(&self.digest);
        transcript.bytes(code.expose().as_bytes());
        transcript
    }
}

/// All that is kept of a code: which key, which salt, the MAC, how it was sent, and until when.
///
/// Channel and deadline are under the MAC too, so that a row in which one was changed verifies
/// nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeRecord {
    key_id: String,
    #[serde(with = "base64url_bytes")]
    salt: [u8; 16],
    #[serde(with = "base64url_bytes")]
    mac: [u8; 32],
    channel: Channel,
    expires_at: UnixMillis,
}

impl CodeRecord {
    /// Minutes that a code lives ("Introduction to Two-Factor Authentication").
    pub const LIFETIME_MINUTES: u32 = 5;

    /// Makes the record of a code that is to be sent at `now`, under the current key and a fresh
    /// salt.
    ///
    /// # Errors
    ///
    /// [`EntropyExhausted`] when the random bytes run out.
    pub(crate) fn new(
        code: &Code,
        channel: Channel,
        binding: &CodeBinding,
        keys: &CodeKeys,
        entropy: &mut Entropy,
        now: UnixMillis,
    ) -> Result<Self, EntropyExhausted> {
        let salt = entropy.take()?;
        let expires_at = now.plus_minutes(Self::LIFETIME_MINUTES);
        let key = keys.current();
        let mac = key.secret().mac(binding.transcript(&salt, channel, expires_at, code));
        Ok(Self { key_id: key.id().to_owned(), salt, mac, channel, expires_at })
    }

    /// Whether `code` is the one; `None` when the key is not among the live ones.
    pub(super) fn verifies(
        &self,
        code: &Code,
        binding: &CodeBinding,
        keys: &CodeKeys,
    ) -> Option<bool> {
        let key = keys.find(&self.key_id)?;
        let transcript = binding.transcript(&self.salt, self.channel, self.expires_at, code);
        Some(key.secret().verifies(transcript, &self.mac))
    }

    /// When the code stops being good.
    #[must_use]
    pub const fn expires_at(&self) -> UnixMillis {
        self.expires_at
    }

    /// How the code was sent.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        self.channel
    }

    /// The id of the key it was made with.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// What tells one record from every other.
    pub(super) const fn salt(&self) -> &[u8; 16] {
        &self.salt
    }
}

/// Prints neither salt nor MAC: together with the key they verify guesses.
impl core::fmt::Debug for CodeRecord {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("CodeRecord")
            .field("key_id", &self.key_id)
            .field("channel", &self.channel)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

pub(in crate::two_factor) mod base64url_bytes {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::encoding::base64url;

    pub(in crate::two_factor) fn serialize<S: Serializer, const N: usize>(
        bytes: &[u8; N],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64url::encode(bytes))
    }

    pub(in crate::two_factor) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        deserializer: D,
    ) -> Result<[u8; N], D::Error> {
        let text = String::deserialize(deserializer)?;
        base64url::decode(&text, "code record")
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| Error::custom("not as many bytes in base64url as there have to be"))
    }
}

/// Why no code was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IssueError {
    /// All attempts of the object are spent; a new code would not bring one back.
    Spent,
    /// The random bytes of the event ran out.
    Entropy(EntropyExhausted),
}

impl From<EntropyExhausted> for IssueError {
    fn from(exhausted: EntropyExhausted) -> Self {
        Self::Entropy(exhausted)
    }
}
