//! Random damage to valid responses: nothing panics, and whatever is accepted says the same as
//! the undamaged response. `MUTATIONS=100000 cargo test --release --test mutations` runs longer.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test fails by panicking"
)]

use device_enrollment::verdict::Facts;
use device_enrollment::webauthn::UserVerification;
use device_enrollment::webauthn::app_attest::{
    AppAssertionExpectation, AppAttestation, AppAttestationExpectation,
};
use device_enrollment::{
    Base64Reading, Origin, Policy, RegistrationExpectation, RegistrationResponse, TrustAnchor,
    TrustStore, UnixTime, Verifier,
};
use device_enrollment_testkit::{AppAttestAssertion, Registration, TIME};

/// A small deterministic generator (SplitMix64): a failure has to come back.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// Overwrites, inserts, removes, repeats or cuts.
fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len());
        match random.below(6) {
            0 if !bytes.is_empty() => bytes[at] = random.next() as u8,
            1 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
            2 => bytes.insert(at, random.next() as u8),
            3 if !bytes.is_empty() => drop(bytes.remove(at)),
            4 => {
                let end = (at + 1 + random.below(16)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
            _ => bytes.truncate(at),
        }
    }
}

fn rounds() -> usize {
    std::env::var("MUTATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(1500)
}

#[test]
fn damage_never_panics_and_never_changes_what_is_accepted() {
    let count = rounds();
    let registrations = [
        Registration::none("damage"),
        Registration::packed_self("damage"),
        Registration::packed_basic_with_intermediate("damage"),
        Registration::fido_u2f("damage"),
        Registration::android_key("damage"),
        Registration::apple("damage"),
        Registration::tpm_ecc("damage"),
        Registration::tpm_rsa("damage"),
        Registration::packed_self("damage").with_credential_algorithm(-48),
        Registration::compound("damage"),
        Registration::safetynet("damage"),
    ];
    for (index, registration) in registrations.iter().enumerate() {
        let parts = registration.make();
        let anchors = parts.anchors.iter().map(|der| TrustAnchor::from_der(der).unwrap()).collect();
        let verifier = Verifier::new(Policy::webauthn(), TrustStore::new(anchors));
        let origin = Origin::parse(&parts.origin).unwrap();
        let mut expected = RegistrationExpectation::new(
            parts.challenge.clone(),
            parts.rp_id.clone(),
            vec![origin],
        );
        expected.user_verification = UserVerification::Preferred;
        let mut random = Random(index as u64);
        for round in 0..count {
            let mut client_data = parts.client_data_json.clone();
            let mut object = parts.attestation_object.clone();
            match random.below(4) {
                0 => damage(&mut client_data, &mut random),
                _ => damage(&mut object, &mut random),
            }
            let response = RegistrationResponse::from_bytes(None, &client_data, &object);
            let judgement = verifier.registration(&response, &expected, Some(UnixTime(TIME)));
            let verdict = judgement.verdict();
            serde_json::to_string(verdict).unwrap();
            // The inspector reads the same bytes with more patience.
            drop(device_enrollment::inspect::inspect(&object, Base64Reading::Strict));
            let certificates = |facts: &Facts| facts.certificates.len();
            let attested = certificates(&verdict.facts)
                + verdict.parts.iter().map(|part| certificates(&part.facts)).sum::<usize>();
            if verdict.is_accepted() && attested > 0 {
                let key = verdict.facts.credential_public_key.as_deref();
                assert_eq!(key, Some(&parts.credential_public_key[..]), "{index} round {round}");
            }
        }
    }
}

#[test]
fn damage_to_app_attest_never_panics_and_never_changes_what_is_accepted() {
    let registration = Registration::app_attest_with_launch_validation("damage");
    let parts = registration.make();
    let anchors = parts.anchors.iter().map(|der| TrustAnchor::from_der(der).unwrap()).collect();
    let verifier = Verifier::new(Policy::webauthn(), TrustStore::new(anchors));
    let expected =
        AppAttestationExpectation::new(parts.rp_id.clone(), parts.client_data_json.clone());
    let mut random = Random(0);
    for round in 0..rounds() {
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
    for round in 0..rounds() {
        let mut assertion = login.assertion.clone();
        damage(&mut assertion, &mut random);
        let judgement = verifier.app_assertion(&assertion, &expected);
        serde_json::to_string(judgement.verdict()).unwrap();
        let changed = assertion != login.assertion;
        assert!(judgement.accepted().is_err() || !changed, "round {round}");
    }
}
