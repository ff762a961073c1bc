//! The conversions by themselves: what goes in comes out, the verdict is that of the browser's
//! JSON, and what `webauthn-rs` does not look at is judged on the way in.

use std::path::Path;

use device_enrollment::verdict::CheckId;
use device_enrollment::webauthn::{Attachment, UserVerification};
use device_enrollment::{
    AuthenticationExpectation, AuthenticationResponse, Base64Reading, CredentialRecord, Failure,
    Origin, Outcome, Policy, RegistrationExpectation, RegistrationResponse, TrustAnchor,
    TrustStore, UnixTime, Verdict, Verifier,
};
use device_enrollment_testkit::{Assertion, ORIGIN, Registration, RegistrationParts, TIME};
use serde::Serialize;
use serde_json::{Value, json};
use webauthn_rs_core::proto::{
    CreationChallengeResponse, PublicKeyCredential, RegisterPublicKeyCredential,
    RequestChallengeResponse,
};

#[test]
fn the_vectors_of_the_recommendation_come_back_as_they_went_in() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/w3c-webauthn-l3.json");
    let file: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let (mut registrations, mut assertions) = (0, 0);
    for case in file["cases"].as_array().unwrap() {
        match case["kind"].as_str().unwrap() {
            "registration" => {
                comes_back_registered(&json!({
                    "id": case["expect"]["credential_id"],
                    "rawId": case["expect"]["credential_id"],
                    "type": "public-key",
                    "response": {
                        "clientDataJSON": case["client_data_json"],
                        "attestationObject": case["attestation_object"],
                    },
                }));
                registrations += 1;
            }
            _ => {
                comes_back_used(&json!({
                    "id": case["credential_id"],
                    "rawId": case["credential_id"],
                    "type": "public-key",
                    "response": {
                        "clientDataJSON": case["client_data_json"],
                        "authenticatorData": case["authenticator_data"],
                        "signature": case["signature"],
                    },
                }));
                assertions += 1;
            }
        }
    }
    assert_eq!((registrations, assertions), (15, 15));
}

#[test]
fn what_the_test_authenticator_posts_comes_back_as_it_went_in() {
    for device in devices() {
        comes_back_registered(&device.make().to_json());
        comes_back_used(&Assertion::of(&device).make().to_json());
    }
}

#[test]
fn every_output_that_they_know_comes_back_and_has_its_published_name() {
    let mut posted = registration();
    posted["clientExtensionResults"] = json!({
        "appid": true,
        "credProps": { "rk": true },
        "hmacSecret": false,
        "credProtect": "userVerificationRequired",
        "minPinLength": 6,
    });
    posted["response"]["transports"] = json!(["usb", "nfc", "ble", "internal", "hybrid", "test"]);
    let response = comes_back_registered(&posted);
    assert_eq!(
        response.client_extension_results(),
        json!({
            "appid": true,
            "credProps": { "rk": true },
            "hmacCreateSecret": false,
            "credProtect": 3,
            "minPinLength": 6,
        })
    );

    let mut posted = assertion();
    posted["clientExtensionResults"] = json!({
        "appid": false,
        "hmac_get_secret": { "output1": "AQID", "output2": "BAUG" },
    });
    let response = comes_back_used(&posted);
    let expected =
        json!({ "appid": false, "hmacGetSecret": { "output1": "AQID", "output2": "BAUG" } });
    assert_eq!(response.to_webauthn_json()["clientExtensionResults"], expected);
}

#[test]
fn what_they_cannot_hold_is_left_out() {
    let mut posted = registration();
    posted["response"]["transports"] = json!(["smart-card", "usb"]);
    posted["clientExtensionResults"] = json!({ "prf": { "enabled": true } });
    let read = read_registration(&posted);
    let theirs = RegisterPublicKeyCredential::try_from(&read).unwrap();
    let ours = RegistrationResponse::try_from(&theirs).unwrap();
    let left = ours.to_webauthn_json();
    assert_eq!(left["response"]["transports"], json!(["usb"]));
    assert_eq!(left["clientExtensionResults"], json!({}));
    assert_eq!((read.attachment(), ours.attachment()), (Some(Attachment::Platform), None));
}

#[test]
fn the_verdict_is_that_of_the_browsers_json() {
    let mut refused = 0;
    for device in devices() {
        for change in CHANGES {
            let mut device = device.clone();
            change(&mut device);
            let parts = device.make();
            let json = read_registration(&parts.to_json());
            let theirs = RegisterPublicKeyCredential::try_from(&json).unwrap();
            let typed = RegistrationResponse::try_from(&theirs).unwrap();
            let [json, typed] = [json, typed].map(|response| {
                let expected = expectation(&parts);
                verifier(&parts).registration(&response, &expected, Some(UnixTime(TIME)))
            });
            let [json, typed] = [json.verdict(), typed.verdict()];
            assert_eq!(json.failure, typed.failure);
            assert_eq!(json.facts, typed.facts);
            assert_eq!(outcomes(json), outcomes(typed));
            refused += usize::from(!typed.is_accepted());
        }
    }
    // Every second change spoils the ceremony.
    assert_eq!(refused, devices().len());
}

#[test]
fn a_registration_that_webauthn_rs_passes_over_is_refused_on_the_way_in() {
    comes_back_registered(&registration());
    let refused = |member: &str, value: &str, check, code| {
        let mut posted = registration();
        set(&mut posted, member, value);
        let theirs: RegisterPublicKeyCredential = serde_json::from_value(posted).unwrap();
        assert_failure(RegistrationResponse::try_from(&theirs), check, code);
    };
    refused("/id", "AQ==", CheckId::En3, "malformed.base64");
    refused("/id", "", CheckId::En3, "malformed.empty");
    refused("/rawId", "", CheckId::En3, "malformed.empty");
    refused("/response/clientDataJSON", "", CheckId::En3, "malformed.empty");
    refused("/response/attestationObject", "", CheckId::En3, "malformed.empty");
    refused("/id", "AQID", CheckId::En4, "envelope.id");
    refused("/rawId", "AQID", CheckId::En4, "envelope.id");
    refused("/type", "password", CheckId::En5, "envelope.type");
}

#[test]
fn an_assertion_that_webauthn_rs_passes_over_is_refused_on_the_way_in() {
    comes_back_used(&assertion());
    let refused = |member: &str, value: &str, check, code| {
        let mut posted = assertion();
        set(&mut posted, member, value);
        let theirs: PublicKeyCredential = serde_json::from_value(posted).unwrap();
        assert_failure(AuthenticationResponse::try_from(&theirs), check, code);
    };
    refused("/id", "AQ==", CheckId::En3, "malformed.base64");
    refused("/id", "", CheckId::En3, "malformed.empty");
    refused("/rawId", "", CheckId::En3, "malformed.empty");
    refused("/response/clientDataJSON", "", CheckId::En3, "malformed.empty");
    refused("/response/authenticatorData", "", CheckId::En3, "malformed.empty");
    refused("/response/signature", "", CheckId::En3, "malformed.empty");
    refused("/id", "AQID", CheckId::En4, "envelope.id");
    refused("/rawId", "AQID", CheckId::En4, "envelope.id");
    refused("/type", "password", CheckId::En5, "envelope.type");
}

#[test]
fn what_does_not_fit_their_types_is_refused_on_the_way_out() {
    let without_id = RegistrationResponse::from_bytes(None, b"{}", b"object");
    let converted = RegisterPublicKeyCredential::try_from(&without_id);
    assert_failure(converted, CheckId::En1, "malformed.missing");

    for outputs in [
        json!({ "appid": 1 }),
        json!({ "credProps": true }),
        json!({ "credProps": { "rk": 1 } }),
        json!({ "hmacCreateSecret": "yes" }),
        json!({ "credProtect": 4 }),
        json!({ "credProtect": -1 }),
        json!({ "minPinLength": -1 }),
    ] {
        let mut posted = registration();
        posted["clientExtensionResults"] = outputs;
        let converted = RegisterPublicKeyCredential::try_from(&read_registration(&posted));
        assert_failure(converted, CheckId::En2, "malformed.type");
    }
    for (outputs, check, code) in [
        (json!({ "appid": 1 }), CheckId::En2, "malformed.type"),
        (json!({ "hmacGetSecret": true }), CheckId::En2, "malformed.type"),
        (json!({ "hmacGetSecret": {} }), CheckId::En1, "malformed.missing"),
        (json!({ "hmacGetSecret": { "output1": "=" } }), CheckId::En3, "malformed.base64"),
    ] {
        let mut posted = assertion();
        posted["clientExtensionResults"] = outputs;
        let converted = PublicKeyCredential::try_from(&read_assertion(&posted));
        assert_failure(converted, check, code);
    }
}

#[test]
fn an_expectation_says_what_the_creation_options_ask_for() {
    let challenge = |change: fn(&mut Value)| -> RegistrationExpectation {
        let mut options = json!({
            "rp": { "id": "bank.example", "name": "Bank" },
            "user": { "id": "AQ", "name": "ana", "displayName": "Ana" },
            "challenge": "AQID",
            "pubKeyCredParams": [
                { "type": "public-key", "alg": -7 },
                { "type": "something-else", "alg": -8 },
                { "type": "public-key", "alg": -48 },
            ],
        });
        change(&mut options);
        let challenge: CreationChallengeResponse =
            serde_json::from_value(json!({ "publicKey": options })).unwrap();
        RegistrationExpectation::from_creation_challenge(&challenge, origins())
    };

    let mut least = RegistrationExpectation::new([1, 2, 3], "bank.example", origins());
    least.algorithms = Some(vec![-7, -48]);
    least.user_verification = UserVerification::Preferred;
    assert_eq!(challenge(|_| {}), least);

    let mut most = least.clone();
    most.user_verification = UserVerification::Required;
    most.attachment = Some(Attachment::Platform);
    most.resident_key_required = true;
    most.exclude_credentials = vec![vec![4], vec![5]];
    most.extensions = ["credentialProtectionPolicy", "uvm", "credProps", "minPinLength"]
        .into_iter()
        .chain(["hmacCreateSecret"])
        .map(str::to_owned)
        .collect();
    most.credential_protection = Some(2);
    assert_eq!(challenge(ask_for_everything), most);

    // A level that is not to be enforced is asked for and not expected.
    most.credential_protection = None;
    let not_enforced = challenge(|options| {
        ask_for_everything(options);
        options["extensions"]["enforceCredentialProtectionPolicy"] = false.into();
    });
    assert_eq!(not_enforced, most);

    // The newer member goes before the older.
    let preferred = challenge(|options| {
        ask_for_everything(options);
        options["authenticatorSelection"]["residentKey"] = "preferred".into();
    });
    assert!(!preferred.resident_key_required);
    let newer = challenge(|options| {
        ask_for_everything(options);
        options["authenticatorSelection"]["residentKey"] = "required".into();
        options["authenticatorSelection"]["requireResidentKey"] = false.into();
    });
    assert!(newer.resident_key_required);

    let declined = challenge(|options| {
        options["extensions"] = json!({ "uvm": false, "credProps": false });
        options["authenticatorSelection"] =
            json!({ "requireResidentKey": false, "userVerification": "discouraged" });
    });
    least.user_verification = UserVerification::Discouraged;
    assert_eq!(declined, least);
}

fn ask_for_everything(options: &mut Value) {
    options["excludeCredentials"] =
        json!([{ "type": "public-key", "id": "BA" }, { "type": "public-key", "id": "BQ" }]);
    options["authenticatorSelection"] = json!({
        "authenticatorAttachment": "platform",
        "requireResidentKey": true,
        "userVerification": "required",
    });
    options["extensions"] = json!({
        "credentialProtectionPolicy": "userVerificationOptionalWithCredentialIDList",
        "enforceCredentialProtectionPolicy": true,
        "uvm": true,
        "credProps": true,
        "minPinLength": true,
        "hmacCreateSecret": true,
    });
}

#[test]
fn an_expectation_says_what_the_request_options_ask_for() {
    let record = CredentialRecord::new([4], [5], 6);
    let challenge = |options: Value| {
        let challenge: RequestChallengeResponse =
            serde_json::from_value(json!({ "publicKey": options })).unwrap();
        let records = vec![record.clone()];
        AuthenticationExpectation::from_request_challenge(&challenge, origins(), records)
    };

    let discoverable = challenge(json!({
        "challenge": "AQID",
        "rpId": "bank.example",
        "allowCredentials": [],
        "userVerification": "preferred",
    }));
    let mut expected =
        AuthenticationExpectation::new([1, 2, 3], "bank.example", origins(), vec![record.clone()]);
    expected.user_verification = UserVerification::Preferred;
    expected.user_handle_required = true;
    assert_eq!(discoverable, expected);

    let listed = challenge(json!({
        "challenge": "AQID",
        "rpId": "bank.example",
        "allowCredentials": [{ "type": "public-key", "id": "BA" }],
        "userVerification": "required",
        "extensions": {
            "appid": "https://bank.example/app-id.json",
            "uvm": true,
            "hmacGetSecret": { "output1": "AQ", "output2": null },
        },
    }));
    expected.user_verification = UserVerification::Required;
    expected.user_handle_required = false;
    expected.allow_credentials = vec![vec![4]];
    expected.app_id = Some("https://bank.example/app-id.json".to_owned());
    expected.extensions = ["appid", "uvm", "hmacGetSecret"].map(str::to_owned).to_vec();
    assert_eq!(listed, expected);
}

/// Every check but the one of the unsigned copies, for which their types have no place.
fn outcomes(verdict: &Verdict) -> Vec<(CheckId, Outcome)> {
    let checks = verdict.checks.iter().filter(|check| check.id != CheckId::X10);
    checks.map(|check| (check.id, check.outcome)).collect()
}

/// Reads a browser's JSON there, takes it over and gives it back.
#[track_caller]
fn comes_back_registered(posted: &Value) -> RegistrationResponse {
    let theirs: RegisterPublicKeyCredential = serde_json::from_value(posted.clone()).unwrap();
    let ours = RegistrationResponse::try_from(&theirs).unwrap();
    same(&theirs, &RegisterPublicKeyCredential::try_from(&ours).unwrap());
    assert_eq!(ours.credential_id(), Some(&*theirs.raw_id));
    assert_eq!(ours.client_data_json(), theirs.response.client_data_json);
    assert_eq!(ours.attestation_object(), theirs.response.attestation_object);
    ours
}

#[track_caller]
fn comes_back_used(posted: &Value) -> AuthenticationResponse {
    // Their type has no default for a member that the Recommendation leaves out.
    let mut posted = posted.clone();
    posted["response"].as_object_mut().unwrap().entry("userHandle").or_insert(Value::Null);
    let theirs: PublicKeyCredential = serde_json::from_value(posted).unwrap();
    let ours = AuthenticationResponse::try_from(&theirs).unwrap();
    same(&theirs, &PublicKeyCredential::try_from(&ours).unwrap());
    assert_eq!(ours.credential_id(), theirs.raw_id);
    assert_eq!(ours.client_data_json(), theirs.response.client_data_json);
    assert_eq!(ours.authenticator_data(), theirs.response.authenticator_data);
    assert_eq!(ours.signature(), theirs.response.signature);
    assert_eq!(ours.user_handle(), theirs.response.user_handle.as_deref());
    ours
}

/// Their types cannot be compared, and their JSON leaves nothing out.
#[track_caller]
fn same(before: &impl Serialize, after: &impl Serialize) {
    assert_eq!(serde_json::to_value(before).unwrap(), serde_json::to_value(after).unwrap());
}

#[track_caller]
fn assert_failure<T>(converted: Result<T, Failure>, check: CheckId, code: &str) {
    let Err(failure) = converted else { panic!("it was converted") };
    assert_eq!((failure.check, failure.code()), (check, code), "{failure}");
}

fn set(posted: &mut Value, member: &str, value: &str) {
    *posted.pointer_mut(member).unwrap() = value.into();
}

/// One of each statement format, and of each algorithm that both know.
fn devices() -> Vec<Registration> {
    vec![
        Registration::none("conversions"),
        Registration::packed_self("conversions"),
        Registration::packed_self("conversions").with_credential_algorithm(-35),
        Registration::packed_self("conversions").with_credential_algorithm(-257),
        Registration::packed_basic("conversions"),
        Registration::fido_u2f("conversions"),
        Registration::android_key("conversions"),
        Registration::apple("conversions"),
        Registration::tpm_ecc("conversions"),
        Registration::tpm_rsa("conversions"),
    ]
}

/// One leaves the ceremony as it is, one spoils it.
const CHANGES: [fn(&mut Registration); 2] =
    [|_| {}, |device| device.client_data.origin = "https://evil.example".into()];

fn expectation(parts: &RegistrationParts) -> RegistrationExpectation {
    let mut expected =
        RegistrationExpectation::new(parts.challenge.clone(), parts.rp_id.clone(), origins());
    expected.user_verification = UserVerification::Preferred;
    expected
}

fn verifier(parts: &RegistrationParts) -> Verifier {
    let anchors = parts.anchors.iter().map(|anchor| TrustAnchor::from_der(anchor).unwrap());
    Verifier::new(Policy::webauthn(), TrustStore::new(anchors.collect()))
}

fn origins() -> Vec<Origin> {
    vec![Origin::parse(ORIGIN).unwrap()]
}

fn registration() -> Value {
    Registration::none("conversions").make().to_json()
}

fn assertion() -> Value {
    Assertion::of(&Registration::none("conversions")).make().to_json()
}

fn read_registration(posted: &Value) -> RegistrationResponse {
    let text = posted.to_string();
    RegistrationResponse::from_webauthn_json(text.as_bytes(), Base64Reading::Strict).unwrap()
}

fn read_assertion(posted: &Value) -> AuthenticationResponse {
    let text = posted.to_string();
    AuthenticationResponse::from_webauthn_json(text.as_bytes(), Base64Reading::Strict).unwrap()
}
