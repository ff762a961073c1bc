//! AK-11 to AK-19: what a bank asks of the phone behind a key.

use device_enrollment::policy::{
    AndroidApplication, AndroidApplicationRule, AndroidPatchAge, AndroidSecurityLevel,
    AndroidUserAuthentication, Digest, Policy, Rule,
};
use device_enrollment::verdict::CheckId::{
    Ak5, Ak11, Ak12, Ak13, Ak14, Ak15, Ak16, Ak18, Ak19, X11, X12, X13,
};
use device_enrollment::verdict::{AndroidFacts, CheckId, Outcome};
use device_enrollment::{TrustStore, UnixTime};
use device_enrollment_testkit::attestation::android_key::{
    KeyDescription, application_id, level, root_of_trust, tag,
};
use device_enrollment_testkit::authenticator_data::flag;
use device_enrollment_testkit::extension::{basic_constraints, key_usage, oid, usage};
use device_enrollment_testkit::{
    KeyKind, Name, Phone, Registration, Root, SigningKey, TIME, der, seed,
};

use crate::harness::{
    Ceremony, Enrollment, SEED, Valid, bank, fails, passes, plain, status_list, store, valid,
};

type Judgement = device_enrollment::Judgement<<Enrollment as Ceremony>::Accepted>;

const DAY: i64 = 24 * 60 * 60;

/// A phone of this kind under the bank's profile.
fn banked(phone: Phone) -> Enrollment {
    Enrollment::of(Registration::android_phone(SEED, &phone), Policy::open_finance_brasil())
}

fn description(valid: &Valid<Enrollment>, change: impl FnOnce(&mut KeyDescription)) -> Judgement {
    valid.but(|c| change(c.key_description()))
}

fn facts(judgement: &Judgement) -> AndroidFacts {
    judgement.verdict().facts.android.clone().unwrap()
}

#[track_caller]
fn skipped(judgement: &Judgement, id: CheckId, field: &str) {
    let check = judgement.verdict().checks.iter().find(|check| check.id == id).unwrap();
    let found = (check.outcome, check.evidence.to_string());
    assert_eq!(found, (Outcome::SkippedByPolicy, field.to_owned()), "{id}");
}

#[test]
fn the_bank_accepts_every_kind_of_phone_and_names_it() {
    for (phone, kind) in [(Phone::factory(), "factory"), (Phone::remote(), "rkp")] {
        for root in [Root::Rsa, Root::Ec] {
            for include_root in [true, false] {
                let phone = phone.under(root).with_root_sent(include_root);
                for (phone, place) in
                    [(phone, "trusted_environment"), (phone.strong_box(), "strong_box")]
                {
                    let valid = valid(banked(phone));
                    for id in [Ak5, Ak11, Ak12, Ak13, Ak16, Ak18, Ak19, X11, X12] {
                        assert_eq!(
                            valid.judgement.verdict().outcome(id),
                            Some(Outcome::Passed),
                            "{id} {phone:?}"
                        );
                    }
                    let facts = facts(&valid.judgement);
                    assert_eq!(facts.chain.as_deref(), Some(kind));
                    assert_eq!(facts.keymint_security_level, place);
                }
            }
        }
    }
}

#[test]
fn every_version_of_keymaster_and_keymint_is_known() {
    for phone in [Phone::factory(), Phone::remote()] {
        for version in [2, 3, 4, 41, 100, 200, 300, 400, 500] {
            let valid = valid(banked(phone.with_keymint(version)));
            passes(&valid.judgement, Ak16);
            assert!(valid.judgement.verdict().tolerances.is_empty());
            assert_eq!(facts(&valid.judgement).keymint_version, u64::try_from(version).unwrap());
        }
    }
}

#[test]
fn versions_between_the_known_ones_are_refused() {
    let valid = valid(bank(Registration::android_key));
    for version in [0, 5, 41, 99, 150, 499] {
        let other = valid.with(|c| c.key_description().attestation_version = version);
        fails(&other.judge(), Ak16, "android.attestation_version");
        let unjudged =
            other.given(|c| c.policy.android_attestation_version = Rule::NotJudged).judge();
        assert!(unjudged.accepted().is_ok());
        skipped(&unjudged, Ak16, "android_attestation_version");
    }
    for version in [0, 5, 40, 42, 350] {
        let other = description(&valid, |d| d.keymint_version = version);
        fails(&other, Ak16, "android.attestation_version");
    }
}

/// Of a version that nobody knows yet, every field that could be asked for has to be readable,
/// also one that this policy does not ask for.
#[test]
fn a_later_version_is_taken_with_a_word_while_it_can_be_read() {
    let valid = valid(bank(Registration::android_key).given(|c| {
        c.key_description().attestation_version = 600;
    }));
    passes(&valid.judgement, Ak16);
    assert_eq!(valid.judgement.verdict().tolerances, ["android_later_version"]);
    let unread = |tag: u32| {
        description(&valid, |d| d.hardware_enforced.set(tag, der::octet_string(b"a new form")))
    };
    for tag in [tag::VENDOR_PATCH_LEVEL, tag::BOOT_PATCH_LEVEL, tag::USER_AUTH_TYPE] {
        fails(&unread(tag), Ak16, "malformed.der_tag");
    }
    let keymint = valid.but(|c| {
        let description = c.key_description();
        (description.attestation_version, description.keymint_version) = (300, 501);
    });
    passes(&keymint, Ak16);
    assert_eq!(keymint.verdict().tolerances, ["android_later_version"]);
    let application = description(&valid, |d| {
        d.software_enforced.set(tag::ATTESTATION_APPLICATION_ID, der::null());
    });
    fails(&application, Ak16, "malformed.der_tag");
    // A tag that no schema names is shown and hides nothing.
    let unknown = description(&valid, |d| d.hardware_enforced.set(9999, der::null()));
    passes(&unknown, Ak16);
    assert_eq!(facts(&unknown).unknown_tags, [9999]);
}

#[test]
fn the_bank_wants_both_security_levels_in_the_same_hardware() {
    let valid = valid(bank(Registration::android_key));
    passes(&valid.judgement, Ak11);
    let levels = |attestation: i64, keymint: i64| {
        description(&valid, |d| {
            d.attestation_security_level = attestation;
            d.keymint_security_level = keymint;
        })
    };
    use level::{SOFTWARE, STRONG_BOX, TRUSTED_ENVIRONMENT};
    passes(&levels(STRONG_BOX, STRONG_BOX), Ak11);
    for (attestation, keymint) in [
        (SOFTWARE, SOFTWARE),
        (SOFTWARE, TRUSTED_ENVIRONMENT),
        (TRUSTED_ENVIRONMENT, SOFTWARE),
        (3, 3),
        (100, 100),
        (STRONG_BOX, 3),
    ] {
        fails(&levels(attestation, keymint), Ak11, "android.security_level");
    }
    for (attestation, keymint) in
        [(TRUSTED_ENVIRONMENT, STRONG_BOX), (STRONG_BOX, TRUSTED_ENVIRONMENT)]
    {
        fails(&levels(attestation, keymint), Ak11, "android.security_levels_differ");
    }
    let unjudged = valid.but(|c| {
        c.policy.android_security_level = None;
        c.key_description().set_security_level(SOFTWARE);
    });
    assert!(unjudged.accepted().is_ok());
    skipped(&unjudged, Ak11, "android_security_level");
}

#[test]
fn a_policy_can_ask_for_a_strong_box() {
    for phone in [Phone::factory(), Phone::remote()] {
        let strong = |c: &mut Enrollment| {
            c.policy.android_security_level = Some(AndroidSecurityLevel::StrongBox);
        };
        let valid = valid(banked(phone.strong_box()).given(strong));
        passes(&valid.judgement, Ak11);
        fails(&banked(phone).given(strong).judge(), Ak11, "android.security_level");
    }
}

/// The key of one trusted environment leaks more easily than that of a secure element.
#[test]
fn an_issuer_in_the_trusted_environment_does_not_speak_for_a_strong_box() {
    for phone in [Phone::factory(), Phone::remote()] {
        let valid = valid(banked(phone));
        let claimed = description(&valid, |d| d.set_security_level(level::STRONG_BOX));
        fails(&claimed, Ak11, "android.strong_box_issuer");
    }
}

#[test]
fn a_listed_key_may_boot_a_locked_phone() {
    let owner = seed::array(SEED, "verified boot key");
    let listed = |c: &mut Enrollment| {
        c.policy.android_self_signed_boot_keys = vec![Digest([7; 32]), Digest(owner)];
    };
    let boot = |locked, state| {
        move |c: &mut Enrollment| {
            let root = root_of_trust(SEED, locked, state);
            c.key_description().hardware_enforced.set(tag::ROOT_OF_TRUST, root);
        }
    };
    let valid = valid(bank(Registration::android_key).given(listed).given(boot(true, 1)));
    passes(&valid.judgement, Ak12);
    assert_eq!(valid.judgement.verdict().tolerances, ["android_self_signed_boot_keys"]);
    fails(&valid.but(boot(false, 1)), Ak12, "android.boot");
    fails(&valid.but(boot(true, 2)), Ak12, "android.boot");
    fails(&valid.but(boot(true, 3)), Ak12, "android.boot");
    let other = valid.but(|c| c.policy.android_self_signed_boot_keys.truncate(1));
    fails(&other, Ak12, "android.boot");
    let verified = valid.but(boot(true, 0));
    passes(&verified, Ak12);
    assert!(verified.verdict().tolerances.is_empty());
}

/// With limits on all that can be limited.
fn aged(limits: AndroidPatchAge) -> Valid<Enrollment> {
    valid(bank(Registration::android_key).given(|c| c.policy.android_patch_age = Some(limits)))
}

const LIMITS: AndroidPatchAge = AndroidPatchAge {
    os_months: Some(6),
    vendor_months: Some(12),
    boot_months: Some(1),
    lowest_os_version: Some(130_000),
};

const LEVELS: [(u32, i64); 3] =
    [(tag::OS_PATCH_LEVEL, 6), (tag::VENDOR_PATCH_LEVEL, 12), (tag::BOOT_PATCH_LEVEL, 1)];

/// The patch level of this many months before June 2026, the time at which everything is judged.
fn months_ago(months: i64) -> i64 {
    let month = 2026 * 12 + 5 - months;
    month.div_euclid(12) * 100 + month.rem_euclid(12) + 1
}

#[test]
fn patch_levels_age_by_calendar_months() {
    assert_eq!((months_ago(0), months_ago(6), months_ago(-7)), (202_606, 202_512, 202_701));
    let valid = aged(LIMITS);
    passes(&valid.judgement, Ak13);
    for (tag, months) in LEVELS {
        let level =
            |level: i64| description(&valid, |d| d.hardware_enforced.set_number(tag, level));
        for age in [-3, 0, months] {
            passes(&level(months_ago(age)), Ak13);
            passes(&level(months_ago(age) * 100 + 28), Ak13);
        }
        fails(&level(months_ago(months + 1)), Ak13, "android.patch_level_old");
        fails(&level(months_ago(months + 1) * 100 + 28), Ak13, "android.patch_level_old");
        fails(&level(months_ago(-4)), Ak13, "android.patch_level");
    }
}

#[test]
fn a_patch_level_that_is_judged_is_a_date_that_hardware_states() {
    let valid = aged(LIMITS);
    for (tag, _) in LEVELS {
        let number =
            |number: i64| description(&valid, |d| d.hardware_enforced.set_number(tag, number));
        for no_date in
            [0, 202_600, 202_613, 20_260_500, 20_260_532, 20_260_230, 2026, 2_026_055, 999_999]
        {
            fails(&number(no_date), Ak13, "android.patch_level");
        }
        fails(&number(-1), Ak13, "malformed.der_value");
        let text = description(&valid, |d| d.hardware_enforced.set(tag, der::utf8("202605")));
        fails(&text, Ak13, "malformed.der_tag");
        let software = description(&valid, |d| {
            let level = d.hardware_enforced.remove(tag);
            d.software_enforced.set(tag, level);
        });
        fails(&software, Ak13, "android.patch_level_missing");
    }
}

#[test]
fn the_operating_system_has_a_lowest_version() {
    let valid = aged(LIMITS);
    let version = |version: i64| {
        description(&valid, |d| d.hardware_enforced.set_number(tag::OS_VERSION, version))
    };
    passes(&version(130_000), Ak13);
    fails(&version(129_999), Ak13, "android.os_version");
    fails(&version(0), Ak13, "android.os_version");
    let missing = description(&valid, |d| drop(d.hardware_enforced.remove(tag::OS_VERSION)));
    fails(&missing, Ak13, "android.patch_level_missing");
}

#[test]
fn patch_levels_need_the_time_and_are_judged_one_by_one() {
    let valid = aged(LIMITS);
    fails(&valid.but(|c| c.time = None), Ak13, "malformed.missing");
    let bare = |c: &mut Enrollment| {
        let hardware = &mut c.key_description().hardware_enforced;
        hardware.remove(tag::OS_VERSION);
        for (tag, _) in LEVELS {
            hardware.remove(tag);
        }
    };
    let nothing = AndroidPatchAge {
        os_months: None,
        vendor_months: None,
        boot_months: None,
        lowest_os_version: None,
    };
    passes(
        &valid.but(|c| {
            bare(c);
            c.policy.android_patch_age = Some(nothing);
        }),
        Ak13,
    );
    let unjudged = valid.but(|c| {
        bare(c);
        c.policy.android_patch_age = None;
    });
    assert!(unjudged.accepted().is_ok());
    skipped(&unjudged, Ak13, "android_patch_age");
    // The bank's own limits leave vendor and boot to the facts.
    let facts = facts(&aged(Policy::open_finance_brasil().android_patch_age.unwrap()).judgement);
    assert_eq!(facts.os_version, Some(160_000));
    assert_eq!(facts.os_patch_level, Some(202_605));
    assert_eq!(facts.vendor_patch_level, Some(20_260_505));
    assert_eq!(facts.boot_patch_level, Some(20_260_505));
}

const PACKAGE: &str = "br.bank.app";

/// A key that the bank's own app made for itself, signed by this digest.
fn own_app(digest: [u8; 32]) -> Enrollment {
    use base64::Engine as _;
    let hash = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest);
    let origin = format!("android:apk-key-hash:{hash}");
    let mut registration = Registration::android_key(SEED);
    registration.origin.clone_from(&origin);
    registration.client_data.origin = origin;
    let id = application_id(&[(PACKAGE, 9)], &[digest.to_vec()]);
    registration.key_description().software_enforced.set(tag::ATTESTATION_APPLICATION_ID, id);
    Enrollment::of(registration, Policy::open_finance_brasil())
}

fn stating(valid: &Valid<Enrollment>, packages: &[(&str, i64)], digests: &[[u8; 32]]) -> Judgement {
    let digests: Vec<_> = digests.iter().map(|digest| digest.to_vec()).collect();
    let id = application_id(packages, &digests);
    description(valid, |d| d.software_enforced.set(tag::ATTESTATION_APPLICATION_ID, id))
}

#[test]
fn a_key_of_the_banks_own_app_names_the_signer_of_the_origin() {
    const SIGNER: [u8; 32] = [7; 32];
    let valid = valid(own_app(SIGNER));
    passes(&valid.judgement, Ak14);
    assert_eq!(facts(&valid.judgement).packages, [PACKAGE]);
    assert_eq!(facts(&valid.judgement).signing_digests, ["07".repeat(32)]);
    fails(&stating(&valid, &[(PACKAGE, 9)], &[[8; 32]]), Ak14, "android.application_origin");
    passes(&stating(&valid, &[(PACKAGE, 9)], &[[8; 32], SIGNER]), Ak14);
    fails(&stating(&valid, &[(PACKAGE, 9)], &[]), Ak14, "android.application_missing");
    fails(&stating(&valid, &[], &[SIGNER]), Ak14, "android.application_missing");
    let missing = description(&valid, |d| {
        drop(d.software_enforced.remove(tag::ATTESTATION_APPLICATION_ID));
    });
    fails(&missing, Ak14, "android.application_missing");
    let unreadable = description(&valid, |d| {
        d.software_enforced.set(tag::ATTESTATION_APPLICATION_ID, der::octet_string(b"?"));
    });
    fails(&unreadable, Ak14, "malformed.truncated");
    let unjudged = valid.but(|c| {
        c.policy.android_application = AndroidApplicationRule::NotJudged;
        drop(c.key_description().software_enforced.remove(tag::ATTESTATION_APPLICATION_ID));
    });
    assert!(unjudged.accepted().is_ok());
    skipped(&unjudged, Ak14, "android_application");
}

#[test]
fn a_key_of_the_banks_own_app_is_of_a_listed_package() {
    const SIGNER: [u8; 32] = [7; 32];
    let valid = valid(own_app(SIGNER).given(|c| {
        let listed = |package: &str, signer| AndroidApplication {
            package: package.into(),
            signing_digests: vec![Digest(SIGNER), Digest(signer)],
        };
        c.policy.android_applications =
            vec![listed(PACKAGE, [8; 32]), listed("br.bank.pj", [9; 32])];
    }));
    passes(&valid.judgement, Ak14);
    passes(&stating(&valid, &[("br.bank.pj", 1)], &[SIGNER]), Ak14);
    passes(&stating(&valid, &[(PACKAGE, 1), ("br.bank.pj", 1)], &[SIGNER]), Ak14);
    passes(&stating(&valid, &[(PACKAGE, 1)], &[SIGNER, [8; 32]]), Ak14);
    // An application that shares the user id shares the key.
    for packages in [&["br.bank.app2"][..], &[PACKAGE, "br.shop"], &["br.shop", PACKAGE]] {
        let packages: Vec<_> = packages.iter().map(|package| (*package, 1)).collect();
        let other = stating(&valid, &packages, &[SIGNER]);
        fails(&other, Ak14, "android.application_package");
    }
    let signer = stating(&valid, &[(PACKAGE, 1)], &[SIGNER, [9; 32]]);
    fails(&signer, Ak14, "android.application_signer");
}

/// The platform's passkey service makes keys for any origin, in its own name.
#[test]
fn the_application_is_asked_for_where_the_origin_or_the_policy_says_so() {
    let web = valid(bank(Registration::android_key));
    assert_eq!(web.judgement.verdict().outcome(Ak14), Some(Outcome::NotApplicable));
    let listed = |c: &mut Enrollment| {
        c.policy.android_application = AndroidApplicationRule::Listed;
        c.policy.android_applications = vec![AndroidApplication {
            package: "com.google.android.gms".into(),
            signing_digests: vec![Digest(seed::array(SEED, "application digest"))],
        }];
    };
    let valid = valid(bank(Registration::android_key).given(listed));
    passes(&valid.judgement, Ak14);
    let none = valid.but(|c| c.policy.android_applications.clear());
    fails(&none, Ak14, "policy.evidence_not_loaded");
    let own = own_app([7; 32]).given(listed).judge();
    fails(&own, Ak14, "android.application_package");
    let signer = stating(&valid, &[("com.google.android.gms", 1)], &[[7; 32]]);
    fails(&signer, Ak14, "android.application_signer");
}

#[test]
fn the_keys_terms_of_use_can_be_held_against_user_verification() {
    let valid = valid(bank(Registration::android_key).given(|c| {
        c.policy.android_user_authentication =
            AndroidUserAuthentication::Judged { longest_seconds: 30 };
    }));
    passes(&valid.judgement, Ak15);
    let hardware =
        |tag: u32, value: Vec<u8>| description(&valid, |d| d.hardware_enforced.set(tag, value));
    fails(&hardware(tag::NO_AUTH_REQUIRED, der::null()), Ak15, "android.no_auth_required");
    // However it is encoded, and whoever says so.
    fails(&hardware(tag::NO_AUTH_REQUIRED, der::boolean(false)), Ak15, "android.no_auth_required");
    let software = description(&valid, |d| d.software_enforced.set_present(tag::NO_AUTH_REQUIRED));
    fails(&software, Ak15, "android.no_auth_required");
    fails(&hardware(tag::USER_AUTH_TYPE, der::integer(0)), Ak15, "android.user_auth_type");
    fails(&hardware(tag::USER_AUTH_TYPE, der::null()), Ak15, "malformed.der_tag");
    let promised = description(&valid, |d| {
        let kinds = d.hardware_enforced.remove(tag::USER_AUTH_TYPE);
        d.software_enforced.set(tag::USER_AUTH_TYPE, kinds);
    });
    fails(&promised, Ak15, "android.user_auth_type");
    passes(&hardware(tag::AUTH_TIMEOUT, der::integer(30)), Ak15);
    fails(&hardware(tag::AUTH_TIMEOUT, der::integer(31)), Ak15, "android.auth_timeout");
    let software = description(&valid, |d| d.software_enforced.set_number(tag::AUTH_TIMEOUT, 31));
    fails(&software, Ak15, "android.auth_timeout");
}

#[test]
fn without_a_claim_of_user_verification_the_terms_of_use_promise_nothing() {
    let valid = valid(bank(Registration::android_key).given(|c| {
        c.policy.android_user_authentication =
            AndroidUserAuthentication::Judged { longest_seconds: 0 };
        c.policy.user_verification = Rule::NotJudged;
        c.expectation.user_verification = device_enrollment::webauthn::UserVerification::Preferred;
        c.authenticator_data.clear_flag(flag::USER_VERIFIED);
        c.key_description().hardware_enforced.set_present(tag::NO_AUTH_REQUIRED);
    }));
    passes(&valid.judgement, Ak15);
    assert!(facts(&valid.judgement).no_auth_required);
    let claimed = valid.but(|c| c.authenticator_data.set_flag(flag::USER_VERIFIED));
    fails(&claimed, Ak15, "android.no_auth_required");
}

#[test]
fn the_bank_reports_the_terms_of_use() {
    let valid = valid(bank(Registration::android_key));
    let free = description(&valid, |d| {
        d.hardware_enforced.set_present(tag::NO_AUTH_REQUIRED);
        d.hardware_enforced.set_number(tag::AUTH_TIMEOUT, 300);
    });
    assert!(free.accepted().is_ok());
    skipped(&free, Ak15, "android_user_authentication");
    let facts = facts(&free);
    assert!(facts.no_auth_required);
    assert_eq!((facts.user_auth_type, facts.auth_timeout), (Some(2), Some(300)));
}

/// With a status list of these entries, fetched at this time.
fn listing(valid: &Valid<Enrollment>, entries: &str, fetched: i64) -> Judgement {
    valid.but(|c| {
        let list = status_list(entries, fetched);
        c.store = Some(store(&c.chain().anchors()).with_android_status(list));
    })
}

fn decimal(serial: &[u8]) -> String {
    // A serial number of eight bytes, which is what the decimal keys of the real list have.
    u64::from_be_bytes(serial.try_into().unwrap()).to_string()
}

#[test]
fn no_certificate_of_the_chain_is_on_the_status_list() {
    for phone in [Phone::factory(), Phone::remote().with_root_sent(true)] {
        let valid = valid(banked(phone));
        passes(&valid.judgement, Ak18);
        let fetched = facts(&valid.judgement).status_list_fetched;
        assert_eq!(fetched, Some(UnixTime(TIME).to_string()));
        let chain = valid.with(|_| ()).chain().clone();
        let issuers = chain.issuers.iter().map(|issuer| &issuer.spec);
        // The root is sent as well, and is looked up.
        for (position, spec) in core::iter::once(&chain.leaf).chain(issuers).enumerate() {
            let key = spec.serial_hexadecimal();
            for (status, code) in [
                ("REVOKED", "android.revoked"),
                ("SUSPENDED", "android.suspended"),
                ("RESTORED", "android.status_unknown"),
                ("revoked", "android.status_unknown"),
            ] {
                let entry =
                    format!(r#"{{"{key}":{{"status":"{status}","reason":"KEY_COMPROMISE"}}}}"#);
                let listed = listing(&valid, &entry, TIME);
                fails(&listed, Ak18, code);
                let failure = listed.verdict().failure.clone().unwrap();
                let message = failure.message(device_enrollment::Language::EnUs);
                assert!(message.contains(&format!("certificate {position}")), "{message}");
                assert!(message.contains("KEY_COMPROMISE"), "{message}");
                assert!(key.len() < 4 || !message.contains(&key), "{message}");
            }
        }
        let other = listing(&valid, r#"{"2":{"status":"REVOKED"}}"#, TIME);
        passes(&other, Ak18);
    }
}

/// More than half of the real list is written in decimal, against its documentation.
#[test]
fn a_serial_number_is_looked_up_in_either_spelling() {
    // Plain; with the top bit set, where DER adds a byte; with a zero in front of its hexadecimal.
    for serial in ["5cb838f1fe157a85", "82908bbf5437c9b1", "0414602a0ce3f77d"] {
        let serial = u64::from_str_radix(serial, 16).unwrap().to_be_bytes().to_vec();
        let valid = valid(banked(Phone::factory()).given(|c| {
            c.chain().issuers[0].spec.serial.clone_from(&serial);
        }));
        let number = u64::from_be_bytes(serial.clone().try_into().unwrap());
        let revoked =
            |key: String| listing(&valid, &format!(r#"{{"{key}":{{"status":"REVOKED"}}}}"#), TIME);
        fails(&revoked(format!("{number:x}")), Ak18, "android.revoked");
        fails(&revoked(decimal(&serial)), Ak18, "android.revoked");
        passes(&revoked(format!("{:x}", number + 1)), Ak18);
        passes(&revoked((number + 1).to_string()), Ak18);
    }
}

#[test]
fn no_list_and_an_old_list_are_refusals_of_their_own() {
    let valid = valid(bank(Registration::android_key));
    let revoking = r#"{"1":{"status":"REVOKED"}}"#;
    passes(&listing(&valid, "{}", TIME - DAY), Ak18);
    // An old list is not looked into.
    fails(&listing(&valid, revoking, TIME - DAY - 1), Ak18, "android.status_list_stale");
    fails(&listing(&valid, "{}", TIME - DAY - 1), Ak18, "android.status_list_stale");
    // An enrollment of the past, judged under today's list.
    passes(&listing(&valid, "{}", TIME + 400 * DAY), Ak18);
    fails(&listing(&valid, revoking, TIME + 400 * DAY), Ak18, "android.revoked");
    let without = valid.with(|c| {
        let anchors = c.chain().anchors();
        let anchors = anchors.iter().map(|der| device_enrollment::TrustAnchor::from_der(der));
        c.store = Some(TrustStore::new(anchors.map(Result::unwrap).collect()));
    });
    fails(&without.judge(), Ak18, "android.status_list_missing");
    let unjudged = without.given(|c| c.policy.android_status_age = None).judge();
    assert!(unjudged.accepted().is_ok());
    skipped(&unjudged, Ak18, "android_status_age");
    let hour = valid.with(|c| c.policy.android_status_age = Some(3600));
    let hour = crate::harness::valid(hour);
    fails(&listing(&hour, "{}", TIME - 3601), Ak18, "android.status_list_stale");
}

#[test]
fn the_verdict_names_the_status_list_that_it_was_made_under() {
    let valid = valid(bank(Registration::android_key));
    let digest = |judgement: &Judgement| {
        judgement.verdict().inputs.android_status.as_ref().map(|digest| digest.value())
    };
    let list = status_list("{}", TIME);
    assert_eq!(digest(&valid.judgement), Some(list.digest()));
    assert_ne!(digest(&listing(&valid, "{}", TIME - 1)), Some(list.digest()));
    let json = serde_json::to_value(valid.judgement.verdict()).unwrap();
    assert_eq!(json["inputs"]["android_status"].as_str().unwrap().len(), 64);
}

/// Where the path is not judged, a listed certificate is still a listed one.
#[test]
fn the_status_list_is_asked_whether_or_not_the_path_is_judged() {
    let valid = valid(
        bank(Registration::android_key).given(|c| c.policy.attestation_path = Rule::NotJudged),
    );
    passes(&valid.judgement, Ak18);
    passes(&valid.judgement, Ak19);
    let listed = listing(&valid, r#"{"1":{"status":"REVOKED"}}"#, TIME);
    fails(&listed, Ak18, "android.revoked");
}

fn dated(valid: &Valid<Enrollment>, issuer: usize, not_before: i64, not_after: i64) -> Judgement {
    valid.but(|c| c.chain().issuers[issuer].spec.set_validity(not_before, not_after))
}

#[test]
fn a_factory_chain_outlives_its_issuers() {
    for include_root in [true, false] {
        let valid = valid(banked(Phone::factory().with_root_sent(include_root)));
        passes(&valid.judgement, Ak19);
        skipped(&valid.judgement, X13, "android_chain_dates");
        for issuer in [0, 1] {
            let expired = dated(&valid, issuer, TIME - 9 * DAY, TIME - DAY);
            passes(&expired, Ak19);
            fails(&dated(&valid, issuer, TIME + 1, TIME + DAY), Ak19, "path.not_yet_valid");
        }
        // The root's dates are nobody's.
        passes(&dated(&valid, 2, TIME - 9 * DAY, TIME - DAY), Ak19);
        // The key store makes up the dates of the leaf.
        for (not_before, not_after) in [(0, 1), (TIME + DAY, TIME + 2 * DAY)] {
            passes(&valid.but(|c| c.leaf().set_validity(not_before, not_after)), Ak19);
        }
    }
}

#[test]
fn the_issuers_of_a_remote_chain_are_held_to_their_dates() {
    for include_root in [true, false] {
        let valid = valid(banked(Phone::remote().with_root_sent(include_root)));
        passes(&valid.judgement, Ak19);
        for issuer in [0, 1, 2] {
            passes(&dated(&valid, issuer, TIME, TIME), Ak19);
            fails(&dated(&valid, issuer, TIME - DAY, TIME - 1), Ak19, "path.expired");
            fails(&dated(&valid, issuer, TIME + 1, TIME + DAY), Ak19, "path.not_yet_valid");
        }
        passes(&dated(&valid, 3, TIME - 9 * DAY, TIME - DAY), Ak19);
        passes(&valid.but(|c| c.leaf().set_validity(0, 1)), Ak19);
    }
}

/// A key below cannot pass for another kind of chain to gain leniency.
#[test]
fn a_remote_chain_stays_one_whatever_its_lower_issuers_are_called() {
    let valid = valid(banked(Phone::remote()));
    let renamed = valid.but(|c| {
        let chain = c.chain();
        let factory = Phone::factory().chain("another", chain.leaf_key.clone());
        chain.issuers[0].spec.subject = factory.issuers[0].spec.subject.clone();
        chain.issuers[0].spec.set_validity(TIME - 9 * DAY, TIME - DAY);
        chain.set_issuers(chain.issuers.clone());
    });
    fails(&renamed, Ak19, "path.expired");
    assert_eq!(facts(&renamed).chain.as_deref(), Some("rkp"));
}

#[test]
fn a_chain_of_an_unknown_kind_gets_no_leniency() {
    let valid = valid(bank(Registration::android_key));
    passes(&valid.judgement, Ak19);
    assert_eq!(facts(&valid.judgement).chain.as_deref(), Some("unknown"));
    fails(&dated(&valid, 0, TIME - DAY, TIME - 1), Ak19, "path.expired");
    fails(&valid.but(|c| c.leaf().set_validity(0, 1)), Ak19, "path.expired");
    fails(&valid.but(|c| c.leaf().set_validity(TIME + 1, TIME + DAY)), Ak19, "path.not_yet_valid");
}

#[test]
fn one_check_judges_the_dates_and_one_field_waives_them() {
    let expired = |c: &mut Enrollment| {
        c.chain().issuers[0].spec.set_validity(TIME - 9 * DAY, TIME - DAY);
    };
    // As every other format's, where the kind of the chain does not count.
    let plain = valid(plain(Registration::android_key));
    passes(&plain.judgement, X13);
    skipped(&plain.judgement, Ak19, "android_chain_dates");
    fails(&plain.but(expired), X13, "path.expired");
    let factory = banked(Phone::factory());
    let general = factory.clone().given(|c| c.policy.android_chain_dates = Rule::NotJudged);
    let general = valid(general);
    fails(&general.but(expired), X13, "path.expired");
    let waived = banked(Phone::remote())
        .given(|c| c.policy.certificate_dates = Rule::NotJudged)
        .given(expired)
        .judge();
    assert!(waived.accepted().is_ok());
    skipped(&waived, X13, "certificate_dates");
    skipped(&waived, Ak19, "certificate_dates");
    let untimed =
        valid(factory.given(|c| c.policy.android_patch_age = None)).but(|c| c.time = None);
    fails(&untimed, Ak18, "malformed.missing");
    let untimed = banked(Phone::remote())
        .given(|c| {
            c.policy.android_patch_age = None;
            c.policy.android_status_age = None;
            c.time = None;
        })
        .judge();
    fails(&untimed, Ak19, "malformed.missing");
}

/// Says outright that it is no CA, as the issuer of the Xperia 10 III does.
fn no_ca(c: &mut Enrollment) {
    let issuer = &mut c.chain().issuers[0].spec;
    issuer.set_extension(basic_constraints(Some(false), None));
    issuer.set_extension(key_usage(&[usage::DIGITAL_SIGNATURE]));
}

#[test]
fn the_issuer_of_a_factory_chain_may_be_no_ca_by_a_named_change() {
    for include_root in [true, false] {
        let factory = banked(Phone::factory().with_root_sent(include_root));
        let excused = |c: &mut Enrollment| {
            c.policy.android_factory_issuer_ca = Rule::NotJudged;
        };
        fails(&valid(factory.clone()).but(no_ca), X12, "path.issuer_not_ca");
        let valid = valid(factory.given(excused).given(no_ca));
        passes(&valid.judgement, X12);
        assert_eq!(valid.judgement.verdict().tolerances, ["android_factory_issuer_ca"]);
        // Only together with the rule that closes the door behind it.
        let open = valid.but(|c| c.policy.android_single_description = Rule::NotJudged);
        fails(&open, X12, "path.issuer_not_ca");
        // Only the issuer of the leaf, and only where it says so outright.
        let above = valid.but(|c| {
            let issuer = &mut c.chain().issuers[1].spec;
            issuer.set_extension(basic_constraints(Some(false), None));
        });
        fails(&above, X12, "path.issuer_not_ca");
        let silent = valid.but(|c| {
            c.chain().issuers[0].spec.remove_extension(oid::BASIC_CONSTRAINTS);
        });
        fails(&silent, X12, "path.issuer_not_ca");
        let forged = valid.but(|c| c.chain().issuers[0].spec.flip_signature_bit = true);
        fails(&forged, X11, "path.signature");
    }
    // Not of a chain that no factory made.
    let excused = |c: &mut Enrollment| c.policy.android_factory_issuer_ca = Rule::NotJudged;
    let remote = valid(banked(Phone::remote()).given(excused));
    fails(&remote.but(no_ca), X12, "path.issuer_not_ca");
    let unknown = valid(bank(Registration::android_key).given(excused));
    fails(&unknown.but(no_ca), X12, "path.issuer_not_ca");
}

/// The attack of security.md case/X074: an attested key signs a leaf of its own, so that the real
/// leaf stands at index 1.
#[test]
fn an_attested_key_issues_nothing() {
    for excuse in [Rule::Judged, Rule::NotJudged] {
        for phone in [Phone::factory(), Phone::remote()] {
            let valid = valid(banked(phone).given(|c| c.policy.android_factory_issuer_ca = excuse));
            let extended = |c: &mut Enrollment| {
                let attested = SigningKey::from_seed(KeyKind::Es256, "attested");
                let inner = c.chain().clone();
                let mut real = inner.leaf.clone();
                real.spki = attested.spki_der();
                let described = KeyDescription::for_key(SEED, &attested).to_der(&[0; 32]);
                real.set_extension(device_enrollment_testkit::extension::android_key_description(
                    described,
                ));
                // An application chooses the subject of its certificate.
                real.subject =
                    Name::separate(vec![device_enrollment_testkit::name::Attribute::printable(
                        device_enrollment_testkit::name::attribute::SERIAL_NUMBER,
                        "0123456789abcdef",
                    )]);
                let real = device_enrollment_testkit::Authority {
                    key: attested,
                    issuer_key: inner.issuers[0].key.clone(),
                    spec: real,
                };
                let mut issuers = inner.issuers.clone();
                issuers.insert(0, real);
                c.chain().set_issuers(issuers);
            };
            fails(&valid.but(extended), Ak5, "android.key_description_repeated");
            let unjudged = valid.but(|c| {
                extended(c);
                c.policy.android_single_description = Rule::NotJudged;
            });
            fails(&unjudged, X12, "path.issuer_not_ca");
        }
    }
}

/// The public key of Android's software root, the private key of which is in its source code.
const SOFTWARE_ROOT: &str = "3059301306072a8648ce3d020106082a8648ce3d03010703420004ee5d5ec7e1c0db6d\
    03a67ee6b61bec4d6a5d6a682e0fff7f490e7d771f44226dbdb1affa16cbc7adc577d2569caab7b02d54015d3e432b2a8e\
    d74eec487541a4";

#[test]
fn a_published_key_issues_nothing() {
    let key: Vec<u8> = (0..SOFTWARE_ROOT.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&SOFTWARE_ROOT[at..at + 2], 16).unwrap())
        .collect();
    let valid = valid(plain(Registration::android_key));
    for issuer in [0, 1] {
        let published = valid.but(|c| {
            let anchors = c.chain().anchors();
            c.chain().issuers[issuer].spec.spki.clone_from(&key);
            c.store = Some(store(&anchors));
        });
        // The root that was sent is no copy of the anchor any more, and is never come to.
        if issuer == 0 {
            fails(&published, X12, "path.published_key");
        } else {
            assert!(published.accepted().is_ok());
        }
    }
}
