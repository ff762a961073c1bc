//! The codes of refusals under `/open-finance`, with their texts: the seven 422 tables of the Open
//! Finance Brasil Enrollments contract, and what we answer where no table is published.
//!
//! The Portuguese of a published row is verbatim. The contract has no English: it is ours.

mod code;
mod refusal;
mod texts;

pub use code::{ContractVersion, OpenFinanceCode};
pub use refusal::{ErrorBody, ErrorEntry, ErrorMeta, Refusal};
pub use texts::Texts;

use serde::{Deserialize, Serialize};

/// The operation that a refusal answers: each has a 422 table of its own, and one code can have
/// another text in another table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Operation {
    /// `POST /enrollments`.
    CreateEnrollment,
    /// `PATCH /enrollments/{enrollmentId}`, which rejects or revokes.
    CancelEnrollment,
    /// `POST /enrollments/{enrollmentId}/risk-signals`.
    RiskSignals,
    /// `POST /enrollments/{enrollmentId}/fido-registration-options`.
    RegistrationOptions,
    /// `POST /enrollments/{enrollmentId}/fido-registration`.
    Registration,
    /// `POST /enrollments/{enrollmentId}/fido-sign-options`.
    SignOptions,
    /// `POST /consents/{consentId}/authorise`.
    Authorise,
}

impl Operation {
    /// Every operation, in the order of the contract.
    pub const ALL: &'static [Self] = &[
        Self::CreateEnrollment,
        Self::CancelEnrollment,
        Self::RiskSignals,
        Self::RegistrationOptions,
        Self::Registration,
        Self::SignOptions,
        Self::Authorise,
    ];

    /// The codes that the contract publishes for the operation, in its order, after the three
    /// that every operation shares. 2.1 writes `RP_ID_HASH_INVALIDO` in the enumeration of
    /// `fido-registration` and `RP_INVALIDA` in its texts; each version lists the one that it sends.
    #[must_use]
    pub fn codes(self, version: ContractVersion) -> Vec<OpenFinanceCode> {
        use OpenFinanceCode::*;
        let later = version == ContractVersion::V2_2;
        let mut codes = vec![ParametroNaoInformado, ParametroInvalido, ErroIdempotencia];
        codes.extend_from_slice(match self {
            Self::CreateEnrollment => &[PermissoesInvalidas, ContaInvalida],
            Self::CancelEnrollment => &[
                StatusInvalido,
                MotivoRejeicao,
                RejeitadoOutroSemDetalhes,
                MotivoRevogacao,
                RevogadoOutroSemDetalhes,
            ],
            Self::RiskSignals => &[StatusVinculoInvalido, FaltamSinaisObrigatoriosDaPlataforma],
            Self::RegistrationOptions => &[RpInvalida, StatusVinculoInvalido],
            Self::Registration => &[
                StatusVinculoInvalido,
                OrigemFidoInvalida,
                ChallengeInvalido,
                PublicKeyInvalida,
                ExtensionInvalida,
            ],
            Self::SignOptions => &[RpInvalida, StatusVinculoInvalido, StatusConsentimentoInvalido],
            Self::Authorise => &[
                StatusVinculoInvalido,
                StatusConsentimentoInvalido,
                Risco,
                FaltamSinaisObrigatoriosDaPlataforma,
                ContaDebitoDivergenteConsentimentoVinculo,
            ],
        });
        match self {
            Self::RegistrationOptions if later => codes.push(MaximoChallengesAtingido),
            Self::Registration => codes.push(if later { RpInvalida } else { RpIdHashInvalido }),
            Self::SignOptions if later => codes.push(PermissaoInvalidaVinculoConsentimento),
            Self::Authorise if later => codes.push(OrigemFidoInvalida),
            _ => {}
        }
        codes
    }
}
