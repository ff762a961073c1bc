//! The fuzz targets, in one executable: they share all of their code, so one build serves them.
//! `FUZZ_TARGET` names the one that runs; `fuzz/run` is the way to start it.
#![no_main]

use std::sync::OnceLock;

use device_enrollment::fuzzing;
use device_enrollment_fuzz::{ceremonies, forms, trust};

type Target = fn(&[u8]);

/// Every target with what it does to an input. `fuzz/run` reads the names here.
const TARGETS: [(&str, Target); 18] = [
    ("android_status", trust::android_status),
    ("assertion", ceremonies::assertion),
    ("attestation_object", fuzzing::attestation_object),
    ("authenticator_data", fuzzing::authenticator_data),
    ("cbor", device_enrollment_fuzz::cbor),
    ("certificate", fuzzing::certificate),
    ("certificate_list", fuzzing::certificate_list),
    ("client_data", fuzzing::client_data),
    ("cose_key", fuzzing::cose_key),
    ("inspect", forms::inspect),
    ("json", fuzzing::json),
    ("jws", fuzzing::jws),
    ("key_description", fuzzing::key_description),
    ("metadata", trust::metadata),
    ("registration", ceremonies::registration),
    ("statement", ceremonies::statement),
    ("tpm", fuzzing::tpm),
    ("wire_forms", forms::wire_forms),
];

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static TARGET: OnceLock<Target> = OnceLock::new();
    let target = TARGET.get_or_init(|| {
        let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
        let known = TARGETS.iter().find(|(known, _)| *known == name);
        known.unwrap_or_else(|| panic!("FUZZ_TARGET names no target: {name:?}")).1
    });
    target(data);
});
