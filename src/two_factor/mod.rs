//! Floor 4: the second factors around the verifier, as machines without clock, network or storage.
//!
//! - [`PublishedCode`] and [`PublishedError`] are the published catalogues, text by text.
//! - A [`Code`] is six characters that a person types; a [`PendingCode`] is all that is kept of one:
//!   a MAC, the attempts, the deadline. [`Caps`] say how many there may be.
//! - A [`Device`] is registered by a code or by liveness ([`LivenessProvider`]).
//! - A [`Transfer`] waits for its approver's code, or for an assertion by the enrolled device over
//!   what is paid and to whom, and then goes to the rail.

mod amount;
mod caps;
mod catalogue;
mod code;
mod device;
mod limits;
mod liveness;
mod transfer;
mod transfer_approval;

pub use amount::{Amount, AmountError, Money};
pub use caps::{Asked, CapRefusal, Caps, Spent};
pub use catalogue::{PublishedCode, PublishedError};
pub use code::{
    Alphabet, AttemptRefusal, Channel, Code, CodeBinding, CodeCheck, CodeKey, CodeKeyError,
    CodeKeys, CodeOutcome, CodePurpose, CodeRecord, DeliveryFailure, Evaluation, IssueError,
    PendingCode, Resolution,
};
pub use device::{
    AccountFacts, AccountStanding, AnalysisStatus, Contact, Contacts, Device, DeviceAnswer,
    DeviceContext, DeviceEffect, DeviceEvent, DeviceRefusal, DeviceRequest, DeviceStatus,
    DeviceView, ImageKey, RequestFacts, RequesterFacts, ResendRequest, ValidateRequest,
};
pub use limits::{LimitRefusal, UnregisteredDeviceLimits, brasilia_day};
pub use liveness::{
    LivenessKey, LivenessKeyError, LivenessNonce, LivenessProof, LivenessProvider, LivenessRefusal,
    VerifiedLiveness,
};
pub use transfer::{
    AccountType, ApprovalMode, ApproveRequest, CallerFault, CodeAttempt, Payee, RailNotice,
    RailOutcome, RefusalReason, Rejection, Transfer, TransferContext, TransferEffect,
    TransferEvent, TransferFacts, TransferOrder, TransferRefusal, TransferRequest, TransferStatus,
    TransferStep, TransferView,
};
pub use transfer_approval::{
    AssertionCheck, AssertionEvaluation, BoundCredential, DeviceApproval, DeviceApprovalStage,
    RelyingParty, SignOptions,
};
