//! Protection against repeated requests, as the page "Replay Protection" publishes it: a request is
//! known by a fingerprint of its method, parameters, path, query, body and user, to which the
//! caller may add its `nonce`, its `x-transaction-uuid`, or both; and the same fingerprint is
//! blocked for two hours.
//!
//! Nothing here remembers. A store keeps each [`Fingerprint`] under a unique constraint with the
//! time it was seen, and one conditional statement both asks and takes: insert it, or replace one
//! whose time [`ReplayWindow::is_over`] finds over. Whoever gets no row has a repeated request.

mod context;
mod percent;

pub use context::RequestContext;

use serde::{Deserialize, Serialize};

use super::{OpenFinanceCode, Refusal};
use crate::crypto::{Transcript, sha256};
use crate::encoding::canonical::canonical;
use crate::encoding::hex;
use crate::time::UnixMillis;

/// The value of `x-include-replay-protection-schema`: what the fingerprint takes in beside the
/// request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplayMode {
    /// The header is absent: the request alone, whatever the other headers say.
    #[default]
    Request,
    /// `nonce`.
    Nonce,
    /// `x-transaction-uuid`.
    Transaction,
    /// `nonce&x-transaction-uuid`, or the two the other way round: a request passes where one of
    /// them differs.
    Both,
}

impl ReplayMode {
    /// The mode that a header names; `None` for every other value, an empty one too. The page
    /// publishes no spelling but these.
    #[must_use]
    pub fn from_header(value: &str) -> Option<Self> {
        match value {
            "nonce" => Some(Self::Nonce),
            "x-transaction-uuid" => Some(Self::Transaction),
            "nonce&x-transaction-uuid" | "x-transaction-uuid&nonce" => Some(Self::Both),
            _ => None,
        }
    }

    const fn has_nonce(self) -> bool {
        matches!(self, Self::Nonce | Self::Both)
    }

    const fn has_transaction(self) -> bool {
        matches!(self, Self::Transaction | Self::Both)
    }
}

/// A request as its fingerprint sees it.
///
/// Debug prints nothing of it: it has a person's data.
#[derive(Clone, Copy)]
pub struct ReplayedRequest<'a> {
    /// The HTTP method, in upper case.
    pub method: &'a str,
    /// The path as it was sent, without the query.
    pub path: &'a str,
    /// The parameters that were read out of the path, decoded, by their names.
    pub parameters: &'a [(&'a str, &'a str)],
    /// The query as it was sent, without its question mark; empty when there is none.
    pub query: &'a str,
    /// The body as it was sent; an empty one counts as `{}`, because an operation that takes no
    /// body reads both alike.
    pub body: &'a [u8],
    /// The user on whose behalf the request acts: `x-product-target-user-uuid`, or the user that
    /// is configured for the caller. Users of two callers have to differ.
    pub user: &'a str,
}

impl core::fmt::Debug for ReplayedRequest<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("ReplayedRequest(..)")
    }
}

/// SHA-256 over a request and what its mode adds. Two requests that mean the same share it,
/// whatever the white space, the escapes and the order of members and parameters; a change of any
/// value alters it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of a request.
    ///
    /// Parameters with one name keep their order, because it can mean something; a UUID is the
    /// same in either case.
    ///
    /// # Errors
    ///
    /// 400 when the body is not strict JSON whose numbers a double keeps, or path or query are not
    /// percent-encoded: what cannot be compared is not let through.
    pub fn of(request: &ReplayedRequest<'_>, context: &RequestContext) -> Result<Self, Refusal> {
        let body = if request.body.is_empty() { b"{}" } else { request.body };
        let body = canonical(body, "request")
            .map_err(|_| Refusal::plain(OpenFinanceCode::CorpoInvalido))?;
        let path = percent::path(request.path).ok_or_else(|| Refusal::header_invalid("path"))?;
        let query =
            percent::query(request.query).ok_or_else(|| Refusal::header_invalid("query"))?;
        let mut parameters = request.parameters.to_vec();
        parameters.sort_by_key(|(name, _)| *name);

        let mut transcript = Transcript::new(b"open finance replay 1");
        transcript.bytes(request.method.as_bytes());
        transcript.byte_list(&path);
        transcript.list(&parameters, |transcript, (name, value)| {
            transcript.bytes(name.as_bytes());
            transcript.bytes(&percent::one_case(value.as_bytes().to_vec()));
        });
        transcript.list(&query, |transcript, (name, value)| {
            transcript.bytes(name);
            transcript.bytes(value);
        });
        transcript.bytes(body.as_bytes());
        transcript.bytes(request.user.as_bytes());
        let nonce = Some(&context.nonce).filter(|_| context.mode.has_nonce());
        let transaction = context.transaction.as_ref().filter(|_| context.mode.has_transaction());
        transcript.optional(nonce.map(|uuid| uuid.as_bytes().as_slice()));
        transcript.optional(transaction.map(|uuid| uuid.as_bytes().as_slice()));
        Ok(Self(sha256(&[&transcript.into_bytes()])))
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

    /// From 64 digits; `None` when they are anything else.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        hex::decode(text).map(Self)
    }
}

/// Prints nothing: who knows the rest of a request could find a document number by trying.
impl core::fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Fingerprint(..)")
    }
}

/// How long a fingerprint blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayWindow {
    /// Minutes.
    pub minutes: u32,
}

impl ReplayWindow {
    /// The two hours of the published page.
    pub const PUBLISHED: Self = Self { minutes: 120 };

    /// When a fingerprint that was seen at `seen_at` stops blocking.
    #[must_use]
    pub fn ends(self, seen_at: UnixMillis) -> UnixMillis {
        seen_at.plus_minutes(self.minutes)
    }

    /// Whether the block of a fingerprint that was seen at `seen_at` is over. It is at the end of
    /// the window itself; a clock that was set back ends nothing.
    #[must_use]
    pub fn is_over(self, seen_at: UnixMillis, now: UnixMillis) -> bool {
        now.has_reached(self.ends(seen_at))
    }

    /// Judges a request whose fingerprint was seen before at `seen_at`, or never.
    ///
    /// # Errors
    ///
    /// 409 `REQUISICAO_REPETIDA` while the block lasts.
    pub fn judge(self, seen_at: Option<UnixMillis>, now: UnixMillis) -> Result<(), Refusal> {
        match seen_at {
            Some(seen_at) if !self.is_over(seen_at, now) => {
                Err(Refusal::plain(OpenFinanceCode::RequisicaoRepetida))
            }
            _ => Ok(()),
        }
    }
}

impl Default for ReplayWindow {
    fn default() -> Self {
        Self::PUBLISHED
    }
}
