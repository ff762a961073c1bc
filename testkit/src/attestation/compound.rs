//! The `compound` format (WebAuthn Level 3, §8.9): several attestations of one credential.

use super::{Attestation, Ceremony, Statement};
use crate::cbor::Value;
use crate::edit::Edit;
use crate::extension::{fido_aaguid, oid};

/// The parts of a compound attestation.
#[derive(Clone, Debug)]
pub struct CompoundStatement {
    /// The attestations, each with all its own levers. A part that is compound itself can be
    /// made too, although no verifier may take it.
    pub parts: Vec<Attestation>,
    /// Changes the finished array, whose members are maps of `fmt` and `attStmt`.
    pub edit_parts: Edit<Vec<Value>>,
}

impl CompoundStatement {
    /// Parts that fit each other, and the authenticator model all of them can be true of.
    ///
    /// FIDO U2F has no model, so beside it the AAGUID extensions of the other parts become zeros.
    pub(crate) fn fitting(mut parts: Vec<Attestation>, model: [u8; 16]) -> (Self, [u8; 16]) {
        let without_model =
            parts.iter().any(|part| matches!(part.statement, Statement::FidoU2f { .. }));
        let model = if without_model { [0; 16] } else { model };
        for leaf in parts.iter_mut().filter_map(|part| part.chain.as_mut()).map(|c| &mut c.leaf) {
            if leaf.extensions.iter().any(|extension| extension.oid == oid::FIDO_AAGUID) {
                leaf.set_extension(fido_aaguid(model));
            }
        }
        (Self { parts, edit_parts: Edit::none() }, model)
    }

    /// The trust anchors of all parts, each once.
    pub(crate) fn anchors(&self) -> Vec<Vec<u8>> {
        let mut anchors = Vec::new();
        for anchor in self.parts.iter().flat_map(Attestation::anchors) {
            if !anchors.contains(&anchor) {
                anchors.push(anchor);
            }
        }
        anchors
    }
}

pub(super) fn statement(
    attestation: &Attestation,
    ceremony: &Ceremony<'_>,
    compound: &CompoundStatement,
) -> Value {
    // Levers that would turn nothing: a test that pulls one has to hear of it.
    assert!(!attestation.edit_statement.is_set(), "compound: use `edit_parts`");
    assert!(!attestation.edit_signed_bytes.is_set(), "compound: only its parts sign");
    let mut parts = compound.parts.iter().map(|one| part(one, ceremony)).collect();
    compound.edit_parts.apply(&mut parts);
    Value::Array(parts)
}

fn part(attestation: &Attestation, ceremony: &Ceremony<'_>) -> Value {
    assert!(!attestation.edit_object_bytes.is_set(), "a part is not encoded on its own");
    let mut entries = attestation.claim(ceremony);
    attestation.edit_object.apply(&mut entries);
    Value::Map(entries)
}
