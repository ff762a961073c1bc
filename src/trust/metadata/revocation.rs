//! MD-5: revocation of the signer's certificates, by lists that are handed in (RFC 5280 section 6.3).

use super::import::{MetadataSource, UnknownRevocation};
use crate::crypto::{PublicKey, SignatureVerifier as _, provider};
use crate::encoding::certificate::{CRL_SIGN, Certificate};
use crate::encoding::certificate_list::CertificateList;
use crate::encoding::{Fault, Malformed};
use crate::time::UnixTime;
use crate::trust::path::{Path, issuer_algorithm};
use crate::verdict::marker::Md5;
use crate::verdict::{Cause, Evidence, Failure, Ledger, Reason, Settled};

/// A certificate of the chain with the key of its issuer.
struct Issued<'c, 'a> {
    position: usize,
    certificate: &'c Certificate<'a>,
    issuer: PublicKey,
}

/// Judges every certificate below the anchor.
pub(super) fn judge(
    certificates: &[Certificate<'_>],
    path: &Path<'_>,
    source: &MetadataSource<'_>,
    ledger: &mut Ledger,
) -> Result<Settled<Md5>, Failure> {
    if certificates.first().is_some_and(|leaf| path.anchor.is_exactly(leaf)) {
        return Ok(ledger.not_applicable("the signer's certificate is pinned itself"));
    }
    let used = certificates.get(..path.length).unwrap_or(certificates);
    let (unknown, settled) = ledger.judge_into(|| {
        let lists = read(source.revocation_lists)?;
        let mut unknown = false;
        for issued in under_issuers(used, path)? {
            match is_good(&issued, &lists, source.time) {
                Ok(()) => {}
                Err(Unsettled::Unknown(_))
                    if source.unknown_revocation == UnknownRevocation::Accepted =>
                {
                    unknown = true;
                }
                Err(Unsettled::Unknown(cause) | Unsettled::Revoked(cause)) => return Err(cause),
            }
        }
        let count = i64::try_from(lists.len()).unwrap_or(i64::MAX);
        Ok((unknown, Evidence::Number("revocation lists", count)))
    })?;
    if unknown {
        ledger.tolerate("metadata_revocation_unknown");
    }
    Ok(settled)
}

/// Why a certificate is not known to be good.
enum Unsettled {
    /// No current list by its issuer speaks of it.
    Unknown(Cause),
    Revoked(Cause),
}

fn read<'l>(lists: &[&'l [u8]]) -> Result<Vec<CertificateList<'l>>, Cause> {
    if lists.iter().any(|list| list.len() > MAX_LIST) {
        return Err(Malformed::new("revocation list", Fault::TooLarge, MAX_LIST).into());
    }
    let lists: Result<Vec<_>, _> = lists.iter().map(|list| CertificateList::read(list)).collect();
    Ok(lists?)
}

/// Each certificate with the key of the next one, the last with the anchor's.
fn under_issuers<'c, 'a>(
    used: &'c [Certificate<'a>],
    path: &Path<'_>,
) -> Result<Vec<Issued<'c, 'a>>, Cause> {
    let mut issued = Vec::with_capacity(used.len());
    let mut issuers = used.iter().skip(1);
    for (position, certificate) in used.iter().enumerate() {
        let issuer = match issuers.next() {
            Some(issuer) => {
                let usage = issuer.key_usage()?;
                if usage.is_some_and(|usage| usage & CRL_SIGN == 0) {
                    return Err(Reason::RevocationIssuer.at(position.saturating_add(1)).into());
                }
                PublicKey::from_certificate(issuer.public_key_info)?
            }
            None => path.anchor.public_key().clone(),
        };
        issued.push(Issued { position, certificate, issuer });
    }
    Ok(issued)
}

/// A list that says «revoked» is believed whatever its date; one that does not is only while it is
/// current.
fn is_good(
    issued: &Issued<'_, '_>,
    lists: &[CertificateList<'_>],
    time: UnixTime,
) -> Result<(), Unsettled> {
    let mut good = false;
    let mut why = Reason::RevocationMissing.at(issued.position);
    for list in lists {
        if !list.covers(issued.certificate).map_err(unreadable)? {
            continue;
        }
        if !is_signed_by(list, &issued.issuer) {
            why = Reason::RevocationSignature.at(issued.position);
            continue;
        }
        if list.revokes(issued.certificate.serial_number).map_err(unreadable)? {
            return Err(Unsettled::Revoked(Reason::CertificateRevoked.at(issued.position).into()));
        }
        if (list.this_update..=list.next_update).contains(&time) {
            good = true;
        } else {
            why = Reason::RevocationNotCurrent
                .at(issued.position)
                .expected(Evidence::Time(list.next_update.0))
                .found(Evidence::Time(time.0));
        }
    }
    if good { Ok(()) } else { Err(Unsettled::Unknown(why.into())) }
}

fn is_signed_by(list: &CertificateList<'_>, key: &PublicKey) -> bool {
    issuer_algorithm(list.inner_algorithm, list.outer_algorithm, key).is_ok_and(|scheme| {
        provider().verify(scheme, key, &[list.to_be_signed], list.signature).is_ok()
    })
}

/// A list that is broken settles nothing, and no option lets it pass.
fn unreadable(malformed: Malformed) -> Unsettled {
    Unsettled::Revoked(malformed.into())
}

/// Lists of busy authorities have some hundred kilobytes; DER lengths here end at 16 MiB.
const MAX_LIST: usize = 16 * 1024 * 1024;
