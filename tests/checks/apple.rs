//! AP-1 to AP-8: Apple's anonymous attestation.

use device_enrollment::policy::Rule;
use device_enrollment::verdict::CheckId::{Ap1, Ap2, Ap3, Ap4, Ap5, Ap6, Ap7, Ap8, X2, X15};
use device_enrollment::verdict::{AttestationType, Outcome};
use device_enrollment_testkit::attestation::Statement;
use device_enrollment_testkit::authenticator_data::flag;
use device_enrollment_testkit::cbor::{self, Entries, Value};
use device_enrollment_testkit::extension::oid;
use device_enrollment_testkit::{CertificateSpec, Edit, KeyKind, Registration, SigningKey, der};

use crate::harness::{Ceremony, Enrollment, Valid, bank, fails, passes, plain, valid};

type Judgement = device_enrollment::Judgement<<Enrollment as Ceremony>::Accepted>;

fn statement(
    valid: &Valid<Enrollment>,
    change: impl Fn(&mut Entries) + Send + Sync + 'static,
) -> Judgement {
    valid.but(|c| c.attestation.edit_statement = Edit::new(change))
}

#[test]
fn x5c_is_present_and_not_empty() {
    let valid = valid(plain(Registration::apple));
    passes(&valid.judgement, Ap1);
    let without = statement(&valid, |s| drop(cbor::remove(s, "x5c")));
    fails(&without, Ap1, "statement.member_missing");
    let x5c = |value: Value| statement(&valid, move |s| cbor::set(s, "x5c", value.clone()));
    fails(&x5c(Value::Array(Vec::new())), Ap1, "statement.x5c_empty");
    fails(&x5c(cbor::bytes([1])), Ap1, "statement.member_type");
    fails(&x5c(Value::Array(vec![cbor::integer(1)])), Ap1, "statement.member_type");
    fails(&x5c(Value::Array(vec![cbor::bytes([0x30, 0]); 11])), Ap1, "malformed.too_many");
}

#[test]
fn the_alg_of_the_first_drafts_is_taken_beside_x5c() {
    let valid = valid(plain(Registration::apple));
    let draft = statement(&valid, |s| s.insert(0, (cbor::text("alg"), cbor::integer(-7))));
    passes(&draft, X2);
    let sig = statement(&valid, |s| s.insert(0, (cbor::text("sig"), cbor::bytes([1]))));
    fails(&sig, X2, "statement.member_unexpected");
}

#[test]
fn the_nonce_extension_is_one_tagged_octet_string_of_32_bytes() {
    let valid = valid(plain(Registration::apple));
    passes(&valid.judgement, Ap2);
    let missing = valid.but(|c| {
        c.chain().edit_leaf =
            Edit::new(|leaf: &mut CertificateSpec| leaf.remove_extension(oid::APPLE_NONCE));
    });
    fails(&missing, Ap2, "certificate.extension_missing");
    for nonce in [vec![7; 31], vec![7; 33], Vec::new()] {
        let judgement =
            valid.but(|c| c.attestation.statement = Statement::Apple { nonce: Some(nonce) });
        fails(&judgement, Ap2, "certificate.extension_form");
    }
    /// Another spelling of a right extension: 30 24 a1 22 04 20 …
    type Spelling = fn(&mut Vec<u8>);
    let spellings: [Spelling; 8] = [
        |value| value[2] = 0xa0,
        |value| value[2] = 0xa2,
        |value| value[0] = der::tag::SET,
        |value| value[4] = der::tag::UTF8,
        |value| value.push(0),
        |value| *value = der::sequence(&[value[2..].to_vec(), der::null()]),
        |value| *value = value[2..].to_vec(),
        |value| *value = der::octet_string(value),
    ];
    for spelling in spellings {
        let judgement = valid.but(|c| {
            c.chain().edit_leaf = Edit::new(move |leaf: &mut CertificateSpec| {
                spelling(&mut leaf.extension_mut(oid::APPLE_NONCE).value);
            });
        });
        fails(&judgement, Ap2, "certificate.extension_form");
    }
}

#[test]
fn the_nonce_extension_stands_once_and_may_be_critical() {
    let valid = valid(plain(Registration::apple));
    let critical = valid.but(|c| {
        c.chain().edit_leaf = Edit::new(|leaf: &mut CertificateSpec| {
            leaf.extension_mut(oid::APPLE_NONCE).critical = true;
        });
    });
    passes(&critical, Ap2);
    let twice = valid.but(|c| {
        c.chain().edit_leaf = Edit::new(|leaf: &mut CertificateSpec| {
            let extension = leaf.extension_mut(oid::APPLE_NONCE).clone();
            leaf.extensions.push(extension);
        });
    });
    fails(&twice, X15, "certificate.duplicate_extension");
}

#[test]
fn the_nonce_commits_to_this_ceremony() {
    let valid = valid(plain(Registration::apple));
    passes(&valid.judgement, Ap3);
    let other =
        valid.but(|c| c.attestation.statement = Statement::Apple { nonce: Some(vec![7; 32]) });
    fails(&other, Ap3, "apple.nonce");
    // One bit of authenticator data, and one of the client data hash.
    for position in [32, 36, 100] {
        let other = valid.but(|c| {
            c.attestation.edit_signed_bytes = Edit::new(move |bytes: &mut Vec<u8>| {
                bytes[position] ^= 1;
            });
        });
        fails(&other, Ap3, "apple.nonce");
    }
    let respelled = valid.but(|c| {
        c.edit_client_data_json = Edit::new(|json: &mut Vec<u8>| json.insert(1, b' '));
    });
    fails(&respelled, Ap3, "apple.nonce");
}

#[test]
fn the_leafs_key_is_the_credential_key() {
    let valid = valid(plain(Registration::apple));
    passes(&valid.judgement, Ap4);
    for kind in [KeyKind::Es256, KeyKind::Es384, KeyKind::Rsa2048] {
        let key = SigningKey::from_seed(kind, "another");
        fails(&valid.but(|c| c.chain().set_leaf_key(key)), Ap4, "certificate.leaf_key");
    }
}

#[test]
fn the_chain_ends_at_the_configured_anchor_and_the_type_is_anonymization_ca() {
    for valid in [valid(plain(Registration::apple)), valid(bank(Registration::apple))] {
        passes(&valid.judgement, Ap5);
        passes(&valid.judgement, Ap6);
        let accepted = valid.judgement.accepted().unwrap();
        assert_eq!(accepted.attestation_type, AttestationType::AnonCa);
        passes(&valid.but(|c| c.chain().include_root = true), Ap5);
    }
}

#[test]
fn the_life_of_the_leaf_is_left_to_its_dates() {
    let judgement = valid(plain(Registration::apple)).judgement;
    assert_eq!(judgement.verdict().outcome(Ap7), Some(Outcome::NotApplicable));
}

#[test]
fn the_bank_takes_no_apple_attested_key_that_claims_to_be_backup_eligible() {
    let valid = valid(bank(Registration::apple));
    passes(&valid.judgement, Ap8);
    let eligible = valid.with(|c| c.authenticator_data.set_flag(flag::BACKUP_ELIGIBLE));
    fails(&eligible.judge(), Ap8, "apple.backup_eligible");
    let unjudged = eligible.given(|c| c.policy.apple_device_bound = Rule::NotJudged).judge();
    assert!(unjudged.accepted().is_ok());
    assert_eq!(unjudged.verdict().outcome(Ap8), Some(Outcome::SkippedByPolicy));
}
