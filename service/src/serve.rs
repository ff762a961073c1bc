//! The HTTP service: the published endpoints over the library's machines.
//!
//! The library decides; what it has not got lives here: the clock, randomness, storage, and the
//! ways to the outside. A request is answered after what it changed is stored.

mod config;
mod http;
mod ports;
mod storage;

use crate::{Ending, Unusable};

/// The arguments of `serve`.
#[derive(clap::Args)]
pub(crate) struct Arguments {}

/// Serves until it is told to stop.
pub(crate) fn run(_arguments: Arguments) -> Result<Ending, Unusable> {
    Ok(Ending::Accepted)
}
