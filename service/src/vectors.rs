//! Running vector files: responses whose right answer is known. The schema is in
//! `docs/vectors.md`.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use device_enrollment::policy::{Policy, Rule};
use device_enrollment::verdict::{Facts, Language, Verdict};
use device_enrollment::webauthn::{
    AuthenticationExpectation, AuthenticationResponse, CredentialRecord, CrossOrigin, Origin,
    RegistrationExpectation, RegistrationResponse, UserVerification, Verifier,
};
use device_enrollment::{TrustAnchor, TrustStore, UnixTime};
use serde_json::{Map, Value, json};

use crate::input::{MAX_VECTOR_FILE, about, read};
use crate::{Ending, Format, Unusable, print, trust};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Vector files, or folders in which every vector file is run.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// How to print the results: a line a case, then a line with the counts.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    android_status: trust::AndroidStatus,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Ending, Unusable> {
    let mut counts = Counts::default();
    for path in &arguments.paths {
        for (file, cases) in files(path)? {
            for case in &cases {
                let result = run_case(case, &arguments.android_status);
                counts.add(&result);
                print(&match arguments.format {
                    Format::Json => format!("{}\n", result.to_json()),
                    Format::Text => result.to_text(&file),
                })?;
            }
        }
    }
    if counts.cases == 0 {
        return Err(Unusable("no vector cases found".to_owned()));
    }
    print(&match arguments.format {
        Format::Json => format!("{}\n", counts.to_json()),
        Format::Text => counts.to_text(),
    })?;
    Ok(if counts.disagree == 0 { Ending::Accepted } else { Ending::Refused })
}

/// The vector files under a path. A file that was named has to be one; in a folder, files that
/// are none are passed over.
fn files(path: &Path) -> Result<Vec<(PathBuf, Vec<Value>)>, Unusable> {
    let metadata = std::fs::metadata(path).map_err(|error| about(path, &error))?;
    if !metadata.is_dir() {
        let bytes = read(path, MAX_VECTOR_FILE)?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|error| about(path, &error))?;
        let cases = cases(value).ok_or_else(|| about(path, &"is not a vector file"))?;
        return Ok(vec![(path.to_owned(), cases)]);
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|error| about(&folder, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| about(&folder, &error))?;
            let kind = entry.file_type().map_err(|error| about(&folder, &error))?;
            let path = entry.path();
            if kind.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                let bytes = read(&path, MAX_VECTOR_FILE)?;
                if let Some(cases) = serde_json::from_slice(&bytes).ok().and_then(cases) {
                    found.push((path, cases));
                }
            }
        }
    }
    found.sort_by(|(left, _), (right, _)| left.cmp(right));
    Ok(found)
}

/// `{"cases": [...]}`, or one case by itself.
fn cases(value: Value) -> Option<Vec<Value>> {
    let Value::Object(mut object) = value else { return None };
    if let Some(Value::Array(cases)) = object.remove("cases") {
        return Some(cases);
    }
    let is_case = object.contains_key("kind") && object.contains_key("expect");
    is_case.then(|| vec![Value::Object(object)])
}

/// What became of one case.
struct CaseResult {
    id: String,
    kind: String,
    expected: String,
    accepted: bool,
    agree: bool,
    failed_check: Option<&'static str>,
    message: String,
}

impl CaseResult {
    fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "kind": self.kind,
            "expected": self.expected,
            "got": if self.accepted { "accept" } else { "reject" },
            "agree": self.agree,
            "failed_check": self.failed_check,
            "message": self.message,
        })
    }

    fn to_text(&self, file: &Path) -> String {
        let mark = if self.agree { "ok      " } else { "DISAGREE" };
        let got = match (self.accepted, self.failed_check) {
            (true, _) => "accept".to_owned(),
            (false, Some(check)) => format!("reject {check}"),
            (false, None) => "reject".to_owned(),
        };
        let mut line = format!("{mark} {} ({}): {got}", self.id, self.kind);
        if !self.agree {
            line.push_str(&format!(
                ", expected {} [{}]",
                self.expected,
                file.file_name().unwrap_or_default().to_string_lossy()
            ));
        }
        if !self.message.is_empty() {
            line.push_str(&format!(": {}", self.message));
        }
        line.push('\n');
        line
    }
}

#[derive(Default)]
struct Counts {
    cases: u64,
    agree: u64,
    disagree: u64,
    accepted: u64,
    rejected: u64,
}

impl Counts {
    fn add(&mut self, result: &CaseResult) {
        let count = |counter: &mut u64| *counter = counter.saturating_add(1);
        count(&mut self.cases);
        count(if result.agree { &mut self.agree } else { &mut self.disagree });
        count(if result.accepted { &mut self.accepted } else { &mut self.rejected });
    }

    fn to_json(&self) -> Value {
        json!({
            "cases": self.cases,
            "agree": self.agree,
            "disagree": self.disagree,
            "accepted": self.accepted,
            "rejected": self.rejected,
        })
    }

    fn to_text(&self) -> String {
        format!(
            "{} cases: {} agree, {} disagree ({} accepted, {} rejected)\n",
            self.cases, self.agree, self.disagree, self.accepted, self.rejected
        )
    }
}

fn run_case(case: &Value, android_status: &trust::AndroidStatus) -> CaseResult {
    let text = |name: &str| case.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let expect = case.get("expect").unwrap_or(&Value::Null);
    let expected = expect.get("result").and_then(Value::as_str).unwrap_or_default().to_owned();
    let result = CaseResult {
        id: text("id"),
        kind: text("kind"),
        expected,
        accepted: false,
        agree: false,
        failed_check: None,
        message: String::new(),
    };
    match judge(case, android_status) {
        // A case that says too little to be judged agrees with nothing.
        Err(Unusable(message)) => {
            CaseResult { message: format!("unusable case: {message}"), ..result }
        }
        Ok(Judged::Malformed { check, message }) => {
            compare(result, Some(check), message, &Facts::default(), expect)
        }
        Ok(Judged::Verdict(verdict)) => {
            let failure = verdict.failure.as_ref();
            let message = failure.map(|failure| failure.message(Language::EnUs));
            let check = failure.map(|failure| failure.check.as_str());
            compare(result, check, message.unwrap_or_default(), &verdict.facts, expect)
        }
    }
}

fn compare(
    result: CaseResult,
    failed_check: Option<&'static str>,
    mut message: String,
    facts: &Facts,
    expect: &Value,
) -> CaseResult {
    let accepted = failed_check.is_none();
    let agree = match result.expected.as_str() {
        "may" => true,
        "accept" if accepted => {
            let differing = differing_facts(facts, expect);
            if !differing.is_empty() {
                message = format!("facts differ: {}", differing.join(", "));
            }
            differing.is_empty()
        }
        "reject" if !accepted => {
            let pinned = expect.get("failed_check").and_then(Value::as_str);
            let right = pinned.is_none_or(|pinned| Some(pinned) == failed_check);
            if let (false, Some(pinned)) = (right, pinned) {
                message = format!("refused by another check than {pinned}: {message}");
            }
            right
        }
        _ => false,
    };
    CaseResult { accepted, agree, failed_check, message, ..result }
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
    /// A member of the response is missing or does not decode.
    Malformed {
        check: &'static str,
        message: String,
    },
}

fn judge(case: &Value, android_status: &trust::AndroidStatus) -> Result<Judged, Unusable> {
    let case = Case { members: case.as_object().ok_or_else(|| Unusable("not an object".into()))? };
    let time = match case.string("time") {
        Some(text) => Some(UnixTime::parse_rfc3339(text)?),
        None => None,
    };
    let policy = case.policy(time.is_some(), android_status.is_given())?;
    let verifier = Verifier::new(policy, android_status.onto(case.trust_store()?)?);
    let verdict = match case.string("kind") {
        Some("registration") => {
            let expected = case.registration()?;
            match case.registration_response() {
                Ok(response) => verifier.registration(&response, &expected, time).into_parts().0,
                Err(malformed) => return Ok(malformed),
            }
        }
        Some("authentication") => {
            let expected = case.authentication()?;
            match case.authentication_response() {
                Ok(response) => verifier.authentication(&response, &expected, time).into_parts().0,
                Err(malformed) => return Ok(malformed),
            }
        }
        _ => return Err(Unusable("kind is neither registration nor authentication".into())),
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

    fn flag(&self, name: &str) -> bool {
        self.value(name).and_then(Value::as_bool) == Some(true)
    }

    /// Something that the relying party knows: without it the case cannot be judged.
    fn known(&self, name: &'static str) -> Result<&str, Unusable> {
        self.string(name).ok_or_else(|| Unusable(format!("{name} is missing")))
    }

    fn known_bytes(&self, name: &'static str) -> Result<Vec<u8>, Unusable> {
        decode(self.known(name)?).map_err(|error| Unusable(format!("{name}: {error}")))
    }

    /// A member of the response itself.
    fn received(&self, name: &'static str) -> Result<Vec<u8>, Judged> {
        let text = match self.value(name) {
            None => return Err(malformed("EN-1", name, "is missing")),
            Some(Value::String(text)) => text,
            Some(_) => return Err(malformed("EN-2", name, "has another type")),
        };
        match decode(text) {
            Err(_) => Err(malformed("EN-3", name, "is not base64url without padding")),
            Ok(bytes) if bytes.is_empty() => Err(malformed("EN-3", name, "is empty")),
            Ok(bytes) => Ok(bytes),
        }
    }

    fn received_optional(&self, name: &'static str) -> Result<Option<Vec<u8>>, Judged> {
        self.value(name).map(|_| self.received(name)).transpose()
    }

    /// Dates and ages are judged when the case gives a time, the path when it gives anchors, and
    /// the status of Android certificates when a list is given.
    fn policy(&self, has_time: bool, has_status: bool) -> Result<Policy, Unusable> {
        let mut policy = match self.string("profile") {
            None | Some("webauthn") => Policy::webauthn(),
            Some("open_finance_brasil") => Policy::open_finance_brasil(),
            Some(other) => return Err(Unusable(format!("profile {other:?} is not known"))),
        };
        if !has_time {
            policy.certificate_dates = Rule::NotJudged;
            policy.android_patch_age = None;
        }
        if !has_time || !has_status {
            policy.android_status_age = None;
        }
        if self.anchors().is_empty() {
            policy.attestation_path = Rule::NotJudged;
        }
        Ok(policy)
    }

    fn anchors(&self) -> Vec<&Value> {
        self.value("trust_anchors")
            .and_then(Value::as_array)
            .map(|anchors| anchors.iter().collect())
            .unwrap_or_default()
    }

    fn trust_store(&self) -> Result<TrustStore, Unusable> {
        let mut anchors = Vec::new();
        for anchor in self.anchors() {
            let text = anchor.as_str().ok_or_else(|| Unusable("trust_anchors: not text".into()))?;
            let bytes =
                decode(text).map_err(|error| Unusable(format!("trust_anchors: {error}")))?;
            anchors.push(TrustAnchor::from_der(&bytes)?);
        }
        Ok(TrustStore::new(anchors))
    }

    fn origins(&self) -> Result<Vec<Origin>, Unusable> {
        let Some(origins) = self.value("origins").and_then(Value::as_array) else {
            return Ok(vec![Origin::parse(self.known("origin")?)?]);
        };
        origins
            .iter()
            .map(|origin| Ok(Origin::parse(origin.as_str().unwrap_or_default())?))
            .collect()
    }

    fn cross_origin(&self) -> Result<CrossOrigin, Unusable> {
        if !self.flag("cross_origin") {
            return Ok(CrossOrigin::Refused);
        }
        let top_origins = match self.string("top_origin") {
            Some(origin) => vec![Origin::parse(origin)?],
            None => Vec::new(),
        };
        Ok(CrossOrigin::Allowed { top_origins })
    }

    fn user_verification(&self) -> UserVerification {
        if self.flag("user_verification_required") {
            UserVerification::Required
        } else {
            UserVerification::Preferred
        }
    }

    fn algorithms(&self) -> Option<Vec<i64>> {
        let algorithms = self.value("algs")?.as_array()?;
        Some(algorithms.iter().filter_map(Value::as_i64).collect())
    }

    fn registration(&self) -> Result<RegistrationExpectation, Unusable> {
        let challenge = self.known_bytes("challenge")?;
        let mut expected =
            RegistrationExpectation::new(challenge, self.known("rp_id")?, self.origins()?);
        expected.cross_origin = self.cross_origin()?;
        expected.user_verification = self.user_verification();
        expected.algorithms = self.algorithms();
        Ok(expected)
    }

    fn registration_response(&self) -> Result<RegistrationResponse, Judged> {
        Ok(RegistrationResponse::from_bytes(
            self.received_optional("credential_id")?.as_deref(),
            &self.received("client_data_json")?,
            &self.received("attestation_object")?,
        ))
    }

    fn authentication(&self) -> Result<AuthenticationExpectation, Unusable> {
        let stored = self.value("stored_sign_count").and_then(Value::as_u64).unwrap_or(0);
        let record = CredentialRecord::new(
            self.known_bytes("credential_id")?,
            self.known_bytes("credential_public_key")?,
            u32::try_from(stored)?,
        );
        let challenge = self.known_bytes("challenge")?;
        let (rp_id, origins) = (self.known("rp_id")?, self.origins()?);
        let mut expected = AuthenticationExpectation::new(challenge, rp_id, origins, vec![record]);
        expected.cross_origin = self.cross_origin()?;
        expected.user_verification = self.user_verification();
        Ok(expected)
    }

    fn authentication_response(&self) -> Result<AuthenticationResponse, Judged> {
        Ok(AuthenticationResponse::from_bytes(
            &self.received("credential_id")?,
            &self.received("client_data_json")?,
            &self.received("authenticator_data")?,
            &self.received("signature")?,
            None,
        ))
    }
}

fn malformed(check: &'static str, name: &str, fault: &str) -> Judged {
    Judged::Malformed { check, message: format!("{name} {fault}") }
}

fn decode(text: &str) -> Result<Vec<u8>, base64::DecodeError> {
    URL_SAFE_NO_PAD.decode(text)
}
