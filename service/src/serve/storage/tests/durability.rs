//! What was acknowledged stays: settings, full disks, databases that go away, processes that die.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

use super::*;

#[tokio::test]
async fn a_connection_that_would_lose_commits_is_refused() {
    let folder = Folder::new();
    let good = SqliteConnectOptions::new()
        .filename(folder.path.join("x.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true);
    let mut connection = good.connect().await.unwrap();
    sqlite::check_durable(&mut connection).await.unwrap();
    drop(connection);
    for (options, named) in [
        (good.clone().synchronous(SqliteSynchronous::Normal), "synchronous is 1"),
        (good.clone().foreign_keys(false), "foreign_keys is 0"),
        (good.clone().journal_mode(SqliteJournalMode::Delete), "journal_mode is delete"),
    ] {
        let mut connection = options.connect().await.unwrap();
        let OpenError(sentence) = sqlite::check_durable(&mut connection).await.unwrap_err();
        assert!(sentence.contains(named), "{sentence}");
        connection.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_would_lose_commits_is_refused() {
    let address = server().database();
    let name = postgres_server::name_of(&address);
    let database = Database::from_address(&address).unwrap();
    for (value, opens) in [("off", false), ("local", false), ("remote_apply", true), ("on", true)] {
        let set = format!("ALTER DATABASE {name} SET synchronous_commit = {value}");
        server().psql("postgres", &set);
        match Storage::open(&database).await {
            Ok(storage) => {
                assert!(opens, "{value}");
                storage.close().await;
            }
            Err(OpenError(sentence)) => {
                assert!(!opens, "{value}: {sentence}");
                assert!(sentence.contains(&format!("synchronous_commit is {value}")), "{sentence}");
            }
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_reads_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let nodes = Nodes::sqlite().await;
    let Database::Sqlite(settings) = &nodes.database else { panic!("sqlite") };
    let mut wal = settings.file.clone().into_os_string();
    wal.push("-wal");
    for file in [settings.file.clone(), wal.into()] {
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

/// Where no space is left, writes are refused, reads go on, and what makes room makes it work again.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_needs_no_restart() {
    let folder = Folder::new();
    let settings =
        SqliteSettings { file: folder.path.join("small.db"), readers: 1, max_pages: Some(160) };
    let storage = Storage::open(&Database::Sqlite(settings)).await.unwrap();
    storage.commit(vec![Change::put_account(&account(), NOW)]).await.unwrap();
    let large = "x".repeat(16 * 1024);
    let mut stored = 0;
    let refused = loop {
        let id = format!("message-{stored}");
        let message = NewMessage { payload: &large, ..units::message(&id, Queue::Event) };
        let half = Change::spend(SpentKind::LivenessResult, &id, NOW, UnixMillis(i64::MAX));
        match storage.commit(vec![half, Change::send(&message)]).await {
            Ok(()) => stored += 1,
            refused => break cause(refused),
        }
        assert!(stored < 1000, "it never was full");
    };
    assert_eq!(refused, Cause::Full);
    let message = NewMessage { payload: &large, ..units::message("more", Queue::Event) };
    assert_eq!(cause(storage.commit(vec![Change::send(&message)]).await), Cause::Full);
    // Nothing of the unit that did not fit is there, and everything before it is.
    assert_eq!(number(&storage, "SELECT COUNT(*) FROM spent").await, stored);
    assert_eq!(number(&storage, "SELECT COUNT(*) FROM outbox").await, stored);
    assert_eq!(storage.account(ACCOUNT).await.unwrap(), Some(account()));
    storage.commit(vec![statement("DELETE FROM outbox")]).await.unwrap();
    storage.commit(vec![Change::send(&message)]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_another_holds_is_busy_until_it_is_let_go() {
    let nodes = Nodes::sqlite().await;
    let Database::Sqlite(settings) = &nodes.database else { panic!("sqlite") };
    let storage = &nodes.one;
    let mut other = SqliteConnectOptions::new().filename(&settings.file).connect().await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let unit = || vec![Change::spend(SpentKind::LivenessResult, "c", NOW, NOW.plus_minutes(5))];
    assert_eq!(cause(storage.commit(unit()).await), Cause::Busy);
    assert_eq!(storage.account(ACCOUNT).await.unwrap(), Some(account()));
    other.execute("ROLLBACK").await.unwrap();
    storage.commit(unit()).await.unwrap();
}

/// The server dies under load and comes back: what was acknowledged is there, nothing is there by
/// half, and the node that was connected goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_crashes_loses_nothing_that_was_acknowledged() {
    let server = Server::start();
    let settings = PostgresSettings { url: server.database(), connections: 8, calls_after: 0 };
    let storage = Storage::open(&Database::Postgres(settings)).await.unwrap();
    for crash in 0..3 {
        let before = number(&storage, "SELECT COUNT(*) FROM spent").await;
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                let storage = storage.clone();
                tokio::spawn(async move {
                    let mut acknowledged = Vec::new();
                    for number in 0.. {
                        let id = format!("{crash}-{writer}-{number}");
                        match storage.commit(both(&id)).await {
                            Ok(()) => acknowledged.push(id),
                            Err(CommitError::Unavailable(_)) => break,
                            Err(error) => panic!("{error}"),
                        }
                    }
                    acknowledged
                })
            })
            .collect();
        while number(&storage, "SELECT COUNT(*) FROM spent").await < before + 50 {}
        server.crash();
        let mut acknowledged = Vec::new();
        for writer in writers {
            acknowledged.extend(writer.await.unwrap());
        }
        assert!(matches!(storage.now().await, Err(ReadError::Unavailable(_))));
        server.start_again();
        assert!(!acknowledged.is_empty());
        all_there_and_none_by_half(&storage, &acknowledged).await;
    }
}

/// The process is killed under load, as no shutdown can be: the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_loses_nothing_that_was_acknowledged() {
    let folder = Folder::new();
    let file = folder.path.join("service.db");
    let mut acknowledged = Vec::new();
    for life in 0..5 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "serve::storage::tests::durability::the_process_that_is_killed"])
            .args(["--ignored", "--nocapture"])
            .env("STORAGE_TEST_FILE", &file)
            .env("STORAGE_TEST_LIFE", life.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut ids = lines
            .map(Result::unwrap)
            .filter_map(|line| line.strip_prefix("committed ").map(str::to_owned));
        let mut take = || ids.next();
        for _ in 0..60 {
            acknowledged.push(take().expect("it commits until it is killed"));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // What it said before it died counts too.
        acknowledged.extend(std::iter::from_fn(take));
    }
    let database = Database::from_address(&format!("sqlite:{}", file.display())).unwrap();
    let storage = Storage::open(&database).await.unwrap();
    all_there_and_none_by_half(&storage, &acknowledged).await;
    let check = Statement::new("PRAGMA integrity_check");
    assert_eq!(storage.first(check, Row::text).await.unwrap().as_deref(), Some("ok"));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it is started by the test that kills it"]
async fn the_process_that_is_killed() {
    let (Ok(file), Ok(life)) =
        (std::env::var("STORAGE_TEST_FILE"), std::env::var("STORAGE_TEST_LIFE"))
    else {
        return;
    };
    let database = Database::from_address(&format!("sqlite:{file}")).unwrap();
    let storage = Storage::open(&database).await.unwrap();
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let (storage, life) = (storage.clone(), life.clone());
            tokio::spawn(async move {
                for number in 0_u64.. {
                    let id = format!("{life}-{writer}-{number}");
                    storage.commit(both(&id)).await.unwrap();
                    println!("committed {id}");
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

/// A unit of two changes of which neither may be there alone.
fn both(id: &str) -> Vec<Change> {
    vec![
        Change::spend(SpentKind::LivenessResult, id, NOW, UnixMillis(i64::MAX)),
        Change::send(&units::message(id, Queue::Event)),
    ]
}

async fn all_there_and_none_by_half(storage: &Storage, acknowledged: &[String]) {
    let spent = Statement::new("SELECT value FROM spent ORDER BY value");
    let spent = storage.all(spent, Row::text).await.unwrap();
    let sent = Statement::new("SELECT message_id FROM outbox ORDER BY message_id");
    assert_eq!(spent, storage.all(sent, Row::text).await.unwrap());
    let there: std::collections::HashSet<&str> = spent.iter().map(String::as_str).collect();
    let missing: Vec<&String> =
        acknowledged.iter().filter(|id| !there.contains(id.as_str())).collect();
    assert!(missing.is_empty(), "acknowledged and lost: {missing:?}");
}

async fn the_clock_does_not_go_back(nodes: Nodes) {
    let now = nodes.one.now().await.unwrap();
    assert!(now.0 > 1_700_000_000_000 && now.0 < 10_000_000_000_000, "{now:?}");
    // Another node has been an hour ahead. A node that starts now goes on from there.
    let ahead = now.plus_minutes(60);
    nodes.two.commit(vec![Change::clock_mark(ahead)]).await.unwrap();
    nodes.two.commit(vec![Change::clock_mark(now)]).await.unwrap();
    let third = Storage::open(&nodes.database).await.unwrap();
    let then = third.now().await.unwrap();
    assert!(then >= ahead && then < ahead.plus_minutes(10), "{then:?}");
    assert!(third.now().await.unwrap() >= then);
}

async fn a_storage_that_was_closed_is_unavailable(nodes: Nodes) {
    nodes.one.close().await;
    let unit = vec![Change::spend(SpentKind::LivenessResult, "late", NOW, NOW)];
    assert_eq!(cause(nodes.one.commit(unit).await), Cause::Stopped);
    assert!(matches!(nodes.one.now().await, Err(ReadError::Unavailable(_))));
    assert!(matches!(nodes.one.ready().await, Err(CommitError::Unavailable(_))));
    nodes.two.ready().await.unwrap();
}

on_both_engines!(the_clock_does_not_go_back, a_storage_that_was_closed_is_unavailable);
