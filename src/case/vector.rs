//! A case whose right answer is known. `docs/vectors.md` describes its members.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{AppExpect, Expect, Unusable, time};
use crate::encoding::Base64Reading;
use crate::policy::{Policy, Rule};
use crate::time::{Overdue, UnixTime};
use crate::trust::{AndroidStatusList, Metadata, TrustStore};
use crate::verdict::{Ceremony, Facts, Language, Verdict};
use crate::webauthn::{AuthenticationResponse, RegistrationResponse, Verifier};

/// What cases are judged by that no case brings along.
#[derive(Debug, Clone, Default)]
pub struct Setting {
    /// Metadata, for the cases that give a time.
    pub metadata: Option<JudgedMetadata>,
    /// Google's status list of Android attestation certificates.
    pub android_status: Option<Arc<AndroidStatusList>>,
}

/// Metadata, and how it is judged by.
#[derive(Debug, Clone)]
pub struct JudgedMetadata {
    /// The metadata.
    pub metadata: Arc<Metadata>,
    /// What becomes of an authenticator that it does not know.
    pub entry: Rule,
    /// What becomes of metadata whose next edition is due.
    pub overdue: Overdue,
}

/// What became of one case.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CaseResult {
    /// The name of the case.
    pub id: String,
    /// The ceremony, as the case names it.
    pub kind: String,
    /// What has to come out, as the case says it.
    pub expected: String,
    /// Whether the response was accepted.
    pub accepted: bool,
    /// Whether what came out is what has to.
    pub agree: bool,
    /// Which check refused.
    pub refusal: Option<Refused>,
    /// The reason for people, in English.
    pub message: String,
    /// The verdict; a case that could not be judged, or whose bytes did not decode, has none.
    pub verdict: Option<Box<Verdict>>,
}

impl CaseResult {
    /// The line of `vectors --format json` and the whole verdict beside it: what every language
    /// writes of a case, byte for byte.
    ///
    /// # Errors
    ///
    /// Never for what the library itself made.
    pub fn to_line(&self) -> Result<String, serde_json::Error> {
        #[derive(Serialize)]
        struct Line<'l> {
            case: Value,
            verdict: Option<&'l Verdict>,
        }
        serde_json::to_string(&Line { case: self.to_json(), verdict: self.verdict.as_deref() })
    }
}

/// Which check refused a case, and the code of the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refused {
    /// The check.
    pub check: &'static str,
    /// The code.
    pub code: &'static str,
}

impl CaseResult {
    /// One line of `vectors --format json`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "kind": self.kind,
            "expected": self.expected,
            "got": if self.accepted { "accept" } else { "reject" },
            "agree": self.agree,
            "failed_check": self.refusal.map(|refused| refused.check),
            "code": self.refusal.map(|refused| refused.code),
            "message": self.message,
        })
    }
}

/// Judges one case, and compares what comes out with what has to.
#[must_use]
pub fn run_case(case: &Value, setting: &Setting) -> CaseResult {
    let text = |name: &str| case.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let expect = case.get("expect").unwrap_or(&Value::Null);
    let expected = expect.get("result").and_then(Value::as_str).unwrap_or_default().to_owned();
    let result = CaseResult {
        id: text("id"),
        kind: text("kind"),
        expected,
        accepted: false,
        agree: false,
        refusal: None,
        message: String::new(),
        verdict: None,
    };
    match judge(case, setting) {
        // A case that says too little to be judged agrees with nothing.
        Err(Unusable(message)) => {
            CaseResult { message: format!("unusable case: {message}"), ..result }
        }
        Ok(Judged::Malformed { check, code, message }) => {
            compare(result, Some(Refused { check, code }), message, &Facts::default(), expect)
        }
        Ok(Judged::Verdict(verdict)) => {
            let failure = verdict.failure.as_ref();
            let message = failure.map(|failure| failure.message(Language::EnUs));
            let refusal = failure
                .map(|failure| Refused { check: failure.check.as_str(), code: failure.code() });
            let message = message.unwrap_or_default();
            let result = compare(result, refusal, message, &verdict.facts, expect);
            CaseResult { verdict: Some(verdict), ..result }
        }
    }
}

fn compare(
    result: CaseResult,
    refusal: Option<Refused>,
    mut message: String,
    facts: &Facts,
    expect: &Value,
) -> CaseResult {
    let accepted = refusal.is_none();
    let agree = match result.expected.as_str() {
        "may" => true,
        "accept" if accepted => {
            let differing = differing_facts(facts, expect);
            if !differing.is_empty() {
                message = format!("facts differ: {}", differing.join(", "));
            }
            differing.is_empty()
        }
        "reject" => refusal.is_some_and(|refused| {
            let pins = [("failed_check", refused.check), ("code", refused.code)];
            let another = pins.into_iter().find_map(|(name, found)| {
                let pinned = expect.get(name).and_then(Value::as_str)?;
                (pinned != found).then(|| format!("{name} is {found}, not {pinned}"))
            });
            if let Some(another) = &another {
                message = format!("{another}: {message}");
            }
            another.is_none()
        }),
        _ => false,
    };
    CaseResult { accepted, agree, refusal, message, ..result }
}

/// The facts that a case states and the verdict does not share.
fn differing_facts(facts: &Facts, expect: &Value) -> Vec<String> {
    const FACTS: [&str; 8] = [
        "fmt",
        "attestation_type",
        "alg",
        "aaguid",
        "credential_id",
        "credential_public_key",
        "sign_count",
        "flags",
    ];
    let Ok(Value::Object(found)) = serde_json::to_value(facts) else {
        return vec!["facts cannot be written".to_owned()];
    };
    let null = Value::Null;
    FACTS
        .iter()
        .filter(|name| {
            let expected = expect.get(**name).unwrap_or(&null);
            !expected.is_null() && !same(expected, found.get(**name).unwrap_or(&null))
        })
        .map(|name| (*name).to_owned())
        .collect()
}

/// Equal values; of an object, every member that is expected.
fn same(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => expected
            .iter()
            .all(|(name, value)| found.get(name).is_some_and(|found| same(value, found))),
        _ => expected == found,
    }
}

/// What judging a case came to.
enum Judged {
    Verdict(Box<Verdict>),
    /// A binary member of the response is missing or does not decode.
    Malformed {
        check: &'static str,
        code: &'static str,
        message: String,
    },
}

fn judge(case: &Value, setting: &Setting) -> Result<Judged, Unusable> {
    let case = Case { members: case.as_object().ok_or_else(|| Unusable("not an object".into()))? };
    let kind = case.kind()?;
    if matches!(kind, Ceremony::AppAttestation | Ceremony::AppAssertion) {
        return case.judge_app(kind);
    }
    let expect = case.expect(kind)?;
    let time = expect.time.as_deref().map(time).transpose()?;
    let anchors = expect.trust_anchors()?;
    let mut policy =
        case.policy(time.is_some(), !anchors.is_empty(), setting.android_status.is_some())?;
    let mut store = TrustStore::new(anchors);
    if let Some(list) = &setting.android_status {
        store = store.with_android_status(Arc::clone(list));
    }
    if let (Some(judged), Some(_)) = (&setting.metadata, time) {
        policy.metadata = Rule::Judged;
        policy.metadata_entry = judged.entry;
        policy.metadata_overdue = judged.overdue;
        store = store.with_metadata(Arc::clone(&judged.metadata));
    }
    let reading = case.reading()?;
    let verifier = Verifier::new(policy, store);
    let verdict = match kind {
        Ceremony::Authentication => {
            let expected = expect.authentication()?;
            match case.authentication_response(&verifier, reading, time) {
                Ok(response) => verifier.authentication(&response, &expected, time).into_parts().0,
                Err(unread) => return Ok(unread),
            }
        }
        _ => {
            let expected = expect.registration()?;
            match case.registration_response(&verifier, reading, time) {
                Ok(response) => verifier.registration(&response, &expected, time).into_parts().0,
                Err(unread) => return Ok(unread),
            }
        }
    };
    Ok(Judged::Verdict(Box::new(verdict)))
}

/// The members of one case.
struct Case<'c> {
    members: &'c Map<String, Value>,
}

impl Case<'_> {
    fn value(&self, name: &str) -> Option<&Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    fn string(&self, name: &str) -> Option<&str> {
        self.value(name).and_then(Value::as_str)
    }

    fn kind(&self) -> Result<Ceremony, Unusable> {
        match self.string("kind") {
            Some("registration") => Ok(Ceremony::Registration),
            Some("authentication") => Ok(Ceremony::Authentication),
            Some("app_attestation") => Ok(Ceremony::AppAttestation),
            Some("app_assertion") => Ok(Ceremony::AppAssertion),
            _ => Err(Unusable(
                "kind is none of registration, authentication, app_attestation, app_assertion"
                    .into(),
            )),
        }
    }

    /// A case of App Attest. Its key is the attested one or the stored one, as its kind says.
    fn judge_app(&self, kind: Ceremony) -> Result<Judged, Unusable> {
        let of_kind = |names: &[&str]| -> Map<String, Value> {
            let member = |name: &&str| Some(((*name).to_owned(), self.value(name)?.clone()));
            names.iter().filter_map(member).collect()
        };
        let expect = of_kind(&AppExpect::MEMBERS);
        let expect: AppExpect = serde_json::from_value(Value::Object(expect))?;
        let time = expect.time.as_deref().map(time).transpose()?;
        let anchors = expect.trust_anchors()?;
        let policy = self.policy(time.is_some(), !anchors.is_empty(), false)?;
        let verifier = Verifier::new(policy, TrustStore::new(anchors));
        let request = match kind {
            Ceremony::AppAssertion => &["assertion"][..],
            _ => &["key_id", "attestation_object"],
        };
        if expect.is_assertion() != (kind == Ceremony::AppAssertion) {
            return Err(Unusable("public_key belongs to an app_assertion and to it alone".into()));
        }
        let request = Value::Object(of_kind(request));
        let verdict = expect.judge(&request, self.reading()?, &verifier, time)?;
        Ok(Judged::Verdict(Box::new(verdict)))
    }

    /// What was expected: the members that `verify` reads out of `expect`, and the older names of
    /// some of them. User verification is asked for only where the case says so.
    fn expect(&self, kind: Ceremony) -> Result<Expect, Unusable> {
        let mut members: Map<String, Value> = Expect::MEMBERS
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), self.value(name)?.clone())))
            .collect();
        if members.contains_key("origins") {
            members.remove("origin");
        }
        let required = self.value("user_verification_required") == Some(&Value::Bool(true));
        members
            .entry("user_verification")
            .or_insert_with(|| if required { "required" } else { "preferred" }.into());
        if let Some(origin) = self.value("top_origin") {
            members.entry("top_origins").or_insert_with(|| json!([origin]));
        }
        match kind {
            Ceremony::Registration => {
                members.remove("credential");
                members.remove("credentials");
            }
            Ceremony::Authentication if !members.contains_key("credentials") => {
                members.entry("credential").or_insert_with(|| self.flat_credential());
            }
            _ => {}
        }
        Ok(serde_json::from_value(Value::Object(members))?)
    }

    /// The stored credential of a case that has one id for the stored and the sent one.
    fn flat_credential(&self) -> Value {
        let member = |name: &str| self.value(name).cloned();
        let members = [
            ("id", member("credential_id")),
            ("public_key", member("credential_public_key")),
            ("sign_count", member("stored_sign_count")),
            ("backup_eligible", member("stored_backup_eligible")),
        ];
        let given = |(name, value): (&str, Option<Value>)| Some((name.to_owned(), value?));
        Value::Object(members.into_iter().filter_map(given).collect())
    }

    /// Dates and ages are judged when the case gives a time, the path when it gives anchors, the
    /// status of Android certificates when a list is given; then what the case changes by name.
    fn policy(
        &self,
        has_time: bool,
        has_anchors: bool,
        has_status: bool,
    ) -> Result<Policy, Unusable> {
        let mut policy = match self.string("profile") {
            None | Some("webauthn") => Policy::webauthn(),
            Some("open_finance_brasil") => Policy::open_finance_brasil(),
            Some("device_bound_only") => Policy::device_bound_only(),
            Some(other) => return Err(Unusable(format!("profile {other:?} is not known"))),
        };
        if !has_time {
            policy.certificate_dates = Rule::NotJudged;
            policy.android_patch_age = None;
        }
        if !has_time || !has_status {
            policy.android_status_age = None;
        }
        if !has_anchors {
            policy.attestation_path = Rule::NotJudged;
        }
        let Some(changes) = self.value("policy") else { return Ok(policy) };
        let changes = changes.as_object().ok_or_else(|| Unusable("policy: no object".into()))?;
        Ok(policy.with_changes(changes)?)
    }

    /// The body of a request, where the case is about its form.
    fn request(&self) -> Option<String> {
        match self.string("request_text") {
            Some(text) => Some(text.to_owned()),
            None => self.members.get("request").map(Value::to_string),
        }
    }

    fn reading(&self) -> Result<Base64Reading, Unusable> {
        match self.string("base64") {
            None | Some("strict") => Ok(Base64Reading::Strict),
            Some("any_alphabet") => Ok(Base64Reading::AnyAlphabet),
            Some(other) => Err(Unusable(format!("base64 {other:?} is not known"))),
        }
    }

    fn registration_response(
        &self,
        verifier: &Verifier,
        reading: Base64Reading,
        time: Option<UnixTime>,
    ) -> Result<RegistrationResponse, Judged> {
        let Some(text) = self.request() else { return self.registration_bytes() };
        let response = RegistrationResponse::from_any_form(text.as_bytes(), reading);
        response.map_err(|failure| {
            let ceremony = Ceremony::Registration;
            let verdict = verifier.malformed(&failure, ceremony, text.as_bytes(), time);
            Judged::Verdict(Box::new(verdict))
        })
    }

    fn authentication_response(
        &self,
        verifier: &Verifier,
        reading: Base64Reading,
        time: Option<UnixTime>,
    ) -> Result<AuthenticationResponse, Judged> {
        let Some(text) = self.request() else { return self.authentication_bytes() };
        let response = AuthenticationResponse::from_any_form(text.as_bytes(), reading);
        response.map_err(|failure| {
            let ceremony = Ceremony::Authentication;
            let verdict = verifier.malformed(&failure, ceremony, text.as_bytes(), time);
            Judged::Verdict(Box::new(verdict))
        })
    }

    fn registration_bytes(&self) -> Result<RegistrationResponse, Judged> {
        Ok(RegistrationResponse::from_bytes(
            self.received_optional("credential_id")?.as_deref(),
            &self.received("client_data_json")?,
            &self.received("attestation_object")?,
        ))
    }

    fn authentication_bytes(&self) -> Result<AuthenticationResponse, Judged> {
        Ok(AuthenticationResponse::from_bytes(
            &self.received("credential_id")?,
            &self.received("client_data_json")?,
            &self.received("authenticator_data")?,
            &self.received("signature")?,
            self.received_optional("user_handle")?.as_deref(),
        ))
    }

    /// A binary member of the response itself.
    fn received(&self, name: &'static str) -> Result<Vec<u8>, Judged> {
        let malformed = |check, code, fault: &str| {
            Err(Judged::Malformed { check, code, message: format!("{name} {fault}") })
        };
        let text = match self.value(name) {
            None => return malformed("EN-1", "malformed.missing", "is missing"),
            Some(Value::String(text)) => text,
            Some(_) => return malformed("EN-2", "malformed.type", "has another type"),
        };
        match URL_SAFE_NO_PAD.decode(text) {
            Err(_) => malformed("EN-3", "malformed.base64", "is not base64url without padding"),
            Ok(bytes) if bytes.is_empty() => malformed("EN-3", "malformed.empty", "is empty"),
            Ok(bytes) => Ok(bytes),
        }
    }

    fn received_optional(&self, name: &'static str) -> Result<Option<Vec<u8>>, Judged> {
        self.value(name).map(|_| self.received(name)).transpose()
    }
}
