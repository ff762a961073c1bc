use serde::{Deserialize, Serialize};

use super::UnixTime;

/// Milliseconds since 1970-01-01T00:00:00Z: the time of the flows, whose deadlines are judged to the
/// millisecond.
///
/// It is stored and compared as the number, and printed as RFC 3339 with three digits of fraction,
/// as the published pages have it (`2024-12-22T20:30:23.459Z`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// The instant so many minutes later.
    #[must_use]
    pub fn plus_minutes(self, minutes: u32) -> Self {
        Self(self.0.saturating_add(i64::from(minutes).saturating_mul(60_000)))
    }

    /// The instant so many milliseconds later.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Whole seconds left until `deadline`, rounded up, so that a person never reads 0 while there
    /// is time; 0 once it is over.
    #[must_use]
    pub fn seconds_until(self, deadline: Self) -> u64 {
        let millis = u64::try_from(deadline.0.saturating_sub(self.0)).unwrap_or(0);
        millis.div_ceil(1000)
    }

    /// Whether `deadline` is over: at the deadline itself it is.
    #[must_use]
    pub const fn has_reached(self, deadline: Self) -> bool {
        self.0 >= deadline.0
    }

    /// The second this instant is in, for the ceremonies, whose times are seconds.
    #[must_use]
    pub const fn whole_seconds(self) -> UnixTime {
        UnixTime(self.0.div_euclid(1000))
    }

    /// RFC 3339 without a fraction, as the Open Finance Brasil contract wants its times.
    #[must_use]
    pub fn to_seconds_text(self) -> String {
        self.whole_seconds().to_string()
    }
}

impl From<UnixTime> for UnixMillis {
    fn from(time: UnixTime) -> Self {
        Self(time.0.saturating_mul(1000))
    }
}

impl core::fmt::Display for UnixMillis {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let seconds = self.to_seconds_text();
        let whole = seconds.strip_suffix('Z').unwrap_or(&seconds);
        write!(f, "{whole}.{:03}Z", self.0.rem_euclid(1000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_prints_as_the_published_pages_have_it() {
        assert_eq!(UnixMillis(1_734_899_423_459).to_string(), "2024-12-22T20:30:23.459Z");
        assert_eq!(UnixMillis(-1).to_string(), "1969-12-31T23:59:59.999Z");
        assert_eq!(UnixMillis(1_734_899_423_459).to_seconds_text(), "2024-12-22T20:30:23Z");
    }

    #[test]
    fn a_deadline_is_over_in_the_millisecond_it_names() {
        let deadline = UnixMillis(0).plus_minutes(5);
        assert!(!UnixMillis(299_999).has_reached(deadline));
        assert!(UnixMillis(300_000).has_reached(deadline));
        assert_eq!(UnixMillis(299_999).seconds_until(deadline), 1);
        assert_eq!(UnixMillis(300_000).seconds_until(deadline), 0);
        assert_eq!(UnixMillis(i64::MIN).seconds_until(UnixMillis(i64::MAX)), 9_223_372_036_854_776);
    }
}
