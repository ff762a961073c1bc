//! the rules that hold for every format. X-9 is in
//! `cose_keys.rs`, the path in `path.rs`.

use device_enrollment::TrustStore;
use device_enrollment::policy::Rule;
use device_enrollment::verdict::CheckId::{
    Cp1, X1, X2, X3, X4, X5, X6, X7, X8, X10, X14, X15, X16, X17,
};
use device_enrollment::verdict::{Inputs, Outcome};
use device_enrollment::webauthn::{RegistrationResponse, UserVerification};
use device_enrollment_testkit::authenticator_data::flag;
use device_enrollment_testkit::cbor::{self, Entries, Value};
use device_enrollment_testkit::extension::{Extension, oid};
use device_enrollment_testkit::{Edit, Registration, SigningKey, TIME, der};
use serde_json::json;

use crate::harness::{
    Ceremony as _, Enrollment, Login, Make, SEED, Valid, bank, fails, login, passes, plain, valid,
};

/// One registration of every format of a single statement, under what WebAuthn demands.
fn every_format() -> Vec<Valid<Enrollment>> {
    let formats: [Make; 9] = [
        Registration::none,
        Registration::packed_self,
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

fn object_bytes(
    valid: &Valid<Enrollment>,
    change: impl Fn(&mut Vec<u8>) + Send + Sync + 'static,
) -> Enrollment {
    valid.with(|c| c.attestation.edit_object_bytes = Edit::new(change))
}

fn object(
    valid: &Valid<Enrollment>,
    change: impl Fn(&mut Entries) + Send + Sync + 'static,
) -> Enrollment {
    valid.with(|c| c.attestation.edit_object = Edit::new(change))
}

/// Puts `new` in place of the first `old`.
fn splice(bytes: &mut Vec<u8>, old: &[u8], new: &[u8]) {
    let at = bytes.windows(old.len()).position(|window| window == old).expect("bytes to change");
    bytes.splice(at..at + old.len(), new.iter().copied());
}

#[test]
fn the_attestation_object_is_one_canonical_cbor_item() {
    let valid = valid(plain(Registration::packed_self));
    passes(&valid.judgement, X1);
    let bytes = |change: fn(&mut Vec<u8>)| object_bytes(&valid, change).judge();
    fails(&bytes(|b| b.push(0)), X1, "malformed.trailing");
    fails(&bytes(|b| b.truncate(b.len() - 1)), X1, "malformed.truncated");
    fails(&bytes(|b| b.truncate(1)), X1, "malformed.truncated");
    fails(&bytes(|b| *b = vec![0x01]), X1, "malformed.type");
    fails(&bytes(|b| *b = vec![0x80]), X1, "malformed.type");
    fails(&bytes(|b| drop(b.splice(..1, [0xd9, 0xd9, 0xf7, 0xa3]))), X1, "malformed.cbor_tag");
    fails(&bytes(|b| splice(b, b"\x63alg\x26", b"\x63alg\xc2\x26")), X1, "malformed.cbor_tag");
    fails(&bytes(|b| b.splice(..1, [0xb8, 3]).for_each(drop)), X1, "malformed.cbor_not_shortest");
    let long = |b: &mut Vec<u8>| splice(b, b"\x63alg\x26", b"\x63alg\x38\x06");
    fails(&bytes(long), X1, "malformed.cbor_not_shortest");
    let long = |b: &mut Vec<u8>| splice(b, b"\x63fmt", b"\x78\x03fmt");
    fails(&bytes(long), X1, "malformed.cbor_not_shortest");
    let indefinite = |b: &mut Vec<u8>| {
        b[0] = 0xbf;
        b.push(0xff);
    };
    fails(&bytes(indefinite), X1, "malformed.cbor_indefinite");
    let chunked = |b: &mut Vec<u8>| splice(b, b"\x66packed", b"\x7f\x66packed\xff");
    fails(&bytes(chunked), X1, "malformed.cbor_indefinite");
    fails(&bytes(|b| splice(b, b"\x63alg\x26", b"\x63alg\x3c")), X1, "malformed.cbor_indefinite");
    fails(&bytes(|b| splice(b, b"\x63alg\x26", b"\x63alg\xe0")), X1, "malformed.cbor_simple");
    fails(&bytes(|b| splice(b, b"packed", b"packe\xff")), X1, "malformed.utf8");
    fails(&bytes(|b| *b = vec![0x9a, 0x80, 0, 0, 0]), X1, "malformed.too_many");
    fails(&bytes(|b| *b = vec![0xba, 0x80, 0, 0, 0]), X1, "malformed.too_many");
    fails(&bytes(|b| *b = vec![0x5a, 0x80, 0, 0, 0]), X1, "malformed.truncated");
    fails(&bytes(|b| *b = vec![0x81; 20_000]), X1, "malformed.too_deep");
    fails(&bytes(|b| b.resize(32 * 1024 + 1, 0)), X1, "malformed.too_large");
    fails(&bytes(|b| b.resize(32 * 1024, 0)), X1, "malformed.trailing");
}

#[test]
fn map_keys_of_the_attestation_object_are_in_order_and_stand_once() {
    let valid = valid(plain(Registration::packed_self));
    passes(&valid.judgement, X1);
    fails(&object(&valid, |o| o.swap(0, 1)).judge(), X1, "malformed.cbor_order");
    fails(&object(&valid, |o| o.rotate_left(1)).judge(), X1, "malformed.cbor_order");
    let statement =
        |change: fn(&mut Entries)| valid.but(|c| c.attestation.edit_statement = Edit::new(change));
    fails(&statement(|s| s.swap(0, 1)), X1, "malformed.cbor_order");
    fails(&statement(|s| s.insert(1, s[0].clone())), X1, "malformed.cbor_duplicate");
    let twice = object(&valid, |o| o.insert(1, (cbor::text("fmt"), cbor::text("none"))));
    fails(&twice.judge(), X1, "malformed.cbor_duplicate");
    let apart = object(&valid, |o| o.push(o[0].clone()));
    fails(&apart.judge(), X1, "malformed.cbor_duplicate");
}

#[test]
fn the_attestation_object_has_exactly_its_three_members() {
    for valid in every_format() {
        for name in ["fmt", "attStmt", "authData"] {
            let without = object(&valid, |o| drop(cbor::remove(o, name)));
            fails(&without.judge(), X1, "malformed.missing");
            let other = object(&valid, |o| cbor::set(o, name, cbor::integer(1)));
            fails(&other.judge(), X1, "malformed.type");
        }
        let more = object(&valid, |o| o.push((cbor::text("epAttribute"), Value::Bool(true))));
        fails(&more.judge(), X1, "malformed.too_many");
        let number = object(&valid, |o| o.insert(0, (cbor::integer(1), cbor::text("none"))));
        fails(&number.judge(), X1, "malformed.too_many");
    }
}

#[test]
fn the_cbor_of_the_credential_key_is_canonical_too() {
    let valid = valid(plain(Registration::packed_self));
    let key = |change: fn(&mut Vec<u8>)| {
        valid.but(|c| {
            let mut bytes = c.authenticator_data.public_key_encoded();
            change(&mut bytes);
            c.authenticator_data.public_key_bytes = Some(bytes);
        })
    };
    passes(&key(|_| ()), X1);
    // a5 01 02 03 26 20 01 21 5820… 22 5820…
    fails(&key(|k| splice(k, &[1, 2, 3, 0x26], &[3, 0x26, 1, 2])), X1, "malformed.cbor_order");
    fails(&key(|k| splice(k, &[0x20, 1], &[1, 2])), X1, "malformed.cbor_duplicate");
    fails(&key(|k| splice(k, &[3, 0x26], &[3, 0x38, 6])), X1, "malformed.cbor_not_shortest");
    fails(&key(|k| splice(k, &[3, 0x26], &[3, 0xc1, 0x26])), X1, "malformed.cbor_tag");
    fails(&key(|k| splice(k, &[3, 0x26], &[3, 0x81, 0x26])), X1, "malformed.too_deep");
    let indefinite = |k: &mut Vec<u8>| {
        k[0] = 0xbf;
        k.push(0xff);
    };
    fails(&key(indefinite), X1, "malformed.cbor_indefinite");
    fails(&key(|k| k.truncate(k.len() - 1)), X1, "malformed.truncated");
    fails(&key(Vec::clear), X1, "malformed.truncated");
}

#[test]
fn a_statement_has_exactly_the_members_of_its_format() {
    for valid in every_format().iter().skip(1) {
        passes(&valid.judgement, X2);
        let more = valid.but(|c| {
            c.attestation.edit_statement =
                Edit::new(|s: &mut Entries| s.push((cbor::text("zzzzzzzzz"), cbor::integer(0))));
        });
        fails(&more, X2, "statement.member_unexpected");
        let number = valid.but(|c| {
            c.attestation.edit_statement =
                Edit::new(|s: &mut Entries| s.insert(0, (cbor::integer(0), cbor::integer(0))));
        });
        fails(&number, X2, "statement.member_unexpected");
    }
}

#[test]
fn the_members_of_a_packed_or_u2f_statement_have_their_cbor_types() {
    let set = |valid: &Valid<Enrollment>, name: &'static str, value: Value| {
        valid.but(|c| {
            c.attestation.edit_statement =
                Edit::new(move |s: &mut Entries| cbor::set(s, name, value.clone()));
        })
    };
    for make in [Registration::packed_self, Registration::packed_basic] {
        let valid = valid(plain(make));
        passes(&valid.judgement, X2);
        for value in [cbor::text("-7"), Value::Float(-7.0), Value::Null] {
            fails(&set(&valid, "alg", value), X2, "statement.member_type");
        }
        let too_large = Value::Integer(u64::MAX.into());
        fails(&set(&valid, "alg", too_large), X2, "statement.member_type");
        fails(&set(&valid, "sig", cbor::text("x")), X2, "statement.member_type");
        fails(&set(&valid, "sig", cbor::bytes([])), X2, "statement.signature_empty");
    }
    let valid = valid(plain(Registration::fido_u2f));
    fails(&set(&valid, "sig", cbor::integer(1)), X2, "statement.member_type");
    fails(&set(&valid, "sig", cbor::bytes([])), X2, "statement.signature_empty");
    let without = valid.but(|c| {
        c.attestation.edit_statement = Edit::new(|s: &mut Entries| drop(cbor::remove(s, "sig")));
    });
    fails(&without, X2, "statement.member_missing");
}

#[test]
fn authenticator_data_is_read_to_its_last_byte() {
    for valid in every_format() {
        passes(&valid.judgement, X3);
        fails(&valid.but(|c| c.authenticator_data.trailing = vec![0]), X3, "malformed.flags");
        let short = valid.but(|c| {
            c.authenticator_data.bytes = Some(c.authenticator_data.to_bytes()[..36].to_vec());
        });
        fails(&short, X3, "malformed.truncated");
        let empty = valid.but(|c| c.authenticator_data.bytes = Some(Vec::new()));
        fails(&empty, X3, "malformed.truncated");
        let no_data = valid.but(|c| c.authenticator_data.attested = Some(false));
        fails(&no_data, X3, "malformed.truncated");
        let lying = valid.but(|c| c.authenticator_data.credential_id_length = Some(0xffff));
        fails(&lying, X3, "malformed.truncated");
    }
}

#[test]
fn attested_credential_data_stands_exactly_where_its_flag_says() {
    for valid in every_format() {
        let neither = valid.but(|c| c.authenticator_data.clear_flag(flag::ATTESTED));
        fails(&neither, X3, "authenticator_data.attested_data_missing");
        let data_alone = valid.but(|c| {
            c.authenticator_data.clear_flag(flag::ATTESTED);
            c.authenticator_data.attested = Some(true);
        });
        fails(&data_alone, X3, "malformed.flags");
    }
}

#[test]
fn extension_data_stands_exactly_where_its_flag_says_and_is_a_map() {
    let outputs = Value::Map(vec![(cbor::text("credProtect"), cbor::integer(2))]);
    let valid = valid(bank(Registration::packed_self).given(|c| {
        c.authenticator_data.set_extensions(outputs);
        c.expectation.extensions = vec!["credentialProtectionPolicy".into()];
    }));
    passes(&valid.judgement, X3);
    let behind = valid.but(|c| c.authenticator_data.trailing = vec![0]);
    fails(&behind, X3, "malformed.trailing");
    let no_map = valid.but(|c| c.authenticator_data.extensions = None);
    fails(&no_map, X3, "malformed.truncated");
    let no_flag = valid.but(|c| c.authenticator_data.clear_flag(flag::EXTENSIONS));
    fails(&no_flag, X3, "malformed.flags");
    let bytes =
        |bytes: &[u8]| valid.but(|c| c.authenticator_data.extensions_bytes = Some(bytes.to_vec()));
    fails(&bytes(&[0x80]), X3, "malformed.type");
    fails(&bytes(&[0x01]), X3, "malformed.type");
    fails(&bytes(&[0xa1, 1, 1]), X3, "malformed.type");
    fails(&bytes(&[0xbf, 0xff]), X3, "malformed.cbor_indefinite");
    fails(&bytes(b"\xa2\x61b\x01\x61a\x01"), X3, "malformed.cbor_order");
    fails(&bytes(b"\xa2\x61a\x01\x61a\x01"), X3, "malformed.cbor_duplicate");
    fails(&bytes(b"\xa1\x61a\x18\x01"), X3, "malformed.cbor_not_shortest");
    fails(&bytes(b"\xa1\x61a\x81\x81\x81\x81\x01"), X3, "malformed.too_deep");
}

#[test]
fn authenticator_data_of_an_assertion_is_read_to_its_last_byte() {
    let valid = valid(login(&Registration::none("login")));
    passes(&valid.judgement, X3);
    fails(&valid.but(|c| c.authenticator_data.trailing = vec![0]), X3, "malformed.flags");
    let short = valid.but(|c| {
        c.authenticator_data.bytes = Some(c.authenticator_data.to_bytes()[..36].to_vec());
    });
    fails(&short, X3, "malformed.truncated");
    let no_map = valid.but(|c| c.authenticator_data.set_flag(flag::EXTENSIONS));
    fails(&no_map, X3, "malformed.truncated");
    let large = |length: usize| valid.but(|c| c.authenticator_data.trailing = vec![0; length - 37]);
    fails(&large(8192), X3, "malformed.flags");
    fails(&large(8193), X3, "malformed.too_large");
}

#[test]
fn attested_credential_data_in_an_assertion_is_a_tolerance_of_the_plain_profile() {
    let valid = valid(
        login(&Registration::none("login"))
            .given(|c| c.authenticator_data.set_flag(flag::ATTESTED)),
    );
    passes(&valid.judgement, X3);
    assert_eq!(valid.judgement.verdict().tolerances, ["assertion_with_attested_data"]);
    let judged = valid.but(|c| c.policy.assertion_without_attested_data = Rule::Judged);
    fails(&judged, X3, "authenticator_data.attested_data_unexpected");
}

#[test]
fn reserved_flags_are_zero_by_switch_alone() {
    for bit in [flag::RESERVED_1, flag::RESERVED_5] {
        let valid = valid(
            plain(Registration::packed_self).given(|c| c.policy.reserved_flags = Rule::Judged),
        );
        passes(&valid.judgement, X4);
        let set = valid.with(|c| c.authenticator_data.set_flag(bit));
        fails(&set.judge(), X4, "authenticator_data.reserved_flags");
        let judgement = set.given(|c| c.policy.reserved_flags = Rule::NotJudged).judge();
        assert!(judgement.accepted().is_ok());
        assert_eq!(judgement.verdict().outcome(X4), Some(Outcome::SkippedByPolicy));

        let login = crate::harness::valid(
            login(&Registration::none("login")).given(|c| c.policy.reserved_flags = Rule::Judged),
        );
        passes(&login.judgement, X4);
        let set = login.but(|c| c.authenticator_data.set_flag(bit));
        fails(&set, X4, "authenticator_data.reserved_flags");
    }
}

#[test]
fn backup_state_is_not_set_without_backup_eligibility() {
    let valid = valid(plain(Registration::packed_self));
    passes(&valid.judgement, X5);
    passes(&valid.but(|c| c.authenticator_data.set_flag(flag::BACKUP_ELIGIBLE)), X5);
    let both = flag::BACKUP_ELIGIBLE | flag::BACKUP_STATE;
    passes(&valid.but(|c| c.authenticator_data.set_flag(both)), X5);
    let state = valid.but(|c| c.authenticator_data.set_flag(flag::BACKUP_STATE));
    fails(&state, X5, "authenticator_data.backup_state");

    let login = crate::harness::valid(login(&Registration::none("login")));
    passes(&login.judgement, X5);
    let state = login.but(|c| c.authenticator_data.set_flag(flag::BACKUP_STATE));
    fails(&state, X5, "authenticator_data.backup_state");
}

#[test]
fn the_user_was_present_unless_the_stored_ceremony_was_a_conditional_create() {
    let valid = valid(plain(Registration::packed_self));
    passes(&valid.judgement, X6);
    let absent = valid.with(|c| c.authenticator_data.clear_flag(flag::USER_PRESENT));
    fails(&absent.judge(), X6, "authenticator_data.user_presence");
    let judgement = absent.given(|c| c.expectation.conditional_create = true).judge();
    assert!(judgement.accepted().is_ok());
    assert_eq!(judgement.verdict().outcome(X6), Some(Outcome::NotApplicable));
}

#[test]
fn presence_and_verification_follow_the_truth_table() {
    use UserVerification::{Discouraged, Preferred, Required};
    let registration = valid(plain(Registration::packed_self));
    let login = valid(login(&Registration::none("login")));
    passes(&registration.judgement, X7);
    passes(&login.judgement, X7);
    for asked in [Required, Preferred, Discouraged] {
        for up in [0, flag::USER_PRESENT] {
            for uv in [0, flag::USER_VERIFIED] {
                let flags = up | uv;
                let enrolled = registration.but(|c| {
                    c.expectation.user_verification = asked;
                    c.authenticator_data.flags = flags | flag::ATTESTED;
                });
                let used = login.but(|c| {
                    c.expectation.user_verification = asked;
                    c.authenticator_data.flags = flags;
                });
                if up == 0 {
                    fails(&enrolled, X6, "authenticator_data.user_presence");
                    fails(&used, X6, "authenticator_data.user_presence");
                } else if uv == 0 && asked == Required {
                    fails(&enrolled, X7, "authenticator_data.user_verification");
                    fails(&used, X7, "authenticator_data.user_verification");
                } else {
                    assert_eq!(enrolled.accepted().unwrap().user_verified, uv != 0);
                    assert_eq!(used.accepted().unwrap().user_verified, uv != 0);
                }
            }
        }
    }
}

#[test]
fn the_bank_demands_user_verification_whatever_was_asked_for() {
    let valid = valid(
        bank(Registration::packed_self)
            .given(|c| c.expectation.user_verification = UserVerification::Discouraged),
    );
    passes(&valid.judgement, X7);
    let absent = valid.but(|c| c.authenticator_data.clear_flag(flag::USER_VERIFIED));
    fails(&absent, X7, "authenticator_data.user_verification");
}

#[test]
fn a_credential_id_has_1_to_1023_bytes() {
    let valid = valid(plain(Registration::packed_self));
    passes(&valid.judgement, X8);
    passes(&valid.but(|c| c.authenticator_data.credential_id = vec![7; 1]), X8);
    passes(&valid.but(|c| c.authenticator_data.credential_id = vec![7; 1023]), X8);
    let long = valid.but(|c| c.authenticator_data.credential_id = vec![7; 1024]);
    fails(&long, X8, "credential_id.length");
    // Without an id inside, the envelope has to have some other one.
    let none = valid.but(|c| {
        c.authenticator_data.credential_id.clear();
        c.sent_credential_id = Some(vec![7]);
    });
    fails(&none, X8, "credential_id.length");

    let login = crate::harness::valid(login(&Registration::none("login")));
    passes(&login.judgement, X8);
    for (length, accepted) in [(1, true), (1023, true), (1024, false)] {
        let judgement = login.but(|c| {
            c.credential_id = vec![7; length];
            c.record().id = vec![7; length];
        });
        if accepted {
            passes(&judgement, X8);
        } else {
            fails(&judgement, X8, "credential_id.length");
        }
    }
}

#[test]
fn the_id_beside_the_response_is_the_one_inside_it() {
    for valid in every_format() {
        passes(&valid.judgement, X8);
        let other = valid.but(|c| c.sent_credential_id = Some(vec![7; 32]));
        fails(&other, X8, "credential_id.mismatch");
    }
    let enrollment = plain(Registration::none);
    let parts = enrollment.registration.make();
    let raw = RegistrationResponse::from_bytes(
        Some(&[7]),
        &parts.client_data_json,
        &parts.attestation_object,
    );
    fails(&enrollment.judge_response(&raw, &parts), X8, "credential_id.mismatch");
}

#[test]
fn unsigned_copies_equal_what_the_attestation_object_says() {
    let valid = valid(plain(Registration::packed_self));
    passes(&valid.judgement, X10);
    let other = SigningKey::from_seed(device_enrollment_testkit::KeyKind::Es256, "other");
    let data = Registration::packed_self("other").make().to_json();
    let copies = [
        ("authenticatorData", data["response"]["authenticatorData"].clone()),
        ("publicKey", data["response"]["publicKey"].clone()),
        ("publicKey", json!("AAAA")),
        ("publicKeyAlgorithm", json!(-9)),
        ("publicKeyAlgorithm", json!(-257)),
    ];
    assert_ne!(other.spki_der(), valid.with(|_| ()).credential_key.spki_der());
    for (name, value) in copies {
        let judgement = valid.but(|c| c.json(move |json| json["response"][name] = value.clone()));
        fails(&judgement, X10, "envelope.hint");
    }
    let without = valid.but(|c| {
        c.json(|json| {
            let response = json["response"].as_object_mut().unwrap();
            response.retain(|name, _| name == "clientDataJSON" || name == "attestationObject");
        });
    });
    assert_eq!(without.verdict().outcome(X10), Some(Outcome::NotApplicable));
}

#[test]
fn the_aaguid_extension_is_16_bytes_in_two_octet_strings_and_not_critical() {
    for make in [Registration::packed_basic, Registration::tpm_ecc] {
        let valid = valid(plain(make));
        passes(&valid.judgement, X14);
        let aaguid = valid.with(|_| ()).authenticator_data.aaguid;
        let extension = |value: Vec<u8>| {
            valid.but(|c| c.leaf().set_extension(Extension::new(oid::FIDO_AAGUID, value)))
        };
        let critical = valid.but(|c| c.leaf().extension_mut(oid::FIDO_AAGUID).critical = true);
        fails(&critical, X14, "certificate.aaguid_form");
        fails(&extension(aaguid.to_vec()), X14, "certificate.aaguid_form");
        fails(&extension(der::octet_string(&aaguid[1..])), X14, "certificate.aaguid_form");
        let long = der::octet_string(&[&aaguid[..], &[0]].concat());
        fails(&extension(long), X14, "certificate.aaguid_form");
        let behind = [der::octet_string(&aaguid), vec![0]].concat();
        fails(&extension(behind), X14, "certificate.aaguid_form");
        let thrice = der::octet_string(&der::octet_string(&aaguid));
        fails(&extension(thrice), X14, "certificate.aaguid_form");
        fails(&extension(Vec::new()), X14, "certificate.aaguid_form");
        let without = valid.but(|c| c.leaf().remove_extension(oid::FIDO_AAGUID));
        assert!(without.accepted().is_ok());
        assert_eq!(without.verdict().outcome(X14), Some(Outcome::NotApplicable));
    }
}

#[test]
fn certificates_are_der_without_duplicate_extensions() {
    for valid in every_format().iter().skip(2) {
        passes(&valid.judgement, X15);
        let twice = valid.but(|c| {
            let extension = c.leaf().extensions[0].clone();
            c.leaf().extensions.push(extension);
        });
        fails(&twice, X15, "certificate.duplicate_extension");
        fails(&valid.but(|c| c.leaf().trailing = vec![0]), X15, "malformed.trailing");
        let list = |change: fn(&mut Vec<Vec<u8>>)| {
            valid.but(|c| c.chain().edit_certificates = Edit::new(change))
        };
        fails(&list(|x5c| drop(x5c[0].split_off(9))), X15, "malformed.truncated");
        fails(&list(|x5c| x5c[0][0] = 0x31), X15, "malformed.der_tag");
        fails(&list(|x5c| x5c[0][1] = 0x80), X15, "malformed.der_length");
        fails(&list(|x5c| x5c[0].clear()), X15, "malformed.truncated");
        let month_13 = |x5c: &mut Vec<Vec<u8>>| splice(&mut x5c[0], b"\x0d2501", b"\x0d2513");
        fails(&list(month_13), X15, "malformed.der_time");
    }
}

#[test]
fn every_certificate_of_x5c_is_read_also_one_that_no_path_needs() {
    let valid = valid(plain(Registration::packed_basic));
    let behind = valid.but(|c| {
        c.chain().edit_certificates = Edit::new(|x5c: &mut Vec<Vec<u8>>| x5c.push(vec![0x30, 0]));
    });
    fails(&behind, X15, "malformed.truncated");
    let twice =
        crate::harness::valid(plain(Registration::packed_basic_with_intermediate)).but(|c| {
            let spec = &mut c.chain().issuers[0].spec;
            spec.extensions.push(spec.extensions[0].clone());
        });
    fails(&twice, X15, "certificate.duplicate_extension");
}

#[test]
fn a_none_statement_is_an_empty_map() {
    let valid = valid(plain(Registration::none));
    passes(&valid.judgement, X16);
    let full = valid.but(|c| {
        c.attestation.edit_statement =
            Edit::new(|s: &mut Entries| s.push((cbor::text("alg"), cbor::integer(-7))));
    });
    fails(&full, X16, "statement.not_empty");
    let array = object(&valid, |o| cbor::set(o, "attStmt", Value::Array(Vec::new())));
    fails(&array.judge(), X16, "statement.not_empty");
    let packed = crate::harness::valid(plain(Registration::packed_basic));
    fails(&packed.but(|c| c.attestation.format = "none".into()), X16, "statement.not_empty");
}

#[test]
fn the_format_is_matched_byte_for_byte() {
    for valid in every_format() {
        passes(&valid.judgement, X17);
        for unknown in ["", "Packed", "packed ", "fido_u2f", "NONE", "none\0", "packed2"] {
            let judgement = valid.but(|c| c.attestation.format = unknown.into());
            fails(&judgement, X17, "attestation.format_unknown");
        }
        // App Attest attests an app's key and never a passkey; it has a ceremony of its own.
        let app = valid.but(|c| c.attestation.format = "apple-appattest".into());
        fails(&app, X17, "attestation.format_not_verified");
        let compound = valid.but(|c| c.attestation.format = "compound".into());
        fails(&compound, Cp1, "malformed.type");
    }
}

/// A verdict can be judged again only if it says what was judged, and under what: each input has
/// its own digest, which changes with it and with nothing else.
#[test]
fn a_verdict_names_each_of_its_inputs() {
    let fixed = |inputs: &Inputs| {
        [inputs.response.value(), inputs.expectation.value(), inputs.policy.value()]
            .into_iter()
            .chain([inputs.trust_store.value()])
            .collect::<Vec<_>>()
    };
    let differing = |one: &Inputs, other: &Inputs| -> Vec<usize> {
        let pairs = fixed(one).into_iter().zip(fixed(other)).enumerate();
        pairs.filter(|(_, (one, other))| one != other).map(|(index, _)| index).collect()
    };

    let enrolled = valid(plain(Registration::packed_basic));
    let inputs = &enrolled.judgement.verdict().inputs;
    assert_eq!(inputs.time, Some(TIME));
    let change =
        |change: fn(&mut Enrollment)| differing(inputs, &enrolled.but(change).verdict().inputs);
    assert_eq!(
        change(|c| c.attestation.edit_signed_bytes = Edit::new(|b: &mut Vec<u8>| b[0] ^= 1)),
        [0]
    );
    assert_eq!(change(|c| c.expectation.conditional_create = true), [1]);
    assert_eq!(change(|c| c.policy.reserved_flags = Rule::Judged), [2]);
    assert_eq!(change(|c| c.store = Some(TrustStore::empty())), [3]);

    let used = valid(login(&Registration::none(SEED)));
    let inputs = &used.judgement.verdict().inputs;
    let change = |change: fn(&mut Login)| differing(inputs, &used.but(change).verdict().inputs);
    assert_eq!(
        change(|c| {
            c.assertion.edit_signature = Edit::new(|bytes: &mut Vec<u8>| bytes[0] ^= 1);
        }),
        [0]
    );
    assert_eq!(change(|c| c.expectation.user_handle_required = true), [1]);
    assert_eq!(change(|c| c.policy.reserved_flags = Rule::Judged), [2]);
}
