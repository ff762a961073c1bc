//! X025 to X032: flags, extension outputs and length of authenticator data.

use serde_json::json;

use super::{Departure, Enrollment, Group, Login};
use crate::authenticator_data::{AuthenticatorData, flag};
use crate::cbor::{self, Value};
use crate::extension::fido_aaguid;
use crate::{Registration, seed};

pub(super) fn group() -> Group {
    let about = "X025 to X032: flags, extension outputs, AAGUID and length of authenticator data.";
    let mut group = Group::new("authenticator-data", about);
    flags(&mut group);
    lengths(&mut group);
    models(&mut group);
    group
}

fn flags(group: &mut Group) {
    let registration = Registration::none("flags");
    let valid = group.valid("none", Enrollment::of(registration.clone()));
    let login = group.valid("assertion", Login::of(&registration));
    let backup = ("X-5", "authenticator_data.backup_state");
    let changes = "the backup state flag is set without backup eligibility";
    group.refuses(&valid, "X025", changes, backup, |it| {
        it.authenticator_data.set_flag(flag::BACKUP_STATE);
    });
    group.refuses(&login, "X025-assertion", changes, backup, |it| {
        it.authenticator_data.set_flag(flag::BACKUP_STATE);
    });
    group.accepts(&valid, "X025-eligible", "the key is backup eligible and backed up", |it| {
        it.authenticator_data.set_flag(flag::BACKUP_STATE | flag::BACKUP_ELIGIBLE);
    });
    let changed = ("AS-5", "credential.backup_eligibility");
    group.refuses(
        &login,
        "X026",
        "the key is backup eligible now, and was not when it was registered",
        changed,
        |it| it.authenticator_data.set_flag(flag::BACKUP_ELIGIBLE),
    );
    let mut eligible = Registration::none("eligible");
    eligible.authenticator_data.set_flag(flag::BACKUP_ELIGIBLE);
    let eligible = group.valid("eligible-assertion", Login::of(&eligible));
    group.refuses(
        &eligible,
        "X026-lost",
        "the key was backup eligible when it was registered, and is not now",
        changed,
        |it| it.authenticator_data.clear_flag(flag::BACKUP_ELIGIBLE),
    );
    group.accepts(&eligible, "X026-state", "the key was backed up since", |it| {
        it.authenticator_data.set_flag(flag::BACKUP_STATE);
    });
    for (id, bits) in [
        ("X027", flag::RESERVED_1 | flag::RESERVED_5),
        ("X027-bit-1", flag::RESERVED_1),
        ("X027-bit-5", flag::RESERVED_5),
    ] {
        let changes = format!("the reserved bits {bits:#04x} are set, which is ignored");
        group.accepts(&valid, id, &changes, |it| it.authenticator_data.set_flag(bits));
        let id = format!("{id}-assertion");
        group.accepts(&login, &id, &changes, |it| it.authenticator_data.set_flag(bits));
    }
    let strict = Enrollment::of(registration).given(|it| {
        it.told.set("policy", json!({ "reserved_flags": "judged" }));
    });
    let strict = group.valid("strict-flags", strict);
    group.refuses(
        &strict,
        "X027-policy",
        "a reserved bit is set, which the policy refuses",
        ("X-4", "authenticator_data.reserved_flags"),
        |it| it.authenticator_data.set_flag(flag::RESERVED_1),
    );
    let presence = ("X-6", "authenticator_data.user_presence");
    group.refuses(&valid, "X025-presence", "the user presence flag is clear", presence, |it| {
        it.authenticator_data.clear_flag(flag::USER_PRESENT);
    });
    group.refuses(
        &valid,
        "X025-rp-id-hash",
        "rpIdHash is that of another relying party",
        ("RP-1", "authenticator_data.rp_id_hash"),
        |it| it.authenticator_data.rp_id_hash = crate::scheme::sha256(b"evil.example"),
    );
}

fn lengths(group: &mut Group) {
    let registration = Registration::none("lengths of data");
    let valid = group.valid("length", Enrollment::of(registration.clone()));
    let login = group.valid("length-assertion", Login::of(&registration));
    let cases: [Departure<AuthenticatorData>; 8] = [
        ("X028", "the ED flag is set, and no map follows", ("X-3", "malformed.truncated"), |it| {
            it.set_flag(flag::EXTENSIONS);
        }),
        (
            "X028-number",
            "the ED flag is set, and a number follows in place of a map",
            ("X-3", "malformed.type"),
            |it| {
                it.set_flag(flag::EXTENSIONS);
                it.extensions_bytes = Some(vec![0]);
            },
        ),
        (
            "X028-key",
            "the map of extension outputs has a key that is no text",
            ("X-3", "malformed.type"),
            |it| it.set_extensions(Value::Map(vec![(cbor::integer(1), cbor::integer(1))])),
        ),
        (
            "X028-cut",
            "the map of extension outputs announces an entry that is not there",
            ("X-3", "malformed.truncated"),
            |it| {
                it.set_flag(flag::EXTENSIONS);
                it.extensions_bytes = Some(vec![0xa1]);
            },
        ),
        (
            "X029",
            "a map of extension outputs is there, and the ED flag is clear",
            ("X-3", "malformed.flags"),
            |it| it.extensions = Some(outputs()),
        ),
        (
            "X030",
            "a byte follows the map of extension outputs",
            ("X-3", "malformed.trailing"),
            |it| {
                it.set_extensions(outputs());
                it.trailing = vec![0];
            },
        ),
        (
            "X030-map",
            "a second map follows the map of extension outputs",
            ("X-3", "malformed.trailing"),
            |it| {
                it.set_extensions(outputs());
                it.trailing = vec![0xa0];
            },
        ),
        ("X032", "authenticator data has 36 bytes", ("X-3", "malformed.truncated"), |it| {
            let mut bytes = it.to_bytes();
            bytes.truncate(36);
            it.bytes = Some(bytes);
        }),
    ];
    for (id, changes, pin, change) in cases {
        group.refuses(&valid, id, changes, pin, |it| change(&mut it.authenticator_data));
        // In an assertion, what follows the counter is the ED flag's, or leftovers.
        let pin = match id {
            "X030" | "X030-map" => ("X-3", "malformed.flags"),
            _ => pin,
        };
        group.refuses(&login, &format!("{id}-assertion"), changes, pin, |it| {
            change(&mut it.authenticator_data);
        });
    }
    let strict = Login::of(&registration).given(|it| {
        it.told.set("policy", json!({ "assertion_without_attested_data": "judged" }));
    });
    let strict = group.valid("length-strict-assertion", strict);
    group.refuses(
        &strict,
        "X032-attested",
        "an assertion carries attested credential data, which the policy refuses",
        ("X-3", "authenticator_data.attested_data_unexpected"),
        |it| it.authenticator_data.set_flag(flag::ATTESTED),
    );
    group.accepts(&valid, "X029-announced", "extension outputs are there, and announced", |it| {
        it.authenticator_data.set_extensions(outputs());
    });
    group.accepts(&login, "X029-announced-assertion", "extension outputs, announced", |it| {
        it.authenticator_data
            .set_extensions(Value::Map(vec![(cbor::text("later"), cbor::integer(1))]));
    });
}

fn outputs() -> Value {
    Value::Map(vec![(cbor::text("later"), cbor::integer(1))])
}

/// X031: a list of models is a list of models that a certificate vouches for.
fn models(group: &mut Group) {
    let listed = |registration: Registration| {
        let aaguid = registration.authenticator_data.aaguid;
        Enrollment::of(registration)
            .given(|it| it.told.set("policy", json!({ "aaguids": [aaguid] })))
    };
    let another: [u8; 16] = seed::array("models", "another model");
    for (name, variant, mismatch, make) in [
        ("packed", "", "PK-9", Registration::packed_basic as fn(&str) -> Registration),
        ("tpm", "-tpm", "TP-13", Registration::tpm_ecc),
    ] {
        let valid = group.valid(&format!("listed-{name}"), listed(make("models")));
        group.refuses(
            &valid,
            &format!("X031{variant}"),
            "the model is zero, in authenticator data and in the certificate",
            ("PO-3", "policy.aaguid"),
            |it| {
                it.authenticator_data.aaguid = [0; 16];
                it.leaf().set_extension(fido_aaguid([0; 16]));
            },
        );
        group.refuses(
            &valid,
            &format!("X031-another{variant}"),
            "the model is another one, in authenticator data and in the certificate",
            ("PO-3", "policy.aaguid"),
            |it| {
                it.authenticator_data.aaguid = another;
                it.leaf().set_extension(fido_aaguid(another));
            },
        );
        group.refuses(
            &valid,
            &format!("X031-only-claimed{variant}"),
            "the certificate does not name the model that authenticator data claims",
            ("PO-3", "policy.aaguid_unverified"),
            |it| it.leaf().remove_extension(crate::extension::oid::FIDO_AAGUID),
        );
        group.refuses(
            &valid,
            &format!("X031-zero-in-data{variant}"),
            "the model is zero in authenticator data alone",
            (mismatch, "certificate.aaguid_mismatch"),
            |it| it.authenticator_data.aaguid = [0; 16],
        );
    }
    let valid = group.valid("listed-none", listed_certified());
    group.refuses(
        &valid,
        "X031-self",
        "the listed model is claimed by a self attestation",
        ("PO-3", "policy.aaguid_unverified"),
        |it| it.attestation.statement = crate::Statement::PackedSelf,
    );
    let named = Enrollment::of(Registration::packed_basic("models"))
        .given(|it| it.told.set("policy", json!({ "packed_model": "judged" })));
    let named = group.valid("packed-names-its-model", named);
    group.refuses(
        &named,
        "X031-policy",
        "the model is zero in authenticator data and certificate, and the policy wants one",
        ("PK-15", "attestation.aaguid_zero"),
        |it| {
            it.authenticator_data.aaguid = [0; 16];
            it.leaf().set_extension(fido_aaguid([0; 16]));
        },
    );
    let apple = group.valid("apple", Enrollment::of(Registration::apple("models")));
    group.accepts(
        &apple,
        "X031-apple",
        "Apple's anonymous attestation states the zero model, as it does",
        |it| it.authenticator_data.aaguid = [0; 16],
    );
}

fn listed_certified() -> Enrollment {
    let registration = Registration::packed_basic("listed");
    let aaguid = registration.authenticator_data.aaguid;
    Enrollment::of(registration).given(|it| it.told.set("policy", json!({ "aaguids": [aaguid] })))
}
