//! Options as a service answered them, in what each platform's interface takes.

use serde_json::{Map, Value, json};

use super::border::guarded;
use super::bytes::Bytes;
use super::confidential::Confidential;
use super::error::{EnrollmentError, Fault};
use super::expectation::{
    AuthenticatorAttachment, ExpectedAuthentication, ExpectedRegistration,
    UserVerificationRequirement,
};
use crate::crypto::sha256;
use crate::encoding::json::Json;
use crate::encoding::{Base64Reading, base64url};

/// Options to create a credential.
///
/// For `ASAuthorizationPlatformPublicKeyCredentialProvider(relyingPartyIdentifier: rp_id)
/// .createCredentialRegistrationRequest(challenge:name:userID:)` take the fields, for Android's
/// `CreatePublicKeyCredentialRequest` take `json`.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RegistrationOptions {
    /// The relying party identifier.
    pub rp_id: String,
    /// Its name for people.
    pub rp_name: Option<String>,
    /// The user handle.
    pub user_id: Bytes,
    /// What the person reads beside the credential.
    pub user_name: Confidential,
    /// The person's name.
    pub user_display_name: Option<Confidential>,
    /// The challenge.
    pub challenge: Bytes,
    /// The COSE algorithms that are offered.
    pub algorithms: Vec<i64>,
    /// How long the challenge lives, in milliseconds.
    pub timeout_millis: Option<i64>,
    /// Credentials that the person has already.
    pub exclude_credentials: Vec<Bytes>,
    /// The attachment that is asked for.
    pub attachment: Option<AuthenticatorAttachment>,
    /// User verification, as asked for.
    pub user_verification: UserVerificationRequirement,
    /// Whether a discoverable credential is required.
    pub resident_key_required: bool,
    /// Which attestation is asked for: `none`, `indirect`, `direct`, `enterprise`.
    pub attestation: String,
    /// The extensions that are asked for.
    pub extensions: Vec<String>,
    /// `PublicKeyCredentialCreationOptionsJSON`.
    pub json: Confidential,
}

/// Options to make an assertion.
///
/// For `createCredentialAssertionRequest(challenge:)` take the fields, for Android's
/// `GetPublicKeyCredentialOption` take `json`.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SignOptions {
    /// The relying party identifier.
    pub rp_id: String,
    /// The challenge.
    pub challenge: Bytes,
    /// How long the challenge lives, in milliseconds.
    pub timeout_millis: Option<i64>,
    /// The credentials that may sign.
    pub allow_credentials: Vec<Bytes>,
    /// User verification, as asked for.
    pub user_verification: UserVerificationRequirement,
    /// The extensions that are asked for.
    pub extensions: Vec<String>,
    /// `PublicKeyCredentialRequestOptionsJSON`.
    pub json: Confidential,
}

/// Reads options to create a credential: the answer of `fido-registration-options`, that of "Get
/// Open Finance Device Enrollment Credential by ID", or `PublicKeyCredentialCreationOptionsJSON`.
///
/// # Errors
///
/// `Malformed` names the member that is missing or not what it should be.
#[uniffi::export]
pub fn registration_options(answer: String) -> Result<RegistrationOptions, EnrollmentError> {
    guarded(|| {
        let json = Json::read(answer.as_bytes(), "options").map_err(|_| Fault::Json)?;
        let answer = Answer::of(&json)?;
        let rp = answer.inner("rp");
        let user = answer.inner("user");
        let selection = answer.inner("authenticatorSelection");
        let algorithms = answer.list("pubKeyCredParams", "pub_key_cred_params", |entry| {
            entry.member("alg")?.integer()
        })?;
        if algorithms.is_empty() {
            return Err(wrong("pubKeyCredParams"));
        }
        let extensions = answer.extensions();
        let resident_key = selection.text("residentKey", "resident_key");
        let mut options = RegistrationOptions {
            rp_id: rp.required("id", "rp_id")?,
            rp_name: rp.text("name", "rp_name"),
            user_id: user.bytes("id", "user_id")?,
            user_name: user.required("name", "user_name")?.into(),
            user_display_name: user.text("displayName", "user_display_name").map(Into::into),
            challenge: answer.bytes("challenge", "challenge")?,
            algorithms,
            timeout_millis: answer.timeout(),
            exclude_credentials: answer.ids("excludeCredentials", "exclude_credentials")?,
            attachment: selection.attachment()?,
            user_verification: selection.user_verification()?,
            resident_key_required: match resident_key.as_deref() {
                Some(wish) => wish == "required",
                None => selection.is_true("requireResidentKey", "require_resident_key"),
            },
            attestation: answer
                .text("attestation", "attestation")
                .unwrap_or_else(|| "none".to_owned()),
            extensions: extensions.keys().cloned().collect(),
            json: Confidential(String::new()),
        };
        options.json = creation_json(&options, resident_key.as_deref(), extensions).into();
        Ok(options)
    })
}

/// Reads options to make an assertion: the answer of `fido-sign-options`, that of "Get Open Finance
/// Device Enrollment Credential by ID", or `PublicKeyCredentialRequestOptionsJSON`.
///
/// # Errors
///
/// `Malformed` names the member that is missing or not what it should be.
#[uniffi::export]
pub fn sign_options(answer: String) -> Result<SignOptions, EnrollmentError> {
    guarded(|| {
        let json = Json::read(answer.as_bytes(), "options").map_err(|_| Fault::Json)?;
        let answer = Answer::of(&json)?;
        let extensions = answer.extensions();
        let mut options = SignOptions {
            rp_id: answer.required("rpId", "rp_id")?,
            challenge: answer.bytes("challenge", "challenge")?,
            timeout_millis: answer.timeout(),
            allow_credentials: answer.ids("allowCredentials", "allow_credentials")?,
            user_verification: answer.user_verification()?,
            extensions: extensions.keys().cloned().collect(),
            json: Confidential(String::new()),
        };
        let mut members = json!({
            "challenge": base64url::encode(&options.challenge.0),
            "rpId": options.rp_id,
            "allowCredentials": descriptors(&options.allow_credentials),
            "userVerification": verification_word(options.user_verification),
            "extensions": extensions,
        });
        put(&mut members, "timeout", options.timeout_millis);
        options.json = members.to_string().into();
        Ok(options)
    })
}

/// What a server expects of the response to these options, for a preflight on the phone and for a
/// server that has no other record of them. `origins` are those that may have run the ceremony.
///
/// # Errors
///
/// Never; every exported function can say no.
#[uniffi::export]
pub fn expected_of_options(
    options: RegistrationOptions,
    origins: Vec<String>,
) -> Result<ExpectedRegistration, EnrollmentError> {
    guarded(|| Ok(expected(options, origins)))
}

/// What a server expects of the response to these options, for a preflight on the phone. The
/// credentials of the account are the server's to know, and are left out.
///
/// # Errors
///
/// Never; every exported function can say no.
#[uniffi::export]
pub fn expected_of_sign_options(
    options: SignOptions,
    origins: Vec<String>,
) -> Result<ExpectedAuthentication, EnrollmentError> {
    guarded(|| {
        Ok(ExpectedAuthentication {
            challenge: options.challenge,
            rp_id: options.rp_id,
            origins,
            credentials: Vec::new(),
            top_origins: None,
            app_id: None,
            user_verification: Some(options.user_verification),
            allow_credentials: options.allow_credentials,
            user_handle_required: false,
            extensions: options.extensions,
            android_package: None,
        })
    })
}

/// The origin under which an Android app runs ceremonies: the SHA-256 of the certificate that signs
/// it, which Play shows as the app signing key.
///
/// # Errors
///
/// Never; every exported function can say no.
#[uniffi::export]
pub fn android_origin(signing_certificate: Vec<u8>) -> Result<String, EnrollmentError> {
    guarded(|| {
        let hash = sha256(&[&signing_certificate]);
        Ok(format!("android:apk-key-hash:{}", base64url::encode(&hash)))
    })
}

pub(super) fn expected(options: RegistrationOptions, origins: Vec<String>) -> ExpectedRegistration {
    ExpectedRegistration {
        algorithms: Some(options.algorithms),
        user_verification: Some(options.user_verification),
        attachment: options.attachment,
        resident_key_required: options.resident_key_required,
        exclude_credentials: options.exclude_credentials,
        extensions: options.extensions,
        enterprise_attestation: options.attestation == "enterprise",
        ..ExpectedRegistration::new(options.challenge, options.rp_id, origins)
    }
}

/// An answer in the names of the Recommendation, in which some members stand in inner objects, or
/// in those of the flat answer. A missing inner object is an empty one.
struct Answer<'j> {
    flat: Option<&'j Json<'j>>,
    object: Option<&'j Json<'j>>,
}

impl<'j> Answer<'j> {
    fn of(json: &'j Json<'j>) -> Result<Self, EnrollmentError> {
        let object = ["data", "publicKey"].iter().find_map(|name| json.member(name));
        let object = object.unwrap_or(json);
        if object.object().is_none() {
            return Err(wrong("options"));
        }
        let is_flat = ["pub_key_cred_params", "rp_id"].iter().any(|n| object.member(n).is_some());
        Ok(Self { flat: is_flat.then_some(object), object: Some(object) })
    }

    fn inner(&self, name: &str) -> Self {
        Self { flat: self.flat, object: self.object.and_then(|object| object.member(name)) }
    }

    fn value(&self, name: &str, flat_name: &str) -> Option<&'j Json<'j>> {
        let value = match self.flat {
            Some(flat) => flat.member(flat_name),
            None => self.object?.member(name),
        };
        value.filter(|value| **value != Json::Null)
    }

    fn text(&self, name: &str, flat_name: &str) -> Option<String> {
        self.value(name, flat_name)?.string().map(str::to_owned)
    }

    fn required(&self, name: &str, flat_name: &str) -> Result<String, EnrollmentError> {
        self.text(name, flat_name).filter(|text| !text.is_empty()).ok_or_else(|| wrong(flat_name))
    }

    fn bytes(&self, name: &str, flat_name: &str) -> Result<Bytes, EnrollmentError> {
        decode(&self.required(name, flat_name)?).ok_or_else(|| wrong(flat_name))
    }

    fn is_true(&self, name: &str, flat_name: &str) -> bool {
        self.value(name, flat_name).and_then(Json::boolean) == Some(true)
    }

    fn timeout(&self) -> Option<i64> {
        self.value("timeout", "timeout")?.integer().filter(|millis| *millis > 0)
    }

    fn list<T>(
        &self,
        name: &str,
        flat_name: &str,
        entry: impl Fn(&'j Json<'j>) -> Option<T>,
    ) -> Result<Vec<T>, EnrollmentError> {
        let Some(list) = self.value(name, flat_name) else { return Ok(Vec::new()) };
        let entries = list.array().and_then(|list| list.iter().map(entry).collect());
        entries.ok_or_else(|| wrong(name))
    }

    fn ids(&self, name: &str, flat_name: &str) -> Result<Vec<Bytes>, EnrollmentError> {
        self.list(name, flat_name, |entry| decode(entry.member("id")?.string()?))
    }

    fn user_verification(&self) -> Result<UserVerificationRequirement, EnrollmentError> {
        match self.text("userVerification", "user_verification").as_deref() {
            // The Recommendation's own default.
            None | Some("preferred") => Ok(UserVerificationRequirement::Preferred),
            Some("required") => Ok(UserVerificationRequirement::Required),
            Some("discouraged") => Ok(UserVerificationRequirement::Discouraged),
            Some(_) => Err(wrong("userVerification")),
        }
    }

    fn attachment(&self) -> Result<Option<AuthenticatorAttachment>, EnrollmentError> {
        match self.text("authenticatorAttachment", "authenticator_attachment").as_deref() {
            None => Ok(None),
            Some("platform") => Ok(Some(AuthenticatorAttachment::Platform)),
            Some("cross-platform") => Ok(Some(AuthenticatorAttachment::CrossPlatform)),
            Some(_) => Err(wrong("authenticatorAttachment")),
        }
    }

    fn extensions(&self) -> Map<String, Value> {
        match self.value("extensions", "extensions").map(Json::to_value) {
            Some(Value::Object(inputs)) => inputs,
            _ => Map::new(),
        }
    }
}

fn creation_json(
    options: &RegistrationOptions,
    resident_key: Option<&str>,
    extensions: Map<String, Value>,
) -> String {
    let algorithm = |alg: &i64| json!({ "type": "public-key", "alg": alg });
    let mut selection = json!({
        "userVerification": verification_word(options.user_verification),
        "requireResidentKey": options.resident_key_required,
    });
    put(&mut selection, "residentKey", resident_key);
    let attachment = options.attachment.map(|attachment| match attachment {
        AuthenticatorAttachment::Platform => "platform",
        AuthenticatorAttachment::CrossPlatform => "cross-platform",
    });
    put(&mut selection, "authenticatorAttachment", attachment);
    let name = &options.user_name.0;
    let display_name = options.user_display_name.as_ref().map_or(name, |shown| &shown.0);
    let mut members = json!({
        "rp": { "id": options.rp_id, "name": options.rp_name.as_ref().unwrap_or(&options.rp_id) },
        "user": {
            "id": base64url::encode(&options.user_id.0),
            "name": name,
            "displayName": display_name,
        },
        "challenge": base64url::encode(&options.challenge.0),
        "pubKeyCredParams": options.algorithms.iter().map(algorithm).collect::<Value>(),
        "excludeCredentials": descriptors(&options.exclude_credentials),
        "authenticatorSelection": selection,
        "attestation": options.attestation,
        "extensions": extensions,
    });
    put(&mut members, "timeout", options.timeout_millis);
    members.to_string()
}

fn put(object: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let (Some(members), Some(value)) = (object.as_object_mut(), value) {
        members.insert(name.to_owned(), value.into());
    }
}

fn descriptors(ids: &[Bytes]) -> Value {
    ids.iter().map(|id| json!({ "type": "public-key", "id": base64url::encode(&id.0) })).collect()
}

const fn verification_word(requirement: UserVerificationRequirement) -> &'static str {
    match requirement {
        UserVerificationRequirement::Required => "required",
        UserVerificationRequirement::Preferred => "preferred",
        UserVerificationRequirement::Discouraged => "discouraged",
    }
}

/// The published pages say base64 and print base64url, so that either is taken from a service.
fn decode(text: &str) -> Option<Bytes> {
    let (bytes, _) = Base64Reading::AnyAlphabet.decode(text, "options").ok()?;
    (!bytes.is_empty()).then_some(Bytes(bytes))
}

fn wrong(member: &str) -> EnrollmentError {
    Fault::Options.of(member)
}
