//! A transfer that waits for its approver.

use super::{
    Alphabet, AttemptRefusal, CallerFault, CodeAttempt, CodePurpose, Evaluation, Frame,
    IssueRefusal, PendingAssertion, PresentRefusal, PublishedCode, Resolution, Resolved, Sending,
    SentCode, Standing, State, TransferEffect, TransferEvent, TransferRefusal, TransferStep,
    binding, may_send, not_issued,
};
use crate::time::UnixMillis;

impl Frame {
    pub(super) fn awaiting_code(
        self,
        mut sent: SentCode,
        event: TransferEvent<'_>,
        now: UnixMillis,
    ) -> TransferStep {
        match event {
            TransferEvent::Approve { request, device_active: _ } => {
                let Some(entered) = request.token else {
                    let refusal = PublishedCode::TransferTokenRequired;
                    return self.refuse(State::AwaitingCode(sent), refusal);
                };
                let binding = binding(&self.order, sent.live.channel);
                let counted = sent.code.attempt(binding, now);
                let state = State::AwaitingCode(sent);
                match counted {
                    Ok(check) => {
                        let attempt = CodeAttempt { check, entered };
                        self.stay(state).with(TransferEffect::EvaluateCode(attempt))
                    }
                    Err(AttemptRefusal::Spent) => {
                        self.refuse(state, PublishedCode::TransferAttemptsExceeded)
                    }
                    Err(AttemptRefusal::Expired) => {
                        self.refuse(state, PublishedCode::TransferTokenExpired)
                    }
                }
            }
            TransferEvent::CodeEvaluated(evaluation) => self.code_evaluated(sent, evaluation),
            TransferEvent::Resend { request, keys, policy, mut entropy } => {
                let channel = request.channel.unwrap_or(sent.live.channel);
                if let Err(refusal) = may_send(channel, policy) {
                    return self.refuse(State::AwaitingCode(sent), refusal);
                }
                let binding = binding(&self.order, channel);
                let issued =
                    sent.code.issue_again(Alphabet::Digits, &binding, keys, &mut entropy, now);
                let code = match issued {
                    Ok(code) => code,
                    Err(error) => return self.refuse(State::AwaitingCode(sent), not_issued(error)),
                };
                sent.made = sent.made.saturating_add(1);
                let number = sent.made;
                sent.replaced = Some(sent.live);
                sent.live = Sending { number, channel };
                let approver = self.order.approver.clone();
                self.stay(State::AwaitingCode(sent)).with(TransferEffect::SendCode {
                    approver,
                    channel,
                    code,
                    number,
                })
            }
            TransferEvent::Delivered { number } => {
                if number == 0 || number > sent.made {
                    return self.foreign(State::AwaitingCode(sent));
                }
                sent.delivered = true;
                if number == sent.live.number {
                    sent.code.delivered();
                    sent.replaced = None;
                }
                self.stay(State::AwaitingCode(sent))
            }
            TransferEvent::DeliveryFailed { number } => self.not_delivered(sent, number),
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

    fn code_evaluated(self, mut sent: SentCode, evaluation: Evaluation) -> TransferStep {
        let (account_key, ted_key) = (self.order.account_key, self.order.ted_key);
        let resolution = sent.code.resolve(CodePurpose::Transfer, account_key, ted_key, evaluation);
        match resolution {
            Resolution::Matched => self.hand_over(),
            Resolution::Mismatched => {
                self.refuse(State::AwaitingCode(sent), PublishedCode::TransferTokenIncorrect)
            }
            Resolution::MismatchedAndSpent => self.reject_spent(),
            Resolution::Foreign => self.foreign(State::AwaitingCode(sent)),
        }
    }

    fn not_delivered(self, mut sent: SentCode, number: u32) -> TransferStep {
        if number == 0 || number > sent.made {
            return self.foreign(State::AwaitingCode(sent));
        }
        // News of a code that another has replaced, or that was delivered after all.
        let is_news = number == sent.live.number && !(sent.delivered && sent.replaced.is_none());
        if !is_news {
            return self.stay(State::AwaitingCode(sent));
        }
        let code = PublishedCode::TokenNotSent;
        match sent.replaced.take() {
            Some(before) if sent.code.restore() => {
                sent.live = before;
                self.refuse(State::AwaitingCode(sent), code)
            }
            _ => self.refuse(State::Dropped, code),
        }
    }

    pub(super) fn awaiting_device(
        self,
        mut pending: PendingAssertion,
        event: TransferEvent<'_>,
        now: UnixMillis,
    ) -> TransferStep {
        match event {
            TransferEvent::Approve { request, device_active } => {
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
