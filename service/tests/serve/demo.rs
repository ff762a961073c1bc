//! `serve --demo`: what it starts with and refuses, its pages, and the walk that its pages take, with
//! credentials of the test authenticator where a browser has its own.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use device_enrollment_testkit::{Assertion, Registration};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::server::{Answer, Folder, Server, run, text};
use super::world::{code_in, uuid};

/// So that what a test looks for in the log is there.
const LOUD: &[(&str, &str)] =
    &[("DEVICE_ENROLLMENT_LOG_FORMAT", "json"), ("DEVICE_ENROLLMENT_LOG_LEVEL", "debug")];

const PAGES: &[&str] = &["/demo", "/demo/outbox", "/demo/inspector"];
const TEXTS: &[&str] = &["/demo/texts/pt-BR.json", "/demo/texts/en-US.json"];
const ASSETS: &[&str] = &[
    "/demo/style.css",
    "/demo/icon.svg",
    "/demo/walk.js",
    "/demo/steps.js",
    "/demo/outbox.js",
    "/demo/inspector.js",
    "/demo/verdict.js",
    "/demo/passkey.js",
    "/demo/api.js",
    "/demo/bytes.js",
    "/demo/element.js",
    "/demo/texts.js",
];
const DATA: &[&str] =
    &["/demo/data/setup", "/demo/data/checks", "/demo/data/outbox", "/demo/data/devices"];

/// A demonstration under way.
struct Demo {
    server: Server,
    folder: Folder,
    account: String,
    approver: String,
    origin: String,
}

/// An enrollment whose options were issued, for a device.
struct Issued {
    id: String,
    device_id: String,
    options: Value,
}

impl Demo {
    fn start() -> Self {
        Self::with(&[])
    }

    fn with(more: &[&str]) -> Self {
        let folder = Folder::new();
        let server = Server::start_with(&folder, &[&["--demo"], more].concat(), LOUD);
        let setup = server.get("/demo/data/setup", "").json();
        let said = |path: &str| setup.pointer(path).unwrap().as_str().unwrap().to_owned();
        Self {
            account: said("/account_key"),
            approver: said("/approver/document_number"),
            origin: said("/relying_party/origins/0"),
            server,
            folder,
        }
    }

    /// A published route, as the pages call it.
    fn call(&self, caller: &str, method: &str, path: &str, body: &Value) -> Answer {
        let headers = format!(
            "nonce: {}\r\nx-transaction-uuid: {}\r\nx-include-replay-protection-schema: nonce\r\n",
            uuid(),
            uuid()
        );
        self.send(method, &format!("/demo/api/{caller}{path}"), &headers, body)
    }

    fn send(&self, method: &str, path: &str, headers: &str, body: &Value) -> Answer {
        let headers = format!("{headers}content-type: application/json\r\n");
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.server.request(method, path, &headers, &body)
    }

    fn messages(&self) -> Vec<Value> {
        let outbox = self.server.get("/demo/data/outbox", "").json();
        outbox["messages"].as_array().unwrap().clone()
    }

    /// A device that was registered by its code, with its session.
    fn device(&self) -> (String, String) {
        let (device_key, session_id) = (uuid(), uuid());
        let base = format!("/account/{}/device", self.account);
        let body = json!({
            "device_key": device_key, "session_id": session_id,
            "tfa_info": {"approver_document_number": self.approver, "contact_type": "sms"}
        });
        let answer = self.call("app", "POST", &base, &body);
        assert_eq!(answer.status, 202, "{}", answer.body);
        let code = code_in(self.messages()[0]["text"].as_str().unwrap());
        let path = format!("{base}/{device_key}/validate");
        let answer = self.call("app", "PUT", &path, &json!({"token": code}));
        assert_eq!(answer.status, 201, "{}", answer.body);
        (device_key, session_id)
    }

    /// An enrollment whose options were issued, with what a person chose for it.
    fn issued(&self, device_key: &str, choice: &str) -> Issued {
        let creation = json!({
            "client_redirect_url": "https://payer.example/back", "participant_id": "participant-1",
            "logged_user_document": self.approver, "permissions": ["PAYMENTS_INITIATE"]
        });
        let answer = self.call("initiator", "POST", "/open-finance/enrollments", &creation);
        assert_eq!(answer.status, 201, "{}", answer.body);
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        let base = format!("/open-finance/enrollments/{id}/device");
        let signals = json!({
            "device_id": uuid(), "os_version": "0", "user_time_zone_offset": "-03",
            "language": "pt", "screen_dimensions": {"height": 1080, "width": 1920},
            "account_tenure": "2023-08-02", "is_rooted_device": false, "screen_brightness": 90,
            "elapsed_time_since_boot": 6_356_027
        });
        let answer = self.call("initiator", "POST", &format!("{base}/risk-signal"), &signals);
        assert_eq!(answer.status, 201, "{}", answer.body);
        let device_id = answer.json()["id"].as_str().unwrap().to_owned();
        let confirmation = json!({
            "account_key": self.account, "approver_document_number": self.approver,
            "device_key": device_key, "decision": "approved"
        });
        let path = format!("/extensions/v1/open-finance/enrollments/{id}/confirmation");
        // An initiator does not speak for the account holder.
        assert_eq!(self.call("initiator", "POST", &path, &confirmation).status, 404);
        let answer = self.call("app", "POST", &path, &confirmation);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let path = format!("/demo/data/choices/{id}");
        let answer = self.send("PUT", &path, "", &json!({"choice": choice}));
        assert_eq!((answer.status, &answer.json()["choice"]), (200, &json!(choice)));
        let platform = json!({"platform": "BROWSER"});
        let answer = self.call("initiator", "POST", &format!("{base}/credentials"), &platform);
        assert_eq!(answer.status, 201, "{}", answer.body);
        let path = format!("{base}/{device_id}/credentials");
        let answer = self.call("initiator", "GET", &path, &Value::Null);
        assert_eq!(answer.status, 200, "{}", answer.body);
        Issued { id, device_id, options: answer.json() }
    }

    /// Makes a credential for the options.
    fn made(&self, issued: &Issued, mut registration: Registration) -> Registration {
        let decoded =
            |name: &str| URL_SAFE_NO_PAD.decode(issued.options[name].as_str().unwrap()).unwrap();
        registration.rp_id = issued.options["rp_id"].as_str().unwrap().to_owned();
        registration.authenticator_data.rp_id_hash =
            Sha256::digest(registration.rp_id.as_bytes()).into();
        registration.origin.clone_from(&self.origin);
        registration.client_data.origin.clone_from(&self.origin);
        registration.client_data.challenge = decoded("challenge");
        registration.user_handle = decoded("user_id");
        registration
    }

    fn enroll(&self, issued: &Issued, registration: &Registration) -> Answer {
        let made = registration.make().to_json();
        let body = json!({
            "device_credential_id": made["id"], "device_credential_raw_id": made["rawId"],
            "device_credential_client_data_json": made["response"]["clientDataJSON"],
            "device_credential_attestation_object": made["response"]["attestationObject"],
            "device_credential_type": "public-key", "client_extension_results": {}
        });
        let path = format!("/open-finance/enrollments/{}/device/{}", issued.id, issued.device_id);
        self.call("initiator", "POST", &path, &body)
    }

    fn verdict(&self, issued: &Issued) -> Value {
        let path = format!("/extensions/v1/open-finance/enrollments/{}/verdicts", issued.id);
        let answer = self.call("initiator", "GET", &path, &Value::Null);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["verdicts"][0]["verdict"].clone()
    }

    /// A transfer that waits for the device of a session.
    fn transfer(&self, session_id: &str) -> String {
        let body = json!({
            "request_control_key": uuid(), "transaction_amount": 202.5,
            "target_account": {
                "account_branch": "0001", "account_number": "1234567", "account_digit": "8",
                "owner_document_number": "12345678000195", "owner_name": "Padaria São João",
                "ispb": "32402502", "account_type": "checking_account"
            },
            "tfa_info": {
                "approver_document_number": self.approver, "contact_type": "device",
                "session_id": session_id
            }
        });
        let answer = self.call("app", "POST", &format!("/account/{}/ted", self.account), &body);
        assert_eq!(answer.status, 202, "{}", answer.body);
        answer.json()["ted_key"].as_str().unwrap().to_owned()
    }

    /// What a credential signs for a transfer.
    fn signed(&self, ted_key: &str, registration: &Registration) -> Assertion {
        let path = format!("/extensions/v1/account/{}/ted/{ted_key}/sign-options", self.account);
        let answer = self.call("app", "POST", &path, &Value::Null);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let challenge = answer.json()["challenge"].as_str().unwrap().to_owned();
        let mut assertion = Assertion::of(registration);
        assertion.client_data.challenge = URL_SAFE_NO_PAD.decode(challenge).unwrap();
        assertion
    }

    fn approve(&self, ted_key: &str, assertion: &Assertion) -> Answer {
        let path = format!("/extensions/v1/account/{}/ted/{ted_key}/assertion", self.account);
        self.call("app", "POST", &path, &assertion.make().to_json())
    }
}

#[test]
fn it_starts_without_a_configuration_and_throws_its_database_away() {
    let demo = Demo::start();
    let port = demo.server.address.port();
    assert_eq!(demo.origin, format!("http://localhost:{port}"));
    let printed = std::fs::read_to_string(demo.folder.file("printed")).unwrap();
    assert!(
        printed.contains(&format!("  page        http://localhost:{port}/demo\n")),
        "{printed}"
    );
    let line = printed.lines().find(|line| line.contains("  database  ")).unwrap();
    let file = line.trim_start_matches("  database").trim();
    let file = file.strip_suffix(", thrown away at the end").unwrap();
    assert!(std::path::Path::new(file).is_file(), "{line}");
    let answer = demo.server.get("/", "");
    assert_eq!((answer.status, answer.header("location")), (303, Some("/demo")));
    assert!(demo.server.stop().0.success());
    assert!(!std::path::Path::new(file).parent().unwrap().exists(), "{line}");
}

#[test]
fn a_database_that_is_named_is_kept_and_goes_on() {
    let folder = Folder::new();
    let database = format!("sqlite:{}", text(&folder.file("kept.db")));
    let arguments = ["--demo", "--database", &database];
    for _ in 0..2 {
        let server = Server::start_with(&folder, &arguments, LOUD);
        let path = "/demo/api/app/extensions/v1/caller";
        assert_eq!(server.get(path, "").json()["requester_key"], "demo-app");
        assert!(server.stop().0.success());
    }
    let keys = run(&folder, &["admin", "keys", "list", "--database", &database], &[]);
    let keys = String::from_utf8(keys.stdout).unwrap();
    // Those of the first start are of no use to anybody.
    assert_eq!(keys.matches("  revoked  ").count(), 2, "{keys}");
    assert_eq!(keys.matches("  live     ").count(), 2, "{keys}");
}

#[test]
fn what_would_mix_it_with_the_real_thing_is_refused() {
    let folder = Folder::new();
    let refused = |more: &[&str], settings: &[(&str, &str)]| {
        let output = run(&folder, &[&["serve", "--demo"], more].concat(), settings);
        assert_eq!(output.status.code(), Some(2), "{more:?} {settings:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    for (variable, value, setting) in [
        ("SMS_URL", "https://sms.example", "sms.url"),
        ("SMTP_HOST", "mail.example", "smtp.host"),
        ("LIVENESS_URL", "https://faces.example", "liveness.url"),
        ("RAIL_URL", "https://core.example", "rail.url"),
        ("EVENTS_URL", "https://events.example", "events.url"),
        ("RELYING_PARTY_ID", "bank.example", "relying_party.id"),
        ("RELYING_PARTY_ORIGINS", "https://bank.example", "relying_party.origins"),
        ("SERVER_TLS_KEY_FILE", "key.pem", "server.tls_key_file"),
        ("CODES_MAC_KEYS", "1:AAAA", "codes.mac_keys"),
    ] {
        let name = format!("DEVICE_ENROLLMENT_{variable}");
        let error = refused(&[], &[(&name, value)]);
        let said = format!("setting {setting} (environment, {name}): a demonstration");
        assert!(error.contains(&said), "{error}");
    }
    let error = refused(&["--database", "postgres://u@127.0.0.1:1/x"], &[]);
    assert!(error.contains("setting database.url: a demonstration takes SQLite alone"), "{error}");
    for address in ["0.0.0.0:0", "[::]:0"] {
        let error = refused(&["--listen", address], &[]);
        let said = "setting server.listen: a demonstration listens on loopback alone";
        assert!(error.contains(said), "{error}");
    }
    // Whoever means it says so, and cannot say so without a demonstration.
    let meant = ["--listen", "0.0.0.0:0", "--demo-for-others", "--check-config"];
    let output = run(&folder, &[&["serve", "--demo"], &meant[..]].concat(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let output = run(&folder, &["serve", "--demo-for-others", "--check-config"], &[]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn the_database_of_a_bank_is_left_alone() {
    let folder = Folder::new();
    let database = format!("sqlite:{}", text(&folder.file("bank.db")));
    let requesters = folder.write(
        "requesters.json",
        r#"{"requesters": [{"requester_key": "bank", "name": "A bank", "configuration": null}]}"#,
    );
    let arguments = ["admin", "requesters", text(&requesters), "--database", &database];
    assert!(run(&folder, &arguments, &[]).status.success());
    let arguments = ["admin", "keys", "create", "--requester", "bank", "--label", "a key"];
    let made = run(&folder, &[&arguments[..], &["--database", &database]].concat(), &[]);
    assert!(made.status.success());
    let arguments = ["serve", "--demo", "--listen", "127.0.0.1:0", "--database", &database];
    let output = run(&folder, &arguments, &[]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("no demonstration has made"), "{error}");
    let keys = run(&folder, &["admin", "keys", "list", "--database", &database], &[]);
    assert_eq!(String::from_utf8(keys.stdout).unwrap().matches("  live     ").count(), 1);
}

#[test]
fn nothing_of_it_is_there_without_the_flag() {
    let server = Server::start(&[]);
    let all = [PAGES, ASSETS, TEXTS, DATA].concat();
    for path in all.iter().chain(&["/", "/demo/api/app/extensions/v1/caller"]) {
        assert_eq!(server.get(path, "").status, 404, "{path}");
    }
}

#[test]
fn pages_ask_nobody_else_for_anything() {
    let demo = Demo::start();
    for path in [PAGES, ASSETS, TEXTS, DATA].concat() {
        let answer = demo.server.get(path, "");
        assert_eq!(answer.status, 200, "{path}");
        for (name, expected) in [
            (
                "content-security-policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                 img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                 require-trusted-types-for 'script'; trusted-types 'none'",
            ),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            (
                "permissions-policy",
                "publickey-credentials-create=(self), publickey-credentials-get=(self), \
                 camera=(), geolocation=(), microphone=(), payment=(), usb=()",
            ),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(name), Some(expected), "{path}: {name}");
        }
        // The policy would keep it out; it is not there in the first place.
        if PAGES.contains(&path) {
            for inline in
                ["<style", " style=", " onclick", " onload", "<script>", "http:", "https:"]
            {
                assert!(!answer.body.contains(inline), "{path}: {inline}");
            }
        }
        for sink in ["innerHTML", "insertAdjacentHTML", "eval(", "console.", "localStorage"] {
            assert!(!answer.body.contains(sink), "{path}: {sink}");
        }
    }
    let kind = |path| demo.server.get(path, "").header("content-type").unwrap().to_owned();
    assert_eq!(kind("/demo"), "text/html; charset=utf-8");
    assert_eq!(kind("/demo/walk.js"), "text/javascript; charset=utf-8");
    assert_eq!(kind("/demo/style.css"), "text/css; charset=utf-8");
    assert_eq!(kind("/demo/icon.svg"), "image/svg+xml");
    assert_eq!(kind("/demo/texts/pt-BR.json"), "application/json");
}

#[test]
fn every_text_is_there_in_both_languages() {
    let demo = Demo::start();
    let body = |path: &str| demo.server.get(path, "").body;
    let texts = |path: &str| {
        let texts: serde_json::Map<String, Value> = serde_json::from_str(&body(path)).unwrap();
        for (key, text) in &texts {
            assert!(!text.as_str().unwrap().trim().is_empty(), "{path}: {key}");
        }
        texts
    };
    let [portuguese, english] = [texts(TEXTS[0]), texts(TEXTS[1])];
    let keys: BTreeSet<&str> = portuguese.keys().map(String::as_str).collect();
    assert_eq!(keys, english.keys().map(String::as_str).collect());
    // What is filled in is the same in both.
    let blanks = |text: &Value| -> BTreeSet<String> {
        let parts = text.as_str().unwrap().split('{').skip(1);
        parts.map(|part| part.split('}').next().unwrap().to_owned()).collect()
    };
    for key in &keys {
        assert_eq!(blanks(&portuguese[*key]), blanks(&english[*key]), "{key}");
    }

    let mut used = BTreeSet::new();
    let mut families = BTreeSet::new();
    for path in [PAGES, ASSETS].concat() {
        let text = body(path);
        for mark in
            ["data-text=\"", "data-label=\"", "data-title=\"", " t(\"", "(t(\"", "[t(\"", "${t(\""]
        {
            for rest in text.split(mark).skip(1) {
                used.insert(rest.split('"').next().unwrap().to_owned());
            }
        }
        for rest in text.split("t(`").skip(1) {
            families.insert(rest.split("${").next().unwrap().to_owned());
        }
        // Keys that are chosen between.
        for rest in text.split("\", \"").skip(1) {
            used.insert(rest.split('"').next().unwrap().to_owned());
        }
        for rest in text.split(['"', '`']) {
            if keys.contains(rest) {
                used.insert(rest.to_owned());
            }
        }
    }
    families.insert("found.".to_owned());
    let asked = used.iter().filter(|key| {
        let mut parts = key.split('.');
        let family = parts.next().unwrap_or_default();
        parts.next().is_some() && keys.iter().any(|known| known.split('.').next() == Some(family))
    });
    for key in asked {
        assert!(keys.contains(key.as_str()), "{key} is asked for and has no text");
    }
    for key in keys {
        let in_family = families.iter().any(|family| !family.is_empty() && key.starts_with(family));
        assert!(in_family || used.contains(key), "{key} is a text that nobody asks for");
    }
}

#[test]
fn a_passkey_is_enrolled_and_approves_a_transfer() {
    let demo = Demo::start();
    let (device, session) = demo.device();
    let issued = demo.issued(&device, "bank");
    assert_eq!(issued.options["attestation"], "none");
    let registration = demo.made(&issued, Registration::none("a demonstration"));
    let answer = demo.enroll(&issued, &registration);
    assert_eq!(answer.status, 201, "{}", answer.body);
    let verdict = demo.verdict(&issued);
    assert_eq!(
        (&verdict["decision"], &verdict["profile"]),
        (&json!("accepted"), &json!("open_finance_brasil"))
    );
    let devices = demo.server.get("/demo/data/devices", "").json();
    assert_eq!(devices["devices"], json!([device]));

    let ted_key = demo.transfer(&session);
    let kept = format!("/demo/data/verdicts/{ted_key}");
    assert_eq!(demo.server.get(&kept, "").status, 404);
    // What was signed for one transfer is good for no other.
    let other = demo.signed(&demo.transfer(&session), &registration);
    let assertion = demo.signed(&ted_key, &registration);
    let answer = demo.approve(&ted_key, &other);
    assert_eq!((answer.status, &answer.json()["code"]), (400, &json!("TED000084")));
    let verdict = demo.server.get(&kept, "").json();
    assert_eq!(
        (&verdict["decision"], &verdict["failure"]["check"]),
        (&json!("refused"), &json!("CD-7"))
    );
    drop(assertion);
    let assertion = demo.signed(&ted_key, &registration);
    let answer = demo.approve(&ted_key, &assertion);
    assert_eq!(answer.status, 202, "{}", answer.body);
    let verdict = demo.server.get(&kept, "").json();
    assert_eq!(
        (&verdict["ceremony"], &verdict["decision"]),
        (&json!("authentication"), &json!("accepted"))
    );
    let path = format!("/account/{}/ted/{ted_key}/validate_token", demo.account);
    let answer = demo.call("app", "PUT", &path, &json!({}));
    assert_eq!((answer.status, &answer.json()["ted_status"]), (201, &json!("sent")));
}

#[test]
fn an_attestation_without_an_anchor_is_judged_as_was_chosen() {
    let demo = Demo::start();
    let (device, _) = demo.device();
    let issued = demo.issued(&device, "bank_attested");
    assert_eq!(issued.options["attestation"], "direct");
    let registration = demo.made(&issued, Registration::packed_basic("nobody vouches"));
    let answer = demo.enroll(&issued, &registration);
    assert_eq!(
        (answer.status, &answer.json()["errors"][0]["code"]),
        (422, &json!("PUBLIC_KEY_INVALIDA"))
    );
    let verdict = demo.verdict(&issued);
    assert_eq!(
        (&verdict["profile"], &verdict["failure"]["check"], &verdict["failure"]["code"]),
        (&json!("open_finance_brasil"), &json!("X-11"), &json!("path.no_anchor"))
    );

    let issued = demo.issued(&device, "path_not_judged");
    assert_eq!(issued.options["attestation"], "direct");
    let registration = demo.made(&issued, Registration::packed_basic("nobody vouches"));
    let answer = demo.enroll(&issued, &registration);
    assert_eq!(answer.status, 201, "{}", answer.body);
    let verdict = demo.verdict(&issued);
    assert_eq!(verdict["profile"], "demo_attestation_path_not_judged");
    let checks = verdict["checks"].as_array().unwrap();
    let path = checks.iter().find(|check| check["id"] == "X-11").unwrap();
    assert_eq!(
        (&path["outcome"], &path["evidence"]),
        (&json!("skipped_by_policy"), &json!("attestation_path"))
    );
    // Everything else is judged as ever.
    let issued = demo.issued(&device, "path_not_judged");
    let mut forged = demo.made(&issued, Registration::packed_basic("forged"));
    forged.client_data.origin = "http://localhost:1".to_owned();
    assert_eq!(demo.enroll(&issued, &forged).json()["errors"][0]["code"], "ORIGEM_FIDO_INVALIDA");

    let answer = demo.send("PUT", "/demo/data/choices/x", "", &json!({"choice": "bank"}));
    assert_eq!(answer.status, 400);
    let path = format!("/demo/data/choices/{}", issued.id);
    assert_eq!(demo.send("PUT", &path, "", &json!({"choice": "anything"})).status, 400);
}

#[test]
fn the_outbox_has_the_code_and_the_log_has_not() {
    let demo = Demo::start();
    assert!(demo.messages().is_empty());
    demo.device();
    let messages = demo.messages();
    let text = messages[0]["text"].as_str().unwrap();
    let code = code_in(text);
    assert!(text.starts_with("Cadastro de um novo aparelho"), "{text}");
    assert_eq!((&messages[0]["channel"], &messages[0]["number"]), (&json!("sms"), &json!(1)));
    let approver = demo.approver.clone();
    let (_, log) = demo.server.stop();
    assert!(log.contains("/account/{account_key}/device/{device_key}/validate"), "{log}");
    assert!(!log.contains(&code) && !log.contains(&approver) && !log.contains("+55"), "{log}");
}

#[test]
fn nobody_else_comes_in() {
    let demo = Demo::start();
    // The published routes themselves want a key as ever.
    assert_eq!(demo.server.get("/extensions/v1/caller", "").status, 401);
    let ours = "/demo/api/app/extensions/v1/caller";
    assert_eq!(demo.server.get(ours, "").json()["requester_key"], "demo-app");
    let initiator = "/demo/api/initiator/extensions/v1/caller";
    assert_eq!(demo.server.get(initiator, "").json()["requester_key"], "demo-initiator");
    let own_page = "sec-fetch-site: same-origin\r\norigin: http://localhost\r\n";
    assert_eq!(demo.server.get(ours, own_page).status, 200);
    for headers in [
        "sec-fetch-site: cross-site\r\n",
        "sec-fetch-site: same-site\r\n",
        "origin: https://evil.example\r\n",
        "origin: null\r\n",
    ] {
        for path in [ours].iter().chain(DATA) {
            let answer = demo.server.get(path, headers);
            let code = answer.json()["code"].clone();
            assert_eq!((answer.status, code), (403, json!("DEMO000403")), "{path} {headers}");
        }
    }
    // A name that leads here and is somebody else's.
    for path in [PAGES, ASSETS, TEXTS, DATA, &[ours, "/"]].concat() {
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n");
        assert_eq!(demo.server.send(request.as_bytes()).status, 403, "{path}");
    }
    // Another page may link to ours.
    let followed = "sec-fetch-site: cross-site\r\nsec-fetch-mode: navigate\r\n";
    assert_eq!(demo.server.get("/demo", followed).status, 200);
    for path in ["/demo/api/app/metrics", "/demo/api/somebody/account/x", "/demo/api/app/demo"] {
        assert_eq!(demo.server.get(path, "").status, 403, "{path}");
    }
}

#[test]
fn the_inspector_decodes_and_does_not_judge() {
    let demo = Demo::start();
    let inspect =
        |input: &str| demo.send("POST", "/demo/data/inspect", "", &json!({"input": input}));
    let made = Registration::packed_basic("inspected").make();
    let encoded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    for (input, label) in [
        (made.to_json().to_string(), "request (WebAuthn)"),
        (encoded(&made.attestation_object), "attestation object"),
        (encoded(&made.client_data_json), "client data"),
        (String::from_utf8(made.client_data_json.clone()).unwrap(), "client data"),
        (encoded(&made.authenticator_data), "authenticator data"),
    ] {
        let answer = inspect(&input);
        assert_eq!((answer.status, &answer.json()["label"]), (200, &json!(label)), "{input}");
    }
    let answer = inspect("nothing of the kind");
    assert_eq!((answer.status, &answer.json()["code"]), (422, &json!("DEMO000422")));
    assert!(answer.json()["description"].as_str().unwrap().contains("none of"));
    let answer = inspect(&"A".repeat(70_000));
    assert_eq!((answer.status, &answer.json()["code"]), (400, &json!("QIT000001")));
}

#[test]
fn every_check_of_a_verdict_is_known_to_the_pages() {
    let demo = Demo::start();
    let checks = demo.server.get("/demo/data/checks", "").json();
    let checks = checks.as_array().unwrap();
    let known = |id: &Value| checks.iter().find(|check| check["id"] == *id).unwrap();
    let origin = known(&json!("CD-3"));
    assert_eq!(origin["address"], "https://www.w3.org/TR/webauthn-3/#sctn-validating-origin");
    for language in ["en-US", "pt-BR"] {
        assert!(checks.iter().all(|check| check["rule"][language].as_str().unwrap().len() > 5));
    }
    let (device, _) = demo.device();
    let issued = demo.issued(&device, "bank");
    let registration = demo.made(&issued, Registration::none("a demonstration"));
    assert_eq!(demo.enroll(&issued, &registration).status, 201);
    for check in demo.verdict(&issued)["checks"].as_array().unwrap() {
        assert_eq!(known(&check["id"])["specification"], check["specification"]);
    }
}
