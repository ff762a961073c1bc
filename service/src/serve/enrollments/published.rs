//! The published routes, but for the registration and the list.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use device_enrollment::open_finance::enrollment::{
    AskOptions, CreateRequest, Enrollment, Event, FreeText, RevokeRequest,
};
use device_enrollment::open_finance::options::{OpaqueBytes, Platform, RelyingParty};
use device_enrollment::open_finance::{ContractVersion, Refusal, RiskSignals, SignalsDuty};
use serde_json::Value;

use super::answer::Answer;
use super::asked::{Asked, AskedToMake};
use super::moving::{Loaded, drive, is_final, to_stored};
use super::once::{Begun, Once, Replays};
use super::schemas::{
    CreateBody, CredentialsBody, DeviceEnrollment, EnrollmentAnswer, RegistrationOptions,
    RevokeAnswer, RevokeBody, RiskSignalBody,
};
use super::{holder, key, no_such, work};
use crate::serve::flows::{Deed, Tries, entropy, fresh_key};
use crate::serve::http::{App, Body, InPath, Problem};
use crate::serve::storage::{self, AccountKind, AccountStatus, Change, Move, NewEnrollment, Rule};

/// Creates an enrollment. Risk signals are due within five minutes.
#[utoipa::path(
    post,
    path = "/open-finance/enrollments",
    tag = "open finance",
    operation_id = "createEnrollment",
    params(super::schemas::MakingHeaders),
    request_body = CreateBody,
    responses(
        (status = 201, description = "Created.", body = EnrollmentAnswer),
        super::schemas::Refused
    )
)]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    AskedToMake(asked): AskedToMake,
    body: Body,
) -> Result<Answer, Problem> {
    let once = match Once::begin(&app, &asked, Replays::Blocked, &[], body.bytes()).await? {
        Begun::Answered(answer) => return Ok(answer),
        Begun::New(once) => once,
    };
    let version = app.flows.contract;
    let mut tries = Tries::new();
    loop {
        let request = CreateRequest::from_zro(body.bytes(), version)?;
        let row = Columns::of(&request, body.bytes());
        let usable = usable(&app, &request).await?;
        let now = app.storage.now().await?;
        let [id, device_id] = [fresh_key()?, fresh_key()?];
        let enrollment = Enrollment::create(id, device_id, request, usable, version, now)?;
        let answer = Answer::of(StatusCode::CREATED, &enrollment.to_zro())?;
        let (id, device_id) = (id.to_string(), device_id.to_string());
        let user = asked.user();
        let [wallet, product] =
            [asked.wallet(), asked.product()].map(|key| key.map(|key| key.to_string()));
        let permissions =
            serde_json::to_string(enrollment.permissions()).map_err(|_| Problem::internal())?;
        let person = enrollment.logged_user().digits();
        let deed = Deed {
            action: "enrollment.created",
            outcome: "done",
            subject_kind: "enrollment",
            subject_key: &id,
            account_key: None,
            person: Some(person),
        };
        let mut unit = once.before();
        unit.push(Change::add_enrollment(&NewEnrollment {
            enrollment_id: &id,
            device_id: Some(&device_id),
            requester_key: &asked.caller.requester_key,
            user_key: Some(&user),
            wallet_key: wallet.as_deref(),
            product_key: product.as_deref(),
            account_key: None,
            logged_user_document: person,
            business_document: row.business.as_deref(),
            participant_id: row.participant.as_deref(),
            permissions: &permissions,
            deadline_at: enrollment.deadline(),
            machine: Move {
                from_revision: 0,
                status: enrollment.zro_status().as_str(),
                is_final: is_final(&enrollment),
                state: &to_stored(&enrollment)?,
                now,
            },
        }));
        unit.push(Change::know_person(person, &fresh_key()?.to_string()));
        unit.push(app.flows.audit(&asked.caller, &asked.known, deed, now));
        unit.extend(once.after(&answer));
        match tries.store(&app.storage, unit).await? {
            Ok(()) => return Ok(answer),
            Err(lost) if lost.rule == Rule::EnrollmentIdFree => {}
            Err(lost) => {
                return once.overtaken(&app, lost).await?.ok_or_else(Problem::internal);
            }
        }
    }
}

/// What an enrollment is listed by, beside what its machine shows.
struct Columns {
    business: Option<String>,
    participant: Option<String>,
}

impl Columns {
    fn of(request: &CreateRequest, body: &[u8]) -> Self {
        // The body was read strictly just now.
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        Self {
            business: request.business_entity().map(|company| company.digits().to_owned()),
            participant: body.get("participant_id").and_then(Value::as_str).map(str::to_owned),
        }
    }
}

/// Whether the account that was asked for is one of the person's that can be enrolled.
async fn usable(app: &App, request: &CreateRequest) -> Result<bool, Problem> {
    let Some(asked) = request.debtor_account() else { return Ok(true) };
    let accounts = app.storage.accounts_of(request.logged_user().digits()).await?;
    Ok(accounts.iter().any(|account| {
        account.status == AccountStatus::Open
            && account.kind == AccountKind::Regular
            && holder::is_account(asked, account, &app.config.ispb)
    }))
}

/// An enrollment of the caller's.
#[utoipa::path(
    get,
    path = "/open-finance/enrollments/{id}",
    tag = "open finance",
    operation_id = "getEnrollment",
    params(("id" = String, Path, description = "The enrollment."), super::schemas::Headers),
    responses(
        (status = 200, description = "The enrollment.", body = EnrollmentAnswer),
        super::schemas::Refused
    )
)]
pub(super) async fn get(
    State(app): State<Arc<App>>,
    asked: Asked,
    InPath(id): InPath<String>,
) -> Result<Answer, Problem> {
    let loaded = Loaded::of(&app, asked.enrollment(&app, key(&id, "id")?).await?).await?;
    Answer::of(StatusCode::OK, &loaded.at_its_time().to_zro())
}

/// Ends an enrollment. One that can be used is `PENDING_REVOKE` until what depends on it is undone,
/// and then `REVOKED`; one that cannot be used yet is `REJECTED`.
#[utoipa::path(
    patch,
    path = "/open-finance/enrollments/{id}/revoke",
    tag = "open finance",
    operation_id = "revokeEnrollment",
    params(("id" = String, Path, description = "The enrollment."), super::schemas::Headers),
    request_body = RevokeBody,
    responses(
        (status = 200, description = "It ends, or has ended.", body = RevokeAnswer),
        super::schemas::Refused
    )
)]
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    asked: Asked,
    InPath(id): InPath<String>,
    body: Body,
) -> Result<Answer, Problem> {
    let id = key(&id, "id")?;
    let row = asked.enrollment(&app, id).await?;
    let parameters = [("id", id.to_string())];
    let parameters = parameters.each_ref().map(|(name, value)| (*name, value.as_str()));
    let begun = Once::begin(&app, &asked, Replays::BlockedWhereAsked, &parameters, body.bytes());
    let once = match begun.await? {
        Begun::Answered(answer) => return Ok(answer),
        Begun::New(once) => once,
    };
    let request = RevokeRequest::from_zro(body.bytes())?;
    let answer = drive(
        &app,
        &asked,
        row,
        &once,
        "enrollment.revocation_asked",
        || Ok(Event::RevokeAsked(request.clone())),
        |enrollment| Answer::of(StatusCode::OK, &enrollment.to_revocation()),
    )
    .await?;
    // Whoever finds it `PENDING_REVOKE` completes it; here it is at hand.
    tokio::spawn(async move { work::complete(&app, id).await });
    Ok(answer)
}

/// Takes the risk signals of the device. A missing one ends the enrollment.
#[utoipa::path(
    post,
    path = "/open-finance/enrollments/{id}/device/risk-signal",
    tag = "open finance",
    operation_id = "createRiskSignal",
    params(
        ("id" = String, Path, description = "The enrollment."),
        super::schemas::MakingHeaders,
        ("x-customer-user-agent" = Option<String>, Header, description = "What the person uses. The signals of phones are due unless it is a browser of another machine; under contract 2.2, unless it is a browser.")
    ),
    request_body = RiskSignalBody,
    responses(
        (status = 201, description = "The signals are taken; the person is asked.", body = DeviceEnrollment),
        super::schemas::Refused
    )
)]
pub(super) async fn risk_signal(
    State(app): State<Arc<App>>,
    AskedToMake(asked): AskedToMake,
    InPath(id): InPath<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Answer, Problem> {
    let id = key(&id, "id")?;
    let row = asked.enrollment(&app, id).await?;
    let text = id.to_string();
    let once = Once::begin(&app, &asked, Replays::Blocked, &[("id", &text)], body.bytes()).await?;
    let once = match once {
        Begun::Answered(answer) => return Ok(answer),
        Begun::New(once) => once,
    };
    let duty = duty(&headers, None, app.flows.contract);
    let judged =
        RiskSignals::from_device_risk_signal(body.bytes()).and_then(|signals| signals.judge(duty));
    if let Err(refusal) = judged
        && refusal.status() == 400
    {
        return Err(refusal.into());
    }
    drive(
        &app,
        &asked,
        row,
        &once,
        "enrollment.risk_signals",
        || Ok(Event::RiskSignals(judged)),
        |enrollment| Answer::of(StatusCode::CREATED, &enrollment.to_device()),
    )
    .await
}

/// What the device obliges to: by its platform where that is known, else by what the person uses.
/// Who is told nothing takes it for a phone, which obliges to the most.
pub(super) fn duty(
    headers: &HeaderMap,
    platform: Option<Platform>,
    version: ContractVersion,
) -> SignalsDuty {
    let agent = headers.get("x-customer-user-agent").and_then(|agent| agent.to_str().ok());
    let agent = agent.unwrap_or_default();
    // Every browser calls itself so; an application does not.
    let is_browser = agent.starts_with("Mozilla/");
    let is_phone = ["Android", "iPhone", "iPad"].iter().any(|word| agent.contains(word));
    let by_agent = if is_browser && !is_phone { Platform::Browser } else { Platform::Android };
    SignalsDuty::of(platform.unwrap_or(by_agent), !is_browser, version)
}

/// Issues the options that a credential is made by. The answer names the device; the options are
/// read from `GET …/device/{id}/credentials`.
#[utoipa::path(
    post,
    path = "/open-finance/enrollments/{id}/device/credentials",
    tag = "open finance",
    operation_id = "createCredentials",
    params(("id" = String, Path, description = "The enrollment."), super::schemas::Headers),
    request_body = CredentialsBody,
    responses(
        (status = 201, description = "Issued.", body = DeviceEnrollment),
        super::schemas::Refused
    )
)]
pub(super) async fn credentials(
    State(app): State<Arc<App>>,
    asked: Asked,
    InPath(id): InPath<String>,
    body: Body,
) -> Result<Answer, Problem> {
    let id = key(&id, "id")?;
    let row = asked.enrollment(&app, id).await?;
    let exclude = registered(&app, &row).await?;
    let text = id.to_string();
    let once = Once::begin(&app, &asked, Replays::Blocked, &[("id", &text)], body.bytes()).await?;
    let once = match once {
        Begun::Answered(answer) => return Ok(answer),
        Begun::New(once) => once,
    };
    let (platform, rp) = platform_of(&body)?;
    let client_key = asked.key.as_ref().map(|key| key.text.clone());
    let idempotency_key =
        client_key.unwrap_or_else(|| FreeText::new(asked.context.nonce.to_string()));
    drive(
        &app,
        &asked,
        row,
        &once,
        "enrollment.options_issued",
        || {
            Ok(Event::OptionsAsked(Box::new(AskOptions {
                idempotency_key: idempotency_key.clone(),
                rp: rp.clone(),
                platform,
                relying_party: relying_party(&app),
                exclude_credentials: exclude.clone(),
                preferences: app.flows.preferences_of(&id.to_string()),
                entropy: entropy()?,
            })))
        },
        |enrollment| Answer::of(StatusCode::CREATED, &enrollment.to_device()),
    )
    .await
}

/// `platform` and `rp` of a body that asks for options, which has nothing else.
pub(super) fn platform_of(body: &Body) -> Result<(Platform, Option<String>), Problem> {
    let read = body.value()?;
    let members = read.as_object().ok_or_else(|| Problem::malformed(None))?;
    platform_among(members, &["platform", "rp"])
}

/// The same of the members of a larger body.
pub(super) fn platform_among(
    members: &serde_json::Map<String, Value>,
    known: &[&str],
) -> Result<(Platform, Option<String>), Problem> {
    if members.keys().any(|name| !known.contains(&name.as_str())) {
        return Err(Refusal::invalid("request").into());
    }
    let text = |name: &'static str| match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(Refusal::invalid(name)),
    };
    let platform = text("platform")?.ok_or(Refusal::missing("platform"))?;
    let platform = Platform::from_word(platform).ok_or(Refusal::invalid("platform"))?;
    Ok((platform, text("rp")?.map(str::to_owned)))
}

/// Who asks for credentials.
pub(super) fn relying_party(app: &App) -> RelyingParty {
    RelyingParty {
        id: app.flows.relying_party.rp_id.clone(),
        name: app.flows.relying_party_name.clone(),
        origins: app.flows.relying_party.origins.clone(),
    }
}

/// The credentials of the person's devices on the account. Those of enrollments that name no device are
/// not among them: one phone may be enrolled with several initiators.
async fn registered(app: &App, row: &storage::Enrollment) -> Result<Vec<OpaqueBytes>, Problem> {
    let Some(account_key) = &row.account_key else { return Ok(Vec::new()) };
    let person = &row.logged_user_document;
    let known = app.storage.credentials_of_approver(account_key, person).await?;
    Ok(known.iter().filter_map(|one| opaque(&one.credential_id)).collect())
}

/// The bytes of base64url as storage has it.
pub(super) fn opaque(text: &str) -> Option<OpaqueBytes> {
    serde_json::from_value(Value::from(text)).ok()
}

/// The options that a credential is to be made by, until a response spends their challenge.
#[utoipa::path(
    get,
    path = "/open-finance/enrollments/{enrollment_id}/device/{id}/credentials",
    tag = "open finance",
    operation_id = "getCredentials",
    params(
        ("enrollment_id" = String, Path, description = "The enrollment."),
        ("id" = String, Path, description = "The device enrollment."),
        super::schemas::Headers
    ),
    responses(
        (status = 200, description = "The options.", body = RegistrationOptions),
        super::schemas::Refused
    )
)]
pub(super) async fn get_credentials(
    State(app): State<Arc<App>>,
    asked: Asked,
    InPath((enrollment_id, id)): InPath<(String, String)>,
) -> Result<Answer, Problem> {
    let (enrollment_id, id) = (key(&enrollment_id, "enrollment_id")?, key(&id, "id")?);
    let loaded = Loaded::of(&app, asked.enrollment(&app, enrollment_id).await?).await?;
    let now = loaded.now;
    let enrollment = loaded.at_its_time();
    let of_device = enrollment.device_id() == id;
    let options = enrollment.options().filter(|options| !now.has_reached(options.expires_at()));
    let options = options.filter(|_| of_device).ok_or_else(no_such)?;
    Answer::of(StatusCode::OK, &options.to_credential(&enrollment_id.to_string()))
}
