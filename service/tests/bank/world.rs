//! A bank with its service: a database, one node on SQLite or two on PostgreSQL, a gateway that
//! catches what is sent, accounts, requesters and their keys. Everything is done through documented
//! commands and requests.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Output, Stdio};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use serde_json::{Value, json};

use super::postgres;
use super::server::{Answer, Connection, Folder, Server, program, rendered};

/// Which database a world stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    /// A file, and one node.
    Sqlite,
    /// A server, and two nodes; requests go to them in turn.
    Postgres,
}

/// An account that can be used, with its approver.
pub(crate) const ACCOUNT: &str = "2db36e1a-68a1-4d7b-9f4d-6d3b60e2c0d1";
pub(crate) const BLOCKED: &str = "3eb36e1a-68a1-4d7b-9f4d-6d3b60e2c0d2";
pub(crate) const CLOSED: &str = "4fb36e1a-68a1-4d7b-9f4d-6d3b60e2c0d3";
pub(crate) const HUB: &str = "5ab36e1a-68a1-4d7b-9f4d-6d3b60e2c0d4";
/// An account that the requester of [`World::key`] may not touch.
pub(crate) const FOREIGN: &str = "6bb36e1a-68a1-4d7b-9f4d-6d3b60e2c0d5";
/// An account that is not there.
pub(crate) const NO_ACCOUNT: &str = "7cb36e1a-68a1-4d7b-9f4d-6d3b60e2c0d6";
/// The approver of [`ACCOUNT`], with both contacts.
pub(crate) const APPROVER: &str = "98765432100";
pub(crate) const PHONE: &str = "+5511987654321";
pub(crate) const EMAIL: &str = "maria@example.com";
/// An approver of [`ACCOUNT`] whom nothing can be sent to.
pub(crate) const SILENT: &str = "12345678909";

/// What the program is run with beside what a test sets. Caps are out of the way: a test of a cap
/// sets it.
const SETTINGS: &[(&str, &str)] = &[
    ("DEVICE_ENROLLMENT_CAPS_ATTEMPTS_PER_APPROVER", "100"),
    ("DEVICE_ENROLLMENT_CAPS_CODES_PER_APPROVER", "1000"),
    ("DEVICE_ENROLLMENT_CAPS_RESEND_PAUSES_SECONDS", "0,0,0,0,0,0,0,0"),
    ("DEVICE_ENROLLMENT_LIMITS_REQUESTS_PER_KEY", "1000000"),
    ("DEVICE_ENROLLMENT_SMS_TIMEOUT_MS", "2000"),
    ("DEVICE_ENROLLMENT_SMS_TRIES", "1"),
];

/// Where everything is kept: a world on PostgreSQL has a database of the server that all tests share,
/// or the one that is set.
pub(crate) const DATABASE: &str = "DEVICE_ENROLLMENT_DATABASE_URL";

/// A bank with its service.
pub(crate) struct World {
    pub(crate) gateway: Gateway,
    nodes: Vec<Server>,
    next: AtomicUsize,
    /// The key of a requester that may do everything on the accounts above, but on [`FOREIGN`].
    pub(crate) key: String,
    settings: Vec<(String, String)>,
    pub(crate) folder: Folder,
    /// Bodies of answers that are errors.
    refusals: Mutex<Vec<String>>,
}

impl World {
    pub(crate) fn start(engine: Engine) -> Self {
        Self::with(engine, &[])
    }

    /// With settings of its own, by their names in the environment.
    pub(crate) fn with(engine: Engine, own: &[(&str, &str)]) -> Self {
        Self::with_nodes(engine, own, if engine == Engine::Postgres { 2 } else { 1 })
    }

    /// With so many nodes; SQLite is for one.
    pub(crate) fn with_nodes(engine: Engine, own: &[(&str, &str)], nodes: usize) -> Self {
        let mut world = Self::without_nodes(engine, own);
        for _ in 0..nodes {
            let node = Server::start_in(&world.folder, &world.settings());
            world.nodes.push(node);
        }
        world
    }

    /// The bank and its settings, for a test that starts and ends nodes itself.
    pub(crate) fn without_nodes(engine: Engine, own: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let gateway = Gateway::start();
        let mut settings: Vec<(String, String)> = Vec::new();
        let mut set = |name: &str, value: &str| {
            settings.retain(|(known, _)| known != name);
            settings.push((name.to_owned(), value.to_owned()));
        };
        SETTINGS.iter().for_each(|(name, value)| set(name, value));
        set("DEVICE_ENROLLMENT_SMS_URL", &gateway.url("/sms"));
        let secret = "A".repeat(43);
        set("DEVICE_ENROLLMENT_CODES_MAC_KEYS", &format!("1:{secret}"));
        if engine == Engine::Postgres {
            if !own.iter().any(|(name, _)| *name == DATABASE) {
                set(DATABASE, &postgres_server().database());
            }
            set("DEVICE_ENROLLMENT_DATABASE_CONNECTIONS", "8");
        }
        own.iter().for_each(|(name, value)| set(name, value));
        if own.iter().any(|(name, _)| *name == "DEVICE_ENROLLMENT_CODES_MAC_KEYS_FILE") {
            settings.retain(|(name, _)| name != "DEVICE_ENROLLMENT_CODES_MAC_KEYS");
        }
        let mut world = Self {
            gateway,
            nodes: Vec::new(),
            next: AtomicUsize::new(0),
            key: String::new(),
            settings,
            folder,
            refusals: Mutex::default(),
        };
        world.admin("accounts", &accounts());
        world.admin("requesters", &requesters());
        world.key = world.key_of("full");
        world
    }

    /// The same world, asked with another key.
    pub(crate) fn with_key(self, key: String) -> Self {
        Self { key, ..self }
    }

    /// Stops every node, does something, and starts them again.
    pub(crate) fn stopped(&mut self, meanwhile: impl FnOnce(&Self)) {
        self.down(meanwhile, |node| {
            let (status, log) = node.stop();
            assert!(status.success(), "{log}");
        });
    }

    /// Kills every node, does something, and starts them again.
    pub(crate) fn crashed(&mut self, meanwhile: impl FnOnce(&Self)) {
        self.down(meanwhile, Server::crash);
    }

    fn down(&mut self, meanwhile: impl FnOnce(&Self), end: impl Fn(Server)) {
        let number = self.nodes.len();
        self.nodes.drain(..).for_each(end);
        meanwhile(self);
        for _ in 0..number {
            let node = Server::start_in(&self.folder, &self.settings());
            self.nodes.push(node);
        }
    }

    /// What a setting is set to, by its name in the environment.
    pub(crate) fn setting(&self, name: &str) -> &str {
        let set = self.settings.iter().find(|(known, _)| known == name);
        set.map(|(_, value)| value.as_str()).unwrap()
    }

    /// What the program is run with.
    pub(crate) fn settings(&self) -> Vec<(&str, &str)> {
        self.settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// Imports JSON as the operator does.
    pub(crate) fn admin(&self, what: &str, content: &Value) {
        self.operate(&["admin", what, "-"], &content.to_string());
    }

    /// Runs a command of the operator with something to read, and gives back what it prints.
    pub(crate) fn operate(&self, arguments: &[&str], input: &str) -> String {
        let done = self.operated(arguments, input);
        let error = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{arguments:?}: {error}");
        String::from_utf8(done.stdout).unwrap()
    }

    /// Runs a command of the operator to its end, whatever that is.
    pub(crate) fn operated(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = program(&self.folder, arguments)
            .envs(self.settings())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// A new API key of a requester: `full`, `other`, `no-devices`, `unconfigured`.
    pub(crate) fn key_of(&self, requester: &str) -> String {
        let arguments = ["admin", "keys", "create", "--requester", requester, "--label", "a test"];
        self.operate(&arguments, "").trim().to_owned()
    }

    /// The node whose turn it is.
    pub(crate) fn node(&self) -> &Server {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        &self.nodes[turn % self.nodes.len()]
    }

    /// Where the nodes listen.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(|node| node.address).collect()
    }

    /// The processes of the nodes.
    pub(crate) fn processes(&self) -> Vec<u32> {
        self.nodes.iter().map(Server::process).collect()
    }

    /// A request with the world's key and a JSON body, to the node whose turn it is.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.ask_as(&self.key, method, path, body)
    }

    /// The same with another key.
    pub(crate) fn ask_as(&self, key: &str, method: &str, path: &str, body: &Value) -> Answer {
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.send(key, method, path, "content-type: application/json\r\n", &bytes)
    }

    /// A request with headers and a body as they are.
    pub(crate) fn send(
        &self,
        key: &str,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> Answer {
        let headers = format!("authorization: Bearer {key}\r\n{headers}");
        let answer = self.node().request(method, path, &headers, body);
        if answer.status >= 400 {
            self.refusals.lock().unwrap().push(answer.body.clone());
        }
        answer
    }

    /// The bodies of all errors so far.
    pub(crate) fn refusals(&self) -> Vec<String> {
        self.refusals.lock().unwrap().clone()
    }

    /// A request with a key and a JSON body, to be sent over a connection that is kept.
    pub(crate) fn rendered(&self, key: &str, method: &str, path: &str, body: &Value) -> Vec<u8> {
        let headers = format!("authorization: Bearer {key}\r\ncontent-type: application/json\r\n");
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        rendered(method, path, &headers, &bytes)
    }

    /// Connections to be kept, spread evenly over all nodes.
    pub(crate) fn connections(&self, number: usize) -> Vec<Connection> {
        self.nodes.iter().cycle().take(number).map(Connection::open).collect()
    }

    /// The figures of all nodes.
    pub(crate) fn metrics(&self) -> String {
        self.nodes.iter().map(|node| node.get("/metrics", "").body).collect()
    }

    /// All that the nodes logged so far.
    pub(crate) fn log(&self) -> String {
        self.nodes.iter().map(Server::log).collect()
    }

    /// Stops every node, and gives back all that they logged.
    pub(crate) fn stop(self) -> String {
        let mut logs = String::new();
        for node in self.nodes {
            let (status, log) = node.stop();
            assert!(status.success(), "{log}");
            logs.push_str(&log);
        }
        logs
    }
}

/// One server for all tests of this process, a database for each world.
pub(crate) fn postgres_server() -> &'static postgres::Server {
    static SERVER: OnceLock<postgres::Server> = OnceLock::new();
    SERVER.get_or_init(postgres::Server::start)
}

fn accounts() -> Value {
    let account = |key: &str, status: &str, kind: &str| {
        json!({
            "account_key": key, "status": status, "kind": kind,
            "branch": "0001", "number": "123456", "digit": "7",
            "approvers": [
                {"document_number": APPROVER, "name": "Maria da Silva",
                 "phone": PHONE, "email": EMAIL},
                {"document_number": SILENT, "name": "José"}
            ]
        })
    };
    json!({"accounts": [
        account(ACCOUNT, "open", "regular"),
        account(BLOCKED, "blocked", "regular"),
        account(CLOSED, "closed", "regular"),
        account(HUB, "open", "hub"),
        account(FOREIGN, "open", "regular"),
    ]})
}

fn requesters() -> Value {
    let configuration = |may_create_devices: bool, accounts: Value| {
        json!({
            "may_create_devices": may_create_devices, "accounts": accounts,
            "wallets": "all", "products": "all", "users": "all"
        })
    };
    let most = json!([ACCOUNT, BLOCKED, CLOSED, HUB, NO_ACCOUNT]);
    json!({"requesters": [
        {"requester_key": "full", "name": "Full", "configuration": configuration(true, most)},
        {"requester_key": "other", "name": "Other",
         "configuration": configuration(true, json!("all"))},
        {"requester_key": "no-devices", "name": "No devices",
         "configuration": configuration(false, json!("all"))},
        {"requester_key": "unconfigured", "name": "Unconfigured", "configuration": null},
    ]})
}

/// A fresh UUID of version 4, different in every call.
pub(crate) fn uuid() -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("{:08x}-0000-4000-8000-{:012x}", std::process::id(), number)
}

/// A gateway on loopback that takes what is posted to it.
pub(crate) struct Gateway {
    address: SocketAddr,
    state: Arc<GatewayState>,
}

#[derive(Default)]
struct GatewayState {
    posted: Mutex<Vec<Posted>>,
    behaviour: Mutex<Behaviour>,
    /// What is answered to a POST with a body that has this text in it, by path.
    answers: Mutex<Vec<(String, u16, String)>>,
}

/// What was posted.
#[derive(Debug, Clone)]
pub(crate) struct Posted {
    pub(crate) path: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// How a gateway behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Behaviour {
    /// It takes everything.
    #[default]
    Takes,
    /// It answers with this status.
    Refuses(u16),
    /// It reads the request and closes the connection.
    Breaks,
    /// It reads the request and answers nothing.
    Hangs,
}

impl Gateway {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(GatewayState::default());
        let served = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = served.clone();
                std::thread::spawn(move || state.serve(&stream));
            }
        });
        Self { address, state }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn behave(&self, behaviour: Behaviour) {
        *self.state.behaviour.lock().unwrap() = behaviour;
    }

    /// What is answered on a path from now on.
    pub(crate) fn answer(&self, path: &str, status: u16, body: &str) {
        let mut answers = self.state.answers.lock().unwrap();
        answers.retain(|(known, ..)| known != path);
        answers.push((path.to_owned(), status, body.to_owned()));
    }

    /// All that was posted to a path, the oldest first.
    pub(crate) fn posted(&self, path: &str) -> Vec<Posted> {
        let posted = self.state.posted.lock().unwrap();
        posted.iter().filter(|posted| posted.path == path).cloned().collect()
    }

    /// How much was posted so far, whatever the path.
    pub(crate) fn mark(&self) -> usize {
        self.state.posted.lock().unwrap().len()
    }

    /// What was posted to a path since a mark.
    pub(crate) fn since(&self, mark: usize, path: &str) -> Vec<Posted> {
        let posted = self.state.posted.lock().unwrap();
        posted.iter().skip(mark).filter(|posted| posted.path == path).cloned().collect()
    }

    /// The code of the last message.
    pub(crate) fn code(&self) -> String {
        let posted = self.posted("/sms").pop().unwrap();
        let message: Value = serde_json::from_str(&posted.body).unwrap();
        code_in(message["text"].as_str().unwrap())
    }
}

/// The code in a sentence of ours.
pub(crate) fn code_in(text: &str) -> String {
    let (_, rest) = text.split_once("Código: ").or_else(|| text.split_once("Code: ")).unwrap();
    rest.chars().take(6).collect()
}

impl GatewayState {
    fn serve(&self, stream: &TcpStream) {
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            let lower = line.to_ascii_lowercase();
            if let Some(text) = lower.strip_prefix("content-length:") {
                length = text.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
            head.push_str(&line);
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let body = String::from_utf8(body).unwrap();
        self.posted.lock().unwrap().push(Posted { path: path.clone(), head, body });
        let behaviour = *self.behaviour.lock().unwrap();
        let (status, answer) = match behaviour {
            Behaviour::Breaks => return,
            Behaviour::Hangs => {
                // Until the other side has had enough.
                let _ = reader.read(&mut [0]);
                return;
            }
            Behaviour::Refuses(status) => (status, String::new()),
            Behaviour::Takes => {
                let answers = self.answers.lock().unwrap();
                let known = answers.iter().find(|(known, ..)| *known == path);
                known.map_or((200, String::new()), |(_, status, body)| (*status, body.clone()))
            }
        };
        let length = answer.len();
        let _ = write!(
            &mut &*stream,
            "HTTP/1.1 {status} Answer\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{answer}"
        );
    }
}
