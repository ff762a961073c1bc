//! X045 to X050: signatures in wrong clothes.

use super::bytes::{difference, hexadecimal, sum};
use super::{Enrollment, Group, Login};
use crate::cbor::{self, Entries};
use crate::{Edit, Registration, der};

/// The order of P-256.
const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

/// An ECDSA signature as its two numbers of 32 bytes.
type Change = fn([u8; 32], [u8; 32], &[u8]) -> Vec<u8>;

const CASES: [(&str, &str, Change); 18] = [
    ("X045", "r and s are zero", |_, _, _| numbers(&[0], &[0])),
    ("X045-r", "r is zero", |_, s, _| numbers(&[0], &s)),
    ("X045-s", "s is zero", |r, _, _| numbers(&r, &[0])),
    ("X045-empty", "the two numbers are missing", |_, _, _| der::sequence(&[])),
    ("X046", "s is larger by the order of the curve", |r, s, _| numbers(&r, &sum(&s, &order()))),
    ("X046-r", "r is larger by the order of the curve", |r, s, _| numbers(&sum(&r, &order()), &s)),
    ("X046-order", "s is the order of the curve", |r, _, _| numbers(&r, &order())),
    ("X046-negative", "s is written as a negative number", |r, s, _| {
        let order = order();
        // Whichever of the two twins begins with a set bit.
        let high = if s[0] & 0x80 != 0 { s.to_vec() } else { difference(&order, &s) };
        let r = der::unsigned(&r);
        der::sequence(&[r, der::tlv(der::tag::INTEGER, &high)])
    }),
    ("X047", "the length is in the long form, which BER allows", |_, _, signature| {
        [&[0x30, 0x81], &signature[1..]].concat()
    }),
    ("X047-inner", "the length of r is in the long form", |r, s, _| {
        let mut r = der::unsigned(&r);
        r.insert(1, 0x81);
        der::sequence(&[r, der::unsigned(&s)])
    }),
    ("X047-indefinite", "the length is indefinite", |_, _, signature| {
        [&[0x30, 0x80], &signature[2..], &[0, 0]].concat()
    }),
    ("X047-zero", "r begins with a zero byte too many", |r, s, _| {
        let mut padded = vec![0, 0];
        padded.extend_from_slice(&r);
        der::sequence(&[der::tlv(der::tag::INTEGER, &padded), der::unsigned(&s)])
    }),
    ("X048", "a third number follows", |r, s, _| {
        der::sequence(&[der::unsigned(&r), der::unsigned(&s), der::integer(0)])
    }),
    ("X048-missing", "the second number is missing", |r, _, _| der::sequence(&[der::unsigned(&r)])),
    ("X049", "a byte is appended", |_, _, signature| [signature, &[0]].concat()),
    ("X049-inside", "a byte is appended inside the sequence", |r, s, _| {
        der::sequence(&[der::unsigned(&r), der::unsigned(&s), vec![0]])
    }),
    ("X050", "r and s stand side by side, without DER", |r, s, _| [r, s].concat()),
    ("X050-tag", "the two numbers are in a SET", |_, _, signature| {
        [&[der::tag::SET], &signature[1..]].concat()
    }),
];

pub(super) fn group() -> Group {
    let about = "X045 to X050: ECDSA signatures in wrong clothes, of an assertion and of a packed \
                 attestation; and the signatures of other algorithms.";
    let mut group = Group::new("signatures", about);
    let registration = Registration::packed_self("signatures");
    let login = group.valid("assertion", Login::of(&registration));
    let packed = group.valid("packed", Enrollment::of(registration));
    for (id, changes, change) in CASES {
        group.refuses(&login, id, changes, ("AS-3", "signature.invalid"), |it| {
            it.edit_signature = Edit::new(move |signature| apply(change, signature));
        });
        let id = format!("{id}-packed");
        group.refuses(&packed, &id, changes, ("PK-3", "signature.invalid"), |it| {
            it.attestation.edit_statement = Edit::new(move |statement: &mut Entries| {
                apply(change, cbor::byte_member(statement, "sig"));
            });
        });
    }
    // WebAuthn has no rule that s is the lower of the two that would do.
    group.accepts(&login, "X046-twin", "s is the other of the two that would do", |it| {
        it.edit_signature = Edit::new(|signature| {
            apply(|r, s, _| numbers(&r, &difference(&order(), &s)), signature);
        });
    });

    let registration = Registration::none("signatures").with_credential_algorithm(-8);
    let eddsa = group.valid("EdDSA", Login::of(&registration));
    let invalid = ("AS-3", "signature.invalid");
    group.refuses(&eddsa, "X045-EdDSA", "the signature is 64 zero bytes", invalid, |it| {
        it.edit_signature = Edit::new(|signature: &mut Vec<u8>| signature.fill(0));
    });
    group.refuses(
        &eddsa,
        "X046-EdDSA",
        "S is larger by the order of the group, which RFC 8032 refuses",
        invalid,
        |it| it.edit_signature = Edit::new(add_edwards_order),
    );
    group.refuses(&eddsa, "X049-EdDSA", "a byte is appended", invalid, |it| {
        it.edit_signature = Edit::new(|signature: &mut Vec<u8>| signature.push(0));
    });
    let registration = Registration::none("signatures").with_credential_algorithm(-257);
    let rs256 = group.valid("RS256", Login::of(&registration));
    group.refuses(&rs256, "X049-RS256", "a zero byte stands before the number", invalid, |it| {
        it.edit_signature = Edit::new(|signature: &mut Vec<u8>| signature.insert(0, 0));
    });
    group.refuses(&rs256, "X045-RS256", "the signature is the number 1", invalid, |it| {
        it.edit_signature = Edit::new(|signature: &mut Vec<u8>| {
            signature.fill(0);
            signature[255] = 1;
        });
    });
    group.refuses(&rs256, "X050-RS256", "the signature is one of PS256", invalid, |it| {
        it.credential_algorithm = -37;
    });
    group
}

fn apply(change: Change, signature: &mut Vec<u8>) {
    let (r, rest) = integer(&signature[2..]);
    let (s, rest) = integer(rest);
    assert!(rest.is_empty(), "two numbers");
    *signature = change(r, s, signature);
}

/// The number in front, in 32 bytes, and what is behind it.
fn integer(der: &[u8]) -> ([u8; 32], &[u8]) {
    assert_eq!(der[0], der::tag::INTEGER);
    let (content, rest) = der[2..].split_at(der[1].into());
    let significant = &content[content.len().saturating_sub(32)..];
    let mut number = [0; 32];
    number[32 - significant.len()..].copy_from_slice(significant);
    (number, rest)
}

fn numbers(r: &[u8], s: &[u8]) -> Vec<u8> {
    der::sequence(&[der::unsigned(r), der::unsigned(s)])
}

fn order() -> Vec<u8> {
    hexadecimal(ORDER)
}

/// S is little-endian, in the second half.
fn add_edwards_order(signature: &mut Vec<u8>) {
    const ORDER: &str = "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed";
    let mut s = signature.split_off(32);
    s.reverse();
    let mut larger = sum(&s, &hexadecimal(ORDER));
    assert_eq!(larger.remove(0), 0, "it still fits");
    larger.reverse();
    signature.extend_from_slice(&larger);
}
