//! Floor 4: the second factors around the verifier, as machines without clock, network or storage.
//!
//! - [`PublishedCode`] and [`PublishedError`] are the published catalogues, text by text.
//! - A [`Code`] is six characters that a person types; a [`PendingCode`] is all that is kept of one:
//!   a MAC, the attempts, the deadline.

mod catalogue;
mod code;

pub use catalogue::{PublishedCode, PublishedError};
pub use code::{
    Alphabet, AttemptRefusal, Channel, Code, CodeBinding, CodeCheck, CodeKey, CodeKeyError,
    CodeKeys, CodeOutcome, CodePurpose, CodeRecord, DeliveryFailure, Evaluation, IssueError,
    PendingCode, Resolution,
};
