//! The committed corpus is what the generator makes.

use std::collections::BTreeSet;
use std::path::Path;

use device_enrollment_testkit::corpus;

#[test]
fn the_committed_files_are_what_is_generated() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/corpus");
    let mut generated = BTreeSet::new();
    let mut bytes = 0;
    for group in corpus::groups() {
        let name = format!("{}.json", group.name);
        let committed = std::fs::read_to_string(folder.join(&name)).unwrap_or_default();
        let made = group.to_text();
        assert!(
            committed == made,
            "{name} is out of date: run cargo run -p device-enrollment-testkit --bin corpus"
        );
        bytes += made.len();
        assert!(generated.insert(name), "two groups are called {}", group.name);
    }
    let committed: BTreeSet<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(committed, generated);
    assert!(bytes < 2_000_000, "{bytes} bytes are too many to keep in the repository");
}

#[test]
fn every_case_says_what_it_changes_and_departs_from_an_accepted_one() {
    let mut ids = BTreeSet::new();
    for group in corpus::groups() {
        let valid: BTreeSet<_> = group
            .cases
            .iter()
            .filter(|case| case.member("expect").unwrap()["result"] == "accept")
            .map(|case| case.member("id").unwrap().to_string())
            .collect();
        for case in &group.cases {
            let id = case.member("id").unwrap().to_string();
            let expect = case.member("expect").unwrap();
            if id.starts_with("\"valid/") {
                assert_eq!(expect["result"], "accept", "{id}");
            } else {
                assert!(!case.member("changes").unwrap().as_str().unwrap().is_empty(), "{id}");
                let from = case.member("valid").unwrap().to_string();
                assert!(from.starts_with("\"valid/") && valid.contains(&from), "{id}: {from}");
                let pinned = expect["failed_check"].is_string() && expect["code"].is_string();
                assert_eq!(expect["result"] == "reject", pinned, "{id}");
            }
            assert!(ids.insert(id.clone()), "{id} is there twice");
        }
    }
}
