//! Bare checks by AWS-LC.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};

use super::Key;

pub(super) const NAME: &str = "aws-lc-rs";

pub(super) fn verify(key: &Key, message: &[u8], signature: &[u8]) -> bool {
    match key {
        Key::P256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
            .verify(message, signature)
            .is_ok(),
        Key::P384(point) => UnparsedPublicKey::new(&ECDSA_P384_SHA384_ASN1, point)
            .verify(message, signature)
            .is_ok(),
        Key::Ed25519(point) => {
            UnparsedPublicKey::new(&ED25519, point).verify(message, signature).is_ok()
        }
        Key::Rsa { modulus, exponent } => RsaPublicKeyComponents { n: modulus, e: exponent }
            .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            .is_ok(),
    }
}
