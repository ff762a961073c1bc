//! Every row of "Approve TED with Two-Factor Authentication" and of "Request Token Resend for a Ted
//! Transaction", over HTTP and word by word.

use serde_json::{Value, json};

use super::*;

const UNKNOWN: &str = "8cb70dea-9fb0-4a68-9572-99a72849c8d6";

on_both_engines!(of_the_approval, of_the_resend, of_an_account_that_cannot_be_used,);

fn row(answer: &Answer, status: u16, code: &str, title: &str, english: &str, portuguese: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    let mut found: Value = answer.json();
    found["extra_fields"].take();
    assert_eq!(
        found,
        json!({
            "title": title, "description": english, "translation": portuguese,
            "code": code, "extra_fields": null,
        })
    );
}

fn schema(answer: &Answer) {
    row(answer, 400, "QIT000001", "Bad Request", "Schema Error", "Erro de Schema");
}

fn not_found(answer: &Answer) {
    row(
        answer,
        404,
        "TED000020",
        "Not Found",
        "Ted was not found for the given parameters.",
        "Ted não encontrada para os parâmetros fornecidos.",
    );
}

fn spent(answer: &Answer) {
    row(
        answer,
        400,
        "TED000082",
        "Number of token validation attempts exceeded",
        "The maximum number of failed token validation attempts has been reached",
        "Número máximo de tentativas de validação de token atingida",
    );
}

fn invalid_status(answer: &Answer) {
    row(
        answer,
        404,
        "TED000086",
        "Invalid Status",
        "Ted not in pending_2fa_approval status",
        "Ted não está pendente de aprovação por autenticação de dois fatores",
    );
}

fn of_the_approval(engine: Engine) {
    let mut bank = Bank::open(engine);
    let (ted_key, code) = bank.by_code();
    schema(&bank.validate(&ted_key, r#"{"token":1}"#));
    not_found(&bank.token(UNKNOWN, &code));
    for none in ["", "{}"] {
        row(
            &bank.validate(&ted_key, none),
            400,
            "TED000110",
            "Token Required",
            "A token is required for SMS or email validation.",
            "Um token é necessário para validação via SMS ou email.",
        );
    }
    for _ in 0..4 {
        row(
            &bank.token(&ted_key, &wrong(&code)),
            400,
            "TED000084",
            "Incorrect Token",
            "Token sent does not match expected",
            "Token enviado não condiz com, o esperado",
        );
    }
    spent(&bank.token(&ted_key, &wrong(&code)));
    let (ted_key, code) = bank.by_code();
    assert_eq!(bank.token(&ted_key, &code).status, 201);
    invalid_status(&bank.token(&ted_key, &code));
    invalid_status(&bank.validate(&ted_key, ""));

    let (ted_key, code) = bank.by_code();
    bank.restarted_after(5);
    row(
        &bank.token(&ted_key, &code),
        400,
        "TED000083",
        "Token Expired",
        "Token has expired. Resend token or recreate transfer",
        "Token expirado. Reenvie token ou recrie a transferência",
    );
    assert_eq!(bank.resend(&ted_key, "").status, 202);
    assert_eq!(bank.token(&ted_key, &bank.outside.code()).status, 201);
}

fn of_the_resend(engine: Engine) {
    let bank = Bank::open(engine);
    let (ted_key, code) = bank.by_code();
    schema(&bank.resend(&ted_key, r#"{"contact_type":"liveness"}"#));
    not_found(&bank.resend(UNKNOWN, ""));
    row(
        &bank.ask("PATCH", &format!("/account/{NOWHERE}/ted/{ted_key}/resend_token"), ""),
        404,
        "TED000009",
        "Not Found",
        &format!("Account not found for the given key: {NOWHERE}"),
        &format!("Conta não encontrada para a chave fornecida: {NOWHERE}"),
    );
    for _ in 0..5 {
        bank.token(&ted_key, &wrong(&code));
    }
    spent(&bank.resend(&ted_key, ""));
    let (ted_key, code) = bank.by_code();
    assert_eq!(bank.token(&ted_key, &code).status, 201);
    invalid_status(&bank.resend(&ted_key, ""));
    // Its pauses, which the pages do not have.
    let (ted_key, _) = bank.by_code();
    assert_eq!(bank.resend(&ted_key, "").status, 202);
    is(&bank.resend(&ted_key, ""), 429, "LIM000003");
}

fn of_an_account_that_cannot_be_used(engine: Engine) {
    let bank = Bank::open(engine);
    let perform = |account: &str| {
        let asked = body("b6804f32-101e-4702-8fbc-aaaaaaaaaaaa", &sms());
        bank.ask("POST", &format!("/account/{account}/ted"), &asked)
    };
    bank.set_account(BLOCKED, AccountStatus::Blocked, AccountKind::Regular);
    is(&perform(BLOCKED), 400, "OBD000088");
    bank.set_account(BLOCKED, AccountStatus::Closed, AccountKind::Regular);
    is(&perform(BLOCKED), 400, "OBD000088");
    bank.set_account(HUB, AccountStatus::Open, AccountKind::Hub);
    is(&perform(HUB), 400, "OBD000089");
    is(&perform(NOWHERE), 404, "TED000009");
    let nobody = json!({"approver_document_number": "12345678909", "contact_type": "sms"});
    is(&bank.perform(&nobody), 403, "OBD000090");
    let long = body("b6804f32-101e-4702-8fbc-aaaaaaaaaaaa", &sms())
        .replace("\"1234567\"", "\"123456789012345678901\"");
    is(&bank.ask("POST", &format!("/account/{ACCOUNT}/ted"), &long), 400, "TED000012");
    let (ted_key, code) = bank.by_code();
    bank.set_account(ACCOUNT, AccountStatus::Blocked, AccountKind::Regular);
    is(&bank.token(&ted_key, &code), 400, "OBD000088");
    is(&bank.resend(&ted_key, ""), 400, "OBD000088");
    is(&bank.query(&ted_key), 400, "OBD000088");
}
