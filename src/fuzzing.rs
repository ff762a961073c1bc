//! What the fuzz targets call: each function reads bytes that anybody may have written and asserts
//! what has to hold of whatever was read. That nothing panics needs no assertion.
//!
//! Compiled with `--cfg fuzzing` alone, which `fuzz/run` sets; no build of the library has it. The
//! targets over whole ceremonies need nothing from here, since those are public.

use core::hint::black_box;

use crate::crypto::{PublicKey, certificate_algorithm};
use crate::encoding::cbor::{self, Value, rewritten};
use crate::encoding::certificate::{Certificate, attributes, describe_name};
use crate::encoding::certificate_list::CertificateList;
use crate::encoding::json::Json;
use crate::encoding::jws::Jws;
use crate::webauthn::attestation_object::AttestationObject;
use crate::webauthn::authenticator_data::AuthenticatorData;
use crate::webauthn::client_data as client;
use crate::webauthn::cose_key::CredentialKey;
use crate::webauthn::statement::key_description::{AuthorizationList, KeyDescription};
use crate::webauthn::statement::tpm_structures::{Attest, PublicArea};

/// Strict CBOR says the same again when it is written again. Answers whether it was read.
#[must_use]
pub fn cbor(bytes: &[u8], depth: usize) -> bool {
    let read = Value::read(bytes, "item", depth);
    if let Ok(value) = &read {
        assert_eq!(rewritten(value, bytes), bytes, "{value:?}");
        // Whoever does not judge the order reads the same.
        assert!(Value::read_in_any_order(bytes, "item", depth).is_ok(), "{value:?}");
    }
    read.is_ok()
}

/// A JWS: what is signed is what stands before the last dot, and the certificates are within the
/// bounds that were asked for.
pub fn jws(bytes: &[u8]) {
    let Ok(jws) = Jws::read(bytes, "token") else {
        return;
    };
    assert!(bytes.starts_with(jws.signing_input()));
    assert_eq!(bytes.get(jws.signing_input().len()), Some(&b'.'));
    if let Ok(certificates) = jws.certificates(4, 1024) {
        assert!(certificates.len() <= 4 && certificates.iter().all(|der| der.len() <= 1024));
    }
    json(jws.payload());
}

/// A list of revoked certificates lies within its bytes.
pub fn certificate_list(bytes: &[u8]) {
    let _: Result<_, _> = black_box(CertificateList::read(bytes));
}

/// JSON says the same again when it is written again.
pub fn json(bytes: &[u8]) {
    if let Ok(json) = Json::read(bytes, "item") {
        written_again(&json);
        let long = Json::read_long(bytes, "item");
        assert_eq!(long.as_ref(), Ok(&json));
    }
}

/// Client data.
pub fn client_data(bytes: &[u8]) {
    let Ok(json) = client::read(bytes) else {
        return;
    };
    written_again(&json);
    if client::is_serialized(bytes, &json) {
        assert!(bytes.starts_with(b"{\"type\":\""), "{json:?}");
    }
}

/// The parts of authenticator data, put together, are its bytes.
pub fn authenticator_data(bytes: &[u8]) {
    let Ok(data) = AuthenticatorData::read(bytes) else {
        return;
    };
    let mut again = data.rp_id_hash.to_vec();
    again.extend(bytes.get(32));
    again.extend(data.sign_count.to_be_bytes());
    if let Some(attested) = &data.attested {
        again.extend(attested.aaguid);
        again.extend(u16::try_from(attested.credential_id.len()).unwrap_or(0).to_be_bytes());
        again.extend(attested.credential_id);
        assert!(cbor(attested.public_key_bytes, 1), "the key is no item of its own");
        again.extend(attested.public_key_bytes);
    }
    if let Some(extensions) = &data.extensions {
        let rest = bytes.get(again.len()..).unwrap_or_default();
        again.extend(rewritten(extensions, rest));
    }
    assert_eq!(again, bytes);
}

/// An attestation object, the authenticator data in it, and the certificates of its statement.
pub fn attestation_object(bytes: &[u8]) {
    let Ok(object) = AttestationObject::read(bytes) else {
        return;
    };
    assert!(cbor(bytes, cbor::MAX_DEPTH + 1), "accepted by one reader alone");
    assert!(lies_in(object.format.as_bytes(), bytes) && lies_in(object.authenticator_data, bytes));
    authenticator_data(object.authenticator_data);
    for item in object.statement.member("x5c").and_then(Value::array).unwrap_or_default() {
        certificate(item.bytes().unwrap_or_default());
    }
}

/// A COSE key that is read in order is read the same in any order.
pub fn cose_key(bytes: &[u8]) {
    let stored = CredentialKey::from_stored(bytes);
    if let Ok(value) = Value::read(bytes, "key", 1)
        && let Ok(key) = CredentialKey::from_cbor(&value)
    {
        assert_eq!(key.algorithm.key_kind(), key.key.kind());
        assert_eq!(stored.ok(), Some(key));
    }
}

/// A certificate: its parts lie in its bytes, one after the other, and every profile reader takes
/// whatever stands in them.
pub fn certificate(bytes: &[u8]) {
    let Ok(certificate) = Certificate::read(bytes) else {
        return;
    };
    assert_eq!(certificate.encoded, bytes);
    let inside = [
        certificate.serial_number,
        certificate.inner_algorithm,
        certificate.issuer,
        certificate.subject,
        certificate.public_key_info,
    ];
    assert!(inside.iter().all(|part| lies_in(part, certificate.to_be_signed)));
    let outside = [certificate.to_be_signed, certificate.outer_algorithm, certificate.signature];
    assert!(outside.iter().all(|part| lies_in(part, bytes)));
    assert!(bytes.ends_with(certificate.signature), "something follows the signature");
    for extension in &certificate.extensions {
        assert!(lies_in(extension.value, certificate.to_be_signed));
        // The value of an extension is where key descriptions come from.
        key_description(extension.value);
    }
    black_box(certificate.basic_constraints()).ok();
    black_box(certificate.key_usage()).ok();
    black_box(certificate.extended_key_usages()).ok();
    black_box(certificate_algorithm(certificate.outer_algorithm)).ok();
    black_box(PublicKey::from_certificate(certificate.public_key_info)).ok();
    for name in [certificate.issuer, certificate.subject] {
        black_box(attributes(name)).ok();
        let text = describe_name(name);
        assert!(!text.contains(char::is_control), "{text:?}");
    }
}

/// A key description: every field that it could have is asked for.
pub fn key_description(bytes: &[u8]) {
    let Ok(description) = KeyDescription::read(bytes) else {
        return;
    };
    assert!(lies_in(description.attestation_challenge, bytes));
    assert!(lies_in(description.unique_id, bytes));
    for list in [&description.software_enforced, &description.hardware_enforced] {
        authorization_list(list, bytes);
    }
}

fn authorization_list(list: &AuthorizationList<'_>, bytes: &[u8]) {
    let ascending = list.entries.is_sorted_by(|(one, _), (next, _)| one < next);
    assert_eq!(ascending, list.is_ordered && !list.has_duplicates);
    for (tag, value) in &list.entries {
        assert!(lies_in(value, bytes));
        assert!(list.is_present(*tag));
        black_box((list.integer(*tag), list.integers(*tag), list.octets(*tag), list.is_null(*tag)));
    }
    black_box((list.root_of_trust(), list.attestation_application_id()));
}

/// The two structures of a TPM. `certInfo` keeps every field, so it can be put together again.
pub fn tpm(bytes: &[u8]) {
    if let Ok(area) = PublicArea::read(bytes) {
        assert!(lies_in(area.auth_policy, bytes));
    }
    let head = Attest::read_head(bytes);
    let Ok(attest) = Attest::read(bytes) else {
        return;
    };
    assert_eq!(head, Ok((attest.magic, attest.attestation_type)));
    let sized = |part: &[u8]| {
        let length = u16::try_from(part.len()).unwrap_or(0).to_be_bytes();
        [&length, part].concat()
    };
    let again = [
        attest.magic.to_be_bytes().to_vec(),
        attest.attestation_type.to_be_bytes().to_vec(),
        sized(attest.qualified_signer),
        sized(attest.extra_data),
        attest.clock.to_be_bytes().to_vec(),
        attest.reset_count.to_be_bytes().to_vec(),
        attest.restart_count.to_be_bytes().to_vec(),
        vec![attest.safe],
        attest.firmware_version.to_be_bytes().to_vec(),
        sized(attest.name),
        sized(attest.qualified_name),
    ];
    assert_eq!(again.concat(), bytes);
}

/// What is written reads as it was written. Numbers with a fraction are left out: their last digit
/// is serde_json's affair, and no member that is judged has one.
fn written_again(json: &Json) {
    if has_fraction(json) {
        return;
    }
    let text = json.to_text();
    let again = Json::read_long(text.as_bytes(), "item").map(|again| again.to_text());
    assert_eq!(again.as_deref(), Ok(&text[..]));
}

fn has_fraction(json: &Json) -> bool {
    match json {
        Json::Number(number) => number.is_f64(),
        Json::Array(items) => items.iter().any(has_fraction),
        Json::Object(members) => members.iter().any(|(_, value)| has_fraction(value)),
        _ => false,
    }
}

/// Whether `part` borrows from `whole` rather than from elsewhere.
fn lies_in(part: &[u8], whole: &[u8]) -> bool {
    let (part, whole) = (part.as_ptr_range(), whole.as_ptr_range());
    part.is_empty() || (whole.start <= part.start && part.end <= whole.end)
}
