//! A bank, and a browser at it.

use std::ops::Deref;

use serde_json::{Value, json};

use crate::bank::enrolling::{BASE, Bank, Ids, approval};
use crate::bank::world::{ACCOUNT, APPROVER, Engine, uuid};
use crate::chromium::{Chromium, ORIGIN, Page};

/// A bank whose relying party is the default one, `localhost`, and a browser on its machine.
pub(crate) struct Desk {
    pub(crate) bank: Bank,
    pub(crate) chromium: Chromium,
}

impl Deref for Desk {
    type Target = Bank;

    fn deref(&self) -> &Bank {
        &self.bank
    }
}

impl Desk {
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    pub(crate) fn with(own: &[(&str, &str)]) -> Self {
        let localhost = [
            ("DEVICE_ENROLLMENT_RELYING_PARTY_ID", "localhost"),
            ("DEVICE_ENROLLMENT_RELYING_PARTY_ORIGINS", ORIGIN),
        ];
        let settings: Vec<(&str, &str)> = localhost.iter().chain(own).copied().collect();
        let bank = Bank::with(Engine::Sqlite, &settings);
        let chromium = Chromium::start(bank.world.node().address.port());
        Self { bank, chromium }
    }

    /// A tab of the bank's origin.
    pub(crate) fn page(&self) -> Page<'_> {
        self.page_at(ORIGIN)
    }

    /// A tab of another origin that leads to the same service.
    pub(crate) fn page_at(&self, origin: &str) -> Page<'_> {
        let page = self.chromium.page();
        page.open(&format!("{origin}/docs"));
        page.client("setKey", &[json!(self.bank.world.key)]);
        page
    }

    /// A device of the account that was registered by its code.
    pub(crate) fn device(&self) -> String {
        let (device_key, base) = (uuid(), format!("/account/{ACCOUNT}/device"));
        let requested = json!({
            "device_key": device_key, "session_id": SESSION,
            "tfa_info": {"approver_document_number": APPROVER, "contact_type": "sms"}
        });
        assert_eq!(self.world.ask("POST", &base, &requested).status, 202);
        let token = json!({"token": self.world.gateway.code()});
        let answer = self.world.ask("PUT", &format!("{base}/{device_key}/validate"), &token);
        assert_eq!(answer.status, 201, "{}", answer.body);
        device_key
    }

    /// An enrollment that waits for its credential, with options.
    pub(crate) fn ready(&self) -> Ids {
        self.options(self.approved())
    }

    /// The same, to be bound to a device.
    pub(crate) fn ready_for(&self, device_key: &str) -> Ids {
        let ids = self.asked();
        let mut confirmed = approval();
        confirmed["device_key"] = json!(device_key);
        assert_eq!(self.confirm(&ids.id, &confirmed).status, 200);
        self.options(ids)
    }

    fn options(&self, ids: Ids) -> Ids {
        let path = format!("{BASE}/{}/device/credentials", ids.id);
        let answer = self.post(&path, &json!({"platform": "BROWSER"}));
        assert_eq!(answer.status, 201, "{}", answer.body);
        ids
    }

    /// What the browser makes of the options of an enrollment, with changes to them.
    pub(crate) fn made(&self, page: &Page<'_>, ids: &Ids, changes: &Value) -> Value {
        page.client("create", &[json!(options_of(ids)), changes.clone()])
    }

    /// Posts a credential from the page, as the published request has it.
    pub(crate) fn send(&self, page: &Page<'_>, ids: &Ids, made: &Value) -> Value {
        assert_eq!(made["error"], Value::Null, "{made}");
        let path = format!("{BASE}/{}/device/{}", ids.id, ids.device_id);
        page.client("ask", &[json!("POST"), json!(path), device_credential(made)])
    }

    /// An enrollment that is bound to a credential of the page's authenticator.
    pub(crate) fn enrolled(&self, page: &Page<'_>, changes: &Value) -> Ids {
        let ids = self.ready();
        let made = self.made(page, &ids, changes);
        let answer = self.send(page, &ids, &made);
        assert_eq!(answer["status"], 201, "{answer}");
        ids
    }

    /// The last verdict of an enrollment.
    pub(crate) fn verdict(&self, ids: &Ids) -> Value {
        let mut answer = self.get(&format!("/extensions/v1{BASE}/{}/verdicts", ids.id)).json();
        let last = answer["verdicts"].as_array_mut().unwrap().pop();
        last.expect("a verdict")["verdict"].take()
    }
}

/// The session that a device and a transfer have in common.
pub(crate) const SESSION: &str = "fd90a11e-ddee-4e69-b7d8-0fc3ddd4da46";

/// Where the options of an enrollment are.
pub(crate) fn options_of(ids: &Ids) -> String {
    format!("{BASE}/{}/device/{}/credentials", ids.id, ids.device_id)
}

/// `RegistrationResponseJSON` in the published names.
pub(crate) fn device_credential(made: &Value) -> Value {
    json!({
        "device_credential_id": made["id"], "device_credential_raw_id": made["rawId"],
        "device_credential_client_data_json": made["response"]["clientDataJSON"],
        "device_credential_attestation_object": made["response"]["attestationObject"],
        "device_credential_authenticator_attachment": made["authenticatorAttachment"],
        "device_credential_type": made["type"],
        "client_extension_results": made["clientExtensionResults"]
    })
}

/// The check that a verdict was refused by, and what is published for it.
#[track_caller]
pub(crate) fn refused(answer: &Value, verdict: &Value, check: &str, code: &str) {
    assert_eq!(answer["status"], 422, "{answer}");
    assert_eq!(answer["body"]["errors"][0]["code"], code, "{answer}");
    assert_eq!(verdict["decision"], "refused");
    assert_eq!(verdict["failure"]["check"], check, "{}", verdict["failure"]);
}

/// The outcome of a check in a verdict.
pub(crate) fn outcome<'a>(verdict: &'a Value, check: &str) -> &'a Value {
    let checks = verdict["checks"].as_array().unwrap();
    checks.iter().find(|one| one["id"] == check).unwrap_or_else(|| panic!("no {check}"))
}
