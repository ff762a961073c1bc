//! What goes wrong before a route has decided anything, worded as the route's family does.

use axum::http::header::{CONNECTION, CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use device_enrollment::open_finance::{OpenFinanceCode, Refusal, Texts};
use device_enrollment::{Language, UnixMillis, UnixTime};
use serde_json::Map;

use super::openapi::{AccountError, OpenFinanceError, OpenFinanceErrors, OpenFinanceMeta};
use super::{Context, Family};
use crate::serve::storage::{CommitError, ReadError};

/// What goes wrong before a route has decided anything. As a response it is empty until the shell
/// has worded it.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    kind: Kind,
    /// The member, header or parameter that is meant.
    name: Option<String>,
    /// When to come back, in seconds.
    retry_after: Option<u32>,
}

/// The stable code of an answer that is an error, for the log and the metrics: in the extensions of
/// the response.
#[derive(Debug, Clone)]
pub(crate) struct Code(pub(crate) String);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Malformed,
    Missing,
    Unauthenticated,
    NoSuchRoute,
    MethodNotAllowed,
    TooSlow,
    TooMany,
    Busy,
    Internal,
    /// Under `/open-finance`, what the library refuses.
    Refused(Refusal),
}

impl Problem {
    /// The body, a parameter or a header does not have its form. `name` is the member that is
    /// meant, where one is; never what it held.
    pub(crate) fn malformed(name: Option<&str>) -> Self {
        Self { name: name.map(str::to_owned), ..Self::of(Kind::Malformed) }
    }

    /// Something that is required is not there.
    pub(crate) fn missing(name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..Self::of(Kind::Missing) }
    }

    /// No key, or none that opens anything. Which of the two is not told.
    pub(crate) const fn unauthenticated() -> Self {
        Self::of(Kind::Unauthenticated)
    }

    /// There is nothing at this path.
    pub(crate) const fn no_such_route() -> Self {
        Self::of(Kind::NoSuchRoute)
    }

    /// There is something at this path, for other methods.
    pub(crate) const fn method_not_allowed() -> Self {
        Self::of(Kind::MethodNotAllowed)
    }

    /// The client took too long over its body.
    pub(crate) const fn too_slow() -> Self {
        Self::of(Kind::TooSlow)
    }

    /// The client asks for more than it may.
    pub(crate) fn too_many(retry_after: u32) -> Self {
        Self { retry_after: Some(retry_after), ..Self::of(Kind::TooMany) }
    }

    /// The service cannot do it now.
    pub(crate) fn busy() -> Self {
        Self { retry_after: Some(1), ..Self::of(Kind::Busy) }
    }

    /// A fault of ours.
    pub(crate) const fn internal() -> Self {
        Self::of(Kind::Internal)
    }

    /// What the library refuses under `/open-finance`.
    pub(crate) const fn refused(refusal: Refusal) -> Self {
        Self::of(Kind::Refused(refusal))
    }

    const fn of(kind: Kind) -> Self {
        Self { kind, name: None, retry_after: None }
    }

    fn status(&self) -> StatusCode {
        match self.kind {
            Kind::Malformed | Kind::Missing => StatusCode::BAD_REQUEST,
            Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
            Kind::NoSuchRoute => StatusCode::NOT_FOUND,
            Kind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Kind::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Kind::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Kind::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Kind::Refused(refusal) => {
                StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }

    /// The answer as the family of the request words it. Headers that the response has already
    /// stay; the router adds `Allow`.
    pub(super) fn word(
        &self,
        context: &Context,
        mut response: Response,
        now: UnixTime,
    ) -> Response {
        let (code, body) = match context.family {
            Family::OpenFinance => self.open_finance(context.language(), now),
            Family::Account | Family::Ours => self.account(),
        };
        let length = body.len();
        *response.body_mut() = body.into();
        *response.status_mut() = self.status();
        response.extensions_mut().insert(Code(code.to_owned()));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(axum::http::header::CONTENT_LENGTH, HeaderValue::from(length));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        let fixed: Option<(HeaderName, &'static str)> = match self.kind {
            Kind::Unauthenticated => Some((WWW_AUTHENTICATE, "Bearer")),
            // What is left of the body is not waited for.
            Kind::TooSlow => Some((CONNECTION, "close")),
            _ => None,
        };
        if let Some((name, value)) = fixed {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }

    /// `{title, description, translation, code, extra_fields}`. `QIT…` is published; `API…` is ours,
    /// with the status in its digits.
    fn account(&self) -> (&'static str, Vec<u8>) {
        let (code, title, description, translation) = match self.kind {
            Kind::Malformed | Kind::Missing => {
                ("QIT000001", "Bad Request", "Schema Error", "Erro de Schema")
            }
            Kind::Unauthenticated => (
                "API000401",
                "Unauthorized",
                "The API key is missing, unknown, expired or revoked",
                "A chave de API está ausente, é desconhecida, expirou ou foi revogada",
            ),
            Kind::NoSuchRoute => (
                "API000404",
                "Not Found",
                "There is nothing at this path",
                "Não há nada neste caminho",
            ),
            Kind::MethodNotAllowed => (
                "API000405",
                "Method Not Allowed",
                "The path does not take this method",
                "O caminho não aceita este método",
            ),
            Kind::TooSlow => (
                "API000408",
                "Request Timeout",
                "The request did not arrive in time",
                "A requisição não chegou a tempo",
            ),
            Kind::TooMany => (
                "API000429",
                "Too Many Requests",
                "The limit of requests is reached",
                "O limite de requisições foi atingido",
            ),
            Kind::Busy => (
                "API000503",
                "Service Unavailable",
                "The service cannot answer now. Try again",
                "O serviço não pode responder agora. Tente novamente",
            ),
            // A refusal of the other family cannot be worded in this one.
            Kind::Internal | Kind::Refused(_) => (
                "QIT000500",
                "Internal Error",
                "An internal error has occurred and its being investigated.",
                "Um erro interno aconteceu e está sendo investigado",
            ),
        };
        let body = AccountError {
            title: title.to_owned(),
            description: description.to_owned(),
            translation: translation.to_owned(),
            code: code.to_owned(),
            extra_fields: Map::new(),
        };
        (code, bytes(&body))
    }

    /// `{errors: [{code, title, detail}], meta: {requestDateTime}}`, in the words of the library's
    /// catalogue.
    fn open_finance(&self, language: Language, now: UnixTime) -> (&'static str, Vec<u8>) {
        let code = match self.kind {
            Kind::Refused(refusal) => {
                let body = refusal.body(language, UnixMillis::from(now));
                let code = refusal.code().as_str();
                return (code, bytes(&body));
            }
            Kind::TooSlow => return too_slow(language, now),
            Kind::Malformed => OpenFinanceCode::ParametroInvalido,
            Kind::Missing => OpenFinanceCode::ParametroNaoInformado,
            Kind::Unauthenticated => OpenFinanceCode::NaoAutenticado,
            Kind::NoSuchRoute => OpenFinanceCode::NaoEncontrado,
            Kind::MethodNotAllowed => OpenFinanceCode::MetodoNaoPermitido,
            Kind::TooMany => OpenFinanceCode::LimiteDeRequisicoes,
            Kind::Busy => OpenFinanceCode::ServicoIndisponivel,
            Kind::Internal => OpenFinanceCode::ErroInterno,
        };
        let texts = Texts::of(code, None);
        let detail = texts.detail(language, self.name.as_deref().unwrap_or("body"));
        (code.as_str(), errors(code.as_str(), texts.title(language), &detail, now))
    }
}

/// The catalogue has no word for a client that is too slow.
fn too_slow(language: Language, now: UnixTime) -> (&'static str, Vec<u8>) {
    const CODE: &str = "TEMPO_ESGOTADO";
    let (title, detail) = match language {
        Language::EnUs => ("Request timeout.", "The request did not arrive in time."),
        Language::PtBr => ("Tempo esgotado.", "A requisição não chegou a tempo."),
    };
    (CODE, errors(CODE, title, detail, now))
}

fn errors(code: &str, title: &str, detail: &str, now: UnixTime) -> Vec<u8> {
    let (code, title) = (code.to_owned(), title.to_owned());
    let error = OpenFinanceError { code, title, detail: detail.to_owned() };
    let meta = OpenFinanceMeta { request_date_time: now.to_string() };
    bytes(&OpenFinanceErrors { errors: vec![error], meta })
}

/// What the library refuses under `/open-finance`.
impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::refused(refusal)
    }
}

fn bytes(body: &impl serde::Serialize) -> Vec<u8> {
    // Texts and lists of texts are always written.
    serde_json::to_vec(body).unwrap_or_default()
}

/// Another try may do better, or it is a fault of ours. What is known of it goes to the log.
impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        CommitError::from(error).into()
    }
}

/// A condition that was lost is a route's own affair; one that nobody looked at is a fault.
impl From<CommitError> for Problem {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Unavailable(unavailable) => {
                tracing::error!(
                    cause = unavailable.cause.word(),
                    code = unavailable.code,
                    "storage"
                );
                Self::busy()
            }
            CommitError::Lost(_) | CommitError::Fault(_) => {
                tracing::error!(fault = %error, "storage");
                Self::internal()
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
