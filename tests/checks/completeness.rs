//! Every check of the catalogue has a test in which it passed and one in which it failed.
//!
//! What is covered is read out of the tests themselves: the ids that are handed to `passes`, to
//! `fails` and to `unreadable`. A table kept by hand could claim what nothing asserts.

use std::collections::BTreeSet;

use device_enrollment::verdict::CheckId::{self, *};

const SOURCES: [&str; 19] = [
    include_str!("algorithms.rs"),
    include_str!("anchors.rs"),
    include_str!("android_evidence.rs"),
    include_str!("android_key.rs"),
    include_str!("app_attest.rs"),
    include_str!("apple.rs"),
    include_str!("ceremonies.rs"),
    include_str!("client_data.rs"),
    include_str!("compound.rs"),
    include_str!("cose_keys.rs"),
    include_str!("cross_cutting.rs"),
    include_str!("device_evidence.rs"),
    include_str!("envelope.rs"),
    include_str!("fido_u2f.rs"),
    include_str!("metadata.rs"),
    include_str!("packed.rs"),
    include_str!("path.rs"),
    include_str!("safetynet.rs"),
    include_str!("tpm.rs"),
];

const BY_CONSTRUCTION: &str = "holds by construction: what could break it was refused before";
const UNJUDGED: &str = "not judged yet: the dates of the certificates are its evidence";

/// Checks that no response can fail, each with its reason.
const NEVER_FAIL: &[(CheckId, &str)] = &[
    (Fu4, BY_CONSTRUCTION),
    (Fu5, BY_CONSTRUCTION),
    (Ap6, BY_CONSTRUCTION),
    (Tp17, BY_CONSTRUCTION),
    (Cp3, BY_CONSTRUCTION),
    (Cp5, BY_CONSTRUCTION),
    (Ap7, UNJUDGED),
];

/// Checks that no response can pass, each with its reason.
const NEVER_PASS: &[(CheckId, &str)] = &[(Ap7, UNJUDGED)];

/// The ids that the calls of `function` pin. Every call has to name its id, before the next call.
fn pinned_by(function: &str) -> BTreeSet<CheckId> {
    let call = format!("{function}(");
    let mut ids = BTreeSet::new();
    for source in SOURCES {
        for (position, _) in source.match_indices(&call) {
            if source[..position].ends_with(is_word) {
                continue;
            }
            let text = &source[position + call.len()..];
            let end = CALLS.iter().filter_map(|next| text.find(next)).min().unwrap_or(text.len());
            let named = text[..end]
                .split(|c| !is_word(c))
                .find_map(|word| CheckId::ALL.iter().find(|id| format!("{id:?}") == word));
            ids.insert(*named.unwrap_or_else(|| panic!("no id in {call}{:.60}", &text[..end])));
        }
    }
    ids
}

const CALLS: [&str; 3] = ["passes(", "fails(", "unreadable("];

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[track_caller]
fn complete(covered: &BTreeSet<CheckId>, exempt: &[(CheckId, &str)]) {
    let exempt: BTreeSet<CheckId> = exempt.iter().map(|(id, _)| *id).collect();
    let all: BTreeSet<CheckId> = CheckId::ALL.iter().copied().collect();
    let open: Vec<_> = all.difference(covered).filter(|id| !exempt.contains(id)).collect();
    assert!(open.is_empty(), "not covered: {open:?}");
    let needless: Vec<_> = exempt.intersection(covered).collect();
    assert!(needless.is_empty(), "exempt and covered: {needless:?}");
}

#[test]
fn every_check_is_shown_to_pass() {
    complete(&pinned_by("passes"), NEVER_PASS);
}

#[test]
fn every_check_is_shown_to_fail() {
    let mut failing = pinned_by("fails");
    failing.extend(pinned_by("unreadable"));
    complete(&failing, NEVER_FAIL);
}
