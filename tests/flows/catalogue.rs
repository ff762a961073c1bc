//! The published texts, written down a second time from the pages.

use device_enrollment::two_factor::{PublishedCode, PublishedError};

pub type Row = (u16, &'static str, &'static str, &'static str, &'static str);

/// The errors of the device pages: HTTP status, code, title, description, translation.
#[rustfmt::skip]
pub const DEVICE: &[Row] = &[
    (400, "QIT000001", "Bad Request", "Schema Error", "Erro de Schema"),
    (404, "OBD000002", "Not Found", "Bank account not found", "Conta não encontrada"),
    (400, "OBD000088", "Bad Request", "Account blocked or closed can not perform this action", "A conta bloqueada ou fechada não pode executar esta ação"),
    (400, "OBD000089", "Bad Request", "Hub account can not perform this action", "A conta hub não pode executar esta ação"),
    (403, "OBD000090", "No approver permission", "Given document number does not belong to an approver for this account string", "Número de documento enviado não pertence a um aprovador da conta"),
    (400, "OBD000091", "tfa_info is required", "Client must send object tfa_info", "Cliente deve enviar objeto tfa_info."),
    (400, "OBD000092", "Invalid device info", "Session ID and Device Key must be a valid UUID4", "A Session ID e o Device Key devem ser um UUID4 válidos"),
    (404, "OBD000093", "Requester Configuration not found", "There is no Requester Configuration attributed to requester_key", "Não há Requester Configuration para a requester_key enviada"),
    (403, "OBD000094", "Requester not allowed to create a device", "Requester has no permission to create a device", "Requester não possui permissão para criar um dispositivo"),
    (400, "OBD000097", "Error occurred while sending token", "An unexpected error occurred while sending token", "Um erro inexperado ocorreu ao tentar enviar token"),
    (400, "OBD000099", "Number of token validation attempts exceeded", "The maximum number of failed token validation attempts has been reached", "Número máximo de tentativas de validação de token atingida"),
    (404, "OBD000100", "Device not found", "No device is associated with the provided device_key.", "Nenhum dispositivo está associado à device_key fornecida."),
    (400, "OBD0000100", "Incorrect Token", "Token sent does not match expected", "Token enviado não condiz com, o esperado"),
];

/// The errors of the TED pages. Of TED000013 the translation cannot be read to the end on the page, so
/// that ours stands here.
#[rustfmt::skip]
pub const TRANSFER: &[Row] = &[
    (500, "QIT000500", "Internal Error", "An internal error has occurred and its being investigated.", "Um erro interno aconteceu e está sendo investigado"),
    (400, "TED000001", "Bad Request", "Account already have a fee created", "A conta já tem uma taxa criada"),
    (400, "TED000002", "Bad Request", "Fee not already created", "Taxa ainda não criada"),
    (403, "TED000003", "Unauthorized", "This agent can not add a financial institution.", "Este agente não pode adicionar uma instituição financeira."),
    (400, "TED000004", "Bad Request", "The cockpit_key must be unique (error raised on commit: {msg})", "A cockpit_key deve ser exclusiva (erro gerado no commit: {msg})"),
    (400, "TED000005", "Bad Request", "Event for the provided transaction_code not implemented", "Evento para a transaction_code fornecida não implementado"),
    (404, "TED000006", "Target account Not Found", "Target account was not found for given parameters", "Conta destino não encontrada para os parâmetros informados"),
    (400, "TED000007", "Bad Request", "A related_account_key must be provided", "Uma chave related_account_key deve ser fornecida"),
    (404, "TED000008", "Not Found", "No related_account found", "Nenhuma conta relacionada encontrada"),
    (404, "TED000009", "Not Found", "Account not found for the given key: {account_key}", "Conta não encontrada para a chave fornecida: {account_key}"),
    (400, "TED000010", "Bad Request", "Account already registered", "Conta já registrada"),
    (400, "TED000011", "Bad Request", "Wrong day/time for TED", "Dia/hora incorretos para a TED"),
    (400, "TED000012", "Bad Request", "The target's length of the account + account_digit cannot be larger than 21", "O número de digitos na conta de destino + digito não pode ser maior que 21"),
    (400, "TED000013", "Bad Request", "Unable to find source_account_key's account", "Não foi possível encontrar a conta da source_account_key"),
    (403, "TED000018", "Unauthorized", "Provided account not owned by SELECTED_AGENT", "Conta fornecida não pertencente ao SELECTED_AGENT"),
    (404, "TED000020", "Not Found", "Ted was not found for the given parameters.", "Ted não encontrada para os parâmetros fornecidos."),
    (400, "TED000082", "Number of token validation attempts exceeded", "The maximum number of failed token validation attempts has been reached", "Número máximo de tentativas de validação de token atingida"),
    (400, "TED000083", "Token Expired", "Token has expired. Resend token or recreate transfer", "Token expirado. Reenvie token ou recrie a transferência"),
    (400, "TED000084", "Incorrect Token", "Token sent does not match expected", "Token enviado não condiz com, o esperado"),
    (404, "TED000086", "Invalid Status", "Ted not in pending_2fa_approval status", "Ted não está pendente de aprovação por autenticação de dois fatores"),
    (400, "TED000110", "Token Required", "A token is required for SMS or email validation.", "Um token é necessário para validação via SMS ou email."),
];

/// The body of a row.
pub fn body((_, code, title, description, translation): Row) -> serde_json::Value {
    serde_json::json!({
        "title": title,
        "description": description,
        "translation": translation,
        "code": code,
        "extra_fields": {},
    })
}

#[test]
fn every_published_code_has_the_texts_of_its_page() {
    for row in DEVICE.iter().chain(TRANSFER) {
        let code = PublishedCode::parse(row.1).unwrap();
        assert_eq!(code.status(), row.0, "{code}");
        assert!(!code.is_ours());
        let error = PublishedError::new(code);
        assert_eq!(serde_json::to_value(&error).unwrap(), body(*row));
        let received = serde_json::to_vec(&body(*row)).unwrap();
        assert_eq!(PublishedError::parse(&received), Some(error));
    }
    let published = PublishedCode::ALL.iter().filter(|code| !code.is_ours()).count();
    assert_eq!(published, DEVICE.len() + TRANSFER.len());
}

#[test]
fn placeholders_are_filled_in_both_languages() {
    for row in DEVICE.iter().chain(TRANSFER) {
        let code = PublishedCode::parse(row.1).unwrap();
        let filled =
            PublishedError::new(code).with("account_key", "the-key").with("msg", "the-message");
        assert!(!filled.description().contains('{') && !filled.translation().contains('{'));
        let expected = row.3.replace("{account_key}", "the-key").replace("{msg}", "the-message");
        assert_eq!(filled.description(), expected);
    }
}

#[test]
fn a_rejected_transfer_is_read_with_its_data() {
    let row = TRANSFER.iter().find(|row| row.1 == "TED000082").unwrap();
    let mut received = body(*row);
    received["extra_fields"]["ted_data"] = serde_json::json!({"ted_status": "rejected"});
    let error = PublishedError::parse(received.to_string().as_bytes()).unwrap();
    assert_eq!(error.ted_data().unwrap()["ted_status"], "rejected");
    assert_eq!(serde_json::to_value(&error).unwrap(), received);
    let made = PublishedError::new(PublishedCode::TransferAttemptsExceeded)
        .with_ted_data(serde_json::json!({"ted_status": "rejected"}));
    assert_eq!(made, error);
}
