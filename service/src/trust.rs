//! The trust store: bundled, a trust store file, or a folder of certificates, DER or PEM; and status
//! lists.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use base64::Engine as _;
use device_enrollment::verdict::Format;
use device_enrollment::{AndroidStatusList, Metadata, TrustAnchor, TrustStore, UnixTime};

use crate::Unusable;
use crate::input::{about, read};
use crate::metadata::{self, Judging};

/// One certificate file.
const MAX_CERTIFICATE_FILE: u64 = 1024 * 1024;
/// A trust store file.
const MAX_STORE_FILE: u64 = 4 * 1024 * 1024;

/// The trust store that an option names, a file or a folder, or the bundled one.
pub(crate) fn configured(path: Option<&Path>) -> Result<TrustStore, Unusable> {
    match path {
        None => Ok(TrustStore::bundled()?),
        Some(folder) if folder.is_dir() => from_folder(folder),
        Some(file) => {
            let text = read(file, MAX_STORE_FILE)?;
            TrustStore::from_json(&text).map_err(|error| about(file, &error))
        }
    }
}

/// A status list; the real one has 170 KB.
const MAX_STATUS_FILE: u64 = 4 * 1024 * 1024;

/// Google's status list of Android attestation certificates.
#[derive(clap::Args)]
pub(crate) struct AndroidStatus {
    /// Google's status list of Android attestation certificates, a JSON file.
    #[arg(long = "android-status", value_name = "FILE")]
    android_status: Option<PathBuf>,
    /// When that list was fetched, RFC 3339; without it, when the file was last written.
    #[arg(long = "android-status-at", value_name = "TIME", requires = "android_status")]
    android_status_at: Option<String>,
}

impl AndroidStatus {
    pub(crate) fn load(&self) -> Result<Option<AndroidStatusList>, Unusable> {
        let Some(file) = &self.android_status else { return Ok(None) };
        let fetched = self.android_status_at.as_deref().map(|text| {
            UnixTime::parse_rfc3339(text)
                .map_err(|error| Unusable(format!("--android-status-at {text:?}: {error}")))
        });
        android_status(file, fetched.transpose()?).map(Some)
    }
}

/// The status list in a file; when nobody says when it was fetched, that was when the file was last
/// written.
pub(crate) fn android_status(
    file: &Path,
    fetched: Option<UnixTime>,
) -> Result<AndroidStatusList, Unusable> {
    let fetched = match fetched {
        Some(fetched) => fetched,
        None => {
            let written = std::fs::metadata(file).and_then(|data| data.modified());
            let written = written.map_err(|error| about(file, &error))?;
            UnixTime(i64::try_from(written.duration_since(UNIX_EPOCH)?.as_secs())?)
        }
    };
    AndroidStatusList::from_json(&read(file, MAX_STATUS_FILE)?, fetched)
        .map_err(|error| about(file, &error))
}

/// What enrollments are judged by beside the policy, as `verify` and `replay` are given it.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// A trust store file (.json) or a folder of certificates (.pem, .crt, .cer, .der), beside
    /// `expect.trust_anchors`. Without either, what is bundled.
    #[arg(long, value_name = "FILE|DIR")]
    trust: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) judging: Judging,
    #[command(flatten)]
    android_status: AndroidStatus,
}

impl Options {
    pub(crate) fn load(&self) -> Result<Data, Unusable> {
        let metadata = self.judging.metadata.as_deref().map(metadata::load).transpose()?;
        Ok(Data {
            configured: self.trust.as_deref().map(|path| configured(Some(path))).transpose()?,
            metadata: metadata.map(Arc::new),
            android_status: self.android_status.load()?.map(Arc::new),
        })
    }
}

/// The same, read once for any number of enrollments.
pub(crate) struct Data {
    configured: Option<TrustStore>,
    pub(crate) metadata: Option<Arc<Metadata>>,
    android_status: Option<Arc<AndroidStatusList>>,
}

impl Data {
    /// The trust store of an enrollment whose expectation states these anchors.
    pub(crate) fn store(&self, stated: Vec<TrustAnchor>) -> Result<TrustStore, Unusable> {
        let mut store = match &self.configured {
            None if stated.is_empty() => configured(None)?,
            None => TrustStore::new(stated),
            Some(store) => TrustStore::new(store.anchors().iter().cloned().chain(stated).collect()),
        };
        if let Some(metadata) = &self.metadata {
            store = store.with_metadata(Arc::clone(metadata));
        }
        if let Some(list) = &self.android_status {
            store = store.with_android_status(Arc::clone(list));
        }
        Ok(store)
    }

    /// The digests of what was loaded, by name: of metadata, and of the status list.
    pub(crate) fn digests(&self) -> [(&'static str, Option<[u8; 32]>); 2] {
        [
            ("metadata", self.metadata.as_deref().map(Metadata::digest)),
            ("android_status", self.android_status.as_deref().map(AndroidStatusList::digest)),
        ]
    }
}

/// Reads every `.pem`, `.crt`, `.cer` and `.der` file of a folder. Those in a folder within it
/// that bears the name of a format (`packed`, `tpm`, ...) vouch for that format alone.
fn from_folder(folder: &Path) -> Result<TrustStore, Unusable> {
    let mut anchors = in_folder(folder)?;
    for format in Format::ALL {
        let scoped = folder.join(format.as_str());
        if scoped.is_dir() {
            anchors.extend(in_folder(&scoped)?.into_iter().map(|a| a.for_formats(&[*format])));
        }
    }
    if anchors.is_empty() {
        return Err(about(folder, &"holds no certificate file (.pem, .crt, .cer, .der)"));
    }
    Ok(TrustStore::new(anchors))
}

fn certificate_files(folder: &Path) -> Result<Vec<PathBuf>, Unusable> {
    let entries = std::fs::read_dir(folder).map_err(|error| about(folder, &error))?;
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| about(folder, &error))?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if matches!(extension, Some("pem" | "crt" | "cer" | "der")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn in_folder(folder: &Path) -> Result<Vec<TrustAnchor>, Unusable> {
    let mut anchors = Vec::new();
    for file in certificate_files(folder)? {
        for certificate in certificates(&file)? {
            anchors
                .push(TrustAnchor::from_der(&certificate).map_err(|error| about(&file, &error))?);
        }
    }
    Ok(anchors)
}

/// The certificates of a file, or of every certificate file of a folder.
pub(crate) fn certificates_at(path: &Path) -> Result<Vec<Vec<u8>>, Unusable> {
    if !path.is_dir() {
        return certificates(path);
    }
    let mut found = Vec::new();
    for file in certificate_files(path)? {
        found.extend(certificates(&file)?);
    }
    Ok(found)
}

fn certificates(file: &Path) -> Result<Vec<Vec<u8>>, Unusable> {
    blocks(&read(file, MAX_CERTIFICATE_FILE)?, "CERTIFICATE", file)
}

/// A DER file is one thing; a PEM file may hold several.
pub(crate) fn blocks(bytes: &[u8], label: &str, file: &Path) -> Result<Vec<Vec<u8>>, Unusable> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let Some(text) = core::str::from_utf8(bytes).ok().filter(|text| text.contains(&begin)) else {
        return Ok(vec![bytes.to_vec()]);
    };
    let mut found = Vec::new();
    for block in text.split(&begin).skip(1) {
        let (body, _) =
            block.split_once(&end).ok_or_else(|| about(file, &"a PEM block has no end"))?;
        let body: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        let certificate = base64::engine::general_purpose::STANDARD
            .decode(body)
            .map_err(|error| about(file, &error))?;
        found.push(certificate);
    }
    Ok(found)
}
