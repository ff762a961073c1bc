use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use device_enrollment_testkit::registration::RegistrationParts;
use device_enrollment_testkit::{Assertion, Edit, Name, Registration, SigningKey, cbor};
use serde_json::{Value, json};

use super::*;

fn tree(input: impl AsRef<[u8]>) -> Node {
    inspect(input.as_ref(), Base64Reading::Strict).unwrap()
}

/// The node under these labels; a label may stand for its beginning.
fn at<'n>(node: &'n Node, path: &[&str]) -> &'n Node {
    path.iter().fold(node, |node, label| {
        let found = node.children.iter().find(|child| child.label.starts_with(label));
        found.unwrap_or_else(|| panic!("no {label:?} in {node:#?}"))
    })
}

fn value<'n>(node: &'n Node, path: &[&str]) -> &'n str {
    at(node, path).value.as_deref().unwrap_or_default()
}

fn notes(node: &Node) -> Vec<String> {
    let own = node.note.iter().map(|note| format!("{}: {note}", node.label));
    own.chain(node.children.iter().flat_map(notes)).collect()
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn device_credential(parts: &RegistrationParts) -> Value {
    json!({
        "device_credential_id": encoded(&parts.credential_id),
        "device_credential_raw_id": encoded(&parts.credential_id),
        "device_credential_client_data_json": encoded(&parts.client_data_json),
        "device_credential_attestation_object": encoded(&parts.attestation_object),
        "device_credential_type": "public-key",
        "client_extension_results": { "credProps": { "rk": true } },
        "person": "Maria",
    })
}

fn every_registration() -> Vec<Registration> {
    vec![
        Registration::none("inspect"),
        Registration::packed_self("inspect"),
        Registration::packed_basic_with_intermediate("inspect"),
        Registration::fido_u2f("inspect"),
        Registration::android_key("inspect"),
        Registration::apple("inspect"),
        Registration::tpm_ecc("inspect"),
        Registration::tpm_rsa("inspect"),
        Registration::compound("inspect"),
        Registration::safetynet("inspect"),
        Registration::app_attest_with_launch_validation("inspect"),
    ]
}

#[test]
fn every_json_form_of_a_request_is_recognised() {
    let parts = Registration::packed_basic("inspect").make();
    let webauthn = parts.to_json();
    let forms = [
        (device_credential(&parts), "request (device_credential)"),
        (webauthn.clone(), "request (WebAuthn)"),
        (json!({ "data": webauthn }), "request (Open Finance Brasil fido-registration)"),
    ];
    for (form, label) in forms {
        let node = tree(form.to_string());
        assert_eq!(node.label, label);
        assert!(notes(&node).is_empty(), "{:?}", notes(&node));
        assert_eq!(value(&node, &["client data", "origin"]), "https://bank.example");
        assert_eq!(value(&node, &["client data", "serialization"]), "as specified");
        assert_eq!(value(&node, &["attestation object", "fmt"]), "packed");

        let file = json!({ "expect": { "rp_id": "bank.example" }, "request": form });
        let file = tree(file.to_string());
        assert_eq!(value(&file, &["expect", "rp_id"]), "bank.example");
        assert_eq!(value(&file, &["request", "attestation object", "fmt"]), "packed");
    }
}

#[test]
fn both_forms_of_an_assertion_are_recognised() {
    let parts = Assertion::of(&Registration::packed_basic("inspect")).make();
    let webauthn = parts.to_json();
    for form in [webauthn.clone(), json!({ "data": { "fidoAssertion": webauthn } })] {
        let node = tree(form.to_string());
        assert!(notes(&node).is_empty(), "{:?}", notes(&node));
        assert_eq!(value(&node, &["client data", "type"]), "webauthn.get");
        assert!(value(&node, &["signature"]).ends_with("bytes"));
        let hash = value(&node, &["authenticator data", "RP ID hash"]);
        assert!(hash.ends_with("(bank.example)"), "{hash}");
    }
}

#[test]
fn vector_cases_are_recognised_alone_and_in_a_file() {
    let parts = Registration::none("inspect").make();
    let case = json!({
        "id": "one", "kind": "registration", "rp_id": "bank.example",
        "client_data_json": encoded(&parts.client_data_json),
        "attestation_object": encoded(&parts.attestation_object),
        "expect": { "result": "accept", "flags": { "up": true, "uv": true } },
    });
    let node = tree(case.to_string());
    assert_eq!(node.value.as_deref(), Some("one (registration)"));
    assert_eq!(value(&node, &["expected", "expect", "flags"]), "up true, uv true");
    assert_eq!(value(&node, &["attestation object", "attestation statement"]), "(empty)");
    let file = tree(json!({ "cases": [case, case, {}] }).to_string());
    assert_eq!(file.children.len(), 3);
    assert_eq!(notes(&file), ["case: the case has none of the members of a vector"]);
}

#[test]
fn an_attestation_object_is_recognised_as_bytes_and_as_base64() {
    let object = Registration::tpm_ecc("inspect").make().attestation_object;
    let expected = tree(&object);
    assert_eq!(expected.label, "attestation object");
    assert_eq!(tree(encoded(&object)), expected);
    assert_eq!(tree(format!("\"{}\"\n", encoded(&object))), expected);
    let wrapped: Vec<String> = encoded(&object)
        .as_bytes()
        .chunks(76)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    assert_eq!(tree(wrapped.join("\r\n")), expected);

    let standard = STANDARD.encode(&object);
    assert!(inspect(standard.as_bytes(), Base64Reading::Strict).is_err());
    assert_eq!(inspect(standard.as_bytes(), Base64Reading::AnyAlphabet), Ok(expected));
}

#[test]
fn authenticator_data_is_recognised_by_reading_to_its_last_byte() {
    let registration = Registration::none("inspect").make();
    let assertion = Assertion::of(&Registration::none("inspect")).make();
    for bytes in [&registration.authenticator_data, &assertion.authenticator_data] {
        let expected = tree(bytes);
        assert_eq!(expected.label, "authenticator data");
        assert!(notes(&expected).is_empty(), "{expected:?}");
        assert_eq!(tree(encoded(bytes)), expected);
        assert_eq!(tree(hex::encode(bytes).to_uppercase()), expected);
        let longer = [bytes.as_slice(), &[0]].concat();
        assert!(
            inspect(&longer, Base64Reading::Strict).map(|node| node.label) != Ok(expected.label)
        );
    }
    // As long as authenticator data without anything, and a text.
    let text = r#"{"type":"","challenge":"","origin":1}"#;
    assert_eq!(text.len(), 37);
    assert_eq!(tree(text).label, "client data");
}

#[test]
fn an_attestation_object_is_recognised_in_hexadecimal() {
    let object = Registration::packed_self("inspect").make().attestation_object;
    assert_eq!(tree(hex::encode(&object)), tree(&object));
    let odd = format!("{}0", hex::encode(&object));
    assert!(inspect(odd.as_bytes(), Base64Reading::Strict).is_err());
}

#[test]
fn certificates_are_recognised_in_der_and_pem() {
    let mut registration = Registration::packed_basic_with_intermediate("inspect");
    let chain: Vec<Vec<u8>> = registration.chain().certificates(None);
    let pem: String = chain
        .iter()
        .map(|der| {
            let body = STANDARD.encode(der);
            format!("a comment\n-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
        })
        .collect();
    let node = tree(pem);
    assert_eq!(node.children.len(), chain.len());
    assert!(notes(&node).is_empty(), "{:?}", notes(&node));
    let alone = tree(&chain[0]);
    assert_eq!(alone.children, node.children[0].children);
    assert_eq!(value(&alone, &["public key"]), "EC P-256, 256 bits");
    assert_eq!(value(&alone, &["extensions", "basicConstraints"]), "critical: CA false");
    let key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
    let certificate = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----";
    let mixed = tree(format!("{key}{certificate}"));
    assert_eq!(mixed.children[0].value.as_deref(), Some("(PRIVATE KEY, not shown)"));
    assert_eq!(notes(&mixed).len(), 1);
}

#[test]
fn what_is_none_of_the_kinds_is_named_in_one_line() {
    let inputs: [&[u8]; 9] =
        [b"", b" ", b"hello world", b"{", b"{}", b"[]", b"\xff\xfe", b"AAAA", b"{\"data\":1}"];
    for input in inputs {
        let error = inspect(input, Base64Reading::AnyAlphabet).unwrap_err().to_string();
        assert!(error.contains("none of") || error.contains("but input"), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
    let large = vec![b'{'; MAX_INPUT + 1];
    let error = inspect(&large, Base64Reading::Strict).unwrap_err();
    assert_eq!(error.to_string(), "the input is larger than 1 MiB");
}

#[test]
fn a_truncated_attestation_object_leaves_the_rest_to_be_seen() {
    let mut parts = Registration::packed_basic("inspect").make();
    // Within authenticator data, which stands last.
    let length = parts.attestation_object.len() - 20;
    parts.attestation_object.truncate(length);
    let node = tree(device_credential(&parts).to_string());
    assert_eq!(value(&node, &["client data", "type"]), "webauthn.create");
    let object = at(&node, &["attestation object"]);
    let note = object.note.as_deref().unwrap_or_default();
    assert!(note.starts_with("attestationObject ends early, at byte "), "{note}");
    assert_eq!(value(object, &["attestation statement", "alg"]), "ES256 (-7)");
    assert!(value(object, &["authenticator data", "flags"]).contains("UV user verified"));
    let key = at(object, &["authenticator data", "attested", "credential public key"]);
    assert!(key.note.as_deref().is_some_and(|note| note.contains("ends early")));
}

#[test]
fn one_bad_part_does_not_hide_the_others() {
    let mut parts = Registration::packed_basic("inspect").make();
    parts.client_data_json = b"{\"type\":1,\"type\":2}".to_vec();
    let mut body = device_credential(&parts);
    body["device_credential_id"] = json!("not base64!");
    body["device_credential_raw_id"] = json!(7);
    let node = tree(body.to_string());
    assert_eq!(
        notes(&node),
        [
            "device_credential_id: device_credential_id is not base64url without padding, at byte 3",
            "device_credential_raw_id: device_credential_raw_id has another type",
            "client data: clientDataJSON has a duplicate member, at byte 16",
        ]
    );
    assert_eq!(value(&node, &["client data", "text"]), "{\"type\":1,\"type\":2}");
    assert_eq!(value(&node, &["attestation object", "fmt"]), "packed");

    let mut registration = Registration::packed_basic("inspect");
    registration.attestation.edit_statement = Edit::new(|statement: &mut cbor::Entries| {
        *cbor::member(statement, "sig") = cbor::Value::Tag(1, Box::new(1.into()));
    });
    let node = tree(registration.make().attestation_object);
    assert!(node.note.as_deref().is_some_and(|note| note.contains("has a tag")), "{node:#?}");
    assert!(at(&node, &["attestation statement", "sig"]).note.is_some());
    let leaf = at(&node, &["attestation statement", "x5c", "certificate 0 (leaf)"]);
    assert!(value(leaf, &["subject"]).contains("Authenticator Attestation"));
}

#[test]
fn every_format_is_shown_without_notes() {
    for registration in every_registration() {
        let node = tree(registration.make().attestation_object);
        assert!(notes(&node).is_empty(), "{:?}", notes(&node));
    }
}

#[test]
fn statements_are_shown_in_full() {
    let node = tree(Registration::tpm_rsa("inspect").make().attestation_object);
    let statement = at(&node, &["attestation statement"]);
    assert_eq!(value(statement, &["certInfo", "magic"]), "TPM_GENERATED_VALUE (0xff544347)");
    assert_eq!(value(statement, &["certInfo", "type"]), "TPM_ST_ATTEST_CERTIFY (0x8017)");
    assert_eq!(value(statement, &["pubArea", "type"]), "TPM_ALG_RSA (0x0001)");
    assert_eq!(value(statement, &["pubArea", "unique", "size"]), "2048 bits");
    let attributes = value(statement, &["pubArea", "objectAttributes"]);
    assert!(attributes.starts_with("fixedTPM, fixedParent, sensitiveDataOrigin"), "{attributes}");

    let node = tree(Registration::android_key("inspect").make().attestation_object);
    let leaf = at(&node, &["attestation statement", "x5c", "certificate 0 (leaf)"]);
    let description = at(leaf, &["extensions", "Android key description"]);
    let level = value(description, &["attestationSecurityLevel"]);
    assert_eq!(level, "TRUSTED_ENVIRONMENT");
    assert_eq!(value(description, &["hardwareEnforced", "origin"]), "GENERATED (0)");
    assert_eq!(value(description, &["hardwareEnforced", "purpose"]), "SIGN (2)");
    let root = at(description, &["hardwareEnforced", "rootOfTrust"]);
    assert_eq!(value(root, &["deviceLocked"]), "true");
    assert_eq!(value(root, &["verifiedBootState"]), "VERIFIED (0)");

    let node = tree(Registration::apple("inspect").make().attestation_object);
    let leaf = at(&node, &["attestation statement", "x5c", "certificate 0 (leaf)"]);
    assert_eq!(value(leaf, &["extensions", "Apple nonce"]).len(), 64);
}

#[test]
fn the_parts_of_a_compound_are_shown_each_with_its_format() {
    let node = tree(Registration::compound("inspect").make().attestation_object);
    assert_eq!(value(&node, &["fmt"]), "compound");
    let parts = &at(&node, &["attestation statement"]).children;
    let formats: Vec<_> = parts.iter().map(|part| part.value.as_deref().unwrap()).collect();
    assert_eq!(formats, ["packed", "android-key"]);
    let leaf = at(&parts[1], &["x5c", "certificate 0 (leaf)"]);
    let description = at(leaf, &["extensions", "Android key description"]);
    assert_eq!(value(description, &["attestationSecurityLevel"]), "TRUSTED_ENVIRONMENT");
}

#[test]
fn a_safetynet_token_is_shown_part_by_part() {
    let mut registration = Registration::safetynet("inspect");
    let node = tree(registration.make().attestation_object);
    let statement = at(&node, &["attestation statement"]);
    assert_eq!(value(statement, &["ver"]), "261000000");
    let token = at(statement, &["response"]);
    assert_eq!(value(token, &["header", "alg"]), "RS256");
    assert_eq!(value(token, &["header", "x5c"]), "2 certificates");
    let leaf = at(token, &["header", "x5c", "certificate 0 (leaf)"]);
    let names = at(leaf, &["extensions", "subjectAltName"]);
    assert_eq!(value(names, &["dNSName"]), "attest.android.com");
    assert_eq!(value(token, &["payload", "ctsProfileMatch"]), "true");
    assert_eq!(value(token, &["payload", "apkPackageName"]), "com.google.android.gms");
    let time = value(token, &["payload", "timestampMs"]);
    assert_eq!(time, "2026-05-31T23:59:55Z (1780271995000)");
    assert_eq!(value(token, &["signature"]), "256 bytes");

    // A token that is no JWS is shown as far as it is one.
    registration.safetynet_statement().edit_header_json =
        Edit::new(|json: &mut String| json.push('}'));
    let node = tree(registration.make().attestation_object);
    let token = at(&node, &["attestation statement", "response"]);
    assert!(token.note.is_some() && at(token, &["header"]).note.is_some());
    assert_eq!(value(token, &["payload", "basicIntegrity"]), "true");
    registration.safetynet_statement().edit_response =
        Edit::new(|response: &mut Vec<u8>| response[0] = 0xff);
    let node = tree(registration.make().attestation_object);
    let token = at(&node, &["attestation statement", "response"]);
    assert!(token.note.is_some() && token.children.is_empty());
}

#[test]
fn app_attest_is_shown_with_its_app_its_environment_and_what_follows_unannounced() {
    let mut registration = Registration::app_attest_with_launch_validation("inspect");
    let node = tree(registration.make().attestation_object);
    let statement = at(&node, &["attestation statement"]);
    assert_eq!(value(statement, &["receipt"]), "64 bytes");
    let leaf = at(statement, &["x5c", "certificate 0 (leaf)"]);
    let properties = at(leaf, &["extensions", "Apple key properties"]);
    assert_eq!(value(properties, &["App ID"]), "TEAMID1234.example.bank.app");
    assert_eq!(value(properties, &["[1200]"]), "020101");
    assert_eq!(value(leaf, &["extensions", "Apple system information", "[1400]"]), "040432362e35");
    let data = at(&node, &["authenticator data"]);
    let environment = |data: &Node| value(data, &["attested", "AAGUID"]).to_owned();
    assert!(environment(data).ends_with("(App Attest, production)"));
    let outputs = at(data, &["authenticator extension outputs"]);
    assert_eq!(value(outputs, &["apple_bundle_version_01"]), "1");
    assert_eq!(value(outputs, &["apple_validation_category_01"]), "04000000");

    registration.authenticator_data.aaguid = *b"appattestdevelop";
    let node = tree(registration.make().attestation_object);
    let data = at(&node, &["authenticator data"]);
    assert!(environment(data).ends_with("(App Attest, development)"));
    // In any other format the same bytes are too many.
    registration.attestation.format = "packed".into();
    let node = tree(registration.make().attestation_object);
    assert!(at(&node, &["authenticator data"]).note.is_some());
}

#[test]
fn a_person_is_not_shown() {
    let mut assertion = Assertion::of(&Registration::none("inspect"));
    assertion.user_handle = Some(b"maria@bank.example".to_vec());
    let request = assertion.make().to_json();
    let file = json!({
        "expect": { "user_handle": "maria", "record": { "list": [{ "user_id": "maria" }] } },
        "request": request,
    });
    let node = tree(file.to_string());
    assert_eq!(value(&node, &["request", "user handle"]), "18 bytes");
    let body = tree(device_credential(&Registration::none("inspect").make()).to_string());
    assert_eq!(value(&body, &["other members"]), "person");
    for node in [node, body] {
        let text = serde_json::to_string(&node).unwrap();
        assert!(!text.to_lowercase().contains("maria"), "{text}");
        assert!(!text.contains(&encoded(b"maria@bank.example")), "{text}");
    }
}

#[test]
fn a_value_of_a_name_cannot_pass_for_another_attribute() {
    let mut registration = Registration::packed_basic("inspect");
    registration.leaf().subject = Name::common_name("Key, O=Evil");
    let node = tree(registration.make().attestation_object);
    let leaf = at(&node, &["attestation statement", "x5c", "certificate 0 (leaf)"]);
    let subject = value(leaf, &["subject"]);
    assert!(subject.contains("CN=Key\\, O=Evil"), "{subject}");
}

#[test]
fn reserved_flags_and_bytes_behind_the_end_are_shown() {
    let mut registration = Registration::none("inspect");
    registration.authenticator_data.flags |= 0x22;
    registration.authenticator_data.trailing = vec![0xab];
    let node = tree(registration.make().attestation_object);
    let data = at(&node, &["authenticator data"]);
    assert!(data.note.as_deref().is_some_and(|note| note.contains("disagree")));
    assert!(value(data, &["flags"]).ends_with("reserved bit 1, reserved bit 5 (0x67)"));
    assert_eq!(value(data, &["more bytes"]), "ab");
}

#[test]
fn no_truncation_and_no_flipped_byte_panics() {
    for registration in every_registration() {
        let object = registration.make().attestation_object;
        for length in 1..object.len() {
            let node = tree(&object[..length]);
            assert!(!notes(&node).is_empty(), "{length} bytes");
        }
        for index in 0..object.len() {
            let mut object = object.clone();
            object[index] ^= 0x55;
            let _ = inspect(&object, Base64Reading::Strict);
        }
    }
}

#[test]
fn deep_and_wide_inputs_cost_little() {
    let deep = [vec![0xa1, 0x61, 0x61], vec![0x81; 500_000]].concat();
    assert!(!notes(&tree(deep)).is_empty());
    let wide = [vec![0xbf], b"\x61a\x00".repeat(300_000), vec![0xff]].concat();
    assert!(tree(wide).children.len() <= 64);
    let compound = {
        let mut bytes = vec![0xa2];
        bytes.extend(b"\x63fmt\x68compound\x67attStmt");
        bytes.extend(b"\x81\xa2\x63fmt\x68compound\x67attStmt".repeat(10_000));
        bytes
    };
    assert_eq!(at(&tree(compound), &["attestation statement"]).children.len(), 1);
    let cases = format!("{{\"cases\":[{}{{}}]}}", "{},".repeat(300_000));
    assert_eq!(tree(cases).children.len(), MAX_SHOWN + 1);
}

#[test]
fn rsa_keys_have_their_size_and_exponent() {
    let mut registration = Registration::none("inspect");
    registration.authenticator_data.public_key = SigningKey::rsa(0).cose_key(-257);
    let node = tree(registration.make().attestation_object);
    let key = at(&node, &["authenticator data", "attested", "credential public key"]);
    assert_eq!(value(key, &["alg"]), "RS256 (-257)");
    assert_eq!(value(key, &["size"]), "2048 bits");
    assert_eq!(value(key, &["e"]), "65537");
}

#[test]
fn the_published_vectors_give_trees() {
    let Some(folder) = std::env::var_os("DEVICE_ENROLLMENT_VECTORS").map(PathBuf::from) else {
        println!("SKIPPED: DEVICE_ENROLLMENT_VECTORS is not set, no vector was inspected");
        return;
    };
    let mut seen = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let text = std::fs::read(&path).unwrap();
        let file: Value = serde_json::from_slice(&text).unwrap();
        let Some(cases) = file["cases"].as_array() else { continue };
        assert_eq!(tree(&text).children.len(), cases.len(), "{path:?}");
        let is_w3c = path.file_name().is_some_and(|name| name == "w3c-webauthn-l3.json");
        for case in cases {
            seen += 1;
            let node = tree(case.to_string());
            if is_w3c && case["expect"]["result"] == "accept" {
                assert!(notes(&node).is_empty(), "{}: {:?}", case["id"], notes(&node));
                let hash = match case["kind"].as_str() {
                    Some("registration") => {
                        value(&node, &["attestation object", "authenticator data", "RP ID hash"])
                    }
                    _ => value(&node, &["authenticator data", "RP ID hash"]),
                };
                assert!(hash.ends_with("(example.org)"), "{}: {hash}", case["id"]);
            }
        }
    }
    assert!(seen > 0, "no vector in {folder:?}");
}

#[test]
fn real_android_chains_are_shown_without_notes() {
    let Some(folder) = std::env::var_os("DEVICE_ENROLLMENT_VECTORS").map(PathBuf::from) else {
        println!("SKIPPED: DEVICE_ENROLLMENT_VECTORS is not set, no real chain was inspected");
        return;
    };
    let mut folders = vec![folder.join("android-key")];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "pem") {
                seen += 1;
                let node = tree(std::fs::read(&path).unwrap());
                assert!(notes(&node).is_empty(), "{path:?}: {:?}", notes(&node));
                at(&node, &["certificate 0 (leaf)", "extensions", "Android key description"]);
            }
        }
    }
    assert!(seen > 0, "no chain in {folders:?}");
}
