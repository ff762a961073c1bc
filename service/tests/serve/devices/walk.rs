//! A device from its request to its end.

use serde_json::{Value, json};

use super::*;
use crate::world::Engine;

crate::bank::on_both_engines!(
    a_device_is_registered_queried_and_disabled,
    a_new_code_makes_the_one_before_void,
    what_happened_is_in_the_trail_without_names,
);

fn a_device_is_registered_queried_and_disabled(engine: Engine) {
    let world = World::start(engine);
    let device_key = uuid();
    let answer = world.ask("POST", &devices(), &requested(&device_key.to_uppercase(), "sms"));
    assert_eq!(answer.status, 202, "{}", answer.body);
    let created_at = answer.json()["created_at"].as_str().unwrap().to_owned();
    assert!(created_at.len() == 24 && created_at.ends_with('Z'), "{created_at}");
    let body = |status: &str| json!({"device_key": device_key, "device_status": status, "created_at": created_at});
    assert_eq!(answer.json(), body("pending_2fa_approval"));

    let message = world.gateway.posted("/sms").pop().unwrap();
    let sent: Value = serde_json::from_str(&message.body).unwrap();
    assert_eq!(sent["to"], crate::world::PHONE);
    assert!(message.head.to_ascii_lowercase().contains("idempotency-key: "), "{}", message.head);
    let code = world.gateway.code();
    let lower = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase();
    assert!(code.len() == 6 && code.bytes().all(lower), "{code}");

    let view = query(&world, &device_key).json();
    assert_eq!(view["status"], "not_registered");
    assert_eq!(view["registration_date"], Value::Null);
    refused(&validate(&world, &device_key, &wrong(&code)), 400, "OBD0000100");
    let answer = validate(&world, &device_key, &code);
    assert_eq!((answer.status, answer.json()), (201, body("created")));

    let answer = query(&world, &device_key);
    let view = answer.json();
    let registered = view["registration_date"].as_str().unwrap();
    assert_eq!(
        (answer.status, view.clone()),
        (
            200,
            json!({
                "device_key": device_key,
                "session_id": "fd90a11e-ddee-4e69-b7d8-0fc3ddd4da46",
                "analysis_status": "pending",
                "status": "registered",
                "device_registration_data": {
                    "device_key": device_key,
                    "session_id": "fd90a11e-ddee-4e69-b7d8-0fc3ddd4da46",
                    "document_number": APPROVER,
                    "registration_date": registered,
                    "face_recognition_key": null
                },
                "analysis_status_events": [],
                "status_events": [
                    {"new_status": "not_registered", "event_date": created_at},
                    {"new_status": "registered", "event_date": registered}
                ],
                "registration_date": registered,
                "created_at": created_at
            })
        )
    );

    // A code is used once, and there is nothing to send again.
    refused(&validate(&world, &device_key, &code), 404, "OBD000100");
    refused(&resend(&world, &device_key, &json!({})), 404, "OBD000100");

    let answer = disable(&world, &device_key);
    assert_eq!((answer.status, answer.json()), (200, body("disabled")));
    assert_eq!(query(&world, &device_key).json()["status"], "deactivated");
    refused(&disable(&world, &device_key), 404, "OBD000100");
    refused(&validate(&world, &device_key, &code), 404, "OBD000100");
    refused(&resend(&world, &device_key, &json!({})), 404, "OBD000100");
    // Its key is used up.
    let again = world.ask("POST", &devices(), &requested(&device_key, "sms"));
    refused(&again, 400, "OBD000092");
}

fn a_new_code_makes_the_one_before_void(engine: Engine) {
    let world = World::start(engine);
    let (device_key, first) = pending(&world);
    // No body, `{}` and the channel by name are the same.
    for body in [Value::Null, json!({}), json!({"contact_type": "sms"})] {
        let answer = resend(&world, &device_key, &body);
        assert_eq!((answer.status, answer.json()["device_status"].as_str()), {
            (202, Some("pending_2fa_approval"))
        });
    }
    let codes: std::collections::BTreeSet<String> = world
        .gateway
        .posted("/sms")
        .iter()
        .map(|posted| serde_json::from_str::<Value>(&posted.body).unwrap()["text"].to_string())
        .collect();
    assert_eq!(codes.len(), 4);
    refused(&validate(&world, &device_key, &first), 400, "OBD0000100");
    // A new code that does not arrive leaves the one before.
    let live = world.gateway.code();
    let by_mail = resend(&world, &device_key, &json!({"contact_type": "email"}));
    refused(&by_mail, 400, "OBD000097");
    assert_eq!(validate(&world, &device_key, &live).status, 201);
}

fn what_happened_is_in_the_trail_without_names(engine: Engine) {
    let world = World::start(engine);
    let (device_key, code) = pending(&world);
    refused(&validate(&world, &device_key, &wrong(&code)), 400, "OBD0000100");
    assert_eq!(validate(&world, &device_key, &code).status, 201);
    assert_eq!(disable(&world, &device_key).status, 200);
    let trail = world.operate(&["admin", "audit", "device", &device_key], "");
    let entries: Vec<Value> =
        trail.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<(&str, &str)> = entries
        .iter()
        .map(|entry| (entry["action"].as_str().unwrap(), entry["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ("device.requested", "done"),
            ("device.code_delivered", "done"),
            ("device.attempted", "done"),
            ("device.validated", "OBD0000100"),
            ("device.attempted", "done"),
            ("device.validated", "done"),
            ("device.disabled", "done"),
        ]
    );
    assert!(entries.iter().all(|entry| entry["actor"] == "requester:full"));
    assert!(entries.iter().all(|entry| entry["person"].as_str().is_some()));
    assert!(!trail.contains(APPROVER) && !trail.contains(&code));
    let (metrics, log) = (world.metrics(), world.stop());
    for planted in [APPROVER, &code, crate::world::PHONE, &crate::world::PHONE[1..]] {
        assert!(!log.contains(planted) && !metrics.contains(planted), "{planted}");
    }
}
