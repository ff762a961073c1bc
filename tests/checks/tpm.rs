//! TP-1 to TP-17: trusted platform modules.

use device_enrollment::policy::Rule;
use device_enrollment::verdict::CheckId::{
    Tp1, Tp2, Tp3, Tp4, Tp5, Tp6, Tp7, Tp8, Tp9, Tp10, Tp11, Tp12, Tp13, Tp14, Tp15, Tp16, Tp17,
};
use device_enrollment::verdict::Outcome;
use device_enrollment_testkit::attestation::tpm::{
    CertifyInfo, Parameters, PublicArea, Unique, algorithm, device_attributes, object, object_name,
};
use device_enrollment_testkit::cbor::{self, Entries, Value};
use device_enrollment_testkit::extension::{
    Extension, Spread, basic_constraints, extended_key_usage, fido_aaguid, oid,
    subject_alternative_name_directory, unknown_critical,
};
use device_enrollment_testkit::name::{Attribute, attribute};
use device_enrollment_testkit::{
    CertificateSpec, Edit, KeyKind, Name, Registration, SigningKey, der,
};

use crate::harness::{Ceremony, Enrollment, Valid, bank, fails, passes, plain, valid};

type Judgement = device_enrollment::Judgement<<Enrollment as Ceremony>::Accepted>;

/// Under the plain profile, with an elliptic-curve and with an RSA credential.
fn both() -> [Valid<Enrollment>; 2] {
    [valid(plain(Registration::tpm_ecc)), valid(plain(Registration::tpm_rsa))]
}

fn statement(
    valid: &Valid<Enrollment>,
    change: impl Fn(&mut Entries) + Send + Sync + 'static,
) -> Judgement {
    valid.but(|c| c.attestation.edit_statement = Edit::new(change))
}

fn area(valid: &Valid<Enrollment>, change: impl FnOnce(&mut PublicArea)) -> Judgement {
    valid.but(|c| change(&mut c.tpm_statement().public_area))
}

fn certify(valid: &Valid<Enrollment>, change: impl FnOnce(&mut CertifyInfo)) -> Judgement {
    valid.but(|c| change(&mut c.tpm_statement().certify))
}

fn leaf(valid: &Valid<Enrollment>, change: impl FnOnce(&mut CertificateSpec)) -> Judgement {
    valid.but(|c| change(c.leaf()))
}

fn san(attributes: &[Attribute], spread: Spread) -> Extension {
    subject_alternative_name_directory(attributes, spread).critical()
}

#[test]
fn every_member_is_present_and_the_version_is_2_0() {
    for valid in both() {
        passes(&valid.judgement, Tp1);
        for name in ["ver", "alg", "sig", "x5c", "pubArea", "certInfo"] {
            let without = statement(&valid, move |s| drop(cbor::remove(s, name)));
            fails(&without, Tp1, "statement.member_missing");
        }
        for name in ["alg", "sig", "x5c", "pubArea", "certInfo"] {
            let other = statement(&valid, move |s| cbor::set(s, name, Value::Bool(true)));
            fails(&other, Tp1, "statement.member_type");
        }
        for name in ["sig", "pubArea", "certInfo"] {
            let empty = statement(&valid, move |s| cbor::set(s, name, cbor::bytes([])));
            fails(&empty, Tp1, "statement.signature_empty");
        }
        let empty = statement(&valid, |s| cbor::set(s, "x5c", Value::Array(Vec::new())));
        fails(&empty, Tp1, "statement.x5c_empty");
        for version in ["1.2", "2", "2.0 ", ""] {
            let other = valid.but(|c| c.tpm_statement().version = version.into());
            fails(&other, Tp1, "tpm.version");
        }
        let number = statement(&valid, |s| cbor::set(s, "ver", Value::Float(2.0)));
        fails(&number, Tp1, "tpm.version");
        // Longer keys come later: this one after certInfo.
        let ecdaa = statement(&valid, |s| s.push((cbor::text("ecdaaKeyId"), cbor::bytes([1]))));
        fails(&ecdaa, Tp1, "statement.ecdaa");
    }
}

#[test]
fn both_structures_are_consumed_to_the_last_byte() {
    for valid in both() {
        passes(&valid.judgement, Tp2);
        fails(&area(&valid, |area| area.trailing = vec![0]), Tp2, "malformed.trailing");
        fails(&certify(&valid, |info| info.trailing = vec![0]), Tp2, "malformed.trailing");
        let cut = valid.but(|c| {
            c.tpm_statement().edit_public_area = Edit::new(|bytes: &mut Vec<u8>| {
                bytes.truncate(bytes.len() - 1);
            });
        });
        fails(&cut, Tp2, "malformed.truncated");
        let cut = statement(&valid, |s| {
            let info = cbor::byte_member(s, "certInfo");
            info.truncate(info.len() - 1);
        });
        fails(&cut, Tp2, "malformed.truncated");
    }
    // The coordinates are two sized buffers without a length around them.
    let [valid, _] = both();
    let wrapped = valid.but(|c| {
        c.tpm_statement().edit_public_area = Edit::new(|bytes: &mut Vec<u8>| {
            let at = bytes.len() - 68;
            bytes.splice(at..at, [0, 68]);
        });
    });
    fails(&wrapped, Tp2, "malformed.truncated");
}

#[test]
fn the_object_is_an_rsa_or_an_ecc_key() {
    for valid in both() {
        // TPM_ALG_KEYEDHASH, TPM_ALG_SYMCIPHER
        for kind in [0x0008, 0x0025] {
            let other = area(&valid, |area| area.object_type = kind);
            fails(&other, Tp2, "tpm.key_type");
        }
    }
}

#[test]
fn the_bank_wants_the_attributes_of_a_device_bound_signing_key() {
    for make in [Registration::tpm_ecc, Registration::tpm_rsa] {
        let valid = valid(bank(make));
        passes(&valid.judgement, Tp3);
        for clear in
            [object::FIXED_TPM, object::FIXED_PARENT, object::SENSITIVE_DATA_ORIGIN, object::SIGN]
        {
            let other = area(&valid, |area| area.object_attributes &= !clear);
            fails(&other, Tp3, "tpm.object_attributes");
        }
        for set in [1 << 0, 1 << 3, 1 << 8, 1 << 15, 1 << 20, 1 << 31, object::RESTRICTED] {
            let other = valid.with(|c| c.tpm_statement().public_area.object_attributes |= set);
            fails(&other.judge(), Tp3, "tpm.object_attributes");
            let unjudged =
                other.given(|c| c.policy.tpm_object_attributes = Rule::NotJudged).judge();
            assert!(unjudged.accepted().is_ok());
            assert_eq!(unjudged.verdict().outcome(Tp3), Some(Outcome::SkippedByPolicy));
        }
    }
}

#[test]
fn the_bank_wants_the_parameters_of_a_signing_key() {
    const AES: u16 = 0x0006;
    const OAEP: u16 = 0x0017;
    const ECDAA: u16 = 0x001a;
    /// Puts the algorithm's key bits and mode, or its hash, behind it.
    fn parameters(valid: &Valid<Enrollment>, at: usize, bytes: &'static [u8]) -> Judgement {
        valid.but(|c| {
            c.tpm_statement().edit_public_area = Edit::new(move |area: &mut Vec<u8>| {
                // type, nameAlg, attributes, sized policy of 32 bytes
                let start = 2 + 2 + 4 + 34 + at;
                area.splice(start..start + 2, bytes.iter().copied());
            });
        })
    }
    assert_eq!((AES, OAEP, ECDAA), (6, 0x17, 0x1a));
    let ecc = valid(bank(Registration::tpm_ecc));
    passes(&ecc.judgement, Tp4);
    fails(&parameters(&ecc, 0, &[0, 6, 0, 128, 0, 0x43]), Tp4, "tpm.parameters");
    fails(&parameters(&ecc, 2, &[0, 0x1a, 0, 0x0b, 0, 0]), Tp4, "tpm.parameters");
    passes(&parameters(&ecc, 2, &[0, 0x18, 0, 0x0b]), Tp4);
    // symmetric, scheme, curve, then the key derivation
    fails(&parameters(&ecc, 6, &[0, 0x20, 0, 0x0b]), Tp4, "tpm.parameters");
    let rsa = valid(bank(Registration::tpm_rsa));
    passes(&rsa.judgement, Tp4);
    fails(&parameters(&rsa, 0, &[0, 6, 0, 128, 0, 0x43]), Tp4, "tpm.parameters");
    fails(&parameters(&rsa, 2, &[0, 0x17]), Tp4, "tpm.parameters");
    passes(&parameters(&rsa, 2, &[0, 0x16]), Tp4);
    let plain = valid(plain(Registration::tpm_rsa));
    let unjudged = parameters(&plain, 2, &[0, 0x17]);
    assert_eq!(unjudged.verdict().outcome(Tp4), Some(Outcome::SkippedByPolicy));
}

#[test]
fn the_key_in_pub_area_is_the_credential_key() {
    let [ecc, rsa] = both();
    passes(&ecc.judgement, Tp5);
    passes(&rsa.judgement, Tp5);
    for coordinate in [0, 1] {
        let other = area(&ecc, |area| {
            let Unique::Ecc(x, y) = &mut area.unique else { panic!("ECC") };
            [x, y][coordinate][31] ^= 1;
        });
        fails(&other, Tp5, "tpm.key");
    }
    let modulus = area(&rsa, |area| {
        let Unique::Rsa(modulus) = &mut area.unique else { panic!("RSA") };
        modulus[255] ^= 2;
    });
    fails(&modulus, Tp5, "tpm.key");
    let exponent = |value: u32| {
        area(&rsa, |area| {
            let Parameters::Rsa { exponent, .. } = &mut area.parameters else { panic!("RSA") };
            *exponent = value;
        })
    };
    passes(&exponent(65_537), Tp5);
    fails(&exponent(3), Tp5, "tpm.key");
    // The bytes of 65537 the other way round.
    fails(&exponent(0x0100_0100), Tp5, "tpm.key");
    let curve = |value: u16| {
        area(&ecc, |area| {
            let Parameters::Ecc { curve, .. } = &mut area.parameters else { panic!("ECC") };
            *curve = value;
        })
    };
    fails(&curve(4), Tp5, "tpm.key");
    // 1 is P-256 in COSE, and P-192 in a TPM.
    fails(&curve(1), Tp5, "tpm.curve");
    fails(&curve(0x10), Tp5, "tpm.curve");
    let other = PublicArea::for_key("other", &SigningKey::rsa(1));
    fails(&area(&ecc, |area| *area = other.clone()), Tp5, "tpm.key");
    fails(&area(&rsa, |area| *area = other), Tp5, "tpm.key");
}

#[test]
fn numbers_of_pub_area_may_be_shortened_or_padded() {
    let [ecc, rsa] = both();
    let padded = area(&ecc, |area| {
        let Unique::Ecc(x, y) = &mut area.unique else { panic!("ECC") };
        x.insert(0, 0);
        y.splice(..0, [0, 0]);
    });
    passes(&padded, Tp5);
    let padded = area(&rsa, |area| {
        let Unique::Rsa(modulus) = &mut area.unique else { panic!("RSA") };
        modulus.insert(0, 0);
    });
    passes(&padded, Tp5);
    // A credential key whose x or y starts with a zero byte, which some TPMs leave out.
    let (seed, key) = (0..)
        .map(|number| format!("short {number}"))
        .map(|seed| (seed.clone(), SigningKey::from_seed(KeyKind::Es256, &seed)))
        .find(|(_, key)| key.coordinates().0[0] == 0 || key.coordinates().1[0] == 0)
        .unwrap();
    let valid = valid(plain(Registration::tpm_ecc).given(|c| {
        c.authenticator_data.public_key = key.cose_key(-7);
        c.tpm_statement().public_area = PublicArea::for_key(&seed, &key);
        c.credential_key = key;
    }));
    let short = area(&valid, |area| {
        let Unique::Ecc(x, y) = &mut area.unique else { panic!("ECC") };
        for number in [x, y] {
            *number = number.iter().copied().skip_while(|byte| *byte == 0).collect();
        }
    });
    passes(&short, Tp5);
}

#[test]
fn the_attested_name_is_that_of_pub_area() {
    for valid in both() {
        passes(&valid.judgement, Tp6);
        for hash in [algorithm::SHA384, algorithm::SHA512] {
            passes(&area(&valid, |area| area.name_algorithm = hash), Tp6);
        }
        for hash in [algorithm::SHA1, algorithm::NULL, 0x0012] {
            let other = area(&valid, |area| area.name_algorithm = hash);
            fails(&other, Tp6, "tpm.name_algorithm");
        }
        let encoded = valid.with(|_| ()).tpm_statement().public_area.to_bytes();
        let name = object_name(algorithm::SHA256, &encoded);
        let named = |name: Vec<u8>| certify(&valid, |info| info.attested_name = Some(name));
        passes(&named(name.clone()), Tp6);
        let mut flipped = name.clone();
        flipped[33] ^= 1;
        fails(&named(flipped), Tp6, "tpm.name");
        // The right digest under another algorithm's number, the bare digest, nothing, too much.
        fails(&named([&[0, 0x0c], &name[2..]].concat()), Tp6, "tpm.name");
        fails(&named(object_name(algorithm::SHA384, &encoded)), Tp6, "tpm.name");
        fails(&named(name[2..].to_vec()), Tp6, "tpm.name");
        fails(&named(Vec::new()), Tp6, "tpm.name");
        fails(&named([&name[..], &[0]].concat()), Tp6, "tpm.name");
    }
}

#[test]
fn cert_info_is_a_certification_made_by_a_tpm() {
    for valid in both() {
        passes(&valid.judgement, Tp7);
        for magic in [0, 0x4743_54ff, 0xff54_4346] {
            fails(&certify(&valid, |info| info.magic = magic), Tp7, "tpm.magic");
        }
        // TPM_ST_ATTEST_QUOTE, TPM_ST_ATTEST_CREATION
        for kind in [0x8018, 0x801a, 0] {
            fails(&certify(&valid, |info| info.attestation_type = kind), Tp7, "tpm.type");
        }
        let short = statement(&valid, |s| cbor::byte_member(s, "certInfo").truncate(5));
        fails(&short, Tp7, "malformed.truncated");
    }
}

#[test]
fn extra_data_commits_to_this_ceremony() {
    for valid in both() {
        passes(&valid.judgement, Tp8);
        for other in [vec![0; 32], vec![0; 31], Vec::new()] {
            let judgement = certify(&valid, |info| info.extra_data = Some(other));
            fails(&judgement, Tp8, "tpm.extra_data");
        }
        let respelled = valid.but(|c| {
            c.edit_client_data_json = Edit::new(|json: &mut Vec<u8>| json.insert(1, b' '));
        });
        fails(&respelled, Tp8, "tpm.extra_data");
    }
    // The hash is that of alg, whatever else is SHA-256.
    let [_, rsa] = both();
    passes(&rsa.but(|c| c.attestation.algorithm = -258), Tp8);
    let other_hash = statement(&rsa, |s| cbor::set(s, "alg", cbor::integer(-258)));
    fails(&other_hash, Tp8, "tpm.extra_data");
    let unknown = statement(&rsa, |s| cbor::set(s, "alg", cbor::integer(-6)));
    fails(&unknown, Tp8, "key.algorithm_unknown");
}

#[test]
fn an_algorithm_without_a_hash_is_refused() {
    let [valid, _] = both();
    for kind in [KeyKind::EdDsa, KeyKind::Ed448] {
        let judgement = valid.but(|c| {
            let key = SigningKey::from_seed(kind, "attestation");
            c.attestation.algorithm = key.default_algorithm();
            c.chain().set_leaf_key(key);
        });
        fails(&judgement, Tp8, "tpm.algorithm_without_hash");
    }
}

#[test]
fn rs1_is_taken_by_the_plain_profile_with_a_word_and_refused_by_the_bank() {
    let valid = valid(plain(Registration::tpm_rsa).given(|c| c.attestation.algorithm = -65535));
    passes(&valid.judgement, Tp8);
    passes(&valid.judgement, Tp14);
    assert_eq!(valid.judgement.verdict().tolerances, ["sha1_signatures"]);
    let judged = valid.but(|c| c.policy.refuse_sha1 = Rule::Judged);
    fails(&judged, Tp8, "key.algorithm_sha1");
}

#[test]
fn the_aik_certificate_has_version_3_and_an_empty_subject() {
    for valid in both() {
        passes(&valid.judgement, Tp9);
        for version in [0, 1] {
            // Only a version 3 certificate can have extensions.
            let older = leaf(&valid, |leaf| {
                leaf.version = version;
                leaf.extensions.clear();
            });
            fails(&older, Tp9, "certificate.version");
        }
        let named = leaf(&valid, |leaf| leaf.subject = Name::common_name("TPM"));
        fails(&named, Tp9, "certificate.subject_not_empty");
    }
}

#[test]
fn the_subject_alternative_name_is_critical_and_complete() {
    for valid in both() {
        for spread in [Spread::Together, Spread::Separate] {
            let all = leaf(&valid, |leaf| leaf.set_extension(san(&device_attributes(), spread)));
            passes(&all, Tp9);
            for id in [attribute::TPM_MANUFACTURER, attribute::TPM_MODEL, attribute::TPM_VERSION] {
                let changed = |change: &dyn Fn(&mut Vec<Attribute>)| {
                    let mut attributes = device_attributes();
                    change(&mut attributes);
                    leaf(&valid, |leaf| leaf.set_extension(san(&attributes, spread)))
                };
                let missing = changed(&|all| all.retain(|one| one.oid != id));
                fails(&missing, Tp9, "tpm.subject_alternative_name");
                let twice = changed(&|all| all.push(Attribute::utf8(id, "another")));
                fails(&twice, Tp9, "tpm.subject_alternative_name");
                let empty = changed(&|all| {
                    all.iter_mut().filter(|one| one.oid == id).for_each(|one| one.text.clear());
                });
                fails(&empty, Tp9, "tpm.subject_alternative_name");
            }
        }
        let mild = leaf(&valid, |leaf| {
            leaf.extension_mut(oid::SUBJECT_ALTERNATIVE_NAME).critical = false;
        });
        fails(&mild, Tp9, "tpm.subject_alternative_name_not_critical");
        let missing = leaf(&valid, |leaf| leaf.remove_extension(oid::SUBJECT_ALTERNATIVE_NAME));
        fails(&missing, Tp9, "tpm.subject_alternative_name");
        let value = |value: Vec<u8>| {
            leaf(&valid, |leaf| leaf.extension_mut(oid::SUBJECT_ALTERNATIVE_NAME).value = value)
        };
        let dns = der::sequence(&[der::context_primitive(2, b"tpm.example")]);
        fails(&value(dns), Tp9, "tpm.subject_alternative_name");
        fails(&value(der::sequence(&[])), Tp9, "tpm.subject_alternative_name");
        fails(&value(Vec::new()), Tp9, "malformed.truncated");
        fails(&value([der::sequence(&[]), vec![0]].concat()), Tp9, "malformed.trailing");
    }
}

#[test]
fn other_names_beside_the_directory_name_are_no_fault() {
    let [valid, _] = both();
    let both_names = leaf(&valid, |leaf| {
        let extension = leaf.extension_mut(oid::SUBJECT_ALTERNATIVE_NAME);
        let directory = der::context(4, &Name::separate(device_attributes()).to_der());
        let dns = der::context_primitive(2, b"tpm.example");
        extension.value = der::sequence(&[dns, directory]);
    });
    passes(&both_names, Tp9);
}

/// States this manufacturer, in the certificate.
fn manufacturer(c: &mut Enrollment, id: &str) {
    let mut attributes = device_attributes();
    attributes[0].text = id.into();
    c.leaf().set_extension(san(&attributes, Spread::Together));
}

/// Puts the attestation key under an issuer of this name.
fn issuer(c: &mut Enrollment, name: Name) {
    c.chain().issuers[0].spec.subject = name;
    let issuers = c.chain().issuers.clone();
    c.chain().set_issuers(issuers);
}

/// Named as Microsoft names the authorities for one manufacturer.
fn named(code: &str) -> Name {
    Name::common_name(&format!("EUS-{code}-KEYID-{}", "882F047B".repeat(5)))
}

#[test]
fn the_bank_wants_a_manufacturer_of_the_registry() {
    for make in [Registration::tpm_ecc, Registration::tpm_rsa] {
        let valid = valid(bank(make));
        passes(&valid.judgement, Tp10);
        let facts = valid.judgement.verdict().facts.tpm.clone().unwrap();
        assert_eq!(facts.vendor.as_deref(), Some("Infineon"));
        assert!(facts.hardware_bound);
        let small = valid.but(|c| {
            manufacturer(c, "id:494e5443");
            issuer(c, named("INTC"));
        });
        passes(&small, Tp10);
        // The conformance tool's id, the Recommendation's own, and what only looks like an id.
        for id in ["id:FFFFF1D0", "id:00000000", "49465800", "id:494658", "id:4946580000", "IFX"] {
            let other = valid.with(|c| manufacturer(c, id));
            fails(&other.judge(), Tp10, "tpm.vendor");
            let unjudged = other.given(|c| {
                c.policy.tpm_registered_vendor = Rule::NotJudged;
                c.policy.tpm_issuer_vendor = Rule::NotJudged;
            });
            let unjudged = unjudged.judge();
            assert!(unjudged.accepted().is_ok());
            assert_eq!(unjudged.verdict().outcome(Tp10), Some(Outcome::SkippedByPolicy));
        }
    }
}

#[test]
fn the_bank_wants_the_issuer_of_the_manufacturer() {
    let valid = valid(bank(Registration::tpm_ecc));
    passes(&valid.judgement, Tp16);
    // The padding of an id is no letter: NTC and two zeros, STM and a space.
    for (code, id) in [
        ("NTC", "id:4E544300"),
        ("STM", "id:53544D20"),
        ("INTC", "id:494E5443"),
        ("amd", "id:414d4400"),
    ] {
        let both = valid.but(|c| {
            manufacturer(c, id);
            issuer(c, named(code));
        });
        passes(&both, Tp16);
        let other = valid.but(|c| manufacturer(c, id));
        fails(&other, Tp16, "tpm.issuer_vendor");
        let other = valid.with(|c| issuer(c, named(code)));
        fails(&other.judge(), Tp16, "tpm.issuer_vendor");
        let unjudged = other.given(|c| c.policy.tpm_issuer_vendor = Rule::NotJudged).judge();
        assert!(unjudged.accepted().is_ok());
        assert_eq!(unjudged.verdict().outcome(Tp16), Some(Outcome::SkippedByPolicy));
    }
    // A manufacturer that the registry does not know agrees with no issuer.
    let stranger = valid.but(|c| {
        c.policy.tpm_registered_vendor = Rule::NotJudged;
        manufacturer(c, "id:FFFFF1D0");
    });
    fails(&stranger, Tp16, "tpm.issuer_vendor");
}

#[test]
fn an_issuer_that_is_named_for_nobody_is_an_outcome_of_its_own() {
    let valid = valid(bank(Registration::tpm_ecc));
    let key = "882F047B".repeat(5);
    for text in [
        "Attestation CA".to_owned(),
        "EUS-IFX-KEYID-".to_owned(),
        format!("EUS-IFX-KEYID-{key}0"),
        format!("EUS-IFX-KEYID-{}", "G".repeat(40)),
        format!("IFX-KEYID-{key}"),
        format!("EUS--KEYID-{key}"),
        format!("EUS-I-FX-KEYID-{key}"),
    ] {
        let other = valid.with(|c| issuer(c, Name::common_name(&text)));
        fails(&other.judge(), Tp16, "tpm.issuer_naming");
        let unjudged = other.given(|c| c.policy.tpm_issuer_naming = Rule::NotJudged).judge();
        passes(&unjudged, Tp16);
    }
    // Microsoft's names have one attribute.
    let more = valid.but(|c| {
        let mut name = named("IFX");
        name.0.push(vec![Attribute::utf8(attribute::ORGANIZATION, "Somebody")]);
        issuer(c, name);
    });
    fails(&more, Tp16, "tpm.issuer_naming");
}

#[test]
fn a_key_that_may_leave_the_tpm_is_not_called_bound() {
    let [valid, _] = both();
    for clear in [object::FIXED_TPM, object::FIXED_PARENT, object::SENSITIVE_DATA_ORIGIN] {
        let other = area(&valid, |area| area.object_attributes &= !clear);
        assert!(!other.verdict().facts.tpm.as_ref().unwrap().hardware_bound);
    }
    let restricted = area(&valid, |area| area.object_attributes |= object::RESTRICTED);
    assert!(restricted.verdict().facts.tpm.as_ref().unwrap().hardware_bound);
}

#[test]
fn the_aik_certificate_is_for_attestation() {
    const SERVER: &str = "1.3.6.1.5.5.7.3.1";
    for valid in both() {
        passes(&valid.judgement, Tp11);
        let usages =
            |usages: &[&str]| leaf(&valid, |leaf| leaf.set_extension(extended_key_usage(usages)));
        passes(&usages(&[SERVER, oid::TCG_AIK_CERTIFICATE]), Tp11);
        fails(&usages(&[SERVER]), Tp11, "tpm.extended_key_usage");
        fails(&usages(&["2.23.133.8.1"]), Tp11, "tpm.extended_key_usage");
        // anyExtendedKeyUsage says nothing of attestation.
        fails(&usages(&["2.5.29.37.0"]), Tp11, "tpm.extended_key_usage");
        fails(&usages(&[]), Tp11, "tpm.extended_key_usage");
        let missing = leaf(&valid, |leaf| leaf.remove_extension(oid::EXTENDED_KEY_USAGE));
        fails(&missing, Tp11, "tpm.extended_key_usage");
    }
}

#[test]
fn basic_constraints_are_present_and_say_that_it_is_no_ca() {
    for valid in both() {
        passes(&valid.judgement, Tp12);
        let ca = leaf(&valid, |leaf| leaf.set_extension(basic_constraints(Some(true), None)));
        fails(&ca, Tp12, "certificate.leaf_is_ca");
        let missing = leaf(&valid, |leaf| leaf.remove_extension(oid::BASIC_CONSTRAINTS));
        fails(&missing, Tp12, "certificate.basic_constraints_missing");
    }
}

#[test]
fn the_aaguid_extension_is_that_of_this_model() {
    for valid in both() {
        passes(&valid.judgement, Tp13);
        let other = leaf(&valid, |leaf| leaf.set_extension(fido_aaguid([7; 16])));
        fails(&other, Tp13, "certificate.aaguid_mismatch");
        let stated = valid.but(|c| c.authenticator_data.aaguid[15] ^= 1);
        fails(&stated, Tp13, "certificate.aaguid_mismatch");
    }
}

#[test]
fn the_aik_signed_cert_info() {
    for valid in both() {
        passes(&valid.judgement, Tp14);
        let flipped = statement(&valid, |s| cbor::byte_member(s, "sig")[9] ^= 1);
        fails(&flipped, Tp14, "signature.invalid");
        let other = valid.but(|c| {
            c.attestation.edit_signed_bytes = Edit::new(|bytes: &mut Vec<u8>| bytes[6] ^= 1);
        });
        fails(&other, Tp14, "signature.invalid");
        let by_the_credential = valid.but(|c| {
            let key = c.credential_key.clone();
            c.chain().leaf_key = key;
        });
        fails(&by_the_credential, Tp14, "signature.invalid");
        let wrong_order = valid.but(|c| {
            c.chain().edit_certificates = Edit::new(|x5c: &mut Vec<Vec<u8>>| x5c.reverse());
        });
        assert_eq!(wrong_order.verdict().failure.as_ref().unwrap().check, Tp14);
    }
    // An algorithm of another key type with the same hash gets past extraData, not past this.
    let [ecc, rsa] = both();
    let other = statement(&ecc, |s| cbor::set(s, "alg", cbor::integer(-257)));
    fails(&other, Tp14, "signature.key_type");
    let other = statement(&rsa, |s| cbor::set(s, "alg", cbor::integer(-7)));
    fails(&other, Tp14, "signature.key_type");
    let padding = statement(&rsa, |s| cbor::set(s, "alg", cbor::integer(-37)));
    fails(&padding, Tp14, "signature.invalid");
}

#[test]
fn a_critical_san_is_the_only_critical_extension_waved_through() {
    for valid in both() {
        passes(&valid.judgement, Tp15);
        let unknown = leaf(&valid, |leaf| leaf.set_extension(unknown_critical()));
        fails(&unknown, Tp15, "path.critical_extension");
        let identifier = leaf(&valid, |leaf| {
            leaf.extension_mut(oid::AUTHORITY_KEY_IDENTIFIER).critical = true;
        });
        fails(&identifier, Tp15, "path.critical_extension");
        // What path validation knows may be critical.
        let usage =
            leaf(&valid, |leaf| leaf.extension_mut(oid::EXTENDED_KEY_USAGE).critical = true);
        passes(&usage, Tp15);
    }
}

#[test]
fn clock_and_firmware_facts_are_exposed() {
    for valid in both() {
        passes(&valid.judgement, Tp17);
        let facts = valid.judgement.verdict().facts.tpm.clone().unwrap();
        assert_eq!(facts.firmware_version, 0x0007_0055_0000_1100);
        assert_eq!(facts.clock_safe, Some(true));
        assert_eq!(facts.manufacturer.as_deref(), Some("id:49465800"));
        let unsafe_clock = certify(&valid, |info| info.clock_info[16] = 0);
        passes(&unsafe_clock, Tp17);
        assert_eq!(unsafe_clock.verdict().facts.tpm.as_ref().unwrap().clock_safe, Some(false));
    }
}
