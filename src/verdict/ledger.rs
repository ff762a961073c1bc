//! The ledger: where checks are judged and recorded.
//!
//! Recording a check and proving that it was settled is one act: a [`Settled`] can only be had
//! by writing the check into the ledger, and an acceptance can only be built from all of its
//! `Settled` values. So no check can be skipped without the verdict saying so.

use core::marker::PhantomData;

use super::{Cause, Check, CheckId, Evidence, Failure, Outcome, catalogue::Marker};

/// Proof that the check `K` was passed, found not applicable, or waived by a named policy field,
/// and that the verdict says which.
#[must_use]
#[derive(Debug)]
pub(crate) struct Settled<K: Marker>(PhantomData<K>);

/// The checks of one ceremony, in the order in which they were judged.
#[derive(Debug)]
pub(crate) struct Ledger {
    checks: Vec<Check>,
    tolerances: Vec<&'static str>,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        // A registration judges about seventy checks; one allocation holds them.
        Self { checks: Vec::with_capacity(96), tolerances: Vec::new() }
    }

    /// Judges one check.
    pub(crate) fn judge<K: Marker>(
        &mut self,
        body: impl FnOnce() -> Result<Evidence, Cause>,
    ) -> Result<Settled<K>, Failure> {
        self.judge_into(|| body().map(|evidence| ((), evidence))).map(|((), settled)| settled)
    }

    /// Judges one check that also yields a value, such as the thing it parsed.
    pub(crate) fn judge_into<K: Marker, T>(
        &mut self,
        body: impl FnOnce() -> Result<(T, Evidence), Cause>,
    ) -> Result<(T, Settled<K>), Failure> {
        match body() {
            Ok((value, evidence)) => {
                self.record(K::ID, Outcome::Passed, evidence);
                Ok((value, Settled(PhantomData)))
            }
            Err(cause) => {
                self.record(K::ID, Outcome::Failed, Evidence::None);
                Err(Failure { check: K::ID, cause })
            }
        }
    }

    /// Records a check that something else has shown to fail.
    pub(crate) fn refuse<K: Marker>(&mut self, cause: Cause) -> Failure {
        self.record(K::ID, Outcome::Failed, Evidence::None);
        Failure { check: K::ID, cause }
    }

    /// Judges a check where the policy field `field` says so, and waives it otherwise.
    pub(crate) fn judge_if<K: Marker>(
        &mut self,
        is_judged: bool,
        field: &'static str,
        body: impl FnOnce() -> Result<Evidence, Cause>,
    ) -> Result<Settled<K>, Failure> {
        if is_judged { self.judge(body) } else { Ok(self.skip(field)) }
    }

    /// Waives a check; `field` is the policy field that says so.
    pub(crate) fn skip<K: Marker>(&mut self, field: &'static str) -> Settled<K> {
        self.record(K::ID, Outcome::SkippedByPolicy, Evidence::Note(field));
        Settled(PhantomData)
    }

    /// Notes that a check has nothing to judge here; `why` says why.
    pub(crate) fn not_applicable<K: Marker>(&mut self, why: &'static str) -> Settled<K> {
        self.record(K::ID, Outcome::NotApplicable, Evidence::Note(why));
        Settled(PhantomData)
    }

    /// Records a check that reading has already settled: the value would not exist otherwise.
    pub(crate) fn read<K: Marker>(&mut self, evidence: Evidence) -> Settled<K> {
        self.record(K::ID, Outcome::Passed, evidence);
        Settled(PhantomData)
    }

    /// Notes that the response made use of a tolerance, once.
    pub(crate) fn tolerate(&mut self, name: &'static str) {
        if !self.tolerances.contains(&name) {
            self.tolerances.push(name);
        }
    }

    /// Records an outcome without a proof, for a verdict that has none to give.
    pub(crate) fn note(&mut self, id: CheckId, outcome: Outcome) {
        self.record(id, outcome, Evidence::None);
    }

    /// The recorded checks, followed by those of `plan` that were not reached; and the tolerances.
    pub(crate) fn finish(
        self,
        plan: impl IntoIterator<Item = CheckId>,
    ) -> (Vec<Check>, Vec<&'static str>) {
        let mut checks = self.checks;
        // Without a failure every check of the plan has its proof, and so its record.
        if !checks.iter().any(|check| check.outcome == Outcome::Failed) {
            return (checks, self.tolerances);
        }
        let judged = checks.len();
        for id in plan {
            let done = checks.iter().take(judged).any(|check| check.id == id);
            if !done {
                checks.push(Check { id, outcome: Outcome::NotReached, evidence: Evidence::None });
            }
        }
        (checks, self.tolerances)
    }

    fn record(&mut self, id: CheckId, outcome: Outcome, evidence: Evidence) {
        debug_assert!(
            self.checks.iter().all(|check| check.id != id),
            "check {id} was judged twice"
        );
        self.checks.push(Check { id, outcome, evidence });
    }
}
