//! Whole ceremonies over both verifiers. `webauthn-rs-core` issues every challenge; the test
//! authenticator answers; what is stored by one verifier is used by the other.

use std::collections::BTreeMap;
use std::time::Duration;

use device_enrollment::verdict::CheckId;
use device_enrollment::webauthn::{AcceptedAuthentication, AcceptedRegistration};
use device_enrollment::{
    AuthenticationExpectation, AuthenticationResponse, Base64Reading, CredentialRecord, Failure,
    Origin, Policy, RegistrationExpectation, RegistrationResponse, TrustStore, UnixTime, Verifier,
};
use device_enrollment_testkit::authenticator_data::flag;
use device_enrollment_testkit::{Assertion, Edit, ORIGIN, RP_ID, Registration, TIME};
use serde_cbor_2::Value;
use url::Url;
use webauthn_rs_core::WebauthnCore;
use webauthn_rs_core::error::WebauthnError;
use webauthn_rs_core::proto::{
    AttestationFormat, AuthenticationResult, AuthenticationState, COSEAlgorithm, COSEKey,
    COSEKeyType, Credential, ParsedAttestation, PublicKeyCredential, RegisterPublicKeyCredential,
    RegisteredExtensions, RegistrationState, RequestChallengeResponse, UserVerificationPolicy,
};

/// What both verify. `webauthn-rs` has ES512 keys without verifying their signatures, and no
/// EdDSA keys.
const ALGORITHMS: [COSEAlgorithm; 3] =
    [COSEAlgorithm::ES256, COSEAlgorithm::ES384, COSEAlgorithm::RS256];

#[test]
fn a_credential_enrolled_here_authenticates_there() {
    for algorithm in ALGORITHMS {
        for backup in BACKUP_FLAGS {
            let (device, accepted) = enrolled_here(algorithm, backup);
            let stored = as_webauthn_rs_stores(&accepted);
            assert_eq!(stored.cred.type_, algorithm);

            let (challenge, state) = login_challenge(&stored);
            let used = login(&device, &challenge, |_| {});
            let there = authenticate_there(&used, &state).unwrap();
            assert_eq!(there.cred_id(), &accepted.credential_id, "{algorithm:?} {backup:#04x}");
            assert_eq!((there.counter(), there.user_verified()), (1, true));
            assert_eq!(there.backup_eligible(), backup & flag::BACKUP_ELIGIBLE != 0);
            assert_eq!(there.backup_state(), backup & flag::BACKUP_STATE != 0);
            // The verifier that enrolled it agrees.
            let mut record = CredentialRecord::new(
                accepted.credential_id.clone(),
                accepted.public_key.clone(),
                accepted.sign_count,
            );
            record.backup_eligible = Some(accepted.backup_eligible);
            record.user_handle = Some(device.user_handle.clone());
            assert_eq!(authenticate_here(&used, &challenge, record).unwrap().sign_count, 1);
        }
    }
}

#[test]
fn a_credential_enrolled_there_authenticates_here() {
    for algorithm in ALGORITHMS {
        for backup in BACKUP_FLAGS {
            let (device, stored) = enrolled_there(algorithm, backup);
            let record = as_we_store(&stored, &device);
            assert_eq!(record.public_key, device.make().credential_public_key, "{algorithm:?}");

            let (challenge, state) = login_challenge(&stored);
            let used = login(&device, &challenge, |_| {});
            let accepted = authenticate_here(&used, &challenge, record).unwrap();
            assert_eq!(accepted.credential_id, stored.cred_id);
            assert_eq!((accepted.sign_count, accepted.user_verified), (1, true));
            assert_eq!(accepted.backed_up, backup & flag::BACKUP_STATE != 0);
            // The verifier that enrolled it agrees.
            assert_eq!(authenticate_there(&used, &state).unwrap().counter(), 1);
        }
    }
}

#[test]
fn a_flipped_signature_byte_is_refused_on_both_sides_wherever_it_was_enrolled() {
    for algorithm in ALGORITHMS {
        for stored in [enrolled_here_for_there(algorithm), enrolled_there(algorithm, 0)] {
            let (device, stored) = stored;
            let (challenge, state) = login_challenge(&stored);
            let flipped = login(&device, &challenge, |assertion| {
                assertion.edit_signature =
                    Edit::new(|signature: &mut Vec<u8>| *signature.last_mut().unwrap() ^= 1);
            });
            assert!(
                matches!(
                    authenticate_there(&flipped, &state),
                    Err(WebauthnError::AuthenticationFailure)
                ),
                "{algorithm:?}"
            );
            let refused = authenticate_here(&flipped, &challenge, as_we_store(&stored, &device));
            assert_refused(refused, CheckId::As3, "signature.invalid");
        }
    }
}

#[test]
fn the_counter_and_the_backup_flag_come_along() {
    let (device, mut stored) = enrolled_here_for_there(COSEAlgorithm::ES256);
    stored.counter = 1;
    let (challenge, state) = login_challenge(&stored);
    let again = login(&device, &challenge, |_| {});
    assert!(matches!(
        authenticate_there(&again, &state),
        Err(WebauthnError::CredentialPossibleCompromise)
    ));
    let refused = authenticate_here(&again, &challenge, as_we_store(&stored, &device));
    assert_refused(refused, CheckId::As4, "credential.counter");

    let (device, stored) = enrolled_there(COSEAlgorithm::ES256, 0);
    let (challenge, state) = login_challenge(&stored);
    let eligible = login(&device, &challenge, |assertion| {
        assertion.authenticator_data.set_flag(flag::BACKUP_ELIGIBLE);
    });
    assert!(matches!(
        authenticate_there(&eligible, &state),
        Err(WebauthnError::CredentialBackupEligibilityInconsistent)
    ));
    let refused = authenticate_here(&eligible, &challenge, as_we_store(&stored, &device));
    assert_refused(refused, CheckId::As5, "credential.backup_eligibility");
}

/// A registration for a challenge of `webauthn-rs`, accepted here.
fn enrolled_here(algorithm: COSEAlgorithm, backup: u8) -> (Registration, AcceptedRegistration) {
    let (device, credential, challenge, _) = enrollment(algorithm, backup);
    let response = RegistrationResponse::try_from(&credential).unwrap();
    let expected = RegistrationExpectation::from_creation_challenge(&challenge, origins());
    let judgement = verifier().registration(&response, &expected, Some(UnixTime(TIME)));
    let accepted = judgement.accepted().unwrap().clone();
    (device, accepted)
}

/// The same as `webauthn-rs` stores it.
fn enrolled_here_for_there(algorithm: COSEAlgorithm) -> (Registration, Credential) {
    let (device, accepted) = enrolled_here(algorithm, 0);
    let stored = as_webauthn_rs_stores(&accepted);
    (device, stored)
}

/// The same registration, accepted by `webauthn-rs` after it went through our types.
fn enrolled_there(algorithm: COSEAlgorithm, backup: u8) -> (Registration, Credential) {
    let (device, credential, _, state) = enrollment(algorithm, backup);
    let response = RegistrationResponse::try_from(&credential).unwrap();
    let credential = RegisterPublicKeyCredential::try_from(&response).unwrap();
    let stored = core().register_credential(&credential, &state, None).unwrap();
    (device, restored(&stored))
}

type Challenge = webauthn_rs_core::proto::CreationChallengeResponse;

fn enrollment(
    algorithm: COSEAlgorithm,
    backup: u8,
) -> (Registration, RegisterPublicKeyCredential, Challenge, RegistrationState) {
    let mut device =
        Registration::packed_self("interop").with_credential_algorithm(i64::from(algorithm as i32));
    device.authenticator_data.set_flag(backup);
    let builder = core()
        .new_challenge_register_builder(&device.user_handle, "ana", "Ana")
        .unwrap()
        .user_verification_policy(UserVerificationPolicy::Required)
        .credential_algorithms(vec![algorithm]);
    let (challenge, state) = core().generate_challenge_register(builder).unwrap();
    device.challenge.clone_from(&challenge.public_key.challenge);
    device.client_data.challenge.clone_from(&challenge.public_key.challenge);
    let credential = serde_json::from_value(device.make().to_json()).unwrap();
    (device, credential, challenge, state)
}

fn login_challenge(stored: &Credential) -> (RequestChallengeResponse, AuthenticationState) {
    let builder = core().new_challenge_authenticate_builder(vec![stored.clone()], None).unwrap();
    core().generate_challenge_authenticate(builder).unwrap()
}

/// What the device posts, read here.
fn login(
    device: &Registration,
    challenge: &RequestChallengeResponse,
    change: impl FnOnce(&mut Assertion),
) -> AuthenticationResponse {
    let mut assertion = Assertion::of(device);
    assertion.client_data.challenge.clone_from(&challenge.public_key.challenge);
    change(&mut assertion);
    let posted = assertion.make().to_json().to_string();
    AuthenticationResponse::from_webauthn_json(posted.as_bytes(), Base64Reading::Strict).unwrap()
}

fn authenticate_there(
    response: &AuthenticationResponse,
    state: &AuthenticationState,
) -> Result<AuthenticationResult, WebauthnError> {
    let credential = PublicKeyCredential::try_from(response).unwrap();
    core().authenticate_credential(&credential, state)
}

/// The response takes the way through their types as well.
fn authenticate_here(
    response: &AuthenticationResponse,
    challenge: &RequestChallengeResponse,
    record: CredentialRecord,
) -> Result<AcceptedAuthentication, Failure> {
    let credential = PublicKeyCredential::try_from(response).unwrap();
    let response = AuthenticationResponse::try_from(&credential).unwrap();
    let expected =
        AuthenticationExpectation::from_request_challenge(challenge, origins(), vec![record]);
    verifier().authentication(&response, &expected, None).into_parts().1
}

#[track_caller]
fn assert_refused(judged: Result<AcceptedAuthentication, Failure>, check: CheckId, code: &str) {
    let failure = judged.expect_err("it was accepted");
    assert_eq!((failure.check, failure.code()), (check, code), "{failure}");
}

/// What we accepted, in the form that `webauthn-rs` stores, read back from its JSON.
fn as_webauthn_rs_stores(accepted: &AcceptedRegistration) -> Credential {
    let key: Value = serde_cbor_2::from_slice(&accepted.public_key).unwrap();
    restored(&Credential {
        cred_id: accepted.credential_id.clone(),
        cred: COSEKey::try_from(&key).unwrap(),
        counter: accepted.sign_count,
        transports: None,
        user_verified: accepted.user_verified,
        backup_eligible: accepted.backup_eligible,
        backup_state: accepted.backed_up,
        registration_policy: UserVerificationPolicy::Required,
        extensions: RegisteredExtensions::none(),
        attestation: ParsedAttestation::default(),
        attestation_format: AttestationFormat::None,
    })
}

fn restored(credential: &Credential) -> Credential {
    serde_json::from_str(&serde_json::to_string(credential).unwrap()).unwrap()
}

/// What `webauthn-rs` stored, in the form that we judge by. It keeps the key taken apart, so its
/// COSE bytes have to be put together again; whose credential it is, the relying party knows.
fn as_we_store(stored: &Credential, device: &Registration) -> CredentialRecord {
    let bytes = |bytes: &[u8]| Value::Bytes(bytes.to_vec());
    let (key_type, mut members) = match &stored.cred.key {
        COSEKeyType::EC_EC2(key) => {
            let curve = Value::Integer(key.curve.clone() as i128);
            (2, BTreeMap::from([(-1, curve), (-2, bytes(&key.x)), (-3, bytes(&key.y))]))
        }
        COSEKeyType::RSA(key) => (3, BTreeMap::from([(-1, bytes(&key.n)), (-2, bytes(&key.e))])),
        other @ COSEKeyType::EC_OKP(_) => panic!("{other:?} is not verified there"),
    };
    members.insert(1, Value::Integer(key_type));
    members.insert(3, Value::Integer(i128::from(stored.cred.type_ as i32)));
    // The map of serde_cbor_2 stands in the order that CTAP2 demands.
    let members = members.into_iter().map(|(label, value)| (Value::Integer(label), value));
    let key = serde_cbor_2::to_vec(&Value::Map(members.collect())).unwrap();
    let mut record = CredentialRecord::new(stored.cred_id.clone(), key, stored.counter);
    record.backup_eligible = Some(stored.backup_eligible);
    record.user_handle = Some(device.user_handle.clone());
    record
}

fn core() -> WebauthnCore {
    let origin = Url::parse(ORIGIN).unwrap();
    let timeout = Duration::from_secs(60);
    WebauthnCore::new_unsafe_experts_only("Bank", RP_ID, vec![origin], timeout, None, None)
}

fn verifier() -> Verifier {
    Verifier::new(Policy::open_finance_brasil(), TrustStore::empty())
}

fn origins() -> Vec<Origin> {
    vec![Origin::parse(ORIGIN).unwrap()]
}

/// A key that stays on its device, and one that has been backed up.
const BACKUP_FLAGS: [u8; 2] = [0, flag::BACKUP_ELIGIBLE | flag::BACKUP_STATE];
