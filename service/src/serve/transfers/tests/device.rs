//! Approval by the enrolled device. The registration is made by a real key and judged by the
//! service's verifier; device and credential are put where the routes of devices and enrollments put
//! theirs.

use device_enrollment_testkit::Registration;

use super::*;
use crate::serve::storage::{Change, CommitError};

on_both_engines!(
    a_transfer_is_approved_by_the_device,
    a_challenge_is_for_one_transfer_and_one_use,
    five_failed_assertions_reject,
    an_approval_is_over_after_five_minutes,
    a_session_has_to_be_that_of_an_active_device_of_the_approver,
    a_device_without_its_credential_signs_nothing,
    of_two_assertions_over_one_counter_one_counts,
);

fn a_transfer_is_approved_by_the_device(engine: Engine) {
    let bank = Bank::open(engine);
    bank.enroll();
    let ted_key = bank.by_device();
    // Nothing was sent, and nobody has signed.
    assert!(bank.outside.messages.lock().unwrap().is_empty());
    is(&bank.validate(&ted_key, "{}"), 400, "TED000084");
    is(&bank.token(&ted_key, "329123"), 400, "QIT000001");
    is(&bank.resend(&ted_key, ""), 400, "QIT000001");

    let options = bank.options(&ted_key);
    assert_eq!(options.status, 200, "{}", options.body);
    let options = options.json();
    assert_eq!(options["userVerification"], "required");
    assert_eq!(options["allowCredentials"].as_array().unwrap().len(), 1);
    is(&bank.assert(&ted_key, &bank.assertion(&options)), 202, "pending_2fa_approval");
    is(&bank.validate(&ted_key, ""), 201, "sent");
    assert_eq!(bank.outside.orders(), 1);
    is(&bank.validate(&ted_key, "{}"), 404, "TED000086");
    is(&bank.options(&ted_key), 404, "TED000086");
}

fn a_challenge_is_for_one_transfer_and_one_use(engine: Engine) {
    let bank = Bank::open(engine);
    bank.enroll();
    let (one, other) = (bank.by_device(), bank.by_device());
    let options = bank.options(&one).json();
    let _ = bank.options(&other).json();
    // For another transfer.
    is(&bank.assert(&other, &bank.assertion(&options)), 400, "TED000084");
    is(&bank.validate(&other, "{}"), 400, "TED000084");
    // Void by the next one.
    let next = bank.options(&one).json();
    assert_ne!(next["challenge"], options["challenge"]);
    is(&bank.assert(&one, &bank.assertion(&options)), 400, "TED000084");
    // Spent by that.
    is(&bank.assert(&one, &bank.assertion(&next)), 400, "TED000084");
    let last = bank.options(&one).json();
    is(&bank.assert(&one, &bank.assertion(&last)), 202, "pending_2fa_approval");
    is(&bank.validate(&one, "{}"), 201, "sent");
}

fn five_failed_assertions_reject(engine: Engine) {
    let bank = Bank::open(engine);
    bank.enroll();
    let ted_key = bank.by_device();
    for attempt in 1..=5 {
        let mut assertion = bank.assertion(&bank.options(&ted_key).json());
        assertion.client_data.challenge_text = Some("AAAA".repeat(10));
        let answer = bank.assert(&ted_key, &assertion);
        if attempt < 5 {
            is(&answer, 400, "TED000084");
        } else {
            is(&answer, 400, "TED000082");
            assert_eq!(answer.json()["extra_fields"]["ted_data"]["ted_status"], "rejected");
        }
    }
    is(&bank.options(&ted_key), 400, "TED000082");
    is(&bank.query(&ted_key), 200, "rejected");
}

fn an_approval_is_over_after_five_minutes(engine: Engine) {
    let mut bank = Bank::open(engine);
    bank.enroll();
    let ted_key = bank.by_device();
    let options = bank.options(&ted_key).json();
    is(&bank.assert(&ted_key, &bank.assertion(&options)), 202, "pending_2fa_approval");
    bank.restarted_after(5);
    is(&bank.validate(&ted_key, "{}"), 400, "TED000083");
    let options = bank.options(&ted_key).json();
    bank.restarted_after(5);
    is(&bank.assert(&ted_key, &bank.assertion(&options)), 400, "TED000083");
}

fn a_session_has_to_be_that_of_an_active_device_of_the_approver(engine: Engine) {
    let bank = Bank::open(engine);
    is(&bank.perform(&device()), 404, "OBD000100");
    bank.enroll();
    let unknown = json!({
        "approver_document_number": APPROVER, "contact_type": "device",
        "session_id": "0f7c1c5e-57ab-4b8e-8d7e-1f2a3b4c5d6f",
    });
    is(&bank.perform(&unknown), 404, "OBD000100");
    // In whatever case it is written.
    let upper = json!({
        "approver_document_number": APPROVER, "contact_type": "device",
        "session_id": SESSION.to_uppercase(),
    });
    is(&bank.perform(&upper), 202, "pending_2fa_approval");
}

fn a_device_without_its_credential_signs_nothing(engine: Engine) {
    let bank = Bank::open(engine);
    bank.enroll();
    let phone = Registration::none("another phone");
    let (device_key, session) =
        ("2db36e1a-68a1-4d7b-9f4d-6d3b60e2c0d2", "0f7c1c5e-57ab-4b8e-8d7e-1f2a3b4c5d70");
    bank.enroll_as(device_key, session, &phone);
    let ted_key = bank.by_device();
    let options = bank.options(&ted_key).json();
    // Another device of the same approver.
    let mut assertion = device_enrollment_testkit::Assertion::of(&phone);
    assertion.client_data.challenge_text = Some(options["challenge"].as_str().unwrap().to_owned());
    is(&bank.assert(&ted_key, &assertion), 400, "TED000084");
    // Revoked between the options and the signature.
    let options = bank.options(&ted_key).json();
    let now = bank.runtime.block_on(bank.app.storage.now()).unwrap();
    bank.commit(vec![Change::revoke_credentials_of_device(ACCOUNT, DEVICE, "lost", now)]);
    is(&bank.assert(&ted_key, &bank.assertion(&options)), 400, "TED000084");
    is(&bank.options(&ted_key), 404, "OBD000100");
}

fn of_two_assertions_over_one_counter_one_counts(engine: Engine) {
    let bank = Bank::open(engine);
    bank.enroll();
    let (one, other) = (bank.by_device(), bank.by_device());
    let sign = |ted_key: &str| {
        let mut assertion = bank.assertion(&bank.options(ted_key).json());
        assertion.authenticator_data.sign_count = 7;
        assertion
    };
    let (first, second) = (sign(&one), sign(&other));
    is(&bank.assert(&one, &first), 202, "pending_2fa_approval");
    is(&bank.assert(&other, &second), 400, "TED000084");
    let stored = bank.app.storage.credentials_of_device(ACCOUNT, DEVICE);
    let stored = bank.runtime.block_on(stored).unwrap();
    assert_eq!(stored[0].sign_count, 7);
    let lost = bank.app.storage.commit(vec![Change::drop_transfer(&one, 1)]);
    assert!(matches!(bank.runtime.block_on(lost), Err(CommitError::Lost(_))));
}
