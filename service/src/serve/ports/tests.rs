//! The adapters against real servers on loopback, which each test starts and stops.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod demo;
mod dispatcher;
mod liveness;
mod mail;
mod rail;
mod servers;
mod signature;
mod sms;

use std::time::Duration;

use device_enrollment::{Language, UnixMillis};

use super::{CodeFor, CodeMessage};

const CODE: &str = "329adf";
const NOW: UnixMillis = UnixMillis(1_700_000_000_000);
/// Long enough for what is to succeed on a machine that is busy.
const PATIENT: Duration = Duration::from_secs(30);
/// For what is to run into its limit, and still long enough for what comes before that.
const SHORT: Duration = Duration::from_secs(3);

fn message(to: &str) -> CodeMessage<'_> {
    CodeMessage {
        id: "2db36e1a-68a1-4d7b-9f4d-6d3b60e2c0d1",
        to,
        language: Language::PtBr,
        purpose: CodeFor::Device,
        code: CODE,
        minutes: 5,
    }
}
