//! The code in the pages for app developers is that of the examples, which the tests of the bindings
//! compile.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn the_swift_of_the_page_for_ios_is_that_of_the_example() {
    let example = sources("bindings/swift/Sources/EnrollmentExample", "swift");
    stands_in("docs/ios.md", "swift", 5, &example);
}

#[test]
fn the_kotlin_of_the_page_for_android_is_that_of_the_guide() {
    let folder = "bindings/kotlin/src/test/kotlin/io/github/deviceenrollment/guide";
    stands_in("docs/android.md", "kotlin", 5, &sources(folder, "kt"));
}

/// A code that a page explains is one that a verdict can have.
#[test]
fn every_code_of_the_pages_is_one_of_the_catalogue() {
    let catalogue = fs::read_to_string(Path::new(ROOT).join("docs/checks.md")).unwrap();
    let mut codes = 0;
    for page in ["docs/ios.md", "docs/android.md"] {
        let text = fs::read_to_string(Path::new(ROOT).join(page)).unwrap();
        let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
        let first = rows.map(|row| row.split('`').next().unwrap());
        // Another table is of types and calls.
        for code in first.filter(|word| !word.contains(|c: char| c.is_uppercase() || c == '(')) {
            assert!(catalogue.contains(&format!("| `{code}` |")), "{page}: {code}");
            codes += 1;
        }
    }
    assert!(codes >= 8, "{codes} codes");
}

/// Every block of code of this language stands in one of the sources, line by line; how far it is
/// indented does not matter.
fn stands_in(page: &str, language: &str, least: usize, sources: &[String]) {
    let text = fs::read_to_string(Path::new(ROOT).join(page)).unwrap();
    let blocks = blocks(&text, language);
    assert!(blocks.len() >= least, "{page} has {} blocks of {language}", blocks.len());
    for block in blocks {
        let found = sources.iter().any(|source| source.contains(&block));
        assert!(found, "{page}: this is in no example:\n{block}");
    }
}

fn blocks(page: &str, language: &str) -> Vec<String> {
    let opening = format!("```{language}\n");
    let parts = page.split(&opening).skip(1);
    parts.map(|part| unindented(part.split("```").next().unwrap())).collect()
}

fn sources(folder: &str, extension: &str) -> Vec<String> {
    let mut folders: Vec<PathBuf> = vec![Path::new(ROOT).join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(unindented(&fs::read_to_string(path).unwrap()));
            }
        }
    }
    found
}

fn unindented(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.trim())).collect()
}
