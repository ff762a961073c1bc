//! What a verification learned.

use serde::{Deserialize, Serialize, Serializer};

use crate::encoding::certificate::describe_name;
use crate::time::UnixTime;

/// Which ceremony a response belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ceremony {
    /// WebAuthn Level 3 §7.1: a new credential.
    Registration,
    /// WebAuthn Level 3 §7.2: an assertion by a registered credential.
    Authentication,
    /// Apple App Attest: an app's key.
    AppAttestation,
    /// Apple App Attest: an assertion by an app's key.
    AppAssertion,
}

/// An attestation statement format that is known by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Format {
    /// No attestation.
    None,
    /// The format of most security keys.
    Packed,
    /// U2F security keys.
    FidoU2f,
    /// Keys in Android's key store.
    AndroidKey,
    /// Apple's anonymous attestation.
    Apple,
    /// Trusted platform modules.
    Tpm,
    /// Several statements at once.
    Compound,
    /// Android SafetyNet, a service that has ended.
    AndroidSafetynet,
    /// Apple App Attest, which attests an app's key and never a passkey.
    AppleAppattest,
}

impl Format {
    /// Every format that is known by name.
    pub const ALL: &'static [Self] = &[
        Self::None,
        Self::Packed,
        Self::FidoU2f,
        Self::AndroidKey,
        Self::Apple,
        Self::Tpm,
        Self::Compound,
        Self::AndroidSafetynet,
        Self::AppleAppattest,
    ];

    /// The identifier as it stands in `fmt`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Packed => "packed",
            Self::FidoU2f => "fido-u2f",
            Self::AndroidKey => "android-key",
            Self::Apple => "apple",
            Self::Tpm => "tpm",
            Self::Compound => "compound",
            Self::AndroidSafetynet => "android-safetynet",
            Self::AppleAppattest => "apple-appattest",
        }
    }

    /// The format with this identifier, compared byte for byte.
    #[must_use]
    pub fn from_identifier(identifier: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| format.as_str() == identifier)
    }
}

/// What kind of attestation a registration carried (WebAuthn Level 3 §6.5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum AttestationType {
    /// Nothing vouches for the authenticator.
    None,
    /// Signed by the credential itself: proof of possession, no proof of origin.
    #[serde(rename = "self")]
    Self_,
    /// Signed by a key of the authenticator's model or device.
    Basic,
    /// Signed by a key that an attestation CA certified for this device.
    AttCa,
    /// Signed by a key that an anonymization CA certified for this credential.
    AnonCa,
}

impl AttestationType {
    /// How much stands behind a key, for comparing the parts of a compound statement.
    pub(crate) const fn strength(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Self_ => 1,
            Self::Basic | Self::AttCa | Self::AnonCa => 2,
        }
    }

    /// The name as it stands in the JSON form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Self_ => "self",
            Self::Basic => "basic",
            Self::AttCa => "attca",
            Self::AnonCa => "anonca",
        }
    }
}

/// The flags of authenticator data (WebAuthn Level 3 §6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Flags {
    /// User present.
    pub up: bool,
    /// User verified.
    pub uv: bool,
    /// Backup eligible.
    pub be: bool,
    /// Backed up.
    pub bs: bool,
    /// Attested credential data follows.
    pub at: bool,
    /// Extension data follows.
    pub ed: bool,
    /// The reserved bits that are set, as they stand in the byte.
    #[serde(skip_serializing_if = "is_zero")]
    pub reserved: u8,
}

fn is_zero(bits: &u8) -> bool {
    *bits == 0
}

impl Flags {
    pub(crate) const fn from_byte(byte: u8) -> Self {
        Self {
            up: byte & 0x01 != 0,
            uv: byte & 0x04 != 0,
            be: byte & 0x08 != 0,
            bs: byte & 0x10 != 0,
            at: byte & 0x40 != 0,
            ed: byte & 0x80 != 0,
            reserved: byte & 0x22,
        }
    }
}

/// Everything learned about a response. A field is absent when judging stopped before it, or when
/// the response has no such thing.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub struct Facts {
    /// The origin that the client reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The top origin that the client reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_origin: Option<String>,
    /// Whether the client reports a cross-origin frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cross_origin: Option<bool>,
    /// Whether the client data follows the serialization of WebAuthn Level 3 §5.8.1.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_data_serialization: Option<bool>,
    /// The attestation statement format.
    #[serde(rename = "fmt", skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// The attestation type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attestation_type: Option<AttestationType>,
    /// The COSE algorithm of the credential key.
    #[serde(rename = "alg", skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<i64>,
    /// The COSE algorithm of the attestation statement.
    #[serde(rename = "statement_alg", skip_serializing_if = "Option::is_none")]
    pub statement_algorithm: Option<i64>,
    /// The model that the authenticator states.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "binary_option")]
    pub aaguid: Option<[u8; 16]>,
    /// Whether a certificate path to an anchor vouches for the model. Otherwise it is a claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aaguid_verified: Option<bool>,
    /// The credential id.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "binary_option")]
    pub credential_id: Option<Vec<u8>>,
    /// The COSE_Key bytes as they lie in authenticator data.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "binary_option")]
    pub credential_public_key: Option<Vec<u8>>,
    /// The flags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flags: Option<Flags>,
    /// The signature counter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_count: Option<u32>,
    /// The extension outputs, authenticator's and client's, by identifier.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<String>,
    /// The protection level of the credential (credProtect).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential_protection: Option<u8>,
    /// The certificates of the statement, leaf first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<CertificateFact>,
    /// The name of the anchor that the path ends at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anchor: Option<String>,
    /// What FIDO metadata says of the authenticator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<MetadataFacts>,
    /// The firmware version that a packed certificate states.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firmware_version: Option<u64>,
    /// What an Android key description says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub android: Option<AndroidFacts>,
    /// What TPM structures say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tpm: Option<TpmFacts>,
}

/// One certificate, as far as a person needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CertificateFact {
    /// The subject, `CN=…, O=…`.
    pub subject: DistinguishedName,
    /// The issuer.
    pub issuer: DistinguishedName,
    /// First second of validity.
    pub not_before: UnixTime,
    /// Last second of validity.
    pub not_after: UnixTime,
}

/// A name as its DER encoding, written out for people when it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DistinguishedName(Box<[u8]>);

impl DistinguishedName {
    pub(crate) fn from_der(encoded: &[u8]) -> Self {
        Self(encoded.into())
    }

    /// The encoded name.
    #[must_use]
    pub const fn as_der(&self) -> &[u8] {
        &self.0
    }
}

impl core::fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&describe_name(&self.0))
    }
}

impl Serialize for DistinguishedName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What FIDO metadata says of the authenticator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MetadataFacts {
    /// The number of the metadata.
    pub number: u64,
    /// Whether the service's signature over it was verified when it was loaded.
    pub signature_checked: bool,
    /// The vendor's description of the model.
    pub description: String,
    /// How keys are protected, in the words of the FIDO registry.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub key_protection: Vec<String>,
    /// The newest status in effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Since when, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_since: Option<String>,
    /// Other statuses in effect that a person should see: of an update, or not known here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
}

/// What an Android key description says (Android key attestation).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AndroidFacts {
    /// 1 to 4 for Keymaster, 100 and above for KeyMint.
    pub attestation_version: u64,
    /// `software`, `trusted_environment`, `strong_box`, or a number that is not known.
    pub attestation_security_level: String,
    /// The version of the key store implementation.
    pub keymint_version: u64,
    /// Its security level.
    pub keymint_security_level: String,
    /// How the phone came by the key that attests: `factory`, `rkp` (provisioned remotely by
    /// Google), or `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// `verified`, `self_signed`, `unverified`, `failed`, when the root of trust is present.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified_boot_state: Option<String>,
    /// The key that verified the boot, in hexadecimal; one for all phones of a model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified_boot_key: Option<String>,
    /// Whether the boot loader is locked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_locked: Option<bool>,
    /// The operating system, 130000 for Android 13.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_version: Option<u64>,
    /// Operating system patch level, `YYYYMM`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_patch_level: Option<u64>,
    /// Vendor patch level, `YYYYMMDD` or `YYYYMM`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor_patch_level: Option<u64>,
    /// Boot image patch level, `YYYYMMDD` or `YYYYMM`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boot_patch_level: Option<u64>,
    /// Whether the key store lets the key be used without authenticating anybody.
    pub no_auth_required: bool,
    /// What authenticates the user to the key store: 1 for a password, 2 for biometrics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_auth_type: Option<u64>,
    /// For how many seconds one authentication opens the key; absent where each use asks for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_timeout: Option<u64>,
    /// Packages of the application that made the key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packages: Vec<String>,
    /// SHA-256 of the certificates that signed them, in hexadecimal.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub signing_digests: Vec<String>,
    /// Tags that no published schema names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown_tags: Vec<u32>,
    /// When the status list that was consulted was fetched, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_list_fetched: Option<String>,
}

/// What TPM structures say, as inputs of a risk decision (TP-17).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TpmFacts {
    /// The manufacturer id as it stands in the certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manufacturer: Option<String>,
    /// The vendor that the registry knows by this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// The model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The firmware version as it stands in the certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The firmware version in certInfo.
    pub firmware_version: u64,
    /// Times the TPM was reset since it was made.
    pub reset_count: u32,
    /// Times the TPM was restarted since its last reset.
    pub restart_count: u32,
    /// Whether the clock has not run backwards; `None` when the byte is neither 0 nor 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_safe: Option<bool>,
    /// The object attributes of the key, as their 32 bits.
    pub object_attributes: u32,
    /// Whether the key was made inside this TPM and can never leave it: `fixedTPM`, `fixedParent`
    /// and `sensitiveDataOrigin` are set. As good as the path that vouches for the TPM.
    pub hardware_bound: bool,
}

fn binary_option<S: Serializer, B: AsRef<[u8]>>(
    bytes: &Option<B>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match bytes {
        Some(bytes) => {
            serializer.serialize_str(&crate::encoding::base64url::encode(bytes.as_ref()))
        }
        None => serializer.serialize_none(),
    }
}
