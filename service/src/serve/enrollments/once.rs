//! What makes a request count once: its fingerprint, and the client's own key for it.
//!
//! Both are taken in the unit that has the effect, so a request that changes nothing blocks nothing,
//! and one that was interrupted before its effect can be sent again. Of many like requests at one
//! time one unit is applied; the others find out here what they are.
//!
//! Where a request is judged between two units, the first one takes both for as long as
//! `limits.lease_seconds`, and the second one for good. A node that dies in between has them no
//! longer than that: then the same request may be sent again, and finds what the first unit left.

use device_enrollment::UnixMillis;
use device_enrollment::flow::Uuid4;
use device_enrollment::open_finance::{
    DataDigest, Fingerprint, IDEMPOTENCY_MINUTES, IdempotencyScope, OpenFinanceCode, Refusal,
    ReplayMode, ReplayWindow, ReplayedRequest, RequestContext,
};

use super::answer::Answer;
use super::asked::{Asked, ClientKey};
use crate::serve::flows::fresh_key;
use crate::serve::http::{App, Problem};
use crate::serve::storage::{Change, IdempotencyHold, Lost, Rule};

/// Where client keys of this family are kept; the scope itself is within their hash.
const SCOPE: &str = "open_finance";

/// A request that has not been seen, as far as reading tells.
pub(super) struct Once {
    fingerprint: Option<String>,
    key: Option<Key>,
    now: UnixMillis,
    /// When whoever works on it is taken for dead.
    held_until: UnixMillis,
}

struct Key {
    hash: String,
    digest: String,
    holder: Uuid4,
}

/// What is known of a request.
pub(super) enum Begun {
    /// Its answer was given before.
    Answered(Answer),
    /// Nothing.
    New(Once),
}

/// Whether a request like one before is turned away.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Replays {
    /// Always: it makes something.
    Blocked,
    /// Where the header asks for it: the operation can be repeated without harm.
    BlockedWhereAsked,
}

impl Once {
    /// Looks a request up. `parameters` are those of its path.
    pub(super) async fn begin(
        app: &App,
        asked: &Asked,
        replays: Replays,
        parameters: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Begun, Problem> {
        let now = app.storage.now().await?;
        let caller = asked.user_anywhere();
        let endpoint = format!("{} {}", asked.method, asked.uri.path());
        let key = asked.key.as_ref();
        let key = key.map(|key| Key::read(&caller, &endpoint, key, body)).transpose()?;
        let blocks = replays == Replays::Blocked || asked.context.mode != ReplayMode::Request;
        let fingerprint = match blocks {
            true => Some(fingerprint(asked, parameters, body)?.to_hex()),
            false => None,
        };
        let once = Self { fingerprint, key, now, held_until: held_until(app, now) };
        // A client that has a key is given its answer again, before it is taken for a repetition.
        if let Some(answer) = once.known(app).await? {
            return Ok(Begun::Answered(answer));
        }
        if let Some(fingerprint) = &once.fingerprint
            && app.storage.request_is_blocked(fingerprint, now).await?
        {
            return Err(repeated());
        }
        Ok(Begun::New(once))
    }

    /// A request outside of `/open-finance` itself, which has no fingerprint.
    pub(super) async fn by_key(
        app: &App,
        caller: &str,
        endpoint: &str,
        key: Option<&ClientKey>,
        body: &[u8],
    ) -> Result<Begun, Problem> {
        let now = app.storage.now().await?;
        let key = key.map(|key| Key::read(caller, endpoint, key, body)).transpose()?;
        let once = Self { fingerprint: None, key, now, held_until: held_until(app, now) };
        let known = once.known(app).await?;
        Ok(known.map_or(Begun::New(once), Begun::Answered))
    }

    /// What a unit begins with.
    pub(super) fn before(&self) -> Vec<Change> {
        self.taken(ReplayWindow::PUBLISHED.ends(self.now))
    }

    /// What the first of two units begins with.
    pub(super) fn before_judging(&self) -> Vec<Change> {
        self.taken(self.held_until)
    }

    fn taken(&self, blocked_until: UnixMillis) -> Vec<Change> {
        let key = self.key.as_ref().map(|key| {
            Change::hold_idempotency_key(&IdempotencyHold {
                scope: SCOPE,
                key: &key.hash,
                fingerprint: &key.digest,
                holder: &key.holder.to_string(),
                now: self.now,
                held_until: self.held_until,
                keep_until: self.now.plus_minutes(IDEMPOTENCY_MINUTES),
            })
        });
        let request = self
            .fingerprint
            .as_ref()
            .map(|fingerprint| Change::pass_request(fingerprint, self.now, blocked_until));
        key.into_iter().chain(request).collect()
    }

    /// What the unit ends with that decides the answer.
    pub(super) fn after(&self, answer: &Answer) -> Option<Change> {
        let key = self.key.as_ref()?;
        let (status, holder) = (answer.status.as_u16(), key.holder.to_string());
        Some(Change::finish_idempotency_key(SCOPE, &key.hash, &holder, status, &answer.body))
    }

    /// What the second of two units ends with.
    pub(super) fn after_judging(&self, answer: &Answer) -> Vec<Change> {
        let blocked = self.fingerprint.as_ref().map(|fingerprint| {
            Change::block_request(fingerprint, ReplayWindow::PUBLISHED.ends(self.now))
        });
        self.after(answer).into_iter().chain(blocked).collect()
    }

    /// The answer to a request whose unit was not applied because a like one was; `None` when the
    /// lost condition was none of these.
    pub(super) async fn overtaken(&self, app: &App, lost: Lost) -> Result<Option<Answer>, Problem> {
        match lost.rule {
            Rule::RequestUnseen => Err(repeated()),
            Rule::IdempotencyKeyFree => match self.known(app).await? {
                Some(answer) => Ok(Some(answer)),
                // It was given back in between.
                None => Err(Problem::busy()),
            },
            Rule::IdempotencyKeyHeld => Err(under_way()),
            _ => Ok(None),
        }
    }

    /// The answer that was given under the client's key.
    async fn known(&self, app: &App) -> Result<Option<Answer>, Problem> {
        let Some(key) = &self.key else { return Ok(None) };
        let Some(known) = app.storage.idempotency(SCOPE, &key.hash, self.now).await? else {
            return Ok(None);
        };
        if known.fingerprint != key.digest {
            return Err(Refusal::plain(OpenFinanceCode::ErroIdempotencia).into());
        }
        match known.answer {
            Some((status, body)) => {
                let status = axum::http::StatusCode::from_u16(status);
                let status = status.map_err(|_| Problem::internal())?;
                Ok(Some(Answer { status, body, code: None }))
            }
            None if self.now.has_reached(known.held_until) => Ok(None),
            None => Err(under_way()),
        }
    }
}

impl Key {
    fn read(caller: &str, endpoint: &str, key: &ClientKey, body: &[u8]) -> Result<Self, Problem> {
        let digest = serde_json::to_value(DataDigest::of_body(body)?);
        let digest = digest.ok().and_then(|digest| digest.as_str().map(str::to_owned));
        Ok(Self {
            hash: IdempotencyScope::new(caller, endpoint, &key.key).to_hex(),
            digest: digest.ok_or(Problem::internal())?,
            holder: fresh_key()?,
        })
    }
}

fn held_until(app: &App, now: UnixMillis) -> UnixMillis {
    let lease = i64::try_from(app.config.limits.lease.as_millis()).unwrap_or(i64::MAX);
    now.plus_millis(lease)
}

fn fingerprint(
    asked: &Asked,
    parameters: &[(&str, &str)],
    body: &[u8],
) -> Result<Fingerprint, Refusal> {
    let request = ReplayedRequest {
        method: asked.method.as_str(),
        path: asked.uri.path(),
        parameters,
        query: asked.uri.query().unwrap_or_default(),
        body,
        user: &asked.user_anywhere(),
    };
    let context: &RequestContext = &asked.context;
    Fingerprint::of(&request, context)
}

fn repeated() -> Problem {
    Refusal::plain(OpenFinanceCode::RequisicaoRepetida).into()
}

fn under_way() -> Problem {
    Refusal::plain(OpenFinanceCode::RequisicaoEmAndamento).into()
}
