//! Stand-ins for demonstration. Nothing of them is used unless `--demo` says so: a code that a page
//! shows is no second factor, and a face that nobody looked at is none either.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use device_enrollment::flow::Uuid4;
use device_enrollment::{UnixMillis, UnixTime};
use serde_json::json;

use super::{
    CodeMessage, Delivery, Exchanged, Later, Liveness, Mail, Posted, RailAnswer, Sms, TransferRail,
    Why, words,
};

/// What is kept; the oldest go first.
const MOST: usize = 100;

/// Codes as the outbox page shows them.
#[derive(Clone, Default)]
pub(crate) struct DemoOutbox(Arc<Mutex<VecDeque<DemoMessage>>>);

/// A message that was «sent».
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct DemoMessage {
    /// Which message it is, counted from 1.
    pub(crate) number: u64,
    /// When it was «sent».
    pub(crate) at: UnixTime,
    /// `sms` or `email`.
    pub(crate) channel: &'static str,
    /// To whom.
    pub(crate) to: String,
    /// The sentence with the code.
    pub(crate) text: String,
}

/// Prints the channel alone.
impl core::fmt::Debug for DemoMessage {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "DemoMessage by {}", self.channel)
    }
}

impl DemoOutbox {
    /// What was sent, the newest first.
    pub(crate) fn messages(&self) -> Vec<DemoMessage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(super) fn sms(&self) -> DemoSms {
        DemoSms(self.clone())
    }

    pub(super) fn mail(&self) -> DemoMail {
        DemoMail(self.clone())
    }

    fn keep(&self, channel: &'static str, to: &str, text: String) -> Delivery {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let at = UnixTime(i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = kept.front().map_or(0, |last| last.number).saturating_add(1);
        kept.push_front(DemoMessage { number, at, channel, to: to.to_owned(), text });
        kept.truncate(MOST);
        Delivery::Delivered
    }
}

/// Text messages that the outbox page shows.
pub(crate) struct DemoSms(DemoOutbox);

impl Sms for DemoSms {
    fn send<'a>(&'a self, message: CodeMessage<'a>) -> Later<'a, Delivery> {
        let delivery = self.0.keep("sms", message.to, words::sms(&message));
        Box::pin(core::future::ready(delivery))
    }
}

/// E-mail that the outbox page shows.
pub(crate) struct DemoMail(DemoOutbox);

impl Mail for DemoMail {
    fn send<'a>(&'a self, message: CodeMessage<'a>) -> Later<'a, Delivery> {
        let delivery = self.0.keep("email", message.to, words::mail(&message));
        Box::pin(core::future::ready(delivery))
    }
}

/// A provider of face checks that approves whatever it is told to, and signs that with a key of its
/// own, made at the start: what judges its results is the real thing.
#[derive(Clone)]
pub(crate) struct DemoLiveness {
    key: Arc<EcdsaKeyPair>,
    audience: String,
    images: Arc<Mutex<VecDeque<Image>>>,
}

struct Image {
    key: String,
    result: Vec<u8>,
}

impl DemoLiveness {
    /// `iss` of its results.
    pub(crate) const ISSUER: &'static str = "demo-liveness";
    /// `kid` of its results.
    pub(crate) const KEY_ID: &'static str = "demo";

    /// A provider that makes its results out to `audience`.
    ///
    /// # Errors
    ///
    /// When there is no key to be had from the operating system's randomness.
    pub(crate) fn new(audience: &str) -> Result<Self, String> {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .map_err(|_| "the demonstration's key for face checks cannot be made".to_owned())?;
        Ok(Self { key: Arc::new(key), audience: audience.to_owned(), images: Arc::default() })
    }

    /// Its public key, for ES256, as a `SubjectPublicKeyInfo`.
    pub(crate) fn public_key(&self) -> Option<Vec<u8>> {
        let der: PublicKeyX509Der<'_> = self.key.public_key().as_der().ok()?;
        Some(der.as_ref().to_vec())
    }

    /// Takes an image: the key under which its result can be had. `None` when randomness or the
    /// signature fails.
    pub(crate) fn capture(
        &self,
        device_key: Uuid4,
        nonce: &str,
        approved: bool,
        now: UnixMillis,
    ) -> Option<String> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).ok()?;
        let (image, id) = random.split_at_checked(16)?;
        let image_key = Uuid4::from_random(image.try_into().ok()?).to_string();
        let claims = json!({
            "iss": Self::ISSUER,
            "aud": self.audience,
            "sub": device_key.to_string(),
            "nonce": nonce,
            "jti": Uuid4::from_random(id.try_into().ok()?).to_string(),
            "iat": now.whole_seconds().0,
            "result": if approved { "approved" } else { "refused" },
            "image_key": image_key,
        });
        let result = self.sign(&claims)?;
        let mut images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        images.push_front(Image { key: image_key.clone(), result });
        images.truncate(MOST);
        Some(image_key)
    }

    fn sign(&self, claims: &serde_json::Value) -> Option<Vec<u8>> {
        let encode = |value: &serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": Self::KEY_ID });
        let input = format!("{}.{}", encode(&header), encode(claims));
        let signature = self.key.sign(&SystemRandom::new(), input.as_bytes()).ok()?;
        Some(format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)).into_bytes())
    }
}

impl Liveness for DemoLiveness {
    fn exchange<'a>(&'a self, image_key: &'a str) -> Later<'a, Exchanged> {
        let images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        let image = images.iter().find(|image| image.key == image_key);
        let exchanged =
            image.map_or(Exchanged::UnknownImage, |image| Exchanged::Result(image.result.clone()));
        Box::pin(core::future::ready(exchanged))
    }
}

/// A bank's core that sends every transfer at once, to nobody.
pub(crate) struct DemoRail;

impl TransferRail for DemoRail {
    fn hand_over<'a>(&'a self, order: Posted<'a>) -> Later<'a, Result<RailAnswer, Delivery>> {
        // Its own key of an order that is handed over twice has to be the same one.
        let answer = Uuid4::parse(order.id)
            .map(|key| RailAnswer::Sent { transaction_key: reversed(key) })
            .ok_or(Delivery::Failed(Why::Unsendable));
        Box::pin(core::future::ready(answer))
    }
}

fn reversed(key: Uuid4) -> Uuid4 {
    let mut bytes = *key.as_bytes();
    bytes.reverse();
    Uuid4::from_random(bytes)
}
