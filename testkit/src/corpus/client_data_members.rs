//! N016 to N032 and N100 to N116: the members of client data.

use serde_json::{Value, json};

use super::case::Ceremony;
use super::{Enrollment, Group, Login, Spelling, Valid, Variant, encode};
use crate::client_data::ClientData;
use crate::{Edit, Registration};

pub(super) fn registration() -> Group {
    let about = "N016 to N032: the members of client data, registration.";
    let mut group = Group::new("registration-client-data", about);
    let registration = Registration::none("registration client data");
    let valid = group.valid("none", Enrollment::of(registration));
    cases(&mut group, &valid, 16, ["webauthn.create", "webauthn.get"]);
    group
}

pub(super) fn assertion() -> Group {
    let about = "N100 to N116: the members of client data, assertion.";
    let mut group = Group::new("assertion-client-data", about);
    let registration = Registration::none("assertion client data");
    let valid = group.valid("es256", Login::of(&registration));
    cases(&mut group, &valid, 100, ["webauthn.get", "webauthn.create"]);
    group
}

/// The seventeen cases, counted from `first`; `types` are the ceremony's own and the other one.
fn cases<C: Ceremony>(group: &mut Group, valid: &Valid<C>, first: usize, types: [&str; 2]) {
    let [own, other] = types;
    let id = |place: usize, variant: &str| format!("N{:03}{variant}", first + place);

    let refused = ("CD-2", "client_data.type");
    member(group, valid, &id(0, ""), "type", None, ("CD-2", "malformed.missing"));
    for (variant, value) in [("", json!(1)), ("-null", Value::Null), ("-array", json!([own]))] {
        member(group, valid, &id(1, variant), "type", Some(value), ("CD-2", "malformed.type"));
    }
    member(group, valid, &id(2, ""), "type", Some(json!("")), refused);
    for (variant, value) in [
        ("", "webauthn".to_owned()),
        ("-case", own.to_uppercase()),
        ("-space", format!("{own} ")),
        ("-longer", format!("{own}d")),
        ("-payment", "payment.get".to_owned()),
    ] {
        member(group, valid, &id(3, variant), "type", Some(json!(value)), refused);
    }
    member(group, valid, &id(4, ""), "type", Some(json!(other)), refused);

    let refused = ("CD-7", "client_data.challenge");
    member(group, valid, &id(5, ""), "challenge", None, ("CD-7", "malformed.missing"));
    for (variant, value) in [("", json!(1)), ("-null", Value::Null), ("-bytes", json!([1, 2]))] {
        let pin = ("CD-7", "malformed.type");
        member(group, valid, &id(6, variant), "challenge", Some(value), pin);
    }
    member(group, valid, &id(7, ""), "challenge", Some(json!("")), refused);
    let spellings: [Spelling; 3] = [
        ("", "is padded", |text| format!("{text}=")),
        ("-standard", "is in the standard alphabet", |text| {
            let other = text.replace('-', "+").replace('_', "/");
            assert_ne!(other, text, "the alphabets differ in this challenge");
            other
        }),
        ("-space", "begins with a space", |text| format!(" {text}")),
    ];
    for (variant, what, spell) in spellings {
        let changes = format!("challenge {what}");
        group.refuses(valid, &id(8, variant), &changes, ("CD-7", "malformed.base64"), |it| {
            let said = it.says();
            // Bytes that both alphabets spell differently.
            said.challenge_text = Some(spell(&encode(&said.challenge)));
        });
    }
    let others: [Variant<Vec<u8>>; 4] = [
        ("", "is another one", |challenge| challenge.reverse()),
        ("-bit", "differs in one bit", |challenge| challenge[31] ^= 1),
        ("-prefix", "is the first half of the one that was issued", |challenge| {
            challenge.truncate(16);
        }),
        ("-longer", "has a byte behind the one that was issued", |challenge| challenge.push(0)),
    ];
    for (variant, what, change) in others {
        group.refuses(valid, &id(9, variant), &format!("challenge {what}"), refused, |it| {
            change(&mut it.says().challenge);
        });
    }

    let changes = "challenge is the one that was issued, in hexadecimal";
    group.refuses(valid, &id(9, "-hexadecimal"), changes, refused, |it| {
        let said = it.says();
        let digits: String = said.challenge.iter().map(|byte| format!("{byte:02x}")).collect();
        said.challenge_text = Some(digits);
    });

    let refused = ("CD-3", "client_data.origin");
    member(group, valid, &id(10, ""), "origin", None, ("CD-3", "malformed.missing"));
    for (variant, value) in
        [("", json!(443)), ("-null", Value::Null), ("-array", json!(["https://bank.example"]))]
    {
        let pin = ("CD-3", "malformed.type");
        member(group, valid, &id(11, variant), "origin", Some(value), pin);
    }
    member(group, valid, &id(12, ""), "origin", Some(json!("")), refused);
    member(group, valid, &id(13, ""), "origin", Some(json!("https://evil.example")), refused);

    // Level 3 has no tokenBinding: the member is one that is not known, and is ignored.
    for (place, variant, value) in [
        (14, "", json!("supported")),
        (14, "-null", Value::Null),
        (15, "", json!({})),
        (16, "", json!({ "status": "unknown" })),
    ] {
        let changes = format!("tokenBinding is {value}; Level 3 ignores the member");
        group.accepts(valid, &id(place, variant), &changes, |it| {
            it.says().extra.push(("tokenBinding".to_owned(), value));
        });
    }
}

/// A member of client data that is left out or has another value, signed as it is.
fn member<C: Ceremony>(
    group: &mut Group,
    valid: &Valid<C>,
    id: &str,
    name: &str,
    value: Option<Value>,
    pin: (&str, &str),
) {
    let changes = match &value {
        None => format!("{name} is missing"),
        Some(value) => format!("{name} is {value}"),
    };
    group.refuses(valid, id, &changes, pin, |it| {
        edit_members(it.says(), |members| match value {
            None => members.retain(|(known, _)| known != name),
            Some(value) => {
                let found = members.iter_mut().find(|(known, _)| known == name);
                found.expect("a member to change").1 = value.to_string();
            }
        });
    });
}

/// Changes the members of client data, names and JSON texts in their order.
pub(super) fn edit_members(said: &mut ClientData, change: impl FnOnce(&mut Vec<(String, String)>)) {
    let text = |value: &str| json!(value).to_string();
    let mut members = vec![
        ("type".to_owned(), text(&said.ceremony_type)),
        ("challenge".to_owned(), text(&encode(&said.challenge))),
        ("origin".to_owned(), text(&said.origin)),
        ("crossOrigin".to_owned(), "false".to_owned()),
    ];
    change(&mut members);
    let members: Vec<String> =
        members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    said.bytes = Some(format!("{{{}}}", members.join(",")).into_bytes());
}

/// Client data after this change of its bytes, signed as it is.
pub(super) fn edit_bytes(
    said: &mut ClientData,
    change: impl Fn(&mut Vec<u8>) + Send + Sync + 'static,
) {
    let mut bytes = said.to_bytes();
    Edit::new(change).apply(&mut bytes);
    said.bytes = Some(bytes);
}
