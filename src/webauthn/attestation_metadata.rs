//! What FIDO metadata says of the authenticator behind a statement (WebAuthn Level 3 §7.1 step 23),
//! judged once for every format.

use super::statement::{Context, Verifiable};
use crate::encoding::certificate::Certificate;
use crate::encoding::hex;
use crate::time::UnixTime;
use crate::trust::{Known, METADATA_OVERDUE, Metadata, MetadataEntry, key_identifier};
use crate::verdict::marker::{Fu8, Md4, Md7, Md8, Md9, Pk14};
use crate::verdict::{
    AttestationType, Cause, Evidence, Facts, Failure, Fault, Ledger, Malformed, MetadataFacts,
    Reason, Settled,
};

/// Proof that metadata was asked, or that the policy or the statement says why not.
#[must_use]
pub(super) struct Proof {
    _entry: Settled<Md8>,
    _current: Settled<Md4>,
    _status: Settled<Md7>,
    _listed: Settled<Md9>,
    _format: FormatMetadata,
}

/// The formats that name their metadata check.
enum FormatMetadata {
    Packed { _listed: Settled<Pk14> },
    FidoU2f { _found: Settled<Fu8> },
    Other,
}

/// A verified statement, as far as metadata speaks of it.
pub(super) struct Statement<'v, 'a> {
    pub(super) format: Verifiable,
    pub(super) attestation_type: AttestationType,
    pub(super) certificates: &'v [Certificate<'a>],
}

/// Looks the authenticator up and judges what its entry says. The entry is handed on, because its
/// anchors vouch for its model.
pub(super) fn judge<'c>(
    statement: &Statement<'_, '_>,
    context: &Context<'c, '_>,
    ledger: &mut Ledger,
    facts: &mut Facts,
) -> Result<(Option<&'c MetadataEntry>, Proof), Failure> {
    if statement.format == Verifiable::None {
        const WHY: &str = "a none statement names no model that could be held to its word";
        return Ok((None, unjudged(statement.format, ledger, Waiver::NotApplicable(WHY))));
    }
    if !context.policy.metadata.is_judged() {
        return Ok((None, unjudged(statement.format, ledger, Waiver::Skipped("metadata"))));
    }
    tolerate_unsigned(context, ledger);
    let (found, format_lookup) = lookup(statement, context, ledger)?;
    let Some((metadata, known)) = found else {
        // Only where the policy lets an authenticator pass that metadata does not know.
        const FIELD: &str = "metadata_entry";
        let rest = Rest::waived(statement.format, ledger, FIELD);
        return Ok((None, rest.with(ledger.skip(FIELD), format_lookup)));
    };
    let (entry, usable) = ledger.judge_into(|| usable(known))?;
    note(metadata, entry, context.status_time, facts);
    let (late, current) = ledger
        .judge_into(|| metadata.is_current(context.status_time, context.policy.metadata_overdue))?;
    if late {
        ledger.tolerate(METADATA_OVERDUE);
    }
    let status = ledger.judge(|| standing(entry, statement, context.status_time, facts))?;
    let key = context.key.algorithm.cose();
    let (listed, packed) = match statement.format {
        Verifiable::Packed => {
            // The statement's algorithm too: that of the attestation key (case/N048, case/N059).
            let algorithms = [key, facts.statement_algorithm.unwrap_or(key)];
            let packed = ledger.judge(|| lists(entry, statement, &algorithms))?;
            (ledger.not_applicable("judged by PK-14"), Some(packed))
        }
        _ => (ledger.judge(|| lists(entry, statement, &[key]))?, None),
    };
    let rest = Rest { current, status, listed, packed };
    Ok((Some(entry), rest.with(usable, format_lookup)))
}

/// Notes that metadata is asked of which nobody knows where it comes from.
pub(super) fn tolerate_unsigned(context: &Context<'_, '_>, ledger: &mut Ledger) {
    let unsigned = context.store.metadata().is_some_and(|metadata| !metadata.is_signed());
    if unsigned && context.policy.metadata.is_judged() {
        ledger.tolerate("metadata_signature_not_checked");
    }
}

/// The checks that follow the lookup.
struct Rest {
    current: Settled<Md4>,
    status: Settled<Md7>,
    listed: Settled<Md9>,
    packed: Option<Settled<Pk14>>,
}

impl Rest {
    fn waived(format: Verifiable, ledger: &mut Ledger, field: &'static str) -> Self {
        Self {
            current: ledger.skip(field),
            status: ledger.skip(field),
            listed: ledger.skip(field),
            packed: (format == Verifiable::Packed).then(|| ledger.skip(field)),
        }
    }

    fn with(self, entry: Settled<Md8>, found: Option<Settled<Fu8>>) -> Proof {
        let format = match (self.packed, found) {
            (Some(listed), _) => FormatMetadata::Packed { _listed: listed },
            (None, Some(found)) => FormatMetadata::FidoU2f { _found: found },
            (None, None) => FormatMetadata::Other,
        };
        Proof {
            _entry: entry,
            _current: self.current,
            _status: self.status,
            _listed: self.listed,
            _format: format,
        }
    }
}

/// Why nothing is asked of metadata.
enum Waiver {
    Skipped(&'static str),
    NotApplicable(&'static str),
}

fn unjudged(format: Verifiable, ledger: &mut Ledger, waiver: Waiver) -> Proof {
    match waiver {
        Waiver::Skipped(field) => {
            let found = (format == Verifiable::FidoU2f).then(|| ledger.skip(field));
            let entry = ledger.skip(field);
            Rest::waived(format, ledger, field).with(entry, found)
        }
        Waiver::NotApplicable(why) => Proof {
            _entry: ledger.not_applicable(why),
            _current: ledger.not_applicable(why),
            _status: ledger.not_applicable(why),
            _listed: ledger.not_applicable(why),
            _format: FormatMetadata::Other,
        },
    }
}

type Found<'c> = Option<(&'c Metadata, Known<'c>)>;

/// MD-8 where nothing is found, and for U2F, which states no model, FU-8 either way.
fn lookup<'c>(
    statement: &Statement<'_, '_>,
    context: &Context<'c, '_>,
    ledger: &mut Ledger,
) -> Result<(Found<'c>, Option<Settled<Fu8>>), Failure> {
    let of_keys = statement.format == Verifiable::FidoU2f;
    let look = || -> Result<Found<'c>, Cause> {
        let metadata = context.store.metadata().ok_or_else(|| {
            Cause::from(Reason::EvidenceNotLoaded.found(Evidence::Note("metadata")))
        })?;
        // A model that is stated is the only one that counts: another entry must not stand in.
        let known = match context.attested.aaguid {
            aaguid if *aaguid != [0; 16] && !of_keys => metadata.of_model(aaguid),
            _ => metadata.of_keys(statement.certificates.iter().filter_map(key_identifier)),
        };
        match known {
            Some(known) => Ok(Some((metadata, known))),
            None if context.policy.metadata_entry.is_judged() => {
                let found = Evidence::Aaguid(*context.attested.aaguid);
                Err(Reason::MetadataNoEntry.found(found).into())
            }
            None => Ok(None),
        }
    };
    let found = match look() {
        Ok(found) => found,
        Err(cause) if of_keys => return Err(ledger.refuse::<Fu8>(cause)),
        Err(cause) => return Err(ledger.refuse::<Md8>(cause)),
    };
    let settled = match (&found, of_keys) {
        (_, false) => None,
        (None, true) => Some(ledger.skip("metadata_entry")),
        (Some(_), true) => Some(ledger.judge(|| {
            let certificate = statement.certificates.first().and_then(key_identifier);
            Ok(certificate.map_or(Evidence::None, |key| Evidence::text(&hex::encode(&key))))
        })?),
    };
    Ok((found, settled))
}

/// MD-8: an entry that was set apart vouches for nothing.
fn usable(known: Known<'_>) -> Result<(&MetadataEntry, Evidence), Cause> {
    match known {
        Known::Entry(entry) => Ok((entry, Evidence::text(entry.description()))),
        Known::Quarantined(entry) => {
            Err(Reason::MetadataQuarantined.found(Evidence::text(entry.failure.code())).into())
        }
    }
}

fn note(metadata: &Metadata, entry: &MetadataEntry, time: Option<UnixTime>, facts: &mut Facts) {
    let latest = time.and_then(|time| entry.latest_report(time));
    facts.metadata = Some(MetadataFacts {
        number: metadata.number(),
        signature_checked: metadata.is_signed(),
        description: entry.description().to_owned(),
        key_protection: entry.key_protection().to_vec(),
        status: latest.map(|report| report.status().to_owned()),
        status_since: latest.and_then(|report| report.effective()).map(|since| since.to_string()),
        notices: Vec::new(),
    });
}

/// MD-7.
fn standing(
    entry: &MetadataEntry,
    statement: &Statement<'_, '_>,
    time: Option<UnixTime>,
    facts: &mut Facts,
) -> Result<Evidence, Cause> {
    let time = time.ok_or_else(|| Malformed::new("time", Fault::Missing, 0))?;
    let notices = entry.standing(statement.certificates, time)?;
    if let Some(facts) = &mut facts.metadata {
        facts.notices = notices.into_iter().map(str::to_owned).collect();
    }
    let latest = entry.latest_report(time);
    Ok(latest.map_or(Evidence::None, |report| Evidence::text(report.status())))
}

/// PK-14 and MD-9.
fn lists(
    entry: &MetadataEntry,
    statement: &Statement<'_, '_>,
    algorithms: &[i64],
) -> Result<Evidence, Cause> {
    entry.lists(statement.attestation_type, algorithms)?;
    Ok(Evidence::Note(statement.attestation_type.as_str()))
}
