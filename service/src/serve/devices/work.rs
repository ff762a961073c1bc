//! What the routes do: read, judge, store, carry out.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use device_enrollment::UnixMillis;
use device_enrollment::flow::{DocumentNumber, Stored as _, Uuid4};
use device_enrollment::two_factor::{
    AccountFacts, AccountStanding, Code, CodeKeys, Contacts, Device, DeviceContext, DeviceEffect,
    DeviceEvent, DeviceRefusal, DeviceRequest, DeviceStatus, DeviceView, Evaluation, ImageKey,
    LivenessNonce, LivenessRefusal, PublishedCode, RequestFacts, ResendRequest, Spent,
};

use super::schema::LivenessNonceBody;
use crate::serve::enrollments;
use crate::serve::flows::{
    CodeToSend, Counting, Deed, Failure, Permitted, Tries, answer, entropy, fresh_key, unreadable,
};
use crate::serve::http::{App, Caller, Context, Problem};
use crate::serve::metrics;
use crate::serve::ports::{CodeFor, Exchanged};
use crate::serve::storage::{self, Change, Move, NewDevice, NewMessage, Queue, Rule, SpentKind};

/// An account that is in nobody's way.
const ANY_ACCOUNT: AccountFacts = AccountFacts { standing: AccountStanding::Open, is_hub: false };

/// One request of one caller on one account.
pub(super) struct Work {
    app: Arc<App>,
    context: Arc<Context>,
    caller: Caller,
    permitted: Permitted,
    account_key: Uuid4,
}

/// What is to happen to a device: an event, before the facts that it needs are read.
enum Wish {
    Attempt,
    Evaluated(Evaluation),
    Resend(ResendRequest),
    Delivered(u32),
    NotDelivered(u32),
    /// The provider's signed result, to be judged.
    Face(ImageKey, Vec<u8>),
    FaceRefused(LivenessRefusal),
    FaceUnavailable,
    Disable,
}

impl Wish {
    /// What the audit trail calls it.
    const fn action(&self) -> &'static str {
        match self {
            Self::Attempt => "device.attempted",
            Self::Evaluated(_) => "device.validated",
            Self::Resend(_) => "device.code_resent",
            Self::Delivered(_) => "device.code_delivered",
            Self::NotDelivered(_) => "device.code_not_delivered",
            Self::Face(..) | Self::FaceRefused(_) | Self::FaceUnavailable => {
                "device.liveness_judged"
            }
            Self::Disable => "device.disabled",
        }
    }

    /// Whether the requester causes it. What follows from what is stored already is not held up by
    /// an account that was blocked in between.
    const fn is_asked_for(&self) -> bool {
        matches!(self, Self::Attempt | Self::Resend(_) | Self::Disable)
    }
}

/// A device as it was read.
struct Found {
    device: Device,
    revision: i64,
    now: UnixMillis,
}

/// What an event came to, stored.
struct Stepped {
    device: Device,
    effects: Vec<DeviceEffect>,
    refusal: Option<DeviceRefusal>,
}

impl Work {
    pub(super) async fn new(
        app: Arc<App>,
        context: Arc<Context>,
        caller: Caller,
        account_key: Uuid4,
    ) -> Result<Self, Failure> {
        let permitted = Permitted::read(&app, &caller).await?;
        Ok(Self { app, context, caller, permitted, account_key })
    }

    /// Requests a device: the answer, because there are two.
    pub(super) async fn request(&self, body: &[u8]) -> Result<Response, Failure> {
        let (device, effects) = self.add(body).await?;
        for effect in effects {
            match effect {
                DeviceEffect::SendCode { channel, contact, code, number } => {
                    let send = self.sending(channel, &contact, &code);
                    self.deliver(device.device_key(), send, number).await?;
                }
                DeviceEffect::CheckLiveness { image_key } => {
                    let device = self.check_face(device.device_key(), image_key).await?;
                    return Ok(answer(StatusCode::CREATED, &device.registration_answer()));
                }
                DeviceEffect::Compare(_)
                | DeviceEffect::RevokeCredentials { .. }
                | DeviceEffect::Drop => {}
            }
        }
        Ok(answer(StatusCode::ACCEPTED, &device.registration_answer()))
    }

    /// Approves a device: counts the attempt, stores, compares, stores.
    pub(super) async fn validate(&self, device_key: Uuid4, code: &Code) -> Result<Device, Failure> {
        let counted = self.step(device_key, Wish::Attempt).await?.accepted()?;
        let check = counted.effects.into_iter().find_map(|effect| match effect {
            DeviceEffect::Compare(check) => Some(check),
            _ => None,
        });
        let check = check.ok_or(DeviceRefusal::NothingToValidate)?;
        let evaluation = check.evaluate(code, &self.app.flows.keys());
        let judged = self.step(device_key, Wish::Evaluated(evaluation)).await?;
        Ok(judged.accepted()?.device)
    }

    /// Sends another code.
    pub(super) async fn resend(
        &self,
        device_key: Uuid4,
        request: ResendRequest,
    ) -> Result<Device, Failure> {
        let made = self.step(device_key, Wish::Resend(request)).await?.accepted()?;
        for effect in made.effects {
            if let DeviceEffect::SendCode { channel, contact, code, number } = effect {
                let send = self.sending(channel, &contact, &code);
                self.deliver(device_key, send, number).await?;
            }
        }
        Ok(made.device)
    }

    /// Disables a device. Its credentials are revoked in the same unit.
    pub(super) async fn disable(&self, device_key: Uuid4) -> Result<Device, Failure> {
        Ok(self.step(device_key, Wish::Disable).await?.accepted()?.device)
    }

    /// Looks a device up. The page has no codes about the state of the account.
    pub(super) async fn query(&self, device_key: Uuid4) -> Result<DeviceView, Failure> {
        let account = self.permitted.account(&self.app, self.account_key).await?;
        account.ok_or(DeviceRefusal::AccountNotFound)?;
        let found = self.read(device_key).await?.ok_or(DeviceRefusal::DeviceNotFound)?;
        let view = found.device.at(found.now).view();
        Ok(view.ok_or(DeviceRefusal::DeviceNotFound)?)
    }

    /// Hands out a nonce for a face check, to whoever could request the device.
    pub(super) async fn liveness_nonce(
        &self,
        device_key: Uuid4,
    ) -> Result<LivenessNonceBody, Failure> {
        match Device::find(self.account_to_request_on().await?, None) {
            Ok(_) | Err(DeviceRefusal::DeviceNotFound) => {}
            Err(refusal) => return Err(refusal.into()),
        }
        match self.permitted.facts() {
            None => return Err(DeviceRefusal::RequesterNotConfigured.into()),
            Some(requester) if !requester.may_create_devices => {
                return Err(DeviceRefusal::RequesterNotAllowed.into());
            }
            Some(_) => {}
        }
        if self.app.flows.liveness.is_none() {
            return Err(PublishedCode::ContactTypeNotAllowed.into());
        }
        let mut tries = Tries::new();
        loop {
            let now = self.app.storage.now().await?;
            let nonce = LivenessNonce::issue(self.account_key, device_key, &mut entropy()?, now)
                .map_err(|_| DeviceRefusal::Entropy)?;
            let change = Change::issue_liveness_nonce(&storage::LivenessNonce {
                nonce: nonce.value().to_owned(),
                account_key: self.account_key.to_string(),
                device_key: device_key.to_string(),
                state: nonce.to_stored().map_err(unreadable)?,
                issued_at: now,
                expires_at: nonce.expires_at(),
            });
            if tries.store(&self.app.storage, vec![change]).await?.is_ok() {
                return Ok(LivenessNonceBody {
                    nonce: nonce.value().to_owned(),
                    expires_at: nonce.expires_at().to_string(),
                });
            }
        }
    }

    /// Judges and stores a request.
    async fn add(&self, body: &[u8]) -> Result<(Device, Vec<DeviceEffect>), Failure> {
        let mut tries = Tries::new();
        loop {
            let request = DeviceRequest::parse(body)?;
            let account = self.account_to_request_on().await?;
            let known = account.is_some() && self.permitted.configuration.is_some();
            let approver = request.approver().cloned().filter(|_| known);
            let contacts = match &approver {
                Some(approver) => self.contacts(approver).await?,
                None => None,
            };
            let before = match Uuid4::parse(request.device_key()).filter(|_| known) {
                Some(device_key) => self.read_anybodys(device_key).await?,
                None => None,
            };
            let now = self.now(before.as_ref()).await?;
            // A device that never came to be leaves its key free.
            let (dropped, used) = match before {
                Some(found) if found.device.clone().at(now).status().is_none() => {
                    (Some(found), false)
                }
                before => (None, before.is_some()),
            };
            let spent = match approver.as_ref().filter(|_| contacts.is_some()) {
                Some(approver) => self.counting(approver, now).spent(&self.app.storage).await?,
                None => Spent::default(),
            };
            let facts = RequestFacts {
                account_key: self.account_key,
                account,
                requester: self.permitted.facts(),
                approver: contacts,
                device_key_used: used,
                spent,
            };
            let keys = self.app.flows.keys();
            let context = self.machine_context(&keys);
            let (device, effects) = Device::request(request, facts, entropy()?, context, now)?;
            let checks_face =
                effects.iter().any(|effect| matches!(effect, DeviceEffect::CheckLiveness { .. }));
            if checks_face && self.app.flows.liveness.is_none() {
                return Err(PublishedCode::ContactTypeNotAllowed.into());
            }
            let unit = self.addition(&device, dropped.as_ref(), !checks_face, now)?;
            if tries.store(&self.app.storage, unit).await?.is_ok() {
                return Ok((device, effects));
            }
        }
    }

    /// The unit that adds a device.
    fn addition(
        &self,
        device: &Device,
        dropped: Option<&Found>,
        sends_code: bool,
        now: UnixMillis,
    ) -> Result<Vec<Change>, Failure> {
        let (account_key, device_key) =
            (self.account_key.to_string(), device.device_key().to_string());
        let state = device.to_stored().map_err(unreadable)?;
        let mut unit = Vec::new();
        if let Some(dropped) = dropped {
            unit.push(Change::drop_device(&account_key, &device_key, dropped.revision));
        }
        unit.push(Change::add_device(&NewDevice {
            account_key: &account_key,
            device_key: &device_key,
            approver_document_number: device.approver().digits(),
            requester_key: &self.caller.requester_key,
            session_id: &device.session_id().to_string(),
            machine: moved(device, &state, 0, now),
        }));
        if sends_code {
            unit.extend(self.counting(device.approver(), now).code());
        }
        unit.push(self.audit(device, "device.requested", "done", now));
        Ok(unit)
    }

    /// Sends a code and reports what became of it.
    async fn deliver(
        &self,
        device_key: Uuid4,
        send: CodeToSend<'_>,
        number: u32,
    ) -> Result<(), Failure> {
        if self.app.flows.send(send).await? {
            // The person has the code: that the report cannot be stored is nothing to them.
            if self.step(device_key, Wish::Delivered(number)).await.is_err() {
                tracing::warn!("that a code was delivered could not be stored");
            }
            return Ok(());
        }
        self.step(device_key, Wish::NotDelivered(number)).await?.accepted()?;
        // A report of a failure is refused in every state, so this is not reached.
        Err(DeviceRefusal::NotDelivered.into())
    }

    fn sending<'a>(
        &self,
        channel: device_enrollment::two_factor::Channel,
        contact: &'a device_enrollment::two_factor::Contact,
        code: &'a Code,
    ) -> CodeToSend<'a> {
        CodeToSend {
            channel,
            contact,
            code,
            purpose: CodeFor::Device,
            language: self.context.language(),
        }
    }

    /// Exchanges the key of an image and has the result judged.
    async fn check_face(&self, device_key: Uuid4, image_key: ImageKey) -> Result<Device, Failure> {
        let began = std::time::Instant::now();
        let exchanged = match &self.app.flows.ports.liveness {
            Some(port) => port.exchange(image_key.as_str()).await,
            None => Exchanged::Unavailable(crate::serve::ports::Why::NotConfigured),
        };
        let (wish, word) = match exchanged {
            Exchanged::Result(result) => (Wish::Face(image_key, result), "delivered"),
            Exchanged::UnknownImage => {
                (Wish::FaceRefused(LivenessRefusal::OtherImage), "unknown_image")
            }
            Exchanged::Unavailable(why) => {
                tracing::warn!(%why, "the provider of face checks gave no result");
                (Wish::FaceUnavailable, "failed")
            }
        };
        metrics::delivered("liveness", word, began.elapsed());
        Ok(self.step(device_key, wish).await?.accepted()?.device)
    }

    /// One event, judged and stored until it is.
    async fn step(&self, device_key: Uuid4, mut wish: Wish) -> Result<Stepped, Failure> {
        let mut tries = Tries::new();
        loop {
            let Found { device, revision, now } = self.find(device_key, &wish).await?;
            let before = device.clone();
            let (event, counted) = self.event(&before, &wish, now).await?;
            let keys = self.app.flows.keys();
            let step = device.apply(event, self.machine_context(&keys), now);
            let mut unit = Vec::new();
            if step.refusal.is_none() {
                unit.extend(counted);
            }
            let moves = self.moves(&before, &step.state, &step.effects, revision, now)?;
            if !moves.is_empty() {
                unit.extend(self.ended_with(&step.state, &step.effects).await?);
                unit.extend(told(&before, &step.state, self.account_key, now)?);
                let outcome = step.refusal.map_or("done", |refusal| refusal.code().as_str());
                unit.extend(moves);
                unit.push(self.audit(&step.state, wish.action(), outcome, now));
            }
            match tries.store(&self.app.storage, unit).await? {
                Ok(()) => {
                    return Ok(Stepped {
                        device: step.state,
                        effects: step.effects,
                        refusal: step.refusal,
                    });
                }
                // Somebody was first with this result, or with its nonce.
                Err(lost) if matches!(lost.rule, Rule::Unspent | Rule::NonceUnspent) => {
                    wish = Wish::FaceRefused(LivenessRefusal::Replayed);
                }
                Err(_) => {}
            }
        }
    }

    /// The event of a wish, with what is counted or spent beside it when it is not refused.
    async fn event(
        &self,
        device: &Device,
        wish: &Wish,
        now: UnixMillis,
    ) -> Result<(DeviceEvent, Vec<Change>), Failure> {
        let storage = &self.app.storage;
        let counting = self.counting(device.approver(), now);
        Ok(match wish {
            Wish::Attempt => {
                let spent = counting.spent(storage).await?;
                (DeviceEvent::Attempt { spent }, counting.attempt().into())
            }
            Wish::Evaluated(evaluation) => (DeviceEvent::Evaluated(evaluation.clone()), Vec::new()),
            Wish::Resend(request) => {
                let event = DeviceEvent::Resend {
                    request: *request,
                    // Whoever is no approver any more has no contacts.
                    contacts: self.contacts(device.approver()).await?.unwrap_or_default(),
                    spent: counting.spent(storage).await?,
                    entropy: entropy()?,
                };
                (event, counting.code().into())
            }
            Wish::Delivered(number) => (DeviceEvent::Delivered { number: *number }, Vec::new()),
            Wish::NotDelivered(number) => {
                (DeviceEvent::DeliveryFailed { number: *number }, Vec::new())
            }
            Wish::Face(image_key, result) => self.face(device, image_key, result, now).await?,
            Wish::FaceRefused(refusal) => (DeviceEvent::LivenessJudged(Err(*refusal)), Vec::new()),
            Wish::FaceUnavailable => (DeviceEvent::LivenessUnavailable, Vec::new()),
            Wish::Disable => (DeviceEvent::Disable, Vec::new()),
        })
    }

    /// Judges the provider's result. That it is used for the first time is a condition of the unit.
    async fn face(
        &self,
        device: &Device,
        image_key: &ImageKey,
        result: &[u8],
        now: UnixMillis,
    ) -> Result<(DeviceEvent, Vec<Change>), Failure> {
        let Some(provider) = &self.app.flows.liveness else {
            return Ok((DeviceEvent::LivenessUnavailable, Vec::new()));
        };
        let refused =
            |refusal| Ok((DeviceEvent::LivenessJudged(Err(refusal)), Vec::<Change>::new()));
        let (account_key, device_key) =
            (self.account_key.to_string(), device.device_key().to_string());
        let Some(kept) = self.app.storage.liveness_nonce(&account_key, &device_key).await? else {
            return refused(LivenessRefusal::Nonce);
        };
        let nonce = LivenessNonce::from_stored(&kept.state).map_err(unreadable)?;
        let verified = match provider.judge(result, &nonce, image_key, now) {
            Ok(verified) => verified,
            Err(refusal) => return refused(refusal),
        };
        let seconds = i64::from(provider.most_age_seconds).saturating_add(86_400);
        let changes = vec![
            Change::spend(
                SpentKind::LivenessResult,
                &format!("{} {}", verified.issuer(), verified.id()),
                now,
                now.plus_millis(seconds.saturating_mul(1000)),
            ),
            Change::spend_liveness_nonce(&kept.nonce, &account_key, &device_key, now),
        ];
        Ok((DeviceEvent::LivenessJudged(verified.used_first(true)), changes))
    }

    /// What a step does to the row of the device and to what hangs on it. Nothing, when nothing was
    /// moved.
    fn moves(
        &self,
        before: &Device,
        after: &Device,
        effects: &[DeviceEffect],
        revision: i64,
        now: UnixMillis,
    ) -> Result<Vec<Change>, Failure> {
        let (account_key, device_key) =
            (self.account_key.to_string(), after.device_key().to_string());
        if effects.iter().any(|effect| matches!(effect, DeviceEffect::Drop)) {
            return Ok(vec![Change::drop_device(&account_key, &device_key, revision)]);
        }
        if before == after {
            return Ok(Vec::new());
        }
        let state = after.to_stored().map_err(unreadable)?;
        let to = moved(after, &state, revision, now);
        let mut moves = vec![Change::move_device(&account_key, &device_key, &to)];
        if effects.iter().any(|effect| matches!(effect, DeviceEffect::RevokeCredentials { .. })) {
            let because = "the device was disabled";
            moves.push(Change::revoke_credentials_of_device(
                &account_key,
                &device_key,
                because,
                now,
            ));
        }
        Ok(moves)
    }

    /// What ends with a device that is disabled, beside its credentials.
    async fn ended_with(
        &self,
        device: &Device,
        effects: &[DeviceEffect],
    ) -> Result<Vec<Change>, Failure> {
        let revokes =
            |effect: &DeviceEffect| matches!(effect, DeviceEffect::RevokeCredentials { .. });
        if !effects.iter().any(revokes) {
            return Ok(Vec::new());
        }
        let (account_key, device_key) =
            (self.account_key.to_string(), device.device_key().to_string());
        let approver = device.approver().digits();
        Ok(enrollments::ended_with_device(&self.app, approver, &account_key, &device_key).await?)
    }

    /// The device that an event is for.
    async fn find(&self, device_key: Uuid4, wish: &Wish) -> Result<Found, Failure> {
        let account = if wish.is_asked_for() { self.account().await? } else { Some(ANY_ACCOUNT) };
        let found = match account {
            Some(_) => self.read(device_key).await?,
            None => None,
        };
        let (revision, now, device) = match found {
            Some(found) => (found.revision, found.now, Some(found.device)),
            None => (0, UnixMillis(0), None),
        };
        Ok(Found { device: Device::find(account, device)?, revision, now })
    }

    /// A device of the account that the caller requested.
    async fn read(&self, device_key: Uuid4) -> Result<Option<Found>, Failure> {
        let row = self.row(device_key).await?;
        match row.filter(|row| row.requester_key == self.caller.requester_key) {
            Some(row) => Ok(Some(self.machine(&row).await?)),
            None => Ok(None),
        }
    }

    /// A device of the account, whoever requested it.
    async fn read_anybodys(&self, device_key: Uuid4) -> Result<Option<Found>, Failure> {
        match self.row(device_key).await? {
            Some(row) => Ok(Some(self.machine(&row).await?)),
            None => Ok(None),
        }
    }

    async fn row(&self, device_key: Uuid4) -> Result<Option<storage::Device>, Failure> {
        let (account_key, device_key) = (self.account_key.to_string(), device_key.to_string());
        Ok(self.app.storage.device(&account_key, &device_key).await?)
    }

    async fn machine(&self, row: &storage::Device) -> Result<Found, Failure> {
        let now = self.app.storage.now().await?;
        Ok(Found {
            device: Device::from_stored(&row.machine.state).map_err(unreadable)?,
            revision: row.machine.revision,
            now: row.machine.not_before_last_move(now),
        })
    }

    async fn now(&self, found: Option<&Found>) -> Result<UnixMillis, Failure> {
        match found {
            Some(found) => Ok(found.now),
            None => Ok(self.app.storage.now().await?),
        }
    }

    /// The account, as a request is judged on it. A request has a code for a requester without a
    /// configuration, which comes after those of the account: to such a one all accounts are alike, so
    /// that it learns of none whether it is there.
    async fn account_to_request_on(&self) -> Result<Option<AccountFacts>, Failure> {
        match self.permitted.configuration {
            None => Ok(Some(ANY_ACCOUNT)),
            Some(_) => self.account().await,
        }
    }

    /// The account, if the caller may touch it.
    async fn account(&self) -> Result<Option<AccountFacts>, Failure> {
        let account = self.permitted.account(&self.app, self.account_key).await?;
        Ok(account.map(|account| account.facts()))
    }

    async fn contacts(&self, approver: &DocumentNumber) -> Result<Option<Contacts>, Failure> {
        let account_key = self.account_key.to_string();
        let approver = self.app.storage.approver(&account_key, approver.digits()).await?;
        Ok(approver.map(|approver| approver.contacts()))
    }

    fn counting<'a>(&'a self, approver: &'a DocumentNumber, now: UnixMillis) -> Counting<'a> {
        Counting::new(&self.app.flows.caps, approver, now)
    }

    fn machine_context<'a>(&'a self, keys: &'a CodeKeys) -> DeviceContext<'a> {
        DeviceContext { keys, caps: &self.app.flows.caps }
    }

    fn audit(&self, device: &Device, action: &str, outcome: &str, now: UnixMillis) -> Change {
        let deed = Deed {
            action,
            outcome,
            subject_kind: "device",
            subject_key: &device.device_key().to_string(),
            account_key: Some(&self.account_key.to_string()),
            person: Some(device.approver().digits()),
        };
        self.app.flows.audit(&self.caller, &self.context, deed, now)
    }
}

impl Stepped {
    /// The step, unless the event was refused.
    fn accepted(self) -> Result<Self, DeviceRefusal> {
        match self.refusal {
            None => Ok(self),
            Some(refusal) => Err(refusal),
        }
    }
}

/// What the bank is told of a device, so that it can tell the person: that there is a new one, that
/// its attempts are spent, that it is no more. Whose it is, the bank looks up by its keys.
fn told(
    before: &Device,
    after: &Device,
    account_key: Uuid4,
    now: UnixMillis,
) -> Result<Option<Change>, Problem> {
    let kind = match after.state_name() {
        name if name == before.state_name() => return Ok(None),
        "active" => "device.registered",
        "locked" => "device.locked",
        "disabled" => "device.disabled",
        _ => return Ok(None),
    };
    let device_key = after.device_key().to_string();
    let payload = serde_json::json!({
        "eventType": kind,
        "account_key": account_key,
        "device_key": device_key,
        "occurred_at": now.to_string(),
    });
    Ok(Some(Change::send(&NewMessage {
        message_id: &fresh_key()?.to_string(),
        queue: Queue::Event,
        kind,
        subject: &device_key,
        payload: &payload.to_string(),
        now,
    })))
}

fn moved<'a>(device: &Device, state: &'a str, from_revision: i64, now: UnixMillis) -> Move<'a> {
    Move {
        from_revision,
        status: device.state_name(),
        is_final: device.status() == Some(DeviceStatus::Disabled),
        state,
        now,
    }
}
