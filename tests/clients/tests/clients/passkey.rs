//! The client and the authenticator of 1Password (`passkey-client`, `passkey-authenticator`): a
//! passkey without attestation, of each algorithm that the service offers and they have.

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::executor::block_on;
use passkey_authenticator::{Authenticator, MemoryStore, UiHint, UserCheck, UserValidationMethod};
use passkey_client::DefaultClientData;
use passkey_crypto::iana::{Algorithm, EnumI64 as _};
use passkey_crypto::rust_crypto::RustCryptoBackend;
use passkey_types::ctap2::{Aaguid, Ctap2Error};
use passkey_types::{Passkey, webauthn};
use serde_json::{Value, json};
use url::Url;

use crate::changes::{assertions_are_refused, registrations_are_refused};
use crate::journey::{
    Client, approves, authorise, bank, consent, enrolled, offered, origin, register,
};

/// Whoever holds the phone: there, and verified where `verifies`.
struct Person {
    verifies: bool,
}

#[async_trait]
impl UserValidationMethod for Person {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        _: UiHint<'a, Passkey>,
        presence: bool,
        _: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        Ok(UserCheck { presence, verification: self.verifies })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(self.verifies)
    }
}

type Inner = passkey_client::Client<
    MemoryStore,
    Person,
    RustCryptoBackend,
    public_suffix::PublicSuffixList,
    (),
>;

struct PasskeyClient(Inner);

impl PasskeyClient {
    fn new() -> Self {
        Self::of(Person { verifies: true }, Aaguid::new_empty(), |_| {})
    }

    fn of(
        person: Person,
        model: Aaguid,
        change: impl FnOnce(&mut Authenticator<MemoryStore, Person, RustCryptoBackend>),
    ) -> Self {
        let mut authenticator =
            Authenticator::new(model, MemoryStore::new(), person, RustCryptoBackend);
        change(&mut authenticator);
        Self(passkey_client::Client::new(authenticator))
    }
}

impl Client for PasskeyClient {
    fn create(&mut self, options: &Value) -> Result<Value, String> {
        let asked: webauthn::CredentialCreationOptions =
            serde_json::from_value(json!({"publicKey": options})).unwrap();
        let from = Url::parse(origin()).unwrap();
        let made = block_on(self.0.register(&from, asked, DefaultClientData));
        made.map(|made| serde_json::to_value(made).unwrap()).map_err(|error| format!("{error:?}"))
    }

    fn get(&mut self, options: &Value) -> Result<Value, String> {
        let asked: webauthn::CredentialRequestOptions =
            serde_json::from_value(json!({"publicKey": options})).unwrap();
        let from = Url::parse(origin()).unwrap();
        let made = block_on(self.0.authenticate(&from, asked, DefaultClientData));
        made.map(|made| serde_json::to_value(made).unwrap()).map_err(|error| format!("{error:?}"))
    }
}

#[test]
fn the_banks_profile_takes_its_passkeys() {
    let bank = bank("open_finance_brasil");
    let mut client = PasskeyClient::new();
    let (ids, outcome) = enrolled(&bank, &mut client);
    let facts = outcome.accepted();
    assert_eq!(facts["fmt"], "none", "{facts}");
    assert_eq!(facts["attestation_type"], "none", "{facts}");
    assert_eq!(facts["alg"], -7, "{facts}");
    approves(&bank, &ids, &mut client);
}

#[test]
fn every_algorithm_that_both_have() {
    let bank = bank("open_finance_brasil");
    let offered = offered(&bank, "ANDROID").options["pubKeyCredParams"].clone();
    assert_eq!(
        offered.as_array().unwrap().iter().map(|one| &one["alg"]).collect::<Vec<_>>(),
        [&json!(-7), &json!(-257), &json!(-8)]
    );
    for (algorithm, number) in [(Algorithm::ES256, -7), (Algorithm::EdDSA, -8)] {
        let mut client =
            PasskeyClient::of(Person { verifies: true }, Aaguid::new_empty(), |authenticator| {
                authenticator.set_algorithms(&[algorithm]).unwrap();
                authenticator.set_make_credentials_with_signature_counter(true);
            });
        let (ids, outcome) = enrolled(&bank, &mut client);
        assert_eq!(outcome.accepted()["alg"], number);
        approves(&bank, &ids, &mut client);
    }
}

#[test]
fn what_was_not_offered_is_refused() {
    let bank = bank("open_finance_brasil");
    for algorithm in [
        Algorithm::ESP256,
        Algorithm::Ed25519,
        Algorithm::ML_DSA_44,
        Algorithm::ML_DSA_65,
        Algorithm::ML_DSA_87,
    ] {
        let mut client =
            PasskeyClient::of(Person { verifies: true }, Aaguid::new_empty(), |authenticator| {
                authenticator.set_algorithms(&[algorithm]).unwrap();
            });
        let mut offer = offered(&bank, "ANDROID");
        // It has nothing that was asked for, and refuses itself.
        let refused = client.create(&offer.options).unwrap_err();
        assert!(refused.contains("AuthenticatorError"), "{refused}");
        // An app that asks for something else than the service did.
        offer.options["pubKeyCredParams"] =
            json!([{"type": "public-key", "alg": algorithm.to_i64()}]);
        let made = client.create(&offer.options).unwrap();
        let outcome = register(&bank, &offer.ids, &made);
        // Asked for the newer numbers of ES256 and EdDSA, it writes the older ones into the key,
        // which were offered.
        match algorithm {
            Algorithm::ESP256 => assert_eq!(outcome.accepted()["alg"], -7),
            Algorithm::Ed25519 => assert_eq!(outcome.accepted()["alg"], -8),
            _ => outcome.refused_by("X-9", "key.algorithm_not_requested"),
        }
    }
}

#[test]
fn a_person_who_was_not_verified_is_refused_by_the_bank_and_by_the_options() {
    // The options ask for verification, so that the plain Recommendation refuses as well.
    for profile in ["open_finance_brasil", "webauthn"] {
        let bank = bank(profile);
        let mut client = PasskeyClient::of(Person { verifies: false }, Aaguid::new_empty(), |_| {});
        let mut offer = offered(&bank, "ANDROID");
        assert_eq!(offer.options["authenticatorSelection"]["userVerification"], "required");
        // Asked for it, it refuses itself.
        let refused = client.create(&offer.options).unwrap_err();
        assert!(refused.contains("AuthenticatorError"), "{refused}");
        // An app that asks for less than the service did.
        offer.options["authenticatorSelection"]["userVerification"] = json!("discouraged");
        let made = client.create(&offer.options).unwrap();
        register(&bank, &offer.ids, &made)
            .refused_by("X-7", "authenticator_data.user_verification");
    }
}

#[test]
fn keys_that_say_nothing_of_their_hardware_are_not_device_bound() {
    let bank = bank("device_bound_only");
    let (_, outcome) = enrolled(&bank, &mut PasskeyClient::new());
    outcome.refused_by("PO-2", "policy.attestation_type");
}

#[test]
fn a_model_that_nothing_vouches_for_is_a_claim() {
    let bank = bank("open_finance_brasil");
    let model = *b"claims to be one";
    let mut client = PasskeyClient::of(Person { verifies: true }, model.into(), |_| {});
    let (_, outcome) = enrolled(&bank, &mut client);
    let facts = outcome.accepted();
    assert_eq!(facts["aaguid"], URL_SAFE_NO_PAD.encode(model), "{facts}");
    assert_eq!(facts["aaguid_verified"], false, "{facts}");
}

#[test]
fn one_change_each_is_refused() {
    let bank = bank("open_finance_brasil");
    let mut client = PasskeyClient::new();
    registrations_are_refused(&bank, &mut client);
    let (ids, outcome) = enrolled(&bank, &mut client);
    outcome.accepted();
    assertions_are_refused(&bank, &ids, &mut client);

    let (consent, options) = consent(&bank, &ids);
    let mut made = client.get(&options).unwrap();
    crate::changes::edit(&mut made, "userHandle", crate::changes::last_bit);
    authorise(&bank, &ids, &consent, &made).refused_by("AS-2", "credential.user_handle");
}

/// The service names the credentials that the person has (section 5.4 item 6). This authenticator
/// asks the person and makes another all the same; the one that is made is a good one, and nothing in
/// it shows that it should not be.
#[test]
fn a_credential_that_is_there_already_is_named() {
    let bank = bank("open_finance_brasil");
    let mut client = PasskeyClient::new();
    let offer = offered(&bank, "ANDROID");
    let made = client.create(&offer.options).unwrap();
    register(&bank, &offer.ids, &made).accepted();
    let offer = offered(&bank, "ANDROID");
    assert_eq!(offer.options["excludeCredentials"][0]["id"], made["id"]);
    let second = client.create(&offer.options).unwrap();
    assert_ne!(second["id"], made["id"]);
    register(&bank, &offer.ids, &second).accepted();
}
