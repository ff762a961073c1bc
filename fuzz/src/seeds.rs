//! The ceremonies that seeds are made from and that whole responses are judged against.

use device_enrollment_testkit::{Assertion, Registration};

/// One registration of every format and path length. One seed, so one challenge for all.
pub fn registrations() -> Vec<(&'static str, Registration)> {
    vec![
        ("none", Registration::none(SEED)),
        ("packed_self", Registration::packed_self(SEED)),
        ("packed", Registration::packed_basic(SEED)),
        ("packed_intermediate", Registration::packed_basic_with_intermediate(SEED)),
        ("fido_u2f", Registration::fido_u2f(SEED)),
        ("android_key", Registration::android_key(SEED)),
        ("apple", Registration::apple(SEED)),
        ("tpm_ecc", Registration::tpm_ecc(SEED)),
        ("tpm_rsa", Registration::tpm_rsa(SEED)),
    ]
}

/// A SafetyNet statement, for the JWS in it.
pub fn safetynet() -> device_enrollment_testkit::RegistrationParts {
    Registration::safetynet(SEED).make()
}

/// Credentials of every kind of key, by COSE algorithm.
pub fn credentials() -> Vec<(i64, Registration)> {
    [-7, -8, -35, -36, -47, -53, -257, -37, -48]
        .into_iter()
        .map(|algorithm| {
            (algorithm, Registration::packed_self(SEED).with_credential_algorithm(algorithm))
        })
        .collect()
}

/// An assertion of each of the [`credentials`].
pub fn assertions() -> Vec<(i64, Assertion)> {
    credentials().iter().map(|(algorithm, made)| (*algorithm, Assertion::of(made))).collect()
}

const SEED: &str = "fuzz";
