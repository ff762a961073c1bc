//! Makes the seeds of every target: `seeds FOLDER` writes `FOLDER/<target>/<hash>`. `fuzz/run
//! --seeds` calls it and keeps those that reach something that no other seed reaches.

use std::path::Path;

use device_enrollment::{AuthenticationResponse, RegistrationResponse};
use device_enrollment_fuzz::parts::together;
use device_enrollment_fuzz::seeds;
use device_enrollment_testkit::cbor::{self, Value};
use device_enrollment_testkit::metadata::entry_for;
use device_enrollment_testkit::{
    AssertionParts, ClientData, KeyKind, MetadataBlob, RegistrationParts, RevocationList,
    SigningKey, Statement,
};
use serde_json::json;
use sha2::{Digest, Sha256};
// Everything here is built to report its coverage, and this is what it reports to.
use libfuzzer_sys as _;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).expect("usage: seeds FOLDER");
    for (target, inputs) in all() {
        let folder = Path::new(&folder).join(target);
        std::fs::create_dir_all(&folder)?;
        for input in inputs {
            let hash = Sha256::digest(&input);
            let name: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            std::fs::write(folder.join(name), input)?;
        }
    }
    Ok(())
}

type Inputs = Vec<Vec<u8>>;

fn all() -> Vec<(&'static str, Inputs)> {
    let registrations: Vec<RegistrationParts> =
        seeds::registrations().iter().map(|(_, registration)| registration.make()).collect();
    let assertions: Vec<AssertionParts> =
        seeds::assertions().iter().map(|(_, assertion)| assertion.make()).collect();
    let keys: Inputs = assertions.iter().map(|made| made.credential_public_key.clone()).collect();
    let objects: Inputs =
        registrations.iter().map(|made| made.attestation_object.clone()).collect();
    let certificates = certificates(&registrations);
    let plain = items();
    let metadata = metadata();
    vec![
        ("android_status", android_status()),
        ("assertion", assertions.iter().enumerate().map(assertion).collect()),
        ("attestation_object", objects.clone()),
        ("authenticator_data", authenticator_data(&registrations, &assertions)),
        ("cbor", [&objects[..], &keys, &plain].concat()),
        ("certificate", certificates.clone()),
        ("client_data", client_data()),
        ("cose_key", keys),
        ("inspect", inspected(&registrations[6], &assertions[0], &certificates[0])),
        (
            "json",
            [client_data(), vec![registrations[1].to_json().to_string().into()], jsons()].concat(),
        ),
        ("certificate_list", metadata.1),
        ("jws", vec![token(&seeds::safetynet()), metadata.0]),
        ("key_description", key_descriptions()),
        ("metadata", vec![metadata.2]),
        ("registration", registrations.iter().map(registration).collect()),
        ("statement", statements()),
        ("tpm", tpm_structures(&registrations)),
        ("wire_forms", wire_forms(&registrations[2], &assertions[0])),
    ]
}

fn android_status() -> Inputs {
    vec![
        br#"{"entries":{"c35747a084470c31":{"status":"REVOKED","reason":"KEY_COMPROMISE"}}}"#
            .to_vec(),
        br#"{"entries":{"6681152659205225093":{"status":"SUSPENDED","expires":"2030-01-01"}}}"#
            .to_vec(),
    ]
}

/// A small BLOB, the lists that go with it, and its payload.
fn metadata() -> (Vec<u8>, Inputs, Vec<u8>) {
    let entries =
        seeds::registrations().iter().skip(2).take(1).map(|(_, r)| entry_for(r)).collect();
    let key = SigningKey::from_seed(KeyKind::Es256, "fuzz");
    let maker = MetadataBlob::signed_by("fuzz", key, "ES256", entries);
    let lists = maker.revocation_lists().iter().map(RevocationList::der).collect();
    (maker.make(), lists, maker.payload().into_bytes())
}

/// The JWS of a SafetyNet statement.
fn token(made: &RegistrationParts) -> Vec<u8> {
    let start = made.attestation_object.windows(3).position(|w| w == b"eyJ").expect("a JWS");
    let token = made.attestation_object.split_at(start).1;
    let end = token.windows(9).position(|w| w == b"hauthData").expect("its end");
    token.split_at(end).0.to_vec()
}

fn registration(made: &RegistrationParts) -> Vec<u8> {
    together(&[&made.client_data_json, &made.attestation_object])
}

fn assertion((index, made): (usize, &AssertionParts)) -> Vec<u8> {
    let parts = together(&[&made.client_data_json, &made.authenticator_data, &made.signature]);
    [vec![u8::try_from(index).expect("few")], parts].concat()
}

/// The places that `ceremonies::statement` replaces, each with what stands there anyhow.
fn statements() -> Inputs {
    let mut inputs = Vec::new();
    for (format, (_, mut registration)) in (0_u8..).zip(seeds::registrations()) {
        let mut seed = |place: u8, payload: Vec<u8>| {
            inputs.push([vec![place << 4 | format], payload].concat());
        };
        seed(0, cbor::encode(&extensions()));
        seed(1, registration.authenticator_data.public_key_encoded());
        seed(3, registration.authenticator_data.to_bytes());
        if let Statement::Tpm(tpm) = &registration.attestation.statement {
            seed(4, tpm.public_area.to_bytes());
        }
        if registration.attestation.chain.is_some() {
            let leaf = registration.leaf().clone();
            seed(5, leaf.spki);
            seed(7, b"\x04\x10a model of sixteen".to_vec());
            for (place, extension) in (8..).zip(leaf.extensions) {
                seed(place, extension.value);
            }
        }
    }
    inputs
}

fn extensions() -> Value {
    Value::Map(vec![
        (cbor::text("uvm"), Value::Array(vec![Value::Array(vec![cbor::integer(2); 3])])),
        (cbor::text("credProtect"), cbor::integer(2)),
        (cbor::text("hmac-secret"), Value::Bool(true)),
        (cbor::text("minPinLength"), cbor::integer(4)),
    ])
}

fn authenticator_data(
    registrations: &[RegistrationParts],
    assertions: &[AssertionParts],
) -> Inputs {
    let (_, mut extended) = seeds::registrations().swap_remove(0);
    extended.authenticator_data.extensions = Some(extensions());
    extended.authenticator_data.flags |= 0x80;
    let registered = registrations.iter().map(|made| made.authenticator_data.clone());
    let asserted = assertions.iter().map(|made| made.authenticator_data.clone());
    registered.chain(asserted).chain([extended.make().authenticator_data]).collect()
}

fn certificates(registrations: &[RegistrationParts]) -> Inputs {
    let mut certificates = Vec::new();
    for made in registrations {
        certificates.extend(made.anchors.clone());
        if let Some(Value::Array(items)) = member(&made.attestation_object, "x5c") {
            certificates.extend(items.into_iter().filter_map(|item| item.into_bytes().ok()));
        }
    }
    certificates.sort();
    certificates.dedup();
    certificates
}

fn tpm_structures(registrations: &[RegistrationParts]) -> Inputs {
    let of = |made: &RegistrationParts, name| {
        member(&made.attestation_object, name).and_then(|value| value.into_bytes().ok())
    };
    let both = registrations.iter().flat_map(|made| [of(made, "pubArea"), of(made, "certInfo")]);
    both.flatten().collect()
}

/// A member of the statement in an attestation object.
fn member(object: &[u8], name: &str) -> Option<Value> {
    let find = |map: Value, name: &str| {
        let mut entries = map.into_map().ok()?;
        let at = entries.iter().position(|(key, _)| key.as_text() == Some(name))?;
        Some(entries.swap_remove(at).1)
    };
    find(find(cbor::decode(object), "attStmt")?, name)
}

fn key_descriptions() -> Inputs {
    let mut inputs = Vec::new();
    for (_, registration) in seeds::registrations() {
        if let Statement::AndroidKey(description) = &registration.attestation.statement {
            inputs.push(description.to_der(&[7; 32]));
            let mut fuller = description.clone();
            for tag in [503, 507, 600, 701, 705, 706, 718, 719] {
                fuller.hardware_enforced.set(tag, vec![0x02, 0x01, 0x07]);
            }
            inputs.push(fuller.to_der(b""));
        }
    }
    inputs
}

fn client_data() -> Inputs {
    let plain = ClientData::new("webauthn.create", vec![1; 32]);
    let mut framed = plain.clone();
    (framed.cross_origin, framed.top_origin) = (Some(true), Some("https://top.example".into()));
    let mut app = ClientData::new("webauthn.get", vec![2; 16]);
    app.origin = "android:apk-key-hash:AAAA".into();
    app.extra = vec![("androidPackageName".into(), json!("br.example.app"))];
    app.cross_origin = None;
    let mut marked = b"\xef\xbb\xbf".to_vec();
    marked.extend(plain.to_bytes());
    vec![plain.to_bytes(), framed.to_bytes(), app.to_bytes(), marked]
}

fn jsons() -> Inputs {
    let escapes = r#"{"a":"\u0061\ud83d\ude00\n\"","b":[null,true,-1,0.5,1e9],"c":{"d":{}}}"#;
    vec![escapes.into(), b"[[[[[[[[]]]]]]]]".to_vec(), b"18446744073709551615".to_vec()]
}

/// One item of every kind and width.
fn items() -> Inputs {
    let items: [&[u8]; 8] = [
        b"\x18\x18",
        b"\x3b\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\x84\xf4\xf5\xf6\xf7",
        b"\x83\xf9\x3c\x00\xfa\x3f\x80\x00\x00\xfb\x3f\xf0\x00\x00\x00\x00\x00\x00",
        b"\xa2\x01\x02\x61a\x81\x40",
        b"\xa2\xf9\x7e\x00\x00\xf9\x7e\x00\x00",
        b"\x5f\x41\x01\xff",
        b"\xc2\x41\x01",
    ];
    items.into_iter().map(<[u8]>::to_vec).collect()
}

fn wire_forms(made: &RegistrationParts, asserted: &AssertionParts) -> Inputs {
    let registration = response(made);
    let assertion = AuthenticationResponse::from_bytes(
        &asserted.credential_id,
        &asserted.client_data_json,
        &asserted.authenticator_data,
        &asserted.signature,
        asserted.user_handle.as_deref(),
    );
    let padded = registration.to_device_credential().to_string().replace("\",", "==\",");
    [
        made.to_json(),
        asserted.to_json(),
        registration.to_device_credential(),
        registration.to_fido_registration(),
        assertion.to_authorise(),
    ]
    .iter()
    .map(|form| form.to_string().into_bytes())
    .chain([padded.into_bytes()])
    .collect()
}

fn inspected(made: &RegistrationParts, asserted: &AssertionParts, certificate: &[u8]) -> Inputs {
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
    let url = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let pem = format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        BASE64_STANDARD.encode(certificate)
    );
    let case = json!({
        "id": "one", "kind": "registration", "rp_id": made.rp_id, "origin": made.origin,
        "client_data_json": url(&made.client_data_json),
        "attestation_object": url(&made.attestation_object),
        "trust_anchors": [url(certificate)],
    });
    let file = json!({
        "expect": { "challenge": url(&made.challenge), "rp_id": made.rp_id },
        "request": response(made).to_device_credential(),
    });
    vec![
        made.attestation_object.clone(),
        certificate.to_vec(),
        pem.into_bytes(),
        made.client_data_json.clone(),
        url(&made.attestation_object).into_bytes(),
        json!({ "cases": [case] }).to_string().into_bytes(),
        file.to_string().into_bytes(),
        asserted.to_json().to_string().into_bytes(),
    ]
}

fn response(made: &RegistrationParts) -> RegistrationResponse {
    let id = Some(&made.credential_id[..]);
    RegistrationResponse::from_bytes(id, &made.client_data_json, &made.attestation_object)
}
