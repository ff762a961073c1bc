//! The certificates of the section: one authority, and an attestation certificate right under it
//! for every example that has one.

use super::draws::Draws;
use crate::authority::{Authority, Chain};
use crate::certificate::CertificateSpec;
use crate::extension::{
    Extension, Spread, authority_key_identifier, basic_constraints, extended_key_usage, key_usage,
    oid, subject_alternative_name_directory, subject_key_identifier, usage,
};
use crate::key::{KeyKind, SigningKey};
use crate::name::{Attribute, Name, attribute};
use crate::scheme::Hash;

/// 2024-01-01T00:00:00Z.
const NOT_BEFORE: i64 = 1_704_067_200;
/// 3024-01-01T00:00:00Z: past what a 32-bit time and a UTCTime hold.
const NOT_AFTER: i64 = 33_260_976_000;

/// The authority that every attestation of the section leads to.
pub(super) fn authority() -> Authority {
    let mut draws = Draws::new("Attestation CA");
    let key = draws.key(KeyKind::Es256);
    let mut spec = certificate(name("Authenticator Attestation CA"), &key, &mut draws);
    spec.extensions = vec![
        basic_constraints(Some(true), None),
        key_usage(&[usage::KEY_CERT_SIGN, usage::CRL_SIGN]),
        subject_key_identifier(&key_identifier(&key)),
    ];
    Authority { issuer_key: key.clone(), key, spec }
}

/// An attestation certificate; what a format puts into it itself comes last.
pub(super) fn chain(authority: &Authority, key: SigningKey, draws: &mut Draws) -> Chain {
    chain_for(name("Authenticator Attestation"), Vec::new(), authority, key, draws)
}

/// The certificate of a TPM: it has no subject, and a made-up device in its place.
pub(super) fn tpm_chain(authority: &Authority, key: SigningKey, draws: &mut Draws) -> Chain {
    let device = [
        Attribute::utf8(attribute::TPM_MANUFACTURER, "id:00000000"),
        Attribute::utf8(attribute::TPM_MODEL, "WebAuthn test vectors"),
        Attribute::utf8(attribute::TPM_VERSION, "id:00000000"),
    ];
    let extensions = vec![
        extended_key_usage(&[oid::TCG_AIK_CERTIFICATE]),
        subject_alternative_name_directory(&device, Spread::Together).critical(),
    ];
    chain_for(Name::empty(), extensions, authority, key, draws)
}

fn chain_for(
    subject: Name,
    extensions: Vec<Extension>,
    authority: &Authority,
    key: SigningKey,
    draws: &mut Draws,
) -> Chain {
    let mut leaf = certificate(subject, &key, draws);
    leaf.extensions = vec![
        basic_constraints(None, None),
        key_usage(&[usage::DIGITAL_SIGNATURE]),
        subject_key_identifier(&key_identifier(&key)),
    ];
    let mut chain = Chain::new(key, leaf, vec![authority.clone()]);
    chain.leaf.set_extension(authority_key_identifier(&key_identifier(&authority.key)));
    chain.leaf.extensions.extend(extensions);
    chain
}

fn certificate(subject: Name, key: &SigningKey, draws: &mut Draws) -> CertificateSpec {
    CertificateSpec {
        not_before: NOT_BEFORE,
        not_after: NOT_AFTER,
        ..CertificateSpec::new(subject, key, draws.bytes(16))
    }
}

fn name(unit: &str) -> Name {
    Name::separate(vec![
        Attribute::utf8(attribute::COMMON_NAME, "WebAuthn test vectors"),
        Attribute::utf8(attribute::ORGANIZATION, "W3C"),
        Attribute::utf8(attribute::ORGANIZATIONAL_UNIT, unit),
        Attribute::printable(attribute::COUNTRY, "AA"),
    ])
}

/// A key identifier the way RFC 5280 makes it first: the SHA-1 of the public key.
fn key_identifier(key: &SigningKey) -> Vec<u8> {
    Hash::Sha1.digest(&key.raw_public_point())
}
