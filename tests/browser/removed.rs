//! An authenticator that is pulled out half-way: nothing is spent, and the next one does.

use serde_json::{Value, json};

use crate::approvals::{assertion_options, authorise};
use crate::authenticator::Kind;
use crate::desk::{Desk, options_of};

#[test]
fn a_registration_goes_on_with_the_next_authenticator() {
    let desk = Desk::start();
    let page = desk.page();
    let ids = desk.ready();
    let absent = Kind::security_key().with("automaticPresenceSimulation", false).add(&page);
    page.client("begin", &[json!("create"), json!(options_of(&ids)), json!({})]);
    assert_eq!(page.client("isDone", &[]), false);
    absent.remove();
    assert_eq!(page.client("isDone", &[]), false);
    assert_eq!(desk.status(&ids.id), "AWAITING_DEVICE_REGISTRATION");

    let present = Kind::platform().add(&page);
    page.until("client.isDone()");
    let made = page.client("ended", &[]);
    assert_eq!(present.credentials().len(), 1);
    assert_eq!(desk.send(&page, &ids, &made)["status"], 201);
    assert_eq!(desk.status(&ids.id), "AUTHORIZED");
}

#[test]
fn an_approval_that_was_broken_off_is_made_again_by_the_same_options() {
    let desk = Desk::start();
    let page = desk.page();
    let authenticator = Kind::security_key().add(&page);
    let ids = desk.enrolled(&page, &json!({}));
    let held = authenticator.credentials();
    let consent = desk.consent(&json!({}));
    let options = assertion_options(&desk, &consent, &ids);

    authenticator.touches(false);
    page.client("begin", &[json!("get"), options.clone(), json!({})]);
    authenticator.remove();
    // One that does not have the credential ends it.
    let other = Kind::platform().add(&page);
    page.until("client.isDone()");
    assert_eq!(page.client("ended", &[])["error"], "NotAllowedError");
    assert_eq!(desk.consent_of(&consent)["status"], "AWAITING_AUTHORISATION");
    other.remove();

    // It is plugged in again.
    let back = Kind::security_key().add(&page);
    back.take(&held[0]);
    let assertion = page.client("get", &[options, json!({})]);
    assert_eq!(assertion["error"], Value::Null, "{assertion}");
    let answer = authorise(&page, &consent, &ids, &assertion);
    assert_eq!(answer["body"]["status"], "AUTHORISED", "{answer}");
}
