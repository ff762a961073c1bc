//! Requests from what a platform gives.

use super::border::guarded;
use super::bytes::Bytes;
use super::confidential::Confidential;
use super::error::EnrollmentError;
use super::expectation::AuthenticatorAttachment;
use crate::encoding::Base64Reading;
use crate::webauthn::{AuthenticationResponse, RegistrationResponse};

/// What a platform gave after a credential was created.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum RegistrationSource {
    /// JSON: `registrationResponseJson` of Android's Credential Manager, a browser's
    /// `PublicKeyCredential.toJSON()`, or a request in another form.
    Json {
        /// The text.
        text: Confidential,
    },
    /// The bytes of `ASAuthorizationPlatformPublicKeyCredentialRegistration`.
    Raw {
        /// `credentialID`
        credential_id: Bytes,
        /// `rawClientDataJSON`
        client_data_json: Bytes,
        /// `rawAttestationObject`
        attestation_object: Bytes,
        /// `attachment`, where the platform says it.
        attachment: Option<AuthenticatorAttachment>,
    },
}

/// What a platform gave after an assertion was made.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum AssertionSource {
    /// JSON: `authenticationResponseJson` of Android's Credential Manager, a browser's
    /// `PublicKeyCredential.toJSON()`, or a request in another form.
    Json {
        /// The text.
        text: Confidential,
    },
    /// The bytes of `ASAuthorizationPlatformPublicKeyCredentialAssertion`.
    Raw {
        /// `credentialID`
        credential_id: Bytes,
        /// `rawClientDataJSON`
        client_data_json: Bytes,
        /// `rawAuthenticatorData`
        authenticator_data: Bytes,
        /// `signature`
        signature: Bytes,
        /// `userID`; empty is none.
        user_handle: Bytes,
    },
}

/// The body that a registration is sent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum RegistrationForm {
    /// The `device_credential_*` members of "Create Open Finance Device Enrollment".
    DeviceCredential,
    /// `fido-registration` of Open Finance Brasil.
    FidoRegistration,
    /// `RegistrationResponseJSON` of WebAuthn.
    Webauthn,
}

/// The body that an assertion is sent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum AssertionForm {
    /// The part of an `authorise` body of Open Finance Brasil that has the assertion:
    /// `{"data": {"fidoAssertion": …}}`.
    Authorise,
    /// `AuthenticationResponseJSON` of WebAuthn.
    Webauthn,
}

/// The body of a registration as JSON, in strict base64url.
///
/// # Errors
///
/// `Malformed` where JSON cannot be read; its code is that of the check that refuses, EN-1 to EN-5.
#[uniffi::export]
pub fn registration_request(
    source: RegistrationSource,
    form: RegistrationForm,
) -> Result<String, EnrollmentError> {
    guarded(|| {
        let response = match source {
            RegistrationSource::Json { text } => {
                RegistrationResponse::from_any_form(text.0.as_bytes(), Base64Reading::Strict)
                    .map_err(|failure| EnrollmentError::from(&failure))?
            }
            RegistrationSource::Raw {
                credential_id,
                client_data_json,
                attestation_object,
                attachment,
            } => {
                let response = RegistrationResponse::from_bytes(
                    Some(&credential_id.0),
                    &client_data_json.0,
                    &attestation_object.0,
                );
                match attachment {
                    Some(attachment) => response.with_attachment(attachment.into()),
                    None => response,
                }
            }
        };
        Ok(match form {
            RegistrationForm::DeviceCredential => response.to_device_credential(),
            RegistrationForm::FidoRegistration => response.to_fido_registration(),
            RegistrationForm::Webauthn => response.to_webauthn_json(),
        }
        .to_string())
    })
}

/// The body of an assertion as JSON, in strict base64url.
///
/// # Errors
///
/// `Malformed` where JSON cannot be read; its code is that of the check that refuses, EN-1 to EN-5.
#[uniffi::export]
pub fn assertion_request(
    source: AssertionSource,
    form: AssertionForm,
) -> Result<String, EnrollmentError> {
    guarded(|| {
        let response = match source {
            AssertionSource::Json { text } => {
                AuthenticationResponse::from_any_form(text.0.as_bytes(), Base64Reading::Strict)
                    .map_err(|failure| EnrollmentError::from(&failure))?
            }
            AssertionSource::Raw {
                credential_id,
                client_data_json,
                authenticator_data,
                signature,
                user_handle,
            } => AuthenticationResponse::from_bytes(
                &credential_id.0,
                &client_data_json.0,
                &authenticator_data.0,
                &signature.0,
                Some(&user_handle.0),
            ),
        };
        Ok(match form {
            AssertionForm::Authorise => response.to_authorise(),
            AssertionForm::Webauthn => response.to_webauthn_json(),
        }
        .to_string())
    })
}
