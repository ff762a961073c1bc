//! Metadata on disk as a script meets it: what is verified replaces what is stored, and nothing
//! else does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may fail loudly"
)]

mod common;

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use common::{Shown, TIME as AT, encode, text};
use device_enrollment_testkit::metadata::{entry_for, report};
use device_enrollment_testkit::{MetadataBlob, Registration};
use serde_json::{Value, json};

#[test]
fn a_verified_blob_is_stored_and_judges_enrollments() {
    let desk = Desk::new();
    let shown = desk.import(&desk.blob(|_| {}), &[]);
    assert_eq!(shown.status, 0, "{shown:?}");
    assert!(shown.stdout.starts_with("IMPORTED"), "{shown:?}");

    let stored = run(&["metadata", "show", "--store", &desk.store(), "--format", "json"]);
    assert_eq!((stored.status, &stored.json()["number"]), (0, &json!(17)), "{stored:?}");
    assert_eq!(stored.json()["signature_checked"], true);
    let model = desk.model();
    let entry = run(&["metadata", "show", "--store", &desk.store(), "--aaguid", &model]);
    assert!(entry.stdout.contains("FIDO_CERTIFIED_L1 since 2026-01-15"), "{entry:?}");

    let verdict = desk.verify(&[]);
    assert_eq!(verdict.status, 0, "{verdict:?}");
    assert_eq!(verdict.json()["facts"]["metadata"]["description"], "Test authenticator");
    assert_eq!(verdict.json()["tolerances"], json!([]));
    // The anchors are those of the entry: the file names none.
    assert_eq!(verdict.json()["facts"]["aaguid_verified"], true);
    assert!(verdict.json()["inputs"]["metadata"].is_string());
}

#[test]
fn a_model_that_the_next_blob_revokes_is_refused() {
    let desk = Desk::new();
    assert_eq!(desk.import(&desk.blob(|_| {}), &[]).status, 0);
    let revoking = desk.blob(|blob| {
        blob.number += 1;
        blob.entries[0]["statusReports"] = json!([report("REVOKED", "2026-05-01")]);
    });
    assert_eq!(desk.import(&revoking, &[]).status, 0);
    let verdict = desk.verify(&[]);
    assert_eq!(verdict.status, 1, "{verdict:?}");
    assert_eq!(verdict.json()["failure"]["code"], "metadata.revoked");
}

#[test]
fn what_is_not_a_newer_good_blob_leaves_the_last_good_one() {
    let desk = Desk::new();
    let good = desk.blob(|_| {});
    assert_eq!(desk.import(&good, &[]).status, 0);
    let stored = fs::read(desk.stored()).unwrap();
    let refused = |bytes: &[u8], code: &str| {
        let shown = desk.import(bytes, &["--format", "json"]);
        // A page without a byte is unusable input, and everything else is refused by a check.
        assert_eq!(shown.status, if bytes.is_empty() { 2 } else { 1 }, "{shown:?}");
        if !code.is_empty() {
            assert_eq!(shown.json()["failure"]["code"], code);
        }
        assert!(fs::read(desk.stored()).unwrap() == stored, "{code}: it was replaced");
    };
    refused(b"<!DOCTYPE html><html><body>Service Unavailable</body></html>", "malformed.truncated");
    refused(&desk.blob(|blob| blob.number -= 1), "metadata.older");
    refused(&desk.blob(|blob| blob.entries.truncate(0)), "metadata.empty");
    let overdue = desk.blob(|blob| {
        blob.number += 1;
        blob.next_update = "2026-05-31".into();
    });
    refused(&overdue, "metadata.overdue");
    for percent in 0..100 {
        refused(&good[..good.len() * percent / 100], "");
    }
    assert_eq!(desk.verify(&[]).status, 0);
}

#[test]
fn a_signer_of_unknown_revocation_needs_an_option() {
    let desk = Desk::new();
    let blob = desk.write("blob.jwt", &desk.blob(|_| {}));
    let root = desk.path("root.der");
    let import = |more: &[&str]| {
        run(&[&["metadata", "import", &blob, "--root", &root, "--at", AT], more].concat())
    };
    let refused = import(&[]);
    assert_eq!(refused.status, 1, "{refused:?}");
    assert!(refused.stdout.contains("revocation.missing"), "{refused:?}");
    let taken = import(&["--allow-unknown-revocation"]);
    assert_eq!(taken.status, 0, "{taken:?}");
    assert!(taken.stdout.contains("metadata_revocation_unknown"), "{taken:?}");
    assert!(taken.stdout.starts_with("VERIFIED"), "nothing was stored: {taken:?}");
}

#[test]
fn an_unsigned_payload_is_named_in_every_verdict() {
    let desk = Desk::new();
    let payload = desk.write("payload.json", desk.maker(|_| {}).payload().as_bytes());
    let store = desk.store();
    let shown =
        run(&["metadata", "import", &payload, "--unsigned-payload", "--store", &store, "--at", AT]);
    assert_eq!(shown.status, 0, "{shown:?}");
    assert!(shown.stdout.contains("the signature was not checked"), "{shown:?}");
    let verdict = desk.verify(&[]);
    assert_eq!(verdict.status, 0, "{verdict:?}");
    assert_eq!(verdict.json()["tolerances"], json!(["metadata_signature_not_checked"]));
    assert_eq!(verdict.json()["facts"]["metadata"]["signature_checked"], false);
}

#[test]
fn an_authenticator_that_is_not_listed_needs_an_option() {
    let desk = Desk::new();
    let others = desk.blob(|blob| {
        blob.entries = vec![entry_for(&Registration::packed_basic("another"))];
    });
    assert_eq!(desk.import(&others, &[]).status, 0);
    let verdict = desk.verify(&[]);
    assert_eq!(verdict.json()["failure"]["code"], "metadata.no_entry");
    // Then it is left to the anchors, of which there are none.
    let verdict = desk.verify(&["--allow-unlisted"]);
    assert_eq!(verdict.json()["failure"]["code"], "path.no_anchor");
}

#[test]
fn a_stored_file_is_verified_again_when_it_is_loaded() {
    let desk = Desk::new();
    assert_eq!(desk.import(&desk.blob(|_| {}), &[]).status, 0);
    let mut stored: Value = serde_json::from_slice(&fs::read(desk.stored()).unwrap()).unwrap();
    let blob = stored["content"]["blob"].as_str().unwrap().to_owned();
    // The number of another payload, the signature of this one.
    let (header, rest) = blob.split_once('.').unwrap();
    let signature = rest.split_once('.').unwrap().1;
    let payload = encode(desk.maker(|blob| blob.number += 1).payload().as_bytes());
    stored["content"]["blob"] = format!("{header}.{payload}.{signature}").into();
    fs::write(desk.stored(), stored.to_string()).unwrap();
    for shown in [desk.verify(&[]), run(&["metadata", "show", "--store", &desk.store()])] {
        assert_eq!(shown.status, 2, "{shown:?}");
        assert!(shown.stderr.contains("MD-1"), "{shown:?}");
    }
    // It does not make room for another either: its number would be forgotten.
    assert_eq!(desk.import(&desk.blob(|_| {}), &[]).status, 2);
}

// ---------------------------------------------------------------- the desk

/// A folder with a root, revocation lists and an enrollment, gone when the test is.
struct Desk {
    folder: PathBuf,
    registration: Registration,
}

impl Desk {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("device-enrollment-metadata-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).expect("a new folder");
        let desk = Self { folder, registration: Registration::packed_basic("desk") };
        let maker = desk.maker(|_| {});
        desk.write("root.der", &maker.root());
        for (position, list) in maker.revocation_lists().iter().enumerate() {
            desk.write(&format!("{position}.crl"), &list.der());
        }
        let parts = desk.registration.make();
        let file = json!({
            "expect": {
                "challenge": encode(&parts.challenge),
                "rp_id": parts.rp_id,
                "origins": [parts.origin],
                "algs": [parts.credential_algorithm],
                "user_verification": "discouraged",
                "time": AT,
            },
            "request": parts.to_json(),
        });
        desk.write("enrollment.json", file.to_string().as_bytes());
        desk
    }

    fn maker(&self, change: impl FnOnce(&mut MetadataBlob)) -> MetadataBlob {
        let mut maker = MetadataBlob::new("desk", vec![entry_for(&self.registration)]);
        change(&mut maker);
        maker
    }

    fn blob(&self, change: impl FnOnce(&mut MetadataBlob)) -> Vec<u8> {
        self.maker(change).make()
    }

    fn import(&self, blob: &[u8], more: &[&str]) -> Shown {
        let blob = self.write("blob.jwt", blob);
        let (root, store) = (self.path("root.der"), self.store());
        let (first, second) = (self.path("0.crl"), self.path("1.crl"));
        let arguments = [
            "metadata", "import", &blob, "--root", &root, "--crl", &first, "--crl", &second,
            "--store", &store, "--at", AT,
        ];
        run(&[&arguments, more].concat())
    }

    fn verify(&self, more: &[&str]) -> Shown {
        let (file, store) = (self.path("enrollment.json"), self.store());
        let arguments =
            ["verify", &file, "--profile", "webauthn", "--format", "json", "--metadata", &store];
        run(&[&arguments, more].concat())
    }

    fn model(&self) -> String {
        entry_for(&self.registration)["aaguid"].as_str().unwrap().to_owned()
    }

    fn store(&self) -> String {
        self.path("store")
    }

    fn stored(&self) -> PathBuf {
        self.folder.join("store").join("metadata.json")
    }

    fn path(&self, name: &str) -> String {
        text(&self.folder.join(name))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> String {
        fs::write(self.folder.join(name), bytes).expect("a file");
        self.path(name)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn run(arguments: &[&str]) -> Shown {
    common::run(arguments, "")
}
