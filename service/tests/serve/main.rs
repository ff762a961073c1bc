//! `device-enrollment serve`, the program itself, over connections to loopback.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod server;
mod shell;
mod start;
