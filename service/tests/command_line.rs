//! The command line as a script meets it: exit statuses, one line for what cannot be used, and
//! the JSON forms.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// No input may keep the command busy for longer, whatever its size.
const QUICK: Duration = Duration::from_secs(2);

// ---------------------------------------------------------------- verify

#[test]
fn a_good_enrollment_is_accepted() {
    let shown = run(&["verify", &example("enrollment.json")]);
    assert_eq!(shown.status, 0, "{shown:?}");
    assert!(shown.stdout.starts_with("ACCEPTED"), "{shown:?}");
    assert_eq!(shown.stderr, "");

    let written = run(&["verify", "--format", "json", &example("enrollment.json")]);
    assert_eq!(written.status, 0, "{written:?}");
    assert_eq!(written.json()["decision"], "accepted");
    assert_eq!(written.json()["ceremony"], "registration");
}

#[test]
fn a_good_approval_is_accepted() {
    let written = run(&["verify", "--format", "json", &example("approval.json")]);
    assert_eq!(written.status, 0, "{written:?}");
    assert_eq!(written.json()["decision"], "accepted");
    assert_eq!(written.json()["ceremony"], "authentication");
}

#[test]
fn standard_input_is_read_for_a_dash() {
    let request = fs::read(example("enrollment.json")).expect("the example");
    let shown = run_with_input(&["verify", "-"], &request);
    assert_eq!(shown.status, 0, "{shown:?}");
}

#[test]
fn another_challenge_is_refused_by_its_check() {
    let folder = Folder::new();
    let file = folder.enrollment(|it| it["expect"]["challenge"] = json!("AAAAAAAAAAAAAAAAAAAAAA"));

    let written = run(&["verify", "--format", "json", &file]);
    assert_eq!(written.status, 1, "{written:?}");
    assert_eq!(written.json()["decision"], "refused");
    assert!(written.stdout.contains("\"CD-7\""), "{written:?}");
    assert_eq!(written.stderr, "");

    let shown = run(&["verify", &file]);
    assert_eq!(shown.status, 1, "{shown:?}");
    assert!(shown.stdout.starts_with("REFUSED"), "{shown:?}");
    assert!(shown.stdout.contains("CD-7"), "{shown:?}");
}

#[test]
fn a_request_without_one_of_its_members_is_malformed() {
    let folder = Folder::new();
    let file = folder.enrollment(|it| {
        members(&mut it["request"]).remove("device_credential_attestation_object");
    });
    let written = run(&["verify", "--format", "json", &file]);
    assert_eq!(written.status, 2, "{written:?}");
    assert_eq!(written.stderr.lines().count(), 1, "{written:?}");
    assert!(written.stderr.contains("EN-1"), "{written:?}");
    assert_eq!(written.json()["decision"], "malformed");
}

#[test]
fn a_file_that_cannot_be_read_is_one_line() {
    let folder = Folder::new();
    verify_is_unusable(&folder.path("not-there.json"));
    verify_is_unusable(&text(&folder.0));
    verify_is_unusable(&folder.file("empty.json", b""));
    verify_is_unusable(&folder.file("prose.json", b"once upon a time"));
    verify_is_unusable(&folder.file("latin1.json", b"{\"expect\": {\"rp_id\": \"\xe9\"}}"));
    verify_is_unusable(&folder.file("array.json", b"[1, 2, 3]"));
    verify_is_unusable(&folder.file("number.json", b"7"));
    verify_is_unusable(&folder.file("cut.json", b"{\"expect\": {"));
    verify_is_unusable(&folder.file("nul.json", &[0; 1000]));
    verify_is_unusable(&folder.file("deep.json", "[".repeat(100_000).as_bytes()));
    // A name is text that somebody else may have chosen: it stays on its line.
    verify_is_unusable(&folder.path("two\nlines\u{1b}[31m.json"));
}

/// The leaf of every Android key has the serial number 1.
#[test]
fn the_status_list_of_android_certificates_is_handed_in_with_its_age() {
    let folder = Folder::new();
    let revoking = br#"{"entries": {"1": {"status": "REVOKED", "reason": "KEY_COMPROMISE"}}}"#;
    let revoking = folder.file("revoking.json", revoking);
    let empty = folder.file("empty-list.json", br#"{"entries": {}}"#);
    let corpus = example("../tests/vectors/corpus/android-key.json");
    let case = json_of(&corpus);
    let case = folder.file("case.json", case["cases"][0].to_string().as_bytes());
    let judged = |list: &str, fetched: &str| {
        let list = ["--android-status", list, "--android-status-at", fetched];
        let shown = run(&[&["vectors", "--format", "json", &case], &list[..]].concat());
        let line = shown.stdout.lines().next().expect("a line").to_owned();
        let line: Value = serde_json::from_str(&line).expect("JSON");
        (shown.status, line["code"].as_str().unwrap_or("accepted").to_owned())
    };
    let answer = |status: i32, code: &str| (status, code.to_owned());
    assert_eq!(judged(&empty, "2026-06-01T00:00:00Z"), answer(0, "accepted"));
    assert_eq!(judged(&revoking, "2026-06-01T00:00:00Z"), answer(1, "android.revoked"));
    let yesterday = "2026-05-30T23:59:59Z";
    assert_eq!(judged(&empty, yesterday), answer(1, "android.status_list_stale"));

    let verify = |list: &[&str]| {
        let shown = run(&[&["verify", &example("enrollment.json")], list].concat());
        (shown.status, shown.stderr.lines().count())
    };
    // The file's own time will do where no time is given.
    assert_eq!(verify(&["--android-status", &empty]), (0, 0));
    let broken = folder.file("broken.json", b"<html>");
    assert_eq!(verify(&["--android-status", &broken]), (2, 1));
    assert_eq!(verify(&["--android-status", &folder.path("nowhere.json")]), (2, 1));
    assert_eq!(verify(&["--android-status", &empty, "--android-status-at", "today"]), (2, 1));
}

/// Real Windows TPMs of three manufacturers, and two that say they are the conformance tool.
#[test]
fn the_issuers_of_real_tpms_are_named_for_their_manufacturers() {
    const REAL: [(&str, Option<&str>); 7] = [
        ("java-webauthn-server-053-WindowsHelloTpm", None),
        ("java-webauthn-server-054-ThinkpadTpm", None),
        ("py_webauthn-025-test_verify_attestation_dell_xps_13", None),
        ("py_webauthn-026-test_verify_attestation_lenovo_carbon_x1", None),
        ("py_webauthn-027-test_verify_attestation_surface_pro_4", None),
        ("simplewebauthn-028-should-validate-TPM-RSA-response-SHA1", Some("tpm.vendor")),
        ("webauthn-015-testAttestationTPMResponses", Some("tpm.vendor")),
    ];
    let Some(vectors) = std::env::var_os("DEVICE_ENROLLMENT_VECTORS") else {
        println!("SKIPPED: DEVICE_ENROLLMENT_VECTORS is not set, no real TPMs to judge");
        return;
    };
    let devices = json_of(&text(&Path::new(&vectors).join("devices.json")));
    let folder = Folder::new();
    for (id, code) in REAL {
        let cases = devices["cases"].as_array().expect("cases");
        let mut case = cases.iter().find(|case| case["id"] == id).expect("the case").clone();
        case["policy"] = json!({
            "tpm_registered_vendor": "judged",
            "tpm_issuer_vendor": "judged",
            "tpm_issuer_naming": "judged",
        });
        let file = folder.file("tpm.json", case.to_string().as_bytes());
        let shown = run(&["vectors", "--format", "json", &file]);
        let line = shown.stdout.lines().next().expect("a line").to_owned();
        let line: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(line["code"].as_str(), code, "{line}");
    }
}

#[test]
fn a_huge_file_is_refused_by_its_size() {
    let folder = Folder::new();
    let path = folder.sparse("huge.json", 100 * 1024 * 1024);
    verify_is_unusable(&path);
    unusable(&["vectors", &path]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_stream_without_an_end_is_cut_off() {
    verify_is_unusable("/dev/zero");
    let endless = File::open("/dev/zero").expect("/dev/zero");
    let began = Instant::now();
    let mut command = command(&["verify", "-"]);
    let child = command.stdin(endless).spawn().expect("the binary starts");
    let shown = Shown::of(child, &["verify", "-"], began);
    assert_eq!(shown.status, 2, "{shown:?}");
    assert_eq!(shown.stderr.lines().count(), 1, "{shown:?}");
    assert!(shown.took < QUICK, "{shown:?}");
}

#[test]
fn expectations_that_are_missing_or_not_known_are_one_line() {
    let folder = Folder::new();
    let without_expect = folder.enrollment(|it| {
        members(it).remove("expect");
    });
    verify_is_unusable(&without_expect);
    let without_request = folder.enrollment(|it| {
        members(it).remove("request");
    });
    verify_is_unusable(&without_request);
    for name in ["challenge", "rp_id", "origins"] {
        let file = folder.enrollment(|it| {
            members(&mut it["expect"]).remove(name);
        });
        let line = verify_is_unusable(&file);
        assert!(line.contains(name), "{name} is not named: {line}");
    }
    let misspelt = folder.enrollment(|it| it["expect"]["user_verificaton"] = json!("required"));
    let line = verify_is_unusable(&misspelt);
    assert!(line.contains("user_verificaton"), "{line}");
    verify_is_unusable(&folder.enrollment(|it| it["extra"] = json!(1)));
}

#[test]
fn expectations_that_mean_nothing_are_one_line() {
    let folder = Folder::new();
    let with = |name: &str, value: Value| {
        let file = folder.enrollment(|it| it["expect"][name] = value);
        verify_is_unusable(&file);
    };
    with("challenge", json!(""));
    with("challenge", json!("not base64url!"));
    with("challenge", json!(7));
    with("origins", json!([]));
    with("origins", json!(["https://"]));
    with("origins", json!(["not an origin"]));
    with("origins", json!("https://example.com/with/a/path"));
    with("time", json!("yesterday"));
    with("time", json!("2026-13-01T00:00:00Z"));
    with("algs", json!(["ES256"]));
    with("user_verification", json!("sometimes"));
    with("trust_anchors", json!(["AAAA"]));
    let file = folder.enrollment(|_| {});
    unusable(&["verify", "--at", "yesterday", &file]);
}

#[test]
fn an_assertion_without_its_stored_credential_is_one_line() {
    let folder = Folder::new();
    let mut approval = json_of(&example("approval.json"));
    members(&mut approval["expect"]).remove("credential");
    let line = verify_is_unusable(&folder.file("approval.json", approval.to_string().as_bytes()));
    assert!(line.contains("credential"), "{line}");
}

#[test]
fn a_trust_folder_without_certificates_is_one_line() {
    let folder = Folder::new();
    let file = folder.enrollment(|_| {});
    unusable(&["verify", "--trust", &folder.path("not-there"), &file]);
    let empty = folder.folder("empty");
    unusable(&["verify", "--trust", &empty, &file]);
    // Certificates that are none must not be passed over: a store would miss them in silence.
    for (name, bytes) in [
        ("root.der", &b"\x30\x03\x02\x01\x01"[..]),
        ("root.crt", b""),
        ("root.pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n"),
        ("root.cer", b"-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n"),
    ] {
        let anchors = folder.folder(&format!("with-{name}"));
        fs::write(Path::new(&anchors).join(name), bytes).expect("a file");
        unusable(&["verify", "--trust", &anchors, &file]);
    }
}

#[test]
fn usage_errors_have_status_2() {
    let file = example("enrollment.json");
    for arguments in [
        &["verify", "--profile", "lenient", &file][..],
        &["verify", "--format", "xml", &file],
        &["verify", "--base64", "any", &file],
        &["verify", "--no-such-option", &file],
        &["verify"],
        &["vectors"],
        &["no-such-command"],
        &[],
    ] {
        let shown = run(arguments);
        assert_eq!(shown.status, 2, "{shown:?}");
        assert_eq!(shown.stdout, "", "{shown:?}");
        assert!(!shown.stderr.is_empty(), "{shown:?}");
    }
}

#[test]
fn help_and_version_have_status_0() {
    for argument in ["--help", "--version"] {
        let shown = run(&[argument]);
        assert_eq!(shown.status, 0, "{shown:?}");
        assert!(shown.stdout.contains("device-enrollment"), "{shown:?}");
    }
}

#[test]
fn a_reader_that_went_away_is_no_crash() {
    let folder = Folder::new();
    let refused =
        folder.enrollment(|it| it["expect"]["challenge"] = json!("AAAAAAAAAAAAAAAAAAAAAA"));
    let vectors = folder.file("vectors.json", vector_file(&[registration()]).as_bytes());
    for (arguments, status) in [
        (&["verify", "--checks", &example("enrollment.json")][..], 0),
        (&["verify", "--format", "json", &example("enrollment.json")], 0),
        (&["verify", "--format", "json", &refused], 1),
        (&["vectors", &vectors], 0),
    ] {
        // The reading end is gone before the command begins.
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let began = Instant::now();
        let child = command(arguments).stdout(writer).spawn().expect("the binary starts");
        let shown = Shown::of(child, arguments, began);
        assert_eq!(shown.status, status, "{shown:?}");
        assert_eq!(shown.stderr, "", "{shown:?}");
    }
}

#[test]
fn inspecting_a_missing_file_has_status_2() {
    let folder = Folder::new();
    let shown = run(&["inspect", &folder.path("not-there.json")]);
    assert_eq!(shown.status, 2, "{shown:?}");
    assert!(!shown.stderr.contains("panicked"), "{shown:?}");
}

// ---------------------------------------------------------------- vectors

#[test]
fn a_folder_is_searched_and_files_that_are_none_are_passed_over() {
    let folder = Folder::new();
    folder.file("a.json", vector_file(&[registration(), authentication()]).as_bytes());
    let inner = folder.folder("inner");
    // One case by itself.
    fs::write(Path::new(&inner).join("b.json"), registration().to_string()).expect("a file");
    folder.file("prose.json", b"once upon a time");
    folder.file("array.json", b"[{\"kind\": \"registration\"}]");
    folder.file("other.json", b"{\"roots\": []}");
    folder.file("empty-list.json", b"{\"cases\": []}");
    folder.file("notes.txt", b"\xff\xff");

    let written = run(&["vectors", "--format", "json", &text(&folder.0)]);
    assert_eq!(written.status, 0, "{written:?}");
    let lines = written.json_lines();
    assert_eq!(lines.len(), 4, "{written:?}");
    assert_eq!(
        lines[3],
        json!({"cases": 3, "agree": 3, "disagree": 0, "accepted": 3, "rejected": 0}),
    );
    for line in &lines[..3] {
        assert_eq!(line["got"], "accept");
        assert_eq!(line["agree"], true);
    }

    let shown = run(&["vectors", &text(&folder.0)]);
    assert_eq!(shown.status, 0, "{shown:?}");
    let last = shown.stdout.lines().last().unwrap_or_default();
    assert_eq!(last, "3 cases: 3 agree, 0 disagree (3 accepted, 0 rejected)");
}

#[test]
fn the_vectors_of_this_repository_agree() {
    let folder = text(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors"));
    let written = run(&["vectors", "--format", "json", &folder]);
    assert_eq!(written.status, 0, "{written:?}");
    assert_eq!(written.json_lines().last().expect("a last line")["disagree"], 0, "{written:?}");

    let written = run(&["vectors", "--format", "json", &format!("{folder}/w3c-webauthn-l3.json")]);
    assert_eq!(written.status, 0, "{written:?}");
    let lines = written.json_lines();
    let (counts, cases) = lines.split_last().expect("a last line");
    assert_eq!(
        counts,
        &json!({"cases": 30, "agree": 30, "disagree": 0, "accepted": 30, "rejected": 0}),
    );
    for kind in ["registration", "authentication"] {
        assert_eq!(cases.iter().filter(|case| case["kind"] == kind).count(), 15, "{kind}");
    }
}

#[test]
fn a_named_file_that_is_no_vector_file_is_one_line() {
    let folder = Folder::new();
    unusable(&["vectors", &folder.path("not-there.json")]);
    unusable(&["vectors", &folder.file("prose.json", b"once upon a time")]);
    unusable(&["vectors", &folder.file("other.json", b"{\"roots\": []}")]);
    unusable(&["vectors", &folder.file("array.json", b"[]")]);
    unusable(&["vectors", &folder.file("empty.json", b"")]);
    unusable(&["vectors", &folder.folder("empty")]);
}

#[test]
fn a_case_that_disagrees_has_status_1() {
    let mut wrong = registration();
    wrong["expect"] = json!({"result": "reject"});
    let (status, line) = judge(&wrong);
    assert_eq!(status, 1);
    assert_eq!((&line["got"], &line["agree"]), (&json!("accept"), &json!(false)));

    let mut wrong = registration();
    wrong["expect"]["alg"] = json!(-257);
    let (status, line) = judge(&wrong);
    assert_eq!(status, 1, "{line}");
    assert!(line["message"].as_str().is_some_and(|message| message.contains("alg")), "{line}");

    let mut wrong = authentication();
    wrong["challenge"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
    let (status, line) = judge(&wrong);
    assert_eq!(status, 1);
    assert_eq!((&line["got"], &line["failed_check"]), (&json!("reject"), &json!("CD-7")));
}

#[test]
fn a_response_without_a_member_is_rejected_and_not_an_error() {
    for (mut case, name) in [
        (registration(), "attestation_object"),
        (registration(), "client_data_json"),
        (authentication(), "signature"),
        (authentication(), "authenticator_data"),
    ] {
        members(&mut case).remove(name);
        case["expect"] = json!({"result": "reject", "failed_check": "EN-1"});
        let (status, line) = judge(&case);
        assert_eq!(status, 0, "{line}");
        assert_eq!((&line["got"], &line["failed_check"]), (&json!("reject"), &json!("EN-1")));
        assert!(line["message"].as_str().is_some_and(|it| it.contains(name)), "{line}");
    }
}

#[test]
fn a_rejection_by_another_check_than_the_expected_one_disagrees() {
    let mut case = registration();
    case["challenge"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
    case["expect"] = json!({"result": "reject", "failed_check": "CD-7"});
    assert_eq!(judge(&case).0, 0);
    case["expect"]["failed_check"] = json!("CD-8");
    let (status, line) = judge(&case);
    assert_eq!(status, 1, "{line}");
    assert_eq!((&line["got"], &line["agree"]), (&json!("reject"), &json!(false)));
    assert_eq!(line["failed_check"], "CD-7");
}

#[test]
fn a_case_that_says_too_little_agrees_with_nothing() {
    for name in ["challenge", "rp_id", "origin", "kind"] {
        let mut case = registration();
        members(&mut case).remove(name);
        // Kept apart from what makes a file a vector file.
        let mut accepted = case.clone();
        accepted["expect"] = json!({"result": "reject"});
        for case in [case, accepted] {
            let (status, line) = judge(&case);
            assert_eq!(status, 1, "{name}: {line}");
            assert_eq!(line["agree"], false, "{name}: {line}");
        }
    }
}

// ---------------------------------------------------------------- the command

/// What a command printed and how it ended.
#[derive(Debug)]
struct Shown {
    // Read by the messages of failing tests.
    #[expect(dead_code, reason = "printed when a test fails")]
    arguments: Vec<String>,
    status: i32,
    stdout: String,
    stderr: String,
    took: Duration,
}

impl Shown {
    fn of(child: Child, arguments: &[&str], began: Instant) -> Self {
        let output = child.wait_with_output().expect("the binary ends");
        let took = began.elapsed();
        let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
        Self {
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            status: output.status.code().expect("no signal ended the binary"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            took,
        }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).expect("standard output is JSON")
    }

    fn json_lines(&self) -> Vec<Value> {
        let value = |line| serde_json::from_str(line).expect("each line is JSON");
        self.stdout.lines().map(value).collect()
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_device-enrollment"));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(arguments: &[&str]) -> Shown {
    let began = Instant::now();
    let child = command(arguments).stdin(Stdio::null()).spawn().expect("the binary starts");
    Shown::of(child, arguments, began)
}

fn run_with_input(arguments: &[&str], input: &[u8]) -> Shown {
    let began = Instant::now();
    let mut child = command(arguments).stdin(Stdio::piped()).spawn().expect("the binary starts");
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    stdin.write_all(input).expect("the binary reads");
    drop(stdin);
    Shown::of(child, arguments, began)
}

/// Status 2, one line that names the command, nothing on standard output, at once.
fn unusable(arguments: &[&str]) -> String {
    let shown = run(arguments);
    assert_eq!(shown.status, 2, "{shown:?}");
    assert_eq!(shown.stdout, "", "{shown:?}");
    assert_eq!(shown.stderr.lines().count(), 1, "{shown:?}");
    assert!(shown.stderr.starts_with("device-enrollment: "), "{shown:?}");
    assert!(!shown.stderr.trim_end().contains(char::is_control), "{shown:?}");
    assert!(shown.took < QUICK, "{shown:?}");
    shown.stderr
}

fn verify_is_unusable(path: &str) -> String {
    let line = unusable(&["verify", path]);
    assert_eq!(unusable(&["verify", "--format", "json", path]), line);
    line
}

/// The exit status and the line of one case in a file of its own.
fn judge(case: &Value) -> (i32, Value) {
    let folder = Folder::new();
    let file = folder.file("case.json", vector_file(core::slice::from_ref(case)).as_bytes());
    let written = run(&["vectors", "--format", "json", &file]);
    let mut lines = written.json_lines();
    assert_eq!(lines.len(), 2, "{written:?}");
    assert_eq!(lines[1]["cases"], 1, "{written:?}");
    (written.status, lines.swap_remove(0))
}

// ---------------------------------------------------------------- what it is given

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("device-enrollment-command-line-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).expect("a new folder");
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        text(&self.0.join(name))
    }

    fn file(&self, name: &str, bytes: &[u8]) -> String {
        fs::write(self.0.join(name), bytes).expect("a file");
        self.path(name)
    }

    fn folder(&self, name: &str) -> String {
        fs::create_dir(self.0.join(name)).expect("a folder");
        self.path(name)
    }

    /// A file that has a size and takes no room.
    fn sparse(&self, name: &str, size: u64) -> String {
        let file = File::create(self.0.join(name)).expect("a file");
        file.set_len(size).expect("a sparse file");
        self.path(name)
    }

    /// The enrollment of the examples, changed.
    fn enrollment(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut enrollment = json_of(&example("enrollment.json"));
        change(&mut enrollment);
        self.file("enrollment.json", enrollment.to_string().as_bytes())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left in a temporary folder is not worth failing for.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn text(path: &Path) -> String {
    path.to_str().expect("a path that is text").to_owned()
}

fn example(name: &str) -> String {
    text(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name))
}

fn json_of(path: &str) -> Value {
    serde_json::from_slice(&fs::read(path).expect("a file")).expect("JSON")
}

fn members(value: &mut Value) -> &mut serde_json::Map<String, Value> {
    value.as_object_mut().expect("an object")
}

fn vector_file(cases: &[Value]) -> String {
    json!({ "source": "made from the examples", "cases": cases }).to_string()
}

/// The enrollment of the examples as a vector case.
fn registration() -> Value {
    let example = json_of(&example("enrollment.json"));
    let (expect, request) = (&example["expect"], &example["request"]);
    json!({
        "id": "enrollment",
        "kind": "registration",
        "rp_id": expect["rp_id"],
        "origin": expect["origins"][0],
        "challenge": expect["challenge"],
        "algs": expect["algs"],
        "user_verification_required": true,
        "client_data_json": request["device_credential_client_data_json"],
        "attestation_object": request["device_credential_attestation_object"],
        "credential_id": request["device_credential_raw_id"],
        "trust_anchors": [],
        "time": null,
        "expect": {
            "result": "accept",
            "fmt": "none",
            "alg": -7,
            "sign_count": 0,
            "flags": {"up": true, "uv": true},
        },
    })
}

/// The approval of the examples as a vector case.
fn authentication() -> Value {
    let example = json_of(&example("approval.json"));
    let expect = &example["expect"];
    let response = &example["request"]["data"]["fidoAssertion"]["response"];
    json!({
        "id": "approval",
        "kind": "authentication",
        "rp_id": expect["rp_id"],
        "origin": expect["origins"][0],
        "challenge": expect["challenge"],
        "user_verification_required": true,
        "client_data_json": response["clientDataJSON"],
        "authenticator_data": response["authenticatorData"],
        "signature": response["signature"],
        "credential_id": expect["credential"]["id"],
        "credential_public_key": expect["credential"]["public_key"],
        "stored_sign_count": 0,
        "trust_anchors": [],
        "expect": {"result": "accept"},
    })
}
