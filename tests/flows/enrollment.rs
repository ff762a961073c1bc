//! The enrollment: every pair of state and event, the bodies that ask for something, every reason,
//! and the three vocabularies. The page docs/enrollment-flow.md is written from the same pairs.

use std::fmt::Write as _;
use std::path::Path;

use device_enrollment::flow::{Stored, StoredError};
use device_enrollment::open_finance::enrollment::{
    CancelRequest, CancellationReason, CancelledFrom, Centavos, CreateRequest, DebtorAccount,
    DeviceStatus, Effect, Enrollment, Event, FreeText, RejectionReason, RevocationReason,
    RevokeRequest, Status, Terms, ZroStatus,
};
use device_enrollment::open_finance::options::Platform;
use device_enrollment::open_finance::{
    ContractVersion, OpenFinanceCode as Code, Operation, Refusal, WireForm,
};
use device_enrollment::{Base64Reading, Language, RegistrationResponse, UnixMillis};
use device_enrollment_testkit::{Registration, cbor};

use super::bank::{
    Followed, MINUTE, NOW, REJECTION, REVOCATION, V2_1, V2_2, ZRO_BODY, account, approval,
    ask_options, cancel, cancel_body, missing_signal, revoke, sent,
};
use super::consent;

type Make = fn(ContractVersion) -> Followed;
type Happen = fn() -> Event;

const STATES: [(&str, Make); 9] = [
    ("`AWAITING_RISK_SIGNALS`", Followed::created),
    ("`AWAITING_ACCOUNT_HOLDER_VALIDATION`", Followed::validating),
    ("`AWAITING_ENROLLMENT`", Followed::approved),
    ("`AWAITING_ENROLLMENT`, options issued", Followed::issued),
    ("`AWAITING_ENROLLMENT`, registration being judged", Followed::judging),
    ("`AUTHORISED`", Followed::authorised),
    ("`AUTHORISED`, revocation asked", Followed::revoking),
    ("`REVOKED`", Followed::revoked),
    ("`REJECTED`", Followed::rejected),
];

const EVENTS: [(&str, Happen); 26] = [
    ("risk signals", || Event::RiskSignals(Ok(()))),
    ("risk signals, one missing", missing_signal),
    ("risk signals, one malformed", || Event::RiskSignals(Err(Refusal::invalid("osVersion")))),
    ("approval by the person", || Event::HolderApproved(Box::new(approval()))),
    ("refusal by the person", || Event::HolderRejected {
        reason: RejectionReason::Manually,
        information: None,
    }),
    ("revocation by the holder", || Event::HolderRevoked {
        reason: RevocationReason::InternalSecurity,
        information: None,
    }),
    ("limits or end changed", || Event::TermsChanged(Terms::default())),
    ("options, first key", || Event::OptionsAsked(Box::new(ask_options("first")))),
    ("options, another key", || Event::OptionsAsked(Box::new(ask_options("second")))),
    ("options, another `rp`", || {
        let mut asked = ask_options("other rp");
        asked.rp = Some("evil.example".into());
        Event::OptionsAsked(Box::new(asked))
    }),
    ("registration", || sent(&Followed::issued(V2_1).registration())),
    ("registration, envelope unreadable", || unreadable(b"{}")),
    ("registration accepted", || {
        Event::RegistrationJudged(Box::new(Followed::judging(V2_1).outcome()))
    }),
    ("registration refused", refused_registration),
    ("registration accepted, credential known already", || {
        Event::CredentialTaken(Box::new(Followed::judging(V2_1).outcome()))
    }),
    ("PATCH with a rejection reason", || cancel(REJECTION)),
    ("PATCH with a revocation reason", || cancel(REVOCATION)),
    ("PATCH without a reason", || cancel("{}")),
    ("PATCH with `REJEITADO_OUTRO` alone", || cancel(r#"{"rejectionReason": "REJEITADO_OUTRO"}"#)),
    ("PATCH with `REVOGADO_OUTRO` alone", || cancel(r#"{"revocationReason": "REVOGADO_OUTRO"}"#)),
    ("revoke", || revoke("98765432100")),
    ("revoke, for another person", || revoke("11111111111")),
    ("revocation completed", || Event::RevocationCompleted),
    ("signing options issued", || Event::SigningAsked),
    ("assertion accepted", || Event::SigningDone),
    ("tick", || Event::Tick),
];

fn unreadable(text: &[u8]) -> Event {
    let response = RegistrationResponse::from_device_credential(text, Base64Reading::Strict);
    Event::RegistrationSent { response: Box::new(response), form: WireForm::DeviceCredential }
}

fn refused_registration() -> Event {
    let issued = Followed::issued(V2_1);
    let mut registration = issued.registration();
    registration.client_data.origin = "https://evil.example".into();
    let judging = issued.then(sent(&registration));
    Event::RegistrationJudged(Box::new(judging.outcome()))
}

/// By hand: what each state takes, by the number of the event. Everything else is refused.
const TAKEN: [&[usize]; 9] = [
    &[0, 4, 15, 20, 25],
    &[3, 4, 15, 20, 25],
    &[4, 6, 7, 8, 15, 20, 25],
    &[4, 6, 7, 8, 10, 15, 20, 25],
    &[4, 6, 12, 15, 20, 25],
    &[5, 6, 16, 20, 23, 24, 25],
    &[5, 6, 16, 20, 22, 25],
    &[25],
    &[25],
];

/// By hand: which refusals reject the enrollment, by the number of the event. The registration
/// without a challenge, too.
const REJECTING: [&[usize]; 9] = [&[1], &[], &[9, 10], &[9], &[13, 14], &[], &[], &[], &[]];

#[test]
fn every_pair_of_state_and_event_is_taken_or_refused_by_name() {
    for version in [V2_1, V2_2] {
        let rows = STATES.iter().zip(TAKEN).zip(REJECTING);
        for (((name, make), taken), rejecting) in rows {
            let before = make(version);
            for (number, (event, happen)) in EVENTS.iter().enumerate() {
                let step = before.step(happen());
                // 2.2 has one challenge for an enrollment.
                let is_second = version == V2_2 && number == 8 && before.state.options().is_some();
                let is_taken = taken.contains(&number) && !is_second;
                assert_eq!(step.refusal.is_none(), is_taken, "{name}: {event}: {step:?}");
                let Some(refusal) = step.refusal else { continue };
                assert_eq!(refusal.status(), 422, "{name}: {event}");
                if rejecting.contains(&number) {
                    assert_eq!(step.state.status(), Status::Rejected, "{name}: {event}");
                    assert!(matches!(step.effects[..], [Effect::NotifyInitiator(_)]));
                } else {
                    assert_eq!(step.state, before.state, "{name}: {event}");
                    assert!(step.effects.is_empty(), "{name}: {event}");
                }
            }
        }
    }
}

#[test]
fn whatever_finds_an_enrollment_overdue_rejects_it_first() {
    for (name, make) in &STATES[..5] {
        let late = make(V2_1).later(30);
        let ticked = late.then(Event::Tick);
        assert_eq!(ticked.state.status(), Status::Rejected, "{name}");
        for (event, happen) in EVENTS {
            let step = late.step(happen());
            assert_eq!(step.state, ticked.state, "{name}: {event}");
            assert!(matches!(step.effects[..], [Effect::NotifyInitiator(_)]), "{name}: {event}");
            assert_eq!(step.refusal.is_none(), event == "tick", "{name}: {event}");
        }
    }
}

#[test]
fn an_enrollment_ends_when_it_was_agreed_to() {
    let mut approval = approval();
    approval.terms.expires_at = Some(NOW.plus_minutes(60));
    let approved = Followed::validating(V2_1).then(Event::HolderApproved(Box::new(approval)));
    let issued = approved.then(Event::OptionsAsked(Box::new(ask_options("first"))));
    let judging = issued.then(issued.registration_sent());
    let authorised = judging.then(Event::RegistrationJudged(Box::new(judging.outcome())));
    let in_time = authorised.later_millis(60 * MINUTE - 1).then(Event::Tick);
    assert_eq!(in_time.state.status(), Status::Authorised);
    let over = authorised.later(60).then(Event::Tick);
    assert_eq!(over.state.status(), Status::Revoked);
    let cancellation = over.state.cancellation().unwrap();
    let expired = CancellationReason::RevocationReason(RevocationReason::Expired);
    assert_eq!(
        (cancellation.reason, cancellation.cancelled_from),
        (expired, CancelledFrom::Detentora)
    );
    let id = authorised.credential().id;
    assert!(
        matches!(&over.effects[..], [Effect::RevokeCredential(gone), Effect::NotifyInitiator(_)] if *gone == id)
    );
}

#[test]
fn of_two_registrations_over_one_challenge_a_single_one_counts() {
    let issued = Followed::issued(V2_1);
    let judging = issued.then(issued.registration_sent());
    let second = judging.refused(issued.registration_sent(), Code::ChallengeInvalido);
    assert_eq!(second.state, judging.state);
    let after = judging.then(Event::RegistrationJudged(Box::new(judging.outcome())));
    assert_eq!(after.state.status(), Status::Authorised);
    let again = Event::RegistrationJudged(Box::new(judging.outcome()));
    after.refused(again, Code::StatusVinculoInvalido);
}

#[test]
fn an_envelope_that_cannot_be_read_spends_nothing() {
    let issued = Followed::issued(V2_1);
    for (body, code, member, status) in [
        (&br"{}"[..], Code::ParametroNaoInformado, Some("device_credential_id"), 422),
        (
            br#"{"device_credential_id":"+/8=","device_credential_raw_id":"+/8=",
                "device_credential_client_data_json":"AA","device_credential_attestation_object":"AA"}"#,
            Code::ParametroInvalido,
            Some("device_credential_id"),
            422,
        ),
        (
            br#"{"device_credential_id":"AAAA","device_credential_raw_id":"AAAB",
                "device_credential_client_data_json":"AA","device_credential_attestation_object":"AA"}"#,
            Code::ParametroInvalido,
            Some("device_credential_raw_id"),
            422,
        ),
        (
            br#"{"device_credential_id":"AAAA","device_credential_raw_id":"AAAA",
                "device_credential_client_data_json":"AA","device_credential_attestation_object":"AA",
                "device_credential_type":"password"}"#,
            Code::ParametroInvalido,
            Some("device_credential_type"),
            422,
        ),
        (b"{", Code::CorpoInvalido, None, 400),
        (b"[]", Code::CorpoInvalido, None, 400),
    ] {
        let step = issued.step(unreadable(body));
        let refusal = step.refusal.unwrap();
        assert_eq!((refusal.code(), refusal.member(), refusal.status()), (code, member, status));
        assert_eq!(step.state, issued.state);
    }
    let step = issued.registered(&issued.registration());
    assert_eq!((step.refusal, step.state.status()), (None, Status::Authorised));
}

#[test]
fn every_refusal_of_a_registration_rejects_and_spends() {
    type Change = fn(&mut Registration);
    let changes: [(Change, Code); 10] = [
        (|made| made.client_data.ceremony_type = "webauthn.get".into(), Code::ParametroInvalido),
        (|made| made.client_data.challenge = vec![0; 32], Code::ChallengeInvalido),
        (|made| made.client_data.origin = "https://evil.example".into(), Code::OrigemFidoInvalida),
        (|made| made.client_data.cross_origin = Some(true), Code::OrigemFidoInvalida),
        (|made| made.authenticator_data.rp_id_hash = [0; 32], Code::RpIdHashInvalido),
        (|made| made.authenticator_data.flags &= !4, Code::PublicKeyInvalida),
        (|made| *made = made.clone().with_credential_algorithm(-35), Code::PublicKeyInvalida),
        (|made| made.sent_credential_id = Some(vec![1; 16]), Code::ParametroInvalido),
        (|made| made.authenticator_data.trailing = vec![0], Code::ParametroInvalido),
        (
            |made| made.attestation = Registration::packed_basic("flow").attestation,
            Code::PublicKeyInvalida,
        ),
    ];
    for (number, (change, code)) in changes.into_iter().enumerate() {
        let issued = Followed::issued(V2_1);
        let mut registration = issued.registration();
        change(&mut registration);
        let step = issued.registered(&registration);
        let refusal = step.refusal.unwrap_or_else(|| panic!("{number} was accepted"));
        assert_eq!(refusal.code(), code, "{number}");
        let reason = CancellationReason::RejectionReason(RejectionReason::Fido);
        assert_eq!(step.state.cancellation().unwrap().reason, reason, "{number}");
        assert!(step.state.options().is_none());
    }
    // 2.2 has another word for the RP ID hash.
    let issued = Followed::issued(V2_2);
    let mut registration = issued.registration();
    registration.authenticator_data.rp_id_hash = [0; 32];
    let code = issued.registered(&registration).refusal.unwrap().code();
    assert_eq!(code, Code::RpInvalida);
    // An output of an extension that nobody asked for.
    let issued = Followed::issued(V2_1);
    let mut body = issued.registration().make().to_json();
    body["clientExtensionResults"]["credProps"] = serde_json::json!({ "rk": true });
    let response = RegistrationResponse::from_webauthn_json(
        body.to_string().as_bytes(),
        Base64Reading::Strict,
    );
    let event =
        Event::RegistrationSent { response: Box::new(response), form: WireForm::OpenFinance };
    let judging = issued.then(event);
    let event = Event::RegistrationJudged(Box::new(judging.outcome()));
    judging.refused(event, Code::ExtensionInvalida);
}

#[test]
fn a_credential_that_is_known_already_is_refused_and_rejects() {
    let judging = Followed::judging(V2_1);
    let event = Event::CredentialTaken(Box::new(judging.outcome()));
    let after = judging.refused(event, Code::PublicKeyInvalida);
    let reason = CancellationReason::RejectionReason(RejectionReason::Fido);
    assert_eq!(after.state.cancellation().unwrap().reason, reason);
    assert!(matches!(after.effects[..], [Effect::NotifyInitiator(_)]), "nothing is stored");
}

#[test]
fn an_outcome_counts_for_its_own_challenge_alone() {
    let first = Followed::judging(V2_1);
    let approved = Followed::approved(V2_1);
    let second = approved.then(Event::OptionsAsked(Box::new(ask_options("second"))));
    let second = second.then(second.registration_sent());
    let foreign = Event::RegistrationJudged(Box::new(second.outcome()));
    let after = first.refused(foreign, Code::ChallengeInvalido);
    assert_eq!(after.state, first.state);
}

#[test]
fn a_phone_has_to_answer_with_its_own_authenticator() {
    let ask = |platform| {
        let mut asked = ask_options("first");
        asked.platform = platform;
        Followed::approved(V2_1).then(Event::OptionsAsked(Box::new(asked)))
    };
    // The testkit's device says that it is a platform authenticator.
    for platform in [Platform::Android, Platform::Ios, Platform::Browser] {
        let issued = ask(platform);
        assert_eq!(issued.registered(&issued.registration()).refusal, None, "{platform:?}");
    }
    let issued = ask(Platform::CrossPlatform);
    let refusal = issued.registered(&issued.registration()).refusal.unwrap();
    assert_eq!(refusal.code(), Code::PublicKeyInvalida);
}

#[test]
fn one_challenge_too_many_ends_an_enrollment() {
    let mut followed = Followed::approved(V2_1);
    for number in 0..10 {
        let asked = ask_options(&format!("key {number}"));
        followed = followed.then(Event::OptionsAsked(Box::new(asked)));
    }
    let event = Event::OptionsAsked(Box::new(ask_options("key 10")));
    let after = followed.refused(event, Code::StatusVinculoInvalido);
    let reason = CancellationReason::RejectionReason(RejectionReason::MaximumChallenges);
    assert_eq!(after.state.cancellation().unwrap().reason, reason);
}

#[test]
fn a_challenge_ends_before_the_enrollment_where_that_was_asked() {
    let mut asked = ask_options("first");
    asked.preferences.registration_timeout = 60_000;
    let issued = Followed::approved(V2_1).then(Event::OptionsAsked(Box::new(asked)));
    let in_time = issued.later_millis(59_999);
    assert_eq!(in_time.registered(&issued.registration()).refusal, None);
    let late = issued.later_millis(60_000);
    let after = late.refused(issued.registration_sent(), Code::ChallengeInvalido);
    assert_eq!(after.state.status(), Status::Rejected);
}

#[test]
fn every_reason_of_the_initiator_ends_an_enrollment() {
    let ends = |before: Followed, kind: &str, word: &str| {
        let body = format!(
            r#"{{"data": {{"cancellation": {{
                "reason": {{"{kind}": "{word}"}},
                "cancelledBy": {{"document": {{"identification": "98765432100", "rel": "CPF"}}}},
                "additionalInformation": "motivo"
            }}}}}}"#
        );
        let event = Event::Cancelled(
            CancelRequest::from_open_finance(body.as_bytes(), before.state.version()).unwrap(),
        );
        let after = before.then(event);
        let shown = after.state.to_open_finance("bank");
        let cancellation = &shown["cancellation"];
        assert_eq!(cancellation["reason"][kind], word);
        assert_eq!(cancellation["cancelledFrom"], "INICIADORA");
        assert_eq!(cancellation["additionalInformation"], "motivo");
        assert_eq!(cancellation["cancelledBy"]["document"]["identification"], "98765432100");
        assert_eq!(cancellation["rejectedAt"], "2026-06-01T00:00:00Z");
        after.state.status()
    };
    for reason in RejectionReason::ALL {
        for make in [Followed::created, Followed::validating, Followed::issued] {
            assert_eq!(ends(make(V2_2), "rejectionReason", reason.as_str()), Status::Rejected);
        }
    }
    for reason in RevocationReason::ALL {
        let status = ends(Followed::authorised(V2_1), "revocationReason", reason.as_str());
        assert_eq!(status, Status::Revoked);
    }
}

#[test]
fn every_reason_of_the_holder_ends_an_enrollment() {
    for reason in RejectionReason::ALL.iter().copied() {
        let information = Some(FreeText::new("motivo"));
        let after = Followed::validating(V2_2).then(Event::HolderRejected { reason, information });
        let cancellation = after.state.cancellation().unwrap();
        assert_eq!(cancellation.reason, CancellationReason::RejectionReason(reason));
        assert_eq!(cancellation.cancelled_from, CancelledFrom::Detentora);
        let status = after.state.device_status().unwrap();
        let is_fault = reason == RejectionReason::Infrastructure;
        assert_eq!(status == DeviceStatus::Error, is_fault);
        assert_eq!(status == DeviceStatus::Failed, !is_fault);
    }
    for reason in RevocationReason::ALL.iter().copied() {
        let information = Some(FreeText::new("motivo"));
        let after = Followed::authorised(V2_1).then(Event::HolderRevoked { reason, information });
        let cancellation = after.state.cancellation().unwrap();
        assert_eq!(cancellation.reason, CancellationReason::RevocationReason(reason));
    }
    // The other reason needs a description from the holder too.
    let event = Event::HolderRejected { reason: RejectionReason::Other, information: None };
    Followed::validating(V2_1).refused(event, Code::RejeitadoOutroSemDetalhes);
    let event = Event::HolderRevoked { reason: RevocationReason::Other, information: None };
    Followed::authorised(V2_1).refused(event, Code::RevogadoOutroSemDetalhes);
    // 2.1 does not know the account of somebody else.
    let event = Event::HolderRejected { reason: RejectionReason::OtherHolder, information: None };
    let shown = Followed::validating(V2_1).then(event).state.to_open_finance("bank");
    assert_eq!(shown["cancellation"]["reason"]["rejectionReason"], "REJEITADO_OUTRO");
    assert_eq!(shown["cancellation"]["additionalInformation"], "Titularidade divergente");
    let body = br#"{"data": {"cancellation": {"reason": {"rejectionReason": "REJEITADO_TITULARIDADE_DIVERGENTE"}}}}"#;
    assert!(CancelRequest::from_open_finance(body, V2_2).is_ok());
    let refusal = CancelRequest::from_open_finance(body, V2_1).unwrap_err();
    assert_eq!(refusal.member(), Some("rejectionReason"));
}

#[test]
fn the_account_is_the_one_that_was_asked_for_and_has_to_be_usable() {
    let body = ZRO_BODY.replace(
        r#""permissions""#,
        r#""logged_user_bank_ispb": "12345678", "logged_user_branch_number": "1774",
           "logged_user_bank_account_number": "555", "logged_user_bank_account_type": "CACC",
           "permissions""#,
    );
    let request = CreateRequest::from_zro(body.as_bytes(), V2_1).unwrap();
    assert_eq!(request.debtor_account(), Some(&account("555")));
    let ids = [[1; 16], [2; 16]].map(device_enrollment::flow::Uuid4::from_random);
    let refusal =
        Enrollment::create(ids[0], ids[1], request.clone(), false, V2_1, NOW).unwrap_err();
    assert_eq!(refusal.code(), Code::ContaInvalida);
    let validating = Followed::of(request, V2_1).then(Event::RiskSignals(Ok(())));
    let event = Event::HolderApproved(Box::new(approval()));
    let after = validating.refused(event, Code::ContaInvalida);
    assert_eq!(after.state, validating.state);
    let mut same = approval();
    same.debtor_account = account("555");
    validating.then(Event::HolderApproved(Box::new(same)));
}

/// One member of a valid body, changed or left out, and what that is refused with.
#[test]
fn every_member_of_the_creation_is_read_strictly() {
    let valid: serde_json::Value = serde_json::json!({
        "client_redirect_url": "https://tpp.example/back",
        "participant_id": "0d0a8b2e",
        "logged_user_document": "98765432100",
        "logged_business_entity_document": "12345678000195",
        "permissions": ["PAYMENTS_INITIATE"],
        "name": "Celular da Ana",
        "logged_user_bank_ispb": "12345678",
        "logged_user_branch_number": "1774",
        "logged_user_bank_account_number": "555",
        "logged_user_bank_account_type": "SVGS",
        "is_linked": true,
        "link_id": "x",
    });
    let read =
        |body: &serde_json::Value| CreateRequest::from_zro(body.to_string().as_bytes(), V2_1);
    assert!(read(&valid).is_ok());
    for member in [
        "client_redirect_url",
        "participant_id",
        "logged_user_document",
        "permissions",
        "logged_user_bank_ispb",
        "logged_user_branch_number",
        "logged_user_bank_account_number",
        "logged_user_bank_account_type",
        "link_id",
    ] {
        let mut body = valid.clone();
        body.as_object_mut().unwrap().remove(member);
        assert_eq!(read(&body).unwrap_err(), Refusal::missing(member));
    }
    for (member, value) in [
        ("client_redirect_url", serde_json::json!("http://tpp.example")),
        ("client_redirect_url", serde_json::json!("javascript:alert(1)")),
        ("client_redirect_url", serde_json::json!("https:// tpp.example")),
        ("participant_id", serde_json::json!("")),
        ("logged_user_document", serde_json::json!("987.654.321-00")),
        ("logged_user_document", serde_json::json!(98_765_432_100_i64)),
        ("logged_user_document", serde_json::json!("12345678000195")),
        ("logged_business_entity_document", serde_json::json!("98765432100")),
        ("permissions", serde_json::json!("PAYMENTS_INITIATE")),
        ("name", serde_json::json!("x".repeat(141))),
        ("logged_user_bank_ispb", serde_json::json!("1234567")),
        ("logged_user_branch_number", serde_json::json!("12345")),
        ("logged_user_bank_account_number", serde_json::json!("555-X")),
        ("logged_user_bank_account_type", serde_json::json!("XXXX")),
        ("is_linked", serde_json::json!("true")),
        ("link_id", serde_json::json!("")),
    ] {
        let mut body = valid.clone();
        body[member] = value;
        assert_eq!(read(&body).unwrap_err(), Refusal::invalid(member));
    }
    let mut body = valid.clone();
    body["logged_user_bank_isbp"] = "12345678".into();
    assert_eq!(read(&body).unwrap_err().code(), Code::ParametroInvalido);
    for text in ["", "[]", "{\"a\":1,\"a\":2}", "{,}"] {
        let refusal = CreateRequest::from_zro(text.as_bytes(), V2_1).unwrap_err();
        assert_eq!((refusal.code(), refusal.status()), (Code::CorpoInvalido, 400), "{text}");
    }
}

#[test]
fn the_two_bodies_of_a_creation_ask_for_the_same() {
    let contract = br#"{"data": {
        "loggedUser": {"document": {"identification": "98765432100", "rel": "CPF"}},
        "businessEntity": {"document": {"identification": "12345678000195", "rel": "CNPJ"}},
        "permissions": ["PAYMENTS_INITIATE"],
        "debtorAccount": {"ispb": "12345678", "issuer": "1774", "number": "555", "accountType": "CACC"},
        "enrollmentName": "Celular da Ana"
    }}"#;
    let request = CreateRequest::from_open_finance(contract, V2_1).unwrap();
    assert_eq!(request.logged_user().digits(), "98765432100");
    assert_eq!(request.business_entity().unwrap().digits(), "12345678000195");
    assert_eq!(request.debtor_account(), Some(&account("555")));
    let text = String::from_utf8(contract.to_vec()).unwrap();
    for (from, to, member) in [
        (r#""rel": "CPF""#, r#""rel": "CNPJ""#, "rel"),
        (r#""accountType": "CACC""#, r#""accountType": "LOAN""#, "accountType"),
        ("98765432100", "9876543210", "identification"),
        (r#""issuer": "1774", "#, r#""issuer": "", "#, "issuer"),
    ] {
        let body = text.replacen(from, to, 1);
        let refusal = CreateRequest::from_open_finance(body.as_bytes(), V2_1).unwrap_err();
        assert_eq!(refusal, Refusal::invalid(member));
    }
}

#[test]
fn a_cancellation_is_read_strictly() {
    let read = |text: &str| CancelRequest::from_open_finance(text.as_bytes(), V2_1).unwrap_err();
    assert_eq!(read("{}"), Refusal::missing("data"));
    assert_eq!(read(r#"{"data": {}}"#), Refusal::missing("cancellation"));
    let both = r#"{"data": {"cancellation": {"reason": {"rejectionReason": "REJEITADO_MANUALMENTE", "revocationReason": "REVOGADO_MANUALMENTE"}}}}"#;
    assert_eq!(read(both), Refusal::invalid("reason"));
    let unknown = r#"{"data": {"cancellation": {"reason": {"revocationReason": "X"}}}}"#;
    assert_eq!(read(unknown), Refusal::invalid("revocationReason"));
    assert_eq!(
        RevokeRequest::from_zro(b"{}").unwrap_err(),
        Refusal::missing("logged_user_document")
    );
    let more = br#"{"logged_user_document": "98765432100", "reason": "x"}"#;
    assert_eq!(RevokeRequest::from_zro(more).unwrap_err().code(), Code::ParametroInvalido);
    // A blank description describes nothing.
    let blank = r#"{"data": {"cancellation": {"reason": {"rejectionReason": "REJEITADO_OUTRO"}, "additionalInformation": "  "}}}"#;
    Followed::created(V2_1).refused(cancel_body(blank), Code::RejeitadoOutroSemDetalhes);
}

#[test]
fn the_published_objects_show_an_enrollment() {
    let mut approval = approval();
    approval.terms.transaction_limit = Centavos::parse("1500.50");
    let approved = Followed::validating(V2_1).then(Event::HolderApproved(Box::new(approval)));
    let shown = approved.state.to_open_finance("bank");
    assert_eq!(shown["enrollmentId"], "urn:bank:01010101-0101-4101-8101-010101010101");
    assert_eq!(shown["status"], "AWAITING_ENROLLMENT");
    assert_eq!(shown["creationDateTime"], "2026-06-01T00:00:00Z");
    assert_eq!(shown["loggedUser"]["document"]["rel"], "CPF");
    assert_eq!(shown["debtorAccount"]["issuer"], "1774");
    assert_eq!(shown["transactionLimit"], "1500.50");
    assert_eq!(shown.get("dailyLimit"), None);
    assert_eq!(shown.get("expirationDateTime"), None);
    let shown = approved.state.to_zro();
    assert_eq!(shown["status"], "AWAITING_ENROLLMENT");
    assert_eq!(shown["logged_user_document"], "98765432100");
    assert_eq!(shown["created_at"], "2026-06-01T00:00:00.000Z");
    let device = Followed::authorised(V2_1).state.to_device();
    assert_eq!(
        device,
        serde_json::json!({
            "id": "02020202-0202-4202-8202-020202020202",
            "enrollment_id": "01010101-0101-4101-8101-010101010101",
            "status": "CREATED",
            "created_at": "2026-06-01T00:00:00.000Z",
        })
    );
    assert_eq!(Followed::revoking(V2_1).state.to_revocation()["status"], "PENDING_REVOKE");
    let revoked = Followed::revoked(V2_1).state.to_open_finance("bank");
    assert!(revoked.get("debtorAccount").is_some() && revoked.get("transactionLimit").is_none());
}

#[test]
fn statuses_have_three_renderings() {
    use DeviceStatus::{
        Created, Failed, WaitingCreation, WaitingCredentialsCreation, WaitingRiskSignal,
    };
    let expected = [
        (ZroStatus::AwaitingDeviceRiskSignals, Some(WaitingRiskSignal)),
        (ZroStatus::AwaitingAccountOwnerValidation, None),
        (ZroStatus::AwaitingEnrollment, Some(WaitingCredentialsCreation)),
        (ZroStatus::AwaitingDeviceRegistration, Some(WaitingCreation)),
        (ZroStatus::AwaitingDeviceRegistration, Some(WaitingCreation)),
        (ZroStatus::Authorized, Some(Created)),
        (ZroStatus::PendingRevoke, Some(Created)),
        (ZroStatus::Revoked, Some(Failed)),
        (ZroStatus::Rejected, Some(Failed)),
    ];
    for ((name, make), (zro, device)) in STATES.iter().zip(expected) {
        let state = make(V2_1).state;
        assert_eq!((state.zro_status(), state.device_status()), (zro, device), "{name}");
        assert!(name.contains(state.status().as_str()));
    }
    let waiting = Followed::authorised(V2_1).then(Event::SigningAsked);
    assert_eq!(waiting.state.device_status(), Some(DeviceStatus::WaitingSignIn));
    let signed_in = waiting.then(Event::SigningDone);
    assert_eq!(signed_in.state.device_status(), Some(DeviceStatus::SignedIn));
    assert_eq!((Status::ALL.len(), ZroStatus::ALL.len(), DeviceStatus::ALL.len()), (6, 11, 8));
}

#[test]
fn a_stored_enrollment_is_read_back_or_refused_by_name() {
    for (name, make) in STATES {
        let state = make(V2_2).state;
        let text = state.to_stored().unwrap();
        assert_eq!(Enrollment::from_stored(&text).unwrap(), state, "{name}");
        let later = text.replacen("\"version\":1", "\"version\":2", 1);
        assert!(matches!(Enrollment::from_stored(&later), Err(StoredError::Version { .. })));
    }
}

#[test]
fn nothing_personal_is_printed() {
    for make in [Followed::validating, Followed::issued, Followed::judging, Followed::authorised] {
        let followed = make(V2_1);
        let shown = format!("{:?} {:?}", followed.state, followed.effects);
        for secret in ["98765432100", "Ana Souza", "conta 7890", "1234567890", "tpp.example/back"] {
            assert!(!shown.contains(secret), "{secret}");
        }
        if let Some(options) = followed.state.options() {
            assert!(!shown.contains(&options.challenge().to_base64url()));
            let numbers = format!("{:?}", &options.challenge().as_bytes()[..4]);
            assert!(!shown.contains(numbers.trim_matches(['[', ']'])));
        }
    }
    let account = DebtorAccount::new("12345678", None, "1", "TRAN").unwrap();
    assert_eq!(format!("{account:?}"), "DebtorAccount(..)");
    for (name, happen) in EVENTS {
        let shown = format!("{:?}", happen());
        assert!(
            shown.trim_end_matches("(..)").bytes().all(|byte| byte.is_ascii_alphabetic()),
            "{name}"
        );
    }
    let payment = super::bank::Payment::issued(V2_1);
    let shown = format!("{:?}", payment.authorise());
    assert_eq!(shown, "AuthoriseSent(Authorise(01010101-0101-4101-8101-010101010101))");
}

#[test]
fn amounts_are_centavos_in_the_published_form() {
    for text in ["0.00", "0.01", "1234.50", "9999999999999999.99"] {
        assert_eq!(Centavos::parse(text).unwrap().to_string(), text);
    }
    for text in
        ["", "1", "1.5", "1.555", ".50", "1,50", "-1.00", "+1.00", "1e3.00", "99999999999999999.00"]
    {
        assert_eq!(Centavos::parse(text), None, "{text}");
    }
}

const MISSING_SIGNALS: &str =
    "Os sinais obrigatórios para a plataforma do usuário não foram enviados em sua totalidade.";

const UNREADABLE: &[u8] = br#"{"device_credential_id":"+/8=","device_credential_raw_id":"+/8=",
    "device_credential_client_data_json":"AA","device_credential_attestation_object":"AA"}"#;

/// Waiting for the person, for an account that was named.
fn with_account() -> Followed {
    let body = ZRO_BODY.replace(
        r#""permissions""#,
        r#""logged_user_bank_ispb": "12345678", "logged_user_branch_number": "1774",
           "logged_user_bank_account_number": "555", "logged_user_bank_account_type": "CACC",
           "permissions""#,
    );
    let request = CreateRequest::from_zro(body.as_bytes(), V2_1).unwrap();
    Followed::of(request, V2_1).then(Event::RiskSignals(Ok(())))
}

/// What these machines raise, in the words of the contract's tables.
#[test]
fn refusals_have_the_published_words_of_their_table() {
    let last = |followed: &Followed, event| followed.step(event).refusal.unwrap();
    let final_ = Followed::rejected(V2_1);
    let rows: Vec<(Refusal, Operation, &str, &str)> = vec![
        (
            last(&Followed::created(V2_1), cancel("{}")),
            Operation::CancelEnrollment,
            "Motivo de rejeição não especificado.",
            "A rejeição do vínculo de conta deve estar associada a um motivo de rejeição.",
        ),
        (
            last(&Followed::authorised(V2_1), cancel("{}")),
            Operation::CancelEnrollment,
            "Motivo de revogação não especificado.",
            "A revogação do vínculo de conta deve estar associada a um motivo de revogação.",
        ),
        (
            last(&final_, cancel(REJECTION)),
            Operation::CancelEnrollment,
            "Status inválido.",
            "O status do vínculo de conta não permite cancelamento.",
        ),
        (
            last(&final_, EVENTS[18].1()),
            Operation::CancelEnrollment,
            "Status inválido.",
            "O status do vínculo de conta não permite cancelamento.",
        ),
        (
            last(&Followed::created(V2_1), EVENTS[18].1()),
            Operation::CancelEnrollment,
            "O campo additionalInformation é obrigatório.",
            "O uso do motivo REJEITADO_OUTRO, deve estar acompanhado de descrição (additionalInformation).",
        ),
        (
            last(&Followed::authorised(V2_1), EVENTS[19].1()),
            Operation::CancelEnrollment,
            "O campo additionalInformation é obrigatório.",
            "O uso do motivo REVOGADO_OUTRO deve estar acompanhado de descrição (additionalInformation)",
        ),
        (
            last(&final_, Event::RiskSignals(Ok(()))),
            Operation::RiskSignals,
            "Status do vínculo de conta inválido.",
            "O status do vínculo de conta é incompatível com a operação.",
        ),
        (
            last(&final_, EVENTS[7].1()),
            Operation::RegistrationOptions,
            "Status do vínculo de conta inválido.",
            "O status do vínculo de conta é tal que não permite o registro de nova credencial.",
        ),
        (
            last(&Followed::approved(V2_1), EVENTS[9].1()),
            Operation::RegistrationOptions,
            "Relying party inválida.",
            "O identificador da Relying Party informado não pode ser verificado.",
        ),
        (
            last(&final_, EVENTS[10].1()),
            Operation::Registration,
            "Status inválido do vínculo de conta.",
            "O status do vínculo de conta é tal que não permite o registro de nova credencial.",
        ),
        (
            last(&Followed::approved(V2_1), EVENTS[10].1()),
            Operation::Registration,
            "Challenge inválido.",
            "O campo response.clientDataJSON.challenge possui valor codificado diferente do valor gerado pelo servidor.",
        ),
        (
            last(&Followed::judging(V2_1), refused_registration()),
            Operation::Registration,
            "\"Origin\" não pode ser verificada.",
            "O valor contido no campo response.clientDataJSON.origin não pode ser verificado.",
        ),
        (
            last(&Followed::judging(V2_1), EVENTS[14].1()),
            Operation::Registration,
            "Chave pública inválida.",
            "A chave pública enviada é incompatível com as definições do servidor FIDO2.",
        ),
        (
            last(&Followed::issued(V2_1), unreadable(UNREADABLE)),
            Operation::Registration,
            "Parâmetro inválido.",
            "Parâmetro device_credential_id não obedece as regras de formatação esperadas.",
        ),
        (
            Followed::issued(V2_1).refusal_of(|made| {
                made.authenticator_data.rp_id_hash = [0; 32];
            }),
            Operation::Registration,
            "\"RpIdHash\" não pode ser verificado.",
            "O valor contido no campo response.attestationObject.authData.rpIdHash não pode ser verificado.",
        ),
        (
            Followed::issued(V2_1).refusal_of(|made| {
                let outputs = cbor::Value::Map(vec![(cbor::text("hmac-secret"), true.into())]);
                made.authenticator_data.extensions = Some(outputs);
                made.authenticator_data.flags |= 0x80;
            }),
            Operation::Registration,
            "Extensões inválidas.",
            "As extensões extraídas são incompatíveis com as diretrizes de segurança do servidor FIDO2.",
        ),
        (
            last(&Followed::issued(V2_1), {
                let mut asked = ask_options("first");
                asked.platform = Platform::Ios;
                Event::OptionsAsked(Box::new(asked))
            }),
            Operation::RegistrationOptions,
            "Erro idempotência.",
            "Conteúdo da mensagem (claim data) diverge do conteúdo associado a esta chave de idempotência (x-idempotency-key).",
        ),
        (
            last(&Followed::validating(V2_1), EVENTS[1].1()),
            Operation::RiskSignals,
            "Status do vínculo de conta inválido.",
            "O status do vínculo de conta é incompatível com a operação.",
        ),
        (
            last(&Followed::created(V2_1), {
                let code = Code::FaltamSinaisObrigatoriosDaPlataforma;
                Event::RiskSignals(Err(Refusal::plain(code)))
            }),
            Operation::RiskSignals,
            MISSING_SIGNALS,
            MISSING_SIGNALS,
        ),
        (
            CreateRequest::from_zro(
                ZRO_BODY.replace("PAYMENTS_INITIATE", "ACCOUNTS_READ").as_bytes(),
                V2_1,
            )
            .unwrap_err(),
            Operation::CreateEnrollment,
            "Permissões inválidas.",
            "As permissões associadas ao vínculo de conta não contêm \"PAYMENTS_INITIATE\" ou contêm valores não suportados para esta operação.",
        ),
        (
            last(&with_account(), Event::HolderApproved(Box::new(approval()))),
            Operation::CreateEnrollment,
            "Conta inválida.",
            "A conta informada inexiste ou não é compatível com o fluxo de não-redirecionamento.",
        ),
        (
            last(&Followed::created(V2_1), missing_signal()),
            Operation::RiskSignals,
            "Parâmetro não informado.",
            "Parâmetro deviceId obrigatório não informado.",
        ),
    ];
    for (refusal, operation, title, detail) in rows {
        let body = refusal.body(Language::PtBr, UnixMillis(0));
        assert_eq!(
            (body.errors[0].title.as_str(), body.errors[0].detail.as_str()),
            (title, detail)
        );
        assert!(operation.codes(V2_1).contains(&refusal.code()), "{refusal}");
        let english = refusal.body(Language::EnUs, UnixMillis(0));
        assert_ne!(english.errors[0].title, title);
    }
}

#[test]
fn the_page_about_the_flow_is_what_the_code_does() {
    let mut page = String::from(
        "# The flow of an enrollment\n\nWritten from the code by `UPDATE_DOCS=1 cargo test --test flows the_page`. Each row \
         is an event in a state: XX The rows\nare of contract \
         2.1; where 2.2 differs, it says so.\n\nBefore any event: an enrollment that waited for 5 minutes for risk signals, 15 for \
         the person or 5 for the credential is\n`REJECTED`, one past its agreed end `REVOKED`, and the event is \
         judged on that.\n",
    );
    page.push_str("\n## Statuses\n\n| state | Open Finance Brasil | enrollment | device enrollment |\n|---|---|---|---|\n");
    for (name, make) in STATES {
        let state = make(V2_1).state;
        let device =
            state.device_status().map_or("-".to_owned(), |device| format!("`{}`", device.as_str()));
        let (status, zro) = (state.status().as_str(), state.zro_status().as_str());
        writeln!(page, "| {name} | `{status}` | `{zro}` | {device} |").unwrap();
    }
    page.push_str("\n## Enrollment\n");
    for (name, make) in STATES {
        write!(
            page,
            "\n### {name}\n\n| event | state after | refusal, and effects |\n|---|---|---|\n"
        )
        .unwrap();
        for (event, happen) in EVENTS {
            let first = outcome(&make(V2_1), happen());
            let later = outcome(&make(V2_2), happen());
            let more = match first == later {
                true => String::new(),
                false => format!("; 2.2: {}", later[1]),
            };
            writeln!(page, "| {event} | {} | {}{more} |", first[0], first[1]).unwrap();
        }
    }
    page.push_str("\n## Consent\n");
    for (name, make) in consent::STATES {
        let payment = make();
        write!(
            page,
            "\n### {name}\n\n| event | state after | refusal, and effects |\n|---|---|---|\n"
        )
        .unwrap();
        for (event, happen) in consent::EVENTS {
            let [state, answer] = consent::outcome(&payment.state, &payment, happen(&payment));
            writeln!(page, "| {event} | {state} | {answer} |").unwrap();
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/enrollment-flow.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == page,
        "docs/enrollment-flow.md is out of date: run UPDATE_DOCS=1 cargo test --test flows the_page"
    );
}

fn outcome(before: &Followed, event: Event) -> [String; 2] {
    let step = before.step(event);
    let state = match step.state == before.state {
        true => "unchanged".to_owned(),
        false => place(&step.state),
    };
    let refusal = step.refusal.map(|refusal| format!("`{}`", refusal.code().as_str()));
    let effects = step.effects.iter().map(|one| effect(one).to_owned());
    let answer = refusal.into_iter().chain(effects).collect::<Vec<_>>().join(", ");
    [state, answer]
}

fn place(enrollment: &Enrollment) -> String {
    let stored: serde_json::Value = serde_json::from_str(&enrollment.to_stored().unwrap()).unwrap();
    let stage = &stored["state"]["stage"];
    let more = match enrollment.cancellation().map(|cancellation| cancellation.reason) {
        Some(CancellationReason::RejectionReason(reason)) => format!(", `{}`", reason.as_str()),
        Some(CancellationReason::RevocationReason(reason)) => format!(", `{}`", reason.as_str()),
        None => match (stage["binding"]["binding"].as_str(), stage["revocation"].is_object()) {
            (Some("issued"), _) => ", options issued".to_owned(),
            (Some("judging"), _) => ", registration being judged".to_owned(),
            (_, true) => ", revocation asked".to_owned(),
            _ => match enrollment.device_status() {
                Some(DeviceStatus::WaitingSignIn) => ", `WAITING_SIGN_IN`".to_owned(),
                Some(DeviceStatus::SignedIn) => ", `SIGNED_IN`".to_owned(),
                _ => String::new(),
            },
        },
    };
    format!("`{}`{more}", enrollment.status().as_str())
}

const fn effect(effect: &Effect) -> &'static str {
    match effect {
        Effect::AskAccountHolder => "ask the person",
        Effect::JudgeRegistration(_) => "judge the registration",
        Effect::StoreCredential(_) => "store the credential",
        Effect::RevokeCredential(_) => "revoke the credential",
        Effect::CompleteRevocation => "complete the revocation",
        Effect::NotifyInitiator(_) => "notify the initiator",
        _ => "?",
    }
}
