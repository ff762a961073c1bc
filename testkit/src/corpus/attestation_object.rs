//! N033 to N051: the attestation object and a packed statement's members.

use super::{Departure, Enrollment, Group, Variant};
use crate::authenticator_data::flag;
use crate::cbor::{self, Entries, Value};
use crate::{Edit, Registration};

const MISSING: (&str, &str) = ("X-1", "malformed.missing");
const TYPE: (&str, &str) = ("X-1", "malformed.type");

pub(super) fn group() -> Group {
    let about = "N033 to N051: the attestation object, its authenticator data and the members of \
                 a packed statement. N048 as the tool means it needs metadata; the variant here \
                 compares with the credential key.";
    let mut group = Group::new("attestation-object", about);
    object(&mut group);
    authenticator_data(&mut group);
    statement(&mut group);
    group
}

fn object(group: &mut Group) {
    let valid = group.valid("none", Enrollment::of(Registration::none("attestation object")));
    let whole: [Variant<Vec<u8>>; 4] = [
        ("N033", "the attestation object is an array of the three members", |bytes| {
            let members = cbor::decode(bytes).into_map().expect("a map");
            let values = members.into_iter().map(|(_, value)| value).collect();
            *bytes = cbor::encode(&Value::Array(values));
        }),
        ("N033-text", "the attestation object is a text string", |bytes| {
            *bytes = cbor::encode(&cbor::text("none"));
        }),
        ("N033-bytes", "the attestation object is wrapped in a byte string", |bytes| {
            *bytes = cbor::encode(&cbor::bytes(bytes.clone()));
        }),
        ("N033-number", "the attestation object is a number", |bytes| *bytes = vec![0]),
    ];
    for (id, changes, change) in whole {
        group.refuses(&valid, id, changes, TYPE, |it| {
            it.attestation.edit_object_bytes = Edit::new(change);
        });
    }
    group.refuses(
        &valid,
        "N033-json",
        "the attestation object is the JSON text {}",
        ("X-1", "malformed.truncated"),
        |it| {
            // 0x7b, the brace, announces a text of eight bytes of length.
            it.attestation.edit_object_bytes = Edit::new(|bytes: &mut Vec<u8>| {
                *bytes = b"{}".to_vec();
            });
        },
    );

    let members: [Departure<Entries>; 12] = [
        ("N034", "fmt is missing", MISSING, |object| drop(cbor::remove(object, "fmt"))),
        ("N035", "fmt is bytes, not text", TYPE, |object| {
            cbor::set(object, "fmt", cbor::bytes(*b"none"));
        }),
        ("N035-null", "fmt is null", TYPE, |object| cbor::set(object, "fmt", Value::Null)),
        ("N035-number", "fmt is a number", TYPE, |object| {
            cbor::set(object, "fmt", cbor::integer(0));
        }),
        ("N036", "attStmt is missing", MISSING, |object| drop(cbor::remove(object, "attStmt"))),
        ("N037", "attStmt is a byte string", TYPE, |object| {
            cbor::set(object, "attStmt", cbor::bytes([0xa0]));
        }),
        ("N037-null", "attStmt is null", TYPE, |object| {
            cbor::set(object, "attStmt", Value::Null);
        }),
        ("N037-array", "attStmt is an empty array", ("X-16", "statement.not_empty"), |object| {
            cbor::set(object, "attStmt", Value::Array(Vec::new()))
        }),
        ("N038", "authData is missing", MISSING, |object| drop(cbor::remove(object, "authData"))),
        ("N039", "authData is an array of numbers", TYPE, |object| {
            let bytes = cbor::byte_member(object, "authData").clone();
            let numbers = bytes.into_iter().take(37).map(|byte| cbor::integer(byte.into()));
            cbor::set(object, "authData", Value::Array(numbers.collect()));
        }),
        ("N039-text", "authData is text", TYPE, |object| {
            cbor::set(object, "authData", cbor::text("authData"));
        }),
        ("N040", "authData is empty", ("X-3", "malformed.truncated"), |object| {
            cbor::set(object, "authData", cbor::bytes([]));
        }),
    ];
    for (id, changes, pin, change) in members {
        group.refuses(&valid, id, changes, pin, |it| {
            it.attestation.edit_object = Edit::new(change);
        });
    }
    group.refuses(
        &valid,
        "N036-another-member",
        "the attestation object has a fourth member",
        ("X-1", "malformed.too_many"),
        |it| {
            it.attestation.edit_object = Edit::new(|object: &mut Entries| {
                object.push((cbor::text("ep_att_x"), Value::Bool(true)));
            });
        },
    );
}

fn authenticator_data(group: &mut Group) {
    let valid = group.valid("data", Enrollment::of(Registration::none("authenticator data")));
    group.refuses(
        &valid,
        "N041",
        "the AT flag is clear, and attested credential data is there",
        ("X-3", "malformed.flags"),
        |it| {
            it.authenticator_data.clear_flag(flag::ATTESTED);
            it.authenticator_data.attested = Some(true);
        },
    );
    group.refuses(
        &valid,
        "N042",
        "there is no attested credential data, and the AT flag says so",
        ("X-3", "authenticator_data.attested_data_missing"),
        |it| it.authenticator_data.clear_flag(flag::ATTESTED),
    );
    group.refuses(
        &valid,
        "N043",
        "the AT flag is set, and attested credential data is missing",
        ("X-3", "malformed.truncated"),
        |it| it.authenticator_data.attested = Some(false),
    );
    group.refuses(
        &valid,
        "N043-cut",
        "authenticator data ends inside the credential public key",
        ("X-1", "malformed.truncated"),
        |it| {
            let mut bytes = it.authenticator_data.to_bytes();
            bytes.truncate(bytes.len() - 1);
            it.authenticator_data.bytes = Some(bytes);
        },
    );
    group.refuses(
        &valid,
        "N043-longer-id",
        "the length of the credential id reaches beyond the end",
        ("X-3", "malformed.truncated"),
        |it| it.authenticator_data.credential_id_length = Some(0xffff),
    );
    // Data without its flag and plain leftovers look alike.
    for (id, what, trailing) in
        [("N044", "a byte", vec![0]), ("N044-many", "64 bytes", vec![0xff; 64])]
    {
        let changes = format!("authenticator data has {what} behind its end");
        group.refuses(&valid, id, &changes, ("X-3", "malformed.flags"), |it| {
            it.authenticator_data.trailing = trailing;
        });
    }
    group.accepts(
        &valid,
        "N044-extensions",
        "the ED flag is set and a map of extension outputs follows",
        |it| {
            let outputs = vec![(cbor::text("credProtect"), cbor::integer(2))];
            it.authenticator_data.set_extensions(Value::Map(outputs));
        },
    );
}

fn statement(group: &mut Group) {
    const MISSING: (&str, &str) = ("PK-1", "statement.member_missing");
    const TYPE: (&str, &str) = ("X-2", "statement.member_type");
    let packed = Enrollment::of(Registration::packed_self("packed statement"));
    let valid = group.valid("packed-self", packed);
    let cases: [Departure<Entries>; 11] = [
        ("N045", "attStmt is empty", MISSING, Vec::clear),
        ("N046", "alg is missing", MISSING, |it| drop(cbor::remove(it, "alg"))),
        ("N047", "alg is the text \"-7\"", TYPE, |it| cbor::set(it, "alg", cbor::text("-7"))),
        ("N047-bytes", "alg is a byte string", TYPE, |it| {
            cbor::set(it, "alg", cbor::bytes([0x26]));
        }),
        ("N047-null", "alg is null", TYPE, |it| cbor::set(it, "alg", Value::Null)),
        (
            "N048-self",
            "alg is not the algorithm of the credential key",
            ("PK-13", "statement.self_algorithm"),
            |it| cbor::set(it, "alg", cbor::integer(-35)),
        ),
        ("N049", "sig is missing", MISSING, |it| drop(cbor::remove(it, "sig"))),
        ("N050", "sig is text", TYPE, |it| cbor::set(it, "sig", cbor::text("signature"))),
        ("N050-array", "sig is an array", TYPE, |it| {
            cbor::set(it, "sig", Value::Array(Vec::new()));
        }),
        ("N051", "sig is empty", ("X-2", "statement.signature_empty"), |it| {
            cbor::set(it, "sig", cbor::bytes([]));
        }),
        (
            "N045-another-member",
            "the statement has a member that its format does not define",
            ("X-2", "statement.member_unexpected"),
            |it| it.push((cbor::text("extra"), cbor::integer(1))),
        ),
    ];
    for (id, changes, pin, change) in cases {
        group.refuses(&valid, id, changes, pin, |it| {
            it.attestation.edit_statement = Edit::new(change);
        });
    }
    group.refuses(
        &valid,
        "N045-ecdaa",
        "the statement has ecdaaKeyId, which left the specification",
        ("PK-2", "statement.ecdaa"),
        |it| {
            it.attestation.edit_statement = Edit::new(|it: &mut Entries| {
                it.push((cbor::text("ecdaaKeyId"), cbor::bytes([1; 32])));
            });
        },
    );
}
