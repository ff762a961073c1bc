//! What is sent and what comes back arrives late, twice, in another order, or not at all.

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::books::Books;
use super::client::{Sent, request, send};
use super::load::{device, transfer};
use super::server::{Folder, text};
use super::site::{Person, Site, TRANSACTION, said, wait_until};
use super::world::{Behaviour, Engine, Gateway, code_in, uuid};

crate::bank::on_both_engines!(
    a_gateway_that_fails_half_way_leaves_nothing_behind,
    a_core_that_answers_late_is_asked_again_under_the_same_id,
    what_the_core_says_counts_once_in_any_order,
    a_request_that_is_sent_five_times_at_once_has_one_effect,
    a_face_check_that_comes_late_is_not_believed,
);

fn code_since(site: &Site, mark: usize) -> String {
    let posted = site.world.gateway.since(mark, "/sms").pop().unwrap();
    let message: Value = serde_json::from_str(&posted.body).unwrap();
    code_in(message["text"].as_str().unwrap())
}

/// A transfer that waits for its code: its path and its code.
fn waiting(site: &Site, person: &Person) -> (String, String) {
    let mark = site.world.gateway.mark();
    let by_code = json!({"approver_document_number": person.document, "contact_type": "sms"});
    let path = format!("/account/{}/ted", person.account);
    let answer = site.ask(0, "POST", &path, &transfer(&uuid(), &by_code));
    assert_eq!(answer.status, 202, "{}", answer.body);
    let ted_key = answer.json()["ted_key"].as_str().unwrap().to_owned();
    (format!("{path}/{ted_key}"), code_since(site, mark))
}

fn validated(site: &Site, path: &str, code: &str) -> (u16, String) {
    let answer = site.ask(
        site.nodes() - 1,
        "PUT",
        &format!("{path}/validate_token"),
        &json!({"token": code}),
    );
    (answer.status, answer.json()["ted_status"].as_str().unwrap_or_default().to_owned())
}

fn status(site: &Site, path: &str) -> String {
    let answer = site.ask(0, "GET", path, &Value::Null);
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["ted_status"].as_str().unwrap().to_owned()
}

/// The gateway takes the message and breaks the connection, or says nothing, or refuses: whether the
/// code went out nobody knows, so it does not count, and its key can be asked for again.
fn a_gateway_that_fails_half_way_leaves_nothing_behind(engine: Engine) {
    let site = Site::shared(engine, 1, &[("DEVICE_ENROLLMENT_SMS_TIMEOUT_MS", "300")]);
    let person = Person::number(0);
    let (device_key, session) = (uuid(), uuid());
    let path = format!("/account/{}/device", person.account);
    let ask = || site.ask(0, "POST", &path, &device(&device_key, &session, &person));
    let mut codes = Vec::new();
    for behaviour in [Behaviour::Breaks, Behaviour::Hangs, Behaviour::Refuses(500)] {
        let mark = site.world.gateway.mark();
        site.world.gateway.behave(behaviour);
        assert_eq!(said(&ask()), (400, "OBD000097".to_owned()), "{behaviour:?}");
        codes.push(code_since(&site, mark));
        let there =
            site.ask(site.nodes() - 1, "GET", &format!("{path}/{device_key}"), &Value::Null);
        assert_eq!(said(&there), (404, "OBD000100".to_owned()), "{behaviour:?}");
    }
    site.world.gateway.behave(Behaviour::Takes);
    let mark = site.world.gateway.mark();
    assert_eq!(ask().status, 202);
    let right = code_since(&site, mark);
    let validate = format!("{path}/{device_key}/validate");
    // A message that arrives after all has a code that is none.
    for code in codes.iter().filter(|code| **code != right) {
        let answer = site.ask(0, "PUT", &validate, &json!({"token": code}));
        assert_eq!(said(&answer), (400, "OBD0000100".to_owned()));
    }
    assert_eq!(site.ask(0, "PUT", &validate, &json!({"token": right})).status, 201);
}

/// The core has the order and does not answer, then breaks the connection, then answers: it is asked
/// again until it does, always under the same id with the same words, and the client is told.
fn a_core_that_answers_late_is_asked_again_under_the_same_id(engine: Engine) {
    let own = [("DEVICE_ENROLLMENT_RAIL_TIMEOUT_MS", "300")];
    let site = Site::shared(engine, 2, &own);
    let mut paths = Vec::new();
    for (number, behaviour) in [Behaviour::Hangs, Behaviour::Breaks].into_iter().enumerate() {
        let (path, code) = waiting(&site, &Person::number(number));
        site.world.gateway.behave(behaviour);
        assert_eq!(validated(&site, &path, &code), (202, "pending".to_owned()));
        site.world.gateway.behave(Behaviour::Takes);
        paths.push(path);
    }
    for path in &paths {
        wait_until("the core has answered", || status(&site, path) == "sent");
    }
    wait_until("everything is delivered", || Books::read(&site).all_delivered());
    let books = Books::read(&site);
    books.are_whole();
    let gateway = &site.world.gateway;
    let orders = gateway.posted("/rail");
    assert!(orders.len() >= 4, "each was posted again: {}", orders.len());
    books.were_posted(&[orders, gateway.posted("/events")].concat());
    for path in &paths {
        let ted_key = path.rsplit('/').next().unwrap();
        let told = books.about("event", ted_key);
        assert_eq!(told.len(), 1, "the client is told once: {told:?}");
        assert_eq!(told[0]["status"], "sent");
    }
}

/// What became of a transfer is told by the core three times over, late, and once with another word.
fn what_the_core_says_counts_once_in_any_order(engine: Engine) {
    let site = Site::shared(engine, 1, &[]);
    site.world.gateway.answer("/rail", 202, "");
    let core = site.world.key_of("core");
    let person = Person::number(0);
    let (path, code) = waiting(&site, &person);
    assert_eq!(validated(&site, &path, &code), (202, "pending".to_owned()));
    let settled = json!({"ted_status": "sent", "transaction_key": TRANSACTION});
    let refused = json!({"ted_status": "rejected", "refusal_reason": {
        "refusal_code": "TED000001", "enumerator": "refused", "description": "refused"
    }});
    let authorization = format!("Bearer {core}");
    let tell = |node: usize, body: &Value| {
        let path = format!("/extensions/v1{path}/settlement");
        let headers = [("authorization", authorization.as_str())];
        let address = site.with_node(node, |server| server.address);
        match send(address, &request("POST", &path, &headers, body)) {
            Sent::Answered(answer) => answer,
            Sent::Never | Sent::Lost => panic!("no answer"),
        }
    };
    for turn in 0..3 {
        let answer = tell(turn % site.nodes(), &settled);
        assert_eq!((answer.status, &answer.json()["ted_status"]), (200, &json!("sent")));
    }
    let ted_key = path.rsplit('/').next().unwrap();
    assert_eq!(Books::read(&site).about("event", ted_key).len(), 1, "the client is told once");
    // The receiving bank gives it back: news, and after it the old word is none.
    assert_eq!(tell(0, &refused).status, 200);
    let returned = status(&site, &path);
    assert_eq!(returned, "rejected");
    let mut another = settled.clone();
    another["transaction_key"] = json!(uuid());
    for turn in 0..2 {
        // What was known before comes late, and changes nothing.
        for known in [&refused, &settled] {
            let answer = tell(turn % site.nodes(), known);
            assert_eq!((answer.status, &answer.json()["ted_status"]), (200, &json!("rejected")));
        }
        let answer = tell(turn % site.nodes(), &another);
        assert_eq!(said(&answer), (409, "RAIL000409".to_owned()), "it contradicts what is known");
    }
    assert_eq!(status(&site, &path), returned);
    assert_eq!(Books::read(&site).about("event", ted_key).len(), 2);
    assert_eq!(Books::read(&site).about("rail", ted_key).len(), 1, "one order");
}

/// A network that delivers a request five times: whichever is first counts.
fn a_request_that_is_sent_five_times_at_once_has_one_effect(engine: Engine) {
    let site = Site::shared(engine, 1, &[]);
    let person = Person::number(0);
    let five = |method: &str, path: &str, body: &Value| -> Vec<(u16, String)> {
        let answers = std::thread::scope(|scope| {
            let sent: Vec<_> = (0..5)
                .map(|turn| {
                    let site = &site;
                    scope.spawn(move || site.ask(turn % site.nodes(), method, path, body))
                })
                .collect();
            sent.into_iter().map(|sent| sent.join().unwrap()).collect::<Vec<_>>()
        });
        answers.iter().map(said).collect()
    };
    let once = |answers: &[(u16, String)], status: u16, otherwise: (u16, &str)| {
        let number = answers.iter().filter(|(found, _)| *found == status).count();
        assert_eq!(number, 1, "{answers:?}");
        for (found, code) in answers.iter().filter(|(found, _)| *found != status) {
            assert_eq!((*found, code.as_str()), otherwise, "{answers:?}");
        }
    };
    let (path, code) = waiting(&site, &person);
    let answers = five("PUT", &format!("{path}/validate_token"), &json!({"token": code}));
    once(&answers, 201, (404, "TED000086"));
    let (device_key, session) = (uuid(), uuid());
    let base = format!("/account/{}/device", person.account);
    let answers = five("POST", &base, &device(&device_key, &session, &person));
    once(&answers, 202, (400, "OBD000092"));
    let code = code_since(&site, 0);
    let answers = five("PUT", &format!("{base}/{device_key}/validate"), &json!({"token": code}));
    once(&answers, 201, (404, "OBD000100"));
    let disable = format!("{base}/{device_key}/disable");
    once(&five("DELETE", &disable, &Value::Null), 200, (404, "OBD000100"));
    Books::read(&site).are_whole();
    wait_until("everything is delivered", || Books::read(&site).all_delivered());
    assert_eq!(site.world.gateway.posted("/rail").len(), 1);
}

/// The provider of face checks says nothing in time, and what it said comes when it is too old.
fn a_face_check_that_comes_late_is_not_believed(engine: Engine) {
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let der: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
    let folder = Folder::new();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        BASE64_STANDARD.encode(der.as_ref())
    );
    let file = folder.write("face.pem", &pem);
    let provider = Gateway::start();
    let site = Site::shared(
        engine,
        1,
        &[
            ("DEVICE_ENROLLMENT_LIVENESS_URL", &provider.url("/exchange")),
            ("DEVICE_ENROLLMENT_LIVENESS_ISSUER", "https://faces.example"),
            ("DEVICE_ENROLLMENT_LIVENESS_AUDIENCE", "the bank"),
            ("DEVICE_ENROLLMENT_LIVENESS_KEY_ID", "face-1"),
            ("DEVICE_ENROLLMENT_LIVENESS_KEY_FILE", text(&file)),
            ("DEVICE_ENROLLMENT_LIVENESS_TIMEOUT_MS", "300"),
        ],
    );
    let person = Person::number(0);
    let (device_key, session, image) = (uuid(), uuid(), uuid());
    let base = format!("/account/{}/device", person.account);
    let nonce = site.ask(
        0,
        "POST",
        &format!("/extensions/v1{base}/{device_key}/liveness-nonce"),
        &Value::Null,
    );
    let nonce = nonce.json()["nonce"].as_str().unwrap().to_owned();
    let gives = |seconds_ago: u64| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let claims = json!({
            "iss": "https://faces.example", "aud": "the bank", "sub": device_key, "nonce": nonce,
            "jti": uuid(), "iat": now.as_secs() - seconds_ago, "result": "approved",
            "image_key": image
        });
        let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let input =
            format!("{}.{}", encode(&json!({"alg": "ES256", "kid": "face-1"})), encode(&claims));
        let signature = key.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
        let result = format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature));
        provider.answer("/exchange", 200, &result);
    };
    let ask = || {
        let mut body = device(&device_key, &session, &person);
        body["tfa_info"]["contact_type"] = json!("liveness");
        body["tfa_info"]["image_key"] = json!(image);
        said(&site.ask(0, "POST", &base, &body))
    };
    for behaviour in [Behaviour::Hangs, Behaviour::Breaks] {
        provider.behave(behaviour);
        assert_eq!(ask(), (500, "QIT000500".to_owned()), "{behaviour:?}");
    }
    provider.behave(Behaviour::Takes);
    gives(3600);
    assert_eq!(ask(), (400, "LIV000001".to_owned()), "it is an hour old");
    let there = site.ask(0, "GET", &format!("{base}/{device_key}"), &Value::Null);
    assert_eq!(said(&there), (404, "OBD000100".to_owned()), "nothing is left of it");
    gives(0);
    assert_eq!(ask(), (201, String::new()), "the same key, in time");
    // It comes again.
    assert_eq!(ask(), (400, "OBD000092".to_owned()));
}
