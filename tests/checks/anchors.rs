//! Whom an anchor may vouch for: its owner, its formats, its models, its dates (X-11, AK-17, AP-5).

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use device_enrollment::verdict::CheckId::*;
use device_enrollment::verdict::Format;
use device_enrollment::{InForce, Policy, TrustAnchor, TrustStore, UnixTime};
use device_enrollment_testkit::scheme::sha256;
use device_enrollment_testkit::{Authority, KeyKind, Registration, SigningKey, TIME};
use serde_json::{Value, json};

use crate::harness::{
    Ceremony, Enrollment, Make, fails, passes, plain, status_list, store_of, valid,
};

fn anchor(der: &[u8]) -> TrustAnchor {
    TrustAnchor::from_der(der).unwrap()
}

/// A store of the enrollment's own anchors, each with a change.
fn changed(enrollment: &Enrollment, change: impl Fn(TrustAnchor) -> TrustAnchor) -> TrustStore {
    let anchors = enrollment.registration.make().anchors;
    TrustStore::new(anchors.iter().map(|der| change(anchor(der).owned_by("Google"))).collect())
        .with_android_status(status_list("{}", TIME))
}

#[test]
fn formats_of_one_vendor_end_at_that_vendors_anchors() {
    let phone = valid(plain(Registration::android_key));
    passes(&phone.judgement, Ak17);
    let other = phone.but(|c| c.store = Some(store_of("Apple", &c.registration.make().anchors)));
    fails(&other, Ak17, "path.anchor_owner");

    let iphone = valid(plain(Registration::apple));
    passes(&iphone.judgement, Ap5);
    let other = iphone.but(|c| c.store = Some(store_of("Google", &c.registration.make().anchors)));
    fails(&other, Ap5, "path.anchor_owner");

    // Other formats have roots of many vendors.
    let key = valid(plain(Registration::packed_basic));
    let owned = key.but(|c| c.store = Some(store_of("Yubico", &c.registration.make().anchors)));
    passes(&owned, X11);
}

#[test]
fn an_anchor_without_an_owner_is_taken_and_named() {
    let phone = valid(plain(Registration::android_key));
    let judgement = phone.but(|c| {
        let anchors = c.registration.make().anchors;
        c.store = Some(TrustStore::new(anchors.iter().map(|der| anchor(der)).collect()));
    });
    passes(&judgement, Ak17);
    assert_eq!(judgement.verdict().tolerances, ["anchor_without_owner"]);
    assert!(!phone.judgement.verdict().tolerances.contains(&"anchor_without_owner"));
}

#[test]
fn the_anchor_is_named_by_the_check_that_found_it() {
    let valid = valid(plain(Registration::packed_basic));
    let evidence = |id| {
        let checks = &valid.judgement.verdict().checks;
        checks.iter().find(|check| check.id == id).unwrap().evidence.to_string()
    };
    let root = anchor(&valid.with(|_| ()).registration.make().anchors[0]);
    assert_eq!((evidence(X11), evidence(X12)), (root.name().to_owned(), String::new()));
}

#[test]
fn an_anchor_of_other_models_does_not_vouch() {
    let valid = valid(plain(Registration::packed_basic));
    assert_eq!(valid.judgement.verdict().facts.aaguid_verified, Some(true));
    let model = |c: &Enrollment| c.registration.authenticator_data.aaguid;
    let own = valid.but(|c| c.store = Some(changed(c, |anchor| anchor.for_models(&[model(c)]))));
    passes(&own, X11);
    let other = valid.but(|c| c.store = Some(changed(c, |anchor| anchor.for_models(&[[9; 16]]))));
    fails(&other, X11, "path.no_anchor");
}

#[test]
fn an_anchor_for_one_model_makes_the_model_more_than_a_claim() {
    // Apple's certificates name no model.
    let valid = valid(plain(Registration::apple));
    assert_eq!(valid.judgement.verdict().facts.aaguid_verified, Some(false));
    let of_model = valid.but(|c| {
        let model = c.registration.authenticator_data.aaguid;
        c.store = Some(changed(c, |anchor| anchor.owned_by("Apple").for_models(&[model])));
    });
    assert_eq!(of_model.verdict().facts.aaguid_verified, Some(true));
}

#[test]
fn an_anchor_is_used_while_it_is_in_force() {
    let valid = valid(plain(Registration::packed_basic));
    let at = |seconds: i64| Some(UnixTime(TIME + seconds));
    let within = |from, until| {
        valid.but(|c| {
            c.store = Some(changed(c, |anchor| anchor.in_force(InForce::new(from, until))));
        })
    };
    passes(&within(at(0), at(0)), X11);
    fails(&within(at(1), None), X11, "path.no_anchor");
    fails(&within(None, at(-1)), X11, "path.no_anchor");
}

const MAKERS: [(Format, Make); 6] = [
    (Format::Packed, Registration::packed_basic),
    (Format::FidoU2f, Registration::fido_u2f),
    (Format::AndroidKey, Registration::android_key),
    (Format::Apple, Registration::apple),
    (Format::Tpm, Registration::tpm_ecc),
    (Format::AndroidSafetynet, Registration::safetynet),
];

/// Every format's own root is in the store, for one format: only the diagonal verifies.
#[test]
fn of_all_formats_and_all_anchors_only_the_diagonal_verifies() {
    for (row, (format, make)) in MAKERS.iter().enumerate() {
        let judge = |scope: &[Format]| {
            let mut enrollment = Enrollment::of(make("matrix"), Policy::webauthn());
            enrollment.store = Some(changed(&enrollment, |anchor| {
                let owner = if *format == Format::Apple { "Apple" } else { "Google" };
                anchor.owned_by(owner).for_formats(scope)
            }));
            enrollment.judge()
        };
        for (column, (scope, _)) in MAKERS.iter().enumerate() {
            let judgement = judge(&[*scope]);
            if row == column {
                passes(&judgement, X11);
            } else {
                fails(&judgement, X11, "path.no_anchor");
            }
        }
    }
}

#[test]
fn a_root_for_metadata_vouches_for_no_attestation() {
    let valid = valid(plain(Registration::packed_basic));
    let judgement = valid.but(|c| c.store = Some(changed(c, TrustAnchor::for_metadata)));
    fails(&judgement, X11, "path.no_anchor");
}

/// A reissue of a root leads to the same anchor; a certificate that shares only the name or only
/// the key is another root, and an operator who files it as a copy made a mistake.
#[test]
fn a_copy_in_a_store_file_has_the_name_and_the_key_of_its_anchor() {
    fn entry(root: &Authority) -> Value {
        let der = root.der();
        let fingerprint: String = sha256(&der).iter().map(|byte| format!("{byte:02x}")).collect();
        json!({ "certificate": URL_SAFE_NO_PAD.encode(der), "sha256": fingerprint })
    }
    let root = Authority::root("root");
    let with_copy = |change: fn(&mut Authority)| {
        let mut copy = root.clone();
        change(&mut copy);
        let mut anchor = entry(&root);
        anchor["name"] = json!("root");
        anchor["copies"] = json!([entry(&copy)]);
        let file = json!({ "trust_store": 1, "edition": "2026-11-22", "anchors": [anchor] });
        TrustStore::from_json(file.to_string().as_bytes())
    };
    let reissued = with_copy(|copy| copy.spec.not_after += 1).unwrap();
    assert_eq!(reissued.anchors()[0].provenance().copies.len(), 1);
    let refused = |change| {
        let error = with_copy(change).unwrap_err().to_string();
        assert_eq!(error, "trust store: root: a copy has another name or key");
    };
    refused(|copy| copy.spec.subject = Authority::root("other").spec.subject);
    refused(|copy| {
        let key = SigningKey::from_seed(KeyKind::Es256, "other");
        *copy = Authority::root_with_key("root", key);
    });
}

/// A verdict can be judged again only if it says under what it was judged.
#[test]
fn the_digest_of_a_store_covers_what_decides_and_nothing_else() {
    let der = Authority::root("root").der();
    let digest = |change: &dyn Fn(TrustAnchor) -> TrustAnchor| {
        TrustStore::new(vec![change(anchor(&der))]).digest()
    };
    let at = Some(UnixTime(TIME));
    let deciding: [&dyn Fn(TrustAnchor) -> TrustAnchor; 9] = [
        &|anchor| anchor,
        &|anchor| anchor.owned_by("Google"),
        &|anchor| anchor.for_formats(&[]),
        &|anchor| anchor.for_formats(&[Format::Packed]),
        &|anchor| anchor.for_models(&[[9; 16]]),
        &|anchor| anchor.for_metadata(),
        &|anchor| anchor.in_force(InForce::new(at, None)),
        &|anchor| anchor.in_force(InForce::new(None, at)),
        &|_| TrustAnchor::from_der(&Authority::root("other").der()).unwrap(),
    ];
    let different: BTreeSet<_> = deciding.iter().map(|change| digest(change)).collect();
    assert_eq!(different.len(), deciding.len());
    assert_eq!(digest(&|anchor| anchor.named("another name")), digest(&|anchor| anchor));
}
