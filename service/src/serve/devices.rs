//! The published device pages: request, approval, resend, query, disabling. And, as an extension, the
//! nonce that a face check has to repeat.

mod schema;
mod work;

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use device_enrollment::two_factor::{
    DeviceRequest, PublishedCode as Published, ResendRequest, ValidateRequest,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::work::Work;
use super::flows::{self, Failure, Keys, answer};
use super::http::{App, Body, Caller, Known};

/// The routes with their descriptions.
pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    let mut router = OpenApiRouter::new()
        .routes(routes!(request))
        .routes(routes!(query))
        .routes(routes!(validate))
        .routes(routes!(resend))
        .routes(routes!(disable))
        .routes(routes!(liveness_nonce));
    let document = router.get_openapi_mut();
    for (path, codes) in ERRORS {
        flows::errors(document, path, codes);
    }
    router
}

const DEVICE: &str = "/account/{account_key}/device/{device_key}";

/// The codes of each page, with ours where the pages have none.
const ERRORS: &[(&str, &[Published])] = &[
    (
        "/account/{account_key}/device",
        &[
            Published::SchemaError,
            Published::BankAccountNotFound,
            Published::AccountBlockedOrClosed,
            Published::HubAccount,
            Published::NotAnApprover,
            Published::TfaInfoRequired,
            Published::InvalidDeviceInfo,
            Published::RequesterConfigurationNotFound,
            Published::RequesterNotAllowed,
            Published::TokenNotSent,
            Published::LivenessNotApproved,
            Published::ApproverCodesExceeded,
            Published::BudgetExceeded,
            Published::ContactTypeNotAllowed,
        ],
    ),
    (DEVICE, &[Published::SchemaError, Published::BankAccountNotFound, Published::DeviceNotFound]),
    (
        "/account/{account_key}/device/{device_key}/validate",
        &[
            Published::SchemaError,
            Published::BankAccountNotFound,
            Published::AccountBlockedOrClosed,
            Published::HubAccount,
            Published::DeviceAttemptsExceeded,
            Published::DeviceNotFound,
            Published::DeviceTokenIncorrect,
            Published::ApproverAttemptsExceeded,
            Published::BudgetExceeded,
        ],
    ),
    (
        "/account/{account_key}/device/{device_key}/resend_token",
        &[
            Published::SchemaError,
            Published::BankAccountNotFound,
            Published::AccountBlockedOrClosed,
            Published::HubAccount,
            Published::TokenNotSent,
            Published::DeviceAttemptsExceeded,
            Published::DeviceNotFound,
            Published::ApproverCodesExceeded,
            Published::ResendTooSoon,
            Published::BudgetExceeded,
            Published::ContactTypeNotAllowed,
        ],
    ),
    (
        "/account/{account_key}/device/{device_key}/disable",
        &[
            Published::SchemaError,
            Published::BankAccountNotFound,
            Published::AccountBlockedOrClosed,
            Published::HubAccount,
            Published::DeviceNotFound,
        ],
    ),
    (
        "/extensions/v1/account/{account_key}/device/{device_key}/liveness-nonce",
        &[
            Published::SchemaError,
            Published::BankAccountNotFound,
            Published::AccountBlockedOrClosed,
            Published::HubAccount,
            Published::RequesterConfigurationNotFound,
            Published::RequesterNotAllowed,
            Published::ContactTypeNotAllowed,
        ],
    ),
];

/// Request a device.
///
/// A code goes to the approver by SMS or e-mail, and the device waits for it; or the face check named
/// by `image_key` approves it at once. A `device_key` is used once: a second request with it is
/// answered `OBD000092`, unless the first one's code was not delivered or its face check did not
/// approve.
#[utoipa::path(
    post,
    path = "/account/{account_key}/device",
    tag = "devices",
    params(("account_key" = String, Path, format = "uuid", description = "The account.")),
    request_body(
        content = schema::DeviceRequestBody,
        examples(
            ("sms" = (summary = "A code by SMS", value = json!({
                "device_key": "21c18c9b-5a41-4a4c-a17a-c3ba4ef3dd1e",
                "session_id": "fd90a11e-ddee-4e69-b7d8-0fc3ddd4da46",
                "tfa_info": {"approver_document_number": "98765432100", "contact_type": "sms"}
            }))),
            ("email" = (summary = "A code by e-mail", value = json!({
                "device_key": "21c18c9b-5a41-4a4c-a17a-c3ba4ef3dd1e",
                "session_id": "fd90a11e-ddee-4e69-b7d8-0fc3ddd4da46",
                "tfa_info": {"approver_document_number": "98765432100", "contact_type": "email"}
            }))),
            ("liveness" = (summary = "A face check", value = json!({
                "device_key": "21c18c9b-5a41-4a4c-a17a-c3ba4ef3dd1e",
                "session_id": "fd90a11e-ddee-4e69-b7d8-0fc3ddd4da46",
                "tfa_info": {
                    "approver_document_number": "98765432100",
                    "contact_type": "liveness",
                    "image_key": "0b0c4a25-9b8e-4f6e-9d2f-2f3b7f1d2c11"
                }
            })))
        )
    ),
    responses(
        (status = 201, description = "A face check approved it.", body = schema::DeviceAnswerBody),
        (status = 202, description = "It waits for its code.", body = schema::DeviceAnswerBody)
    )
)]
async fn request(
    State(app): State<Arc<App>>,
    Known(context): Known,
    caller: Caller,
    keys: Keys<1>,
    body: Body,
) -> Result<Response, Failure> {
    let Keys([account_key]) = keys;
    // Judged first; what is judged later is read from it again.
    DeviceRequest::parse(body.bytes())?;
    let work = Work::new(app, context, caller, account_key).await?;
    work.request(body.bytes()).await
}

/// Approve a device with its code.
///
/// Five codes are compared for one device, over all that are sent for it. An expired code is answered
/// `OBD0000100` and is not counted.
#[utoipa::path(
    put,
    path = "/account/{account_key}/device/{device_key}/validate",
    tag = "devices",
    params(
        ("account_key" = String, Path, format = "uuid", description = "The account."),
        ("device_key" = String, Path, format = "uuid", description = "The device.")
    ),
    request_body(content = schema::ValidateBody, example = json!({"token": "329adf"})),
    responses((status = 201, description = "It is registered.", body = schema::DeviceAnswerBody))
)]
async fn validate(
    State(app): State<Arc<App>>,
    Known(context): Known,
    caller: Caller,
    keys: Keys<2>,
    body: Body,
) -> Result<Response, Failure> {
    let Keys([account_key, device_key]) = keys;
    let request = ValidateRequest::parse(body.bytes())?;
    let work = Work::new(app, context, caller, account_key).await?;
    let device = work.validate(device_key, &request.token).await?;
    Ok(answer(StatusCode::CREATED, &device.registration_answer()))
}

/// Send another code.
///
/// The code before is void, the five minutes begin anew, attempts stay counted. Without
/// `contact_type`, and without a body, it goes the way of the original request.
#[utoipa::path(
    patch,
    path = "/account/{account_key}/device/{device_key}/resend_token",
    tag = "devices",
    params(
        ("account_key" = String, Path, format = "uuid", description = "The account."),
        ("device_key" = String, Path, format = "uuid", description = "The device.")
    ),
    request_body(
        content = Option<schema::ResendBody>,
        examples(
            ("email" = (summary = "By another channel", value = json!({"contact_type": "email"}))),
            ("same" = (summary = "By the same one", value = json!({})))
        )
    ),
    responses((status = 202, description = "It waits for its code.", body = schema::DeviceAnswerBody))
)]
async fn resend(
    State(app): State<Arc<App>>,
    Known(context): Known,
    caller: Caller,
    keys: Keys<2>,
    body: Body,
) -> Result<Response, Failure> {
    let Keys([account_key, device_key]) = keys;
    let request = ResendRequest::parse(body.bytes().trim_ascii())?;
    let work = Work::new(app, context, caller, account_key).await?;
    let device = work.resend(device_key, request).await?;
    Ok(answer(StatusCode::ACCEPTED, &device.registration_answer()))
}

/// Query a device.
#[utoipa::path(
    get,
    path = "/account/{account_key}/device/{device_key}",
    tag = "devices",
    params(
        ("account_key" = String, Path, format = "uuid", description = "The account."),
        ("device_key" = String, Path, format = "uuid", description = "The device.")
    ),
    responses((status = 200, description = "The device.", body = schema::DeviceViewBody))
)]
async fn query(
    State(app): State<Arc<App>>,
    Known(context): Known,
    caller: Caller,
    keys: Keys<2>,
) -> Result<Response, Failure> {
    let Keys([account_key, device_key]) = keys;
    let work = Work::new(app, context, caller, account_key).await?;
    Ok(answer(StatusCode::OK, &work.query(device_key).await?))
}

/// Disable a device.
///
/// It is for good, and every credential that was enrolled on it is revoked with it. There is no body.
#[utoipa::path(
    delete,
    path = "/account/{account_key}/device/{device_key}/disable",
    tag = "devices",
    params(
        ("account_key" = String, Path, format = "uuid", description = "The account."),
        ("device_key" = String, Path, format = "uuid", description = "The device.")
    ),
    responses((status = 200, description = "It is disabled.", body = schema::DeviceAnswerBody))
)]
async fn disable(
    State(app): State<Arc<App>>,
    Known(context): Known,
    caller: Caller,
    keys: Keys<2>,
) -> Result<Response, Failure> {
    let Keys([account_key, device_key]) = keys;
    let work = Work::new(app, context, caller, account_key).await?;
    let device = work.disable(device_key).await?;
    Ok(answer(StatusCode::OK, &device.disabling_answer()))
}

/// Hand out the nonce for a face check.
///
/// Not published. The provider's library on the phone takes it, and the provider's signed result has
/// to repeat it; it is good for ten minutes, for one device of one account, and for one result. The
/// device need not be requested yet.
#[utoipa::path(
    post,
    path = "/extensions/v1/account/{account_key}/device/{device_key}/liveness-nonce",
    tag = "extensions",
    params(
        ("account_key" = String, Path, format = "uuid", description = "The account."),
        ("device_key" = String, Path, format = "uuid", description = "The device.")
    ),
    responses((status = 201, description = "The nonce.", body = schema::LivenessNonceBody))
)]
async fn liveness_nonce(
    State(app): State<Arc<App>>,
    Known(context): Known,
    caller: Caller,
    keys: Keys<2>,
) -> Result<Response, Failure> {
    let Keys([account_key, device_key]) = keys;
    let work = Work::new(app, context, caller, account_key).await?;
    Ok(answer(StatusCode::CREATED, &work.liveness_nonce(device_key).await?))
}
