//! A TED that is approved by the enrolled device: real keys, real assertions.

use device_enrollment::flow::{DocumentNumber, Stored};
use device_enrollment::two_factor::{
    BoundCredential, CallerFault, PublishedCode, RelyingParty, SignOptions, Transfer,
    TransferEffect, TransferEvent, TransferRefusal,
};
use device_enrollment::verdict::CheckId;
use device_enrollment::webauthn::Origin;
use device_enrollment::{Policy, TrustStore, UnixMillis, Verdict, Verifier};
use device_enrollment_testkit::authenticator_data::flag;
use device_enrollment_testkit::{Assertion, RP_ID, Registration};

use crate::fixtures::{DEVICE, NOW, SESSION, entropy, uuid};
use crate::transfer::BOUND;
use crate::transfer_fixtures::{
    Desk, FIVE_MINUTES, OTHER_TED, TED, after, approve, by_device, facts, sign,
};

fn failed_check(verdict: &Verdict) -> Option<CheckId> {
    verdict.failure.as_ref().map(|failure| failure.check)
}

/// Judges an assertion that was changed, and tells the transfer.
fn answer(
    desk: &Desk,
    transfer: Transfer,
    options: &SignOptions,
    change: impl FnOnce(&mut Assertion),
) -> (Result<Transfer, (Transfer, TransferRefusal)>, Option<CheckId>) {
    let (transfer, check) = desk.present(transfer, NOW);
    let mut assertion = desk.assertion(options);
    change(&mut assertion);
    let (verdict, evaluation) = desk.judge(check, &assertion, NOW);
    let failed = failed_check(&verdict);
    let event = TransferEvent::AssertionEvaluated(evaluation);
    let told = transfer.apply(event, desk.context(), NOW).accepted();
    (told.map(|(transfer, _)| transfer), failed)
}

#[test]
fn the_phone_approves_and_the_empty_body_hands_over() {
    let desk = Desk::new();
    let transfer = desk.awaiting_device();
    // Before that, the empty body approves nothing and changes nothing.
    let (transfer, refusal) = desk.refused(transfer, approve(""), NOW);
    assert_eq!(refusal.code(), PublishedCode::TransferTokenIncorrect);
    assert_eq!(transfer, desk.awaiting_device());

    let (transfer, options) = desk.options(transfer, "options", NOW);
    let (transfer, check) = desk.present(transfer, NOW);
    let mut assertion = desk.assertion(&options);
    assertion.authenticator_data.sign_count = 7;
    let (_, evaluation) = desk.judge(check, &assertion, NOW);
    let event = TransferEvent::AssertionEvaluated(evaluation);
    let (transfer, effects) = desk.accepted(transfer, event, NOW);
    match &effects[..] {
        [TransferEffect::StoreSignCount(approval)] => {
            assert_eq!((approval.ted_key, approval.device_key), (uuid(TED), uuid(DEVICE)));
            assert_eq!((approval.stored_sign_count, approval.sign_count), (0, 7));
            assert_eq!(approval.credential_id, desk.credential().record.id);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(transfer.device_key(), Some(uuid(DEVICE)));
    assert_eq!(transfer.session_id(), Some(uuid(SESSION)));
    let (handed, effects) = desk.accepted(transfer, approve(""), NOW);
    assert!(matches!(&effects[..], [TransferEffect::HandToRail(order)] if order == handed.order()));
    let (_, refusal) = desk.refused(handed, approve(""), NOW);
    assert_eq!(refusal.code(), PublishedCode::TransferNotPending);
}

#[test]
fn options_are_those_of_the_recommendation() {
    let desk = Desk::new();
    let (_, options) = desk.options(desk.awaiting_device(), "options", NOW);
    let json = serde_json::to_value(&options).unwrap();
    let id = sign(&desk.assertion(&options)).to_webauthn_json()["id"].clone();
    let challenge = json["challenge"].as_str().unwrap();
    assert_eq!(challenge.len(), 43, "32 bytes");
    assert_eq!(
        json,
        serde_json::json!({
            "challenge": challenge,
            "timeout": 300_000,
            "rpId": RP_ID,
            "allowCredentials": [{"type": "public-key", "id": id}],
            "userVerification": "required",
        }),
    );
    assert!(!format!("{options:?}").contains(challenge));
    let (_, other) = desk.options(desk.awaiting_device(), "other options", NOW);
    assert_ne!(options, other, "a fresh nonce each time");
}

/// One thing is wrong with an assertion that would approve.
#[test]
fn an_assertion_that_is_not_right_counts_and_leaves_the_transfer_waiting() {
    type Change = fn(&mut Assertion);
    let changes: [(CheckId, Change); 6] = [
        (CheckId::X7, |assertion| {
            assertion.authenticator_data.flags &= !flag::USER_VERIFIED;
        }),
        (CheckId::X6, |assertion| {
            assertion.authenticator_data.flags &= !flag::USER_PRESENT;
        }),
        (CheckId::Cd3, |assertion| assertion.client_data.origin = "https://evil.example".into()),
        (CheckId::Cd7, |assertion| {
            assertion.client_data.challenge_text = Some("A".repeat(43));
        }),
        (CheckId::As3, |assertion| {
            assertion.credential_key = Registration::none("another phone").credential_key.clone();
        }),
        (CheckId::As1, |assertion| assertion.credential_id[0] ^= 1),
    ];
    for (check, change) in changes {
        let desk = Desk::new();
        let (transfer, options) = desk.options(desk.awaiting_device(), "options", NOW);
        let (told, failed) = answer(&desk, transfer, &options, change);
        assert_eq!(failed, Some(check));
        let (transfer, refusal) = told.unwrap_err();
        assert_eq!(refusal.code(), PublishedCode::TransferTokenIncorrect);
        assert_eq!(transfer.state_name(), "awaiting_device");
        // The challenge is spent, and so is one of five attempts.
        let (transfer, refusal) = desk.refused(transfer, TransferEvent::AssertionPresented, NOW);
        assert_eq!(refusal.code(), PublishedCode::TransferTokenIncorrect);
        assert!(transfer.to_stored().unwrap().contains(r#""attempts":1"#));
    }
}

/// User verification is required of an approval even where a policy does not ask for it.
#[test]
fn no_policy_waives_user_verification() {
    let mut desk = Desk::new();
    let mut policy = Policy::webauthn();
    policy.user_verification = device_enrollment::Rule::NotJudged;
    desk.verifier = Verifier::new(policy, TrustStore::empty());
    let (transfer, options) = desk.options(desk.awaiting_device(), "options", NOW);
    let (told, _) = answer(&desk, transfer, &options, |assertion| {
        assertion.authenticator_data.flags &= !flag::USER_VERIFIED;
    });
    let (_, refusal) = told.unwrap_err();
    assert_eq!(refusal.code(), PublishedCode::TransferTokenIncorrect);
}

#[test]
fn the_fifth_assertion_that_fails_rejects_the_transfer() {
    let desk = Desk::new();
    let mut transfer = desk.awaiting_device();
    for attempt in 1..=5 {
        let (waiting, options) = desk.options(transfer, &format!("options {attempt}"), NOW);
        let (told, _) =
            answer(&desk, waiting, &options, |assertion| assertion.credential_id[0] ^= 1);
        let (after, refusal) = told.unwrap_err();
        let expected = if attempt < 5 {
            PublishedCode::TransferTokenIncorrect
        } else {
            PublishedCode::TransferAttemptsExceeded
        };
        assert_eq!(refusal.code(), expected);
        assert_eq!(refusal.rejected().is_some(), attempt == 5);
        transfer = after;
    }
    assert_eq!(transfer.state_name(), "rejected");
    let credentials = [desk.credential()];
    let event = TransferEvent::SignOptions {
        credentials: &credentials,
        relying_party: &desk.relying_party,
        entropy: entropy("sixth"),
    };
    let (_, refusal) = desk.refused(transfer, event, NOW);
    assert_eq!(refusal.code(), PublishedCode::TransferAttemptsExceeded);
}

#[test]
fn everything_ends_five_minutes_after_the_options() {
    let desk = Desk::new();
    let (issued, options) = desk.options(desk.awaiting_device(), "options", NOW);
    let late = desk.refused(issued.clone(), TransferEvent::AssertionPresented, after(FIVE_MINUTES));
    assert_eq!(late.1.code(), PublishedCode::TransferTokenExpired);
    assert!(late.0.to_stored().unwrap().contains(r#""attempts":0"#));
    // The challenge is spent by that.
    let (_, refusal) = desk.refused(late.0, TransferEvent::AssertionPresented, NOW);
    assert_eq!(refusal.code(), PublishedCode::TransferTokenIncorrect);

    let last = after(FIVE_MINUTES - 1);
    let (presented, check) = desk.present(issued, last);
    let (_, evaluation) = desk.judge(check, &desk.assertion(&options), last);
    let event = TransferEvent::AssertionEvaluated(evaluation);
    let (approved, _) = desk.accepted(presented, event, last);
    let (same, refusal) = desk.refused(approved.clone(), approve(""), after(FIVE_MINUTES));
    assert_eq!(refusal.code(), PublishedCode::TransferTokenExpired);
    assert_eq!(same, approved);
    desk.accepted(approved, approve(""), last);
}

#[test]
fn an_assertion_is_good_once() {
    let desk = Desk::new();
    let (transfer, options) = desk.options(desk.awaiting_device(), "options", NOW);
    let assertion = desk.assertion(&options);
    let (told, _) = answer(&desk, transfer, &options, |_| {});
    let approved = told.unwrap();
    let (approved, refusal) = desk.refused(approved, TransferEvent::AssertionPresented, NOW);
    assert_eq!(refusal.code(), PublishedCode::TransferTokenIncorrect);
    // Nor does it answer the next challenge of the same transfer, which voids the approval too.
    let (transfer, _) = desk.options(approved, "next options", NOW);
    let (transfer, refusal) = desk.refused(transfer, approve(""), NOW);
    assert_eq!(refusal.code(), PublishedCode::TransferTokenIncorrect);
    let (transfer, check) = desk.present(transfer, NOW);
    let (verdict, evaluation) = desk.judge(check, &assertion, NOW);
    assert_eq!(failed_check(&verdict), Some(CheckId::Cd7));
    let event = TransferEvent::AssertionEvaluated(evaluation);
    let (_, refusal) = desk.refused(transfer, event, NOW);
    assert_eq!(refusal.code(), PublishedCode::TransferTokenIncorrect);
}

#[test]
fn new_options_void_an_assertion_that_is_being_judged() {
    let desk = Desk::new();
    let (transfer, options) = desk.options(desk.awaiting_device(), "options", NOW);
    let (transfer, check) = desk.present(transfer, NOW);
    let (_, evaluation) = desk.judge(check, &desk.assertion(&options), NOW);
    assert!(evaluation.is_approval());
    let (transfer, _) = desk.options(transfer, "next options", NOW);
    let event = TransferEvent::AssertionEvaluated(evaluation);
    let (transfer, refusal) = desk.refused(transfer, event, NOW);
    assert_eq!(refusal.code(), PublishedCode::TransferTokenIncorrect);
    let (_, refusal) = desk.refused(transfer, approve(""), NOW);
    assert_eq!(refusal.code(), PublishedCode::TransferTokenIncorrect);
}

#[test]
fn an_assertion_for_an_earlier_challenge_does_not_pass_for_the_one_being_judged() {
    let desk = Desk::new();
    let (transfer, first) = desk.options(desk.awaiting_device(), "first options", NOW);
    let (transfer, first_check) = desk.present(transfer, NOW);
    let (transfer, second) = desk.options(transfer, "second options", NOW);
    let (transfer, second_check) = desk.present(transfer, NOW);
    let (_, evaluation) = desk.judge(first_check, &desk.assertion(&first), NOW);
    assert!(evaluation.is_approval());
    let event = TransferEvent::AssertionEvaluated(evaluation);
    let (same, refusal) = desk.refused(transfer.clone(), event, NOW);
    assert_eq!(refusal.code(), PublishedCode::TransferTokenIncorrect);
    assert_eq!(same, transfer);
    let (_, evaluation) = desk.judge(second_check, &desk.assertion(&second), NOW);
    let event = TransferEvent::AssertionEvaluated(evaluation);
    let (approved, _) = desk.accepted(same, event, NOW);
    desk.accepted(approved, approve(""), NOW);
}

/// The stored transfer is changed in one place between the options and the assertion: what the
/// phone signed is not what would be paid.
#[test]
fn an_assertion_for_one_transfer_approves_no_other() {
    let desk = Desk::new();
    let (issued, options) = desk.options(desk.awaiting_device(), "options", NOW);
    let stored = issued.to_stored().unwrap();
    let (told, _) = answer(&desk, issued, &options, |_| {});
    told.unwrap();
    let other_device = "2db36e1a-68a1-4d7b-9f4d-6d3b60e2c0d2";
    let (deadline, later) =
        (after(FIVE_MINUTES).0.to_string(), after(FIVE_MINUTES + 1).0.to_string());
    let more = [(DEVICE, other_device), (deadline.as_str(), later.as_str())];
    for (found, changed) in BOUND.into_iter().chain(more) {
        assert!(stored.contains(found), "{found} is not in {stored}");
        let other = Transfer::from_stored(&stored.replacen(found, changed, 1)).unwrap();
        let (other, check) = desk.present(other, NOW);
        // The phone's credential, bound to what the transfer says now: the challenge alone tells.
        let mut credential = desk.credential();
        credential.account_key = other.order().account_key;
        credential.approver = other.order().approver.clone();
        credential.device_key = other.device_key().unwrap();
        let (verdict, evaluation) = check.evaluate(
            &sign(&desk.assertion(&options)),
            &[credential],
            &desk.relying_party,
            &desk.verifier,
            NOW,
        );
        assert_eq!(failed_check(&verdict), Some(CheckId::Cd7), "{found}");
        assert!(!evaluation.is_approval());
        let event = TransferEvent::AssertionEvaluated(evaluation);
        let (_, refusal) = desk.refused(other, event, NOW);
        assert_eq!(refusal.code(), PublishedCode::TransferTokenIncorrect);
    }
    // A transfer that is like it in everything but its key and its time.
    let (other, _) = desk.request_as(OTHER_TED, &by_device(), facts()).unwrap();
    let (other, _) = desk.options(other, "options", NOW);
    let (other, check) = desk.present(other, NOW);
    let (verdict, evaluation) = desk.judge(check, &desk.assertion(&options), NOW);
    assert_eq!(failed_check(&verdict), Some(CheckId::Cd7));
    let event = TransferEvent::AssertionEvaluated(evaluation);
    desk.refused(other, event, NOW);
}

/// The credential of the account, approver and device, and of no other.
#[test]
fn only_the_bound_credential_approves() {
    type Change = fn(&mut BoundCredential);
    let changes: [Change; 3] = [
        |credential| credential.account_key = uuid(OTHER_TED),
        |credential| credential.approver = DocumentNumber::person("12345678901").unwrap(),
        |credential| credential.device_key = uuid(SESSION),
    ];
    let desk = Desk::new();
    for change in changes {
        let mut credential = desk.credential();
        change(&mut credential);
        let credentials = [credential];
        let event = TransferEvent::SignOptions {
            credentials: &credentials,
            relying_party: &desk.relying_party,
            entropy: entropy("options"),
        };
        let (_, refusal) = desk.refused(desk.awaiting_device(), event, NOW);
        assert_eq!(refusal.code(), PublishedCode::DeviceNotFound);

        let (transfer, options) = desk.options(desk.awaiting_device(), "options", NOW);
        let (_, check) = desk.present(transfer, NOW);
        let response = sign(&desk.assertion(&options));
        let (verdict, evaluation) =
            check.evaluate(&response, &credentials, &desk.relying_party, &desk.verifier, NOW);
        assert_eq!(failed_check(&verdict), Some(CheckId::As1));
        assert!(!evaluation.is_approval());
    }
}

#[test]
fn another_relying_party_is_not_ours() {
    let desk = Desk::new();
    let (transfer, options) = desk.options(desk.awaiting_device(), "options", NOW);
    let judged = |relying_party: RelyingParty| {
        let (_, check) = desk.present(transfer.clone(), NOW);
        let response = sign(&desk.assertion(&options));
        let credentials = [desk.credential()];
        let (verdict, _) =
            check.evaluate(&response, &credentials, &relying_party, &desk.verifier, NOW);
        failed_check(&verdict)
    };
    let origin = |text| vec![Origin::parse(text).unwrap()];
    assert_eq!(judged(desk.relying_party.clone()), None);
    assert_eq!(
        judged(RelyingParty::new("other.example", origin("https://bank.example"))),
        Some(CheckId::Rp1),
    );
    assert_eq!(
        judged(RelyingParty::new(RP_ID, origin("https://other.example"))),
        Some(CheckId::Cd3),
    );
}

#[test]
fn a_device_that_is_not_active_any_more_approves_nothing() {
    let desk = Desk::new();
    let approved = desk.approved_by_device();
    let TransferEvent::Approve { request, spent, .. } = approve("") else {
        panic!("another event");
    };
    let event = TransferEvent::Approve { request, spent, device_active: false };
    let (same, refusal) = desk.refused(approved.clone(), event, NOW);
    assert_eq!(refusal.code(), PublishedCode::TransferTokenIncorrect);
    assert_eq!(same, approved);
}

#[test]
fn an_evaluation_for_another_transfer_is_the_callers_fault() {
    let desk = Desk::new();
    let (transfer, options) = desk.options(desk.awaiting_device(), "options", NOW);
    let (_, check) = desk.present(transfer, NOW);
    let (_, evaluation) = desk.judge(check, &desk.assertion(&options), NOW);
    let (other, _) = desk.request_as(OTHER_TED, &by_device(), facts()).unwrap();
    let (other, _) = desk.options(other, "options", NOW);
    let (other, _) = desk.present(other, NOW);
    let event = TransferEvent::AssertionEvaluated(evaluation);
    let (other, refusal) = desk.refused(other, event, NOW);
    assert_eq!(refusal.caller_fault(), Some(CallerFault::Foreign));
    let (_, refusal) = desk.refused(other, approve(""), NOW);
    assert_eq!(refusal.code(), PublishedCode::TransferTokenIncorrect);
}

/// A process that goes down between counting and judging has spent the attempt; five of those reject
/// the transfer once the last challenge is over.
#[test]
fn an_attempt_whose_process_went_down_is_spent() {
    let desk = Desk::new();
    let mut transfer = desk.awaiting_device();
    for attempt in 0..5 {
        let (waiting, _) = desk.options(transfer, &format!("options {attempt}"), NOW);
        transfer = desk.present(waiting, NOW).0;
    }
    let credentials = [desk.credential()];
    let options = |now: UnixMillis| {
        let event = TransferEvent::SignOptions {
            credentials: &credentials,
            relying_party: &desk.relying_party,
            entropy: entropy("sixth"),
        };
        desk.refused(transfer.clone(), event, now)
    };
    let (waiting, refusal) = options(after(FIVE_MINUTES - 1));
    assert_eq!(refusal.code(), PublishedCode::TransferAttemptsExceeded);
    assert_eq!((waiting.state_name(), refusal.rejected()), ("awaiting_device", None));
    let (rejected, refusal) = options(after(FIVE_MINUTES));
    assert_eq!(refusal.code(), PublishedCode::TransferAttemptsExceeded);
    assert_eq!(refusal.rejected(), rejected.view().as_ref());
    assert_eq!(rejected.state_name(), "rejected");
}

#[test]
fn nothing_of_a_challenge_or_a_person_is_printed() {
    let desk = Desk::new();
    let (transfer, options) = desk.options(desk.awaiting_device(), "options", NOW);
    let (presented, check) = desk.present(transfer.clone(), NOW);
    let printed = format!("{transfer:?} {presented:?} {check:?} {options:?}");
    let (_, evaluation) = desk.judge(check, &desk.assertion(&options), NOW);
    let printed = format!("{printed} {evaluation:?}");
    let stored: serde_json::Value = serde_json::from_str(&transfer.to_stored().unwrap()).unwrap();
    let nonce = stored["state"]["state"]["awaiting_device"]["stage"]["issued"]["nonce"].to_string();
    let json = serde_json::to_value(&options).unwrap();
    for secret in [&nonce[1..nonce.len() - 1], json["challenge"].as_str().unwrap(), "Padaria"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}
