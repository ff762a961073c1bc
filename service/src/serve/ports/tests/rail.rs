use std::time::Duration;

use device_enrollment::flow::Uuid4;

use super::super::{
    Delivery, Events as _, EventsWebhook, Posted, RailAnswer, RailWebhook, Roots, Signer,
    TransferRail as _, Why,
};
use super::servers::{HttpServer, Rude, nobody, rude};
use super::{NOW, PATIENT, SHORT};
use crate::serve::config::{self, Secret};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const KEY: &str = "9a1f4a5e-1c5b-4d0f-8a55-0d3c9d7f6b21";

fn settings(url: String, timeout: Duration) -> config::Webhook {
    config::Webhook { url, secret: Secret::new(SECRET.to_owned()), timeout }
}

fn posted() -> Posted<'static> {
    Posted { id: KEY, kind: "ted.order", payload: r#"{"amount":"1.00"}"#, now: NOW }
}

async fn hand_over(url: String, timeout: Duration) -> Result<RailAnswer, Delivery> {
    let rail = RailWebhook::new(&settings(url, timeout), &Roots::only(Vec::new())).unwrap();
    rail.hand_over(posted()).await
}

async fn tell(url: String, timeout: Duration) -> Delivery {
    let events = EventsWebhook::new(&settings(url, timeout), &Roots::only(Vec::new())).unwrap();
    events.tell(posted()).await
}

#[tokio::test]
async fn an_order_is_posted_with_a_signature_that_its_receiver_can_verify() {
    let server = HttpServer::start(&[(202, "")]).await;
    assert_eq!(hand_over(server.url("/orders"), PATIENT).await, Ok(RailAnswer::Pending));
    assert_eq!(tell(server.url("/events"), PATIENT).await, Delivery::Delivered);
    let received = server.received();
    assert_eq!(received.len(), 2);
    for request in received {
        assert_eq!(request.header("x-message-id"), KEY);
        assert_eq!(request.header("x-message-type"), "ted.order");
        assert_eq!(request.body, posted().payload);
        let judged = Signer::new(SECRET.as_bytes()).verify(
            request.header("x-signature"),
            request.header("x-message-id"),
            request.body.as_bytes(),
            NOW,
        );
        assert_eq!(judged, Ok(()));
    }
}

#[tokio::test]
async fn every_answer_of_the_core_is_read_or_leaves_the_order_open() {
    let sent = RailAnswer::Sent { transaction_key: Uuid4::parse(KEY).unwrap() };
    let rejected = RailAnswer::Rejected { code: "TED000011".to_owned() };
    for (status, body, answer) in [
        (
            200,
            r#"{"status":"sent","transaction_key":"9a1f4a5e-1c5b-4d0f-8a55-0d3c9d7f6b21"}"#,
            Ok(sent),
        ),
        (200, r#"{"status":"rejected","code":"TED000011"}"#, Ok(rejected)),
        (200, r#"{"status":"pending"}"#, Ok(RailAnswer::Pending)),
        (202, " \n", Ok(RailAnswer::Pending)),
        // It took the order and said nothing that can be understood: it is asked again.
        (200, "", Err(Delivery::Unknown(Why::Broken))),
        (200, r#"{"status":"sent"}"#, Err(Delivery::Unknown(Why::Broken))),
        (200, r#"{"status":"done"}"#, Err(Delivery::Unknown(Why::Broken))),
        (400, "", Err(Delivery::Failed(Why::Refused(400)))),
        (500, "", Err(Delivery::Unknown(Why::Refused(500)))),
        (503, "", Err(Delivery::Failed(Why::Refused(503)))),
    ] {
        let server = HttpServer::start(&[(status, body)]).await;
        assert_eq!(hand_over(server.url("/"), PATIENT).await, answer, "{status} {body}");
    }
    let unreachable = hand_over(format!("http://{}/", nobody().await), PATIENT).await;
    assert_eq!(unreachable, Err(Delivery::Failed(Why::Unreachable)));
    let (silent, _running) = rude(Rude::Silent).await;
    let slow = hand_over(format!("http://{silent}/"), SHORT).await;
    assert_eq!(slow, Err(Delivery::Unknown(Why::Timeout)));
}

#[tokio::test]
async fn an_event_is_taken_by_the_two_hundreds_alone() {
    for (status, delivery) in [
        (204, Delivery::Delivered),
        (302, Delivery::Failed(Why::Refused(302))),
        (500, Delivery::Failed(Why::Refused(500))),
    ] {
        let server = HttpServer::start(&[(status, "")]).await;
        assert_eq!(tell(server.url("/"), PATIENT).await, delivery);
    }
    let (babbling, _running) = rude(Rude::Babbles).await;
    let broken = tell(format!("http://{babbling}/"), PATIENT).await;
    assert_eq!(broken, Delivery::Unknown(Why::Broken));
}

#[test]
fn an_answer_is_stored_as_it_is_read() {
    for text in [
        r#"{"status":"sent","transaction_key":"9a1f4a5e-1c5b-4d0f-8a55-0d3c9d7f6b21"}"#,
        r#"{"status":"rejected","code":"TED000011"}"#,
        r#"{"status":"pending"}"#,
    ] {
        assert_eq!(RailAnswer::parse(text.as_bytes()).unwrap().to_text(), text);
    }
}
