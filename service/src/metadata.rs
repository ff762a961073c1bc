//! Authenticator metadata on disk: imported after it was verified, replaced in one step, and
//! verified again whenever it is loaded.
//!
//! The store is one file. Beside the BLOB it keeps what the BLOB was judged by (roots, revocation
//! lists, time and options), so that loading it is the same import over again.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use device_enrollment::case::JudgedMetadata;
use device_enrollment::policy::{Overdue, Rule};
use device_enrollment::verdict::{CheckId, Language, Outcome};
use device_enrollment::{
    Authenticity, Metadata, MetadataEntry, MetadataReport, MetadataSource, TrustAnchor, UnixTime,
    UnknownRevocation,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::input::{about, read};
use crate::verify::line;
use crate::{Ending, Format, Lang, Unusable, print, style, trust, verify};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Verify a BLOB and put it in place of the stored one; without --store, verify only.
    Import(ImportArguments),
    /// Show what is stored, or one model of it.
    Show(ShowArguments),
}

#[derive(clap::Args)]
struct ImportArguments {
    /// The BLOB, or with --unsigned-payload its payload alone, or `-`.
    file: PathBuf,
    /// A pinned root (.pem, .crt, .cer, .der), or a folder of them; may be repeated.
    #[arg(long, value_name = "FILE")]
    root: Vec<PathBuf>,
    /// A revocation list, DER or PEM, one for each issuer of the signer's chain; may be repeated.
    #[arg(long, value_name = "FILE")]
    crl: Vec<PathBuf>,
    /// The folder that keeps the metadata.
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    /// The file is a payload without its signature. Every verdict that uses it says so.
    #[arg(long, conflicts_with_all = ["root", "crl", "allow_unknown_revocation"])]
    unsigned_payload: bool,
    /// When certificates have to be valid and lists current, RFC 3339; before now.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// What becomes of metadata whose next edition is due: `warn`, `refuse`, or days of grace.
    #[arg(long, value_name = "RULE", default_value = "refuse", value_parser = overdue)]
    overdue: Overdue,
    /// Take a signer of whose certificates no current revocation list speaks.
    #[arg(long)]
    allow_unknown_revocation: bool,
    /// The host that the signer's certificate is issued to.
    #[arg(long, value_name = "HOST", default_value = "mds.fidoalliance.org")]
    signer: String,
    /// How to print the report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The language of sentences for people.
    #[arg(long, value_enum, default_value_t = Lang::EnUs)]
    lang: Lang,
}

#[derive(clap::Args)]
struct ShowArguments {
    /// The folder that keeps the metadata, or the file in it.
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// One model.
    #[arg(long)]
    aaguid: Option<String>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How registrations are judged by metadata.
#[derive(clap::Args)]
pub(crate) struct Judging {
    /// Imported metadata: a folder of `metadata import --store`, or the file in it.
    #[arg(long, value_name = "FILE")]
    pub(crate) metadata: Option<PathBuf>,
    /// Leave an authenticator that the metadata does not know to the trust anchors.
    #[arg(long, requires = "metadata")]
    allow_unlisted: bool,
    /// What becomes of metadata whose next edition is due: `warn`, `refuse`, or days of grace.
    #[arg(long, value_name = "RULE", default_value = "refuse", value_parser = overdue)]
    overdue: Overdue,
}

impl Judging {
    /// What cases are judged by, where there is some.
    pub(crate) fn load(&self) -> Result<Option<JudgedMetadata>, Unusable> {
        let Some(path) = &self.metadata else { return Ok(None) };
        Ok(Some(JudgedMetadata {
            metadata: Arc::new(load(path)?),
            entry: if self.allow_unlisted { Rule::NotJudged } else { Rule::Judged },
            overdue: self.overdue,
        }))
    }

    /// Judges by the metadata where there is some.
    pub(crate) fn apply(&self, policy: &mut device_enrollment::Policy) {
        if self.metadata.is_some() {
            policy.metadata = Rule::Judged;
            policy.metadata_overdue = self.overdue;
            if self.allow_unlisted {
                policy.metadata_entry = Rule::NotJudged;
            }
        }
    }
}

/// The stored file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    /// The form of this file.
    device_enrollment_metadata: u8,
    imported: String,
    signer: String,
    roots: Vec<String>,
    revocation_lists: Vec<String>,
    allow_unknown_revocation: bool,
    overdue: Overdue,
    content: Content,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Content {
    Blob(String),
    UnsignedPayload(String),
}

pub(crate) fn run(arguments: &Arguments) -> Result<Ending, Unusable> {
    match &arguments.command {
        Command::Import(arguments) => import(arguments),
        Command::Show(arguments) => show(arguments),
    }
}

/// Loads stored metadata: a file, or the folder that it lies in.
pub(crate) fn load(path: &Path) -> Result<Metadata, Unusable> {
    let file = if path.is_dir() { path.join(FILE) } else { path.to_owned() };
    let bytes = read(&file, MAX_STORED)?;
    let stored: Stored = serde_json::from_slice(&bytes).map_err(|error| about(&file, &error))?;
    drop(bytes);
    if stored.device_enrollment_metadata != FORM {
        return Err(about(&file, &"is of another release"));
    }
    let report = stored.judge(None).map_err(|Unusable(why)| about(&file, &why))?;
    report.outcome.map_err(|failure| about(&file, &failure))
}

fn import(arguments: &ImportArguments) -> Result<Ending, Unusable> {
    let stored = Stored::of(arguments)?;
    // Held until the end, so that two imports cannot each follow the same predecessor.
    let lock = arguments.store.as_deref().map(lock).transpose()?;
    let previous = match &arguments.store {
        Some(folder) if folder.join(FILE).exists() => Some(load(folder)?),
        _ => None,
    };
    let report = stored.judge(previous.as_ref())?;
    let refused = report.outcome.is_err();
    if let (Some(folder), false) = (&arguments.store, refused) {
        replace(folder, &serde_json::to_vec(&stored)?)?;
    }
    drop(lock);
    print(&match arguments.format {
        Format::Json => format!("{}\n", serde_json::to_string_pretty(&report_json(&report))?),
        Format::Text => describe(&report, arguments),
    })?;
    Ok(if refused { Ending::Refused } else { Ending::Accepted })
}

impl Stored {
    fn of(arguments: &ImportArguments) -> Result<Self, Unusable> {
        let file = &arguments.file;
        let bytes = read(file, MAX_BLOB_FILE)?;
        let text = String::from_utf8(bytes).unwrap_or_default();
        let content = if arguments.unsigned_payload {
            Content::UnsignedPayload(text)
        } else {
            // Editors and downloads put a line end behind it.
            Content::Blob(text.trim_end().to_owned())
        };
        let mut roots = Vec::new();
        for path in &arguments.root {
            roots.extend(trust::certificates_at(path)?.iter().map(|der| STANDARD.encode(der)));
        }
        let mut revocation_lists = Vec::new();
        for path in &arguments.crl {
            let bytes = read(path, MAX_LIST_FILE)?;
            let lists = trust::blocks(&bytes, "X509 CRL", path)?;
            revocation_lists.extend(lists.iter().map(|der| STANDARD.encode(der)));
        }
        Ok(Self {
            device_enrollment_metadata: FORM,
            imported: verify::time_or_now(arguments.at.as_deref())?.to_string(),
            signer: arguments.signer.clone(),
            roots,
            revocation_lists,
            allow_unknown_revocation: arguments.allow_unknown_revocation,
            overdue: arguments.overdue,
            content,
        })
    }

    fn judge(&self, previous: Option<&Metadata>) -> Result<MetadataReport, Unusable> {
        let decode = |texts: &[String]| -> Result<Vec<Vec<u8>>, Unusable> {
            texts.iter().map(|text| STANDARD.decode(text).map_err(Unusable::from)).collect()
        };
        let mut roots = Vec::new();
        for root in decode(&self.roots)? {
            roots.push(TrustAnchor::from_der(&root)?);
        }
        let lists = decode(&self.revocation_lists)?;
        let lists: Vec<&[u8]> = lists.iter().map(Vec::as_slice).collect();
        let mut source = MetadataSource::new(&roots, UnixTime::parse_rfc3339(&self.imported)?);
        source.signer = &self.signer;
        source.revocation_lists = &lists;
        source.overdue = self.overdue;
        source.previous = previous;
        if self.allow_unknown_revocation {
            source.unknown_revocation = UnknownRevocation::Accepted;
        }
        Ok(match &self.content {
            Content::Blob(blob) => Metadata::import(blob.as_bytes(), &source),
            Content::UnsignedPayload(text) => Metadata::import_unsigned(text.as_bytes(), &source),
        })
    }
}

/// Puts new content in place of the old in one step: after a crash there is the one or the other.
fn replace(folder: &Path, content: &[u8]) -> Result<(), Unusable> {
    let (file, new) = (folder.join(FILE), folder.join(NEW_FILE));
    let write = || -> std::io::Result<()> {
        let mut written = File::create(&new)?;
        written.write_all(content)?;
        written.sync_all()?;
        fs::rename(&new, &file)?;
        // The name too has to reach the disk. Not every system lets a folder be opened for that.
        File::open(folder).map_or(Ok(()), |folder| folder.sync_all())
    };
    write().map_err(|error| about(&file, &error))
}

fn lock(folder: &Path) -> Result<File, Unusable> {
    fs::create_dir_all(folder).map_err(|error| about(folder, &error))?;
    let path = folder.join(LOCK_FILE);
    let file = File::create(&path).map_err(|error| about(&path, &error))?;
    file.lock().map_err(|error| about(&path, &error))?;
    Ok(file)
}

fn show(arguments: &ShowArguments) -> Result<Ending, Unusable> {
    let metadata = load(&arguments.store)?;
    let Some(text) = &arguments.aaguid else {
        print(&match arguments.format {
            Format::Json => {
                format!("{}\n", serde_json::to_string_pretty(&summary_json(&metadata))?)
            }
            Format::Text => {
                let mut page = String::new();
                summarise(&mut page, &metadata);
                page
            }
        })?;
        return Ok(Ending::Accepted);
    };
    let entry = metadata.entries().iter().find(|entry| {
        entry.aaguid().is_some_and(|aaguid| verify::uuid(&aaguid) == text.to_lowercase())
    });
    let Some(entry) = entry else {
        let apart =
            metadata.quarantined().iter().find(|e| e.identity.contains(&text.to_lowercase()));
        return Err(Unusable(apart.map_or_else(
            || format!("no entry for {text}"),
            |apart| format!("{} was set apart: {}", apart.identity, apart.failure),
        )));
    };
    print(&match arguments.format {
        Format::Json => format!("{}\n", serde_json::to_string_pretty(&entry_json(entry))?),
        Format::Text => describe_entry(entry),
    })?;
    Ok(Ending::Accepted)
}

// ---------------------------------------------------------------- for people

fn describe(report: &MetadataReport, arguments: &ImportArguments) -> String {
    let language: Language = arguments.lang.into();
    let mut page = String::new();
    let kept = if arguments.store.is_some() { "IMPORTED" } else { "VERIFIED" };
    let (word, colour) =
        if report.outcome.is_ok() { (kept, style::GOOD) } else { ("REFUSED", style::BAD) };
    page.push_str(&format!("{colour}{word}{colour:#}  authenticator metadata\n\n"));
    match &report.outcome {
        Ok(metadata) => summarise(&mut page, metadata),
        Err(failure) => {
            let check = failure.check;
            line(&mut page, "check", &format!("{check}: {}", check.title(language)));
            line(&mut page, "because", &failure.message(language));
            line(&mut page, "code", failure.code());
            if arguments.store.is_some() {
                line(&mut page, "stored", "left as it was");
            }
        }
    }
    for tolerance in &report.tolerances {
        line(&mut page, "tolerance", tolerance);
    }
    let skipped: Vec<&str> = report
        .checks
        .iter()
        .filter(|check| check.outcome == Outcome::SkippedByPolicy)
        .map(|check| CheckId::as_str(check.id))
        .collect();
    if !skipped.is_empty() {
        line(&mut page, "skipped", &skipped.join(", "));
    }
    page
}

fn summarise(page: &mut String, metadata: &Metadata) {
    line(page, "number", &metadata.number().to_string());
    line(page, "next update", &date(metadata.next_update()));
    match metadata.authenticity() {
        Authenticity::Signed { signer, anchor, expires, .. } => {
            line(page, "signed by", signer);
            line(page, "under", &format!("{anchor}; a certificate expires on {}", date(*expires)));
        }
        _ => line(page, "signed by", "the signature was not checked"),
    }
    line(page, "entries", &metadata.entries().len().to_string());
    line(page, "passed over", &format!("{} of other protocols", metadata.other_protocols()));
    for apart in metadata.quarantined() {
        line(page, "set apart", &format!("{}: {}", apart.identity, apart.failure));
    }
}

fn describe_entry(entry: &MetadataEntry) -> String {
    let mut page = String::new();
    line(&mut page, "description", entry.description());
    line(&mut page, "protocol", entry.protocol());
    line(&mut page, "keys in", &entry.key_protection().join(", "));
    for report in entry.reports() {
        let since = report.effective().map_or_else(|| "always".to_owned(), date);
        line(&mut page, "status", &format!("{} since {since}", report.status()));
    }
    for anchor in entry.anchors() {
        line(&mut page, "anchor", anchor.name());
    }
    page
}

fn date(time: UnixTime) -> String {
    time.to_string().chars().take(10).collect()
}

// ---------------------------------------------------------------- for programs

fn report_json(report: &MetadataReport) -> Value {
    json!({
        "decision": if report.outcome.is_ok() { "accepted" } else { "refused" },
        "failure": report.outcome.as_ref().err(),
        "tolerances": report.tolerances,
        "checks": report.checks,
        "metadata": report.outcome.as_ref().ok().map(summary_json),
    })
}

fn summary_json(metadata: &Metadata) -> Value {
    let (signer, anchor, expires) = match metadata.authenticity() {
        Authenticity::Signed { signer, anchor, expires, .. } => {
            (Some(signer), Some(anchor), Some(expires.to_string()))
        }
        _ => (None, None, None),
    };
    let apart: Vec<_> = metadata
        .quarantined()
        .iter()
        .map(|apart| json!({ "identity": apart.identity, "failure": apart.failure }))
        .collect();
    json!({
        "number": metadata.number(),
        "next_update": date(metadata.next_update()),
        "signature_checked": metadata.is_signed(),
        "signer": signer,
        "anchor": anchor,
        "signer_expires": expires,
        "entries": metadata.entries().len(),
        "other_protocols": metadata.other_protocols(),
        "set_apart": apart,
    })
}

fn entry_json(entry: &MetadataEntry) -> Value {
    let reports = entry
        .reports()
        .iter()
        .map(|report| json!({ "status": report.status(), "since": report.effective().map(date) }));
    json!({
        "aaguid": entry.aaguid().map(|aaguid| verify::uuid(&aaguid)),
        "key_identifiers": entry.key_identifiers().collect::<Vec<_>>(),
        "description": entry.description(),
        "protocol": entry.protocol(),
        "key_protection": entry.key_protection(),
        "reports": reports.collect::<Vec<_>>(),
        "anchors": entry.anchors().map(TrustAnchor::name).collect::<Vec<_>>(),
    })
}

fn overdue(text: &str) -> Result<Overdue, String> {
    match text {
        "warn" => Ok(Overdue::Warned),
        "refuse" => Ok(Overdue::Refused),
        days => days
            .parse()
            .map(|days| Overdue::Grace { days })
            .map_err(|_| "neither `warn`, nor `refuse`, nor a number of days".to_owned()),
    }
}

const FORM: u8 = 1;
const FILE: &str = "metadata.json";
const NEW_FILE: &str = ".metadata.json.new";
const LOCK_FILE: &str = ".lock";

/// As the core, which judges the size by name.
const MAX_BLOB_FILE: u64 = 65 * 1024 * 1024;
const MAX_LIST_FILE: u64 = 24 * 1024 * 1024;
/// A BLOB, lists and what JSON adds to a payload that is kept as text.
const MAX_STORED: u64 = 256 * 1024 * 1024;
