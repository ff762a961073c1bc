//! Our verdict beside the answers of other verifiers. Where they differ, `reasons.json` has to say
//! why, and it must not explain what is no difference.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;

/// The folder with the vector files.
const FOLDER: &str = "DEVICE_ENROLLMENT_VECTORS";
/// A Python that has the `fido2` package. `tests/run` sets it.
const PYTHON: &str = "DEVICE_ENROLLMENT_PEER_PYTHON";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reasons {
    disagreements: Vec<Disagreement>,
    deferred: Vec<Deferred>,
}

/// A case about which a peer and we differ.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Disagreement {
    id: String,
    peer: String,
    ours: String,
    got: String,
    who_is_right: String,
    why: String,
}

/// A case about which we and its label differ, because something is not written yet.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Deferred {
    id: String,
    expected: String,
    ours: String,
    why: String,
}

/// What a verifier said about a case, and what the label of the case says.
struct Answer {
    got: String,
    expected: String,
}

#[test]
fn webauthn_rs_differs_from_us_only_where_a_reason_is_given() {
    let Some(folder) = folder() else { return };
    let peer = Command::new(env!("CARGO_BIN_EXE_peer-webauthn-rs"));
    compare("webauthn-rs-core 0.6.2", &answers_of(peer, &folder), &ours(&folder));
}

#[test]
fn fido2_differs_from_us_only_where_a_reason_is_given() {
    let Some(folder) = folder() else { return };
    let Some(python) = set(PYTHON) else {
        println!("NOT RUN: the opinion of fido2. {PYTHON} names no Python that has it.");
        return;
    };
    let mut peer = Command::new(python);
    peer.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("fido2_verdicts.py"));
    compare("fido2 2.2.1", &answers_of(peer, &folder), &ours(&folder));
}

#[test]
fn we_differ_from_the_labels_only_where_something_is_deferred() {
    let Some(folder) = folder() else { return };
    let ours = ours(&folder);
    let found: BTreeSet<(&str, &str, &str)> = ours
        .iter()
        .filter(|(_, answer)| answer.expected != "may" && answer.expected != answer.got)
        .map(|(id, answer)| (id.as_str(), answer.expected.as_str(), answer.got.as_str()))
        .collect();
    let reasons = reasons();
    let listed = reasons
        .deferred
        .iter()
        .map(|it| (it.id.as_str(), it.expected.as_str(), it.ours.as_str()))
        .collect();
    assert_same("deferred", &found, &listed);
}

#[test]
fn every_reason_says_something_once() {
    let reasons = reasons();
    let deferred: BTreeSet<&str> = reasons.deferred.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(deferred.len(), reasons.deferred.len(), "a case is deferred twice");
    assert!(reasons.deferred.iter().all(|it| !it.why.is_empty()));
    let mut seen = BTreeSet::new();
    for it in &reasons.disagreements {
        let Disagreement { id, peer, ours, got, who_is_right, why } = it;
        assert!(seen.insert((id, peer)), "{id} is listed twice for {peer}");
        assert!(!deferred.contains(id.as_str()), "{id} is deferred, which is its reason");
        assert_ne!(ours, got, "{id} is no disagreement");
        assert!(matches!(who_is_right.as_str(), "us" | "peer" | "both"), "{id}: {who_is_right}");
        assert!(!why.is_empty(), "{id} has no reason");
    }
}

/// Every difference is listed and every listed one is a difference. A deferred case is explained
/// by what is missing here, so nothing is said about the peers there.
fn compare(peer: &str, theirs: &BTreeMap<String, Answer>, ours: &BTreeMap<String, Answer>) {
    let reasons = reasons();
    let deferred: BTreeSet<&str> = reasons.deferred.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(
        theirs.keys().collect::<Vec<_>>(),
        ours.keys().collect::<Vec<_>>(),
        "{peer} and we judged different cases",
    );
    let found = theirs
        .iter()
        .map(|(id, answer)| (id.as_str(), ours[id].got.as_str(), answer.got.as_str()))
        .filter(|(id, ours, got)| ours != got && !deferred.contains(id))
        .collect();
    let listed = reasons
        .disagreements
        .iter()
        .filter(|it| it.peer == peer)
        .map(|it| (it.id.as_str(), it.ours.as_str(), it.got.as_str()))
        .collect();
    assert_same(peer, &found, &listed);
    println!("{peer}: {} cases, {} differences, each with its reason", ours.len(), found.len());
}

fn assert_same(
    what: &str,
    found: &BTreeSet<(&str, &str, &str)>,
    listed: &BTreeSet<(&str, &str, &str)>,
) {
    let unlisted: Vec<_> = found.difference(listed).collect();
    let stale: Vec<_> = listed.difference(found).collect();
    assert!(
        unlisted.is_empty() && stale.is_empty(),
        "{what}: differences that reasons.json does not explain: {unlisted:#?}\n\
         entries of reasons.json that explain no difference: {stale:#?}",
    );
}

fn reasons() -> Reasons {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("reasons.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn set(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn folder() -> Option<PathBuf> {
    let folder = set(FOLDER);
    if folder.is_none() {
        println!("NOT RUN: {FOLDER} is not set, so there are no cases to ask about.");
    }
    folder
}

/// The files that the peers are asked about.
fn files(folder: &Path) -> [PathBuf; 3] {
    ["w3c-webauthn-l3.json", "openfinance.json", "devices.json"].map(|name| folder.join(name))
}

/// Our verdicts come from the command line, as anyone would ask for them.
fn ours(folder: &Path) -> BTreeMap<String, Answer> {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    let mut command = Command::new(BINARY.get_or_init(binary));
    command.args(["vectors", "--format", "json"]);
    // A case that disagrees with its label gives status 1; another test compares them.
    answers(command.args(files(folder)), &[0, 1])
}

fn answers_of(mut peer: Command, folder: &Path) -> BTreeMap<String, Answer> {
    answers(peer.args(files(folder)), &[0])
}

/// One JSON object a line. A line without an id is a count.
fn answers(command: &mut Command, statuses: &[i32]) -> BTreeMap<String, Answer> {
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
