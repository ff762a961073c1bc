//! Idempotency: the key, its scope, what it asked for, and the machine.

use device_enrollment::UnixMillis;
use device_enrollment::flow::Stored as _;
use device_enrollment::open_finance::options::OpaqueBytes;
use device_enrollment::open_finance::{
    DataDigest, IDEMPOTENCY_MINUTES, Idempotency, IdempotencyEffect, IdempotencyEvent,
    IdempotencyKey, IdempotencyScope, StoredAnswer,
};

use crate::json_values::Value;
use crate::random::Random;

const CASES: u64 = 100_000;
const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

fn digest(data: &str) -> DataDigest {
    DataDigest::of_data(format!(r#"{{"data":{data},"iat":1}}"#).as_bytes()).unwrap()
}

fn answer() -> StoredAnswer {
    StoredAnswer { status: 201, body: OpaqueBytes::new(*b"{ \"data\": \xff }") }
}

fn key(text: &str) -> Result<IdempotencyKey, String> {
    IdempotencyKey::read(&[text.as_bytes()])
        .map_err(|refusal| format!("{} {refusal}", refusal.status()))
}

/// Applies an event that has to be refused, and gives the refusal; the state has to stay.
fn refused(state: &Idempotency, event: IdempotencyEvent, now: UnixMillis) -> (u16, &'static str) {
    let step = state.clone().apply(event, now);
    assert_eq!((&step.state, &step.effects), (state, &vec![]));
    let refusal = step.refusal.unwrap();
    (refusal.status(), refusal.code().as_str())
}

#[test]
fn a_key_has_the_published_pattern() {
    let longest = "é".repeat(40);
    for taken in ["a", "a b", "-", "2db36e1a-68a1-4d7b-9f4d-6d3b60e2c0d1", &longest] {
        assert!(key(taken).is_ok(), "{taken:?}");
    }
    let longer = "a".repeat(41);
    for refused in ["", " ", " a", "a ", "\ta", "a\u{a0}", "\u{feff}a", "a\nb", &longer] {
        assert_eq!(
            key(refused).unwrap_err(),
            "400 PARAMETRO_INVALIDO: x-idempotency-key",
            "{refused:?}"
        );
    }
    let missing = IdempotencyKey::read(&[]).unwrap_err();
    assert_eq!(missing.to_string(), "PARAMETRO_NAO_INFORMADO: x-idempotency-key");
    assert_eq!(missing.status(), 400);
    assert!(IdempotencyKey::read(&[b"a", b"a"]).is_err());
    assert!(IdempotencyKey::read(&[b"\xff"]).is_err());
    assert_eq!(format!("{:?}", key("12345678909").unwrap()), "IdempotencyKey(..)");
}

#[test]
fn a_key_counts_for_one_client_and_one_endpoint() {
    let scope =
        |client, endpoint, text| IdempotencyScope::new(client, endpoint, &key(text).unwrap());
    let one = scope("client", "POST /enrollments", "key");
    assert_eq!(scope("client", "POST /enrollments", "key"), one);
    assert_eq!(one.to_hex().len(), 64);
    for other in [
        scope("client2", "POST /enrollments", "key"),
        scope("client", "POST /enrollments/1", "key"),
        scope("client", "POST /enrollments", "kez"),
        scope("clientP", "OST /enrollments", "key"),
    ] {
        assert_ne!(other, one);
    }
}

#[test]
fn data_is_one_in_every_spelling_and_in_no_other_value() {
    for case in 0..CASES {
        let mut random = Random::new(case ^ 0xda7a);
        let value = Value::object(&mut random, 2);
        let one = digest(&value.write(&mut random));
        assert_eq!(digest(&value.write(&mut random)), one, "case {case}");
        let changed = value.changed(&mut random);
        assert_ne!(digest(&changed.write(&mut random)), one, "case {case}: {value:?} {changed:?}");
    }
}

#[test]
fn what_stands_beside_the_data_does_not_count() {
    let of = |body: &str| DataDigest::of_data(body.as_bytes());
    let one = of(r#"{"data":{"a":1},"iat":1,"jti":"x"}"#).unwrap();
    assert_eq!(of(r#"{"jti":"y","iat":2,"data":{"a":1.0}}"#).unwrap(), one);
    assert_ne!(DataDigest::of_body(br#"{"data":{"a":1},"iat":1}"#).unwrap(), one);
    assert_eq!(DataDigest::of_body(br#"{"a":1}"#).unwrap(), one);
    assert_eq!(DataDigest::of_body(b"").unwrap(), DataDigest::of_body(b"{}").unwrap());
    assert_eq!(of("{}").unwrap_err().to_string(), "PARAMETRO_NAO_INFORMADO: data");
    for body in ["", "{", r#"{"data":1,"data":1}"#, r#"{"data":1,"iat":1e22}"#] {
        assert_eq!(of(body).unwrap_err().to_string(), "CORPO_INVALIDO", "{body}");
    }
    assert_eq!(format!("{one:?}"), "DataDigest(..)");
}

#[test]
fn the_same_request_gets_the_same_bytes_again() {
    let first = Idempotency::reserve(digest("1"), NOW);
    let (finished, effects) =
        first.apply(IdempotencyEvent::Answered(answer()), NOW).accepted().unwrap();
    assert_eq!(effects, []);
    let last = UnixMillis(finished.ends().unwrap().0 - 1);
    let again = finished.clone().apply(IdempotencyEvent::Requested(digest("1.0")), last);
    assert_eq!(again.accepted(), Ok((finished, vec![IdempotencyEffect::Answer(answer())])));
}

/// Other data is refused the same way before and after the first request is done.
#[test]
fn other_data_is_refused_before_anything_else_is_told() {
    let reserved = Idempotency::reserve(digest("1"), NOW);
    let same = IdempotencyEvent::Requested(digest("1"));
    let other = IdempotencyEvent::Requested(digest("2"));
    assert_eq!(refused(&reserved, same, NOW), (409, "REQUISICAO_EM_ANDAMENTO"));
    assert_eq!(refused(&reserved, other.clone(), NOW), (422, "ERRO_IDEMPOTENCIA"));
    let finished = reserved.apply(IdempotencyEvent::Answered(answer()), NOW).state;
    assert_eq!(refused(&finished, other, NOW), (422, "ERRO_IDEMPOTENCIA"));
}

#[test]
fn a_key_is_a_new_one_after_a_day_or_when_its_work_was_given_up() {
    assert_eq!(IDEMPOTENCY_MINUTES, 24 * 60);
    let reserved = Idempotency::reserve(digest("1"), NOW);
    let finished = reserved.clone().apply(IdempotencyEvent::Answered(answer()), NOW).state;
    let released = reserved.clone().apply(IdempotencyEvent::Abandoned, NOW).state;
    assert_eq!(released, Idempotency::Released);
    assert_eq!(released.ends(), None);
    let end = UnixMillis(NOW.0 + 86_400_000);
    for (state, now) in [(reserved.clone(), end), (finished.clone(), end), (released, NOW)] {
        let step = state.apply(IdempotencyEvent::Requested(digest("2")), now);
        assert_eq!(
            step.accepted(),
            Ok((Idempotency::reserve(digest("2"), now), vec![IdempotencyEffect::Perform]))
        );
    }
    let before = UnixMillis(end.0 - 1);
    let other = IdempotencyEvent::Requested(digest("2"));
    assert_eq!(refused(&reserved, other.clone(), before), (422, "ERRO_IDEMPOTENCIA"));
    assert_eq!(refused(&finished, other, before), (422, "ERRO_IDEMPOTENCIA"));
}

#[test]
fn nothing_is_answered_or_given_up_where_nothing_is_worked_on() {
    let reserved = Idempotency::reserve(digest("1"), NOW);
    let finished = reserved.apply(IdempotencyEvent::Answered(answer()), NOW).state;
    for state in [finished, Idempotency::Released] {
        for event in [IdempotencyEvent::Answered(answer()), IdempotencyEvent::Abandoned] {
            assert_eq!(refused(&state, event, NOW), (500, "ERRO_INTERNO"));
        }
    }
}

#[test]
fn every_state_outlives_its_storage() {
    let reserved = Idempotency::reserve(digest("1"), NOW);
    let finished = reserved.clone().apply(IdempotencyEvent::Answered(answer()), NOW).state;
    for state in [reserved, finished, Idempotency::Released] {
        let stored = state.to_stored().unwrap();
        assert_eq!(Idempotency::from_stored(&stored), Ok(state));
        let later = stored.replace(r#""version":1"#, r#""version":2"#);
        assert!(Idempotency::from_stored(&later).is_err());
    }
}
