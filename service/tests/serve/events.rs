//! What the bank is told, so that it can tell the person.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::devices::{disable, pending, validate, wrong};
use crate::world::{ACCOUNT, APPROVER, Engine, Gateway, PHONE, World, uuid};

crate::bank::on_both_engines!(the_bank_is_told_what_its_people_should_know);

fn the_bank_is_told_what_its_people_should_know(engine: Engine) {
    let listener = Gateway::start();
    let world = World::with(
        engine,
        &[
            ("DEVICE_ENROLLMENT_EVENTS_URL", &listener.url("/events")),
            ("DEVICE_ENROLLMENT_EVENTS_SECRET", &"A".repeat(32)),
            ("DEVICE_ENROLLMENT_RAIL_FEE_AMOUNT", "1.50"),
        ],
    );
    let (registered, code) = pending(&world);
    assert_eq!(validate(&world, &registered, &code).status, 201);
    let (locked, code) = pending(&world);
    for _ in 0..5 {
        assert_eq!(validate(&world, &locked, &wrong(&code)).status, 400);
    }
    assert_eq!(disable(&world, &registered).status, 200);
    let ted = json!({
        "request_control_key": uuid(), "transaction_amount": 202.5,
        "target_account": {
            "account_branch": "0001", "account_number": "1234567", "account_digit": "8",
            "owner_document_number": "12345678000195", "owner_name": "Padaria São João",
            "ispb": "32402502", "account_type": "checking_account"
        },
        "tfa_info": {"approver_document_number": APPROVER, "contact_type": "sms"}
    });
    let answer = world.ask("POST", &format!("/account/{ACCOUNT}/ted"), &ted);
    assert_eq!(answer.status, 202, "{}", answer.body);
    // The fee is the bank's, and a client is told of it.
    assert!(answer.body.contains(r#""fee_amount":1.50,"#), "{}", answer.body);
    let ted_key = answer.json()["ted_key"].as_str().unwrap().to_owned();
    let token = json!({"token": wrong(&world.gateway.code())});
    for _ in 0..5 {
        let path = format!("/account/{ACCOUNT}/ted/{ted_key}/validate_token");
        assert_eq!(world.ask("PUT", &path, &token).status, 400);
    }

    let expected: BTreeSet<(&str, &str)> = BTreeSet::from([
        ("device.registered", registered.as_str()),
        ("device.disabled", &registered),
        ("device.locked", &locked),
        ("transfer.locked", &ted_key),
    ]);
    loop {
        let posted = listener.posted("/events");
        let told: Vec<Value> =
            posted.iter().map(|post| serde_json::from_str(&post.body).unwrap()).collect();
        let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
        let found: BTreeSet<(String, String)> = told
            .iter()
            .map(|one| {
                let key = [text(one, "device_key"), text(one, "ted_key")].concat();
                assert_eq!(one["account_key"], ACCOUNT);
                assert!(text(one, "occurred_at").ends_with('Z'));
                (text(one, "eventType"), key)
            })
            .collect();
        for post in &posted {
            assert!(!post.body.contains(APPROVER) && !post.body.contains(PHONE), "{}", post.body);
        }
        let found: BTreeSet<(&str, &str)> =
            found.iter().map(|(kind, key)| (kind.as_str(), key.as_str())).collect();
        assert!(found.is_subset(&expected), "{found:?}");
        if found == expected {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
