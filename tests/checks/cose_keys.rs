//! a credential public key that is well formed, fits its algorithm, and was asked for.

use device_enrollment::Algorithm;
use device_enrollment::verdict::CheckId::X9;
use device_enrollment_testkit::cbor::{self, Value};
use device_enrollment_testkit::{KeyKind, Registration, SigningKey};

use crate::harness::{Enrollment, Valid, fails, login, passes, valid};

const KTY: i64 = 1;
const ALG: i64 = 3;
const CRV_OR_N: i64 = -1;
const X_OR_E: i64 = -2;
const Y: i64 = -3;

/// A registration whose key is of `algorithm`.
fn keyed(algorithm: i64) -> Valid<Enrollment> {
    let registration = Registration::none("keys").with_credential_algorithm(algorithm);
    valid(Enrollment::of(registration, device_enrollment::Policy::webauthn()))
}

/// The judgement after a change of the key that keeps the order of its members.
macro_rules! with_key {
    ($valid:expr, |$key:ident| $change:expr) => {
        $valid.but(|c| {
            let $key = &mut c.authenticator_data.public_key;
            $change;
            sort($key);
        })
    };
}

/// Algorithms that the registry names and that nothing here verifies.
pub fn known_but_not_verified() -> Vec<i64> {
    let named = |id: &i64| Algorithm::name_of(*id).is_some() && Algorithm::from_cose(*id).is_none();
    let ids: Vec<i64> = (-300..0).filter(named).collect();
    assert!(!ids.is_empty());
    ids
}

/// Canonical order, so that a new member does not fail for its place.
fn sort(key: &mut Value) {
    let Value::Map(entries) = key else { return };
    entries.sort_by_key(|(label, _)| cbor::encode(label));
}

fn bytes_of(key: &Value, label: i64) -> Vec<u8> {
    let Value::Map(entries) = key else { panic!("a map") };
    let (_, value) = entries.iter().find(|(known, _)| *known == cbor::integer(label)).unwrap();
    value.as_bytes().unwrap().clone()
}

fn set_bytes(key: &mut Value, label: i64, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = bytes_of(key, label);
    change(&mut bytes);
    cbor::set_label(key, label, Value::Bytes(bytes));
}

#[test]
fn the_algorithm_was_asked_for() {
    let valid = keyed(-7);
    passes(&valid.judgement, X9);
    let others = valid.but(|c| c.expectation.algorithms = Some(vec![-8, -257, -9]));
    fails(&others, X9, "key.algorithm_not_requested");
    let nothing = valid.but(|c| c.expectation.algorithms = Some(Vec::new()));
    fails(&nothing, X9, "key.algorithm_not_requested");
    passes(&valid.but(|c| c.expectation.algorithms = None), X9);
}

#[test]
fn the_algorithm_is_one_that_is_verified_here() {
    let valid = keyed(-7);
    for known in known_but_not_verified() {
        let judgement = with_key!(valid, |key| cbor::set_label(key, ALG, cbor::integer(known)));
        fails(&judgement, X9, "key.algorithm_unsupported");
    }
    for unknown in [0, 7, -6, -10, -65534, i64::MIN, i64::MAX] {
        let judgement = with_key!(valid, |key| cbor::set_label(key, ALG, cbor::integer(unknown)));
        fails(&judgement, X9, "key.algorithm_unknown");
    }
    for other in [cbor::text("-7"), Value::Float(-7.0), cbor::bytes([0x26]), Value::Null] {
        let judgement = with_key!(valid, |key| cbor::set_label(key, ALG, other));
        fails(&judgement, X9, "malformed.type");
    }
}

#[test]
fn algorithm_key_type_and_curve_fit_each_other_and_no_other_triple_is_taken() {
    const KTY_AKP: i64 = 7;
    let kind_of = |algorithm: Algorithm| KeyKind::for_algorithm(algorithm.cose());
    let key_type = |key: &Value| match key {
        Value::Map(entries) => i64::try_from(entries[0].1.as_integer().unwrap()).unwrap(),
        _ => panic!("a map"),
    };
    for algorithm in Algorithm::all() {
        let valid = keyed(algorithm.cose());
        passes(&valid.judgement, X9);
        let own_type = key_type(&valid.with(|_| ()).authenticator_data.public_key);
        for other in Algorithm::all().filter(|other| kind_of(*other) != kind_of(algorithm)) {
            let key = SigningKey::from_seed(kind_of(other), "another kind");
            let key = key.cose_key(algorithm.cose());
            let same_type = key_type(&key) == own_type;
            let judgement = valid.but(|c| c.authenticator_data.public_key = key);
            if !same_type {
                fails(&judgement, X9, "key.type");
            } else if own_type == KTY_AKP {
                // The algorithm alone says what the key is; keys of others have other lengths.
                fails(&judgement, X9, "key.coordinate_length");
            } else {
                fails(&judgement, X9, "key.curve");
            }
        }
    }
}

#[test]
fn key_type_and_curve_are_integers_with_the_right_value() {
    for algorithm in [-7, -8, -257] {
        let valid = keyed(algorithm);
        for kty in [0, 4, -1, 1 + i64::from(algorithm == -8)] {
            let judgement = with_key!(valid, |key| cbor::set_label(key, KTY, cbor::integer(kty)));
            fails(&judgement, X9, "key.type");
        }
        let text = with_key!(valid, |key| cbor::set_label(key, KTY, cbor::text("EC2")));
        fails(&text, X9, "malformed.type");
    }
    for algorithm in [-7, -8] {
        let valid = keyed(algorithm);
        // 8 is secp256k1; 4 and 5 are X25519 and X448.
        for curve in [0, 4, 5, 8, -1] {
            let judgement =
                with_key!(valid, |key| cbor::set_label(key, CRV_OR_N, cbor::integer(curve)));
            fails(&judgement, X9, "key.curve");
        }
        let text = with_key!(valid, |key| cbor::set_label(key, CRV_OR_N, cbor::text("P-256")));
        fails(&text, X9, "malformed.type");
    }
}

#[test]
fn every_member_of_the_key_is_present() {
    for (algorithm, labels) in [
        (-7, &[KTY, ALG, CRV_OR_N, X_OR_E, Y][..]),
        (-35, &[KTY, ALG, CRV_OR_N, X_OR_E, Y]),
        (-8, &[KTY, ALG, CRV_OR_N, X_OR_E]),
        (-53, &[KTY, ALG, CRV_OR_N, X_OR_E]),
        (-257, &[KTY, ALG, CRV_OR_N, X_OR_E]),
    ] {
        let valid = keyed(algorithm);
        for label in labels {
            let judgement = with_key!(valid, |key| cbor::remove_label(key, *label));
            fails(&judgement, X9, "key.member_missing");
        }
    }
}

#[test]
fn the_key_has_no_member_that_its_type_does_not_define() {
    const KID: i64 = 2;
    const KEY_OPS: i64 = 4;
    const D: i64 = -4;
    for algorithm in [-7, -8, -257] {
        let valid = keyed(algorithm);
        for label in [KID, KEY_OPS, 5, D, -5, 100, -70_000] {
            let judgement = with_key!(valid, |key| cbor::set_label(key, label, cbor::bytes([1])));
            fails(&judgement, X9, "key.member_unexpected");
        }
        for name in ["3", "-7", "alg", ""] {
            let judgement = with_key!(valid, |key| {
                let Value::Map(entries) = key else { panic!("a map") };
                entries.push((cbor::text(name), cbor::integer(-7)));
            });
            fails(&judgement, X9, "key.member_unexpected");
        }
    }
    // An Edwards key has no y.
    let y = with_key!(keyed(-8), |key| cbor::set_label(key, Y, cbor::bytes([1; 32])));
    fails(&y, X9, "key.member_unexpected");
}

#[test]
fn the_key_is_a_map_with_integer_labels() {
    let valid = keyed(-7);
    let not_a_map = valid.but(|c| c.authenticator_data.public_key = cbor::integer(1));
    fails(&not_a_map, X9, "malformed.type");
    let empty = valid.but(|c| c.authenticator_data.public_key = Value::Map(Vec::new()));
    fails(&empty, X9, "key.member_missing");
    let text_label = with_key!(valid, |key| {
        cbor::remove_label(key, ALG);
        let Value::Map(entries) = key else { panic!("a map") };
        entries.push((cbor::text("alg"), cbor::integer(-7)));
    });
    fails(&text_label, X9, "key.member_missing");
}

#[test]
fn coordinates_have_exactly_the_size_of_their_curve() {
    for (algorithm, labels) in [
        (-7, &[X_OR_E, Y][..]),
        (-35, &[X_OR_E, Y]),
        (-36, &[X_OR_E, Y]),
        (-8, &[X_OR_E]),
        (-53, &[X_OR_E]),
    ] {
        let valid = keyed(algorithm);
        for label in labels {
            let short = with_key!(valid, |key| set_bytes(key, *label, |b| drop(b.drain(..1))));
            fails(&short, X9, "key.coordinate_length");
            let long = with_key!(valid, |key| set_bytes(key, *label, |b| b.insert(0, 0)));
            fails(&long, X9, "key.coordinate_length");
            let behind = with_key!(valid, |key| set_bytes(key, *label, |b| b.push(0)));
            fails(&behind, X9, "key.coordinate_length");
            let empty = with_key!(valid, |key| set_bytes(key, *label, Vec::clear));
            fails(&empty, X9, "key.coordinate_length");
            let text = with_key!(valid, |key| cbor::set_label(key, *label, cbor::text("x")));
            fails(&text, X9, "malformed.type");
        }
    }
}

#[test]
fn a_point_lies_on_its_curve_and_is_not_at_infinity() {
    for algorithm in [-7, -35, -36] {
        let valid = keyed(algorithm);
        for label in [X_OR_E, Y] {
            let off =
                with_key!(valid, |key| set_bytes(key, label, |b| *b.last_mut().unwrap() ^= 1));
            fails(&off, X9, "key.point");
            let beyond = with_key!(valid, |key| set_bytes(key, label, |b| b.fill(0xff)));
            fails(&beyond, X9, "key.point");
        }
        let infinity = with_key!(valid, |key| {
            set_bytes(key, X_OR_E, |b| b.fill(0));
            set_bytes(key, Y, |b| b.fill(0));
        });
        fails(&infinity, X9, "key.point");
    }
}

#[test]
fn a_compressed_point_is_refused() {
    let valid = keyed(-7);
    for sign in [false, true] {
        let judgement = with_key!(valid, |key| cbor::set_label(key, Y, Value::Bool(sign)));
        fails(&judgement, X9, "key.compressed");
    }
}

#[test]
fn an_edwards_point_decodes_and_has_no_small_order() {
    // No x belongs to y = 2 on either curve.
    for algorithm in [-8, -19, -53] {
        let valid = keyed(algorithm);
        let off = with_key!(valid, |key| set_bytes(key, X_OR_E, |b| {
            b.fill(0);
            b[0] = 2;
        }));
        // y = 1 is the neutral element, under which anybody can sign; y = 0 has order 4.
        fails(&off, X9, "key.point");
        for y in [0, 1] {
            let small = with_key!(valid, |key| set_bytes(key, X_OR_E, |b| {
                b.fill(0);
                b[0] = y;
            }));
            fails(&small, X9, "key.point");
        }
    }
}

/// Not a key of anybody: a number that was made to bear the fingerprint of the faulty generator.
const ROCA: &str = "bcc217790825c7cc67e84707ec717f158895787f99c4258bfc98500014b9adb5\
0c6dea3db85a5cd22959fea37bd9e8a1ff297d0e4f2e84fcb06dbee0b89c4e56\
261c374ba07657d61404ab1ecc7c6d812d6f2efc4e613a365119cdccaf9b74f8\
4ffcbf4217921e6c8b8e8f4eb3de08f9ec9837044692ba035707967025f02628\
eb07c30d5cd5061c9c5f319e834c1b69573ac59a355f2af41757905efa749692\
f21ff5eb6ed78f5d0960afe94bbdbb01dc14ed575e0730b3cc170c31c7eec61b\
bf9703c096fabb7b1ba95a54767d5274c68deb5d403a960a8652dbd0e488b6c8\
5ad3ba327ff80b79077f798c3d47ae66483131beb87ef2f0998714af882511f1";

#[test]
fn an_rsa_modulus_of_the_faulty_generator_is_refused() {
    let digits: Vec<u8> =
        ROCA.chars().map(|digit| u8::try_from(digit.to_digit(16).unwrap()).unwrap()).collect();
    let marked: Vec<u8> = digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    let valid = keyed(-257);
    passes(&valid.judgement, X9);
    let weak = with_key!(valid, |key| cbor::set_label(key, CRV_OR_N, Value::Bytes(marked)));
    fails(&weak, X9, "key.rsa_roca");
}

#[test]
fn an_rsa_modulus_has_2048_to_8192_bits_and_is_odd() {
    let valid = keyed(-257);
    passes(&valid.judgement, X9);
    let modulus = |modulus: Vec<u8>| {
        with_key!(valid, |key| cbor::set_label(key, CRV_OR_N, Value::Bytes(modulus)))
    };
    let of_bits = |bits: usize| {
        let mut number = vec![0xff; bits.div_ceil(8)];
        number[0] = 0xff >> (number.len() * 8 - bits);
        number
    };
    for bits in [1024, 2040, 2047, 8193] {
        fails(&modulus(of_bits(bits)), X9, "key.rsa_modulus");
    }
    let even = with_key!(valid, |key| set_bytes(key, CRV_OR_N, |n| *n.last_mut().unwrap() ^= 1));
    fails(&even, X9, "key.rsa_modulus");
    let zero = with_key!(valid, |key| set_bytes(key, CRV_OR_N, |n| n.insert(0, 0)));
    fails(&zero, X9, "key.rsa_modulus");
    fails(&modulus(Vec::new()), X9, "key.rsa_modulus");
    // The bounds themselves fail no check of the key; the unsigned copy of the old one differs.
    use device_enrollment::verdict::CheckId::X10;
    fails(&modulus(of_bits(2048)), X10, "envelope.hint");
    fails(&modulus(of_bits(8192)), X10, "envelope.hint");
}

#[test]
fn an_rsa_exponent_is_odd_from_3_to_2_to_the_32_less_1_and_shortest() {
    let valid = keyed(-257);
    let exponent = |exponent: &[u8]| {
        with_key!(valid, |key| cbor::set_label(key, X_OR_E, cbor::bytes(exponent)))
    };
    for refused in [
        &[][..],
        &[0],
        &[1],
        &[2],
        &[1, 0, 0],
        &[0, 1, 0, 1],
        &[1, 0, 0, 0, 1],
        &[1, 0, 0, 0, 0, 0, 0, 0, 1],
        &[1; 256],
    ] {
        fails(&exponent(refused), X9, "key.rsa_exponent");
    }
    use device_enrollment::verdict::CheckId::X10;
    fails(&exponent(&[3]), X10, "envelope.hint");
    fails(&exponent(&[0xff; 4]), X10, "envelope.hint");
    let text = with_key!(valid, |key| cbor::set_label(key, X_OR_E, cbor::integer(65537)));
    fails(&text, X9, "malformed.type");
}

#[test]
fn a_stored_key_is_judged_like_a_new_one() {
    let valid = valid(login(&Registration::none("login")));
    passes(&valid.judgement, X9);
    let stored = |key: &Value| valid.but(|c| c.record().public_key = cbor::encode(key));
    let good = valid.with(|_| ()).credential_key.cose_key(-7);
    let mut key = good.clone();
    set_bytes(&mut key, Y, |y| y[31] ^= 1);
    fails(&stored(&key), X9, "key.point");
    let mut key = good.clone();
    cbor::remove_label(&mut key, ALG);
    fails(&stored(&key), X9, "key.member_missing");
    let mut key = good.clone();
    let Value::Map(entries) = &mut key else { panic!("a map") };
    entries.push(entries[0].clone());
    fails(&stored(&key), X9, "malformed.cbor_duplicate");
    fails(&valid.but(|c| c.record().public_key.push(0)), X9, "malformed.trailing");
    fails(&valid.but(|c| c.record().public_key.clear()), X9, "malformed.truncated");
}

#[test]
fn a_stored_key_may_have_its_members_in_any_order() {
    let valid = valid(login(&Registration::none("login")));
    let reordered = valid.but(|c| {
        let Value::Map(mut entries) = c.credential_key.cose_key(-7) else { panic!("a map") };
        entries.reverse();
        c.record().public_key = cbor::encode(&Value::Map(entries));
    });
    passes(&reordered, X9);
}
