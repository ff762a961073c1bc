//! A TED and its approval ("Perform TED", "Approve TED with Two-Factor Authentication", "Request
//! Token Resend for a Ted Transaction").
//!
//! A transfer waits for its approver, who has five attempts over all codes or assertions; the fifth
//! that fails rejects it. Once approved it is handed to the rail under its own key, and what the
//! rail says of it is its state from then on. The table of every state and event is in
//! `docs/transfer-flow.md`.
//!
//! # What the pages leave open
//!
//! - A code that is over, and an approval by a device that is, are `TED000083` and count nothing.
//! - The empty body on a transfer that no device has approved is `TED000084`, and the transfer
//!   waits on; a token for one, and a resend of one, are `QIT000001`, because it has no token.
//! - A transfer whose attempts are spent answers `TED000082` for good, every other that does not
//!   wait `TED000086`.
//! - A transfer whose first code could not be delivered is dropped (`OBD000097`): nobody could ever
//!   approve it, and its client can send it again.
//! - A `request_control_key` that was used before is `RCK000001`, 409, a code of ours: the rows that
//!   could be read have one for another key alone (`TED000004`, `cockpit_key`).

mod answer;
mod awaiting;
mod facts;
mod handed;
mod order;
mod payee;
mod rail;
mod request;

pub use answer::{CallerFault, TransferRefusal, TransferStatus, TransferView};
pub use facts::{TransferContext, TransferFacts};
pub use order::TransferOrder;
pub use payee::{AccountType, Payee};
pub use rail::{RailNotice, RailOutcome, RefusalReason, Rejection};
pub use request::{ApprovalMode, ApproveRequest, TransferRequest};

use serde::{Deserialize, Serialize};

use self::facts::usable;
use super::limits::brasilia_day;
use super::transfer_approval::{
    AssertionCheck, AssertionEvaluation, BoundCredential, DeviceApproval, DeviceApprovalStage,
    IssueRefusal, PendingAssertion, PresentRefusal, RelyingParty, Resolved, SignOptions, Standing,
};
use super::{
    AccountFacts, Alphabet, Asked, AttemptRefusal, CapRefusal, Caps, Channel, Code, CodeBinding,
    CodeCheck, CodeKeys, CodePurpose, Contact, Contacts, DeliveryFailure, Evaluation, IssueError,
    PendingCode, PublishedCode, ResendRequest, Resolution, Spent,
};
use crate::flow::{Entropy, Step, Stored, Uuid4};
use crate::time::UnixMillis;
use crate::two_factor::amount::Money;

/// A transfer: the order, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    order: TransferOrder,
    created_at: UnixMillis,
    state: State,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum State {
    AwaitingCode(SentCode),
    AwaitingDevice(PendingAssertion),
    /// Approved, and not known to have reached the rail.
    Handing,
    Pending,
    Sent {
        transaction_key: Uuid4,
    },
    Rejected {
        why: Rejection,
        /// Of a transfer that was sent before it was returned.
        transaction_key: Option<Uuid4>,
    },
    Dropped,
}

/// A code that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SentCode {
    /// The channel that the transfer was requested with.
    requested: Channel,
    pending: PendingCode,
}

impl Stored for Transfer {
    const MACHINE: &'static str = "transfer";
    const VERSION: u32 = 1;
}

/// What happens to a transfer.
pub enum TransferEvent<'a> {
    /// `PUT …/validate_token`.
    Approve {
        /// What the approver typed; none from a device.
        request: ApproveRequest,
        /// What was counted for the approver and overall. Not looked at for a device.
        spent: Spent,
        /// Whether the device of the transfer is Active. Not looked at for a code.
        device_active: bool,
    },
    /// A code was compared.
    CodeEvaluated(Evaluation),
    /// `PATCH …/resend_token`.
    Resend {
        /// Its body.
        request: ResendRequest,
        /// Where the approver can be reached now.
        contacts: Contacts,
        /// What was counted for the approver and overall.
        spent: Spent,
        /// Fresh random bytes.
        entropy: Entropy,
    },
    /// A code was handed to its channel.
    Delivered {
        /// The number of [`TransferEffect::SendCode`].
        number: u32,
    },
    /// A code could not be handed to its channel.
    DeliveryFailed {
        /// The number of [`TransferEffect::SendCode`].
        number: u32,
    },
    /// The device asks what it has to sign.
    SignOptions {
        /// The credentials that are looked among: those bound to the transfer's account, approver
        /// and device are taken, and none while the device is not Active.
        credentials: &'a [BoundCredential],
        /// Who asks for the assertion.
        relying_party: &'a RelyingParty,
        /// Fresh random bytes.
        entropy: Entropy,
    },
    /// The device sent an assertion. What it says is judged once the attempt is stored.
    AssertionPresented,
    /// An assertion was judged.
    AssertionEvaluated(AssertionEvaluation),
    /// The rail answered.
    Rail(RailOutcome),
    /// The rail tells what became of the transfer.
    Notice(RailNotice),
    /// The process that was to hand the transfer over went down, or reached nobody: once more.
    Resume,
    /// Time has passed.
    Tick,
}

impl TransferEvent<'_> {
    /// The name of the event, for tables and logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Approve { .. } => "approve",
            Self::CodeEvaluated(_) => "code_evaluated",
            Self::Resend { .. } => "resend",
            Self::Delivered { .. } => "delivered",
            Self::DeliveryFailed { .. } => "delivery_failed",
            Self::SignOptions { .. } => "sign_options",
            Self::AssertionPresented => "assertion_presented",
            Self::AssertionEvaluated(_) => "assertion_evaluated",
            Self::Rail(_) => "rail",
            Self::Notice(_) => "notice",
            Self::Resume => "resume",
            Self::Tick => "tick",
        }
    }
}

/// Prints the name alone: contacts, reasons and random bytes are nothing for a log.
impl core::fmt::Debug for TransferEvent<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

/// What the caller has to do.
#[derive(Debug)]
pub enum TransferEffect {
    /// Send a code to the approver, then tell [`TransferEvent::Delivered`] or
    /// [`TransferEvent::DeliveryFailed`].
    SendCode {
        /// How.
        channel: Channel,
        /// To whom.
        contact: Contact,
        /// The code, here and nowhere else.
        code: Code,
        /// Which of the transfer's codes it is, from 1.
        number: u32,
    },
    /// Compare what was typed, then tell [`TransferEvent::CodeEvaluated`].
    EvaluateCode(CodeAttempt),
    /// Give the options to the device.
    GiveOptions(SignOptions),
    /// Judge the assertion, then tell [`TransferEvent::AssertionEvaluated`].
    JudgeAssertion(AssertionCheck),
    /// Update the record of the credential, in the same unit as the transfer.
    StoreSignCount(DeviceApproval),
    /// Hand the order to the rail under its key, then tell [`TransferEvent::Rail`].
    HandToRail(TransferOrder),
    /// Add to what the account moved from devices that are not registered, in the same unit as the
    /// transfer and under the condition that the sum stays within the limit: of two requests at
    /// once, the second breaks it (`LIM000006`).
    CountMoved {
        /// The account.
        account_key: Uuid4,
        /// The day in Brasília, counted from 1970-01-01.
        day: i64,
        /// What is added.
        amount: Money,
        /// The most that the sum may be.
        most: Money,
    },
    /// Delete the transfer from storage: it never came to be.
    Drop,
    /// Tell the client by the published webhook `baas.ted.outgoing_ted` that the rail changed the
    /// status after the client had its answer.
    Announce {
        /// The transfer as it is now.
        transfer: TransferView,
        /// The published `refusal_reason`.
        reason: Option<RefusalReason>,
    },
}

impl TransferEffect {
    /// The name of the effect, for tables and logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SendCode { .. } => "send_code",
            Self::EvaluateCode(_) => "evaluate_code",
            Self::GiveOptions(_) => "give_options",
            Self::JudgeAssertion(_) => "judge_assertion",
            Self::StoreSignCount(_) => "store_sign_count",
            Self::HandToRail(_) => "hand_to_rail",
            Self::CountMoved { .. } => "count_moved",
            Self::Drop => "drop",
            Self::Announce { .. } => "announce",
        }
    }
}

/// A code that was counted and has to be compared. It is used up by that.
#[derive(Debug)]
#[must_use = "the attempt is counted already; evaluate it once the count is stored"]
pub struct CodeAttempt {
    check: CodeCheck,
    entered: Code,
}

impl CodeAttempt {
    /// Compares, in a time that does not depend on what was typed.
    pub fn evaluate(self, keys: &CodeKeys) -> Evaluation {
        self.check.evaluate(&self.entered, keys)
    }
}

/// A step of a transfer.
pub type TransferStep = Step<Transfer, TransferEffect, TransferRefusal>;

impl Transfer {
    /// Requests a transfer: `POST /account/{account_key}/ted`. It is answered with 202 and
    /// [`Transfer::view`].
    ///
    /// Facts are judged in this order: account, requester, the client's key, approver, then caps
    /// and limits or the device.
    ///
    /// # Errors
    ///
    /// The first [`TransferRefusal`]. Nothing is to be stored then.
    pub fn request(
        request: TransferRequest,
        ted_key: Uuid4,
        facts: TransferFacts,
        entropy: Entropy,
        context: TransferContext<'_>,
        now: UnixMillis,
    ) -> Result<(Self, Vec<TransferEffect>), TransferRefusal> {
        let TransferRequest { request_control_key, amount, payee, approver, mode } = request;
        usable(facts.account, facts.account_key)?;
        if !facts.requester_configured {
            return Err(PublishedCode::RequesterConfigurationNotFound.into());
        }
        if facts.request_control_key_used {
            return Err(PublishedCode::RequestControlKeyUsed.into());
        }
        let contacts = facts.approver.as_ref().ok_or(PublishedCode::NotAnApprover)?;
        let order = TransferOrder {
            ted_key,
            account_key: facts.account_key,
            request_control_key,
            amount,
            fee: facts.fee,
            payee,
            approver,
        };
        let (state, effects) = match mode {
            ApprovalMode::Code(channel) => {
                first_code(&order, channel, contacts, &facts, entropy, context, now)?
            }
            ApprovalMode::Device { session_id } => {
                let device_key = facts.device_key.ok_or(PublishedCode::DeviceNotFound)?;
                let pending = PendingAssertion::new(session_id, device_key);
                (State::AwaitingDevice(pending), Vec::new())
            }
        };
        Ok((Self { order, created_at: now, state }, effects))
    }

    /// Judges what every request about a transfer has in common, before its event: the account, and
    /// that the transfer is one of it.
    ///
    /// # Errors
    ///
    /// A [`TransferRefusal`]: that of the account, or `TED000020`.
    pub fn find(
        account_key: Uuid4,
        account: Option<AccountFacts>,
        found: Option<Self>,
    ) -> Result<Self, TransferRefusal> {
        usable(account, account_key)?;
        found
            .filter(|transfer| transfer.order.account_key == account_key)
            .filter(|transfer| !matches!(transfer.state, State::Dropped))
            .ok_or_else(|| PublishedCode::TransferNotFound.into())
    }

    /// What is approved and handed over.
    #[must_use]
    pub const fn order(&self) -> &TransferOrder {
        &self.order
    }

    /// The device that has to approve, where one has to.
    #[must_use]
    pub const fn device_key(&self) -> Option<Uuid4> {
        match &self.state {
            State::AwaitingDevice(pending) => Some(pending.device_key()),
            State::AwaitingCode(_)
            | State::Handing
            | State::Pending
            | State::Sent { .. }
            | State::Rejected { .. }
            | State::Dropped => None,
        }
    }

    /// The session of Device Scan that the transfer was requested with, for a bank that asks Device
    /// Scan about it once more before it sends [`TransferEvent::Approve`].
    #[must_use]
    pub const fn session_id(&self) -> Option<Uuid4> {
        match &self.state {
            State::AwaitingDevice(pending) => Some(pending.session_id()),
            State::AwaitingCode(_)
            | State::Handing
            | State::Pending
            | State::Sent { .. }
            | State::Rejected { .. }
            | State::Dropped => None,
        }
    }

    /// The name of the state, finer than the published status, for tables and logs.
    #[must_use]
    pub const fn state_name(&self) -> &'static str {
        match &self.state {
            State::AwaitingCode(_) => "awaiting_code",
            State::AwaitingDevice(_) => "awaiting_device",
            State::Handing => "handing",
            State::Pending => "pending",
            State::Sent { .. } => "sent",
            State::Rejected { .. } => "rejected",
            State::Dropped => "dropped",
        }
    }

    /// Attempts that are left, over all codes or assertions, while it waits for its approver.
    #[must_use]
    pub const fn attempts_left(&self) -> Option<u8> {
        match &self.state {
            State::AwaitingCode(sent) => Some(sent.pending.attempts_left()),
            State::AwaitingDevice(pending) => Some(pending.attempts_left()),
            State::Handing
            | State::Pending
            | State::Sent { .. }
            | State::Rejected { .. }
            | State::Dropped => None,
        }
    }

    /// When the code, or what the device has to sign or has signed, is over.
    #[must_use]
    pub const fn expires_at(&self) -> Option<UnixMillis> {
        match &self.state {
            State::AwaitingCode(sent) => Some(sent.pending.expires_at()),
            State::AwaitingDevice(pending) => pending.expires_at(),
            State::Handing
            | State::Pending
            | State::Sent { .. }
            | State::Rejected { .. }
            | State::Dropped => None,
        }
    }

    /// From when on another code may be asked for; `None` where none is left, or none was sent.
    #[must_use]
    pub fn next_code_at(&self, caps: &Caps) -> Option<UnixMillis> {
        let State::AwaitingCode(SentCode { pending, .. }) = &self.state else { return None };
        pending.next_code_at(caps)
    }

    /// How far the device has come, of a transfer that a device approves.
    #[must_use]
    pub const fn device_approval(&self, now: UnixMillis) -> Option<DeviceApprovalStage> {
        match &self.state {
            State::AwaitingDevice(pending) => Some(pending.stage(now)),
            State::AwaitingCode(_)
            | State::Handing
            | State::Pending
            | State::Sent { .. }
            | State::Rejected { .. }
            | State::Dropped => None,
        }
    }

    /// Why it was rejected, if it was.
    #[must_use]
    pub const fn rejection(&self) -> Option<&Rejection> {
        match &self.state {
            State::Rejected { why, .. } => Some(why),
            State::AwaitingCode(_)
            | State::AwaitingDevice(_)
            | State::Handing
            | State::Pending
            | State::Sent { .. }
            | State::Dropped => None,
        }
    }

    /// The transfer after an event at `now`.
    ///
    /// What is overdue moves first: five attempts of which none can match any more reject it.
    pub fn apply(
        self,
        event: TransferEvent<'_>,
        context: TransferContext<'_>,
        now: UnixMillis,
    ) -> TransferStep {
        let Self { order, created_at, state } = self;
        let frame = Frame { order, created_at };
        match state {
            State::AwaitingCode(sent) if sent.pending.is_spent(now) => frame.spent(event),
            State::AwaitingCode(sent) => frame.awaiting_code(sent, event, context, now),
            State::AwaitingDevice(pending) if pending.is_spent(now) => frame.spent(event),
            State::AwaitingDevice(pending) => frame.awaiting_device(pending, event, now),
            State::Handing => frame.handing(event),
            State::Pending => frame.pending(event),
            State::Sent { transaction_key } => frame.sent(transaction_key, event),
            State::Rejected { why, transaction_key } => frame.rejected(why, transaction_key, event),
            State::Dropped => frame.dropped(event),
        }
    }
}

/// What of a transfer never changes.
struct Frame {
    order: TransferOrder,
    created_at: UnixMillis,
}

impl Frame {
    fn at(self, state: State) -> Transfer {
        Transfer { order: self.order, created_at: self.created_at, state }
    }

    fn stay(self, state: State) -> TransferStep {
        Step::to(self.at(state))
    }

    fn refuse(self, state: State, refusal: impl Into<TransferRefusal>) -> TransferStep {
        Step::refused(self.at(state), refusal.into())
    }

    /// Refuses with the transfer in the answer, which rejects it or finds it rejected.
    fn tell_rejected(self, state: State, code: PublishedCode) -> TransferStep {
        let rejected = self.at(state);
        let refusal = TransferRefusal::rejecting(code, &rejected);
        Step::refused(rejected, refusal)
    }

    /// Approved: the order leaves for the rail, and nothing can approve it again.
    fn hand_over(self) -> TransferStep {
        let order = self.order.clone();
        self.stay(State::Handing).with(TransferEffect::HandToRail(order))
    }

    /// The fifth attempt failed.
    fn reject_spent(self) -> TransferStep {
        let why = Rejection::AttemptsSpent;
        let state = State::Rejected { why, transaction_key: None };
        self.tell_rejected(state, PublishedCode::TransferAttemptsExceeded)
    }

    /// An event finds that the last attempt was never resolved in time.
    fn spent(self, event: TransferEvent<'_>) -> TransferStep {
        let rejected = self.reject_spent();
        let mut step = rejected.state.apply_to_rejected(event);
        match step.refusal.as_ref().map(TransferRefusal::code) {
            Some(PublishedCode::TransferAttemptsExceeded) => step.refusal = rejected.refusal,
            // Nobody is being answered who could be told.
            None => step.effects.extend(step.state.announcement(None)),
            Some(_) => {}
        }
        step
    }
}

impl Transfer {
    fn apply_to_rejected(self, event: TransferEvent<'_>) -> TransferStep {
        let frame = Frame { order: self.order, created_at: self.created_at };
        frame.rejected(Rejection::AttemptsSpent, None, event)
    }

    fn announcement(&self, reason: Option<RefusalReason>) -> Option<TransferEffect> {
        self.view().map(|transfer| TransferEffect::Announce { transfer, reason })
    }
}

/// Sends the first code of a transfer, which no registered device approves then.
fn first_code(
    order: &TransferOrder,
    channel: Channel,
    contacts: &Contacts,
    facts: &TransferFacts,
    mut entropy: Entropy,
    context: TransferContext<'_>,
    now: UnixMillis,
) -> Result<(State, Vec<TransferEffect>), TransferRefusal> {
    let mut effects = Vec::new();
    context.caps.admit(&facts.spent, Asked::Code(channel), now).map_err(CapRefusal::code)?;
    if let Some(limits) = context.unregistered_device {
        limits.judge(order.amount, facts.moved_today).map_err(super::LimitRefusal::code)?;
        effects.push(TransferEffect::CountMoved {
            account_key: order.account_key,
            day: brasilia_day(now),
            amount: order.amount.money(),
            most: limits.per_day,
        });
    }
    let contact = contact_by(contacts, channel)?;
    let issued = PendingCode::issue(
        Alphabet::Digits,
        channel,
        &binding(order),
        context.keys,
        &mut entropy,
        now,
    );
    let (pending, code) = issued.map_err(not_issued)?;
    let number = pending.number();
    effects.push(TransferEffect::SendCode { channel, contact, code, number });
    Ok((State::AwaitingCode(SentCode { requested: channel, pending }), effects))
}

/// An approver without a contact on the channel is one whose code cannot be delivered.
fn contact_by(contacts: &Contacts, channel: Channel) -> Result<Contact, TransferRefusal> {
    contacts.by(channel).cloned().ok_or_else(|| PublishedCode::TokenNotSent.into())
}

fn binding(order: &TransferOrder) -> CodeBinding {
    CodeBinding {
        purpose: CodePurpose::Transfer,
        account_key: order.account_key,
        object_key: order.ted_key,
        approver: order.approver.clone(),
        digest: order.digest(),
    }
}

fn not_issued(error: IssueError) -> TransferRefusal {
    match error {
        IssueError::Spent => PublishedCode::TransferAttemptsExceeded.into(),
        IssueError::Entropy(_) => TransferRefusal::fault(CallerFault::Entropy),
    }
}
