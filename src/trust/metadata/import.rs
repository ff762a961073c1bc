//! Importing metadata: verify first, and only then is there a [`Metadata`] (MD-1 to MD-6).
//!
//! Nothing is fetched. The BLOB, the pinned roots, the revocation lists and the last good metadata
//! are arguments, and a failed import leaves whatever was loaded before as it was.

use super::payload::Payload;
use super::revocation;
use super::{Authenticity, Metadata};
use crate::crypto::{Algorithm, PublicKey, sha256};
use crate::encoding::certificate::{Certificate, describe_name};
use crate::encoding::jws::Jws;
use crate::encoding::{Fault, Malformed, der};
use crate::time::{Overdue, UnixTime};
use crate::trust::TrustAnchor;
use crate::trust::path::{Path, Quirks, dates_at, find_path};
use crate::verdict::marker::{Md1, Md2, Md3, Md4, Md5, Md6};
use crate::verdict::{Cause, Check, CheckId, Evidence, Failure, Ledger, Outcome, Reason, Settled};

/// What an import is judged against.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MetadataSource<'s> {
    /// The pinned roots (MD-2). Several at once, since the service moves from one to another.
    pub roots: &'s [TrustAnchor],
    /// The host that the signer's certificate is issued to (MD-2). The roots are those of a public
    /// authority, under which anybody can have a certificate, so the name is what tells.
    pub signer: &'s str,
    /// Revocation lists in DER (MD-5), one for each issuer of the chain.
    pub revocation_lists: &'s [&'s [u8]],
    /// What becomes of a certificate that no current list speaks of (MD-5).
    pub unknown_revocation: UnknownRevocation,
    /// When the certificates have to be valid and the lists current.
    pub time: UnixTime,
    /// What becomes of metadata whose next edition is due (MD-4).
    pub overdue: Overdue,
    /// The last good metadata, which the new one has to follow (MD-3).
    pub previous: Option<&'s Metadata>,
}

/// What becomes of a certificate whose revocation is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnknownRevocation {
    /// Refused.
    #[default]
    Refused,
    /// Taken, and the report says so.
    Accepted,
}

impl<'s> MetadataSource<'s> {
    /// The service's own host, these roots, nothing else given, and nothing let pass.
    #[must_use]
    pub const fn new(roots: &'s [TrustAnchor], time: UnixTime) -> Self {
        Self {
            roots,
            signer: "mds.fidoalliance.org",
            revocation_lists: &[],
            unknown_revocation: UnknownRevocation::Refused,
            time,
            overdue: Overdue::Refused,
            previous: None,
        }
    }
}

/// What an import has to say.
#[derive(Debug, Clone)]
#[must_use]
#[non_exhaustive]
pub struct MetadataReport {
    /// MD-1 to MD-6, in the order in which they were judged.
    pub checks: Vec<Check>,
    /// Tolerances that the import made use of, by name.
    pub tolerances: Vec<&'static str>,
    /// The metadata, if every check was settled.
    pub outcome: Result<Metadata, Failure>,
}

impl MetadataReport {
    /// The outcome of one check.
    #[must_use]
    pub fn outcome_of(&self, id: CheckId) -> Option<Outcome> {
        self.checks.iter().find(|check| check.id == id).map(|check| check.outcome)
    }
}

impl Metadata {
    /// Verifies a BLOB of the service and loads its payload.
    pub fn import(blob: &[u8], source: &MetadataSource<'_>) -> MetadataReport {
        report(|ledger| {
            let (signed, signature) = ledger.judge_into(|| verify_signature(blob))?;
            let certificates = Certificates::read(&signed.certificates, ledger)?;
            let (path, anchor) = ledger.judge_into(|| signer_path(&certificates.0, source))?;
            let revocation = revocation::judge(&certificates.0, &path, source, ledger)?;
            let expires = certificates.0.iter().take(path.length).map(|found| found.not_after);
            let signer = certificates.0.first().map(|leaf| describe_name(leaf.subject));
            let origin =
                Origin::Signed { _signature: signature, _anchor: anchor, _revocation: revocation };
            let authenticity = Authenticity::Signed {
                signer: signer.unwrap_or_default(),
                anchor: path.anchor.name().to_owned(),
                expires: expires.min().unwrap_or(source.time),
            };
            load(signed.jws.payload(), blob, authenticity, origin, source, ledger)
        })
    }

    /// Loads a payload without a signature around it. Whoever handed it out could have written
    /// anything, so every verdict that uses it says that the signature was not checked.
    pub fn import_unsigned(payload: &[u8], source: &MetadataSource<'_>) -> MetadataReport {
        const WAIVED: &str = "import_unsigned";
        report(|ledger| {
            ledger.tolerate("metadata_signature_not_checked");
            let origin = Origin::Unsigned {
                _signature: ledger.skip(WAIVED),
                _anchor: ledger.skip(WAIVED),
                _revocation: ledger.skip(WAIVED),
            };
            load(payload, payload, Authenticity::NotChecked, origin, source, ledger)
        })
    }
}

/// Proof that it was settled where the metadata comes from.
enum Origin {
    Signed { _signature: Settled<Md1>, _anchor: Settled<Md2>, _revocation: Settled<Md5> },
    Unsigned { _signature: Settled<Md1>, _anchor: Settled<Md2>, _revocation: Settled<Md5> },
}

/// Proof that the payload was judged.
struct Judged {
    _readable: Settled<Md6>,
    _number: Settled<Md3>,
    _current: Settled<Md4>,
}

/// A BLOB whose signature verifies under the certificate that it carries.
struct Signed {
    jws: Jws,
    certificates: Vec<Vec<u8>>,
}

struct Certificates<'a>(Vec<Certificate<'a>>);

fn report(body: impl FnOnce(&mut Ledger) -> Result<Metadata, Failure>) -> MetadataReport {
    use CheckId::{Md1, Md2, Md3, Md4, Md5, Md6};
    let mut ledger = Ledger::new();
    let outcome = body(&mut ledger);
    let (checks, tolerances) = ledger.finish([Md1, Md2, Md5, Md6, Md3, Md4]);
    MetadataReport { checks, tolerances, outcome }
}

/// MD-1: the signature, by the key of the certificate that stands first in x5c.
fn verify_signature(blob: &[u8]) -> Result<(Signed, Evidence), Cause> {
    if blob.len() > MAX_BLOB {
        return Err(Malformed::new(ITEM, Fault::TooLarge, MAX_BLOB).into());
    }
    let jws = Jws::read(blob, ITEM)?;
    if jws.has_member("x5u") {
        // Certificates by address would have to be fetched.
        return Err(Reason::MetadataX5u.into());
    }
    let named = jws.algorithm().unwrap_or("");
    let algorithm = ACCEPTED.iter().find(|(name, _)| *name == named);
    let Some((name, algorithm)) = algorithm else {
        return Err(Reason::MetadataSignatureAlgorithm.found(Evidence::text(named)).into());
    };
    let certificates = jws.certificates(MAX_CERTIFICATES, MAX_CERTIFICATE)?;
    let leaf = certificates.first().ok_or(Reason::CertificatesEmpty)?;
    let key = PublicKey::from_certificate(Certificate::read(leaf)?.public_key_info)?;
    let signature = match algorithm {
        Algorithm::Es256 => ecdsa_in_der::<64>(jws.signature())?,
        Algorithm::Es384 => ecdsa_in_der::<96>(jws.signature())?,
        _ => jws.signature().to_vec(),
    };
    algorithm.verify(&key, &[jws.signing_input()], &signature)?;
    Ok((Signed { jws, certificates }, Evidence::Note(name)))
}

impl<'a> Certificates<'a> {
    /// The chain, each certificate well formed; a fault is MD-2's.
    fn read(encoded: &'a [Vec<u8>], ledger: &mut Ledger) -> Result<Self, Failure> {
        let mut certificates = Vec::with_capacity(encoded.len());
        for (position, bytes) in encoded.iter().enumerate() {
            let certificate =
                Certificate::read(bytes).map_err(|error| ledger.refuse::<Md2>(error.into()))?;
            if certificate.has_duplicate_extension() {
                let refusal = Reason::DuplicateExtension.at(position);
                return Err(ledger.refuse::<Md2>(refusal.into()));
            }
            certificates.push(certificate);
        }
        Ok(Self(certificates))
    }
}

/// MD-2: the signer is the service, and its certificates lead to a pinned root within their dates.
fn signer_path<'s>(
    certificates: &[Certificate<'_>],
    source: &MetadataSource<'s>,
) -> Result<(Path<'s>, Evidence), Cause> {
    let roots: Vec<&TrustAnchor> = source.roots.iter().collect();
    let path = find_path(certificates, None, &roots, Quirks::default(), None)
        .map_err(|failure| failure.cause)?;
    dates_at(certificates.get(..path.length).unwrap_or(certificates), Some(source.time))?;
    let leaf = certificates.first().ok_or(Reason::CertificatesEmpty)?;
    if !leaf.names_host(source.signer)?.0 {
        let refusal = Reason::MetadataSigner.expected(Evidence::text(source.signer));
        return Err(refusal.found(Evidence::text(&describe_name(leaf.subject))).into());
    }
    Ok((path, Evidence::text(path.anchor.name())))
}

/// MD-6, MD-3 and MD-4, and the metadata that they make.
fn load(
    payload: &[u8],
    file: &[u8],
    authenticity: Authenticity,
    origin: Origin,
    source: &MetadataSource<'_>,
    ledger: &mut Ledger,
) -> Result<Metadata, Failure> {
    let (payload, readable) = ledger.judge_into(|| {
        if payload.len() > MAX_BLOB {
            return Err(Malformed::new(ITEM, Fault::TooLarge, MAX_BLOB).into());
        }
        let payload = Payload::read(payload)?;
        let apart = i64::try_from(payload.quarantined()).unwrap_or(i64::MAX);
        Ok((payload, Evidence::Number("entries set apart:", apart)))
    })?;
    let metadata = payload.into_metadata(sha256(&[file]), authenticity);
    let number = ledger.judge(|| follows(&metadata, source.previous))?;
    let (late, current) =
        ledger.judge_into(|| metadata.is_current(Some(source.time), source.overdue))?;
    if late {
        ledger.tolerate(OVERDUE);
    }
    Ok(metadata.settled(origin, Judged { _readable: readable, _number: number, _current: current }))
}

impl Metadata {
    /// Takes the proofs: there is no other way out of [`load`].
    fn settled(self, _origin: Origin, _judged: Judged) -> Self {
        self
    }
}

/// MD-3: the number grows. The same number is the same content over again.
fn follows(new: &Metadata, previous: Option<&Metadata>) -> Result<Evidence, Cause> {
    let number = |number: u64| Evidence::Number("no", i64::try_from(number).unwrap_or(i64::MAX));
    let Some(previous) = previous else { return Ok(number(new.number)) };
    let refusal =
        |reason: Reason| reason.expected(number(previous.number)).found(number(new.number)).into();
    if new.number < previous.number {
        return Err(refusal(Reason::MetadataOlder));
    }
    if new.number == previous.number && new.payload_digest != previous.payload_digest {
        return Err(refusal(Reason::MetadataSameNumber));
    }
    Ok(number(new.number))
}

/// RFC 7518 section 3.4 has r and s behind each other; X.509 and WebAuthn, and so the provider of
/// cryptography, have them in DER.
fn ecdsa_in_der<const LENGTH: usize>(signature: &[u8]) -> Result<Vec<u8>, Cause> {
    let signature: &[u8; LENGTH] = signature.try_into().map_err(|_| Reason::SignatureInvalid)?;
    let (r, s) = signature.split_at(LENGTH / 2);
    Ok(der::ecdsa_signature(r, s))
}

const ITEM: &str = "metadata BLOB";

/// The name of the tolerance for metadata whose next edition is due.
pub(crate) const OVERDUE: &str = "metadata_overdue";

/// RS256 is what the service signs with. The others are what its authority's certificates would
/// bring next; nothing with SHA-1, no shared secret, and not `none`.
const ACCEPTED: [(&str, Algorithm); 4] = [
    ("RS256", Algorithm::Rs256),
    ("PS256", Algorithm::Ps256),
    ("ES256", Algorithm::Es256),
    ("ES384", Algorithm::Es384),
];

/// The BLOB of October 2026 has 12 MB and 520 entries; that of 2022 had 1 MB and 101.
const MAX_BLOB: usize = 64 * 1024 * 1024;
/// As in a statement (security.md T-36).
const MAX_CERTIFICATES: usize = 10;
const MAX_CERTIFICATE: usize = 8 * 1024;
