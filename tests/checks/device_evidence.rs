//! PO-6: evidence of the app and the device beside a passkey, over the challenge of its
//! registration.

use core::ops::{Deref, DerefMut};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use device_enrollment::policy::{
    AndroidApplication, AndroidApplicationRule, AndroidUserAuthentication, DeviceEvidenceRule,
    Digest, Policy, Rule,
};
use device_enrollment::verdict::CheckId::{self, Po2, Po5, Po6};
use device_enrollment::verdict::{AttestationType, Format, Outcome, Part, PartRole};
use device_enrollment::webauthn::app_attest::{
    AppAssertionExpectation, AppAttestEnvironment, AppAttestation,
};
use device_enrollment::webauthn::{
    AcceptedDeviceEvidence, AcceptedRegistration, DeviceEvidence, RegistrationResponse,
};
use device_enrollment::{Base64Reading, TrustAnchor, TrustStore, UnixTime, Verifier};
use device_enrollment_testkit::attestation::android_key::{application_id, root_of_trust, tag};
use device_enrollment_testkit::attestation::app_attest::{self, APP_ID, DEVELOPMENT};
use device_enrollment_testkit::authenticator_data::flag;
use device_enrollment_testkit::extension::android_key_description;
use device_enrollment_testkit::{AppAttestAssertion, Phone, Registration, TIME};
use serde_json::json;

use crate::harness::{Ceremony, Enrollment, Make, SEED, bank, fails, passes, status_list, valid};

type Judgement = device_enrollment::Judgement<AcceptedRegistration>;

const PACKAGE: &str = "br.bank.app";
const SIGNER: [u8; 32] = [7; 32];
const ANOTHER: &str = "TEAMID5678.example.bank.app";

/// A passkey, and what came beside it.
#[derive(Clone)]
struct Composite {
    passkey: Enrollment,
    sent: Sent,
    /// The status list of Android certificates.
    revoking: String,
}

/// The levers of the evidence.
#[derive(Clone)]
enum Sent {
    Nothing,
    /// The app's key, and what the bank expects of it.
    App {
        key: Box<Registration>,
        app_id: String,
        environment: AppAttestEnvironment,
    },
    /// The app's key on an Android phone; `certificates` in place of the right ones.
    Phone {
        key: Box<Registration>,
        certificates: Option<Vec<Vec<u8>>>,
    },
}

/// Apple hashes what the app hands over as client data: here the bytes of the challenge.
fn app() -> Sent {
    let mut key = Registration::app_attest("app key");
    key.client_data.bytes = Some(Registration::none(SEED).challenge);
    let environment = AppAttestEnvironment::Production;
    Sent::App { key: Box::new(key), app_id: APP_ID.into(), environment }
}

fn phone(phone: &Phone) -> Sent {
    let mut key = Registration::android_phone("phone key", phone);
    let description = key.key_description();
    description.challenge = Some(Registration::none(SEED).challenge);
    let id = application_id(&[(PACKAGE, 9)], &[SIGNER.to_vec()]);
    description.software_enforced.set(tag::ATTESTATION_APPLICATION_ID, id);
    Sent::Phone { key: Box::new(key), certificates: None }
}

fn listed(package: &str) -> Vec<AndroidApplication> {
    vec![AndroidApplication { package: package.into(), signing_digests: vec![Digest(SIGNER)] }]
}

/// A passkey under the bank's profile, its own app listed.
fn beside(make: Make, sent: Sent) -> Composite {
    let passkey = bank(make).given(|c| c.policy.android_applications = listed(PACKAGE));
    Composite { passkey, sent, revoking: "{}".into() }
}

impl Composite {
    fn given(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The app's key, whichever phone it is on.
    fn key(&mut self) -> &mut Registration {
        match &mut self.sent {
            Sent::App { key, .. } | Sent::Phone { key, .. } => key,
            Sent::Nothing => panic!("nothing was sent"),
        }
    }

    fn evidence(&self) -> Option<DeviceEvidence> {
        match &self.sent {
            Sent::Nothing => None,
            Sent::App { key, app_id, environment } => {
                let key_id = app_attest::key_identifier(&key.credential_key);
                let object = key.make().attestation_object;
                let attestation = AppAttestation::from_bytes(&key_id, &object);
                Some(DeviceEvidence::AppAttest {
                    attestation,
                    app_id: app_id.clone(),
                    environment: *environment,
                })
            }
            Sent::Phone { certificates: Some(certificates), .. } => {
                Some(DeviceEvidence::android_key(certificates.clone()))
            }
            Sent::Phone { key, certificates: None } => {
                Some(DeviceEvidence::android_key(chain_of(key)))
            }
        }
    }
}

/// The chain of a key, without the statement that WebAuthn puts around it.
fn chain_of(key: &Registration) -> Vec<Vec<u8>> {
    let mut key = key.clone();
    let description = key.key_description().to_der(b"no client data");
    key.chain().certificates(Some(android_key_description(description)))
}

impl Ceremony for Composite {
    type Accepted = AcceptedRegistration;

    fn judge(&self) -> Judgement {
        let parts = self.passkey.registration.make();
        let text = parts.to_json().to_string();
        let response =
            RegistrationResponse::from_webauthn_json(text.as_bytes(), Base64Reading::Strict);
        let mut anchors = parts.anchors;
        let mut owner = "Google";
        if let Sent::App { key, .. } | Sent::Phone { key, .. } = &self.sent {
            anchors.extend(key.make().anchors);
            if matches!(self.sent, Sent::App { .. }) {
                owner = "Apple";
            }
        }
        let anchors = anchors.iter().map(|der| TrustAnchor::from_der(der).unwrap().owned_by(owner));
        let store = TrustStore::new(anchors.collect())
            .with_android_status(status_list(&self.revoking, TIME));
        let store = self.passkey.store.clone().unwrap_or(store);
        let verifier = Verifier::new(self.passkey.policy.clone(), store);
        let (response, expected) = (response.unwrap(), &self.passkey.expectation);
        match self.evidence() {
            None => verifier.registration(&response, expected, self.time),
            Some(evidence) => {
                verifier.registration_with_evidence(&response, expected, &evidence, self.time)
            }
        }
    }
}

impl Deref for Composite {
    type Target = Enrollment;

    fn deref(&self) -> &Enrollment {
        &self.passkey
    }
}

impl DerefMut for Composite {
    fn deref_mut(&mut self) -> &mut Enrollment {
        &mut self.passkey
    }
}

/// The evidence among the parts: the last of them.
#[track_caller]
fn device(judgement: &Judgement) -> &Part {
    let part = judgement.verdict().parts.last().expect("a part");
    assert_eq!(part.role, PartRole::DeviceEvidence);
    part
}

/// The whole is refused by PO-6 and names the check of the part; everything before it in the part
/// was judged, nothing after it.
#[track_caller]
fn refused(judgement: &Judgement, check: &str, code: &str) {
    fails(judgement, Po6, "policy.device_evidence_refused");
    let failure = judgement.verdict().failure.as_ref().unwrap();
    let message = failure.message(device_enrollment::Language::EnUs);
    assert!(message.ends_with(&format!("found {check} ({code})")), "{message}");
    let part = device(judgement);
    let failure = part.failure.as_ref().unwrap();
    assert_eq!((failure.check.as_str(), failure.code()), (check, code));
    let failed = |outcome| outcome == Outcome::Failed;
    let at = part.checks.iter().position(|check| failed(check.outcome)).unwrap();
    assert_eq!(part.checks[at].id, failure.check);
    for (index, check) in part.checks.iter().enumerate().filter(|(index, _)| *index != at) {
        assert!(!failed(check.outcome), "{} failed too", check.id);
        let reached = check.outcome != Outcome::NotReached;
        assert_eq!(reached, index < at, "{} beside {}", check.id, failure.check);
    }
}

#[track_caller]
fn stands(part: &Part, id: CheckId) -> (Outcome, String) {
    let check = part.checks.iter().find(|check| check.id == id).expect("a check of the part");
    (check.outcome, check.evidence.to_string())
}

// ---------------------------------------------------------------- iPhones

#[test]
fn a_passkey_of_an_iphone_and_its_app_come_to_one_verdict() {
    let valid = valid(beside(Registration::none, app()));
    passes(&valid.judgement, Po6);
    let verdict = valid.judgement.verdict();
    assert_eq!(verdict.facts.attestation_type, Some(AttestationType::None));
    assert_eq!(verdict.parts.len(), 1);
    let part = device(&valid.judgement);
    assert!(part.verifies());
    assert_eq!(part.facts.format, Some(Format::AppleAppattest));
    assert!(part.facts.anchor.is_some());
    for id in [CheckId::Aa2, CheckId::Aa4, CheckId::Aa6, CheckId::X11, CheckId::X13] {
        assert_eq!(stands(part, id).0, Outcome::Passed, "{id}");
    }
    let json = serde_json::to_value(verdict).unwrap();
    assert_eq!(json["parts"][0]["role"], "device_evidence");
    assert_eq!(json["parts"][0]["facts"]["fmt"], "apple-appattest");
    assert_eq!(json["inputs"]["device_evidence"].as_str().unwrap().len(), 64);
}

/// The key that the app attested signs what the app asks for later.
#[test]
fn the_apps_key_comes_out_and_verifies_a_later_assertion() {
    let composite = beside(Registration::none, app());
    let judgement = valid(composite.clone()).judgement;
    let Some(AcceptedDeviceEvidence::AppAttest(app)) =
        &judgement.accepted().unwrap().device_evidence
    else {
        panic!("no app came out");
    };
    assert!(!app.receipt.is_empty());
    let mut composite = composite;
    let assertion = AppAttestAssertion::of(composite.key()).make();
    let expected =
        AppAssertionExpectation::new(APP_ID, assertion.client_data, app.public_key.clone(), 0);
    let verifier = Verifier::new(Policy::open_finance_brasil(), TrustStore::empty());
    let judged = verifier.app_assertion(&assertion.assertion, &expected);
    assert!(judged.accepted().is_ok(), "{:?}", judged.verdict().failure);
}

#[test]
fn evidence_over_another_challenge_is_refused() {
    let valid = valid(beside(Registration::none, app()));
    let old = valid.but(|c| c.key().client_data.bytes = Some(b"an earlier challenge".to_vec()));
    refused(&old, "AA-2", "apple.nonce");
    // The hash of the client data, as WebAuthn's own formats have it, is no substitute.
    let client_data = valid.with(|_| ()).passkey.registration.make().client_data_json;
    let hashed = valid.but(|c| c.key().client_data.bytes = Some(client_data));
    refused(&hashed, "AA-2", "apple.nonce");
}

#[test]
fn another_app_and_an_app_under_development_are_refused() {
    let valid = valid(beside(Registration::none, app()));
    let expecting = |wanted: &str, environment: AppAttestEnvironment| {
        valid.with(|c| {
            if let Sent::App { app_id, environment: expected, .. } = &mut c.sent {
                *app_id = wanted.into();
                *expected = environment;
            }
        })
    };
    let other = expecting(ANOTHER, AppAttestEnvironment::Production);
    refused(&other.judge(), "AA-4", "app_attest.app_id");
    let development = valid.with(|c| c.key().authenticator_data.aaguid = DEVELOPMENT);
    refused(&development.judge(), "AA-6", "app_attest.environment");
    let swapped = expecting(APP_ID, AppAttestEnvironment::Development);
    refused(&swapped.judge(), "AA-6", "app_attest.environment");
    let expected = swapped.given(|c| c.key().authenticator_data.aaguid = DEVELOPMENT).judge();
    passes(&expected, Po6);
    assert_eq!(stands(device(&expected), CheckId::Aa6).1, "development");
}

/// What was tolerated of the evidence is tolerated of the whole, where it verifies.
#[test]
fn tolerances_of_the_evidence_are_those_of_the_verdict() {
    let later = |c: &mut Composite| {
        let outputs = app_attest::launch_validation("1", 4);
        c.key().authenticator_data.extensions = Some(outputs);
    };
    let valid = valid(beside(Registration::none, app()).given(later));
    assert_eq!(valid.judgement.verdict().tolerances, ["app_attest_launch_validation"]);
    let refused = valid.but(spoil);
    assert!(refused.accepted().is_err());
    assert!(refused.verdict().tolerances.is_empty());
}

#[test]
fn evidence_without_an_anchor_is_refused() {
    let valid = valid(beside(Registration::none, app()));
    let unanchored = valid.but(|c| c.store = Some(TrustStore::empty()));
    refused(&unanchored, "X-11", "path.no_anchor");
    let late = valid.but(|c| c.time = Some(UnixTime(4_000_000_000)));
    refused(&late, "X-13", "path.expired");
}

// ---------------------------------------------------------------- Android

#[test]
fn a_synced_passkey_and_an_android_key_come_to_one_verdict() {
    for kind in [Phone::remote(), Phone::factory(), Phone::remote().strong_box()] {
        let valid = valid(beside(Registration::none, phone(&kind)));
        passes(&valid.judgement, Po6);
        let part = device(&valid.judgement);
        for id in [4, 11, 12, 13, 14, 16, 17, 18, 19] {
            let id = CheckId::ALL.iter().find(|check| check.as_str() == format!("AK-{id}"));
            assert_eq!(stands(part, *id.unwrap()).0, Outcome::Passed, "{id:?}");
        }
        for id in [CheckId::Ak2, CheckId::Ak3, CheckId::Ak15] {
            assert_eq!(stands(part, id).0, Outcome::NotApplicable, "{id}");
        }
        assert_eq!(part.facts.android.as_ref().unwrap().packages, [PACKAGE]);
        let key = valid.with(|_| ()).key().make().credential_spki;
        let accepted = valid.judgement.accepted().unwrap();
        let Some(AcceptedDeviceEvidence::AndroidKey { public_key }) = &accepted.device_evidence
        else {
            panic!("no key came out");
        };
        assert_eq!(*public_key, key);
    }
}

#[test]
fn an_android_key_over_another_challenge_is_refused() {
    let valid = valid(beside(Registration::none, phone(&Phone::remote())));
    let old = valid.but(|c| c.key().key_description().challenge = Some(vec![1; 32]));
    refused(&old, "AK-4", "android.challenge");
    let empty = valid.but(|c| c.key().key_description().challenge = Some(Vec::new()));
    refused(&empty, "AK-4", "android.challenge");
    // The statement of the passkey itself is over the hash of its client data.
    let own = valid.but(|c| {
        let object = c.passkey.registration.make().client_data_json;
        let hash = device_enrollment_testkit::scheme::sha256(&object);
        c.key().key_description().challenge = Some(hash.to_vec());
    });
    refused(&own, "AK-4", "android.challenge");
}

#[test]
fn a_revoked_chain_an_open_phone_and_an_old_one_are_refused() {
    let valid = valid(beside(Registration::none, phone(&Phone::remote())));
    let revoked = valid.but(|c| c.revoking = r#"{"1":{"status":"REVOKED"}}"#.into());
    refused(&revoked, "AK-18", "android.revoked");
    let hardware = |tag: u32, value: Vec<u8>| {
        valid.but(|c| c.key().key_description().hardware_enforced.set(tag, value))
    };
    let open = hardware(tag::ROOT_OF_TRUST, root_of_trust(SEED, false, 2));
    refused(&open, "AK-12", "android.boot");
    let old = valid.but(|c| {
        c.key().key_description().hardware_enforced.set_number(tag::OS_PATCH_LEVEL, 202_001);
    });
    refused(&old, "AK-13", "android.patch_level_old");
    let software = valid.but(|c| c.key().key_description().set_security_level(0));
    refused(&software, "AK-11", "android.security_level");
}

#[test]
fn a_chain_that_is_none_is_refused() {
    let valid = valid(beside(Registration::none, phone(&Phone::remote())));
    let sending = |change: fn(&mut Vec<Vec<u8>>)| {
        valid.but(|c| {
            let Sent::Phone { key, certificates } = &mut c.sent else { panic!("a phone") };
            let mut chain = chain_of(key);
            change(&mut chain);
            *certificates = Some(chain);
        })
    };
    passes(&sending(|_| ()), Po6);
    refused(&sending(Vec::clear), "AK-1", "statement.x5c_empty");
    refused(&sending(|x5c| x5c.resize(11, Vec::new())), "AK-1", "malformed.too_many");
    refused(&sending(|x5c| x5c[0] = vec![0x30; 9000]), "AK-1", "malformed.too_large");
    refused(&sending(|x5c| x5c[0] = b"?".to_vec()), "X-15", "malformed.truncated");
    // Its issuer alone describes no key.
    refused(&sending(|x5c| drop(x5c.remove(0))), "AK-4", "android.key_description_missing");
}

/// The app's key is of no model: an anchor that vouches for some models alone says nothing of it.
#[test]
fn an_anchor_for_some_models_does_not_vouch_for_an_apps_key() {
    let valid = valid(beside(Registration::none, phone(&Phone::remote())));
    let under = |models: Option<[u8; 16]>| {
        valid.but(|c| {
            let anchors = c.key().make().anchors;
            let anchors = anchors.iter().map(|der| {
                let anchor = TrustAnchor::from_der(der).unwrap().owned_by("Google");
                models.map_or(anchor.clone(), |model| anchor.for_models(&[model]))
            });
            let store = TrustStore::new(anchors.collect());
            c.store = Some(store.with_android_status(status_list("{}", TIME)));
        })
    };
    passes(&under(None), Po6);
    refused(&under(Some([5; 16])), "X-11", "path.no_anchor");
}

/// Any app of any genuine phone can make a key over a challenge that it was told.
#[test]
fn an_android_key_has_to_be_made_by_a_listed_app() {
    let valid = valid(beside(Registration::none, phone(&Phone::remote())));
    assert_eq!(stands(device(&valid.judgement), CheckId::Ak14).1, PACKAGE);
    use AndroidApplicationRule::{Listed, NotJudged, OwnApp};
    for rule in [NotJudged, OwnApp, Listed] {
        let under = |applications: Vec<AndroidApplication>| {
            valid.but(|c| {
                c.policy.android_application = rule;
                c.policy.android_applications = applications;
            })
        };
        passes(&under(listed(PACKAGE)), Po6);
        refused(&under(listed("br.shop")), "AK-14", "android.application_package");
        let other = vec![AndroidApplication {
            package: PACKAGE.into(),
            signing_digests: vec![Digest([8; 32])],
        }];
        refused(&under(other), "AK-14", "android.application_signer");
        let none = under(Vec::new());
        if rule == NotJudged {
            passes(&none, Po6);
            let stands = stands(device(&none), CheckId::Ak14);
            assert_eq!(stands, (Outcome::SkippedByPolicy, "android_application".into()));
        } else {
            refused(&none, "AK-14", "policy.evidence_not_loaded");
        }
    }
}

/// The app that ran the ceremony is the one that shows itself.
#[test]
fn an_origin_of_an_app_is_that_of_the_evidence() {
    let origin = |hash: &str| {
        let origin = format!("android:apk-key-hash:{hash}");
        let mut composite = beside(Registration::none, phone(&Phone::remote()));
        composite.registration.origin.clone_from(&origin);
        composite.registration.client_data.origin.clone_from(&origin);
        composite.expectation.origins = vec![device_enrollment::Origin::parse(&origin).unwrap()];
        composite
    };
    let own = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
    passes(&valid(origin(own)).judgement, Po6);
    passes(&origin(own).given(|c| c.policy.android_applications.clear()).judge(), Po6);
    let other = "CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg";
    refused(&origin(other).judge(), "AK-14", "android.application_origin");
}

/// The passkey verified the user; the key beside it was only made.
#[test]
fn the_terms_of_use_of_the_evidence_are_not_those_of_the_passkey() {
    let judged = AndroidUserAuthentication::Judged { longest_seconds: 0 };
    let terms = |c: &mut Composite| {
        c.policy.android_user_authentication = judged;
        c.key().key_description().hardware_enforced.set_present(tag::NO_AUTH_REQUIRED);
    };
    let valid = valid(beside(Registration::none, phone(&Phone::remote())).given(terms));
    passes(&valid.judgement, Po6);
    assert_eq!(stands(device(&valid.judgement), CheckId::Ak15).0, Outcome::NotApplicable);
}

// ---------------------------------------------------------------- the rule

#[derive(Clone, Copy, Debug, PartialEq)]
enum Came {
    Nothing,
    Good,
    Bad,
}

/// Three rules, three kinds of passkey, three kinds of evidence.
#[test]
fn what_comes_is_judged_and_what_is_asked_for_has_to_come() {
    use DeviceEvidenceRule::{Always, NotAsked, WhereUnattested};
    let passkeys: [(Make, bool); 3] = [
        (Registration::none, false),
        (Registration::packed_self, false),
        (Registration::packed_basic, true),
    ];
    for rule in [NotAsked, WhereUnattested, Always] {
        for (make, attested) in passkeys {
            for sent in [app(), phone(&Phone::remote())] {
                for came in [Came::Nothing, Came::Good, Came::Bad] {
                    let composite = beside(make, sent.clone()).given(|c| {
                        c.policy.device_evidence = rule;
                        match came {
                            Came::Nothing => c.sent = Sent::Nothing,
                            Came::Good => {}
                            Came::Bad => spoil(c),
                        }
                    });
                    let judged = composite.judge();
                    let outcome = judged.verdict().outcome(Po6);
                    match (came, rule, attested) {
                        (Came::Bad, ..) => {
                            fails(&judged, Po6, "policy.device_evidence_refused");
                        }
                        (Came::Good, ..) => passes(&judged, Po6),
                        (Came::Nothing, NotAsked, _) => {
                            assert!(judged.accepted().is_ok());
                            assert_eq!(outcome, Some(Outcome::SkippedByPolicy));
                        }
                        (Came::Nothing, WhereUnattested, true) => {
                            assert!(judged.accepted().is_ok());
                            assert_eq!(outcome, Some(Outcome::NotApplicable));
                        }
                        (Came::Nothing, ..) => {
                            fails(&judged, Po6, "policy.device_evidence_missing");
                        }
                    }
                    let parts = judged.verdict().parts.len();
                    assert_eq!(parts, usize::from(came != Came::Nothing));
                }
            }
        }
    }
}

/// Evidence of another ceremony.
fn spoil(composite: &mut Composite) {
    match &mut composite.sent {
        Sent::App { key, .. } => key.client_data.bytes = Some(b"another challenge".to_vec()),
        Sent::Phone { key, .. } => key.key_description().challenge = Some(vec![9; 32]),
        Sent::Nothing => panic!("nothing was sent"),
    }
}

/// Without a path, anybody could have made the certificates.
#[test]
fn an_attestation_whose_path_is_not_judged_counts_for_nothing() {
    let asked = |c: &mut Composite| {
        c.policy.device_evidence = DeviceEvidenceRule::WhereUnattested;
    };
    let valid = valid(beside(Registration::packed_basic, Sent::Nothing).given(asked));
    let unjudged = valid.but(|c| c.policy.attestation_path = Rule::NotJudged);
    fails(&unjudged, Po6, "policy.device_evidence_missing");
}

#[test]
fn a_compound_statement_and_evidence_keep_their_roles() {
    let valid = valid(beside(Registration::compound, app()).given(|c| {
        c.policy.android_applications.clear();
        c.policy.compound = device_enrollment::policy::CompoundRule::Any;
    }));
    let roles: Vec<_> = valid.judgement.verdict().parts.iter().map(|part| part.role).collect();
    use PartRole::{CompoundStatement, DeviceEvidence};
    assert_eq!(roles, [CompoundStatement, CompoundStatement, DeviceEvidence]);
}

/// A refused passkey is refused by its own check, whatever came beside it.
#[test]
fn evidence_mends_nothing() {
    let valid = valid(beside(Registration::none, app()));
    let other = valid.but(|c| c.expectation.challenge[0] ^= 1);
    fails(&other, CheckId::Cd7, "client_data.challenge");
    assert!(other.verdict().parts.is_empty());
    let typed = valid.but(|c| c.policy.attestation_types = Some(vec![AttestationType::Basic]));
    fails(&typed, Po2, "policy.attestation_type");
}

#[test]
fn the_evidence_and_what_is_expected_of_it_count_in_the_verdict() {
    let valid = valid(beside(Registration::none, app()));
    let digest = |judgement: &Judgement| {
        judgement.verdict().inputs.device_evidence.as_ref().map(|digest| digest.value())
    };
    let other = valid.but(|c| {
        let Sent::App { app_id, .. } = &mut c.sent else { panic!("an app") };
        *app_id = ANOTHER.into();
    });
    assert!(digest(&other).is_some());
    assert_ne!(digest(&other), digest(&valid.judgement));
    let none = valid.but(|c| c.sent = Sent::Nothing);
    assert_eq!(digest(&none), None);
    let json = serde_json::to_value(none.verdict()).unwrap();
    assert!(json["inputs"].get("device_evidence").is_none());
}

// ---------------------------------------------------------------- device_bound_only

#[test]
fn the_device_bound_profile_takes_attested_hardware_alone() {
    let under = |make: Make| {
        let mut registration = make(SEED);
        registration.authenticator_data.set_flag(flag::USER_VERIFIED);
        Enrollment::of(registration, Policy::device_bound_only())
    };
    for make in [Registration::packed_basic, Registration::android_key, Registration::apple] {
        let valid = valid(under(make));
        passes(&valid.judgement, Po2);
        passes(&valid.judgement, Po5);
        assert_eq!(valid.judgement.verdict().profile, "device_bound_only");
    }
    for make in [Registration::none, Registration::packed_self] {
        assert!(bank(make).judge().accepted().is_ok());
        fails(&under(make).judge(), Po2, "policy.attestation_type");
    }
    let eligible = valid(under(Registration::packed_basic))
        .but(|c| c.registration.authenticator_data.set_flag(flag::BACKUP_ELIGIBLE));
    fails(&eligible, Po5, "policy.backup_eligible");
    // Evidence beside it does not make up for a passkey that speaks for itself.
    let composite =
        beside(Registration::none, app()).given(|c| c.policy = Policy::device_bound_only()).judge();
    fails(&composite, Po2, "policy.attestation_type");
}

/// What the tests of the bindings judge: enrollments with evidence, as `device-enrollment verify`
/// reads them. `UPDATE_EVIDENCE=1` writes them.
#[test]
fn the_enrollments_of_the_bindings_are_what_is_made_here() {
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    for (name, sent) in [("app-attest", app()), ("android-key", phone(&Phone::remote()))] {
        let composite = valid(beside(Registration::none, sent)).with(|_| {});
        let registration = &composite.passkey.registration;
        let (expected, anchors) = match &composite.sent {
            Sent::App { key, app_id, .. } => {
                let app = json!({ "app_id": app_id, "environment": "production" });
                (json!({ "app_attest": app }), key.make().anchors)
            }
            Sent::Phone { key, .. } => {
                let applications = json!(composite.passkey.policy.android_applications);
                (json!({ "android_applications": applications }), key.make().anchors)
            }
            Sent::Nothing => unreachable!(),
        };
        let evidence = match composite.evidence().unwrap() {
            DeviceEvidence::AppAttest { .. } => {
                let Sent::App { key, .. } = &composite.sent else { unreachable!() };
                json!({ "app_attest": {
                    "key_id": encode(&app_attest::key_identifier(&key.credential_key)),
                    "attestation_object": encode(&key.make().attestation_object),
                } })
            }
            DeviceEvidence::AndroidKey { certificates } => {
                let x5c: Vec<String> = certificates.iter().map(|der| encode(der)).collect();
                json!({ "android_key": { "x5c": x5c } })
            }
            _ => unreachable!(),
        };
        let mut expect = json!({
            "challenge": encode(&registration.challenge),
            "rp_id": registration.rp_id,
            "origins": [registration.origin],
            "algs": [registration.credential_algorithm],
            "time": UnixTime(TIME).to_string(),
            "trust_anchors": anchors.iter().map(|der| encode(der)).collect::<Vec<_>>(),
        });
        expect.as_object_mut().unwrap().extend(expected.as_object().unwrap().clone());
        let request = registration.make().to_json();
        let file = json!({ "expect": expect, "request": request, "evidence": evidence });
        let text = format!("{}\n", serde_json::to_string_pretty(&file).unwrap());
        let path = format!("{}/bindings/evidence/{name}.json", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("UPDATE_EVIDENCE").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "{path}: UPDATE_EVIDENCE=1");
    }
}
