//! Enrollments and approvals of Open Finance over HTTP, with credentials of the test authenticator:
//! each step as a client takes it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use device_enrollment_testkit::{Assertion, ORIGIN, RP_ID, Registration};
use serde_json::{Value, json};

use super::server::{Answer, rendered};
use super::world::{ACCOUNT, APPROVER, BLOCKED, Engine, World, uuid};

/// A bank whose credentials are those of the test authenticator, with the key of its own app.
pub(crate) struct Bank {
    pub(crate) world: World,
    pub(crate) holder: String,
}

/// An enrollment by its ids.
pub(crate) struct Ids {
    pub(crate) id: String,
    pub(crate) device_id: String,
}

pub(crate) const SETTINGS: &[(&str, &str)] = &[
    ("DEVICE_ENROLLMENT_RELYING_PARTY_ID", RP_ID),
    ("DEVICE_ENROLLMENT_RELYING_PARTY_ORIGINS", ORIGIN),
];

impl Bank {
    pub(crate) fn start(engine: Engine) -> Self {
        Self::with(engine, &[])
    }

    pub(crate) fn with(engine: Engine, own: &[(&str, &str)]) -> Self {
        let settings: Vec<(&str, &str)> = SETTINGS.iter().chain(own).copied().collect();
        Self::in_world(World::with(engine, &settings))
    }

    /// With so many nodes; SQLite is for one.
    pub(crate) fn with_nodes(engine: Engine, own: &[(&str, &str)], nodes: usize) -> Self {
        let settings: Vec<(&str, &str)> = SETTINGS.iter().chain(own).copied().collect();
        Self::in_world(World::with_nodes(engine, &settings, nodes))
    }

    fn in_world(world: World) -> Self {
        world.admin(
            "requesters",
            &json!({"requesters": [{
                "requester_key": "holder", "name": "The bank's app", "configuration": {
                    "may_create_devices": true, "may_confirm_enrollments": true,
                    "accounts": [ACCOUNT, BLOCKED], "wallets": [], "products": [], "users": []
                }
            }, {
                "requester_key": "narrow", "name": "Narrow", "configuration": {
                    "may_create_devices": false, "accounts": "all",
                    "wallets": [WALLET], "products": [PRODUCT], "users": [USER]
                }
            }]}),
        );
        let holder = world.key_of("holder");
        Self { world, holder }
    }

    /// A request under `/open-finance` with the headers it needs, and others in their place.
    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        own: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        self.ask_as(&self.world.key, method, path, own, body)
    }

    pub(crate) fn ask_as(
        &self,
        key: &str,
        method: &str,
        path: &str,
        own: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.world.send(key, method, path, &headers(own), &body)
    }

    /// The same as [`ask_as`](Self::ask_as), to be sent over a connection that is kept.
    pub(crate) fn rendered(
        &self,
        key: &str,
        method: &str,
        path: &str,
        own: &[(&str, &str)],
        body: &Value,
    ) -> Vec<u8> {
        let headers = format!("authorization: Bearer {key}\r\n{}", headers(own));
        rendered(method, path, &headers, body.to_string().as_bytes())
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path, &[], body)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], &Value::Null)
    }

    pub(crate) fn created(&self) -> String {
        let answer = self.post("/open-finance/enrollments", &creation());
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    /// An enrollment whose person is asked.
    pub(crate) fn asked(&self) -> Ids {
        let id = self.created();
        let answer = self.post(&format!("{BASE}/{id}/device/risk-signal"), &signals());
        assert_eq!(answer.status, 201, "{}", answer.body);
        let device_id = answer.json()["id"].as_str().unwrap().to_owned();
        Ids { id, device_id }
    }

    pub(crate) fn confirm(&self, id: &str, body: &Value) -> Answer {
        let path = format!("/extensions/v1/open-finance/enrollments/{id}/confirmation");
        self.ask_as(&self.holder, "POST", &path, &[], body)
    }

    /// An enrollment whose person said yes.
    pub(crate) fn approved(&self) -> Ids {
        let ids = self.asked();
        let answer = self.confirm(&ids.id, &approval());
        assert_eq!(answer.status, 200, "{}", answer.body);
        ids
    }

    /// An enrollment with options, and the registration that is made for them.
    pub(crate) fn issued(&self, seed: &str) -> (Ids, Registration) {
        let ids = self.approved();
        let registration = self.registration(&ids, seed);
        (ids, registration)
    }

    pub(crate) fn registration(&self, ids: &Ids, seed: &str) -> Registration {
        let body = json!({"platform": "BROWSER"});
        let answer = self.post(&format!("{BASE}/{}/device/credentials", ids.id), &body);
        assert_eq!(answer.status, 201, "{}", answer.body);
        let options = self.get(&format!("{BASE}/{}/device/{}/credentials", ids.id, ids.device_id));
        assert_eq!(options.status, 200, "{}", options.body);
        let options = options.json();
        assert_eq!((&options["rp_id"], &options["timeout"]), (&json!(RP_ID), &json!(300_000)));
        let decoded = |name: &str| URL_SAFE_NO_PAD.decode(options[name].as_str().unwrap()).unwrap();
        let mut registration = Registration::none(seed);
        registration.client_data.challenge = decoded("challenge");
        registration.user_handle = decoded("user_id");
        registration
    }

    pub(crate) fn register(&self, ids: &Ids, body: &Value) -> Answer {
        self.post(&format!("{BASE}/{}/device/{}", ids.id, ids.device_id), body)
    }

    pub(crate) fn status(&self, id: &str) -> String {
        let answer = self.get(&format!("{BASE}/{id}"));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["status"].as_str().unwrap().to_owned()
    }

    /// An enrollment that is bound, with its credential.
    pub(crate) fn bound(&self, seed: &str) -> (Ids, Registration) {
        let (ids, registration) = self.issued(seed);
        let answer = self.register(&ids, &credential(&registration));
        assert_eq!(answer.status, 201, "{}", answer.body);
        (ids, registration)
    }

    pub(crate) fn consent(&self, body: &Value) -> String {
        let answer = self.post("/extensions/v1/open-finance/consents", body);
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.json()["consent_id"].as_str().unwrap().to_owned()
    }

    /// The assertion of a device for a consent, over options that are asked for.
    pub(crate) fn assertion(
        &self,
        consent: &str,
        ids: &Ids,
        registration: &Registration,
    ) -> Assertion {
        let answer = self.sign_options(consent, &ids.id);
        assert_eq!(answer.status, 201, "{}", answer.body);
        let challenge = answer.json()["challenge"].as_str().unwrap().to_owned();
        let mut assertion = Assertion::of(registration);
        assertion.client_data.challenge = URL_SAFE_NO_PAD.decode(challenge).unwrap();
        assertion
    }

    pub(crate) fn sign_options(&self, consent: &str, id: &str) -> Answer {
        let path = format!("/extensions/v1/open-finance/consents/{consent}/sign-options");
        self.post(&path, &json!({"enrollment_id": id, "platform": "BROWSER"}))
    }

    pub(crate) fn authorise(&self, consent: &str, id: &str, assertion: &Assertion) -> Answer {
        self.authorise_with(consent, id, assertion, &contract_signals())
    }

    pub(crate) fn authorise_with(
        &self,
        consent: &str,
        id: &str,
        assertion: &Assertion,
        signals: &Value,
    ) -> Answer {
        let body = authorisation(id, assertion, signals);
        self.post(&format!("/extensions/v1/open-finance/consents/{consent}/authorise"), &body)
    }

    pub(crate) fn consent_of(&self, consent: &str) -> Value {
        self.get(&format!("/extensions/v1/open-finance/consents/{consent}")).json()
    }
}

/// The headers that a request under `/open-finance` needs, and others in their place.
fn headers(own: &[(&str, &str)]) -> String {
    let (nonce, transaction) = (uuid(), uuid());
    let mut headers = BTreeMap::from([
        ("nonce", nonce.as_str()),
        ("x-transaction-uuid", transaction.as_str()),
        ("x-include-replay-protection-schema", "nonce"),
        ("content-type", "application/json"),
    ]);
    for (name, value) in own {
        headers.insert(name, value);
    }
    // A value that is left out.
    headers.retain(|_, value| *value != NONE);
    headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect()
}

pub(crate) const BASE: &str = "/open-finance/enrollments";
pub(crate) const NONE: &str = "(none)";
pub(crate) const WALLET: &str = "1db36e1a-68a1-4d7b-9f4d-6d3b60e2c0e1";
pub(crate) const PRODUCT: &str = "2db36e1a-68a1-4d7b-9f4d-6d3b60e2c0e2";
pub(crate) const USER: &str = "3db36e1a-68a1-4d7b-9f4d-6d3b60e2c0e3";

pub(crate) fn creation() -> Value {
    json!({
        "client_redirect_url": "https://payer.example/back", "participant_id": "participant-1",
        "logged_user_document": APPROVER, "permissions": ["PAYMENTS_INITIATE"]
    })
}

pub(crate) fn signals() -> Value {
    json!({
        "device_id": "5ad82a8f-37e5-4369-a1a3-be4b1fb9c034", "os_version": "16.6",
        "user_time_zone_offset": "-03", "language": "pt",
        "screen_dimensions": {"height": 1080, "width": 1920}, "account_tenure": "2023-08-02",
        "is_rooted_device": false, "screen_brightness": 90, "elapsed_time_since_boot": 6_356_027
    })
}

pub(crate) fn contract_signals() -> Value {
    json!({
        "deviceId": "5ad82a8f-37e5-4369-a1a3-be4b1fb9c034", "osVersion": "16.6",
        "userTimeZoneOffset": "-03", "language": "pt",
        "screenDimensions": {"height": 1080, "width": 1920}, "accountTenure": "2023-08-02",
        "isRootedDevice": false, "screenBrightness": 90, "elapsedTimeSinceBoot": 6_356_027
    })
}

pub(crate) fn approval() -> Value {
    json!({
        "account_key": ACCOUNT, "approver_document_number": APPROVER, "decision": "approved",
        "transaction_limit": "500.00"
    })
}

/// The body that approves a consent.
pub(crate) fn authorisation(id: &str, assertion: &Assertion, signals: &Value) -> Value {
    json!({"data": {
        "enrollmentId": id, "riskSignals": signals, "fidoAssertion": assertion.make().to_json()
    }})
}

pub(crate) fn credential(registration: &Registration) -> Value {
    let made = registration.make().to_json();
    json!({
        "device_credential_id": made["id"], "device_credential_raw_id": made["rawId"],
        "device_credential_client_data_json": made["response"]["clientDataJSON"],
        "device_credential_attestation_object": made["response"]["attestationObject"],
        "device_credential_authenticator_attachment": "platform",
        "device_credential_type": "public-key", "client_extension_results": {}
    })
}
