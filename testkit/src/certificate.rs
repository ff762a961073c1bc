//! X.509 certificates, every field in the caller's hand.

use crate::der;
use crate::extension::Extension;
use crate::key::SigningKey;
use crate::name::Name;
use crate::scheme::SignatureScheme;

/// Everything that goes into one certificate.
#[derive(Clone, Debug)]
pub struct CertificateSpec {
    /// The encoded version: 2 means v3; 0 means v1 and is then left out, as DER asks.
    pub version: u8,
    /// The serial number, big-endian and unsigned.
    pub serial: Vec<u8>,
    /// What the certificate is signed with, and what its AlgorithmIdentifiers say.
    pub signature_algorithm: SignatureScheme,
    /// Who issued it.
    pub issuer: Name,
    /// Start of validity, in unix seconds.
    pub not_before: i64,
    /// End of validity, in unix seconds.
    pub not_after: i64,
    /// Whom it is about.
    pub subject: Name,
    /// The public key it certifies: SubjectPublicKeyInfo in DER.
    pub spki: Vec<u8>,
    /// The extensions, in order; without any, the whole member is left out.
    pub extensions: Vec<Extension>,
    /// Says another AlgorithmIdentifier (DER) inside the signed part.
    pub inner_algorithm_identifier: Option<Vec<u8>>,
    /// Says another AlgorithmIdentifier (DER) outside, next to the signature.
    pub outer_algorithm_identifier: Option<Vec<u8>>,
    /// Flips the lowest bit of the signature's last byte.
    pub flip_signature_bit: bool,
    /// The unused bits the signature BIT STRING claims to have.
    pub signature_unused_bits: u8,
    /// Bytes after the end of the certificate.
    pub trailing: Vec<u8>,
}

impl CertificateSpec {
    /// A v3 certificate for `subject_key`, valid at [`crate::TIME`], without extensions.
    pub fn new(subject: Name, subject_key: &SigningKey, serial: Vec<u8>) -> Self {
        Self {
            version: 2,
            serial,
            signature_algorithm: subject_key.default_scheme(),
            issuer: subject.clone(),
            not_before: crate::NOT_BEFORE,
            not_after: crate::NOT_AFTER,
            subject,
            spki: subject_key.spki_der(),
            extensions: Vec::new(),
            inner_algorithm_identifier: None,
            outer_algorithm_identifier: None,
            flip_signature_bit: false,
            signature_unused_bits: 0,
            trailing: Vec::new(),
        }
    }

    /// The extension with this object identifier; panics when there is none.
    pub fn extension_mut(&mut self, oid: &str) -> &mut Extension {
        self.extensions
            .iter_mut()
            .find(|extension| extension.oid == oid)
            .unwrap_or_else(|| panic!("no extension {oid}"))
    }

    /// Puts an extension in place of the one with the same object identifier, or at the end.
    pub fn set_extension(&mut self, extension: Extension) {
        match self.extensions.iter_mut().find(|old| old.oid == extension.oid) {
            Some(old) => *old = extension,
            None => self.extensions.push(extension),
        }
    }

    /// Drops the extension with this object identifier; panics when there is none.
    pub fn remove_extension(&mut self, oid: &str) {
        let before = self.extensions.len();
        self.extensions.retain(|extension| extension.oid != oid);
        assert_ne!(before, self.extensions.len(), "no extension {oid} to remove");
    }

    /// Puts other dates in, in unix seconds.
    pub fn set_validity(&mut self, not_before: i64, not_after: i64) {
        self.not_before = not_before;
        self.not_after = not_after;
    }

    /// The serial number as Android's list of revoked certificates writes it: lower-case
    /// hexadecimal, without zeros in front.
    pub fn serial_hexadecimal(&self) -> String {
        let digits: String = self.serial.iter().map(|byte| format!("{byte:02x}")).collect();
        digits.trim_start_matches('0').into()
    }

    /// The certificate, signed by `issuer_key`, in DER.
    pub fn issue(&self, issuer_key: &SigningKey) -> Vec<u8> {
        let signed = self.to_be_signed();
        let mut signature = issuer_key.sign(self.signature_algorithm, &signed);
        if self.flip_signature_bit {
            *signature.last_mut().expect("a signature has bytes") ^= 1;
        }
        let outer = self
            .outer_algorithm_identifier
            .clone()
            .unwrap_or_else(|| self.signature_algorithm.algorithm_identifier());
        let mut certificate = der::sequence(&[
            signed,
            outer,
            der::bit_string(self.signature_unused_bits, &signature),
        ]);
        certificate.extend_from_slice(&self.trailing);
        certificate
    }

    /// The part that is signed (TBSCertificate), in DER.
    pub fn to_be_signed(&self) -> Vec<u8> {
        let mut parts = Vec::new();
        if self.version != 0 {
            parts.push(der::context(0, &der::integer(self.version.into())));
        }
        parts.push(der::unsigned(&self.serial));
        parts.push(
            self.inner_algorithm_identifier
                .clone()
                .unwrap_or_else(|| self.signature_algorithm.algorithm_identifier()),
        );
        parts.push(self.issuer.to_der());
        parts.push(der::sequence(&[der::time(self.not_before), der::time(self.not_after)]));
        parts.push(self.subject.to_der());
        parts.push(self.spki.clone());
        if !self.extensions.is_empty() {
            let extensions: Vec<_> = self.extensions.iter().map(Extension::to_der).collect();
            parts.push(der::context(3, &der::sequence(&extensions)));
        }
        der::sequence(&parts)
    }
}
