//! A client that lives through what is done to the service: what it was not answered it does not
//! know, and asks again.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::RwLock;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::server::Answer;

/// After this a test is taken to hang. No test depends on how long it is.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Where the nodes are reached; a client takes them in turn.
#[derive(Default)]
pub(crate) struct Addresses(RwLock<Vec<Option<SocketAddr>>>);

impl Addresses {
    pub(crate) fn set(&self, node: usize, address: Option<SocketAddr>) {
        let mut addresses = self.0.write().unwrap();
        while addresses.len() <= node {
            addresses.push(None);
        }
        addresses[node] = address;
    }

    fn up(&self) -> Vec<SocketAddr> {
        self.0.read().unwrap().iter().flatten().copied().collect()
    }
}

/// What became of a request.
pub(crate) enum Sent {
    Answered(Answer),
    /// There was nobody to send it to: it had no effect.
    Never,
    /// It was sent, or some of it, and the connection ended before its answer did: nobody knows.
    Lost,
}

/// Sends a request once.
pub(crate) fn send(address: SocketAddr, request: &[u8]) -> Sent {
    let Ok(mut stream) = TcpStream::connect(address) else { return Sent::Never };
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    if stream.write_all(request).is_err() {
        return Sent::Lost;
    }
    let mut bytes = Vec::new();
    let ended = stream.read_to_end(&mut bytes);
    let text = String::from_utf8(bytes).unwrap_or_default();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return Sent::Lost };
    let answer = Answer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head: head.to_owned(),
        body: body.to_owned(),
    };
    // A process that is killed may have written half of its answer.
    let whole = answer
        .header("content-length")
        .is_none_or(|length| length.parse::<usize>().unwrap() == answer.body.len());
    if whole && ended.is_ok() { Sent::Answered(answer) } else { Sent::Lost }
}

/// A request in bytes.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    let body = if body.is_null() { String::new() } else { body.to_string() };
    if !body.is_empty() {
        text.push_str(&format!(
            "content-type: application/json\r\ncontent-length: {}\r\n",
            body.len()
        ));
    }
    format!("{text}\r\n{body}").into_bytes()
}

/// An answer that was insisted on.
pub(crate) struct Told {
    pub(crate) answer: Answer,
    /// How often it was asked before without an answer, or answered 503: each time it may have been
    /// done.
    pub(crate) doubts: u32,
}

/// Sends a request, again and again, until a node answers it with anything but 503.
pub(crate) fn insist(addresses: &Addresses, turn: usize, request: &[u8]) -> Told {
    let began = Instant::now();
    let mut doubts = 0;
    for at in turn.. {
        let up = addresses.up();
        let sent = match up.get(at % up.len().max(1)) {
            Some(address) => send(*address, request),
            None => Sent::Never,
        };
        match sent {
            Sent::Answered(answer) if answer.status == 503 => {
                assert!(answer.header("retry-after").is_some(), "{}", answer.head);
                doubts += 1;
            }
            Sent::Answered(answer) => return Told { answer, doubts },
            Sent::Lost => doubts += 1,
            Sent::Never => {}
        }
        assert!(began.elapsed() < PATIENCE, "nobody answers");
        std::thread::sleep(Duration::from_millis(5));
    }
    unreachable!("the turns end only with an answer")
}
