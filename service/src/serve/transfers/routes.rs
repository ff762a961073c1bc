use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use device_enrollment::flow::{Stored as _, Uuid4};
use device_enrollment::two_factor::{
    ApprovalMode, ApproveRequest, Evaluation, Money, PublishedCode, RailNotice, RefusalReason,
    ResendRequest, Spent, Transfer, TransferEvent, TransferFacts, TransferRefusal, TransferRequest,
};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::Answer;
use super::turn::{
    Delivering, Named, Next, Stop, Stored, TRIES, Turn, Who, context, is_active, moved,
    moved_today, plan,
};
use super::{approval, rail, schema};
use crate::serve::flows::{CodeToSend, Counting, Permitted, entropy, fresh_key};
use crate::serve::http::{App, Body, Caller, Context, InPath, Known, Problem};
use crate::serve::ports::CodeFor;
use crate::serve::storage::{Account, Approver, Change, CommitError, NewTransfer};

/// The transfer pages, and what the published pages leave out of them.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(perform))
        .routes(routes!(query))
        .routes(routes!(validate_token))
        .routes(routes!(resend_token))
        .routes(routes!(sign_options))
        .routes(routes!(assertion))
        .routes(routes!(settlement))
}

/// The account of a path.
struct OnAccount(Uuid4);

/// The account and the transfer of a path.
struct OnTed(Named);

fn key(text: &str) -> Result<Uuid4, Problem> {
    Uuid4::parse(text).ok_or_else(|| Problem::malformed(None))
}

impl FromRequestParts<Arc<App>> for OnAccount {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let InPath(account_key) = InPath::<String>::from_request_parts(parts, app).await?;
        Ok(Self(key(&account_key)?))
    }
}

impl FromRequestParts<Arc<App>> for OnTed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let keys = InPath::<(String, String)>::from_request_parts(parts, app).await?;
        let InPath((account_key, ted_key)) = keys;
        Ok(Self(Named { account_key: key(&account_key)?, ted_key: key(&ted_key)? }))
    }
}

/// Performs a TED. It waits for its approver: for the code that is sent by SMS or e-mail, or for the
/// enrolled device that the session belongs to.
#[utoipa::path(
    post,
    path = "/account/{account_key}/ted",
    tag = "transfers",
    params(("account_key" = String, Path, format = "uuid", description = "The account that pays.")),
    request_body = schema::PerformTed,
    responses(
        (status = 202, description = "It waits for its approver.", body = schema::Ted),
        (status = 400, description = "QIT000001, TED000012; OBD000088, OBD000089: the account; OBD000097: the code was not delivered, and nothing is left of the request.", body = schema::TedError),
        (status = 401, description = "The API key opens nothing.", body = schema::TedError),
        (status = 403, description = "OBD000090: not an approver; LIM000005, LIM000006: too much for a device that is not registered; POL000001: the channel is not allowed.", body = schema::TedError),
        (status = 404, description = "TED000009: the account; OBD000093: the requester is not configured; OBD000100: the session belongs to no Active device of the approver.", body = schema::TedError),
        (status = 409, description = "RCK000001: the request_control_key was used before.", body = schema::TedError),
        (status = 429, description = "LIM000001, LIM000004, or too many requests with this key.", body = schema::TedError),
        (status = 503, description = "Nobody can say now.", body = schema::TedError)
    )
)]
async fn perform(
    State(app): State<Arc<App>>,
    caller: Caller,
    Known(context): Known,
    OnAccount(account_key): OnAccount,
    body: Body,
) -> Result<Answer, Stop> {
    let request = TransferRequest::parse(body.bytes()).map_err(refused)?;
    let ted_key = fresh_key()?;
    for _ in 0..TRIES {
        let (transfer, next) =
            match requested(&app, &caller, &context, account_key, ted_key, &request).await? {
                Some(requested) => requested,
                None => continue,
            };
        let transfer = match next {
            Next::Deliver(code) => {
                let named = Named { account_key, ted_key };
                deliver(&app, &caller, &context, named, &transfer, code).await?
            }
            _ => transfer,
        };
        return Answer::moved(&transfer);
    }
    Err(Problem::busy().into())
}

/// One try to add a transfer; `None` when a condition was lost that the next try judges.
async fn requested(
    app: &App,
    caller: &Caller,
    known: &Context,
    account_key: Uuid4,
    ted_key: Uuid4,
    request: &TransferRequest,
) -> Result<Option<(Transfer, Next)>, Stop> {
    let now = app.storage.now().await?;
    let facts = facts(app, caller, account_key, request, now).await?;
    let keys = app.flows.keys();
    let context = context(app, &keys);
    let (transfer, effects) =
        Transfer::request(request.clone(), ted_key, facts, entropy()?, context, now)
            .map_err(Stop::Refused)?;
    let order = transfer.order();
    let approver = order.approver.digits();
    let text = transfer.to_stored().map_err(|_| Problem::internal())?;
    let mut unit = vec![
        Change::know_person(approver, &fresh_key()?.to_string()),
        Change::add_transfer(&NewTransfer {
            ted_key: &ted_key.to_string(),
            account_key: &account_key.to_string(),
            request_control_key: &order.request_control_key.to_string(),
            approver_document_number: Some(approver),
            requester_key: &caller.requester_key,
            machine: moved(&transfer, &text, now),
        }),
    ];
    let next = plan(app, &transfer, effects, now, &mut unit)?;
    let who = Who::Caller(caller, known);
    unit.push(who.audit(app, &transfer, "transfer.requested", "done", now));
    match app.storage.commit(unit).await {
        Ok(()) => Ok(Some((transfer, next))),
        Err(CommitError::Lost(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What a request is judged on.
async fn facts(
    app: &App,
    caller: &Caller,
    account_key: Uuid4,
    request: &TransferRequest,
    now: device_enrollment::UnixMillis,
) -> Result<TransferFacts, Stop> {
    let storage = &app.storage;
    let permitted = Permitted::read(app, caller).await?;
    let account_text = account_key.to_string();
    let account = match &permitted.configuration {
        Some(_) => permitted.account(app, account_key).await?,
        // It is told that it is not configured, whatever account it names.
        None => storage.account(&account_text).await?,
    };
    let approver = request.approver.digits();
    let device_key = match request.mode {
        ApprovalMode::Code(_) => None,
        ApprovalMode::Device { session_id } => {
            let session = session_id.to_string();
            let devices = storage.devices_of_session(&account_text, approver, &session).await?;
            let active = devices.iter().find(|device| is_active(device));
            active.and_then(|device| Uuid4::parse(&device.device_key))
        }
    };
    let control_key = request.request_control_key.to_string();
    let used = storage.transfer_by_control_key(&account_text, &control_key).await?.is_some();
    Ok(TransferFacts {
        account_key,
        account: account.as_ref().map(Account::facts),
        requester_configured: permitted.configuration.is_some(),
        approver: storage.approver(&account_text, approver).await?.as_ref().map(Approver::contacts),
        request_control_key_used: used,
        device_key,
        spent: Counting::new(&app.flows.caps, &request.approver, now).spent(storage).await?,
        moved_today: moved_today(app, account_key, now).await?,
        fee: app.config.fee,
    })
}

/// Sends a code, and tells the transfer whether it arrived.
async fn deliver(
    app: &App,
    caller: &Caller,
    known: &Context,
    named: Named,
    transfer: &Transfer,
    code: Delivering,
) -> Result<Transfer, Stop> {
    let order = transfer.order();
    let amount = in_reais(order.amount.money());
    let send = CodeToSend {
        channel: code.channel,
        contact: &code.contact,
        code: &code.code,
        purpose: CodeFor::Transfer { amount: &amount, payee: order.payee.owner_name() },
        language: known.language(),
    };
    let number = code.number;
    let arrived = app.flows.send(send).await?;
    for _ in 0..TRIES {
        let turn = Turn::of_caller(app, caller, named).await?;
        let event = if arrived {
            TransferEvent::Delivered { number }
        } else {
            TransferEvent::DeliveryFailed { number }
        };
        let action =
            if arrived { "transfer.code_delivered" } else { "transfer.code_not_delivered" };
        let step = turn.judge(app, event);
        let who = Who::Caller(caller, known);
        if let Ok(stored) = turn.store(app, who, action, step, Vec::new()).await? {
            return stored.refused_or_moved();
        }
    }
    Err(Problem::busy().into())
}

/// Money as people read it in Brazil: `R$ 1.234,56`.
fn in_reais(money: Money) -> String {
    let (reais, centavos) =
        (money.centavos().div_euclid(100).to_string(), money.centavos().rem_euclid(100));
    let mut grouped = String::new();
    for (place, digit) in reais.chars().enumerate() {
        let left = reais.len().saturating_sub(place);
        if place > 0 && left.is_multiple_of(3) {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    format!("R$ {grouped},{centavos:02}")
}

/// A transfer as it stands.
#[utoipa::path(
    get,
    path = "/account/{account_key}/ted/{ted_key}",
    tag = "transfers",
    params(
        ("account_key" = String, Path, format = "uuid", description = "The account that pays."),
        ("ted_key" = String, Path, format = "uuid", description = "The transfer.")
    ),
    responses(
        (status = 200, description = "The transfer.", body = schema::Ted),
        (status = 400, description = "QIT000001; OBD000088, OBD000089: the account.", body = schema::TedError),
        (status = 401, description = "The API key opens nothing.", body = schema::TedError),
        (status = 404, description = "TED000009: the account; TED000020: the transfer.", body = schema::TedError),
        (status = 429, description = "Too many requests with this key.", body = schema::TedError),
        (status = 503, description = "Nobody can say now.", body = schema::TedError)
    )
)]
async fn query(
    State(app): State<Arc<App>>,
    caller: Caller,
    Known(context): Known,
    OnTed(named): OnTed,
) -> Result<Answer, Stop> {
    let who = Who::Caller(&caller, &context);
    for _ in 0..TRIES {
        let turn = Turn::of_caller(&app, &caller, named).await?;
        // What is overdue moves, also when somebody only looks.
        let step = turn.judge(&app, TransferEvent::Tick);
        if let Ok(stored) = turn.store(&app, who, "transfer.overdue", step, Vec::new()).await? {
            return Answer::query(&stored.transfer);
        }
    }
    Err(Problem::busy().into())
}

/// Approves a TED: with the code that the approver was sent, or, where the enrolled device has
/// approved it, with `{}` or no body.
#[utoipa::path(
    put,
    path = "/account/{account_key}/ted/{ted_key}/validate_token",
    tag = "transfers",
    params(
        ("account_key" = String, Path, format = "uuid", description = "The account that pays."),
        ("ted_key" = String, Path, format = "uuid", description = "The transfer.")
    ),
    request_body = Option<schema::ValidateTed>,
    responses(
        (status = 201, description = "It was sent.", body = schema::Ted),
        (status = 202, description = "It is approved, and being processed.", body = schema::Ted),
        (status = 400, description = "QIT000001; OBD000088, OBD000089: the account; TED000084: wrong; TED000083: over; TED000082: the attempts are spent, and the fifth wrong one rejects the transfer; TED000110: a token is required; another code of the tables of TED: the rail refused, and the transfer is rejected.", body = schema::TedError),
        (status = 401, description = "The API key opens nothing.", body = schema::TedError),
        (status = 403, description = "A code of the tables of TED: the rail refused, and the transfer is rejected.", body = schema::TedError),
        (status = 404, description = "TED000009: the account; TED000020: the transfer; TED000086: it does not wait for approval.", body = schema::TedError),
        (status = 429, description = "LIM000002, LIM000004, or too many requests with this key.", body = schema::TedError),
        (status = 503, description = "Nobody can say now.", body = schema::TedError)
    )
)]
async fn validate_token(
    State(app): State<Arc<App>>,
    caller: Caller,
    Known(context): Known,
    OnTed(named): OnTed,
    body: Body,
) -> Result<Answer, Stop> {
    let approved = match approve(&app, &caller, &context, named, body.bytes()).await? {
        Stored { next: Next::Evaluate(attempt), .. } => {
            let evaluation = attempt.evaluate(&app.flows.keys());
            evaluated(&app, &caller, &context, named, &evaluation).await?
        }
        approved => approved,
    };
    let Stored { transfer, refusal, next } = approved;
    if let Some(refusal) = refusal {
        return Err(Stop::Refused(refusal));
    }
    match next {
        Next::Hand(order) => {
            let who = Who::Caller(&caller, &context);
            let handed = order.hand_over(&app, who).await?;
            Answer::moved(&handed.refused_or_moved()?)
        }
        _ => Answer::moved(&transfer),
    }
}

/// Counts an attempt, or takes the approval of the device.
async fn approve(
    app: &App,
    caller: &Caller,
    known: &Context,
    named: Named,
    body: &[u8],
) -> Result<Stored, Stop> {
    for _ in 0..TRIES {
        let request = ApproveRequest::parse(body).map_err(refused)?;
        let turn = Turn::of_caller(app, caller, named).await?;
        let spent = if turn.transfer.device_key().is_none() {
            spent(app, &turn).await?
        } else {
            Spent::default()
        };
        let device_active = turn.device_is_active(app).await?;
        let step = turn.judge(app, TransferEvent::Approve { request, spent, device_active });
        let who = Who::Caller(caller, known);
        if let Ok(stored) = turn.store(app, who, "transfer.approve", step, Vec::new()).await? {
            return Ok(stored);
        }
    }
    Err(Problem::busy().into())
}

/// Tells the transfer what its attempt came to.
async fn evaluated(
    app: &App,
    caller: &Caller,
    known: &Context,
    named: Named,
    evaluation: &Evaluation,
) -> Result<Stored, Stop> {
    for _ in 0..TRIES {
        let turn = Turn::of_caller(app, caller, named).await?;
        let step = turn.judge(app, TransferEvent::CodeEvaluated(evaluation.clone()));
        let who = Who::Caller(caller, known);
        if let Ok(stored) = turn.store(app, who, "transfer.attempted", step, Vec::new()).await? {
            return Ok(stored);
        }
    }
    Err(Problem::busy().into())
}

async fn spent(app: &App, turn: &Turn) -> Result<Spent, Stop> {
    let approver = &turn.transfer.order().approver;
    Ok(Counting::new(&app.flows.caps, approver, turn.now).spent(&app.storage).await?)
}

/// Sends another code. The one before is void, and the attempts stay counted.
#[utoipa::path(
    patch,
    path = "/account/{account_key}/ted/{ted_key}/resend_token",
    tag = "transfers",
    params(
        ("account_key" = String, Path, format = "uuid", description = "The account that pays."),
        ("ted_key" = String, Path, format = "uuid", description = "The transfer.")
    ),
    request_body = Option<schema::ResendTed>,
    responses(
        (status = 202, description = "It waits for its approver.", body = schema::Ted),
        (status = 400, description = "QIT000001; OBD000088, OBD000089: the account; OBD000097: the code was not delivered, and the one before counts again; TED000082: the attempts are spent.", body = schema::TedError),
        (status = 401, description = "The API key opens nothing.", body = schema::TedError),
        (status = 403, description = "POL000001: the channel is not allowed.", body = schema::TedError),
        (status = 404, description = "TED000009: the account; TED000020: the transfer; TED000086: it does not wait for approval.", body = schema::TedError),
        (status = 429, description = "LIM000001, LIM000003, LIM000004, or too many requests with this key.", body = schema::TedError),
        (status = 503, description = "Nobody can say now.", body = schema::TedError)
    )
)]
async fn resend_token(
    State(app): State<Arc<App>>,
    caller: Caller,
    Known(context): Known,
    OnTed(named): OnTed,
    body: Body,
) -> Result<Answer, Stop> {
    for _ in 0..TRIES {
        let request = ResendRequest::parse(body.bytes())
            .map_err(|refusal| Stop::Refused(refusal.code().into()))?;
        let turn = Turn::of_caller(&app, &caller, named).await?;
        let approver = turn.transfer.order().approver.digits();
        let approver = app.storage.approver(&turn.row.account_key, approver).await?;
        // Who is no approver any more can be sent nothing.
        let contacts = approver
            .as_ref()
            .map(Approver::contacts)
            .ok_or_else(|| refused(PublishedCode::TokenNotSent))?;
        let (spent, entropy) = (spent(&app, &turn).await?, entropy()?);
        let event = TransferEvent::Resend { request, contacts, spent, entropy };
        let step = turn.judge(&app, event);
        let who = Who::Caller(&caller, &context);
        let stored = turn.store(&app, who, "transfer.resend", step, Vec::new()).await?;
        let Ok(stored) = stored else { continue };
        return match stored {
            Stored { refusal: Some(refusal), .. } => Err(Stop::Refused(refusal)),
            Stored { transfer, next: Next::Deliver(code), .. } => {
                let sent = deliver(&app, &caller, &context, named, &transfer, code).await?;
                Answer::moved(&sent)
            }
            Stored { transfer, .. } => Answer::moved(&transfer),
        };
    }
    Err(Problem::busy().into())
}

/// What the enrolled device has to sign to approve a TED that was requested with `device`. The
/// challenge commits to everything that is approved, counts five minutes, and is used once; options
/// that were given before are void.
#[utoipa::path(
    post,
    path = "/extensions/v1/account/{account_key}/ted/{ted_key}/sign-options",
    tag = "transfers",
    params(
        ("account_key" = String, Path, format = "uuid", description = "The account that pays."),
        ("ted_key" = String, Path, format = "uuid", description = "The transfer.")
    ),
    responses(
        (status = 200, description = "The options.", body = schema::TedSignOptions),
        (status = 400, description = "QIT000001, also where the transfer is approved by a code; OBD000088, OBD000089: the account; TED000082: the attempts are spent.", body = schema::TedError),
        (status = 401, description = "The API key opens nothing.", body = schema::TedError),
        (status = 404, description = "TED000009: the account; TED000020: the transfer; TED000086: it does not wait for approval; OBD000100: the device is not Active, or has no credential.", body = schema::TedError),
        (status = 429, description = "Too many requests with this key.", body = schema::TedError),
        (status = 503, description = "Nobody can say now.", body = schema::TedError)
    )
)]
async fn sign_options(
    State(app): State<Arc<App>>,
    caller: Caller,
    Known(context): Known,
    OnTed(named): OnTed,
    body: Body,
) -> Result<Answer, Stop> {
    body.read_or_empty::<Nothing>()?;
    Answer::json(200, &approval::options(&app, &caller, &context, named).await?)
}

/// An object without members.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Takes what the device signed. Once it is accepted, `PUT …/validate_token` with `{}` sends the
/// transfer.
#[utoipa::path(
    post,
    path = "/extensions/v1/account/{account_key}/ted/{ted_key}/assertion",
    tag = "transfers",
    params(
        ("account_key" = String, Path, format = "uuid", description = "The account that pays."),
        ("ted_key" = String, Path, format = "uuid", description = "The transfer.")
    ),
    request_body = schema::TedAssertion,
    responses(
        (status = 202, description = "The device has approved. The transfer waits for `PUT …/validate_token`.", body = schema::Ted),
        (status = 400, description = "QIT000001, also where the transfer is approved by a code; OBD000088, OBD000089: the account; TED000084: the assertion does not approve this transfer, or there are no options that were not used; TED000083: the options are over; TED000082: the attempts are spent, and the fifth that fails rejects the transfer.", body = schema::TedError),
        (status = 401, description = "The API key opens nothing.", body = schema::TedError),
        (status = 404, description = "TED000009: the account; TED000020: the transfer; TED000086: it does not wait for approval.", body = schema::TedError),
        (status = 429, description = "Too many requests with this key.", body = schema::TedError),
        (status = 503, description = "Nobody can say now.", body = schema::TedError)
    )
)]
async fn assertion(
    State(app): State<Arc<App>>,
    caller: Caller,
    Known(context): Known,
    OnTed(named): OnTed,
    body: Body,
) -> Result<Answer, Stop> {
    let approved = approval::assertion(&app, &caller, &context, named, body.bytes()).await?;
    Answer::moved(&approved)
}

/// What became of a transfer, told by the bank's core, whose requester is configured with
/// `may_settle_transfers`. It can be told more than once and in any order. The client is told by the
/// webhook `baas.ted.outgoing_ted`.
#[utoipa::path(
    post,
    path = "/extensions/v1/account/{account_key}/ted/{ted_key}/settlement",
    tag = "transfers",
    params(
        ("account_key" = String, Path, format = "uuid", description = "The account that pays."),
        ("ted_key" = String, Path, format = "uuid", description = "The transfer.")
    ),
    request_body = schema::TedSettlement,
    responses(
        (status = 200, description = "The transfer as it stands now.", body = schema::Ted),
        (status = 400, description = "QIT000001.", body = schema::TedError),
        (status = 401, description = "The API key opens nothing.", body = schema::TedError),
        (status = 403, description = "RAIL000403: the requester may not tell it.", body = schema::TedError),
        (status = 404, description = "TED000020: the transfer.", body = schema::TedError),
        (status = 409, description = "RAIL000409: it contradicts what is known of the transfer.", body = schema::TedError),
        (status = 429, description = "Too many requests with this key.", body = schema::TedError),
        (status = 503, description = "Nobody can say now.", body = schema::TedError)
    )
)]
async fn settlement(
    State(app): State<Arc<App>>,
    caller: Caller,
    Known(context): Known,
    OnTed(named): OnTed,
    body: Body,
) -> Result<Answer, Stop> {
    let permitted = Permitted::read(&app, &caller).await?;
    let may = permitted.configuration.as_ref().is_some_and(|own| own.may_settle_transfers);
    if !may || !permitted.touches(named.account_key) {
        return Ok(Answer::not_the_core());
    }
    let notice = body.read::<Settlement>()?.notice().ok_or(Problem::malformed(None))?;
    let who = Who::Caller(&caller, &context);
    let Stored { transfer, refusal, .. } = rail::noticed(&app, who, named, &notice).await?;
    match refusal {
        None => Answer::query(&transfer),
        Some(refusal) if refusal.caller_fault().is_some() => {
            tracing::error!(ted_key = %named.ted_key, fault = %refusal, "a notice of the rail");
            Ok(Answer::contradiction())
        }
        Some(refusal) => Err(Stop::Refused(refusal)),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settlement {
    ted_status: Settled,
    #[serde(default)]
    transaction_key: Option<Uuid4>,
    #[serde(default)]
    refusal_reason: Option<RefusalReason>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Settled {
    Sent,
    Rejected,
}

impl Settlement {
    /// The notice, if its members belong together and are of a length that can be passed on.
    fn notice(self) -> Option<RailNotice> {
        match (self.ted_status, self.transaction_key, self.refusal_reason) {
            (Settled::Sent, Some(transaction_key), None) => {
                Some(RailNotice::Settled { transaction_key })
            }
            (Settled::Rejected, None, Some(reason)) => {
                let fits = |text: &str, most| text.chars().count() <= most;
                let fits = fits(&reason.refusal_code, 64)
                    && fits(&reason.enumerator, 128)
                    && fits(&reason.description, 512);
                fits.then_some(RailNotice::Refused { reason })
            }
            _ => None,
        }
    }
}

fn refused(code: PublishedCode) -> Stop {
    Stop::Refused(TransferRefusal::from(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_read_as_in_brazil() {
        for (centavos, text) in [
            (0, "R$ 0,00"),
            (5, "R$ 0,05"),
            (20_201, "R$ 202,01"),
            (99_999, "R$ 999,99"),
            (123_456, "R$ 1.234,56"),
            (12_345_678_900, "R$ 123.456.789,00"),
        ] {
            assert_eq!(in_reais(Money::from_centavos(centavos)), text);
        }
    }
}
