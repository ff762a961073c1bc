//! The keys that codes are kept under: listed, changed for new ones.

use std::time::{Duration, SystemTime};

use clap::Subcommand;
use device_enrollment::two_factor::CodeRecord;

use super::Desk;
use crate::serve::code_keys;
use crate::serve::config::{Config, MacKeyFile};
use crate::{Ending, Unusable};

#[derive(Subcommand)]
pub(super) enum Command {
    /// List keys by their ids: which one makes codes, and which one is only believed.
    List,
    /// Change to a new key while the service runs. Codes that are on their way stay good.
    ///
    /// First every node is given the new key to believe, then it makes the codes. Nodes read the
    /// file every five seconds.
    Rotate {
        /// How long the nodes have to read the file before the new key makes codes.
        #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(..=3600))]
        wait_seconds: u64,
    },
}

impl Desk<'_> {
    pub(super) async fn mac_keys(
        &self,
        command: &Command,
        config: &Config,
    ) -> Result<Ending, Unusable> {
        let Some(path) = code_keys::file(config) else {
            crate::print(
                "REFUSED  the keys are a value of the environment; put them into a file, and name \
                 it as codes.mac_keys_file\n",
            )?;
            return Ok(Ending::Refused);
        };
        let keys = code_keys::read(&path).map_err(Unusable)?;
        let Command::Rotate { wait_seconds } = command else {
            crate::print(&listed(&keys))?;
            return Ok(Ending::Accepted);
        };
        let changed = std::fs::metadata(&path)?.modified()?;
        let age = SystemTime::now().duration_since(changed).unwrap_or_default();
        let lifetime = Duration::from_secs(u64::from(CodeRecord::LIFETIME_MINUTES) * 60);
        if keys.keys().count() > 1 && age < lifetime {
            crate::print(&format!(
                "REFUSED  codes of the key before may be on their way; try again in {} seconds\n",
                lifetime.saturating_sub(age).as_secs().saturating_add(1)
            ))?;
            return Ok(Ending::Refused);
        }
        let announced = keys.with_next().map_err(|error| Unusable(error.to_string()))?;
        code_keys::replace(&path, &announced)?;
        tokio::time::sleep(Duration::from_secs(*wait_seconds)).await;
        let turned = announced.turned();
        code_keys::replace(&path, &turned)?;
        let id = turned.keys().next().map_or("", |(id, _)| id);
        self.commit(vec![self.entry("mac_keys.rotated", "mac_keys", id)]).await?;
        crate::print(&listed(&turned))?;
        Ok(Ending::Accepted)
    }
}

fn listed(keys: &MacKeyFile) -> String {
    let words = ["makes codes", "is believed"];
    keys.keys().zip(words).map(|((id, _), word)| format!("{id}  {word}\n")).collect()
}
