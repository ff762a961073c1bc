//! A bank whose nodes and database can be killed and started again while clients are at it.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{Addresses, PATIENCE, Sent, request, send};
use super::enrolling::SETTINGS;
use super::ledger::Ledger;
use super::postgres;
use super::server::{Answer, Server};
use super::world::{DATABASE, Engine, World};

/// What a bank is run with here: caps are out of the way, everything leaves by webhook, and a message
/// that a dead node was about is soon taken by another one.
const OWN: &[(&str, &str)] = &[
    ("DEVICE_ENROLLMENT_CAPS_APPROVER_WINDOW_MINUTES", "1"),
    ("DEVICE_ENROLLMENT_CAPS_BUDGET_WINDOW_MINUTES", "1440"),
    ("DEVICE_ENROLLMENT_CAPS_ATTEMPTS_BUDGET", "10000000"),
    ("DEVICE_ENROLLMENT_CAPS_CODES_BUDGET", "10000000"),
    ("DEVICE_ENROLLMENT_RAIL_MODE", "webhook"),
    ("DEVICE_ENROLLMENT_RAIL_SECRET", SECRET),
    ("DEVICE_ENROLLMENT_RAIL_TIMEOUT_MS", "2000"),
    ("DEVICE_ENROLLMENT_EVENTS_SECRET", SECRET),
    ("DEVICE_ENROLLMENT_EVENTS_TIMEOUT_MS", "2000"),
];
const SECRET: &str = "a shared secret of thirty-two bytes at least";
pub(crate) const TRANSACTION: &str = "46804f32-101e-4702-8fbc-c2dbc4c2caec";

/// How a node is started, where it is not started plainly.
pub(crate) type Starting = Box<dyn Fn(&World) -> Server + Send + Sync>;

/// A bank.
pub(crate) struct Site {
    pub(crate) engine: Engine,
    pub(crate) world: World,
    pub(crate) database: Option<postgres::Server>,
    pub(crate) addresses: Addresses,
    pub(crate) ledger: Ledger,
    /// The key of an initiator that may do everything, and of the bank's own app.
    pub(crate) key: String,
    pub(crate) holder: String,
    nodes: Vec<Mutex<Option<Server>>>,
    starting: Starting,
}

/// A person with an account of their own.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) account: String,
    pub(crate) document: String,
    pub(crate) phone: String,
}

impl Person {
    pub(crate) fn number(number: usize) -> Self {
        Self {
            account: format!("{number:08x}-1111-4111-8111-111111111111"),
            document: format!("{:011}", 10_000_000_000 + number),
            phone: format!("+55119{:08}", 10_000_000 + number),
        }
    }
}

impl Site {
    pub(crate) fn start(engine: Engine, people: usize, own: &[(&str, &str)]) -> Self {
        let plainly = |world: &World| Server::start_in(&world.folder, &world.settings());
        Self::with(engine, people, own, postgres::Server::start, Box::new(plainly))
    }

    /// On the database server that all tests share, which nothing happens to.
    pub(crate) fn shared(engine: Engine, people: usize, own: &[(&str, &str)]) -> Self {
        let plainly = |world: &World| Server::start_in(&world.folder, &world.settings());
        Self::on(None, engine, people, own, Box::new(plainly))
    }

    /// With a way of its own to start the database and the nodes.
    pub(crate) fn with(
        engine: Engine,
        people: usize,
        own: &[(&str, &str)],
        server: impl FnOnce() -> postgres::Server,
        starting: Starting,
    ) -> Self {
        let database = (engine == Engine::Postgres).then(server);
        Self::on(database, engine, people, own, starting)
    }

    fn on(
        database: Option<postgres::Server>,
        engine: Engine,
        people: usize,
        own: &[(&str, &str)],
        starting: Starting,
    ) -> Self {
        let address = database.as_ref().map(postgres::Server::database);
        let outside = super::world::Gateway::start();
        let (rail, events) = (outside.url("/rail"), outside.url("/events"));
        let sms = outside.url("/sms");
        let mut settings: Vec<(&str, &str)> = [SETTINGS, OWN].concat();
        settings.extend([
            ("DEVICE_ENROLLMENT_RAIL_URL", rail.as_str()),
            ("DEVICE_ENROLLMENT_EVENTS_URL", events.as_str()),
            ("DEVICE_ENROLLMENT_SMS_URL", sms.as_str()),
        ]);
        settings.extend(address.iter().map(|address| (DATABASE, address.as_str())));
        settings.extend(own);
        let mut world = World::without_nodes(engine, &settings);
        world.gateway = outside;
        let sent = json!({"status": "sent", "transaction_key": TRANSACTION}).to_string();
        world.gateway.answer("/rail", 200, &sent);
        world.admin("accounts", &accounts(people));
        world.admin("requesters", &requesters());
        let (key, holder) = (world.key_of("initiator"), world.key_of("app"));
        let count = if engine == Engine::Postgres { 2 } else { 1 };
        let nodes = (0..count).map(|_| Mutex::new(None)).collect();
        let (addresses, ledger) = (Addresses::default(), Ledger::default());
        let site =
            Self { engine, world, database, addresses, ledger, key, holder, nodes, starting };
        (0..count).for_each(|node| site.start_node(node));
        site
    }

    pub(crate) fn nodes(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn database(&self) -> &postgres::Server {
        self.database.as_ref().expect("a bank on PostgreSQL")
    }

    /// The address of its database, as the settings have it.
    pub(crate) fn database_address(&self) -> String {
        let settings = self.world.settings();
        settings.iter().find(|(name, _)| *name == DATABASE).unwrap().1.to_owned()
    }

    /// Kills a node: SIGKILL, which it does not hear of.
    pub(crate) fn kill_node(&self, node: usize) {
        let server = self.nodes[node].lock().unwrap().take().expect("it runs");
        server.crash();
        self.addresses.set(node, None);
    }

    pub(crate) fn start_node(&self, node: usize) {
        let server = (self.starting)(&self.world);
        self.addresses.set(node, Some(server.address));
        *self.nodes[node].lock().unwrap() = Some(server);
    }

    /// The process of a node.
    pub(crate) fn process(&self, node: usize) -> u32 {
        self.with_node(node, Server::process)
    }

    pub(crate) fn with_node<T>(&self, node: usize, then: impl FnOnce(&Server) -> T) -> T {
        then(self.nodes[node].lock().unwrap().as_ref().expect("it runs"))
    }

    /// What a node says of its health.
    pub(crate) fn health(&self, node: usize) -> (u16, String) {
        let address = self.with_node(node, |server| server.address);
        match send(address, &request("GET", "/health/ready", &[], &Value::Null)) {
            Sent::Answered(answer) => {
                (answer.status, answer.json()["status"].as_str().unwrap().to_owned())
            }
            Sent::Never | Sent::Lost => (0, String::new()),
        }
    }

    /// Waits until every node says that it is ready.
    pub(crate) fn wait_until_ready(&self) {
        for node in 0..self.nodes() {
            wait_until("a node is ready", || self.health(node) == (200, "ready".to_owned()));
        }
    }

    /// Waits until every node says that its storage is not.
    pub(crate) fn wait_until_not_ready(&self) {
        for node in 0..self.nodes() {
            wait_until("a node is not ready", || self.health(node) == (503, "storage".to_owned()));
        }
    }

    /// One request to one node, which has to answer it.
    pub(crate) fn ask(&self, node: usize, method: &str, path: &str, body: &Value) -> Answer {
        self.ask_with(node, method, path, &[], body)
    }

    /// The same with headers of its own.
    pub(crate) fn ask_with(
        &self,
        node: usize,
        method: &str,
        path: &str,
        own: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let address = self.with_node(node, |server| server.address);
        let authorization = format!("Bearer {}", self.key);
        let (nonce, transaction) = (super::world::uuid(), super::world::uuid());
        let mut headers = vec![("authorization", authorization.as_str())];
        if path.contains("open-finance") {
            headers.extend([("nonce", nonce.as_str()), ("x-transaction-uuid", &transaction)]);
        }
        headers.extend(own);
        match send(address, &request(method, path, &headers, body)) {
            Sent::Answered(answer) => answer,
            Sent::Never => panic!("{method} {path}: nobody listens"),
            Sent::Lost => panic!("{method} {path}: the connection ended without an answer"),
        }
    }
}

/// Waits for a condition, and ends the test when it never comes.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
    began.elapsed()
}

/// The code of a refusal, in the form of either family.
pub(crate) fn code_of(answer: &Answer) -> String {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let code = body["code"].as_str().or_else(|| body["errors"][0]["code"].as_str());
    code.unwrap_or_default().to_owned()
}

/// Status and code.
pub(crate) fn said(answer: &Answer) -> (u16, String) {
    (answer.status, code_of(answer))
}

fn accounts(people: usize) -> Value {
    let accounts = (0..people).map(|number| {
        let person = Person::number(number);
        json!({
            "account_key": person.account, "status": "open", "kind": "regular",
            "branch": "0001", "number": format!("{:06}", 100_000 + number), "digit": "7",
            "approvers": [{
                "document_number": person.document, "name": format!("Person {number}"),
                "phone": person.phone
            }]
        })
    });
    json!({"accounts": accounts.collect::<Vec<_>>()})
}

fn requesters() -> Value {
    let requester = |key: &str, confirms: bool, settles: bool| {
        json!({"requester_key": key, "name": key, "configuration": {
            "may_create_devices": true, "may_confirm_enrollments": confirms,
            "may_settle_transfers": settles,
            "accounts": "all", "wallets": "all", "products": "all", "users": "all"
        }})
    };
    json!({"requesters": [
        requester("initiator", false, false), requester("app", true, false),
        requester("core", false, true)
    ]})
}
