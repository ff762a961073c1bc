//! Texts in records that must not be printed.

/// A text that is nothing for a log: a person's telephone, address, document number or name, a
/// challenge, a nonce, an order.
///
/// In Kotlin it is a class whose text says nothing, so that no record that holds one can print it;
/// in Swift it is a `String`, and the records that hold one describe themselves by their name alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Confidential(pub String);

uniffi::custom_newtype!(Confidential, String);

#[cfg(feature = "ffi-backend")]
impl Confidential {
    /// JSON as a text.
    pub(super) fn json(value: &impl serde::Serialize) -> Result<Self, super::error::Fault> {
        serde_json::to_string(value).map(Self).map_err(|_| super::error::Fault::Internal)
    }
}

impl From<String> for Confidential {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl core::fmt::Debug for Confidential {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Confidential(..)")
    }
}
