//! Keys that are no keys, in each form that a key comes in.

use device_enrollment_testkit::der;
use device_enrollment_testkit::key::{KeyKind as Kind, SigningKey};

use super::roca::tests::MARKED;
use super::{KeyKind, PublicKey, from_hex, providers};
use crate::verdict::Cause;

/// The code under which a key is refused, or nothing where it is taken.
fn code(key: Result<PublicKey, Cause>) -> Option<&'static str> {
    key.err().map(|cause| match cause {
        Cause::Malformed(malformed) => malformed.fault.code(),
        Cause::Refusal(refusal) => refusal.reason.code(),
    })
}

const CURVES: [(KeyKind, Kind, &str, u8); 4] = [
    (KeyKind::P256, Kind::Es256, "1.2.840.10045.3.1.7", 0xff),
    (KeyKind::P384, Kind::Es384, "1.3.132.0.34", 0xff),
    // The field has 521 bits.
    (KeyKind::P521, Kind::Es512, "1.3.132.0.35", 0x01),
    (KeyKind::Secp256k1, Kind::Es256k, "1.3.132.0.10", 0xff),
];

#[test]
fn a_point_is_on_its_curve_and_written_in_full() {
    for (kind, of_kit, curve, top) in CURVES {
        let (x, y) = SigningKey::from_seed(of_kit, "a point").coordinates();
        let coordinates = |x: &[u8], y: &[u8]| code(PublicKey::from_coordinates(kind, x, y));
        let certificate = |point: &[&[u8]]| {
            let algorithm = der::sequence(&[der::oid("1.2.840.10045.2.1"), der::oid(curve)]);
            let info = der::sequence(&[algorithm, der::bit_string(0, &point.concat())]);
            code(PublicKey::from_certificate(&info))
        };
        assert_eq!(coordinates(&x, &y), None, "{kind:?}");
        assert_eq!(certificate(&[&[4], &x, &y]), None, "{kind:?}");

        let zero = vec![0; x.len()];
        let mut most = vec![0xff; x.len()];
        most[0] = top;
        let mut off = y.clone();
        *off.last_mut().unwrap() ^= 1;
        for (what, x, y) in [
            ("off the curve", &x, &off),
            ("x and y exchanged", &y, &x),
            ("the neutral element, as zeros", &zero, &zero),
            ("x beyond the field", &most, &y),
            ("y beyond the field", &x, &most),
        ] {
            assert_eq!(coordinates(x, y), Some("key.point"), "{kind:?}, {what}");
            assert_eq!(certificate(&[&[4], x, y]), Some("key.point"), "{kind:?}, {what}");
        }

        let longer = [&[0], &x[..]].concat();
        for (x, y) in [(&x[1..], &y[..]), (&x, &y[1..]), (&longer, &y), (&[], &[])] {
            assert_eq!(coordinates(x, y), Some("key.coordinate_length"), "{kind:?}");
        }

        for form in [2, 3] {
            assert_eq!(certificate(&[&[form], &x]), Some("key.compressed"), "{kind:?}");
        }
        // The hybrid form says the sign of y twice.
        for form in [6, 7] {
            assert_eq!(certificate(&[&[form], &x, &y]), Some("key.compressed"), "{kind:?}");
        }
        // The neutral element is a single zero.
        assert_eq!(certificate(&[&[0]]), Some("key.compressed"), "{kind:?}");
        assert_eq!(certificate(&[&[4]]), Some("key.coordinate_length"), "{kind:?}");
        assert_eq!(certificate(&[]), Some("certificate.key"), "{kind:?}");
        assert_eq!(certificate(&[&[4], &x, &y, &[0]]), Some("key.coordinate_length"), "{kind:?}");
    }
}

/// A point of one curve is none of another, whatever their sizes.
#[test]
fn a_point_of_another_curve_is_refused() {
    let (x, y) = SigningKey::from_seed(Kind::Es256, "a point").coordinates();
    assert_eq!(code(PublicKey::from_coordinates(KeyKind::Secp256k1, &x, &y)), Some("key.point"));
    for kind in [KeyKind::P384, KeyKind::P521] {
        let key = PublicKey::from_coordinates(kind, &x, &y);
        assert_eq!(code(key), Some("key.coordinate_length"), "{kind:?}");
    }
    for kind in [KeyKind::Ed25519, KeyKind::Ed448, KeyKind::Rsa, KeyKind::MlDsa44] {
        assert_eq!(code(PublicKey::from_coordinates(kind, &x, &y)), Some("key.curve"), "{kind:?}");
    }
}

/// Every provider validates points by itself, whichever is in use.
#[test]
fn no_provider_takes_a_point_off_the_curve() {
    for (provider, verifier) in providers() {
        for (kind, of_kit, ..) in CURVES {
            let (x, y) = SigningKey::from_seed(of_kit, "a point").coordinates();
            let mut key = PublicKey::from_coordinates(kind, &x, &y).unwrap();
            assert!(verifier.is_valid_point(&key), "{provider}, {kind:?}");
            let last = match &mut key {
                PublicKey::P256(point) | PublicKey::Secp256k1(point) => point.last_mut(),
                PublicKey::P384(point) => point.last_mut(),
                PublicKey::P521(point) => point.last_mut(),
                _ => None,
            };
            *last.unwrap() ^= 1;
            assert!(!verifier.is_valid_point(&key), "{provider}, {kind:?}");
        }
        for weak in [PublicKey::Ed25519(NEUTRAL_25519), PublicKey::Ed448(NEUTRAL_448)] {
            assert!(!verifier.is_valid_point(&weak), "{provider}, {:?}", weak.kind());
        }
    }
}

#[test]
fn an_edwards_point_is_canonical_and_of_large_order() {
    let bytes = SigningKey::from_seed(Kind::EdDsa, "a point").raw_public_point();
    let ed25519 = |point: &[u8]| code(PublicKey::from_edwards(KeyKind::Ed25519, point));
    assert_eq!(ed25519(&bytes), None);
    for y in SMALL_25519 {
        for sign in [0, 0x80] {
            let mut point = from_hex(y);
            point[31] |= sign;
            assert_eq!(ed25519(&point), Some("key.point"), "{y}");
        }
    }
    // y from the prime up to 2^255 - 1. Where it is reduced first, most of them decode.
    let mut decoded = 0;
    for low in 0xed..=0xff {
        for sign in [0x7f, 0xff] {
            let mut point = [0xff; 32];
            (point[0], point[31]) = (low, sign);
            decoded += usize::from(ed25519_dalek::VerifyingKey::from_bytes(&point).is_ok());
            assert_eq!(ed25519(&point), Some("key.point"), "{point:02x?}");
        }
    }
    assert_eq!(decoded, 24);
    for length in [0, 31, 33, 57] {
        assert_eq!(ed25519(&vec![9; length]), Some("key.coordinate_length"));
    }

    let bytes = SigningKey::from_seed(Kind::Ed448, "a point").raw_public_point();
    let ed448 = |point: &[u8]| code(PublicKey::from_edwards(KeyKind::Ed448, point));
    assert_eq!(ed448(&bytes), None);
    // The orders 1 and 4, and 2.
    for (first, rest) in [(1, 0), (0, 0)] {
        let mut point = vec![rest; 57];
        point[0] = first;
        assert_eq!(ed448(&point), Some("key.point"), "y = {first}");
    }
    let mut minus_one = [0xff; 57];
    (minus_one[0], minus_one[28], minus_one[56]) = (0xfe, 0xfe, 0);
    assert_eq!(ed448(&minus_one), Some("key.point"), "y = -1");
    for bit in 0..7 {
        let mut point = bytes.clone();
        point[56] |= 1 << bit;
        assert_eq!(ed448(&point), Some("key.point"), "unused bit {bit}");
    }
    for length in [0, 32, 56, 58] {
        assert_eq!(ed448(&vec![9; length]), Some("key.coordinate_length"));
    }
    assert_eq!(code(PublicKey::from_edwards(KeyKind::P256, &bytes)), Some("key.curve"));
}

/// What a key is, its modulus and exponent, the code that refuses it.
type Row<'a> = (&'a str, &'a [u8], &'a [u8], Option<&'a str>);

#[test]
fn an_rsa_key_is_within_its_bounds() {
    let modulus = SigningKey::rsa(0).raw_public_point();
    let ones = |bits: usize| {
        let mut number = vec![0xff; bits.div_ceil(8)];
        number[0] = 0xff >> (number.len() * 8 - bits);
        number
    };
    let mut even = modulus.clone();
    *even.last_mut().unwrap() ^= 1;
    let f4: &[u8] = &[1, 0, 1];
    let rows: [Row<'_>; 18] = [
        ("65537", &modulus, f4, None),
        ("the least exponent", &modulus, &[3], None),
        ("the greatest exponent", &modulus, &[0xff; 4], None),
        ("2048 bits", &ones(2048), f4, None),
        ("8192 bits", &ones(8192), f4, None),
        ("1024 bits", &ones(1024), f4, Some("key.rsa_modulus")),
        ("2047 bits", &ones(2047), f4, Some("key.rsa_modulus")),
        ("8193 bits", &ones(8193), f4, Some("key.rsa_modulus")),
        ("even", &even, f4, Some("key.rsa_modulus")),
        ("nothing", &[], f4, Some("key.rsa_modulus")),
        ("ROCA", &from_hex(MARKED), f4, Some("key.rsa_roca")),
        ("e = 0", &modulus, &[0], Some("key.rsa_exponent")),
        ("e = 1", &modulus, &[1], Some("key.rsa_exponent")),
        ("e = 2", &modulus, &[2], Some("key.rsa_exponent")),
        ("e = 65536", &modulus, &[1, 0, 0], Some("key.rsa_exponent")),
        ("e = 2^32 + 1", &modulus, &[1, 0, 0, 0, 1], Some("key.rsa_exponent")),
        ("e of 8 bytes", &modulus, &[0xff; 8], Some("key.rsa_exponent")),
        ("e of 9 bytes", &modulus, &[0xff; 9], Some("key.rsa_exponent")),
    ];
    for (what, modulus, exponent, expected) in rows {
        assert_eq!(code(PublicKey::from_rsa(modulus, exponent)), expected, "{what}");
        let algorithm = der::sequence(&[der::oid("1.2.840.113549.1.1.1"), der::null()]);
        let numbers = der::sequence(&[der::unsigned(modulus), der::unsigned(exponent)]);
        let info = der::sequence(&[algorithm, der::bit_string(0, &numbers)]);
        assert_eq!(code(PublicKey::from_certificate(&info)), expected, "{what}, certificate");
    }
    // In COSE the numbers have no leading zero; in DER a zero may be the sign.
    let longer = [&[0], &modulus[..]].concat();
    assert_eq!(code(PublicKey::from_rsa(&longer, f4)), Some("key.rsa_modulus"));
    assert_eq!(code(PublicKey::from_rsa(&modulus, &[0, 1, 0, 1])), Some("key.rsa_exponent"));
    assert_eq!(code(PublicKey::from_rsa(&modulus, &[])), Some("key.rsa_exponent"));
}

const NEUTRAL_25519: [u8; 32] = {
    let mut y = [0; 32];
    y[0] = 1;
    y
};

const NEUTRAL_448: [u8; 57] = {
    let mut y = [0; 57];
    y[0] = 1;
    y
};

/// The y of the points whose order divides 8; see aws_lc.rs.
const SMALL_25519: [&str; 5] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
];
