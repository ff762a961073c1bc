//! Reading the members of a body, each into the refusal that the contract has for it; and what a
//! response that could not be read, or was not accepted, is refused with.

use super::{ContractVersion, OpenFinanceCode, Operation, Refusal, open_finance_code};
use crate::encoding::json::Json;
use crate::verdict::{Cause, Ceremony, CheckId, Failure, Fault};
use crate::webauthn::envelope::parse;

/// A JSON object whose members are read one by one, each by the name that a refusal shows.
///
/// The text is strict JSON without duplicates, types are as published. A member that is `null` is
/// missing.
pub(super) struct Body<'a>(&'a Json<'a>);

/// Parses a body; what is not one JSON object is 400, because 422 speaks of members.
pub(super) fn read(text: &[u8]) -> Result<Json<'_>, Refusal> {
    let object =
        parse(text, REQUEST).map_err(|failure| unreadable(&failure, WireForm::OpenFinance))?;
    match object {
        Json::Object(_) => Ok(object),
        _ => Err(Refusal::plain(OpenFinanceCode::CorpoInvalido)),
    }
}

impl<'a> Body<'a> {
    pub(super) const fn new(object: &'a Json<'a>) -> Self {
        Self(object)
    }

    pub(super) fn object(&self, name: &'static str) -> Result<Option<Self>, Refusal> {
        match self.present(name) {
            None => Ok(None),
            Some(value @ Json::Object(_)) => Ok(Some(Self(value))),
            Some(_) => Err(Refusal::invalid(name)),
        }
    }

    pub(super) fn required_object(&self, name: &'static str) -> Result<Self, Refusal> {
        self.object(name)?.ok_or(Refusal::missing(name))
    }

    pub(super) fn text(&self, name: &'static str) -> Result<Option<&'a str>, Refusal> {
        match self.present(name) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::invalid(name)),
        }
    }

    pub(super) fn required_text(&self, name: &'static str) -> Result<&'a str, Refusal> {
        self.text(name)?.ok_or(Refusal::missing(name))
    }

    pub(super) fn boolean(&self, name: &'static str) -> Result<Option<bool>, Refusal> {
        match self.present(name) {
            None => Ok(None),
            Some(value) => value.boolean().map(Some).ok_or(Refusal::invalid(name)),
        }
    }

    pub(super) fn required_texts(&self, name: &'static str) -> Result<Vec<&'a str>, Refusal> {
        let value = self.present(name).ok_or(Refusal::missing(name))?;
        let items = value.array().ok_or(Refusal::invalid(name))?;
        items.iter().map(|item| item.string().ok_or(Refusal::invalid(name))).collect()
    }

    /// Refuses a member that is not one of these: a misspelt optional member would otherwise be
    /// passed over in silence.
    pub(super) fn only(&self, names: &[&str]) -> Result<(), Refusal> {
        let members = self.0.object().unwrap_or_default();
        if members.iter().all(|(name, _)| names.contains(&&**name)) {
            Ok(())
        } else {
            Err(Refusal::invalid(REQUEST))
        }
    }

    fn present(&self, name: &str) -> Option<&'a Json<'a>> {
        self.0.member(name).filter(|value| **value != Json::Null)
    }
}

/// Why the envelope of a response could not be read (EN-1 to EN-5), in the contract's codes.
pub(super) fn unreadable(failure: &Failure, form: WireForm) -> Refusal {
    if let Cause::Malformed(malformed) = &failure.cause
        && malformed.item == REQUEST
    {
        return Refusal::plain(match malformed.fault {
            Fault::TooLarge => OpenFinanceCode::CorpoGrandeDemais,
            _ => OpenFinanceCode::CorpoInvalido,
        });
    }
    let code = open_finance_code(failure, Ceremony::Registration, ContractVersion::V2_1);
    Refusal::plain(code).about(member(failure, form).unwrap_or(REQUEST))
}

/// Why a response was not accepted, in the words of the operation's table.
pub(super) fn not_accepted(
    failure: &Failure,
    operation: Operation,
    version: ContractVersion,
    form: WireForm,
) -> Refusal {
    let ceremony = match operation {
        Operation::Authorise => Ceremony::Authentication,
        _ => Ceremony::Registration,
    };
    let refusal = Refusal::of(operation, open_finance_code(failure, ceremony, version));
    match member(failure, form) {
        Some(member) => refusal.about(member),
        None => refusal,
    }
}

/// Which names the members of a response had on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireForm {
    /// `device_credential_*`.
    DeviceCredential,
    /// The names of Open Finance Brasil, which are those of the Recommendation.
    OpenFinance,
}

/// The member that a failure is about.
fn member(failure: &Failure, form: WireForm) -> Option<&'static str> {
    use CheckId::{Cd1, Cd2, Cd5, En1, En2, En3, En4, En5, X1, X3, X8, X10};
    let names = match form {
        WireForm::DeviceCredential => [
            "device_credential_id",
            "device_credential_raw_id",
            "device_credential_type",
            "device_credential_client_data_json",
            "device_credential_attestation_object",
        ],
        WireForm::OpenFinance => ["id", "rawId", "type", "clientDataJSON", "attestationObject"],
    };
    let [id, raw_id, kind, client_data, attestation] = names;
    match (failure.check, &failure.cause) {
        (En1 | En2 | En3, Cause::Malformed(malformed)) => Some(malformed.item),
        (En4, _) => Some(raw_id),
        (En5, _) => Some(kind),
        (Cd1 | Cd2 | Cd5, _) => Some(client_data),
        (X1 | X3 | X10, _) => Some(attestation),
        (X8, _) => Some(id),
        _ => None,
    }
}

/// What the envelope's reader calls the whole body.
const REQUEST: &str = "request";
