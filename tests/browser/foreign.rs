//! What somebody else's page reaches of a demonstration that runs on the same machine: nothing.

use serde_json::{Value, json};

use crate::chromium::{OTHER_ORIGIN, Page};
use crate::demonstration::Demonstration;

/// The status of the answer to a request that a page sent without being allowed to read it.
fn status(page: &Page<'_>, address: &str, request: &str) -> i64 {
    page.run(&format!(
        "fetch('{address}', {{mode: 'no-cors', {request}}}).then(() => null, () => null)"
    ));
    let sent = page.wait_for("Network.requestWillBeSent", |event| {
        event["request"]["url"] == address && event["request"]["method"] != "OPTIONS"
    });
    // What the page does not get to see, the browser has got all the same.
    let answered = |event: &Value| event["requestId"] == sent["requestId"];
    let event = page.wait_for("Network.responseReceivedExtraInfo", answered);
    event["statusCode"].as_i64().unwrap()
}

#[test]
fn a_page_of_another_port_reaches_neither_codes_nor_routes() {
    let demo = Demonstration::start();
    let own = demo.origin();
    let page = demo.chromium.page();
    // An answer that has no policy of its own stands in for a page of somebody else.
    page.open(&format!("{OTHER_ORIGIN}/health/live"));
    for (path, request) in [
        ("/demo/data/outbox", "method: 'GET'"),
        ("/demo/data/setup", "method: 'GET'"),
        ("/demo/data/inspect", "method: 'POST', body: '{\"input\":\"AAAA\"}'"),
        ("/demo/api/initiator/open-finance/enrollments", "method: 'GET'"),
        (
            "/demo/api/app/account/b6f1c8c2-0000-4000-8000-000000000000/device",
            "method: 'POST', body: '{}'",
        ),
    ] {
        assert_eq!(status(&page, &format!("{own}{path}"), request), 403, "{path}");
    }
    // The same from a page of its own, so that it is not the request that is wrong.
    let home = demo.page("/demo", "en-US");
    assert_eq!(status(&home, &format!("{own}/demo/data/outbox"), "method: 'GET'"), 200);

    // Nor can it be put into a frame.
    page.run(&format!(
        "{{ const frame = document.createElement('iframe'); frame.src = '{own}/demo';
            document.body.append(frame); }}"
    ));
    let refused = page.wait_for("Network.loadingFailed", |event| event["type"] == "Document");
    assert!(refused["blockedReason"].is_string(), "{refused}");
}

#[test]
fn a_name_that_somebody_led_here_is_not_served() {
    let demo = Demonstration::start();
    let page = demo.chromium.page();
    let port = demo.origin().rsplit(':').next().unwrap().to_owned();
    for path in ["/demo", "/demo/outbox", "/demo/data/outbox"] {
        page.call("Page.navigate", json!({"url": format!("http://bank.example:{port}{path}")}));
        let answered =
            page.wait_for("Network.responseReceived", |event| event["type"] == "Document");
        assert_eq!(answered["response"]["status"], 403, "{answered}");
    }
}
