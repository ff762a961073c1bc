//! Connections: how many, for how long, with TLS or without, and how they end.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::config::{self, Limits};

/// TLS 1.2 and 1.3 with one certificate.
pub(super) type Tls = TlsAcceptor;

/// Reads certificate and key.
///
/// # Errors
///
/// A sentence that names the setting.
pub(super) fn tls(files: &config::Tls) -> Result<Tls, String> {
    let wrong = |setting: &str, path: &Path, why: &dyn core::fmt::Display| {
        format!("setting server.{setting}: {}: {why}", path.display())
    };
    let certificate = &files.certificate;
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| wrong("tls_certificate_file", certificate, &error))?;
    if chain.is_empty() {
        return Err(wrong("tls_certificate_file", certificate, &"it holds no certificate"));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| wrong("tls_key_file", &files.key, &error))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| wrong("tls_key_file", &files.key, &error))?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(server)))
}

/// Takes an address.
///
/// # Errors
///
/// A sentence that names the setting.
pub(super) async fn bind(address: SocketAddr, setting: &str) -> Result<TcpListener, String> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|error| format!("setting {setting}: {address}: {error}"))
}

/// A server that accepts connections until it is stopped.
pub(super) struct Server {
    /// Where it listens, with the port that it was given.
    pub(super) address: SocketAddr,
    stop: oneshot::Sender<()>,
    accepting: JoinHandle<GracefulShutdown>,
}

impl Server {
    /// Starts to accept.
    pub(super) fn start(
        listener: TcpListener,
        tls: Option<Tls>,
        router: Router,
        limits: &Limits,
    ) -> Self {
        // A listener that is bound knows where.
        let address = listener.local_addr().unwrap_or(SocketAddr::from(([0, 0, 0, 0], 0)));
        let (stop, stopped) = oneshot::channel();
        let connections = Connections {
            tls,
            router,
            head_time: limits.head_time,
            head_bytes: limits.head_bytes,
            places: Arc::new(Semaphore::new(limits.connections)),
        };
        let accepting = tokio::spawn(connections.accept(listener, stopped));
        Self { address, stop, accepting }
    }

    /// Accepts nothing more and waits until what is under way is answered. Idle connections are
    /// closed at once.
    pub(super) async fn stop(self) {
        let _ = self.stop.send(());
        if let Ok(connections) = self.accepting.await {
            connections.shutdown().await;
        }
    }
}

struct Connections {
    tls: Option<Tls>,
    router: Router,
    head_time: Duration,
    head_bytes: usize,
    places: Arc<Semaphore>,
}

impl Connections {
    async fn accept(
        self,
        listener: TcpListener,
        mut stopped: oneshot::Receiver<()>,
    ) -> GracefulShutdown {
        let open = GracefulShutdown::new();
        loop {
            // Whoever comes when all places are taken waits in the queue of the operating system.
            let place = tokio::select! {
                _ = &mut stopped => return open,
                place = self.places.clone().acquire_owned() => place,
            };
            let accepted = tokio::select! {
                _ = &mut stopped => return open,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    let connection = self.connection(stream, open.watcher());
                    tokio::spawn(async move {
                        let _place = place;
                        connection.await;
                    });
                }
                // Out of descriptors, mostly: some will come free.
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    fn connection(&self, stream: TcpStream, watcher: Watcher) -> impl Future<Output = ()> + use<> {
        let (tls, router) = (self.tls.clone(), self.router.clone());
        let (head_time, head_bytes) = (self.head_time, self.head_bytes);
        async move {
            // Answers are small and written at once.
            let _ = stream.set_nodelay(true);
            match tls {
                None => answer(stream, router, head_time, head_bytes, watcher).await,
                Some(tls) => {
                    let shaken = tokio::time::timeout(head_time, tls.accept(stream)).await;
                    // A handshake that fails is the client's affair, and anybody's to cause.
                    if let Ok(Ok(stream)) = shaken {
                        answer(stream, router, head_time, head_bytes, watcher).await;
                    }
                }
            }
        }
    }
}

async fn answer(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    head_time: Duration,
    head_bytes: usize,
    watcher: Watcher,
) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_time)
        .max_header_size(head_bytes)
        .max_buf_size(head_bytes.saturating_mul(2))
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    // That a client broke off, or was cut, is in no log: anybody can cause it.
    let _ = watcher.watch(connection).await;
}

/// The signals that tell the service to stop.
pub(super) struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    pub(super) fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    #[cfg(not(unix))]
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(unix)]
    pub(super) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }

    #[cfg(not(unix))]
    pub(super) async fn next(&mut self) -> &'static str {
        let _ = tokio::signal::ctrl_c().await;
        "interrupt"
    }
}
