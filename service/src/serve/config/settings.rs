//! Every setting: its name, what it takes, what it is without being set, and what it means. The
//! reader, the reference in docs/operating.md and the example file are made from this table.

/// One setting.
pub(crate) struct Setting {
    /// `section.name`, as in the file.
    pub(crate) name: &'static str,
    /// What it takes.
    pub(crate) kind: Kind,
    /// Its value when nobody sets it, as it would be written in the environment. Empty: none.
    pub(crate) default: &'static str,
    /// One sentence or two for operators; the reference is made from it.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test writes the reference"))]
    pub(crate) about: &'static str,
}

/// What a setting takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Any text.
    Text,
    /// The path of a file or folder.
    Path,
    /// A list of texts: an array in the file, separated by commas in the environment.
    List,
    /// A whole number between two, both included.
    Whole(u32, u32),
    /// `true` or `false`.
    Switch,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A text that nobody may read. In the file only as `NAME_file`, the path of a file that holds
    /// it; in the environment either way.
    Secret,
}

impl Setting {
    /// The name in the environment.
    pub(crate) fn variable(&self) -> String {
        variable(self.name)
    }
}

/// What a name in the file is called in the environment.
pub(crate) fn variable(name: &str) -> String {
    format!("DEVICE_ENROLLMENT_{}", name.replace('.', "_").to_ascii_uppercase())
}

impl Kind {
    /// What the setting takes, for the reference.
    pub(crate) fn words(self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Path => "path".to_owned(),
            Self::List => "list of texts".to_owned(),
            Self::Whole(least, most) => format!("{least} to {most}"),
            Self::Switch => "true, false".to_owned(),
            Self::Word(words) => words.join(", "),
            Self::Secret => "secret".to_owned(),
        }
    }
}

const fn set(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    about: &'static str,
) -> Setting {
    Setting { name, kind, default, about }
}

/// The sections and what they are about, in the order of the reference.
#[cfg(test)]
pub(crate) const SECTIONS: &[(&str, &str)] = &[
    ("server", "Where the service listens."),
    ("database", "Where everything is kept that decides."),
    ("relying_party", "Whose credentials are made, and where they may be used."),
    ("contract", "Which version of the published contract is spoken."),
    ("policy", "How credentials are judged, and by whose anchors."),
    ("codes", "The codes sent by SMS and e-mail."),
    ("caps", "How many codes are sent and tried. Whoever is over a cap is answered 429."),
    ("sms", "The gateway that sends messages. Without `sms.url` no code goes out by SMS."),
    ("smtp", "The server that sends e-mail. Without `smtp.host` no code goes out by e-mail."),
    ("liveness", "The provider of face checks. Without `liveness.url` none is believed."),
    ("rail", "Where an approved transfer goes."),
    ("events", "Where notifications go. Without `events.url` they stay in the outbox."),
    ("retention", "How long finished things are kept."),
    ("limits", "What one client or one node may ask for."),
    ("log", "What is written to standard error."),
];

/// Every setting, section by section.
pub(crate) const SETTINGS: &[Setting] = &[
    set(
        "server.listen",
        Kind::Text,
        "127.0.0.1:8700",
        "Address and port. Port 0 takes a free one; the log says which.",
    ),
    set(
        "server.operations_listen",
        Kind::Text,
        "",
        "Another address for `/metrics`, without TLS. With it, the first address has no `/metrics`.",
    ),
    set(
        "server.tls_certificate_file",
        Kind::Path,
        "",
        "The certificate and its chain, PEM. With the key: TLS 1.2 and 1.3. Without: plain HTTP, for a proxy in front.",
    ),
    set("server.tls_key_file", Kind::Path, "", "The key of the certificate, PEM."),
    set("server.docs", Kind::Switch, "true", "Whether `/openapi.json` and `/docs` are served."),
    set(
        "server.drain_seconds",
        Kind::Whole(0, 600),
        "20",
        "How long requests under way may take once the service is told to stop.",
    ),
    set(
        "database.url",
        Kind::Text,
        "sqlite:device-enrollment.db",
        "`sqlite:FILE`, or `postgres://USER@HOST:PORT/NAME` for any number of nodes.",
    ),
    set(
        "database.password",
        Kind::Secret,
        "",
        "The password of PostgreSQL; put into the address where that has none.",
    ),
    set(
        "database.connections",
        Kind::Whole(1, 512),
        "16",
        "Connections to PostgreSQL; readers of SQLite are a quarter of it.",
    ),
    set(
        "relying_party.id",
        Kind::Text,
        "localhost",
        "The RP id: the domain that credentials belong to.",
    ),
    set("relying_party.name", Kind::Text, "device-enrollment", "What people are shown."),
    set(
        "relying_party.origins",
        Kind::List,
        "http://localhost:8700",
        "Where a ceremony may come from: `https://…`, `android:apk-key-hash:…`, `ios:…`; `http://localhost:PORT` only where it is listed.",
    ),
    set(
        "contract.version",
        Kind::Word(&["2.1", "2.2"]),
        "2.1",
        "The version of the Open Finance Brasil Enrollments contract. It decides two codes.",
    ),
    set(
        "contract.ispb",
        Kind::Text,
        "00000000",
        "The ISPB of the institution, 8 digits: what an initiator names it by in an account.",
    ),
    set(
        "policy.profile",
        Kind::Word(&["open_finance_brasil", "device_bound_only", "webauthn"]),
        "open_finance_brasil",
        "The policy that judges.",
    ),
    set(
        "policy.attestation",
        Kind::Word(&["of_profile", "none", "direct", "enterprise"]),
        "of_profile",
        "What devices are asked to say of their keys. Browsers take an attestation away that was not asked for. `of_profile`: `direct` under `device_bound_only`, which takes no key without one, and `none` under the others.",
    ),
    set(
        "policy.trust",
        Kind::Path,
        "",
        "A trust store file or a folder of certificates. Without it, the anchors in the binary.",
    ),
    set(
        "policy.metadata",
        Kind::Path,
        "",
        "Authenticator metadata, as `device-enrollment metadata` imports it.",
    ),
    set(
        "policy.android_status",
        Kind::Path,
        "",
        "Google's status list of Android attestation certificates.",
    ),
    set(
        "codes.mac_keys",
        Kind::Secret,
        "",
        "The keys that codes are kept under, `ID:BASE64URL` with 32 to 64 bytes, one or two, separated by commas or lines. The first makes new ones; the second is still believed, for a change of keys. With SQLite a file of this kind is made beside the database when there is none.",
    ),
    set("codes.email", Kind::Switch, "true", "Whether e-mail alone may carry a code."),
    set(
        "caps.attempts_per_approver",
        Kind::Whole(1, 100),
        "10",
        "Attempts that are judged for one approver in its window.",
    ),
    set(
        "caps.codes_per_approver",
        Kind::Whole(1, 1000),
        "10",
        "Codes sent to one approver in its window.",
    ),
    set(
        "caps.approver_window_minutes",
        Kind::Whole(1, 43200),
        "1440",
        "The window of an approver.",
    ),
    set(
        "caps.resend_pauses_seconds",
        Kind::List,
        "0,30,60",
        "Seconds before each resend of one object; as many resends as there are numbers.",
    ),
    set(
        "caps.attempts_budget",
        Kind::Whole(1, 10_000_000),
        "5000",
        "Attempts over all approvers in the budgets' window.",
    ),
    set(
        "caps.codes_budget",
        Kind::Whole(1, 10_000_000),
        "20000",
        "Codes over all approvers in the budgets' window.",
    ),
    set("caps.budget_window_minutes", Kind::Whole(1, 1440), "60", "The window of the budgets."),
    set(
        "caps.unregistered_device",
        Kind::Word(&["none", "normative_instruction_491"]),
        "none",
        "Limits for transfers that no registered device approves: none, or those of the Normative Instruction BCB 491/2024 (200 reais each, 1000 a day), which are about Pix.",
    ),
    set("sms.url", Kind::Text, "", "Where a message is posted to; https, or loopback."),
    set(
        "sms.body",
        Kind::Text,
        r#"{"to":"{phone}","text":"{text}"}"#,
        "What is posted. `{phone}` and `{text}` are filled in, escaped as the content type needs.",
    ),
    set(
        "sms.content_type",
        Kind::Word(&["application/json", "application/x-www-form-urlencoded"]),
        "application/json",
        "The content type of it.",
    ),
    set("sms.authorization", Kind::Secret, "", "The whole value of the header Authorization."),
    set("sms.timeout_ms", Kind::Whole(100, 60_000), "4000", "How long one try may take."),
    set("sms.tries", Kind::Whole(1, 5), "2", "Tries before the code is taken for not delivered."),
    set("smtp.host", Kind::Text, "", "The server."),
    set("smtp.port", Kind::Whole(1, 65_535), "587", "Its port."),
    set(
        "smtp.security",
        Kind::Word(&["starttls", "tls", "none"]),
        "starttls",
        "How it is spoken to. `none` is refused beyond loopback.",
    ),
    set("smtp.user", Kind::Text, "", "Who sends."),
    set("smtp.password", Kind::Secret, "", "With what password."),
    set("smtp.from", Kind::Text, "", "The sender's address."),
    set("smtp.timeout_ms", Kind::Whole(100, 60_000), "8000", "How long one delivery may take."),
    set(
        "liveness.url",
        Kind::Text,
        "",
        "Where the key of an image is exchanged for a signed result; https, or loopback.",
    ),
    set("liveness.authorization", Kind::Secret, "", "The whole value of the header Authorization."),
    set("liveness.issuer", Kind::Text, "", "Who signs a result: its `iss`."),
    set("liveness.key_id", Kind::Text, "1", "What results call the key: their `kid`."),
    set(
        "liveness.key_file",
        Kind::Path,
        "",
        "The provider's public key, PEM: P-256 for ES256, or Ed25519 for EdDSA.",
    ),
    set("liveness.audience", Kind::Text, "", "What a result has to be made out to."),
    set("liveness.max_age_seconds", Kind::Whole(1, 3600), "300", "How old a result may be."),
    set("liveness.timeout_ms", Kind::Whole(100, 60_000), "4000", "How long the exchange may take."),
    set(
        "rail.mode",
        Kind::Word(&["queue", "webhook"]),
        "queue",
        "`queue`: the bank's core reads the table of outgoing transfers. `webhook`: each is posted, signed, as well.",
    ),
    set("rail.url", Kind::Text, "", "Where a transfer is posted to; https, or loopback."),
    set("rail.secret", Kind::Secret, "", "The key of the signature, 32 bytes at least."),
    set(
        "rail.fee_amount",
        Kind::Text,
        "0.00",
        "The fee of one transfer in reais: what `fee_amount` says to clients and to the bank's core, which is who takes it.",
    ),
    set("rail.timeout_ms", Kind::Whole(100, 60_000), "8000", "How long one post may take."),
    set("events.url", Kind::Text, "", "Where notifications are posted to; https, or loopback."),
    set("events.secret", Kind::Secret, "", "The key of the signature, 32 bytes at least."),
    set("events.timeout_ms", Kind::Whole(100, 60_000), "8000", "How long one post may take."),
    set("retention.sweep_minutes", Kind::Whole(1, 1440), "10", "How often what is over is swept."),
    set(
        "retention.finished_days",
        Kind::Whole(1, 36_500),
        "1825",
        "How long finished devices, transfers and enrollments are kept.",
    ),
    set(
        "retention.audit_days",
        Kind::Whole(1, 36_500),
        "3650",
        "How long the audit trail is kept.",
    ),
    set("limits.body_bytes", Kind::Whole(1024, 1_048_576), "65536", "The largest body."),
    set(
        "limits.head_bytes",
        Kind::Whole(8192, 262_144),
        "16384",
        "The largest request line with headers.",
    ),
    set(
        "limits.head_seconds",
        Kind::Whole(1, 120),
        "10",
        "How long a client may take over the TLS handshake, and over the head of a request; an idle connection is closed after as long.",
    ),
    set(
        "limits.body_seconds",
        Kind::Whole(1, 120),
        "10",
        "How long a client may take over a body.",
    ),
    set(
        "limits.request_seconds",
        Kind::Whole(1, 300),
        "30",
        "How long an answer may take. What is under way is finished all the same.",
    ),
    set(
        "limits.lease_seconds",
        Kind::Whole(5, 3600),
        "60",
        "How long a request that is being judged keeps others like it away, and holds its idempotency key, before its node is taken for dead. More than `limits.request_seconds`.",
    ),
    set(
        "limits.connections",
        Kind::Whole(1, 100_000),
        "2048",
        "Connections to a node; more wait to be accepted.",
    ),
    set(
        "limits.concurrency",
        Kind::Whole(1, 100_000),
        "512",
        "Requests under way on a node; more are answered 503.",
    ),
    set(
        "limits.requests_per_key",
        Kind::Whole(1, 1_000_000),
        "3000",
        "Requests of one API key in a minute on a node; more are answered 429.",
    ),
    set(
        "log.format",
        Kind::Word(&["json", "text"]),
        "json",
        "One JSON object a line, or lines for people.",
    ),
    set(
        "log.level",
        Kind::Word(&["error", "warn", "info", "debug"]),
        "info",
        "The least weight that is written.",
    ),
];
