//! Base64url, read strictly, with the one leniency that a caller can declare.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Serialize;

use super::{Fault, Malformed};

/// How the base64 of the *outer* members of a request is read.
///
/// The published sources contradict themselves: they ask for base64url and print padded standard
/// base64. The challenge inside client data is always read strictly, whatever stands here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Base64Reading {
    /// RFC 4648 section 5 without padding, spare bits zero. The default.
    #[default]
    Strict,
    /// Either alphabet, padded or not; never both alphabets in one value, never spare bits set.
    /// A verdict says when it was made use of.
    AnyAlphabet,
}

impl Base64Reading {
    /// Decodes `text`; the flag says whether only the leniency made it readable.
    pub(crate) fn decode(
        self,
        text: &str,
        item: &'static str,
    ) -> Result<(Vec<u8>, bool), Malformed> {
        match (decode(text, item), self) {
            (Ok(bytes), _) => Ok((bytes, false)),
            (Err(_), Self::AnyAlphabet) => decode_any(text, item).map(|bytes| (bytes, true)),
            (Err(malformed), Self::Strict) => Err(malformed),
        }
    }
}

/// Strict base64url without padding.
pub(crate) fn decode(text: &str, item: &'static str) -> Result<Vec<u8>, Malformed> {
    base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|error| Malformed::new(item, Fault::Base64, position(&error)))
}

/// Strict standard base64 with padding, as certificates inside a JWS have it.
pub(crate) fn decode_standard(text: &str, item: &'static str) -> Result<Vec<u8>, Malformed> {
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .map_err(|error| Malformed::new(item, Fault::Base64, position(&error)))
}

/// Base64url without padding, the only form that is ever written.
pub(crate) fn encode(bytes: &[u8]) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// The same into a buffer; `None` where it does not fit.
pub(crate) fn encode_into<'b>(bytes: &[u8], buffer: &'b mut [u8]) -> Option<&'b [u8]> {
    let length =
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode_slice(bytes, buffer).ok()?;
    buffer.split_at_checked(length).map(|(text, _)| text)
}

fn decode_any(text: &str, item: &'static str) -> Result<Vec<u8>, Malformed> {
    const EITHER: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, EITHER);
    const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, EITHER);

    let standard = text.contains(['+', '/']);
    let url_safe = text.contains(['-', '_']);
    let engine = match (standard, url_safe) {
        (true, true) => return Err(Malformed::new(item, Fault::Base64Mixed, 0)),
        (true, false) => &STANDARD,
        (false, _) => &URL_SAFE,
    };
    engine.decode(text).map_err(|error| Malformed::new(item, Fault::Base64, position(&error)))
}

fn position(error: &base64::DecodeError) -> usize {
    match error {
        base64::DecodeError::InvalidByte(offset, _) => *offset,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_takes_the_canonical_form_alone() {
        assert_eq!(decode("-_8", "x").unwrap(), [0xfb, 0xff]);
        for refused in ["-_8=", "+/8", "-_9", "-_8\n", " -_8", "-", "-_8A="] {
            assert!(decode(refused, "x").is_err(), "{refused:?}");
        }
    }

    #[test]
    fn leniency_takes_either_alphabet_and_says_so() {
        let any = Base64Reading::AnyAlphabet;
        assert_eq!(any.decode("-_8", "x").unwrap(), (vec![0xfb, 0xff], false));
        assert_eq!(any.decode("+/8=", "x").unwrap(), (vec![0xfb, 0xff], true));
        assert_eq!(any.decode("+/8", "x").unwrap(), (vec![0xfb, 0xff], true));
        assert_eq!(any.decode("-_8=", "x").unwrap(), (vec![0xfb, 0xff], true));
    }

    #[test]
    fn leniency_still_refuses_mixed_alphabets_spare_bits_and_white_space() {
        let any = Base64Reading::AnyAlphabet;
        assert_eq!(any.decode("+_8=", "x").unwrap_err().fault, Fault::Base64Mixed);
        for refused in ["+/9=", "+/8==", "+/8 ", "+/8=\n", "="] {
            assert_eq!(any.decode(refused, "x").unwrap_err().fault, Fault::Base64, "{refused:?}");
        }
    }
}
