//! Where everything lives that decides: one interface, two engines.
//!
//! # Reading
//!
//! Each read is one query. What it gives is judged by the core, and is old by then: nothing may be
//! answered or handed out on the strength of a read alone.
//!
//! # Writing
//!
//! All writes are a unit of work: [`Storage::commit`] with a list of [`Change`]s, applied whole or
//! not at all. Each change is one conditional statement, and the first whose condition does not hold
//! is named in [`CommitError::Lost`]; the caller reads again and judges again. So a challenge, a code
//! attempt, a nonce or a counter is moved once, however many requests, tasks and nodes are at it.
//! Nothing that decides is kept in a process.
//!
//! When `commit` answers `Ok`, the unit is on the disk.
//!
//! # Engines
//!
//! SQLite (a file, the default) and PostgreSQL (many nodes). They share the text of every statement;
//! what differs is how a unit becomes a transaction, and the schema.

mod audit;
mod change;
mod clock;
mod counters;
mod credentials;
mod error;
mod machines;
mod migrations;
mod once;
mod outbox;
mod parties;
mod postgres;
mod retention;
mod row;
mod sqlite;
#[cfg(test)]
pub(super) mod tests;
mod verdicts;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use device_enrollment::UnixMillis;

pub(crate) use audit::AuditEntry;
pub(crate) use change::{Change, Rule};
pub(crate) use counters::Counter;
pub(crate) use credentials::{Credential, CredentialOwner, CredentialUse};
#[cfg(test)]
pub(crate) use error::Cause;
pub(crate) use error::{CommitError, Fault, Lost, OpenError, ReadError};
pub(crate) use machines::{
    Consent, Device, Enrollment, EnrollmentFilter, Move, NewConsent, NewDevice, NewEnrollment,
    NewTransfer, Page, Transfer,
};
pub(crate) use once::{IdempotencyHold, LivenessNonce, SpentKind};
pub(crate) use outbox::{Message, NewMessage, Queue};
pub(crate) use parties::{
    Account, AccountKind, AccountStatus, ApiKey, Approver, NewApiKey, Requester,
};
pub(crate) use postgres::PostgresSettings;
pub(crate) use retention::Retention;
pub(crate) use sqlite::SqliteSettings;
pub(crate) use verdicts::KeptVerdict;

use super::metrics;
use clock::Clock;
use row::{Row, Statement, UnexpectedRow};

/// What an engine gives back later. A box, so that both engines have one type.
type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An engine: how statements reach a database. It knows nothing of what they say.
trait Engine: Send + Sync {
    /// Applies a unit of work, whole or not at all, and answers when it is durable.
    fn commit(&self, unit: Vec<Change>) -> Later<'_, Result<(), CommitError>>;
    /// All rows of a query.
    fn read(&self, query: Statement) -> Later<'_, Result<Vec<Row>, ReadError>>;
    /// The query for the database's own clock, in milliseconds since 1970.
    fn clock(&self) -> &'static str;
    /// Waits for what is under way and lets go of the connections.
    fn close(&self) -> Later<'_, ()>;
    fn name(&self) -> &'static str;
}

/// The storage. Cheap to clone; every clone is the same one.
#[derive(Clone)]
pub(crate) struct Storage {
    engine: Arc<dyn Engine>,
    /// The time that this process goes by.
    clock: Arc<Clock>,
}

impl core::fmt::Debug for Storage {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Storage({})", self.engine.name())
    }
}

/// Which engine, and how.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    /// A file.
    Sqlite(SqliteSettings),
    /// A server.
    Postgres(PostgresSettings),
}

impl Database {
    /// Reads an address: `postgres://…`, or `sqlite:FILE`.
    ///
    /// # Errors
    ///
    /// An [`OpenError`] that does not repeat the address: there can be a password in it.
    #[cfg(test)]
    pub(crate) fn from_address(address: &str) -> Result<Self, OpenError> {
        if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            let settings = PostgresSettings { url: address.to_owned(), connections: 16 };
            return Ok(Self::Postgres(settings));
        }
        let file = address.strip_prefix("sqlite:").map(|file| file.trim_start_matches("//"));
        match file.filter(|file| !file.is_empty() && *file != ":memory:") {
            Some(file) => {
                Ok(Self::Sqlite(SqliteSettings { file: file.into(), readers: 4, max_pages: None }))
            }
            None => Err(OpenError(
                "the database address has to be postgres://… or sqlite:FILE".to_owned(),
            )),
        }
    }
}

impl Storage {
    /// Opens a database, brings its schema up to date, and checks that what it acknowledges
    /// survives a crash.
    ///
    /// # Errors
    ///
    /// An [`OpenError`] when it cannot be reached, is set to lose commits, or was written by a later
    /// release.
    pub(crate) async fn open(database: &Database) -> Result<Self, OpenError> {
        let engine: Arc<dyn Engine> = match database {
            Database::Sqlite(settings) => Arc::new(sqlite::Sqlite::open(settings).await?),
            Database::Postgres(settings) => Arc::new(postgres::Postgres::open(settings).await?),
        };
        let storage = Self { engine, clock: Arc::default() };
        let mark = storage.first(Statement::new("SELECT high_water FROM clock"), Row::time).await;
        let mark = mark.map_err(|error| OpenError(error.to_string()))?;
        storage.clock.given(mark.unwrap_or(UnixMillis(0)), Instant::now());
        Ok(storage)
    }

    /// Applies a unit of work, whole or not at all. `Ok` means that it is on the disk.
    ///
    /// # Errors
    ///
    /// A [`CommitError`].
    pub(crate) async fn commit(&self, unit: Vec<Change>) -> Result<(), CommitError> {
        if unit.is_empty() {
            return Ok(());
        }
        let began = Instant::now();
        let committed = self.engine.commit(unit).await;
        let failure = match &committed {
            Ok(()) => None,
            Err(CommitError::Lost(_)) => Some("lost"),
            Err(CommitError::Unavailable(unavailable)) => Some(unavailable.cause.word()),
            Err(CommitError::Fault(_)) => Some("fault"),
        };
        metrics::stored("commit", began.elapsed(), failure);
        committed
    }

    async fn read(&self, query: Statement) -> Result<Vec<Row>, ReadError> {
        let began = Instant::now();
        let rows = self.engine.read(query).await;
        let failure = match &rows {
            Ok(_) => None,
            Err(ReadError::Unavailable(unavailable)) => Some(unavailable.cause.word()),
            Err(ReadError::Fault(_)) => Some("fault"),
        };
        metrics::stored("read", began.elapsed(), failure);
        rows
    }

    /// The database's clock, which all nodes share. It never goes back, neither in this process nor,
    /// beyond the last [`Change::clock_mark`], over a restart: what was over stays over. While it is
    /// behind what it was, time goes on at half its pace ([`Clock`]).
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn now(&self) -> Result<UnixMillis, ReadError> {
        // Before the question, so that a slow answer is not taken for a clock that was set back.
        let asked = Instant::now();
        let now = self.first(Statement::new(self.engine.clock()), Row::time).await?;
        Ok(self.clock.given(now.ok_or(UnexpectedRow)?, asked))
    }

    /// Whether the database answers, and takes writes.
    ///
    /// # Errors
    ///
    /// A [`CommitError`] that says why not.
    pub(crate) async fn ready(&self) -> Result<(), CommitError> {
        let now = self.now().await?;
        self.commit(vec![Change::clock_mark(now)]).await
    }

    /// Waits for what is under way and lets go of the database.
    pub(crate) async fn close(&self) {
        self.engine.close().await;
    }

    /// The engine's name, for logs and metrics.
    pub(crate) fn engine(&self) -> &'static str {
        self.engine.name()
    }

    /// The first row of a query, if there is one.
    async fn first<T>(
        &self,
        query: Statement,
        read: impl FnOnce(&mut Row) -> Result<T, UnexpectedRow>,
    ) -> Result<Option<T>, ReadError> {
        let rows = self.read(query).await?;
        Ok(rows.into_iter().next().map(|mut row| read(&mut row)).transpose()?)
    }

    /// All rows of a query.
    async fn all<T>(
        &self,
        query: Statement,
        read: impl Fn(&mut Row) -> Result<T, UnexpectedRow>,
    ) -> Result<Vec<T>, ReadError> {
        let rows = self.read(query).await?;
        Ok(rows.into_iter().map(|mut row| read(&mut row)).collect::<Result<_, _>>()?)
    }
}

impl Change {
    /// Remembers the time, so that a clock that is set back while the service is down is noticed.
    /// To be committed now and then, by the sweeper and by readiness.
    ///
    /// Rule: the mark rises or stays. Race: of two nodes the later time wins, whoever writes last.
    pub(crate) fn clock_mark(now: UnixMillis) -> Self {
        Self::any(Rule::ClockRises, "UPDATE clock SET high_water = $1 WHERE high_water < $1")
            .time(now)
    }
}
