//! Errors: four kinds, each with a stable code and a sentence in either language.

use crate::language::{Language, table};
use crate::verdict::Failure;

table! {
    /// What can go wrong at the border itself.
    Fault {
        Policy "misuse.policy" "the policy cannot be used" "a política não pode ser usada";
        TrustStore "misuse.trust_store" "the trust store cannot be used" "a lista de âncoras de confiança não pode ser usada";
        AndroidStatus "misuse.android_status" "the status list of Android certificates cannot be read" "a lista de status dos certificados Android não pode ser lida";
        Metadata "misuse.metadata" "the FIDO metadata was not accepted" "os metadados FIDO não foram aceitos";
        Origin "misuse.origin" "an expected origin is not one" "uma origem esperada não é válida";
        Challenge "misuse.challenge" "the expected challenge is empty" "o desafio esperado está vazio";
        Time "misuse.time" "the time is outside the years 1970 to 9999" "o horário está fora dos anos 1970 a 9999";
        BackendSetup "misuse.backend" "a key, a cap or a provider of the backend cannot be used" "uma chave, um limite ou um provedor do backend não pode ser usado";
        Stored "misuse.stored" "what was stored is not the state that is expected here" "o que foi armazenado não é o estado esperado aqui";
        Entropy "misuse.entropy" "an event takes 96 random bytes" "um evento usa 96 bytes aleatórios";
        Uuid "misuse.uuid" "a key is no UUID of version 4" "uma chave não é um UUID da versão 4";
        Work "misuse.work" "the work or report is another one, or was used before" "o trabalho ou relatório é outro, ou já foi usado";
        ExpectedApp "misuse.expected_app" "the evidence is of an app, and no app is expected" "a evidência é de um aplicativo, e nenhum aplicativo é esperado";
        Amount "misuse.amount" "an amount of money is not written like 1234.50" "um valor não está escrito como 1234.50";
        Word "misuse.word" "a word is none of the published ones" "uma palavra não é uma das publicadas";
        Namespace "misuse.namespace" "a namespace of URNs is empty" "um namespace de URN está vazio";
        Account "misuse.account" "the account is not one that payments are made from" "a conta não é uma de onde se paga";
        Document "misuse.document" "a document number is not that of a person" "um número de documento não é de uma pessoa";
        CodeForm "malformed.code" "a code is six letters or digits" "um código tem seis letras ou dígitos";
        ErrorBody "malformed.error_body" "the body is no error of the published catalogue" "o corpo não é um erro do catálogo publicado";
        Evidence "malformed.evidence" "the evidence of the device cannot be read" "a evidência do dispositivo não pode ser lida";
        Json "malformed.json" "the text is not the JSON that is expected here" "o texto não é o JSON esperado aqui";
        Options "malformed.options" "a member of the options is missing or has another form" "falta um membro das opções ou ele tem outra forma";
        Input "malformed.input" "the bytes are nothing that is known here" "os bytes não são nada conhecido aqui";
        Storage "unavailable.storage" "the storage of the backend did not answer" "o armazenamento do backend não respondeu";
        Internal "internal.panic" "a defect in the library; please report it" "um defeito na biblioteca; por favor, comunique";
    }
}

/// What went wrong, for programs by its code and for people by its texts.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Problem {
    /// A stable code.
    pub code: String,
    /// A sentence in English.
    pub text_en: String,
    /// The same in Brazilian Portuguese.
    pub text_pt: String,
    /// What exactly, where it can be said without showing what was sent: the name of a member, an
    /// anchor or a field.
    pub detail: Option<String>,
    /// Whether the same call may succeed later.
    pub retryable: bool,
}

/// Why a call has no answer. A response that is refused is no error: its verdict says why.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Error)]
pub enum EnrollmentError {
    /// The caller handed over something that can never work: a policy, a trust store, an
    /// expectation.
    Misuse {
        /// What exactly.
        problem: Problem,
    },
    /// What came from outside cannot be read.
    Malformed {
        /// What exactly.
        problem: Problem,
    },
    /// Something that was asked did not answer; later it may.
    Unavailable {
        /// What exactly.
        problem: Problem,
    },
    /// A defect of this library.
    Internal {
        /// What exactly.
        problem: Problem,
    },
}

impl EnrollmentError {
    /// What went wrong.
    #[must_use]
    pub const fn problem(&self) -> &Problem {
        match self {
            Self::Misuse { problem }
            | Self::Malformed { problem }
            | Self::Unavailable { problem }
            | Self::Internal { problem } => problem,
        }
    }
}

impl core::fmt::Display for EnrollmentError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let problem = self.problem();
        write!(f, "{}: {}", problem.code, problem.text_en)?;
        match &problem.detail {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for EnrollmentError {}

impl Fault {
    /// The same with what exactly it was. Only for what the caller configured: what was received
    /// is not repeated.
    pub(super) fn of(self, detail: impl Into<String>) -> EnrollmentError {
        self.error(Some(detail.into()))
    }

    fn error(self, detail: Option<String>) -> EnrollmentError {
        let problem = Problem {
            code: self.code().to_owned(),
            text_en: self.text(Language::EnUs).to_owned(),
            text_pt: self.text(Language::PtBr).to_owned(),
            detail,
            retryable: matches!(self, Self::Storage),
        };
        match self {
            Self::Policy
            | Self::TrustStore
            | Self::AndroidStatus
            | Self::Metadata
            | Self::Origin
            | Self::Challenge
            | Self::Time
            | Self::BackendSetup
            | Self::Stored
            | Self::Entropy
            | Self::Uuid
            | Self::Work
            | Self::ExpectedApp
            | Self::Amount
            | Self::Word
            | Self::Namespace
            | Self::Account
            | Self::Document => EnrollmentError::Misuse { problem },
            Self::CodeForm
            | Self::ErrorBody
            | Self::Evidence
            | Self::Json
            | Self::Options
            | Self::Input => EnrollmentError::Malformed { problem },
            Self::Storage => EnrollmentError::Unavailable { problem },
            Self::Internal => EnrollmentError::Internal { problem },
        }
    }
}

impl From<Fault> for EnrollmentError {
    fn from(fault: Fault) -> Self {
        fault.error(None)
    }
}

/// A request whose envelope cannot be read, where there is no verdict to say so.
impl From<&Failure> for EnrollmentError {
    fn from(failure: &Failure) -> Self {
        Self::Malformed {
            problem: Problem {
                code: failure.code().to_owned(),
                text_en: failure.message(Language::EnUs),
                text_pt: failure.message(Language::PtBr),
                detail: Some(failure.check.as_str().to_owned()),
                retryable: false,
            },
        }
    }
}
