//! Every made signature is a real one, checked without the kit's own keys.

mod common;

use common::{ALGORITHMS, PublicKey, every_registration, issued_by, opened, parse, signed, x5c};
use device_enrollment_testkit::attestation::tpm;
use device_enrollment_testkit::cbor;
use device_enrollment_testkit::scheme::{Hash, SignatureScheme, sha256};
use device_enrollment_testkit::{Assertion, Authority, KeyKind, Registration, SigningKey};

#[test]
fn assertions_verify_for_every_algorithm() {
    for algorithm in ALGORITHMS {
        let registration = Registration::none("assertion").with_credential_algorithm(algorithm);
        let parts = Assertion::of(&registration).make();
        let key = PublicKey::from_cose(&parts.credential_public_key);
        let scheme = SignatureScheme::for_algorithm(algorithm);
        let mut message = signed(&parts.authenticator_data, &parts.client_data_json);
        assert!(key.verifies(scheme, &message, &parts.signature), "{algorithm}");
        message[36] ^= 1;
        assert!(!key.verifies(scheme, &message, &parts.signature), "{algorithm}");
    }
}

#[test]
fn self_attestation_verifies_for_every_algorithm() {
    for algorithm in ALGORITHMS {
        let parts = Registration::packed_self("self").with_credential_algorithm(algorithm).make();
        let (_, mut statement) = opened(&parts.attestation_object);
        assert_eq!(*cbor::member(&mut statement, "alg"), cbor::integer(algorithm));
        let key = PublicKey::from_cose(&parts.credential_public_key);
        let message = signed(&parts.authenticator_data, &parts.client_data_json);
        let signature = cbor::byte_member(&mut statement, "sig");
        assert!(
            key.verifies(SignatureScheme::for_algorithm(algorithm), &message, signature),
            "{algorithm}"
        );
    }
}

#[test]
fn leaf_signatures_verify_over_what_each_format_signs() {
    for (name, registration) in every_registration("leaf") {
        if matches!(name, "none" | "packed self" | "apple") {
            continue;
        }
        let parts = registration.make();
        let (_, mut statement) = opened(&parts.attestation_object);
        let leaf = parse(&x5c(&mut statement)[0]);
        let message = match name {
            "fido-u2f" => [
                &[0][..],
                &sha256(b"bank.example"),
                &sha256(&parts.client_data_json),
                &parts.credential_id,
                &registration.credential_key.raw_public_point(),
            ]
            .concat(),
            "tpm ecc" | "tpm rsa" => cbor::byte_member(&mut statement, "certInfo").clone(),
            _ => signed(&parts.authenticator_data, &parts.client_data_json),
        };
        let scheme = SignatureScheme::for_algorithm(registration.attestation.algorithm);
        let signature = cbor::byte_member(&mut statement, "sig");
        assert!(PublicKey::from_certificate(&leaf).verifies(scheme, &message, signature), "{name}");
    }
}

#[test]
fn the_tpm_certifies_the_public_area_and_the_ceremony() {
    for registration in [Registration::tpm_ecc("tpm"), Registration::tpm_rsa("tpm")] {
        let parts = registration.make();
        let (_, mut statement) = opened(&parts.attestation_object);
        let public_area = cbor::byte_member(&mut statement, "pubArea").clone();
        let certify = cbor::byte_member(&mut statement, "certInfo").clone();
        let name = tpm::object_name(tpm::algorithm::SHA256, &public_area);
        // magic, type, qualified signer, extra data, clock, firmware version, name
        let extra_at = 4 + 2 + 2 + 34;
        let extra = sha256(&signed(&parts.authenticator_data, &parts.client_data_json));
        assert_eq!(certify[extra_at..extra_at + 2], [0, 32]);
        assert_eq!(certify[extra_at + 2..extra_at + 34], extra);
        let name_at = extra_at + 34 + 17 + 8;
        assert_eq!(certify[name_at..name_at + 2], [0, 34]);
        assert_eq!(certify[name_at + 2..name_at + 36], name);
        assert_eq!(certify.len(), name_at + 36 + 36);
    }
}

#[test]
fn chains_are_signed_up_to_the_anchor() {
    for (name, registration) in every_registration("chain") {
        let Some(chain) = &registration.attestation.chain else {
            continue;
        };
        let parts = registration.make();
        let (_, mut statement) = opened(&parts.attestation_object);
        let mut path = x5c(&mut statement);
        if !chain.include_root {
            path.push(parts.anchors[0].clone());
        }
        assert_eq!(path.last(), parts.anchors.first(), "{name}");
        assert_eq!(path.len(), chain.issuers.len() + 1, "{name}");
        for (at, certificate) in path.iter().enumerate() {
            let above = at.min(chain.issuers.len() - 1);
            let scheme = chain.issuers[above].key.default_scheme();
            let issuer = path.get(at + 1).unwrap_or(certificate);
            assert!(issued_by(certificate, issuer, scheme), "{name} {at}");
        }
    }
}

#[test]
fn certificates_can_be_signed_with_every_scheme() {
    let pairs = [
        (KeyKind::Es256, SignatureScheme::Ecdsa(Hash::Sha1)),
        (KeyKind::Es256, SignatureScheme::Ecdsa(Hash::Sha512)),
        (KeyKind::Es384, SignatureScheme::Ecdsa(Hash::Sha256)),
        (KeyKind::Es512, SignatureScheme::Ecdsa(Hash::Sha256)),
        (KeyKind::Es512, SignatureScheme::Ecdsa(Hash::Sha512)),
        (KeyKind::EdDsa, SignatureScheme::Ed25519),
        (KeyKind::Ed448, SignatureScheme::Ed448),
        (KeyKind::Es256k, SignatureScheme::Ecdsa(Hash::Sha256)),
        (KeyKind::MlDsa44, SignatureScheme::MlDsa44),
        (KeyKind::MlDsa65, SignatureScheme::MlDsa65),
        (KeyKind::MlDsa87, SignatureScheme::MlDsa87),
        (KeyKind::Rsa2048, SignatureScheme::RsaPkcs1(Hash::Sha1)),
        (KeyKind::Rsa2048, SignatureScheme::RsaPkcs1(Hash::Sha384)),
        (KeyKind::Rsa2048, SignatureScheme::RsaPss(Hash::Sha256)),
        (KeyKind::Rsa2048, SignatureScheme::RsaPss(Hash::Sha512)),
    ];
    for (kind, scheme) in pairs {
        let key = SigningKey::from_seed(kind, "scheme");
        let mut root = Authority::root_with_key("scheme", key);
        root.spec.signature_algorithm = scheme;
        let der = root.der();
        assert!(issued_by(&der, &der, scheme), "{kind:?} {scheme:?}");
    }
}

#[test]
fn every_kind_of_key_attests_under_an_authority_of_its_kind() {
    for algorithm in [-7, -47, -48, -49, -50] {
        let key = |label: &str| SigningKey::from_seed(KeyKind::for_algorithm(algorithm), label);
        let scheme = key("leaf").default_scheme();
        let root = Authority::root_with_key("kind", key("root"));
        let intermediate = root.intermediate_with_key("kind", key("intermediate"));
        let mut registration =
            Registration::packed_basic("kind").with_credential_algorithm(algorithm);
        registration.attestation.algorithm = algorithm;
        registration.chain().set_leaf_key(key("leaf"));
        registration.chain().set_issuers(vec![intermediate, root]);

        let parts = registration.make();
        let (mut object, mut statement) = opened(&parts.attestation_object);
        assert_eq!(*cbor::byte_member(&mut object, "authData"), parts.authenticator_data);
        assert!(parts.authenticator_data.ends_with(&parts.credential_public_key));
        let path = x5c(&mut statement);
        assert!(issued_by(&path[0], &path[1], scheme), "{algorithm}");
        assert!(issued_by(&path[1], &parts.anchors[0], scheme), "{algorithm}");
        let message = signed(&parts.authenticator_data, &parts.client_data_json);
        let signature = cbor::byte_member(&mut statement, "sig");
        let leaf = PublicKey::from_certificate(&parse(&path[0]));
        assert!(leaf.verifies(scheme, &message, signature), "{algorithm}");
    }
}

#[test]
fn ml_dsa_keys_and_signatures_have_the_encodings_of_their_standards() {
    // FIPS 204, table 2: bytes of a public key and of a signature. RFC 9881: the bytes of a
    // SubjectPublicKeyInfo before the key.
    let sizes = [
        (-48, 1312, 2420, "30820532300b06096086480165030403110382052100"),
        (-49, 1952, 3309, "308207b2300b0609608648016503040312038207a100"),
        (-50, 2592, 4627, "30820a32300b060960864801650304031303820a2100"),
    ];
    for (algorithm, key_length, signature_length, prefix) in sizes {
        let key = SigningKey::from_seed(KeyKind::for_algorithm(algorithm), "encodings");
        let raw = key.raw_public_point();
        assert_eq!(raw.len(), key_length);
        let signature = key.sign_with_algorithm(algorithm, b"message");
        assert_eq!(signature.len(), signature_length);
        assert_eq!(signature, key.sign_with_algorithm(algorithm, b"message"));
        let spki = key.spki_der();
        let (head, tail) = spki.split_at(spki.len() - key_length);
        assert_eq!(head.iter().map(|byte| format!("{byte:02x}")).collect::<String>(), prefix);
        assert_eq!(tail, raw);
        let entries = key.cose_key(algorithm).into_map().unwrap();
        let expected = [
            (cbor::integer(1), cbor::integer(7)),
            (cbor::integer(3), cbor::integer(algorithm)),
            (cbor::integer(-1), cbor::bytes(raw)),
        ];
        assert_eq!(entries, expected);
    }
}

#[test]
fn secp256k1_is_not_mistaken_for_p_256() {
    let key = SigningKey::from_seed(KeyKind::Es256k, "curve");
    let entries = key.cose_key(-47).into_map().unwrap();
    let (x, y) = key.coordinates();
    let expected = [
        (cbor::integer(1), cbor::integer(2)),
        (cbor::integer(3), cbor::integer(-47)),
        (cbor::integer(-1), cbor::integer(8)),
        (cbor::integer(-2), cbor::bytes(x)),
        (cbor::integer(-3), cbor::bytes(y)),
    ];
    assert_eq!(entries, expected);
    assert!(p256::ecdsa::VerifyingKey::from_sec1_bytes(&key.raw_public_point()).is_err());
    let signature = key.sign_with_algorithm(-47, b"message");
    assert_eq!(signature, key.sign_with_algorithm(-47, b"message"));
    let certificate = parse(&Authority::root_with_key("curve", key).der());
    assert_eq!(certificate.signature_algorithm().oid.to_string(), "1.2.840.10045.4.3.2");
    assert!(certificate.signature_algorithm().parameters.is_none());
}

#[test]
fn another_credential_algorithm_reaches_the_certificate_and_the_public_area() {
    for algorithm in [-35, -257] {
        let parts = Registration::android_key("other").with_credential_algorithm(algorithm).make();
        let (_, mut statement) = opened(&parts.attestation_object);
        let leaf = parse(&x5c(&mut statement)[0]);
        let message = signed(&parts.authenticator_data, &parts.client_data_json);
        let signature = cbor::byte_member(&mut statement, "sig").clone();
        let scheme = SignatureScheme::for_algorithm(algorithm);
        for key in
            [PublicKey::from_certificate(&leaf), PublicKey::from_cose(&parts.credential_public_key)]
        {
            assert!(key.verifies(scheme, &message, &signature), "{algorithm}");
        }

        let registration = Registration::tpm_ecc("other").with_credential_algorithm(algorithm);
        let (_, mut statement) = opened(&registration.make().attestation_object);
        let public_area = cbor::byte_member(&mut statement, "pubArea").clone();
        let unique = match algorithm {
            -257 => registration.credential_key.raw_public_point(),
            _ => registration.credential_key.coordinates().1,
        };
        assert!(public_area.ends_with(&unique), "{algorithm}");
    }
}
