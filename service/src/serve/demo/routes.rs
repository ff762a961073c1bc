//! What the pages are made of, and what they ask for beside the published routes.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post, put};
use device_enrollment::flow::Uuid4;
use device_enrollment::inspect;
use device_enrollment::{Base64Reading, CheckId, Language};
use serde::Deserialize;
use serde_json::{Value, json};

use super::assets::ASSETS;
use super::policies::{Choice, PATH_NOT_JUDGED};
use super::{Demo, door, people};
use crate::serve::http::{App, Body, Code, Problem};
use crate::serve::storage::CredentialOwner;

/// Nothing from anywhere else, nothing inline, in nobody's frame, and no text that is taken for
/// markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

/// What every answer under `/demo` has. The pages may use passkeys and nothing else of the device.
const HEADERS: &[(&str, &str)] = &[
    ("content-security-policy", POLICY),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "publickey-credentials-create=(self), publickey-credentials-get=(self), camera=(), \
         geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// The pages and their data.
pub(crate) fn routes() -> Router<Arc<App>> {
    let pages = ASSETS.iter().fold(Router::new(), |pages, asset| {
        let answer = || async { ([(CONTENT_TYPE, asset.kind)], asset.content) };
        pages.route(asset.path, get(answer))
    });
    let data = Router::new()
        .route("/demo/data/setup", get(setup))
        .route("/demo/data/checks", get(checks))
        .route("/demo/data/outbox", get(outbox))
        .route("/demo/data/devices", get(devices))
        .route("/demo/data/verdicts/{ted_key}", get(verdict))
        .route("/demo/data/choices/{enrollment_id}", put(choose))
        .route("/demo/data/inspect", post(inspected))
        // What the door did not let in.
        .route("/demo/api/{*path}", any(|| async { not_ours() }))
        .layer(from_fn(ours_alone));
    let start = get(|| async { (StatusCode::SEE_OTHER, [(LOCATION, "/demo")]) });
    pages.route("/", start).layer(from_fn(loopback_alone)).merge(data).layer(from_fn(dressed))
}

async fn dressed(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        let name = HeaderName::from_static(name);
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Pages are shown to whoever follows a link to them, under the name of loopback alone.
async fn loopback_alone(request: Request, next: Next) -> Response {
    match door::is_for_loopback(request.headers()) {
        true => next.run(request).await,
        false => not_ours(),
    }
}

/// Data is for our own pages.
async fn ours_alone(request: Request, next: Next) -> Response {
    match door::comes_from_our_page(request.headers()) {
        true => next.run(request).await,
        false => not_ours(),
    }
}

fn not_ours() -> Response {
    own(
        StatusCode::FORBIDDEN,
        "DEMO000403",
        "The demonstration is for its own pages, under the name localhost",
        "A demonstração é só para as suas próprias páginas, sob o nome localhost",
    )
}

/// An error of ours, in the form of the published ones.
fn own(status: StatusCode, code: &str, description: &str, translation: &str) -> Response {
    let body = json!({
        "title": "Demonstration",
        "description": description,
        "translation": translation,
        "code": code,
        "extra_fields": {},
    });
    let mut response = (status, axum::Json(body)).into_response();
    response.extensions_mut().insert(Code(code.to_owned()));
    response
}

/// Whom and what the pages are about.
async fn setup(State(app): State<Arc<App>>) -> axum::Json<Value> {
    let party = &app.config.relying_party;
    axum::Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "account_key": people::ACCOUNT,
        "account": { "branch": people::BRANCH, "number": people::NUMBER, "digit": people::DIGIT },
        "approver": { "document_number": people::APPROVER, "name": people::APPROVER_NAME },
        "relying_party": { "id": party.id, "name": party.name, "origins": party.origins },
        "policies": {
            "bank": app.flows.verifier.policy().name,
            "path_not_judged": PATH_NOT_JUDGED,
        },
    }))
}

/// Every check: its rule in both languages, and where the specification has it.
async fn checks() -> axum::Json<Value> {
    let check = |check: &CheckId| {
        let specification = check.specification();
        json!({
            "id": check.as_str(),
            "rule": {
                "en-US": check.title(Language::EnUs),
                "pt-BR": check.title(Language::PtBr),
            },
            "beyond": check.is_beyond(),
            "specification": specification,
            "address": address(specification),
        })
    };
    axum::Json(CheckId::ALL.iter().map(check).collect())
}

/// Where a specification is read, if it has a page of its own.
fn address(specification: &str) -> Option<String> {
    if let Some(anchor) = specification.strip_prefix("webauthn-3#") {
        return Some(format!("https://www.w3.org/TR/webauthn-3/#{anchor}"));
    }
    if let Some(rest) = specification.strip_prefix("RFC 5280 section ") {
        return Some(format!("https://www.rfc-editor.org/rfc/rfc5280#section-{rest}"));
    }
    const PAGES: &[(&str, &str)] = &[
        (
            "Android key attestation",
            "https://source.android.com/docs/security/features/keystore/attestation",
        ),
        (
            "Apple App Attest, assessing fraud risk",
            "https://developer.apple.com/documentation/devicecheck/assessing-fraud-risk",
        ),
        (
            "Apple App Attest",
            "https://developer.apple.com/documentation/devicecheck/validating-apps-that-connect-to-your-server",
        ),
        ("FIDO Metadata Service v3", "https://fidoalliance.org/metadata/"),
        ("CTAP 2.2", "https://fidoalliance.org/specifications/download/"),
        ("TPM 2.0", "https://trustedcomputinggroup.org/resource/tpm-library-specification/"),
        (
            "TCG vendor id registry",
            "https://trustedcomputinggroup.org/resource/vendor-id-registry/",
        ),
    ];
    let page = PAGES.iter().find(|(start, _)| specification.starts_with(start));
    page.map(|(_, page)| (*page).to_owned())
}

/// What was «sent», the newest first.
async fn outbox(State(app): State<Arc<App>>) -> Result<axum::Json<Value>, Problem> {
    let messages = demo(&app)?.outbox.messages();
    let messages = messages.iter().map(|message| {
        json!({
            "number": message.number,
            "at": message.at.to_string(),
            "channel": message.channel,
            "to": message.to,
            "text": message.text,
        })
    });
    Ok(axum::Json(json!({ "messages": messages.collect::<Vec<_>>() })))
}

/// The devices of the account that have a credential which counts.
async fn devices(State(app): State<Arc<App>>) -> Result<axum::Json<Value>, Problem> {
    let known = app.storage.credentials_of_approver(people::ACCOUNT, people::APPROVER).await?;
    let devices: BTreeSet<String> = known
        .into_iter()
        .filter_map(|credential| match credential.owner {
            CredentialOwner::Device { device_key, .. } => Some(device_key),
            CredentialOwner::Enrollment { .. } => None,
        })
        .collect();
    Ok(axum::Json(json!({ "devices": devices })))
}

/// The verdict of the assertion that approves a transfer, or does not.
async fn verdict(
    State(app): State<Arc<App>>,
    Path(ted_key): Path<String>,
) -> Result<Response, Problem> {
    let verdict = demo(&app)?.verdict(&ted_key).ok_or(Problem::no_such_route())?;
    Ok(([(CONTENT_TYPE, "application/json")], verdict).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    choice: Choice,
}

/// Takes what the person chose for an enrollment, before its options are asked for.
async fn choose(
    State(app): State<Arc<App>>,
    Path(enrollment_id): Path<String>,
    body: Body,
) -> Result<axum::Json<Value>, Problem> {
    let chosen: Chosen = body.read()?;
    let id = Uuid4::parse(&enrollment_id).ok_or(Problem::malformed(Some("enrollment_id")))?;
    demo(&app)?.choose(&id.to_string(), chosen.choice);
    Ok(axum::Json(json!({ "choice": chosen.choice })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pasted {
    input: String,
}

/// Decodes what was pasted, without judging it. Nothing of it is kept.
async fn inspected(body: Body) -> Result<Response, Problem> {
    let pasted: Pasted = body.read()?;
    Ok(match inspect::inspect(pasted.input.as_bytes(), Base64Reading::AnyAlphabet) {
        Ok(tree) => axum::Json(tree).into_response(),
        Err(error) => own(
            StatusCode::UNPROCESSABLE_ENTITY,
            "DEMO000422",
            &error.to_string(),
            "A entrada não é nada do que se conhece aqui: JSON de uma credencial, clientDataJSON, \
             objeto de atestação, dados do autenticador, certificado",
        ),
    })
}

fn demo(app: &App) -> Result<&Demo, Problem> {
    app.flows.demo.as_deref().ok_or(Problem::no_such_route())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_specification_that_has_a_page_is_linked() {
        assert_eq!(
            address("webauthn-3#sctn-sign-counter").unwrap(),
            "https://www.w3.org/TR/webauthn-3/#sctn-sign-counter"
        );
        assert_eq!(
            address("RFC 5280 section 4.1.2.5").unwrap(),
            "https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5"
        );
        assert!(address("Apple App Attest, assessing fraud risk").unwrap().ends_with("fraud-risk"));
        assert!(address("Apple App Attest, validating apps").unwrap().ends_with("your-server"));
        assert_eq!(address("FIDO conformance"), None);
        let linked = CheckId::ALL.iter().filter(|check| address(check.specification()).is_some());
        assert!(linked.count() * 10 > CheckId::ALL.len() * 9);
    }
}
