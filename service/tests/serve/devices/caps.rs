//! How many codes are sent and tried.

use serde_json::json;

use super::*;
use crate::world::Engine;

crate::bank::on_both_engines!(
    an_approver_has_so_many_codes_and_attempts,
    resends_are_few_and_not_too_soon,
    all_approvers_share_a_budget,
    email_can_be_switched_off,
);

fn an_approver_has_so_many_codes_and_attempts(engine: Engine) {
    let world = World::with(
        engine,
        &[
            ("DEVICE_ENROLLMENT_CAPS_CODES_PER_APPROVER", "3"),
            ("DEVICE_ENROLLMENT_CAPS_ATTEMPTS_PER_APPROVER", "2"),
        ],
    );
    let (one, code) = pending(&world);
    let (two, other_code) = pending(&world);
    refused(&validate(&world, &one, &wrong(&code)), 400, "OBD0000100");
    refused(&validate(&world, &two, &wrong(&other_code)), 400, "OBD0000100");
    // Over both devices. The code is right, and is not looked at.
    let answer = validate(&world, &one, &code);
    refused(&answer, 429, "LIM000002");
    assert!(answer.header("retry-after").is_some());
    assert_eq!(resend(&world, &one, &json!({})).status, 202);
    refused(&resend(&world, &one, &json!({})), 429, "LIM000001");
    let answer = world.ask("POST", &devices(), &requested(&uuid(), "sms"));
    refused(&answer, 429, "LIM000001");
    assert_eq!(world.gateway.posted("/sms").len(), 3);
}

fn resends_are_few_and_not_too_soon(engine: Engine) {
    let pauses = [("DEVICE_ENROLLMENT_CAPS_RESEND_PAUSES_SECONDS", "0,3600")];
    let world = World::with(engine, &pauses);
    let (device_key, _) = pending(&world);
    assert_eq!(resend(&world, &device_key, &json!({})).status, 202);
    refused(&resend(&world, &device_key, &json!({})), 429, "LIM000003");
    let code = world.gateway.code();
    assert_eq!(validate(&world, &device_key, &code).status, 201);
}

fn all_approvers_share_a_budget(engine: Engine) {
    let world = World::with(
        engine,
        &[
            ("DEVICE_ENROLLMENT_CAPS_CODES_BUDGET", "2"),
            ("DEVICE_ENROLLMENT_CAPS_ATTEMPTS_BUDGET", "1"),
        ],
    );
    let (one, code) = pending(&world);
    let (two, other_code) = pending(&world);
    let answer = world.ask("POST", &devices(), &requested(&uuid(), "sms"));
    refused(&answer, 429, "LIM000004");
    refused(&validate(&world, &one, &wrong(&code)), 400, "OBD0000100");
    refused(&validate(&world, &two, &other_code), 429, "LIM000004");
}

fn email_can_be_switched_off(engine: Engine) {
    let world = World::with(engine, &[("DEVICE_ENROLLMENT_CODES_EMAIL", "false")]);
    let answer = world.ask("POST", &devices(), &requested(&uuid(), "email"));
    refused(&answer, 403, "POL000001");
    let (device_key, _) = pending(&world);
    let answer = resend(&world, &device_key, &json!({"contact_type": "email"}));
    refused(&answer, 403, "POL000001");
}
