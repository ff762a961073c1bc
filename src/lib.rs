//! Decides whether to believe a device enrollment.
mod crypto;
mod encoding;
pub mod inspect;
pub mod open_finance;
pub mod policy;
mod time;
mod trust;
pub mod verdict;
pub mod webauthn;
pub use crypto::Algorithm;
pub use encoding::Base64Reading;
pub use time::UnixTime;
pub use trust::*;
