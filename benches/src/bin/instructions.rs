//! Runs every call under callgrind, which dumps its counts whenever [`measured`] is left; the
//! script `benches/ratchet` starts it and reads the dumps.
//!
//! Prints one line for each dump, in their order: case, part and number of calls.
//!
//!     instructions [CASE/PART [CALLS]]     such as 'packed basic/judge' 100000, for a profiler

use device_enrollment_benches::bare;
use device_enrollment_benches::work::{self, Part, Work};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let only = arguments.next();
    let calls = arguments.next().map_or(CALLS, |calls| calls.parse().expect("a number of calls"));
    println!("# {}", bare::PROVIDER);
    for work in work::all() {
        // Peers are not ours to hold, and what is remembered saves signatures, not work beside them.
        let left_out =
            matches!(work.part, Part::PeerJudge | Part::PeerReadAndJudge | Part::Remembered);
        if left_out || only.as_ref().is_some_and(|name| *name != name_of(&work)) {
            continue;
        }
        // What is made once in a process is made now: tables, the detection of the processor.
        (work.call)();
        measured(&*work.call, calls);
        println!("{}\t{}\t{calls}", work.case, work.part.as_str());
    }
}

/// The measured loop. Callgrind finds it by its name.
#[inline(never)]
fn measured(call: &dyn Fn(), calls: u32) {
    for _ in 0..calls {
        call();
    }
}

fn name_of(work: &Work) -> String {
    format!("{}/{}", work.case, work.part.as_str())
}

/// Enough that one allocation more or less in a call of them does not show.
const CALLS: u32 = 10;
