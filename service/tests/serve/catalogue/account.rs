//! The codes of the pages of devices and TED, page by page.

use std::collections::BTreeSet;

use device_enrollment::two_factor::{PublishedCode as Code, PublishedError};
use serde_json::{Value, json};

use crate::devices::liveness::{Provider, claims, nonce};
use crate::devices::wrong;
use crate::server::{Answer, Folder, text};
use crate::sql::minutes_later;
use crate::world::{
    ACCOUNT, APPROVER, BLOCKED, Behaviour, Engine, Gateway, HUB, NO_ACCOUNT, SILENT, World, uuid,
};

crate::bank::on_both_engines!(every_code_of_the_account_pages_is_answered);

/// A page with a table of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Page {
    RequestDevice,
    ValidateDevice,
    ResendDevice,
    DisableDevice,
    ApproveTed,
    ResendTed,
    /// A page whose table could not be read, or a code that is not published.
    Other,
}

/// What the pages publish.
const TABLES: &[(Page, &[&str])] = &[
    (
        Page::RequestDevice,
        &[
            "QIT000001",
            "OBD000002",
            "OBD000088",
            "OBD000089",
            "OBD000090",
            "OBD000091",
            "OBD000092",
            "OBD000093",
            "OBD000094",
            "OBD000097",
        ],
    ),
    (
        Page::ValidateDevice,
        &[
            "QIT000001",
            "OBD000002",
            "OBD000088",
            "OBD000089",
            "OBD000099",
            "OBD000100",
            "OBD0000100",
        ],
    ),
    (
        Page::ResendDevice,
        &[
            "QIT000001",
            "OBD000002",
            "OBD000088",
            "OBD000089",
            "OBD000097",
            "OBD000099",
            "OBD000100",
        ],
    ),
    (Page::DisableDevice, &["QIT000001", "OBD000002", "OBD000088", "OBD000089", "OBD000100"]),
    (
        Page::ApproveTed,
        &[
            "QIT000001",
            "TED000020",
            "TED000082",
            "TED000083",
            "TED000084",
            "TED000086",
            "TED000110",
        ],
    ),
    (Page::ResendTed, &["QIT000001", "TED000009", "TED000020", "TED000082", "TED000086"]),
];

/// Codes that no route meets, and why. There is none: those that the service does not answer by
/// itself come from the bank's core, and are passed on.
const UNMET: &[(&str, &str)] = &[];

/// What was answered.
#[derive(Default)]
struct Rows(BTreeSet<(Page, &'static str)>);

impl Rows {
    /// Takes an answer for this code on this page, word by word.
    #[track_caller]
    fn take(&mut self, page: Page, code: &str, answer: &Answer) {
        let known = Code::parse(code).unwrap();
        let mut error = PublishedError::new(known);
        if known == Code::TransferAccountNotFound && answer.body.contains(NO_ACCOUNT) {
            error = error.with("account_key", NO_ACCOUNT);
        }
        let mut found = answer.json();
        let extra = found["extra_fields"].take();
        assert!(extra.is_object(), "{}", answer.body);
        assert_eq!(
            (answer.status, found),
            (
                known.status(),
                json!({
                    "title": error.title(), "description": error.description(),
                    "translation": error.translation(), "code": code, "extra_fields": null
                })
            )
        );
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let can_wait = known.status() == 429 || known.status() >= 500;
        assert!(!can_wait || answer.header("retry-after").is_some(), "{}", answer.head);
        self.0.insert((page, known.as_str()));
    }

    fn judged(&self) {
        for (page, codes) in TABLES {
            for code in *codes {
                assert!(self.0.contains(&(*page, code)), "{code} of {page:?} was not produced");
            }
        }
        for code in Code::ALL {
            let met = self.0.iter().any(|(_, met)| *met == code.as_str());
            let excused = UNMET.iter().any(|(unmet, _)| *unmet == code.as_str());
            assert!(met != excused, "{code}: met {met}, excused {excused}");
        }
    }
}

fn every_code_of_the_account_pages_is_answered(engine: Engine) {
    let mut rows = Rows::default();
    of_the_published_pages(engine, &mut rows);
    of_the_caps(engine, &mut rows);
    of_the_budgets_and_limits(engine, &mut rows);
    rows.judged();
}

fn device(device_key: &str, contact_type: &str) -> Value {
    json!({
        "device_key": device_key, "session_id": "fd90a11e-ddee-4e69-b7d8-0fc3ddd4da46",
        "tfa_info": {"approver_document_number": APPROVER, "contact_type": contact_type}
    })
}

fn ted(amount: &str) -> Value {
    let amount: serde_json::Number = serde_json::from_str(amount).unwrap();
    json!({
        "request_control_key": uuid(), "transaction_amount": amount,
        "target_account": {
            "account_branch": "0001", "account_number": "1234567", "account_digit": "8",
            "owner_document_number": "12345678000195", "owner_name": "Padaria São João",
            "ispb": "32402502", "account_type": "checking_account"
        },
        "tfa_info": {"approver_document_number": APPROVER, "contact_type": "sms"}
    })
}

fn with(mut body: Value, at: &str, value: Value) -> Value {
    *body.pointer_mut(at).unwrap() = value;
    body
}

struct Pages<'a> {
    world: &'a World,
}

impl Pages<'_> {
    fn request(&self, body: &Value) -> Answer {
        self.request_on(&self.world.key, ACCOUNT, body)
    }

    fn request_on(&self, key: &str, account: &str, body: &Value) -> Answer {
        self.world.ask_as(key, "POST", &format!("/account/{account}/device"), body)
    }

    fn pending(&self) -> (String, String) {
        let device_key = uuid();
        let answer = self.request(&device(&device_key, "sms"));
        assert_eq!(answer.status, 202, "{}", answer.body);
        (device_key, self.world.gateway.code())
    }

    fn of_device(&self, page: Page, account: &str, device_key: &str, token: &str) -> Answer {
        let (method, what, body) = match page {
            Page::ValidateDevice => ("PUT", "validate", json!({"token": token})),
            Page::ResendDevice => ("PATCH", "resend_token", json!({})),
            _ => ("DELETE", "disable", Value::Null),
        };
        let path = format!("/account/{account}/device/{device_key}/{what}");
        self.world.ask(method, &path, &body)
    }

    fn perform(&self, body: &Value) -> Answer {
        self.world.ask("POST", &format!("/account/{ACCOUNT}/ted"), body)
    }

    fn pending_ted(&self) -> (String, String) {
        let answer = self.perform(&ted("10.00"));
        assert_eq!(answer.status, 202, "{}", answer.body);
        (answer.json()["ted_key"].as_str().unwrap().to_owned(), self.world.gateway.code())
    }

    fn approve(&self, ted_key: &str, body: &Value) -> Answer {
        let path = format!("/account/{ACCOUNT}/ted/{ted_key}/validate_token");
        self.world.ask("PUT", &path, body)
    }

    fn resend_ted(&self, account: &str, ted_key: &str, body: &Value) -> Answer {
        let path = format!("/account/{account}/ted/{ted_key}/resend_token");
        self.world.ask("PATCH", &path, body)
    }
}

fn of_the_published_pages(engine: Engine, rows: &mut Rows) {
    let (core, provider, folder) = (Gateway::start(), Provider::start(), Folder::new());
    let face = folder.write("face.pem", &provider.pem());
    let mut world = World::with(
        engine,
        &[
            ("DEVICE_ENROLLMENT_RAIL_MODE", "webhook"),
            ("DEVICE_ENROLLMENT_RAIL_URL", &core.url("/rail")),
            ("DEVICE_ENROLLMENT_RAIL_SECRET", &"A".repeat(32)),
            ("DEVICE_ENROLLMENT_LIVENESS_URL", &provider.gateway.url("/exchange")),
            ("DEVICE_ENROLLMENT_LIVENESS_ISSUER", "https://faces.example"),
            ("DEVICE_ENROLLMENT_LIVENESS_AUDIENCE", "the bank"),
            ("DEVICE_ENROLLMENT_LIVENESS_KEY_ID", "face-1"),
            ("DEVICE_ENROLLMENT_LIVENESS_KEY_FILE", text(&face)),
        ],
    );
    of_the_request(&Pages { world: &world }, rows);
    of_the_faces(&Pages { world: &world }, &provider, rows);
    of_a_device(&Pages { world: &world }, rows);
    of_a_transfer(&Pages { world: &world }, rows);
    of_the_core(&Pages { world: &world }, &core, rows);
    let (ted_key, code) = Pages { world: &world }.pending_ted();
    minutes_later(&mut world, engine, 5);
    let over = Pages { world: &world }.approve(&ted_key, &json!({"token": code}));
    rows.take(Page::ApproveTed, "TED000083", &over);
}

fn of_the_request(pages: &Pages<'_>, rows: &mut Rows) {
    let (world, good) = (pages.world, || device(&uuid(), "sms"));
    let on = |account: &str| pages.request_on(&world.key, account, &good());
    let approver = "/tfa_info/approver_document_number";
    let nobody = with(good(), approver, json!("11144477735"));
    let silent = with(good(), approver, json!(SILENT));
    let mut without = good();
    without.as_object_mut().unwrap().remove("tfa_info").unwrap();
    let of = |requester: &str| pages.request_on(&world.key_of(requester), ACCOUNT, &good());
    for (code, answer) in [
        ("QIT000001", pages.request(&json!({}))),
        ("OBD000002", on(NO_ACCOUNT)),
        ("OBD000088", on(BLOCKED)),
        ("OBD000089", on(HUB)),
        ("OBD000090", pages.request(&nobody)),
        ("OBD000091", pages.request(&without)),
        ("OBD000092", pages.request(&with(good(), "/device_key", json!("x")))),
        ("OBD000093", of("unconfigured")),
        ("OBD000094", of("no-devices")),
        ("OBD000097", pages.request(&silent)),
    ] {
        rows.take(Page::RequestDevice, code, &answer);
    }
}

fn of_the_faces(pages: &Pages<'_>, provider: &Provider, rows: &mut Rows) {
    let (device_key, image_key) = (uuid(), uuid());
    let mut body = device(&device_key, "liveness");
    body["tfa_info"]["image_key"] = json!(image_key);
    let nonce = nonce(pages.world, &device_key);
    let refused = with(claims(&device_key, &nonce, &image_key), "/result", json!("refused"));
    provider.gives(&refused);
    rows.take(Page::Other, "LIV000001", &pages.request(&body));
    provider.gateway.behave(Behaviour::Breaks);
    rows.take(Page::Other, "QIT000500", &pages.request(&body));
}

fn of_a_device(pages: &Pages<'_>, rows: &mut Rows) {
    for page in [Page::ValidateDevice, Page::ResendDevice, Page::DisableDevice] {
        let (device_key, code) = pages.pending();
        let on = |account: &str| pages.of_device(page, account, &device_key, &code);
        for (published, answer) in [
            ("QIT000001", pages.of_device(page, ACCOUNT, "x", &code)),
            ("OBD000002", on(NO_ACCOUNT)),
            ("OBD000088", on(BLOCKED)),
            ("OBD000089", on(HUB)),
            ("OBD000100", pages.of_device(page, ACCOUNT, &uuid(), &code)),
        ] {
            rows.take(page, published, &answer);
        }
    }
    let (device_key, code) = pages.pending();
    let by_mail = json!({"contact_type": "email"});
    let path = format!("/account/{ACCOUNT}/device/{device_key}/resend_token");
    let unsent = pages.world.ask("PATCH", &path, &by_mail);
    rows.take(Page::ResendDevice, "OBD000097", &unsent);
    let guess = || pages.of_device(Page::ValidateDevice, ACCOUNT, &device_key, &wrong(&code));
    for _ in 0..4 {
        rows.take(Page::ValidateDevice, "OBD0000100", &guess());
    }
    rows.take(Page::ValidateDevice, "OBD000099", &guess());
    let resent = pages.of_device(Page::ResendDevice, ACCOUNT, &device_key, "");
    rows.take(Page::ResendDevice, "OBD000099", &resent);
}

fn of_a_transfer(pages: &Pages<'_>, rows: &mut Rows) {
    let (approve, resend) = (Page::ApproveTed, Page::ResendTed);
    let long = with(ted("10.00"), "/target_account/account_number", json!("1".repeat(21)));
    rows.take(Page::Other, "TED000012", &pages.perform(&long));
    let twice = ted("10.00");
    assert_eq!(pages.perform(&twice).status, 202);
    rows.take(Page::Other, "RCK000001", &pages.perform(&twice));

    let (ted_key, code) = pages.pending_ted();
    let (token, no_token) = (json!({"token": code}), json!({"token": wrong(&code)}));
    rows.take(approve, "QIT000001", &pages.approve(&ted_key, &json!({"token": 7})));
    rows.take(approve, "TED000020", &pages.approve(&uuid(), &token));
    rows.take(approve, "TED000110", &pages.approve(&ted_key, &json!({})));
    let unfit = pages.resend_ted(ACCOUNT, &ted_key, &json!({"contact_type": "liveness"}));
    rows.take(resend, "QIT000001", &unfit);
    rows.take(resend, "TED000009", &pages.resend_ted(NO_ACCOUNT, &ted_key, &json!({})));
    rows.take(resend, "TED000020", &pages.resend_ted(ACCOUNT, &uuid(), &json!({})));
    for _ in 0..4 {
        rows.take(approve, "TED000084", &pages.approve(&ted_key, &no_token));
    }
    let fifth = pages.approve(&ted_key, &no_token);
    rows.take(approve, "TED000082", &fifth);
    assert_eq!(fifth.json()["extra_fields"]["ted_data"]["ted_status"], "rejected");
    rows.take(approve, "TED000082", &pages.approve(&ted_key, &token));
    rows.take(resend, "TED000082", &pages.resend_ted(ACCOUNT, &ted_key, &json!({})));
}

/// What the bank's core refuses, the client is told in the words of the general table of TED.
fn of_the_core(pages: &Pages<'_>, core: &Gateway, rows: &mut Rows) {
    for code in Code::ALL.iter().filter(|code| code.as_str().starts_with("TED")) {
        let refusal = json!({"status": "rejected", "code": code});
        core.answer("/rail", 200, &refusal.to_string());
        let (ted_key, token) = pages.pending_ted();
        let answer = pages.approve(&ted_key, &json!({"token": token}));
        rows.take(Page::Other, code.as_str(), &answer);
        let told = &answer.json()["extra_fields"]["ted_data"];
        assert_eq!((&told["ted_status"], &told["ted_key"]), (&json!("rejected"), &json!(ted_key)));
    }
    core.answer("/rail", 200, r#"{"status":"pending"}"#);
    let (ted_key, code) = pages.pending_ted();
    let token = json!({"token": code});
    assert_eq!(pages.approve(&ted_key, &token).status, 202);
    rows.take(Page::ApproveTed, "TED000086", &pages.approve(&ted_key, &token));
    let resent = pages.resend_ted(ACCOUNT, &ted_key, &json!({}));
    rows.take(Page::ResendTed, "TED000086", &resent);
}

fn of_the_caps(engine: Engine, rows: &mut Rows) {
    let world = World::with(
        engine,
        &[
            ("DEVICE_ENROLLMENT_CAPS_CODES_PER_APPROVER", "2"),
            ("DEVICE_ENROLLMENT_CAPS_ATTEMPTS_PER_APPROVER", "1"),
            ("DEVICE_ENROLLMENT_CAPS_RESEND_PAUSES_SECONDS", "0,3600"),
            ("DEVICE_ENROLLMENT_CODES_EMAIL", "false"),
        ],
    );
    let pages = Pages { world: &world };
    rows.take(Page::Other, "POL000001", &pages.request(&device(&uuid(), "email")));
    let (device_key, code) = pages.pending();
    let guess = || pages.of_device(Page::ValidateDevice, ACCOUNT, &device_key, &wrong(&code));
    rows.take(Page::ValidateDevice, "OBD0000100", &guess());
    rows.take(Page::Other, "LIM000002", &guess());
    let resend = || pages.of_device(Page::ResendDevice, ACCOUNT, &device_key, "");
    assert_eq!(resend().status, 202);
    rows.take(Page::Other, "LIM000001", &pages.request(&device(&uuid(), "sms")));
    rows.take(Page::Other, "LIM000003", &resend());
}

fn of_the_budgets_and_limits(engine: Engine, rows: &mut Rows) {
    let world = World::with(
        engine,
        &[
            ("DEVICE_ENROLLMENT_CAPS_CODES_BUDGET", "6"),
            ("DEVICE_ENROLLMENT_CAPS_UNREGISTERED_DEVICE", "normative_instruction_491"),
        ],
    );
    let pages = Pages { world: &world };
    rows.take(Page::Other, "LIM000005", &pages.perform(&ted("200.01")));
    for _ in 0..5 {
        assert_eq!(pages.perform(&ted("200.00")).status, 202);
    }
    rows.take(Page::Other, "LIM000006", &pages.perform(&ted("0.01")));
    let _ = pages.pending();
    rows.take(Page::Other, "LIM000004", &pages.request(&device(&uuid(), "sms")));
}
