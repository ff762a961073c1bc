//! The `tpm` format: a TPM certifies a key with another key.
//!
//! `sig` is written the way every authenticator in the field does it: the bare signature in the
//! form `alg` says, not wrapped in a TPMT_SIGNATURE.

use super::{Attestation, Ceremony, certificates};
use crate::authority::{Authority, Chain, key_identifier, serial};
use crate::cbor::{Entries, bytes, integer, text};
use crate::certificate::CertificateSpec;
use crate::edit::Edit;
use crate::extension::{
    Spread, basic_constraints, extended_key_usage, fido_aaguid, oid,
    subject_alternative_name_directory,
};
use crate::key::{KeyKind, SigningKey};
use crate::name::{Attribute, Name, attribute};
use crate::scheme::SignatureScheme;

pub use super::tpm_structures::{
    ATTEST_CERTIFY, CertifyInfo, GENERATED_VALUE, KeyScheme, Parameters, PublicArea, Unique,
    algorithm, object, object_name,
};

/// The levers of a TPM statement.
#[derive(Clone, Debug)]
pub struct TpmStatement {
    /// `ver`.
    pub version: String,
    /// `pubArea`: the credential key, as the TPM describes it.
    pub public_area: PublicArea,
    /// `certInfo`: what the TPM signed.
    pub certify: CertifyInfo,
    /// Changes the encoded public area before its name is computed.
    pub edit_public_area: Edit<Vec<u8>>,
}

/// The manufacturer, model and version every TPM attestation certificate names.
pub fn device_attributes() -> Vec<Attribute> {
    vec![
        Attribute::utf8(attribute::TPM_MANUFACTURER, "id:49465800"),
        Attribute::utf8(attribute::TPM_MODEL, "SLB9672"),
        Attribute::utf8(attribute::TPM_VERSION, "id:0F10"),
    ]
}

/// An authority for the attestation keys of one manufacturer's TPMs, named as Microsoft names its
/// own: region, code of the manufacturer, key.
pub fn authority(seed: &str, root: &Authority) -> Authority {
    let key = SigningKey::from_seed(KeyKind::Es256, &format!("{seed} intermediate"));
    let identifier: String =
        key_identifier(&key).iter().map(|byte| format!("{byte:02X}")).collect();
    let name = Name::common_name(&format!("EUS-IFX-KEYID-{identifier}"));
    root.intermediate_named(name, seed, key)
}

/// A chain whose leaf meets the requirements for TPM attestation certificates.
pub fn chain(
    seed: &str,
    attestation_key: SigningKey,
    aaguid: [u8; 16],
    issuers: Vec<Authority>,
) -> Chain {
    let serial = serial(seed, "tpm leaf");
    let mut leaf = CertificateSpec::new(Name::empty(), &attestation_key, serial);
    leaf.extensions = vec![
        subject_alternative_name_directory(&device_attributes(), Spread::Together).critical(),
        extended_key_usage(&[oid::TCG_AIK_CERTIFICATE]),
        basic_constraints(None, None),
        fido_aaguid(aaguid),
    ];
    Chain::new(attestation_key, leaf, issuers)
}

pub(super) fn statement(
    attestation: &Attestation,
    ceremony: &Ceremony<'_>,
    tpm: &TpmStatement,
) -> Entries {
    let chain = attestation.certificate_chain();
    let mut public_area = tpm.public_area.to_bytes();
    tpm.edit_public_area.apply(&mut public_area);
    let hash = SignatureScheme::for_algorithm(attestation.algorithm).hash();
    let extra_data = hash.digest(&ceremony.signed_bytes());
    let name = object_name(tpm.public_area.name_algorithm, &public_area);
    let certify = tpm.certify.to_bytes(&extra_data, &name);
    let signature = attestation.sign(&chain.leaf_key, certify.clone());
    vec![
        (text("alg"), integer(attestation.algorithm)),
        (text("sig"), signature),
        (text("ver"), text(&tpm.version)),
        (text("x5c"), certificates(chain.certificates(None))),
        (text("pubArea"), bytes(public_area)),
        (text("certInfo"), bytes(certify)),
    ]
}
