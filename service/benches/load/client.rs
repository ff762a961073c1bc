//! A client: one connection that is kept, one request at a time, and how long each took.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::bank::world::uuid;

/// What a client asks for, in the order of the flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Create,
    Signals,
    Confirm,
    Issue,
    Options,
    Register,
    Consent,
    SignOptions,
    Authorise,
    /// Looking whether an effect is there; nobody's figure.
    Look,
}

impl Step {
    pub(crate) const ALL: [Self; 9] = [
        Self::Create,
        Self::Signals,
        Self::Confirm,
        Self::Issue,
        Self::Options,
        Self::Register,
        Self::Consent,
        Self::SignOptions,
        Self::Authorise,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Create => "creation",
            Self::Signals => "risk signals",
            Self::Confirm => "confirmation",
            Self::Issue => "issuing options",
            Self::Options => "reading options",
            Self::Register => "registration",
            Self::Consent => "consent",
            Self::SignOptions => "sign options",
            Self::Authorise => "authorisation",
            Self::Look => "looking",
        }
    }

    const fn method(self) -> Method {
        match self {
            Self::Options | Self::Look => Method::GET,
            _ => Method::POST,
        }
    }

    const fn expected(self) -> u16 {
        match self {
            Self::Confirm | Self::Options | Self::Authorise | Self::Look => 200,
            _ => 201,
        }
    }
}

/// What clients saw.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) steps: Vec<(Step, Duration)>,
    /// Whole flows.
    pub(crate) flows: Vec<Duration>,
    /// How long each refusal of a node that is full took.
    pub(crate) refused: Vec<Duration>,
    pub(crate) errors: Vec<String>,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Self) {
        self.steps.extend(other.steps);
        self.flows.extend(other.flows);
        self.refused.extend(other.refused);
        self.errors.extend(other.errors);
    }

    pub(crate) fn of(&self, step: Step) -> Vec<Duration> {
        self.steps.iter().filter(|(one, _)| *one == step).map(|(_, took)| *took).collect()
    }
}

/// Who asks: an initiator, or the bank's own app.
#[derive(Clone, Copy)]
pub(crate) enum Caller {
    Initiator,
    Holder,
}

/// The keys of both.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(crate) initiator: String,
    pub(crate) holder: String,
}

/// A client with its connection.
pub(crate) struct Client {
    address: SocketAddr,
    connection: Option<SendRequest<Full<Bytes>>>,
    keys: Keys,
    /// A node that is full is asked again, until then.
    pub(crate) patient_until: Option<Instant>,
    pub(crate) tally: Tally,
}

/// Why a flow was not finished.
pub(crate) enum Stopped {
    /// The time was over while the node was full.
    TimeIsOver,
    /// Something that must not be.
    Wrong(String),
}

impl Client {
    pub(crate) fn new(address: SocketAddr, keys: Keys) -> Self {
        let tally = Tally::default();
        Self { address, connection: None, keys, patient_until: None, tally }
    }

    pub(crate) async fn ask(
        &mut self,
        step: Step,
        caller: Caller,
        path: &str,
        body: &Value,
    ) -> Result<Value, Stopped> {
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        self.send(step, caller, path, body).await
    }

    /// One request and its answer; again and again while the node says that it is full.
    pub(crate) async fn send(
        &mut self,
        step: Step,
        caller: Caller,
        path: &str,
        body: Bytes,
    ) -> Result<Value, Stopped> {
        let wrong = |what: String| Stopped::Wrong(format!("{}: {what}", step.name()));
        loop {
            let began = Instant::now();
            let exchanged = self.exchange(step, caller, path, body.clone()).await;
            let (status, retry_after, answer) = exchanged.map_err(wrong)?;
            let took = began.elapsed();
            if status == step.expected() {
                self.tally.steps.push((step, took));
                return serde_json::from_slice(&answer).map_err(|error| wrong(error.to_string()));
            }
            let text = || format!("{status} {}", String::from_utf8_lossy(&answer));
            match self.patient_until {
                Some(until) if status == 503 => {
                    if !retry_after {
                        return Err(wrong(format!("no Retry-After: {}", text())));
                    }
                    self.tally.refused.push(took);
                    // Less patient than it was told to be: what is tried is the node, not us.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    if Instant::now() > until {
                        return Err(Stopped::TimeIsOver);
                    }
                }
                _ => return Err(wrong(text())),
            }
        }
    }

    async fn exchange(
        &mut self,
        step: Step,
        caller: Caller,
        path: &str,
        body: Bytes,
    ) -> Result<(u16, bool, Bytes), String> {
        let key = match caller {
            Caller::Initiator => &self.keys.initiator,
            Caller::Holder => &self.keys.holder,
        };
        let request = Request::builder()
            .method(step.method())
            .uri(path)
            .header("host", "localhost")
            .header("authorization", format!("Bearer {key}"))
            .header("nonce", uuid())
            .header("x-transaction-uuid", uuid())
            .header("x-include-replay-protection-schema", "nonce")
            .header("content-type", "application/json")
            .body(Full::new(body))
            .map_err(|error| error.to_string())?;
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(connect(self.address).await?),
        };
        let answer = connection.send_request(request).await.map_err(|error| error.to_string())?;
        let status = answer.status().as_u16();
        let retry_after = answer.headers().contains_key("retry-after");
        let closes = answer.headers().get("connection").is_some_and(|value| value == "close");
        let body = answer.into_body().collect().await.map_err(|error| error.to_string())?;
        if closes {
            self.connection = None;
        }
        Ok((status, retry_after, body.to_bytes()))
    }
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>, String> {
    let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    let made = handshake(TokioIo::new(stream)).await;
    let (sender, connection) = made.map_err(|error| error.to_string())?;
    tokio::spawn(connection);
    Ok(sender)
}
