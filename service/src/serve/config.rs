//! One configuration: a file, stronger than it the environment, stronger than that the flags.

mod mac_keys;
pub(crate) mod settings;
mod source;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use device_enrollment::open_finance::ContractVersion;
use device_enrollment::open_finance::options::AttestationConveyance;
use device_enrollment::two_factor::{Money, UnregisteredDeviceLimits};

pub(crate) use mac_keys::MacKeyFile;
pub(crate) use source::{Secret, Source, read};

use crate::Profile;

/// What the service runs with.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) server: Server,
    pub(crate) database: Database,
    pub(crate) relying_party: RelyingParty,
    pub(crate) contract: ContractVersion,
    /// The institution, as the contract names it in an account.
    pub(crate) ispb: String,
    pub(crate) policy: Policy,
    pub(crate) codes: Codes,
    pub(crate) caps: Caps,
    pub(crate) sms: Option<Sms>,
    pub(crate) smtp: Option<Smtp>,
    pub(crate) liveness: Option<Liveness>,
    pub(crate) rail: Option<Webhook>,
    /// Of one transfer.
    pub(crate) fee: Money,
    pub(crate) events: Option<Webhook>,
    pub(crate) retention: Retention,
    pub(crate) limits: Limits,
    pub(crate) log: Log,
}

/// Where the service listens.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) listen: SocketAddr,
    pub(crate) operations: Option<SocketAddr>,
    pub(crate) tls: Option<Tls>,
    pub(crate) docs: bool,
    pub(crate) drain: Duration,
}

/// Certificate and key, PEM.
#[derive(Debug)]
pub(crate) struct Tls {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// Where everything is kept.
#[derive(Debug)]
pub(crate) struct Database {
    /// The address, which may have a password in it.
    pub(crate) url: Secret,
    pub(crate) connections: u32,
}

impl Database {
    /// The file of SQLite.
    pub(crate) fn file(&self) -> Option<&Path> {
        let file = self.url.reveal().strip_prefix("sqlite:")?;
        Some(Path::new(file.trim_start_matches("//")))
    }
}

/// Whose credentials are made.
#[derive(Debug)]
pub(crate) struct RelyingParty {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) origins: Vec<String>,
}

/// How credentials are judged.
#[derive(Debug)]
pub(crate) struct Policy {
    pub(crate) profile: Profile,
    pub(crate) attestation: AttestationConveyance,
    pub(crate) trust: Option<PathBuf>,
    pub(crate) metadata: Option<PathBuf>,
    pub(crate) android_status: Option<PathBuf>,
}

/// How codes are kept.
#[derive(Debug)]
pub(crate) struct Codes {
    /// One or two; without any, the file beside the database.
    pub(crate) mac_keys: Option<MacKeyFile>,
    /// The file they were read from, where they were.
    pub(crate) mac_keys_file: Option<PathBuf>,
    pub(crate) email: bool,
}

/// How many codes are sent and tried.
#[derive(Debug)]
pub(crate) struct Caps {
    pub(crate) attempts_per_approver: u32,
    pub(crate) codes_per_approver: u32,
    pub(crate) approver_window_minutes: u32,
    pub(crate) resend_pauses_seconds: Vec<u32>,
    pub(crate) attempts_budget: u32,
    pub(crate) codes_budget: u32,
    pub(crate) budget_window_minutes: u32,
    /// Limits for transfers that no registered device approves.
    pub(crate) unregistered_device: Option<UnregisteredDeviceLimits>,
}

/// The gateway for messages.
#[derive(Debug)]
pub(crate) struct Sms {
    pub(crate) url: String,
    pub(crate) body: String,
    pub(crate) content_type: &'static str,
    pub(crate) authorization: Option<Secret>,
    pub(crate) timeout: Duration,
    pub(crate) tries: u32,
}

/// The server for e-mail.
#[derive(Debug)]
pub(crate) struct Smtp {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) security: SmtpSecurity,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<Secret>,
    pub(crate) from: String,
    pub(crate) timeout: Duration,
}

/// How a mail server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SmtpSecurity {
    /// Plain first, then TLS or nothing.
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// Plain, on loopback.
    None,
}

/// The provider of face checks.
#[derive(Debug)]
pub(crate) struct Liveness {
    pub(crate) url: String,
    pub(crate) authorization: Option<Secret>,
    /// `iss` of its results.
    pub(crate) issuer: String,
    /// `kid` of its results.
    pub(crate) key_id: String,
    pub(crate) key_file: PathBuf,
    pub(crate) audience: String,
    pub(crate) max_age: Duration,
    pub(crate) timeout: Duration,
}

/// Where something signed is posted to.
#[derive(Debug)]
pub(crate) struct Webhook {
    pub(crate) url: String,
    pub(crate) secret: Secret,
    pub(crate) timeout: Duration,
}

/// How long finished things are kept.
#[derive(Debug)]
pub(crate) struct Retention {
    pub(crate) sweep_every: Duration,
    pub(crate) finished_days: u32,
    pub(crate) audit_days: u32,
}

/// What one client or one node may ask for.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    pub(crate) body_bytes: usize,
    pub(crate) head_bytes: usize,
    pub(crate) head_time: Duration,
    pub(crate) body_time: Duration,
    pub(crate) request_time: Duration,
    /// How long a request that is being judged keeps its like away.
    pub(crate) lease: Duration,
    pub(crate) connections: usize,
    pub(crate) concurrency: usize,
    pub(crate) requests_per_key: u32,
}

/// What is written to standard error.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) json: bool,
    pub(crate) level: &'static str,
}

impl Config {
    /// Reads every setting.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, in one line: each setting by name, with where it came from and the
    /// rule it breaks.
    pub(crate) fn read(source: Source) -> Result<Self, String> {
        let (config, rest) = Self::read_all(source);
        rest.map(|_| config)
    }

    fn read_all(source: Source) -> (Self, Result<std::collections::BTreeSet<String>, String>) {
        let config = Self {
            server: Server::read(&source),
            database: Database::read(&source),
            relying_party: RelyingParty::read(&source),
            contract: match source.word("contract.version") {
                "2.2" => ContractVersion::V2_2,
                _ => ContractVersion::V2_1,
            },
            ispb: ispb(&source),
            policy: Policy::read(&source),
            codes: Codes::read(&source),
            caps: Caps::read(&source),
            sms: Sms::read(&source),
            smtp: Smtp::read(&source),
            liveness: Liveness::read(&source),
            rail: rail(&source),
            fee: fee(&source),
            events: Webhook::read(&source, "events"),
            retention: Retention::read(&source),
            limits: Limits::read(&source),
            log: Log { json: source.word("log.format") == "json", level: source.word("log.level") },
        };
        (config, source.finish())
    }
}

fn ispb(source: &Source) -> String {
    let ispb = source.text("contract.ispb");
    if ispb.len() != 8 || !ispb.bytes().all(|byte| byte.is_ascii_digit()) {
        source.refuse("contract.ispb", "it has to be 8 digits");
    }
    ispb
}

impl Server {
    fn read(source: &Source) -> Self {
        let address = |name: &str, text: &str| {
            let found = text.to_socket_addrs().ok().and_then(|mut found| found.next());
            found.unwrap_or_else(|| {
                source.refuse(name, "it has to be ADDRESS:PORT");
                SocketAddr::from(([127, 0, 0, 1], 0))
            })
        };
        let certificate = source.path("server.tls_certificate_file");
        let key = source.path("server.tls_key_file");
        let tls = match (certificate, key) {
            (Some(certificate), Some(key)) => Some(Tls { certificate, key }),
            (None, None) => None,
            (Some(_), None) => {
                source.refuse("server.tls_key_file", "the certificate needs its key");
                None
            }
            (None, Some(_)) => {
                source.refuse("server.tls_certificate_file", "the key needs its certificate");
                None
            }
        };
        let operations = source.optional("server.operations_listen");
        Self {
            listen: address("server.listen", &source.text("server.listen")),
            operations: operations.map(|text| address("server.operations_listen", &text)),
            tls,
            docs: source.switch("server.docs"),
            drain: seconds(source, "server.drain_seconds"),
        }
    }
}

impl Database {
    fn read(source: &Source) -> Self {
        let url = source.text("database.url");
        let postgres = url.starts_with("postgres://") || url.starts_with("postgresql://");
        let file = url.strip_prefix("sqlite:").map(|file| file.trim_start_matches("//"));
        if !postgres && !file.is_some_and(|file| !file.is_empty() && file != ":memory:") {
            source.refuse("database.url", "it has to be sqlite:FILE or postgres://…");
        }
        let url = match source.secret("database.password") {
            None => url,
            Some(_) if !postgres => {
                source.refuse("database.password", "SQLite takes none");
                url
            }
            Some(password) => with_password(&url, &password).unwrap_or_else(|| {
                source.refuse(
                    "database.password",
                    "the address has to have a user and no password of its own",
                );
                url
            }),
        };
        Self { url: Secret::new(url), connections: source.whole("database.connections") }
    }
}

/// Puts a password behind the user of an address, percent-encoded.
fn with_password(url: &str, password: &Secret) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let (user, place) = rest.split_once('@')?;
    if user.is_empty() || user.contains([':', '/', '?']) {
        return None;
    }
    let mut encoded = String::new();
    for byte in password.reveal().bytes() {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    Some(format!("{scheme}://{user}:{encoded}@{place}"))
}

impl RelyingParty {
    fn read(source: &Source) -> Self {
        let id = source.text("relying_party.id");
        let host = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
        if !id.chars().all(host) || id.starts_with('.') || id.ends_with('.') {
            source.refuse("relying_party.id", "it has to be a domain in lower case, no address");
        }
        let origins = source.list("relying_party.origins");
        if origins.is_empty() {
            source.refuse("relying_party.origins", "there has to be one at least");
        }
        let local = |origin: &str| {
            let rest = origin.strip_prefix("http://localhost");
            rest.is_some_and(|port| port.is_empty() || port.starts_with(':'))
        };
        if origins.iter().any(|origin| origin.starts_with("http://") && !local(origin)) {
            source.refuse("relying_party.origins", "http is for http://localhost alone");
        }
        Self { id, name: source.text("relying_party.name"), origins }
    }
}

impl Policy {
    fn read(source: &Source) -> Self {
        let profile = match source.word("policy.profile") {
            "webauthn" => Profile::Webauthn,
            "device_bound_only" => Profile::DeviceBoundOnly,
            _ => Profile::OpenFinanceBrasil,
        };
        let attestation = match source.word("policy.attestation") {
            "none" => AttestationConveyance::None,
            "direct" => AttestationConveyance::Direct,
            "enterprise" => AttestationConveyance::Enterprise,
            _ if profile == Profile::DeviceBoundOnly => AttestationConveyance::Direct,
            _ => AttestationConveyance::None,
        };
        Self {
            profile,
            attestation,
            trust: source.path("policy.trust"),
            metadata: source.path("policy.metadata"),
            android_status: source.path("policy.android_status"),
        }
    }
}

impl Codes {
    fn read(source: &Source) -> Self {
        let keys = source.secret("codes.mac_keys");
        let keys = keys.and_then(|text| {
            let read = MacKeyFile::parse(text.reveal());
            read.map_err(|rule| source.refuse("codes.mac_keys", rule)).ok()
        });
        Self {
            mac_keys: keys,
            mac_keys_file: source.secret_file("codes.mac_keys"),
            email: source.switch("codes.email"),
        }
    }
}

impl Caps {
    fn read(source: &Source) -> Self {
        let pauses = source.list("caps.resend_pauses_seconds");
        let pauses: Option<Vec<u32>> = pauses
            .iter()
            .map(|text| text.parse().ok().filter(|seconds| *seconds <= 3600))
            .collect();
        let pauses = pauses.filter(|pauses| pauses.len() <= 20).unwrap_or_else(|| {
            source.refuse(
                "caps.resend_pauses_seconds",
                "it has to be at most 20 whole numbers from 0 to 3600",
            );
            Vec::new()
        });
        Self {
            attempts_per_approver: source.whole("caps.attempts_per_approver"),
            codes_per_approver: source.whole("caps.codes_per_approver"),
            approver_window_minutes: source.whole("caps.approver_window_minutes"),
            resend_pauses_seconds: pauses,
            attempts_budget: source.whole("caps.attempts_budget"),
            codes_budget: source.whole("caps.codes_budget"),
            budget_window_minutes: source.whole("caps.budget_window_minutes"),
            unregistered_device: match source.word("caps.unregistered_device") {
                "normative_instruction_491" => {
                    Some(UnregisteredDeviceLimits::NORMATIVE_INSTRUCTION_491)
                }
                _ => None,
            },
        }
    }
}

impl Sms {
    fn read(source: &Source) -> Option<Self> {
        let sms = Self {
            url: url(source, "sms.url").unwrap_or_default(),
            body: source.text("sms.body"),
            content_type: source.word("sms.content_type"),
            authorization: source.secret("sms.authorization"),
            timeout: millis(source, "sms.timeout_ms"),
            tries: source.whole("sms.tries"),
        };
        if !(sms.body.contains("{phone}") && sms.body.contains("{text}")) {
            source.refuse("sms.body", "it has to have {phone} and {text} in it");
        }
        (!sms.url.is_empty()).then_some(sms)
    }
}

impl Smtp {
    fn read(source: &Source) -> Option<Self> {
        let host = source.optional("smtp.host");
        let from = source.optional("smtp.from");
        let smtp = Self {
            host: host.clone().unwrap_or_default(),
            port: u16::try_from(source.whole("smtp.port")).unwrap_or(u16::MAX),
            security: match source.word("smtp.security") {
                "none" => SmtpSecurity::None,
                "tls" => SmtpSecurity::Tls,
                _ => SmtpSecurity::StartTls,
            },
            user: source.optional("smtp.user"),
            password: source.secret("smtp.password"),
            from: from.unwrap_or_default(),
            timeout: millis(source, "smtp.timeout_ms"),
        };
        let host = host?;
        if smtp.from.is_empty() {
            source.refuse("smtp.from", "a sender's address is needed with smtp.host");
        }
        if smtp.security == SmtpSecurity::None && !is_loopback(&host) {
            source.refuse("smtp.security", "none is for a server on loopback alone");
        }
        if smtp.user.is_some() != smtp.password.is_some() {
            source.refuse("smtp.password", "smtp.user and smtp.password go together");
        }
        Some(smtp)
    }
}

impl Liveness {
    fn read(source: &Source) -> Option<Self> {
        let address = url(source, "liveness.url");
        let key_file = source.path("liveness.key_file");
        let issuer = source.optional("liveness.issuer");
        let audience = source.optional("liveness.audience");
        let liveness = Self {
            url: address.clone().unwrap_or_default(),
            authorization: source.secret("liveness.authorization"),
            issuer: issuer.clone().unwrap_or_default(),
            key_id: source.text("liveness.key_id"),
            key_file: key_file.clone().unwrap_or_default(),
            audience: audience.clone().unwrap_or_default(),
            max_age: seconds(source, "liveness.max_age_seconds"),
            timeout: millis(source, "liveness.timeout_ms"),
        };
        address?;
        if key_file.is_none() {
            source.refuse("liveness.key_file", "the provider's key is needed with liveness.url");
        }
        if issuer.is_none() {
            source.refuse("liveness.issuer", "it is needed with liveness.url");
        }
        if audience.is_none() {
            source.refuse("liveness.audience", "it is needed with liveness.url");
        }
        Some(liveness)
    }
}

/// The webhook of the transfer rail; the queue needs nothing.
fn rail(source: &Source) -> Option<Webhook> {
    let webhook = Webhook::read(source, "rail");
    if source.word("rail.mode") == "webhook" {
        if webhook.is_none() {
            source.refuse("rail.url", "it is needed with rail.mode webhook");
        }
        return webhook;
    }
    if webhook.is_some() {
        source.refuse("rail.url", "it does nothing unless rail.mode is webhook");
    }
    None
}

fn fee(source: &Source) -> Money {
    Money::parse(&source.text("rail.fee_amount")).unwrap_or_else(|_| {
        source.refuse("rail.fee_amount", "it has to be an amount in reais, such as 1.50");
        Money::default()
    })
}

impl Webhook {
    fn read(source: &Source, section: &str) -> Option<Self> {
        let (name, secret_name) = (format!("{section}.url"), format!("{section}.secret"));
        let address = url(source, &name);
        let secret = source.secret(&secret_name);
        let timeout = millis(source, &format!("{section}.timeout_ms"));
        let address = address?;
        let secret = secret.filter(|secret| secret.reveal().len() >= 32);
        if secret.is_none() {
            source.refuse(&secret_name, &format!("32 bytes at least are needed with {name}"));
        }
        Some(Self { url: address, secret: secret?, timeout })
    }
}

impl Retention {
    fn read(source: &Source) -> Self {
        let sweep = u64::from(source.whole("retention.sweep_minutes"));
        Self {
            sweep_every: Duration::from_secs(sweep.saturating_mul(60)),
            finished_days: source.whole("retention.finished_days"),
            audit_days: source.whole("retention.audit_days"),
        }
    }
}

impl Limits {
    fn read(source: &Source) -> Self {
        let size = |name| usize::try_from(source.whole(name)).unwrap_or(usize::MAX);
        let request_time = seconds(source, "limits.request_seconds");
        let lease = seconds(source, "limits.lease_seconds");
        if lease <= request_time {
            source.refuse("limits.lease_seconds", "it has to be more than limits.request_seconds");
        }
        Self {
            body_bytes: size("limits.body_bytes"),
            head_bytes: size("limits.head_bytes"),
            head_time: seconds(source, "limits.head_seconds"),
            body_time: seconds(source, "limits.body_seconds"),
            request_time,
            lease,
            connections: size("limits.connections"),
            concurrency: size("limits.concurrency"),
            requests_per_key: source.whole("limits.requests_per_key"),
        }
    }
}

fn seconds(source: &Source, name: &str) -> Duration {
    Duration::from_secs(u64::from(source.whole(name)))
}

fn millis(source: &Source, name: &str) -> Duration {
    Duration::from_millis(u64::from(source.whole(name)))
}

/// An address that codes, results or money go to: https, or http on loopback.
fn url(source: &Source, name: &str) -> Option<String> {
    let text = source.optional(name)?;
    let authority = |rest: &str| rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned();
    let fits = match text.split_once("://") {
        Some(("https", rest)) => !authority(rest).is_empty(),
        Some(("http", rest)) => {
            let host = authority(rest);
            // What stands before an @ is no host.
            let host = if host.contains('@') { String::new() } else { host };
            let host = host.rsplit_once(':').map_or(host.as_str(), |(host, _)| host);
            is_loopback(host)
        }
        _ => false,
    };
    if !fits {
        source.refuse(name, "it has to be https://…, or http:// on loopback");
    }
    Some(text)
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}
