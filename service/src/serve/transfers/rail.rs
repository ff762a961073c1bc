//! The way of an approved order into the bank's core, and back.
//!
//! # There
//!
//! The order is a message of the outbox, written in the unit that approves the transfer, under the
//! transfer's own key: there is no approved transfer without its order and no second order of one.
//! Where the rail is a webhook, the unit also leases the message to the request that approved, which
//! posts it and waits a short time for the core's answer. A process that dies meanwhile leaves a
//! lease that runs out, and the dispatcher of any node posts the message again, so that nothing else
//! has to bring a transfer back on its way. The core knows a repetition by the key.
//!
//! # Back
//!
//! An answer that comes in time is the answer of `PUT …/validate_token`: 201 sent, 202 pending, or
//! the published error with `ted_data`. One that comes later, by the dispatcher, by SQL into the
//! column `outcome`, or as a notice to our own endpoint, moves the transfer too, and the client is
//! told by the published webhook `baas.ted.outgoing_ted`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use device_enrollment::UnixMillis;
use device_enrollment::flow::Uuid4;
use device_enrollment::two_factor::{
    Money, PublishedCode, RailNotice, RailOutcome, RefusalReason, TransferEvent, TransferOrder,
    TransferView,
};
use serde::Serialize;
use tokio::sync::{oneshot, watch};

use super::turn::{Named, Stop, Stored, TRIES, Turn, Who};
use crate::serve::flows::fresh_key;
use crate::serve::http::{App, Problem};
use crate::serve::metrics;
use crate::serve::ports::{Delivery, Posted, RailAnswer};
use crate::serve::storage::{Change, Message, NewMessage, Queue};

/// The type of an order.
pub(super) const ORDER: &str = "transfer.order";
/// The type of what a client is told.
pub(super) const ANNOUNCEMENT: &str = "baas.ted.outgoing_ted";

/// How long the request that approved waits for the core's answer.
const ANSWERED_WITHIN: Duration = Duration::from_secs(3);
/// How long a lease outlasts the posting of its message.
const LEASE_BEYOND: i64 = 30_000;
/// When a post that failed is tried again, by the dispatcher.
const RETRY_AFTER: i64 = 5_000;
/// How often answers in the outbox are looked for when nobody says that there is one.
const PAUSE: Duration = Duration::from_secs(2);
/// Answers that are looked at in one round.
const MOST_ANSWERS: u32 = 500;

/// An order as it leaves.
pub(super) struct Order {
    named: Named,
    payload: String,
    made_at: UnixMillis,
    worker: String,
}

impl Order {
    pub(super) fn of(order: &TransferOrder, now: UnixMillis) -> Option<Self> {
        let named = Named { account_key: order.account_key, ted_key: order.ted_key };
        let payload = serde_json::to_string(&Payload::of(order)).ok()?;
        let worker = format!("approval:{}", fresh_key().ok()?);
        Some(Self { named, payload, made_at: now, worker })
    }

    fn id(&self) -> String {
        self.named.ted_key.to_string()
    }

    /// The order into the outbox, leased to this request where there is somebody to post it to.
    pub(super) fn send(&self, app: &App) -> Vec<Change> {
        let id = self.id();
        let mut unit = vec![Change::send(&NewMessage {
            message_id: &id,
            queue: Queue::Rail,
            kind: ORDER,
            subject: &id,
            payload: &self.payload,
            now: self.made_at,
        })];
        if app.flows.ports.rail.is_some() {
            let post = app.config.rail.as_ref().map_or(ANSWERED_WITHIN, |rail| rail.timeout);
            let post = i64::try_from(post.as_millis()).unwrap_or(i64::MAX);
            let until = self.made_at.plus_millis(post.saturating_add(LEASE_BEYOND));
            unit.push(Change::lease(&id, &self.worker, self.made_at, until));
        }
        unit
    }

    /// Posts the order, waits a short time for what the core says, and tells the transfer. Without an
    /// answer the transfer stays as it is, and what comes later is acted on later.
    ///
    /// What the client is answered is what is stored in the end, also where other news were first.
    pub(super) async fn hand_over(self, app: &Arc<App>, who: Who<'_>) -> Result<Stored, Stop> {
        let (named, worker) = (self.named, self.worker.clone());
        match self.post(app).await {
            Some(answer) => told(app, who, named, &worker, &answer).await,
            None => {
                let turn = Turn::of_bank(app, named).await?;
                // The word for what is under way is `pending`; what is stored stays.
                Ok(Stored::unchanged(turn.judge(app, TransferEvent::Rail(RailOutcome::Pending))))
            }
        }
    }

    async fn post(self, app: &Arc<App>) -> Option<RailAnswer> {
        let rail = app.flows.ports.rail.clone()?;
        let (tell, told) = oneshot::channel();
        let app = app.clone();
        tokio::spawn(async move {
            let (id, now) = (self.id(), self.made_at);
            let posted = Posted { id: &id, kind: ORDER, payload: &self.payload, now };
            let began = Instant::now();
            let handed = rail.hand_over(posted).await;
            let delivery =
                handed.as_ref().map_or_else(|delivery| *delivery, |_| Delivery::Delivered);
            metrics::delivered("rail", delivery.word(), began.elapsed());
            let late = match handed {
                Ok(answer) => match tell.send(answer) {
                    Ok(()) => return,
                    Err(answer) => Ok(answer),
                },
                Err(delivery) => Err(delivery),
            };
            if let Err(error) = self.leave(&app, &id, late).await {
                tracing::warn!(%error, "an order stays leased until its time is over");
            }
        });
        tokio::time::timeout(ANSWERED_WITHIN, told).await.ok()?.ok()
    }

    /// Leaves the message to others, with the answer that came too late for the request.
    async fn leave(
        &self,
        app: &App,
        id: &str,
        answer: Result<RailAnswer, Delivery>,
    ) -> Result<(), crate::serve::storage::CommitError> {
        let now = app.storage.now().await?;
        let change = match answer {
            Ok(RailAnswer::Pending) => Change::delivered(id, &self.worker, now),
            Ok(answer) => Change::answer(id, &answer.to_text(), now),
            Err(_) => Change::not_delivered(id, &self.worker, now.plus_millis(RETRY_AFTER)),
        };
        app.storage.commit(vec![change]).await
    }
}

/// What the core is sent: `TransferOrder` in the names of the published request.
#[derive(Serialize)]
struct Payload<'a> {
    ted_key: Uuid4,
    account_key: Uuid4,
    request_control_key: Uuid4,
    #[serde(serialize_with = "Money::serialize_number")]
    transaction_amount: Money,
    #[serde(serialize_with = "Money::serialize_number")]
    fee_amount: Money,
    target_account: Target<'a>,
    approver_document_number: &'a str,
}

#[derive(Serialize)]
struct Target<'a> {
    account_branch: &'a str,
    account_number: &'a str,
    account_digit: &'a str,
    owner_document_number: &'a str,
    owner_name: &'a str,
    ispb: &'a str,
    account_type: &'static str,
}

impl<'a> Payload<'a> {
    fn of(order: &'a TransferOrder) -> Self {
        let payee = &order.payee;
        Self {
            ted_key: order.ted_key,
            account_key: order.account_key,
            request_control_key: order.request_control_key,
            transaction_amount: order.amount.money(),
            fee_amount: order.fee,
            target_account: Target {
                account_branch: payee.account_branch(),
                account_number: payee.account_number(),
                account_digit: payee.account_digit(),
                owner_document_number: payee.owner_document_number().digits(),
                owner_name: payee.owner_name(),
                ispb: payee.ispb(),
                account_type: payee.account_type().as_str(),
            },
            approver_document_number: order.approver.digits(),
        }
    }
}

/// What the client is told of a transfer that changed without a request of theirs. The pages name
/// the webhook and the parts of `refusal_reason`; what is around them is ours.
pub(super) fn announcement(
    transfer: &TransferView,
    reason: Option<&RefusalReason>,
    now: UnixMillis,
) -> Option<String> {
    #[derive(Serialize)]
    struct Announcement<'a> {
        webhook_type: &'static str,
        key: Uuid4,
        status: &'static str,
        event_datetime: String,
        data: Data<'a>,
    }
    #[derive(Serialize)]
    struct Data<'a> {
        ted: &'a TransferView,
        #[serde(skip_serializing_if = "Option::is_none")]
        refusal_reason: Option<&'a RefusalReason>,
    }
    serde_json::to_string(&Announcement {
        webhook_type: ANNOUNCEMENT,
        key: transfer.ted_key,
        status: transfer.ted_status.as_str(),
        event_datetime: now.to_string(),
        data: Data { ted: transfer, refusal_reason: reason },
    })
    .ok()
}

/// Tells a transfer what the core answered to the request that approved it.
async fn told(
    app: &App,
    who: Who<'_>,
    named: Named,
    worker: &str,
    answer: &RailAnswer,
) -> Result<Stored, Stop> {
    let id = named.ted_key.to_string();
    for attempt in 0..TRIES {
        let turn = Turn::of_bank(app, named).await?;
        let step = turn.judge(app, in_time(answer));
        // Others can have been first with the message too: then the transfer is moved without it.
        let also = match answer {
            _ if attempt > 0 => Vec::new(),
            RailAnswer::Pending => vec![Change::delivered(&id, worker, turn.now)],
            RailAnswer::Sent { .. } | RailAnswer::Rejected { .. } => {
                vec![
                    Change::answer(&id, &answer.to_text(), turn.now),
                    Change::settle(&id, turn.now),
                ]
            }
        };
        if let Ok(stored) = turn.store(app, who, "transfer.handed", step, also).await? {
            return Ok(stored);
        }
    }
    Err(Problem::busy().into())
}

/// An answer while the client waits for it.
fn in_time(answer: &RailAnswer) -> TransferEvent<'static> {
    match answer {
        RailAnswer::Sent { transaction_key } => {
            TransferEvent::Rail(RailOutcome::Sent { transaction_key: *transaction_key })
        }
        RailAnswer::Pending => TransferEvent::Rail(RailOutcome::Pending),
        RailAnswer::Rejected { code } => match published(code) {
            Some(code) => TransferEvent::Rail(RailOutcome::Rejected { code }),
            None => TransferEvent::Notice(RailNotice::Refused { reason: reason(code) }),
        },
    }
}

/// An answer that nobody waits for any more: the client is told of it.
fn later(answer: &RailAnswer) -> TransferEvent<'static> {
    match answer {
        RailAnswer::Sent { transaction_key } => {
            TransferEvent::Notice(RailNotice::Settled { transaction_key: *transaction_key })
        }
        RailAnswer::Pending => TransferEvent::Rail(RailOutcome::Pending),
        RailAnswer::Rejected { code } => {
            TransferEvent::Notice(RailNotice::Refused { reason: reason(code) })
        }
    }
}

/// The row of the published tables of TED. Another code would be one that this service never
/// answers with.
fn published(code: &str) -> Option<PublishedCode> {
    PublishedCode::parse(code).filter(|code| code.as_str().starts_with("TED"))
}

/// A refusal in the form of the published webhook.
fn reason(code: &str) -> RefusalReason {
    let row = published(code);
    RefusalReason {
        refusal_code: code.chars().take(64).collect(),
        enumerator: row.map_or("refused", PublishedCode::title).to_owned(),
        description: row.map_or("", PublishedCode::description).to_owned(),
    }
}

/// Acts on answers that came after their requests: those of the dispatcher, and those that the core
/// wrote into the outbox by SQL.
pub(crate) struct Settling {
    app: Arc<App>,
}

impl Settling {
    pub(crate) fn new(app: Arc<App>) -> Self {
        Self { app }
    }

    /// Works until `stop` says so.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            if let Err(error) = self.round().await {
                tracing::warn!(%error, "answers of the rail cannot be read");
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                changed = stop.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Acts on every answer that is there.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub(crate) async fn round(&self) -> Result<(), crate::serve::storage::ReadError> {
        for message in self.app.storage.answered_orders(MOST_ANSWERS).await? {
            if let Err(stop) = self.settle(&message).await {
                let why = match stop {
                    Stop::Refused(refusal) => refusal.to_string(),
                    Stop::Problem(_) => "the storage did not take it".to_owned(),
                };
                tracing::error!(message = message.message_id, why, "an answer of the rail");
            }
        }
        Ok(())
    }

    async fn settle(&self, message: &Message) -> Result<(), Stop> {
        let app = &*self.app;
        let answer = message.outcome.as_deref().and_then(|text| RailAnswer::parse(text.as_bytes()));
        let Some(answer) = answer else {
            // Whoever wrote it has to write it anew.
            tracing::error!(message = message.message_id, "an answer of the rail has not its form");
            return Ok(());
        };
        let named = named(message).ok_or(Problem::internal())?;
        let turn = Turn::of_bank(app, named).await?;
        let step = turn.judge(app, later(&answer));
        let also = vec![Change::settle(&message.message_id, turn.now)];
        // Lost: the next round looks whether another node has acted on it.
        match turn.store(app, Who::Core, "transfer.settled", step, also).await? {
            // It contradicts what is known. It is not looked at again, and somebody has to.
            Ok(Stored { refusal: Some(refusal), .. }) if refusal.caller_fault().is_some() => {
                Err(Stop::Refused(refusal))
            }
            _ => Ok(()),
        }
    }
}

/// A notice of the bank's core to our own endpoint.
pub(super) async fn noticed(
    app: &App,
    who: Who<'_>,
    named: Named,
    notice: &RailNotice,
) -> Result<Stored, Stop> {
    for _ in 0..TRIES {
        let turn = Turn::of_bank(app, named).await?;
        let step = turn.judge(app, TransferEvent::Notice(notice.clone()));
        let stored = turn.store(app, who, "transfer.noticed", step, Vec::new()).await?;
        if let Ok(stored) = stored {
            return Ok(stored);
        }
    }
    Err(Problem::busy().into())
}

fn named(message: &Message) -> Option<Named> {
    #[derive(serde::Deserialize)]
    struct Keys {
        account_key: Uuid4,
        ted_key: Uuid4,
    }
    let Keys { account_key, ted_key } = serde_json::from_str(&message.payload).ok()?;
    Some(Named { account_key, ted_key })
}
