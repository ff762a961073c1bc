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
pub use facts::{PayerAccount, TransferFacts, TransferPolicy};
pub use order::TransferOrder;
pub use payee::{AccountType, Payee};
pub use rail::{RailNotice, RailOutcome, RefusalReason, Rejection};
pub use request::{ApprovalMode, ApproveRequest, ResendRequest, TransferRequest};

use serde::{Deserialize, Serialize};

use super::limits::brasilia_day;
use super::transfer_approval::{
    AssertionCheck, AssertionEvaluation, BoundCredential, DeviceApproval, IssueRefusal,
    PendingAssertion, PresentRefusal, RelyingParty, Resolved, SignOptions, Standing,
};
use super::{
    Alphabet, AttemptRefusal, Channel, Code, CodeBinding, CodeCheck, CodeKeys, CodePurpose,
    Evaluation, IssueError, PendingCode, PublishedCode, Resolution,
};
use crate::flow::{DocumentNumber, Entropy, Step, Stored, Uuid4};
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

/// The code, and how it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SentCode {
    code: PendingCode,
    /// The code that is good.
    live: Sending,
    /// The code before it, for as long as that can come back.
    replaced: Option<Sending>,
    /// Codes made so far.
    made: u32,
    /// Whether any of them was delivered.
    delivered: bool,
}

/// Which of a transfer's codes one is, from 1, and how it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sending {
    number: u32,
    channel: Channel,
}

impl Stored for Transfer {
    const MACHINE: &'static str = "transfer";
    const VERSION: u32 = 1;
}

/// Where a transfer stands, finer than the published status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransferStage {
    /// It waits for a code.
    AwaitingCode,
    /// It waits for the device.
    AwaitingDevice,
    /// It is approved, and has to reach the rail.
    Handing,
    /// The rail has it.
    Pending,
    /// The rail sent it.
    Sent,
    /// It was rejected.
    Rejected,
    /// Its first code reached nobody. It can be deleted.
    Dropped,
}

/// What happens to a transfer.
#[derive(Debug)]
pub enum TransferEvent<'a> {
    /// `PUT …/validate_token`.
    Approve {
        /// What the approver typed; none from a device.
        request: ApproveRequest,
        /// Whether the device of the transfer is Active. Not looked at for a code.
        device_active: bool,
    },
    /// A code was compared.
    CodeEvaluated(Evaluation),
    /// `PATCH …/resend_token`.
    Resend {
        /// Its body.
        request: ResendRequest,
        /// The keys of codes.
        keys: &'a CodeKeys,
        /// What the bank allows.
        policy: &'a TransferPolicy,
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

/// What the caller has to do.
#[derive(Debug)]
#[non_exhaustive]
pub enum TransferEffect {
    /// Send a code to the approver, then tell [`TransferEvent::Delivered`] or
    /// [`TransferEvent::DeliveryFailed`].
    SendCode {
        /// To whom.
        approver: DocumentNumber,
        /// How.
        channel: Channel,
        /// What.
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
    /// Tell the client by the published webhook `baas.ted.outgoing_ted` that the rail changed the
    /// status after the client had its answer.
    Announce {
        /// The transfer as it is now.
        transfer: TransferView,
        /// The published `refusal_reason`.
        reason: Option<RefusalReason>,
    },
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
    /// Facts are judged in this order: account, requester, the client's key, approver, contact
    /// type, device, limits.
    ///
    /// # Errors
    ///
    /// A [`TransferRefusal`], with nothing to store.
    #[expect(clippy::too_many_arguments, reason = "each is a different kind of thing")]
    pub fn request(
        request: TransferRequest,
        account_key: Uuid4,
        ted_key: Uuid4,
        facts: &TransferFacts,
        policy: &TransferPolicy,
        keys: &CodeKeys,
        mut entropy: Entropy,
        now: UnixMillis,
    ) -> Result<(Self, Vec<TransferEffect>), TransferRefusal> {
        let TransferRequest { request_control_key, amount, payee, approver, mode } = request;
        facts.account.judge(account_key)?;
        if !facts.requester_configured {
            return Err(PublishedCode::RequesterConfigurationNotFound.into());
        }
        if facts.request_control_key_used {
            return Err(PublishedCode::RequestControlKeyUsed.into());
        }
        if !facts.is_approver {
            return Err(PublishedCode::NotAnApprover.into());
        }
        let fee = facts.fee;
        let order = TransferOrder {
            ted_key,
            account_key,
            request_control_key,
            amount,
            fee,
            payee,
            approver,
        };
        let mut effects = Vec::new();
        let state = match mode {
            ApprovalMode::Code(channel) => {
                may_send(channel, policy)?;
                if let Some(limits) = policy.unregistered_device {
                    let refused = |refusal: super::LimitRefusal| refusal.code();
                    limits.judge(amount, facts.moved_today).map_err(refused)?;
                    effects.push(TransferEffect::CountMoved {
                        account_key,
                        day: brasilia_day(now),
                        amount: amount.money(),
                        most: limits.per_day,
                    });
                }
                let binding = binding(&order, channel);
                let issued =
                    PendingCode::issue(Alphabet::Digits, &binding, keys, &mut entropy, now);
                let (code, sent) = issued.map_err(not_issued)?;
                let approver = order.approver.clone();
                effects.push(TransferEffect::SendCode { approver, channel, code: sent, number: 1 });
                let live = Sending { number: 1, channel };
                State::AwaitingCode(SentCode {
                    code,
                    live,
                    replaced: None,
                    made: 1,
                    delivered: false,
                })
            }
            ApprovalMode::Device { session_id } => {
                let device_key = facts.device_key.ok_or(PublishedCode::DeviceNotFound)?;
                State::AwaitingDevice(PendingAssertion::new(session_id, device_key))
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
        account: PayerAccount,
        account_key: Uuid4,
        found: Option<Self>,
    ) -> Result<Self, TransferRefusal> {
        account.judge(account_key)?;
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

    /// Where it stands.
    #[must_use]
    pub const fn stage(&self) -> TransferStage {
        match &self.state {
            State::AwaitingCode(_) => TransferStage::AwaitingCode,
            State::AwaitingDevice(_) => TransferStage::AwaitingDevice,
            State::Handing => TransferStage::Handing,
            State::Pending => TransferStage::Pending,
            State::Sent { .. } => TransferStage::Sent,
            State::Rejected { .. } => TransferStage::Rejected,
            State::Dropped => TransferStage::Dropped,
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
    pub fn apply(self, event: TransferEvent<'_>, now: UnixMillis) -> TransferStep {
        let Self { order, created_at, state } = self;
        let frame = Frame { order, created_at };
        match state {
            State::AwaitingCode(sent) if sent.code.is_spent(now) => frame.spent(event),
            State::AwaitingCode(sent) => frame.awaiting_code(sent, event, now),
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

fn may_send(channel: Channel, policy: &TransferPolicy) -> Result<(), TransferRefusal> {
    match channel {
        Channel::Email if !policy.email => Err(PublishedCode::ContactTypeNotAllowed.into()),
        Channel::Email | Channel::Sms => Ok(()),
    }
}

fn binding(order: &TransferOrder, channel: Channel) -> CodeBinding {
    CodeBinding {
        purpose: CodePurpose::Transfer,
        account_key: order.account_key,
        object_key: order.ted_key,
        approver: order.approver.clone(),
        channel,
        digest: order.digest(),
    }
}

fn not_issued(error: IssueError) -> TransferRefusal {
    match error {
        IssueError::Spent => PublishedCode::TransferAttemptsExceeded.into(),
        IssueError::Entropy(_) => TransferRefusal::fault(CallerFault::Entropy),
    }
}
