//! Every vector of the repository, asked through the command line: verdict, check and code; and
//! that no number of the list was forgotten.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may fail loudly"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[test]
fn every_vector_agrees_check_and_code_included() {
    let output = Command::new(env!("CARGO_BIN_EXE_device-enrollment"))
        .args(["vectors", "--format", "json"])
        .arg(Path::new(ROOT).join("tests/vectors"))
        .output()
        .expect("the binary starts");
    let mut answers = BTreeMap::new();
    for line in String::from_utf8(output.stdout).expect("UTF-8").lines() {
        let line: Value = serde_json::from_str(line).expect("one JSON object a line");
        let Some(id) = line["id"].as_str().map(str::to_owned) else { continue };
        assert!(answers.insert(id.clone(), line).is_none(), "{id} is there twice");
    }
    let mut asked = 0;
    for (file, cases) in files(Path::new(ROOT).join("tests/vectors")) {
        for case in cases {
            let id = case["id"].as_str().expect("an id");
            let answer = answers.get(id).unwrap_or_else(|| panic!("{file}: {id} was not asked"));
            assert_eq!(answer["agree"], true, "{file}: {answer}");
            // What the command means by agreeing is judged here once more, by itself.
            let expect = &case["expect"];
            if expect["result"] != "may" {
                assert_eq!(answer["got"], expect["result"], "{file}: {answer}");
            }
            for pin in ["failed_check", "code"] {
                if !expect[pin].is_null() {
                    assert_eq!(answer[pin], expect[pin], "{file}: {id}, {pin}");
                }
            }
            asked += 1;
        }
    }
    assert_eq!(asked, answers.len());
    assert!(output.status.success());
}

#[test]
fn a_pin_that_is_not_met_disagrees() {
    let folder = std::env::temp_dir().join(format!("corpus-pins-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let (_, cases) = corpus().swap_remove(0);
    let refused = cases.iter().find(|case| case["expect"]["result"] == "reject");
    let refused = refused.expect("a case that is refused");
    let accepted = cases.iter().find(|case| case["expect"]["result"] == "accept");
    let changes: [(&Value, &str, Value); 4] = [
        (refused, "failed_check", "X-11".into()),
        (refused, "code", "path.signature".into()),
        (refused, "result", "accept".into()),
        (accepted.expect("a case that is accepted"), "result", "reject".into()),
    ];
    for (case, pin, value) in changes {
        let status = |case: &Value| {
            let path = folder.join("case.json");
            fs::write(&path, case.to_string()).expect("a file");
            let mut command = Command::new(env!("CARGO_BIN_EXE_device-enrollment"));
            let output = command.arg("vectors").arg(path).output().expect("the binary starts");
            output.status.code()
        };
        assert_eq!(status(case), Some(0), "{}", case["id"]);
        let mut wrong = case.clone();
        wrong["expect"][pin] = value;
        assert_eq!(status(&wrong), Some(1), "{}, another {pin}", case["id"]);
    }
    fs::remove_dir_all(folder).expect("the folder goes");
}

#[test]
fn a_case_that_asks_for_what_there_is_not_agrees_with_nothing() {
    let (_, cases) = corpus().swap_remove(0);
    let path = std::env::temp_dir().join(format!("corpus-unusable-{}.json", std::process::id()));
    for (member, value) in [
        ("policy", json!({ "reserved_flag": "judged" })),
        ("policy", json!({ "reserved_flags": true })),
        ("policy", json!([])),
        ("profile", json!("strict")),
        ("base64", json!("lenient")),
        ("attachment", json!("usb")),
        ("user_verification", json!("always")),
        ("trust_anchors", json!([{ "certificate": "AA", "format": ["tpm"] }])),
        ("time", json!("yesterday")),
    ] {
        let mut case = cases[0].clone();
        case[member] = value;
        fs::write(&path, case.to_string()).expect("a file");
        let mut command = Command::new(env!("CARGO_BIN_EXE_device-enrollment"));
        let output = command.arg("vectors").arg(&path).output().expect("the binary starts");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(output.status.code(), Some(1), "{member}: {text}");
        assert!(text.contains("unusable case"), "{member}: {text}");
    }
    fs::remove_file(path).expect("the file goes");
}

#[test]
fn every_number_of_the_list_is_in_the_files_or_in_the_table_of_what_is_not() {
    let mut covered = BTreeSet::new();
    for (_, cases) in corpus() {
        for case in cases {
            let id = case["id"].as_str().expect("an id");
            if let Some(id) = id.strip_prefix("case/") {
                covered.insert(id.split('-').next().expect("a number").to_owned());
            }
        }
    }
    let document = read("docs/corpus.md");
    let table = document.split("## What is not in it").nth(1).expect("the table");
    let mut left_out = BTreeMap::new();
    for row in table.lines().filter(|line| line.starts_with("| N") || line.starts_with("| X")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, id, part, whose, why, _] = cells.as_slice() else { panic!("{row}") };
        assert!(matches!(*whose, "the tests'" | "the store's"), "{row}");
        assert!(!why.is_empty(), "{row}");
        assert_eq!(*part == "all", !covered.contains(*id), "{row}");
        assert!(left_out.insert((*id).to_owned(), *part).is_none(), "{id} has two rows");
    }
    let numbers = (1..=121).map(|n| format!("N{n:03}")).chain((1..=80).map(|n| format!("X{n:03}")));
    let numbers: BTreeSet<String> = numbers.collect();
    let forgotten: Vec<_> =
        numbers.iter().filter(|id| !covered.contains(*id) && !left_out.contains_key(*id)).collect();
    assert!(forgotten.is_empty(), "in neither: {forgotten:?}");
    let unknown: Vec<_> = covered
        .iter()
        .chain(left_out.keys())
        .filter(|id| !numbers.contains(*id) && !matches!(id.as_str(), "R4" | "OP"))
        .collect();
    assert!(unknown.is_empty(), "of no list: {unknown:?}");
}

#[test]
fn the_document_counts_the_cases() {
    let mut rows =
        String::from("| file | cases | refused | accepted | about |\n|---|---|---|---|---|\n");
    let mut totals = [0; 3];
    for (file, cases) in corpus() {
        let with =
            |result: &str| cases.iter().filter(|case| case["expect"]["result"] == result).count();
        let counts = [cases.len(), with("reject"), with("accept")];
        assert_eq!(counts[0], counts[1] + counts[2], "{file}");
        let whole: Value =
            serde_json::from_str(&read(&format!("tests/vectors/corpus/{file}"))).expect("JSON");
        let about = whole["about"].as_str().expect("what it is about");
        let [cases, refused, accepted] = counts;
        rows.push_str(&format!("| `{file}` | {cases} | {refused} | {accepted} | {about} |\n"));
        totals = [0, 1, 2].map(|at| totals[at] + counts[at]);
    }
    let [cases, refused, accepted] = totals;
    rows.push_str(&format!("| together | {cases} | {refused} | {accepted} | |\n"));

    let document = read("docs/corpus.md");
    let begin =
        document.find("--test corpus -->\n").expect("the mark") + "--test corpus -->\n".len();
    let end = document.find("\n<!-- end -->").expect("the end");
    let counted = format!("{}\n{rows}{}", &document[..begin], &document[end..]);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(Path::new(ROOT).join("docs/corpus.md"), &counted).expect("the document");
    }
    assert!(
        document == counted || std::env::var_os("UPDATE_DOCS").is_some(),
        "docs/corpus.md is out of date: run UPDATE_DOCS=1 cargo test -p device-enrollment-service \
         --test corpus"
    );
}

fn corpus() -> Vec<(String, Vec<Value>)> {
    files(Path::new(ROOT).join("tests/vectors/corpus"))
}

/// The vector files under a folder, by name, with their cases.
fn files(folder: PathBuf) -> Vec<(String, Vec<Value>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                let bytes = fs::read(&path).expect("a file");
                let mut value: Value = serde_json::from_slice(&bytes).expect("JSON");
                if let Value::Array(cases) = value["cases"].take() {
                    let name = path.file_name().expect("a name").to_string_lossy().into_owned();
                    found.push((name, cases));
                }
            }
        }
    }
    found.sort_by(|(left, _), (right, _)| left.cmp(right));
    found
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).expect(path)
}
