use serde::{Deserialize, Deserializer, Serialize, Serializer};
use subtle::ConstantTimeEq as _;

use crate::encoding::base64url;

/// Bytes that mean nothing by themselves and are not for a log: a challenge, a user handle, the id
/// of a credential, a public key. Stored as base64url; the debug form shows their number alone;
/// compared in constant time.
#[derive(Clone)]
pub struct OpaqueBytes(Vec<u8>);

impl OpaqueBytes {
    /// Takes bytes over.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Base64url without padding, as it stands on the wire.
    #[must_use]
    pub fn to_base64url(&self) -> String {
        base64url::encode(&self.0)
    }
}

impl PartialEq for OpaqueBytes {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for OpaqueBytes {}

impl core::fmt::Debug for OpaqueBytes {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "OpaqueBytes({} bytes)", self.0.len())
    }
}

impl Serialize for OpaqueBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_base64url())
    }
}

impl<'de> Deserialize<'de> for OpaqueBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let not_base64 = |_| serde::de::Error::custom("not base64url without padding");
        base64url::decode(&text, "bytes").map(Self).map_err(not_base64)
    }
}
