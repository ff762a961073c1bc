//! Every algorithm, in registrations and in assertions; signatures that are almost right; and that
//! one input has one verdict.

use device_enrollment::verdict::CheckId::{As3, Pk3, Pk13, Po4, X9};
use device_enrollment::{Algorithm, Policy};
use device_enrollment_testkit::cbor::{self, Entries};
use device_enrollment_testkit::{Edit, Registration, der};

use crate::harness::{
    Ceremony as _, Enrollment, Login, Make, Valid, bank, fails, login, passes, plain, valid,
};

/// The least that is verified.
const NEEDED: [i64; 15] =
    [-7, -35, -36, -8, -53, -9, -51, -52, -19, -257, -258, -259, -37, -38, -39];
const RS1: i64 = -65535;

fn enrolled(make: Make, algorithm: i64) -> Enrollment {
    let registration = make("algorithms").with_credential_algorithm(algorithm);
    Enrollment::of(registration, Policy::webauthn())
}

fn used(algorithm: i64) -> Valid<Login> {
    valid(login(&Registration::none("algorithms").with_credential_algorithm(algorithm)))
}

fn signature(login: &Valid<Login>, change: fn(&mut Vec<u8>)) -> Login {
    login.with(|c| c.edit_signature = Edit::new(change))
}

/// Every algorithm that a relying party may offer without a thought.
fn offered() -> Vec<i64> {
    Algorithm::all().map(Algorithm::cose).filter(|algorithm| *algorithm != RS1).collect()
}

#[test]
fn every_algorithm_that_is_needed_is_verified() {
    let offered = offered();
    assert!(NEEDED.iter().all(|algorithm| offered.contains(algorithm)));
}

#[test]
fn a_credential_of_every_algorithm_is_registered_without_attestation() {
    for algorithm in offered() {
        passes(&valid(enrolled(Registration::none, algorithm)).judgement, X9);
    }
}

#[test]
fn a_credential_of_every_algorithm_attests_itself() {
    for algorithm in offered() {
        let valid = valid(enrolled(Registration::packed_self, algorithm));
        passes(&valid.judgement, Pk3);
        passes(&valid.judgement, Pk13);
        assert_eq!(valid.judgement.accepted().unwrap().algorithm.cose(), algorithm);
        let changed = |change: fn(&mut Vec<u8>)| {
            valid.but(|c| {
                c.attestation.edit_statement =
                    Edit::new(move |s: &mut Entries| change(cbor::byte_member(s, "sig")));
            })
        };
        fails(&changed(|sig| *sig.last_mut().unwrap() ^= 1), Pk3, "signature.invalid");
        fails(&changed(|sig| sig.push(0)), Pk3, "signature.invalid");
        fails(&changed(|sig| sig.truncate(sig.len() - 1)), Pk3, "signature.invalid");
        let other = valid.but(|c| {
            c.attestation.edit_signed_bytes = Edit::new(|bytes: &mut Vec<u8>| bytes[40] ^= 1);
        });
        fails(&other, Pk3, "signature.invalid");
    }
}

#[test]
fn a_credential_of_every_algorithm_is_used() {
    for algorithm in offered() {
        let valid = used(algorithm);
        passes(&valid.judgement, As3);
        let changed = |change| signature(&valid, change).judge();
        fails(&changed(|sig| *sig.last_mut().unwrap() ^= 1), As3, "signature.invalid");
        fails(&changed(|sig| sig.push(0)), As3, "signature.invalid");
        fails(&changed(|sig| sig.insert(0, 0)), As3, "signature.invalid");
        fails(&changed(|sig| sig.truncate(sig.len() - 1)), As3, "signature.invalid");
        fails(&changed(|sig| sig.fill(0)), As3, "signature.invalid");
        fails(&changed(|sig| sig.fill(0xff)), As3, "signature.invalid");
        let other_data = valid.but(|c| {
            c.edit_authenticator_data = Edit::new(|data: &mut Vec<u8>| data[36] = 9);
        });
        fails(&other_data, As3, "signature.invalid");
    }
}

#[test]
fn an_assertion_signs_the_hash_of_the_client_data_that_was_sent() {
    let valid = used(-7);
    let respelled = valid.but(|c| {
        c.edit_client_data_json = Edit::new(|bytes: &mut Vec<u8>| bytes.insert(1, b' '));
    });
    fails(&respelled, As3, "signature.invalid");
    let marked = valid.but(|c| {
        c.edit_client_data_json =
            Edit::new(|bytes: &mut Vec<u8>| drop(bytes.splice(..0, *b"\xef\xbb\xbf")));
    });
    fails(&marked, As3, "signature.invalid");
}

#[test]
fn an_ecdsa_signature_is_der_of_two_numbers_in_range_and_nothing_else() {
    /// r and s of the DER form.
    fn numbers(sig: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let r_end = 4 + usize::from(sig[3]);
        (sig[4..r_end].to_vec(), sig[r_end + 2..].to_vec())
    }
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
        0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let forms: [fn(&mut Vec<u8>); 11] = [
        // (0, 0), (r, 0), (0, s)
        |sig| *sig = der::sequence(&[der::unsigned(&[]), der::unsigned(&[])]),
        |sig| *sig = der::sequence(&[der::unsigned(&numbers(sig).0), der::unsigned(&[])]),
        |sig| *sig = der::sequence(&[der::unsigned(&[]), der::unsigned(&numbers(sig).1)]),
        // s = n
        |sig| *sig = der::sequence(&[der::unsigned(&numbers(sig).0), der::unsigned(&ORDER)]),
        // r has the length of n, and is above it
        |sig| *sig = der::sequence(&[der::unsigned(&[0xff; 32]), der::unsigned(&numbers(sig).1)]),
        // a third number
        |sig| {
            let (r, s) = numbers(sig);
            *sig = der::sequence(&[der::unsigned(&r), der::unsigned(&s), der::unsigned(&[1])]);
        },
        // BER: the long form of a length, a padded number, an indefinite length
        |sig| drop(sig.splice(1..2, [0x81, sig[1]])),
        |sig| {
            let (r, s) = numbers(sig);
            let padded = der::tlv(der::tag::INTEGER, &[&[0, 0], &r[..]].concat());
            *sig = der::sequence(&[padded, der::unsigned(&s)]);
        },
        |sig| {
            sig[1] = 0x80;
            sig.extend([0, 0]);
        },
        // a number without its sign byte, which makes it negative
        |sig| {
            let (r, s) = numbers(sig);
            let negative = der::tlv(der::tag::INTEGER, &[&[0x80], &r[1..]].concat());
            *sig = der::sequence(&[negative, der::unsigned(&s)]);
        },
        // r and s as they are, 32 bytes each
        |sig| {
            let (r, s) = numbers(sig);
            let fixed = |n: Vec<u8>| {
                let zeros = vec![0; 33usize.saturating_sub(n.len())];
                let padded = [zeros, n].concat();
                padded[padded.len() - 32..].to_vec()
            };
            *sig = [fixed(r), fixed(s)].concat();
        },
    ];
    let valid = used(-7);
    passes(&valid.judgement, As3);
    let rewritten = |sig: &mut Vec<u8>| {
        let (r, s) = numbers(sig);
        *sig = der::sequence(&[der::unsigned(&r), der::unsigned(&s)]);
    };
    passes(&signature(&valid, rewritten).judge(), As3);
    for form in forms {
        fails(&signature(&valid, form).judge(), As3, "signature.invalid");
    }
}

#[test]
fn an_edwards_signature_has_one_form() {
    /// Adds the order of the group to S, which the equation alone would not notice.
    fn shift(sig: &mut [u8], order: &[u8]) {
        let half = sig.len() / 2;
        let mut carry = 0u16;
        let order = order.iter().rev().copied().chain(core::iter::repeat(0));
        for (byte, add) in sig[half..].iter_mut().zip(order) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            *byte = sum as u8;
            carry = sum >> 8;
        }
        assert_eq!(carry, 0);
    }
    const ED25519: [u8; 32] = [
        0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0xde, 0xf9, 0xde, 0xa2, 0xf7,
        0x9c, 0xd6, 0x58, 0x12, 0x63, 0x1a, 0x5c, 0xf5, 0xd3, 0xed,
    ];
    const ED448: [u8; 56] = [
        0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7c, 0xca,
        0x23, 0xe9, 0xc4, 0x4e, 0xdb, 0x49, 0xae, 0xd6, 0x36, 0x90, 0x21, 0x6c, 0xc2, 0x72, 0x8d,
        0xc5, 0x8f, 0x55, 0x23, 0x78, 0xc2, 0x92, 0xab, 0x58, 0x44, 0xf3,
    ];
    let edwards = used(-8);
    passes(&edwards.judgement, As3);
    fails(&signature(&edwards, |sig| shift(sig, &ED25519)).judge(), As3, "signature.invalid");
    let edwards = used(-53);
    passes(&edwards.judgement, As3);
    fails(&signature(&edwards, |sig| shift(sig, &ED448)).judge(), As3, "signature.invalid");
    fails(&signature(&edwards, |sig| sig[113] = 0x80).judge(), As3, "signature.invalid");
    fails(&signature(&edwards, |sig| sig[56] ^= 0x40).judge(), As3, "signature.invalid");
}

#[test]
fn a_signature_of_another_algorithm_over_the_same_key_does_not_verify() {
    // One RSA key, six ways to sign.
    for (stored, signed) in [(-257, -258), (-257, -37), (-37, -257), (-37, -38), (-259, -65535)] {
        let valid = used(stored);
        passes(&valid.judgement, As3);
        let other = valid.but(|c| c.credential_algorithm = signed);
        fails(&other, As3, "signature.invalid");
    }
}

#[test]
fn rs1_is_taken_by_the_plain_profile_with_a_word_and_refused_by_the_bank() {
    let valid = valid(enrolled(Registration::packed_self, RS1));
    passes(&valid.judgement, Pk3);
    assert_eq!(valid.judgement.verdict().tolerances, ["sha1_signatures"]);
    let bank = valid.but(|c| c.policy = Policy::open_finance_brasil());
    fails(&bank, Po4, "key.algorithm_sha1");
}

#[test]
fn the_same_inputs_have_the_same_verdict_to_the_byte() {
    let formats: [Make; 7] = [
        Registration::none,
        Registration::packed_self,
        Registration::packed_basic_with_intermediate,
        Registration::fido_u2f,
        Registration::android_key,
        Registration::apple,
        Registration::tpm_rsa,
    ];
    for make in formats {
        let verdicts = |enrollment: fn(Make) -> Enrollment, origin: &str| {
            let once = || {
                let mut enrollment = enrollment(make);
                enrollment.client_data.origin = origin.into();
                serde_json::to_string(enrollment.judge().verdict()).unwrap()
            };
            assert_eq!(once(), once());
            once()
        };
        let accepted = verdicts(plain, "https://bank.example");
        let refused = verdicts(plain, "https://evil.example");
        assert_ne!(accepted, refused);
        assert_ne!(accepted, verdicts(bank, "https://bank.example"));
    }
    let login = || {
        let judgement = login(&Registration::none("login")).judge();
        serde_json::to_string(judgement.verdict()).unwrap()
    };
    assert_eq!(login(), login());
}
