//! Our verdict beside the answers of other verifiers. Where they differ, `reasons.json` has to say
//! why, and it must not explain what is no difference.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use common::{Answer, PYTHON, answers, ours_command, set};

/// The folder with the vector files.
const FOLDER: &str = "DEVICE_ENROLLMENT_VECTORS";

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
    let mut command = ours_command();
    // A case that disagrees with its label gives status 1; another test compares them.
    answers(command.args(files(folder)), &[0, 1])
}

fn answers_of(mut peer: Command, folder: &Path) -> BTreeMap<String, Answer> {
    answers(peer.args(files(folder)), &[0])
}
