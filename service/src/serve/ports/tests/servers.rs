use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::IntoResponse as _;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::super::Roots;

/// A task that ends with the test.
pub(super) struct Running(JoinHandle<()>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A request as it arrived.
#[derive(Clone)]
pub(super) struct Received {
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Received {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A server by HTTP that gives its answers in their order, and the last of them for ever.
pub(super) struct HttpServer {
    pub(super) address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    _running: Running,
}

#[derive(Clone)]
struct Answers {
    answers: Arc<Vec<(u16, &'static str)>>,
    received: Arc<Mutex<Vec<Received>>>,
}

impl HttpServer {
    pub(super) async fn start(answers: &[(u16, &'static str)]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::<Mutex<Vec<Received>>>::default();
        let state =
            Answers { answers: Arc::new(answers.to_vec()), received: Arc::clone(&received) };
        let router = Router::new().fallback(receive).with_state(state);
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, received, _running: Running(serving) }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

async fn receive(
    State(state): State<Answers>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> axum::response::Response {
    let body = String::from_utf8(body.to_vec()).unwrap();
    let path = uri.path_and_query().unwrap().to_string();
    let place = {
        let mut received = state.received.lock().unwrap();
        received.push(Received { path, headers, body });
        received.len() - 1
    };
    let (status, body) = state.answers[place.min(state.answers.len() - 1)];
    let mut answer = (StatusCode::from_u16(status).unwrap(), body).into_response();
    answer.headers_mut().insert("location", "http://127.0.0.1:1/".parse().unwrap());
    answer
}

/// What a server does that is none.
#[derive(Clone, Copy)]
pub(super) enum Rude {
    /// It takes the connection and says nothing.
    Silent,
    /// It reads a head and hangs up.
    HangsUp,
    /// It answers with what nobody can read.
    Babbles,
}

/// A server that takes connections and behaves badly.
pub(super) async fn rude(manner: Rude) -> (SocketAddr, Running) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let mut held = Vec::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            match manner {
                Rude::Silent => held.push(stream),
                Rude::HangsUp => read_head(&mut stream).await,
                Rude::Babbles => {
                    read_head(&mut stream).await;
                    let _ = stream.write_all(b"\0\x01 329adf is no answer\r\n\r\n").await;
                }
            }
        }
    });
    (address, Running(serving))
}

async fn read_head<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) {
    let mut line = String::new();
    while stream.read_line(&mut line).await.is_ok_and(|read| read > 2) {
        line.clear();
    }
}

/// An address where nobody listens.
pub(super) async fn nobody() -> SocketAddr {
    TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap()
}

/// An authority, and a server's certificate from it.
pub(super) struct Authority {
    pub(super) roots: Roots,
    acceptor: TlsAcceptor,
}

impl Authority {
    /// With a certificate for the name.
    pub(super) fn with_certificate_for(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap();
        let issuer = Issuer::new(params, key);
        let server_key = KeyPair::generate().unwrap();
        let server = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let server = server.signed_by(&server_key, &issuer).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![server.der().clone()],
                PrivateKeyDer::Pkcs8(server_key.serialize_der().into()),
            )
            .unwrap();
        Self {
            roots: Roots::only(vec![root.der().clone()]),
            acceptor: TlsAcceptor::from(Arc::new(config)),
        }
    }

    /// A server by HTTPS that answers 204 to whoever believes its certificate.
    pub(super) async fn https(&self) -> (SocketAddr, Running) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = self.acceptor.clone();
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let Ok(stream) = acceptor.accept(stream).await else { continue };
                let mut stream = BufReader::new(stream);
                read_head(&mut stream).await;
                let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
                let _ = stream.shutdown().await;
            }
        });
        (address, Running(serving))
    }
}

/// How a mail server behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// It takes everything.
    Takes,
    /// It takes everything, and offers TLS first.
    OffersTls,
    /// It speaks TLS from the first byte.
    TlsFirst,
    /// It wants a login that nobody has.
    RefusesLogin,
    /// It does not know the recipient.
    RefusesRecipient,
    /// It has no place at the moment.
    PutsOff,
    /// It reads the message and refuses it.
    RefusesMessage,
    /// It says nothing, not even hello.
    Silent,
    /// It reads the message and says nothing more.
    SilentAfterMessage,
    /// It reads the message and hangs up.
    HangsUpAfterMessage,
    /// It says something that is no SMTP.
    Babbles,
    /// It hangs up before it says hello.
    HangsUp,
}

/// What a mail server took.
#[derive(Clone, Default)]
pub(super) struct Letter {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) text: String,
    pub(super) encrypted: bool,
}

/// A small mail server.
pub(super) struct MailServer {
    pub(super) port: u16,
    letters: Arc<Mutex<Vec<Letter>>>,
    commands: Arc<Mutex<Vec<String>>>,
    _running: Running,
}

/// What the sessions of a server share.
#[derive(Clone)]
struct Session {
    manner: Manner,
    tls: Option<TlsAcceptor>,
    letters: Arc<Mutex<Vec<Letter>>>,
    commands: Arc<Mutex<Vec<String>>>,
}

impl MailServer {
    pub(super) async fn start(manner: Manner, authority: Option<&Authority>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let session = Session {
            manner,
            tls: authority.map(|authority| authority.acceptor.clone()),
            letters: Arc::default(),
            commands: Arc::default(),
        };
        let (letters, commands) = (Arc::clone(&session.letters), Arc::clone(&session.commands));
        let serving = tokio::spawn(async move {
            let mut held = Vec::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                match manner {
                    Manner::Silent => held.push(stream),
                    Manner::HangsUp => drop(stream),
                    _ => session.clone().greet(stream).await,
                }
            }
        });
        Self { port, letters, commands, _running: Running(serving) }
    }

    pub(super) fn letters(&self) -> Vec<Letter> {
        self.letters.lock().unwrap().clone()
    }

    /// The words of all commands.
    pub(super) fn commands(&self) -> Vec<String> {
        self.commands.lock().unwrap().clone()
    }
}

impl Session {
    async fn greet(self, stream: TcpStream) {
        if self.manner == Manner::TlsFirst {
            if let Ok(stream) = self.tls.clone().unwrap().accept(stream).await {
                let mut stream = BufReader::new(stream);
                let _ = stream.write_all(b"220 test\r\n").await;
                self.talk(&mut stream, true).await;
            }
            return;
        }
        let mut stream = BufReader::new(stream);
        let babbles = self.manner == Manner::Babbles;
        let hello: &[u8] = if babbles { b"hello, this is 329adf\r\n" } else { b"220 test\r\n" };
        if stream.write_all(hello).await.is_err() {
            return;
        }
        if self.talk(&mut stream, false).await == Next::Tls {
            let tls = self.tls.clone().unwrap();
            if let Ok(stream) = tls.accept(stream.into_inner()).await {
                self.talk(&mut BufReader::new(stream), true).await;
            }
        }
    }

    async fn talk<S>(&self, stream: &mut BufReader<S>, encrypted: bool) -> Next
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut letter = Letter { encrypted, ..Letter::default() };
        loop {
            let mut line = String::new();
            if !stream.read_line(&mut line).await.is_ok_and(|read| read > 0) {
                return Next::End;
            }
            let line = line.trim_end();
            let word = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            self.commands.lock().unwrap().push(word.clone());
            let answer = match word.as_str() {
                "EHLO" if self.tls.is_some() && !encrypted => "250-test\r\n250 STARTTLS",
                "EHLO" => "250-test\r\n250 AUTH PLAIN LOGIN",
                "STARTTLS" => {
                    let _ = stream.write_all(b"220 go\r\n").await;
                    return Next::Tls;
                }
                "AUTH" if self.manner == Manner::RefusesLogin => "535 329adf is not welcome",
                "AUTH" => "235 welcome",
                "MAIL" => {
                    line.clone_into(&mut letter.from);
                    "250 ok"
                }
                "RCPT" if self.manner == Manner::RefusesRecipient => "550 no such person: 329adf",
                "RCPT" if self.manner == Manner::PutsOff => "452 later",
                "RCPT" => {
                    line.clone_into(&mut letter.to);
                    "250 ok"
                }
                "DATA" => {
                    let _ = stream.write_all(b"354 go\r\n").await;
                    letter.text = read_letter(stream).await;
                    match self.manner {
                        Manner::RefusesMessage => "554 not this one",
                        Manner::HangsUpAfterMessage => return Next::End,
                        Manner::SilentAfterMessage => core::future::pending().await,
                        _ => {
                            self.letters.lock().unwrap().push(letter.clone());
                            "250 taken"
                        }
                    }
                }
                "QUIT" => {
                    let _ = stream.write_all(b"221 bye\r\n").await;
                    return Next::End;
                }
                _ => "500 what?",
            };
            if stream.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
                return Next::End;
            }
        }
    }
}

#[derive(PartialEq, Eq)]
enum Next {
    Tls,
    End,
}

async fn read_letter<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> String {
    let mut letter = String::new();
    loop {
        let mut line = String::new();
        if !stream.read_line(&mut line).await.is_ok_and(|read| read > 0) || line == ".\r\n" {
            return letter;
        }
        letter.push_str(&line);
    }
}
