//! CBOR and numbers byte by byte, for what a proper writer would never write.

/// The head of a CBOR item in its shortest form: major type, then number.
pub(super) fn head(major: u8, number: u64) -> Vec<u8> {
    match number {
        0..=23 => vec![major << 5 | number as u8],
        24..=0xff => head_of_width(major, number, 1),
        0x100..=0xffff => head_of_width(major, number, 2),
        0x1_0000..=0xffff_ffff => head_of_width(major, number, 4),
        _ => head_of_width(major, number, 8),
    }
}

/// The head of a CBOR item whose number takes 1, 2, 4 or 8 bytes, however few would do.
pub(super) fn head_of_width(major: u8, number: u64, width: usize) -> Vec<u8> {
    let additional = 24 + width.trailing_zeros() as u8;
    let mut out = vec![major << 5 | additional];
    out.extend_from_slice(&number.to_be_bytes()[8 - width..]);
    out
}

/// The major types that are used here.
pub(super) mod major {
    pub(crate) const BYTES: u8 = 2;
    pub(crate) const TEXT: u8 = 3;
    pub(crate) const ARRAY: u8 = 4;
    pub(crate) const MAP: u8 = 5;
    pub(crate) const TAG: u8 = 6;
}

/// A text string.
pub(super) fn text(text: &str) -> Vec<u8> {
    [head(major::TEXT, text.len() as u64), text.as_bytes().to_vec()].concat()
}

/// A byte string.
pub(super) fn byte_string(bytes: &[u8]) -> Vec<u8> {
    [head(major::BYTES, bytes.len() as u64), bytes.to_vec()].concat()
}

/// The sum of two big-endian numbers, one byte longer than the longer of them.
pub(super) fn sum(left: &[u8], right: &[u8]) -> Vec<u8> {
    let length = left.len().max(right.len()) + 1;
    let digit = |number: &[u8], place: usize| {
        number.len().checked_sub(place + 1).map_or(0, |at| u16::from(number[at]))
    };
    let mut carry = 0;
    let mut out: Vec<u8> = (0..length)
        .map(|place| {
            let sum = digit(left, place) + digit(right, place) + carry;
            carry = sum >> 8;
            sum as u8
        })
        .collect();
    out.reverse();
    out
}

/// The difference of two big-endian numbers of one length, the first the larger.
pub(super) fn difference(left: &[u8], right: &[u8]) -> Vec<u8> {
    assert_eq!(left.len(), right.len());
    let mut borrow = 0;
    let mut out: Vec<u8> = left
        .iter()
        .zip(right)
        .rev()
        .map(|(left, right)| {
            let difference = i16::from(*left) - i16::from(*right) - borrow;
            borrow = i16::from(difference < 0);
            difference.rem_euclid(256) as u8
        })
        .collect();
    assert_eq!(borrow, 0, "the first is the larger");
    out.reverse();
    out
}

/// The bytes of a hexadecimal number.
pub(super) fn hexadecimal(digits: &str) -> Vec<u8> {
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hexadecimal"))
        .collect()
}
