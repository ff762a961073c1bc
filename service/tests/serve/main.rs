//! `device-enrollment serve`, the program itself, over connections to loopback.

#![cfg(feature = "serve")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod devices;
mod enrollments;
#[path = "../postgres/mod.rs"]
mod postgres;
mod server;
mod shell;
mod start;
mod tls;
mod world;
