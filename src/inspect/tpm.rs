//! The two TPM structures, with the names of part 2 of the TPM 2.0 library specification.

use super::{Node, cause, values};
use crate::webauthn::statement::tpm_structures::{
    Attest, Parameters, PublicArea, ST_ATTEST_CERTIFY, TPM_GENERATED, Unique, attribute,
};

pub(super) fn pub_area(bytes: &[u8]) -> Node {
    let node = Node::leaf("pubArea", values::length(bytes.len()));
    let area = match PublicArea::read(bytes) {
        Ok(area) => area,
        Err(refused) => {
            let node = node.noted(cause(&refused));
            return node.children(vec![Node::leaf("bytes", values::bytes(bytes))]);
        }
    };
    let kind = match area.parameters {
        Parameters::Rsa { .. } => 0x0001,
        Parameters::Ecc { .. } => 0x0023,
    };
    node.children(vec![
        Node::leaf("type", algorithm(kind)),
        Node::leaf("nameAlg", algorithm(area.name_algorithm)),
        Node::leaf("objectAttributes", attributes(area.object_attributes)),
        Node::leaf("authPolicy", values::bytes(area.auth_policy)),
        parameters(&area.parameters),
        unique(&area.unique),
    ])
}

fn parameters(parameters: &Parameters) -> Node {
    let node = Node::new("parameters");
    match *parameters {
        Parameters::Rsa { symmetric, scheme, key_bits, exponent } => {
            // Zero stands for the default exponent (part 2, section 12.2.3.5).
            let exponent = match exponent {
                0 => "65537 (written as 0)".to_owned(),
                other => other.to_string(),
            };
            node.children(vec![
                Node::leaf("symmetric", algorithm(symmetric)),
                Node::leaf("scheme", algorithm(scheme)),
                Node::leaf("keyBits", key_bits.to_string()),
                Node::leaf("exponent", exponent),
            ])
        }
        Parameters::Ecc { symmetric, scheme, curve, kdf } => node.children(vec![
            Node::leaf("symmetric", algorithm(symmetric)),
            Node::leaf("scheme", algorithm(scheme)),
            Node::leaf("curveID", named(curve_name(curve), curve)),
            Node::leaf("kdf", algorithm(kdf)),
        ]),
    }
}

fn unique(unique: &Unique<'_>) -> Node {
    let node = Node::new("unique");
    match unique {
        Unique::Rsa { modulus } => node.children(vec![
            Node::leaf("modulus", values::bytes(modulus)),
            Node::leaf("size", format!("{} bits", values::bit_length(modulus))),
        ]),
        Unique::Ecc { x, y } => node
            .children(vec![Node::leaf("x", values::bytes(x)), Node::leaf("y", values::bytes(y))]),
    }
}

pub(super) fn cert_info(bytes: &[u8]) -> Node {
    let node = Node::leaf("certInfo", values::length(bytes.len()));
    let read = Attest::read(bytes);
    let mut node = node.noted_if(&read);
    match (read, Attest::read_head(bytes)) {
        (Ok(attest), _) => node.children(vec![
            magic(attest.magic),
            kind(attest.attestation_type),
            Node::leaf("qualifiedSigner", name(attest.qualified_signer)),
            Node::leaf("extraData", values::bytes(attest.extra_data)),
            Node::new("clockInfo").children(vec![
                Node::leaf("clock", format!("{} ms", attest.clock)),
                Node::leaf("resetCount", attest.reset_count.to_string()),
                Node::leaf("restartCount", attest.restart_count.to_string()),
                Node::leaf("safe", yes_no(attest.safe)),
            ]),
            Node::leaf("firmwareVersion", format!("{:#018x}", attest.firmware_version)),
            Node::leaf("attested name", name(attest.name)),
            Node::leaf("attested qualifiedName", name(attest.qualified_name)),
        ]),
        (Err(_), head) => {
            if let Ok((number, attestation_type)) = head {
                node.push(magic(number));
                node.push(kind(attestation_type));
            }
            node.push(Node::leaf("bytes", values::bytes(bytes)));
            node
        }
    }
}

fn magic(number: u32) -> Node {
    let name = (number == TPM_GENERATED).then_some("TPM_GENERATED_VALUE");
    Node::leaf("magic", values::named(name, format!("{number:#010x}")))
}

fn kind(number: u16) -> Node {
    let name = match number {
        ST_ATTEST_CERTIFY => Some("TPM_ST_ATTEST_CERTIFY"),
        0x8014 => Some("TPM_ST_ATTEST_NV"),
        0x8015 => Some("TPM_ST_ATTEST_COMMAND_AUDIT"),
        0x8016 => Some("TPM_ST_ATTEST_SESSION_AUDIT"),
        0x8018 => Some("TPM_ST_ATTEST_QUOTE"),
        0x8019 => Some("TPM_ST_ATTEST_TIME"),
        0x801a => Some("TPM_ST_ATTEST_CREATION"),
        _ => None,
    };
    Node::leaf("type", named(name, number))
}

/// A TPM2B_NAME: the identifier of a hash, then the digest (part 1, section 16).
fn name(bytes: &[u8]) -> String {
    match bytes.split_first_chunk() {
        Some((identifier, digest)) if !digest.is_empty() => {
            let identifier = u16::from_be_bytes(*identifier);
            let hash = algorithm_name(identifier);
            let hash = hash.map_or_else(|| format!("{identifier:#06x}"), str::to_owned);
            format!("{hash} {}", values::bytes(digest))
        }
        _ => values::bytes(bytes),
    }
}

/// TPMI_YES_NO has two values; any other is shown as it is.
fn yes_no(byte: u8) -> String {
    match byte {
        0 => "NO".to_owned(),
        1 => "YES".to_owned(),
        other => format!("{other:#04x}"),
    }
}

fn attributes(bits: u32) -> String {
    /// TPMA_OBJECT (part 2, section 8.3), from the lowest bit.
    const NAMES: [(u32, &str); 12] = [
        (attribute::FIXED_TPM, "fixedTPM"),
        (1 << 2, "stClear"),
        (attribute::FIXED_PARENT, "fixedParent"),
        (attribute::SENSITIVE_DATA_ORIGIN, "sensitiveDataOrigin"),
        (1 << 6, "userWithAuth"),
        (1 << 7, "adminWithPolicy"),
        (1 << 10, "noDA"),
        (1 << 11, "encryptedDuplication"),
        (attribute::RESTRICTED, "restricted"),
        (1 << 17, "decrypt"),
        (attribute::SIGN, "sign/encrypt"),
        (1 << 19, "x509sign"),
    ];
    let mut set: Vec<String> = NAMES
        .iter()
        .filter(|(bit, _)| bits & bit != 0)
        .map(|(_, name)| (*name).to_owned())
        .collect();
    let reserved = bits & attribute::RESERVED;
    if reserved != 0 {
        set.push(format!("reserved {reserved:#x}"));
    }
    format!("{} ({bits:#010x})", values::list(&set))
}

fn algorithm(number: u16) -> String {
    named(algorithm_name(number), number)
}

fn named(name: Option<&str>, number: u16) -> String {
    values::named(name, format!("{number:#06x}"))
}

/// TPM_ALG_ID (part 2, section 6.3): those that a key, its schemes and its name can have.
fn algorithm_name(number: u16) -> Option<&'static str> {
    Some(match number {
        0x0001 => "TPM_ALG_RSA",
        0x0004 => "TPM_ALG_SHA1",
        0x0006 => "TPM_ALG_AES",
        0x000b => "TPM_ALG_SHA256",
        0x000c => "TPM_ALG_SHA384",
        0x000d => "TPM_ALG_SHA512",
        0x0010 => "TPM_ALG_NULL",
        0x0012 => "TPM_ALG_SM3_256",
        0x0014 => "TPM_ALG_RSASSA",
        0x0015 => "TPM_ALG_RSAES",
        0x0016 => "TPM_ALG_RSAPSS",
        0x0017 => "TPM_ALG_OAEP",
        0x0018 => "TPM_ALG_ECDSA",
        0x0019 => "TPM_ALG_ECDH",
        0x001a => "TPM_ALG_ECDAA",
        0x001b => "TPM_ALG_SM2",
        0x001c => "TPM_ALG_ECSCHNORR",
        0x0023 => "TPM_ALG_ECC",
        0x0027 => "TPM_ALG_SHA3_256",
        0x0028 => "TPM_ALG_SHA3_384",
        0x0029 => "TPM_ALG_SHA3_512",
        _ => return None,
    })
}

/// TPM_ECC_CURVE (part 2, section 6.4).
fn curve_name(number: u16) -> Option<&'static str> {
    Some(match number {
        0x0001 => "TPM_ECC_NIST_P192",
        0x0002 => "TPM_ECC_NIST_P224",
        0x0003 => "TPM_ECC_NIST_P256",
        0x0004 => "TPM_ECC_NIST_P384",
        0x0005 => "TPM_ECC_NIST_P521",
        0x0010 => "TPM_ECC_BN_P256",
        0x0011 => "TPM_ECC_BN_P638",
        0x0020 => "TPM_ECC_SM2_P256",
        _ => return None,
    })
}
