//! What a credential is for: a consent and a transfer, approved in the browser.

use serde_json::{Value, json};

use crate::authenticator::Kind;
use crate::bank::enrolling::{Ids, contract_signals};
use crate::bank::world::{ACCOUNT, APPROVER, uuid};
use crate::chromium::Page;
use crate::desk::{Desk, SESSION, refused};

/// What a device has to sign for a consent.
pub(crate) fn assertion_options(desk: &Desk, consent: &str, ids: &Ids) -> Value {
    let answer = desk.sign_options(consent, &ids.id);
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()
}

/// Posts an assertion from the page.
pub(crate) fn authorise(page: &Page<'_>, consent: &str, ids: &Ids, assertion: &Value) -> Value {
    assert_eq!(assertion["error"], Value::Null, "{assertion}");
    let path = format!("/extensions/v1/open-finance/consents/{consent}/authorise");
    let body = json!({"data": {
        "enrollmentId": ids.id, "riskSignals": contract_signals(), "fidoAssertion": assertion
    }});
    page.client("ask", &[json!("POST"), json!(path), body])
}

/// A consent that the page's authenticator approves.
pub(crate) fn approve(desk: &Desk, page: &Page<'_>, ids: &Ids) {
    let consent = desk.consent(&json!({}));
    let assertion = page.client("get", &[assertion_options(desk, &consent, ids), json!({})]);
    let answer = authorise(page, &consent, ids, &assertion);
    assert_eq!(answer["status"], 200, "{answer}");
    assert_eq!(answer["body"]["status"], "AUTHORISED", "{answer}");
}

#[test]
fn every_algorithm_that_is_offered_approves_a_consent() {
    let desk = Desk::start();
    let page = desk.page();
    for (algorithm, resident) in [(-7, false), (-8, true), (-257, false)] {
        let authenticator = Kind::platform().add(&page);
        let changes = json!({
            "pubKeyCredParams": [{"type": "public-key", "alg": algorithm}],
            "authenticatorSelection": {
                "userVerification": "required",
                "residentKey": if resident { "required" } else { "discouraged" }
            }
        });
        let ids = desk.enrolled(&page, &changes);
        approve(&desk, &page, &ids);
        let verdict = desk.verdict(&ids);
        assert_eq!(
            (&verdict["ceremony"], &verdict["decision"]),
            (&json!("authentication"), &json!("accepted"))
        );
        assert_eq!(verdict["facts"]["alg"], algorithm);
        // Only a discoverable credential knows whose it is.
        let handle = verdict["checks"].as_array().unwrap().iter().find(|one| one["id"] == "AS-2");
        assert_eq!(handle.unwrap()["outcome"], if resident { "passed" } else { "not_applicable" });
        authenticator.remove();
    }
}

#[test]
fn an_assertion_for_one_consent_approves_no_other() {
    let desk = Desk::start();
    let page = desk.page();
    Kind::platform().add(&page);
    let ids = desk.enrolled(&page, &json!({}));
    let (one, two) = (desk.consent(&json!({})), desk.consent(&json!({})));
    let options = assertion_options(&desk, &one, &ids);
    assertion_options(&desk, &two, &ids);
    let assertion = page.client("get", &[options, json!({})]);
    let answer = authorise(&page, &two, &ids, &assertion);
    refused(&answer, &desk.verdict(&ids), "CD-7", "RISCO");
    let answer = authorise(&page, &one, &ids, &assertion);
    assert_eq!(answer["body"]["status"], "AUTHORISED", "{answer}");
}

#[test]
fn a_transfer_is_approved_by_the_device_that_was_registered_by_a_code() {
    let desk = Desk::start();
    let page = desk.page();
    let ask = |method: &str, path: &str, body: Value| -> Value {
        page.client("ask", &[json!(method), json!(path), body])
    };
    let ids = desk.ready_for(&desk.device());
    let authenticator = Kind::platform().add(&page);
    let made = desk.made(&page, &ids, &json!({}));
    assert_eq!(desk.send(&page, &ids, &made)["status"], 201);

    let order = json!({
        "request_control_key": uuid(), "transaction_amount": 202.5,
        "target_account": {
            "account_branch": "0001", "account_number": "1234567", "account_digit": "8",
            "owner_document_number": "12345678000195", "owner_name": "Padaria São João",
            "ispb": "32402502", "account_type": "checking_account"
        },
        "tfa_info": {
            "approver_document_number": APPROVER, "contact_type": "device", "session_id": SESSION
        }
    });
    let answer = ask("POST", &format!("/account/{ACCOUNT}/ted"), order);
    assert_eq!(answer["status"], 202, "{answer}");
    let ted_key = answer["body"]["ted_key"].as_str().unwrap();
    let extension = format!("/extensions/v1/account/{ACCOUNT}/ted/{ted_key}");
    let validate = format!("/account/{ACCOUNT}/ted/{ted_key}/validate_token");
    // Not before the device has signed.
    let early = ask("PUT", &validate, json!({}));
    assert_eq!(early["body"]["code"], "TED000084", "{early}");

    let options = ask("POST", &format!("{extension}/sign-options"), Value::Null);
    assert_eq!(options["status"], 200, "{options}");
    let assertion = page.client("get", &[options["body"].clone(), json!({})]);
    let answer = ask("POST", &format!("{extension}/assertion"), assertion.clone());
    assert_eq!(answer["status"], 202, "{answer}");
    // It counts once.
    let again = ask("POST", &format!("{extension}/assertion"), assertion);
    assert_ne!(again["status"], 202, "{again}");
    let answer = ask("PUT", &validate, json!({}));
    assert_eq!(
        (&answer["status"], &answer["body"]["ted_status"]),
        (&json!(202), &json!("pending"))
    );
    authenticator.remove();
}
