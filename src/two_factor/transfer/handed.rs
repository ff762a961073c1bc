//! A transfer that does not wait for its approver any more.
//!
//! The rail tells what it has to tell at least once and in any order; what comes of it is the same.

use super::{
    CallerFault, Frame, PublishedCode, RailNotice, RailOutcome, RefusalReason, Rejection, State,
    TransferEffect, TransferEvent, TransferRefusal, TransferStep,
};
use crate::flow::Uuid4;

impl Frame {
    pub(super) fn handing(self, event: TransferEvent<'_>) -> TransferStep {
        match News::of(event) {
            News::Client => self.refuse(State::Handing, PublishedCode::TransferNotPending),
            News::None => self.stay(State::Handing),
            News::Resume => self.hand_over(),
            News::Taken => self.stay(State::Pending),
            News::Sent { transaction_key, later } => self.becomes_sent(transaction_key, later),
            News::Refused { code } => self.becomes_refused(code),
            News::Returned { reason } => self.becomes_returned(reason, None),
        }
    }

    pub(super) fn pending(self, event: TransferEvent<'_>) -> TransferStep {
        match News::of(event) {
            News::Client => self.refuse(State::Pending, PublishedCode::TransferNotPending),
            News::None | News::Resume | News::Taken => self.stay(State::Pending),
            News::Sent { transaction_key, later } => self.becomes_sent(transaction_key, later),
            News::Refused { code } => self.becomes_refused(code),
            News::Returned { reason } => self.becomes_returned(reason, None),
        }
    }

    pub(super) fn sent(self, transaction_key: Uuid4, event: TransferEvent<'_>) -> TransferStep {
        let state = State::Sent { transaction_key };
        match News::of(event) {
            News::Client => self.refuse(state, PublishedCode::TransferNotPending),
            // That it was taken is older than that it was sent.
            News::None | News::Resume | News::Taken => self.stay(state),
            News::Sent { transaction_key: same, .. } if same == transaction_key => self.stay(state),
            News::Sent { .. } | News::Refused { .. } => self.contradiction(state),
            News::Returned { reason } => self.becomes_returned(reason, Some(transaction_key)),
        }
    }

    pub(super) fn rejected(
        self,
        why: Rejection,
        transaction_key: Option<Uuid4>,
        event: TransferEvent<'_>,
    ) -> TransferStep {
        let for_client = match &why {
            Rejection::AttemptsSpent => PublishedCode::TransferAttemptsExceeded,
            Rejection::Refused { .. } | Rejection::Returned { .. } => {
                PublishedCode::TransferNotPending
            }
        };
        let told = match &why {
            Rejection::Refused { code } => *code,
            Rejection::AttemptsSpent | Rejection::Returned { .. } => for_client,
        };
        let was_handed = !matches!(why, Rejection::AttemptsSpent);
        let state = State::Rejected { why, transaction_key };
        match News::of(event) {
            News::Client => self.refuse(state, for_client),
            News::None | News::Resume => self.stay(state),
            News::Taken | News::Sent { .. } | News::Refused { .. } | News::Returned { .. }
                if !was_handed =>
            {
                self.never_handed(state)
            }
            News::Returned { .. } => self.stay(state),
            // A client waits for the answer to a hand-over that other news have overtaken.
            News::Taken => self.tell_rejected(state, told),
            News::Refused { code } => self.refused_as_well(state, code),
            News::Sent { transaction_key, later } => {
                self.sent_before(state, transaction_key, later)
            }
        }
    }

    pub(super) fn dropped(self, event: TransferEvent<'_>) -> TransferStep {
        match News::of(event) {
            News::Client => self.refuse(State::Dropped, PublishedCode::TransferNotFound),
            News::None | News::Resume => self.stay(State::Dropped),
            News::Taken | News::Sent { .. } | News::Refused { .. } | News::Returned { .. } => {
                self.never_handed(State::Dropped)
            }
        }
    }

    fn becomes_sent(self, transaction_key: Uuid4, later: bool) -> TransferStep {
        let step = self.stay(State::Sent { transaction_key });
        if later { announced(step, None) } else { step }
    }

    fn becomes_refused(self, code: PublishedCode) -> TransferStep {
        let why = Rejection::Refused { code };
        self.tell_rejected(State::Rejected { why, transaction_key: None }, code)
    }

    fn becomes_returned(
        self,
        reason: RefusalReason,
        transaction_key: Option<Uuid4>,
    ) -> TransferStep {
        let why = Rejection::Returned { reason: reason.clone() };
        announced(self.stay(State::Rejected { why, transaction_key }), Some(reason))
    }

    /// The rail tells of one refusal twice: in its answer, which has the better reason, and in a
    /// notice; or in the answers to two hand-overs.
    fn refused_as_well(self, state: State, code: PublishedCode) -> TransferStep {
        match &state {
            State::Rejected { why: Rejection::Returned { .. }, transaction_key: None } => {
                self.becomes_refused(code)
            }
            State::Rejected { why: Rejection::Refused { code: before }, .. } if *before == code => {
                self.tell_rejected(state, code)
            }
            _ => self.contradiction(state),
        }
    }

    /// That a transfer was sent comes in after that it was returned.
    fn sent_before(self, state: State, sent: Uuid4, later: bool) -> TransferStep {
        match state {
            State::Rejected { why: why @ Rejection::Returned { .. }, transaction_key }
                if transaction_key.is_none_or(|known| known == sent) =>
            {
                let state = State::Rejected { why, transaction_key: Some(sent) };
                if later {
                    self.stay(state)
                } else {
                    self.tell_rejected(state, PublishedCode::TransferNotPending)
                }
            }
            other => self.contradiction(other),
        }
    }

    fn contradiction(self, state: State) -> TransferStep {
        self.refuse(state, TransferRefusal::fault(CallerFault::Contradiction))
    }
}

fn announced(step: TransferStep, reason: Option<RefusalReason>) -> TransferStep {
    match step.state.view() {
        Some(transfer) => step.with(TransferEffect::Announce { transfer, reason }),
        None => step,
    }
}

/// An event, as far as it matters to a transfer that waits for nobody.
enum News {
    /// A client asks for something that is over, or what it asked for comes out too late.
    Client,
    /// Nothing that matters.
    None,
    /// To be handed over again.
    Resume,
    /// The rail has it.
    Taken,
    /// The rail sent it; `later` where no client is waiting for the answer.
    Sent { transaction_key: Uuid4, later: bool },
    /// The rail refused to take it.
    Refused { code: PublishedCode },
    /// The rail refused it after all, or it was returned.
    Returned { reason: RefusalReason },
}

impl News {
    fn of(event: TransferEvent<'_>) -> Self {
        match event {
            TransferEvent::Approve { .. }
            | TransferEvent::CodeEvaluated(_)
            | TransferEvent::Resend { .. }
            | TransferEvent::SignOptions { .. }
            | TransferEvent::AssertionPresented
            | TransferEvent::AssertionEvaluated(_) => Self::Client,
            TransferEvent::Delivered { .. }
            | TransferEvent::DeliveryFailed { .. }
            | TransferEvent::Tick => Self::None,
            TransferEvent::Resume => Self::Resume,
            TransferEvent::Rail(RailOutcome::Sent { transaction_key }) => {
                Self::Sent { transaction_key, later: false }
            }
            TransferEvent::Rail(RailOutcome::Pending) => Self::Taken,
            TransferEvent::Rail(RailOutcome::Rejected { code }) => Self::Refused { code },
            TransferEvent::Notice(RailNotice::Settled { transaction_key }) => {
                Self::Sent { transaction_key, later: true }
            }
            TransferEvent::Notice(RailNotice::Refused { reason }) => Self::Returned { reason },
        }
    }
}
