//! The ceremonies that are measured: one for each way a device attests, and approvals by three
//! kinds of keys.

use device_enrollment::{
    AndroidStatusList, AuthenticationExpectation, AuthenticationResponse, Base64Reading,
    CredentialRecord, Origin, Policy, RegistrationExpectation, RegistrationResponse, TrustAnchor,
    TrustStore, UnixTime, Verifier,
};
use device_enrollment_testkit::attestation::android_key;
use device_enrollment_testkit::authenticator_data::flag;
use device_enrollment_testkit::{
    Assertion, AssertionParts, Authority, KeyKind, Registration, RegistrationParts, SigningKey,
    TIME,
};

/// The instant at which certificates have to be valid.
pub const NOW: Option<UnixTime> = Some(UnixTime(TIME));

/// A registration, with all that a relying party holds before it calls the verifier.
#[derive(Clone)]
pub struct Enrollment {
    pub name: &'static str,
    pub parts: RegistrationParts,
    pub json: String,
    pub response: RegistrationResponse,
    pub expectation: RegistrationExpectation,
    pub webauthn: Verifier,
    pub open_finance: Verifier,
}

/// An assertion, likewise.
#[derive(Clone)]
pub struct Approval {
    pub name: &'static str,
    pub parts: AssertionParts,
    pub algorithm: i64,
    pub json: String,
    pub response: AuthenticationResponse,
    pub expectation: AuthenticationExpectation,
    pub webauthn: Verifier,
    pub open_finance: Verifier,
}

/// The registrations.
pub fn enrollments() -> Vec<Enrollment> {
    vec![
        enrollment("none", Registration::none(SEED)),
        enrollment("packed self", Registration::packed_self(SEED)),
        enrollment("packed basic", Registration::packed_basic(SEED)),
        enrollment("packed intermediate", Registration::packed_basic_with_intermediate(SEED)),
        enrollment("fido-u2f", fido_u2f()),
        enrollment("android-key", android_key_of_four()),
        enrollment("apple", Registration::apple(SEED)),
        enrollment("tpm ecc", Registration::tpm_ecc(SEED)),
        enrollment("tpm rsa", tpm_rsa()),
    ]
}

/// The assertions.
pub fn approvals() -> Vec<Approval> {
    let registered = |algorithm| Registration::none(SEED).with_credential_algorithm(algorithm);
    vec![
        approval("assertion ES256", &registered(-7)),
        approval("assertion RS256", &registered(-257)),
        approval("assertion Ed25519", &registered(-8)),
    ]
}

/// With user verification claimed, as every policy here can then be tried; the format signs the
/// flag no more than before.
fn fido_u2f() -> Registration {
    let mut registration = Registration::fido_u2f(SEED);
    registration.authenticator_data.set_flag(flag::USER_VERIFIED);
    registration
}

/// RSA throughout, as Windows made them for years: the certificate right under the root.
fn tpm_rsa() -> Registration {
    let mut registration = Registration::tpm_rsa(SEED);
    let root = Authority::root_with_key("tpm root", SigningKey::rsa(2));
    registration.chain().set_issuers(vec![root]);
    registration
}

/// Four certificates on three kinds of keys, the root sent too, as phones do.
fn android_key_of_four() -> Registration {
    let mut registration = Registration::android_key(SEED);
    let root = Authority::root_with_key("android root", SigningKey::rsa(2));
    let middle_key = SigningKey::from_seed(KeyKind::Es384, "android middle");
    let middle = root.intermediate_with_key("android middle", middle_key);
    let lowest = middle.intermediate("android lowest");
    let mut chain = android_key::chain(SEED, registration.credential_key.clone());
    chain.set_issuers(vec![lowest, middle, root]);
    registration.attestation.chain = Some(chain);
    registration
}

fn enrollment(name: &'static str, registration: Registration) -> Enrollment {
    let parts = registration.make();
    let json = parts.to_json().to_string();
    let response = RegistrationResponse::from_webauthn_json(json.as_bytes(), Base64Reading::Strict)
        .expect("a readable envelope");
    let origins = vec![origin(&parts.origin)];
    let mut expectation =
        RegistrationExpectation::new(parts.challenge.clone(), parts.rp_id.clone(), origins);
    expectation.algorithms = Some(vec![parts.credential_algorithm]);
    let anchors = parts.anchors.iter().map(|der| TrustAnchor::from_der(der).expect("an anchor"));
    let store = TrustStore::new(anchors.collect()).with_android_status(status_list());
    Enrollment {
        name,
        json,
        response,
        expectation,
        webauthn: Verifier::new(Policy::webauthn(), store.clone()),
        open_finance: Verifier::new(Policy::open_finance_brasil(), store),
        parts,
    }
}

/// A status list as long as the real one of 2026, on which none of the cases stands.
fn status_list() -> AndroidStatusList {
    let serials = (0..1_750_u64).map(|number| 0x5cb8_38f1_fe15_0000 + number);
    let entries: Vec<String> =
        serials.map(|serial| format!(r#""{serial}":{{"status":"REVOKED"}}"#)).collect();
    let json = format!(r#"{{"entries":{{{}}}}}"#, entries.join(","));
    AndroidStatusList::from_json(json.as_bytes(), UnixTime(TIME)).expect("a status list")
}

fn approval(name: &'static str, registration: &Registration) -> Approval {
    let parts = Assertion::of(registration).make();
    let json = parts.to_json().to_string();
    let response =
        AuthenticationResponse::from_webauthn_json(json.as_bytes(), Base64Reading::Strict)
            .expect("a readable envelope");
    let key = parts.credential_public_key.clone();
    let mut record = CredentialRecord::new(parts.credential_id.clone(), key, 0);
    record.user_handle = parts.user_handle.clone();
    record.backup_eligible = Some(false);
    let origins = vec![origin(&parts.origin)];
    let expectation = AuthenticationExpectation::new(
        parts.challenge.clone(),
        parts.rp_id.clone(),
        origins,
        vec![record],
    );
    Approval {
        name,
        algorithm: registration.credential_algorithm,
        json,
        response,
        expectation,
        webauthn: Verifier::new(Policy::webauthn(), TrustStore::empty()),
        open_finance: Verifier::new(Policy::open_finance_brasil(), TrustStore::empty()),
        parts,
    }
}

fn origin(text: &str) -> Origin {
    Origin::parse(text).expect("an origin")
}

const SEED: &str = "benches";
