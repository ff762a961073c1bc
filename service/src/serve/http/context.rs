//! What is known of a request before its route sees it.

use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use axum::http::header::HeaderMap;
use axum::http::request::Parts;
use device_enrollment::Language;
use device_enrollment::flow::Uuid4;

use super::Problem;

/// Which published pages a path belongs to; they differ in the body of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// `/account/…`: one object, in both languages.
    Account,
    /// `/open-finance/…` and what belongs to it under `/extensions/v1`: a list of errors, in the language of `x-lang`.
    OpenFinance,
    /// Ours: `/extensions/v1/…` and operations. Errors as in `Account`.
    Ours,
}

impl Family {
    pub(crate) fn of(path: &str) -> Self {
        let under = |prefix: &str| {
            let rest = path.strip_prefix(prefix);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if under("/account") {
            Self::Account
        } else if under("/open-finance") || under("/extensions/v1/open-finance") {
            Self::OpenFinance
        } else {
            Self::Ours
        }
    }
}

/// What is known of a request. In its extensions, as an `Arc`.
#[derive(Debug)]
pub(crate) struct Context {
    /// The id it is logged under and answered with.
    pub(crate) id: Uuid4,
    /// Whose pages its path belongs to.
    pub(crate) family: Family,
    /// What `x-lang` says, Portuguese without it; `None` for a language that is not spoken.
    pub(crate) asked_language: Option<Language>,
    /// The prefix of the caller's key, once it was believed.
    pub(super) caller: OnceLock<String>,
}

impl Context {
    /// `fresh` is the id when the client brought none that can be used.
    pub(super) fn new(path: &str, headers: &HeaderMap, fresh: Uuid4) -> Self {
        // Only a UUID: anything else could carry what belongs in no log.
        let brought = headers.get("x-request-id").and_then(|value| value.to_str().ok());
        Self {
            id: brought.and_then(Uuid4::parse).unwrap_or(fresh),
            family: Family::of(path),
            asked_language: language(headers),
            caller: OnceLock::new(),
        }
    }

    /// The language of sentences for people.
    pub(crate) fn language(&self) -> Language {
        self.asked_language.unwrap_or_default()
    }
}

fn language(headers: &HeaderMap) -> Option<Language> {
    let mut values = headers.get_all("x-lang").iter();
    match (values.next().map(|value| value.as_bytes()), values.next()) {
        (None, _) => Some(Language::default()),
        (Some(tag), None) => core::str::from_utf8(tag).ok().and_then(Language::from_tag),
        _ => None,
    }
}

/// The context of a request, for a route.
#[derive(Debug, Clone)]
pub(crate) struct Known(pub(crate) Arc<Context>);

impl<S: Sync> FromRequestParts<S> for Known {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // The shell puts one into every request.
        parts.extensions.get::<Arc<Context>>().cloned().map(Self).ok_or(Problem::internal())
    }
}
