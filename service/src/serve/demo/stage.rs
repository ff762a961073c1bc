//! What has to be in order before a demonstration starts: its settings, its address, its database.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use device_enrollment::flow::Uuid4;

use super::people;
use crate::serve::Arguments;
use crate::serve::config::{Config, Secret, Source};

/// What a demonstration does not take, and why.
const NOT_TAKEN: &[(&str, &[&str])] = &[
    (
        "a demonstration shows codes on a page and sends nothing",
        &[
            "sms.url",
            "sms.authorization",
            "smtp.host",
            "smtp.user",
            "smtp.password",
            "liveness.url",
            "liveness.authorization",
            "liveness.key_file",
            "rail.url",
            "rail.secret",
            "events.url",
            "events.secret",
        ],
    ),
    (
        "a demonstration is a relying party of its own, localhost",
        &["relying_party.id", "relying_party.origins"],
    ),
    (
        "a demonstration is spoken to as http://localhost",
        &["server.tls_certificate_file", "server.tls_key_file"],
    ),
    (
        "a demonstration makes keys of its own beside its database",
        &["codes.mac_keys", "database.password"],
    ),
];

/// What settings are in a demonstration where nobody sets them. Caps are those of somebody who goes
/// the way many times in a day.
const SETTINGS: &[(&str, &str)] = &[
    ("relying_party.name", "Banco Demonstração"),
    ("caps.attempts_per_approver", "100"),
    ("caps.codes_per_approver", "1000"),
    ("caps.resend_pauses_seconds", "0,0,0,0,0"),
    ("log.format", "text"),
    ("log.level", "warn"),
];

/// Takes the settings of a demonstration, and refuses those that would mix it with the real thing.
pub(crate) fn settings(source: &mut Source) {
    for (why, names) in NOT_TAKEN {
        for name in names.iter().filter(|name| source.is_set(name)) {
            source.refuse(name, why);
        }
    }
    for (name, value) in SETTINGS {
        source.add_for_demonstration(name, value);
    }
}

/// A demonstration's address and database.
pub(crate) struct Stage {
    listener: Option<TcpListener>,
    port: u16,
    database: PathBuf,
    /// The folder that is thrown away at the end.
    folder: Option<Folder>,
}

impl Stage {
    /// Takes the address, makes the folder of the database where none is named, and says in the
    /// configuration what follows from both.
    ///
    /// # Errors
    ///
    /// One line that names the setting that a demonstration does not take.
    pub(crate) fn new(
        config: &mut Config,
        arguments: &Arguments,
        throw_away: bool,
    ) -> Result<Self, String> {
        let address = config.server.listen;
        if !address.ip().is_loopback() && !arguments.demo_for_others {
            return Err(
                "setting server.listen: a demonstration listens on loopback alone, because its \
                 pages show codes; --demo-for-others lets it listen elsewhere"
                    .to_owned(),
            );
        }
        if config.database.file().is_none() {
            return Err("setting database.url: a demonstration takes SQLite alone, so that it \
                        never meets the database of a bank"
                .to_owned());
        }
        // Whoever only checks a configuration takes and makes nothing.
        let listener = match arguments.check_config {
            true => None,
            false => Some(bound(address)?),
        };
        let port = match &listener {
            Some(listener) => listener.local_addr().map_err(|error| error.to_string())?.port(),
            // Where any free one is to be taken, it is not known yet which.
            None => address.port().max(1),
        };
        "localhost".clone_into(&mut config.relying_party.id);
        config.relying_party.origins = vec![format!("http://localhost:{port}")];
        let folder = match throw_away && !arguments.check_config {
            true => {
                Some(Folder::new().map_err(|error| format!("the folder to throw away: {error}"))?)
            }
            false => None,
        };
        if let Some(folder) = &folder {
            let file = folder.0.join("demo.db");
            config.database.url = Secret::new(format!("sqlite:{}", file.display()));
        }
        let database = config.database.file().unwrap_or(Path::new("")).to_owned();
        Ok(Self { listener, port, database, folder })
    }

    /// The address that was taken, once.
    ///
    /// # Errors
    ///
    /// When the operating system does not let it be waited for.
    pub(crate) fn listener(&mut self) -> std::io::Result<tokio::net::TcpListener> {
        let listener = self.listener.take().ok_or(std::io::ErrorKind::NotConnected)?;
        listener.set_nonblocking(true)?;
        tokio::net::TcpListener::from_std(listener)
    }

    /// What a person is told at the start.
    pub(crate) fn words(&self) -> String {
        let Self { port, database, .. } = self;
        let fate = if self.folder.is_some() { "thrown away at the end" } else { "kept" };
        format!(
            "DEMONSTRATION  codes are shown on a page: never for real accounts\n\
             \n  page        http://localhost:{port}/demo\n  \
               outbox      http://localhost:{port}/demo/outbox\n  \
               inspector   http://localhost:{port}/demo/inspector\n  \
               database    {}, {fate}\n  \
               account     {}, approver {} ({})\n",
            database.display(),
            people::ACCOUNT,
            people::APPROVER_NAME,
            people::APPROVER
        )
    }
}

fn bound(address: SocketAddr) -> Result<TcpListener, String> {
    let bound = TcpListener::bind(address);
    bound.map_err(|error| format!("setting server.listen: {address}: {error}"))
}

/// A folder that is gone when the demonstration is over.
struct Folder(PathBuf);

impl Folder {
    fn new() -> std::io::Result<Self> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|error| std::io::Error::other(error.to_string()))?;
        let name = format!("device-enrollment-demo-{}", Uuid4::from_random(random));
        let path = std::env::temp_dir().join(name);
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to whoever cleans the folder of temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
