//! What a policy can ask of an Android key's evidence.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::stated;
use crate::encoding::hex;

/// The weakest place that a key may be kept in (AK-11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AndroidSecurityLevel {
    /// The trusted environment of the phone's main processor, or better.
    TrustedEnvironment,
    /// A secure element of its own.
    StrongBox,
}

/// How old a phone's software may be (AK-13). A field that is `None` is not judged.
///
/// Ages are counted in calendar months between a patch level and the time that the caller gives,
/// since some phones state their levels by month alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AndroidPatchAge {
    /// The operating system's patch level is at most this many months old.
    #[serde(deserialize_with = "stated")]
    pub os_months: Option<u16>,
    /// The vendor partition's. Phones before Keymaster 4 do not state it, and many later ones
    /// state an old one.
    #[serde(deserialize_with = "stated")]
    pub vendor_months: Option<u16>,
    /// The boot image's, likewise.
    #[serde(deserialize_with = "stated")]
    pub boot_months: Option<u16>,
    /// The lowest operating system version, as the key store writes it: 130000 is Android 13.
    #[serde(deserialize_with = "stated")]
    pub lowest_os_version: Option<u32>,
}

/// An application that may have made a key (AK-14).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AndroidApplication {
    /// The package name.
    pub package: String,
    /// SHA-256 of the certificates that may sign the package.
    pub signing_digests: Vec<Digest>,
}

/// A SHA-256 digest in a policy, hexadecimal in its JSON form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest(pub [u8; 32]);

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digest = hex::decode(&text);
        digest.map(Self).ok_or_else(|| de::Error::custom("not 32 bytes in hexadecimal"))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(&self.0))
    }
}

/// Which keys are tied to an application (AK-14).
///
/// What the key description says of the application names whoever asked the key store for the
/// key. For a key that the bank's own app makes, that is the app; for a passkey of the platform,
/// it is the system service that keeps passkeys, whatever the origin. So the flow decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AndroidApplicationRule {
    /// No key.
    NotJudged,
    /// Keys that an app makes for itself: where the origin is `android:apk-key-hash:…`, the
    /// description has to name that signing digest. Where applications are listed, it has to be
    /// one of them as well. Other origins have nothing to compare with.
    OwnApp,
    /// Every key has to be made by a listed application, such as the system's passkey service,
    /// whatever the origin. Nothing listed means nothing accepted.
    Listed,
}

/// Whether the key's own terms of use have to agree with the user verification flag (AK-15).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AndroidUserAuthentication {
    /// They are reported.
    NotJudged,
    /// A key whose response claims user verification is one that hardware opens to its user only.
    Judged {
        /// How many seconds one authentication may open the key for; 0 asks for one at each use.
        longest_seconds: u32,
    },
}
