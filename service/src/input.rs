//! Reading files within bounds: a large or strange file costs a line, not memory.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::Unusable;

/// A file with one request: far above what the core reads (64 KiB).
pub(crate) const MAX_REQUEST_FILE: u64 = 1024 * 1024;
/// A file of vectors.
pub(crate) const MAX_VECTOR_FILE: u64 = 64 * 1024 * 1024;

/// Reads a file, or standard input for `-`, of at most `most` bytes.
pub(crate) fn read(path: &Path, most: u64) -> Result<Vec<u8>, Unusable> {
    let mut bytes = Vec::new();
    let limit = most.saturating_add(1);
    if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes)?;
    } else {
        let metadata = std::fs::metadata(path).map_err(|error| about(path, &error))?;
        if metadata.is_dir() {
            return Err(about(path, &"is a directory"));
        }
        if metadata.len() > most {
            return Err(about(path, &too_large(most)));
        }
        let file = File::open(path).map_err(|error| about(path, &error))?;
        file.take(limit).read_to_end(&mut bytes).map_err(|error| about(path, &error))?;
    }
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
        return Err(about(path, &too_large(most)));
    }
    if bytes.is_empty() {
        return Err(about(path, &"is empty"));
    }
    Ok(bytes)
}

/// An error that names its file.
pub(crate) fn about(path: &Path, error: &dyn core::fmt::Display) -> Unusable {
    Unusable(format!("{}: {error}", path.display()))
}

fn too_large(most: u64) -> String {
    format!("is larger than {} KiB", most / 1024)
}
