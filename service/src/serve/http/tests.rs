//! The shell, keys and bodies, over real connections to loopback. The routes are made here; what is
//! around them is what the service has.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use device_enrollment::UnixMillis;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::Notify;

use super::*;
use crate::serve::config::{MacKeyFile, Source};
use crate::serve::flows::Flows;
use crate::serve::listen::Server;
use crate::serve::storage::{Change, Database, NewApiKey, Requester, SqliteSettings};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    name: String,
    #[serde(default)]
    inner: Option<Inner>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Inner {
    number: u8,
}

async fn echo(body: Body) -> Result<String, Problem> {
    let asked: Asked = body.read()?;
    Ok(format!("{} {:?}", asked.name, asked.inner.map(|inner| inner.number)))
}

async fn guarded(caller: Caller, body: Body) -> Result<String, Problem> {
    body.read_or_empty::<serde::de::IgnoredAny>()?;
    Ok(caller.requester_key)
}

async fn panics() {
    panic!("a canary in the message");
}

/// Begins, says so, and ends when it is told.
#[derive(Clone, Default)]
struct Gate {
    begun: Arc<Notify>,
    go: Arc<Notify>,
    ended: Arc<Notify>,
}

impl Gate {
    async fn through(self) -> &'static str {
        self.begun.notify_one();
        self.go.notified().await;
        self.ended.notify_one();
        "through"
    }
}

/// A service on a port of its own.
struct Served {
    runtime: Runtime,
    app: Arc<App>,
    server: Option<Server>,
    address: SocketAddr,
    gate: Gate,
    folder: PathBuf,
}

impl Served {
    fn with(limits: &[(&str, &str)]) -> Self {
        static METRICS: OnceLock<Metrics> = OnceLock::new();
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let metrics = METRICS.get_or_init(|| Metrics::install().unwrap()).clone();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("device-enrollment-http-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();

        let mut source = Source::default();
        for (name, value) in limits {
            source.add_flag(name, Some(value));
        }
        let config = Config::read(source).unwrap();
        let runtime = Runtime::new().unwrap();
        let file = folder.join("test.db");
        let database = Database::Sqlite(SqliteSettings { file, readers: 1, max_pages: None });
        let gate = Gate::default();
        let (app, server) = runtime.block_on(async {
            let storage = Storage::open(&database).await.unwrap();
            let limits = config.limits.clone();
            let keys = MacKeyFile::parse(&MacKeyFile::fresh("1").unwrap()).unwrap();
            let flows = Flows::open(&config, &keys, false).unwrap();
            let app = App::new(config, storage, metrics, flows);
            let wait = gate.clone();
            let routes = described().split_for_parts().0;
            let routes = routes
                .merge(operations::metrics_route())
                .route("/account/echo", post(echo))
                .route("/open-finance/echo", post(echo))
                .route("/account/guarded", post(guarded))
                .route("/account/panics", get(panics))
                .route("/account/wait", get(move || wait.clone().through()))
                .route("/open-finance/panics", get(panics))
                .route("/account/state", get(|State(_): State<Arc<App>>| async { StatusCode::OK }));
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let server = Server::start(listener, None, finish(routes, &app), &limits);
            (app, server)
        });
        Self { runtime, app, address: server.address, server: Some(server), gate, folder }
    }

    fn plain() -> Self {
        Self::with(&[])
    }

    fn commit(&self, unit: Vec<Change>) {
        self.runtime.block_on(self.app.storage.commit(unit)).unwrap();
    }

    fn now(&self) -> UnixMillis {
        self.runtime.block_on(self.app.storage.now()).unwrap()
    }

    /// A key of a requester of this name.
    fn key(&self, requester_key: &str, expires_at: Option<UnixMillis>) -> NewKey {
        let key = NewKey::fresh().unwrap();
        let requester = Requester {
            requester_key: requester_key.to_owned(),
            name: "test".to_owned(),
            configuration: None,
        };
        let stored = NewApiKey {
            prefix: &key.prefix,
            secret_hash: &key.hash,
            requester_key,
            label: "test",
            expires_at,
        };
        let now = self.now();
        self.commit(vec![
            Change::put_requester(&requester, now),
            Change::add_api_key(&stored, now),
        ]);
        key
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        // Ends a test that hangs; no test depends on how long it is.
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    fn send(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect();
        stream.write_all(request).unwrap();
        Answer::read(stream)
    }

    fn get(&self, path: &str, headers: &str) -> Answer {
        self.send(
            format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n")
                .as_bytes(),
        )
    }

    fn post(&self, path: &str, headers: &str, body: &[u8]) -> Answer {
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.send(&request)
    }

    fn json(&self, path: &str, body: &str) -> Answer {
        self.post(path, "content-type: application/json\r\n", body.as_bytes())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn read(mut stream: TcpStream) -> Self {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).map_or(0, |status| status.parse().unwrap());
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Status and code, whichever family words it.
    fn code(&self) -> (u16, String) {
        let body = self.json();
        let code = body["code"].as_str().or(body["errors"][0]["code"].as_str());
        (self.status, code.unwrap_or_default().to_owned())
    }
}

fn malformed(path: &str) -> (u16, String) {
    let code = if path.starts_with("/account") { "QIT000001" } else { "PARAMETRO_INVALIDO" };
    (400, code.to_owned())
}

#[test]
fn errors_are_worded_as_their_family_words_them() {
    let served = Served::plain();
    let account = served.json("/account/echo", "{").json();
    assert_eq!(
        account,
        serde_json::json!({
            "title": "Bad Request", "description": "Schema Error",
            "translation": "Erro de Schema", "code": "QIT000001", "extra_fields": {}
        })
    );
    let mut portuguese = served.json("/open-finance/echo", "{}").json();
    let time = portuguese["meta"]["requestDateTime"].take();
    assert!(time.as_str().is_some_and(|text| text.len() == 20 && text.ends_with('Z')), "{time}");
    assert_eq!(
        portuguese,
        serde_json::json!({
            "errors": [{
                "code": "PARAMETRO_NAO_INFORMADO", "title": "Parâmetro não informado.",
                "detail": "Parâmetro name obrigatório não informado."
            }],
            "meta": {"requestDateTime": null}
        })
    );
    let english = served.post(
        "/open-finance/echo",
        "content-type: application/json\r\nx-lang: en-US\r\n",
        br#"{"name":"n","inner":{"number":"7"}}"#,
    );
    assert_eq!(
        english.json()["errors"][0]["detail"],
        "The parameter inner.number does not follow the expected format rules."
    );
}

#[test]
fn a_body_that_does_not_fit_is_refused_in_both_families() {
    let served = Served::plain();
    for path in ["/account/echo", "/open-finance/echo"] {
        assert_eq!(served.json(path, r#"{"name":"n"}"#).status, 200);
        for body in [
            "{",
            "[]",
            "7",
            "\u{feff}{}",
            r#"{"name":"a","name":"a"}"#,
            r#"{"name":"a","inner":{"number":1,"number":1}}"#,
            r#"{"name":7}"#,
            r#"{"name":"a","more":1}"#,
            r#"{"name":"a",}"#,
            r#"{"name":"a"} x"#,
        ] {
            assert_eq!(served.json(path, body).code(), malformed(path), "{body}");
        }
        let invalid =
            served.post(path, "content-type: application/json\r\n", b"{\"name\":\"\xff\"}");
        assert_eq!(invalid.code(), malformed(path));
        for kind in [
            "",
            "content-type: text/plain\r\n",
            "content-type: application/jwt\r\n",
            "content-type: application/json; charset=latin1\r\n",
            "content-type: application/json\r\ncontent-encoding: gzip\r\n",
        ] {
            let answer = served.post(path, kind, br#"{"name":"n"}"#);
            assert_eq!(answer.code(), malformed(path), "{kind}");
        }
    }
}

#[test]
fn a_body_is_read_up_to_its_limit() {
    let served = Served::with(&[("limits.body_bytes", "1024")]);
    for path in ["/account/echo", "/open-finance/echo"] {
        let of_length = |length: usize| {
            let rest = length - r#"{"name":""}"#.len();
            served.json(path, &format!(r#"{{"name":"{}"}}"#, "n".repeat(rest)))
        };
        assert_eq!(of_length(1024).status, 200);
        assert_eq!(of_length(1025).code(), malformed(path));
        // The client sends all of it and still sees the answer.
        assert_eq!(of_length(10 * 1024 * 1024).code(), malformed(path));
        // Of a length that nobody declared.
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
             content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
        );
        for _ in 0..3 {
            request.push_str(&format!("200\r\n{}\r\n", " ".repeat(512)));
        }
        request.push_str("0\r\n\r\n");
        assert_eq!(served.send(request.as_bytes()).code(), malformed(path));
        // A client that asks before it sends need not send.
        let asks = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: 100-continue\r\n\
             content-type: application/json\r\ncontent-length: 2000\r\n\r\n"
        );
        assert_eq!(served.send(asks.as_bytes()).code(), malformed(path));
    }
}

#[test]
fn a_client_that_is_slow_is_cut() {
    let served = Served::with(&[("limits.head_seconds", "1"), ("limits.body_seconds", "1")]);
    // Half a head, and nothing more: the connection is closed.
    let answer = served.send(b"GET /health/live HTTP/1.1\r\nhost:");
    assert_ne!(answer.status, 200);
    // Nothing at all, and nothing more after an answer.
    assert_eq!(served.send(b"").status, 0);
    assert_eq!(served.send(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").status, 200);
    // Half a body: an answer, and the connection is closed.
    let request = "POST /account/echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                   content-length: 100\r\n\r\n{";
    let answer = served.send(request.as_bytes());
    assert_eq!(answer.code(), (408, "API000408".to_owned()));
    assert_eq!(answer.header("connection"), Some("close"));
    let request = request.replace("/account/", "/open-finance/");
    assert_eq!(served.send(request.as_bytes()).code(), (408, "TEMPO_ESGOTADO".to_owned()));
}

#[test]
fn a_head_is_read_up_to_its_limit() {
    let served = Served::with(&[("limits.head_bytes", "8192")]);
    let long = format!("x-long: {}\r\n", "n".repeat(9000));
    assert_eq!(served.get("/health/live", &long).status, 431);
    assert_eq!(served.get("/health/live", "x-long: n\r\n").status, 200);
}

#[test]
fn what_is_not_there_is_said_in_the_family_of_the_path() {
    let served = Served::plain();
    for (path, code) in [
        ("/account/none", "API000404"),
        ("/accounting", "API000404"),
        ("/none", "API000404"),
        ("/extensions/v1/none", "API000404"),
        ("/open-finance/none", "NAO_ENCONTRADO"),
        ("/open-finance", "NAO_ENCONTRADO"),
    ] {
        assert_eq!(served.get(path, "").code(), (404, code.to_owned()), "{path}");
    }
    for (path, code) in
        [("/account/echo", "API000405"), ("/open-finance/echo", "METODO_NAO_PERMITIDO")]
    {
        let answer = served.get(path, "");
        assert_eq!(answer.code(), (405, code.to_owned()), "{path}");
        assert_eq!(answer.header("allow"), Some("POST"));
    }
}

#[test]
fn a_key_opens_while_it_lives() {
    let served = Served::plain();
    let key = served.key("requester-1", None);
    let guarded = |authorization: &str| served.post("/account/guarded", authorization, b"");
    let bearer = |key: &str| format!("authorization: Bearer {key}\r\n");

    let opened = guarded(&bearer(&key.text));
    assert_eq!((opened.status, opened.body.as_str()), (200, "requester-1"));
    assert_eq!(guarded(&format!("authorization: bearer {}\r\n", *key.text)).status, 200);

    let refused = (401, "API000401".to_owned());
    let stranger = NewKey::fresh().unwrap();
    // The prefix of one key with the secret of another.
    let (_, secret) = stranger.text.split_at(key.prefix.len() + 3);
    let mixed = format!("de_{}{secret}", key.prefix);
    for header in [
        String::new(),
        "authorization: Bearer\r\n".to_owned(),
        format!("authorization: Basic {}\r\n", *key.text),
        format!("authorization: Bearer {} \r\nauthorization: Bearer x\r\n", *key.text),
        bearer(&stranger.text),
        bearer(&mixed),
        bearer(&key.text.to_uppercase()),
        "authorization: Bearer \u{e9}\r\n".to_owned(),
    ] {
        let answer = guarded(&header);
        assert_eq!(answer.code(), refused, "{header}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }

    let now = served.now();
    let expired = served.key("requester-1", Some(now));
    assert_eq!(guarded(&bearer(&expired.text)).code(), refused);
    let lasting = served.key("requester-1", Some(now.plus_minutes(60)));
    assert_eq!(guarded(&bearer(&lasting.text)).status, 200);
    served.commit(vec![Change::revoke_api_key(&lasting.prefix, served.now())]);
    assert_eq!(guarded(&bearer(&lasting.text)).code(), refused);

    let kept = served.runtime.block_on(served.app.storage.api_key(&key.prefix)).unwrap();
    assert!(kept.unwrap().last_used_at.is_some());
    let unused = served.runtime.block_on(served.app.storage.api_key(&expired.prefix)).unwrap();
    assert!(unused.unwrap().last_used_at.is_none());
}

#[test]
fn a_key_may_ask_so_often_in_a_minute() {
    let served = Served::with(&[("limits.requests_per_key", "2")]);
    let (one, other) = (served.key("requester-1", None), served.key("requester-2", None));
    let guarded = |key: &NewKey| {
        let header = format!("authorization: Bearer {}\r\n", *key.text);
        served.post("/account/guarded", &header, b"")
    };
    assert_eq!((guarded(&one).status, guarded(&one).status), (200, 200));
    let refused = guarded(&one);
    assert_eq!(refused.code(), (429, "API000429".to_owned()));
    let wait: u32 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(guarded(&other).status, 200);
}

#[test]
fn a_panic_is_an_internal_error_and_the_service_goes_on() {
    let served = Served::plain();
    assert_eq!(served.get("/account/panics", "").code(), (500, "QIT000500".to_owned()));
    let answer = served.get("/open-finance/panics", "");
    assert_eq!(answer.code(), (500, "ERRO_INTERNO".to_owned()));
    assert!(!answer.body.contains("canary"));
    assert_eq!(served.get("/account/state", "").status, 200);
}

#[test]
fn more_than_the_node_takes_is_told_to_come_back() {
    let served = Served::with(&[("limits.concurrency", "1")]);
    let mut first = served.connect();
    first.write_all(b"GET /account/wait HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    served.runtime.block_on(served.gate.begun.notified());

    let second = served.get("/account/state", "");
    assert_eq!(second.code(), (503, "API000503".to_owned()));
    assert_eq!(second.header("retry-after"), Some("1"));
    assert_eq!(served.get("/health/live", "").status, 200);

    served.gate.go.notify_one();
    assert_eq!(Answer::read(first).body, "through");
    served.runtime.block_on(served.app.idle());
    assert_eq!(served.get("/account/state", "").status, 200);
}

#[test]
fn an_answer_that_takes_too_long_is_given_up_and_its_work_is_not() {
    let served = Served::with(&[("limits.request_seconds", "1")]);
    let answer = served.get("/account/wait", "");
    assert_eq!(answer.code(), (503, "API000503".to_owned()));
    served.gate.go.notify_one();
    served.runtime.block_on(served.gate.ended.notified());
}

#[test]
fn a_client_that_goes_away_leaves_nothing_half_done() {
    let served = Served::plain();
    let mut client = served.connect();
    client.write_all(b"GET /account/wait HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    served.runtime.block_on(served.gate.begun.notified());
    drop(client);
    served.gate.go.notify_one();
    served.runtime.block_on(served.gate.ended.notified());
    served.runtime.block_on(served.app.idle());
}

#[test]
fn a_stop_waits_for_what_is_under_way_and_takes_nothing_more() {
    let mut served = Served::plain();
    let mut client = served.connect();
    client.write_all(b"GET /account/wait HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    served.runtime.block_on(served.gate.begun.notified());
    assert_eq!(served.get("/health/ready", "").status, 200);

    served.app.drain();
    let answer = served.get("/health/ready", "");
    assert_eq!((answer.status, answer.json()["status"].as_str()), (503, Some("draining")));

    let server = served.server.take().unwrap();
    let stopping = served.runtime.spawn(server.stop());
    served.gate.go.notify_one();
    let answer = Answer::read(client);
    assert_eq!((answer.status, answer.body.as_str()), (200, "through"));
    served.runtime.block_on(stopping).unwrap();
    assert!(TcpStream::connect(served.address).is_err());
}

#[test]
fn a_request_has_an_id_of_the_client_or_a_fresh_one() {
    let served = Served::plain();
    let id = "7b0cbf1c-95e3-4d3a-8a3c-0d7d3f0a6f11";
    let answer = served.get("/health/live", &format!("x-request-id: {id}\r\n"));
    assert_eq!(answer.header("x-request-id"), Some(id));
    for brought in ["", "x-request-id: canary\r\n"] {
        let answer = served.get("/none", brought);
        let fresh = answer.header("x-request-id").unwrap();
        assert!(device_enrollment::flow::Uuid4::parse(fresh).is_some(), "{fresh}");
    }
    let answer = served.get("/health/live", "");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
}

#[test]
fn requests_are_counted_by_route_and_never_by_path() {
    let served = Served::plain();
    served.get("/account/state?secret=canary-query", "");
    served.get("/account/canary-path", "");
    served.send(b"CANARY-METHOD /account/state HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    let page = served.get("/metrics", "").body;
    let counted =
        "device_enrollment_requests_total{method=\"GET\",route=\"/account/state\",status=\"200\"}";
    assert!(page.contains(counted), "{page}");
    assert!(page.contains("method=\"OTHER\",route=\"/account/state\",status=\"405\""), "{page}");
    assert!(page.contains("device_enrollment_storage_seconds_count{operation=\"read\"}"), "{page}");
    assert!(page.contains("device_enrollment_error_answers_total{code=\"API000404\"}"), "{page}");
    assert!(!page.to_ascii_lowercase().contains("canary"), "{page}");
}
