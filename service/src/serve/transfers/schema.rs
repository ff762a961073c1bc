//! What the document says of bodies. They are read and written by the library; these types say the
//! same of them and are used for nothing else.

#![allow(dead_code, reason = "they describe")]

use serde::Serialize;
use utoipa::ToSchema;

/// A transfer to perform.
#[derive(Serialize, ToSchema)]
pub(super) struct PerformTed {
    /// The client's own key. It is used once on an account.
    #[schema(format = "uuid", example = "b6804f32-101e-4702-8fbc-c2dbc4c2caec")]
    request_control_key: String,
    /// What is moved, in reais, with two decimals at most, in ten characters at most.
    #[schema(example = 202.01, exclusive_minimum = 0, multiple_of = 0.01)]
    transaction_amount: f64,
    target_account: TargetAccount,
    tfa_info: TedTfaInfo,
}

/// Who is paid. Number and digit have 21 characters together at most (`TED000012`).
#[derive(Serialize, ToSchema)]
pub(super) struct TargetAccount {
    #[schema(example = "0001", pattern = "^[0-9]{1,4}$")]
    account_branch: String,
    #[schema(example = "1234567", pattern = "^[0-9]{1,20}$")]
    account_number: String,
    #[schema(example = "8", pattern = "^[0-9A-Za-z]$")]
    account_digit: String,
    /// CPF or CNPJ, digits alone.
    #[schema(example = "12345678000195", pattern = "^([0-9]{11}|[0-9]{14})$")]
    owner_document_number: String,
    #[schema(example = "Padaria São João", min_length = 1, max_length = 50)]
    owner_name: String,
    #[schema(example = "32402502", pattern = "^[0-9]{8}$")]
    ispb: String,
    account_type: AccountType,
}

/// The kind of account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::enum_variant_names, reason = "they are published so")]
pub(super) enum AccountType {
    CheckingAccount,
    DepositAccount,
    GuaranteedAccount,
    InvestmentAccount,
    PaymentAccount,
    SavingAccount,
}

/// Who approves, and how.
#[derive(Serialize, ToSchema)]
pub(super) struct TedTfaInfo {
    /// The CPF of an approver of the account, digits alone.
    #[schema(example = "98765432100", pattern = "^[0-9]{11}$")]
    approver_document_number: String,
    contact_type: TedContactType,
    /// With `device` and with nothing else: the session of Device Scan that the device was
    /// registered with.
    #[schema(format = "uuid", example = "5e0b3a0e-5f0d-4d7a-9a5d-0b6b7f1e9d11")]
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
}

/// How a transfer is approved.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum TedContactType {
    Sms,
    Email,
    Device,
}

/// What the approver typed: with `sms` and `email` alone. A transfer that the device approved takes
/// `{}` or no body.
#[derive(Serialize, ToSchema)]
pub(super) struct ValidateTed {
    #[schema(example = "329123", pattern = "^[0-9A-Za-z]{6}$")]
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// How the next code is sent.
#[derive(Serialize, ToSchema)]
pub(super) struct ResendTed {
    /// Without it, as the transfer was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_type: Option<ResendContactType>,
}

/// A channel for codes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ResendContactType {
    Sms,
    Email,
}

/// A transfer.
#[derive(Serialize, ToSchema)]
pub(super) struct Ted {
    /// The client's key.
    #[schema(format = "uuid")]
    request_control_key: String,
    /// The bank's core's key, of a transfer that was sent.
    #[schema(format = "uuid")]
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_key: Option<String>,
    /// The transfer's key.
    #[schema(format = "uuid")]
    ted_key: String,
    /// What is moved, in reais, with two decimals.
    #[schema(example = 202.01)]
    transaction_amount: f64,
    /// What the bank takes for it, in reais, with two decimals.
    #[schema(example = 0.00)]
    fee_amount: f64,
    ted_status: TedStatus,
    /// When it was requested.
    #[schema(format = DateTime, example = "2026-11-22T04:05:06.789Z")]
    created_at: String,
}

/// Where a transfer stands.
#[derive(Serialize, ToSchema)]
pub(super) enum TedStatus {
    /// It waits for its approver.
    #[serde(rename = "pending_2fa_approval")]
    Pending2faApproval,
    /// It is approved, and being processed.
    #[serde(rename = "pending")]
    Pending,
    /// It was sent. The receiving bank can still return it.
    #[serde(rename = "sent")]
    Sent,
    /// It was refused, its attempts are spent, or it was returned.
    #[serde(rename = "rejected")]
    Rejected,
}

/// An error. Where it rejects the transfer, `extra_fields` has it.
#[derive(Serialize, ToSchema)]
pub(super) struct TedError {
    /// The title, in English.
    title: String,
    /// The sentence in English.
    description: String,
    /// The sentence in Portuguese.
    translation: String,
    /// The stable code. It is compared as a text.
    #[schema(example = "TED000084")]
    code: String,
    extra_fields: TedErrorFields,
}

/// Empty, unless the transfer is rejected by what was asked.
#[derive(Serialize, ToSchema)]
pub(super) struct TedErrorFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    ted_data: Option<Ted>,
}

/// What the device has to sign: `PublicKeyCredentialRequestOptionsJSON` (WebAuthn Level 3 section
/// 5.10). The challenge commits to everything that is approved.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TedSignOptions {
    /// Unpadded base64url.
    challenge: String,
    /// Milliseconds.
    #[schema(example = 300_000)]
    timeout: u32,
    rp_id: String,
    /// The credentials of the device that has to approve.
    #[schema(min_items = 1)]
    allow_credentials: Vec<TedAllowedCredential>,
    #[schema(example = "required")]
    user_verification: String,
}

/// A credential that may sign.
#[derive(Serialize, ToSchema)]
pub(super) struct TedAllowedCredential {
    #[schema(example = "public-key")]
    r#type: String,
    /// Unpadded base64url.
    id: String,
}

/// `AuthenticationResponseJSON` (WebAuthn Level 3 section 5.1), as browsers and Credential Manager
/// write it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TedAssertion {
    id: String,
    raw_id: String,
    response: TedAssertionResponse,
    #[schema(example = "public-key")]
    r#type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    authenticator_attachment: Option<String>,
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    client_extension_results: Option<serde_json::Value>,
}

/// What the authenticator signed. All in unpadded base64url.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TedAssertionResponse {
    #[serde(rename = "clientDataJSON")]
    client_data_json: String,
    authenticator_data: String,
    signature: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_handle: Option<String>,
}

/// What became of a transfer, as the bank's core tells it.
#[derive(Serialize, ToSchema)]
pub(super) struct TedSettlement {
    ted_status: TedSettled,
    /// With `sent`: the core's own key of the transfer.
    #[schema(format = "uuid")]
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_key: Option<String>,
    /// With `rejected`: why it was refused or returned.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal_reason: Option<TedRefusalReason>,
}

/// What became of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum TedSettled {
    Sent,
    Rejected,
}

/// The published `refusal_reason`.
#[derive(Serialize, ToSchema)]
pub(super) struct TedRefusalReason {
    #[schema(example = "AC03", max_length = 64)]
    refusal_code: String,
    #[schema(example = "invalid_creditor_account", max_length = 128)]
    enumerator: String,
    #[schema(example = "Conta do creditado inválida", max_length = 512)]
    description: String,
}
