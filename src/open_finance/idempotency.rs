//! Idempotency, as the Open Finance Brasil Enrollments contract has it: the same
//! `x-idempotency-key` with the same `data` gives the same answer again, and with other `data`
//! 422 `ERRO_IDEMPOTENCIA`.
//!
//! The first request reserves the key in the transaction of its effect, under a unique constraint
//! on its [`IdempotencyScope`]; whoever comes later is judged by the [`Idempotency`] that is stored
//! there. Other data is refused before it is asked whether the first request is done, so that it
//! learns nothing of when that was.

use core::fmt;

use serde::{Deserialize, Serialize};

use super::options::OpaqueBytes;
use super::{OpenFinanceCode, Refusal};
use crate::crypto::{Transcript, sha256};
use crate::encoding::canonical::{canonical, canonical_member};
use crate::encoding::hex;
use crate::flow::{Step, Stored};
use crate::time::UnixMillis;

/// The name of the header.
const KEY: &str = "x-idempotency-key";

/// How long an answer is kept, in minutes: a day.
pub const IDEMPOTENCY_MINUTES: u32 = 1440;

/// The value of `x-idempotency-key`: 1 to 40 characters, no white space at either end. Its debug
/// form shows nothing of it, because callers put what they like into it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Reads the values of the header.
    ///
    /// # Errors
    ///
    /// 400 `PARAMETRO_NAO_INFORMADO` when there is none, 400 `PARAMETRO_INVALIDO` when it has not
    /// the published pattern `^(?!\s)(.*)(\S)$`, is longer than 40 characters, or stands twice.
    pub fn read(values: &[&[u8]]) -> Result<Self, Refusal> {
        let value = match values {
            [] => return Err(Refusal::header_missing(KEY)),
            [value] => core::str::from_utf8(value).ok(),
            _ => None,
        };
        let value = value.filter(|value| fits(value)).ok_or(Refusal::header_invalid(KEY))?;
        Ok(Self(value.to_owned()))
    }
}

/// The pattern, whose dot takes everything but the ends of lines.
fn fits(value: &str) -> bool {
    let is_space = |c: char| c.is_whitespace() || c == '\u{feff}';
    let is_end = |c: char| matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}');
    value.chars().count() <= 40
        && value.chars().next().is_some_and(|first| !is_space(first))
        && value.chars().next_back().is_some_and(|last| !is_space(last))
        && !value.contains(is_end)
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey(..)")
    }
}

/// Where a key counts: SHA-256 over the client, the endpoint and the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IdempotencyScope([u8; 32]);

impl IdempotencyScope {
    /// The scope of a key. `client` is whoever is authenticated; `endpoint` is method and path with
    /// the ids in it, because one answer must not be given for another object.
    #[must_use]
    pub fn new(client: &str, endpoint: &str, key: &IdempotencyKey) -> Self {
        let mut transcript = Transcript::new(b"open finance idempotency scope 1");
        transcript.bytes(client.as_bytes());
        transcript.bytes(endpoint.as_bytes());
        transcript.bytes(key.0.as_bytes());
        Self(sha256(&[&transcript.into_bytes()]))
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// 64 digits in lower case.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex::encode(&self.0)
    }
}

/// SHA-256 over the canonical form of what a request asks for. Its debug form shows nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DataDigest([u8; 32]);

impl DataDigest {
    /// Of the member `data` of a body: `iat` and `jti` beside it change when a request is sent
    /// again, and do not count.
    ///
    /// # Errors
    ///
    /// 400 `CORPO_INVALIDO` when the body is not strict JSON whose numbers a double keeps, 422
    /// `PARAMETRO_NAO_INFORMADO` when it has no `data`.
    pub fn of_data(body: &[u8]) -> Result<Self, Refusal> {
        let data = canonical_member(body, "data", "request").map_err(unreadable)?;
        data.map(|data| Self::of_text(&data)).ok_or(Refusal::missing("data"))
    }

    /// Of a whole body, where the operation has no `data`. An empty body counts as `{}`.
    ///
    /// # Errors
    ///
    /// 400 `CORPO_INVALIDO`, as above.
    pub fn of_body(body: &[u8]) -> Result<Self, Refusal> {
        let body = if body.is_empty() { b"{}" } else { body };
        canonical(body, "request").map(|text| Self::of_text(&text)).map_err(unreadable)
    }

    fn of_text(text: &str) -> Self {
        Self(sha256(&[text.as_bytes()]))
    }
}

fn unreadable(_: crate::encoding::Malformed) -> Refusal {
    Refusal::plain(OpenFinanceCode::CorpoInvalido)
}

impl fmt::Debug for DataDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataDigest(..)")
    }
}

impl Serialize for DataDigest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for DataDigest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = hex::decode(&text);
        bytes.map(Self).ok_or_else(|| serde::de::Error::custom("not 64 hexadecimal digits"))
    }
}

/// An answer as it was given, to be given again byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: OpaqueBytes,
}

/// What is stored for an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case", deny_unknown_fields)]
pub enum Idempotency {
    /// The first request is being worked on.
    Reserved {
        /// What it asked for.
        digest: DataDigest,
        /// When it came.
        at: UnixMillis,
    },
    /// The first request was answered.
    Finished {
        /// What it asked for.
        digest: DataDigest,
        /// When it came.
        at: UnixMillis,
        /// The answer.
        answer: StoredAnswer,
    },
    /// There is nothing to answer any more: the row can go.
    Released,
}

/// What happens to an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdempotencyEvent {
    /// Another request under the key.
    Requested(DataDigest),
    /// The first request has its answer. It is stored in the transaction of the effect, or right
    /// after it.
    Answered(StoredAnswer),
    /// The first request failed before it had an effect, and may be sent again: a fault of the
    /// service, which is not an answer.
    Abandoned,
}

/// What to do about a request under an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdempotencyEffect {
    /// Do the work; the key is reserved for it.
    Perform,
    /// Answer with this, and do nothing.
    Answer(StoredAnswer),
}

impl Idempotency {
    /// The key's first request: store this under a constraint that the scope is unique, and do the
    /// work; where the constraint does not hold, read what is stored there and
    /// [`apply`](Self::apply).
    #[must_use]
    pub const fn reserve(digest: DataDigest, now: UnixMillis) -> Self {
        Self::Reserved { digest, at: now }
    }

    /// When what is stored is over and may be swept; `None` when it is already.
    #[must_use]
    pub fn ends(&self) -> Option<UnixMillis> {
        match self {
            Self::Reserved { at, .. } | Self::Finished { at, .. } => {
                Some(at.plus_minutes(IDEMPOTENCY_MINUTES))
            }
            Self::Released => None,
        }
    }

    /// Judges an event.
    ///
    /// Refusals: 422 `ERRO_IDEMPOTENCIA` for other data, 409 `REQUISICAO_EM_ANDAMENTO` for the same
    /// data while the first request is worked on, 500 `ERRO_INTERNO` for an answer or an abandoning
    /// where nothing is worked on, which is a fault of the caller of this.
    pub fn apply(
        self,
        event: IdempotencyEvent,
        now: UnixMillis,
    ) -> Step<Self, IdempotencyEffect, Refusal> {
        match (self, event) {
            (state, IdempotencyEvent::Requested(digest)) => state.requested(digest, now),
            (Self::Reserved { digest, at }, IdempotencyEvent::Answered(answer)) => {
                Step::to(Self::Finished { digest, at, answer })
            }
            (Self::Reserved { .. }, IdempotencyEvent::Abandoned) => Step::to(Self::Released),
            (
                state @ (Self::Finished { .. } | Self::Released),
                IdempotencyEvent::Answered(_) | IdempotencyEvent::Abandoned,
            ) => Step::refused(state, Refusal::plain(OpenFinanceCode::ErroInterno)),
        }
    }

    /// Another request under the key. A key whose time is over is a new one.
    fn requested(
        self,
        digest: DataDigest,
        now: UnixMillis,
    ) -> Step<Self, IdempotencyEffect, Refusal> {
        if self.ends().is_none_or(|end| now.has_reached(end)) {
            return Step::to(Self::reserve(digest, now)).with(IdempotencyEffect::Perform);
        }
        let refused = |state, code| Step::refused(state, Refusal::plain(code));
        match &self {
            Self::Reserved { digest: first, .. } | Self::Finished { digest: first, .. }
                if *first != digest =>
            {
                refused(self, OpenFinanceCode::ErroIdempotencia)
            }
            Self::Reserved { .. } => refused(self, OpenFinanceCode::RequisicaoEmAndamento),
            Self::Finished { answer, .. } => {
                let effect = IdempotencyEffect::Answer(answer.clone());
                Step::to(self).with(effect)
            }
            Self::Released => Step::to(Self::reserve(digest, now)).with(IdempotencyEffect::Perform),
        }
    }
}

impl Stored for Idempotency {
    const MACHINE: &'static str = "idempotency";
    const VERSION: u32 = 1;
}
