//! The random values of the section: one HKDF-SHA-256 after another.

use hkdf::Hkdf;
use sha2::Sha256;

use crate::key::{KeyKind, SigningKey};

/// The input keying material of every value.
const SECRET: &[u8] = b"WebAuthn test vectors";

/// The values of one example, in the order in which they are drawn: its name is the `info` of all
/// of them, and the salt is one byte that counts them.
pub(super) struct Draws {
    info: &'static str,
    salt: u8,
}

impl Draws {
    pub(super) fn new(info: &'static str) -> Self {
        Self { info, salt: 0 }
    }

    /// The next value, of this length.
    pub(super) fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut value = vec![0; length];
        Hkdf::<Sha256>::new(Some(&[self.salt]), SECRET)
            .expand(self.info.as_bytes(), &mut value)
            .expect("shorter than HKDF can go");
        self.salt += 1;
        value
    }

    /// The next value, of a length known at compile time.
    pub(super) fn array<const LENGTH: usize>(&mut self) -> [u8; LENGTH] {
        self.bytes(LENGTH).try_into().expect("the length asked for")
    }

    /// The next value, one byte of which only these bits count.
    pub(super) fn bits(&mut self, mask: u8) -> u8 {
        self.array::<1>()[0] & mask
    }

    /// The next value as the secret of a key.
    pub(super) fn key(&mut self, kind: KeyKind) -> SigningKey {
        let secret = match kind {
            KeyKind::Es384 => self.bytes(48),
            // A byte short of the curve's order, so that every value is below it.
            KeyKind::Es512 => [vec![0], self.bytes(65)].concat(),
            KeyKind::Ed448 => self.bytes(57),
            _ => self.bytes(32),
        };
        SigningKey::from_secret(kind, &secret).expect("the section draws valid secrets only")
    }
}
