//! N052 to N068: packed statements, with certificates and without.

use serde_json::json;

use super::{Departure, Enrollment, Group};
use crate::cbor::{self, Entries, Value};
use crate::{Edit, KeyKind, NOT_AFTER, Registration, SigningKey, Statement, TIME};

const SIGNATURE: (&str, &str) = ("PK-3", "signature.invalid");

pub(super) fn group() -> Group {
    let about = "N052 to N068: packed statements. N059, N067 as the tool means it and the positive \
                 case of 64-bit vendor commands need metadata.";
    let mut group = Group::new("packed", about);
    full(&mut group);
    chain(&mut group);
    by_itself(&mut group);
    group
}

fn full(group: &mut Group) {
    let valid = group.valid("full", Enrollment::of(Registration::packed_basic("packed")));
    for (id, format) in [
        ("N052", "unknown"),
        ("N052-case", "Packed"),
        ("N052-space", "packed "),
        ("N052-empty", ""),
    ] {
        let pin = ("X-17", "attestation.format_unknown");
        group.refuses(&valid, id, &format!("fmt is {format:?}"), pin, |it| {
            it.attestation.format = format.into();
        });
    }
    group.refuses(&valid, "N053", "the last bit of sig is another", SIGNATURE, |it| {
        it.attestation.edit_statement = Edit::new(flip);
    });
    group.refuses(
        &valid,
        "N053-client-data",
        "sig was made over the hash of other client data",
        SIGNATURE,
        |it| {
            it.attestation.edit_signed_bytes =
                Edit::new(|signed: &mut Vec<u8>| *signed.last_mut().expect("a hash") ^= 1);
        },
    );
    // What is left is a self attestation whose signature is by another key.
    group.refuses(&valid, "N054", "x5c is missing", SIGNATURE, |it| {
        it.attestation.edit_statement = Edit::new(|it: &mut Entries| drop(cbor::remove(it, "x5c")));
    });
    let certified = Enrollment::of(Registration::packed_basic("packed")).given(|it| {
        it.told.set("policy", json!({ "attestation_types": ["basic", "attca"] }));
    });
    let certified = group.valid("full-where-certificates-are-wanted", certified);
    group.refuses(
        &certified,
        "N054-self",
        "the statement has no x5c, and is signed by the credential itself",
        ("PO-2", "policy.attestation_type"),
        |it| it.attestation.statement = Statement::PackedSelf,
    );
    let members: [Departure<Entries>; 5] = [
        ("N055", "x5c is a byte string", ("PK-1", "statement.member_type"), |it| {
            let Value::Array(list) = cbor::member(it, "x5c").clone() else { panic!("an array") };
            cbor::set(it, "x5c", list[0].clone());
        }),
        ("N055-map", "x5c is a map", ("PK-1", "statement.member_type"), |it| {
            cbor::set(it, "x5c", Value::Map(Vec::new()));
        }),
        ("N055-text", "x5c holds text", ("PK-1", "statement.member_type"), |it| {
            cbor::set(it, "x5c", Value::Array(vec![cbor::text("certificate")]));
        }),
        ("N056", "x5c is empty", ("PK-1", "statement.x5c_empty"), |it| {
            cbor::set(it, "x5c", Value::Array(Vec::new()));
        }),
        (
            "N056-certificate",
            "the only certificate is an empty byte string",
            ("X-15", "malformed.truncated"),
            |it| cbor::set(it, "x5c", Value::Array(vec![cbor::bytes([])])),
        ),
    ];
    for (id, changes, pin, change) in members {
        group.refuses(&valid, id, changes, pin, |it| {
            it.attestation.edit_statement = Edit::new(change);
        });
    }
    group.refuses(&valid, "N057", "the leaf has expired", ("X-13", "path.expired"), |it| {
        it.leaf().not_after = TIME - 1;
    });
    group.refuses(
        &valid,
        "N058",
        "the leaf is not valid yet",
        ("X-13", "path.not_yet_valid"),
        // Far enough away for verifiers that look at the clock.
        |it| it.leaf().not_before = NOT_AFTER - 86_400,
    );
    group.refuses(
        &valid,
        "N060",
        "the leaf is signed by another key than that of the authority it names",
        ("X-11", "path.signature"),
        |it| it.chain().leaf_issuer_key = Some(another_key()),
    );
    group.refuses(
        &valid,
        "N060-bit",
        "one bit of the leaf's own signature is another",
        ("X-11", "path.signature"),
        |it| it.leaf().flip_signature_bit = true,
    );
    group.refuses(&valid, "N064", "sig is by a key that is not the leaf's", SIGNATURE, |it| {
        it.chain().leaf_key = another_key();
    });
    group.refuses(&valid, "N065", "sig is by the credential key", SIGNATURE, |it| {
        let credential = it.credential_key.clone();
        it.chain().leaf_key = credential;
    });
    group.accepts(&valid, "N065-leaf-anchor", "the anchor is the leaf itself", |it| {
        let leaf = it.chain().certificates(None).remove(0);
        it.anchors = Some(vec![leaf]);
    });
}

fn chain(group: &mut Group) {
    let three = Registration::packed_basic_with_intermediate("packed chain");
    let valid = group.valid("chain", Enrollment::of(three));
    // X-11 of the catalogue: a path may carry its root or leave it out. The FIDO tool wants the
    // root refused in packed; the Recommendation does not, so the decision is the catalogue's.
    group.accepts(
        &valid,
        "N061",
        "x5c carries the root as well, which no step of the Recommendation forbids",
        |it| it.chain().include_root = true,
    );
    group.refuses(&valid, "N062", "x5c runs from the authority to the leaf", SIGNATURE, |it| {
        it.chain().edit_certificates = Edit::new(|list: &mut Vec<Vec<u8>>| list.reverse());
    });
    let whole = Enrollment::of(Registration::packed_basic_with_intermediate("packed chain"));
    let whole = group.valid("chain-with-root", whole.given(|it| it.chain().include_root = true));
    group.refuses(
        &whole,
        "N062-above",
        "the two authorities above the leaf have changed places",
        ("X-12", "path.issuer_name"),
        |it| it.chain().edit_certificates = Edit::new(|list: &mut Vec<Vec<u8>>| list.swap(1, 2)),
    );
    group.refuses(
        &valid,
        "N062-missing",
        "x5c lacks the intermediate",
        ("X-11", "path.anchor_not_reached"),
        |it| it.chain().edit_certificates = Edit::new(|list: &mut Vec<Vec<u8>>| list.truncate(1)),
    );
    group.refuses(&valid, "N063", "the intermediate has expired", ("X-13", "path.expired"), |it| {
        it.chain().issuers[0].spec.not_after = TIME - 1
    });
    group.refuses(
        &valid,
        "N063-not-yet",
        "the intermediate is not valid yet",
        ("X-13", "path.not_yet_valid"),
        |it| it.chain().issuers[0].spec.not_before = NOT_AFTER - 86_400,
    );
}

fn by_itself(group: &mut Group) {
    let valid = group.valid("self", Enrollment::of(Registration::packed_self("packed self")));
    group.refuses(&valid, "N066", "the last bit of sig is another", SIGNATURE, |it| {
        it.attestation.edit_statement = Edit::new(flip);
    });
    group.refuses(
        &valid,
        "N068",
        "fmt is \"unknown\"",
        ("X-17", "attestation.format_unknown"),
        |it| {
            it.attestation.format = "unknown".into();
        },
    );
    let only = Enrollment::of(Registration::packed_self("packed self")).given(|it| {
        it.told.set("policy", json!({ "attestation_types": ["self"] }));
        it.told.set("time", json!("2026-06-01T00:00:00Z"));
    });
    let only = group.valid("self-where-nothing-else-is-wanted", only);
    group.refuses(
        &only,
        "N067",
        "the statement has a certificate, where only self attestation is accepted",
        ("PO-2", "policy.attestation_type"),
        |it| {
            let certified = Registration::packed_basic("packed self");
            it.attestation = certified.attestation;
        },
    );
}

fn flip(statement: &mut Entries) {
    *cbor::byte_member(statement, "sig").last_mut().expect("a signature") ^= 1;
}

fn another_key() -> SigningKey {
    SigningKey::from_seed(KeyKind::Es256, "another key")
}
