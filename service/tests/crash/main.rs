//! What is done to the service here is what happens to it in a bank: nodes and databases are killed
//! under load, disks fill up, databases go away, clocks jump, messages come late and twice. What it
//! has acknowledged has to be there afterwards, and nothing by half (docs/crashes.md).

#![cfg(all(feature = "serve", target_os = "linux"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test fails by panicking"
)]

#[path = "../bank/mod.rs"]
#[allow(dead_code, reason = "other tests need more of it")]
mod bank;
mod books;
mod chance;
mod client;
mod clock;
mod database;
mod delivery;
mod disk;
mod faults;
mod kills;
mod ledger;
mod load;
mod site;

use bank::{enrolling, postgres, server, world};
