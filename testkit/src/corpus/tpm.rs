//! X080: the two structures of a TPM, and the certificate of its attestation key.

use serde_json::json;

use super::statement_formats::with_null_scheme;
use super::{Departure, Enrollment, Group};
use crate::attestation::tpm::{
    Parameters, TpmStatement, algorithm, device_attributes, object, object_name,
};
use crate::cbor::{self, Entries};
use crate::extension::{
    Extension, Spread, basic_constraints, extended_key_usage, oid,
    subject_alternative_name_directory,
};
use crate::{CertificateSpec, Edit, Hash, Name, Registration};

pub(super) fn group() -> Group {
    let about = "X080: the two structures of a TPM and the certificate of its attestation key, \
                 judged under open_finance_brasil.";
    let mut group = Group::new("tpm", about);
    let bank = |registration| {
        Enrollment::of(registration)
            .given(|it| it.told.set("profile", json!("open_finance_brasil")))
    };
    let rsa = group.valid("rsa", bank(with_null_scheme(Registration::tpm_rsa("tpm"))));
    let ecc = group.valid("ecc", bank(Registration::tpm_ecc("tpm")));

    let attributes = ("TP-3", "tpm.object_attributes");
    let cases: [Departure<TpmStatement>; 12] = [
        ("X080-type", "type is that of a quote", ("TP-7", "tpm.type"), |tpm| {
            tpm.certify.attestation_type = 0x8018;
        }),
        (
            "X080-name",
            "the attested name is made with SHA-384, and nameAlg is SHA-256",
            ("TP-6", "tpm.name"),
            |tpm| {
                let area = tpm.public_area.to_bytes();
                let name = object_name(algorithm::SHA384, &area);
                tpm.certify.attested_name = Some(name);
            },
        ),
        (
            "X080-name-bare",
            "the attested name is the hash without the algorithm",
            ("TP-6", "tpm.name"),
            |tpm| {
                let area = tpm.public_area.to_bytes();
                tpm.certify.attested_name = Some(Hash::Sha256.digest(&area));
            },
        ),
        (
            "X080-name-algorithm",
            "nameAlg is SHA-1, and the name made with it",
            ("TP-6", "tpm.name_algorithm"),
            |tpm| tpm.public_area.name_algorithm = algorithm::SHA1,
        ),
        (
            "X080-trailing-certInfo",
            "a byte stands behind certInfo",
            ("TP-2", "malformed.trailing"),
            |tpm| tpm.certify.trailing = vec![0],
        ),
        (
            "X080-trailing-pubArea",
            "a byte stands behind pubArea",
            ("TP-2", "malformed.trailing"),
            |tpm| tpm.public_area.trailing = vec![0],
        ),
        ("X080-fixedTPM", "fixedTPM is clear", attributes, |tpm| {
            tpm.public_area.object_attributes &= !object::FIXED_TPM;
        }),
        ("X080-fixedParent", "fixedParent is clear", attributes, |tpm| {
            tpm.public_area.object_attributes &= !object::FIXED_PARENT;
        }),
        ("X080-sensitiveDataOrigin", "sensitiveDataOrigin is clear", attributes, |tpm| {
            tpm.public_area.object_attributes &= !object::SENSITIVE_DATA_ORIGIN;
        }),
        ("X080-sign", "the key may not sign", attributes, |tpm| {
            tpm.public_area.object_attributes &= !object::SIGN;
        }),
        ("X080-restricted", "the key is restricted", attributes, |tpm| {
            tpm.public_area.object_attributes |= object::RESTRICTED;
        }),
        ("X080-reserved", "a reserved attribute is set", attributes, |tpm| {
            tpm.public_area.object_attributes |= 1;
        }),
    ];
    for (id, changes, pin, change) in cases {
        group.refuses(&rsa, id, changes, pin, |it| change(it.tpm_statement()));
    }
    let cases: [Departure<TpmStatement>; 5] = [
        (
            "X080-symmetric",
            "symmetric is AES-128-CFB, in its whole form",
            ("TP-4", "tpm.parameters"),
            |tpm| {
                tpm.edit_public_area = Edit::new(|area: &mut Vec<u8>| {
                    // Algorithm, key bits, mode in place of the null algorithm.
                    area.splice(SYMMETRIC..SYMMETRIC + 2, [0, 6, 0, 128, 0, 0x43]);
                })
            },
        ),
        (
            "X080-symmetric-short",
            "symmetric is AES, without key bits and mode",
            ("TP-2", "malformed.truncated"),
            |tpm| {
                let Parameters::Ecc { symmetric, .. } = &mut tpm.public_area.parameters else {
                    panic!("an ECC key")
                };
                *symmetric = 6;
            },
        ),
        (
            "X080-scheme",
            "the scheme is ECDAA, in its whole form",
            ("TP-4", "tpm.parameters"),
            |tpm| {
                tpm.edit_public_area = Edit::new(|area: &mut Vec<u8>| {
                    // Algorithm, hash, count.
                    area.splice(SYMMETRIC + 2..SYMMETRIC + 4, [0, 0x1a, 0, 0x0b, 0, 0]);
                })
            },
        ),
        (
            "X080-curve",
            "the curve is BN P-256, which no credential key is on",
            ("TP-5", "tpm.curve"),
            |tpm| {
                let Parameters::Ecc { curve, .. } = &mut tpm.public_area.parameters else {
                    panic!("an ECC key")
                };
                *curve = 0x10;
            },
        ),
        ("X080-key-type", "pubArea is a key of symmetric use", ("TP-2", "tpm.key_type"), |tpm| {
            tpm.public_area.object_type = 0x0025
        }),
    ];
    for (id, changes, pin, change) in cases {
        group.refuses(&ecc, id, changes, pin, |it| change(it.tpm_statement()));
    }
    let members: [Departure<Entries>; 4] = [
        ("X080-ver", "ver is \"1.2\"", ("TP-1", "tpm.version"), |it| {
            cbor::set(it, "ver", cbor::text("1.2"));
        }),
        ("X080-no-certInfo", "certInfo is missing", ("TP-1", "statement.member_missing"), |it| {
            drop(cbor::remove(it, "certInfo"));
        }),
        ("X080-no-pubArea", "pubArea is missing", ("TP-1", "statement.member_missing"), |it| {
            drop(cbor::remove(it, "pubArea"));
        }),
        (
            "X080-signature",
            "the last bit of sig is another",
            ("TP-14", "signature.invalid"),
            |it| *cbor::byte_member(it, "sig").last_mut().expect("bytes") ^= 1,
        ),
    ];
    for (id, changes, pin, change) in members {
        group.refuses(&rsa, id, changes, pin, |it| {
            it.attestation.edit_statement = Edit::new(change);
        });
    }
    certificates(&mut group, &rsa);
    vendors(&mut group, &rsa);
    exponents(&mut group, &rsa);
    group
}

fn certificates(group: &mut Group, valid: &super::Valid<Enrollment>) {
    let name = "tpm.subject_alternative_name";
    let cases: [Departure<CertificateSpec>; 12] = [
        (
            "X080-subject",
            "the subject is not empty",
            ("TP-9", "certificate.subject_not_empty"),
            |leaf| leaf.subject = Name::common_name("TPM"),
        ),
        ("X080-no-SAN", "the SAN is missing", ("TP-9", name), |leaf| {
            leaf.remove_extension(oid::SUBJECT_ALTERNATIVE_NAME);
        }),
        (
            "X080-SAN-not-critical",
            "the SAN is not critical",
            ("TP-9", "tpm.subject_alternative_name_not_critical"),
            |leaf| leaf.extension_mut(oid::SUBJECT_ALTERNATIVE_NAME).critical = false,
        ),
        ("X080-SAN-manufacturer", "the SAN names no manufacturer", ("TP-9", name), |leaf| {
            leaf.set_extension(san(|attributes| drop(attributes.remove(0))));
        }),
        ("X080-SAN-model", "the SAN names no model", ("TP-9", name), |leaf| {
            leaf.set_extension(san(|attributes| drop(attributes.remove(1))));
        }),
        ("X080-SAN-version", "the SAN names no version", ("TP-9", name), |leaf| {
            leaf.set_extension(san(|attributes| drop(attributes.remove(2))));
        }),
        ("X080-SAN-twice", "the SAN names two manufacturers", ("TP-9", name), |leaf| {
            leaf.set_extension(san(|attributes| attributes.push(attributes[0].clone())));
        }),
        ("X080-no-EKU", "the extended key usage is missing", ("TP-11", EKU), |leaf| {
            leaf.remove_extension(oid::EXTENDED_KEY_USAGE);
        }),
        ("X080-EKU", "the extended key usage is that of a server", ("TP-11", EKU), |leaf| {
            leaf.set_extension(extended_key_usage(&["1.3.6.1.5.5.7.3.1"]));
        }),
        ("X080-CA", "CA is true", ("TP-12", "certificate.leaf_is_ca"), |leaf| {
            leaf.set_extension(basic_constraints(Some(true), None));
        }),
        (
            "X080-no-constraints",
            "basic constraints are missing",
            ("TP-12", "certificate.basic_constraints_missing"),
            |leaf| leaf.remove_extension(oid::BASIC_CONSTRAINTS),
        ),
        ("X080-v1", "the certificate has version 1", ("TP-9", "certificate.version"), |leaf| {
            leaf.version = 0;
            leaf.extensions.clear();
        }),
    ];
    for (id, changes, pin, change) in cases {
        let changes = format!("in the certificate of the attestation key, {changes}");
        group.refuses(valid, id, &changes, pin, |it| change(it.leaf()));
    }
}

/// The manufacturer of the TPM, and the one that its issuer is named for.
fn vendors(group: &mut Group, valid: &super::Valid<Enrollment>) {
    let stating = |id: &'static str| {
        move |it: &mut Enrollment| {
            it.leaf().set_extension(san(|attributes| attributes[0].text = id.into()));
        }
    };
    group.accepts(
        valid,
        "X080-vendor-lower-case",
        "manufacturer and issuer are Intel, the id in lower case",
        |it| {
            it.leaf().set_extension(san(|attributes| attributes[0].text = "id:494e5443".into()));
            let name = format!("WUS-INTC-KEYID-{}", "E7083F22".repeat(5));
            it.chain().issuers[0].spec.subject = Name::common_name(&name);
            let issuers = it.chain().issuers.clone();
            it.chain().set_issuers(issuers);
        },
    );
    let unknown = ("TP-10", "tpm.vendor");
    for (id, changes, manufacturer) in [
        ("X080-vendor", "the registry does not know the manufacturer", "id:00000000"),
        ("X080-vendor-conformance", "the manufacturer is the conformance tool", "id:FFFFF1D0"),
        ("X080-vendor-bare", "the id of the manufacturer has no prefix", "49465800"),
    ] {
        group.refuses(valid, id, changes, unknown, stating(manufacturer));
    }
    group.refuses(
        valid,
        "X080-vendor-issuer",
        "the manufacturer is another than the issuer is named for",
        ("TP-16", "tpm.issuer_vendor"),
        stating("id:4E544300"),
    );
    group.refuses(
        valid,
        "X080-issuer-naming",
        "the issuer is named for no manufacturer",
        ("TP-16", "tpm.issuer_naming"),
        |it| {
            it.chain().issuers[0].spec.subject = Name::common_name("Attestation CA");
            let issuers = it.chain().issuers.clone();
            it.chain().set_issuers(issuers);
        },
    );
}

fn exponents(group: &mut Group, valid: &super::Valid<Enrollment>) {
    group.refuses(
        valid,
        "X080-exponent",
        "pubArea has the exponent 3, the credential key 65537",
        ("TP-5", "tpm.key"),
        |it| {
            let Parameters::Rsa { exponent, .. } = &mut it.tpm_statement().public_area.parameters
            else {
                panic!("an RSA key")
            };
            *exponent = 3;
        },
    );
    group.refuses(
        valid,
        "X080-encryption-scheme",
        "the scheme is one of encryption",
        ("TP-4", "tpm.parameters"),
        |it| {
            let Parameters::Rsa { scheme, .. } = &mut it.tpm_statement().public_area.parameters
            else {
                panic!("an RSA key")
            };
            // RSAES-OAEP.
            *scheme = Some((0x0017, algorithm::SHA256));
        },
    );
    group.accepts(
        valid,
        "X080-signing-scheme",
        "the scheme is RSASSA with SHA-256, in its whole form",
        |it| {
            let Parameters::Rsa { scheme, .. } = &mut it.tpm_statement().public_area.parameters
            else {
                panic!("an RSA key")
            };
            *scheme = Some((algorithm::RSASSA, algorithm::SHA256));
        },
    );
}

fn san(change: impl FnOnce(&mut Vec<crate::name::Attribute>)) -> Extension {
    let mut attributes = device_attributes();
    change(&mut attributes);
    subject_alternative_name_directory(&attributes, Spread::Separate).critical()
}

const EKU: &str = "tpm.extended_key_usage";

/// Where `symmetric` stands: after type, nameAlg, attributes and a policy of 32 bytes.
const SYMMETRIC: usize = 2 + 2 + 4 + 2 + 32;
