use std::path::PathBuf;
use std::time::Duration;

use super::super::{Exchanged, Liveness as _, LivenessExchange, Roots, Why};
use super::servers::{HttpServer, Rude, nobody, rude};
use super::{PATIENT, SHORT};
use crate::serve::config::{self, Secret};

const IMAGE_KEY: &str = "9a1f4a5e-1c5b-4d0f-8a55-0d3c9d7f6b21";

async fn ask(url: String, timeout: Duration) -> Exchanged {
    let settings = config::Liveness {
        url,
        authorization: Some(Secret::new("Bearer of-the-provider".to_owned())),
        issuer: "the provider".to_owned(),
        key_id: "1".to_owned(),
        key_file: PathBuf::new(),
        audience: "us".to_owned(),
        max_age: PATIENT,
        timeout,
    };
    LivenessExchange::new(&settings, &Roots::only(Vec::new())).unwrap().exchange(IMAGE_KEY).await
}

#[tokio::test]
async fn a_key_is_exchanged_for_what_the_provider_signed() {
    let server = HttpServer::start(&[(200, "head.claims.signature\n")]).await;
    let exchanged = ask(server.url("/results"), PATIENT).await;
    assert_eq!(exchanged, Exchanged::Result(b"head.claims.signature".to_vec()));
    assert_eq!(format!("{exchanged:?}"), "Result(..)");
    let received = server.received();
    assert_eq!(received[0].path, "/results");
    assert_eq!(received[0].header("authorization"), "Bearer of-the-provider");
    assert_eq!(received[0].body, format!(r#"{{"image_key":"{IMAGE_KEY}"}}"#));
}

#[tokio::test]
async fn an_unknown_image_is_not_a_provider_that_cannot_be_asked() {
    for (status, exchanged) in [
        (404, Exchanged::UnknownImage),
        (410, Exchanged::UnknownImage),
        (201, Exchanged::Unavailable(Why::Refused(201))),
        (401, Exchanged::Unavailable(Why::Refused(401))),
        (500, Exchanged::Unavailable(Why::Refused(500))),
    ] {
        let server = HttpServer::start(&[(status, "a.b.c")]).await;
        assert_eq!(ask(server.url("/"), PATIENT).await, exchanged);
    }
    let server = HttpServer::start(&[(200, "")]).await;
    assert_eq!(ask(server.url("/"), PATIENT).await, Exchanged::Unavailable(Why::Broken));
    let unreachable = ask(format!("http://{}/", nobody().await), PATIENT).await;
    assert_eq!(unreachable, Exchanged::Unavailable(Why::Unreachable));
    let (silent, _running) = rude(Rude::Silent).await;
    let slow = ask(format!("http://{silent}/"), SHORT).await;
    assert_eq!(slow, Exchanged::Unavailable(Why::Timeout));
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let long: &'static str = "a".repeat(64 * 1024 + 1).leak();
    let server = HttpServer::start(&[(200, long), (200, long.split_at(64 * 1024).0)]).await;
    assert_eq!(ask(server.url("/"), PATIENT).await, Exchanged::Unavailable(Why::Broken));
    assert!(matches!(ask(server.url("/"), PATIENT).await, Exchanged::Result(_)));
}
