//! Evidence of the app and the device beside a registration: what a platform gives, as it is sent,
//! and what is expected of it.

use serde::{Deserialize, Serialize};

use super::border::guarded;
use super::bytes::Bytes;
use super::confidential::Confidential;
use super::error::{EnrollmentError, Fault};
use crate::encoding::{Base64Reading, base64url};
use crate::webauthn::DeviceEvidence;
use crate::webauthn::app_attest::{AppAttestEnvironment, AppAttestation};

/// What the bank's own app has to show of itself and its device, beside a passkey.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum DeviceEvidenceSource {
    /// What an app sent, as `device_evidence_request` writes it.
    Json {
        /// The text.
        text: Confidential,
    },
    /// Apple App Attest, over the SHA-256 of the challenge.
    AppAttest {
        /// What `generateKey()` gave.
        key_id: Confidential,
        /// What `attestKey(_:clientDataHash:)` gave.
        attestation_object: Bytes,
    },
    /// An Android key, made with the challenge as its attestation challenge.
    AndroidKey {
        /// `KeyStore.getCertificateChain`, in DER, that of the key first.
        certificates: Vec<Bytes>,
    },
}

/// Where an app's key is attested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum AppEnvironment {
    /// TestFlight and the store.
    Production,
    /// Builds that Xcode starts.
    Development,
}

/// The app that is expected on an Apple device.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ExpectedApp {
    /// Team identifier, a dot, bundle identifier.
    pub app_id: String,
    /// Where its keys are attested.
    pub environment: AppEnvironment,
}

/// Evidence as it is sent, a JSON object with one member. The published bodies have none for it, so
/// it goes beside the body, and into `evidence` of a file for `device-enrollment verify`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Sent {
    AppAttest { key_id: String, attestation_object: String },
    AndroidKey { x5c: Vec<String> },
}

/// Evidence as it is sent beside a registration, in strict base64url.
///
/// # Errors
///
/// `Malformed` where it is not what a platform gives.
#[uniffi::export]
pub fn device_evidence_request(evidence: DeviceEvidenceSource) -> Result<String, EnrollmentError> {
    guarded(|| {
        let sent = match Read::of(&evidence)? {
            Read::AppAttest { key_id, attestation_object } => Sent::AppAttest {
                key_id: base64url::encode(&key_id),
                attestation_object: base64url::encode(&attestation_object),
            },
            Read::AndroidKey { certificates } => Sent::AndroidKey {
                x5c: certificates.iter().map(|der| base64url::encode(der)).collect(),
            },
        };
        serde_json::to_string(&sent).map_err(|_| Fault::Internal.into())
    })
}

/// Evidence in bytes.
enum Read {
    AppAttest { key_id: Vec<u8>, attestation_object: Vec<u8> },
    AndroidKey { certificates: Vec<Vec<u8>> },
}

impl Read {
    fn of(source: &DeviceEvidenceSource) -> Result<Self, EnrollmentError> {
        match source {
            DeviceEvidenceSource::Json { text } => {
                let sent = serde_json::from_str(&text.0).map_err(|_| Fault::Evidence)?;
                match sent {
                    Sent::AppAttest { key_id, attestation_object } => Ok(Self::AppAttest {
                        key_id: decode(&key_id, Base64Reading::Strict)?,
                        attestation_object: decode(&attestation_object, Base64Reading::Strict)?,
                    }),
                    Sent::AndroidKey { x5c } => {
                        let certificates: Result<_, EnrollmentError> =
                            x5c.iter().map(|der| decode(der, Base64Reading::Strict)).collect();
                        Ok(Self::AndroidKey { certificates: certificates? })
                    }
                }
            }
            DeviceEvidenceSource::AppAttest { key_id, attestation_object } => Ok(Self::AppAttest {
                // Apple gives it in the standard alphabet.
                key_id: decode(&key_id.0, Base64Reading::AnyAlphabet)?,
                attestation_object: attestation_object.0.clone(),
            }),
            DeviceEvidenceSource::AndroidKey { certificates } => Ok(Self::AndroidKey {
                certificates: certificates.iter().map(|der| der.0.clone()).collect(),
            }),
        }
    }
}

impl DeviceEvidenceSource {
    /// As it is judged. Whose app it has to be is the caller's to say, never the evidence's.
    pub(super) fn judged_for(
        &self,
        app: Option<&ExpectedApp>,
    ) -> Result<DeviceEvidence, EnrollmentError> {
        Ok(match Read::of(self)? {
            Read::AppAttest { key_id, attestation_object } => {
                let app = app.filter(|app| !app.app_id.is_empty()).ok_or(Fault::ExpectedApp)?;
                DeviceEvidence::AppAttest {
                    attestation: AppAttestation::from_bytes(&key_id, &attestation_object),
                    app_id: app.app_id.clone(),
                    environment: match app.environment {
                        AppEnvironment::Production => AppAttestEnvironment::Production,
                        AppEnvironment::Development => AppAttestEnvironment::Development,
                    },
                }
            }
            Read::AndroidKey { certificates } => DeviceEvidence::android_key(certificates),
        })
    }
}

fn decode(text: &str, reading: Base64Reading) -> Result<Vec<u8>, EnrollmentError> {
    let (bytes, _) = reading.decode(text, "evidence").map_err(|_| Fault::Evidence)?;
    Ok(bytes)
}
