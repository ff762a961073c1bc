//! A bank that is served on loopback: its account, its approver, the approver's phone, and a core
//! that is posted to.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use device_enrollment::flow::Stored as _;
use device_enrollment::two_factor::{
    Device, DeviceContext, DeviceEffect, DeviceEvent, DeviceRequest, RequestFacts, RequesterFacts,
    Spent,
};
use device_enrollment::webauthn::{RegistrationExpectation, RegistrationResponse};
use device_enrollment_testkit::{Assertion, ORIGIN, RP_ID, Registration};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

use crate::serve::config::{Config, MacKeyFile, Source};
use crate::serve::flows::{Flows, entropy};
use crate::serve::http::{self, App, NewKey};
use crate::serve::listen::Server;
use crate::serve::metrics::Metrics;
use crate::serve::ports::Signer;
use crate::serve::storage::tests::postgres_address;
use crate::serve::storage::{
    Account, AccountKind, AccountStatus, Approver, Change, Credential, CredentialOwner, Database,
    Move, NewApiKey, NewDevice, PostgresSettings, Requester, SqliteSettings, Storage,
};

pub(super) const ACCOUNT: &str = "6d2f0d0e-1c1f-4f5e-9a3d-0a4c4d6a7b01";
pub(super) const BLOCKED: &str = "6d2f0d0e-1c1f-4f5e-9a3d-0a4c4d6a7b02";
pub(super) const HUB: &str = "6d2f0d0e-1c1f-4f5e-9a3d-0a4c4d6a7b03";
pub(super) const NOWHERE: &str = "6d2f0d0e-1c1f-4f5e-9a3d-0a4c4d6a7b09";
pub(super) const DEVICE: &str = "2db36e1a-68a1-4d7b-9f4d-6d3b60e2c0d1";
pub(super) const SESSION: &str = "0f7c1c5e-57ab-4b8e-8d7e-1f2a3b4c5d6e";
pub(super) const APPROVER: &str = "98765432100";
pub(super) const TRANSACTION: &str = "46804f32-101e-4702-8fbc-c2dbc4c2caec";
const SECRET: &str = "a shared secret of thirty-two bytes at least";

/// What the phone's gateway and the bank's core were posted, and what they answer.
pub(super) struct Outside {
    pub(super) address: SocketAddr,
    pub(super) messages: Mutex<Vec<String>>,
    pub(super) gateway: AtomicU16,
    pub(super) orders: Mutex<Vec<(HeaderMap, Bytes)>>,
    pub(super) answer: Mutex<(u16, String)>,
    /// The core answers as often as there are permits.
    pub(super) may_answer: Semaphore,
}

impl Outside {
    async fn start() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sent = json!({"status": "sent", "transaction_key": TRANSACTION}).to_string();
        let outside = Arc::new(Self {
            address: listener.local_addr().unwrap(),
            messages: Mutex::default(),
            gateway: AtomicU16::new(200),
            orders: Mutex::default(),
            answer: Mutex::new((200, sent)),
            may_answer: Semaphore::new(1000),
        });
        let (gateway, core) = (outside.clone(), outside.clone());
        let router = Router::new()
            .route(
                "/sms",
                post(move |body: Bytes| async move {
                    let message: Value = serde_json::from_slice(&body).unwrap();
                    let text = message["text"].as_str().unwrap().to_owned();
                    gateway.messages.lock().unwrap().push(text);
                    StatusCode::from_u16(gateway.gateway.load(Ordering::SeqCst)).unwrap()
                }),
            )
            .route(
                "/orders",
                post(move |headers: HeaderMap, body: Bytes| async move {
                    core.orders.lock().unwrap().push((headers, body));
                    core.may_answer.acquire().await.unwrap().forget();
                    let (status, body) = core.answer.lock().unwrap().clone();
                    (StatusCode::from_u16(status).unwrap(), body)
                }),
            );
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        outside
    }

    /// The core's next answers.
    pub(super) fn answers(&self, status: u16, body: &Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        *self.answer.lock().unwrap() = (status, body);
    }

    /// From now on the core says nothing until it is told to.
    pub(super) fn falls_silent(&self) {
        self.may_answer.forget_permits(1000);
    }

    pub(super) fn orders(&self) -> usize {
        self.orders.lock().unwrap().len()
    }

    /// The code that was sent last.
    pub(super) fn code(&self) -> String {
        let messages = self.messages.lock().unwrap();
        let text = messages.last().unwrap();
        text.split("Código: ").nth(1).unwrap().chars().take(6).collect()
    }
}

/// Where a bank keeps everything.
#[derive(Clone, Copy)]
pub(super) enum Engine {
    Sqlite,
    Postgres,
}

pub(super) struct Bank {
    pub(super) runtime: Runtime,
    pub(super) app: Arc<App>,
    pub(super) outside: Arc<Outside>,
    pub(super) phone: Registration,
    settings: Vec<(String, String)>,
    database: Database,
    keys: String,
    address: SocketAddr,
    server: Option<Server>,
    key: String,
    core_key: String,
    folder: PathBuf,
}

impl Bank {
    pub(super) fn open(engine: Engine) -> Self {
        Self::with(engine, &[])
    }

    pub(super) fn with(engine: Engine, settings: &[(&str, &str)]) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("device-enrollment-transfers-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let runtime = Runtime::new().unwrap();
        let outside = runtime.block_on(Outside::start());
        let at = |path: &str| format!("http://{}{path}", outside.address);
        let mut all = vec![
            ("relying_party.id".to_owned(), RP_ID.to_owned()),
            ("relying_party.origins".to_owned(), ORIGIN.to_owned()),
            ("sms.url".to_owned(), at("/sms")),
            ("sms.tries".to_owned(), "1".to_owned()),
            // No test depends on how long it is.
            ("rail.timeout_ms".to_owned(), "60000".to_owned()),
            ("rail.mode".to_owned(), "webhook".to_owned()),
            ("rail.url".to_owned(), at("/orders")),
            ("rail.secret".to_owned(), SECRET.to_owned()),
            ("caps.attempts_per_approver".to_owned(), "100".to_owned()),
            ("caps.codes_per_approver".to_owned(), "1000".to_owned()),
        ];
        for (name, value) in settings {
            all.retain(|(known, _)| known != name);
            if !value.is_empty() {
                all.push(((*name).to_owned(), (*value).to_owned()));
            }
        }
        let keys = (*MacKeyFile::fresh("1").unwrap()).clone();
        let database = match engine {
            Engine::Sqlite => {
                let file = folder.join("test.db");
                Database::Sqlite(SqliteSettings { file, readers: 2, max_pages: None })
            }
            Engine::Postgres => Database::Postgres(PostgresSettings {
                url: postgres_address(),
                connections: 8,
                calls_after: 0,
            }),
        };
        let (app, server) = runtime.block_on(serve(&database, &all, &keys));
        let mut bank = Self {
            runtime,
            app,
            outside,
            phone: Registration::none("the approver's phone"),
            settings: all,
            database,
            keys,
            address: server.address,
            server: Some(server),
            key: String::new(),
            core_key: String::new(),
            folder,
        };
        bank.key = bank.requester("bank", false);
        bank.core_key = bank.requester("core", true);
        bank.people();
        bank
    }

    /// The service, stopped and started again when so many minutes are over.
    pub(super) fn restarted_after(&mut self, minutes: u32) {
        let server = self.server.take().unwrap();
        self.runtime.block_on(async {
            let later = self.app.storage.now().await.unwrap().plus_minutes(minutes);
            self.app.storage.commit(vec![Change::clock_mark(later)]).await.unwrap();
            server.stop().await;
            self.app.storage.close().await;
        });
        let started = self.runtime.block_on(serve(&self.database, &self.settings, &self.keys));
        self.app = started.0;
        self.address = started.1.address;
        self.server = Some(started.1);
    }

    pub(super) fn commit(&self, unit: Vec<Change>) {
        self.runtime.block_on(self.app.storage.commit(unit)).unwrap();
    }

    fn requester(&self, name: &str, may_settle: bool) -> String {
        let key = NewKey::fresh().unwrap();
        let configuration = json!({
            "may_create_devices": true, "may_settle_transfers": may_settle,
            "accounts": "all", "wallets": "all", "products": "all", "users": "all",
        });
        self.stored_requester(name, Some(configuration.to_string()), &key);
        key.text.to_string()
    }

    fn stored_requester(&self, name: &str, configuration: Option<String>, key: &NewKey) {
        let now = self.runtime.block_on(self.app.storage.now()).unwrap();
        let requester =
            Requester { requester_key: name.to_owned(), name: name.to_owned(), configuration };
        let stored = NewApiKey {
            prefix: &key.prefix,
            secret_hash: &key.hash,
            requester_key: name,
            label: "test",
            expires_at: None,
        };
        self.commit(vec![
            Change::put_requester(&requester, now),
            Change::add_api_key(&stored, now),
        ]);
    }

    /// Another caller, with this configuration.
    pub(super) fn another(&self, name: &str, configuration: Option<Value>) -> String {
        let key = NewKey::fresh().unwrap();
        self.stored_requester(name, configuration.map(|value| value.to_string()), &key);
        key.text.to_string()
    }

    fn people(&self) {
        let now = self.runtime.block_on(self.app.storage.now()).unwrap();
        for (account_key, status, kind) in [
            (ACCOUNT, AccountStatus::Open, AccountKind::Regular),
            (BLOCKED, AccountStatus::Open, AccountKind::Regular),
            (HUB, AccountStatus::Open, AccountKind::Regular),
        ] {
            self.commit(vec![
                Change::put_account(&account(account_key, status, kind), now),
                Change::put_approver(&Approver {
                    account_key: account_key.to_owned(),
                    document_number: APPROVER.to_owned(),
                    name: Some("Maria da Silva".to_owned()),
                    phone: Some("+5511987654321".to_owned()),
                    email: None,
                    since: now,
                }),
            ]);
        }
    }

    pub(super) fn set_account(&self, account_key: &str, status: AccountStatus, kind: AccountKind) {
        let now = self.runtime.block_on(self.app.storage.now()).unwrap();
        self.commit(vec![Change::put_account(&account(account_key, status, kind), now)]);
    }

    /// The approver's device, Active, with the credential that its phone made: registered by the
    /// library's own events and verifier, and put where the routes of devices and enrollments put
    /// them.
    pub(super) fn enroll(&self) {
        self.enroll_as(DEVICE, SESSION, &self.phone);
    }

    pub(super) fn enroll_as(&self, device_key: &str, session: &str, phone: &Registration) {
        let (flows, storage) = (&self.app.flows, &self.app.storage);
        let now = self.runtime.block_on(storage.now()).unwrap();
        let context = DeviceContext { keys: &flows.keys(), caps: &flows.caps };
        let body = json!({
            "device_key": device_key, "session_id": session,
            "tfa_info": {"approver_document_number": APPROVER, "contact_type": "sms"},
        });
        let request = DeviceRequest::parse(body.to_string().as_bytes()).unwrap();
        let account = account(ACCOUNT, AccountStatus::Open, AccountKind::Regular);
        let approver = self.runtime.block_on(storage.approver(ACCOUNT, APPROVER)).unwrap().unwrap();
        let facts = RequestFacts {
            account_key: device_enrollment::flow::Uuid4::parse(ACCOUNT).unwrap(),
            account: Some(account.facts()),
            requester: Some(RequesterFacts { may_create_devices: true }),
            approver: Some(approver.contacts()),
            device_key_used: false,
            spent: Spent::default(),
        };
        let (device, effects) =
            Device::request(request, facts, entropy().unwrap(), context, now).unwrap();
        let Some(DeviceEffect::SendCode { code, .. }) = effects.into_iter().next() else {
            panic!("no code");
        };
        let step = device.apply(DeviceEvent::Attempt { spent: Spent::default() }, context, now);
        let (device, mut effects) = step.accepted().unwrap();
        let Some(DeviceEffect::Compare(check)) = effects.pop() else { panic!("no attempt") };
        let evaluated = DeviceEvent::Evaluated(check.evaluate(&code, &flows.keys()));
        let (device, _) = device.apply(evaluated, context, now).accepted().unwrap();

        let parts = phone.make();
        let expected = RegistrationExpectation::new(
            parts.challenge.clone(),
            RP_ID,
            flows.relying_party.origins.clone(),
        );
        let response = RegistrationResponse::from_bytes(
            Some(&parts.credential_id),
            &parts.client_data_json,
            &parts.attestation_object,
        );
        let time = device_enrollment_testkit::TIME;
        let judged = flows.verifier.registration(
            &response,
            &expected,
            Some(device_enrollment::UnixTime(time)),
        );
        let enrolled = judged.accepted().unwrap().clone();
        let record = json!({
            "backup_eligible": enrolled.backup_eligible,
            "user_handle": BASE64_URL_SAFE_NO_PAD.encode(&parts.user_handle),
        });
        self.commit(vec![
            Change::add_device(&NewDevice {
                account_key: ACCOUNT,
                device_key,
                approver_document_number: APPROVER,
                requester_key: "bank",
                session_id: session,
                machine: Move {
                    from_revision: 0,
                    status: device.state_name(),
                    is_final: false,
                    state: &device.to_stored().unwrap(),
                    now,
                },
            }),
            Change::add_credential(&Credential {
                credential_id: BASE64_URL_SAFE_NO_PAD.encode(&enrolled.credential_id),
                owner: CredentialOwner::Device {
                    account_key: ACCOUNT.to_owned(),
                    approver_document_number: APPROVER.to_owned(),
                    device_key: device_key.to_owned(),
                },
                public_key: enrolled.public_key,
                sign_count: enrolled.sign_count,
                record: record.to_string(),
                created_at: now,
                last_used_at: None,
                revoked_at: None,
            }),
        ]);
    }

    /// What the phone signs under these options.
    pub(super) fn assertion(&self, options: &Value) -> Assertion {
        let mut assertion = Assertion::of(&self.phone);
        let challenge = options["challenge"].as_str().unwrap().to_owned();
        assertion.client_data.challenge_text = Some(challenge);
        assertion
    }

    /// Asks as the bank's requester.
    pub(super) fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        self.ask_as(&self.key, method, path, body)
    }

    /// Asks as the core.
    pub(super) fn tell(&self, ted_key: &str, body: &Value) -> Answer {
        let path = format!("/extensions/v1/account/{ACCOUNT}/ted/{ted_key}/settlement");
        self.ask_as(&self.core_key, "POST", &path, &body.to_string())
    }

    pub(super) fn ask_as(&self, key: &str, method: &str, path: &str, body: &str) -> Answer {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
             authorization: Bearer {key}\r\n"
        );
        if !body.is_empty() {
            let length = body.len();
            request.push_str(&format!(
                "content-type: application/json\r\ncontent-length: {length}\r\n"
            ));
        }
        request.push_str("\r\n");
        request.push_str(body);
        let mut stream = TcpStream::connect(self.address).unwrap();
        // Ends a test that hangs; no test depends on how long it is.
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, body: body.to_owned() }
    }

    /// Requests a transfer that is approved so, under a control key of its own.
    pub(super) fn perform(&self, contact: &Value) -> Answer {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let control = format!("b6804f32-101e-4702-8fbc-{number:012x}");
        self.ask("POST", &format!("/account/{ACCOUNT}/ted"), &body(&control, contact))
    }

    /// A transfer that waits for its code.
    pub(super) fn by_code(&self) -> (String, String) {
        let answer = self.perform(&sms());
        assert_eq!(answer.status, 202, "{}", answer.body);
        (answer.ted_key(), self.outside.code())
    }

    /// A transfer that waits for the phone.
    pub(super) fn by_device(&self) -> String {
        let answer = self.perform(&device());
        assert_eq!(answer.status, 202, "{}", answer.body);
        answer.ted_key()
    }

    pub(super) fn validate(&self, ted_key: &str, body: &str) -> Answer {
        self.ask("PUT", &format!("/account/{ACCOUNT}/ted/{ted_key}/validate_token"), body)
    }

    pub(super) fn token(&self, ted_key: &str, token: &str) -> Answer {
        self.validate(ted_key, &json!({"token": token}).to_string())
    }

    pub(super) fn resend(&self, ted_key: &str, body: &str) -> Answer {
        self.ask("PATCH", &format!("/account/{ACCOUNT}/ted/{ted_key}/resend_token"), body)
    }

    pub(super) fn query(&self, ted_key: &str) -> Answer {
        self.ask("GET", &format!("/account/{ACCOUNT}/ted/{ted_key}"), "")
    }

    pub(super) fn options(&self, ted_key: &str) -> Answer {
        let path = format!("/extensions/v1/account/{ACCOUNT}/ted/{ted_key}/sign-options");
        self.ask("POST", &path, "")
    }

    pub(super) fn assert(&self, ted_key: &str, assertion: &Assertion) -> Answer {
        let path = format!("/extensions/v1/account/{ACCOUNT}/ted/{ted_key}/assertion");
        self.ask("POST", &path, &assertion.make().to_json().to_string())
    }

    /// Whether an order carries a signature under the shared secret.
    pub(super) fn is_signed(&self, (headers, body): &(HeaderMap, Bytes)) -> bool {
        let header = |name: &str| headers[name].to_str().unwrap();
        let now = self.runtime.block_on(self.app.storage.now()).unwrap();
        Signer::new(SECRET.as_bytes())
            .verify(header("x-signature"), header("x-message-id"), body, now)
            .is_ok()
    }
}

impl Drop for Bank {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

async fn serve(
    database: &Database,
    settings: &[(String, String)],
    keys: &str,
) -> (Arc<App>, Server) {
    let mut source = Source::default();
    for (name, value) in settings {
        source.add_flag(name, Some(value));
    }
    let config = Config::read(source).unwrap();
    let storage = Storage::open(database).await.unwrap();
    let flows = Flows::open(&config, &MacKeyFile::parse(keys).unwrap(), false).unwrap();
    let limits = config.limits.clone();
    let app = App::new(config, storage, Metrics::unheard(), flows);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server::start(listener, None, http::router(&app), &limits);
    (app, server)
}

pub(super) fn account(account_key: &str, status: AccountStatus, kind: AccountKind) -> Account {
    Account {
        account_key: account_key.to_owned(),
        status,
        kind,
        branch: "0001".to_owned(),
        number: "123456".to_owned(),
        digit: "7".to_owned(),
    }
}

pub(super) fn sms() -> Value {
    json!({"approver_document_number": APPROVER, "contact_type": "sms"})
}

pub(super) fn device() -> Value {
    json!({"approver_document_number": APPROVER, "contact_type": "device", "session_id": SESSION})
}

/// The published request. The amount is text that no float passes through.
pub(super) fn body(control_key: &str, tfa_info: &Value) -> String {
    format!(
        r#"{{"request_control_key":"{control_key}","transaction_amount":1234.10,"target_account":{{"account_branch":"0001","account_number":"1234567","account_digit":"8","owner_document_number":"12345678000195","owner_name":"Padaria São João","ispb":"32402502","account_type":"checking_account"}},"tfa_info":{tfa_info}}}"#
    )
}

/// A token that is not this one.
pub(super) fn wrong(code: &str) -> String {
    if code == "000000" { "000001" } else { "000000" }.to_owned()
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(super) fn ted_key(&self) -> String {
        self.json()["ted_key"].as_str().unwrap().to_owned()
    }

    pub(super) fn told(&self) -> (u16, String) {
        let body = self.json();
        let told = body["code"].as_str().or(body["ted_status"].as_str());
        (self.status, told.unwrap_or_default().to_owned())
    }
}
