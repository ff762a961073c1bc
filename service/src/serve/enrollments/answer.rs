//! What is answered: a body of the library, byte for byte as it may be kept under a client's key.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use device_enrollment::open_finance::Refusal;
use device_enrollment::{Language, UnixMillis};
use serde::Serialize;

use crate::serve::http::{Code, Problem};

/// An answer that was decided.
#[derive(Clone)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: String,
    /// The code of a refusal, for the log and the metrics.
    pub(super) code: Option<&'static str>,
}

impl Answer {
    pub(super) fn of(status: StatusCode, body: &impl Serialize) -> Result<Self, Problem> {
        // Nothing of the library's bodies can fail to be written.
        let body = serde_json::to_string(body).map_err(|_| Problem::internal())?;
        Ok(Self { status, body, code: None })
    }

    pub(super) fn refused(
        refusal: &Refusal,
        language: Language,
        now: UnixMillis,
    ) -> Result<Self, Problem> {
        let status = StatusCode::from_u16(refusal.status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let answer = Self::of(status, &refusal.body(language, now))?;
        Ok(Self { code: Some(refusal.code().as_str()), ..answer })
    }

    /// The word for the audit trail.
    pub(super) fn outcome(&self) -> &'static str {
        self.code.unwrap_or("done")
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let headers = [(CONTENT_TYPE, "application/json")];
        let mut response = (self.status, headers, self.body).into_response();
        if let Some(code) = self.code {
            response.extensions_mut().insert(Code(code.to_owned()));
        }
        response
    }
}
