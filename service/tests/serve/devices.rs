//! The device pages, as the program serves them.

mod bad_input;
mod caps;
pub(crate) mod liveness;
mod mail;
mod refusals;
mod walk;

use serde_json::{Value, json};

use super::server::Answer;
use super::world::{ACCOUNT, APPROVER, World, uuid};

/// The body of a request for a device by a code.
fn requested(device_key: &str, contact_type: &str) -> Value {
    json!({
        "device_key": device_key,
        "session_id": "fd90a11e-ddee-4e69-b7d8-0fc3ddd4da46",
        "tfa_info": {"approver_document_number": APPROVER, "contact_type": contact_type}
    })
}

fn devices() -> String {
    format!("/account/{ACCOUNT}/device")
}

fn path(device_key: &str, what: &str) -> String {
    format!("/account/{ACCOUNT}/device/{device_key}{what}")
}

/// Requests a device by SMS: its key, and the code that was sent.
pub(crate) fn pending(world: &World) -> (String, String) {
    let device_key = uuid();
    let answer = world.ask("POST", &devices(), &requested(&device_key, "sms"));
    assert_eq!(answer.status, 202, "{}", answer.body);
    (device_key, world.gateway.code())
}

pub(crate) fn validate(world: &World, device_key: &str, token: &str) -> Answer {
    world.ask("PUT", &path(device_key, "/validate"), &json!({"token": token}))
}

fn resend(world: &World, device_key: &str, body: &Value) -> Answer {
    world.ask("PATCH", &path(device_key, "/resend_token"), body)
}

fn query(world: &World, device_key: &str) -> Answer {
    world.ask("GET", &path(device_key, ""), &Value::Null)
}

pub(crate) fn disable(world: &World, device_key: &str) -> Answer {
    world.ask("DELETE", &path(device_key, "/disable"), &Value::Null)
}

/// A code that is not this one.
pub(crate) fn wrong(code: &str) -> String {
    let first = if code.starts_with('0') { "1" } else { "0" };
    format!("{first}{}", &code[1..])
}

pub(crate) fn code_of(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

#[track_caller]
pub(crate) fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(code_of(answer), (status, code.to_owned()), "{}", answer.body);
}
