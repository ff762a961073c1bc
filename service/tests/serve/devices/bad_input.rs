//! What is no request gets the published error, and never a 500.

use serde_json::{Value, json};

use super::*;
use crate::world::Engine;

crate::bank::on_both_engines!(what_does_not_fit_the_schema_is_refused);

fn what_does_not_fit_the_schema_is_refused(engine: Engine) {
    let world = World::start(engine);
    let (device_key, code) = pending(&world);
    let json = "content-type: application/json\r\n";
    let schema = |method: &str, path: &str, headers: &str, body: &[u8]| {
        let answer = world.send(&world.key, method, path, headers, body);
        let shown: String = String::from_utf8_lossy(body).chars().take(200).collect();
        assert_eq!(code_of(&answer), (400, "QIT000001".to_owned()), "{method} {path} {shown}");
    };
    let whole = requested(&uuid(), "sms");
    let text = whole.to_string();
    let twice = text.replacen("\"device_key\"", "\"device_key\":\"x\",\"device_key\"", 1);
    let inner_twice =
        text.replacen("\"contact_type\"", "\"contact_type\":\"sms\",\"contact_type\"", 1);
    let changed = |pointer: &str, value: Value| {
        let mut body = whole.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        body.to_string()
    };
    let mut more = whole.clone();
    more["more"] = json!(1);
    let mut inner_more = whole.clone();
    inner_more["tfa_info"]["image_key"] = json!("0b0c4a25-9b8e-4f6e-9d2f-2f3b7f1d2c11");
    let deep = "[".repeat(50_000);
    let unpaired = text.replace("\"sms\"", "\"\\ud800\"");
    let trailing = text.replacen('{', "{,", 1);
    for body in [
        "",
        "{",
        "null",
        "[]",
        "\"device_key\"",
        "7",
        &text[..text.len() - 1],
        &format!("{text}x"),
        &format!("\u{feff}{text}"),
        &twice,
        &inner_twice,
        &more.to_string(),
        &inner_more.to_string(),
        &deep,
        &unpaired,
        &trailing,
        &changed("/device_key", json!(1)),
        &changed("/device_key", Value::Null),
        &changed("/session_id", json!(["fd90a11e-ddee-4e69-b7d8-0fc3ddd4da46"])),
        &changed("/tfa_info", json!("sms")),
        &changed("/tfa_info", json!({})),
        &changed("/tfa_info", Value::Null),
        &changed("/tfa_info/contact_type", json!("liveness")),
        &changed("/tfa_info/contact_type", json!("SMS")),
        &changed("/tfa_info/contact_type", json!("pigeon")),
        &changed("/tfa_info/approver_document_number", json!(98_765_432_100_u64)),
        &changed("/tfa_info/approver_document_number", json!("987.654.321-00")),
        &changed("/tfa_info/approver_document_number", json!("")),
    ] {
        schema("POST", &devices(), json, body.as_bytes());
    }
    schema("POST", &devices(), json, b"{\"device_key\":\"\xff\"}");
    for headers in [
        "",
        "content-type: text/plain\r\n",
        "content-type: application/json; charset=latin1\r\n",
        "content-type: application/json\r\ncontent-encoding: gzip\r\n",
    ] {
        schema("POST", &devices(), headers, text.as_bytes());
    }
    // Ten megabytes.
    let large = format!("{{\"device_key\":\"{}\"}}", "x".repeat(10 * 1024 * 1024));
    schema("POST", &devices(), json, large.as_bytes());
    for no_key in
        ["x", "2db36e1a-68a1-1d7b-9f4d-6d3b60e2c0d1", "%00", "%ff", "{}", "..%2f", "%C3%A9"]
    {
        schema("POST", &format!("/account/{no_key}/device"), json, text.as_bytes());
        schema("GET", &format!("/account/{ACCOUNT}/device/{no_key}"), "", b"");
        schema("DELETE", &format!("/account/{no_key}/device/{device_key}/disable"), "", b"");
    }
    for body in [
        "",
        "{}",
        "null",
        r#"{"token":329123}"#,
        r#"{"token":"12345"}"#,
        r#"{"token":"1234567"}"#,
        r#"{"token":"329ad "}"#,
        r#"{"token":"329adé"}"#,
        r#"{"token":"329adf","token":"329adf"}"#,
        r#"{"token":"329adf","x":1}"#,
        r#"{"Token":"329adf"}"#,
        r#"{"token":null}"#,
    ] {
        schema("PUT", &path(&device_key, "/validate"), json, body.as_bytes());
    }
    for body in [
        "null",
        "[]",
        r#"{"contact_type":null}"#,
        r#"{"contact_type":"liveness"}"#,
        r#"{"contact_type":"sms","contact_type":"sms"}"#,
        r#"{"x":"sms"}"#,
        r#"{"contact_type":1}"#,
    ] {
        schema("PATCH", &path(&device_key, "/resend_token"), json, body.as_bytes());
    }
    // Nothing of it was counted or sent.
    assert_eq!(world.gateway.posted("/sms").len(), 1);
    let audit = world.operate(&["admin", "audit", "device", &device_key], "");
    assert_eq!(audit.lines().count(), 2, "{audit}");
    assert_eq!(validate(&world, &device_key, &code).status, 201);
    let stranger = world.send("de_0123456789ab_x", "POST", &devices(), json, text.as_bytes());
    refused(&stranger, 401, "API000401");
}
