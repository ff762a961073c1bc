//! Certificate paths: from the leaf, in the order of x5c, to a configured anchor (RFC 5280
//! section 6.1).
//!
//! `rustls-webpki` is not used here because three things are needed that it does not offer: the
//! rule that refused, by name; an anchor that is the leaf itself; and paths whose dates are not
//! judged. It gives a second opinion in the tests.
//!
//! Stricter than RFC 5280: names are compared byte for byte, an issuer that constrains names is
//! refused (no attestation CA does), and SHA-1 is refused.

use core::borrow::Borrow;

use super::anchors::TrustAnchor;
use super::refused_keys::is_refused;
use super::remembered::VerifiedSignatures;
use crate::crypto::{PublicKey, Scheme, SignatureVerifier as _, certificate_algorithm, provider};
use crate::encoding::certificate::{BasicConstraints, Certificate, KEY_CERT_SIGN, oid};
use crate::time::UnixTime;
use crate::verdict::{Cause, CheckId, Evidence, Fault, Format, Malformed, Reason, Refusal};

/// A failed path: which of the path's checks refused, and why.
#[derive(Debug)]
pub(crate) struct PathFailure {
    pub(crate) check: CheckId,
    pub(crate) cause: Cause,
}

/// A path that ends at an anchor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Path<'t> {
    /// How many certificates of x5c the path uses: the leaf and the intermediates. A copy of
    /// the anchor is not counted, since its dates are not judged.
    pub(crate) length: usize,
    pub(crate) anchor: &'t TrustAnchor,
    /// Whether the path stands only because the leaf's issuer was excused from being a CA.
    pub(crate) first_issuer_not_ca: bool,
}

/// What real certificates get wrong and a policy may take. By default nothing is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Quirks {
    /// A certificate signature may declare unused bits, as some old U2F certificates do.
    pub(crate) unused_bits: bool,
    /// The leaf's issuer may say that it is no CA, as that of some Android phones does.
    pub(crate) first_issuer_not_ca: bool,
}

/// Leads x5c to one of `anchors`, those that may vouch for what is judged. Dates are
/// judged apart. `format` is that of the attestation, `None` for the signer of metadata.
///
/// Certificates follow each other in the order of x5c. What follows the certificate that an
/// anchor issued is not looked at: chains may carry the root, or a cross-signed twin of it.
pub(crate) fn find_path<'t>(
    certificates: &[Certificate<'_>],
    format: Option<Format>,
    anchors: &[&'t TrustAnchor],
    quirks: Quirks,
    verified: Option<&VerifiedSignatures>,
) -> Result<Path<'t>, PathFailure> {
    if anchors.is_empty() {
        return Err(unanchored(Reason::NoAnchor, 0));
    }
    let leaf_recurs = matches!(format, Some(Format::Packed | Format::FidoU2f));
    let mut work = Work { budget: SIGNATURE_BUDGET, verified, leaf_recurs };
    let mut first_issuer_not_ca = false;
    let mut chain = certificates.iter().enumerate().peekable();
    while let Some((position, certificate)) = chain.next() {
        let itself = anchors.iter().copied().find(|anchor| match position {
            0 => anchor.is_exactly(certificate),
            _ => anchor.is_issuer(certificate),
        });
        if let Some(anchor) = itself {
            return Ok(Path { length: position.max(1), anchor, first_issuer_not_ca });
        }
        if position == 0 {
            may_attest(certificate)?;
        }
        critical_extensions(certificate, position, format)?;
        if !quirks.unused_bits && certificate.signature_unused_bits != 0 {
            return Err(broken(Reason::UnusedBits, position));
        }
        // Anchors of the issuer's name. Several may share it (a key that was rolled over), and
        // x5c itself may go on under it; each is tried within the budget.
        let mut refused = None;
        for anchor in anchors.iter().copied().filter(|anchor| anchor.is_named(certificate.issuer)) {
            if !anchor.may_issue() {
                refused = Some(broken(Reason::IssuerNotCa, position));
                continue;
            }
            let key = || Ok(anchor.public_key());
            match work.signed_by(certificate, position, anchor.public_key_info(), key) {
                Ok(()) => {
                    let length = position.saturating_add(1);
                    return Ok(Path { length, anchor, first_issuer_not_ca });
                }
                Err(failure) => refused = Some(failure),
            }
        }
        let Some((issuer_position, issuer)) = chain.peek() else {
            // A root that only shares an anchor's name is no anchor.
            if certificate.is_self_issued() {
                return Err(unanchored(Reason::SelfSignedNotAnchor, position));
            }
            return Err(refused.unwrap_or_else(|| unanchored(Reason::AnchorNotReached, position)));
        };
        if is_refused(issuer.public_key_info) {
            return Err(broken(Reason::PublishedKey, *issuer_position));
        }
        let excused = *issuer_position == 1 && quirks.first_issuer_not_ca && is_no_ca(issuer);
        if excused {
            first_issuer_not_ca = true;
        } else {
            may_issue(issuer, *issuer_position, certificates)?;
        }
        if issuer.subject != certificate.issuer {
            return Err(broken(Reason::IssuerName, *issuer_position));
        }
        let key_info = issuer.public_key_info;
        work.signed_by(certificate, position, key_info, || PublicKey::read_certificate(key_info))?;
    }
    Err(unanchored(Reason::AnchorNotReached, certificates.len()))
}

/// Judges the dates of certificates. A time that is missing is a refusal: it must not pass
/// for a policy that waives dates.
pub(crate) fn dates_at(
    certificates: &[Certificate<'_>],
    time: Option<UnixTime>,
) -> Result<Evidence, Cause> {
    let time = time.ok_or_else(|| Malformed::new("time", Fault::Missing, 0))?;
    for (position, certificate) in certificates.iter().enumerate() {
        within_dates(certificate, position, time)?;
    }
    Ok(Evidence::Time(time.0))
}

/// The certificate's validity has begun and has not ended.
pub(super) fn within_dates(
    certificate: &Certificate<'_>,
    position: usize,
    at: UnixTime,
) -> Result<(), Cause> {
    after_start(certificate, position, at)?;
    if at > certificate.not_after {
        return Err(Reason::Expired
            .at(position)
            .expected(Evidence::Time(certificate.not_after.0))
            .found(Evidence::Time(at.0))
            .into());
    }
    Ok(())
}

/// The certificate's validity has begun.
pub(super) fn after_start(
    certificate: &Certificate<'_>,
    position: usize,
    at: UnixTime,
) -> Result<(), Cause> {
    if at < certificate.not_before {
        return Err(Reason::NotYetValid
            .at(position)
            .expected(Evidence::Time(certificate.not_before.0))
            .found(Evidence::Time(at.0))
            .into());
    }
    Ok(())
}

/// A certificate that attests is no CA (security.md T-24), unless it is an anchor itself.
fn may_attest(leaf: &Certificate<'_>) -> Result<(), PathFailure> {
    let constraints = leaf.basic_constraints().map_err(|error| unreadable(error.into()))?;
    if constraints.is_some_and(|constraints| constraints.ca) {
        return Err(broken(Reason::LeafIsCa, 0));
    }
    Ok(())
}

/// The rules for an issuer in x5c (RFC 5280 sections 4.2.1.3, 4.2.1.9 and 6.1.4 k to n).
fn may_issue(
    issuer: &Certificate<'_>,
    position: usize,
    certificates: &[Certificate<'_>],
) -> Result<(), PathFailure> {
    if issuer.version != 3 {
        return Err(broken(Reason::IssuerVersion, position));
    }
    let constraints = issuer.basic_constraints().map_err(|error| unreadable(error.into()))?;
    let Some(constraints) = constraints.filter(|constraints| constraints.ca) else {
        return Err(broken(Reason::IssuerNotCa, position));
    };
    if let Some(limit) = constraints.path_length {
        // Intermediates between this issuer and the leaf; self-issued ones do not count.
        let below = certificates
            .iter()
            .take(position)
            .skip(1)
            .filter(|certificate| !certificate.is_self_issued())
            .count();
        if u64::try_from(below).unwrap_or(u64::MAX) > limit {
            return Err(broken(Reason::PathLength, position));
        }
    }
    let usage = issuer.key_usage().map_err(|error| unreadable(error.into()))?;
    if usage.is_some_and(|usage| usage & KEY_CERT_SIGN == 0) {
        return Err(broken(Reason::IssuerKeyUsage, position));
    }
    if issuer.extension(oid::NAME_CONSTRAINTS).is_some() {
        return Err(broken(Reason::NameConstraints, position));
    }
    Ok(())
}

/// Whether the certificate says outright that it is no CA. One that says nothing does not: leaves
/// of a key store have no basic constraints, and no leaf may pass for an issuer.
fn is_no_ca(issuer: &Certificate<'_>) -> bool {
    matches!(
        issuer.basic_constraints(),
        Ok(Some(BasicConstraints { ca: false, path_length: None }))
    )
}

/// RFC 5280 section 4.2: a critical extension that is not understood refuses the certificate.
fn critical_extensions(
    certificate: &Certificate<'_>,
    position: usize,
    format: Option<Format>,
) -> Result<(), PathFailure> {
    // Policies cannot fail under any-policy, and real AIK certificates mark them critical.
    const UNDERSTOOD: &[&[u8]] = &[
        oid::BASIC_CONSTRAINTS,
        oid::KEY_USAGE,
        oid::EXTENDED_KEY_USAGE,
        oid::CERTIFICATE_POLICIES,
        oid::NAME_CONSTRAINTS,
    ];
    // What a format's own procedure judges on the leaf.
    let judged = match format {
        Some(Format::Tpm | Format::AndroidSafetynet) => Some(oid::SUBJECT_ALTERNATIVE_NAME),
        Some(Format::AndroidKey) => Some(oid::ANDROID_KEY_DESCRIPTION),
        Some(Format::Apple | Format::AppleAppattest) => Some(oid::APPLE_NONCE),
        _ => None,
    };
    let unknown = certificate.extensions.iter().find(|extension| {
        extension.critical
            && !UNDERSTOOD.contains(&extension.id)
            && !(position == 0 && judged == Some(extension.id))
    });
    match unknown {
        None => Ok(()),
        Some(extension) => {
            let id = Evidence::text(&crate::encoding::der::dotted(extension.id));
            let refusal = Reason::CriticalExtension.at(position).found(id);
            Err(PathFailure { check: CheckId::X12, cause: refusal.into() })
        }
    }
}

/// What one path may cost, and what need not be computed again.
struct Work<'v> {
    budget: usize,
    verified: Option<&'v VerifiedSignatures>,
    /// Whether leaves come again. One certificate attests for a batch of security keys; phones and
    /// TPMs have one each, which would only fill the memory.
    leaf_recurs: bool,
}

impl Work<'_> {
    /// The certificate is signed by the owner of this key.
    fn signed_by<K: Borrow<PublicKey>>(
        &mut self,
        certificate: &Certificate<'_>,
        position: usize,
        key_info: &[u8],
        key: impl FnOnce() -> Result<K, Cause>,
    ) -> Result<(), PathFailure> {
        // What is remembered is paid for as well: the budget decides, and no memory may.
        self.budget =
            self.budget.checked_sub(1).ok_or_else(|| unanchored(Reason::PathBudget, position))?;
        let verified = self.verified.filter(|_| position > 0 || self.leaf_recurs);
        if verified.is_some_and(|verified| verified.contains(key_info, certificate)) {
            return Ok(());
        }
        let key = key().map_err(|cause| PathFailure { check: CheckId::X12, cause })?;
        let (inner, outer) = (certificate.inner_algorithm, certificate.outer_algorithm);
        let algorithm =
            issuer_algorithm(inner, outer, key.borrow()).map_err(|cause| match cause {
                Cause::Refusal(refusal) => broken_by(refusal.at(position)),
                malformed => unreadable(malformed),
            })?;
        provider()
            .verify(algorithm, key.borrow(), &[certificate.to_be_signed], certificate.signature)
            .map_err(|_| unanchored(Reason::CertificateSignature, position))?;
        if let Some(verified) = verified {
            verified.remember(key_info, certificate);
        }
        Ok(())
    }
}

/// The scheme of something that an issuer signed: both AlgorithmIdentifiers agree, and the key can
/// have made it.
pub(super) fn issuer_algorithm(
    inner: &[u8],
    outer: &[u8],
    key: &PublicKey,
) -> Result<Scheme, Cause> {
    if inner != outer {
        return Err(Reason::CertificateAlgorithmMismatch.into());
    }
    let algorithm = certificate_algorithm(outer)?;
    match algorithm.key {
        Some(kind) if kind != key.kind() => Err(Reason::CertificateAlgorithm.into()),
        _ => Ok(algorithm.scheme),
    }
}

fn unanchored(reason: Reason, position: usize) -> PathFailure {
    let cause = match reason {
        Reason::NoAnchor => reason.into(),
        _ => reason.at(position).into(),
    };
    PathFailure { check: CheckId::X11, cause }
}

fn broken(reason: Reason, position: usize) -> PathFailure {
    broken_by(reason.at(position))
}

fn broken_by(refusal: Refusal) -> PathFailure {
    PathFailure { check: CheckId::X12, cause: refusal.into() }
}

fn unreadable(cause: Cause) -> PathFailure {
    PathFailure { check: CheckId::X12, cause }
}

/// Signature checks for one path. Taken from `rustls-webpki`, whose 100 answers CVE-2018-16875;
/// anchors of one name and many certificates cannot buy more.
const SIGNATURE_BUDGET: usize = 100;

#[cfg(test)]
mod tests;
