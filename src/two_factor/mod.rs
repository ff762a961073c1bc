//! Floor 4: the second factors around the verifier, as machines without clock, network or storage.
//!
//! - [`PublishedCode`] and [`PublishedError`] are the published catalogues, text by text.
//! - A [`Code`] is six characters that a person types; a [`PendingCode`] is all that is kept of one:
//!   a MAC, the attempts, the deadline. [`Caps`] say how many there may be.
//! - A [`Device`] is registered by a code or by liveness ([`LivenessProvider`]).

mod caps;
mod catalogue;
mod code;
mod device;
mod liveness;

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
pub use liveness::{
    LivenessKey, LivenessKeyError, LivenessNonce, LivenessProof, LivenessProvider, LivenessRefusal,
    VerifiedLiveness,
};
