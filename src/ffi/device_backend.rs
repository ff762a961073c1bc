//! The registration of a device by a second factor, for a backend that stores it.
//!
//! Every step gives the state to store and the work to do after it was stored; the work gives a
//! report, and the report the next step. An attempt is counted in one step and compared in the work
//! of it, so that a crash in between has spent the attempt.

use std::sync::{Arc, Mutex, PoisonError};

use super::backend::{
    AccountState, CodeKeyRecord, ContactsRecord, SpentRecord, caps, contacts_of, deliver, in_bytes,
    keys, machine, random, stored, uuid,
};
use super::border::guarded;
use super::bytes::Bytes;
use super::confidential::Confidential;
use super::error::{EnrollmentError, Fault};
use super::ports::{CodeDelivery, LivenessResults};
use super::published::PublishedErrorRecord;
use crate::crypto::Algorithm;
use crate::flow::{Step, Stored as _};
use crate::time::UnixMillis;
use crate::two_factor::{
    Caps, Code, CodeKeys, Device, DeviceContext, DeviceEffect, DeviceEvent, DeviceRefusal,
    DeviceRequest, DeviceStatus, LivenessKey, LivenessNonce, LivenessProvider, PendingCode,
    PublishedCode, RequestFacts, RequesterFacts, ResendRequest,
};

/// A public key of the liveness provider.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct LivenessKeyRecord {
    /// Its name, `kid` in a result.
    pub id: String,
    /// -7 for ES256, -8 for EdDSA.
    pub algorithm: i64,
    /// A DER `SubjectPublicKeyInfo`.
    pub key: Bytes,
}

/// The liveness provider whose results are taken.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct LivenessProviderRecord {
    /// `iss` of its results.
    pub issuer: String,
    /// What it has to name as `aud`.
    pub audience: String,
    /// The keys it signs with.
    pub keys: Vec<LivenessKeyRecord>,
}

/// What a backend for devices is made with.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DeviceBackendConfiguration {
    /// The key of new codes.
    pub code_key: CodeKeyRecord,
    /// The key before it, while keys rotate.
    #[uniffi(default = None)]
    pub previous_code_key: Option<CodeKeyRecord>,
    /// The caps as JSON; without it, the published defaults.
    #[uniffi(default = None)]
    pub caps: Option<String>,
    /// The liveness provider; without it, no result is taken.
    #[uniffi(default = None)]
    pub liveness: Option<LivenessProviderRecord>,
}

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum RequesterState {
    /// It has no configuration.
    Unknown,
    /// It may not create devices.
    NotAllowed,
    /// It may.
    Allowed,
}

/// Everything that a request for a device is judged on.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DeviceRequestFacts {
    /// The account of the path, a UUID of version 4.
    pub account_key: String,
    /// The account.
    pub account: AccountState,
    /// Who calls.
    pub requester: RequesterState,
    /// The approver's contacts, where the document of the request is that of an approver of the
    /// account.
    pub approver: Option<ContactsRecord>,
    /// Whether the account had a device with this key before.
    pub device_key_used: bool,
    /// What was counted.
    pub spent: SpentRecord,
}

/// What a backend looks facts up by.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DeviceRequestSummary {
    /// The key of the device, as it was written.
    pub device_key: String,
    /// The document number of the approver.
    pub approver_document: Option<Confidential>,
}

/// What a step leaves the backend to do, after the state is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum DeviceWorkKind {
    /// Send a code: `DeviceBackend.send`.
    SendCode,
    /// Compare what was typed: `DeviceBackend.compare`.
    Compare,
    /// Judge a liveness result: `DeviceBackend.judge_liveness`.
    CheckLiveness,
    /// Revoke every credential of this account, approver and device.
    RevokeCredentials,
    /// Delete the device from storage: it never came to be.
    Drop,
}

/// Work of a step. It can be done once.
#[derive(Debug, uniffi::Object)]
pub struct DeviceWork {
    kind: DeviceWorkKind,
    effect: Mutex<Option<DeviceEffect>>,
}

#[uniffi::export]
impl DeviceWork {
    /// What it is.
    ///
    /// # Errors
    ///
    /// Never; every exported function can say no.
    pub fn kind(&self) -> Result<DeviceWorkKind, EnrollmentError> {
        Ok(self.kind)
    }
}

/// What became of work, for the next step. It can be told once.
#[derive(Debug, uniffi::Object)]
pub struct DeviceReport {
    event: Mutex<Option<DeviceEvent>>,
}

/// What can be done next with a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum DeviceNextStep {
    /// The approver types the code: `DeviceBackend.attempt`.
    EnterCode,
    /// Another code: `DeviceBackend.resend`.
    ResendCode,
    /// The liveness result is awaited: `DeviceBackend.judge_liveness`.
    AwaitLiveness,
    /// It can be disabled: `DeviceBackend.disable`.
    Disable,
}

/// Where a device stands.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DeviceStateView {
    /// The state: `awaiting_code`, `awaiting_liveness`, `active`, `locked`, `disabled`, `dropped`.
    pub state: String,
    /// `device_status` of a request, a validation and a resend; none for a device that was dropped.
    pub device_status: Option<String>,
    /// The body of those answers as JSON.
    pub answer: Option<String>,
    /// The body of a query, JSON as UTF-8. Personal data, which is why it does not print.
    pub query: Option<Bytes>,
    /// What can be done next, the most likely first.
    pub next_steps: Vec<DeviceNextStep>,
    /// Attempts that are left, while it waits for a code.
    pub attempts_left: Option<u8>,
    /// Whole seconds that its code is still good for.
    pub seconds_left: Option<u64>,
    /// Whole seconds until another code may be asked for; none where none is left.
    pub seconds_to_resend: Option<u64>,
}

/// A step.
#[derive(Debug, Clone, uniffi::Record)]
pub struct DeviceStep {
    /// The state to store by one conditional statement, JSON as UTF-8; none where nothing came to
    /// be. Personal data, which is why it does not print.
    pub stored: Option<Bytes>,
    /// Where the device stands.
    pub view: Option<DeviceStateView>,
    /// Why what was asked is refused, in the words of the published pages. The state may have
    /// moved all the same.
    pub refusal: Option<PublishedErrorRecord>,
    /// What to do once the state is stored.
    pub work: Vec<Arc<DeviceWork>>,
}

/// Drives the registration of devices. It holds keys and caps and no state: that is the caller's to
/// store.
#[derive(uniffi::Object)]
pub struct DeviceBackend {
    keys: CodeKeys,
    caps: Caps,
    liveness: Option<LivenessProvider>,
    delivery: Arc<dyn CodeDelivery>,
    results: Option<Arc<dyn LivenessResults>>,
}

#[uniffi::export]
impl DeviceBackend {
    /// Takes keys, caps and the parts of the backend.
    ///
    /// # Errors
    ///
    /// `Misuse` where a key or the caps cannot be used.
    #[uniffi::constructor]
    pub fn new(
        configuration: DeviceBackendConfiguration,
        delivery: Arc<dyn CodeDelivery>,
        results: Option<Arc<dyn LivenessResults>>,
    ) -> Result<Arc<Self>, EnrollmentError> {
        guarded(|| {
            let keys = keys(&configuration.code_key, configuration.previous_code_key.as_ref())?;
            let caps = caps(configuration.caps.as_deref())?;
            let liveness = configuration.liveness.as_ref().map(provider).transpose()?;
            Ok(Arc::new(Self { keys, caps, liveness, delivery, results }))
        })
    }

    /// Judges the body of "Request Device Creation".
    ///
    /// # Errors
    ///
    /// `Misuse` where a fact or the random bytes have not their form.
    pub fn request(
        &self,
        body: Vec<u8>,
        facts: DeviceRequestFacts,
        entropy: Vec<u8>,
        now_millis: i64,
    ) -> Result<DeviceStep, EnrollmentError> {
        guarded(|| {
            let now = UnixMillis(now_millis);
            let entropy = random(&entropy)?;
            let facts = facts_of(facts)?;
            let judged = DeviceRequest::parse(&body)
                .and_then(|request| Device::request(request, facts, entropy, self.context(), now));
            match judged {
                Ok((device, effects)) => self.step(&device, effects, None, now),
                Err(refusal) => Ok(refused(refusal)),
            }
        })
    }

    /// Counts an attempt. What was typed is compared by the work of this step, once the count is
    /// stored.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none.
    pub fn attempt(
        &self,
        stored: Bytes,
        spent: SpentRecord,
        now_millis: i64,
    ) -> Result<DeviceStep, EnrollmentError> {
        guarded(|| self.apply(&stored, DeviceEvent::Attempt { spent: spent.into() }, now_millis))
    }

    /// Judges the body of "Request token resend".
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
    ) -> Result<DeviceStep, EnrollmentError> {
        guarded(|| {
            let entropy = random(&entropy)?;
            match ResendRequest::parse(&body) {
                Ok(request) => {
                    let (contacts, spent) = (contacts_of(contacts), spent.into());
                    let event = DeviceEvent::Resend { request, contacts, spent, entropy };
                    self.apply(&stored, event, now_millis)
                }
                Err(refusal) => Ok(refused(refusal)),
            }
        })
    }

    /// Disables a device.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none.
    pub fn disable(&self, stored: Bytes, now_millis: i64) -> Result<DeviceStep, EnrollmentError> {
        guarded(|| self.apply(&stored, DeviceEvent::Disable, now_millis))
    }

    /// Moves what is overdue, and shows where the device stands.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none.
    pub fn tick(&self, stored: Bytes, now_millis: i64) -> Result<DeviceStep, EnrollmentError> {
        guarded(|| self.apply(&stored, DeviceEvent::Tick, now_millis))
    }

    /// Has a code delivered.
    ///
    /// # Errors
    ///
    /// `Misuse` where the work is another one, or was done before. A delivery that fails is in the
    /// report.
    pub fn send(&self, work: Arc<DeviceWork>) -> Result<Arc<DeviceReport>, EnrollmentError> {
        guarded(|| {
            let effect = take(&work, DeviceWorkKind::SendCode)?;
            let DeviceEffect::SendCode { channel, contact, code, number } = effect else {
                return Err(Fault::Work.into());
            };
            let delivered = deliver(self.delivery.as_ref(), channel, &contact, &code);
            Ok(report(match delivered {
                true => DeviceEvent::Delivered { number },
                false => DeviceEvent::DeliveryFailed { number },
            }))
        })
    }

    /// Compares what a person typed. What is not six letters or digits is no match.
    ///
    /// # Errors
    ///
    /// `Misuse` where the work is another one, or was done before; `Malformed` where the text is no
    /// code, for which an app should not have asked.
    pub fn compare(
        &self,
        work: Arc<DeviceWork>,
        entered: String,
    ) -> Result<Arc<DeviceReport>, EnrollmentError> {
        guarded(|| {
            let entered = Code::parse(&entered).ok_or(Fault::CodeForm)?;
            let DeviceEffect::Compare(check) = take(&work, DeviceWorkKind::Compare)? else {
                return Err(Fault::Work.into());
            };
            Ok(report(DeviceEvent::Evaluated(check.evaluate(&entered, &self.keys))))
        })
    }

    /// Fetches and judges a liveness result, over the nonce that was given out for the device.
    ///
    /// # Errors
    ///
    /// `Misuse` where the work is another one, was done before, or no provider is set up;
    /// `Unavailable` where the id of the result could not be inserted, after which the work can be
    /// done again. A provider that does not answer is in the report.
    pub fn judge_liveness(
        &self,
        work: Arc<DeviceWork>,
        stored_nonce: Confidential,
        now_millis: i64,
    ) -> Result<Arc<DeviceReport>, EnrollmentError> {
        guarded(|| {
            let nonce = LivenessNonce::from_stored(&stored_nonce.0)
                .map_err(|error| Fault::Stored.of(error.to_string()))?;
            let (Some(provider), Some(results)) = (&self.liveness, &self.results) else {
                return Err(Fault::BackendSetup.of("no liveness provider"));
            };
            let effect = take(&work, DeviceWorkKind::CheckLiveness)?;
            let DeviceEffect::CheckLiveness { image_key } = effect else {
                return Err(Fault::Work.into());
            };
            let Ok(result) = results.signed_result(image_key.as_str().to_owned()) else {
                return Ok(report(DeviceEvent::LivenessUnavailable));
            };
            let judged = provider.judge(&result, &nonce, &image_key, UnixMillis(now_millis));
            let event = match judged {
                Err(refusal) => DeviceEvent::LivenessJudged(Err(refusal)),
                Ok(verified) => {
                    let (issuer, id) = (verified.issuer().to_owned(), verified.id().to_owned());
                    match results.insert_result_id(issuer, id) {
                        Ok(inserted) => DeviceEvent::LivenessJudged(verified.used_first(inserted)),
                        Err(_) => {
                            // Nothing is known to have been burned, so the work stays to be done.
                            put_back(&work, DeviceEffect::CheckLiveness { image_key });
                            return Err(Fault::Storage.into());
                        }
                    }
                }
            };
            Ok(report(event))
        })
    }

    /// Tells what became of work.
    ///
    /// # Errors
    ///
    /// `Misuse` where the stored state is none, or the report was told before.
    pub fn report(
        &self,
        stored: Bytes,
        report: Arc<DeviceReport>,
        now_millis: i64,
    ) -> Result<DeviceStep, EnrollmentError> {
        guarded(|| {
            let event = report.event.lock().unwrap_or_else(PoisonError::into_inner).take();
            self.apply(&stored, event.ok_or(Fault::Work)?, now_millis)
        })
    }
}

/// What a backend looks the facts of a request up by.
///
/// # Errors
///
/// `Malformed` where the body does not fit the schema.
#[uniffi::export]
pub fn read_device_request(body: Vec<u8>) -> Result<DeviceRequestSummary, EnrollmentError> {
    guarded(|| {
        let request = DeviceRequest::parse(&body).map_err(|_| Fault::Json)?;
        Ok(DeviceRequestSummary {
            device_key: request.device_key().to_owned(),
            approver_document: request
                .approver()
                .map(|document| Confidential(document.digits().to_owned())),
        })
    })
}

/// A nonce that a liveness result has to repeat.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct LivenessNonceRecord {
    /// What to store until the result is judged.
    pub stored: Confidential,
    /// The nonce, for the provider's library on the phone.
    pub value: Confidential,
    /// When it stops being good, in Unix milliseconds.
    pub expires_millis: i64,
}

/// Gives out a nonce for one device of one account.
///
/// # Errors
///
/// `Misuse` where a key is no UUID of version 4, or the random bytes have not their form.
#[uniffi::export]
pub fn issue_liveness_nonce(
    account_key: String,
    device_key: String,
    entropy: Vec<u8>,
    now_millis: i64,
) -> Result<LivenessNonceRecord, EnrollmentError> {
    guarded(|| {
        let (account_key, device_key) = (uuid(&account_key)?, uuid(&device_key)?);
        let mut entropy = random(&entropy)?;
        let nonce =
            LivenessNonce::issue(account_key, device_key, &mut entropy, UnixMillis(now_millis))
                .map_err(|_| Fault::Entropy)?;
        Ok(LivenessNonceRecord {
            stored: nonce.to_stored().map_err(|_| Fault::Internal)?.into(),
            value: nonce.value().to_owned().into(),
            expires_millis: nonce.expires_at().0,
        })
    })
}

impl DeviceBackend {
    const fn context(&self) -> DeviceContext<'_> {
        DeviceContext { keys: &self.keys, caps: &self.caps }
    }

    fn apply(
        &self,
        stored: &Bytes,
        event: DeviceEvent,
        now_millis: i64,
    ) -> Result<DeviceStep, EnrollmentError> {
        let now = UnixMillis(now_millis);
        let device: Device = machine(stored)?;
        let Step { state, effects, refusal } = device.apply(event, self.context(), now);
        self.step(&state, effects, refusal, now)
    }

    fn step(
        &self,
        device: &Device,
        effects: Vec<DeviceEffect>,
        refusal: Option<DeviceRefusal>,
        now: UnixMillis,
    ) -> Result<DeviceStep, EnrollmentError> {
        let json = |value: serde_json::Result<String>| value.map_err(|_| Fault::Internal);
        let until = |deadline| now.seconds_until(deadline);
        let status = device.status();
        let view = DeviceStateView {
            state: device.state_name().to_owned(),
            device_status: status.map(|status| status.on_registration().to_owned()),
            answer: device
                .registration_answer()
                .map(|answer| json(serde_json::to_string(&answer)))
                .transpose()?,
            query: device
                .view()
                .map(|view| json(serde_json::to_string(&view)).map(in_bytes))
                .transpose()?,
            next_steps: self.next_steps(device, now),
            attempts_left: device
                .attempts()
                .map(|attempts| PendingCode::MOST_ATTEMPTS.saturating_sub(attempts)),
            seconds_left: device.code_expires_at().map(until),
            seconds_to_resend: device.next_code_at(&self.caps).map(until),
        };
        Ok(DeviceStep {
            stored: Some(stored(device)?),
            view: Some(view),
            refusal: refusal.map(|refusal| refusal.code().into()),
            work: effects.into_iter().map(work).collect(),
        })
    }

    fn next_steps(&self, device: &Device, now: UnixMillis) -> Vec<DeviceNextStep> {
        use DeviceNextStep::{AwaitLiveness, Disable, EnterCode, ResendCode};
        let has_attempts =
            device.attempts().is_some_and(|counted| counted < PendingCode::MOST_ATTEMPTS);
        let is_good = device.code_expires_at().is_some_and(|deadline| !now.has_reached(deadline));
        let enter = (has_attempts && is_good).then_some(EnterCode);
        let liveness = (device.state_name() == "awaiting_liveness").then_some(AwaitLiveness);
        let resend = device.next_code_at(&self.caps).map(|_| ResendCode);
        let disable = device.status().filter(|status| *status != DeviceStatus::Disabled);
        [enter, liveness, resend, disable.map(|_| Disable)].into_iter().flatten().collect()
    }
}

fn refused(refusal: DeviceRefusal) -> DeviceStep {
    let code: PublishedCode = refusal.code();
    DeviceStep { stored: None, view: None, refusal: Some(code.into()), work: Vec::new() }
}

fn work(effect: DeviceEffect) -> Arc<DeviceWork> {
    let kind = match &effect {
        DeviceEffect::SendCode { .. } => DeviceWorkKind::SendCode,
        DeviceEffect::Compare(_) => DeviceWorkKind::Compare,
        DeviceEffect::CheckLiveness { .. } => DeviceWorkKind::CheckLiveness,
        DeviceEffect::RevokeCredentials { .. } => DeviceWorkKind::RevokeCredentials,
        DeviceEffect::Drop => DeviceWorkKind::Drop,
    };
    Arc::new(DeviceWork { kind, effect: Mutex::new(Some(effect)) })
}

fn take(work: &DeviceWork, kind: DeviceWorkKind) -> Result<DeviceEffect, EnrollmentError> {
    if work.kind != kind {
        return Err(Fault::Work.into());
    }
    let effect = work.effect.lock().unwrap_or_else(PoisonError::into_inner).take();
    effect.ok_or_else(|| Fault::Work.into())
}

fn put_back(work: &DeviceWork, effect: DeviceEffect) {
    *work.effect.lock().unwrap_or_else(PoisonError::into_inner) = Some(effect);
}

fn report(event: DeviceEvent) -> Arc<DeviceReport> {
    Arc::new(DeviceReport { event: Mutex::new(Some(event)) })
}

fn provider(stated: &LivenessProviderRecord) -> Result<LivenessProvider, EnrollmentError> {
    let key = |key: &LivenessKeyRecord| {
        let wrong = || Fault::BackendSetup.of(key.id.clone());
        let algorithm = Algorithm::from_cose(key.algorithm).ok_or_else(wrong)?;
        LivenessKey::new(&key.id, algorithm, &key.key.0).map_err(|_| wrong())
    };
    let keys: Result<Vec<_>, EnrollmentError> = stated.keys.iter().map(key).collect();
    Ok(LivenessProvider::new(&stated.issuer, &stated.audience, keys?))
}

fn facts_of(facts: DeviceRequestFacts) -> Result<RequestFacts, EnrollmentError> {
    Ok(RequestFacts {
        account_key: uuid(&facts.account_key)?,
        account: facts.account.into(),
        requester: match facts.requester {
            RequesterState::Unknown => None,
            RequesterState::NotAllowed => Some(RequesterFacts { may_create_devices: false }),
            RequesterState::Allowed => Some(RequesterFacts { may_create_devices: true }),
        },
        approver: facts.approver.map(contacts_of),
        device_key_used: facts.device_key_used,
        spent: facts.spent.into(),
    })
}
