use std::time::Duration;

use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};

use super::client::{Client, Exchange, Post, secret_header};
use super::template::{Escaping, fill};
use super::{CodeMessage, Delivery, Later, Roots, Sms, Why, words};
use crate::serve::config;

/// Names the message, so that a gateway that gets it twice sends it once.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// How long it waits before the second try; before each further one twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// A gateway for text messages by HTTP: one POST of a configured body for each message.
///
/// What was not sent, and what the gateway puts off (429, 503), is tried again, as often as is
/// configured. What may have been sent is not: the code in a second message would be the same, but
/// the person waits already, and asks for another.
pub(crate) struct SmsGateway {
    client: Client,
    body: String,
    content_type: HeaderValue,
    authorization: Option<(HeaderName, HeaderValue)>,
    tries: u32,
}

impl SmsGateway {
    pub(crate) fn new(settings: &config::Sms, roots: &Roots) -> Result<Self, String> {
        let authorization = settings.authorization.as_ref().map(|secret| {
            secret_header(AUTHORIZATION, secret.reveal())
                .ok_or("setting sms.authorization: it is no value of a header")
        });
        Ok(Self {
            client: Client::new(&settings.url, settings.timeout, roots, "sms.url")?,
            body: settings.body.clone(),
            content_type: HeaderValue::from_static(settings.content_type),
            authorization: authorization.transpose()?,
            tries: settings.tries.max(1),
        })
    }

    async fn deliver(&self, message: CodeMessage<'_>) -> Delivery {
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            let Some(post) = self.post(&message) else {
                return Delivery::Failed(Why::Unsendable);
            };
            let why = match self.client.post(post).await {
                Exchange::Answer { status: 200..=299, .. } => return Delivery::Delivered,
                Exchange::Answer { status: status @ (429 | 503), .. } => Why::Refused(status),
                // The gateway had it when it, or what is behind it, failed.
                Exchange::Answer { status: status @ (408 | 500..), .. } => {
                    return Delivery::Unknown(Why::Refused(status));
                }
                Exchange::Answer { status, .. } => return Delivery::Failed(Why::Refused(status)),
                Exchange::Lost(why) => return Delivery::Unknown(why),
                Exchange::NotSent(why) => why,
            };
            if attempt >= self.tries {
                return Delivery::Failed(why);
            }
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2);
        }
        Delivery::Failed(Why::Unsendable)
    }

    fn post(&self, message: &CodeMessage<'_>) -> Option<Post> {
        let content_type = self.content_type.to_str().unwrap_or_default();
        let text = words::sms(message);
        let body = fill(&self.body, Escaping::of(content_type), message.to, &text);
        let mut headers = vec![
            (CONTENT_TYPE, self.content_type.clone()),
            (IDEMPOTENCY_KEY, HeaderValue::from_str(message.id).ok()?),
        ];
        headers.extend(self.authorization.clone());
        Some(Post { headers, body: body.into_bytes() })
    }
}

impl Sms for SmsGateway {
    fn send<'a>(&'a self, message: CodeMessage<'a>) -> Later<'a, Delivery> {
        Box::pin(self.deliver(message))
    }
}
