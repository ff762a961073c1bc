//! WebAuthn Level 3 JSON (`RegistrationResponseJSON`, `AuthenticationResponseJSON`), as browsers
//! and Android's Credential Manager emit it. The Open Finance Brasil bodies carry the same object
//! under `data`.

use serde_json::{Map, Value, json};

use super::envelope::{Members, parse, same_id, wrong_type};
use super::response::{AuthenticationResponse, Envelope, Hints, RegistrationResponse};
use crate::encoding::Base64Reading;
use crate::encoding::base64url;
use crate::encoding::json::Json;
use crate::verdict::Failure;

impl RegistrationResponse {
    /// Reads a `RegistrationResponseJSON`.
    ///
    /// # Errors
    ///
    /// A [`Failure`] of EN-1 to EN-5 that names the member.
    pub fn from_webauthn_json(text: &[u8], reading: Base64Reading) -> Result<Self, Failure> {
        Self::from_webauthn(&parse(text, "request")?, reading, REGISTRATION_RESPONSE)
    }

    /// `required` are the members of the outer object that its form demands: Open Finance Brasil
    /// leaves `type` out of them, the Recommendation does not.
    pub(crate) fn from_webauthn(
        object: &Json,
        reading: Base64Reading,
        required: &[&'static str],
    ) -> Result<Self, Failure> {
        let mut outer = Members::new(object, reading, "request")?;
        outer.require(required)?;
        let response = outer.object("response")?.ok_or_else(|| wrong_type("response"))?;
        let mut inner = Members::new(response, reading, "response")?;
        inner.require(&["clientDataJSON", "attestationObject"])?;
        outer.types(ENVELOPE_TEXTS, &["clientExtensionResults"])?;
        let texts = ["clientDataJSON", "attestationObject", "authenticatorData", "publicKey"];
        inner.types(&texts, &[])?;
        let public_key_algorithm = inner.integer("publicKeyAlgorithm")?;
        let transports = inner.strings("transports")?;
        let id = outer.required_binary("id")?;
        let raw_id = outer.raw_id("id", "rawId")?;
        let client_data_json = inner.required_binary("clientDataJSON")?;
        let attestation_object = inner.required_binary("attestationObject")?;
        let hints = Hints {
            authenticator_data: inner.binary("authenticatorData")?,
            public_key: inner.binary("publicKey")?,
            public_key_algorithm,
            transports,
        };
        let credential_id = same_id(id, raw_id.as_deref())?;
        outer.credential_type("type")?;
        Ok(Self {
            credential_id: Some(credential_id),
            client_data_json,
            attestation_object,
            attachment: outer.attachment("authenticatorAttachment")?,
            client_extensions: outer.extensions("clientExtensionResults")?,
            hints,
            envelope: Envelope::Json { lenient: outer.was_lenient() || inner.was_lenient() },
        })
    }

    /// The `RegistrationResponseJSON`, in strict base64url.
    #[must_use]
    pub fn to_webauthn_json(&self) -> Value {
        let id = base64url::encode(self.credential_id.as_deref().unwrap_or_default());
        let mut response = Map::new();
        response.insert("clientDataJSON".into(), base64url::encode(&self.client_data_json).into());
        response
            .insert("attestationObject".into(), base64url::encode(&self.attestation_object).into());
        if !self.hints.transports.is_empty() {
            response.insert("transports".into(), json!(self.hints.transports));
        }
        if let Some(data) = &self.hints.authenticator_data {
            response.insert("authenticatorData".into(), base64url::encode(data).into());
        }
        if let Some(key) = &self.hints.public_key {
            response.insert("publicKey".into(), base64url::encode(key).into());
        }
        if let Some(algorithm) = self.hints.public_key_algorithm {
            response.insert("publicKeyAlgorithm".into(), algorithm.into());
        }
        let mut object =
            json!({ "id": id, "rawId": id, "type": "public-key", "response": response });
        common(&mut object, self.attachment.map(|a| a.as_str()), self.client_extensions.as_ref());
        object
    }
}

impl AuthenticationResponse {
    /// Reads an `AuthenticationResponseJSON`.
    ///
    /// # Errors
    ///
    /// A [`Failure`] of EN-1 to EN-5 that names the member.
    pub fn from_webauthn_json(text: &[u8], reading: Base64Reading) -> Result<Self, Failure> {
        Self::from_webauthn(&parse(text, "request")?, reading)
    }

    pub(crate) fn from_webauthn(object: &Json, reading: Base64Reading) -> Result<Self, Failure> {
        let mut outer = Members::new(object, reading, "request")?;
        outer.require(&["id", "rawId", "type", "response"])?;
        let response = outer.object("response")?.ok_or_else(|| wrong_type("response"))?;
        let mut inner = Members::new(response, reading, "response")?;
        inner.require(&["clientDataJSON", "authenticatorData", "signature"])?;
        outer.types(ENVELOPE_TEXTS, &["clientExtensionResults"])?;
        inner.types(&["clientDataJSON", "authenticatorData", "signature", "userHandle"], &[])?;
        let id = outer.required_binary("id")?;
        let raw_id = outer.raw_id("id", "rawId")?;
        let client_data_json = inner.required_binary("clientDataJSON")?;
        let authenticator_data = inner.required_binary("authenticatorData")?;
        let signature = inner.required_binary("signature")?;
        // An empty handle is none (Open Finance Brasil 2.1.0).
        let user_handle = inner.binary("userHandle")?.filter(|handle| !handle.is_empty());
        let credential_id = same_id(id, raw_id.as_deref())?;
        outer.credential_type("type")?;
        Ok(Self {
            credential_id,
            client_data_json,
            authenticator_data,
            signature,
            user_handle,
            attachment: outer.attachment("authenticatorAttachment")?,
            client_extensions: outer.extensions("clientExtensionResults")?,
            envelope: Envelope::Json { lenient: outer.was_lenient() || inner.was_lenient() },
        })
    }

    /// The `AuthenticationResponseJSON`, in strict base64url.
    #[must_use]
    pub fn to_webauthn_json(&self) -> Value {
        let id = base64url::encode(&self.credential_id);
        let mut object = json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "response": {
                "clientDataJSON": base64url::encode(&self.client_data_json),
                "authenticatorData": base64url::encode(&self.authenticator_data),
                "signature": base64url::encode(&self.signature),
                "userHandle": base64url::encode(self.user_handle.as_deref().unwrap_or_default()),
            },
        });
        common(&mut object, self.attachment.map(|a| a.as_str()), self.client_extensions.as_ref());
        object
    }
}

/// What a `RegistrationResponseJSON` demands.
pub(crate) const REGISTRATION_RESPONSE: &[&str] = &["id", "rawId", "type", "response"];

/// The text members around either response.
const ENVELOPE_TEXTS: &[&str] = &["id", "rawId", "type", "authenticatorAttachment"];

/// The members that both responses share.
fn common(object: &mut Value, attachment: Option<&str>, extensions: Option<&Json>) {
    let Some(members) = object.as_object_mut() else { return };
    if let Some(attachment) = attachment {
        members.insert("authenticatorAttachment".into(), attachment.into());
    }
    let results = extensions.map_or_else(|| json!({}), Json::to_value);
    members.insert("clientExtensionResults".into(), results);
}
