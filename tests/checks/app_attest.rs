//! AA-1 to AA-8: Apple App Attest, which attests an app's key and has two ceremonies of its own.

use core::ops::{Deref, DerefMut};

use device_enrollment::policy::Rule;
use device_enrollment::verdict::CheckId::{
    Aa1, Aa2, Aa3, Aa4, Aa5, Aa6, Aa7, Aa8, X1, X2, X3, X9, X11, X12, X13, X15, X17,
};
use device_enrollment::verdict::{Format, Outcome};
use device_enrollment::webauthn::app_attest::{
    AcceptedAppAssertion, AcceptedAppAttestation, AppAssertionExpectation, AppAttestEnvironment,
    AppAttestation, AppAttestationExpectation,
};
use device_enrollment::{Policy, TrustAnchor, TrustStore, UnixTime, Verifier};
use device_enrollment_testkit::attestation::app_attest::{
    self, APP_ID, key_properties, key_properties_extension, launch_validation,
};
use device_enrollment_testkit::authenticator_data::flag;
use device_enrollment_testkit::cbor::{self, Entries, Value};
use device_enrollment_testkit::extension::{apple_fields, basic_constraints, oid};
use device_enrollment_testkit::{
    AppAttestAssertion, Authority, CertificateSpec, Edit, KeyKind, Registration, SigningKey, TIME,
    der,
};

use crate::harness::{Ceremony, Make, SEED, Valid, fails, passes, plain, store, valid};

/// Another app, of another team.
const ANOTHER: &str = "TEAMID5678.example.bank.app";

/// The attestation of an app's key, in the setting that it is judged in.
#[derive(Clone)]
struct AppKey {
    registration: Registration,
    /// The key identifier that the app sends; by default the right one.
    key_id: Option<Vec<u8>>,
    app_id: String,
    environment: AppAttestEnvironment,
    policy: Policy,
    store: Option<TrustStore>,
    time: Option<UnixTime>,
    /// Another client data than the app hashed.
    client_data: Option<Vec<u8>>,
}

fn app_key(make: Make) -> AppKey {
    AppKey {
        registration: make(SEED),
        key_id: None,
        app_id: APP_ID.into(),
        environment: AppAttestEnvironment::Production,
        policy: Policy::open_finance_brasil(),
        store: None,
        time: Some(UnixTime(TIME)),
        client_data: None,
    }
}

impl Ceremony for AppKey {
    type Accepted = AcceptedAppAttestation;

    fn judge(&self) -> device_enrollment::Judgement<AcceptedAppAttestation> {
        let parts = self.registration.make();
        let client_data = self.client_data.clone().unwrap_or(parts.client_data_json);
        let mut expected = AppAttestationExpectation::new(self.app_id.clone(), client_data);
        expected.environment = self.environment;
        let key_id = app_attest::key_identifier(&self.registration.credential_key);
        let key_id = self.key_id.clone().unwrap_or(key_id.to_vec());
        let response = AppAttestation::from_bytes(&key_id, &parts.attestation_object);
        let store = self.store.clone().unwrap_or_else(|| store(&parts.anchors));
        let verifier = Verifier::new(self.policy.clone(), store);
        verifier.app_attestation(&response, &expected, self.time)
    }
}

impl Deref for AppKey {
    type Target = Registration;

    fn deref(&self) -> &Registration {
        &self.registration
    }
}

impl DerefMut for AppKey {
    fn deref_mut(&mut self) -> &mut Registration {
        &mut self.registration
    }
}

type Judgement = device_enrollment::Judgement<AcceptedAppAttestation>;

fn leaf(
    valid: &Valid<AppKey>,
    change: impl Fn(&mut CertificateSpec) + Send + Sync + 'static,
) -> Judgement {
    valid.but(|c| c.chain().edit_leaf = Edit::new(change))
}

fn statement(
    valid: &Valid<AppKey>,
    change: impl Fn(&mut Entries) + Send + Sync + 'static,
) -> Judgement {
    valid.but(|c| c.attestation.edit_statement = Edit::new(change))
}

#[test]
fn what_has_to_be_stored_comes_out() {
    let valid = valid(app_key(Registration::app_attest));
    let accepted = valid.judgement.accepted().unwrap();
    let parts = valid.with(|_| ()).make();
    assert_eq!(accepted.key_id, parts.credential_id);
    assert_eq!(accepted.public_key, parts.credential_public_key);
    let facts = &valid.judgement.verdict().facts;
    assert_eq!(facts.format, Some(Format::AppleAppattest));
    assert_eq!(facts.certificates.len(), 2);
    assert!(facts.anchor.is_some());
    assert!(valid.judgement.verdict().tolerances.is_empty());
    let json = serde_json::to_value(valid.judgement.verdict()).unwrap();
    assert_eq!(json["ceremony"], "app_attestation");
}

#[test]
fn x5c_has_exactly_two_certificates() {
    let valid = valid(app_key(Registration::app_attest));
    passes(&valid.judgement, Aa1);
    let one = valid.but(|c| {
        c.chain().edit_certificates = Edit::new(|x5c: &mut Vec<Vec<u8>>| x5c.truncate(1));
    });
    fails(&one, Aa1, "statement.x5c_count");
    fails(&valid.but(|c| c.chain().include_root = true), Aa1, "statement.x5c_count");
    let x5c = |value: Value| statement(&valid, move |s| cbor::set(s, "x5c", value.clone()));
    fails(&x5c(Value::Array(Vec::new())), Aa1, "statement.x5c_empty");
    fails(&x5c(cbor::bytes([1])), Aa1, "statement.member_type");
    fails(&x5c(Value::Array(vec![cbor::bytes([0x30, 0]); 11])), Aa1, "malformed.too_many");
    fails(&x5c(Value::Array(vec![cbor::bytes([0x30, 0]); 2])), X15, "malformed.truncated");
    fails(&statement(&valid, |s| drop(cbor::remove(s, "x5c"))), Aa1, "statement.member_missing");
}

#[test]
fn the_statement_has_certificates_and_a_receipt_and_nothing_else() {
    let valid = valid(app_key(Registration::app_attest));
    passes(&valid.judgement, X2);
    fails(&statement(&valid, |s| drop(cbor::remove(s, "receipt"))), X2, "statement.member_missing");
    let text = statement(&valid, |s| cbor::set(s, "receipt", cbor::text("x")));
    fails(&text, X2, "statement.member_type");
    let alg = statement(&valid, |s| s.insert(0, (cbor::text("alg"), cbor::integer(-7))));
    fails(&alg, X2, "statement.member_unexpected");
}

#[test]
fn the_receipt_is_kept_as_it_came() {
    let valid = valid(app_key(Registration::app_attest));
    passes(&valid.judgement, Aa8);
    let receipt = valid.with(|_| ()).app_attest_statement().receipt.clone();
    assert_eq!(valid.judgement.accepted().unwrap().receipt, receipt);
    // Apple signs it, and it is verified by Apple: whatever it says is handed on.
    let other = valid.but(|c| c.app_attest_statement().receipt = vec![7]);
    passes(&other, Aa8);
    assert_eq!(other.accepted().unwrap().receipt, [7]);
    let empty = valid.but(|c| c.app_attest_statement().receipt.clear());
    fails(&empty, Aa8, "app_attest.receipt");
}

#[test]
fn the_nonce_extension_is_one_tagged_octet_string_of_32_bytes() {
    let valid = valid(app_key(Registration::app_attest));
    passes(&valid.judgement, Aa2);
    let missing = leaf(&valid, |leaf| leaf.remove_extension(oid::APPLE_NONCE));
    fails(&missing, Aa2, "certificate.extension_missing");
    for nonce in [vec![7; 31], vec![7; 33], Vec::new()] {
        let judgement = valid.but(|c| c.app_attest_statement().nonce = Some(nonce));
        fails(&judgement, Aa2, "certificate.extension_form");
    }
    /// Another spelling of a right extension: 30 24 a1 22 04 20 …
    type Spelling = fn(&mut Vec<u8>);
    let spellings: [Spelling; 6] = [
        |value| value[2] = 0xa0,
        |value| value[2] = 0xa2,
        |value| value[0] = der::tag::SET,
        |value| value[4] = der::tag::UTF8,
        |value| value.push(0),
        |value| *value = value[2..].to_vec(),
    ];
    for spelling in spellings {
        let judgement = leaf(&valid, move |leaf| {
            spelling(&mut leaf.extension_mut(oid::APPLE_NONCE).value);
        });
        fails(&judgement, Aa2, "certificate.extension_form");
    }
    let twice = leaf(&valid, |leaf| {
        let extension = leaf.extension_mut(oid::APPLE_NONCE).clone();
        leaf.extensions.push(extension);
    });
    fails(&twice, X15, "certificate.duplicate_extension");
}

#[test]
fn the_nonce_commits_to_the_client_data_that_was_expected() {
    let valid = valid(app_key(Registration::app_attest));
    passes(&valid.judgement, Aa2);
    let other = valid.but(|c| c.app_attest_statement().nonce = Some(vec![7; 32]));
    fails(&other, Aa2, "apple.nonce");
    let client_data = |bytes: &[u8]| valid.but(|c| c.client_data = Some(bytes.to_vec()));
    fails(&client_data(b""), Aa2, "apple.nonce");
    fails(&client_data(b"another challenge"), Aa2, "apple.nonce");
    // One bit of authenticator data (here of the counter), and one of the client data hash.
    for position in [36, 200] {
        let other = valid.but(|c| {
            c.attestation.edit_signed_bytes = Edit::new(move |bytes: &mut Vec<u8>| {
                let position = position.min(bytes.len() - 1);
                bytes[position] ^= 1;
            });
        });
        fails(&other, Aa2, "apple.nonce");
    }
}

#[test]
fn the_attested_key_is_the_leafs_on_p256() {
    let valid = valid(app_key(Registration::app_attest));
    passes(&valid.judgement, X9);
    passes(&valid.judgement, Aa3);
    for kind in [KeyKind::Es256, KeyKind::Es384, KeyKind::Rsa2048] {
        let key = SigningKey::from_seed(kind, "another");
        fails(&valid.but(|c| c.chain().set_leaf_key(key)), Aa3, "certificate.leaf_key");
    }
    // A key of another curve, in the leaf as in authenticator data.
    let p384 = valid.but(|c| {
        let key = SigningKey::from_seed(KeyKind::Es384, "another");
        c.authenticator_data.public_key = key.cose_key(-35);
        c.chain().set_leaf_key(key);
    });
    fails(&p384, Aa3, "key.curve");
    let none = valid.but(|c| c.authenticator_data.clear_flag(flag::ATTESTED));
    fails(&none, X9, "authenticator_data.attested_data_missing");
    let broken = valid.but(|c| cbor::remove_label(&mut c.authenticator_data.public_key, -3));
    fails(&broken, X9, "key.member_missing");
}

#[test]
fn the_key_id_is_the_hash_of_the_key_inside_and_outside() {
    let valid = valid(app_key(Registration::app_attest));
    passes(&valid.judgement, Aa3);
    let inside = |id: Vec<u8>| valid.but(|c| c.authenticator_data.credential_id = id);
    let outside = |id: Vec<u8>| valid.but(|c| c.key_id = Some(id));
    let right = valid.with(|_| ()).authenticator_data.credential_id.clone();
    for wrong in [Vec::new(), vec![7; 32], right[..31].to_vec(), [&right[..], &[0]].concat()] {
        fails(&inside(wrong.clone()), Aa3, "app_attest.key_id");
        fails(&outside(wrong), Aa3, "app_attest.key_id");
    }
    // The same wrong id on both sides agrees with itself, and not with the key.
    let both = valid.but(|c| {
        c.authenticator_data.credential_id = vec![7; 32];
        c.key_id = Some(vec![7; 32]);
    });
    fails(&both, Aa3, "app_attest.key_id");
}

#[test]
fn the_app_is_the_expected_one_in_authenticator_data_and_in_the_certificate() {
    let valid = valid(app_key(Registration::app_attest));
    passes(&valid.judgement, Aa4);
    fails(&valid.but(|c| c.app_id = ANOTHER.into()), Aa4, "app_attest.app_id");
    let hash = device_enrollment_testkit::scheme::sha256(ANOTHER.as_bytes());
    let elsewhere = valid.but(|c| c.authenticator_data.rp_id_hash = hash);
    fails(&elsewhere, Aa4, "app_attest.app_id");
    let certified = leaf(&valid, |leaf| leaf.set_extension(key_properties_extension(ANOTHER)));
    fails(&certified, Aa4, "app_attest.app_id");
    // A right field after a wrong one makes up for nothing.
    let both = leaf(&valid, |leaf| {
        let mut fields = key_properties(ANOTHER);
        fields.extend(key_properties(APP_ID));
        leaf.set_extension(apple_fields(oid::APPLE_KEY_PROPERTIES, &fields));
    });
    fails(&both, Aa4, "app_attest.app_id");
}

#[test]
fn a_certificate_that_names_no_app_is_left_to_the_hash() {
    let valid = valid(app_key(Registration::app_attest));
    passes(&valid.judgement, Aa4);
    let without = leaf(&valid, |leaf| leaf.remove_extension(oid::APPLE_KEY_PROPERTIES));
    passes(&without, Aa4);
    let unnamed = leaf(&valid, |leaf| {
        let fields = key_properties(APP_ID).into_iter();
        let fields: Vec<_> = fields.filter(|(number, _)| *number != 1204).collect();
        leaf.set_extension(apple_fields(oid::APPLE_KEY_PROPERTIES, &fields));
    });
    passes(&unnamed, Aa4);
    let properties = |change: fn(&mut Vec<u8>)| {
        leaf(&valid, move |leaf| change(&mut leaf.extension_mut(oid::APPLE_KEY_PROPERTIES).value))
    };
    fails(&properties(|value| value.push(0)), Aa4, "malformed.trailing");
    fails(&properties(|value| value[0] = der::tag::SET), Aa4, "malformed.der_tag");
    let text = leaf(&valid, |leaf| {
        let field = (1204, der::tlv(der::tag::UTF8, APP_ID.as_bytes()));
        leaf.set_extension(apple_fields(oid::APPLE_KEY_PROPERTIES, &[field]));
    });
    fails(&text, Aa4, "malformed.der_tag");
}

#[test]
fn the_counter_of_a_new_key_is_zero() {
    let valid = valid(app_key(Registration::app_attest));
    passes(&valid.judgement, Aa5);
    for count in [1, 0x8000_0000, u32::MAX] {
        let judgement = valid.but(|c| c.authenticator_data.sign_count = count);
        fails(&judgement, Aa5, "app_attest.counter");
    }
}

#[test]
fn a_key_comes_from_the_environment_that_was_expected() {
    let production = valid(app_key(Registration::app_attest));
    passes(&production.judgement, Aa6);
    let made = |c: &mut AppKey| c.authenticator_data.aaguid = app_attest::DEVELOPMENT;
    let expected = |c: &mut AppKey| c.environment = AppAttestEnvironment::Development;
    fails(&production.but(made), Aa6, "app_attest.environment");
    fails(&production.but(expected), Aa6, "app_attest.environment");
    let development = production.with(|c| {
        made(c);
        expected(c);
    });
    passes(&development.judge(), Aa6);
    for other in [[0; 16], *b"appattestDevelop", *b"appattest\0\0\0\0\0\0\x01"] {
        let judgement = production.but(|c| c.authenticator_data.aaguid = other);
        fails(&judgement, Aa6, "app_attest.environment");
    }
}

#[test]
fn the_certificates_lead_to_the_anchor_for_app_attest() {
    let valid = valid(app_key(Registration::app_attest));
    passes(&valid.judgement, X11);
    passes(&valid.judgement, X12);
    passes(&valid.judgement, X13);
    fails(&valid.but(|c| c.store = Some(TrustStore::empty())), X11, "path.no_anchor");
    let another = valid.but(|c| c.anchors = Some(vec![Authority::root("another").der()]));
    fails(&another, X11, "path.anchor_not_reached");
    // An anchor for Apple's passkeys does not vouch for apps.
    let scoped = |format| {
        let anchor = TrustAnchor::from_der(&valid.with(|_| ()).make().anchors[0]).unwrap();
        valid.but(|c| c.store = Some(TrustStore::new(vec![anchor.for_formats(&[format])])))
    };
    passes(&scoped(Format::AppleAppattest), X11);
    fails(&scoped(Format::Apple), X11, "path.no_anchor");
    let authority = leaf(&valid, |leaf| leaf.set_extension(basic_constraints(Some(true), None)));
    fails(&authority, X12, "certificate.leaf_is_ca");
    let expired = valid.but(|c| c.leaf().set_validity(0, 1));
    fails(&expired, X13, "path.expired");
    fails(&valid.but(|c| c.time = None), X13, "malformed.missing");
    let unjudged = valid.but(|c| {
        c.store = Some(TrustStore::empty());
        c.policy.attestation_path = Rule::NotJudged;
    });
    assert!(unjudged.accepted().is_ok());
    assert_eq!(unjudged.verdict().outcome(X11), Some(Outcome::SkippedByPolicy));
}

#[test]
fn the_object_is_strict_and_its_format_is_app_attests() {
    let valid = valid(app_key(Registration::app_attest));
    passes(&valid.judgement, X1);
    passes(&valid.judgement, X17);
    let bytes = |change: fn(&mut Vec<u8>)| {
        valid.but(|c| c.attestation.edit_object_bytes = Edit::new(change))
    };
    fails(&bytes(|b| b.push(0)), X1, "malformed.trailing");
    fails(&bytes(|b| b.resize(32 * 1024 + 1, 0)), X1, "malformed.too_large");
    for other in ["", "apple", "packed", "none", "compound", "Apple-appattest", "apple-appattest "]
    {
        let judgement = valid.but(|c| c.attestation.format = other.into());
        fails(&judgement, X17, "attestation.format_unknown");
    }
}

#[test]
fn one_map_of_launch_validation_may_follow_unannounced() {
    let valid = valid(app_key(Registration::app_attest_with_launch_validation));
    passes(&valid.judgement, X3);
    assert_eq!(valid.judgement.verdict().tolerances, ["app_attest_launch_validation"]);
    let before = app_key(Registration::app_attest).make().authenticator_data.len();
    assert_eq!(valid.with(|_| ()).make().authenticator_data.len(), before + 62);
    // The 63rd byte.
    fails(&valid.but(|c| c.authenticator_data.trailing = vec![0]), X3, "malformed.flags");
    fails(&valid.but(|c| c.authenticator_data.trailing = vec![0xa0]), X3, "malformed.flags");
    // Announced, it is what WebAuthn has; no tolerance is needed.
    let announced = valid.but(|c| c.authenticator_data.set_flag(flag::EXTENSIONS));
    passes(&announced, X3);
    assert!(announced.verdict().tolerances.is_empty());
}

#[test]
fn nothing_but_the_two_known_outputs_may_follow() {
    let valid = valid(app_key(Registration::app_attest_with_launch_validation));
    passes(&valid.judgement, X3);
    let outputs = |entries: Vec<(&str, Value)>| {
        let map = entries.into_iter().map(|(name, value)| (cbor::text(name), value)).collect();
        valid.but(|c| c.authenticator_data.extensions = Some(Value::Map(map)))
    };
    let version = || ("apple_bundle_version_01", cbor::text("1"));
    let category = || ("apple_validation_category_01", cbor::bytes([4, 0, 0, 0]));
    passes(&outputs(vec![version(), category()]), X3);
    for unknown in ["zz", "apple_bundle_version_02", "credProtect", ""] {
        let judgement = outputs(vec![(unknown, cbor::text("1"))]);
        fails(&judgement, X3, "malformed.type");
    }
    let number = outputs(vec![("apple_bundle_version_01", cbor::integer(1))]);
    fails(&number, X3, "malformed.type");
    for length in [0, 3, 5] {
        let category = ("apple_validation_category_01", cbor::bytes(vec![4; length]));
        fails(&outputs(vec![category]), X3, "malformed.type");
    }
    fails(&outputs(Vec::new()), X3, "malformed.type");
    fails(&outputs(vec![version(), version()]), X3, "malformed.cbor_duplicate");
    fails(&outputs(vec![category(), version()]), X3, "malformed.cbor_order");
    let bytes = |bytes: Vec<u8>| valid.but(|c| c.authenticator_data.extensions_bytes = Some(bytes));
    fails(&bytes(vec![0]), X3, "malformed.type");
    fails(&bytes(vec![0x80]), X3, "malformed.type");
    let encoded = cbor::encode(&launch_validation("1", 4));
    fails(&bytes(encoded[..61].to_vec()), X3, "malformed.truncated");
    // Announced does not mean free: the same two and no others.
    let announced = valid.but(|c| {
        let map = Value::Map(vec![(cbor::text("zz"), cbor::text("1"))]);
        c.authenticator_data.set_extensions(map);
    });
    fails(&announced, X3, "malformed.type");
}

#[test]
fn the_same_bytes_are_refused_where_app_attest_is_not_judged() {
    let packed = valid(plain(Registration::packed_self));
    let judgement = packed.but(|c| {
        c.authenticator_data.extensions = Some(launch_validation("1", 4));
    });
    fails(&judgement, X3, "malformed.flags");
}

#[test]
fn an_app_attest_object_is_no_registration() {
    let app = plain(Registration::app_attest).given(|c| {
        // All that a registration would want to see before the format.
        c.authenticator_data.set_flag(flag::USER_PRESENT);
    });
    fails(&app.judge(), X17, "attestation.format_not_verified");
}

/// An assertion by an app's key, in the setting that it is judged in.
#[derive(Clone)]
struct AppLogin {
    assertion: AppAttestAssertion,
    app_id: String,
    sign_count: u32,
    public_key: Vec<u8>,
}

fn app_login() -> AppLogin {
    let assertion = AppAttestAssertion::of(&Registration::app_attest(SEED));
    let public_key = assertion.credential_public_key.clone();
    AppLogin { assertion, app_id: APP_ID.into(), sign_count: 0, public_key }
}

impl Ceremony for AppLogin {
    type Accepted = AcceptedAppAssertion;

    fn judge(&self) -> device_enrollment::Judgement<AcceptedAppAssertion> {
        let parts = self.assertion.make();
        let expected = AppAssertionExpectation::new(
            self.app_id.clone(),
            parts.client_data,
            self.public_key.clone(),
            self.sign_count,
        );
        let verifier = Verifier::new(Policy::open_finance_brasil(), TrustStore::empty());
        verifier.app_assertion(&parts.assertion, &expected)
    }
}

impl Deref for AppLogin {
    type Target = AppAttestAssertion;

    fn deref(&self) -> &AppAttestAssertion {
        &self.assertion
    }
}

impl DerefMut for AppLogin {
    fn deref_mut(&mut self) -> &mut AppAttestAssertion {
        &mut self.assertion
    }
}

#[test]
fn an_assertion_is_signed_over_the_nonce() {
    let valid = valid(app_login());
    passes(&valid.judgement, Aa7);
    assert_eq!(valid.judgement.accepted().unwrap().sign_count, 1);
    let json = serde_json::to_value(valid.judgement.verdict()).unwrap();
    assert_eq!(json["ceremony"], "app_assertion");
    // As WebAuthn signs: over authenticator data and hash, hashed once.
    let parts = valid.with(|_| ()).make();
    let hash = device_enrollment_testkit::scheme::sha256(&parts.client_data);
    let message = [&parts.authenticator_data[..], &hash].concat();
    let webauthn = valid.but(|c| {
        c.edit_signed_bytes = Edit::new(move |signed: &mut Vec<u8>| signed.clone_from(&message));
    });
    fails(&webauthn, Aa7, "signature.invalid");
    let bit = valid.but(|c| c.edit_signature = Edit::new(|s: &mut Vec<u8>| s[9] ^= 1));
    fails(&bit, Aa7, "signature.invalid");
    let empty = valid.but(|c| c.edit_signature = Edit::new(Vec::clear));
    fails(&empty, Aa7, "signature.invalid");
    let data = valid.but(|c| c.edit_client_data = Edit::new(|d: &mut Vec<u8>| d.push(b' ')));
    fails(&data, Aa7, "signature.invalid");
    let counter = valid.but(|c| c.edit_authenticator_data = Edit::new(|d: &mut Vec<u8>| d[36] = 9));
    fails(&counter, Aa7, "signature.invalid");
    let another = SigningKey::from_seed(KeyKind::Es256, "another");
    let another = valid.but(|c| c.public_key = cbor::encode(&another.cose_key(-7)));
    fails(&another, Aa7, "signature.invalid");
}

#[test]
fn the_counter_of_an_assertion_grows() {
    let valid = valid(app_login());
    passes(&valid.judgement, Aa7);
    let counted = |stored: u32, received: u32| {
        valid.but(|c| {
            c.sign_count = stored;
            c.authenticator_data.sign_count = received;
        })
    };
    passes(&counted(0, u32::MAX), Aa7);
    passes(&counted(u32::MAX - 1, u32::MAX), Aa7);
    // Two zeros are no exception here: every assertion of App Attest counts.
    for (stored, received) in [(0, 0), (1, 1), (2, 1), (u32::MAX, u32::MAX), (u32::MAX, 0)] {
        fails(&counted(stored, received), Aa7, "credential.counter");
    }
}

#[test]
fn an_assertion_is_for_the_expected_app() {
    let valid = valid(app_login());
    passes(&valid.judgement, Aa4);
    fails(&valid.but(|c| c.app_id = ANOTHER.into()), Aa4, "app_attest.app_id");
    let hash = device_enrollment_testkit::scheme::sha256(ANOTHER.as_bytes());
    let elsewhere = valid.but(|c| c.authenticator_data.rp_id_hash = hash);
    fails(&elsewhere, Aa4, "app_attest.app_id");
}

#[test]
fn the_stored_key_is_read_like_any_other() {
    let valid = valid(app_login());
    passes(&valid.judgement, X9);
    let stored = |bytes: &[u8]| valid.but(|c| c.public_key = bytes.to_vec());
    fails(&stored(&[]), X9, "malformed.truncated");
    fails(&stored(&[0xa0]), X9, "key.member_missing");
}

#[test]
fn the_authenticator_data_of_an_assertion_has_37_bytes() {
    let valid = valid(app_login());
    passes(&valid.judgement, X3);
    assert_eq!(valid.with(|_| ()).make().authenticator_data.len(), 37);
    fails(&valid.but(|c| c.authenticator_data.trailing = vec![0]), X3, "malformed.trailing");
    let launch = valid.but(|c| {
        c.authenticator_data.extensions = Some(launch_validation("1", 4));
    });
    fails(&launch, X3, "malformed.trailing");
    let short = valid.but(|c| c.authenticator_data.bytes = Some(vec![0; 36]));
    fails(&short, X3, "malformed.truncated");
    // The flags announce attested data that never follows, and are not judged.
    passes(&valid.but(|c| c.authenticator_data.flags = 0), X3);
}

#[test]
fn an_assertion_is_a_strict_map_of_two() {
    let valid = valid(app_login());
    passes(&valid.judgement, X1);
    let bytes = |change: fn(&mut Vec<u8>)| valid.but(|c| c.edit_object_bytes = Edit::new(change));
    fails(&bytes(|b| b.push(0)), X1, "malformed.trailing");
    fails(&bytes(Vec::clear), X1, "malformed.truncated");
    fails(&bytes(|b| *b = vec![0x80]), X1, "malformed.type");
    fails(&bytes(|b| b.resize(1025, 0)), X1, "malformed.too_large");
    fails(&bytes(|b| b.resize(1024, 0)), X1, "malformed.trailing");
    let object = |change: fn(&mut Entries)| valid.but(|c| c.edit_object = Edit::new(change));
    fails(&object(|o| o.swap(0, 1)), X1, "malformed.cbor_order");
    fails(&object(|o| o.insert(1, o[0].clone())), X1, "malformed.cbor_duplicate");
    fails(&object(|o| o.insert(0, (cbor::text("a"), cbor::integer(1)))), X1, "malformed.too_many");
    for name in ["signature", "authenticatorData"] {
        let without = valid.but(|c| {
            c.edit_object = Edit::new(move |o: &mut Entries| drop(cbor::remove(o, name)));
        });
        fails(&without, X1, "malformed.missing");
        let other = valid.but(|c| {
            c.edit_object = Edit::new(move |o: &mut Entries| cbor::set(o, name, cbor::text("x")));
        });
        fails(&other, X1, "malformed.type");
    }
}
