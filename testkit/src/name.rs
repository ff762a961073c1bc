//! X.501 names, with the string type of every attribute in the caller's hand.

use crate::der;

/// Object identifiers of the name attributes used by authenticators.
pub mod attribute {
    /// commonName
    pub const COMMON_NAME: &str = "2.5.4.3";
    /// countryName
    pub const COUNTRY: &str = "2.5.4.6";
    /// serialNumber
    pub const SERIAL_NUMBER: &str = "2.5.4.5";
    /// stateOrProvinceName
    pub const STATE: &str = "2.5.4.8";
    /// organizationName
    pub const ORGANIZATION: &str = "2.5.4.10";
    /// organizationalUnitName
    pub const ORGANIZATIONAL_UNIT: &str = "2.5.4.11";
    /// title
    pub const TITLE: &str = "2.5.4.12";
    /// TPM manufacturer
    pub const TPM_MANUFACTURER: &str = "2.23.133.2.1";
    /// TPM model
    pub const TPM_MODEL: &str = "2.23.133.2.2";
    /// TPM version
    pub const TPM_VERSION: &str = "2.23.133.2.3";
}

/// The string type an attribute value is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StringKind {
    /// PrintableString
    Printable,
    /// UTF8String
    Utf8,
    /// IA5String
    Ia5,
}

/// One attribute of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The attribute type, as a dotted object identifier.
    pub oid: String,
    /// The string type of the value.
    pub kind: StringKind,
    /// The value.
    pub text: String,
}

impl Attribute {
    /// An attribute written as UTF8String.
    pub fn utf8(oid: &str, text: &str) -> Self {
        Self { oid: oid.into(), kind: StringKind::Utf8, text: text.into() }
    }

    /// An attribute written as PrintableString.
    pub fn printable(oid: &str, text: &str) -> Self {
        Self { kind: StringKind::Printable, ..Self::utf8(oid, text) }
    }

    fn to_der(&self) -> Vec<u8> {
        let tag = match self.kind {
            StringKind::Printable => der::tag::PRINTABLE,
            StringKind::Utf8 => der::tag::UTF8,
            StringKind::Ia5 => der::tag::IA5,
        };
        der::sequence(&[der::oid(&self.oid), der::tlv(tag, self.text.as_bytes())])
    }
}

/// A distinguished name: relative distinguished names, each a set of attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name(pub Vec<Vec<Attribute>>);

impl Name {
    /// The name without any attribute, as TPM attestation certificates have it.
    pub fn empty() -> Self {
        Self::default()
    }

    /// A name of a common name only.
    pub fn common_name(text: &str) -> Self {
        Self(vec![vec![Attribute::utf8(attribute::COMMON_NAME, text)]])
    }

    /// A name of a country, an organization and a common name, as certificate authorities use.
    pub fn organization(country: &str, organization: &str, common_name: &str) -> Self {
        Self::separate(vec![
            Attribute::printable(attribute::COUNTRY, country),
            Attribute::utf8(attribute::ORGANIZATION, organization),
            Attribute::utf8(attribute::COMMON_NAME, common_name),
        ])
    }

    /// The subject WebAuthn asks of a packed attestation certificate.
    pub fn attestation(country: &str, organization: &str, common_name: &str) -> Self {
        Self::separate(vec![
            Attribute::printable(attribute::COUNTRY, country),
            Attribute::utf8(attribute::ORGANIZATION, organization),
            Attribute::utf8(attribute::ORGANIZATIONAL_UNIT, "Authenticator Attestation"),
            Attribute::utf8(attribute::COMMON_NAME, common_name),
        ])
    }

    /// A name with every attribute in a relative distinguished name of its own.
    pub fn separate(attributes: Vec<Attribute>) -> Self {
        Self(attributes.into_iter().map(|one| vec![one]).collect())
    }

    /// A name with all attributes in one relative distinguished name.
    pub fn together(attributes: Vec<Attribute>) -> Self {
        Self(vec![attributes])
    }

    /// The attribute of this type; panics when there is none.
    pub fn attribute_mut(&mut self, oid: &str) -> &mut Attribute {
        self.0
            .iter_mut()
            .flatten()
            .find(|attribute| attribute.oid == oid)
            .unwrap_or_else(|| panic!("no attribute {oid} in the name"))
    }

    /// Drops every attribute of this type.
    pub fn remove(&mut self, oid: &str) {
        for relative in &mut self.0 {
            relative.retain(|attribute| attribute.oid != oid);
        }
        self.0.retain(|relative| !relative.is_empty());
    }

    /// The DER encoding.
    pub fn to_der(&self) -> Vec<u8> {
        let relative: Vec<_> = self
            .0
            .iter()
            .map(|set| der::set_of(&set.iter().map(Attribute::to_der).collect::<Vec<_>>()))
            .collect();
        der::sequence(&relative)
    }
}
