//! The fingerprint of RSA keys from a faulty generator in millions of TPMs and cards
//! (CVE-2017-15361, "ROCA"): modulo small primes they are always a power of 65537.

/// The primes up to 167 modulo which the powers of 65537 leave numbers out, grouped so that a
/// product fits 32 bits. The first group refuses nearly every innocent modulus.
const GROUPS: &[&[u32]] =
    &[&[37, 97, 11, 13, 17, 19], &[53, 61, 71, 73, 79], &[103, 107, 109, 127], &[151, 157]];

/// Whether a modulus, big-endian, bears the fingerprint.
pub(super) fn has_fingerprint(modulus: &[u8]) -> bool {
    GROUPS.iter().all(|primes| {
        let product = primes.iter().map(|prime| u64::from(*prime)).product();
        let residue = remainder(modulus, product);
        primes.iter().all(|prime| is_power_of_65537(residue, u64::from(*prime)))
    })
}

fn remainder(number: &[u8], modulus: u64) -> u64 {
    number.chunks(2).fold(0, |rest: u64, chunk| {
        let (width, word) = match chunk {
            [high, low] => (16, u64::from(u16::from_be_bytes([*high, *low]))),
            [low] => (8, u64::from(*low)),
            _ => (0, 0),
        };
        // `rest` is below 2^32, so that nothing is shifted out.
        (rest << width | word).checked_rem(modulus).unwrap_or(0)
    })
}

fn is_power_of_65537(residue: u64, prime: u64) -> bool {
    let residue = residue.checked_rem(prime);
    let mut power: u64 = 1;
    for _ in 0..prime {
        if residue == Some(power) {
            return true;
        }
        power = power.saturating_mul(65_537).checked_rem(prime).unwrap_or(0);
    }
    false
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::crypto::from_hex;

    /// A number that was made to bear the fingerprint; nobody's key.
    pub(in crate::crypto) const MARKED: &str = "bcc217790825c7cc67e84707ec717f158895787f99c4258bfc98500014b9adb5\
0c6dea3db85a5cd22959fea37bd9e8a1ff297d0e4f2e84fcb06dbee0b89c4e56\
261c374ba07657d61404ab1ecc7c6d812d6f2efc4e613a365119cdccaf9b74f8\
4ffcbf4217921e6c8b8e8f4eb3de08f9ec9837044692ba035707967025f02628\
eb07c30d5cd5061c9c5f319e834c1b69573ac59a355f2af41757905efa749692\
f21ff5eb6ed78f5d0960afe94bbdbb01dc14ed575e0730b3cc170c31c7eec61b\
bf9703c096fabb7b1ba95a54767d5274c68deb5d403a960a8652dbd0e488b6c8\
5ad3ba327ff80b79077f798c3d47ae66483131beb87ef2f0998714af882511f1";

    #[test]
    fn the_fingerprint_is_found_and_a_neighbour_is_innocent() {
        let mut modulus = from_hex(MARKED);
        assert_eq!(modulus.len(), 256);
        assert!(has_fingerprint(&modulus));
        *modulus.last_mut().unwrap() ^= 2;
        assert!(!has_fingerprint(&modulus));
    }

    #[test]
    fn remainders_are_right_for_odd_and_even_lengths() {
        assert_eq!(remainder(&[1, 0, 1], 97), 65_537 % 97);
        assert_eq!(remainder(&[0x12, 0x34, 0x56, 0x78], 12_345), 0x1234_5678 % 12_345);
        assert_eq!(remainder(&[], 97), 0);
    }
}
