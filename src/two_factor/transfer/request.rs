//! The bodies of the published requests, read strictly: every member known, once, of its
//! type. `QIT000001` names no member, so neither does what is refused here.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::payee::{AccountType, Payee};
use crate::encoding::json::Json;
use crate::flow::{DocumentNumber, Uuid4};
use crate::two_factor::amount::Amount;
use crate::two_factor::{Channel, Code, PublishedCode};

/// What an approver is asked to approve, and how ("Perform TED", body parameters).
///
/// # What the page leaves open
///
/// - `tfa_info` is demanded: this flow is the one with a second factor.
/// - `session_id` stands with `device` and with nothing else.
/// - The columns of lengths are read as exact for keys, documents and the ISPB, and as the most
///   there may be for the rest. Branch, number and ISPB are digits, as the transfer system has them;
///   the check digit may be a letter, because some banks use `X`.
/// - The rule about 21 characters is judged before the lengths of number and digit, which allow 21
///   together: otherwise it could never be broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferRequest {
    /// The client's own key, which it uses once.
    pub request_control_key: Uuid4,
    /// What is to be moved.
    pub amount: Amount,
    /// To whom.
    pub payee: Payee,
    /// Who approves.
    pub approver: DocumentNumber,
    /// How.
    pub mode: ApprovalMode,
}

/// How a transfer is approved: chosen when it is requested, and never changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovalMode {
    /// By a code that the approver is sent.
    Code(Channel),
    /// By the approver's enrolled device.
    Device {
        /// The session of Device Scan on that device.
        session_id: Uuid4,
    },
}

/// Characters of the payee's number and digit together.
const MOST_ACCOUNT_CHARACTERS: usize = 21;

impl TransferRequest {
    /// Reads the body of `POST /account/{account_key}/ted`.
    ///
    /// # Errors
    ///
    /// `TED000012` when number and digit of the payee's account are too long together, `QIT000001`
    /// for everything else that does not fit the page.
    pub fn parse(body: &[u8]) -> Result<Self, PublishedCode> {
        let schema = PublishedCode::SchemaError;
        let json = Json::read(body, "request").map_err(|_| schema)?;
        let members = Members::of(
            &json,
            &["request_control_key", "transaction_amount", "target_account", "tfa_info"],
        )
        .ok_or(schema)?;
        let request_control_key = members.key("request_control_key").ok_or(schema)?;
        let amount = members.amount("transaction_amount", body).ok_or(schema)?;
        let payee = payee(members.get("target_account").ok_or(schema)?)?;
        let (approver, mode) = approval(members.get("tfa_info").ok_or(schema)?).ok_or(schema)?;
        Ok(Self { request_control_key, amount, payee, approver, mode })
    }
}

fn payee(json: &Json<'_>) -> Result<Payee, PublishedCode> {
    let schema = PublishedCode::SchemaError;
    let members = Members::of(
        json,
        &[
            "account_branch",
            "account_number",
            "account_digit",
            "owner_document_number",
            "owner_name",
            "ispb",
            "account_type",
        ],
    )
    .ok_or(schema)?;
    let number = members.text("account_number").ok_or(schema)?;
    let digit = members.text("account_digit").ok_or(schema)?;
    let characters = number.chars().count().saturating_add(digit.chars().count());
    if characters > MOST_ACCOUNT_CHARACTERS {
        return Err(PublishedCode::TargetAccountNumberTooLong);
    }
    read_payee(&members, number, digit).ok_or(schema)
}

fn read_payee(members: &Members<'_>, number: &str, digit: &str) -> Option<Payee> {
    let account_type = AccountType::from_wire(members.text("account_type")?)?;
    let owner = DocumentNumber::person_or_company(members.text("owner_document_number")?)?;
    Payee::new(
        members.text("account_branch")?,
        number,
        digit,
        owner,
        members.text("owner_name")?,
        members.text("ispb")?,
        account_type,
    )
}

fn approval(json: &Json<'_>) -> Option<(DocumentNumber, ApprovalMode)> {
    let members = Members::of(json, &["approver_document_number", "contact_type", "session_id"])?;
    let approver = DocumentNumber::person(members.text("approver_document_number")?)?;
    let mode = match (members.text("contact_type")?, members.get("session_id")) {
        ("device", Some(_)) => ApprovalMode::Device { session_id: members.key("session_id")? },
        (contact, None) => ApprovalMode::Code(channel(contact)?),
        _ => return None,
    };
    Some((approver, mode))
}

fn channel(contact_type: &str) -> Option<Channel> {
    [Channel::Sms, Channel::Email].into_iter().find(|channel| channel.as_str() == contact_type)
}

/// The body of `PUT …/validate_token`: a token, or none ("Approve TED with Two-Factor
/// Authentication"). No body and `{}` are the same.
#[derive(Debug)]
pub struct ApproveRequest {
    /// What the approver typed.
    pub token: Option<Code>,
}

impl ApproveRequest {
    /// Reads the body.
    ///
    /// # Errors
    ///
    /// `QIT000001`, also for a token that is not six letters or digits.
    pub fn parse(body: &[u8]) -> Result<Self, PublishedCode> {
        if body.is_empty() {
            return Ok(Self { token: None });
        }
        let read = || {
            let json = Json::read(body, "approval").ok()?;
            let members = Members::of(&json, &["token"])?;
            let token = match members.get("token") {
                None => None,
                Some(token) => Some(Code::parse(token.string()?)?),
            };
            Some(Self { token })
        };
        read().ok_or(PublishedCode::SchemaError)
    }
}

/// An object of which every member is known.
struct Members<'j>(&'j Json<'j>);

impl<'j> Members<'j> {
    fn of(json: &'j Json<'j>, known: &[&str]) -> Option<Self> {
        let members = json.object()?;
        members.iter().all(|(name, _)| known.contains(&name.as_ref())).then_some(Self(json))
    }

    fn get(&self, name: &str) -> Option<&'j Json<'j>> {
        self.0.member(name)
    }

    fn text(&self, name: &str) -> Option<&'j str> {
        self.get(name)?.string()
    }

    fn key(&self, name: &str) -> Option<Uuid4> {
        Uuid4::parse(self.text(name)?)
    }

    /// The digits of a number, which the tree has as a float.
    fn amount(&self, name: &str, body: &[u8]) -> Option<Amount> {
        #[derive(Deserialize)]
        struct Digits<'a> {
            #[serde(borrow)]
            transaction_amount: &'a RawValue,
        }
        // Both readers see one member: the tree has no duplicates.
        self.get(name).filter(|value| matches!(value, Json::Number(_)))?;
        let digits: Digits<'_> = serde_json::from_slice(body).ok()?;
        Amount::from_json(digits.transaction_amount).ok()
    }
}
