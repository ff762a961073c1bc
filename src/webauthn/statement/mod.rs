//! Attestation statements (WebAuthn Level 3 §8): one file a format.
//!
//! A format verifies its statement and hands back what it found: the attestation type, the
//! certificates, and the proof that its checks were settled. Whether the certificates lead to an
//! anchor is judged once, for every format alike.

pub(in crate::webauthn) mod android_evidence;
pub(in crate::webauthn) mod android_key;
mod android_safetynet;
mod apple;
mod fido_u2f;
pub(crate) mod key_description;
mod none;
mod packed;
mod tpm;
pub(crate) mod tpm_structures;

pub(crate) use android_safetynet::Token;
pub(crate) use apple::nonce_extension as apple_nonce;

use core::cell::OnceCell;

use super::authenticator_data::{AttestedCredentialData, AuthenticatorData};
use super::cose_key::CredentialKey;
use crate::crypto::{Algorithm, PublicKey};
use crate::encoding::cbor::Value;
use crate::encoding::certificate::{Certificate, oid};
use crate::encoding::der::{DerReader, Tag};
use crate::policy::Policy;
use crate::time::UnixTime;
use crate::trust::TrustStore;
use crate::verdict::marker::{X2, X14, X15, X16};
use crate::verdict::{
    AttestationType, Cause, CertificateFact, CheckId, DistinguishedName, Evidence, Facts, Failure,
    Fault, Format, Ledger, Malformed, Reason, Settled,
};

/// Certificates in one x5c. The longest chain in Google's public fixtures has five; ten leaves
/// room for cross-signing (security.md T-36).
const MAX_CERTIFICATES: usize = 10;
/// One certificate. The largest of the test data has 2 KiB.
const MAX_CERTIFICATE: usize = 8 * 1024;

/// What a statement is judged against.
pub(crate) struct Context<'c, 'a> {
    pub(crate) data: &'c AuthenticatorData<'a>,
    pub(crate) attested: &'c AttestedCredentialData<'a>,
    pub(crate) key: &'c CredentialKey,
    pub(crate) client_data_hash: &'c [u8; 32],
    pub(crate) policy: &'c Policy,
    pub(crate) store: &'c TrustStore,
    pub(crate) enterprise: bool,
    /// The signing digest in the origin, where the origin is an Android application's.
    pub(crate) application: Option<[u8; 32]>,
    pub(crate) time: Option<UnixTime>,
    /// When statuses are asked: `time`, unless the enrollment is judged again.
    pub(crate) status_time: Option<UnixTime>,
}

/// A verified statement.
pub(crate) struct Verified<'a> {
    pub(crate) attestation_type: AttestationType,
    /// Leaf first; empty for none and self attestation.
    pub(crate) certificates: Vec<Certificate<'a>>,
    /// Whether the leaf names the authenticator's model, and names it right.
    pub(crate) certifies_model: bool,
    pub(crate) proof: Proof,
}

/// Proof that the checks of the statement were settled: those that every format shares, and the
/// format's own.
#[must_use]
pub(crate) struct Proof {
    _members: Settled<X2>,
    _none: Settled<X16>,
    _certificates: Settled<X15>,
    _aaguid: Settled<X14>,
    _format: FormatProof,
}

enum FormatProof {
    None,
    Packed { _proof: packed::Proof },
    FidoU2f { _proof: fido_u2f::Proof },
    AndroidKey { _proof: android_key::Proof },
    Apple { _proof: apple::Proof },
    Tpm { _proof: tpm::Proof },
    AndroidSafetynet { _proof: android_safetynet::Proof },
}

/// Whether the formats that no phone makes are verified in this build.
const FULL: bool = cfg!(feature = "full");

fn left_out(format: Format) -> Cause {
    Reason::NotInBuild.found(Evidence::Note(format.as_str())).into()
}

/// Verifies a statement of a format that is verified here (X-17 has settled which).
///
/// `token` is where a statement that is encoded once more keeps its decoded form.
pub(crate) fn verify<'a>(
    format: Verifiable,
    statement: &Value<'a>,
    token: &'a OnceCell<Token>,
    context: &Context<'_, 'a>,
    ledger: &mut Ledger,
    facts: &mut Facts,
) -> Result<Verified<'a>, Failure> {
    match format {
        Verifiable::None => none::verify(statement, ledger),
        Verifiable::Packed => packed::verify(statement, context, ledger, facts),
        Verifiable::FidoU2f => fido_u2f::verify(statement, context, ledger, facts),
        Verifiable::AndroidKey => android_key::verify(statement, context, ledger, facts),
        Verifiable::Apple => apple::verify(statement, context, ledger, facts),
        Verifiable::Tpm if FULL => tpm::verify(statement, context, ledger, facts),
        Verifiable::AndroidSafetynet if FULL => {
            android_safetynet::verify(statement, token, context, ledger, facts)
        }
        // Not reached: no identifier leads here.
        Verifiable::Tpm | Verifiable::AndroidSafetynet => {
            Err(Failure { check: CheckId::X17, cause: left_out(format.format()) })
        }
    }
}

/// A format that is verified here, of a single statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verifiable {
    None,
    Packed,
    FidoU2f,
    AndroidKey,
    Apple,
    Tpm,
    AndroidSafetynet,
}

impl Verifiable {
    /// Matches the identifier byte for byte, before anything of the statement is read.
    pub(crate) fn from_identifier(identifier: &str) -> Result<Self, Cause> {
        match Format::from_identifier(identifier) {
            Some(Format::None) => Ok(Self::None),
            Some(Format::Packed) => Ok(Self::Packed),
            Some(Format::FidoU2f) => Ok(Self::FidoU2f),
            Some(Format::AndroidKey) => Ok(Self::AndroidKey),
            Some(Format::Apple) => Ok(Self::Apple),
            Some(Format::Tpm) if FULL => Ok(Self::Tpm),
            Some(Format::AndroidSafetynet) if FULL => Ok(Self::AndroidSafetynet),
            Some(format @ (Format::Tpm | Format::AndroidSafetynet)) => Err(left_out(format)),
            Some(format) => {
                Err(Reason::FormatNotVerified.found(Evidence::Note(format.as_str())).into())
            }
            None => Err(Reason::FormatUnknown.found(Evidence::text(identifier)).into()),
        }
    }

    pub(crate) const fn format(self) -> Format {
        match self {
            Self::None => Format::None,
            Self::Packed => Format::Packed,
            Self::FidoU2f => Format::FidoU2f,
            Self::AndroidKey => Format::AndroidKey,
            Self::Apple => Format::Apple,
            Self::Tpm => Format::Tpm,
            Self::AndroidSafetynet => Format::AndroidSafetynet,
        }
    }

    /// The checks of the format's own family, for the part of a verdict that was not reached.
    pub(crate) const fn checks(self) -> &'static [CheckId] {
        use CheckId::{
            Ak1, Ak2, Ak3, Ak4, Ak5, Ak6, Ak7, Ak8, Ak9, Ak10, Ak11, Ak12, Ak13, Ak14, Ak15, Ak16,
            Ak17, Ak18, Ak19, Ap1, Ap2, Ap3, Ap4, Ap5, Ap6, Ap7, Ap8, Fu1, Fu2, Fu3, Fu4, Fu5, Fu6,
            Fu7, Fu8, Fu9, Pk1, Pk2, Pk3, Pk4, Pk5, Pk6, Pk7, Pk8, Pk9, Pk10, Pk11, Pk12, Pk13,
            Pk14, Pk15, Sn1, Sn2, Sn3, Sn4, Sn5, Sn6, Tp1, Tp2, Tp3, Tp4, Tp5, Tp6, Tp7, Tp8, Tp9,
            Tp10, Tp11, Tp12, Tp13, Tp14, Tp15, Tp16, Tp17,
        };
        match self {
            Self::None => &[],
            Self::Packed => {
                &[Pk1, Pk2, Pk3, Pk4, Pk5, Pk6, Pk7, Pk8, Pk9, Pk10, Pk11, Pk12, Pk13, Pk14, Pk15]
            }
            Self::FidoU2f => &[Fu1, Fu2, Fu3, Fu4, Fu5, Fu6, Fu7, Fu8, Fu9],
            Self::AndroidKey => &[
                Ak1, Ak2, Ak3, Ak4, Ak5, Ak6, Ak7, Ak8, Ak9, Ak10, Ak11, Ak12, Ak13, Ak14, Ak15,
                Ak16, Ak17, Ak18, Ak19,
            ],
            Self::Apple => &[Ap1, Ap2, Ap3, Ap4, Ap5, Ap6, Ap7, Ap8],
            Self::Tpm => &[
                Tp1, Tp2, Tp3, Tp4, Tp5, Tp6, Tp7, Tp8, Tp9, Tp10, Tp11, Tp12, Tp13, Tp14, Tp15,
                Tp16, Tp17,
            ],
            Self::AndroidSafetynet => &[Sn1, Sn2, Sn3, Sn4, Sn5, Sn6],
        }
    }
}

/// Why a check of the packed, android-key or tpm certificates has nothing to judge.
const NO_CERTIFICATES: &str = "the statement has no certificates";

/// A member that has to be there.
pub(crate) fn required<'v, 'a>(
    statement: &'v Value<'a>,
    name: &'static str,
) -> Result<&'v Value<'a>, Cause> {
    statement
        .member(name)
        .ok_or_else(|| Reason::StatementMemberMissing.found(Evidence::Note(name)).into())
}

pub(crate) fn wrong_type(name: &'static str) -> Cause {
    Reason::StatementMemberType.found(Evidence::Note(name)).into()
}

fn integer(value: &Value<'_>, name: &'static str) -> Result<i64, Cause> {
    value.integer().ok_or_else(|| wrong_type(name))
}

/// A signature or another byte string that has to hold something.
fn bytes<'a>(value: &Value<'a>, name: &'static str) -> Result<&'a [u8], Cause> {
    match value.bytes() {
        Some([]) => Err(Reason::SignatureEmpty.found(Evidence::Note(name)).into()),
        Some(bytes) => Ok(bytes),
        None => Err(wrong_type(name)),
    }
}

/// The statement is a map with no members but `known`.
pub(crate) fn only_members(statement: &Value<'_>, known: &[&str]) -> Result<(), Cause> {
    let entries = statement.map().ok_or_else(|| wrong_type("attStmt"))?;
    let unexpected =
        entries.iter().find(|(name, _)| !name.text().is_some_and(|name| known.contains(&name)));
    match unexpected {
        None => Ok(()),
        Some((name, _)) => {
            let found = Evidence::text(name.text().unwrap_or("a key that is not text"));
            Err(Reason::StatementMemberUnexpected.found(found).into())
        }
    }
}

/// x5c: a non-empty array of byte strings, within the limits.
pub(crate) fn x5c<'a>(value: &Value<'a>) -> Result<Vec<&'a [u8]>, Cause> {
    let items = value.array().ok_or_else(|| wrong_type("x5c"))?;
    within_limits(items, |item| item.bytes().ok_or_else(|| wrong_type("x5c")))
}

/// Certificates of a chain that is not empty, before any of them is read.
pub(crate) fn within_limits<'v, 'a, T>(
    items: &'v [T],
    bytes: impl Fn(&'v T) -> Result<&'a [u8], Cause>,
) -> Result<Vec<&'a [u8]>, Cause> {
    if items.is_empty() {
        return Err(Reason::CertificatesEmpty.into());
    }
    if items.len() > MAX_CERTIFICATES {
        return Err(Malformed::new("x5c", Fault::TooMany, 0).into());
    }
    items
        .iter()
        .map(|item| {
            let bytes = bytes(item)?;
            if bytes.len() > MAX_CERTIFICATE {
                return Err(Malformed::new("certificate", Fault::TooLarge, 0).into());
            }
            Ok(bytes)
        })
        .collect()
}

/// Reads every certificate of x5c and notes them as facts.
pub(crate) fn read_certificates<'a>(
    encoded: &[&'a [u8]],
    ledger: &mut Ledger,
    facts: &mut Facts,
) -> Result<(Vec<Certificate<'a>>, Settled<X15>), Failure> {
    let (certificates, settled) = ledger.judge_into(|| {
        let mut certificates = Vec::with_capacity(encoded.len());
        for (position, bytes) in encoded.iter().enumerate() {
            let certificate = Certificate::read(bytes)?;
            if certificate.has_duplicate_extension() {
                return Err(Reason::DuplicateExtension.at(position).into());
            }
            certificates.push(certificate);
        }
        let count = i64::try_from(certificates.len()).unwrap_or(i64::MAX);
        Ok((certificates, Evidence::Number("certificates", count)))
    })?;
    facts.certificates = certificates.iter().map(fact).collect();
    Ok((certificates, settled))
}

/// A certificate as a fact of a verdict.
fn fact(certificate: &Certificate<'_>) -> CertificateFact {
    CertificateFact {
        subject: DistinguishedName::from_der(certificate.subject),
        issuer: DistinguishedName::from_der(certificate.issuer),
        not_before: certificate.not_before,
        not_after: certificate.not_after,
    }
}

/// The algorithm of a statement, as far as it can be verified under the policy.
fn statement_algorithm(identifier: i64, policy: &Policy) -> Result<Algorithm, Cause> {
    let algorithm = Algorithm::read(identifier)?;
    if algorithm == Algorithm::Rs1 && policy.refuse_sha1.is_judged() {
        return Err(Reason::AlgorithmSha1.found(Evidence::Number("alg", identifier)).into());
    }
    Ok(algorithm)
}

/// Notes that a statement is signed over SHA-1 where the policy lets that pass.
fn tolerate_sha1(identifier: i64, policy: &Policy, ledger: &mut Ledger) {
    if identifier == Algorithm::Rs1.cose() && !policy.refuse_sha1.is_judged() {
        ledger.tolerate("sha1_signatures");
    }
}

/// Verifies a signature by a certificate's key under the statement's algorithm.
fn verify_by_certificate(
    certificate: &Certificate<'_>,
    algorithm: Algorithm,
    message: &[&[u8]],
    signature: &[u8],
) -> Result<PublicKey, Cause> {
    let key = PublicKey::read_certificate(certificate.public_key_info)?;
    algorithm.verify(&key, message, signature)?;
    Ok(key)
}

/// The leaf of a chain that is known not to be empty.
pub(crate) fn leaf<'s, 'a>(
    certificates: &'s [Certificate<'a>],
) -> Result<&'s Certificate<'a>, Cause> {
    certificates.first().ok_or_else(|| Reason::CertificatesEmpty.into())
}

/// Version 3, as §8.2.1 and §8.3.1 demand of the attestation certificate.
fn version_3(certificate: &Certificate<'_>) -> Result<Evidence, Cause> {
    if certificate.version == 3 {
        return Ok(Evidence::None);
    }
    let found = Evidence::Number("version", i64::from(certificate.version));
    Err(Reason::CertificateVersion.found(found).into())
}

/// Basic constraints present with CA false, as §8.2.1 and §8.3.1 demand.
fn not_a_ca(certificate: &Certificate<'_>) -> Result<Evidence, Cause> {
    match certificate.basic_constraints()? {
        None => Err(Reason::BasicConstraintsMissing.into()),
        Some(constraints) if constraints.ca => Err(Reason::LeafIsCa.into()),
        Some(_) => Ok(Evidence::None),
    }
}

/// `id-fido-gen-ce-aaguid`: not critical, 16 bytes in an OCTET STRING in the extension's own
/// . `None` without the extension.
fn aaguid_extension<'a>(
    certificate: &Certificate<'a>,
    ledger: &mut Ledger,
) -> Result<(Option<&'a [u8]>, Settled<X14>), Failure> {
    let Some(extension) = certificate.extension(oid::FIDO_AAGUID) else {
        return Ok((None, ledger.not_applicable("the certificate has no AAGUID extension")));
    };
    ledger.judge_into(|| {
        let malformed = || Cause::from(Reason::AaguidExtensionForm);
        if extension.critical {
            return Err(malformed());
        }
        let value = DerReader::only(extension.value, Tag::OCTET_STRING, "AAGUID extension")
            .map_err(|_| malformed())?;
        if value.len() == 16 { Ok((Some(value), Evidence::None)) } else { Err(malformed()) }
    })
}

/// The AAGUID extension equals the AAGUID of authenticator data (PK-9, TP-13).
fn match_aaguid(extension: &[u8], aaguid: &[u8; 16]) -> Result<Evidence, Cause> {
    if extension == aaguid {
        return Ok(Evidence::Aaguid(*aaguid));
    }
    let refusal = Reason::AaguidExtensionMismatch.found(Evidence::Aaguid(*aaguid));
    let expected = <[u8; 16]>::try_from(extension).map_or(Evidence::None, Evidence::Aaguid);
    Err(refusal.expected(expected).into())
}
