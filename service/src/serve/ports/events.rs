use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};

use super::client::{Client, Exchange, Post};
use super::signature::{ID, KIND, SIGNATURE};
use super::{Delivery, Events, Later, Posted, Roots, Signer, Why};
use crate::serve::config;

/// Notifications by a signed webhook. Any answer of the two hundreds says that it was taken.
pub(crate) struct EventsWebhook {
    client: Client,
    signer: Signer,
}

impl EventsWebhook {
    pub(crate) fn new(settings: &config::Webhook, roots: &Roots) -> Result<Self, String> {
        Ok(Self {
            client: Client::new(&settings.url, settings.timeout, roots, "events.url")?,
            signer: Signer::new(settings.secret.reveal().as_bytes()),
        })
    }

    async fn post(&self, event: Posted<'_>) -> Delivery {
        let Some(post) = signed(&self.signer, &event) else {
            return Delivery::Failed(Why::Unsendable);
        };
        match self.client.post(post).await {
            Exchange::Answer { status: 200..=299, .. } => Delivery::Delivered,
            Exchange::Answer { status, .. } => Delivery::Failed(Why::Refused(status)),
            Exchange::NotSent(why) => Delivery::Failed(why),
            Exchange::Lost(why) => Delivery::Unknown(why),
        }
    }
}

impl Events for EventsWebhook {
    fn tell<'a>(&'a self, event: Posted<'a>) -> Later<'a, Delivery> {
        Box::pin(self.post(event))
    }
}

/// A post with its id, its type and its signature.
pub(super) fn signed(signer: &Signer, posted: &Posted<'_>) -> Option<Post> {
    let body = posted.payload.as_bytes();
    let signature = signer.sign(posted.id, body, posted.now);
    let headers = vec![
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (HeaderName::from_static(ID), HeaderValue::from_str(posted.id).ok()?),
        (HeaderName::from_static(KIND), HeaderValue::from_str(posted.kind).ok()?),
        (HeaderName::from_static(SIGNATURE), HeaderValue::from_str(&signature).ok()?),
    ];
    Some(Post { headers, body: body.to_vec() })
}
