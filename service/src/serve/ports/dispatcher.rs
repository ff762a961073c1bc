//! What empties the outbox: at least once, under ids that stay.
//!
//! Any number of them on any number of nodes: a message is leased by one at a time, and one that dies
//! with a lease lets it run out. A message may come twice, and two may come in another order; the
//! receiver knows a repetition by its id.

use std::sync::Arc;
use std::time::{Duration, Instant};

use device_enrollment::UnixMillis;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Delivery, Events, Posted, RailAnswer, TransferRail, Why};
use crate::serve::metrics;
use crate::serve::storage::{Change, CommitError, Message, Queue, Storage};

/// Messages that are posted side by side.
const AT_ONCE: u32 = 16;
/// How often the queue is looked at when nobody says that there is something in it.
const PAUSE: Duration = Duration::from_secs(5);
/// How long a lease outlasts the posting of its message.
const LEASE_BEYOND: i64 = 30_000;
/// The pause after the first failure; it doubles with each further one.
const FIRST_RETRY: i64 = 5_000;
/// The longest pause: an hour.
const LAST_RETRY: i64 = 3_600_000;

/// Where messages go.
#[derive(Clone)]
pub(crate) enum Target {
    /// Notifications.
    Events(Arc<dyn Events>),
    /// Orders.
    Rail(Arc<dyn TransferRail>),
}

impl Target {
    const fn queue(&self) -> Queue {
        match self {
            Self::Events(_) => Queue::Event,
            Self::Rail(_) => Queue::Rail,
        }
    }

    /// Its name, for metrics.
    const fn port(&self) -> &'static str {
        match self {
            Self::Events(_) => "events",
            Self::Rail(_) => "rail",
        }
    }
}

/// Empties one queue.
#[derive(Clone)]
pub(crate) struct Dispatcher {
    storage: Storage,
    target: Target,
    worker: String,
    post_timeout: Duration,
}

/// What became of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Round {
    /// Messages that were taken.
    pub(crate) delivered: u32,
    /// Messages that wait for another try.
    pub(crate) put_off: u32,
}

impl Dispatcher {
    /// `worker` names this one among all of all nodes; `post_timeout` is how long a post may take.
    pub(crate) fn new(
        storage: Storage,
        target: Target,
        worker: String,
        post_timeout: Duration,
    ) -> Self {
        Self { storage, target, worker, post_timeout }
    }

    /// Works until `stop` says so.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            match self.round().await {
                // There may be more.
                Ok(round) if round.delivered >= AT_ONCE => continue,
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "the outbox cannot be read"),
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                changed = stop.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Posts what is due, once each.
    ///
    /// # Errors
    ///
    /// A [`CommitError`] when the queue cannot be read.
    pub(crate) async fn round(&self) -> Result<Round, CommitError> {
        let now = self.storage.now().await?;
        let due = self.storage.due_messages(self.target.queue(), now, AT_ONCE).await?;
        let mut posts = JoinSet::new();
        for message in due {
            let this = self.clone();
            posts.spawn(async move { this.deliver(message).await });
        }
        let mut round = Round::default();
        while let Some(posted) = posts.join_next().await {
            match posted {
                Ok(Ok(Some(true))) => round.delivered = round.delivered.saturating_add(1),
                Ok(Ok(Some(false))) => round.put_off = round.put_off.saturating_add(1),
                // Another worker has it.
                Ok(Ok(None)) => {}
                // Its lease runs out, and it is posted again.
                Ok(Err(error)) => tracing::warn!(%error, "a message was not moved in the outbox"),
                Err(_) => tracing::error!("posting a message ended in a panic"),
            }
        }
        Ok(round)
    }

    /// Whether the message was taken; `None` when another worker leases it.
    async fn deliver(&self, message: Message) -> Result<Option<bool>, CommitError> {
        let now = self.storage.now().await?;
        let post_time = i64::try_from(self.post_timeout.as_millis()).unwrap_or(i64::MAX);
        let until = now.plus_millis(post_time.saturating_add(LEASE_BEYOND));
        let lease = Change::lease(&message.message_id, &self.worker, now, until);
        match self.storage.commit(vec![lease]).await {
            Ok(()) => {}
            Err(CommitError::Lost(_)) => return Ok(None),
            Err(error) => return Err(error),
        }
        let posted =
            Posted { id: &message.message_id, kind: &message.kind, payload: &message.payload, now };
        let began = Instant::now();
        let (delivery, answer) = match &self.target {
            Target::Events(events) => (events.tell(posted).await, None),
            Target::Rail(rail) => match rail.hand_over(posted).await {
                Ok(RailAnswer::Pending) => (Delivery::Delivered, None),
                Ok(answer) => (Delivery::Delivered, Some(answer)),
                Err(Delivery::Delivered) => (Delivery::Unknown(Why::Broken), None),
                Err(delivery) => (delivery, None),
            },
        };
        metrics::delivered(self.target.port(), delivery.word(), began.elapsed());
        let answer = match delivery {
            Delivery::Delivered => Ok(answer),
            Delivery::Failed(why) | Delivery::Unknown(why) => Err(why),
        };
        self.record(&message, answer).await
    }

    async fn record(
        &self,
        message: &Message,
        answer: Result<Option<RailAnswer>, Why>,
    ) -> Result<Option<bool>, CommitError> {
        let now = self.storage.now().await?;
        let id = message.message_id.as_str();
        let (change, taken) = match answer {
            Ok(None) => (Change::delivered(id, &self.worker, now), true),
            Ok(Some(answer)) => (Change::answer(id, &answer.to_text(), now), true),
            Err(why) => {
                tracing::info!(message = id, kind = message.kind, %why, "a message is put off");
                let retry_at = retry_at(message.attempts, now);
                (Change::not_delivered(id, &self.worker, retry_at), false)
            }
        };
        match self.storage.commit(vec![change]).await {
            // The lease ran out meanwhile, or the core has answered by another way.
            Ok(()) | Err(CommitError::Lost(_)) => Ok(Some(taken)),
            Err(error) => Err(error),
        }
    }
}

/// `attempts` counts those before this one.
fn retry_at(attempts: i64, now: UnixMillis) -> UnixMillis {
    let doublings = u32::try_from(attempts.clamp(0, 20)).unwrap_or(20);
    let pause = FIRST_RETRY.saturating_mul(1_i64.checked_shl(doublings).unwrap_or(i64::MAX));
    now.plus_millis(pause.min(LAST_RETRY))
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour() {
        let pauses = [0, 1, 2, 9, 10, 1_000_000, -1];
        let pauses = pauses.map(|attempts| retry_at(attempts, UnixMillis(0)).0 / 1000);
        assert_eq!(pauses, [5, 10, 20, 2560, 3600, 3600, 5]);
    }
}
