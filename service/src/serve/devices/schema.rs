//! Bodies as the OpenAPI document shows them. They are read and written by the library.

#![allow(dead_code, reason = "they describe")]

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The body of "Request Device Creation".
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DeviceRequestBody {
    /// Made by the integrator for the device, with Device Scan.
    #[schema(format = "uuid")]
    device_key: String,
    /// The session of Device Scan.
    #[schema(format = "uuid")]
    session_id: String,
    /// Who approves, and how.
    tfa_info: TfaInfoBody,
}

/// Who approves a device, and how.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TfaInfoBody {
    /// The 11 digits of the approver's CPF.
    #[schema(pattern = "^[0-9]{11}$")]
    approver_document_number: String,
    contact_type: RequestContact,
    /// With `liveness`, and only with it: the key of the face image.
    #[schema(min_length = 36, max_length = 36, nullable = false)]
    image_key: Option<String>,
}

/// How a device is approved.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum RequestContact {
    Sms,
    Email,
    Liveness,
}

/// The body of "Approve device creation".
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ValidateBody {
    /// What the person typed. Case counts.
    #[schema(pattern = "^[0-9A-Za-z]{6}$", example = "329adf")]
    token: String,
}

/// The body of "Request token resend".
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ResendBody {
    /// Without it, as in the original request.
    #[schema(nullable = false)]
    contact_type: Option<ResendContact>,
}

/// How a code is sent.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ResendContact {
    Sms,
    Email,
}

/// A device, in the words of request, approval, resend and disabling.
#[derive(ToSchema)]
pub(super) struct DeviceAnswerBody {
    #[schema(format = "uuid")]
    device_key: String,
    device_status: DeviceStatusWord,
    /// When it was requested.
    #[schema(format = DateTime, example = "2024-12-22T20:30:23.459Z")]
    created_at: String,
}

/// Where a device stands.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum DeviceStatusWord {
    #[schema(rename = "pending_2fa_approval")]
    Pending2faApproval,
    Created,
    Disabled,
}

/// The answer of "Query device".
#[derive(ToSchema)]
pub(super) struct DeviceViewBody {
    #[schema(format = "uuid")]
    device_key: String,
    #[schema(format = "uuid")]
    session_id: String,
    analysis_status: AnalysisWord,
    status: QueryStatusWord,
    device_registration_data: RegistrationDataBody,
    analysis_status_events: Vec<AnalysisEventBody>,
    status_events: Vec<StatusEventBody>,
    /// When it was registered.
    #[schema(format = DateTime)]
    registration_date: Option<String>,
    /// When it was requested.
    #[schema(format = DateTime)]
    created_at: String,
}

/// What the fraud engine thinks of a device.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum AnalysisWord {
    AutomaticallyApproved,
    AutomaticallyReproved,
    Pending,
}

/// Where a device stands, in the words of the query.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
enum QueryStatusWord {
    Registered,
    NotRegistered,
    Deactivated,
}

/// What a device was registered with.
#[derive(ToSchema)]
struct RegistrationDataBody {
    #[schema(format = "uuid")]
    device_key: String,
    #[schema(format = "uuid")]
    session_id: String,
    /// The 11 digits of the approver's CPF.
    document_number: String,
    #[schema(format = DateTime)]
    registration_date: Option<String>,
    /// The key of the face image, of a device that a face check approved.
    face_recognition_key: Option<String>,
}

/// A result of the fraud engine.
#[derive(ToSchema)]
struct AnalysisEventBody {
    /// Misspelt as it is published.
    new_analisys_status: AnalysisWord,
    reason: Option<String>,
    reason_description: Option<String>,
    #[schema(format = DateTime)]
    event_date: String,
}

/// A change of status.
#[derive(ToSchema)]
struct StatusEventBody {
    new_status: QueryStatusWord,
    #[schema(format = DateTime)]
    event_date: String,
}

/// A nonce for a face check.
#[derive(Serialize, ToSchema)]
pub(super) struct LivenessNonceBody {
    /// 32 random bytes, base64url.
    #[schema(min_length = 43, max_length = 43)]
    pub(super) nonce: String,
    /// When it stops being good.
    #[schema(format = DateTime)]
    pub(super) expires_at: String,
}
