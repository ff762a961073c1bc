use super::answer::TransferRefusal;
use crate::flow::Uuid4;
use crate::two_factor::PublishedCode;
use crate::two_factor::amount::Money;
use crate::two_factor::limits::UnregisteredDeviceLimits;

/// What is known of the account that pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PayerAccount {
    /// There is none of this key, or it is not the requester's.
    Unknown,
    /// Blocked or closed.
    BlockedOrClosed,
    /// A hub account.
    Hub,
    /// It may pay.
    Open,
}

impl PayerAccount {
    /// The pages of TED have a code for an account that is not known. For the others, those of the
    /// device pages are taken, which mean the same of the same account.
    pub(super) fn judge(self, account_key: Uuid4) -> Result<(), TransferRefusal> {
        match self {
            Self::Unknown => Err(TransferRefusal::unknown_account(account_key)),
            Self::BlockedOrClosed => Err(PublishedCode::AccountBlockedOrClosed.into()),
            Self::Hub => Err(PublishedCode::HubAccount.into()),
            Self::Open => Ok(()),
        }
    }
}

/// What the caller looked up before a transfer is requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferFacts {
    /// The account that pays.
    pub account: PayerAccount,
    /// Whether the requester has a configuration.
    pub requester_configured: bool,
    /// Whether the approver named is one of the account.
    pub is_approver: bool,
    /// Whether the client used its key before. A look-up is for a readable answer alone: of two
    /// requests at once, the unique constraint of the storage finds the second.
    pub request_control_key_used: bool,
    /// The Active device of the approver and the account that the session belongs to. Not looked
    /// at for a transfer that is approved by a code.
    pub device_key: Option<Uuid4>,
    /// What the account moved today from devices that are not registered. Not looked at unless the
    /// policy limits it.
    pub moved_today: Money,
    /// What the bank takes for the transfer.
    pub fee: Money,
}

/// What a bank decides for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransferPolicy {
    /// Codes may be sent by e-mail. As published, they may; e-mail is a weak factor, and a bank can
    /// forbid it (`POL000001`).
    pub email: bool,
    /// Limits for transfers that no registered device approves. As the Normative Instruction is
    /// about Pix, there are none.
    pub unregistered_device: Option<UnregisteredDeviceLimits>,
}

impl Default for TransferPolicy {
    fn default() -> Self {
        Self { email: true, unregistered_device: None }
    }
}
