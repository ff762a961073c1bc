//! The published errors of the device and TED pages, text by text.

use core::fmt;

use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::encoding::json::Json;
use crate::flow::Uuid4;

/// Declares the codes with their HTTP status and texts.
macro_rules! published {
    ($($(#[$meta:meta])* $name:ident $status:literal $code:literal $title:literal
        $description:literal $translation:literal;)+) => {
        /// A code of the published tables, or one of our own where the pages have none.
        ///
        /// Texts are as published, faults of spelling included, since callers compare them. Codes
        /// that begin with `QIT`, `OBD` and `TED` are published ("Request Device Creation",
        /// "Request token resend", "Approve device creation", "Disable device", "Approve TED with
        /// Two-Factor Authentication", "Tabela de Erros para Ted"); those with `LIV`, `LIM`, `RCK`
        /// and `POL` are ours.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum PublishedCode {
            $($(#[$meta])* $name,)+
        }

        impl PublishedCode {
            /// Every code, published ones first.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The code as it stands on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// The HTTP status it is answered with.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status),+ }
            }

            /// The title.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title),+ }
            }

            /// The English text, placeholders in braces.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self { $(Self::$name => $description),+ }
            }

            /// The Portuguese text, placeholders in braces.
            #[must_use]
            pub const fn translation(self) -> &'static str {
                match self { $(Self::$name => $translation),+ }
            }
        }
    };
}

published! {
    /// The body or the path does not fit the schema. The general table of TED words it
    /// otherwise ("schema error description"); the pages of the single endpoints agree on this.
    SchemaError 400 "QIT000001" "Bad Request"
        "Schema Error"
        "Erro de Schema";
    /// Something failed that is not the caller's doing.
    InternalError 500 "QIT000500" "Internal Error"
        "An internal error has occurred and its being investigated."
        "Um erro interno aconteceu e está sendo investigado";
    /// The account of a device is not known.
    BankAccountNotFound 404 "OBD000002" "Not Found"
        "Bank account not found"
        "Conta não encontrada";
    /// The account is blocked or closed.
    AccountBlockedOrClosed 400 "OBD000088" "Bad Request"
        "Account blocked or closed can not perform this action"
        "A conta bloqueada ou fechada não pode executar esta ação";
    /// The account is a hub account.
    HubAccount 400 "OBD000089" "Bad Request"
        "Hub account can not perform this action"
        "A conta hub não pode executar esta ação";
    /// The document number is not that of an approver of the account. The stray word at the end
    /// of the English text is published.
    NotAnApprover 403 "OBD000090" "No approver permission"
        "Given document number does not belong to an approver for this account string"
        "Número de documento enviado não pertence a um aprovador da conta";
    /// `tfa_info` is missing.
    TfaInfoRequired 400 "OBD000091" "tfa_info is required"
        "Client must send object tfa_info"
        "Cliente deve enviar objeto tfa_info.";
    /// `session_id` or `device_key` is no UUID of version 4, or the device key was used before.
    InvalidDeviceInfo 400 "OBD000092" "Invalid device info"
        "Session ID and Device Key must be a valid UUID4"
        "A Session ID e o Device Key devem ser um UUID4 válidos";
    /// The requester is not configured.
    RequesterConfigurationNotFound 404 "OBD000093" "Requester Configuration not found"
        "There is no Requester Configuration attributed to requester_key"
        "Não há Requester Configuration para a requester_key enviada";
    /// The requester may not create devices.
    RequesterNotAllowed 403 "OBD000094" "Requester not allowed to create a device"
        "Requester has no permission to create a device"
        "Requester não possui permissão para criar um dispositivo";
    /// The code could not be delivered. The misspelling in the Portuguese text is published.
    TokenNotSent 400 "OBD000097" "Error occurred while sending token"
        "An unexpected error occurred while sending token"
        "Um erro inexperado ocorreu ao tentar enviar token";
    /// All attempts for the device are spent.
    DeviceAttemptsExceeded 400 "OBD000099" "Number of token validation attempts exceeded"
        "The maximum number of failed token validation attempts has been reached"
        "Número máximo de tentativas de validação de token atingida";
    /// The device is not known, or is not in a state in which there is anything to validate,
    /// resend or disable.
    DeviceNotFound 404 "OBD000100" "Device not found"
        "No device is associated with the provided device_key."
        "Nenhum dispositivo está associado à device_key fornecida.";
    /// The code for the device is wrong or expired. Published with seven digits, one more than
    /// [`DeviceNotFound`](Self::DeviceNotFound): codes are compared as texts.
    DeviceTokenIncorrect 400 "OBD0000100" "Incorrect Token"
        "Token sent does not match expected"
        "Token enviado não condiz com, o esperado";
    /// The account has a fee. Known to the parser alone.
    FeeAlreadyCreated 400 "TED000001" "Bad Request"
        "Account already have a fee created"
        "A conta já tem uma taxa criada";
    /// The account has no fee. Known to the parser alone.
    FeeNotCreated 400 "TED000002" "Bad Request"
        "Fee not already created"
        "Taxa ainda não criada";
    /// The agent may not add an institution. Known to the parser alone.
    AgentMayNotAddInstitution 403 "TED000003" "Unauthorized"
        "This agent can not add a financial institution."
        "Este agente não pode adicionar uma instituição financeira.";
    /// A key was used twice; `{msg}` is filled in by the bank. Known to the parser alone.
    CockpitKeyNotUnique 400 "TED000004" "Bad Request"
        "The cockpit_key must be unique (error raised on commit: {msg})"
        "A cockpit_key deve ser exclusiva (erro gerado no commit: {msg})";
    /// A transaction code is not implemented. Known to the parser alone.
    TransactionCodeNotImplemented 400 "TED000005" "Bad Request"
        "Event for the provided transaction_code not implemented"
        "Evento para a transaction_code fornecida não implementado";
    /// The account of the payee does not exist. Known to the parser alone.
    TargetAccountNotFound 404 "TED000006" "Target account Not Found"
        "Target account was not found for given parameters"
        "Conta destino não encontrada para os parâmetros informados";
    /// A related account is missing. Known to the parser alone.
    RelatedAccountKeyRequired 400 "TED000007" "Bad Request"
        "A related_account_key must be provided"
        "Uma chave related_account_key deve ser fornecida";
    /// The related account does not exist. Known to the parser alone.
    RelatedAccountNotFound 404 "TED000008" "Not Found"
        "No related_account found"
        "Nenhuma conta relacionada encontrada";
    /// The account of a transfer is not known; `{account_key}` is filled in. One page titles it
    /// "Account not found", the other as here.
    TransferAccountNotFound 404 "TED000009" "Not Found"
        "Account not found for the given key: {account_key}"
        "Conta não encontrada para a chave fornecida: {account_key}";
    /// The account is registered. Known to the parser alone.
    AccountAlreadyRegistered 400 "TED000010" "Bad Request"
        "Account already registered"
        "Conta já registrada";
    /// No TED is taken at this day or hour. Known to the parser alone.
    OutsideTransferWindow 400 "TED000011" "Bad Request"
        "Wrong day/time for TED"
        "Dia/hora incorretos para a TED";
    /// The payee's account number is too long. Known to the parser alone.
    TargetAccountNumberTooLong 400 "TED000012" "Bad Request"
        "The target's length of the account + account_digit cannot be larger than 21"
        "O número de digitos na conta de destino + digito não pode ser maior que 21";
    /// The payer's account does not exist. Known to the parser alone; its Portuguese text could
    /// not be read to the end and is ours.
    SourceAccountNotFound 400 "TED000013" "Bad Request"
        "Unable to find source_account_key's account"
        "Não foi possível encontrar a conta da source_account_key";
    /// The account belongs to another agent. Published for scheduled transfers; known to the
    /// parser alone.
    AccountOfAnotherAgent 403 "TED000018" "Unauthorized"
        "Provided account not owned by SELECTED_AGENT"
        "Conta fornecida não pertencente ao SELECTED_AGENT";
    /// The transfer is not known.
    TransferNotFound 404 "TED000020" "Not Found"
        "Ted was not found for the given parameters."
        "Ted não encontrada para os parâmetros fornecidos.";
    /// All attempts for the transfer are spent.
    TransferAttemptsExceeded 400 "TED000082" "Number of token validation attempts exceeded"
        "The maximum number of failed token validation attempts has been reached"
        "Número máximo de tentativas de validação de token atingida";
    /// The code for the transfer is older than five minutes.
    TransferTokenExpired 400 "TED000083" "Token Expired"
        "Token has expired. Resend token or recreate transfer"
        "Token expirado. Reenvie token ou recrie a transferência";
    /// The code for the transfer is wrong.
    TransferTokenIncorrect 400 "TED000084" "Incorrect Token"
        "Token sent does not match expected"
        "Token enviado não condiz com, o esperado";
    /// The transfer does not wait for approval.
    TransferNotPending 404 "TED000086" "Invalid Status"
        "Ted not in pending_2fa_approval status"
        "Ted não está pendente de aprovação por autenticação de dois fatores";
    /// The transfer is approved by a code, and none was sent.
    TransferTokenRequired 400 "TED000110" "Token Required"
        "A token is required for SMS or email validation."
        "Um token é necessário para validação via SMS ou email.";
    /// The liveness result was refused or did not approve. Ours: the pages publish no code for
    /// it.
    LivenessNotApproved 400 "LIV000001" "Liveness not approved"
        "The liveness result does not approve this device"
        "O resultado da prova de vida não aprova este dispositivo";
    /// The cap of codes sent to one approver. Ours.
    ApproverCodesExceeded 429 "LIM000001" "Too many codes"
        "Too many codes were sent to this approver in the last 24 hours"
        "Códigos demais foram enviados a este aprovador nas últimas 24 horas";
    /// The cap of attempts for one approver. Ours.
    ApproverAttemptsExceeded 429 "LIM000002" "Too many attempts"
        "Too many codes were tried for this approver in the last 24 hours"
        "Códigos demais foram testados para este aprovador nas últimas 24 horas";
    /// The caps of resends for one object: their number, and the time between them. Ours.
    ResendTooSoon 429 "LIM000003" "Too many resends"
        "This code was sent again too often or too soon"
        "Este código foi reenviado vezes demais ou cedo demais";
    /// The budget over all approvers. Ours.
    BudgetExceeded 429 "LIM000004" "Too many requests"
        "No more codes can be sent or tried at the moment"
        "No momento não é possível enviar nem testar mais códigos";
    /// The amount is above what may be moved at once without a registered device. Ours.
    UnregisteredTransactionLimit 403 "LIM000005" "Device not registered"
        "The amount is above the limit for a device that is not registered. Register the device and approve the transfer with it"
        "O valor está acima do limite para um dispositivo não cadastrado. Cadastre o dispositivo e aprove a transferência com ele";
    /// The amount is above what may be moved in a day without a registered device. Ours.
    UnregisteredDayLimit 403 "LIM000006" "Device not registered"
        "The amount is above the daily limit for devices that are not registered. Register the device and approve the transfer with it"
        "O valor está acima do limite diário para dispositivos não cadastrados. Cadastre o dispositivo e aprove a transferência com ele";
    /// The client used its key for a transfer before. Ours: the rows that could be read have a code
    /// for another key alone.
    RequestControlKeyUsed 409 "RCK000001" "Conflict"
        "The request_control_key was used before"
        "A request_control_key já foi utilizada";
    /// The contact type is switched off by the bank's policy. Ours.
    ContactTypeNotAllowed 403 "POL000001" "Contact type not allowed"
        "The contact type is not allowed by the policy of this bank"
        "O tipo de contato não é permitido pela política deste banco";
}

impl PublishedCode {
    /// The code that is written exactly so. Never compared as a number: `OBD000100` and
    /// `OBD0000100` are two codes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }

    /// Whether the pages have no such code, so that it is this project's.
    #[must_use]
    pub fn is_ours(self) -> bool {
        ["LIV", "LIM", "RCK", "POL"].iter().any(|family| self.as_str().starts_with(family))
    }
}

impl fmt::Display for PublishedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for PublishedCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for PublishedCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a published code"))
    }
}

/// An error as it is answered: a code with its texts filled in, and what a rejected transfer adds.
///
/// It serialises to the published body,
/// `{"title", "description", "translation", "code", "extra_fields": {}}`.
#[derive(Clone, PartialEq, Eq)]
pub struct PublishedError {
    code: PublishedCode,
    title: String,
    description: String,
    translation: String,
    extra_fields: Map<String, Value>,
}

impl PublishedError {
    /// The error of a code, with empty `extra_fields`. Where the text has a placeholder, use
    /// [`with`](Self::with).
    #[must_use]
    pub fn new(code: PublishedCode) -> Self {
        Self {
            code,
            title: code.title().to_owned(),
            description: code.description().to_owned(),
            translation: code.translation().to_owned(),
            extra_fields: Map::new(),
        }
    }

    /// [`TransferAccountNotFound`](PublishedCode::TransferAccountNotFound), the account filled in.
    #[must_use]
    pub fn transfer_account_not_found(account_key: Uuid4) -> Self {
        Self::new(PublishedCode::TransferAccountNotFound)
            .with("account_key", &account_key.to_string())
    }

    /// Fills a placeholder in, in both languages.
    #[must_use]
    pub fn with(mut self, placeholder: &str, value: &str) -> Self {
        let placeholder = format!("{{{placeholder}}}");
        self.description = self.description.replace(&placeholder, value);
        self.translation = self.translation.replace(&placeholder, value);
        self
    }

    /// Adds `extra_fields.ted_data`: the transfer as it stands after it was rejected.
    #[must_use]
    pub fn with_ted_data(mut self, ted_data: Value) -> Self {
        self.extra_fields.insert("ted_data".to_owned(), ted_data);
        self
    }

    /// Reads an error body. `None` when it is no such body, or its code is none of
    /// [`PublishedCode::ALL`]. The texts are those that were received.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let body = Json::read(body, "error body").ok()?;
        let text = |name| body.member(name).and_then(Json::string);
        let extra_fields = match body.member("extra_fields").map(Json::to_value) {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(members)) => members,
            Some(_) => return None,
        };
        Some(Self {
            code: PublishedCode::parse(text("code")?)?,
            title: text("title")?.to_owned(),
            description: text("description")?.to_owned(),
            translation: text("translation")?.to_owned(),
            extra_fields,
        })
    }

    /// The code.
    #[must_use]
    pub const fn code(&self) -> PublishedCode {
        self.code
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.code.status()
    }

    /// The title.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The English text.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The Portuguese text.
    #[must_use]
    pub fn translation(&self) -> &str {
        &self.translation
    }

    /// `extra_fields.ted_data`, when a transfer was rejected.
    #[must_use]
    pub fn ted_data(&self) -> Option<&Value> {
        self.extra_fields.get("ted_data")
    }
}

impl From<PublishedCode> for PublishedError {
    fn from(code: PublishedCode) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for PublishedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.code.description())
    }
}

/// Prints the code alone: the texts and fields of a received error can hold anything.
impl fmt::Debug for PublishedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublishedError({})", self.code)
    }
}

impl core::error::Error for PublishedError {}

impl Serialize for PublishedError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_map(Some(5))?;
        body.serialize_entry("title", &self.title)?;
        body.serialize_entry("description", &self.description)?;
        body.serialize_entry("translation", &self.translation)?;
        body.serialize_entry("code", &self.code)?;
        body.serialize_entry("extra_fields", &self.extra_fields)?;
        body.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_compared_as_texts() {
        for code in PublishedCode::ALL {
            assert_eq!(PublishedCode::parse(code.as_str()), Some(*code));
            assert!(!code.title().is_empty() && code.description() != code.translation());
        }
        assert_eq!(PublishedCode::parse("OBD000100"), Some(PublishedCode::DeviceNotFound));
        assert_eq!(PublishedCode::parse("OBD0000100"), Some(PublishedCode::DeviceTokenIncorrect));
        for unassigned in ["OBD100", "obd000100", "OBD000095", "OBD000096", "OBD000098", ""] {
            assert_eq!(PublishedCode::parse(unassigned), None);
        }
    }

    #[test]
    fn every_body_comes_back_from_the_parser() {
        for code in PublishedCode::ALL {
            let error = PublishedError::from(*code);
            let body = serde_json::to_vec(&error).unwrap();
            assert_eq!(PublishedError::parse(&body), Some(error));
        }
    }

    #[test]
    fn a_body_is_as_published() {
        let account_key = Uuid4::parse("2db36e1a-68a1-4d7b-9f4d-6d3b60e2c0d1").unwrap();
        let error = PublishedError::transfer_account_not_found(account_key);
        assert_eq!(
            serde_json::to_string(&error).unwrap(),
            "{\"title\":\"Not Found\",\"description\":\"Account not found for the given key: \
             2db36e1a-68a1-4d7b-9f4d-6d3b60e2c0d1\",\"translation\":\"Conta não encontrada para a \
             chave fornecida: 2db36e1a-68a1-4d7b-9f4d-6d3b60e2c0d1\",\"code\":\"TED000009\",\
             \"extra_fields\":{}}",
        );
    }

    #[test]
    fn what_is_no_error_body_is_not_read() {
        for refused in [
            r#"{"title":"","description":"","translation":"","code":"OBD999999"}"#,
            r#"{"title":"","description":"","translation":"","code":100}"#,
            r#"{"title":"","description":"","code":"OBD000100"}"#,
            r#"{"title":"","description":"","translation":"","code":"OBD000100","extra_fields":1}"#,
            r#"{"title":"","description":"","translation":"","code":"OBD000100","code":"OBD000100"}"#,
            "",
            "[]",
        ] {
            assert_eq!(PublishedError::parse(refused.as_bytes()), None, "{refused}");
        }
    }
}
