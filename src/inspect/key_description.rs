//! Android's key description in full: both authorization lists, tag after tag.
//!
//! Identifiers of the device (serial number, IMEI) are shown where the key store states them: who
//! looks into an attestation of that kind is looking for them.

use super::{Node, note, values};
use crate::encoding::hex;
use crate::time::UnixTime;
use crate::verdict::Malformed;
use crate::webauthn::statement::key_description::{
    AuthorizationList, Form, KeyDescription, SecurityLevel, algorithm_name, boot_state_name,
    curve_name, digest_name, field, origin_name, purpose_name,
};

pub(super) fn node(value: &[u8]) -> Node {
    let description = match KeyDescription::read(value) {
        Ok(description) => description,
        Err(malformed) => return Node::leaf("", values::bytes(value)).noted(note(&malformed)),
    };
    Node::new("").children(vec![
        Node::leaf("attestationVersion", description.attestation_version.to_string()),
        level("attestationSecurityLevel", description.attestation_security_level),
        Node::leaf("keyMintVersion", description.keymint_version.to_string()),
        level("keyMintSecurityLevel", description.keymint_security_level),
        Node::leaf("attestationChallenge", values::bytes(description.attestation_challenge)),
        Node::leaf("uniqueId", values::bytes(description.unique_id)),
        list("softwareEnforced", &description.software_enforced),
        list("hardwareEnforced", &description.hardware_enforced),
    ])
}

fn level(label: &str, level: SecurityLevel) -> Node {
    Node::leaf(
        label,
        match level {
            SecurityLevel::Unknown(number) => format!("unknown level {number}"),
            known => known.to_string(),
        },
    )
}

fn list(label: &str, list: &AuthorizationList<'_>) -> Node {
    let mut node = Node::new(label);
    if list.entries.is_empty() {
        return node.value("(empty)");
    }
    if !list.is_ordered {
        node = node.value("tags are not in ascending order");
    }
    let mut seen: Vec<u32> = Vec::new();
    for (tag, content) in &list.entries {
        // A tag that stands twice has no value of its own: its occurrences are shown as bytes.
        let repeated = list.entries.iter().filter(|(other, _)| other == tag).count() > 1;
        if repeated || field(*tag).is_none() {
            let name = field(*tag).map_or("unknown", |field| field.name);
            let occurrence = Node::leaf(values::named(Some(name), tag), values::bytes(content));
            let again = seen.contains(tag);
            node.push(if again { occurrence.noted("tag is repeated") } else { occurrence });
        } else {
            node.push(authorization(list, *tag, content));
        }
        seen.push(*tag);
    }
    node
}

/// One authorization, by the form that the schema gives its tag.
fn authorization(list: &AuthorizationList<'_>, tag: u32, content: &[u8]) -> Node {
    let Some(field) = field(tag) else {
        return Node::leaf(tag.to_string(), values::bytes(content));
    };
    let read = match field.form {
        Form::Integer => list.integer(tag).map(|read| read.map(|number| integer(tag, number))),
        Form::Integers => {
            list.integers(tag).map(|read| read.map(|numbers| integers(tag, &numbers)))
        }
        Form::Octets => list.octets(tag).map(|read| read.map(values::bytes)),
        Form::Text => list.octets(tag).map(|read| read.map(text)),
        Form::Flag if list.is_null(tag) => Some(Ok("yes".to_owned())),
        Form::Flag => Some(Ok(format!("present, not as NULL: {}", values::bytes(content)))),
        Form::Origin => list
            .integer(tag)
            .map(|read| read.map(|number| values::named(origin_name(number), number))),
        Form::RootOfTrust => return root_of_trust(field.name, list, content),
        Form::ApplicationId => return application_id(field.name, list, content),
    };
    match read {
        Some(Ok(value)) => Node::leaf(field.name, value),
        Some(Err(malformed)) => unreadable(field.name, content, &malformed),
        None => Node::leaf(field.name, values::bytes(content)),
    }
}

fn unreadable(label: &str, content: &[u8], malformed: &Malformed) -> Node {
    Node::leaf(label, values::bytes(content)).noted(note(malformed))
}

fn root_of_trust(label: &str, list: &AuthorizationList<'_>, content: &[u8]) -> Node {
    let root = match list.root_of_trust() {
        Some(Ok(root)) => root,
        Some(Err(malformed)) => return unreadable(label, content, &malformed),
        None => return Node::leaf(label, values::bytes(content)),
    };
    let state = root.verified_boot_state;
    let mut node = Node::new(label).children(vec![
        Node::leaf("verifiedBootKey", values::bytes(root.verified_boot_key)),
        Node::leaf("deviceLocked", root.device_locked.to_string()),
        Node::leaf("verifiedBootState", values::named(boot_state_name(state), state)),
    ]);
    if let Some(hash) = root.verified_boot_hash {
        node.push(Node::leaf("verifiedBootHash", values::bytes(hash)));
    }
    node
}

fn application_id(label: &str, list: &AuthorizationList<'_>, content: &[u8]) -> Node {
    let id = match list.attestation_application_id() {
        Some(Ok(id)) => id,
        Some(Err(malformed)) => return unreadable(label, content, &malformed),
        None => return Node::leaf(label, values::bytes(content)),
    };
    let packages = id.packages.iter().map(|package| {
        Node::leaf("package", format!("{}, version {}", package.name, package.version))
    });
    let digests = id
        .signature_digests
        .iter()
        .map(|digest| Node::leaf("signature digest", values::bytes(digest)));
    Node::new(label).children(packages.chain(digests).collect())
}

fn integers(tag: u32, numbers: &[u64]) -> String {
    let name = |number: u64| match tag {
        1 => purpose_name(number),
        5 | 203 => digest_name(number),
        4 => block_mode_name(number),
        6 => padding_name(number),
        _ => None,
    };
    let named = numbers.iter().map(|number| values::named(name(*number), number));
    values::list(&named.collect::<Vec<String>>())
}

fn integer(tag: u32, number: u64) -> String {
    match tag {
        2 => values::named(algorithm_name(number), number),
        3 => format!("{number} bits"),
        10 => values::named(curve_name(number), number),
        // Milliseconds since 1970.
        400 | 401 | 402 | 701 => match i64::try_from(number.div_euclid(1000)) {
            Ok(seconds) if seconds < YEAR_10000 => format!("{} ({number})", UnixTime(seconds)),
            _ => number.to_string(),
        },
        504 => values::named(authenticator_type(number).as_deref(), number),
        505 => format!("{number} s"),
        705 => os_version(number),
        706 | 718 | 719 => patch_level(number),
        _ => number.to_string(),
    }
}

/// 10000-01-01T00:00:00Z, from where a date has no form.
const YEAR_10000: i64 = 253_402_300_800;

/// A date without its separators: YYYYMM, or YYYYMMDD.
fn patch_level(number: u64) -> String {
    let digits = number.to_string();
    let written = match (digits.len(), digits.split_at_checked(4)) {
        (6, Some((year, month))) => Some(format!("{year}-{month}")),
        (8, Some((year, rest))) => {
            rest.split_at_checked(2).map(|(month, day)| format!("{year}-{month}-{day}"))
        }
        _ => None,
    };
    values::named(written.as_deref(), number)
}

/// Two digits each for the major, the minor and the sub-minor version.
fn os_version(number: u64) -> String {
    let part = |divisor: u64| number.div_euclid(divisor).rem_euclid(100);
    let written = (10_000..1_000_000)
        .contains(&number)
        .then(|| format!("{}.{}.{}", part(10_000), part(100), part(1)));
    values::named(written.as_deref(), number)
}

/// `HardwareAuthenticatorType`, a set of bits.
fn authenticator_type(number: u64) -> Option<String> {
    match number {
        0 => Some("NONE".to_owned()),
        1 => Some("PASSWORD".to_owned()),
        2 => Some("FINGERPRINT".to_owned()),
        3 => Some("PASSWORD, FINGERPRINT".to_owned()),
        0xffff_ffff => Some("ANY".to_owned()),
        _ => None,
    }
}

const fn block_mode_name(number: u64) -> Option<&'static str> {
    Some(match number {
        1 => "ECB",
        2 => "CBC",
        3 => "CTR",
        32 => "GCM",
        _ => return None,
    })
}

const fn padding_name(number: u64) -> Option<&'static str> {
    Some(match number {
        1 => "NONE",
        2 => "RSA_OAEP",
        3 => "RSA_PSS",
        4 => "RSA_PKCS1_1_5_ENCRYPT",
        5 => "RSA_PKCS1_1_5_SIGN",
        64 => "PKCS7",
        _ => return None,
    })
}

fn text(bytes: &[u8]) -> String {
    match core::str::from_utf8(bytes) {
        Ok(text) => values::text(text),
        Err(_) => hex::encode(bytes),
    }
}
