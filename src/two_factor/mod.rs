//! Floor 4: the second factors around the verifier, as machines without clock, network or storage.
//!
//! - [`PublishedCode`] and [`PublishedError`] are the published catalogues, text by text.
//! - A [`Code`] is six characters that a person types; a [`PendingCode`] is all that is kept of one:
//!   a MAC, the attempts, the deadline.
//! - A [`Transfer`] waits for its approver's code, or for an assertion by the enrolled device over
//!   what is paid and to whom, and then goes to the rail.

mod amount;
mod catalogue;
mod code;
mod limits;
mod transfer;
mod transfer_approval;

pub use amount::{Amount, AmountError, Money};

pub use catalogue::{PublishedCode, PublishedError};
pub use code::{
    Alphabet, AttemptRefusal, Channel, Code, CodeBinding, CodeCheck, CodeKey, CodeKeyError,
    CodeKeys, CodeOutcome, CodePurpose, CodeRecord, Evaluation, IssueError, PendingCode,
    Resolution,
};
pub use limits::{LimitRefusal, UnregisteredDeviceLimits, brasilia_day};
pub use transfer::{
    AccountType, ApprovalMode, ApproveRequest, CallerFault, CodeAttempt, Payee, PayerAccount,
    RailNotice, RailOutcome, RefusalReason, Rejection, ResendRequest, Transfer, TransferEffect,
    TransferEvent, TransferFacts, TransferOrder, TransferPolicy, TransferRefusal, TransferRequest,
    TransferStage, TransferStatus, TransferStep, TransferView,
};
pub use transfer_approval::{
    AssertionCheck, AssertionEvaluation, BoundCredential, DeviceApproval, RelyingParty, SignOptions,
};
