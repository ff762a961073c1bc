//! Judging stored enrollments again: one record or a file of a million, in bounded memory.
//!
//! Dates of certificates are judged at each record's own time, since attestation certificates are
//! short-lived; anchors, metadata, lists and the policy are today's.

mod comparison;
mod lines;
mod progress;

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek as _, SeekFrom};
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use device_enrollment::case;
use device_enrollment::webauthn::Verifier;
use device_enrollment::{Policy, TrustStore, UnixTime};
use serde_json::json;

use crate::input::about;
use crate::record::Stored;
use crate::trust::{self, Data};
use crate::verify::{Expected, Request, time_or_now};
use crate::{Ending, Format, Profile, Unusable, print};
use comparison::{Change, Comparison, hexadecimal};
use lines::{Line, Lines};
use progress::{Counts, Progress, State};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Records of `verify --record`, one a line, or `-` for standard input.
    file: PathBuf,
    #[command(flatten)]
    trust: trust::Options,
    /// The policy that judges, in place of each record's own.
    #[arg(long, value_enum)]
    profile: Option<Profile>,
    /// The instant at which statuses are asked, RFC 3339, before now. Dates of certificates stay
    /// with each record's own time.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Print the records of which nothing changed as well.
    #[arg(long)]
    all: bool,
    /// How to print what changed: for people, or one object a line.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Continue where this file says, and keep it up to date. It is made where there is none.
    #[arg(long, value_name = "STATE")]
    resume: Option<PathBuf>,
    /// After how many records that file is written.
    #[arg(long, value_name = "RECORDS", default_value = "1000", requires = "resume")]
    checkpoint: NonZeroU64,
    /// How many records are judged at the same time; without it, as many as there are processors.
    #[arg(long, value_name = "NUMBER")]
    jobs: Option<NonZeroUsize>,
    /// Tell on standard error how far it is, also where that is no terminal.
    #[arg(long)]
    progress: bool,
}

/// Lines that are read before they are judged, and what they may hold together.
const BATCH: usize = 256;
const BATCH_BYTES: usize = 4 * 1024 * 1024;

pub(crate) fn run(arguments: &Arguments) -> Result<Ending, Unusable> {
    let path = &arguments.file;
    let data = arguments.trust.load()?;
    let mut state = starting_point(arguments, &data)?;
    let source = Source::open(path, state.offset)?;
    let judge = Judge {
        data,
        arguments,
        at: case::time(&state.at)?,
        verifiers: Mutex::new(HashMap::new()),
    };
    let mut progress = Progress::new(arguments.progress, source.length, &state);
    let mut lines = Lines::new(BufReader::new(source.reader), state.line, state.offset);
    let jobs = arguments.jobs.or_else(|| std::thread::available_parallelism().ok());
    let jobs = jobs.map_or(1, NonZeroUsize::get);
    let batch = match arguments.resume {
        Some(_) => BATCH.min(usize::try_from(arguments.checkpoint.get()).unwrap_or(BATCH)),
        None => BATCH,
    };
    let mut unsaved: u64 = 0;
    loop {
        let batch = lines.batch(batch, BATCH_BYTES).map_err(|error| about(path, &error))?;
        let Some(last) = batch.last() else { break };
        let mut page = String::new();
        for (line, outcome) in batch.iter().zip(judge.batch(&batch, jobs)) {
            let comparison = outcome.unwrap_or_else(|Unusable(why)| Comparison::unreadable(why));
            state.counts.add(&comparison);
            if comparison.change != Change::Unchanged || arguments.all {
                comparison.write(&mut page, line.number, arguments.format);
            }
        }
        print(&page)?;
        (state.line, state.offset) = (last.number, last.end);
        unsaved = unsaved.saturating_add(u64::try_from(batch.len()).unwrap_or(u64::MAX));
        // What is told of is printed: a run that is cut off says some of it twice, and drops none.
        if let Some(file) = &arguments.resume
            && unsaved >= arguments.checkpoint.get()
        {
            state.save(file)?;
            unsaved = 0;
        }
        progress.tell(&state);
    }
    if let Some(file) = &arguments.resume {
        state.save(file)?;
    }
    progress.end(&state);
    print(&state.counts.summary(arguments.format))?;
    ending(&state.counts, path)
}

fn ending(counts: &Counts, path: &Path) -> Result<Ending, Unusable> {
    match (counts.unreadable, counts.now_refused, counts.now_accepted) {
        (0, 0, 0) => Ok(Ending::Accepted),
        (0, ..) => Ok(Ending::Refused),
        (lines, ..) => Err(about(path, &format!("{lines} of its lines cannot be used"))),
    }
}

/// Where the records come from.
struct Source {
    reader: Box<dyn Read>,
    /// In bytes, where it is known.
    length: Option<u64>,
}

impl Source {
    fn open(path: &Path, offset: u64) -> Result<Self, Unusable> {
        if path == Path::new("-") {
            return Ok(Self { reader: Box::new(std::io::stdin()), length: None });
        }
        let mut file = File::open(path).map_err(|error| about(path, &error))?;
        let metadata = file.metadata().map_err(|error| about(path, &error))?;
        if metadata.is_dir() {
            return Err(about(path, &"is a directory"));
        }
        if offset > 0 {
            file.seek(SeekFrom::Start(offset)).map_err(|error| about(path, &error))?;
        }
        Ok(Self { reader: Box::new(file), length: metadata.is_file().then_some(metadata.len()) })
    }
}

/// The start of the file, or where an earlier run was interrupted.
fn starting_point(arguments: &Arguments, data: &Data) -> Result<State, Unusable> {
    let judged_by = {
        let hex = |digest: [u8; 32]| hexadecimal(&digest);
        let policy = |profile: Profile| hex(policy(profile, arguments).digest());
        let [metadata, android_status] = data.digests();
        json!({
            "release": env!("CARGO_PKG_VERSION"),
            "profile": arguments.profile,
            "webauthn": policy(Profile::Webauthn),
            "open_finance_brasil": policy(Profile::OpenFinanceBrasil),
            "trust_store": hex(data.store(Vec::new())?.digest()),
            "metadata": metadata.1.map(hex),
            "android_status": android_status.1.map(hex),
        })
    };
    let at = time_or_now(arguments.at.as_deref())?.to_string();
    let fresh = State::new(&arguments.file, at, judged_by);
    match &arguments.resume {
        Some(_) if arguments.file == Path::new("-") => {
            Err(Unusable("--resume needs a file: standard input cannot be taken up again".into()))
        }
        Some(file) if file.exists() => fresh.taken_up(file, arguments.at.is_some()),
        _ => Ok(fresh),
    }
}

fn policy(profile: Profile, arguments: &Arguments) -> Policy {
    let mut policy = profile.policy();
    arguments.trust.judging.apply(&mut policy);
    policy
}

/// What records are judged by.
struct Judge<'a> {
    data: Data,
    arguments: &'a Arguments,
    at: UnixTime,
    /// By policy and stated anchors: most files have one or two of these.
    verifiers: Mutex<HashMap<Under, Arc<Verifier>>>,
}

/// The digests of a policy and of stated anchors.
type Under = ([u8; 32], [u8; 32]);

/// Verifiers that are kept. A file in which every record states anchors of its own is judged as
/// well, only slower.
const MAX_VERIFIERS: usize = 64;

impl Judge<'_> {
    /// Judges the lines of a batch, in shares of equal size; the answers come in order.
    fn batch(&self, batch: &[Line], jobs: usize) -> Vec<Result<Comparison, Unusable>> {
        let share = batch.len().div_ceil(jobs).max(1);
        if batch.len() <= share {
            return batch.iter().map(|line| self.line(line)).collect();
        }
        std::thread::scope(|scope| {
            let shares: Vec<_> = batch
                .chunks(share)
                .map(|lines| {
                    let judged = || lines.iter().map(|line| self.line(line)).collect::<Vec<_>>();
                    (lines.len(), scope.spawn(judged))
                })
                .collect();
            let mut answers = Vec::with_capacity(batch.len());
            for (length, share) in shares {
                answers.extend(share.join().unwrap_or_else(|_| {
                    (0..length).map(|_| Err(Unusable("judging it failed".into()))).collect()
                }));
            }
            answers
        })
    }

    fn line(&self, line: &Line) -> Result<Comparison, Unusable> {
        let bytes = line.bytes.as_deref().map_err(|error| Unusable((*error).to_owned()))?;
        let record = Stored::read(bytes)?;
        let expected = Expected::read(record.expect.get())?;
        let profile = self.arguments.profile.unwrap_or(record.profile);
        let verifier = self.verifier(profile, &expected)?;
        let time = case::time(&record.time)?;
        let request = Request { response: record.request, evidence: record.evidence };
        let verdict = expected.judge(request, record.base64.into(), &verifier, time)?;
        Comparison::of(&record, &verdict)
    }

    fn verifier(&self, profile: Profile, expected: &Expected) -> Result<Arc<Verifier>, Unusable> {
        let stated = expected.trust_anchors()?;
        let policy = expected.adjusted(policy(profile, self.arguments));
        let key = (policy.digest(), TrustStore::new(stated.clone()).digest());
        let lock = || self.verifiers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(verifier) = lock().get(&key) {
            return Ok(Arc::clone(verifier));
        }
        let verifier = Verifier::new(policy, self.data.store(stated)?).with_status_time(self.at);
        let verifier = Arc::new(verifier);
        let mut verifiers = lock();
        if verifiers.len() >= MAX_VERIFIERS {
            verifiers.clear();
        }
        verifiers.insert(key, Arc::clone(&verifier));
        Ok(verifier)
    }
}
