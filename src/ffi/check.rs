//! Checks and refusals as records.

use crate::open_finance::{ContractVersion, open_finance_code};
use crate::verdict::{self, Ceremony, Check, Evidence, Failure, Language};

/// What became of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum CheckOutcome {
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

impl From<verdict::Outcome> for CheckOutcome {
    fn from(outcome: verdict::Outcome) -> Self {
        match outcome {
            verdict::Outcome::Passed => Self::Passed,
            verdict::Outcome::Failed => Self::Failed,
            verdict::Outcome::SkippedByPolicy => Self::SkippedByPolicy,
            verdict::Outcome::NotApplicable => Self::NotApplicable,
            verdict::Outcome::NotReached => Self::NotReached,
        }
    }
}

/// One check and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CheckRecord {
    /// The id of the check, `X-11`.
    pub id: String,
    /// Where the rule comes from.
    pub specification: String,
    /// What became of it.
    pub outcome: CheckOutcome,
    /// A short value that is safe to log; the name of the policy field for a skipped check.
    pub evidence: Option<String>,
}

impl From<&Check> for CheckRecord {
    fn from(check: &Check) -> Self {
        Self {
            id: check.id.as_str().to_owned(),
            specification: check.id.specification().to_owned(),
            outcome: check.outcome.into(),
            evidence: (check.evidence != Evidence::None).then(|| check.evidence.to_string()),
        }
    }
}

/// Why a response was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RefusalRecord {
    /// The check that refused, `CD-7`.
    pub check: String,
    /// The rule of that check in one clause, in English.
    pub rule_en: String,
    /// The same in Brazilian Portuguese.
    pub rule_pt: String,
    /// The stable code of the reason.
    pub code: String,
    /// The reason as one sentence in English.
    pub text_en: String,
    /// The same in Brazilian Portuguese.
    pub text_pt: String,
    /// The code of the Open Finance Brasil contract, Enrollments 2.1.0.
    pub open_finance_code: String,
}

impl RefusalRecord {
    pub(super) fn new(failure: &Failure, ceremony: Ceremony) -> Self {
        let code = open_finance_code(failure, ceremony, ContractVersion::V2_1);
        Self {
            check: failure.check.as_str().to_owned(),
            rule_en: failure.check.title(Language::EnUs).to_owned(),
            rule_pt: failure.check.title(Language::PtBr).to_owned(),
            code: failure.code().to_owned(),
            text_en: failure.message(Language::EnUs),
            text_pt: failure.message(Language::PtBr),
            open_finance_code: code.as_str().to_owned(),
        }
    }
}
