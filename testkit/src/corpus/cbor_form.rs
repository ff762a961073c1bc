//! X051 to X059: CBOR that is not in the CTAP2 canonical form.

use super::bytes::{byte_string, head, head_of_width, major, text};
use super::{Departure, Enrollment, Group};
use crate::cbor::{self, Entries, Value};
use crate::{Edit, Registration};

/// Writes an attestation object in another way: format, statement, authenticator data.
type Rewrite = fn(&str, Vec<u8>, &[u8]) -> Vec<u8>;

pub(super) fn group() -> Group {
    let about = "X051 to X059: CBOR that is not in the CTAP2 canonical form, in the attestation \
                 object, the statement, the credential key and the extension outputs. The deeper \
                 nesting of compound (X056) is pinned in the tests.";
    let mut group = Group::new("cbor", about);
    objects(&mut group);
    statements(&mut group);
    keys(&mut group);
    extensions(&mut group);
    group
}

fn objects(group: &mut Group) {
    let valid = group.valid("none", Enrollment::of(Registration::none("cbor")));
    let object: [(&str, &str, &str, Rewrite); 15] = [
        ("X051", "fmt is there twice, the wrong one last", "cbor_duplicate", |fmt, stmt, data| {
            let members = [text("fmt"), text(fmt), text("fmt"), text("packed"), text("attStmt")];
            [head(major::MAP, 4), members.concat(), stmt, text("authData"), byte_string(data)]
                .concat()
        }),
        ("X051-authData", "authData is there twice", "cbor_duplicate", |fmt, stmt, data| {
            let more = [text("authData"), byte_string(data)].concat();
            let mut object = plain(fmt, stmt, data);
            object[0] = 0xa4;
            [object, more].concat()
        }),
        ("X052", "the map has an indefinite length", "cbor_indefinite", |fmt, stmt, data| {
            let mut object = plain(fmt, stmt, data);
            object[0] = 0xbf;
            [object, vec![0xff]].concat()
        }),
        ("X052-text", "fmt is in chunks", "cbor_indefinite", |fmt, stmt, data| {
            let chunked = [vec![0x7f], text(&fmt[..2]), text(&fmt[2..]), vec![0xff]].concat();
            with(text("fmt"), chunked, stmt, byte_string(data))
        }),
        ("X052-bytes", "authData is in chunks", "cbor_indefinite", |fmt, stmt, data| {
            let (left, right) = data.split_at(37);
            let chunked = [vec![0x5f], byte_string(left), byte_string(right), vec![0xff]].concat();
            with(text("fmt"), text(fmt), stmt, chunked)
        }),
        (
            "X052-statement",
            "attStmt has an indefinite length",
            "cbor_indefinite",
            |fmt, _, data| plain(fmt, vec![0xbf, 0xff], data),
        ),
        ("X053", "the map's length takes two bytes", "cbor_not_shortest", |fmt, stmt, data| {
            let object = plain(fmt, stmt, data);
            [head_of_width(major::MAP, 3, 1), object[1..].to_vec()].concat()
        }),
        (
            "X053-text",
            "the length of fmt takes three bytes",
            "cbor_not_shortest",
            |f, stmt, data| {
                let long = [head_of_width(major::TEXT, f.len() as u64, 2), f.as_bytes().to_vec()];
                with(text("fmt"), long.concat(), stmt, byte_string(data))
            },
        ),
        (
            "X053-bytes",
            "the length of authData takes nine bytes",
            "cbor_not_shortest",
            |f, s, d| {
                let long = [head_of_width(major::BYTES, d.len() as u64, 8), d.to_vec()].concat();
                with(text("fmt"), text(f), s, long)
            },
        ),
        ("X054", "authData stands before fmt", "cbor_order", |fmt, stmt, data| {
            let members = [text("authData"), byte_string(data), text("fmt"), text(fmt)];
            [head(major::MAP, 3), members.concat(), text("attStmt"), stmt].concat()
        }),
        ("X055", "a tag says that CBOR follows", "cbor_tag", |fmt, stmt, data| {
            [head(major::TAG, 55799), plain(fmt, stmt, data)].concat()
        }),
        ("X055-bytes", "authData is tagged as encoded CBOR", "cbor_tag", |fmt, stmt, data| {
            let tagged = [head(major::TAG, 24), byte_string(data)].concat();
            with(text("fmt"), text(fmt), stmt, tagged)
        }),
        ("X057", "attStmt is the head of an array of 2^31 items", "too_many", |fmt, _, data| {
            plain(fmt, head(major::ARRAY, 1 << 31), data)
        }),
        ("X057-map", "attStmt is the head of a map of 2^63 entries", "too_many", |fmt, _, data| {
            plain(fmt, head(major::MAP, 1 << 63), data)
        }),
        ("X058", "a second item follows", "trailing", |fmt, stmt, data| {
            [plain(fmt, stmt, data), vec![0]].concat()
        }),
    ];
    for (id, changes, code, rewrite) in object {
        let pin = ("X-1", &*format!("malformed.{code}"));
        group.refuses(&valid, id, changes, pin, |it| {
            it.attestation.edit_object_bytes =
                Edit::new(move |bytes: &mut Vec<u8>| *bytes = rewritten(bytes, rewrite));
        });
    }
    let more: [(&str, &str, &str, Rewrite); 5] = [
        ("X057-bytes", "authData is the head of 2^31 bytes", "truncated", |fmt, stmt, _| {
            with(text("fmt"), text(fmt), stmt, head(major::BYTES, 1 << 31))
        }),
        ("X058-object", "the same object follows once more", "trailing", |fmt, stmt, data| {
            let object = plain(fmt, stmt, data);
            [object.clone(), object].concat()
        }),
        ("X058-cut", "the last byte is missing", "truncated", |fmt, stmt, data| {
            let mut object = plain(fmt, stmt, data);
            object.pop();
            object
        }),
        ("X058-utf8", "fmt is not UTF-8", "utf8", |_, stmt, data| {
            with(text("fmt"), vec![0x61, 0xff], stmt, byte_string(data))
        }),
        ("X055-simple", "attStmt is a simple value that is not known", "cbor_simple", |f, _, d| {
            plain(f, vec![0xf8, 0xff], d)
        }),
    ];
    for (id, changes, code, rewrite) in more {
        let pin = ("X-1", &*format!("malformed.{code}"));
        group.refuses(&valid, id, changes, pin, |it| {
            it.attestation.edit_object_bytes =
                Edit::new(move |bytes: &mut Vec<u8>| *bytes = rewritten(bytes, rewrite));
        });
    }
}

fn statements(group: &mut Group) {
    let valid = group.valid("packed", Enrollment::of(Registration::packed_self("cbor")));
    let cases: [Departure<Entries>; 5] = [
        (
            "X051-statement",
            "alg is there twice in the statement",
            ("X-1", "malformed.cbor_duplicate"),
            |it| it.insert(1, (cbor::text("alg"), cbor::integer(-257))),
        ),
        ("X054-statement", "sig stands before alg", ("X-1", "malformed.cbor_order"), |it| {
            it.reverse()
        }),
        ("X055-statement", "alg is a tagged number", ("X-1", "malformed.cbor_tag"), |it| {
            cbor::set(it, "alg", Value::Tag(2, Box::new(cbor::bytes([7]))))
        }),
        (
            "X056",
            "a member that is not known nests arrays to the fifth level",
            ("X-1", "malformed.too_deep"),
            |it| it.push((cbor::text("later"), nested(3))),
        ),
        ("X059", "alg is the float -7.0", ("X-2", "statement.member_type"), |it| {
            cbor::set(it, "alg", Value::Float(-7.0))
        }),
    ];
    for (id, changes, pin, change) in cases {
        group.refuses(&valid, id, changes, pin, |it| {
            it.attestation.edit_statement = Edit::new(change);
        });
    }
    group.refuses(
        &valid,
        "X056-deep",
        "a member that is not known nests a thousand arrays",
        ("X-1", "malformed.too_deep"),
        |it| {
            it.attestation.edit_object_bytes = Edit::new(|bytes: &mut Vec<u8>| {
                *bytes = rewritten(bytes, |fmt, _, data| {
                    let deep = [vec![0x81; 1000], vec![0]].concat();
                    let statement = [head(major::MAP, 1), text("later"), deep].concat();
                    plain(fmt, statement, data)
                });
            });
        },
    );
    group.refuses(
        &valid,
        "X053-statement",
        "alg takes two bytes where one would do",
        ("X-1", "malformed.cbor_not_shortest"),
        |it| {
            it.attestation.edit_object_bytes = Edit::new(|bytes: &mut Vec<u8>| {
                // "alg", then -7 as 0x26.
                replace(bytes, &[text("alg"), vec![0x26]].concat(), |found| {
                    found.pop();
                    found.extend_from_slice(&[0x38, 0x06]);
                });
            });
        },
    );
}

fn keys(group: &mut Group) {
    let valid = group.valid("key", Enrollment::of(Registration::none("cbor key")));
    let cases: [Departure<Vec<u8>>; 6] = [
        (
            "X052-key",
            "the key is a map of indefinite length",
            ("X-1", "malformed.cbor_indefinite"),
            |key| {
                key[0] = 0xbf;
                key.push(0xff);
            },
        ),
        ("X053-key", "kty takes two bytes", ("X-1", "malformed.cbor_not_shortest"), |key| {
            replace(key, &[0x01, 0x02], |found| *found = vec![0x01, 0x18, 0x02]);
        }),
        ("X054-key", "alg stands before kty", ("X-1", "malformed.cbor_order"), |key| {
            replace(key, &[0x01, 0x02, 0x03, 0x26], |found| *found = vec![0x03, 0x26, 0x01, 0x02]);
        }),
        ("X055-key", "the key is tagged", ("X-1", "malformed.cbor_tag"), |key| {
            key.splice(..0, head(major::TAG, 55799));
        }),
        ("X056-key", "x is an array around the bytes", ("X-1", "malformed.too_deep"), |key| {
            replace(key, &[0x21, 0x58, 0x20], |found| *found = vec![0x21, 0x81, 0x58, 0x20]);
        }),
        ("X059-key", "alg is the float -7.0", ("X-9", "malformed.type"), |key| {
            replace(key, &[0x03, 0x26], |found| *found = vec![0x03, 0xf9, 0xc7, 0x00]);
        }),
    ];
    for (id, changes, pin, change) in cases {
        group.refuses(&valid, id, changes, pin, |it| {
            let mut key = cbor::encode(&it.authenticator_data.public_key);
            change(&mut key);
            it.authenticator_data.public_key_bytes = Some(key);
        });
    }
}

fn extensions(group: &mut Group) {
    let mut registration = Registration::none("cbor extensions");
    let outputs = vec![(cbor::text("a"), cbor::integer(1)), (cbor::text("b"), cbor::integer(2))];
    registration.authenticator_data.set_extensions(Value::Map(outputs));
    let valid = group.valid("extensions", Enrollment::of(registration));
    let cases: [(&str, &str, &str, &[u8]); 5] = [
        (
            "X051-extensions",
            "an output is there twice",
            "cbor_duplicate",
            b"\xa2\x61a\x01\x61a\x02",
        ),
        (
            "X052-extensions",
            "the outputs are a map of indefinite length",
            "cbor_indefinite",
            b"\xbf\x61a\x01\x61b\x02\xff",
        ),
        (
            "X053-extensions",
            "an output takes two bytes",
            "cbor_not_shortest",
            b"\xa2\x61a\x18\x01\x61b\x02",
        ),
        (
            "X054-extensions",
            "the outputs are in another order",
            "cbor_order",
            b"\xa2\x61b\x02\x61a\x01",
        ),
        ("X055-extensions", "an output is tagged", "cbor_tag", b"\xa2\x61a\xc1\x01\x61b\x02"),
    ];
    for (id, changes, code, bytes) in cases {
        let pin = ("X-3", &*format!("malformed.{code}"));
        group.refuses(&valid, id, changes, pin, |it| {
            it.authenticator_data.extensions_bytes = Some(bytes.to_vec());
        });
    }
}

/// Takes an attestation object apart and has it written again.
fn rewritten(object: &[u8], rewrite: Rewrite) -> Vec<u8> {
    let Value::Map(mut members) = cbor::decode(object) else { panic!("a map") };
    let format = cbor::member(&mut members, "fmt").as_text().expect("text").to_owned();
    let statement = cbor::encode(cbor::member(&mut members, "attStmt"));
    let data = cbor::byte_member(&mut members, "authData").clone();
    assert_eq!(plain(&format, statement.clone(), &data), object, "taken apart as it was made");
    rewrite(&format, statement, &data)
}

/// The object as it is written otherwise.
fn plain(format: &str, statement: Vec<u8>, data: &[u8]) -> Vec<u8> {
    with(text("fmt"), text(format), statement, byte_string(data))
}

/// The object around members that are encoded already.
fn with(name: Vec<u8>, format: Vec<u8>, statement: Vec<u8>, data: Vec<u8>) -> Vec<u8> {
    let members = [name, format, text("attStmt"), statement, text("authData"), data];
    [head(major::MAP, 3), members.concat()].concat()
}

/// Changes the one place at which `found` stands.
fn replace(bytes: &mut Vec<u8>, found: &[u8], change: impl FnOnce(&mut Vec<u8>)) {
    let places: Vec<usize> =
        (0..bytes.len()).filter(|at| bytes[*at..].starts_with(found)).collect();
    let at = *places.first().expect("a place");
    let mut part = found.to_vec();
    change(&mut part);
    bytes.splice(at..at + found.len(), part);
}

/// `levels` arrays around a number.
fn nested(levels: usize) -> Value {
    (0..levels).fold(cbor::integer(0), |inner, _| Value::Array(vec![inner]))
}
