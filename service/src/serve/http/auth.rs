//! Who calls: a key in the header `Authorization`, as `Bearer de_PREFIX_SECRET`.
//!
//! The prefix is shown in lists and logs and finds the key; of the whole key a hash is kept. The
//! secret has 256 random bits, so that guessing is hopeless and a slow hash would only slow us.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, HeaderMap};
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize as _, Zeroizing};

use super::{App, Context, Problem};
use crate::serve::storage::Change;

/// Characters of a prefix.
const PREFIX: usize = 12;

/// Who calls, believed. A route that takes one is not reached without a key.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The prefix of the key.
    pub(crate) prefix: String,
    /// Whose key it is.
    pub(crate) requester_key: String,
    /// What that one may do, as it is stored.
    pub(crate) configuration: Option<String>,
}

/// A key that was made just now. What is kept of it is the prefix and the hash.
pub(crate) struct NewKey {
    /// What the caller is given, once.
    pub(crate) text: Zeroizing<String>,
    /// What finds it.
    pub(crate) prefix: String,
    /// SHA-256 of the text.
    pub(crate) hash: [u8; 32],
}

impl NewKey {
    /// A key of 256 random bits.
    ///
    /// # Errors
    ///
    /// When the operating system gives no random bytes.
    pub(crate) fn fresh() -> Result<Self, getrandom::Error> {
        let mut random = [0_u8; 38];
        getrandom::fill(&mut random)?;
        let (prefix, secret) = random.split_at(PREFIX.div_euclid(2));
        let prefix: String = prefix.iter().map(|byte| format!("{byte:02x}")).collect();
        let text = Zeroizing::new(format!("de_{prefix}_{}", URL_SAFE_NO_PAD.encode(secret)));
        random.zeroize();
        let hash = Sha256::digest(text.as_bytes()).into();
        Ok(Self { text, prefix, hash })
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let key = bearer(&parts.headers).ok_or(Problem::unauthenticated())?;
        let prefix = prefix_of(key).ok_or(Problem::unauthenticated())?;
        let kept = app.storage.api_key_of_requester(prefix).await?;
        let (kept, configuration) = kept.ok_or(Problem::unauthenticated())?;
        let hash = Sha256::digest(key.as_bytes());
        let same = bool::from(hash.as_slice().ct_eq(kept.secret_hash.as_slice()));
        let now = app.storage.now().await?;
        if !(same && kept.is_live(now)) {
            return Err(Problem::unauthenticated());
        }
        if let Some(context) = parts.extensions.get::<Arc<Context>>() {
            // A request has one caller, however many of its parts ask.
            let _ = context.caller.set(prefix.to_owned());
        }
        app.rates.admit(prefix, Instant::now())?;
        // A note beside the request: it holds nobody up, and nothing depends on it.
        if kept.last_used_at.is_none_or(|last| now.has_reached(last.plus_minutes(1))) {
            let _ = app.storage.commit(vec![Change::api_key_used(prefix, now)]).await;
        }
        let prefix = prefix.to_owned();
        Ok(Self { prefix, requester_key: kept.requester_key, configuration })
    }
}

/// The key of the one header there may be.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(key)
}

fn prefix_of(key: &str) -> Option<&str> {
    let (prefix, secret) = key.strip_prefix("de_")?.split_once('_')?;
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let fits = prefix.len() == PREFIX && prefix.bytes().all(hex) && secret.len() == 43;
    fits.then_some(prefix)
}

/// How many requests each key made in its minute, on this node. It protects the node and decides
/// nothing else, so it may live here.
pub(super) struct Rates {
    most: u32,
    /// Keys that were believed, so there are no more than there are keys.
    minutes: Mutex<HashMap<String, (Instant, u32)>>,
}

impl Rates {
    pub(super) fn new(most: u32) -> Self {
        Self { most, minutes: Mutex::new(HashMap::new()) }
    }

    fn admit(&self, prefix: &str, now: Instant) -> Result<(), Problem> {
        const MINUTE: u64 = 60;
        let mut minutes = self.minutes.lock().unwrap_or_else(PoisonError::into_inner);
        let (began, count) = minutes.entry(prefix.to_owned()).or_insert((now, 0));
        let age = now.saturating_duration_since(*began).as_secs();
        if age >= MINUTE {
            (*began, *count) = (now, 0);
        }
        if *count >= self.most {
            let left = MINUTE.saturating_sub(age).clamp(1, MINUTE);
            return Err(Problem::too_many(u32::try_from(left).unwrap_or(1)));
        }
        *count = count.saturating_add(1);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_key_is_found_by_its_prefix() {
        let key = NewKey::fresh().unwrap();
        assert_eq!(prefix_of(&key.text), Some(key.prefix.as_str()));
        assert_eq!(key.text.len(), 3 + PREFIX + 1 + 43);
        assert_eq!(key.hash, <[u8; 32]>::from(Sha256::digest(key.text.as_bytes())));
        let other = NewKey::fresh().unwrap();
        assert_ne!(*key.text, *other.text);
        for wrong in ["", "de_", "de_0123456789ab", "de_0123456789AB_", "xx_0123456789ab_x"] {
            assert_eq!(prefix_of(wrong), None, "{wrong}");
        }
        let short: String = key.text.chars().take(key.text.len() - 1).collect();
        assert_eq!(prefix_of(&short), None);
    }

    #[test]
    fn a_key_has_so_many_requests_in_its_minute() {
        let rates = Rates::new(2);
        let began = Instant::now();
        let at = |seconds| began + Duration::from_secs(seconds);
        assert!(rates.admit("a", at(0)).is_ok());
        assert!(rates.admit("a", at(59)).is_ok());
        assert!(rates.admit("a", at(59)).is_err());
        assert!(rates.admit("b", at(59)).is_ok());
        assert!(rates.admit("a", at(60)).is_ok());
    }
}
