use super::answer::TransferRefusal;
use crate::flow::Uuid4;
use crate::two_factor::amount::Money;
use crate::two_factor::limits::UnregisteredDeviceLimits;
use crate::two_factor::{
    AccountFacts, AccountStanding, Caps, CodeKeys, Contacts, PublishedCode, Spent,
};

/// What the caller looked up before a transfer is requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferFacts {
    /// The account of the path.
    pub account_key: Uuid4,
    /// The account, if it is known.
    pub account: Option<AccountFacts>,
    /// Whether the requester has a configuration.
    pub requester_configured: bool,
    /// The approver's contacts, if the document number of the request is that of an approver of the
    /// account.
    pub approver: Option<Contacts>,
    /// Whether the client used its key before. A look-up is for a readable answer alone: of two
    /// requests at once, the unique constraint of the storage finds the second.
    pub request_control_key_used: bool,
    /// The Active device of the approver and the account that the session belongs to. Not looked
    /// at for a transfer that is approved by a code.
    pub device_key: Option<Uuid4>,
    /// What was counted for the approver and overall.
    pub spent: Spent,
    /// What the account moved today from devices that are not registered. Not looked at unless
    /// that is limited.
    pub moved_today: Money,
    /// What the bank takes for the transfer.
    pub fee: Money,
}

/// What holds for every event: keys, caps and limits.
#[derive(Debug, Clone, Copy)]
pub struct TransferContext<'a> {
    /// The live keys for codes.
    pub keys: &'a CodeKeys,
    /// The caps.
    pub caps: &'a Caps,
    /// Limits for transfers that no registered device approves. The Normative Instruction is about
    /// Pix, so a bank that holds TED to it says so here.
    pub unregistered_device: Option<UnregisteredDeviceLimits>,
}

/// The pages of TED have a code for an account that is not known. For the others, those of the
/// device pages are taken, which mean the same of the same account.
pub(super) fn usable(
    account: Option<AccountFacts>,
    account_key: Uuid4,
) -> Result<(), TransferRefusal> {
    let account = account.ok_or_else(|| TransferRefusal::unknown_account(account_key))?;
    match account.standing {
        AccountStanding::Blocked | AccountStanding::Closed => {
            Err(PublishedCode::AccountBlockedOrClosed.into())
        }
        AccountStanding::Open if account.is_hub => Err(PublishedCode::HubAccount.into()),
        AccountStanding::Open => Ok(()),
    }
}
