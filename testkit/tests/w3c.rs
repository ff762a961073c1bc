//! The examples of Web Authentication Level 3: the committed file is what the kit makes, and what
//! the kit makes is what the Recommendation prints.

use std::collections::BTreeMap;
use std::path::Path;

use device_enrollment_testkit::w3c;
use serde_json::Value;

const FILE: &str = "w3c-webauthn-l3.json";

/// What a published case says beyond the schema: its heading and who checked it.
const BEYOND_THE_SCHEMA: [&str; 3] = ["title", "verified", "signed_by_trust_anchor"];

#[test]
fn the_committed_file_is_what_the_kit_makes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors").join(FILE);
    let committed = std::fs::read_to_string(path).unwrap();
    let made = w3c::vector_file();
    let differing = committed.lines().zip(made.lines()).find(|(a, b)| a != b);
    // A line says more than two files of 70 kB.
    assert_eq!(differing, None, "to write it: see `written_by` in the file");
    assert!(committed == made, "one file goes on where the other ends");
}

#[test]
fn every_value_is_the_published_one() {
    let Some(folder) = std::env::var_os("DEVICE_ENROLLMENT_VECTORS") else {
        eprintln!(
            "SKIPPED: DEVICE_ENROLLMENT_VECTORS is not set, so the examples were not compared \
             with the published ones"
        );
        return;
    };
    let published: Value =
        serde_json::from_slice(&std::fs::read(Path::new(&folder).join(FILE)).unwrap()).unwrap();
    let mut published = cases(&published);
    let made = cases(&serde_json::from_str(&w3c::vector_file()).unwrap());

    assert_eq!(made.len(), 30);
    let ids = |cases: &BTreeMap<String, Value>| cases.keys().cloned().collect::<Vec<_>>();
    assert_eq!(ids(&made), ids(&published));
    for (id, made) in &made {
        let published = published.get_mut(id).unwrap().as_object_mut().unwrap();
        published.retain(|name, _| !BEYOND_THE_SCHEMA.contains(&name.as_str()));
        let made = made.as_object().unwrap();
        assert!(made.keys().eq(published.keys()), "{id}");
        for (name, value) in made {
            assert_eq!(value, &published[name], "{id}: {name}");
        }
    }
}

/// The cases of a file, by their name.
fn cases(file: &Value) -> BTreeMap<String, Value> {
    let cases = file["cases"].as_array().unwrap();
    let by_id: BTreeMap<_, _> =
        cases.iter().map(|case| (case["id"].as_str().unwrap().to_owned(), case.clone())).collect();
    assert_eq!(by_id.len(), cases.len(), "every case has a name of its own");
    by_id
}
