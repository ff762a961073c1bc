use device_enrollment::flow::Uuid4;
use serde::{Deserialize, Serialize};

use super::client::{Client, Exchange};
use super::events::signed;
use super::{Delivery, Later, Posted, Roots, Signer, TransferRail, Why};
use crate::serve::config;

/// What the bank's core says of an order: the answer to the webhook, and the form of the column
/// `outcome` in the table of outgoing transfers, which the core writes where it reads the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum RailAnswer {
    /// The transfer was sent.
    Sent {
        /// The core's own key of it.
        transaction_key: Uuid4,
    },
    /// The transfer was taken, and what becomes of it is told later.
    Pending,
    /// The transfer was refused.
    Rejected {
        /// The published code that says why, `TED…`.
        code: String,
    },
}

impl RailAnswer {
    /// Reads an answer.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    /// The answer as it is stored.
    pub(crate) fn to_text(&self) -> String {
        // Nothing in it can fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The bank's core by a signed webhook: the order is posted, and the answer 200 is a [`RailAnswer`].
/// 202 without a body is `pending`. Everything else leaves the order in its queue.
pub(crate) struct RailWebhook {
    client: Client,
    signer: Signer,
}

impl RailWebhook {
    pub(crate) fn new(settings: &config::Webhook, roots: &Roots) -> Result<Self, String> {
        Ok(Self {
            client: Client::new(&settings.url, settings.timeout, roots, "rail.url")?,
            signer: Signer::new(settings.secret.reveal().as_bytes()),
        })
    }

    async fn post(&self, order: Posted<'_>) -> Result<RailAnswer, Delivery> {
        let post = signed(&self.signer, &order).ok_or(Delivery::Failed(Why::Unsendable))?;
        match self.client.post(post).await {
            Exchange::Answer { status: 202, body } if body.trim_ascii().is_empty() => {
                Ok(RailAnswer::Pending)
            }
            Exchange::Answer { status: 200..=299, body } => {
                RailAnswer::parse(&body).ok_or(Delivery::Unknown(Why::Broken))
            }
            Exchange::Answer { status: status @ (408 | 500..=502 | 504..), .. } => {
                Err(Delivery::Unknown(Why::Refused(status)))
            }
            Exchange::Answer { status, .. } => Err(Delivery::Failed(Why::Refused(status))),
            Exchange::NotSent(why) => Err(Delivery::Failed(why)),
            Exchange::Lost(why) => Err(Delivery::Unknown(why)),
        }
    }
}

impl TransferRail for RailWebhook {
    fn hand_over<'a>(&'a self, order: Posted<'a>) -> Later<'a, Result<RailAnswer, Delivery>> {
        Box::pin(self.post(order))
    }
}
