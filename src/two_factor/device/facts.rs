//! What the caller knows and the machine does not: the account, the requester, the approver.

use crate::flow::Uuid4;
use crate::two_factor::{Caps, Channel, CodeKeys, Spent};

/// An account that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountFacts {
    /// Whether it can be used.
    pub standing: AccountStanding,
    /// Whether it is a hub account, which holds no devices.
    pub is_hub: bool,
}

/// Whether an account can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountStanding {
    /// It can.
    Open,
    /// It is blocked.
    Blocked,
    /// It is closed.
    Closed,
}

/// A requester that has a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequesterFacts {
    /// Whether it may create devices.
    pub may_create_devices: bool,
}

/// Where an approver can be reached.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contacts {
    /// The telephone for text messages.
    pub phone: Option<Contact>,
    /// The address for e-mail.
    pub email: Option<Contact>,
}

impl Contacts {
    /// The contact of a channel.
    #[must_use]
    pub const fn by(&self, channel: Channel) -> Option<&Contact> {
        match channel {
            Channel::Sms => self.phone.as_ref(),
            Channel::Email => self.email.as_ref(),
        }
    }
}

/// A telephone number or an e-mail address, in whatever form the caller's gateway takes. Personal
/// data: it does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Contact(String);

impl Contact {
    /// Takes a contact as the caller has it.
    #[must_use]
    pub const fn new(contact: String) -> Self {
        Self(contact)
    }

    /// The number or address. Not for a log.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Debug for Contact {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Contact(..)")
    }
}

/// Everything that a request for a device is judged on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestFacts {
    /// The account of the path.
    pub account_key: Uuid4,
    /// The account, if it is known.
    pub account: Option<AccountFacts>,
    /// The requester, if it has a configuration.
    pub requester: Option<RequesterFacts>,
    /// The approver's contacts, if the document number of the request is that of an approver of the
    /// account.
    pub approver: Option<Contacts>,
    /// Whether the account had a device with this key before, whatever became of it.
    pub device_key_used: bool,
    /// What was counted for the approver and overall.
    pub spent: Spent,
}

/// What holds for every event: keys and caps.
#[derive(Debug, Clone, Copy)]
pub struct DeviceContext<'a> {
    /// The live keys for codes.
    pub keys: &'a CodeKeys,
    /// The caps.
    pub caps: &'a Caps,
}
