//! Pages that are not the bank's, and credentials that are for somebody else.

use serde_json::json;

use crate::approvals::{assertion_options, authorise};
use crate::authenticator::Kind;
use crate::bank::enrolling::BASE;
use crate::chromium::{ORIGIN, OTHER_ORIGIN};
use crate::desk::{Desk, device_credential, options_of, refused};

#[test]
fn a_page_of_another_origin_gets_nowhere() {
    let desk = Desk::start();
    let page = desk.page_at(OTHER_ORIGIN);
    let elsewhere = Kind::platform().add(&page);
    let ids = desk.ready();
    // The browser does its part: both origins have the same RP id.
    let made = desk.made(&page, &ids, &json!({}));
    let answer = desk.send(&page, &ids, &made);
    let verdict = desk.verdict(&ids);
    refused(&answer, &verdict, "CD-3", "ORIGEM_FIDO_INVALIDA");
    assert_eq!(verdict["facts"]["origin"], OTHER_ORIGIN);

    // Nor does an assertion that such a page talked a person into.
    let home = desk.page();
    let authenticator = Kind::platform().add(&home);
    let ids = desk.enrolled(&home, &json!({}));
    let consent = desk.consent(&json!({}));
    let options = assertion_options(&desk, &consent, &ids);
    elsewhere.take(&authenticator.credentials()[0]);
    let assertion = page.client("get", &[options, json!({})]);
    let answer = authorise(&page, &consent, &ids, &assertion);
    refused(&answer, &desk.verdict(&ids), "CD-3", "RISCO");
    assert_eq!(desk.consent_of(&consent)["status"], "REJECTED");
}

#[test]
fn a_credential_for_another_relying_party_is_refused() {
    let another = [("DEVICE_ENROLLMENT_RELYING_PARTY_ID", "bank.example")];
    let desk = Desk::with(&another);
    let page = desk.page();
    Kind::platform().add(&page);
    let ids = desk.ready();
    // The browser does not let a page speak for a domain that it is not of.
    assert_eq!(desk.made(&page, &ids, &json!({}))["error"], "SecurityError");
    let own = json!({"rp": {"id": "localhost", "name": "Not the bank"}});
    let made = desk.made(&page, &ids, &own);
    let answer = desk.send(&page, &ids, &made);
    refused(&answer, &desk.verdict(&ids), "RP-1", "RP_ID_HASH_INVALIDO");
}

#[test]
fn a_frame_inside_a_foreign_page_is_refused() {
    let desk = Desk::start();
    let page = desk.chromium.page();
    // Answers that are no pages and so have no policy about frames.
    page.open(&format!("{OTHER_ORIGIN}/health/live"));
    page.run(&format!(
        "new Promise((done) => {{
            const frame = document.createElement('iframe');
            frame.allow = 'publickey-credentials-create *';
            frame.src = '{ORIGIN}/health/live';
            frame.onload = done;
            document.body.append(frame);
        }}).then(() => null)"
    ));
    let context = page
        .wait_for("Runtime.executionContextCreated", |event| event["context"]["origin"] == ORIGIN);
    let context = json!({"uniqueContextId": context["context"]["uniqueId"]});
    page.run_in(context.clone(), &format!("client.setKey({})", json!(desk.world.key)));
    Kind::platform().add(&page);
    let ids = desk.ready();
    let create = format!("client.create({}, {{}})", json!(options_of(&ids)));
    let made = page.run_in(context.clone(), &create);
    let path = format!("{BASE}/{}/device/{}", ids.id, ids.device_id);
    let body = device_credential(&made);
    let answer = page.run_in(context, &format!("client.ask('POST', {}, {body})", json!(path)));
    let verdict = desk.verdict(&ids);
    refused(&answer, &verdict, "CD-4", "ORIGEM_FIDO_INVALIDA");
    assert_eq!(verdict["facts"]["cross_origin"], true);
}
