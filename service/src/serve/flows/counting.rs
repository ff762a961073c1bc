//! What the caps count: attempts and codes, for each approver and over all of them.
//!
//! Each counter is raised by one statement that does not pass its cap, in the unit of the machine it
//! belongs to. Windows stand still: they begin at multiples of their length since 1970, so that at
//! their edge twice a cap can fall into the time of one window.

use device_enrollment::UnixMillis;
use device_enrollment::flow::DocumentNumber;
use device_enrollment::two_factor::{Caps, Spent};

use crate::serve::storage::{Change, Counter, ReadError, Storage};

const ATTEMPTS: &str = "code_attempts";
const CODES: &str = "codes_sent";

/// Rows that a budget is spread over.
const SLOTS: u16 = 16;

/// The counters of one approver at one time.
#[derive(Clone, Copy)]
pub(crate) struct Counting<'a> {
    caps: &'a Caps,
    approver: &'a DocumentNumber,
    now: UnixMillis,
}

impl<'a> Counting<'a> {
    pub(crate) const fn new(caps: &'a Caps, approver: &'a DocumentNumber, now: UnixMillis) -> Self {
        Self { caps, approver, now }
    }

    /// What was counted in the windows that are open now.
    pub(crate) async fn spent(&self, storage: &Storage) -> Result<Spent, ReadError> {
        let (own, overall) = self.windows();
        let approver = self.approver.digits();
        let count = |counted: i64| u32::try_from(counted).unwrap_or(u32::MAX);
        Ok(Spent {
            attempts_of_approver: count(storage.counted(ATTEMPTS, approver, own.begin).await?),
            codes_of_approver: count(storage.counted(CODES, approver, own.begin).await?),
            attempts_overall: count(storage.counted(ATTEMPTS, "", overall.begin).await?),
            codes_overall: count(storage.counted(CODES, "", overall.begin).await?),
        })
    }

    /// Counts an attempt.
    pub(crate) fn attempt(&self) -> [Change; 2] {
        self.count(ATTEMPTS, self.caps.attempts_per_approver, self.caps.attempts_budget)
    }

    /// Counts a code.
    pub(crate) fn code(&self) -> [Change; 2] {
        self.count(CODES, self.caps.codes_per_approver, self.caps.codes_budget)
    }

    fn count(&self, name: &str, cap: u32, budget: u32) -> [Change; 2] {
        let (own, overall) = self.windows();
        let own = own.counter(name, self.approver.digits(), cap);
        let overall = overall.counter(name, "", budget);
        let mut spread = [0; 8];
        // Without randomness all count in one row, which is slower and not wrong.
        let _ = getrandom::fill(&mut spread);
        // A small budget is not cut into parts that are full long before it is.
        let slots = if budget < 1000 { 1 } else { SLOTS };
        [
            Change::count(&own, 1),
            Change::count_spread(&overall, 1, slots, u64::from_be_bytes(spread)),
        ]
    }

    fn windows(&self) -> (Window, Window) {
        let caps = self.caps;
        (
            Window::of(self.now, caps.approver_window_minutes),
            Window::of(self.now, caps.budget_window_minutes),
        )
    }
}

/// The window that a time lies in.
#[derive(Debug, PartialEq, Eq)]
struct Window {
    begin: UnixMillis,
    end: UnixMillis,
}

impl Window {
    fn of(now: UnixMillis, minutes: u32) -> Self {
        let length = i64::from(minutes.max(1)).saturating_mul(60_000);
        let begin = UnixMillis(now.0.saturating_sub(now.0.rem_euclid(length)));
        Self { begin, end: begin.plus_millis(length) }
    }

    fn counter<'a>(&self, name: &'a str, subject: &'a str, cap: u32) -> Counter<'a> {
        Counter {
            name,
            subject,
            window_start: self.begin,
            keep_until: self.end,
            cap: i64::from(cap),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_begins_at_a_multiple_of_its_length() {
        let hour = 3_600_000;
        let window = |now| Window::of(UnixMillis(now), 60);
        let first = Window { begin: UnixMillis(0), end: UnixMillis(hour) };
        assert_eq!(window(0), first);
        assert_eq!(window(hour - 1), first);
        assert_eq!(window(hour).begin, UnixMillis(hour));
        assert_eq!(window(-1).begin, UnixMillis(-hour));
    }
}
