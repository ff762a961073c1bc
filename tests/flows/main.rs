//! The flows through the public API: their machines, their published refusals, and what holds of
//! every input.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod bank;
mod consent;
mod enrollment;
mod open_finance_conformance;
mod published_pair;
