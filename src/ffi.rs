//! Floor 5: the interface for Kotlin and Swift.
//!
//! Calls are coarse: one crossing of the border for one question, and every answer is a plain
//! record. Every function returns a `Result`, because what panics without one ends the app in
//! Swift; [`border::guarded`] turns a panic into an error like any other. Times are Unix
//! milliseconds, since what other languages call a date is not exact. Errors carry a stable code
//! and a sentence in either language, never a challenge, a code or a person's data.

mod backend;
mod border;
mod bytes;
mod code_entry;
mod confidential;
mod consent_backend;
mod device_backend;
mod enrollment_backend;
mod error;
mod evidence;
mod expectation;
#[cfg(feature = "ffi-test-hooks")]
mod hooks;
mod open_finance;
mod options;
mod ports;
mod preflight;
mod published;
mod request;
mod scaffolding;
mod tools;
mod transfer_backend;
mod trust;
mod verdict;
mod verifier;

pub use backend::{AccountState, CodeKeyRecord, ContactsRecord, SpentRecord};
pub use bytes::Bytes;
pub use code_entry::{CodeEntry, CodeEntryAnswer, CodeEntryState, CodeEntryStep, CodeEntryView};
pub use confidential::Confidential;
pub use consent_backend::{
    ConsentAccount, ConsentBackend, ConsentJudged, ConsentNextStep, ConsentReport,
    ConsentStateView, ConsentStep, ConsentTask, ConsentWork, NewConsentRecord,
};
pub use device_backend::{
    DeviceBackend, DeviceBackendConfiguration, DeviceReport, DeviceRequestFacts,
    DeviceRequestSummary, DeviceStateView, DeviceStep, DeviceWork, DeviceWorkKind,
    LivenessKeyRecord, LivenessNonceRecord, LivenessProviderRecord, RequesterState,
    issue_liveness_nonce, read_device_request,
};
pub use enrollment_backend::{
    BodyForm, EnrollmentBackend, EnrollmentJudged, EnrollmentNextStep, EnrollmentReport,
    EnrollmentStateView, EnrollmentStep, EnrollmentTask, EnrollmentTerms, EnrollmentWork,
    HolderApproval,
};
pub use error::{EnrollmentError, Problem};
pub use evidence::{AppEnvironment, DeviceEvidenceSource, ExpectedApp, device_evidence_request};
pub use expectation::{
    AuthenticatorAttachment, ExpectedAuthentication, ExpectedRegistration, StoredCredential,
    UserVerificationRequirement,
};
#[cfg(feature = "ffi-test-hooks")]
pub use hooks::panic_for_tests;
pub use open_finance::{
    CeremonyPlatform, ContractRelease, IssuedOptions, OpenFinanceConfiguration, OpenFinanceRefusal,
};
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
pub use transfer_backend::{
    BoundCredentialRecord, RailAnswer, RailNews, RefusalReasonRecord, TransferBackend,
    TransferBackendConfiguration, TransferJudged, TransferNextStep, TransferReport,
    TransferRequestFacts, TransferRequestSummary, TransferShown, TransferStateView, TransferStep,
    TransferTask, TransferWork, read_transfer_request,
};
pub use trust::{AndroidStatusSource, MetadataSource, TrustSource};
pub use verdict::{
    AppKeyToStore, CheckOutcome, CheckRecord, CredentialToStore, CredentialUpdate, FactsRecord,
    PartRecord, RefusalRecord, VerdictDecision, VerdictRecord,
};
pub use verifier::{EnrollmentVerifier, PolicyProfile, VerifierConfiguration};
