//! Reads vector files and prints what `webauthn-rs-core` answers, one JSON object
//! per line. See README.md beside Cargo.toml.
//!
//! The crate makes its challenges itself and keeps them in an opaque state. That
//! state serialises, so a fresh one is made for each case and the case's challenge
//! is written over the random one.

use std::collections::HashMap;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;
use webauthn_rs_core::WebauthnCore;
use webauthn_rs_core::error::WebauthnError;
use webauthn_rs_core::proto::{
    AttestationCaList, AttestationFormat, AuthenticationState, COSEAlgorithm, COSEKey, Credential,
    ParsedAttestation, PublicKeyCredential, RegisterPublicKeyCredential, RegisteredExtensions,
    RegistrationState, UserVerificationPolicy,
};

const PEER: &str = "webauthn-rs-core 0.6.2";
const FOLDER: &str = "DEVICE_ENROLLMENT_VECTORS";
const DEFAULT_FILES: [&str; 3] = ["w3c-webauthn-l3.json", "openfinance.json", "devices.json"];

/// What the peer needs of a case. Unknown members are ignored.
#[derive(Deserialize)]
struct Case {
    id: String,
    kind: String,
    rp_id: String,
    origin: String,
    origins: Option<Vec<String>>,
    challenge: String,
    client_data_json: Option<String>,
    #[serde(default)]
    user_verification_required: bool,
    #[serde(default)]
    trust_anchors: Vec<String>,
    algs: Option<Vec<i64>>,
    attestation_object: Option<String>,
    authenticator_data: Option<String>,
    signature: Option<String>,
    user_handle: Option<String>,
    credential_id: Option<String>,
    credential_public_key: Option<String>,
    #[serde(default)]
    stored_sign_count: u32,
    credential: Option<Stored>,
    credentials: Option<Vec<Stored>>,
    request: Option<Value>,
    request_text: Option<String>,
    registration_id: Option<String>,
    #[serde(default)]
    expect: Value,
}

/// What is stored of a credential.
#[derive(Clone, Deserialize)]
struct Stored {
    id: String,
    public_key: String,
    #[serde(default)]
    sign_count: u32,
    backup_eligible: Option<bool>,
}

impl Case {
    /// The account's credentials; of a case with flat members, the one that was sent.
    fn stored(&self) -> Result<Vec<Stored>, Answer> {
        if let Some(all) = &self.credentials {
            return Ok(all.clone());
        }
        if let Some(one) = &self.credential {
            return Ok(vec![one.clone()]);
        }
        Ok(vec![Stored {
            id: required(&self.credential_id, "credential_id")?.to_owned(),
            public_key: required(&self.credential_public_key, "credential_public_key")?.to_owned(),
            sign_count: self.stored_sign_count,
            backup_eligible: None,
        }])
    }

    /// The request, where the case is about its form; `None` where it gives the parts.
    fn request<T: serde::de::DeserializeOwned>(&self) -> Option<Result<T, Answer>> {
        let read = match (&self.request_text, &self.request) {
            (Some(text), _) => serde_json::from_str(text),
            (None, Some(value)) => serde_json::from_value(value.clone()),
            (None, None) => return None,
        };
        Some(read.map_err(Answer::reject))
    }

    /// The BE flag a registration case says an accepting verifier must store.
    fn expected_backup_eligible(&self) -> Option<bool> {
        self.expect.get("flags")?.get("be")?.as_bool()
    }
}

enum Answer {
    Accept,
    Reject(String),
    Unsupported(String),
}

impl Answer {
    fn reject(why: impl std::fmt::Display) -> Self {
        Self::Reject(why.to_string())
    }
}

impl From<WebauthnError> for Answer {
    /// `unsupported` is only for what the crate has no code for: an algorithm or a
    /// format it does not know, and EdDSA keys, which it names but cannot load.
    fn from(error: WebauthnError) -> Self {
        let message = format!("{error:?}");
        match error {
            WebauthnError::COSEKeyInvalidAlgorithm
            | WebauthnError::COSEKeyEDUnsupported
            | WebauthnError::SshPublicKeyEDUnsupported
            | WebauthnError::AttestationNotSupported => Self::Unsupported(message),
            _ => Self::Reject(message),
        }
    }
}

fn bytes(text: &str) -> Result<Vec<u8>, Answer> {
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|error| Answer::reject(format_args!("vector is not base64url: {error}")))
}

fn required<'a>(member: &'a Option<String>, name: &str) -> Result<&'a str, Answer> {
    member.as_deref().ok_or_else(|| Answer::reject(format_args!("vector has no {name}")))
}

/// A verifier for the case's RP ID and origins. There is no public way to allow a
/// cross-origin frame, so nothing is set for it.
fn verifier(case: &Case) -> Result<WebauthnCore, Answer> {
    let origins = match &case.origins {
        Some(list) => list.clone(),
        None => vec![case.origin.clone()],
    };
    let origins = origins
        .iter()
        .map(|origin| Url::parse(origin))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Answer::reject(format_args!("origin is not a URL: {error}")))?;
    Ok(WebauthnCore::new_unsafe_experts_only(
        "vectors",
        &case.rp_id,
        origins,
        Duration::from_secs(60),
        Some(false),
        Some(false),
    ))
}

/// `Preferred` is what the crate asks for when UV is not required; with a credential
/// stored as not verified it enforces nothing.
fn policy(case: &Case) -> UserVerificationPolicy {
    if case.user_verification_required {
        UserVerificationPolicy::Required
    } else {
        UserVerificationPolicy::Preferred
    }
}

/// Puts the case's challenge in the place of the random one.
fn with_challenge<S>(state: &S, challenge: &str) -> Result<S, Answer>
where
    S: serde::Serialize + serde::de::DeserializeOwned,
{
    let mut state = serde_json::to_value(state).map_err(Answer::reject)?;
    state["challenge"] = Value::from(challenge);
    serde_json::from_value(state).map_err(Answer::reject)
}

/// The trust anchors as a list of CAs that may attest any model; `None` when the
/// chain is not to be judged.
fn anchors(case: &Case) -> Result<Option<AttestationCaList>, Answer> {
    let mut all: Option<AttestationCaList> = None;
    for anchor in &case.trust_anchors {
        let body = STANDARD.encode(bytes(anchor)?);
        let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
        for line in body.as_bytes().chunks(64) {
            pem.push_str(&String::from_utf8_lossy(line));
            pem.push('\n');
        }
        pem.push_str("-----END CERTIFICATE-----\n");
        let one = AttestationCaList::try_from(pem.as_bytes()).map_err(Answer::reject)?;
        match &mut all {
            Some(list) => list.union(&one),
            None => all = Some(one),
        }
    }
    Ok(all)
}

fn registration(case: &Case) -> Result<(), Answer> {
    let core = verifier(case)?;
    let algorithms = match &case.algs {
        // An identifier the crate does not know cannot be asked for.
        Some(list) => {
            list.iter().filter_map(|&alg| COSEAlgorithm::try_from(i128::from(alg)).ok()).collect()
        }
        None => COSEAlgorithm::all_possible_algs(),
    };
    let builder = core
        .new_challenge_register_builder(b"user", "user", "user")?
        .user_verification_policy(policy(case))
        .credential_algorithms(algorithms);
    let (_, state) = core.generate_challenge_register(builder)?;
    let state: RegistrationState = with_challenge(&state, &case.challenge)?;

    let anchors = anchors(case)?;
    let response = match case.request::<RegisterPublicKeyCredential>() {
        Some(request) => request?,
        None => registration_parts(case)?,
    };
    core.register_credential(&response, &state, anchors.as_ref())?;
    Ok(())
}

fn registration_parts(case: &Case) -> Result<RegisterPublicKeyCredential, Answer> {
    // The crate does not compare the id with the one in authData.
    let id = case
        .credential_id
        .as_deref()
        .or_else(|| case.expect.get("credential_id")?.as_str())
        .unwrap_or("AA");
    serde_json::from_value(json!({
        "id": id,
        "rawId": id,
        "type": "public-key",
        "response": {
            "attestationObject": required(&case.attestation_object, "attestation_object")?,
            "clientDataJSON": required(&case.client_data_json, "client_data_json")?,
        },
    }))
    .map_err(Answer::reject)
}

fn authentication(case: &Case, registered_be: Option<bool>) -> Result<(), Answer> {
    let core = verifier(case)?;
    // The crate insists that BE never changes. A case without its registration does
    // not say what was stored, so there the response's own flag stands in.
    let response_be = || -> Result<bool, Answer> {
        let data = bytes(required(&case.authenticator_data, "authenticator_data")?)?;
        Ok(data.get(32).is_some_and(|flags| flags & 0x08 != 0))
    };
    let mut algorithm = None;
    let mut credentials = Vec::new();
    for stored in case.stored()? {
        let key: serde_cbor_2::Value = serde_cbor_2::from_slice(&bytes(&stored.public_key)?)
            .map_err(|error| Answer::reject(format_args!("key is not CBOR: {error}")))?;
        let key = COSEKey::try_from(&key)?;
        algorithm = Some(key.type_);
        let backup_eligible = match stored.backup_eligible.or(registered_be) {
            Some(stored) => stored,
            None => response_be()?,
        };
        credentials.push(Credential {
            cred_id: bytes(&stored.id)?,
            cred: key,
            counter: stored.sign_count,
            transports: None,
            user_verified: false,
            backup_eligible,
            backup_state: false,
            registration_policy: policy(case),
            extensions: RegisteredExtensions::none(),
            attestation: ParsedAttestation::default(),
            attestation_format: AttestationFormat::None,
        });
    }
    let builder = core.new_challenge_authenticate_builder(credentials, Some(policy(case)))?;
    let (_, state) = core.generate_challenge_authenticate(builder)?;
    let state: AuthenticationState = with_challenge(&state, &case.challenge)?;
    let response = match case.request::<PublicKeyCredential>() {
        Some(request) => request?,
        None => authentication_parts(case)?,
    };
    match core.authenticate_credential(&response, &state) {
        Ok(_) => Ok(()),
        // ES512 keys load, but every signature of theirs is answered with "no"
        // without being looked at: there is no P-521 verification in the crate.
        Err(error @ WebauthnError::AuthenticationFailure)
            if algorithm == Some(COSEAlgorithm::ES521) =>
        {
            Err(Answer::Unsupported(format!("{error:?}")))
        }
        Err(error) => Err(error.into()),
    }
}

fn authentication_parts(case: &Case) -> Result<PublicKeyCredential, Answer> {
    let id = required(&case.credential_id, "credential_id")?;
    serde_json::from_value(json!({
        "id": id,
        "rawId": id,
        "type": "public-key",
        "response": {
            "authenticatorData": required(&case.authenticator_data, "authenticator_data")?,
            "clientDataJSON": required(&case.client_data_json, "client_data_json")?,
            "signature": required(&case.signature, "signature")?,
            "userHandle": case.user_handle,
        },
    }))
    .map_err(Answer::reject)
}

fn ask(case: &Case, registered_be: Option<bool>) -> Answer {
    let attempt = panic::catch_unwind(AssertUnwindSafe(|| match case.kind.as_str() {
        "registration" => registration(case),
        "authentication" => authentication(case, registered_be),
        other => Err(Answer::reject(format_args!("unknown kind {other}"))),
    }));
    match attempt {
        Ok(Ok(())) => Answer::Accept,
        Ok(Err(answer)) => answer,
        Err(_) => Answer::reject("panic"),
    }
}

/// `{"cases": [...]}` or one case by itself.
fn read(path: &PathBuf) -> Result<Vec<Case>, String> {
    let at = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let text = std::fs::read(path).map_err(|error| at(&error))?;
    let mut value: Value = serde_json::from_slice(&text).map_err(|error| at(&error))?;
    let cases = match value.get_mut("cases") {
        Some(cases) => cases.take(),
        None => Value::Array(vec![value]),
    };
    serde_json::from_value(cases).map_err(|error| at(&error))
}

fn files() -> Result<Vec<PathBuf>, String> {
    let given: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if !given.is_empty() {
        return Ok(given);
    }
    let folder = std::env::var_os(FOLDER)
        .filter(|folder| !folder.is_empty())
        .ok_or_else(|| format!("usage: peer-webauthn-rs FILE... (or set {FOLDER})"))?;
    let folder = PathBuf::from(folder);
    Ok(DEFAULT_FILES.iter().map(|name| folder.join(name)).collect())
}

fn run() -> Result<(), String> {
    let mut cases = Vec::new();
    for path in files()? {
        cases.extend(read(&path)?);
    }
    let registered: HashMap<&str, bool> = cases
        .iter()
        .filter_map(|case| Some((case.id.as_str(), case.expected_backup_eligible()?)))
        .collect();

    panic::set_hook(Box::new(|_| {}));
    for case in &cases {
        let be = case.registration_id.as_deref().and_then(|id| registered.get(id).copied());
        let (got, message) = match ask(case, be) {
            Answer::Accept => ("accept", String::new()),
            Answer::Reject(message) => ("reject", message),
            Answer::Unsupported(message) => ("unsupported", message),
        };
        let message: String = message.chars().take(200).collect();
        println!(
            "{}",
            json!({"id": case.id, "kind": case.kind, "peer": PEER, "got": got, "message": message})
        );
    }
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}
