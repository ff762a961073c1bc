//! Compound attestations: every part is whole, and can be made wrong alone.

mod common;

use common::{PublicKey, extension_value, issued_by, parse, signed, x5c};
use device_enrollment_testkit::cbor::{self, Entries, Value};
use device_enrollment_testkit::extension::oid;
use device_enrollment_testkit::{Edit, Registration, RegistrationParts, SignatureScheme};

/// The parts of a compound statement: each format with its statement.
fn parts_of(parts: &RegistrationParts) -> Vec<(String, Entries)> {
    let mut object = cbor::decode(&parts.attestation_object).into_map().unwrap();
    assert_eq!(cbor::member(&mut object, "fmt").as_text(), Some("compound"));
    let array = cbor::member(&mut object, "attStmt").clone().into_array().unwrap();
    array
        .into_iter()
        .map(|part| {
            let mut part = part.into_map().unwrap();
            assert_eq!(part.len(), 2);
            let format = cbor::member(&mut part, "fmt").as_text().unwrap().to_owned();
            (format, cbor::member(&mut part, "attStmt").clone().into_map().unwrap())
        })
        .collect()
}

fn attestations<const COUNT: usize>(
    registrations: [Registration; COUNT],
) -> Vec<device_enrollment_testkit::Attestation> {
    registrations.map(|registration| registration.attestation).to_vec()
}

#[test]
fn every_part_signs_the_ceremony_and_has_its_own_root() {
    let made = Registration::compound("compound").make();
    let mut parts = parts_of(&made);
    let formats: Vec<_> = parts.iter().map(|(format, _)| format.as_str()).collect();
    assert_eq!(formats, ["packed", "android-key"]);
    assert_eq!(made.anchors.len(), 2);
    assert_ne!(made.anchors[0], made.anchors[1]);
    let message = signed(&made.authenticator_data, &made.client_data_json);
    let scheme = SignatureScheme::for_algorithm(-7);
    for ((_, statement), anchor) in parts.iter_mut().zip(&made.anchors) {
        let path = x5c(statement);
        let leaf = PublicKey::from_certificate(&parse(&path[0]));
        assert!(leaf.verifies(scheme, &message, cbor::byte_member(statement, "sig")));
        assert!(issued_by(path.get(1).unwrap_or(&path[0]), anchor, scheme));
    }
    // The second certificate is for the credential's own key, as Android Key asks.
    let leaf = parse(&x5c(&mut parts[1].1)[0]);
    let key = PublicKey::from_cose(&made.credential_public_key);
    let (PublicKey::Ecdsa(credential), PublicKey::Ecdsa(certified)) =
        (key, PublicKey::from_certificate(&leaf))
    else {
        panic!("two ECDSA keys");
    };
    assert_eq!(credential, certified);
}

#[test]
fn a_part_is_changed_alone() {
    let mut registration = Registration::compound("alone");
    let before = parts_of(&registration.make());
    registration.part(1).edit_statement =
        Edit::new(|statement: &mut Entries| cbor::byte_member(statement, "sig")[9] ^= 1);
    let after = parts_of(&registration.make());
    assert_eq!(before[0], after[0]);
    assert_ne!(before[1], after[1]);

    registration.part(1).edit_statement = Edit::none();
    registration.part(0).edit_object =
        Edit::new(|part: &mut Entries| cbor::set(part, "fmt", cbor::text("none")));
    assert_eq!(parts_of(&registration.make())[0].0, "none");
    assert_eq!(parts_of(&registration.make())[0].1, before[0].1);

    registration.attestation.compound().edit_parts = Edit::new(|parts: &mut Vec<Value>| {
        parts.truncate(1);
    });
    assert_eq!(parts_of(&registration.make()).len(), 1);
}

#[test]
#[should_panic(expected = "use `edit_parts`")]
fn a_lever_that_turns_nothing_is_heard() {
    let mut registration = Registration::compound("idle");
    registration.attestation.edit_statement = Edit::new(|_: &mut Entries| {});
    registration.make();
}

#[test]
fn any_attestations_of_one_seed_fit_together() {
    let parts = attestations([Registration::tpm_ecc("of"), Registration::apple("of")]);
    let made = Registration::compound_of("of", parts).make();
    assert_eq!(made.aaguid, Registration::tpm_ecc("of").make().aaguid);
    assert_eq!(made.credential_public_key, Registration::apple("of").make().credential_public_key);
    assert_eq!(parts_of(&made).len(), 2);

    // One root above both is handed out once.
    let parts = attestations([Registration::packed_basic("of"), Registration::android_key("of")]);
    assert_eq!(Registration::compound_of("of", parts).make().anchors.len(), 1);

    // FIDO U2F has no model, so the other part must not have one either.
    let parts = attestations([Registration::packed_basic("of"), Registration::fido_u2f("of")]);
    let made = Registration::compound_of("of", parts).make();
    assert_eq!(made.authenticator_data[37..53], [0; 16]);
    let leaf = parse(&x5c(&mut parts_of(&made)[0].1)[0]);
    let (_, model) = extension_value(&leaf, oid::FIDO_AAGUID).unwrap();
    assert_eq!(model[2..], [0; 16]);

    // Compound inside compound, which the specification forbids, can be made.
    let parts = attestations([Registration::packed_basic("of"), Registration::compound("of")]);
    let mut object =
        cbor::decode(&Registration::compound_of("of", parts).make().attestation_object)
            .into_map()
            .unwrap();
    let array = cbor::member(&mut object, "attStmt").clone().into_array().unwrap();
    let mut inner = array[1].clone().into_map().unwrap();
    assert_eq!(*cbor::member(&mut inner, "fmt"), cbor::text("compound"));
}

#[test]
fn parts_follow_the_credential_to_another_algorithm() {
    let made = Registration::compound("follow").with_credential_algorithm(-257).make();
    let message = signed(&made.authenticator_data, &made.client_data_json);
    for ((format, mut statement), algorithm) in parts_of(&made).into_iter().zip([-7, -257]) {
        assert_eq!(*cbor::member(&mut statement, "alg"), cbor::integer(algorithm), "{format}");
        let leaf = PublicKey::from_certificate(&parse(&x5c(&mut statement)[0]));
        let signature = cbor::byte_member(&mut statement, "sig");
        let scheme = SignatureScheme::for_algorithm(algorithm);
        assert!(leaf.verifies(scheme, &message, signature), "{format}");
    }
}
