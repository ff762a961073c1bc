//! Lower-case hexadecimal and the text form of an AAGUID.

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

fn push(text: &mut String, byte: u8) {
    for nibble in [byte >> 4, byte & 0x0f] {
        text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
    }
}
