//! The algorithms of the feature `full`: no phone makes keys of them, but a server meets them.

use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use rsa::BoxedUint;
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use super::{RustCrypto, ecdsa};
use crate::crypto::public_key::RsaPublicKey;
use crate::crypto::{
    Digest, Hash, PublicKey, Scheme, SignatureError, SignatureVerifier as _, contiguous, edwards,
};

pub(super) fn verify(
    scheme: Scheme,
    key: &PublicKey,
    message: &[&[u8]],
    signature: &[u8],
) -> Result<(), SignatureError> {
    let valid = match (scheme, key) {
        (Scheme::Ecdsa(hash), PublicKey::P521(point)) => {
            // The crate wants a digest of at least half the field; X9.62 pads a shorter one
            // with zeros on the left, which is what this does.
            let digest = RustCrypto.digest(hash, message);
            let mut field = [0_u8; 66];
            let bytes = digest.as_ref();
            for (slot, byte) in field.iter_mut().rev().zip(bytes.iter().rev()) {
                *slot = *byte;
            }
            ecdsa!(p521, point, field, signature)
        }
        (Scheme::Ecdsa(hash), PublicKey::Secp256k1(point)) => {
            secp256k1(point, &RustCrypto.digest(hash, message), signature)
        }
        (Scheme::MlDsa, PublicKey::MlDsa44(key)) => {
            ml_dsa::<ml_dsa::MlDsa44>(key.as_slice(), &contiguous(message), signature)
        }
        (Scheme::MlDsa, PublicKey::MlDsa65(key)) => {
            ml_dsa::<ml_dsa::MlDsa65>(key.as_slice(), &contiguous(message), signature)
        }
        (Scheme::MlDsa, PublicKey::MlDsa87(key)) => {
            ml_dsa::<ml_dsa::MlDsa87>(key.as_slice(), &contiguous(message), signature)
        }
        (Scheme::EdDsa, PublicKey::Ed448(point)) => ed448(point, &contiguous(message), signature),
        (Scheme::RsaPkcs1(hash), PublicKey::Rsa(key)) => {
            rsa_signature!(pkcs1v15, key, hash, message, signature)
        }
        (Scheme::RsaPss(hash), PublicKey::Rsa(key)) => {
            rsa_signature!(pss, key, hash, message, signature)
        }
        _ => return Err(SignatureError::KeyType),
    };
    valid.ok_or(SignatureError::Invalid)
}

pub(super) fn is_valid_point(key: &PublicKey) -> bool {
    match key {
        PublicKey::P521(point) => p521::PublicKey::from_sec1_bytes(point).is_ok(),
        PublicKey::Ed448(point) => ed448_goldilocks::VerifyingKey::from_bytes(point).is_ok(),
        PublicKey::Secp256k1(point) => k256::PublicKey::from_sec1_bytes(point).is_ok(),
        PublicKey::MlDsa44(_)
        | PublicKey::MlDsa65(_)
        | PublicKey::MlDsa87(_)
        | PublicKey::Rsa(_) => true,
        PublicKey::P256(_) | PublicKey::P384(_) | PublicKey::Ed25519(_) => false,
    }
}

/// The crate takes only signatures with a low s, a rule of other users of the curve; COSE has no
/// such rule, so s is brought down first.
fn secp256k1(point: &[u8; 65], digest: &Digest, signature: &[u8]) -> Option<()> {
    let key = k256::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?;
    let signature = k256::ecdsa::Signature::from_der(signature).ok()?.normalize_s();
    key.verify_prehash(digest.as_ref(), &signature).ok()
}

/// RFC 8032 verification. The crate ignores the unused bits of R, and would take a signature in
/// many spellings.
fn ed448(point: &[u8; 57], message: &[u8], signature: &[u8]) -> Option<()> {
    signature.first_chunk().filter(|r| edwards::is_canonical_448(r))?;
    let key = ed448_goldilocks::VerifyingKey::from_bytes(point).ok()?;
    let signature = ed448_goldilocks::Signature::try_from(signature).ok()?;
    key.verify(message, &signature).ok()
}

/// FIPS 204 verification with an empty context.
fn ml_dsa<P: ml_dsa::MlDsaParams>(key: &[u8], message: &[u8], signature: &[u8]) -> Option<()> {
    let key = ml_dsa::EncodedVerifyingKey::<P>::try_from(key).ok()?;
    let signature = ml_dsa::Signature::<P>::try_from(signature).ok()?;
    ml_dsa::VerifyingKey::<P>::decode(&key).verify(message, &signature).ok()
}

/// The key of the crate, if the signature is as long as its modulus (RFC 8017 section 8.1.2): the
/// crate counts machine words, and lets zeros stand in front where they fill the last one.
fn rsa_key(key: &RsaPublicKey, signature: &[u8]) -> Option<rsa::RsaPublicKey> {
    if signature.len() != key.modulus.len() {
        return None;
    }
    let modulus = BoxedUint::from_be_slice_vartime(&key.modulus);
    let most = key.modulus.len().checked_mul(8)?;
    rsa::RsaPublicKey::new_with_max_size(modulus, BoxedUint::from(key.exponent), most).ok()
}

macro_rules! rsa_signature {
    ($padding:ident, $key:expr, $hash:expr, $message:expr, $signature:expr) => {{
        use rsa::$padding::{Signature, VerifyingKey};
        let pair = rsa_key($key, $signature).zip(Signature::try_from($signature).ok());
        pair.and_then(|(key, signature)| {
            let digest = RustCrypto.digest($hash, $message);
            let digest = digest.as_ref();
            match $hash {
                Hash::Sha1 => VerifyingKey::<Sha1>::new(key).verify_prehash(digest, &signature),
                Hash::Sha256 => VerifyingKey::<Sha256>::new(key).verify_prehash(digest, &signature),
                Hash::Sha384 => VerifyingKey::<Sha384>::new(key).verify_prehash(digest, &signature),
                Hash::Sha512 => VerifyingKey::<Sha512>::new(key).verify_prehash(digest, &signature),
            }
            .ok()
        })
    }};
}
use rsa_signature;
