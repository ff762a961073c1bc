//! RP, RG, EX, AS and PO: what the relying party asked for, whose credential it is, and what the
//! policy takes.

use device_enrollment::policy::Rule;
use device_enrollment::verdict::CheckId::{
    As1, As2, As4, As5, Ex1, Ex2, Ex3, Po1, Po2, Po3, Po4, Po5, Rg1, Rg2, Rp1, Rp2,
};
use device_enrollment::verdict::{AttestationType, Format, Outcome};
use device_enrollment::webauthn::{Attachment, CredentialRecord, CredentialUniqueness};
use device_enrollment::{Algorithm, Policy};
use device_enrollment_testkit::Registration;
use device_enrollment_testkit::authenticator_data::flag;
use device_enrollment_testkit::cbor::{self, Value};
use device_enrollment_testkit::scheme::sha256;
use serde_json::json;

use crate::harness::{Enrollment, Login, Make, bank, fails, login, passes, plain, valid};

fn a_login() -> Login {
    login(&Registration::none("login"))
}

/// The authenticator's extension outputs.
fn outputs(entries: Vec<(&str, Value)>) -> Value {
    Value::Map(entries.into_iter().map(|(name, value)| (cbor::text(name), value)).collect())
}

#[test]
fn the_rp_id_hash_is_that_of_the_relying_party() {
    let registration = valid(plain(Registration::packed_self));
    let assertion = valid(a_login());
    passes(&registration.judgement, Rp1);
    passes(&assertion.judgement, Rp1);
    for other in ["evil.example", "Bank.example", "bank.example.", "https://bank.example", ""] {
        let hash = sha256(other.as_bytes());
        let judgement = registration.but(|c| c.authenticator_data.rp_id_hash = hash);
        fails(&judgement, Rp1, "authenticator_data.rp_id_hash");
        let judgement = assertion.but(|c| c.authenticator_data.rp_id_hash = hash);
        fails(&judgement, Rp1, "authenticator_data.rp_id_hash");
    }
    let expected = registration.but(|c| c.expectation.rp_id = "login.bank.example".into());
    fails(&expected, Rp1, "authenticator_data.rp_id_hash");
}

#[test]
fn an_app_id_stands_in_for_the_rp_id_only_where_it_was_asked_for_and_used() {
    const APP_ID: &str = "https://bank.example/app-id.json";
    let valid = valid(a_login().given(|c| {
        c.expectation.app_id = Some(APP_ID.into());
        c.authenticator_data.rp_id_hash = sha256(APP_ID.as_bytes());
        c.json(|json| json["clientExtensionResults"]["appid"] = json!(true));
    }));
    passes(&valid.judgement, Rp2);
    assert_eq!(valid.judgement.verdict().outcome(Rp1), Some(Outcome::NotApplicable));
    // The output counts as asked for.
    passes(&valid.but(|c| c.policy.unsolicited_extensions = Rule::Judged), Ex1);
    let not_asked = valid.but(|c| c.expectation.app_id = None);
    fails(&not_asked, Rp2, "authenticator_data.app_id");
    let other = valid.but(|c| c.authenticator_data.rp_id_hash = sha256(b"https://evil.example"));
    fails(&other, Rp2, "authenticator_data.rp_id_hash");
    let not_used =
        valid.but(|c| c.json(|json| json["clientExtensionResults"]["appid"] = json!(false)));
    fails(&not_used, Rp1, "authenticator_data.rp_id_hash");
    let unsaid = valid.but(|c| c.json(|_| ()));
    fails(&unsaid, Rp1, "authenticator_data.rp_id_hash");
    let rp_id = valid.but(|c| c.authenticator_data.rp_id_hash = sha256(c.rp_id.as_bytes()));
    passes(&rp_id, Rp1);
    let never_asked = crate::harness::valid(a_login()).but(|c| {
        c.policy.unsolicited_extensions = Rule::Judged;
        c.json(|json| json["clientExtensionResults"]["appid"] = json!(false));
    });
    fails(&never_asked, Ex1, "extension.not_requested");
}

#[test]
fn a_credential_id_is_registered_once_for_anybody() {
    let known = |ids: Vec<Vec<u8>>| CredentialUniqueness::NotAmong(ids);
    let valid = valid(
        plain(Registration::packed_self)
            .given(|c| c.expectation.uniqueness = known(vec![vec![1], vec![2]])),
    );
    passes(&valid.judgement, Rg1);
    let again = valid.but(|c| {
        let id = c.authenticator_data.credential_id.clone();
        c.expectation.uniqueness = known(vec![vec![1], id]);
    });
    fails(&again, Rg1, "credential.registered");
    let storage = valid.but(|c| c.expectation.uniqueness = CredentialUniqueness::LeftToStorage);
    assert_eq!(storage.verdict().outcome(Rg1), Some(Outcome::SkippedByPolicy));
}

#[test]
fn the_attachment_is_the_one_asked_for_and_stated() {
    let valid = valid(
        plain(Registration::packed_self)
            .given(|c| c.expectation.attachment = Some(Attachment::Platform)),
    );
    passes(&valid.judgement, Rg2);
    let stated = |value: serde_json::Value| {
        valid.but(|c| {
            c.json(move |json| json["authenticatorAttachment"] = value.clone());
        })
    };
    fails(&stated(json!("cross-platform")), Rg2, "credential.attachment");
    fails(&stated(json!("orbital")), Rg2, "credential.attachment_missing");
    fails(&stated(json!(null)), Rg2, "credential.attachment_missing");
    let asked = valid.but(|c| c.expectation.attachment = Some(Attachment::CrossPlatform));
    fails(&asked, Rg2, "credential.attachment");
}

#[test]
fn a_discoverable_credential_is_confirmed_where_it_was_required() {
    let valid = valid(plain(Registration::packed_self).given(|c| {
        c.expectation.resident_key_required = true;
        c.json(|json| json["clientExtensionResults"] = json!({ "credProps": { "rk": true } }));
    }));
    passes(&valid.judgement, Rg2);
    for results in [
        json!({ "credProps": { "rk": false } }),
        json!({ "credProps": {} }),
        json!({}),
        json!({ "rk": true }),
    ] {
        let judgement =
            valid.but(|c| c.json(move |json| json["clientExtensionResults"] = results.clone()));
        fails(&judgement, Rg2, "credential.resident_key");
    }
}

#[test]
fn the_credential_is_not_on_the_exclude_list() {
    let valid = valid(
        plain(Registration::packed_self)
            .given(|c| c.expectation.exclude_credentials = vec![vec![1], vec![2]]),
    );
    passes(&valid.judgement, Rg2);
    let excluded = valid.but(|c| {
        let id = c.authenticator_data.credential_id.clone();
        c.expectation.exclude_credentials.push(id);
    });
    fails(&excluded, Rg2, "credential.excluded");
}

#[test]
fn the_bank_takes_no_extension_output_that_was_not_asked_for() {
    let client = json!({ "credProps": { "rk": true } });
    let asked = valid(bank(Registration::packed_self).given(|c| {
        c.authenticator_data.set_extensions(outputs(vec![("credProtect", cbor::integer(2))]));
        c.json(move |json| json["clientExtensionResults"] = client.clone());
        c.expectation.extensions = vec!["credProps".into(), "credProtect".into()];
    }));
    passes(&asked.judgement, Ex1);
    for missing in [["credProps"], ["credProtect"]] {
        let judgement = asked.but(|c| c.expectation.extensions = missing.map(str::to_owned).into());
        fails(&judgement, Ex1, "extension.not_requested");
        let plain = asked.but(|c| {
            c.expectation.extensions = missing.map(str::to_owned).into();
            c.policy = Policy::webauthn();
        });
        assert!(plain.accepted().is_ok());
        assert_eq!(plain.verdict().outcome(Ex1), Some(Outcome::SkippedByPolicy));
    }
    let unknown = asked
        .but(|c| c.json(|json| json["clientExtensionResults"]["example"] = json!({ "any": 1 })));
    fails(&unknown, Ex1, "extension.not_requested");
}

#[test]
fn an_output_counts_as_asked_for_under_the_client_input_that_causes_it() {
    for (input, name, value) in [
        ("credentialProtectionPolicy", "credProtect", cbor::integer(1)),
        ("hmacCreateSecret", "hmac-secret", Value::Bool(true)),
        ("prf", "hmac-secret", Value::Bool(true)),
        ("payment", "thirdPartyPayment", Value::Bool(true)),
    ] {
        let asked = valid(bank(Registration::packed_self).given(|c| {
            c.authenticator_data.set_extensions(outputs(vec![(name, value)]));
            c.expectation.extensions = vec![input.into()];
        }));
        passes(&asked.judgement, Ex1);
        let other = asked.but(|c| c.expectation.extensions = vec!["uvm".into()]);
        fails(&other, Ex1, "extension.not_requested");
    }
}

/// A registration with authenticator outputs, under the plain profile.
fn with_outputs(name: &str, value: Value) -> Enrollment {
    let outputs = outputs(vec![(name, value)]);
    plain(Registration::packed_self).given(|c| c.authenticator_data.set_extensions(outputs))
}

#[test]
fn every_known_authenticator_output_of_a_registration_is_well_formed() {
    let array = |numbers: &[i64]| Value::Array(numbers.iter().map(|n| cbor::integer(*n)).collect());
    let uvm = |count: usize| Value::Array(vec![array(&[2, 4, 2]); count]);
    let taken = [
        ("credProtect", cbor::integer(1)),
        ("credProtect", cbor::integer(3)),
        ("minPinLength", cbor::integer(4)),
        ("hmac-secret", Value::Bool(false)),
        ("credBlob", Value::Bool(true)),
        ("thirdPartyPayment", Value::Bool(true)),
        ("uvm", uvm(1)),
        ("uvm", uvm(3)),
        ("example.unknown", cbor::text("anything")),
    ];
    for (name, value) in taken {
        passes(&valid(with_outputs(name, value)).judgement, Ex2);
    }
    let valid = valid(with_outputs("credProtect", cbor::integer(2)));
    let refused = [
        ("credProtect", cbor::integer(0)),
        ("credProtect", cbor::integer(4)),
        ("credProtect", cbor::integer(-1)),
        ("credProtect", cbor::text("2")),
        ("credProtect", Value::Bool(true)),
        ("credProtect", Value::Float(2.0)),
        ("minPinLength", cbor::integer(3)),
        ("minPinLength", cbor::integer(64)),
        ("minPinLength", Value::Bool(true)),
        ("hmac-secret", cbor::bytes([0; 32])),
        ("hmac-secret", cbor::integer(1)),
        ("credBlob", cbor::bytes([1])),
        ("thirdPartyPayment", cbor::integer(1)),
        ("uvm", uvm(0)),
        ("uvm", uvm(4)),
        ("uvm", Value::Array(vec![array(&[2, 4])])),
        ("uvm", Value::Array(vec![array(&[2, 4, 2, 1])])),
        ("uvm", Value::Array(vec![array(&[2, 4, -2])])),
        ("uvm", array(&[2, 4, 2])),
        ("uvm", Value::Bool(true)),
    ];
    for (name, value) in refused {
        let judgement = valid.but(|c| {
            c.authenticator_data.set_extensions(outputs(vec![(name, value)]));
        });
        fails(&judgement, Ex2, "extension.form");
    }
}

#[test]
fn every_known_client_output_of_a_registration_is_well_formed() {
    let valid = valid(plain(Registration::packed_self).given(|c| {
        c.json(|json| {
            json["clientExtensionResults"] = json!({
                "credProps": { "rk": true },
                "largeBlob": { "supported": true },
                "prf": { "enabled": true, "results": { "first": "AAAA", "second": "_-8" } },
                "appidExclude": true,
                "hmacCreateSecret": false,
                "example": 7,
            });
        });
    }));
    passes(&valid.judgement, Ex2);
    for (name, value) in [
        ("credProps", json!(true)),
        ("credProps", json!({ "rk": "true" })),
        ("credProps", json!([])),
        ("largeBlob", json!({ "supported": 1 })),
        ("largeBlob", json!(false)),
        ("prf", json!({ "enabled": 1 })),
        ("prf", json!({ "results": {} })),
        ("prf", json!({ "results": { "first": "+/8=" } })),
        ("prf", json!({ "results": { "first": "AAAA", "second": 1 } })),
        ("prf", json!({ "results": "AAAA" })),
        ("appidExclude", json!("true")),
        ("hmacCreateSecret", json!(1)),
        // An output of assertions alone.
        ("appid", json!(true)),
    ] {
        let judgement = valid.but(|c| {
            c.json(move |json| json["clientExtensionResults"] = json!({ name: value }));
        });
        fails(&judgement, Ex2, "extension.form");
    }
}

#[test]
fn every_known_output_of_an_assertion_is_well_formed() {
    let with = |c: &mut Login, name: &str, value: Value| {
        c.authenticator_data.set_extensions(outputs(vec![(name, value)]));
    };
    for length in [32, 48, 64, 80] {
        let login = a_login().given(|c| with(c, "hmac-secret", cbor::bytes(vec![7; length])));
        passes(&valid(login).judgement, Ex2);
    }
    let valid = valid(a_login().given(|c| {
        with(c, "credBlob", cbor::bytes([1]));
        c.json(|json| {
            json["clientExtensionResults"] =
                json!({ "appid": false, "largeBlob": { "written": true, "blob": "AAAA" } });
        });
    }));
    passes(&valid.judgement, Ex2);
    for (name, value) in [
        ("hmac-secret", Value::Bool(true)),
        ("hmac-secret", cbor::bytes([7; 31])),
        ("hmac-secret", cbor::bytes([7; 81])),
        ("credBlob", Value::Bool(true)),
        // Outputs of registrations alone.
        ("credProtect", cbor::integer(2)),
        ("minPinLength", cbor::integer(4)),
    ] {
        fails(&valid.but(|c| with(c, name, value)), Ex2, "extension.form");
    }
    for results in [
        json!({ "appid": "true" }),
        json!({ "largeBlob": { "written": "x" } }),
        json!({ "largeBlob": { "blob": "*" } }),
        json!({ "credProps": { "rk": true } }),
        json!({ "appidExclude": true }),
        json!({ "hmacCreateSecret": true }),
    ] {
        let judgement =
            valid.but(|c| c.json(move |json| json["clientExtensionResults"] = results.clone()));
        fails(&judgement, Ex2, "extension.form");
    }
}

#[test]
fn cred_protect_is_at_least_the_level_asked_for_and_absence_is_level_1() {
    for least in [1, 2, 3] {
        let valid = valid(
            with_outputs("credProtect", cbor::integer(3))
                .given(|c| c.expectation.credential_protection = Some(least)),
        );
        passes(&valid.judgement, Ex3);
        for level in [1, 2, 3] {
            let judgement = valid.but(|c| {
                let outputs = outputs(vec![("credProtect", cbor::integer(level.into()))]);
                c.authenticator_data.set_extensions(outputs);
            });
            if level >= least {
                passes(&judgement, Ex3);
            } else {
                fails(&judgement, Ex3, "extension.cred_protect");
            }
        }
        let absent = valid.but(|c| {
            c.authenticator_data.clear_flag(flag::EXTENSIONS);
            c.authenticator_data.extensions = None;
        });
        if least == 1 {
            passes(&absent, Ex3);
        } else {
            fails(&absent, Ex3, "extension.cred_protect");
        }
    }
}

#[test]
fn the_credential_is_the_accounts_own() {
    let valid = valid(a_login());
    passes(&valid.judgement, As1);
    let no_credentials = valid.but(|c| c.expectation.credentials.clear());
    fails(&no_credentials, As1, "credential.unknown");
    let unknown = valid.but(|c| c.credential_id[0] ^= 1);
    fails(&unknown, As1, "credential.unknown");
    let prefix = valid.but(|c| c.credential_id.truncate(31));
    fails(&prefix, As1, "credential.unknown");
    // The other user's credential, signed with the other user's key.
    let other = login(&Registration::none("another user"));
    let crossed = valid.but(|c| {
        c.assertion.credential_id = other.assertion.credential_id.clone();
        c.assertion.credential_key = other.assertion.credential_key.clone();
    });
    fails(&crossed, As1, "credential.unknown");
}

#[test]
fn the_credential_is_on_the_allow_list_where_one_was_sent() {
    let valid = valid(a_login().given(|c| {
        let id = c.credential_id.clone();
        c.expectation.allow_credentials = vec![vec![1], id];
    }));
    passes(&valid.judgement, As1);
    let elsewhere = valid.but(|c| c.expectation.allow_credentials = vec![vec![1], vec![2]]);
    fails(&elsewhere, As1, "credential.not_allowed");
}

#[test]
fn of_several_credentials_the_one_that_was_used_is_judged() {
    let other = Registration::none("second device");
    let valid = valid(a_login().given(|c| {
        let (id, key) = (
            other.authenticator_data.credential_id.clone(),
            other.authenticator_data.public_key_encoded(),
        );
        let mut record = CredentialRecord::new(id, key, 0);
        record.user_handle = c.user_handle.clone();
        c.expectation.credentials.insert(0, record);
    }));
    passes(&valid.judgement, As1);
    let swapped = valid.but(|c| {
        let id = c.expectation.credentials[0].id.clone();
        c.credential_id = id;
    });
    use device_enrollment::verdict::CheckId::As3;
    fails(&swapped, As3, "signature.invalid");
}

#[test]
fn the_user_handle_is_the_stored_one() {
    let valid = valid(a_login());
    passes(&valid.judgement, As2);
    let other = valid.but(|c| c.user_handle = Some(b"another user".to_vec()));
    fails(&other, As2, "credential.user_handle");
    let shorter = valid.but(|c| c.user_handle.as_mut().unwrap().truncate(15));
    fails(&shorter, As2, "credential.user_handle");
    let long = valid.but(|c| c.user_handle = Some(vec![7; 65]));
    fails(&long, As2, "malformed.too_large");
    let unknown = valid.but(|c| c.record().user_handle = None);
    fails(&unknown, As2, "credential.user_handle");
    let absent = valid.with(|c| c.user_handle = None);
    let judgement = crate::harness::valid(absent.clone()).judgement;
    assert_eq!(judgement.verdict().outcome(As2), Some(Outcome::NotApplicable));
}

#[test]
fn the_user_handle_is_present_where_the_flow_needs_it() {
    let valid = valid(a_login().given(|c| c.expectation.user_handle_required = true));
    passes(&valid.judgement, As2);
    let absent = valid.but(|c| c.user_handle = None);
    fails(&absent, As2, "credential.user_handle_missing");
    let empty = valid.but(|c| c.user_handle = Some(Vec::new()));
    fails(&empty, As2, "credential.user_handle_missing");
    let not_stored = valid.but(|c| c.record().user_handle = None);
    fails(&not_stored, As2, "credential.user_handle");
}

#[test]
fn the_counter_has_grown_or_both_are_zero() {
    let valid = valid(a_login());
    passes(&valid.judgement, As4);
    let counted = |stored: u32, received: u32| {
        valid.but(|c| {
            c.record().sign_count = stored;
            c.authenticator_data.sign_count = received;
        })
    };
    for (stored, received) in [(0, 0), (0, 1), (5, 6), (5, u32::MAX), (u32::MAX - 1, u32::MAX)] {
        passes(&counted(stored, received), As4);
    }
    for (stored, received) in [(1, 1), (5, 4), (5, 0), (1, 0), (u32::MAX, 0), (u32::MAX, u32::MAX)]
    {
        fails(&counted(stored, received), As4, "credential.counter");
    }
    let unjudged = valid.but(|c| {
        c.record().sign_count = 9;
        c.policy.signature_counter = Rule::NotJudged;
    });
    assert!(unjudged.accepted().is_ok());
    assert_eq!(unjudged.verdict().outcome(As4), Some(Outcome::SkippedByPolicy));
}

#[test]
fn backup_eligibility_is_as_it_was_at_registration() {
    let valid = valid(a_login());
    passes(&valid.judgement, As5);
    let became = valid.but(|c| c.authenticator_data.set_flag(flag::BACKUP_ELIGIBLE));
    fails(&became, As5, "credential.backup_eligibility");
    let stored = valid.but(|c| c.record().backup_eligible = Some(true));
    fails(&stored, As5, "credential.backup_eligibility");
    let older = valid.but(|c| c.record().backup_eligible = None);
    assert!(older.accepted().is_ok());
    assert_eq!(older.verdict().outcome(As5), Some(Outcome::NotApplicable));
}

#[test]
fn the_policy_accepts_the_format() {
    let valid = valid(plain(Registration::packed_self).given(|c| {
        c.policy.formats = Some(vec![Format::Packed, Format::Tpm]);
    }));
    passes(&valid.judgement, Po1);
    let others = valid.but(|c| c.policy.formats = Some(vec![Format::None, Format::Tpm]));
    fails(&others, Po1, "policy.format");
    let nothing = valid.but(|c| c.policy.formats = Some(Vec::new()));
    fails(&nothing, Po1, "policy.format");
}

#[test]
fn the_policy_accepts_the_attestation_type() {
    use AttestationType::{AnonCa, AttCa, Basic, None, Self_};
    let makers: [(Make, AttestationType); 7] = [
        (Registration::none, None),
        (Registration::packed_self, Self_),
        (Registration::packed_basic, Basic),
        (Registration::fido_u2f, Basic),
        (Registration::android_key, Basic),
        (Registration::apple, AnonCa),
        (Registration::tpm_ecc, AttCa),
    ];
    for (make, kind) in makers {
        let valid = valid(plain(make).given(|c| c.policy.attestation_types = Some(vec![kind])));
        passes(&valid.judgement, Po2);
        assert_eq!(valid.judgement.accepted().unwrap().attestation_type, kind);
        let others: Vec<_> = [None, Self_, Basic, AttCa, AnonCa]
            .into_iter()
            .filter(|other| *other != kind)
            .collect();
        let judgement = valid.but(|c| c.policy.attestation_types = Some(others));
        fails(&judgement, Po2, "policy.attestation_type");
    }
}

#[test]
fn a_listed_model_counts_only_when_a_path_vouches_for_it() {
    for make in [Registration::packed_basic, Registration::tpm_ecc] {
        let valid = valid(plain(make).given(|c| {
            c.policy.aaguids = Some(vec![[7; 16], c.registration.authenticator_data.aaguid]);
        }));
        passes(&valid.judgement, Po3);
        assert!(valid.judgement.accepted().unwrap().aaguid_verified);
        let other = valid.but(|c| c.policy.aaguids = Some(vec![[7; 16]]));
        fails(&other, Po3, "policy.aaguid");
        let nothing = valid.but(|c| c.policy.aaguids = Some(Vec::new()));
        fails(&nothing, Po3, "policy.aaguid");
        let no_path = valid.but(|c| c.policy.attestation_path = Rule::NotJudged);
        fails(&no_path, Po3, "policy.aaguid_unverified");
    }
    // Nothing vouches for these models; the list is the one change.
    let makers: [Make; 4] = [
        Registration::none,
        Registration::packed_self,
        Registration::fido_u2f,
        Registration::android_key,
    ];
    for make in makers {
        let valid = valid(plain(make));
        passes(&valid.judgement, Po3);
        assert!(!valid.judgement.accepted().unwrap().aaguid_verified);
        let listed = valid.but(|c| {
            c.policy.aaguids = Some(vec![c.registration.authenticator_data.aaguid]);
        });
        fails(&listed, Po3, "policy.aaguid_unverified");
    }
}

#[test]
fn the_policy_accepts_the_algorithm_whatever_was_asked_for() {
    let registration = valid(
        plain(Registration::packed_self)
            .given(|c| c.policy.algorithms = Some(vec![Algorithm::Es256])),
    );
    passes(&registration.judgement, Po4);
    let others = registration.but(|c| c.policy.algorithms = Some(vec![Algorithm::Esp256]));
    fails(&others, Po4, "policy.algorithm");
    let assertion = valid(a_login().given(|c| c.policy.algorithms = Some(vec![Algorithm::Es256])));
    passes(&assertion.judgement, Po4);
    let others = assertion.but(|c| c.policy.algorithms = Some(Vec::new()));
    fails(&others, Po4, "policy.algorithm");
}

#[test]
fn the_policy_may_refuse_keys_that_can_be_backed_up() {
    let registration = valid(
        plain(Registration::packed_self).given(|c| c.policy.device_bound_only = Rule::Judged),
    );
    passes(&registration.judgement, Po5);
    let eligible = registration.with(|c| c.authenticator_data.set_flag(flag::BACKUP_ELIGIBLE));
    fails(&crate::harness::Ceremony::judge(&eligible), Po5, "policy.backup_eligible");
    let unjudged = eligible.given(|c| c.policy.device_bound_only = Rule::NotJudged);
    assert_eq!(valid(unjudged).judgement.verdict().outcome(Po5), Some(Outcome::SkippedByPolicy));
    let assertion = valid(a_login().given(|c| c.policy.device_bound_only = Rule::Judged));
    passes(&assertion.judgement, Po5);
    let eligible = assertion.but(|c| {
        c.authenticator_data.set_flag(flag::BACKUP_ELIGIBLE);
        c.record().backup_eligible = Some(true);
    });
    fails(&eligible, Po5, "policy.backup_eligible");
}
