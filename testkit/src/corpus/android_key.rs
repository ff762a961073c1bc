//! X074 to X077: Android's key description, under the bank's profile.

use serde_json::json;

use super::{Departure, Enrollment, Group};
use crate::attestation::android_key::{KeyDescription, integers, level, root_of_trust, tag};
use crate::extension::{android_key_description, oid};
use crate::{Authority, Edit, Registration, der};

pub(super) fn group() -> Group {
    let about = "X074 to X077: Android's key description, judged under open_finance_brasil. \
                 Revocation (X078) is not here: its list is handed to a run, not to a case.";
    let mut group = Group::new("android-key", about);
    let enrollment = Enrollment::of(Registration::android_key("android"))
        .given(|it| it.told.set("profile", json!("open_finance_brasil")));
    let valid = group.valid("locked-phone", enrollment);

    group.refuses(
        &valid,
        "X074",
        "the key description stands in the intermediate, not in the leaf",
        ("AK-4", "android.key_description_missing"),
        |it| {
            let description = a_description(it);
            it.chain().issuers[0].spec.extensions.push(description);
            it.chain().edit_leaf = Edit::new(|leaf: &mut crate::CertificateSpec| {
                leaf.remove_extension(oid::ANDROID_KEY_DESCRIPTION);
            });
        },
    );
    let repeated = ("AK-5", "android.key_description_repeated");
    group.refuses(
        &valid,
        "X075",
        "the intermediate carries a key description as well",
        repeated,
        |it| {
            let description = a_description(it);
            it.chain().issuers[0].spec.extensions.push(description);
        },
    );
    group.refuses(
        &valid,
        "X075-root",
        "the root in x5c carries a key description as well",
        repeated,
        |it| {
            let description = a_description(it);
            it.chain().issuers[1].spec.extensions.push(description);
        },
    );
    group.refuses(
        &valid,
        "X075-leaf",
        "the leaf carries the key description twice",
        ("X-15", "certificate.duplicate_extension"),
        |it| {
            it.chain().edit_leaf = Edit::new(|leaf: &mut crate::CertificateSpec| {
                let same = leaf.extension_mut(oid::ANDROID_KEY_DESCRIPTION).clone();
                leaf.extensions.push(same);
            });
        },
    );

    group.refuses(
        &valid,
        "X076",
        "the attestation is of the trusted environment, the key of StrongBox",
        ("AK-11", "android.security_levels_differ"),
        |it| it.key_description().keymint_security_level = level::STRONG_BOX,
    );
    let security = ("AK-11", "android.security_level");
    let levels: [(&str, &str, i64, i64); 3] = [
        (
            "X076-key-in-software",
            "the attestation is of the trusted environment, the key in software",
            level::TRUSTED_ENVIRONMENT,
            level::SOFTWARE,
        ),
        (
            "X076-attested-in-software",
            "the attestation is of software, the key of the trusted environment",
            level::SOFTWARE,
            level::TRUSTED_ENVIRONMENT,
        ),
        ("X076-software", "both levels are software", level::SOFTWARE, level::SOFTWARE),
    ];
    for (id, changes, attestation, keymint) in levels {
        group.refuses(&valid, id, changes, security, |it| {
            let description = it.key_description();
            description.attestation_security_level = attestation;
            description.keymint_security_level = keymint;
        });
    }
    group.accepts(&valid, "X076-strongbox", "both levels are StrongBox", |it| {
        let description = it.key_description();
        description.attestation_security_level = level::STRONG_BOX;
        description.keymint_security_level = level::STRONG_BOX;
    });
    group.refuses(
        &valid,
        "X076-root",
        "the chain ends at a root that is not configured, as that of software keys",
        ("X-11", "path.self_signed"),
        |it| {
            let anchors = it.chain().anchors();
            let root = Authority::root("software");
            it.chain().set_issuers(vec![root.intermediate("software"), root]);
            it.anchors = Some(anchors);
        },
    );

    let enforced = ("AK-10", "android.not_hardware_enforced");
    for (id, name, tag) in
        [("X077", "origin", tag::ORIGIN), ("X077-purpose", "purpose", tag::PURPOSE)]
    {
        let changes = format!("{name} stands only in the list that software enforces");
        group.refuses(&valid, id, &changes, enforced, |it| {
            let description = it.key_description();
            let value = description.hardware_enforced.remove(tag);
            description.software_enforced.set(tag, value);
        });
    }
    let more: [Departure<KeyDescription>; 9] = [
        (
            "X077-no-origin",
            "origin stands in neither list",
            ("AK-8", "android.origin_missing"),
            |it| drop(it.hardware_enforced.remove(tag::ORIGIN)),
        ),
        (
            "X077-no-purpose",
            "purpose stands in neither list",
            ("AK-9", "android.purpose_missing"),
            |it| drop(it.hardware_enforced.remove(tag::PURPOSE)),
        ),
        ("X077-imported", "the key was imported", ("AK-8", "android.origin"), |it| {
            it.hardware_enforced.set(tag::ORIGIN, der::integer(2));
        }),
        ("X077-decrypts", "the key's purpose is decryption", ("AK-9", "android.purpose"), |it| {
            it.hardware_enforced.set(tag::PURPOSE, integers(&[1]))
        }),
        ("X077-also-decrypts", "the key may sign and decrypt", ("AK-9", "android.purpose"), |it| {
            it.hardware_enforced.set(tag::PURPOSE, integers(&[1, 2]))
        }),
        (
            "X077-all-applications",
            "every application may use the key",
            ("AK-6", "android.all_applications"),
            |it| it.software_enforced.set(tag::ALL_APPLICATIONS, der::null()),
        ),
        ("X076-unlocked", "the boot loader is not locked", ("AK-12", "android.boot"), |it| {
            it.hardware_enforced.set(tag::ROOT_OF_TRUST, root_of_trust("android", false, 0))
        }),
        ("X076-boot", "the boot state is self-signed", ("AK-12", "android.boot"), |it| {
            it.hardware_enforced.set(tag::ROOT_OF_TRUST, root_of_trust("android", true, 1))
        }),
        (
            "X076-boot-in-software",
            "the root of trust stands only in the list that software enforces",
            ("AK-12", "android.root_of_trust_missing"),
            |it| {
                let value = it.hardware_enforced.remove(tag::ROOT_OF_TRUST);
                it.software_enforced.set(tag::ROOT_OF_TRUST, value);
            },
        ),
    ];
    for (id, changes, pin, change) in more {
        group.refuses(&valid, id, changes, pin, |it| change(it.key_description()));
    }
    group
}

fn a_description(it: &Enrollment) -> crate::Extension {
    let description = KeyDescription::for_key("another", &it.credential_key);
    android_key_description(description.to_der(&[7; 32]))
}
