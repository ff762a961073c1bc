//! `examples/walk`, as somebody runs it who has just cloned the repository, on both engines.

#![cfg(all(feature = "serve", feature = "testkit"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test fails by panicking"
)]

#[path = "bank/mod.rs"]
#[allow(dead_code, reason = "other tests need more of it")]
mod bank;

use std::process::{Command, Output, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_device-enrollment");
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/walk");

#[test]
fn the_walk_is_walked_on_sqlite() {
    is_walked(&walk(&[]));
}

#[test]
fn the_walk_is_walked_on_postgresql() {
    let server = bank::postgres::Server::start();
    let keys = format!("1:{}", "A".repeat(43));
    is_walked(&walk(&[
        ("DEVICE_ENROLLMENT_DATABASE_URL", &server.database()),
        ("DEVICE_ENROLLMENT_CODES_MAC_KEYS", &keys),
    ]));
}

#[test]
fn the_walk_ends_at_the_first_answer_that_is_another_one() {
    // E-mail alone may not carry a code: that step is refused.
    let output = walk(&[("DEVICE_ENROLLMENT_CODES_EMAIL", "false")]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    let (_, folder) = error.trim().split_once("expected 202; the log of the service is ").unwrap();
    let folder = std::path::Path::new(folder).parent().unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("B. A device, by e-mail\n    POST "), "{shown}");
    assert!(shown.contains("\n    403 {") && !shown.contains("A. An enrollment"), "{shown}");
}

fn walk(settings: &[(&str, &str)]) -> Output {
    let mut command = Command::new("sh");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DEVICE_ENROLLMENT_") {
            command.env_remove(name);
        }
    }
    command
        .arg(SCRIPT)
        .env("DEVICE_ENROLLMENT_PROGRAM", PROGRAM)
        .envs(settings.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("there is a shell")
}

fn is_walked(output: &Output) {
    let shown = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shown}\n{error}");
    assert!(shown.ends_with("\nWalked.\n"), "{shown}");
    assert_eq!(error, "");
    // Every request of the script is shown.
    let script = std::fs::read_to_string(SCRIPT).unwrap();
    let sent = script.lines().filter(|line| line.trim_start().starts_with("send ")).count();
    let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    let requests = methods.map(|method| shown.matches(&format!("\n    {method} http")).count());
    assert_eq!(requests.iter().sum::<usize>(), sent, "{shown}");
    assert!(sent > 30 && requests.iter().all(|count| *count > 0), "{shown}");
}
