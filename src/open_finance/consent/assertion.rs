//! Judging an assertion between the two events of it.

use crate::flow::Uuid4;
use crate::open_finance::body::{WireForm, not_accepted};
use crate::open_finance::enrollment::attempt_of;
use crate::open_finance::options::{IssuedSigning, OpaqueBytes};
use crate::open_finance::{ContractVersion, Operation, Refusal};
use crate::time::UnixMillis;
use crate::verdict::Verdict;
use crate::webauthn::{
    AcceptedAuthentication, AuthenticationExpectation, AuthenticationResponse, CredentialRecord,
    Verifier,
};

/// An assertion to judge, now that its challenge is spent.
#[derive(Clone)]
pub struct JudgeAssertion {
    consent: String,
    enrollment: Uuid4,
    attempt: OpaqueBytes,
    version: ContractVersion,
    stored: u32,
    expectation: AuthenticationExpectation,
    response: AuthenticationResponse,
}

impl JudgeAssertion {
    pub(super) fn new(
        consent: String,
        enrollment: Uuid4,
        version: ContractVersion,
        issued: &IssuedSigning,
        record: Option<CredentialRecord>,
        response: AuthenticationResponse,
    ) -> Self {
        let attempt = attempt_of(issued.challenge());
        let stored = record.as_ref().map_or(0, |record| record.sign_count);
        let expectation = issued.expectation(record.into_iter().collect());
        Self { consent, enrollment, attempt, version, stored, expectation, response }
    }

    /// The enrollment whose device signed.
    #[must_use]
    pub const fn enrollment(&self) -> Uuid4 {
        self.enrollment
    }

    /// What the assertion is held against.
    #[must_use]
    pub const fn expectation(&self) -> &AuthenticationExpectation {
        &self.expectation
    }

    /// Judges it at `now`. The verdict is for the records; the outcome is the next event.
    #[must_use]
    pub fn evaluate(&self, verifier: &Verifier, now: UnixMillis) -> (Verdict, AssertionOutcome) {
        let time = Some(now.whole_seconds());
        let judged = verifier.authentication(&self.response, &self.expectation, time);
        let (verdict, outcome) = judged.into_parts();
        let result = outcome.map_err(|failure| {
            not_accepted(&failure, Operation::Authorise, self.version, WireForm::OpenFinance)
        });
        let (consent, attempt) = (self.consent.clone(), self.attempt.clone());
        (verdict, AssertionOutcome { consent, attempt, stored: self.stored, result })
    }
}

/// Without the challenge and the credential.
impl core::fmt::Debug for JudgeAssertion {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "JudgeAssertion({})", self.consent)
    }
}

/// What came of judging an assertion. Only [`JudgeAssertion`] makes one, and it counts for the
/// consent and the challenge that it was made for alone.
#[derive(Clone)]
pub struct AssertionOutcome {
    consent: String,
    attempt: OpaqueBytes,
    stored: u32,
    result: Result<AcceptedAuthentication, Refusal>,
}

impl AssertionOutcome {
    pub(super) fn is_of(&self, consent: &str, attempt: &OpaqueBytes) -> bool {
        self.consent == consent && self.attempt == *attempt
    }

    pub(super) const fn stored_sign_count(&self) -> u32 {
        self.stored
    }

    /// What was accepted.
    ///
    /// # Errors
    ///
    /// The refusal to answer.
    pub const fn accepted(&self) -> Result<&AcceptedAuthentication, &Refusal> {
        self.result.as_ref()
    }
}

/// Without the credential.
impl core::fmt::Debug for AssertionOutcome {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let accepted = self.result.is_ok();
        write!(f, "AssertionOutcome({}, accepted: {accepted})", self.consent)
    }
}
