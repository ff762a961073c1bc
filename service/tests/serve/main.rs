//! `device-enrollment serve`, the program itself, over connections to loopback.

#![cfg(feature = "serve")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::type_complexity,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test fails by panicking"
)]

mod bad_input;
#[path = "../bank/mod.rs"]
#[allow(dead_code, reason = "other tests need more of it")]
mod bank;
mod canary;
mod catalogue;
mod code_keys;
mod demo;
mod devices;
mod enrollments;
mod events;
mod lease;
mod races;
mod shell;
mod sql;
mod start;
mod tls;
mod upgrade;

use bank::{server, world};
