//! Answers: a body of the library, an error of its catalogue, or a problem before either.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use device_enrollment::flow::StoredError;
use device_enrollment::two_factor::{DeviceRefusal, PublishedCode, PublishedError};
use serde::Serialize;

use crate::serve::http::{Code, Problem};
use crate::serve::storage::{CommitError, ReadError};

/// Why a route does not answer with what was asked for.
pub(crate) enum Failure {
    /// Something before or beside the flow.
    Problem(Problem),
    /// An error of the device and transfer pages.
    Published(Box<PublishedError>),
}

/// What was stored cannot be read, or not be written: a fault of ours, or of whoever altered it.
pub(crate) fn unreadable(error: StoredError) -> Failure {
    tracing::error!(%error, "storage");
    Problem::internal().into()
}

/// An answer with a body.
pub(crate) fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(body) => (status, [(CONTENT_TYPE, "application/json")], body).into_response(),
        // Nothing of the library's bodies can fail to be written.
        Err(_) => Problem::internal().into_response(),
    }
}

/// The answer of an error of the device and transfer pages.
pub(crate) fn published(error: &PublishedError) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = answer(status, error);
    if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("30"));
    }
    response.extensions_mut().insert(Code(error.code().as_str().to_owned()));
    response
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Problem(problem) => problem.into_response(),
            Self::Published(error) => published(&error),
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<PublishedError> for Failure {
    fn from(error: PublishedError) -> Self {
        Self::Published(Box::new(error))
    }
}

impl From<PublishedCode> for Failure {
    fn from(code: PublishedCode) -> Self {
        PublishedError::new(code).into()
    }
}

/// What is finer than the published code goes to the log.
impl From<DeviceRefusal> for Failure {
    fn from(refusal: DeviceRefusal) -> Self {
        tracing::info!(?refusal, "a device was refused something");
        refusal.code().into()
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Self::Problem(error.into())
    }
}

impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        Self::Problem(error.into())
    }
}
