//! PostgreSQL: any number of nodes on one database.
//!
//! Units of work run at READ COMMITTED. That is enough, because every condition is part of the
//! statement that stands on it: a statement that finds its row locked waits, and then looks at the
//! row as the other transaction left it.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{Connection as _, Executor as _};

use super::change::{Change, Rule};
use super::error::{
    Cause, CommitError, Failure, Lost, OpenError, ReadError, Unavailable, of_driver,
};
use super::migrations::{self, Migration};
use super::row::{Row, Statement, Value, bound, row_of};
use super::{Engine, Later};

/// How often a unit is tried that the database chose to give way, and the longest wait before the
/// second try; it doubles until it is the last one.
const TRIES: u32 = 30;
const FIRST_WAIT: Duration = Duration::from_millis(8);
const LAST_WAIT: Duration = Duration::from_millis(512);
/// How long a request waits for a connection.
const ACQUIRE: Duration = Duration::from_secs(3);
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
}

impl core::fmt::Debug for PostgresSettings {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("PostgresSettings").field("connections", &self.connections).finish()
    }
}

/// A pool of connections.
pub(super) struct Postgres {
    pool: PgPool,
}

impl Postgres {
    pub(super) async fn open(settings: &PostgresSettings) -> Result<Self, OpenError> {
        // The driver's own message would quote the address, with the password in it.
        let options = PgConnectOptions::from_str(&settings.url)
            .map_err(|_| OpenError("the database address cannot be read".to_owned()))?
            .application_name("device-enrollment")
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
        let pool = PgPoolOptions::new()
            .min_connections(1)
            .max_connections(settings.connections.max(2))
            .acquire_timeout(ACQUIRE)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    // A role's or a proxy's own setting could differ from that of the first one.
                    check_durable(connection)
                        .await
                        .map_err(|OpenError(sentence)| sqlx::Error::Configuration(sentence.into()))
                })
            })
            .connect_with(options)
            .await
            .map_err(|error| cannot_open(&error))?;
        Ok(Self { pool })
    }
}

impl Engine for Postgres {
    fn commit(&self, unit: Vec<Change>) -> Later<'_, Result<(), CommitError>> {
        let pool = self.pool.clone();
        Box::pin(async move {
            // A task of its own: a client that hangs up does not stop a unit half way.
            let work = tokio::spawn(async move { retried(&pool, &unit).await });
            work.await.map_err(|_| CommitError::Unavailable(Unavailable::stopped()))?
        })
    }

    fn read(&self, query: Statement) -> Later<'_, Result<Vec<Row>, ReadError>> {
        Box::pin(async move {
            let rows = bound!(&query)
                .fetch_all(&self.pool)
                .await
                .map_err(|error| of(&error).of_query())?;
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
async fn retried(pool: &PgPool, unit: &[Change]) -> Result<(), CommitError> {
    let mut wait = FIRST_WAIT;
    for _ in 1..TRIES {
        match once(pool, unit).await {
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
    once(pool, unit).await.map_err(|attempt| match attempt {
        Attempt::TryAgain => CommitError::Unavailable(Unavailable::busy()),
        Attempt::Over(error) => error,
    })
}

enum Attempt {
    TryAgain,
    Over(CommitError),
}

async fn once(pool: &PgPool, unit: &[Change]) -> Result<(), Attempt> {
    let around = |failure: Failure| match failure {
        Failure::TryAgain => Attempt::TryAgain,
        failure => Attempt::Over(failure.of_query().into()),
    };
    let mut connection = pool.acquire().await.map_err(|error| around(of(&error)))?;
    if let [change] = unit {
        // One statement is a transaction by itself, in one round trip.
        return apply(&mut connection, 0, change).await;
    }
    let mut transaction = connection
        .begin_with("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
        .await
        .map_err(|error| around(of_begin(&error)))?;
    for (position, change) in in_order(unit) {
        // On an error the transaction is dropped, which rolls it back.
        apply(&mut transaction, position, change).await?;
    }
    transaction.commit().await.map_err(|error| around(of(&error)))
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
