//! Evidence of the app and the device beside a registration: what was sent, and what was expected
//! of it.

use device_enrollment::Base64Reading;
use device_enrollment::policy::DeviceEvidenceRule;
use device_enrollment::webauthn::DeviceEvidence;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Unusable;
use crate::app_attest::{self, Environment, read_base64};
use crate::expect::Expect;

/// What was sent: of one kind or the other.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Evidence {
    AppAttest(Map<String, Value>),
    AndroidKey(AndroidKey),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AndroidKey {
    /// The certificates, that of the key first.
    x5c: Vec<String>,
}

/// The app that the relying party expects on an Apple device.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectedApp {
    app_id: String,
    environment: Environment,
}

/// When evidence has to come.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Asked {
    /// Never; what comes is judged.
    #[value(name = "not_asked", alias = "not-asked")]
    Not,
    /// Where nothing vouches for the authenticator.
    #[value(name = "where_unattested", alias = "where-unattested")]
    WhereUnattested,
    /// With every registration.
    #[value(name = "always")]
    Always,
}

impl From<Asked> for DeviceEvidenceRule {
    fn from(asked: Asked) -> Self {
        match asked {
            Asked::Not => Self::NotAsked,
            Asked::WhereUnattested => Self::WhereUnattested,
            Asked::Always => Self::Always,
        }
    }
}

impl Evidence {
    /// With what the file expects of it; what was sent does not say who may have sent it.
    pub(crate) fn read(
        &self,
        expect: &Expect,
        reading: Base64Reading,
    ) -> Result<DeviceEvidence, Unusable> {
        match self {
            Self::AppAttest(sent) => {
                let Some(app) = &expect.app_attest else { return missing("app_attest") };
                if app.app_id.is_empty() {
                    return Err(Unusable("expect.app_attest.app_id is empty".into()));
                }
                let attestation = app_attest::attestation("evidence.app_attest", sent, reading)?;
                let mut evidence = DeviceEvidence::app_attest(attestation, &app.app_id);
                if let DeviceEvidence::AppAttest { environment, .. } = &mut evidence {
                    *environment = app.environment.into();
                }
                Ok(evidence)
            }
            Self::AndroidKey(AndroidKey { x5c }) => {
                if expect.android_applications.as_ref().is_none_or(Vec::is_empty) {
                    return missing("android_applications");
                }
                let certificate = |text: &String| {
                    read_base64(text, reading)
                        .map_err(|error| Unusable(format!("evidence.android_key.x5c: {error}")))
                };
                let certificates: Result<_, Unusable> = x5c.iter().map(certificate).collect();
                Ok(DeviceEvidence::android_key(certificates?))
            }
        }
    }
}

fn missing<T>(name: &str) -> Result<T, Unusable> {
    Err(Unusable(format!("expect.{name} is missing: evidence needs to be expected of somebody")))
}

/// Evidence where nothing reads it must not pass for evidence that was judged.
pub(crate) fn none_beside(evidence: Option<&Evidence>, ceremony: &str) -> Result<(), Unusable> {
    match evidence {
        None => Ok(()),
        Some(_) => Err(Unusable(format!("evidence belongs to a registration, not to {ceremony}"))),
    }
}
