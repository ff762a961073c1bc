//! What is no request, at every operation of the OpenAPI document: the published error, and never a
//! 500. The operations come from the document, so that a new one cannot be forgotten: one that has no
//! request here yet fails the test by name.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::bank::enrolling::{
    BASE, Bank, Ids, approval, contract_signals, creation, credential, signals,
};
use super::enrollments::transfer;
use super::server::Answer;
use super::world::{ACCOUNT, APPROVER, Engine, uuid};

crate::bank::on_both_engines!(every_operation_answers_what_is_no_request);

/// Stands in what is sent, and has to stand in no answer.
const PLANTED: &str = "canary-9f3";
const JSON: &str = "content-type: application/json\r\n";

fn every_operation_answers_what_is_no_request(engine: Engine) {
    let bank = Bank::start(engine);
    bank.world.admin(
        "requesters",
        &json!({"requesters": [{
            "requester_key": "everything", "name": "May do everything", "configuration": {
                "may_create_devices": true, "may_confirm_enrollments": true,
                "may_settle_transfers": true,
                "accounts": "all", "wallets": "all", "products": "all", "users": "all"
            }
        }]}),
    );
    // The same requester owns what is made and asks about it.
    let key = bank.world.key_of("everything");
    let bank = Bank { holder: key.clone(), world: bank.world.with_key(key) };
    let document = document();
    let operations = operations(&document);
    assert!(operations.len() > 30, "{}", operations.len());
    let mut wrong = Vec::new();
    for operation in &operations {
        let sweep =
            Sweep { bank: &bank, operation, document: &document, wrong: RefCell::default() };
        sweep.paths();
        sweep.headers();
        if operation.body.is_some() {
            sweep.bodies();
        }
        wrong.append(&mut sweep.wrong.into_inner());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    sizes_and_lengths(&bank);
    let metrics = bank.world.metrics();
    assert!(!metrics.contains("status=\"500\"") && !metrics.contains(PLANTED), "{metrics}");
    let log = bank.world.stop();
    let mut faults: Vec<&str> = log.lines().filter(|line| line.contains("\"ERROR\"")).collect();
    // Somebody's contradiction and no fault of ours: a settlement of what was never handed over.
    faults.retain(|line| !line.contains("the rail was never handed this transfer"));
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(!log.contains(PLANTED));
}

/// An operation of the document.
struct Operation {
    method: String,
    template: String,
    /// Names of headers, and whether each has to be there.
    headers: Vec<(String, bool)>,
    /// The schema of the body, and whether there has to be one.
    body: Option<(Value, bool)>,
    /// Whether an API key is asked for.
    closed: bool,
    statuses: BTreeSet<u16>,
}

fn document() -> Value {
    serde_json::from_str(include_str!("../../../docs/openapi.json")).unwrap()
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (template, methods) in document["paths"].as_object().unwrap() {
        for (method, described) in methods.as_object().unwrap() {
            let parameters = described["parameters"].as_array().cloned().unwrap_or_default();
            let headers = parameters.iter().filter(|parameter| parameter["in"] == "header");
            let name = |parameter: &Value| parameter["name"].as_str().unwrap().to_owned();
            let body = described.get("requestBody").map(|body| {
                let schema = body["content"]["application/json"]["schema"].clone();
                (schema, body["required"] == true)
            });
            let statuses = described["responses"].as_object().unwrap().keys();
            operations.push(Operation {
                method: method.to_uppercase(),
                template: template.clone(),
                headers: headers.map(|header| (name(header), header["required"] == true)).collect(),
                body,
                closed: described.get("security") != Some(&json!([{}])),
                statuses: statuses.map(|status| status.parse().unwrap()).collect(),
            });
        }
    }
    operations
}

/// A request that could be answered well: its path, and its body.
struct Subject {
    path: String,
    body: Value,
}

struct Sweep<'a> {
    bank: &'a Bank,
    operation: &'a Operation,
    document: &'a Value,
    /// What was not answered as it has to be: all of it is told at the end.
    wrong: RefCell<Vec<String>>,
}

impl Sweep<'_> {
    fn open_finance(&self) -> bool {
        self.operation.template.contains("/open-finance/")
    }

    /// Objects that are there, in a state in which the operation looks at its body.
    fn subject(&self) -> Subject {
        let bank = self.bank;
        let template = self.operation.template.as_str();
        let account = |path: &str| path.replace("{account_key}", ACCOUNT);
        let of = |ids: &Ids| {
            template.replace("{enrollment_id}", &ids.id).replace("{id}", &ids.device_id)
        };
        let at = |id: &str| template.replace("{id}", id);
        let (path, body) = match (self.operation.method.as_str(), template) {
            (_, "/health/live" | "/health/ready" | "/extensions/v1/caller") => {
                (template.to_owned(), Value::Null)
            }
            ("POST", "/account/{account_key}/device") => (account(template), device("sms")),
            (method, path) if path.contains("{device_key}") => {
                let device = device("sms");
                let made =
                    bank.world.ask("POST", &account("/account/{account_key}/device"), &device);
                assert_eq!(made.status, 202, "{}", made.body);
                let key = device["device_key"].as_str().unwrap();
                let body = match method {
                    "PUT" => json!({"token": "329adf"}),
                    "PATCH" => json!({"contact_type": "sms"}),
                    _ => Value::Null,
                };
                (account(path).replace("{device_key}", key), body)
            }
            ("POST", "/account/{account_key}/ted") => (account(template), by_code()),
            ("POST", path) if path.ends_with("/{ted_key}/assertion") => {
                let (_, registration) = transfer::enrolled(bank, &uuid());
                let key = transfer::requested(bank);
                let body = transfer::signed(bank, &key, &registration).make().to_json();
                (account(path).replace("{ted_key}", &key), body)
            }
            (method, path) if path.contains("{ted_key}") => {
                let made =
                    bank.world.ask("POST", &account("/account/{account_key}/ted"), &by_code());
                assert_eq!(made.status, 202, "{}", made.body);
                let key = made.json()["ted_key"].as_str().unwrap().to_owned();
                let body = match path.rsplit('/').next().unwrap() {
                    "validate_token" => json!({"token": "329123"}),
                    "resend_token" => json!({"contact_type": "sms"}),
                    "settlement" => json!({"ted_status": "sent", "transaction_key": uuid()}),
                    "sign-options" | "{ted_key}" => Value::Null,
                    _ => panic!("no request for {method} {path}"),
                };
                (account(path).replace("{ted_key}", &key), body)
            }
            ("GET", "/open-finance/enrollments") => (template.to_owned(), Value::Null),
            ("POST", "/open-finance/enrollments") => (template.to_owned(), creation()),
            ("GET", "/open-finance/enrollments/{id}")
            | ("GET", "/extensions/v1/open-finance/enrollments/{id}/verdicts") => {
                (at(&bank.created()), Value::Null)
            }
            ("PATCH", "/open-finance/enrollments/{id}/revoke") => {
                (at(&bank.created()), json!({"logged_user_document": APPROVER}))
            }
            ("POST", "/open-finance/enrollments/{id}/device/risk-signal") => {
                (at(&bank.created()), signals())
            }
            ("POST", "/extensions/v1/open-finance/enrollments/{id}/confirmation") => {
                (at(&bank.asked().id), approval())
            }
            ("POST", "/extensions/v1/open-finance/enrollments/{id}/revocation") => (
                at(&bank.bound(&uuid()).0.id),
                json!({"revocation_reason": "REVOGADO_MANUALMENTE"}),
            ),
            ("POST", "/open-finance/enrollments/{id}/device/credentials") => {
                (at(&bank.approved().id), json!({"platform": "BROWSER"}))
            }
            ("GET", "/open-finance/enrollments/{enrollment_id}/device/{id}/credentials") => {
                (of(&bank.issued(&uuid()).0), Value::Null)
            }
            ("POST", "/open-finance/enrollments/{enrollment_id}/device/{id}") => {
                let (ids, registration) = bank.issued(&uuid());
                (of(&ids), credential(&registration))
            }
            ("POST", "/extensions/v1/open-finance/consents") => {
                (template.to_owned(), json!({"kind": "payment"}))
            }
            ("GET", "/extensions/v1/open-finance/consents/{id}") => {
                (at(&bank.consent(&json!({}))), Value::Null)
            }
            ("POST", "/extensions/v1/open-finance/consents/{id}/sign-options") => {
                let (ids, _) = bank.bound(&uuid());
                let body = json!({"enrollment_id": ids.id, "platform": "BROWSER"});
                (at(&bank.consent(&json!({}))), body)
            }
            ("POST", "/extensions/v1/open-finance/consents/{id}/authorise") => {
                let (ids, registration) = bank.bound(&uuid());
                let consent = bank.consent(&json!({}));
                let assertion = bank.assertion(&consent, &ids, &registration).make().to_json();
                let body = json!({"data": {
                    "enrollmentId": ids.id, "riskSignals": contract_signals(),
                    "fidoAssertion": assertion
                }});
                (at(&consent), body)
            }
            (method, path) => panic!("no request for {method} {path}"),
        };
        Subject { path, body }
    }

    /// The headers that a request needs, as lines.
    fn needed(&self) -> String {
        let needed = self.operation.headers.iter().filter(|(_, required)| *required);
        let mut lines: String = needed.map(|(name, _)| format!("{name}: {}\r\n", uuid())).collect();
        if self.operation.closed {
            lines.push_str(&format!("authorization: Bearer {}\r\n", self.bank.world.key));
        }
        lines
    }

    fn send(&self, path: &str, headers: &[u8], body: &[u8]) -> Answer {
        let mut request = format!(
            "{} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n",
            self.operation.method
        )
        .into_bytes();
        request.extend_from_slice(headers);
        if !body.is_empty() {
            request.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
        }
        request.extend_from_slice(b"\r\n");
        request.extend_from_slice(body);
        self.bank.world.node().send(&request)
    }

    fn post(&self, path: &str, body: &[u8]) -> Answer {
        self.send(path, format!("{}{JSON}", self.needed()).as_bytes(), body)
    }

    /// Keys in the path that are none.
    fn paths(&self) {
        let Subject { path, body } = self.subject();
        let (body, long) = (text(&body), "f".repeat(4_000));
        let mut segments: Vec<&str> = path.split('/').collect();
        let named: Vec<&str> = self.operation.template.split('/').collect();
        for at in (0..named.len()).filter(|at| named[*at].starts_with('{')) {
            let version_1 = "2db36e1a-68a1-1d7b-9f4d-6d3b60e2c0d1";
            for wrong in [PLANTED, version_1, "%00", "%ff", "%C3%A9", "..%2f", "%7B%7D", &long] {
                let right = std::mem::replace(&mut segments[at], wrong);
                let answer = self.post(&segments.join("/"), &body);
                segments[at] = right;
                self.is_refused(&answer, wrong);
                let expected: &[&str] = match self.open_finance() {
                    true => &["PARAMETRO_INVALIDO", "NAO_ENCONTRADO"],
                    false => &["QIT000001"],
                };
                self.is_one_of(&answer, expected, wrong);
            }
        }
    }

    /// Headers that are missing, given twice, or cannot be read.
    fn headers(&self) {
        let Subject { path, body } = self.subject();
        let body = text(&body);
        let json = if body.is_empty() { "" } else { JSON };
        if self.operation.closed {
            let without: String =
                lines(&self.needed()).filter(|line| !line.starts_with("authorization")).collect();
            let key = &self.bank.world.key;
            let twice = format!("{without}{}{}", bearer(key), bearer(key));
            let short = format!("{without}{}", bearer(&key[..key.len() - 1]));
            for headers in [&without, &twice, &short] {
                let answer = self.send(&path, format!("{headers}{json}").as_bytes(), &body);
                self.is_refused(&answer, headers);
                self.has(answer.status == 401, &answer, headers);
            }
        }
        if !body.is_empty() {
            for headers in [
                "",
                "content-type: text/plain\r\n",
                "content-type: application/json; charset=latin1\r\n",
                "content-type: application/json\r\ncontent-type: application/json\r\n",
                "content-type: application/json\r\ncontent-encoding: gzip\r\n",
            ] {
                let answer =
                    self.send(&path, format!("{}{headers}", self.needed()).as_bytes(), &body);
                self.is_no_form(&answer, headers);
            }
        }
        for (name, required) in &self.operation.headers {
            let others: String = lines(&self.needed())
                .filter(|line| !line.starts_with(&format!("{name}:")))
                .collect();
            let send = |value: &[u8]| {
                let mut headers = format!("{others}{json}{name}: ").into_bytes();
                headers.extend_from_slice(value);
                headers.extend_from_slice(b"\r\n");
                self.send(&path, &headers, &body)
            };
            if *required {
                let answer = self.send(&path, format!("{others}{json}").as_bytes(), &body);
                self.is_refused(&answer, name);
                self.has(answer.status == 400, &answer, name);
                self.is_one_of(&answer, &["PARAMETRO_NAO_INFORMADO"], name);
            }
            // What anything may stand in.
            let free = ["x-idempotency-key", "x-customer-user-agent"].contains(&name.as_str());
            let long = vec![b'x'; 64 * 1024];
            let hostile: [&[u8]; 6] =
                [b"\x01", b"a\x00b", b"\xff\xfe", b"\x7f", &long, PLANTED.as_bytes()];
            for value in hostile {
                let answer = send(value);
                self.has((200..500).contains(&answer.status), &answer, name);
                self.has(free || answer.status >= 400, &answer, name);
                self.tells_nothing(&answer, name);
            }
        }
        // What nobody asked for.
        for name in ["cookie", "user-agent", "x-request-id", "x-forwarded-for", "accept"] {
            for value in [b"\xff\xfe".as_slice(), PLANTED.as_bytes(), &[b'x'; 64 * 1024]] {
                // A key that nothing is under: nothing is done either.
                let path = path.replace(ACCOUNT, &uuid());
                let mut headers = format!("{}{json}{name}: ", self.needed()).into_bytes();
                headers.extend_from_slice(value);
                headers.extend_from_slice(b"\r\n");
                let answer = self.send(&path, &headers, &body);
                self.has((200..500).contains(&answer.status), &answer, name);
                self.tells_nothing(&answer, name);
            }
        }
    }

    /// Bodies that are none, or have another form.
    fn bodies(&self) {
        let mut subject = self.subject();
        let whole = subject.body.clone();
        let json = whole.to_string();
        let name = whole.as_object().unwrap().keys().next().unwrap().clone();
        let twice = json.replacen('{', &format!("{{\"{name}\":1,"), 1);
        let deep = format!("{{\"{name}\":{}", "[".repeat(50_000));
        let large = format!("{{\"{name}\":\"{}\"}}", "x".repeat(10 * 1024 * 1024));
        let planted = json.replacen('{', &format!("{{\"{PLANTED}\":1,"), 1);
        let mut no_bodies: Vec<Vec<u8>> = [
            "{",
            "[]",
            "null",
            "7",
            "true",
            "\"\"",
            "{\"a\"}",
            "{'a':1}",
            "NaN",
            "{}{}",
            "\u{feff}{}",
            &json[..json.len() - 1],
            &format!("{json}x"),
            &json.replacen('{', "{,", 1),
            &twice,
            &deep,
            &large,
        ]
        .map(|body| body.as_bytes().to_vec())
        .to_vec();
        no_bodies.push(format!("{{\"{name}\":\"\u{1}\"}}").into_bytes());
        no_bodies.push([format!("{{\"{name}\":\"").as_bytes(), b"\xff\"}"].concat());
        no_bodies.push(format!("{{\"{name}\":\"\\ud800\"}}").into_bytes());
        let (schema, required) = self.operation.body.as_ref().unwrap();
        if *required {
            no_bodies.push(Vec::new());
        }
        let schema = self.resolved(schema);
        if schema["additionalProperties"] == false {
            no_bodies.push(planted.into_bytes());
        }
        for mut wrong in self.altered(&schema, &whole) {
            // What was there before may have gone with a refusal.
            no_bodies.push(std::mem::take(&mut wrong));
        }
        for body in no_bodies {
            let answer = self.post(&subject.path, &body);
            self.is_no_form(&answer, &String::from_utf8_lossy(&body[..body.len().min(300)]));
            if answer.status == 422 {
                subject = self.subject();
            }
        }
        // The form was the one wrong thing.
        let answer = self.post(&subject.path, &text(&subject.body));
        self.has(!FORM.contains(&code(&answer).as_str()), &answer, "a right body");
        let known = answer.status < 500 && self.operation.statuses.contains(&answer.status);
        self.has(known, &answer, "a right body");

        for hostile in ["\u{0}", "a\u{0}b", "\u{202e}", "🏦", "' OR 1=1 --", &"x".repeat(20_000)]
        {
            for pointer in pointers(&whole) {
                let subject = self.subject();
                let mut body = subject.body.clone();
                let Some(place) = body.pointer_mut(&pointer).filter(|value| value.is_string())
                else {
                    continue;
                };
                *place = json!(hostile);
                let answer = self.post(&subject.path, &text(&body));
                let sent = format!("{pointer} {hostile:?}");
                self.has((200..500).contains(&answer.status), &answer, &sent);
                if answer.status >= 400 {
                    self.is_refused(&answer, &sent);
                }
            }
        }
    }

    /// The body with one member of another type, or one missing that has to be there.
    fn altered(&self, schema: &Value, whole: &Value) -> Vec<Vec<u8>> {
        let mut altered = Vec::new();
        for pointer in pointers(whole) {
            for other in
                [json!(7.5), json!(PLANTED), json!(true), json!([[]]), json!({"canary-9f3": 1})]
            {
                let mut body = whole.clone();
                let place = body.pointer_mut(&pointer).unwrap();
                if std::mem::discriminant(place) == std::mem::discriminant(&other) {
                    continue;
                }
                *place = other;
                altered.push(text(&body));
            }
        }
        for name in schema["properties"].as_object().unwrap().keys() {
            let mut body = whole.clone();
            body[name] = json!([[]]);
            altered.push(text(&body));
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            let name = name.as_str().unwrap();
            let mut body = whole.clone();
            body[name] = Value::Null;
            altered.push(text(&body));
            body.as_object_mut().unwrap().remove(name);
            altered.push(text(&body));
        }
        altered
    }

    fn resolved(&self, schema: &Value) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            return self.document.pointer(reference.strip_prefix('#').unwrap()).unwrap().clone();
        }
        // A body that need not be there: null, or the schema.
        match schema["oneOf"].as_array() {
            Some(either) => {
                self.resolved(either.iter().find(|one| one.get("$ref").is_some()).unwrap())
            }
            None => schema.clone(),
        }
    }

    /// The published error of a body or a header that is none.
    fn is_no_form(&self, answer: &Answer, sent: &str) {
        self.is_refused(answer, sent);
        self.is_one_of(answer, FORM, sent);
        self.has(matches!(answer.status, 400 | 422), answer, sent);
    }

    fn is_one_of(&self, answer: &Answer, expected: &[&str], sent: &str) {
        self.has(expected.contains(&code(answer).as_str()), answer, sent);
    }

    /// An error as the pages of the operation have it.
    fn is_refused(&self, answer: &Answer, sent: &str) {
        self.has((400..500).contains(&answer.status), answer, sent);
        self.has(self.operation.statuses.contains(&answer.status), answer, sent);
        self.has(answer.header("content-type") == Some("application/json"), answer, sent);
        self.has(answer.header("x-request-id").is_some(), answer, sent);
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let members: BTreeSet<&str> =
            body.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        let texts = |object: &Value, names: &[&str]| {
            names.iter().all(|name| object[*name].as_str().is_some_and(|text| !text.is_empty()))
        };
        let form = if self.open_finance() {
            members == BTreeSet::from(["errors", "meta"])
                && texts(&body["errors"][0], &["code", "title", "detail"])
                && texts(&body["meta"], &["requestDateTime"])
        } else {
            let names = ["code", "description", "title", "translation"];
            let mut all = BTreeSet::from(names);
            all.insert("extra_fields");
            members == all && texts(&body, &names)
        };
        self.has(form, answer, sent);
        self.tells_nothing(answer, sent);
    }

    /// Nothing of what was sent is said again.
    fn tells_nothing(&self, answer: &Answer, sent: &str) {
        let says = answer.head.contains(PLANTED) || answer.body.contains(PLANTED);
        self.has(answer.status < 400 || !says, answer, sent);
    }

    /// Notes an answer that is not as it has to be, with the line that asks.
    #[track_caller]
    fn has(&self, as_it_has_to_be: bool, answer: &Answer, sent: &str) {
        if !as_it_has_to_be {
            let Operation { method, template, .. } = self.operation;
            let line = std::panic::Location::caller().line();
            let sent: String = sent.chars().take(200).collect();
            let said: String = answer.body.chars().take(200).collect();
            let status = answer.status;
            let wrong = format!("{method} {template}, line {line}: {status} {said} to {sent:?}");
            self.wrong.borrow_mut().push(wrong);
        }
    }
}

/// Codes of a body or a header that does not have its form.
const FORM: &[&str] =
    &["QIT000001", "OBD000091", "PARAMETRO_INVALIDO", "PARAMETRO_NAO_INFORMADO", "CORPO_INVALIDO"];

/// Lengths that are no lengths, and requests that are none.
fn sizes_and_lengths(bank: &Bank) {
    let bearer = bearer(&bank.world.key);
    let head =
        format!("POST {BASE} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{bearer}{JSON}");
    for rest in [
        "content-length: -1\r\n\r\n{}",
        "content-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        "transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        "transfer-encoding: gzip\r\n\r\n{}",
        "no header\r\n\r\n",
        "na\u{0}me: x\r\n\r\n",
    ] {
        let answer = bank.world.node().send(format!("{head}{rest}").as_bytes());
        // Refused where it stands, or closed.
        assert!(matches!(answer.status, 0 | 400..=499), "{}: {rest:?}", answer.status);
    }
    for line in [
        "GET / HTTP/9.9\r\n\r\n",
        "GET\r\n\r\n",
        "\u{0}\r\n\r\n",
        "\r\n\r\n\r\n",
        "GET * HTTP/1.1\r\n\r\n",
    ] {
        let answer = bank.world.node().send(line.as_bytes());
        assert!(matches!(answer.status, 0 | 400..=499), "{}: {line:?}", answer.status);
    }
    let many: String = (0..1_000).map(|number| format!("x-{number}: x\r\n")).collect();
    let answer = bank.world.node().send(format!("{head}{many}\r\n").as_bytes());
    assert!(matches!(answer.status, 0 | 400..=499), "{}", answer.status);
}

fn device(contact_type: &str) -> Value {
    json!({
        "device_key": uuid(), "session_id": uuid(),
        "tfa_info": {"approver_document_number": APPROVER, "contact_type": contact_type}
    })
}

fn by_code() -> Value {
    json!({
        "request_control_key": uuid(), "transaction_amount": 202.5,
        "target_account": {
            "account_branch": "0001", "account_number": "1234567", "account_digit": "8",
            "owner_document_number": "12345678000195", "owner_name": "Padaria São João",
            "ispb": "32402502", "account_type": "checking_account"
        },
        "tfa_info": {"approver_document_number": APPROVER, "contact_type": "sms"}
    })
}

fn text(body: &Value) -> Vec<u8> {
    if body.is_null() { Vec::new() } else { body.to_string().into_bytes() }
}

fn lines(headers: &str) -> impl Iterator<Item = &str> {
    headers.split_inclusive("\r\n")
}

pub(super) fn bearer(key: &str) -> String {
    format!("authorization: Bearer {key}\r\n")
}

/// Every place of a value but its whole.
fn pointers(value: &Value) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, one)| (name.clone(), one)).collect(),
        Value::Array(list) => {
            list.iter().enumerate().map(|(at, one)| (at.to_string(), one)).collect()
        }
        _ => Vec::new(),
    };
    let inner = children.into_iter().flat_map(|(name, child)| {
        let below = pointers(child).into_iter().map(|rest| format!("/{name}{rest}"));
        std::iter::once(format!("/{name}")).chain(below.collect::<Vec<_>>())
    });
    inner.collect()
}

/// Method and path of every operation.
pub(super) fn routes() -> Vec<(String, String)> {
    let operations = operations(&document()).into_iter();
    operations.map(|operation| (operation.method, operation.template)).collect()
}

fn code(answer: &Answer) -> String {
    code_of(&answer.body)
}

/// The code of an error, in either form.
pub(super) fn code_of(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let code = body["code"].as_str().or(body["errors"][0]["code"].as_str());
    code.unwrap_or_default().to_owned()
}
