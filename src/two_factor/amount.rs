//! Money in centavos of the Brazilian real, read from the digits of a JSON text.
//!
//! The published pages call `transaction_amount` a float. `202.01` has no binary one, so the text
//! is what is read and what is written, and nothing between the two is a float.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// Centavos in a real.
const CENTAVOS: u64 = 100;

/// Money, zero or more, in centavos of the Brazilian real (BRL).
///
/// It prints with two decimals and no separator of thousands, `1000.00`, and is stored as that
/// text, so that no reader of the storage makes a float of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(u64);

impl Money {
    /// So many centavos.
    #[must_use]
    pub const fn from_centavos(centavos: u64) -> Self {
        Self(centavos)
    }

    /// Reads digits with at most two more after a point: the form that money has in JSON, without
    /// a sign and without an exponent.
    ///
    /// # Errors
    ///
    /// [`AmountError::Form`] for any other text, and for more than 64 bits of centavos.
    pub fn parse(text: &str) -> Result<Self, AmountError> {
        let (reais, centavos) = match text.split_once('.') {
            None => (text, None),
            Some((reais, fraction)) => (reais, Some(fraction)),
        };
        // JSON has no leading zeros.
        if reais.len() > 1 && reais.starts_with('0') {
            return Err(AmountError::Form);
        }
        let reais = digits(reais)?;
        let centavos = match centavos {
            None => 0,
            Some(one) if one.len() == 1 => digits(one)?.checked_mul(10).ok_or(AmountError::Form)?,
            Some(two) if two.len() == 2 => digits(two)?,
            Some(_) => return Err(AmountError::Form),
        };
        let whole = reais.checked_mul(CENTAVOS).ok_or(AmountError::Form)?;
        whole.checked_add(centavos).map(Self).ok_or(AmountError::Form)
    }

    /// The centavos.
    #[must_use]
    pub const fn centavos(self) -> u64 {
        self.0
    }

    /// The sum; `None` where it is beyond 64 bits.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// Writes it as a JSON number, `202.01`: for `#[serde(serialize_with)]` of an answer that is
    /// written by `serde_json`.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    pub fn serialize_number<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The text of a number is a JSON value.
        let number = RawValue::from_string(self.to_string()).map_err(serde::ser::Error::custom)?;
        number.serialize(serializer)
    }
}

fn digits(text: &str) -> Result<u64, AmountError> {
    // `u64` alone would take a plus sign.
    let all = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| text.parse().ok()).flatten().ok_or(AmountError::Form)
}

impl core::fmt::Display for Money {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (reais, centavos) = (self.0.div_euclid(CENTAVOS), self.0.rem_euclid(CENTAVOS));
        write!(f, "{reais}.{centavos:02}")
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// What a transfer moves: money that is more than nothing, in at most ten characters.
///
/// The published page allows ten characters and says no more. Two decimals are all that money has,
/// a third is refused even if it is zero, and so is an exponent: what a person reads on a screen
/// and what is transferred have to be one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Amount(Money);

impl Amount {
    /// Characters that `transaction_amount` may have ("Perform TED", body parameters).
    pub const MAX_CHARACTERS: usize = 10;

    /// Reads the text of a JSON number.
    ///
    /// # Errors
    ///
    /// An [`AmountError`] when the text is longer than ten characters, is not of the form, or is
    /// zero.
    pub fn parse(text: &str) -> Result<Self, AmountError> {
        if text.len() > Self::MAX_CHARACTERS {
            return Err(AmountError::TooLong);
        }
        let money = Money::parse(text)?;
        Self::of(money).ok_or(AmountError::Zero)
    }

    /// Reads the number as it stands in a JSON text.
    ///
    /// # Errors
    ///
    /// As [`Amount::parse`]; what is not a number at all is not of the form.
    pub fn from_json(number: &RawValue) -> Result<Self, AmountError> {
        Self::parse(number.get())
    }

    /// The amount of this money; `None` when it is nothing.
    #[must_use]
    pub const fn of(money: Money) -> Option<Self> {
        if money.0 == 0 { None } else { Some(Self(money)) }
    }

    /// The money.
    #[must_use]
    pub const fn money(self) -> Money {
        self.0
    }
}

impl core::fmt::Display for Amount {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(&self.0, f)
    }
}

/// What was stored is longer than what was read: `1234567890` was written `1234567890.00`.
impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let money = Money::deserialize(deserializer)?;
        Self::of(money).ok_or_else(|| serde::de::Error::custom(AmountError::Zero))
    }
}

/// Why a text is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AmountError {
    /// It has more than [`Amount::MAX_CHARACTERS`].
    TooLong,
    /// It is not digits with at most two after a point.
    Form,
    /// It is nothing.
    Zero,
}

impl core::fmt::Display for AmountError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::TooLong => "an amount has at most ten characters",
            Self::Form => "an amount is digits with at most two after a point",
            Self::Zero => "an amount is more than nothing",
        })
    }
}

impl core::error::Error for AmountError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> Result<String, AmountError> {
        Amount::parse(text).map(|amount| amount.to_string())
    }

    #[test]
    fn every_form_of_a_decimal_is_read_and_printed_with_two_decimals() {
        for (text, printed) in [
            ("0.01", "0.01"),
            ("0.1", "0.10"),
            ("1", "1.00"),
            ("10", "10.00"),
            ("202.01", "202.01"),
            ("9999999.99", "9999999.99"),
            ("1234567890", "1234567890.00"),
        ] {
            assert_eq!(amount(text).as_deref(), Ok(printed));
        }
    }

    #[test]
    fn what_is_no_amount_is_refused_for_its_own_reason() {
        for text in ["0", "0.0", "0.00"] {
            assert_eq!(amount(text), Err(AmountError::Zero), "{text}");
        }
        for text in ["12345678901", "10000000.01", "1.000000000"] {
            assert_eq!(amount(text), Err(AmountError::TooLong), "{text}");
        }
        for text in [
            "", ".", "1.", ".5", "-1", "+1", "-0.01", "1e2", "1E2", "1.0e1", "1.100", "1.001",
            "01", "00.10", "1,00", "1.+1", "1 ", " 1", "1_0", "NaN", "\"1\"", "null", "1.2.3",
            "\u{661}",
        ] {
            assert_eq!(amount(text), Err(AmountError::Form), "{text}");
        }
        assert_eq!(Money::parse("184467440737095516.15").unwrap().centavos(), u64::MAX);
        assert_eq!(Money::parse("184467440737095516.16"), Err(AmountError::Form));
        assert_eq!(Money::parse("99999999999999999999"), Err(AmountError::Form));
    }

    /// Every amount below ten thousand reais, as a JSON number and back through storage.
    #[test]
    fn the_text_that_goes_in_comes_out() {
        #[derive(Serialize)]
        struct Answer {
            #[serde(serialize_with = "Money::serialize_number")]
            amount: Money,
        }
        for centavos in 1..1_000_000_u64 {
            let text = format!("{}.{:02}", centavos / 100, centavos % 100);
            let read = Amount::parse(&text).unwrap();
            assert_eq!(read.money().centavos(), centavos);
            assert_eq!(read.to_string(), text);
        }
        for centavos in [1, 10, 29, 20_201, 999_999_999, 123_456_789_000] {
            let amount = Amount::of(Money::from_centavos(centavos)).unwrap();
            let answer = serde_json::to_string(&Answer { amount: amount.money() }).unwrap();
            assert_eq!(answer, format!("{{\"amount\":{amount}}}"));
            let stored = serde_json::to_value(amount).unwrap();
            assert_eq!(serde_json::from_value::<Amount>(stored).unwrap(), amount);
        }
        assert!(serde_json::from_str::<Amount>("\"0.00\"").is_err());
        assert!(serde_json::from_str::<Amount>("202.01").is_err());
    }
}
