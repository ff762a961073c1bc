//! What the backends have in common: keys and caps, what they look up, and the stored machine.

use super::bytes::Bytes;
use super::confidential::Confidential;
use super::error::{EnrollmentError, Fault};
use super::ports::{CodeChannel, CodeDelivery};
use crate::flow::{Entropy, Stored, Uuid4};
use crate::two_factor::{
    AccountFacts, AccountStanding, Caps, Channel, Code, CodeKey, CodeKeys, Contact, Contacts, Spent,
};

/// A key that the MACs of codes are made with. It lives outside the database.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CodeKeyRecord {
    /// Its name, 1 to 64 visible ASCII characters.
    pub id: String,
    /// 32 to 64 random bytes.
    pub secret: Bytes,
}

/// The account of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum AccountState {
    /// It is not known.
    Unknown,
    /// It can be used.
    Open,
    /// It is a hub account, which holds no devices.
    Hub,
    /// It is blocked.
    Blocked,
    /// It is closed.
    Closed,
}

impl From<AccountState> for Option<AccountFacts> {
    fn from(state: AccountState) -> Self {
        let (standing, is_hub) = match state {
            AccountState::Unknown => return None,
            AccountState::Open => (AccountStanding::Open, false),
            AccountState::Hub => (AccountStanding::Open, true),
            AccountState::Blocked => (AccountStanding::Blocked, false),
            AccountState::Closed => (AccountStanding::Closed, false),
        };
        Some(AccountFacts { standing, is_hub })
    }
}

/// Where an approver can be reached.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ContactsRecord {
    /// The telephone for text messages.
    pub phone: Option<Confidential>,
    /// The address for e-mail.
    pub email: Option<Confidential>,
}

/// What was counted in the windows that are open now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct SpentRecord {
    /// Attempts for the approver.
    #[uniffi(default = 0)]
    pub attempts_of_approver: u32,
    /// Codes to the approver.
    #[uniffi(default = 0)]
    pub codes_of_approver: u32,
    /// Attempts over all approvers.
    #[uniffi(default = 0)]
    pub attempts_overall: u32,
    /// Codes over all approvers.
    #[uniffi(default = 0)]
    pub codes_overall: u32,
}

impl From<SpentRecord> for Spent {
    fn from(spent: SpentRecord) -> Self {
        Self {
            attempts_of_approver: spent.attempts_of_approver,
            codes_of_approver: spent.codes_of_approver,
            attempts_overall: spent.attempts_overall,
            codes_overall: spent.codes_overall,
        }
    }
}

pub(super) fn keys(
    current: &CodeKeyRecord,
    previous: Option<&CodeKeyRecord>,
) -> Result<CodeKeys, EnrollmentError> {
    let current = code_key(current)?;
    match previous {
        None => Ok(CodeKeys::new(current)),
        Some(previous) => CodeKeys::rotating(current, code_key(previous)?)
            .map_err(|error| Fault::BackendSetup.of(error.to_string())),
    }
}

fn code_key(key: &CodeKeyRecord) -> Result<CodeKey, EnrollmentError> {
    CodeKey::new(&key.id, &key.secret.0).map_err(|error| Fault::BackendSetup.of(error.to_string()))
}

/// The caps of a configuration, as JSON; without them, the published defaults.
pub(super) fn caps(stated: Option<&str>) -> Result<Caps, EnrollmentError> {
    match stated {
        None => Ok(Caps::default()),
        Some(text) => {
            serde_json::from_str(text).map_err(|error| Fault::BackendSetup.of(error.to_string()))
        }
    }
}

/// Whether the backend's part handed a code over.
pub(super) fn deliver(
    delivery: &dyn CodeDelivery,
    channel: Channel,
    contact: &Contact,
    code: &Code,
) -> bool {
    let channel = match channel {
        Channel::Sms => CodeChannel::Sms,
        Channel::Email => CodeChannel::Email,
    };
    let (contact, code) = (contact.as_str().to_owned(), code.expose().to_owned());
    matches!(delivery.deliver(channel, contact, code), Ok(true))
}

/// A machine from what the caller stored.
pub(super) fn machine<M: Stored>(stored: &Bytes) -> Result<M, EnrollmentError> {
    let text = core::str::from_utf8(&stored.0).unwrap_or_default();
    M::from_stored(text).map_err(|error| Fault::Stored.of(error.to_string()))
}

/// What the caller has to store of a machine.
pub(super) fn stored(machine: &impl Stored) -> Result<Bytes, Fault> {
    machine.to_stored().map(in_bytes).map_err(|_| Fault::Internal)
}

pub(super) fn in_bytes(text: String) -> Bytes {
    Bytes(text.into_bytes())
}

pub(super) fn contacts_of(contacts: ContactsRecord) -> Contacts {
    let contact = |text: Confidential| Contact::new(text.0);
    Contacts { phone: contacts.phone.map(contact), email: contacts.email.map(contact) }
}

pub(super) fn uuid(text: &str) -> Result<Uuid4, EnrollmentError> {
    Uuid4::parse(text).ok_or_else(|| Fault::Uuid.into())
}

/// Random bytes of the caller's generator: as many as an event may need.
pub(super) fn random(bytes: &[u8]) -> Result<Entropy, EnrollmentError> {
    let bytes: [u8; Entropy::LENGTH] = bytes.try_into().map_err(|_| Fault::Entropy)?;
    Ok(Entropy::new(bytes))
}
