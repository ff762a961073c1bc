//! The two bodies that ask for an enrollment.

use serde::{Deserialize, Serialize};

use super::account::{ALL_TYPES, DebtorAccount, FreeText, OPEN_FINANCE_TYPES, Permission};
use crate::flow::DocumentNumber;
use crate::open_finance::body::{self, Body};
use crate::open_finance::{ContractVersion, OpenFinanceCode, Operation, Refusal};

/// What an initiator asks an enrollment for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateRequest {
    pub(super) logged_user: DocumentNumber,
    pub(super) business_entity: Option<DocumentNumber>,
    pub(super) permissions: Vec<Permission>,
    pub(super) debtor_account: Option<DebtorAccount>,
    pub(super) name: Option<FreeText>,
    pub(super) client_redirect_url: Option<FreeText>,
    pub(super) participant_id: Option<String>,
    pub(super) link_id: Option<FreeText>,
}

impl CreateRequest {
    /// Reads the body of "Create Open Finance Enrollment". A member that the page does not list is
    /// refused.
    ///
    /// # Errors
    ///
    /// 400 for what is no JSON object, else 422: `PARAMETRO_NAO_INFORMADO`, `PARAMETRO_INVALIDO`,
    /// `PERMISSOES_INVALIDAS`.
    pub fn from_zro(text: &[u8], version: ContractVersion) -> Result<Self, Refusal> {
        let object = body::read(text)?;
        let body = Body::new(&object);
        body.only(ZRO_MEMBERS)?;
        for name in ["client_redirect_url", "participant_id", "logged_user_document"] {
            body.required_text(name)?;
        }
        let client_redirect_url = redirect_url(body.required_text("client_redirect_url")?)?;
        let participant_id = body.required_text("participant_id")?;
        if !(1..=255).contains(&participant_id.len()) || !is_graphic(participant_id) {
            return Err(Refusal::invalid("participant_id"));
        }
        let logged_user = person(body.required_text("logged_user_document")?)
            .ok_or(Refusal::invalid("logged_user_document"))?;
        let business_entity = body
            .text("logged_business_entity_document")?
            .map(|digits| {
                company(digits).ok_or(Refusal::invalid("logged_business_entity_document"))
            })
            .transpose()?;
        let permissions = permissions(&body.required_texts("permissions")?, version)?;
        let link_id = match (body.boolean("is_linked")?, body.text("link_id")?) {
            (Some(true), None) => return Err(Refusal::missing("link_id")),
            (_, link_id) => {
                link_id.map(|text| FreeText::bounded(text, 255, "link_id")).transpose()?
            }
        };
        Ok(Self {
            logged_user,
            business_entity,
            permissions,
            debtor_account: zro_account(&body)?,
            name: name(&body, "name")?,
            client_redirect_url: Some(client_redirect_url),
            participant_id: Some(participant_id.to_owned()),
            link_id,
        })
    }

    /// Reads the body of `POST /enrollments` (Open Finance Brasil Enrollments). Members that the
    /// version does not know are passed over: later versions add some.
    ///
    /// # Errors
    ///
    /// 400 for what is no JSON object, else 422: `PARAMETRO_NAO_INFORMADO`, `PARAMETRO_INVALIDO`,
    /// `PERMISSOES_INVALIDAS`.
    pub fn from_open_finance(text: &[u8], version: ContractVersion) -> Result<Self, Refusal> {
        let object = body::read(text)?;
        let data = Body::new(&object).required_object("data")?;
        let logged_user = data.required_object("loggedUser")?.required_object("document")?;
        let logged_user = document(&logged_user, "CPF", person)?;
        let permissions = permissions(&data.required_texts("permissions")?, version)?;
        let business_entity = match data.object("businessEntity")? {
            None => None,
            Some(entity) => Some(document(&entity.required_object("document")?, "CNPJ", company)?),
        };
        let debtor_account = match data.object("debtorAccount")? {
            None => None,
            Some(account) => Some(DebtorAccount::read(
                account.required_text("ispb")?,
                account.text("issuer")?,
                account.required_text("number")?,
                account.required_text("accountType")?,
                ["ispb", "issuer", "number", "accountType"],
                OPEN_FINANCE_TYPES,
            )?),
        };
        Ok(Self {
            logged_user,
            business_entity,
            permissions,
            debtor_account,
            name: name(&data, "enrollmentName")?,
            client_redirect_url: None,
            participant_id: None,
            link_id: None,
        })
    }

    /// The account that was asked for. Whether it exists and may be used without a redirect is the
    /// holder's to look up before the enrollment is created.
    #[must_use]
    pub const fn debtor_account(&self) -> Option<&DebtorAccount> {
        self.debtor_account.as_ref()
    }

    /// The person, who is the representative where a company is given.
    #[must_use]
    pub const fn logged_user(&self) -> &DocumentNumber {
        &self.logged_user
    }

    /// The company.
    #[must_use]
    pub const fn business_entity(&self) -> Option<&DocumentNumber> {
        self.business_entity.as_ref()
    }
}

fn document(
    body: &Body<'_>,
    kind: &str,
    read: fn(&str) -> Option<DocumentNumber>,
) -> Result<DocumentNumber, Refusal> {
    let (identification, rel) = (body.required_text("identification")?, body.required_text("rel")?);
    if rel != kind {
        return Err(Refusal::invalid("rel"));
    }
    read(identification).ok_or(Refusal::invalid("identification"))
}

fn person(digits: &str) -> Option<DocumentNumber> {
    DocumentNumber::person(digits)
}

fn company(digits: &str) -> Option<DocumentNumber> {
    DocumentNumber::person_or_company(digits).filter(DocumentNumber::is_company)
}

/// Every enrollment is for payments, and 2.1 knows nothing else.
fn permissions(words: &[&str], version: ContractVersion) -> Result<Vec<Permission>, Refusal> {
    const INVALID: Refusal =
        Refusal::of(Operation::CreateEnrollment, OpenFinanceCode::PermissoesInvalidas);
    let mut permissions = Vec::new();
    for word in words {
        let permission = Permission::from_word(word).ok_or(INVALID)?;
        if permission == Permission::RecurringPaymentsInitiate && version == ContractVersion::V2_1 {
            return Err(INVALID);
        }
        if !permissions.contains(&permission) {
            permissions.push(permission);
        }
    }
    if permissions.contains(&Permission::PaymentsInitiate) { Ok(permissions) } else { Err(INVALID) }
}

/// The four members of the account stand together or not at all.
fn zro_account(body: &Body<'_>) -> Result<Option<DebtorAccount>, Refusal> {
    let [ispb, branch, number, kind] = ZRO_ACCOUNT;
    let mut any = false;
    for name in ZRO_ACCOUNT {
        any |= body.text(name)?.is_some();
    }
    if !any {
        return Ok(None);
    }
    let account = DebtorAccount::read(
        body.required_text(ispb)?,
        body.text(branch)?,
        body.required_text(number)?,
        body.required_text(kind)?,
        ZRO_ACCOUNT,
        ALL_TYPES,
    )?;
    Ok(Some(account))
}

fn name(body: &Body<'_>, member: &'static str) -> Result<Option<FreeText>, Refusal> {
    body.text(member)?.map(|text| FreeText::bounded(text, LONGEST_NAME, member)).transpose()
}

/// Where the person is sent back to. `https` alone: what a redirect carries opens an enrollment.
fn redirect_url(text: &str) -> Result<FreeText, Refusal> {
    let host = text.strip_prefix("https://").unwrap_or_default();
    let has_host = host.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric());
    if has_host && text.len() <= 2000 && is_graphic(text) {
        Ok(FreeText::new(text))
    } else {
        Err(Refusal::invalid("client_redirect_url"))
    }
}

fn is_graphic(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

const LONGEST_NAME: usize = 140;

const ZRO_ACCOUNT: [&str; 4] = [
    "logged_user_bank_ispb",
    "logged_user_branch_number",
    "logged_user_bank_account_number",
    "logged_user_bank_account_type",
];

const ZRO_MEMBERS: &[&str] = &[
    "client_redirect_url",
    "participant_id",
    "logged_user_document",
    "logged_business_entity_document",
    "permissions",
    "name",
    "logged_user_bank_ispb",
    "logged_user_branch_number",
    "logged_user_bank_account_number",
    "logged_user_bank_account_type",
    "is_linked",
    "link_id",
];
