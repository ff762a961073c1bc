//! The software authenticators of kanidm (`webauthn-authenticator-rs`): `SoftPasskey` attests its key
//! with that key, `SoftToken` with a certificate of an authority that it makes for itself. They come
//! with a client; the authenticators are asked without it as well, as an app does that writes the
//! client data itself.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use crypto_glue::traits::EncodeDer as _;
use device_enrollment_testkit::cbor;
use device_enrollment_testkit::scheme::sha256;
use serde_json::{Value, json};
use url::Url;
use webauthn_authenticator_rs::AuthenticatorBackendHashedClientData;
use webauthn_authenticator_rs::prelude::{
    CreationChallengeResponse, RequestChallengeResponse, WebauthnAuthenticator as _,
};
use webauthn_authenticator_rs::softpasskey::SoftPasskey;
use webauthn_authenticator_rs::softtoken::SoftToken;

use crate::changes::{
    assertions_are_refused, edit, last_bit, registrations_are_refused, statement,
};
use crate::journey::{
    Client, approves, authorise, bank, bank_with_anchors, client_data, consent, enrolled, offered,
    origin, register,
};

/// An authenticator of theirs with their client.
struct WithTheirClient<A>(A);

/// An authenticator of theirs alone.
struct WithoutClient<A>(A);

impl<A: AuthenticatorBackendHashedClientData> Client for WithTheirClient<A> {
    fn create(&mut self, options: &Value) -> Result<Value, String> {
        let asked = serde_json::from_value(json!({"publicKey": options})).unwrap();
        let made = self.0.do_registration(Url::parse(origin()).unwrap(), asked);
        made.map(|made| serde_json::to_value(made).unwrap()).map_err(|error| format!("{error:?}"))
    }

    fn get(&mut self, options: &Value) -> Result<Value, String> {
        let asked = serde_json::from_value(json!({"publicKey": options})).unwrap();
        let made = self.0.do_authentication(Url::parse(origin()).unwrap(), asked);
        made.map(|made| serde_json::to_value(made).unwrap()).map_err(|error| format!("{error:?}"))
    }
}

impl<A: AuthenticatorBackendHashedClientData> Client for WithoutClient<A> {
    fn create(&mut self, options: &Value) -> Result<Value, String> {
        let asked: CreationChallengeResponse =
            serde_json::from_value(json!({"publicKey": options})).unwrap();
        let written = client_data("webauthn.create", &options["challenge"]);
        let hash = sha256(&written).to_vec();
        let made = self.0.perform_register(hash, asked.public_key, 60_000);
        let made = made.map_err(|error| format!("{error:?}"))?;
        Ok(in_the_recommendations_json(serde_json::to_value(made).unwrap(), &written))
    }

    fn get(&mut self, options: &Value) -> Result<Value, String> {
        let asked: RequestChallengeResponse =
            serde_json::from_value(json!({"publicKey": options})).unwrap();
        let written = client_data("webauthn.get", &options["challenge"]);
        let hash = sha256(&written).to_vec();
        let made = self.0.perform_auth(hash, asked.public_key, 60_000);
        let made = made.map_err(|error| format!("{error:?}"))?;
        Ok(in_the_recommendations_json(serde_json::to_value(made).unwrap(), &written))
    }
}

/// Their JSON with the client data in it, and with the outputs of extensions where the
/// Recommendation has them.
fn in_the_recommendations_json(mut made: Value, client_data: &[u8]) -> Value {
    made["response"]["clientDataJSON"] = URL_SAFE_NO_PAD.encode(client_data).into();
    made.as_object_mut().unwrap().remove("extensions");
    made["clientExtensionResults"] = json!({});
    made
}

fn passkey() -> WithoutClient<SoftPasskey> {
    WithoutClient(SoftPasskey::new(true))
}

/// A token, and the certificate of its authority.
fn token() -> (WithoutClient<SoftToken>, Vec<u8>) {
    let (authenticator, authority) = SoftToken::new(true).unwrap();
    (WithoutClient(authenticator), authority.to_der().unwrap())
}

#[test]
fn a_key_that_attests_itself_passes_the_banks_profile() {
    let bank = bank("open_finance_brasil");
    let mut client = passkey();
    let (ids, outcome) = enrolled(&bank, &mut client);
    let facts = outcome.accepted();
    assert_eq!((&facts["fmt"], &facts["attestation_type"]), (&"packed".into(), &"self".into()));
    approves(&bank, &ids, &mut client);
}

/// Section 13.4.9 compares origins as they are serialized: without a path. Their client writes
/// `https://bank.example/`, which no browser does.
#[test]
fn their_client_writes_an_origin_that_is_none() {
    for profile in ["open_finance_brasil", "webauthn"] {
        let bank = bank(profile);
        let mut client = WithTheirClient(SoftPasskey::new(true));
        let (_, outcome) = enrolled(&bank, &mut client);
        outcome.refused_by("CD-3", "client_data.origin");
        assert_eq!(outcome.verdict["failure"]["found"], format!("{}/", origin()));
    }
}

/// Their JSON has a member of its own in an assertion, `extensions`; what has to be there is there.
#[test]
fn a_member_of_their_own_in_an_assertion_is_passed_over() {
    let bank = bank("open_finance_brasil");
    let mut client = passkey();
    let (ids, outcome) = enrolled(&bank, &mut client);
    outcome.accepted();
    let (consent, options) = consent(&bank, &ids);
    let mut made = client.get(&options).unwrap();
    made["extensions"] = made.as_object_mut().unwrap().remove("clientExtensionResults").unwrap();
    authorise(&bank, &ids, &consent, &made).accepted();
}

#[test]
fn a_software_key_is_not_device_bound() {
    let (_, outcome) = enrolled(&bank("device_bound_only"), &mut passkey());
    outcome.refused_by("PO-2", "policy.attestation_type");
}

#[test]
fn one_that_verifies_nobody_refuses_itself_and_is_refused() {
    let bank = bank("open_finance_brasil");
    let mut client = WithoutClient(SoftPasskey::new(false));
    let mut offer = offered(&bank, "BROWSER");
    assert_eq!(client.create(&offer.options).unwrap_err(), "NotSupported");
    offer.options["authenticatorSelection"]["userVerification"] = json!("discouraged");
    let made = client.create(&offer.options).unwrap();
    register(&bank, &offer.ids, &made).refused_by("X-7", "authenticator_data.user_verification");
    // And where it is asked for a phone's own, it says that it is none.
    let offer = offered(&bank, "ANDROID");
    assert_eq!(passkey().create(&offer.options).unwrap_err(), "NotSupported");
}

#[test]
fn a_token_is_believed_where_its_authority_is_an_anchor() {
    // Its authority is nobody that a bank has heard of.
    for profile in ["open_finance_brasil", "webauthn"] {
        let (mut client, _) = token();
        let (_, outcome) = enrolled(&bank(profile), &mut client);
        outcome.refused_by("X-11", "path.no_anchor");
    }
    let (mut client, authority) = token();
    for profile in ["webauthn", "open_finance_brasil", "device_bound_only"] {
        let (bank, _folder) =
            bank_with_anchors(profile, "packed", std::slice::from_ref(&authority));
        let (ids, outcome) = enrolled(&bank, &mut client);
        let facts = outcome.accepted();
        assert_eq!(
            (&facts["fmt"], &facts["attestation_type"]),
            (&"packed".into(), &"basic".into())
        );
        // Its certificate does not name the model.
        assert_eq!(facts["aaguid_verified"], false);
        approves(&bank, &ids, &mut client);
    }
}

#[test]
fn one_change_each_is_refused() {
    let bank = bank("open_finance_brasil");
    let mut client = passkey();
    registrations_are_refused(&bank, &mut client);
    for (change, check, code) in [
        (
            (|entries: &mut cbor::Entries| {
                let entries = cbor::member(entries, "attStmt").as_map_mut().unwrap();
                last_bit(cbor::byte_member(entries, "sig"));
            }) as fn(&mut cbor::Entries),
            "PK-3",
            "signature.invalid",
        ),
        (
            |entries| {
                let entries = cbor::member(entries, "attStmt").as_map_mut().unwrap();
                cbor::set(entries, "alg", cbor::integer(-257));
            },
            "PK-13",
            "statement.self_algorithm",
        ),
        // Without a signature it is no attestation, and it does not become `none` by itself.
        (|entries| cbor::set(entries, "fmt", cbor::text("none")), "X-16", "statement.not_empty"),
    ] {
        let offer = offered(&bank, "BROWSER");
        let mut made = client.create(&offer.options).unwrap();
        statement(&mut made, change);
        register(&bank, &offer.ids, &made).refused_by(check, code);
    }
    let (ids, outcome) = enrolled(&bank, &mut client);
    outcome.accepted();
    assertions_are_refused(&bank, &ids, &mut client);
    // A counter that was seen before.
    let (consent, options) = consent(&bank, &ids);
    let mut made = client.get(&options).unwrap();
    edit(&mut made, "authenticatorData", |data| data[33..37].fill(0));
    authorise(&bank, &ids, &consent, &made).refused_by("AS-3", "signature.invalid");
}
