//! A transfer that waits for its approver.

use super::{
    Alphabet, Asked, AttemptRefusal, CallerFault, CapRefusal, CodeAttempt, CodePurpose, Contacts,
    DeliveryFailure, Evaluation, Frame, IssueRefusal, PendingAssertion, PresentRefusal,
    PublishedCode, ResendRequest, Resolution, Resolved, SentCode, Spent, Standing, State,
    TransferContext, TransferEffect, TransferEvent, TransferRefusal, TransferStep, binding,
    contact_by, not_issued,
};
use crate::flow::Entropy;
use crate::time::UnixMillis;
use crate::two_factor::{Code, CodeCheck};

impl Frame {
    pub(super) fn awaiting_code(
        self,
        mut sent: SentCode,
        event: TransferEvent<'_>,
        context: TransferContext<'_>,
        now: UnixMillis,
    ) -> TransferStep {
        match event {
            TransferEvent::Approve { request, spent, device_active: _ } => {
                let Some(entered) = request.token else {
                    let refusal = PublishedCode::TransferTokenRequired;
                    return self.refuse(State::AwaitingCode(sent), refusal);
                };
                let counted = self.count(&mut sent, spent, context, now);
                let state = State::AwaitingCode(sent);
                match counted {
                    Ok(check) => self
                        .stay(state)
                        .with(TransferEffect::EvaluateCode(CodeAttempt { check, entered })),
                    Err(refusal) => self.refuse(state, refusal),
                }
            }
            TransferEvent::CodeEvaluated(evaluation) => self.code_evaluated(sent, evaluation),
            TransferEvent::Resend { request, contacts, spent, entropy } => {
                let resent =
                    self.resend(&mut sent, request, &contacts, spent, entropy, context, now);
                let state = State::AwaitingCode(sent);
                match resent {
                    Ok(effect) => self.stay(state).with(effect),
                    Err(refusal) => self.refuse(state, refusal),
                }
            }
            TransferEvent::Delivered { number } => {
                sent.pending.delivered(number);
                self.stay(State::AwaitingCode(sent))
            }
            TransferEvent::DeliveryFailed { number } => {
                let code = PublishedCode::TokenNotSent;
                match sent.pending.delivery_failed(number) {
                    DeliveryFailure::NoCode if sent.pending.made() == 1 => {
                        self.refuse(State::Dropped, code).with(TransferEffect::Drop)
                    }
                    DeliveryFailure::NoCode
                    | DeliveryFailure::Restored
                    | DeliveryFailure::Superseded => self.refuse(State::AwaitingCode(sent), code),
                }
            }
            // There is no device to ask.
            TransferEvent::SignOptions { .. } | TransferEvent::AssertionPresented => {
                self.refuse(State::AwaitingCode(sent), PublishedCode::SchemaError)
            }
            TransferEvent::AssertionEvaluated(_) => self.foreign(State::AwaitingCode(sent)),
            TransferEvent::Rail(_) | TransferEvent::Notice(_) => {
                self.never_handed(State::AwaitingCode(sent))
            }
            TransferEvent::Resume | TransferEvent::Tick => self.stay(State::AwaitingCode(sent)),
        }
    }

    /// Counts an attempt, unless a cap is in the way: what the object refuses is told first.
    fn count(
        &self,
        sent: &mut SentCode,
        spent: Spent,
        context: TransferContext<'_>,
        now: UnixMillis,
    ) -> Result<CodeCheck, TransferRefusal> {
        sent.pending.takes_attempt(now).map_err(not_counted)?;
        context.caps.admit(&spent, Asked::Attempt, now).map_err(CapRefusal::code)?;
        sent.pending.attempt(binding(&self.order), now).map_err(not_counted)
    }

    fn code_evaluated(self, mut sent: SentCode, evaluation: Evaluation) -> TransferStep {
        let (account_key, ted_key) = (self.order.account_key, self.order.ted_key);
        match sent.pending.resolve(CodePurpose::Transfer, account_key, ted_key, evaluation) {
            Resolution::Matched => self.hand_over(),
            Resolution::Mismatched => {
                self.refuse(State::AwaitingCode(sent), PublishedCode::TransferTokenIncorrect)
            }
            Resolution::MismatchedAndSpent => self.reject_spent(),
            Resolution::Foreign => self.foreign(State::AwaitingCode(sent)),
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "they are the event and the context, taken apart"
    )]
    fn resend(
        &self,
        sent: &mut SentCode,
        request: ResendRequest,
        contacts: &Contacts,
        spent: Spent,
        mut entropy: Entropy,
        context: TransferContext<'_>,
        now: UnixMillis,
    ) -> Result<TransferEffect, TransferRefusal> {
        let pending = &mut sent.pending;
        if pending.attempts_left() == 0 {
            return Err(PublishedCode::TransferAttemptsExceeded.into());
        }
        let channel = request.contact_type.unwrap_or(sent.requested);
        let asked = Asked::Resend {
            channel,
            codes_of_object: pending.made(),
            last_code_at: pending.last_made_at(),
        };
        context.caps.admit(&spent, asked, now).map_err(CapRefusal::code)?;
        let contact = contact_by(contacts, channel)?;
        let code: Code = pending
            .issue_again(
                Alphabet::Digits,
                channel,
                &binding(&self.order),
                context.keys,
                &mut entropy,
                now,
            )
            .map_err(not_issued)?;
        let number = pending.number();
        Ok(TransferEffect::SendCode { channel, contact, code, number })
    }

    pub(super) fn awaiting_device(
        self,
        mut pending: PendingAssertion,
        event: TransferEvent<'_>,
        now: UnixMillis,
    ) -> TransferStep {
        match event {
            TransferEvent::Approve { request, spent: _, device_active } => {
                let state = State::AwaitingDevice(pending.clone());
                if request.token.is_some() {
                    return self.refuse(state, PublishedCode::SchemaError);
                }
                match pending.standing(now) {
                    // What the device signed counts as long as the device does.
                    Standing::Approved if device_active => self.hand_over(),
                    Standing::Expired => self.refuse(state, PublishedCode::TransferTokenExpired),
                    Standing::Approved | Standing::NotApproved => {
                        self.refuse(state, PublishedCode::TransferTokenIncorrect)
                    }
                }
            }
            // There is no code to send again.
            TransferEvent::Resend { .. } => {
                self.refuse(State::AwaitingDevice(pending), PublishedCode::SchemaError)
            }
            TransferEvent::SignOptions { credentials, relying_party, mut entropy } => {
                let issued =
                    pending.issue(&self.order, credentials, relying_party, &mut entropy, now);
                let state = State::AwaitingDevice(pending);
                match issued {
                    Ok(options) => self.stay(state).with(TransferEffect::GiveOptions(options)),
                    Err(IssueRefusal::Spent) => {
                        self.refuse(state, PublishedCode::TransferAttemptsExceeded)
                    }
                    Err(IssueRefusal::NoCredential) => {
                        self.refuse(state, PublishedCode::DeviceNotFound)
                    }
                    Err(IssueRefusal::Entropy) => {
                        self.refuse(state, TransferRefusal::fault(CallerFault::Entropy))
                    }
                }
            }
            TransferEvent::AssertionPresented => {
                let presented = pending.present(&self.order, now);
                let state = State::AwaitingDevice(pending);
                match presented {
                    Ok(check) => self.stay(state).with(TransferEffect::JudgeAssertion(check)),
                    Err(PresentRefusal::Spent) => {
                        self.refuse(state, PublishedCode::TransferAttemptsExceeded)
                    }
                    Err(PresentRefusal::NoChallenge) => {
                        self.refuse(state, PublishedCode::TransferTokenIncorrect)
                    }
                    Err(PresentRefusal::Expired) => {
                        self.refuse(state, PublishedCode::TransferTokenExpired)
                    }
                }
            }
            TransferEvent::AssertionEvaluated(evaluation) => {
                match pending.resolve(self.order.ted_key, evaluation) {
                    Resolved::Approved(approval) => self
                        .stay(State::AwaitingDevice(pending))
                        .with(TransferEffect::StoreSignCount(approval)),
                    Resolved::Failed => self.refuse(
                        State::AwaitingDevice(pending),
                        PublishedCode::TransferTokenIncorrect,
                    ),
                    Resolved::FailedAndSpent => self.reject_spent(),
                    Resolved::Foreign => self.foreign(State::AwaitingDevice(pending)),
                }
            }
            TransferEvent::CodeEvaluated(_)
            | TransferEvent::Delivered { .. }
            | TransferEvent::DeliveryFailed { .. } => self.foreign(State::AwaitingDevice(pending)),
            TransferEvent::Rail(_) | TransferEvent::Notice(_) => {
                self.never_handed(State::AwaitingDevice(pending))
            }
            TransferEvent::Resume | TransferEvent::Tick => {
                self.stay(State::AwaitingDevice(pending))
            }
        }
    }

    fn foreign(self, state: State) -> TransferStep {
        self.refuse(state, TransferRefusal::fault(CallerFault::Foreign))
    }

    pub(super) fn never_handed(self, state: State) -> TransferStep {
        self.refuse(state, TransferRefusal::fault(CallerFault::NeverHanded))
    }
}

fn not_counted(refusal: AttemptRefusal) -> TransferRefusal {
    match refusal {
        AttemptRefusal::Spent => PublishedCode::TransferAttemptsExceeded.into(),
        AttemptRefusal::Expired => PublishedCode::TransferTokenExpired.into(),
    }
}
