//! The OpenAPI document, made from the code that answers, and the page that shows it.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi as _, ToSchema};

use super::App;

/// The version of the published schema: the first number rises with a change that breaks a client.
const VERSION: &str = "1.0.0";

/// The whole document.
pub(crate) fn document() -> OpenApi {
    super::described().split_for_parts().1
}

/// The document as it is sent and kept.
pub(super) fn text(document: &OpenApi) -> String {
    let mut text = document.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// What stands around the routes.
pub(super) fn frame() -> OpenApi {
    let mut frame = Frame::openapi();
    VERSION.clone_into(&mut frame.info.version);
    frame
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "device-enrollment",
        description = "Devices and transfers approved by a second factor, and Open Finance device binding."
    ),
    tags(
        (name = "devices", description = "Devices that approve, each registered by a second factor."),
        (name = "transfers", description = "Transfers (TED) that wait for their approver's code or device."),
        (name = "extensions", description = "What the published pages leave out and the flows need."),
        (name = "operations", description = "For whoever operates the service.")
    ),
    components(schemas(AccountError, OpenFinanceErrors)),
    security(("api_key" = [])),
    modifiers(&ApiKey)
)]
struct Frame;

struct ApiKey;

impl Modify for ApiKey {
    fn modify(&self, document: &mut OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API key, `de_PREFIX_SECRET`."))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("api_key", SecurityScheme::Http(scheme));
    }
}

/// An error under `/account`, and under our own paths.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccountError {
    /// The title, in English.
    pub(crate) title: String,
    /// The sentence in English.
    pub(crate) description: String,
    /// The sentence in Portuguese.
    pub(crate) translation: String,
    /// The stable code. It is compared as a text.
    #[schema(example = "OBD000100")]
    pub(crate) code: String,
    /// Empty, or `ted_data` where a transfer was rejected.
    #[schema(value_type = Object)]
    pub(crate) extra_fields: serde_json::Map<String, serde_json::Value>,
}

/// Errors under `/open-finance`, in the language of `x-lang`.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpenFinanceErrors {
    /// One or more.
    #[schema(min_items = 1, max_items = 13)]
    pub(crate) errors: Vec<OpenFinanceError>,
    /// When.
    pub(crate) meta: OpenFinanceMeta,
}

/// One error under `/open-finance`.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpenFinanceError {
    /// The stable code.
    #[schema(example = "PARAMETRO_INVALIDO")]
    pub(crate) code: String,
    /// The title.
    pub(crate) title: String,
    /// The sentence.
    pub(crate) detail: String,
}

/// When an error was answered.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenFinanceMeta {
    /// RFC 3339, UTC.
    #[schema(format = DateTime)]
    pub(crate) request_date_time: String,
}

/// The document and its page. The page asks nobody else for anything, and its policy holds it to
/// that.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route(
            "/openapi.json",
            get(|State(app): State<Arc<App>>| async move {
                file("application/json", app.openapi.clone())
            }),
        )
        .route(
            "/docs",
            get(|| async { file("text/html; charset=utf-8", include_str!("docs/index.html")) }),
        )
        .route(
            "/docs/page.js",
            get(|| async { file("text/javascript; charset=utf-8", include_str!("docs/page.js")) }),
        )
        .route(
            "/docs/page.css",
            get(|| async { file("text/css; charset=utf-8", include_str!("docs/page.css")) }),
        )
}

fn file(kind: &'static str, content: impl Into<String>) -> Response {
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                  base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, policy),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, content.into()).into_response()
}
