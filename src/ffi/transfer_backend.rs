//! A transfer (TED) and its approval, for a backend that stores it.
//!
//! As with a device, every step gives the state to store and the tasks to do after it was stored, and
//! what came of a task is told in the next step: an attempt is counted, and the challenge of an
//! assertion spent, before anything is compared or judged.

use std::sync::{Arc, Mutex, PoisonError};

use super::backend::{
    AccountState, CodeKeyRecord, ContactsRecord, SpentRecord, caps, contacts_of, deliver, keys,
    machine, random, stored, uuid,
};
use super::border::guarded;
use super::bytes::Bytes;
use super::confidential::Confidential;
use super::error::{EnrollmentError, Fault};
use super::expectation::{StoredCredential, origins};
use super::ports::CodeDelivery;
use super::published::PublishedErrorRecord;
use super::verdict::VerdictRecord;
use super::verifier::EnrollmentVerifier;
use crate::flow::{DocumentNumber, Step};
use crate::time::UnixMillis;
use crate::two_factor::Channel;
use crate::two_factor::{
    AccountFacts, ApprovalMode, ApproveRequest, AssertionCheck, AssertionEvaluation,
    BoundCredential, Caps, Code, CodeAttempt, CodeKeys, Contact, DeviceApprovalStage, Evaluation,
    Money, PublishedCode, RailNotice, RailOutcome, RefusalReason, RelyingParty, ResendRequest,
    Transfer, TransferContext, TransferEffect, TransferEvent, TransferFacts, TransferOrder,
    TransferRefusal, TransferRequest, UnregisteredDeviceLimits,
};
use crate::webauthn::AuthenticationResponse;

/// What a backend for transfers is made with.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct TransferBackendConfiguration {
    /// The key of new codes.
    pub code_key: CodeKeyRecord,
    /// The relying party of the devices that approve.
    pub rp_id: String,
    /// The origins that may run the ceremony: `https://…`, `android:apk-key-hash:…`.
    pub origins: Vec<String>,
    /// The Android package that may run it, compared where client data names one.
    #[uniffi(default = None)]
    pub android_package: Option<String>,
    /// The key before it, while keys rotate.
    #[uniffi(default = None)]
    pub previous_code_key: Option<CodeKeyRecord>,
    /// The caps as JSON; without it, the published defaults.
    #[uniffi(default = None)]
    pub caps: Option<String>,
    /// Whether transfers that no registered device approves are held to the limits of the Central
    /// Bank's Normative Instruction 491, which is about Pix.
    #[uniffi(default = false)]
    pub limit_unregistered_devices: bool,
}

/// Everything that a request for a transfer is judged on.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct TransferRequestFacts {
    /// The account of the path, a UUID of version 4.
    pub account_key: String,
    /// The account.
    pub account: AccountState,
    /// Whether who calls has a configuration.
    pub requester_configured: bool,
    /// The approver's contacts, where the document of the request is that of an approver of the
    /// account.
    pub approver: Option<ContactsRecord>,
    /// Whether the client used its `request_control_key` before.
    pub request_control_key_used: bool,
    /// The Active device of the approver and the account that the session of the request belongs
    /// to, where the request is approved by one.
    pub device_key: Option<String>,
    /// What was counted.
    pub spent: SpentRecord,
    /// What the account moved today from devices that are not registered, in centavos.
    #[uniffi(default = 0)]
    pub moved_today_centavos: u64,
    /// What the bank takes for the transfer, in centavos.
    #[uniffi(default = 0)]
    pub fee_centavos: u64,
}

/// What a backend looks the facts of a request up by.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct TransferRequestSummary {
    /// The client's own key, which it uses once.
    pub request_control_key: String,
    /// The document number of the approver.
    pub approver_document: Confidential,
    /// The session of Device Scan, where a device approves.
    pub session_id: Option<String>,
}

/// A credential, and what it is bound to.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct BoundCredentialRecord {
    /// The account.
    pub account_key: String,
    /// The document number of the person.
    pub approver_document: Confidential,
    /// The enrolled device.
    pub device_key: String,
    /// The credential as it was stored.
    pub credential: StoredCredential,
}

/// What can be done next with a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum TransferNextStep {
    /// The approver types the code: `TransferBackend.approve` with a token.
    EnterCode,
    /// Another code: `TransferBackend.resend`.
    ResendCode,
    /// The device is given what it has to sign: `TransferBackend.sign_options`.
    GiveSignOptions,
    /// The device sends what it signed: `TransferBackend.present`.
    PresentAssertion,
    /// The device has approved: `TransferBackend.approve` with an empty body.
    Approve,
    /// The rail has it, or is about to: `TransferBackend.rail_answered`, `rail_told`, `resume`.
    AwaitRail,
}

/// What the approver has to be shown before approving: what is moved, and to whom.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct TransferShown {
    /// The amount in reais, `1234.50`.
    pub amount: String,
    /// What the bank takes for it.
    pub fee: String,
    /// The name of the payee.
    pub payee_name: Confidential,
    /// The CPF or CNPJ of the payee.
    pub payee_document: Confidential,
    /// The institution, 8 digits.
    pub payee_ispb: String,
    /// The branch.
    pub payee_branch: Confidential,
    /// The account with its check digit.
    pub payee_account: Confidential,
    /// The kind of account as it stands on the wire.
    pub payee_account_type: String,
}

/// Where a transfer stands.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct TransferStateView {
    /// The state: `awaiting_code`, `awaiting_device`, `handing`, `pending`, `sent`, `rejected`,
    /// `dropped`.
    pub state: String,
    /// The published `ted_status`; none for a transfer that was dropped.
    pub ted_status: Option<String>,
    /// The HTTP status of an answer that is no refusal.
    pub http_status: u16,
    /// The body of that answer and of a query, JSON.
    pub answer: Option<Confidential>,
    /// What can be done next, the most likely first.
    pub next_steps: Vec<TransferNextStep>,
    /// What the approver has to be shown.
    pub shown: TransferShown,
    /// The device that has to approve.
    pub device_key: Option<String>,
    /// Attempts that are left, while it waits for its approver.
    pub attempts_left: Option<u8>,
    /// Whole seconds that the code, or what the device signs or has signed, is still good for.
    pub seconds_left: Option<u64>,
    /// Whole seconds until another code may be asked for; none where none is left.
    pub seconds_to_resend: Option<u64>,
}

/// The published `refusal_reason` of the rail.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RefusalReasonRecord {
    /// The code of the payment system.
    pub refusal_code: String,
    /// Its name.
    pub enumerator: String,
    /// Its text.
    pub description: String,
}

/// What the rail answered when it was handed an order.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum RailAnswer {
    /// It sent the transfer.
    Sent {
        /// The rail's own key of it, a UUID of version 4.
        transaction_key: String,
    },
    /// It took the transfer and will tell later.
    Pending,
    /// It refused the transfer.
    Rejected {
        /// The code of the published tables that says why.
        code: String,
    },
}

/// What the rail tells later, once or more often, in any order.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum RailNews {
    /// The transfer was sent.
    Settled {
        /// The rail's own key of it, a UUID of version 4.
        transaction_key: String,
    },
    /// The transfer was refused, or the receiving bank returned it.
    Refused {
        /// The published reason.
        reason: RefusalReasonRecord,
    },
}

/// What a step leaves the backend to do. Those that store are done in the same unit of work as the
/// state, the others after it.
#[derive(Debug, Clone, uniffi::Enum)]
pub enum TransferTask {
    /// `TransferBackend.send`.
    SendCode {
        /// What it takes.
        work: Arc<TransferWork>,
    },
    /// `TransferBackend.compare`.
    CompareCode {
        /// What it takes.
        work: Arc<TransferWork>,
    },
    /// `TransferBackend.judge`.
    JudgeAssertion {
        /// What it takes.
        work: Arc<TransferWork>,
    },
    /// Give this to the device: `PublicKeyCredentialRequestOptionsJSON`.
    GiveSignOptions {
        /// The options.
        json: Confidential,
    },
    /// Store the counter of the credential where the old one still stands; otherwise the assertion
    /// is void, and the state not stored either.
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
    /// Hand the order to the rail under its `ted_key`, then `TransferBackend.rail_answered`.
    HandToRail {
        /// The order, JSON.
        order: Confidential,
    },
    /// Store the sum that the account moved today from devices that are not registered, under the
    /// condition that it stays within the limit.
    CountMoved {
        /// The account.
        account_key: String,
        /// The day in Brasília, counted from 1970-01-01.
        day: i64,
        /// What is added.
        amount_centavos: u64,
        /// The most that the sum may be.
        most_centavos: u64,
    },
    /// Delete the transfer from storage: it never came to be.
    Drop,
    /// Tell the client by the published webhook `baas.ted.outgoing_ted`.
    Announce {
        /// The transfer as it is now, JSON.
        transfer: Confidential,
        /// The published reason.
        reason: Option<RefusalReasonRecord>,
    },
}

/// Work of a step. It can be done once.
#[derive(Debug, uniffi::Object)]
pub struct TransferWork {
    open: Mutex<Option<Open>>,
}

#[derive(Debug)]
enum Open {
    Send { channel: Channel, contact: Contact, code: Code, number: u32 },
    Compare(CodeAttempt),
    Judge(Box<(AssertionCheck, AuthenticationResponse)>),
}

/// What became of work, for the next step. Where that loses against another writer, it is told
/// again on the state that is found then; a state takes it once.
#[derive(Debug, uniffi::Object)]
pub struct TransferReport {
    news: News,
}

#[derive(Debug, Clone)]
enum News {
    Delivered { number: u32 },
    DeliveryFailed { number: u32 },
    Code(Evaluation),
    Assertion(AssertionEvaluation),
}

/// What became of an assertion.
#[derive(Debug, Clone, uniffi::Record)]
pub struct TransferJudged {
    /// For the next step.
    pub report: Arc<TransferReport>,
    /// Everything that the verification has to say, for the records.
    pub verdict: VerdictRecord,
}

/// A step.
#[derive(Debug, Clone, uniffi::Record)]
pub struct TransferStep {
    /// The state to store by one conditional statement, JSON as UTF-8; none where nothing came to
    /// be, or nothing changed.
    pub stored: Option<Bytes>,
    /// Where the transfer stands.
    pub view: Option<TransferStateView>,
    /// Why what was asked is refused, in the words of the published pages. The state may have moved
    /// all the same.
    pub refusal: Option<PublishedErrorRecord>,
    /// The body of that answer, JSON; with the transfer in it where the refusal rejected it.
    pub refusal_body: Option<Confidential>,
    /// What the backend or the rail did wrong, where it is not the client's doing. Worth an alarm.
    pub fault: Option<String>,
    /// What to do.
    pub tasks: Vec<TransferTask>,
}

/// Drives transfers. It holds keys, caps and a verifier and no state: that is the caller's to store.
#[derive(uniffi::Object)]
pub struct TransferBackend {
    keys: CodeKeys,
    caps: Caps,
    limits: Option<UnregisteredDeviceLimits>,
    relying_party: RelyingParty,
    verifier: Arc<EnrollmentVerifier>,
    delivery: Arc<dyn CodeDelivery>,
}

#[uniffi::export]
impl TransferBackend {
    /// Takes keys, caps, the verifier of assertions and the part that delivers codes.
    ///
    /// # Errors
    ///
    /// `Misuse` where a key, the caps or an origin cannot be used.
    #[uniffi::constructor]
    pub fn new(
        configuration: TransferBackendConfiguration,
        verifier: Arc<EnrollmentVerifier>,
        delivery: Arc<dyn CodeDelivery>,
    ) -> Result<Arc<Self>, EnrollmentError> {
        guarded(|| {
            let mut relying_party =
                RelyingParty::new(configuration.rp_id, origins(&configuration.origins)?);
            relying_party.android_package = configuration.android_package;
            let limits = UnregisteredDeviceLimits::NORMATIVE_INSTRUCTION_491;
            Ok(Arc::new(Self {
                keys: keys(&configuration.code_key, configuration.previous_code_key.as_ref())?,
                caps: caps(configuration.caps.as_deref())?,
                limits: configuration.limit_unregistered_devices.then_some(limits),
                relying_party,
                verifier,
                delivery,
            }))
        })
    }

    /// Judges the body of "Perform TED". `ted_key` is the new transfer's key, a UUID of version 4.
    ///
    /// # Errors
    ///
    /// `Misuse` where a key, a fact or the random bytes have not their form.
    pub fn request(
        &self,
        body: Vec<u8>,
        ted_key: String,
        facts: TransferRequestFacts,
        entropy: Vec<u8>,
        now_millis: i64,
    ) -> Result<TransferStep, EnrollmentError> {
        guarded(|| {
            let now = UnixMillis(now_millis);
            let (ted_key, facts, entropy) = (uuid(&ted_key)?, facts_of(facts)?, random(&entropy)?);
            let request = match TransferRequest::parse(&body) {
                Ok(request) => request,
                Err(code) => return refused(&code.into()),
            };
            match Transfer::request(request, ted_key, facts, entropy, self.context(), now) {
                Ok((transfer, effects)) => {
                    let effects = effects.into_iter().map(|effect| task(effect, None));
                    self.step(&transfer, effects.collect(), None, now)
                }
                Err(refusal) => refused(&refusal),
            }
        })
    }

    /// Judges the body of "Approve TED with Two-Factor Authentication": a token, or empty once the
    /// device has approved. An attempt is counted by this step and compared by its work.
    ///
    /// `device_active` is whether the device of the transfer is Active; of a code it is not asked.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none.
    pub fn approve(
        &self,
        stored: Bytes,
        body: Vec<u8>,
        spent: SpentRecord,
        device_active: bool,
        now_millis: i64,
    ) -> Result<TransferStep, EnrollmentError> {
        guarded(|| match ApproveRequest::parse(&body) {
            Ok(request) => {
                let spent = spent.into();
                let event = TransferEvent::Approve { request, spent, device_active };
                self.apply(&stored, event, None, now_millis)
            }
            Err(code) => refused(&code.into()),
        })
    }

    /// Judges the body of "Request Token Resend for a Ted Transaction".
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state or the random bytes have not their form.
    pub fn resend(
        &self,
        stored: Bytes,
        body: Vec<u8>,
        contacts: ContactsRecord,
        spent: SpentRecord,
        entropy: Vec<u8>,
        now_millis: i64,
    ) -> Result<TransferStep, EnrollmentError> {
        guarded(|| {
            let entropy = random(&entropy)?;
            match ResendRequest::parse(&body) {
                Ok(request) => {
                    let (contacts, spent) = (contacts_of(contacts), spent.into());
                    let event = TransferEvent::Resend { request, contacts, spent, entropy };
                    self.apply(&stored, event, None, now_millis)
                }
                Err(refusal) => refused(&refusal.code().into()),
            }
        })
    }

    /// Makes what the device has to sign; what was given before is void. Credentials that are bound
    /// to another account, approver or device are not looked at: hand over none while the device
    /// is not Active.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state, a key of a credential or the random bytes have not their
    /// form.
    pub fn sign_options(
        &self,
        stored: Bytes,
        credentials: Vec<BoundCredentialRecord>,
        entropy: Vec<u8>,
        now_millis: i64,
    ) -> Result<TransferStep, EnrollmentError> {
        guarded(|| {
            let entropy = random(&entropy)?;
            let credentials = bound(credentials)?;
            let event = TransferEvent::SignOptions {
                credentials: &credentials,
                relying_party: &self.relying_party,
                entropy,
            };
            self.apply(&stored, event, None, now_millis)
        })
    }

    /// Takes what the device signed, an `AuthenticationResponseJSON` as UTF-8. Its challenge is spent
    /// and the attempt counted by this step; it is judged by its work. What cannot be read spends
    /// nothing.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none.
    pub fn present(
        &self,
        stored: Bytes,
        assertion: Vec<u8>,
        now_millis: i64,
    ) -> Result<TransferStep, EnrollmentError> {
        guarded(|| match AuthenticationResponse::from_any_form(&assertion, self.verifier.reading) {
            Ok(response) => {
                let event = TransferEvent::AssertionPresented;
                self.apply(&stored, event, Some(response), now_millis)
            }
            Err(_) => refused(&PublishedCode::SchemaError.into()),
        })
    }

    /// What the rail answered when it was handed the order.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none, or a key or a code has not its form.
    pub fn rail_answered(
        &self,
        stored: Bytes,
        answer: RailAnswer,
        now_millis: i64,
    ) -> Result<TransferStep, EnrollmentError> {
        guarded(|| {
            let outcome = match answer {
                RailAnswer::Sent { transaction_key } => {
                    RailOutcome::Sent { transaction_key: uuid(&transaction_key)? }
                }
                RailAnswer::Pending => RailOutcome::Pending,
                RailAnswer::Rejected { code } => {
                    let known = PublishedCode::ALL.iter().find(|known| known.as_str() == code);
                    RailOutcome::Rejected { code: *known.ok_or(Fault::Word)? }
                }
            };
            self.apply(&stored, TransferEvent::Rail(outcome), None, now_millis)
        })
    }

    /// What the rail told later, by its webhook.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none, or a key has not its form.
    pub fn rail_told(
        &self,
        stored: Bytes,
        news: RailNews,
        now_millis: i64,
    ) -> Result<TransferStep, EnrollmentError> {
        guarded(|| {
            let notice = match news {
                RailNews::Settled { transaction_key } => {
                    RailNotice::Settled { transaction_key: uuid(&transaction_key)? }
                }
                RailNews::Refused { reason } => RailNotice::Refused { reason: reason.into() },
            };
            self.apply(&stored, TransferEvent::Notice(notice), None, now_millis)
        })
    }

    /// Hands an order over once more, where the process that was to do it went down.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none.
    pub fn resume(&self, stored: Bytes, now_millis: i64) -> Result<TransferStep, EnrollmentError> {
        guarded(|| self.apply(&stored, TransferEvent::Resume, None, now_millis))
    }

    /// Moves what is overdue, and shows where the transfer stands.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none.
    pub fn tick(&self, stored: Bytes, now_millis: i64) -> Result<TransferStep, EnrollmentError> {
        guarded(|| self.apply(&stored, TransferEvent::Tick, None, now_millis))
    }

    /// Has a code delivered.
    ///
    /// # Errors
    ///
    /// `Misuse` where the work is another one, or was done before. A delivery that fails is in the
    /// report.
    pub fn send(&self, work: Arc<TransferWork>) -> Result<Arc<TransferReport>, EnrollmentError> {
        guarded(|| {
            let open = work.take(|open| matches!(open, Open::Send { .. }))?;
            let Open::Send { channel, contact, code, number } = open else {
                return Err(Fault::Work.into());
            };
            let delivered = deliver(self.delivery.as_ref(), channel, &contact, &code);
            Ok(report(match delivered {
                true => News::Delivered { number },
                false => News::DeliveryFailed { number },
            }))
        })
    }

    /// Compares what the approver typed, in a time that does not depend on it.
    ///
    /// # Errors
    ///
    /// `Misuse` where the work is another one, or was done before.
    pub fn compare(&self, work: Arc<TransferWork>) -> Result<Arc<TransferReport>, EnrollmentError> {
        guarded(|| match work.take(|open| matches!(open, Open::Compare(_)))? {
            Open::Compare(attempt) => Ok(report(News::Code(attempt.evaluate(&self.keys)))),
            Open::Send { .. } | Open::Judge(_) => Err(Fault::Work.into()),
        })
    }

    /// Judges what the device signed against the transfer.
    ///
    /// # Errors
    ///
    /// `Misuse` where the work is another one, or was done before, or a key of a credential has not
    /// its form.
    pub fn judge(
        &self,
        work: Arc<TransferWork>,
        credentials: Vec<BoundCredentialRecord>,
        now_millis: i64,
    ) -> Result<TransferJudged, EnrollmentError> {
        guarded(|| {
            let credentials = bound(credentials)?;
            let Open::Judge(open) = work.take(|open| matches!(open, Open::Judge(_)))? else {
                return Err(Fault::Work.into());
            };
            let (check, response) = *open;
            let EnrollmentVerifier { verifier, verdict_json, .. } = self.verifier.as_ref();
            let now = UnixMillis(now_millis);
            let (verdict, evaluation) =
                check.evaluate(&response, &credentials, &self.relying_party, verifier, now);
            Ok(TransferJudged {
                report: report(News::Assertion(evaluation)),
                verdict: VerdictRecord::new(&verdict, *verdict_json),
            })
        })
    }

    /// Tells what became of work.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none.
    pub fn report(
        &self,
        stored: Bytes,
        report: Arc<TransferReport>,
        now_millis: i64,
    ) -> Result<TransferStep, EnrollmentError> {
        guarded(|| {
            let event = match report.news.clone() {
                News::Delivered { number } => TransferEvent::Delivered { number },
                News::DeliveryFailed { number } => TransferEvent::DeliveryFailed { number },
                News::Code(evaluation) => TransferEvent::CodeEvaluated(evaluation),
                News::Assertion(evaluation) => TransferEvent::AssertionEvaluated(evaluation),
            };
            self.apply(&stored, event, None, now_millis)
        })
    }
}

/// What a backend looks the facts of a request up by.
///
/// # Errors
///
/// `Malformed` where the body does not fit the page.
#[uniffi::export]
pub fn read_transfer_request(body: Vec<u8>) -> Result<TransferRequestSummary, EnrollmentError> {
    guarded(|| {
        let request = TransferRequest::parse(&body).map_err(|_| Fault::Json)?;
        Ok(TransferRequestSummary {
            request_control_key: request.request_control_key.to_string(),
            approver_document: request.approver.digits().to_owned().into(),
            session_id: match request.mode {
                ApprovalMode::Code(_) => None,
                ApprovalMode::Device { session_id } => Some(session_id.to_string()),
            },
        })
    })
}

impl TransferBackend {
    const fn context(&self) -> TransferContext<'_> {
        TransferContext { keys: &self.keys, caps: &self.caps, unregistered_device: self.limits }
    }

    fn apply(
        &self,
        stored: &Bytes,
        event: TransferEvent<'_>,
        mut response: Option<AuthenticationResponse>,
        now_millis: i64,
    ) -> Result<TransferStep, EnrollmentError> {
        let now = UnixMillis(now_millis);
        let transfer: Transfer = machine(stored)?;
        let Step { state, effects, refusal } = transfer.apply(event, self.context(), now);
        let tasks = effects.into_iter().map(|effect| task(effect, response.take())).collect();
        self.step(&state, tasks, refusal.as_ref(), now)
    }

    fn step(
        &self,
        transfer: &Transfer,
        tasks: Vec<Result<TransferTask, Fault>>,
        refusal: Option<&TransferRefusal>,
        now: UnixMillis,
    ) -> Result<TransferStep, EnrollmentError> {
        let tasks: Result<Vec<_>, Fault> = tasks.into_iter().collect();
        let step = TransferStep {
            stored: Some(stored(transfer)?),
            view: Some(self.view(transfer, now)?),
            refusal: None,
            refusal_body: None,
            fault: None,
            tasks: tasks?,
        };
        match refusal {
            None => Ok(step),
            Some(refusal) => step.refused(refusal),
        }
    }

    fn view(&self, transfer: &Transfer, now: UnixMillis) -> Result<TransferStateView, Fault> {
        let shown = transfer.view();
        let until = |deadline: UnixMillis| now.seconds_until(deadline);
        Ok(TransferStateView {
            state: transfer.state_name().to_owned(),
            ted_status: shown.as_ref().map(|view| view.ted_status.as_str().to_owned()),
            http_status: transfer.http_status(),
            answer: shown.as_ref().map(Confidential::json).transpose()?,
            next_steps: self.next_steps(transfer, now),
            shown: TransferShown::of(transfer.order()),
            device_key: transfer.device_key().map(|key| key.to_string()),
            attempts_left: transfer.attempts_left(),
            seconds_left: transfer.expires_at().map(until),
            seconds_to_resend: transfer.next_code_at(&self.caps).map(until),
        })
    }

    fn next_steps(&self, transfer: &Transfer, now: UnixMillis) -> Vec<TransferNextStep> {
        use TransferNextStep::{
            Approve, AwaitRail, EnterCode, GiveSignOptions, PresentAssertion, ResendCode,
        };
        let has_attempts = transfer.attempts_left().is_some_and(|left| left > 0);
        let first = match transfer.device_approval(now) {
            Some(DeviceApprovalStage::Approved) => Some(Approve),
            Some(DeviceApprovalStage::ChallengeIssued) => Some(PresentAssertion),
            Some(DeviceApprovalStage::NoChallenge | DeviceApprovalStage::BeingJudged) => None,
            None => match transfer.state_name() {
                "awaiting_code" => {
                    let is_good =
                        transfer.expires_at().is_some_and(|deadline| !now.has_reached(deadline));
                    (has_attempts && is_good).then_some(EnterCode)
                }
                "handing" | "pending" => Some(AwaitRail),
                _ => None,
            },
        };
        let options = transfer.device_key().filter(|_| has_attempts).map(|_| GiveSignOptions);
        let resend = transfer.next_code_at(&self.caps).map(|_| ResendCode);
        [first, options, resend].into_iter().flatten().collect()
    }
}

impl TransferShown {
    fn of(order: &TransferOrder) -> Self {
        let payee = &order.payee;
        let hidden = |text: &str| Confidential(text.to_owned());
        Self {
            amount: order.amount.money().to_string(),
            fee: order.fee.to_string(),
            payee_name: hidden(payee.owner_name()),
            payee_document: hidden(payee.owner_document_number().digits()),
            payee_ispb: payee.ispb().to_owned(),
            payee_branch: hidden(payee.account_branch()),
            payee_account: format!("{}-{}", payee.account_number(), payee.account_digit()).into(),
            payee_account_type: payee.account_type().as_str().to_owned(),
        }
    }
}

impl TransferStep {
    fn refused(self, refusal: &TransferRefusal) -> Result<Self, EnrollmentError> {
        Ok(Self {
            refusal: Some(refusal.code().into()),
            refusal_body: Some(Confidential::json(refusal)?),
            fault: refusal.caller_fault().map(|_| refusal.to_string()),
            ..self
        })
    }
}

fn refused(refusal: &TransferRefusal) -> Result<TransferStep, EnrollmentError> {
    let (stored, view, refusal_body, fault) = (None, None, None, None);
    TransferStep { stored, view, refusal: None, refusal_body, fault, tasks: Vec::new() }
        .refused(refusal)
}

impl TransferWork {
    fn new(open: Open) -> Arc<Self> {
        Arc::new(Self { open: Mutex::new(Some(open)) })
    }

    fn take(&self, is_meant: impl FnOnce(&Open) -> bool) -> Result<Open, EnrollmentError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if !open.as_ref().is_some_and(is_meant) {
            return Err(Fault::Work.into());
        }
        open.take().ok_or_else(|| Fault::Work.into())
    }
}

fn report(news: News) -> Arc<TransferReport> {
    Arc::new(TransferReport { news })
}

fn task(
    effect: TransferEffect,
    response: Option<AuthenticationResponse>,
) -> Result<TransferTask, Fault> {
    Ok(match effect {
        TransferEffect::SendCode { channel, contact, code, number } => {
            let work = TransferWork::new(Open::Send { channel, contact, code, number });
            TransferTask::SendCode { work }
        }
        TransferEffect::EvaluateCode(attempt) => {
            TransferTask::CompareCode { work: TransferWork::new(Open::Compare(attempt)) }
        }
        TransferEffect::JudgeAssertion(check) => {
            let open = Open::Judge(Box::new((check, response.ok_or(Fault::Internal)?)));
            TransferTask::JudgeAssertion { work: TransferWork::new(open) }
        }
        TransferEffect::GiveOptions(options) => {
            TransferTask::GiveSignOptions { json: Confidential::json(&options)? }
        }
        TransferEffect::StoreSignCount(approval) => TransferTask::StoreSignCount {
            credential_id: approval.credential_id.into(),
            stored_sign_count: approval.stored_sign_count,
            sign_count: approval.sign_count,
            backed_up: approval.backed_up,
        },
        TransferEffect::HandToRail(order) => {
            TransferTask::HandToRail { order: Confidential::json(&order)? }
        }
        TransferEffect::CountMoved { account_key, day, amount, most } => TransferTask::CountMoved {
            account_key: account_key.to_string(),
            day,
            amount_centavos: amount.centavos(),
            most_centavos: most.centavos(),
        },
        TransferEffect::Drop => TransferTask::Drop,
        TransferEffect::Announce { transfer, reason } => TransferTask::Announce {
            transfer: Confidential::json(&transfer)?,
            reason: reason.map(Into::into),
        },
    })
}

impl From<RefusalReason> for RefusalReasonRecord {
    fn from(reason: RefusalReason) -> Self {
        let RefusalReason { refusal_code, enumerator, description } = reason;
        Self { refusal_code, enumerator, description }
    }
}

impl From<RefusalReasonRecord> for RefusalReason {
    fn from(reason: RefusalReasonRecord) -> Self {
        let RefusalReasonRecord { refusal_code, enumerator, description } = reason;
        Self { refusal_code, enumerator, description }
    }
}

fn facts_of(facts: TransferRequestFacts) -> Result<TransferFacts, EnrollmentError> {
    let account: Option<AccountFacts> = facts.account.into();
    Ok(TransferFacts {
        account_key: uuid(&facts.account_key)?,
        account,
        requester_configured: facts.requester_configured,
        approver: facts.approver.map(contacts_of),
        request_control_key_used: facts.request_control_key_used,
        device_key: facts.device_key.as_deref().map(uuid).transpose()?,
        spent: facts.spent.into(),
        moved_today: Money::from_centavos(facts.moved_today_centavos),
        fee: Money::from_centavos(facts.fee_centavos),
    })
}

fn bound(credentials: Vec<BoundCredentialRecord>) -> Result<Vec<BoundCredential>, EnrollmentError> {
    let credential = |stated: BoundCredentialRecord| {
        let document = DocumentNumber::person(&stated.approver_document.0);
        Ok(BoundCredential {
            account_key: uuid(&stated.account_key)?,
            approver: document.ok_or(Fault::Document)?,
            device_key: uuid(&stated.device_key)?,
            record: stated.credential.into(),
        })
    };
    credentials.into_iter().map(credential).collect()
}
