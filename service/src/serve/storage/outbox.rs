//! What leaves the service: notifications, and orders to the bank's core.
//!
//! A message is written in the unit that has the effect, so there is none without its effect and no
//! effect without its message. It is delivered at least once, under an id that stays: a worker
//! leases it, delivers it, marks it. One that dies in between leaves a lease that runs out.
//!
//! The bank's core can read the queue `rail` by SQL and write its answers there (docs/storage.md).

use device_enrollment::UnixMillis;

use super::row::{Row, Statement, UnexpectedRow};
use super::{Change, ReadError, Rule, Storage};

/// Where a message waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Queue {
    /// Notifications of what happened.
    Event,
    /// Orders to the bank's core.
    Rail,
}

/// A message to write.
#[derive(Clone, Copy)]
pub(crate) struct NewMessage<'a> {
    /// Its id, for ever: what a receiver recognises a repetition by.
    pub(crate) message_id: &'a str,
    /// Where it waits.
    pub(crate) queue: Queue,
    /// Its type, as published.
    pub(crate) kind: &'a str,
    /// The key of what it is about.
    pub(crate) subject: &'a str,
    /// What is delivered.
    pub(crate) payload: &'a str,
    /// When.
    pub(crate) now: UnixMillis,
}

/// A message that waits or was delivered.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Message {
    /// Its id.
    pub(crate) message_id: String,
    /// Its type.
    pub(crate) kind: String,
    /// The key of what it is about.
    pub(crate) subject: String,
    /// What is delivered.
    pub(crate) payload: String,
    /// When it was written.
    pub(crate) created_at: UnixMillis,
    /// How often it was leased.
    pub(crate) attempts: i64,
    /// What the bank's core answered.
    pub(crate) outcome: Option<String>,
}

impl Change {
    /// Writes a message.
    ///
    /// Rule: its id is new. Race: an effect that is carried out twice by a fault would have two
    /// messages of one id; the second one undoes its unit.
    pub(crate) fn send(message: &NewMessage<'_>) -> Self {
        Self::one(
            Rule::MessageIdFree,
            "INSERT INTO outbox
                 (message_id, queue, kind, subject, payload, created_at, available_at, attempts)
             VALUES ($1, $2, $3, $4, $5, $6, $6, 0)
             ON CONFLICT DO NOTHING",
        )
        .text(message.message_id)
        .text(message.queue.word())
        .text(message.kind)
        .text(message.subject)
        .text(message.payload)
        .time(message.now)
    }

    /// Leases a message to a worker.
    ///
    /// Rule: it was not delivered, its time has come, and no lease on it runs. Race: of all workers
    /// on all nodes one delivers it at a time.
    pub(crate) fn lease(
        message_id: &str,
        worker: &str,
        now: UnixMillis,
        until: UnixMillis,
    ) -> Self {
        Self::one(
            Rule::MessageDue,
            "UPDATE outbox SET leased_by = $2, leased_until = $4, attempts = attempts + 1
             WHERE message_id = $1 AND delivered_at IS NULL AND available_at <= $3
                 AND (leased_until IS NULL OR leased_until <= $3)",
        )
        .text(message_id)
        .text(worker)
        .time(now)
        .time(until)
    }

    /// Marks a message as delivered.
    ///
    /// Rule: this worker still leases it. Race: a worker whose lease ran out does not speak for the
    /// one that has it now.
    pub(crate) fn delivered(message_id: &str, worker: &str, now: UnixMillis) -> Self {
        Self::one(
            Rule::MessageLeased,
            "UPDATE outbox SET delivered_at = $3, leased_by = NULL, leased_until = NULL
             WHERE message_id = $1 AND leased_by = $2 AND delivered_at IS NULL",
        )
        .text(message_id)
        .text(worker)
        .time(now)
    }

    /// Gives a message back to be tried again at `retry_at`.
    ///
    /// Rule: this worker still leases it.
    pub(crate) fn not_delivered(message_id: &str, worker: &str, retry_at: UnixMillis) -> Self {
        Self::one(
            Rule::MessageLeased,
            "UPDATE outbox SET available_at = $3, leased_by = NULL, leased_until = NULL
             WHERE message_id = $1 AND leased_by = $2 AND delivered_at IS NULL",
        )
        .text(message_id)
        .text(worker)
        .time(retry_at)
    }

    /// Stores the bank's core's answer to an order, as its webhook gives it; by SQL it writes the
    /// same columns.
    ///
    /// Rule: there was no answer. Race: an answer that is delivered many times is taken once, and a
    /// second, different one does not undo it.
    pub(crate) fn answer(message_id: &str, outcome: &str, now: UnixMillis) -> Self {
        Self::one(
            Rule::MessageUnanswered,
            "UPDATE outbox SET outcome = $2, outcome_at = $3,
                 delivered_at = COALESCE(delivered_at, $3), leased_by = NULL, leased_until = NULL
             WHERE message_id = $1 AND queue = 'rail' AND outcome IS NULL",
        )
        .text(message_id)
        .text(outcome)
        .time(now)
    }

    /// Marks an answer as acted on, in the unit that moves the transfer.
    ///
    /// Rule: there is an answer that nobody acted on. Race: two nodes that read one answer move the
    /// transfer once.
    pub(crate) fn settle(message_id: &str, now: UnixMillis) -> Self {
        Self::one(
            Rule::MessageAnswered,
            "UPDATE outbox SET settled_at = $2
             WHERE message_id = $1 AND outcome IS NOT NULL AND settled_at IS NULL",
        )
        .text(message_id)
        .time(now)
    }
}

impl Storage {
    /// Messages that can be leased, the oldest first.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn due_messages(
        &self,
        queue: Queue,
        now: UnixMillis,
        most: u32,
    ) -> Result<Vec<Message>, ReadError> {
        let query = Statement::new(
            "SELECT message_id, kind, subject, payload, created_at, attempts, outcome FROM outbox
             WHERE queue = $1 AND delivered_at IS NULL AND available_at <= $2
                 AND (leased_until IS NULL OR leased_until <= $2)
             ORDER BY available_at, message_id LIMIT $3",
        );
        let query = query.text(queue.word()).time(now).int(i64::from(most));
        self.all(query, Message::read).await
    }

    /// Orders that the bank's core has answered and nobody acted on, the oldest first.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn answered_orders(&self, most: u32) -> Result<Vec<Message>, ReadError> {
        let query = Statement::new(
            "SELECT message_id, kind, subject, payload, created_at, attempts, outcome FROM outbox
             WHERE queue = 'rail' AND outcome IS NOT NULL AND settled_at IS NULL
             ORDER BY outcome_at, message_id LIMIT $1",
        );
        self.all(query.int(i64::from(most)), Message::read).await
    }

    /// How many messages wait in a queue, for a metric.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn waiting_messages(&self, queue: Queue) -> Result<u64, ReadError> {
        let query =
            Statement::new("SELECT COUNT(*) FROM outbox WHERE queue = $1 AND delivered_at IS NULL");
        let count = self.first(query.text(queue.word()), Row::int).await?.unwrap_or(0);
        Ok(u64::try_from(count).unwrap_or(0))
    }
}

impl Queue {
    /// Its name, in the table and for metrics.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Rail => "rail",
        }
    }
}

impl Message {
    fn read(row: &mut Row) -> Result<Self, UnexpectedRow> {
        Ok(Self {
            message_id: row.text()?,
            kind: row.text()?,
            subject: row.text()?,
            payload: row.text()?,
            created_at: row.time()?,
            attempts: row.int()?,
            outcome: row.text_or_null()?,
        })
    }
}

impl core::fmt::Debug for Message {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Message {} ({})", self.message_id, self.kind)
    }
}
