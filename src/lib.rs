#![doc = include_str!("../README.md")]
//!
//! # The tour
//!
//! - [`Verifier`] judges under a [`Policy`] and a [`TrustStore`].
//! - [`RegistrationResponse`] and [`AuthenticationResponse`] are what a device sent, read from any
//!   of the four wire forms; [`RegistrationExpectation`] and [`AuthenticationExpectation`] are what
//!   the relying party stored with the challenge.
//! - A [`Judgement`] holds the [`Verdict`] and, where everything was settled, what to store.
//! - [`Metadata`] is what the FIDO Metadata Service knows of authenticators, verified when it is
//!   imported.
//! - [`open_finance_code`](open_finance::open_finance_code) names a refusal in the published
//!   contract.
//! - [`two_factor`] holds the flows around it as machines: codes, liveness, devices, transfers.
//! - [`inspect`](inspect::inspect) decodes without judging.
//!
//! The crate is a pure function of its inputs: no clock, no randomness, no network, no storage, no
//! global settings. An acceptance cannot be made by hand:
//!
//! ```compile_fail,E0639
//! use device_enrollment::webauthn::AcceptedAuthentication;
//!
//! let forged = AcceptedAuthentication {
//!     credential_id: Vec::new(),
//!     sign_count: 0,
//!     user_verified: true,
//!     backed_up: false,
//! };
//! ```

pub mod case;
mod crypto;
mod encoding;
#[cfg(feature = "ffi")]
pub mod ffi;
pub mod flow;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
pub mod inspect;
mod language;
pub mod open_finance;
pub mod policy;
mod time;
mod trust;
pub mod two_factor;
pub mod verdict;
pub mod webauthn;

pub use crypto::Algorithm;
pub use encoding::Base64Reading;
// What uniffi's macros look for at the root of a crate.
#[cfg(feature = "ffi")]
#[doc(hidden)]
pub use ffi::{UniFfiTag, uniffi_reexport_hack};
pub use language::Language;
pub use policy::{Policy, Rule};
pub use time::{InvalidTime, Overdue, UnixMillis, UnixTime};
pub use trust::{
    AnchorError, AndroidStatusError, AndroidStatusList, Authenticity, InForce, Metadata,
    MetadataEntry, MetadataReport, MetadataSource, Provenance, QuarantinedEntry, StatusReport,
    TrustAnchor, TrustStore, TrustStoreError, UnknownRevocation,
};
pub use verdict::{CheckId, Failure, Outcome, Verdict};
pub use webauthn::{
    AuthenticationExpectation, AuthenticationResponse, CredentialRecord, Judgement, Origin,
    RegistrationExpectation, RegistrationResponse, Verifier,
};
