use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use device_enrollment::two_factor::{Transfer, TransferRefusal, TransferView};
use serde::Serialize;

use super::Stop;
use crate::serve::http::{Code, Problem};

/// An answer whose amounts are the digits that were asked for. It is written to a text at once: a
/// tree of JSON values would make floats of them.
pub(super) struct Answer {
    status: u16,
    body: Vec<u8>,
    code: Option<&'static str>,
}

impl Answer {
    /// A transfer that a request has moved.
    pub(super) fn moved(transfer: &Transfer) -> Result<Self, Stop> {
        Self::of(transfer.http_status(), transfer)
    }

    /// A transfer as a query is told.
    pub(super) fn query(transfer: &Transfer) -> Result<Self, Stop> {
        Self::of(200, transfer)
    }

    fn of(status: u16, transfer: &Transfer) -> Result<Self, Stop> {
        // One that was dropped is found by nobody.
        let view: TransferView = transfer.view().ok_or(Problem::internal())?;
        Self::json(status, &view)
    }

    /// Anything else.
    pub(super) fn json(status: u16, body: &impl Serialize) -> Result<Self, Stop> {
        let body = serde_json::to_vec(body).map_err(|_| Problem::internal())?;
        Ok(Self { status, body, code: None })
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        // Every status is one of ours.
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, self.body).into_response();
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        if let Some(code) = self.code {
            response.extensions_mut().insert(Code(code.to_owned()));
        }
        response
    }
}

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        let refusal = match self {
            Self::Problem(problem) => return problem.into_response(),
            Self::Refused(refusal) => refusal,
        };
        if refusal.caller_fault().is_some() {
            tracing::error!(fault = %refusal, "a transfer was told what cannot be");
        }
        match refused(&refusal) {
            Ok(answer) => answer.into_response(),
            Err(problem) => problem.into_response(),
        }
    }
}

fn refused(refusal: &TransferRefusal) -> Result<Answer, Problem> {
    let body = serde_json::to_vec(refusal).map_err(|_| Problem::internal())?;
    let code = refusal.code();
    Ok(Answer { status: code.status(), body, code: Some(code.as_str()) })
}
