//! The clients of a bank at work: devices and transfers by code, transfers by device, enrollments and
//! consents of Open Finance, guesses, repetitions. Each does one thing after another, whatever is done
//! to the service meanwhile, and holds it to what it said.

use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use device_enrollment_testkit::{Assertion, Registration};
use serde_json::{Value, json};

use super::chance::Chance;
use super::client::{Told, insist, request};
use super::enrolling::{BASE, contract_signals, creation, credential, signals};
use super::server::Answer;
use super::site::{Person, Site, code_of, said};
use super::world::{code_in, uuid};

/// Clients that work side by side, and the people of each: an approver has a hundred attempts a
/// minute.
pub(crate) const CLIENTS: usize = 8;
pub(crate) const PEOPLE: usize = 25;

/// Stops all clients when it goes: also where a test fails, whose threads would not end otherwise.
pub(crate) struct StopAll<'a>(pub(crate) &'a AtomicBool);

impl Drop for StopAll<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Lets a client work until `stop` says so. A client that finds a fault stops the others.
pub(crate) fn work(site: &Site, client: usize, chance: Chance, stop: &AtomicBool) {
    let stops_all = StopAll(stop);
    let mut client = Client::new(site, client, chance);
    let phone = client.phone();
    while !stop.load(Ordering::SeqCst) {
        client.one_thing(&phone);
    }
    std::mem::forget(stops_all);
}

/// A client, and the people whom it works for in turn.
pub(crate) struct Client<'a> {
    site: &'a Site,
    number: usize,
    chance: Chance,
    person: usize,
    seeds: u64,
    /// The signature counter of the phone.
    counter: u32,
}

/// A registered device with a credential.
pub(crate) struct Phone {
    person: Person,
    session: String,
    registration: Registration,
}

/// A transfer's body.
pub(crate) fn transfer(control_key: &str, tfa_info: &Value) -> Value {
    json!({
        "request_control_key": control_key, "transaction_amount": 202.5,
        "target_account": {
            "account_branch": "0001", "account_number": "1234567", "account_digit": "8",
            "owner_document_number": "12345678000195", "owner_name": "Padaria São João",
            "ispb": "32402502", "account_type": "checking_account"
        },
        "tfa_info": tfa_info
    })
}

/// The body of a request for a device by a code.
pub(crate) fn device(device_key: &str, session: &str, person: &Person) -> Value {
    json!({
        "device_key": device_key, "session_id": session,
        "tfa_info": {"approver_document_number": person.document, "contact_type": "sms"}
    })
}

/// A code that is not this one.
pub(crate) fn wrong(code: &str) -> String {
    let first = if code.starts_with('0') { "1" } else { "0" };
    format!("{first}{}", &code[1..])
}

impl<'a> Client<'a> {
    pub(crate) fn new(site: &'a Site, number: usize, chance: Chance) -> Self {
        Self { site, number, chance, person: 0, seeds: 0, counter: 0 }
    }

    fn one_thing(&mut self, phone: &Phone) {
        match self.chance.below(6) {
            0 => self.device(),
            1 => self.guesses(),
            2 => self.transfer_by_code(),
            3 => self.transfer_by_device(phone),
            4 | 5 => self.enrollment(),
            _ => unreachable!("below six"),
        }
    }

    /// The next person. The first one has the phone.
    fn someone(&mut self) -> Person {
        self.person = self.person % (PEOPLE - 1) + 1;
        Person::number(self.number * PEOPLE + self.person)
    }

    /// Sends a request until it is answered, under the headers that it needs.
    fn tell(&mut self, method: &str, path: &str, own: &[(&str, &str)], body: &Value) -> Told {
        let site = self.site;
        self.tell_as(&site.key, method, path, own, body)
    }

    fn tell_as(
        &mut self,
        key: &str,
        method: &str,
        path: &str,
        own: &[(&str, &str)],
        body: &Value,
    ) -> Told {
        let authorization = format!("Bearer {key}");
        let (nonce, transaction) = (uuid(), uuid());
        let mut headers = vec![("authorization", authorization.as_str())];
        if path.contains("open-finance") {
            headers.extend([
                ("nonce", nonce.as_str()),
                ("x-transaction-uuid", transaction.as_str()),
                ("x-include-replay-protection-schema", "nonce"),
            ]);
        }
        headers.extend(own);
        let request = request(method, path, &headers, body);
        let turn = self.chance.below(2) as usize;
        let told = insist(&self.site.addresses, turn, &request);
        if told.doubts > 0 && method != "GET" {
            self.site.ledger.doubted();
        }
        let status = told.answer.status;
        assert!(status < 500, "{method} {path}: {status} {}", told.answer.body);
        assert_ne!(code_of(&told.answer), "LIM000002", "{method} {path}: the load is over a cap");
        told
    }

    fn acknowledged(&self, kind: &'static str, key: &str, action: &'static str) {
        self.site.ledger.acknowledged(kind, key, action);
    }

    /// The last code that a person was sent since a mark.
    fn code(&self, mark: usize, person: &Person) -> String {
        let posted = self.site.world.gateway.since(mark, "/sms");
        let messages = posted.iter().map(|posted| serde_json::from_str(&posted.body).unwrap());
        let mine = messages.filter(|message: &Value| message["to"] == person.phone.as_str());
        code_in(mine.last().expect("a code")["text"].as_str().unwrap())
    }

    /// Requests a device until there is one that waits, and gives back its code.
    fn requested_device(&mut self, person: &Person, device_key: &str, session: &str) -> String {
        let mark = self.site.world.gateway.mark();
        let path = format!("/account/{}/device", person.account);
        let told = self.tell("POST", &path, &[], &device(device_key, session, person));
        match (said(&told.answer), told.doubts) {
            ((202, _), _) => self.acknowledged("device", device_key, "device.requested"),
            // It was stored, and whether its code was sent nobody knows.
            ((400, code), 1..) if code == "OBD000092" => {
                let path = format!("{path}/{device_key}/resend_token");
                let told = self.tell("PATCH", &path, &[], &json!({}));
                assert_eq!(told.answer.status, 202, "{}", told.answer.body);
                self.acknowledged("device", device_key, "device.code_resent");
            }
            (other, doubts) => panic!("a device after {doubts} doubts: {other:?}"),
        }
        self.code(mark, person)
    }

    /// Registers a device. None: doubts used its attempts up.
    fn registered(&mut self, person: &Person, device_key: &str, session: &str) -> Option<()> {
        let code = self.requested_device(person, device_key, session);
        let one = format!("/account/{}/device/{device_key}", person.account);
        let validate = format!("{one}/validate");
        let mut attempts = 0;
        for _ in 0..self.chance.below(3) {
            let told = self.tell("PUT", &validate, &[], &json!({"token": wrong(&code)}));
            attempts += 1 + told.doubts;
            match said(&told.answer) {
                (400, code) if code == "OBD0000100" => {
                    self.acknowledged("device", device_key, "device.attempted");
                }
                (400, code) if code == "OBD000099" && attempts >= 5 => return None,
                other => panic!("a wrong code: {other:?}"),
            }
        }
        let told = self.tell("PUT", &validate, &[], &json!({"token": code}));
        attempts += 1 + told.doubts;
        match (said(&told.answer), told.doubts) {
            ((201, _), _) => {
                self.acknowledged("device", device_key, "device.attempted");
                self.acknowledged("device", device_key, "device.validated");
            }
            // It was done, and the answer did not arrive.
            ((404, code), 1..) if code == "OBD000100" => {}
            ((400, code), 1..) if code == "OBD000099" && attempts > 5 => {
                assert_ne!(self.device_status(&one), "registered");
                return None;
            }
            (other, doubts) => panic!("the code after {doubts} doubts: {other:?}"),
        }
        assert_eq!(self.device_status(&one), "registered");
        let again = self.tell("PUT", &validate, &[], &json!({"token": code}));
        assert_eq!(said(&again.answer), (404, "OBD000100".to_owned()), "a code counted twice");
        Some(())
    }

    fn device_status(&mut self, path: &str) -> String {
        let told = self.tell("GET", path, &[], &Value::Null);
        assert_eq!(told.answer.status, 200, "{}", told.answer.body);
        told.answer.json()["status"].as_str().unwrap().to_owned()
    }

    fn device(&mut self) {
        let (person, device_key) = (self.someone(), uuid());
        if self.registered(&person, &device_key, &uuid()).is_none() || self.chance.one_in(2) {
            return;
        }
        let one = format!("/account/{}/device/{device_key}", person.account);
        let told = self.tell("DELETE", &format!("{one}/disable"), &[], &Value::Null);
        match (said(&told.answer), told.doubts) {
            ((200, _), _) => self.acknowledged("device", &device_key, "device.disabled"),
            ((404, code), 1..) if code == "OBD000100" => {}
            (other, doubts) => panic!("disabling after {doubts} doubts: {other:?}"),
        }
        assert_eq!(self.device_status(&one), "deactivated");
    }

    /// Five wrong codes, over whatever crashes, and the right one counts no more.
    fn guesses(&mut self) {
        let (person, device_key) = (self.someone(), uuid());
        let code = self.requested_device(&person, &device_key, &uuid());
        let one = format!("/account/{}/device/{device_key}", person.account);
        let validate = format!("{one}/validate");
        let mut looked_at = 0;
        for _ in 0..6 {
            let told = self.tell("PUT", &validate, &[], &json!({"token": wrong(&code)}));
            match said(&told.answer) {
                (400, code) if code == "OBD0000100" => {
                    looked_at += 1;
                    self.acknowledged("device", &device_key, "device.attempted");
                }
                (400, code) if code == "OBD000099" => {}
                other => panic!("a guess: {other:?}"),
            }
        }
        assert!(looked_at <= 4, "{looked_at} guesses, and the fifth locks");
        let told = self.tell("PUT", &validate, &[], &json!({"token": code}));
        assert_eq!(said(&told.answer), (400, "OBD000099".to_owned()));
        assert_eq!(self.device_status(&one), "not_registered");
    }

    /// Requests a transfer. None: it may be there, and its key is not known.
    fn requested_transfer(&mut self, person: &Person, tfa_info: &Value) -> Option<String> {
        let body = transfer(&uuid(), tfa_info);
        let path = format!("/account/{}/ted", person.account);
        let told = self.tell("POST", &path, &[], &body);
        let ted_key = match (said(&told.answer), told.doubts) {
            ((202, _), _) => told.answer.json()["ted_key"].as_str().unwrap().to_owned(),
            ((409, code), 1..) if code == "RCK000001" => return None,
            (other, doubts) => panic!("a transfer after {doubts} doubts: {other:?}"),
        };
        self.acknowledged("transfer", &ted_key, "transfer.requested");
        if self.chance.one_in(4) {
            let again = self.tell("POST", &path, &[], &body);
            assert_eq!(said(&again.answer), (409, "RCK000001".to_owned()));
        }
        Some(ted_key)
    }

    fn transfer_by_code(&mut self) {
        let person = self.someone();
        let mark = self.site.world.gateway.mark();
        let by_code = json!({"approver_document_number": person.document, "contact_type": "sms"});
        let Some(ted_key) = self.requested_transfer(&person, &by_code) else { return };
        let code = self.code(mark, &person);
        let validate = format!("/account/{}/ted/{ted_key}/validate_token", person.account);
        let mut attempts = 0;
        if self.chance.one_in(3) {
            let told = self.tell("PUT", &validate, &[], &json!({"token": wrong(&code)}));
            attempts += 1 + told.doubts;
            match said(&told.answer) {
                (400, code) if code == "TED000084" => {
                    self.acknowledged("transfer", &ted_key, "transfer.approve");
                }
                (400, code) if code == "TED000082" && attempts >= 5 => return,
                other => panic!("a wrong code: {other:?}"),
            }
        }
        let told = self.tell("PUT", &validate, &[], &json!({"token": code}));
        attempts += 1 + told.doubts;
        match (said(&told.answer), told.doubts) {
            ((201 | 202, _), _) => {
                self.acknowledged("transfer", &ted_key, "transfer.approve");
                self.acknowledged("transfer", &ted_key, "transfer.attempted");
            }
            ((404, code), 1..) if code == "TED000086" => {}
            ((400, code), 1..) if code == "TED000082" && attempts > 5 => return,
            (other, doubts) => panic!("the code after {doubts} doubts: {other:?}"),
        }
        self.is_approved(&person, &ted_key);
        let again = self.tell("PUT", &validate, &[], &json!({"token": code}));
        assert_eq!(said(&again.answer), (404, "TED000086".to_owned()), "a code counted twice");
    }

    fn is_approved(&mut self, person: &Person, ted_key: &str) {
        let path = format!("/account/{}/ted/{ted_key}", person.account);
        let told = self.tell("GET", &path, &[], &Value::Null);
        let status = told.answer.json()["ted_status"].as_str().unwrap().to_owned();
        assert!(status == "pending" || status == "sent", "{status}");
    }

    /// A device of the client's first person, with a credential that was enrolled on it.
    pub(crate) fn phone(&mut self) -> Phone {
        let person = Person::number(self.number * PEOPLE);
        loop {
            let (device_key, session) = (uuid(), uuid());
            if self.registered(&person, &device_key, &session).is_none() {
                continue;
            }
            let bound = self.bound(&person, Some(&device_key));
            if let Some((_, registration)) = bound {
                return Phone { person, session, registration };
            }
        }
    }

    fn transfer_by_device(&mut self, phone: &Phone) {
        let Phone { person, session, registration } = phone;
        let by_device = json!({
            "approver_document_number": person.document, "contact_type": "device",
            "session_id": session
        });
        let Some(ted_key) = self.requested_transfer(person, &by_device) else { return };
        let extension = format!("/extensions/v1/account/{}/ted/{ted_key}", person.account);
        let validate = format!("/account/{}/ted/{ted_key}/validate_token", person.account);
        // An assertion whose answer was lost has spent its challenge: the phone is asked anew.
        for _ in 0..5 {
            let told = self.tell("POST", &format!("{extension}/sign-options"), &[], &Value::Null);
            assert_eq!(told.answer.status, 200, "{}", told.answer.body);
            let challenge = told.answer.json()["challenge"].as_str().unwrap().to_owned();
            let assertion = self.signed(registration, &challenge);
            let path = format!("{extension}/assertion");
            let told = self.tell("POST", &path, &[], &assertion);
            let doubts = told.doubts;
            match said(&told.answer) {
                (202, _) => {
                    self.acknowledged("transfer", &ted_key, "transfer.assertion_presented");
                    self.acknowledged("transfer", &ted_key, "transfer.assertion_judged");
                }
                (400, code) if code == "TED000084" && doubts > 0 => {}
                other => panic!("an assertion after {doubts} doubts: {other:?}"),
            }
            let put = self.tell("PUT", &validate, &[], &json!({}));
            match (said(&put.answer), put.doubts) {
                ((201 | 202, _), _) => {
                    self.acknowledged("transfer", &ted_key, "transfer.approve");
                }
                ((404, code), 1..) if code == "TED000086" => {}
                // The assertion was not judged before the crash.
                ((400, _), _) if doubts > 0 => continue,
                (other, doubts) => panic!("the approval after {doubts} doubts: {other:?}"),
            }
            self.is_approved(person, &ted_key);
            let again = self.tell("POST", &path, &[], &assertion);
            assert_eq!(said(&again.answer), (404, "TED000086".to_owned()), "counted twice");
            return;
        }
    }

    fn signed(&mut self, registration: &Registration, challenge: &str) -> Value {
        self.counter += 1;
        let mut assertion = Assertion::of(registration);
        assertion.authenticator_data.sign_count = self.counter;
        assertion.client_data.challenge = URL_SAFE_NO_PAD.decode(challenge).unwrap();
        assertion.make().to_json()
    }

    /// One request of Open Finance under a key of its own: however often it is sent, it has the
    /// answer of the first time.
    fn keyed(&mut self, method: &str, path: &str, body: &Value) -> Told {
        let key = uuid();
        let own = [("x-idempotency-key", key.as_str())];
        let told = self.tell(method, path, &own, body);
        if told.answer.status < 300 && self.chance.one_in(4) {
            let again = self.tell(method, path, &own, body);
            let (first, second) = (&told.answer, &again.answer);
            assert_eq!((first.status, &first.body), (second.status, &second.body), "{path}");
        }
        told
    }

    /// A request whose whole effect is one unit: it is done, doubts or no doubts.
    fn done(&mut self, method: &str, path: &str, body: &Value, status: u16) -> Answer {
        let told = self.keyed(method, path, body);
        assert_eq!(told.answer.status, status, "{path}: {}", told.answer.body);
        told.answer
    }

    /// An enrollment that is bound, to a device where one is named. None: the process died between
    /// spending the challenge and judging what was made for it.
    fn bound(&mut self, person: &Person, device: Option<&str>) -> Option<(String, Registration)> {
        let mut body = creation();
        body["logged_user_document"] = json!(person.document);
        // No two requests are alike, so that a request that was carried out twice is seen.
        body["participant_id"] = json!(uuid());
        let answer = self.done("POST", BASE, &body, 201);
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        self.acknowledged("enrollment", &id, "enrollment.created");
        let path = format!("{BASE}/{id}/device/risk-signal");
        let answer = self.done("POST", &path, &signals(), 201);
        let device_id = answer.json()["id"].as_str().unwrap().to_owned();
        self.acknowledged("enrollment", &id, "enrollment.risk_signals");
        let mut approval = json!({
            "account_key": person.account, "approver_document_number": person.document,
            "decision": "approved", "transaction_limit": "500.00"
        });
        if let Some(device_key) = device {
            approval["device_key"] = json!(device_key);
        }
        let path = format!("/extensions/v1{BASE}/{id}/confirmation");
        let (holder, key) = (self.site.holder.clone(), uuid());
        let own = [("x-idempotency-key", key.as_str())];
        let told = self.tell_as(&holder, "POST", &path, &own, &approval);
        assert_eq!(told.answer.status, 200, "{}", told.answer.body);
        self.acknowledged("enrollment", &id, "enrollment.holder_answered");
        let path = format!("{BASE}/{id}/device/credentials");
        self.done("POST", &path, &json!({"platform": "BROWSER"}), 201);
        self.acknowledged("enrollment", &id, "enrollment.options_issued");
        let path = format!("{BASE}/{id}/device/{device_id}");
        let options = self.tell("GET", &format!("{path}/credentials"), &[], &Value::Null).answer;
        assert_eq!(options.status, 200, "{}", options.body);
        let options = options.json();
        let decoded = |name: &str| URL_SAFE_NO_PAD.decode(options[name].as_str().unwrap()).unwrap();
        self.seeds += 1;
        let mut made = Registration::none(&format!("client {} {}", self.number, self.seeds));
        made.client_data.challenge = decoded("challenge");
        made.user_handle = decoded("user_id");
        let told = self.keyed("POST", &path, &credential(&made));
        let bound = match (said(&told.answer), told.doubts) {
            ((201, _), _) => {
                self.acknowledged("enrollment", &id, "enrollment.registration_judged");
                true
            }
            ((409, _), 1..) => false,
            (other, doubts) => panic!("a registration after {doubts} doubts: {other:?}"),
        };
        let status = self.status(&id);
        assert_eq!(bound, status == "AUTHORIZED", "{status}");
        if self.chance.one_in(3) {
            let again = self.tell("POST", &path, &[], &credential(&made));
            assert_eq!(again.answer.status, 422, "a challenge counted twice");
        }
        bound.then_some((id, made))
    }

    fn status(&mut self, id: &str) -> String {
        let answer = self.tell("GET", &format!("{BASE}/{id}"), &[], &Value::Null).answer;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["status"].as_str().unwrap().to_owned()
    }

    fn enrollment(&mut self) {
        let person = self.someone();
        let Some((id, registration)) = self.bound(&person, None) else { return };
        self.consent(&id, &registration);
        if self.chance.one_in(2) {
            let body = json!({"logged_user_document": person.document});
            self.done("PATCH", &format!("{BASE}/{id}/revoke"), &body, 200);
            self.acknowledged("enrollment", &id, "enrollment.revocation_asked");
            let status = self.status(&id);
            assert!(status == "PENDING_REVOKE" || status == "REVOKED", "{status}");
        }
    }

    fn consent(&mut self, id: &str, registration: &Registration) {
        let base = "/extensions/v1/open-finance/consents";
        let answer = self.done("POST", base, &json!({}), 201);
        let consent = answer.json()["consent_id"].as_str().unwrap().to_owned();
        self.acknowledged("consent", &consent, "consent.created");
        let body = json!({"enrollment_id": id, "platform": "BROWSER"});
        let answer = self.done("POST", &format!("{base}/{consent}/sign-options"), &body, 201);
        self.acknowledged("consent", &consent, "consent.options_issued");
        let mut assertion = Assertion::of(registration);
        let challenge = answer.json()["challenge"].as_str().unwrap().to_owned();
        assertion.client_data.challenge = URL_SAFE_NO_PAD.decode(challenge).unwrap();
        let body = json!({"data": {
            "enrollmentId": id, "riskSignals": contract_signals(),
            "fidoAssertion": assertion.make().to_json()
        }});
        let path = format!("{base}/{consent}/authorise");
        let told = self.keyed("POST", &path, &body);
        let authorised = match (said(&told.answer), told.doubts) {
            ((200, _), _) => {
                self.acknowledged("consent", &consent, "consent.assertion_judged");
                true
            }
            ((409, _), 1..) => false,
            (other, doubts) => panic!("an assertion after {doubts} doubts: {other:?}"),
        };
        let shown = self.tell("GET", &format!("{base}/{consent}"), &[], &Value::Null).answer;
        assert_eq!(authorised, shown.json()["status"] == "AUTHORISED", "{}", shown.body);
        if authorised {
            let again = self.tell("POST", &path, &[], &body);
            assert_eq!(again.answer.status, 422, "an assertion counted twice");
        }
    }
}
