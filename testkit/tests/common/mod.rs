//! Checks made signatures with the RustCrypto crates directly, from the *public* encodings
//! alone, so that a mistake in the kit's own key handling cannot hide.
#![allow(dead_code)]

use device_enrollment_testkit::cbor::Entries;
use device_enrollment_testkit::scheme::{Hash, SignatureScheme, sha256};
use device_enrollment_testkit::{Phone, Registration, cbor};
use ml_dsa::{MlDsa44, MlDsa65, MlDsa87, MlDsaParams};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::{BoxedUint, Pkcs1v15Sign, Pss, RsaPublicKey};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};
use x509_cert::spki::{ObjectIdentifier, SubjectPublicKeyInfoOwned};

/// A public key as found in a COSE key or in a certificate.
pub enum PublicKey {
    Ecdsa(Vec<u8>),
    Secp256k1(Vec<u8>),
    Ed25519(Vec<u8>),
    Ed448(Vec<u8>),
    MlDsa44(Vec<u8>),
    MlDsa65(Vec<u8>),
    MlDsa87(Vec<u8>),
    Rsa(Vec<u8>, Vec<u8>),
}

impl PublicKey {
    pub fn from_cose(bytes: &[u8]) -> Self {
        let key = cbor::decode(bytes);
        let get = |label: i64| {
            key.as_map()
                .unwrap()
                .iter()
                .find(|(name, _)| *name == cbor::integer(label))
                .map(|(_, value)| value.clone())
                .unwrap()
        };
        let bytes_of = |label: i64| get(label).into_bytes().unwrap();
        match i128::from(get(1).as_integer().unwrap()) {
            1 => match bytes_of(-2) {
                short if short.len() == 32 => Self::Ed25519(short),
                long => Self::Ed448(long),
            },
            2 => {
                let point = [vec![4], bytes_of(-2), bytes_of(-3)].concat();
                if get(-1) == cbor::integer(8) {
                    Self::Secp256k1(point)
                } else {
                    Self::Ecdsa(point)
                }
            }
            3 => Self::Rsa(bytes_of(-1), bytes_of(-2)),
            7 => match i128::from(get(3).as_integer().unwrap()) {
                -48 => Self::MlDsa44(bytes_of(-1)),
                -49 => Self::MlDsa65(bytes_of(-1)),
                -50 => Self::MlDsa87(bytes_of(-1)),
                other => panic!("algorithm {other} of a key pair"),
            },
            other => panic!("key type {other}"),
        }
    }

    pub fn from_certificate(certificate: &Certificate) -> Self {
        let spki = certificate.tbs_certificate().subject_public_key_info();
        let key = spki.subject_public_key.as_bytes().unwrap().to_vec();
        match spki.algorithm.oid.to_string().as_str() {
            "1.2.840.10045.2.1" => {
                let curve = spki.algorithm.parameters.as_ref().unwrap();
                match curve.decode_as::<ObjectIdentifier>().unwrap().to_string().as_str() {
                    "1.3.132.0.10" => Self::Secp256k1(key),
                    _ => Self::Ecdsa(key),
                }
            }
            "2.16.840.1.101.3.4.3.17" => Self::MlDsa44(without_parameters(spki, key)),
            "2.16.840.1.101.3.4.3.18" => Self::MlDsa65(without_parameters(spki, key)),
            "2.16.840.1.101.3.4.3.19" => Self::MlDsa87(without_parameters(spki, key)),
            "1.3.101.112" => Self::Ed25519(key),
            "1.3.101.113" => Self::Ed448(key),
            "1.2.840.113549.1.1.1" => {
                let (modulus, exponent) = two_integers(&key);
                Self::Rsa(modulus, exponent)
            }
            other => panic!("key algorithm {other}"),
        }
    }

    pub fn verifies(&self, scheme: SignatureScheme, message: &[u8], signature: &[u8]) -> bool {
        let digest = scheme.hash().digest(message);
        match self {
            Self::Ecdsa(point) => verify_ecdsa(point, &digest, signature),
            Self::Secp256k1(point) => {
                let key = k256::ecdsa::VerifyingKey::from_sec1_bytes(point).unwrap();
                let signature = k256::ecdsa::Signature::from_der(signature).unwrap();
                key.verify_prehash(&digest, &signature).is_ok()
            }
            Self::MlDsa44(key) => verify_ml_dsa::<MlDsa44>(key, message, signature),
            Self::MlDsa65(key) => verify_ml_dsa::<MlDsa65>(key, message, signature),
            Self::MlDsa87(key) => verify_ml_dsa::<MlDsa87>(key, message, signature),
            Self::Ed25519(point) => {
                let key =
                    ed25519_dalek::VerifyingKey::from_bytes(point[..].try_into().unwrap()).unwrap();
                let signature = ed25519_dalek::Signature::from_slice(signature).unwrap();
                key.verify_strict(message, &signature).is_ok()
            }
            Self::Ed448(point) => {
                let bytes: [u8; 57] = point[..].try_into().unwrap();
                let key = ed448_goldilocks::VerifyingKey::from_bytes(&bytes).unwrap();
                let signature = ed448_goldilocks::Signature::try_from(signature).unwrap();
                key.verify_raw(&signature, message).is_ok()
            }
            Self::Rsa(modulus, exponent) => {
                let key = RsaPublicKey::new(
                    BoxedUint::from_be_slice_vartime(modulus),
                    BoxedUint::from_be_slice_vartime(exponent),
                )
                .unwrap();
                verify_rsa(&key, scheme, &digest, signature)
            }
        }
    }
}

fn verify_ecdsa(point: &[u8], digest: &[u8], signature: &[u8]) -> bool {
    match point.len() {
        65 => {
            let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(point).unwrap();
            let signature = p256::ecdsa::Signature::from_der(signature).unwrap();
            key.verify_prehash(digest, &signature).is_ok()
        }
        97 => {
            let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(point).unwrap();
            let signature = p384::ecdsa::Signature::from_der(signature).unwrap();
            key.verify_prehash(digest, &signature).is_ok()
        }
        133 => {
            let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(point).unwrap();
            let signature = p521::ecdsa::Signature::from_der(signature).unwrap();
            key.verify_prehash(digest, &signature).is_ok()
        }
        other => panic!("a point of {other} bytes"),
    }
}

fn verify_ml_dsa<P: MlDsaParams>(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let key = ml_dsa::VerifyingKey::<P>::decode(key.try_into().unwrap());
    let signature = ml_dsa::Signature::<P>::decode(signature.try_into().unwrap()).unwrap();
    key.verify_with_context(message, b"", &signature)
}

fn without_parameters(spki: &SubjectPublicKeyInfoOwned, key: Vec<u8>) -> Vec<u8> {
    assert!(spki.algorithm.parameters.is_none());
    key
}

fn verify_rsa(
    key: &RsaPublicKey,
    scheme: SignatureScheme,
    digest: &[u8],
    signature: &[u8],
) -> bool {
    match scheme {
        SignatureScheme::RsaPss(Hash::Sha1) => key.verify(Pss::<Sha1>::new(), digest, signature),
        SignatureScheme::RsaPss(Hash::Sha256) => {
            key.verify(Pss::<Sha256>::new(), digest, signature)
        }
        SignatureScheme::RsaPss(Hash::Sha384) => {
            key.verify(Pss::<Sha384>::new(), digest, signature)
        }
        SignatureScheme::RsaPss(Hash::Sha512) => {
            key.verify(Pss::<Sha512>::new(), digest, signature)
        }
        other => {
            let padding = match other.hash() {
                Hash::Sha1 => Pkcs1v15Sign::new::<Sha1>(),
                Hash::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
                Hash::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
                Hash::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
            };
            key.verify(padding, digest, signature)
        }
    }
    .is_ok()
}

fn two_integers(der: &[u8]) -> (Vec<u8>, Vec<u8>) {
    use x509_cert::der::asn1::Uint;
    let (first, second): (Uint, Uint) = {
        let list = Vec::<Uint>::from_der(der).unwrap();
        (list[0].clone(), list[1].clone())
    };
    (first.as_bytes().to_vec(), second.as_bytes().to_vec())
}

/// A certificate, parsed and found to be exactly its own encoding again.
pub fn parse(der: &[u8]) -> Certificate {
    let certificate = Certificate::from_der(der).expect("a certificate");
    assert_eq!(certificate.to_der().unwrap(), der, "canonical DER");
    certificate
}

/// Whether `issuer` signed `certificate` with this scheme.
pub fn issued_by(certificate: &[u8], issuer: &[u8], scheme: SignatureScheme) -> bool {
    let certificate = parse(certificate);
    let issuer = parse(issuer);
    let signed = certificate.tbs_certificate().to_der().unwrap();
    let signature = certificate.signature().as_bytes().unwrap();
    certificate.tbs_certificate().issuer() == issuer.tbs_certificate().subject()
        && PublicKey::from_certificate(&issuer).verifies(scheme, &signed, signature)
}

/// The entries of the attestation object and of its statement.
pub fn opened(attestation_object: &[u8]) -> (Entries, Entries) {
    let mut object = cbor::decode(attestation_object).into_map().unwrap();
    let statement = cbor::member(&mut object, "attStmt").clone();
    (object, statement.into_map().unwrap())
}

/// The certificates of `x5c`.
pub fn x5c(statement: &mut Entries) -> Vec<Vec<u8>> {
    let list = cbor::member(statement, "x5c").clone();
    list.into_array().unwrap().into_iter().map(|one| one.into_bytes().unwrap()).collect()
}

/// The bytes most attestation statements sign.
pub fn signed(authenticator_data: &[u8], client_data_json: &[u8]) -> Vec<u8> {
    [authenticator_data, &sha256(client_data_json)].concat()
}

/// The value of a certificate's extension, and whether it is critical.
pub fn extension_value(certificate: &Certificate, oid: &str) -> Option<(bool, Vec<u8>)> {
    let extensions = certificate.tbs_certificate().extensions()?;
    extensions
        .iter()
        .find(|one| one.extn_id.to_string() == oid)
        .map(|one| (one.critical, one.extn_value.as_bytes().to_vec()))
}

/// Every kind of registration, with its name.
pub fn every_registration(seed: &str) -> Vec<(&'static str, Registration)> {
    vec![
        ("none", Registration::none(seed)),
        ("packed self", Registration::packed_self(seed)),
        ("packed", Registration::packed_basic(seed)),
        ("packed with intermediate", Registration::packed_basic_with_intermediate(seed)),
        ("fido-u2f", Registration::fido_u2f(seed)),
        ("android-key", Registration::android_key(seed)),
        ("apple", Registration::apple(seed)),
        ("tpm ecc", Registration::tpm_ecc(seed)),
        ("tpm rsa", Registration::tpm_rsa(seed)),
    ]
}

/// The registrations whose statements have a shape of their own: no certificates in `x5c`, or
/// none that the kit's usual checks fit.
pub fn every_other_registration(seed: &str) -> Vec<(&'static str, Registration)> {
    vec![
        ("compound", Registration::compound(seed)),
        ("android-safetynet", Registration::safetynet(seed)),
        ("apple-appattest", Registration::app_attest(seed)),
        ("android-key, factory", Registration::android_phone(seed, &Phone::factory())),
        ("android-key, remote", Registration::android_phone(seed, &Phone::remote())),
    ]
}

/// Every COSE algorithm a credential can have.
pub const ALGORITHMS: [i64; 19] =
    [-7, -35, -36, -8, -53, -47, -48, -49, -50, -9, -51, -52, -19, -257, -258, -259, -37, -38, -39];
