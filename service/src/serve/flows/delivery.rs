//! Codes on their way to a person.

use std::time::Instant;

use device_enrollment::Language;
use device_enrollment::two_factor::{Channel, Code, CodeRecord, Contact};

use super::{Flows, fresh_key};
use crate::serve::http::Problem;
use crate::serve::metrics;
use crate::serve::ports::{CodeFor, CodeMessage, Delivery, Why};

/// A code as an effect hands it out.
#[derive(Clone, Copy)]
pub(crate) struct CodeToSend<'a> {
    pub(crate) channel: Channel,
    pub(crate) contact: &'a Contact,
    pub(crate) code: &'a Code,
    pub(crate) purpose: CodeFor<'a>,
    pub(crate) language: Language,
}

impl Flows {
    /// Sends a code, and says whether it arrived for certain. What may have arrived has not: the
    /// person is better asked to take another code than told to wait for one that never comes.
    ///
    /// # Errors
    ///
    /// A [`Problem`] when there are no random bytes for the message's id.
    pub(crate) async fn send(&self, send: CodeToSend<'_>) -> Result<bool, Problem> {
        // Each delivery has an id of its own: a key that was dropped can be requested again, and the
        // gateway must not take the second code for the first.
        let id = fresh_key()?.to_string();
        let message = CodeMessage {
            id: &id,
            to: send.contact.as_str(),
            language: send.language,
            purpose: send.purpose,
            code: send.code.expose(),
            minutes: CodeRecord::LIFETIME_MINUTES,
        };
        let began = Instant::now();
        let delivery = match send.channel {
            Channel::Sms => match &self.ports.sms {
                Some(sms) => sms.send(message).await,
                None => Delivery::Failed(Why::NotConfigured),
            },
            Channel::Email => match &self.ports.mail {
                Some(mail) => mail.send(message).await,
                None => Delivery::Failed(Why::NotConfigured),
            },
            _ => Delivery::Failed(Why::NotConfigured),
        };
        let port = send.channel.as_str();
        metrics::delivered(port, delivery.word(), began.elapsed());
        if let Delivery::Failed(why) | Delivery::Unknown(why) = delivery {
            tracing::warn!(port, outcome = delivery.word(), %why, "a code was not delivered");
        }
        Ok(delivery == Delivery::Delivered)
    }
}
