//! SQLite: one file, one writer, and commits that are shared.
//!
//! A durable commit costs a flush of the disk, a few milliseconds, and SQLite has one writer. So the
//! units of work that arrive while a flush is under way go into the next transaction together, each
//! under a savepoint of its own: one that loses its condition is rolled back alone, and all others
//! share one flush. Nobody is answered before the flush.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection as _, Executor as _, Row as _};
use tokio::sync::{mpsc, oneshot};

use super::change::Change;
use super::error::{
    Cause, CommitError, Failure, Fault, Lost, OpenError, ReadError, Unavailable, of_driver,
};
use super::migrations::{self, Migration};
use super::pool::{Maker, Pool};
use super::row::{Row, Statement, Value, bound, row_of};
use super::{Engine, Later};

/// Units in one transaction. More would make the first of them wait for the last.
const MAX_GROUP: usize = 256;
/// Units that wait for the writer before their senders wait too.
const QUEUE: usize = 1024;
/// Statements that a connection keeps prepared: more than there are.
const PREPARED: usize = 512;
/// How long another process may hold the file before a write gives up.
const BUSY: Duration = Duration::from_secs(5);

const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "first",
    sql: include_str!("migrations/sqlite/0001_first.sql"),
}];

/// How a file is opened.
#[derive(Debug, Clone)]
pub(crate) struct SqliteSettings {
    /// The file. It is made when it is not there; its folder is not.
    pub(crate) file: PathBuf,
    /// Connections that read.
    pub(crate) readers: u32,
    /// Pages of 4 KiB that the file may grow to, so that it is not the database that fills the
    /// disk; without it, what the disk has.
    pub(crate) max_pages: Option<u32>,
}

/// A file, its writer and its readers.
pub(super) struct Sqlite {
    writer: mpsc::Sender<Job>,
    readers: Pool<Options>,
}

/// How connections that read are made.
struct Options(SqliteConnectOptions);

impl Maker for Options {
    type Connection = SqliteConnection;

    fn make(&self) -> Later<'_, Result<SqliteConnection, sqlx::Error>> {
        Box::pin(SqliteConnection::connect_with(&self.0))
    }

    fn lives<'a>(&'a self, _: &'a mut SqliteConnection) -> Later<'a, bool> {
        // There is nobody at the other end who could have gone.
        Box::pin(std::future::ready(true))
    }

    fn end(&self, connection: SqliteConnection) -> Later<'_, ()> {
        Box::pin(async {
            let _ = connection.close().await;
        })
    }
}

enum Job {
    Commit(Waiting),
    /// What came before it is committed, and what comes after it is not taken.
    Close(oneshot::Sender<()>),
}

struct Waiting {
    unit: Vec<Change>,
    answer: oneshot::Sender<Result<(), CommitError>>,
}

impl Sqlite {
    pub(super) async fn open(settings: &SqliteSettings) -> Result<Self, OpenError> {
        let options = options(settings)?;
        make_private(&settings.file)?;
        let mut writer = connect_when_free(&options, settings)
            .await
            .map_err(|failure| cannot_open(&settings.file, &failure))?;
        check_durable(&mut writer).await?;
        migrate(&mut writer, MIGRATIONS).await?;
        let reading = Options(options.clone().pragma("query_only", "ON"));
        let readers = Pool::new(reading, settings.readers, BUSY);
        let first = readers.lend().await;
        first.map_err(|error| cannot_open(&settings.file, &of(&error)))?.give_back();
        let (sender, receiver) = mpsc::channel(QUEUE);
        let writer =
            Writer { connection: Some(writer), options, settings: settings.clone(), receiver };
        tokio::spawn(writer.run());
        Ok(Self { writer: sender, readers })
    }
}

impl Engine for Sqlite {
    fn commit(&self, unit: Vec<Change>) -> Later<'_, Result<(), CommitError>> {
        Box::pin(async move {
            let stopped = || CommitError::Unavailable(Unavailable::stopped());
            let (answer, answered) = oneshot::channel();
            let job = Job::Commit(Waiting { unit, answer });
            self.writer.send(job).await.map_err(|_| stopped())?;
            answered.await.map_err(|_| stopped())?
        })
    }

    fn read(&self, query: Statement) -> Later<'_, Result<Vec<Row>, ReadError>> {
        Box::pin(async move {
            let mut lent = self.readers.lend().await.map_err(|error| of(&error).of_query())?;
            let rows = match bound!(&query).fetch_all(lent.connection()).await {
                Ok(rows) => rows,
                Err(error) => {
                    let failure = of(&error);
                    lent.after_failure(&failure);
                    return Err(failure.of_query());
                }
            };
            lent.give_back();
            rows.iter()
                .map(|row| row_of!(row))
                .collect::<Result<Vec<Row>, sqlx::Error>>()
                .map_err(|error| of(&error).of_query())
        })
    }

    fn clock(&self) -> &'static str {
        // The file has one host, and its clock is the database's.
        "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)"
    }

    fn close(&self) -> Later<'_, ()> {
        Box::pin(async move {
            self.readers.close().await;
            let (closed, last) = oneshot::channel();
            if self.writer.send(Job::Close(closed)).await.is_ok() {
                // An error is a writer that has gone already.
                let _ = last.await;
            }
        })
    }

    fn name(&self) -> &'static str {
        "sqlite"
    }
}

/// The task that writes.
struct Writer {
    /// None after a failure: the next group opens the file anew, so that a disk that came back
    /// needs no restart.
    connection: Option<SqliteConnection>,
    options: SqliteConnectOptions,
    settings: SqliteSettings,
    receiver: mpsc::Receiver<Job>,
}

impl Writer {
    async fn run(mut self) {
        let mut closed = None;
        while closed.is_none() {
            let Some(first) = self.receiver.recv().await else { break };
            let mut group = Vec::new();
            let mut next = Some(first);
            while let Some(job) = next {
                match job {
                    Job::Commit(waiting) => group.push(waiting),
                    Job::Close(answer) => {
                        closed = Some(answer);
                        break;
                    }
                }
                let full = group.len() >= MAX_GROUP;
                next = if full { None } else { self.receiver.try_recv().ok() };
            }
            if !group.is_empty() {
                self.commit(group).await;
            }
        }
        if let Some(connection) = self.connection {
            // The last connection to go folds the write-ahead log into the file.
            let _ = connection.close().await;
        }
        // Those who wait in the queue hear that it was stopped, because their answers are dropped
        // with it.
        drop(self.receiver);
        if let Some(closed) = closed {
            let _ = closed.send(());
        }
    }

    async fn commit(&mut self, group: Vec<Waiting>) {
        let units: Vec<&[Change]> = group.iter().map(|waiting| waiting.unit.as_slice()).collect();
        let results = match self.apply(&units).await {
            Ok(results) => results,
            Err(failure) => units.iter().map(|_| Err(of_group(failure.clone()))).collect(),
        };
        for (waiting, result) in group.into_iter().zip(results) {
            // Whoever has gone away does not hear; what was committed stays so.
            let _ = waiting.answer.send(result);
        }
    }

    /// One transaction for all. An error is one of them all: nothing was applied.
    async fn apply(
        &mut self,
        units: &[&[Change]],
    ) -> Result<Vec<Result<(), CommitError>>, Failure> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let mut connection = connect(&self.options, &self.settings).await?;
                // A file that came back may have come back otherwise.
                check_durable(&mut connection).await.map_err(|_| Failure::Fault(None))?;
                connection
            }
        };
        let applied = transaction(&mut connection, units).await;
        if applied.is_err() {
            // The engine rolls back by itself when the disk is full; then there is none to roll back.
            let _ = connection.execute("ROLLBACK").await;
        }
        let usable = match &applied {
            Ok(_) => true,
            Err(Failure::Unavailable(unavailable)) => {
                matches!(unavailable.cause, Cause::Full | Cause::Busy)
            }
            Err(_) => false,
        };
        if usable {
            self.connection = Some(connection);
        } else {
            let _ = connection.close().await;
        }
        applied
    }
}

async fn transaction(
    connection: &mut SqliteConnection,
    units: &[&[Change]],
) -> Result<Vec<Result<(), CommitError>>, Failure> {
    // IMMEDIATE: the write lock is taken before the first condition is read, so no other process
    // can write between the condition and what stands on it.
    run(connection, "BEGIN IMMEDIATE; SAVEPOINT unit").await?;
    let mut results: Vec<Result<(), CommitError>> = Vec::with_capacity(units.len());
    for unit in units {
        match results.last() {
            None => {}
            Some(Ok(())) => run(connection, "RELEASE unit; SAVEPOINT unit").await?,
            // The savepoint stays, for this unit.
            Some(Err(_)) => run(connection, "ROLLBACK TO unit").await?,
        }
        results.push(savepoint(connection, unit).await?);
    }
    // A savepoint that is open is committed with the rest.
    match results.last() {
        Some(Err(_)) => run(connection, "ROLLBACK TO unit; COMMIT").await?,
        _ => run(connection, "COMMIT").await?,
    }
    Ok(results)
}

/// The changes of one unit. What concerns this unit alone is the inner result; a failure of the file
/// is everybody's.
async fn savepoint(
    connection: &mut SqliteConnection,
    unit: &[Change],
) -> Result<Result<(), CommitError>, Failure> {
    for (position, change) in unit.iter().enumerate() {
        let rows = match bound!(&change.statement).execute(&mut *connection).await {
            Ok(done) => done.rows_affected(),
            Err(error) => match of(&error) {
                failure @ (Failure::Constraint | Failure::Fault(_)) => {
                    return Ok(Err(failure.of_change(position, change.rule)));
                }
                failure => return Err(failure),
            },
        };
        if !change.held(rows) {
            return Ok(Err(CommitError::Lost(Lost { position, rule: change.rule })));
        }
    }
    Ok(Ok(()))
}

async fn run(connection: &mut SqliteConnection, sql: &'static str) -> Result<(), Failure> {
    connection.execute(sql).await.map(|_| ()).map_err(|error| of(&error))
}

fn of_group(failure: Failure) -> CommitError {
    match failure {
        Failure::Unavailable(unavailable) => CommitError::Unavailable(unavailable),
        Failure::TryAgain => CommitError::Unavailable(Unavailable::busy()),
        Failure::Constraint => CommitError::Fault(Fault { at: "a commit".to_owned(), code: None }),
        Failure::Fault(code) => CommitError::Fault(Fault { at: "a commit".to_owned(), code }),
    }
}

fn options(settings: &SqliteSettings) -> Result<SqliteConnectOptions, OpenError> {
    let options = SqliteConnectOptions::from_str("sqlite:")
        .map_err(|_| OpenError("sqlite: the driver takes no options".to_owned()))?
        .filename(&settings.file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .statement_cache_capacity(PREPARED)
        .pragma("trusted_schema", "OFF")
        // What is erased is overwritten, and not only unlinked.
        .pragma("secure_delete", "ON")
        .pragma("cell_size_check", "ON");
    Ok(options)
}

async fn connect(
    options: &SqliteConnectOptions,
    settings: &SqliteSettings,
) -> Result<SqliteConnection, Failure> {
    let options = match settings.max_pages {
        None => options.clone(),
        Some(pages) => options.clone().pragma("max_page_count", pages.to_string()),
    };
    SqliteConnection::connect_with(&options).await.map_err(|error| of(&error))
}

/// Connects, and waits for whoever opens the file at the same moment: SQLite does not wait by itself
/// while one of two changes the journal's mode or recovers the log.
async fn connect_when_free(
    options: &SqliteConnectOptions,
    settings: &SqliteSettings,
) -> Result<SqliteConnection, Failure> {
    const TRIES: u32 = 100;
    const WAIT: Duration = Duration::from_millis(50);
    for _ in 1..TRIES {
        match connect(options, settings).await {
            Err(Failure::TryAgain) => {}
            Err(Failure::Unavailable(unavailable)) if unavailable.cause == Cause::Busy => {}
            settled => return settled,
        }
        tokio::time::sleep(WAIT).await;
    }
    connect(options, settings).await
}

/// Reads the settings of a connection back: defaults, wrappers and file systems disagree on them,
/// and what they promise is what an acknowledged request stands on.
pub(super) async fn check_durable(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let expected = [
        ("journal_mode", "PRAGMA journal_mode", "wal"),
        // 2 is FULL: the log is flushed at every commit. NORMAL loses the last ones with the power.
        ("synchronous", "PRAGMA synchronous", "2"),
        ("foreign_keys", "PRAGMA foreign_keys", "1"),
    ];
    for (setting, sql, expected) in expected {
        let found = pragma(connection, sql).await?;
        if found != expected {
            return Err(OpenError(format!(
                "sqlite: {setting} is {found} and has to be {expected}; is the file on a file \
                 system that cannot share memory?"
            )));
        }
    }
    Ok(())
}

async fn pragma(connection: &mut SqliteConnection, sql: &'static str) -> Result<String, OpenError> {
    let unreadable = |error: sqlx::Error| OpenError(format!("sqlite: {sql}: {error}"));
    let row = sqlx::query(sql).fetch_one(connection).await.map_err(unreadable)?;
    match row.try_get::<String, _>(0) {
        Ok(text) => Ok(text),
        Err(_) => row.try_get::<i64, _>(0).map(|number| number.to_string()).map_err(unreadable),
    }
}

/// Brings the file to the newest schema. The write lock is taken first: of two processes that start
/// at once, the second finds the work done.
async fn migrate(
    connection: &mut SqliteConnection,
    known: &'static [Migration],
) -> Result<(), OpenError> {
    let failed = |error: &sqlx::Error| OpenError(format!("sqlite: the schema: {error}"));
    connection.execute("BEGIN IMMEDIATE").await.map_err(|error| failed(&error))?;
    let outcome = migrate_within(connection, known).await;
    let end = if outcome.is_ok() { "COMMIT" } else { "ROLLBACK" };
    connection.execute(end).await.map_err(|error| failed(&error))?;
    outcome
}

async fn migrate_within(
    connection: &mut SqliteConnection,
    known: &'static [Migration],
) -> Result<(), OpenError> {
    let failed = |error: sqlx::Error| OpenError(format!("sqlite: the schema: {error}"));
    connection.execute(migrations::TABLE).await.map_err(failed)?;
    let applied = sqlx::query_as::<_, (i64, String)>(migrations::APPLIED)
        .fetch_all(&mut *connection)
        .await
        .map_err(failed)?;
    for migration in migrations::missing(known, &applied)? {
        sqlx::raw_sql(migration.sql)
            .execute(&mut *connection)
            .await
            .map_err(|error| OpenError(format!("sqlite: migration {migration}: {error}")))?;
        sqlx::query(migrations::RECORD)
            .bind(migration.version)
            .bind(migration.name)
            .execute(&mut *connection)
            .await
            .map_err(failed)?;
    }
    Ok(())
}

/// Makes the file with no rights for others: it holds contacts and documents. SQLite gives the same
/// rights to the log beside it.
fn make_private(file: &Path) -> Result<(), OpenError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    match options.open(file) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(OpenError(format!("{}: {error}", file.display()))),
    }
}

fn cannot_open(file: &Path, failure: &Failure) -> OpenError {
    let why = match failure {
        Failure::Unavailable(unavailable) => unavailable.to_string(),
        Failure::TryAgain => "it is busy".to_owned(),
        Failure::Constraint | Failure::Fault(None) => {
            "it is no database of this service".to_owned()
        }
        Failure::Fault(Some(code)) => format!("it is no database of this service ({code})"),
    };
    OpenError(format!("{}: {why}", file.display()))
}

/// What an error of SQLite means here, by its result code.
fn of(error: &sqlx::Error) -> Failure {
    let sqlx::Error::Database(database) = error else {
        return of_driver(error);
    };
    let code = database.code().map(std::borrow::Cow::into_owned);
    let extended: i64 = code.as_deref().and_then(|code| code.parse().ok()).unwrap_or(1);
    let because = |cause| Failure::Unavailable(Unavailable { cause, code: code.clone() });
    match extended {
        // SQLITE_CONSTRAINT_FOREIGNKEY, _PRIMARYKEY, _UNIQUE.
        787 | 1555 | 2067 => return Failure::Constraint,
        _ => {}
    }
    // The primary code is in the lowest byte.
    match extended & 0xff {
        // SQLITE_BUSY, _LOCKED, _PROTOCOL (of the lock).
        5 | 6 | 15 => because(Cause::Busy),
        8 => because(Cause::ReadOnly),
        // SQLITE_NOMEM, _INTERRUPT, _IOERR, _CORRUPT, _NOTADB.
        7 | 9 | 10 | 11 | 26 => because(Cause::Broken),
        13 => because(Cause::Full),
        14 => because(Cause::Unreachable),
        _ => Failure::Fault(code),
    }
}
