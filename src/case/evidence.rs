//! Evidence of the app and the device beside a registration: what was sent, and what was expected
//! of it.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::app_attest::{self, Environment, read_base64};
use super::{Expect, Unusable};
use crate::encoding::Base64Reading;
use crate::webauthn::DeviceEvidence;

/// Evidence that was sent: of one kind or the other.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Evidence(Sent);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sent {
    AppAttest(Map<String, Value>),
    AndroidKey(AndroidKey),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AndroidKey {
    /// The certificates, that of the key first.
    x5c: Vec<String>,
}

/// The app that the relying party expects on an Apple device.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedApp {
    app_id: String,
    environment: Environment,
}

impl Evidence {
    /// With what the file expects of it; what was sent does not say who may have sent it.
    ///
    /// # Errors
    ///
    /// [`Unusable`] names the member that cannot be used.
    pub fn read(
        &self,
        expect: &Expect,
        reading: Base64Reading,
    ) -> Result<DeviceEvidence, Unusable> {
        match &self.0 {
            Sent::AppAttest(sent) => {
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
            Sent::AndroidKey(AndroidKey { x5c }) => {
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
///
/// # Errors
///
/// [`Unusable`] where there is evidence.
pub fn none_beside(evidence: Option<&Evidence>, ceremony: &str) -> Result<(), Unusable> {
    match evidence {
        None => Ok(()),
        Some(_) => Err(Unusable(format!("evidence belongs to a registration, not to {ceremony}"))),
    }
}
