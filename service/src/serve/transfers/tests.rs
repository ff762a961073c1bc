//! Transfers over HTTP, on loopback: a real gateway and a real core are posted to, and the phone
//! signs with a real key.

#![allow(clippy::arithmetic_side_effects, reason = "a test may fail loudly")]

/// Writes each test for both engines.
macro_rules! on_both_engines {
    ($($test:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[test]
            fn $test() {
                super::$test($crate::serve::transfers::tests::Engine::Sqlite);
            })+
        }
        mod on_postgres {
            $(#[test]
            fn $test() {
                super::$test($crate::serve::transfers::tests::Engine::Postgres);
            })+
        }
    };
}

mod bank;
mod device;
mod rail;
mod rows;

use serde_json::{Value, json};

use crate::serve::storage::{AccountKind, AccountStatus};
use bank::*;

on_both_engines!(
    a_transfer_is_approved_by_its_code,
    the_fifth_wrong_token_rejects_and_the_answer_has_the_transfer,
    a_token_that_was_sent_again_voids_the_one_before,
    a_code_that_is_not_delivered_leaves_nothing,
    what_is_anothers_is_as_unknown_as_what_is_not_there,
    a_control_key_is_used_once,
    limits_for_devices_that_are_not_registered_are_of_the_day,
    what_does_not_fit_is_a_schema_error_and_never_a_fault,
    of_many_at_once_one_hands_the_order_over_and_five_are_evaluated,
);

fn is(answer: &Answer, status: u16, told: &str) {
    assert_eq!(answer.told(), (status, told.to_owned()), "{}", answer.body);
}

fn a_transfer_is_approved_by_its_code(engine: Engine) {
    let bank = Bank::open(engine);
    let requested = bank.perform(&sms());
    is(&requested, 202, "pending_2fa_approval");
    assert!(requested.body.contains(r#""transaction_amount":1234.10,"#), "{}", requested.body);
    assert!(requested.body.contains(r#""fee_amount":0.00,"#), "{}", requested.body);
    let ted_key = requested.ted_key();
    let message = bank.outside.messages.lock().unwrap()[0].clone();
    assert!(message.starts_with("TED de R$ 1.234,10 para Padaria São João."), "{message}");
    is(&bank.query(&ted_key), 200, "pending_2fa_approval");

    let approved = bank.token(&ted_key, &bank.outside.code());
    is(&approved, 201, "sent");
    let view = approved.json();
    assert_eq!(view["transaction_key"], TRANSACTION);
    assert_eq!(view["request_control_key"], requested.json()["request_control_key"]);
    assert!(approved.body.contains(r#""transaction_amount":1234.10,"#), "{}", approved.body);
    let queried = bank.query(&ted_key);
    assert_eq!((queried.status, queried.json()), (200, view));

    let orders = bank.outside.orders.lock().unwrap();
    let [order] = orders.as_slice() else { panic!("{} orders", orders.len()) };
    assert!(bank.is_signed(order));
    assert_eq!(order.0["x-message-id"], ted_key.as_str());
    let text = std::str::from_utf8(&order.1).unwrap();
    assert!(text.contains(r#""transaction_amount":1234.10,"#), "{text}");
    let sent: Value = serde_json::from_str(text).unwrap();
    assert_eq!(sent["target_account"]["owner_name"], "Padaria São João");
    assert_eq!(sent["approver_document_number"], APPROVER);
}

fn the_fifth_wrong_token_rejects_and_the_answer_has_the_transfer(engine: Engine) {
    let bank = Bank::open(engine);
    let (ted_key, code) = bank.by_code();
    for _ in 0..4 {
        is(&bank.token(&ted_key, &wrong(&code)), 400, "TED000084");
        is(&bank.query(&ted_key), 200, "pending_2fa_approval");
    }
    let fifth = bank.token(&ted_key, &wrong(&code));
    is(&fifth, 400, "TED000082");
    let data = &fifth.json()["extra_fields"]["ted_data"];
    assert_eq!(data["ted_status"], "rejected");
    assert_eq!(data["ted_key"], ted_key.as_str());
    let members: Vec<&String> = data.as_object().unwrap().keys().collect();
    assert_eq!(members.len(), 6, "{members:?}");
    assert!(fifth.body.contains(r#""transaction_amount":1234.10,"#), "{}", fifth.body);
    // Nothing approves it any more.
    let after = bank.token(&ted_key, &code);
    is(&after, 400, "TED000082");
    assert_eq!(after.json()["extra_fields"], json!({}));
    is(&bank.resend(&ted_key, ""), 400, "TED000082");
    is(&bank.query(&ted_key), 200, "rejected");
    assert_eq!(bank.outside.orders(), 0);
}

fn a_token_that_was_sent_again_voids_the_one_before(engine: Engine) {
    let bank = Bank::open(engine);
    let (ted_key, first) = bank.by_code();
    is(&bank.resend(&ted_key, "{}"), 202, "pending_2fa_approval");
    let second = bank.outside.code();
    if first != second {
        is(&bank.token(&ted_key, &first), 400, "TED000084");
    }
    is(&bank.token(&ted_key, &second), 201, "sent");
}

fn a_code_that_is_not_delivered_leaves_nothing(engine: Engine) {
    let bank = Bank::open(engine);
    bank.outside.gateway.store(400, std::sync::atomic::Ordering::SeqCst);
    let control = "b6804f32-101e-4702-8fbc-ffffffffffff";
    let path = format!("/account/{ACCOUNT}/ted");
    is(&bank.ask("POST", &path, &body(control, &sms())), 400, "OBD000097");
    // An approver without an address is the same.
    let email = json!({"approver_document_number": APPROVER, "contact_type": "email"});
    is(&bank.ask("POST", &path, &body(control, &email)), 400, "OBD000097");
    bank.outside.gateway.store(200, std::sync::atomic::Ordering::SeqCst);
    // The control key is free again.
    let again = bank.ask("POST", &path, &body(control, &sms()));
    is(&again, 202, "pending_2fa_approval");
    // A resend that is not delivered leaves the code before it.
    let (ted_key, code) = (again.ted_key(), bank.outside.code());
    bank.outside.gateway.store(400, std::sync::atomic::Ordering::SeqCst);
    is(&bank.resend(&ted_key, ""), 400, "OBD000097");
    is(&bank.token(&ted_key, &code), 201, "sent");
}

fn what_is_anothers_is_as_unknown_as_what_is_not_there(engine: Engine) {
    let bank = Bank::open(engine);
    let (ted_key, code) = bank.by_code();
    let path = format!("/account/{ACCOUNT}/ted/{ted_key}");
    let permitted = |accounts: Value| {
        json!({"may_create_devices": true, "accounts": accounts, "wallets": "all",
            "products": "all", "users": "all"})
    };
    let other = bank.another("other", Some(permitted(json!("all"))));
    let token = json!({"token": code}).to_string();
    let validate = format!("{path}/validate_token");
    is(&bank.ask_as(&other, "GET", &path, ""), 404, "TED000020");
    is(&bank.ask_as(&other, "PUT", &validate, &token), 404, "TED000020");
    let stranger = bank.another("stranger", Some(permitted(json!([]))));
    is(&bank.ask_as(&stranger, "GET", &path, ""), 404, "TED000009");
    let none = bank.another("none", None);
    is(&bank.ask_as(&none, "GET", &path, ""), 404, "TED000009");
    let perform = format!("/account/{ACCOUNT}/ted");
    let control = "b6804f32-101e-4702-8fbc-eeeeeeeeeeee";
    let asked = body(control, &sms());
    is(&bank.ask_as(&none, "POST", &perform, &asked), 404, "OBD000093");
    is(&bank.ask_as(&stranger, "POST", &perform, &asked), 404, "TED000009");
    is(&bank.ask_as("nobody", "GET", &path, ""), 401, "API000401");
    is(&bank.token(&ted_key, &code), 201, "sent");
}

fn a_control_key_is_used_once(engine: Engine) {
    let bank = Bank::open(engine);
    let control = "b6804f32-101e-4702-8fbc-dddddddddddd";
    let path = format!("/account/{ACCOUNT}/ted");
    is(&bank.ask("POST", &path, &body(control, &sms())), 202, "pending_2fa_approval");
    is(&bank.ask("POST", &path, &body(control, &sms())), 409, "RCK000001");
}

fn limits_for_devices_that_are_not_registered_are_of_the_day(engine: Engine) {
    let bank = Bank::with(engine, &[("caps.unregistered_device", "normative_instruction_491")]);
    let path = format!("/account/{ACCOUNT}/ted");
    let mut number = 0;
    let mut perform = |amount: &str, tfa: &Value| {
        number += 1;
        let control = format!("b6804f32-101e-4702-8fbc-cccc{number:08x}");
        bank.ask("POST", &path, &body(&control, tfa).replace("1234.10", amount))
    };
    is(&perform("200.01", &sms()), 403, "LIM000005");
    for _ in 0..5 {
        is(&perform("200.00", &sms()), 202, "pending_2fa_approval");
    }
    is(&perform("0.01", &sms()), 403, "LIM000006");
    // What an enrolled device approves is not held to it.
    bank.enroll();
    is(&perform("9999.99", &device()), 202, "pending_2fa_approval");
}

fn what_does_not_fit_is_a_schema_error_and_never_a_fault(engine: Engine) {
    let bank = Bank::open(engine);
    let (ted_key, _) = bank.by_code();
    let perform = format!("/account/{ACCOUNT}/ted");
    let good = body("b6804f32-101e-4702-8fbc-bbbbbbbbbbbb", &sms());
    let nested = "[".repeat(50_000);
    for bad in [
        "{",
        "[]",
        "null",
        "7",
        "\"x\"",
        "{}",
        &nested,
        &good.replace("1234.10", "\"1234.10\""),
        &good.replace("1234.10", "1e3"),
        &good.replace("1234.10", "-1"),
        &good.replace("1234.10", "0"),
        &good.replace("1234.10", "1.001"),
        &good.replace("1234.10", "99999999999999999999"),
        &good.replace("checking_account", "other"),
        &good.replace("\"sms\"", "\"liveness\""),
        &good.replace("\"sms\"", "\"device\""),
        &good.replace("b6804f32-101e-4702-8fbc-bbbbbbbbbbbb", "none"),
        &good.replace("\"tfa_info\"", "\"more\":1,\"tfa_info\""),
        &good.replace("\"tfa_info\"", "\"tfa_info\":{},\"tfa_info\""),
        &good.replace("Padaria", "\\u0000"),
    ] {
        is(&bank.ask("POST", &perform, bad), 400, "QIT000001");
    }
    for bad in ["{", "[]", "7", r#"{"token":7}"#, r#"{"token":"12345"}"#, r#"{"token":null}"#] {
        is(&bank.validate(&ted_key, bad), 400, "QIT000001");
    }
    for bad in ["{", r#"{"contact_type":"liveness"}"#, r#"{"contact_type":1}"#, r#"{"x":1}"#] {
        is(&bank.resend(&ted_key, bad), 400, "QIT000001");
    }
    let extension = format!("/extensions/v1/account/{ACCOUNT}/ted/{ted_key}");
    for bad in ["{", "{}", "[]", r#"{"id":1}"#] {
        is(&bank.ask("POST", &format!("{extension}/assertion"), bad), 400, "QIT000001");
    }
    is(&bank.ask("POST", &format!("{extension}/sign-options"), "[]"), 400, "QIT000001");
    for (account, ted) in
        [("none", ted_key.as_str()), (ACCOUNT, "none"), (ACCOUNT, "%ff"), ("%00", "%00")]
    {
        let path = format!("/account/{account}/ted/{ted}");
        is(&bank.ask("GET", &path, ""), 400, "QIT000001");
        is(&bank.ask("PUT", &format!("{path}/validate_token"), "{}"), 400, "QIT000001");
        is(&bank.ask("PATCH", &format!("{path}/resend_token"), ""), 400, "QIT000001");
    }
    is(&bank.ask("POST", "/account/none/ted", &good), 400, "QIT000001");
    // The same body is good.
    is(&bank.ask("POST", &perform, &good), 202, "pending_2fa_approval");
}

fn of_many_at_once_one_hands_the_order_over_and_five_are_evaluated(engine: Engine) {
    let bank = Bank::open(engine);
    let (ted_key, code) = bank.by_code();
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..16).map(|_| scope.spawn(|| bank.token(&ted_key, &code))).collect();
        asked.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    let sent = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(sent, 1, "{answers:?}");
    assert_eq!(bank.outside.orders(), 1);

    let (ted_key, code) = bank.by_code();
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let asked: Vec<_> =
            (0..16).map(|_| scope.spawn(|| bank.token(&ted_key, &wrong(&code)))).collect();
        asked.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    let told = |code: &str| answers.iter().filter(|answer| answer.told().1 == code).count();
    // The fifth that was counted rejects it, whichever of them is compared last.
    assert_eq!(told("TED000084"), 4, "{answers:?}");
    assert_eq!(told("TED000082"), 12, "{answers:?}");
    is(&bank.query(&ted_key), 200, "rejected");
}
