use std::time::Duration;

use device_enrollment::Language;

use super::super::{CodeFor, CodeMessage, Delivery, Mail as _, Roots, SmtpMail, Why};
use super::servers::{Authority, Letter, MailServer, Manner, nobody};
use super::{PATIENT, SHORT, message};
use crate::serve::config::{self, Secret, SmtpSecurity};

const ADDRESS: &str = "maria@example.com";

fn settings(port: u16, security: SmtpSecurity, timeout: Duration) -> config::Smtp {
    config::Smtp {
        host: "localhost".to_owned(),
        port,
        security,
        user: None,
        password: None,
        from: "Banco <codigos@banco.example>".to_owned(),
        timeout,
    }
}

fn with_login(settings: config::Smtp) -> config::Smtp {
    let password = Some(Secret::new("of-the-sender".to_owned()));
    config::Smtp { user: Some("sender".to_owned()), password, ..settings }
}

async fn send(settings: &config::Smtp, roots: &Roots, message: CodeMessage<'_>) -> Delivery {
    SmtpMail::new(settings, roots).unwrap().send(message).await
}

/// Sends without TLS, as to a relay on the same machine.
async fn send_plainly(manner: Manner, timeout: Duration) -> (Delivery, MailServer) {
    let server = MailServer::start(manner, None).await;
    let settings = settings(server.port, SmtpSecurity::None, timeout);
    let outcome = send(&settings, &Roots::only(Vec::new()), message(ADDRESS)).await;
    (outcome, server)
}

/// The letter with its lines joined and its escapes read.
fn read(letter: &Letter) -> String {
    let joined = letter.text.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = joined.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        let escaped = match tail {
            [high, low, ..] if *first == b'=' => {
                let digits = [*high, *low];
                core::str::from_utf8(&digits).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok())
            }
            _ => None,
        };
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = &rest[2..];
            }
            None => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_code_arrives_over_starttls_after_a_login() {
    let authority = Authority::with_certificate_for("localhost");
    let server = MailServer::start(Manner::OffersTls, Some(&authority)).await;
    let settings = with_login(settings(server.port, SmtpSecurity::StartTls, PATIENT));
    let outcome = send(&settings, &authority.roots, message(ADDRESS)).await;
    assert_eq!(outcome, Delivery::Delivered);
    assert_eq!(
        server.commands(),
        ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"]
    );
    let letters = server.letters();
    let [letter] = letters.as_slice() else { panic!("{} letters", letters.len()) };
    assert!(letter.encrypted);
    assert!(letter.from.starts_with("MAIL FROM:<codigos@banco.example>"), "{}", letter.from);
    assert!(letter.to.starts_with("RCPT TO:<maria@example.com>"), "{}", letter.to);
    let text = read(letter);
    for part in [
        "Message-ID: <2db36e1a-68a1-4d7b-9f4d-6d3b60e2c0d1@banco.example>\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "To: maria@example.com\r\n",
        "\r\nPediram o cadastro de um novo aparelho na sua conta.\r\n\r\nSe foi você, o código é:\r\n\r\n    329adf\r\n",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    let head = text.split("\r\n\r\n").next().unwrap();
    assert!(!head.contains(super::CODE), "the code is in the head");
}

#[tokio::test]
async fn a_transfer_is_named_in_the_language_of_the_person_and_breaks_no_line() {
    let server = MailServer::start(Manner::Takes, None).await;
    let settings = settings(server.port, SmtpSecurity::None, PATIENT);
    let transfer = CodeMessage {
        language: Language::EnUs,
        purpose: CodeFor::Transfer { amount: "R$ 10,00", payee: "Ana\r\nBcc: eve@example.com" },
        ..message(ADDRESS)
    };
    let outcome = send(&settings, &Roots::only(Vec::new()), transfer).await;
    assert_eq!(outcome, Delivery::Delivered);
    let text = read(&server.letters()[0]);
    assert!(text.contains("Subject: Code to approve a TED\r\n"), "{text}");
    assert!(
        text.contains("Somebody asked for a TED of R$ 10,00 to AnaBcc: eve@example.com.\r\n"),
        "{text}"
    );
}

#[tokio::test]
async fn tls_from_the_first_byte_is_spoken_where_it_is_configured() {
    let authority = Authority::with_certificate_for("localhost");
    let server = MailServer::start(Manner::TlsFirst, Some(&authority)).await;
    let settings = settings(server.port, SmtpSecurity::Tls, PATIENT);
    let outcome = send(&settings, &authority.roots, message(ADDRESS)).await;
    assert_eq!(outcome, Delivery::Delivered);
    assert!(server.letters()[0].encrypted);
    let stranger = Authority::with_certificate_for("localhost");
    let outcome = send(&settings, &stranger.roots, message(ADDRESS)).await;
    assert!(matches!(outcome, Delivery::Failed(Why::Tls | Why::Unreachable)), "{outcome:?}");
    assert_eq!(server.letters().len(), 1);
}

#[tokio::test]
async fn nothing_is_said_without_the_tls_that_was_asked_for() {
    let authority = Authority::with_certificate_for("localhost");
    let stranger = Authority::with_certificate_for("localhost");
    let other_name = Authority::with_certificate_for("mail.example");
    let plain = MailServer::start(Manner::Takes, None).await;
    let offers = MailServer::start(Manner::OffersTls, Some(&authority)).await;
    let misnamed = MailServer::start(Manner::OffersTls, Some(&other_name)).await;
    for (server, roots) in
        [(&plain, &authority.roots), (&offers, &stranger.roots), (&misnamed, &other_name.roots)]
    {
        let settings = with_login(settings(server.port, SmtpSecurity::StartTls, PATIENT));
        let outcome = send(&settings, roots, message(ADDRESS)).await;
        assert_eq!(outcome, Delivery::Failed(Why::Tls));
        let commands = server.commands();
        assert!(!commands.iter().any(|word| word == "AUTH" || word == "MAIL"), "{commands:?}");
    }
}

#[tokio::test]
async fn a_server_that_refuses_has_nothing() {
    for (manner, why) in [
        (Manner::RefusesRecipient, Why::Refused(550)),
        (Manner::PutsOff, Why::Refused(452)),
        (Manner::RefusesMessage, Why::Refused(554)),
    ] {
        let (outcome, server) = send_plainly(manner, PATIENT).await;
        assert_eq!(outcome, Delivery::Failed(why));
        assert!(server.letters().is_empty());
    }
    let server = MailServer::start(Manner::RefusesLogin, None).await;
    let settings = with_login(settings(server.port, SmtpSecurity::None, PATIENT));
    let outcome = send(&settings, &Roots::only(Vec::new()), message(ADDRESS)).await;
    assert_eq!(outcome, Delivery::Failed(Why::Login));
    assert!(!server.commands().iter().any(|word| word == "MAIL"));
}

#[tokio::test]
async fn a_slow_server_has_failed_before_the_message_and_is_not_known_after_it() {
    let (outcome, _server) = send_plainly(Manner::Silent, SHORT).await;
    assert_eq!(outcome, Delivery::Failed(Why::Timeout));
    let (outcome, _server) = send_plainly(Manner::SilentAfterMessage, SHORT).await;
    assert_eq!(outcome, Delivery::Unknown(Why::Timeout));
}

#[tokio::test]
async fn a_broken_server_has_failed_before_the_message_and_is_not_known_after_it() {
    let (outcome, _server) = send_plainly(Manner::HangsUpAfterMessage, PATIENT).await;
    assert_eq!(outcome, Delivery::Unknown(Why::Broken));
    for manner in [Manner::Babbles, Manner::HangsUp] {
        let (outcome, _server) = send_plainly(manner, PATIENT).await;
        assert!(matches!(outcome, Delivery::Failed(Why::Broken | Why::Unreachable)), "{outcome:?}");
    }
    let settings = settings(nobody().await.port(), SmtpSecurity::None, PATIENT);
    let outcome = send(&settings, &Roots::only(Vec::new()), message(ADDRESS)).await;
    assert_eq!(outcome, Delivery::Failed(Why::Unreachable));
}

#[tokio::test]
async fn what_is_no_address_is_sent_to_nobody() {
    let server = MailServer::start(Manner::Takes, None).await;
    let settings = settings(server.port, SmtpSecurity::None, PATIENT);
    for address in
        ["", "maria", "a@b\r\nRCPT TO:<eve@example.com>", "a@b, eve@example.com", "<a@b>"]
    {
        let outcome = send(&settings, &Roots::only(Vec::new()), message(address)).await;
        assert_eq!(outcome, Delivery::Failed(Why::Unsendable), "{address:?}");
    }
    assert!(server.commands().is_empty());
    let nobody = config::Smtp { from: "nobody".to_owned(), ..settings };
    let refused = SmtpMail::new(&nobody, &Roots::only(Vec::new())).err().unwrap();
    assert_eq!(refused, "setting smtp.from: it is no address of e-mail");
}
