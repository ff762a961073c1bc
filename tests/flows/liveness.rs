//! Liveness results: what is not signed for us, this device and our nonce, lately and once, is refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use device_enrollment::flow::Stored as _;
use device_enrollment::two_factor::{
    DeviceEffect, DeviceEvent, DeviceRefusal, DeviceStatus, ImageKey, LivenessKey,
    LivenessKeyError, LivenessNonce, LivenessProof, LivenessProvider, LivenessRefusal,
};
use device_enrollment::{Algorithm, UnixMillis};
use device_enrollment_testkit::key::{KeyKind, SigningKey};
use serde_json::{Value, json};

use crate::fixtures::*;

const ISSUER: &str = "https://liveness.example.com";
const AUDIENCE: &str = "https://bank.example.com";

struct Kit {
    key: SigningKey,
    provider: LivenessProvider,
    nonce: LivenessNonce,
    header: Value,
    claims: Value,
}

impl Kit {
    fn new(kind: KeyKind, algorithm: Algorithm, alg: &str) -> Self {
        let key = SigningKey::from_seed(kind, "liveness provider");
        let known = LivenessKey::new("provider-1", algorithm, &key.spki_der()).unwrap();
        let nonce =
            LivenessNonce::issue(uuid(ACCOUNT), uuid(DEVICE), &mut entropy("nonce"), NOW).unwrap();
        let claims = json!({
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": DEVICE,
            "nonce": nonce.value(),
            "jti": "result-1",
            "iat": NOW.0 / 1000,
            "result": "approved",
            "image_key": IMAGE,
        });
        Self {
            key,
            provider: LivenessProvider::new(ISSUER, AUDIENCE, vec![known]),
            nonce,
            header: json!({"alg": alg, "kid": "provider-1"}),
            claims,
        }
    }

    fn es256() -> Self {
        Self::new(KeyKind::Es256, Algorithm::Es256, "ES256")
    }

    /// The result, signed as header and claims stand.
    fn signed(&self) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let input = format!("{}.{}", part(&self.header), part(&self.claims));
        let algorithm = self.key.default_algorithm();
        let signature = self.key.sign_with_algorithm(algorithm, input.as_bytes());
        let signature =
            if algorithm == Algorithm::Es256.cose() { two_numbers(&signature) } else { signature };
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn judge(&self, result: &str, now: UnixMillis) -> Result<LivenessProof, LivenessRefusal> {
        let image = ImageKey::parse(IMAGE).unwrap();
        let sound = self.provider.judge(result.as_bytes(), &self.nonce, &image, now)?;
        assert_eq!((sound.issuer(), sound.id()), (ISSUER, "result-1"));
        sound.used_first(true)
    }

    fn refusal(&self) -> LivenessRefusal {
        self.judge(&self.signed(), NOW).unwrap_err()
    }

    /// The refusal after one claim was changed.
    fn but(claim: &str, value: Value) -> LivenessRefusal {
        let mut kit = Self::es256();
        assert_ne!(kit.claims[claim], value);
        kit.claims[claim] = value;
        kit.refusal()
    }
}

/// The two numbers of a DER signature, 32 bytes each (RFC 7518 section 3.4).
fn two_numbers(der: &[u8]) -> Vec<u8> {
    let mut raw = Vec::new();
    let mut at = 2;
    for _ in 0..2 {
        let length = usize::from(der[at + 1]);
        let number = &der[at + 2..at + 2 + length];
        let digits = &number[number.iter().take_while(|byte| **byte == 0).count()..];
        raw.resize(raw.len() + 32 - digits.len(), 0);
        raw.extend_from_slice(digits);
        at += 2 + length;
    }
    raw
}

#[test]
fn a_signed_result_activates_the_device() {
    for kit in [Kit::es256(), Kit::new(KeyKind::EdDsa, Algorithm::EdDsa, "EdDSA")] {
        let bank = Bank::new();
        let (device, effects) = bank.request(&liveness_body(), facts()).unwrap();
        assert!(matches!(
            &effects[..],
            [DeviceEffect::CheckLiveness { image_key }] if image_key.as_str() == IMAGE
        ));
        assert_eq!(device.status(), Some(DeviceStatus::Pending));
        let proof = kit.judge(&kit.signed(), NOW).unwrap();
        let device = bank.moved(device, DeviceEvent::LivenessJudged(Ok(proof)), NOW);
        assert_eq!(device.registration_answer().unwrap().device_status, "created");
        let view = serde_json::to_value(device.view()).unwrap();
        assert_eq!(view["device_registration_data"]["face_recognition_key"], IMAGE);
    }
}

#[test]
fn several_audiences_may_be_named() {
    let mut kit = Kit::es256();
    kit.claims["aud"] = json!(["https://elsewhere.example.com", AUDIENCE]);
    assert!(kit.judge(&kit.signed(), NOW).is_ok());
}

/// The six of security.md T-58, each with its own reason.
#[test]
fn signature_audience_nonce_age_replay_and_another_device_are_refused() {
    let kit = Kit::es256();
    let mut result = kit.signed();
    let last = if result.pop() == Some('A') { 'Q' } else { 'A' };
    result.push(last);
    assert_eq!(kit.judge(&result, NOW).unwrap_err(), LivenessRefusal::Signature);

    let elsewhere = json!("https://elsewhere.example.com");
    assert_eq!(Kit::but("aud", elsewhere), LivenessRefusal::Audience);

    let other = LivenessNonce::issue(uuid(ACCOUNT), uuid(DEVICE), &mut entropy("other"), NOW);
    assert_eq!(Kit::but("nonce", json!(other.unwrap().value())), LivenessRefusal::Nonce);

    let old = NOW.plus_millis(300_000).0 / 1000 * 1000;
    assert!(kit.judge(&kit.signed(), UnixMillis(old - 1)).is_ok());
    let refusal = kit.judge(&kit.signed(), UnixMillis(old)).unwrap_err();
    assert_eq!(refusal, LivenessRefusal::TooOld);

    let image = ImageKey::parse(IMAGE).unwrap();
    let sound = kit.provider.judge(kit.signed().as_bytes(), &kit.nonce, &image, NOW).unwrap();
    assert_eq!(sound.used_first(false).unwrap_err(), LivenessRefusal::Replayed);

    let other = "44444444-4444-4444-8444-444444444444";
    assert_eq!(Kit::but("sub", json!(other)), LivenessRefusal::OtherDevice);
}

#[test]
fn every_other_claim_is_judged() {
    assert_eq!(Kit::but("iss", json!("https://elsewhere.example.com")), LivenessRefusal::Issuer);
    assert_eq!(Kit::but("result", json!("reproved")), LivenessRefusal::NotApproved);
    assert_eq!(Kit::but("image_key", json!("x".repeat(36))), LivenessRefusal::OtherImage);
    let ahead = |seconds: i64| NOW.0 / 1000 + seconds;
    assert_eq!(Kit::but("iat", json!(ahead(31))), LivenessRefusal::FromTheFuture);
    let mut kit = Kit::es256();
    kit.claims["iat"] = json!(ahead(30));
    assert!(kit.judge(&kit.signed(), NOW).is_ok());
    for claim in ["iss", "aud", "sub", "nonce", "jti", "iat", "result", "image_key"] {
        let mut kit = Kit::es256();
        kit.claims.as_object_mut().unwrap().remove(claim);
        assert_eq!(kit.refusal(), LivenessRefusal::Malformed, "{claim}");
        assert_eq!(Kit::but(claim, json!(true)), LivenessRefusal::Malformed, "{claim}");
    }
    assert_eq!(Kit::but("jti", json!("")), LivenessRefusal::Malformed);
    assert_eq!(Kit::but("iat", json!(1.5)), LivenessRefusal::Malformed);
}

#[test]
fn a_nonce_is_over_after_ten_minutes() {
    let mut kit = Kit::es256();
    let end = NOW.plus_minutes(10);
    assert_eq!(kit.nonce.expires_at(), end);
    kit.claims["iat"] = json!(end.0 / 1000);
    assert!(kit.judge(&kit.signed(), end.plus_millis(-1)).is_ok());
    let refusal = kit.judge(&kit.signed(), end).unwrap_err();
    assert_eq!(refusal, LivenessRefusal::NonceExpired);
    let stored = kit.nonce.to_stored().unwrap();
    assert_eq!(LivenessNonce::from_stored(&stored), Ok(kit.nonce.clone()));
    assert!(!format!("{:?}", kit.nonce).contains(kit.nonce.value()));
}

#[test]
fn the_header_chooses_neither_key_nor_algorithm() {
    let header = |header: Value| {
        let mut kit = Kit::es256();
        kit.header = header;
        kit.refusal()
    };
    assert_eq!(header(json!({"alg": "ES256"})), LivenessRefusal::UnknownKey);
    assert_eq!(header(json!({"alg": "ES256", "kid": "other"})), LivenessRefusal::UnknownKey);
    for alg in ["none", "HS256", "EdDSA", "ES384"] {
        let refusal = header(json!({"alg": alg, "kid": "provider-1"}));
        assert_eq!(refusal, LivenessRefusal::Algorithm, "{alg}");
    }
    assert_eq!(header(json!({"kid": "provider-1"})), LivenessRefusal::Algorithm);
    let critical = header(json!({"alg": "ES256", "kid": "provider-1", "crit": ["x"]}));
    assert_eq!(critical, LivenessRefusal::Malformed);

    // Another key under the same name.
    let mut kit = Kit::es256();
    kit.key = SigningKey::from_seed(KeyKind::Es256, "somebody else");
    assert_eq!(kit.refusal(), LivenessRefusal::Signature);
    // A claim that was changed after it was signed.
    let kit = Kit::es256();
    let signed = kit.signed();
    let parts: Vec<&str> = signed.split('.').collect();
    let mut claims = kit.claims.clone();
    claims["jti"] = json!("result-2");
    let changed = URL_SAFE_NO_PAD.encode(claims.to_string());
    let forged = format!("{}.{changed}.{}", parts[0], parts[2]);
    assert_eq!(kit.judge(&forged, NOW).unwrap_err(), LivenessRefusal::Signature);
    // A signature in the form of X.509.
    let input = format!("{}.{}", parts[0], parts[1]);
    let der = kit.key.sign_with_algorithm(-7, input.as_bytes());
    let in_der = format!("{input}.{}", URL_SAFE_NO_PAD.encode(der));
    assert_eq!(kit.judge(&in_der, NOW).unwrap_err(), LivenessRefusal::Signature);
    for broken in ["", "a.b", "e30.e30.", &format!("{signed}.AA")] {
        assert!(kit.judge(broken, NOW).is_err(), "{broken}");
    }
}

#[test]
fn a_provider_signs_with_p256_or_ed25519() {
    let key = |kind, algorithm| {
        let key = SigningKey::from_seed(kind, "key");
        LivenessKey::new("k", algorithm, &key.spki_der()).map(|_| ())
    };
    assert_eq!(key(KeyKind::Es256, Algorithm::Es256), Ok(()));
    assert_eq!(key(KeyKind::EdDsa, Algorithm::EdDsa), Ok(()));
    assert_eq!(key(KeyKind::EdDsa, Algorithm::Es256), Err(LivenessKeyError::Key));
    assert_eq!(key(KeyKind::Es384, Algorithm::Es384), Err(LivenessKeyError::Algorithm));
    assert!(LivenessKey::new("k", Algorithm::Es256, &[0x30, 0]).is_err());
}

#[test]
fn a_refused_result_drops_the_device_as_400_of_our_own() {
    let bank = Bank::new();
    for refusal in [LivenessRefusal::NotApproved, LivenessRefusal::Replayed] {
        let event = DeviceEvent::LivenessJudged(Err(refusal));
        let step = bank.awaiting_liveness().apply(event, bank.context(), NOW);
        assert_eq!(step.refusal, Some(DeviceRefusal::Liveness(refusal)));
        assert!(matches!(step.effects[..], [DeviceEffect::Drop]));
        assert_eq!(step.state.status(), None);
        let code = DeviceRefusal::Liveness(refusal).code();
        assert_eq!((code.as_str(), code.status()), ("LIV000001", 400));
    }
    let step =
        bank.awaiting_liveness().apply(DeviceEvent::LivenessUnavailable, bank.context(), NOW);
    assert_eq!(step.refusal.map(|refusal| refusal.code().status()), Some(500));
    assert_eq!(step.state.status(), None);
}

#[test]
fn a_proof_for_one_device_does_not_activate_another() {
    let bank = Bank::new();
    let kit = Kit::es256();
    let other = "44444444-4444-4444-8444-444444444444";
    let other_image = liveness_body().replace(IMAGE, &"x".repeat(36));
    let other_account =
        device_enrollment::two_factor::RequestFacts { account_key: uuid(other), ..facts() };
    for (body, facts) in [
        (liveness_body().replace(DEVICE, other), facts()),
        (other_image, facts()),
        (liveness_body(), other_account),
    ] {
        let (device, _) = bank.request(&body, facts).unwrap();
        let proof = kit.judge(&kit.signed(), NOW).unwrap();
        let (device, refusal) = bank.refused(device, DeviceEvent::LivenessJudged(Ok(proof)), NOW);
        assert_eq!(refusal, DeviceRefusal::Liveness(LivenessRefusal::ForeignProof));
        assert_eq!(device.status(), None);
    }
}

#[test]
fn a_device_of_liveness_has_no_code_to_send_or_type() {
    let bank = Bank::new();
    let device = bank.awaiting_liveness();
    let (device, refusal) = bank.resend(device, "{}", "resend", NOW).unwrap_err();
    assert_eq!(refusal.code().as_str(), "OBD000100");
    let (device, refusal) = bank.attempt(device, NOW).unwrap_err();
    assert_eq!(refusal.code().as_str(), "OBD000100");
    // Nor once it is active.
    let kit = Kit::es256();
    let proof = kit.judge(&kit.signed(), NOW).unwrap();
    let device = bank.moved(device, DeviceEvent::LivenessJudged(Ok(proof)), NOW);
    let (_, refusal) = bank.resend(device, "{}", "resend", NOW).unwrap_err();
    assert_eq!(refusal.code().as_str(), "OBD000100");
}

#[test]
fn a_result_that_never_comes_drops_the_device_after_ten_minutes() {
    let bank = Bank::new();
    let device = bank.awaiting_liveness();
    let end = NOW.plus_minutes(10);
    assert_eq!(device.clone().at(end.plus_millis(-1)).status(), Some(DeviceStatus::Pending));
    let kit = Kit::es256();
    let proof = kit.judge(&kit.signed(), NOW).unwrap();
    let (_, refusal) = bank.refused(device, DeviceEvent::LivenessJudged(Ok(proof)), end);
    assert_eq!(refusal, DeviceRefusal::Dropped);
}

/// An approved result for the device of the fixtures.
pub fn approved() -> DeviceEvent {
    let kit = Kit::es256();
    DeviceEvent::LivenessJudged(kit.judge(&kit.signed(), NOW))
}
