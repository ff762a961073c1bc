//! Authenticators and clients that other people wrote, and a TPM, against the program itself: each
//! enrolls and approves over HTTP, by the options that the service gave.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test fails by panicking"
)]

mod asked;
#[path = "../../../../service/tests/bank/mod.rs"]
#[allow(dead_code, reason = "other tests need more of it")]
mod bank;
mod changes;
mod fido2;
mod journey;
mod passkey;
mod softtoken;
mod tpm;
