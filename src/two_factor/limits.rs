//! How much an account may move from a device that nobody registered.

use crate::time::UnixMillis;
use crate::two_factor::PublishedCode;
use crate::two_factor::amount::{Amount, Money};

/// The most that may be moved without a registered device.
///
/// The Central Bank's Normative Instruction 491 of 2024, as amended by 594 of 2025, demands it of
/// Pix: R$ 200.00 for one transaction and R$ 1,000.00 for one day. It says nothing of TED, so no
/// transfer is limited unless [`TransferContext::unregistered_device`] holds one of these.
///
/// [`TransferContext::unregistered_device`]: super::TransferContext::unregistered_device
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnregisteredDeviceLimits {
    /// The most of one transaction.
    pub per_transaction: Money,
    /// The most of all transactions of one account and one day in Brasília.
    pub per_day: Money,
}

impl UnregisteredDeviceLimits {
    /// The two figures of the Normative Instruction.
    pub const NORMATIVE_INSTRUCTION_491: Self = Self {
        per_transaction: Money::from_centavos(20_000),
        per_day: Money::from_centavos(100_000),
    };

    /// Judges a transaction from a device that is not registered. What is at the limit is within
    /// it.
    ///
    /// # Errors
    ///
    /// A [`LimitRefusal`] when the amount alone is above the limit, or is with what was moved
    /// before on that day.
    pub const fn judge(self, amount: Amount, moved_today: Money) -> Result<(), LimitRefusal> {
        if amount.money().centavos() > self.per_transaction.centavos() {
            return Err(LimitRefusal::PerTransaction);
        }
        match moved_today.checked_add(amount.money()) {
            Some(sum) if sum.centavos() <= self.per_day.centavos() => Ok(()),
            _ => Err(LimitRefusal::PerDay),
        }
    }
}

/// Which limit a transaction breaks. The pages have no code for either, so both are ours; the user
/// has to be told to register the device, which their texts do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitRefusal {
    /// That of one transaction.
    PerTransaction,
    /// That of one day.
    PerDay,
}

impl LimitRefusal {
    /// The code it is answered with.
    #[must_use]
    pub const fn code(self) -> PublishedCode {
        match self {
            Self::PerTransaction => PublishedCode::UnregisteredTransactionLimit,
            Self::PerDay => PublishedCode::UnregisteredDayLimit,
        }
    }
}

/// The day in Brasília that an instant is in, counted from 1970-01-01: the key of a day's sum.
///
/// Brasília has been three hours behind UTC all year since its last summer time ended on
/// 2019-02-17.
#[must_use]
pub const fn brasilia_day(now: UnixMillis) -> i64 {
    const BEHIND_UTC: i64 = 3 * 60 * 60 * 1000;
    const DAY: i64 = 24 * 60 * 60 * 1000;
    now.0.saturating_sub(BEHIND_UTC).div_euclid(DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: UnregisteredDeviceLimits = UnregisteredDeviceLimits::NORMATIVE_INSTRUCTION_491;

    fn judge(amount: &str, moved_today: &str) -> Result<(), LimitRefusal> {
        LIMITS.judge(Amount::parse(amount).unwrap(), Money::parse(moved_today).unwrap())
    }

    #[test]
    fn a_centavo_above_a_limit_is_refused_and_the_limit_itself_is_not() {
        assert_eq!(judge("200.00", "0.00"), Ok(()));
        assert_eq!(judge("200.01", "0.00"), Err(LimitRefusal::PerTransaction));
        assert_eq!(judge("200.00", "800.00"), Ok(()));
        assert_eq!(judge("200.00", "800.01"), Err(LimitRefusal::PerDay));
        assert_eq!(judge("0.01", "1000.00"), Err(LimitRefusal::PerDay));
        assert_eq!(
            LIMITS.judge(Amount::parse("1").unwrap(), Money::from_centavos(u64::MAX)),
            Err(LimitRefusal::PerDay),
        );
    }

    #[test]
    fn a_day_begins_at_three_o_clock_utc() {
        let at = |text| brasilia_day(crate::UnixTime::parse_rfc3339(text).unwrap().into());
        assert_eq!(at("2026-11-22T02:59:59Z"), at("2026-11-21T03:00:00Z"));
        assert_eq!(at("2026-11-22T03:00:00Z"), at("2026-11-22T02:59:59Z") + 1);
        assert_eq!(at("1970-01-01T00:00:00Z"), -1);
    }
}
