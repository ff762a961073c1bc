//! N069 to N078: the other statement formats.

use serde_json::json;

use super::{Enrollment, Group};
use crate::attestation::tpm::{Parameters, Unique};
use crate::cbor::{self, Entries};
use crate::{Edit, KeyKind, Registration, SigningKey, seed};

pub(super) fn group() -> Group {
    let about = "N069 to N078: none, fido-u2f, tpm and android-key.";
    let mut group = Group::new("statement-formats", about);
    none(&mut group);
    fido_u2f(&mut group);
    tpm(&mut group);
    android_key(&mut group);
    group
}

fn none(group: &mut Group) {
    let valid = group.valid("packed", Enrollment::of(Registration::packed_basic("formats")));
    group.refuses(
        &valid,
        "N069",
        "fmt is none, around a packed statement",
        ("X-16", "statement.not_empty"),
        |it| it.attestation.format = "none".into(),
    );
}

fn fido_u2f(group: &mut Group) {
    let u2f = Enrollment::of(Registration::fido_u2f("formats"));
    let valid = group.valid(
        "fido-u2f",
        u2f.given(|it| it.told.set("policy", json!({ "u2f_zero_aaguid": "judged" }))),
    );
    group.refuses(
        &valid,
        "N070",
        "the AAGUID is not zero",
        ("FU-7", "attestation.aaguid_not_zero"),
        |it| it.authenticator_data.aaguid = seed::array("formats", "aaguid"),
    );
    group.refuses(
        &valid,
        "N071",
        "the last bit of sig is another",
        ("FU-6", "signature.invalid"),
        |it| {
            it.attestation.edit_statement = Edit::new(|statement: &mut Entries| {
                *cbor::byte_member(statement, "sig").last_mut().expect("a signature") ^= 1;
            });
        },
    );
    group.refuses(
        &valid,
        "N071-two-certificates",
        "x5c has two certificates",
        ("FU-2", "statement.x5c_count"),
        |it| it.chain().include_root = true,
    );
}

fn tpm(group: &mut Group) {
    let valid =
        group.valid("tpm", Enrollment::of(with_null_scheme(Registration::tpm_rsa("formats"))));
    let whole = Enrollment::of(with_null_scheme(Registration::tpm_rsa("formats")));
    let whole = group.valid("tpm-with-root", whole.given(|it| it.chain().include_root = true));
    group.refuses(
        &whole,
        "N072-above",
        "the two authorities above the leaf have changed places",
        ("X-12", "path.issuer_name"),
        |it| it.chain().edit_certificates = Edit::new(|list: &mut Vec<Vec<u8>>| list.swap(1, 2)),
    );
    group.refuses(
        &valid,
        "N073",
        "extraData is the hash of something else",
        ("TP-8", "tpm.extra_data"),
        |it| it.tpm_statement().certify.extra_data = Some(vec![7; 32]),
    );
    group.refuses(&valid, "N074", "magic is another number", ("TP-7", "tpm.magic"), |it| {
        it.tpm_statement().certify.magic ^= 1;
    });
    group.refuses(&valid, "N075", "pubArea.unique is another key", ("TP-5", "tpm.key"), |it| {
        let other = SigningKey::rsa(1).raw_public_point();
        it.tpm_statement().public_area.unique = Unique::Rsa(other);
    });
    let ecc = group.valid("tpm-ecc", Enrollment::of(Registration::tpm_ecc("formats")));
    group.refuses(
        &ecc,
        "N072",
        "x5c runs from the authority to the leaf",
        ("TP-14", "signature.invalid"),
        |it| it.chain().edit_certificates = Edit::new(|list: &mut Vec<Vec<u8>>| list.reverse()),
    );
    group.refuses(&ecc, "N075-ecc", "pubArea.unique is another key", ("TP-5", "tpm.key"), |it| {
        let (x, y) = SigningKey::from_seed(KeyKind::Es256, "another").coordinates();
        it.tpm_statement().public_area.unique = Unique::Ecc(x, y);
    });
}

/// The same, with the null scheme: that of the keys in the field, and the only one that some
/// verifiers can read.
pub(super) fn with_null_scheme(mut registration: Registration) -> Registration {
    let Parameters::Rsa { scheme, .. } = &mut registration.tpm_statement().public_area.parameters
    else {
        panic!("an RSA key")
    };
    *scheme = None;
    registration
}

fn android_key(group: &mut Group) {
    let valid = group.valid("android-key", Enrollment::of(Registration::android_key("formats")));
    group.refuses(
        &valid,
        "N076",
        "the challenge in the leaf is that of another ceremony",
        ("AK-4", "android.challenge"),
        |it| it.key_description().challenge = Some(vec![7; 32]),
    );
    group.refuses(
        &valid,
        "N077",
        "the leaf is for another key, which made the signature",
        ("AK-3", "certificate.leaf_key"),
        |it| it.chain().set_leaf_key(SigningKey::from_seed(KeyKind::Es256, "another")),
    );
    group.refuses(
        &valid,
        "N077-signature",
        "the leaf is for another key, and the credential key made the signature",
        ("AK-2", "signature.invalid"),
        |it| it.leaf().spki = SigningKey::from_seed(KeyKind::Es256, "another").spki_der(),
    );
    group.refuses(
        &valid,
        "N078",
        "x5c runs from the root to the leaf",
        ("AK-2", "signature.invalid"),
        |it| it.chain().edit_certificates = Edit::new(|list: &mut Vec<Vec<u8>>| list.reverse()),
    );
    group.refuses(
        &valid,
        "N078-above",
        "the two authorities above the leaf have changed places",
        ("X-12", "path.issuer_name"),
        |it| it.chain().edit_certificates = Edit::new(|list: &mut Vec<Vec<u8>>| list.swap(1, 2)),
    );
    group.accepts(&valid, "N078-no-root", "x5c leaves the root out", |it| {
        it.chain().include_root = false;
    });
}
