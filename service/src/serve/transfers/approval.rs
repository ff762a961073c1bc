//! Approval by the enrolled device: what it has to sign, and what it signed. These two requests are
//! ours; the published pages begin after them, with the empty `PUT …/validate_token`.

use std::time::Instant;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use device_enrollment::Base64Reading;
use device_enrollment::flow::{DocumentNumber, Uuid4};
use device_enrollment::two_factor::{
    AssertionCheck, AssertionEvaluation, BoundCredential, PublishedCode, SignOptions, Transfer,
    TransferEvent,
};
use device_enrollment::webauthn::{AuthenticationResponse, CredentialRecord};

use super::turn::{Named, Next, Stop, TRIES, Turn, Who, is_active};
use crate::serve::flows::entropy;
use crate::serve::http::{App, Caller, Context, Problem};
use crate::serve::storage::{Credential, CredentialOwner, Rule};

/// Gives the device its options. Those that were given before are void.
pub(super) async fn options(
    app: &App,
    caller: &Caller,
    context: &Context,
    named: Named,
) -> Result<SignOptions, Stop> {
    for _ in 0..TRIES {
        let turn = Turn::of_caller(app, caller, named).await?;
        let credentials = bound(app, &turn.transfer).await?;
        let event = TransferEvent::SignOptions {
            credentials: &credentials,
            relying_party: &app.flows.relying_party,
            entropy: entropy()?,
        };
        let step = turn.judge(app, event);
        let who = Who::Caller(caller, context);
        let stored = turn.store(app, who, "transfer.options_given", step, Vec::new()).await?;
        let Ok(stored) = stored else { continue };
        return match (stored.refusal, stored.next) {
            (Some(refusal), _) => Err(Stop::Refused(refusal)),
            (None, Next::Give(options)) => Ok(options),
            (None, _) => Err(Problem::internal().into()),
        };
    }
    Err(Problem::busy().into())
}

/// Judges an assertion: its challenge is spent and its attempt counted before that.
pub(super) async fn assertion(
    app: &App,
    caller: &Caller,
    context: &Context,
    named: Named,
    body: &[u8],
) -> Result<Transfer, Stop> {
    let who = Who::Caller(caller, context);
    // What cannot be read spends nothing.
    let response = AuthenticationResponse::from_webauthn_json(body, Base64Reading::Strict)
        .map_err(|_| Stop::Refused(PublishedCode::SchemaError.into()))?;
    let check = presented(app, caller, who, named).await?;
    let evaluation = evaluate(app, caller, named, check, &response).await?;
    for _ in 0..TRIES {
        let turn = Turn::of_caller(app, caller, named).await?;
        let step = turn.judge(app, TransferEvent::AssertionEvaluated(evaluation.clone()));
        match turn.store(app, who, "transfer.assertion_judged", step, Vec::new()).await? {
            Ok(stored) => return stored.refused_or_moved(),
            // Another assertion has moved the counter of the credential, and this one was judged
            // against the old one. Its challenge is spent.
            Err(Rule::CredentialUnmoved) => {
                return Err(Stop::Refused(PublishedCode::TransferTokenIncorrect.into()));
            }
            Err(_) => {}
        }
    }
    Err(Problem::busy().into())
}

/// Spends the challenge.
async fn presented(
    app: &App,
    caller: &Caller,
    who: Who<'_>,
    named: Named,
) -> Result<AssertionCheck, Stop> {
    for _ in 0..TRIES {
        let turn = Turn::of_caller(app, caller, named).await?;
        let step = turn.judge(app, TransferEvent::AssertionPresented);
        let stored = turn.store(app, who, "transfer.assertion_presented", step, Vec::new()).await?;
        let Ok(stored) = stored else { continue };
        return match (stored.refusal, stored.next) {
            (Some(refusal), _) => Err(Stop::Refused(refusal)),
            (None, Next::Judge(check)) => Ok(check),
            (None, _) => Err(Problem::internal().into()),
        };
    }
    Err(Problem::busy().into())
}

async fn evaluate(
    app: &App,
    caller: &Caller,
    named: Named,
    check: AssertionCheck,
    response: &AuthenticationResponse,
) -> Result<AssertionEvaluation, Stop> {
    let turn = Turn::of_caller(app, caller, named).await?;
    let credentials = bound(app, &turn.transfer).await?;
    let flows = &app.flows;
    let began = Instant::now();
    let (verdict, evaluation) =
        check.evaluate(response, &credentials, &flows.relying_party, &flows.verifier, turn.now);
    let took = began.elapsed();
    if let Some(demo) = &flows.demo {
        demo.keep(&named.ted_key.to_string(), &verdict);
    }
    let check = verdict.failure.as_ref().map(|failure| failure.check.as_str());
    app.metrics.judged("authentication", check, took);
    Ok(evaluation)
}

/// The credentials of the device that has to approve, as long as it is Active.
async fn bound(app: &App, transfer: &Transfer) -> Result<Vec<BoundCredential>, Stop> {
    let Some(device_key) = transfer.device_key() else { return Ok(Vec::new()) };
    let (account_key, device_key) =
        (transfer.order().account_key.to_string(), device_key.to_string());
    let device = app.storage.device(&account_key, &device_key).await?;
    if !device.as_ref().is_some_and(is_active) {
        return Ok(Vec::new());
    }
    let credentials = app.storage.credentials_of_device(&account_key, &device_key).await?;
    // A row that cannot be read signs nothing.
    Ok(credentials.iter().filter_map(read).collect())
}

fn read(credential: &Credential) -> Option<BoundCredential> {
    let CredentialOwner::Device { account_key, approver_document_number, device_key } =
        &credential.owner
    else {
        return None;
    };
    let id = BASE64_URL_SAFE_NO_PAD.decode(&credential.credential_id).ok()?;
    let noted: Noted = serde_json::from_str(&credential.record).ok()?;
    let mut record =
        CredentialRecord::new(id, credential.public_key.clone(), credential.sign_count);
    record.backup_eligible = noted.backup_eligible;
    record.user_handle = match noted.user_handle {
        Some(handle) => Some(BASE64_URL_SAFE_NO_PAD.decode(handle).ok()?),
        None => None,
    };
    Some(BoundCredential {
        account_key: Uuid4::parse(account_key)?,
        approver: DocumentNumber::person(approver_document_number)?,
        device_key: Uuid4::parse(device_key)?,
        record,
    })
}

/// What of a registration an assertion is judged against.
#[derive(serde::Deserialize)]
struct Noted {
    #[serde(default)]
    backup_eligible: Option<bool>,
    #[serde(default)]
    user_handle: Option<String>,
}
