//! The keys that codes are kept under: one, or two while they are being changed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::{Zeroize as _, Zeroizing};

/// One or two keys. The first makes new codes; both are believed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct MacKeyFile {
    keys: Vec<(String, Zeroizing<Vec<u8>>)>,
}

impl MacKeyFile {
    /// Reads `ID:BASE64URL`, separated by commas or lines.
    ///
    /// # Errors
    ///
    /// The rule that is broken.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut keys: Vec<(String, Zeroizing<Vec<u8>>)> = Vec::new();
        let entries = text.split([',', '\n', '\r']).map(str::trim);
        for entry in entries.filter(|entry| !entry.is_empty() && !entry.starts_with('#')) {
            let (id, key) = entry.split_once(':').ok_or("each key has to be ID:BASE64URL")?;
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            if id.is_empty() || id.len() > 32 || !id.chars().all(fits) {
                return Err("an id has 1 to 32 letters, digits, - and _");
            }
            if keys.iter().any(|(known, _)| known == id) {
                return Err("the ids of two keys have to differ");
            }
            let key = URL_SAFE_NO_PAD.decode(key).map(Zeroizing::new);
            let key = key.map_err(|_| "a key has to be base64url without padding")?;
            if !(32..=64).contains(&key.len()) {
                return Err("a key has 32 to 64 bytes");
            }
            keys.push((id.to_owned(), key));
        }
        if keys.is_empty() || keys.len() > 2 {
            return Err("there have to be one or two keys");
        }
        Ok(Self { keys })
    }

    /// A file with one new key, as text.
    ///
    /// # Errors
    ///
    /// When the operating system gives no random bytes.
    pub(crate) fn fresh(id: &str) -> Result<Zeroizing<String>, getrandom::Error> {
        let mut key = [0_u8; 32];
        getrandom::fill(&mut key)?;
        let text = Zeroizing::new(format!("{id}:{}\n", URL_SAFE_NO_PAD.encode(key)));
        key.zeroize();
        Ok(text)
    }

    /// With a new key in the second place: it is believed, and makes nothing yet. A key that is
    /// believed alone goes.
    ///
    /// # Errors
    ///
    /// When the operating system gives no random bytes.
    pub(crate) fn with_next(&self) -> Result<Self, getrandom::Error> {
        let numbers = self.keys.iter().filter_map(|(id, _)| id.parse::<u32>().ok());
        let next = numbers.max().unwrap_or(0).saturating_add(1).to_string();
        let mut key = Zeroizing::new(vec![0_u8; 32]);
        getrandom::fill(&mut key)?;
        let current = self.keys.iter().take(1).cloned();
        Ok(Self { keys: current.chain([(next, key)]).collect() })
    }

    /// With the second key in the first place.
    pub(crate) fn turned(&self) -> Self {
        Self { keys: self.keys.iter().rev().cloned().collect() }
    }

    /// The keys as a file has them.
    pub(crate) fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::new());
        for (id, key) in &self.keys {
            text.push_str(id);
            text.push(':');
            text.push_str(&Zeroizing::new(URL_SAFE_NO_PAD.encode(key)));
            text.push('\n');
        }
        text
    }

    /// The keys with their ids, the one that makes new codes first.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.keys.iter().map(|(id, key)| (id.as_str(), key.as_slice()))
    }
}

impl core::fmt::Debug for MacKeyFile {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let ids: Vec<_> = self.keys.iter().map(|(id, _)| id.as_str()).collect();
        write!(f, "MacKeyFile({})", ids.join(", "))
    }
}
