//! The 422 tables of the Open Finance Brasil Enrollments contract.

use std::collections::BTreeSet;

use device_enrollment::open_finance::{
    ContractVersion, OpenFinanceCode, Operation, Refusal, Texts,
};
use device_enrollment::{Language, UnixMillis};

/// Operation, code, title and detail as they are published. `fido-registration` has one text under
/// two codes.
#[rustfmt::skip]
const PUBLISHED: &[(Operation, &str, &str, &str)] = &[
    (Operation::CreateEnrollment, "PARAMETRO_NAO_INFORMADO", "Parâmetro não informado.", "Parâmetro [nome_campo] obrigatório não informado."),
    (Operation::CancelEnrollment, "PARAMETRO_NAO_INFORMADO", "Parâmetro não informado.", "Parâmetro [nome_campo] obrigatório não informado."),
    (Operation::RiskSignals, "PARAMETRO_NAO_INFORMADO", "Parâmetro não informado.", "Parâmetro [nome_campo] obrigatório não informado."),
    (Operation::RegistrationOptions, "PARAMETRO_NAO_INFORMADO", "Parâmetro não informado.", "Parâmetro [nome_campo] obrigatório não informado."),
    (Operation::Registration, "PARAMETRO_NAO_INFORMADO", "Parâmetro não informado.", "Parâmetro [nome_campo] obrigatório não informado."),
    (Operation::SignOptions, "PARAMETRO_NAO_INFORMADO", "Parâmetro não informado.", "Parâmetro [nome_campo] obrigatório não informado."),
    (Operation::Authorise, "PARAMETRO_NAO_INFORMADO", "Parâmetro não informado.", "Parâmetro [nome_campo] obrigatório não informado."),
    (Operation::CreateEnrollment, "PARAMETRO_INVALIDO", "Parâmetro inválido.", "Parâmetro [nome_campo] não obedece as regras de formatação esperadas."),
    (Operation::CancelEnrollment, "PARAMETRO_INVALIDO", "Parâmetro inválido.", "Parâmetro [nome_campo] não obedece as regras de formatação esperadas."),
    (Operation::RiskSignals, "PARAMETRO_INVALIDO", "Parâmetro inválido.", "Parâmetro [nome_campo] não obedece as regras de formatação esperadas."),
    (Operation::RegistrationOptions, "PARAMETRO_INVALIDO", "Parâmetro inválido.", "Parâmetro [nome_campo] não obedece as regras de formatação esperadas."),
    (Operation::Registration, "PARAMETRO_INVALIDO", "Parâmetro inválido.", "Parâmetro [nome_campo] não obedece as regras de formatação esperadas."),
    (Operation::SignOptions, "PARAMETRO_INVALIDO", "Parâmetro inválido.", "Parâmetro [nome_campo] não obedece as regras de formatação esperadas."),
    (Operation::Authorise, "PARAMETRO_INVALIDO", "Parâmetro inválido.", "Parâmetro [nome_campo] não obedece as regras de formatação esperadas."),
    (Operation::CreateEnrollment, "ERRO_IDEMPOTENCIA", "Erro idempotência.", "Conteúdo da mensagem (claim data) diverge do conteúdo associado a esta chave de idempotência (x-idempotency-key)."),
    (Operation::CancelEnrollment, "ERRO_IDEMPOTENCIA", "Erro idempotência.", "Conteúdo da mensagem (claim data) diverge do conteúdo associado a esta chave de idempotência (x-idempotency-key)."),
    (Operation::RiskSignals, "ERRO_IDEMPOTENCIA", "Erro idempotência.", "Conteúdo da mensagem (claim data) diverge do conteúdo associado a esta chave de idempotência (x-idempotency-key)."),
    (Operation::RegistrationOptions, "ERRO_IDEMPOTENCIA", "Erro idempotência.", "Conteúdo da mensagem (claim data) diverge do conteúdo associado a esta chave de idempotência (x-idempotency-key)."),
    (Operation::Registration, "ERRO_IDEMPOTENCIA", "Erro idempotência.", "Conteúdo da mensagem (claim data) diverge do conteúdo associado a esta chave de idempotência (x-idempotency-key)."),
    (Operation::SignOptions, "ERRO_IDEMPOTENCIA", "Erro idempotência.", "Conteúdo da mensagem (claim data) diverge do conteúdo associado a esta chave de idempotência (x-idempotency-key)."),
    (Operation::Authorise, "ERRO_IDEMPOTENCIA", "Erro idempotência.", "Conteúdo da mensagem (claim data) diverge do conteúdo associado a esta chave de idempotência (x-idempotency-key)."),
    (Operation::CreateEnrollment, "PERMISSOES_INVALIDAS", "Permissões inválidas.", r#"As permissões associadas ao vínculo de conta não contêm "PAYMENTS_INITIATE" ou contêm valores não suportados para esta operação."#),
    (Operation::CreateEnrollment, "CONTA_INVALIDA", "Conta inválida.", "A conta informada inexiste ou não é compatível com o fluxo de não-redirecionamento."),
    (Operation::CancelEnrollment, "STATUS_INVALIDO", "Status inválido.", "O status do vínculo de conta não permite cancelamento."),
    (Operation::CancelEnrollment, "MOTIVO_REJEICAO", "Motivo de rejeição não especificado.", "A rejeição do vínculo de conta deve estar associada a um motivo de rejeição."),
    (Operation::CancelEnrollment, "REJEITADO_OUTRO_SEM_DETALHES", "O campo additionalInformation é obrigatório.", "O uso do motivo REJEITADO_OUTRO, deve estar acompanhado de descrição (additionalInformation)."),
    (Operation::CancelEnrollment, "MOTIVO_REVOGACAO", "Motivo de revogação não especificado.", "A revogação do vínculo de conta deve estar associada a um motivo de revogação."),
    (Operation::CancelEnrollment, "REVOGADO_OUTRO_SEM_DETALHES", "O campo additionalInformation é obrigatório.", "O uso do motivo REVOGADO_OUTRO deve estar acompanhado de descrição (additionalInformation)"),
    (Operation::RiskSignals, "STATUS_VINCULO_INVALIDO", "Status do vínculo de conta inválido.", "O status do vínculo de conta é incompatível com a operação."),
    (Operation::RiskSignals, "FALTAM_SINAIS_OBRIGATORIOS_DA_PLATAFORMA", "Os sinais obrigatórios para a plataforma do usuário não foram enviados em sua totalidade.", "Os sinais obrigatórios para a plataforma do usuário não foram enviados em sua totalidade."),
    (Operation::RegistrationOptions, "RP_INVALIDA", "Relying party inválida.", "O identificador da Relying Party informado não pode ser verificado."),
    (Operation::RegistrationOptions, "STATUS_VINCULO_INVALIDO", "Status do vínculo de conta inválido.", "O status do vínculo de conta é tal que não permite o registro de nova credencial."),
    (Operation::Registration, "STATUS_VINCULO_INVALIDO", "Status inválido do vínculo de conta.", "O status do vínculo de conta é tal que não permite o registro de nova credencial."),
    (Operation::Registration, "ORIGEM_FIDO_INVALIDA", r#""Origin" não pode ser verificada."#, "O valor contido no campo response.clientDataJSON.origin não pode ser verificado."),
    (Operation::Registration, "RP_ID_HASH_INVALIDO", r#""RpIdHash" não pode ser verificado."#, "O valor contido no campo response.attestationObject.authData.rpIdHash não pode ser verificado."),
    (Operation::Registration, "RP_INVALIDA", r#""RpIdHash" não pode ser verificado."#, "O valor contido no campo response.attestationObject.authData.rpIdHash não pode ser verificado."),
    (Operation::Registration, "CHALLENGE_INVALIDO", "Challenge inválido.", "O campo response.clientDataJSON.challenge possui valor codificado diferente do valor gerado pelo servidor."),
    (Operation::Registration, "PUBLIC_KEY_INVALIDA", "Chave pública inválida.", "A chave pública enviada é incompatível com as definições do servidor FIDO2."),
    (Operation::Registration, "EXTENSION_INVALIDA", "Extensões inválidas.", "As extensões extraídas são incompatíveis com as diretrizes de segurança do servidor FIDO2."),
    (Operation::SignOptions, "RP_INVALIDA", "Relying party inválida.", "O identificador da Relying Party informado não pode ser verificado."),
    (Operation::SignOptions, "STATUS_VINCULO_INVALIDO", "Status do vínculo de conta inválido.", "O status do vínculo de conta é tal que não permite assinatura."),
    (Operation::SignOptions, "STATUS_CONSENTIMENTO_INVALIDO", "Status do consentimento de pagamento inválido.", "O status do consentimento não permite autorização."),
    (Operation::Authorise, "STATUS_VINCULO_INVALIDO", "Status do vínculo de conta inválido.", "O vínculo de conta não possui status AUTHORISED."),
    (Operation::Authorise, "STATUS_CONSENTIMENTO_INVALIDO", "Status do consentimento inválido.", "O consentimento de pagamentos não possui status AWAITING_AUTHORISATION."),
    (Operation::Authorise, "RISCO", "Validação síncrona dos sinais de risco impediram a ativação do consentimento.", "Validação síncrona dos sinais de risco impediram a ativação do consentimento."),
    (Operation::Authorise, "FALTAM_SINAIS_OBRIGATORIOS_DA_PLATAFORMA", "Falta de sinais obrigatórios para a plataforma do usuário.", "Os sinais obrigatórios para a plataforma do usuário não foram enviados em sua totalidade."),
    (Operation::Authorise, "CONTA_DEBITO_DIVERGENTE_CONSENTIMENTO_VINCULO", "A conta de débito informada pelo iniciador não condiz com a conta de débito vinculada ao dispositivo.", "A conta de débito informada pelo iniciador não condiz com a conta de débito vinculada ao dispositivo."),
];

/// What 2.2 adds. Only the text of the third is published, in another table.
const ADDED_BY_2_2: [(Operation, &str); 3] = [
    (Operation::RegistrationOptions, "MAXIMO_CHALLENGES_ATINGIDO"),
    (Operation::SignOptions, "PERMISSAO_INVALIDA_VINCULO_CONSENTIMENTO"),
    (Operation::Authorise, "ORIGEM_FIDO_INVALIDA"),
];

#[test]
fn every_published_row_is_answered_word_for_word() {
    for &(operation, word, title, detail) in PUBLISHED {
        let code = OpenFinanceCode::parse(word).unwrap();
        let refusal = Refusal::of(operation, code).about("data.deviceId");
        assert_eq!(refusal.status(), 422);
        let body = refusal.body(Language::PtBr, UnixMillis(1_734_899_423_459));
        let expected = serde_json::json!({
            "errors": [{
                "code": word,
                "title": title,
                "detail": detail.replace("[nome_campo]", "data.deviceId"),
            }],
            "meta": { "requestDateTime": "2024-12-22T20:30:23Z" },
        });
        assert_eq!(serde_json::to_value(body).unwrap(), expected, "{operation:?} {word}");
        assert_eq!(Texts::of(code, Some(operation)).detail_form(Language::PtBr), detail);
    }
}

/// The lists of codes and the rows are the same, in each version.
#[test]
fn the_operations_list_what_is_published_and_nothing_else() {
    for &operation in Operation::ALL {
        let rows = PUBLISHED.iter().filter(|row| row.0 == operation).map(|row| row.1);
        let both: BTreeSet<&str> = rows.collect();
        let registration = operation == Operation::Registration;
        for (version, other_rp) in
            [(ContractVersion::V2_1, "RP_INVALIDA"), (ContractVersion::V2_2, "RP_ID_HASH_INVALIDO")]
        {
            let mut expected = both.clone();
            if registration {
                assert!(expected.remove(other_rp));
            }
            if version == ContractVersion::V2_2 {
                expected
                    .extend(ADDED_BY_2_2.iter().filter(|row| row.0 == operation).map(|row| row.1));
            }
            let listed = operation.codes(version);
            let words: BTreeSet<&str> = listed.iter().map(|code| code.as_str()).collect();
            assert_eq!(listed.len(), words.len(), "{operation:?}: a code stands twice");
            assert_eq!(words, expected, "{operation:?} {version:?}");
        }
    }
}

#[test]
fn every_text_is_there_in_both_languages_and_fits_the_contract() {
    let operations = Operation::ALL.iter().copied().map(Some).chain([None]);
    for operation in operations {
        for &code in OpenFinanceCode::ALL {
            let texts = Texts::of(code, operation);
            for language in [Language::PtBr, Language::EnUs] {
                let (title, detail) = (texts.title(language), texts.detail_form(language));
                assert!(!title.is_empty() && title.chars().count() <= 255, "{code:?}");
                assert!(!detail.is_empty() && detail.chars().count() <= 2048, "{code:?}");
            }
            assert_ne!(texts.title(Language::PtBr), texts.title(Language::EnUs), "{code:?}");
            let member = |language| texts.detail_form(language).contains("[nome_campo]");
            assert_eq!(member(Language::PtBr), member(Language::EnUs), "{code:?}");
        }
    }
}

/// A code is sent with the status that its pages or, where there is none, we give it.
#[test]
fn codes_read_back_and_have_their_status() {
    let mut ours = BTreeSet::new();
    for &code in OpenFinanceCode::ALL {
        assert_eq!(OpenFinanceCode::parse(code.as_str()), Some(code));
        assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        if code.status() != 422 {
            ours.insert(code.status());
        }
    }
    assert_eq!(
        ours.into_iter().collect::<Vec<_>>(),
        [400, 401, 403, 404, 405, 409, 413, 415, 429, 500, 503]
    );
    assert_eq!(OpenFinanceCode::parse("parametro_invalido"), None);
    assert_eq!(Refusal::missing("data").status(), 422);
    assert_eq!(Refusal::header_missing("nonce").status(), 400);
    assert_eq!(Refusal::header_invalid("nonce").to_string(), "PARAMETRO_INVALIDO: nonce");
}

#[test]
fn the_body_speaks_the_language_of_the_caller() {
    let body = Refusal::header_missing("nonce").body(Language::EnUs, UnixMillis(0));
    assert_eq!(
        serde_json::to_string(&body).unwrap(),
        r#"{"errors":[{"code":"PARAMETRO_NAO_INFORMADO","title":"Parameter not sent.","detail":"The required parameter nonce was not sent."}],"meta":{"requestDateTime":"1970-01-01T00:00:00Z"}}"#
    );
}
