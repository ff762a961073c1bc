//! The account holder's side: this service is the account holder, and its person answers in the
//! bank's own app, which calls here with a key that may (`may_confirm_enrollments`).

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use device_enrollment::flow::{DocumentNumber, Uuid4};
use device_enrollment::open_finance::enrollment::{
    Approval, Centavos, DebtorAccount, Event, FreeText, RejectionReason, RevocationReason, Terms,
};
use device_enrollment::open_finance::options::UserNames;
use device_enrollment::open_finance::{OpenFinanceCode, Operation, Refusal};
use device_enrollment::two_factor::{Device, DeviceStatus};
use device_enrollment::{UnixMillis, UnixTime};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::answer::Answer;
use super::asked::spoken_to;
use super::moving::{Doing, Loaded, Settled, again, read_machine, settle};
use super::once::{Begun, Once};
use super::schemas::EnrollmentAnswer;
use super::{key, no_such};
use crate::serve::flows::{Permitted, Tries};
use crate::serve::http::{App, Body, Caller, InPath, Known, Problem};
use crate::serve::storage::{Account, AccountKind, AccountStatus, Approver, Change};

/// What the person said in the holder's channel.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Confirmation {
    /// The account that payments will be made from.
    #[schema(example = "6d2f0d0e-1c1f-4f5e-9a3d-0a4c4d6a7b01")]
    account_key: String,
    /// The person: an approver of the account, and the one that the enrollment is for.
    #[schema(example = "98765432100")]
    approver_document_number: String,
    /// An active device of the person on the account. The credential is then bound to it, and revoked
    /// with it.
    #[schema(example = "2db36e1a-68a1-4d7b-9f4d-6d3b60e2c0d1")]
    device_key: Option<String>,
    /// What they said.
    decision: Decision,
    /// Why not; `REJEITADO_MANUALMENTE` when it is not said.
    #[schema(example = "REJEITADO_MANUALMENTE")]
    rejection_reason: Option<String>,
    /// More about it; needed with `REJEITADO_OUTRO`.
    additional_information: Option<String>,
    /// The most that one payment may come to.
    #[schema(example = "500.00", pattern = r"^\d{1,16}\.\d{2}$")]
    transaction_limit: Option<String>,
    /// The most that the payments of a day may come to.
    #[schema(example = "1000.00", pattern = r"^\d{1,16}\.\d{2}$")]
    daily_limit: Option<String>,
    /// When the enrollment ends; without it, never.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
}

/// What the person said.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Decision {
    /// Yes.
    Approved,
    /// No.
    Rejected,
}

/// Why the holder or its person ends an enrollment that can be used.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Revocation {
    /// Why; `REVOGADO_MANUALMENTE` when it is not said.
    #[schema(example = "REVOGADO_SEGURANCA_INTERNA")]
    revocation_reason: Option<String>,
    /// More about it; needed with `REVOGADO_OUTRO`.
    additional_information: Option<String>,
}

/// The verdicts of an enrollment.
#[derive(Serialize, ToSchema)]
pub(super) struct Verdicts {
    /// The enrollment.
    enrollment_id: String,
    /// One for the registration, and one for each assertion, the oldest first.
    verdicts: Vec<OneVerdict>,
}

/// One verdict.
#[derive(Serialize, ToSchema)]
pub(super) struct OneVerdict {
    /// What was judged: the enrollment's registration by its id, or the assertion for a consent.
    subject: String,
    /// When.
    #[schema(format = DateTime)]
    judged_at: String,
    /// The verdict, in the form of docs/verdict.md.
    #[schema(value_type = Object)]
    verdict: Box<RawValue>,
}

/// Takes what the person said. The account holder has fifteen minutes for it from the risk signals
/// on.
#[utoipa::path(
    post,
    path = "/extensions/v1/open-finance/enrollments/{id}/confirmation",
    tag = "open finance extensions",
    operation_id = "confirmEnrollment",
    params(("id" = String, Path, description = "The enrollment."), super::schemas::ExtensionHeaders),
    request_body = Confirmation,
    responses(
        (status = 200, description = "It was taken.", body = EnrollmentAnswer),
        super::schemas::Refused
    )
)]
pub(super) async fn confirm(
    State(app): State<Arc<App>>,
    holder: Holder,
    InPath(id): InPath<String>,
    body: Body,
) -> Result<Answer, Problem> {
    let confirmation: Confirmation = body.read()?;
    let id = key(&id, "id")?;
    let said = holder.said(&app, &confirmation).await?;
    let row = app.storage.enrollment(&id.to_string()).await?.ok_or_else(no_such)?;
    let person = &confirmation.approver_document_number;
    if row.logged_user_document != *person {
        return Err(Refusal::invalid("approver_document_number").into());
    }
    let device_key = said.device_key.map(|key| key.to_string());
    let (account, device) = (said.account.account_key.as_str(), device_key.as_deref());
    holder
        .drive(
            &app,
            id,
            ("enrollment.holder_answered", &body),
            |loaded| said.event(&app, loaded),
            |loaded| match confirmation.decision {
                Decision::Approved => bound(loaded, account, device),
                Decision::Rejected => Vec::new(),
            },
        )
        .await
}

/// Ends an enrollment that can be used, from the holder's side.
#[utoipa::path(
    post,
    path = "/extensions/v1/open-finance/enrollments/{id}/revocation",
    tag = "open finance extensions",
    operation_id = "revokeEnrollmentAsHolder",
    params(("id" = String, Path, description = "The enrollment."), super::schemas::ExtensionHeaders),
    request_body = Revocation,
    responses(
        (status = 200, description = "It is revoked.", body = EnrollmentAnswer),
        super::schemas::Refused
    )
)]
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    holder: Holder,
    InPath(id): InPath<String>,
    body: Body,
) -> Result<Answer, Problem> {
    let revocation: Revocation = body.read()?;
    let id = key(&id, "id")?;
    let row = app.storage.enrollment(&id.to_string()).await?.ok_or_else(no_such)?;
    holder.may_see(&row)?;
    let reason = match &revocation.revocation_reason {
        None => RevocationReason::Manually,
        Some(word) => {
            RevocationReason::from_word(word).ok_or(Refusal::invalid("revocation_reason"))?
        }
    };
    let information = information(revocation.additional_information.as_deref())?;
    holder
        .drive(
            &app,
            id,
            ("enrollment.holder_revoked", &body),
            |_| Ok(Event::HolderRevoked { reason, information: information.clone() }),
            |_| Vec::new(),
        )
        .await
}

/// What was judged of an enrollment, for support: why a device was not accepted, check by check.
/// For the initiator whose enrollment it is, and for the holder.
#[utoipa::path(
    get,
    path = "/extensions/v1/open-finance/enrollments/{id}/verdicts",
    tag = "open finance extensions",
    operation_id = "getVerdicts",
    params(("id" = String, Path, description = "The enrollment.")),
    responses(
        (status = 200, description = "The verdicts.", body = Verdicts),
        super::schemas::Refused
    )
)]
pub(super) async fn verdicts(
    State(app): State<Arc<App>>,
    caller: Caller,
    InPath(id): InPath<String>,
) -> Result<Answer, Problem> {
    let id = key(&id, "id")?.to_string();
    let row = app.storage.enrollment(&id).await?.ok_or_else(no_such)?;
    if row.requester_key != caller.requester_key {
        Holder::of(&app, caller).await?.may_see(&row)?;
    }
    let kept = app.storage.verdicts_of(&id).await?;
    let verdicts = kept.into_iter().map(|kept| {
        let verdict = RawValue::from_string(kept.verdict).map_err(|_| Problem::internal())?;
        let judged_at = kept.judged_at.to_string();
        Ok(OneVerdict { subject: kept.subject, judged_at, verdict })
    });
    let verdicts = verdicts.collect::<Result<_, Problem>>()?;
    Answer::of(StatusCode::OK, &Verdicts { enrollment_id: id, verdicts })
}

/// A caller that speaks for the account holder.
pub(super) struct Holder {
    caller: Caller,
    permitted: Permitted,
    known: Option<Known>,
    key: Option<super::asked::ClientKey>,
}

impl axum::extract::FromRequestParts<Arc<App>> for Holder {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        app: &Arc<App>,
    ) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let known = spoken_to(Known::from_request_parts(parts, app).await?)?;
        let key = super::asked::client_key(&parts.headers)?;
        let holder = Self::of(app, caller).await?;
        Ok(Self { known: Some(known), key, ..holder })
    }
}

impl Holder {
    /// Who does not speak for the holder sees no enrollment but its own.
    async fn of(app: &App, caller: Caller) -> Result<Self, Problem> {
        let permitted = Permitted::read(app, &caller).await?;
        let may = permitted.configuration.as_ref().is_some_and(|one| one.may_confirm_enrollments);
        if !may {
            return Err(no_such());
        }
        Ok(Self { caller, permitted, known: None, key: None })
    }

    /// An enrollment of an account that the caller may not touch is as unknown as a missing one.
    fn may_see(&self, row: &crate::serve::storage::Enrollment) -> Result<(), Problem> {
        let account = row.account_key.as_deref().and_then(Uuid4::parse);
        match account.is_none_or(|account| self.permitted.touches(account)) {
            true => Ok(()),
            false => Err(no_such()),
        }
    }

    /// Looks up what a confirmation names.
    async fn said<'c>(
        &self,
        app: &App,
        confirmation: &'c Confirmation,
    ) -> Result<Said<'c>, Problem> {
        let account_key = Uuid4::parse(&confirmation.account_key);
        let account_key = account_key.ok_or(Refusal::invalid("account_key"))?;
        let account = self.permitted.account(app, account_key).await?.ok_or_else(no_such)?;
        let person = &confirmation.approver_document_number;
        let is_person = DocumentNumber::person(person).is_some();
        is_person.then_some(()).ok_or(Refusal::invalid("approver_document_number"))?;
        let approver = app.storage.approver(&account.account_key, person).await?;
        let approver = approver.ok_or(Refusal::invalid("approver_document_number"))?;
        let device_key = match &confirmation.device_key {
            None => None,
            Some(text) => {
                let device_key = Uuid4::parse(text).ok_or(Refusal::invalid("device_key"))?;
                if !is_active(app, &account, &approver, device_key).await? {
                    return Err(Refusal::invalid("device_key").into());
                }
                Some(device_key)
            }
        };
        let terms = Terms {
            transaction_limit: amount(&confirmation.transaction_limit, "transaction_limit")?,
            daily_limit: amount(&confirmation.daily_limit, "daily_limit")?,
            expires_at: confirmation.expires_at.as_deref().map(time).transpose()?,
        };
        let reason = match &confirmation.rejection_reason {
            None => RejectionReason::Manually,
            Some(word) => {
                RejectionReason::from_word(word).ok_or(Refusal::invalid("rejection_reason"))?
            }
        };
        let information = information(confirmation.additional_information.as_deref())?;
        Ok(Said { confirmation, account, approver, device_key, terms, reason, information })
    }

    /// Applies one event to an enrollment, until it is stored.
    async fn drive(
        &self,
        app: &App,
        id: Uuid4,
        (action, body): (&'static str, &Body),
        event: impl Fn(&Loaded) -> Result<Event, Problem>,
        more: impl Fn(&Loaded) -> Vec<Change>,
    ) -> Result<Answer, Problem> {
        let Some(Known(known)) = &self.known else { return Err(Problem::internal()) };
        let doing = Doing { caller: &self.caller, known, action };
        let endpoint = format!("{action} {id}");
        let requester = &self.caller.requester_key;
        let begun =
            Once::by_key(app, requester, &endpoint, self.key.as_ref(), body.bytes()).await?;
        let once = match begun {
            Begun::Answered(answer) => return Ok(answer),
            Begun::New(once) => once,
        };
        let mut tries = Tries::new();
        loop {
            let row = app.storage.enrollment(&id.to_string()).await?.ok_or_else(no_such)?;
            let loaded = Loaded::of(app, row).await?;
            let step = loaded.apply(event(&loaded)?);
            let more = if step.refusal.is_none() { more(&loaded) } else { Vec::new() };
            let settled = settle(app, &mut tries, doing, &once, &loaded, &step, more, |one| {
                Answer::of(StatusCode::OK, &one.to_zro())
            });
            match settled.await? {
                Settled::Answered(answer) => return Ok(answer),
                Settled::Lost(lost) => again(lost)?,
            }
        }
    }
}

/// A confirmation with all that it names.
struct Said<'c> {
    confirmation: &'c Confirmation,
    account: Account,
    approver: Approver,
    device_key: Option<Uuid4>,
    terms: Terms,
    reason: RejectionReason,
    information: Option<FreeText>,
}

impl Said<'_> {
    fn event(&self, app: &App, loaded: &Loaded) -> Result<Event, Problem> {
        if self.confirmation.decision == Decision::Rejected {
            let (reason, information) = (self.reason, self.information.clone());
            return Ok(Event::HolderRejected { reason, information });
        }
        let account = &self.account;
        let usable = account.status == AccountStatus::Open && account.kind == AccountKind::Regular;
        // The account that the initiator named is approved in its words, where it is this one.
        let asked = loaded
            .machine
            .debtor_account()
            .filter(|asked| usable && is_account(asked, account, &app.config.ispb));
        let debtor_account = match asked {
            Some(asked) => asked.clone(),
            None if usable => debtor_account(account, &app.config.ispb)?,
            None => {
                let code = OpenFinanceCode::ContaInvalida;
                return Err(Refusal::of(Operation::CreateEnrollment, code).into());
            }
        };
        let masked = format!("{} {}", account.branch, masked(&account.number));
        let display_name = self.approver.name.clone().unwrap_or_else(|| masked.clone());
        Ok(Event::HolderApproved(Box::new(Approval {
            debtor_account,
            user: UserNames { name: masked, display_name },
            terms: self.terms,
        })))
    }
}

/// What of the rows beside the machine an approval fixes.
fn bound(loaded: &Loaded, account_key: &str, device_key: Option<&str>) -> Vec<Change> {
    let id = &loaded.row.enrollment_id;
    vec![Change::name_account_of_enrollment(id, account_key, device_key)]
}

async fn is_active(
    app: &App,
    account: &Account,
    approver: &Approver,
    device_key: Uuid4,
) -> Result<bool, Problem> {
    let device = app.storage.device(&account.account_key, &device_key.to_string()).await?;
    let theirs = device.filter(|one| one.approver_document_number == approver.document_number);
    let Some(device) = theirs else { return Ok(false) };
    let machine: Device = read_machine(&device.machine.state)?;
    Ok(machine.status() == Some(DeviceStatus::Active))
}

/// Whether an account of the contract is this one of the bank's.
pub(super) fn is_account(asked: &DebtorAccount, account: &Account, ispb: &str) -> bool {
    let issuer = asked.issuer().is_none_or(|issuer| same_number(issuer, &account.branch));
    asked.ispb() == ispb && issuer && same_number(asked.number(), &number(account))
}

/// Numbers that differ in leading zeros are one.
fn same_number(one: &str, other: &str) -> bool {
    one.trim_start_matches('0') == other.trim_start_matches('0')
}

/// The number with its check digit, in which the contract has no letters.
fn number(account: &Account) -> String {
    let number = format!("{}{}", account.number, account.digit);
    number.chars().map(|one| if one.is_ascii_digit() { one } else { '0' }).collect()
}

fn debtor_account(account: &Account, ispb: &str) -> Result<DebtorAccount, Problem> {
    let made = DebtorAccount::new(ispb, Some(&account.branch), &number(account), "CACC");
    Ok(made?)
}

/// The last three digits.
fn masked(number: &str) -> String {
    let hidden = number.chars().count().saturating_sub(3);
    let shown: String = number.chars().skip(hidden).collect();
    format!("***{shown}")
}

fn amount(text: &Option<String>, name: &'static str) -> Result<Option<Centavos>, Refusal> {
    text.as_deref().map(|text| Centavos::parse(text).ok_or(Refusal::invalid(name))).transpose()
}

pub(super) fn time(text: &str) -> Result<UnixMillis, Refusal> {
    let time = UnixTime::parse_rfc3339(text).map(UnixMillis::from);
    time.map_err(|_| Refusal::invalid("expires_at"))
}

fn information(text: Option<&str>) -> Result<Option<FreeText>, Refusal> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    let fits = text.chars().count() <= 2048;
    fits.then(|| Some(FreeText::new(text))).ok_or(Refusal::invalid("additional_information"))
}
