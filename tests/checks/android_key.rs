//! AK-1 to AK-10 and AK-12: keys of Android's key store. `android_evidence.rs` has the rest.

use device_enrollment::policy::Rule;
use device_enrollment::verdict::CheckId::{
    Ak1, Ak2, Ak3, Ak4, Ak5, Ak6, Ak7, Ak8, Ak9, Ak10, Ak12, Ak17, X15,
};
use device_enrollment::verdict::Outcome;
use device_enrollment_testkit::attestation::android_key::{KeyDescription, integers, tag};
use device_enrollment_testkit::cbor::{self, Entries, Value};
use device_enrollment_testkit::extension::{android_key_description, oid};
use device_enrollment_testkit::{CertificateSpec, Edit, KeyKind, Registration, SigningKey, der};

use crate::harness::{Ceremony, Enrollment, Valid, bank, fails, passes, plain, valid};

type Judgement = device_enrollment::Judgement<<Enrollment as Ceremony>::Accepted>;

fn statement(
    valid: &Valid<Enrollment>,
    change: impl Fn(&mut Entries) + Send + Sync + 'static,
) -> Judgement {
    valid.but(|c| c.attestation.edit_statement = Edit::new(change))
}

fn description(valid: &Valid<Enrollment>, change: impl FnOnce(&mut KeyDescription)) -> Judgement {
    valid.but(|c| change(c.key_description()))
}

#[test]
fn alg_sig_and_x5c_are_present_and_x5c_is_not_empty() {
    let valid = valid(plain(Registration::android_key));
    passes(&valid.judgement, Ak1);
    for name in ["alg", "sig", "x5c"] {
        let without = statement(&valid, move |s| drop(cbor::remove(s, name)));
        fails(&without, Ak1, "statement.member_missing");
        let other = statement(&valid, move |s| cbor::set(s, name, Value::Bool(true)));
        fails(&other, Ak1, "statement.member_type");
    }
    let empty = statement(&valid, |s| cbor::set(s, "sig", cbor::bytes([])));
    fails(&empty, Ak1, "statement.signature_empty");
    let empty = statement(&valid, |s| cbor::set(s, "x5c", Value::Array(Vec::new())));
    fails(&empty, Ak1, "statement.x5c_empty");
    let eleven = Value::Array(vec![cbor::bytes([0x30, 0]); 11]);
    let eleven = statement(&valid, move |s| cbor::set(s, "x5c", eleven.clone()));
    fails(&eleven, Ak1, "malformed.too_many");
}

#[test]
fn the_signature_is_by_the_leafs_key_under_the_stated_algorithm() {
    let valid = valid(plain(Registration::android_key));
    passes(&valid.judgement, Ak2);
    let flipped = statement(&valid, |s| cbor::byte_member(s, "sig")[9] ^= 1);
    fails(&flipped, Ak2, "signature.invalid");
    let other = valid.but(|c| {
        c.attestation.edit_signed_bytes = Edit::new(|bytes: &mut Vec<u8>| bytes[33] ^= 1);
    });
    fails(&other, Ak2, "signature.invalid");
    let by_another = valid.but(|c| {
        c.chain().leaf_key = SigningKey::from_seed(KeyKind::Es256, "another");
    });
    fails(&by_another, Ak2, "signature.invalid");
    for alg in [-257, -35, -8] {
        let other = statement(&valid, move |s| cbor::set(s, "alg", cbor::integer(alg)));
        fails(&other, Ak2, "signature.key_type");
    }
    let unknown = statement(&valid, |s| cbor::set(s, "alg", cbor::integer(-6)));
    fails(&unknown, Ak2, "key.algorithm_unknown");
    let wrong_order = valid.but(|c| {
        c.chain().edit_certificates = Edit::new(|x5c: &mut Vec<Vec<u8>>| x5c.reverse());
    });
    fails(&wrong_order, Ak2, "signature.invalid");
}

#[test]
fn an_rsa_key_of_the_key_store_is_taken_as_well() {
    let registration = Registration::android_key("rsa").with_credential_algorithm(-257);
    let valid = valid(Enrollment::of(registration, device_enrollment::Policy::webauthn()));
    passes(&valid.judgement, Ak2);
    passes(&valid.judgement, Ak3);
    let ecdsa = statement(&valid, |s| cbor::set(s, "alg", cbor::integer(-7)));
    fails(&ecdsa, Ak2, "signature.key_type");
}

#[test]
fn the_leafs_key_is_the_credential_key() {
    let valid = valid(plain(Registration::android_key));
    passes(&valid.judgement, Ak3);
    for kind in [KeyKind::Es256, KeyKind::Es384, KeyKind::Rsa2048] {
        let other = valid.but(|c| {
            let key = SigningKey::from_seed(kind, "another");
            c.attestation.algorithm = key.default_algorithm();
            c.chain().set_leaf_key(key);
        });
        fails(&other, Ak3, "certificate.leaf_key");
    }
}

#[test]
fn the_key_description_is_present_and_carries_the_client_data_hash() {
    let valid = valid(plain(Registration::android_key));
    passes(&valid.judgement, Ak4);
    let edited =
        |change: fn(&mut CertificateSpec)| valid.but(|c| c.chain().edit_leaf = Edit::new(change));
    let missing = edited(|leaf| leaf.remove_extension(oid::ANDROID_KEY_DESCRIPTION));
    fails(&missing, Ak4, "android.key_description_missing");
    let challenge = |challenge: Vec<u8>| description(&valid, |d| d.challenge = Some(challenge));
    fails(&challenge(vec![0; 32]), Ak4, "android.challenge");
    fails(&challenge(Vec::new()), Ak4, "android.challenge");
    let hash = |c: &Enrollment| {
        device_enrollment_testkit::scheme::sha256(&c.client_data.to_bytes()).to_vec()
    };
    let hash = hash(&valid.with(|_| ()));
    fails(&challenge(hash[..31].to_vec()), Ak4, "android.challenge");
    fails(&challenge([&hash[..], &[0]].concat()), Ak4, "android.challenge");
    let trailing = description(&valid, |d| d.trailing = vec![0]);
    fails(&trailing, Ak4, "malformed.trailing");
    let empty = edited(|leaf| leaf.extension_mut(oid::ANDROID_KEY_DESCRIPTION).value.clear());
    fails(&empty, Ak4, "malformed.truncated");
    // The levels are ENUMERATED; an INTEGER is another encoding of the same statement.
    let integer = edited(|leaf| {
        let value = &mut leaf.extension_mut(oid::ANDROID_KEY_DESCRIPTION).value;
        let at = value.windows(2).position(|two| two == [der::tag::ENUMERATED, 1]).unwrap();
        value[at] = der::tag::INTEGER;
    });
    fails(&integer, Ak4, "malformed.der_tag");
}

#[test]
fn the_key_description_stands_once_in_the_leaf() {
    let valid = valid(plain(Registration::android_key));
    passes(&valid.judgement, X15);
    let twice = valid.but(|c| {
        c.chain().edit_leaf = Edit::new(|leaf: &mut CertificateSpec| {
            let extension = leaf.extension_mut(oid::ANDROID_KEY_DESCRIPTION).clone();
            leaf.extensions.push(extension);
        });
    });
    fails(&twice, X15, "certificate.duplicate_extension");
}

#[test]
fn the_bank_takes_a_key_description_in_the_leaf_alone() {
    let valid = valid(bank(Registration::android_key));
    passes(&valid.judgement, Ak5);
    for issuer in [0, 1] {
        let above = valid.with(|c| {
            let key = c.chain().issuers[issuer].key.clone();
            let description = KeyDescription::for_key("issuer", &key).to_der(&[0; 32]);
            let spec = &mut c.chain().issuers[issuer].spec;
            spec.set_extension(android_key_description(description));
        });
        fails(&above.judge(), Ak5, "android.key_description_repeated");
        let unjudged =
            above.given(|c| c.policy.android_single_description = Rule::NotJudged).judge();
        assert!(unjudged.accepted().is_ok());
        assert_eq!(unjudged.verdict().outcome(Ak5), Some(Outcome::SkippedByPolicy));
    }
}

#[test]
fn all_applications_is_absent_from_both_lists_however_it_is_encoded() {
    for valid in [valid(plain(Registration::android_key)), valid(bank(Registration::android_key))] {
        passes(&valid.judgement, Ak6);
        for value in [der::null(), der::boolean(false), Vec::new()] {
            let software = description(&valid, |d| {
                d.software_enforced.set(tag::ALL_APPLICATIONS, value.clone());
            });
            fails(&software, Ak6, "android.all_applications");
            let hardware = description(&valid, |d| {
                d.hardware_enforced.set(tag::ALL_APPLICATIONS, value.clone());
            });
            fails(&hardware, Ak6, "android.all_applications");
        }
    }
}

#[test]
fn no_tag_of_an_authorization_list_stands_twice() {
    let valid = valid(plain(Registration::android_key));
    for hardware in [true, false] {
        let twice = description(&valid, |d| {
            let list = if hardware { &mut d.hardware_enforced } else { &mut d.software_enforced };
            list.0.insert(1, list.0[0].clone());
        });
        fails(&twice, Ak7, "android.authorization_order");
    }
    // An unknown tag counts as well.
    let unknown = description(&valid, |d| {
        d.hardware_enforced.0.extend([(9999, der::null()), (9999, der::null())]);
    });
    fails(&unknown, Ak7, "android.authorization_order");
}

#[test]
fn the_order_of_an_authorization_list_is_judged_by_switch_alone() {
    let valid = valid(
        plain(Registration::android_key)
            .given(|c| c.policy.android_authorization_order = Rule::Judged),
    );
    passes(&valid.judgement, Ak7);
    let unordered = valid.with(|c| c.key_description().hardware_enforced.0.swap(0, 1));
    fails(&unordered.judge(), Ak7, "android.authorization_order");
    let unjudged =
        unordered.given(|c| c.policy.android_authorization_order = Rule::NotJudged).judge();
    assert!(unjudged.accepted().is_ok());
    assert_eq!(unjudged.verdict().outcome(Ak7), Some(Outcome::SkippedByPolicy));
}

#[test]
fn an_unknown_tag_hides_nothing_that_stands_behind_it() {
    let valid = valid(plain(Registration::android_key));
    let harmless = description(&valid, |d| d.hardware_enforced.set(500, der::null()));
    passes(&harmless, Ak8);
    let judgement = description(&valid, |d| {
        d.hardware_enforced.set(500, der::null());
        d.hardware_enforced.set(tag::ORIGIN, der::integer(2));
    });
    fails(&judgement, Ak8, "android.origin");
}

#[test]
fn the_key_was_generated_on_the_device() {
    for valid in [valid(plain(Registration::android_key)), valid(bank(Registration::android_key))] {
        passes(&valid.judgement, Ak8);
        for origin in [1, 2, 3, 4, 77] {
            let other =
                description(&valid, |d| d.hardware_enforced.set(tag::ORIGIN, der::integer(origin)));
            fails(&other, Ak8, "android.origin");
        }
        let missing = description(&valid, |d| drop(d.hardware_enforced.remove(tag::ORIGIN)));
        fails(&missing, Ak8, "android.origin_missing");
        let text = description(&valid, |d| d.hardware_enforced.set(tag::ORIGIN, der::utf8("0")));
        fails(&text, Ak8, "malformed.der_tag");
    }
    // In the plain profile both lists count, and neither may contradict.
    let valid = valid(plain(Registration::android_key));
    let software = description(&valid, |d| {
        let origin = d.hardware_enforced.remove(tag::ORIGIN);
        d.software_enforced.set(tag::ORIGIN, origin);
    });
    passes(&software, Ak8);
    let both = description(&valid, |d| d.software_enforced.set(tag::ORIGIN, der::integer(2)));
    fails(&both, Ak8, "android.origin");
}

#[test]
fn the_keys_purpose_is_signing() {
    let valid = valid(plain(Registration::android_key));
    passes(&valid.judgement, Ak9);
    let purposes = |purposes: &[i64]| {
        description(&valid, |d| d.hardware_enforced.set(tag::PURPOSE, integers(purposes)))
    };
    passes(&purposes(&[2, 3]), Ak9);
    passes(&purposes(&[0, 2]), Ak9);
    fails(&purposes(&[3]), Ak9, "android.purpose");
    fails(&purposes(&[7]), Ak9, "android.purpose");
    fails(&purposes(&[]), Ak9, "android.purpose");
    let missing = description(&valid, |d| drop(d.hardware_enforced.remove(tag::PURPOSE)));
    fails(&missing, Ak9, "android.purpose_missing");
    let integer = description(&valid, |d| d.hardware_enforced.set(tag::PURPOSE, der::integer(2)));
    fails(&integer, Ak9, "malformed.der_tag");
}

#[test]
fn the_bank_takes_signing_as_the_only_purpose() {
    let valid = valid(bank(Registration::android_key));
    passes(&valid.judgement, Ak9);
    for others in [&[2, 3][..], &[0, 2], &[2, 7]] {
        let more = description(&valid, |d| d.hardware_enforced.set(tag::PURPOSE, integers(others)));
        fails(&more, Ak9, "android.purpose");
    }
}

#[test]
fn the_bank_wants_origin_and_purpose_from_the_hardware() {
    let valid = valid(bank(Registration::android_key));
    passes(&valid.judgement, Ak10);
    for moved in [tag::ORIGIN, tag::PURPOSE] {
        let software = valid.with(|c| {
            let description = c.key_description();
            let value = description.hardware_enforced.remove(moved);
            description.software_enforced.set(moved, value);
        });
        fails(&software.judge(), Ak10, "android.not_hardware_enforced");
        let unjudged =
            software.given(|c| c.policy.android_hardware_enforced = Rule::NotJudged).judge();
        assert!(unjudged.accepted().is_ok());
        assert_eq!(unjudged.verdict().outcome(Ak10), Some(Outcome::SkippedByPolicy));
    }
}

#[test]
fn the_bank_wants_a_locked_device_and_a_verified_boot() {
    use device_enrollment_testkit::attestation::android_key::root_of_trust;
    let valid = valid(bank(Registration::android_key));
    passes(&valid.judgement, Ak12);
    // SELF_SIGNED, UNVERIFIED, FAILED, and a state that nobody knows.
    for (locked, state) in [(false, 0), (true, 1), (true, 2), (true, 3), (true, 9)] {
        let other = description(&valid, move |d| {
            d.hardware_enforced.set(tag::ROOT_OF_TRUST, root_of_trust("boot", locked, state));
        });
        fails(&other, Ak12, "android.boot");
    }
    let absent = description(&valid, |d| {
        d.hardware_enforced.remove(tag::ROOT_OF_TRUST);
    });
    fails(&absent, Ak12, "android.root_of_trust_missing");
    // What only software states does not count.
    let software = description(&valid, |d| {
        d.hardware_enforced.remove(tag::ROOT_OF_TRUST);
        d.software_enforced.set(tag::ROOT_OF_TRUST, root_of_trust("boot", true, 0));
    });
    fails(&software, Ak12, "android.root_of_trust_missing");
    let unjudged = valid.with(|c| {
        c.key_description().hardware_enforced.remove(tag::ROOT_OF_TRUST);
        c.policy.android_verified_boot = Rule::NotJudged;
    });
    assert!(unjudged.judge().accepted().is_ok());
}

#[test]
fn the_chain_ends_at_the_configured_anchor_with_or_without_the_root() {
    for valid in [valid(plain(Registration::android_key)), valid(bank(Registration::android_key))] {
        passes(&valid.judgement, Ak17);
        passes(&valid.but(|c| c.chain().include_root = false), Ak17);
    }
}
