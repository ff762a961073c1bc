//! Runs every call under callgrind, which dumps its counts whenever [`measured`] is left; the
//! script `benches/ratchet` starts it and reads the dumps.
//!
//! Prints one line for each dump, in their order: case, part and number of calls.

use device_enrollment_benches::bare;
use device_enrollment_benches::work::{self, Part, Work};

fn main() {
    let only = std::env::args().nth(1);
    println!("# {}", bare::PROVIDER);
    for work in work::all() {
        let is_peer = matches!(work.part, Part::PeerJudge | Part::PeerReadAndJudge);
        if is_peer || only.as_ref().is_some_and(|name| *name != name_of(&work)) {
            continue;
        }
        // What is made once in a process is made now: tables, the detection of the processor.
        (work.call)();
        measured(&*work.call);
        println!("{}\t{}\t{CALLS}", work.case, work.part.as_str());
    }
}

/// The measured loop. Callgrind finds it by its name.
#[inline(never)]
fn measured(call: &dyn Fn()) {
    for _ in 0..CALLS {
        call();
    }
}

fn name_of(work: &Work) -> String {
    format!("{}/{}", work.case, work.part.as_str())
}

const CALLS: u32 = 10;
