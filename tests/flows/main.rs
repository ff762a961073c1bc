//! The flows through the public API: their machines, their published refusals, and what holds of
//! every input.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::result_large_err,
    clippy::string_slice,
    clippy::type_complexity,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test fails by panicking, and this target has no users"
)]

mod approval;
mod bank;
mod catalogue;
mod codes;
mod consent;
mod device;
mod device_states;
mod enrollment;
mod fixtures;
mod interleavings;
mod liveness;
mod open_finance_conformance;
mod published_pair;
mod transfer;
mod transfer_fixtures;
mod transfer_states;
