//! The enrollment of a device under Open Finance Brasil, as the account holder keeps it: from the
//! request of an initiator over risk signals, the person's approval and the FIDO2 registration to
//! the end of it.
//!
//! The statuses and reasons are those of the Enrollments contract; the times are those that its
//! conformance tests wait for. Every event finds out first whether the enrollment is overdue.
//!
//! A registration has two events. [`Event::RegistrationSent`] spends the challenge and hands out
//! what to judge; once that is stored, the caller judges it and tells the outcome in
//! [`Event::RegistrationJudged`]. So no response is judged twice, and whoever crashes in between
//! has spent the challenge. A second response while one is being judged is refused and decides
//! nothing, so that of many a single one counts.
//!
//! ```
//! use device_enrollment::flow::{Stored as _, Uuid4};
//! use device_enrollment::open_finance::ContractVersion;
//! use device_enrollment::open_finance::enrollment::{CreateRequest, Effect, Enrollment, Event, Status};
//! use device_enrollment::UnixMillis;
//!
//! let body = br#"{"client_redirect_url": "https://payer.example/back", "participant_id": "p",
//!     "logged_user_document": "98765432100", "permissions": ["PAYMENTS_INITIATE"]}"#;
//! let request = CreateRequest::from_zro(body, ContractVersion::V2_1)?;
//! let [id, device_id] = [Uuid4::from_random([1; 16]), Uuid4::from_random([2; 16])];
//! let created = UnixMillis(1_780_272_000_000);
//! let enrollment =
//!     Enrollment::create(id, device_id, request, true, ContractVersion::V2_1, created)?;
//!
//! // One event: store what becomes of it, then do what it asks for, then answer.
//! let step = enrollment.apply(Event::RiskSignals(Ok(())), created.plus_minutes(1));
//! let stored = step.state.to_stored()?;
//! assert!(matches!(step.effects[..], [Effect::AskAccountHolder]));
//! assert_eq!(step.refusal, None);
//!
//! // Nobody answers for fifteen minutes.
//! let late = Enrollment::from_stored(&stored)?.apply(Event::Tick, created.plus_minutes(16));
//! assert_eq!(late.state.status(), Status::Rejected);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod account;
mod cancel;
mod create;
mod registration;
mod stage;
mod view;

pub use account::{Centavos, DebtorAccount, FreeText, Permission, Terms};
pub use cancel::{
    CancelRequest, Cancellation, CancellationReason, CancelledFrom, RejectionReason,
    RevocationReason, RevokeRequest,
};
pub use create::CreateRequest;
pub(super) use registration::attempt_of;
pub use registration::{JudgeRegistration, NewCredential, RegistrationOutcome};
pub use stage::{DeviceStatus, Status, ZroStatus};
pub use view::Signer;
pub(super) use view::Standing;

use serde::{Deserialize, Serialize};

use self::stage::{Binding, Credential, Signing, Stage};
use super::body::{WireForm, unreadable};
use super::options::{
    IssuedRegistration, OpaqueBytes, Platform, Preferences, RegistrationRequest, RelyingParty,
    UserNames,
};
use super::{ContractVersion, OpenFinanceCode, Operation, Refusal};
use crate::flow::{self, Entropy, Stored, Uuid4};
use crate::time::UnixMillis;
use crate::verdict::Failure;
use crate::webauthn::RegistrationResponse;

/// What an event does to an enrollment.
pub type Step = flow::Step<Enrollment, Effect, Refusal>;

/// An enrollment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrollment {
    id: Uuid4,
    device_id: Uuid4,
    version: ContractVersion,
    request: CreateRequest,
    created_at: UnixMillis,
    status_at: UnixMillis,
    stage: Stage,
}

impl Stored for Enrollment {
    const MACHINE: &'static str = "open_finance_enrollment";
    const VERSION: u32 = 1;
}

/// What happens to an enrollment. Its debug form names the event and shows nothing of it.
pub enum Event {
    /// `POST risk-signals`: the signals as they were judged. A missing one ends the enrollment,
    /// one of the wrong form does not.
    RiskSignals(Result<(), Refusal>),
    /// The person approved in the holder's channel.
    HolderApproved(Box<Approval>),
    /// The person or the holder said no before the enrollment could be used.
    HolderRejected {
        /// Why.
        reason: RejectionReason,
        /// What else there is to say; needed for the other reason.
        information: Option<FreeText>,
    },
    /// The person or the holder ended an enrollment that could be used.
    HolderRevoked {
        /// Why.
        reason: RevocationReason,
        /// What else there is to say; needed for the other reason.
        information: Option<FreeText>,
    },
    /// The person or the holder changed limits or the end.
    TermsChanged(Terms),
    /// `POST fido-registration-options`, "Create Open Finance Device Enrollment Credentials".
    OptionsAsked(Box<AskOptions>),
    /// `POST fido-registration`, "Create Open Finance Device Enrollment": the response, or why its
    /// envelope could not be read.
    RegistrationSent {
        /// The response.
        response: Box<Result<RegistrationResponse, Failure>>,
        /// What the members were called.
        form: WireForm,
    },
    /// The registration was judged.
    RegistrationJudged(Box<RegistrationOutcome>),
    /// The registration was accepted, and storing the credential lost against its unique
    /// constraint. In place of [`Event::RegistrationJudged`], on the state that one was given.
    CredentialTaken(Box<RegistrationOutcome>),
    /// `PATCH /enrollments/{enrollmentId}`.
    Cancelled(CancelRequest),
    /// "Revoke Open Finance Enrollment".
    RevokeAsked(RevokeRequest),
    /// What a revocation has to undo is undone.
    RevocationCompleted,
    /// A consent issued signing options for the device.
    SigningAsked,
    /// A consent accepted an assertion of the device.
    SigningDone,
    /// Time has passed.
    Tick,
}

impl core::fmt::Debug for Event {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::RiskSignals(_) => "RiskSignals(..)",
            Self::HolderApproved(_) => "HolderApproved(..)",
            Self::HolderRejected { .. } => "HolderRejected(..)",
            Self::HolderRevoked { .. } => "HolderRevoked(..)",
            Self::TermsChanged(_) => "TermsChanged(..)",
            Self::OptionsAsked(_) => "OptionsAsked(..)",
            Self::RegistrationSent { .. } => "RegistrationSent(..)",
            Self::RegistrationJudged(_) => "RegistrationJudged(..)",
            Self::CredentialTaken(_) => "CredentialTaken(..)",
            Self::Cancelled(_) => "Cancelled(..)",
            Self::RevokeAsked(_) => "RevokeAsked(..)",
            Self::RevocationCompleted => "RevocationCompleted",
            Self::SigningAsked => "SigningAsked",
            Self::SigningDone => "SigningDone",
            Self::Tick => "Tick",
        })
    }
}

/// What the person approved in the holder's channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The account, frozen from here on.
    pub debtor_account: DebtorAccount,
    /// The names of the person for the authenticator.
    pub user: UserNames,
    /// Limits and end.
    pub terms: Terms,
}

/// Asks for registration options.
#[derive(Debug)]
pub struct AskOptions {
    /// `x-idempotency-key`, or the `nonce` where that header is not known. The same key gets the
    /// same challenge.
    pub idempotency_key: FreeText,
    /// The `rp` of the body, where the body has one.
    pub rp: Option<String>,
    /// The `platform` of the body.
    pub platform: Platform,
    /// The relying party that is registered for the initiator.
    pub relying_party: RelyingParty,
    /// Credentials that the person has here already.
    pub exclude_credentials: Vec<OpaqueBytes>,
    /// What is asked of every platform alike.
    pub preferences: Preferences,
    /// Random bytes for the challenge and the user handle.
    pub entropy: Entropy,
}

/// What the caller has to do.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Effect {
    /// Ask the person, in the holder's channel.
    AskAccountHolder,
    /// Judge a registration, and tell the outcome.
    JudgeRegistration(Box<JudgeRegistration>),
    /// Store the credential in the same unit of work as the state, under a unique constraint on
    /// its id. Where that is lost: [`Event::CredentialTaken`].
    StoreCredential(Box<NewCredential>),
    /// The credential may not sign any more.
    RevokeCredential(OpaqueBytes),
    /// Undo what depends on the enrollment, then [`Event::RevocationCompleted`].
    CompleteRevocation,
    /// Tell the initiator by webhook.
    NotifyInitiator(Notice),
}

/// `eventType` of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// The status became `REJECTED` or `REVOKED`.
    StateChanged(Status),
    /// Limits or end were changed.
    DataChanged,
}

impl Notice {
    /// The word as it stands on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StateChanged(_) => "STATE_CHANGED",
            Self::DataChanged => "DATA_CHANGED",
        }
    }
}

impl Enrollment {
    /// Creates an enrollment. `account_is_usable` is what the holder found out about
    /// [`CreateRequest::debtor_account`]; without such an account it does not matter.
    ///
    /// # Errors
    ///
    /// `CONTA_INVALIDA`.
    pub fn create(
        id: Uuid4,
        device_id: Uuid4,
        request: CreateRequest,
        account_is_usable: bool,
        version: ContractVersion,
        now: UnixMillis,
    ) -> Result<Self, Refusal> {
        if request.debtor_account.is_some() && !account_is_usable {
            let code = OpenFinanceCode::ContaInvalida;
            return Err(Refusal::of(Operation::CreateEnrollment, code));
        }
        let stage = Stage::AwaitingRiskSignals;
        Ok(Self { id, device_id, version, request, created_at: now, status_at: now, stage })
    }

    /// What an event does at `now`.
    pub fn apply(self, event: Event, now: UnixMillis) -> Step {
        let (this, mut effects) = self.overdue(now);
        let step = match event {
            Event::RiskSignals(judged) => this.risk_signals(judged, now),
            Event::HolderApproved(approval) => this.approved(*approval, now),
            Event::HolderRejected { reason, information } => {
                this.holder_rejected(reason, information, now)
            }
            Event::HolderRevoked { reason, information } => {
                this.holder_revoked(reason, information, now)
            }
            Event::TermsChanged(terms) => this.terms_changed(terms, now),
            Event::OptionsAsked(asked) => this.options_asked(*asked, now),
            Event::RegistrationSent { response, form } => {
                this.registration_sent(*response, form, now)
            }
            Event::RegistrationJudged(outcome) => this.registration_judged(&outcome, false, now),
            Event::CredentialTaken(outcome) => this.registration_judged(&outcome, true, now),
            Event::Cancelled(request) => this.cancelled(request, now),
            Event::RevokeAsked(request) => this.revoke_asked(request, now),
            Event::RevocationCompleted => this.revocation_completed(now),
            Event::SigningAsked => this.signing(Signing::Waiting, Operation::SignOptions),
            Event::SigningDone => this.signing(Signing::SignedIn, Operation::Authorise),
            Event::Tick => Step::to(this),
        };
        effects.extend(step.effects);
        Step { effects, ..step }
    }

    fn risk_signals(self, judged: Result<(), Refusal>, now: UnixMillis) -> Step {
        match self.stage {
            Stage::AwaitingRiskSignals => {}
            Stage::AwaitingAccountHolderValidation
            | Stage::AwaitingEnrollment { .. }
            | Stage::Authorised { .. }
            | Stage::Revoked { .. }
            | Stage::Rejected { .. } => {
                return self.refuse(Operation::RiskSignals, OpenFinanceCode::StatusVinculoInvalido);
            }
        }
        match judged.map_err(|refusal| refusal.in_operation(Operation::RiskSignals)) {
            Ok(()) => Step::to(self.at(Stage::AwaitingAccountHolderValidation, now))
                .with(Effect::AskAccountHolder),
            Err(refusal) if is_missing(&refusal) => {
                let reason = RejectionReason::InternalSecurity;
                refused_by(self.reject(reason, CancelledFrom::Detentora, now), refusal)
            }
            Err(refusal) => Step::refused(self, refusal),
        }
    }

    fn approved(self, approval: Approval, now: UnixMillis) -> Step {
        match self.stage {
            Stage::AwaitingAccountHolderValidation => {}
            Stage::AwaitingRiskSignals
            | Stage::AwaitingEnrollment { .. }
            | Stage::Authorised { .. }
            | Stage::Revoked { .. }
            | Stage::Rejected { .. } => {
                return self.refuse(
                    Operation::RegistrationOptions,
                    OpenFinanceCode::StatusVinculoInvalido,
                );
            }
        }
        // An account that the initiator named is the one that is approved, or none.
        let asked = self.request.debtor_account.as_ref();
        if asked.is_some_and(|asked| *asked != approval.debtor_account) {
            return self.refuse(Operation::CreateEnrollment, OpenFinanceCode::ContaInvalida);
        }
        let stage =
            Stage::AwaitingEnrollment { approval, challenges: 0, binding: Binding::NotAsked };
        Step::to(self.at(stage, now))
    }

    fn holder_rejected(
        self,
        reason: RejectionReason,
        information: Option<FreeText>,
        now: UnixMillis,
    ) -> Step {
        match self.stage {
            Stage::AwaitingRiskSignals
            | Stage::AwaitingAccountHolderValidation
            | Stage::AwaitingEnrollment { .. } => {}
            Stage::Authorised { .. } | Stage::Revoked { .. } | Stage::Rejected { .. } => {
                return self.refuse(Operation::CancelEnrollment, OpenFinanceCode::StatusInvalido);
            }
        }
        if reason == RejectionReason::Other && information.is_none() {
            return self
                .refuse(Operation::CancelEnrollment, OpenFinanceCode::RejeitadoOutroSemDetalhes);
        }
        // 2.1 has no word for an account of somebody else.
        let (reason, information) = match reason.is_in(self.version) {
            true => (reason, information),
            false => (RejectionReason::Other, Some(FreeText::new(OTHER_HOLDER))),
        };
        let reason = CancellationReason::RejectionReason(reason);
        self.end(CancelledFrom::Detentora, reason, None, information, now)
    }

    fn holder_revoked(
        self,
        reason: RevocationReason,
        information: Option<FreeText>,
        now: UnixMillis,
    ) -> Step {
        match self.stage {
            Stage::Authorised { .. } => {}
            Stage::AwaitingRiskSignals
            | Stage::AwaitingAccountHolderValidation
            | Stage::AwaitingEnrollment { .. }
            | Stage::Revoked { .. }
            | Stage::Rejected { .. } => {
                return self.refuse(Operation::CancelEnrollment, OpenFinanceCode::StatusInvalido);
            }
        }
        if reason == RevocationReason::Other && information.is_none() {
            return self
                .refuse(Operation::CancelEnrollment, OpenFinanceCode::RevogadoOutroSemDetalhes);
        }
        let reason = CancellationReason::RevocationReason(reason);
        self.end(CancelledFrom::Detentora, reason, None, information, now)
    }

    fn terms_changed(mut self, terms: Terms, now: UnixMillis) -> Step {
        match &mut self.stage {
            Stage::AwaitingEnrollment { approval, .. } | Stage::Authorised { approval, .. } => {
                approval.terms = terms;
            }
            Stage::AwaitingRiskSignals
            | Stage::AwaitingAccountHolderValidation
            | Stage::Revoked { .. }
            | Stage::Rejected { .. } => {
                return self.refuse(Operation::CancelEnrollment, OpenFinanceCode::StatusInvalido);
            }
        }
        // An end that is over already ends it now.
        let (state, mut effects) = self.overdue(now);
        effects.insert(0, Effect::NotifyInitiator(Notice::DataChanged));
        Step { effects, ..Step::to(state) }
    }

    fn options_asked(mut self, asked: AskOptions, now: UnixMillis) -> Step {
        const OPERATION: Operation = Operation::RegistrationOptions;
        let (approval, challenges, binding) = match &mut self.stage {
            Stage::AwaitingEnrollment { approval, challenges, binding } => {
                (approval, challenges, binding)
            }
            Stage::AwaitingRiskSignals
            | Stage::AwaitingAccountHolderValidation
            | Stage::Authorised { .. }
            | Stage::Revoked { .. }
            | Stage::Rejected { .. } => {
                return self.refuse(OPERATION, OpenFinanceCode::StatusVinculoInvalido);
            }
        };
        let AskOptions { idempotency_key, rp, platform, relying_party, .. } = asked;
        match binding {
            Binding::Issued { idempotency_key: first, options } if *first == idempotency_key => {
                let same_rp = rp.is_none_or(|rp| rp == options.relying_party().id);
                return if same_rp && platform == options.platform() {
                    Step::to(self)
                } else {
                    self.refuse(OPERATION, OpenFinanceCode::ErroIdempotencia)
                };
            }
            // Its one challenge is spent, and what came of it is not known yet.
            Binding::Judging { .. } => {
                return self.refuse(OPERATION, OpenFinanceCode::StatusVinculoInvalido);
            }
            Binding::NotAsked | Binding::Issued { .. } => {}
        }
        if rp.is_some_and(|rp| rp != relying_party.id) {
            let refusal = Refusal::of(OPERATION, OpenFinanceCode::RpInvalida);
            let reason = RejectionReason::Fido;
            return refused_by(self.reject(reason, CancelledFrom::Detentora, now), refusal);
        }
        if self.version == ContractVersion::V2_2 && *challenges > 0 {
            return self.refuse(OPERATION, OpenFinanceCode::MaximoChallengesAtingido);
        }
        if *challenges >= MOST_CHALLENGES {
            let refusal = Refusal::of(OPERATION, OpenFinanceCode::StatusVinculoInvalido);
            let reason = RejectionReason::MaximumChallenges;
            return refused_by(self.reject(reason, CancelledFrom::Detentora, now), refusal);
        }
        let request = RegistrationRequest {
            platform,
            relying_party,
            user: approval.user.clone(),
            exclude_credentials: asked.exclude_credentials,
            preferences: asked.preferences,
        };
        let mut entropy = asked.entropy;
        let Ok(options) = IssuedRegistration::issue(request, &mut entropy, now) else {
            return Step::refused(self, Refusal::plain(OpenFinanceCode::ErroInterno));
        };
        *challenges = challenges.saturating_add(1);
        // The challenge before it is void: nothing remembers it.
        *binding = Binding::Issued { idempotency_key, options: Box::new(options) };
        Step::to(self)
    }

    fn registration_sent(
        mut self,
        response: Result<RegistrationResponse, Failure>,
        form: WireForm,
        now: UnixMillis,
    ) -> Step {
        const OPERATION: Operation = Operation::Registration;
        let binding = match &mut self.stage {
            Stage::AwaitingEnrollment { binding, .. } => binding,
            Stage::AwaitingRiskSignals
            | Stage::AwaitingAccountHolderValidation
            | Stage::Authorised { .. }
            | Stage::Revoked { .. }
            | Stage::Rejected { .. } => {
                return self.refuse(OPERATION, OpenFinanceCode::StatusVinculoInvalido);
            }
        };
        // An envelope that cannot be read spends nothing.
        let response = match response {
            Ok(response) => response,
            Err(failure) => return Step::refused(self, unreadable(&failure, form)),
        };
        let issued = match binding {
            Binding::Issued { options, .. } if !now.has_reached(options.expires_at()) => options,
            Binding::NotAsked | Binding::Issued { .. } => {
                return self
                    .fido_failed(Refusal::of(OPERATION, OpenFinanceCode::ChallengeInvalido), now);
            }
            Binding::Judging { .. } => {
                return self.refuse(OPERATION, OpenFinanceCode::ChallengeInvalido);
            }
        };
        let judge = JudgeRegistration::new(self.id, self.version, form, issued, response);
        *binding = Binding::Judging {
            attempt: attempt_of(issued.challenge()),
            rp_id: issued.relying_party().id.clone(),
            user_handle: issued.user_handle().clone(),
        };
        Step::to(self).with(Effect::JudgeRegistration(Box::new(judge)))
    }

    fn registration_judged(
        self,
        outcome: &RegistrationOutcome,
        credential_is_taken: bool,
        now: UnixMillis,
    ) -> Step {
        const OPERATION: Operation = Operation::Registration;
        let (approval, attempt, rp_id, user_handle) = match &self.stage {
            Stage::AwaitingEnrollment {
                approval,
                binding: Binding::Judging { attempt, rp_id, user_handle },
                ..
            } => (approval, attempt, rp_id, user_handle),
            Stage::AwaitingEnrollment {
                binding: Binding::NotAsked | Binding::Issued { .. },
                ..
            }
            | Stage::AwaitingRiskSignals
            | Stage::AwaitingAccountHolderValidation
            | Stage::Authorised { .. }
            | Stage::Revoked { .. }
            | Stage::Rejected { .. } => {
                return self.refuse(OPERATION, OpenFinanceCode::StatusVinculoInvalido);
            }
        };
        // What was judged for another enrollment, or another challenge, says nothing about this.
        if !outcome.is_of(self.id, attempt) {
            return self.refuse(OPERATION, OpenFinanceCode::ChallengeInvalido);
        }
        let accepted = match outcome.accepted() {
            Ok(_) if credential_is_taken => {
                let refusal = Refusal::of(OPERATION, OpenFinanceCode::PublicKeyInvalida);
                return self.fido_failed(refusal, now);
            }
            Ok(accepted) => accepted,
            Err(refusal) => return self.fido_failed(*refusal, now),
        };
        let credential =
            NewCredential::new(self.id, rp_id.clone(), user_handle.clone(), accepted, now);
        let stage = Stage::Authorised {
            approval: approval.clone(),
            credential: Credential {
                id: credential.id.clone(),
                user_handle: user_handle.clone(),
                rp_id: rp_id.clone(),
            },
            signing: Signing::NotAsked,
            revocation: None,
        };
        Step::to(self.at(stage, now)).with(Effect::StoreCredential(Box::new(credential)))
    }

    fn cancelled(self, request: CancelRequest, now: UnixMillis) -> Step {
        use OpenFinanceCode as Code;
        const OPERATION: Operation = Operation::CancelEnrollment;
        let CancelRequest { reason, cancelled_by, additional_information } = request;
        let is_described = additional_information.is_some();
        let reason = match (&self.stage, reason) {
            (
                Stage::AwaitingRiskSignals
                | Stage::AwaitingAccountHolderValidation
                | Stage::AwaitingEnrollment { .. },
                Some(CancellationReason::RejectionReason(reason)),
            ) => match reason {
                RejectionReason::Other if !is_described => {
                    return self.refuse(OPERATION, Code::RejeitadoOutroSemDetalhes);
                }
                reason => CancellationReason::RejectionReason(reason),
            },
            (
                Stage::AwaitingRiskSignals
                | Stage::AwaitingAccountHolderValidation
                | Stage::AwaitingEnrollment { .. },
                Some(CancellationReason::RevocationReason(_)) | None,
            ) => return self.refuse(OPERATION, Code::MotivoRejeicao),
            (Stage::Authorised { .. }, Some(CancellationReason::RevocationReason(reason))) => {
                match reason {
                    RevocationReason::Other if !is_described => {
                        return self.refuse(OPERATION, Code::RevogadoOutroSemDetalhes);
                    }
                    reason => CancellationReason::RevocationReason(reason),
                }
            }
            (Stage::Authorised { .. }, Some(CancellationReason::RejectionReason(_)) | None) => {
                return self.refuse(OPERATION, Code::MotivoRevogacao);
            }
            (Stage::Revoked { .. } | Stage::Rejected { .. }, _) => {
                return self.refuse(OPERATION, Code::StatusInvalido);
            }
        };
        self.end(CancelledFrom::Iniciadora, reason, cancelled_by, additional_information, now)
    }

    fn revoke_asked(mut self, request: RevokeRequest, now: UnixMillis) -> Step {
        const OPERATION: Operation = Operation::CancelEnrollment;
        let is_final = matches!(self.stage, Stage::Revoked { .. } | Stage::Rejected { .. });
        if !is_final && request.logged_user != self.request.logged_user {
            return Step::refused(self, Refusal::invalid("logged_user_document"));
        }
        let RevokeRequest { logged_user, additional_information } = request;
        match &mut self.stage {
            Stage::AwaitingRiskSignals
            | Stage::AwaitingAccountHolderValidation
            | Stage::AwaitingEnrollment { .. } => {
                let reason = CancellationReason::RejectionReason(RejectionReason::Manually);
                let from = CancelledFrom::Iniciadora;
                self.end(from, reason, Some(logged_user), additional_information, now)
            }
            Stage::Authorised { revocation: revocation @ None, .. } => {
                *revocation = Some(Cancellation {
                    cancelled_from: CancelledFrom::Iniciadora,
                    reason: CancellationReason::RevocationReason(RevocationReason::Manually),
                    cancelled_by: Some(logged_user),
                    additional_information,
                    at: now,
                });
                Step::to(self).with(Effect::CompleteRevocation)
            }
            // Asked again while it is under way.
            Stage::Authorised { revocation: Some(_), .. } => {
                Step::to(self).with(Effect::CompleteRevocation)
            }
            Stage::Revoked { .. } | Stage::Rejected { .. } => {
                self.refuse(OPERATION, OpenFinanceCode::StatusInvalido)
            }
        }
    }

    fn revocation_completed(self, now: UnixMillis) -> Step {
        match &self.stage {
            Stage::Authorised { revocation: Some(cancellation), .. } => {
                let cancellation = Cancellation { at: now, ..cancellation.clone() };
                self.ended(cancellation, now)
            }
            Stage::AwaitingRiskSignals
            | Stage::AwaitingAccountHolderValidation
            | Stage::AwaitingEnrollment { .. }
            | Stage::Authorised { revocation: None, .. }
            | Stage::Revoked { .. }
            | Stage::Rejected { .. } => {
                self.refuse(Operation::CancelEnrollment, OpenFinanceCode::StatusInvalido)
            }
        }
    }

    fn signing(mut self, to: Signing, operation: Operation) -> Step {
        match &mut self.stage {
            Stage::Authorised { signing, revocation: None, .. } => {
                *signing = to;
                Step::to(self)
            }
            Stage::AwaitingRiskSignals
            | Stage::AwaitingAccountHolderValidation
            | Stage::AwaitingEnrollment { .. }
            | Stage::Authorised { revocation: Some(_), .. }
            | Stage::Revoked { .. }
            | Stage::Rejected { .. } => {
                self.refuse(operation, OpenFinanceCode::StatusVinculoInvalido)
            }
        }
    }

    /// Ends what is over, at whatever event finds it.
    fn overdue(self, now: UnixMillis) -> (Self, Vec<Effect>) {
        let Some(deadline) = self.deadline().filter(|deadline| now.has_reached(*deadline)) else {
            return (self, Vec::new());
        };
        let rejection = CancellationReason::RejectionReason;
        let reason = match self.stage {
            Stage::AwaitingRiskSignals => rejection(RejectionReason::RiskSignalsTimeout),
            Stage::AwaitingAccountHolderValidation => {
                rejection(RejectionReason::AccountHolderValidationTimeout)
            }
            Stage::AwaitingEnrollment { .. } => rejection(RejectionReason::EnrollmentTimeout),
            Stage::Authorised { .. } => {
                CancellationReason::RevocationReason(RevocationReason::Expired)
            }
            Stage::Revoked { .. } | Stage::Rejected { .. } => return (self, Vec::new()),
        };
        // It ended when its time was over, not when somebody looked.
        let step = self.end(CancelledFrom::Detentora, reason, None, None, deadline);
        (step.state, step.effects)
    }

    /// When the enrollment ends if nothing happens: what a caller may want to look for.
    #[must_use]
    pub fn deadline(&self) -> Option<UnixMillis> {
        match &self.stage {
            Stage::AwaitingRiskSignals => Some(self.created_at.plus_minutes(RISK_SIGNALS_MINUTES)),
            Stage::AwaitingAccountHolderValidation => {
                Some(self.status_at.plus_minutes(VALIDATION_MINUTES))
            }
            Stage::AwaitingEnrollment { .. } => Some(self.status_at.plus_minutes(BINDING_MINUTES)),
            Stage::Authorised { approval, .. } => approval.terms.expires_at,
            Stage::Revoked { .. } | Stage::Rejected { .. } => None,
        }
    }

    fn fido_failed(self, refusal: Refusal, now: UnixMillis) -> Step {
        refused_by(self.reject(RejectionReason::Fido, CancelledFrom::Detentora, now), refusal)
    }

    fn reject(self, reason: RejectionReason, from: CancelledFrom, now: UnixMillis) -> Step {
        self.end(from, CancellationReason::RejectionReason(reason), None, None, now)
    }

    fn end(
        self,
        cancelled_from: CancelledFrom,
        reason: CancellationReason,
        cancelled_by: Option<flow::DocumentNumber>,
        additional_information: Option<FreeText>,
        at: UnixMillis,
    ) -> Step {
        let cancellation =
            Cancellation { cancelled_from, reason, cancelled_by, additional_information, at };
        self.ended(cancellation, at)
    }

    fn ended(self, cancellation: Cancellation, at: UnixMillis) -> Step {
        let (approval, credential) = match &self.stage {
            Stage::AwaitingRiskSignals | Stage::AwaitingAccountHolderValidation => (None, None),
            Stage::AwaitingEnrollment { approval, .. } => (Some(approval.clone()), None),
            Stage::Authorised { approval, credential, .. } => {
                (Some(approval.clone()), Some(credential.id.clone()))
            }
            Stage::Revoked { .. } | Stage::Rejected { .. } => return Step::to(self),
        };
        let stage = match cancellation.reason {
            CancellationReason::RejectionReason(_) => Stage::Rejected { approval, cancellation },
            CancellationReason::RevocationReason(_) => Stage::Revoked { approval, cancellation },
        };
        let state = self.at(stage, at);
        let notice = Notice::StateChanged(state.status());
        let mut step = Step::to(state);
        if let Some(id) = credential {
            step = step.with(Effect::RevokeCredential(id));
        }
        step.with(Effect::NotifyInitiator(notice))
    }

    fn at(self, stage: Stage, now: UnixMillis) -> Self {
        Self { stage, status_at: now, ..self }
    }

    fn refuse(self, operation: Operation, code: OpenFinanceCode) -> Step {
        Step::refused(self, Refusal::of(operation, code))
    }
}

/// A step that moves and refuses.
fn refused_by(step: Step, refusal: Refusal) -> Step {
    Step { refusal: Some(refusal), ..step }
}

/// Whether a risk signal is missing, rather than of the wrong form.
fn is_missing(refusal: &Refusal) -> bool {
    use OpenFinanceCode::{FaltamSinaisObrigatoriosDaPlataforma, ParametroNaoInformado};
    let (code, status) = (refusal.code(), refusal.status());
    status == 422 && matches!(code, ParametroNaoInformado | FaltamSinaisObrigatoriosDaPlataforma)
}

/// How long the conformance tests of Open Finance Brasil wait in the three waiting statuses.
const RISK_SIGNALS_MINUTES: u32 = 5;
const VALIDATION_MINUTES: u32 = 15;
const BINDING_MINUTES: u32 = 5;

/// 2.1 issues a challenge at each call; one more than this many for one enrollment ends it.
const MOST_CHALLENGES: u8 = 10;

/// What 2.1 is told where the account is somebody else's.
const OTHER_HOLDER: &str = "Titularidade divergente";
