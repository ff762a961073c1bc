//! A database that goes away and comes back, that only reads, that somebody else holds, whose
//! connections are cut, whose disk is full: requests are answered 503 or done, nothing is lost, and
//! no node has to be restarted.

use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _};

use super::books::{Books, files_are_whole};
use super::load::{device, transfer};
use super::postgres;
use super::server::Folder;
use super::site::{Person, Site, code_of, said, wait_until};
use super::world::{Engine, code_in, uuid};

/// A device that waits for its code, and the code.
fn pending(site: &Site, person: &Person) -> (String, String) {
    let (device_key, mark) = (uuid(), site.world.gateway.mark());
    let path = format!("/account/{}/device", person.account);
    let answer = site.ask(0, "POST", &path, &device(&device_key, &uuid(), person));
    assert_eq!(answer.status, 202, "{}", answer.body);
    let posted = site.world.gateway.since(mark, "/sms").pop().unwrap();
    let message: Value = serde_json::from_str(&posted.body).unwrap();
    (device_key, code_in(message["text"].as_str().unwrap()))
}

/// One request of each family that writes, to every node: each is answered 503 in the words of its
/// family, and says when to come back.
fn writes_are_put_off(site: &Site, person: &Person) {
    let by_code = json!({"approver_document_number": person.document, "contact_type": "sms"});
    let account = format!("/account/{}", person.account);
    for node in 0..site.nodes() {
        for (path, body, code) in [
            (format!("{account}/device"), device(&uuid(), &uuid(), person), "API000503"),
            (format!("{account}/ted"), transfer(&uuid(), &by_code), "API000503"),
            (
                super::enrolling::BASE.to_owned(),
                super::enrolling::creation(),
                "SERVICO_INDISPONIVEL",
            ),
        ] {
            let answer = site.ask(node, "POST", &path, &body);
            assert_eq!((answer.status, code_of(&answer)), (503, code.to_owned()), "{path}");
            assert!(answer.header("retry-after").is_some(), "{path}: {}", answer.head);
        }
        let live = site.with_node(node, |server| server.get("/health/live", "").status);
        assert_eq!(live, 200, "restarting it would help nobody");
    }
}

fn registers(site: &Site, person: &Person, device_key: &str, code: &str) {
    let path = format!("/account/{}/device/{device_key}/validate", person.account);
    let answer = site.ask(site.nodes() - 1, "PUT", &path, &json!({"token": code}));
    assert_eq!(answer.status, 201, "{}", answer.body);
}

#[test]
fn postgresql_that_is_stopped_and_started_needs_no_restart() {
    let site = Site::start(Engine::Postgres, 1, &[]);
    let person = Person::number(0);
    let processes = [site.process(0), site.process(1)];
    let (device_key, code) = pending(&site, &person);
    for stopped_by in [postgres::Server::stop, postgres::Server::kill_all] {
        stopped_by(site.database());
        site.wait_until_not_ready();
        writes_are_put_off(&site, &person);
        let path = format!("/account/{}/device/{device_key}", person.account);
        let answer = site.ask(0, "GET", &path, &Value::Null);
        assert_eq!(said(&answer), (503, "API000503".to_owned()));
        site.database().start_again();
        site.wait_until_ready();
    }
    registers(&site, &person, &device_key, &code);
    Books::read(&site).are_whole();
    assert_eq!([site.process(0), site.process(1)], processes);
}

/// A standby that was taken for the first server, until it is made the first one.
#[test]
fn postgresql_that_only_reads_is_told_and_reads_go_on() {
    let site = Site::start(Engine::Postgres, 1, &[]);
    let person = Person::number(0);
    let (device_key, code) = pending(&site, &person);
    site.database().stop();
    site.database().becomes_standby();
    site.database().start_again();
    // Connections are made anew.
    site.wait_until_not_ready();
    let path = format!("/account/{}/device/{device_key}", person.account);
    wait_until("reads go on", || site.ask(0, "GET", &path, &Value::Null).status == 200);
    writes_are_put_off(&site, &person);
    assert_eq!(site.ask(0, "GET", &path, &Value::Null).status, 200);
    site.database().promote();
    site.wait_until_ready();
    registers(&site, &person, &device_key, &code);
    Books::read(&site).are_whole();
}

/// All connections are cut again and again while requests are under way: each request is done, or
/// put off and then done.
#[test]
fn connections_that_are_cut_lose_nothing() {
    let site = Site::start(Engine::Postgres, 1, &[]);
    let person = Person::number(0);
    let address = site.database_address();
    let name = postgres::name_of(&address).to_owned();
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let by_code = json!({"approver_document_number": person.document, "contact_type": "sms"});
    let path = format!("/account/{}/ted", person.account);
    for _ in 0..10 {
        let body = transfer(&uuid(), &by_code);
        let (first, second) = std::thread::scope(|scope| {
            let cutter = scope.spawn(|| site.database().psql(&name, cut));
            let first = said(&site.ask(0, "POST", &path, &body));
            cutter.join().unwrap();
            // Each node finds its cut connections one by one, and may say so once.
            let mut again = (0, String::new());
            for node in [1, 0] {
                wait_until("it is answered", || {
                    again = said(&site.ask(node, "POST", &path, &body));
                    again.0 != 503
                });
            }
            (first, again)
        });
        assert!([202, 503].contains(&first.0), "{first:?}");
        assert_eq!(second, (409, "RCK000001".to_owned()), "one transfer of one control key");
    }
    Books::read(&site).are_whole();
}

/// Another process holds the file's write lock for longer than a request waits.
#[test]
fn a_file_that_another_process_holds_is_waited_for_and_then_told() {
    let site = Site::start(Engine::Sqlite, 1, &[]);
    let person = Person::number(0);
    let (device_key, code) = pending(&site, &person);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let file = site.world.folder.file("device-enrollment.db");
    let mut other = runtime
        .block_on(async {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
            let mut other = sqlx::SqliteConnection::connect_with(&options).await?;
            other.execute("BEGIN IMMEDIATE").await?;
            Ok::<_, sqlx::Error>(other)
        })
        .unwrap();
    let by_code = json!({"approver_document_number": person.document, "contact_type": "sms"});
    let ted = format!("/account/{}/ted", person.account);
    let answer = site.ask(0, "POST", &ted, &transfer(&uuid(), &by_code));
    assert_eq!(said(&answer), (503, "API000503".to_owned()));
    assert!(answer.header("retry-after").is_some(), "{}", answer.head);
    assert_eq!(site.health(0), (503, "storage".to_owned()));
    let path = format!("/account/{}/device/{device_key}", person.account);
    assert_eq!(site.ask(0, "GET", &path, &Value::Null).status, 200, "reads go on");
    runtime.block_on(other.execute("ROLLBACK")).unwrap();
    site.wait_until_ready();
    registers(&site, &person, &device_key, &code);
    Books::read(&site).are_whole();
    files_are_whole(&site, true);
}

/// The disk of PostgreSQL's tables is full: a small one in memory, in a mount namespace of the
/// server's own.
#[test]
fn postgresql_without_space_needs_no_restart() {
    let folder = Folder::new();
    let Some(server) = postgres::Server::start_on_small_disk(folder.path(), "24m") else {
        eprintln!("LEFT OUT: mount namespaces are not permitted here (postgresql_without_space)");
        return;
    };
    let small = folder.path().join("tables");
    let space = format!("CREATE TABLESPACE small LOCATION '{}'", small.display());
    server.psql("postgres", &space);
    server.psql("postgres", "ALTER DATABASE template1 SET TABLESPACE small");
    let plainly = |world: &super::world::World| {
        super::server::Server::start_in(&world.folder, &world.settings())
    };
    let site = Site::with(Engine::Postgres, 4, &[], move || server, Box::new(plainly));
    let person = Person::number(0);
    let (device_key, code) = pending(&site, &person);
    let filler = format!("{}/filler", small.display());
    site.database().in_its_mounts(&["dd", "if=/dev/zero", &format!("of={filler}"), "bs=4k"]);
    let path = format!("/account/{}/device", person.account);
    let mut stored = Vec::new();
    // What the pages have room for is still taken.
    let refused = loop {
        let device_key = uuid();
        let answer = site.ask(0, "POST", &path, &device(&device_key, &uuid(), &person));
        if answer.status != 202 {
            break said(&answer);
        }
        stored.push(device_key);
        assert!(stored.len() < 900, "it never was full");
    };
    assert_eq!(refused, (503, "API000503".to_owned()));
    stored.push(device_key.clone());
    for device_key in &stored {
        let answer = site.ask(1, "GET", &format!("{path}/{device_key}"), &Value::Null);
        assert_eq!(answer.status, 200, "reads go on");
    }
    site.database().in_its_mounts(&["rm", &filler]);
    wait_until("there is room again", || {
        site.ask(0, "POST", &path, &device(&uuid(), &uuid(), &person)).status == 202
    });
    registers(&site, &person, &device_key, &code);
    site.wait_until_ready();
    Books::read(&site).are_whole();
    files_are_whole(&site, true);
}
