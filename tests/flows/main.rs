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
mod idempotency;
mod interleavings;
mod json_values;
mod liveness;
mod open_finance_catalogue;
mod open_finance_conformance;
mod open_finance_interleavings;
mod published_pair;
#[path = "../mutations/random.rs"]
#[allow(dead_code, reason = "the mutations need more of it")]
mod random;
mod replay;
mod risk_signals;
mod transfer;
mod transfer_fixtures;
mod transfer_states;
