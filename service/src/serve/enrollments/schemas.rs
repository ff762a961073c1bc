//! The bodies and headers of these routes, for the OpenAPI document. The library reads and writes
//! them; nothing here does.

#![allow(dead_code, reason = "they describe; the library reads and writes")]

use utoipa::{IntoParams, IntoResponses, ToSchema};

use crate::serve::http::OpenFinanceErrors;

/// What every route may be refused with.
#[derive(IntoResponses)]
pub(super) enum Refused {
    /// A header, a parameter of path or query, or the body's JSON is not in order.
    #[response(status = 400)]
    Malformed(OpenFinanceErrors),
    /// The API key is missing, unknown, expired or revoked.
    #[response(status = 401)]
    Unauthenticated(OpenFinanceErrors),
    /// The caller may not use this wallet or product, or act for this user.
    #[response(status = 403)]
    NotPermitted(OpenFinanceErrors),
    /// There is no such object, or it is somebody else's.
    #[response(status = 404)]
    NotFound(OpenFinanceErrors),
    /// The request was taken before and is blocked for two hours, or the first one under its
    /// idempotency key is still being worked on.
    #[response(status = 409)]
    Repeated(OpenFinanceErrors),
    /// A member of the body, or the state of the object, does not allow it.
    #[response(status = 422)]
    NotAllowed(OpenFinanceErrors),
    /// Too many requests.
    #[response(status = 429)]
    TooMany(OpenFinanceErrors),
    /// The service cannot answer now.
    #[response(status = 503)]
    Unavailable(OpenFinanceErrors),
}

/// The headers of every request under `/open-finance`.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct Headers {
    /// A UUID of version 4 that names the request.
    #[param(value_type = String, example = "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d")]
    nonce: String,
    /// What a request is compared by, beside method, path, parameters, query, body and user: a like
    /// one is blocked for two hours. Without it, by those alone.
    #[param(rename = "x-include-replay-protection-schema", value_type = Option<String>, example = "nonce")]
    replay: Option<String>,
    /// A UUID of version 4 of what is done; needed where the replay protection is to compare it.
    #[param(rename = "x-transaction-uuid", value_type = Option<String>)]
    transaction: Option<String>,
    /// The wallet; the caller's default one when absent or empty.
    #[param(rename = "x-wallet-uuid", value_type = Option<String>)]
    wallet: Option<String>,
    /// The product; the caller's default one when absent.
    #[param(rename = "x-product-uuid", value_type = Option<String>)]
    product: Option<String>,
    /// The user on whose behalf the request acts; needs `x-product-uuid`.
    #[param(rename = "x-product-target-user-uuid", value_type = Option<String>)]
    target_user: Option<String>,
    /// The language of errors, `pt-BR` or `en-US`.
    #[param(rename = "x-lang", value_type = Option<String>, example = "pt-BR")]
    language: Option<String>,
    /// Under the same key the same request gets the same answer for a day; another body is refused.
    #[param(rename = "x-idempotency-key", value_type = Option<String>, max_length = 40)]
    idempotency_key: Option<String>,
}

/// The headers of a request that makes something.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct MakingHeaders {
    /// A UUID of version 4 that names the request.
    #[param(value_type = String, example = "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d")]
    nonce: String,
    /// A UUID of version 4 of what is made.
    #[param(rename = "x-transaction-uuid", value_type = String, example = "0f7c1c5e-57ab-4b8e-8d7e-1f2a3b4c5d6e")]
    transaction: String,
    /// What a request is compared by, beside method, path, parameters, query, body and user: a like
    /// one is blocked for two hours. Without it, by those alone.
    #[param(rename = "x-include-replay-protection-schema", value_type = Option<String>, example = "nonce&x-transaction-uuid")]
    replay: Option<String>,
    /// The wallet; the caller's default one when absent or empty.
    #[param(rename = "x-wallet-uuid", value_type = Option<String>)]
    wallet: Option<String>,
    /// The product; the caller's default one when absent.
    #[param(rename = "x-product-uuid", value_type = Option<String>)]
    product: Option<String>,
    /// The user on whose behalf the request acts; needs `x-product-uuid`.
    #[param(rename = "x-product-target-user-uuid", value_type = Option<String>)]
    target_user: Option<String>,
    /// The language of errors, `pt-BR` or `en-US`.
    #[param(rename = "x-lang", value_type = Option<String>, example = "pt-BR")]
    language: Option<String>,
    /// Under the same key the same request gets the same answer for a day; another body is refused.
    #[param(rename = "x-idempotency-key", value_type = Option<String>, max_length = 40)]
    idempotency_key: Option<String>,
}

/// The headers of a request under our own prefix.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct ExtensionHeaders {
    /// The language of errors, `pt-BR` or `en-US`.
    #[param(rename = "x-lang", value_type = Option<String>, example = "pt-BR")]
    language: Option<String>,
    /// Under the same key the same request gets the same answer for a day; another body is refused.
    #[param(rename = "x-idempotency-key", value_type = Option<String>, max_length = 40)]
    idempotency_key: Option<String>,
}

/// Which enrollments are listed.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Which page, from 1.
    #[param(minimum = 1, default = 1)]
    page: Option<u64>,
    /// Enrollments on a page.
    #[param(minimum = 1, maximum = 100, default = 20)]
    size: Option<u32>,
    /// `created_at`.
    sort: Option<String>,
    /// `asc`, the default, or `desc`.
    order: Option<String>,
    /// Only in this status.
    #[param(value_type = Option<EnrollmentStatus>, inline)]
    status: Option<EnrollmentStatus>,
    /// Only with this permission.
    permissions: Option<String>,
    /// Only of this person, 11 digits.
    logged_user_document: Option<String>,
    /// Only of this company, 14 digits.
    logged_business_entity_document: Option<String>,
    /// Only of this participant.
    participant_id: Option<String>,
    /// Only made at or after this, RFC 3339.
    created_at_start: Option<String>,
    /// Only made at or before this, RFC 3339.
    created_at_end: Option<String>,
}

/// What an enrollment is asked for with.
#[derive(ToSchema)]
pub(super) struct CreateBody {
    /// Where the person is sent back to; https.
    #[schema(example = "https://payer.example/back", max_length = 2000)]
    client_redirect_url: String,
    /// The participant of Open Finance.
    #[schema(example = "8f0a1c5e-57ab-4b8e-8d7e-1f2a3b4c5d6e", max_length = 255)]
    participant_id: String,
    /// The person, 11 digits; the representative where a company is given.
    #[schema(example = "98765432100", pattern = r"^\d{11}$")]
    logged_user_document: String,
    /// The company, 14 digits.
    #[schema(pattern = r"^\d{14}$")]
    logged_business_entity_document: Option<String>,
    /// `PAYMENTS_INITIATE`, and in contract 2.2 `RECURRING_PAYMENTS_INITIATE` beside it.
    #[schema(min_items = 1, example = json!(["PAYMENTS_INITIATE"]))]
    permissions: Vec<String>,
    /// What people call it.
    #[schema(max_length = 140)]
    name: Option<String>,
    /// The institution of the account, 8 digits.
    #[schema(pattern = r"^\d{8}$")]
    logged_user_bank_ispb: Option<String>,
    /// The branch, 1 to 4 digits; needed with current and savings accounts.
    #[schema(pattern = r"^\d{1,4}$")]
    logged_user_branch_number: Option<String>,
    /// The number with its check digit.
    #[schema(pattern = r"^\d{1,20}$")]
    logged_user_bank_account_number: Option<String>,
    /// The type, such as `CACC`.
    logged_user_bank_account_type: Option<String>,
    /// The optimised journey.
    is_linked: Option<bool>,
    /// Needed with it.
    #[schema(max_length = 255)]
    link_id: Option<String>,
}

/// Where an enrollment stands.
#[derive(ToSchema)]
#[schema(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum EnrollmentStatus {
    Pending,
    Error,
    Failed,
    AwaitingDeviceRiskSignals,
    AwaitingAccountOwnerValidation,
    AwaitingEnrollment,
    AwaitingDeviceRegistration,
    PendingRevoke,
    Authorized,
    Revoked,
    Rejected,
}

/// Where a device enrollment stands.
#[derive(ToSchema)]
#[schema(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum DeviceEnrollmentStatus {
    WaitingRiskSignal,
    WaitingCredentialsCreation,
    WaitingCreation,
    WaitingSignIn,
    SignedIn,
    Created,
    Error,
    Failed,
}

/// An enrollment.
#[derive(ToSchema)]
pub(super) struct EnrollmentAnswer {
    /// Its id.
    id: String,
    /// Where it stands.
    status: EnrollmentStatus,
    /// What people call it.
    name: Option<String>,
    /// The person.
    logged_user_document: String,
    /// `CPF`.
    logged_user_document_type: String,
    /// The company.
    logged_business_entity_document: Option<String>,
    /// `CNPJ`.
    logged_business_entity_document_type: Option<String>,
    /// What it may be used for.
    permissions: Vec<String>,
    /// The participant of Open Finance.
    participant_id: Option<String>,
    /// Where the person is sent back to.
    client_redirect_url: Option<String>,
    /// The institution of the account.
    logged_user_bank_ispb: Option<String>,
    /// The branch.
    logged_user_branch_number: Option<String>,
    /// The number with its check digit.
    logged_user_bank_account_number: Option<String>,
    /// The type.
    logged_user_bank_account_type: Option<String>,
    /// The most that one payment may come to.
    #[schema(example = "500.00")]
    transaction_limit: Option<String>,
    /// The most that the payments of a day may come to.
    #[schema(example = "1000.00")]
    daily_limit: Option<String>,
    /// When it ends; without it, never.
    #[schema(format = DateTime)]
    expiration_date: Option<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it came into its status.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// A page of enrollments.
#[derive(ToSchema)]
pub(super) struct EnrollmentPage {
    /// Which page.
    page: u64,
    /// Enrollments on a page.
    page_size: u32,
    /// Pages.
    page_total: u64,
    /// Enrollments.
    total: u64,
    /// Those of the page.
    data: Vec<EnrollmentAnswer>,
}

/// What ends an enrollment.
#[derive(ToSchema)]
pub(super) struct RevokeBody {
    /// The person that the enrollment is for.
    #[schema(example = "98765432100", pattern = r"^\d{11}$")]
    logged_user_document: String,
    /// What else there is to say.
    #[schema(max_length = 2048)]
    additional_information: Option<String>,
}

/// What became of it.
#[derive(ToSchema)]
pub(super) struct RevokeAnswer {
    /// The enrollment.
    id: String,
    /// `PENDING_REVOKE`, or `REJECTED` where it could not be used yet.
    status: EnrollmentStatus,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it came into its status.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// What an initiator says of the device.
#[derive(ToSchema)]
pub(super) struct RiskSignalBody {
    /// `ANDROID_ID`, or `identifierForVendor`.
    #[schema(example = "5ad82a8f-8244-48a5-955b-ae3e6993162b")]
    device_id: String,
    /// The version of the operating system.
    #[schema(example = "16")]
    os_version: String,
    /// The time zone, `±hh` or `±hh:mm`.
    #[schema(example = "-03:00")]
    user_time_zone_offset: String,
    /// ISO 639-1.
    #[schema(example = "pt")]
    language: String,
    /// The screen, in pixels.
    screen_dimensions: Screen,
    /// Since when the person is the initiator's customer.
    #[schema(example = "2023-01-01")]
    account_tenure: String,
    /// Whether the device is rooted; an obligation on phones.
    is_rooted_device: Option<bool>,
    /// How bright the screen is; an obligation on phones.
    screen_brightness: Option<f64>,
    /// Milliseconds since the device started; an obligation on phones.
    elapsed_time_since_boot: Option<i64>,
    /// Where the device is.
    geolocation: Option<Place>,
    /// Whether the place is made up; an obligation beside a place that was measured.
    #[schema(rename = "is_mock_gps")]
    is_mock_gps: Option<bool>,
    /// Whether a call is under way.
    is_call_in_progress: Option<bool>,
    /// Whether the developer mode is on.
    is_dev_mode_enabled: Option<bool>,
    /// Whether the device is emulated.
    is_emulated: Option<bool>,
    /// Whether a monkey runner is at work.
    is_monkey_runner: Option<bool>,
    /// Whether it is being charged.
    is_charging: Option<bool>,
    /// Whether it hangs on USB.
    is_usb_connected: Option<bool>,
    /// What is known of the antenna.
    antenna_information: Option<String>,
    /// What Play Integrity or App Attest said.
    integrity: Option<Integrity>,
}

/// A screen.
#[derive(ToSchema)]
pub(super) struct Screen {
    /// Pixels.
    #[schema(example = 2400)]
    height: u32,
    /// Pixels.
    #[schema(example = 1080)]
    width: u32,
}

/// A place.
#[derive(ToSchema)]
pub(super) struct Place {
    /// Degrees.
    latitude: f64,
    /// Degrees.
    longitude: f64,
    /// `COARSE`, `FINE` or `INFERRED`.
    #[schema(example = "FINE")]
    r#type: String,
}

/// What the makers of the platform said.
#[derive(ToSchema)]
pub(super) struct Integrity {
    /// Of the app.
    app_recognition_verdict: Option<String>,
    /// Of the device.
    device_recognition_verdict: Option<String>,
}

/// What options are asked for with.
#[derive(ToSchema)]
pub(super) struct CredentialsBody {
    /// Where the credential will be made.
    platform: PlatformWord,
    /// The relying party; another one than the initiator's ends the enrollment.
    rp: Option<String>,
}

/// Where a credential is made or used.
#[derive(ToSchema)]
#[schema(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum PlatformWord {
    Android,
    Browser,
    CrossPlatform,
    Ios,
}

/// A device enrollment.
#[derive(ToSchema)]
pub(super) struct DeviceEnrollment {
    /// Its id.
    id: String,
    /// The enrollment.
    enrollment_id: String,
    /// Where it stands.
    status: DeviceEnrollmentStatus,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
}

/// Options to make a credential by.
#[derive(ToSchema)]
pub(super) struct RegistrationOptions {
    /// The enrollment.
    enrollment_id: String,
    /// The relying party.
    rp_id: String,
    /// What people are shown of it.
    rp_name: String,
    /// The handle that stands for the person, base64url.
    user_id: String,
    /// An identifier that people read.
    user_name: String,
    /// The person's name.
    user_display_name: String,
    /// The challenge, base64url without padding.
    challenge: String,
    /// The algorithms that are taken.
    pub_key_cred_params: Vec<CredentialParameter>,
    /// Milliseconds that the challenge lives.
    timeout: u32,
    /// Credentials that the person has already.
    exclude_credentials: Vec<CredentialDescriptor>,
    /// Credentials that may sign; empty for a registration.
    allow_credentials: Vec<CredentialDescriptor>,
    /// `required`, `preferred` or `discouraged`.
    user_verification: String,
    /// `platform` or `cross-platform`, where one is asked for.
    authenticator_attachment: Option<String>,
    /// False.
    require_resident_key: bool,
    /// `discouraged` or `preferred`.
    resident_key: String,
    /// `none`, `direct` or `enterprise`.
    attestation: String,
    /// Inputs of extensions.
    #[schema(value_type = Object)]
    extensions: serde_json::Value,
    /// When it was issued.
    #[schema(format = DateTime)]
    created_at: String,
}

/// An algorithm.
#[derive(ToSchema)]
pub(super) struct CredentialParameter {
    /// `public-key`.
    r#type: String,
    /// The COSE number.
    #[schema(example = -7)]
    alg: i64,
}

/// A credential.
#[derive(ToSchema)]
pub(super) struct CredentialDescriptor {
    /// `public-key`.
    r#type: String,
    /// Its id, base64url.
    id: String,
}

/// A credential that the device made.
#[derive(ToSchema)]
pub(super) struct DeviceCredential {
    /// Its id, base64url without padding.
    device_credential_id: String,
    /// The same.
    device_credential_raw_id: String,
    /// The client data, base64url.
    device_credential_client_data_json: String,
    /// The attestation object, base64url.
    device_credential_attestation_object: String,
    /// `platform` or `cross-platform`.
    device_credential_authenticator_attachment: Option<String>,
    /// `public-key`.
    device_credential_type: Option<String>,
    /// What extensions gave.
    #[schema(value_type = Option<Object>)]
    client_extension_results: Option<serde_json::Value>,
}

/// What signing options are asked for with.
#[derive(ToSchema)]
pub(super) struct SignOptionsBody {
    /// The enrollment whose device will sign.
    enrollment_id: String,
    /// Where the credential is used.
    platform: PlatformWord,
    /// The relying party; another one than the credential's is refused.
    rp: Option<String>,
}

/// Options to sign by, in the names of the Recommendation.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct SignOptionsAnswer {
    /// The challenge, base64url without padding.
    challenge: String,
    /// Milliseconds that the challenge lives.
    timeout: u32,
    /// The relying party.
    rp_id: String,
    /// The credentials that may sign.
    allow_credentials: Vec<CredentialDescriptor>,
    /// `required`, `preferred` or `discouraged`.
    user_verification: String,
    /// Inputs of extensions.
    #[schema(value_type = Object)]
    extensions: serde_json::Value,
}

/// The body of `authorise` (Open Finance Brasil Enrollments).
#[derive(ToSchema)]
pub(super) struct AuthoriseBody {
    data: AuthoriseData,
}

/// What is under `data`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct AuthoriseData {
    /// The enrollment whose device signed, by its id or a URN that ends with it.
    enrollment_id: String,
    /// The risk signals, in the names of the contract.
    #[schema(value_type = Object)]
    risk_signals: serde_json::Value,
    /// The assertion, as `AuthenticationResponseJSON` has it.
    #[schema(value_type = Object)]
    fido_assertion: serde_json::Value,
}

/// A consent.
#[derive(ToSchema)]
pub(super) struct ConsentAnswer {
    /// Its id.
    consent_id: String,
    /// `AWAITING_AUTHORISATION`, `PARTIALLY_ACCEPTED`, `AUTHORISED` or `REJECTED`.
    status: String,
    /// When it came into its status.
    #[schema(format = DateTime)]
    updated_at: String,
    /// Why it was rejected.
    #[schema(example = "NAO_INFORMADO")]
    rejection_reason: Option<String>,
}
