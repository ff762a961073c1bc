//! Whether the certificates of a statement lead to an anchor (WebAuthn Level 3 §7.1 steps 23 and
//! 24), judged once for every format.

use crate::encoding::certificate::Certificate;
use crate::policy::Policy;
use crate::time::UnixTime;
use crate::trust::{
    ChainKind, MetadataEntry, Path, PathFailure, Quirks, TrustAnchor, TrustStore, dates_at,
    dates_by_kind, find_path,
};
use crate::verdict::marker::{Ak17, Ak18, Ak19, Ap5, X11, X12, X13};
use crate::verdict::{Cause, CheckId, Evidence, Facts, Failure, Format, Ledger, Reason, Settled};

/// Proof that the certificates were led to an anchor, or that the policy or the statement says
/// why not.
#[must_use]
pub(super) struct Proof {
    _issuers: Settled<X12>,
    _dates: Settled<X13>,
    _anchor: Settled<X11>,
    _format: FormatAnchor,
}

/// The formats that judge more of their path than every format does.
enum FormatAnchor {
    Android { _anchor: Settled<Ak17>, _revocation: Settled<Ak18>, _dates: Settled<Ak19> },
    Apple { _anchor: Settled<Ap5> },
    Other,
}

/// What paths are judged under.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trust<'t> {
    pub(super) policy: &'t Policy,
    pub(super) store: &'t TrustStore,
    pub(super) time: Option<UnixTime>,
    /// When statuses are asked: `time`, unless the enrollment is judged again.
    pub(super) status_time: Option<UnixTime>,
    /// The model that the authenticator states: anchors may be for some models alone.
    pub(super) aaguid: &'t [u8; 16],
}

/// Leads the certificates to an anchor that vouches for the format, or for the model: one of those
/// that its metadata entry lists.
pub(super) fn judge(
    format: Format,
    certificates: &[Certificate<'_>],
    certifies_model: bool,
    entry: Option<&MetadataEntry>,
    trust: &Trust<'_>,
    ledger: &mut Ledger,
    facts: &mut Facts,
) -> Result<Proof, Failure> {
    facts.aaguid_verified = Some(false);
    if certificates.is_empty() {
        const WHY: &str = "the statement has no certificates";
        return Ok(Proof {
            _issuers: ledger.not_applicable(WHY),
            _dates: ledger.not_applicable(WHY),
            _anchor: ledger.not_applicable(WHY),
            _format: FormatAnchor::Other,
        });
    }
    let android = (format == Format::AndroidKey).then(|| ChainKind::of(certificates));
    if let (Some(facts), Some(kind)) = (facts.android.as_mut(), android) {
        facts.chain = Some(kind.name().to_owned());
    }
    if !trust.policy.attestation_path.is_judged() {
        const FIELD: &str = "attestation_path";
        let below_root = without_root(certificates);
        return Ok(Proof {
            _issuers: ledger.skip(FIELD),
            _dates: dates(below_root, android, trust, ledger)?,
            _anchor: ledger.skip(FIELD),
            _format: match (format, android) {
                (_, Some(kind)) => FormatAnchor::Android {
                    _anchor: ledger.skip(FIELD),
                    _revocation: revocation(certificates, trust, ledger, facts)?,
                    _dates: android_dates(below_root, kind, trust, ledger)?,
                },
                (Format::Apple, _) => FormatAnchor::Apple { _anchor: ledger.skip(FIELD) },
                _ => FormatAnchor::Other,
            },
        });
    }
    // The model's own anchors first: what they say is narrower.
    let anchors: Vec<&TrustAnchor> = entry
        .filter(|_| metadata_may_anchor(format))
        .iter()
        .flat_map(|entry| entry.anchors())
        .chain(trust.store.vouching_for(format, trust.aaguid, trust.time))
        .collect();
    let quirks = quirks(format, android, trust.policy);
    let found =
        find_path(certificates, Some(format), &anchors, quirks, trust.store.verified_signatures());
    if let Err(failure) = &found
        && failure.check == CheckId::X11
    {
        // The path broke off before every issuer was looked at, so nothing is said of them.
        return Err(ledger.refuse::<X11>(failure.cause.clone()));
    }
    if found.as_ref().is_ok_and(|path| path.first_issuer_not_ca) {
        ledger.tolerate("android_factory_issuer_ca");
    }
    let issuers = ledger.judge(|| seen_by(CheckId::X12, &found))?;
    let used = found.as_ref().map_or(certificates.len(), |path| path.length);
    let used = certificates.get(..used).unwrap_or(certificates);
    let dates = dates(used, android, trust, ledger)?;
    let anchor = ledger.judge(|| seen_by(CheckId::X11, &found))?;
    facts.anchor = found.as_ref().ok().map(|path| path.anchor.name().to_owned());
    let format_anchor = match (format, android) {
        (_, Some(kind)) => FormatAnchor::Android {
            _anchor: ledger.judge(|| owned_by("Google", &found))?,
            _revocation: revocation(certificates, trust, ledger, facts)?,
            _dates: android_dates(used, kind, trust, ledger)?,
        },
        (Format::Apple, _) => {
            FormatAnchor::Apple { _anchor: ledger.judge(|| owned_by("Apple", &found))? }
        }
        _ => FormatAnchor::Other,
    };
    let of_one_vendor = matches!(format, Format::AndroidKey | Format::Apple);
    if of_one_vendor && found.as_ref().is_ok_and(|path| path.anchor.owner().is_none()) {
        ledger.tolerate("anchor_without_owner");
    }
    // A certificate that names the model vouches for it, and so does an anchor that is this
    // model's alone; an anchor of many models does not.
    let anchor_of_model = |path: &Path<'_>| {
        path.anchor.models().is_some()
            || entry.is_some_and(|entry| entry.is_vouched_for_by(path.anchor))
    };
    facts.aaguid_verified =
        Some(found.as_ref().is_ok_and(|path| certifies_model || anchor_of_model(path)));
    Ok(Proof { _issuers: issuers, _dates: dates, _anchor: anchor, _format: format_anchor })
}

/// What the policy takes of certificates that break a rule of their own.
fn quirks(format: Format, android: Option<ChainKind>, policy: &Policy) -> Quirks {
    Quirks {
        // The old certificates that declare unused bits are U2F's; FU-9 shows what became of them.
        unused_bits: format == Format::FidoU2f && !policy.certificate_unused_bits.is_judged(),
        // Without AK-5, an attested key could pose as the issuer of a leaf of its own.
        first_issuer_not_ca: android == Some(ChainKind::Factory)
            && !policy.android_factory_issuer_ca.is_judged()
            && policy.android_single_description.is_judged(),
    }
}

/// The dates of the certificates that count, at the time that the caller gives. Where
/// Android's are judged by the kind of the chain, AK-19 shows what became of them.
fn dates(
    certificates: &[Certificate<'_>],
    android: Option<ChainKind>,
    trust: &Trust<'_>,
    ledger: &mut Ledger,
) -> Result<Settled<X13>, Failure> {
    let policy = trust.policy;
    if android.is_some()
        && policy.certificate_dates.is_judged()
        && policy.android_chain_dates.is_judged()
    {
        return Ok(ledger.skip("android_chain_dates"));
    }
    ledger.judge_if(policy.certificate_dates.is_judged(), "certificate_dates", || {
        dates_at(certificates, trust.time)
    })
}

/// Whether the anchors of a metadata entry count beside the configured ones. Formats of one vendor
/// end at that vendor's roots: the entries of Android's authenticator still list the web's CAs, as
/// SafetyNet needed them.
const fn metadata_may_anchor(format: Format) -> bool {
    matches!(format, Format::Packed | Format::FidoU2f | Format::Tpm)
}

/// AK-17, AP-5: the anchor is the vendor's own. One whose owner nobody stated is the caller's
/// choice, which the verdict tells as a tolerance.
fn owned_by(vendor: &str, found: &Result<Path<'_>, PathFailure>) -> Result<Evidence, Cause> {
    let evidence = seen_by(CheckId::X11, found)?;
    match found.as_ref().ok().and_then(|path| path.anchor.owner()) {
        Some(owner) if owner != vendor => {
            let refusal = Reason::AnchorOwner.expected(Evidence::text(vendor));
            Err(refusal.found(Evidence::text(owner)).into())
        }
        _ => Ok(evidence),
    }
}

/// AK-19. A policy that waives the dates of certificates waives these as well.
fn android_dates(
    certificates: &[Certificate<'_>],
    kind: ChainKind,
    trust: &Trust<'_>,
    ledger: &mut Ledger,
) -> Result<Settled<Ak19>, Failure> {
    let policy = trust.policy;
    if !policy.certificate_dates.is_judged() {
        return Ok(ledger.skip("certificate_dates"));
    }
    ledger.judge_if(policy.android_chain_dates.is_judged(), "android_chain_dates", || {
        dates_by_kind(certificates, kind, trust.time)
    })
}

/// AK-18: every certificate that was sent is looked up, the root and unused ones as well. No list,
/// an old list and a listed certificate are refusals of their own.
fn revocation(
    certificates: &[Certificate<'_>],
    trust: &Trust<'_>,
    ledger: &mut Ledger,
    facts: &mut Facts,
) -> Result<Settled<Ak18>, Failure> {
    let list = trust.store.android_status();
    let Some(oldest) = trust.policy.android_status_age else {
        return Ok(ledger.skip("android_status_age"));
    };
    if let (Some(facts), Some(list)) = (facts.android.as_mut(), list) {
        facts.status_list_fetched = Some(list.fetched().to_string());
    }
    ledger.judge(|| {
        let list = list.ok_or(Reason::StatusListMissing)?;
        list.judge(certificates, trust.status_time, oldest)
    })
}

/// The certificates without a root at their end: an anchor's own dates are not judged.
fn without_root<'s, 'a>(certificates: &'s [Certificate<'a>]) -> &'s [Certificate<'a>] {
    match certificates.split_last() {
        Some((last, rest)) if !rest.is_empty() && last.is_self_issued() => rest,
        _ => certificates,
    }
}

/// A path's outcome as seen by one of its checks.
fn seen_by(check: CheckId, found: &Result<Path<'_>, PathFailure>) -> Result<Evidence, Cause> {
    match found {
        Err(failure) if failure.check == check => Err(failure.cause.clone()),
        Ok(path) if check == CheckId::X11 => Ok(Evidence::text(path.anchor.name())),
        _ => Ok(Evidence::None),
    }
}
