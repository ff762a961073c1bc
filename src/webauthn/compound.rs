//! `compound` (WebAuthn Level 3 §8.9): several statements about one credential.
//!
//! Every part is judged to its end in a ledger of its own, whatever became of the others, so that
//! the verdict tells the outcome and the path of each. How many have to verify is the policy's.

use super::attestation::{self, accepted_format};
use super::attestation_metadata::tolerate_unsigned;
use super::statement::{Context, Verifiable};
use crate::encoding::cbor::Value;
use crate::policy::{CompoundRule, Policy};
use crate::verdict::marker::{
    Cp1, Cp2, Cp3, Cp4, Cp5, Cp6, Md4, Md7, Md8, Md9, X2, X11, X12, X13, X14, X15, X16,
};
use crate::verdict::{
    AttestationType, Cause, CheckId, Evidence, Facts, Failure, Fault, Format, Ledger, Malformed,
    Part, PartRole, Reason, Settled,
};

/// Parts of one statement. Each may cost a path of signatures; no authenticator is known that
/// sends more than two.
const MAX_PARTS: usize = 8;

/// The checks of the format's own family, for the part of a verdict that was not reached.
pub(super) const CHECKS: &[CheckId] = {
    use CheckId::{Cp1, Cp2, Cp3, Cp4, Cp5, Cp6};
    &[Cp1, Cp2, Cp6, Cp3, Cp4, Cp5]
};

/// Proof that the checks of the format were settled. The proofs of the parts stay with the parts.
#[must_use]
pub(super) struct Proof {
    _members: Settled<X2>,
    _none: Settled<X16>,
    _certificates: Settled<X15>,
    _aaguid: Settled<X14>,
    _entry: Settled<Md8>,
    _current: Settled<Md4>,
    _status: Settled<Md7>,
    _listed: Settled<Md9>,
    _issuers: Settled<X12>,
    _dates: Settled<X13>,
    _anchor: Settled<X11>,
    _parts: Settled<Cp1>,
    _formats: Settled<Cp2>,
    _distinct: Settled<Cp6>,
    _shared: Settled<Cp3>,
    _enough: Settled<Cp4>,
    _reported: Settled<Cp5>,
}

/// Judges every part, then whether enough of them verify.
pub(super) fn judge<'a>(
    statement: &Value<'a>,
    context: &Context<'_, 'a>,
    ledger: &mut Ledger,
    facts: &mut Facts,
    parts: &mut Vec<Part>,
) -> Result<(AttestationType, Proof), Failure> {
    let (statements, members) = ledger.judge_into(|| {
        let statements = statements(statement)?;
        let count = i64::try_from(statements.len()).unwrap_or(i64::MAX);
        Ok((statements, Evidence::Number("parts", count)))
    })?;
    let exact = ledger.judge(|| only_format_and_statement(statement))?;
    let (formats, known) = ledger.judge_into(|| {
        let formats: Result<Vec<_>, Cause> =
            statements.iter().map(|(format, _)| Verifiable::from_identifier(format)).collect();
        Ok((formats?, Evidence::None))
    })?;
    let distinct = ledger.judge_if(
        context.policy.compound_distinct_formats.is_judged(),
        "compound_distinct_formats",
        || no_repetition(&formats),
    )?;
    tolerate_unsigned(context, ledger);
    for (format, (_, statement)) in formats.iter().zip(&statements) {
        parts.push(part(*format, statement, context, ledger));
    }
    let shared = ledger.read(Evidence::Note("one context for every part"));
    let enough = ledger.judge(|| enough(parts, context.policy))?;
    let reported = ledger.read(Evidence::None);

    let strongest = strongest(parts);
    let attestation_type =
        strongest.and_then(|part| part.facts.attestation_type).unwrap_or(AttestationType::None);
    facts.attestation_type = Some(attestation_type);
    facts.anchor = strongest.and_then(|part| part.facts.anchor.clone());
    facts.metadata = strongest.and_then(|part| part.facts.metadata.clone());
    let certified = |part: &Part| part.verifies() && part.facts.aaguid_verified == Some(true);
    facts.aaguid_verified = Some(parts.iter().any(certified));
    const WHY: &str = "judged for each part";
    let proof = Proof {
        _members: exact,
        _none: ledger.not_applicable(WHY),
        _certificates: ledger.not_applicable(WHY),
        _aaguid: ledger.not_applicable(WHY),
        _entry: ledger.not_applicable(WHY),
        _current: ledger.not_applicable(WHY),
        _status: ledger.not_applicable(WHY),
        _listed: ledger.not_applicable(WHY),
        _issuers: ledger.not_applicable(WHY),
        _dates: ledger.not_applicable(WHY),
        _anchor: ledger.not_applicable(WHY),
        _parts: members,
        _formats: known,
        _distinct: distinct,
        _shared: shared,
        _enough: enough,
        _reported: reported,
    };
    Ok((attestation_type, proof))
}

/// §8.9 syntax: two or more statements, none of them compound.
fn statements<'v, 'a>(statement: &'v Value<'a>) -> Result<Vec<(&'a str, &'v Value<'a>)>, Cause> {
    let wrong = |item| Cause::from(Malformed::new(item, Fault::WrongType, 0));
    let items = statement.array().ok_or_else(|| wrong("attStmt"))?;
    if items.len() < 2 {
        return Err(Reason::CompoundParts.into());
    }
    if items.len() > MAX_PARTS {
        return Err(Malformed::new("attStmt", Fault::TooMany, 0).into());
    }
    let missing = |name| Cause::from(Reason::StatementMemberMissing.found(Evidence::Note(name)));
    items
        .iter()
        .map(|item| {
            let format = item.member("fmt").ok_or_else(|| missing("fmt"))?;
            let format = format.text().ok_or_else(|| wrong("fmt"))?;
            if format == Format::Compound.as_str() {
                return Err(Reason::CompoundNested.into());
            }
            Ok((format, item.member("attStmt").ok_or_else(|| missing("attStmt"))?))
        })
        .collect()
}

fn only_format_and_statement(statement: &Value<'_>) -> Result<Evidence, Cause> {
    let exact = |item: &Value<'_>| item.map().is_some_and(|entries| entries.len() == 2);
    if statement.array().is_some_and(|items| items.iter().all(exact)) {
        Ok(Evidence::None)
    } else {
        Err(Reason::StatementMemberUnexpected.into())
    }
}

fn no_repetition(formats: &[Verifiable]) -> Result<Evidence, Cause> {
    let mut earlier: &[Verifiable] = &[];
    for (index, format) in formats.iter().enumerate() {
        if earlier.contains(format) {
            let found = Evidence::Note(format.format().as_str());
            return Err(Reason::CompoundRepeated.found(found).into());
        }
        earlier = formats.get(..=index).unwrap_or_default();
    }
    Ok(Evidence::None)
}

/// Judges one part in a ledger of its own.
fn part<'a>(
    format: Verifiable,
    statement: &Value<'a>,
    context: &Context<'_, 'a>,
    whole: &mut Ledger,
) -> Part {
    let mut ledger = Ledger::new();
    let mut facts = Facts { format: Some(format.format()), ..Facts::default() };
    let outcome = accepted_format(format.format(), context.policy, &mut ledger).and_then(|_po1| {
        attestation::judge(format, statement, context, &mut ledger, &mut facts).map(drop)
    });
    let plan = [CheckId::Po1].iter().chain(format.checks()).chain(SHARED).copied();
    let (checks, tolerances) = ledger.finish(plan);
    if outcome.is_ok() {
        tolerances.into_iter().for_each(|name| whole.tolerate(name));
    }
    Part { role: PartRole::CompoundStatement, failure: outcome.err(), checks, facts }
}

/// CP-4. The first part that fails is named, by its position and the check that refused it.
fn enough(parts: &[Part], policy: &Policy) -> Result<Evidence, Cause> {
    let verified = parts.iter().filter(|part| part.verifies()).count();
    let wanted = match policy.compound {
        CompoundRule::All => parts.len(),
        CompoundRule::Any => 1,
        CompoundRule::AtLeast(number) => usize::from(number.max(1)),
    };
    if verified < wanted {
        let failed = parts
            .iter()
            .enumerate()
            .find_map(|(position, part)| part.failure.as_ref().map(|failure| (position, failure)));
        let found = failed.map_or(Evidence::None, |(position, failure)| {
            Evidence::text(&format!(
                "part {position} refused by {} ({})",
                failure.check,
                failure.code()
            ))
        });
        return Err(Reason::CompoundTooFew.found(found).into());
    }
    let shows = |format: &Format| {
        parts.iter().any(|part| part.verifies() && part.facts.format == Some(*format))
    };
    if let Some(format) = policy.compound_includes.iter().find(|format| !shows(format)) {
        return Err(Reason::CompoundFormatMissing.expected(Evidence::Note(format.as_str())).into());
    }
    Ok(Evidence::Number("parts verify", i64::try_from(verified).unwrap_or(i64::MAX)))
}

/// The part with the most behind it; the earlier of two equals.
fn strongest(parts: &[Part]) -> Option<&Part> {
    let strength = |part: &Part| part.facts.attestation_type.map_or(0, AttestationType::strength);
    let verified = parts.iter().filter(|part| part.verifies());
    verified.rev().max_by_key(|part| strength(part))
}

/// What every format judges beside its own family.
const SHARED: &[CheckId] = {
    use CheckId::{Md4, Md7, Md8, Md9, X2, X11, X12, X13, X14, X15, X16};
    &[X2, X16, X15, X14, Md8, Md4, Md7, Md9, X12, X13, X11]
};
