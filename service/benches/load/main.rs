//! A bounded load on the program itself, over loopback: how many enrollments and approvals it takes
//! a second, how long each waits, what that costs, and what becomes of it under ten times as much.
//!
//! `cargo bench --package device-enrollment-service --bench load -- [--engine sqlite|postgres]
//! [--clients N] [--seconds N] [--nodes N] [--connections N] [--overload] [--short]`
//!
//! Everything is durable, as it is in production. Clients and service share the machine, so what
//! each of them costs is measured apart. docs/load.md says what is measured and how to read it.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::type_complexity,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "it measures, and fails by panicking"
)]

#[path = "../../tests/bank/mod.rs"]
#[allow(dead_code, unused_imports, reason = "tests need more of it")]
mod bank;
mod client;
mod figures;
mod flows;
mod passkeys;
mod phases;
mod report;

use bank::world::Engine;
use clap::Parser as _;

/// Puts a bounded load on the service and prints what it bears.
#[derive(clap::Parser)]
struct Arguments {
    /// One engine; both when it is not said.
    #[arg(long, value_enum)]
    engine: Option<Word>,
    /// Clients that wait for their answers at the same time.
    #[arg(long, default_value_t = 64)]
    clients: usize,
    /// Seconds of each phase.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Nodes on PostgreSQL; SQLite has one.
    #[arg(long, default_value_t = 1)]
    nodes: usize,
    /// Connections of each node to PostgreSQL; what the service has by default when it is not said.
    #[arg(long)]
    connections: Option<u32>,
    /// Ten times the clients as well, and what is left after it.
    #[arg(long)]
    overload: bool,
    /// A few seconds in all, for a test: fails on errors and lost effects, never on speed.
    #[arg(long)]
    short: bool,
    /// What Cargo says to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Word {
    Sqlite,
    Postgres,
}

impl Arguments {
    fn engines(&self) -> Vec<Engine> {
        match self.engine {
            Some(Word::Sqlite) => vec![Engine::Sqlite],
            Some(Word::Postgres) => vec![Engine::Postgres],
            None => vec![Engine::Sqlite, Engine::Postgres],
        }
    }
}

fn main() {
    let mut arguments = Arguments::parse();
    if arguments.short {
        (arguments.clients, arguments.seconds) = (arguments.clients.min(16), 1);
    }
    let load = phases::Load {
        clients: arguments.clients,
        seconds: arguments.seconds,
        nodes: arguments.nodes.max(1),
        connections: arguments.connections,
        overload: arguments.overload || arguments.short,
        check_all: arguments.short,
    };
    let mut failed = false;
    for engine in arguments.engines() {
        let run = load.run(engine);
        report::print(&run);
        failed |= !run.errors.is_empty();
    }
    if failed {
        std::process::exit(1);
    }
}
