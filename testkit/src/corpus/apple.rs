//! X079: the nonce of Apple's anonymous attestation.

use super::{Enrollment, Group};
use crate::authenticator_data::flag;
use crate::extension::{Extension, oid};
use crate::{CertificateSpec, Edit, KeyKind, Registration, SigningKey, der};

pub(super) fn group() -> Group {
    let about = "X079: the nonce of Apple's anonymous attestation, judged under \
                 open_finance_brasil. App Attest is pinned in the tests.";
    let mut group = Group::new("apple", about);
    let enrollment = Enrollment::of(Registration::apple("apple"))
        .given(|it| it.told.set("profile", serde_json::json!("open_finance_brasil")));
    let valid = group.valid("anonymous", enrollment);

    let form = ("AP-2", "certificate.extension_form");
    type Change = fn(&mut Extension);
    let cases: [(&str, &str, Change); 9] = [
        ("X079", "the context tag of the nonce is 0", |it| {
            it.value = der::sequence(&[der::context(0, &der::octet_string(&nonce(it)))]);
        }),
        ("X079-tag-2", "the context tag of the nonce is 2", |it| {
            it.value = der::sequence(&[der::context(2, &der::octet_string(&nonce(it)))]);
        }),
        ("X079-primitive", "the context tag of the nonce holds it without OCTET STRING", |it| {
            it.value = der::sequence(&[der::context_primitive(1, &nonce(it))]);
        }),
        ("X079-untagged", "the nonce has no context tag", |it| {
            it.value = der::sequence(&[der::octet_string(&nonce(it))]);
        }),
        ("X079-shorter", "the nonce lacks its last byte", |it| {
            let mut short = nonce(it);
            short.pop();
            it.value = wrapped(&short);
        }),
        ("X079-longer", "the nonce has a byte more", |it| {
            let mut long = nonce(it);
            long.push(0);
            it.value = wrapped(&long);
        }),
        ("X079-empty", "the nonce is empty", |it| it.value = wrapped(&[])),
        ("X079-trailing", "a byte stands behind the extension's value", |it| it.value.push(0)),
        ("X079-two", "the sequence has two nonces", |it| {
            let tagged = der::context(1, &der::octet_string(&nonce(it)));
            it.value = der::sequence(&[tagged.clone(), tagged]);
        }),
    ];
    for (id, changes, change) in cases {
        group.refuses(&valid, id, changes, form, |it| {
            it.chain().edit_leaf = Edit::new(move |leaf: &mut CertificateSpec| {
                change(leaf.extension_mut(oid::APPLE_NONCE));
            });
        });
    }
    group.refuses(
        &valid,
        "X079-absent",
        "the leaf has no nonce",
        ("AP-2", "certificate.extension_missing"),
        |it| {
            it.chain().edit_leaf = Edit::new(|leaf: &mut CertificateSpec| {
                leaf.remove_extension(oid::APPLE_NONCE);
            });
        },
    );
    group.refuses(
        &valid,
        "X079-twice",
        "the leaf has the nonce extension twice",
        ("X-15", "certificate.duplicate_extension"),
        |it| {
            it.chain().edit_leaf = Edit::new(|leaf: &mut CertificateSpec| {
                let same = leaf.extension_mut(oid::APPLE_NONCE).clone();
                leaf.extensions.push(same);
            });
        },
    );
    group.refuses(
        &valid,
        "X079-another",
        "the nonce is that of another ceremony",
        ("AP-3", "apple.nonce"),
        |it| it.attestation.statement = crate::Statement::Apple { nonce: Some(vec![7; 32]) },
    );
    group.refuses(
        &valid,
        "X079-key",
        "the leaf is for another key",
        ("AP-4", "certificate.leaf_key"),
        |it| it.leaf().spki = SigningKey::from_seed(KeyKind::Es256, "another").spki_der(),
    );
    group.refuses(
        &valid,
        "X079-backup",
        "the key claims to be backup eligible, which no attested Apple key is",
        ("AP-8", "apple.backup_eligible"),
        |it| it.authenticator_data.set_flag(flag::BACKUP_ELIGIBLE),
    );
    group
}

/// The 32 bytes at the end of the extension's value.
fn nonce(extension: &Extension) -> Vec<u8> {
    extension.value[extension.value.len() - 32..].to_vec()
}

fn wrapped(nonce: &[u8]) -> Vec<u8> {
    der::sequence(&[der::context(1, &der::octet_string(nonce))])
}
