//! An enrollment of Open Finance Brasil at the account holder, for a backend that stores it.
//!
//! Every step gives the state to store and the tasks to do. A registration takes two: the first
//! spends the challenge, and what comes of judging is told in the second.

use std::sync::{Arc, Mutex, PoisonError};

use super::backend::{machine, random, stored, uuid};
use super::border::guarded;
use super::bytes::Bytes;
use super::confidential::Confidential;
use super::error::{EnrollmentError, Fault};
use super::evidence::{DeviceEvidenceSource, ExpectedApp};
use super::open_finance::{
    CeremonyPlatform, IssuedOptions, OpenFinanceConfiguration, OpenFinanceRefusal, Setting,
};
use super::verdict::{CredentialToStore, VerdictRecord};
use super::verifier::EnrollmentVerifier;
use crate::encoding::hex;
use crate::open_finance::enrollment::{
    Approval, AskOptions, CancelRequest, Centavos, CreateRequest, DebtorAccount, Effect,
    Enrollment, Event, FreeText, JudgeRegistration, NewCredential, Notice, RegistrationOutcome,
    RejectionReason, RevocationReason, RevokeRequest, Status, Step, Terms, ZroStatus,
};
use crate::open_finance::options::{OpaqueBytes, UserNames};
use crate::open_finance::{ContractVersion, Refusal, RiskSignals, SignalsDuty, WireForm};
use crate::time::UnixMillis;
use crate::webauthn::RegistrationResponse;

/// Whose names the members of a body have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum BodyForm {
    /// The flat bodies of the device pages: "Create Open Finance Enrollment",
    /// `device_credential_*`.
    Flat,
    /// The bodies of the Open Finance Brasil contract.
    OpenFinanceBrasil,
}

/// What the person approved in the holder's channel.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct HolderApproval {
    /// The institution, 8 digits.
    pub ispb: String,
    /// The branch; current and savings accounts have one.
    pub branch: Option<Confidential>,
    /// The number of the account.
    pub number: Confidential,
    /// The type, such as `CACC`.
    pub account_type: String,
    /// What the person reads beside the credential.
    pub user_name: Confidential,
    /// The person's name.
    pub user_display_name: Confidential,
    /// Limits and end.
    pub terms: EnrollmentTerms,
}

/// What the holder and the person agreed on.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct EnrollmentTerms {
    /// The most that one payment may come to, `1234.50`.
    #[uniffi(default = None)]
    pub transaction_limit: Option<String>,
    /// The most that the payments of a day may come to.
    #[uniffi(default = None)]
    pub daily_limit: Option<String>,
    /// When the enrollment ends, in Unix milliseconds; without it, never.
    #[uniffi(default = None)]
    pub expires_millis: Option<i64>,
}

/// What can be done next with an enrollment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum EnrollmentNextStep {
    /// The initiator sends risk signals.
    SendRiskSignals,
    /// The person answers in the holder's channel.
    AnswerOfHolder,
    /// The initiator asks for options.
    AskOptions,
    /// The device sends the credential that it made.
    SendRegistration,
    /// A consent is approved with it.
    ApproveConsent,
    /// What a revocation has to undo is undone.
    CompleteRevocation,
    /// Either side ends it.
    End,
}

/// Where an enrollment stands.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct EnrollmentStateView {
    /// The status in the Open Finance Brasil contract: `AWAITING_RISK_SIGNALS`.
    pub status: String,
    /// The status as "Get Open Finance Enrollment by ID" has it.
    pub enrollment_status: String,
    /// The status of the device enrollment; none while the person is asked.
    pub device_status: Option<String>,
    /// Why it ended, in the contract's word.
    pub ended_by: Option<String>,
    /// What can be done next, the most likely first.
    pub next_steps: Vec<EnrollmentNextStep>,
    /// Whole seconds until it ends if nothing happens.
    pub seconds_left: Option<u64>,
    /// `data` of `GET /enrollments/{enrollmentId}`, JSON.
    pub open_finance: Confidential,
    /// The body of "Get Open Finance Enrollment by ID", JSON.
    pub enrollment: Confidential,
    /// The body of "Create Open Finance Device Enrollment", JSON.
    pub device: Confidential,
    /// The options that are issued, until a response spends them.
    pub options: Option<IssuedOptions>,
}

/// What a step leaves the backend to do. Those that store are done in the same unit of work as the
/// state, the others after it.
#[derive(Debug, Clone, uniffi::Enum)]
#[expect(clippy::large_enum_variant, reason = "there is one of a step, and it is moved once")]
pub enum EnrollmentTask {
    /// Ask the person, in the holder's channel.
    AskAccountHolder,
    /// `EnrollmentBackend.judge`.
    JudgeRegistration {
        /// What it takes.
        work: Arc<EnrollmentWork>,
    },
    /// Store the credential under a unique constraint on its id. Where that is lost, the report is
    /// told again on the state before, with `credential_taken`.
    StoreCredential {
        /// The enrollment that it belongs to.
        enrollment_id: String,
        /// The relying party that it was made for.
        rp_id: String,
        /// The handle that stands for the person in it.
        user_handle: Bytes,
        /// The credential. The app's own key is in the verdict.
        credential: CredentialToStore,
    },
    /// The credential may not sign any more.
    RevokeCredential {
        /// The credential.
        credential_id: Bytes,
    },
    /// Undo what depends on the enrollment, then `EnrollmentBackend.revocation_completed`.
    CompleteRevocation,
    /// Tell the initiator by webhook.
    NotifyInitiator {
        /// `eventType`: `STATE_CHANGED` or `DATA_CHANGED`.
        event_type: String,
    },
}

/// A registration to judge. It can be judged once.
#[derive(Debug, uniffi::Object)]
pub struct EnrollmentWork {
    judge: Mutex<Option<Box<JudgeRegistration>>>,
}

/// What came of judging, for the next step.
#[derive(Debug, uniffi::Object)]
pub struct EnrollmentReport {
    outcome: RegistrationOutcome,
}

/// What became of a registration.
#[derive(Debug, Clone, uniffi::Record)]
pub struct EnrollmentJudged {
    /// For the next step.
    pub report: Arc<EnrollmentReport>,
    /// Everything that the verification has to say, for the records.
    pub verdict: VerdictRecord,
}

/// A step.
#[derive(Debug, Clone, uniffi::Record)]
pub struct EnrollmentStep {
    /// The state to store by one conditional statement, JSON as UTF-8; none where nothing came to
    /// be.
    pub stored: Option<Bytes>,
    /// Where the enrollment stands.
    pub view: Option<EnrollmentStateView>,
    /// Why what was asked is refused. The state may have moved all the same.
    pub refusal: Option<OpenFinanceRefusal>,
    /// What to do.
    pub tasks: Vec<EnrollmentTask>,
}

/// Drives enrollments. It holds a configuration and a verifier and no state: that is the caller's to
/// store.
#[derive(uniffi::Object)]
pub struct EnrollmentBackend {
    setting: Setting,
    verifier: Arc<EnrollmentVerifier>,
}

#[uniffi::export]
impl EnrollmentBackend {
    /// Takes the configuration and the verifier of registrations.
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

    /// Creates an enrollment. The two ids are new UUIDs of version 4; `account_is_usable` is what the
    /// holder found out about the account of the body, if that names one.
    ///
    /// # Errors
    ///
    /// `Misuse` where an id has not its form.
    pub fn create(
        &self,
        body: Vec<u8>,
        form: BodyForm,
        enrollment_id: String,
        device_id: String,
        account_is_usable: bool,
        now_millis: i64,
    ) -> Result<EnrollmentStep, EnrollmentError> {
        guarded(|| {
            let (id, device_id) = (uuid(&enrollment_id)?, uuid(&device_id)?);
            let (version, now) = (self.setting.version, UnixMillis(now_millis));
            let request = match form {
                BodyForm::Flat => CreateRequest::from_zro(&body, version),
                BodyForm::OpenFinanceBrasil => CreateRequest::from_open_finance(&body, version),
            };
            let created = request.and_then(|request| {
                Enrollment::create(id, device_id, request, account_is_usable, version, now)
            });
            match created {
                Ok(enrollment) => {
                    self.step(Step { state: enrollment, effects: Vec::new(), refusal: None }, now)
                }
                Err(refusal) => refused(&refusal, now),
            }
        })
    }

    /// Judges risk signals. `native_phone` is whether they come from an app on a phone, which obliges
    /// to more of them than a browser does.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none.
    pub fn risk_signals(
        &self,
        stored: Bytes,
        body: Vec<u8>,
        form: BodyForm,
        native_phone: bool,
        now_millis: i64,
    ) -> Result<EnrollmentStep, EnrollmentError> {
        guarded(|| {
            let read = match form {
                BodyForm::Flat => RiskSignals::from_device_risk_signal(&body),
                BodyForm::OpenFinanceBrasil => RiskSignals::from_risk_signals(&body),
            };
            let duty = if native_phone { SignalsDuty::Phone } else { SignalsDuty::None };
            let judged = read.and_then(|signals| signals.judge(duty));
            self.apply(&stored, Event::RiskSignals(judged), now_millis)
        })
    }

    /// The person approved in the holder's channel.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none, or the account or an amount has not its form.
    pub fn holder_approved(
        &self,
        stored: Bytes,
        approval: HolderApproval,
        now_millis: i64,
    ) -> Result<EnrollmentStep, EnrollmentError> {
        guarded(|| {
            let branch = approval.branch.as_ref().map(|branch| branch.0.as_str());
            let account = DebtorAccount::new(
                &approval.ispb,
                branch,
                &approval.number.0,
                &approval.account_type,
            );
            let name = approval.user_name.0;
            let user = UserNames { name, display_name: approval.user_display_name.0 };
            let approval = Approval {
                debtor_account: account
                    .map_err(|refusal| Fault::Account.of(refusal.to_string()))?,
                user,
                terms: terms(&approval.terms)?,
            };
            self.apply(&stored, Event::HolderApproved(Box::new(approval)), now_millis)
        })
    }

    /// The person or the holder said no before the enrollment could be used, for a reason of the
    /// contract: `REJEITADO_MANUALMENTE`.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none, or the reason is none.
    pub fn holder_rejected(
        &self,
        stored: Bytes,
        reason: String,
        information: Option<Confidential>,
        now_millis: i64,
    ) -> Result<EnrollmentStep, EnrollmentError> {
        guarded(|| {
            let reason = RejectionReason::from_word(&reason).ok_or(Fault::Word)?;
            let information = information.map(|text| FreeText::new(text.0));
            self.apply(&stored, Event::HolderRejected { reason, information }, now_millis)
        })
    }

    /// The person or the holder ended an enrollment that could be used, for a reason of the contract:
    /// `REVOGADO_MANUALMENTE`.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none, or the reason is none.
    pub fn holder_revoked(
        &self,
        stored: Bytes,
        reason: String,
        information: Option<Confidential>,
        now_millis: i64,
    ) -> Result<EnrollmentStep, EnrollmentError> {
        guarded(|| {
            let reason = RevocationReason::from_word(&reason).ok_or(Fault::Word)?;
            let information = information.map(|text| FreeText::new(text.0));
            self.apply(&stored, Event::HolderRevoked { reason, information }, now_millis)
        })
    }

    /// The person or the holder changed limits or the end.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none, or an amount has not its form.
    pub fn terms_changed(
        &self,
        stored: Bytes,
        changed: EnrollmentTerms,
        now_millis: i64,
    ) -> Result<EnrollmentStep, EnrollmentError> {
        guarded(|| self.apply(&stored, Event::TermsChanged(terms(&changed)?), now_millis))
    }

    /// Issues options to register. The same idempotency key gets the same challenge; `rp` is that of
    /// the body, where it has one.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state or the random bytes have not their form.
    #[expect(
        clippy::too_many_arguments,
        reason = "they are the request, and this is its only call"
    )]
    pub fn options(
        &self,
        stored: Bytes,
        idempotency_key: String,
        platform: CeremonyPlatform,
        rp: Option<String>,
        exclude_credentials: Vec<Bytes>,
        entropy: Vec<u8>,
        now_millis: i64,
    ) -> Result<EnrollmentStep, EnrollmentError> {
        guarded(|| {
            let asked = AskOptions {
                idempotency_key: FreeText::new(idempotency_key),
                rp,
                platform: platform.into(),
                relying_party: self.setting.relying_party.clone(),
                exclude_credentials: exclude_credentials
                    .into_iter()
                    .map(|id| OpaqueBytes::new(id.0))
                    .collect(),
                preferences: self.setting.preferences.clone(),
                entropy: random(&entropy)?,
            };
            self.apply(&stored, Event::OptionsAsked(Box::new(asked)), now_millis)
        })
    }

    /// Takes the credential that the device made. The challenge is spent by this step; the
    /// registration is judged by its work. An envelope that cannot be read spends nothing.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none.
    pub fn register(
        &self,
        stored: Bytes,
        body: Vec<u8>,
        form: BodyForm,
        now_millis: i64,
    ) -> Result<EnrollmentStep, EnrollmentError> {
        guarded(|| {
            let reading = self.verifier.reading;
            let (response, form) = match form {
                BodyForm::Flat => (
                    RegistrationResponse::from_device_credential(&body, reading),
                    WireForm::DeviceCredential,
                ),
                BodyForm::OpenFinanceBrasil => (
                    RegistrationResponse::from_fido_registration(&body, reading),
                    WireForm::OpenFinance,
                ),
            };
            let response = Box::new(response);
            self.apply(&stored, Event::RegistrationSent { response, form }, now_millis)
        })
    }

    /// Judges the registration, with the evidence of the app and the device if some came beside it;
    /// `app` is the one that is expected on an Apple device.
    ///
    /// # Errors
    ///
    /// `Misuse` where the work was done before, or evidence of an app came and none is expected;
    /// `Malformed` where the evidence cannot be read, after which the work can be done without it.
    #[uniffi::method(default(evidence = None, app = None))]
    pub fn judge(
        &self,
        work: Arc<EnrollmentWork>,
        now_millis: i64,
        evidence: Option<DeviceEvidenceSource>,
        app: Option<ExpectedApp>,
    ) -> Result<EnrollmentJudged, EnrollmentError> {
        guarded(|| {
            let evidence = evidence.map(|sent| sent.judged_for(app.as_ref())).transpose()?;
            let judge = work.judge.lock().unwrap_or_else(PoisonError::into_inner).take();
            let judge = judge.ok_or(Fault::Work)?;
            let EnrollmentVerifier { verifier, verdict_json, .. } = self.verifier.as_ref();
            let now = UnixMillis(now_millis);
            let (verdict, outcome) = match &evidence {
                None => judge.evaluate(verifier, now),
                Some(one) => judge.evaluate_with_evidence(verifier, one, now),
            };
            let mut record = VerdictRecord::new(&verdict, *verdict_json);
            record.credential = outcome.accepted().ok().map(Into::into);
            let report = Arc::new(EnrollmentReport { outcome });
            Ok(EnrollmentJudged { report, verdict: record })
        })
    }

    /// Tells what came of judging. `credential_taken`: the credential was accepted, and storing it
    /// lost against its unique constraint; told on the state that the report was told on first.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none.
    #[uniffi::method(default(credential_taken = false))]
    pub fn report(
        &self,
        stored: Bytes,
        report: Arc<EnrollmentReport>,
        now_millis: i64,
        credential_taken: bool,
    ) -> Result<EnrollmentStep, EnrollmentError> {
        guarded(|| {
            let outcome = Box::new(report.outcome.clone());
            let event = match credential_taken {
                true => Event::CredentialTaken(outcome),
                false => Event::RegistrationJudged(outcome),
            };
            self.apply(&stored, event, now_millis)
        })
    }

    /// Judges the body that ends an enrollment: `PATCH /enrollments/{enrollmentId}` of the contract,
    /// or "Revoke Open Finance Enrollment" in the flat form.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none.
    pub fn end(
        &self,
        stored: Bytes,
        body: Vec<u8>,
        form: BodyForm,
        now_millis: i64,
    ) -> Result<EnrollmentStep, EnrollmentError> {
        guarded(|| {
            let event = match form {
                BodyForm::Flat => RevokeRequest::from_zro(&body).map(Event::RevokeAsked),
                BodyForm::OpenFinanceBrasil => {
                    CancelRequest::from_open_finance(&body, self.setting.version)
                        .map(Event::Cancelled)
                }
            };
            match event {
                Ok(event) => self.apply(&stored, event, now_millis),
                Err(refusal) => refused(&refusal, UnixMillis(now_millis)),
            }
        })
    }

    /// What a revocation has to undo is undone.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none.
    pub fn revocation_completed(
        &self,
        stored: Bytes,
        now_millis: i64,
    ) -> Result<EnrollmentStep, EnrollmentError> {
        guarded(|| self.apply(&stored, Event::RevocationCompleted, now_millis))
    }

    /// A consent issued signing options for the device (`ConsentTask.NoteSigningAsked`).
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none.
    pub fn signing_asked(
        &self,
        stored: Bytes,
        now_millis: i64,
    ) -> Result<EnrollmentStep, EnrollmentError> {
        guarded(|| self.apply(&stored, Event::SigningAsked, now_millis))
    }

    /// A consent accepted an assertion of the device (`ConsentTask.NoteSigningDone`).
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none.
    pub fn signing_done(
        &self,
        stored: Bytes,
        now_millis: i64,
    ) -> Result<EnrollmentStep, EnrollmentError> {
        guarded(|| self.apply(&stored, Event::SigningDone, now_millis))
    }

    /// Moves what is overdue, and shows where the enrollment stands.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none.
    pub fn tick(&self, stored: Bytes, now_millis: i64) -> Result<EnrollmentStep, EnrollmentError> {
        guarded(|| self.apply(&stored, Event::Tick, now_millis))
    }
}

impl EnrollmentBackend {
    fn apply(
        &self,
        stored: &Bytes,
        event: Event,
        now_millis: i64,
    ) -> Result<EnrollmentStep, EnrollmentError> {
        let now = UnixMillis(now_millis);
        let enrollment: Enrollment = machine(stored)?;
        self.step(enrollment.apply(event, now), now)
    }

    fn step(&self, step: Step, now: UnixMillis) -> Result<EnrollmentStep, EnrollmentError> {
        let Step { state, effects, refusal } = step;
        let refusal = refusal.map(|refusal| OpenFinanceRefusal::of(&refusal, now)).transpose()?;
        Ok(EnrollmentStep {
            stored: Some(stored(&state)?),
            view: Some(self.view(&state, now)?),
            refusal,
            tasks: effects.into_iter().map(task).collect(),
        })
    }

    fn view(&self, enrollment: &Enrollment, now: UnixMillis) -> Result<EnrollmentStateView, Fault> {
        let ended = enrollment.cancellation().map(|ended| {
            use crate::open_finance::enrollment::CancellationReason as Reason;
            match ended.reason {
                Reason::RejectionReason(reason) => reason.as_str().to_owned(),
                Reason::RevocationReason(reason) => reason.as_str().to_owned(),
            }
        });
        let id = enrollment.id().to_string();
        let options = enrollment.options().map(|issued| {
            Ok(IssuedOptions {
                credential: Confidential::json(&issued.to_credential(&id))?,
                fido: Confidential::json(
                    &issued.to_fido_registration_options(&enrollment.urn(&self.setting.namespace)),
                )?,
                webauthn: Confidential::json(&issued.to_webauthn_json())?,
                seconds_left: now.seconds_until(issued.expires_at()),
            })
        });
        Ok(EnrollmentStateView {
            status: enrollment.status().as_str().to_owned(),
            enrollment_status: enrollment.zro_status().as_str().to_owned(),
            device_status: enrollment.device_status().map(|status| status.as_str().to_owned()),
            ended_by: ended,
            next_steps: next_steps(enrollment, now),
            seconds_left: enrollment.deadline().map(|deadline| now.seconds_until(deadline)),
            open_finance: Confidential::json(&enrollment.to_open_finance(&self.setting.namespace))?,
            enrollment: Confidential::json(&enrollment.to_zro())?,
            device: Confidential::json(&enrollment.to_device())?,
            options: options.transpose()?,
        })
    }
}

fn next_steps(enrollment: &Enrollment, now: UnixMillis) -> Vec<EnrollmentNextStep> {
    use EnrollmentNextStep::{
        AnswerOfHolder, ApproveConsent, AskOptions, CompleteRevocation, End, SendRegistration,
        SendRiskSignals,
    };
    match enrollment.status() {
        Status::AwaitingRiskSignals => vec![SendRiskSignals, End],
        Status::AwaitingAccountHolderValidation => vec![AnswerOfHolder, End],
        Status::AwaitingEnrollment => match enrollment.options() {
            Some(issued) => {
                let send = (!now.has_reached(issued.expires_at())).then_some(SendRegistration);
                // 2.2 issues one challenge.
                let again = (enrollment.version() == ContractVersion::V2_1).then_some(AskOptions);
                [send, again, Some(End)].into_iter().flatten().collect()
            }
            None if enrollment.zro_status() == ZroStatus::AwaitingEnrollment => {
                vec![AskOptions, End]
            }
            // A response is being judged.
            None => vec![End],
        },
        Status::Authorised if enrollment.zro_status() == ZroStatus::PendingRevoke => {
            vec![CompleteRevocation]
        }
        Status::Authorised => vec![ApproveConsent, End],
        Status::Revoked | Status::Rejected => Vec::new(),
    }
}

fn refused(refusal: &Refusal, now: UnixMillis) -> Result<EnrollmentStep, EnrollmentError> {
    let refusal = Some(OpenFinanceRefusal::of(refusal, now)?);
    Ok(EnrollmentStep { stored: None, view: None, refusal, tasks: Vec::new() })
}

fn task(effect: Effect) -> EnrollmentTask {
    match effect {
        Effect::AskAccountHolder => EnrollmentTask::AskAccountHolder,
        Effect::JudgeRegistration(judge) => {
            let work = Arc::new(EnrollmentWork { judge: Mutex::new(Some(judge)) });
            EnrollmentTask::JudgeRegistration { work }
        }
        Effect::StoreCredential(new) => EnrollmentTask::StoreCredential {
            enrollment_id: new.enrollment_id.to_string(),
            rp_id: new.rp_id.clone(),
            user_handle: new.user_handle.as_bytes().to_vec().into(),
            credential: (&*new).into(),
        },
        Effect::RevokeCredential(id) => {
            EnrollmentTask::RevokeCredential { credential_id: id.as_bytes().to_vec().into() }
        }
        Effect::CompleteRevocation => EnrollmentTask::CompleteRevocation,
        Effect::NotifyInitiator(notice) => {
            EnrollmentTask::NotifyInitiator { event_type: Notice::as_str(notice).to_owned() }
        }
    }
}

impl From<&NewCredential> for CredentialToStore {
    fn from(new: &NewCredential) -> Self {
        Self {
            id: new.id.as_bytes().to_vec().into(),
            public_key: new.public_key.as_bytes().to_vec().into(),
            algorithm: new.algorithm,
            sign_count: new.sign_count,
            user_verified: new.user_verified,
            backup_eligible: new.backup_eligible,
            backed_up: new.backed_up,
            attestation_type: new.attestation_type.as_str().to_owned(),
            aaguid: hex::uuid(&new.aaguid),
            aaguid_verified: new.aaguid_verified,
            transports: new.transports.clone(),
            app_key: None,
        }
    }
}

fn terms(stated: &EnrollmentTerms) -> Result<Terms, EnrollmentError> {
    let amount = |text: &Option<String>| {
        let read = text.as_deref().map(|text| Centavos::parse(text).ok_or(Fault::Amount));
        read.transpose()
    };
    Ok(Terms {
        transaction_limit: amount(&stated.transaction_limit)?,
        daily_limit: amount(&stated.daily_limit)?,
        expires_at: stated.expires_millis.map(UnixMillis),
    })
}
