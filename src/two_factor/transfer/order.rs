use serde::{Deserialize, Serialize};

use super::payee::Payee;
use crate::crypto::{Transcript, sha256};
use crate::flow::{DocumentNumber, Uuid4};
use crate::two_factor::amount::{Amount, Money};

/// What an approver approves, and what the rail is handed: one value, so that the two cannot
/// differ.
///
/// Its key for the rail is [`ted_key`](Self::ted_key): an order that is handed over twice is
/// transferred once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferOrder {
    /// The transfer's own key, and the rail's idempotency key.
    pub ted_key: Uuid4,
    /// The account that pays.
    pub account_key: Uuid4,
    /// The client's key.
    pub request_control_key: Uuid4,
    /// What is moved.
    pub amount: Amount,
    /// What the bank takes for it.
    pub fee: Money,
    /// Who is paid.
    pub payee: Payee,
    /// Who approves.
    pub approver: DocumentNumber,
}

impl TransferOrder {
    /// SHA-256 over every member, each behind its length: what a code is bound to (security.md
    /// T-54).
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut transcript = Transcript::new(b"device-enrollment transfer order 1");
        self.write(&mut transcript);
        sha256(&[&transcript.into_bytes()])
    }

    /// Every member: one that was left out could be changed after the approval.
    pub(in crate::two_factor) fn write(&self, transcript: &mut Transcript) {
        let Self { ted_key, account_key, request_control_key, amount, fee, payee, approver } = self;
        transcript.bytes(ted_key.as_bytes());
        transcript.bytes(account_key.as_bytes());
        transcript.bytes(request_control_key.as_bytes());
        transcript.bytes(&amount.money().centavos().to_be_bytes());
        transcript.bytes(&fee.centavos().to_be_bytes());
        payee.write(transcript);
        transcript.bytes(approver.digits().as_bytes());
    }
}
