//! Enrollments and consents: one challenge, one nonce, one key of the client, one answer of the
//! person.

use serde_json::{Value, json};

use super::*;
use crate::bank::enrolling::{
    BASE, approval, authorisation, contract_signals, creation, credential,
};
use crate::world::uuid;

crate::bank::on_both_engines!(
    one_of_many_registrations_is_judged,
    one_of_many_assertions_authorises_a_consent,
    one_of_many_approvals_of_the_person_counts,
    one_of_many_refusals_of_the_person_ends_it,
    one_of_many_with_one_nonce_passes,
    one_of_many_under_one_key_has_its_effect,
    one_of_many_bodies_under_one_key_is_taken,
    one_of_many_is_issued_a_challenge,
);

/// The same request of every client, with headers of their own.
fn all(track: &mut Track, path: &str, own: &[(&str, &str)], body: &Value) -> Answers {
    track.at_once(|bank, _| bank.rendered(&bank.world.key, "POST", path, own, body))
}

fn verdicts(track: &Track, id: &str) -> usize {
    let answer = track.bank.get(&format!("/extensions/v1{BASE}/{id}/verdicts"));
    answer.json()["verdicts"].as_array().unwrap().len()
}

fn total(track: &Track) -> usize {
    let total = track.bank.get(BASE).json()["total"].as_u64().unwrap();
    usize::try_from(total).unwrap()
}

fn named(text: &str) -> Value {
    let mut body = creation();
    body["name"] = json!(text);
    body
}

fn one_of_many_registrations_is_judged(engine: Engine) {
    Track::open(engine).run("an enrollment and its challenge", 1, |track, round| {
        let (ids, registration) = track.bank.issued(&format!("round {round}"));
        let path = format!("{BASE}/{}/device/{}", ids.id, ids.device_id);
        let answers = all(track, &path, &[], &credential(&registration));
        let late = [(422, "CHALLENGE_INVALIDO"), (422, "STATUS_VINCULO_INVALIDO")];
        answers.only(&[(201, ""), late[0], late[1]]);
        assert_eq!(track.bank.status(&ids.id), "AUTHORIZED");
        Outcome { winners: answers.with(201), looked_at: verdicts(track, &ids.id) }
    });
}

fn one_of_many_assertions_authorises_a_consent(engine: Engine) {
    let track = Track::open(engine);
    let (ids, registration) = track.bank.bound("of the phone that races");
    track.run("a consent and its challenge", 1, |track, round| {
        let before = verdicts(track, &ids.id);
        let consent = track.bank.consent(&json!({}));
        let mut assertion = track.bank.assertion(&consent, &ids, &registration);
        assertion.authenticator_data.sign_count = counter(round);
        let path = format!("/extensions/v1/open-finance/consents/{consent}/authorise");
        let body = authorisation(&ids.id, &assertion, &contract_signals());
        let answers = all(track, &path, &[], &body);
        answers.only(&[(200, ""), (422, "RISCO"), (422, "STATUS_CONSENTIMENTO_INVALIDO")]);
        assert_eq!(track.bank.consent_of(&consent)["status"], "AUTHORISED");
        Outcome { winners: answers.with(200), looked_at: verdicts(track, &ids.id) - before }
    });
}

fn one_of_many_approvals_of_the_person_counts(engine: Engine) {
    Track::open(engine).run("an enrollment and its approval", 1, |track, _| {
        let ids = track.bank.asked();
        let path = format!("/extensions/v1{BASE}/{}/confirmation", ids.id);
        let answers = track.at_once(|bank, client| {
            let mut yes = approval();
            yes["transaction_limit"] = json!(format!("{client}.00"));
            bank.rendered(&bank.holder, "POST", &path, &[], &yes)
        });
        answers.only(&[(200, ""), (422, "STATUS_VINCULO_INVALIDO")]);
        let winner = answers.0.iter().find(|answer| answer.status == 200).unwrap().json();
        let stored = track.bank.get(&format!("{BASE}/{}", ids.id)).json();
        assert_eq!(winner["transaction_limit"], stored["transaction_limit"]);
        let looked_at = track.trail("enrollment", &ids.id, "enrollment.holder_answered");
        Outcome { winners: answers.with(200), looked_at }
    });
}

/// A no ends what a yes began, so that it is no matter which of them was first.
fn one_of_many_refusals_of_the_person_ends_it(engine: Engine) {
    Track::open(engine).run("an enrollment and its refusal", 1, |track, _| {
        let ids = track.bank.asked();
        let path = format!("/extensions/v1{BASE}/{}/confirmation", ids.id);
        let mut no = approval();
        no["decision"] = json!("rejected");
        let answers = track.at_once(|bank, client| {
            let body = if client % 2 == 0 { approval() } else { no.clone() };
            bank.rendered(&bank.holder, "POST", &path, &[], &body)
        });
        let late = [(422, "STATUS_VINCULO_INVALIDO"), (422, "STATUS_INVALIDO")];
        answers.only(&[(200, ""), late[0], late[1]]);
        let told = |status: &str| {
            let with = |answer: &&Answer| answer.status == 200 && answer.json()["status"] == status;
            answers.0.iter().filter(with).count()
        };
        assert!(told("AWAITING_ENROLLMENT") <= 1);
        assert_eq!(track.bank.status(&ids.id), "REJECTED");
        let looked_at = track.trail("enrollment", &ids.id, "enrollment.holder_answered");
        Outcome { winners: told("REJECTED"), looked_at }
    });
}

fn one_of_many_with_one_nonce_passes(engine: Engine) {
    Track::open(engine).run("a request and its nonce", 1, |track, round| {
        let (before, nonce) = (total(track), uuid());
        let answers = all(track, BASE, &[("nonce", &nonce)], &named(&format!("round {round}")));
        answers.only(&[(201, ""), (409, "REQUISICAO_REPETIDA")]);
        Outcome { winners: answers.with(201), looked_at: total(track) - before }
    });
}

fn one_of_many_under_one_key_has_its_effect(engine: Engine) {
    Track::open(engine).run("a request and its key", 1, |track, round| {
        let (before, key) = (total(track), format!("round {round}"));
        let answers = all(track, BASE, &[("x-idempotency-key", &key)], &named(&key));
        answers.only(&[(201, ""), (409, "REQUISICAO_EM_ANDAMENTO")]);
        let mut bodies: Vec<&str> = answers
            .0
            .iter()
            .filter(|answer| answer.status == 201)
            .map(|answer| answer.body.as_str())
            .collect();
        bodies.dedup();
        // Whoever else is answered 201 is given the winner's answer again.
        Outcome { winners: bodies.len(), looked_at: total(track) - before }
    });
}

fn one_of_many_bodies_under_one_key_is_taken(engine: Engine) {
    Track::open(engine).run("many requests and one key", 1, |track, round| {
        let (before, key) = (total(track), format!("round {round}"));
        let own = [("x-idempotency-key", key.as_str())];
        let answers = track.at_once(|bank, client| {
            let body = named(&format!("{key}, client {client}"));
            bank.rendered(&bank.world.key, "POST", BASE, &own, &body)
        });
        answers.only(&[(201, ""), (422, "ERRO_IDEMPOTENCIA")]);
        Outcome { winners: answers.with(201), looked_at: total(track) - before }
    });
}

fn one_of_many_is_issued_a_challenge(engine: Engine) {
    let track = Track::with(engine, &[("DEVICE_ENROLLMENT_CONTRACT_VERSION", "2.2")]);
    track.run("an enrollment and its options", 1, |track, _| {
        let ids = track.bank.approved();
        let path = format!("{BASE}/{}/device/credentials", ids.id);
        let body = json!({"platform": "IOS"});
        let answers = track.at_once(|bank, client| {
            let key = format!("{} {client}", ids.id);
            let own = [("x-idempotency-key", key.as_str())];
            bank.rendered(&bank.world.key, "POST", &path, &own, &body)
        });
        answers.only(&[(201, ""), (422, "MAXIMO_CHALLENGES_ATINGIDO")]);
        let looked_at = track.trail("enrollment", &ids.id, "enrollment.options_issued");
        Outcome { winners: answers.with(201), looked_at }
    });
}
