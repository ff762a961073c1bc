//! The service in a real browser: Chromium, with the virtual authenticators that it has built in
//! (Web Authentication section 11), against the program itself.
//!
//! ```sh
//! cargo build --package device-enrollment-service && cargo test --package device-enrollment-browser
//! ```
//!
//! Chromium is asked for on PATH, or where `DEVICE_ENROLLMENT_CHROMIUM` says; without one every test
//! here fails and says so.

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

mod approvals;
mod authenticator;
#[path = "../../service/tests/bank/mod.rs"]
#[allow(dead_code, reason = "other tests need more of it")]
mod bank;
mod chromium;
mod counter;
mod demonstration;
mod desk;
mod enrollments;
mod foreign;
mod looks;
mod origins;
mod removed;
mod walk;
