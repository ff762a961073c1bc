//! Enrollments with every kind of authenticator that Chromium has: which the bank takes, and which
//! check refuses the others.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use device_enrollment::webauthn::UserVerification;
use device_enrollment::{
    Base64Reading, Origin, Policy, RegistrationExpectation, RegistrationResponse, TrustStore,
    UnixTime, Verifier,
};
use serde_json::{Value, json};

use crate::authenticator::Kind;
use crate::bank::enrolling::Ids;
use crate::chromium::ORIGIN;
use crate::desk::{Desk, options_of, outcome, refused};

/// The model that Chromium's authenticators name.
const MODEL: &str = "AQIDBAUGBwgBAgMEBQYHCA";
/// No model.
const ZERO: &str = "AAAAAAAAAAAAAAAAAAAAAA";

fn only(algorithm: i64) -> Value {
    json!({"pubKeyCredParams": [{"type": "public-key", "alg": algorithm}]})
}

#[test]
fn what_the_bank_asks_for_is_made_and_taken() {
    let resident = json!({"authenticatorSelection": {
        "userVerification": "required", "residentKey": "required", "requireResidentKey": true
    }});
    let synced =
        || Kind::platform().with("defaultBackupEligibility", true).with("defaultBackupState", true);
    let desk = Desk::start();
    let page = desk.page();
    for (kind, changes, model, backup) in [
        (Kind::platform(), json!({}), MODEL, false),
        (Kind::platform(), resident.clone(), MODEL, false),
        (Kind::platform(), only(-8), MODEL, false),
        (Kind::platform(), only(-257), MODEL, false),
        (synced(), resident.clone(), MODEL, true),
        // Of a roaming authenticator the browser tells no model unless an attestation is asked for.
        (Kind::security_key(), json!({}), ZERO, false),
        (Kind::security_key(), resident, ZERO, false),
    ] {
        let authenticator = kind.add(&page);
        let ids = desk.enrolled(&page, &changes);
        assert_eq!(desk.status(&ids.id), "AUTHORIZED");
        let held = authenticator.credentials();
        let wanted = changes.pointer("/authenticatorSelection/requireResidentKey");
        assert_eq!(held[0]["isResidentCredential"], *wanted.unwrap_or(&json!(false)));

        let verdict = desk.verdict(&ids);
        assert_eq!(verdict["decision"], "accepted");
        assert_eq!(verdict["profile"], "open_finance_brasil");
        let facts = &verdict["facts"];
        assert_eq!((&facts["fmt"], &facts["origin"]), (&json!("none"), &json!(ORIGIN)));
        assert_eq!(
            (&facts["aaguid"], &facts["aaguid_verified"]),
            (&json!(model), &json!(false)),
            "{facts}"
        );
        assert_eq!(
            facts["flags"],
            json!({"up": true, "uv": true, "be": backup, "bs": backup, "at": true, "ed": false})
        );
        assert_eq!(facts["client_data_serialization"], true, "{facts}");
        authenticator.remove();
    }
}

#[test]
fn an_attestation_that_no_anchor_vouches_for_is_refused_by_name() {
    let desk = Desk::start();
    let page = desk.page();
    for kind in [Kind::platform(), Kind::security_key()] {
        let authenticator = kind.add(&page);
        let ids = desk.ready();
        let expected = expected(&desk, &ids);
        let made = desk.made(&page, &ids, &json!({"attestation": "direct"}));
        let answer = desk.send(&page, &ids, &made);
        let verdict = desk.verdict(&ids);
        refused(&answer, &verdict, "X-11", "PUBLIC_KEY_INVALIDA");
        assert_eq!(verdict["failure"]["code"], "path.no_anchor");
        assert_eq!(desk.status(&ids.id), "REJECTED");
        // All that the format demands was in order before.
        assert_eq!(verdict["facts"]["fmt"], "packed");
        for check in ["PK-3", "PK-4", "PK-5", "PK-6", "PK-8"] {
            assert_eq!(outcome(&verdict, check)["outcome"], "passed", "{check}");
        }

        // The same bytes, where a policy says by name that paths are not judged.
        let verdict = judged(&made, &expected, &json!({"attestation_path": "not_judged"}));
        assert_eq!(verdict["decision"], "accepted", "{}", verdict["failure"]);
        let path = outcome(&verdict, "X-11");
        assert_eq!(path["outcome"], "skipped_by_policy");
        assert_eq!(path["evidence"], "attestation_path");
        assert_eq!(verdict["facts"]["attestation_type"], "basic");
        assert_eq!(verdict["facts"]["aaguid"], MODEL);
        assert_eq!(verdict["facts"]["aaguid_verified"], false);
        let strict = judged(&made, &expected, &json!({}));
        assert_eq!(strict["failure"]["check"], "X-11");
        authenticator.remove();
    }
}

#[test]
fn a_key_of_the_first_generation_is_refused_and_each_reason_is_a_field() {
    let desk = Desk::start();
    let page = desk.page();
    let authenticator = Kind::u2f().add(&page);
    // By the bank's options the browser does not even ask it.
    let ids = desk.ready();
    assert_eq!(desk.made(&page, &ids, &json!({}))["error"], "NotAllowedError");
    assert_eq!(desk.status(&ids.id), "AWAITING_DEVICE_REGISTRATION");

    // A page that asks for less.
    let mut expected = expected(&desk, &ids);
    let less = json!({
        "attestation": "direct",
        "authenticatorSelection": {"userVerification": "discouraged"}
    });
    let made = desk.made(&page, &ids, &less);
    let answer = desk.send(&page, &ids, &made);
    refused(&answer, &desk.verdict(&ids), "X-7", "PUBLIC_KEY_INVALIDA");
    assert_eq!(authenticator.credentials().len(), 1);

    // What stands between it and an acceptance, field by field.
    expected.user_verification = UserVerification::Discouraged;
    let mut changes = json!({});
    for (check, field, value) in [
        ("X-7", "user_verification", json!("not_judged")),
        ("PO-1", "formats", Value::Null),
        ("X-11", "attestation_path", json!("not_judged")),
    ] {
        let verdict = judged(&made, &expected, &changes);
        assert_eq!(verdict["failure"]["check"], check);
        changes[field] = value;
    }
    let verdict = judged(&made, &expected, &changes);
    assert_eq!(verdict["decision"], "accepted", "{}", verdict["failure"]);
    assert_eq!(verdict["facts"]["fmt"], "fido-u2f");
    assert_eq!(outcome(&verdict, "FU-6")["outcome"], "passed");
    assert_eq!(outcome(&verdict, "X-11")["evidence"], "attestation_path");
}

#[test]
fn a_person_who_was_not_verified_is_refused() {
    let desk = Desk::start();
    let page = desk.page();
    let discouraged = json!({"authenticatorSelection": {"userVerification": "discouraged"}});
    for kind in [Kind::without_verification(), Kind::platform()] {
        let authenticator = kind.add(&page);
        let ids = desk.ready();
        if authenticator.credentials().is_empty() {
            authenticator.lies("isBadUV");
        }
        let made = desk.made(&page, &ids, &discouraged);
        let answer = desk.send(&page, &ids, &made);
        refused(&answer, &desk.verdict(&ids), "X-7", "PUBLIC_KEY_INVALIDA");
        assert_eq!(desk.status(&ids.id), "REJECTED");
        authenticator.remove();
    }
    // One that cannot verify anybody today: the browser says no, and nothing is spent.
    let authenticator = Kind::platform().with("isUserVerified", false).add(&page);
    let ids = desk.ready();
    assert_eq!(desk.made(&page, &ids, &json!({}))["error"], "NotAllowedError");
    authenticator.remove();
    Kind::platform().add(&page);
    let made = desk.made(&page, &ids, &json!({}));
    assert_eq!(desk.send(&page, &ids, &made)["status"], 201);
}

#[test]
fn what_was_not_asked_for_is_refused() {
    let desk = Desk::start();
    let page = desk.page();
    Kind::platform().add(&page);
    for (changes, check, code) in [
        // ML-DSA-44, which Chromium makes and the bank does not offer.
        (only(-48), "X-9", "PUBLIC_KEY_INVALIDA"),
        (json!({"extensions": {"credProps": true}}), "EX-1", "EXTENSION_INVALIDA"),
        (
            json!({"challenge": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}),
            "CD-7",
            "CHALLENGE_INVALIDO",
        ),
    ] {
        let ids = desk.ready();
        let made = desk.made(&page, &ids, &changes);
        let answer = desk.send(&page, &ids, &made);
        refused(&answer, &desk.verdict(&ids), check, code);
    }
    // The verifier itself knows the algorithm.
    let ids = desk.ready();
    let mut expected = expected(&desk, &ids);
    for algorithm in [-48, -50] {
        expected.algorithms = Some(vec![algorithm]);
        let made = desk.made(&page, &ids, &only(algorithm));
        let verdict = judged(&made, &expected, &json!({}));
        assert_eq!(verdict["decision"], "accepted", "{}", verdict["failure"]);
        assert_eq!(verdict["facts"]["alg"], algorithm);
    }
}

#[test]
fn the_browser_does_not_make_a_second_credential_where_one_is() {
    let desk = Desk::start();
    let page = desk.page();
    let authenticator = Kind::platform().add(&page);
    let device_key = desk.device();
    let first = desk.ready_for(&device_key);
    let made = desk.made(&page, &first, &json!({}));
    assert_eq!(desk.send(&page, &first, &made)["status"], 201);
    let held = authenticator.credentials();

    let second = desk.ready_for(&device_key);
    let options = desk.get(&options_of(&second)).json();
    assert_eq!(options["exclude_credentials"][0]["id"], made["id"], "{options}");
    assert_eq!(desk.made(&page, &second, &json!({}))["error"], "InvalidStateError");
    assert_eq!(authenticator.credentials(), held);
    assert_eq!(desk.status(&second.id), "AWAITING_DEVICE_REGISTRATION");
    assert_eq!(desk.status(&first.id), "AUTHORIZED");
    // Another authenticator may.
    authenticator.remove();
    Kind::security_key().add(&page);
    let made = desk.made(&page, &second, &json!({}));
    assert_eq!(desk.send(&page, &second, &made)["status"], 201);
}

#[test]
fn a_key_that_nothing_vouches_for_is_no_key_of_a_device() {
    let desk = Desk::with(&[("DEVICE_ENROLLMENT_POLICY_PROFILE", "device_bound_only")]);
    let page = desk.page();
    Kind::platform().add(&page);
    // The profile asks for an attestation, and the page can leave that out.
    for (changes, check) in [(json!({}), "X-11"), (json!({"attestation": "none"}), "PO-2")] {
        let ids = desk.ready();
        let made = desk.made(&page, &ids, &changes);
        let answer = desk.send(&page, &ids, &made);
        refused(&answer, &desk.verdict(&ids), check, "PUBLIC_KEY_INVALIDA");
    }
}

/// What the bank issued for an enrollment, as the verifier is told it.
fn expected(desk: &Desk, ids: &Ids) -> RegistrationExpectation {
    let options = desk.get(&options_of(ids)).json();
    let challenge = URL_SAFE_NO_PAD.decode(options["challenge"].as_str().unwrap()).unwrap();
    let origins = vec![Origin::parse(ORIGIN).unwrap()];
    let mut expected = RegistrationExpectation::new(challenge, "localhost", origins);
    let algorithms = options["pub_key_cred_params"].as_array().unwrap();
    expected.algorithms = algorithms.iter().map(|one| one["alg"].as_i64()).collect();
    expected.user_verification = UserVerification::Required;
    expected
}

/// The verdict on a credential under the bank's policy with these fields changed.
fn judged(made: &Value, expected: &RegistrationExpectation, changes: &Value) -> Value {
    let body = made.to_string();
    let response =
        RegistrationResponse::from_webauthn_json(body.as_bytes(), Base64Reading::Strict).unwrap();
    let policy = Policy::open_finance_brasil().with_changes(changes.as_object().unwrap()).unwrap();
    let verifier = Verifier::new(policy, TrustStore::empty());
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let now = UnixTime(i64::try_from(since.as_secs()).unwrap());
    let judgement = verifier.registration(&response, expected, Some(now));
    serde_json::to_value(judgement.verdict()).unwrap()
}
