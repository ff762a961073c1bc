use device_enrollment::flow::Uuid4;

use super::super::{
    Delivery, DemoLiveness, DemoOutbox, DemoRail, Exchanged, Liveness as _, Mail as _, Posted,
    RailAnswer, Sms as _, TransferRail as _, Why,
};
use super::{CODE, NOW, message};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

const KEY: &str = "9a1f4a5e-1c5b-4d0f-8a55-0d3c9d7f6b21";

#[tokio::test]
async fn the_outbox_shows_the_newest_first_and_prints_no_code() {
    let outbox = DemoOutbox::default();
    assert_eq!(outbox.sms().send(message("+551199")).await, Delivery::Delivered);
    assert_eq!(outbox.mail().send(message("a@b.example")).await, Delivery::Delivered);
    let messages = outbox.messages();
    assert_eq!(messages.iter().map(|kept| kept.channel).collect::<Vec<_>>(), ["email", "sms"]);
    assert!(messages.iter().all(|kept| kept.text.contains(CODE)));
    assert!(!format!("{messages:?}").contains(CODE));
    for _ in 0..200 {
        outbox.sms().send(message("+551199")).await;
    }
    assert_eq!(outbox.messages().len(), 100);
}

#[tokio::test]
async fn the_face_check_signs_what_it_was_told() {
    let provider = DemoLiveness::new("us").unwrap();
    let device = Uuid4::parse(KEY).unwrap();
    let image = provider.capture(device, "the nonce", true, NOW).unwrap();
    let Exchanged::Result(result) = provider.exchange(&image).await else { panic!("no result") };
    let text = String::from_utf8(result).unwrap();
    let (input, signature) = text.rsplit_once('.').unwrap();
    let (_, claims) = input.split_once('.').unwrap();
    let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&decode(claims)).unwrap();
    assert_eq!(claims["sub"], KEY);
    assert_eq!(claims["aud"], "us");
    assert_eq!(claims["nonce"], "the nonce");
    assert_eq!(claims["result"], "approved");
    assert_eq!(claims["image_key"], image);
    assert_eq!(claims["iat"], 1_700_000_000);
    let key = provider.public_key().unwrap();
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key);
    key.verify(input.as_bytes(), &decode(signature)).unwrap();
    assert_eq!(provider.exchange(KEY).await, Exchanged::UnknownImage);
}

#[tokio::test]
async fn the_rail_gives_an_order_the_same_key_however_often_it_comes() {
    let order = Posted { id: KEY, kind: "ted.order", payload: "{}", now: NOW };
    let first = DemoRail.hand_over(order).await;
    assert!(matches!(first, Ok(RailAnswer::Sent { .. })));
    assert_eq!(DemoRail.hand_over(order).await, first);
    let unusable = DemoRail.hand_over(Posted { id: "x", ..order }).await;
    assert_eq!(unusable, Err(Delivery::Failed(Why::Unsendable)));
}
