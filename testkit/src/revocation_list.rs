//! Certificate revocation lists, every field in the caller's hand.

use crate::authority::{Authority, key_identifier};
use crate::der;
use crate::edit::Edit;
use crate::extension::{Extension, authority_key_identifier};
use crate::key::SigningKey;
use crate::name::Name;
use crate::scheme::SignatureScheme;

/// Everything that goes into one list.
#[derive(Clone, Debug)]
pub struct RevocationList {
    /// The encoded version: 1 means v2; 0 means v1 and is then left out.
    pub version: u8,
    /// The key it is signed with.
    pub issuer_key: SigningKey,
    /// What it is signed with, and what its AlgorithmIdentifiers say.
    pub signature_algorithm: SignatureScheme,
    /// Who issued it.
    pub issuer: Name,
    /// When it was made, in unix seconds.
    pub this_update: i64,
    /// When the next one is due; left out without one.
    pub next_update: Option<i64>,
    /// The serial numbers of what is revoked, each with the extensions of its entry.
    pub revoked: Vec<(Vec<u8>, Vec<Extension>)>,
    /// The extensions of the list.
    pub extensions: Vec<Extension>,
    /// Changes the finished list, which is not signed again.
    pub edit: Edit<Vec<u8>>,
}

impl RevocationList {
    /// An empty list of an authority, current at [`crate::TIME`].
    pub fn of(authority: &Authority) -> Self {
        const WEEK: i64 = 7 * 24 * 60 * 60;
        Self {
            version: 1,
            issuer_key: authority.key.clone(),
            signature_algorithm: authority.key.default_scheme(),
            issuer: authority.spec.subject.clone(),
            this_update: crate::TIME - WEEK,
            next_update: Some(crate::TIME + WEEK),
            revoked: Vec::new(),
            extensions: vec![authority_key_identifier(&key_identifier(&authority.key))],
            edit: Edit::none(),
        }
    }

    /// Puts a serial number on the list.
    pub fn revoke(&mut self, serial: &[u8]) {
        self.revoked.push((serial.to_vec(), Vec::new()));
    }

    /// The list, in DER.
    pub fn der(&self) -> Vec<u8> {
        let algorithm = self.signature_algorithm.algorithm_identifier();
        let mut parts = Vec::new();
        if self.version != 0 {
            parts.push(der::integer(self.version.into()));
        }
        parts.extend([algorithm.clone(), self.issuer.to_der(), der::time(self.this_update)]);
        parts.extend(self.next_update.map(der::time));
        if !self.revoked.is_empty() {
            let entries = self.revoked.iter().map(|(serial, extensions)| {
                let mut entry = vec![der::unsigned(serial), der::time(self.this_update)];
                if !extensions.is_empty() {
                    entry.push(sequence_of(extensions));
                }
                der::sequence(&entry)
            });
            parts.push(der::sequence(&entries.collect::<Vec<_>>()));
        }
        if !self.extensions.is_empty() {
            parts.push(der::context(0, &sequence_of(&self.extensions)));
        }
        let signed = der::sequence(&parts);
        let signature = self.issuer_key.sign(self.signature_algorithm, &signed);
        let mut list = der::sequence(&[signed, algorithm, der::bit_string(0, &signature)]);
        self.edit.apply(&mut list);
        list
    }
}

fn sequence_of(extensions: &[Extension]) -> Vec<u8> {
    der::sequence(&extensions.iter().map(Extension::to_der).collect::<Vec<_>>())
}
