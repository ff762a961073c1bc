//! The thirty ceremonies of the test vectors of WebAuthn Level 3 (`tests/vectors`), every byte
//! flipped by itself: client data, and the whole attestation object, or authenticator data and
//! signature.
//!
//! What is accepted all the same is listed, and the lists are exact both ways: a flip that is
//! accepted is listed, a flip that is listed is accepted, and no listed reason goes unused.
//!
//! The ordinary run flips one bit of a byte, and all eight where one of them is listed;
//! `FLIPS=all cargo test --test flips` flips every bit there is.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use device_enrollment::webauthn::{CrossOrigin, UserVerification};
use device_enrollment::{
    AuthenticationExpectation, AuthenticationResponse, CredentialRecord, Origin, Policy,
    RegistrationExpectation, RegistrationResponse, TrustAnchor, TrustStore, UnixTime, Verifier,
};
use device_enrollment_testkit::TIME;
use serde_json::Value;

use super::find;

/// One test for each example, so that they share the machine.
macro_rules! sweeps {
    ($($name:ident: $id:literal,)*) => {
        const EXAMPLES: &[&str] = &[$($id),*];

        $(
            #[test]
            fn $name() {
                sweep_registration($id);
                sweep_authentication($id);
            }
        )*
    };
}

sweeps! {
    no_flip_of_none_es256_is_missed: "none-es256",
    no_flip_of_packed_self_es256_is_missed: "packed-self-es256",
    no_flip_of_none_es256_cross_origin_is_missed: "none-es256-crossOrigin",
    no_flip_of_none_es256_top_origin_is_missed: "none-es256-topOrigin",
    no_flip_of_none_es256_long_credential_id_is_missed: "none-es256-long-credential-id",
    no_flip_of_packed_es256_is_missed: "packed-es256",
    no_flip_of_packed_es384_is_missed: "packed-es384",
    no_flip_of_packed_es512_is_missed: "packed-es512",
    no_flip_of_packed_rs256_is_missed: "packed-rs256",
    no_flip_of_packed_eddsa_is_missed: "packed-eddsa",
    no_flip_of_packed_ed448_is_missed: "packed-ed448",
    no_flip_of_tpm_es256_is_missed: "tpm-es256",
    no_flip_of_android_key_es256_is_missed: "android-key-es256",
    no_flip_of_apple_es256_is_missed: "apple-es256",
    no_flip_of_fido_u2f_es256_is_missed: "fido-u2f-es256",
}

#[test]
fn every_case_of_the_file_is_swept() {
    let swept = EXAMPLES
        .iter()
        .flat_map(|id| ["registration", "authentication"].map(|kind| format!("{id}/{kind}")));
    let cases: BTreeSet<_> = cases().iter().map(|case| text(&case["id"])).collect();
    assert_eq!(swept.collect::<BTreeSet<_>>(), cases);
}

fn sweep_registration(id: &str) {
    let case = case(id, "registration");
    let verifier = verifier();
    let expected = registration_expectation(&case);
    let credential_id = binary(&case["expect"]["credential_id"]);
    let accepts = |parts: &[Vec<u8>]| {
        let response = RegistrationResponse::from_bytes(Some(&credential_id), &parts[0], &parts[1]);
        verifier.registration(&response, &expected, Some(UnixTime(TIME))).accepted().is_ok()
    };
    let parts = [binary(&case["client_data_json"]), binary(&case["attestation_object"])];
    let unsigned = Unsigned::of(&case, &parts);
    sweep(id, &parts, accepts, unsigned.reasons(), |part, position, flipped| {
        if part == 0 {
            unsigned.in_client_data(flipped)
        } else {
            unsigned.in_object(position, flipped)
        }
    });
}

fn sweep_authentication(id: &str) {
    let case = case(id, "authentication");
    let verifier = verifier();
    let credential_id = binary(&case["credential_id"]);
    let expected = authentication_expectation(&case);
    let accepts = |parts: &[Vec<u8>]| {
        let response = AuthenticationResponse::from_bytes(
            &credential_id,
            &parts[0],
            &parts[1],
            &parts[2],
            None,
        );
        verifier.authentication(&response, &expected, Some(UnixTime(TIME))).accepted().is_ok()
    };
    let parts = ["client_data_json", "authenticator_data", "signature"];
    let parts = parts.map(|name| binary(&case[name]));
    // The signature covers everything, and nothing of a signature has two forms.
    sweep(id, &parts, accepts, &[], |_, _, _| None);
}

/// Flips every byte of every part. `unsigned` says why a flip is accepted, if it is.
fn sweep(
    id: &str,
    parts: &[Vec<u8>],
    accepts: impl Fn(&[Vec<u8>]) -> bool,
    reasons: &[&'static str],
    unsigned: impl Fn(usize, usize, &[u8]) -> Option<&'static str>,
) {
    assert!(accepts(parts), "{id}");
    let all = std::env::var_os("FLIPS").is_some_and(|flips| flips == "all");
    let mut used = BTreeSet::new();
    for (part, bytes) in parts.iter().enumerate() {
        for position in 0..bytes.len() {
            let flips = [0, 1, 2, 3, 4, 5, 6, 7].map(|bit| {
                let mut flipped = bytes.clone();
                flipped[position] ^= 1 << bit;
                let reason = unsigned(part, position, &flipped);
                (bit, flipped, reason)
            });
            let any_is_listed = flips.iter().any(|(_, _, reason)| reason.is_some());
            for (bit, flipped, reason) in flips {
                if !all && !any_is_listed && bit != position % 8 {
                    continue;
                }
                let mut parts = parts.to_vec();
                parts[part] = flipped;
                assert_eq!(
                    accepts(&parts),
                    reason.is_some(),
                    "{id}: part {part}, byte {position}, bit {bit}, listed as {reason:?}"
                );
                used.extend(reason);
            }
        }
    }
    // A listed exception that is never needed is a wrong reason.
    assert_eq!(used, reasons.iter().copied().collect(), "{id}");
}

const BEYOND_WHAT_IS_COMPARED: &str =
    "nothing signs the client data of a none registration, and this member is not compared";
const FLAGS: &str = "the format signs no flags, and these are as good";
const COUNTER: &str = "the format signs no counter";
const AAGUID: &str = "the format signs no AAGUID";
const UNUSED_BITS: &str = "the count of unused bits stands outside what an issuer signs, and this profile passes over it for U2F";

/// The object identifier of what every certificate of the section is signed with.
const ECDSA_WITH_SHA256: [u8; 10] = [6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];

/// The parts of a registration that its format leaves unsigned.
struct Unsigned<'c> {
    format: &'c str,
    client_data: &'c [u8],
    flags: usize,
    counter: Range<usize>,
    aaguid: Range<usize>,
    /// The count of unused bits of the signature under the attestation certificate.
    unused_bits: Option<usize>,
}

impl<'c> Unsigned<'c> {
    fn of(case: &'c Value, parts: &'c [Vec<u8>; 2]) -> Self {
        let [client_data, object] = parts;
        let format = case["expect"]["fmt"].as_str().unwrap();
        let aaguid = find(object, &binary(&case["expect"]["aaguid"]));
        let counter = aaguid.start - 4..aaguid.start;
        let flags = counter.start - 1;
        // Behind the last signature algorithm come the tag, the length and the count.
        let last = object.windows(ECDSA_WITH_SHA256.len()).rposition(|it| it == ECDSA_WITH_SHA256);
        let unused_bits =
            (format == "fido-u2f").then(|| last.unwrap() + ECDSA_WITH_SHA256.len() + 2);
        Self { format, client_data, flags, counter, aaguid, unused_bits }
    }

    fn reasons(&self) -> &'static [&'static str] {
        match self.format {
            "none" => &[BEYOND_WHAT_IS_COMPARED, FLAGS, COUNTER, AAGUID],
            "fido-u2f" => &[FLAGS, COUNTER, AAGUID, UNUSED_BITS],
            _ => &[],
        }
    }

    fn in_client_data(&self, flipped: &[u8]) -> Option<&'static str> {
        (self.format == "none" && says_the_same(self.client_data, flipped))
            .then_some(BEYOND_WHAT_IS_COMPARED)
    }

    fn in_object(&self, position: usize, flipped: &[u8]) -> Option<&'static str> {
        if !matches!(self.format, "none" | "fido-u2f") {
            None
        } else if position == self.flags {
            is_as_good(flipped[position]).then_some(FLAGS)
        } else if self.counter.contains(&position) {
            Some(COUNTER)
        } else if self.aaguid.contains(&position) {
            Some(AAGUID)
        } else if Some(position) == self.unused_bits {
            // More than seven make no BIT STRING.
            (flipped[position] < 8).then_some(UNUSED_BITS)
        } else {
            None
        }
    }
}

/// The user is there, attested data follows and extensions do not, and only what may be backed
/// up is. User verification is not asked for, and reserved bits say nothing.
fn is_as_good(flags: u8) -> bool {
    let [up, be, bs, at, ed] = [0, 3, 4, 6, 7].map(|bit| flags >> bit & 1 == 1);
    up && at && !ed && (be || !bs)
}

/// Still JSON, and nothing that a relying party compares is another: a name that is none of the
/// known ones is passed over, and without its frame a ceremony is a plain one.
fn says_the_same(client_data: &[u8], flipped: &[u8]) -> bool {
    let original: Value = serde_json::from_slice(client_data).unwrap();
    let Ok(flipped) = serde_json::from_slice::<Value>(flipped) else { return false };
    let kept = |name: &str| flipped[name] == original[name];
    let kept_or_gone = |name: &str| kept(name) || flipped[name].is_null();
    let framed = flipped["topOrigin"].is_null() || flipped["crossOrigin"] == true;
    kept("type")
        && kept("challenge")
        && kept("origin")
        && kept_or_gone("crossOrigin")
        && kept_or_gone("topOrigin")
        && framed
}

// ---------------------------------------------------------------- the vectors

/// The profile as it is, under the one authority of the section, and dates are judged.
fn verifier() -> Verifier {
    let anchors: BTreeSet<Vec<u8>> = cases()
        .iter()
        .flat_map(|case| case["trust_anchors"].as_array().unwrap().iter().map(binary))
        .collect();
    assert_eq!(anchors.len(), 1);
    let anchors = anchors.iter().map(|der| TrustAnchor::from_der(der).unwrap()).collect();
    Verifier::new(Policy::webauthn(), TrustStore::new(anchors))
}

fn registration_expectation(case: &Value) -> RegistrationExpectation {
    let origins = vec![origin(&case["origin"])];
    let mut expected =
        RegistrationExpectation::new(binary(&case["challenge"]), text(&case["rp_id"]), origins);
    expected.cross_origin = cross_origin(case);
    // No example needs it, and not all have it.
    expected.user_verification = UserVerification::Preferred;
    expected
}

fn authentication_expectation(case: &Value) -> AuthenticationExpectation {
    let record = CredentialRecord::new(
        binary(&case["credential_id"]),
        binary(&case["credential_public_key"]),
        0,
    );
    let origins = vec![origin(&case["origin"])];
    let (challenge, rp_id) = (binary(&case["challenge"]), text(&case["rp_id"]));
    let mut expected = AuthenticationExpectation::new(challenge, rp_id, origins, vec![record]);
    expected.cross_origin = cross_origin(case);
    expected.user_verification = UserVerification::Preferred;
    expected
}

fn cross_origin(case: &Value) -> CrossOrigin {
    if case["cross_origin"] == false {
        return CrossOrigin::Refused;
    }
    let top_origins = case["top_origin"].as_str().map(|it| Origin::parse(it).unwrap());
    CrossOrigin::Allowed { top_origins: top_origins.into_iter().collect() }
}

fn case(id: &str, kind: &str) -> Value {
    let id = format!("{id}/{kind}");
    cases().into_iter().find(|case| case["id"] == *id).unwrap()
}

fn cases() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/w3c-webauthn-l3.json");
    let mut file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    serde_json::from_value(file["cases"].take()).unwrap()
}

fn binary(value: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(value.as_str().unwrap()).unwrap()
}

fn origin(value: &Value) -> Origin {
    Origin::parse(value.as_str().unwrap()).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
