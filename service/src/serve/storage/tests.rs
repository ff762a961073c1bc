//! One suite on both engines, each time with two nodes on one database.

#![allow(clippy::arithmetic_side_effects, reason = "a test may fail loudly")]

mod durability;
mod people;
mod races;
mod schema;
mod throughput;
mod units;

#[path = "../../../tests/bank/postgres.rs"]
#[allow(dead_code, unreachable_pub, missing_docs, reason = "other suites use it too")]
mod postgres_server;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use device_enrollment::UnixMillis;

use super::*;
use postgres_server::Server;

/// Writes each test for both engines, and for PostgreSQL in both ways that a unit can go.
macro_rules! on_both_engines {
    ($($test:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(crate::serve::storage::tests::Nodes::sqlite().await).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(crate::serve::storage::tests::Nodes::postgres().await).await;
            })+
        }
        mod on_postgres_by_calls {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(crate::serve::storage::tests::Nodes::postgres_by_calls().await).await;
            })+
        }
    };
}
use on_both_engines;

const ACCOUNT: &str = "2db36e1a-68a1-4d7b-9f4d-6d3b60e2c0d1";
const DEVICE: &str = "7e0c0a3c-9a0b-4c55-8f6b-3a9b1a6d2f10";
const DOCUMENT: &str = "98765432100";
const PHONE: &str = "+5511987654321";
const EMAIL: &str = "approver@bank.example";
const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

/// Two nodes on one database, with an account and an approver in it.
struct Nodes {
    one: Storage,
    two: Storage,
    database: Database,
    _folder: Option<Folder>,
}

impl Nodes {
    async fn sqlite() -> Self {
        let folder = Folder::new();
        let database = Database::Sqlite(SqliteSettings {
            file: folder.path.join("service.db"),
            readers: 2,
            max_pages: None,
        });
        Self::open(database, Some(folder)).await
    }

    /// Whose units go statement by statement.
    async fn postgres() -> Self {
        Self::on_postgres(u32::MAX).await
    }

    /// Whose units go as one call each.
    async fn postgres_by_calls() -> Self {
        Self::on_postgres(0).await
    }

    async fn on_postgres(calls_after: u32) -> Self {
        let settings = PostgresSettings { url: server().database(), connections: 16, calls_after };
        Self::open(Database::Postgres(settings), None).await
    }

    async fn open(database: Database, folder: Option<Folder>) -> Self {
        let (one, two) = tokio::join!(Storage::open(&database), Storage::open(&database));
        let nodes = Self { one: one.unwrap(), two: two.unwrap(), database, _folder: folder };
        nodes.one.commit(vec![Change::put_account(&account(), NOW)]).await.unwrap();
        nodes.one.commit(vec![Change::put_approver(&approver())]).await.unwrap();
        nodes
    }

    /// The node that a task of this number talks to.
    fn node(&self, task: usize) -> Storage {
        if task.is_multiple_of(2) { self.one.clone() } else { self.two.clone() }
    }
}

/// The server of this run. It goes when the process does.
fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(Server::start)
}

/// The address of a new database on it, for the suites of the flows.
pub(in crate::serve) fn postgres_address() -> String {
    server().database()
}

/// A folder that goes with its test.
struct Folder {
    path: PathBuf,
}

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "device-enrollment-storage-{}-{}",
            std::process::id(),
            NUMBER.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self { path }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

fn account() -> Account {
    Account {
        account_key: ACCOUNT.to_owned(),
        status: AccountStatus::Open,
        kind: AccountKind::Regular,
        branch: "0001".to_owned(),
        number: "123456".to_owned(),
        digit: "7".to_owned(),
    }
}

fn approver() -> Approver {
    Approver {
        account_key: ACCOUNT.to_owned(),
        document_number: DOCUMENT.to_owned(),
        name: Some("Maria da Silva".to_owned()),
        phone: Some(PHONE.to_owned()),
        email: Some(EMAIL.to_owned()),
        since: NOW,
    }
}

fn to(from_revision: i64, state: &str) -> Move<'_> {
    Move { from_revision, status: "pending_2fa_approval", is_final: false, state, now: NOW }
}

fn device<'a>(device_key: &'a str, state: &'a str) -> NewDevice<'a> {
    NewDevice {
        account_key: ACCOUNT,
        device_key,
        approver_document_number: DOCUMENT,
        requester_key: "bank",
        session_id: "4a0be9c1-6a51-4c0a-a6c2-0d6c15f8f0aa",
        machine: to(0, state),
    }
}

fn transfer<'a>(ted_key: &'a str, control_key: &'a str) -> NewTransfer<'a> {
    NewTransfer {
        ted_key,
        account_key: ACCOUNT,
        request_control_key: control_key,
        approver_document_number: Some(DOCUMENT),
        requester_key: "bank",
        machine: to(0, "{}"),
    }
}

fn enrollment<'a>(enrollment_id: &'a str, permissions: &'a str) -> NewEnrollment<'a> {
    NewEnrollment {
        enrollment_id,
        device_id: None,
        requester_key: "bank",
        user_key: None,
        wallet_key: None,
        product_key: None,
        account_key: None,
        logged_user_document: DOCUMENT,
        business_document: None,
        participant_id: None,
        permissions,
        deadline_at: Some(NOW.plus_minutes(5)),
        machine: to(0, "{}"),
    }
}

fn credential(credential_id: &str) -> Credential {
    Credential {
        credential_id: credential_id.to_owned(),
        owner: CredentialOwner::Device {
            account_key: ACCOUNT.to_owned(),
            approver_document_number: DOCUMENT.to_owned(),
            device_key: DEVICE.to_owned(),
        },
        public_key: vec![0xa5, 1, 2],
        sign_count: 0,
        record: "{}".to_owned(),
        created_at: NOW,
        last_used_at: None,
        revoked_at: None,
    }
}

fn audit<'a>(subject_key: &'a str) -> AuditEntry<'a> {
    AuditEntry {
        at: NOW,
        actor: "requester:bank",
        action: "device.requested",
        outcome: "done",
        subject_kind: "device",
        subject_key,
        account_key: Some(ACCOUNT),
        person: Some(DOCUMENT),
        request_id: Some("request-1"),
        detail: "{}",
        keep_until: UnixMillis(i64::MAX),
    }
}

/// A unit that stands on nothing but the schema.
fn statement(sql: &'static str) -> Change {
    Change::any(Rule::Configured, sql)
}

/// One number from one query.
async fn number(storage: &Storage, sql: &'static str) -> i64 {
    storage.first(Statement::new(sql), Row::int).await.unwrap().unwrap()
}

fn lost(result: Result<(), CommitError>) -> (usize, Rule) {
    match result {
        Err(CommitError::Lost(Lost { position, rule })) => (position, rule),
        other => panic!("not lost: {other:?}"),
    }
}

fn cause(result: Result<(), CommitError>) -> Cause {
    match result {
        Err(CommitError::Unavailable(unavailable)) => unavailable.cause,
        other => panic!("available: {other:?}"),
    }
}
