//! TPM vendors: the registry of the Trusted Computing Group as dated data, and the vendors that
//! attestation CAs name their issuing certificates for.

use crate::encoding::certificate::{Attribute, attributes, oid};

/// The edition that the table was taken from.
pub(crate) const EDITION: &str = "TCG vendor id registry 1.08 of 2026-07-20";

/// A vendor of the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Vendor {
    id: &'static str,
    pub(crate) name: &'static str,
}

impl Vendor {
    /// The vendor's short code: its id as ASCII, without the padding (spaces or zero bytes).
    pub(crate) fn code(&self) -> String {
        let octets = self
            .id
            .as_bytes()
            .chunks(2)
            .filter_map(|pair| u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok());
        octets.filter(u8::is_ascii_graphic).map(char::from).collect()
    }
}

/// The vendor of a manufacturer attribute, `id:` and eight hexadecimal digits. Case does not
/// count: the registry writes upper case, and some certificates do not.
pub(crate) fn registered(manufacturer: &str) -> Option<Vendor> {
    let (prefix, id) = manufacturer.split_at_checked(3)?;
    let known = VENDORS.iter().find(|(known, _)| known.eq_ignore_ascii_case(id));
    known.filter(|_| prefix.eq_ignore_ascii_case("id:")).map(|(id, name)| Vendor { id, name })
}

/// The vendor's code in the name of an issuer, as Microsoft names the authorities that certify
/// attestation keys of Windows: one attribute, `CN=<region>-<code>-KEYID-<40 hexadecimal digits>`.
/// Seen in real registrations: `EUS-NTC-KEYID-…`, `NCU-STM-KEYID-…`, `WUS-INTC-KEYID-…`.
pub(crate) fn vendor_of_issuer(name: &[u8]) -> Option<String> {
    let attributes = attributes(name).ok()?;
    let [common_name] = attributes.as_slice() else { return None };
    let text =
        Some(common_name).filter(|one| one.id == oid::COMMON_NAME).and_then(Attribute::text)?;
    let (place, key) = text.split_once("-KEYID-")?;
    let (region, code) = place.split_once('-')?;
    let letters = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
    let is_key = key.len() == 40 && key.bytes().all(|octet| octet.is_ascii_hexdigit());
    (letters(region) && letters(code) && is_key).then(|| code.to_ascii_uppercase())
}

/// Ids and names. An id is the ASCII of a code of three or four letters, padded to four bytes.
/// The id of the FIDO conformance tool, `FFFFF1D0`, is no vendor's and never stands here: it
/// would let anybody's software pass for a TPM.
const VENDORS: &[(&str, &str)] = &[
    ("414D4400", "AMD"),
    ("414E5400", "Ant Group"),
    ("41524D00", "Arm"),
    ("41544D4C", "Atmel"),
    ("4252434D", "Broadcom"),
    ("4353434F", "Cisco"),
    ("464C5953", "Flyslice Technologies"),
    ("524F4343", "Fuzhou Rockchip"),
    ("474F4F47", "Google"),
    ("48504900", "HPI"),
    ("48504500", "HPE"),
    ("48495349", "Huawei"),
    ("49424D00", "IBM"),
    ("49465800", "Infineon"),
    ("494E5443", "Intel"),
    ("4C454E00", "Lenovo"),
    ("4D534654", "Microsoft"),
    ("4E534D20", "National Semiconductor"),
    ("4E545A00", "Nationz"),
    ("4E534700", "NSING"),
    ("4E544300", "Nuvoton Technology"),
    ("51434F4D", "Qualcomm"),
    ("534D534E", "Samsung"),
    ("53454345", "SecEdge"),
    ("534E5300", "Sinosun"),
    ("534D5343", "SMSC"),
    ("53544D20", "STMicroelectronics"),
    ("54584E00", "Texas Instruments"),
    ("57454300", "Winbond"),
    ("5345414C", "Wisekey"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_codes_of_printable_letters_and_stand_once() {
        for (index, (id, _)) in VENDORS.iter().enumerate() {
            let code = Vendor { id, name: "" }.code();
            assert!((3..=4).contains(&code.len()), "{id}");
            assert!(code.bytes().all(|octet| octet.is_ascii_uppercase()), "{id}");
            assert!(VENDORS.iter().skip(index).skip(1).all(|(other, _)| other != id), "{id}");
        }
        assert_eq!(VENDORS.len(), 30);
    }

    #[test]
    fn ids_are_compared_in_either_case_and_as_a_whole() {
        let name = |manufacturer| registered(manufacturer).map(|vendor| vendor.name);
        assert_eq!(name("id:4E544300"), Some("Nuvoton Technology"));
        assert_eq!(name("id:4e544300"), Some("Nuvoton Technology"));
        assert_eq!(name("id:414D4400"), Some("AMD"));
        for stranger in [
            "id:FFFFF1D0",
            "id:00000000",
            "4E544300",
            "id:4E5443",
            "id:4E54430000",
            "",
            "id:",
            "ié",
        ] {
            assert_eq!(name(stranger), None, "{stranger}");
        }
        assert_eq!(registered("id:53544D20").map(|vendor| vendor.code()).as_deref(), Some("STM"));
    }
}
