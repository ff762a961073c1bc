//! What a unit of work is made of.

use device_enrollment::UnixMillis;

use super::row::Statement;

/// One conditional statement of a unit of work.
///
/// Its constructors stand beside what they change (`machines.rs`, `once.rs` …), each with the rule
/// that it holds and the race that it prevents. It does not print what it writes.
#[derive(Clone)]
pub(crate) struct Change {
    pub(super) rule: Rule,
    pub(super) expects: Expects,
    pub(super) statement: Statement,
}

/// What a statement must have done for the unit to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expects {
    /// Exactly one row. Anything else loses the condition, and the unit with it.
    OneRow,
    /// Any number of rows: there is no condition to lose.
    Anything,
}

/// The condition that a change stands on: what [`Lost`](super::Lost) names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Rule {
    /// Importing and configuring: the last word counts.
    Configured,
    /// The API key is known, not revoked.
    ApiKeyLive,
    /// No API key has this prefix.
    ApiKeyPrefixFree,
    /// The account is there and has no device of this key.
    DeviceKeyFree,
    /// The device is still at the revision it was judged on.
    DeviceUnmoved,
    /// The account is there, has no transfer of this control key, and no transfer has this key.
    TransferKeysFree,
    /// The transfer is still at the revision it was judged on.
    TransferUnmoved,
    /// No enrollment has this id.
    EnrollmentIdFree,
    /// The enrollment is still at the revision it was judged on.
    EnrollmentUnmoved,
    /// No consent has this id.
    ConsentIdFree,
    /// The consent is still at the revision it was judged on.
    ConsentUnmoved,
    /// No credential has this id, and what it is bound to is there.
    CredentialIdFree,
    /// The credential is live and its counter is the one that was judged.
    CredentialUnmoved,
    /// Revoking what may have no credential: nothing to lose.
    CredentialsRevoked,
    /// The subject has no verdict yet.
    VerdictFirst,
    /// The value was never spent.
    Unspent,
    /// No nonce of this value was issued.
    NonceFree,
    /// The nonce was issued for this, is not over, and was not spent.
    NonceUnspent,
    /// The request was not seen within its window.
    RequestUnseen,
    /// A request that passed is blocked for its whole window: nothing to lose.
    RequestBlocked,
    /// Nobody holds or has finished this idempotency key.
    IdempotencyKeyFree,
    /// This holder still holds the idempotency key.
    IdempotencyKeyHeld,
    /// The counter has room.
    BelowCap,
    /// No message has this id.
    MessageIdFree,
    /// The message waits, and nobody leases it.
    MessageDue,
    /// This worker still leases the message.
    MessageLeased,
    /// The message has an outcome that was not acted on.
    MessageAnswered,
    /// The bank's core took the order and has not answered it before.
    MessageUnanswered,
    /// Appending to the audit trail: nothing to lose.
    Audited,
    /// The clock's mark only rises: nothing to lose.
    ClockRises,
    /// Old rows go: nothing to lose.
    Swept,
    /// A person's data goes: nothing to lose.
    Erased,
}

impl Change {
    pub(super) const fn one(rule: Rule, sql: &'static str) -> Self {
        Self { rule, expects: Expects::OneRow, statement: Statement::new(sql) }
    }

    pub(super) const fn any(rule: Rule, sql: &'static str) -> Self {
        Self { rule, expects: Expects::Anything, statement: Statement::new(sql) }
    }

    fn with(mut self, add: impl FnOnce(Statement) -> Statement) -> Self {
        self.statement = add(self.statement);
        self
    }

    pub(super) fn text(self, text: &str) -> Self {
        self.with(|statement| statement.text(text))
    }

    pub(super) fn text_or_null(self, text: Option<&str>) -> Self {
        self.with(|statement| statement.text_or_null(text))
    }

    pub(super) fn int(self, number: i64) -> Self {
        self.with(|statement| statement.int(number))
    }

    pub(super) fn switch(self, on: bool) -> Self {
        self.with(|statement| statement.switch(on))
    }

    pub(super) fn time(self, time: UnixMillis) -> Self {
        self.with(|statement| statement.time(time))
    }

    pub(super) fn time_or_null(self, time: Option<UnixMillis>) -> Self {
        self.with(|statement| statement.time_or_null(time))
    }

    pub(super) fn bytes(self, bytes: &[u8]) -> Self {
        self.with(|statement| statement.bytes(bytes))
    }

    /// Whether the statement did what the unit stands on.
    pub(super) fn held(&self, rows: u64) -> bool {
        match self.expects {
            Expects::OneRow => rows == 1,
            Expects::Anything => true,
        }
    }
}

impl core::fmt::Debug for Change {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Change({:?})", self.rule)
    }
}
