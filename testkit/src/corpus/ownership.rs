//! X001 to X008 and X013: whose credential it is, and that ids agree.

use serde_json::json;

use super::case::Ceremony;
use super::{Enrollment, Group, Login, Valid, encode};
use crate::{Assertion, Registration, seed};

pub(super) fn group() -> Group {
    let about = "X001 to X008 and X013: whose credential it is, and that the ids agree. What needs \
                 a store (X009 to X012, two concurrent requests of X006) is not the core's.";
    let mut group = Group::new("ownership", about);
    ids(&mut group);
    owners(&mut group);
    registered(&mut group);
    lengths(&mut group);
    group
}

fn ids(group: &mut Group) {
    let registration = Registration::none("ids");
    let enrollment = group.valid("browser", Enrollment::browser(registration.clone()));
    let login = group.valid("browser-assertion", Login::browser(&registration));
    two_ids(group, &enrollment, "X001");
    two_ids(group, &login, "X001-assertion");

    let mismatch = ("X-8", "credential_id.mismatch");
    group.refuses(
        &enrollment,
        "X002",
        "id and rawId are not the attested credential id",
        mismatch,
        |it| it.sent_credential_id = Some(seed::bytes("ids", "another", 32)),
    );
    let bytes = group.valid("bytes", Enrollment::of(registration.clone()));
    group.refuses(
        &bytes,
        "X002-prefix",
        "the id beside the response lacks the last byte of the attested one",
        mismatch,
        |it| {
            let mut id = it.authenticator_data.credential_id.clone();
            id.pop();
            it.sent_credential_id = Some(id);
        },
    );
    group.refuses(
        &bytes,
        "X008",
        "the challenge is the one that was issued for an assertion",
        ("CD-7", "client_data.challenge"),
        |it| it.client_data.challenge = Assertion::of(&Registration::none("ids")).challenge,
    );
    let login = group.valid("bytes-assertion", Login::of(&registration));
    group.refuses(
        &login,
        "X008-assertion",
        "the challenge is the one that was issued for a registration",
        ("CD-7", "client_data.challenge"),
        |it| it.client_data.challenge = Registration::none("ids").challenge,
    );
}

fn two_ids<C: Ceremony>(group: &mut Group, valid: &Valid<C>, id: &str) {
    group.refuses(valid, id, "id is another one than rawId", ("EN-4", "envelope.id"), |it| {
        it.wire().edit(|request| {
            request["id"] = json!(encode(seed::bytes("ids", "another", 32)));
        });
    });
}

fn owners(group: &mut Group) {
    let registration = Registration::none("owners");
    let valid = group.valid("owner", Login::of(&registration));
    group.refuses(
        &valid,
        "X003",
        "the account owns another credential than the one that was used",
        ("AS-1", "credential.unknown"),
        |it| it.stored.id = seed::bytes("owners", "another", 32),
    );
    group.refuses(
        &valid,
        "X003-key",
        "the account's record of the credential has another public key",
        ("AS-3", "signature.invalid"),
        |it| {
            let other = Registration::none("another owner");
            it.stored.public_key = other.authenticator_data.public_key_encoded();
        },
    );
    group.refuses(
        &valid,
        "X004",
        "the user handle of the response is that of another account",
        ("AS-2", "credential.user_handle"),
        |it| it.user_handle = Some(seed::bytes("owners", "another handle", 16)),
    );
    group.refuses(
        &valid,
        "X004-prefix",
        "the user handle of the response lacks the last byte",
        ("AS-2", "credential.user_handle"),
        |it| it.user_handle.as_mut().expect("a handle").truncate(15),
    );
    group.refuses(
        &valid,
        "X004-too-long",
        "the user handle has 65 bytes",
        ("AS-2", "malformed.too_large"),
        |it| it.user_handle = Some(vec![7; 65]),
    );
    let named =
        Login::of(&registration).given(|it| it.told.set("user_handle_required", json!(true)));
    let named = group.valid("named-by-its-handle", named);
    group.refuses(
        &named,
        "X004-missing",
        "the user handle is missing, where it has to name the account",
        ("AS-2", "credential.user_handle_missing"),
        |it| it.user_handle = None,
    );
    group.refuses(
        &valid,
        "X005",
        "the account has no credentials",
        ("AS-1", "credential.unknown"),
        |it| it.told.set("credentials", json!([])),
    );
    let listed = Login::of(&registration).given(|it| {
        it.told.set("allow_credentials", json!([encode(&it.stored.id)]));
    });
    let listed = group.valid("on-the-allow-list", listed);
    group.refuses(
        &listed,
        "X007",
        "the credential is the account's, and not on the allow list that was sent",
        ("AS-1", "credential.not_allowed"),
        |it| {
            let other = encode(seed::bytes("owners", "another", 32));
            it.told.set("allow_credentials", json!([other]));
        },
    );
}

fn registered(group: &mut Group) {
    let other = encode(seed::bytes("registered", "another", 32));
    let enrollment = Enrollment::of(Registration::none("registered"));
    let valid = group.valid(
        "others-are-registered",
        enrollment.given(|it| it.told.set("registered_credentials", json!([other]))),
    );
    group.refuses(
        &valid,
        "X006",
        "the credential id is registered already, for whomever",
        ("RG-1", "credential.registered"),
        |it| {
            let id = encode(&it.authenticator_data.credential_id);
            it.told.set("registered_credentials", json!([other, id]));
        },
    );
    let enrollment = Enrollment::of(Registration::none("registered"));
    let valid = group.valid(
        "others-are-excluded",
        enrollment.given(|it| it.told.set("exclude_credentials", json!([other]))),
    );
    group.refuses(
        &valid,
        "X006-excluded",
        "the credential id is on the exclude list that was sent",
        ("RG-2", "credential.excluded"),
        |it| {
            let id = encode(&it.authenticator_data.credential_id);
            it.told.set("exclude_credentials", json!([other, id]));
        },
    );
}

fn lengths(group: &mut Group) {
    let length = ("X-8", "credential_id.length");
    let without = Enrollment { sends_id: false, ..Enrollment::of(Registration::none("lengths")) };
    let without = group.valid("no-id-beside", without);
    group.refuses(&without, "X013-0", "the attested credential id is empty", length, |it| {
        it.authenticator_data.credential_id.clear();
    });
    let valid = group.valid("lengths", Enrollment::of(Registration::none("lengths")));
    let of_length = |bytes: usize| {
        move |it: &mut Enrollment| {
            it.authenticator_data.credential_id = seed::bytes("lengths", "long", bytes);
        }
    };
    group.refuses(&valid, "X013-1024", "the credential id has 1024 bytes", length, of_length(1024));
    group.accepts(&valid, "X013", "the credential id has 1023 bytes", of_length(1023));
    group.accepts(&valid, "X013-1", "the credential id has one byte", of_length(1));
    let browser =
        group.valid("browser-lengths", Enrollment::browser(Registration::none("lengths")));
    group.refuses(
        &browser,
        "X013-0-browser",
        "the attested credential id is empty, and so are id and rawId",
        ("EN-3", "malformed.empty"),
        of_length(0),
    );
    let login = group.valid("lengths-assertion", Login::of(&Registration::none("lengths")));
    let of_login = |bytes: usize| {
        move |it: &mut Login| {
            it.assertion.credential_id = seed::bytes("lengths", "long", bytes);
            it.stored.id = it.assertion.credential_id.clone();
        }
    };
    group.refuses(
        &login,
        "X013-1024-assertion",
        "the credential id, sent and stored, has 1024 bytes",
        length,
        of_login(1024),
    );
    group.accepts(
        &login,
        "X013-assertion",
        "the credential id, sent and stored, has 1023 bytes",
        of_login(1023),
    );
}
