//! The mutation corpus given to other verifiers, and `docs/peers.md`, which says who accepts what
//! it should refuse. `UPDATE_DOCS=1 cargo test -p device-enrollment-peers --test corpus` writes it.
//!
//! A peer is asked only what can be known from what it is told. To find out, each case is cut down
//! to that, and our own verifier is asked about what is left: where it no longer gives the answer
//! of the case, the peer cannot be expected to.

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};

use common::{PYTHON, answers, ours_command, set};

struct Peer {
    name: &'static str,
    command: fn(&Path) -> Command,
    /// What it is told of an expectation beside challenge, RP ID, origin and user verification.
    told: &'static [&'static str],
    /// What it is told of a stored credential beside the public key.
    stored: &'static [&'static str],
}

/// A verifier that looks at the clock counts as told the time: what has expired in the corpus
/// expired before it was written, and what is not valid yet begins in 2034.
const PEERS: [Peer; 3] = [
    Peer {
        name: "webauthn-rs-core 0.6.2",
        command: |_| Command::new(env!("CARGO_BIN_EXE_peer-webauthn-rs")),
        told: &["algs", "time", "trust_anchors", "credentials"],
        stored: &["id", "sign_count", "backup_eligible"],
    },
    Peer {
        name: "fido2 2.2.1",
        command: |python| script(python, "fido2_verdicts.py"),
        told: &["trust_anchors", "credentials"],
        stored: &["id"],
    },
    Peer {
        name: "webauthn 3.0.1",
        command: |python| script(python, "webauthn_verdicts.py"),
        told: &["algs", "time", "trust_anchors"],
        stored: &["sign_count"],
    },
];

/// What a case can say of the relying party beyond what every peer is told.
const TELLABLE: [&str; 22] = [
    "algs",
    "allow_credentials",
    "android_package",
    "app_id",
    "attachment",
    "base64",
    "conditional_create",
    "credential_protection",
    "credentials",
    "cross_origin",
    "enterprise_attestation",
    "exclude_credentials",
    "extensions",
    "policy",
    "profile",
    "registered_credentials",
    "resident_key_required",
    "time",
    "top_origin",
    "top_origins",
    "trust_anchors",
    "user_handle_required",
];

/// What became of a case at a peer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// It cannot be told what the answer depends on, or the form of the request.
    NotAsked,
    /// It says that it has no code for the format or the algorithm, or does not take the valid
    /// case of an algorithm.
    Unsupported,
    /// It refuses the valid case that this one departs from, so its refusal shows nothing.
    ShowsNothing,
    Agrees,
    Accepts,
    Refuses,
}

#[test]
fn the_table_says_what_the_peers_answer() {
    let Some(python) = set(PYTHON) else {
        println!("NOT RUN: {PYTHON} names no Python that has the peers' packages.");
        return;
    };
    let cases = corpus();
    let outcomes: Vec<BTreeMap<&str, Outcome>> =
        PEERS.iter().map(|peer| outcomes(peer, &python, &cases)).collect();
    let document = document(&cases, &outcomes);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/peers.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &document).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == document,
        "docs/peers.md is out of date: run UPDATE_DOCS=1 cargo test -p device-enrollment-peers \
         --test corpus"
    );
}

#[test]
fn every_case_is_cut_down_to_what_a_peer_is_told() {
    let case = json!({
        "id": "case/1", "kind": "authentication", "policy": {}, "algs": [-7], "time": "now",
        "trust_anchors": [{"certificate": "AA", "formats": ["tpm"]}],
        "credential_id": "SENT", "user_handle": "SENT",
        "credential": {
            "id": "STORED", "public_key": "KEY", "sign_count": 7, "backup_eligible": true,
            "user_handle": "STORED",
        },
    });
    let [webauthn_rs, fido2, webauthn] = &PEERS;
    let told = as_told(webauthn_rs, &case, &case);
    assert_eq!(told.get("policy"), None);
    assert_eq!(told["algs"], json!([-7]));
    assert_eq!(told["trust_anchors"], json!(["AA"]));
    assert_eq!(told["credential"]["id"], "STORED");
    assert_eq!(told["credential"]["user_handle"], "SENT");
    let told = as_told(fido2, &case, &case);
    assert_eq!((told.get("algs"), told.get("time")), (None, None));
    assert_eq!(told["credential"].get("sign_count"), None);
    let told = as_told(webauthn, &case, &case);
    assert_eq!(told["credential"]["id"], "SENT");
    assert_eq!(told["credential"]["sign_count"], 7);
    assert_eq!(told["credential"].get("backup_eligible"), None);
}

/// Every case, in the order of the files.
fn corpus() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/corpus");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let mut value: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let Value::Array(more) = value["cases"].take() else { panic!("no cases") };
        cases.extend(more);
    }
    assert!(cases.len() > 900);
    cases
}

fn outcomes<'c>(peer: &Peer, python: &Path, cases: &'c [Value]) -> BTreeMap<&'c str, Outcome> {
    let by_id: BTreeMap<&str, &Value> = cases.iter().map(|case| (id(case), case)).collect();
    let valid = |case: &'c Value| by_id[case["valid"].as_str().unwrap_or(id(case))];
    let told: Vec<Value> = cases.iter().map(|case| as_told(peer, case, valid(case))).collect();
    let name: String = peer.name.chars().filter(char::is_ascii_alphanumeric).collect();
    let file = std::env::temp_dir().join(format!("corpus-{}-{name}.json", std::process::id()));
    std::fs::write(&file, json!({ "cases": told }).to_string()).unwrap();
    let ours = answers(ours_command().arg(&file), &[0, 1]);
    let theirs = answers((peer.command)(python).arg(&file), &[0]);
    std::fs::remove_file(file).unwrap();
    let expected = |case: &Value| case["expect"]["result"].as_str().unwrap().to_owned();
    cases
        .iter()
        .map(|case| {
            let from = valid(case);
            let knowable = |case: &Value| ours[id(case)].got == expected(case);
            let got = |case: &Value| theirs[id(case)].got.as_str();
            let outcome = if !knowable(case) || !knowable(from) || !is_browser_form(from) {
                Outcome::NotAsked
            } else {
                match (got(case), expected(case).as_str()) {
                    ("unsupported", _) => Outcome::Unsupported,
                    ("accept", "reject") => Outcome::Accepts,
                    _ if got(from) == "unsupported" => Outcome::Unsupported,
                    _ if got(from) != "accept" && id(from).starts_with("valid/algorithms/") => {
                        Outcome::Unsupported
                    }
                    _ if got(from) != "accept" && !std::ptr::eq(case, from) => {
                        Outcome::ShowsNothing
                    }
                    ("reject", "accept") => Outcome::Refuses,
                    _ => Outcome::Agrees,
                }
            };
            (id(case), outcome)
        })
        .collect()
}

/// The case without what the peer is not told; where a comparison is left to the caller, with
/// what makes it come out right.
fn as_told(peer: &Peer, case: &Value, valid: &Value) -> Value {
    let mut told: Map<String, Value> = case.as_object().unwrap().clone();
    if told.contains_key("credentials") && !peer.told.contains(&"credentials") {
        told.insert("credential".to_owned(), valid["credential"].clone());
    }
    told.retain(|name, _| !TELLABLE.contains(&name.as_str()) || peer.told.contains(&name.as_str()));
    if let Some(Value::Array(anchors)) = told.get_mut("trust_anchors") {
        for anchor in anchors {
            if let Some(certificate) = anchor.get("certificate") {
                *anchor = certificate.clone();
            }
        }
    }
    let sent_id = case.get("credential_id").or(case["request"].get("rawId")).cloned();
    let sent_handle = case.get("user_handle").cloned();
    if let Some(Value::Object(stored)) = told.get_mut("credential") {
        stored.retain(|name, _| {
            matches!(name.as_str(), "id" | "public_key" | "user_handle")
                || peer.stored.contains(&name.as_str())
        });
        // No peer compares the user handle.
        if let Some(handle) = sent_handle {
            stored.insert("user_handle".to_owned(), handle);
        }
        if let Some(sent) = sent_id.filter(|_| !peer.stored.contains(&"id")) {
            stored.insert("id".to_owned(), sent);
        }
    }
    Value::Object(told)
}

/// Parts, or a browser's JSON: the bodies of Open Finance are nobody else's.
fn is_browser_form(valid: &Value) -> bool {
    valid.get("request").is_none_or(|request| request.get("response").is_some())
}

fn id(case: &Value) -> &str {
    case["id"].as_str().unwrap()
}

fn script(python: &Path, name: &str) -> Command {
    let mut command = Command::new(python);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(name));
    command
}

fn document(cases: &[Value], outcomes: &[BTreeMap<&str, Outcome>]) -> String {
    let mut page = String::from(INTRODUCTION);
    page.push_str("\n| |");
    for peer in &PEERS {
        write!(page, " {} |", peer.name).unwrap();
    }
    page.push_str("\n|---|---|---|---|\n");
    let count = |outcome: Outcome, expected: Option<&str>| -> Vec<usize> {
        let of = |case: &&Value| expected.is_none_or(|it| case["expect"]["result"] == it);
        let counted = |answers: &BTreeMap<&str, Outcome>| {
            cases.iter().filter(of).filter(|case| answers[id(case)] == outcome).count()
        };
        outcomes.iter().map(counted).collect()
    };
    for (what, counts) in [
        ("refuses what has to be refused", count(Outcome::Agrees, Some("reject"))),
        ("accepts what has to be accepted", count(Outcome::Agrees, Some("accept"))),
        ("**accepts what has to be refused**", count(Outcome::Accepts, None)),
        ("**refuses what has to be accepted**", count(Outcome::Refuses, None)),
        (
            "refuses the valid case, so that its refusal shows nothing",
            count(Outcome::ShowsNothing, None),
        ),
        ("has no such algorithm or format", count(Outcome::Unsupported, None)),
        ("not asked", count(Outcome::NotAsked, None)),
    ] {
        let counts: Vec<String> = counts.iter().map(usize::to_string).collect();
        writeln!(page, "| {what} | {} |", counts.join(" | ")).unwrap();
    }
    writeln!(page, "| together | {0} | {0} | {0} |", cases.len()).unwrap();

    for (title, wrong) in [
        ("Accepted, and to be refused", Outcome::Accepts),
        ("Refused, and to be accepted", Outcome::Refuses),
    ] {
        write!(page, "\n## {title}\n\n| case | the one change | check |").unwrap();
        for peer in &PEERS {
            write!(page, " {} |", peer.name.split(' ').next().unwrap()).unwrap();
        }
        page.push_str("\n|---|---|---|---|---|---|\n");
        for case in cases {
            let cells: Vec<Outcome> = outcomes.iter().map(|answers| answers[id(case)]).collect();
            if !cells.contains(&wrong) {
                continue;
            }
            let cells: Vec<&str> = cells.iter().map(|outcome| word(*outcome, wrong)).collect();
            let changes = case["changes"].as_str().unwrap_or("none: the valid case");
            let check = case["expect"]["failed_check"].as_str().unwrap_or("");
            let changes = changes.replace('|', "\\|");
            let id = id(case).trim_start_matches("case/");
            writeln!(page, "| {id} | {changes} | {check} | {} |", cells.join(" | ")).unwrap();
        }
    }
    page
}

fn word(outcome: Outcome, wrong: Outcome) -> &'static str {
    match outcome {
        Outcome::NotAsked => "not asked",
        Outcome::Unsupported => "unsupported",
        Outcome::ShowsNothing => "shows nothing",
        Outcome::Accepts => "**accepts**",
        Outcome::Refuses => "**refuses**",
        Outcome::Agrees if wrong == Outcome::Accepts => "refuses",
        Outcome::Agrees => "accepts",
    }
}

const INTRODUCTION: &str = "\
# What other verifiers answer

The [mutation corpus](corpus.md) given to three other verifiers, as `tests/peers/README.md` says how.
This page is written by the run and held by it:

```sh
DEVICE_ENROLLMENT_PEER_PYTHON=… UPDATE_DOCS=1 cargo test -p device-enrollment-peers --test corpus
```

How to read it fairly. A peer is asked only what follows from what its interface can be told: each
case is cut down to that, and where our own verifier then no longer gives the case's answer, or where
the request has a form of Open Finance, the peer is not asked. Policies, the bank's profile, expected
attachments and user handles are told to nobody; `fido2` is told no time, no algorithms and no
counter; `webauthn` leaves finding the credential to its caller. A refusal counts whatever its
reason, a crash included, so refusing is easier here than being right. An algorithm that a peer does
not take counts as unsupported, not as a fault. Not every acceptance is a
hole: some peers do not claim canonical CBOR, a size limit or a rule that was new in Level 3, and
some of these cases need an authenticator that misbehaves rather than an attacker. The column of
checks says which rule each case is about; [checks.md](checks.md) says where it comes from.
";
