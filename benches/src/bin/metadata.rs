//! The time that FIDO metadata takes: importing it, and a verification that looks a model up.
//!
//! `cargo run --release -p device-enrollment-benches --features aws-lc --bin metadata [FILE]` takes
//! a payload (as published, without its signature); without one it makes 520 entries.

use std::hint::black_box;
use std::time::Instant;

use device_enrollment::policy::Rule;
use device_enrollment::{
    Metadata, MetadataSource, Origin, Policy, RegistrationExpectation, RegistrationResponse,
    TrustAnchor, TrustStore, UnixTime, Verifier,
};
use device_enrollment_testkit::metadata::entry_for;
use device_enrollment_testkit::{MetadataBlob, Registration, RevocationList, TIME};

const ENTRIES: usize = 520;

fn main() {
    let registration = Registration::packed_basic("metadata");
    let mut entries = match std::env::args().nth(1) {
        Some(path) => {
            let payload = std::fs::read(path).expect("the payload can be read");
            let value: serde_json::Value = serde_json::from_slice(&payload).expect("it is JSON");
            value["entries"].as_array().expect("it has entries").clone()
        }
        None => (0..ENTRIES)
            .map(|number| entry_for(&Registration::packed_basic(&format!("metadata {number}"))))
            .collect(),
    };
    entries.push(entry_for(&registration));
    let count = entries.len();
    let mut maker = MetadataBlob::new("metadata", entries);
    maker.next_update = "2026-12-01".into();
    let (payload, blob) = (maker.payload(), maker.make());
    let roots = [TrustAnchor::from_der(&maker.root()).expect("a root")];
    let lists: Vec<Vec<u8>> = maker.revocation_lists().iter().map(RevocationList::der).collect();
    let lists: Vec<&[u8]> = lists.iter().map(Vec::as_slice).collect();
    let at = UnixTime(TIME);
    let unsigned = MetadataSource::new(&[], at);
    let mut signed = MetadataSource::new(&roots, at);
    signed.revocation_lists = &lists;

    println!("{count} entries, {} bytes as a BLOB", blob.len());
    measure("import, payload alone", 30, || {
        drop(black_box(Metadata::import_unsigned(payload.as_bytes(), &unsigned)));
    });
    measure("import, signature, chain and revocation lists", 30, || {
        drop(black_box(Metadata::import(&blob, &signed)));
    });

    let metadata = Metadata::import(&blob, &signed).outcome.expect("it is valid");
    let parts = registration.make();
    let origin = Origin::parse(&parts.origin).expect("an origin");
    let mut expected =
        RegistrationExpectation::new(parts.challenge.clone(), parts.rp_id.clone(), vec![origin]);
    expected.algorithms = Some(vec![-7]);
    let response = RegistrationResponse::from_bytes(
        Some(&parts.credential_id),
        &parts.client_data_json,
        &parts.attestation_object,
    );
    let anchors: Vec<TrustAnchor> =
        parts.anchors.iter().map(|der| TrustAnchor::from_der(der).expect("an anchor")).collect();
    let store = TrustStore::new(anchors);
    let plain = Verifier::new(Policy::webauthn(), store.clone());
    let mut policy = Policy::webauthn();
    policy.metadata = Rule::Judged;
    let looked_up = Verifier::new(policy, store.with_metadata(metadata));
    for (name, verifier) in [("without metadata", &plain), ("with metadata", &looked_up)] {
        measure(&format!("packed basic, {name}"), 2000, || {
            let judgement = verifier.registration(&response, &expected, Some(at));
            assert!(black_box(&judgement).accepted().is_ok());
        });
    }
}

fn measure(name: &str, rounds: usize, mut body: impl FnMut()) {
    let mut times: Vec<f64> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            body();
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let median = times[rounds / 2];
    println!("{name}: median {median:.1} us, least {:.1} us", times[0]);
}
