//! The `device_credential_*` request of the published "Create Open Finance Device Enrollment"
//! page, and the Open Finance Brasil Enrollments bodies `fido-registration` and `authorise`.

use serde_json::{Value, json};

use crate::encoding::Base64Reading;
use crate::encoding::base64url;
use crate::encoding::json::Json;
use crate::verdict::{CheckId, Failure, Fault, Malformed};
use crate::webauthn::REGISTRATION_RESPONSE;
use crate::webauthn::envelope::{Members, parse, same_id, wrong_type};
use crate::webauthn::{AuthenticationResponse, RegistrationResponse};

const ID: &str = "device_credential_id";
const RAW_ID: &str = "device_credential_raw_id";
const CLIENT_DATA: &str = "device_credential_client_data_json";
const ATTESTATION: &str = "device_credential_attestation_object";
const ATTACHMENT: &str = "device_credential_authenticator_attachment";
const TYPE: &str = "device_credential_type";
const EXTENSIONS: &str = "client_extension_results";

/// What `fido-registration` demands: `type` is optional there.
const FIDO_REGISTRATION: &[&str] = &["id", "rawId", "response"];

impl RegistrationResponse {
    /// Reads a `device_credential_*` body.
    ///
    /// # Errors
    ///
    /// A [`Failure`] of EN-1 to EN-5 that names the member.
    pub fn from_device_credential(text: &[u8], reading: Base64Reading) -> Result<Self, Failure> {
        Self::from_device_credential_object(&parse(text, "request")?, reading)
    }

    fn from_device_credential_object(
        object: &Json,
        reading: Base64Reading,
    ) -> Result<Self, Failure> {
        let mut members = Members::new(object, reading, "request")?;
        members.require(&[ID, RAW_ID, CLIENT_DATA, ATTESTATION])?;
        members.types(&[ID, RAW_ID, CLIENT_DATA, ATTESTATION, ATTACHMENT, TYPE], &[EXTENSIONS])?;
        let id = members.required_binary(ID)?;
        let raw_id = members.raw_id(ID, RAW_ID)?;
        let client_data_json = members.required_binary(CLIENT_DATA)?;
        let attestation_object = members.required_binary(ATTESTATION)?;
        let credential_id = same_id(id, raw_id.as_deref())?;
        members.credential_type(TYPE)?;
        let attachment = members.attachment(ATTACHMENT)?;
        let extensions = members.extensions(EXTENSIONS)?;
        let lenient = members.was_lenient();
        Ok(Self::read(
            credential_id,
            client_data_json,
            attestation_object,
            attachment,
            extensions,
            lenient,
        ))
    }

    /// The `device_credential_*` body, in strict base64url.
    #[must_use]
    pub fn to_device_credential(&self) -> Value {
        let id = base64url::encode(self.credential_id().unwrap_or_default());
        let mut body = json!({
            ID: id,
            RAW_ID: id,
            CLIENT_DATA: base64url::encode(self.client_data_json()),
            ATTESTATION: base64url::encode(self.attestation_object()),
            TYPE: "public-key",
            EXTENSIONS: self.client_extension_results(),
        });
        if let (Some(members), Some(attachment)) = (body.as_object_mut(), self.attachment()) {
            members.insert(ATTACHMENT.to_owned(), attachment.as_str().into());
        }
        body
    }

    /// Reads an Open Finance Brasil `fido-registration` body: a `RegistrationResponseJSON` under
    /// `data`.
    ///
    /// # Errors
    ///
    /// A [`Failure`] of EN-1 to EN-5 that names the member.
    pub fn from_fido_registration(text: &[u8], reading: Base64Reading) -> Result<Self, Failure> {
        Self::from_webauthn(data(&parse(text, "request")?)?, reading, FIDO_REGISTRATION)
    }

    /// The `fido-registration` body.
    #[must_use]
    pub fn to_fido_registration(&self) -> Value {
        json!({ "data": self.to_webauthn_json() })
    }

    /// Reads whichever of the three forms `text` has: a `device_credential_*` body, a
    /// `fido-registration` body, or a `RegistrationResponseJSON`.
    ///
    /// # Errors
    ///
    /// A [`Failure`] of EN-1 to EN-5 that names the member.
    pub fn from_any_form(text: &[u8], reading: Base64Reading) -> Result<Self, Failure> {
        let object = parse(text, "request")?;
        let members = object.object().ok_or_else(|| wrong_type("request"))?;
        if members.iter().any(|(name, _)| name == "data") {
            Self::from_webauthn(data(&object)?, reading, FIDO_REGISTRATION)
        } else if members.iter().any(|(name, _)| name.starts_with("device_credential")) {
            Self::from_device_credential_object(&object, reading)
        } else {
            Self::from_webauthn(&object, reading, REGISTRATION_RESPONSE)
        }
    }
}

impl AuthenticationResponse {
    /// Reads an Open Finance Brasil `authorise` body: an `AuthenticationResponseJSON` under
    /// `data.fidoAssertion`.
    ///
    /// # Errors
    ///
    /// A [`Failure`] of EN-1 to EN-5 that names the member.
    pub fn from_authorise(text: &[u8], reading: Base64Reading) -> Result<Self, Failure> {
        let object = parse(text, "request")?;
        Self::from_webauthn(assertion(data(&object)?)?, reading)
    }

    /// The part of an `authorise` body that carries the assertion.
    #[must_use]
    pub fn to_authorise(&self) -> Value {
        json!({ "data": { "fidoAssertion": self.to_webauthn_json() } })
    }

    /// Reads an `authorise` body or an `AuthenticationResponseJSON`, whichever `text` has.
    ///
    /// # Errors
    ///
    /// A [`Failure`] of EN-1 to EN-5 that names the member.
    pub fn from_any_form(text: &[u8], reading: Base64Reading) -> Result<Self, Failure> {
        let object = parse(text, "request")?;
        if object.member("data").is_some() {
            Self::from_webauthn(assertion(data(&object)?)?, reading)
        } else {
            Self::from_webauthn(&object, reading)
        }
    }
}

fn data<'a>(object: &'a Json<'a>) -> Result<&'a Json<'a>, Failure> {
    nested(object, "data")
}

fn assertion<'a>(data: &'a Json<'a>) -> Result<&'a Json<'a>, Failure> {
    nested(data, "fidoAssertion")
}

fn nested<'a>(object: &'a Json<'a>, name: &'static str) -> Result<&'a Json<'a>, Failure> {
    if object.object().is_none() {
        return Err(wrong_type("request"));
    }
    match object.member(name) {
        Some(value @ Json::Object(_)) => Ok(value),
        Some(value) if *value != Json::Null => Err(wrong_type(name)),
        _ => Err(Failure {
            check: CheckId::En1,
            cause: Malformed::new(name, Fault::Missing, 0).into(),
        }),
    }
}
