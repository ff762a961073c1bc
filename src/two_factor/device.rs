//! The registration of a device by a second factor, from its request to its end.

mod facts;
mod refusal;
mod request;
mod view;

pub use facts::{
    AccountFacts, AccountStanding, Contact, Contacts, DeviceContext, RequestFacts, RequesterFacts,
};
pub use refusal::DeviceRefusal;
pub use request::{DeviceRequest, ImageKey, ResendRequest, ValidateRequest};
pub use view::{AnalysisStatus, DeviceAnswer, DeviceView};

use serde::{Deserialize, Serialize};

use self::request::RequestedContact;
use self::view::{AnalysisEvent, StatusEvent};
use super::{
    Alphabet, Asked, AttemptRefusal, Caps, Channel, Code, CodeBinding, CodeCheck, CodePurpose,
    DeliveryFailure, Evaluation, IssueError, LivenessProof, LivenessRefusal, PendingCode,
    Resolution, Spent,
};
use crate::crypto::{Transcript, sha256};
use crate::flow::{DocumentNumber, Entropy, Step, Stored, Uuid4};
use crate::time::UnixMillis;

/// A device of an account, as it is stored.
///
/// # Order of judgement
///
/// A request: schema, account found, not blocked or closed, no hub account, requester configured,
/// requester allowed, `tfa_info` present, UUIDs, approver, caps, contact. Everything else: schema,
/// account, blocked or closed, hub account ([`find`](Self::find)), then the state of the device, its
/// attempts, the caps, the code ([`apply`](Self::apply)).
///
/// # Where the pages leave it open
///
/// - A device key that was used before is answered OBD000092, as one that is not valid.
/// - An expired code is answered OBD0000100 and counts no attempt; a code whose key was rotated away
///   is answered so too, and its attempt stays counted.
/// - The first four wrong codes are answered OBD0000100, the fifth OBD000099.
/// - An approver without a contact on the channel is answered OBD000097.
/// - A locked device can be disabled, and that is the only way out of it.
/// - A device whose first code could not be delivered, or whose liveness was not approved, is dropped:
///   the same key may be requested again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    account_key: Uuid4,
    device_key: Uuid4,
    session_id: Uuid4,
    approver: DocumentNumber,
    contact: RequestedContact,
    created_at: UnixMillis,
    state: State,
    status_events: Vec<StatusEvent>,
    analysis_events: Vec<AnalysisEvent>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    AwaitingCode(Box<PendingCode>),
    AwaitingLiveness { until: UnixMillis },
    Active,
    Locked,
    Disabled,
    Dropped,
}

impl Stored for Device {
    const MACHINE: &'static str = "device";
    const VERSION: u32 = 1;
}

/// Where a device stands. The pages have three vocabularies for it, one for each kind of endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeviceStatus {
    /// It waits for its code or its liveness result.
    Pending,
    /// It is registered.
    Active,
    /// Its attempts are spent.
    Locked,
    /// It was disabled.
    Disabled,
}

/// What happens to a device.
pub enum DeviceEvent {
    /// Somebody typed a code. This counts the attempt; the code itself is compared by the effect.
    Attempt {
        /// What was counted for the approver and overall.
        spent: Spent,
    },
    /// The attempt was compared.
    Evaluated(Evaluation),
    /// Another code is asked for.
    Resend {
        /// The body.
        request: ResendRequest,
        /// Where the approver can be reached now.
        contacts: Contacts,
        /// What was counted for the approver and overall.
        spent: Spent,
        /// Random bytes for the code.
        entropy: Entropy,
    },
    /// A code was delivered.
    Delivered {
        /// The number from [`DeviceEffect::SendCode`].
        number: u32,
    },
    /// A code could not be delivered.
    DeliveryFailed {
        /// The number from [`DeviceEffect::SendCode`].
        number: u32,
    },
    /// The liveness result was judged, and its id burned.
    LivenessJudged(Result<LivenessProof, LivenessRefusal>),
    /// The liveness provider could not be asked.
    LivenessUnavailable,
    /// The integrator disables the device.
    Disable,
    /// The fraud engine came to a result.
    Analysed {
        /// The result.
        status: AnalysisStatus,
        /// Its reason, for whoever queries the device.
        reason: Option<String>,
        /// The reason at length.
        reason_description: Option<String>,
    },
    /// Time went by.
    Tick,
}

impl DeviceEvent {
    /// The name of the event, for tables and logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Attempt { .. } => "attempt",
            Self::Evaluated(_) => "evaluated",
            Self::Resend { .. } => "resend",
            Self::Delivered { .. } => "delivered",
            Self::DeliveryFailed { .. } => "delivery_failed",
            Self::LivenessJudged(_) => "liveness_judged",
            Self::LivenessUnavailable => "liveness_unavailable",
            Self::Disable => "disable",
            Self::Analysed { .. } => "analysed",
            Self::Tick => "tick",
        }
    }
}

/// Prints the name alone: contacts, reasons and random bytes are nothing for a log.
impl core::fmt::Debug for DeviceEvent {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

/// What the caller has to do.
#[derive(Debug)]
pub enum DeviceEffect {
    /// Send a code, and report with [`DeviceEvent::Delivered`] or [`DeviceEvent::DeliveryFailed`].
    SendCode {
        /// How.
        channel: Channel,
        /// To whom.
        contact: Contact,
        /// The code, here and nowhere else.
        code: Code,
        /// Its number, for the report.
        number: u32,
    },
    /// Compare what was typed with [`CodeCheck::evaluate`], and report with
    /// [`DeviceEvent::Evaluated`].
    Compare(CodeCheck),
    /// Exchange the key for the provider's result, judge it with
    /// [`LivenessProvider::judge`](super::LivenessProvider::judge), burn its id, and report with
    /// [`DeviceEvent::LivenessJudged`] or [`DeviceEvent::LivenessUnavailable`].
    CheckLiveness {
        /// The key of the image.
        image_key: ImageKey,
    },
    /// Revoke every credential that is bound to these three.
    RevokeCredentials {
        /// The account.
        account_key: Uuid4,
        /// The approver.
        approver: DocumentNumber,
        /// The device.
        device_key: Uuid4,
    },
    /// Delete the device from storage: it never came to be.
    Drop,
}

impl DeviceEffect {
    /// The name of the effect, for tables and logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SendCode { .. } => "send_code",
            Self::Compare(_) => "compare",
            Self::CheckLiveness { .. } => "check_liveness",
            Self::RevokeCredentials { .. } => "revoke_credentials",
            Self::Drop => "drop",
        }
    }
}

/// Minutes that a device waits for its liveness result before it is dropped: as long as the nonce
/// of the result is good.
const LIVENESS_MINUTES: u32 = super::LivenessNonce::LIFETIME_MINUTES;

/// Results of the fraud engine that are kept; the oldest go first.
const MOST_ANALYSIS_EVENTS: usize = 50;

impl Device {
    /// Judges a request for a device.
    ///
    /// # Errors
    ///
    /// The first [`DeviceRefusal`] in the order of the module's page. Nothing is to be stored then.
    pub fn request(
        request: DeviceRequest,
        facts: RequestFacts,
        mut entropy: Entropy,
        context: DeviceContext<'_>,
        now: UnixMillis,
    ) -> Result<(Self, Vec<DeviceEffect>), DeviceRefusal> {
        usable(facts.account)?;
        let requester = facts.requester.ok_or(DeviceRefusal::RequesterNotConfigured)?;
        if !requester.may_create_devices {
            return Err(DeviceRefusal::RequesterNotAllowed);
        }
        let tfa_info = request.tfa_info.ok_or(DeviceRefusal::TfaInfoMissing)?;
        let uuid = |text: &str| Uuid4::parse(text).ok_or(DeviceRefusal::InvalidUuid);
        let device_key = uuid(&request.device_key)?;
        let session_id = uuid(&request.session_id)?;
        if facts.device_key_used {
            return Err(DeviceRefusal::DeviceKeyUsed);
        }
        let contacts = facts.approver.ok_or(DeviceRefusal::NotAnApprover)?;
        let mut device = Self {
            account_key: facts.account_key,
            device_key,
            session_id,
            approver: tfa_info.approver,
            contact: tfa_info.contact,
            created_at: now,
            state: State::AwaitingLiveness { until: now.plus_minutes(LIVENESS_MINUTES) },
            status_events: vec![StatusEvent::new(DeviceStatus::Pending, now)],
            analysis_events: Vec::new(),
        };
        let effect = match &device.contact {
            RequestedContact::Liveness(image_key) => {
                DeviceEffect::CheckLiveness { image_key: image_key.clone() }
            }
            RequestedContact::Code(channel) => {
                let channel = *channel;
                context
                    .caps
                    .admit(&facts.spent, Asked::Code(channel), now)
                    .map_err(DeviceRefusal::Cap)?;
                let contact = contact_by(&contacts, channel)?;
                let binding = device.binding();
                let (pending, code) = PendingCode::issue(
                    Alphabet::LowerAlphanumeric,
                    channel,
                    &binding,
                    context.keys,
                    &mut entropy,
                    now,
                )
                .map_err(not_issued)?;
                let number = pending.number();
                device.state = State::AwaitingCode(Box::new(pending));
                DeviceEffect::SendCode { channel, contact, code, number }
            }
        };
        Ok((device, vec![effect]))
    }

    /// What stands before every event that a requester causes on a device that exists: the account,
    /// and the device itself.
    ///
    /// # Errors
    ///
    /// A [`DeviceRefusal`] about the account, or [`DeviceRefusal::DeviceNotFound`].
    pub fn find(
        account: Option<AccountFacts>,
        device: Option<Self>,
    ) -> Result<Self, DeviceRefusal> {
        usable(account)?;
        device.ok_or(DeviceRefusal::DeviceNotFound)
    }

    /// Moves the device.
    ///
    /// What is overdue moves first: a liveness result that did not come drops the device, and five
    /// attempts of which none can match any more lock it.
    pub fn apply(
        self,
        event: DeviceEvent,
        context: DeviceContext<'_>,
        now: UnixMillis,
    ) -> Step<Self, DeviceEffect, DeviceRefusal> {
        let mut device = self.at(now);
        let state = core::mem::replace(&mut device.state, State::Dropped);
        match state {
            State::AwaitingCode(pending) => device.awaiting_code(*pending, event, context, now),
            State::AwaitingLiveness { until } => device.awaiting_liveness(until, event, now),
            State::Active => device.active(event, now),
            State::Locked => device.locked(event, now),
            State::Disabled => device.disabled(event, now),
            State::Dropped => match event {
                DeviceEvent::Tick => Step::to(device).with(DeviceEffect::Drop),
                DeviceEvent::Attempt { .. }
                | DeviceEvent::Evaluated(_)
                | DeviceEvent::Resend { .. }
                | DeviceEvent::Delivered { .. }
                | DeviceEvent::DeliveryFailed { .. }
                | DeviceEvent::LivenessJudged(_)
                | DeviceEvent::LivenessUnavailable
                | DeviceEvent::Disable
                | DeviceEvent::Analysed { .. } => {
                    Step::refused(device, DeviceRefusal::Dropped).with(DeviceEffect::Drop)
                }
            },
        }
    }

    /// The device as it stands at a time, without any event.
    #[must_use]
    pub fn at(mut self, now: UnixMillis) -> Self {
        self.state = match self.state {
            State::AwaitingCode(pending) if pending.is_spent(now) => State::Locked,
            State::AwaitingLiveness { until } if now.has_reached(until) => State::Dropped,
            state => state,
        };
        self
    }

    fn awaiting_code(
        self,
        mut pending: PendingCode,
        event: DeviceEvent,
        context: DeviceContext<'_>,
        now: UnixMillis,
    ) -> Step<Self, DeviceEffect, DeviceRefusal> {
        match event {
            DeviceEvent::Attempt { spent } => {
                let admitted = pending.takes_attempt(now).map_err(not_counted).and_then(|()| {
                    context.caps.admit(&spent, Asked::Attempt, now).map_err(DeviceRefusal::Cap)
                });
                let counted = admitted
                    .and_then(|()| pending.attempt(self.binding(), now).map_err(not_counted));
                let device = self.waiting(pending);
                match counted {
                    Ok(check) => Step::to(device).with(DeviceEffect::Compare(check)),
                    Err(refusal) => Step::refused(device, refusal),
                }
            }
            DeviceEvent::Evaluated(evaluation) => {
                let resolution = pending.resolve(
                    CodePurpose::Device,
                    self.account_key,
                    self.device_key,
                    evaluation,
                );
                match resolution {
                    Resolution::Matched => Step::to(self.moved(DeviceStatus::Active, now)),
                    Resolution::Mismatched => {
                        Step::refused(self.waiting(pending), DeviceRefusal::CodeIncorrect)
                    }
                    Resolution::MismatchedAndSpent => Step::refused(
                        self.moved(DeviceStatus::Locked, now),
                        DeviceRefusal::AttemptsSpent,
                    ),
                    Resolution::Foreign => {
                        Step::refused(self.waiting(pending), DeviceRefusal::ForeignEvaluation)
                    }
                }
            }
            DeviceEvent::Resend { request, contacts, spent, entropy } => {
                let sent =
                    self.resend(&mut pending, request, &contacts, &spent, entropy, context, now);
                let device = self.waiting(pending);
                match sent {
                    Ok(effect) => Step::to(device).with(effect),
                    Err(refusal) => Step::refused(device, refusal),
                }
            }
            DeviceEvent::Delivered { number } => {
                pending.delivered(number);
                Step::to(self.waiting(pending))
            }
            DeviceEvent::DeliveryFailed { number } => match pending.delivery_failed(number) {
                DeliveryFailure::NoCode if pending.made() == 1 => {
                    Step::refused(self.dropped(), DeviceRefusal::NotDelivered)
                        .with(DeviceEffect::Drop)
                }
                DeliveryFailure::NoCode
                | DeliveryFailure::Restored
                | DeliveryFailure::Superseded => {
                    Step::refused(self.waiting(pending), DeviceRefusal::NotDelivered)
                }
            },
            DeviceEvent::LivenessJudged(_) | DeviceEvent::LivenessUnavailable => {
                Step::refused(self.waiting(pending), DeviceRefusal::NothingToJudge)
            }
            DeviceEvent::Disable => self.disable(now),
            DeviceEvent::Analysed { status, reason, reason_description } => {
                let device = self.analysed(status, reason, reason_description, now);
                Step::to(device.waiting(pending))
            }
            DeviceEvent::Tick => Step::to(self.waiting(pending)),
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "they are the event and the context, taken apart"
    )]
    fn resend(
        &self,
        pending: &mut PendingCode,
        request: ResendRequest,
        contacts: &Contacts,
        spent: &Spent,
        mut entropy: Entropy,
        context: DeviceContext<'_>,
        now: UnixMillis,
    ) -> Result<DeviceEffect, DeviceRefusal> {
        if pending.attempts_left() == 0 {
            return Err(DeviceRefusal::AttemptsSpent);
        }
        let requested = match self.contact {
            RequestedContact::Code(channel) => channel,
            RequestedContact::Liveness(_) => return Err(DeviceRefusal::NothingToResend),
        };
        let channel = request.contact_type.unwrap_or(requested);
        let asked = Asked::Resend {
            channel,
            codes_of_object: pending.made(),
            last_code_at: pending.last_made_at(),
        };
        context.caps.admit(spent, asked, now).map_err(DeviceRefusal::Cap)?;
        let contact = contact_by(contacts, channel)?;
        let code = pending
            .issue_again(
                Alphabet::LowerAlphanumeric,
                channel,
                &self.binding(),
                context.keys,
                &mut entropy,
                now,
            )
            .map_err(not_issued)?;
        let number = pending.number();
        Ok(DeviceEffect::SendCode { channel, contact, code, number })
    }

    fn awaiting_liveness(
        mut self,
        until: UnixMillis,
        event: DeviceEvent,
        now: UnixMillis,
    ) -> Step<Self, DeviceEffect, DeviceRefusal> {
        let waiting = State::AwaitingLiveness { until };
        let refusal = match event {
            DeviceEvent::LivenessJudged(Ok(proof)) => {
                let image_key = match &self.contact {
                    RequestedContact::Liveness(image_key) => Some(image_key),
                    RequestedContact::Code(_) => None,
                };
                if proof.is_for(self.account_key, self.device_key, image_key) {
                    return Step::to(self.moved(DeviceStatus::Active, now));
                }
                let refusal = DeviceRefusal::Liveness(LivenessRefusal::ForeignProof);
                return Step::refused(self.dropped(), refusal).with(DeviceEffect::Drop);
            }
            DeviceEvent::LivenessJudged(Err(refusal)) => {
                let refusal = DeviceRefusal::Liveness(refusal);
                return Step::refused(self.dropped(), refusal).with(DeviceEffect::Drop);
            }
            DeviceEvent::LivenessUnavailable => {
                return Step::refused(self.dropped(), DeviceRefusal::LivenessUnavailable)
                    .with(DeviceEffect::Drop);
            }
            DeviceEvent::Disable => return self.disable(now),
            DeviceEvent::Analysed { status, reason, reason_description } => {
                self.state = waiting;
                return Step::to(self.analysed(status, reason, reason_description, now));
            }
            DeviceEvent::Tick => {
                self.state = waiting;
                return Step::to(self);
            }
            DeviceEvent::Attempt { .. } | DeviceEvent::Evaluated(_) => {
                DeviceRefusal::NothingToValidate
            }
            DeviceEvent::Resend { .. }
            | DeviceEvent::Delivered { .. }
            | DeviceEvent::DeliveryFailed { .. } => DeviceRefusal::NothingToResend,
        };
        self.state = waiting;
        Step::refused(self, refusal)
    }

    fn active(
        mut self,
        event: DeviceEvent,
        now: UnixMillis,
    ) -> Step<Self, DeviceEffect, DeviceRefusal> {
        self.state = State::Active;
        match event {
            DeviceEvent::Disable => self.disable(now),
            DeviceEvent::Analysed { status, reason, reason_description } => {
                Step::to(self.analysed(status, reason, reason_description, now))
            }
            // The person was faster than the report.
            DeviceEvent::Delivered { .. } | DeviceEvent::Tick => Step::to(self),
            DeviceEvent::DeliveryFailed { .. } => Step::refused(self, DeviceRefusal::NotDelivered),
            DeviceEvent::Attempt { .. } | DeviceEvent::Evaluated(_) => {
                Step::refused(self, DeviceRefusal::NothingToValidate)
            }
            DeviceEvent::Resend { .. } => Step::refused(self, DeviceRefusal::NothingToResend),
            DeviceEvent::LivenessJudged(_) | DeviceEvent::LivenessUnavailable => {
                Step::refused(self, DeviceRefusal::NothingToJudge)
            }
        }
    }

    fn locked(
        mut self,
        event: DeviceEvent,
        now: UnixMillis,
    ) -> Step<Self, DeviceEffect, DeviceRefusal> {
        self.state = State::Locked;
        match event {
            DeviceEvent::Disable => self.disable(now),
            DeviceEvent::Analysed { status, reason, reason_description } => {
                Step::to(self.analysed(status, reason, reason_description, now))
            }
            DeviceEvent::Delivered { .. } | DeviceEvent::Tick => Step::to(self),
            DeviceEvent::DeliveryFailed { .. } => Step::refused(self, DeviceRefusal::NotDelivered),
            DeviceEvent::Attempt { .. }
            | DeviceEvent::Evaluated(_)
            | DeviceEvent::Resend { .. } => Step::refused(self, DeviceRefusal::AttemptsSpent),
            DeviceEvent::LivenessJudged(_) | DeviceEvent::LivenessUnavailable => {
                Step::refused(self, DeviceRefusal::NothingToJudge)
            }
        }
    }

    fn disabled(
        mut self,
        event: DeviceEvent,
        now: UnixMillis,
    ) -> Step<Self, DeviceEffect, DeviceRefusal> {
        self.state = State::Disabled;
        match event {
            DeviceEvent::Analysed { status, reason, reason_description } => {
                Step::to(self.analysed(status, reason, reason_description, now))
            }
            DeviceEvent::Delivered { .. } | DeviceEvent::Tick => Step::to(self),
            DeviceEvent::DeliveryFailed { .. } => Step::refused(self, DeviceRefusal::NotDelivered),
            DeviceEvent::Attempt { .. }
            | DeviceEvent::Evaluated(_)
            | DeviceEvent::Resend { .. }
            | DeviceEvent::LivenessJudged(_)
            | DeviceEvent::LivenessUnavailable
            | DeviceEvent::Disable => Step::refused(self, DeviceRefusal::Disabled),
        }
    }

    /// Nothing says that no credential was bound before, so the effect is given in every state.
    fn disable(self, now: UnixMillis) -> Step<Self, DeviceEffect, DeviceRefusal> {
        let revoke = DeviceEffect::RevokeCredentials {
            account_key: self.account_key,
            approver: self.approver.clone(),
            device_key: self.device_key,
        };
        Step::to(self.moved(DeviceStatus::Disabled, now)).with(revoke)
    }

    fn waiting(mut self, pending: PendingCode) -> Self {
        self.state = State::AwaitingCode(Box::new(pending));
        self
    }

    fn dropped(mut self) -> Self {
        self.state = State::Dropped;
        self
    }

    fn moved(mut self, status: DeviceStatus, now: UnixMillis) -> Self {
        self.state = match status {
            // A device never goes back to waiting.
            DeviceStatus::Pending => self.state,
            DeviceStatus::Active => State::Active,
            DeviceStatus::Locked => State::Locked,
            DeviceStatus::Disabled => State::Disabled,
        };
        self.status_events.push(StatusEvent::new(status, now));
        self
    }

    fn analysed(
        mut self,
        status: AnalysisStatus,
        reason: Option<String>,
        reason_description: Option<String>,
        now: UnixMillis,
    ) -> Self {
        if self.analysis_events.len() >= MOST_ANALYSIS_EVENTS {
            self.analysis_events.remove(0);
        }
        self.analysis_events.push(AnalysisEvent::new(status, reason, reason_description, now));
        self
    }

    /// What a code of this device is bound to. What is approved is the device with its session, as it
    /// was requested.
    fn binding(&self) -> CodeBinding {
        let mut approved = Transcript::new(b"device-enrollment device registration 1");
        approved.bytes(self.device_key.as_bytes());
        approved.bytes(self.session_id.as_bytes());
        approved.bytes(&self.created_at.0.to_be_bytes());
        CodeBinding {
            purpose: CodePurpose::Device,
            account_key: self.account_key,
            object_key: self.device_key,
            approver: self.approver.clone(),
            digest: sha256(&[&approved.into_bytes()]),
        }
    }

    /// The account it belongs to.
    #[must_use]
    pub const fn account_key(&self) -> Uuid4 {
        self.account_key
    }

    /// Its key.
    #[must_use]
    pub const fn device_key(&self) -> Uuid4 {
        self.device_key
    }

    /// The session of Device Scan that it was requested with.
    #[must_use]
    pub const fn session_id(&self) -> Uuid4 {
        self.session_id
    }

    /// Whoever approves with it.
    #[must_use]
    pub const fn approver(&self) -> &DocumentNumber {
        &self.approver
    }

    /// Where it stands; `None` when it was dropped, so that for everybody outside it is not there.
    #[must_use]
    pub const fn status(&self) -> Option<DeviceStatus> {
        match self.state {
            State::AwaitingCode(_) | State::AwaitingLiveness { .. } => Some(DeviceStatus::Pending),
            State::Active => Some(DeviceStatus::Active),
            State::Locked => Some(DeviceStatus::Locked),
            State::Disabled => Some(DeviceStatus::Disabled),
            State::Dropped => None,
        }
    }

    /// Attempts counted so far, while it waits for a code.
    #[must_use]
    pub fn attempts(&self) -> Option<u8> {
        match &self.state {
            State::AwaitingCode(pending) => Some(pending.attempts()),
            State::AwaitingLiveness { .. }
            | State::Active
            | State::Locked
            | State::Disabled
            | State::Dropped => None,
        }
    }

    /// From when on another code may be asked for; `None` where none is left, or none was sent.
    #[must_use]
    pub fn next_code_at(&self, caps: &Caps) -> Option<UnixMillis> {
        let State::AwaitingCode(pending) = &self.state else { return None };
        pending.next_code_at(caps)
    }

    /// When its live code stops being good, while it waits for one.
    #[must_use]
    pub fn code_expires_at(&self) -> Option<UnixMillis> {
        match &self.state {
            State::AwaitingCode(pending) => Some(pending.expires_at()),
            State::AwaitingLiveness { .. }
            | State::Active
            | State::Locked
            | State::Disabled
            | State::Dropped => None,
        }
    }
}

fn usable(account: Option<AccountFacts>) -> Result<(), DeviceRefusal> {
    let account = account.ok_or(DeviceRefusal::AccountNotFound)?;
    match account.standing {
        AccountStanding::Blocked | AccountStanding::Closed => {
            Err(DeviceRefusal::AccountBlockedOrClosed)
        }
        AccountStanding::Open if account.is_hub => Err(DeviceRefusal::HubAccount),
        AccountStanding::Open => Ok(()),
    }
}

fn contact_by(contacts: &Contacts, channel: Channel) -> Result<Contact, DeviceRefusal> {
    contacts.by(channel).cloned().ok_or(DeviceRefusal::NoContact(channel))
}

const fn not_issued(error: IssueError) -> DeviceRefusal {
    match error {
        IssueError::Spent => DeviceRefusal::AttemptsSpent,
        IssueError::Entropy(_) => DeviceRefusal::Entropy,
    }
}

const fn not_counted(refusal: AttemptRefusal) -> DeviceRefusal {
    match refusal {
        AttemptRefusal::Spent => DeviceRefusal::AttemptsSpent,
        AttemptRefusal::Expired => DeviceRefusal::CodeExpired,
    }
}
