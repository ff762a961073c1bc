use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::{State, Transfer};
use crate::flow::Uuid4;
use crate::time::UnixMillis;
use crate::two_factor::PublishedCode;
use crate::two_factor::PublishedError;
use crate::two_factor::amount::Money;

/// The published `ted_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferStatus {
    /// `pending_2fa_approval`: it waits for the approver.
    #[serde(rename = "pending_2fa_approval")]
    Pending2faApproval,
    /// `pending`: it is approved, and being processed.
    Pending,
    /// `sent`: it was sent, and can still be returned.
    Sent,
    /// `rejected`: it was refused, its attempts were spent, or it was returned.
    Rejected,
}

impl TransferStatus {
    /// The status as it stands on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending2faApproval => "pending_2fa_approval",
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Rejected => "rejected",
        }
    }
}

/// A transfer as it is answered: the published bodies of 201, 202 and `ted_data`, which differ in
/// `transaction_key` and `ted_status` alone.
///
/// Money is written as a JSON number with two decimals. It is to be written by `serde_json` to a
/// text: a tree of its values would make floats of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TransferView {
    /// The client's key.
    pub request_control_key: Uuid4,
    /// The rail's key, of a transfer that was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_key: Option<Uuid4>,
    /// The transfer's key.
    pub ted_key: Uuid4,
    /// What is moved.
    #[serde(serialize_with = "Money::serialize_number")]
    pub transaction_amount: Money,
    /// What the bank takes for it.
    #[serde(serialize_with = "Money::serialize_number")]
    pub fee_amount: Money,
    /// Where it stands.
    pub ted_status: TransferStatus,
    /// When it was requested.
    #[serde(serialize_with = "as_text")]
    pub created_at: UnixMillis,
}

fn as_text<S: Serializer>(time: &UnixMillis, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

impl Transfer {
    /// The transfer as a query answers it, with HTTP status 200; `None` for one that was dropped,
    /// which is not known any more (`TED000020`).
    #[must_use]
    pub fn view(&self) -> Option<TransferView> {
        let (ted_status, transaction_key) = match &self.state {
            State::AwaitingCode(_) | State::AwaitingDevice(_) => {
                (TransferStatus::Pending2faApproval, None)
            }
            // That it is being handed over is nobody's business but ours.
            State::Handing | State::Pending => (TransferStatus::Pending, None),
            State::Sent { transaction_key } => (TransferStatus::Sent, Some(*transaction_key)),
            State::Rejected { .. } => (TransferStatus::Rejected, None),
            State::Dropped => return None,
        };
        Some(TransferView {
            request_control_key: self.order.request_control_key,
            transaction_key,
            ted_key: self.order.ted_key,
            transaction_amount: self.order.amount.money(),
            fee_amount: self.order.fee,
            ted_status,
            created_at: self.created_at,
        })
    }

    /// The HTTP status of a request that was not refused: 202 while anything is outstanding, 201
    /// for a transfer that was sent.
    #[must_use]
    pub const fn http_status(&self) -> u16 {
        match &self.state {
            State::AwaitingCode(_)
            | State::AwaitingDevice(_)
            | State::Handing
            | State::Pending
            | State::Rejected { .. }
            | State::Dropped => 202,
            State::Sent { .. } => 201,
        }
    }
}

/// Why an event was refused. It serialises to the published error body, with `ted_data` where the
/// transfer is rejected by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferRefusal {
    code: PublishedCode,
    account_key: Option<Uuid4>,
    rejected: Option<TransferView>,
    fault: Option<CallerFault>,
}

impl TransferRefusal {
    pub(super) const fn new(code: PublishedCode) -> Self {
        Self { code, account_key: None, rejected: None, fault: None }
    }

    pub(super) const fn unknown_account(account_key: Uuid4) -> Self {
        Self { account_key: Some(account_key), ..Self::new(PublishedCode::TransferAccountNotFound) }
    }

    pub(super) fn rejecting(code: PublishedCode, transfer: &Transfer) -> Self {
        Self { rejected: transfer.view(), ..Self::new(code) }
    }

    pub(super) const fn fault(fault: CallerFault) -> Self {
        Self { fault: Some(fault), ..Self::new(PublishedCode::InternalError) }
    }

    /// The published code.
    #[must_use]
    pub const fn code(&self) -> PublishedCode {
        self.code
    }

    /// The transfer that this refusal rejected.
    #[must_use]
    pub const fn rejected(&self) -> Option<&TransferView> {
        self.rejected.as_ref()
    }

    /// What the caller or the rail did wrong, where it is not the client's doing. Its published
    /// code is `QIT000500`.
    #[must_use]
    pub const fn caller_fault(&self) -> Option<CallerFault> {
        self.fault
    }

    /// The published error, without `ted_data`.
    #[must_use]
    pub fn error(&self) -> PublishedError {
        match self.account_key {
            Some(account_key) => PublishedError::transfer_account_not_found(account_key),
            None => PublishedError::new(self.code),
        }
    }
}

impl core::fmt::Display for TransferRefusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.fault {
            None => write!(f, "{}: {}", self.code, self.code.description()),
            Some(fault) => f.write_str(fault.text()),
        }
    }
}

impl core::error::Error for TransferRefusal {}

impl From<PublishedCode> for TransferRefusal {
    fn from(code: PublishedCode) -> Self {
        Self::new(code)
    }
}

impl Serialize for TransferRefusal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct ExtraFields<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            ted_data: Option<&'a TransferView>,
        }
        let error = self.error();
        let mut body = serializer.serialize_map(Some(5))?;
        body.serialize_entry("title", error.title())?;
        body.serialize_entry("description", error.description())?;
        body.serialize_entry("translation", error.translation())?;
        body.serialize_entry("code", &error.code())?;
        body.serialize_entry("extra_fields", &ExtraFields { ted_data: self.rejected.as_ref() })?;
        body.end()
    }
}

/// An event that no client can cause: the caller's own mistake, or news from the rail that cannot
/// be true. Worth an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallerFault {
    /// An evaluation, or news of a delivery, that does not belong to this transfer.
    Foreign,
    /// News from the rail of a transfer that it was never handed.
    NeverHanded,
    /// News from the rail that contradicts what it said before.
    Contradiction,
    /// The random bytes of the event ran out.
    Entropy,
}

impl CallerFault {
    const fn text(self) -> &'static str {
        match self {
            Self::Foreign => "the evaluation or delivery does not belong to this transfer",
            Self::NeverHanded => "the rail was never handed this transfer",
            Self::Contradiction => "the rail contradicts what it said before of this transfer",
            Self::Entropy => "the random bytes of the event ran out",
        }
    }
}
