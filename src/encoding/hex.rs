//! Hexadecimal, written in lower case, and the text form of an AAGUID.

/// Lower-case hexadecimal.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        push(&mut text, *byte);
    }
    text
}

/// The 8-4-4-4-12 form in which AAGUIDs are written.
pub(crate) fn uuid(bytes: &[u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        push(&mut text, *byte);
    }
    text
}

/// Exactly `N` bytes from hexadecimal in either case.
pub(crate) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let mut digits = text.chars().map(|digit| digit.to_digit(16));
    for byte in &mut bytes {
        let (high, low) = (digits.next()??, digits.next()??);
        *byte = u8::try_from(high << 4 | low).ok()?;
    }
    digits.next().is_none().then_some(bytes)
}

/// As many bytes as hexadecimal in either case has.
pub(crate) fn decode_any(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits?;
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(high << 4 | low).ok(),
        _ => None,
    });
    pairs.collect()
}

/// An AAGUID in the 8-4-4-4-12 form, in either case.
pub(crate) fn from_uuid(text: &str) -> Option<[u8; 16]> {
    let lengths = text.split('-').map(str::len);
    if lengths.eq([8, 4, 4, 4, 12]) { decode(&text.replace('-', "")) } else { None }
}

fn push(text: &mut String, byte: u8) {
    for nibble in [byte >> 4, byte & 0x0f] {
        text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_and_nothing_else_does() {
        let bytes = [0xfc, 0xb1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0xff];
        assert_eq!(decode(&encode(&bytes)), Some(bytes));
        assert_eq!(from_uuid(&uuid(&bytes)), Some(bytes));
        assert_eq!(from_uuid(&uuid(&bytes).to_uppercase()), Some(bytes));
        for refused in ["", "0", "000", "0g", "é"] {
            assert_eq!(decode::<1>(refused), None, "{refused:?}");
        }
        assert_eq!(decode_any(&encode(&bytes).to_uppercase()).as_deref(), Some(&bytes[..]));
        assert_eq!(decode_any(""), Some(Vec::new()));
        for refused in ["0", "000", "0g", "é", "0x00"] {
            assert_eq!(decode_any(refused), None, "{refused:?}");
        }
        for refused in ["fcb10001020304050607080910111213", "fcb1000-1020-3040-5060-708090a0b0c0d"]
        {
            assert_eq!(from_uuid(refused), None, "{refused:?}");
        }
    }
}
