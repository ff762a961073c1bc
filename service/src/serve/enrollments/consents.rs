//! Consents to payments, as far as an enrolled device approves them. The contract has the two
//! operations at the holder (`fido-sign-options`, `authorise`); the bodies are its own.
//!
//! The challenge is stored in the consent, and an assertion is judged in two units as a registration
//! is. The last one moves the consent, the counter of the credential and the enrollment together, so
//! a device that was revoked meanwhile approves nothing.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::http::request::Parts;
use device_enrollment::Base64Reading;
use device_enrollment::UnixMillis;
use device_enrollment::flow::Uuid4;
use device_enrollment::open_finance::consent::{
    AskSigning, AssertionOutcome, Authorise, Consent, ConsentKind, ConsentStatus, Effect, Event,
    JudgeAssertion, NewConsent, Step,
};
use device_enrollment::open_finance::enrollment::{
    DebtorAccount, Event as EnrollmentEvent, FreeText, NewCredential, Signer,
};
use device_enrollment::open_finance::options::Preferences;
use device_enrollment::open_finance::{Refusal, RiskSignals};
use device_enrollment::verdict::Verdict;
use device_enrollment::webauthn::{AuthenticationResponse, CredentialRecord};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::answer::Answer;
use super::asked::{ClientKey, client_key, not_permitted, spoken_to};
use super::moving::{Loaded, again, read_machine, to_stored};
use super::no_such;
use super::once::{Begun, Once};
use super::published::{duty, platform_among, relying_party};
use super::schemas::{AuthoriseBody, ConsentAnswer, SignOptionsAnswer, SignOptionsBody};
use crate::serve::flows::{Deed, Permitted, Tries, entropy, fresh_key};
use crate::serve::http::{App, Body, Caller, InPath, Known, Problem};
use crate::serve::storage::{
    self, Change, CredentialUse, KeptVerdict, Lost, Move, NewConsent as NewRow, Rule,
};

/// A consent that waits for its person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewConsentBody {
    /// Its id, a URN; without it, the service makes one.
    #[schema(example = "urn:bank:7f9b1d2c-0c52-4a37-8d43-8fb0d2f0c001", max_length = 256)]
    consent_id: Option<String>,
    /// What it is for; `payment` when it is not said.
    #[serde(default)]
    kind: Option<Kind>,
    /// The account that the initiator named. Without it, the enrolled account pays.
    #[serde(default)]
    debtor_account: Option<AccountBody>,
    /// Until when it has to be authorised.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
}

/// What a consent is for.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// A payment.
    Payment,
    /// Recurring payments (contract 2.2).
    Recurring,
}

/// An account in the words of the contract.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct AccountBody {
    /// The institution, 8 digits.
    #[schema(example = "00000000")]
    ispb: String,
    /// The branch, 1 to 4 digits.
    #[schema(example = "0001")]
    issuer: Option<String>,
    /// The number with its check digit, 1 to 20 digits.
    #[schema(example = "1234567")]
    number: String,
    /// `CACC`, `SVGS`, `TRAN` …
    #[schema(example = "CACC")]
    account_type: String,
}

/// A caller of these routes: the bank's core, or an initiator.
pub(super) struct Approving {
    caller: Caller,
    known: Known,
    key: Option<ClientKey>,
    headers: HeaderMap,
    path: String,
}

impl FromRequestParts<Arc<App>> for Approving {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let known = spoken_to(Known::from_request_parts(parts, app).await?)?;
        let key = client_key(&parts.headers)?;
        let path = format!("{} {}", parts.method, parts.uri.path());
        if Permitted::read(app, &caller).await?.configuration.is_none() {
            return Err(not_permitted());
        }
        Ok(Self { caller, known, key, headers: parts.headers.clone(), path })
    }
}

/// Makes a consent that waits for its person.
#[utoipa::path(
    post,
    path = "/extensions/v1/open-finance/consents",
    tag = "open finance extensions",
    operation_id = "createConsent",
    params(super::schemas::ExtensionHeaders),
    request_body = NewConsentBody,
    responses(
        (status = 201, description = "Made.", body = ConsentAnswer),
        super::schemas::Refused
    )
)]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    approving: Approving,
    body: Body,
) -> Result<Answer, Problem> {
    let asked: NewConsentBody = body.read()?;
    let once = match approving.begin(&app, &body).await? {
        Begun::Answered(answer) => return Ok(answer),
        Begun::New(once) => once,
    };
    let id = match asked.consent_id {
        Some(id) if is_urn(&id) => id,
        Some(_) => return Err(Refusal::invalid("consent_id").into()),
        None => format!("urn:device-enrollment:{}", fresh_key()?),
    };
    let account = asked.debtor_account.as_ref().map(|account| {
        let issuer = account.issuer.as_deref();
        DebtorAccount::new(&account.ispb, issuer, &account.number, &account.account_type)
    });
    let now = app.storage.now().await?;
    let new = NewConsent {
        id: id.clone(),
        kind: match asked.kind {
            None | Some(Kind::Payment) => ConsentKind::Payment,
            Some(Kind::Recurring) => ConsentKind::Recurring,
        },
        debtor_account: account.transpose()?,
        further_approvers: Vec::new(),
        expires_at: asked.expires_at.as_deref().map(super::holder::time).transpose()?,
    };
    let consent = Consent::create(new, now);
    let answer = Answer::of(StatusCode::CREATED, &shown(&consent))?;
    let state = to_stored(&consent)?;
    let mut unit = once.before();
    unit.push(Change::add_consent(&NewRow {
        consent_id: &id,
        requester_key: &approving.caller.requester_key,
        account_key: None,
        enrollment_id: None,
        machine: Move {
            from_revision: 0,
            status: consent.status().as_str(),
            is_final: is_final(&consent),
            state: &state,
            now,
        },
    }));
    unit.push(approving.audit(&app, "consent.created", answer.outcome(), &id, now));
    unit.extend(once.after(&answer));
    match Tries::new().store(&app.storage, unit).await? {
        Ok(()) => Ok(answer),
        // Whose it is is not told.
        Err(lost) if lost.rule == Rule::ConsentIdFree => Err(Refusal::invalid("consent_id").into()),
        Err(lost) => once.overtaken(&app, lost).await?.ok_or_else(Problem::internal),
    }
}

/// A consent of the caller's.
#[utoipa::path(
    get,
    path = "/extensions/v1/open-finance/consents/{id}",
    tag = "open finance extensions",
    operation_id = "getConsent",
    params(("id" = String, Path, description = "The consent.")),
    responses(
        (status = 200, description = "The consent.", body = ConsentAnswer),
        super::schemas::Refused
    )
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    approving: Approving,
    InPath(id): InPath<String>,
) -> Result<Answer, Problem> {
    let consent = approving.consent(&app, &id).await?;
    let step = consent.machine.apply(Event::Tick, consent.now);
    Answer::of(StatusCode::OK, &shown(&step.state))
}

/// Issues the options that the enrolled device signs by: `fido-sign-options` of the contract.
#[utoipa::path(
    post,
    path = "/extensions/v1/open-finance/consents/{id}/sign-options",
    tag = "open finance extensions",
    operation_id = "createSignOptions",
    params(("id" = String, Path, description = "The consent."), super::schemas::ExtensionHeaders),
    request_body = SignOptionsBody,
    responses(
        (status = 201, description = "Issued.", body = SignOptionsAnswer),
        super::schemas::Refused
    )
)]
pub(super) async fn sign_options(
    State(app): State<Arc<App>>,
    approving: Approving,
    InPath(id): InPath<String>,
    body: Body,
) -> Result<Answer, Problem> {
    let read = body.value()?;
    let members = read.as_object().ok_or_else(|| Problem::malformed(None))?;
    let (platform, rp) = platform_among(members, &["enrollment_id", "platform", "rp"])?;
    let enrollment_id = enrollment_id(members.get("enrollment_id"), "enrollment_id")?;
    approving.consent(&app, &id).await?;
    let once = match approving.begin(&app, &body).await? {
        Begun::Answered(answer) => return Ok(answer),
        Begun::New(once) => once,
    };
    let key = match &approving.key {
        Some(key) => key.text.clone(),
        None => FreeText::new(fresh_key()?.to_string()),
    };
    let mut tries = Tries::new();
    loop {
        let consent = approving.consent(&app, &id).await?;
        let loaded = approving.enrollment(&app, enrollment_id).await?;
        let asked = AskSigning {
            signer: loaded.machine.signer(loaded.now),
            idempotency_key: key.clone(),
            rp: rp.clone(),
            platform,
            relying_party: relying_party(&app),
            preferences: Preferences::default(),
            entropy: entropy()?,
        };
        let mut step = consent.apply(Event::SigningAsked(Box::new(asked)));
        let mut told = Vec::new();
        if step.effects.iter().any(|effect| matches!(effect, Effect::NoteSigningAsked(_))) {
            let noted = loaded.apply(EnrollmentEvent::SigningAsked);
            if let Some(refusal) = noted.refusal {
                // It was revoked or ended in this moment, and the consent is as it was.
                step = Step { refusal: Some(refusal), ..consent.apply(Event::Tick) };
            } else {
                told = loaded.unit(&noted.state, &noted.effects)?;
                told.push(Change::name_enrollment_of_consent(&id, &loaded.row.enrollment_id));
            }
        }
        let done = Done { action: "consent.options_issued", consent: &consent, step: &step };
        let answer = approving.answer(&step, consent.now, StatusCode::CREATED, |consent| {
            consent.options().map(|options| options.to_fido_sign_options())
        })?;
        match approving.store(&app, &mut tries, &once, done, told, answer).await? {
            Ok(answer) => return Ok(answer),
            Err(lost) => again(lost)?,
        }
    }
}

/// Approves a consent with an assertion of the enrolled device: `authorise` of the contract. Whatever
/// is wrong with it, the consent is rejected.
#[utoipa::path(
    post,
    path = "/extensions/v1/open-finance/consents/{id}/authorise",
    tag = "open finance extensions",
    operation_id = "authoriseConsent",
    params(
        ("id" = String, Path, description = "The consent."),
        super::schemas::ExtensionHeaders,
        ("x-customer-user-agent" = Option<String>, Header, description = "What the person uses; a browser's obliges to less, under contract 2.2.")
    ),
    request_body = AuthoriseBody,
    responses(
        (status = 200, description = "Authorised.", body = ConsentAnswer),
        super::schemas::Refused
    )
)]
pub(super) async fn authorise(
    State(app): State<Arc<App>>,
    approving: Approving,
    InPath(id): InPath<String>,
    body: Body,
) -> Result<Answer, Problem> {
    let read = body.value()?;
    let enrollment_id = enrollment_id(read.pointer("/data/enrollmentId"), "enrollmentId")?;
    approving.consent(&app, &id).await?;
    let once = match approving.begin(&app, &body).await? {
        Begun::Answered(answer) => return Ok(answer),
        Begun::New(once) => once,
    };
    let mut tries = Tries::new();
    let (consent, judge) = loop {
        let consent = approving.consent(&app, &id).await?;
        let loaded = approving.enrollment(&app, enrollment_id).await?;
        let signer = loaded.machine.signer(loaded.now);
        let platform = consent.machine.options().map(|options| options.platform());
        let duty = duty(&approving.headers, platform, app.flows.contract);
        let signals =
            RiskSignals::from_authorise(body.bytes()).and_then(|signals| signals.judge(duty));
        let sent = Authorise {
            credential: credential(&app, &signer).await?,
            signer,
            signals,
            response: AuthenticationResponse::from_authorise(body.bytes(), Base64Reading::Strict),
        };
        let mut step = consent.apply(Event::AuthoriseSent(Box::new(sent)));
        let at = step.effects.iter().position(|one| matches!(one, Effect::JudgeAssertion(_)));
        if let Some(at) = at
            && let Effect::JudgeAssertion(judge) = step.effects.remove(at)
        {
            let mut unit = once.before_judging();
            unit.push(consent.moved(&step.state)?);
            // A process that dies before it has judged leaves this entry, and no other.
            let now = consent.now;
            unit.push(approving.audit(&app, "consent.assertion_sent", "done", &id, now));
            match tries.store(&app.storage, unit).await? {
                Ok(()) => {
                    let now = app.storage.now().await?;
                    break (consent.after(step.state, now), judge);
                }
                Err(lost) => match once.overtaken(&app, lost).await? {
                    Some(answer) => return Ok(answer),
                    None => again(lost)?,
                },
            }
            continue;
        }
        let done = Done { action: "consent.authorise_refused", consent: &consent, step: &step };
        let answer =
            approving.answer(&step, consent.now, StatusCode::OK, |one| Some(shown(one)))?;
        match approving.store(&app, &mut tries, &once, done, Vec::new(), answer).await? {
            Ok(answer) => return Ok(answer),
            Err(lost) => again(lost)?,
        }
    };
    approving.judge(&app, &once, consent, &judge).await
}

impl Approving {
    async fn begin(&self, app: &App, body: &Body) -> Result<Begun, Problem> {
        let caller = &self.caller.requester_key;
        Once::by_key(app, caller, &self.path, self.key.as_ref(), body.bytes()).await
    }

    /// A consent of the caller's. Somebody else's is as unknown as a missing one.
    async fn consent(&self, app: &App, id: &str) -> Result<LoadedConsent, Problem> {
        // What is no URN is the id of nothing, and not for a database to look at.
        if !is_urn(id) {
            return Err(no_such());
        }
        let row = app.storage.consent(id).await?;
        let mine = |row: &storage::Consent| row.requester_key == self.caller.requester_key;
        let row = row.filter(mine).ok_or_else(no_such)?;
        let now = row.machine.not_before_last_move(app.storage.now().await?);
        Ok(LoadedConsent { machine: read_machine(&row.machine.state)?, row, now })
    }

    async fn enrollment(&self, app: &App, id: Uuid4) -> Result<Loaded, Problem> {
        let row = app.storage.enrollment(&id.to_string()).await?;
        let mine = |row: &storage::Enrollment| row.requester_key == self.caller.requester_key;
        Loaded::of(app, row.filter(mine).ok_or_else(no_such)?).await
    }

    fn audit(
        &self,
        app: &App,
        action: &'static str,
        outcome: &str,
        id: &str,
        now: UnixMillis,
    ) -> Change {
        let deed = Deed {
            action,
            outcome,
            subject_kind: "consent",
            subject_key: id,
            account_key: None,
            person: None,
        };
        app.flows.audit(&self.caller, &self.known.0, deed, now)
    }

    fn answer(
        &self,
        step: &Step,
        now: UnixMillis,
        status: StatusCode,
        body: impl FnOnce(&Consent) -> Option<Value>,
    ) -> Result<Answer, Problem> {
        match &step.refusal {
            Some(refusal) => Answer::refused(refusal, self.known.0.language(), now),
            None => Answer::of(status, &body(&step.state).ok_or(Problem::internal())?),
        }
    }

    /// Stores what a step made of a consent.
    async fn store(
        &self,
        app: &App,
        tries: &mut Tries,
        once: &Once,
        done: Done<'_>,
        told: Vec<Change>,
        answer: Answer,
    ) -> Result<Result<Answer, Lost>, Problem> {
        let Done { action, consent, step } = done;
        if step.state == consent.machine && told.is_empty() {
            return Ok(Ok(answer));
        }
        let mut unit = once.before();
        unit.push(consent.moved(&step.state)?);
        unit.extend(told);
        let (id, now) = (&consent.row.consent_id, consent.now);
        unit.push(self.audit(app, action, answer.outcome(), id, now));
        unit.extend(once.after(&answer));
        match tries.store(&app.storage, unit).await? {
            Ok(()) => Ok(Ok(answer)),
            Err(lost) => Ok(once.overtaken(app, lost).await?.ok_or(lost)),
        }
    }

    /// Judges an assertion whose challenge is spent, and stores what came of it.
    async fn judge(
        &self,
        app: &App,
        once: &Once,
        mut consent: LoadedConsent,
        judge: &JudgeAssertion,
    ) -> Result<Answer, Problem> {
        let began = Instant::now();
        let (verdict, outcome) = judge.evaluate(&app.flows.verifier, consent.now);
        let took = began.elapsed();
        let check = verdict.failure.as_ref().map(|failure| failure.check.as_str());
        app.metrics.judged("authentication", check, took);
        let (mut tries, mut counter_lost) = (Tries::new(), false);
        loop {
            let loaded = self.enrollment(app, judge.enrollment()).await?;
            let (step, told) = judged(&consent, &loaded, &outcome, counter_lost)?;
            let answer = self.answer(&step, consent.now, StatusCode::OK, |one| Some(shown(one)))?;
            let id = consent.row.consent_id.clone();
            let mut unit = Vec::new();
            if step.state != consent.machine {
                unit.push(consent.moved(&step.state)?);
            }
            unit.extend(told);
            unit.push(kept(&id, &loaded, &verdict, consent.now)?);
            let (outcome, now) = (answer.outcome(), consent.now);
            unit.push(self.audit(app, "consent.assertion_judged", outcome, &id, now));
            unit.extend(once.after_judging(&answer));
            let lost = match tries.store(&app.storage, unit).await? {
                Ok(()) => return Ok(answer),
                Err(lost) => lost,
            };
            if let Some(answer) = once.overtaken(app, lost).await? {
                return Ok(answer);
            }
            if lost.rule == Rule::CredentialUnmoved {
                counter_lost = true;
            } else {
                again(lost)?;
                consent = self.consent(app, &id).await?;
            }
        }
    }
}

/// What an assertion makes of its consent, with what is stored beside it. A device that was revoked
/// since approves nothing.
fn judged(
    consent: &LoadedConsent,
    loaded: &Loaded,
    outcome: &AssertionOutcome,
    counter_lost: bool,
) -> Result<(Step, Vec<Change>), Problem> {
    let lost = || consent.apply(Event::CounterLost(Box::new(outcome.clone())));
    if counter_lost {
        return Ok((lost(), Vec::new()));
    }
    let event =
        Event::AssertionJudged { outcome: Box::new(outcome.clone()), risk_is_accepted: true };
    let step = consent.apply(event);
    let mut told = Vec::new();
    for effect in &step.effects {
        match effect {
            Effect::StoreSignCount { credential_id, stored, sign_count, backed_up: _ } => {
                told.push(Change::use_credential(&CredentialUse {
                    credential_id: &credential_id.to_base64url(),
                    from_sign_count: *stored,
                    to_sign_count: *sign_count,
                    now: consent.now,
                }));
            }
            Effect::NoteSigningDone(_) => {
                let noted = loaded.apply(EnrollmentEvent::SigningDone);
                if noted.refusal.is_some() {
                    return Ok((lost(), Vec::new()));
                }
                told.extend(loaded.unit(&noted.state, &noted.effects)?);
            }
            Effect::NoteSigningAsked(_) | Effect::JudgeAssertion(_) => {}
            // An effect of a later release of the library.
            _ => return Err(Problem::internal()),
        }
    }
    Ok((step, told))
}

/// A consent as it was read, and when it is judged.
struct LoadedConsent {
    row: storage::Consent,
    machine: Consent,
    now: UnixMillis,
}

impl LoadedConsent {
    fn apply(&self, event: Event) -> Step {
        self.machine.clone().apply(event, self.now)
    }

    fn moved(&self, to: &Consent) -> Result<Change, Problem> {
        let state = to_stored(to)?;
        let to_row = Move {
            from_revision: self.row.machine.revision,
            status: to.status().as_str(),
            is_final: is_final(to),
            state: &state,
            now: self.now,
        };
        Ok(Change::move_consent(&self.row.consent_id, &to_row))
    }

    /// The consent as it is once its unit was applied.
    fn after(mut self, to: Consent, now: UnixMillis) -> Self {
        self.row.machine.revision = self.row.machine.revision.saturating_add(1);
        self.row.machine.updated_at = self.row.machine.updated_at.max(self.now);
        Self { now: self.row.machine.not_before_last_move(now), machine: to, row: self.row }
    }
}

/// What is stored of a step.
struct Done<'a> {
    action: &'static str,
    consent: &'a LoadedConsent,
    step: &'a Step,
}

/// The record that an assertion is held against; none of a credential that was revoked.
async fn credential(app: &App, signer: &Signer) -> Result<Option<CredentialRecord>, Problem> {
    let Some(id) = signer.credential_id() else { return Ok(None) };
    let kept = app.storage.credential(&id.to_base64url()).await?;
    let Some(kept) = kept.filter(|kept| kept.revoked_at.is_none()) else { return Ok(None) };
    let registered: NewCredential =
        serde_json::from_str(&kept.record).map_err(|_| Problem::internal())?;
    let mut record = registered.record();
    record.sign_count = kept.sign_count;
    Ok(Some(record))
}

fn kept(
    consent: &str,
    loaded: &Loaded,
    verdict: &Verdict,
    now: UnixMillis,
) -> Result<Change, Problem> {
    Ok(Change::keep_verdict(&KeptVerdict {
        subject: consent.to_owned(),
        enrollment_id: loaded.row.enrollment_id.clone(),
        verdict: serde_json::to_string(verdict).map_err(|_| Problem::internal())?,
        judged_at: now,
    }))
}

const fn is_final(consent: &Consent) -> bool {
    match consent.status() {
        ConsentStatus::AwaitingAuthorisation | ConsentStatus::PartiallyAccepted => false,
        ConsentStatus::Authorised | ConsentStatus::Rejected => true,
    }
}

fn shown(consent: &Consent) -> Value {
    let mut shown = json!({
        "consent_id": consent.id(),
        "status": consent.status(),
        "updated_at": consent.status_at().to_string(),
    });
    if let (Some(members), Some(reason)) = (shown.as_object_mut(), consent.rejection()) {
        members.insert("rejection_reason".to_owned(), json!(reason));
    }
    shown
}

/// An enrollment's id, bare or as the last part of a URN.
fn enrollment_id(value: Option<&Value>, name: &'static str) -> Result<Uuid4, Refusal> {
    let text = match value {
        None | Some(Value::Null) => return Err(Refusal::missing(name)),
        Some(value) => value.as_str().ok_or(Refusal::invalid(name))?,
    };
    let id = text.rsplit(':').next().and_then(Uuid4::parse);
    id.ok_or(Refusal::invalid(name))
}

/// `urn:NAMESPACE:NAME` of the contract, but for the characters that mean something in a path.
fn is_urn(text: &str) -> bool {
    let mut parts = text.splitn(3, ':');
    let (Some("urn"), Some(namespace), Some(name)) = (parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let in_namespace = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let in_name = |byte: u8| byte.is_ascii_alphanumeric() || b"()+,-.:=@;$_!*'".contains(&byte);
    let begins = namespace.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric());
    text.len() <= 256
        && begins
        && namespace.len() <= 32
        && namespace.bytes().all(in_namespace)
        && !name.is_empty()
        && name.bytes().all(in_name)
}
