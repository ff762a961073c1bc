//! The chains of real phones that the tests read: data of another project, so that they are read
//! from where they lie and not copied.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;

/// Certificates in DER.
type Chain = Vec<Vec<u8>>;

/// Google's roots, and the chains by model, version and name, leaf first. `None`, with a word,
/// where the folder of vectors is not given.
pub(crate) fn read() -> Option<(Chain, BTreeMap<String, Chain>)> {
    let Some(vectors) = std::env::var_os("DEVICE_ENROLLMENT_VECTORS") else {
        println!("SKIPPED: DEVICE_ENROLLMENT_VECTORS is not set, no real chains to judge");
        return None;
    };
    let folder = Path::new(&vectors).join("android-key");
    let roots: Vec<String> =
        serde_json::from_slice(&std::fs::read(folder.join("roots.json")).unwrap()).unwrap();
    let roots = roots.iter().flat_map(|text| pem(text)).collect();
    let mut files = BTreeMap::new();
    chain_files(&folder, &mut files, &folder);
    let chain = |path: &PathBuf| pem(&std::fs::read_to_string(path).unwrap());
    Some((roots, files.iter().map(|(name, path)| (name.clone(), chain(path))).collect()))
}

fn pem(text: &str) -> Chain {
    text.split("-----BEGIN CERTIFICATE-----")
        .skip(1)
        .map(|block| {
            let body = block.split("-----END").next().unwrap();
            let body: String = body.chars().filter(|c| !c.is_whitespace()).collect();
            base64::engine::general_purpose::STANDARD.decode(body).unwrap()
        })
        .collect()
}

fn chain_files(folder: &Path, found: &mut BTreeMap<String, PathBuf>, root: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            chain_files(&path, found, root);
        } else if path.extension().is_some_and(|extension| extension == "pem") {
            let name = path.strip_prefix(root).unwrap().with_extension("");
            found.insert(name.to_string_lossy().into_owned(), path);
        }
    }
}
