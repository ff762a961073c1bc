//! The flows around the verifier, through the public API alone.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::result_large_err,
    clippy::type_complexity,
    unreachable_pub,
    reason = "tests fail loudly, and this target has no users"
)]

mod approval;
mod catalogue;
mod codes;
mod device;
mod device_states;
mod fixtures;
mod interleavings;
mod liveness;
mod transfer;
mod transfer_fixtures;
mod transfer_states;
