//! Floor 1: algorithms, typed public keys, and signature verification behind one trait.
//!
//! `alg`, key type, curve and key size are parsed into one [`PublicKey`] that fits its
//! [`Algorithm`], so that they cannot disagree later. There is no default hash and no fallback:
//! an identifier that is not in the table is refused.

mod algorithm;
#[cfg(feature = "aws-lc")]
mod aws_lc;
#[cfg(test)]
mod corners;
mod edwards;
#[cfg(all(test, feature = "aws-lc"))]
mod equality;
mod mac;
mod public_key;
mod roca;
mod rustcrypto;
#[cfg(test)]
mod weak_keys;
#[cfg(test)]
mod wycheproof;
mod x509;

pub use algorithm::Algorithm;
pub(crate) use mac::MacKey;
pub(crate) use public_key::{KeyKind, PublicKey};
pub(crate) use x509::certificate_algorithm;

use std::borrow::Cow;

use crate::verdict::{Cause, InputDigest, Reason};

/// The signature checks that a provider of cryptography has to offer. Providers differ in speed
/// and in nothing else.
pub(crate) trait SignatureVerifier {
    /// Verifies `signature` over the concatenation of `message`. A key whose point is not usable
    /// verifies nothing.
    fn verify(
        &self,
        scheme: Scheme,
        key: &PublicKey,
        message: &[&[u8]],
        signature: &[u8],
    ) -> Result<(), SignatureError>;

    /// Whether the key's point is a usable point of its curve. RSA keys have none to judge.
    fn is_valid_point(&self, key: &PublicKey) -> bool;

    /// A digest of the concatenation of `message`.
    fn digest(&self, hash: Hash, message: &[&[u8]]) -> Digest;

    /// SHA-256 of the concatenation of `message`.
    fn sha256(&self, message: &[&[u8]]) -> [u8; 32];
}

/// The provider in use.
#[cfg(feature = "aws-lc")]
pub(crate) fn provider() -> &'static impl SignatureVerifier {
    &aws_lc::AwsLc
}

/// The provider in use.
#[cfg(not(feature = "aws-lc"))]
pub(crate) fn provider() -> &'static impl SignatureVerifier {
    &rustcrypto::RustCrypto
}

#[cfg(test)]
type NamedProvider = (&'static str, &'static dyn SignatureVerifier);

/// Every provider that is compiled in, by name: what is shown of one has to hold of all.
#[cfg(test)]
fn providers() -> Vec<NamedProvider> {
    vec![
        #[cfg(feature = "aws-lc")]
        ("AWS-LC", &aws_lc::AwsLc),
        ("RustCrypto", &rustcrypto::RustCrypto),
    ]
}

#[cfg(test)]
fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.chars().map(|digit| u8::try_from(digit.to_digit(16).unwrap()).unwrap()).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// SHA-256 of the concatenation of `message`.
pub(crate) fn sha256(message: &[&[u8]]) -> [u8; 32] {
    provider().sha256(message)
}

/// The parts of a message as one, copied where they are several.
fn contiguous<'a>(message: &[&'a [u8]]) -> Cow<'a, [u8]> {
    match message {
        [only] => Cow::Borrowed(only),
        parts => Cow::Owned(parts.concat()),
    }
}

/// A digest of several values: each stands behind a mark of its presence and its length, so that
/// no two sequences share a digest.
pub(crate) struct Transcript(Vec<u8>);

impl Transcript {
    pub(crate) fn new(label: &[u8]) -> Self {
        let mut transcript = Self(Vec::with_capacity(1024));
        transcript.bytes(label);
        transcript
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.optional(Some(bytes));
    }

    pub(crate) fn optional(&mut self, bytes: Option<&[u8]>) {
        let value = bytes.unwrap_or_default();
        self.0.push(u8::from(bytes.is_some()));
        self.number(value.len());
        self.0.extend_from_slice(value);
    }

    pub(crate) fn flag(&mut self, flag: bool) {
        self.0.push(u8::from(flag));
    }

    /// A list, behind the number of its items.
    pub(crate) fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.number(items.len());
        for item in items {
            write(self, item);
        }
    }

    pub(crate) fn byte_list(&mut self, items: &[impl AsRef<[u8]>]) {
        self.list(items, |transcript, item| transcript.bytes(item.as_ref()));
    }

    /// The digest, for a verdict: computed when somebody asks for it.
    pub(crate) fn finish(self) -> InputDigest {
        InputDigest::later(self.0, |bytes| sha256(&[bytes]))
    }

    /// What was written, to be part of another digest.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn number(&mut self, number: usize) {
        let number = u64::try_from(number).unwrap_or(u64::MAX);
        self.0.extend_from_slice(&number.to_be_bytes());
    }
}

/// Why a signature was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignatureError {
    /// It does not verify.
    Invalid,
    /// The key is of another type than the scheme.
    KeyType,
}

impl From<SignatureError> for Cause {
    fn from(error: SignatureError) -> Self {
        match error {
            SignatureError::Invalid => Reason::SignatureInvalid.into(),
            SignatureError::KeyType => Reason::SignatureKeyType.into(),
        }
    }
}

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    /// Only for RS1, and so only where a policy takes it.
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// A digest of up to 64 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Digest {
    Sha1([u8; 20]),
    Sha256([u8; 32]),
    Sha384([u8; 48]),
    Sha512([u8; 64]),
}

impl AsRef<[u8]> for Digest {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Sha1(bytes) => bytes,
            Self::Sha256(bytes) => bytes,
            Self::Sha384(bytes) => bytes,
            Self::Sha512(bytes) => bytes,
        }
    }
}

/// How a signature is made, without the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// ECDSA in the DER form (`Ecdsa-Sig-Value`).
    Ecdsa(Hash),
    /// Ed25519 or Ed448, as the key says.
    EdDsa,
    /// ML-DSA with an empty context, in the parameter set of the key.
    MlDsa,
    /// RSASSA-PKCS1-v1_5.
    RsaPkcs1(Hash),
    /// RSASSA-PSS with MGF1 over the same hash and a salt of its length.
    RsaPss(Hash),
}
