use super::{OpenFinanceCode, Operation};
use crate::language::Language;

/// Title and detail of a code in one operation, in both languages. `[nome_campo]` stands for the
/// name of the member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Texts {
    portuguese: (&'static str, &'static str),
    english: (&'static str, &'static str),
}

/// What the published details have in the place of a member's name.
const MEMBER: &str = "[nome_campo]";

impl Texts {
    /// The title.
    #[must_use]
    pub const fn title(&self, language: Language) -> &'static str {
        match language {
            Language::PtBr => self.portuguese.0,
            Language::EnUs => self.english.0,
        }
    }

    /// The detail, with the name of the member that it is about.
    #[must_use]
    pub fn detail(&self, language: Language, member: &str) -> String {
        self.detail_form(language).replace(MEMBER, member)
    }

    /// The detail as it is published, where `[nome_campo]` stands for the name of the member.
    #[must_use]
    pub const fn detail_form(&self, language: Language) -> &'static str {
        match language {
            Language::PtBr => self.portuguese.1,
            Language::EnUs => self.english.1,
        }
    }

    /// The texts of a code. Total: where the operation's table does not have the code, or there is
    /// no operation, the texts are those of the first table that has it.
    #[must_use]
    pub const fn of(code: OpenFinanceCode, operation: Option<Operation>) -> Self {
        use OpenFinanceCode::*;
        match code {
            StatusVinculoInvalido => enrollment_status(operation),
            StatusConsentimentoInvalido => consent_status(operation),
            FaltamSinaisObrigatoriosDaPlataforma => missing_signals(operation),
            RpInvalida => relying_party(operation),
            _ => in_every_operation(code),
        }
    }
}

const fn texts(
    portuguese: (&'static str, &'static str),
    english: (&'static str, &'static str),
) -> Texts {
    Texts { portuguese, english }
}

/// Five tables have this code, each with a text of its own.
const fn enrollment_status(operation: Option<Operation>) -> Texts {
    const TITLE: &str = "Status do vínculo de conta inválido.";
    const TITLE_EN: &str = "Invalid enrollment status.";
    const NO_CREDENTIAL: &str =
        "O status do vínculo de conta é tal que não permite o registro de nova credencial.";
    const NO_CREDENTIAL_EN: &str =
        "The status of the enrollment does not allow a new credential to be registered.";
    match operation {
        Some(Operation::RegistrationOptions) => {
            texts((TITLE, NO_CREDENTIAL), (TITLE_EN, NO_CREDENTIAL_EN))
        }
        Some(Operation::Registration) => texts(
            ("Status inválido do vínculo de conta.", NO_CREDENTIAL),
            (TITLE_EN, NO_CREDENTIAL_EN),
        ),
        Some(Operation::SignOptions) => texts(
            (TITLE, "O status do vínculo de conta é tal que não permite assinatura."),
            (TITLE_EN, "The status of the enrollment does not allow a signature."),
        ),
        Some(Operation::Authorise) => texts(
            (TITLE, "O vínculo de conta não possui status AUTHORISED."),
            (TITLE_EN, "The enrollment does not have the status AUTHORISED."),
        ),
        Some(
            Operation::CreateEnrollment | Operation::CancelEnrollment | Operation::RiskSignals,
        )
        | None => texts(
            (TITLE, "O status do vínculo de conta é incompatível com a operação."),
            (TITLE_EN, "The status of the enrollment does not fit the operation."),
        ),
    }
}

const fn consent_status(operation: Option<Operation>) -> Texts {
    match operation {
        Some(Operation::Authorise) => texts(
            (
                "Status do consentimento inválido.",
                "O consentimento de pagamentos não possui status AWAITING_AUTHORISATION.",
            ),
            (
                "Invalid consent status.",
                "The payment consent does not have the status AWAITING_AUTHORISATION.",
            ),
        ),
        _ => texts(
            (
                "Status do consentimento de pagamento inválido.",
                "O status do consentimento não permite autorização.",
            ),
            (
                "Invalid payment consent status.",
                "The status of the consent does not allow it to be authorised.",
            ),
        ),
    }
}

const fn missing_signals(operation: Option<Operation>) -> Texts {
    const ALL: &str =
        "Os sinais obrigatórios para a plataforma do usuário não foram enviados em sua totalidade.";
    const ALL_EN: &str = "Not all risk signals that the user's platform obliges to were sent.";
    match operation {
        Some(Operation::Authorise) => texts(
            ("Falta de sinais obrigatórios para a plataforma do usuário.", ALL),
            ("Risk signals that the user's platform obliges to are missing.", ALL_EN),
        ),
        _ => texts((ALL, ALL), (ALL_EN, ALL_EN)),
    }
}

const fn relying_party(operation: Option<Operation>) -> Texts {
    match operation {
        Some(Operation::Registration) => RP_ID_HASH,
        _ => texts(
            (
                "Relying party inválida.",
                "O identificador da Relying Party informado não pode ser verificado.",
            ),
            (
                "Invalid relying party.",
                "The identifier of the Relying Party that was sent cannot be verified.",
            ),
        ),
    }
}

/// The row has one text under two codes.
const RP_ID_HASH: Texts = texts(
    (
        "\"RpIdHash\" não pode ser verificado.",
        "O valor contido no campo response.attestationObject.authData.rpIdHash não pode ser verificado.",
    ),
    (
        "\"RpIdHash\" cannot be verified.",
        "The value of the field response.attestationObject.authData.rpIdHash cannot be verified.",
    ),
);

const fn in_every_operation(code: OpenFinanceCode) -> Texts {
    use OpenFinanceCode::*;
    match code {
        ParametroNaoInformado => texts(
            ("Parâmetro não informado.", "Parâmetro [nome_campo] obrigatório não informado."),
            ("Parameter not sent.", "The required parameter [nome_campo] was not sent."),
        ),
        ParametroInvalido => texts(
            (
                "Parâmetro inválido.",
                "Parâmetro [nome_campo] não obedece as regras de formatação esperadas.",
            ),
            (
                "Invalid parameter.",
                "The parameter [nome_campo] does not follow the expected format rules.",
            ),
        ),
        ErroIdempotencia => texts(
            (
                "Erro idempotência.",
                "Conteúdo da mensagem (claim data) diverge do conteúdo associado a esta chave de idempotência (x-idempotency-key).",
            ),
            (
                "Idempotency error.",
                "The content of the message (claim data) differs from the content that belongs to this idempotency key (x-idempotency-key).",
            ),
        ),
        PermissoesInvalidas => texts(
            (
                "Permissões inválidas.",
                "As permissões associadas ao vínculo de conta não contêm \"PAYMENTS_INITIATE\" ou contêm valores não suportados para esta operação.",
            ),
            (
                "Invalid permissions.",
                "The permissions of the enrollment do not contain \"PAYMENTS_INITIATE\", or contain values that this operation does not support.",
            ),
        ),
        ContaInvalida => texts(
            (
                "Conta inválida.",
                "A conta informada inexiste ou não é compatível com o fluxo de não-redirecionamento.",
            ),
            (
                "Invalid account.",
                "The account that was sent does not exist, or does not fit the flow without redirection.",
            ),
        ),
        StatusInvalido => texts(
            ("Status inválido.", "O status do vínculo de conta não permite cancelamento."),
            ("Invalid status.", "The status of the enrollment does not allow it to be cancelled."),
        ),
        MotivoRejeicao => texts(
            (
                "Motivo de rejeição não especificado.",
                "A rejeição do vínculo de conta deve estar associada a um motivo de rejeição.",
            ),
            (
                "Reason of rejection not specified.",
                "The rejection of an enrollment must have a reason of rejection.",
            ),
        ),
        RejeitadoOutroSemDetalhes => texts(
            (
                "O campo additionalInformation é obrigatório.",
                "O uso do motivo REJEITADO_OUTRO, deve estar acompanhado de descrição (additionalInformation).",
            ),
            (
                "The field additionalInformation is required.",
                "The reason REJEITADO_OUTRO must come with a description (additionalInformation).",
            ),
        ),
        MotivoRevogacao => texts(
            (
                "Motivo de revogação não especificado.",
                "A revogação do vínculo de conta deve estar associada a um motivo de revogação.",
            ),
            (
                "Reason of revocation not specified.",
                "The revocation of an enrollment must have a reason of revocation.",
            ),
        ),
        // The published detail has no full stop.
        RevogadoOutroSemDetalhes => texts(
            (
                "O campo additionalInformation é obrigatório.",
                "O uso do motivo REVOGADO_OUTRO deve estar acompanhado de descrição (additionalInformation)",
            ),
            (
                "The field additionalInformation is required.",
                "The reason REVOGADO_OUTRO must come with a description (additionalInformation).",
            ),
        ),
        StatusVinculoInvalido => enrollment_status(None),
        FaltamSinaisObrigatoriosDaPlataforma => missing_signals(None),
        RpInvalida => relying_party(None),
        StatusConsentimentoInvalido => consent_status(None),
        // The code is published with 2.2, its texts are not: both languages are ours.
        MaximoChallengesAtingido => texts(
            (
                "Máximo de challenges atingido.",
                "Já existe um challenge para este vínculo de conta; outro não pode ser gerado com uma nova chave de idempotência (x-idempotency-key).",
            ),
            (
                "Maximum of challenges reached.",
                "This enrollment already has a challenge; another cannot be made under a new idempotency key (x-idempotency-key).",
            ),
        ),
        OrigemFidoInvalida => texts(
            (
                "\"Origin\" não pode ser verificada.",
                "O valor contido no campo response.clientDataJSON.origin não pode ser verificado.",
            ),
            (
                "\"Origin\" cannot be verified.",
                "The value of the field response.clientDataJSON.origin cannot be verified.",
            ),
        ),
        RpIdHashInvalido => RP_ID_HASH,
        ChallengeInvalido => texts(
            (
                "Challenge inválido.",
                "O campo response.clientDataJSON.challenge possui valor codificado diferente do valor gerado pelo servidor.",
            ),
            (
                "Invalid challenge.",
                "The encoded value of the field response.clientDataJSON.challenge differs from the value that the server made.",
            ),
        ),
        PublicKeyInvalida => texts(
            (
                "Chave pública inválida.",
                "A chave pública enviada é incompatível com as definições do servidor FIDO2.",
            ),
            (
                "Invalid public key.",
                "The public key that was sent does not fit the definitions of the FIDO2 server.",
            ),
        ),
        ExtensionInvalida => texts(
            (
                "Extensões inválidas.",
                "As extensões extraídas são incompatíveis com as diretrizes de segurança do servidor FIDO2.",
            ),
            (
                "Invalid extensions.",
                "The extensions that were found do not fit the security guidelines of the FIDO2 server.",
            ),
        ),
        // The code is published with 2.2, its texts are not: both languages are ours.
        PermissaoInvalidaVinculoConsentimento => texts(
            (
                "Permissão do vínculo inválida para o consentimento.",
                "O vínculo de conta não possui a permissão exigida pelo consentimento (RECURRING_PAYMENTS_INITIATE).",
            ),
            (
                "The enrollment lacks a permission for the consent.",
                "The enrollment does not have the permission that the consent requires (RECURRING_PAYMENTS_INITIATE).",
            ),
        ),
        Risco => {
            const RISK: &str =
                "Validação síncrona dos sinais de risco impediram a ativação do consentimento.";
            const RISK_EN: &str = "The immediate validation of the risk signals kept the consent from being activated.";
            texts((RISK, RISK), (RISK_EN, RISK_EN))
        }
        ContaDebitoDivergenteConsentimentoVinculo => {
            const ACCOUNT: &str = "A conta de débito informada pelo iniciador não condiz com a conta de débito vinculada ao dispositivo.";
            const ACCOUNT_EN: &str = "The debtor account sent by the initiator is not the debtor account that is bound to the device.";
            texts((ACCOUNT, ACCOUNT), (ACCOUNT_EN, ACCOUNT_EN))
        }
        CorpoInvalido => texts(
            (
                "Corpo inválido.",
                "O corpo da requisição não é um único objeto JSON, em UTF-8 e sem membros duplicados.",
            ),
            (
                "Invalid body.",
                "The body of the request is not one JSON object, in UTF-8 and without duplicate members.",
            ),
        ),
        NaoAutenticado => texts(
            ("Não autenticado.", "A credencial do chamador está ausente ou não é válida."),
            ("Not authenticated.", "The credential of the caller is missing or not valid."),
        ),
        NaoPermitido => texts(
            ("Não permitido.", "O chamador não tem permissão para esta operação."),
            ("Not permitted.", "The caller has no permission for this operation."),
        ),
        NaoEncontrado => texts(
            ("Não encontrado.", "O recurso solicitado não existe."),
            ("Not found.", "The requested resource does not exist."),
        ),
        MetodoNaoPermitido => texts(
            ("Método não permitido.", "O recurso não aceita este método HTTP."),
            ("Method not allowed.", "The resource does not take this HTTP method."),
        ),
        RequisicaoRepetida => texts(
            (
                "Requisição repetida.",
                "Uma requisição idêntica já foi recebida e está bloqueada pela proteção contra repetição.",
            ),
            (
                "Repeated request.",
                "An identical request was received before and is blocked by the replay protection.",
            ),
        ),
        RequisicaoEmAndamento => texts(
            (
                "Requisição em andamento.",
                "A primeira requisição com esta chave de idempotência (x-idempotency-key) ainda está em andamento.",
            ),
            (
                "Request in progress.",
                "The first request under this idempotency key (x-idempotency-key) is still in progress.",
            ),
        ),
        CorpoGrandeDemais => texts(
            ("Corpo grande demais.", "O corpo da requisição é maior que o limite."),
            ("Body too large.", "The body of the request is larger than the limit."),
        ),
        TipoDeConteudoInvalido => texts(
            ("Tipo de conteúdo inválido.", "O corpo da requisição deve ser application/json."),
            ("Invalid content type.", "The body of the request must be application/json."),
        ),
        LimiteDeRequisicoes => texts(
            ("Limite de requisições atingido.", "Aguarde antes de tentar novamente."),
            ("Limit of requests reached.", "Wait before you try again."),
        ),
        ErroInterno => texts(
            ("Erro interno.", "Ocorreu um erro inesperado ao processar a requisição."),
            ("Internal error.", "An unexpected error occurred while the request was processed."),
        ),
        ServicoIndisponivel => texts(
            (
                "Serviço indisponível.",
                "O serviço está temporariamente indisponível; tente novamente.",
            ),
            ("Service unavailable.", "The service is unavailable for the moment; try again."),
        ),
    }
}
