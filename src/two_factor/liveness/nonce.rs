use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use crate::encoding::base64url;
use crate::flow::{Entropy, EntropyExhausted, Stored, Uuid4};
use crate::time::UnixMillis;

/// The nonce that a liveness result has to repeat, as it is stored: given out for one device of one
/// account before its request, good for ten minutes, deleted with the first result that is judged
/// sound.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LivenessNonce {
    account_key: Uuid4,
    device_key: Uuid4,
    value: String,
    expires_at: UnixMillis,
}

impl Stored for LivenessNonce {
    const MACHINE: &'static str = "liveness nonce";
    const VERSION: u32 = 1;
}

impl LivenessNonce {
    /// Minutes that a nonce lives: long enough for a person to find the light.
    pub const LIFETIME_MINUTES: u32 = 10;

    /// Makes a nonce of 32 random bytes.
    ///
    /// # Errors
    ///
    /// [`EntropyExhausted`] when the random bytes run out.
    pub fn issue(
        account_key: Uuid4,
        device_key: Uuid4,
        entropy: &mut Entropy,
        now: UnixMillis,
    ) -> Result<Self, EntropyExhausted> {
        let value = base64url::encode(&entropy.take::<32>()?);
        let expires_at = now.plus_minutes(Self::LIFETIME_MINUTES);
        Ok(Self { account_key, device_key, value, expires_at })
    }

    /// The nonce in base64url, for the provider's library on the phone.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// When it stops being good.
    #[must_use]
    pub const fn expires_at(&self) -> UnixMillis {
        self.expires_at
    }

    /// The account it was given out for.
    #[must_use]
    pub const fn account_key(&self) -> Uuid4 {
        self.account_key
    }

    /// The device it was given out for.
    #[must_use]
    pub const fn device_key(&self) -> Uuid4 {
        self.device_key
    }

    pub(super) fn is(&self, claimed: &str) -> bool {
        self.value.as_bytes().ct_eq(claimed.as_bytes()).into()
    }
}

/// Does not print the value.
impl core::fmt::Debug for LivenessNonce {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("LivenessNonce")
            .field("account_key", &self.account_key)
            .field("device_key", &self.device_key)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
