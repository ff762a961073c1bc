//! Writes the line of every case of vector files, for comparison with what other languages write:
//!
//! ```sh
//! cargo run --example verdicts -- OUT FILE…
//! ```
#![expect(clippy::expect_used, reason = "a tool may fail loudly")]

use std::io::Write as _;

use device_enrollment::case::{Setting, run_case};
use serde_json::Value;

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let out = arguments.next().expect("where to write");
    let mut out = std::io::BufWriter::new(std::fs::File::create(out).expect("a new file"));
    for path in arguments {
        let text = std::fs::read(&path).expect("a vector file");
        let file: Value = serde_json::from_slice(&text).expect("JSON");
        for case in file.get("cases").and_then(Value::as_array).expect("cases") {
            let line = run_case(case, &Setting::default()).to_line().expect("a line");
            writeln!(out, "{line}").expect("room for the line");
        }
    }
    out.flush().expect("room for the last line");
}
