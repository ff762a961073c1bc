//! The AWS-LC provider: C and assembly, several times faster on a server.
//!
//! The feature `aws-lc` chooses it, and a feature never changes a verdict. So AWS-LC is asked only
//! where its answer is known to be RustCrypto's, and the rest stays with RustCrypto.
//!
//! | signature | checked by | why |
//! |---|---|---|
//! | ECDSA on P-256, P-384, P-521 with SHA-256, SHA-384 or SHA-512 | AWS-LC | certificate chains mix curves and hashes |
//! | ECDSA on secp256k1 | RustCrypto | AWS-LC takes three times as long |
//! | Ed25519 | AWS-LC | an R of small order, which RustCrypto refuses, is looked for first |
//! | Ed448 | RustCrypto | AWS-LC does not have it |
//! | ML-DSA-44, ML-DSA-65, ML-DSA-87 | AWS-LC | |
//! | RSA PKCS #1 with SHA-1, SHA-256, SHA-384 or SHA-512 | AWS-LC | it takes every key that is a [`PublicKey`]: up to 8192 bits, an odd exponent below 2³³ |
//! | RSA PSS with SHA-256, SHA-384 or SHA-512 | AWS-LC | the same |
//!
//! Points are validated by RustCrypto, which is four times as quick at it. The vectors of `wycheproof.rs` and
//! the comparison of `equality.rs` hold both providers to the same answers.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{
    self, EcdsaVerificationAlgorithm, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey,
    VerificationAlgorithm,
};

use super::public_key::RsaPublicKey;
use super::rustcrypto::RustCrypto;
use super::{Digest, Hash, PublicKey, Scheme, SignatureError, SignatureVerifier};

pub(super) struct AwsLc;

impl SignatureVerifier for AwsLc {
    fn verify(
        &self,
        scheme: Scheme,
        key: &PublicKey,
        message: &[&[u8]],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        match answer(scheme, key, message, signature) {
            Some(true) => Ok(()),
            Some(false) => Err(SignatureError::Invalid),
            None => RustCrypto.verify(scheme, key, message, signature),
        }
    }

    fn is_valid_point(&self, key: &PublicKey) -> bool {
        RustCrypto.is_valid_point(key)
    }

    fn digest(&self, hash: Hash, message: &[&[u8]]) -> Digest {
        let algorithm = match hash {
            Hash::Sha1 => return RustCrypto.digest(hash, message),
            Hash::Sha256 => &digest::SHA256,
            Hash::Sha384 => &digest::SHA384,
            Hash::Sha512 => &digest::SHA512,
        };
        let digest = whole(message, |message| digest::digest(algorithm, message));
        let bytes = digest.as_ref();
        match hash {
            Hash::Sha256 => bytes.try_into().map(Digest::Sha256),
            Hash::Sha384 => bytes.try_into().map(Digest::Sha384),
            _ => bytes.try_into().map(Digest::Sha512),
        }
        .unwrap_or_else(|_| RustCrypto.digest(hash, message))
    }

    fn sha256(&self, message: &[&[u8]]) -> [u8; 32] {
        let digest = whole(message, |message| digest::digest(&digest::SHA256, message));
        digest.as_ref().try_into().unwrap_or_else(|_| RustCrypto.sha256(message))
    }
}

/// What AWS-LC says of a signature, or nothing where it is not asked.
fn answer(scheme: Scheme, key: &PublicKey, message: &[&[u8]], signature: &[u8]) -> Option<bool> {
    match (scheme, key) {
        (Scheme::Ecdsa(hash), PublicKey::P256(point)) => ecdsa(
            [
                &signature::ECDSA_P256_SHA256_ASN1,
                &signature::ECDSA_P256_SHA384_ASN1,
                &signature::ECDSA_P256_SHA512_ASN1,
            ],
            hash,
            point,
            message,
            signature,
        ),
        (Scheme::Ecdsa(hash), PublicKey::P384(point)) => ecdsa(
            [
                &signature::ECDSA_P384_SHA256_ASN1,
                &signature::ECDSA_P384_SHA384_ASN1,
                &signature::ECDSA_P384_SHA512_ASN1,
            ],
            hash,
            point,
            message,
            signature,
        ),
        (Scheme::Ecdsa(hash), PublicKey::P521(point)) => ecdsa(
            [
                &signature::ECDSA_P521_SHA256_ASN1,
                &signature::ECDSA_P521_SHA384_ASN1,
                &signature::ECDSA_P521_SHA512_ASN1,
            ],
            hash,
            point,
            message,
            signature,
        ),
        (Scheme::EdDsa, PublicKey::Ed25519(point)) => {
            let small = signature.first_chunk().is_none_or(has_small_order);
            Some(!small && undigested(&signature::ED25519, point, message, signature))
        }
        (Scheme::MlDsa, PublicKey::MlDsa44(key)) => {
            Some(undigested(&signature::ML_DSA_44, key.as_slice(), message, signature))
        }
        (Scheme::MlDsa, PublicKey::MlDsa65(key)) => {
            Some(undigested(&signature::ML_DSA_65, key.as_slice(), message, signature))
        }
        (Scheme::MlDsa, PublicKey::MlDsa87(key)) => {
            Some(undigested(&signature::ML_DSA_87, key.as_slice(), message, signature))
        }
        (Scheme::RsaPkcs1(hash), PublicKey::Rsa(key)) => {
            let parameters = match hash {
                Hash::Sha1 => &signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
                Hash::Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
                Hash::Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
                Hash::Sha512 => &signature::RSA_PKCS1_2048_8192_SHA512,
            };
            Some(rsa(parameters, key, message, signature))
        }
        (Scheme::RsaPss(hash), PublicKey::Rsa(key)) => {
            // Each of these wants a salt as long as the digest.
            let parameters = match hash {
                Hash::Sha1 => return None,
                Hash::Sha256 => &signature::RSA_PSS_2048_8192_SHA256,
                Hash::Sha384 => &signature::RSA_PSS_2048_8192_SHA384,
                Hash::Sha512 => &signature::RSA_PSS_2048_8192_SHA512,
            };
            Some(rsa(parameters, key, message, signature))
        }
        _ => None,
    }
}

/// ECDSA on one curve, whose algorithms are for SHA-256, SHA-384 and SHA-512.
fn ecdsa(
    [sha256, sha384, sha512]: [&'static EcdsaVerificationAlgorithm; 3],
    hash: Hash,
    point: &[u8],
    message: &[&[u8]],
    signature: &[u8],
) -> Option<bool> {
    let (algorithm, digest_algorithm) = match hash {
        Hash::Sha1 => return None,
        Hash::Sha256 => (sha256, &digest::SHA256),
        Hash::Sha384 => (sha384, &digest::SHA384),
        Hash::Sha512 => (sha512, &digest::SHA512),
    };
    let digest = whole(message, |message| digest::digest(digest_algorithm, message));
    Some(UnparsedPublicKey::new(algorithm, point).verify_digest(&digest, signature).is_ok())
}

/// A signature over the message itself instead of its digest.
fn undigested(
    algorithm: &'static dyn VerificationAlgorithm,
    key: &[u8],
    message: &[&[u8]],
    signature: &[u8],
) -> bool {
    let key = UnparsedPublicKey::new(algorithm, key);
    whole(message, |message| key.verify(message, signature).is_ok())
}

fn rsa(
    parameters: &RsaParameters,
    key: &RsaPublicKey,
    message: &[&[u8]],
    signature: &[u8],
) -> bool {
    let exponent = key.exponent.to_be_bytes();
    let zeros = exponent.iter().take_while(|byte| **byte == 0).count();
    let (_, exponent) = exponent.split_at_checked(zeros).unwrap_or_default();
    let key = RsaPublicKeyComponents { n: &*key.modulus, e: exponent };
    whole(message, |message| key.verify(parameters, message, signature).is_ok())
}

/// Hands over a message in one piece: short ones are joined on the stack, because what AWS-LC has
/// for messages in parts is made on the heap.
fn whole<T>(message: &[&[u8]], take: impl FnOnce(&[u8]) -> T) -> T {
    const SHORT: usize = 1024;
    if let [message] = message {
        return take(message);
    }
    let mut buffer = [0; SHORT];
    let mut length: usize = 0;
    for part in message {
        let end = length.saturating_add(part.len());
        match buffer.get_mut(length..end) {
            Some(room) => room.copy_from_slice(part),
            None => return take(&message.concat()),
        }
        length = end;
    }
    take(buffer.get(..length).unwrap_or_default())
}

/// Whether an encoded point of edwards25519 is one of the eight whose order divides eight.
/// Other encodings of them need no looking for: AWS-LC compares R with the canonical one.
fn has_small_order(point: &[u8; 32]) -> bool {
    let mut y = *point;
    // The sign of x; either sign has the same order.
    if let Some(last) = y.last_mut() {
        *last &= 0x7f;
    }
    SMALL_ORDER.contains(&y)
}

/// The y coordinates of those points, little-endian: 1 and −1 (orders 1 and 2), 0 (order 4), and
/// the two of order 8.
const SMALL_ORDER: [[u8; 32]; 5] = [
    [
        1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0,
    ],
    [
        0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0x7f,
    ],
    [0; 32],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_points_of_small_order_are_those_that_rustcrypto_calls_weak() {
        for y in SMALL_ORDER {
            for sign in [0, 0x80] {
                let mut point = y;
                point[31] |= sign;
                let key = ed25519_dalek::VerifyingKey::from_bytes(&point).unwrap();
                assert!(key.is_weak());
                assert!(has_small_order(&point));
            }
            let mut neighbour = y;
            neighbour[0] ^= 4;
            assert!(!has_small_order(&neighbour));
        }
    }
}
