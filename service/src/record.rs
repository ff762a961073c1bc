//! An evidence record: one enrollment or approval with everything that its decision was made from,
//! in one line of JSON. `verify --record` appends them, `replay` judges them again.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use device_enrollment::{UnixTime, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::input::about;
use crate::verify::{Base64, Request};
use crate::{Profile, Unusable};

/// Raised with every change that a reader of records could notice.
pub(crate) const FORM: u8 = 1;

/// The longest record. A request of the largest size that the core reads (64 KiB) leaves room for
/// its verdict and for an expectation with several anchors.
pub(crate) const MAX_RECORD: usize = 256 * 1024;

/// A record, as it is written and as it is read: `V` is the verdict.
///
/// What was expected and what came are kept as they were given, so that they can be read again by
/// a stricter or a better reader.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record<E, V> {
    record: u8,
    /// The release that judged.
    pub(crate) release: String,
    pub(crate) profile: Profile,
    pub(crate) base64: Base64,
    pub(crate) expect: E,
    pub(crate) request: E,
    /// Evidence of the device beside the request.
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    pub(crate) evidence: Option<E>,
    /// When it was judged, and so when its certificates had to be valid.
    pub(crate) time: String,
    pub(crate) verdict: V,
}

/// A record that was read.
pub(crate) type Stored<'r> = Record<&'r RawValue, StoredVerdict>;

/// What `replay` compares of the verdict of a record.
#[derive(Deserialize)]
pub(crate) struct StoredVerdict {
    verdict: u8,
    pub(crate) decision: String,
    pub(crate) failure: Option<StoredFailure>,
    pub(crate) facts: Map<String, Value>,
    pub(crate) inputs: Map<String, Value>,
}

#[derive(Deserialize)]
pub(crate) struct StoredFailure {
    pub(crate) check: String,
    pub(crate) code: String,
}

impl<'v> Record<Box<RawValue>, &'v Verdict> {
    pub(crate) fn new(
        profile: Profile,
        base64: Base64,
        expect: &RawValue,
        request: Request<'_>,
        time: UnixTime,
        verdict: &'v Verdict,
    ) -> Result<Self, Unusable> {
        Ok(Self {
            record: FORM,
            release: env!("CARGO_PKG_VERSION").to_owned(),
            profile,
            base64,
            expect: on_one_line(expect)?,
            request: on_one_line(request.response)?,
            evidence: request.evidence.map(on_one_line).transpose()?,
            time: time.to_string(),
            verdict,
        })
    }

    /// Appends the record to a file that is its owner's alone: it identifies a device, and holds
    /// what was expected of it.
    pub(crate) fn append_to(&self, path: &Path) -> Result<(), Unusable> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        if line.len() > MAX_RECORD {
            let most = MAX_RECORD / 1024;
            return Err(about(path, &format!("the record is larger than {most} KiB")));
        }
        append(path, line).map_err(|error| about(path, &error))
    }
}

impl<'r> Stored<'r> {
    pub(crate) fn read(line: &'r [u8]) -> Result<Self, Unusable> {
        let record: Self = serde_json::from_slice(line)?;
        if record.record != FORM || record.verdict.verdict != FORM {
            return Err(Unusable("the record has the form of another release".into()));
        }
        Ok(record)
    }
}

/// JSON has line breaks between its tokens only, so a space in their place says the same.
fn on_one_line(value: &RawValue) -> Result<Box<RawValue>, Unusable> {
    Ok(RawValue::from_string(value.get().replace(['\n', '\r'], " "))?)
}

fn append(path: &Path, mut line: Vec<u8>) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    // One writer at a time, so that a line is never within another.
    file.lock()?;
    if ends_within_a_line(&mut file)? {
        // Somebody was interrupted. That record is lost, and this one must not be lost with it.
        line.insert(0, b'\n');
    }
    file.write_all(&line)?;
    file.sync_data()
}

fn ends_within_a_line(file: &mut File) -> std::io::Result<bool> {
    // A pipe or a terminal has no end to look at.
    if !file.metadata()?.is_file() || file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}
