//! The commands of the operator: who takes part, who may call, what is forgotten.
//!
//! They work on the database of the service, whether it runs or not, and each leaves an entry in the
//! audit trail.

mod import;
mod keys;
mod mac_keys;

use std::path::PathBuf;

use clap::Subcommand;
use device_enrollment::UnixMillis;
use device_enrollment::flow::DocumentNumber;

use super::config::Config;
use super::storage::{AuditEntry, Change, CommitError, Retention, Storage};
use crate::{Ending, Format, Unusable, input};

/// The largest file that is imported.
const MAX_IMPORT: u64 = 256 * 1024 * 1024;
const DAY: i64 = 86_400_000;

/// The arguments of `admin`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The configuration file of the service.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where everything is kept, before `database.url`.
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Import accounts with their approvers from JSON.
    Accounts {
        /// A file, or `-` for standard input.
        file: PathBuf,
    },
    /// Import requesters with their configurations from JSON.
    Requesters {
        /// A file, or `-` for standard input.
        file: PathBuf,
    },
    /// Create, list and revoke API keys.
    #[command(subcommand)]
    Keys(keys::Command),
    /// List and change the keys that codes are kept under.
    #[command(subcommand)]
    MacKeys(mac_keys::Command),
    /// Delete what is over, as the service does by itself now and then.
    Sweep,
    /// Erase a person (LGPD). The document number is read, so that it stands in no list of
    /// processes.
    Erase {
        /// A file with the 11 digits of the CPF, or `-` for standard input.
        file: PathBuf,
    },
    /// Print what the audit trail says of one thing, a JSON object a line.
    Audit {
        /// `device`, `transfer`, `enrollment`, `api_key` …
        kind: String,
        /// Its key.
        key: String,
    },
}

/// Runs a command.
pub(crate) fn run(arguments: &Arguments) -> Result<Ending, Unusable> {
    let (mut source, _) = super::source(arguments.config.as_deref())?;
    source.add_flag("database.url", arguments.database.as_deref());
    let config = Config::read(source).map_err(Unusable)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let storage = super::open(&config).await.map_err(Unusable)?;
        let desk = Desk::new(&storage, &config).await?;
        let ended = desk.run(&arguments.command, &config).await;
        storage.close().await;
        ended
    })
}

/// Where a command is carried out.
struct Desk<'a> {
    storage: &'a Storage,
    now: UnixMillis,
    audit_days: u32,
    finished_days: u32,
}

impl<'a> Desk<'a> {
    async fn new(storage: &'a Storage, config: &Config) -> Result<Self, Unusable> {
        Ok(Self {
            storage,
            now: storage.now().await?,
            audit_days: config.retention.audit_days,
            finished_days: config.retention.finished_days,
        })
    }

    async fn run(&self, command: &Command, config: &Config) -> Result<Ending, Unusable> {
        match command {
            Command::Accounts { file } => {
                self.import_accounts(&input::read(file, MAX_IMPORT)?).await
            }
            Command::Requesters { file } => {
                self.import_requesters(&input::read(file, MAX_IMPORT)?).await
            }
            Command::Keys(command) => self.keys(command).await,
            Command::MacKeys(command) => self.mac_keys(command, config).await,
            Command::Sweep => self.sweep().await,
            Command::Erase { file } => self.erase(&input::read(file, 64)?).await,
            Command::Audit { kind, key } => self.audit(kind, key).await,
        }
    }

    async fn sweep(&self) -> Result<Ending, Unusable> {
        let retention = Retention {
            final_devices_days: self.finished_days,
            final_transfers_days: self.finished_days,
            final_enrollments_days: self.finished_days,
            ..Retention::default()
        };
        self.storage.sweep(&retention, self.now).await?;
        crate::print("SWEPT\n")?;
        Ok(Ending::Accepted)
    }

    async fn erase(&self, text: &[u8]) -> Result<Ending, Unusable> {
        let number = core::str::from_utf8(text).ok().map(str::trim);
        let Some(person) = number.and_then(DocumentNumber::person) else {
            return Err(Unusable("a CPF is 11 digits, without points".to_owned()));
        };
        let open = self.storage.open_work_of(person.digits()).await?;
        if !open.is_none() {
            crate::print(&format!(
                "REFUSED  still under way: {} devices, {} transfers, {} enrollments; disable, \
                 settle or revoke them first\n",
                open.devices, open.transfers, open.enrollments
            ))?;
            return Ok(Ending::Refused);
        }
        let pseudonym = self.storage.pseudonym(person.digits()).await?;
        let contacts = self.storage.contacts_of(person.digits()).await?;
        let mut unit = Change::erase(person.digits(), &contacts);
        // Under the pseudonym, which is about nobody from here on.
        unit.push(self.entry("person.erased", "person", pseudonym.as_deref().unwrap_or("unknown")));
        self.commit(unit).await?;
        crate::print("ERASED\n")?;
        Ok(Ending::Accepted)
    }

    async fn audit(&self, kind: &str, key: &str) -> Result<Ending, Unusable> {
        let mut lines = String::new();
        for record in self.storage.audit_of(kind, key).await? {
            let detail: serde_json::Value = serde_json::from_str(&record.detail)?;
            let line = serde_json::json!({
                "sequence": record.sequence,
                "at": record.at.to_string(),
                "actor": record.actor,
                "action": record.action,
                "outcome": record.outcome,
                "account_key": record.account_key,
                "person": record.person,
                "request_id": record.request_id,
                "detail": detail,
            });
            lines.push_str(&format!("{line}\n"));
        }
        crate::print(&lines)?;
        Ok(Ending::Accepted)
    }

    /// An entry of the trail about what the operator does.
    fn entry(&self, action: &str, subject_kind: &str, subject_key: &str) -> Change {
        Change::audit(&AuditEntry {
            at: self.now,
            actor: "operator",
            action,
            outcome: "done",
            subject_kind,
            subject_key,
            account_key: None,
            person: None,
            request_id: None,
            detail: "{}",
            keep_until: self.now.plus_millis(i64::from(self.audit_days).saturating_mul(DAY)),
        })
    }

    async fn commit(&self, unit: Vec<Change>) -> Result<(), Unusable> {
        self.storage.commit(unit).await.map_err(|error| match error {
            CommitError::Lost(_) => {
                Unusable("somebody else changed the same at the same time; try again".to_owned())
            }
            error => Unusable(error.to_string()),
        })
    }
}
