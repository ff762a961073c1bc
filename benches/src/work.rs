//! Calls that can be timed or counted, one list for all who measure.

use std::hint::black_box;

use device_enrollment::{AuthenticationResponse, Base64Reading, RegistrationResponse, Verifier};

use crate::bare;
use crate::cases::{Approval, Enrollment, NOW, approvals, enrollments};
use crate::peer::{PeerApproval, PeerEnrollment};

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The signature checks alone.
    Bare,
    /// A judgement of a response that was read, under `Policy::webauthn()`.
    Judge,
    /// The same, with the certificate signatures of an earlier judgement remembered.
    Remembered,
    /// Reading the browser's JSON, and the judgement.
    ReadAndJudge,
    /// The same under `Policy::open_finance_brasil()`.
    ReadAndJudgeOpenFinance,
    /// Writing the verdict as JSON text.
    WriteVerdict,
    /// The other verifier's judgement of a response that was read.
    PeerJudge,
    /// The other verifier, reading JSON too.
    PeerReadAndJudge,
}

impl Part {
    /// Every part, in the order of the tables.
    pub const ALL: [Self; 8] = [
        Self::Bare,
        Self::Judge,
        Self::Remembered,
        Self::ReadAndJudge,
        Self::ReadAndJudgeOpenFinance,
        Self::WriteVerdict,
        Self::PeerJudge,
        Self::PeerReadAndJudge,
    ];

    /// Its name in a table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Judge => "judge",
            Self::Remembered => "remembered",
            Self::ReadAndJudge => "judge+json",
            Self::ReadAndJudgeOpenFinance => "bank+json",
            Self::WriteVerdict => "write",
            Self::PeerJudge => "peer",
            Self::PeerReadAndJudge => "peer+json",
        }
    }
}

/// One thing to measure.
pub struct Work {
    /// The ceremony.
    pub case: &'static str,
    /// What is done with it.
    pub part: Part,
    /// Does it once.
    pub call: Box<dyn Fn()>,
}

/// Everything there is to measure. A part that a policy or the other verifier refuses is left out:
/// a refusal is quick and says nothing.
pub fn all() -> Vec<Work> {
    let mut work = Vec::new();
    for enrollment in enrollments() {
        work.extend(of_enrollment(&enrollment));
    }
    for approval in approvals() {
        work.extend(of_approval(&approval));
    }
    work
}

/// The bare checks of each ceremony, by the names of their algorithms.
pub fn signatures() -> Vec<(&'static str, Vec<&'static str>)> {
    let names = |checks: Vec<bare::Check>| checks.iter().map(bare::Check::algorithm).collect();
    let enrollments = enrollments();
    let approvals = approvals();
    let of_enrollments = enrollments.iter().map(|case| (case.name, bare::of_enrollment(case)));
    let of_approvals = approvals.iter().map(|case| (case.name, bare::of_approval(case)));
    of_enrollments.chain(of_approvals).map(|(name, checks)| (name, names(checks))).collect()
}

fn of_enrollment(enrollment: &Enrollment) -> Vec<Work> {
    let judge = |verifier: &Verifier, response: &RegistrationResponse, case: &Enrollment| {
        verifier.registration(response, &case.expectation, NOW)
    };
    let judgement = judge(&enrollment.webauthn, &enrollment.response, enrollment);
    assert!(judgement.accepted().is_ok(), "{}: {:?}", enrollment.name, judgement.accepted());
    let verdict = judgement.verdict().clone();
    let is_for_the_bank =
        judge(&enrollment.open_finance, &enrollment.response, enrollment).accepted().is_ok();

    let mut calls = vec![bare_calls(bare::of_enrollment(enrollment))];
    let case = enrollment.clone();
    calls.push(call(Part::Judge, move || {
        drop(black_box(judge(&case.webauthn, black_box(&case.response), &case)));
    }));
    if !judgement.verdict().facts.certificates.is_empty() {
        let case = enrollment.clone();
        let store = case.webauthn.trust_store().clone().remembering_signatures(64);
        let verifier = Verifier::new(case.webauthn.policy().clone(), store);
        calls.push(call(Part::Remembered, move || {
            drop(black_box(judge(&verifier, black_box(&case.response), &case)));
        }));
    }
    let case = enrollment.clone();
    calls.push(call(Part::ReadAndJudge, move || {
        drop(black_box(judge(&case.webauthn, &read_registration(&case.json), &case)));
    }));
    if is_for_the_bank {
        let case = enrollment.clone();
        calls.push(call(Part::ReadAndJudgeOpenFinance, move || {
            drop(black_box(judge(&case.open_finance, &read_registration(&case.json), &case)));
        }));
    }
    calls.push(call(Part::WriteVerdict, move || write(&verdict)));
    let peer = PeerEnrollment::new(enrollment);
    if peer.judge().is_ok() {
        calls.push(call(Part::PeerJudge, move || drop(black_box(peer.judge()))));
        let peer = PeerEnrollment::new(enrollment);
        calls.push(call(Part::PeerReadAndJudge, move || drop(black_box(peer.read_and_judge()))));
    }
    named(enrollment.name, calls)
}

fn of_approval(approval: &Approval) -> Vec<Work> {
    let judge = |verifier: &Verifier, response: &AuthenticationResponse, case: &Approval| {
        verifier.authentication(response, &case.expectation, NOW)
    };
    let judgement = judge(&approval.webauthn, &approval.response, approval);
    assert!(judgement.accepted().is_ok(), "{}: {:?}", approval.name, judgement.accepted());
    let verdict = judgement.verdict().clone();
    let is_for_the_bank =
        judge(&approval.open_finance, &approval.response, approval).accepted().is_ok();

    let mut calls = vec![bare_calls(bare::of_approval(approval))];
    let case = approval.clone();
    calls.push(call(Part::Judge, move || {
        drop(black_box(judge(&case.webauthn, black_box(&case.response), &case)));
    }));
    let case = approval.clone();
    calls.push(call(Part::ReadAndJudge, move || {
        drop(black_box(judge(&case.webauthn, &read_assertion(&case.json), &case)));
    }));
    if is_for_the_bank {
        let case = approval.clone();
        calls.push(call(Part::ReadAndJudgeOpenFinance, move || {
            drop(black_box(judge(&case.open_finance, &read_assertion(&case.json), &case)));
        }));
    }
    calls.push(call(Part::WriteVerdict, move || write(&verdict)));
    if let Ok(peer) = PeerApproval::new(approval)
        && peer.is_accepted()
    {
        let reading = PeerApproval::new(approval).expect("as before");
        calls.push(call(Part::PeerJudge, move || {
            black_box(peer.is_accepted());
        }));
        calls.push(call(Part::PeerReadAndJudge, move || {
            black_box(reading.is_read_and_accepted());
        }));
    }
    named(approval.name, calls)
}

type Call = (Part, Box<dyn Fn()>);

fn call(part: Part, body: impl Fn() + 'static) -> Call {
    (part, Box::new(body))
}

fn named(case: &'static str, calls: Vec<Call>) -> Vec<Work> {
    calls.into_iter().map(|(part, call)| Work { case, part, call }).collect()
}

fn bare_calls(checks: Vec<bare::Check>) -> Call {
    assert!(checks.iter().all(bare::Check::holds), "a bare check does not hold");
    call(Part::Bare, move || {
        for check in black_box(&checks) {
            black_box(check.holds());
        }
    })
}

fn read_registration(json: &str) -> RegistrationResponse {
    let json = black_box(json).as_bytes();
    RegistrationResponse::from_webauthn_json(json, Base64Reading::Strict).expect("as before")
}

fn read_assertion(json: &str) -> AuthenticationResponse {
    let json = black_box(json).as_bytes();
    AuthenticationResponse::from_webauthn_json(json, Base64Reading::Strict).expect("as before")
}

fn write(verdict: &device_enrollment::Verdict) {
    black_box(serde_json::to_string(black_box(verdict)).expect("a verdict serialises"));
}
