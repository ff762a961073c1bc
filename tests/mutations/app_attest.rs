//! Damage to App Attest, to compound statements and to SafetyNet, which have ceremonies or an
//! encoding of their own.

use device_enrollment::verdict::Facts;
use device_enrollment::webauthn::UserVerification;
use device_enrollment::webauthn::app_attest::{
    AppAssertionExpectation, AppAttestation, AppAttestationExpectation,
};
use device_enrollment::{
    Base64Reading, Origin, Policy, RegistrationExpectation, RegistrationResponse, TrustAnchor,
    TrustStore, UnixTime, Verifier,
};
use device_enrollment_testkit::{AppAttestAssertion, Registration, RegistrationParts, TIME};

use crate::bytes::damage;
use crate::random::Random;

const ROUNDS: usize = 600;

fn verifier(parts: &RegistrationParts) -> Verifier {
    let anchors = parts.anchors.iter().map(|der| TrustAnchor::from_der(der).unwrap()).collect();
    Verifier::new(Policy::webauthn(), TrustStore::new(anchors))
}

#[test]
fn damage_to_several_statements_never_changes_what_is_accepted() {
    for registration in [Registration::compound("damage"), Registration::safetynet("damage")] {
        let parts = registration.make();
        let verifier = verifier(&parts);
        let origin = Origin::parse(&parts.origin).unwrap();
        let mut expected = RegistrationExpectation::new(
            parts.challenge.clone(),
            parts.rp_id.clone(),
            vec![origin],
        );
        expected.user_verification = UserVerification::Preferred;
        let mut random = Random::new(1);
        for round in 0..ROUNDS {
            let mut object = parts.attestation_object.clone();
            damage(&mut object, &mut random);
            let response = RegistrationResponse::from_bytes(None, &parts.client_data_json, &object);
            let judgement = verifier.registration(&response, &expected, Some(UnixTime(TIME)));
            let verdict = judgement.verdict();
            serde_json::to_string(verdict).unwrap();
            drop(device_enrollment::inspect::inspect(&object, Base64Reading::Strict));
            let certified = |facts: &Facts| !facts.certificates.is_empty();
            let attested = certified(&verdict.facts)
                || verdict.parts.iter().any(|part| certified(&part.facts));
            if verdict.is_accepted() && attested {
                let key = verdict.facts.credential_public_key.as_deref();
                assert_eq!(key, Some(&parts.credential_public_key[..]), "round {round}");
            }
        }
    }
}

#[test]
fn damage_to_app_attest_never_changes_what_is_accepted() {
    let registration = Registration::app_attest_with_launch_validation("damage");
    let parts = registration.make();
    let verifier = verifier(&parts);
    let expected =
        AppAttestationExpectation::new(parts.rp_id.clone(), parts.client_data_json.clone());
    let mut random = Random::new(0);
    for round in 0..ROUNDS {
        let mut object = parts.attestation_object.clone();
        damage(&mut object, &mut random);
        let response = AppAttestation::from_bytes(&parts.credential_id, &object);
        let judgement = verifier.app_attestation(&response, &expected, Some(UnixTime(TIME)));
        serde_json::to_string(judgement.verdict()).unwrap();
        drop(device_enrollment::inspect::inspect(&object, Base64Reading::Strict));
        if let Ok(accepted) = judgement.accepted() {
            assert_eq!(accepted.public_key, parts.credential_public_key, "round {round}");
        }
    }

    let login = AppAttestAssertion::of(&registration).make();
    let key = login.credential_public_key.clone();
    let expected = AppAssertionExpectation::new(login.app_id, login.client_data, key, 0);
    for round in 0..ROUNDS {
        let mut assertion = login.assertion.clone();
        damage(&mut assertion, &mut random);
        let judgement = verifier.app_assertion(&assertion, &expected);
        serde_json::to_string(judgement.verdict()).unwrap();
        let changed = assertion != login.assertion;
        assert!(judgement.accepted().is_err() || !changed, "round {round}");
    }
}
