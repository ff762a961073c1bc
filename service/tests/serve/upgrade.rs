//! Databases of earlier releases, as SQL, opened by this one: what was begun then goes on now.
//!
//! There is one file for each step of the schema, written once, when that step was the last:
//!
//! ```sh
//! UPDATE_FIXTURES=1 cargo test -p device-enrollment-service --test serve -- upgrade
//! ```

use std::path::{Path, PathBuf};

use device_enrollment_testkit::Registration;
use serde_json::{Value, json};
use sqlx::{Connection as _, Row as _, SqliteConnection};

use super::bank::enrolling::{BASE, Bank};
use super::enrollments::transfer;
use super::server::{Folder, text};
use super::world::{ACCOUNT, APPROVER, Engine, uuid};

/// What the credential of the fixtures is made from.
const SEED: &str = "of a phone that was enrolled long ago";
/// The newest step of the schema.
const NEWEST: &str = "0001_first";

#[test]
fn the_database_of_every_earlier_step_is_opened_and_goes_on() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let newest = folder.join(format!("{NEWEST}.sql"));
    if std::env::var_os("UPDATE_FIXTURES").is_some() && !newest.exists() {
        std::fs::write(&newest, written()).unwrap();
    }
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.contains(&newest), "{} is missing", newest.display());
    for file in files {
        goes_on(&std::fs::read_to_string(&file).unwrap(), &file);
    }
}

fn goes_on(sql: &str, file: &Path) {
    let folder = Folder::new();
    let database = folder.file("earlier.db");
    let devices: Vec<(String, String)> = on(&database, async |connection| {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut *connection).await.unwrap();
        let query = "SELECT device_key, status FROM devices ORDER BY status";
        let rows = sqlx::query(query).fetch_all(connection).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    });
    let [(active, _), (waiting, _)] = devices.as_slice() else { panic!("{devices:?}") };
    let bank = bank(&database);
    let ask = |method: &str, path: &str, body: &Value| {
        let answer = bank.world.ask(method, path, body);
        (answer.status, answer.json())
    };
    let device = |key: &str, what: &str| format!("/account/{ACCOUNT}/device/{key}{what}");

    // A device that was registered, and one whose code is over.
    assert_eq!(ask("GET", &device(active, ""), &Value::Null).1["status"], "registered", "{file:?}");
    let (status, body) = ask("PATCH", &device(waiting, "/resend_token"), &json!({}));
    assert_eq!(status, 202, "{body}");
    let code = json!({"token": bank.world.gateway.code()});
    assert_eq!(ask("PUT", &device(waiting, "/validate"), &code).0, 201);

    // An enrollment, whose verdict can be read and whose credential approves a transfer.
    let list = bank.get(&format!("{BASE}?status=AUTHORIZED")).json();
    assert_eq!(list["total"], 1, "{list}");
    let id = list["data"][0]["id"].as_str().unwrap();
    let verdicts = bank.get(&format!("/extensions/v1{BASE}/{id}/verdicts")).json();
    assert_eq!(verdicts["verdicts"][0]["verdict"]["decision"], "accepted");
    let ted = transfer::requested(&bank);
    let mut assertion = transfer::signed(&bank, &ted, &Registration::none(SEED));
    assertion.user_handle = None;
    let teds = format!("/account/{ACCOUNT}/ted/{ted}");
    let (status, body) =
        ask("POST", &format!("/extensions/v1{teds}/assertion"), &assertion.make().to_json());
    assert_eq!(status, 202, "{body}");
    assert_eq!(ask("PUT", &format!("{teds}/validate_token"), &json!({})).0, 202);

    // What was ended stays ended.
    assert_eq!(ask("DELETE", &device(active, "/disable"), &Value::Null).0, 200);
    bank.world.stop();
}

/// A bank on a database of its own.
fn bank(database: &Path) -> Bank {
    let url = format!("sqlite:{}", text(database));
    Bank::with(Engine::Sqlite, &[("DEVICE_ENROLLMENT_DATABASE_URL", &url)])
}

/// A database with a device, its credential, and a device that waits for its code, as SQL.
fn written() -> String {
    let folder = Folder::new();
    let database = folder.file("now.db");
    let bank = bank(&database);
    transfer::enrolled(&bank, SEED);
    let waiting = json!({
        "device_key": uuid(), "session_id": uuid(),
        "tfa_info": {"approver_document_number": APPROVER, "contact_type": "sms"}
    });
    let made = bank.world.ask("POST", &format!("/account/{ACCOUNT}/device"), &waiting);
    assert_eq!(made.status, 202, "{}", made.body);
    bank.world.stop();
    on(&database, dump)
}

/// Tables, then rows, then what looks after them.
async fn dump(connection: &mut SqliteConnection) -> String {
    let mut sql = String::new();
    let things = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL
                  ORDER BY type <> 'table', rowid";
    let things = sqlx::query(things).fetch_all(&mut *connection).await.unwrap();
    let mut after = String::new();
    for thing in &things {
        let (kind, name, made_by): (String, String, String) =
            (thing.get(0), thing.get(1), thing.get(2));
        if name.starts_with("sqlite_") {
            continue;
        }
        if kind != "table" {
            after.push_str(&format!("{made_by};\n"));
            continue;
        }
        sql.push_str(&format!("{made_by};\n"));
        let columns = format!("SELECT name FROM pragma_table_info('{name}')");
        let columns = sqlx::query(sqlx::AssertSqlSafe(columns)).fetch_all(&mut *connection).await;
        let quoted: Vec<String> = columns
            .unwrap()
            .iter()
            .map(|column| format!("quote({})", column.get::<String, _>(0)))
            .collect();
        let rows = format!("SELECT {} FROM {name}", quoted.join(" || ',' || "));
        let rows = sqlx::query(sqlx::AssertSqlSafe(rows)).fetch_all(&mut *connection).await;
        for row in rows.unwrap() {
            let values: String = row.get(0);
            sql.push_str(&format!("INSERT INTO {name} VALUES ({values});\n"));
        }
    }
    sql + &after
}

fn on<T>(database: &Path, work: impl AsyncFnOnce(&mut SqliteConnection) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let address = format!("sqlite:{}?mode=rwc", text(database));
        let mut connection = SqliteConnection::connect(&address).await.unwrap();
        let done = work(&mut connection).await;
        connection.close().await.unwrap();
        done
    })
}
