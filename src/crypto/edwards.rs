//! What RFC 8032 demands of an encoded point of an Edwards curve and the crates let pass.

/// Whether y is below the prime of edwards25519 (RFC 8032 section 5.1.3, step 1).
pub(super) fn is_canonical_25519(point: &[u8; 32]) -> bool {
    let mut y = *point;
    if let Some(last) = y.last_mut() {
        // The sign of x.
        *last &= 0x7f;
    }
    y.iter().rev().lt(PRIME_25519.iter().rev())
}

/// Whether y is below the prime of edwards448 and the last octet has the sign of x alone
/// (RFC 8032 sections 5.2.2 and 5.2.3, step 1).
pub(super) fn is_canonical_448(point: &[u8; 57]) -> bool {
    let [y @ .., last] = point;
    last & 0x7f == 0 && y.iter().rev().lt(PRIME_448.iter().rev())
}

/// 2²⁵⁵ − 19, little-endian.
const PRIME_25519: [u8; 32] = {
    let mut prime = [0xff; 32];
    prime[0] = 0xed;
    prime[31] = 0x7f;
    prime
};

/// 2⁴⁴⁸ − 2²²⁴ − 1, little-endian.
const PRIME_448: [u8; 56] = {
    let mut prime = [0xff; 56];
    prime[28] = 0xfe;
    prime
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_y_is_one_below_the_prime() {
        for sign in [0, 0x80] {
            let mut point = PRIME_25519;
            point[31] |= sign;
            assert!(!is_canonical_25519(&point));
            point[0] -= 1;
            assert!(is_canonical_25519(&point));
            assert!(!is_canonical_25519(&[0xff; 32]));

            let mut point = [sign; 57];
            point[..56].copy_from_slice(&PRIME_448);
            assert!(!is_canonical_448(&point));
            point[0] -= 1;
            assert!(is_canonical_448(&point));
            for bit in 0..7 {
                point[56] = sign | 1 << bit;
                assert!(!is_canonical_448(&point));
            }
        }
    }
}
