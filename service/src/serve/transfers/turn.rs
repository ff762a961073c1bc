//! One look at a transfer, what an event makes of it, and the unit that stores it.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use device_enrollment::UnixMillis;
use device_enrollment::flow::{Stored as _, Uuid4};
use device_enrollment::two_factor::{
    AssertionCheck, Channel, Code, CodeAttempt, CodeKeys, Contact, Device, DeviceStatus, Money,
    PublishedCode, SignOptions, Transfer, TransferContext, TransferEffect, TransferEvent,
    TransferRefusal, TransferStatus, TransferStep, brasilia_day,
};

use super::rail::{self, Order};
use crate::serve::flows::{Counting, Deed, Permitted, fresh_key};
use crate::serve::http::{App, Caller, Context, Problem};
use crate::serve::storage::{
    self, Account, Change, CommitError, Counter, CredentialUse, Move, NewMessage, Queue, Rule,
};

/// How often a request begins again because others were first. Each loss is somebody else's
/// progress, and attempts and resends are few, so that it takes a flood to use them all up.
pub(super) const TRIES: u32 = 24;

/// Why a request ends without its effect.
pub(super) enum Stop {
    /// The machine refused it.
    Refused(TransferRefusal),
    /// It came to no decision.
    Problem(Problem),
}

impl<E: Into<Problem>> From<E> for Stop {
    fn from(problem: E) -> Self {
        Self::Problem(problem.into())
    }
}

/// What the path of a request names.
#[derive(Clone, Copy)]
pub(super) struct Named {
    pub(super) account_key: Uuid4,
    pub(super) ted_key: Uuid4,
}

/// A transfer as it was read, and when.
pub(super) struct Turn {
    pub(super) row: storage::Transfer,
    pub(super) transfer: Transfer,
    pub(super) now: UnixMillis,
}

/// What is left to do once a step is stored.
pub(super) enum Next {
    Nothing,
    Evaluate(CodeAttempt),
    Deliver(Delivering),
    Give(SignOptions),
    Judge(AssertionCheck),
    Hand(Order),
}

/// A code that is to be sent.
pub(super) struct Delivering {
    pub(super) channel: Channel,
    pub(super) contact: Contact,
    pub(super) code: Code,
    pub(super) number: u32,
}

impl Turn {
    /// Reads the transfer that a caller names. What is not the caller's is as unknown as what is
    /// not there.
    pub(super) async fn of_caller(app: &App, caller: &Caller, named: Named) -> Result<Self, Stop> {
        let permitted = Permitted::of(caller)?;
        let account = permitted.account(app, named.account_key).await?;
        let account = account.as_ref().map(Account::facts);
        let row = Self::row(app, named).await?;
        let row = row.filter(|row| row.requester_key == caller.requester_key);
        let found = row.as_ref().map(parse).transpose()?;
        let transfer = Transfer::find(named.account_key, account, found).map_err(Stop::Refused)?;
        Self::of(app, row, transfer).await
    }

    /// Reads a transfer for the bank itself, whoever asked for it and whatever became of its
    /// account since.
    pub(super) async fn of_bank(app: &App, named: Named) -> Result<Self, Stop> {
        let row = Self::row(app, named).await?;
        let found = row.as_ref().map(parse).transpose()?.filter(|found| found.view().is_some());
        let missing = || Stop::Refused(PublishedCode::TransferNotFound.into());
        let transfer = found.ok_or_else(missing)?;
        Self::of(app, row, transfer).await
    }

    async fn row(app: &App, named: Named) -> Result<Option<storage::Transfer>, Stop> {
        let (account_key, ted_key) = (named.account_key.to_string(), named.ted_key.to_string());
        Ok(app.storage.transfer(&account_key, &ted_key).await?)
    }

    async fn of(
        app: &App,
        row: Option<storage::Transfer>,
        transfer: Transfer,
    ) -> Result<Self, Stop> {
        let row = row.ok_or(Problem::internal())?;
        let now = row.machine.not_before_last_move(app.storage.now().await?);
        Ok(Self { row, transfer, now })
    }

    /// What the bank is told where the last attempt was used up, so that it can tell the person.
    fn spent(
        &self,
        to: &Transfer,
        refusal: Option<&TransferRefusal>,
    ) -> Result<Option<Change>, Problem> {
        const KIND: &str = "transfer.locked";
        let spent =
            refusal.map(TransferRefusal::code) == Some(PublishedCode::TransferAttemptsExceeded);
        if !spent || to.state_name() == self.transfer.state_name() {
            return Ok(None);
        }
        let payload = serde_json::json!({
            "eventType": KIND,
            "account_key": self.row.account_key,
            "ted_key": self.row.ted_key,
            "occurred_at": self.now.to_string(),
        });
        Ok(Some(Change::send(&NewMessage {
            message_id: &fresh_key()?.to_string(),
            queue: Queue::Event,
            kind: KIND,
            subject: &self.row.ted_key,
            payload: &payload.to_string(),
            now: self.now,
        })))
    }

    /// What an event makes of it. Nothing is stored.
    pub(super) fn judge(&self, app: &App, event: TransferEvent<'_>) -> TransferStep {
        let keys = app.flows.keys();
        self.transfer.clone().apply(event, context(app, &keys), self.now)
    }

    /// Whether the device that has to approve is Active, and has a credential still: what it signed
    /// before counts as long as both do, so that a revoked enrollment approves nothing either.
    pub(super) async fn device_is_active(&self, app: &App) -> Result<bool, Stop> {
        let Some(device_key) = self.transfer.device_key() else { return Ok(false) };
        let (account_key, device_key) = (&self.row.account_key, device_key.to_string());
        let device = app.storage.device(account_key, &device_key).await?;
        let credentials = app.storage.credentials_of_device(account_key, &device_key).await?;
        Ok(device.as_ref().is_some_and(is_active) && !credentials.is_empty())
    }

    /// Stores what an event made of it. The inner error is the condition that somebody else was
    /// first with: the request begins again.
    ///
    /// A step that changes nothing is not stored, and has nothing to lose.
    pub(super) async fn store(
        &self,
        app: &App,
        who: Who<'_>,
        action: &str,
        step: TransferStep,
        also: Vec<Change>,
    ) -> Result<Result<Stored, Rule>, Stop> {
        let TransferStep { state, effects, refusal } = step;
        if state == self.transfer && effects.is_empty() && also.is_empty() {
            return Ok(Ok(Stored { transfer: state, refusal, next: Next::Nothing }));
        }
        let text = state.to_stored().map_err(|_| Problem::internal())?;
        let ted_key = self.row.ted_key.as_str();
        let from_revision = self.row.machine.revision;
        let mut unit = if effects.iter().any(|effect| matches!(effect, TransferEffect::Drop)) {
            vec![Change::drop_transfer(ted_key, from_revision)]
        } else {
            let to = Move { from_revision, ..moved(&state, &text, self.now) };
            vec![Change::move_transfer(ted_key, &to)]
        };
        let next = plan(app, &self.transfer, effects, self.now, &mut unit)?;
        unit.extend(self.spent(&state, refusal.as_ref())?);
        unit.extend(also);
        let outcome = refusal.as_ref().map_or("done", |refusal| refusal.code().as_str());
        unit.push(who.audit(app, &self.transfer, action, outcome, self.now));
        match app.storage.commit(unit).await {
            Ok(()) => Ok(Ok(Stored { transfer: state, refusal, next })),
            Err(CommitError::Lost(lost)) => Ok(Err(lost.rule)),
            Err(error) => Err(error.into()),
        }
    }
}

/// Puts what belongs into the unit there, and gives back what is left for after it.
pub(super) fn plan(
    app: &App,
    transfer: &Transfer,
    effects: Vec<TransferEffect>,
    now: UnixMillis,
    unit: &mut Vec<Change>,
) -> Result<Next, Stop> {
    let order = transfer.order();
    let counting = Counting::new(&app.flows.caps, &order.approver, now);
    let mut next = Next::Nothing;
    for effect in effects {
        match effect {
            TransferEffect::EvaluateCode(attempt) => {
                unit.extend(counting.attempt());
                next = Next::Evaluate(attempt);
            }
            TransferEffect::SendCode { channel, contact, code, number } => {
                unit.extend(counting.code());
                next = Next::Deliver(Delivering { channel, contact, code, number });
            }
            TransferEffect::GiveOptions(options) => next = Next::Give(options),
            TransferEffect::JudgeAssertion(check) => next = Next::Judge(check),
            TransferEffect::HandToRail(order) => {
                let order = Order::of(&order, now).ok_or(Problem::internal())?;
                unit.extend(order.send(app));
                next = Next::Hand(order);
            }
            TransferEffect::StoreSignCount(approval) => {
                unit.push(Change::use_credential(&CredentialUse {
                    credential_id: &BASE64_URL_SAFE_NO_PAD.encode(&approval.credential_id),
                    from_sign_count: approval.stored_sign_count,
                    to_sign_count: approval.sign_count,
                    now,
                }));
            }
            TransferEffect::CountMoved { account_key, day, amount, most } => {
                let add = i64::try_from(amount.centavos()).unwrap_or(i64::MAX);
                unit.push(day_sum(&account_key.to_string(), day, most, add));
            }
            TransferEffect::Announce { transfer, reason } => {
                let payload = rail::announcement(&transfer, reason.as_ref(), now);
                unit.push(Change::send(&NewMessage {
                    message_id: &fresh_key()?.to_string(),
                    queue: Queue::Event,
                    kind: rail::ANNOUNCEMENT,
                    subject: &order.ted_key.to_string(),
                    payload: &payload.ok_or(Problem::internal())?,
                    now,
                }));
            }
            TransferEffect::Drop => unit.extend(given_back(app, transfer)),
        }
    }
    Ok(next)
}

/// Centavos that an account moved on a day in Brasília from devices that are not registered.
const MOVED: &str = "moved_unregistered";

/// Where the day's counter begins. Any number that is another for each day will do.
const fn day_window(day: i64) -> UnixMillis {
    UnixMillis(day.saturating_mul(86_400_000))
}

fn day_sum(account_key: &str, day: i64, most: Money, add: i64) -> Change {
    let counter = Counter {
        name: MOVED,
        subject: account_key,
        window_start: day_window(day),
        // The day in Brasília ends three hours into the next one of UTC.
        keep_until: day_window(day.saturating_add(2)),
        cap: i64::try_from(most.centavos()).unwrap_or(i64::MAX),
    };
    Change::count(&counter, add)
}

/// What an account moved so far on the day in Brasília.
pub(super) async fn moved_today(
    app: &App,
    account_key: Uuid4,
    now: UnixMillis,
) -> Result<Money, Stop> {
    let since = day_window(brasilia_day(now));
    let sum = app.storage.counted(MOVED, &account_key.to_string(), since).await?;
    Ok(Money::from_centavos(u64::try_from(sum).unwrap_or(0)))
}

/// A transfer that never came to be moves nothing: what was counted for it is taken off again.
fn given_back(app: &App, transfer: &Transfer) -> Option<Change> {
    let limits = app.flows.unregistered_device?;
    let requested_at = transfer.view()?.created_at;
    let amount = i64::try_from(transfer.order().amount.money().centavos()).ok()?;
    let account_key = transfer.order().account_key.to_string();
    Some(day_sum(&account_key, brasilia_day(requested_at), limits.per_day, amount.saturating_neg()))
}

/// What holds for every event.
pub(super) fn context<'a>(app: &'a App, keys: &'a CodeKeys) -> TransferContext<'a> {
    TransferContext {
        keys,
        caps: &app.flows.caps,
        unregistered_device: app.flows.unregistered_device,
    }
}

/// Who moves a transfer, for the audit trail.
#[derive(Clone, Copy)]
pub(super) enum Who<'a> {
    /// A caller.
    Caller(&'a Caller, &'a Context),
    /// The bank's core, by an answer that the outbox has.
    Core,
}

impl Who<'_> {
    pub(super) fn audit(
        self,
        app: &App,
        transfer: &Transfer,
        action: &str,
        outcome: &str,
        now: UnixMillis,
    ) -> Change {
        let order = transfer.order();
        let (account_key, ted_key) = (order.account_key.to_string(), order.ted_key.to_string());
        let deed = Deed {
            action,
            outcome,
            subject_kind: "transfer",
            subject_key: &ted_key,
            account_key: Some(&account_key),
            person: Some(order.approver.digits()),
        };
        match self {
            Self::Caller(caller, context) => app.flows.audit(caller, context, deed, now),
            Self::Core => app.flows.audit_as("bank", None, deed, now),
        }
    }
}

/// What was stored.
pub(super) struct Stored {
    pub(super) transfer: Transfer,
    pub(super) refusal: Option<TransferRefusal>,
    pub(super) next: Next,
}

impl Stored {
    /// The transfer, unless the event was refused.
    pub(super) fn refused_or_moved(self) -> Result<Transfer, Stop> {
        self.refusal.map_or(Ok(self.transfer), |refusal| Err(Stop::Refused(refusal)))
    }

    /// A step that is only looked at.
    pub(super) fn unchanged(step: TransferStep) -> Self {
        Self { transfer: step.state, refusal: step.refusal, next: Next::Nothing }
    }
}

fn parse(row: &storage::Transfer) -> Result<Transfer, Problem> {
    Transfer::from_stored(&row.machine.state).map_err(|error| {
        tracing::error!(ted_key = row.ted_key, %error, "a transfer cannot be read");
        Problem::internal()
    })
}

/// Whether a device that was read is Active.
pub(super) fn is_active(device: &storage::Device) -> bool {
    let device = Device::from_stored(&device.machine.state);
    device.is_ok_and(|device| device.status() == Some(DeviceStatus::Active))
}

/// A machine as its row has it. One that was sent is over, although the receiving bank can still
/// return it: that moves it once more.
pub(super) fn moved<'a>(state: &'a Transfer, text: &'a str, now: UnixMillis) -> Move<'a> {
    let is_final = state.view().is_none_or(|view| match view.ted_status {
        TransferStatus::Pending2faApproval | TransferStatus::Pending => false,
        TransferStatus::Sent | TransferStatus::Rejected => true,
    });
    Move { from_revision: 0, status: state.state_name(), is_final, state: text, now }
}
