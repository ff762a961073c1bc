//! What the documents say is what the code says. `UPDATE_DOCS=1 cargo test --test documentation`
//! writes them anew.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use device_enrollment::verdict::{CheckId, Fault, Reason};
use device_enrollment::{Language, Verdict};

fn compare(name: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "{name} is out of date: run UPDATE_DOCS=1 cargo test --test documentation"
    );
}

#[test]
fn the_list_of_checks_is_that_of_the_catalogue() {
    let mut page = String::from(
        "# Checks\n\nEvery check that a verdict can name. Ids are never renumbered and never reused. \
         «beyond» marks a check that no step of the\nRecommendation demands: it is judged where a \
         policy turns it on.\n\n| id | rule | regra | source |\n|---|---|---|---|\n",
    );
    for id in CheckId::ALL {
        let beyond = if id.is_beyond() { " «beyond»" } else { "" };
        writeln!(
            page,
            "| {id} | {}{beyond} | {} | {} |",
            id.title(Language::EnUs),
            id.title(Language::PtBr),
            id.specification(),
        )
        .unwrap();
    }
    page.push_str("\n# Codes\n\nWhy a check failed. Codes are stable.\n\n| code | text | texto |\n|---|---|---|\n");
    let mut row = |code: &str, english: &str, portuguese: &str| {
        writeln!(page, "| `{code}` | {english} | {portuguese} |").unwrap();
    };
    for reason in Reason::ALL {
        row(reason.code(), reason.text(Language::EnUs), reason.text(Language::PtBr));
    }
    for fault in Fault::ALL {
        row(fault.code(), fault.text(Language::EnUs), fault.text(Language::PtBr));
    }
    compare("docs/checks.md", &page);
}

#[test]
fn codes_are_unique_and_texts_are_one_clause() {
    let mut codes = BTreeSet::new();
    let rows =
        Reason::ALL
            .iter()
            .map(|reason| (reason.code(), reason.text(Language::EnUs), reason.text(Language::PtBr)))
            .chain(Fault::ALL.iter().map(|fault| {
                (fault.code(), fault.text(Language::EnUs), fault.text(Language::PtBr))
            }))
            .chain(
                CheckId::ALL
                    .iter()
                    .map(|id| (id.as_str(), id.title(Language::EnUs), id.title(Language::PtBr))),
            );
    for (code, english, portuguese) in rows {
        assert!(codes.insert(code), "{code} stands twice");
        for text in [english, portuguese] {
            assert!(
                !text.is_empty() && !text.ends_with('.') && !text.contains('\n'),
                "{code}: {text}"
            );
        }
        assert_ne!(english, portuguese, "{code} is not translated");
    }
}

/// The JSON form of an accepted, a refused and a malformed verdict, byte for byte.
#[test]
fn the_json_form_of_a_verdict_is_stable() {
    let file: serde_json::Value =
        serde_json::from_str(include_str!("../examples/enrollment.json")).unwrap();
    let request = file["request"].to_string();
    compare("tests/snapshots/accepted.json", &pretty(&verify(&request, 0)));
    compare("tests/snapshots/refused.json", &pretty(&verify(&request, 1)));
    let malformed = request.replace("device_credential_raw_id", "device_credential_row_id");
    compare("tests/snapshots/malformed.json", &pretty(&verify(&malformed, 0)));
}

fn pretty(verdict: &Verdict) -> String {
    format!("{}\n", serde_json::to_string_pretty(verdict).unwrap())
}

fn verify(request: &str, flip: u8) -> Verdict {
    use device_enrollment::verdict::Ceremony;
    use device_enrollment::{
        Base64Reading, Origin, Policy, RegistrationExpectation, RegistrationResponse, TrustStore,
        UnixTime, Verifier,
    };
    let mut challenge = *b"\xd7\x29\xf1\xbf\x2c\x73\x43\x32\x83\x75\xc3\xba\xf0\x77\x0b\x22";
    challenge[0] ^= flip;
    let origin = Origin::parse("https://tpp-client1.127.0.0.1.nip.io:3005").unwrap();
    let expected =
        RegistrationExpectation::new(challenge, "tpp-client1.127.0.0.1.nip.io", vec![origin]);
    let verifier = Verifier::new(Policy::open_finance_brasil(), TrustStore::empty());
    let time = Some(UnixTime(1_780_272_000));
    match RegistrationResponse::from_device_credential(request.as_bytes(), Base64Reading::Strict) {
        Ok(response) => verifier.registration(&response, &expected, time).into_parts().0,
        Err(failure) => {
            verifier.malformed(&failure, Ceremony::Registration, request.as_bytes(), time)
        }
    }
}

/// A reason for a difference is worth something while a test shows the difference.
#[test]
fn every_test_that_a_document_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |page: &str| std::fs::read_to_string(root.join("docs").join(page)).unwrap();
    let mut sources = String::new();
    for folder in ["src", "service", "testkit", "tests"] {
        add_sources(&root.join(folder), &mut sources);
    }
    let exists = |test: &str| {
        assert!(sources.contains(&format!("fn {test}(")), "{test} is no test");
    };

    let page = read("rfc5280.md");
    let rows: Vec<&str> = page.lines().filter(|line| line.ends_with("` |")).collect();
    assert!(rows.len() > 10, "the table was not found");
    for row in rows {
        exists(row.trim_end_matches("` |").rsplit('`').next().unwrap());
    }

    // The last cell of every row, where names stand between other words.
    let page = read("threats.md");
    let mut named = 0;
    for row in page.lines().filter(|line| line.starts_with("| ")) {
        let proof = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let quoted = proof.split('`').skip(1).step_by(2);
        for test in quoted.filter(|word| !word.contains(['/', '.'])) {
            exists(test);
            named += 1;
        }
    }
    assert!(named > 100, "the tables were not found");
}

#[test]
fn every_check_that_the_page_of_threats_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/threats.md")).unwrap();
    let mut named = 0;
    for row in page.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.split(" | ").collect();
        let [_, _, checks, _] = cells.as_slice() else { continue };
        for id in checks.split([',', ' ']).filter(|word| word.contains('-')) {
            assert!(CheckId::ALL.iter().any(|known| known.as_str() == id), "{id} is no check");
            named += 1;
        }
    }
    assert!(named > 40, "the tables were not found");
}

fn add_sources(folder: &Path, sources: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            add_sources(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}
