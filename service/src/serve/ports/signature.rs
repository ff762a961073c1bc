//! The signature of what is posted to the bank, and of what the bank posts back.
//!
//! `x-signature: t=1700000000,v1=<64 digits>`: HMAC-SHA-256 under the shared secret over
//! `v1`, the second `t`, the id and the body, parted by line feeds. The second keeps an old message
//! from being posted again later; the id is signed with the body, so that one cannot carry the other.

use core::fmt::Write as _;

use device_enrollment::UnixMillis;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// The header of the signature.
pub(crate) const SIGNATURE: &str = "x-signature";
/// The header of the message's id.
pub(crate) const ID: &str = "x-message-id";
/// The header of the message's type.
pub(crate) const KIND: &str = "x-message-type";

/// Seconds that a signature may be old, or ahead of our clock.
#[cfg(test)]
const TOLERANCE: i64 = 300;

/// A shared secret.
#[derive(Clone)]
pub(crate) struct Signer(Zeroizing<Vec<u8>>);

impl core::fmt::Debug for Signer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Signer(..)")
    }
}

/// Why a signature was not taken.
#[cfg(test)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsigned {
    /// The header is missing or has not its form.
    Malformed,
    /// It was made too long ago, or for later.
    Stale,
    /// It is not over this id and body, or under another secret.
    Wrong,
}

impl Signer {
    pub(crate) fn new(secret: &[u8]) -> Self {
        Self(Zeroizing::new(secret.to_vec()))
    }

    /// The value of the header.
    pub(crate) fn sign(&self, id: &str, body: &[u8], now: UnixMillis) -> String {
        let second = now.whole_seconds().0;
        let mut header = format!("t={second},v1=");
        for byte in self.mac(id, body, second).finalize().into_bytes() {
            // A string cannot fail to be written to.
            let _ = write!(header, "{byte:02x}");
        }
        header
    }

    /// Judges the header of what was received. That an id was seen before is for the caller to see.
    ///
    /// # Errors
    ///
    /// An [`Unsigned`].
    #[cfg(test)]
    pub(crate) fn verify(
        &self,
        header: &str,
        id: &str,
        body: &[u8],
        now: UnixMillis,
    ) -> Result<(), Unsigned> {
        let (second, mac) = header
            .strip_prefix("t=")
            .and_then(|rest| rest.split_once(",v1="))
            .ok_or(Unsigned::Malformed)?;
        let second: i64 = second.parse().map_err(|_| Unsigned::Malformed)?;
        let mac = from_hex(mac).ok_or(Unsigned::Malformed)?;
        // In constant time.
        self.mac(id, body, second).verify_slice(&mac).map_err(|_| Unsigned::Wrong)?;
        let age = now.whole_seconds().0.saturating_sub(second);
        if (-TOLERANCE..=TOLERANCE).contains(&age) { Ok(()) } else { Err(Unsigned::Stale) }
    }

    fn mac(&self, id: &str, body: &[u8], second: i64) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0)
            .unwrap_or_else(|_| unreachable!("HMAC takes keys of every length"));
        mac.update(format!("v1\n{second}\n{id}\n").as_bytes());
        mac.update(body);
        mac
    }
}

#[cfg(test)]
fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        let at = place.checked_mul(2)?;
        *byte = u8::from_str_radix(text.get(at..at.checked_add(2)?)?, 16).ok()?;
    }
    Some(bytes)
}
