//! `testkit …`, with the feature of that name on: what it makes is what it says.
#![cfg(feature = "testkit")]
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const FORMATS: [&str; 8] =
    ["none", "packed", "packed-self", "fido-u2f", "android-key", "apple", "tpm-ecc", "tpm-rsa"];
const KINDS: [&str; 2] = ["registration", "assertion"];

#[test]
fn every_format_is_accepted_under_every_algorithm_that_it_takes() {
    let mut made = 0;
    for format in FORMATS {
        for kind in KINDS {
            agrees(&[format, "--kind", kind], 1);
            for algorithm in listed(&[format, "--algorithm", "0"], ", but ") {
                agrees(&[format, "--kind", kind, "--algorithm", &algorithm], 1);
                made += 1;
            }
        }
    }
    // 20 algorithms in three formats, 7 of RSA, 6 of ECDSA, 1 of U2F; each twice.
    assert_eq!(made, 2 * (3 * 20 + (6 + 7) + 6 + 6 + 7 + 1));
}

#[test]
fn every_change_is_refused_by_the_check_that_is_pinned() {
    let mut made = 0;
    for format in FORMATS {
        for kind in KINDS {
            let changes = listed(&[format, "--kind", kind, "--change", "?"], "is not one of ");
            assert!(changes.len() > 8, "{format}, {kind}: {changes:?}");
            for change in changes {
                let file = agrees(&[format, "--kind", kind, "--change", &change], 2);
                let expect = &file["cases"].get(1).expect("the changed case")["expect"];
                assert!(expect["failed_check"].is_string() && expect["code"].is_string());
                made += 1;
            }
        }
    }
    assert!(made > 150, "{made}");
}

#[test]
fn several_changes_go_into_one_ceremony() {
    let file = agrees(&["none", "--change", "N025", "--change", "N029"], 2);
    let changed = file["cases"].get(1).expect("the changed case");
    assert_eq!(changed["id"], "case/N025+N029");
    assert_eq!(changed["expect"]["result"], "reject");
    assert!(changed["changes"].as_str().expect("a sentence").contains("; "));
}

#[test]
fn the_same_seed_gives_the_same_file_and_another_gives_another() {
    let first = make(&["packed", "--seed", "one"]).stdout;
    assert_eq!(first, make(&["packed", "--seed", "one"]).stdout);
    assert_ne!(first, make(&["packed", "--seed", "two"]).stdout);
}

#[test]
fn the_file_is_written_where_it_is_wanted() {
    let path = path("out");
    let output = make(&["apple", "--out", path.to_str().expect("a path")]);
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    assert_eq!(fs::read(&path).expect("the file"), make(&["apple"]).stdout);
    fs::remove_file(path).expect("the file goes");
}

#[test]
fn what_cannot_be_had_is_one_line() {
    for wrong in [
        &["none", "--change", "X060"][..],
        &["none", "--change", "N053"],
        &["fido-u2f", "--algorithm", "-8"],
        &["none", "--algorithm", "7"],
        &["none", "--out", "/"],
    ] {
        let output = make(wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr).lines().count(), 1, "{output:?}");
        assert!(output.stdout.is_empty());
    }
    assert_eq!(make(&["safetynet"]).status.code(), Some(2));
}

#[test]
fn a_credential_answers_the_options_that_are_for_it() {
    let key = path("key of an authenticator");
    let key = key.to_str().expect("a path");
    let _ = fs::remove_file(key);
    let register = |options: &str| {
        answer(&["register", "--key", key, "--origin", "https://bank.example"], options)
    };
    let creation = |algorithm: i64| {
        format!(
            r#"{{"challenge":"AAAA","rp":{{"id":"bank.example"}},"user":{{"id":"BBBB"}},
                "pubKeyCredParams":[{{"type":"public-key","alg":{algorithm}}}]}}"#
        )
    };
    refused(&register(&creation(-257)), "the options do not ask for the algorithm -7");
    refused(&register("{}"), "the options have no /rp_id or /rp/id");
    assert!(!PathBuf::from(key).exists());
    let made = register(&creation(-7));
    assert!(made.status.success(), "{made:?}");
    let body: Value = serde_json::from_slice(&made.stdout).expect("JSON");
    let own = body["device_credential_id"].as_str().expect("an id").to_owned();
    assert!(body["device_credential_attestation_object"].is_string());
    // A credential that is there is not written over.
    refused(&register(&creation(-7)), "exists");

    let sign = |options: &str| answer(&["sign", "--key", key], options);
    let request = |rp_id: &str, id: &str| {
        format!(
            r#"{{"publicKey":{{"challenge":"CCCC","rpId":"{rp_id}",
                "allowCredentials":[{{"type":"public-key","id":"{id}"}}]}}}}"#
        )
    };
    refused(&sign(&request("evil.example", &own)), "another relying party");
    refused(&sign(&request("bank.example", "AAAA")), "do not let this credential sign");
    for counter in [1, 2] {
        let made = sign(&request("bank.example", &own));
        let assertion: Value = serde_json::from_slice(&made.stdout).expect("JSON");
        assert_eq!(assertion["id"], own.as_str());
        assert_eq!(assertion["response"]["userHandle"], "BBBB");
        let kept: Value =
            serde_json::from_slice(&fs::read(key).expect("the key")).expect("the key is JSON");
        assert_eq!(kept["sign_count"], counter);
    }
    fs::remove_file(key).expect("the file goes");
}

/// Runs a command of the authenticator with options on standard input.
fn answer(arguments: &[&str], options: &str) -> Output {
    let mut child = binary()
        .arg("testkit")
        .args(arguments)
        .args(["--options", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(options.as_bytes()).expect("it reads");
    drop(input);
    child.wait_with_output().expect("it ends")
}

fn refused(output: &Output, why: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains(why) && output.stdout.is_empty(), "{error}");
}

/// Makes a file of so many cases, with which `vectors` agrees.
fn agrees(arguments: &[&str], cases: usize) -> Value {
    let output = make(arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    let file: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(file["cases"].as_array().map(Vec::len), Some(cases));
    let path = path(&arguments.join(" "));
    fs::write(&path, &output.stdout).expect("a file");
    let run = binary().arg("vectors").arg(&path).output().expect("the binary starts");
    assert!(run.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&run.stdout));
    fs::remove_file(path).expect("the file goes");
    file
}

/// What the line of an error lists behind `mark`.
fn listed(arguments: &[&str], mark: &str) -> Vec<String> {
    let output = make(arguments);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let line = String::from_utf8(output.stderr).expect("UTF-8");
    let (_, list) = line.trim().split_once(mark).expect("a list");
    list.split(", ").map(str::to_owned).collect()
}

fn make(arguments: &[&str]) -> Output {
    binary().args(["testkit", "make"]).args(arguments).output().expect("the binary starts")
}

fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_device-enrollment"))
}

fn path(name: &str) -> PathBuf {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    std::env::temp_dir().join(format!("testkit-make-{}-{name}.json", std::process::id()))
}
