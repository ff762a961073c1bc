//! Whatever order events come in, and however often: one challenge counts once, one enrollment is
//! bound once, what is over stays over.

use device_enrollment::UnixMillis;
use device_enrollment::open_finance::consent::{self, ConsentStatus};
use device_enrollment::open_finance::enrollment::{
    Effect, Enrollment, Event, NewCredential, Status,
};

use super::bank::{
    Followed, NOW, Payment, REJECTION, REVOCATION, V2_1, V2_2, approval, ask_options, cancel,
    from_text, missing_signal, revoke,
};
use super::random::Random;

const WALKS: u64 = 2_000;
const STEPS: usize = 40;

#[test]
fn no_order_of_events_binds_twice_or_leaves_an_end() {
    let keys = ["first", "second"];
    // What a device sends for either challenge, and what comes of judging it: whatever order the
    // challenges are issued in, their bytes are those of their key.
    let responses = keys.map(|key| {
        let approved = Followed::approved(V2_1);
        approved.then(Event::OptionsAsked(Box::new(ask_options(key))))
    });
    let outcomes = responses.each_ref().map(|issued| {
        let judging = issued.then(issued.registration_sent());
        judging.outcome()
    });
    let texts =
        responses.each_ref().map(|issued| issued.registration().make().to_json().to_string());
    let mut bound_walks = 0;
    let mut ended_walks = 0;
    for walk in 0..WALKS {
        let mut random = Random::new(walk);
        let version = [V2_1, V2_2][random.below(2)];
        let start = Followed::approved(version);
        let (mut state, mut now): (Enrollment, UnixMillis) = (start.state, start.now);
        let (mut judged, mut bound) = (0, 0);
        for _ in 0..STEPS {
            let key = random.below(2);
            let event = match random.below(14) {
                0 | 1 => Event::OptionsAsked(Box::new(ask_options(keys[key]))),
                2..=4 => from_text(&texts[key]),
                5..=7 => Event::RegistrationJudged(Box::new(outcomes[key].clone())),
                8 => Event::HolderApproved(Box::new(approval())),
                9 => missing_signal(),
                10 => Event::SigningDone,
                11 => Event::Tick,
                12 => match random.below(8) {
                    0 => cancel(REJECTION),
                    1 => cancel(REVOCATION),
                    2 => revoke("98765432100"),
                    3 => Event::CredentialTaken(Box::new(outcomes[key].clone())),
                    _ => Event::RevocationCompleted,
                },
                _ => {
                    now = now.plus_millis(i64::try_from(random.below(30_000)).unwrap());
                    Event::Tick
                }
            };
            let before = state.clone();
            let step = state.apply(event, now);
            state = step.state;
            let of =
                |wanted: fn(&Effect) -> bool| step.effects.iter().filter(|e| wanted(e)).count();
            judged += of(|effect| matches!(effect, Effect::JudgeRegistration(_)));
            bound += of(|effect| matches!(effect, Effect::StoreCredential(_)));
            if before.cancellation().is_some() {
                assert_eq!(state, before, "what is over stays over");
            }
            if before.status() == Status::Authorised {
                assert!(matches!(state.status(), Status::Authorised | Status::Revoked));
            }
        }
        // A challenge is judged once, and nothing is asked again while it is.
        assert!(judged <= 1 && bound <= judged, "walk {walk}: {judged} judged, {bound} bound");
        bound_walks += bound;
        ended_walks += usize::from(state.cancellation().is_some());
    }
    // The walks see something.
    assert!(bound_walks > 100, "{bound_walks}");
    assert!(ended_walks > 100, "{ended_walks}");
}

#[test]
fn no_order_of_events_authorises_twice_or_revives_a_consent() {
    let keys = ["first", "second"];
    let issued = keys.map(|key| {
        let created = Payment::created(V2_1);
        created.then(created.asked(key))
    });
    let outcomes = issued.each_ref().map(|issued| issued.then(issued.authorise()).outcome());
    let responses =
        issued.each_ref().map(|issued| issued.sent(&issued.assertion()).response.unwrap());
    let payment = Payment::created(V2_1);
    let record = payment.credential.as_ref().map(NewCredential::record);
    let mut authorised_walks = 0;
    for walk in 0..WALKS {
        let mut random = Random::new(walk);
        let (mut state, mut now) = (payment.state.clone(), NOW);
        let mut counted = 0;
        for _ in 0..STEPS {
            let key = random.below(2);
            let event = match random.below(12) {
                0..=2 => payment.asked(keys[key]),
                3..=5 => consent::Event::AuthoriseSent(Box::new(consent::Authorise {
                    signer: payment.enrollment.state.signer(now),
                    signals: Ok(()),
                    response: Ok(responses[key].clone()),
                    credential: record.clone(),
                })),
                6..=8 => consent::Event::AssertionJudged {
                    outcome: Box::new(outcomes[key].clone()),
                    risk_is_accepted: random.below(8) > 0,
                },
                9 => match random.below(8) {
                    0 => consent::Event::RejectedInChannel,
                    1 => consent::Event::CounterLost(Box::new(outcomes[key].clone())),
                    _ => consent::Event::Tick,
                },
                _ => {
                    now = now.plus_millis(i64::try_from(random.below(60_000)).unwrap());
                    consent::Event::Tick
                }
            };
            let before = state.status();
            let step = state.apply(event, now);
            state = step.state;
            counted += step
                .effects
                .iter()
                .filter(|effect| matches!(effect, consent::Effect::StoreSignCount { .. }))
                .count();
            if matches!(before, ConsentStatus::Authorised | ConsentStatus::Rejected) {
                assert_eq!(state.status(), before, "what is decided stays decided");
            }
        }
        assert!(counted <= 1, "walk {walk}: {counted}");
        assert_eq!(counted == 1, state.status() == ConsentStatus::Authorised, "walk {walk}");
        authorised_walks += counted;
    }
    assert!(authorised_walks > 100, "{authorised_walks}");
}
