//! Authenticators that are not what they were: a clone, an old copy, one that lies.

use serde_json::{Value, json};

use crate::approvals::{approve, assertion_options, authorise};
use crate::authenticator::Kind;
use crate::desk::{Desk, refused};

#[test]
fn a_counter_that_goes_back_is_refused() {
    let desk = Desk::start();
    let page = desk.page();
    let authenticator = Kind::platform().add(&page);
    let ids = desk.enrolled(&page, &json!({}));
    let old = authenticator.credentials().remove(0);
    approve(&desk, &page, &ids);
    approve(&desk, &page, &ids);
    let grown = authenticator.credentials().remove(0);
    assert!(grown["signCount"].as_u64() > old["signCount"].as_u64(), "{grown}");

    // A copy from before, as somebody who cloned it has.
    authenticator.replace(&old);
    let consent = desk.consent(&json!({}));
    let options = assertion_options(&desk, &consent, &ids);
    let assertion = page.client("get", &[options, json!({})]);
    let answer = authorise(&page, &consent, &ids, &assertion);
    refused(&answer, &desk.verdict(&ids), "AS-4", "RISCO");
    assert_eq!(desk.consent_of(&consent)["status"], "REJECTED");
    // The one that went on still does.
    authenticator.replace(&grown);
    approve(&desk, &page, &ids);
}

#[test]
fn an_authenticator_that_lies_is_refused() {
    let desk = Desk::start();
    let page = desk.page();
    for (lie, check) in [("isBogusSignature", "AS-3"), ("isBadUV", "X-7"), ("isBadUP", "X-6")] {
        let authenticator = Kind::platform().add(&page);
        let ids = desk.enrolled(&page, &json!({}));
        authenticator.lies(lie);
        let consent = desk.consent(&json!({}));
        let options = assertion_options(&desk, &consent, &ids);
        let assertion = page.client("get", &[options, json!({})]);
        assert_eq!(assertion["error"], Value::Null, "{lie}: {assertion}");
        let answer = authorise(&page, &consent, &ids, &assertion);
        refused(&answer, &desk.verdict(&ids), check, "RISCO");
        authenticator.remove();
    }
}

#[test]
fn a_key_that_became_one_that_can_be_backed_up_is_refused() {
    let desk = Desk::start();
    let page = desk.page();
    let authenticator = Kind::platform().add(&page);
    let ids = desk.enrolled(&page, &json!({}));
    let mut credential = authenticator.credentials().remove(0);
    credential["backupEligibility"] = true.into();
    authenticator.replace(&credential);
    let consent = desk.consent(&json!({}));
    let options = assertion_options(&desk, &consent, &ids);
    let assertion = page.client("get", &[options, json!({})]);
    let answer = authorise(&page, &consent, &ids, &assertion);
    refused(&answer, &desk.verdict(&ids), "AS-5", "RISCO");
}
