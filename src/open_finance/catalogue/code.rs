use serde::{Deserialize, Serialize};

/// The version of the Enrollments contract, which decides which codes there are and what the
/// platform of the user obliges to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ContractVersion {
    /// Enrollments 2.1.0.
    #[default]
    #[serde(rename = "2.1")]
    V2_1,
    /// Enrollments 2.2.0.
    #[serde(rename = "2.2")]
    V2_2,
}

/// Declares the codes with their wire forms and the HTTP status under which each is answered.
macro_rules! codes {
    ($($(#[$meta:meta])* $name:ident $code:literal $status:literal;)+) => {
        /// A code of a refusal under `/open-finance`.
        ///
        /// Those with status 422 are published in the Open Finance Brasil Enrollments contract. For
        /// all other statuses nothing is published, and the codes are ours.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum OpenFinanceCode {
            $($(#[$meta])* #[serde(rename = $code)] $name,)+
        }

        impl OpenFinanceCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The code as it stands on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// The HTTP status under which the code is answered. The two codes about parameters
            /// are 422 in a body and 400 in a header or a query.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status),+ }
            }
        }
    };
}

codes! {
    /// A required member is missing.
    ParametroNaoInformado "PARAMETRO_NAO_INFORMADO" 422;
    /// A member does not have its form.
    ParametroInvalido "PARAMETRO_INVALIDO" 422;
    /// The idempotency key was used with other data.
    ErroIdempotencia "ERRO_IDEMPOTENCIA" 422;
    /// The permissions of an enrollment lack payments, or have what is not known.
    PermissoesInvalidas "PERMISSOES_INVALIDAS" 422;
    /// The account does not exist, or is not for this journey.
    ContaInvalida "CONTA_INVALIDA" 422;
    /// The enrollment is final and cannot be cancelled.
    StatusInvalido "STATUS_INVALIDO" 422;
    /// A rejection without its reason.
    MotivoRejeicao "MOTIVO_REJEICAO" 422;
    /// The other reason of a rejection without its description.
    RejeitadoOutroSemDetalhes "REJEITADO_OUTRO_SEM_DETALHES" 422;
    /// A revocation without its reason.
    MotivoRevogacao "MOTIVO_REVOGACAO" 422;
    /// The other reason of a revocation without its description.
    RevogadoOutroSemDetalhes "REVOGADO_OUTRO_SEM_DETALHES" 422;
    /// The state of the enrollment does not allow the operation.
    StatusVinculoInvalido "STATUS_VINCULO_INVALIDO" 422;
    /// A risk signal that the platform of the user obliges to is missing.
    FaltamSinaisObrigatoriosDaPlataforma "FALTAM_SINAIS_OBRIGATORIOS_DA_PLATAFORMA" 422;
    /// The relying party is not the one that is registered; in 2.2 the RP ID hash as well.
    RpInvalida "RP_INVALIDA" 422;
    /// 2.2: a second challenge for one enrollment was asked for under another idempotency key.
    MaximoChallengesAtingido "MAXIMO_CHALLENGES_ATINGIDO" 422;
    /// The origin is not registered.
    OrigemFidoInvalida "ORIGEM_FIDO_INVALIDA" 422;
    /// The RP ID hash, as the enumeration of 2.1.0 calls it.
    RpIdHashInvalido "RP_ID_HASH_INVALIDO" 422;
    /// The challenge is not the one that was issued.
    ChallengeInvalido "CHALLENGE_INVALIDO" 422;
    /// The public key, or the evidence for it, was not accepted.
    PublicKeyInvalida "PUBLIC_KEY_INVALIDA" 422;
    /// Extension outputs were not accepted.
    ExtensionInvalida "EXTENSION_INVALIDA" 422;
    /// The state of the consent does not allow the operation.
    StatusConsentimentoInvalido "STATUS_CONSENTIMENTO_INVALIDO" 422;
    /// 2.2: the enrollment lacks the permission that the consent needs.
    PermissaoInvalidaVinculoConsentimento "PERMISSAO_INVALIDA_VINCULO_CONSENTIMENTO" 422;
    /// The assertion, or the risk, was not accepted.
    Risco "RISCO" 422;
    /// The payer's account is not the one that the device is bound to.
    ContaDebitoDivergenteConsentimentoVinculo "CONTA_DEBITO_DIVERGENTE_CONSENTIMENTO_VINCULO" 422;
    /// Ours: the body is not one JSON object without duplicates, or is cut.
    CorpoInvalido "CORPO_INVALIDO" 400;
    /// Ours: no caller, or an unknown, expired or revoked one.
    NaoAutenticado "NAO_AUTENTICADO" 401;
    /// Ours: the caller is known and may not do this, for this product or user.
    NaoPermitido "NAO_PERMITIDO" 403;
    /// Ours: there is no such object, or it is somebody else's.
    NaoEncontrado "NAO_ENCONTRADO" 404;
    /// Ours: the path does not know the method.
    MetodoNaoPermitido "METODO_NAO_PERMITIDO" 405;
    /// Ours: the request is one that was taken before, and the replay protection blocks it.
    RequisicaoRepetida "REQUISICAO_REPETIDA" 409;
    /// Ours: the first request under this idempotency key is still being worked on.
    RequisicaoEmAndamento "REQUISICAO_EM_ANDAMENTO" 409;
    /// Ours: the body is larger than the limit.
    CorpoGrandeDemais "CORPO_GRANDE_DEMAIS" 413;
    /// Ours: the body is not `application/json`.
    TipoDeConteudoInvalido "TIPO_DE_CONTEUDO_INVALIDO" 415;
    /// Ours: too many requests.
    LimiteDeRequisicoes "LIMITE_DE_REQUISICOES" 429;
    /// Ours: an unexpected fault.
    ErroInterno "ERRO_INTERNO" 500;
    /// Ours: a part that is needed does not answer.
    ServicoIndisponivel "SERVICO_INDISPONIVEL" 503;
}

impl OpenFinanceCode {
    /// The code that stands so on the wire, of either version of the contract.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}
