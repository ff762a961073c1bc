//! The time that a process goes by: the database's, as long as that goes on as time does.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use device_enrollment::UnixMillis;

/// How far the database's clock may fall behind before it is taken for one that was set back. Until
/// then time stands still.
const BEHIND: i64 = 2_000;

/// A clock that does not go back, and does not stand still for long.
///
/// Were it only kept from going back, a database whose clock is set back by an hour would give a code
/// of five minutes an hour more to live. So, while the database is behind, time goes on at half the
/// pace of this process's own clock, until the database has caught up: nothing lives longer than
/// twice its time, and an hour is made good in two.
#[derive(Default)]
pub(super) struct Clock(Mutex<Option<Given>>);

/// The last time that was given, and when that was.
#[derive(Clone, Copy)]
struct Given {
    time: UnixMillis,
    at: Instant,
}

impl Clock {
    /// The time, where the database says `now` to a question asked at `asked`.
    pub(super) fn given(&self, now: UnixMillis, asked: Instant) -> UnixMillis {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = last.map_or(Given { time: now, at: asked }, |last| last.then(now, asked));
        *last = Some(next);
        next.time
    }
}

impl Given {
    fn then(self, now: UnixMillis, asked: Instant) -> Self {
        let passed = asked.saturating_duration_since(self.at);
        let expected = self.time.plus_millis(millis(passed));
        if now.plus_millis(BEHIND) >= expected {
            return Self { time: self.time.max(now), at: self.at.max(asked) };
        }
        // Whole milliseconds alone, and the rest the next time: who asks often is not held up.
        let half = passed.as_millis().div_euclid(2);
        let half = u64::try_from(half).map_or(Duration::MAX, Duration::from_millis);
        let at = self.at.checked_add(half.saturating_mul(2)).unwrap_or(asked);
        Self { time: self.time.plus_millis(millis(half)), at }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;
    const HOUR: i64 = 60 * MINUTE;

    struct Asked {
        clock: Clock,
        began: Instant,
    }

    impl Asked {
        fn new() -> Self {
            Self { clock: Clock::default(), began: Instant::now() }
        }

        /// What is given so long after the beginning, where the database says `now`.
        fn at(&self, passed: i64, now: i64) -> i64 {
            let passed = Duration::from_millis(u64::try_from(passed).unwrap());
            let asked = self.began.checked_add(passed).unwrap();
            self.clock.given(UnixMillis(now), asked).0
        }
    }

    #[test]
    fn the_database_is_followed_as_long_as_it_goes_on() {
        let asked = Asked::new();
        for (passed, now) in [(0, 5), (10, 15), (20, 20 + HOUR), (30, 30 + HOUR)] {
            assert_eq!(asked.at(passed, now), now);
        }
    }

    #[test]
    fn a_little_behind_it_stands_still_and_then_goes_on() {
        let asked = Asked::new();
        assert_eq!(asked.at(0, 10_000), 10_000);
        assert_eq!(asked.at(10, 8_010), 10_000);
        assert_eq!(asked.at(1_990, 9_990), 10_000);
        assert_eq!(asked.at(2_010, 10_010), 10_010);
    }

    #[test]
    fn set_back_by_an_hour_time_goes_on_at_half_its_pace_until_that_is_made_good() {
        let asked = Asked::new();
        assert_eq!(asked.at(0, HOUR), HOUR);
        let mut before = HOUR;
        for minute in 1..=119 {
            let passed = minute * MINUTE;
            let given = asked.at(passed, passed);
            assert_eq!(given, HOUR + passed / 2, "{minute}");
            assert!(given > before);
            before = given;
        }
        // A code of five minutes lived ten. From two hours on it is the database's time again.
        for minute in 120..130 {
            assert_eq!(asked.at(minute * MINUTE, minute * MINUTE), minute * MINUTE);
        }
    }

    #[test]
    fn it_goes_on_however_often_it_is_asked() {
        let asked = Asked::new();
        assert_eq!(asked.at(0, HOUR), HOUR);
        for passed in 1..=60_000 {
            asked.at(passed, 0);
        }
        assert_eq!(asked.at(60_000, 0), HOUR + 30_000);
    }

    #[test]
    fn a_clock_that_stands_still_is_not_stood_still_with() {
        let asked = Asked::new();
        assert_eq!(asked.at(0, HOUR), HOUR);
        assert_eq!(asked.at(1_000, HOUR), HOUR);
        assert_eq!(asked.at(10 * MINUTE, HOUR), HOUR + (10 * MINUTE - 1_000) / 2);
    }

    #[test]
    fn an_answer_that_was_overtaken_gives_nothing_back() {
        let asked = Asked::new();
        assert_eq!(asked.at(5_000, 5_000), 5_000);
        assert_eq!(asked.at(0, 10), 5_000);
        assert_eq!(asked.at(6_000, 6_000), 6_000);
    }
}
