//! Apple App Attest: what is expected of an app's key, and what the app sent, as JSON for `verify`
//! and for vector files.

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::{DecodeError, Engine as _};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Unusable;
use super::expect::{Anchor, anchors, any_alphabet, decode};
use crate::encoding::Base64Reading;
use crate::time::UnixTime;
use crate::trust::TrustAnchor;
use crate::verdict::Verdict;
use crate::webauthn::Verifier;
use crate::webauthn::app_attest::{
    AppAssertionExpectation, AppAttestEnvironment, AppAttestation, AppAttestationExpectation,
};

/// What is expected of an app's key. A stored public key says that an assertion is awaited, never the request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppExpect {
    app_id: String,
    /// The bytes whose SHA-256 the app handed over as client data hash.
    client_data: String,
    environment: Option<Environment>,
    public_key: Option<String>,
    sign_count: Option<u32>,
    /// The time of the ceremony, RFC 3339.
    pub time: Option<String>,
    #[serde(default)]
    trust_anchors: Vec<Anchor>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Environment {
    Production,
    Development,
}

impl From<Environment> for AppAttestEnvironment {
    fn from(environment: Environment) -> Self {
        match environment {
            Environment::Production => Self::Production,
            Environment::Development => Self::Development,
        }
    }
}

impl AppExpect {
    /// The members, by their names in the file.
    pub(super) const MEMBERS: [&str; 7] = [
        "app_id",
        "client_data",
        "environment",
        "public_key",
        "sign_count",
        "time",
        "trust_anchors",
    ];

    /// Whether an expectation is one of App Attest: it has a member that WebAuthn's does not.
    #[must_use]
    pub fn is_meant(expect: &Value) -> bool {
        ["client_data", "environment", "public_key"].iter().any(|name| expect.get(name).is_some())
    }

    /// Whether an assertion is awaited: a stored public key says so.
    #[must_use]
    pub const fn is_assertion(&self) -> bool {
        self.public_key.is_some()
    }

    /// The anchors that stand beside the expectation.
    ///
    /// # Errors
    ///
    /// [`Unusable`] for a certificate that cannot be an anchor.
    pub fn trust_anchors(&self) -> Result<Vec<TrustAnchor>, Unusable> {
        anchors(&self.trust_anchors)
    }

    /// Judges what the app sent.
    ///
    /// # Errors
    ///
    /// [`Unusable`] names the member that cannot be used.
    pub fn judge(
        &self,
        request: &Value,
        reading: Base64Reading,
        verifier: &Verifier,
        time: Option<UnixTime>,
    ) -> Result<Verdict, Unusable> {
        let request = request.as_object().ok_or_else(|| Unusable("request is no object".into()))?;
        if self.is_assertion() {
            let expected = self.assertion()?;
            let [assertion] = members("request", request, ["assertion"], reading)?;
            Ok(verifier.app_assertion(&assertion, &expected).into_parts().0)
        } else {
            let expected = self.attestation()?;
            let response = attestation("request", request, reading)?;
            Ok(verifier.app_attestation(&response, &expected, time).into_parts().0)
        }
    }

    fn attestation(&self) -> Result<AppAttestationExpectation, Unusable> {
        let Some(environment) = self.environment else {
            return Err(Unusable("expect.environment is missing".into()));
        };
        if self.sign_count.is_some() {
            return Err(Unusable("expect.sign_count is for assertions: no public_key".into()));
        }
        let mut expected = AppAttestationExpectation::new(self.app_id()?, self.client_data()?);
        expected.environment = environment.into();
        Ok(expected)
    }

    fn assertion(&self) -> Result<AppAssertionExpectation, Unusable> {
        if self.environment.is_some() {
            return Err(Unusable("expect.environment is not told by an assertion".into()));
        }
        let key = decode("public_key", self.public_key.as_deref().unwrap_or_default())?;
        let Some(count) = self.sign_count else {
            return Err(Unusable("expect.sign_count is missing".into()));
        };
        Ok(AppAssertionExpectation::new(self.app_id()?, self.client_data()?, key, count))
    }

    fn app_id(&self) -> Result<&str, Unusable> {
        if self.app_id.is_empty() {
            return Err(Unusable("expect.app_id is empty".into()));
        }
        Ok(&self.app_id)
    }

    fn client_data(&self) -> Result<Vec<u8>, Unusable> {
        let client_data = decode("client_data", &self.client_data)?;
        if client_data.is_empty() {
            return Err(Unusable("expect.client_data is empty".into()));
        }
        Ok(client_data)
    }
}

/// What an app sent once it has had a key attested.
pub(super) fn attestation(
    place: &str,
    sent: &Map<String, Value>,
    reading: Base64Reading,
) -> Result<AppAttestation, Unusable> {
    let [key_id, object] = members(place, sent, ["key_id", "attestation_object"], reading)?;
    Ok(AppAttestation::from_bytes(&key_id, &object))
}

/// The binary members of what stands at `place`, which has these and no others.
fn members<const N: usize>(
    place: &str,
    request: &Map<String, Value>,
    names: [&'static str; N],
    reading: Base64Reading,
) -> Result<[Vec<u8>; N], Unusable> {
    if let Some(other) = request.keys().find(|name| !names.contains(&name.as_str())) {
        return Err(Unusable(format!("{place}.{other} is not known")));
    }
    let mut found = [const { Vec::new() }; N];
    for (name, bytes) in names.into_iter().zip(&mut found) {
        let text = request.get(name).and_then(Value::as_str);
        let text = text.ok_or_else(|| Unusable(format!("{place}.{name} is missing or no text")))?;
        *bytes = read_base64(text, reading)
            .map_err(|error| Unusable(format!("{place}.{name}: {error}")))?;
    }
    Ok(found)
}

/// What was sent, under the reading in force.
pub(super) fn read_base64(text: &str, reading: Base64Reading) -> Result<Vec<u8>, DecodeError> {
    match reading {
        Base64Reading::AnyAlphabet => any_alphabet(text),
        _ => URL_SAFE_NO_PAD.decode(text),
    }
}
