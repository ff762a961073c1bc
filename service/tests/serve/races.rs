//! Many clients at one thing, at one moment, on all nodes: one of them wins, and of whatever can be
//! guessed at most five are looked at.
//!
//! Sixty-four connections are kept for all rounds of a race, so that nothing but the service is slow.
//! `DEVICE_ENROLLMENT_RACE_ROUNDS` says how many rounds; each race prints what they came to.

mod devices;
mod enrollments;
mod transfers;

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::time::Instant;

use serde_json::{Value, json};

use crate::bank::enrolling::Bank;
use crate::server::{Answer, Connection};
use crate::world::{ACCOUNT, APPROVER, Engine, Gateway, PHONE, World};

/// How many ask at once.
const CLIENTS: usize = 64;
/// How many guesses are looked at for one thing.
const MOST: usize = 5;

/// What is run with in every race: all approvers share the budgets, and a connection is kept while
/// the next round is prepared.
const SETTINGS: &[(&str, &str)] = &[
    ("DEVICE_ENROLLMENT_CAPS_ATTEMPTS_BUDGET", "10000000"),
    ("DEVICE_ENROLLMENT_CAPS_CODES_BUDGET", "10000000"),
    ("DEVICE_ENROLLMENT_LIMITS_HEAD_SECONDS", "120"),
];

/// Rounds: few in the suite, 200 where somebody has the time.
fn rounds() -> usize {
    let set = std::env::var("DEVICE_ENROLLMENT_RACE_ROUNDS");
    set.ok().and_then(|text| text.parse().ok()).unwrap_or(2)
}

/// A bank under its clients.
struct Track {
    bank: Bank,
    engine: Engine,
    clients: Vec<Connection>,
    /// The bank's core, where orders are posted to it.
    core: Option<Gateway>,
    /// Clients that were told to come again, because the machine was at its end.
    turned_away: usize,
}

/// What a round came to.
struct Outcome {
    /// Clients that were answered as if they were alone.
    winners: usize,
    /// How often what they sent was looked at, or had its effect.
    looked_at: usize,
}

impl Track {
    fn open(engine: Engine) -> Self {
        Self::with(engine, &[])
    }

    fn with(engine: Engine, own: &[(&str, &str)]) -> Self {
        let settings: Vec<_> = SETTINGS.iter().chain(own).copied().collect();
        let bank = Bank::with(engine, &settings);
        let approvers: Vec<Value> = (0..rounds())
            .map(|round| json!({"document_number": approver(round), "phone": PHONE}))
            .chain([json!({"document_number": APPROVER, "phone": PHONE})])
            .collect();
        bank.world.admin(
            "accounts",
            &json!({"accounts": [{
                "account_key": ACCOUNT, "status": "open", "kind": "regular", "branch": "0001",
                "number": "123456", "digit": "7", "approvers": approvers
            }]}),
        );
        let clients = bank.world.connections(CLIENTS);
        Self { bank, engine, clients, core: None, turned_away: 0 }
    }

    fn world(&self) -> &World {
        &self.bank.world
    }

    /// Runs the rounds of a race, in each of which so many have to win.
    fn run(mut self, race: &str, winners: usize, round: impl Fn(&mut Self, usize) -> Outcome) {
        let (began, rounds) = (Instant::now(), rounds());
        let (mut won, mut most) = (0, 0);
        for number in 0..rounds {
            let outcome = round(&mut self, number);
            assert_eq!(outcome.winners, winners, "{race}, round {number}");
            assert!(outcome.looked_at <= MOST, "{race}, round {number}: {}", outcome.looked_at);
            won += outcome.winners;
            most = most.max(outcome.looked_at);
        }
        println!(
            "race: {race}; engine: {:?}; rounds: {rounds}; submissions: {}; winners: {won}; \
             looked at in a round, at most: {most}; told to come again: {}; seconds: {}",
            self.engine,
            rounds * CLIENTS,
            self.turned_away,
            began.elapsed().as_secs(),
        );
        if self.turned_away > 0 {
            println!("why: {:?}", self.complaints());
        }
    }

    /// Every client sends its request at the same moment.
    fn at_once(&mut self, request: impl Fn(&Bank, usize) -> Vec<u8>) -> Answers {
        let requests: Vec<Vec<u8>> =
            (0..CLIENTS).map(|client| request(&self.bank, client)).collect();
        let gate = &Barrier::new(CLIENTS);
        std::thread::scope(|scope| {
            let asked: Vec<_> = self
                .clients
                .iter_mut()
                .zip(&requests)
                .map(|(client, request)| {
                    scope.spawn(move || {
                        gate.wait();
                        client.ask(request)
                    })
                })
                .collect();
            let answers = asked.into_iter().map(|asked| asked.join().unwrap()).collect();
            let answers = Answers(answers);
            self.turned_away += answers.with(503);
            answers
        })
    }

    /// What the nodes complained of, and how often.
    fn complaints(&self) -> BTreeMap<String, usize> {
        let mut complaints = BTreeMap::new();
        let log = self.world().log();
        let events = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        for event in events.filter(|event| event["level"] == "WARN" || event["level"] == "ERROR") {
            let what =
                ["message", "cause", "code", "rule", "fault"].map(|name| event[name].to_string());
            *complaints.entry(what.join(" ")).or_default() += 1;
        }
        complaints
    }

    /// How often the trail says that something was done.
    fn trail(&self, kind: &str, key: &str, action: &str) -> usize {
        let trail = self.world().operate(&["admin", "audit", kind, key], "");
        let entries = trail.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        entries.filter(|entry| entry["action"] == action && entry["outcome"] == "done").count()
    }
}

/// The approver of a round, who has all attempts and codes of a day before them.
fn approver(round: usize) -> String {
    format!("{:011}", 20_000_000_000 + round)
}

/// What the authenticator counts in a round: always more than before.
fn counter(round: usize) -> u32 {
    u32::try_from(round).unwrap() + 1000
}

/// What all clients were answered.
struct Answers(Vec<Answer>);

impl Answers {
    fn with(&self, status: u16) -> usize {
        self.0.iter().filter(|answer| answer.status == status).count()
    }

    /// How often each status and code was answered.
    fn counts(&self) -> BTreeMap<(u16, String), usize> {
        let mut counts = BTreeMap::new();
        for answer in &self.0 {
            let body = answer.json();
            let code = body["code"].as_str().or(body["errors"][0]["code"].as_str());
            *counts.entry((answer.status, code.unwrap_or_default().to_owned())).or_default() += 1;
        }
        counts
    }

    /// How often each of these was answered, and nothing else but that one has to come again: a
    /// machine that is at its end may say so at any time, and then nothing was done.
    #[track_caller]
    fn only(&self, expected: &[(u16, &str)]) -> BTreeMap<(u16, String), usize> {
        let counts = self.counts();
        let known = |(status, code): &(u16, String)| {
            *status == 503 || expected.contains(&(*status, code.as_str()))
        };
        assert!(counts.keys().all(known), "{counts:?}");
        counts
    }
}
