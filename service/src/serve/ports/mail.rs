use std::time::Duration;

use lettre::address::Address;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MessageBuilder};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Message, message::header::Header};
use tokio::time::timeout_at;

use super::client::deadline;
use super::{CodeMessage, Delivery, Later, Mail, Roots, Why, words};
use crate::serve::config;
use crate::serve::config::SmtpSecurity;

/// E-mail by SMTP, one connection for each message.
///
/// Nothing is tried again: a queue of messages with codes would deliver them when they are over. What
/// failed before the message was handed over was not delivered; what broke afterwards is not known.
pub(crate) struct SmtpMail {
    host: String,
    port: u16,
    security: SmtpSecurity,
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    from: Mailbox,
    hello: ClientId,
    timeout: Duration,
}

impl SmtpMail {
    pub(crate) fn new(settings: &config::Smtp, roots: &Roots) -> Result<Self, String> {
        let from: Mailbox = settings
            .from
            .parse()
            .map_err(|_| "setting smtp.from: it is no address of e-mail".to_owned())?;
        let tls = match settings.security {
            SmtpSecurity::None => None,
            SmtpSecurity::StartTls | SmtpSecurity::Tls => Some(tls(&settings.host, roots)?),
        };
        let credentials = settings.user.as_ref().zip(settings.password.as_ref());
        Ok(Self {
            host: settings.host.clone(),
            port: settings.port,
            security: settings.security,
            tls,
            credentials: credentials.map(|(user, password)| {
                Credentials::new(user.clone(), password.reveal().to_owned())
            }),
            hello: ClientId::Domain(from.email.domain().to_owned()),
            from,
            timeout: settings.timeout,
        })
    }

    async fn deliver(&self, message: CodeMessage<'_>) -> Delivery {
        let deadline = deadline(self.timeout);
        let Some(letter) = self.letter(&message) else {
            return Delivery::Failed(Why::Unsendable);
        };
        let mut connection = match timeout_at(deadline, self.connect()).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(why)) => return Delivery::Failed(why),
            Err(_) => return Delivery::Failed(Why::Timeout),
        };
        let text = zeroize::Zeroizing::new(letter.formatted());
        let sent = connection.send(letter.envelope(), &text);
        let delivery = match timeout_at(deadline, sent).await {
            Ok(Ok(_)) => Delivery::Delivered,
            Ok(Err(error)) => unsent(&error),
            Err(_) => return Delivery::Unknown(Why::Timeout),
        };
        // The message is theirs; whether they say goodbye does not matter.
        let _ = timeout_at(deadline, connection.quit()).await;
        delivery
    }

    /// A connection that is ready for a message: nothing has been handed over.
    async fn connect(&self) -> Result<AsyncSmtpConnection, Why> {
        let from_the_start = self.tls.clone().filter(|_| self.security == SmtpSecurity::Tls);
        let address = (self.host.as_str(), self.port);
        let mut connection = AsyncSmtpConnection::connect_tokio1(
            address,
            Some(self.timeout),
            &self.hello,
            from_the_start,
            None,
        )
        .await
        .map_err(|error| not_connected(&error))?;
        if self.security == SmtpSecurity::StartTls {
            // A server that does not offer TLS, or somebody before it who takes the offer out.
            let tls = self.tls.clone().filter(|_| connection.can_starttls()).ok_or(Why::Tls)?;
            connection.starttls(tls, &self.hello).await.map_err(|_| Why::Tls)?;
        }
        if let Some(credentials) = &self.credentials {
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            connection.auth(&mechanisms, credentials).await.map_err(|_| Why::Login)?;
        }
        Ok(connection)
    }

    fn letter(&self, message: &CodeMessage<'_>) -> Option<Message> {
        let to: Address = message.to.parse().ok()?;
        let id = format!("<{}@{}>", message.id, self.from.email.domain());
        // Encoded as quoted-printable, whatever the server offers: it is ASCII then.
        let text = words::mail(message);
        let body = Body::new_with_encoding(text, ContentTransferEncoding::QuotedPrintable).ok()?;
        MessageBuilder::new()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(words::subject(message))
            .message_id(Some(id))
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN)
            .body(body)
            .ok()
    }
}

impl Mail for SmtpMail {
    fn send<'a>(&'a self, message: CodeMessage<'a>) -> Later<'a, Delivery> {
        Box::pin(self.deliver(message))
    }
}

/// RFC 3834: nobody's holiday notice answers it.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

fn tls(host: &str, roots: &Roots) -> Result<TlsParameters, String> {
    let mut builder =
        TlsParameters::builder(host.to_owned()).certificate_store(CertificateStore::None);
    for root in roots.certificates() {
        // One that cannot be read is left out, as everywhere.
        if let Ok(certificate) = Certificate::from_der(root.to_vec()) {
            builder = builder.add_root_certificate(certificate);
        }
    }
    builder.build_rustls().map_err(|_| "setting smtp.security: TLS cannot be set up".to_owned())
}

fn not_connected(error: &Error) -> Why {
    if let Some(status) = error.status() {
        Why::Refused(status.into())
    } else if error.is_timeout() {
        Why::Timeout
    } else if error.is_tls() {
        Why::Tls
    } else if error.is_response() {
        Why::Broken
    } else {
        Why::Unreachable
    }
}

/// A refusal with a status came before the message was taken; anything else may have come after.
fn unsent(error: &Error) -> Delivery {
    if let Some(status) = error.status() {
        Delivery::Failed(Why::Refused(status.into()))
    } else if error.is_client() {
        Delivery::Failed(Why::Unsendable)
    } else if error.is_timeout() {
        Delivery::Unknown(Why::Timeout)
    } else {
        Delivery::Unknown(Why::Broken)
    }
}
