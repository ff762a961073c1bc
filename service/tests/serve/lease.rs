//! What a node that dies in the middle of a request leaves to others.

use serde_json::{Value, json};

use crate::bank::enrolling::*;
use crate::server::Answer;
use crate::sql;
use crate::world::{Engine, uuid};

crate::bank::on_both_engines!(
    a_request_of_a_node_that_died_may_be_sent_again,
    an_authorisation_of_a_node_that_died_may_be_sent_again,
);

const SCHEMA: (&str, &str) = ("x-include-replay-protection-schema", NONE);

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    let found = answer.json()["errors"][0]["code"].clone();
    assert_eq!((answer.status, found), (status, json!(code)), "{}", answer.body);
}

/// From here on no verdict is stored: what is judged has no end.
pub(crate) fn without_an_end(bank: &Bank, engine: Engine) {
    let trigger = match engine {
        Engine::Sqlite => {
            "CREATE TRIGGER no_end BEFORE INSERT ON verdicts
             BEGIN SELECT RAISE(ABORT, 'no end'); END"
        }
        Engine::Postgres => {
            "CREATE OR REPLACE FUNCTION no_end() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN RAISE EXCEPTION ''no end''; END';
             CREATE TRIGGER no_end BEFORE INSERT ON verdicts
                 FOR EACH ROW EXECUTE FUNCTION no_end()"
        }
    };
    sql::execute(&bank.world, engine, trigger);
}

pub(crate) fn with_an_end(world: &crate::world::World, engine: Engine) {
    let trigger = match engine {
        Engine::Sqlite => "DROP TRIGGER no_end",
        Engine::Postgres => "DROP TRIGGER no_end ON verdicts",
    };
    sql::execute(world, engine, trigger);
}

fn a_request_of_a_node_that_died_may_be_sent_again(engine: Engine) {
    let mut bank = Bank::start(engine);
    let (ids, registration) = bank.issued("of a phone that waits");
    let (path, body) =
        (format!("{BASE}/{}/device/{}", ids.id, ids.device_id), credential(&registration));
    let key = uuid();
    let with_key = [SCHEMA, ("x-idempotency-key", key.as_str())];
    without_an_end(&bank, engine);
    assert_eq!(bank.ask("POST", &path, &with_key, &body).status, 500);
    // Somebody is taken to be at it.
    let under_way = |bank: &Bank| {
        refused(&bank.ask("POST", &path, &with_key, &body), 409, "REQUISICAO_EM_ANDAMENTO");
        refused(&bank.ask("POST", &path, &[SCHEMA], &body), 409, "REQUISICAO_REPETIDA");
    };
    under_way(&bank);
    bank.world.crashed(|world| with_an_end(world, engine));
    under_way(&bank);
    bank.world.crashed(|world| sql::pass(world, engine, 2));
    // Its challenge is spent, and that is all that was done.
    refused(&bank.ask("POST", &path, &with_key, &body), 422, "CHALLENGE_INVALIDO");
    refused(&bank.ask("POST", &path, &[SCHEMA], &body), 422, "CHALLENGE_INVALIDO");
    assert_eq!(bank.status(&ids.id), "AWAITING_DEVICE_REGISTRATION");
    let verdicts = bank.get(&format!("/extensions/v1{BASE}/{}/verdicts", ids.id)).json();
    assert_eq!(verdicts["verdicts"], json!([]));
    // What has its end is blocked for its whole window.
    let (ids, registration) = bank.issued("of a phone that does not wait");
    let (path, body) =
        (format!("{BASE}/{}/device/{}", ids.id, ids.device_id), credential(&registration));
    assert_eq!(bank.ask("POST", &path, &[SCHEMA], &body).status, 201);
    bank.world.crashed(|world| sql::pass(world, engine, 7));
    refused(&bank.ask("POST", &path, &[SCHEMA], &body), 409, "REQUISICAO_REPETIDA");
}

fn an_authorisation_of_a_node_that_died_may_be_sent_again(engine: Engine) {
    let mut bank = Bank::start(engine);
    let (ids, registration) = bank.bound("of a phone that signs");
    let consent = bank.consent(&json!({}));
    let assertion = bank.assertion(&consent, &ids, &registration);
    let path = format!("/extensions/v1/open-finance/consents/{consent}/authorise");
    let body = authorisation(&ids.id, &assertion, &contract_signals());
    let key = uuid();
    let ask = |bank: &Bank| bank.ask("POST", &path, &[("x-idempotency-key", &key)], &body);
    without_an_end(&bank, engine);
    assert_eq!(ask(&bank).status, 500);
    refused(&ask(&bank), 409, "REQUISICAO_EM_ANDAMENTO");
    bank.world.crashed(|world| {
        with_an_end(world, engine);
        sql::pass(world, engine, 2);
    });
    // Whatever was spent is not believed again.
    let again = ask(&bank);
    assert_eq!(again.status, 422, "{}", again.body);
    assert_ne!(bank.consent_of(&consent)["status"], "AUTHORISED");
    // The answer of this one is kept.
    let kept: Value = ask(&bank).json();
    assert_eq!(kept, again.json());
    let next = bank.consent(&json!({}));
    let assertion = bank.assertion(&next, &ids, &registration);
    assert_eq!(bank.authorise(&next, &ids.id, &assertion).status, 200);
}
