//! Points in time as Unix seconds. The core never asks a clock: every time is an argument.

mod millis;

pub use millis::UnixMillis;

use serde::{Deserialize, Serialize, Serializer};

/// Seconds since 1970-01-01T00:00:00Z; earlier times are negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(pub i64);

impl UnixTime {
    /// From a civil date and time of day in UTC; `None` when a field is out of its range.
    #[must_use]
    pub fn from_civil(
        year: i64,
        month: i64,
        day: i64,
        hour: i64,
        minute: i64,
        second: i64,
    ) -> Option<Self> {
        let in_range = (0..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day)
            && (0..=23).contains(&hour)
            && (0..=59).contains(&minute)
            && (0..=59).contains(&second);
        if !in_range {
            return None;
        }
        let days = days_before_year(year)
            .checked_sub(days_before_year(1970))?
            .checked_add(days_before_month(year, month))?
            .checked_add(day)?
            .checked_sub(1)?;
        days.checked_mul(86_400)?
            .checked_add(hour.checked_mul(3600)?)?
            .checked_add(minute.checked_mul(60)?)?
            .checked_add(second)
            .map(Self)
    }

    /// Midnight at the beginning of a date, `2026-11-21`.
    pub(crate) fn parse_date(text: &str) -> Option<Self> {
        let (year, month, day) = date(text)?;
        Self::from_civil(year, month, day, 0, 0, 0)
    }

    /// The instant so many days later.
    pub(crate) fn plus_days(self, days: u16) -> Self {
        Self(self.0.saturating_add(i64::from(days).saturating_mul(86_400)))
    }

    /// Calendar months since year 0, for ages that are counted in months.
    pub(crate) fn months(self) -> i64 {
        let (year, month, _) = civil(self.0.div_euclid(86_400));
        year.saturating_mul(12).saturating_add(month)
    }

    /// Reads an RFC 3339 instant, such as `2026-11-21T12:00:00Z`. A fraction is dropped.
    ///
    /// # Errors
    ///
    /// [`InvalidTime`] when the text is not an RFC 3339 instant.
    pub fn parse_rfc3339(text: &str) -> Result<Self, InvalidTime> {
        parse(text).ok_or(InvalidTime)
    }
}

/// As RFC 3339.
impl Serialize for UnixTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl core::fmt::Display for UnixTime {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let days = self.0.div_euclid(86_400);
        let seconds = self.0.rem_euclid(86_400);
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (
            seconds.div_euclid(3600),
            seconds.rem_euclid(3600).div_euclid(60),
            seconds.rem_euclid(60),
        );
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// What becomes of data that says when its next edition comes out, once that day is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overdue {
    /// Used as long as it likes; the verdict says so.
    Warned,
    /// Used for so many days more; the verdict says so.
    Grace {
        /// Days.
        days: u16,
    },
    /// Refused.
    #[default]
    Refused,
}

/// A text that is not an RFC 3339 instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidTime;

impl core::fmt::Display for InvalidTime {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("not an RFC 3339 instant, such as 2026-11-21T12:00:00Z")
    }
}

impl core::error::Error for InvalidTime {}

fn parse(text: &str) -> Option<UnixTime> {
    let (day, time) = text.split_once(['T', 't'])?;
    let (year, month, day) = date(day)?;
    let zone_at = time.find(['Z', 'z', '+', '-'])?;
    let (clock, zone) = time.split_at_checked(zone_at)?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut clock = clock.split(':');
    let hour = digits(clock.next()?, 2)?;
    let minute = digits(clock.next()?, 2)?;
    let second = digits(clock.next()?, 2)?;
    if clock.next().is_some() {
        return None;
    }
    let offset = match zone {
        "Z" | "z" => 0,
        _ => {
            let (sign, offset) = zone.split_at_checked(1)?;
            let (hours, minutes) = offset.split_once(':')?;
            let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let seconds = hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?;
            if sign == "-" { seconds.checked_neg()? } else { seconds }
        }
    };
    let local = UnixTime::from_civil(year, month, day, hour, minute, second)?;
    local.0.checked_sub(offset).map(UnixTime)
}

fn date(text: &str) -> Option<(i64, i64, i64)> {
    let mut parts = text.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = digits(parts.next()?, 2)?;
    let day = digits(parts.next()?, 2)?;
    if parts.next().is_some() { None } else { Some((year, month, day)) }
}

fn digits(text: &str, length: usize) -> Option<i64> {
    let all = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    if all { text.parse().ok() } else { None }
}

const fn is_leap(year: i64) -> bool {
    year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0)
}

const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from year 0 to the first day of `year`.
fn days_before_year(year: i64) -> i64 {
    let before = year.saturating_sub(1);
    let leaps = before
        .div_euclid(4)
        .saturating_sub(before.div_euclid(100))
        .saturating_add(before.div_euclid(400))
        .saturating_add(1);
    year.saturating_mul(365).saturating_add(leaps)
}

fn days_before_month(year: i64, month: i64) -> i64 {
    (1..month).map(|earlier| days_in_month(year, earlier)).sum()
}

/// The civil date of a day counted from 1970-01-01.
fn civil(days: i64) -> (i64, i64, i64) {
    let day_number = days.saturating_add(days_before_year(1970));
    // 400 years have 146,097 days; the guess is off by at most one year either way.
    let mut year = day_number.saturating_mul(400).div_euclid(146_097);
    while days_before_year(year) > day_number {
        year = year.saturating_sub(1);
    }
    while days_before_year(year.saturating_add(1)) <= day_number {
        year = year.saturating_add(1);
    }
    let mut rest = day_number.saturating_sub(days_before_year(year));
    let mut month = 1;
    while rest >= days_in_month(year, month) && month < 12 {
        rest = rest.saturating_sub(days_in_month(year, month));
        month = month.saturating_add(1);
    }
    (year, month, rest.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_instants_read_and_print() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T23:59:59Z", 951_868_799),
            ("2026-11-21T12:00:00Z", 1_795_262_400),
            ("3024-01-01T00:00:00Z", 33_260_976_000),
            ("1968-12-31T23:59:59Z", -31_536_001),
        ] {
            assert_eq!(UnixTime::parse_rfc3339(text).unwrap(), UnixTime(seconds));
            assert_eq!(UnixTime(seconds).to_string(), text);
        }
        let offset = UnixTime::parse_rfc3339("2020-02-05T04:32:28.250-03:00").unwrap();
        assert_eq!(offset.to_string(), "2020-02-05T07:32:28Z");
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for refused in [
            "",
            "2026",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01 00:00:00Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00+24:00",
            "+026-01-01T00:00:00Z",
        ] {
            assert!(UnixTime::parse_rfc3339(refused).is_err(), "{refused:?}");
        }
    }

    #[test]
    fn every_day_of_four_centuries_round_trips() {
        for day in 0..146_097 {
            let time = UnixTime((day - 60_000) * 86_400);
            assert_eq!(UnixTime::parse_rfc3339(&time.to_string()).unwrap(), time);
        }
    }
}
