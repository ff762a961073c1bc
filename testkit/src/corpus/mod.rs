//! The mutation corpus: valid ceremonies, and for each of them others that differ in exactly one
//! thing, with the check and the code that have to refuse it.
//!
//! `cargo run -p device-enrollment-testkit --bin corpus` writes it to `tests/vectors/corpus/`, one
//! file per group, in the form of `docs/vectors.md`. The same source gives the same bytes. What is
//! pinned here is written by hand from the rules; the verifier is asked elsewhere.

mod algorithms;
mod android_key;
mod apple;
mod asked_for;
mod assertion_data;
mod attestation_object;
mod authenticator_data;
mod bytes;
mod case;
mod cbor_form;
mod chains;
mod client_data;
mod client_data_members;
mod cose_key;
mod envelope;
mod make;
mod origins;
mod ownership;
mod packed;
mod signatures;
mod statement_formats;
mod tpm;

pub use case::{Case, Group};
pub(crate) use case::{Departure, Enrollment, Login, Spelling, Valid, Variant, Wire, encode};
pub use make::{FORMATS, Kind, Order, make, registration};

/// Every group, each of which is one file.
pub fn groups() -> Vec<Group> {
    vec![
        envelope::registration(),
        client_data_members::registration(),
        attestation_object::group(),
        algorithms::group(),
        packed::group(),
        statement_formats::group(),
        envelope::assertion(),
        client_data_members::assertion(),
        assertion_data::group(),
        ownership::group(),
        client_data::group(),
        origins::group(),
        authenticator_data::group(),
        cose_key::group(),
        signatures::group(),
        cbor_form::group(),
        chains::group(),
        android_key::group(),
        apple::group(),
        tpm::group(),
        asked_for::group(),
    ]
}
