//! N001 to N015 and N079 to N099: the request around a response.

use serde_json::{Value, json};

use super::case::Ceremony;
use super::{Enrollment, Group, Login, Spelling, Valid, Wire};
use crate::Registration;
use crate::authenticator_data::flag;

const MISSING: (&str, &str) = ("EN-1", "malformed.missing");
const TYPE: (&str, &str) = ("EN-2", "malformed.type");
const BASE64: (&str, &str) = ("EN-3", "malformed.base64");
const EMPTY: (&str, &str) = ("EN-3", "malformed.empty");
const KIND: (&str, &str) = ("EN-5", "envelope.type");

/// Bytes whose base64 differs between the two alphabets, and has spare bits.
const ID: [u8; 32] = [0xfb; 32];

pub(super) fn registration() -> Group {
    let about = "N001 to N015: the request around a registration. A browser's JSON, and the two \
                 Open Finance bodies.";
    let mut group = Group::new("registration-envelope", about);
    let mut registration = Registration::none("registration envelope");
    registration.authenticator_data.credential_id = ID.to_vec();
    let valid = group.valid("browser", Enrollment::browser(registration.clone()));

    let numbers = Numbers {
        id: ["N001", "N002", "N003"],
        kind: ["N004", "N005", "N006"],
        response: ["N007", "N008"],
        client_data: ["N009", "N010", "N011"],
    };
    shared(&mut group, &valid, &numbers);
    binary(&mut group, &valid, "attestationObject", ["N012", "N013", "N014"]);

    group.refuses(
        &valid,
        "N015",
        "the user verification flag is clear, and user verification is required",
        ("X-7", "authenticator_data.user_verification"),
        |it| it.authenticator_data.clear_flag(flag::USER_VERIFIED),
    );

    // The bodies of Open Finance Brasil.
    let bank =
        Enrollment { wire: Wire::form(device_credential), ..Enrollment::of(registration.clone()) };
    let bank = group.valid("device-credential", bank);
    for (id, member) in [
        ("N001-device-credential", "device_credential_id"),
        ("N001-device-credential-raw-id", "device_credential_raw_id"),
        ("N009-device-credential", "device_credential_client_data_json"),
        ("N012-device-credential", "device_credential_attestation_object"),
    ] {
        group.refuses(&bank, id, &format!("{member} is missing"), MISSING, |it| {
            it.wire.edit(move |request| remove(request, member));
        });
    }
    group.accepts(
        &bank,
        "N004-device-credential",
        "device_credential_type is missing, which this form allows",
        |it| it.wire.edit(|request| remove(request, "device_credential_type")),
    );
    group.refuses(
        &bank,
        "N006-device-credential",
        "device_credential_type is not public-key",
        KIND,
        |it| it.wire.edit(|request| request["device_credential_type"] = json!("password")),
    );
    let body = Enrollment { wire: Wire::form(under_data), ..Enrollment::of(registration.clone()) };
    let body = group.valid("fido-registration", body);
    group.refuses(&body, "N001-fido-registration", "data.id is missing", MISSING, |it| {
        it.wire.edit(|request| remove(&mut request["data"], "id"));
    });
    group.refuses(&body, "N008-fido-registration", "data is an array", TYPE, |it| {
        it.wire.edit(|request| request["data"] = json!([request["data"]]));
    });

    // The one leniency that a relying party can declare.
    let declared = Enrollment::browser(registration).given(|it| {
        it.told.set("base64", json!("any_alphabet"));
    });
    let declared = group.valid("declared-leniency", declared);
    group.accepts(
        &declared,
        "N003-declared",
        "id is padded standard base64, and the relying party declared that it takes it",
        |it| {
            it.wire.edit(|request| {
                let text =
                    request["id"].as_str().expect("text").replace('-', "+").replace('_', "/");
                request["id"] = json!(format!("{text}="));
            });
        },
    );
    group.refuses(
        &declared,
        "N003-mixed",
        "id mixes the two base64 alphabets",
        ("EN-3", "malformed.base64_mixed"),
        |it| {
            it.wire.edit(|request| {
                request["id"] = json!(request["id"].as_str().expect("text").replacen('-', "+", 1));
            });
        },
    );
    group
}

pub(super) fn assertion() -> Group {
    let about = "N079 to N097 and N099: the request around an assertion.";
    let mut group = Group::new("assertion-envelope", about);
    let mut registration = Registration::none("assertion envelope");
    registration.authenticator_data.credential_id = ID.to_vec();
    let valid = group.valid("browser", Login::browser(&registration));

    let numbers = Numbers {
        id: ["N079", "N080", "N081"],
        kind: ["N082", "N083", "N084"],
        response: ["N085", "N086"],
        client_data: ["N087", "N088", "N089"],
    };
    shared(&mut group, &valid, &numbers);
    for (member, [missing, type_, base64, empty]) in [
        ("authenticatorData", ["N090", "N091", "N092", "N093"]),
        ("signature", ["N094", "N095", "N096", "N097"]),
    ] {
        binary(&mut group, &valid, member, [missing, type_, empty]);
        group.refuses(&valid, base64, &format!("{member} is padded"), BASE64, |it| {
            it.wire.edit(move |request| {
                let text = request["response"][member].as_str().expect("text");
                request["response"][member] = json!(format!("{text}="));
            });
        });
    }
    for (variant, value) in [("", json!(7)), ("-array", json!([])), ("-object", json!({}))] {
        group.refuses(
            &valid,
            &format!("N099{variant}"),
            &format!("userHandle is {value}, not text"),
            TYPE,
            |it| {
                it.wire.edit(move |request| {
                    request["response"]["userHandle"] = value.clone();
                });
            },
        );
    }
    group.accepts(&valid, "N099-empty", "userHandle is empty, which says the same as none", |it| {
        it.wire.edit(|request| request["response"]["userHandle"] = json!(""))
    });

    let body = |json: Value| json!({ "data": { "fidoAssertion": json } });
    let body =
        group.valid("authorise", Login { wire: Wire::form(body), ..Login::of(&registration) });
    group.refuses(&body, "N079-authorise", "data.fidoAssertion.id is missing", MISSING, |it| {
        it.wire.edit(|request| remove(&mut request["data"]["fidoAssertion"], "id"));
    });
    group.refuses(&body, "N085-authorise", "data.fidoAssertion is missing", MISSING, |it| {
        it.wire.edit(|request| remove(&mut request["data"], "fidoAssertion"));
    });
    group
}

/// The numbers of the cases that both ceremonies share.
struct Numbers {
    id: [&'static str; 3],
    kind: [&'static str; 3],
    response: [&'static str; 2],
    client_data: [&'static str; 3],
}

fn shared<C: Ceremony>(group: &mut Group, valid: &Valid<C>, numbers: &Numbers) {
    let [missing, type_, base64] = numbers.id;
    for (variant, member) in [("", "id"), ("-raw-id", "rawId")] {
        group.refuses(
            valid,
            &format!("{missing}{variant}"),
            &format!("{member} is missing"),
            MISSING,
            |it| it.wire().edit(move |request| remove(request, member)),
        );
        group.refuses(
            valid,
            &format!("{missing}{variant}-null"),
            &format!("{member} is null"),
            MISSING,
            |it| it.wire().edit(move |request| request[member] = Value::Null),
        );
    }
    for (variant, value) in [
        ("", json!(7)),
        ("-array", json!([251])),
        ("-object", json!({})),
        ("-boolean", json!(true)),
    ] {
        group.refuses(
            valid,
            &format!("{type_}{variant}"),
            &format!("id is {value}, not text"),
            TYPE,
            |it| it.wire().edit(move |request| request["id"] = value.clone()),
        );
    }
    let spellings: [Spelling; 6] = [
        ("", "is padded", |text| format!("{text}=")),
        ("-standard", "is in the standard alphabet", |text| {
            text.replace('-', "+").replace('_', "/")
        }),
        ("-space", "ends in a space", |text| format!("{text} ")),
        ("-newline", "has a line break inside", |text| {
            let (head, tail) = text.split_at(20);
            format!("{head}\n{tail}")
        }),
        ("-character", "has a character of no alphabet", |text| format!("{}!", &text[1..])),
        ("-spare-bits", "has a spare bit set", |text| {
            let (last, head) = (text.chars().last(), &text[..text.len() - 1]);
            assert_eq!(last, Some('s'), "the next letter sets a spare bit");
            format!("{head}t")
        }),
    ];
    for (variant, what, spell) in spellings {
        group.refuses(valid, &format!("{base64}{variant}"), &format!("id {what}"), BASE64, |it| {
            it.wire().edit(move |request| {
                request["id"] = json!(spell(request["id"].as_str().expect("text")));
            });
        });
    }

    let [missing, type_, other] = numbers.kind;
    group.refuses(valid, missing, "type is missing", MISSING, |it| {
        it.wire().edit(|request| remove(request, "type"));
    });
    for (variant, value) in [("", json!(1)), ("-array", json!(["public-key"]))] {
        group.refuses(
            valid,
            &format!("{type_}{variant}"),
            &format!("type is {value}, not text"),
            TYPE,
            |it| it.wire().edit(move |request| request["type"] = value.clone()),
        );
    }
    for (variant, value) in
        [("", "password"), ("-case", "Public-Key"), ("-empty", ""), ("-space", "public-key ")]
    {
        group.refuses(
            valid,
            &format!("{other}{variant}"),
            &format!("type is {value:?}"),
            KIND,
            |it| it.wire().edit(move |request| request["type"] = json!(value)),
        );
    }

    let [missing, type_] = numbers.response;
    group.refuses(valid, missing, "response is missing", MISSING, |it| {
        it.wire().edit(|request| remove(request, "response"));
    });
    for (variant, value) in [("", json!("response")), ("-array", json!([])), ("-number", json!(1))]
    {
        group.refuses(
            valid,
            &format!("{type_}{variant}"),
            &format!("response is {value}, not an object"),
            TYPE,
            |it| it.wire().edit(move |request| request["response"] = value.clone()),
        );
    }
    group.refuses(
        valid,
        &format!("{type_}-not-json"),
        "the request ends before its last brace",
        ("EN-2", "malformed.json"),
        |it| it.wire().edit_text(|text| text.truncate(text.len() - 1)),
    );
    group.refuses(
        valid,
        &format!("{type_}-request-array"),
        "the request is an array around the object",
        TYPE,
        |it| it.wire().edit(|request| *request = json!([request])),
    );
    binary(group, valid, "clientDataJSON", numbers.client_data);
}

/// A member of `response` that is missing, that is no text, that is empty.
fn binary<C: Ceremony>(
    group: &mut Group,
    valid: &Valid<C>,
    member: &'static str,
    [missing, type_, empty]: [&str; 3],
) {
    group.refuses(valid, missing, &format!("{member} is missing"), MISSING, |it| {
        it.wire().edit(move |request| remove(&mut request["response"], member));
    });
    for (variant, value) in [("", json!(1)), ("-object", json!({})), ("-array", json!([123, 125]))]
    {
        group.refuses(
            valid,
            &format!("{type_}{variant}"),
            &format!("{member} is {value}, not text"),
            TYPE,
            |it| it.wire().edit(move |request| request["response"][member] = value.clone()),
        );
    }
    group.refuses(valid, empty, &format!("{member} is empty"), EMPTY, |it| {
        it.wire().edit(move |request| request["response"][member] = json!(""));
    });
}

/// The published "Create Open Finance Device Enrollment" body.
fn device_credential(browser: Value) -> Value {
    json!({
        "device_credential_id": browser["id"],
        "device_credential_raw_id": browser["rawId"],
        "device_credential_type": browser["type"],
        "device_credential_client_data_json": browser["response"]["clientDataJSON"],
        "device_credential_attestation_object": browser["response"]["attestationObject"],
        "device_credential_authenticator_attachment": browser["authenticatorAttachment"],
        "client_extension_results": {},
    })
}

/// The Open Finance Brasil `fido-registration` body.
fn under_data(browser: Value) -> Value {
    json!({ "data": browser })
}

fn remove(object: &mut Value, member: &str) {
    let members = object.as_object_mut().expect("an object");
    assert!(members.remove(member).is_some(), "no member {member:?} to remove");
}

/// Puts a second `id`, with the same value, at the end of a request.
pub(super) fn twice(request: &mut String) {
    let value: Value = serde_json::from_str(request).expect("a request");
    assert_eq!(request.pop(), Some('}'));
    request.push_str(&format!(",\"id\":{}}}", value["id"]));
}
