//! Resp-4: the algorithms that are taken, each with a signature that does not verify, and those
//! that are refused.

use serde_json::json;

use super::{Enrollment, Group, Login};
use crate::cbor::{self, Entries};
use crate::{Edit, Registration};

/// Every algorithm that a credential may have here, by its registry name.
pub(super) const TAKEN: [(&str, i64); 20] = [
    ("ES256", -7),
    ("ES384", -35),
    ("ES512", -36),
    ("EdDSA", -8),
    ("RS256", -257),
    ("RS384", -258),
    ("RS512", -259),
    ("PS256", -37),
    ("PS384", -38),
    ("PS512", -39),
    ("RS1", -65535),
    ("ES256K", -47),
    ("ESP256", -9),
    ("ESP384", -51),
    ("ESP512", -52),
    ("Ed25519", -19),
    ("Ed448", -53),
    ("ML-DSA-44", -48),
    ("ML-DSA-65", -49),
    ("ML-DSA-87", -50),
];

pub(super) fn group() -> Group {
    let about = "Resp-4: every algorithm, offered and then not offered, with a good signature and \
                 with one that does not verify.";
    let mut group = Group::new("algorithms", about);
    for (name, algorithm) in TAKEN {
        let registration =
            Registration::packed_self("algorithms").with_credential_algorithm(algorithm);
        let enrollment = Enrollment::of(registration.clone());
        let offered = enrollment.given(|it| it.told.set("algs", json!([algorithm])));
        let valid = group.valid(name, offered);
        let other = if algorithm == -7 { -8 } else { -7 };
        group.refuses(
            &valid,
            &format!("R4-{name}-not-offered"),
            &format!("{name} was not offered, {other} alone was"),
            ("X-9", "key.algorithm_not_requested"),
            |it| it.told.set("algs", json!([other])),
        );
        group.refuses(
            &valid,
            &format!("R4-{name}-signature"),
            "one bit in the middle of the attestation signature is another",
            ("PK-3", "signature.invalid"),
            |it| {
                it.attestation.edit_statement = Edit::new(|statement: &mut Entries| {
                    let signature = cbor::byte_member(statement, "sig");
                    let middle = signature.len() / 2;
                    signature[middle] ^= 1;
                });
            },
        );

        let login = group.valid(&format!("{name}-assertion"), Login::of(&registration));
        group.refuses(
            &login,
            &format!("R4-{name}-assertion-signature"),
            "one bit in the middle of the assertion signature is another",
            ("AS-3", "signature.invalid"),
            |it| {
                it.edit_signature = Edit::new(|signature: &mut Vec<u8>| {
                    let middle = signature.len() / 2;
                    signature[middle] ^= 1;
                });
            },
        );
    }

    let registration = Registration::packed_self("sha1").with_credential_algorithm(-65535);
    let sha1 = Enrollment::of(registration).given(|it| it.told.set("algs", json!([-65535])));
    let valid = group.valid("RS1-where-nothing-forbids-it", sha1);
    group.refuses(
        &valid,
        "R4-RS1-policy",
        "the policy refuses signatures over SHA-1",
        ("PO-4", "key.algorithm_sha1"),
        |it| it.told.set("policy", json!({ "refuse_sha1": "judged" })),
    );

    let enrollment = Enrollment::of(Registration::none("another algorithm"));
    let valid =
        group.valid("none", enrollment.given(|it| it.told.set("algs", json!([-7, -46, 0]))));
    for (id, what, algorithm, code) in [
        ("R4-HSS-LMS", "HSS-LMS, which is not verified here", -46, "key.algorithm_unsupported"),
        ("R4-unknown", "0, which the registry reserves", 0, "key.algorithm_unknown"),
    ] {
        group.refuses(&valid, id, &format!("alg of the key is {what}"), ("X-9", code), |it| {
            cbor::set_label(&mut it.authenticator_data.public_key, 3, cbor::integer(algorithm));
        });
    }
    group.refuses(
        &valid,
        "R4-policy",
        "the policy has a list of algorithms, without the key's",
        ("PO-4", "policy.algorithm"),
        |it| it.told.set("policy", json!({ "algorithms": [-8] })),
    );
    group
}
