//! The `apple-appattest` format: Apple's App Attest, by which an app on an iPhone says which app it
//! is. It is not WebAuthn, but has its shape; Apple's "Validating apps that connect to your server"
//! says how it differs:
//!
//! - the relying party identifier is the App ID, and the model says for which environment the key
//!   was made;
//! - the credential identifier is the hash of the public key, and only the AT flag is set;
//! - the certificate is for the credential key, and holds the hash of what would be signed.
//!
//! The layout of the certificates is that of Apple's own, as published samples show it.

use super::{Attestation, Ceremony, certificates};
use crate::authority::{Authority, Chain, serial};
use crate::cbor::{self, Entries, Value, bytes, text};
use crate::certificate::CertificateSpec;
use crate::der;
use crate::extension::{
    Extension, apple_fields, apple_nonce, basic_constraints, key_usage, oid, usage,
};
use crate::key::{KeyKind, SigningKey};
use crate::name::{Attribute, Name, attribute};
use crate::scheme::{Hash, SignatureScheme, sha256};

/// The App ID of every made App Attest ceremony: team identifier and bundle identifier.
pub const APP_ID: &str = "TEAMID1234.example.bank.app";
/// The model of keys for apps from the store: `appattest`, then zeros.
pub const PRODUCTION: [u8; 16] = *b"appattest\0\0\0\0\0\0\0";
/// The model of keys for apps under development.
pub const DEVELOPMENT: [u8; 16] = *b"appattestdevelop";

/// Numbers of the fields in [`oid::APPLE_KEY_PROPERTIES`], as far as samples tell what they mean.
pub mod field {
    /// The App ID.
    pub const APP_ID: u32 = 1204;
    /// The component that holds the key: `sks` and a space.
    pub const COMPONENT: u32 = 5;
}

/// The levers of an App Attest statement.
#[derive(Clone, Debug)]
pub struct AppAttestStatement {
    /// `receipt`: what Apple's fraud service takes. A real one is a CMS message; this one is not.
    pub receipt: Vec<u8>,
    /// Puts this nonce into the certificate in place of the right one.
    pub nonce: Option<Vec<u8>>,
}

/// What a phone with iOS 27 appends to the authenticator data, without setting the ED flag: the
/// app's bundle version, and why the system let it run (2 TestFlight, 3 development, 4 store).
pub fn launch_validation(bundle_version: &str, category: u32) -> Value {
    Value::Map(vec![
        (text("apple_bundle_version_01"), text(bundle_version)),
        (text("apple_validation_category_01"), bytes(category.to_le_bytes())),
    ])
}

/// The fields of [`oid::APPLE_KEY_PROPERTIES`] as iOS 14 and 15 wrote them; what most of the numbers
/// mean is not published.
pub fn key_properties(app_id: &str) -> Vec<(u32, Vec<u8>)> {
    vec![
        (4, der::integer(10)),
        (1200, der::integer(1)),
        (1201, der::integer(0)),
        (1202, der::integer(1)),
        (1203, der::integer(1)),
        (field::APP_ID, der::octet_string(app_id.as_bytes())),
        (field::COMPONENT, der::octet_string(b"sks ")),
        (1206, der::integer(5)),
        (1207, der::integer(0)),
        (1209, der::integer(0)),
        (1210, der::integer(0)),
    ]
}

/// The extension with [`key_properties`].
pub fn key_properties_extension(app_id: &str) -> Extension {
    apple_fields(oid::APPLE_KEY_PROPERTIES, &key_properties(app_id))
}

/// The credential identifier: the hash of the uncompressed point.
pub fn key_identifier(credential_key: &SigningKey) -> [u8; 32] {
    sha256(&credential_key.raw_public_point())
}

/// A chain for a credential key, named and signed as Apple's is: P-384 above, and the leaf signed
/// with SHA-256 all the same.
pub fn chain(seed: &str, credential_key: SigningKey, app_id: &str) -> Chain {
    let seed = format!("{seed} app attest");
    let authority_key =
        |label: &str| SigningKey::from_seed(KeyKind::Es384, &format!("{seed} {label}"));
    let root = apple_name("Apple App Attestation Root CA", None);
    let root = Authority::root_named(root, &seed, authority_key("root"));
    let intermediate = apple_name("Apple App Attestation CA 1", None);
    let intermediate = root.intermediate_named(intermediate, &seed, authority_key("intermediate"));

    let identifier: String =
        key_identifier(&credential_key).iter().map(|byte| format!("{byte:02x}")).collect();
    let subject = apple_name(&identifier, Some("AAA Certification"));
    let mut leaf = CertificateSpec::new(subject, &credential_key, serial(&seed, "leaf"));
    leaf.extensions = vec![
        basic_constraints(None, None),
        key_usage(&[
            usage::DIGITAL_SIGNATURE,
            usage::NON_REPUDIATION,
            usage::KEY_ENCIPHERMENT,
            usage::DATA_ENCIPHERMENT,
        ]),
        key_properties_extension(app_id),
        apple_fields(oid::APPLE_SYSTEM_INFORMATION, &[(1400, der::octet_string(b"26.5"))]),
    ];
    let mut chain = Chain::new(credential_key, leaf, vec![intermediate, root]);
    chain.leaf.signature_algorithm = SignatureScheme::Ecdsa(Hash::Sha256);
    chain
}

fn apple_name(common_name: &str, unit: Option<&str>) -> Name {
    let mut attributes = vec![Attribute::utf8(attribute::COMMON_NAME, common_name)];
    attributes.extend(unit.map(|unit| Attribute::utf8(attribute::ORGANIZATIONAL_UNIT, unit)));
    attributes.push(Attribute::utf8(attribute::ORGANIZATION, "Apple Inc."));
    attributes.push(Attribute::utf8(attribute::STATE, "California"));
    Name::separate(attributes)
}

pub(super) fn statement(
    attestation: &Attestation,
    ceremony: &Ceremony<'_>,
    app_attest: &AppAttestStatement,
) -> Entries {
    let mut message = ceremony.signed_bytes();
    attestation.edit_signed_bytes.apply(&mut message);
    let nonce = app_attest.nonce.clone().unwrap_or_else(|| sha256(&message).to_vec());
    let list = attestation.certificate_chain().certificates(Some(apple_nonce(&nonce)));
    vec![
        (text("x5c"), certificates(list)),
        (text("receipt"), cbor::bytes(app_attest.receipt.clone())),
    ]
}
