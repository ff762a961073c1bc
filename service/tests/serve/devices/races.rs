//! Many requests at one device, at one time, on all nodes.

use std::collections::BTreeMap;
use std::sync::Barrier;

use serde_json::{Value, json};

use super::*;
use crate::world::Engine;

super::on_both_engines!(
    one_of_many_right_codes_registers,
    five_of_many_wrong_codes_are_looked_at,
    one_of_many_requests_makes_the_device,
);

const TASKS: usize = 64;

/// Rounds: short in the suite, 200 where somebody has the time.
fn rounds() -> usize {
    let set = std::env::var("DEVICE_ENROLLMENT_RACE_ROUNDS");
    set.ok().and_then(|text| text.parse().ok()).unwrap_or(3)
}

/// How often each status and code was answered when all asked at once.
fn at_once(ask: impl Fn() -> Answer + Sync) -> BTreeMap<(u16, String), usize> {
    let gate = Barrier::new(TASKS);
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..TASKS)
            .map(|_| {
                scope.spawn(|| {
                    gate.wait();
                    ask()
                })
            })
            .collect();
        asked.into_iter().map(|task| task.join().unwrap()).collect()
    });
    let mut counts = BTreeMap::new();
    for answer in &answers {
        *counts.entry(code_of(answer)).or_default() += 1;
    }
    counts
}

fn attempts(world: &World, device_key: &str) -> usize {
    let trail = world.operate(&["admin", "audit", "device", device_key], "");
    let attempted = |line: &&str| {
        let entry: Value = serde_json::from_str(line).unwrap();
        entry["action"] == "device.attempted"
    };
    trail.lines().filter(attempted).count()
}

fn one_of_many_right_codes_registers(engine: Engine) {
    let world = World::with(engine, &[("DEVICE_ENROLLMENT_CAPS_ATTEMPTS_PER_APPROVER", "100")]);
    // Each round takes up to five attempts of the approver's hundred.
    for _ in 0..rounds().min(20) {
        let (device_key, code) = pending(&world);
        let counts = at_once(|| validate(&world, &device_key, &code));
        assert_eq!(counts.get(&(201, String::new())), Some(&1), "{counts:?}");
        let known = |(status, code): &(u16, String)| {
            *status == 201 || ["OBD000099", "OBD000100"].contains(&code.as_str())
        };
        assert!(counts.keys().all(known), "{counts:?}");
        assert_eq!(query(&world, &device_key).json()["status"], "registered");
        assert!(attempts(&world, &device_key) <= 5);
    }
}

fn five_of_many_wrong_codes_are_looked_at(engine: Engine) {
    let world = World::start(engine);
    for _ in 0..rounds().min(20) {
        let (device_key, code) = pending(&world);
        let no_code = wrong(&code);
        let counts = at_once(|| validate(&world, &device_key, &no_code));
        let counted = |code: &str| counts.get(&(400, code.to_owned())).copied().unwrap_or(0);
        // The last of the five to be resolved is answered as the fifth.
        assert_eq!(counted("OBD0000100"), 4, "{counts:?}");
        assert_eq!(counted("OBD000099"), TASKS - 4, "{counts:?}");
        assert_eq!(attempts(&world, &device_key), 5);
        refused(&validate(&world, &device_key, &code), 400, "OBD000099");
    }
}

fn one_of_many_requests_makes_the_device(engine: Engine) {
    let world = World::with(engine, &[("DEVICE_ENROLLMENT_CAPS_CODES_PER_APPROVER", "1000")]);
    for _ in 0..rounds() {
        let before = world.gateway.posted("/sms").len();
        let body = requested(&uuid(), "sms");
        let counts = at_once(|| world.ask("POST", &devices(), &body));
        assert_eq!(counts.get(&(202, String::new())), Some(&1), "{counts:?}");
        assert_eq!(counts.get(&(400, "OBD000092".to_owned())), Some(&(TASKS - 1)), "{counts:?}");
        assert_eq!(world.gateway.posted("/sms").len(), before + 1);
    }
    let (device_key, _) = pending(&world);
    let counts = at_once(|| world.ask("DELETE", &path(&device_key, "/disable"), &json!(null)));
    assert_eq!(counts.get(&(200, String::new())), Some(&1), "{counts:?}");
    assert_eq!(counts.get(&(404, "OBD000100".to_owned())), Some(&(TASKS - 1)), "{counts:?}");
}
