#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test says what is wrong by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::*;
use crate::encoding::certificate::{Certificate, oid};

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const NULL: &[u8] = &[0x05, 0x00];
const ENUMERATED: u8 = 0x0a;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

/// One value, its length in the shortest form.
fn der(tag: &[u8], content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let length = match u8::try_from(length) {
        Ok(short @ 0..=0x7f) => vec![short],
        Ok(byte) => vec![0x81, byte],
        Err(_) => [&[0x82][..], &u16::try_from(length).unwrap().to_be_bytes()].concat(),
    };
    [tag, &length, content].concat()
}

fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    der(&[tag], content)
}

fn integer(number: u8) -> Vec<u8> {
    assert!(number < 0x80);
    value(INTEGER, &[number])
}

/// `[number]` around a value, for numbers of up to 14 bits.
fn entry(number: u16, content: &[u8]) -> Vec<u8> {
    let [high, low] = [number >> 7, number & 0x7f].map(|part| u8::try_from(part).unwrap());
    match number {
        0..=30 => der(&[0xa0 | low], content),
        31..=127 => der(&[0xbf, low], content),
        _ => der(&[0xbf, 0x80 | high, low], content),
    }
}

fn root(locked: u8) -> Vec<u8> {
    let content = [
        value(OCTET_STRING, &[7; 32]),
        value(0x01, &[locked]),
        value(ENUMERATED, &[0]),
        value(OCTET_STRING, &[8; 32]),
    ];
    value(SEQUENCE, &content.concat())
}

fn application() -> Vec<u8> {
    let package = [value(OCTET_STRING, b"br.bank"), integer(9)].concat();
    let content =
        [value(SET, &value(SEQUENCE, &package)), value(SET, &value(OCTET_STRING, &[6; 32]))];
    value(OCTET_STRING, &value(SEQUENCE, &content.concat()))
}

fn software() -> Vec<Vec<u8>> {
    vec![entry(701, &integer(5)), entry(709, &application())]
}

fn hardware() -> Vec<Vec<u8>> {
    vec![
        entry(1, &value(SET, &integer(2))),
        entry(2, &integer(3)),
        entry(503, NULL),
        entry(702, &integer(0)),
        entry(704, &root(0xff)),
        entry(706, &value(INTEGER, &[0x03, 0x17, 0x0f])),
    ]
}

/// The eight fields, not yet in their SEQUENCE.
fn fields(software: &[Vec<u8>], hardware: &[Vec<u8>]) -> Vec<Vec<u8>> {
    vec![
        value(INTEGER, &[0x01, 0x2c]),
        value(ENUMERATED, &[1]),
        value(INTEGER, &[0x01, 0x90]),
        value(ENUMERATED, &[2]),
        value(OCTET_STRING, b"challenge"),
        value(OCTET_STRING, b""),
        value(SEQUENCE, &software.concat()),
        value(SEQUENCE, &hardware.concat()),
    ]
}

fn description(software: &[Vec<u8>], hardware: &[Vec<u8>]) -> Vec<u8> {
    value(SEQUENCE, &fields(software, hardware).concat())
}

fn with_hardware(hardware: &[Vec<u8>]) -> Vec<u8> {
    description(&software(), hardware)
}

fn fault(bytes: &[u8]) -> Malformed {
    KeyDescription::read(bytes).unwrap_err()
}

/// Calls everything that can be called.
fn exercise(bytes: &[u8]) {
    let Ok(description) = KeyDescription::read(bytes) else {
        return;
    };
    description.to_json();
    for list in [&description.software_enforced, &description.hardware_enforced] {
        list.root_of_trust();
        list.attestation_application_id();
        let known = FIELDS.iter().map(|field| field.tag);
        for tag in known.chain(list.entries.iter().map(|(number, _)| *number)) {
            list.integer(tag);
            list.integers(tag);
            list.octets(tag);
            list.is_present(tag);
            list.is_null(tag);
        }
    }
}

#[test]
fn reads_every_field() {
    let bytes = description(&software(), &hardware());
    let description = KeyDescription::read(&bytes).unwrap();
    assert_eq!(description.attestation_version, 300);
    assert_eq!(description.attestation_security_level, SecurityLevel::TrustedEnvironment);
    assert_eq!(description.keymint_version, 400);
    assert_eq!(description.keymint_security_level, SecurityLevel::StrongBox);
    assert_eq!(description.attestation_challenge, b"challenge");
    assert_eq!(description.unique_id, b"");

    let list = &description.hardware_enforced;
    assert_eq!(list.purposes(), Some(Ok(vec![PURPOSE_SIGN])));
    assert_eq!(list.algorithm(), Some(Ok(3)));
    assert_eq!(list.key_size(), None);
    assert_eq!(list.origin(), Some(Ok(ORIGIN_GENERATED)));
    assert_eq!(list.os_patch_level(), Some(Ok(202_511)));
    assert!(list.no_auth_required());
    assert!(!list.all_applications());
    assert!(!list.unlocked_device_required());
    assert_eq!(
        list.root_of_trust(),
        Some(Ok(RootOfTrust {
            verified_boot_key: &[7; 32],
            device_locked: true,
            verified_boot_state: BOOT_STATE_VERIFIED,
            verified_boot_hash: Some(&[8; 32]),
        }))
    );
    assert_eq!(list.entry(2), Some(&[INTEGER, 1, 3][..]));
    assert!(list.is_ordered && !list.has_duplicates);
    assert_eq!(list.unknown_tags().count(), 0);

    let list = &description.software_enforced;
    assert_eq!(list.creation_date_time(), Some(Ok(5)));
    assert_eq!(
        list.attestation_application_id(),
        Some(Ok(ApplicationId {
            packages: vec![Package { name: "br.bank", version: 9 }],
            signature_digests: vec![&[6; 32]],
        }))
    );
    assert_eq!(list.root_of_trust(), None);
}

#[test]
fn a_root_of_trust_before_version_3_has_no_hash() {
    let content = [value(OCTET_STRING, b""), value(0x01, &[0]), value(ENUMERATED, &[2])].concat();
    let bytes = with_hardware(&[entry(704, &value(SEQUENCE, &content))]);
    let description = KeyDescription::read(&bytes).unwrap();
    let root = description.hardware_enforced.root_of_trust().unwrap().unwrap();
    assert_eq!(root.verified_boot_hash, None);
    assert!(!root.device_locked);
    assert_eq!(boot_state_name(root.verified_boot_state), Some("UNVERIFIED"));
}

#[test]
fn a_boolean_that_is_not_der_makes_the_root_of_trust_an_error() {
    let bytes = with_hardware(&[entry(704, &root(0x01))]);
    let description = KeyDescription::read(&bytes).unwrap();
    let malformed = description.hardware_enforced.root_of_trust().unwrap().unwrap_err();
    assert_eq!((malformed.item, malformed.fault), ("rootOfTrust", Fault::DerValue));
}

#[test]
fn unknown_tags_are_kept() {
    let mut list = hardware();
    list.insert(3, entry(600, NULL));
    list.insert(3, entry(599, b"anything at all"));
    // The highest number that KeyMint has room for: 28 bits.
    list.push(der(&[0xbf, 0xff, 0xff, 0xff, 0x7f], NULL));
    let bytes = with_hardware(&list);
    let description = KeyDescription::read(&bytes).unwrap();
    let list = &description.hardware_enforced;
    let unknown: Vec<_> = list.unknown_tags().collect();
    assert_eq!(unknown, [(599, &b"anything at all"[..]), (0x0fff_ffff, NULL)]);
    // What stands behind an unknown tag is still seen.
    assert!(list.all_applications());
    assert_eq!(list.origin(), Some(Ok(0)));
    let json = &description.to_json()["hardwareEnforced"];
    assert_eq!(json["unknownTags"]["599"][0], "YW55dGhpbmcgYXQgYWxs");
    assert_eq!(json["allApplications"], true);
}

#[test]
fn order_and_duplicates_are_reported() {
    let mut list = hardware();
    list.reverse();
    let bytes = with_hardware(&list);
    let description = KeyDescription::read(&bytes).unwrap();
    assert!(description.software_enforced.is_ordered);
    assert!(!description.hardware_enforced.is_ordered);
    assert!(!description.hardware_enforced.has_duplicates);
    assert_eq!(description.hardware_enforced.origin(), Some(Ok(0)));
    assert_eq!(description.to_json()["hardwareEnforced"]["areTagsOrdered"], false);
    assert!(description.to_json()["softwareEnforced"].get("areTagsOrdered").is_none());

    let mut list = hardware();
    list.insert(1, entry(1, &value(SET, &integer(1))));
    list.push(entry(600, NULL));
    list.push(entry(600, NULL));
    let bytes = with_hardware(&list);
    let description = KeyDescription::read(&bytes).unwrap();
    let list = &description.hardware_enforced;
    assert!(list.has_duplicates);
    // Neither of the two sets of purposes is believed, and a permission only gets louder.
    assert_eq!(list.purposes().unwrap().unwrap_err().fault, Fault::TooMany);
    assert!(list.all_applications());
    assert_eq!(list.algorithm(), Some(Ok(3)));
    let json = &description.to_json()["hardwareEnforced"];
    assert_eq!(json["hasDuplicateTags"], true);
    assert_eq!(json["malformed"]["purposes"]["values"].as_array().unwrap().len(), 2);

    // Neighbours that repeat are in order.
    let bytes = with_hardware(&[entry(2, &integer(1)), entry(2, &integer(1))]);
    let description = KeyDescription::read(&bytes).unwrap();
    assert!(description.hardware_enforced.is_ordered);
    assert!(description.hardware_enforced.has_duplicates);
}

#[test]
fn bytes_behind_the_end_are_refused() {
    let good = description(&software(), &hardware());
    let behind = [&good[..], &[0]].concat();
    assert_eq!((fault(&behind).item, fault(&behind).fault), (ITEM, Fault::Trailing));
    let mut nine = fields(&software(), &hardware());
    nine.push(NULL.to_vec());
    assert_eq!(fault(&value(SEQUENCE, &nine.concat())).fault, Fault::Trailing);
}

#[test]
fn every_cut_is_refused() {
    let good = description(&software(), &hardware());
    for length in 0..good.len() {
        assert!(KeyDescription::read(&good[..length]).is_err(), "cut to {length}");
    }
    // Cut inside, with every outer length put right: fields that are missing are not empty.
    let fields = fields(&software(), &hardware());
    for count in 0..fields.len() {
        let bytes = value(SEQUENCE, &fields[..count].concat());
        assert_eq!(fault(&bytes).fault, Fault::Truncated, "{count} fields");
    }
}

#[test]
fn top_level_types_are_exact() {
    for position in 0..8 {
        // A security level as INTEGER, as W3C once printed it, is one of these.
        let wrong = if matches!(position, 1 | 3) { integer(1) } else { value(ENUMERATED, &[1]) };
        let mut fields = fields(&software(), &hardware());
        fields[position] = wrong;
        let malformed = fault(&value(SEQUENCE, &fields.concat()));
        assert_eq!((malformed.item, malformed.fault), (ITEM, Fault::DerTag), "field {position}");
    }
    for (content, expected) in [
        (&[][..], Fault::DerValue),
        (&[0xff], Fault::DerValue),
        (&[0, 1], Fault::DerValue),
        (&[1; 9], Fault::TooLarge),
    ] {
        let mut fields = fields(&software(), &hardware());
        fields[1] = value(ENUMERATED, content);
        assert_eq!(fault(&value(SEQUENCE, &fields.concat())).fault, expected);
    }
    // An element of a list without an explicit tag.
    assert_eq!(fault(&with_hardware(&[integer(1)])).fault, Fault::DerTag);
    assert_eq!(fault(&with_hardware(&[der(&[0x9f, 0x84, 0x58], b"")])).fault, Fault::DerTag);
}

#[test]
fn security_levels_have_an_order() {
    use SecurityLevel::{Software, StrongBox, TrustedEnvironment, Unknown};
    assert!(Software < TrustedEnvironment && TrustedEnvironment < StrongBox);
    assert!(Unknown(3) < Software && Unknown(u64::MAX) < Software);
    let mut fields = fields(&software(), &hardware());
    fields[1] = value(ENUMERATED, &[3]);
    let bytes = value(SEQUENCE, &fields.concat());
    let description = KeyDescription::read(&bytes).unwrap();
    assert_eq!(description.attestation_security_level, Unknown(3));
    assert_eq!(description.to_json()["attestationSecurityLevel"], "3");
}

#[test]
fn garbage_in_one_field_stays_there() {
    for garbage in [&b""[..], b"\xff", b"\x02\x05\x00", b"\x05\x00\x05\x00", b"\x31\x01\x02"] {
        for (position, number) in [1, 2, 503, 702, 704, 706].into_iter().enumerate() {
            let mut list = hardware();
            list[position] = entry(number, garbage);
            let bytes = with_hardware(&list);
            let description = KeyDescription::read(&bytes).unwrap();
            let list = &description.hardware_enforced;
            let broken = [
                matches!(list.purposes(), Some(Err(_))),
                matches!(list.algorithm(), Some(Err(_))),
                !list.is_null(503),
                matches!(list.origin(), Some(Err(_))),
                matches!(list.root_of_trust(), Some(Err(_))),
                matches!(list.os_patch_level(), Some(Err(_))),
            ];
            let only: Vec<bool> = (0..6).map(|other| other == position).collect();
            assert_eq!(broken, only[..], "{garbage:x?} in {number}");
            assert!(list.no_auth_required(), "a permission counts however it is encoded");

            let json = description.to_json();
            let malformed = json["hardwareEnforced"]["malformed"].as_object().unwrap();
            assert_eq!(malformed.len(), 1);
            assert_eq!(json["hardwareEnforced"].as_object().unwrap().len(), 6);
        }
    }
    // A protection that is not a NULL protects nothing.
    let bytes = with_hardware(&[entry(509, &integer(1))]);
    let description = KeyDescription::read(&bytes).unwrap();
    assert!(!description.hardware_enforced.unlocked_device_required());
}

#[test]
fn numbers_and_texts_are_exact() {
    let read = |number, content: &[u8]| {
        let bytes = with_hardware(&[entry(number, content)]);
        let description = KeyDescription::read(&bytes).unwrap();
        let list = &description.hardware_enforced;
        list.value(u32::from(number), |reader| match number {
            200 => reader.u64().map(|number| number.to_string()),
            _ => utf8(reader).map(str::to_owned),
        })
        .unwrap()
        .map_err(|malformed| malformed.fault)
    };
    assert_eq!(read(200, &value(INTEGER, &[0, 0xff])), Ok("255".to_owned()));
    let most = [&[0][..], &[0xff; 8]].concat();
    assert_eq!(read(200, &value(INTEGER, &most)), Ok(u64::MAX.to_string()));
    assert_eq!(read(200, &value(INTEGER, &[1; 9])), Err(Fault::TooLarge));
    assert_eq!(read(200, &value(INTEGER, &[0xff])), Err(Fault::DerValue));
    assert_eq!(read(710, &value(OCTET_STRING, "São".as_bytes())), Ok("São".to_owned()));
    assert_eq!(read(710, &value(OCTET_STRING, &[0xff])), Err(Fault::Utf8));
}

#[test]
fn sizes_are_bounded() {
    let many = |count: u16| -> Vec<_> { (0..count).map(|tag| entry(1000 + tag, NULL)).collect() };
    let limit = u16::try_from(MAX_ENTRIES).unwrap();
    assert!(KeyDescription::read(&with_hardware(&many(limit))).is_ok());
    assert_eq!(fault(&with_hardware(&many(limit + 1))).fault, Fault::TooMany);

    let purposes = |count| {
        let bytes = with_hardware(&[entry(1, &value(SET, &integer(2).repeat(count)))]);
        let description = KeyDescription::read(&bytes).unwrap();
        description.hardware_enforced.purposes().unwrap().map(|purposes| purposes.len())
    };
    assert_eq!(purposes(MAX_MEMBERS), Ok(MAX_MEMBERS));
    assert_eq!(purposes(MAX_MEMBERS + 1).unwrap_err().fault, Fault::TooMany);
}

#[test]
fn no_single_byte_makes_it_panic() {
    let good = description(&software(), &hardware());
    for position in 0..good.len() {
        for pattern in [0x01, 0x04, 0x10, 0x20, 0x40, 0x7f, 0x80, 0xff] {
            let mut bytes = good.clone();
            bytes[position] ^= pattern;
            exercise(&bytes);
        }
    }
}

#[test]
fn the_table_of_fields_is_consistent() {
    assert!(FIELDS.windows(2).all(|pair| pair[0].tag < pair[1].tag));
    let mut members: Vec<_> = FIELDS.iter().map(|field| field.member).collect();
    members.sort_unstable();
    assert!(members.windows(2).all(|pair| pair[0] != pair[1]));
    assert_eq!(tag_name(600), Some("allApplications"));
    assert_eq!(tag_name(704), Some("rootOfTrust"));
    assert_eq!(tag_name(9999), None);
    assert_eq!(purpose_name(PURPOSE_SIGN), Some("SIGN"));
    assert_eq!(origin_name(5), None);
    assert_eq!(
        (algorithm_name(3), digest_name(4), curve_name(1)),
        (Some("EC"), Some("SHA_2_256"), Some("P_256"))
    );
}

/// The certificates of a PEM file.
fn certificates(pem: &str) -> Vec<Vec<u8>> {
    pem.split("-----BEGIN CERTIFICATE-----")
        .skip(1)
        .map(|rest| {
            let (body, _) = rest.split_once("-----END CERTIFICATE-----").unwrap();
            let body: String = body.chars().filter(|c| !c.is_whitespace()).collect();
            STANDARD.decode(body).unwrap()
        })
        .collect()
}

fn chains(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            chains(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "pem") {
            found.push(path);
        }
    }
}

/// The real chains, or none (and a line that says so) when the vectors are not there.
fn vectors() -> Vec<PathBuf> {
    let Some(folder) = std::env::var_os("DEVICE_ENROLLMENT_VECTORS") else {
        println!("SKIPPED: DEVICE_ENROLLMENT_VECTORS is not set, so no real chain was read");
        return Vec::new();
    };
    let mut found = Vec::new();
    chains(&Path::new(&folder).join("android-key"), &mut found);
    found.sort();
    assert!(found.len() >= 15, "only {} chains under {}", found.len(), folder.display());
    found
}

/// Takes out `"areTagsOrdered": true`, which says no more than its absence (see
/// [`KeyDescription::to_json`]). A `false` would stay and have to be matched.
fn without_default(mut expected: Value) -> Value {
    for list in ["softwareEnforced", "hardwareEnforced"] {
        let list = expected[list].as_object_mut().unwrap();
        if list.get("areTagsOrdered") == Some(&Value::Bool(true)) {
            list.remove("areTagsOrdered");
        }
    }
    expected
}

#[test]
fn real_chains_read_as_google_reads_them() {
    let chains = vectors();
    for path in &chains {
        let chain = certificates(&fs::read_to_string(path).unwrap());
        let leaf = Certificate::read(&chain[0]).unwrap();
        let extension = leaf.extension(oid::ANDROID_KEY_DESCRIPTION).unwrap();
        let description = KeyDescription::read(extension.value)
            .unwrap_or_else(|malformed| panic!("{}: {malformed}", path.display()));
        let expected = fs::read_to_string(path.with_extension("json")).unwrap();
        let expected = without_default(serde_json::from_str(&expected).unwrap());
        assert_eq!(description.to_json(), expected, "{}", path.display());
    }
    if !chains.is_empty() {
        println!("{} chains read as expected", chains.len());
    }
}

#[test]
fn no_single_byte_of_a_real_description_makes_it_panic() {
    for path in vectors() {
        let chain = certificates(&fs::read_to_string(&path).unwrap());
        let leaf = Certificate::read(&chain[0]).unwrap();
        let good = leaf.extension(oid::ANDROID_KEY_DESCRIPTION).unwrap().value;
        for position in 0..good.len() {
            let mut bytes = good.to_vec();
            bytes[position] = !bytes[position];
            exercise(&bytes);
            assert!(KeyDescription::read(&good[..position]).is_err());
        }
    }
}
