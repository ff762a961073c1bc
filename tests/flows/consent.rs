//! The consent: every pair of state and event, and what binds an assertion to it.

use device_enrollment::Language;
use device_enrollment::flow::Uuid4;
use device_enrollment::open_finance::consent::{
    Consent, ConsentKind, ConsentRejection, ConsentStatus, Effect, Event,
};
use device_enrollment::open_finance::enrollment::{CreateRequest, Event as EnrollmentEvent};
use device_enrollment::open_finance::{OpenFinanceCode as Code, Operation, Refusal};

use super::bank::{
    APPROVER, Followed, MINUTE, NOW, Payment, V2_1, V2_2, ZRO_BODY, new_consent, opaque,
};

fn approver() -> Uuid4 {
    Uuid4::from_random(APPROVER)
}

fn shared() -> Payment {
    let mut new = new_consent();
    new.further_approvers = vec![approver()];
    Payment::of(new, Followed::authorised(V2_1))
}

fn partially() -> Payment {
    let shared = shared();
    let issued = shared.then(shared.asked("first"));
    let judging = issued.then(issued.authorise());
    judging.then(judging.judged())
}

fn done() -> Payment {
    let judging = Payment::judging(V2_1);
    judging.then(judging.judged())
}

type Make = fn() -> Payment;
type Happen = fn(&Payment) -> Event;

/// Every state of a consent.
pub(crate) const STATES: [(&str, Make); 6] = [
    ("`AWAITING_AUTHORISATION`", || Payment::created(V2_1)),
    ("`AWAITING_AUTHORISATION`, options issued", || Payment::issued(V2_1)),
    ("`AWAITING_AUTHORISATION`, assertion being judged", || Payment::judging(V2_1)),
    ("`PARTIALLY_ACCEPTED`", partially),
    ("`AUTHORISED`", done),
    ("`REJECTED`", || {
        let created = Payment::created(V2_1);
        created.then(Event::RejectedInChannel)
    }),
];

/// Every event, as it comes from outside.
pub(crate) const EVENTS: [(&str, Happen); 16] = [
    ("sign options, first key", |payment| payment.asked("first")),
    ("sign options, another key", |payment| payment.asked("second")),
    ("sign options, another `rp`", |payment| {
        let mut asked = payment.ask("other rp");
        asked.rp = Some("evil.example".into());
        Event::SigningAsked(Box::new(asked))
    }),
    ("authorise", assertion),
    ("authorise, enrollment not approved by its person", |payment| {
        with_enrollment(payment, &Followed::validating(V2_1))
    }),
    ("authorise, enrollment not bound", |payment| {
        with_enrollment(payment, &Followed::approved(V2_1))
    }),
    ("authorise, a signal missing", |payment| {
        changed(payment, |sent| sent.signals = Err(Refusal::missing("deviceId")))
    }),
    ("authorise, envelope unreadable", |payment| {
        changed(payment, |sent| {
            sent.response = device_enrollment::AuthenticationResponse::from_webauthn_json(
                b"{}",
                device_enrollment::Base64Reading::Strict,
            );
        })
    }),
    ("authorise, credential unknown", |payment| changed(payment, |sent| sent.credential = None)),
    ("assertion accepted", |_| judged(true)),
    ("assertion accepted, risk not", |_| judged(false)),
    ("assertion accepted, counter lost", |_| {
        Event::CounterLost(Box::new(Payment::judging(V2_1).outcome()))
    }),
    ("approval in the channel", |_| Event::ApprovedInChannel(approver())),
    ("approval in the channel, by somebody else", |_| {
        Event::ApprovedInChannel(Uuid4::from_random([8; 16]))
    }),
    ("refusal in the channel", |_| Event::RejectedInChannel),
    ("tick", |_| Event::Tick),
];

fn assertion(_: &Payment) -> Event {
    let issued = Payment::issued(V2_1);
    issued.authorise()
}

fn changed(
    _: &Payment,
    change: impl FnOnce(&mut device_enrollment::open_finance::consent::Authorise),
) -> Event {
    let issued = Payment::issued(V2_1);
    let mut sent = issued.sent(&issued.assertion());
    change(&mut sent);
    Event::AuthoriseSent(Box::new(sent))
}

fn with_enrollment(_: &Payment, enrollment: &Followed) -> Event {
    changed(&Payment::issued(V2_1), |sent| sent.signer = enrollment.state.signer(enrollment.now))
}

fn judged(risk_is_accepted: bool) -> Event {
    let outcome = Box::new(Payment::judging(V2_1).outcome());
    Event::AssertionJudged { outcome, risk_is_accepted }
}

/// The state and the effects, or the refusal, that a pair comes to.
pub(crate) fn outcome(before: &Consent, payment: &Payment, event: Event) -> [String; 2] {
    let step = payment.step(event);
    let state = if step.state == *before { "unchanged".to_owned() } else { place(&step.state) };
    let refusal = step.refusal.map(|refusal| format!("`{}`", refusal.code().as_str()));
    let effects = step.effects.iter().map(|one| effect(one).to_owned());
    let answer = refusal.into_iter().chain(effects).collect::<Vec<_>>().join(", ");
    [state, answer]
}

fn place(consent: &Consent) -> String {
    let stored = device_enrollment::flow::Stored::to_stored(consent).unwrap();
    let stored: serde_json::Value = serde_json::from_str(&stored).unwrap();
    let signing = &stored["state"]["stage"]["signing"]["signing"];
    let more = match (signing.as_str(), consent.rejection()) {
        (Some("issued"), _) => ", options issued".to_owned(),
        (Some("judging"), _) => ", assertion being judged".to_owned(),
        (_, Some(reason)) => {
            format!(", `{}`", serde_json::to_value(reason).unwrap().as_str().unwrap())
        }
        _ => String::new(),
    };
    format!("`{}`{more}", consent.status().as_str())
}

const fn effect(effect: &Effect) -> &'static str {
    match effect {
        Effect::JudgeAssertion(_) => "judge the assertion",
        Effect::StoreSignCount { .. } => "store the counter",
        Effect::NoteSigningAsked(_) => "note it in the enrollment",
        Effect::NoteSigningDone(_) => "note it in the enrollment",
        _ => "?",
    }
}

/// By hand: what each state takes, by the number of the event. Everything else is refused.
const TAKEN: [&[usize]; 6] =
    [&[0, 1, 14, 15], &[0, 1, 3, 8, 14, 15], &[9, 14, 15], &[12, 14, 15], &[15], &[15]];

#[test]
fn every_pair_of_state_and_event_is_taken_or_refused_by_name() {
    for ((name, make), taken) in STATES.iter().zip(TAKEN) {
        let payment = make();
        for (number, (event, happen)) in EVENTS.iter().enumerate() {
            let step = payment.step(happen(&payment));
            let is_taken = step.refusal.is_none();
            assert_eq!(is_taken, taken.contains(&number), "{name}: {event}: {:?}", step.refusal);
            if let Some(refusal) = step.refusal {
                assert!(step.effects.is_empty(), "{name}: {event}");
                let moved = step.state != payment.state;
                // A refusal that moves a consent rejects it, and only `authorise` does.
                assert!(!moved || step.state.status() == ConsentStatus::Rejected);
                assert_eq!(refusal.status(), 422, "{name}: {event}");
            }
        }
    }
}

#[test]
fn an_approval_stores_the_counter_it_was_judged_against() {
    let after = done();
    assert_eq!(after.state.status(), ConsentStatus::Authorised);
    let [
        Effect::StoreSignCount { credential_id, stored, sign_count, backed_up },
        Effect::NoteSigningDone(enrollment),
    ] = &after.effects[..]
    else {
        panic!("{:?}", after.effects)
    };
    assert_eq!(*credential_id, after.credential.as_ref().unwrap().id);
    assert_eq!((*stored, *sign_count, *backed_up), (0, 1, false));
    assert_eq!(*enrollment, after.enrollment.state.id());
}

#[test]
fn of_two_assertions_over_one_challenge_a_single_one_counts() {
    let issued = Payment::issued(V2_1);
    let judging = issued.then(issued.authorise());
    let second = judging.refused(issued.authorise(), Code::Risco);
    assert_eq!(second.state, judging.state);
    let after = judging.then(judging.judged());
    assert_eq!(after.state.status(), ConsentStatus::Authorised);
    // Its outcome counts once.
    after.refused(judging.judged(), Code::StatusConsentimentoInvalido);
}

#[test]
fn a_counter_that_was_lost_approves_nothing() {
    let judging = Payment::judging(V2_1);
    let event = Event::CounterLost(Box::new(judging.outcome()));
    let after = judging.refused(event, Code::Risco);
    assert_eq!(after.state.rejection(), Some(ConsentRejection::NaoInformado));
    assert!(after.effects.is_empty());
}

#[test]
fn an_outcome_counts_for_its_own_consent_alone() {
    let judging = Payment::judging(V2_1);
    let mut new = new_consent();
    new.id = "urn:bank:other".into();
    let other = Payment::of(new, Followed::authorised(V2_1));
    let issued = other.then(other.asked("first"));
    let other = issued.then(issued.authorise());
    let foreign =
        Event::AssertionJudged { outcome: Box::new(other.outcome()), risk_is_accepted: true };
    let after = judging.refused(foreign, Code::Risco);
    assert_eq!(after.state, judging.state);
    // The same consent under another challenge.
    let issued = Payment::created(V2_1);
    let issued = issued.then(issued.asked("second"));
    let earlier = issued.then(issued.authorise());
    let after = judging.refused(earlier.judged(), Code::Risco);
    assert_eq!(after.state, judging.state);
}

#[test]
fn an_assertion_for_another_consent_does_not_approve() {
    let issued = Payment::issued(V2_1);
    let mut assertion = issued.assertion();
    assertion.client_data.challenge = {
        let other = Payment::created(V2_1);
        let other = other.then(other.asked("second"));
        other.state.options().unwrap().challenge().as_bytes().to_vec()
    };
    let step = issued.authorised_by(&assertion);
    assert_eq!(step.refusal.map(|refusal| refusal.code()), Some(Code::Risco));
    assert_eq!(step.state.status(), ConsentStatus::Rejected);
}

#[test]
fn every_bound_field_of_an_assertion_counts() {
    type Change = fn(&mut device_enrollment_testkit::Assertion);
    let changes: [(&str, Change); 7] = [
        ("origin", |assertion| assertion.client_data.origin = "https://evil.example".into()),
        ("cross-origin", |assertion| assertion.client_data.cross_origin = Some(true)),
        ("ceremony", |assertion| assertion.client_data.ceremony_type = "webauthn.create".into()),
        ("rp id", |assertion| {
            assertion.authenticator_data.rp_id_hash = [0; 32];
        }),
        ("presence", |assertion| assertion.authenticator_data.flags &= !1),
        ("verification", |assertion| assertion.authenticator_data.flags &= !4),
        ("handle", |assertion| assertion.user_handle = Some(vec![1; 16])),
    ];
    for version in [V2_1, V2_2] {
        for (name, change) in changes {
            let issued = Payment::issued(version);
            let mut assertion = issued.assertion();
            change(&mut assertion);
            let step = issued.authorised_by(&assertion);
            let is_origin = matches!(name, "origin" | "cross-origin");
            let code = match is_origin && version == V2_2 {
                true => Code::OrigemFidoInvalida,
                false => Code::Risco,
            };
            assert_eq!(step.refusal.map(|refusal| refusal.code()), Some(code), "{name}");
            assert_eq!(step.state.status(), ConsentStatus::Rejected, "{name}");
        }
    }
    // No handle at all is what many authenticators send.
    let issued = Payment::issued(V2_1);
    let mut assertion = issued.assertion();
    assertion.user_handle = None;
    assert_eq!(issued.authorised_by(&assertion).refusal, None);
}

#[test]
fn a_counter_that_does_not_grow_is_risco() {
    let issued = Payment::issued(V2_1);
    let mut sent = issued.sent(&issued.assertion());
    sent.credential.as_mut().unwrap().sign_count = 1;
    let judging = issued.then(Event::AuthoriseSent(Box::new(sent)));
    let after = judging.refused(judging.judged(), Code::Risco);
    assert_eq!(after.state.status(), ConsentStatus::Rejected);
}

#[test]
fn a_credential_of_somebody_else_is_none() {
    let issued = Payment::issued(V2_1);
    let mut sent = issued.sent(&issued.assertion());
    let record = sent.credential.as_mut().unwrap();
    record.id = vec![9; 32];
    let judging = issued.then(Event::AuthoriseSent(Box::new(sent)));
    let after = judging.refused(judging.judged(), Code::Risco);
    assert_eq!(after.state.status(), ConsentStatus::Rejected);
}

#[test]
fn a_challenge_to_sign_is_over_after_five_minutes() {
    let issued = Payment::issued(V2_1);
    let assertion = issued.assertion();
    let in_time = issued.later_millis(5 * MINUTE - 1);
    assert_eq!(in_time.authorised_by(&assertion).refusal, None);
    let late = issued.later_millis(5 * MINUTE);
    let after = late.refused(late.authorise_with(&assertion), Code::Risco);
    assert_eq!(after.state.status(), ConsentStatus::Rejected);
}

#[test]
fn a_consent_is_over_when_its_time_is() {
    for payment in [Payment::created(V2_1), Payment::judging(V2_1), partially()] {
        let late = payment.later_millis(60 * MINUTE);
        let after = late.then(Event::Tick);
        let reason = ConsentRejection::TempoExpiradoAutorizacao;
        assert_eq!(after.state.rejection(), Some(reason));
        assert_eq!(after.state.status_at(), NOW.plus_minutes(60));
        late.refused(late.asked("first"), Code::StatusConsentimentoInvalido);
    }
    let after = done().later_millis(60 * MINUTE).then(Event::Tick);
    assert_eq!(after.state.status(), ConsentStatus::Authorised);
}

#[test]
fn a_consent_without_an_account_is_paid_from_the_enrolled_one() {
    let mut new = new_consent();
    new.debtor_account = None;
    let payment = Payment::of(new, Followed::authorised(V2_1));
    let issued = payment.then(payment.asked("first"));
    let judging = issued.then(issued.authorise());
    let account = super::bank::account("1234567890");
    assert_eq!(judging.state.debtor_account(), Some(&account));
}

#[test]
fn everybody_has_to_approve_and_nobody_twice() {
    let partially = partially();
    assert_eq!(partially.state.status(), ConsentStatus::PartiallyAccepted);
    partially.refused(partially.asked("again"), Code::StatusConsentimentoInvalido);
    let after = partially.then(Event::ApprovedInChannel(approver()));
    assert_eq!(after.state.status(), ConsentStatus::Authorised);
    after.refused(Event::ApprovedInChannel(approver()), Code::StatusConsentimentoInvalido);
}

#[test]
fn recurring_consents_need_their_permission() {
    let mut new = new_consent();
    new.kind = ConsentKind::Recurring;
    let plain = Payment::of(new.clone(), Followed::authorised(V2_2));
    plain.refused(plain.asked("first"), Code::PermissaoInvalidaVinculoConsentimento);
    let older = Payment::of(new.clone(), Followed::authorised(V2_1));
    older.refused(older.asked("first"), Code::StatusConsentimentoInvalido);

    let body = ZRO_BODY.replace(
        r#"["PAYMENTS_INITIATE"]"#,
        r#"["PAYMENTS_INITIATE", "RECURRING_PAYMENTS_INITIATE"]"#,
    );
    let request = CreateRequest::from_zro(body.as_bytes(), V2_2).unwrap();
    let approved = Followed::of(request, V2_2)
        .then(EnrollmentEvent::RiskSignals(Ok(())))
        .then(EnrollmentEvent::HolderApproved(Box::new(super::bank::approval())));
    let asked = Box::new(super::bank::ask_options("first"));
    let issued = approved.then(EnrollmentEvent::OptionsAsked(asked));
    let judging = issued.then(issued.registration_sent());
    let outcome = Box::new(judging.outcome());
    let authorised = judging.then(EnrollmentEvent::RegistrationJudged(outcome));
    let payment = Payment::of(new, authorised);
    assert!(payment.then(payment.asked("first")).state.options().is_some());
}

#[test]
fn sign_options_name_the_enrolled_credential_and_the_same_key_repeats_them() {
    let issued = Payment::issued(V2_2);
    let options = issued.state.options().unwrap();
    let credential = issued.credential.as_ref().unwrap();
    let allowed = options.expectation(Vec::new()).allow_credentials;
    assert_eq!(opaque(&allowed[0]), credential.id);
    assert_eq!(allowed.len(), 1);
    let again = issued.then(issued.asked("first"));
    assert_eq!(again.state, issued.state);
    let other = issued.then(issued.asked("second"));
    assert_ne!(other.state.options().unwrap().challenge(), options.challenge());
    // The old one is void.
    let step = other.authorised_by(&issued.assertion());
    assert_eq!(step.refusal.map(|refusal| refusal.code()), Some(Code::Risco));
}

#[test]
fn an_unreadable_body_is_400_and_decides_nothing() {
    let issued = Payment::issued(V2_1);
    let mut sent = issued.sent(&issued.assertion());
    sent.response = device_enrollment::AuthenticationResponse::from_webauthn_json(
        b"{",
        device_enrollment::Base64Reading::Strict,
    );
    let step = issued.step(Event::AuthoriseSent(Box::new(sent)));
    assert_eq!(step.refusal.unwrap().status(), 400);
    assert_eq!(step.state, issued.state);
}

/// What a consent raises, in the words of the contract's tables.
#[test]
fn refusals_have_the_published_words_of_their_table() {
    let last = |payment: &Payment, event| payment.step(event).refusal.unwrap();
    let created = Payment::created(V2_1);
    let bound = |enrollment| Payment { enrollment, ..Payment::created(V2_1) };
    let changed = |change: fn(&mut device_enrollment::open_finance::consent::Authorise)| {
        let issued = Payment::issued(V2_1);
        let mut sent = issued.sent(&issued.assertion());
        change(&mut sent);
        last(&issued, Event::AuthoriseSent(Box::new(sent)))
    };
    let mut other = new_consent();
    other.debtor_account = Some(super::bank::account("999"));
    let other = Payment::of(other, Followed::authorised(V2_1));
    let other = other.then(other.asked("first"));
    let risk = "Validação síncrona dos sinais de risco impediram a ativação do consentimento.";
    let account = "A conta de débito informada pelo iniciador não condiz com a conta de débito \
                   vinculada ao dispositivo.";
    let rows: Vec<(Refusal, Operation, &str, &str)> = vec![
        (
            last(&created, EVENTS[2].1(&created)),
            Operation::SignOptions,
            "Relying party inválida.",
            "O identificador da Relying Party informado não pode ser verificado.",
        ),
        (
            last(&created, bound(Followed::approved(V2_1)).asked("x")),
            Operation::SignOptions,
            "Status do vínculo de conta inválido.",
            "O status do vínculo de conta é tal que não permite assinatura.",
        ),
        (
            last(&done(), created.asked("x")),
            Operation::SignOptions,
            "Status do consentimento de pagamento inválido.",
            "O status do consentimento não permite autorização.",
        ),
        (
            last(&created, EVENTS[5].1(&created)),
            Operation::Authorise,
            "Status do vínculo de conta inválido.",
            "O vínculo de conta não possui status AUTHORISED.",
        ),
        (
            last(&done(), EVENTS[3].1(&created)),
            Operation::Authorise,
            "Status do consentimento inválido.",
            "O consentimento de pagamentos não possui status AWAITING_AUTHORISATION.",
        ),
        (last(&Payment::judging(V2_1), judged(false)), Operation::Authorise, risk, risk),
        (
            changed(|sent| {
                let code = Code::FaltamSinaisObrigatoriosDaPlataforma;
                sent.signals = Err(Refusal::plain(code).about("isRootedDevice"));
            }),
            Operation::Authorise,
            "Falta de sinais obrigatórios para a plataforma do usuário.",
            "Os sinais obrigatórios para a plataforma do usuário não foram enviados em sua totalidade.",
        ),
        (last(&other, other.authorise()), Operation::Authorise, account, account),
        (
            changed(|sent| sent.signals = Err(Refusal::missing("deviceId"))),
            Operation::Authorise,
            "Parâmetro não informado.",
            "Parâmetro deviceId obrigatório não informado.",
        ),
    ];
    for (refusal, operation, title, detail) in rows {
        let body = refusal.body(Language::PtBr, NOW);
        let shown = (body.errors[0].title.as_str(), body.errors[0].detail.as_str());
        assert_eq!(shown, (title, detail));
        assert!(operation.codes(V2_1).contains(&refusal.code()), "{refusal}");
    }
}
