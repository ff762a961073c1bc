//! Whatever order requests, deliveries, crashes and restarts come in: never more than five attempts
//! are evaluated for one device, and never two succeed.

use device_enrollment::UnixMillis;
use device_enrollment::flow::Stored as _;
use device_enrollment::two_factor::{
    Code, CodeCheck, Device, DeviceEvent, DeviceStatus, Evaluation, Spent,
};
use device_enrollment_testkit::seed;

use crate::fixtures::{Bank, NOW, same, wrong};

const RUNS: usize = 3_000;
const STEPS: usize = 40;

/// A bank with one device, and everybody who is in the middle of something.
struct World {
    bank: Bank,
    device: Device,
    now: UnixMillis,
    /// Every code that was ever sent, with its number.
    codes: Vec<(Code, u32)>,
    /// Checks that were handed out and not evaluated.
    checks: Vec<CodeCheck>,
    /// Evaluations that the device was not told of.
    evaluations: Vec<Evaluation>,
    counted: usize,
    successes: usize,
}

impl World {
    fn new() -> Self {
        let bank = Bank::new();
        let (device, code) = bank.pending();
        Self {
            bank,
            device,
            now: NOW,
            codes: vec![(code, 1)],
            checks: Vec::new(),
            evaluations: Vec::new(),
            counted: 0,
            successes: 0,
        }
    }

    fn step(&mut self, drawn: [u8; 4], label: &str) {
        let [what, which, who, _] = drawn.map(usize::from);
        match what % 16 {
            // Somebody types a code.
            0..=4 => {
                let spent = Spent::default();
                let event = DeviceEvent::Attempt { spent };
                let step = self.device.clone().apply(event, self.bank.context(), self.now);
                for effect in step.effects {
                    match effect {
                        device_enrollment::two_factor::DeviceEffect::Compare(check) => {
                            self.counted += 1;
                            self.checks.push(check);
                        }
                        other => panic!("{other:?}"),
                    }
                }
                self.device = step.state;
            }
            // A check is evaluated, with any code that was ever sent or with a wrong one.
            5..=7 if !self.checks.is_empty() => {
                let check = self.checks.swap_remove(which % self.checks.len());
                let (code, _) = &self.codes[who % self.codes.len()];
                let entered = if who % 3 == 0 { wrong(code) } else { same(code) };
                self.evaluations.push(check.evaluate(&entered, &self.bank.keys));
            }
            // The device is told.
            8..=10 if !self.evaluations.is_empty() => {
                let evaluation = self.evaluations.swap_remove(which % self.evaluations.len());
                let before = self.device.status();
                let event = DeviceEvent::Evaluated(evaluation);
                let step = self.device.clone().apply(event, self.bank.context(), self.now);
                let active = step.state.status() == Some(DeviceStatus::Active);
                if active && before != Some(DeviceStatus::Active) {
                    assert!(step.refusal.is_none());
                    self.successes += 1;
                } else {
                    assert!(step.refusal.is_some());
                }
                self.device = step.state;
            }
            11 | 12 => {
                let body = ["{}", r#"{"contact_type":"email"}"#][which % 2];
                match self.bank.resend(self.device.clone(), body, label, self.now) {
                    Ok((device, (_, code, number))) => {
                        self.device = device;
                        self.codes.push((code, number));
                    }
                    Err((device, _)) => self.device = device,
                }
            }
            13 => {
                let (_, number) = self.codes[which % self.codes.len()];
                let event = if who % 2 == 0 || number == 1 {
                    DeviceEvent::Delivered { number }
                } else {
                    DeviceEvent::DeliveryFailed { number }
                };
                self.device = self.device.clone().apply(event, self.bank.context(), self.now).state;
            }
            // The process goes down: what was not stored is gone.
            14 => {
                self.checks.clear();
                self.evaluations.clear();
                let stored = self.device.to_stored().unwrap();
                self.device = Device::from_stored(&stored).unwrap();
            }
            // Time goes by, and sometimes back.
            _ => {
                let millis = i64::try_from(which * 1000).unwrap();
                self.now = self.now.plus_millis(if who % 8 == 0 { -millis } else { millis });
            }
        }
    }
}

#[test]
fn no_interleaving_allows_a_sixth_attempt_or_a_second_success() {
    let (mut most_counted, mut activated, mut locked) = (0, 0, 0);
    for run in 0..RUNS {
        let mut world = World::new();
        let drawn = seed::bytes("interleavings", &run.to_string(), STEPS * 4);
        for (number, step) in drawn.chunks_exact(4).enumerate() {
            world.step(step.try_into().unwrap(), &format!("{run} {number}"));
            assert!(world.counted <= 5, "run {run}: {} attempts", world.counted);
            assert!(world.successes <= 1, "run {run}: {} successes", world.successes);
            if let Some(attempts) = world.device.attempts() {
                assert_eq!(usize::from(attempts), world.counted, "run {run}");
            }
        }
        most_counted = most_counted.max(world.counted);
        activated += world.successes;
        locked += usize::from(world.device.status() == Some(DeviceStatus::Locked));
    }
    // The runs have to reach what they are about.
    assert_eq!(most_counted, 5);
    assert!(activated > RUNS / 10 && locked > RUNS / 20, "{activated} {locked}");
}

/// Of many who act on one state, storage lets one through; the others judge again.
#[test]
fn of_256_guesses_in_parallel_five_are_evaluated() {
    let bank = Bank::new();
    let (device, _) = bank.pending();
    let mut stored = device.to_stored().unwrap();
    let mut revision = 0_u32;
    let mut evaluated = 0;
    // All have read the same revision, and write one after the other.
    let mut waiting: Vec<(u32, String)> = (0..256).map(|_| (revision, stored.clone())).collect();
    while let Some((read, text)) = waiting.pop() {
        let device = Device::from_stored(&text).unwrap();
        let event = DeviceEvent::Attempt { spent: Spent::default() };
        let step = device.apply(event, bank.context(), NOW);
        if read != revision {
            waiting.push((revision, stored.clone()));
            continue;
        }
        stored = step.state.to_stored().unwrap();
        revision += 1;
        evaluated += step.effects.len();
    }
    assert_eq!((evaluated, revision), (5, 256));
}
