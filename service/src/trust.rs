//! The trust store: bundled, a trust store file, or a folder of certificates, DER or PEM.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use device_enrollment::verdict::Format;
use device_enrollment::{TrustAnchor, TrustStore};

use crate::Unusable;
use crate::input::{about, read};

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
