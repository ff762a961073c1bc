//! What answers over HTTP.
//!
//! # How a request goes
//!
//! The [`shell`] is around every route: it gives the request an id, turns away what is too much,
//! bounds the time, catches panics, and writes the one log line. Inside it stands the caller's key
//! ([`auth`]), then the body ([`body`]), then the route. A route gives back its own answer, or a
//! [`Problem`], which the shell words as the route's family does.

mod auth;
mod body;
mod context;
mod json;
mod openapi;
mod operations;
mod path;
mod problem;
mod shell;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use axum::Router;
use tokio::sync::{Mutex, Semaphore};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub(crate) use auth::{Caller, NewKey};
pub(crate) use body::Body;
pub(crate) use context::{Context, Family, Known};
pub(crate) use openapi::{OpenFinanceErrors, document};
pub(crate) use path::InPath;
pub(crate) use problem::{Code, Problem};

use super::config::Config;
use super::flows::Flows;
use super::metrics::Metrics;
use super::storage::Storage;

/// What every route has at hand.
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) storage: Storage,
    pub(crate) metrics: Metrics,
    /// What the flows share.
    pub(crate) flows: Flows,
    /// One permit for each request under way.
    admission: Arc<Semaphore>,
    rates: auth::Rates,
    draining: AtomicBool,
    /// When the storage was last asked whether it takes writes, and what it said.
    storage_was_ready: Mutex<Option<(Instant, bool)>>,
    /// The OpenAPI document, as it is sent.
    openapi: String,
}

impl App {
    pub(crate) fn new(
        config: Config,
        storage: Storage,
        metrics: Metrics,
        flows: Flows,
    ) -> Arc<Self> {
        let admission = Arc::new(Semaphore::new(config.limits.concurrency));
        let rates = auth::Rates::new(config.limits.requests_per_key);
        Arc::new(Self {
            config,
            storage,
            metrics,
            flows,
            admission,
            rates,
            draining: AtomicBool::new(false),
            storage_was_ready: Mutex::new(None),
            openapi: openapi::text(&document()),
        })
    }

    /// From now on the service is not ready: whoever balances the load sends nothing more.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Waits until no request is under way, also none whose client has gone.
    pub(crate) async fn idle(&self) {
        let all = u32::try_from(self.config.limits.concurrency).unwrap_or(u32::MAX);
        // Nobody closes the semaphore.
        let _ = self.admission.acquire_many(all).await;
    }

    fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}

/// Every route, with its description. Routes that need no state beyond [`App`] go here.
fn described() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(openapi::frame())
        .merge(operations::routes())
        .merge(super::devices::routes())
        .merge(super::transfers::routes())
        .merge(super::enrollments::routes())
}

/// The main address.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let (mut routes, _): (_, OpenApi) = described().split_for_parts();
    if app.config.server.docs {
        routes = routes.merge(openapi::routes());
    }
    if app.flows.demo.is_some() {
        routes = routes.merge(super::demo::routes());
    }
    if app.config.server.operations.is_none() {
        routes = routes.merge(operations::metrics_route());
    }
    finish(routes, app)
}

/// The address of operations.
pub(crate) fn operations_router(app: &Arc<App>) -> Router {
    finish(operations::metrics_route(), app)
}

fn finish(routes: Router<Arc<App>>, app: &Arc<App>) -> Router {
    routes
        .fallback(|| async { Problem::no_such_route() })
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .layer(axum::middleware::from_fn_with_state(app.clone(), shell::around))
        .with_state(app.clone())
}
