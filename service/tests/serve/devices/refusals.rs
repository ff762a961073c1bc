//! Every published refusal, with its status and its words.

use serde_json::{Value, json};

use super::*;
use crate::world::{BLOCKED, Behaviour, CLOSED, Engine, FOREIGN, HUB, NO_ACCOUNT, SILENT};

crate::bank::on_both_engines!(
    every_row_of_the_pages_is_answered,
    the_fifth_wrong_code_locks,
    what_does_not_arrive_leaves_nothing_behind,
    somebody_elses_is_as_unknown_as_what_is_not_there,
);

/// Status, code, title, description, translation, as they are published.
const ROWS: &[(u16, &str, &str, &str, &str)] = &[
    (400, "QIT000001", "Bad Request", "Schema Error", "Erro de Schema"),
    (404, "OBD000002", "Not Found", "Bank account not found", "Conta não encontrada"),
    (
        400,
        "OBD000088",
        "Bad Request",
        "Account blocked or closed can not perform this action",
        "A conta bloqueada ou fechada não pode executar esta ação",
    ),
    (
        400,
        "OBD000089",
        "Bad Request",
        "Hub account can not perform this action",
        "A conta hub não pode executar esta ação",
    ),
    (
        403,
        "OBD000090",
        "No approver permission",
        "Given document number does not belong to an approver for this account string",
        "Número de documento enviado não pertence a um aprovador da conta",
    ),
    (
        400,
        "OBD000091",
        "tfa_info is required",
        "Client must send object tfa_info",
        "Cliente deve enviar objeto tfa_info.",
    ),
    (
        400,
        "OBD000092",
        "Invalid device info",
        "Session ID and Device Key must be a valid UUID4",
        "A Session ID e o Device Key devem ser um UUID4 válidos",
    ),
    (
        404,
        "OBD000093",
        "Requester Configuration not found",
        "There is no Requester Configuration attributed to requester_key",
        "Não há Requester Configuration para a requester_key enviada",
    ),
    (
        403,
        "OBD000094",
        "Requester not allowed to create a device",
        "Requester has no permission to create a device",
        "Requester não possui permissão para criar um dispositivo",
    ),
    (
        400,
        "OBD000097",
        "Error occurred while sending token",
        "An unexpected error occurred while sending token",
        "Um erro inexperado ocorreu ao tentar enviar token",
    ),
    (
        400,
        "OBD000099",
        "Number of token validation attempts exceeded",
        "The maximum number of failed token validation attempts has been reached",
        "Número máximo de tentativas de validação de token atingida",
    ),
    (
        404,
        "OBD000100",
        "Device not found",
        "No device is associated with the provided device_key.",
        "Nenhum dispositivo está associado à device_key fornecida.",
    ),
    (
        400,
        "OBD0000100",
        "Incorrect Token",
        "Token sent does not match expected",
        "Token enviado não condiz com, o esperado",
    ),
];

#[track_caller]
fn row(answer: &Answer, code: &str) {
    let (status, code, title, description, translation) =
        *ROWS.iter().find(|row| row.1 == code).unwrap();
    let body = json!({
        "title": title, "description": description, "translation": translation,
        "code": code, "extra_fields": {}
    });
    assert_eq!((answer.status, answer.json()), (status, body));
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

fn every_row_of_the_pages_is_answered(engine: Engine) {
    let world = World::start(engine);
    let on = |account: &str| format!("/account/{account}/device");
    let request =
        |key: &str, account: &str, body: &Value| world.ask_as(key, "POST", &on(account), body);
    let good = || requested(&uuid(), "sms");
    let key = world.key.as_str();

    // P: the request.
    row(&request(key, ACCOUNT, &json!({})), "QIT000001");
    row(&request(key, NO_ACCOUNT, &good()), "OBD000002");
    row(&request(key, BLOCKED, &good()), "OBD000088");
    row(&request(key, CLOSED, &good()), "OBD000088");
    row(&request(key, HUB, &good()), "OBD000089");
    let mut body = good();
    body["tfa_info"]["approver_document_number"] = json!("11144477735");
    row(&request(key, ACCOUNT, &body), "OBD000090");
    let mut body = good();
    body.as_object_mut().unwrap().remove("tfa_info");
    row(&request(key, ACCOUNT, &body), "OBD000091");
    for member in ["device_key", "session_id"] {
        for no_uuid in ["x", "00000000-0000-1000-8000-000000000000"] {
            let mut body = good();
            body[member] = json!(no_uuid);
            row(&request(key, ACCOUNT, &body), "OBD000092");
        }
    }
    let unconfigured = world.key_of("unconfigured");
    row(&request(&unconfigured, ACCOUNT, &good()), "OBD000093");
    row(&request(&world.key_of("no-devices"), ACCOUNT, &good()), "OBD000094");
    let mut body = good();
    body["tfa_info"]["approver_document_number"] = json!(SILENT);
    row(&request(key, ACCOUNT, &body), "OBD000097");

    // V, R, D: what is done to a device; and the query.
    let (device_key, code) = pending(&world);
    let nobody = uuid();
    let token = json!({"token": code});
    for (method, what, body) in [
        ("PUT", "/validate", &token),
        ("PATCH", "/resend_token", &json!({})),
        ("DELETE", "/disable", &Value::Null),
        ("GET", "", &Value::Null),
    ] {
        let ask = |account: &str, device_key: &str| {
            world.ask(method, &format!("/account/{account}/device/{device_key}{what}"), body)
        };
        row(&ask("x", &device_key), "QIT000001");
        row(&ask(ACCOUNT, "x"), "QIT000001");
        row(&ask(NO_ACCOUNT, &device_key), "OBD000002");
        if method != "GET" {
            row(&ask(BLOCKED, &device_key), "OBD000088");
            row(&ask(CLOSED, &device_key), "OBD000088");
            row(&ask(HUB, &device_key), "OBD000089");
        }
        row(&ask(ACCOUNT, &nobody), "OBD000100");
        // A device has one account.
        let without = world.ask_as(&unconfigured, method, &path(&device_key, what), body);
        row(&without, "OBD000002");
    }
    row(&resend(&world, &device_key, &json!({"contact_type": "liveness"})), "QIT000001");
    row(&resend(&world, &device_key, &json!({"contact_type": "email"})), "OBD000097");
    for _ in 0..4 {
        row(&validate(&world, &device_key, &wrong(&code)), "OBD0000100");
    }
    row(&validate(&world, &device_key, &wrong(&code)), "OBD000099");
    row(&resend(&world, &device_key, &json!({})), "OBD000099");
}

fn the_fifth_wrong_code_locks(engine: Engine) {
    let world = World::start(engine);
    let (device_key, first) = pending(&world);
    for _ in 0..3 {
        refused(&validate(&world, &device_key, &wrong(&first)), 400, "OBD0000100");
    }
    // A token that is no code is not counted; a new code does not forget what was.
    refused(&validate(&world, &device_key, "12345"), 400, "QIT000001");
    assert_eq!(resend(&world, &device_key, &json!({})).status, 202);
    let code = world.gateway.code();
    refused(&validate(&world, &device_key, &wrong(&code)), 400, "OBD0000100");
    refused(&validate(&world, &device_key, &wrong(&code)), 400, "OBD000099");
    refused(&validate(&world, &device_key, &code), 400, "OBD000099");
    refused(&resend(&world, &device_key, &json!({})), 400, "OBD000099");
    assert_eq!(query(&world, &device_key).json()["status"], "not_registered");
    // Disabling is the way out.
    assert_eq!(disable(&world, &device_key).json()["device_status"], "disabled");
}

fn what_does_not_arrive_leaves_nothing_behind(engine: Engine) {
    let world = World::start(engine);
    for behaviour in [
        Behaviour::Refuses(400),
        Behaviour::Refuses(503),
        Behaviour::Refuses(500),
        Behaviour::Breaks,
        Behaviour::Hangs,
    ] {
        let device_key = uuid();
        world.gateway.behave(behaviour);
        let answer = world.ask("POST", &devices(), &requested(&device_key, "sms"));
        row(&answer, "OBD000097");
        // It never came to be, and what was sent matches nothing.
        row(&query(&world, &device_key), "OBD000100");
        let sent = world.gateway.code();
        row(&validate(&world, &device_key, &sent), "OBD000100");
        world.gateway.behave(Behaviour::Takes);
        // Its key is free.
        let answer = world.ask("POST", &devices(), &requested(&device_key, "sms"));
        assert_eq!(answer.status, 202, "{behaviour:?}: {}", answer.body);
        let code = world.gateway.code();
        // A new code that does not arrive leaves the one before good.
        world.gateway.behave(behaviour);
        row(&resend(&world, &device_key, &json!({})), "OBD000097");
        world.gateway.behave(Behaviour::Takes);
        assert_eq!(validate(&world, &device_key, &code).status, 201, "{behaviour:?}");
    }
}

fn somebody_elses_is_as_unknown_as_what_is_not_there(engine: Engine) {
    let world = World::start(engine);
    let other = world.key_of("other");
    let (device_key, code) = pending(&world);
    let mine = |method: &str, what: &str, body: &Value| {
        let missing = world.ask_as(&other, method, &path(&uuid(), what), body);
        let found = world.ask_as(&other, method, &path(&device_key, what), body);
        assert_eq!((found.status, &found.body), (missing.status, &missing.body));
        row(&found, "OBD000100");
    };
    mine("PUT", "/validate", &json!({"token": code}));
    mine("PATCH", "/resend_token", &json!({}));
    mine("DELETE", "/disable", &Value::Null);
    mine("GET", "", &Value::Null);
    // Of an account, too.
    let body = requested(&uuid(), "sms");
    let missing = world.ask("POST", &format!("/account/{NO_ACCOUNT}/device"), &body);
    let foreign = world.ask("POST", &format!("/account/{FOREIGN}/device"), &body);
    row(&foreign, "OBD000002");
    assert_eq!(foreign.body, missing.body);
    // Whoever may do nothing learns of no account whether it is there.
    let unconfigured = world.key_of("unconfigured");
    for account in [ACCOUNT, BLOCKED, HUB, NO_ACCOUNT] {
        let on = format!("/account/{account}/device");
        row(&world.ask_as(&unconfigured, "POST", &on, &body), "OBD000093");
    }
    // None of it was in anybody's way.
    assert_eq!(validate(&world, &device_key, &code).status, 201);
}
