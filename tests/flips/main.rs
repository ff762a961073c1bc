//! Every single-byte flip of a valid response is refused, except where the format does not sign
//! the byte; those places are listed with their reason. Nothing panics.
//!
//! Here the responses are those of the test authenticator; in [`w3c`] they are the published ones.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod w3c;

use std::ops::Range;

use device_enrollment::{
    Origin, Policy, RegistrationExpectation, RegistrationResponse, Rule, TrustAnchor, TrustStore,
    UnixTime, Verifier,
};
use device_enrollment_testkit::{
    AppAttestAssertion, Assertion, Registration, RegistrationParts, TIME,
};

fn verifier(parts: &RegistrationParts) -> Verifier {
    let anchors = parts.anchors.iter().map(|der| TrustAnchor::from_der(der).unwrap()).collect();
    let mut policy = Policy::webauthn();
    // The count of unused bits stands outside what an issuer signs. This profile passes over it
    // for U2F and says so (FU-9); here it counts, so that every byte does.
    policy.certificate_unused_bits = Rule::Judged;
    Verifier::new(policy, TrustStore::new(anchors))
}

fn expectation(parts: &RegistrationParts) -> RegistrationExpectation {
    let origin = Origin::parse(&parts.origin).unwrap();
    let mut expected =
        RegistrationExpectation::new(parts.challenge.clone(), parts.rp_id.clone(), vec![origin]);
    // U2F has no user verification, so it is not what these tests are about.
    expected.user_verification = device_enrollment::webauthn::UserVerification::Preferred;
    expected
}

fn find(haystack: &[u8], needle: &[u8]) -> Range<usize> {
    let start = haystack.windows(needle.len()).position(|window| window == needle).unwrap();
    start..start + needle.len()
}

/// The bytes that the format does not sign, as ranges of the attestation object.
fn unsigned(name: &str, parts: &RegistrationParts) -> Vec<(Range<usize>, &'static str)> {
    let object = &parts.attestation_object;
    let data = find(object, &parts.authenticator_data);
    let flags = data.start + 32;
    let (counter, aaguid) = (flags + 1..flags + 5, flags + 5..flags + 21);
    match name {
        "none" => vec![
            (flags..flags + 1, "nothing signs the flags of a none registration"),
            (counter, "nothing signs its counter"),
            (aaguid, "nothing signs its AAGUID"),
            (
                find(object, &parts.credential_public_key),
                "nothing signs its key: another valid one",
            ),
        ],
        "fido_u2f" => vec![
            (flags..flags + 1, "U2F signs no flags"),
            (counter, "U2F signs no counter"),
            (aaguid, "U2F signs no AAGUID"),
        ],
        "android_key" => vec![(find(object, &parts.anchors[0]), COPY_OF_THE_ANCHOR)],
        "compound" => vec![(find(object, &parts.anchors[1]), COPY_OF_THE_ANCHOR)],
        "safetynet" => vec![(find(object, b"261000000"), "nothing signs the service's version")],
        _ => Vec::new(),
    }
}

const COPY_OF_THE_ANCHOR: &str =
    "the path ends at the configured anchor; the copy of it in x5c is not looked at";

fn sweep(name: &str, registration: &Registration) {
    let parts = registration.make();
    let verifier = verifier(&parts);
    let expected = expectation(&parts);
    let verify = |client_data: &[u8], object: &[u8]| {
        let response =
            RegistrationResponse::from_bytes(Some(&parts.credential_id), client_data, object);
        let judgement = verifier.registration(&response, &expected, Some(UnixTime(TIME)));
        judgement.accepted().err().cloned()
    };
    assert_eq!(verify(&parts.client_data_json, &parts.attestation_object), None, "{name}");

    for position in 0..parts.client_data_json.len() {
        let mut bytes = parts.client_data_json.clone();
        bytes[position] ^= 1;
        // What a none statement leaves unsigned of client data is every member that is not
        // compared; the testkit writes none of those.
        let accepted = verify(&bytes, &parts.attestation_object).is_none();
        let cross_origin = find(&parts.client_data_json, b"crossOrigin").contains(&position);
        assert!(!accepted || (name == "none" && cross_origin), "{name}: client data {position}");
    }

    flip_object(name, &parts.attestation_object, &unsigned(name, &parts), |object| {
        verify(&parts.client_data_json, object).is_none()
    });
}

/// Flips every byte of an attestation object; what is accepted has to be listed.
fn flip_object(
    name: &str,
    object: &[u8],
    unsigned: &[(Range<usize>, &'static str)],
    accepts: impl Fn(&[u8]) -> bool,
) {
    let mut accepted = 0;
    for position in 0..object.len() {
        let mut bytes = object.to_vec();
        bytes[position] ^= 1;
        if accepts(&bytes) {
            let listed = unsigned.iter().any(|(range, _)| range.contains(&position));
            assert!(listed, "{name}: byte {position} of the attestation object is not signed");
            accepted += 1;
        }
    }
    // A listed exception that is never needed is a wrong reason.
    assert_eq!(accepted == 0, unsigned.is_empty(), "{name}");
}

#[test]
fn no_flip_of_a_none_registration_is_missed() {
    sweep("none", &Registration::none("flips"));
}

#[test]
fn no_flip_of_a_packed_self_registration_is_missed() {
    sweep("packed_self", &Registration::packed_self("flips"));
}

#[test]
fn no_flip_of_a_packed_registration_is_missed() {
    sweep("packed", &Registration::packed_basic("flips"));
    sweep("packed", &Registration::packed_basic_with_intermediate("flips"));
}

#[test]
fn no_flip_of_a_fido_u2f_registration_is_missed() {
    sweep("fido_u2f", &Registration::fido_u2f("flips"));
}

#[test]
fn no_flip_of_an_android_key_registration_is_missed() {
    sweep("android_key", &Registration::android_key("flips"));
}

#[test]
fn no_flip_of_an_apple_registration_is_missed() {
    sweep("apple", &Registration::apple("flips"));
}

#[test]
fn no_flip_of_a_tpm_registration_is_missed() {
    sweep("tpm_ecc", &Registration::tpm_ecc("flips"));
    sweep("tpm_rsa", &Registration::tpm_rsa("flips"));
}

#[test]
fn no_flip_of_a_compound_registration_is_missed() {
    sweep("compound", &Registration::compound("flips"));
}

#[test]
fn no_flip_of_a_safetynet_registration_is_missed() {
    sweep("safetynet", &Registration::safetynet("flips"));
}

#[test]
fn no_flip_of_an_app_attestation_is_missed() {
    use device_enrollment::webauthn::app_attest::{AppAttestation, AppAttestationExpectation};
    // What iOS 27 appends is swept along.
    let mut registration = Registration::app_attest_with_launch_validation("flips");
    let parts = registration.make();
    let verifier = verifier(&parts);
    let accepts = |key_id: &[u8], client_data: &[u8], object: &[u8]| {
        let expected = AppAttestationExpectation::new(parts.rp_id.clone(), client_data);
        let response = AppAttestation::from_bytes(key_id, object);
        let judgement = verifier.app_attestation(&response, &expected, Some(UnixTime(TIME)));
        judgement.accepted().is_ok()
    };
    let (key_id, client_data) = (&parts.credential_id, &parts.client_data_json);
    assert!(accepts(key_id, client_data, &parts.attestation_object));
    for position in 0..key_id.len() {
        let key_id = flipped(key_id, position);
        assert!(!accepts(&key_id, client_data, &parts.attestation_object), "{position}");
    }
    for position in 0..client_data.len() {
        let client_data = flipped(client_data, position);
        assert!(!accepts(key_id, &client_data, &parts.attestation_object), "{position}");
    }
    let receipt = &registration.app_attest_statement().receipt;
    let unsigned = [(
        find(&parts.attestation_object, receipt),
        "the receipt is signed for Apple, who is asked about it, and not for us",
    )];
    flip_object("app_attest", &parts.attestation_object, &unsigned, |object| {
        accepts(key_id, client_data, object)
    });
}

#[test]
fn no_flip_of_an_app_assertion_is_missed() {
    use device_enrollment::webauthn::app_attest::AppAssertionExpectation;
    let parts = AppAttestAssertion::of(&Registration::app_attest("flips")).make();
    let verifier = Verifier::new(Policy::webauthn(), TrustStore::empty());
    let accepts = |client_data: &[u8], assertion: &[u8]| {
        let key = parts.credential_public_key.clone();
        let expected = AppAssertionExpectation::new(parts.app_id.clone(), client_data, key, 0);
        verifier.app_assertion(assertion, &expected).accepted().is_ok()
    };
    assert!(accepts(&parts.client_data, &parts.assertion));
    for position in 0..parts.client_data.len() {
        assert!(!accepts(&flipped(&parts.client_data, position), &parts.assertion), "{position}");
    }
    for position in 0..parts.assertion.len() {
        assert!(!accepts(&parts.client_data, &flipped(&parts.assertion, position)), "{position}");
    }
}

fn flipped(bytes: &[u8], position: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[position] ^= 1;
    bytes
}

#[test]
fn no_flip_of_an_assertion_is_missed() {
    use device_enrollment::{AuthenticationExpectation, AuthenticationResponse, CredentialRecord};
    let parts = Assertion::of(&Registration::none("flips")).make();
    let record =
        CredentialRecord::new(parts.credential_id.clone(), parts.credential_public_key.clone(), 0);
    let origin = Origin::parse(&parts.origin).unwrap();
    let expected = AuthenticationExpectation::new(
        parts.challenge.clone(),
        parts.rp_id.clone(),
        vec![origin],
        vec![record],
    );
    let verifier = Verifier::new(Policy::webauthn(), TrustStore::empty());
    let verify = |client_data: &[u8], data: &[u8], signature: &[u8]| {
        let response = AuthenticationResponse::from_bytes(
            &parts.credential_id,
            client_data,
            data,
            signature,
            None,
        );
        verifier.authentication(&response, &expected, None).accepted().is_ok()
    };
    let (client_data, data, signature) =
        (&parts.client_data_json, &parts.authenticator_data, &parts.signature);
    assert!(verify(client_data, data, signature));
    for position in 0..client_data.len() {
        assert!(!verify(&flipped(client_data, position), data, signature), "{position}");
    }
    for position in 0..data.len() {
        assert!(!verify(client_data, &flipped(data, position), signature), "{position}");
    }
    for position in 0..signature.len() {
        assert!(!verify(client_data, data, &flipped(signature, position)), "{position}");
    }
}
