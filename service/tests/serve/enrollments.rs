//! Enrollments of Open Finance: the whole way of one with real credentials, every refusal that the
//! routes can meet, headers, repetitions, and keys of clients. On SQLite, and on PostgreSQL
//! with two nodes.

pub(crate) mod transfer;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use device_enrollment_testkit::{Assertion, KeyKind, Registration, SigningKey};
use serde_json::{Value, json};

use crate::bank::enrolling::*;
use crate::server::Answer;
use crate::world::{ACCOUNT, APPROVER, BLOCKED, Engine, FOREIGN, SILENT, uuid};

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

fn without(mut body: Value, name: &str) -> Value {
    body.as_object_mut().unwrap().remove(name).unwrap();
    body
}

/// Status and code.
fn code(answer: &Answer) -> (u16, String) {
    let code = answer.json()["errors"][0]["code"].as_str().unwrap_or_default().to_owned();
    (answer.status, code)
}

#[track_caller]
fn refused(answer: &Answer, status: u16, expected: &str) {
    assert_eq!(code(answer), (status, expected.to_owned()), "{}", answer.body);
    let errors = answer.json();
    let time = errors["meta"]["requestDateTime"].as_str().unwrap();
    assert!(time.len() == 20 && time.ends_with('Z'), "{time}");
}

fn the_whole_way(engine: Engine) {
    let bank = Bank::start(engine);
    let id = bank.created();
    assert_eq!(bank.status(&id), "AWAITING_DEVICE_RISK_SIGNALS");
    let answer = bank.post(&format!("{BASE}/{id}/device/risk-signal"), &signals());
    assert_eq!(answer.status, 201, "{}", answer.body);
    let device = answer.json();
    assert_eq!(device["enrollment_id"], id.as_str());
    assert!(device["created_at"].as_str().unwrap().ends_with('Z'));
    let device_id = device["id"].as_str().unwrap().to_owned();
    assert_eq!(bank.status(&id), "AWAITING_ACCOUNT_OWNER_VALIDATION");
    let answer = bank.confirm(&id, &approval());
    assert_eq!(answer.json()["status"], "AWAITING_ENROLLMENT", "{}", answer.body);
    assert_eq!(answer.json()["transaction_limit"], "500.00");
    assert_eq!(answer.json()["logged_user_bank_account_number"], "1234567");

    let ids = Ids { id, device_id };
    let registration = bank.registration(&ids, "walk");
    assert_eq!(bank.status(&ids.id), "AWAITING_DEVICE_REGISTRATION");
    let answer = bank.register(&ids, &credential(&registration));
    assert_eq!(
        (answer.status, &answer.json()["status"]),
        (201, &json!("CREATED")),
        "{}",
        answer.body
    );
    assert_eq!(answer.json()["id"], ids.device_id.as_str());
    assert_eq!(bank.status(&ids.id), "AUTHORIZED");
    // The challenge is spent, and the options are gone with it.
    let path = format!("{BASE}/{}/device/{}/credentials", ids.id, ids.device_id);
    refused(&bank.get(&path), 404, "NAO_ENCONTRADO");

    let verdicts = bank.get(&format!("/extensions/v1{BASE}/{}/verdicts", ids.id)).json();
    assert_eq!(verdicts["verdicts"][0]["verdict"]["decision"], "accepted");
    assert_eq!(verdicts["verdicts"].as_array().unwrap().len(), 1);

    let consent = bank.consent(&json!({}));
    let assertion = bank.assertion(&consent, &ids, &registration);
    let answer = bank.authorise(&consent, &ids.id, &assertion);
    assert_eq!(
        (answer.status, &answer.json()["status"]),
        (200, &json!("AUTHORISED")),
        "{}",
        answer.body
    );
    refused(&bank.authorise(&consent, &ids.id, &assertion), 422, "STATUS_CONSENTIMENTO_INVALIDO");
    let verdicts = bank.get(&format!("/extensions/v1{BASE}/{}/verdicts", ids.id)).json();
    assert_eq!(verdicts["verdicts"][1]["subject"], consent.as_str());

    let path = format!("{BASE}/{}/revoke", ids.id);
    let body = json!({"logged_user_document": APPROVER});
    let answer = bank.ask("PATCH", &path, &[], &body);
    assert_eq!((answer.status, &answer.json()["status"]), (200, &json!("PENDING_REVOKE")));
    while bank.status(&ids.id) == "PENDING_REVOKE" {
        std::thread::yield_now();
    }
    assert_eq!(bank.status(&ids.id), "REVOKED");
    refused(&bank.ask("PATCH", &path, &[], &body), 422, "STATUS_INVALIDO");
    // What it was used with is of no use any more.
    let consent = bank.consent(&json!({}));
    refused(&bank.sign_options(&consent, &ids.id), 422, "STATUS_VINCULO_INVALIDO");
}

fn every_refusal_of_a_registration(engine: Engine) {
    let bank = Bank::start(engine);
    type Change = fn(&mut Registration);
    let refusals: &[(&str, Change)] = &[
        ("CHALLENGE_INVALIDO", |one| one.client_data.challenge = vec![7; 32]),
        ("ORIGEM_FIDO_INVALIDA", |one| one.client_data.origin = "https://evil.example".into()),
        ("RP_ID_HASH_INVALIDO", |one| one.authenticator_data.rp_id_hash = [7; 32]),
        ("PUBLIC_KEY_INVALIDA", |one| one.authenticator_data.public_key_bytes = Some(vec![0xa0])),
        ("EXTENSION_INVALIDA", |one| {
            let value = device_enrollment_testkit::cbor::decode(b"\xa1\x6bhmac-secret\xf5");
            one.authenticator_data.set_extensions(value);
        }),
    ];
    for (at, (expected, change)) in refusals.iter().enumerate() {
        let (ids, mut registration) = bank.issued(&format!("refused {at}"));
        change(&mut registration);
        let answer = bank.register(&ids, &credential(&registration));
        refused(&answer, 422, expected);
        assert_eq!(bank.status(&ids.id), "REJECTED", "{expected}");
        let verdicts = bank.get(&format!("/extensions/v1{BASE}/{}/verdicts", ids.id)).json();
        assert_eq!(verdicts["verdicts"][0]["verdict"]["decision"], "refused", "{expected}");
        // The right one does not revive it.
        let right = credential(&Registration::none("right"));
        refused(&bank.register(&ids, &right), 422, "STATUS_VINCULO_INVALIDO");
    }
    // What cannot be read spends nothing.
    let (ids, registration) = bank.issued("unreadable");
    let whole = credential(&registration);
    for name in [
        "device_credential_id",
        "device_credential_raw_id",
        "device_credential_client_data_json",
        "device_credential_attestation_object",
    ] {
        let answer = bank.register(&ids, &without(whole.clone(), name));
        refused(&answer, 422, "PARAMETRO_NAO_INFORMADO");
        let detail = format!("Parâmetro {name} obrigatório não informado.");
        assert_eq!(answer.json()["errors"][0]["detail"], detail.as_str());
        refused(
            &bank.register(&ids, &with(whole.clone(), name, json!("+/="))),
            422,
            "PARAMETRO_INVALIDO",
        );
    }
    let other = with(whole.clone(), "device_credential_raw_id", json!("AAAA"));
    refused(&bank.register(&ids, &other), 422, "PARAMETRO_INVALIDO");
    let other = with(whole.clone(), "device_credential_type", json!("password"));
    refused(&bank.register(&ids, &other), 422, "PARAMETRO_INVALIDO");
    assert_eq!(bank.register(&ids, &whole).status, 201);
    // The same credential for another enrollment.
    let (second, mut again) = bank.issued("unreadable");
    again.authenticator_data.credential_id = registration.authenticator_data.credential_id.clone();
    refused(&bank.register(&second, &credential(&again)), 422, "PUBLIC_KEY_INVALIDA");
    assert_eq!(bank.status(&second.id), "REJECTED");
}

fn a_refusal_is_worded_in_both_languages(engine: Engine) {
    let bank = Bank::start(engine);
    let id = bank.created();
    let path = format!("{BASE}/{id}/device/credentials");
    let body = json!({"platform": "IOS"});
    let portuguese = bank.post(&path, &body).json();
    assert_eq!(
        portuguese["errors"],
        json!([{
            "code": "STATUS_VINCULO_INVALIDO", "title": "Status do vínculo de conta inválido.",
            "detail": "O status do vínculo de conta é tal que não permite o registro de nova credencial."
        }])
    );
    let english = bank.ask("POST", &path, &[("x-lang", "en-US")], &body).json();
    assert_eq!(
        english["errors"],
        json!([{
            "code": "STATUS_VINCULO_INVALIDO", "title": "Invalid enrollment status.",
            "detail": "The status of the enrollment does not allow a new credential to be registered."
        }])
    );
}

fn every_refusal_before_a_registration(engine: Engine) {
    let bank = Bank::start(engine);
    let create = |body: &Value| bank.post(BASE, body);
    for name in ["client_redirect_url", "participant_id", "logged_user_document", "permissions"] {
        refused(&create(&without(creation(), name)), 422, "PARAMETRO_NAO_INFORMADO");
        refused(&create(&with(creation(), name, json!(7))), 422, "PARAMETRO_INVALIDO");
    }
    refused(&create(&with(creation(), "more", json!(1))), 422, "PARAMETRO_INVALIDO");
    let other = with(creation(), "permissions", json!(["ACCOUNTS_READ"]));
    refused(&create(&other), 422, "PERMISSOES_INVALIDAS");
    let account = |number: &str| {
        let mut body = creation();
        for (name, value) in [
            ("logged_user_bank_ispb", "00000000"),
            ("logged_user_branch_number", "0001"),
            ("logged_user_bank_account_number", number),
            ("logged_user_bank_account_type", "CACC"),
        ] {
            body[name] = json!(value);
        }
        body
    };
    refused(&create(&account("9999999")), 422, "CONTA_INVALIDA");
    assert_eq!(create(&account("1234567")).status, 201);

    let id = bank.created();
    let signals_at = |id: &str| format!("{BASE}/{id}/device/risk-signal");
    let answer = bank.post(&signals_at(&id), &with(signals(), "language", json!("portuguese")));
    refused(&answer, 422, "PARAMETRO_INVALIDO");
    assert_eq!(bank.status(&id), "AWAITING_DEVICE_RISK_SIGNALS");
    let answer = bank.post(&signals_at(&id), &without(signals(), "device_id"));
    refused(&answer, 422, "PARAMETRO_NAO_INFORMADO");
    assert_eq!(bank.status(&id), "REJECTED");
    let id = bank.created();
    let answer = bank.post(&signals_at(&id), &without(signals(), "is_rooted_device"));
    refused(&answer, 422, "FALTAM_SINAIS_OBRIGATORIOS_DA_PLATAFORMA");
    assert_eq!(bank.status(&id), "REJECTED");
    refused(&bank.post(&signals_at(&id), &signals()), 422, "STATUS_VINCULO_INVALIDO");
    // A browser that is on no phone is not obliged to what it cannot know.
    let id = bank.created();
    let agent = [("x-customer-user-agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")];
    let answer =
        bank.ask("POST", &signals_at(&id), &agent, &without(signals(), "is_rooted_device"));
    assert_eq!(answer.status, 201, "{}", answer.body);

    let ids = bank.approved();
    let options = format!("{BASE}/{}/device/credentials", ids.id);
    refused(&bank.post(&options, &json!({})), 422, "PARAMETRO_NAO_INFORMADO");
    refused(&bank.post(&options, &json!({"platform": "WATCH"})), 422, "PARAMETRO_INVALIDO");
    refused(&bank.post(&options, &json!({"platform": "IOS", "x": 1})), 422, "PARAMETRO_INVALIDO");
    let another = json!({"platform": "IOS", "rp": "evil.example"});
    refused(&bank.post(&options, &another), 422, "RP_INVALIDA");
    assert_eq!(bank.status(&ids.id), "REJECTED");

    let revoke =
        |id: &str, body: &Value| bank.ask("PATCH", &format!("{BASE}/{id}/revoke"), &[], body);
    let id = bank.created();
    refused(&revoke(&id, &json!({})), 422, "PARAMETRO_NAO_INFORMADO");
    refused(&revoke(&id, &json!({"logged_user_document": SILENT})), 422, "PARAMETRO_INVALIDO");
    let answer = revoke(&id, &json!({"logged_user_document": APPROVER}));
    assert_eq!(answer.json()["status"], "REJECTED");
}

fn the_holder_answers(engine: Engine) {
    let bank = Bank::start(engine);
    let ids = bank.asked();
    for (body, status, expected) in [
        (with(approval(), "account_key", json!(FOREIGN)), 404, "NAO_ENCONTRADO"),
        (with(approval(), "account_key", json!(BLOCKED)), 422, "CONTA_INVALIDA"),
        (with(approval(), "account_key", json!("x")), 422, "PARAMETRO_INVALIDO"),
        (
            with(approval(), "approver_document_number", json!("11111111111")),
            422,
            "PARAMETRO_INVALIDO",
        ),
        (with(approval(), "approver_document_number", json!(SILENT)), 422, "PARAMETRO_INVALIDO"),
        (with(approval(), "device_key", json!(uuid())), 422, "PARAMETRO_INVALIDO"),
        (with(approval(), "transaction_limit", json!("1,00")), 422, "PARAMETRO_INVALIDO"),
        (with(approval(), "decision", json!("maybe")), 400, "PARAMETRO_INVALIDO"),
        (without(approval(), "decision"), 400, "PARAMETRO_NAO_INFORMADO"),
    ] {
        refused(&bank.confirm(&ids.id, &body), status, expected);
    }
    assert_eq!(bank.status(&ids.id), "AWAITING_ACCOUNT_OWNER_VALIDATION");
    // An initiator does not answer for the person.
    let path = format!("/extensions/v1{BASE}/{}/confirmation", ids.id);
    refused(&bank.post(&path, &approval()), 404, "NAO_ENCONTRADO");
    let no = with(approval(), "decision", json!("rejected"));
    let other = with(no.clone(), "rejection_reason", json!("REJEITADO_OUTRO"));
    refused(&bank.confirm(&ids.id, &other), 422, "REJEITADO_OUTRO_SEM_DETALHES");
    assert_eq!(bank.confirm(&ids.id, &no).json()["status"], "REJECTED");
    refused(&bank.confirm(&ids.id, &no), 422, "STATUS_INVALIDO");
    refused(&bank.confirm(&ids.id, &approval()), 422, "STATUS_VINCULO_INVALIDO");

    let (ids, _) = bank.bound("ended by the holder");
    let path = format!("/extensions/v1{BASE}/{}/revocation", ids.id);
    let revoke = |body: &Value| bank.ask_as(&bank.holder, "POST", &path, &[], body);
    let other = json!({"revocation_reason": "REVOGADO_OUTRO"});
    refused(&revoke(&other), 422, "REVOGADO_OUTRO_SEM_DETALHES");
    assert_eq!(revoke(&json!({})).json()["status"], "REVOKED");
    refused(&revoke(&json!({})), 422, "STATUS_INVALIDO");
}

fn every_refusal_of_a_consent(engine: Engine) {
    let bank = Bank::start(engine);
    let (ids, registration) = bank.bound("consents");
    type Change = fn(&mut Assertion);
    let changes: &[Change] = &[
        |one| one.client_data.challenge = vec![7; 32],
        |one| one.client_data.origin = "https://evil.example".into(),
        |one| one.user_handle = Some(vec![7; 16]),
        |one| one.credential_key = SigningKey::from_seed(KeyKind::Es256, "another"),
    ];
    for change in changes {
        let consent = bank.consent(&json!({}));
        let mut assertion = bank.assertion(&consent, &ids, &registration);
        change(&mut assertion);
        refused(&bank.authorise(&consent, &ids.id, &assertion), 422, "RISCO");
        let now = bank.consent_of(&consent);
        assert_eq!(
            (&now["status"], &now["rejection_reason"]),
            (&json!("REJECTED"), &json!("NAO_INFORMADO"))
        );
    }
    // Nothing was asked for.
    let consent = bank.consent(&json!({}));
    refused(&bank.authorise(&consent, &ids.id, &Assertion::of(&registration)), 422, "RISCO");
    // Signals that are missing: one that everybody has, and one that a phone has.
    for (name, expected) in [
        ("deviceId", "PARAMETRO_NAO_INFORMADO"),
        ("isRootedDevice", "FALTAM_SINAIS_OBRIGATORIOS_DA_PLATAFORMA"),
    ] {
        let consent = bank.consent(&json!({}));
        let signals = without(contract_signals(), name);
        let assertion = Assertion::of(&registration);
        refused(&bank.authorise_with(&consent, &ids.id, &assertion, &signals), 422, expected);
        assert_eq!(bank.consent_of(&consent)["status"], "REJECTED");
    }
    // Another account.
    let account =
        json!({"ispb": "00000000", "issuer": "0001", "number": "7654321", "accountType": "CACC"});
    let consent = bank.consent(&json!({"debtor_account": account}));
    let assertion = bank.assertion(&consent, &ids, &registration);
    let expected = "CONTA_DEBITO_DIVERGENTE_CONSENTIMENTO_VINCULO";
    refused(&bank.authorise(&consent, &ids.id, &assertion), 422, expected);
    // Another enrollment, which is not validated, leaves it waiting; one that is not bound does not.
    let consent = bank.consent(&json!({}));
    let waiting = bank.asked();
    refused(&bank.authorise(&consent, &waiting.id, &assertion), 422, "STATUS_VINCULO_INVALIDO");
    assert_eq!(bank.consent_of(&consent)["status"], "AWAITING_AUTHORISATION");
    let approved = bank.approved();
    refused(&bank.sign_options(&consent, &approved.id), 422, "STATUS_VINCULO_INVALIDO");
    refused(&bank.authorise(&consent, &approved.id, &assertion), 422, "STATUS_VINCULO_INVALIDO");
    assert_eq!(bank.consent_of(&consent)["status"], "REJECTED");
    refused(&bank.sign_options(&consent, &ids.id), 422, "STATUS_CONSENTIMENTO_INVALIDO");
    // A counter that does not rise is a copied device.
    let mut counted = Vec::new();
    for count in [7, 7] {
        let consent = bank.consent(&json!({}));
        let mut assertion = bank.assertion(&consent, &ids, &registration);
        assertion.authenticator_data.sign_count = count;
        counted.push(bank.authorise(&consent, &ids.id, &assertion).status);
    }
    assert_eq!(counted, [200, 422]);
    // Somebody else's consent and enrollment are as unknown as missing ones.
    let other = bank.world.key_of("other");
    let path = format!("/extensions/v1/open-finance/consents/{consent}");
    refused(&bank.ask_as(&other, "GET", &path, &[], &Value::Null), 404, "NAO_ENCONTRADO");
}

fn a_credential_is_bound_to_a_device_of_the_account(engine: Engine) {
    let bank = Bank::start(engine);
    let device = || {
        let device_key = uuid();
        let base = format!("/account/{ACCOUNT}/device");
        let body = json!({
            "device_key": device_key, "session_id": "fd90a11e-ddee-4e69-b7d8-0fc3ddd4da46",
            "tfa_info": {"approver_document_number": APPROVER, "contact_type": "sms"}
        });
        assert_eq!(bank.world.ask("POST", &base, &body).status, 202);
        let token = bank.world.gateway.code();
        (device_key, base, token)
    };
    let (device_key, base, token) = device();
    let confirmed = with(approval(), "device_key", json!(device_key));
    let ids = bank.asked();
    // One that waits for its code is none yet.
    refused(&bank.confirm(&ids.id, &confirmed), 422, "PARAMETRO_INVALIDO");
    let path = format!("{base}/{device_key}/validate");
    assert_eq!(bank.world.ask("PUT", &path, &json!({"token": token})).status, 201);
    assert_eq!(bank.confirm(&ids.id, &confirmed).status, 200);
    let registration = bank.registration(&ids, "of a device");
    assert_eq!(bank.register(&ids, &credential(&registration)).status, 201);
    let consent = bank.consent(&json!({}));
    let assertion = bank.assertion(&consent, &ids, &registration);
    assert_eq!(bank.authorise(&consent, &ids.id, &assertion).status, 200);
    // The person has it already: the next options say so.
    let second = bank.asked();
    assert_eq!(bank.confirm(&second.id, &confirmed).status, 200);
    let unused = bank.registration(&second, "of a device that goes");
    let path = format!("{BASE}/{}/device/{}/credentials", second.id, second.device_id);
    let known = bank.get(&path).json()["exclude_credentials"].clone();
    assert_eq!(known[0]["id"], registration.make().to_json()["id"]);
    // With the device its credential goes and its enrollment, and nothing new is bound to it.
    let before = bank.consent(&json!({}));
    let signed = bank.assertion(&before, &ids, &registration);
    let path = format!("{base}/{device_key}/disable");
    let answer = bank.world.ask("DELETE", &path, &Value::Null);
    assert!((200..300).contains(&answer.status), "{}", answer.body);
    let ended = bank.get(&format!("{BASE}/{}", ids.id)).json();
    assert_eq!(ended["status"], "REVOKED", "{ended}");
    let consent = bank.consent(&json!({}));
    refused(&bank.sign_options(&consent, &ids.id), 422, "STATUS_VINCULO_INVALIDO");
    refused(&bank.authorise(&before, &ids.id, &signed), 422, "STATUS_VINCULO_INVALIDO");
    refused(&bank.register(&second, &credential(&unused)), 422, "STATUS_VINCULO_INVALIDO");
    assert_eq!(bank.status(&second.id), "REJECTED");
}

fn headers_are_as_published(engine: Engine) {
    let bank = Bank::start(engine);
    let id = bank.created();
    let one = format!("{BASE}/{id}");
    let not_uuid = "11111111-1111-1111-1111-111111111111";
    for (method, path) in [("GET", one.as_str()), ("GET", BASE), ("POST", BASE)] {
        for (name, value, expected) in [
            ("nonce", NONE, "PARAMETRO_NAO_INFORMADO"),
            ("nonce", "", "PARAMETRO_INVALIDO"),
            ("nonce", not_uuid, "PARAMETRO_INVALIDO"),
            ("x-transaction-uuid", not_uuid, "PARAMETRO_INVALIDO"),
            ("x-include-replay-protection-schema", "", "PARAMETRO_INVALIDO"),
            ("x-include-replay-protection-schema", "NONCE", "PARAMETRO_INVALIDO"),
            (
                "x-include-replay-protection-schema",
                "nonce,x-transaction-uuid",
                "PARAMETRO_INVALIDO",
            ),
            ("x-wallet-uuid", "x", "PARAMETRO_INVALIDO"),
            ("x-product-uuid", "", "PARAMETRO_INVALIDO"),
            ("x-lang", "de-DE", "PARAMETRO_INVALIDO"),
            ("x-product-target-user-uuid", USER, "PARAMETRO_NAO_INFORMADO"),
            ("x-idempotency-key", "", "PARAMETRO_INVALIDO"),
        ] {
            let answer = bank.ask(method, path, &[(name, value)], &creation());
            refused(&answer, 400, expected);
            let about = if value == USER { "x-product-uuid" } else { name };
            let detail = answer.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains(&format!(" {about} ")), "{detail}");
        }
    }
    let none = [("x-transaction-uuid", NONE)];
    refused(&bank.ask("POST", BASE, &none, &creation()), 400, "PARAMETRO_NAO_INFORMADO");
    let path = format!("{one}/device/risk-signal");
    refused(&bank.ask("POST", &path, &none, &signals()), 400, "PARAMETRO_NAO_INFORMADO");
    let schema = [
        ("x-transaction-uuid", NONE),
        ("x-include-replay-protection-schema", "x-transaction-uuid"),
    ];
    let path = format!("{one}/device/credentials");
    let body = json!({"platform": "IOS"});
    refused(&bank.ask("POST", &path, &schema, &body), 400, "PARAMETRO_NAO_INFORMADO");
    assert_eq!(bank.ask("GET", &one, &[("x-wallet-uuid", "")], &Value::Null).status, 200);
    for wrong in ["/open-finance/enrollments/x", "/open-finance/enrollments/x/device/y/credentials"]
    {
        refused(&bank.get(wrong), 400, "PARAMETRO_INVALIDO");
    }
    // Whoever has no key learns nothing.
    let answer = bank.ask_as("de_0123456789ab_x", "GET", &one, &[("nonce", NONE)], &Value::Null);
    refused(&answer, 401, "NAO_AUTENTICADO");
    let unconfigured = bank.world.key_of("unconfigured");
    refused(&bank.ask_as(&unconfigured, "GET", &one, &[], &Value::Null), 403, "NAO_PERMITIDO");
    // The body.
    let headers = format!("nonce: {}\r\nx-transaction-uuid: {}\r\n", uuid(), uuid());
    let send = |body: &[u8], kind: &str| {
        let headers = format!("{headers}content-type: {kind}\r\n");
        bank.world.send(&bank.world.key, "POST", BASE, &headers, body)
    };
    for body in ["{", "[]", "7", r#"{"name":"a","name":"b"}"#] {
        refused(&send(body.as_bytes(), "application/json"), 400, "CORPO_INVALIDO");
    }
    refused(&send(b"{}", "text/plain"), 400, "PARAMETRO_INVALIDO");
}

fn an_enrollment_is_its_owners(engine: Engine) {
    let bank = Bank::start(engine);
    let narrow = bank.world.key_of("narrow");
    let mine = [
        ("x-wallet-uuid", WALLET),
        ("x-product-uuid", PRODUCT),
        ("x-product-target-user-uuid", USER),
    ];
    for other in 0..3 {
        let mut headers = mine;
        let another = uuid();
        headers[other].1 = &another;
        let answer = bank.ask_as(&narrow, "POST", BASE, &headers, &creation());
        refused(&answer, 403, "NAO_PERMITIDO");
    }
    let answer = bank.ask_as(&narrow, "POST", BASE, &mine, &creation());
    assert_eq!(answer.status, 201, "{}", answer.body);
    let path = format!("{BASE}/{}", answer.json()["id"].as_str().unwrap());
    assert_eq!(bank.ask_as(&narrow, "GET", &path, &mine, &Value::Null).status, 200);
    // Another user of the same caller, and another caller.
    refused(&bank.ask_as(&narrow, "GET", &path, &[], &Value::Null), 404, "NAO_ENCONTRADO");
    let other = bank.world.key_of("other");
    for (method, more, body) in [
        ("GET", "", Value::Null),
        ("PATCH", "/revoke", json!({"logged_user_document": APPROVER})),
        ("POST", "/device/risk-signal", signals()),
        ("POST", "/device/credentials", json!({"platform": "IOS"})),
        ("POST", &format!("/device/{}", uuid()), json!({})),
        ("GET", &format!("/device/{}/credentials", uuid()), Value::Null),
    ] {
        let answer = bank.ask_as(&other, method, &format!("{path}{more}"), &[], &body);
        refused(&answer, 404, "NAO_ENCONTRADO");
    }
    let path = format!("/extensions/v1{path}/verdicts");
    refused(&bank.ask_as(&other, "GET", &path, &[], &Value::Null), 404, "NAO_ENCONTRADO");
}

fn lists_are_paged_and_filtered(engine: Engine) {
    let bank = Bank::start(engine);
    let ids: Vec<String> = (0..5).map(|_| bank.created()).collect();
    let list = |query: &str| {
        let answer = bank.get(&format!("{BASE}?{query}"));
        assert_eq!(answer.status, 200, "{}", answer.body);
        let page = answer.json();
        let of = |one: &Value| one["id"].as_str().unwrap().to_owned();
        let found: Vec<String> = page["data"].as_array().unwrap().iter().map(of).collect();
        (found, page)
    };
    let (found, page) = list("");
    assert_eq!(found.len(), 5);
    assert!(ids.iter().all(|id| found.contains(id)));
    assert_eq!((&page["page"], &page["page_size"]), (&json!(1), &json!(20)));
    assert_eq!((&page["page_total"], &page["total"]), (&json!(1), &json!(5)));
    let (up, page) = list("size=2&page=2");
    assert_eq!((up.len(), &page["page_total"]), (2, &json!(3)));
    assert_eq!(up, found[2..4]);
    let (mut down, _) = list("order=desc&sort=created_at");
    down.reverse();
    assert_eq!(down, found);
    for (query, number) in [
        (format!("logged_user_document={APPROVER}"), 5),
        (format!("logged_user_document={SILENT}"), 0),
        ("status=AWAITING_DEVICE_RISK_SIGNALS".to_owned(), 5),
        ("status=AUTHORIZED".to_owned(), 0),
        ("permissions=PAYMENTS_INITIATE".to_owned(), 5),
        ("permissions=RECURRING_PAYMENTS_INITIATE".to_owned(), 0),
        ("participant_id=participant-1".to_owned(), 5),
        ("participant_id=participant-2".to_owned(), 0),
        ("logged_business_entity_document=12345678000195".to_owned(), 0),
        ("created_at_start=2020-01-01T00:00:00Z".to_owned(), 5),
        ("created_at_end=2020-01-01T00%3A00%3A00Z".to_owned(), 0),
    ] {
        assert_eq!(list(&query).0.len(), number, "{query}");
    }
    for query in
        ["page=0", "size=101", "sort=name", "order=up", "status=OPEN", "unknown=1", "page=1&page=2"]
    {
        refused(&bank.get(&format!("{BASE}?{query}")), 400, "PARAMETRO_INVALIDO");
    }
    let other = bank.world.key_of("other");
    let answer = bank.ask_as(&other, "GET", BASE, &[], &Value::Null);
    assert_eq!(answer.json()["total"], 0);
}

fn a_request_is_blocked_by_what_its_schema_names(engine: Engine) {
    const SCHEMA: &str = "x-include-replay-protection-schema";
    let bank = Bank::start(engine);
    let [n1, n2, t1, t2] = [uuid(), uuid(), uuid(), uuid()];
    let (n1, n2, t1, t2) = (n1.as_str(), n2.as_str(), t1.as_str(), t2.as_str());
    // Nonce, transaction, and whether the request passes.
    type Request<'a> = (&'a str, &'a str, bool);
    let schemas: &[(&str, &[Request<'_>])] = &[
        (NONE, &[(n1, t1, true), (n1, t1, false), (n2, t2, false)]),
        ("nonce", &[(n1, t1, true), (n1, t2, false), (n2, t1, true)]),
        ("x-transaction-uuid", &[(n1, t1, true), (n2, t1, false), (n1, t2, true)]),
        (
            "nonce&x-transaction-uuid",
            &[(n1, t1, true), (n1, t1, false), (n2, t1, true), (n1, t2, true)],
        ),
        ("x-transaction-uuid&nonce", &[(n1, t1, false), (n2, t2, true)]),
    ];
    for (at, (schema, requests)) in schemas.iter().enumerate() {
        // The last two spellings mean the same, and share what they block.
        let body = with(creation(), "name", json!(format!("schema {}", at.min(3))));
        for (nonce, transaction, passes) in *requests {
            let headers =
                [("nonce", *nonce), ("x-transaction-uuid", *transaction), (SCHEMA, *schema)];
            let answer = bank.ask("POST", BASE, &headers, &body);
            if *passes {
                assert_eq!(answer.status, 201, "{schema}: {}", answer.body);
            } else {
                refused(&answer, 409, "REQUISICAO_REPETIDA");
            }
        }
    }
    // Another order of members is the same request; another value is another one.
    let text = r#"{"permissions":["PAYMENTS_INITIATE"], "logged_user_document":"98765432100",
        "participant_id":"participant-1", "client_redirect_url":"https:\/\/payer.example/back", "name":"schema 0"}"#;
    let headers = format!(
        "nonce: {}\r\nx-transaction-uuid: {}\r\ncontent-type: application/json\r\n",
        uuid(),
        uuid()
    );
    let answer = bank.world.send(&bank.world.key, "POST", BASE, &headers, text.as_bytes());
    refused(&answer, 409, "REQUISICAO_REPETIDA");
    let other = bank.world.key_of("other");
    let answer = bank.world.send(&other, "POST", BASE, &headers, text.as_bytes());
    assert_eq!(answer.status, 201, "{}", answer.body);
    // What was refused without an effect is not blocked.
    let ids = bank.asked();
    let path = format!("{BASE}/{}/device/credentials", ids.id);
    let body = json!({"platform": "IOS"});
    let plain = [(SCHEMA, NONE)];
    refused(&bank.ask("POST", &path, &plain, &body), 422, "STATUS_VINCULO_INVALIDO");
    assert_eq!(bank.confirm(&ids.id, &approval()).status, 200);
    assert_eq!(bank.ask("POST", &path, &plain, &body).status, 201);
    refused(&bank.ask("POST", &path, &plain, &body), 409, "REQUISICAO_REPETIDA");
    // A read is never a repetition, and neither is a revocation unless that is asked for.
    let headers = [("nonce", n1), (SCHEMA, NONE)];
    let one = format!("{BASE}/{}", ids.id);
    assert_eq!(bank.ask("GET", &one, &headers, &Value::Null).status, 200);
    assert_eq!(bank.ask("GET", &one, &headers, &Value::Null).status, 200);
}

fn a_clients_key_gives_its_answer_again(engine: Engine) {
    const KEY: &str = "x-idempotency-key";
    let bank = Bank::start(engine);
    let key = [(KEY, "first"), ("x-include-replay-protection-schema", NONE)];
    let first = bank.ask("POST", BASE, &key, &creation());
    let again = bank.ask("POST", BASE, &key, &creation());
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.body, again.body);
    let other = with(creation(), "name", json!("another"));
    refused(&bank.ask("POST", BASE, &key, &other), 422, "ERRO_IDEMPOTENCIA");
    assert_eq!(bank.get(BASE).json()["total"], 1);
    // A key is its caller's.
    let stranger = bank.world.key_of("other");
    let theirs = bank.ask_as(&stranger, "POST", BASE, &key, &other);
    assert_eq!(theirs.status, 201, "{}", theirs.body);
    // A refusal that had an effect is the answer, and the same for the next one.
    let (ids, mut registration) = bank.issued("idempotent");
    registration.client_data.origin = "https://evil.example".into();
    let path = format!("{BASE}/{}/device/{}", ids.id, ids.device_id);
    let body = credential(&registration);
    let first = bank.ask("POST", &path, &key, &body);
    refused(&first, 422, "ORIGEM_FIDO_INVALIDA");
    assert_eq!(bank.ask("POST", &path, &key, &body).body, first.body);
    // The same challenge under the same key.
    let ids = bank.approved();
    let path = format!("{BASE}/{}/device/credentials", ids.id);
    let challenge = || {
        let path = format!("{BASE}/{}/device/{}/credentials", ids.id, ids.device_id);
        bank.get(&path).json()["challenge"].clone()
    };
    let body = json!({"platform": "IOS"});
    assert_eq!(bank.ask("POST", &path, &key, &body).status, 201);
    let issued = challenge();
    assert_eq!(bank.ask("POST", &path, &key, &body).status, 201);
    assert_eq!(challenge(), issued);
    assert_eq!(bank.ask("POST", &path, &[(KEY, "second")], &body).status, 201);
    assert_ne!(challenge(), issued);
}

fn contract_2_2_knows_one_challenge(engine: Engine) {
    let bank = Bank::with(engine, &[("DEVICE_ENROLLMENT_CONTRACT_VERSION", "2.2")]);
    let (ids, mut registration) = bank.issued("2.2");
    let path = format!("{BASE}/{}/device/credentials", ids.id);
    let body = json!({"platform": "BROWSER"});
    refused(&bank.post(&path, &body), 422, "MAXIMO_CHALLENGES_ATINGIDO");
    registration.authenticator_data.rp_id_hash = [7; 32];
    refused(&bank.register(&ids, &credential(&registration)), 422, "RP_INVALIDA");
    let (ids, _) = bank.bound("2.2 recurring");
    let consent = bank.consent(&json!({"kind": "recurring"}));
    let expected = "PERMISSAO_INVALIDA_VINCULO_CONSENTIMENTO";
    refused(&bank.sign_options(&consent, &ids.id), 422, expected);
}

crate::bank::on_both_engines!(
    the_whole_way,
    every_refusal_of_a_registration,
    every_refusal_before_a_registration,
    every_refusal_of_a_consent,
    the_holder_answers,
    a_credential_is_bound_to_a_device_of_the_account,
    a_refusal_is_worded_in_both_languages,
    headers_are_as_published,
    an_enrollment_is_its_owners,
    lists_are_paged_and_filtered,
    a_request_is_blocked_by_what_its_schema_names,
    a_clients_key_gives_its_answer_again,
    contract_2_2_knows_one_challenge,
);
