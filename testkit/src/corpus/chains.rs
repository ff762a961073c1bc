//! X060 to X073: certificate chains.

use serde_json::json;

use super::{Enrollment, Group, Valid, encode};
use crate::extension::{
    Extension, basic_constraints, fido_aaguid, key_usage, name_constraints_permitted_directory,
    name_constraints_permitted_dns, oid, unknown_critical, usage,
};
use crate::{Authority, Hash, KeyKind, Name, Registration, SignatureScheme, SigningKey, seed};

pub(super) fn group() -> Group {
    let about = "X060 to X073: certificate chains, in packed statements of leaf, intermediate and \
                 root. Anchors by model (X071) are pinned in the tests.";
    let mut group = Group::new("chains", about);
    let three = Registration::packed_basic_with_intermediate("chains");
    let valid = group.valid("three", Enrollment::of(three));
    attackers(&mut group, &valid);
    issuers(&mut group, &valid);
    leaves(&mut group, &valid);
    anchors(&mut group, &valid);
    lengths(&mut group);
    group
}

fn attackers(group: &mut Group, valid: &Valid<Enrollment>) {
    let self_signed = ("X-11", "path.self_signed");
    group.refuses(
        valid,
        "X060",
        "the whole chain, its root included in x5c, is an attacker's",
        self_signed,
        |it| {
            let anchors = it.chain().anchors();
            let root = Authority::root("attacker");
            it.chain().set_issuers(vec![root.intermediate("attacker"), root]);
            it.chain().include_root = true;
            it.anchors = Some(anchors);
        },
    );
    group.refuses(
        valid,
        "X060-same-name",
        "an attacker's root in x5c, with the name of the anchor, signed the intermediate",
        self_signed,
        |it| {
            let anchors = it.chain().anchors();
            let name = it.chain().root_mut().spec.subject.clone();
            let key = SigningKey::from_seed(KeyKind::Es256, "attacker");
            let mut root = Authority::root_with_key("attacker", key);
            root.spec.subject = name.clone();
            root.spec.issuer = name;
            let intermediate = root.intermediate("chains");
            it.chain().set_issuers(vec![intermediate, root]);
            it.chain().include_root = true;
            it.anchors = Some(anchors);
        },
    );
    group.refuses(
        valid,
        "X060-behind-the-anchor",
        "an attacker's leaf stands in front of the vendor's own chain",
        ("X-11", "path.signature"),
        |it| it.chain().leaf_issuer_key = Some(SigningKey::from_seed(KeyKind::Es256, "attacker")),
    );
    group.refuses(
        valid,
        "X060-self-signed-leaf",
        "the leaf alone is in x5c, signed by itself",
        self_signed,
        |it| {
            let anchors = it.chain().anchors();
            it.chain().set_issuers(Vec::new());
            it.anchors = Some(anchors);
        },
    );
    group.refuses(
        valid,
        "X061",
        "the leaf was issued anew by its own key, under the name of its issuer",
        ("X-11", "path.signature"),
        |it| it.chain().leaf_issuer_key = Some(it.registration.chain().leaf_key.clone()),
    );
    group.refuses(
        valid,
        "X061-below",
        "the attested leaf signed a further leaf, for a key of the attacker's",
        ("X-12", "path.issuer_not_ca"),
        |it| {
            let mut chain = it.chain().clone();
            let vendor_leaf = Authority {
                key: chain.leaf_key.clone(),
                spec: chain.leaf.clone(),
                issuer_key: chain.issuers[0].key.clone(),
            };
            let key = SigningKey::from_seed(KeyKind::Es256, "attacker");
            chain.set_leaf_key(key);
            let above = std::mem::take(&mut chain.issuers);
            chain.set_issuers([vec![vendor_leaf], above].concat());
            *it.chain() = chain;
        },
    );
}

fn issuers(group: &mut Group, valid: &Valid<Enrollment>) {
    type Change = fn(&mut Authority);
    let cases: [(&str, &str, &str, Change); 9] = [
        ("X063", "the intermediate has CA false", "path.issuer_not_ca", |ca| {
            ca.spec.set_extension(basic_constraints(None, None));
        }),
        ("X063-absent", "the intermediate has no basic constraints", "path.issuer_not_ca", |ca| {
            ca.spec.remove_extension(oid::BASIC_CONSTRAINTS);
        }),
        ("X065", "the intermediate may not sign certificates", "path.issuer_key_usage", |ca| {
            ca.spec.set_extension(key_usage(&[usage::DIGITAL_SIGNATURE, usage::CRL_SIGN]));
        }),
        (
            "X066-intermediate",
            "the intermediate has a critical extension that nobody knows",
            "path.critical_extension",
            |ca| ca.spec.set_extension(unknown_critical()),
        ),
        ("X067-intermediate", "the intermediate is signed over SHA-1", "path.algorithm", |ca| {
            ca.spec.signature_algorithm = SignatureScheme::Ecdsa(Hash::Sha1)
        }),
        (
            "X067-inner",
            "the algorithm inside the intermediate is another than outside",
            "path.algorithm_mismatch",
            |ca| {
                let other = SignatureScheme::Ecdsa(Hash::Sha384).algorithm_identifier();
                ca.spec.inner_algorithm_identifier = Some(other);
            },
        ),
        (
            "X068-intermediate",
            "the intermediate is a version 1 certificate",
            "path.issuer_version",
            |ca| {
                ca.spec.version = 0;
                ca.spec.extensions.clear();
            },
        ),
        (
            "X069",
            "the intermediate permits other directory names than the leaf's",
            "path.name_constraints",
            |ca| {
                let other = Name::common_name("Somebody else");
                ca.spec.set_extension(name_constraints_permitted_directory(&other));
            },
        ),
        ("X069-dns", "the intermediate constrains DNS names", "path.name_constraints", |ca| {
            ca.spec.set_extension(name_constraints_permitted_dns("bank.example"))
        }),
    ];
    for (id, changes, code, change) in cases {
        group.refuses(valid, id, changes, ("X-12", code), |it| change(&mut it.chain().issuers[0]));
    }

    let four = |limit: Option<u8>| {
        let mut registration = Registration::packed_basic("long chain");
        let root = Authority::root("long chain");
        let mut upper = root.intermediate("long chain upper");
        upper.spec.set_extension(basic_constraints(Some(true), limit));
        let lower = upper.intermediate("long chain lower");
        registration.chain().set_issuers(vec![lower, upper, root]);
        Enrollment::of(registration)
    };
    let long = group.valid("four", four(Some(1)));
    group.refuses(
        &long,
        "X064",
        "the upper intermediate allows no other below it, and there is one",
        ("X-12", "path.length"),
        |it| *it = four(Some(0)),
    );
}

fn leaves(group: &mut Group, valid: &Valid<Enrollment>) {
    group.refuses(
        valid,
        "X062",
        "the leaf has CA true",
        ("PK-8", "certificate.leaf_is_ca"),
        |it| it.leaf().set_extension(basic_constraints(Some(true), None)),
    );
    group.refuses(
        valid,
        "X062-absent",
        "the leaf has no basic constraints",
        ("PK-8", "certificate.basic_constraints_missing"),
        |it| it.leaf().remove_extension(oid::BASIC_CONSTRAINTS),
    );
    group.accepts(
        valid,
        "X062-written-out",
        "CA false is written out in the leaf, which DER leaves out and factories do",
        |it| it.leaf().set_extension(basic_constraints(Some(false), None)),
    );
    let u2f = group.valid("fido-u2f", Enrollment::of(Registration::fido_u2f("chains")));
    group.refuses(
        &u2f,
        "X062-fido-u2f",
        "the leaf has CA true, in a format that says nothing of it",
        ("X-12", "certificate.leaf_is_ca"),
        |it| it.leaf().set_extension(basic_constraints(Some(true), None)),
    );
    group.refuses(
        valid,
        "X066",
        "the leaf has a critical extension that nobody knows",
        ("X-12", "path.critical_extension"),
        |it| it.leaf().set_extension(unknown_critical()),
    );
    group.accepts(
        valid,
        "X066-not-critical",
        "the leaf has an extension that nobody knows, not critical",
        |it| {
            let extension = Extension { critical: false, ..unknown_critical() };
            it.leaf().set_extension(extension);
        },
    );
    group.refuses(
        valid,
        "X067",
        "the leaf is signed over SHA-1",
        ("X-12", "path.algorithm"),
        |it| it.leaf().signature_algorithm = SignatureScheme::Ecdsa(Hash::Sha1),
    );
    group.refuses(
        valid,
        "X068",
        "the leaf is a version 1 certificate",
        ("PK-4", "certificate.version"),
        |it| {
            it.leaf().version = 0;
            it.leaf().extensions.clear();
        },
    );
    let form = ("X-14", "certificate.aaguid_form");
    group.refuses(
        valid,
        "X072",
        "the AAGUID extension has the 16 bytes without their OCTET STRING",
        form,
        |it| {
            let aaguid = it.authenticator_data.aaguid;
            it.leaf().extension_mut(oid::FIDO_AAGUID).value = aaguid.to_vec();
        },
    );
    group.refuses(valid, "X072-critical", "the AAGUID extension is critical", form, |it| {
        it.leaf().extension_mut(oid::FIDO_AAGUID).critical = true;
    });
    group.refuses(valid, "X072-short", "the AAGUID extension has 15 bytes", form, |it| {
        let short = it.authenticator_data.aaguid[..15].to_vec();
        it.leaf().extension_mut(oid::FIDO_AAGUID).value = crate::der::octet_string(&short);
    });
    group.refuses(
        valid,
        "X072-different",
        "the AAGUID extension names another model than authenticator data",
        ("PK-9", "certificate.aaguid_mismatch"),
        |it| it.leaf().set_extension(fido_aaguid(seed::array("chains", "another model"))),
    );
    group.refuses(
        valid,
        "X072-twice",
        "the AAGUID extension is there twice",
        ("X-15", "certificate.duplicate_extension"),
        |it| {
            let same = it.leaf().extension_mut(oid::FIDO_AAGUID).clone();
            it.leaf().extensions.push(same);
        },
    );
    group.refuses(
        valid,
        "X068-trailing",
        "a byte stands behind the leaf",
        ("X-15", "malformed.trailing"),
        |it| it.leaf().trailing = vec![0],
    );
}

fn anchors(group: &mut Group, valid: &Valid<Enrollment>) {
    group.refuses(
        valid,
        "X070",
        "the anchor has the root's key, and another subject",
        ("X-11", "path.anchor_not_reached"),
        |it| {
            let mut other = it.chain().root_mut().clone();
            other.spec.subject = Name::common_name("Another root");
            other.spec.issuer = other.spec.subject.clone();
            it.anchors = Some(vec![other.der()]);
        },
    );
    group.refuses(
        valid,
        "X070-key",
        "the anchor has the root's subject, and another key",
        ("X-11", "path.signature"),
        |it| {
            let mut other = Authority::root("another root");
            other.spec.subject = it.chain().root_mut().spec.subject.clone();
            other.spec.issuer = other.spec.subject.clone();
            it.anchors = Some(vec![other.der()]);
        },
    );
    group.refuses(
        valid,
        "X070-none",
        "no anchor is configured, and the path is judged",
        ("X-11", "path.no_anchor"),
        |it| {
            it.anchors = Some(Vec::new());
            it.told.set("policy", json!({ "attestation_path": "judged" }));
        },
    );
    let scoped = |formats: &'static [&'static str]| {
        move |it: &mut Enrollment| {
            let root = encode(it.chain().root_mut().der());
            let anchor = json!([{ "certificate": root, "formats": formats }]);
            it.told.set("trust_anchors", anchor);
        }
    };
    let three = Registration::packed_basic_with_intermediate("chains");
    let packed = group.valid("anchor-of-packed", Enrollment::of(three).given(scoped(&["packed"])));
    group.refuses(
        &packed,
        "X071",
        "the anchor vouches for tpm and android-key, not for packed",
        ("X-11", "path.no_anchor"),
        scoped(&["tpm", "android-key"]),
    );
}

fn lengths(group: &mut Group) {
    // Leaf, intermediates and root, each issued by the next.
    let of_length = |certificates: usize| {
        move |it: &mut Enrollment| {
            let mut issuers = vec![Authority::root("ladder")];
            for rung in 0..certificates - 2 {
                issuers.insert(0, issuers[0].intermediate(&format!("ladder {rung}")));
            }
            it.chain().set_issuers(issuers);
            it.chain().include_root = true;
        }
    };
    let two = Registration::packed_basic("ladder");
    let valid = group.valid("ten-certificates", Enrollment::of(two).given(of_length(10)));
    group.refuses(
        &valid,
        "X073",
        "x5c has eleven certificates",
        ("PK-1", "malformed.too_many"),
        of_length(11),
    );
}
