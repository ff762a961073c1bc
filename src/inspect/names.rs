//! Names for identifiers: relying parties, authenticator models, object identifiers.

use crate::crypto::sha256;
use crate::encoding::{der, hex};

/// Names whose hash an RP ID hash may be.
#[derive(Debug, Clone, Default)]
pub(super) struct RelyingParties(Vec<String>);

/// Domains above a host that are tried, and names in all: far more than any host has labels.
const MAX_NAMES: usize = 64;

impl RelyingParties {
    pub(super) fn add(&mut self, name: &str) {
        if self.0.len() < MAX_NAMES && !self.0.iter().any(|known| known == name) {
            self.0.push(name.to_owned());
        }
    }

    /// The host of a web origin and the domains above it: an RP ID is any of them
    /// (WebAuthn Level 3 §5.1.2).
    pub(super) fn add_origin(&mut self, origin: &str) {
        let Some((_, authority)) = origin.split_once("://") else {
            return;
        };
        let host = authority.split(['/', ':']).next().unwrap_or_default();
        let mut rest = Some(host).filter(|host| !host.is_empty());
        while let Some(domain) = rest {
            if self.0.len() >= MAX_NAMES {
                return;
            }
            self.add(domain);
            rest = domain.split_once('.').map(|(_, above)| above);
        }
    }

    /// The name with this SHA-256.
    pub(super) fn name_of(&self, hash: &[u8; 32]) -> Option<&str> {
        let mut names = self.0.iter();
        names.find(|name| sha256(&[name.as_bytes()]) == *hash).map(String::as_str)
    }
}

/// An AAGUID, with the name of the model where it is well known.
pub(super) fn aaguid(aaguid: &[u8; 16]) -> String {
    let text = hex::uuid(aaguid);
    let known = AAGUIDS.iter().find(|(known, _)| *known == text);
    match known {
        Some((_, name)) => format!("{text} ({name})"),
        None => text,
    }
}

/// Well-known models. The names are those of the FIDO Metadata Service for certified
/// authenticators, of Yubico's published list of AAGUIDs, and of the community's list for passkey
/// providers (passkeydeveloper/passkey-authenticator-aaguids). Only what these sources agree on
/// is here: a wrong name is worse than none. The name says what the AAGUID claims, not what the
/// authenticator is.
const AAGUIDS: &[(&str, &str)] = &[
    ("00000000-0000-0000-0000-000000000000", "zero: no model stated"),
    ("fbfc3007-154e-4ecc-8c0b-6e020557d7bd", "iCloud Keychain"),
    ("dd4ec289-e01d-41c9-bb89-70fa845d4bf2", "iCloud Keychain, managed"),
    ("adce0002-35bc-c60a-648b-0b25f1f05503", "Touch ID, by Chrome on Mac"),
    ("f24a8e70-d0d3-f82c-2937-32523cc4de5a", "Apple, anonymous attestation"),
    ("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4", "Google Password Manager"),
    ("b93fd961-f2e6-462f-b122-82002247de78", "Android authenticator"),
    ("53414d53-554e-4700-0000-000000000000", "Samsung Pass"),
    ("08987058-cadc-4b81-b6e1-30de50dcbe96", "Windows Hello, hardware"),
    ("9ddd1817-af5a-4672-a2b9-3e3dd95000a9", "Windows Hello, VBS hardware"),
    ("6028b017-b1d4-4c02-b4b3-afcdafc96bb2", "Windows Hello, software"),
    ("bada5566-a7aa-401f-bd96-45619a55120d", "1Password"),
    ("d548826e-79b4-db40-a3d8-11116f7e8349", "Bitwarden"),
    ("531126d6-e717-415c-9320-3d9aa6981239", "Dashlane"),
    ("cb69481e-8ff7-4039-93ec-0a2729a154a8", "YubiKey 5 without NFC, firmware 5.1"),
    ("ee882879-721c-4913-9775-3dfcce97072a", "YubiKey 5 without NFC, firmware 5.2 or 5.4"),
    ("fa2b99dc-9e39-4257-8f92-4a30d23c4118", "YubiKey 5 NFC, firmware 5.1"),
    ("2fc0579f-8113-47ea-b116-bb5a8db9202a", "YubiKey 5 NFC, firmware 5.2 or 5.4"),
    ("c5ef55ff-ad9a-4b9f-b580-adebafe026d0", "YubiKey 5Ci, firmware 5.2 or 5.4"),
    ("c1f9a0bc-1dd2-404a-b27f-8e29047a43fd", "YubiKey 5 NFC FIPS, firmware 5.4"),
    ("73bb0cd4-e502-49b8-9c6f-b59445bf720b", "YubiKey 5 FIPS without NFC, firmware 5.4"),
    ("f8a011f3-8c0a-4d15-8006-17111f9edc7d", "Security Key by Yubico"),
    ("6d44ba9b-f6ec-2e49-b930-0c8fe920cb73", "Security Key NFC by Yubico"),
    ("d8522d9f-575b-4866-88a9-ba99fa02f35b", "YubiKey Bio, FIDO Edition"),
    // No models: the letters of `appattest` and `appattestdevelop`, as Apple documents them.
    ("61707061-7474-6573-7400-000000000000", "App Attest, production"),
    ("61707061-7474-6573-7464-6576656c6f70", "App Attest, development"),
];

/// The name of an object identifier (the content octets of its encoding), or its dotted form.
pub(super) fn oid(content: &[u8]) -> String {
    oid_name(content).map_or_else(|| der::dotted(content), str::to_owned)
}

/// The name of an object identifier that is known here.
pub(super) fn oid_name(content: &[u8]) -> Option<&'static str> {
    let dotted = der::dotted(content);
    OIDS.iter()
        .find(|(known, _)| *known == dotted)
        // The dotted form is lossy for encodings that no issuer writes; a name is given only to
        // the exact octets, so that nothing can pass for what it is not.
        .filter(|(known, _)| encoded(known) == content)
        .map(|(_, name)| *name)
}

/// The content octets of a dotted object identifier of the table.
fn encoded(dotted: &str) -> Vec<u8> {
    let mut arcs = dotted.split('.').filter_map(|arc| arc.parse::<u32>().ok());
    let first = arcs.next().unwrap_or(0).saturating_mul(40);
    let first = first.saturating_add(arcs.next().unwrap_or(0));
    let mut octets = Vec::new();
    for arc in core::iter::once(first).chain(arcs) {
        for shift in [28_u32, 21, 14, 7, 0] {
            let rest = arc >> shift;
            if rest == 0 && shift != 0 {
                continue;
            }
            let low = u8::try_from(rest & 0x7f).unwrap_or(0);
            octets.push(if shift == 0 { low } else { low | 0x80 });
        }
    }
    octets
}

/// Object identifiers by their registered names; attributes of names by their usual letters.
const OIDS: &[(&str, &str)] = &[
    // Attributes of names.
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "title"),
    ("2.5.4.45", "x500UniqueIdentifier"),
    ("2.5.4.97", "organizationIdentifier"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
    ("2.23.133.2.1", "tpmManufacturer"),
    ("2.23.133.2.2", "tpmModel"),
    ("2.23.133.2.3", "tpmVersion"),
    // Certificate extensions.
    ("2.5.29.9", "subjectDirectoryAttributes"),
    ("2.5.29.14", "subjectKeyIdentifier"),
    ("2.5.29.15", "keyUsage"),
    ("2.5.29.17", "subjectAltName"),
    ("2.5.29.18", "issuerAltName"),
    ("2.5.29.19", "basicConstraints"),
    ("2.5.29.30", "nameConstraints"),
    ("2.5.29.31", "cRLDistributionPoints"),
    ("2.5.29.32", "certificatePolicies"),
    ("2.5.29.32.0", "anyPolicy"),
    ("2.5.29.35", "authorityKeyIdentifier"),
    ("2.5.29.37", "extKeyUsage"),
    ("1.3.6.1.5.5.7.1.1", "authorityInfoAccess"),
    ("1.3.6.1.5.5.7.48.1", "OCSP"),
    ("1.3.6.1.5.5.7.48.2", "caIssuers"),
    ("1.3.6.1.4.1.45724.1.1.2", "FIDO enterprise serial number"),
    ("1.3.6.1.4.1.45724.1.1.4", "FIDO AAGUID"),
    ("1.3.6.1.4.1.45724.1.1.5", "FIDO firmware version"),
    ("1.3.6.1.4.1.45724.2.1.1", "FIDO U2F transports"),
    ("1.3.6.1.4.1.41482.2", "Yubico U2F device identifier"),
    ("1.2.840.113635.100.8.2", "Apple nonce"),
    ("1.2.840.113635.100.8.5", "Apple key properties"),
    ("1.2.840.113635.100.8.7", "Apple system information"),
    ("1.3.6.1.4.1.11129.2.1.17", "Android key description"),
    ("1.3.6.1.4.1.11129.2.1.30", "Android provisioning information"),
    ("1.3.6.1.4.1.311.21.10", "Microsoft application certificate policies"),
    // Extended key usages.
    ("2.5.29.37.0", "anyExtendedKeyUsage"),
    ("1.3.6.1.5.5.7.3.1", "serverAuth"),
    ("1.3.6.1.5.5.7.3.2", "clientAuth"),
    ("1.3.6.1.5.5.7.3.3", "codeSigning"),
    ("1.3.6.1.5.5.7.3.4", "emailProtection"),
    ("1.3.6.1.5.5.7.3.8", "timeStamping"),
    ("1.3.6.1.5.5.7.3.9", "OCSPSigning"),
    ("2.23.133.8.1", "tcg-kp-EKCertificate"),
    ("2.23.133.8.3", "tcg-kp-AIKCertificate"),
    // Keys, curves and signatures.
    ("1.2.840.10045.2.1", "EC"),
    ("1.2.840.10045.3.1.7", "P-256"),
    ("1.3.132.0.34", "P-384"),
    ("1.3.132.0.35", "P-521"),
    ("1.3.132.0.10", "secp256k1"),
    ("1.3.101.112", "Ed25519"),
    ("1.3.101.113", "Ed448"),
    ("1.2.840.113549.1.1.1", "RSA"),
    ("1.2.840.10045.4.1", "ECDSA with SHA-1"),
    ("1.2.840.10045.4.3.2", "ECDSA with SHA-256"),
    ("1.2.840.10045.4.3.3", "ECDSA with SHA-384"),
    ("1.2.840.10045.4.3.4", "ECDSA with SHA-512"),
    ("1.2.840.113549.1.1.5", "RSASSA-PKCS1-v1_5 with SHA-1"),
    ("1.2.840.113549.1.1.11", "RSASSA-PKCS1-v1_5 with SHA-256"),
    ("1.2.840.113549.1.1.12", "RSASSA-PKCS1-v1_5 with SHA-384"),
    ("1.2.840.113549.1.1.13", "RSASSA-PKCS1-v1_5 with SHA-512"),
    ("1.2.840.113549.1.1.10", "RSASSA-PSS"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_identifier_of_the_table_is_its_own_encoding() {
        for (dotted, name) in OIDS {
            assert_eq!(der::dotted(&encoded(dotted)), *dotted);
            assert_eq!(oid_name(&encoded(dotted)), Some(*name));
        }
    }

    #[test]
    fn a_padded_object_identifier_has_no_name() {
        // 2.5.29.19 with a leading zero septet in its last arc: prints alike, is another.
        assert_eq!(oid_name(&[0x55, 0x1d, 0x80, 0x13]), None);
    }

    #[test]
    fn models_are_in_the_form_that_is_compared() {
        for (aaguid, name) in AAGUIDS {
            assert!(aaguid.len() == 36 && *aaguid == aaguid.to_lowercase(), "{name}");
        }
    }

    #[test]
    fn an_origin_gives_its_host_and_the_domains_above() {
        let mut parties = RelyingParties::default();
        parties.add_origin("https://login.bank.example:8443");
        let hash = |name: &str| sha256(&[name.as_bytes()]);
        assert_eq!(parties.name_of(&hash("login.bank.example")), Some("login.bank.example"));
        assert_eq!(parties.name_of(&hash("bank.example")), Some("bank.example"));
        assert_eq!(parties.name_of(&hash("evil.example")), None);
    }
}
