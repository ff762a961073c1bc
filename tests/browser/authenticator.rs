//! The authenticators that Chromium has built in for tests (Web Authentication section 11).

use serde_json::{Value, json};

use crate::chromium::Page;

/// What kind of authenticator it is: a phone or computer whose person is verified, unless a field
/// says otherwise.
#[derive(Clone)]
pub(crate) struct Kind(Value);

/// One of a page.
pub(crate) struct Authenticator<'a> {
    page: &'a Page<'a>,
    id: String,
}

impl Kind {
    /// Built into the device, with user verification and room for discoverable credentials.
    pub(crate) fn platform() -> Self {
        Self(json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
            "hasUserVerification": true, "isUserVerified": true,
            "automaticPresenceSimulation": true
        }))
    }

    /// A security key of today.
    pub(crate) fn security_key() -> Self {
        Self::platform().with("transport", "usb").with("ctap2Version", "ctap2_1")
    }

    /// A security key of the first generation: nobody is verified, nothing is discoverable.
    pub(crate) fn u2f() -> Self {
        Self::without_verification().with("protocol", "u2f").with("hasResidentKey", false)
    }

    /// A security key that has no way to verify a person.
    pub(crate) fn without_verification() -> Self {
        let key = Self::platform().with("transport", "usb");
        key.with("hasUserVerification", false).with("isUserVerified", false)
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0[name] = value.into();
        self
    }

    pub(crate) fn add<'a>(&self, page: &'a Page<'a>) -> Authenticator<'a> {
        let added = page.call("WebAuthn.addVirtualAuthenticator", json!({"options": self.0}));
        Authenticator { page, id: added["authenticatorId"].as_str().unwrap().to_owned() }
    }
}

impl Authenticator<'_> {
    fn call(&self, method: &str, mut parameters: Value) -> Value {
        parameters["authenticatorId"] = self.id.as_str().into();
        self.page.call(&format!("WebAuthn.{method}"), parameters)
    }

    /// Pulls it out.
    pub(crate) fn remove(self) {
        self.call("removeVirtualAuthenticator", json!({}));
    }

    /// Whether its person is there and touches it whenever asked.
    pub(crate) fn touches(&self, enabled: bool) {
        self.call("setAutomaticPresenceSimulation", json!({"enabled": enabled}));
    }

    /// Makes it lie: `isBogusSignature`, `isBadUV`, `isBadUP`.
    pub(crate) fn lies(&self, how: &str) {
        self.call("setResponseOverrideBits", json!({how: true}));
    }

    /// What it holds, private keys included.
    pub(crate) fn credentials(&self) -> Vec<Value> {
        self.call("getCredentials", json!({}))["credentials"].as_array().unwrap().clone()
    }

    /// Puts a credential in.
    pub(crate) fn take(&self, credential: &Value) {
        self.call("addCredential", json!({"credential": credential}));
    }

    /// Forgets one and takes it again as it is given: how a clone or an old copy looks.
    pub(crate) fn replace(&self, credential: &Value) {
        self.call("removeCredential", json!({"credentialId": credential["credentialId"]}));
        self.take(credential);
    }
}
