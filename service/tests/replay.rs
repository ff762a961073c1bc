//! Records that are judged again: what changed since, and why.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may fail loudly"
)]

mod common;

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};

use common::{
    Shown, TIME as AT, anchors, app_assertion, app_attestation, command, encode, run, text,
};
use device_enrollment_testkit::metadata::{entry_for, report};
use device_enrollment_testkit::{
    MetadataBlob, Registration, RegistrationParts, authenticator_data::flag,
};
use serde_json::{Value, json};

/// A month after the testkit's time.
const NEXT_MONTH: &str = "2026-07-01T00:00:00Z";

// ---------------------------------------------------------------- what changed

#[test]
fn what_is_judged_under_the_same_data_is_unchanged() {
    let desk = Desk::new();
    desk.record(&packed(), &["--profile", "webauthn"], 0);
    desk.record(&example("approval.json"), &[], 0);
    desk.record(&refused(), &[], 1);
    desk.record(&app_attestation(&Registration::app_attest("replay")), &[], 0);
    desk.record(&app_assertion(&Registration::app_attest("replay")), &[], 0);
    let again = desk.replay(&["--at", AT]);
    assert_eq!(again.status, 0, "{again:?}");
    assert_eq!(again.lines().len(), 1, "{again:?}");
    assert_eq!(counts(&again)["unchanged"], 5, "{again:?}");
    assert_eq!(again.stderr, "");

    let all = desk.replay(&["--at", AT, "--all"]);
    let lines = all.lines();
    assert_eq!(lines.len(), 6, "{all:?}");
    for line in &lines[..5] {
        assert_eq!((&line["change"], &line["inputs"]), (&json!("unchanged"), &json!({})));
    }
    assert_eq!(lines[2]["after"]["code"], "client_data.challenge");
}

#[test]
fn a_record_holds_what_was_given_and_the_verdict() {
    let desk = Desk::new();
    let file = packed();
    desk.record(&file, &["--profile", "webauthn", "--base64", "any_alphabet"], 0);
    let record: Value = serde_json::from_str(&desk.records()).unwrap();
    assert_eq!((&record["expect"], &record["request"]), (&file["expect"], &file["request"]));
    assert_eq!((&record["record"], &record["time"]), (&json!(1), &json!(AT)));
    assert_eq!(
        (&record["profile"], &record["base64"]),
        (&json!("webauthn"), &json!("any_alphabet"))
    );
    let verified = desk.verify(&file, &["--profile", "webauthn", "--format", "json"]);
    let verdict: Value = serde_json::from_str(&verified.stdout).unwrap();
    assert_eq!(record["verdict"]["inputs"], verdict["inputs"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(desk.path("records")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_decision_without_its_evidence_is_not_shown() {
    let desk = Desk::new();
    let file = desk.write("file.json", packed().to_string().as_bytes());
    let shown = run(&["verify", &file, "--record", &desk.path("no/such/folder")], "");
    assert_eq!((shown.status, shown.stdout.as_str()), (2, ""), "{shown:?}");
    let mut long = packed();
    long["expect"]["exclude_credentials"] = json!(["A".repeat(260 * 1024)]);
    let shown = desk.verify(&long, &["--record", &desk.path("records")]);
    assert_eq!((shown.status, shown.stdout.as_str()), (2, ""), "{shown:?}");
    assert!(shown.stderr.contains("larger than 256 KiB"), "{shown:?}");
}

#[test]
fn a_phone_whose_key_was_revoked_since_is_named() {
    let desk = Desk::new();
    let empty = desk.write("empty", br#"{"entries": {}}"#);
    let revoking = br#"{"entries": {"1": {"status": "REVOKED", "reason": "KEY_COMPROMISE"}}}"#;
    let revoking = desk.write("revoking", revoking);
    desk.record(&android(), &["--android-status", &empty, "--android-status-at", AT], 0);
    let status = |list: &str, fetched: &str, at: &str| {
        desk.replay(&["--android-status", list, "--android-status-at", fetched, "--at", at])
    };
    assert_eq!(status(&empty, NEXT_MONTH, NEXT_MONTH).status, 0);

    let again = status(&revoking, NEXT_MONTH, NEXT_MONTH);
    assert_eq!(again.status, 1, "{again:?}");
    let line = &again.lines()[0];
    assert_eq!(line["change"], "now_refused");
    assert_eq!(line["before"]["decision"], "accepted");
    assert_eq!(
        (line["after"]["check"].clone(), line["after"]["code"].clone()),
        refusal("AK-18", "android.revoked")
    );
    assert_eq!(changed_inputs(line), ["android_status", "status_time"]);
    assert_eq!(line["id"], stored_verdict(&desk, 0)["inputs"]["response"]);

    // The day's list was fresh then. Judged by it a month later, it is stale.
    let stale = status(&empty, AT, NEXT_MONTH);
    let line = &stale.lines()[0];
    assert_eq!(line["after"]["code"], "android.status_list_stale");
    assert_eq!(changed_inputs(line), ["status_time"]);
}

#[test]
fn an_enrollment_whose_anchor_is_no_longer_trusted_is_named() {
    let desk = Desk::new();
    let parts = Registration::packed_basic("anchor").make();
    let (folder, other) = (desk.folder("trust"), desk.folder("other"));
    fs::write(folder.join("root.der"), &parts.anchors[0]).unwrap();
    let another = Registration::packed_basic("another").make().anchors[0].clone();
    fs::write(other.join("root.der"), another).unwrap();
    let (folder, other) = (text(&folder), text(&other));
    let mut file = file_of(&parts);
    members(&mut file["expect"]).remove("trust_anchors");
    desk.record(&file, &["--profile", "webauthn", "--trust", &folder], 0);
    let again = desk.replay(&["--trust", &folder]);
    assert_eq!(again.status, 0, "{again:?}");

    let again = desk.replay(&["--trust", &other]);
    assert_eq!(again.status, 1, "{again:?}");
    let line = &again.lines()[0];
    assert_eq!(
        (line["after"]["check"].clone(), line["after"]["code"].clone()),
        refusal("X-11", "path.anchor_not_reached")
    );
    assert_eq!(changed_inputs(line), ["status_time", "trust_store"]);
    let shown = desk.replay_text(&["--trust", &other]);
    for part in ["NOW REFUSED", "before        accepted", "X-11", "input         trust_store: "] {
        assert!(shown.stdout.contains(part), "{part}: {}", shown.stdout);
    }
}

#[test]
fn a_model_that_was_revoked_since_is_named() {
    let desk = Desk::new();
    let registration = Registration::packed_basic("model");
    let file = file_of(&registration.make());
    let then = desk.metadata("then", &registration, 17, &[]);
    let now = desk.metadata("now", &registration, 18, &[report("REVOKED", "2026-06-20")]);
    let told =
        desk.metadata("told", &registration, 18, &[report("UPDATE_AVAILABLE", "2026-06-20")]);
    desk.record(&file, &["--profile", "webauthn", "--metadata", &then], 0);
    let judged = |store: &str, at: &str| desk.replay(&["--metadata", store, "--at", at]);

    // The same data, and newer data before the status takes effect: but for its number, nothing.
    assert_eq!(counts(&judged(&then, "2026-06-21T00:00:00Z"))["unchanged"], 1);
    assert_eq!(counts(&judged(&now, "2026-06-19T23:59:59Z"))["unchanged"], 1);

    let again = judged(&now, "2026-06-20T00:00:00Z");
    assert_eq!(again.status, 1, "{again:?}");
    let line = &again.lines()[0];
    assert_eq!(
        (line["after"]["check"].clone(), line["after"]["code"].clone()),
        refusal("MD-7", "metadata.revoked")
    );
    assert_eq!(changed_inputs(line), ["metadata", "status_time"]);
    let status = json!({ "before": "FIDO_CERTIFIED_L1", "after": "REVOKED" });
    assert_eq!(line["facts"]["metadata.status"], status);

    // Something that a person should know, and no reason to refuse.
    let again = judged(&told, "2026-06-21T00:00:00Z");
    assert_eq!(again.status, 0, "{again:?}");
    let line = &again.lines()[0];
    assert_eq!(line["change"], "changed_facts");
    assert_eq!(line["facts"]["metadata.status"]["after"], "UPDATE_AVAILABLE");

    // Left out by mistake, metadata is missed.
    let without = desk.replay(&[]);
    assert_eq!(counts(&without)["without_their_metadata"], 1, "{without:?}");
}

#[test]
fn another_policy_is_named() {
    let desk = Desk::new();
    let mut registration = Registration::packed_basic("policy");
    registration.authenticator_data.flags &= !flag::USER_VERIFIED;
    let unverified = file_of(&registration.make());
    desk.record(&unverified, &["--profile", "webauthn"], 0);
    desk.record(&unverified, &["--profile", "open_finance_brasil"], 1);
    let bank = desk.replay(&["--profile", "open_finance_brasil", "--at", AT]);
    assert_eq!(bank.status, 1, "{bank:?}");
    let line = &bank.lines()[0];
    assert_eq!((&line["line"], &line["change"]), (&json!(1), &json!("now_refused")));
    assert_eq!(line["after"], stored_refusal(&desk, 1));
    assert_eq!(changed_inputs(line), ["policy"]);
    assert_eq!(counts(&bank)["unchanged"], 1);

    let plain = desk.replay(&["--profile", "webauthn", "--at", AT]);
    assert_eq!(plain.status, 1, "{plain:?}");
    assert_eq!(plain.lines()[0]["change"], "now_accepted");
}

// ---------------------------------------------------------------- what cannot be used

#[test]
fn a_line_that_is_no_record_is_told_of_and_passed_over() {
    let desk = Desk::new();
    desk.record(&example("enrollment.json"), &[], 0);
    let good = desk.records();
    let record: Value = serde_json::from_str(&good).unwrap();
    let but = |change: fn(&mut Value)| {
        let mut record = record.clone();
        change(&mut record);
        record.to_string()
    };
    let broken = [
        ("{\"record\":1".to_owned(), "EOF"),
        ("x".repeat(300 * 1024), "too long"),
        (but(|it| it["record"] = json!(2)), "another release"),
        (but(|it| it["extra"] = json!(2)), "unknown field"),
        (but(|it| it["time"] = json!("2026-06-01T00:00:01Z")), "another time"),
        (but(|it| it["expect"]["rp_id"] = json!("bank.example")), "another expectation"),
        (
            but(|it| {
                let data = &mut it["request"]["device_credential_client_data_json"];
                *data = data.as_str().unwrap().replacen('e', "f", 1).into();
            }),
            "another response",
        ),
    ];
    for (line, why) in &broken {
        let lines = desk.write("lines", format!("{good}{line}\n\n{good}").as_bytes());
        let again = run(&["replay", &lines, "--format", "json"], "");
        assert_eq!(again.status, 2, "{why}: {again:?}");
        assert_eq!(again.stderr.lines().count(), 1, "{again:?}");
        let told = &again.lines()[0];
        assert_eq!((&told["line"], &told["change"]), (&json!(2), &json!("unreadable")));
        assert!(told["error"].as_str().unwrap().contains(why), "{why}: {told}");
        let counts = counts(&again);
        assert_eq!((&counts["unchanged"], &counts["unreadable"]), (&json!(2), &json!(1)), "{why}");
    }
}

#[test]
fn a_record_after_one_that_was_cut_off_is_whole() {
    let desk = Desk::new();
    desk.write("records", b"{\"record\":1,\"rel");
    desk.record(&example("enrollment.json"), &[], 0);
    let again = desk.replay(&[]);
    let counts = counts(&again);
    assert_eq!((&counts["unchanged"], &counts["unreadable"]), (&json!(1), &json!(1)), "{again:?}");
}

#[test]
fn records_are_read_from_standard_input() {
    let desk = Desk::new();
    desk.record(&example("enrollment.json"), &[], 0);
    let again = run(&["replay", "-", "--format", "json"], &desk.records());
    assert_eq!((again.status, &counts(&again)["unchanged"]), (0, &json!(1)), "{again:?}");
    let state = desk.path("state");
    let resumed = run(&["replay", "-", "--resume", &state], "");
    assert_eq!((resumed.status, resumed.stderr.lines().count()), (2, 1), "{resumed:?}");
}

// ---------------------------------------------------------------- a run in parts

#[test]
fn a_run_that_was_interrupted_ends_with_the_totals_of_one() {
    let desk = Desk::new();
    desk.record(&example("enrollment.json"), &[], 0);
    desk.record(&refused(), &[], 1);
    let mut lines = desk.records().repeat(1000);
    lines.push_str("broken\n");
    lines.push_str(&desk.records().repeat(500));
    let file = desk.write("many", lines.as_bytes());
    let state = desk.path("state");
    let arguments = ["replay", &file, "--profile", "webauthn", "--format", "json", "--at", AT];
    let one = run(&arguments, "");
    assert_eq!((one.status, counts(&one)["unreadable"].clone()), (2, json!(1)), "{:?}", one.stderr);

    let parts = [&arguments[..], &["--resume", &state, "--checkpoint", "50"]].concat();
    let mut child = command(&parts).stdout(Stdio::null()).spawn().unwrap();
    while fs::metadata(&state).is_err() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let stopped: Value = serde_json::from_slice(&fs::read(&state).unwrap()).unwrap();
    assert!(stopped["line"].as_u64().unwrap() >= 50, "{stopped}");
    let rest = run(&parts, "");
    assert_eq!((rest.status, counts(&rest)), (2, counts(&one)), "{:?}", rest.stderr);
    // Once it is at the end it stays there, and takes up what is appended.
    assert_eq!(run(&parts, "").lines().len(), 1);
    fs::write(&file, format!("{lines}{}", desk.records())).unwrap();
    let grown = counts(&run(&parts, ""))["unchanged"].as_u64();
    assert_eq!(grown, counts(&one)["unchanged"].as_u64().map(|count| count + 2));
}

#[test]
fn a_run_is_taken_up_only_where_it_is_the_same_run() {
    let desk = Desk::new();
    desk.record(&example("enrollment.json"), &[], 0);
    let state = desk.path("state");
    assert_eq!(desk.replay(&["--resume", &state]).status, 0);
    let first = fs::read(&state).unwrap();
    let stopped = |more: &[&str], why: &str| {
        let shown = desk.replay(&[&["--resume", &state], more].concat());
        assert_eq!((shown.status, shown.stdout.as_str()), (2, ""), "{shown:?}");
        assert!(shown.stderr.contains(why), "{shown:?}");
        assert!(fs::read(&state).unwrap() == first, "{why}: the state was replaced");
    };
    // Without --at it goes on at the instant at which it began.
    assert_eq!(desk.replay(&["--resume", &state]).status, 0);
    stopped(&["--at", AT], "at another time");
    stopped(&["--profile", "webauthn"], "another policy");
    let records = desk.records();
    desk.write("records", records.replace("}\n", " \n").as_bytes());
    stopped(&[], "not the file");
}

#[test]
fn the_answer_does_not_depend_on_how_many_are_judged_at_once() {
    let desk = Desk::new();
    desk.record(&example("enrollment.json"), &[], 0);
    desk.record(&refused(), &[], 1);
    desk.record(&packed(), &["--profile", "webauthn"], 0);
    let file = desk.write("many", desk.records().repeat(100).as_bytes());
    let judged = |jobs: &str| {
        run(&["replay", &file, "--format", "json", "--all", "--at", AT, "--jobs", jobs], "").stdout
    };
    let one = judged("1");
    assert_eq!(one.lines().count(), 301);
    assert!(one == judged("7"));
}

// ---------------------------------------------------------------- the desk

fn file_of(parts: &RegistrationParts) -> Value {
    json!({
        "expect": {
            "challenge": encode(&parts.challenge),
            "rp_id": parts.rp_id,
            "origins": [parts.origin],
            "algs": [parts.credential_algorithm],
            "user_verification": "discouraged",
            "trust_anchors": anchors(&parts.anchors),
            "time": AT,
        },
        "request": parts.to_json(),
    })
}

fn packed() -> Value {
    file_of(&Registration::packed_basic("replay").make())
}

fn android() -> Value {
    let mut registration = Registration::android_key("replay");
    registration.authenticator_data.set_flag(flag::USER_VERIFIED);
    file_of(&registration.make())
}

fn refused() -> Value {
    let mut file = example("enrollment.json");
    file["expect"]["challenge"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
    file
}

fn example(name: &str) -> Value {
    let path = format!("{}/../examples/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn refusal(check: &str, code: &str) -> (Value, Value) {
    (json!(check), json!(code))
}

fn changed_inputs(line: &Value) -> Vec<&str> {
    line["inputs"].as_object().unwrap().keys().map(String::as_str).collect()
}

fn stored_verdict(desk: &Desk, line: usize) -> Value {
    let records = desk.records();
    let record: Value = serde_json::from_str(records.lines().nth(line).unwrap()).unwrap();
    record["verdict"].clone()
}

fn stored_refusal(desk: &Desk, line: usize) -> Value {
    let verdict = stored_verdict(desk, line);
    let failure = &verdict["failure"];
    json!({
        "decision": verdict["decision"],
        "check": failure["check"],
        "code": failure["code"],
        "message": failure["message"],
    })
}

/// A folder with records, gone when the test is.
struct Desk(PathBuf);

impl Desk {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("device-enrollment-replay-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).expect("a new folder");
        Self(folder)
    }

    /// Verifies a file and keeps the record.
    #[track_caller]
    fn record(&self, file: &Value, more: &[&str], status: i32) {
        let records = self.path("records");
        let shown = self.verify(file, &[&["--record", &records], more].concat());
        assert_eq!(shown.status, status, "{shown:?}");
    }

    fn verify(&self, file: &Value, more: &[&str]) -> Shown {
        // Over several lines, as people write them.
        run(&[&["verify", "-"], more].concat(), &format!("{file:#}"))
    }

    fn replay(&self, more: &[&str]) -> Shown {
        self.replay_text(&[&["--format", "json"], more].concat())
    }

    fn replay_text(&self, more: &[&str]) -> Shown {
        run(&[&["replay", &self.path("records")], more].concat(), "")
    }

    /// Metadata in which the model has the testkit's reports and these, imported unsigned.
    fn metadata(&self, name: &str, of: &Registration, number: u64, reports: &[Value]) -> String {
        let mut entry = entry_for(of);
        entry["statusReports"].as_array_mut().unwrap().extend_from_slice(reports);
        let mut blob = MetadataBlob::new(name, vec![entry]);
        blob.number = number;
        let payload = self.write(&format!("{name}.json"), blob.payload().as_bytes());
        let store = self.path(name);
        let import = ["metadata", "import", &payload, "--unsigned-payload", "--store", &store];
        let shown = run(&[&import[..], &["--at", AT]].concat(), "");
        assert_eq!(shown.status, 0, "{shown:?}");
        store
    }

    fn records(&self) -> String {
        fs::read_to_string(self.path("records")).unwrap()
    }

    fn folder(&self, name: &str) -> PathBuf {
        let folder = self.0.join(name);
        fs::create_dir(&folder).unwrap();
        folder
    }

    fn path(&self, name: &str) -> String {
        text(&self.0.join(name))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> String {
        fs::write(self.0.join(name), bytes).expect("a file");
        self.path(name)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn members(value: &mut Value) -> &mut serde_json::Map<String, Value> {
    value.as_object_mut().expect("an object")
}

fn counts(shown: &Shown) -> Value {
    shown.lines().last().expect("a last line")["counts"].clone()
}
