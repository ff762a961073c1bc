//! Devices: one code, one key, one end.

use serde_json::{Value, json};

use super::*;
use crate::world::uuid;

crate::bank::on_both_engines!(
    one_of_many_right_codes_registers,
    of_many_wrong_codes_five_are_looked_at,
    one_of_many_requests_makes_the_device,
    one_of_many_disables_it,
);

fn path(device_key: &str, what: &str) -> String {
    format!("/account/{ACCOUNT}/device/{device_key}{what}")
}

fn requested(device_key: &str, round: usize) -> Value {
    json!({
        "device_key": device_key, "session_id": "fd90a11e-ddee-4e69-b7d8-0fc3ddd4da46",
        "tfa_info": {"approver_document_number": approver(round), "contact_type": "sms"}
    })
}

/// A device that waits for its code.
fn pending(track: &Track, round: usize) -> (String, String) {
    let device_key = uuid();
    let base = format!("/account/{ACCOUNT}/device");
    let answer = track.world().ask("POST", &base, &requested(&device_key, round));
    assert_eq!(answer.status, 202, "{}", answer.body);
    (device_key, track.world().gateway.code())
}

fn validate(track: &mut Track, device_key: &str, code: &str) -> Answers {
    let (path, body) = (path(device_key, "/validate"), json!({"token": code}));
    track.at_once(|bank, _| bank.world.rendered(&bank.world.key, "PUT", &path, &body))
}

fn one_of_many_right_codes_registers(engine: Engine) {
    Track::open(engine).run("a device and its code", 1, |track, round| {
        let (device_key, code) = pending(track, round);
        let answers = validate(track, &device_key, &code);
        answers.only(&[(201, ""), (400, "OBD000099"), (404, "OBD000100")]);
        let view = track.world().ask("GET", &path(&device_key, ""), &Value::Null).json();
        assert_eq!(view["status"], "registered");
        let looked_at = track.trail("device", &device_key, "device.attempted");
        Outcome { winners: answers.with(201), looked_at }
    });
}

fn of_many_wrong_codes_five_are_looked_at(engine: Engine) {
    Track::open(engine).run("a device and a wrong code", 0, |track, round| {
        let (device_key, code) = pending(track, round);
        let answers = validate(track, &device_key, &crate::devices::wrong(&code));
        let counts = answers.only(&[(400, "OBD0000100"), (400, "OBD000099")]);
        let looked_at = track.trail("device", &device_key, "device.attempted");
        if answers.with(503) > 0 {
            return Outcome { winners: answers.with(201), looked_at };
        }
        // The last of the five to be resolved is answered as the fifth.
        assert_eq!(counts[&(400, "OBD0000100".to_owned())], MOST - 1, "{counts:?}");
        assert_eq!(looked_at, MOST);
        let right = json!({"token": code});
        let after = track.world().ask("PUT", &path(&device_key, "/validate"), &right);
        assert_eq!((after.status, &after.json()["code"]), (400, &json!("OBD000099")));
        Outcome { winners: answers.with(201), looked_at }
    });
}

fn one_of_many_requests_makes_the_device(engine: Engine) {
    Track::open(engine).run("a device and its key", 1, |track, round| {
        let sent = track.world().gateway.posted("/sms").len();
        let (base, body) = (format!("/account/{ACCOUNT}/device"), requested(&uuid(), round));
        let answers =
            track.at_once(|bank, _| bank.world.rendered(&bank.world.key, "POST", &base, &body));
        answers.only(&[(202, ""), (400, "OBD000092")]);
        let looked_at = track.world().gateway.posted("/sms").len() - sent;
        assert_eq!(looked_at, 1);
        Outcome { winners: answers.with(202), looked_at }
    });
}

fn one_of_many_disables_it(engine: Engine) {
    Track::open(engine).run("a device and its end", 1, |track, round| {
        let (device_key, _) = pending(track, round);
        let path = path(&device_key, "/disable");
        let answers = track
            .at_once(|bank, _| bank.world.rendered(&bank.world.key, "DELETE", &path, &Value::Null));
        answers.only(&[(200, ""), (404, "OBD000100")]);
        let looked_at = track.trail("device", &device_key, "device.disabled");
        assert_eq!(looked_at, 1);
        Outcome { winners: answers.with(200), looked_at }
    });
}
