//! A WebAuthn *test authenticator*: registrations and assertions made with real keys and real
//! certificates, the same bytes for the same seed, with every part changeable on its own.
//!
//! A negative test is only worth something when exactly one thing is wrong. So every ceremony
//! here starts valid, every part is a public field, and everything that depends on a changed
//! part (hashes, nonces, signatures) is computed again when the ceremony is made.
//!
//! ```
//! use device_enrollment_testkit::Registration;
//!
//! let mut registration = Registration::packed_self("my test");
//! registration.client_data.origin = "https://evil.example".into(); // the one wrong thing
//! let parts = registration.make();
//! assert_eq!(parts.origin, "https://bank.example");
//! ```
//!
//! See the README for the rules of the levers.
//!
//! Nothing in here is for production: keys come from seeds, and wrong use panics.
#![deny(unsafe_code)]
#![warn(missing_docs)]

pub mod app_attest_assertion;
pub mod assertion;
pub mod attestation;
pub mod authenticator_data;
pub mod authority;
pub mod cbor;
pub mod certificate;
pub mod client_data;
pub mod corpus;
pub mod der;
pub mod edit;
pub mod extension;
mod fixed_rsa;
pub mod key;
pub mod name;
pub mod registration;
pub mod scheme;
pub mod seed;
pub mod w3c;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;

pub use app_attest_assertion::{AppAttestAssertion, AppAttestAssertionParts};
pub use assertion::{Assertion, AssertionParts};
pub use attestation::phone::{Phone, Provisioning, Root};
pub use attestation::{Attestation, Statement};
pub use authenticator_data::AuthenticatorData;
pub use authority::{Authority, Chain};
pub use certificate::CertificateSpec;
pub use client_data::ClientData;
pub use edit::Edit;
pub use extension::Extension;
pub use key::{KeyKind, SigningKey};
pub use name::Name;
pub use registration::{Registration, RegistrationParts};
pub use scheme::{Hash, SignatureScheme};

/// The moment the made ceremonies should be judged at: 2026-06-01T00:00:00Z, in unix seconds.
pub const TIME: i64 = 1_780_272_000;
/// When every made certificate starts to be valid: 2025-01-01T00:00:00Z.
pub const NOT_BEFORE: i64 = 1_735_689_600;
/// When every made certificate stops being valid: 2035-01-01T00:00:00Z.
pub const NOT_AFTER: i64 = 2_051_222_400;
/// The relying party identifier of every made ceremony.
pub const RP_ID: &str = "bank.example";
/// The origin of every made ceremony.
pub const ORIGIN: &str = "https://bank.example";
