//! Verifying one request. What was expected is never read out of the response.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use device_enrollment::case::{self, AppExpect, Evidence, Expect, none_beside};
use device_enrollment::open_finance::{ContractVersion, open_finance_code};
use device_enrollment::policy::DeviceEvidenceRule;
use device_enrollment::verdict::{
    self, AttestationType, Ceremony, CheckId, Decision, Failure, Language, Outcome, PartRole,
    Verdict,
};
use device_enrollment::webauthn::{AuthenticationResponse, RegistrationResponse, Verifier};
use device_enrollment::{Algorithm, Base64Reading, Policy, TrustAnchor, UnixTime};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::input::{MAX_REQUEST_FILE, about, read};
use crate::record::Record;
use crate::{Ending, Format, Lang, Profile, Unusable, print, style, trust};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A file `{"expect": {challenge, rp_id, origins, ...}, "request": {...}}`, or `-`. For App
    /// Attest `{"expect": {app_id, environment, client_data, ...}, "request": {key_id,
    /// attestation_object}}`. `"evidence"` beside a registration: {"app_attest": {key_id,
    /// attestation_object}} with `expect.app_attest`, or {"android_key": {"x5c": [...]}} with
    /// `expect.android_applications`.
    file: PathBuf,
    /// How to print the verdict.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The policy that judges.
    #[arg(long, value_enum, default_value_t = Profile::OpenFinanceBrasil)]
    profile: Profile,
    /// When certificates have to be valid, RFC 3339; before `expect.time`, before now.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// When evidence of the app and the device has to come with a registration; otherwise as the
    /// profile says.
    #[arg(long, value_enum, value_name = "WHEN")]
    device_evidence: Option<Asked>,
    #[command(flatten)]
    trust: trust::Options,
    /// How the base64 of the request is read.
    #[arg(long, value_enum, default_value_t = Base64::Strict)]
    base64: Base64,
    /// List every check, not only those that speak.
    #[arg(long)]
    checks: bool,
    /// Append an evidence record to this file, for `replay`: what was expected, the request, the
    /// time and the verdict, in one line.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// The language of sentences for people.
    #[arg(long, value_enum, default_value_t = Lang::EnUs)]
    lang: Lang,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Base64 {
    /// Base64url without padding.
    #[value(name = "strict")]
    Strict,
    /// Either alphabet, padded or not.
    #[value(name = "any_alphabet", alias = "any-alphabet")]
    AnyAlphabet,
}

impl From<Base64> for Base64Reading {
    fn from(reading: Base64) -> Self {
        match reading {
            Base64::Strict => Self::Strict,
            Base64::AnyAlphabet => Self::AnyAlphabet,
        }
    }
}

/// When evidence has to come.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Asked {
    /// Never; what comes is judged.
    #[value(name = "not_asked", alias = "not-asked")]
    Not,
    /// Where nothing vouches for the authenticator.
    #[value(name = "where_unattested", alias = "where-unattested")]
    WhereUnattested,
    /// With every registration.
    #[value(name = "always")]
    Always,
}

impl From<Asked> for DeviceEvidenceRule {
    fn from(asked: Asked) -> Self {
        match asked {
            Asked::Not => Self::NotAsked,
            Asked::WhereUnattested => Self::WhereUnattested,
            Asked::Always => Self::Always,
        }
    }
}

impl Arguments {
    fn policy(&self) -> Policy {
        let mut policy = self.profile.policy();
        self.trust.judging.apply(&mut policy);
        if let Some(asked) = self.device_evidence {
            policy.device_evidence = asked.into();
        }
        policy
    }
}

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VerifyFile<'f> {
    #[serde(borrow)]
    expect: &'f RawValue,
    #[serde(borrow)]
    request: &'f RawValue,
    #[serde(borrow)]
    evidence: Option<&'f RawValue>,
}

impl VerifyFile<'_> {
    fn request(&self) -> Request<'_> {
        Request { response: self.request, evidence: self.evidence }
    }
}

/// What was sent: a response, and evidence of the device beside it.
#[derive(Clone, Copy)]
pub(crate) struct Request<'r> {
    pub(crate) response: &'r RawValue,
    pub(crate) evidence: Option<&'r RawValue>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Ending, Unusable> {
    let path = &arguments.file;
    let bytes = read(path, MAX_REQUEST_FILE)?;
    let text = core::str::from_utf8(&bytes).map_err(|_| about(path, &"is not UTF-8 text"))?;
    let file: VerifyFile<'_> = serde_json::from_str(text).map_err(|error| about(path, &error))?;
    let (verdict, time) =
        judge_file(&file, arguments).map_err(|Unusable(why)| about(path, &why))?;
    // Before the verdict is shown: nobody acts on a decision of which there is no evidence.
    if let Some(records) = &arguments.record {
        let (profile, base64) = (arguments.profile, arguments.base64);
        let record = Record::new(profile, base64, file.expect, file.request(), time, &verdict)?;
        record.append_to(records)?;
    }
    let failure = verdict.failure.as_ref();
    match arguments.format {
        Format::Json => print(&format!("{}\n", serde_json::to_string_pretty(&verdict)?))?,
        Format::Text => {
            print(&describe(&verdict, failure, arguments.lang.into(), arguments.checks))?;
        }
    }
    match (verdict.decision(), failure) {
        (Decision::Accepted, _) => Ok(Ending::Accepted),
        (Decision::Malformed, Some(failure)) => Err(about(path, failure)),
        _ => Ok(Ending::Refused),
    }
}

fn judge_file(
    file: &VerifyFile<'_>,
    arguments: &Arguments,
) -> Result<(Verdict, UnixTime), Unusable> {
    let expected = Expected::read(file.expect.get())?;
    let store = arguments.trust.load()?.store(expected.trust_anchors()?)?;
    let verifier = Verifier::new(expected.adjusted(arguments.policy()), store);
    let time = time_or_now(arguments.at.as_deref().or(expected.time()))?;
    let verdict = expected.judge(file.request(), arguments.base64.into(), &verifier, time)?;
    Ok((verdict, time))
}

/// What was expected. It says which ceremonies are meant, before anything of it is judged.
pub(crate) enum Expected {
    WebAuthn(Box<Expect>),
    App(Box<AppExpect>),
}

impl Expected {
    pub(crate) fn read(text: &str) -> Result<Self, Unusable> {
        let unreadable = |error: serde_json::Error| Unusable(format!("expect: {error}"));
        let value: serde_json::Value = serde_json::from_str(text).map_err(unreadable)?;
        Ok(if AppExpect::is_meant(&value) {
            Self::App(serde_json::from_str(text).map_err(unreadable)?)
        } else {
            Self::WebAuthn(serde_json::from_str(text).map_err(unreadable)?)
        })
    }

    pub(crate) fn trust_anchors(&self) -> Result<Vec<TrustAnchor>, Unusable> {
        match self {
            Self::WebAuthn(expect) => Ok(expect.trust_anchors()?),
            Self::App(expect) => Ok(expect.trust_anchors()?),
        }
    }

    fn time(&self) -> Option<&str> {
        match self {
            Self::WebAuthn(expect) => expect.time.as_deref(),
            Self::App(expect) => expect.time.as_deref(),
        }
    }

    /// The policy with the applications that were expected, where any are named.
    pub(crate) fn adjusted(&self, mut policy: Policy) -> Policy {
        if let Self::WebAuthn(expect) = self
            && let Some(applications) = &expect.android_applications
        {
            policy.android_applications.clone_from(applications);
        }
        policy
    }

    pub(crate) fn judge(
        &self,
        request: Request<'_>,
        reading: Base64Reading,
        verifier: &Verifier,
        time: UnixTime,
    ) -> Result<Verdict, Unusable> {
        let evidence: Option<Evidence> = match request.evidence {
            Some(text) => Some(
                serde_json::from_str(text.get())
                    .map_err(|error| Unusable(format!("evidence: {error}")))?,
            ),
            None => None,
        };
        let evidence = evidence.as_ref();
        match self {
            Self::WebAuthn(expect) => {
                judge(expect, request.response, evidence, reading, verifier, Some(time))
            }
            Self::App(expect) => {
                none_beside(evidence, "an app's own ceremony")?;
                let request = serde_json::from_str(request.response.get())?;
                Ok(expect.judge(&request, reading, verifier, Some(time))?)
            }
        }
    }
}

fn judge(
    expect: &Expect,
    request: &RawValue,
    evidence: Option<&Evidence>,
    reading: Base64Reading,
    verifier: &Verifier,
    time: Option<UnixTime>,
) -> Result<Verdict, Unusable> {
    // The stored credential says which ceremony is awaited; the request does not choose.
    if !expect.is_authentication() && is_assertion(request.get()) {
        return Err(Unusable(
            "expect.credential is missing: an assertion needs the stored credential".into(),
        ));
    }
    let request = request.get().as_bytes();
    Ok(if expect.is_authentication() {
        none_beside(evidence, "an assertion")?;
        let expected = expect.authentication()?;
        match AuthenticationResponse::from_any_form(request, reading) {
            Ok(response) => verifier.authentication(&response, &expected, time).into_parts().0,
            Err(failure) => verifier.malformed(&failure, Ceremony::Authentication, request, time),
        }
    } else {
        let expected = expect.registration()?;
        let evidence = evidence.map(|one| one.read(expect, reading)).transpose()?;
        match RegistrationResponse::from_any_form(request, reading) {
            Ok(response) => {
                match &evidence {
                    None => verifier.registration(&response, &expected, time),
                    Some(one) => {
                        verifier.registration_with_evidence(&response, &expected, one, time)
                    }
                }
                .into_parts()
                .0
            }
            Err(failure) => verifier.malformed(&failure, Ceremony::Registration, request, time),
        }
    })
}

/// An assertion carries a signature where a registration carries an attestation object.
fn is_assertion(request: &str) -> bool {
    let Ok(request) = serde_json::from_str::<serde_json::Value>(request) else { return false };
    let data = request.get("data").unwrap_or(&request);
    let assertion = data.get("fidoAssertion").unwrap_or(data);
    let response = assertion.get("response");
    data.get("fidoAssertion").is_some()
        || response.is_some_and(|response| {
            response.get("attestationObject").is_none() && response.get("signature").is_some()
        })
}

/// A time that was given, or now.
pub(crate) fn time_or_now(text: Option<&str>) -> Result<UnixTime, Unusable> {
    match text {
        Some(text) => Ok(case::time(text)?),
        None => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
            Ok(UnixTime(i64::try_from(now.as_secs())?))
        }
    }
}

/// A verdict that a person reads in ten seconds.
fn describe(
    verdict: &Verdict,
    failure: Option<&Failure>,
    language: Language,
    all_checks: bool,
) -> String {
    let mut page = String::new();
    let ceremony = match verdict.ceremony {
        Ceremony::Registration => "registration",
        Ceremony::Authentication => "assertion",
        Ceremony::AppAttestation => "app attestation",
        Ceremony::AppAssertion => "app assertion",
        _ => "ceremony",
    };
    let (word, colour) = match verdict.decision() {
        Decision::Accepted => ("ACCEPTED", style::GOOD),
        Decision::Malformed => ("MALFORMED", style::BAD),
        _ => ("REFUSED", style::BAD),
    };
    let profile = &verdict.profile;
    page.push_str(&format!("{colour}{word}{colour:#}  {ceremony}, judged under {profile}\n\n"));
    if let Some(failure) = failure {
        let check = failure.check;
        let code = open_finance_code(failure, verdict.ceremony, ContractVersion::V2_1);
        line(&mut page, "check", &format!("{check}: {}", check.title(language)));
        line(&mut page, "because", &failure.message(language));
        line(&mut page, "code", failure.code());
        line(&mut page, "rule", check.specification());
        line(&mut page, "open finance", code.as_str());
        page.push('\n');
    }
    facts(&mut page, verdict);
    parts_of(&mut page, verdict, language);
    checks(&mut page, verdict, language, all_checks);
    page
}

fn facts(page: &mut String, verdict: &Verdict) {
    let facts = &verdict.facts;
    let of_app = matches!(verdict.ceremony, Ceremony::AppAttestation | Ceremony::AppAssertion);
    let mut wrote = false;
    let mut fact = |label: &str, value: Option<String>| {
        if let Some(value) = value {
            line(page, label, &value);
            wrote = true;
        }
    };
    for (label, id) in [("app", CheckId::Aa4), ("environment", CheckId::Aa6)] {
        let check = verdict.checks.iter().find(|check| check.id == id);
        let passed = check.filter(|check| check.outcome == Outcome::Passed);
        fact(label, passed.map(|check| check.evidence.to_string()));
    }
    fact("origin", facts.origin.clone());
    fact("top origin", facts.top_origin.clone());
    let key = facts.algorithm.map(|identifier| {
        format!("{} ({identifier})", Algorithm::name_of(identifier).unwrap_or("unknown algorithm"))
    });
    fact("key", key);
    let attestation = facts.format.map(|format| match facts.attestation_type {
        Some(kind) => format!("{}, {}", format.as_str(), meaning(kind)),
        None => format.as_str().to_owned(),
    });
    fact("attestation", attestation);
    let vouched = if facts.aaguid_verified == Some(true) { "vouched for" } else { "only claimed" };
    let model = facts.aaguid.filter(|_| !of_app);
    fact("model", model.map(|aaguid| format!("{}, {vouched}", uuid(&aaguid))));
    fact(
        "certificate",
        facts.certificates.first().map(|certificate| {
            let subject = certificate.subject.to_string();
            if subject.is_empty() { "(empty subject)".to_owned() } else { subject }
        }),
    );
    fact("anchor", facts.anchor.clone());
    // Apps have no user and no backup; what the flags say of them means nothing.
    let flags = facts.flags.filter(|_| !of_app);
    if let Some(known) = &facts.metadata {
        let status = known.status.as_deref().unwrap_or("no status in effect");
        let unsigned = if known.signature_checked { "" } else { ", signature not checked" };
        let text = format!("{}, {status} (no. {}{unsigned})", known.description, known.number);
        fact("metadata", Some(text));
        fact("notices", (!known.notices.is_empty()).then(|| known.notices.join(", ")));
    }
    fact(
        "user",
        flags.map(|flags| {
            let present = if flags.up { "present" } else { "not present" };
            let verified = if flags.uv { "verified" } else { "not verified" };
            format!("{present}, {verified}")
        }),
    );
    fact(
        "backup",
        flags.map(|flags| {
            match (flags.be, flags.bs) {
                (false, _) => "bound to one device",
                (true, false) => "can be backed up, is not",
                (true, true) => "backed up",
            }
            .to_owned()
        }),
    );
    fact("counter", facts.sign_count.map(|count| count.to_string()));
    if let Some(android) = &facts.android {
        fact(
            "android",
            Some(format!(
                "{}, boot {}, {}",
                android.attestation_security_level,
                android.verified_boot_state.as_deref().unwrap_or("not stated"),
                match android.device_locked {
                    Some(true) => "locked",
                    Some(false) => "not locked",
                    None => "lock not stated",
                },
            )),
        );
    }
    if let Some(tpm) = &facts.tpm {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let (vendor, model) = (text(&tpm.manufacturer), text(&tpm.model));
        fact("tpm", Some(format!("{vendor} {model} {}", text(&tpm.version))));
    }
    fact("extensions", (!facts.extensions.is_empty()).then(|| facts.extensions.join(", ")));
    if wrote {
        page.push('\n');
    }
}

/// The parts of a compound statement and the evidence of the device, a line each.
fn parts_of(page: &mut String, verdict: &Verdict, language: Language) {
    for (position, part) in verdict.parts.iter().enumerate() {
        let format = part.facts.format.map_or("", verdict::Format::as_str);
        let outcome = match (&part.failure, &part.facts.anchor) {
            (Some(failure), _) => {
                format!("refused by {}: {}", failure.check, failure.message(language))
            }
            (None, Some(anchor)) => format!("verifies, under {anchor}"),
            (None, None) => "verifies".to_owned(),
        };
        let label = match part.role {
            PartRole::DeviceEvidence => "device".to_owned(),
            _ => format!("part {position}"),
        };
        line(page, &label, &format!("{format}, {outcome}"));
    }
    if !verdict.parts.is_empty() {
        page.push('\n');
    }
}

const fn meaning(kind: AttestationType) -> &'static str {
    match kind {
        AttestationType::None => "nothing vouches for the authenticator",
        AttestationType::Self_ => "self: signed by the credential itself",
        AttestationType::Basic => "basic: signed by a key of the model or device",
        AttestationType::AttCa => "attca: certified by an attestation CA",
        AttestationType::AnonCa => "anonca: certified by an anonymization CA",
        _ => "of a kind that has no sentence yet",
    }
}

fn checks(page: &mut String, verdict: &Verdict, language: Language, all: bool) {
    let count =
        |outcome: Outcome| verdict.checks.iter().filter(|check| check.outcome == outcome).count();
    let summary = [
        (count(Outcome::Passed), "passed"),
        (count(Outcome::Failed), "failed"),
        (count(Outcome::SkippedByPolicy), "skipped by policy"),
        (count(Outcome::NotApplicable), "not applicable"),
        (count(Outcome::NotReached), "not reached"),
    ];
    let summary: Vec<String> = summary
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    line(page, "checks", &summary.join(", "));
    for tolerance in &verdict.tolerances {
        line(page, "tolerance", tolerance);
    }
    if all {
        page.push('\n');
        for check in &verdict.checks {
            let (mark, colour) = match check.outcome {
                Outcome::Passed => ("passed", style::GOOD),
                Outcome::Failed => ("FAILED", style::BAD),
                Outcome::SkippedByPolicy => ("skipped", style::WARN),
                _ => ("-", style::DIM),
            };
            let evidence = check.evidence.to_string();
            let evidence = if evidence.is_empty() { evidence } else { format!("  [{evidence}]") };
            page.push_str(&format!(
                "  {colour}{mark:<8}{colour:#} {:<6} {}{evidence}\n",
                check.id.as_str(),
                check.id.title(language),
            ));
        }
        return;
    }
    let skipped: Vec<String> = verdict
        .checks
        .iter()
        .filter(|check| check.outcome == Outcome::SkippedByPolicy)
        .map(|check| format!("{} ({})", check.id, check.evidence))
        .collect();
    if !skipped.is_empty() {
        line(page, "skipped", &skipped.join(", "));
    }
}

/// One labelled line, its value wrapped under itself.
pub(crate) fn line(page: &mut String, label: &str, value: &str) {
    const WIDTH: usize = 82;
    let dim = style::DIM;
    let mut rest = String::new();
    let mut lines = Vec::new();
    // What came with the response must not write to the terminal.
    let value: String = value.chars().filter(|character| !character.is_control()).collect();
    for word in value.split(' ') {
        if !rest.is_empty() && rest.chars().count().saturating_add(word.chars().count()) >= WIDTH {
            lines.push(core::mem::take(&mut rest));
        }
        if !rest.is_empty() {
            rest.push(' ');
        }
        rest.push_str(word);
    }
    lines.push(rest);
    for (index, text) in lines.iter().enumerate() {
        let label = if index == 0 { label } else { "" };
        page.push_str(&format!("  {dim}{label:<13}{dim:#} {text}\n"));
    }
}

/// The 8-4-4-4-12 form.
pub(crate) fn uuid(bytes: &[u8; 16]) -> String {
    let mut text = String::new();
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}
