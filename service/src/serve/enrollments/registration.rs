//! "Create Open Finance Device Enrollment": a credential is made known, judged, and bound.
//!
//! Two units. The first spends the challenge, whoever brings it; the second stores what came of
//! judging. Of any number of responses to one challenge a single one is judged, and a process that
//! dies in between has spent the challenge.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::http::StatusCode;
use device_enrollment::Base64Reading;
use device_enrollment::flow::Uuid4;
use device_enrollment::open_finance::enrollment::{
    Effect, Event, JudgeRegistration, RegistrationOutcome, RejectionReason, Step,
};
use device_enrollment::open_finance::{OpenFinanceCode, Operation, Refusal, WireForm};
use device_enrollment::two_factor::{Device, DeviceStatus};
use device_enrollment::verdict::Verdict;
use device_enrollment::webauthn::RegistrationResponse;

use super::answer::Answer;
use super::asked::Asked;
use super::moving::{Doing, Loaded, Settled, again, read_machine, settle};
use super::once::{Begun, Once, Replays};
use super::schemas::{DeviceCredential, DeviceEnrollment};
use super::{key, no_such};
use crate::serve::flows::Tries;
use crate::serve::http::{App, Body, InPath, Problem};
use crate::serve::storage::{Change, KeptVerdict, Rule};

/// Registers the credential that the device made for the options of the enrollment. Whatever is
/// wrong with it, the challenge is spent and the enrollment rejected, unless a required member is
/// missing or cannot be read.
#[utoipa::path(
    post,
    path = "/open-finance/enrollments/{enrollment_id}/device/{id}",
    tag = "open finance",
    operation_id = "createDevice",
    params(
        ("enrollment_id" = String, Path, description = "The enrollment."),
        ("id" = String, Path, description = "The device enrollment."),
        super::schemas::Headers
    ),
    request_body = DeviceCredential,
    responses(
        (status = 201, description = "The device is bound.", body = DeviceEnrollment),
        super::schemas::Refused
    )
)]
pub(super) async fn create_device(
    State(app): State<Arc<App>>,
    asked: Asked,
    InPath((enrollment_id, id)): InPath<(String, String)>,
    body: Body,
) -> Result<Answer, Problem> {
    let (enrollment_id, id) = (key(&enrollment_id, "enrollment_id")?, key(&id, "id")?);
    let row = asked.enrollment(&app, enrollment_id).await?;
    if row.device_id.as_deref() != Some(id.to_string().as_str()) {
        return Err(no_such());
    }
    let texts = [enrollment_id.to_string(), id.to_string()];
    let parameters = [("enrollment_id", texts[0].as_str()), ("id", texts[1].as_str())];
    let begun = Once::begin(&app, &asked, Replays::Blocked, &parameters, body.bytes()).await?;
    let once = match begun {
        Begun::Answered(answer) => return Ok(answer),
        Begun::New(once) => once,
    };
    let registering = Registering { app: &app, asked: &asked, once: &once, id: enrollment_id };
    match registering.spend(body.bytes()).await? {
        Spent::Refused(answer) => Ok(answer),
        Spent::ToJudge(loaded, judge) => registering.judge(loaded, &judge).await,
    }
}

struct Registering<'a> {
    app: &'a App,
    asked: &'a Asked,
    once: &'a Once,
    id: Uuid4,
}

/// What became of the challenge.
enum Spent {
    /// There was none to spend, or the envelope could not be read.
    Refused(Answer),
    /// It is spent, and the enrollment waits for what comes of judging.
    ToJudge(Box<Loaded>, Box<JudgeRegistration>),
}

impl Registering<'_> {
    async fn spend(&self, body: &[u8]) -> Result<Spent, Problem> {
        let doing = Doing::of(self.asked, "enrollment.registration_sent");
        let mut tries = Tries::new();
        loop {
            let row = self.asked.enrollment(self.app, self.id).await?;
            let loaded = Loaded::of(self.app, row).await?;
            let reading = Base64Reading::Strict;
            let response = RegistrationResponse::from_device_credential(body, reading);
            let form = WireForm::DeviceCredential;
            let mut step =
                loaded.apply(Event::RegistrationSent { response: Box::new(response), form });
            let judge = to_judge(&mut step);
            let Some(judge) = judge else {
                let settled = settle(
                    self.app,
                    &mut tries,
                    doing,
                    self.once,
                    &loaded,
                    &step,
                    Vec::new(),
                    |enrollment| Answer::of(StatusCode::CREATED, &enrollment.to_device()),
                );
                match settled.await? {
                    Settled::Answered(answer) => return Ok(Spent::Refused(answer)),
                    Settled::Lost(lost) => again(lost)?,
                }
                continue;
            };
            let mut unit = self.once.before_judging();
            unit.extend(loaded.unit(&step.state, &step.effects)?);
            // A process that dies before it has judged leaves this entry, and no other.
            unit.push(doing.audit(self.app, &loaded, "done"));
            match tries.store(&self.app.storage, unit).await? {
                Ok(()) => {
                    let now = self.app.storage.now().await?;
                    return Ok(Spent::ToJudge(Box::new(loaded.after(step.state, now)), judge));
                }
                Err(lost) => match self.once.overtaken(self.app, lost).await? {
                    Some(answer) => return Ok(Spent::Refused(answer)),
                    None => again(lost)?,
                },
            }
        }
    }

    async fn judge(
        &self,
        first: Box<Loaded>,
        judge: &JudgeRegistration,
    ) -> Result<Answer, Problem> {
        let began = Instant::now();
        let (verdict, outcome) =
            judge.evaluate(self.app.flows.verifier_of(&first.row.enrollment_id), first.now);
        let took = began.elapsed();
        let check = verdict.failure.as_ref().map(|failure| failure.check.as_str());
        self.app.metrics.judged("registration", check, took);
        let doing = Doing::of(self.asked, "enrollment.registration_judged");
        let mut tries = Tries::new();
        let (mut loaded, mut taken) = (*first, false);
        loop {
            let device = self.device(&loaded).await?;
            let mut more = vec![kept(&loaded, &verdict)?];
            let step = match &device {
                BoundTo::Gone if outcome.accepted().is_ok() => gone(&loaded),
                BoundTo::Device(unmoved) if outcome.accepted().is_ok() => {
                    more.push(unmoved.clone());
                    judged(&loaded, &outcome, taken)
                }
                _ => judged(&loaded, &outcome, taken),
            };
            let settled = settle_judged(self, &mut tries, doing, &loaded, &step, more).await?;
            match settled {
                Settled::Answered(answer) => return Ok(answer),
                Settled::Lost(lost) if lost.rule == Rule::CredentialIdFree => taken = true,
                Settled::Lost(lost) => {
                    again(lost)?;
                    let row = self.asked.enrollment(self.app, self.id).await?;
                    loaded = Loaded::of(self.app, row).await?;
                }
            }
        }
    }

    /// The device of the account that the credential is bound to, as it is now.
    async fn device(&self, loaded: &Loaded) -> Result<BoundTo, Problem> {
        let row = &loaded.row;
        let (Some(account_key), Some(device_key)) = (&row.account_key, &row.device_key) else {
            return Ok(BoundTo::Nothing);
        };
        let Some(device) = self.app.storage.device(account_key, device_key).await? else {
            return Ok(BoundTo::Gone);
        };
        let machine: Device = read_machine(&device.machine.state)?;
        if machine.status() != Some(DeviceStatus::Active) {
            return Ok(BoundTo::Gone);
        }
        let revision = device.machine.revision;
        Ok(BoundTo::Device(Change::device_as_judged(account_key, device_key, revision)))
    }
}

/// What the holder's person named for the credential to be bound to.
enum BoundTo {
    /// Nothing: it is bound to the enrollment.
    Nothing,
    /// A device, with the condition that it stays as it was read.
    Device(Change),
    /// A device that was disabled since.
    Gone,
}

async fn settle_judged(
    of: &Registering<'_>,
    tries: &mut Tries,
    doing: Doing<'_>,
    loaded: &Loaded,
    step: &Step,
    more: Vec<Change>,
) -> Result<Settled, Problem> {
    // What begins a request was stored with the spent challenge.
    let answer = match &step.refusal {
        None => Answer::of(StatusCode::CREATED, &step.state.to_device())?,
        Some(refusal) => Answer::refused(refusal, doing.known.language(), loaded.now)?,
    };
    let mut unit = match step.state == loaded.machine {
        // Somebody ended it meanwhile; the verdict is kept all the same.
        true => Vec::new(),
        false => loaded.unit(&step.state, &step.effects)?,
    };
    unit.extend(more);
    unit.push(doing.audit(of.app, loaded, answer.outcome()));
    unit.extend(of.once.after_judging(&answer));
    match tries.store(&of.app.storage, unit).await? {
        Ok(()) => Ok(Settled::Answered(answer)),
        Err(lost) => match of.once.overtaken(of.app, lost).await? {
            Some(answer) => Ok(Settled::Answered(answer)),
            None => Ok(Settled::Lost(lost)),
        },
    }
}

fn to_judge(step: &mut Step) -> Option<Box<JudgeRegistration>> {
    let at = step.effects.iter().position(|one| matches!(one, Effect::JudgeRegistration(_)))?;
    match step.effects.remove(at) {
        Effect::JudgeRegistration(judge) => Some(judge),
        _ => None,
    }
}

fn judged(loaded: &Loaded, outcome: &RegistrationOutcome, taken: bool) -> Step {
    let outcome = Box::new(outcome.clone());
    loaded.apply(match taken {
        true => Event::CredentialTaken(outcome),
        false => Event::RegistrationJudged(outcome),
    })
}

/// What becomes of an enrollment whose device was disabled while the credential was made.
fn gone(loaded: &Loaded) -> Step {
    let reason = RejectionReason::InternalSecurity;
    let step = loaded.apply(Event::HolderRejected { reason, information: None });
    let refusal = Refusal::of(Operation::Registration, OpenFinanceCode::StatusVinculoInvalido);
    Step { refusal: Some(refusal), ..step }
}

fn kept(loaded: &Loaded, verdict: &Verdict) -> Result<Change, Problem> {
    let id = &loaded.row.enrollment_id;
    Ok(Change::keep_verdict(&KeptVerdict {
        subject: id.clone(),
        enrollment_id: id.clone(),
        verdict: serde_json::to_string(verdict).map_err(|_| Problem::internal())?,
        judged_at: loaded.now,
    }))
}
