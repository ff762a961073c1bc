//! API keys: made, listed, revoked.

use clap::Subcommand;
use device_enrollment::UnixMillis;

use super::{DAY, Desk, Format};
use crate::serve::http::NewKey;
use crate::serve::storage::{ApiKey, Change, NewApiKey};
use crate::{Ending, Unusable};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a key and print it, once: only its hash is stored.
    Create {
        /// Whose it is: the key of a requester.
        #[arg(long)]
        requester: String,
        /// What to call it in lists.
        #[arg(long)]
        label: String,
        /// After how many days it ends. Without it, never.
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=36_500))]
        expires_in_days: Option<u32>,
    },
    /// List keys: prefix, whose, from when until when, last use.
    List {
        /// How to print them.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Revoke a key, for good.
    Revoke {
        /// Its prefix, as it is listed.
        prefix: String,
    },
}

impl Desk<'_> {
    pub(super) async fn keys(&self, command: &Command) -> Result<Ending, Unusable> {
        match command {
            Command::Create { requester, label, expires_in_days } => {
                self.create(requester, label, *expires_in_days).await
            }
            Command::List { format } => self.list(*format).await,
            Command::Revoke { prefix } => self.revoke(prefix).await,
        }
    }

    async fn create(
        &self,
        requester_key: &str,
        label: &str,
        expires_in_days: Option<u32>,
    ) -> Result<Ending, Unusable> {
        if label.len() > 100 || label.chars().any(char::is_control) {
            return Err(Unusable("a label is a line of at most 100 bytes".to_owned()));
        }
        if self.storage.requester(requester_key).await?.is_none() {
            crate::print(&format!("REFUSED  no requester {requester_key} was imported\n"))?;
            return Ok(Ending::Refused);
        }
        let key = NewKey::fresh()?;
        let expires_at =
            expires_in_days.map(|days| self.now.plus_millis(i64::from(days).saturating_mul(DAY)));
        let new = NewApiKey {
            prefix: &key.prefix,
            secret_hash: &key.hash,
            requester_key,
            label,
            expires_at,
        };
        let unit = vec![
            Change::add_api_key(&new, self.now),
            self.entry("api_key.created", "api_key", &key.prefix),
        ];
        self.commit(unit).await?;
        crate::print(&format!("{}\n", key.text.as_str()))?;
        Ok(Ending::Accepted)
    }

    async fn list(&self, format: Format) -> Result<Ending, Unusable> {
        let keys = self.storage.api_keys().await?;
        let text = match format {
            Format::Json => {
                let keys: Vec<_> = keys.iter().map(|key| as_json(key, self.now)).collect();
                format!("{}\n", serde_json::to_string_pretty(&keys)?)
            }
            Format::Text => keys.iter().map(|key| as_line(key, self.now)).collect(),
        };
        crate::print(&text)?;
        Ok(Ending::Accepted)
    }

    async fn revoke(&self, prefix: &str) -> Result<Ending, Unusable> {
        let known = self.storage.api_key(prefix).await?;
        if known.is_none_or(|key| key.revoked_at.is_some()) {
            crate::print(&format!("REFUSED  there is no live key {prefix}\n"))?;
            return Ok(Ending::Refused);
        }
        let unit = vec![
            Change::revoke_api_key(prefix, self.now),
            self.entry("api_key.revoked", "api_key", prefix),
        ];
        self.commit(unit).await?;
        crate::print(&format!("REVOKED  {prefix}\n"))?;
        Ok(Ending::Accepted)
    }
}

fn state(key: &ApiKey, now: UnixMillis) -> &'static str {
    if key.revoked_at.is_some() {
        "revoked"
    } else if key.is_live(now) {
        "live"
    } else {
        "expired"
    }
}

fn as_json(key: &ApiKey, now: UnixMillis) -> serde_json::Value {
    let time = |time: Option<UnixMillis>| time.map(|time| time.to_string());
    serde_json::json!({
        "prefix": key.prefix,
        "state": state(key, now),
        "requester_key": key.requester_key,
        "label": key.label,
        "created_at": key.created_at.to_string(),
        "expires_at": time(key.expires_at),
        "revoked_at": time(key.revoked_at),
        "last_used_at": time(key.last_used_at),
    })
}

fn as_line(key: &ApiKey, now: UnixMillis) -> String {
    let time =
        |time: Option<UnixMillis>| time.map_or_else(|| "never".to_owned(), |t| t.to_string());
    format!(
        "{}  {:7}  {}  created {}  expires {}  last used {}  {}\n",
        key.prefix,
        state(key, now),
        key.requester_key,
        key.created_at,
        time(key.expires_at),
        time(key.last_used_at),
        key.label
    )
}
