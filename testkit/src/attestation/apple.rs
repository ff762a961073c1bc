//! The `apple` format: no signature, but a nonce inside a certificate for the credential key.

use super::{Attestation, Ceremony, certificates};
use crate::authority::{Authority, Chain, serial};
use crate::cbor::{Entries, text};
use crate::certificate::CertificateSpec;
use crate::extension::{apple_nonce, basic_constraints, key_usage, usage};
use crate::key::{KeyKind, SigningKey};
use crate::name::Name;
use crate::scheme::sha256;

/// A chain for a credential key; the authorities use P-384, as Apple's do.
pub fn chain(seed: &str, credential_key: SigningKey) -> Chain {
    let name = format!("{seed} apple");
    let authority_key =
        |label: &str| SigningKey::from_seed(KeyKind::Es384, &format!("{name} {label}"));
    let root = Authority::root_with_key(&name, authority_key("root"));
    let intermediate = root.intermediate_with_key(&name, authority_key("intermediate"));
    let subject = Name::organization("BR", "Test Anonymous Attestation", &format!("Apple {seed}"));
    let mut leaf = CertificateSpec::new(subject, &credential_key, serial(seed, "apple leaf"));
    leaf.extensions = vec![basic_constraints(None, None), key_usage(&[usage::DIGITAL_SIGNATURE])];
    Chain::new(credential_key, leaf, vec![intermediate, root])
}

pub(super) fn statement(
    attestation: &Attestation,
    ceremony: &Ceremony<'_>,
    nonce: Option<&[u8]>,
) -> Entries {
    let mut bytes = ceremony.signed_bytes();
    attestation.edit_signed_bytes.apply(&mut bytes);
    let nonce = nonce.map_or_else(|| sha256(&bytes).to_vec(), <[u8]>::to_vec);
    let list = attestation.certificate_chain().certificates(Some(apple_nonce(&nonce)));
    vec![(text("x5c"), certificates(list))]
}
