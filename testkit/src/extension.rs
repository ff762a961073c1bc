//! Certificate extensions, right ones and ones that should be refused.

use crate::der;
use crate::name::{Attribute, Name};

/// Object identifiers of the extensions used here.
pub mod oid {
    /// subjectKeyIdentifier
    pub const SUBJECT_KEY_IDENTIFIER: &str = "2.5.29.14";
    /// keyUsage
    pub const KEY_USAGE: &str = "2.5.29.15";
    /// subjectAltName
    pub const SUBJECT_ALTERNATIVE_NAME: &str = "2.5.29.17";
    /// basicConstraints
    pub const BASIC_CONSTRAINTS: &str = "2.5.29.19";
    /// nameConstraints
    pub const NAME_CONSTRAINTS: &str = "2.5.29.30";
    /// authorityKeyIdentifier
    pub const AUTHORITY_KEY_IDENTIFIER: &str = "2.5.29.35";
    /// extKeyUsage
    pub const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
    /// id-fido-gen-ce-sernum: enterprise serial number
    pub const FIDO_SERIAL_NUMBER: &str = "1.3.6.1.4.1.45724.1.1.2";
    /// id-fido-gen-ce-aaguid
    pub const FIDO_AAGUID: &str = "1.3.6.1.4.1.45724.1.1.4";
    /// id-fido-gen-ce-fw-version
    pub const FIDO_FIRMWARE_VERSION: &str = "1.3.6.1.4.1.45724.1.1.5";
    /// The nonce of Apple's anonymous attestation, and of App Attest
    pub const APPLE_NONCE: &str = "1.2.840.113635.100.8.2";
    /// What Apple says of the attested key, the App ID among it
    pub const APPLE_KEY_PROPERTIES: &str = "1.2.840.113635.100.8.5";
    /// What Apple says of the device's operating system
    pub const APPLE_SYSTEM_INFORMATION: &str = "1.2.840.113635.100.8.7";
    /// Android's key description
    pub const ANDROID_KEY_DESCRIPTION: &str = "1.3.6.1.4.1.11129.2.1.17";
    /// What Google says of a certificate it provisioned remotely, in CBOR
    pub const ANDROID_PROVISIONING_INFORMATION: &str = "1.3.6.1.4.1.11129.2.1.30";
    /// Extended key usage of a TLS server certificate
    pub const SERVER_AUTHENTICATION: &str = "1.3.6.1.5.5.7.3.1";
    /// Extended key usage of a TPM attestation identity key certificate
    pub const TCG_AIK_CERTIFICATE: &str = "2.23.133.8.3";
}

/// Bits of keyUsage, by number.
pub mod usage {
    /// digitalSignature
    pub const DIGITAL_SIGNATURE: u8 = 0;
    /// nonRepudiation
    pub const NON_REPUDIATION: u8 = 1;
    /// keyEncipherment
    pub const KEY_ENCIPHERMENT: u8 = 2;
    /// dataEncipherment
    pub const DATA_ENCIPHERMENT: u8 = 3;
    /// keyCertSign
    pub const KEY_CERT_SIGN: u8 = 5;
    /// cRLSign
    pub const CRL_SIGN: u8 = 6;
}

/// One extension of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// The extension's object identifier, dotted.
    pub oid: String,
    /// Whether a verifier that does not know it has to refuse the certificate.
    pub critical: bool,
    /// The DER inside extnValue.
    pub value: Vec<u8>,
}

impl Extension {
    /// An extension that is not critical.
    pub fn new(oid: &str, value: Vec<u8>) -> Self {
        Self { oid: oid.into(), critical: false, value }
    }

    /// The same extension, critical.
    pub fn critical(mut self) -> Self {
        self.critical = true;
        self
    }

    /// The DER encoding.
    pub fn to_der(&self) -> Vec<u8> {
        let mut parts = vec![der::oid(&self.oid)];
        if self.critical {
            parts.push(der::boolean(true));
        }
        parts.push(der::octet_string(&self.value));
        der::sequence(&parts)
    }
}

/// basicConstraints, critical; `None` leaves a member out (an absent `cA` means false).
pub fn basic_constraints(authority: Option<bool>, path_length: Option<u8>) -> Extension {
    let mut parts = Vec::new();
    parts.extend(authority.map(der::boolean));
    parts.extend(path_length.map(|length| der::integer(length.into())));
    Extension::new(oid::BASIC_CONSTRAINTS, der::sequence(&parts)).critical()
}

/// keyUsage, critical, with these [`usage`] bits.
pub fn key_usage(bits: &[u8]) -> Extension {
    Extension::new(oid::KEY_USAGE, der::named_bits(bits)).critical()
}

/// extKeyUsage with these purposes.
pub fn extended_key_usage(purposes: &[&str]) -> Extension {
    let purposes: Vec<_> = purposes.iter().map(|purpose| der::oid(purpose)).collect();
    Extension::new(oid::EXTENDED_KEY_USAGE, der::sequence(&purposes))
}

/// How the attributes of a directory name are spread over relative distinguished names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    /// All in one, as the TPM specification shows it.
    Together,
    /// One each, as many manufacturers do it.
    Separate,
}

/// subjectAltName with one directory name; not critical unless made so.
pub fn subject_alternative_name_directory(attributes: &[Attribute], spread: Spread) -> Extension {
    let name = match spread {
        Spread::Together => Name::together(attributes.to_vec()),
        Spread::Separate => Name::separate(attributes.to_vec()),
    };
    let directory = der::context(4, &name.to_der());
    Extension::new(oid::SUBJECT_ALTERNATIVE_NAME, der::sequence(&[directory]))
}

/// subjectAltName with DNS names.
pub fn subject_alternative_name_dns(names: &[&str]) -> Extension {
    let names: Vec<_> =
        names.iter().map(|name| der::context_primitive(2, name.as_bytes())).collect();
    Extension::new(oid::SUBJECT_ALTERNATIVE_NAME, der::sequence(&names))
}

/// subjectKeyIdentifier.
pub fn subject_key_identifier(identifier: &[u8]) -> Extension {
    Extension::new(oid::SUBJECT_KEY_IDENTIFIER, der::octet_string(identifier))
}

/// authorityKeyIdentifier.
pub fn authority_key_identifier(identifier: &[u8]) -> Extension {
    Extension::new(
        oid::AUTHORITY_KEY_IDENTIFIER,
        der::sequence(&[der::context_primitive(0, identifier)]),
    )
}

/// The authenticator model: an OCTET STRING inside extnValue's own OCTET STRING.
pub fn fido_aaguid(aaguid: [u8; 16]) -> Extension {
    Extension::new(oid::FIDO_AAGUID, der::octet_string(&aaguid))
}

/// The authenticator's firmware version.
pub fn fido_firmware_version(version: i64) -> Extension {
    Extension::new(oid::FIDO_FIRMWARE_VERSION, der::integer(version))
}

/// The serial number that only enterprise attestation carries.
pub fn fido_enterprise_serial(serial: &[u8]) -> Extension {
    Extension::new(oid::FIDO_SERIAL_NUMBER, der::octet_string(serial))
}

/// Apple's nonce: `SEQUENCE { [1] { OCTET STRING } }`.
pub fn apple_nonce(nonce: &[u8]) -> Extension {
    let tagged = der::context(1, &der::octet_string(nonce));
    Extension::new(oid::APPLE_NONCE, der::sequence(&[tagged]))
}

/// One of Apple's lists of numbered values: `SEQUENCE { [number] EXPLICIT value, … }`.
pub fn apple_fields(oid: &str, fields: &[(u32, Vec<u8>)]) -> Extension {
    let fields: Vec<_> =
        fields.iter().map(|(number, value)| der::context(*number, value)).collect();
    Extension::new(oid, der::sequence(&fields))
}

/// Android's key description, already encoded.
pub fn android_key_description(description: Vec<u8>) -> Extension {
    Extension::new(oid::ANDROID_KEY_DESCRIPTION, description)
}

/// nameConstraints, critical, permitting only names under one DNS domain.
pub fn name_constraints_permitted_dns(domain: &str) -> Extension {
    let base = der::context_primitive(2, domain.as_bytes());
    let permitted = der::context(0, &der::sequence(&[base]));
    Extension::new(oid::NAME_CONSTRAINTS, der::sequence(&[permitted])).critical()
}

/// nameConstraints, critical, permitting only directory names that start with `name`.
pub fn name_constraints_permitted_directory(name: &Name) -> Extension {
    let base = der::context(4, &name.to_der());
    let permitted = der::context(0, &der::sequence(&[base]));
    Extension::new(oid::NAME_CONSTRAINTS, der::sequence(&[permitted])).critical()
}

/// A critical extension nobody knows: a verifier has to refuse the certificate.
pub fn unknown_critical() -> Extension {
    Extension::new("1.3.6.1.4.1.32473.1.99", der::null()).critical()
}
