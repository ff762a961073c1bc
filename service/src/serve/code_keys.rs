//! The file of the keys that codes are kept under: where it is, how it is made, and how a running
//! node takes up a change of it.

use std::path::{Path, PathBuf};

use super::config::{self, Config, MacKeyFile};
use super::http::App;

/// The keys: as configured, or from the file beside SQLite's, which is made when there is none.
pub(crate) fn open(config: &Config, only_check: bool) -> Result<MacKeyFile, String> {
    if let Some(keys) = &config.codes.mac_keys {
        return Ok(keys.clone());
    }
    let path = file(config).ok_or(
        "setting codes.mac_keys: with PostgreSQL it has to be set, because every node has to have \
         the same keys",
    )?;
    if !path.exists() {
        let fresh = MacKeyFile::fresh("1").map_err(|error| error.to_string())?;
        if only_check {
            return MacKeyFile::parse(&fresh).map_err(str::to_owned);
        }
        write_private(&path, &fresh).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    read(&path)
}

/// The file that the keys are in. None: they are a value of the environment, or there is none.
pub(crate) fn file(config: &Config) -> Option<PathBuf> {
    let named = config.codes.mac_keys_file.clone();
    let beside = || config.database.file().map(|file| file.with_extension("keys"));
    named.or_else(|| if config.codes.mac_keys.is_none() { beside() } else { None })
}

/// Reads a file of keys.
pub(crate) fn read(path: &Path) -> Result<MacKeyFile, String> {
    let text = zeroize::Zeroizing::new(config::read(path)?);
    MacKeyFile::parse(&text).map_err(|rule| format!("{}: {rule}", path.display()))
}

/// Puts other keys into a file that is there. Whoever reads it finds the ones or the others.
pub(crate) fn replace(path: &Path, keys: &MacKeyFile) -> std::io::Result<()> {
    let new = path.with_extension("new");
    // One that somebody was interrupted over.
    let _ = std::fs::remove_file(&new);
    write_private(&new, &keys.text())?;
    std::fs::rename(&new, path)
}

/// Writes a file that nobody else reads, whole or not at all: a process that dies half-way leaves one
/// of another name. One that is there already stays as it is.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let unfinished = path.with_extension(format!("keys-{}", std::process::id()));
    let written = write_unfinished(&unfinished, text).and_then(|()| {
        match std::fs::hard_link(&unfinished, path) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            // A file system without links.
            Err(_) => std::fs::rename(&unfinished, path),
            Ok(()) => Ok(()),
        }
    });
    let _ = std::fs::remove_file(&unfinished);
    written
}

fn write_unfinished(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// The file as a running node knows it.
pub(crate) struct Watched {
    path: PathBuf,
    known: MacKeyFile,
}

impl Watched {
    /// The file of the configuration, where the keys are in one, and what the node began with.
    pub(crate) fn of(config: &Config, known: MacKeyFile) -> Option<Self> {
        Some(Self { path: file(config)?, known })
    }

    /// Takes up what the file has now. One that cannot be read changes nothing.
    pub(crate) fn look(&mut self, app: &App) {
        let changed = match read(&self.path) {
            Ok(keys) if keys == self.known => return,
            Ok(keys) => app.flows.change_keys(&keys).map(|()| keys),
            Err(why) => Err(why),
        };
        match changed {
            Ok(keys) => {
                tracing::info!(keys = ?keys, "the keys of codes were changed");
                self.known = keys;
            }
            Err(why) => tracing::warn!(why, "the keys of codes stay as they were"),
        }
    }
}
