//! Damage to valid responses, at random and with structure: nothing panics, every verdict can be
//! written, and what is accepted says the same as the undamaged response.
//!
//! Each round takes its kind, its response and its damage from its own number, so a failure comes
//! back with `MUTATION=<number>`. `MUTATIONS=1000000 cargo test --release --test mutations --
//! --nocapture` runs longer and prints what became of each kind.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test fails by panicking"
)]

mod app_attest;
mod bytes;
mod ceremonies;
mod der;
mod items;
mod json;
mod levers;
mod random;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::thread;

use ceremonies::{Ceremonies, Damaged};
use random::Random;

/// Rounds of an ordinary run.
const ROUNDS: u64 = 12_000;

/// How a response is damaged.
type Kind = (&'static str, fn(&Ceremonies, &mut Random) -> Damaged);

const KINDS: [Kind; 12] = [
    ("registration, bytes", bytes::registration),
    ("registration, halves of two", bytes::registration_splice),
    ("registration, lengths in CBOR", items::lengths),
    ("registration, members of CBOR", items::members),
    ("registration, values in certificates", der::certificates),
    ("registration, made and signed otherwise", levers::registration),
    ("client data, members", json::client_data),
    ("request, members", json::request),
    ("request, bytes", bytes::request),
    ("assertion, bytes", bytes::assertion),
    ("assertion, halves of two", bytes::assertion_splice),
    ("assertion, made and signed otherwise", levers::assertion),
];

#[test]
fn damage_never_panics_and_never_changes_what_is_accepted() {
    let ceremonies = Ceremonies::new();
    if let Some(number) = variable("MUTATION") {
        round(&ceremonies, number);
        return;
    }
    let rounds = variable("MUTATIONS").unwrap_or(ROUNDS);
    // Refused and accepted, by kind.
    let counts = Mutex::new([[0_u64; 2]; KINDS.len()]);
    let workers = thread::available_parallelism().map_or(1, usize::from) as u64;
    thread::scope(|scope| {
        for worker in 0..workers {
            let (ceremonies, counts) = (&ceremonies, &counts);
            scope.spawn(move || {
                let mut own = [[0; 2]; KINDS.len()];
                for number in (worker..rounds).step_by(workers as usize) {
                    let accepted = round(ceremonies, number);
                    own[kind_of(number)][usize::from(accepted)] += 1;
                }
                let mut all = counts.lock().unwrap();
                for (all, own) in all.iter_mut().flatten().zip(own.iter().flatten()) {
                    *all += own;
                }
            });
        }
    });
    for ((name, _), [refused, accepted]) in KINDS.iter().zip(counts.into_inner().unwrap()) {
        println!("{:9} {refused:9} refused {accepted:7} accepted  {name}", refused + accepted);
        // Damage that is never refused is none; damage to what no rule speaks of is accepted.
        assert!(rounds < ROUNDS || refused > accepted, "{name}");
    }
}

/// Runs one round; whether the damaged response was accepted.
fn round(ceremonies: &Ceremonies, number: u64) -> bool {
    let (name, damage) = KINDS[kind_of(number)];
    let judged = catch_unwind(AssertUnwindSafe(|| {
        let mut random = Random::new(number);
        let damaged = damage(ceremonies, &mut random);
        ceremonies.judge(&damaged, &mut random)
    }));
    judged.unwrap_or_else(|panic| {
        eprintln!("round {number} ({name}): MUTATION={number} repeats it");
        resume_unwind(panic)
    })
}

fn kind_of(number: u64) -> usize {
    (number % KINDS.len() as u64) as usize
}

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap())
}
