//! The trust store as a file: versioned, dated data, the same form for what is bundled and for what
//! an operator places. `docs/trust-store.md` describes it.

use serde::Deserialize;

use super::anchors::{AnchorError, InForce, Provenance, TrustAnchor, TrustStore};
use crate::crypto::sha256;
use crate::encoding::certificate::Certificate;
use crate::encoding::{base64url, hex};
use crate::time::UnixTime;
use crate::verdict::Format;

/// The version of the form that is read here.
const FORM: u32 = 1;

/// A trust store file. The bundled one has seven anchors in 20 KB.
const MAX_FILE: usize = 4 * 1024 * 1024;

impl TrustStore {
    /// The anchors that come with this release: Apple's WebAuthn and App Attest roots, Google's
    /// two hardware attestation roots, Microsoft's TPM root, and the roots of FIDO metadata.
    ///
    /// # Errors
    ///
    /// Never for a release: a test reads it.
    pub fn bundled() -> Result<Self, TrustStoreError> {
        Self::from_json(include_bytes!("trust-store.json"))
    }

    /// Reads a trust store file.
    ///
    /// # Errors
    ///
    /// [`TrustStoreError`] names the anchor and what is wrong with it. One bad entry refuses the
    /// file: half a trust store would be believed to be a whole one.
    pub fn from_json(text: &[u8]) -> Result<Self, TrustStoreError> {
        if text.len() > MAX_FILE {
            return Err(TrustStoreError("the file is larger than 4 MiB".to_owned()));
        }
        let file: File =
            serde_json::from_slice(text).map_err(|error| TrustStoreError(error.to_string()))?;
        if file.trust_store != FORM {
            return Err(TrustStoreError(format!("form {} is not known here", file.trust_store)));
        }
        let anchors: Result<Vec<_>, _> = file.anchors.iter().map(Entry::anchor).collect();
        Ok(Self::new(anchors?).of_edition(&file.edition))
    }
}

/// A trust store file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustStoreError(String);

impl core::fmt::Display for TrustStoreError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "trust store: {}", self.0)
    }
}

impl core::error::Error for TrustStoreError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    trust_store: u32,
    edition: String,
    anchors: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    owner: Option<String>,
    certificate: String,
    sha256: String,
    #[serde(default)]
    sources: Vec<String>,
    formats: Option<Vec<Format>>,
    aaguids: Option<Vec<String>>,
    #[serde(default)]
    vouches_for_metadata: bool,
    #[serde(default)]
    in_force: Dates,
    #[serde(default)]
    copies: Vec<CopyEntry>,
    note: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Dates {
    from: Option<String>,
    until: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CopyEntry {
    certificate: String,
    sha256: String,
    #[serde(default)]
    sources: Vec<String>,
}

impl Entry {
    fn anchor(&self) -> Result<TrustAnchor, TrustStoreError> {
        let wrong =
            |what: &dyn core::fmt::Display| TrustStoreError(format!("{}: {what}", self.name));
        let der = certificate(&self.certificate, &self.sha256).map_err(|why| wrong(&why))?;
        let from_der = |error: AnchorError| wrong(&error);
        let mut anchor = TrustAnchor::from_der(&der).map_err(from_der)?.named(&self.name);
        if let Some(owner) = &self.owner {
            anchor = anchor.owned_by(owner);
        }
        if let Some(formats) = &self.formats {
            anchor = anchor.for_formats(formats);
        }
        if let Some(aaguids) = &self.aaguids {
            let models: Option<Vec<_>> = aaguids.iter().map(|text| hex::from_uuid(text)).collect();
            anchor = anchor.for_models(&models.ok_or_else(|| wrong(&"an AAGUID is not a UUID"))?);
        }
        if self.vouches_for_metadata {
            anchor = anchor.for_metadata();
        }
        let instant = |text: &Option<String>| {
            text.as_deref().map(UnixTime::parse_rfc3339).transpose().map_err(|error| wrong(&error))
        };
        let in_force = InForce::new(instant(&self.in_force.from)?, instant(&self.in_force.until)?);
        let mut provenance = Provenance::default();
        provenance.sources.clone_from(&self.sources);
        provenance.note.clone_from(&self.note);
        for copy in &self.copies {
            let der = certificate(&copy.certificate, &copy.sha256).map_err(|why| wrong(&why))?;
            let parsed = Certificate::read(&der).map_err(|error| wrong(&error))?;
            if !anchor.is_copy(&parsed) {
                return Err(wrong(&"a copy has another name or key"));
            }
            provenance.copies.push((sha256(&[&der]), parsed.not_after));
            provenance.sources.extend(copy.sources.iter().cloned());
        }
        Ok(anchor.in_force(in_force).with_provenance(provenance))
    }
}

/// A certificate under its fingerprint, so that a slip of the editor cannot change an anchor.
fn certificate(text: &str, fingerprint: &str) -> Result<Vec<u8>, &'static str> {
    let der = base64url::decode(text, "certificate")
        .map_err(|_| "the certificate is not base64url without padding")?;
    if hex::encode(&sha256(&[&der])) == fingerprint {
        Ok(der)
    } else {
        Err("the certificate is not the one that sha256 names")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 of what is bundled, as Google, Apple and the others publish it.
    #[test]
    fn the_bundled_store_reads_and_is_scoped() {
        let store = TrustStore::bundled().unwrap();
        assert_eq!(store.edition(), Some("2026-11-21"));
        let found: Vec<(String, String, Vec<&str>)> = store
            .anchors()
            .iter()
            .map(|anchor| {
                let formats = anchor.formats().unwrap().iter().map(|f| f.as_str()).collect();
                let fingerprint = hex::encode(&anchor.fingerprint());
                (anchor.owner().unwrap().to_owned(), fingerprint.split_at(8).0.to_owned(), formats)
            })
            .collect();
        let expected = [
            ("Apple", "0915dd5c", vec!["apple"]),
            ("Apple", "1cb9823b", vec!["apple-appattest"]),
            ("Google", "cedb1cb6", vec!["android-key"]),
            ("Google", "6d9db4ce", vec!["android-key"]),
            ("Microsoft", "870c7a35", vec!["tpm"]),
            ("GlobalSign", "cbb522d7", vec![]),
            ("GlobalSign", "4fa3126d", vec![]),
        ];
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(owner, sha, formats)| (owner.to_owned(), sha.to_owned(), formats))
            .collect();
        assert_eq!(found, expected);
        assert!(store.anchors().iter().all(|a| a.provenance().sources.len() >= 2));
    }

    fn changed(from: &str, to: &str) -> String {
        let text = include_str!("trust-store.json");
        assert!(text.contains(from), "{from}");
        let changed = text.replacen(from, to, 1);
        TrustStore::from_json(changed.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_file_with_one_bad_entry_is_refused_whole() {
        assert!(changed("\"trust_store\": 1", "\"trust_store\": 2").contains("form 2"));
        assert!(changed("\"sha256\": \"09", "\"sha256\": \"08").contains("Apple WebAuthn Root CA"));
        assert!(changed("\"apple\"", "\"aple\"").contains("aple"));
        assert!(changed("\"owner\"", "\"owners\"").contains("owners"));
        // The copy of another key under its right fingerprint.
        let text = include_str!("trust-store.json");
        let quoted = |text: &'static str| text.split('"').find(|part| part.starts_with("MII"));
        let apple = quoted(text).unwrap();
        let copy = quoted(text.split_once("\"copies\"").unwrap().1).unwrap();
        let hash = |der: &str| hex::encode(&sha256(&[&base64url::decode(der, "x").unwrap()]));
        let text = text.replace(copy, apple).replace(&hash(copy), &hash(apple));
        let error = TrustStore::from_json(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("a copy has another name or key"), "{error}");
    }
}
