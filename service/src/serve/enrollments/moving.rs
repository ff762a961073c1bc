//! Loading an enrollment, and storing what an event made of it.

use device_enrollment::UnixMillis;
use device_enrollment::flow::{Stored, StoredError};
use device_enrollment::open_finance::enrollment::{
    Effect, Enrollment, Event, NewCredential, Notice, Step,
};
use serde_json::json;

use super::answer::Answer;
use super::asked::Asked;
use super::once::Once;
use crate::serve::flows::{Deed, Tries, fresh_key};
use crate::serve::http::{App, Caller, Context, Problem};
use crate::serve::storage::{
    self, Change, Credential, CredentialOwner, Lost, Move, NewMessage, Queue, Rule,
};

/// An enrollment as it was read, and when it is judged.
pub(super) struct Loaded {
    pub(super) row: storage::Enrollment,
    pub(super) machine: Enrollment,
    pub(super) now: UnixMillis,
}

impl Loaded {
    pub(super) async fn of(app: &App, row: storage::Enrollment) -> Result<Self, Problem> {
        let machine = read_machine(&row.machine.state)?;
        let now = row.machine.not_before_last_move(app.storage.now().await?);
        Ok(Self { row, machine, now })
    }

    /// What an event makes of it.
    pub(super) fn apply(&self, event: Event) -> Step {
        self.machine.clone().apply(event, self.now)
    }

    /// The enrollment as it is now, with what is overdue ended. Nothing is stored.
    pub(super) fn at_its_time(&self) -> Enrollment {
        self.apply(Event::Tick).state
    }

    /// Stores a state with its effects. Those that are carried out afterwards are left to the caller
    /// of this: judging, and completing a revocation.
    pub(super) fn unit(&self, to: &Enrollment, effects: &[Effect]) -> Result<Vec<Change>, Problem> {
        let mut unit = vec![self.moved(to)?];
        for effect in effects {
            match effect {
                Effect::StoreCredential(credential) => unit.push(self.store(credential)?),
                Effect::RevokeCredential(id) => {
                    let id = id.to_base64url();
                    unit.push(Change::end_credential(&id, "enrollment", self.now));
                }
                Effect::AskAccountHolder => {
                    unit.push(tell("ACCOUNT_HOLDER_ASKED", to, self.now)?);
                }
                Effect::NotifyInitiator(notice) => {
                    let kind = match notice {
                        Notice::StateChanged(_) | Notice::DataChanged => notice.as_str(),
                    };
                    unit.push(tell(kind, to, self.now)?);
                }
                // Nothing is signed from here on, whenever the revocation is completed.
                Effect::CompleteRevocation => {
                    if let Some(id) = self.machine.signer(self.now).credential_id() {
                        let id = id.to_base64url();
                        unit.push(Change::end_credential(&id, "enrollment", self.now));
                    }
                }
                Effect::JudgeRegistration(_) => {}
                // An effect of a later release of the library.
                _ => return Err(Problem::internal()),
            }
        }
        Ok(unit)
    }

    fn moved(&self, to: &Enrollment) -> Result<Change, Problem> {
        let state = to_stored(to)?;
        let row = &self.row;
        let to_row = Move {
            from_revision: row.machine.revision,
            status: to.zro_status().as_str(),
            is_final: is_final(to),
            state: &state,
            now: self.now,
        };
        Ok(Change::move_enrollment(&row.enrollment_id, &to_row, None, None, to.deadline()))
    }

    /// The enrollment as it is once its unit was applied.
    pub(super) fn after(&self, to: Enrollment, now: UnixMillis) -> Self {
        let mut row = self.row.clone();
        row.machine.revision = row.machine.revision.saturating_add(1);
        row.machine.updated_at = row.machine.updated_at.max(self.now);
        Self { now: row.machine.not_before_last_move(now), row, machine: to }
    }

    fn store(&self, new: &NewCredential) -> Result<Change, Problem> {
        let row = &self.row;
        let owner = match (&row.account_key, &row.device_key) {
            (Some(account_key), Some(device_key)) => CredentialOwner::Device {
                account_key: account_key.clone(),
                approver_document_number: row.logged_user_document.clone(),
                device_key: device_key.clone(),
            },
            _ => CredentialOwner::Enrollment { enrollment_id: row.enrollment_id.clone() },
        };
        Ok(Change::add_credential(&Credential {
            credential_id: new.id.to_base64url(),
            owner,
            public_key: new.public_key.as_bytes().to_vec(),
            sign_count: new.sign_count,
            record: serde_json::to_string(new).map_err(|_| Problem::internal())?,
            created_at: new.created_at,
            last_used_at: None,
            revoked_at: None,
        }))
    }
}

/// Tells whoever listens to events, in the unit of what it tells.
fn tell(kind: &str, of: &Enrollment, now: UnixMillis) -> Result<Change, Problem> {
    let id = of.id().to_string();
    let payload = json!({
        "eventType": kind,
        "enrollment_id": id,
        "device_id": of.device_id(),
        "status": of.zro_status(),
        "occurred_at": now.to_string(),
    });
    Ok(Change::send(&NewMessage {
        message_id: &fresh_key()?.to_string(),
        queue: Queue::Event,
        kind,
        subject: &id,
        payload: &payload.to_string(),
        now,
    }))
}

pub(super) fn is_final(enrollment: &Enrollment) -> bool {
    enrollment.cancellation().is_some()
}

/// A machine of a row.
pub(super) fn read_machine<M: Stored>(state: &str) -> Result<M, Problem> {
    M::from_stored(state).map_err(|error: StoredError| {
        tracing::error!(%error, "storage");
        Problem::internal()
    })
}

pub(super) fn to_stored<M: Stored>(machine: &M) -> Result<String, Problem> {
    machine.to_stored().map_err(|error| {
        tracing::error!(%error, "storage");
        Problem::internal()
    })
}

/// Who did something, and what it is called in the audit trail.
#[derive(Clone, Copy)]
pub(super) struct Doing<'a> {
    pub(super) caller: &'a Caller,
    pub(super) known: &'a Context,
    pub(super) action: &'static str,
}

impl<'a> Doing<'a> {
    pub(super) fn of(asked: &'a Asked, action: &'static str) -> Self {
        Self { caller: &asked.caller, known: &asked.known, action }
    }

    /// The entry about an enrollment, in the unit of what was done to it.
    pub(super) fn audit(&self, app: &App, loaded: &Loaded, outcome: &str) -> Change {
        let row = &loaded.row;
        let deed = Deed {
            action: self.action,
            outcome,
            subject_kind: "enrollment",
            subject_key: &row.enrollment_id,
            account_key: row.account_key.as_deref(),
            person: Some(&row.logged_user_document),
        };
        app.flows.audit(self.caller, self.known, deed, loaded.now)
    }
}

/// What became of one event.
pub(super) enum Settled {
    /// It is stored, or changed nothing.
    Answered(Answer),
    /// Somebody was first.
    Lost(Lost),
}

/// Stores what a step made of an enrollment, and says what to answer.
#[allow(clippy::too_many_arguments, reason = "each is one thing, and they are of one unit")]
pub(super) async fn settle(
    app: &App,
    tries: &mut Tries,
    doing: Doing<'_>,
    once: &Once,
    loaded: &Loaded,
    step: &Step,
    more: Vec<Change>,
    accepted: impl FnOnce(&Enrollment) -> Result<Answer, Problem>,
) -> Result<Settled, Problem> {
    let answer = match &step.refusal {
        None => accepted(&step.state)?,
        Some(refusal) => Answer::refused(refusal, doing.known.language(), loaded.now)?,
    };
    if step.state == loaded.machine && more.is_empty() {
        return Ok(Settled::Answered(answer));
    }
    let mut unit = once.before();
    unit.extend(loaded.unit(&step.state, &step.effects)?);
    unit.extend(more);
    unit.push(doing.audit(app, loaded, answer.outcome()));
    unit.extend(once.after(&answer));
    match tries.store(&app.storage, unit).await? {
        Ok(()) => Ok(Settled::Answered(answer)),
        Err(lost) => match once.overtaken(app, lost).await? {
            Some(answer) => Ok(Settled::Answered(answer)),
            None => Ok(Settled::Lost(lost)),
        },
    }
}

/// Whether a lost condition means no more than to read and judge again.
pub(super) fn again(lost: Lost) -> Result<(), Problem> {
    match lost.rule {
        Rule::EnrollmentUnmoved | Rule::ConsentUnmoved | Rule::DeviceUnmoved => Ok(()),
        rule => {
            tracing::error!(?rule, "a condition was lost that nobody competes for");
            Err(Problem::internal())
        }
    }
}

/// Applies one event to an enrollment of the caller's, until it is stored. `found` is the row as it
/// was read to see whose it is; it is judged first.
pub(super) async fn drive(
    app: &App,
    asked: &Asked,
    found: storage::Enrollment,
    once: &Once,
    action: &'static str,
    event: impl Fn() -> Result<Event, Problem>,
    accepted: impl Fn(&Enrollment) -> Result<Answer, Problem>,
) -> Result<Answer, Problem> {
    let doing = Doing::of(asked, action);
    let mut tries = Tries::new();
    let mut row = found;
    loop {
        let loaded = Loaded::of(app, row).await?;
        let step = loaded.apply(event()?);
        let settled =
            settle(app, &mut tries, doing, once, &loaded, &step, Vec::new(), &accepted).await?;
        match settled {
            Settled::Answered(answer) => return Ok(answer),
            Settled::Lost(lost) => again(lost)?,
        }
        row = asked.again(app, &loaded.row).await?;
    }
}
