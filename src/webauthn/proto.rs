//! The types of `webauthn-rs`, in and out (feature `webauthn-rs-proto`).
//!
//! A relying party that already speaks to browsers through `webauthn-rs` holds its messages as
//! [`webauthn_rs_proto`] types. A response converts into ours and back by [`TryFrom`]; a challenge
//! becomes what is expected of its response. Bytes are taken over as they are, so the verdict is
//! that of the same response in any other form.
//!
//! Their types keep less than a response has. What has no place in them, no conversion can give
//! back: the attachment that the client reports, the unsigned copies of key and authenticator data,
//! outputs of extensions that they do not know, and transports that they read as unknown.
//!
//! ```
//! use device_enrollment::webauthn::proto::webauthn_rs_proto::{
//!     CreationChallengeResponse, RegisterPublicKeyCredential,
//! };
//! use device_enrollment::{
//!     Origin, Policy, RegistrationExpectation, RegistrationResponse, TrustStore, Verifier,
//! };
//!
//! # let made = device_enrollment_testkit::Registration::none("the example").make();
//! # let sent = serde_json::json!({ "publicKey": {
//! #     "rp": { "id": made.rp_id, "name": "Bank" },
//! #     "user": { "id": "AQ", "name": "ana", "displayName": "Ana" },
//! #     "challenge": made.to_json()["response"]["clientDataJSON"],
//! #     "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }],
//! # }});
//! # let posted = made.to_json();
//! // As `webauthn-rs` made the one and read the other.
//! let challenge: CreationChallengeResponse = serde_json::from_value(sent)?;
//! let credential: RegisterPublicKeyCredential = serde_json::from_value(posted)?;
//! # let challenge = { let mut c = challenge; c.public_key.challenge = made.challenge; c };
//!
//! let response = RegistrationResponse::try_from(&credential)?;
//! let origins = vec![Origin::parse("https://bank.example")?];
//! let expected = RegistrationExpectation::from_creation_challenge(&challenge, origins);
//! let verifier = Verifier::new(Policy::webauthn(), TrustStore::empty());
//! let judgement = verifier.registration(&response, &expected, None);
//! assert!(judgement.verdict().is_accepted());
//!
//! // And out again.
//! let again = RegisterPublicKeyCredential::try_from(&response)?;
//! assert_eq!(serde_json::to_value(&again)?, serde_json::to_value(&credential)?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

/// The crate whose types these are, in the version that the conversions are written for.
pub use webauthn_rs_proto;

use std::borrow::Cow;

use webauthn_rs_proto::{
    AuthenticationExtensionsClientOutputs, AuthenticatorAssertionResponseRaw,
    AuthenticatorAttachment, AuthenticatorAttestationResponseRaw, AuthenticatorTransport,
    CreationChallengeResponse, CredProps, CredentialProtectionPolicy, HmacGetSecretOutput,
    PublicKeyCredential, RegisterPublicKeyCredential, RegistrationExtensionsClientOutputs,
    RequestAuthenticationExtensions, RequestChallengeResponse, RequestRegistrationExtensions,
    ResidentKeyRequirement, UserVerificationPolicy,
};

use super::envelope::{Members, malformed, same_id, wrong_type};
use super::expectation::{
    Attachment, AuthenticationExpectation, CredentialRecord, RegistrationExpectation,
    UserVerification,
};
use super::origin::Origin;
use super::response::{AuthenticationResponse, Envelope, Hints, RegistrationResponse};
use crate::encoding::json::Json;
use crate::encoding::{Base64Reading, Fault, base64url};
use crate::verdict::{CheckId, Failure, Reason};

impl TryFrom<&RegisterPublicKeyCredential> for RegistrationResponse {
    /// A failure of EN-3 to EN-5: `webauthn-rs` looks neither at `id` nor at `type`.
    type Error = Failure;

    fn try_from(credential: &RegisterPublicKeyCredential) -> Result<Self, Failure> {
        let (id, raw_id) = (identifier(&credential.id)?, filled(&credential.raw_id, "rawId")?);
        let response = &credential.response;
        let client_data_json = filled(&response.client_data_json, "clientDataJSON")?;
        let attestation_object = filled(&response.attestation_object, "attestationObject")?;
        let credential_id = same_id(id, Some(raw_id))?;
        public_key_type(&credential.type_)?;
        Ok(Self {
            credential_id: Some(credential_id),
            client_data_json: client_data_json.to_vec(),
            attestation_object: attestation_object.to_vec(),
            attachment: None,
            client_extensions: registration_outputs(&credential.extensions),
            hints: Hints {
                transports: known_transports(response.transports.as_deref().unwrap_or_default()),
                ..Hints::default()
            },
            envelope: Envelope::Typed,
        })
    }
}

impl TryFrom<&RegistrationResponse> for RegisterPublicKeyCredential {
    /// EN-1 where the platform gave no credential id, which this type demands; EN-2 where the
    /// output of an extension has another form than this type has.
    type Error = Failure;

    fn try_from(response: &RegistrationResponse) -> Result<Self, Failure> {
        let credential_id = response.credential_id.as_ref();
        let raw_id =
            credential_id.ok_or_else(|| malformed(CheckId::En1, "rawId", Fault::Missing))?;
        let transports = &response.hints.transports;
        Ok(Self {
            id: base64url::encode(raw_id),
            raw_id: raw_id.clone(),
            response: AuthenticatorAttestationResponseRaw {
                attestation_object: response.attestation_object.clone(),
                client_data_json: response.client_data_json.clone(),
                transports: (!transports.is_empty())
                    .then(|| transports.iter().map(|name| transport(name)).collect()),
            },
            type_: PUBLIC_KEY.to_owned(),
            extensions: read_registration_outputs(response.client_extensions.as_ref())?,
        })
    }
}

impl TryFrom<&PublicKeyCredential> for AuthenticationResponse {
    /// A failure of EN-3 to EN-5: `webauthn-rs` looks neither at `id` nor at `type`.
    type Error = Failure;

    fn try_from(credential: &PublicKeyCredential) -> Result<Self, Failure> {
        let (id, raw_id) = (identifier(&credential.id)?, filled(&credential.raw_id, "rawId")?);
        let response = &credential.response;
        let client_data_json = filled(&response.client_data_json, "clientDataJSON")?;
        let authenticator_data = filled(&response.authenticator_data, "authenticatorData")?;
        let signature = filled(&response.signature, "signature")?;
        let credential_id = same_id(id, Some(raw_id))?;
        public_key_type(&credential.type_)?;
        Ok(Self {
            credential_id,
            client_data_json: client_data_json.to_vec(),
            authenticator_data: authenticator_data.to_vec(),
            signature: signature.to_vec(),
            user_handle: response.user_handle.clone().filter(|handle| !handle.is_empty()),
            attachment: None,
            client_extensions: authentication_outputs(&credential.extensions),
            envelope: Envelope::Typed,
        })
    }
}

impl TryFrom<&AuthenticationResponse> for PublicKeyCredential {
    /// EN-2 where the output of an extension has another form than this type has.
    type Error = Failure;

    fn try_from(response: &AuthenticationResponse) -> Result<Self, Failure> {
        Ok(Self {
            id: base64url::encode(&response.credential_id),
            raw_id: response.credential_id.clone(),
            response: AuthenticatorAssertionResponseRaw {
                authenticator_data: response.authenticator_data.clone(),
                client_data_json: response.client_data_json.clone(),
                signature: response.signature.clone(),
                user_handle: response.user_handle.clone(),
            },
            extensions: read_authentication_outputs(response.client_extensions.as_ref())?,
            type_: PUBLIC_KEY.to_owned(),
        })
    }
}

impl RegistrationExpectation {
    /// What these options ask for. The origins are not part of them.
    ///
    /// Where they ask for an attachment, the response has to state it, which a
    /// [`RegisterPublicKeyCredential`] cannot: give it by
    /// [`with_attachment`](RegistrationResponse::with_attachment), or the response is refused.
    #[must_use]
    pub fn from_creation_challenge(
        challenge: &CreationChallengeResponse,
        origins: Vec<Origin>,
    ) -> Self {
        let options = &challenge.public_key;
        let mut expected = Self::new(options.challenge.clone(), options.rp.id.clone(), origins);
        let offered = options.pub_key_cred_params.iter();
        let offered = offered.filter(|offer| offer.type_ == PUBLIC_KEY).map(|offer| offer.alg);
        expected.algorithms = Some(offered.collect());
        let excluded = options.exclude_credentials.iter().flatten();
        expected.exclude_credentials = excluded.map(|credential| credential.id.clone()).collect();
        // Options that do not speak of user verification prefer it (WebAuthn Level 3 §5.4.4).
        expected.user_verification = UserVerification::Preferred;
        if let Some(asked) = &options.authenticator_selection {
            expected.user_verification = user_verification(asked.user_verification);
            expected.attachment = asked.authenticator_attachment.map(attachment);
            // The older member counts where the newer one is absent (§5.4.4).
            expected.resident_key_required = asked
                .resident_key
                .map_or(asked.require_resident_key, |it| it == ResidentKeyRequirement::Required);
        }
        if let Some(asked) = &options.extensions {
            expected.extensions = registration_inputs(asked);
            // A level that is not to be enforced may be passed over by the authenticator.
            let enforced = asked
                .cred_protect
                .as_ref()
                .filter(|protection| protection.enforce_credential_protection_policy == Some(true));
            expected.credential_protection =
                enforced.map(|protection| level(protection.credential_protection_policy));
        }
        expected
    }
}

impl AuthenticationExpectation {
    /// What these options ask for. The origins are not part of them, nor are the credentials of
    /// the account.
    ///
    /// Without an allow list the credential is discoverable, and the authenticator has to say
    /// whose it is (WebAuthn Level 3 §5.2.2).
    #[must_use]
    pub fn from_request_challenge(
        challenge: &RequestChallengeResponse,
        origins: Vec<Origin>,
        credentials: Vec<CredentialRecord>,
    ) -> Self {
        let options = &challenge.public_key;
        let mut expected =
            Self::new(options.challenge.clone(), options.rp_id.clone(), origins, credentials);
        expected.user_verification = user_verification(options.user_verification);
        let allowed = options.allow_credentials.iter();
        expected.allow_credentials = allowed.map(|credential| credential.id.clone()).collect();
        expected.user_handle_required = expected.allow_credentials.is_empty();
        if let Some(asked) = &options.extensions {
            expected.extensions = authentication_inputs(asked);
            expected.app_id.clone_from(&asked.appid);
        }
        expected
    }
}

/// `id`, which is text in their types as it is on the wire.
fn identifier(text: &str) -> Result<Vec<u8>, Failure> {
    let id = base64url::decode(text, "id")
        .map_err(|error| Failure { check: CheckId::En3, cause: error.into() })?;
    filled(&id, "id")?;
    Ok(id)
}

fn filled<'a>(bytes: &'a [u8], name: &'static str) -> Result<&'a [u8], Failure> {
    if bytes.is_empty() { Err(malformed(CheckId::En3, name, Fault::Empty)) } else { Ok(bytes) }
}

fn public_key_type(name: &str) -> Result<(), Failure> {
    if name == PUBLIC_KEY {
        Ok(())
    } else {
        Err(Failure { check: CheckId::En5, cause: Reason::CredentialType.into() })
    }
}

/// A transport that they did not know has lost its name.
fn known_transports(transports: &[AuthenticatorTransport]) -> Vec<String> {
    transports
        .iter()
        .filter(|transport| **transport != AuthenticatorTransport::Unknown)
        .map(ToString::to_string)
        .collect()
}

fn transport(name: &str) -> AuthenticatorTransport {
    use AuthenticatorTransport::{Ble, Hybrid, Internal, Nfc, Test, Unknown, Usb};
    [Usb, Nfc, Ble, Internal, Hybrid, Test]
        .into_iter()
        .find(|transport| transport.as_ref() == name)
        .unwrap_or(Unknown)
}

const fn user_verification(asked: UserVerificationPolicy) -> UserVerification {
    match asked {
        UserVerificationPolicy::Required => UserVerification::Required,
        UserVerificationPolicy::Preferred => UserVerification::Preferred,
        UserVerificationPolicy::Discouraged_DO_NOT_USE => UserVerification::Discouraged,
    }
}

const fn attachment(asked: AuthenticatorAttachment) -> Attachment {
    match asked {
        AuthenticatorAttachment::Platform => Attachment::Platform,
        AuthenticatorAttachment::CrossPlatform => Attachment::CrossPlatform,
    }
}

const fn level(protection: CredentialProtectionPolicy) -> u8 {
    match protection {
        CredentialProtectionPolicy::UserVerificationOptional => 1,
        CredentialProtectionPolicy::UserVerificationOptionalWithCredentialIDList => 2,
        CredentialProtectionPolicy::UserVerificationRequired => 3,
    }
}

/// The identifiers of the inputs that were given.
fn registration_inputs(asked: &RequestRegistrationExtensions) -> Vec<String> {
    let names = [
        ("credentialProtectionPolicy", asked.cred_protect.is_some()),
        ("uvm", asked.uvm == Some(true)),
        ("credProps", asked.cred_props == Some(true)),
        ("minPinLength", asked.min_pin_length == Some(true)),
        ("hmacCreateSecret", asked.hmac_create_secret == Some(true)),
    ];
    given(&names)
}

fn authentication_inputs(asked: &RequestAuthenticationExtensions) -> Vec<String> {
    let names = [
        ("appid", asked.appid.is_some()),
        ("uvm", asked.uvm == Some(true)),
        ("hmacGetSecret", asked.hmac_get_secret.is_some()),
    ];
    given(&names)
}

fn given(names: &[(&str, bool)]) -> Vec<String> {
    names.iter().filter(|(_, given)| *given).map(|(name, _)| (*name).to_owned()).collect()
}

/// Outputs under the identifiers of the specifications. Those of their JSON differ for two of them:
/// `hmacSecret` for `hmacCreateSecret`, `hmac_get_secret` for `hmacGetSecret`.
fn registration_outputs(outputs: &RegistrationExtensionsClientOutputs) -> Option<Json<'static>> {
    let properties = |properties: &CredProps| object([("rk", properties.rk.map(Json::Bool))]);
    let protection = outputs.cred_protect.map(|it| Json::Number(level(it).into()));
    let members = object([
        ("appid", outputs.appid.map(Json::Bool)),
        ("credProps", outputs.cred_props.as_ref().map(properties)),
        ("hmacCreateSecret", outputs.hmac_secret.map(Json::Bool)),
        ("credProtect", protection),
        ("minPinLength", outputs.min_pin_length.map(|length| Json::Number(length.into()))),
    ]);
    Some(members).filter(|members| *members != object([]))
}

fn read_registration_outputs(
    outputs: Option<&Json>,
) -> Result<RegistrationExtensionsClientOutputs, Failure> {
    let Some(json) = outputs else { return Ok(RegistrationExtensionsClientOutputs::default()) };
    let outputs = Members::new(json, Base64Reading::Strict, "clientExtensionResults")?;
    let properties = outputs.object("credProps")?;
    let protection = outputs.integer("credProtect")?.map(|level| {
        let level = u8::try_from(level).ok();
        let known = level.and_then(|level| CredentialProtectionPolicy::try_from(level).ok());
        known.ok_or_else(|| wrong_type("credProtect"))
    });
    let length = outputs
        .integer("minPinLength")?
        .map(|length| u32::try_from(length).map_err(|_| wrong_type("minPinLength")));
    Ok(RegistrationExtensionsClientOutputs {
        appid: boolean(json, "appid")?,
        cred_props: properties
            .map(|properties| Ok(CredProps { rk: boolean(properties, "rk")? }))
            .transpose()?,
        hmac_secret: boolean(json, "hmacCreateSecret")?,
        cred_protect: protection.transpose()?,
        min_pin_length: length.transpose()?,
    })
}

fn authentication_outputs(
    outputs: &AuthenticationExtensionsClientOutputs,
) -> Option<Json<'static>> {
    let text = |bytes: &Vec<u8>| Json::String(base64url::encode(bytes).into());
    let secret = |secret: &HmacGetSecretOutput| {
        let (first, second) = (text(&secret.output1), secret.output2.as_ref().map(text));
        object([("output1", Some(first)), ("output2", second)])
    };
    let members = object([
        ("appid", outputs.appid.map(Json::Bool)),
        ("hmacGetSecret", outputs.hmac_get_secret.as_ref().map(secret)),
    ]);
    Some(members).filter(|members| *members != object([]))
}

fn read_authentication_outputs(
    outputs: Option<&Json>,
) -> Result<AuthenticationExtensionsClientOutputs, Failure> {
    let Some(json) = outputs else { return Ok(AuthenticationExtensionsClientOutputs::default()) };
    let outputs = Members::new(json, Base64Reading::Strict, "clientExtensionResults")?;
    let secret = outputs.object("hmacGetSecret")?.map(|secret| {
        let mut secret = Members::new(secret, Base64Reading::Strict, "hmacGetSecret")?;
        let (output1, output2) = (secret.required_binary("output1")?, secret.binary("output2")?);
        Ok(HmacGetSecretOutput { output1, output2 })
    });
    Ok(AuthenticationExtensionsClientOutputs {
        appid: boolean(json, "appid")?,
        hmac_get_secret: secret.transpose()?,
    })
}

/// An object of the members that are there.
fn object<const N: usize>(members: [(&'static str, Option<Json<'static>>); N]) -> Json<'static> {
    let present = members.into_iter().filter_map(|(name, value)| Some((Cow::from(name), value?)));
    Json::Object(present.collect())
}

fn boolean(object: &Json, name: &'static str) -> Result<Option<bool>, Failure> {
    match object.member(name) {
        None | Some(Json::Null) => Ok(None),
        Some(value) => value.boolean().map(Some).ok_or_else(|| wrong_type(name)),
    }
}

const PUBLIC_KEY: &str = "public-key";
