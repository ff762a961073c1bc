//! Transfers: one code, one assertion, one approval, one order to the bank's core.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use device_enrollment_testkit::{Assertion, Registration};
use serde_json::{Value, json};

use super::*;
use crate::bank::enrolling::{approval, credential};
use crate::world::uuid;

crate::bank::on_both_engines!(
    one_of_many_right_codes_approves,
    of_many_wrong_codes_five_are_looked_at,
    one_of_many_requests_makes_the_transfer,
    one_of_many_assertions_approves_and_one_order_leaves,
);

const SESSION: &str = "fd90a11e-ddee-4e69-b7d8-0fc3ddd4da46";

/// A bank whose core is posted its orders.
fn opened(engine: Engine) -> Track {
    let core = Gateway::start();
    core.answer("/rail", 200, r#"{"status":"pending"}"#);
    let (url, secret) = (core.url("/rail"), "A".repeat(32));
    let track = Track::with(
        engine,
        &[
            ("DEVICE_ENROLLMENT_RAIL_MODE", "webhook"),
            ("DEVICE_ENROLLMENT_RAIL_URL", &url),
            ("DEVICE_ENROLLMENT_RAIL_SECRET", &secret),
        ],
    );
    Track { core: Some(core), ..track }
}

fn ted(tfa_info: Value) -> Value {
    json!({
        "request_control_key": uuid(), "transaction_amount": 202.5,
        "target_account": {
            "account_branch": "0001", "account_number": "1234567", "account_digit": "8",
            "owner_document_number": "12345678000195", "owner_name": "Padaria São João",
            "ispb": "32402502", "account_type": "checking_account"
        },
        "tfa_info": tfa_info
    })
}

fn by_sms(round: usize) -> Value {
    ted(json!({"approver_document_number": approver(round), "contact_type": "sms"}))
}

/// A transfer that waits for its approver.
fn pending(track: &Track, body: &Value) -> String {
    let answer = track.world().ask("POST", &format!("/account/{ACCOUNT}/ted"), body);
    assert_eq!(answer.status, 202, "{}", answer.body);
    answer.json()["ted_key"].as_str().unwrap().to_owned()
}

fn validate(track: &mut Track, ted_key: &str, body: &Value) -> Answers {
    let path = format!("/account/{ACCOUNT}/ted/{ted_key}/validate_token");
    track.at_once(|bank, _| bank.world.rendered(&bank.world.key, "PUT", &path, body))
}

fn status(track: &Track, ted_key: &str) -> Value {
    let path = format!("/account/{ACCOUNT}/ted/{ted_key}");
    track.world().ask("GET", &path, &Value::Null).json()["ted_status"].clone()
}

/// How often the core was posted the order of a transfer.
fn orders(track: &Track, ted_key: &str) -> usize {
    let posted = track.core.as_ref().unwrap().posted("/rail");
    posted.iter().filter(|posted| posted.body.contains(ted_key)).count()
}

fn one_of_many_right_codes_approves(engine: Engine) {
    opened(engine).run("a transfer and its code", 1, |track, round| {
        let ted_key = pending(track, &by_sms(round));
        let code = json!({"token": track.world().gateway.code()});
        let answers = validate(track, &ted_key, &code);
        answers.only(&[(202, ""), (400, "TED000082"), (404, "TED000086")]);
        assert_eq!(status(track, &ted_key), "pending");
        assert_eq!(orders(track, &ted_key), 1);
        let looked_at = track.trail("transfer", &ted_key, "transfer.approve");
        Outcome { winners: answers.with(202), looked_at }
    });
}

fn of_many_wrong_codes_five_are_looked_at(engine: Engine) {
    opened(engine).run("a transfer and a wrong code", 0, |track, round| {
        let ted_key = pending(track, &by_sms(round));
        let code = track.world().gateway.code();
        let wrong = json!({"token": crate::devices::wrong(&code)});
        let answers = validate(track, &ted_key, &wrong);
        let counts = answers.only(&[(400, "TED000084"), (400, "TED000082")]);
        let turned_away = answers.with(503);
        let looked_at = track.trail("transfer", &ted_key, "transfer.approve");
        if turned_away > 0 {
            return Outcome { winners: answers.with(201) + answers.with(202), looked_at };
        }
        assert_eq!(counts[&(400, "TED000084".to_owned())], MOST - 1, "{counts:?}");
        // One of them is told what became of the transfer.
        let told = |answer: &&Answer| answer.json()["extra_fields"]["ted_data"].is_object();
        assert_eq!(answers.0.iter().filter(told).count(), 1);
        assert_eq!(status(track, &ted_key), "rejected");
        assert_eq!(looked_at, MOST);
        let after = validate(track, &ted_key, &json!({"token": code}));
        after.only(&[(400, "TED000082")]);
        assert_eq!(orders(track, &ted_key), 0);
        Outcome { winners: answers.with(201) + answers.with(202), looked_at }
    });
}

fn one_of_many_requests_makes_the_transfer(engine: Engine) {
    opened(engine).run("a transfer and its control key", 1, |track, round| {
        let sent = track.world().gateway.posted("/sms").len();
        let (base, body) = (format!("/account/{ACCOUNT}/ted"), by_sms(round));
        let answers =
            track.at_once(|bank, _| bank.world.rendered(&bank.world.key, "POST", &base, &body));
        answers.only(&[(202, ""), (409, "RCK000001")]);
        let looked_at = track.world().gateway.posted("/sms").len() - sent;
        assert_eq!(looked_at, 1);
        Outcome { winners: answers.with(202), looked_at }
    });
}

fn one_of_many_assertions_approves_and_one_order_leaves(engine: Engine) {
    let track = opened(engine);
    let registration = enrolled(&track);
    track.run("a transfer and its assertion", 2, |track, round| {
        let by_device = json!({
            "approver_document_number": APPROVER, "contact_type": "device", "session_id": SESSION
        });
        let ted_key = pending(track, &ted(by_device));
        let extension =
            |what: &str| format!("/extensions/v1/account/{ACCOUNT}/ted/{ted_key}/{what}");
        let options = track.world().ask("POST", &extension("sign-options"), &Value::Null).json();
        let mut assertion = Assertion::of(&registration);
        let challenge = options["challenge"].as_str().unwrap();
        assertion.client_data.challenge = URL_SAFE_NO_PAD.decode(challenge).unwrap();
        assertion.authenticator_data.sign_count = counter(round);
        let (path, body) = (extension("assertion"), assertion.make().to_json());
        let approved =
            track.at_once(|bank, _| bank.world.rendered(&bank.world.key, "POST", &path, &body));
        approved.only(&[(202, ""), (400, "TED000084")]);
        let looked_at = track.trail("transfer", &ted_key, "transfer.assertion_presented");
        assert_eq!(looked_at, 1);
        let handed = validate(track, &ted_key, &json!({}));
        handed.only(&[(202, ""), (404, "TED000086")]);
        assert_eq!(handed.with(202), 1);
        assert_eq!(orders(track, &ted_key), 1);
        // One is told that it approves, and one that it is on its way.
        Outcome { winners: approved.with(202) + handed.with(202), looked_at }
    });
}

/// A device of the account with a credential, both made as their pages have it.
fn enrolled(track: &Track) -> Registration {
    let (bank, device_key) = (&track.bank, uuid());
    let base = format!("/account/{ACCOUNT}/device");
    let requested = json!({
        "device_key": device_key, "session_id": SESSION,
        "tfa_info": {"approver_document_number": APPROVER, "contact_type": "sms"}
    });
    assert_eq!(bank.world.ask("POST", &base, &requested).status, 202);
    let token = json!({"token": bank.world.gateway.code()});
    let validated = bank.world.ask("PUT", &format!("{base}/{device_key}/validate"), &token);
    assert_eq!(validated.status, 201, "{}", validated.body);
    let ids = bank.asked();
    let mut confirmed = approval();
    confirmed["device_key"] = json!(device_key);
    assert_eq!(bank.confirm(&ids.id, &confirmed).status, 200);
    let registration = bank.registration(&ids, "of the phone that races");
    assert_eq!(bank.register(&ids, &credential(&registration)).status, 201);
    registration
}
