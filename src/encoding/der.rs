//! DER: definite, minimal lengths and nothing else (X.690 section 10).

use super::reader::Reader;
use super::{Fault, Malformed};
use crate::time::UnixTime;

/// The identifier octets of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tag {
    /// Class and constructed bits: the upper three bits of the first octet.
    lead: u8,
    number: u32,
}

impl Tag {
    pub(crate) const BOOLEAN: Self = Self::universal(1);
    pub(crate) const INTEGER: Self = Self::universal(2);
    pub(crate) const BIT_STRING: Self = Self::universal(3);
    pub(crate) const OCTET_STRING: Self = Self::universal(4);
    pub(crate) const NULL: Self = Self::universal(5);
    pub(crate) const OBJECT_IDENTIFIER: Self = Self::universal(6);
    pub(crate) const ENUMERATED: Self = Self::universal(10);
    pub(crate) const UTF8_STRING: Self = Self::universal(12);
    pub(crate) const PRINTABLE_STRING: Self = Self::universal(19);
    pub(crate) const UTC_TIME: Self = Self::universal(23);
    pub(crate) const GENERALIZED_TIME: Self = Self::universal(24);
    pub(crate) const SEQUENCE: Self = Self { lead: 0x20, number: 16 };
    pub(crate) const SET: Self = Self { lead: 0x20, number: 17 };

    pub(crate) const fn universal(number: u32) -> Self {
        Self { lead: 0, number }
    }

    /// `[number]` around a whole value.
    pub(crate) const fn explicit(number: u32) -> Self {
        Self { lead: 0xa0, number }
    }

    /// `[number]` in place of a primitive value's own tag.
    pub(crate) const fn implicit(number: u32) -> Self {
        Self { lead: 0x80, number }
    }

    pub(crate) const fn number(self) -> u32 {
        self.number
    }

    pub(crate) const fn is_context_constructed(self) -> bool {
        self.lead == 0xa0
    }
}

/// One value with its tag, its content and its whole encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tlv<'a> {
    pub(crate) tag: Tag,
    pub(crate) content: &'a [u8],
    pub(crate) encoded: &'a [u8],
}

/// Reads DER values one after another.
#[derive(Debug, Clone)]
pub(crate) struct DerReader<'a> {
    reader: Reader<'a>,
    item: &'static str,
}

impl<'a> DerReader<'a> {
    pub(crate) const fn new(input: &'a [u8], item: &'static str) -> Self {
        Self { reader: Reader::new(input, item), item }
    }

    /// Reads `input` as the content of one value of `tag` that fills it.
    pub(crate) fn only(
        input: &'a [u8],
        tag: Tag,
        item: &'static str,
    ) -> Result<&'a [u8], Malformed> {
        let mut reader = Self::new(input, item);
        let content = reader.expect(tag)?;
        reader.finish()?;
        Ok(content)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.reader.is_empty()
    }

    pub(crate) fn finish(&self) -> Result<(), Malformed> {
        self.reader.finish()
    }

    pub(crate) const fn fault(&self, fault: Fault) -> Malformed {
        self.reader.fault(fault)
    }

    /// The next value, whatever it is.
    pub(crate) fn any(&mut self) -> Result<Tlv<'a>, Malformed> {
        let start = self.reader.clone();
        let tag = self.tag()?;
        let length = self.length()?;
        let content = self.reader.take(length)?;
        let whole = self.reader.offset().saturating_sub(start.offset());
        let encoded = start.rest().split_at_checked(whole).map_or(&[][..], |(head, _)| head);
        Ok(Tlv { tag, content, encoded })
    }

    /// The content of the next value, which must have `tag`.
    pub(crate) fn expect(&mut self, tag: Tag) -> Result<&'a [u8], Malformed> {
        self.expect_tlv(tag).map(|tlv| tlv.content)
    }

    pub(crate) fn expect_tlv(&mut self, tag: Tag) -> Result<Tlv<'a>, Malformed> {
        let start = self.reader.clone();
        let tlv = self.any()?;
        if tlv.tag == tag { Ok(tlv) } else { Err(start.fault(Fault::DerTag)) }
    }

    /// The content of the next value if it has `tag`.
    pub(crate) fn optional(&mut self, tag: Tag) -> Result<Option<&'a [u8]>, Malformed> {
        if self.is_empty() {
            return Ok(None);
        }
        let mut ahead = self.clone();
        let tlv = ahead.any()?;
        if tlv.tag != tag {
            return Ok(None);
        }
        *self = ahead;
        Ok(Some(tlv.content))
    }

    /// A reader over the content of the next value, which must have `tag`.
    pub(crate) fn nested(&mut self, tag: Tag) -> Result<Self, Malformed> {
        Ok(Self::new(self.expect(tag)?, self.item))
    }

    pub(crate) fn boolean(&mut self) -> Result<bool, Malformed> {
        let start = self.reader.clone();
        match self.expect(Tag::BOOLEAN)? {
            [0x00] => Ok(false),
            [0xff] => Ok(true),
            _ => Err(start.fault(Fault::DerValue)),
        }
    }

    /// An OBJECT IDENTIFIER: not empty, every arc in its shortest form and complete.
    pub(crate) fn object_identifier(&mut self) -> Result<&'a [u8], Malformed> {
        let start = self.reader.clone();
        let content = self.expect(Tag::OBJECT_IDENTIFIER)?;
        let mut starts_arc = true;
        for octet in content {
            if starts_arc && *octet == 0x80 {
                return Err(start.fault(Fault::DerValue));
            }
            starts_arc = octet & 0x80 == 0;
        }
        if content.is_empty() || !starts_arc {
            return Err(start.fault(Fault::DerValue));
        }
        Ok(content)
    }

    /// A BIT STRING: the number of unused bits, and the bytes.
    pub(crate) fn bit_string(&mut self) -> Result<(u8, &'a [u8]), Malformed> {
        let start = self.reader.clone();
        match self.expect(Tag::BIT_STRING)?.split_first() {
            Some((unused @ 0..=7, bytes)) if *unused == 0 || !bytes.is_empty() => {
                Ok((*unused, bytes))
            }
            _ => Err(start.fault(Fault::DerValue)),
        }
    }

    /// A non-negative INTEGER as its big-endian bytes without a leading zero.
    pub(crate) fn unsigned(&mut self) -> Result<&'a [u8], Malformed> {
        let start = self.reader.clone();
        unsigned(self.expect(Tag::INTEGER)?).ok_or_else(|| start.fault(Fault::DerValue))
    }

    /// A non-negative INTEGER that fits 64 bits.
    pub(crate) fn u64(&mut self) -> Result<u64, Malformed> {
        let start = self.reader.clone();
        let bytes = self.unsigned()?;
        u64_from(bytes).ok_or_else(|| start.fault(Fault::TooLarge))
    }

    /// UTCTime or GeneralizedTime in the one form that RFC 5280 allows: seconds, `Z`, no fraction.
    pub(crate) fn time(&mut self) -> Result<UnixTime, Malformed> {
        let start = self.reader.clone();
        let tlv = self.any()?;
        let time = match tlv.tag {
            Tag::UTC_TIME => utc_time(tlv.content),
            Tag::GENERALIZED_TIME => generalized_time(tlv.content),
            _ => return Err(start.fault(Fault::DerTag)),
        };
        time.ok_or_else(|| start.fault(Fault::DerTime))
    }

    fn tag(&mut self) -> Result<Tag, Malformed> {
        let start = self.reader.clone();
        let first = self.reader.u8()?;
        let (lead, low) = (first & 0xe0, first & 0x1f);
        if low != 0x1f {
            return Ok(Tag { lead, number: u32::from(low) });
        }
        let mut number: u32 = 0;
        // Four octets hold every tag number that Android uses (up to 28 bits).
        for index in 0..4 {
            let octet = self.reader.u8()?;
            if index == 0 && octet == 0x80 {
                return Err(start.fault(Fault::DerValue));
            }
            number = number.checked_shl(7).unwrap_or(0) | u32::from(octet & 0x7f);
            if octet & 0x80 == 0 {
                // The short form has to be used where it can be.
                return if number < 0x1f {
                    Err(start.fault(Fault::DerValue))
                } else {
                    Ok(Tag { lead, number })
                };
            }
        }
        Err(start.fault(Fault::DerValue))
    }

    fn length(&mut self) -> Result<usize, Malformed> {
        let start = self.reader.clone();
        let fault = || start.fault(Fault::DerLength);
        let first = self.reader.u8()?;
        let length: u32 = match first {
            0..=0x7f => return Ok(usize::from(first)),
            0x81 => u32::from(self.reader.u8()?),
            0x82 => u32::from(self.reader.u16()?),
            0x83 => {
                let [a, b, c] = *self.reader.array()?;
                u32::from_be_bytes([0, a, b, c])
            }
            _ => return Err(fault()),
        };
        let lowest = match first {
            0x81 => 0x80,
            0x82 => 0x100,
            _ => 0x1_0000,
        };
        if length < lowest {
            return Err(fault());
        }
        usize::try_from(length).map_err(|_| fault())
    }
}

/// The magnitude of a non-negative INTEGER's content, or `None` when it is negative or padded.
pub(crate) fn unsigned(content: &[u8]) -> Option<&[u8]> {
    match content {
        [] => None,
        [0] => Some(&[]),
        [0, rest @ ..] => match rest.first() {
            Some(0x80..) => Some(rest),
            _ => None,
        },
        [first, ..] if *first >= 0x80 => None,
        _ => Some(content),
    }
}

/// Big-endian bytes as a number of at most 64 bits.
pub(crate) fn u64_from(bytes: &[u8]) -> Option<u64> {
    if bytes.len() > 8 {
        return None;
    }
    Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// The dotted form of an OBJECT IDENTIFIER's content, for people.
pub(crate) fn dotted(content: &[u8]) -> String {
    let mut text = String::new();
    let mut arc: u64 = 0;
    for octet in content {
        arc = arc.checked_shl(7).unwrap_or(0) | u64::from(octet & 0x7f);
        if octet & 0x80 == 0 {
            if text.is_empty() {
                let first = (arc / 40).min(2);
                text.push_str(&first.to_string());
                arc = arc.saturating_sub(first.saturating_mul(40));
            }
            text.push('.');
            text.push_str(&arc.to_string());
            arc = 0;
        }
    }
    text
}

/// Two digits of the year: 50 to 99 mean the last century (RFC 5280 section 4.1.2.5.1).
fn utc_time(content: &[u8]) -> Option<UnixTime> {
    let text = core::str::from_utf8(content).ok()?;
    let short = digits(text.get(0..2)?)?;
    let century = if short >= 50 { 1900 } else { 2000 };
    if text.len() != 13 {
        return None;
    }
    civil(short.checked_add(century)?, text.get(2..)?)
}

fn generalized_time(content: &[u8]) -> Option<UnixTime> {
    let text = core::str::from_utf8(content).ok()?;
    if text.len() != 15 {
        return None;
    }
    civil(digits(text.get(0..4)?)?, text.get(4..)?)
}

fn civil(year: i64, rest: &str) -> Option<UnixTime> {
    let field = |from: usize, to: usize| digits(rest.get(from..to)?);
    if rest.get(10..)? != "Z" {
        return None;
    }
    UnixTime::from_civil(
        year,
        field(0, 2)?,
        field(2, 4)?,
        field(4, 6)?,
        field(6, 8)?,
        field(8, 10)?,
    )
}

fn digits(text: &str) -> Option<i64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(bytes: &[u8]) -> Fault {
        DerReader::new(bytes, "item").any().unwrap_err().fault
    }

    #[test]
    fn lengths_and_tags_are_minimal() {
        assert_eq!(fault(&[0x04, 0x81, 0x01, 0x00]), Fault::DerLength);
        assert_eq!(fault(&[0x04, 0x82, 0x00, 0x80]), Fault::DerLength);
        assert_eq!(fault(&[0x30, 0x80, 0x00, 0x00]), Fault::DerLength);
        assert_eq!(fault(&[0x04, 0x84, 0, 0, 0, 1, 0]), Fault::DerLength);
        assert_eq!(fault(&[0x04, 0x02, 0x00]), Fault::Truncated);
        assert_eq!(fault(&[0xbf, 0x1e, 0x00]), Fault::DerValue);
        assert_eq!(fault(&[0xbf, 0x80, 0x1f, 0x00]), Fault::DerValue);
        let tlv = DerReader::new(&[0xbf, 0x85, 0x3d, 0x00], "item").any().unwrap();
        assert_eq!(tlv.tag, Tag::explicit(701));
    }

    #[test]
    fn integers_are_minimal_and_not_negative() {
        assert_eq!(unsigned(&[0]), Some(&[][..]));
        assert_eq!(unsigned(&[0, 0x80]), Some(&[0x80][..]));
        for refused in [&[][..], &[0, 0x7f], &[0x80], &[0, 0]] {
            assert_eq!(unsigned(refused), None);
        }
    }

    #[test]
    fn booleans_and_times_have_one_form() {
        assert_eq!(
            DerReader::new(&[1, 1, 1], "item").boolean().unwrap_err().fault,
            Fault::DerValue
        );
        let time = |tag: u8, text: &str| {
            let length = u8::try_from(text.len()).unwrap();
            let bytes = [&[tag, length], text.as_bytes()].concat();
            DerReader::new(&bytes, "item").time().ok().map(|time| time.to_string())
        };
        assert_eq!(time(23, "491231235959Z").unwrap(), "2049-12-31T23:59:59Z");
        assert_eq!(time(23, "500101000000Z").unwrap(), "1950-01-01T00:00:00Z");
        assert_eq!(time(24, "30240101000000Z").unwrap(), "3024-01-01T00:00:00Z");
        assert_eq!(time(23, "4912312359Z"), None);
        assert_eq!(time(24, "20240101000000.5Z"), None);
        assert_eq!(time(24, "20240101000000+0"), None);
    }

    #[test]
    fn object_identifiers_print() {
        assert_eq!(
            dotted(&[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0xe5, 0x1c, 1, 1, 4]),
            "1.3.6.1.4.1.45724.1.1.4"
        );
        assert_eq!(dotted(&[0x67, 0x81, 0x05, 0x08, 0x03]), "2.23.133.8.3");
    }
}
