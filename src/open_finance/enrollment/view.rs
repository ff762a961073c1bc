//! What is shown of an enrollment: the published bodies, and what a consent asks it for.

use serde_json::{Value, json};

use super::cancel::{Cancellation, CancellationReason};
use super::stage::{Binding, Stage};
use super::{Approval, DebtorAccount, Enrollment, Permission, Status, Terms};
use crate::flow::{DocumentNumber, Uuid4};
use crate::open_finance::ContractVersion;
use crate::open_finance::options::{IssuedRegistration, OpaqueBytes};
use crate::time::UnixMillis;

impl Enrollment {
    /// The enrollment's id.
    #[must_use]
    pub const fn id(&self) -> Uuid4 {
        self.id
    }

    /// The device enrollment's id.
    #[must_use]
    pub const fn device_id(&self) -> Uuid4 {
        self.device_id
    }

    /// The version of the contract that the enrollment was created under.
    #[must_use]
    pub const fn version(&self) -> ContractVersion {
        self.version
    }

    /// When it was created.
    #[must_use]
    pub const fn created_at(&self) -> UnixMillis {
        self.created_at
    }

    /// When it came into its status.
    #[must_use]
    pub const fn status_at(&self) -> UnixMillis {
        self.status_at
    }

    /// The person who asked.
    #[must_use]
    pub const fn logged_user(&self) -> &DocumentNumber {
        &self.request.logged_user
    }

    /// The permissions.
    #[must_use]
    pub fn permissions(&self) -> &[Permission] {
        &self.request.permissions
    }

    /// The options that are issued, until a response spends them.
    #[must_use]
    pub fn options(&self) -> Option<&IssuedRegistration> {
        match &self.stage {
            Stage::AwaitingEnrollment { binding: Binding::Issued { options, .. }, .. } => {
                Some(options)
            }
            _ => None,
        }
    }

    /// How it ended.
    #[must_use]
    pub const fn cancellation(&self) -> Option<&Cancellation> {
        match &self.stage {
            Stage::Revoked { cancellation, .. } | Stage::Rejected { cancellation, .. } => {
                Some(cancellation)
            }
            _ => None,
        }
    }

    /// Limits and end, once the person has approved.
    #[must_use]
    pub fn terms(&self) -> Option<Terms> {
        self.approval().map(|approval| approval.terms)
    }

    /// The account: the approved one, or the one that was asked for.
    #[must_use]
    pub fn debtor_account(&self) -> Option<&DebtorAccount> {
        let approved = self.approval().map(|approval| &approval.debtor_account);
        approved.or(self.request.debtor_account.as_ref())
    }

    fn approval(&self) -> Option<&Approval> {
        match &self.stage {
            Stage::AwaitingRiskSignals | Stage::AwaitingAccountHolderValidation => None,
            Stage::AwaitingEnrollment { approval, .. } | Stage::Authorised { approval, .. } => {
                Some(approval)
            }
            Stage::Revoked { approval, .. } | Stage::Rejected { approval, .. } => approval.as_ref(),
        }
    }

    /// The id as Open Finance Brasil wants it, in a namespace of the holder's.
    #[must_use]
    pub fn urn(&self, namespace: &str) -> String {
        format!("urn:{namespace}:{}", self.id)
    }

    /// The answer of "Create Open Finance Device Enrollment". While the person is asked there is no
    /// status that says so, and the last one stands.
    #[must_use]
    pub fn to_device(&self) -> Value {
        let status = self.device_status().unwrap_or(super::DeviceStatus::WaitingRiskSignal);
        json!({
            "id": self.device_id,
            "enrollment_id": self.id,
            "status": status,
            "created_at": self.created_at.to_string(),
        })
    }

    /// The enrollment as "Get Open Finance Enrollment by ID" has it.
    #[must_use]
    pub fn to_zro(&self) -> Value {
        let mut body = Fields::new(json!({
            "id": self.id,
            "status": self.zro_status(),
            "logged_user_document": self.request.logged_user.digits(),
            "logged_user_document_type": "CPF",
            "permissions": self.request.permissions,
            "created_at": self.created_at.to_string(),
            "updated_at": self.status_at.to_string(),
        }));
        body.add("name", self.request.name.as_ref().map(|name| json!(name)));
        if let Some(company) = &self.request.business_entity {
            body.add("logged_business_entity_document", Some(company.digits().into()));
            body.add("logged_business_entity_document_type", Some("CNPJ".into()));
        }
        body.add("participant_id", self.request.participant_id.as_deref().map(Value::from));
        body.add(
            "client_redirect_url",
            self.request.client_redirect_url.as_ref().map(|url| json!(url)),
        );
        if let Some(account) = self.debtor_account() {
            body.add("logged_user_bank_ispb", Some(account.ispb().into()));
            body.add("logged_user_branch_number", account.issuer().map(Value::from));
            body.add("logged_user_bank_account_number", Some(account.number().into()));
            body.add("logged_user_bank_account_type", Some(account.account_type().into()));
        }
        let terms = self.terms().unwrap_or_default();
        body.add("transaction_limit", terms.transaction_limit.map(|limit| json!(limit)));
        body.add("daily_limit", terms.daily_limit.map(|limit| json!(limit)));
        body.add("expiration_date", terms.expires_at.map(|end| end.to_string().into()));
        body.0
    }

    /// The answer of "Revoke Open Finance Enrollment".
    #[must_use]
    pub fn to_revocation(&self) -> Value {
        json!({
            "id": self.id,
            "status": self.zro_status(),
            "created_at": self.created_at.to_string(),
            "updated_at": self.status_at.to_string(),
        })
    }

    /// The `data` of `GET /enrollments/{enrollmentId}` and of the answer to the creation (Open
    /// Finance Brasil Enrollments).
    #[must_use]
    pub fn to_open_finance(&self, namespace: &str) -> Value {
        let request = &self.request;
        let mut data = Fields::new(json!({
            "enrollmentId": self.urn(namespace),
            "creationDateTime": self.created_at.to_seconds_text(),
            "status": self.status(),
            "statusUpdateDateTime": self.status_at.to_seconds_text(),
            "permissions": request.permissions,
            "loggedUser": document(&request.logged_user),
        }));
        data.add("businessEntity", request.business_entity.as_ref().map(document));
        data.add("enrollmentName", request.name.as_ref().map(|name| json!(name)));
        data.add("debtorAccount", self.debtor_account().map(account));
        let terms = self.terms().unwrap_or_default();
        if matches!(self.status(), Status::AwaitingEnrollment | Status::Authorised) {
            data.add("transactionLimit", terms.transaction_limit.map(|limit| json!(limit)));
            data.add("dailyLimit", terms.daily_limit.map(|limit| json!(limit)));
        }
        data.add("expirationDateTime", terms.expires_at.map(|end| end.to_seconds_text().into()));
        data.add("cancellation", self.cancellation().map(cancellation));
        data.0
    }

    /// What a consent may know of the enrollment at `now`.
    #[must_use]
    pub fn signer(&self, now: UnixMillis) -> Signer {
        let (this, _) = self.clone().overdue(now);
        let standing = match &this.stage {
            Stage::AwaitingRiskSignals | Stage::AwaitingAccountHolderValidation => {
                Standing::NotValidated
            }
            Stage::Authorised { approval, credential, revocation: None, .. } => Standing::Usable {
                debtor_account: approval.debtor_account.clone(),
                credential_id: credential.id.clone(),
                user_handle: credential.user_handle.clone(),
                rp_id: credential.rp_id.clone(),
            },
            // Where a revocation is asked for, nothing is approved any more.
            Stage::AwaitingEnrollment { .. }
            | Stage::Authorised { revocation: Some(_), .. }
            | Stage::Revoked { .. }
            | Stage::Rejected { .. } => Standing::NotUsable,
        };
        Signer {
            enrollment: this.id,
            version: this.version,
            permissions: this.request.permissions,
            standing,
        }
    }
}

/// What a consent may know of an enrollment: whether it may approve, and with what. Made by
/// [`Enrollment::signer`] alone, for the moment it is asked in.
#[derive(Debug, Clone)]
pub struct Signer {
    pub(in crate::open_finance) enrollment: Uuid4,
    pub(in crate::open_finance) version: ContractVersion,
    pub(in crate::open_finance) permissions: Vec<Permission>,
    pub(in crate::open_finance) standing: Standing,
}

impl Signer {
    /// The enrollment.
    #[must_use]
    pub const fn enrollment(&self) -> Uuid4 {
        self.enrollment
    }

    /// The credential whose record has to be loaded before an assertion is judged.
    #[must_use]
    pub const fn credential_id(&self) -> Option<&OpaqueBytes> {
        match &self.standing {
            Standing::Usable { credential_id, .. } => Some(credential_id),
            Standing::NotValidated | Standing::NotUsable => None,
        }
    }
}

#[derive(Debug, Clone)]
pub(in crate::open_finance) enum Standing {
    /// The person has not approved it yet.
    NotValidated,
    /// Not bound yet, or not any more.
    NotUsable,
    Usable {
        debtor_account: DebtorAccount,
        credential_id: OpaqueBytes,
        user_handle: OpaqueBytes,
        rp_id: String,
    },
}

/// A JSON object that absent members are left out of.
struct Fields(Value);

impl Fields {
    const fn new(object: Value) -> Self {
        Self(object)
    }

    fn add(&mut self, name: &str, value: Option<Value>) {
        if let (Some(members), Some(value)) = (self.0.as_object_mut(), value) {
            members.insert(name.to_owned(), value);
        }
    }
}

fn document(number: &DocumentNumber) -> Value {
    let kind = if number.is_company() { "CNPJ" } else { "CPF" };
    json!({ "document": { "identification": number.digits(), "rel": kind } })
}

fn account(account: &DebtorAccount) -> Value {
    let mut fields = Fields::new(json!({
        "ispb": account.ispb(),
        "number": account.number(),
        "accountType": account.account_type(),
    }));
    fields.add("issuer", account.issuer().map(Value::from));
    fields.0
}

fn cancellation(ended: &Cancellation) -> Value {
    let reason = match ended.reason {
        CancellationReason::RejectionReason(reason) => json!({ "rejectionReason": reason }),
        CancellationReason::RevocationReason(reason) => json!({ "revocationReason": reason }),
    };
    let mut fields = Fields::new(json!({
        "cancelledFrom": ended.cancelled_from,
        "reason": reason,
        "rejectedAt": ended.at.to_seconds_text(),
    }));
    fields.add("cancelledBy", ended.cancelled_by.as_ref().map(document));
    fields.add(
        "additionalInformation",
        ended.additional_information.as_ref().map(|text| json!(text)),
    );
    fields.0
}
