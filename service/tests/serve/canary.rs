//! Codes, challenges, keys and whatever tells who somebody is: planted in every route, by requests
//! that go well and by requests that are refused, and looked for in everything that is logged, in the
//! figures and in the bodies of errors.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use device_enrollment_testkit::{Assertion, Registration};
use serde_json::{Value, json};

use super::bad_input::{self, bearer};
use super::bank::enrolling::{
    BASE, Bank, approval, contract_signals, creation, credential, signals,
};
use super::world::{
    ACCOUNT, APPROVER, BLOCKED, Behaviour, EMAIL, Engine, Gateway, PHONE, SILENT, code_in, uuid,
};

crate::bank::on_both_engines!(what_was_planted_is_found_nowhere);

/// What is counted: each kind of delivery, of verdict and of refusal, and the storage's work.
const FIGURES: &[&str] = &[
    "device_enrollment_verdicts_total{ceremony=\"registration\",decision=\"accepted\"}",
    "device_enrollment_verdicts_total{ceremony=\"registration\",decision=\"refused\"}",
    "device_enrollment_verdicts_total{ceremony=\"authentication\",decision=\"accepted\"}",
    "device_enrollment_verdicts_total{ceremony=\"authentication\",decision=\"refused\"}",
    "device_enrollment_refusals_total{ceremony=\"registration\",check=\"CD-3\"}",
    "device_enrollment_refusals_total{ceremony=\"authentication\",check=\"CD-7\"}",
    "device_enrollment_deliveries_total{port=\"sms\",outcome=\"delivered\"}",
    "device_enrollment_deliveries_total{port=\"sms\",outcome=\"failed\"}",
    "device_enrollment_deliveries_total{port=\"sms\",outcome=\"unknown\"}",
    "device_enrollment_deliveries_total{port=\"email\",outcome=\"failed\"}",
    "device_enrollment_delivery_seconds_bucket{port=\"events\"",
    "device_enrollment_storage_seconds_bucket{operation=\"commit\"",
    "device_enrollment_outbox_messages{queue=\"event\"}",
    "device_enrollment_error_answers_total{code=\"OBD000097\"}",
];
const EVENTS_SECRET: &str = "canary-of-the-secret-of-events-0123456789";
const SESSION: &str = "fd90a11e-ddee-4e69-b7d8-0fc3ddd4da46";
const PAYEE: &str = "Padaria Canarinho";
const PAYEE_DOCUMENT: &str = "48372615000199";
const FREE_TEXT: &str = "canary of free text";
const PHONE_ID: &str = "canary-of-a-phone";
const IDEMPOTENCY_KEY: &str = "canary-of-idempotency";
const STRANGE_KEY: &str = "canaryCanaryCanaryCanaryCanaryCanaryCanary1";
const WRONG_CODE: &str = "9k7x3q";
const AGENT: &str = "canary-of-an-agent";

fn what_was_planted_is_found_nowhere(engine: Engine) {
    let secret = "canaryMacKeycanaryMacKeycanaryMacKeycanaryA";
    let mac_keys = format!("1:{secret}");
    let events = Gateway::start();
    let bank = Bank::with(
        engine,
        &[
            // The most that can be set, and what other programs would take for more.
            ("DEVICE_ENROLLMENT_LOG_LEVEL", "debug"),
            ("RUST_LOG", "trace"),
            ("DEVICE_ENROLLMENT_CODES_MAC_KEYS", &mac_keys),
            ("DEVICE_ENROLLMENT_SMS_AUTHORIZATION", "Bearer canary-of-the-gateway"),
            ("DEVICE_ENROLLMENT_EVENTS_URL", &events.url("/events")),
            ("DEVICE_ENROLLMENT_EVENTS_SECRET", EVENTS_SECRET),
        ],
    );
    bank.world.admin(
        "requesters",
        &json!({"requesters": [{
            "requester_key": "core", "name": "The bank's core", "configuration": {
                "may_create_devices": false, "may_settle_transfers": true,
                "accounts": "all", "wallets": [], "products": [], "users": []
            }
        }]}),
    );
    let core = bank.world.key_of("core");
    let mut planted = Planted::default();
    for text in
        [APPROVER, SILENT, PHONE, &PHONE[1..], EMAIL, "Maria da Silva", PAYEE, PAYEE_DOCUMENT]
    {
        planted.text(text);
    }
    for text in [FREE_TEXT, PHONE_ID, IDEMPOTENCY_KEY, STRANGE_KEY, WRONG_CODE, AGENT, secret] {
        planted.text(text);
    }
    for text in ["canary-of-the-gateway", EVENTS_SECRET] {
        planted.text(text);
    }
    for key in [&bank.world.key, &bank.holder, &core] {
        planted.text(key.splitn(3, '_').nth(2).unwrap());
    }

    let device_key = devices(&bank);
    let registration = enrollments(&bank, &device_key, &mut planted);
    transfers(&bank, &core, &registration, &mut planted);
    strangers(&bank);
    for posted in bank.world.gateway.posted("/sms") {
        let message: Value = serde_json::from_str(&posted.body).unwrap();
        planted.text(&code_in(message["text"].as_str().unwrap()));
    }

    // Somebody is told of the transfer that was refused.
    while events.posted("/events").is_empty() {
        std::thread::yield_now();
    }
    let mut metrics = bank.world.metrics();
    while !metrics.contains("deliveries_total{port=\"events\",outcome=\"delivered\"}") {
        std::thread::yield_now();
        metrics = bank.world.metrics();
    }
    for figure in FIGURES {
        assert!(metrics.contains(figure), "{figure} is missing: {metrics}");
    }
    for (method, template) in bad_input::routes() {
        let counted = format!("requests_total{{method=\"{method}\",route=\"{template}\"");
        assert!(metrics.contains(&counted), "{method} {template} was not asked");
    }
    let refusals = bank.world.refusals();
    let codes: BTreeSet<String> = refusals.iter().map(|body| bad_input::code_of(body)).collect();
    assert!(codes.len() > 20, "{codes:?}");
    let prefix = bank.world.key.split('_').nth(1).unwrap().to_owned();
    let log = bank.world.stop();
    assert!(
        log.contains(&format!("\"caller\":\"{prefix}\"")) && log.contains("OBD000097"),
        "{log}"
    );
    planted.is_in_none(&labels(&metrics), "a figure");
    planted.is_in_none(&without_times(&log), "the log");
    for body in &refusals {
        planted.is_in_none(body, "the body of an error");
    }
}

/// What must not be found.
#[derive(Default)]
struct Planted(BTreeSet<String>);

impl Planted {
    fn text(&mut self, text: &str) {
        assert!(text.len() >= 6, "{text} would be found by chance");
        self.0.insert(text.to_owned());
    }

    /// Every text of a value that is long enough not to be found by chance.
    fn texts_of(&mut self, value: &Value) {
        match value {
            Value::String(text) if text.len() > 24 => self.text(text),
            Value::Array(list) => list.iter().for_each(|one| self.texts_of(one)),
            Value::Object(members) => members.values().for_each(|one| self.texts_of(one)),
            _ => {}
        }
    }

    fn is_in_none(&self, text: &str, place: &str) {
        for planted in &self.0 {
            if let Some(line) = text.lines().find(|line| line.contains(planted)) {
                panic!("{planted} is in {place}: {line}");
            }
        }
    }
}

/// Figures are numbers, in which six digits are found by chance: their names and labels count.
fn labels(metrics: &str) -> String {
    metrics.lines().filter_map(|line| Some(line.rsplit_once(' ')?.0.to_owned() + "\n")).collect()
}

/// So are times and durations.
fn without_times(log: &str) -> String {
    let line = |line: &str| {
        let mut event: Value = serde_json::from_str(line).unwrap();
        let members = event.as_object_mut().unwrap();
        members.remove("timestamp").unwrap();
        members.remove("latency_ms");
        format!("{event}\n")
    };
    log.lines().map(line).collect()
}

fn device(device_key: &str, approver: &str, contact_type: &str) -> Value {
    json!({
        "device_key": device_key, "session_id": SESSION,
        "tfa_info": {"approver_document_number": approver, "contact_type": contact_type}
    })
}

/// Devices, by codes that arrive and that do not. The key of one that is registered.
fn devices(bank: &Bank) -> String {
    let ask = |method: &str, path: &str, body: &Value| bank.world.ask(method, path, body).status;
    let devices = format!("/account/{ACCOUNT}/device");
    let (key, other) = (uuid(), uuid());
    let one = format!("{devices}/{key}");
    assert_eq!(ask("POST", &devices, &device(&key, APPROVER, "sms")), 202);
    assert_eq!(ask("PATCH", &format!("{one}/resend_token"), &json!({})), 202);
    assert_eq!(
        ask("PATCH", &format!("{one}/resend_token"), &json!({"contact_type": "email"})),
        400
    );
    assert_eq!(ask("PUT", &format!("{one}/validate"), &json!({"token": WRONG_CODE})), 400);
    assert_eq!(ask("PUT", &format!("{one}/validate"), &json!({"token": APPROVER})), 400);
    let code = bank.world.gateway.code();
    assert_eq!(ask("PUT", &format!("{one}/validate"), &json!({"token": code})), 201);
    assert_eq!(ask("GET", &one, &Value::Null), 200);
    for behaviour in [Behaviour::Refuses(422), Behaviour::Refuses(500), Behaviour::Breaks] {
        bank.world.gateway.behave(behaviour);
        assert_eq!(ask("POST", &devices, &device(&other, APPROVER, "sms")), 400);
    }
    bank.world.gateway.behave(Behaviour::Takes);
    let blocked = format!("/account/{BLOCKED}/device");
    assert_eq!(ask("POST", &blocked, &device(&other, APPROVER, "sms")), 400);
    assert_eq!(ask("POST", &devices, &device(&other, "00000000191", "sms")), 403);
    assert_eq!(ask("POST", &devices, &device(&other, SILENT, "sms")), 400);
    assert_eq!(ask("POST", &devices, &device(&key, APPROVER, "sms")), 400);
    // By a face, which nobody is asked about.
    let nonce = format!("/extensions/v1{devices}/{other}/liveness-nonce");
    assert_eq!(ask("POST", &nonce, &Value::Null), 403);
    // The fifth wrong code.
    assert_eq!(ask("POST", &devices, &device(&other, APPROVER, "sms")), 202);
    for _ in 0..6 {
        let path = format!("{devices}/{other}/validate");
        assert_eq!(ask("PUT", &path, &json!({"token": WRONG_CODE})), 400);
    }
    assert_eq!(ask("DELETE", &format!("{devices}/{other}/disable"), &Value::Null), 200);
    assert_eq!(ask("DELETE", &format!("{devices}/{other}/disable"), &Value::Null), 404);
    key
}

/// Enrollments that are bound, refused and ended, and consents. The credential of the bound one.
fn enrollments(bank: &Bank, device_key: &str, planted: &mut Planted) -> Registration {
    let mut telling = signals();
    telling["device_id"] = json!(PHONE_ID);
    let id = bank.created();
    let path = format!("{BASE}/{id}/device/risk-signal");
    let answer = bank.ask("POST", &path, &[("x-customer-user-agent", AGENT)], &telling);
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(bank.post(&path, &telling).status, 422);

    let ids = bank.asked();
    let mut confirmed = approval();
    confirmed["device_key"] = json!(device_key);
    assert_eq!(bank.confirm(&ids.id, &confirmed).status, 200);
    assert_eq!(bank.confirm(&ids.id, &confirmed).status, 422);
    let registration = bank.registration(&ids, "a canary");
    let body = credential(&registration);
    planted.texts_of(&body);
    planted.text(&URL_SAFE_NO_PAD.encode(&registration.client_data.challenge));
    planted.text(&URL_SAFE_NO_PAD.encode(&registration.user_handle));
    assert_eq!(bank.register(&ids, &body).status, 201);
    assert_eq!(bank.register(&ids, &body).status, 422);

    // Refused by a check, and by its form.
    let (refused, mut wrong) = bank.issued("another canary");
    wrong.client_data.origin = "https://canary.example".to_owned();
    planted.text("canary.example");
    let body = credential(&wrong);
    planted.texts_of(&body);
    let mut spoiled = body.clone();
    spoiled["device_credential_attestation_object"] = json!(FREE_TEXT);
    assert_eq!(bank.register(&refused, &spoiled).status, 422);
    assert_eq!(bank.register(&refused, &body).status, 422);

    let consent = bank.consent(&json!({}));
    let assertion = bank.assertion(&consent, &ids, &registration);
    planted.text(&URL_SAFE_NO_PAD.encode(&assertion.client_data.challenge));
    planted.texts_of(&assertion.make().to_json());
    assert_eq!(bank.authorise(&consent, &ids.id, &assertion).status, 200);
    assert_eq!(bank.authorise(&consent, &ids.id, &assertion).status, 422);
    assert_eq!(bank.consent_of(&consent)["status"], "AUTHORISED");
    let consent = bank.consent(&json!({}));
    let mut assertion = bank.assertion(&consent, &ids, &registration);
    assertion.client_data.challenge = vec![7; 32];
    let mut telling = contract_signals();
    telling["deviceId"] = json!(PHONE_ID);
    planted.texts_of(&assertion.make().to_json());
    assert_eq!(bank.authorise_with(&consent, &ids.id, &assertion, &telling).status, 422);

    let verdicts = format!("/extensions/v1{BASE}/{}/verdicts", ids.id);
    assert_eq!(bank.get(&verdicts).status, 200);
    assert_eq!(bank.get(&format!("{BASE}?logged_user_document={APPROVER}")).status, 200);
    assert_eq!(bank.get(&format!("{BASE}?created_at_start={APPROVER}")).status, 400);
    // Under one key for two requests, and sent twice.
    let key = [("x-idempotency-key", IDEMPOTENCY_KEY)];
    let mut other = creation();
    other["name"] = json!(FREE_TEXT);
    assert_eq!(bank.ask("POST", BASE, &key, &creation()).status, 201);
    assert_eq!(bank.ask("POST", BASE, &key, &other).status, 422);
    let once = [("nonce", SESSION)];
    assert_eq!(bank.ask("POST", BASE, &once, &other).status, 201);
    assert_eq!(bank.ask("POST", BASE, &once, &other).status, 409);
    for (header, value) in [("nonce", APPROVER), ("x-lang", EMAIL), ("x-product-uuid", PHONE)] {
        assert_eq!(bank.ask("POST", BASE, &[(header, value)], &creation()).status, 400, "{header}");
    }

    let (bound, _) = bank.bound("a third canary");
    let body = json!({"logged_user_document": SILENT, "additional_information": FREE_TEXT});
    let revoke =
        |body: &Value| bank.ask("PATCH", &format!("{BASE}/{}/revoke", bound.id), &[], body);
    assert_eq!(revoke(&body).status, 422);
    let body = json!({"logged_user_document": APPROVER, "additional_information": FREE_TEXT});
    assert_eq!(revoke(&body).status, 200);
    let (bound, _) = bank.bound("a fourth canary");
    let path = format!("/extensions/v1{BASE}/{}/revocation", bound.id);
    let body = json!({
        "revocation_reason": "REVOGADO_OUTRO", "additional_information": FREE_TEXT
    });
    let answer = bank.ask_as(&bank.holder, "POST", &path, &[], &body);
    assert_eq!(answer.status, 200, "{}", answer.body);
    registration
}

/// Transfers by a code and by the credential, good and bad.
fn transfers(bank: &Bank, core: &str, registration: &Registration, planted: &mut Planted) {
    let teds = format!("/account/{ACCOUNT}/ted");
    let made = |tfa: Value| {
        let body = json!({
            "request_control_key": uuid(), "transaction_amount": 202.5,
            "target_account": {
                "account_branch": "0001", "account_number": "1234567", "account_digit": "8",
                "owner_document_number": PAYEE_DOCUMENT, "owner_name": PAYEE,
                "ispb": "32402502", "account_type": "checking_account"
            },
            "tfa_info": tfa
        });
        let answer = bank.world.ask("POST", &teds, &body);
        (answer.status, answer.json()["ted_key"].as_str().unwrap_or_default().to_owned())
    };
    let by_code = || made(json!({"approver_document_number": APPROVER, "contact_type": "sms"}));
    let ask = |method: &str, path: String, body: &Value| bank.world.ask(method, &path, body).status;
    let (status, ted) = by_code();
    assert_eq!(status, 202);
    assert_eq!(ask("PATCH", format!("{teds}/{ted}/resend_token"), &json!({})), 202);
    assert_eq!(
        ask("PUT", format!("{teds}/{ted}/validate_token"), &json!({"token": WRONG_CODE})),
        400
    );
    let code = bank.world.gateway.code();
    assert_eq!(ask("PUT", format!("{teds}/{ted}/validate_token"), &json!({"token": code})), 202);
    assert_eq!(ask("PUT", format!("{teds}/{ted}/validate_token"), &json!({"token": code})), 404);
    assert_eq!(ask("GET", format!("{teds}/{ted}"), &Value::Null), 200);
    let settlement = format!("/extensions/v1{teds}/{ted}/settlement");
    let refused = json!({"ted_status": "rejected", "refusal_reason": {
        "refusal_code": "AC03", "enumerator": "invalid_creditor_account", "description": FREE_TEXT
    }});
    assert_eq!(ask("POST", settlement.clone(), &refused), 403);
    assert_eq!(bank.world.ask_as(core, "POST", &settlement, &refused).status, 200);
    // The attempts of a transfer are spent.
    let (_, ted) = by_code();
    for _ in 0..6 {
        let status =
            ask("PUT", format!("{teds}/{ted}/validate_token"), &json!({"token": WRONG_CODE}));
        assert!(matches!(status, 400 | 404), "{status}");
    }
    bank.world.gateway.behave(Behaviour::Refuses(500));
    assert_eq!(by_code().0, 400);
    bank.world.gateway.behave(Behaviour::Takes);

    let (status, ted) = made(json!({
        "approver_document_number": APPROVER, "contact_type": "device", "session_id": SESSION
    }));
    assert_eq!(status, 202);
    let extension = |what: &str, body: &Value| {
        bank.world.ask("POST", &format!("/extensions/v1{teds}/{ted}/{what}"), body)
    };
    for wrong in [true, false] {
        let options = extension("sign-options", &Value::Null);
        assert_eq!(options.status, 200, "{}", options.body);
        let challenge = options.json()["challenge"].as_str().unwrap().to_owned();
        planted.text(&challenge);
        let mut assertion = Assertion::of(registration);
        // The consents have counted up.
        assertion.authenticator_data.sign_count = 7;
        assertion.client_data.challenge =
            if wrong { vec![8; 32] } else { URL_SAFE_NO_PAD.decode(&challenge).unwrap() };
        let assertion = assertion.make().to_json();
        planted.texts_of(&assertion);
        let answer = extension("assertion", &assertion);
        assert_eq!(answer.status, if wrong { 400 } else { 202 }, "{}", answer.body);
    }
    assert_eq!(ask("PUT", format!("{teds}/{ted}/validate_token"), &json!({})), 202);
}

/// Those who may do nothing, and requests that are none.
fn strangers(bank: &Bank) {
    let world = &bank.world;
    let stranger = format!("de_0123456789ab_{STRANGE_KEY}");
    for path in ["/extensions/v1/caller", BASE] {
        assert_eq!(world.ask_as(&stranger, "GET", path, &Value::Null).status, 401);
        assert_eq!(world.ask_as(STRANGE_KEY, "GET", path, &Value::Null).status, 401);
    }
    for path in ["/extensions/v1/caller", "/health/live", "/health/ready"] {
        assert_eq!(world.ask("GET", path, &Value::Null).status, 200);
    }
    for path in [
        format!("/account/{APPROVER}/device/{PHONE}"),
        format!("/open-finance/enrollments/{EMAIL}"),
        format!("/{APPROVER}?{EMAIL}"),
        format!("/account/{ACCOUNT}/device?cpf={APPROVER}"),
    ] {
        let answer = world.ask("GET", &path, &Value::Null);
        assert!((400..500).contains(&answer.status), "{path}");
    }
    let lines = "content-type: application/json\r\n";
    let devices = format!("/account/{ACCOUNT}/device");
    for body in [
        format!("{{\"{APPROVER}\":\"{PHONE}\"}}"),
        format!("{{\"tfa_info\":{{\"contact_type\":\"{EMAIL}\"}}}}"),
        format!("{{\"device_key\":\"{WRONG_CODE}"),
        format!("\"{FREE_TEXT}\""),
    ] {
        for path in [devices.as_str(), BASE] {
            let answer = world.send(&world.key, "POST", path, lines, body.as_bytes());
            assert!(matches!(answer.status, 400 | 422), "{path}: {}", answer.body);
        }
    }
    // No HTTP, with a key in it.
    let broken = format!("GET {PHONE} {EMAIL}\r\n{}\r\n", bearer(&world.key));
    assert_eq!(world.node().send(broken.as_bytes()).status, 400);
}
