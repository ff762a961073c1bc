//! What a client does: an enrollment from its creation to its registration, and an approval.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::body::Bytes;
use serde_json::{Value, json};

use crate::bank::enrolling::{BASE, approval, contract_signals, creation, signals};
use crate::client::{Caller, Client, Step, Stopped};
use crate::passkeys::{Maker, Passkey};

const CONSENTS: &str = "/extensions/v1/open-finance/consents";

/// An enrollment whose options were read: all that is left is to send the registration.
pub(crate) struct Prepared {
    id: String,
    path: String,
    body: Bytes,
    passkey: Passkey,
}

/// An enrollment that was answered as bound.
pub(crate) struct Enrolled {
    pub(crate) id: String,
    passkey: Passkey,
}

/// A consent whose options are signed: all that is left is to send the assertion.
pub(crate) struct Signed {
    consent: String,
    path: String,
    body: Bytes,
}

/// From the creation to the options, and the registration made.
pub(crate) async fn prepare(
    client: &mut Client,
    maker: &Maker,
    passkey: Passkey,
) -> Result<Prepared, Stopped> {
    use Caller::{Holder, Initiator};
    let made = client.ask(Step::Create, Initiator, BASE, &creation()).await?;
    let id = text(&made, "id")?;
    let path = format!("{BASE}/{id}/device/risk-signal");
    let device = client.ask(Step::Signals, Initiator, &path, &signals()).await?;
    let device_id = text(&device, "id")?;
    let path = format!("/extensions/v1{BASE}/{id}/confirmation");
    client.ask(Step::Confirm, Holder, &path, &approval()).await?;
    let path = format!("{BASE}/{id}/device/credentials");
    client.ask(Step::Issue, Initiator, &path, &json!({"platform": "BROWSER"})).await?;
    let path = format!("{BASE}/{id}/device/{device_id}/credentials");
    let options = client.ask(Step::Options, Initiator, &path, &Value::Null).await?;
    let body = maker.registration(&passkey, &challenge(&options)?);
    let path = format!("{BASE}/{id}/device/{device_id}");
    Ok(Prepared { id, path, body: body.to_string().into(), passkey })
}

/// The registration.
pub(crate) async fn register(client: &mut Client, prepared: Prepared) -> Result<Enrolled, Stopped> {
    let Prepared { id, path, body, passkey } = prepared;
    let answer = client.send(Step::Register, Caller::Initiator, &path, body).await?;
    match answer["status"].as_str() {
        Some("CREATED") => Ok(Enrolled { id, passkey }),
        _ => Err(Stopped::Wrong(format!("registration: {answer}"))),
    }
}

/// A consent, its options, and the assertion made.
pub(crate) async fn sign(client: &mut Client, enrolled: &mut Enrolled) -> Result<Signed, Stopped> {
    let made = client.ask(Step::Consent, Caller::Initiator, CONSENTS, &json!({})).await?;
    let consent = text(&made, "consent_id")?;
    let path = format!("{CONSENTS}/{consent}/sign-options");
    let asked = json!({"enrollment_id": enrolled.id, "platform": "BROWSER"});
    let options = client.ask(Step::SignOptions, Caller::Initiator, &path, &asked).await?;
    let assertion = enrolled.passkey.assertion(&challenge(&options)?);
    let body = json!({"data": {
        "enrollmentId": enrolled.id, "riskSignals": contract_signals(), "fidoAssertion": assertion
    }});
    let path = format!("{CONSENTS}/{consent}/authorise");
    Ok(Signed { consent, path, body: body.to_string().into() })
}

/// The assertion. What is given back is the consent that was answered as authorised.
pub(crate) async fn authorise(client: &mut Client, signed: Signed) -> Result<String, Stopped> {
    let Signed { consent, path, body } = signed;
    let answer = client.send(Step::Authorise, Caller::Initiator, &path, body).await?;
    match answer["status"].as_str() {
        Some("AUTHORISED") => Ok(consent),
        _ => Err(Stopped::Wrong(format!("authorisation: {answer}"))),
    }
}

/// Whether an effect that was answered is there.
pub(crate) async fn look(client: &mut Client, path: &str, expected: &str) -> Result<(), Stopped> {
    let found = client.ask(Step::Look, Caller::Initiator, path, &Value::Null).await?;
    match found["status"].as_str() {
        Some(status) if status == expected => Ok(()),
        _ => Err(Stopped::Wrong(format!("LOST: {path} is {} and was {expected}", found["status"]))),
    }
}

pub(crate) fn path_of_enrollment(id: &str) -> String {
    format!("{BASE}/{id}")
}

pub(crate) fn path_of_consent(id: &str) -> String {
    format!("{CONSENTS}/{id}")
}

fn text(answer: &Value, name: &str) -> Result<String, Stopped> {
    let missing = || Stopped::Wrong(format!("no {name} in {answer}"));
    answer[name].as_str().map(str::to_owned).ok_or_else(missing)
}

fn challenge(options: &Value) -> Result<Vec<u8>, Stopped> {
    let text = text(options, "challenge")?;
    URL_SAFE_NO_PAD.decode(&text).map_err(|error| Stopped::Wrong(format!("challenge: {error}")))
}
