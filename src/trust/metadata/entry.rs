//! One entry of the payload (MDS 3 §3.1.1) with its metadata statement, as far as judging needs
//! it. Members that are not known here are passed over; so are values of a list that are not.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::status::{self, StatusReport};
use crate::crypto::{Algorithm, Hash, SignatureVerifier as _, provider, sha256};
use crate::encoding::certificate::Certificate;
use crate::encoding::json::Json;
use crate::encoding::{Fault, Malformed, base64url, hex};
use crate::time::UnixTime;
use crate::trust::TrustAnchor;
use crate::verdict::{AttestationType, Cause, Evidence, Reason, Refusal};

/// SHA-1 of a certificate's public key bits: how metadata lists certificates of authenticators
/// that state no model. A name, not a proof: the path is what vouches.
pub(crate) type KeyIdentifier = [u8; 20];

/// What metadata says of one model.
#[derive(Debug, Clone)]
pub struct MetadataEntry {
    aaguid: Option<[u8; 16]>,
    key_identifiers: Vec<KeyIdentifier>,
    description: String,
    protocol: String,
    key_protection: Vec<String>,
    attestation_types: Vec<AttestationType>,
    algorithms: Vec<Algorithm>,
    reports: Vec<StatusReport>,
    anchors: Vec<ModelAnchor>,
    unusable_anchors: usize,
}

/// A certificate under which a model's attestations stand.
#[derive(Debug, Clone)]
struct ModelAnchor {
    anchor: Arc<TrustAnchor>,
    /// Other models stand under it as well, so that it does not say which of them made a key.
    shared: bool,
}

/// What an entry calls its authenticator.
#[derive(Debug, Clone, Default)]
pub(super) struct Identity {
    pub(super) aaguid: Option<[u8; 16]>,
    pub(super) key_identifiers: Vec<KeyIdentifier>,
    /// The id of a UAF authenticator, which no WebAuthn ceremony meets.
    pub(super) aaid: bool,
}

/// The roots of all entries by digest: vendors list the same ones under dozens of models.
pub(super) type Anchors = BTreeMap<[u8; 32], Option<Arc<TrustAnchor>>>;

impl MetadataEntry {
    /// The model, where the entry is found by it.
    #[must_use]
    pub const fn aaguid(&self) -> Option<[u8; 16]> {
        self.aaguid
    }

    /// The key identifiers of its certificates, in hexadecimal, where the entry is found by them.
    pub fn key_identifiers(&self) -> impl Iterator<Item = String> {
        self.key_identifiers.iter().map(|identifier| hex::encode(identifier))
    }

    /// The vendor's description.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// `fido2` or `u2f`.
    #[must_use]
    pub fn protocol(&self) -> &str {
        &self.protocol
    }

    /// How keys are protected, in the words of the registry: `hardware`, `secure_element`, …
    #[must_use]
    pub fn key_protection(&self) -> &[String] {
        &self.key_protection
    }

    /// The status history, in the order of the file.
    #[must_use]
    pub fn reports(&self) -> &[StatusReport] {
        &self.reports
    }

    /// The newest report that is in effect at a time.
    #[must_use]
    pub fn latest_report(&self, time: UnixTime) -> Option<&StatusReport> {
        status::latest(&self.reports, time)
    }

    /// The trust anchors of the model. They vouch for no other.
    pub fn anchors(&self) -> impl Iterator<Item = &TrustAnchor> {
        self.anchors.iter().map(|listed| listed.anchor.as_ref())
    }

    /// How many certificates of the entry cannot be anchors here, for want of a key that is
    /// verified here or of form.
    #[must_use]
    pub const fn unusable_anchors(&self) -> usize {
        self.unusable_anchors
    }

    pub(super) fn read(
        entry: &Json,
        identity: Identity,
        known: &mut Anchors,
    ) -> Result<Self, Cause> {
        let statement = object(entry, "metadataStatement")?;
        agrees(&identity, statement)?;
        let reports = array(entry, "statusReports")?;
        if reports.is_empty() {
            return Err(Malformed::new("statusReports", Fault::Empty, 0).into());
        }
        let reports: Result<Vec<_>, _> = reports.iter().map(StatusReport::read).collect();
        let roots = texts(statement, "attestationRootCertificates")?;
        let mut anchors: Vec<ModelAnchor> = Vec::with_capacity(roots.len());
        let mut unusable_anchors: usize = 0;
        for root in roots {
            match anchor(root, known) {
                None => unusable_anchors = unusable_anchors.saturating_add(1),
                // Listed twice in one entry is not shared between two.
                Some(found) if anchors.iter().any(|listed| Arc::ptr_eq(&listed.anchor, &found)) => {
                }
                Some(found) => anchors.push(ModelAnchor { anchor: found, shared: false }),
            }
        }
        let types = texts(statement, "attestationTypes")?;
        let algorithms = texts(statement, "authenticationAlgorithms")?;
        Ok(Self {
            aaguid: identity.aaguid,
            key_identifiers: identity.key_identifiers,
            description: text(statement, "description")?.to_owned(),
            protocol: text(statement, "protocolFamily")?.to_owned(),
            key_protection: texts(statement, "keyProtection")?
                .into_iter()
                .map(str::to_owned)
                .collect(),
            attestation_types: types.into_iter().filter_map(attestation_type).collect(),
            algorithms: algorithms
                .into_iter()
                .flat_map(listed_algorithms)
                .copied()
                .chain(answered_algorithms(statement))
                .collect(),
            reports: reports?,
            unusable_anchors,
            anchors,
        })
    }

    /// Notes which anchors stand in several entries.
    pub(super) fn share(entries: &mut [Self]) {
        let mut seen: BTreeMap<*const TrustAnchor, usize> = BTreeMap::new();
        for entry in &*entries {
            for listed in &entry.anchors {
                let count = seen.entry(Arc::as_ptr(&listed.anchor)).or_default();
                *count = count.saturating_add(1);
            }
        }
        for listed in entries.iter_mut().flat_map(|entry| &mut entry.anchors) {
            listed.shared = seen.get(&Arc::as_ptr(&listed.anchor)).is_some_and(|count| *count > 1);
        }
    }

    /// Whether a path to `anchor` by itself shows that this model made the key.
    pub(crate) fn is_vouched_for_by(&self, anchor: &TrustAnchor) -> bool {
        let own = |listed: &ModelAnchor| {
            !listed.shared && core::ptr::eq(Arc::as_ptr(&listed.anchor), anchor)
        };
        self.aaguid.is_some() && self.anchors.iter().any(own)
    }

    /// MD-7: no report refuses the model at a time; the statuses that a person should see.
    pub(crate) fn standing(
        &self,
        certificates: &[Certificate<'_>],
        time: UnixTime,
    ) -> Result<Vec<&str>, Refusal> {
        status::judge(&self.reports, certificates, time)
    }

    /// PK-14 and MD-9: the attestation type and each of the algorithms are listed.
    pub(crate) fn lists(
        &self,
        attestation_type: AttestationType,
        algorithms: &[i64],
    ) -> Result<(), Refusal> {
        if !self.attestation_types.contains(&attestation_type) {
            let found = Evidence::Note(attestation_type.as_str());
            return Err(Reason::MetadataType.found(found));
        }
        let listed = |identifier: &i64| {
            Algorithm::from_cose(*identifier).is_some_and(|found| self.algorithms.contains(&found))
        };
        match algorithms.iter().find(|identifier| !listed(identifier)) {
            None => Ok(()),
            Some(identifier) => {
                Err(Reason::MetadataAlgorithm.found(Evidence::Number("alg", *identifier)))
            }
        }
    }
}

impl Identity {
    /// The identifiers of an entry or of a statement.
    pub(super) fn read(object: &Json) -> Result<Self, Malformed> {
        let aaguid = optional_text(object, "aaguid")?
            .map(|text| hex::from_uuid(text).ok_or(Malformed::new("aaguid", Fault::WrongType, 0)));
        let mut key_identifiers = Vec::new();
        if object.member(KEY_IDENTIFIERS).is_some() {
            for text in texts(object, KEY_IDENTIFIERS)? {
                let fault = Malformed::new(KEY_IDENTIFIERS, Fault::WrongType, 0);
                key_identifiers.push(hex::decode(text).ok_or(fault)?);
            }
        }
        key_identifiers.sort_unstable();
        key_identifiers.dedup();
        let aaid = optional_text(object, "aaid")?.is_some();
        Ok(Self { aaguid: aaguid.transpose()?, key_identifiers, aaid })
    }

    pub(super) fn is_webauthn(&self) -> bool {
        self.aaguid.is_some() || !self.key_identifiers.is_empty()
    }
}

/// The identifier by which a certificate may be listed.
pub(crate) fn key_identifier(certificate: &Certificate<'_>) -> Option<KeyIdentifier> {
    let bits = certificate.subject_public_key().ok()?;
    provider().digest(Hash::Sha1, &[bits]).as_ref().try_into().ok()
}

/// Entry, statement and what the authenticator answers to getInfo name the same model.
fn agrees(identity: &Identity, statement: &Json) -> Result<(), Cause> {
    let stated = Identity::read(statement)?;
    let disagrees = |name| Cause::from(Reason::MetadataDisagrees.found(Evidence::Note(name)));
    if identity.aaguid == Some([0; 16]) {
        return Err(Reason::AaguidZero.into());
    }
    if stated.aaguid != identity.aaguid {
        return Err(disagrees("metadataStatement.aaguid"));
    }
    if stated.key_identifiers != identity.key_identifiers {
        return Err(disagrees(KEY_IDENTIFIERS));
    }
    let Some(info) = statement.member("authenticatorGetInfo") else { return Ok(()) };
    // The specification has hexadecimal without dashes; both ways of writing it name one model.
    let model = optional_text(info, "aaguid")?.map(|text| hex::decode(&text.replace('-', "")));
    match model {
        None => Ok(()),
        Some(model) if model.is_some() && model == identity.aaguid => Ok(()),
        Some(_) => Err(disagrees("authenticatorGetInfo.aaguid")),
    }
}

/// An anchor from the text of a certificate; `None` where the certificate cannot be one.
fn anchor(text: &str, known: &mut Anchors) -> Option<Arc<TrustAnchor>> {
    let encoded = base64url::decode_standard(text, "attestationRootCertificates").ok()?;
    known
        .entry(sha256(&[&encoded]))
        .or_insert_with(|| TrustAnchor::from_der(&encoded).ok().map(Arc::new))
        .clone()
}

/// The COSE identifiers that the authenticator answers to getInfo: some entries name an algorithm
/// there alone, and the registry has no names for the newest.
fn answered_algorithms(statement: &Json) -> impl Iterator<Item = Algorithm> {
    let info = statement.member("authenticatorGetInfo");
    let answered = info.and_then(|info| info.member("algorithms")).and_then(Json::array);
    let identifiers = answered.unwrap_or_default().iter().filter_map(|item| item.member("alg"));
    identifiers.filter_map(Json::integer).filter_map(Algorithm::from_cose)
}

fn member<'j>(object: &'j Json<'j>, name: &'static str) -> Result<&'j Json<'j>, Malformed> {
    object.member(name).ok_or(Malformed::new(name, Fault::Missing, 0))
}

fn wrong_type(name: &'static str) -> Malformed {
    Malformed::new(name, Fault::WrongType, 0)
}

fn object<'j>(parent: &'j Json<'j>, name: &'static str) -> Result<&'j Json<'j>, Malformed> {
    let found = member(parent, name)?;
    found.object().map(|_| found).ok_or_else(|| wrong_type(name))
}

fn array<'j>(parent: &'j Json<'j>, name: &'static str) -> Result<&'j [Json<'j>], Malformed> {
    member(parent, name)?.array().ok_or_else(|| wrong_type(name))
}

pub(super) fn text<'j>(parent: &'j Json, name: &'static str) -> Result<&'j str, Malformed> {
    member(parent, name)?.string().ok_or_else(|| wrong_type(name))
}

pub(super) fn optional_text<'j>(
    parent: &'j Json,
    name: &'static str,
) -> Result<Option<&'j str>, Malformed> {
    match parent.member(name) {
        None => Ok(None),
        Some(value) => value.string().map(Some).ok_or_else(|| wrong_type(name)),
    }
}

fn texts<'j>(parent: &'j Json, name: &'static str) -> Result<Vec<&'j str>, Malformed> {
    let items = array(parent, name)?.iter().map(Json::string);
    items.collect::<Option<Vec<_>>>().ok_or_else(|| wrong_type(name))
}

const KEY_IDENTIFIERS: &str = "attestationCertificateKeyIdentifiers";

/// FIDO Registry of Predefined Values §3.6.3.
fn attestation_type(name: &str) -> Option<AttestationType> {
    Some(match name {
        "basic_full" => AttestationType::Basic,
        "basic_surrogate" => AttestationType::Self_,
        "attca" => AttestationType::AttCa,
        "anonca" => AttestationType::AnonCa,
        "none" => AttestationType::None,
        _ => return None,
    })
}

/// FIDO Registry of Predefined Values §3.6.1. Whether a signature is written raw or in DER is a
/// matter of other protocols, and a fully specified identifier is the same algorithm.
fn listed_algorithms(name: &str) -> &'static [Algorithm] {
    use Algorithm::*;
    match name {
        "secp256r1_ecdsa_sha256_raw" | "secp256r1_ecdsa_sha256_der" => &[Es256, Esp256],
        "secp256k1_ecdsa_sha256_raw" | "secp256k1_ecdsa_sha256_der" => &[Es256k],
        "secp384r1_ecdsa_sha384_raw" => &[Es384, Esp384],
        "secp521r1_ecdsa_sha512_raw" => &[Es512, Esp512],
        "ed25519_eddsa_sha512_raw" => &[EdDsa, Ed25519],
        "ed448_eddsa_sha512_raw" => &[Ed448],
        "rsassa_pss_sha256_raw" | "rsassa_pss_sha256_der" => &[Ps256],
        "rsassa_pss_sha384_raw" => &[Ps384],
        "rsassa_pss_sha512_raw" => &[Ps512],
        "rsassa_pkcsv15_sha256_raw" | "rsa_emsa_pkcs1_sha256_raw" | "rsa_emsa_pkcs1_sha256_der" => {
            &[Rs256]
        }
        "rsassa_pkcsv15_sha384_raw" => &[Rs384],
        "rsassa_pkcsv15_sha512_raw" => &[Rs512],
        "rsassa_pkcsv15_sha1_raw" => &[Rs1],
        _ => &[],
    }
}
