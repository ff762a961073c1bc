//! Nodes and databases that are killed at random points while clients are at work.
//!
//! `DEVICE_ENROLLMENT_CRASHES` says how often, three times without it; `DEVICE_ENROLLMENT_SEED` has
//! the same clients do the same things, and the same victims die at the same counts.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::books::{Books, files_are_whole};
use super::chance::{Chance, seed};
use super::faults::Faults;
use super::load::{CLIENTS, PEOPLE, StopAll, work};
use super::site::{Site, wait_until};
use super::world::Engine;

crate::bank::on_both_engines!(what_was_acknowledged_is_there_and_nothing_by_half);

/// What is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    /// A node: SIGKILL.
    Node(usize),
    /// Every node at once.
    AllNodes,
    /// Every process of PostgreSQL: SIGKILL.
    Database,
    /// The first process of PostgreSQL: SIGKILL.
    Postmaster,
    /// PostgreSQL, by its own immediate shutdown.
    Immediate,
    /// A node and PostgreSQL together.
    Both(usize),
}

fn what_was_acknowledged_is_there_and_nothing_by_half(engine: Engine) {
    let times: u64 = match std::env::var("DEVICE_ENROLLMENT_CRASHES") {
        Ok(text) => text.parse().expect("DEVICE_ENROLLMENT_CRASHES is a number"),
        Err(_) => 3,
    };
    let seed = seed();
    eprintln!("{engine:?}: DEVICE_ENROLLMENT_SEED={seed}");
    let mut chance = Chance::of(seed);
    let faults = Faults::new();
    let site = faults.site(engine, CLIENTS * PEOPLE);
    let stop = AtomicBool::new(false);
    let mut figures = Figures::default();
    std::thread::scope(|scope| {
        let _stops_all = StopAll(&stop);
        for client in 0..CLIENTS {
            let (site, stop, chance) = (&site, &stop, chance.another());
            scope.spawn(move || work(site, client, chance, stop));
        }
        for round in 0..times {
            // The next time something is acknowledged may be the first one after the restart.
            let wanted = site.ledger.number() + 1 + chance.below(60);
            let after = Duration::from_micros(chance.below(30_000));
            wait_until("clients get on", || {
                assert!(!stop.load(Ordering::SeqCst), "a client found a fault");
                site.ledger.number() >= wanted
            });
            let reached = Instant::now();
            while reached.elapsed() < after {
                std::hint::spin_loop();
            }
            let victim = victim(&site, round, &mut chance);
            kill(&site, victim);
            let acknowledged = site.ledger.all();
            figures.ready_after(revive(&site, victim));
            let books = Books::read(&site);
            books.have(&acknowledged);
            books.are_whole();
            files_are_whole(&site, round % 10 == 9);
        }
    });
    // Nothing happens any more but what is left to be delivered. What the dead were about is leased
    // to them for half a minute, which is over at once.
    faults.clock_is_ahead(3600);
    wait_until("everything is delivered", || Books::read(&site).all_delivered());
    let books = Books::read(&site);
    books.have(&site.ledger.all());
    books.are_whole();
    files_are_whole(&site, true);
    assert_eq!(books.transfers_in("handing") + books.transfers_in("pending"), 0);
    let gateway = &site.world.gateway;
    let posted = [gateway.posted("/rail"), gateway.posted("/events")].concat();
    books.were_posted(&posted);
    figures.print(&site, times, posted.len() - books.messages());
}

/// In the short form too, each kind of death comes at least once.
fn victim(site: &Site, round: u64, chance: &mut Chance) -> Victim {
    let node = chance.one_of(site.nodes());
    if site.engine == Engine::Sqlite {
        return Victim::Node(node);
    }
    match round % 6 {
        0 => Victim::Node(node),
        1 => Victim::Database,
        2 => Victim::Both(node),
        3 => Victim::Postmaster,
        4 => Victim::Immediate,
        _ => Victim::AllNodes,
    }
}

fn kill(site: &Site, victim: Victim) {
    match victim {
        Victim::Node(node) => site.kill_node(node),
        Victim::AllNodes => (0..site.nodes()).for_each(|node| site.kill_node(node)),
        Victim::Database => site.database().kill_all(),
        Victim::Postmaster => site.database().kill(),
        Victim::Immediate => site.database().crash(),
        Victim::Both(node) => {
            site.kill_node(node);
            site.database().kill_all();
        }
    }
}

/// Starts again what was killed, and nothing else: the time until every node is ready.
fn revive(site: &Site, victim: Victim) -> Duration {
    let began = Instant::now();
    match victim {
        Victim::Node(node) => site.start_node(node),
        Victim::AllNodes => (0..site.nodes()).for_each(|node| site.start_node(node)),
        Victim::Database | Victim::Postmaster | Victim::Immediate => site.database().start_again(),
        Victim::Both(node) => {
            site.database().start_again();
            site.start_node(node);
        }
    }
    site.wait_until_ready();
    began.elapsed()
}

#[derive(Default)]
struct Figures {
    ready_after: Vec<Duration>,
}

impl Figures {
    fn ready_after(&mut self, time: Duration) {
        self.ready_after.push(time);
    }

    fn print(&mut self, site: &Site, kills: u64, again: usize) {
        self.ready_after.sort();
        let at = |part: usize| self.ready_after[(self.ready_after.len() - 1) * part / 100];
        eprintln!(
            "{:?}: {kills} kills; {} effects acknowledged, all there; {} requests whose \
             outcome was unknown, each whole or not at all; {again} messages delivered more than once; ready \
             after {:.1?} (median), {:.1?} (longest)",
            site.engine,
            site.ledger.number(),
            site.ledger.doubts(),
            at(50),
            at(100),
        );
    }
}
