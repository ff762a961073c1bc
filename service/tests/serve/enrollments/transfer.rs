//! The whole way of a transfer by documented requests alone: a device is registered by its code, a
//! credential is enrolled and bound to it, the credential approves the transfer, and the bank's core
//! tells what became of it.

use super::*;

crate::bank::on_both_engines!(
    a_credential_that_was_enrolled_approves_a_transfer,
    a_device_that_is_disabled_approves_nothing,
    a_device_whose_enrollment_was_revoked_approves_nothing,
);

const SESSION: &str = "fd90a11e-ddee-4e69-b7d8-0fc3ddd4da46";
const TRANSACTION: &str = "46804f32-101e-4702-8fbc-c2dbc4c2caec";

/// A device of the account with a credential of this seed.
pub(crate) fn enrolled(bank: &Bank, seed: &str) -> (String, Registration) {
    let (device_key, _, registration) = enrolled_with(bank, seed, SESSION);
    (device_key, registration)
}

/// The same in a session, with its enrollment.
fn enrolled_with(bank: &Bank, seed: &str, session: &str) -> (String, Ids, Registration) {
    let (device_key, base) = (uuid(), format!("/account/{ACCOUNT}/device"));
    let requested = json!({
        "device_key": device_key, "session_id": session,
        "tfa_info": {"approver_document_number": APPROVER, "contact_type": "sms"}
    });
    assert_eq!(bank.world.ask("POST", &base, &requested).status, 202);
    let token = json!({"token": bank.world.gateway.code()});
    let answer = bank.world.ask("PUT", &format!("{base}/{device_key}/validate"), &token);
    assert_eq!(answer.status, 201, "{}", answer.body);
    let ids = bank.asked();
    let confirmed = with(approval(), "device_key", json!(device_key));
    assert_eq!(bank.confirm(&ids.id, &confirmed).status, 200);
    let registration = bank.registration(&ids, seed);
    let answer = bank.register(&ids, &credential(&registration));
    assert_eq!(answer.status, 201, "{}", answer.body);
    (device_key, ids, registration)
}

/// A transfer that waits for the device.
pub(crate) fn requested(bank: &Bank) -> String {
    requested_with(bank, SESSION)
}

fn requested_with(bank: &Bank, session: &str) -> String {
    let body = json!({
        "request_control_key": uuid(), "transaction_amount": 202.5,
        "target_account": {
            "account_branch": "0001", "account_number": "1234567", "account_digit": "8",
            "owner_document_number": "12345678000195", "owner_name": "Padaria São João",
            "ispb": "32402502", "account_type": "checking_account"
        },
        "tfa_info": {
            "approver_document_number": APPROVER, "contact_type": "device", "session_id": session
        }
    });
    let answer = bank.world.ask("POST", &format!("/account/{ACCOUNT}/ted"), &body);
    assert_eq!(answer.status, 202, "{}", answer.body);
    assert!(answer.body.contains(r#""transaction_amount":202.50,"#), "{}", answer.body);
    answer.json()["ted_key"].as_str().unwrap().to_owned()
}

fn extension(bank: &Bank, ted_key: &str, what: &str, body: &Value) -> Answer {
    let path = format!("/extensions/v1/account/{ACCOUNT}/ted/{ted_key}/{what}");
    bank.world.ask("POST", &path, body)
}

pub(crate) fn signed(bank: &Bank, ted_key: &str, registration: &Registration) -> Assertion {
    let options = extension(bank, ted_key, "sign-options", &Value::Null);
    assert_eq!(options.status, 200, "{}", options.body);
    let challenge = options.json()["challenge"].as_str().unwrap().to_owned();
    let mut assertion = Assertion::of(registration);
    assertion.client_data.challenge = URL_SAFE_NO_PAD.decode(challenge).unwrap();
    assertion
}

fn a_credential_that_was_enrolled_approves_a_transfer(engine: Engine) {
    let bank = Bank::start(engine);
    let (_, registration) = enrolled(&bank, "of the approver's phone");
    let ted_key = requested(&bank);
    let assertion = signed(&bank, &ted_key, &registration);
    let answer = extension(&bank, &ted_key, "assertion", &assertion.make().to_json());
    assert_eq!(answer.status, 202, "{}", answer.body);
    let one = format!("/account/{ACCOUNT}/ted/{ted_key}");
    let answer = bank.world.ask("PUT", &format!("{one}/validate_token"), &json!({}));
    assert_eq!((answer.status, &answer.json()["ted_status"]), (202, &json!("pending")));

    let settled = json!({"ted_status": "sent", "transaction_key": TRANSACTION});
    let answer = extension(&bank, &ted_key, "settlement", &settled);
    assert_eq!((answer.status, &answer.json()["code"]), (403, &json!("RAIL000403")));
    bank.world.admin(
        "requesters",
        &json!({"requesters": [{
            "requester_key": "core", "name": "The bank's core", "configuration": {
                "may_create_devices": false, "may_settle_transfers": true,
                "accounts": "all", "wallets": [], "products": [], "users": []
            }
        }]}),
    );
    let core = bank.world.key_of("core");
    let path = format!("/extensions/v1/account/{ACCOUNT}/ted/{ted_key}/settlement");
    let answer = bank.world.ask_as(&core, "POST", &path, &settled);
    assert_eq!((answer.status, &answer.json()["ted_status"]), (200, &json!("sent")));
    let view = bank.world.ask("GET", &one, &Value::Null).json();
    assert_eq!(view["transaction_key"], TRANSACTION);
}

fn a_device_that_is_disabled_approves_nothing(engine: Engine) {
    let bank = Bank::start(engine);
    let (device_key, registration) = enrolled(&bank, "of a phone that goes");
    let (one, two) = (requested(&bank), requested(&bank));
    let assertion = signed(&bank, &one, &registration);
    let answer = extension(&bank, &one, "assertion", &assertion.make().to_json());
    assert_eq!(answer.status, 202, "{}", answer.body);
    let unused = signed(&bank, &two, &registration);
    let disable = format!("/account/{ACCOUNT}/device/{device_key}/disable");
    assert_eq!(bank.world.ask("DELETE", &disable, &Value::Null).status, 200);
    // What it signed before counts as long as the device does.
    let told = |answer: Answer| (answer.status, answer.json()["code"].as_str().unwrap().to_owned());
    let validate = format!("/account/{ACCOUNT}/ted/{one}/validate_token");
    let put = bank.world.ask("PUT", &validate, &json!({}));
    assert_eq!(told(put), (400, "TED000084".to_owned()));
    let answer = extension(&bank, &two, "assertion", &unused.make().to_json());
    assert_eq!(told(answer), (400, "TED000084".to_owned()));
    let options = extension(&bank, &two, "sign-options", &Value::Null);
    assert_eq!(told(options), (404, "OBD000100".to_owned()));
}

fn a_device_whose_enrollment_was_revoked_approves_nothing(engine: Engine) {
    let bank = Bank::start(engine);
    let by_initiator = |ids: &Ids| {
        let body = json!({"logged_user_document": APPROVER});
        bank.ask("PATCH", &format!("{BASE}/{}/revoke", ids.id), &[], &body)
    };
    let by_holder = |ids: &Ids| {
        let path = format!("/extensions/v1{BASE}/{}/revocation", ids.id);
        bank.ask_as(&bank.holder, "POST", &path, &[], &json!({}))
    };
    let ways: [(&str, &dyn Fn(&Ids) -> Answer); 2] =
        [("of one phone", &by_initiator), ("of another phone", &by_holder)];
    for (seed, revoke) in ways {
        let session = uuid();
        let (_, ids, registration) = enrolled_with(&bank, seed, &session);
        let (one, two) = (requested_with(&bank, &session), requested_with(&bank, &session));
        let assertion = signed(&bank, &one, &registration);
        let answer = extension(&bank, &one, "assertion", &assertion.make().to_json());
        assert_eq!(answer.status, 202, "{}", answer.body);
        let unused = signed(&bank, &two, &registration);
        assert_eq!(revoke(&ids).status, 200);
        // At once, however long it takes to complete the revocation.
        let told =
            |answer: Answer| (answer.status, answer.json()["code"].as_str().unwrap().to_owned());
        let validate = format!("/account/{ACCOUNT}/ted/{one}/validate_token");
        let put = bank.world.ask("PUT", &validate, &json!({}));
        assert_eq!(told(put), (400, "TED000084".to_owned()), "{seed}");
        let answer = extension(&bank, &two, "assertion", &unused.make().to_json());
        assert_eq!(told(answer), (400, "TED000084".to_owned()), "{seed}");
        let options = extension(&bank, &two, "sign-options", &Value::Null);
        assert_eq!(told(options), (404, "OBD000100".to_owned()), "{seed}");
    }
}
