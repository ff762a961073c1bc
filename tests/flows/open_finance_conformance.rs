//! The outcomes that the conformance tests of Open Finance Brasil wait for, each by its own test.

use device_enrollment::open_finance::consent::{self, ConsentRejection, ConsentStatus};
use device_enrollment::open_finance::enrollment::{
    CancellationReason, CancelledFrom, Centavos, CreateRequest, Event, RejectionReason, Status,
    Terms,
};
use device_enrollment::open_finance::options::Platform;
use device_enrollment::open_finance::{
    OpenFinanceCode as Code, RiskSignals, SignalsDuty, interaction_id,
};
use device_enrollment_testkit::{KeyKind, SigningKey};

use super::bank::{
    Followed, Payment, REJECTION, V2_1, V2_2, account, ask_options, cancel, new_consent, revoke,
    sent,
};

const BOTH: [device_enrollment::open_finance::ContractVersion; 2] = [V2_1, V2_2];

#[track_caller]
fn rejected(followed: &Followed, from: CancelledFrom, reason: RejectionReason) {
    assert_eq!(followed.state.status(), Status::Rejected);
    let cancellation = followed.state.cancellation().unwrap();
    assert_eq!(cancellation.cancelled_from, from);
    assert_eq!(cancellation.reason, CancellationReason::RejectionReason(reason));
}

#[test]
fn no_call_in_a_waiting_status_rejects_after_5_15_and_5_minutes() {
    for version in BOTH {
        for (waiting, minutes, reason) in [
            (Followed::created(version), 5, RejectionReason::RiskSignalsTimeout),
            (Followed::validating(version), 15, RejectionReason::AccountHolderValidationTimeout),
            (Followed::approved(version), 5, RejectionReason::EnrollmentTimeout),
            (Followed::issued(version), 5, RejectionReason::EnrollmentTimeout),
            (Followed::judging(version), 5, RejectionReason::EnrollmentTimeout),
        ] {
            let in_time = waiting.later(minutes).later_millis(-1).then(Event::Tick);
            assert_eq!(in_time.state, waiting.state);
            let late = waiting.later(minutes).then(Event::Tick);
            rejected(&late, CancelledFrom::Detentora, reason);
            // The instant is that of the timeout, whenever it is noticed.
            let noticed = waiting.later(minutes + 600).then(Event::Tick);
            assert_eq!(noticed.state, late.state);
            let shown = late.state.to_open_finance("bank");
            assert_eq!(shown["cancellation"]["reason"]["rejectionReason"], reason.as_str());
            assert_eq!(shown["cancellation"]["cancelledFrom"], "DETENTORA");
        }
    }
}

#[test]
fn a_missing_field_in_the_creation_is_parametro_nao_informado() {
    let body = r#"{"data": {"permissions": ["PAYMENTS_INITIATE"]}}"#;
    let refusal = CreateRequest::from_open_finance(body.as_bytes(), V2_1).unwrap_err();
    assert_eq!(
        (refusal.code(), refusal.member()),
        (Code::ParametroNaoInformado, Some("loggedUser"))
    );
    assert_eq!(refusal.status(), 422);
}

#[test]
fn permissions_without_payments_are_permissoes_invalidas() {
    for (permissions, version) in [
        ("[]", V2_1),
        (r#"["RECURRING_PAYMENTS_INITIATE"]"#, V2_2),
        (r#"["PAYMENTS_INITIATE", "RECURRING_PAYMENTS_INITIATE"]"#, V2_1),
        (r#"["PAYMENTS_INITIATE", "ACCOUNTS_READ"]"#, V2_2),
    ] {
        let body = format!(
            r#"{{"data": {{"loggedUser": {{"document": {{"identification": "98765432100", "rel": "CPF"}}}},
                "permissions": {permissions}}}}}"#
        );
        let refusal = CreateRequest::from_open_finance(body.as_bytes(), version).unwrap_err();
        assert_eq!(refusal.code(), Code::PermissoesInvalidas, "{permissions}");
    }
}

#[test]
fn a_missing_interaction_id_is_400() {
    let refusal = interaction_id(None).unwrap_err();
    assert_eq!((refusal.code(), refusal.status()), (Code::ParametroNaoInformado, 400));
    let refusal = interaction_id(Some("7")).unwrap_err();
    assert_eq!((refusal.code(), refusal.status()), (Code::ParametroInvalido, 400));
    let sent = "d78fc4e5-37ca-4da3-adf2-9b082bf92280";
    assert_eq!(interaction_id(Some(sent)).unwrap().to_string(), sent);
}

/// The signals of a phone, judged as the service judges them.
fn signals(leave_out: &str) -> Event {
    let mut signals = serde_json::json!({
        "deviceId": "5ad82a8f-37e5-4369-a1a3-be4b1fb9c034",
        "osVersion": "16.6",
        "userTimeZoneOffset": "-03",
        "language": "pt",
        "screenDimensions": { "height": 1080, "width": 1920 },
        "accountTenure": "2023-08-02",
        "isRootedDevice": false,
        "screenBrightness": 90,
        "elapsedTimeSinceBoot": 6_356_027,
    });
    signals.as_object_mut().unwrap().remove(leave_out);
    let body = serde_json::json!({ "data": signals }).to_string();
    let duty = SignalsDuty::of(Platform::Android, true, V2_1);
    let signals = RiskSignals::from_risk_signals(body.as_bytes());
    Event::RiskSignals(signals.and_then(|signals| signals.judge(duty)))
}

#[test]
fn risk_signals_without_device_id_reject() {
    let created = Followed::created(V2_1);
    let after = created.refused(signals("deviceId"), Code::ParametroNaoInformado);
    rejected(&after, CancelledFrom::Detentora, RejectionReason::InternalSecurity);
    let code = Code::FaltamSinaisObrigatoriosDaPlataforma;
    let after = created.refused(signals("isRootedDevice"), code);
    rejected(&after, CancelledFrom::Detentora, RejectionReason::InternalSecurity);
    let after = created.then(signals("nothing"));
    assert_eq!(after.state.status(), Status::AwaitingAccountHolderValidation);
}

#[test]
fn options_before_the_holder_approved_are_refused_and_change_nothing() {
    for version in BOTH {
        let before = Followed::validating(version);
        let asked = Event::OptionsAsked(Box::new(ask_options("first")));
        let after = before.refused(asked, Code::StatusVinculoInvalido);
        assert_eq!(after.state, before.state);
    }
}

#[test]
fn options_for_another_rp_reject() {
    for version in BOTH {
        let mut asked = ask_options("first");
        asked.rp = Some("evil.example".into());
        let event = Event::OptionsAsked(Box::new(asked));
        let after = Followed::approved(version).refused(event, Code::RpInvalida);
        rejected(&after, CancelledFrom::Detentora, RejectionReason::Fido);
    }
}

#[test]
fn options_twice_under_one_key_are_the_same_challenge() {
    for version in BOTH {
        let first = Followed::issued(version);
        // Other random bytes are offered, and not taken.
        let mut again = ask_options("first");
        again.entropy = super::bank::entropy(99);
        let second = first.later_millis(1000).then(Event::OptionsAsked(Box::new(again)));
        assert_eq!(second.state, first.state);
    }
}

#[test]
fn options_under_another_key_are_a_new_challenge_in_2_1_and_refused_in_2_2() {
    let first = Followed::issued(V2_1);
    let second = first.then(Event::OptionsAsked(Box::new(ask_options("second"))));
    let challenge = |followed: &Followed| followed.state.options().unwrap().challenge().clone();
    assert_ne!(challenge(&first), challenge(&second));
    // The old one is void.
    let step = second.registered(&first.registration());
    assert_eq!(step.refusal.unwrap().code(), Code::ChallengeInvalido);

    let first = Followed::issued(V2_2);
    let event = Event::OptionsAsked(Box::new(ask_options("second")));
    let after = first.refused(event, Code::MaximoChallengesAtingido);
    assert_eq!(after.state, first.state);
}

#[test]
fn options_under_one_key_for_another_platform_are_erro_idempotencia() {
    let mut asked = ask_options("first");
    asked.platform = Platform::Ios;
    let first = Followed::issued(V2_1);
    let after = first.refused(Event::OptionsAsked(Box::new(asked)), Code::ErroIdempotencia);
    assert_eq!(after.state, first.state);
}

#[track_caller]
fn registration_rejects(
    change: impl FnOnce(&mut device_enrollment_testkit::Registration),
    code: Code,
) {
    let issued = Followed::issued(V2_1);
    let mut registration = issued.registration();
    change(&mut registration);
    let step = issued.registered(&registration);
    assert_eq!(step.refusal.map(|refusal| refusal.code()), Some(code));
    let after = Followed { state: step.state, effects: step.effects, now: issued.now };
    rejected(&after, CancelledFrom::Detentora, RejectionReason::Fido);
    // Nothing revives it.
    let event = sent(&issued.registration());
    let last = after.refused(event, Code::StatusVinculoInvalido);
    assert_eq!(last.state, after.state);
}

#[test]
fn a_registration_from_an_origin_that_is_not_listed_rejects() {
    let change = |registration: &mut device_enrollment_testkit::Registration| {
        registration.client_data.origin = "https://bank.example:8443".into();
    };
    registration_rejects(change, Code::OrigemFidoInvalida);
}

#[test]
fn a_registration_with_a_challenge_never_issued_rejects() {
    let change = |registration: &mut device_enrollment_testkit::Registration| {
        registration.client_data.challenge = vec![7; 32];
    };
    registration_rejects(change, Code::ChallengeInvalido);
    // And so does one for which no challenge was asked at all.
    let event = sent(&Followed::issued(V2_1).registration());
    let after = Followed::approved(V2_1).refused(event, Code::ChallengeInvalido);
    rejected(&after, CancelledFrom::Detentora, RejectionReason::Fido);
}

#[test]
fn a_registration_with_a_broken_public_key_rejects() {
    let change = |registration: &mut device_enrollment_testkit::Registration| {
        registration.authenticator_data.public_key_bytes = Some(vec![0xa0]);
    };
    registration_rejects(change, Code::PublicKeyInvalida);
}

#[test]
fn the_initiator_rejects_while_it_waits() {
    for waiting in [Followed::validating(V2_1), Followed::approved(V2_1), Followed::issued(V2_1)] {
        let after = waiting.then(cancel(REJECTION));
        rejected(&after, CancelledFrom::Iniciadora, RejectionReason::Manually);
        let asked = Event::OptionsAsked(Box::new(ask_options("later")));
        after.refused(asked, Code::StatusVinculoInvalido);
        let event = sent(&Followed::issued(V2_1).registration());
        after.refused(event, Code::StatusVinculoInvalido);
    }
}

#[test]
fn sign_options_before_the_binding_or_after_its_end_are_refused() {
    for enrollment in [Followed::approved(V2_1), Followed::issued(V2_1), Followed::revoked(V2_1)] {
        let payment = Payment::of(new_consent(), enrollment);
        let after = payment.refused(payment.asked("first"), Code::StatusVinculoInvalido);
        assert_eq!(after.state, payment.state);
    }
}

#[test]
fn authorise_before_the_holder_approved_leaves_the_consent_waiting() {
    let issued = Payment::issued(V2_1);
    let event = issued.assertion();
    for enrollment in [Followed::created(V2_1), Followed::validating(V2_1)] {
        let payment = Payment { enrollment, ..issued.clone() };
        let sent = payment.authorise_with(&event);
        let after = payment.refused(sent, Code::StatusVinculoInvalido);
        assert_eq!(after.state, issued.state);
        assert_eq!(after.state.status(), ConsentStatus::AwaitingAuthorisation);
    }
}

#[test]
fn authorise_while_the_enrollment_waits_for_its_credential_rejects_the_consent() {
    let issued = Payment::issued(V2_1);
    let payment = Payment { enrollment: Followed::approved(V2_1), ..issued };
    let after = payment.refused(payment.authorise(), Code::StatusVinculoInvalido);
    assert_eq!(after.state.status(), ConsentStatus::Rejected);
}

#[test]
fn an_assertion_by_another_key_is_risco_and_the_right_one_revives_nothing() {
    let issued = Payment::issued(V2_1);
    let mut assertion = issued.assertion();
    assertion.credential_key = SigningKey::from_seed(KeyKind::Es256, "another key");
    let step = issued.authorised_by(&assertion);
    assert_eq!(step.refusal.map(|refusal| refusal.code()), Some(Code::Risco));
    let after = Payment { state: step.state, ..issued.clone() };
    assert_eq!(after.state.status(), ConsentStatus::Rejected);
    assert_eq!(after.state.rejection(), Some(ConsentRejection::NaoInformado));
    let right = issued.authorise();
    let last = after.refused(right, Code::StatusConsentimentoInvalido);
    assert_eq!(last.state, after.state);
}

#[test]
fn authorise_from_another_debtor_account_is_refused_and_rejects() {
    let mut new = new_consent();
    new.debtor_account = Some(account("999"));
    let payment = Payment::of(new, Followed::authorised(V2_1));
    let issued = payment.then(payment.asked("first"));
    let code = Code::ContaDebitoDivergenteConsentimentoVinculo;
    let after = issued.refused(issued.authorise(), code);
    assert_eq!(after.state.rejection(), Some(ConsentRejection::ContaNaoPermitePagamento));
}

#[test]
fn limits_are_judged_when_a_payment_is_made() {
    let centavos = |text: &str| Centavos::parse(text).unwrap();
    let terms = Terms {
        transaction_limit: Some(centavos("100.00")),
        daily_limit: Some(centavos("150.00")),
        expires_at: None,
    };
    let judge = |amount, spent| terms.judge_payment(centavos(amount), centavos(spent));
    assert_eq!(judge("100.00", "50.00"), Ok(()));
    assert_eq!(judge("100.01", "0.00"), Err(ConsentRejection::ValorAcimaLimite));
    assert_eq!(judge("100.00", "50.01"), Err(ConsentRejection::ValorAcimaLimite));
    assert_eq!(serde_json::json!(ConsentRejection::ValorAcimaLimite), "VALOR_ACIMA_LIMITE");
    // Not when the consent is authorised.
    let approved = Followed::authorised(V2_1).then(Event::TermsChanged(terms));
    assert_eq!(approved.state.terms(), Some(terms));
    let issued = Payment::issued(V2_1);
    let payment = Payment { enrollment: approved, ..issued };
    let judging = payment.then(payment.authorise());
    assert_eq!(judging.then(judging.judged()).state.status(), ConsentStatus::Authorised);
}

#[test]
fn a_revocation_by_the_person_stops_signing_at_once() {
    let issued = Payment::issued(V2_1);
    let enrollment = issued.enrollment.then(revoke("98765432100"));
    let payment = Payment { enrollment, ..issued };
    let after = payment.refused(payment.authorise(), Code::StatusVinculoInvalido);
    assert_eq!(after.state.status(), ConsentStatus::Rejected);
    let waiting = Payment::created(V2_1);
    let waiting = Payment { enrollment: payment.enrollment, ..waiting };
    let event = consent::Event::SigningAsked(Box::new(waiting.ask("first")));
    waiting.refused(event, Code::StatusVinculoInvalido);
}
