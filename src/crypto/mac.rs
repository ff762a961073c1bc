//! HMAC-SHA-256 (RFC 2104, FIPS 198-1) over a [`Transcript`], so that what is authenticated is a
//! sequence of values under a label, and no two sequences share their bytes.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::{Zeroize as _, ZeroizeOnDrop};

use super::Transcript;

/// A key, as it enters the first block of the hash: what is shorter than the block stands in front
/// of zeros (RFC 2104 section 2), so that no construction can fail later. Wiped on drop.
#[derive(Clone, ZeroizeOnDrop)]
pub(crate) struct MacKey([u8; Self::MOST]);

impl MacKey {
    /// Bytes below which a key is weaker than the MAC (RFC 2104 section 3).
    pub(crate) const LEAST: usize = 32;
    /// The block of SHA-256: a longer key would only be hashed down.
    pub(crate) const MOST: usize = 64;

    /// Takes a secret of 32 to 64 bytes.
    pub(crate) fn new(secret: &[u8]) -> Option<Self> {
        if secret.len() < Self::LEAST {
            return None;
        }
        let mut block = [0; Self::MOST];
        block.get_mut(..secret.len())?.copy_from_slice(secret);
        Some(Self(block))
    }

    /// The MAC of what was written. The transcript is wiped.
    pub(crate) fn mac(&self, transcript: Transcript) -> [u8; 32] {
        self.over(transcript).finalize().into_bytes().into()
    }

    /// Whether `expected` is the MAC of what was written, found out in a time that does not depend
    /// on where they differ. The transcript is wiped.
    pub(crate) fn verifies(&self, transcript: Transcript, expected: &[u8; 32]) -> bool {
        self.over(transcript).verify(&(*expected).into()).is_ok()
    }

    fn over(&self, transcript: Transcript) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new(&self.0.into());
        let mut bytes = transcript.into_bytes();
        mac.update(&bytes);
        bytes.zeroize();
        mac
    }
}

impl core::fmt::Debug for MacKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("MacKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::super::from_hex;
    use super::*;

    /// RFC 4231 section 4: HMAC-SHA-256 of texts that are no transcripts. The key of case 1 is
    /// shorter than ours may be, so it is taken past the constructor.
    #[test]
    fn the_published_vectors_come_out() {
        let padded = |key: &[u8]| {
            let mut block = [0; MacKey::MOST];
            block[..key.len()].copy_from_slice(key);
            MacKey(block)
        };
        let cases: [(&[u8], &[u8], &str); 2] = [
            (
                &[0x0b; 20],
                b"Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                &[0xaa; 20],
                &[0xdd; 50],
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
            ),
        ];
        for (key, message, expected) in cases {
            let mac = padded(key).mac(Transcript(message.to_vec()));
            assert_eq!(mac.to_vec(), from_hex(expected));
        }
    }

    #[test]
    fn label_value_and_key_decide_the_mac() {
        let written = |label: &[u8], values: &[&[u8]]| {
            let mut transcript = Transcript::new(label);
            transcript.byte_list(values);
            transcript
        };
        let key = MacKey::new(&[7; 32]).unwrap();
        let mac = key.mac(written(b"label", &[b"ab", b"c"]));
        assert!(key.verifies(written(b"label", &[b"ab", b"c"]), &mac));
        assert!(!key.verifies(written(b"other", &[b"ab", b"c"]), &mac));
        assert!(!key.verifies(written(b"label", &[b"a", b"bc"]), &mac));
        assert!(!MacKey::new(&[8; 32]).unwrap().verifies(written(b"label", &[b"ab", b"c"]), &mac));
    }

    #[test]
    fn a_key_has_32_to_64_bytes_and_does_not_print() {
        for (length, taken) in [(0, false), (31, false), (32, true), (64, true), (65, false)] {
            assert_eq!(MacKey::new(&vec![1; length]).is_some(), taken, "{length}");
        }
        assert_eq!(format!("{:?}", MacKey::new(&[1; 32]).unwrap()), "MacKey(..)");
    }
}
