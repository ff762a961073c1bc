//! Whole ceremonies, judged under both profiles.

use std::sync::OnceLock;

use device_enrollment::webauthn::UserVerification;
use device_enrollment::{
    AuthenticationExpectation, AuthenticationResponse, CredentialRecord, Origin, Policy,
    RegistrationExpectation, RegistrationResponse, TrustAnchor, TrustStore, UnixTime, Verdict,
    Verifier,
};
use device_enrollment_testkit::{
    AssertionParts, Edit, Extension, Registration, RegistrationParts, Statement, TIME,
};

use crate::parts::apart;
use crate::seeds;

/// Client data and an attestation object. Every anchor of the test kit's registrations is
/// configured; a fuzzer cannot sign, so what a certificate vouches for is what the test kit made.
pub fn registration(input: &[u8]) {
    let [client_data, object] = apart(input);
    let world = World::get();
    let response = RegistrationResponse::from_bytes(None, client_data, object);
    for verifier in &world.verifiers {
        let judgement = verifier.registration(&response, &world.expected, Some(UnixTime(TIME)));
        let verdict = judgement.verdict();
        written(verdict);
        if verdict.is_accepted() && !verdict.facts.certificates.is_empty() {
            let key = verdict.facts.credential_public_key.as_deref();
            assert!(
                world.registrations.iter().any(|made| key == Some(&made.credential_public_key))
            );
        }
    }
}

/// What an authenticator that knows its key may say: the part that the first byte names is
/// replaced, and everything is signed again, so that the checks behind a signature are reached.
pub fn statement(input: &[u8]) {
    let Some((&which, payload)) = input.split_first() else {
        return;
    };
    let world = World::get();
    let mut registration = world.unmade[usize::from(which & 0x0f) % world.unmade.len()].clone();
    replace(&mut registration, which >> 4, payload.to_vec());
    let made = registration.make();
    let response =
        RegistrationResponse::from_bytes(None, &made.client_data_json, &made.attestation_object);
    for verifier in &world.verifiers {
        let judgement = verifier.registration(&response, &world.expected, Some(UnixTime(TIME)));
        written(judgement.verdict());
    }
}

/// An assertion by one of the records, which the first byte names: accepted only as it was signed.
pub fn assertion(input: &[u8]) {
    let Some((&which, input)) = input.split_first() else {
        return;
    };
    let [client_data, data, signature] = apart(input);
    let world = World::get();
    let (made, expected) = &world.assertions[usize::from(which) % world.assertions.len()];
    let response = AuthenticationResponse::from_bytes(
        &made.credential_id,
        client_data,
        data,
        signature,
        made.user_handle.as_deref(),
    );
    for verifier in &world.verifiers {
        let judgement = verifier.authentication(&response, expected, Some(UnixTime(TIME)));
        written(judgement.verdict());
        if judgement.verdict().is_accepted() {
            assert_eq!(
                (client_data, data),
                (&made.client_data_json[..], &made.authenticator_data[..])
            );
        }
    }
}

fn written(verdict: &Verdict) {
    serde_json::to_string(verdict).expect("a verdict");
}

/// Puts `payload` into the registration at the place with this number.
fn replace(registration: &mut Registration, place: u8, payload: Vec<u8>) {
    let has_leaf = registration.attestation.chain.is_some();
    let extensions = if has_leaf { registration.leaf().extensions.len() } else { 0 };
    match usize::from(place) {
        0 => registration.authenticator_data.extensions_bytes = Some(payload),
        1 => registration.authenticator_data.public_key_bytes = Some(payload),
        2 => registration.authenticator_data.credential_id = payload,
        3 => registration.authenticator_data.bytes = Some(payload),
        4 => {
            if let Statement::Tpm(tpm) = &mut registration.attestation.statement {
                tpm.edit_public_area =
                    Edit::new(move |area: &mut Vec<u8>| area.clone_from(&payload));
            }
        }
        5 if extensions > 0 => registration.leaf().spki = payload,
        6 if extensions > 0 => registration.leaf().serial = payload,
        7 if extensions > 0 => {
            // A further extension, its identifier one that has a rule.
            let mut extension = Extension::new(OIDS[payload.len() % OIDS.len()], payload);
            extension.critical = false;
            registration.leaf().extensions.push(extension);
        }
        place if extensions > 0 => {
            let at = place % extensions;
            registration.leaf().extensions[at].value = payload;
        }
        _ => registration.authenticator_data.trailing = payload,
    }
}

const OIDS: [&str; 5] = [
    "2.5.29.17",
    "1.3.6.1.4.1.45724.1.1.4",
    "1.3.6.1.4.1.45724.1.1.5",
    "1.3.6.1.4.1.11129.2.1.17",
    "1.2.840.113635.100.8.2",
];

/// What every input is judged against, made once.
struct World {
    verifiers: [Verifier; 2],
    unmade: Vec<Registration>,
    registrations: Vec<RegistrationParts>,
    expected: RegistrationExpectation,
    assertions: Vec<(AssertionParts, AuthenticationExpectation)>,
}

impl World {
    fn get() -> &'static Self {
        static WORLD: OnceLock<World> = OnceLock::new();
        WORLD.get_or_init(Self::new)
    }

    fn new() -> Self {
        let unmade: Vec<Registration> =
            seeds::registrations().into_iter().map(|(_, registration)| registration).collect();
        let registrations: Vec<RegistrationParts> = unmade.iter().map(Registration::make).collect();
        let anchors: Vec<TrustAnchor> = registrations
            .iter()
            .flat_map(|made| &made.anchors)
            .map(|der| TrustAnchor::from_der(der).expect("an anchor"))
            .collect();
        let verifiers = [Policy::webauthn(), Policy::open_finance_brasil()]
            .map(|policy| Verifier::new(policy, TrustStore::new(anchors.clone())));
        let made = &registrations[0];
        let origin = Origin::parse(&made.origin).expect("an origin");
        let mut expected =
            RegistrationExpectation::new(made.challenge.clone(), &made.rp_id, vec![origin.clone()]);
        // U2F has none.
        expected.user_verification = UserVerification::Preferred;
        let assertions = seeds::assertions()
            .iter()
            .map(|(_, assertion)| {
                let made = assertion.make();
                let mut record = CredentialRecord::new(
                    made.credential_id.clone(),
                    made.credential_public_key.clone(),
                    0,
                );
                record.user_handle.clone_from(&made.user_handle);
                let expected = AuthenticationExpectation::new(
                    made.challenge.clone(),
                    &made.rp_id,
                    vec![origin.clone()],
                    vec![record],
                );
                (made, expected)
            })
            .collect();
        let world = Self { verifiers, unmade, registrations, expected, assertions };
        world.all_are_valid();
        world
    }

    /// A target whose seeds are refused at the door would look at nothing behind it.
    fn all_are_valid(&self) {
        let (verifier, time) = (&self.verifiers[0], Some(UnixTime(TIME)));
        for made in &self.registrations {
            let response = RegistrationResponse::from_bytes(
                None,
                &made.client_data_json,
                &made.attestation_object,
            );
            verifier.registration(&response, &self.expected, time).accepted().expect("a seed");
        }
        for (made, expected) in &self.assertions {
            let response = AuthenticationResponse::from_bytes(
                &made.credential_id,
                &made.client_data_json,
                &made.authenticator_data,
                &made.signature,
                made.user_handle.as_deref(),
            );
            verifier.authentication(&response, expected, time).accepted().expect("a seed");
        }
    }
}
