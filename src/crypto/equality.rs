//! Both providers are given the same signatures, sound and damaged, and have to answer alike.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use device_enrollment_testkit::key::{KeyKind as Kind, SigningKey};
use device_enrollment_testkit::scheme::{Hash as KitHash, SignatureScheme};
use device_enrollment_testkit::seed;

use super::aws_lc::AwsLc;
use super::rustcrypto::RustCrypto;
use super::{Hash, PublicKey, Scheme, SignatureVerifier as _};

/// Damaged signatures for each message and scheme.
const DAMAGES: usize = 60;

#[test]
fn sound_and_damaged_signatures_have_the_same_verdict() {
    let mut cases = 0;
    let mut valid = 0;
    for (kind, kit, scheme) in schemes() {
        for round in 0..2 {
            let label = format!("{kind:?} {scheme:?} {round}");
            let key = SigningKey::from_seed(kind, &label);
            let public = PublicKey::from_certificate(&key.spki_der()).unwrap();
            let message = seed::bytes(&label, "message", 37 + 1000 * round);
            let signature = key.sign(kit, &message);
            let (head, tail) = message.split_at(37);
            let mut judge = |parts: &[&[u8]], signature: &[u8]| {
                let verdict = AwsLc.verify(scheme, &public, parts, signature);
                let other = RustCrypto.verify(scheme, &public, parts, signature);
                assert_eq!(verdict, other, "{label}: {signature:02x?}");
                cases += 1;
                valid += usize::from(verdict.is_ok());
                verdict.is_ok()
            };
            assert!(judge(&[&message], &signature), "{label}");
            assert!(judge(&[head, tail], &signature), "{label}");
            assert!(!judge(&[&message, b"."], &signature), "{label}");
            for number in 0..DAMAGES {
                judge(&[head, tail], &damaged(&signature, &label, number));
            }
        }
    }
    // 25 schemes, 2 messages. What verifies is the sound signature alone, whole and in parts:
    // no damage can be undone, and on no curve is s turned round.
    assert_eq!((cases, valid), (25 * 2 * (3 + DAMAGES), 25 * 2 * 2));
}

/// Each kind of key with every scheme that a certificate can ask of it.
fn schemes() -> Vec<(Kind, SignatureScheme, Scheme)> {
    let hashes = [
        (KitHash::Sha256, Hash::Sha256),
        (KitHash::Sha384, Hash::Sha384),
        (KitHash::Sha512, Hash::Sha512),
    ];
    let mut schemes = vec![
        (Kind::EdDsa, SignatureScheme::Ed25519, Scheme::EdDsa),
        (Kind::Ed448, SignatureScheme::Ed448, Scheme::EdDsa),
        (Kind::MlDsa44, SignatureScheme::MlDsa44, Scheme::MlDsa),
        (Kind::MlDsa65, SignatureScheme::MlDsa65, Scheme::MlDsa),
        (Kind::MlDsa87, SignatureScheme::MlDsa87, Scheme::MlDsa),
    ];
    for (kit, hash) in hashes {
        for kind in [Kind::Es256, Kind::Es384, Kind::Es512, Kind::Es256k] {
            schemes.push((kind, SignatureScheme::Ecdsa(kit), Scheme::Ecdsa(hash)));
        }
    }
    for (kit, hash) in hashes.into_iter().chain([(KitHash::Sha1, Hash::Sha1)]) {
        schemes.push((Kind::Rsa2048, SignatureScheme::RsaPkcs1(kit), Scheme::RsaPkcs1(hash)));
        schemes.push((Kind::Rsa2048, SignatureScheme::RsaPss(kit), Scheme::RsaPss(hash)));
    }
    schemes
}

/// One of many kinds of damage, by number; where and how much is drawn from the label.
fn damaged(signature: &[u8], label: &str, number: usize) -> Vec<u8> {
    let drawn = seed::bytes(label, &format!("damage {number}"), 8);
    let at = usize::from(u16::from_be_bytes([drawn[0], drawn[1]])) % signature.len();
    let mut damaged = signature.to_vec();
    match number % 12 {
        // One bit, mostly: the first octets are the lengths of DER, the last ones are s.
        0 => damaged[at] ^= 1 << (drawn[2] % 8),
        1 => damaged[at % 8] ^= 1 << (drawn[2] % 8),
        2 => damaged[signature.len() - 1 - at % 8] ^= 1 << (drawn[2] % 8),
        3 => damaged[at] = damaged[at].wrapping_add(drawn[2] | 1),
        4 => damaged.truncate(at),
        5 => damaged.push(drawn[2]),
        6 => damaged.insert(0, 0),
        7 => damaged.insert(at, drawn[2]),
        8 => {
            damaged.remove(at);
        }
        9 => damaged[at..].fill(drawn[2] & 0x80),
        10 => damaged[..=at].fill(0xff),
        _ => damaged = seed::bytes(label, &format!("noise {number}"), signature.len()),
    }
    damaged
}
