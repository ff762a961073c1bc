//! The walk of the demonstration, as a person goes it: with the mouse, with the keyboard alone, in
//! both languages, and where it is refused.

use serde_json::{Value, json};

use crate::authenticator::Kind;
use crate::chromium::Page;
use crate::demonstration::Demonstration;

/// The code of the newest message, as the outbox page shows it.
fn code(demo: &Demonstration, language: &str) -> String {
    let outbox = demo.page("/demo/outbox", language);
    let code = outbox.attribute("[data-testid=message]", "data-code");
    demo.nothing_went_wrong(&outbox, &[]);
    code
}

/// Registers the device.
fn register(demo: &Demonstration, page: &Page<'_>, language: &str) {
    page.click("request-code");
    page.until("document.querySelector('[data-testid=use-code]')");
    page.idle();
    let code = code(demo, language);
    page.come_back();
    page.fill("code", &code);
    page.click("validate-code");
    page.until("document.getElementById('step-2').checkVisibility()");
}

/// Makes a passkey and has it judged.
fn enroll(page: &Page<'_>, choice: &str) -> Value {
    page.click(choice);
    page.click("make-passkey");
    page.click("enroll");
    page.idle();
    drawn(page, "verdict-registration")
}

/// A verdict that is drawn: every check of it has a row that says the same.
#[track_caller]
fn drawn(page: &Page<'_>, verdict: &str) -> Value {
    let place = format!("[data-testid={verdict}]");
    let decision = page.attribute(&place, "data-decision");
    let text = page.run(&format!("document.querySelector('{place} .raw pre').textContent"));
    let judged: Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
    assert_eq!(judged["decision"], decision.as_str());
    let rows = page.run(&format!(
        "[...document.querySelectorAll('{place} [data-check]')].map((row) =>
            [row.dataset.check, row.dataset.outcome, row.querySelector('.rule').textContent,
             row.querySelector('.source').textContent, row.querySelector('.found').textContent])"
    ));
    let mut rows = rows.as_array().unwrap().clone();
    let checks = judged["checks"].as_array().unwrap();
    assert_eq!(rows.len(), checks.len());
    for check in checks {
        let at = rows.iter().position(|row| row[0] == check["id"]).expect("a row of the check");
        let row = rows.remove(at);
        assert_eq!(row[1], check["outcome"], "{row}");
        assert!(row[2].as_str().unwrap().len() > 10, "no rule: {row}");
        assert!(
            row[3].as_str().unwrap().contains(check["specification"].as_str().unwrap()),
            "{row}"
        );
        if check["outcome"] == "skipped_by_policy" {
            // The field of the policy.
            let field = check["evidence"].as_str().unwrap();
            assert!(row[4].as_str().unwrap().ends_with(field), "{row}");
        }
    }
    judged
}

fn the_walk(language: &str, words: [&str; 3]) {
    let demo = Demonstration::start();
    let page = demo.page("/demo", language);
    assert_eq!(page.run("document.documentElement.lang"), language);
    Kind::platform().add(&page);
    register(&demo, &page, language);
    let judged = enroll(&page, "choice-bank");
    assert_eq!(judged["decision"], "accepted");
    assert_eq!(judged["profile"], "open_finance_brasil");
    let verdict = "[data-testid=verdict-registration]";
    assert_eq!(page.text(&format!("{verdict} .decision strong")), words[0]);

    page.click("continue");
    page.fill("amount", "1234,56");
    page.click("start-ted");
    page.click("approve-ted");
    page.until("document.getElementById('ted-status')");
    page.idle();
    assert_eq!(page.attribute("#ted-status", "data-status"), "sent");
    assert!(page.text("#ted-status").contains(words[1]), "{}", page.text("#ted-status"));
    let judged = drawn(&page, "verdict-authentication");
    assert_eq!(judged["decision"], "accepted");
    assert_eq!(judged["facts"]["sign_count"], 2);
    // Another language redraws what is there.
    let other = if language == "pt-BR" { "en-US" } else { "pt-BR" };
    page.run(&format!("document.querySelector('[data-language={other}]').click()"));
    page.until(&format!("document.documentElement.lang === '{other}'"));
    page.until(&format!(
        "document.querySelector('{verdict} .decision strong').innerText === {}",
        json!(words[2])
    ));
    drawn(&page, "verdict-registration");
    demo.nothing_went_wrong(&page, &[]);
    demo.close();
}

#[test]
fn in_portuguese() {
    the_walk("pt-BR", ["Aceito", "1.234,56", "Accepted"]);
}

#[test]
fn in_english() {
    the_walk("en-US", ["Accepted", "1,234.56", "Aceito"]);
}

#[test]
fn an_attestation_without_anchor_is_drawn_as_refused_and_where_the_path_is_not_judged_as_accepted()
{
    let demo = Demonstration::start();
    let page = demo.page("/demo", "en-US");
    Kind::security_key().add(&page);
    register(&demo, &page, "en-US");
    let judged = enroll(&page, "choice-bank-attested");
    assert_eq!(judged["failure"]["check"], "X-11");
    let failed = "[data-testid=verdict-registration] tr[data-outcome=failed]";
    assert_eq!(page.run(&format!("document.querySelectorAll('{failed}').length")), 1);
    assert_eq!(page.attribute(failed, "data-check"), "X-11");
    assert_eq!(page.attribute("#step-3 .refused", "data-code"), "PUBLIC_KEY_INVALIDA");
    assert_eq!(page.run("document.getElementById('continue').checkVisibility()"), false);

    page.click("another-passkey");
    let judged = enroll(&page, "choice-path-not-judged");
    assert_eq!(judged["decision"], "accepted", "{}", judged["failure"]);
    assert_eq!(judged["facts"]["fmt"], "packed");
    let path = judged["checks"].as_array().unwrap().iter().find(|one| one["id"] == "X-11").unwrap();
    assert_eq!(
        (&path["outcome"], &path["evidence"]),
        (&json!("skipped_by_policy"), &json!("attestation_path"))
    );
    demo.nothing_went_wrong(&page, &[422]);
}

#[test]
fn what_a_person_does_wrong_is_said_and_can_be_mended() {
    let demo = Demonstration::start();
    let page = demo.page("/demo", "pt-BR");
    page.click("request-code");
    page.until("document.querySelector('[data-testid=use-code]')");
    page.idle();
    page.fill("code", "000000");
    page.click("validate-code");
    assert_eq!(page.attribute("#step-1 .problem", "data-code"), "OBD0000100");
    page.idle();
    page.run("document.querySelector('[data-testid=use-code]').click()");
    page.click("validate-code");
    page.until("document.getElementById('step-2').checkVisibility()");

    // No authenticator that fits.
    let weak = Kind::u2f().add(&page);
    page.click("make-passkey");
    assert_eq!(page.attribute("#step-2 .problem", "data-code"), "NotAllowedError");
    assert!(
        page.text("#step-2 .problem").contains("O navegador"),
        "{}",
        page.text("#step-2 .problem")
    );
    page.idle();
    weak.remove();
    let authenticator = Kind::platform().add(&page);
    assert_eq!(enroll(&page, "choice-bank")["decision"], "accepted");
    page.click("continue");
    for wrong in ["0", "12,345", "abc", ""] {
        page.fill("amount", "x");
        page.run("document.getElementById('amount').value = ''");
        page.fill("amount", wrong);
        page.click("start-ted");
        assert_eq!(page.attribute("#step-4 .problem", "data-code"), "AMOUNT", "{wrong}");
        page.idle();
    }
    page.fill("amount", "10");
    page.click("start-ted");
    page.until("document.getElementById('approve-ted').checkVisibility()");
    page.idle();
    // It is pulled out; what is left has no such key.
    let held = authenticator.credentials();
    authenticator.remove();
    let other = Kind::security_key().add(&page);
    page.click("approve-ted");
    assert_eq!(page.attribute("#step-4 .problem", "data-code"), "NotAllowedError");
    page.idle();
    other.remove();
    Kind::platform().add(&page).take(&held[0]);
    page.click("approve-ted");
    assert_eq!(page.attribute("#ted-status", "data-status"), "sent");
    demo.nothing_went_wrong(&page, &[400]);
}

#[test]
fn whoever_has_a_passkey_already_is_told_how_to_begin_again() {
    let demo = Demonstration::start();
    let page = demo.page("/demo", "pt-BR");
    let authenticator = Kind::platform().add(&page);
    register(&demo, &page, "pt-BR");
    assert_eq!(enroll(&page, "choice-bank")["decision"], "accepted");
    page.click("another-passkey");
    page.click("make-passkey");
    assert_eq!(page.attribute("#step-2 .problem", "data-code"), "InvalidStateError");
    page.idle();
    assert_eq!(authenticator.credentials().len(), 1);
    // The device goes, and its credential with it; then the walk begins anew.
    page.click("release");
    page.until(
        "document.body.dataset.ready && document.getElementById('request-code').checkVisibility()",
    );
    register(&demo, &page, "pt-BR");
    assert_eq!(enroll(&page, "choice-bank")["decision"], "accepted");
    demo.nothing_went_wrong(&page, &[]);
}

/// Goes on by Tab until something has the focus, and looks at every stop whether that is to be seen.
#[track_caller]
fn tab_to(page: &Page<'_>, selector: &str) {
    go_by("Tab", page, selector);
}

#[track_caller]
fn go_by(key: &str, page: &Page<'_>, selector: &str) {
    for _ in 0..80 {
        if page.run(&format!("document.activeElement.matches({})", json!(selector))) == true {
            return;
        }
        page.press(key);
        assert_eq!(page.run("audit.focus()"), json!([]), "on the way to {selector}");
    }
    panic!("{key} does not lead to {selector}");
}

#[test]
fn by_the_keyboard_alone() {
    let demo = Demonstration::start();
    let page = demo.page("/demo", "pt-BR");
    page.run(include_str!("audit.js"));
    Kind::security_key().add(&page);
    // The first stop skips what every page has.
    page.press("Tab");
    assert_eq!(page.run("document.activeElement.className"), "skip");
    page.press("Enter");
    assert_eq!(page.run("document.activeElement.id"), "main");
    tab_to(&page, "#request-code");
    page.press("Enter");
    page.until("document.activeElement.id === 'code'");
    tab_to(&page, "[data-testid=use-code]");
    page.press(" ");
    assert_eq!(page.run("document.activeElement.id"), "validate-code");
    page.press("Enter");
    page.until("document.activeElement.id === 'step-2-title'");
    page.idle();
    tab_to(&page, "[name=choice]");
    page.press("ArrowDown");
    page.press("ArrowDown");
    assert_eq!(page.run("document.activeElement.id"), "choice-path-not-judged");
    tab_to(&page, "#make-passkey");
    page.press("Enter");
    page.until("document.activeElement.id === 'step-3-title'");
    page.idle();
    tab_to(&page, "#enroll");
    page.press("Enter");
    page.until("document.getElementById('continue').checkVisibility()");
    page.idle();
    // What is folded away, below the button that leads on, opens by the keyboard as well.
    tab_to(&page, "[data-testid=verdict-registration] .rest summary");
    page.press("Enter");
    let folded = "document.querySelector('[data-testid=verdict-registration] .rest').open";
    assert_eq!(page.run(folded), true);
    go_by("Shift+Tab", &page, "#continue");
    page.press("Enter");
    page.until("document.activeElement.id === 'step-4-title'");
    page.idle();
    tab_to(&page, "#amount");
    page.press("Enter");
    page.until("document.activeElement.id === 'approve-ted'");
    page.idle();
    page.press("Enter");
    assert_eq!(page.attribute("#ted-status", "data-status"), "sent");
    demo.nothing_went_wrong(&page, &[]);
}

#[test]
fn the_inspector_shows_what_is_pasted_and_runs_none_of_it() {
    let demo = Demonstration::start();
    let page = demo.page("/demo/inspector", "pt-BR");
    Kind::security_key().add(&page);
    let made = page.run(
        "navigator.credentials.create({publicKey: {
            challenge: new Uint8Array(32), rp: {name: 'Banco'}, attestation: 'direct',
            user: {id: new Uint8Array(16), name: 'maria', displayName: 'Maria'},
            pubKeyCredParams: [{type: 'public-key', alg: -7}, {type: 'public-key', alg: -257}]
        }}).then((made) => made.toJSON())",
    );
    let object = made["response"]["attestationObject"].as_str().unwrap();
    page.fill("input", object);
    page.click("inspect");
    page.until("document.getElementById('decoded').checkVisibility()");
    let tree = page.run("document.getElementById('tree').textContent");
    for part in ["packed", "Batch Certificate", "01020304-0506-0708-0102-030405060708"] {
        assert!(tree.as_str().unwrap().contains(part), "no {part}: {tree}");
    }
    // The whole credential, as the walk hands it over.
    page.fill("input", &made.to_string());
    page.click("inspect");
    page.until("document.getElementById('tree').textContent.includes('webauthn.create')");
    // Nothing that is known, and no markup either.
    page.fill("input", "<img src=/demo/nothing onerror=alert(1)><script>alert(1)</script>");
    page.click("inspect");
    assert_eq!(page.attribute("main .problem", "data-code"), "DEMO000422");
    assert_eq!(page.run("document.getElementById('decoded').checkVisibility()"), false);
    // What is in a credential is a text, too.
    let name = "<img src=/demo/nothing onerror=alert(1)>";
    let foreign = json!({"type": "webauthn.create", "challenge": "AAAA", "origin": name});
    page.fill("input", &foreign.to_string());
    page.click("inspect");
    page.until("document.getElementById('decoded').checkVisibility()");
    assert!(page.text("#tree").contains(name), "{}", page.text("#tree"));
    assert_eq!(page.run("document.querySelectorAll('main img, main script').length"), 0);
    demo.nothing_went_wrong(&page, &[422]);
}
