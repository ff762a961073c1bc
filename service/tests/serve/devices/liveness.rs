//! Face checks, by a provider on loopback that signs with a key of its own.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::*;
use crate::world::{BLOCKED, Behaviour, Engine, Gateway, HUB, NO_ACCOUNT};

crate::bank::on_both_engines!(
    an_approved_face_registers_a_device_and_counts_once,
    a_face_is_not_looked_at_without_a_provider,
);

pub(crate) struct Provider {
    key: EcdsaKeyPair,
    pub(crate) gateway: Gateway,
}

impl Provider {
    pub(crate) fn start() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self { key, gateway: Gateway::start() }
    }

    pub(crate) fn pem(&self) -> String {
        let der: PublicKeyX509Der<'_> = self.key.public_key().as_der().unwrap();
        let encoded = BASE64_STANDARD.encode(der.as_ref());
        format!("-----BEGIN PUBLIC KEY-----\n{encoded}\n-----END PUBLIC KEY-----\n")
    }

    /// Has the key of an image exchanged for these claims.
    pub(crate) fn gives(&self, claims: &Value) {
        let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({"alg": "ES256", "kid": "face-1"});
        let input = format!("{}.{}", encode(&header), encode(claims));
        let signature = self.key.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
        let result = format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature));
        self.gateway.answer("/exchange", 200, &result);
    }
}

pub(crate) fn claims(device_key: &str, nonce: &str, image_key: &str) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    json!({
        "iss": "https://faces.example", "aud": "the bank", "sub": device_key, "nonce": nonce,
        "jti": uuid(), "iat": now, "result": "approved", "image_key": image_key
    })
}

fn by_face(device_key: &str, image_key: &str) -> Value {
    let mut body = requested(device_key, "liveness");
    body["tfa_info"]["image_key"] = json!(image_key);
    body
}

fn nonce_path(account: &str, device_key: &str) -> String {
    format!("/extensions/v1/account/{account}/device/{device_key}/liveness-nonce")
}

pub(crate) fn nonce(world: &World, device_key: &str) -> String {
    let answer = world.ask("POST", &nonce_path(ACCOUNT, device_key), &Value::Null);
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert!(answer.json()["expires_at"].as_str().unwrap().ends_with('Z'));
    answer.json()["nonce"].as_str().unwrap().to_owned()
}

fn an_approved_face_registers_a_device_and_counts_once(engine: Engine) {
    let provider = Provider::start();
    let folder = crate::server::Folder::new();
    let key_file = folder.write("face.pem", &provider.pem());
    let world = World::with(
        engine,
        &[
            ("DEVICE_ENROLLMENT_LIVENESS_URL", &provider.gateway.url("/exchange")),
            ("DEVICE_ENROLLMENT_LIVENESS_ISSUER", "https://faces.example"),
            ("DEVICE_ENROLLMENT_LIVENESS_AUDIENCE", "the bank"),
            ("DEVICE_ENROLLMENT_LIVENESS_KEY_ID", "face-1"),
            ("DEVICE_ENROLLMENT_LIVENESS_KEY_FILE", crate::server::text(&key_file)),
        ],
    );
    let ask =
        |device_key: &str, image: &str| world.ask("POST", &devices(), &by_face(device_key, image));
    let (device_key, image) = (uuid(), uuid());

    // Without a nonce nothing can be believed.
    provider.gives(&claims(&device_key, "none", &image));
    refused(&ask(&device_key, &image), 400, "LIV000001");
    refused(&query(&world, &device_key), 404, "OBD000100");

    let given = nonce(&world, &device_key);
    let good = claims(&device_key, &given, &image);
    for (claim, value) in [
        ("iss", json!("https://others.example")),
        ("aud", json!("another bank")),
        ("sub", json!(uuid())),
        ("nonce", json!("another")),
        ("iat", json!(good["iat"].as_u64().unwrap() - 3600)),
        ("result", json!("refused")),
        ("image_key", json!(uuid())),
        ("jti", Value::Null),
    ] {
        let mut altered = good.clone();
        altered[claim] = value;
        provider.gives(&altered);
        refused(&ask(&device_key, &image), 400, "LIV000001");
        refused(&query(&world, &device_key), 404, "OBD000100");
    }
    provider.gateway.answer("/exchange", 404, "");
    refused(&ask(&device_key, &image), 400, "LIV000001");
    // The provider is not there.
    provider.gateway.behave(Behaviour::Breaks);
    let answer = ask(&device_key, &image);
    refused(&answer, 500, "QIT000500");
    assert!(answer.header("retry-after").is_some());
    refused(&query(&world, &device_key), 404, "OBD000100");
    provider.gateway.behave(Behaviour::Takes);

    provider.gives(&good);
    let answer = ask(&device_key, &image);
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.json()["device_status"], "created");
    let view = query(&world, &device_key).json();
    assert_eq!(view["status"], "registered");
    assert_eq!(view["device_registration_data"]["face_recognition_key"], image);
    // There is no code, so none is validated or sent again.
    refused(&validate(&world, &device_key, "329adf"), 404, "OBD000100");
    refused(&resend(&world, &device_key, &json!({})), 404, "OBD000100");
    assert!(world.gateway.posted("/sms").is_empty());

    // One result for one device: neither its id nor its nonce counts again.
    let other = uuid();
    let given = nonce(&world, &other);
    let mut same_id = claims(&other, &given, &image);
    same_id["jti"] = good["jti"].clone();
    provider.gives(&same_id);
    refused(&ask(&other, &image), 400, "LIV000001");
    provider.gives(&claims(&other, &given, &image));
    assert_eq!(ask(&other, &image).status, 201);
    assert_eq!(disable(&world, &other).status, 200);

    // Who may have a nonce.
    let at = |key: &str, account: &str| {
        world.ask_as(key, "POST", &nonce_path(account, &device_key), &Value::Null)
    };
    refused(&at(&world.key, NO_ACCOUNT), 404, "OBD000002");
    refused(&at(&world.key, BLOCKED), 400, "OBD000088");
    refused(&at(&world.key, HUB), 400, "OBD000089");
    refused(&at(&world.key_of("unconfigured"), NO_ACCOUNT), 404, "OBD000093");
    refused(&at(&world.key_of("no-devices"), ACCOUNT), 403, "OBD000094");
    let log = world.stop();
    for planted in [APPROVER, given.as_str(), image.as_str()] {
        assert!(!log.contains(planted), "{planted}");
    }
}

fn a_face_is_not_looked_at_without_a_provider(engine: Engine) {
    let world = World::start(engine);
    let (device_key, image) = (uuid(), uuid());
    let answer = world.ask("POST", &devices(), &by_face(&device_key, &image));
    refused(&answer, 403, "POL000001");
    let answer = world.ask("POST", &nonce_path(ACCOUNT, &device_key), &Value::Null);
    refused(&answer, 403, "POL000001");
}
