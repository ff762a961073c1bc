//! What becomes of the chains of real phones: whether they lead to Google's roots, and what the
//! bank's profile says of them.
//!
//! The chains hold no WebAuthn response, so that they are judged from the key description on: what
//! was signed, and for which challenge, is not theirs to say.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]

use crate::encoding::certificate::{Certificate, oid};
use crate::policy::{Policy, Rule};
use crate::time::UnixTime;
use crate::trust::tests::real_chains;
use crate::trust::{AndroidStatusList, TrustAnchor, TrustStore};
use crate::verdict::{Facts, Failure, Format, Ledger};
use crate::webauthn::attestation_path;
use crate::webauthn::statement::android_evidence::{KeyUse, Setting, describe};
use crate::webauthn::statement::android_key;
use crate::webauthn::statement::key_description::KeyDescription;

/// The kind of each chain, whether it leads to Google's roots (dates left out), and what the
/// bank's profile says at a time that fits it. A refusal is its check and its code.
type Row = (&'static str, &'static str, Answer, Answer);
type Answer = Option<(&'static str, &'static str)>;

const OPEN: Answer = Some(("AK-12", "android.boot"));
const SOFTWARE: Answer = Some(("X-12", "path.published_key"));

const PHONES: &[Row] = &[
    // A Pixel 8a whose boot loader is unlocked.
    ("akita/sdk34/SB_RSA_NONE", "rkp", None, OPEN),
    ("akita/sdk34/TEE_EC_NONE", "rkp", None, OPEN),
    ("akita/sdk34/TEE_RSA_BASE+IMEI", "rkp", None, OPEN),
    ("akita/sdk34/TEE_RSA_NONE", "rkp", None, OPEN),
    ("akita/sdk34/TEE_RSA_NONE_USERAUTH", "rkp", None, OPEN),
    // A Pixel 3 whose boot loader is unlocked.
    ("blueline/sdk28/SB_RSA_NONE", "factory", None, OPEN),
    ("blueline/sdk28/SB_RSA_NONE_USERAUTH", "factory", None, OPEN),
    ("blueline/sdk28/TEE_EC_NONE", "factory", None, OPEN),
    ("blueline/sdk28/TEE_RSA_BASE+IMEI", "factory", None, OPEN),
    ("blueline/sdk28/TEE_RSA_NONE", "factory", None, OPEN),
    // A locked Pixel 9 Pro, with keys that may verify as well as sign.
    ("caiman/sdk36/SB_EC_RKP", "rkp", None, Some(("AK-9", "android.purpose"))),
    ("caiman/sdk36/TEE_EC_RKP", "rkp", None, Some(("AK-9", "android.purpose"))),
    // A Pixel without a working attestation key: software speaks for it.
    ("marlin/sdk29/TEE_EC_NONE", "unknown", SOFTWARE, Some(("AK-11", "android.security_level"))),
    ("marlin/sdk29/TEE_RSA_NONE", "unknown", SOFTWARE, Some(("AK-11", "android.security_level"))),
    // A locked Xperia 10 III, whose issuing certificate says CA:FALSE.
    (
        "sony-xperia10-iii/sdk33/TEE_EC",
        "factory",
        Some(("X-12", "path.issuer_not_ca")),
        Some(("X-12", "path.issuer_not_ca")),
    ),
];

struct Judged {
    kind: String,
    refusal: Option<(&'static str, &'static str)>,
    tolerances: Vec<&'static str>,
}

/// Judges a chain from its key description on.
fn judge(
    encoded: &[Vec<u8>],
    store: &TrustStore,
    policy: &Policy,
    time: Option<UnixTime>,
) -> Judged {
    let key = KeyUse::Credential { application: None, user_verified: true };
    let setting = Setting { policy, time, key };
    let certificates: Vec<Certificate<'_>> =
        encoded.iter().map(|der| Certificate::read(der).unwrap()).collect();
    let extension = certificates[0].extension(oid::ANDROID_KEY_DESCRIPTION).unwrap();
    let description = KeyDescription::read(extension.value).unwrap();
    let mut facts = Facts { android: Some(describe(&description)), ..Facts::default() };
    let mut ledger = Ledger::new();
    let refused = |failure: &Failure| (failure.check.as_str(), failure.code());
    let of_description =
        android_key::judge_description(&description, &certificates, &setting, &mut ledger);
    let of_path = attestation_path::judge(
        Format::AndroidKey,
        &certificates,
        false,
        None,
        &attestation_path::Trust { policy, store, time, status_time: time, aaguid: &[0; 16] },
        &mut ledger,
        &mut facts,
    );
    let failure = of_description.err().or(of_path.err());
    Judged {
        kind: facts.android.unwrap().chain.unwrap(),
        refusal: failure.as_ref().map(refused),
        tolerances: ledger.finish([]).1,
    }
}

/// About when the chain was made, while its issuers were valid.
fn fitting(name: &str) -> Option<UnixTime> {
    const TIMES: &[(&str, &str)] = &[
        ("akita", "2024-09-20T00:00:00Z"),
        ("blueline", "2019-09-20T00:00:00Z"),
        ("caiman", "2025-09-30T00:00:00Z"),
        ("marlin", "2019-09-20T00:00:00Z"),
        ("sony-xperia10-iii", "2023-09-20T00:00:00Z"),
    ];
    let (_, time) = TIMES.iter().find(|(model, _)| name.starts_with(model))?;
    Some(UnixTime::parse_rfc3339(time).unwrap())
}

fn store(roots: &[Vec<u8>], time: Option<UnixTime>) -> TrustStore {
    let anchor = |der: &Vec<u8>| TrustAnchor::from_der(der).unwrap().owned_by("Google");
    let anchors = roots.iter().map(anchor).collect();
    let list = AndroidStatusList::from_json(br#"{"entries":{}}"#, time.unwrap()).unwrap();
    TrustStore::new(anchors).with_android_status(list)
}

#[test]
fn every_real_phone_has_its_two_answers() {
    let Some((roots, chains)) = real_chains::read() else { return };
    let path_alone = Policy { certificate_dates: Rule::NotJudged, ..Policy::webauthn() };
    let bank = Policy::open_finance_brasil();
    assert_eq!(chains.len(), PHONES.len());
    for ((name, encoded), (known, kind, chains, policy)) in chains.iter().zip(PHONES) {
        let time = fitting(name);
        let store = store(&roots, time);
        assert_eq!(name, known);
        let found = judge(encoded, &store, &path_alone, None);
        assert_eq!((found.kind.as_str(), found.refusal), (*kind, *chains), "{name}: chains");
        let found = judge(encoded, &store, &bank, time);
        assert_eq!(found.refusal, *policy, "{name}: policy");
    }
}

/// One named change to the policy accepts each phone whose boot is in order.
#[test]
fn the_bank_can_take_the_locked_phones_by_a_named_change() {
    let Some((roots, chains)) = real_chains::read() else { return };
    let bank = Policy::open_finance_brasil;
    let verifying = Policy { android_sign_only: Rule::NotJudged, ..bank() };
    let no_ca = Policy { android_factory_issuer_ca: Rule::NotJudged, ..bank() };
    for (name, policy, tolerances) in [
        ("caiman/sdk36/SB_EC_RKP", &verifying, &[][..]),
        ("caiman/sdk36/TEE_EC_RKP", &verifying, &[]),
        ("sony-xperia10-iii/sdk33/TEE_EC", &no_ca, &["android_factory_issuer_ca"]),
    ] {
        let time = fitting(name);
        let store = store(&roots, time);
        let judged = judge(&chains[name], &store, policy, time);
        assert_eq!((judged.refusal, judged.tolerances.as_slice()), (None, tolerances), "{name}");
    }
}

/// The issuers of the Xperia expired in May 2026, those of the Pixel after some days.
#[test]
fn a_factory_chain_outlives_its_issuers_and_a_remote_one_does_not() {
    let Some((roots, chains)) = real_chains::read() else { return };
    let later = UnixTime::from_civil(2026, 11, 21, 12, 0, 0);
    let mut policy = Policy::open_finance_brasil();
    policy.android_sign_only = Rule::NotJudged;
    policy.android_factory_issuer_ca = Rule::NotJudged;
    policy.android_patch_age = None;
    let at = |name: &str| judge(&chains[name], &store(&roots, later), &policy, later).refusal;
    assert_eq!(at("sony-xperia10-iii/sdk33/TEE_EC"), None);
    assert_eq!(at("caiman/sdk36/TEE_EC_RKP"), Some(("AK-19", "path.expired")));
    policy.android_chain_dates = Rule::NotJudged;
    let at = |name: &str| judge(&chains[name], &store(&roots, later), &policy, later).refusal;
    assert_eq!(at("sony-xperia10-iii/sdk33/TEE_EC"), Some(("X-13", "path.expired")));
    assert_eq!(at("caiman/sdk36/TEE_EC_RKP"), Some(("X-13", "path.expired")));
}
