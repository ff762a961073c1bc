//! Every check of the catalogue, pinned: a ceremony that is accepted, one thing changed in it, and
//! the check and the code that name the change.
//!
//! The ceremonies are made by the testkit, which does not know the verifier. A test starts from a
//! ceremony that was shown to be accepted; `but` changes one thing and judges again by the same
//! path. `completeness.rs` holds that every check is covered both ways.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    unreachable_pub,
    reason = "tests fail loudly, and this target has no users"
)]

mod harness;
mod import;

mod algorithms;
mod anchors;
mod android_evidence;
mod android_key;
mod app_attest;
mod apple;
mod ceremonies;
mod client_data;
mod completeness;
mod compound;
mod cose_keys;
mod cross_cutting;
mod device_evidence;
mod envelope;
mod fido_u2f;
mod judged_again;
mod metadata;
mod packed;
mod path;
mod safetynet;
mod tpm;
