//! The `packed` format, with certificates and without.

use super::{Attestation, Ceremony, certificates};
use crate::authority::{Authority, Chain, serial};
use crate::cbor::{Entries, integer, text};
use crate::certificate::CertificateSpec;
use crate::extension::{basic_constraints, fido_aaguid};
use crate::key::SigningKey;
use crate::name::Name;

/// A chain whose leaf meets the certificate requirements of the packed format.
pub fn chain(seed: &str, leaf_key: SigningKey, aaguid: [u8; 16], issuers: Vec<Authority>) -> Chain {
    let subject = Name::attestation("BR", "Test Authenticators", &format!("Packed {seed}"));
    let mut leaf = CertificateSpec::new(subject, &leaf_key, serial(seed, "packed leaf"));
    leaf.extensions = vec![basic_constraints(None, None), fido_aaguid(aaguid)];
    Chain::new(leaf_key, leaf, issuers)
}

pub(super) fn self_statement(attestation: &Attestation, ceremony: &Ceremony<'_>) -> Entries {
    vec![
        (text("alg"), integer(attestation.algorithm)),
        (text("sig"), attestation.sign(ceremony.credential_key, ceremony.signed_bytes())),
    ]
}

pub(super) fn statement(attestation: &Attestation, ceremony: &Ceremony<'_>) -> Entries {
    let chain = attestation.certificate_chain();
    vec![
        (text("alg"), integer(attestation.algorithm)),
        (text("sig"), attestation.sign(&chain.leaf_key, ceremony.signed_bytes())),
        (text("x5c"), certificates(chain.certificates(None))),
    ]
}
