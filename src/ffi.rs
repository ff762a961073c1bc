//! Floor 5: the interface for Kotlin and Swift.
//!
//! Calls are coarse: one crossing of the border for one question, and every answer is a plain
//! record. Every function returns a `Result`, because what panics without one ends the app in
//! Swift; [`border::guarded`] turns a panic into an error like any other. Times are Unix
//! milliseconds, since what other languages call a date is not exact. Errors carry a stable code
//! and a sentence in either language, never a challenge, a code or a person's data.

mod border;
mod bytes;
mod code_entry;
mod confidential;
mod device_backend;
mod error;
mod evidence;
mod expectation;
#[cfg(feature = "ffi-test-hooks")]
mod hooks;
mod options;
mod ports;
mod preflight;
mod published;
mod request;
mod scaffolding;
mod tools;
mod trust;
mod verdict;
mod verifier;

pub use bytes::Bytes;
pub use code_entry::{CodeEntry, CodeEntryAnswer, CodeEntryState, CodeEntryStep, CodeEntryView};
pub use confidential::Confidential;
pub use device_backend::{
    AccountState, CodeKeyRecord, ContactsRecord, DeviceBackend, DeviceBackendConfiguration,
    DeviceReport, DeviceRequestFacts, DeviceRequestSummary, DeviceStateView, DeviceStep,
    DeviceWork, DeviceWorkKind, LivenessKeyRecord, LivenessNonceRecord, LivenessProviderRecord,
    RequesterState, SpentRecord, issue_liveness_nonce, read_device_request,
};
pub use error::{EnrollmentError, Problem};
pub use evidence::{AppEnvironment, DeviceEvidenceSource, ExpectedApp, device_evidence_request};
pub use expectation::{
    AuthenticatorAttachment, ExpectedAuthentication, ExpectedRegistration, StoredCredential,
    UserVerificationRequirement,
};
#[cfg(feature = "ffi-test-hooks")]
pub use hooks::panic_for_tests;
pub use options::{
    RegistrationOptions, SignOptions, android_origin, expected_of_options,
    expected_of_sign_options, registration_options, sign_options,
};
pub use ports::{CodeChannel, CodeDelivery, LivenessResults, PortError};
pub use preflight::{
    PreflightReport, TextLanguage, preflight_authentication, preflight_registration,
};
pub use published::{PublishedErrorRecord, published_error, published_errors};
pub use request::{
    AssertionForm, AssertionSource, RegistrationForm, RegistrationSource, assertion_request,
    registration_request,
};
#[doc(hidden)]
pub use scaffolding::{UniFfiTag, uniffi_reexport_hack};
pub use tools::{VectorOutcome, inspect_bytes, judge_vector};
pub use trust::{AndroidStatusSource, MetadataSource, TrustSource};
pub use verdict::{
    AppKeyToStore, CheckOutcome, CheckRecord, CredentialToStore, CredentialUpdate, FactsRecord,
    PartRecord, RefusalRecord, VerdictDecision, VerdictRecord,
};
pub use verifier::{EnrollmentVerifier, PolicyProfile, VerifierConfiguration};
