//! The RustCrypto provider: pure Rust, builds for every phone.

#[cfg(feature = "full")]
mod further;

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use super::{Digest, Hash, PublicKey, Scheme, SignatureError, SignatureVerifier, contiguous};

pub(super) struct RustCrypto;

impl SignatureVerifier for RustCrypto {
    fn verify(
        &self,
        scheme: Scheme,
        key: &PublicKey,
        message: &[&[u8]],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        let valid = match (scheme, key) {
            (Scheme::Ecdsa(hash), PublicKey::P256(point)) => {
                ecdsa!(p256, point, self.digest(hash, message), signature)
            }
            (Scheme::Ecdsa(hash), PublicKey::P384(point)) => {
                ecdsa!(p384, point, self.digest(hash, message), signature)
            }
            (Scheme::EdDsa, PublicKey::Ed25519(point)) => {
                ed25519(point, &contiguous(message), signature)
            }
            #[cfg(feature = "full")]
            _ => return further::verify(scheme, key, message, signature),
            #[cfg(not(feature = "full"))]
            _ => return Err(SignatureError::KeyType),
        };
        valid.ok_or(SignatureError::Invalid)
    }

    fn is_valid_point(&self, key: &PublicKey) -> bool {
        match key {
            PublicKey::P256(point) => p256::PublicKey::from_sec1_bytes(point).is_ok(),
            PublicKey::P384(point) => p384::PublicKey::from_sec1_bytes(point).is_ok(),
            PublicKey::Ed25519(point) => {
                ed25519_dalek::VerifyingKey::from_bytes(point).is_ok_and(|key| !key.is_weak())
            }
            #[cfg(feature = "full")]
            _ => further::is_valid_point(key),
            #[cfg(not(feature = "full"))]
            _ => false,
        }
    }

    fn digest(&self, hash: Hash, message: &[&[u8]]) -> Digest {
        match hash {
            Hash::Sha1 => Digest::Sha1(digest::<Sha1>(message).into()),
            Hash::Sha256 => Digest::Sha256(self.sha256(message)),
            Hash::Sha384 => Digest::Sha384(digest::<Sha384>(message).into()),
            Hash::Sha512 => Digest::Sha512(digest::<Sha512>(message).into()),
        }
    }

    fn sha256(&self, message: &[&[u8]]) -> [u8; 32] {
        digest::<Sha256>(message).into()
    }
}

fn digest<D: sha2::Digest>(message: &[&[u8]]) -> sha2::digest::Output<D> {
    let mut digest = D::new();
    for part in message {
        digest.update(part);
    }
    digest.finalize()
}

macro_rules! ecdsa {
    ($curve:ident, $point:expr, $digest:expr, $signature:expr) => {{
        let key = $curve::ecdsa::VerifyingKey::from_sec1_bytes($point).ok();
        let signature = $curve::ecdsa::Signature::from_der($signature).ok();
        key.zip(signature)
            .and_then(|(key, signature)| key.verify_prehash($digest.as_ref(), &signature).ok())
    }};
}
use ecdsa;

/// RFC 8032 verification that also refuses points of small order, so that one signature cannot
/// verify under several keys.
fn ed25519(point: &[u8; 32], message: &[u8], signature: &[u8]) -> Option<()> {
    let key = ed25519_dalek::VerifyingKey::from_bytes(point).ok()?;
    let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
    key.verify_strict(message, &signature).ok()
}
