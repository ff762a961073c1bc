//! The `android-safetynet` format (WebAuthn Level 3, §8.5): Google's server says in a signed JSON
//! text what it thinks of the phone. The service has ended; the statements remain.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::{Attestation, Ceremony};
use crate::authority::{Authority, Chain, serial};
use crate::cbor::{Entries, bytes, text};
use crate::certificate::CertificateSpec;
use crate::edit::Edit;
use crate::extension::{
    basic_constraints, extended_key_usage, key_usage, oid, subject_alternative_name_dns, usage,
};
use crate::key::SigningKey;
use crate::name::Name;
use crate::scheme::sha256;
use crate::seed;

/// The host name in the certificate that signs.
pub const HOST: &str = "attest.android.com";

/// The levers of a SafetyNet statement.
///
/// The response is `header.payload.signature`, each in base64url. The attestation's own
/// `edit_signed_bytes` lets the signature cover something else than the text that is sent.
#[derive(Clone, Debug)]
pub struct SafetyNetStatement {
    /// `ver`: the version of Google Play services.
    pub version: String,
    /// The members of the header, without `x5c`.
    pub header: Map<String, Value>,
    /// The members of the payload, without `nonce`.
    pub payload: Map<String, Value>,
    /// Changes the header when `x5c` is in it; signed.
    pub edit_header: Edit<Map<String, Value>>,
    /// Changes the payload when `nonce` is in it; signed.
    pub edit_payload: Edit<Map<String, Value>>,
    /// Changes the JSON text of the header; signed.
    pub edit_header_json: Edit<String>,
    /// Changes the JSON text of the payload; signed.
    pub edit_payload_json: Edit<String>,
    /// Changes the text that is signed and sent, `header.payload` in base64url.
    pub edit_signed_text: Edit<String>,
    /// Changes the finished signature, before it is written in base64url.
    pub edit_signature: Edit<Vec<u8>>,
    /// Changes the finished response.
    pub edit_response: Edit<Vec<u8>>,
}

impl SafetyNetStatement {
    /// The verdict on a phone that is what its maker shipped, a few seconds old.
    pub fn new(seed: &str) -> Self {
        let digest = |label: &str| STANDARD.encode(seed::bytes(seed, label, 32));
        let payload = json!({
            "timestampMs": (crate::TIME - 5) * 1000,
            "apkPackageName": "com.google.android.gms",
            "apkDigestSha256": digest("SafetyNet package"),
            "apkCertificateDigestSha256": [digest("SafetyNet package signer")],
            "ctsProfileMatch": true,
            "basicIntegrity": true,
        });
        let (Value::Object(header), Value::Object(payload)) = (json!({"alg": "RS256"}), payload)
        else {
            unreachable!("both are objects");
        };
        Self {
            version: "261000000".into(),
            header,
            payload,
            edit_header: Edit::none(),
            edit_payload: Edit::none(),
            edit_header_json: Edit::none(),
            edit_payload_json: Edit::none(),
            edit_signed_text: Edit::none(),
            edit_signature: Edit::none(),
            edit_response: Edit::none(),
        }
    }
}

/// A chain as of a TLS server: RSA keys all the way up, the leaf named by its host.
pub fn chain(seed: &str) -> Chain {
    let name = format!("{seed} SafetyNet");
    let root = Authority::root_with_key(&name, SigningKey::rsa(2));
    let intermediate = root.intermediate_with_key(&name, SigningKey::rsa(0));
    let key = SigningKey::rsa(1);
    let serial = serial(seed, "SafetyNet leaf");
    let mut leaf = CertificateSpec::new(Name::common_name(HOST), &key, serial);
    leaf.extensions = vec![
        key_usage(&[usage::DIGITAL_SIGNATURE, usage::KEY_ENCIPHERMENT]),
        extended_key_usage(&[oid::SERVER_AUTHENTICATION]),
        basic_constraints(Some(false), None),
        subject_alternative_name_dns(&[HOST]),
    ];
    Chain::new(key, leaf, vec![intermediate, root])
}

pub(super) fn statement(
    attestation: &Attestation,
    ceremony: &Ceremony<'_>,
    safetynet: &SafetyNetStatement,
) -> Entries {
    let chain = attestation.certificate_chain();
    let certificates: Vec<_> =
        chain.certificates(None).iter().map(|certificate| STANDARD.encode(certificate)).collect();
    let mut header = safetynet.header.clone();
    header.insert("x5c".into(), certificates.into());
    safetynet.edit_header.apply(&mut header);

    let mut payload = safetynet.payload.clone();
    let nonce = STANDARD.encode(sha256(&ceremony.signed_bytes()));
    payload.insert("nonce".into(), nonce.into());
    safetynet.edit_payload.apply(&mut payload);

    let part = |members: Map<String, Value>, edit: &Edit<String>| {
        let mut json = Value::Object(members).to_string();
        edit.apply(&mut json);
        URL_SAFE_NO_PAD.encode(json)
    };
    let mut signed_text =
        [part(header, &safetynet.edit_header_json), part(payload, &safetynet.edit_payload_json)]
            .join(".");
    safetynet.edit_signed_text.apply(&mut signed_text);

    let message = signed_text.clone().into_bytes();
    let mut signature = attestation.signature(&chain.leaf_key, message);
    safetynet.edit_signature.apply(&mut signature);
    let mut response = [signed_text, URL_SAFE_NO_PAD.encode(signature)].join(".").into_bytes();
    safetynet.edit_response.apply(&mut response);
    vec![(text("ver"), text(&safetynet.version)), (text("response"), bytes(response))]
}
