//! X014 to X022: client data as bytes, and cross-origin frames.

use serde_json::json;

use super::case::Ceremony;
use super::client_data_members::{edit_bytes, edit_members};
use super::{Departure, Enrollment, Group, Login, Valid, encode, envelope};
use crate::Registration;

pub(super) fn group() -> Group {
    let about = "X014 to X022: client data as bytes, and cross-origin frames.";
    let mut group = Group::new("client-data", about);
    let registration = Registration::none("client data");
    let valid = group.valid("none", Enrollment::of(registration.clone()));
    readings(&mut group, &valid, "");
    let login = group.valid("assertion", Login::of(&registration));
    readings(&mut group, &login, "-assertion");
    frames(&mut group, &valid, "");
    frames(&mut group, &login, "-assertion");

    let framed = Enrollment::of(registration.clone()).given(|it| framed(it, |it| &mut it.told));
    let framed_ = group.valid("framed", framed);
    top_origins(&mut group, &framed_, "", |it| &mut it.told);
    let login = Login::of(&registration).given(|it| self::framed(it, |it| &mut it.told));
    let login = group.valid("framed-assertion", login);
    top_origins(&mut group, &login, "-assertion", |it| &mut it.told);

    // The same defect one level up, in the request around the response.
    let browser = group.valid("browser", Enrollment::browser(registration));
    group.refuses(
        &browser,
        "X014-request",
        "the request has the member id twice",
        ("EN-2", "malformed.json_duplicate"),
        |it| it.wire.edit_text(envelope::twice),
    );
    group
}

/// How the bytes are read, whatever they say.
fn readings<C: Ceremony>(group: &mut Group, valid: &Valid<C>, variant: &str) {
    let twice = ("CD-1", "malformed.json_duplicate");
    let other = json!(encode([7; 32])).to_string();
    let cases: [(&str, &str, &str, usize); 3] = [
        ("X014", "challenge is there twice, the wrong one last", "challenge", 4),
        ("X014-first", "challenge is there twice, the wrong one first", "challenge", 0),
        ("X015", "challenge is there twice, once spelt \\u0063hallenge", "\\u0063hallenge", 4),
    ];
    for (id, changes, name, place) in cases {
        group.refuses(valid, &format!("{id}{variant}"), changes, twice, |it| {
            edit_members(it.says(), |members| {
                members.insert(place, (name.to_owned(), other.clone()));
            });
        });
    }
    for (id, name) in [("X014-type", "type"), ("X014-origin", "origin")] {
        let changes = format!("{name} is there twice, with the same value");
        group.refuses(valid, &format!("{id}{variant}"), &changes, twice, |it| {
            edit_members(it.says(), |members| {
                let same = members.iter().find(|(known, _)| known == name).cloned();
                members.push(same.expect("the member"));
            });
        });
    }
    group.refuses(
        valid,
        &format!("X014-deep{variant}"),
        "an object in a member that is not known repeats a member",
        twice,
        |it| {
            edit_members(it.says(), |members| {
                members.push(("later".to_owned(), "{\"a\":1,\"a\":1}".to_owned()));
            });
        },
    );
    group.accepts(
        valid,
        &format!("X016{variant}"),
        "a byte-order mark stands before the JSON, and is hashed with it",
        |it| edit_bytes(it.says(), |bytes| drop(bytes.splice(..0, *b"\xef\xbb\xbf"))),
    );
    let json_ = ("CD-1", "malformed.json");
    let bytes: [Departure<Vec<u8>>; 7] = [
        ("X016-twice", "two byte-order marks stand before the JSON", json_, |bytes| {
            drop(bytes.splice(..0, *b"\xef\xbb\xbf\xef\xbb\xbf"));
        }),
        ("X016-utf16", "client data is UTF-16", ("CD-1", "malformed.utf8"), |bytes| {
            let text = String::from_utf8(bytes.clone()).expect("text");
            let units = std::iter::once(0xfeff).chain(text.encode_utf16());
            *bytes = units.flat_map(u16::to_be_bytes).collect();
        }),
        (
            "X017-bytes",
            "the bytes of a lone surrogate stand in a member that is not known",
            ("CD-1", "malformed.utf8"),
            |bytes| behind(bytes, b",\"later\":\"\xed\xa0\x80\""),
        ),
        (
            "X017-overlong",
            "a slash in a member that is not known takes two bytes",
            ("CD-1", "malformed.utf8"),
            |bytes| behind(bytes, b",\"later\":\"\xc0\xaf\""),
        ),
        ("X018", "a letter stands behind the JSON", json_, |bytes| bytes.push(b'x')),
        ("X018-nul", "a zero byte stands behind the JSON", json_, |bytes| bytes.push(0)),
        ("X018-object", "a second object stands behind the first", json_, |bytes| {
            bytes.extend_from_slice(b"{}");
        }),
    ];
    for (id, changes, pin, change) in bytes {
        group.refuses(valid, &format!("{id}{variant}"), changes, pin, |it| {
            edit_bytes(it.says(), change);
        });
    }
    group.refuses(
        valid,
        &format!("X017{variant}"),
        "an escaped lone surrogate stands in a member that is not known",
        json_,
        |it| edit_bytes(it.says(), |bytes| behind(bytes, b",\"later\":\"\\ud800\"")),
    );
    group.refuses(
        valid,
        &format!("X018-array{variant}"),
        "client data is an array around the object",
        ("CD-1", "malformed.type"),
        |it| {
            edit_bytes(it.says(), |bytes| {
                bytes.insert(0, b'[');
                bytes.push(b']');
            });
        },
    );
    group.refuses(
        valid,
        &format!("X018-large{variant}"),
        "client data has more than 4 KiB",
        ("CD-1", "malformed.too_large"),
        |it| {
            it.says().extra.push(("later".to_owned(), json!("x".repeat(4096))));
        },
    );
    group.accepts(
        valid,
        &format!("X018-white-space{variant}"),
        "a line break stands behind the JSON, as its grammar allows",
        |it| edit_bytes(it.says(), |bytes| bytes.push(b'\n')),
    );
    group.accepts(
        valid,
        &format!("X018-unknown-member{variant}"),
        "a member that is not known follows the known ones",
        |it| it.says().extra.push(("later".to_owned(), json!({ "a": [1, 2] }))),
    );
}

fn frames<C: Ceremony>(group: &mut Group, valid: &Valid<C>, variant: &str) {
    group.refuses(
        valid,
        &format!("X019{variant}"),
        "crossOrigin is true, and no frame is allowed",
        ("CD-4", "client_data.cross_origin"),
        |it| it.says().cross_origin = Some(true),
    );
    for (id, value) in [("X020", "\"false\""), ("X020-number", "0"), ("X020-null", "null")] {
        group.refuses(
            valid,
            &format!("{id}{variant}"),
            &format!("crossOrigin is {value}, not a boolean"),
            ("CD-4", "malformed.type"),
            |it| edit_members(it.says(), |members| members[3].1 = value.to_owned()),
        );
    }
    group.accepts(
        valid,
        &format!("X020-absent{variant}"),
        "crossOrigin is left out, as older clients do",
        |it| it.says().cross_origin = None,
    );
    let alone = ("CD-4", "client_data.top_origin_alone");
    group.refuses(
        valid,
        &format!("X021{variant}"),
        "topOrigin is there, and crossOrigin is false",
        alone,
        |it| it.says().top_origin = Some("https://frame.example".into()),
    );
}

/// A ceremony in a frame that is allowed, under a top origin that is listed.
fn framed<C: Ceremony>(it: &mut C, told: fn(&mut C) -> &mut super::case::Told) {
    it.says().cross_origin = Some(true);
    it.says().top_origin = Some("https://frame.example".into());
    told(it).set("cross_origin", json!(true));
    told(it).set("top_origin", json!("https://frame.example"));
}

fn top_origins<C: Ceremony>(
    group: &mut Group,
    valid: &Valid<C>,
    variant: &str,
    told: fn(&mut C) -> &mut super::case::Told,
) {
    let refused = ("CD-4", "client_data.top_origin");
    for (id, origin) in [
        ("X022", "https://evil.example"),
        ("X022-port", "https://frame.example:8443"),
        ("X022-case", "https://Frame.example"),
        ("X022-suffix", "https://evil-frame.example"),
        ("X022-empty", ""),
    ] {
        group.refuses(
            valid,
            &format!("{id}{variant}"),
            &format!("topOrigin is {origin:?}"),
            refused,
            |it| it.says().top_origin = Some(origin.into()),
        );
    }
    group.refuses(
        valid,
        &format!("X022-none-listed{variant}"),
        "frames are allowed, and no top origin is listed",
        refused,
        |it| told(it).remove("top_origin"),
    );
    group.refuses(
        valid,
        &format!("X021-absent{variant}"),
        "crossOrigin is left out beside topOrigin",
        ("CD-4", "client_data.top_origin_alone"),
        |it| it.says().cross_origin = None,
    );
    group.refuses(
        valid,
        &format!("X022-policy{variant}"),
        "the policy allows no frames, whatever the ceremony allowed",
        ("CD-4", "client_data.cross_origin"),
        |it| told(it).set("policy", json!({ "same_origin_only": "judged" })),
    );
}

/// Puts text before the last brace.
fn behind(bytes: &mut Vec<u8>, text: &[u8]) {
    assert_eq!(bytes.pop(), Some(b'}'));
    bytes.extend_from_slice(text);
    bytes.push(b'}');
}
