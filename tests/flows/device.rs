//! The registration of a device, request by request.

use std::collections::BTreeSet;

use device_enrollment::flow::Stored as _;
use device_enrollment::two_factor::{
    AccountFacts, AccountStanding, AnalysisStatus, CapRefusal, Caps, Channel, Contacts, Device,
    DeviceEffect, DeviceEvent, DeviceRefusal, DeviceRequest, DeviceStatus, PublishedCode,
    PublishedError, RequestFacts, RequesterFacts, ResendRequest, Spent, ValidateRequest,
};

use crate::catalogue::{self, DEVICE as ROWS};
use crate::fixtures::*;

/// Every row of the page raised through the API, and compared with the page.
#[test]
fn every_published_row_is_raised() {
    let bank = Bank::new();
    let sms = body(&tfa_info("sms"));
    let raised_by = |facts: RequestFacts, body: &str| bank.request(body, facts).unwrap_err();
    let account = |standing, is_hub| Some(AccountFacts { standing, is_hub });
    let (device, code) = bank.pending();
    let mut raised = vec![
        raised_by(facts(), "{}"),
        raised_by(RequestFacts { account: None, ..facts() }, &sms),
        raised_by(
            RequestFacts { account: account(AccountStanding::Blocked, false), ..facts() },
            &sms,
        ),
        raised_by(RequestFacts { account: account(AccountStanding::Open, true), ..facts() }, &sms),
        raised_by(RequestFacts { approver: None, ..facts() }, &sms),
        raised_by(facts(), &format!(r#"{{"device_key":"{DEVICE}","session_id":"{SESSION}"}}"#)),
        raised_by(facts(), &sms.replace(SESSION, "none")),
        raised_by(RequestFacts { requester: None, ..facts() }, &sms),
        raised_by(
            RequestFacts {
                requester: Some(RequesterFacts { may_create_devices: false }),
                ..facts()
            },
            &sms,
        ),
        bank.refused(device.clone(), DeviceEvent::DeliveryFailed { number: 1 }, NOW).1,
        Device::find(Some(open_account()), None).unwrap_err(),
        bank.validate(device.clone(), &wrong(&code), NOW).unwrap_err().1,
    ];
    raised.push(locked(&bank).1);
    let raised: BTreeSet<String> = raised
        .into_iter()
        .map(|refusal| {
            let error = PublishedError::new(refusal.code());
            let row = ROWS.iter().find(|row| row.1 == refusal.code().as_str()).unwrap();
            assert_eq!(error.status(), row.0);
            assert_eq!(serde_json::to_value(&error).unwrap(), catalogue::body(*row));
            error.code().to_string()
        })
        .collect();
    let published: BTreeSet<String> = ROWS.iter().map(|row| row.1.to_owned()).collect();
    assert_eq!(raised, published);
}

/// A device after five wrong codes, and what the fifth was answered.
fn locked(bank: &Bank) -> (Device, DeviceRefusal) {
    let (mut device, code) = bank.pending();
    for _ in 0..4 {
        let refusal;
        (device, refusal) = bank.validate(device, &wrong(&code), NOW).unwrap_err();
        assert_eq!(refusal, DeviceRefusal::CodeIncorrect);
        assert_eq!(device.status(), Some(DeviceStatus::Pending));
    }
    bank.validate(device, &wrong(&code), NOW).unwrap_err()
}

/// Everything is wrong at first, and is put right one by one in the published order.
#[test]
fn a_request_is_judged_in_the_published_order() {
    let bank = Bank { caps: Caps { codes_per_approver: 0, ..no_caps() }, ..Bank::new() };
    let mut facts = RequestFacts {
        account_key: uuid(ACCOUNT),
        account: None,
        requester: None,
        approver: None,
        device_key_used: true,
        spent: Spent::default(),
    };
    let mut body = r#"{"device_key":"none","session_id":"none"}"#.to_owned();
    let judged = |bank: &Bank, facts: &RequestFacts, body: &str| {
        bank.request(body, facts.clone()).map(|_| ()).unwrap_err()
    };
    assert_eq!(judged(&bank, &facts, "{}"), DeviceRefusal::Schema);
    assert_eq!(judged(&bank, &facts, &body), DeviceRefusal::AccountNotFound);
    facts.account = Some(AccountFacts { standing: AccountStanding::Closed, is_hub: true });
    assert_eq!(judged(&bank, &facts, &body), DeviceRefusal::AccountBlockedOrClosed);
    facts.account = Some(AccountFacts { standing: AccountStanding::Open, is_hub: true });
    assert_eq!(judged(&bank, &facts, &body), DeviceRefusal::HubAccount);
    facts.account = Some(open_account());
    assert_eq!(judged(&bank, &facts, &body), DeviceRefusal::RequesterNotConfigured);
    facts.requester = Some(RequesterFacts { may_create_devices: false });
    assert_eq!(judged(&bank, &facts, &body), DeviceRefusal::RequesterNotAllowed);
    facts.requester = Some(RequesterFacts { may_create_devices: true });
    assert_eq!(judged(&bank, &facts, &body), DeviceRefusal::TfaInfoMissing);
    body = crate::fixtures::body(&tfa_info("sms")).replace(DEVICE, "none");
    assert_eq!(judged(&bank, &facts, &body), DeviceRefusal::InvalidUuid);
    body = crate::fixtures::body(&tfa_info("sms")).replace(SESSION, "none");
    assert_eq!(judged(&bank, &facts, &body), DeviceRefusal::InvalidUuid);
    body = crate::fixtures::body(&tfa_info("sms"));
    assert_eq!(judged(&bank, &facts, &body), DeviceRefusal::DeviceKeyUsed);
    facts.device_key_used = false;
    assert_eq!(judged(&bank, &facts, &body), DeviceRefusal::NotAnApprover);
    facts.approver = Some(Contacts::default());
    let cap = DeviceRefusal::Cap(CapRefusal::CodesOfApprover);
    assert_eq!(judged(&bank, &facts, &body), cap);
    let bank = Bank::new();
    assert_eq!(judged(&bank, &facts, &body), DeviceRefusal::NoContact(Channel::Sms));
    facts.approver = Some(contacts());
    assert!(bank.request(&body, facts).is_ok());
}

#[test]
fn a_body_that_does_not_fit_is_a_schema_error() {
    let sms = body(&tfa_info("sms"));
    let liveness = liveness_body();
    for accepted in [&sms, &body(&tfa_info("email")), &liveness] {
        assert!(DeviceRequest::parse(accepted.as_bytes()).is_ok());
    }
    let image = format!(r#","image_key":"{IMAGE}""#);
    for refused in [
        "".to_owned(),
        "[]".to_owned(),
        sms.replace("}}", "},}"),
        sms.replace("}}", "}}x"),
        sms.replace("session_id", "session"),
        sms.replace(r#""tfa_info""#, r#""device_key":"x","tfa_info""#),
        sms.replace(r#""tfa_info""#, r#""more":1,"tfa_info""#),
        sms.replace(r#""contact_type""#, r#""more":1,"contact_type""#),
        sms.replace(r#""contact_type""#, r#""contact_type":"sms","contact_type""#),
        sms.replace(&format!("\"{DEVICE}\""), "1"),
        sms.replace(&format!("\"{APPROVER}\""), APPROVER),
        sms.replace(APPROVER, "9876543210"),
        sms.replace(APPROVER, "987.654.321"),
        sms.replace(r#""sms""#, r#""SMS""#),
        sms.replace(r#""sms""#, r#""device""#),
        sms.replace(r#""sms""#, "null"),
        sms.replace("}}", &format!("{image}}}}}")),
        body("null"),
        body("[]"),
        body("{}"),
        liveness.replace(&image, ""),
        liveness.replace(IMAGE, "short"),
    ] {
        let refusal = DeviceRequest::parse(refused.as_bytes()).unwrap_err();
        assert_eq!(refusal, DeviceRefusal::Schema, "{refused}");
    }
    let token = |body: &str| ValidateRequest::parse(body.as_bytes()).map(|_| ());
    assert_eq!(token(r#"{"token":"329adf"}"#), Ok(()));
    for refused in [
        "",
        "{}",
        r#"{"token":null}"#,
        r#"{"token":329123}"#,
        r#"{"token":"32912"}"#,
        r#"{"token":"3291234"}"#,
        r#"{"token":"32-123"}"#,
        r#"{"token":"329adf","token":"329adf"}"#,
        r#"{"token":"329adf","more":1}"#,
    ] {
        assert_eq!(token(refused), Err(DeviceRefusal::Schema), "{refused}");
    }
    let resend =
        |body: &str| ResendRequest::parse(body.as_bytes()).map(|request| request.contact_type);
    assert_eq!(resend(""), Ok(None));
    assert_eq!(resend("{}"), Ok(None));
    assert_eq!(resend(r#"{"contact_type":"email"}"#), Ok(Some(Channel::Email)));
    for refused in
        [r#"{"contact_type":"liveness"}"#, r#"{"contact_type":null}"#, r#"{"more":1}"#, "null"]
    {
        assert_eq!(resend(refused), Err(DeviceRefusal::Schema), "{refused}");
    }
}

#[test]
fn what_exists_is_found_behind_its_account() {
    let (device, _) = Bank::new().pending();
    let found = |account| Device::find(account, Some(device.clone())).map(|_| ());
    assert_eq!(found(None), Err(DeviceRefusal::AccountNotFound));
    let blocked = AccountFacts { standing: AccountStanding::Blocked, is_hub: true };
    assert_eq!(found(Some(blocked)), Err(DeviceRefusal::AccountBlockedOrClosed));
    let hub = AccountFacts { standing: AccountStanding::Open, is_hub: true };
    assert_eq!(found(Some(hub)), Err(DeviceRefusal::HubAccount));
    assert_eq!(found(Some(open_account())), Ok(()));
    let missing = Device::find(Some(open_account()), None);
    assert_eq!(missing.unwrap_err(), DeviceRefusal::DeviceNotFound);
}

#[test]
fn the_right_code_activates_and_every_page_says_so_in_its_words() {
    let bank = Bank::new();
    let (device, code) = bank.pending();
    let answer = |device: &Device| serde_json::to_value(device.registration_answer()).unwrap();
    let expected = |status: &str| {
        serde_json::json!({
            "device_key": DEVICE,
            "device_status": status,
            "created_at": "2024-12-22T20:30:23.459Z",
        })
    };
    assert_eq!(answer(&device), expected("pending_2fa_approval"));
    let device = bank.validate(device, &code, NOW.plus_millis(1000)).unwrap();
    assert_eq!(answer(&device), expected("created"));

    // A second success does not exist.
    let attempt = || DeviceEvent::Attempt { spent: Spent::default() };
    let (device, refusal) = bank.refused(device, attempt(), NOW);
    assert_eq!(refusal, DeviceRefusal::NothingToValidate);

    let (device, effects) =
        device.apply(DeviceEvent::Disable, bank.context(), NOW).accepted().unwrap();
    assert!(matches!(
        &effects[..],
        [DeviceEffect::RevokeCredentials { account_key, approver, device_key }]
            if *account_key == uuid(ACCOUNT)
                && approver.digits() == APPROVER
                && *device_key == uuid(DEVICE)
    ));
    assert_eq!(serde_json::to_value(device.disabling_answer()).unwrap(), expected("disabled"),);
    let (_, refusal) = bank.refused(device, DeviceEvent::Disable, NOW);
    assert_eq!(refusal.code(), PublishedCode::DeviceNotFound);
}

#[test]
fn a_status_has_three_published_renderings() {
    let rendered = DeviceStatus::ALL
        .map(|status| [status.on_registration(), status.on_disabling(), status.on_query()]);
    assert_eq!(
        rendered,
        [
            ["pending_2fa_approval", "pending", "not_registered"],
            ["created", "active", "registered"],
            ["pending_2fa_approval", "pending", "not_registered"],
            ["disabled", "disabled", "deactivated"],
        ]
    );
}

#[test]
fn a_query_tells_the_whole_history() {
    let bank = Bank::new();
    let (device, code) = bank.pending();
    let device = bank.validate(device, &code, NOW.plus_millis(1000)).unwrap();
    let analysed = DeviceEvent::Analysed {
        status: AnalysisStatus::AutomaticallyApproved,
        reason: Some("known device".to_owned()),
        reason_description: None,
    };
    let device = bank.moved(device, analysed, NOW.plus_millis(2000));
    let (device, _) = device
        .apply(DeviceEvent::Disable, bank.context(), NOW.plus_millis(3000))
        .accepted()
        .unwrap();
    assert_eq!(
        serde_json::to_value(device.view()).unwrap(),
        serde_json::json!({
            "device_key": DEVICE,
            "session_id": SESSION,
            "analysis_status": "automatically_approved",
            "status": "deactivated",
            "device_registration_data": {
                "device_key": DEVICE,
                "session_id": SESSION,
                "document_number": APPROVER,
                "registration_date": "2024-12-22T20:30:24.459Z",
                "face_recognition_key": null,
            },
            "analysis_status_events": [{
                "new_analisys_status": "automatically_approved",
                "reason": "known device",
                "reason_description": null,
                "event_date": "2024-12-22T20:30:25.459Z",
            }],
            "status_events": [
                {"new_status": "not_registered", "event_date": "2024-12-22T20:30:23.459Z"},
                {"new_status": "registered", "event_date": "2024-12-22T20:30:24.459Z"},
                {"new_status": "deactivated", "event_date": "2024-12-22T20:30:26.459Z"},
            ],
            "registration_date": "2024-12-22T20:30:24.459Z",
            "created_at": "2024-12-22T20:30:23.459Z",
        })
    );
}

#[test]
fn upper_case_keys_are_kept_in_lower_case() {
    let upper = body(&tfa_info("sms"))
        .replace(SESSION, &SESSION.to_uppercase())
        .replace(DEVICE, &DEVICE.to_uppercase());
    let (device, _) = Bank::new().request(&upper, facts()).unwrap();
    let view = serde_json::to_value(device.view()).unwrap();
    assert_eq!((&view["session_id"], &view["device_key"]), (&SESSION.into(), &DEVICE.into()));
}

#[test]
fn the_fifth_wrong_code_locks_and_the_right_one_comes_too_late() {
    let bank = Bank::new();
    let (device, refusal) = locked(&bank);
    assert_eq!(refusal.code(), PublishedCode::DeviceAttemptsExceeded);
    assert_eq!(device.status(), Some(DeviceStatus::Locked));
    let answer = device.registration_answer().unwrap();
    assert_eq!(answer.device_status, "pending_2fa_approval");
    let refusal = bank.attempt(device.clone(), NOW).unwrap_err().1;
    assert_eq!(refusal.code(), PublishedCode::DeviceAttemptsExceeded);
    let refusal = bank.resend(device.clone(), "{}", "resend", NOW).unwrap_err().1;
    assert_eq!(refusal.code(), PublishedCode::DeviceAttemptsExceeded);
    let (device, _) = device.apply(DeviceEvent::Disable, bank.context(), NOW).accepted().unwrap();
    assert_eq!(device.status(), Some(DeviceStatus::Disabled));
}

#[test]
fn the_fifth_code_may_be_the_right_one() {
    let bank = Bank::new();
    let (mut device, code) = bank.pending();
    for _ in 0..4 {
        device = bank.validate(device, &wrong(&code), NOW).unwrap_err().0;
    }
    let device = bank.validate(device, &code, NOW).unwrap();
    assert_eq!(device.status(), Some(DeviceStatus::Active));
}

#[test]
fn an_expired_code_is_refused_and_not_counted() {
    let bank = Bank::new();
    let (device, code) = bank.pending();
    let end = NOW.plus_minutes(5);
    assert_eq!(device.code_expires_at(), Some(end));
    let (device, refusal) = bank.validate(device, &code, end).unwrap_err();
    assert_eq!(refusal, DeviceRefusal::CodeExpired);
    assert_eq!(refusal.code().as_str(), "OBD0000100");
    assert_eq!(device.attempts(), Some(0));
    // One millisecond earlier it would have done.
    assert!(bank.validate(device, &code, end.plus_millis(-1)).is_ok());
}

#[test]
fn an_attempt_that_was_counted_in_time_may_be_compared_after_the_deadline() {
    let bank = Bank::new();
    let (device, code) = bank.pending();
    let (device, check) = bank.attempt(device, NOW.plus_minutes(5).plus_millis(-1)).unwrap();
    let evaluation = check.evaluate(&code, &bank.keys);
    let device = bank.evaluated(device, evaluation, NOW.plus_minutes(6)).unwrap();
    assert_eq!(device.status(), Some(DeviceStatus::Active));
}

#[test]
fn a_resend_goes_to_another_channel_keeps_the_count_and_restarts_the_clock() {
    let bank = Bank::new();
    let (device, first) = bank.pending();
    let device = bank.validate(device, &wrong(&first), NOW).unwrap_err().0;
    let later = NOW.plus_minutes(4);
    let (device, (channel, second, number)) =
        bank.resend(device, r#"{"contact_type":"email"}"#, "resend", later).unwrap();
    assert_eq!((channel, number), (Channel::Email, 2));
    assert_ne!(first.expose(), second.expose());
    assert_eq!(device.attempts(), Some(1));
    assert_eq!(device.code_expires_at(), Some(later.plus_minutes(5)));
    let answer = device.registration_answer().unwrap();
    assert_eq!(answer.device_status, "pending_2fa_approval");
    // The first code is void, and trying it is counted.
    let (device, refusal) = bank.validate(device, &first, later).unwrap_err();
    assert_eq!(refusal, DeviceRefusal::CodeIncorrect);
    assert_eq!(device.attempts(), Some(2));
    let device = bank.validate(device, &second, later.plus_minutes(4)).unwrap();
    assert_eq!(device.status(), Some(DeviceStatus::Active));
}

#[test]
fn a_resend_without_a_channel_uses_that_of_the_request() {
    let bank = Bank::new();
    let (device, _) = bank.pending();
    let (device, sent) = bank.resend(device, r#"{"contact_type":"email"}"#, "one", NOW).unwrap();
    assert_eq!(sent.0, Channel::Email);
    for body in ["", "{}"] {
        let (_, sent) = bank.resend(device.clone(), body, "two", NOW).unwrap();
        assert_eq!(sent.0, Channel::Sms);
    }
}

#[test]
fn a_first_code_that_is_not_delivered_drops_the_device() {
    let bank = Bank::new();
    let (device, _) = bank.pending();
    let step = device.apply(DeviceEvent::DeliveryFailed { number: 1 }, bank.context(), NOW);
    assert_eq!(step.refusal.map(|refusal| refusal.code().as_str()), Some("OBD000097"));
    assert!(matches!(step.effects[..], [DeviceEffect::Drop]));
    assert_eq!(step.state.status(), None);
    assert!(step.state.view().is_none() && step.state.registration_answer().is_none());
}

#[test]
fn a_resend_that_is_not_delivered_gives_the_code_before_back() {
    let bank = Bank::new();
    let (device, first) = bank.pending();
    let later = NOW.plus_minutes(1);
    let (device, (_, second, number)) = bank.resend(device, "{}", "resend", later).unwrap();
    let (device, refusal) = bank.refused(device, DeviceEvent::DeliveryFailed { number }, later);
    assert_eq!(refusal, DeviceRefusal::NotDelivered);
    // With its own deadline and its own channel.
    assert_eq!(device.code_expires_at(), Some(NOW.plus_minutes(5)));
    let refused = bank.validate(device.clone(), &second, later).unwrap_err();
    assert_eq!(refused.1, DeviceRefusal::CodeIncorrect);
    assert!(bank.validate(device, &first, later).is_ok());
}

#[test]
fn reports_of_deliveries_may_come_late_and_in_any_order() {
    let bank = Bank::new();
    let (device, first) = bank.pending();
    let (device, (_, second, two)) = bank.resend(device, "{}", "two", NOW).unwrap();
    let (device, (_, third, three)) = bank.resend(device, "{}", "three", NOW).unwrap();
    // The second failed, which does not undo the third.
    let (device, _) = bank.refused(device, DeviceEvent::DeliveryFailed { number: two }, NOW);
    assert!(bank.validate(device.clone(), &third, NOW).is_ok());
    // The third failed as well: the first was replaced, and the second never came.
    let (device, _) = bank.refused(device, DeviceEvent::DeliveryFailed { number: three }, NOW);
    for code in [&first, &second] {
        assert!(bank.validate(device.clone(), code, NOW).is_err());
    }
    assert_eq!(device.status(), Some(DeviceStatus::Pending));
    let (device, (_, fourth, _)) = bank.resend(device, "{}", "four", NOW).unwrap();
    assert!(bank.validate(device, &fourth, NOW).is_ok());
}

#[test]
fn once_delivered_a_new_code_cannot_be_undone() {
    let bank = Bank::new();
    let (device, first) = bank.pending();
    let (device, (_, _, number)) = bank.resend(device, "{}", "two", NOW).unwrap();
    let device = bank.moved(device, DeviceEvent::Delivered { number }, NOW);
    let (device, _) = bank.refused(device, DeviceEvent::DeliveryFailed { number }, NOW);
    assert_eq!(device.status(), Some(DeviceStatus::Pending));
    assert!(bank.validate(device, &first, NOW).is_err());
}

#[test]
fn a_failure_that_is_reported_after_the_delivery_changes_nothing() {
    let bank = Bank::new();
    let (device, code) = bank.pending();
    let device = bank.moved(device, DeviceEvent::Delivered { number: 1 }, NOW);
    let (device, _) = bank.refused(device, DeviceEvent::DeliveryFailed { number: 1 }, NOW);
    assert_eq!(device.status(), Some(DeviceStatus::Pending));
    // Nor after a resend that failed has brought the delivered code back.
    let (device, (_, _, number)) = bank.resend(device, "{}", "two", NOW).unwrap();
    let (device, _) = bank.refused(device, DeviceEvent::DeliveryFailed { number }, NOW);
    let (device, _) = bank.refused(device, DeviceEvent::DeliveryFailed { number: 1 }, NOW);
    assert!(bank.validate(device, &code, NOW).is_ok());
}

#[test]
fn caps_stand_before_the_count_and_answer_429() {
    let bank = Bank { caps: Caps::default(), ..Bank::new() };
    let (device, _) = bank.pending();
    let spent = Spent { attempts_of_approver: 10, ..Spent::default() };
    let (device, refusal) = bank.refused(device, DeviceEvent::Attempt { spent }, NOW);
    assert_eq!(refusal, DeviceRefusal::Cap(CapRefusal::AttemptsOfApprover));
    assert_eq!(refusal.code().status(), 429);
    assert_eq!(device.attempts(), Some(0));

    let (device, _) = bank.resend(device, "{}", "one", NOW).unwrap();
    let (device, refusal) = bank.resend(device, "{}", "two", NOW).unwrap_err();
    assert_eq!(refusal, DeviceRefusal::Cap(CapRefusal::ResendTooSoon));
    let later = NOW.plus_millis(30_000);
    assert!(bank.resend(device, "{}", "two", later).is_ok());

    let no_email = Bank { caps: Caps { email_allowed: false, ..no_caps() }, ..Bank::new() };
    let refusal = no_email.request(&body(&tfa_info("email")), facts()).unwrap_err();
    assert_eq!(refusal.code(), PublishedCode::ContactTypeNotAllowed);
}

#[test]
fn a_contact_that_is_missing_is_a_code_that_cannot_be_sent() {
    let bank = Bank::new();
    let phone_only = Contacts { email: None, ..contacts() };
    let asked = RequestFacts { approver: Some(phone_only), ..facts() };
    let refusal = bank.request(&body(&tfa_info("email")), asked).unwrap_err();
    assert_eq!(refusal, DeviceRefusal::NoContact(Channel::Email));
    assert_eq!(refusal.code().as_str(), "OBD000097");
}

#[test]
fn an_attempt_that_a_crash_left_open_is_spent() {
    let bank = Bank::new();
    let (mut device, code) = bank.pending();
    for _ in 0..5 {
        let (counted, check) = bank.attempt(device, NOW).unwrap();
        drop(check);
        device = Device::from_stored(&counted.to_stored().unwrap()).unwrap();
    }
    // Nobody is locked out while the last answer may still come.
    let (device, refusal) = bank.validate(device, &code, NOW).unwrap_err();
    assert_eq!(refusal, DeviceRefusal::AttemptsSpent);
    assert_eq!(device.status(), Some(DeviceStatus::Pending));
    assert_eq!(device.at(NOW.plus_minutes(5)).status(), Some(DeviceStatus::Locked));
}

#[test]
fn a_stored_device_comes_back_as_it_was() {
    let bank = Bank::new();
    let (device, code) = bank.pending();
    let active = bank.validate(device.clone(), &code, NOW).unwrap();
    for device in [device, active, bank.awaiting_liveness(), locked(&bank).0] {
        let stored = device.to_stored().unwrap();
        assert!(!stored.contains(code.expose()));
        assert_eq!(Device::from_stored(&stored), Ok(device));
    }
}

#[test]
fn nothing_personal_or_secret_prints() {
    let bank = Bank::new();
    let asked = RequestFacts { approver: Some(contacts()), ..facts() };
    let (device, effects) = bank.request(&body(&tfa_info("sms")), asked.clone()).unwrap();
    let mut printed = format!("{device:?} {effects:?} {asked:?} {:?}", device.view());
    let (_, code, _) = sent(effects);
    let (liveness, effects) = bank.request(&liveness_body(), facts()).unwrap();
    printed.push_str(&format!("{liveness:?} {effects:?}"));
    printed.push_str(&format!("{:?}", DeviceRequest::parse(liveness_body().as_bytes())));
    let typed = format!(r#"{{"token":"{}"}}"#, code.expose());
    printed.push_str(&format!("{:?}", ValidateRequest::parse(typed.as_bytes())));
    let analysed = DeviceEvent::Analysed {
        status: AnalysisStatus::AutomaticallyReproved,
        reason: Some("canary".to_owned()),
        reason_description: Some("canary".to_owned()),
    };
    printed.push_str(&format!("{analysed:?}"));
    printed.push_str(&format!("{:?}", bank.moved(device.clone(), analysed, NOW)));
    let (_, check) = bank.attempt(device, NOW).unwrap();
    printed.push_str(&format!("{check:?}"));
    let resend = DeviceEvent::Resend {
        request: ResendRequest { contact_type: None },
        contacts: contacts(),
        spent: Spent::default(),
        entropy: entropy("resend"),
    };
    printed.push_str(&format!("{resend:?}"));
    for secret in [code.expose(), APPROVER, PHONE, EMAIL, IMAGE, "canary"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}

#[test]
fn the_code_of_one_device_does_not_activate_another() {
    let bank = Bank::new();
    let (one, code) = bank.pending();
    let other_key = "44444444-4444-4444-8444-444444444444";
    let (other, effects) =
        bank.request(&body(&tfa_info("sms")).replace(DEVICE, other_key), facts()).unwrap();
    // The same random bytes: both devices wait for the same six characters.
    assert_eq!(sent(effects).1.expose(), code.expose());
    let (_, check) = bank.attempt(one, NOW).unwrap();
    let matched = check.evaluate(&code, &bank.keys);
    let (other, _) = bank.attempt(other, NOW).unwrap();
    let (other, refusal) = bank.evaluated(other, matched, NOW).unwrap_err();
    assert_eq!(refusal, DeviceRefusal::ForeignEvaluation);
    assert_eq!(other.status(), Some(DeviceStatus::Pending));
}
