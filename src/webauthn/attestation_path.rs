//! Whether the certificates of a statement lead to an anchor (WebAuthn Level 3 §7.1 steps 23 and
//! 24), judged once for every format.

use super::statement::{Context, Verifiable};
use crate::encoding::certificate::Certificate;
use crate::trust::{
    MetadataEntry, Path, PathFailure, TrustAnchor, UnusedBits, dates_at, find_path,
};
use crate::verdict::marker::{Ak17, Ap5, X11, X12, X13};
use crate::verdict::{Cause, CheckId, Evidence, Facts, Failure, Ledger, Settled};

/// Proof that the certificates were led to an anchor, or that the policy or the statement says
/// why not.
#[must_use]
pub(super) struct Proof {
    _issuers: Settled<X12>,
    _dates: Settled<X13>,
    _anchor: Settled<X11>,
    _format: FormatAnchor,
}

/// The formats that name their anchor check.
enum FormatAnchor {
    Android { _anchor: Settled<Ak17> },
    Apple { _anchor: Settled<Ap5> },
    Other,
}

/// Leads the certificates to an anchor that vouches for the format, or for the model: one of those
/// that its metadata entry lists.
pub(super) fn judge(
    format: Verifiable,
    certificates: &[Certificate<'_>],
    certifies_model: bool,
    entry: Option<&MetadataEntry>,
    context: &Context<'_, '_>,
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
    if !context.policy.attestation_path.is_judged() {
        const FIELD: &str = "attestation_path";
        return Ok(Proof {
            _issuers: ledger.skip(FIELD),
            _dates: dates(without_root(certificates), context, ledger)?,
            _anchor: ledger.skip(FIELD),
            _format: match format {
                Verifiable::AndroidKey => FormatAnchor::Android { _anchor: ledger.skip(FIELD) },
                Verifiable::Apple => FormatAnchor::Apple { _anchor: ledger.skip(FIELD) },
                _ => FormatAnchor::Other,
            },
        });
    }
    // The old certificates that declare unused bits are U2F's; FU-9 shows what became of them.
    let unused_bits = match format {
        Verifiable::FidoU2f if !context.policy.certificate_unused_bits.is_judged() => {
            UnusedBits::Taken
        }
        _ => UnusedBits::Refused,
    };
    // The model's own anchors first: what they say is narrower.
    let anchors: Vec<&TrustAnchor> = entry
        .iter()
        .flat_map(|entry| entry.anchors())
        .chain(context.store.for_format(format.format()))
        .collect();
    let found = find_path(certificates, Some(format.format()), &anchors, unused_bits);
    if let Err(failure) = &found
        && failure.check == CheckId::X11
    {
        // The path broke off before every issuer was looked at, so nothing is said of them.
        return Err(ledger.refuse::<X11>(failure.cause.clone()));
    }
    let issuers = ledger.judge(|| seen_by(CheckId::X12, &found))?;
    let used = found.as_ref().map_or(certificates.len(), |path| path.length);
    let dates = dates(certificates.get(..used).unwrap_or(certificates), context, ledger)?;
    let anchor = ledger.judge(|| seen_by(CheckId::X11, &found))?;
    let format_anchor = match format {
        Verifiable::AndroidKey => {
            FormatAnchor::Android { _anchor: ledger.judge(|| seen_by(CheckId::X11, &found))? }
        }
        Verifiable::Apple => {
            FormatAnchor::Apple { _anchor: ledger.judge(|| seen_by(CheckId::X11, &found))? }
        }
        _ => FormatAnchor::Other,
    };
    facts.anchor = found.as_ref().ok().map(|path| path.anchor.name().to_owned());
    // A certificate that names the model vouches for it, and so does an anchor that is this
    // model's alone; an anchor of many models does not.
    let anchor_of_model =
        |path: &Path<'_>| entry.is_some_and(|entry| entry.is_vouched_for_by(path.anchor));
    facts.aaguid_verified =
        Some(found.as_ref().is_ok_and(|path| certifies_model || anchor_of_model(path)));
    Ok(Proof { _issuers: issuers, _dates: dates, _anchor: anchor, _format: format_anchor })
}

/// The dates of the certificates that count, at the time that the caller gives.
fn dates(
    certificates: &[Certificate<'_>],
    context: &Context<'_, '_>,
    ledger: &mut Ledger,
) -> Result<Settled<X13>, Failure> {
    ledger.judge_if(context.policy.certificate_dates.is_judged(), "certificate_dates", || {
        dates_at(certificates, context.time)
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
