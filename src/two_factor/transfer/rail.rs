use serde::{Deserialize, Serialize};

use crate::flow::Uuid4;
use crate::two_factor::PublishedCode;

/// What the rail answered when it was handed an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RailOutcome {
    /// It sent the transfer.
    Sent {
        /// The rail's own key of it.
        transaction_key: Uuid4,
    },
    /// It took the transfer and will tell later.
    Pending,
    /// It refused the transfer.
    Rejected {
        /// The row of the published tables that says why.
        code: PublishedCode,
    },
}

/// What the rail tells later, once or more often, in any order (the published webhook
/// `baas.ted.outgoing_ted`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RailNotice {
    /// The transfer was sent.
    Settled {
        /// The rail's own key of it.
        transaction_key: Uuid4,
    },
    /// The transfer was refused, or the receiving bank returned it.
    Refused {
        /// The published `refusal_reason`.
        reason: RefusalReason,
    },
}

/// The published `refusal_reason` of a transfer that was refused or returned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusalReason {
    /// The code of the payment system.
    pub refusal_code: String,
    /// Its name.
    pub enumerator: String,
    /// Its text.
    pub description: String,
}

/// Why a transfer was rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Rejection {
    /// Five attempts were made and none was right.
    AttemptsSpent,
    /// The rail refused it at once.
    Refused {
        /// The row of the published tables that says why.
        code: PublishedCode,
    },
    /// The rail told of it later.
    Returned {
        /// The published `refusal_reason`.
        reason: RefusalReason,
    },
}
