//! The `fido-u2f` format: authenticators from before FIDO2.

use super::{Attestation, Ceremony, certificates};
use crate::authority::{Authority, Chain, serial};
use crate::cbor::{Entries, text};
use crate::certificate::CertificateSpec;
use crate::key::SigningKey;
use crate::name::Name;

/// A chain with the one P-256 certificate the format allows.
pub fn chain(seed: &str, leaf_key: SigningKey, issuers: Vec<Authority>) -> Chain {
    let subject = Name::common_name(&format!("U2F {seed}"));
    let leaf = CertificateSpec::new(subject, &leaf_key, serial(seed, "u2f leaf"));
    Chain::new(leaf_key, leaf, issuers)
}

pub(super) fn statement(
    attestation: &Attestation,
    ceremony: &Ceremony<'_>,
    public_key: Option<&[u8]>,
) -> Entries {
    let chain = attestation.certificate_chain();
    let public_key =
        public_key.map_or_else(|| ceremony.credential_key.raw_public_point(), <[u8]>::to_vec);
    let mut signed = vec![0];
    signed.extend_from_slice(&ceremony.authenticator_data.rp_id_hash);
    signed.extend_from_slice(&ceremony.client_data_hash());
    signed.extend_from_slice(&ceremony.authenticator_data.credential_id);
    signed.extend_from_slice(&public_key);
    vec![
        (text("sig"), attestation.sign(&chain.leaf_key, signed)),
        (text("x5c"), certificates(chain.certificates(None))),
    ]
}
