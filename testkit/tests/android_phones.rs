//! Android phones of every kind: chains and key descriptions, read without the kit.

mod common;

use common::{PublicKey, extension_value, issued_by, opened, parse, signed, x5c};
use device_enrollment_testkit::attestation::android_key::{self, level, tag};
use device_enrollment_testkit::cbor;
use device_enrollment_testkit::extension::oid;
use device_enrollment_testkit::{Phone, Registration, Root, SignatureScheme, der};
use x509_cert::der::{Decode, Encode, Header, Reader, SliceReader};

/// The values of a DER SEQUENCE: each whole, tag and length included.
fn members(sequence: &[u8]) -> Vec<Vec<u8>> {
    let mut reader = SliceReader::new(sequence).unwrap();
    Header::decode(&mut reader).unwrap();
    let mut members = Vec::new();
    while !reader.is_finished() {
        members.push(reader.tlv_bytes().unwrap().to_vec());
    }
    members
}

/// The key description in the leaf.
fn description(registration: &Registration) -> Vec<Vec<u8>> {
    let (_, mut statement) = opened(&registration.make().attestation_object);
    let leaf = parse(&x5c(&mut statement)[0]);
    let description = members(&extension_value(&leaf, oid::ANDROID_KEY_DESCRIPTION).unwrap().1);
    assert_eq!(description.len(), 8);
    description
}

/// The value under a tag of an authorization list.
fn authorization(list: &[u8], tag: u32) -> Option<Vec<u8>> {
    members(list).into_iter().find_map(|member| {
        let mut reader = SliceReader::new(&member).unwrap();
        let header = Header::decode(&mut reader).unwrap();
        let value = reader.read_slice(header.length()).unwrap().to_vec();
        (header.tag().number().value() == tag).then_some(value)
    })
}

fn phones() -> Vec<Phone> {
    let mut phones = Vec::new();
    for phone in [Phone::factory(), Phone::remote()] {
        for root in [Root::Rsa, Root::Ec] {
            for include_root in [true, false] {
                let phone = phone.under(root).with_root_sent(include_root);
                phones.extend([phone, phone.strong_box()]);
            }
        }
    }
    phones
}

#[test]
fn every_chain_is_signed_up_to_the_anchor_and_for_the_credential() {
    for phone in phones() {
        let registration = Registration::android_phone("phones", &phone);
        let made = registration.make();
        let (_, mut statement) = opened(&made.attestation_object);
        let mut path = x5c(&mut statement);
        let authorities = registration.attestation.certificate_chain().issuers.len();
        assert_eq!(path.len(), authorities + usize::from(phone.include_root), "{phone:?}");
        if !phone.include_root {
            path.extend(made.anchors.clone());
        }
        assert_eq!(path.last(), made.anchors.first());
        let specs = registration.attestation.certificate_chain().specs();
        for (at, spec) in specs.enumerate() {
            let issuer = path.get(at + 1).unwrap_or(&path[at]);
            assert!(issued_by(&path[at], issuer, spec.signature_algorithm), "{phone:?} {at}");
        }
        let message = signed(&made.authenticator_data, &made.client_data_json);
        let leaf = PublicKey::from_certificate(&parse(&path[0]));
        let signature = cbor::byte_member(&mut statement, "sig");
        assert!(leaf.verifies(SignatureScheme::for_algorithm(-7), &message, signature));
        assert_eq!(made, Registration::android_phone("phones", &phone).make());
    }
}

#[test]
fn chains_are_named_as_the_real_ones_are() {
    let subjects = |phone: Phone| -> Vec<String> {
        let registration = Registration::android_phone("names", &phone);
        registration
            .attestation
            .certificate_chain()
            .specs()
            .map(|spec| {
                let name = spec.subject.to_der();
                let name = x509_cert::name::Name::from_der(&name).unwrap();
                assert_eq!(name.to_der().unwrap(), spec.subject.to_der());
                name.to_string()
            })
            .collect()
    };
    let remote = subjects(Phone::remote());
    assert_eq!(remote[0], "CN=Android Keystore Key");
    let registration = Registration::android_phone("names", &Phone::remote());
    let serial = registration.attestation.certificate_chain().issuers[0].spec.serial_hexadecimal();
    assert_eq!(serial.len(), 32);
    assert_eq!(remote[1], format!("O=TEE,CN={serial}"));
    assert_eq!(remote[2], "CN=Droid CA3,O=Google LLC");
    assert_eq!(remote[3], "CN=Droid CA2,O=Google LLC");
    assert_eq!(remote[4], "C=US,O=Google LLC,OU=Android,CN=Key Attestation CA1");
    assert_eq!(remote.len(), 5);
    assert!(subjects(Phone::remote().strong_box())[1].starts_with("O=StrongBox,CN="));

    let factory = subjects(Phone::factory().strong_box());
    assert_eq!(factory.len(), 4);
    for name in &factory[1..3] {
        assert!(name.starts_with("TITLE=StrongBox,SERIALNUMBER="), "{name}");
    }
    assert_ne!(factory[1], factory[2]);
    assert_eq!(factory[3], "SERIALNUMBER=f92009e853b6b045");
}

#[test]
fn a_remotely_provisioned_certificate_says_so() {
    let made = Registration::android_phone("provisioned", &Phone::remote()).make();
    let (_, mut statement) = opened(&made.attestation_object);
    let certificate = parse(&x5c(&mut statement)[1]);
    let (critical, value) =
        extension_value(&certificate, oid::ANDROID_PROVISIONING_INFORMATION).unwrap();
    assert!(!critical);
    assert_eq!(value[..5], [0xa3, 1, 0x18, 64, 2]); // as in the real one
    let made = Registration::android_phone("provisioned", &Phone::factory()).make();
    let (_, mut statement) = opened(&made.attestation_object);
    let certificate = parse(&x5c(&mut statement)[1]);
    assert!(extension_value(&certificate, oid::ANDROID_PROVISIONING_INFORMATION).is_none());
}

#[test]
fn every_version_says_what_it_knew() {
    let pairs = [
        (2, 1),
        (3, 2),
        (4, 3),
        (41, 4),
        (100, 100),
        (200, 200),
        (300, 300),
        (400, 400),
        (500, 500),
    ];
    for (keymint, attestation) in pairs {
        for phone in [Phone::factory(), Phone::remote().strong_box()] {
            let phone = phone.with_keymint(keymint);
            let description = description(&Registration::android_phone("version", &phone));
            assert_eq!(description[0], der::integer(attestation));
            assert_eq!(description[1], der::enumerated(phone.security_level));
            assert_eq!(description[2], der::integer(keymint));
            assert_eq!(description[3], der::enumerated(phone.security_level));
            let since = |version: i64| attestation >= version;
            let boot_patch_level = authorization(&description[7], tag::BOOT_PATCH_LEVEL);
            assert_eq!(boot_patch_level.is_some(), since(3), "{keymint}");
            let root_of_trust = authorization(&description[7], tag::ROOT_OF_TRUST).unwrap();
            assert_eq!(members(&root_of_trust).len(), if since(3) { 4 } else { 3 }, "{keymint}");
            let module_hash = authorization(&description[6], tag::MODULE_HASH);
            assert_eq!(module_hash.is_some(), since(400), "{keymint}");
        }
    }
}

#[test]
#[should_panic(expected = "no Keymaster or KeyMint has version 5")]
fn a_version_that_never_was_is_not_made() {
    Registration::android_phone("never", &Phone::factory().with_keymint(5));
}

#[test]
fn every_authorization_can_be_said_in_either_list() {
    let numbers = [
        (tag::OS_VERSION, 150_000),
        (tag::OS_PATCH_LEVEL, 202_601),
        (tag::VENDOR_PATCH_LEVEL, 20_260_101),
        (tag::BOOT_PATCH_LEVEL, 202_601),
        (tag::USER_AUTH_TYPE, 3),
        (tag::AUTH_TIMEOUT, 30),
    ];
    let application = android_key::application_id(&[("app", 7)], &[vec![9; 32]]);
    for (position, other) in [(6, 7), (7, 6)] {
        let mut registration = Registration::android_phone("lists", &Phone::remote());
        let description_made = registration.key_description();
        let (list, emptied) = match position {
            6 => (&mut description_made.software_enforced, &mut description_made.hardware_enforced),
            _ => (&mut description_made.hardware_enforced, &mut description_made.software_enforced),
        };
        emptied.0.clear();
        for (tag, value) in numbers {
            list.set_number(tag, value);
            assert_eq!(list.get(tag), Some(&der::integer(value)[..]));
        }
        list.set(tag::ATTESTATION_APPLICATION_ID, application.clone());
        list.set_present(tag::NO_AUTH_REQUIRED);
        let description = description(&registration);
        assert!(members(&description[other]).is_empty());
        for (tag, value) in numbers {
            assert_eq!(authorization(&description[position], tag), Some(der::integer(value)));
        }
        let list = &description[position];
        assert_eq!(authorization(list, tag::ATTESTATION_APPLICATION_ID), Some(application.clone()));
        assert_eq!(authorization(list, tag::NO_AUTH_REQUIRED), Some(vec![5, 0]));
    }
}

#[test]
fn another_credential_algorithm_keeps_the_phone() {
    let phone = Phone::remote().strong_box().with_keymint(41);
    let registration = Registration::android_phone("other", &phone).with_credential_algorithm(-257);
    let description = description(&registration);
    assert_eq!(description[2], der::integer(41));
    assert_eq!(description[3], der::enumerated(level::STRONG_BOX));
    assert_eq!(authorization(&description[7], tag::ALGORITHM), Some(der::integer(1)));
    assert_eq!(authorization(&description[7], tag::EC_CURVE), None);
}

#[test]
fn dates_and_serial_numbers_are_set_and_read() {
    let mut registration = Registration::android_phone("serials", &Phone::remote());
    for position in 0..5 {
        let spec = registration.chain().spec(position);
        spec.serial = vec![0, 0x0c, 0xa5, position as u8 + 1];
        spec.set_validity(1_700_000_000 + position as i64, 1_900_000_000 + position as i64);
    }
    let made = registration.make();
    let (_, mut statement) = opened(&made.attestation_object);
    let mut path = x5c(&mut statement);
    path.extend(made.anchors);
    assert_eq!(path.len(), 5);
    let chain = registration.attestation.certificate_chain();
    for (position, (der, spec)) in path.iter().zip(chain.specs()).enumerate() {
        let certificate = parse(der);
        let content = certificate.tbs_certificate();
        assert_eq!(content.serial_number().as_bytes(), [0x0c, 0xa5, position as u8 + 1]);
        assert_eq!(spec.serial_hexadecimal(), format!("ca50{}", position + 1));
        let validity = content.validity();
        let seconds = [validity.not_before, validity.not_after]
            .map(|time| time.to_unix_duration().as_secs() as i64);
        let position = position as i64;
        assert_eq!(seconds, [1_700_000_000 + position, 1_900_000_000 + position]);
        let issuer = path.get(position as usize + 1).unwrap_or(der);
        assert!(issued_by(der, issuer, spec.signature_algorithm));
    }
}
