//! Around every route: an id, limits, panics, one log line.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CACHE_CONTROL, HeaderName, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use device_enrollment::UnixTime;
use device_enrollment::flow::Uuid4;

use super::{App, Code, Context, Problem};

/// Runs a request. It runs to its end even when the client goes away or the time is up: what was
/// stored is also carried out, and nothing is left half done because somebody closed a connection.
pub(super) async fn around(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut random = [0; 16];
    // Two requests of one id, if the operating system has no random bytes, confuse the log alone.
    let _ = getrandom::fill(&mut random);
    let fresh = Uuid4::from_random(random);
    let context = Arc::new(Context::new(request.uri().path(), request.headers(), fresh));
    let spare = context.clone();
    let task = tokio::spawn(async move { observed(&app, request, next, context).await });
    match task.await {
        Ok(response) => response,
        // The runtime goes down.
        Err(_) => finished(Problem::internal().into_response(), &spare),
    }
}

async fn observed(
    app: &Arc<App>,
    mut request: Request,
    next: Next,
    context: Arc<Context>,
) -> Response {
    let began = Instant::now();
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("unmatched", MatchedPath::as_str).to_owned();
    let method = known(request.method());
    request.extensions_mut().insert(context.clone());

    let response = finished(limited(app, request, next, &route).await, &context);

    let status = response.status().as_u16();
    let code = response.extensions().get::<Code>().map_or("", |code| code.0.as_str());
    let took = began.elapsed();
    app.metrics.answered(method, &route, status, code, took);
    let caller = context.caller.get().map_or("", String::as_str);
    tracing::info!(
        request_id = %context.id,
        method,
        route,
        status,
        code,
        caller,
        latency_ms = millis(took),
        "answered"
    );
    response
}

/// Runs a request within the limits of the node.
async fn limited(app: &Arc<App>, request: Request, next: Next, route: &str) -> Response {
    // A node that is full still says that it lives.
    let permit = if route.starts_with("/health/") || route == "/metrics" {
        None
    } else {
        match app.admission.clone().try_acquire_owned() {
            Ok(permit) => Some(permit),
            Err(_) => return Problem::busy().into_response(),
        }
    };
    let work = tokio::spawn(async move {
        let _permit = permit;
        next.run(request).await
    });
    match tokio::time::timeout(app.config.limits.request_time, work).await {
        Ok(Ok(response)) => response,
        // It panicked; the hook has logged where.
        Ok(Err(_)) => Problem::internal().into_response(),
        Err(_) => Problem::busy().into_response(),
    }
}

/// Words a problem, and puts on what every answer has.
fn finished(mut response: Response, context: &Context) -> Response {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = problem.word(context, response, now());
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&context.id.to_string()) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The time for the member `requestDateTime` of an error, which decides nothing.
fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A method's name, for a log and a label: one of few, whatever a client makes up.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}
