//! The examples as a vector file: the schema of `docs/vectors.md`, one member on a line.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::examples::{Example, examples};
use crate::attestation::Statement;
use crate::authenticator_data::flag;
use crate::client_data::ClientData;
use crate::registration::Registration;

/// The text of `tests/vectors/w3c-webauthn-l3.json`.
pub fn vector_file() -> String {
    let cases: Vec<_> = examples()
        .iter()
        .flat_map(|example| [registration(example), authentication(example)])
        .map(|case| format!("    {}", object(4, &case)))
        .collect();
    let file =
        object(0, &[("source", source()), ("cases", format!("[\n{}\n  ]", cases.join(",\n")))]);
    format!("{file}\n")
}

fn source() -> String {
    let members = [
        (
            "document",
            "W3C, Web Authentication: An API for accessing Public Key Credentials, Level 3",
        ),
        ("section", "Test Vectors (#sctn-test-vectors), without the extension examples"),
        (
            "provenance",
            "computed, not copied: the test authenticator follows the recipe that stands beside \
             every value of the section (testkit/src/w3c)",
        ),
        ("written_by", "cargo run -p device-enrollment-testkit --example write-vectors"),
        ("encoding", "every binary value is base64url without padding"),
    ];
    object(2, &members.map(|(name, words)| (name, text(words))))
}

/// The members of an object, in the order they are written, each as JSON.
type Members = Vec<(&'static str, String)>;

fn registration(example: &Example) -> Members {
    let registration = &example.registration;
    let parts = registration.make();
    let data = &registration.authenticator_data;
    let mut members = both(example, "registration", &registration.client_data);
    members.extend([
        ("challenge", binary(&parts.challenge)),
        ("client_data_json", binary(&parts.client_data_json)),
        ("attestation_object", binary(&parts.attestation_object)),
        ("trust_anchors", list(&parts.anchors)),
    ]);
    let expect = [
        ("result", text("accept")),
        ("fmt", text(&registration.attestation.format)),
        ("attestation_type", text(attestation_type(registration))),
        ("alg", parts.credential_algorithm.to_string()),
        ("aaguid", binary(&parts.aaguid)),
        ("credential_id", binary(&parts.credential_id)),
        ("credential_public_key", binary(&parts.credential_public_key)),
        ("flags", flags(data.flags)),
        ("sign_count", data.sign_count.to_string()),
    ];
    members.push(("expect", object(6, &expect)));
    members
}

fn authentication(example: &Example) -> Members {
    let parts = example.assertion.make();
    let data = &example.assertion.authenticator_data;
    let mut members = both(example, "authentication", &example.assertion.client_data);
    members.extend([
        ("challenge", binary(&parts.challenge)),
        ("client_data_json", binary(&parts.client_data_json)),
        ("authenticator_data", binary(&parts.authenticator_data)),
        ("signature", binary(&parts.signature)),
        ("registration_id", text(&format!("{}/registration", example.id))),
        ("credential_id", binary(&parts.credential_id)),
        ("credential_public_key", binary(&parts.credential_public_key)),
        ("stored_sign_count", example.registration.authenticator_data.sign_count.to_string()),
        ("trust_anchors", list(&[])),
    ]);
    let expect = [
        ("result", text("accept")),
        ("alg", example.assertion.credential_algorithm.to_string()),
        ("flags", flags(data.flags)),
        ("sign_count", data.sign_count.to_string()),
    ];
    members.push(("expect", object(6, &expect)));
    members
}

/// What a registration and an authentication begin with. The relying party of the section allows
/// what the browser says of frames, and wants no user verification.
fn both(example: &Example, kind: &str, client_data: &ClientData) -> Members {
    vec![
        ("id", text(&format!("{}/{kind}", example.id))),
        ("kind", text(kind)),
        ("section", text(&format!("sctn-test-vectors-{}", example.id))),
        ("rp_id", text(&example.registration.rp_id)),
        ("origin", text(&example.registration.origin)),
        ("cross_origin", json!(client_data.cross_origin).to_string()),
        ("top_origin", json!(client_data.top_origin).to_string()),
        ("user_verification_required", json!(false).to_string()),
    ]
}

fn attestation_type(registration: &Registration) -> &'static str {
    match &registration.attestation.statement {
        Statement::None => "none",
        Statement::PackedSelf => "self",
        Statement::Packed | Statement::FidoU2f { .. } | Statement::AndroidKey(_) => "basic",
        Statement::Tpm(_) => "attca",
        Statement::Apple { .. } => "anonca",
        other => panic!("no example has {other:?}"),
    }
}

fn flags(flags: u8) -> String {
    let members = [
        ("up", flag::USER_PRESENT),
        ("uv", flag::USER_VERIFIED),
        ("be", flag::BACKUP_ELIGIBLE),
        ("bs", flag::BACKUP_STATE),
        ("at", flag::ATTESTED),
        ("ed", flag::EXTENSIONS),
    ];
    let members = members.map(|(name, bit)| format!("\"{name}\": {}", flags & bit != 0));
    format!("{{{}}}", members.join(", "))
}

fn object(indent: usize, members: &[(&str, String)]) -> String {
    let lines: Vec<_> = members
        .iter()
        .map(|(name, value)| format!("{:indent$}  \"{name}\": {value}", ""))
        .collect();
    format!("{{\n{}\n{:indent$}}}", lines.join(",\n"), "")
}

fn list(values: &[Vec<u8>]) -> String {
    let values: Vec<_> = values.iter().map(|value| binary(value)).collect();
    format!("[{}]", values.join(", "))
}

fn binary(bytes: &[u8]) -> String {
    text(&URL_SAFE_NO_PAD.encode(bytes))
}

fn text(words: &str) -> String {
    Value::from(words).to_string()
}
