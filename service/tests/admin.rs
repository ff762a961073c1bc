//! The operator's commands as a script meets them, on a SQLite file of their own.
#![cfg(feature = "serve")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may fail loudly"
)]

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

const ACCOUNT: &str = "2db36e1a-68a1-4d7b-9f4d-6d3b60e2c0d1";
const DOCUMENT: &str = "98765432100";
const PHONE: &str = "+5511987654321";

#[test]
fn accounts_are_imported_and_the_list_of_approvers_is_the_whole_list() {
    let desk = Desk::new();
    let shown = desk.import("accounts", &accounts(|_| {}));
    assert_eq!((shown.status, shown.stdout.as_str()), (0, "IMPORTED  1 accounts\n"), "{shown:?}");
    assert!(desk.holds(PHONE));
    // Somebody else is the approver now, and the first one's contacts are gone.
    let other = accounts(|account| {
        account["approvers"] = json!([{ "document_number": "12345678909" }]);
    });
    assert_eq!(desk.import("accounts", &other).status, 0);
    let trail = desk.run(&["audit", "account", ACCOUNT], "");
    assert_eq!(trail.actions(), ["account.imported", "account.imported"], "{trail:?}");
}

#[test]
fn a_file_with_one_fault_stores_nothing_and_quotes_nothing() {
    let desk = Desk::new();
    let good = accounts(|_| {})["accounts"][0].clone();
    let faults: [(&str, Value); 12] = [
        ("account_key", json!("2db36e1a")),
        ("status", json!("frozen")),
        ("kind", json!("savings")),
        ("branch", json!("00011")),
        ("number", json!("12a")),
        ("digit", json!("")),
        ("nickname", json!("hers")),
        ("approvers", json!([{ "document_number": "12345678000195" }])),
        ("approvers", json!([{ "document_number": DOCUMENT, "phone": "11912345678" }])),
        ("approvers", json!([{ "document_number": DOCUMENT, "email": "nobody" }])),
        ("approvers", json!([{ "document_number": DOCUMENT, "name": "" }])),
        ("approvers", json!([{ "document_number": DOCUMENT }, { "document_number": DOCUMENT }])),
    ];
    for (member, value) in faults {
        let mut bad = good.clone();
        bad["account_key"] = json!("7e0c0a3c-9a0b-4c55-8f6b-3a9b1a6d2f10");
        bad[member] = value.clone();
        let shown = desk.import("accounts", &json!({ "accounts": [good, bad] }));
        assert_eq!(shown.status, 2, "{member} {value}: {shown:?}");
        assert!(
            !shown.stderr.contains(DOCUMENT) && !shown.stderr.contains("912345678"),
            "{shown:?}"
        );
    }
    let twice = desk.import("accounts", &json!({ "accounts": [good, good] }));
    assert!(twice.stderr.contains("account 1 (from 0): its account_key stands twice"), "{twice:?}");
    let doubled = r#"{"accounts":[],"accounts":[]}"#;
    assert_eq!(desk.run(&["accounts", "-"], doubled).status, 2);
    assert_eq!(desk.run(&["accounts", "-"], "{").status, 2);
    // The good one, which stood first each time, was not stored.
    assert_eq!(desk.run(&["audit", "account", ACCOUNT], "").stdout, "");
}

#[test]
fn a_key_is_printed_once_and_lives_until_it_is_revoked() {
    let desk = Desk::new();
    let create = ["keys", "create", "--requester", "bank", "--label", "first"];
    let unknown = desk.run(&create, "");
    assert_eq!(unknown.status, 1, "{unknown:?}");
    assert_eq!(desk.import("requesters", &requesters(|_| {})).status, 0);
    let made = desk.run(&create, "");
    assert_eq!(made.status, 0, "{made:?}");
    let key = made.stdout.trim_end();
    let (prefix, secret) = key.strip_prefix("de_").unwrap().split_once('_').unwrap();
    assert_eq!((prefix.len(), secret.len()), (12, 43), "{made:?}");
    // The secret is nowhere in the files of the database.
    assert!(desk.holds(prefix) && !desk.holds(secret));

    let expiring = desk.run(&[&create[..], &["--expires-in-days", "30"]].concat(), "");
    assert_eq!(expiring.status, 0, "{expiring:?}");
    let listed = desk.run(&["keys", "list", "--format", "json"], "");
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!((&listed[0]["prefix"], &listed[0]["state"]), (&json!(prefix), &json!("live")));
    assert_eq!(listed[0]["expires_at"], Value::Null);
    assert!(listed[1]["expires_at"].is_string());

    let revoked = desk.run(&["keys", "revoke", prefix], "");
    assert_eq!(revoked.stdout, format!("REVOKED  {prefix}\n"), "{revoked:?}");
    assert_eq!(desk.run(&["keys", "revoke", prefix], "").status, 1);
    let text = desk.run(&["keys", "list"], "").stdout;
    assert!(text.contains(&format!("{prefix}  revoked  bank")), "{text}");
    let trail = desk.run(&["audit", "api_key", prefix], "");
    assert_eq!(trail.actions(), ["api_key.created", "api_key.revoked"]);
}

#[test]
fn a_requester_that_contradicts_itself_is_refused() {
    let desk = Desk::new();
    let all = json!("all");
    for (member, value) in [
        ("default_wallet", json!(ACCOUNT)),
        ("wallets", json!(["not a key"])),
        ("wallets", json!("some")),
        ("may_create_devices", json!("yes")),
        ("admin", json!(true)),
    ] {
        let bad = requesters(|configuration| configuration[member] = value.clone());
        assert_eq!(desk.import("requesters", &bad).status, 2, "{member}");
    }
    let good = requesters(|configuration| {
        configuration["default_wallet"] = json!(ACCOUNT);
        configuration["wallets"] = all.clone();
    });
    assert_eq!(desk.import("requesters", &good).status, 0);
    let nameless = json!({ "requesters": [{ "requester_key": "a b", "name": "x" }] });
    assert_eq!(desk.import("requesters", &nameless).status, 2);
}

#[test]
fn a_person_is_erased_and_the_trail_stays() {
    let desk = Desk::new();
    assert_eq!(desk.import("accounts", &accounts(|_| {})).status, 0);
    assert!(desk.holds(DOCUMENT) && desk.holds(PHONE));
    for unusable in ["", "9876543210", "987.654.321-00", "12345678000195"] {
        assert_eq!(desk.run(&["erase", "-"], unusable).status, 2, "{unusable}");
    }
    let shown = desk.run(&["erase", "-"], &format!("{DOCUMENT}\n"));
    assert_eq!((shown.status, shown.stdout.as_str()), (0, "ERASED\n"), "{shown:?}");
    let trail = desk.run(&["audit", "account", ACCOUNT], "");
    assert_eq!(trail.actions(), ["account.imported"]);
    // Nor is it left in a freed page of the file.
    for planted in [DOCUMENT, PHONE, "Maria da Silva", "maria@bank.example"] {
        assert!(!desk.holds(planted), "{planted}");
    }
    assert_eq!(desk.run(&["sweep"], "").stdout, "SWEPT\n");
}

fn accounts(change: impl FnOnce(&mut Value)) -> Value {
    let mut account = json!({
        "account_key": ACCOUNT,
        "status": "open",
        "kind": "regular",
        "branch": "0001",
        "number": "123456",
        "digit": "7",
        "approvers": [{
            "document_number": DOCUMENT,
            "name": "Maria da Silva",
            "phone": PHONE,
            "email": "maria@bank.example",
        }],
    });
    change(&mut account);
    json!({ "accounts": [account] })
}

fn requesters(change: impl FnOnce(&mut Value)) -> Value {
    let mut configuration = json!({
        "may_create_devices": true,
        "accounts": "all",
        "wallets": [],
        "products": [],
        "users": "all",
    });
    change(&mut configuration);
    json!({ "requesters": [{
        "requester_key": "bank",
        "name": "The bank",
        "configuration": configuration,
    }] })
}

/// A folder with a database, which goes with it.
struct Desk {
    folder: PathBuf,
}

#[derive(Debug)]
struct Shown {
    status: i32,
    stdout: String,
    stderr: String,
}

impl Shown {
    /// The actions of a trail.
    fn actions(&self) -> Vec<String> {
        let read = |line: &str| serde_json::from_str::<Value>(line).unwrap();
        let action = |line| read(line)["action"].as_str().unwrap().to_owned();
        self.stdout.lines().map(action).collect()
    }
}

impl Desk {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "device-enrollment-admin-{}-{}",
            std::process::id(),
            NUMBER.fetch_add(1, Ordering::Relaxed)
        );
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).unwrap();
        Self { folder }
    }

    fn import(&self, what: &str, json: &Value) -> Shown {
        self.run(&[what, "-"], &json.to_string())
    }

    fn run(&self, arguments: &[&str], input: &str) -> Shown {
        let database = format!("sqlite:{}", self.folder.join("service.db").display());
        let mut child = Command::new(env!("CARGO_BIN_EXE_device-enrollment"))
            .arg("admin")
            .args(arguments)
            .args(["--database", &database])
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that refuses its arguments does not read.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let done = child.wait_with_output().unwrap();
        Shown {
            status: done.status.code().unwrap(),
            stdout: String::from_utf8(done.stdout).unwrap(),
            stderr: String::from_utf8(done.stderr).unwrap(),
        }
    }

    /// Whether a text stands anywhere in the files of the database.
    fn holds(&self, text: &str) -> bool {
        fs::read_dir(&self.folder).unwrap().any(|file| {
            let bytes = fs::read(file.unwrap().path()).unwrap();
            bytes.windows(text.len()).any(|window| window == text.as_bytes())
        })
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
