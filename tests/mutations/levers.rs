//! Responses that are made otherwise and signed again, by the levers of the test kit. What only
//! the holder of a key can say reaches the checks that come after a signature.

use device_enrollment_testkit::attestation::android_key::AuthorizationList;
use device_enrollment_testkit::cbor::Value;
use device_enrollment_testkit::{
    AuthenticatorData, CertificateSpec, ClientData, Extension, Registration, Statement, cbor,
};

use crate::bytes::damage;
use crate::ceremonies::{Ceremonies, Damaged};
use crate::der;
use crate::random::Random;

pub(crate) fn registration(all: &Ceremonies, random: &mut Random) -> Damaged {
    let of = mostly(QUICK_REGISTRATIONS, all.unmade.len(), random);
    let mut registration = all.unmade[of].clone();
    for _ in 0..=random.below(2) {
        match random.below(6) {
            0 => client_data(&mut registration.client_data, random),
            1 => authenticator_data(&mut registration.authenticator_data, random),
            2 => statement(&mut registration, random),
            _ if registration.attestation.chain.is_none() => {
                authenticator_data(&mut registration.authenticator_data, random);
            }
            3 => issuer(&mut registration, random),
            _ => certificate(registration.leaf(), random),
        }
    }
    let made = registration.make();
    Damaged::Registration {
        of,
        client_data: made.client_data_json,
        object: made.attestation_object,
        signed_again: true,
    }
}

pub(crate) fn assertion(all: &Ceremonies, random: &mut Random) -> Damaged {
    let of = mostly(QUICK_ASSERTIONS, all.unmade_assertions.len(), random);
    let mut assertion = all.unmade_assertions[of].clone();
    match random.below(2) {
        0 => client_data(&mut assertion.client_data, random),
        _ => authenticator_data(&mut assertion.authenticator_data, random),
    }
    let made = assertion.make();
    Damaged::Assertion {
        of,
        client_data: made.client_data_json,
        data: made.authenticator_data,
        signature: made.signature,
        signed_again: true,
    }
}

/// RSA and ML-DSA stand behind the others and take their time to sign, so they are picked less.
const QUICK_REGISTRATIONS: usize = 7;
const QUICK_ASSERTIONS: usize = 2;

fn mostly(quick: usize, all: usize, random: &mut Random) -> usize {
    let bound = if random.chance(16) { all } else { quick };
    random.below(bound)
}

fn client_data(data: &mut ClientData, random: &mut Random) {
    match random.below(6) {
        0 => data.ceremony_type = text(random),
        1 => damage(&mut data.challenge, random),
        2 => data.origin = text(random),
        3 => data.cross_origin = *random.pick(&[None, Some(false), Some(true)]),
        4 => data.top_origin = Some(text(random)),
        _ => data.extra.push((text(random), text(random).into())),
    }
}

fn authenticator_data(data: &mut AuthenticatorData, random: &mut Random) {
    match random.below(9) {
        0 => data.flags = random.byte(),
        1 => data.flags ^= 1 << random.below(8),
        2 => data.sign_count = random.next() as u32,
        3 => data.credential_id = random.bytes(1100),
        4 => data.credential_id_length = Some(random.next() as u16),
        5 => cose_key(&mut data.public_key, random),
        6 => {
            let mut extensions = cbor::encode(&extensions(random));
            if random.chance(3) {
                damage(&mut extensions, random);
            }
            data.extensions_bytes = Some(extensions);
            data.flags |= 0x80;
        }
        7 => data.trailing = random.bytes(4),
        _ => {
            let mut bytes = data.to_bytes();
            damage(&mut bytes, random);
            data.bytes = Some(bytes);
        }
    }
}

fn cose_key(key: &mut Value, random: &mut Random) {
    let Value::Map(entries) = key else { unreachable!("a key is a map") };
    if entries.is_empty() {
        return;
    }
    let at = random.below(entries.len());
    match random.below(5) {
        0 => drop(entries.remove(at)),
        1 => {
            entries.push((cbor::integer(-(random.below(9) as i64)), cbor::bytes(random.bytes(40))));
        }
        2 => entries[at].1 = cbor::integer(-(random.below(300) as i64)),
        3 => entries.swap(at, 0),
        _ => match &mut entries[at].1 {
            Value::Bytes(bytes) => damage(bytes, random),
            other => *other = cbor::bytes(random.bytes(70)),
        },
    }
}

fn extensions(random: &mut Random) -> Value {
    const NAMES: [&str; 9] = [
        "appid",
        "credProtect",
        "hmac-secret",
        "minPinLength",
        "uvm",
        "credBlob",
        "largeBlob",
        "thirdPartyPayment",
        "x",
    ];
    let entries = (0..=random.below(3)).map(|_| {
        let value = match random.below(6) {
            0 => Value::Bool(random.chance(2)),
            1 => cbor::integer(random.below(5) as i64),
            2 => cbor::bytes(random.bytes(64)),
            3 => Value::Array(vec![Value::Array(vec![cbor::integer(2); random.below(5)])]),
            4 => Value::Map(vec![(cbor::text("a"), Value::Null)]),
            _ => Value::Null,
        };
        (cbor::text(random.pick::<&str>(&NAMES)), value)
    });
    Value::Map(entries.collect())
}

fn statement(registration: &mut Registration, random: &mut Random) {
    match &mut registration.attestation.statement {
        Statement::AndroidKey(description) => match random.below(6) {
            0 => description.attestation_version = random.below(500) as i64,
            1 => description.attestation_security_level = random.below(5) as i64,
            2 => description.keymint_security_level = random.below(5) as i64,
            3 => description.challenge = Some(random.bytes(40)),
            4 => authorizations(&mut description.software_enforced, random),
            _ => authorizations(&mut description.hardware_enforced, random),
        },
        Statement::Tpm(tpm) => match random.below(8) {
            0 => tpm.public_area.object_attributes ^= 1 << random.below(32),
            1 => tpm.public_area.name_algorithm = random.below(16) as u16,
            2 => tpm.public_area.authorization_policy = random.bytes(70),
            3 => tpm.public_area.trailing = random.bytes(3),
            4 => tpm.certify.magic ^= 1 << random.below(32),
            5 => tpm.certify.extra_data = Some(random.bytes(70)),
            6 => tpm.certify.attested_name = Some(random.bytes(40)),
            _ => tpm.version = text(random),
        },
        Statement::Apple { nonce } => *nonce = Some(random.bytes(40)),
        Statement::FidoU2f { public_key } => *public_key = Some(random.bytes(70)),
        // The others have no levers of their own here.
        _ => {
            registration.attestation.format = text(random);
        }
    }
}

fn authorizations(list: &mut AuthorizationList, random: &mut Random) {
    const TAGS: [u32; 18] =
        [1, 2, 3, 5, 10, 200, 303, 503, 504, 508, 600, 701, 702, 704, 705, 706, 709, 718];
    let value = match (random.below(4), list.0.is_empty()) {
        (0, _) => vec![0x05, 0x00],
        (1, _) => vec![0x02, 0x01, random.byte() & 0x7f],
        (_, false) => der::damaged(&random.pick(&list.0).1.clone(), random),
        (_, true) => random.bytes(20),
    };
    match random.below(3) {
        0 if !list.0.is_empty() => drop(list.0.remove(random.below(list.0.len()))),
        1 => list.0.push((*random.pick(&TAGS), value)),
        _ => list.set(*random.pick(&TAGS), value),
    }
}

fn issuer(registration: &mut Registration, random: &mut Random) {
    let chain = registration.attestation.chain.as_mut().unwrap();
    chain.include_root = random.chance(2);
    if !chain.issuers.is_empty() {
        let at = random.below(chain.issuers.len());
        certificate(&mut chain.issuers[at].spec, random);
    }
}

fn certificate(certificate: &mut CertificateSpec, random: &mut Random) {
    let extensions = certificate.extensions.len();
    let at = random.below(extensions);
    match random.below(12) {
        0 => certificate.version = random.below(4) as u8,
        1 => certificate.serial = random.bytes(24),
        2 => certificate.not_before += random.next() as i64 % 400_000_000,
        3 => certificate.not_after -= (random.next() % 400_000_000) as i64,
        4 => certificate.spki = der::damaged(&certificate.spki, random),
        5 => certificate.signature_unused_bits = random.below(9) as u8,
        6 => certificate.trailing = random.bytes(2),
        7 => certificate.flip_signature_bit = true,
        8 => certificate.extensions.push(extension(random)),
        _ if extensions == 0 => certificate.extensions.push(extension(random)),
        9 => drop(certificate.extensions.remove(at)),
        10 => certificate.extensions[at].critical ^= true,
        _ => {
            let value = &mut certificate.extensions[at].value;
            *value = der::damaged(value, random);
        }
    }
}

fn extension(random: &mut Random) -> Extension {
    const OIDS: [&str; 10] = [
        "2.5.29.14",
        "2.5.29.15",
        "2.5.29.17",
        "2.5.29.19",
        "2.5.29.30",
        "2.5.29.37",
        "1.3.6.1.4.1.45724.1.1.2",
        "1.3.6.1.4.1.45724.1.1.4",
        "1.3.6.1.4.1.11129.2.1.17",
        "1.2.3.4",
    ];
    let mut extension = Extension::new(random.pick::<&str>(&OIDS), random.bytes(40));
    extension.critical = random.chance(2);
    extension
}

fn text(random: &mut Random) -> String {
    const TEXTS: [&str; 10] = [
        "",
        "none",
        "packed",
        "compound",
        "webauthn.get",
        "webauthn.create",
        "https://bank.example",
        "https://bank.example.",
        "2.0",
        "é\u{0}\"",
    ];
    (*random.pick(&TEXTS)).to_owned()
}
