//! Several byte strings in one input: each but the last behind its length in two bytes.
//!
//! Any input can be taken apart, so that no mutation is lost: a length that says too much takes
//! what there is.

/// Takes `count` parts out of `input`; the last one is the rest.
pub fn apart<const COUNT: usize>(mut input: &[u8]) -> [&[u8]; COUNT] {
    std::array::from_fn(|index| {
        if index + 1 == COUNT {
            return input;
        }
        let Some((length, rest)) = input.split_first_chunk() else {
            return std::mem::take(&mut input);
        };
        let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
        let (part, rest) = rest.split_at(length);
        input = rest;
        part
    })
}

/// The input that [`apart`] takes apart again.
pub fn together(parts: &[&[u8]]) -> Vec<u8> {
    let Some((last, first)) = parts.split_last() else {
        return Vec::new();
    };
    let mut input = Vec::new();
    for part in first {
        input.extend(u16::try_from(part.len()).expect("a part of a seed").to_be_bytes());
        input.extend_from_slice(part);
    }
    input.extend_from_slice(last);
    input
}
