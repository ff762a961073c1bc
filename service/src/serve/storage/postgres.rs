//! PostgreSQL: any number of nodes on one database.
//!
//! Units of work run at READ COMMITTED. That is enough, because every condition is part of the
//! statement that stands on it: a statement that finds its row locked waits, and then looks at the
//! row as the other transaction left it.

mod calls;

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

use calls::{Calls, Way};

use super::change::{Change, Rule};
use super::error::{
    Cause, CommitError, Failure, Lost, OpenError, ReadError, Unavailable, of_driver,
};
use super::migrations::{self, Migration};
use super::pool::{Maker, Pool};
use super::row::{Row, Statement, Value, bound, row_of};
use super::{Engine, Later};

/// How often a unit is tried that the database chose to give way, and the longest wait before the
/// second try; it doubles until it is the last one.
const TRIES: u32 = 30;
const FIRST_WAIT: Duration = Duration::from_millis(8);
const LAST_WAIT: Duration = Duration::from_millis(512);
/// How long a request waits for a connection.
const ACQUIRE: Duration = Duration::from_secs(3);
/// Statements that a connection keeps prepared: more than there are.
const PREPARED: usize = 512;
/// All nodes that start at once take this lock before they look at the schema.
const MIGRATION_LOCK: i64 = 0x6465_7669_6365;

const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "first",
    sql: include_str!("migrations/postgres/0001_first.sql"),
}];

/// How a database is reached.
#[derive(Clone)]
pub(crate) struct PostgresSettings {
    /// `postgres://user:password@host:port/database?sslmode=verify-full`. Not for a log.
    pub(crate) url: String,
    /// Connections at most, of this node.
    pub(crate) connections: u32,
    /// Units of one shape that go statement by statement before the next one goes as one call.
    pub(crate) calls_after: u32,
}

impl PostgresSettings {
    /// What an operator's commands write comes once, in ever new shapes; what requests write comes
    /// again at once.
    pub(crate) const CALLS_AFTER: u32 = 32;
}

impl core::fmt::Debug for PostgresSettings {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("PostgresSettings").field("connections", &self.connections).finish()
    }
}

/// A pool of connections.
pub(super) struct Postgres {
    pool: Arc<Pool<Options>>,
    calls: Arc<Calls>,
}

/// How connections are made.
struct Options(PgConnectOptions);

impl Maker for Options {
    type Connection = PgConnection;

    fn make(&self) -> Later<'_, Result<PgConnection, sqlx::Error>> {
        Box::pin(async {
            let mut connection = PgConnection::connect_with(&self.0).await?;
            // A role's or a proxy's own setting could differ from that of the first one.
            check_durable(&mut connection)
                .await
                .map_err(|OpenError(sentence)| sqlx::Error::Configuration(sentence.into()))?;
            Ok(connection)
        })
    }

    fn lives<'a>(&'a self, connection: &'a mut PgConnection) -> Later<'a, bool> {
        Box::pin(async { connection.ping().await.is_ok() })
    }

    fn end(&self, connection: PgConnection) -> Later<'_, ()> {
        Box::pin(async {
            // One that is not closed in good order is closed by the server.
            let _ = connection.close().await;
        })
    }
}

impl Postgres {
    pub(super) async fn open(settings: &PostgresSettings) -> Result<Self, OpenError> {
        // The driver's own message would quote the address, with the password in it.
        let options = PgConnectOptions::from_str(&settings.url)
            .map_err(|_| OpenError("the database address cannot be read".to_owned()))?
            .application_name("device-enrollment")
            .statement_cache_capacity(PREPARED)
            .options([
                // A node that hangs gives its locks back.
                ("statement_timeout", "10s"),
                ("lock_timeout", "5s"),
                ("idle_in_transaction_session_timeout", "10s"),
            ]);
        let mut first = PgConnection::connect_with(&options).await.map_err(|e| cannot_open(&e))?;
        check_durable(&mut first).await?;
        migrate(&mut first, MIGRATIONS).await?;
        // A connection that is not closed in good order is closed by the server.
        let _ = first.close().await;
        let pool = Arc::new(Pool::new(Options(options), settings.connections.max(2), ACQUIRE));
        Ok(Self { pool, calls: Arc::new(Calls::after(settings.calls_after)) })
    }
}

impl Engine for Postgres {
    fn commit(&self, unit: Vec<Change>) -> Later<'_, Result<(), CommitError>> {
        let (pool, calls) = (self.pool.clone(), self.calls.clone());
        Box::pin(async move {
            // A task of its own: a client that hangs up does not stop a unit half way.
            let work = tokio::spawn(async move { retried(&pool, &calls, &unit).await });
            work.await.map_err(|_| CommitError::Unavailable(Unavailable::stopped()))?
        })
    }

    fn read(&self, query: Statement) -> Later<'_, Result<Vec<Row>, ReadError>> {
        Box::pin(async move {
            let mut lent = self.pool.lend().await.map_err(|error| of(&error).of_query())?;
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
        // Not now(), which stands still within a transaction.
        "SELECT CAST(floor(extract(epoch FROM clock_timestamp()) * 1000) AS BIGINT)"
    }

    fn close(&self) -> Later<'_, ()> {
        Box::pin(self.pool.close())
    }

    fn name(&self) -> &'static str {
        "postgres"
    }
}

/// Runs a unit, again when the database chose it to give way to another: it was then rolled back
/// whole.
async fn retried(pool: &Pool<Options>, calls: &Calls, unit: &[Change]) -> Result<(), CommitError> {
    let mut wait = FIRST_WAIT;
    for _ in 1..TRIES {
        match once(pool, calls, unit).await {
            Err(Attempt::TryAgain) => {
                // A random part of it: units that met once must not meet again at every turn.
                let part = getrandom::u32().unwrap_or(0) & 0xff;
                tokio::time::sleep(wait.saturating_mul(part).div_f32(256.0)).await;
                wait = wait.saturating_mul(2).min(LAST_WAIT);
            }
            Err(Attempt::Over(error)) => return Err(error),
            Ok(()) => return Ok(()),
        }
    }
    once(pool, calls, unit).await.map_err(|attempt| match attempt {
        Attempt::TryAgain => CommitError::Unavailable(Unavailable::busy()),
        Attempt::Over(error) => error,
    })
}

enum Attempt {
    TryAgain,
    Over(CommitError),
}

async fn once(pool: &Pool<Options>, calls: &Calls, unit: &[Change]) -> Result<(), Attempt> {
    let around = |failure: Failure| match failure {
        Failure::TryAgain => Attempt::TryAgain,
        failure => Attempt::Over(failure.of_query().into()),
    };
    let mut lent = pool.lend().await.map_err(|error| around(of(&error)))?;
    let applied = applied(lent.connection(), calls, unit, around).await;
    match &applied {
        Err(Attempt::Over(CommitError::Unavailable(unavailable))) => lent.after(unavailable),
        Ok(()) | Err(_) => lent.give_back(),
    }
    applied
}

async fn applied(
    connection: &mut PgConnection,
    calls: &Calls,
    unit: &[Change],
    around: impl Fn(Failure) -> Attempt,
) -> Result<(), Attempt> {
    if let [change] = unit {
        // One statement is a transaction by itself, in one round trip.
        return apply(connection, 0, change).await;
    }
    let ordered = in_order(unit);
    let call = match calls.way(&ordered) {
        Way::Singly => None,
        Way::Call(call) => Some(call),
        Way::Make(function) => calls.make(connection, &ordered, function).await,
    };
    if let Some(call) = call
        && let Some(applied) = called(connection, calls, call, &ordered).await
    {
        return applied;
    }
    let mut transaction = connection
        .begin_with("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
        .await
        .map_err(|error| around(of_begin(&error)))?;
    for (position, change) in ordered {
        if let Err(attempt) = apply(&mut transaction, position, change).await {
            // Not only dropped: what it holds would be held until the connection is used again.
            // What cannot be rolled back is a connection that has gone, and the transaction with it.
            let _ = transaction.rollback().await;
            return Err(attempt);
        }
    }
    transaction.commit().await.map_err(|error| around(of(&error)))
}

/// Applies a unit by its function. `None`: nothing was applied, and only statement by statement can
/// it be said why.
async fn called(
    connection: &mut PgConnection,
    calls: &Calls,
    call: Arc<str>,
    ordered: &[(usize, &Change)],
) -> Option<Result<(), Attempt>> {
    let values = ordered.iter().flat_map(|(_, change)| &change.statement.values);
    let error = match bound!(AssertSqlSafe(call), values).execute(connection).await {
        Ok(_) => return Some(Ok(())),
        Err(error) => error,
    };
    if let Some((position, change)) = calls::lost(&error).and_then(|place| ordered.get(place)) {
        let lost = Lost { position: *position, rule: change.rule };
        return Some(Err(Attempt::Over(CommitError::Lost(lost))));
    }
    match of(&error) {
        Failure::TryAgain => Some(Err(Attempt::TryAgain)),
        Failure::Unavailable(unavailable) => {
            Some(Err(Attempt::Over(CommitError::Unavailable(unavailable))))
        }
        Failure::Constraint => None,
        Failure::Fault(code) => {
            // Of class 42: it is gone, or may not be called. Anything else is the values' affair.
            if code.is_some_and(|code| code.starts_with("42")) {
                calls.give_up(ordered);
            }
            None
        }
    }
}

/// The changes as they are carried out: counters last, and in an order of their own.
///
/// Counters are the rows that unrelated requests share. Taken last, they are locked for the shortest
/// time; taken in one order by everybody, they are never taken crosswise.
fn in_order(unit: &[Change]) -> Vec<(usize, &Change)> {
    let is_counter = |change: &Change| change.rule == Rule::BelowCap;
    let mut counters: Vec<(usize, &Change)> =
        unit.iter().enumerate().filter(|(_, change)| is_counter(change)).collect();
    counters.sort_by_cached_key(|(_, change)| change.statement.key());
    let others = unit.iter().enumerate().filter(|(_, change)| !is_counter(change));
    others.chain(counters).collect()
}

async fn apply(
    connection: &mut PgConnection,
    position: usize,
    change: &Change,
) -> Result<(), Attempt> {
    let rows = match bound!(&change.statement).execute(connection).await {
        Ok(done) => done.rows_affected(),
        Err(error) => {
            return Err(match of(&error) {
                Failure::TryAgain => Attempt::TryAgain,
                failure => Attempt::Over(failure.of_change(position, change.rule)),
            });
        }
    };
    if change.held(rows) {
        Ok(())
    } else {
        Err(Attempt::Over(CommitError::Lost(Lost { position, rule: change.rule })))
    }
}

/// Reads the settings of a connection back.
async fn check_durable(connection: &mut PgConnection) -> Result<(), OpenError> {
    let expected: [(&str, &'static str, &[&str]); 3] = [
        // `on` waits for the disk here and for synchronous standbys, `remote_apply` for more.
        ("synchronous_commit", "SHOW synchronous_commit", &["on", "remote_apply"]),
        ("fsync", "SHOW fsync", &["on"]),
        ("full_page_writes", "SHOW full_page_writes", &["on"]),
    ];
    for (setting, sql, accepted) in expected {
        let found: String = sqlx::query_scalar(sql)
            .fetch_one(&mut *connection)
            .await
            .map_err(|error| cannot_open(&error))?;
        if !accepted.contains(&found.as_str()) {
            return Err(OpenError(format!(
                "postgres: {setting} is {found} and has to be {}: an answered request would not \
                 survive a crash",
                accepted.join(" or ")
            )));
        }
    }
    Ok(())
}

async fn migrate(
    connection: &mut PgConnection,
    known: &'static [Migration],
) -> Result<(), OpenError> {
    let failed = |error: sqlx::Error| match of(&error) {
        Failure::Unavailable(unavailable) => OpenError(format!("postgres: {unavailable}")),
        _ => OpenError(format!("postgres: the schema: {error}")),
    };
    let mut transaction = connection.begin().await.map_err(failed)?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(MIGRATION_LOCK)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    transaction.execute(migrations::TABLE).await.map_err(failed)?;
    let applied = sqlx::query_as::<_, (i64, String)>(migrations::APPLIED)
        .fetch_all(&mut *transaction)
        .await
        .map_err(failed)?;
    for migration in migrations::missing(known, &applied)? {
        sqlx::raw_sql(migration.sql)
            .execute(&mut *transaction)
            .await
            .map_err(|error| OpenError(format!("postgres: migration {migration}: {error}")))?;
        sqlx::query(migrations::RECORD)
            .bind(migration.version)
            .bind(migration.name)
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)
}

fn cannot_open(error: &sqlx::Error) -> OpenError {
    match error {
        sqlx::Error::Configuration(sentence) => OpenError(sentence.to_string()),
        sqlx::Error::Database(database) => OpenError(format!("postgres: {}", database.message())),
        error => match of(error) {
            Failure::Unavailable(unavailable) => OpenError(format!("postgres: {unavailable}")),
            Failure::Fault(_) | Failure::Constraint | Failure::TryAgain => {
                OpenError("postgres: it cannot be opened".to_owned())
            }
        },
    }
}

/// A standby refuses to begin a transaction that may write as a feature that it does not have.
fn of_begin(error: &sqlx::Error) -> Failure {
    match of(error) {
        Failure::Fault(Some(code)) if code == "0A000" => {
            Failure::Unavailable(Unavailable { cause: Cause::ReadOnly, code: Some(code) })
        }
        failure => failure,
    }
}

/// What an error of PostgreSQL means here, by its SQLSTATE.
fn of(error: &sqlx::Error) -> Failure {
    let sqlx::Error::Database(database) = error else {
        return match error {
            // Every connection is checked as it is made; one that fails the check is none.
            sqlx::Error::Configuration(_) => {
                Failure::Unavailable(Unavailable::because(Cause::Broken))
            }
            _ => of_driver(error),
        };
    };
    let code = database.code().map(std::borrow::Cow::into_owned);
    let because = |cause| Failure::Unavailable(Unavailable { cause, code: code.clone() });
    let state = code.as_deref().unwrap_or("");
    match state {
        // serialization_failure, deadlock_detected.
        "40001" | "40P01" => return Failure::TryAgain,
        // unique_violation, foreign_key_violation.
        "23505" | "23503" => return Failure::Constraint,
        // disk_full; read_only_sql_transaction, as on a standby.
        "53100" => return because(Cause::Full),
        "25006" => return because(Cause::ReadOnly),
        // lock_not_available, query_canceled (by statement_timeout), too_many_connections.
        "55P03" | "57014" | "53300" => return because(Cause::Busy),
        _ => {}
    }
    match state.get(..2).unwrap_or("") {
        // Connection exceptions, operator intervention (the server goes down), a terminated
        // session, wrong credentials.
        "08" | "57" | "25" | "28" | "3D" => because(Cause::Unreachable),
        // Insufficient resources, system errors, internal errors.
        "53" | "58" | "XX" => because(Cause::Broken),
        _ => Failure::Fault(code),
    }
}
