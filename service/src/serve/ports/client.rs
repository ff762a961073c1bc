//! One request by HTTP: what was never sent and what was sent and lost are told apart, because the
//! first may be tried again and the second may have happened.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{HOST, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

use super::{Roots, Why};

/// Bytes of an answer that are read.
const MOST_ANSWER: usize = 64 * 1024;

/// Where something is posted to.
#[derive(Clone)]
pub(crate) struct Endpoint {
    uri: Uri,
    host: String,
    port: u16,
    tls: Option<ServerName<'static>>,
}

/// The address can have a key in its query.
impl core::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Endpoint({}:{})", self.host, self.port)
    }
}

impl Endpoint {
    /// Reads an address of `https` or `http`; `None` for anything else, and for one with a user.
    pub(crate) fn parse(address: &str) -> Option<Self> {
        let uri: Uri = address.parse().ok()?;
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let (default, tls) = match uri.scheme_str()? {
            "https" => (443, Some(ServerName::try_from(host.clone()).ok()?)),
            "http" => (80, None),
            _ => return None,
        };
        let port = authority.port_u16().unwrap_or(default);
        Some(Self { host, port, tls, uri })
    }

    fn path(&self) -> &str {
        self.uri.path_and_query().map_or("/", |path| path.as_str())
    }
}

/// What is posted.
pub(super) struct Post {
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Vec<u8>,
}

/// What came of a post.
pub(super) enum Exchange {
    /// The other side answered.
    Answer { status: u16, body: Vec<u8> },
    /// Nothing of it was sent.
    NotSent(Why),
    /// It was sent, or some of it, and no answer was read.
    Lost(Why),
}

/// Posts to one endpoint. It follows no redirection and asks no proxy: what it carries is for the
/// configured host alone.
#[derive(Clone)]
pub(super) struct Client {
    endpoint: Endpoint,
    tls: TlsConnector,
    timeout: Duration,
}

impl Client {
    /// `setting` is the name of the address in the configuration.
    pub(super) fn new(
        address: &str,
        timeout: Duration,
        roots: &Roots,
        setting: &str,
    ) -> Result<Self, String> {
        let endpoint = Endpoint::parse(address)
            .ok_or_else(|| format!("setting {setting}: it is no address of https or http"))?;
        let tls = TlsConnector::from(Arc::clone(&roots.client()));
        Ok(Self { endpoint, tls, timeout })
    }

    /// Posts once, within the time of one try.
    pub(super) async fn post(&self, post: Post) -> Exchange {
        let deadline = deadline(self.timeout);
        let Endpoint { host, port, tls, .. } = &self.endpoint;
        let tcp = match timeout_at(deadline, TcpStream::connect((host.as_str(), *port))).await {
            Ok(Ok(tcp)) => tcp,
            Ok(Err(_)) => return Exchange::NotSent(Why::Unreachable),
            Err(_) => return Exchange::NotSent(Why::Timeout),
        };
        let Some(name) = tls else {
            return self.over(tcp, post, deadline).await;
        };
        match timeout_at(deadline, self.tls.connect(name.clone(), tcp)).await {
            Ok(Ok(stream)) => self.over(stream, post, deadline).await,
            Ok(Err(_)) => Exchange::NotSent(Why::Tls),
            Err(_) => Exchange::NotSent(Why::Timeout),
        }
    }

    async fn over<S>(&self, stream: S, post: Post, deadline: Instant) -> Exchange
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Some(request) = self.request(post) else {
            return Exchange::NotSent(Why::Unsendable);
        };
        let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
        let Ok((mut sender, connection)) = handshake else {
            return Exchange::NotSent(Why::Broken);
        };
        // It ends with the sender, or with the time.
        let connection = tokio::spawn(timeout_at(deadline, connection));
        let exchange = async {
            let Ok(answer) = sender.send_request(request).await else {
                return Exchange::Lost(Why::Broken);
            };
            let status = answer.status().as_u16();
            match Limited::new(answer.into_body(), MOST_ANSWER).collect().await {
                Ok(body) => Exchange::Answer { status, body: body.to_bytes().to_vec() },
                Err(_) => Exchange::Lost(Why::Broken),
            }
        };
        let exchange = timeout_at(deadline, exchange).await;
        connection.abort();
        exchange.unwrap_or(Exchange::Lost(Why::Timeout))
    }

    fn request(&self, post: Post) -> Option<Request<Full<Bytes>>> {
        let authority = self.endpoint.uri.authority()?.as_str();
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(self.endpoint.path())
            .header(HOST, authority)
            .header(USER_AGENT, "device-enrollment")
            .body(Full::new(Bytes::from(post.body)))
            .ok()?;
        request.headers_mut().extend(post.headers);
        Some(request)
    }
}

/// When a try is over that may take so long.
pub(super) fn deadline(timeout: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(timeout).unwrap_or(now)
}

/// A header whose value is not for a log.
pub(super) fn secret_header(name: HeaderName, value: &str) -> Option<(HeaderName, HeaderValue)> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some((name, value))
}
