//! Bare checks by the RustCrypto crates.

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use rsa::BoxedUint;
use sha2::{Digest as _, Sha256, Sha384};

use super::Key;

pub(super) const NAME: &str = "RustCrypto";

pub(super) fn verify(key: &Key, message: &[u8], signature: &[u8]) -> bool {
    match key {
        Key::P256(point) => p256(point, message, signature),
        Key::P384(point) => p384(point, message, signature),
        Key::Ed25519(point) => ed25519(point, message, signature),
        Key::Rsa { modulus, exponent } => rsa(modulus, exponent, message, signature),
    }
    .is_some()
}

fn p256(point: &[u8], message: &[u8], signature: &[u8]) -> Option<()> {
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?;
    let signature = p256::ecdsa::Signature::from_der(signature).ok()?;
    key.verify_prehash(&Sha256::digest(message), &signature).ok()
}

fn p384(point: &[u8], message: &[u8], signature: &[u8]) -> Option<()> {
    let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?;
    let signature = p384::ecdsa::Signature::from_der(signature).ok()?;
    key.verify_prehash(&Sha384::digest(message), &signature).ok()
}

fn ed25519(point: &[u8], message: &[u8], signature: &[u8]) -> Option<()> {
    let key = ed25519_dalek::VerifyingKey::from_bytes(point.try_into().ok()?).ok()?;
    let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
    key.verify_strict(message, &signature).ok()
}

fn rsa(modulus: &[u8], exponent: &[u8], message: &[u8], signature: &[u8]) -> Option<()> {
    let modulus = BoxedUint::from_be_slice_vartime(modulus);
    let exponent = BoxedUint::from_be_slice_vartime(exponent);
    let key = rsa::RsaPublicKey::new(modulus, exponent).ok()?;
    let signature = rsa::pkcs1v15::Signature::try_from(signature).ok()?;
    rsa::pkcs1v15::VerifyingKey::<Sha256>::new(key)
        .verify_prehash(&Sha256::digest(message), &signature)
        .ok()
}
