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

impl Answer {
    /// Whoever tells of a settlement is not the bank's core.
    pub(super) fn not_the_core() -> Self {
        Self::own(
            403,
            "RAIL000403",
            "Not allowed",
            "The requester may not tell what became of a transfer",
            "O solicitante não pode informar o resultado de uma transferência",
        )
    }

    /// What the bank's core tells cannot be true.
    pub(super) fn contradiction() -> Self {
        Self::own(
            409,
            "RAIL000409",
            "Conflict",
            "This contradicts what is known of the transfer",
            "Isto contradiz o que se sabe da transferência",
        )
    }

    /// An error of ours, in the form of the published ones.
    fn own(
        status: u16,
        code: &'static str,
        title: &str,
        description: &str,
        translation: &str,
    ) -> Self {
        let body = serde_json::json!({
            "title": title,
            "description": description,
            "translation": translation,
            "code": code,
            "extra_fields": {},
        });
        Self { status, body: body.to_string().into_bytes(), code: Some(code) }
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
