//! What the app of a bank or of an initiator does between the service and an authenticator: it takes
//! the options out of the service's answers, hands them on in the form of the Recommendation, and
//! posts what comes back.

use serde_json::{Value, json};

use crate::bank::enrolling::{BASE, Bank, Ids, SETTINGS, approval, contract_signals};
use crate::bank::server::{Answer, Folder};
use crate::bank::world::{ACCOUNT, APPROVER, Engine, uuid};

/// `navigator.credentials` of somebody: options and responses in the JSON of WebAuthn Level 3
/// (section 5.1.8 and after). An error is the client's own refusal.
pub(crate) trait Client {
    fn create(&mut self, options: &Value) -> Result<Value, String>;
    fn get(&mut self, options: &Value) -> Result<Value, String>;
}

/// A bank under a profile, on SQLite: where things are stored decides nothing here.
pub(crate) fn bank(profile: &str) -> Bank {
    Bank::with(Engine::Sqlite, &[("DEVICE_ENROLLMENT_POLICY_PROFILE", profile)])
}

/// A bank that believes these certificates (DER), and no others, in one attestation format.
pub(crate) fn bank_with_anchors(
    profile: &str,
    format: &str,
    anchors: &[Vec<u8>],
) -> (Bank, Folder) {
    let folder = Folder::new();
    let own = folder.file(format);
    std::fs::create_dir(&own).unwrap();
    for (at, anchor) in anchors.iter().enumerate() {
        std::fs::write(own.join(format!("{at}.der")), anchor).unwrap();
    }
    let trust = own.parent().unwrap().to_str().unwrap().to_owned();
    let settings =
        [("DEVICE_ENROLLMENT_POLICY_PROFILE", profile), ("DEVICE_ENROLLMENT_POLICY_TRUST", &trust)];
    (Bank::with(Engine::Sqlite, &settings), folder)
}

/// An enrollment whose options were issued.
pub(crate) struct Offer {
    pub(crate) ids: Ids,
    /// `PublicKeyCredentialCreationOptionsJSON`.
    pub(crate) options: Value,
}

/// What became of a registration or of an approval.
pub(crate) struct Outcome {
    pub(crate) answer: Answer,
    /// The verdict on it, where one was given.
    pub(crate) verdict: Value,
}

impl Outcome {
    /// Check and code of the refusal.
    #[track_caller]
    pub(crate) fn failure(&self) -> (String, String) {
        assert_eq!(self.answer.status, 422, "{}", self.answer.body);
        assert_eq!(self.verdict["decision"], "refused", "{}", self.answer.body);
        let text = |name: &str| self.verdict["failure"][name].as_str().unwrap().to_owned();
        (text("check"), text("code"))
    }

    #[track_caller]
    pub(crate) fn refused_by(&self, check: &str, code: &str) {
        let expected = (check.to_owned(), code.to_owned());
        assert_eq!(self.failure(), expected, "{}", self.verdict["failure"]);
    }

    #[track_caller]
    pub(crate) fn accepted(&self) -> &Value {
        let done = matches!(self.answer.status, 200 | 201);
        assert!(done, "{} {}", self.answer.body, self.verdict["failure"]);
        assert_eq!(self.verdict["decision"], "accepted");
        &self.verdict["facts"]
    }

    /// Whether a check was passed over because the policy says so in this field.
    #[track_caller]
    pub(crate) fn skipped_by(&self, check: &str, field: &str) {
        let checks = self.verdict["checks"].as_array().unwrap();
        let found = checks.iter().find(|one| one["id"] == check);
        let found = found.unwrap_or_else(|| panic!("no {check} in the verdict"));
        assert_eq!(found["outcome"], "skipped_by_policy", "{found}");
        assert_eq!(found["evidence"], field, "{found}");
    }
}

/// A device of the approver's is registered by its code, the enrollment is bound to it, and options
/// are asked for.
pub(crate) fn offered(bank: &Bank, platform: &str) -> Offer {
    let (device_key, base) = (uuid(), format!("/account/{ACCOUNT}/device"));
    let requested = json!({
        "device_key": device_key, "session_id": SESSION,
        "tfa_info": {"approver_document_number": APPROVER, "contact_type": "sms"}
    });
    let answer = bank.world.ask("POST", &base, &requested);
    assert_eq!(answer.status, 202, "{}", answer.body);
    let token = json!({"token": bank.world.gateway.code()});
    let answer = bank.world.ask("PUT", &format!("{base}/{device_key}/validate"), &token);
    assert_eq!(answer.status, 201, "{}", answer.body);

    let ids = bank.asked();
    let mut approval = approval();
    approval["device_key"] = json!(device_key);
    assert_eq!(bank.confirm(&ids.id, &approval).status, 200);
    let asked = json!({"platform": platform});
    let answer = bank.post(&format!("{BASE}/{}/device/credentials", ids.id), &asked);
    assert_eq!(answer.status, 201, "{}", answer.body);
    let answer = bank.get(&format!("{BASE}/{}/device/{}/credentials", ids.id, ids.device_id));
    assert_eq!(answer.status, 200, "{}", answer.body);
    Offer { ids, options: creation_options(&answer.json()) }
}

/// The published answer, which has names of its own, in those of the Recommendation.
fn creation_options(published: &Value) -> Value {
    let mut selection = json!({
        "userVerification": published["user_verification"],
        "requireResidentKey": published["require_resident_key"],
        "residentKey": published["resident_key"],
    });
    if let Some(attachment) = published.get("authenticator_attachment") {
        selection["authenticatorAttachment"] = attachment.clone();
    }
    json!({
        "rp": {"id": published["rp_id"], "name": published["rp_name"]},
        "user": {
            "id": published["user_id"], "name": published["user_name"],
            "displayName": published["user_display_name"]
        },
        "challenge": published["challenge"],
        "pubKeyCredParams": published["pub_key_cred_params"],
        "timeout": published["timeout"],
        "excludeCredentials": published["exclude_credentials"],
        "authenticatorSelection": selection,
        "attestation": published["attestation"],
        "extensions": published["extensions"],
    })
}

/// Posts a registration as the published route has it.
pub(crate) fn register(bank: &Bank, ids: &Ids, made: &Value) -> Outcome {
    let mut body = json!({
        "device_credential_id": made["id"], "device_credential_raw_id": made["rawId"],
        "device_credential_client_data_json": made["response"]["clientDataJSON"],
        "device_credential_attestation_object": made["response"]["attestationObject"],
        "device_credential_type": made["type"],
    });
    // Whatever the client said beside, as it said it.
    for (ours, theirs) in [
        ("device_credential_authenticator_attachment", "authenticatorAttachment"),
        ("client_extension_results", "clientExtensionResults"),
    ] {
        if let Some(value) = made.get(theirs) {
            body[ours] = value.clone();
        }
    }
    let answer = bank.register(ids, &body);
    Outcome { answer, verdict: last_verdict(bank, ids) }
}

/// A whole enrollment.
pub(crate) fn enrolled(bank: &Bank, client: &mut dyn Client) -> (Ids, Outcome) {
    let offer = offered(bank, "BROWSER");
    let made = client.create(&offer.options).expect("the client makes a credential");
    let outcome = register(bank, &offer.ids, &made);
    (offer.ids, outcome)
}

/// A consent that waits for its person, and `PublicKeyCredentialRequestOptionsJSON` for it.
pub(crate) fn consent(bank: &Bank, ids: &Ids) -> (String, Value) {
    let consent = bank.consent(&json!({}));
    let answer = bank.sign_options(&consent, &ids.id);
    assert_eq!(answer.status, 201, "{}", answer.body);
    (consent, answer.json())
}

/// Posts an assertion for a consent.
pub(crate) fn authorise(bank: &Bank, ids: &Ids, consent: &str, made: &Value) -> Outcome {
    let body = json!({"data": {
        "enrollmentId": ids.id, "riskSignals": contract_signals(), "fidoAssertion": made
    }});
    let path = format!("/extensions/v1/open-finance/consents/{consent}/authorise");
    let answer = bank.post(&path, &body);
    Outcome { answer, verdict: last_verdict(bank, ids) }
}

/// A consent and then a transfer, each approved with the credential.
pub(crate) fn approves(bank: &Bank, ids: &Ids, client: &mut dyn Client) {
    let (consent, options) = consent(bank, ids);
    let made = client.get(&options).expect("the client signs");
    authorise(bank, ids, &consent, &made).accepted();
    assert_eq!(bank.consent_of(&consent)["status"], "AUTHORISED");

    let ted_key = transfer(bank);
    let path = format!("/extensions/v1/account/{ACCOUNT}/ted/{ted_key}");
    let answer = bank.world.ask("POST", &format!("{path}/sign-options"), &Value::Null);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let made = client.get(&answer.json()).expect("the client signs");
    let answer = bank.world.ask("POST", &format!("{path}/assertion"), &made);
    assert_eq!(answer.status, 202, "{}", answer.body);
    let validate = format!("/account/{ACCOUNT}/ted/{ted_key}/validate_token");
    let answer = bank.world.ask("PUT", &validate, &json!({}));
    assert_eq!((answer.status, &answer.json()["ted_status"]), (202, &json!("pending")));
}

/// A transfer that waits for the approver's device.
fn transfer(bank: &Bank) -> String {
    let body = json!({
        "request_control_key": uuid(), "transaction_amount": 202.5,
        "target_account": {
            "account_branch": "0001", "account_number": "1234567", "account_digit": "8",
            "owner_document_number": "12345678000195", "owner_name": "Padaria São João",
            "ispb": "32402502", "account_type": "checking_account"
        },
        "tfa_info": {
            "approver_document_number": APPROVER, "contact_type": "device", "session_id": SESSION
        }
    });
    let answer = bank.world.ask("POST", &format!("/account/{ACCOUNT}/ted"), &body);
    assert_eq!(answer.status, 202, "{}", answer.body);
    answer.json()["ted_key"].as_str().unwrap().to_owned()
}

fn last_verdict(bank: &Bank, ids: &Ids) -> Value {
    let verdicts = bank.get(&format!("/extensions/v1{BASE}/{}/verdicts", ids.id)).json();
    let last = verdicts["verdicts"].as_array().and_then(|all| all.last());
    last.map(|one| one["verdict"].clone()).unwrap_or_default()
}

/// The settings of the relying party, for a client that is told them.
pub(crate) fn origin() -> &'static str {
    SETTINGS.iter().find(|(name, _)| name.ends_with("ORIGINS")).unwrap().1
}

/// Client data in the specification's own serialization, for an authenticator without a client.
pub(crate) fn client_data(kind: &str, challenge: &Value) -> Vec<u8> {
    // The order of the specification's own serialization.
    let challenge = challenge.as_str().unwrap();
    format!(
        r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{}","crossOrigin":false}}"#,
        origin()
    )
    .into_bytes()
}

const SESSION: &str = "fd90a11e-ddee-4e69-b7d8-0fc3ddd4da46";
