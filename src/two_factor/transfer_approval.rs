//! Approval of a transfer by the enrolled device: an assertion over a challenge that commits to
//! the transfer.
//!
//! The challenge is a digest over a fresh nonce and over everything the approver approves, so an
//! assertion says which transfer it is for, and one for another transfer answers another challenge
//! (security.md T-54). It is single-use: spent before the assertion is judged, whatever comes of it.

use serde::{Deserialize, Serialize};

use crate::crypto::{Transcript, sha256};
use crate::encoding::base64url;
use crate::flow::{DocumentNumber, Entropy, EntropyExhausted, Uuid4};
use crate::time::UnixMillis;
use crate::two_factor::PendingCode;
use crate::two_factor::code::base64url_bytes;
use crate::two_factor::transfer::TransferOrder;
use crate::verdict::Verdict;
use crate::webauthn::{
    AuthenticationExpectation, AuthenticationResponse, CredentialRecord, Origin, UserVerification,
    Verifier,
};

/// Who asks for an assertion: a value of the bank's configuration, never of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RelyingParty {
    /// The relying party identifier.
    pub rp_id: String,
    /// The origins that may run the ceremony.
    pub origins: Vec<Origin>,
    /// The Android package that may run it, where client data names one.
    pub android_package: Option<String>,
}

impl RelyingParty {
    /// The identifier and the origins.
    #[must_use]
    pub fn new(rp_id: impl Into<String>, origins: Vec<Origin>) -> Self {
        Self { rp_id: rp_id.into(), origins, android_package: None }
    }
}

/// A credential, and what it is bound to. Storage holds the binding; a transfer takes only those
/// that are bound to its own account, approver and device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundCredential {
    /// The account.
    pub account_key: Uuid4,
    /// The person.
    pub approver: DocumentNumber,
    /// The enrolled device.
    pub device_key: Uuid4,
    /// The credential as it was stored.
    pub record: CredentialRecord,
}

/// The approval of one transfer by one device, as it is stored with the transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::two_factor) struct PendingAssertion {
    session_id: Uuid4,
    device_key: Uuid4,
    attempts: u8,
    stage: Stage,
}

/// Where the approval stands. Each stage but the first ends at the deadline of the challenge that it
/// began with.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Stage {
    /// No challenge.
    Idle,
    /// A challenge that nobody has answered.
    Issued {
        #[serde(with = "base64url_bytes")]
        nonce: [u8; 32],
        expires_at: UnixMillis,
    },
    /// A challenge that is spent, and of which it is not known what came of it.
    Presented {
        #[serde(with = "base64url_bytes")]
        nonce: [u8; 32],
        expires_at: UnixMillis,
    },
    /// The device approved.
    Approved { expires_at: UnixMillis },
}

/// Prints no nonce.
impl core::fmt::Debug for Stage {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Idle => "Idle",
            Self::Issued { .. } => "Issued",
            Self::Presented { .. } => "Presented",
            Self::Approved { .. } => "Approved",
        })
    }
}

/// Minutes from the options to the approval: as long as a code lives.
const LIFETIME_MINUTES: u32 = 5;

impl PendingAssertion {
    pub(in crate::two_factor) const fn new(session_id: Uuid4, device_key: Uuid4) -> Self {
        Self { session_id, device_key, attempts: 0, stage: Stage::Idle }
    }

    pub(in crate::two_factor) const fn session_id(&self) -> Uuid4 {
        self.session_id
    }

    pub(in crate::two_factor) const fn device_key(&self) -> Uuid4 {
        self.device_key
    }

    pub(in crate::two_factor) const fn attempts_left(&self) -> u8 {
        PendingCode::MOST_ATTEMPTS.saturating_sub(self.attempts)
    }

    /// Whether nothing can approve any more: all attempts are counted, and none is still being
    /// judged or has approved.
    pub(in crate::two_factor) const fn is_spent(&self, now: UnixMillis) -> bool {
        let may_still = match &self.stage {
            Stage::Idle | Stage::Issued { .. } => false,
            Stage::Presented { expires_at, .. } | Stage::Approved { expires_at } => {
                !now.has_reached(*expires_at)
            }
        };
        self.attempts_left() == 0 && !may_still
    }

    /// Issues a challenge. Whatever there was before is void, an approval included: the last screen
    /// that the approver saw is the one that counts.
    pub(in crate::two_factor) fn issue(
        &mut self,
        order: &TransferOrder,
        credentials: &[BoundCredential],
        relying_party: &RelyingParty,
        entropy: &mut Entropy,
        now: UnixMillis,
    ) -> Result<SignOptions, IssueRefusal> {
        if self.attempts_left() == 0 {
            return Err(IssueRefusal::Spent);
        }
        let allowed: Vec<Vec<u8>> = bound(credentials, order, self.device_key)
            .map(|credential| credential.record.id.clone())
            .collect();
        if allowed.is_empty() {
            return Err(IssueRefusal::NoCredential);
        }
        let nonce = entropy.take().map_err(|EntropyExhausted| IssueRefusal::Entropy)?;
        let expires_at = now.plus_minutes(LIFETIME_MINUTES);
        self.stage = Stage::Issued { nonce, expires_at };
        Ok(SignOptions::new(
            &challenge(&nonce, expires_at, order, self.device_key),
            &allowed,
            relying_party,
        ))
    }

    /// Spends the challenge and counts the attempt. A challenge that is over is spent too, and
    /// counts nothing.
    pub(in crate::two_factor) fn present(
        &mut self,
        order: &TransferOrder,
        now: UnixMillis,
    ) -> Result<AssertionCheck, PresentRefusal> {
        let Stage::Issued { nonce, expires_at } = self.stage else {
            return Err(if self.attempts_left() == 0 {
                PresentRefusal::Spent
            } else {
                PresentRefusal::NoChallenge
            });
        };
        if now.has_reached(expires_at) {
            self.stage = Stage::Idle;
            return Err(PresentRefusal::Expired);
        }
        self.attempts = self.attempts.saturating_add(1);
        self.stage = Stage::Presented { nonce, expires_at };
        let (order, device_key) = (order.clone(), self.device_key);
        Ok(AssertionCheck { nonce, expires_at, order, device_key })
    }

    /// Takes what an assertion came to.
    pub(in crate::two_factor) fn resolve(
        &mut self,
        ted_key: Uuid4,
        evaluation: AssertionEvaluation,
    ) -> Resolved {
        if evaluation.ted_key != ted_key {
            return Resolved::Foreign;
        }
        let Stage::Presented { nonce, expires_at } = self.stage else {
            return Resolved::Failed;
        };
        // New options were given meanwhile: the challenge that was answered is void.
        if nonce != evaluation.nonce {
            return Resolved::Failed;
        }
        match evaluation.approval {
            Some(approval) => {
                self.stage = Stage::Approved { expires_at };
                Resolved::Approved(approval)
            }
            None => {
                self.stage = Stage::Idle;
                if self.attempts_left() == 0 { Resolved::FailedAndSpent } else { Resolved::Failed }
            }
        }
    }

    /// When its challenge or its approval is over, if there is one.
    pub(in crate::two_factor) const fn expires_at(&self) -> Option<UnixMillis> {
        match &self.stage {
            Stage::Idle => None,
            Stage::Issued { expires_at, .. }
            | Stage::Presented { expires_at, .. }
            | Stage::Approved { expires_at } => Some(*expires_at),
        }
    }

    /// Where it stands at `now`. What is over is as if it had never been.
    pub(in crate::two_factor) const fn stage(&self, now: UnixMillis) -> DeviceApprovalStage {
        match &self.stage {
            Stage::Issued { expires_at, .. } if !now.has_reached(*expires_at) => {
                DeviceApprovalStage::ChallengeIssued
            }
            Stage::Presented { expires_at, .. } if !now.has_reached(*expires_at) => {
                DeviceApprovalStage::BeingJudged
            }
            Stage::Approved { expires_at } if !now.has_reached(*expires_at) => {
                DeviceApprovalStage::Approved
            }
            Stage::Idle
            | Stage::Issued { .. }
            | Stage::Presented { .. }
            | Stage::Approved { .. } => DeviceApprovalStage::NoChallenge,
        }
    }

    pub(in crate::two_factor) const fn standing(&self, now: UnixMillis) -> Standing {
        match &self.stage {
            Stage::Idle | Stage::Issued { .. } | Stage::Presented { .. } => Standing::NotApproved,
            Stage::Approved { expires_at } if now.has_reached(*expires_at) => Standing::Expired,
            Stage::Approved { .. } => Standing::Approved,
        }
    }
}

/// Where the approval of a transfer by the enrolled device stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceApprovalStage {
    /// The device has nothing to sign: it was given no options, they are over, or what it signed
    /// was not accepted.
    NoChallenge,
    /// The device was given options.
    ChallengeIssued,
    /// An assertion is being judged.
    BeingJudged,
    /// The device approved; the request to approve is due.
    Approved,
}

/// Whether the device has approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::two_factor) enum Standing {
    NotApproved,
    Approved,
    Expired,
}

/// Why there are no options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::two_factor) enum IssueRefusal {
    Spent,
    NoCredential,
    Entropy,
}

/// Why an assertion is not judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::two_factor) enum PresentRefusal {
    Spent,
    NoChallenge,
    Expired,
}

/// What an evaluation did.
pub(in crate::two_factor) enum Resolved {
    Approved(DeviceApproval),
    Failed,
    FailedAndSpent,
    /// The evaluation is another transfer's.
    Foreign,
}

/// The challenge: SHA-256 over the nonce, its deadline and everything that is approved, each behind its length.
/// It is made again from what is stored, so that a row that was changed answers no assertion.
fn challenge(
    nonce: &[u8; 32],
    expires_at: UnixMillis,
    order: &TransferOrder,
    device_key: Uuid4,
) -> [u8; 32] {
    let mut transcript = Transcript::new(b"device-enrollment transfer approval 1");
    transcript.bytes(nonce);
    transcript.bytes(&expires_at.0.to_be_bytes());
    order.write(&mut transcript);
    transcript.bytes(device_key.as_bytes());
    sha256(&[&transcript.into_bytes()])
}

fn bound<'c>(
    credentials: &'c [BoundCredential],
    order: &TransferOrder,
    device_key: Uuid4,
) -> impl Iterator<Item = &'c BoundCredential> {
    credentials.iter().filter(move |credential| {
        credential.account_key == order.account_key
            && credential.approver == order.approver
            && credential.device_key == device_key
    })
}

/// What `navigator.credentials.get()` and its relatives on phones are given:
/// `PublicKeyCredentialRequestOptionsJSON` (WebAuthn Level 3 §5.10).
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignOptions {
    challenge: String,
    timeout: u32,
    rp_id: String,
    allow_credentials: Vec<AllowedCredential>,
    user_verification: UserVerification,
}

#[derive(Clone, PartialEq, Eq, Serialize)]
struct AllowedCredential {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
}

impl SignOptions {
    fn new(challenge: &[u8; 32], allowed: &[Vec<u8>], relying_party: &RelyingParty) -> Self {
        let credential =
            |id: &Vec<u8>| AllowedCredential { kind: "public-key", id: base64url::encode(id) };
        Self {
            challenge: base64url::encode(challenge),
            timeout: LIFETIME_MINUTES.saturating_mul(60_000),
            rp_id: relying_party.rp_id.clone(),
            allow_credentials: allowed.iter().map(credential).collect(),
            user_verification: UserVerification::Required,
        }
    }
}

/// Prints no challenge.
impl core::fmt::Debug for SignOptions {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SignOptions").field("rp_id", &self.rp_id).finish_non_exhaustive()
    }
}

/// An assertion that was counted, whose challenge is spent, and that has to be judged once both are
/// stored. It owns what it needs.
#[must_use = "the attempt is counted already; judge it once the count is stored"]
pub struct AssertionCheck {
    nonce: [u8; 32],
    expires_at: UnixMillis,
    order: TransferOrder,
    device_key: Uuid4,
}

impl AssertionCheck {
    /// Judges the assertion (WebAuthn Level 3 §7.2) against the transfer. The check is used up.
    ///
    /// Of `credentials`, those of another account, approver or device are not looked at. User
    /// verification is required whatever the policy says.
    pub fn evaluate(
        self,
        response: &AuthenticationResponse,
        credentials: &[BoundCredential],
        relying_party: &RelyingParty,
        verifier: &Verifier,
        now: UnixMillis,
    ) -> (Verdict, AssertionEvaluation) {
        let records: Vec<CredentialRecord> = bound(credentials, &self.order, self.device_key)
            .map(|credential| credential.record.clone())
            .collect();
        let challenge = challenge(&self.nonce, self.expires_at, &self.order, self.device_key);
        let mut expected = AuthenticationExpectation::new(
            challenge,
            relying_party.rp_id.clone(),
            relying_party.origins.clone(),
            records,
        );
        expected.user_verification = UserVerification::Required;
        expected.android_package.clone_from(&relying_party.android_package);
        let judgement = verifier.authentication(response, &expected, Some(now.whole_seconds()));
        let (verdict, accepted) = judgement.into_parts();
        let approval = accepted.ok().map(|accepted| {
            let stored =
                expected.credentials.iter().find(|known| known.id == accepted.credential_id);
            DeviceApproval {
                ted_key: self.order.ted_key,
                device_key: self.device_key,
                stored_sign_count: stored.map_or(0, |record| record.sign_count),
                credential_id: accepted.credential_id,
                sign_count: accepted.sign_count,
                backed_up: accepted.backed_up,
            }
        });
        let ted_key = self.order.ted_key;
        (verdict, AssertionEvaluation { ted_key, nonce: self.nonce, approval })
    }
}

/// Prints neither the nonce nor the payee.
impl core::fmt::Debug for AssertionCheck {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("AssertionCheck")
            .field("ted_key", &self.order.ted_key)
            .field("device_key", &self.device_key)
            .finish_non_exhaustive()
    }
}

/// What one assertion came to: made by [`AssertionCheck::evaluate`] alone, not stored, and good for
/// the transfer and the challenge it was made for, once.
///
/// It can be cloned for a caller that loses the condition it stores under, and has to tell the state
/// that it finds then; a challenge that was resolved takes no second evaluation.
#[derive(Clone)]
#[must_use = "the machine has to be told what its attempt came to"]
pub struct AssertionEvaluation {
    ted_key: Uuid4,
    nonce: [u8; 32],
    approval: Option<DeviceApproval>,
}

impl AssertionEvaluation {
    /// Whether the device approved.
    #[must_use]
    pub const fn is_approval(&self) -> bool {
        self.approval.is_some()
    }
}

/// Prints no nonce.
impl core::fmt::Debug for AssertionEvaluation {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("AssertionEvaluation")
            .field("ted_key", &self.ted_key)
            .field("is_approval", &self.is_approval())
            .finish_non_exhaustive()
    }
}

/// Proof that the enrolled device approved one transfer, and what has to be stored of its
/// credential. There is no way to make one but an assertion that was accepted:
///
/// ```compile_fail,E0639
/// use device_enrollment::flow::Uuid4;
/// use device_enrollment::two_factor::DeviceApproval;
///
/// let forged = DeviceApproval {
///     ted_key: Uuid4::from_random([0; 16]),
///     device_key: Uuid4::from_random([0; 16]),
///     credential_id: Vec::new(),
///     stored_sign_count: 0,
///     sign_count: 0,
///     backed_up: false,
/// };
/// ```
///
/// Assertions are not held to the caps for codes: a signature is not guessed, and each has its own
/// challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeviceApproval {
    /// The transfer.
    pub ted_key: Uuid4,
    /// The device.
    pub device_key: Uuid4,
    /// The credential.
    pub credential_id: Vec<u8>,
    /// The counter that was stored when the assertion was judged. Update it under the condition
    /// that it still is, so that of two assertions with one counter a single one wins.
    pub stored_sign_count: u32,
    /// The new counter.
    pub sign_count: u32,
    /// Whether the key is backed up now.
    pub backed_up: bool,
}
