//! What the tests of the command line share: how the binary is run, and files that it reads.
#![allow(dead_code, reason = "no file of tests uses all of it")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use device_enrollment_testkit::{AppAttestAssertion, Registration};
use serde_json::{Value, json};

/// The testkit's TIME.
pub(crate) const TIME: &str = "2026-06-01T00:00:00Z";

// ---------------------------------------------------------------- the binary

/// What a command showed.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Shown {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn lines(&self) -> Vec<Value> {
        let line = |line: &str| {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
        };
        self.stdout.lines().map(line).collect()
    }
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_device-enrollment"));
    command.args(arguments);
    command
}

pub(crate) fn run(arguments: &[&str], input: &str) -> Shown {
    let mut child = command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = child.stdin.take().expect("standard input");
    let input = input.as_bytes().to_vec();
    // What reads no input closes it, which is no fault of the test.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("an end");
    writer.join().expect("the writer ends");
    Shown {
        status: output.status.code().expect("no signal ended the binary"),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// `verify` for this file, written over several lines as people write them: the exit status,
/// standard output and standard error.
pub(crate) fn verify(file: &Value, more: &[&str]) -> (i32, String, String) {
    let shown = run(&[&["verify", "-"], more].concat(), &format!("{file:#}"));
    (shown.status, shown.stdout, shown.stderr)
}

// ---------------------------------------------------------------- files

pub(crate) fn text(path: &Path) -> String {
    path.to_str().expect("a path in UTF-8").to_owned()
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn anchors(certificates: &[Vec<u8>]) -> Value {
    certificates.iter().map(|der| encode(der)).collect()
}

/// The attestation of an app's key, as `verify` reads it.
pub(crate) fn app_attestation(key: &Registration) -> Value {
    let parts = key.make();
    json!({
        "expect": {
            "app_id": parts.rp_id,
            "environment": "production",
            "client_data": encode(&parts.client_data_json),
            "trust_anchors": anchors(&parts.anchors),
            "time": TIME,
        },
        "request": {
            "key_id": encode(&parts.credential_id),
            "attestation_object": encode(&parts.attestation_object),
        },
    })
}

/// An assertion by that key.
pub(crate) fn app_assertion(key: &Registration) -> Value {
    let parts = AppAttestAssertion::of(key).make();
    json!({
        "expect": {
            "app_id": parts.app_id,
            "client_data": encode(&parts.client_data),
            "public_key": encode(&parts.credential_public_key),
            "sign_count": 0,
        },
        "request": { "assertion": encode(&parts.assertion) },
    })
}
