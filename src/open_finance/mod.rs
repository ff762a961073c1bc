//! Floor 4: the Open Finance wire forms and flows, and what a refusal is called there.

mod body;
mod catalogue;
pub mod consent;
mod device_credential;
pub mod enrollment;
mod headers;
mod idempotency;
pub mod options;
mod refusal;
mod replay;
mod risk_signals;

pub use body::WireForm;
pub use catalogue::{
    ContractVersion, ErrorBody, ErrorEntry, ErrorMeta, OpenFinanceCode, Operation, Refusal, Texts,
};
pub use headers::interaction_id;
pub use idempotency::{
    DataDigest, IDEMPOTENCY_MINUTES, Idempotency, IdempotencyEffect, IdempotencyEvent,
    IdempotencyKey, IdempotencyScope, StoredAnswer,
};
pub use refusal::open_finance_code;
pub use replay::{Fingerprint, ReplayMode, ReplayWindow, ReplayedRequest, RequestContext};
pub use risk_signals::{
    Geolocation, GeolocationKind, Integrity, RiskSignals, ScreenDimensions, SignalsDuty,
};
