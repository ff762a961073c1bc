//! The valid responses that are damaged, and what has to hold of every verdict.

use device_enrollment::webauthn::UserVerification;
use device_enrollment::{
    AuthenticationExpectation, AuthenticationResponse, Base64Reading, CredentialRecord, Origin,
    Outcome, Policy, RegistrationExpectation, RegistrationResponse, TrustAnchor, TrustStore,
    UnixTime, Verdict, Verifier,
};
use device_enrollment_testkit::{Assertion, AssertionParts, Registration, RegistrationParts, TIME};

use crate::random::Random;

/// A damaged response.
pub(crate) enum Damaged {
    /// Of the registration with this number. One that was signed again may say anything, as long
    /// as the checks agree.
    Registration { of: usize, client_data: Vec<u8>, object: Vec<u8>, signed_again: bool },
    /// Of the assertion with this number.
    Assertion {
        of: usize,
        client_data: Vec<u8>,
        data: Vec<u8>,
        signature: Vec<u8>,
        signed_again: bool,
    },
    /// A request in one of the wire forms, of the registration and the assertion with this number.
    Request { of: usize, text: Vec<u8> },
}

/// Everything valid, made once.
pub(crate) struct Ceremonies {
    pub(crate) unmade: Vec<Registration>,
    pub(crate) registrations: Vec<RegistrationParts>,
    pub(crate) unmade_assertions: Vec<Assertion>,
    pub(crate) assertions: Vec<AssertionParts>,
    pub(crate) requests: Vec<serde_json::Value>,
    verifiers: [Verifier; 2],
    expected: RegistrationExpectation,
    expected_assertions: Vec<AuthenticationExpectation>,
}

impl Ceremonies {
    pub(crate) fn new() -> Self {
        let unmade = vec![
            Registration::none("damage"),
            Registration::packed_self("damage"),
            Registration::packed_basic_with_intermediate("damage"),
            Registration::fido_u2f("damage"),
            Registration::android_key("damage"),
            Registration::apple("damage"),
            Registration::tpm_ecc("damage"),
            Registration::tpm_rsa("damage"),
            Registration::packed_self("damage").with_credential_algorithm(-48),
        ];
        let registrations: Vec<RegistrationParts> = unmade.iter().map(Registration::make).collect();
        let anchors: Vec<TrustAnchor> = registrations
            .iter()
            .flat_map(|made| &made.anchors)
            .map(|der| TrustAnchor::from_der(der).unwrap())
            .collect();
        let verifiers = [Policy::webauthn(), Policy::open_finance_brasil()]
            .map(|policy| Verifier::new(policy, TrustStore::new(anchors.clone())));
        let made = &registrations[0];
        let origin = Origin::parse(&made.origin).unwrap();
        let mut expected = RegistrationExpectation::new(
            made.challenge.clone(),
            made.rp_id.clone(),
            vec![origin.clone()],
        );
        // U2F has none.
        expected.user_verification = UserVerification::Preferred;

        let unmade_assertions: Vec<Assertion> = [-7, -8, -257, -48, -35]
            .into_iter()
            .map(|algorithm| {
                let registration = Registration::packed_self("damage");
                Assertion::of(&registration.with_credential_algorithm(algorithm))
            })
            .collect();
        let assertions: Vec<AssertionParts> =
            unmade_assertions.iter().map(Assertion::make).collect();
        let expected_assertions = assertions
            .iter()
            .map(|made| {
                let key = made.credential_public_key.clone();
                let mut record = CredentialRecord::new(made.credential_id.clone(), key, 0);
                record.user_handle.clone_from(&made.user_handle);
                AuthenticationExpectation::new(
                    made.challenge.clone(),
                    made.rp_id.clone(),
                    vec![origin.clone()],
                    vec![record],
                )
            })
            .collect();
        let requests = requests(&registrations, &assertions);
        let ceremonies = Self {
            unmade,
            registrations,
            unmade_assertions,
            assertions,
            requests,
            verifiers,
            expected,
            expected_assertions,
        };
        ceremonies.all_are_valid();
        ceremonies
    }

    /// Damage says something only where the undamaged is accepted.
    fn all_are_valid(&self) {
        let mut random = Random::new(0);
        for (of, made) in self.registrations.iter().enumerate() {
            let (client_data, object) =
                (made.client_data_json.clone(), made.attestation_object.clone());
            let whole = Damaged::Registration { of, client_data, object, signed_again: false };
            assert!(self.judge_under(0, &whole, &mut random), "registration {of}");
        }
        for (of, made) in self.assertions.iter().enumerate() {
            let whole = Damaged::Assertion {
                of,
                client_data: made.client_data_json.clone(),
                data: made.authenticator_data.clone(),
                signature: made.signature.clone(),
                signed_again: false,
            };
            assert!(self.judge_under(0, &whole, &mut random), "assertion {of}");
        }
    }

    /// Judges under one of the two profiles; whether it was accepted.
    pub(crate) fn judge(&self, damaged: &Damaged, random: &mut Random) -> bool {
        let profile = random.below(2);
        self.judge_under(profile, damaged, random)
    }

    fn judge_under(&self, profile: usize, damaged: &Damaged, random: &mut Random) -> bool {
        let verifier = &self.verifiers[profile];
        let time = Some(UnixTime(TIME));
        match damaged {
            Damaged::Registration { of, client_data, object, signed_again } => {
                let response = RegistrationResponse::from_bytes(None, client_data, object);
                let judgement = verifier.registration(&response, &self.expected, time);
                if random.chance(4) {
                    // The inspector reads the same bytes with more patience.
                    inspected(object);
                }
                self.registration(judgement.verdict(), *of, *signed_again)
            }
            Damaged::Assertion { of, client_data, data, signature, signed_again } => {
                let made = &self.assertions[*of];
                let response = AuthenticationResponse::from_bytes(
                    &made.credential_id,
                    client_data,
                    data,
                    signature,
                    made.user_handle.as_deref(),
                );
                let expected = &self.expected_assertions[*of];
                let judgement = verifier.authentication(&response, expected, time);
                let accepted = written(judgement.verdict());
                if accepted && !signed_again {
                    assert_eq!(client_data, &made.client_data_json);
                    assert_eq!(data, &made.authenticator_data);
                }
                accepted
            }
            Damaged::Request { of, text } => {
                if random.chance(4) {
                    inspected(text);
                }
                let reading = *random.pick(&[Base64Reading::Strict, Base64Reading::AnyAlphabet]);
                self.request(verifier, *of, text, reading)
            }
        }
    }

    fn request(&self, verifier: &Verifier, of: usize, text: &[u8], reading: Base64Reading) -> bool {
        let time = Some(UnixTime(TIME));
        let ceremony = device_enrollment::verdict::Ceremony::Registration;
        match RegistrationResponse::from_any_form(text, reading) {
            Ok(response) => {
                let judgement = verifier.registration(&response, &self.expected, time);
                return self.registration(judgement.verdict(), of, false);
            }
            Err(failure) => {
                assert!(!written(&verifier.malformed(&failure, ceremony, text, time)));
            }
        }
        let Ok(response) = AuthenticationResponse::from_any_form(text, reading) else {
            return false;
        };
        let of = of % self.assertions.len();
        let judgement = verifier.authentication(&response, &self.expected_assertions[of], time);
        let accepted = written(judgement.verdict());
        if accepted {
            assert_eq!(response.client_data_json(), self.assertions[of].client_data_json);
            assert_eq!(response.authenticator_data(), self.assertions[of].authenticator_data);
        }
        accepted
    }

    /// An attested key that is accepted is the one that was attested.
    fn registration(&self, verdict: &Verdict, of: usize, signed_again: bool) -> bool {
        let accepted = written(verdict);
        if accepted && !verdict.facts.certificates.is_empty() && !signed_again {
            let key = verdict.facts.credential_public_key.as_deref();
            let mut attested = self.registrations.iter().map(|made| &made.credential_public_key);
            assert!(attested.any(|attested| key == Some(attested)), "registration {of}");
        }
        accepted
    }
}

/// A verdict can be written, and it was refused exactly where one check failed.
fn written(verdict: &Verdict) -> bool {
    serde_json::to_string(verdict).unwrap();
    let failed = verdict.checks.iter().filter(|check| check.outcome == Outcome::Failed).count();
    assert_eq!(failed, usize::from(!verdict.is_accepted()), "{verdict:?}");
    verdict.is_accepted()
}

fn inspected(bytes: &[u8]) {
    if let Ok(tree) = device_enrollment::inspect::inspect(bytes, Base64Reading::AnyAlphabet) {
        serde_json::to_string(&tree).unwrap();
    }
}

/// Every wire form; the index says whose.
fn requests(
    registrations: &[RegistrationParts],
    assertions: &[AssertionParts],
) -> Vec<serde_json::Value> {
    let mut requests = Vec::new();
    for (made, asserted) in registrations.iter().zip(assertions.iter().cycle()) {
        let response = RegistrationResponse::from_bytes(
            Some(&made.credential_id),
            &made.client_data_json,
            &made.attestation_object,
        );
        requests.extend([
            made.to_json(),
            response.to_device_credential(),
            response.to_fido_registration(),
            asserted.to_json(),
            serde_json::json!({ "data": { "fidoAssertion": asserted.to_json() } }),
        ]);
    }
    requests
}

/// How many forms each registration has in [`Ceremonies::requests`].
pub(crate) const FORMS: usize = 5;
