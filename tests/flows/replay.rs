//! Replay protection: the headers, the fingerprint and the window.

use std::collections::HashMap;

use device_enrollment::flow::Uuid4;
use device_enrollment::open_finance::{
    Fingerprint, Refusal, ReplayMode, ReplayWindow, ReplayedRequest, RequestContext,
};
use device_enrollment::{Language, UnixMillis};

use crate::json_values::Value;
use crate::random::Random;

const CASES: u64 = 100_000;

const NONCE: &str = "2db36e1a-68a1-4d7b-9f4d-6d3b60e2c0d1";
const TRANSACTION: &str = "9a1f4a5e-1c5b-4d0f-8a55-0d3c9d7f6b21";
const OTHER: &str = "5c1d7c39-52a5-4e3c-b7a8-3f2f5b1f9e02";
const MODE: &str = "x-include-replay-protection-schema";

fn read(headers: &[(&str, &str)], transaction_required: bool) -> Result<RequestContext, Refusal> {
    let values = |name: &str| {
        headers
            .iter()
            .filter(|(known, _)| *known == name)
            .map(|(_, value)| value.as_bytes())
            .collect()
    };
    RequestContext::read(values, transaction_required)
}

fn refused(headers: &[(&str, &str)]) -> (u16, String) {
    let refusal = read(headers, false).unwrap_err();
    (refusal.status(), refusal.to_string())
}

fn context(mode: Option<&str>) -> RequestContext {
    let mut headers = vec![("nonce", NONCE), ("x-transaction-uuid", TRANSACTION)];
    headers.extend(mode.map(|mode| (MODE, mode)));
    read(&headers, true).unwrap()
}

fn request(body: &[u8]) -> ReplayedRequest<'_> {
    ReplayedRequest {
        method: "POST",
        path: "/open-finance/enrollments/2db36e1a-68a1-4d7b-9f4d-6d3b60e2c0d1/device/a%2Fb",
        parameters: &[("enrollment_id", NONCE), ("id", "a/b")],
        query: "page=1&name=one%20two&name=three",
        body,
        user: "user-1",
    }
}

fn fingerprint(request: &ReplayedRequest<'_>) -> Fingerprint {
    Fingerprint::of(request, &context(None)).unwrap()
}

#[test]
fn the_headers_are_read_as_their_pages_say() {
    let least = read(&[("nonce", &NONCE.to_uppercase())], false).unwrap();
    assert_eq!(least.nonce, Uuid4::parse(NONCE).unwrap());
    assert_eq!(
        (least.transaction, least.mode, least.wallet, least.product, least.target_user),
        (None, ReplayMode::Request, None, None, None)
    );
    assert_eq!(least.language, Language::PtBr);

    let most = read(
        &[
            ("nonce", NONCE),
            ("x-transaction-uuid", TRANSACTION),
            (MODE, "nonce"),
            ("x-wallet-uuid", OTHER),
            ("x-product-uuid", OTHER),
            ("x-product-target-user-uuid", OTHER),
            ("x-lang", "en-us"),
        ],
        true,
    )
    .unwrap();
    let other = Uuid4::parse(OTHER);
    assert_eq!(most.transaction, Uuid4::parse(TRANSACTION));
    assert_eq!((most.wallet, most.product, most.target_user), (other, other, other));
    assert_eq!((most.mode, most.language), (ReplayMode::Nonce, Language::EnUs));

    let default_wallet = read(&[("nonce", NONCE), ("x-wallet-uuid", "")], false).unwrap();
    assert_eq!(default_wallet.wallet, None);
}

#[test]
fn a_header_that_is_missing_is_named() {
    let missing = |name: &str| (400, format!("PARAMETRO_NAO_INFORMADO: {name}"));
    assert_eq!(refused(&[]), missing("nonce"));
    let required = read(&[("nonce", NONCE)], true).unwrap_err();
    assert_eq!((required.status(), required.to_string()), missing("x-transaction-uuid"));
    for mode in ["x-transaction-uuid", "nonce&x-transaction-uuid", "x-transaction-uuid&nonce"] {
        assert_eq!(refused(&[("nonce", NONCE), (MODE, mode)]), missing("x-transaction-uuid"));
    }
    assert!(read(&[("nonce", NONCE), (MODE, "nonce")], false).is_ok());
    assert_eq!(
        refused(&[("nonce", NONCE), ("x-product-target-user-uuid", OTHER)]),
        missing("x-product-uuid")
    );
}

#[test]
fn a_header_that_has_not_its_form_is_named() {
    const VERSION_1: &str = "2db36e1a-68a1-1d7b-9f4d-6d3b60e2c0d1";
    for (name, value) in [
        ("nonce", ""),
        ("nonce", VERSION_1),
        ("nonce", " 2db36e1a-68a1-4d7b-9f4d-6d3b60e2c0d1"),
        ("x-transaction-uuid", ""),
        ("x-transaction-uuid", "1"),
        (MODE, ""),
        (MODE, "none"),
        (MODE, "NONCE"),
        (MODE, "nonce,x-transaction-uuid"),
        (MODE, "nonce&nonce"),
        ("x-wallet-uuid", VERSION_1),
        ("x-product-uuid", ""),
        ("x-product-target-user-uuid", "x"),
        ("x-lang", ""),
        ("x-lang", "pt"),
        ("x-lang", "pt-PT"),
    ] {
        let mut headers = vec![("nonce", NONCE)];
        headers.retain(|(known, _)| *known != name);
        headers.push((name, value));
        assert_eq!(refused(&headers), (400, format!("PARAMETRO_INVALIDO: {name}")), "{value:?}");
        // The same header twice, even when both agree.
        let twice = [("nonce", NONCE), ("x-lang", "pt-BR"), ("x-lang", "pt-BR")];
        assert_eq!(refused(&twice), (400, "PARAMETRO_INVALIDO: x-lang".to_owned()));
    }
    let not_text = RequestContext::read(|_| vec![&b"\xff"[..]], false).unwrap_err();
    assert_eq!(not_text.to_string(), "PARAMETRO_INVALIDO: nonce");
}

/// The published table: which of the two headers lets a repeated request pass in which mode.
#[test]
fn each_mode_takes_in_what_its_row_says() {
    let of = |mode: Option<&str>, nonce: &str, transaction: &str| {
        let mut headers = vec![("nonce", nonce), ("x-transaction-uuid", transaction)];
        headers.extend(mode.map(|mode| (MODE, mode)));
        Fingerprint::of(&request(b"{}"), &read(&headers, true).unwrap()).unwrap()
    };
    for (mode, nonce_counts, transaction_counts) in [
        (None, false, false),
        (Some("nonce"), true, false),
        (Some("x-transaction-uuid"), false, true),
        (Some("nonce&x-transaction-uuid"), true, true),
        (Some("x-transaction-uuid&nonce"), true, true),
    ] {
        let first = of(mode, NONCE, TRANSACTION);
        assert_eq!(of(mode, NONCE, TRANSACTION), first);
        assert_eq!(of(mode, OTHER, TRANSACTION) != first, nonce_counts, "{mode:?}");
        assert_eq!(of(mode, NONCE, OTHER) != first, transaction_counts, "{mode:?}");
    }
    let both = of(Some("nonce&x-transaction-uuid"), NONCE, TRANSACTION);
    assert_eq!(of(Some("x-transaction-uuid&nonce"), NONCE, TRANSACTION), both);
    // One header's value in the other's place is another request.
    assert_ne!(of(Some("nonce"), NONCE, TRANSACTION), of(Some("x-transaction-uuid"), OTHER, NONCE));
}

#[test]
fn every_part_of_the_request_counts() {
    let base = request(b"{}");
    let changed = [
        ReplayedRequest { method: "PATCH", ..base },
        ReplayedRequest { path: "/open-finance/enrollments", ..base },
        ReplayedRequest { parameters: &[("enrollment_id", NONCE), ("id", "a/c")], ..base },
        ReplayedRequest { parameters: &[("enrollment_id", NONCE), ("ie", "a/b")], ..base },
        ReplayedRequest { parameters: &[("id", "a/b")], ..base },
        ReplayedRequest { query: "page=2&name=one%20two&name=three", ..base },
        ReplayedRequest { query: "", ..base },
        // The order of one name's values can mean something.
        ReplayedRequest { query: "page=1&name=three&name=one%20two", ..base },
        ReplayedRequest { body: b"[]", ..base },
        ReplayedRequest { user: "user-2", ..base },
        // What stands on one side of a border does not move to the other.
        ReplayedRequest { method: "POST/", path: base.path.trim_start_matches('/'), ..base },
        ReplayedRequest { path: &base.path.replace("%2F", "/"), ..base },
    ]
    .map(|request| fingerprint(&request));
    let mut all = vec![fingerprint(&base)];
    all.extend(changed);
    all.sort();
    let count = all.len();
    all.dedup();
    assert_eq!(all.len(), count);
}

#[test]
fn two_spellings_of_one_request_share_a_fingerprint() {
    let base = request(b"");
    let same = [
        ReplayedRequest { body: b"{}", ..base },
        ReplayedRequest { body: b" {\n} ", ..base },
        ReplayedRequest { parameters: &[("id", "a/b"), ("enrollment_id", NONCE)], ..base },
        ReplayedRequest { query: "name=one+two&&name=three&page=1", ..base },
        ReplayedRequest { query: "%70age=1&n%61me=one%20two&name=three", ..base },
        ReplayedRequest {
            path: &base
                .path
                .replace("2db36e1a", "2DB36E1A")
                .replace("enrollments", "%65nrollments"),
            ..base
        },
        ReplayedRequest {
            parameters: &[("enrollment_id", &NONCE.to_uppercase()), ("id", "a/b")],
            ..base
        },
    ];
    for request in same {
        assert_eq!(fingerprint(&request), fingerprint(&base));
    }
    let text = fingerprint(&base).to_hex();
    assert_eq!(Fingerprint::from_hex(&text), Some(fingerprint(&base)));
    assert_eq!(Fingerprint::from_hex(&format!("{text}0")), None);
    assert_eq!(format!("{:?} {base:?}", fingerprint(&base)), "Fingerprint(..) ReplayedRequest(..)");
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let of = |request: &ReplayedRequest<'_>| {
        let refusal = Fingerprint::of(request, &context(None)).unwrap_err();
        (refusal.status(), refusal.to_string())
    };
    let base = request(b"{}");
    let body = (400, "CORPO_INVALIDO".to_owned());
    for text in [
        &b"{"[..],
        b" ",
        br#"{"a":1,"a":1}"#,
        br#"{"a":"\ud800"}"#,
        b"{\"a\":\"\xff\"}",
        b"9007199254740993",
        b"0.10000000000000001",
        b"1e22",
    ] {
        assert_eq!(of(&ReplayedRequest { body: text, ..base }), body);
    }
    for path in ["/a%", "/a%2", "/a%zz"] {
        let refusal = (400, "PARAMETRO_INVALIDO: path".to_owned());
        assert_eq!(of(&ReplayedRequest { path, ..base }), refusal);
    }
    let refusal = (400, "PARAMETRO_INVALIDO: query".to_owned());
    assert_eq!(of(&ReplayedRequest { query: "a=%f", ..base }), refusal);
}

#[test]
fn a_body_is_known_in_every_spelling_and_in_no_other_value() {
    for case in 0..CASES {
        let mut random = Random::new(case);
        let value = Value::object(&mut random, 3);
        let one = value.write(&mut random);
        let other = value.write(&mut random);
        let first = fingerprint(&request(one.as_bytes()));
        assert_eq!(fingerprint(&request(other.as_bytes())), first, "case {case}: {one} {other}");
        let changed = value.changed(&mut random);
        assert_ne!(changed, value, "case {case} changed nothing");
        let changed = changed.write(&mut random);
        assert_ne!(
            fingerprint(&request(changed.as_bytes())),
            first,
            "case {case}: {one} {changed}"
        );
    }
}

/// No two of many bodies share a fingerprint, whatever they are made of.
#[test]
fn bodies_that_share_a_fingerprint_are_one_value() {
    let mut seen: HashMap<Fingerprint, Value> = HashMap::new();
    for case in 0..CASES {
        let mut random = Random::new(case ^ 0x5eed);
        let value = Value::object(&mut random, 1).sorted();
        let text = value.write(&mut random);
        let known = seen.insert(fingerprint(&request(text.as_bytes())), value.clone());
        assert!(known.is_none_or(|known| known == value), "case {case}: {text}");
    }
    assert!(seen.len() > 50_000, "the cases are all alike: {}", seen.len());
}

#[test]
fn a_repeated_request_is_blocked_for_two_hours_to_the_millisecond() {
    let window = ReplayWindow::PUBLISHED;
    let seen = UnixMillis(1_700_000_000_000);
    let end = UnixMillis(seen.0 + 7_200_000);
    assert_eq!(window.ends(seen), end);
    assert_eq!(window.judge(None, seen), Ok(()));
    for (now, blocked) in [
        (seen, true),
        (UnixMillis(end.0 - 1), true),
        (end, false),
        // A clock that was set back.
        (UnixMillis(seen.0 - 86_400_000), true),
    ] {
        assert_eq!(window.is_over(seen, now), !blocked);
        let judged = window
            .judge(Some(seen), now)
            .map_err(|refusal| (refusal.status(), refusal.code().as_str()));
        assert_eq!(judged, if blocked { Err((409, "REQUISICAO_REPETIDA")) } else { Ok(()) });
    }
}
