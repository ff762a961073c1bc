//! The database, read whole at one moment, and what has to hold in it at every moment.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value;
use sqlx::{Connection as _, Row as _};

use super::chance::Chance;
use super::ledger::Effect;
use super::load::{Client, PEOPLE};
use super::postgres;
use super::site::{Site, wait_until};
use super::world::{Engine, Posted};

type Rows = Vec<Vec<String>>;

/// All of the database that something has to hold for.
pub(crate) struct Books {
    /// Account, key, status, revision.
    devices: Rows,
    /// Key, status, revision.
    transfers: Rows,
    /// Id, participant, status.
    enrollments: Rows,
    /// Id, status.
    consents: Rows,
    /// Id, device, enrollment, the time it was revoked at.
    credentials: Rows,
    /// Subject.
    verdicts: Rows,
    /// Id, queue, kind, subject, payload, the time it was delivered at, the time it was settled at.
    outbox: Rows,
    /// What was counted of everybody, and how much.
    counters: Rows,
    /// The latest time that was decided by.
    clock: Rows,
    /// How often something was done: subject, key and action.
    done: BTreeMap<(String, String, String), u64>,
    /// How often anything was stored about it.
    entries: BTreeMap<(String, String), u64>,
}

/// The rows of a query whose columns are texts; one that is NULL is an empty text.
macro_rules! rows {
    ($connection:expr, $sql:expr) => {{
        let rows = sqlx::query($sql).fetch_all(&mut *$connection).await.unwrap();
        let texts = rows.iter().map(|row| {
            let column = |at| row.get::<Option<String>, usize>(at).unwrap_or_default();
            (0..row.len()).map(column).collect::<Vec<String>>()
        });
        texts.collect::<Rows>()
    }};
}

macro_rules! read {
    ($connection:expr) => {{
        let connection = $connection;
        let audit = rows!(
            connection,
            "SELECT subject_kind, subject_key, action, outcome FROM audit ORDER BY sequence"
        );
        let (mut done, mut entries) = (BTreeMap::new(), BTreeMap::new());
        for entry in audit {
            let [kind, key, action, outcome] = <[String; 4]>::try_from(entry).unwrap();
            *entries.entry((kind.clone(), key.clone())).or_default() += 1;
            if outcome == "done" {
                *done.entry((kind, key, action)).or_default() += 1;
            }
        }
        Books {
            devices: rows!(
                connection,
                "SELECT account_key, device_key, status, CAST(revision AS TEXT) FROM devices"
            ),
            transfers: rows!(
                connection,
                "SELECT ted_key, status, CAST(revision AS TEXT) FROM transfers"
            ),
            enrollments: rows!(
                connection,
                "SELECT enrollment_id, participant_id, status FROM enrollments"
            ),
            consents: rows!(connection, "SELECT consent_id, status FROM consents"),
            credentials: rows!(
                connection,
                "SELECT credential_id, device_key, enrollment_id, CAST(revoked_at AS TEXT)
                 FROM credentials"
            ),
            verdicts: rows!(connection, "SELECT subject FROM verdicts"),
            outbox: rows!(
                connection,
                "SELECT message_id, queue, kind, subject, payload, CAST(delivered_at AS TEXT),
                     CAST(settled_at AS TEXT) FROM outbox"
            ),
            counters: rows!(
                connection,
                "SELECT name, CAST(SUM(used) AS TEXT) FROM counters WHERE subject = ''
                 GROUP BY name"
            ),
            clock: rows!(connection, "SELECT CAST(high_water AS TEXT) FROM clock"),
            done,
            entries,
        }
    }};
}

impl Books {
    /// Reads them as they were if SQL had damaged them: SQLite, which is left as it is.
    fn read_damaged(site: &Site, damage: &'static str) -> Self {
        runtime().block_on(async {
            let mut connection = sqlite(site).await;
            for sql in ["PRAGMA query_only = OFF", "BEGIN IMMEDIATE", damage] {
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
            }
            let books = read!(&mut connection);
            sqlx::query("ROLLBACK").execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
            books
        })
    }

    /// Reads them at one moment.
    pub(crate) fn read(site: &Site) -> Self {
        let runtime = runtime();
        match site.engine {
            Engine::Sqlite => runtime.block_on(async {
                let mut connection = sqlite(site).await;
                sqlx::query("BEGIN").execute(&mut connection).await.unwrap();
                let books = read!(&mut connection);
                connection.close().await.unwrap();
                books
            }),
            Engine::Postgres => runtime.block_on(async {
                let address = site.database_address();
                let mut connection = sqlx::PgConnection::connect(&address).await.unwrap();
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                sqlx::query(begin).execute(&mut connection).await.unwrap();
                let books = read!(&mut connection);
                connection.close().await.unwrap();
                books
            }),
        }
    }

    fn done(&self, kind: &str, key: &str, action: &str) -> u64 {
        let effect = (kind.to_owned(), key.to_owned(), action.to_owned());
        self.done.get(&effect).copied().unwrap_or(0)
    }

    /// How often an action was done, over everything.
    fn all(&self, action: &str) -> u64 {
        self.done.iter().filter(|((.., known), _)| known == action).map(|(_, times)| times).sum()
    }

    /// Everything that was acknowledged is there.
    pub(crate) fn have(&self, acknowledged: &BTreeMap<Effect, u64>) {
        let missing: Vec<_> = acknowledged
            .iter()
            .filter(|((kind, key, action), times)| self.done(kind, key, action) < **times)
            .collect();
        assert!(missing.is_empty(), "acknowledged and lost: {missing:?}");
    }

    /// Nothing is there by half, and nothing happened twice.
    pub(crate) fn are_whole(&self) {
        self.devices_are_whole();
        self.transfers_are_whole();
        self.enrollments_are_whole();
        self.messages_are_whole();
        self.counters_are_whole();
    }

    fn devices_are_whole(&self) {
        let (told_of, told_off) = (self.told("device.registered"), self.told("device.disabled"));
        for row in &self.devices {
            let [_, key, status, revision] = &row[..] else { unreachable!("four columns") };
            let done = |action| self.done("device", key, action);
            assert_eq!(done("device.requested"), 1, "{row:?}");
            // Every move of it has its entry, and every entry its move.
            assert_eq!(self.entries[&("device".to_owned(), key.clone())].to_string(), *revision);
            let registered = status == "active" || status == "disabled";
            assert_eq!(done("device.validated"), u64::from(registered), "{row:?}");
            assert_eq!(done("device.disabled"), u64::from(status == "disabled"), "{row:?}");
            assert_eq!(registered, told_of.contains(key), "{row:?}: the bank was told");
            assert_eq!(status == "disabled", told_off.contains(key), "{row:?}: the bank was told");
            let attempts = done("device.attempted");
            assert!(attempts <= 5 && attempts >= u64::from(registered), "{row:?}: {attempts}");
        }
        let there: BTreeSet<&String> = self.devices.iter().map(|row| &row[1]).collect();
        self.nothing_else("device", &there);
    }

    fn transfers_are_whole(&self) {
        let ordered = self.outbox.iter().filter(|row| row[1] == "rail");
        let ordered: BTreeSet<&String> = ordered.map(|row| &row[0]).collect();
        let mut approved = BTreeSet::new();
        for row in &self.transfers {
            let [key, status, revision] = &row[..] else { unreachable!("three columns") };
            let done = |action| self.done("transfer", key, action);
            assert_eq!(done("transfer.requested"), 1, "{row:?}");
            assert_eq!(self.entries[&("transfer".to_owned(), key.clone())].to_string(), *revision);
            let is_approved = ["handing", "pending", "sent"].contains(&status.as_str());
            if is_approved {
                approved.insert(key);
            }
            let attempts = done("transfer.approve");
            assert!(attempts <= 5, "{row:?}: {attempts}");
            if done("transfer.options_given") == 0 {
                assert_eq!(done("transfer.attempted"), u64::from(is_approved), "{row:?}");
            } else {
                assert!(attempts <= 1 && attempts == u64::from(is_approved), "{row:?}");
                // Every challenge is spent before it is judged.
                let presented = done("transfer.assertion_presented");
                assert!(done("transfer.assertion_judged") <= presented.min(1), "{row:?}");
            }
        }
        assert_eq!(ordered, approved, "an order for each approved transfer, and for no other");
        let there: BTreeSet<&String> = self.transfers.iter().map(|row| &row[0]).collect();
        self.nothing_else("transfer", &there);
    }

    fn enrollments_are_whole(&self) {
        let participants: BTreeSet<&String> = self.enrollments.iter().map(|row| &row[1]).collect();
        assert_eq!(participants.len(), self.enrollments.len(), "a request was carried out twice");
        let judged: BTreeSet<&String> = self.verdicts.iter().map(|row| &row[0]).collect();
        let (asked, told) = (self.told("ACCOUNT_HOLDER_ASKED"), self.told("STATE_CHANGED"));
        let mut credentials = 0;
        for row in &self.enrollments {
            let [id, _, status] = &row[..] else { unreachable!("three columns") };
            let done = |action| self.done("enrollment", id, action);
            assert_eq!(done("enrollment.created"), 1, "{row:?}");
            let is_bound = done("enrollment.registration_judged") == 1;
            assert!(is_bound <= (done("enrollment.registration_sent") == 1), "{row:?}");
            credentials += usize::from(is_bound);
            assert_eq!(is_bound, judged.contains(id), "{row:?}");
            let signals = done("enrollment.risk_signals") == 1;
            assert_eq!(signals, asked.contains(id), "{row:?}: the holder was asked");
            // A challenge that was spent by a process that died is presented again: it is refused,
            // and the enrollment with it.
            let over = done("enrollment.revoked") == 1 || status == "REJECTED";
            assert_eq!(over, told.contains(id), "{row:?}: the initiator was told");
            let ended = ["REVOKED", "PENDING_REVOKE"].contains(&status.as_str());
            assert_eq!(is_bound, status == "AUTHORIZED" || ended, "{row:?}");
            assert_eq!(done("enrollment.revocation_asked"), u64::from(ended), "{row:?}");
            let mine = |row: &&Vec<String>| row[2] == *id;
            if let Some(credential) = self.credentials.iter().find(mine) {
                assert!(is_bound, "{credential:?}");
                let revoked = !credential[3].is_empty();
                assert!(revoked <= ended && revoked >= (status == "REVOKED"), "{row:?}");
            }
        }
        assert_eq!(credentials, self.credentials.len(), "a credential for each that is bound");
        for row in &self.consents {
            let [id, status] = &row[..] else { unreachable!("two columns") };
            let done = |action| self.done("consent", id, action);
            assert_eq!(done("consent.created"), 1, "{row:?}");
            let authorised = status == "AUTHORISED";
            assert!(authorised <= (done("consent.assertion_sent") == 1), "{row:?}");
            assert_eq!(done("consent.assertion_judged"), u64::from(authorised), "{row:?}");
            assert_eq!(authorised, judged.contains(id), "{row:?}");
        }
        let ids: BTreeSet<&String> = self.enrollments.iter().map(|row| &row[0]).collect();
        self.nothing_else("enrollment", &ids);
        let ids: BTreeSet<&String> = self.consents.iter().map(|row| &row[0]).collect();
        self.nothing_else("consent", &ids);
    }

    /// What there are notifications of a kind about. Nothing here is worth two of one kind.
    fn told(&self, kind: &str) -> BTreeSet<&String> {
        let told: Vec<&String> =
            self.outbox.iter().filter(|row| row[2] == kind).map(|row| &row[3]).collect();
        let subjects: BTreeSet<&String> = told.iter().copied().collect();
        assert_eq!(subjects.len(), told.len(), "{kind}: told twice");
        subjects
    }

    fn messages_are_whole(&self) {
        let others = [&self.transfers, &self.enrollments].into_iter().flatten().map(|row| &row[0]);
        let subjects: BTreeSet<&String> =
            self.devices.iter().map(|row| &row[1]).chain(others).collect();
        for row in &self.outbox {
            assert!(subjects.contains(&row[3]), "a message about nothing: {row:?}");
        }
    }

    /// The budgets were charged with what was done, neither more nor less.
    fn counters_are_whole(&self) {
        let by_device = self.done.keys().filter(|(.., action)| action == "transfer.options_given");
        let by_device: BTreeSet<&String> = by_device.map(|(_, key, _)| key).collect();
        let of_codes = |action: &str| -> u64 {
            let mine = self
                .done
                .iter()
                .filter(|((_, key, known), _)| known == action && !by_device.contains(key));
            mine.map(|(_, times)| times).sum()
        };
        let attempts = self.all("device.attempted") + of_codes("transfer.approve");
        assert_eq!(self.counted("code_attempts"), attempts, "attempts");
        // A transfer by device whose options were never asked for sends no code either.
        let most = self.all("device.requested")
            + self.all("device.code_resent")
            + of_codes("transfer.requested");
        assert!(self.counted("codes_sent") <= most, "codes");
    }

    fn counted(&self, name: &str) -> u64 {
        let row = self.counters.iter().find(|row| row[0] == name);
        row.map_or(0, |row| row[1].parse().unwrap())
    }

    /// The trail is about nothing that is not there.
    fn nothing_else(&self, kind: &str, there: &BTreeSet<&String>) {
        for (of, key) in self.entries.keys() {
            assert!(of != kind || there.contains(key), "the trail of {kind} {key}, which is gone");
        }
    }

    /// Whether everything that is to leave has left, every answer of the core was acted on, and
    /// nothing is left to be done that makes another message.
    pub(crate) fn all_delivered(&self) -> bool {
        let waits =
            |row: &Vec<String>| row[5].is_empty() || (row[1] == "rail" && row[6].is_empty());
        let is_revoked = |row: &Vec<String>| row[2] == "PENDING_REVOKE";
        !self.outbox.iter().any(waits) && !self.enrollments.iter().any(is_revoked)
    }

    /// What was posted: each message of the outbox at least once and always the same, and nothing
    /// that is not in it.
    pub(crate) fn were_posted(&self, posted: &[Posted]) {
        let mut of: BTreeMap<&str, &str> = BTreeMap::new();
        for post in posted {
            let mut lines = post.head.lines().filter_map(|line| line.split_once(": "));
            let id = lines.find(|(name, _)| name.eq_ignore_ascii_case("x-message-id"));
            let id = id.expect("every message has its id").1;
            let first = of.entry(id).or_insert(&post.body);
            assert_eq!(*first, post.body, "one id for two messages");
        }
        for row in &self.outbox {
            let body = of.remove(row[0].as_str());
            assert_eq!(body, Some(row[4].as_str()), "never delivered: {row:?}");
        }
        assert!(of.is_empty(), "delivered without having happened: {of:?}");
    }

    pub(crate) fn clock_mark(&self) -> i64 {
        self.clock[0][0].parse().unwrap()
    }

    /// Transfers by status, for the last look.
    pub(crate) fn transfers_in(&self, status: &str) -> usize {
        self.transfers.iter().filter(|row| row[1] == status).count()
    }

    pub(crate) fn messages(&self) -> usize {
        self.outbox.len()
    }

    /// The payload of every message to a queue about something.
    pub(crate) fn about(&self, queue: &str, subject: &str) -> Vec<Value> {
        let rows = self.outbox.iter().filter(|row| row[1] == queue && row[3] == subject);
        rows.map(|row| serde_json::from_str(&row[4]).unwrap()).collect()
    }
}

/// What the engine itself says of its files.
pub(crate) fn files_are_whole(site: &Site, thoroughly: bool) {
    match site.engine {
        Engine::Sqlite => runtime().block_on(async {
            let mut connection = sqlite(site).await;
            let connection = &mut connection;
            let integrity = rows!(connection, "PRAGMA integrity_check");
            assert_eq!(integrity, [["ok"]]);
            let orphans = sqlx::query("PRAGMA foreign_key_check").fetch_all(connection).await;
            assert!(orphans.unwrap().is_empty(), "a row without the one it belongs to");
        }),
        // Pages have checksums there, and every one of a table is read with the books.
        Engine::Postgres if !thoroughly => {}
        Engine::Postgres => {
            let server = site.database();
            let program = server.programs().join("pg_amcheck");
            assert!(program.exists(), "pg_amcheck belongs to PostgreSQL from 14 on");
            let address = site.database_address();
            let done = std::process::Command::new(program)
                .args(["--install-missing", "--heapallindexed", "--parent-check"])
                .args(["-h", server.folder(), "-U", "postgres"])
                .args(["-d", postgres::name_of(&address)])
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&done.stdout);
            assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

async fn sqlite(site: &Site) -> sqlx::SqliteConnection {
    let file = site.world.folder.file("device-enrollment.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(file)
        .busy_timeout(super::client::PATIENCE)
        .pragma("query_only", "ON");
    sqlx::SqliteConnection::connect_with(&options).await.unwrap()
}

/// Whatever is lost, doubled or there by half is noticed.
#[test]
fn damage_is_noticed() {
    let site = Site::shared(Engine::Sqlite, PEOPLE, &[]);
    Client::new(&site, 0, Chance::of(1)).everything();
    wait_until("everything is delivered", || Books::read(&site).all_delivered());
    let acknowledged = site.ledger.all();
    let posted =
        [site.world.gateway.posted("/rail"), site.world.gateway.posted("/events")].concat();
    let judged = |books: &Books| {
        books.have(&acknowledged);
        books.are_whole();
        books.were_posted(&posted);
    };
    judged(&Books::read(&site));
    for damage in [
        "DELETE FROM outbox WHERE queue = 'rail' AND message_id =
             (SELECT MIN(message_id) FROM outbox WHERE queue = 'rail')",
        "DELETE FROM outbox WHERE queue = 'event' AND message_id =
             (SELECT MIN(message_id) FROM outbox WHERE queue = 'event')",
        "INSERT INTO outbox (message_id, queue, kind, subject, payload, created_at, available_at,
             attempts) SELECT 'x', queue, kind, subject, payload, created_at, available_at, attempts
             FROM outbox WHERE queue = 'rail' LIMIT 1",
        "UPDATE outbox SET payload = '{}'",
        "DROP TRIGGER audit_is_kept;
         DELETE FROM audit WHERE sequence =
             (SELECT MAX(sequence) FROM audit WHERE subject_kind = 'device')",
        "DROP TRIGGER audit_is_kept;
         DELETE FROM audit WHERE sequence =
             (SELECT MAX(sequence) FROM audit WHERE action = 'consent.assertion_judged')",
        "DELETE FROM transfers WHERE ted_key = (SELECT MIN(ted_key) FROM transfers)",
        "UPDATE devices SET status = 'active' WHERE status = 'locked'",
        "UPDATE devices SET revision = revision + 1",
        "UPDATE transfers SET status = 'awaiting_code' WHERE status = 'sent'",
        "UPDATE enrollments SET participant_id = 'the same'",
        "UPDATE enrollments SET status = 'AWAITING_ENROLLMENT' WHERE status = 'AUTHORIZED'",
        "UPDATE consents SET status = 'AWAITING_AUTHORISATION'",
        "DELETE FROM verdicts",
        "DELETE FROM credentials",
        "UPDATE counters SET used = used + 1 WHERE name = 'code_attempts' AND subject = ''",
    ] {
        let books = Books::read_damaged(&site, damage);
        let noticed = catch_unwind(AssertUnwindSafe(|| judged(&books)));
        assert!(noticed.is_err(), "not noticed: {damage}");
    }
    judged(&Books::read(&site));
}
