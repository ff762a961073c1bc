use serde::Serialize;

use super::{OpenFinanceCode, Operation, Texts};
use crate::language::Language;
use crate::time::UnixMillis;

/// Why a request under `/open-finance` was refused: the code, the operation whose table words it,
/// the member that it is about, and the HTTP status.
///
/// It holds names only, never a value of the request, so that it can be printed and logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Refusal {
    code: OpenFinanceCode,
    operation: Option<Operation>,
    member: Option<&'static str>,
    status: u16,
}

impl Refusal {
    /// A refusal whose code is worded by the operation's table.
    #[must_use]
    pub const fn of(operation: Operation, code: OpenFinanceCode) -> Self {
        Self { code, operation: Some(operation), member: None, status: code.status() }
    }

    /// A refusal that has the same words in every operation.
    #[must_use]
    pub const fn plain(code: OpenFinanceCode) -> Self {
        Self { code, operation: None, member: None, status: code.status() }
    }

    /// 422 `PARAMETRO_NAO_INFORMADO`: the body lacks a required member.
    #[must_use]
    pub const fn missing(member: &'static str) -> Self {
        Self::plain(OpenFinanceCode::ParametroNaoInformado).about(member)
    }

    /// 422 `PARAMETRO_INVALIDO`: a member of the body does not have its form.
    #[must_use]
    pub const fn invalid(member: &'static str) -> Self {
        Self::plain(OpenFinanceCode::ParametroInvalido).about(member)
    }

    /// 400 `PARAMETRO_NAO_INFORMADO`: a header or a parameter of the query is missing.
    #[must_use]
    pub const fn header_missing(name: &'static str) -> Self {
        Self { status: 400, ..Self::missing(name) }
    }

    /// 400 `PARAMETRO_INVALIDO`: a header or a parameter of the query does not have its form.
    #[must_use]
    pub const fn header_invalid(name: &'static str) -> Self {
        Self { status: 400, ..Self::invalid(name) }
    }

    /// The same refusal about a member.
    #[must_use]
    pub const fn about(self, member: &'static str) -> Self {
        Self { member: Some(member), ..self }
    }

    /// The same refusal in the words of the operation's table.
    #[must_use]
    pub const fn in_operation(self, operation: Operation) -> Self {
        Self { operation: Some(operation), ..self }
    }

    /// The code.
    #[must_use]
    pub const fn code(&self) -> OpenFinanceCode {
        self.code
    }

    /// The member, header or parameter that it is about.
    #[must_use]
    pub const fn member(&self) -> Option<&'static str> {
        self.member
    }

    /// The HTTP status to answer.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The body to answer at `now`.
    #[must_use]
    pub fn body(&self, language: Language, now: UnixMillis) -> ErrorBody {
        let texts = Texts::of(self.code, self.operation);
        let entry = ErrorEntry {
            code: self.code,
            title: texts.title(language).to_owned(),
            detail: texts.detail(language, self.member.unwrap_or("-")),
        };
        let meta = ErrorMeta { request_date_time: now.to_seconds_text() };
        ErrorBody { errors: vec![entry], meta }
    }
}

impl core::fmt::Display for Refusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.code.as_str())?;
        self.member.map_or(Ok(()), |member| write!(f, ": {member}"))
    }
}

impl core::error::Error for Refusal {}

/// The error body of the contract: `{"errors": [{code, title, detail}], "meta": {requestDateTime}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorBody {
    /// One entry here; the contract allows thirteen.
    pub errors: Vec<ErrorEntry>,
    /// When the request was answered.
    pub meta: ErrorMeta,
}

/// One error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorEntry {
    /// The code.
    pub code: OpenFinanceCode,
    /// What it is called, in the language of the caller.
    pub title: String,
    /// What is wrong, in the language of the caller.
    pub detail: String,
}

/// The metadata of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorMeta {
    /// RFC 3339 in UTC, without a fraction.
    #[serde(rename = "requestDateTime")]
    pub request_date_time: String,
}
