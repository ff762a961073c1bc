//! A payment consent, as far as an enrolled device approves it: `fido-sign-options` and
//! `POST /consents/{consentId}/authorise` of the Open Finance Brasil contract.
//!
//! The challenge is stored in the consent, beside the enrollment that it was issued to, so an
//! assertion approves this consent by that device and nothing else. As with a registration, one
//! event spends the challenge and the next tells what came of it.
//!
//! Any 422 of `authorise` rejects a consent that waits; a consent that is decided stays as it is.
//! Two refusals leave it waiting: the enrollment that its person has not yet approved, as the
//! conformance tests have it, and a second assertion while one is being judged, which decides
//! nothing.

mod assertion;

pub use assertion::{AssertionOutcome, JudgeAssertion};

use serde::{Deserialize, Serialize};

use super::body::{WireForm, unreadable};
use super::enrollment::{DebtorAccount, FreeText, Permission, Signer, Standing, attempt_of};
use super::options::{
    IssuedSigning, OpaqueBytes, Platform, Preferences, RelyingParty, SigningRequest,
};
use super::{ContractVersion, OpenFinanceCode, Operation, Refusal};
use crate::flow::{self, Entropy, Stored, Uuid4};
use crate::time::UnixMillis;
use crate::verdict::Failure;
use crate::webauthn::{AuthenticationResponse, CredentialRecord};

/// What an event does to a consent.
pub type Step = flow::Step<Consent, Effect, Refusal>;

/// A consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    id: String,
    kind: ConsentKind,
    debtor_account: Option<DebtorAccount>,
    further_approvers: Vec<Uuid4>,
    created_at: UnixMillis,
    expires_at: Option<UnixMillis>,
    status_at: UnixMillis,
    stage: Stage,
}

impl Stored for Consent {
    const MACHINE: &'static str = "open_finance_consent";
    const VERSION: u32 = 1;
}

/// What a consent is asked for.
#[derive(Debug, Clone)]
pub struct NewConsent {
    /// The consent's id, a URN.
    pub id: String,
    /// What it is for.
    pub kind: ConsentKind,
    /// The account that the initiator named; without one, the enrolled account is filled in.
    pub debtor_account: Option<DebtorAccount>,
    /// Who has to approve beside the person of the device, in the holder's channel.
    pub further_approvers: Vec<Uuid4>,
    /// Until when it has to be authorised.
    pub expires_at: Option<UnixMillis>,
}

/// What a consent is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentKind {
    /// A payment.
    Payment,
    /// 2.2: recurring payments, which the enrollment has to be permitted.
    Recurring,
}

/// Where a consent stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
enum Stage {
    AwaitingAuthorisation { signing: Signing },
    PartiallyAccepted { enrollment: Uuid4, missing: Vec<Uuid4> },
    Authorised { enrollment: Uuid4 },
    Rejected { reason: ConsentRejection },
}

/// How far the signing has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "signing", rename_all = "snake_case", deny_unknown_fields)]
enum Signing {
    NotAsked,
    Issued {
        enrollment: Uuid4,
        idempotency_key: FreeText,
        options: Box<IssuedSigning>,
    },
    /// The challenge is spent, and its assertion is being judged.
    Judging {
        enrollment: Uuid4,
        attempt: OpaqueBytes,
    },
}

/// The status of a consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConsentStatus {
    /// Waiting for the person.
    AwaitingAuthorisation,
    /// The device approved; others have to.
    PartiallyAccepted,
    /// Everybody approved.
    Authorised,
    /// It will not be paid.
    Rejected,
}

impl ConsentStatus {
    /// The word as it stands on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingAuthorisation => "AWAITING_AUTHORISATION",
            Self::PartiallyAccepted => "PARTIALLY_ACCEPTED",
            Self::Authorised => "AUTHORISED",
            Self::Rejected => "REJECTED",
        }
    }
}

/// Why a consent was rejected, in the words of the Payments contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConsentRejection {
    /// The amount is not valid.
    ValorInvalido,
    /// Not stated: also for an assertion that was not accepted, for which there is no word.
    NaoInformado,
    /// A fault of the holder's systems.
    FalhaInfraestrutura,
    /// It was not authorised in time.
    TempoExpiradoAutorizacao,
    /// It was not used in time.
    TempoExpiradoConsumo,
    /// The person said no.
    RejeitadoUsuario,
    /// Payer and payee are one account.
    ContasOrigemDestinoIguais,
    /// The account may not pay.
    ContaNaoPermitePagamento,
    /// Not enough money.
    SaldoInsuficiente,
    /// More than the limits allow.
    ValorAcimaLimite,
    /// The QR code is not valid.
    QrcodeInvalido,
}

/// What happens to a consent.
#[derive(Debug)]
pub enum Event {
    /// `POST fido-sign-options`.
    SigningAsked(Box<AskSigning>),
    /// `POST /consents/{consentId}/authorise`.
    AuthoriseSent(Box<Authorise>),
    /// The assertion was judged.
    AssertionJudged {
        /// What came of it.
        outcome: Box<AssertionOutcome>,
        /// Whether the holder takes the risk.
        risk_is_accepted: bool,
    },
    /// The assertion was accepted, and storing its counter lost against another assertion. In
    /// place of [`Event::AssertionJudged`], on the state that one was given.
    CounterLost(Box<AssertionOutcome>),
    /// One of the further approvers approved in the holder's channel.
    ApprovedInChannel(Uuid4),
    /// The person, or one of the further approvers, said no in the holder's channel.
    RejectedInChannel,
    /// Time has passed.
    Tick,
}

/// Asks for signing options.
#[derive(Debug)]
pub struct AskSigning {
    /// The enrollment that will sign.
    pub signer: Signer,
    /// `x-idempotency-key`. The same key gets the same challenge.
    pub idempotency_key: FreeText,
    /// The `rp` of the body, where the body has one.
    pub rp: Option<String>,
    /// The `platform` of the body.
    pub platform: Platform,
    /// The relying party that is registered for the initiator.
    pub relying_party: RelyingParty,
    /// What is asked of every platform alike.
    pub preferences: Preferences,
    /// Random bytes for the challenge.
    pub entropy: Entropy,
}

/// Asks to authorise. Its debug form shows nothing of the assertion and the credential.
pub struct Authorise {
    /// The enrollment of the body.
    pub signer: Signer,
    /// The risk signals of the body, as they were judged.
    pub signals: Result<(), Refusal>,
    /// The assertion, or why its envelope could not be read.
    pub response: Result<AuthenticationResponse, Failure>,
    /// The stored record of [`Signer::credential_id`].
    pub credential: Option<CredentialRecord>,
}

impl core::fmt::Debug for Authorise {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Authorise({})", self.signer.enrollment)
    }
}

/// What the caller has to do.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Effect {
    /// Judge an assertion, and tell the outcome.
    JudgeAssertion(Box<JudgeAssertion>),
    /// Store the new counter in the same unit of work as the state, where the old one still
    /// stands. Where that is lost: [`Event::CounterLost`].
    StoreSignCount {
        /// The credential.
        credential_id: OpaqueBytes,
        /// The counter that the assertion was judged against.
        stored: u32,
        /// The new counter.
        sign_count: u32,
        /// Whether the key is backed up now.
        backed_up: bool,
    },
    /// The enrollment is told that signing options were issued to it.
    NoteSigningAsked(Uuid4),
    /// The enrollment is told that its assertion was accepted.
    NoteSigningDone(Uuid4),
}

impl Consent {
    /// A consent that waits for its person.
    #[must_use]
    pub fn create(new: NewConsent, now: UnixMillis) -> Self {
        let NewConsent { id, kind, debtor_account, further_approvers, expires_at } = new;
        let stage = Stage::AwaitingAuthorisation { signing: Signing::NotAsked };
        Self {
            id,
            kind,
            debtor_account,
            further_approvers,
            created_at: now,
            expires_at,
            status_at: now,
            stage,
        }
    }

    /// What an event does at `now`.
    pub fn apply(self, event: Event, now: UnixMillis) -> Step {
        let this = self.overdue(now);
        match event {
            Event::SigningAsked(asked) => this.signing_asked(*asked, now),
            Event::AuthoriseSent(sent) => this.authorise_sent(*sent, now),
            Event::AssertionJudged { outcome, risk_is_accepted } => {
                this.assertion_judged(&outcome, risk_is_accepted, now)
            }
            Event::CounterLost(outcome) => this.assertion_judged(&outcome, false, now),
            Event::ApprovedInChannel(approver) => this.approved_in_channel(approver, now),
            Event::RejectedInChannel => this.rejected_in_channel(now),
            Event::Tick => Step::to(this),
        }
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The status.
    #[must_use]
    pub const fn status(&self) -> ConsentStatus {
        match &self.stage {
            Stage::AwaitingAuthorisation { .. } => ConsentStatus::AwaitingAuthorisation,
            Stage::PartiallyAccepted { .. } => ConsentStatus::PartiallyAccepted,
            Stage::Authorised { .. } => ConsentStatus::Authorised,
            Stage::Rejected { .. } => ConsentStatus::Rejected,
        }
    }

    /// When it came into its status.
    #[must_use]
    pub const fn status_at(&self) -> UnixMillis {
        self.status_at
    }

    /// Until when it has to be authorised.
    #[must_use]
    pub const fn expires_at(&self) -> Option<UnixMillis> {
        self.expires_at
    }

    /// Why it was rejected.
    #[must_use]
    pub const fn rejection(&self) -> Option<ConsentRejection> {
        match &self.stage {
            Stage::Rejected { reason } => Some(*reason),
            _ => None,
        }
    }

    /// The account that is paid from.
    #[must_use]
    pub const fn debtor_account(&self) -> Option<&DebtorAccount> {
        self.debtor_account.as_ref()
    }

    /// The options that are issued, until an assertion spends them.
    #[must_use]
    pub fn options(&self) -> Option<&IssuedSigning> {
        match &self.stage {
            Stage::AwaitingAuthorisation { signing: Signing::Issued { options, .. } } => {
                Some(options)
            }
            _ => None,
        }
    }

    /// Whether an assertion is being judged, and nothing else can be done by the device meanwhile.
    #[must_use]
    pub const fn is_judging(&self) -> bool {
        matches!(self.stage, Stage::AwaitingAuthorisation { signing: Signing::Judging { .. } })
    }

    fn signing_asked(mut self, asked: AskSigning, now: UnixMillis) -> Step {
        const OPERATION: Operation = Operation::SignOptions;
        let AskSigning { signer, idempotency_key, rp, platform, relying_party, .. } = asked;
        let (credential_id, rp_id) = match &signer.standing {
            Standing::Usable { credential_id, rp_id, .. } => (credential_id.clone(), rp_id),
            Standing::NotValidated | Standing::NotUsable => {
                return self.refuse(OPERATION, OpenFinanceCode::StatusVinculoInvalido);
            }
        };
        let signing = match &mut self.stage {
            Stage::AwaitingAuthorisation {
                signing: signing @ (Signing::NotAsked | Signing::Issued { .. }),
            } => signing,
            Stage::AwaitingAuthorisation { signing: Signing::Judging { .. } }
            | Stage::PartiallyAccepted { .. }
            | Stage::Authorised { .. }
            | Stage::Rejected { .. } => {
                return self.refuse(OPERATION, OpenFinanceCode::StatusConsentimentoInvalido);
            }
        };
        if let Signing::Issued { enrollment, idempotency_key: first, options } = signing
            && *first == idempotency_key
        {
            let is_same = *enrollment == signer.enrollment
                && platform == options.platform()
                && rp.is_none_or(|rp| rp == options.relying_party().id);
            return match is_same {
                true => Step::to(self),
                false => self.refuse(OPERATION, OpenFinanceCode::ErroIdempotencia),
            };
        }
        // The credential was made for one relying party.
        if rp.is_some_and(|rp| rp != relying_party.id) || *rp_id != relying_party.id {
            return self.refuse(OPERATION, OpenFinanceCode::RpInvalida);
        }
        let is_permitted = match self.kind {
            ConsentKind::Payment => true,
            ConsentKind::Recurring => {
                signer.permissions.contains(&Permission::RecurringPaymentsInitiate)
            }
        };
        if !is_permitted {
            // 2.1 has no recurring consents, and no word for one.
            let code = match signer.version {
                ContractVersion::V2_1 => OpenFinanceCode::StatusConsentimentoInvalido,
                ContractVersion::V2_2 => OpenFinanceCode::PermissaoInvalidaVinculoConsentimento,
            };
            return self.refuse(OPERATION, code);
        }
        let request = SigningRequest {
            platform,
            relying_party,
            allow_credentials: vec![credential_id],
            preferences: asked.preferences,
        };
        let mut entropy = asked.entropy;
        let Ok(options) = IssuedSigning::issue(request, &mut entropy, now) else {
            return Step::refused(self, Refusal::plain(OpenFinanceCode::ErroInterno));
        };
        let enrollment = signer.enrollment;
        // The challenge before it is void: nothing remembers it.
        *signing = Signing::Issued { enrollment, idempotency_key, options: Box::new(options) };
        Step::to(self).with(Effect::NoteSigningAsked(enrollment))
    }

    fn authorise_sent(mut self, sent: Authorise, now: UnixMillis) -> Step {
        use OpenFinanceCode as Code;
        const OPERATION: Operation = Operation::Authorise;
        let Authorise { signer, signals, response, credential } = sent;
        let (account, credential_id, user_handle) = match signer.standing {
            Standing::Usable { debtor_account, credential_id, user_handle, .. } => {
                (debtor_account, credential_id, user_handle)
            }
            Standing::NotValidated => return self.refuse(OPERATION, Code::StatusVinculoInvalido),
            Standing::NotUsable => {
                let refusal = Refusal::of(OPERATION, Code::StatusVinculoInvalido);
                return self.reject_with(refusal, now);
            }
        };
        match self.stage {
            Stage::AwaitingAuthorisation { .. } => {}
            Stage::PartiallyAccepted { .. } | Stage::Authorised { .. } | Stage::Rejected { .. } => {
                return self.refuse(OPERATION, Code::StatusConsentimentoInvalido);
            }
        }
        if self.debtor_account.as_ref().is_some_and(|asked| *asked != account) {
            let code = Code::ContaDebitoDivergenteConsentimentoVinculo;
            let reason = ConsentRejection::ContaNaoPermitePagamento;
            return self.reject(reason, Some(Refusal::of(OPERATION, code)), now);
        }
        if let Err(refusal) = signals {
            return self.reject_with(refusal.in_operation(OPERATION), now);
        }
        let response = match response {
            Ok(response) => response,
            Err(failure) => {
                let refusal = unreadable(&failure, WireForm::OpenFinance).in_operation(OPERATION);
                return self.reject_with(refusal, now);
            }
        };
        let Stage::AwaitingAuthorisation { signing } = &mut self.stage else {
            return self.refuse(OPERATION, Code::StatusConsentimentoInvalido);
        };
        let issued = match signing {
            Signing::Issued { enrollment, options, .. }
                if *enrollment == signer.enrollment && !now.has_reached(options.expires_at()) =>
            {
                options
            }
            Signing::NotAsked | Signing::Issued { .. } => {
                return self.reject_with(Refusal::of(OPERATION, Code::Risco), now);
            }
            Signing::Judging { .. } => return self.refuse(OPERATION, Code::Risco),
        };
        // A record that is not of this enrollment is none; so is a handle that is not its person's.
        let record = credential.filter(|record| record.id == credential_id.as_bytes());
        let record = record.map(|record| CredentialRecord {
            user_handle: Some(user_handle.as_bytes().to_vec()),
            ..record
        });
        let judge = JudgeAssertion::new(
            self.id.clone(),
            signer.enrollment,
            signer.version,
            issued,
            record,
            response,
        );
        let attempt = attempt_of(issued.challenge());
        *signing = Signing::Judging { enrollment: signer.enrollment, attempt };
        // A consent that names no account is paid from the enrolled one.
        self.debtor_account = Some(account);
        Step::to(self).with(Effect::JudgeAssertion(Box::new(judge)))
    }

    fn assertion_judged(
        self,
        outcome: &AssertionOutcome,
        may_be_accepted: bool,
        now: UnixMillis,
    ) -> Step {
        const OPERATION: Operation = Operation::Authorise;
        let (enrollment, attempt) = match &self.stage {
            Stage::AwaitingAuthorisation { signing: Signing::Judging { enrollment, attempt } } => {
                (*enrollment, attempt)
            }
            Stage::AwaitingAuthorisation {
                signing: Signing::NotAsked | Signing::Issued { .. },
            }
            | Stage::PartiallyAccepted { .. }
            | Stage::Authorised { .. }
            | Stage::Rejected { .. } => {
                return self.refuse(OPERATION, OpenFinanceCode::StatusConsentimentoInvalido);
            }
        };
        // What was judged for another consent, or another challenge, says nothing about this.
        if !outcome.is_of(&self.id, attempt) {
            return self.refuse(OPERATION, OpenFinanceCode::Risco);
        }
        let accepted = match outcome.accepted() {
            Ok(accepted) if may_be_accepted => accepted,
            Ok(_) => {
                return self.reject_with(Refusal::of(OPERATION, OpenFinanceCode::Risco), now);
            }
            Err(refusal) => return self.reject_with(*refusal, now),
        };
        let effect = Effect::StoreSignCount {
            credential_id: OpaqueBytes::new(accepted.credential_id.clone()),
            stored: outcome.stored_sign_count(),
            sign_count: accepted.sign_count,
            backed_up: accepted.backed_up,
        };
        let stage = match self.further_approvers.as_slice() {
            [] => Stage::Authorised { enrollment },
            missing => Stage::PartiallyAccepted { enrollment, missing: missing.to_vec() },
        };
        Step::to(self.at(stage, now)).with(effect).with(Effect::NoteSigningDone(enrollment))
    }

    fn approved_in_channel(self, approver: Uuid4, now: UnixMillis) -> Step {
        let (enrollment, mut missing) = match &self.stage {
            Stage::PartiallyAccepted { enrollment, missing } if missing.contains(&approver) => {
                (*enrollment, missing.clone())
            }
            Stage::AwaitingAuthorisation { .. }
            | Stage::PartiallyAccepted { .. }
            | Stage::Authorised { .. }
            | Stage::Rejected { .. } => {
                let code = OpenFinanceCode::StatusConsentimentoInvalido;
                return self.refuse(Operation::Authorise, code);
            }
        };
        missing.retain(|one| *one != approver);
        let stage = match missing.is_empty() {
            true => Stage::Authorised { enrollment },
            false => Stage::PartiallyAccepted { enrollment, missing },
        };
        Step::to(self.at(stage, now))
    }

    fn rejected_in_channel(self, now: UnixMillis) -> Step {
        match &self.stage {
            Stage::AwaitingAuthorisation { .. } | Stage::PartiallyAccepted { .. } => {
                self.reject(ConsentRejection::RejeitadoUsuario, None, now)
            }
            Stage::Authorised { .. } | Stage::Rejected { .. } => {
                self.refuse(Operation::Authorise, OpenFinanceCode::StatusConsentimentoInvalido)
            }
        }
    }

    /// Ends what was not authorised in time, at whatever event finds it.
    fn overdue(self, now: UnixMillis) -> Self {
        let Some(deadline) = self.expires_at.filter(|deadline| now.has_reached(*deadline)) else {
            return self;
        };
        match self.stage {
            Stage::AwaitingAuthorisation { .. } | Stage::PartiallyAccepted { .. } => {
                let reason = ConsentRejection::TempoExpiradoAutorizacao;
                self.at(Stage::Rejected { reason }, deadline)
            }
            Stage::Authorised { .. } | Stage::Rejected { .. } => self,
        }
    }

    /// Refuses, and rejects a consent that waits; 400 is about the request and decides nothing.
    fn reject_with(self, refusal: Refusal, now: UnixMillis) -> Step {
        if refusal.status() != 422 {
            return Step::refused(self, refusal);
        }
        self.reject(ConsentRejection::NaoInformado, Some(refusal), now)
    }

    fn reject(self, reason: ConsentRejection, refusal: Option<Refusal>, now: UnixMillis) -> Step {
        let state = match self.stage {
            Stage::AwaitingAuthorisation { .. } | Stage::PartiallyAccepted { .. } => {
                self.at(Stage::Rejected { reason }, now)
            }
            Stage::Authorised { .. } | Stage::Rejected { .. } => self,
        };
        Step { refusal, ..Step::to(state) }
    }

    fn at(self, stage: Stage, now: UnixMillis) -> Self {
        Self { stage, status_at: now, ..self }
    }

    fn refuse(self, operation: Operation, code: OpenFinanceCode) -> Step {
        Step::refused(self, Refusal::of(operation, code))
    }
}
