//! The ways to the outside: each a trait with a real adapter, some with one for demonstration.
//!
//! An adapter is given what to deliver and says what became of it. It never says more: no text of
//! the other side, no address, no code reaches an error or a log, because a gateway repeats in its
//! answers what it was sent.

mod client;
mod demo;
mod dispatcher;
mod events;
mod liveness;
mod mail;
mod rail;
mod roots;
mod signature;
mod sms;
mod template;
#[cfg(test)]
mod tests;
mod words;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use device_enrollment::{Language, UnixMillis};

pub(crate) use demo::{DemoLiveness, DemoOutbox, DemoRail};
pub(crate) use dispatcher::{Dispatcher, Target};
pub(crate) use events::EventsWebhook;
pub(crate) use liveness::LivenessExchange;
pub(crate) use mail::SmtpMail;
pub(crate) use rail::{RailAnswer, RailWebhook};
pub(crate) use roots::Roots;
pub(crate) use signature::Signer;
#[cfg(test)]
pub(crate) use signature::Unsigned;
pub(crate) use sms::SmsGateway;

use super::config::Config;

/// What a port gives back later.
pub(crate) type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What became of something that was to be delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// The other side has taken it.
    Delivered,
    /// The other side does not have it.
    Failed(Why),
    /// It was sent and nothing, or nothing that can be read, came back: the other side may have it.
    Unknown(Why),
}

impl Delivery {
    /// The outcome, for metrics.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed(_) => "failed",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// Why a delivery did not end well. Words of ours alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// No port of this kind is configured.
    NotConfigured,
    /// The address to deliver to, or something else in the message, cannot be sent.
    Unsendable,
    /// No connection.
    Unreachable,
    /// No TLS: the certificate is not believed, or TLS is not spoken.
    Tls,
    /// The time was over.
    Timeout,
    /// The connection broke, or the answer cannot be read.
    Broken,
    /// The other side would not have us: user and password.
    Login,
    /// The other side refused, with this status of HTTP or SMTP.
    Refused(u16),
}

impl Why {
    /// The reason, for logs and metrics.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::NotConfigured => "not_configured",
            Self::Unsendable => "unsendable",
            Self::Unreachable => "unreachable",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Broken => "broken",
            Self::Login => "login",
            Self::Refused(_) => "refused",
        }
    }
}

impl core::fmt::Display for Why {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Refused(status) => write!(f, "refused with {status}"),
            other => f.write_str(other.word()),
        }
    }
}

/// A code on its way to a person. Its debug form shows nothing but its id.
#[derive(Clone, Copy)]
pub(crate) struct CodeMessage<'a> {
    /// Names this delivery for ever, so that the other side can see a repetition.
    pub(crate) id: &'a str,
    /// The phone, as it is stored for the approver, or the e-mail address.
    pub(crate) to: &'a str,
    /// The language of the sentence.
    pub(crate) language: Language,
    /// What the code is for: whoever types it has to have read this.
    pub(crate) purpose: CodeFor<'a>,
    /// The code.
    pub(crate) code: &'a str,
    /// Minutes that it counts.
    pub(crate) minutes: u32,
}

impl core::fmt::Debug for CodeMessage<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "CodeMessage {}", self.id)
    }
}

/// What a code approves.
#[derive(Clone, Copy)]
pub(crate) enum CodeFor<'a> {
    /// The registration of a device.
    Device,
    /// A transfer.
    Transfer {
        /// As people read it: `R$ 1.234,56`.
        amount: &'a str,
        /// Who is paid.
        payee: &'a str,
    },
}

/// Sends text messages.
pub(crate) trait Sms: Send + Sync {
    /// Sends a code.
    fn send<'a>(&'a self, message: CodeMessage<'a>) -> Later<'a, Delivery>;
}

/// Sends e-mail.
pub(crate) trait Mail: Send + Sync {
    /// Sends a code.
    fn send<'a>(&'a self, message: CodeMessage<'a>) -> Later<'a, Delivery>;
}

/// The provider of face checks.
pub(crate) trait Liveness: Send + Sync {
    /// Exchanges the key of an image for the provider's signed result, which the library judges.
    fn exchange<'a>(&'a self, image_key: &'a str) -> Later<'a, Exchanged>;
}

/// What the provider of face checks gave for a key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Exchanged {
    /// A result, signed, not judged.
    Result(Vec<u8>),
    /// It knows no such image.
    UnknownImage,
    /// It could not be asked.
    Unavailable(Why),
}

impl core::fmt::Debug for Exchanged {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Result(_) => f.write_str("Result(..)"),
            Self::UnknownImage => f.write_str("UnknownImage"),
            Self::Unavailable(why) => write!(f, "Unavailable({why})"),
        }
    }
}

/// Something that waits in a queue to be posted.
#[derive(Clone, Copy)]
pub(crate) struct Posted<'a> {
    /// Its id, for ever: what the receiver knows a repetition by.
    pub(crate) id: &'a str,
    /// Its type.
    pub(crate) kind: &'a str,
    /// JSON.
    pub(crate) payload: &'a str,
    /// When it is posted, for the signature.
    pub(crate) now: UnixMillis,
}

impl core::fmt::Debug for Posted<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Posted {} ({})", self.id, self.kind)
    }
}

/// The way of an approved transfer into the bank's core.
pub(crate) trait TransferRail: Send + Sync {
    /// Hands over an order. An id that the core has seen is the same order: it is carried out once.
    fn hand_over<'a>(&'a self, order: Posted<'a>) -> Later<'a, Result<RailAnswer, Delivery>>;
}

/// Whoever is told of what happened.
pub(crate) trait Events: Send + Sync {
    /// Tells an event.
    fn tell<'a>(&'a self, event: Posted<'a>) -> Later<'a, Delivery>;
}

/// The ports that are configured. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Ports {
    pub(crate) sms: Option<Arc<dyn Sms>>,
    pub(crate) mail: Option<Arc<dyn Mail>>,
    pub(crate) liveness: Option<Arc<dyn Liveness>>,
    /// None where the bank's core reads the queue itself.
    pub(crate) rail: Option<Arc<dyn TransferRail>>,
    pub(crate) events: Option<Arc<dyn Events>>,
}

impl core::fmt::Debug for Ports {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Ports")
            .field("sms", &self.sms.is_some())
            .field("mail", &self.mail.is_some())
            .field("liveness", &self.liveness.is_some())
            .field("rail", &self.rail.is_some())
            .field("events", &self.events.is_some())
            .finish()
    }
}

impl Ports {
    /// The adapters of a configuration. Nothing is reached yet.
    ///
    /// # Errors
    ///
    /// One line that names the setting that cannot be used.
    pub(crate) fn open(config: &Config) -> Result<Self, String> {
        let roots = Roots::of_the_system();
        Ok(Self {
            sms: match &config.sms {
                Some(sms) => Some(Arc::new(SmsGateway::new(sms, &roots)?)),
                None => None,
            },
            mail: match &config.smtp {
                Some(smtp) => Some(Arc::new(SmtpMail::new(smtp, &roots)?)),
                None => None,
            },
            liveness: match &config.liveness {
                Some(liveness) => Some(Arc::new(LivenessExchange::new(liveness, &roots)?)),
                None => None,
            },
            rail: match &config.rail {
                Some(rail) => Some(Arc::new(RailWebhook::new(rail, &roots)?)),
                None => None,
            },
            events: match &config.events {
                Some(events) => Some(Arc::new(EventsWebhook::new(events, &roots)?)),
                None => None,
            },
        })
    }

    /// Fills what is not configured with the stand-ins for demonstration.
    pub(crate) fn with_demo(mut self, outbox: &DemoOutbox, liveness: &DemoLiveness) -> Self {
        self.sms.get_or_insert_with(|| Arc::new(outbox.sms()));
        self.mail.get_or_insert_with(|| Arc::new(outbox.mail()));
        self.liveness.get_or_insert_with(|| Arc::new(liveness.clone()));
        self.rail.get_or_insert_with(|| Arc::new(DemoRail));
        self
    }
}
