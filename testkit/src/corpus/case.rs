//! One case, and the ceremonies that cases are made of.

use std::ops::{Deref, DerefMut};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::authenticator_data::flag;
use crate::client_data::ClientData;
use crate::edit::Edit;
use crate::{Assertion, Registration, TIME};

/// What `id` names, in the order in which it is written.
#[derive(Clone, Debug)]
pub struct Case(pub Vec<(String, Value)>);

impl Case {
    /// The member of this name.
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The case as JSON, one member a line so that a difference can be read.
    fn to_text(&self) -> String {
        let members: Vec<String> =
            self.0.iter().map(|(name, value)| format!("      {}: {value}", json!(name))).collect();
        format!("    {{\n{}\n    }}", members.join(",\n"))
    }
}

/// The cases of one file.
#[derive(Clone, Debug)]
pub struct Group {
    /// The file's name, without its ending.
    pub name: &'static str,
    /// What the cases are about.
    pub about: &'static str,
    /// The command that makes the file.
    pub made_by: &'static str,
    /// The cases, each behind the valid one that it departs from.
    pub cases: Vec<Case>,
}

impl Group {
    pub(super) fn new(name: &'static str, about: &'static str) -> Self {
        let made_by = "cargo run -p device-enrollment-testkit --bin corpus";
        Self { name, about, made_by, cases: Vec::new() }
    }

    /// The file.
    pub fn to_text(&self) -> String {
        let cases: Vec<String> = self.cases.iter().map(Case::to_text).collect();
        format!(
            "{{\n  \"about\": {},\n  \"made_by\": {},\n  \"cases\": [\n{}\n  ]\n}}\n",
            json!(self.about),
            json!(self.made_by),
            cases.join(",\n")
        )
    }

    /// Adds a case in which everything is right, for others to depart from.
    pub(super) fn valid<C: Ceremony>(&mut self, name: &str, ceremony: C) -> Valid<C> {
        let id = format!("valid/{}/{name}", self.name);
        self.add(&id, &ceremony, Vec::new(), json!({ "result": "accept" }));
        Valid { id, ceremony }
    }

    /// Adds a case that has to be refused by one check, for one reason.
    pub(super) fn refuses<C: Ceremony>(
        &mut self,
        from: &Valid<C>,
        id: &str,
        changes: &str,
        (check, code): (&str, &str),
        change: impl FnOnce(&mut C),
    ) {
        let expect = json!({ "result": "reject", "failed_check": check, "code": code });
        self.depart(from, id, changes, expect, change);
    }

    /// Adds a case that has to be refused, by whichever check comes first.
    pub(super) fn refuses_somehow<C: Ceremony>(
        &mut self,
        from: &Valid<C>,
        id: &str,
        changes: &str,
        change: impl FnOnce(&mut C),
    ) {
        self.depart(from, id, changes, json!({ "result": "reject" }), change);
    }

    /// Adds a case that has to be accepted although it differs.
    pub(super) fn accepts<C: Ceremony>(
        &mut self,
        from: &Valid<C>,
        id: &str,
        changes: &str,
        change: impl FnOnce(&mut C),
    ) {
        self.depart(from, id, changes, json!({ "result": "accept" }), change);
    }

    fn depart<C: Ceremony>(
        &mut self,
        from: &Valid<C>,
        id: &str,
        changes: &str,
        expect: Value,
        change: impl FnOnce(&mut C),
    ) {
        let mut ceremony = from.ceremony.clone();
        change(&mut ceremony);
        let about =
            vec![("valid".to_owned(), json!(from.id)), ("changes".to_owned(), json!(changes))];
        self.add(&format!("case/{id}"), &ceremony, about, expect);
        let made = |case: &Case| case.0[4..case.0.len() - 1].to_vec();
        let (last, before) = self.cases.split_last().expect("a case was added");
        let valid = before
            .iter()
            .find(|case| case.member("id") == Some(&json!(from.id)))
            .expect("the valid case is in the same group");
        let same = made(last) == valid.0[2..valid.0.len() - 1];
        assert!(!same, "{id} changes nothing");
    }

    fn add<C: Ceremony>(
        &mut self,
        id: &str,
        ceremony: &C,
        about: Vec<(String, Value)>,
        expect: Value,
    ) {
        let known = self.cases.iter().any(|case| case.member("id") == Some(&json!(id)));
        assert!(!known, "{id} is there twice");
        let mut members = vec![("id".to_owned(), json!(id)), ("kind".to_owned(), json!(C::KIND))];
        members.extend(about);
        members.extend(ceremony.members());
        members.push(("expect".to_owned(), expect));
        self.cases.push(Case(members));
    }
}

/// The check that has to refuse, and the code of its reason.
pub(crate) type Pin = (&'static str, &'static str);

/// One row of a list of cases: id, the one change, pin, and how the change is made.
pub(crate) type Departure<T> = (&'static str, &'static str, Pin, fn(&mut T));

/// One row of a list in which every case has the same pin: id or variant, what, and how.
pub(crate) type Variant<T> = (&'static str, &'static str, fn(&mut T));

/// One row of a list of ways to spell a text wrongly.
pub(crate) type Spelling = (&'static str, &'static str, fn(&str) -> String);

/// A ceremony that is accepted, and the id that it has in its file.
pub(crate) struct Valid<C> {
    id: String,
    ceremony: C,
}

/// Something that a case can be made of.
pub(crate) trait Ceremony: Clone {
    const KIND: &'static str;

    /// What the relying party expects and what was sent.
    fn members(&self) -> Vec<(String, Value)>;

    /// What the browser says.
    fn says(&mut self) -> &mut ClientData;

    /// How the response is sent.
    fn wire(&mut self) -> &mut Wire;
}

/// How a response is sent: as its binary parts, or as a request around them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wire {
    /// The request that a browser's JSON is put into; `None` sends the parts.
    pub form: Option<fn(Value) -> Value>,
    /// Changes the request.
    pub edit: Edit<Value>,
    /// Changes the text of the request, which is then sent as text.
    pub edit_text: Option<Edit<String>>,
}

impl Wire {
    /// A browser's JSON.
    pub(crate) fn browser() -> Self {
        Self { form: Some(|json| json), ..Self::default() }
    }

    /// A request of this form.
    pub(crate) fn form(form: fn(Value) -> Value) -> Self {
        Self { form: Some(form), ..Self::default() }
    }

    /// Changes the request.
    pub(crate) fn edit(&mut self, change: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.edit = Edit::new(change);
    }

    /// Changes the text of the request.
    pub(crate) fn edit_text(&mut self, change: impl Fn(&mut String) + Send + Sync + 'static) {
        self.edit_text = Some(Edit::new(change));
    }

    fn members(&self, browser: Value) -> Option<Vec<(String, Value)>> {
        let form = self.form?;
        let mut request = form(browser);
        self.edit.apply(&mut request);
        let member = match &self.edit_text {
            None => ("request", request),
            Some(edit) => {
                let mut text = request.to_string();
                edit.apply(&mut text);
                ("request_text", json!(text))
            }
        };
        Some(vec![(member.0.to_owned(), member.1)])
    }
}

/// What the relying party says beyond challenge, RP ID and origin.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told(Vec<(String, Value)>);

impl Told {
    /// Says something, in place of what was said under this name.
    pub(crate) fn set(&mut self, name: &str, value: Value) {
        self.0.retain(|(known, _)| known != name);
        self.0.push((name.to_owned(), value));
    }

    /// Takes back what was said.
    pub(crate) fn remove(&mut self, name: &str) {
        let before = self.0.len();
        self.0.retain(|(known, _)| known != name);
        assert_ne!(before, self.0.len(), "nothing was said of {name}");
    }
}

/// The algorithms that every registration is offered. Left out are those that have to be refused
/// unless somebody asks for them, such as ES256K (-47) and RS1 (-65535).
const OFFERED: [i64; 10] = [-7, -8, -35, -36, -37, -38, -39, -257, -258, -259];

/// A registration, and what the relying party says of it.
#[derive(Clone, Debug)]
pub(crate) struct Enrollment {
    pub registration: Registration,
    pub told: Told,
    pub wire: Wire,
    /// Whether the credential id stands beside the attestation object.
    pub sends_id: bool,
}

impl Enrollment {
    pub(crate) fn of(registration: Registration) -> Self {
        let mut told = Told::default();
        let verified = registration.authenticator_data.flags & flag::USER_VERIFIED != 0;
        told.set("user_verification_required", json!(verified));
        told.set("algs", json!(OFFERED));
        if registration.attestation.chain.is_some() {
            assert_eq!(TIME, 1_780_272_000, "the time below is this one");
            told.set("time", json!("2026-06-01T00:00:00Z"));
        }
        Self { registration, told, wire: Wire::default(), sends_id: true }
    }

    /// As a browser's JSON.
    pub(crate) fn browser(registration: Registration) -> Self {
        Self { wire: Wire::browser(), ..Self::of(registration) }
    }

    /// With something that every departure shares.
    pub(crate) fn given(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

impl Ceremony for Enrollment {
    const KIND: &'static str = "registration";

    fn members(&self) -> Vec<(String, Value)> {
        let parts = self.registration.make();
        let mut members = expected(&parts.rp_id, &parts.origin, &parts.challenge, &self.told);
        let anchors: Vec<String> = parts.anchors.iter().map(encode).collect();
        let said = self.told.0.iter().any(|(name, _)| name == "trust_anchors");
        if !anchors.is_empty() && !said {
            members.push(("trust_anchors".to_owned(), json!(anchors)));
        }
        members.extend(self.wire.members(parts.to_json()).unwrap_or_else(|| {
            let mut sent = Vec::new();
            if self.sends_id {
                sent.push(("credential_id".to_owned(), json!(encode(&parts.credential_id))));
            }
            let client_data = json!(encode(&parts.client_data_json));
            sent.push(("client_data_json".to_owned(), client_data));
            let object = json!(encode(&parts.attestation_object));
            sent.push(("attestation_object".to_owned(), object));
            sent
        }));
        members
    }

    fn says(&mut self) -> &mut ClientData {
        &mut self.registration.client_data
    }

    fn wire(&mut self) -> &mut Wire {
        &mut self.wire
    }
}

impl Deref for Enrollment {
    type Target = Registration;

    fn deref(&self) -> &Registration {
        &self.registration
    }
}

impl DerefMut for Enrollment {
    fn deref_mut(&mut self) -> &mut Registration {
        &mut self.registration
    }
}

/// What the relying party stored of a credential.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub id: Vec<u8>,
    pub public_key: Vec<u8>,
    pub sign_count: u32,
    pub backup_eligible: bool,
    pub user_handle: Vec<u8>,
}

impl Stored {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": encode(&self.id),
            "public_key": encode(&self.public_key),
            "sign_count": self.sign_count,
            "backup_eligible": self.backup_eligible,
            "user_handle": encode(&self.user_handle),
        })
    }
}

/// An assertion, and what the relying party says of it.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub assertion: Assertion,
    pub stored: Stored,
    pub told: Told,
    pub wire: Wire,
}

impl Login {
    pub(crate) fn of(registration: &Registration) -> Self {
        let assertion = Assertion::of(registration);
        let stored = Stored {
            id: assertion.credential_id.clone(),
            public_key: assertion.credential_public_key.clone(),
            sign_count: 0,
            backup_eligible: registration.authenticator_data.flags & flag::BACKUP_ELIGIBLE != 0,
            user_handle: registration.user_handle.clone(),
        };
        let mut told = Told::default();
        told.set("user_verification_required", json!(true));
        Self { assertion, stored, told, wire: Wire::default() }
    }

    /// As a browser's JSON.
    pub(crate) fn browser(registration: &Registration) -> Self {
        Self { wire: Wire::browser(), ..Self::of(registration) }
    }

    /// With something that every departure shares.
    pub(crate) fn given(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

impl Ceremony for Login {
    const KIND: &'static str = "authentication";

    fn members(&self) -> Vec<(String, Value)> {
        let parts = self.assertion.make();
        let mut members = expected(&parts.rp_id, &parts.origin, &parts.challenge, &self.told);
        if !self.told.0.iter().any(|(name, _)| name == "credentials") {
            members.push(("credential".to_owned(), self.stored.to_json()));
        }
        members.extend(self.wire.members(parts.to_json()).unwrap_or_else(|| {
            let mut sent = vec![
                ("credential_id".to_owned(), json!(encode(&parts.credential_id))),
                ("client_data_json".to_owned(), json!(encode(&parts.client_data_json))),
                ("authenticator_data".to_owned(), json!(encode(&parts.authenticator_data))),
                ("signature".to_owned(), json!(encode(&parts.signature))),
            ];
            if let Some(handle) = &parts.user_handle {
                sent.push(("user_handle".to_owned(), json!(encode(handle))));
            }
            sent
        }));
        members
    }

    fn says(&mut self) -> &mut ClientData {
        &mut self.assertion.client_data
    }

    fn wire(&mut self) -> &mut Wire {
        &mut self.wire
    }
}

impl Deref for Login {
    type Target = Assertion;

    fn deref(&self) -> &Assertion {
        &self.assertion
    }
}

impl DerefMut for Login {
    fn deref_mut(&mut self) -> &mut Assertion {
        &mut self.assertion
    }
}

fn expected(rp_id: &str, origin: &str, challenge: &[u8], told: &Told) -> Vec<(String, Value)> {
    let mut members = vec![
        ("rp_id".to_owned(), json!(rp_id)),
        ("origin".to_owned(), json!(origin)),
        ("challenge".to_owned(), json!(encode(challenge))),
    ];
    members.extend(told.0.iter().cloned());
    members
}

/// Base64url without padding.
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
