//! Floor 5: the interface for Kotlin and Swift.
//!
//! Calls are coarse: one crossing of the border for one question, and every answer is a plain
//! record. Every function returns a `Result`, because what panics without one ends the app in
//! Swift; [`border::guarded`] turns a panic into an error like any other. Times are Unix
//! milliseconds, since what other languages call a date is not exact. Errors carry a stable code
//! and a sentence in either language, never a challenge, a code or a person's data.
//!
//! What an app needs is always there. The feature `ffi-verifier` adds the verifier, `ffi-backend` the
//! machines of the flows, which hold one, and `ffi-tools` inspection and the judging of vectors.

#[cfg(feature = "ffi-backend")]
mod backend;
mod border;
mod bytes;
mod check;
mod code_entry;
mod confidential;
#[cfg(feature = "ffi-backend")]
mod consent_backend;
#[cfg(feature = "ffi-backend")]
mod device_backend;
#[cfg(feature = "ffi-backend")]
mod enrollment_backend;
mod error;
mod evidence;
mod expectation;
#[cfg(feature = "ffi-test-hooks")]
mod hooks;
#[cfg(feature = "ffi-backend")]
mod open_finance;
mod options;
#[cfg(feature = "ffi-backend")]
mod ports;
mod preflight;
mod profile;
mod published;
mod request;
mod scaffolding;
#[cfg(feature = "ffi-tools")]
mod tools;
#[cfg(feature = "ffi-backend")]
mod transfer_backend;
#[cfg(feature = "ffi-verifier")]
mod trust;
#[cfg(feature = "ffi-verifier")]
mod verdict;
#[cfg(feature = "ffi-verifier")]
mod verifier;

#[cfg(feature = "ffi-backend")]
pub use backend::{AccountState, CodeKeyRecord, ContactsRecord, SpentRecord};
pub use bytes::Bytes;
pub use check::{CheckOutcome, CheckRecord, RefusalRecord};
pub use code_entry::{CodeEntry, CodeEntryAnswer, CodeEntryState, CodeEntryStep, CodeEntryView};
pub use confidential::Confidential;
#[cfg(feature = "ffi-backend")]
pub use consent_backend::{
    ConsentAccount, ConsentBackend, ConsentJudged, ConsentNextStep, ConsentReport,
    ConsentStateView, ConsentStep, ConsentTask, ConsentWork, NewConsentRecord,
};
#[cfg(feature = "ffi-backend")]
pub use device_backend::{
    DeviceBackend, DeviceBackendConfiguration, DeviceNextStep, DeviceReport, DeviceRequestFacts,
    DeviceRequestSummary, DeviceStateView, DeviceStep, DeviceWork, DeviceWorkKind,
    LivenessKeyRecord, LivenessNonceRecord, LivenessProviderRecord, RequesterState,
    issue_liveness_nonce, read_device_request,
};
#[cfg(feature = "ffi-backend")]
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
#[cfg(feature = "ffi-backend")]
pub use open_finance::{
    CeremonyPlatform, ContractRelease, IssuedOptions, OpenFinanceConfiguration, OpenFinanceRefusal,
};
pub use options::{
    RegistrationOptions, SignOptions, android_origin, expected_of_options,
    expected_of_sign_options, registration_options, sign_options,
};
#[cfg(feature = "ffi-backend")]
pub use ports::{CodeChannel, CodeDelivery, LivenessResults, PortError};
pub use preflight::{
    PreflightReport, TextLanguage, preflight_authentication, preflight_registration,
};
pub use profile::PolicyProfile;
pub use published::{PublishedErrorRecord, published_error, published_errors};
pub use request::{
    AssertionForm, AssertionSource, RegistrationForm, RegistrationSource, assertion_request,
    registration_request,
};
#[doc(hidden)]
pub use scaffolding::{UniFfiTag, uniffi_reexport_hack};
#[cfg(feature = "ffi-tools")]
pub use tools::{VectorOutcome, inspect_bytes, judge_vector};
#[cfg(feature = "ffi-backend")]
pub use transfer_backend::{
    BoundCredentialRecord, RailAnswer, RailNews, RefusalReasonRecord, TransferBackend,
    TransferBackendConfiguration, TransferJudged, TransferNextStep, TransferReport,
    TransferRequestFacts, TransferRequestSummary, TransferShown, TransferStateView, TransferStep,
    TransferTask, TransferWork, read_transfer_request,
};
#[cfg(feature = "ffi-verifier")]
pub use trust::{AndroidStatusSource, MetadataSource, TrustSource};
#[cfg(feature = "ffi-verifier")]
pub use verdict::{
    AppKeyToStore, CredentialToStore, CredentialUpdate, FactsRecord, PartRecord, VerdictDecision,
    VerdictRecord,
};
#[cfg(feature = "ffi-verifier")]
pub use verifier::{EnrollmentVerifier, VerifierConfiguration};
