//! CD-1 to CD-7: what the browser says about the ceremony.

use device_enrollment::policy::Rule;
use device_enrollment::verdict::CheckId::{Cd1, Cd2, Cd3, Cd4, Cd5, Cd6, Cd7};
use device_enrollment::verdict::Outcome;
use device_enrollment::webauthn::{CrossOrigin, Origin};
use device_enrollment_testkit::Registration;
use serde_json::json;

use crate::harness::{Enrollment, bank, fails, login, passes, plain, valid};

/// Changes the text of the client data before it is hashed and signed.
fn rewritten(c: &mut Enrollment, change: impl FnOnce(String) -> String) {
    let text = String::from_utf8(c.client_data.to_bytes()).unwrap();
    c.client_data.bytes = Some(change(text).into_bytes());
}

/// Takes the member `name` out of the text.
fn without(text: &str, name: &str) -> String {
    let mut object: serde_json::Value = serde_json::from_str(text).unwrap();
    object.as_object_mut().unwrap().remove(name).expect("a member to remove");
    object.to_string()
}

/// Puts another value under the member `name`.
fn replaced(text: &str, name: &str, value: serde_json::Value) -> String {
    let mut object: serde_json::Value = serde_json::from_str(text).unwrap();
    object[name] = value;
    object.to_string()
}

#[test]
fn client_data_is_one_json_object() {
    let valid = valid(plain(Registration::packed_self));
    passes(&valid.judgement, Cd1);
    let bytes = |bytes: &[u8]| valid.but(|c| c.client_data.bytes = Some(bytes.to_vec()));
    fails(&bytes(b" "), Cd1, "malformed.json");
    fails(&bytes(b"{"), Cd1, "malformed.json");
    fails(&bytes(b"[]"), Cd1, "malformed.type");
    fails(&bytes(b"\"text\""), Cd1, "malformed.type");
    fails(&bytes(b"null"), Cd1, "malformed.type");
    fails(&bytes(b"{\"a\":\"\xff\"}"), Cd1, "malformed.utf8");
    fails(&bytes(br#"{"a":"\ud800"}"#), Cd1, "malformed.json");
    fails(&bytes("[".repeat(2000).as_bytes()), Cd1, "malformed.too_deep");
    for behind in ["}", "{}", "\0", "x"] {
        let judgement = valid.but(|c| rewritten(c, |text| text + behind));
        fails(&judgement, Cd1, "malformed.json");
    }
}

#[test]
fn no_member_of_client_data_stands_twice_in_any_spelling() {
    let valid = valid(plain(Registration::packed_self));
    for twin in [
        "{\"challenge\":\"x\",",
        "{\"\\u0063hallenge\":\"x\",",
        "{\"type\":\"webauthn.create\",",
        "{\"more\":{\"a\":1,\"a\":1},",
        "{\"other\":1,\"other\":2,",
    ] {
        let judgement = valid.but(|c| rewritten(c, |text| text.replacen('{', twin, 1)));
        fails(&judgement, Cd1, "malformed.json_duplicate");
    }
}

#[test]
fn client_data_has_at_most_4096_bytes() {
    let valid = valid(plain(Registration::packed_self));
    let padded = |length: usize| {
        valid.but(|c| rewritten(c, |text| format!("{text}{}", " ".repeat(length - text.len()))))
    };
    passes(&padded(4096), Cd1);
    fails(&padded(4097), Cd1, "malformed.too_large");
}

#[test]
fn one_leading_byte_order_mark_is_taken_away_and_the_hash_covers_it() {
    let valid = valid(plain(Registration::packed_self));
    passes(&valid.but(|c| rewritten(c, |text| format!("\u{feff}{text}"))), Cd1);
    let two = valid.but(|c| rewritten(c, |text| format!("\u{feff}\u{feff}{text}")));
    fails(&two, Cd1, "malformed.json");
}

#[test]
fn unknown_members_of_client_data_are_taken() {
    let token_binding = ("tokenBinding".to_owned(), json!("not even an object"));
    passes(
        &valid(plain(Registration::none)).but(|c| c.client_data.extra = vec![token_binding]),
        Cd1,
    );
}

#[test]
fn the_type_is_that_of_a_registration() {
    let valid = valid(plain(Registration::packed_self));
    passes(&valid.judgement, Cd2);
    for other in ["webauthn.get", "", "webauthn.Create", "webauthn.create ", "payment.get"] {
        let judgement = valid.but(|c| c.client_data.ceremony_type = other.into());
        fails(&judgement, Cd2, "client_data.type");
    }
    let judgement = valid.but(|c| rewritten(c, |text| without(&text, "type")));
    fails(&judgement, Cd2, "malformed.missing");
    let judgement = valid.but(|c| rewritten(c, |text| replaced(&text, "type", json!(7))));
    fails(&judgement, Cd2, "malformed.type");
}

#[test]
fn the_type_is_that_of_an_assertion() {
    let valid = valid(login(&Registration::none("login")));
    passes(&valid.judgement, Cd2);
    let judgement = valid.but(|c| c.client_data.ceremony_type = "webauthn.create".into());
    fails(&judgement, Cd2, "client_data.type");
}

#[test]
fn the_challenge_is_the_one_that_was_issued() {
    let valid = valid(plain(Registration::packed_self));
    passes(&valid.judgement, Cd7);
    let other = valid.but(|c| c.client_data.challenge[31] ^= 1);
    fails(&other, Cd7, "client_data.challenge");
    let shorter = valid.but(|c| c.client_data.challenge.truncate(31));
    fails(&shorter, Cd7, "client_data.challenge");
    let longer = valid.but(|c| c.client_data.challenge.push(0));
    fails(&longer, Cd7, "client_data.challenge");
    let empty = valid.but(|c| c.client_data.challenge.clear());
    fails(&empty, Cd7, "client_data.challenge");
    let of_the_store = valid.but(|c| c.expectation.challenge[0] ^= 1);
    fails(&of_the_store, Cd7, "client_data.challenge");
}

#[test]
fn an_empty_challenge_is_refused_even_where_it_was_expected() {
    let judgement = valid(plain(Registration::packed_self)).but(|c| {
        c.expectation.challenge.clear();
        c.client_data.challenge.clear();
    });
    fails(&judgement, Cd7, "client_data.challenge");
}

#[test]
fn the_challenge_is_strict_base64url_under_every_reading() {
    let valid = valid(plain(Registration::packed_self).given(|c| {
        c.reading = device_enrollment::Base64Reading::AnyAlphabet;
        // 32 bytes whose text has characters of both alphabets and two spare bits.
        c.registration.challenge = [[0xfb; 16], [0xff; 16]].concat();
        c.client_data.challenge = c.registration.challenge.clone();
        c.expectation.challenge = c.registration.challenge.clone();
    }));
    passes(&valid.judgement, Cd7);
    type Spelling = fn(String) -> String;
    let spellings: [Spelling; 5] = [
        |text| text + "=",
        |text| text.replace('-', "+").replace('_', "/"),
        |text| text.replacen('-', "+", 1),
        |text| text + "\n",
        // The last character carries two bits that have to be zero.
        |mut text| {
            assert_eq!(text.pop(), Some('8'));
            text + "9"
        },
    ];
    for spelling in spellings {
        let judgement = valid.but(|c| {
            let text = String::from_utf8(c.client_data.to_bytes()).unwrap();
            let json: serde_json::Value = serde_json::from_str(&text).unwrap();
            c.client_data.challenge_text =
                Some(spelling(json["challenge"].as_str().unwrap().to_owned()));
        });
        fails(&judgement, Cd7, "malformed.base64");
    }
}

#[test]
fn the_challenge_is_a_string_and_present() {
    let valid = valid(plain(Registration::packed_self));
    let judgement = valid.but(|c| rewritten(c, |text| without(&text, "challenge")));
    fails(&judgement, Cd7, "malformed.missing");
    let judgement = valid.but(|c| rewritten(c, |text| replaced(&text, "challenge", json!([1]))));
    fails(&judgement, Cd7, "malformed.type");
}

#[test]
fn the_challenge_of_the_other_ceremony_is_refused() {
    let registration = Registration::none("both");
    let valid = valid(login(&registration));
    passes(&valid.judgement, Cd7);
    let judgement = valid.but(|c| c.client_data.challenge = registration.challenge.clone());
    fails(&judgement, Cd7, "client_data.challenge");
}

#[test]
fn the_origin_is_a_listed_one_byte_for_byte() {
    let valid = valid(plain(Registration::packed_self));
    passes(&valid.judgement, Cd3);
    for twin in [
        "",
        "http://bank.example",
        "HTTPS://bank.example",
        "https://Bank.example",
        "https://bank.example:443",
        "https://bank.example:8443",
        "https://bank.example.",
        "https://bank.example/",
        "https://bank.example/login",
        "https://bank.example?x",
        "https://bank.example#x",
        "https://user@bank.example",
        "https://bank.example@evil.example",
        "https://evil-bank.example",
        "https://evilbank.example",
        "https://www.bank.example",
        "https://bank.example.evil.example",
        "https://bank.exampl",
        "https://xn--bnk-ela.example",
        "https://b\u{e0}nk.example",
        " https://bank.example",
        "https://bank.example\u{0}",
        "bank.example",
        "null",
    ] {
        let judgement = valid.but(|c| c.client_data.origin = twin.into());
        fails(&judgement, Cd3, "client_data.origin");
    }
    let judgement = valid.but(|c| rewritten(c, |text| without(&text, "origin")));
    fails(&judgement, Cd3, "malformed.missing");
    let judgement = valid.but(|c| rewritten(c, |text| replaced(&text, "origin", json!({}))));
    fails(&judgement, Cd3, "malformed.type");
    fails(&valid.but(|c| c.expectation.origins.clear()), Cd3, "client_data.origin");
}

#[test]
fn the_port_of_an_origin_counts() {
    const WITH_PORT: &str = "https://bank.example:8443";
    let valid = valid(plain(Registration::packed_self).given(|c| {
        c.expectation.origins = vec![Origin::parse(WITH_PORT).unwrap()];
        c.client_data.origin = WITH_PORT.into();
    }));
    passes(&valid.judgement, Cd3);
    for twin in ["https://bank.example", "https://bank.example:443", "https://bank.example:08443"] {
        let judgement = valid.but(|c| c.client_data.origin = twin.into());
        fails(&judgement, Cd3, "client_data.origin");
    }
}

#[test]
fn an_android_origin_is_the_hash_of_the_signing_certificate_in_strict_base64url() {
    const APP: &str = "android:apk-key-hash:-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s";
    let valid = valid(plain(Registration::packed_self).given(|c| {
        let other = format!("android:apk-key-hash:{}", "A".repeat(43));
        c.expectation.origins = vec![Origin::parse(&other).unwrap(), Origin::parse(APP).unwrap()];
        c.client_data.origin = APP.into();
    }));
    passes(&valid.judgement, Cd3);
    for twin in [
        APP.replace('-', "+").replace('_', "/"),
        format!("{APP}="),
        APP.replacen("_s", "_t", 1),
        APP[..APP.len() - 2].to_owned(),
        APP.replacen("apk-key-hash", "apk-key-hash-sha256", 1),
        APP.to_uppercase(),
    ] {
        let judgement = valid.but(|c| c.client_data.origin = twin);
        fails(&judgement, Cd3, "client_data.origin");
    }
    let web = valid.but(|c| c.client_data.origin = "https://bank.example".into());
    fails(&web, Cd3, "client_data.origin");
}

#[test]
fn an_ios_origin_is_compared_byte_for_byte() {
    const APP: &str = "ios:bundle-id:com.bank.app";
    let valid = valid(plain(Registration::packed_self).given(|c| {
        c.expectation.origins = vec![Origin::parse(APP).unwrap()];
        c.client_data.origin = APP.into();
    }));
    passes(&valid.judgement, Cd3);
    for twin in ["ios:bundle-id:com.bank.App", "ios:bundle-id:com.bank", "ios:com.bank.app"] {
        let judgement = valid.but(|c| c.client_data.origin = twin.into());
        fails(&judgement, Cd3, "client_data.origin");
    }
}

#[test]
fn a_ceremony_in_a_frame_of_another_origin_is_refused_unless_it_is_allowed() {
    let valid = valid(plain(Registration::packed_self));
    passes(&valid.judgement, Cd4);
    passes(&valid.but(|c| c.client_data.cross_origin = None), Cd4);
    let framed = valid.but(|c| c.client_data.cross_origin = Some(true));
    fails(&framed, Cd4, "client_data.cross_origin");
    let alone = valid.but(|c| c.client_data.top_origin = Some("https://bank.example".into()));
    fails(&alone, Cd4, "client_data.top_origin_alone");
    for value in [json!("false"), json!(0), json!(null)] {
        let judgement = valid.but(|c| rewritten(c, |text| replaced(&text, "crossOrigin", value)));
        fails(&judgement, Cd4, "malformed.type");
    }
}

#[test]
fn an_allowed_frame_has_a_listed_top_origin() {
    const TOP: &str = "https://partner.example";
    let valid = valid(plain(Registration::packed_self).given(|c| {
        let top_origins = vec![Origin::parse(TOP).unwrap()];
        c.expectation.cross_origin = CrossOrigin::Allowed { top_origins };
        c.client_data.cross_origin = Some(true);
        c.client_data.top_origin = Some(TOP.into());
    }));
    passes(&valid.judgement, Cd4);
    passes(&valid.but(|c| c.client_data.top_origin = None), Cd4);
    for other in ["https://evil.example", "https://partner.example/", "https://bank.example", ""] {
        let judgement = valid.but(|c| c.client_data.top_origin = Some(other.into()));
        fails(&judgement, Cd4, "client_data.top_origin");
    }
    let judgement = valid.but(|c| rewritten(c, |text| replaced(&text, "topOrigin", json!(1))));
    fails(&judgement, Cd4, "malformed.type");
    let alone = valid.but(|c| c.client_data.cross_origin = Some(false));
    fails(&alone, Cd4, "client_data.top_origin_alone");
    let refused = valid.but(|c| c.expectation.cross_origin = CrossOrigin::Refused);
    fails(&refused, Cd4, "client_data.cross_origin");
    let by_policy = valid.but(|c| c.policy.same_origin_only = Rule::Judged);
    fails(&by_policy, Cd4, "client_data.cross_origin");
}

#[test]
fn the_bank_takes_no_frame_even_where_the_ceremony_allows_it() {
    let valid = valid(bank(Registration::packed_self).given(|c| {
        c.expectation.cross_origin = CrossOrigin::Allowed { top_origins: Vec::new() };
    }));
    passes(&valid.judgement, Cd4);
    let framed = valid.but(|c| c.client_data.cross_origin = Some(true));
    fails(&framed, Cd4, "client_data.cross_origin");
}

#[test]
fn an_assertion_in_a_frame_of_another_origin_is_refused() {
    let valid = valid(login(&Registration::none("login")));
    passes(&valid.judgement, Cd4);
    let framed = valid.but(|c| c.client_data.cross_origin = Some(true));
    fails(&framed, Cd4, "client_data.cross_origin");
}

#[test]
fn the_serialization_of_the_specification_is_judged_by_switch_alone() {
    let valid = valid(
        plain(Registration::packed_self)
            .given(|c| c.policy.client_data_serialization = Rule::Judged),
    );
    passes(&valid.judgement, Cd5);
    passes(&valid.but(|c| c.client_data.extra = vec![("other".into(), json!(1))]), Cd5);
    type Spelling = fn(String) -> String;
    let spellings: [Spelling; 5] = [
        |text| text.replacen(',', ", ", 1),
        |text| text.replacen(",\"crossOrigin\":false", "", 1),
        |text| text.replacen("webauthn", "\\u0077ebauthn", 1),
        |text| format!("{{\"origin\":\"https://bank.example\",{}", &without(&text, "origin")[1..]),
        |text| format!("\u{feff}{text}"),
    ];
    for spelling in spellings {
        let other = valid.with(|c| rewritten(c, spelling));
        fails(&crate::harness::Ceremony::judge(&other), Cd5, "client_data.serialization");
        let unjudged = other.given(|c| c.policy.client_data_serialization = Rule::NotJudged);
        let judgement = crate::harness::valid(unjudged).judgement;
        assert_eq!(judgement.verdict().outcome(Cd5), Some(Outcome::SkippedByPolicy));
        assert_eq!(judgement.verdict().facts.client_data_serialization, Some(false));
    }
}

#[test]
fn the_android_package_is_the_expected_one_where_client_data_names_one() {
    let named = |name: serde_json::Value| vec![("androidPackageName".to_owned(), name)];
    let valid = valid(plain(Registration::packed_self).given(|c| {
        c.expectation.android_package = Some("com.bank.app".into());
        c.client_data.extra = named(json!("com.bank.app"));
    }));
    passes(&valid.judgement, Cd6);
    for other in ["com.bank.App", "com.bank.app.evil", ""] {
        let judgement = valid.but(|c| c.client_data.extra = named(json!(other)));
        fails(&judgement, Cd6, "client_data.android_package");
    }
    fails(&valid.but(|c| c.client_data.extra = named(json!(1))), Cd6, "malformed.type");
    let unnamed = valid.but(|c| c.client_data.extra.clear());
    assert_eq!(unnamed.verdict().outcome(Cd6), Some(Outcome::NotApplicable));
}
