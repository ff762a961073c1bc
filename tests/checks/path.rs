//! from the leaf to a configured anchor.

use device_enrollment::policy::Rule;
use device_enrollment::verdict::CheckId::{Ak19, Pk8, X11, X12, X13};
use device_enrollment::verdict::{CheckId, Format, Outcome};
use device_enrollment::{TrustAnchor, TrustStore, UnixTime};
use device_enrollment_testkit::extension::{
    Extension, basic_constraints, key_usage, name_constraints_permitted_directory,
    name_constraints_permitted_dns, oid, subject_alternative_name_directory, unknown_critical,
    usage,
};
use device_enrollment_testkit::{
    Authority, Chain, Edit, Hash, KeyKind, NOT_AFTER, NOT_BEFORE, Name, Registration,
    SignatureScheme, SigningKey, TIME,
};

use crate::harness::{Ceremony, Enrollment, Make, Valid, bank, fails, passes, plain, store, valid};

type Judgement = device_enrollment::Judgement<<Enrollment as Ceremony>::Accepted>;

/// Leaf, intermediate, root; the root is the anchor and not in x5c.
fn three() -> Valid<Enrollment> {
    valid(plain(Registration::packed_basic_with_intermediate))
}

/// Leaf and root.
fn two() -> Valid<Enrollment> {
    valid(plain(Registration::packed_basic))
}

fn chain(valid: &Valid<Enrollment>, change: impl FnOnce(&mut Chain)) -> Judgement {
    valid.but(|c| change(c.chain()))
}

fn issuer(valid: &Valid<Enrollment>, change: impl FnOnce(&mut Authority)) -> Judgement {
    chain(valid, |chain| change(&mut chain.issuers[0]))
}

fn x5c(valid: &Valid<Enrollment>, change: fn(&mut Vec<Vec<u8>>)) -> Judgement {
    chain(valid, |chain| {
        chain.include_root = true;
        chain.edit_certificates = Edit::new(change);
    })
}

fn every_certified_format() -> Vec<Valid<Enrollment>> {
    let formats: [Make; 7] = [
        Registration::packed_basic,
        Registration::packed_basic_with_intermediate,
        Registration::fido_u2f,
        Registration::android_key,
        Registration::apple,
        Registration::tpm_ecc,
        Registration::safetynet,
    ];
    formats.into_iter().map(|make| valid(plain(make))).collect()
}

#[test]
fn an_attestation_with_certificates_needs_an_anchor() {
    for valid in every_certified_format() {
        passes(&valid.judgement, X11);
        passes(&valid.judgement, X12);
        fails(&valid.but(|c| c.store = Some(TrustStore::empty())), X11, "path.no_anchor");
        let foreign = valid.but(|c| c.anchors = Some(vec![Authority::root("foreign").der()]));
        assert!(foreign.accepted().is_err());
        let unjudged = valid.but(|c| {
            c.store = Some(TrustStore::empty());
            c.policy.attestation_path = Rule::NotJudged;
        });
        assert!(!unjudged.accepted().unwrap().aaguid_verified);
        assert_eq!(unjudged.verdict().outcome(X11), Some(Outcome::SkippedByPolicy));
        assert_eq!(unjudged.verdict().outcome(X12), Some(Outcome::SkippedByPolicy));
    }
}

#[test]
fn the_path_ends_at_a_configured_anchor() {
    let valid = three();
    passes(&valid.judgement, X11);
    let foreign = valid.but(|c| c.anchors = Some(vec![Authority::root("foreign").der()]));
    fails(&foreign, X11, "path.anchor_not_reached");
    // An attacker's root in x5c is no anchor, by whatever name.
    let attackers = valid.but(|c| {
        c.anchors = Some(vec![Authority::root("foreign").der()]);
        c.chain().include_root = true;
    });
    fails(&attackers, X11, "path.self_signed");
    let without_intermediate = x5c(&valid, |x5c| x5c.truncate(1));
    fails(&without_intermediate, X11, "path.anchor_not_reached");
}

#[test]
fn a_foreign_root_of_the_same_name_is_no_anchor() {
    let valid = two();
    let twin = |c: &mut Enrollment| {
        let key = SigningKey::from_seed(KeyKind::Es256, "twin");
        let mut twin = Authority::root_with_key("x", key);
        twin.spec.subject = c.chain().issuers[0].spec.subject.clone();
        twin.spec.issuer = twin.spec.subject.clone();
        c.anchors = Some(vec![twin.der()]);
    };
    // Sent along, the certificates are consistent and end at a root that nobody configured.
    let included = valid.but(|c| {
        twin(c);
        c.chain().include_root = true;
    });
    fails(&included, X11, "path.self_signed");
    // Left out, the anchor of that name did not sign the leaf.
    fails(&valid.but(twin), X11, "path.signature");
}

#[test]
fn an_anchor_with_the_same_key_and_another_subject_is_another_one() {
    let another = |c: &mut Enrollment| {
        let mut other = c.chain().issuers[0].clone();
        other.spec.subject = Name::common_name("Other");
        other.spec.issuer = other.spec.subject.clone();
        c.anchors = Some(vec![other.der()]);
    };
    fails(&two().but(another), X11, "path.anchor_not_reached");
    // Sent along, the root has the anchor's key and is not the anchor all the same.
    let included = two().but(|c| {
        another(c);
        c.chain().include_root = true;
    });
    fails(&included, X11, "path.self_signed");
}

#[test]
fn a_leaf_that_signed_itself_is_refused() {
    let valid = two();
    let root = valid.with(|_| ()).chain().issuers[0].der();
    let by_itself = valid.but(|c| {
        c.anchors = Some(vec![root]);
        c.chain().set_issuers(Vec::new());
    });
    fails(&by_itself, X11, "path.self_signed");
    // Under the issuer's name, but with its own key.
    let reissued = chain(&valid, |chain| chain.leaf_issuer_key = Some(chain.leaf_key.clone()));
    fails(&reissued, X11, "path.signature");
}

#[test]
fn an_anchor_vouches_only_for_its_formats() {
    let scoped = |anchors: &[Vec<u8>], formats: &[Format]| {
        let anchors = anchors.iter().map(|der| TrustAnchor::from_der(der).unwrap());
        TrustStore::new(anchors.map(|anchor| anchor.for_formats(formats)).collect())
    };
    for (make, format) in [
        (Registration::packed_basic as Make, Format::Packed),
        (Registration::fido_u2f, Format::FidoU2f),
        (Registration::android_key, Format::AndroidKey),
        (Registration::apple, Format::Apple),
        (Registration::tpm_ecc, Format::Tpm),
    ] {
        let valid = valid(plain(make).given(|c| {
            let anchors = c.registration.make().anchors;
            c.store = Some(scoped(&anchors, &[Format::None, format]));
        }));
        passes(&valid.judgement, X11);
        let others: Vec<Format> =
            Format::ALL.iter().copied().filter(|other| *other != format).collect();
        let judgement = valid.but(|c| {
            let anchors = c.registration.make().anchors;
            c.store = Some(scoped(&anchors, &others));
        });
        fails(&judgement, X11, "path.no_anchor");
        let beside = valid.but(|c| {
            let mut anchors = vec![TrustAnchor::from_der(&Authority::root("other").der()).unwrap()];
            anchors.extend(scoped(&c.registration.make().anchors, &others).anchors().to_vec());
            c.store = Some(TrustStore::new(anchors));
        });
        assert_eq!(beside.verdict().failure.as_ref().unwrap().check, X11);
    }
}

#[test]
fn root_intermediate_and_leaf_may_each_be_the_anchor() {
    let valid = three();
    passes(&chain(&valid, |chain| chain.include_root = true), X11);
    let intermediate = valid.but(|c| {
        let der = c.chain().issuers[0].der();
        c.anchors = Some(vec![der]);
    });
    passes(&intermediate, X11);
    let leaf = valid.but(|c| {
        let leaf = c.chain().certificates(None)[0].clone();
        c.anchors = Some(vec![leaf]);
    });
    passes(&leaf, X11);
    let several = valid.but(|c| {
        let mut anchors = vec![Authority::root("one").der(), Authority::root("two").der()];
        anchors.extend(c.chain().anchors());
        c.anchors = Some(anchors);
    });
    passes(&several, X11);
}

#[test]
fn what_stands_behind_the_anchor_is_not_looked_at() {
    let cross_signed = chain(&two(), |chain| {
        let spare = Authority::root("spare").der();
        chain.include_root = true;
        chain.edit_certificates = Edit::new(move |x5c: &mut Vec<Vec<u8>>| x5c.push(spare.clone()));
    });
    passes(&cross_signed, X11);
}

#[test]
fn anchors_of_one_name_cannot_buy_endless_work() {
    /// Roots of one name, each with its own key.
    fn twins(c: &mut Enrollment, count: usize) -> Vec<Vec<u8>> {
        let name = c.chain().issuers[0].spec.subject.clone();
        let twin = |number| {
            let key = SigningKey::from_seed(KeyKind::Es256, &format!("twin {number}"));
            let mut twin = Authority::root_with_key("twin", key);
            (twin.spec.subject, twin.spec.issuer) = (name.clone(), name.clone());
            twin.der()
        };
        (0..count).map(twin).collect()
    }
    let among = |count: usize| {
        two().but(|c| {
            let own = c.chain().anchors();
            c.anchors = Some([twins(c, count), own].concat());
        })
    };
    passes(&among(99), X11);
    fails(&among(100), X11, "path.budget");
}

#[test]
fn an_anchor_that_is_no_ca_vouches_for_itself_alone() {
    // A leaf as anchor says that this certificate is trusted, not what its key may certify.
    let valid = valid(plain(Registration::packed_basic).given(|c| {
        let leaf = c.chain().certificates(None)[0].clone();
        c.anchors = Some(vec![leaf]);
    }));
    passes(&valid.judgement, X11);
    let below = valid.but(|c| {
        let (subject, key) = (c.leaf().subject.clone(), c.chain().leaf_key.clone());
        let another = SigningKey::from_seed(KeyKind::Es256, "below");
        c.chain().set_leaf_key(another);
        c.leaf().issuer = subject;
        c.leaf().subject = Name::attestation("BR", "Test Authenticators", "Below");
        c.chain().leaf_issuer_key = Some(key);
    });
    fails(&below, X12, "path.issuer_not_ca");
    // A copy of the anchor that calls itself a CA is nobody's word.
    let copied = valid.but(|c| {
        let (subject, key) = (c.leaf().subject.clone(), c.chain().leaf_key.clone());
        let mut copy = c.leaf().clone();
        copy.issuer = subject.clone();
        copy.set_extension(basic_constraints(Some(true), None));
        let copy = copy.issue(&SigningKey::from_seed(KeyKind::Es256, "nobody"));
        let another = SigningKey::from_seed(KeyKind::Es256, "below");
        c.chain().set_leaf_key(another);
        c.leaf().issuer = subject;
        c.leaf().subject = Name::attestation("BR", "Test Authenticators", "Below");
        c.chain().leaf_issuer_key = Some(key);
        let insert = move |x5c: &mut Vec<Vec<u8>>| x5c.insert(1, copy.clone());
        c.chain().edit_certificates = Edit::new(insert);
    });
    fails(&copied, X11, "path.self_signed");
    // Nor is another certificate with the anchor's name and key: its contents are unsigned.
    let redated = valid.but(|c| {
        c.leaf().not_after += 1;
        c.chain().leaf_issuer_key = Some(SigningKey::from_seed(KeyKind::Es256, "nobody"));
    });
    assert!(redated.accepted().is_err(), "the anchor is that very certificate");
}

#[test]
fn an_anchor_that_may_not_sign_certificates_vouches_for_itself_alone() {
    let valid = two();
    passes(&valid.judgement, X12);
    let extension = |extension: Extension| {
        chain(&valid, |chain| chain.issuers[0].spec.set_extension(extension))
    };
    fails(&extension(basic_constraints(None, None)), X12, "path.issuer_not_ca");
    fails(&extension(key_usage(&[usage::CRL_SIGN])), X12, "path.issuer_not_ca");
}

#[test]
fn an_issuer_is_a_ca_that_may_sign_certificates() {
    let valid = three();
    passes(&valid.judgement, X12);
    let extension =
        |extension: Extension| issuer(&valid, |issuer| issuer.spec.set_extension(extension));
    fails(&extension(basic_constraints(Some(false), None)), X12, "path.issuer_not_ca");
    fails(&extension(basic_constraints(None, None)), X12, "path.issuer_not_ca");
    let missing = issuer(&valid, |ca| ca.spec.remove_extension(oid::BASIC_CONSTRAINTS));
    fails(&missing, X12, "path.issuer_not_ca");
    let no_signing = [usage::CRL_SIGN, usage::DIGITAL_SIGNATURE];
    fails(&extension(key_usage(&no_signing)), X12, "path.issuer_key_usage");
    fails(&extension(key_usage(&[])), X12, "path.issuer_key_usage");
    passes(&extension(key_usage(&[usage::KEY_CERT_SIGN])), X12);
    let unsaid = issuer(&valid, |ca| ca.spec.remove_extension(oid::KEY_USAGE));
    passes(&unsaid, X12);
    for version in [0, 1] {
        let older = issuer(&valid, |ca| {
            ca.spec.version = version;
            ca.spec.extensions.clear();
        });
        fails(&older, X12, "path.issuer_version");
    }
    let malformed = Extension::new(oid::BASIC_CONSTRAINTS, vec![0x30, 1]).critical();
    fails(&extension(malformed), X12, "malformed.truncated");
}

#[test]
fn a_path_length_is_not_exceeded() {
    let limited = |valid: &Valid<Enrollment>, position: usize, limit: u8| {
        chain(valid, |chain| {
            let extension = basic_constraints(Some(true), Some(limit));
            chain.issuers[position].spec.set_extension(extension);
        })
    };
    passes(&limited(&three(), 0, 0), X12);
    // Leaf, lower, upper, root.
    let four = valid(plain(Registration::packed_basic_with_intermediate).given(|c| {
        let issuers = c.chain().issuers.clone();
        let lower_key = SigningKey::from_seed(KeyKind::Es256, "lower");
        let lower = issuers[0].intermediate_with_key("lower", lower_key);
        c.chain().set_issuers([vec![lower], issuers].concat());
    }));
    passes(&limited(&four, 0, 0), X12);
    passes(&limited(&four, 1, 1), X12);
    fails(&limited(&four, 1, 0), X12, "path.length");
}

#[test]
fn a_leaf_is_no_ca_in_any_format() {
    let packed = chain(&two(), |chain| {
        chain.leaf.set_extension(basic_constraints(Some(true), None));
    });
    fails(&packed, Pk8, "certificate.leaf_is_ca");
    let makers = [Registration::fido_u2f, Registration::android_key, Registration::apple];
    for make in makers {
        let judgement = chain(&valid(plain(make)), |chain| {
            chain.leaf.set_extension(basic_constraints(Some(true), None));
        });
        fails(&judgement, X12, "certificate.leaf_is_ca");
    }
}

#[test]
fn a_critical_extension_that_is_not_understood_refuses_its_certificate() {
    let valid = three();
    let on_leaf = chain(&valid, |chain| chain.leaf.set_extension(unknown_critical()));
    fails(&on_leaf, X12, "path.critical_extension");
    let on_issuer = issuer(&valid, |ca| ca.spec.set_extension(unknown_critical()));
    fails(&on_issuer, X12, "path.critical_extension");
    let mut mild = unknown_critical();
    mild.critical = false;
    passes(&chain(&valid, |chain| chain.leaf.set_extension(mild)), X12);
    // What a statement judges on the leaf is understood there and nowhere else.
    let san = subject_alternative_name_directory(
        &[],
        device_enrollment_testkit::extension::Spread::Separate,
    );
    let critical_san = san.critical();
    let on_issuer = issuer(&valid, |ca| ca.spec.set_extension(critical_san.clone()));
    fails(&on_issuer, X12, "path.critical_extension");
    // Nor is it on the leaf of a format that does not judge it.
    let on_packed = chain(&valid, |chain| chain.leaf.set_extension(critical_san));
    fails(&on_packed, X12, "path.critical_extension");
}

#[test]
fn an_issuer_that_constrains_names_is_refused() {
    let valid = three();
    let permitted = valid.with(|_| ()).leaf().subject.clone();
    let mild = {
        let mut extension = name_constraints_permitted_dns("bank.example");
        extension.critical = false;
        extension
    };
    for constraints in [
        name_constraints_permitted_dns("bank.example"),
        name_constraints_permitted_directory(&permitted),
        name_constraints_permitted_directory(&Name::common_name("other")),
        mild,
    ] {
        let judgement = issuer(&valid, |ca| ca.spec.set_extension(constraints));
        fails(&judgement, X12, "path.name_constraints");
    }
}

#[test]
fn every_signature_of_the_path_verifies() {
    let valid = three();
    passes(&valid.judgement, X12);
    let leaf = chain(&valid, |chain| chain.leaf.flip_signature_bit = true);
    fails(&leaf, X11, "path.signature");
    let intermediate = issuer(&valid, |ca| ca.spec.flip_signature_bit = true);
    fails(&intermediate, X11, "path.signature");
    let by_another = issuer(&valid, |ca| {
        ca.issuer_key = SigningKey::from_seed(KeyKind::Es256, "another");
    });
    fails(&by_another, X11, "path.signature");
    let unused = chain(&valid, |chain| chain.leaf.signature_unused_bits = 1);
    fails(&unused, X12, "certificate.unused_bits");
}

#[test]
fn certificates_follow_each_other_in_the_order_of_x5c() {
    let valid = three();
    fails(&x5c(&valid, |x5c| x5c.swap(1, 2)), X12, "path.issuer_name");
    fails(&x5c(&valid, |x5c| drop(x5c.remove(1))), X12, "path.issuer_name");
    fails(&x5c(&valid, |x5c| x5c.insert(1, x5c[0].clone())), X12, "path.issuer_not_ca");
    let renamed = chain(&valid, |chain| chain.leaf.issuer = Name::common_name("Other"));
    fails(&renamed, X12, "path.issuer_name");
}

#[test]
fn both_signature_algorithms_of_a_certificate_are_the_same() {
    let valid = three();
    let other = || SignatureScheme::Ecdsa(Hash::Sha384).algorithm_identifier();
    let inner = chain(&valid, |chain| chain.leaf.inner_algorithm_identifier = Some(other()));
    fails(&inner, X12, "path.algorithm_mismatch");
    let outer = chain(&valid, |chain| chain.leaf.outer_algorithm_identifier = Some(other()));
    fails(&outer, X12, "path.algorithm_mismatch");
    let inner = issuer(&valid, |ca| ca.spec.inner_algorithm_identifier = Some(other()));
    fails(&inner, X12, "path.algorithm_mismatch");
}

#[test]
fn certificates_are_signed_with_an_accepted_algorithm() {
    let ecdsa = three();
    for hash in [Hash::Sha384, Hash::Sha512] {
        let other = issuer(&ecdsa, |ca| ca.spec.signature_algorithm = SignatureScheme::Ecdsa(hash));
        passes(&other, X12);
    }
    let sha1 =
        issuer(&ecdsa, |ca| ca.spec.signature_algorithm = SignatureScheme::Ecdsa(Hash::Sha1));
    fails(&sha1, X12, "path.algorithm");
    let sha1 =
        chain(&ecdsa, |chain| chain.leaf.signature_algorithm = SignatureScheme::Ecdsa(Hash::Sha1));
    fails(&sha1, X12, "path.algorithm");
    let rsa = valid(plain(Registration::tpm_rsa));
    for scheme in [
        SignatureScheme::RsaPkcs1(Hash::Sha384),
        SignatureScheme::RsaPkcs1(Hash::Sha512),
        SignatureScheme::RsaPss(Hash::Sha256),
        SignatureScheme::RsaPss(Hash::Sha384),
        SignatureScheme::RsaPss(Hash::Sha512),
    ] {
        passes(&issuer(&rsa, |ca| ca.spec.signature_algorithm = scheme), X12);
    }
    for scheme in [SignatureScheme::RsaPkcs1(Hash::Sha1), SignatureScheme::RsaPss(Hash::Sha1)] {
        let sha1 = issuer(&rsa, |ca| ca.spec.signature_algorithm = scheme);
        fails(&sha1, X12, "path.algorithm");
    }
    // An RSA key cannot have made an ECDSA signature.
    let crossed = chain(&rsa, |chain| {
        let key = SigningKey::from_seed(KeyKind::Es256, "ecdsa");
        chain.leaf.signature_algorithm = key.default_scheme();
        chain.leaf_issuer_key = Some(key);
    });
    fails(&crossed, X11, "path.signature");
}

#[test]
fn authorities_of_every_kind_of_key_are_taken() {
    for kind in [KeyKind::Es384, KeyKind::Es512, KeyKind::EdDsa, KeyKind::Ed448, KeyKind::Rsa2048] {
        let key = SigningKey::from_seed(kind, "authority");
        let judgement = two().but(|c| {
            c.chain().set_issuers(vec![Authority::root_with_key("kinds", key)]);
        });
        passes(&judgement, X12);
    }
}

#[test]
fn every_certificate_of_the_path_is_within_its_dates_to_the_second() {
    for (at, code) in [
        (NOT_BEFORE - 1, Some("path.not_yet_valid")),
        (NOT_BEFORE, None),
        (NOT_AFTER, None),
        (NOT_AFTER + 1, Some("path.expired")),
    ] {
        let judgement = three().but(|c| c.time = Some(UnixTime(at)));
        match code {
            None => passes(&judgement, X13),
            Some(code) => fails(&judgement, X13, code),
        }
    }
    let valid = three();
    passes(&valid.judgement, X13);
    for leaf in [true, false] {
        let dated = |not_before: i64, not_after: i64| {
            chain(&valid, |chain| {
                let spec = if leaf { &mut chain.leaf } else { &mut chain.issuers[0].spec };
                (spec.not_before, spec.not_after) = (not_before, not_after);
            })
        };
        passes(&dated(TIME, TIME), X13);
        fails(&dated(TIME + 1, NOT_AFTER), X13, "path.not_yet_valid");
        fails(&dated(NOT_BEFORE, TIME - 1), X13, "path.expired");
        fails(&dated(NOT_AFTER, NOT_BEFORE), X13, "path.not_yet_valid");
    }
}

#[test]
fn without_a_time_a_response_with_certificates_is_refused() {
    for valid in every_certified_format() {
        passes(&valid.judgement, X13);
        fails(&valid.but(|c| c.time = None), X13, "malformed.missing");
        let unjudged = valid.but(|c| {
            c.time = None;
            c.policy.certificate_dates = Rule::NotJudged;
        });
        assert!(unjudged.accepted().is_ok());
        assert_eq!(unjudged.verdict().outcome(X13), Some(Outcome::SkippedByPolicy));
    }
    for make in [Registration::none, Registration::packed_self] {
        let judgement = valid(plain(make)).but(|c| c.time = None);
        assert!(judgement.accepted().is_ok(), "there are no dates to judge");
    }
}

#[test]
fn the_dates_of_an_anchor_are_not_judged_whether_it_is_sent_along_or_not() {
    for make in [Registration::packed_basic_with_intermediate, Registration::android_key] {
        let expired = |include: bool| {
            valid(plain(make)).but(|c| {
                c.chain().root_mut().spec.not_after = TIME - 1;
                c.chain().include_root = include;
            })
        };
        passes(&expired(false), X13);
        passes(&expired(true), X13);
    }
}

#[test]
fn a_leaf_that_is_the_anchor_still_has_to_be_within_its_dates() {
    let valid = valid(plain(Registration::packed_basic).given(|c| {
        let leaf = c.chain().certificates(None)[0].clone();
        c.store = Some(store(&[leaf]));
    }));
    passes(&valid.judgement, X13);
    let late = valid.but(|c| c.time = Some(UnixTime(NOT_AFTER + 1)));
    fails(&late, X13, "path.expired");
}

#[test]
fn dates_are_judged_where_the_path_is_not() {
    let valid =
        valid(plain(Registration::tpm_ecc).given(|c| c.policy.attestation_path = Rule::NotJudged));
    passes(&valid.judgement, X13);
    let late = valid.but(|c| c.leaf().not_after = TIME - 1);
    fails(&late, X13, "path.expired");
}

#[test]
fn the_bank_leads_every_format_to_an_anchor() {
    // Android's dates are judged by the kind of the chain.
    let makers: [(Make, CheckId); 5] = [
        (Registration::packed_basic, X13),
        (Registration::fido_u2f, X13),
        (Registration::android_key, Ak19),
        (Registration::apple, X13),
        (Registration::tpm_ecc, X13),
    ];
    for (make, dates) in makers {
        let valid = valid(bank(make).given(|c| c.policy.formats = None));
        passes(&valid.judgement, X11);
        passes(&valid.judgement, X12);
        assert_eq!(valid.judgement.verdict().outcome(dates), Some(Outcome::Passed));
        fails(&valid.but(|c| c.store = Some(TrustStore::empty())), X11, "path.no_anchor");
    }
}

/// What is remembered of a path is that its signatures verify, and nothing else.
#[test]
fn a_memory_of_signatures_changes_no_verdict() {
    let valid = three();
    let fresh = valid.judgement.verdict().clone();
    let anchors = valid.with(|_| {}).registration.make().anchors;
    let memory = store(&anchors).remembering_signatures(8);
    let mut ceremony = valid.with(|c| c.store = Some(memory));
    for _ in 0..3 {
        let judgement = ceremony.judge();
        passes(&judgement, X11);
        assert_eq!(*judgement.verdict(), fresh);
    }
    // A leaf that differs in one bit of its signature is another certificate.
    ceremony.chain().leaf.flip_signature_bit = true;
    fails(&ceremony.judge(), X11, "path.signature");
    ceremony.chain().leaf.flip_signature_bit = false;
    // Dates, CA flags and anchors are judged every time.
    ceremony.time = Some(UnixTime(NOT_AFTER + 1));
    fails(&ceremony.judge(), X13, "path.expired");
    ceremony.time = Some(UnixTime(TIME));
    ceremony.store = ceremony.store.map(|_| store(&[]).remembering_signatures(8));
    fails(&ceremony.judge(), X11, "path.no_anchor");
}
