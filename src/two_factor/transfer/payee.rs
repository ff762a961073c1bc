use serde::{Deserialize, Serialize};

use crate::crypto::Transcript;
use crate::flow::DocumentNumber;

/// Where a transfer goes: `target_account` of "Perform TED".
///
/// Personal data: its debug form shows nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payee {
    account_branch: String,
    account_number: String,
    account_digit: String,
    owner_document_number: DocumentNumber,
    owner_name: String,
    ispb: String,
    account_type: AccountType,
}

impl Payee {
    /// A payee whose members fit the page; `None` when one does not.
    #[must_use]
    pub fn new(
        account_branch: &str,
        account_number: &str,
        account_digit: &str,
        owner_document_number: DocumentNumber,
        owner_name: &str,
        ispb: &str,
        account_type: AccountType,
    ) -> Option<Self> {
        let digits = |text: &str, least, most| {
            (least..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let is_check_digit = account_digit.len() == 1
            && account_digit.bytes().all(|byte| byte.is_ascii_alphanumeric());
        // A name is shown to the approver: it has something to show, and nothing that hides it.
        let is_name = (1..=50).contains(&owner_name.chars().count())
            && !owner_name.chars().any(char::is_control)
            && !owner_name.trim().is_empty();
        let fits = digits(account_branch, 1, 4)
            && digits(account_number, 1, 20)
            && is_check_digit
            && is_name
            && digits(ispb, 8, 8);
        fits.then(|| Self {
            account_branch: account_branch.to_owned(),
            account_number: account_number.to_owned(),
            account_digit: account_digit.to_owned(),
            owner_document_number,
            owner_name: owner_name.to_owned(),
            ispb: ispb.to_owned(),
            account_type,
        })
    }

    /// The branch, 1 to 4 digits.
    #[must_use]
    pub fn account_branch(&self) -> &str {
        &self.account_branch
    }

    /// The number, 1 to 20 digits.
    #[must_use]
    pub fn account_number(&self) -> &str {
        &self.account_number
    }

    /// The check digit, one letter or digit.
    #[must_use]
    pub fn account_digit(&self) -> &str {
        &self.account_digit
    }

    /// The owner's CPF or CNPJ.
    #[must_use]
    pub const fn owner_document_number(&self) -> &DocumentNumber {
        &self.owner_document_number
    }

    /// The owner's name, 1 to 50 characters.
    #[must_use]
    pub fn owner_name(&self) -> &str {
        &self.owner_name
    }

    /// The institution in the Brazilian payment system, 8 digits.
    #[must_use]
    pub fn ispb(&self) -> &str {
        &self.ispb
    }

    /// The kind of account.
    #[must_use]
    pub const fn account_type(&self) -> AccountType {
        self.account_type
    }

    /// Every member: one that was left out could be changed after the approval.
    pub(super) fn write(&self, transcript: &mut Transcript) {
        let Self {
            account_branch,
            account_number,
            account_digit,
            owner_document_number,
            owner_name,
            ispb,
            account_type,
        } = self;
        transcript.bytes(account_branch.as_bytes());
        transcript.bytes(account_number.as_bytes());
        transcript.bytes(account_digit.as_bytes());
        transcript.bytes(owner_document_number.digits().as_bytes());
        transcript.bytes(owner_name.as_bytes());
        transcript.bytes(ispb.as_bytes());
        transcript.bytes(account_type.as_str().as_bytes());
    }
}

impl core::fmt::Debug for Payee {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Payee(..)")
    }
}

/// The kind of the payee's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountType {
    /// `checking_account`
    CheckingAccount,
    /// `deposit_account`
    DepositAccount,
    /// `guaranteed_account`
    GuaranteedAccount,
    /// `investment_account`
    InvestmentAccount,
    /// `payment_account`
    PaymentAccount,
    /// `saving_account`
    SavingAccount,
}

impl AccountType {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::CheckingAccount,
        Self::DepositAccount,
        Self::GuaranteedAccount,
        Self::InvestmentAccount,
        Self::PaymentAccount,
        Self::SavingAccount,
    ];

    /// The kind as it stands on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CheckingAccount => "checking_account",
            Self::DepositAccount => "deposit_account",
            Self::GuaranteedAccount => "guaranteed_account",
            Self::InvestmentAccount => "investment_account",
            Self::PaymentAccount => "payment_account",
            Self::SavingAccount => "saving_account",
        }
    }

    /// The kind that stands on the wire like this.
    #[must_use]
    pub fn from_wire(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}
