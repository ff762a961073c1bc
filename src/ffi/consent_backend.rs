//! A payment consent of Open Finance Brasil, as far as an enrolled device approves it, for a backend
//! that stores it.

use std::sync::{Arc, Mutex, PoisonError};

use super::backend::{machine, random, stored, uuid};
use super::border::guarded;
use super::bytes::Bytes;
use super::confidential::Confidential;
use super::error::{EnrollmentError, Fault};
use super::expectation::StoredCredential;
use super::open_finance::{
    CeremonyPlatform, IssuedOptions, OpenFinanceConfiguration, OpenFinanceRefusal, Setting,
};
use super::verdict::VerdictRecord;
use super::verifier::EnrollmentVerifier;
use crate::flow::Uuid4;
use crate::open_finance::consent::{
    AskSigning, AssertionOutcome, Authorise, Consent, ConsentKind, ConsentStatus, Effect, Event,
    JudgeAssertion, NewConsent, Step,
};
use crate::open_finance::enrollment::{DebtorAccount, Enrollment, FreeText};
use crate::open_finance::options::Platform;
use crate::open_finance::{RiskSignals, SignalsDuty};
use crate::time::UnixMillis;
use crate::webauthn::AuthenticationResponse;

/// A new consent.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NewConsentRecord {
    /// Its id, a URN.
    pub id: String,
    /// Whether it is for recurring payments, which the enrollment has to be permitted.
    #[uniffi(default = false)]
    pub recurring: bool,
    /// The account that the initiator named; without one, the enrolled account is taken.
    #[uniffi(default = None)]
    pub account: Option<ConsentAccount>,
    /// Who has to approve beside the person of the device, in the holder's channel: UUIDs of
    /// version 4.
    #[uniffi(default = [])]
    pub further_approvers: Vec<String>,
    /// Until when it has to be authorised, in Unix milliseconds.
    #[uniffi(default = None)]
    pub expires_millis: Option<i64>,
}

/// The account of a consent.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ConsentAccount {
    /// The institution, 8 digits.
    pub ispb: String,
    /// The branch; current and savings accounts have one.
    pub branch: Option<Confidential>,
    /// The number of the account.
    pub number: Confidential,
    /// The type, such as `CACC`.
    pub account_type: String,
}

/// What can be done next with a consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum ConsentNextStep {
    /// The device is given what it has to sign: `ConsentBackend.sign_options`.
    GiveSignOptions,
    /// The device sends what it signed: `ConsentBackend.authorise`.
    Authorise,
    /// Another approver answers in the holder's channel.
    AnswerInChannel,
}

/// Where a consent stands.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ConsentStateView {
    /// The status: `AWAITING_AUTHORISATION`, `PARTIALLY_ACCEPTED`, `AUTHORISED`, `REJECTED`.
    pub status: String,
    /// Why it was rejected, in the contract's word.
    pub rejection: Option<String>,
    /// What can be done next, the most likely first.
    pub next_steps: Vec<ConsentNextStep>,
    /// Whole seconds until it has to be authorised.
    pub seconds_left: Option<u64>,
    /// The options that are issued, until an assertion spends them. There is no flat form of them
    /// but with the enrollment's id.
    pub options: Option<IssuedOptions>,
}

/// What a step leaves the backend to do. Those that store are done in the same unit of work as the
/// state, the others after it.
#[derive(Debug, Clone, uniffi::Enum)]
pub enum ConsentTask {
    /// `ConsentBackend.judge`.
    JudgeAssertion {
        /// What it takes.
        work: Arc<ConsentWork>,
    },
    /// Store the counter of the credential where the old one still stands. Where that is lost, the
    /// report is told again on the state before, with `counter_lost`.
    StoreSignCount {
        /// The credential.
        credential_id: Bytes,
        /// The counter that the assertion was judged against.
        stored_sign_count: u32,
        /// The new counter.
        sign_count: u32,
        /// Whether the key is backed up now.
        backed_up: bool,
    },
    /// `EnrollmentBackend.signing_asked` on this enrollment.
    NoteSigningAsked {
        /// The enrollment.
        enrollment_id: String,
    },
    /// `EnrollmentBackend.signing_done` on this enrollment. Where that refuses, the device was
    /// revoked meanwhile: the report is told with `counter_lost`.
    NoteSigningDone {
        /// The enrollment.
        enrollment_id: String,
    },
}

/// An assertion to judge. It can be judged once.
#[derive(Debug, uniffi::Object)]
pub struct ConsentWork {
    judge: Mutex<Option<Box<JudgeAssertion>>>,
}

/// What came of judging, for the next step.
#[derive(Debug, uniffi::Object)]
pub struct ConsentReport {
    outcome: AssertionOutcome,
}

/// What became of an assertion.
#[derive(Debug, Clone, uniffi::Record)]
pub struct ConsentJudged {
    /// For the next step.
    pub report: Arc<ConsentReport>,
    /// Everything that the verification has to say, for the records.
    pub verdict: VerdictRecord,
}

/// A step.
#[derive(Debug, Clone, uniffi::Record)]
pub struct ConsentStep {
    /// The state to store by one conditional statement, JSON as UTF-8.
    pub stored: Bytes,
    /// Where the consent stands.
    pub view: ConsentStateView,
    /// Why what was asked is refused. The state may have moved all the same.
    pub refusal: Option<OpenFinanceRefusal>,
    /// What to do.
    pub tasks: Vec<ConsentTask>,
}

/// Drives consents. It holds a configuration and a verifier and no state: that is the caller's to
/// store.
#[derive(uniffi::Object)]
pub struct ConsentBackend {
    setting: Setting,
    verifier: Arc<EnrollmentVerifier>,
}

#[uniffi::export]
impl ConsentBackend {
    /// Takes the configuration and the verifier of assertions.
    ///
    /// # Errors
    ///
    /// `Misuse` names what of the configuration cannot be used.
    #[uniffi::constructor]
    pub fn new(
        configuration: OpenFinanceConfiguration,
        verifier: Arc<EnrollmentVerifier>,
    ) -> Result<Arc<Self>, EnrollmentError> {
        guarded(|| Ok(Arc::new(Self { setting: configuration.try_into()?, verifier })))
    }

    /// A consent that waits for its person.
    ///
    /// # Errors
    ///
    /// `Misuse` where the account or the key of an approver has not its form.
    pub fn create(
        &self,
        consent: NewConsentRecord,
        now_millis: i64,
    ) -> Result<ConsentStep, EnrollmentError> {
        guarded(|| {
            let now = UnixMillis(now_millis);
            let account = |account: ConsentAccount| {
                let branch = account.branch.as_ref().map(|branch| branch.0.as_str());
                let (number, kind) = (&account.number.0, &account.account_type);
                DebtorAccount::new(&account.ispb, branch, number, kind)
                    .map_err(|refusal| Fault::Account.of(refusal.to_string()))
            };
            let approvers: Result<Vec<Uuid4>, EnrollmentError> =
                consent.further_approvers.iter().map(|key| uuid(key)).collect();
            let new = NewConsent {
                id: consent.id,
                kind: match consent.recurring {
                    true => ConsentKind::Recurring,
                    false => ConsentKind::Payment,
                },
                debtor_account: consent.account.map(account).transpose()?,
                further_approvers: approvers?,
                expires_at: consent.expires_millis.map(UnixMillis),
            };
            step(Consent::create(new, now).apply(Event::Tick, now), now)
        })
    }

    /// Issues options to sign, by the enrollment of which the stored state is handed over. The same
    /// idempotency key gets the same challenge; `rp` is that of the body, where it has one.
    ///
    /// # Errors
    ///
    /// `Misuse` where a stored state or the random bytes have not their form.
    #[expect(
        clippy::too_many_arguments,
        reason = "they are the request, and this is its only call"
    )]
    pub fn sign_options(
        &self,
        stored: Bytes,
        enrollment: Bytes,
        idempotency_key: String,
        platform: CeremonyPlatform,
        rp: Option<String>,
        entropy: Vec<u8>,
        now_millis: i64,
    ) -> Result<ConsentStep, EnrollmentError> {
        guarded(|| {
            let now = UnixMillis(now_millis);
            let asked = AskSigning {
                signer: machine::<Enrollment>(&enrollment)?.signer(now),
                idempotency_key: FreeText::new(idempotency_key),
                rp,
                platform: platform.into(),
                relying_party: self.setting.relying_party.clone(),
                preferences: self.setting.preferences.clone(),
                entropy: random(&entropy)?,
            };
            apply(&stored, Event::SigningAsked(Box::new(asked)), now)
        })
    }

    /// Judges the body of `POST /consents/{consentId}/authorise`, by the enrollment that it names.
    /// The challenge is spent by this step; the assertion is judged by its work.
    ///
    /// `credential` is the stored record of the enrollment's credential. `native` is whether the
    /// body comes from an app, which on a phone obliges to more risk signals than a browser does.
    ///
    /// # Errors
    ///
    /// `Misuse` where a stored state is none.
    pub fn authorise(
        &self,
        stored: Bytes,
        enrollment: Bytes,
        body: Vec<u8>,
        credential: Option<StoredCredential>,
        native: bool,
        now_millis: i64,
    ) -> Result<ConsentStep, EnrollmentError> {
        guarded(|| {
            let now = UnixMillis(now_millis);
            let consent: Consent = machine(&stored)?;
            let by_kind = if native { Platform::Android } else { Platform::Browser };
            let platform = consent.options().map_or(by_kind, |options| options.platform());
            let duty = SignalsDuty::of(platform, native, self.setting.version);
            let sent = Authorise {
                signer: machine::<Enrollment>(&enrollment)?.signer(now),
                signals: RiskSignals::from_authorise(&body).and_then(|read| read.judge(duty)),
                response: AuthenticationResponse::from_authorise(&body, self.verifier.reading),
                credential: credential.map(Into::into),
            };
            step(consent.apply(Event::AuthoriseSent(Box::new(sent)), now), now)
        })
    }

    /// Judges the assertion.
    ///
    /// # Errors
    ///
    /// `Misuse` where the work was done before.
    pub fn judge(
        &self,
        work: Arc<ConsentWork>,
        now_millis: i64,
    ) -> Result<ConsentJudged, EnrollmentError> {
        guarded(|| {
            let judge = work.judge.lock().unwrap_or_else(PoisonError::into_inner).take();
            let judge = judge.ok_or(Fault::Work)?;
            let EnrollmentVerifier { verifier, verdict_json, .. } = self.verifier.as_ref();
            let (verdict, outcome) = judge.evaluate(verifier, UnixMillis(now_millis));
            let mut record = VerdictRecord::new(&verdict, *verdict_json);
            record.update = outcome.accepted().ok().map(Into::into);
            Ok(ConsentJudged { report: Arc::new(ConsentReport { outcome }), verdict: record })
        })
    }

    /// Tells what came of judging. `risk_is_accepted` is whether the holder takes the risk;
    /// `counter_lost`: the assertion was accepted, and storing its counter lost against another, or
    /// the device was revoked; told on the state that the report was told on first.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none.
    #[uniffi::method(default(counter_lost = false))]
    pub fn report(
        &self,
        stored: Bytes,
        report: Arc<ConsentReport>,
        risk_is_accepted: bool,
        now_millis: i64,
        counter_lost: bool,
    ) -> Result<ConsentStep, EnrollmentError> {
        guarded(|| {
            let outcome = Box::new(report.outcome.clone());
            let event = match counter_lost {
                true => Event::CounterLost(outcome),
                false => Event::AssertionJudged { outcome, risk_is_accepted },
            };
            apply(&stored, event, UnixMillis(now_millis))
        })
    }

    /// One of the further approvers approved in the holder's channel.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none, or the key has not its form.
    pub fn approved_in_channel(
        &self,
        stored: Bytes,
        approver: String,
        now_millis: i64,
    ) -> Result<ConsentStep, EnrollmentError> {
        guarded(|| {
            let event = Event::ApprovedInChannel(uuid(&approver)?);
            apply(&stored, event, UnixMillis(now_millis))
        })
    }

    /// The person, or one of the further approvers, said no in the holder's channel.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none.
    pub fn rejected_in_channel(
        &self,
        stored: Bytes,
        now_millis: i64,
    ) -> Result<ConsentStep, EnrollmentError> {
        guarded(|| apply(&stored, Event::RejectedInChannel, UnixMillis(now_millis)))
    }

    /// Moves what is overdue, and shows where the consent stands.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none.
    pub fn tick(&self, stored: Bytes, now_millis: i64) -> Result<ConsentStep, EnrollmentError> {
        guarded(|| apply(&stored, Event::Tick, UnixMillis(now_millis)))
    }
}

fn apply(stored: &Bytes, event: Event, now: UnixMillis) -> Result<ConsentStep, EnrollmentError> {
    let consent: Consent = machine(stored)?;
    step(consent.apply(event, now), now)
}

fn step(step: Step, now: UnixMillis) -> Result<ConsentStep, EnrollmentError> {
    let Step { state, effects, refusal } = step;
    Ok(ConsentStep {
        stored: stored(&state)?,
        view: view(&state, now)?,
        refusal: refusal.map(|refusal| OpenFinanceRefusal::of(&refusal, now)).transpose()?,
        tasks: effects.into_iter().map(task).collect(),
    })
}

fn view(consent: &Consent, now: UnixMillis) -> Result<ConsentStateView, Fault> {
    let word = |reason| match serde_json::to_value(reason) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        _ => Err(Fault::Internal),
    };
    let options = consent.options().map(|issued| {
        Ok(IssuedOptions {
            credential: Confidential::json(&issued.to_credential(consent.id()))?,
            fido: Confidential::json(&issued.to_fido_sign_options())?,
            webauthn: Confidential::json(&issued.to_webauthn_json())?,
            seconds_left: now.seconds_until(issued.expires_at()),
        })
    });
    let waits = !matches!(consent.status(), ConsentStatus::Authorised | ConsentStatus::Rejected);
    Ok(ConsentStateView {
        status: consent.status().as_str().to_owned(),
        rejection: consent.rejection().map(word).transpose()?,
        next_steps: next_steps(consent, now),
        seconds_left: consent.expires_at().filter(|_| waits).map(|end| now.seconds_until(end)),
        options: options.transpose()?,
    })
}

fn next_steps(consent: &Consent, now: UnixMillis) -> Vec<ConsentNextStep> {
    use ConsentNextStep::{AnswerInChannel, Authorise, GiveSignOptions};
    match consent.status() {
        ConsentStatus::AwaitingAuthorisation => match consent.options() {
            Some(issued) if !now.has_reached(issued.expires_at()) => {
                vec![Authorise, GiveSignOptions]
            }
            Some(_) => vec![GiveSignOptions],
            None if consent.is_judging() => Vec::new(),
            None => vec![GiveSignOptions],
        },
        ConsentStatus::PartiallyAccepted => vec![AnswerInChannel],
        ConsentStatus::Authorised | ConsentStatus::Rejected => Vec::new(),
    }
}

fn task(effect: Effect) -> ConsentTask {
    match effect {
        Effect::JudgeAssertion(judge) => {
            let work = Arc::new(ConsentWork { judge: Mutex::new(Some(judge)) });
            ConsentTask::JudgeAssertion { work }
        }
        Effect::StoreSignCount { credential_id, stored, sign_count, backed_up } => {
            ConsentTask::StoreSignCount {
                credential_id: credential_id.as_bytes().to_vec().into(),
                stored_sign_count: stored,
                sign_count,
                backed_up,
            }
        }
        Effect::NoteSigningAsked(enrollment) => {
            ConsentTask::NoteSigningAsked { enrollment_id: enrollment.to_string() }
        }
        Effect::NoteSigningDone(enrollment) => {
            ConsentTask::NoteSigningDone { enrollment_id: enrollment.to_string() }
        }
    }
}
