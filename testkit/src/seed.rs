//! Bytes that look random and are the same on every run.

use sha2::{Digest, Sha512};

/// `length` bytes derived from the seed and a label; different labels give unrelated bytes.
pub fn bytes(seed: &str, label: &str, length: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(length + 64);
    let mut counter = 0u32;
    while out.len() < length {
        let mut hash = Sha512::new();
        hash.update((seed.len() as u64).to_be_bytes());
        hash.update(seed.as_bytes());
        hash.update(label.as_bytes());
        hash.update(counter.to_be_bytes());
        out.extend_from_slice(&hash.finalize());
        counter += 1;
    }
    out.truncate(length);
    out
}

/// [`bytes`] of a length known at compile time.
pub fn array<const LENGTH: usize>(seed: &str, label: &str) -> [u8; LENGTH] {
    bytes(seed, label, LENGTH).try_into().expect("the length asked for")
}
