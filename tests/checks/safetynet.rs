//! SN-1 to SN-6: Google's SafetyNet, for records of the time when it was there.

use device_enrollment::policy::Rule;
use device_enrollment::verdict::CheckId::{
    Po1, Sn1, Sn2, Sn3, Sn4, Sn5, Sn6, X2, X11, X12, X13, X15,
};
use device_enrollment::verdict::{AttestationType, Format, Outcome};
use device_enrollment::{Policy, UnixTime};
use device_enrollment_testkit::attestation::safetynet::{HOST, SafetyNetStatement};
use device_enrollment_testkit::cbor::{self, Entries};
use device_enrollment_testkit::extension::{
    basic_constraints, extended_key_usage, oid, subject_alternative_name_dns,
};
use device_enrollment_testkit::{CertificateSpec, Edit, Name, Registration, SigningKey, TIME};
use serde_json::{Map, Value, json};

use crate::harness::{Ceremony as _, Enrollment, Valid, bank, fails, passes, plain, valid};

type Judgement = device_enrollment::Judgement<<Enrollment as crate::harness::Ceremony>::Accepted>;

fn token(valid: &Valid<Enrollment>, change: impl FnOnce(&mut SafetyNetStatement)) -> Judgement {
    valid.but(|c| change(c.safetynet_statement()))
}

fn header(valid: &Valid<Enrollment>, name: &'static str, value: Value) -> Judgement {
    token(valid, |statement| drop(statement.header.insert(name.into(), value)))
}

fn payload(valid: &Valid<Enrollment>, name: &'static str, value: Option<Value>) -> Judgement {
    token(valid, |statement| {
        statement.edit_payload = Edit::new(move |payload: &mut Map<String, Value>| match &value {
            Some(value) => drop(payload.insert(name.into(), value.clone())),
            None => drop(payload.remove(name)),
        });
    })
}

fn response(
    valid: &Valid<Enrollment>,
    change: impl Fn(&mut Vec<u8>) + Send + Sync + 'static,
) -> Judgement {
    token(valid, |statement| statement.edit_response = Edit::new(change))
}

fn leaf(valid: &Valid<Enrollment>, change: impl FnOnce(&mut CertificateSpec)) -> Judgement {
    valid.but(|c| change(c.leaf()))
}

#[test]
fn the_banks_profile_refuses_it_because_it_has_ended() {
    let judgement = bank(Registration::safetynet).judge();
    fails(&judgement, Po1, "attestation.safetynet_ended");
    assert!(judgement.verdict().tolerances.is_empty());
    // Naming the format in the list of formats is not enough: the service has still ended.
    let listed = bank(Registration::safetynet)
        .given(|c| c.policy.formats = Some(vec![Format::AndroidSafetynet]));
    fails(&listed.judge(), Po1, "attestation.safetynet_ended");
}

#[test]
fn what_is_taken_under_webauthn_says_so() {
    let judgement = valid(plain(Registration::safetynet)).judgement;
    passes(&judgement, Po1);
    assert_eq!(judgement.verdict().tolerances, ["android_safetynet"]);
    let accepted = judgement.accepted().unwrap();
    assert_eq!(accepted.attestation_type, AttestationType::Basic);
    assert!(!accepted.aaguid_verified);
    assert_eq!(judgement.verdict().facts.statement_algorithm, Some(-257));
    assert_eq!(judgement.verdict().outcome(Sn6), Some(Outcome::SkippedByPolicy));
    let refused =
        plain(Registration::safetynet).given(|c| c.policy.refuse_safetynet = Rule::Judged).judge();
    fails(&refused, Po1, "attestation.safetynet_ended");
}

#[test]
fn the_statement_is_a_version_and_a_token() {
    let valid = valid(plain(Registration::safetynet));
    passes(&valid.judgement, Sn1);
    passes(&valid.judgement, X2);
    let statement =
        |change: fn(&mut Entries)| valid.but(|c| c.attestation.edit_statement = Edit::new(change));
    fails(&statement(|s| drop(cbor::remove(s, "ver"))), Sn1, "statement.member_missing");
    fails(&statement(|s| drop(cbor::remove(s, "response"))), Sn1, "statement.member_missing");
    let number = statement(|s| cbor::set(s, "ver", cbor::integer(1)));
    fails(&number, Sn1, "statement.member_type");
    let text = statement(|s| cbor::set(s, "response", cbor::text("a.b.c")));
    fails(&text, Sn1, "statement.member_type");
    fails(&token(&valid, |s| s.version = String::new()), Sn1, "safetynet.version");
    let more = statement(|s| s.push((cbor::text("zzzzzzzzz"), cbor::integer(0))));
    fails(&more, X2, "statement.member_unexpected");
}

#[test]
fn the_token_is_a_jws_of_three_parts() {
    let valid = valid(plain(Registration::safetynet));
    passes(&valid.judgement, Sn1);
    fails(&response(&valid, Vec::clear), Sn1, "malformed.truncated");
    let two = response(&valid, |r| r.truncate(r.iter().rposition(|b| *b == b'.').unwrap()));
    fails(&two, Sn1, "malformed.truncated");
    fails(&response(&valid, |r| r.extend(b".AQ")), Sn1, "malformed.base64");
    fails(&response(&valid, |r| r.push(b'=')), Sn1, "malformed.base64");
    fails(&response(&valid, |r| r.push(b'\n')), Sn1, "malformed.base64");
    fails(&response(&valid, |r| r.push(0xff)), Sn1, "malformed.utf8");
    let parsed =
        |change: fn(&mut String)| token(&valid, |s| s.edit_header_json = Edit::new(change));
    fails(&parsed(|json| *json = "[]".into()), Sn1, "malformed.type");
    fails(&parsed(|json| json.insert_str(1, r#""alg":"RS256","#)), Sn1, "malformed.json_duplicate");
    fails(&parsed(|json| json.push('}')), Sn1, "malformed.json");
    let parsed =
        |change: fn(&mut String)| token(&valid, |s| s.edit_payload_json = Edit::new(change));
    fails(&parsed(|json| *json = "[]".into()), Sn1, "malformed.type");
    let twice = parsed(|json| json.insert_str(1, r#""nonce":"","#));
    fails(&twice, Sn1, "malformed.json_duplicate");
}

#[test]
fn the_certificates_stand_in_the_header() {
    let valid = valid(plain(Registration::safetynet));
    passes(&valid.judgement, Sn1);
    let x5c = |value: Option<Value>| {
        token(&valid, |s| {
            s.edit_header = Edit::new(move |header: &mut Map<String, Value>| match &value {
                Some(value) => drop(header.insert("x5c".into(), value.clone())),
                None => drop(header.remove("x5c")),
            });
        })
    };
    fails(&x5c(None), Sn1, "statement.x5c_empty");
    fails(&x5c(Some(json!([]))), Sn1, "statement.x5c_empty");
    fails(&x5c(Some(json!("MAA="))), Sn1, "malformed.type");
    fails(&x5c(Some(json!([1]))), Sn1, "malformed.type");
    fails(&x5c(Some(json!(["MA"]))), Sn1, "malformed.base64");
    fails(&x5c(Some(json!(["-_8="]))), Sn1, "malformed.base64");
    fails(&x5c(Some(json!(vec!["MAA="; 11]))), Sn1, "malformed.too_many");
    let large = "AAAA".repeat(8 * 1024 / 3 + 1);
    fails(&x5c(Some(json!([large]))), Sn1, "malformed.too_large");
    fails(&x5c(Some(json!(["MAA="]))), X15, "malformed.truncated");
    // An extension that has to be understood is one that nothing here understands.
    fails(&header(&valid, "crit", json!(["exp"])), Sn1, "malformed.too_many");
}

#[test]
fn the_token_is_signed_with_rs256_whatever_its_header_says() {
    let valid = valid(plain(Registration::safetynet));
    passes(&valid.judgement, Sn2);
    for other in ["HS256", "none", "ES256", "RS384", "PS256", "rs256", "RS256 ", ""] {
        fails(&header(&valid, "alg", json!(other)), Sn2, "safetynet.algorithm");
    }
    fails(&header(&valid, "alg", json!(["RS256"])), Sn2, "safetynet.algorithm");
    let without = token(&valid, |s| drop(s.header.remove("alg")));
    fails(&without, Sn2, "safetynet.algorithm");
    // A key beside the certificates signs for nobody.
    passes(&header(&valid, "jwk", json!({"kty": "oct", "k": "AA"})), Sn2);
}

#[test]
fn the_signature_is_the_leafs_over_the_text_that_was_sent() {
    let valid = valid(plain(Registration::safetynet));
    passes(&valid.judgement, Sn2);
    let bit = token(&valid, |s| s.edit_signature = Edit::new(|s: &mut Vec<u8>| s[9] ^= 1));
    fails(&bit, Sn2, "signature.invalid");
    let empty = token(&valid, |s| s.edit_signature = Edit::new(Vec::clear));
    fails(&empty, Sn2, "signature.invalid");
    let other = valid.but(|c| {
        c.attestation.edit_signed_bytes = Edit::new(|text: &mut Vec<u8>| text.insert(0, b' '));
    });
    fails(&other, Sn2, "signature.invalid");
    let stranger = valid.but(|c| c.chain().leaf_key = SigningKey::rsa(2));
    fails(&stranger, Sn2, "signature.invalid");
}

#[test]
fn the_certificate_is_the_hosts() {
    let valid = valid(plain(Registration::safetynet));
    passes(&valid.judgement, Sn3);
    let named = |names: &[&str]| {
        leaf(&valid, |leaf| leaf.set_extension(subject_alternative_name_dns(names)))
    };
    passes(&named(&["www.example", HOST]), Sn3);
    for wrong in [
        "attest.android.com.evil.example",
        "evil-attest.android.com",
        "android.com",
        "*.android.com",
        "attest.android.com.",
        "attest.android.com\0",
    ] {
        fails(&named(&[wrong]), Sn3, "safetynet.host");
    }
    fails(&named(&[]), Sn3, "safetynet.host");
    // The host as another kind of name.
    let address = leaf(&valid, |leaf| {
        let extension = leaf.extension_mut(oid::SUBJECT_ALTERNATIVE_NAME);
        extension.value[2] = 0x81;
    });
    fails(&address, Sn3, "safetynet.host");
    let broken = leaf(&valid, |leaf| {
        leaf.extension_mut(oid::SUBJECT_ALTERNATIVE_NAME).value.push(0);
    });
    fails(&broken, Sn3, "malformed.trailing");
}

#[test]
fn only_a_certificate_without_alternative_names_is_asked_for_its_common_name() {
    let valid = valid(plain(Registration::safetynet));
    assert!(!valid.judgement.verdict().tolerances.contains(&"safetynet_common_name"));
    let without = valid.with(|c| c.leaf().remove_extension(oid::SUBJECT_ALTERNATIVE_NAME));
    let judgement = without.judge();
    passes(&judgement, Sn3);
    assert!(judgement.verdict().tolerances.contains(&"safetynet_common_name"));
    let other = without.given(|c| c.leaf().subject = Name::common_name("attest.android.org"));
    fails(&other.judge(), Sn3, "safetynet.host");
    // The subject says the host, and the alternative names do not.
    let beside = leaf(&valid, |leaf| {
        leaf.set_extension(subject_alternative_name_dns(&["www.example"]));
    });
    fails(&beside, Sn3, "safetynet.host");
}

#[test]
fn the_certificate_may_serve_tls() {
    let valid = valid(plain(Registration::safetynet));
    passes(&valid.judgement, Sn3);
    let without = leaf(&valid, |leaf| leaf.remove_extension(oid::EXTENDED_KEY_USAGE));
    fails(&without, Sn3, "safetynet.host");
    // Client authentication, code signing, and any purpose at all.
    for other in ["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.3", "2.5.29.37.0"] {
        let judgement = leaf(&valid, |leaf| leaf.set_extension(extended_key_usage(&[other])));
        fails(&judgement, Sn3, "safetynet.host");
    }
    let both = leaf(&valid, |leaf| {
        let purposes = ["1.3.6.1.5.5.7.3.2", oid::SERVER_AUTHENTICATION];
        leaf.set_extension(extended_key_usage(&purposes));
    });
    passes(&both, Sn3);
}

#[test]
fn the_nonce_is_the_standard_base64_of_the_hash() {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
    let valid = valid(plain(Registration::safetynet));
    passes(&valid.judgement, Sn4);
    let respelled = |spell: fn(&[u8]) -> String| {
        token(&valid, |s| {
            s.edit_payload = Edit::new(move |payload: &mut Map<String, Value>| {
                let hash = STANDARD.decode(payload["nonce"].as_str().unwrap()).unwrap();
                payload.insert("nonce".into(), spell(&hash).into());
            });
        })
    };
    passes(&respelled(|hash| STANDARD.encode(hash)), Sn4);
    fails(&respelled(|hash| URL_SAFE_NO_PAD.encode(hash)), Sn4, "malformed.base64");
    fails(&respelled(|hash| STANDARD_NO_PAD.encode(hash)), Sn4, "malformed.base64");
    // A hash whose two spellings differ: it has `+` or `/`.
    let differs = (0..64).map(|number| format!("nonce {number}")).find(|seed| {
        let registration = Registration::safetynet(seed);
        let parts = registration.make();
        let message = [parts.authenticator_data, sha256(&parts.client_data_json)].concat();
        STANDARD.encode(sha256(&message)).contains(['+', '/'])
    });
    let mut registration = Registration::safetynet(&differs.unwrap());
    registration.safetynet_statement().edit_payload =
        Edit::new(|payload: &mut Map<String, Value>| {
            let hash = STANDARD.decode(payload["nonce"].as_str().unwrap()).unwrap();
            payload.insert("nonce".into(), URL_SAFE.encode(hash).into());
        });
    let url_safe = Enrollment::of(registration, Policy::webauthn());
    fails(&url_safe.judge(), Sn4, "malformed.base64");
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    device_enrollment_testkit::scheme::sha256(bytes).to_vec()
}

#[test]
fn the_nonce_commits_to_this_ceremony() {
    let valid = valid(plain(Registration::safetynet));
    passes(&valid.judgement, Sn4);
    let nonce = |value: Option<Value>| payload(&valid, "nonce", value);
    fails(&nonce(None), Sn4, "safetynet.nonce");
    fails(&nonce(Some(json!(""))), Sn4, "safetynet.nonce");
    fails(&nonce(Some(json!(1))), Sn4, "safetynet.nonce");
    fails(&nonce(Some(json!("AAAA"))), Sn4, "safetynet.nonce");
    let respelled = valid.but(|c| {
        c.edit_client_data_json = Edit::new(|json: &mut Vec<u8>| json.insert(1, b' '));
    });
    fails(&respelled, Sn4, "safetynet.nonce");
    let other = valid.but(|c| {
        c.attestation.edit_object = Edit::new(|object: &mut Entries| {
            cbor::byte_member(object, "authData")[36] ^= 1;
        });
        c.json(|json| drop(json["response"].as_object_mut().unwrap().remove("authenticatorData")));
    });
    fails(&other, Sn4, "safetynet.nonce");
}

#[test]
fn the_phone_matches_a_compatible_profile() {
    let valid = valid(plain(Registration::safetynet));
    passes(&valid.judgement, Sn5);
    for value in [json!(false), json!("true"), json!(1), json!(null), json!([true])] {
        let judgement = payload(&valid, "ctsProfileMatch", Some(value));
        fails(&judgement, Sn5, "safetynet.cts_profile_match");
    }
    let absent = payload(&valid, "ctsProfileMatch", None);
    fails(&absent, Sn5, "safetynet.cts_profile_match");
    // The weaker statement is not asked for, and does not stand in.
    passes(&payload(&valid, "basicIntegrity", Some(json!(false))), Sn5);
}

#[test]
fn the_token_was_made_within_five_minutes_of_the_given_time() {
    let judged =
        plain(Registration::safetynet).given(|c| c.policy.safetynet_timestamp = Rule::Judged);
    let valid = valid(judged);
    passes(&valid.judgement, Sn6);
    let stated = |value: Value| payload(&valid, "timestampMs", Some(value));
    let seconds = |seconds: i64| stated(json!((TIME + seconds) * 1000));
    for inside in [-300, 0, 300] {
        passes(&seconds(inside), Sn6);
    }
    for outside in [-301, 301, -86_400, 86_400] {
        fails(&seconds(outside), Sn6, "safetynet.timestamp");
    }
    fails(&stated(json!((TIME + 300) * 1000 + 1)), Sn6, "safetynet.timestamp");
    fails(&stated(json!((TIME - 300) * 1000 - 1)), Sn6, "safetynet.timestamp");
    fails(&stated(json!(i64::MAX)), Sn6, "safetynet.timestamp");
    fails(&stated(json!(i64::MIN)), Sn6, "safetynet.timestamp");
    fails(&stated(json!((TIME * 1000).to_string())), Sn6, "malformed.missing");
    fails(&payload(&valid, "timestampMs", None), Sn6, "malformed.missing");
    // A time that nobody gave must not pass for a waiver.
    fails(&valid.but(|c| c.time = None), Sn6, "malformed.missing");
    // The far future: refused, and nothing overflows.
    let future = valid.but(|c| c.time = Some(UnixTime(i64::MAX)));
    fails(&future, Sn6, "safetynet.timestamp");
}

#[test]
fn its_certificates_lead_to_an_anchor_and_are_within_their_dates() {
    let valid = valid(plain(Registration::safetynet));
    passes(&valid.judgement, X11);
    let store = device_enrollment::TrustStore::empty();
    fails(&valid.but(|c| c.store = Some(store)), X11, "path.no_anchor");
    fails(&leaf(&valid, |leaf| leaf.set_validity(0, 1)), X13, "path.expired");
    let authority = leaf(&valid, |leaf| leaf.set_extension(basic_constraints(Some(true), None)));
    fails(&authority, X12, "certificate.leaf_is_ca");
    // SN-3 judges the alternative names, so they may be critical.
    let critical = leaf(&valid, |leaf| {
        leaf.extension_mut(oid::SUBJECT_ALTERNATIVE_NAME).critical = true;
    });
    passes(&critical, X12);
}
