//! Times every call beside the bare signature checks of its ceremony, in turns.
//!
//! Every round runs one batch of every call, and each round takes them in another order, so that
//! whatever else the machine does falls on all of them alike, and none always follows the same. The processor time of the thread is
//! taken, which stands still while another program runs. A time is the median over the rounds; a
//! ratio is the median of the ratios within a round.

use std::hint::black_box;
use std::time::{Duration, Instant};

use device_enrollment_benches::bare;
use device_enrollment_benches::work::{self, Part, Work};
use rustix::time::{ClockId, clock_gettime};

fn main() {
    let calls: Vec<Timed> = work::all().into_iter().map(Timed::new).collect();
    let rounds = take_turns(&calls);
    print(&calls, &rounds);
}

/// A call, and how many of them make a batch.
struct Timed {
    work: Work,
    batch: u32,
}

impl Timed {
    fn new(work: Work) -> Self {
        let mut timed = Self { work, batch: 1 };
        // Long enough that the clock does not matter.
        while timed.run() < BATCH && timed.batch < 1 << 20 {
            timed.batch *= 2;
        }
        timed
    }

    fn run(&self) -> Duration {
        // Once for the caches, which hold another call's code.
        (self.work.call)();
        let began = thread_time();
        for _ in 0..self.batch {
            black_box(&self.work.call)();
        }
        thread_time().saturating_sub(began)
    }
}

fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).expect("time does not run backwards")
}

/// Microseconds a call, by round and call.
fn take_turns(calls: &[Timed]) -> Vec<Vec<f64>> {
    let began = Instant::now();
    let mut rounds = Vec::new();
    while rounds.len() < MOST_ROUNDS && began.elapsed() < TIME {
        let mut round = vec![0.0; calls.len()];
        for at in order(calls.len(), rounds.len()) {
            let timed = &calls[at];
            round[at] = timed.run().as_secs_f64() * 1e6 / f64::from(timed.batch);
        }
        rounds.push(round);
    }
    rounds
}

/// Every position once, with a step that has no divisor in common with their number, so that the
/// walk meets all of them. The step and the start change from round to round.
fn order(positions: usize, round: usize) -> impl Iterator<Item = usize> {
    let steps: Vec<_> =
        (1..positions).filter(|&step| greatest_divisor(step, positions) == 1).collect();
    let step = steps[round % steps.len()];
    (0..positions).map(move |turn| (round + turn * step) % positions)
}

const fn greatest_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_divisor(b, a % b) }
}

fn print(calls: &[Timed], rounds: &[Vec<f64>]) {
    println!(
        "{}, {} rounds; microseconds, and in brackets the ratio to the bare checks\n",
        bare::PROVIDER,
        rounds.len()
    );
    let head: Vec<_> = Part::ALL.iter().map(|part| part.as_str()).collect();
    println!("| case | signatures | {} |", head.join(" | "));
    println!("|---|---|{}", "---|".repeat(head.len()));
    for (case, signatures) in work::signatures() {
        let position = |part| {
            calls.iter().position(|timed| timed.work.case == case && timed.work.part == part)
        };
        let bare = position(Part::Bare).expect("every case has bare checks");
        let cells: Vec<_> = Part::ALL
            .iter()
            .map(|&part| match position(part) {
                None => "refused".to_owned(),
                Some(at) if at == bare && signatures.is_empty() => "0".to_owned(),
                Some(at) => {
                    let time = median(rounds.iter().map(|round| round[at]).collect());
                    let ratio =
                        median(rounds.iter().map(|round| round[at] / round[bare]).collect());
                    let is_compared = at != bare && part != Part::WriteVerdict;
                    if is_compared && !signatures.is_empty() {
                        format!("{time:.1} ({ratio:.3})")
                    } else {
                        format!("{time:.1}")
                    }
                }
            })
            .collect();
        println!("| {case} | {} | {} |", signatures.join(", "), cells.join(" | "));
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The least time of a batch.
const BATCH: Duration = Duration::from_micros(1500);
/// How long everything may take.
const TIME: Duration = Duration::from_secs(45);
const MOST_ROUNDS: usize = 201;
