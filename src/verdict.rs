//! The verdict: what was checked, in which order, with which outcome, and what was learned.
//!
//! A verification never answers with a bare yes or no. It returns a [`Verdict`]: the ordered
//! [`Check`]s with stable ids, the [`Failure`] if there is one, the [`Facts`] that were learned
//! before judging stopped, and the hashes of every input, so that the decision can be replayed.

mod catalogue;
mod facts;
mod inputs;
mod ledger;
mod reason;
mod report;

pub use catalogue::CheckId;
pub(crate) use catalogue::marker;
pub use facts::{
    AndroidFacts, AttestationType, Ceremony, CertificateFact, DistinguishedName, Facts, Flags,
    Format, MetadataFacts, TpmFacts,
};
pub use inputs::{InputDigest, Inputs};
pub(crate) use ledger::{Ledger, Settled};
pub use reason::Reason;

pub use crate::encoding::{Fault, Malformed};
pub use crate::language::Language;

use crate::encoding::hex;

/// Everything that one verification has to say.
///
/// `serde_json::to_string` gives the canonical form that every language binding produces byte
/// for byte; `docs/verdict.md` describes it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Verdict {
    /// Which ceremony was judged.
    pub ceremony: Ceremony,
    /// The name of the policy that judged it.
    pub profile: String,
    /// The failure that ended the judging, or `None` for an acceptance.
    pub failure: Option<Failure>,
    /// Every check of the ceremony, in the order in which they were judged.
    pub checks: Vec<Check>,
    /// What was learned, as far as judging came.
    pub facts: Facts,
    /// What was judged to its end beside the ceremony's own checks: the statements of a compound
    /// attestation, then the evidence of the device; each with what became of it.
    pub parts: Vec<Part>,
    /// Tolerances that the response made use of, by name.
    pub tolerances: Vec<&'static str>,
    /// What the decision was made from.
    pub inputs: Inputs,
}

impl Verdict {
    /// Whether the response was accepted.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.failure.is_none()
    }

    /// `accepted`, `refused` (a rule was broken) or `malformed` (the envelope could not be read).
    #[must_use]
    pub fn decision(&self) -> Decision {
        match &self.failure {
            None => Decision::Accepted,
            Some(failure) if failure.is_envelope() => Decision::Malformed,
            Some(_) => Decision::Refused,
        }
    }

    /// The outcome of one check, if it belongs to this ceremony.
    #[must_use]
    pub fn outcome(&self, id: CheckId) -> Option<Outcome> {
        self.checks.iter().find(|check| check.id == id).map(|check| check.outcome)
    }
}

/// One statement among several, or the evidence of a device: its own checks, facts and failure.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Part {
    /// What it is to the whole.
    pub role: PartRole,
    /// The failure that ended the judging of this part, or `None` where it verifies.
    pub failure: Option<Failure>,
    /// The checks of this part.
    pub checks: Vec<Check>,
    /// What this part showed: its format and type, its certificates, the anchor of its path.
    pub facts: Facts,
}

impl Part {
    /// Whether the statement verifies, and its path with it.
    #[must_use]
    pub const fn verifies(&self) -> bool {
        self.failure.is_none()
    }
}

/// What a part is to the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PartRole {
    /// A statement of a compound attestation, about the credential itself.
    CompoundStatement,
    /// Evidence of the app and the device beside the credential, over the same challenge.
    DeviceEvidence,
}

impl PartRole {
    /// The words as they stand in the JSON form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CompoundStatement => "compound_statement",
            Self::DeviceEvidence => "device_evidence",
        }
    }
}

/// The decision in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// Every check of the ceremony was settled.
    Accepted,
    /// A check refused.
    Refused,
    /// The request around the response could not be read.
    Malformed,
}

impl Decision {
    /// The word as it stands in the JSON form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Malformed => "malformed",
        }
    }
}

/// One check and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// Which check.
    pub id: CheckId,
    /// What became of it.
    pub outcome: Outcome,
    /// A short value that is safe to log; the name of the policy field for a skipped check.
    pub evidence: Evidence,
}

/// What became of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The rule holds.
    Passed,
    /// The rule is broken; judging stopped here.
    Failed,
    /// A named policy field says that the rule is not judged.
    SkippedByPolicy,
    /// The response has nothing that the rule speaks of.
    NotApplicable,
    /// Judging stopped before this check.
    NotReached,
}

impl Outcome {
    /// The words as they stand in the JSON form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::SkippedByPolicy => "skipped_by_policy",
            Self::NotApplicable => "not_applicable",
            Self::NotReached => "not_reached",
        }
    }
}

/// A short value beside a check or a refusal. Never a challenge, a code or personal data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Evidence {
    /// Nothing to add.
    #[default]
    None,
    /// A fixed phrase or a name.
    Note(&'static str),
    /// A labelled number.
    Number(&'static str, i64),
    /// An authenticator model.
    Aaguid([u8; 16]),
    /// A text taken from the response or the configuration, such as an origin.
    Text(Box<str>),
    /// A point in time, in Unix seconds.
    Time(i64),
}

impl Evidence {
    /// Text from outside, cut so that a verdict stays small.
    pub(crate) fn text(text: &str) -> Self {
        const LONGEST: usize = 200;
        if text.len() <= LONGEST && text.bytes().all(|byte| matches!(byte, 0x20..=0x7e)) {
            return Self::Text(text.into());
        }
        let short: String = text.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
        Self::Text(short.into_boxed_str())
    }
}

impl core::fmt::Display for Evidence {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Note(note) => f.write_str(note),
            Self::Number("", number) => write!(f, "{number}"),
            Self::Number(label, number) => write!(f, "{label} {number}"),
            Self::Aaguid(aaguid) => f.write_str(&hex::uuid(aaguid)),
            Self::Text(text) => f.write_str(text),
            Self::Time(seconds) => f.write_str(&crate::time::UnixTime(*seconds).to_string()),
        }
    }
}

/// Why a response was not accepted: the check that failed, and the cause.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// The check that failed.
    pub check: CheckId,
    /// What was wrong.
    pub cause: Cause,
}

impl Failure {
    /// The stable code of the cause.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match &self.cause {
            Cause::Malformed(malformed) => malformed.fault.code(),
            Cause::Refusal(refusal) => refusal.reason.code(),
        }
    }

    /// Whether only this build cannot judge it, and one with the feature `full` could.
    #[cfg(feature = "ffi")]
    pub(crate) fn is_left_out(&self) -> bool {
        matches!(&self.cause, Cause::Refusal(refusal) if refusal.reason == Reason::NotInBuild)
    }

    /// One sentence for people.
    #[must_use]
    pub fn message(&self, language: Language) -> String {
        match &self.cause {
            Cause::Malformed(malformed) => malformed.message(language),
            Cause::Refusal(refusal) => refusal.message(language),
        }
    }

    /// Whether the request around the response could not be read (EN-1 to EN-5).
    #[must_use]
    pub const fn is_envelope(&self) -> bool {
        matches!(
            self.check,
            CheckId::En1 | CheckId::En2 | CheckId::En3 | CheckId::En4 | CheckId::En5
        )
    }
}

impl core::fmt::Display for Failure {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}: {}", self.check, self.message(Language::EnUs))
    }
}

impl core::error::Error for Failure {}

/// What made a check fail: bytes that did not parse, or a rule that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// Bytes that are not what they should be.
    Malformed(Malformed),
    /// A rule that well-formed bytes break.
    Refusal(Refusal),
}

impl From<Malformed> for Cause {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl From<Refusal> for Cause {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

impl From<Reason> for Cause {
    fn from(reason: Reason) -> Self {
        Self::Refusal(Refusal::from(reason))
    }
}

/// A broken rule, with both sides of the comparison where they are safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// Which rule.
    pub reason: Reason,
    /// What was expected.
    pub expected: Evidence,
    /// What was found.
    pub found: Evidence,
    /// The position of the certificate in x5c, 0 for the leaf.
    pub position: Option<usize>,
}

impl Refusal {
    pub(crate) fn expected(mut self, expected: Evidence) -> Self {
        self.expected = expected;
        self
    }

    pub(crate) fn found(mut self, found: Evidence) -> Self {
        self.found = found;
        self
    }

    pub(crate) fn at(mut self, position: usize) -> Self {
        self.position = Some(position);
        self
    }

    /// One sentence for people.
    #[must_use]
    pub fn message(&self, language: Language) -> String {
        let mut text = self.reason.text(language).to_owned();
        let (expected, found, certificate) = match language {
            Language::EnUs => ("expected", "found", "certificate"),
            Language::PtBr => ("esperado", "encontrado", "certificado"),
        };
        let mut parts = Vec::new();
        if let Some(position) = self.position {
            parts.push(format!("{certificate} {position}"));
        }
        if self.expected != Evidence::None {
            parts.push(format!("{expected} {}", self.expected));
        }
        if self.found != Evidence::None {
            parts.push(format!("{found} {}", self.found));
        }
        if !parts.is_empty() {
            text.push_str(": ");
            text.push_str(&parts.join(", "));
        }
        text
    }
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self { reason, expected: Evidence::None, found: Evidence::None, position: None }
    }
}

impl Reason {
    pub(crate) fn expected(self, expected: Evidence) -> Refusal {
        Refusal::from(self).expected(expected)
    }

    pub(crate) fn found(self, found: Evidence) -> Refusal {
        Refusal::from(self).found(found)
    }

    pub(crate) fn at(self, position: usize) -> Refusal {
        Refusal::from(self).at(position)
    }
}
