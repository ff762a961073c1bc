use zeroize::{Zeroize, ZeroizeOnDrop};

/// Random bytes that the caller took from its operating system, for one event.
///
/// The library has no source of its own, so that a decision can be repeated. What is taken is never
/// given twice, and what is left is wiped on drop. Bytes that do not come from a cryptographic
/// generator make every code and challenge guessable.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Entropy {
    bytes: [u8; Self::LENGTH],
    #[zeroize(skip)]
    taken: usize,
}

impl Entropy {
    /// Bytes that one event may need at most.
    pub const LENGTH: usize = 96;

    /// Takes over random bytes. A caller that keeps a copy can foretell what is made of them.
    #[must_use]
    pub const fn new(bytes: [u8; Self::LENGTH]) -> Self {
        Self { bytes, taken: 0 }
    }

    /// The next `N` bytes.
    pub(crate) fn take<const N: usize>(&mut self) -> Result<[u8; N], EntropyExhausted> {
        let rest = self.bytes.get(self.taken..).ok_or(EntropyExhausted)?;
        let taken = *rest.first_chunk().ok_or(EntropyExhausted)?;
        self.taken = self.taken.saturating_add(N);
        Ok(taken)
    }

    /// A number below `bound`, each as likely as the others: a byte of the incomplete last round of
    /// `bound` is thrown away.
    pub(crate) fn below(&mut self, bound: core::num::NonZeroU8) -> Result<u8, EntropyExhausted> {
        // The largest multiple of the bound that a byte can be under, as the last value that counts.
        let last = u8::MAX.saturating_sub((u8::MAX % bound).saturating_add(1) % bound);
        loop {
            let [byte] = self.take()?;
            if byte <= last {
                return Ok(byte % bound);
            }
        }
    }
}

/// Prints nothing of the bytes.
impl core::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Entropy(..)")
    }
}

/// The random bytes of an event ran out. With bytes from a real generator this is less likely than
/// a failure of the machine; with constant ones it is certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntropyExhausted;

impl core::fmt::Display for EntropyExhausted {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the random bytes of the event ran out")
    }
}

impl core::error::Error for EntropyExhausted {}

#[cfg(test)]
mod tests {
    use core::num::NonZeroU8;

    use super::*;

    #[test]
    fn every_number_below_a_bound_is_made_by_equally_many_bytes() {
        for bound in [1, 2, 10, 36, 128, 255] {
            let bound = NonZeroU8::new(bound).unwrap();
            let mut made = [0_usize; 256];
            for byte in 0..=255 {
                let mut bytes = [0; Entropy::LENGTH];
                bytes[0] = byte;
                // What is thrown away shows as a second byte taken.
                let mut entropy = Entropy::new(bytes);
                let number = entropy.below(bound).unwrap();
                if entropy.taken == 1 {
                    made[usize::from(number)] += 1;
                }
            }
            let expected = 256 / usize::from(bound.get());
            assert!(made[..usize::from(bound.get())].iter().all(|count| *count == expected));
        }
    }

    #[test]
    fn bytes_are_given_once_and_run_out() {
        let mut entropy = Entropy::new(core::array::from_fn(|i| u8::try_from(i).unwrap()));
        assert_eq!(entropy.take::<2>(), Ok([0, 1]));
        assert_eq!(entropy.take::<2>(), Ok([2, 3]));
        assert!(entropy.take::<92>().is_ok());
        assert_eq!(entropy.take::<1>(), Err(EntropyExhausted));
        assert_eq!(format!("{entropy:?}"), "Entropy(..)");
    }
}
