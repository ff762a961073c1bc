//! For whoever operates the service: whether it lives, whether it is ready, its figures.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::openapi::AccountError;
use super::{App, Caller, Problem};

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(live)).routes(routes!(ready)).routes(routes!(caller))
}

pub(super) fn metrics_route() -> Router<Arc<App>> {
    Router::new().route("/metrics", get(metrics))
}

/// Whether the process lives, or is ready.
#[derive(Serialize, ToSchema)]
struct Health {
    /// `live`, `ready`, or why it is not ready: `draining`, `storage`.
    status: &'static str,
}

/// Whether the process lives. Restart it when this does not answer.
#[utoipa::path(
    get,
    path = "/health/live",
    tag = "operations",
    security(()),
    responses((status = 200, description = "It lives.", body = Health))
)]
async fn live() -> axum::Json<Health> {
    axum::Json(Health { status: "live" })
}

/// Whether the service takes requests: the storage answers and takes writes, and nobody has told
/// the service to stop. Send it nothing while this is 503.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "operations",
    security(()),
    responses(
        (status = 200, description = "It is ready.", body = Health),
        (status = 503, description = "It is not.", body = Health)
    )
)]
async fn ready(State(app): State<Arc<App>>) -> Response {
    let status = if app.is_draining() {
        "draining"
    } else if !storage_is_ready(&app).await {
        "storage"
    } else {
        return axum::Json(Health { status: "ready" }).into_response();
    };
    (StatusCode::SERVICE_UNAVAILABLE, axum::Json(Health { status })).into_response()
}

/// Whether the storage takes writes: tried once a second at most, since anybody may ask.
async fn storage_is_ready(app: &App) -> bool {
    const EACH: Duration = Duration::from_secs(1);
    let mut last = app.storage_was_ready.lock().await;
    match *last {
        Some((when, ready)) if when.elapsed() < EACH => ready,
        _ => {
            let ready = app.storage.ready().await.is_ok();
            *last = Some((Instant::now(), ready));
            ready
        }
    }
}

/// Whose key a request came with.
#[derive(Serialize, ToSchema)]
struct CallerAnswer {
    /// The part of the key that is shown in lists and logs.
    #[schema(example = "0123456789ab")]
    key_prefix: String,
    /// The requester that the key belongs to.
    requester_key: String,
}

/// Whose key this is: for trying a key out.
#[utoipa::path(
    get,
    path = "/extensions/v1/caller",
    tag = "operations",
    responses(
        (status = 200, description = "The key opens.", body = CallerAnswer),
        (status = 401, description = "It does not.", body = AccountError),
        (status = 429, description = "Too many requests with it.", body = AccountError),
        (status = 503, description = "Nobody can say now.", body = AccountError)
    )
)]
async fn caller(caller: Caller) -> axum::Json<CallerAnswer> {
    axum::Json(CallerAnswer { key_prefix: caller.prefix, requester_key: caller.requester_key })
}

async fn metrics(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let page = app.metrics.page();
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page).into_response())
}
