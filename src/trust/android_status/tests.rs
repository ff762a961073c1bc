#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use super::*;

const FETCHED: UnixTime = UnixTime(1_780_272_000);

fn list(json: &str) -> Result<AndroidStatusList, String> {
    AndroidStatusList::from_json(json.as_bytes(), FETCHED).map_err(|error| error.to_string())
}

/// A list in which one serial number is revoked.
fn with(key: &str) -> AndroidStatusList {
    list(&format!(r#"{{"entries":{{"{key}":{{"status":"REVOKED"}}}}}}"#)).unwrap()
}

/// The content octets of a DER INTEGER, from hexadecimal.
fn serial(digits: &str) -> Vec<u8> {
    let padded = format!("{}{digits}", if digits.len() % 2 == 1 { "0" } else { "" });
    let octet = |pair: &[u8]| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap();
    let mut octets: Vec<u8> = padded.as_bytes().chunks(2).map(octet).collect();
    if octets.first().is_some_and(|first| *first >= 0x80) {
        octets.insert(0, 0);
    }
    octets
}

/// Serial numbers of the real list and others that differ in the two spellings.
#[test]
fn a_serial_number_is_found_in_either_spelling() {
    const SPELLINGS: &[(&str, &str)] = &[
        ("5cb838f1fe157a85", "6681152659205225093"),
        // The top bit is set, so that DER puts a zero octet in front.
        ("82908bbf5437c9b1", "9408173275444922801"),
        // 31 digits: the first octet is less than 0x10.
        ("9414602a0ce3f77d9ac05af532785ef", "12301971234764527307638805316436985327"),
        ("ff", "255"),
        ("100", "256"),
        ("1", "1"),
        ("0", "0"),
    ];
    for (hexadecimal, decimal) in SPELLINGS {
        let serial = serial(hexadecimal);
        assert_eq!(super::decimal(magnitude(&serial)), *decimal, "{hexadecimal}");
        for written in [hexadecimal, decimal] {
            assert!(with(written).entry(&serial).is_some(), "{written} for {hexadecimal}");
        }
    }
}

#[test]
fn keys_are_not_converted_between_bases() {
    // Listed in hexadecimal; its digits read as a decimal number are another serial number.
    let listed = with("5cb838f1fe157a85");
    assert!(listed.entry(&serial("6681152659205225093")).is_none());
    // Listed in decimal; neither neighbour is meant.
    let listed = with("6681152659205225093");
    assert!(listed.entry(&serial("5cb838f1fe157a84")).is_none());
    assert!(listed.entry(&serial("5cb838f1fe157a86")).is_none());
    assert!(listed.entry(&serial("cb838f1fe157a85")).is_none());
}

#[test]
fn untidy_keys_are_read_and_counted() {
    for untidy in ["5CB838F1FE157A85", "005cb838f1fe157a85", "05CB838F1FE157A85"] {
        let list = with(untidy);
        assert!(list.entry(&serial("5cb838f1fe157a85")).is_some(), "{untidy}");
        assert_eq!(list.respelled(), 1, "{untidy}");
    }
    assert_eq!(with("5cb838f1fe157a85").respelled(), 0);
}

#[test]
fn members_that_are_not_known_are_passed_over() {
    let list = list(
        r#"{"version": [1, {}], "entries" : {
            "1a" : {"status": "SUSPENDED", "reason": "KEY_COMPROMISE", "expires": "2020-11-13",
                    "comment": "c", "more": {"a": [null]}},
            "1b": {"reason": null, "status": "RESTORED"}
        }}"#,
    )
    .unwrap();
    assert_eq!((list.len(), list.unknown_statuses()), (2, 1));
    let entry = list.entry(&[0x1a]).unwrap();
    assert_eq!(
        (entry.status, entry.reason.as_deref()),
        (Status::Suspended, Some("KEY_COMPROMISE"))
    );
    let entry = list.entry(&[0x1b]).unwrap();
    assert_eq!((entry.status, &entry.reason), (Status::Unknown, &None));
}

#[test]
fn what_could_hide_an_entry_fails_the_list() {
    for (json, why) in [
        ("<html>Service unavailable</html>", "expected value"),
        ("{}", "missing field `entries`"),
        ("[]", "invalid type"),
        (r#"{"entries":[]}"#, "invalid type"),
        (r#"{"entries":{}}x"#, "trailing characters"),
        (r#"{"entries":{},"entries":{}}"#, "duplicate field `entries`"),
        (r#"{"entries":{"1a":{}}}"#, "missing field `status`"),
        (r#"{"entries":{"1a":{"status":null}}}"#, "invalid type"),
        (r#"{"entries":{"1a":"REVOKED"}}"#, "invalid type"),
        (r#"{"entries":{"1a":{"status":"OK","status":"OK"}}}"#, "duplicate field `status`"),
        (r#"{"entries":{"1a":{"status":"A"},"1a":{"status":"A"}}}"#, "stands twice"),
        (r#"{"entries":{"1a":{"status":"A"},"01A":{"status":"A"}}}"#, "stands twice"),
        (r#"{"entries":{"":{"status":"A"}}}"#, "not a serial number"),
        (r#"{"entries":{"0x1a":{"status":"A"}}}"#, "not a serial number"),
        (r#"{"entries":{"1a ":{"status":"A"}}}"#, "not a serial number"),
        (r#"{"entries":{"-1":{"status":"A"}}}"#, "not a serial number"),
    ] {
        let error = list(json).unwrap_err();
        assert!(error.contains(why), "{json}: {error}");
    }
    let long = format!(r#"{{"entries":{{"{}":{{"status":"A"}}}}}}"#, "1".repeat(65));
    assert!(list(&long).unwrap_err().contains("not a serial number"));
    let large = format!("{{\"entries\":{{}}}}{}", " ".repeat(MAX_BYTES));
    assert!(list(&large).unwrap_err().contains("4 MiB"));
}

#[test]
fn a_list_cut_anywhere_is_no_list() {
    let json = r#"{"entries":{"1a":{"status":"REVOKED"},"1b":{"status":"SUSPENDED"}}}"#;
    assert!(list(json).is_ok());
    for length in 0..json.len() {
        assert!(list(json.get(..length).unwrap()).is_err(), "{length}");
    }
}

#[test]
fn entries_are_bounded() {
    let list_of = |count: usize| {
        let entries: Vec<String> =
            (0..count).map(|n| format!(r#""{n:x}f":{{"status":"REVOKED"}}"#)).collect();
        list(&format!(r#"{{"entries":{{{}}}}}"#, entries.join(",")))
    };
    assert_eq!(list_of(MAX_ENTRIES).unwrap().len(), MAX_ENTRIES);
    assert!(list_of(MAX_ENTRIES.saturating_add(1)).unwrap_err().contains("too many"));
}

#[test]
fn the_digest_covers_the_bytes_and_the_time() {
    let (json, spaced) = (br#"{"entries":{}}"#, br#"{"entries": {}}"#);
    let digest = |bytes: &[u8], time| AndroidStatusList::from_json(bytes, time).unwrap().digest();
    assert_eq!(digest(json, FETCHED), digest(json, FETCHED));
    assert_ne!(digest(json, FETCHED), digest(spaced, FETCHED));
    assert_ne!(digest(json, FETCHED), digest(json, UnixTime(FETCHED.0.saturating_add(1))));
}
