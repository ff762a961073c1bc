//! What happens once: spent values, nonces, requests, idempotency keys.

use device_enrollment::UnixMillis;

use super::row::{Row, Statement};
use super::{Change, ReadError, Rule, Storage};

/// What kind of value is spent. A value is spent once in its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SpentKind {
    /// The identifier of a liveness provider's signed result.
    LivenessResult,
}

/// A nonce that was handed out for a liveness check.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct LivenessNonce {
    /// The nonce.
    pub(crate) nonce: String,
    /// For which account.
    pub(crate) account_key: String,
    /// For which device, which need not be requested yet.
    pub(crate) device_key: String,
    /// The nonce, as `flow::Stored` writes it.
    pub(crate) state: String,
    /// When it was handed out.
    pub(crate) issued_at: UnixMillis,
    /// When it is over.
    pub(crate) expires_at: UnixMillis,
}

/// A hold on an idempotency key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IdempotencyHold<'a> {
    /// Client and endpoint: a key means nothing outside of them.
    pub(crate) scope: &'a str,
    /// The client's key.
    pub(crate) key: &'a str,
    /// The fingerprint of the payload.
    pub(crate) fingerprint: &'a str,
    /// Who works on the request: a value of this request alone.
    pub(crate) holder: &'a str,
    /// Now.
    pub(crate) now: UnixMillis,
    /// When the holder is taken for dead, and the same request may be worked on anew.
    pub(crate) held_until: UnixMillis,
    /// When the key is forgotten: at least 24 hours.
    pub(crate) keep_until: UnixMillis,
}

/// What is known of an idempotency key. Compare the fingerprint first: another payload under a
/// known key is refused whether the first one is finished or not.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Idempotency {
    /// The fingerprint of the payload it came with.
    pub(crate) fingerprint: String,
    /// The answer, byte for byte, once there is one: status and body.
    pub(crate) answer: Option<(u16, String)>,
    /// When a holder without an answer is taken for dead.
    pub(crate) held_until: UnixMillis,
    /// When the key is forgotten.
    pub(crate) keep_until: UnixMillis,
}

impl Change {
    /// Spends a value.
    ///
    /// Rule: it was never spent (unique within its kind). Race: of all requests that bring one
    /// challenge or one signed result, one goes on; the others find it spent, on whatever node.
    ///
    /// `keep_until` lies behind the time when the value would be refused for its age.
    pub(crate) fn spend(
        kind: SpentKind,
        value: &str,
        now: UnixMillis,
        keep_until: UnixMillis,
    ) -> Self {
        Self::one(
            Rule::Unspent,
            "INSERT INTO spent (kind, value, spent_at, keep_until) VALUES ($1, $2, $3, $4)
             ON CONFLICT DO NOTHING",
        )
        .text(kind.word())
        .text(value)
        .time(now)
        .time(keep_until)
    }

    /// Notes a nonce that is handed out for a liveness check.
    ///
    /// Rule: it is new.
    pub(crate) fn issue_liveness_nonce(nonce: &LivenessNonce) -> Self {
        Self::one(
            Rule::NonceFree,
            "INSERT INTO liveness_nonces
                 (nonce, account_key, device_key, state, issued_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT DO NOTHING",
        )
        .text(&nonce.nonce)
        .text(&nonce.account_key)
        .text(&nonce.device_key)
        .text(&nonce.state)
        .time(nonce.issued_at)
        .time(nonce.expires_at)
    }

    /// Spends a nonce of a liveness check.
    ///
    /// Rule: it was handed out for this device of this account, is not over, and was not spent. Race:
    /// one liveness result, sent many times at once, confirms one device.
    pub(crate) fn spend_liveness_nonce(
        nonce: &str,
        account_key: &str,
        device_key: &str,
        now: UnixMillis,
    ) -> Self {
        Self::one(
            Rule::NonceUnspent,
            "UPDATE liveness_nonces SET spent_at = $4
             WHERE nonce = $1 AND account_key = $2 AND device_key = $3
                 AND spent_at IS NULL AND expires_at > $4",
        )
        .text(nonce)
        .text(account_key)
        .text(device_key)
        .time(now)
    }

    /// Lets a request pass and blocks its like until `blocked_until`.
    ///
    /// Rule: no like request passed within its window. Race: the look and the note are one
    /// statement, so of two like requests at one time one passes; an old note is replaced in place,
    /// so the window needs no sweep to be right. A blocked request does not prolong the block.
    pub(crate) fn pass_request(
        fingerprint: &str,
        now: UnixMillis,
        blocked_until: UnixMillis,
    ) -> Self {
        Self::one(
            Rule::RequestUnseen,
            "INSERT INTO replay_fingerprints (fingerprint, seen_at, blocked_until)
             VALUES ($1, $2, $3)
             ON CONFLICT (fingerprint) DO UPDATE
             SET seen_at = excluded.seen_at, blocked_until = excluded.blocked_until
             WHERE replay_fingerprints.blocked_until <= excluded.seen_at",
        )
        .text(fingerprint)
        .time(now)
        .time(blocked_until)
    }

    /// Blocks the like of a request that passed for a short time, until the end of its window, in the
    /// unit that decides its answer.
    ///
    /// No condition of its own: what it decides is the condition, and a block is never shortened.
    pub(crate) fn block_request(fingerprint: &str, blocked_until: UnixMillis) -> Self {
        Self::any(
            Rule::RequestBlocked,
            "UPDATE replay_fingerprints SET blocked_until = $2
             WHERE fingerprint = $1 AND blocked_until < $2",
        )
        .text(fingerprint)
        .time(blocked_until)
    }

    /// Takes an idempotency key, before anything is done.
    ///
    /// Rule: nobody has it; or it is over; or its holder, with the same payload, gave no answer in
    /// time. Race: of two like requests one does the work, and the other waits or repeats the
    /// answer; a holder that was only slow loses the key with everything in its last unit.
    pub(crate) fn hold_idempotency_key(hold: &IdempotencyHold<'_>) -> Self {
        Self::one(
            Rule::IdempotencyKeyFree,
            "INSERT INTO idempotency
                 (scope, idempotency_key, fingerprint, holder, held_until, created_at, keep_until)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (scope, idempotency_key) DO UPDATE
             SET fingerprint = excluded.fingerprint, holder = excluded.holder,
                 held_until = excluded.held_until, status = NULL, body = NULL,
                 created_at = excluded.created_at, keep_until = excluded.keep_until
             WHERE idempotency.keep_until <= excluded.created_at
                 OR (idempotency.status IS NULL
                     AND idempotency.held_until <= excluded.created_at
                     AND idempotency.fingerprint = excluded.fingerprint)",
        )
        .text(hold.scope)
        .text(hold.key)
        .text(hold.fingerprint)
        .text(hold.holder)
        .time(hold.held_until)
        .time(hold.now)
        .time(hold.keep_until)
    }

    /// Stores the answer under an idempotency key, in the unit that has the effect.
    ///
    /// Rule: this holder still has it. Race: a request that was overtaken has no effect, because
    /// its effect is in this unit.
    pub(crate) fn finish_idempotency_key(
        scope: &str,
        key: &str,
        holder: &str,
        status: u16,
        body: &str,
    ) -> Self {
        Self::one(
            Rule::IdempotencyKeyHeld,
            "UPDATE idempotency SET status = $4, body = $5
             WHERE scope = $1 AND idempotency_key = $2 AND holder = $3 AND status IS NULL",
        )
        .text(scope)
        .text(key)
        .text(holder)
        .int(i64::from(status))
        .text(body)
    }
}

impl Storage {
    /// What is known of an idempotency key at `now`.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn idempotency(
        &self,
        scope: &str,
        key: &str,
        now: UnixMillis,
    ) -> Result<Option<Idempotency>, ReadError> {
        let query = Statement::new(
            "SELECT fingerprint, status, body, held_until, keep_until FROM idempotency
             WHERE scope = $1 AND idempotency_key = $2 AND keep_until > $3",
        );
        self.first(query.text(scope).text(key).time(now), |row| {
            let fingerprint = row.text()?;
            let status = row.int_or_null()?.and_then(|status| u16::try_from(status).ok());
            Ok(Idempotency {
                fingerprint,
                answer: status.zip(row.text_or_null()?),
                held_until: row.time()?,
                keep_until: row.time()?,
            })
        })
        .await
    }

    /// Whether a like request passed within its window. What lets a request pass is
    /// [`Change::pass_request`] alone; this is so that a repetition is named as one before it is
    /// judged.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn request_is_blocked(
        &self,
        fingerprint: &str,
        now: UnixMillis,
    ) -> Result<bool, ReadError> {
        let query = Statement::new(
            "SELECT seen_at FROM replay_fingerprints WHERE fingerprint = $1 AND blocked_until > $2",
        );
        let seen = self.first(query.text(fingerprint).time(now), Row::time).await?;
        Ok(seen.is_some())
    }

    /// The nonce that was handed out last for a device and not spent, whether it is over or not.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn liveness_nonce(
        &self,
        account_key: &str,
        device_key: &str,
    ) -> Result<Option<LivenessNonce>, ReadError> {
        let query = Statement::new(
            "SELECT nonce, account_key, device_key, state, issued_at, expires_at
             FROM liveness_nonces
             WHERE account_key = $1 AND device_key = $2 AND spent_at IS NULL
             ORDER BY issued_at DESC, nonce LIMIT 1",
        );
        self.first(query.text(account_key).text(device_key), |row: &mut Row| {
            Ok(LivenessNonce {
                nonce: row.text()?,
                account_key: row.text()?,
                device_key: row.text()?,
                state: row.text()?,
                issued_at: row.time()?,
                expires_at: row.time()?,
            })
        })
        .await
    }
}

impl SpentKind {
    const fn word(self) -> &'static str {
        match self {
            Self::LivenessResult => "liveness_result",
        }
    }
}
