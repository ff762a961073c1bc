//! How far a run has come: for people, and for a run that takes it up again.

use std::fs::{self, File};
use std::io::{IsTerminal as _, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::comparison::{Change, Comparison, hexadecimal};
use crate::input::{about, read};
use crate::{Format, Unusable};

/// What became of the records so far.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counts {
    pub(super) unchanged: u64,
    pub(super) now_refused: u64,
    pub(super) now_accepted: u64,
    pub(super) changed_reason: u64,
    pub(super) changed_facts: u64,
    pub(super) unreadable: u64,
    /// Of all these, those that metadata was asked about the first time and is not now.
    pub(super) without_their_metadata: u64,
}

impl Counts {
    pub(super) fn add(&mut self, comparison: &Comparison) {
        let count = match comparison.change {
            Change::Unchanged => &mut self.unchanged,
            Change::NowRefused => &mut self.now_refused,
            Change::NowAccepted => &mut self.now_accepted,
            Change::ChangedReason => &mut self.changed_reason,
            Change::ChangedFacts => &mut self.changed_facts,
            Change::Unreadable => &mut self.unreadable,
        };
        *count = count.saturating_add(1);
        let without = u64::from(comparison.without_its_metadata);
        self.without_their_metadata = self.without_their_metadata.saturating_add(without);
    }

    fn total(&self) -> u64 {
        let kinds = [
            self.unchanged,
            self.now_refused,
            self.now_accepted,
            self.changed_reason,
            self.changed_facts,
            self.unreadable,
        ];
        kinds.into_iter().fold(0, u64::saturating_add)
    }

    /// The last line of a run.
    pub(super) fn summary(&self, format: Format) -> String {
        if format == Format::Json {
            return format!("{}\n", json!({ "counts": self }));
        }
        let mut text = format!(
            "{} records: {} unchanged, {} now refused, {} now accepted, {} refused for another \
             reason, {} with other facts, {} unreadable\n",
            self.total(),
            self.unchanged,
            self.now_refused,
            self.now_accepted,
            self.changed_reason,
            self.changed_facts,
            self.unreadable,
        );
        if self.without_their_metadata > 0 {
            let number = self.without_their_metadata;
            text.push_str(&format!(
                "{number} of them were judged with metadata before and without it now (--metadata)\n"
            ));
        }
        text
    }
}

/// Where a run stands.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// The form of this file.
    replay: u8,
    file: PathBuf,
    /// When statuses are asked: the same instant in every part of a run.
    pub(super) at: String,
    /// The digests of what the records are judged by.
    judged_by: Value,
    /// Lines and bytes that are done.
    pub(super) line: u64,
    pub(super) offset: u64,
    /// Digest of the bytes before that offset: it tells whether the file is still the same.
    tail: String,
    pub(super) counts: Counts,
}

const FORM: u8 = 1;
const MAX_STATE_FILE: u64 = 64 * 1024;

impl State {
    pub(super) fn new(file: &Path, at: String, judged_by: Value) -> Self {
        Self {
            replay: FORM,
            file: file.to_owned(),
            at,
            judged_by,
            line: 0,
            offset: 0,
            tail: String::new(),
            counts: Counts::default(),
        }
    }

    /// The state of an interrupted run, if it was a run of the same. Two halves that were judged by
    /// different data would add up to nothing.
    pub(super) fn taken_up(self, path: &Path, at_is_given: bool) -> Result<Self, Unusable> {
        let stored = read(path, MAX_STATE_FILE)?;
        let stored: Self = serde_json::from_slice(&stored).map_err(|error| about(path, &error))?;
        let other =
            |what: &str| about(path, &format!("is of a run {what}; remove it to begin anew"));
        if stored.replay != FORM || stored.file != self.file {
            return Err(other("over another file"));
        }
        if stored.judged_by != self.judged_by {
            return Err(other("by other data, another policy or another release"));
        }
        if at_is_given && stored.at != self.at {
            return Err(other("at another time"));
        }
        let tail =
            tail(&stored.file, stored.offset).map_err(|error| about(&stored.file, &error))?;
        if tail != stored.tail {
            return Err(about(&stored.file, &"is not the file that the state is about"));
        }
        Ok(stored)
    }

    /// Writes the state so that there is always a whole one: the new one takes the old one's name.
    pub(super) fn save(&mut self, path: &Path) -> Result<(), Unusable> {
        self.tail = tail(&self.file, self.offset).map_err(|error| about(&self.file, &error))?;
        let mut name = path.as_os_str().to_owned();
        name.push(".new");
        let new = PathBuf::from(name);
        let content = serde_json::to_vec_pretty(self)?;
        let write = || -> std::io::Result<()> {
            let mut file = File::create(&new)?;
            file.write_all(&content)?;
            file.sync_all()?;
            fs::rename(&new, path)
        };
        write().map_err(|error| about(path, &error))
    }
}

/// The digest of the last bytes before an offset; the file may have grown behind it.
fn tail(path: &Path, offset: u64) -> std::io::Result<String> {
    const LONGEST: u64 = 4096;
    let mut file = File::open(path)?;
    let length = offset.min(LONGEST);
    file.seek(SeekFrom::Start(offset.saturating_sub(length)))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(hexadecimal(&Sha256::digest(&bytes)))
}

/// Tells people how far a run is.
pub(super) struct Progress {
    is_told: bool,
    /// Of the file, in bytes, where it is known.
    length: Option<u64>,
    began: Instant,
    told: Instant,
    records_before: u64,
}

const EVERY: Duration = Duration::from_secs(5);

impl Progress {
    pub(super) fn new(wanted: bool, length: Option<u64>, state: &State) -> Self {
        let began = Instant::now();
        let is_told = wanted || std::io::stderr().is_terminal();
        Self { is_told, length, began, told: began, records_before: state.counts.total() }
    }

    pub(super) fn tell(&mut self, state: &State) {
        if self.told.elapsed() >= EVERY {
            self.told = Instant::now();
            self.end(state);
        }
    }

    /// Tells it whatever the time.
    pub(super) fn end(&self, state: &State) {
        if !self.is_told {
            return;
        }
        let counts = &state.counts;
        let done = match self.length {
            Some(length) if length > 0 => {
                let percent = state.offset.saturating_mul(100).checked_div(length);
                format!("{} %, ", percent.unwrap_or_default().min(100))
            }
            _ => String::new(),
        };
        let judged = u128::from(counts.total().saturating_sub(self.records_before));
        let elapsed = self.began.elapsed().as_millis().max(1);
        let rate = judged.saturating_mul(1000).checked_div(elapsed).unwrap_or_default();
        // Nothing is left to do when standard error is gone.
        let _ = writeln!(
            std::io::stderr(),
            "{done}{} records, {rate} a second, {} now refused, {} now accepted, {} unreadable",
            counts.total(),
            counts.now_refused,
            counts.now_accepted,
            counts.unreadable,
        );
    }
}
