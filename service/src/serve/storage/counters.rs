//! Counters with a cap: attempts and messages per approver and day, and over everybody.

use device_enrollment::UnixMillis;

use super::row::{Row, Statement};
use super::{Change, ReadError, Rule, Storage};

/// A counter within a window of time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counter<'a> {
    /// What is counted: `device_attempts`, `sms_sent` …
    pub(crate) name: &'a str,
    /// Of whom; empty for everybody.
    pub(crate) subject: &'a str,
    /// Where its window begins: another window is another counter.
    pub(crate) window_start: UnixMillis,
    /// When nothing asks for it any more.
    pub(crate) keep_until: UnixMillis,
    /// The most it may reach.
    pub(crate) cap: i64,
}

impl Change {
    /// Adds to a counter.
    ///
    /// Rule: it does not go over its cap. Race: the look and the addition are one statement on one
    /// row, so it never does, however many nodes add at once.
    pub(crate) fn count(counter: &Counter<'_>, add: i64) -> Self {
        Self::count_in_slot(counter, add, 0, counter.cap)
    }

    /// Adds to a counter that all requests share, in one of `slots` rows: one row would put every
    /// commit of every node in one line. `spread` picks the row; any number that differs between
    /// requests will do.
    ///
    /// Rule: each row stays below its part of the cap, so all of them stay below the cap. A row that
    /// got more than its share is full a little before the cap is: put few slots on a small cap.
    pub(crate) fn count_spread(counter: &Counter<'_>, add: i64, slots: u16, spread: u64) -> Self {
        let slots = i64::from(slots).clamp(1, counter.cap.max(1));
        let slot = i64::try_from(spread & 0x7fff_ffff_ffff_ffff)
            .unwrap_or(0)
            .checked_rem(slots)
            .unwrap_or(0);
        // The first rows take what does not divide.
        let whole = counter.cap.checked_div(slots).unwrap_or(0);
        let rest = counter.cap.checked_rem(slots).unwrap_or(0);
        let part = whole.saturating_add(i64::from(slot < rest));
        Self::count_in_slot(counter, add, slot, part)
    }

    fn count_in_slot(counter: &Counter<'_>, add: i64, slot: i64, cap: i64) -> Self {
        Self::one(
            Rule::BelowCap,
            // The first SELECT holds the cap against the first addition, the last WHERE against all
            // others.
            "INSERT INTO counters (name, subject, window_start, slot, used, keep_until)
             SELECT $1, $2, $3, $4, $5, $6 WHERE $5 <= $7
             ON CONFLICT (name, subject, window_start, slot) DO UPDATE
             SET used = counters.used + excluded.used
             WHERE counters.used + excluded.used <= $7",
        )
        .text(counter.name)
        .text(counter.subject)
        .time(counter.window_start)
        .int(slot)
        .int(add)
        .time(counter.keep_until)
        .int(cap)
    }
}

impl Storage {
    /// How far a counter has come in the windows that begin at `since` or later.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn counted(
        &self,
        name: &str,
        subject: &str,
        since: UnixMillis,
    ) -> Result<i64, ReadError> {
        let query = Statement::new(
            "SELECT CAST(COALESCE(SUM(used), 0) AS BIGINT) FROM counters
             WHERE name = $1 AND subject = $2 AND window_start >= $3",
        );
        let query = query.text(name).text(subject).time(since);
        Ok(self.first(query, Row::int).await?.unwrap_or(0))
    }
}
