//! A small DER writer: each function gives the complete encoding of one value.
//!
//! It writes what it is told, also when that is not allowed by DER or X.509, because tests
//! need wrong encodings as well as right ones.

/// The universal and context tags used here, as the first byte of an encoding.
pub mod tag {
    /// BOOLEAN
    pub const BOOLEAN: u8 = 0x01;
    /// INTEGER
    pub const INTEGER: u8 = 0x02;
    /// BIT STRING
    pub const BIT_STRING: u8 = 0x03;
    /// OCTET STRING
    pub const OCTET_STRING: u8 = 0x04;
    /// NULL
    pub const NULL: u8 = 0x05;
    /// OBJECT IDENTIFIER
    pub const OID: u8 = 0x06;
    /// ENUMERATED
    pub const ENUMERATED: u8 = 0x0a;
    /// UTF8String
    pub const UTF8: u8 = 0x0c;
    /// PrintableString
    pub const PRINTABLE: u8 = 0x13;
    /// IA5String
    pub const IA5: u8 = 0x16;
    /// UTCTime
    pub const UTC_TIME: u8 = 0x17;
    /// GeneralizedTime
    pub const GENERALIZED_TIME: u8 = 0x18;
    /// SEQUENCE
    pub const SEQUENCE: u8 = 0x30;
    /// SET
    pub const SET: u8 = 0x31;
}

/// A value under a one-byte tag.
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    with_identifier(&[tag], content)
}

fn with_identifier(identifier: &[u8], content: &[u8]) -> Vec<u8> {
    let mut out = identifier.to_vec();
    let length = content.len();
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let bytes = length.to_be_bytes();
        let significant = &bytes[(length.leading_zeros() / 8) as usize..];
        out.push(0x80 | significant.len() as u8);
        out.extend_from_slice(significant);
    }
    out.extend_from_slice(content);
    out
}

/// SEQUENCE of already encoded values.
pub fn sequence(values: &[Vec<u8>]) -> Vec<u8> {
    tlv(tag::SEQUENCE, &values.concat())
}

/// SET of already encoded values, in the order given.
pub fn set(values: &[Vec<u8>]) -> Vec<u8> {
    tlv(tag::SET, &values.concat())
}

/// SET OF already encoded values, sorted as DER asks.
pub fn set_of(values: &[Vec<u8>]) -> Vec<u8> {
    let mut sorted = values.to_vec();
    sorted.sort();
    set(&sorted)
}

/// OBJECT IDENTIFIER from its dotted form.
pub fn oid(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u64> =
        dotted.split('.').map(|arc| arc.parse().expect("an OID arc is a number")).collect();
    let mut content = base128(arcs[0] * 40 + arcs[1]);
    for &arc in &arcs[2..] {
        content.extend(base128(arc));
    }
    tlv(tag::OID, &content)
}

fn base128(mut value: u64) -> Vec<u8> {
    let mut out = vec![(value & 0x7f) as u8];
    value >>= 7;
    while value > 0 {
        out.push(0x80 | (value & 0x7f) as u8);
        value >>= 7;
    }
    out.reverse();
    out
}

/// INTEGER from an unsigned big-endian number, made minimal and kept positive.
pub fn unsigned(big_endian: &[u8]) -> Vec<u8> {
    let start = big_endian.iter().position(|&byte| byte != 0).unwrap_or(big_endian.len());
    let mut content = big_endian[start..].to_vec();
    if content.first().is_none_or(|&byte| byte & 0x80 != 0) {
        content.insert(0, 0);
    }
    tlv(tag::INTEGER, &content)
}

/// INTEGER from a number.
pub fn integer(value: i64) -> Vec<u8> {
    tlv(tag::INTEGER, &minimal_signed(value))
}

/// ENUMERATED from a number.
pub fn enumerated(value: i64) -> Vec<u8> {
    tlv(tag::ENUMERATED, &minimal_signed(value))
}

fn minimal_signed(value: i64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let padding = if value < 0 { 0xff } else { 0x00 };
    let mut start = 0;
    while start < 7 && bytes[start] == padding && (bytes[start + 1] ^ padding) & 0x80 == 0 {
        start += 1;
    }
    bytes[start..].to_vec()
}

/// OCTET STRING.
pub fn octet_string(content: &[u8]) -> Vec<u8> {
    tlv(tag::OCTET_STRING, content)
}

/// BIT STRING whose last `unused_bits` bits do not count.
pub fn bit_string(unused_bits: u8, bytes: &[u8]) -> Vec<u8> {
    let mut content = vec![unused_bits];
    content.extend_from_slice(bytes);
    tlv(tag::BIT_STRING, &content)
}

/// BIT STRING of named bits: trailing zero bits are dropped, as DER asks.
pub fn named_bits(bits: &[u8]) -> Vec<u8> {
    let Some(&last) = bits.iter().max() else {
        return bit_string(0, &[]);
    };
    let mut bytes = vec![0u8; usize::from(last) / 8 + 1];
    for &bit in bits {
        bytes[usize::from(bit) / 8] |= 0x80 >> (bit % 8);
    }
    bit_string(7 - last % 8, &bytes)
}

/// UTF8String.
pub fn utf8(text: &str) -> Vec<u8> {
    tlv(tag::UTF8, text.as_bytes())
}

/// PrintableString.
pub fn printable(text: &str) -> Vec<u8> {
    tlv(tag::PRINTABLE, text.as_bytes())
}

/// BOOLEAN.
pub fn boolean(value: bool) -> Vec<u8> {
    tlv(tag::BOOLEAN, &[if value { 0xff } else { 0x00 }])
}

/// NULL.
pub fn null() -> Vec<u8> {
    tlv(tag::NULL, &[])
}

/// A constructed context tag `[number]` around an already encoded value (EXPLICIT), or around
/// the content of a constructed value (IMPLICIT).
pub fn context(number: u32, content: &[u8]) -> Vec<u8> {
    with_identifier(&context_identifier(0xa0, number), content)
}

/// A primitive context tag `[number]` in place of the value's own tag (IMPLICIT).
pub fn context_primitive(number: u32, content: &[u8]) -> Vec<u8> {
    with_identifier(&context_identifier(0x80, number), content)
}

fn context_identifier(class: u8, number: u32) -> Vec<u8> {
    if number < 31 {
        return vec![class | number as u8];
    }
    let mut identifier = vec![class | 0x1f];
    identifier.extend(base128(number.into()));
    identifier
}

/// A certificate date: UTCTime until the end of 2049, GeneralizedTime from 2050 on.
pub fn time(unix_seconds: i64) -> Vec<u8> {
    let (year, ..) = civil(unix_seconds);
    if (1950..2050).contains(&year) {
        utc_time(unix_seconds)
    } else {
        generalized_time(unix_seconds)
    }
}

/// UTCTime, whatever the year.
pub fn utc_time(unix_seconds: i64) -> Vec<u8> {
    let (year, rest) = civil(unix_seconds);
    let text = format!("{:02}{rest}", year.rem_euclid(100));
    tlv(tag::UTC_TIME, text.as_bytes())
}

/// GeneralizedTime, whatever the year.
pub fn generalized_time(unix_seconds: i64) -> Vec<u8> {
    let (year, rest) = civil(unix_seconds);
    tlv(tag::GENERALIZED_TIME, format!("{year:04}{rest}").as_bytes())
}

/// The year, and the rest of the moment as `MMDDhhmmssZ`.
fn civil(unix_seconds: i64) -> (i64, String) {
    let mut days = unix_seconds.div_euclid(86_400);
    let seconds = unix_seconds.rem_euclid(86_400);
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut year = 1970;
    while days < 0 {
        year -= 1;
        days += if leap(year) { 366 } else { 365 };
    }
    loop {
        let length = if leap(year) { 366 } else { 365 };
        if days < length {
            break;
        }
        days -= length;
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let day = days + 1;
    (year, format!("{month:02}{day:02}{hour:02}{minute:02}{second:02}Z"))
}
