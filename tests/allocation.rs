//! The most memory that a verification holds at one time: at most eight times its input and
//! 64 KiB, whatever the input is (security.md T-36). Memory, unlike time, is the same on every
//! machine and every run, so this is a test and not a bench.
//!
//! The counting allocator replaces the allocator of this test alone. It counts a buffer that grows
//! as the old and the new one together, so the figures are upper bounds.
//! `cargo test --test allocation -- --nocapture` prints the inputs that come closest.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use device_enrollment::verdict::{Cause, Fault};
use device_enrollment::webauthn::UserVerification;
use device_enrollment::{
    AuthenticationExpectation, AuthenticationResponse, Base64Reading, CredentialRecord, Origin,
    Policy, RegistrationExpectation, RegistrationResponse, TrustAnchor, TrustStore, UnixTime,
    Verifier,
};
use device_enrollment_testkit::cbor::{self, Value};
use device_enrollment_testkit::{
    Assertion, AssertionParts, Edit, Registration, RegistrationParts, TIME, der,
};

/// What a verification may hold for an input of this many bytes.
const fn bound(input: usize) -> u64 {
    8 * input as u64 + 64 * 1024
}

#[test]
fn valid_ceremonies_stay_within_the_bound() {
    let mut peaks = Peaks::default();
    for (name, registration) in registrations() {
        let made = registration.make();
        peaks.registration(name, &made);
        let text = made.to_json().to_string();
        peaks.registration_request(&format!("{name}, JSON"), &made, text.as_bytes());
        let made = Assertion::of(&registration).make();
        peaks.assertion(&format!("assertion by {name}"), &made);
        let text = made.to_json().to_string();
        peaks.assertion_request(&format!("assertion by {name}, JSON"), &made, text.as_bytes());
    }
    peaks.within_the_bound(4 * 16);
}

#[test]
fn hostile_requests_stay_within_the_bound() {
    let made = Registration::packed_basic("allocation").make();
    let mut peaks = Peaks::default();
    for (name, text) in hostile_json(64 * 1024) {
        peaks.registration_request(&name, &made, &text);
    }
    for (name, text) in [hostile_json(56 * 1024), hostile_json(2048)].concat() {
        // The same as the extension results of a request that is in order, where they are digested
        // with the rest of it.
        let plain = made.to_json().to_string();
        let open = r#""clientExtensionResults":{"x":"#;
        let text = String::from_utf8(text).unwrap();
        let inside = plain.replace(r#""clientExtensionResults":{"#, &format!("{open}{text}"));
        peaks.registration_request(
            &format!("{name}, as extension results"),
            &made,
            inside.as_bytes(),
        );
    }
    for (name, text) in hostile_json(4 * 1024) {
        let mut made = made.clone();
        made.client_data_json = text;
        peaks.registration(&format!("{name}, as client data"), &made);
    }
    peaks.within_the_bound(3 * 12);
}

#[test]
fn hostile_objects_stay_within_the_bound() {
    let made = Registration::packed_basic("allocation").make();
    let mut peaks = Peaks::default();
    for (name, object) in hostile_cbor() {
        let mut made = made.clone();
        made.attestation_object = object;
        peaks.registration(&name, &made);
    }
    for (name, extensions) in hostile_cbor() {
        let mut registration = Registration::packed_self("allocation");
        registration.authenticator_data.extensions_bytes = Some(extensions);
        registration.authenticator_data.flags |= 0x80;
        peaks.registration(&format!("{name}, as extensions"), &registration.make());
        let mut assertion = Assertion::of(&registration);
        assertion.authenticator_data.extensions_bytes =
            registration.authenticator_data.extensions_bytes;
        assertion.authenticator_data.flags |= 0x80;
        peaks.assertion(&format!("{name}, as extensions"), &assertion.make());
    }
    for (name, key) in hostile_keys() {
        let mut registration = Registration::none("allocation");
        registration.authenticator_data.public_key = key;
        peaks.registration(&name, &registration.make());
    }
    peaks.within_the_bound(3 * 10);
}

#[test]
fn hostile_certificates_stay_within_the_bound() {
    let mut peaks = Peaks::default();
    for (name, certificates) in hostile_certificates() {
        let x5c: Vec<Value> = certificates.into_iter().map(cbor::bytes).collect();
        let mut registration = Registration::packed_basic("allocation");
        registration.attestation.edit_statement = Edit::new(move |statement| {
            cbor::set(statement, "x5c", Value::Array(x5c.clone()));
        });
        peaks.registration(&name, &registration.make());
    }
    peaks.within_the_bound(10);
}

#[test]
fn inputs_beyond_the_limits_cost_nothing() {
    const LARGE: usize = 10 * 1024 * 1024;
    let made = Registration::packed_basic("allocation").make();
    let expected = expectation(&made);
    let verifier = Verifier::new(Policy::webauthn(), TrustStore::empty());
    let text = format!("{{\"id\":\"{}\"}}", "A".repeat(LARGE));
    let info = allocation_counter::measure(|| {
        let read = RegistrationResponse::from_any_form(text.as_bytes(), Base64Reading::Strict);
        assert_eq!(fault(&read.unwrap_err()), Fault::TooLarge);
        let read = AuthenticationResponse::from_any_form(text.as_bytes(), Base64Reading::Strict);
        assert_eq!(fault(&read.unwrap_err()), Fault::TooLarge);
    });
    assert!(info.bytes_max < 1024, "{info:?}");

    // Raw bytes were copied by whoever made the response; that copy and the transcript that is
    // digested are all there is.
    let large = vec![0xa0; LARGE];
    for (client_data, object) in
        [(&large[..], &made.attestation_object[..]), (&made.client_data_json, &large)]
    {
        let response = RegistrationResponse::from_bytes(None, client_data, object);
        let info = allocation_counter::measure(|| {
            let judgement = verifier.registration(&response, &expected, Some(UnixTime(TIME)));
            assert_eq!(fault(judgement.accepted().unwrap_err()), Fault::TooLarge);
        });
        assert!(info.bytes_max < 4 * LARGE as u64, "{info:?}");
    }
}

/// Depth is counted, so that it ends in an error before the stack does. The stack of a test is
/// 2 MiB, and a verification runs on less.
#[test]
fn depth_ends_in_an_error() {
    const DEEP: usize = 200_000;
    let made = Registration::packed_basic("allocation").make();
    let verifier = Verifier::new(Policy::webauthn(), TrustStore::empty());
    let expected = expectation(&made);
    let judged = |client_data: &[u8], object: &[u8]| {
        let response = RegistrationResponse::from_bytes(None, client_data, object);
        let judgement = verifier.registration(&response, &expected, Some(UnixTime(TIME)));
        fault(judgement.accepted().unwrap_err())
    };
    for (length, expected) in [(DEEP, Fault::TooLarge), (32 * 1024, Fault::TooDeep)] {
        assert_eq!(judged(&made.client_data_json, &vec![0x81; length]), expected);
        assert_eq!(judged(&made.client_data_json, &vec![0xa1; length]), expected);
    }
    for (length, expected) in [(DEEP, Fault::TooLarge), (4 * 1024, Fault::TooDeep)] {
        assert_eq!(judged(&vec![b'['; length], &made.attestation_object), expected);
    }
    for (length, expected) in [(DEEP, Fault::TooLarge), (64 * 1024, Fault::TooDeep)] {
        for unit in ["[", r#"{"a":"#] {
            let text = unit.repeat(length / unit.len());
            let read = RegistrationResponse::from_any_form(text.as_bytes(), Base64Reading::Strict);
            // Two hundred thousand of the shorter unit are beyond the limit as well.
            assert_eq!(fault(&read.unwrap_err()), expected, "{unit}");
            drop(device_enrollment::inspect::inspect(text.as_bytes(), Base64Reading::Strict));
        }
    }
    for byte in [0x81, 0xa1, 0x9f, 0xc0] {
        drop(device_enrollment::inspect::inspect(&[byte; DEEP], Base64Reading::Strict));
    }
}

/// What the fuzz targets keep, as the input that it was kept for.
#[test]
fn the_fuzz_corpus_stays_within_the_bound() {
    let made = Registration::packed_basic("fuzz").make();
    let asserted = Assertion::of(&Registration::packed_self("fuzz")).make();
    let mut peaks = Peaks::default();
    for (target, name, bytes) in corpus() {
        let mut made = made.clone();
        let name = format!("{target}/{name}");
        match target.as_str() {
            "json" | "wire_forms" | "inspect" => {
                peaks.registration_request(&name, &made, &bytes);
                peaks.assertion_request(&name, &asserted, &bytes);
                continue;
            }
            "client_data" => made.client_data_json = bytes,
            "registration" => {
                // Client data behind its length, then the object, as fuzz/src/parts.rs has it.
                let (length, rest) = bytes.split_first_chunk().unwrap();
                let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
                made.client_data_json = rest[..length].to_vec();
                made.attestation_object = rest[length..].to_vec();
            }
            "attestation_object" | "cbor" => made.attestation_object = bytes,
            "certificate" | "key_description" | "tpm" | "authenticator_data" | "cose_key" => {
                made.attestation_object = around(&target, bytes);
            }
            _ => continue,
        }
        peaks.registration(&name, &made);
    }
    peaks.within_the_bound(80);
}

/// The shared vectors, where they are.
#[test]
fn the_vectors_stay_within_the_bound() {
    let Some(folder) = std::env::var_os("DEVICE_ENROLLMENT_VECTORS") else {
        println!("left out: DEVICE_ENROLLMENT_VECTORS is not set");
        return;
    };
    let mut peaks = Peaks::default();
    for file in ["w3c-webauthn-l3.json", "openfinance.json"] {
        let text = std::fs::read_to_string(Path::new(&folder).join(file)).unwrap();
        let file: serde_json::Value = serde_json::from_str(&text).unwrap();
        for case in file["cases"].as_array().unwrap() {
            let text = |name: &str| case[name].as_str().unwrap_or_default().to_owned();
            let bytes = |name: &str| BASE64.decode(text(name)).unwrap();
            if text("kind") != "registration" {
                continue;
            }
            let anchors = case["trust_anchors"].as_array().into_iter().flatten();
            let mut made = Registration::none("allocation").make();
            made.client_data_json = bytes("client_data_json");
            made.attestation_object = bytes("attestation_object");
            made.challenge = bytes("challenge");
            made.rp_id = text("rp_id");
            made.origin = text("origin");
            made.anchors =
                anchors.map(|anchor| BASE64.decode(anchor.as_str().unwrap()).unwrap()).collect();
            peaks.registration(&text("id"), &made);
        }
    }
    peaks.within_the_bound(15);
}

fn registrations() -> Vec<(&'static str, Registration)> {
    let seed = "allocation";
    let with = |algorithm| Registration::packed_self(seed).with_credential_algorithm(algorithm);
    vec![
        ("none", Registration::none(seed)),
        ("packed_self", Registration::packed_self(seed)),
        ("packed", Registration::packed_basic(seed)),
        ("packed with intermediate", Registration::packed_basic_with_intermediate(seed)),
        ("fido_u2f", Registration::fido_u2f(seed)),
        ("android_key", Registration::android_key(seed)),
        ("apple", Registration::apple(seed)),
        ("tpm_ecc", Registration::tpm_ecc(seed)),
        ("tpm_rsa", Registration::tpm_rsa(seed)),
        ("EdDSA", with(-8)),
        ("ES384", with(-35)),
        ("ES512", with(-36)),
        ("ES256K", with(-47)),
        ("Ed448", with(-53)),
        ("RS256", with(-257)),
        ("ML-DSA-87", with(-50)),
    ]
}

/// Texts of at most `most` bytes that ask for as much memory as text can.
fn hostile_json(most: usize) -> Vec<(String, Vec<u8>)> {
    let filled = |open: &str, unit: &str, close: &str| {
        let room = most - open.len() - close.len();
        let units = vec![unit; room / (unit.len() + 1)].join(",");
        format!("{open}{units}{close}")
    };
    let row = |unit: &str| format!("[{}]", vec![unit; 255].join(","));
    let members = |value: &str| {
        let members: Vec<String> = (0..250_u8)
            .map(|index| {
                format!(
                    "\"{}\":{value}",
                    char::from(index / 2 + 35).escape_default().to_string() + &index.to_string()
                )
            })
            .collect();
        format!("{{{}}}", members.join(","))
    };
    let name = |what: &str| format!("{most} bytes of {what}");
    let mut texts: Vec<(String, Vec<u8>)> = [
        ("numbers", filled("[", "0", "]")),
        ("rows of numbers", filled("[", &row("0"), "]")),
        ("rows of empty arrays", filled("[", &row("[]"), "]")),
        ("rows of empty objects", filled("[", &row("{}"), "]")),
        ("rows of empty texts", filled("[", &row("\"\""), "]")),
        ("rows of small objects", filled("[", &row("{\"\":0}"), "]")),
        ("rows of single arrays", filled("[", &row("[0]"), "]")),
        ("objects of many members", filled("[", &members("0"), "]")),
        ("nested objects", r#"{"a":"#.repeat(100) + "0" + &"}".repeat(100)),
        ("escapes", filled("[", &format!("\"{}\"", "\\u0061".repeat(most / 16)), "]")),
        ("one long text", filled("[", &format!("\"{}\"", "a".repeat(most - 8)), "]")),
        ("one long number", filled("[", &"1".repeat(most - 8), "]")),
    ]
    .into_iter()
    .map(|(what, text)| (name(what), text.into_bytes()))
    .collect();
    // In an object, as client data has to be one, under the members that are looked at first.
    let plain = r#"{"type":"webauthn.create","challenge":"AAAA","origin":"https://x","x":"#;
    for (what, text) in texts.clone() {
        if plain.len() + text.len() < most {
            let text = [plain.as_bytes(), &text, b"}"].concat();
            texts.push((format!("{what} in an object"), text));
        }
    }
    for member in ["type", "challenge", "origin"] {
        let plain = format!("{{\"{member}\":\"{}\"}}", "a".repeat(most - 20));
        texts.push((name(member), plain.into_bytes()));
    }
    texts
}

/// CBOR items that ask for as much memory as 32 KiB can.
fn hostile_cbor() -> Vec<(String, Vec<u8>)> {
    let mut objects = Vec::new();
    for major in [0x40_u8, 0x60, 0x80, 0xa0] {
        let declared = [vec![major | 26], (1_u32 << 31).to_be_bytes().to_vec()].concat();
        objects.push((format!("{major:02x} of 2^31"), declared.clone()));
        objects.push((format!("{major:02x} of 2^31 in an array"), [vec![0x81], declared].concat()));
    }
    let array = |items: Vec<Value>| cbor::encode(&Value::Array(items));
    let row = |item: Value| Value::Array(vec![item; 63]);
    let map = |entry: &Value| {
        let entries = (0..62).map(|key| (cbor::integer(key), entry.clone()));
        Value::Map(entries.collect())
    };
    let empty = Value::Array(Vec::new());
    let number = cbor::integer(0);
    objects.extend([
        ("numbers".to_owned(), array(vec![row(number.clone()); 8])),
        ("empty arrays".to_owned(), array(vec![row(empty.clone()); 8])),
        ("single arrays".to_owned(), array(vec![row(Value::Array(vec![number.clone()])); 4])),
        ("maps of numbers".to_owned(), array(vec![map(&number); 4])),
        ("maps of arrays".to_owned(), array(vec![map(&empty); 4])),
        ("a long format".to_owned(), object(&"f".repeat(32_000), Vec::new())),
        (
            "many members".to_owned(),
            object(
                "packed",
                (0..60_u8)
                    .map(|index| {
                        (
                            cbor::text(&format!("{}{}", char::from(b'A' + index % 26), index)),
                            row(number.clone()),
                        )
                    })
                    .take(7)
                    .collect(),
            ),
        ),
    ]);
    let extensions: Vec<(Value, Value)> = (0..60)
        .map(|index| (cbor::text(&format!("e{index:02}")), row(number.clone())))
        .take(7)
        .collect();
    objects.push(("extensions of numbers".to_owned(), cbor::encode(&Value::Map(extensions))));
    objects
}

fn object(format: &str, statement: cbor::Entries) -> Vec<u8> {
    let data = Registration::none("allocation").make().authenticator_data;
    cbor::encode(&Value::Map(vec![
        (cbor::text("fmt"), cbor::text(format)),
        (cbor::text("attStmt"), Value::Map(statement)),
        (cbor::text("authData"), cbor::bytes(data)),
    ]))
}

/// Keys as large as an object has room for.
fn hostile_keys() -> Vec<(String, Value)> {
    let key = |members: Vec<(i64, Value)>| {
        let members = members.into_iter().map(|(label, value)| (cbor::integer(label), value));
        Value::Map(members.collect())
    };
    let rsa = |bits: usize| {
        let mut modulus = vec![0xff; bits / 8];
        modulus[bits / 8 - 1] = 0xfd;
        key(vec![
            (1, cbor::integer(3)),
            (3, cbor::integer(-257)),
            (-1, cbor::bytes(modulus)),
            (-2, cbor::bytes([1, 0, 1])),
        ])
    };
    let lattice = key(vec![
        (1, cbor::integer(7)),
        (3, cbor::integer(-50)),
        (-1, cbor::bytes(vec![0x5a; 2592])),
    ]);
    [1024, 2048, 3072, 4096, 8192, 16_384, 128 * 1024]
        .into_iter()
        .map(|bits| (format!("an RSA key of {bits} bits"), rsa(bits)))
        .chain([("an ML-DSA key of noise".to_owned(), lattice)])
        .collect()
}

/// Certificates that are read but say as much as they have room for.
fn hostile_certificates() -> Vec<(String, Vec<Vec<u8>>)> {
    let name = |unit: &[u8], room: usize| {
        let attribute = der::sequence(&[unit.to_vec(), der::utf8("")]);
        let set = der::set(&[attribute]);
        der::tlv(0x30, &set.repeat(room / set.len()))
    };
    let value = |text: &[u8]| {
        let attribute = der::sequence(&[der::oid("2.5.4.3"), der::tlv(0x0c, text)]);
        der::sequence(&[der::set(&[attribute])])
    };
    let short: &[u8] = &[0x06, 1, 0];
    let arcs = |length: usize| der::tlv(0x06, &vec![1; length]);
    let wide = |length: usize| der::tlv(0x06, &[0xff, 0x7f].repeat(length / 2));
    let plain = value(b"x");
    let usages = der::tlv(0x30, &[0x06_u8, 1, 0].repeat(2500));
    let usage = extension("2.5.29.37", &usages);
    let tiny = extension("1.2.3", &[]);
    let one = |subject: &[u8], extensions: &[Vec<u8>]| certificate(subject, subject, extensions);
    let mut cases: Vec<(String, Vec<Vec<u8>>)> = Vec::new();
    for length in [200, 1000, 3900] {
        for (what, subject) in [
            ("tiny attributes", name(short, length)),
            ("one identifier of many arcs", name(&arcs(length - 20), length)),
            ("one identifier of wide arcs", name(&wide(length - 20), length)),
            ("a value that is not text", value(&vec![0xff; length])),
            ("a value of commas", value(&vec![b','; length])),
        ] {
            cases.push((format!("{what}, {length} bytes twice"), vec![one(&subject, &[])]));
        }
    }
    cases.extend([
        ("many usages".to_owned(), vec![one(&plain, &[usage])]),
        ("many extensions".to_owned(), vec![one(&plain, &vec![tiny; 32])]),
        ("ten of tiny attributes".to_owned(), vec![one(&name(short, 1500), &[]); 10]),
        ("ten of many arcs".to_owned(), vec![one(&name(&arcs(1400), 1500), &[]); 10]),
        ("ten small ones".to_owned(), vec![one(&plain, &[]); 10]),
    ]);
    cases
}

fn extension(oid: &str, value: &[u8]) -> Vec<u8> {
    der::sequence(&[der::oid(oid), der::octet_string(value)])
}

/// A certificate that nobody signed.
fn certificate(issuer: &[u8], subject: &[u8], extensions: &[Vec<u8>]) -> Vec<u8> {
    let algorithm = der::sequence(&[der::oid("1.2.840.10045.4.3.2")]);
    let time = der::tlv(0x17, b"250101000000Z");
    let key = Registration::packed_basic("allocation").credential_key.spki_der();
    let mut body = vec![
        der::tlv(0xa0, &der::integer(2)),
        der::integer(1),
        algorithm.clone(),
        issuer.to_vec(),
        der::sequence(&[time.clone(), time]),
        subject.to_vec(),
        key,
    ];
    if !extensions.is_empty() {
        body.push(der::tlv(0xa3, &der::sequence(extensions)));
    }
    der::sequence(&[der::sequence(&body), algorithm, der::bit_string(0, &[0; 64])])
}

/// An attestation object with one part replaced.
fn around(target: &str, bytes: Vec<u8>) -> Vec<u8> {
    let mut registration = match target {
        "key_description" => Registration::android_key("fuzz"),
        "tpm" => Registration::tpm_ecc("fuzz"),
        _ => Registration::packed_basic("fuzz"),
    };
    match target {
        "authenticator_data" => registration.authenticator_data.bytes = Some(bytes),
        "cose_key" => registration.authenticator_data.public_key_bytes = Some(bytes),
        "tpm" => {
            registration.attestation.edit_statement = Edit::new(move |statement| {
                cbor::set(statement, "pubArea", cbor::bytes(bytes.clone()));
            });
        }
        "certificate" => {
            registration.attestation.edit_statement = Edit::new(move |statement| {
                cbor::set(statement, "x5c", Value::Array(vec![cbor::bytes(bytes.clone())]));
            });
        }
        _ => {
            let leaf = certificate(
                &der::sequence(&[]),
                &der::sequence(&[]),
                &[extension("1.3.6.1.4.1.11129.2.1.17", &bytes)],
            );
            registration.attestation.edit_statement = Edit::new(move |statement| {
                cbor::set(statement, "x5c", Value::Array(vec![cbor::bytes(leaf.clone())]));
            });
        }
    }
    registration.make().attestation_object
}

/// Every file under fuzz/corpus: target, name, content.
fn corpus() -> Vec<(String, String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut files = Vec::new();
    for target in std::fs::read_dir(root).unwrap() {
        let target = target.unwrap();
        for file in std::fs::read_dir(target.path()).unwrap() {
            let file = file.unwrap();
            let name = |entry: &std::fs::DirEntry| entry.file_name().into_string().unwrap();
            files.push((name(&target), name(&file), std::fs::read(file.path()).unwrap()));
        }
    }
    files
}

fn expectation(made: &RegistrationParts) -> RegistrationExpectation {
    let origin = Origin::parse(&made.origin).unwrap();
    let mut expected =
        RegistrationExpectation::new(made.challenge.clone(), made.rp_id.clone(), vec![origin]);
    expected.user_verification = UserVerification::Preferred;
    // Whatever extension comes, it is looked at rather than refused.
    expected.extensions = vec!["x".to_owned()];
    expected
}

fn verifiers(anchors: &[Vec<u8>]) -> [Verifier; 2] {
    let anchors: Vec<TrustAnchor> =
        anchors.iter().map(|der| TrustAnchor::from_der(der).unwrap()).collect();
    [Policy::webauthn(), Policy::open_finance_brasil()]
        .map(|policy| Verifier::new(policy, TrustStore::new(anchors.clone())))
}

fn fault(failure: &device_enrollment::Failure) -> Fault {
    match &failure.cause {
        Cause::Malformed(malformed) => malformed.fault,
        other => panic!("{other:?} is no fault of the bytes"),
    }
}

/// What was measured: the input, its length, the peak.
#[derive(Default)]
struct Peaks(Vec<(String, usize, u64)>);

impl Peaks {
    fn registration(&mut self, name: &str, made: &RegistrationParts) {
        let response = RegistrationResponse::from_bytes(
            Some(&made.credential_id),
            &made.client_data_json,
            &made.attestation_object,
        );
        let expected = expectation(made);
        let input = made.client_data_json.len() + made.attestation_object.len();
        for verifier in verifiers(&made.anchors) {
            self.measure(name, input, || {
                verifier.registration(&response, &expected, Some(UnixTime(TIME)))
            });
        }
    }

    /// From the text of the request to the verdict.
    fn registration_request(&mut self, name: &str, made: &RegistrationParts, text: &[u8]) {
        let expected = expectation(made);
        for verifier in verifiers(&made.anchors) {
            self.measure(name, text.len(), || {
                let read = RegistrationResponse::from_any_form(text, Base64Reading::AnyAlphabet);
                let time = Some(UnixTime(TIME));
                read.map(|response| verifier.registration(&response, &expected, time))
            });
        }
    }

    fn assertion(&mut self, name: &str, made: &AssertionParts) {
        let response = AuthenticationResponse::from_bytes(
            &made.credential_id,
            &made.client_data_json,
            &made.authenticator_data,
            &made.signature,
            made.user_handle.as_deref(),
        );
        let expected = assertion_expectation(made);
        let input =
            made.client_data_json.len() + made.authenticator_data.len() + made.signature.len();
        for verifier in verifiers(&[]) {
            self.measure(name, input, || verifier.authentication(&response, &expected, None));
        }
    }

    fn assertion_request(&mut self, name: &str, made: &AssertionParts, text: &[u8]) {
        let expected = assertion_expectation(made);
        for verifier in verifiers(&[]) {
            self.measure(name, text.len(), || {
                let read = AuthenticationResponse::from_any_form(text, Base64Reading::AnyAlphabet);
                read.map(|response| verifier.authentication(&response, &expected, None))
            });
        }
    }

    fn measure<T>(&mut self, name: &str, input: usize, work: impl FnOnce() -> T) {
        let info = allocation_counter::measure(|| drop(work()));
        self.0.push((name.to_owned(), input, info.bytes_max));
    }

    /// At least `count` inputs, so that a generator that makes none is seen.
    fn within_the_bound(mut self, count: usize) {
        assert!(self.0.len() >= count, "only {} inputs", self.0.len());
        let share = |input: usize, peak: u64| 100 * peak / bound(input);
        self.0.sort_by_key(|(_, input, peak)| std::cmp::Reverse(share(*input, *peak)));
        for (name, input, peak) in self.0.iter().take(8) {
            println!("{:3} %  {peak:8} bytes for {input:6}  {name}", share(*input, *peak));
        }
        let (name, input, peak) = &self.0[0];
        assert!(*peak <= bound(*input), "{name}: {peak} bytes for an input of {input}");
    }
}

fn assertion_expectation(made: &AssertionParts) -> AuthenticationExpectation {
    let mut record =
        CredentialRecord::new(made.credential_id.clone(), made.credential_public_key.clone(), 0);
    record.user_handle.clone_from(&made.user_handle);
    let origin = Origin::parse(&made.origin).unwrap();
    let (challenge, rp_id) = (made.challenge.clone(), made.rp_id.clone());
    AuthenticationExpectation::new(challenge, rp_id, vec![origin], vec![record])
}
