use std::time::Duration;

use device_enrollment::Language;

use super::super::client::Endpoint;
use super::super::template::{Escaping, fill};
use super::super::{CodeFor, CodeMessage, Delivery, Roots, Sms as _, SmsGateway, Why};
use super::servers::{Authority, HttpServer, Rude, nobody, rude};
use super::{PATIENT, SHORT, message};
use crate::serve::config::{self, Secret};

const PHONE: &str = "+5511987654321";

fn settings(url: String, timeout: Duration, tries: u32) -> config::Sms {
    config::Sms {
        url,
        body: r#"{"to":"{phone}","text":"{text}"}"#.to_owned(),
        content_type: "application/json",
        authorization: Some(Secret::new("Bearer of-the-gateway".to_owned())),
        timeout,
        tries,
    }
}

async fn send(settings: &config::Sms, roots: &Roots) -> Delivery {
    SmsGateway::new(settings, roots).unwrap().send(message(PHONE)).await
}

async fn send_to(url: String, timeout: Duration, tries: u32) -> Delivery {
    send(&settings(url, timeout, tries), &Roots::only(Vec::new())).await
}

#[tokio::test]
async fn a_code_is_posted_in_the_configured_body() {
    let server = HttpServer::start(&[(202, "")]).await;
    let outcome = send_to(server.url("/messages?key=1"), PATIENT, 2).await;
    assert_eq!(outcome, Delivery::Delivered);
    let received = server.received();
    let [request] = received.as_slice() else { panic!("{} requests", received.len()) };
    assert_eq!(request.path, "/messages?key=1");
    assert_eq!(request.header("content-type"), "application/json");
    assert_eq!(request.header("authorization"), "Bearer of-the-gateway");
    assert_eq!(request.header("idempotency-key"), message(PHONE).id);
    assert_eq!(request.header("host"), server.address.to_string());
    assert_eq!(
        request.body,
        "{\"to\":\"+5511987654321\",\"text\":\"Cadastro de um novo aparelho na sua conta. Código: \
         329adf. Vale por 5 minutos. Não informe a ninguém.\"}"
    );
}

#[tokio::test]
async fn a_form_is_filled_in_its_own_escapes() {
    let server = HttpServer::start(&[(200, "ok")]).await;
    let settings = config::Sms {
        body: "to={phone}&text={text}".to_owned(),
        content_type: "application/x-www-form-urlencoded",
        authorization: None,
        ..settings(server.url("/"), PATIENT, 1)
    };
    let gateway = SmsGateway::new(&settings, &Roots::only(Vec::new())).unwrap();
    let transfer = CodeMessage {
        language: Language::EnUs,
        purpose: CodeFor::Transfer { amount: "R$ 1.234,56", payee: "A & B\r\n{phone}" },
        ..message(PHONE)
    };
    assert_eq!(gateway.send(transfer).await, Delivery::Delivered);
    let received = server.received();
    assert_eq!(
        received[0].body,
        "to=%2B5511987654321&text=TED%20of%20R%24%201.234%2C56%20to%20A%20%26%20B%7Bphone%7D.%20\
         Code%3A%20329adf.%20Good%20for%205%20minutes.%20Tell%20it%20to%20nobody."
    );
    assert_eq!(received[0].header("authorization"), "");
}

#[test]
fn a_template_is_filled_once_and_breaks_out_of_nothing() {
    let template = r#"{"to":"{phone}","text":"{text}","again":"{text}","other":"{id}"}"#;
    let filled = fill(template, Escaping::Json, "\"}{text}", "\\\n{phone}");
    let read: serde_json::Value = serde_json::from_str(&filled).unwrap();
    assert_eq!(
        read,
        serde_json::json!({
            "to": "\"}{text}",
            "text": "\\\n{phone}",
            "again": "\\\n{phone}",
            "other": "{id}",
        })
    );
}

#[tokio::test]
async fn every_answer_has_its_outcome() {
    use Delivery::{Delivered, Failed, Unknown};
    for (status, outcome, requests) in [
        (200, Delivered, 1),
        (299, Delivered, 1),
        // No redirection is followed: the code is for the configured host.
        (302, Failed(Why::Refused(302)), 1),
        (400, Failed(Why::Refused(400)), 1),
        (401, Failed(Why::Refused(401)), 1),
        (408, Unknown(Why::Refused(408)), 1),
        (429, Failed(Why::Refused(429)), 3),
        (500, Unknown(Why::Refused(500)), 1),
        (502, Unknown(Why::Refused(502)), 1),
        (503, Failed(Why::Refused(503)), 3),
        (504, Unknown(Why::Refused(504)), 1),
    ] {
        let server = HttpServer::start(&[(status, "the code 329adf was …")]).await;
        assert_eq!(send_to(server.url("/"), PATIENT, 3).await, outcome, "{status}");
        assert_eq!(server.received().len(), requests, "{status}");
    }
}

#[tokio::test]
async fn what_the_gateway_puts_off_is_tried_again_under_the_same_id() {
    let server = HttpServer::start(&[(503, ""), (429, ""), (200, "")]).await;
    assert_eq!(send_to(server.url("/"), PATIENT, 3).await, Delivery::Delivered);
    let received = server.received();
    assert_eq!(received.len(), 3);
    for request in &received {
        assert_eq!(request.header("idempotency-key"), message(PHONE).id);
        assert_eq!(request.body, received[0].body);
    }
}

#[tokio::test]
async fn what_breaks_before_it_was_sent_has_failed_and_afterwards_is_not_known() {
    let unreachable = format!("http://{}/", nobody().await);
    let failed = send_to(unreachable, PATIENT, 2).await;
    assert_eq!(failed, Delivery::Failed(Why::Unreachable));
    let (silent, _running) = rude(Rude::Silent).await;
    let unknown = send_to(format!("http://{silent}/"), SHORT, 2).await;
    assert_eq!(unknown, Delivery::Unknown(Why::Timeout));
    for manner in [Rude::HangsUp, Rude::Babbles] {
        let (address, _running) = rude(manner).await;
        let unknown = send_to(format!("http://{address}/"), PATIENT, 2).await;
        assert_eq!(unknown, Delivery::Unknown(Why::Broken));
    }
}

#[tokio::test]
async fn a_certificate_has_to_lead_to_an_authority_and_to_be_the_hosts() {
    let authority = Authority::with_certificate_for("localhost");
    let (address, _running) = authority.https().await;
    let url = |host: &str| format!("https://{host}:{}/", address.port());
    let believed = send(&settings(url("localhost"), PATIENT, 1), &authority.roots).await;
    assert_eq!(believed, Delivery::Delivered);
    let other_name = send(&settings(url("127.0.0.1"), PATIENT, 1), &authority.roots).await;
    assert_eq!(other_name, Delivery::Failed(Why::Tls));
    let stranger = Authority::with_certificate_for("localhost");
    let not_believed = send(&settings(url("localhost"), PATIENT, 1), &stranger.roots).await;
    assert_eq!(not_believed, Delivery::Failed(Why::Tls));
}

#[test]
fn an_address_is_one_of_https_or_http_and_shows_its_host_alone() {
    for refused in
        ["", "host", "ftp://host/", "https://", "http://user@host/", "https://a b/", "/x"]
    {
        assert!(Endpoint::parse(refused).is_none(), "{refused}");
    }
    let endpoint = Endpoint::parse("https://gateway.example/send?key=secret").unwrap();
    assert_eq!(format!("{endpoint:?}"), "Endpoint(gateway.example:443)");
    let refused = SmsGateway::new(
        &settings("gopher://secret".to_owned(), SHORT, 1),
        &Roots::only(Vec::new()),
    );
    assert_eq!(refused.err().unwrap(), "setting sms.url: it is no address of https or http");
    let mut unusable = settings("https://gateway.example".to_owned(), SHORT, 1);
    unusable.authorization = Some(Secret::new("Bearer a\nsecret".to_owned()));
    let refused = SmsGateway::new(&unusable, &Roots::only(Vec::new())).err().unwrap();
    assert_eq!(refused, "setting sms.authorization: it is no value of a header");
}

#[test]
fn nothing_of_a_message_is_printed() {
    let printed = format!("{:?}", message(PHONE));
    assert_eq!(printed, format!("CodeMessage {}", message(PHONE).id));
}
