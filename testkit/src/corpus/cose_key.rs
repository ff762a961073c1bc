//! X033 to X044: the credential public key.

use super::bytes::hexadecimal;
use super::{Enrollment, Group, Valid};
use crate::cbor::{self, Value};
use crate::{KeyKind, Registration, SigningKey};

const KTY: i64 = 1;
const ALG: i64 = 3;
const CRV_OR_N: i64 = -1;
const X_OR_E: i64 = -2;
const Y: i64 = -3;
const D: i64 = -4;

const LENGTH: &str = "key.coordinate_length";

/// The known good, and then a change of the key that leaves its members in canonical order.
struct Keys<'g> {
    group: &'g mut Group,
    valid: Valid<Enrollment>,
}

impl Keys<'_> {
    fn refuses(&mut self, id: &str, changes: &str, code: &str, change: impl FnOnce(&mut Value)) {
        self.group.refuses(&self.valid, id, changes, ("X-9", code), |it| {
            let key = &mut it.authenticator_data.public_key;
            change(key);
            let Value::Map(entries) = key else { return };
            entries.sort_by_key(|(label, _)| cbor::encode(label));
        });
    }
}

fn keys(group: &mut Group, name: &str, algorithm: i64) -> Valid<Enrollment> {
    let registration = Registration::none("keys").with_credential_algorithm(algorithm);
    group.valid(name, Enrollment::of(registration))
}

pub(super) fn group() -> Group {
    let about = "X033 to X044: the credential public key. No attestation signs it, so that nothing \
                 but the key is wrong.";
    let mut group = Group::new("cose-key", about);
    elliptic(&mut group);
    edwards(&mut group);
    rsa(&mut group);
    group
}

fn elliptic(group: &mut Group) {
    let valid = keys(group, "ES256", -7);
    let mut es256 = Keys { group, valid };
    let missing = "key.member_missing";
    es256.refuses("X033", "alg is missing", missing, |key| cbor::remove_label(key, ALG));
    for (id, name, label) in [
        ("X033-kty", "kty", KTY),
        ("X033-crv", "crv", CRV_OR_N),
        ("X033-x", "x", X_OR_E),
        ("X033-y", "y", Y),
    ] {
        es256.refuses(id, &format!("{name} is missing"), missing, |key| {
            cbor::remove_label(key, label);
        });
    }
    es256.refuses("X034", "alg is RS256, in an EC2 key", "key.type", |key| {
        cbor::set_label(key, ALG, cbor::integer(-257));
    });
    es256.refuses("X034-EdDSA", "alg is EdDSA, in an EC2 key", "key.type", |key| {
        cbor::set_label(key, ALG, cbor::integer(-8));
    });
    es256.refuses("X034-OKP", "kty is OKP, under ES256", "key.type", |key| {
        cbor::set_label(key, KTY, cbor::integer(1));
    });
    es256.refuses("X035", "crv is P-384, under ES256", "key.curve", |key| {
        cbor::set_label(key, CRV_OR_N, cbor::integer(2));
    });
    es256.refuses("X035-key", "the key is one of P-384, under ES256", "key.curve", |key| {
        *key = SigningKey::from_seed(KeyKind::Es384, "keys").cose_key(-7);
    });
    es256.refuses("X035-secp256k1", "crv is secp256k1, under ES256", "key.curve", |key| {
        cbor::set_label(key, CRV_OR_N, cbor::integer(8));
    });
    es256.refuses("X036", "the point is not on the curve", "key.point", |key| {
        edit(key, Y, |y| y[31] ^= 1);
    });
    es256.refuses("X036-modulus", "x is larger than the field", "key.point", |key| {
        edit(key, X_OR_E, |x| x.fill(0xff));
    });
    es256.refuses("X037", "x and y are zero, for the point at infinity", "key.point", |key| {
        edit(key, X_OR_E, |x| x.fill(0));
        edit(key, Y, |y| y.fill(0));
    });
    for (id, sign) in [("X038", false), ("X038-true", true)] {
        let changes = format!("y is the sign {sign} of a compressed point");
        es256.refuses(id, &changes, "key.compressed", |key| {
            cbor::set_label(key, Y, Value::Bool(sign));
        });
    }
    for (name, label) in [("x", X_OR_E), ("y", Y)] {
        es256.refuses(&format!("X039-{name}-31"), &format!("{name} has 31 bytes"), LENGTH, |key| {
            edit(key, label, |bytes| bytes.truncate(31));
        });
        es256.refuses(
            &format!("X039-{name}-33"),
            &format!("{name} has 33 bytes, the first a zero"),
            LENGTH,
            |key| edit(key, label, |bytes| bytes.insert(0, 0)),
        );
        es256.refuses(&format!("X039-{name}-0"), &format!("{name} is empty"), LENGTH, |key| {
            edit(key, label, Vec::clear);
        });
    }
    for (id, changes, label) in [
        ("X040", "the label of alg is there twice", ALG),
        ("X040-y", "the label of y is there twice", Y),
    ] {
        let pin = ("X-1", "malformed.cbor_duplicate");
        es256.group.refuses(&es256.valid, id, changes, pin, |it| {
            let Value::Map(entries) = &mut it.authenticator_data.public_key else { return };
            let at = entries.iter().position(|(known, _)| *known == cbor::integer(label));
            let at = at.expect("the label");
            entries.insert(at, entries[at].clone());
        });
    }
    es256.refuses("X043", "the private part d is there", "key.member_unexpected", |key| {
        cbor::set_label(key, D, cbor::bytes([7; 32]));
    });
    for (id, name, label) in [("X043-kid", "kid", 2), ("X043-key-ops", "key_ops", 4)] {
        let changes = format!("the optional member {name} is there");
        es256.refuses(id, &changes, "key.member_unexpected", |key| {
            cbor::set_label(key, label, cbor::bytes([7]));
        });
    }
    es256.refuses("X044", "alg is the text \"-7\"", "malformed.type", |key| {
        cbor::set_label(key, ALG, cbor::text("-7"));
    });
    es256.refuses("X044-label", "the label of alg is the text \"3\"", missing, |key| {
        relabel(key, ALG, cbor::text("3"));
    });
    es256.refuses("X044-name", "the label of alg is the text \"alg\"", missing, |key| {
        relabel(key, ALG, cbor::text("alg"));
    });
    es256.refuses("X044-crv", "crv is the text \"P-256\"", "malformed.type", |key| {
        cbor::set_label(key, CRV_OR_N, cbor::text("P-256"));
    });
    es256.refuses("X044-x", "x is text", "malformed.type", |key| {
        cbor::set_label(key, X_OR_E, cbor::text("x"));
    });
}

fn edwards(group: &mut Group) {
    let valid = keys(group, "EdDSA", -8);
    let mut eddsa = Keys { group, valid };
    eddsa.refuses("X041-31", "x of an OKP key has 31 bytes", LENGTH, |key| {
        edit(key, X_OR_E, |x| x.truncate(31));
    });
    eddsa.refuses("X041-33", "x of an OKP key has 33 bytes", LENGTH, |key| {
        edit(key, X_OR_E, |x| x.push(0));
    });
    eddsa.refuses("X041-point", "x of an OKP key is no point", "key.point", |key| {
        edit(key, X_OR_E, |x| {
            x.fill(0);
            x[0] = 2;
        });
    });
    eddsa.refuses(
        "X041-small-order",
        "x is the neutral element, under which anybody can sign",
        "key.point",
        |key| {
            edit(key, X_OR_E, |x| {
                x.fill(0);
                x[0] = 1;
            });
        },
    );
    eddsa.refuses("X041-x25519", "crv is X25519, which does not sign", "key.curve", |key| {
        cbor::set_label(key, CRV_OR_N, cbor::integer(4));
    });
    eddsa.refuses("X041-y", "an OKP key has a y", "key.member_unexpected", |key| {
        cbor::set_label(key, Y, cbor::bytes([7; 32]));
    });
}

fn rsa(group: &mut Group) {
    let valid = keys(group, "RS256", -257);
    let mut rs256 = Keys { group, valid };
    let modulus = "key.rsa_modulus";
    rs256.refuses("X042-1024", "the modulus has 1024 bits", modulus, |key| {
        edit(key, CRV_OR_N, |n| drop(n.drain(..128)));
        edit(key, CRV_OR_N, |n| n[0] |= 0x80);
    });
    rs256.refuses("X042-even", "the modulus is even", modulus, |key| {
        edit(key, CRV_OR_N, |n| n[255] ^= 1);
    });
    rs256.refuses("X042-zero", "the modulus begins with a zero byte", modulus, |key| {
        edit(key, CRV_OR_N, |n| n.insert(0, 0));
    });
    rs256.refuses("X042-16384", "the modulus has 16384 bits", modulus, |key| {
        edit(key, CRV_OR_N, |n| *n = [n.clone(), vec![0xff; 2048 - 256]].concat());
    });
    rs256.refuses(
        "X042-ROCA",
        "the modulus bears the fingerprint of CVE-2017-15361",
        "key.rsa_roca",
        |key| cbor::set_label(key, CRV_OR_N, cbor::bytes(hexadecimal(ROCA))),
    );
    for (id, changes, exponent) in [
        ("X042-e-1", "the exponent is 1", &[1][..]),
        ("X042-e-2", "the exponent is 2", &[2]),
        ("X042-e-0", "the exponent is empty", &[]),
        ("X042-e-even", "the exponent is 65536", &[1, 0, 0]),
        ("X042-e-zero", "the exponent begins with a zero byte", &[0, 1, 0, 1]),
        ("X042-e-9-bytes", "the exponent has 9 bytes", &[1, 0, 0, 0, 0, 0, 0, 0, 1]),
    ] {
        rs256.refuses(id, changes, "key.rsa_exponent", |key| {
            cbor::set_label(key, X_OR_E, cbor::bytes(exponent));
        });
    }
    rs256.group.accepts(&rs256.valid, "X042-e-3", "the exponent is 3", |it| {
        cbor::set_label(&mut it.authenticator_data.public_key, X_OR_E, cbor::bytes([3]));
    });
}

fn edit(key: &mut Value, label: i64, change: impl FnOnce(&mut Vec<u8>)) {
    let Value::Map(entries) = key else { panic!("a COSE key is a map") };
    let found = entries.iter_mut().find(|(known, _)| *known == cbor::integer(label));
    let (_, Value::Bytes(bytes)) = found.expect("the label") else { panic!("bytes") };
    change(bytes);
}

fn relabel(key: &mut Value, label: i64, name: Value) {
    let Value::Map(entries) = key else { panic!("a COSE key is a map") };
    let found = entries.iter_mut().find(|(known, _)| *known == cbor::integer(label));
    found.expect("the label").0 = name;
}

/// A number that was made to bear the fingerprint; nobody's key.
const ROCA: &str = "bcc217790825c7cc67e84707ec717f158895787f99c4258bfc98500014b9adb5\
0c6dea3db85a5cd22959fea37bd9e8a1ff297d0e4f2e84fcb06dbee0b89c4e56\
261c374ba07657d61404ab1ecc7c6d812d6f2efc4e613a365119cdccaf9b74f8\
4ffcbf4217921e6c8b8e8f4eb3de08f9ec9837044692ba035707967025f02628\
eb07c30d5cd5061c9c5f319e834c1b69573ac59a355f2af41757905efa749692\
f21ff5eb6ed78f5d0960afe94bbdbb01dc14ed575e0730b3cc170c31c7eec61b\
bf9703c096fabb7b1ba95a54767d5274c68deb5d403a960a8652dbd0e488b6c8\
5ad3ba327ff80b79077f798c3d47ae66483131beb87ef2f0998714af882511f1";
