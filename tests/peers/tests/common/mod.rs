//! Asking a command for its answers, one JSON object a line.
#![allow(dead_code, reason = "each test uses a part")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

/// A Python that has the packages of `requirements.txt`. `tests/run` sets it.
pub const PYTHON: &str = "DEVICE_ENROLLMENT_PEER_PYTHON";

/// What a verifier said about a case, and what the label of the case says.
pub struct Answer {
    pub got: String,
    pub expected: String,
}

/// A path that an environment variable names.
pub fn set(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Our own command line, ready for the files it is asked about.
pub fn ours_command() -> Command {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    let mut command = Command::new(BINARY.get_or_init(binary));
    command.args(["vectors", "--format", "json"]);
    command
}

/// One JSON object a line. A line without an id is a count.
pub fn answers(command: &mut Command, statuses: &[i32]) -> BTreeMap<String, Answer> {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.code().is_some_and(|status| statuses.contains(&status)),
        "{command:?} ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr),
    );
    let mut answers = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| line[name].as_str().map(str::to_owned);
        let Some(id) = text("id") else { continue };
        let answer =
            Answer { got: text("got").unwrap(), expected: text("expected").unwrap_or_default() };
        assert!(answers.insert(id.clone(), answer).is_none(), "two answers about {id}");
    }
    assert!(!answers.is_empty(), "{command:?} said nothing");
    answers
}

/// Builds the command line, as it is released: `tests/run` has done so already. Cargo says where
/// it put it, whatever the target folder is.
fn binary() -> PathBuf {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    cargo.args(["build", "--quiet", "--release", "--locked"]);
    cargo.args(["--package", "device-enrollment-service", "--message-format", "json"]);
    let output = cargo.output().unwrap();
    assert!(
        output.status.success(),
        "the command line was not built: {}",
        String::from_utf8_lossy(&output.stderr),
    );
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .expect("cargo names the binary it built")
}
