//! What the options of a ceremony asked for, compared again: defects 7 and 8 of the peers, which
//! no number of the list has.

use serde_json::json;

use super::{Enrollment, Group, Login};
use crate::cbor::{self, Value};
use crate::{Registration, scheme};

pub(super) fn group() -> Group {
    let about = "What the options asked for and the response does not show: attachment, \
                 discoverability, credProtect, extensions, unsigned copies, enterprise \
                 attestation, AppID.";
    let mut group = Group::new("asked-for", about);
    let browser = || Enrollment::browser(Registration::none("asked for"));

    let platform = browser().given(|it| it.told.set("attachment", json!("platform")));
    let valid = group.valid("platform", platform);
    group.refuses(
        &valid,
        "OP-attachment",
        "the authenticator is cross-platform, and a platform authenticator was asked for",
        ("RG-2", "credential.attachment"),
        |it| it.wire.edit(|json| json["authenticatorAttachment"] = json!("cross-platform")),
    );
    group.refuses(
        &valid,
        "OP-attachment-missing",
        "the attachment is not stated",
        ("RG-2", "credential.attachment_missing"),
        |it| {
            it.wire.edit(|json| {
                json.as_object_mut().expect("an object").remove("authenticatorAttachment");
            });
        },
    );

    let resident = browser().given(|it| {
        it.told.set("resident_key_required", json!(true));
        it.told.set("extensions", json!(["credProps"]));
        it.wire.edit(|json| json["clientExtensionResults"] = json!({"credProps": {"rk": true}}));
    });
    let valid = group.valid("discoverable", resident);
    let missing = ("RG-2", "credential.resident_key");
    group.refuses(&valid, "OP-resident", "credProps says that it is not", missing, |it| {
        it.wire.edit(|json| json["clientExtensionResults"] = json!({"credProps": {"rk": false}}));
    });
    group.refuses(&valid, "OP-resident-missing", "credProps is missing", missing, |it| {
        it.wire.edit(|json| json["clientExtensionResults"] = json!({}));
    });
    group.refuses(
        &valid,
        "OP-extension-form",
        "credProps.rk is text",
        ("EX-2", "extension.form"),
        |it| {
            it.wire.edit(|json| {
                json["clientExtensionResults"] = json!({"credProps": {"rk": "true"}});
            });
        },
    );

    let mut protected = Registration::none("protected");
    protected.authenticator_data.set_extensions(credential_protection(2));
    let protected = Enrollment::of(protected).given(|it| {
        it.told.set("credential_protection", json!(2));
        it.told.set("extensions", json!(["credProtect"]));
        it.told.set("policy", json!({ "unsolicited_extensions": "judged" }));
    });
    let valid = group.valid("protected", protected);
    group.refuses(
        &valid,
        "OP-protection",
        "credProtect is level 1, and level 2 was asked for",
        ("EX-3", "extension.cred_protect"),
        |it| it.authenticator_data.set_extensions(credential_protection(1)),
    );
    group.refuses(
        &valid,
        "OP-protection-form",
        "credProtect is level 4, which there is not",
        ("EX-2", "extension.form"),
        |it| it.authenticator_data.set_extensions(credential_protection(4)),
    );
    group.refuses(
        &valid,
        "OP-unsolicited",
        "credProtect was not asked for, and the policy refuses what was not",
        ("EX-1", "extension.not_requested"),
        |it| it.told.set("extensions", json!([])),
    );

    let valid = group.valid("copies", browser());
    let differs = ("X-10", "envelope.hint");
    group.refuses(
        &valid,
        "OP-copy-data",
        "the unsigned copy of authenticator data has a bit changed",
        differs,
        |it| {
            it.wire.edit(|json| {
                let copy = json["response"]["authenticatorData"].as_str().expect("text");
                json["response"]["authenticatorData"] = json!(format!("AAAA{}", &copy[4..]));
            });
        },
    );
    group.refuses(
        &valid,
        "OP-copy-algorithm",
        "the unsigned copy of the algorithm is another",
        differs,
        |it| it.wire.edit(|json| json["response"]["publicKeyAlgorithm"] = json!(-257)),
    );
    group.refuses(
        &valid,
        "OP-copy-key",
        "the unsigned copy of the public key is another key",
        differs,
        |it| {
            let other = super::encode(&Registration::none("another").make().credential_spki);
            it.wire.edit(move |json| json["response"]["publicKey"] = json!(other));
        },
    );

    let mut enterprise = Registration::packed_basic("enterprise");
    let serial = crate::extension::fido_enterprise_serial(b"0001");
    enterprise.leaf().set_extension(serial);
    let enterprise =
        Enrollment::of(enterprise).given(|it| it.told.set("enterprise_attestation", json!(true)));
    let valid = group.valid("enterprise", enterprise);
    group.refuses(
        &valid,
        "OP-enterprise",
        "an enterprise serial number is there, and was not asked for",
        ("PK-11", "certificate.enterprise_serial"),
        |it| it.told.remove("enterprise_attestation"),
    );

    let app_id = "https://bank.example/app-id.json";
    let login = Login::browser(&Registration::none("app id")).given(|it| {
        it.told.set("app_id", json!(app_id));
        it.wire.edit(|json| json["clientExtensionResults"] = json!({ "appid": true }));
        it.assertion.authenticator_data.rp_id_hash = scheme::sha256(app_id.as_bytes());
    });
    let valid = group.valid("app-id", login);
    group.refuses(
        &valid,
        "OP-app-id",
        "the AppID was used, and was not asked for",
        ("RP-2", "authenticator_data.app_id"),
        |it| it.told.remove("app_id"),
    );
    group.refuses(
        &valid,
        "OP-app-id-silent",
        "the hash is the AppID's, and the client does not say that it used it",
        ("RP-1", "authenticator_data.rp_id_hash"),
        |it| it.wire.edit(|json| json["clientExtensionResults"] = json!({})),
    );
    group
}

fn credential_protection(level: i64) -> Value {
    Value::Map(vec![(cbor::text("credProtect"), cbor::integer(level))])
}
