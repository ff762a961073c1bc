//! Codes that reach a person by SMS or e-mail and come back typed.
//!
//! Six characters have 20 (digits) or 31 (letters and digits) bits, so everything else has to be
//! right: uniform, kept as a keyed MAC alone, bound to what is approved, counted before it is
//! compared, void after five minutes, a success or a new code. What six characters lack is made good
//! by caps for each approver and a budget over all of them.

mod keys;
mod pending;
mod record;

pub use keys::{CodeKey, CodeKeyError, CodeKeys};
pub use pending::{
    AttemptRefusal, CodeCheck, CodeOutcome, DeliveryFailure, Evaluation, PendingCode, Resolution,
};
pub(super) use record::base64url_bytes;
pub use record::{CodeBinding, CodePurpose, CodeRecord, IssueError};

use core::num::NonZeroU8;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::flow::{Entropy, EntropyExhausted};

/// A code in the clear: six characters of `[0-9A-Za-z]`, as one was generated or typed.
///
/// It prints nothing, is not stored, cannot be cloned, and is wiped on drop. It is compared only by
/// [`CodeCheck::evaluate`].
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Code([u8; Self::LENGTH]);

impl Code {
    /// Characters of a code ("Approve device creation", "Approve TED with Two-Factor
    /// Authentication").
    pub const LENGTH: usize = 6;

    /// A new code, every one of the alphabet's as likely as the others.
    ///
    /// # Errors
    ///
    /// [`EntropyExhausted`] when the random bytes run out.
    pub fn generate(alphabet: Alphabet, entropy: &mut Entropy) -> Result<Self, EntropyExhausted> {
        let mut code = Self([0; Self::LENGTH]);
        for place in &mut code.0 {
            *place = alphabet.character(entropy.below(alphabet.size())?);
        }
        Ok(code)
    }

    /// Reads what a person typed. Every alphabet that the pages publish is taken, and case counts:
    /// the pages disagree about the alphabet of each flow, and a code of the wrong one matches
    /// nothing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let typed: [u8; Self::LENGTH] = text.as_bytes().try_into().ok()?;
        typed.iter().all(u8::is_ascii_alphanumeric).then_some(Self(typed))
    }

    /// The characters, to be sent to a person. Not for a log, nor for storage.
    #[must_use]
    pub fn expose(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Prints nothing of the characters.
impl core::fmt::Debug for Code {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Code(..)")
    }
}

/// The characters that codes are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Alphabet {
    /// `0` to `9`, for transfers: 10^6 codes.
    Digits,
    /// `0` to `9` and `a` to `z`, for devices: 36^6 codes.
    LowerAlphanumeric,
}

impl Alphabet {
    /// How many characters it has.
    #[must_use]
    pub const fn size(self) -> NonZeroU8 {
        const DIGITS: NonZeroU8 = NonZeroU8::new(10).unwrap();
        const ALPHANUMERIC: NonZeroU8 = NonZeroU8::new(36).unwrap();
        match self {
            Self::Digits => DIGITS,
            Self::LowerAlphanumeric => ALPHANUMERIC,
        }
    }

    /// The character with a number below [`size`](Self::size).
    const fn character(self, number: u8) -> u8 {
        match number {
            0..=9 => b'0'.saturating_add(number),
            _ => b'a'.saturating_add(number.saturating_sub(10)),
        }
    }
}

/// How a code reaches a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Channel {
    /// A text message.
    Sms,
    /// An e-mail.
    Email,
}

impl Channel {
    /// The channel as it stands on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Email => "email",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_letters_or_digits_are_a_code_and_nothing_else_is() {
        for typed in ["329adf", "329123", "ABCxyz", "000000"] {
            assert_eq!(Code::parse(typed).unwrap().expose(), typed);
        }
        for refused in ["", "32912", "3291234", "32 123", " 329123", "32912\n", "3291é", "３２９"]
        {
            assert!(Code::parse(refused).is_none(), "{refused}");
        }
    }

    #[test]
    fn leading_zeros_stay_and_every_character_is_reached() {
        let mut entropy = Entropy::new([0; Entropy::LENGTH]);
        let code = Code::generate(Alphabet::Digits, &mut entropy).unwrap();
        assert_eq!(code.expose(), "000000");
        let characters = |alphabet: Alphabet| -> String {
            (0..alphabet.size().get())
                .map(|number| char::from(alphabet.character(number)))
                .collect()
        };
        assert_eq!(characters(Alphabet::Digits), "0123456789");
        let alphanumeric = "0123456789abcdefghijklmnopqrstuvwxyz";
        assert_eq!(characters(Alphabet::LowerAlphanumeric), alphanumeric);
    }

    #[test]
    fn bytes_that_never_fit_end_in_an_error() {
        let mut entropy = Entropy::new([0xff; Entropy::LENGTH]);
        let made = Code::generate(Alphabet::LowerAlphanumeric, &mut entropy);
        assert!(matches!(made, Err(EntropyExhausted)));
    }

    #[test]
    fn a_code_does_not_print() {
        assert_eq!(format!("{:?}", Code::parse("329adf").unwrap()), "Code(..)");
    }
}
