//! Private keys from seeds, and everything a ceremony needs of them.

use std::fmt;
use std::sync::OnceLock;

use ciborium::Value;
use ed25519_dalek::Signer as _;
use ml_dsa::{MlDsa44, MlDsa65, MlDsa87, MlDsaParams, SignatureEncoding as _};
use p256::ecdsa::signature::hazmat::PrehashSigner;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, Pkcs1v15Sign, Pss, RsaPrivateKey};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use crate::cbor;
use crate::der;
use crate::fixed_rsa::FIXED_RSA_KEYS;
use crate::scheme::{Hash, SignatureScheme, sha256};
use crate::seed;

/// Which kind of key to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// An ECDSA key on P-256.
    Es256,
    /// An ECDSA key on P-384.
    Es384,
    /// An ECDSA key on P-521.
    Es512,
    /// An Ed25519 key.
    EdDsa,
    /// An Ed448 key.
    Ed448,
    /// An ECDSA key on secp256k1.
    Es256k,
    /// An ML-DSA-44 key.
    MlDsa44,
    /// An ML-DSA-65 key.
    MlDsa65,
    /// An ML-DSA-87 key.
    MlDsa87,
    /// An RSA key of 2048 bits.
    Rsa2048,
}

impl KeyKind {
    /// The kind of key a COSE algorithm number is used with.
    pub fn for_algorithm(algorithm: i64) -> Self {
        match algorithm {
            -7 | -9 => Self::Es256,
            -35 | -51 => Self::Es384,
            -36 | -52 => Self::Es512,
            -8 | -19 => Self::EdDsa,
            -53 => Self::Ed448,
            -47 => Self::Es256k,
            -48 => Self::MlDsa44,
            -49 => Self::MlDsa65,
            -50 => Self::MlDsa87,
            -257 | -258 | -259 | -37 | -38 | -39 | -65535 => Self::Rsa2048,
            other => panic!("no kind of key for COSE algorithm {other}"),
        }
    }
}

/// A private key.
#[derive(Clone)]
pub enum SigningKey {
    /// On P-256.
    Es256(p256::ecdsa::SigningKey),
    /// On P-384.
    Es384(p384::ecdsa::SigningKey),
    /// On P-521.
    Es512(p521::ecdsa::SigningKey),
    /// Ed25519.
    EdDsa(Box<ed25519_dalek::SigningKey>),
    /// Ed448.
    Ed448(Box<ed448_goldilocks::SigningKey>),
    /// On secp256k1.
    Es256k(k256::ecdsa::SigningKey),
    /// ML-DSA-44.
    MlDsa44(Box<ml_dsa::SigningKey<MlDsa44>>),
    /// ML-DSA-65.
    MlDsa65(Box<ml_dsa::SigningKey<MlDsa65>>),
    /// ML-DSA-87.
    MlDsa87(Box<ml_dsa::SigningKey<MlDsa87>>),
    /// RSA: one of the three fixed keys of 2048 bits, or a key a test has made itself.
    Rsa(&'static RsaPrivateKey),
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKey({:?})", self.kind())
    }
}

impl SigningKey {
    /// The key of this kind for a seed; different seeds give different keys.
    ///
    /// Except for RSA, where a seed picks one of three fixed keys: use [`Self::rsa`] where two
    /// keys have to differ.
    pub fn from_seed(kind: KeyKind, seed: &str) -> Self {
        // The loop ends soon: nearly every number of that many bits is a valid scalar.
        let scalar = |length: usize, top: u8| {
            (0..)
                .find_map(|attempt| {
                    let label = format!("{kind:?} key {attempt}");
                    let mut bytes = seed::bytes(seed, &label, length);
                    bytes[0] &= top;
                    Self::from_secret(kind, &bytes)
                })
                .expect("an endless supply")
        };
        let any = |label: &str, length: usize| {
            Self::from_secret(kind, &seed::bytes(seed, label, length))
                .expect("any bytes of this length are a key")
        };
        match kind {
            KeyKind::Es256 | KeyKind::Es256k => scalar(32, 0xff),
            KeyKind::Es384 => scalar(48, 0xff),
            KeyKind::Es512 => scalar(66, 0x01),
            KeyKind::EdDsa => any("Ed25519 key", 32),
            KeyKind::Ed448 => any("Ed448 key", 57),
            KeyKind::MlDsa44 => any("ML-DSA-44 key", 32),
            KeyKind::MlDsa65 => any("ML-DSA-65 key", 32),
            KeyKind::MlDsa87 => any("ML-DSA-87 key", 32),
            KeyKind::Rsa2048 => Self::rsa(seed::bytes(seed, "RSA key", 1)[0].into()),
        }
    }

    /// The key with this secret: the big-endian scalar of an ECDSA key, as long as the curve's
    /// order, or the seed of any other. `None` where the bytes are no such secret, and for RSA.
    pub fn from_secret(kind: KeyKind, secret: &[u8]) -> Option<Self> {
        Some(match kind {
            KeyKind::Es256 => Self::Es256(p256::ecdsa::SigningKey::from_slice(secret).ok()?),
            KeyKind::Es384 => Self::Es384(p384::ecdsa::SigningKey::from_slice(secret).ok()?),
            KeyKind::Es512 => Self::Es512(p521::ecdsa::SigningKey::from_slice(secret).ok()?),
            KeyKind::Es256k => Self::Es256k(k256::ecdsa::SigningKey::from_slice(secret).ok()?),
            KeyKind::EdDsa => Self::EdDsa(Box::new(secret.try_into().ok()?)),
            KeyKind::Ed448 => Self::Ed448(Box::new(secret.try_into().ok()?)),
            KeyKind::MlDsa44 => Self::MlDsa44(ml_dsa_key(secret)?),
            KeyKind::MlDsa65 => Self::MlDsa65(ml_dsa_key(secret)?),
            KeyKind::MlDsa87 => Self::MlDsa87(ml_dsa_key(secret)?),
            KeyKind::Rsa2048 => return None,
        })
    }

    /// One of the three fixed RSA keys, by number (modulo three).
    pub fn rsa(number: usize) -> Self {
        static KEYS: [OnceLock<RsaPrivateKey>; 3] =
            [OnceLock::new(), OnceLock::new(), OnceLock::new()];
        let number = number % KEYS.len();
        Self::Rsa(KEYS[number].get_or_init(|| fixed_rsa_key(number)))
    }

    /// Which kind of key this is.
    pub fn kind(&self) -> KeyKind {
        match self {
            Self::Es256(_) => KeyKind::Es256,
            Self::Es384(_) => KeyKind::Es384,
            Self::Es512(_) => KeyKind::Es512,
            Self::EdDsa(_) => KeyKind::EdDsa,
            Self::Ed448(_) => KeyKind::Ed448,
            Self::Es256k(_) => KeyKind::Es256k,
            Self::MlDsa44(_) => KeyKind::MlDsa44,
            Self::MlDsa65(_) => KeyKind::MlDsa65,
            Self::MlDsa87(_) => KeyKind::MlDsa87,
            Self::Rsa(_) => KeyKind::Rsa2048,
        }
    }

    /// The COSE algorithm number this key is registered with when nobody says otherwise.
    pub fn default_algorithm(&self) -> i64 {
        match self.kind() {
            KeyKind::Es256 => -7,
            KeyKind::Es384 => -35,
            KeyKind::Es512 => -36,
            KeyKind::EdDsa => -8,
            KeyKind::Ed448 => -53,
            KeyKind::Es256k => -47,
            KeyKind::MlDsa44 => -48,
            KeyKind::MlDsa65 => -49,
            KeyKind::MlDsa87 => -50,
            KeyKind::Rsa2048 => -257,
        }
    }

    /// The scheme this key signs certificates with when nobody says otherwise.
    pub fn default_scheme(&self) -> SignatureScheme {
        SignatureScheme::for_algorithm(self.default_algorithm())
    }

    /// Signs `message` the way the COSE algorithm says.
    pub fn sign_with_algorithm(&self, algorithm: i64, message: &[u8]) -> Vec<u8> {
        self.sign(SignatureScheme::for_algorithm(algorithm), message)
    }

    /// Signs `message`; ECDSA signatures come as DER, and every signature is deterministic.
    /// On secp256k1, `s` is always the lower of the two that would do.
    ///
    /// Where the scheme is for another kind of key, the key signs in its own way with the
    /// scheme's hash: a test that only changes an algorithm number still gets a real signature.
    pub fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Vec<u8> {
        let digest = scheme.hash().digest(message);
        match self {
            Self::Es256(key) => {
                let signature: p256::ecdsa::Signature = key.sign_prehash(&digest).expect("signs");
                ecdsa_der(&signature.to_bytes())
            }
            Self::Es384(key) => {
                let signature: p384::ecdsa::Signature = key.sign_prehash(&digest).expect("signs");
                ecdsa_der(&signature.to_bytes())
            }
            Self::Es512(key) => {
                let signature: p521::ecdsa::Signature = key.sign_prehash(&digest).expect("signs");
                ecdsa_der(&signature.to_bytes())
            }
            Self::EdDsa(key) => key.sign(message).to_bytes().to_vec(),
            Self::Ed448(key) => key.sign_raw(message).to_bytes().to_vec(),
            Self::Es256k(key) => {
                let signature: k256::ecdsa::Signature = key.sign_prehash(&digest).expect("signs");
                ecdsa_der(&signature.to_bytes())
            }
            Self::MlDsa44(key) => key.sign(message).to_bytes().to_vec(),
            Self::MlDsa65(key) => key.sign(message).to_bytes().to_vec(),
            Self::MlDsa87(key) => key.sign(message).to_bytes().to_vec(),
            Self::Rsa(key) => rsa_sign(key, scheme, &digest),
        }
    }

    /// The public key as a COSE key registered for `algorithm`, keys in CTAP2 canonical order.
    pub fn cose_key(&self, algorithm: i64) -> Value {
        let (key_type, curve) = match self {
            Self::Es256(_) => (2, 1),
            Self::Es384(_) => (2, 2),
            Self::Es512(_) => (2, 3),
            Self::EdDsa(_) => (1, 6),
            Self::Ed448(_) => (1, 7),
            Self::Es256k(_) => (2, 8),
            Self::MlDsa44(_) | Self::MlDsa65(_) | Self::MlDsa87(_) => (7, 0),
            Self::Rsa(_) => (3, 0),
        };
        let mut entries = vec![
            (cbor::integer(1), cbor::integer(key_type)),
            (cbor::integer(3), cbor::integer(algorithm)),
        ];
        match self {
            Self::Rsa(key) => {
                let exponent = key.e().to_be_bytes_trimmed_vartime();
                entries.push((cbor::integer(-1), cbor::bytes(self.raw_public_point())));
                entries.push((cbor::integer(-2), cbor::bytes(exponent.to_vec())));
            }
            Self::EdDsa(_) | Self::Ed448(_) => {
                entries.push((cbor::integer(-1), cbor::integer(curve)));
                entries.push((cbor::integer(-2), cbor::bytes(self.raw_public_point())));
            }
            Self::MlDsa44(_) | Self::MlDsa65(_) | Self::MlDsa87(_) => {
                entries.push((cbor::integer(-1), cbor::bytes(self.raw_public_point())));
            }
            Self::Es256(_) | Self::Es384(_) | Self::Es512(_) | Self::Es256k(_) => {
                let (x, y) = self.coordinates();
                entries.push((cbor::integer(-1), cbor::integer(curve)));
                entries.push((cbor::integer(-2), cbor::bytes(x)));
                entries.push((cbor::integer(-3), cbor::bytes(y)));
            }
        }
        Value::Map(entries)
    }

    /// The public key as X.509 SubjectPublicKeyInfo, in DER.
    pub fn spki_der(&self) -> Vec<u8> {
        let elliptic = |curve: &str| vec![der::oid("1.2.840.10045.2.1"), der::oid(curve)];
        let (algorithm, key) = match self {
            Self::Es256(_) => (elliptic("1.2.840.10045.3.1.7"), self.raw_public_point()),
            Self::Es384(_) => (elliptic("1.3.132.0.34"), self.raw_public_point()),
            Self::Es512(_) => (elliptic("1.3.132.0.35"), self.raw_public_point()),
            Self::EdDsa(_) => (vec![der::oid("1.3.101.112")], self.raw_public_point()),
            Self::Ed448(_) => (vec![der::oid("1.3.101.113")], self.raw_public_point()),
            Self::Es256k(_) => (elliptic("1.3.132.0.10"), self.raw_public_point()),
            Self::MlDsa44(_) => {
                (vec![der::oid("2.16.840.1.101.3.4.3.17")], self.raw_public_point())
            }
            Self::MlDsa65(_) => {
                (vec![der::oid("2.16.840.1.101.3.4.3.18")], self.raw_public_point())
            }
            Self::MlDsa87(_) => {
                (vec![der::oid("2.16.840.1.101.3.4.3.19")], self.raw_public_point())
            }
            Self::Rsa(key) => (
                vec![der::oid("1.2.840.113549.1.1.1"), der::null()],
                der::sequence(&[
                    der::unsigned(&key.n().to_be_bytes()),
                    der::unsigned(&key.e().to_be_bytes()),
                ]),
            ),
        };
        der::sequence(&[der::sequence(&algorithm), der::bit_string(0, &key)])
    }

    /// The bare public key: the uncompressed point `04 || x || y` for ECDSA, the encoded point
    /// for the Edwards curves, the encoded public key for ML-DSA, the modulus for RSA.
    pub fn raw_public_point(&self) -> Vec<u8> {
        match self {
            Self::Es256(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Self::Es384(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Self::Es512(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Self::EdDsa(key) => key.verifying_key().to_bytes().to_vec(),
            Self::Ed448(key) => key.verifying_key().to_bytes().to_vec(),
            Self::Es256k(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Self::MlDsa44(key) => ml_dsa_public(key),
            Self::MlDsa65(key) => ml_dsa_public(key),
            Self::MlDsa87(key) => ml_dsa_public(key),
            Self::Rsa(key) => key.n().to_be_bytes_trimmed_vartime().to_vec(),
        }
    }

    /// The affine coordinates of an ECDSA public key; panics for any other key.
    pub fn coordinates(&self) -> (Vec<u8>, Vec<u8>) {
        let (Self::Es256(_) | Self::Es384(_) | Self::Es512(_) | Self::Es256k(_)) = self else {
            panic!("only ECDSA keys have coordinates, not {self:?}");
        };
        let point = self.raw_public_point();
        let (x, y) = point[1..].split_at(point.len() / 2);
        (x.to_vec(), y.to_vec())
    }
}

/// `SEQUENCE { r INTEGER, s INTEGER }` from the two halves of a fixed-length signature.
fn ecdsa_der(fixed: &[u8]) -> Vec<u8> {
    let (r, s) = fixed.split_at(fixed.len() / 2);
    der::sequence(&[der::unsigned(r), der::unsigned(s)])
}

fn ml_dsa_key<P: MlDsaParams>(secret: &[u8]) -> Option<Box<ml_dsa::SigningKey<P>>> {
    let secret: [u8; 32] = secret.try_into().ok()?;
    Some(Box::new(ml_dsa::SigningKey::from_seed(&secret.into())))
}

fn ml_dsa_public<P: MlDsaParams>(key: &ml_dsa::SigningKey<P>) -> Vec<u8> {
    let public: &ml_dsa::VerifyingKey<P> = key.as_ref();
    public.encode().to_vec()
}

fn rsa_sign(key: &RsaPrivateKey, scheme: SignatureScheme, digest: &[u8]) -> Vec<u8> {
    // The salt has to be the same on every run, so it is drawn from the message.
    let mut generator = ChaCha20Rng::from_seed(sha256(digest));
    if let SignatureScheme::RsaPss(hash) = scheme {
        return match hash {
            Hash::Sha1 => key.sign_with_rng(&mut generator, Pss::<Sha1>::new(), digest),
            Hash::Sha256 => key.sign_with_rng(&mut generator, Pss::<Sha256>::new(), digest),
            Hash::Sha384 => key.sign_with_rng(&mut generator, Pss::<Sha384>::new(), digest),
            Hash::Sha512 => key.sign_with_rng(&mut generator, Pss::<Sha512>::new(), digest),
        }
        .expect("signs");
    }
    let padding = match scheme.hash() {
        Hash::Sha1 => Pkcs1v15Sign::new::<Sha1>(),
        Hash::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
        Hash::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
        Hash::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
    };
    key.sign(padding, digest).expect("signs")
}

fn fixed_rsa_key(number: usize) -> RsaPrivateKey {
    let number_of = |hexadecimal: &str| {
        let bytes: Vec<u8> = (0..hexadecimal.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hexadecimal[at..at + 2], 16).expect("hexadecimal"))
            .collect();
        BoxedUint::from_be_slice_vartime(&bytes)
    };
    let fixed = &FIXED_RSA_KEYS[number];
    RsaPrivateKey::from_components(
        number_of(fixed.modulus),
        BoxedUint::from_be_slice_vartime(&65_537u32.to_be_bytes()),
        number_of(fixed.private_exponent),
        vec![number_of(fixed.prime_p), number_of(fixed.prime_q)],
    )
    .expect("a consistent key")
}
