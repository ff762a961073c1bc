//! What the bank's core says, and when.

use std::time::Duration;

use super::*;
use crate::serve::ports::{Dispatcher, Target};
use crate::serve::storage::{Change, Queue};
use crate::serve::transfers::Settling;

on_both_engines!(
    a_refusal_of_the_core_is_the_answer_with_the_transfer,
    what_the_core_takes_is_pending_until_it_tells,
    only_the_core_tells_and_only_what_can_be,
    an_answer_that_is_slow_comes_later,
    a_core_that_cannot_be_reached_is_posted_to_again_under_the_same_key,
    a_core_that_reads_the_queue_answers_there,
);

/// What every node does all the time, once: posts what is due, and acts on answers.
fn one_round(bank: &Bank) {
    let app = &bank.app;
    let rail = app.flows.ports.rail.clone();
    bank.runtime.block_on(async {
        if let Some(rail) = rail {
            let dispatcher = Dispatcher::new(
                app.storage.clone(),
                Target::Rail(rail),
                "a node".to_owned(),
                Duration::from_secs(30),
            );
            dispatcher.round().await.unwrap();
        }
        Settling::new(app.clone()).round().await.unwrap();
    });
}

/// What clients are told.
fn announced(bank: &Bank) -> Vec<Value> {
    let storage = &bank.app.storage;
    let now = bank.runtime.block_on(storage.now()).unwrap();
    let messages = bank.runtime.block_on(storage.due_messages(Queue::Event, now, 100)).unwrap();
    messages
        .iter()
        .map(|message| {
            assert_eq!(message.kind, "baas.ted.outgoing_ted");
            assert!(message.payload.contains(r#""transaction_amount":1234.10,"#));
            serde_json::from_str(&message.payload).unwrap()
        })
        .collect()
}

fn a_refusal_of_the_core_is_the_answer_with_the_transfer(engine: Engine) {
    let bank = Bank::open(engine);
    bank.outside.answers(200, &json!({"status": "rejected", "code": "TED000011"}));
    let (ted_key, code) = bank.by_code();
    let answer = bank.token(&ted_key, &code);
    is(&answer, 400, "TED000011");
    let error = answer.json();
    assert_eq!(error["description"], "Wrong day/time for TED");
    assert_eq!(error["extra_fields"]["ted_data"]["ted_status"], "rejected");
    assert!(answer.body.contains(r#""transaction_amount":1234.10,"#), "{}", answer.body);
    is(&bank.query(&ted_key), 200, "rejected");
    is(&bank.token(&ted_key, &code), 404, "TED000086");
    // A code that this service does not know.
    bank.outside.answers(200, &json!({"status": "rejected", "code": "X-1"}));
    let (ted_key, code) = bank.by_code();
    let answer = bank.token(&ted_key, &code);
    assert_eq!(answer.json()["ted_status"], "rejected", "{}", answer.body);
}

fn what_the_core_takes_is_pending_until_it_tells(engine: Engine) {
    let bank = Bank::open(engine);
    bank.outside.answers(202, &Value::Null);
    let (ted_key, code) = bank.by_code();
    let answer = bank.token(&ted_key, &code);
    is(&answer, 202, "pending");
    assert_eq!(answer.json().get("transaction_key"), None);
    is(&bank.token(&ted_key, &code), 404, "TED000086");

    let sent = json!({"ted_status": "sent", "transaction_key": TRANSACTION});
    for _ in 0..3 {
        is(&bank.tell(&ted_key, &sent), 200, "sent");
    }
    let told = announced(&bank);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["status"], "sent");
    // Under another key it is another transfer.
    let other =
        json!({"ted_status": "sent", "transaction_key": "46804f32-101e-4702-8fbc-c2dbc4c2caed"});
    is(&bank.tell(&ted_key, &other), 409, "RAIL000409");
    let returned = json!({
        "ted_status": "rejected",
        "refusal_reason": {"refusal_code": "AC03", "enumerator": "invalid_account", "description": "x"},
    });
    for _ in 0..2 {
        is(&bank.tell(&ted_key, &returned), 200, "rejected");
    }
    let told = announced(&bank);
    assert_eq!(told.len(), 2, "{told:?}");
    let reasons =
        told.iter().filter(|told| told["data"]["refusal_reason"]["refusal_code"] == "AC03");
    assert_eq!(reasons.count(), 1);
    // The order was taken, and is not posted again.
    one_round(&bank);
    assert_eq!(bank.outside.orders(), 1);
}

fn only_the_core_tells_and_only_what_can_be(engine: Engine) {
    let bank = Bank::open(engine);
    let (ted_key, _) = bank.by_code();
    let sent = json!({"ted_status": "sent", "transaction_key": TRANSACTION});
    let path = format!("/extensions/v1/account/{ACCOUNT}/ted/{ted_key}/settlement");
    is(&bank.ask("POST", &path, &sent.to_string()), 403, "RAIL000403");
    // It was never handed over.
    is(&bank.tell(&ted_key, &sent), 409, "RAIL000409");
    is(&bank.query(&ted_key), 200, "pending_2fa_approval");
    is(&bank.tell("8cb70dea-9fb0-4a68-9572-99a72849c8d6", &sent), 404, "TED000020");
    for bad in [
        json!({}),
        json!({"ted_status": "sent"}),
        json!({"ted_status": "pending"}),
        json!({"ted_status": "rejected"}),
        json!({"ted_status": "sent", "transaction_key": TRANSACTION, "more": 1}),
        json!({"ted_status": "rejected", "refusal_reason": {"refusal_code": "x"}}),
        json!({"ted_status": "rejected", "refusal_reason": {"refusal_code": "x".repeat(65), "enumerator": "", "description": ""}}),
    ] {
        is(&bank.tell(&ted_key, &bad), 400, "QIT000001");
    }
}

fn an_answer_that_is_slow_comes_later(engine: Engine) {
    let bank = Bank::open(engine);
    bank.outside.falls_silent();
    let (ted_key, code) = bank.by_code();
    is(&bank.token(&ted_key, &code), 202, "pending");
    is(&bank.query(&ted_key), 200, "pending");
    bank.outside.may_answer.add_permits(1);
    // The answer is written into the outbox by whoever waits for it.
    while bank.runtime.block_on(bank.app.storage.answered_orders(1)).unwrap().is_empty() {
        std::thread::yield_now();
    }
    one_round(&bank);
    is(&bank.query(&ted_key), 200, "sent");
    assert_eq!(announced(&bank).len(), 1);
    assert_eq!(bank.outside.orders(), 1);
}

fn a_core_that_cannot_be_reached_is_posted_to_again_under_the_same_key(engine: Engine) {
    let mut bank = Bank::open(engine);
    bank.outside.answers(503, &Value::Null);
    let (ted_key, code) = bank.by_code();
    is(&bank.token(&ted_key, &code), 202, "pending");
    // Whoever posted gives the order back.
    while bank.outside.orders() < 1 {
        std::thread::yield_now();
    }
    let sent = json!({"status": "sent", "transaction_key": TRANSACTION});
    bank.outside.answers(200, &sent);
    bank.restarted_after(2);
    one_round(&bank);
    one_round(&bank);
    is(&bank.query(&ted_key), 200, "sent");
    let orders = bank.outside.orders.lock().unwrap();
    assert_eq!(orders.len(), 2);
    for order in orders.iter() {
        assert_eq!(order.0["x-message-id"], ted_key.as_str());
    }
    assert_eq!(orders[0].1, orders[1].1);
    drop(orders);
    let told = announced(&bank);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["status"], "sent");
}

fn a_core_that_reads_the_queue_answers_there(engine: Engine) {
    let settings = [("rail.mode", "queue"), ("rail.url", ""), ("rail.secret", "")];
    let bank = Bank::with(engine, &settings);
    let (ted_key, code) = bank.by_code();
    is(&bank.token(&ted_key, &code), 202, "pending");
    assert_eq!(bank.outside.orders(), 0);
    let storage = &bank.app.storage;
    let now = bank.runtime.block_on(storage.now()).unwrap();
    let orders = bank.runtime.block_on(storage.due_messages(Queue::Rail, now, 10)).unwrap();
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0].message_id, ted_key);
    // What has not its form changes nothing, and holds nothing up.
    let (other, code) = bank.by_code();
    is(&bank.token(&other, &code), 202, "pending");
    bank.commit(vec![Change::answer(&other, "nonsense", now)]);
    bank.commit(vec![Change::answer(&ted_key, r#"{"status":"rejected","code":"TED000011"}"#, now)]);
    one_round(&bank);
    one_round(&bank);
    is(&bank.query(&other), 200, "pending");
    is(&bank.query(&ted_key), 200, "rejected");
    let told = announced(&bank);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["data"]["refusal_reason"]["refusal_code"], "TED000011");
    assert_eq!(told[0]["data"]["refusal_reason"]["description"], "Wrong day/time for TED");
}
