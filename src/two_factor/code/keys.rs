use crate::crypto::MacKey;

/// A key that the MACs of codes are made with, under a name that is stored beside them.
///
/// It lives outside the database: whoever has only the rows can verify no guess. A bare hash would
/// not do, because six characters are searched in milliseconds; a slow hash would not either, by more
/// than a factor.
#[derive(Clone)]
pub struct CodeKey {
    id: String,
    secret: MacKey,
}

impl CodeKey {
    /// Bytes that a secret has at least.
    pub const LEAST_SECRET: usize = MacKey::LEAST;
    /// Bytes that a secret has at most.
    pub const MOST_SECRET: usize = MacKey::MOST;

    /// Takes a key of 32 to 64 random bytes under an id of 1 to 64 visible ASCII characters. The
    /// caller wipes its own copy.
    ///
    /// # Errors
    ///
    /// A [`CodeKeyError`] when the id or the secret is not of that form.
    pub fn new(id: &str, secret: &[u8]) -> Result<Self, CodeKeyError> {
        let fits = (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
        if !fits {
            return Err(CodeKeyError::Id);
        }
        let secret = MacKey::new(secret).ok_or(CodeKeyError::Secret)?;
        Ok(Self { id: id.to_owned(), secret })
    }

    /// The name of the key. Not secret.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) const fn secret(&self) -> &MacKey {
        &self.secret
    }
}

/// Prints the id alone.
impl core::fmt::Debug for CodeKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("CodeKey").field(&self.id).finish()
    }
}

/// The keys that are live: new codes are made with the current one; a code that was made with the
/// previous one stays good while keys rotate, which is five minutes after the change.
#[derive(Debug, Clone)]
pub struct CodeKeys {
    current: CodeKey,
    previous: Option<CodeKey>,
}

impl CodeKeys {
    /// One live key.
    #[must_use]
    pub const fn new(current: CodeKey) -> Self {
        Self { current, previous: None }
    }

    /// Two live keys.
    ///
    /// # Errors
    ///
    /// [`CodeKeyError::SameId`] when both have one id, because then a code would not say which of
    /// them it was made with.
    pub fn rotating(current: CodeKey, previous: CodeKey) -> Result<Self, CodeKeyError> {
        if current.id == previous.id {
            return Err(CodeKeyError::SameId);
        }
        Ok(Self { current, previous: Some(previous) })
    }

    pub(super) const fn current(&self) -> &CodeKey {
        &self.current
    }

    pub(super) fn find(&self, id: &str) -> Option<&CodeKey> {
        core::iter::once(&self.current).chain(&self.previous).find(|key| key.id == id)
    }
}

/// Why a key for codes was not taken. It prints nothing of the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CodeKeyError {
    /// The id is not 1 to 64 visible ASCII characters.
    Id,
    /// The secret does not have 32 to 64 bytes.
    Secret,
    /// The current and the previous key have one id.
    SameId,
}

impl core::fmt::Display for CodeKeyError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Id => "the id of a code key is not 1 to 64 visible ASCII characters",
            Self::Secret => "the secret of a code key does not have 32 to 64 bytes",
            Self::SameId => "the current and the previous code key have the same id",
        })
    }
}

impl core::error::Error for CodeKeyError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_an_id_and_enough_bytes() {
        let error = |id: &str, secret: &[u8]| CodeKey::new(id, secret).unwrap_err();
        assert_eq!(error("", &[1; 32]), CodeKeyError::Id);
        assert_eq!(error("two words", &[1; 32]), CodeKeyError::Id);
        assert_eq!(error(&"k".repeat(65), &[1; 32]), CodeKeyError::Id);
        assert_eq!(error("k1", &[1; 31]), CodeKeyError::Secret);
        assert_eq!(error("k1", &[1; 65]), CodeKeyError::Secret);
        let key = CodeKey::new("k1", &[b'S'; 32]).unwrap();
        assert_eq!(format!("{:?}", CodeKeys::new(key.clone())), {
            "CodeKeys { current: CodeKey(\"k1\"), previous: None }"
        });
        let same = CodeKeys::rotating(key.clone(), key);
        assert_eq!(same.unwrap_err(), CodeKeyError::SameId);
    }
}
