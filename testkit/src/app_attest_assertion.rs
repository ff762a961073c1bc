//! Assertions of App Attest: not a WebAuthn response, but one CBOR map.

use crate::authenticator_data::{AuthenticatorData, flag};
use crate::cbor::{self, Entries, Value};
use crate::client_data::ClientData;
use crate::edit::Edit;
use crate::key::SigningKey;
use crate::registration::Registration;
use crate::scheme::sha256;
use crate::seed;

/// An App Attest assertion that has not been made yet: change any field, then
/// [`make`](Self::make) it.
///
/// `app_id` and `challenge` are the server's side, as `rp_id` and `challenge` of an
/// [`Assertion`](crate::Assertion) are.
#[derive(Clone, Debug)]
pub struct AppAttestAssertion {
    /// The App ID the server expects.
    pub app_id: String,
    /// The challenge the server sent.
    pub challenge: Vec<u8>,
    /// The key used: the credential identifier.
    pub key_id: Vec<u8>,
    /// The public key on record, as an encoded COSE key.
    pub credential_public_key: Vec<u8>,
    /// The credential's private key.
    pub credential_key: SigningKey,
    /// What the app hashes and sends beside the assertion; Apple leaves its form to the app.
    pub client_data: ClientData,
    /// What the phone says.
    pub authenticator_data: AuthenticatorData,
    /// Changes what the nonce is the hash of: authenticator data and client data hash.
    pub edit_hashed_bytes: Edit<Vec<u8>>,
    /// Changes the nonce just before it is signed (and so hashed a second time).
    pub edit_signed_bytes: Edit<Vec<u8>>,
    /// Changes the finished signature.
    pub edit_signature: Edit<Vec<u8>>,
    /// Changes the client data after it is signed.
    pub edit_client_data: Edit<Vec<u8>>,
    /// Changes the authenticator data after it is signed.
    pub edit_authenticator_data: Edit<Vec<u8>>,
    /// Changes the finished map (`signature`, `authenticatorData`).
    pub edit_object: Edit<Entries>,
    /// Changes the encoded map.
    pub edit_object_bytes: Edit<Vec<u8>>,
}

/// A made App Attest assertion: what goes over the wire, and what the server knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppAttestAssertionParts {
    /// The assertion: the CBOR map as the phone gives it.
    pub assertion: Vec<u8>,
    /// The client data.
    pub client_data: Vec<u8>,
    /// The authenticator data inside the assertion.
    pub authenticator_data: Vec<u8>,
    /// The signature inside the assertion.
    pub signature: Vec<u8>,
    /// The key used.
    pub key_id: Vec<u8>,
    /// The public key on record, as an encoded COSE key.
    pub credential_public_key: Vec<u8>,
    /// The challenge the server sent.
    pub challenge: Vec<u8>,
    /// The App ID the server expects.
    pub app_id: String,
}

impl AppAttestAssertion {
    /// A valid assertion with the key of a registration, the first one: counter 1.
    ///
    /// As on real phones the AT flag is set, although no attested credential data follows.
    pub fn of(registration: &Registration) -> Self {
        let challenge = seed::bytes(registration.seed(), "App Attest assertion challenge", 32);
        let registered = &registration.authenticator_data;
        Self {
            app_id: registration.rp_id.clone(),
            key_id: registered.credential_id.clone(),
            credential_public_key: registered.public_key_encoded(),
            credential_key: registration.credential_key.clone(),
            client_data: ClientData::new("webauthn.get", challenge.clone()),
            challenge,
            authenticator_data: AuthenticatorData {
                rp_id_hash: sha256(registration.rp_id.as_bytes()),
                flags: flag::ATTESTED,
                sign_count: 1,
                attested: Some(false),
                extensions: None,
                extensions_bytes: None,
                trailing: Vec::new(),
                bytes: None,
                ..registered.clone()
            },
            edit_hashed_bytes: Edit::none(),
            edit_signed_bytes: Edit::none(),
            edit_signature: Edit::none(),
            edit_client_data: Edit::none(),
            edit_authenticator_data: Edit::none(),
            edit_object: Edit::none(),
            edit_object_bytes: Edit::none(),
        }
    }

    /// Makes the assertion: computes, signs and encodes everything from the fields.
    ///
    /// What is signed is the nonce, the hash of authenticator data and client data hash, and
    /// ECDSA with SHA-256 hashes it again.
    pub fn make(&self) -> AppAttestAssertionParts {
        let mut authenticator_data = self.authenticator_data.to_bytes();
        let mut client_data = self.client_data.to_bytes();
        let mut hashed = [&authenticator_data[..], &sha256(&client_data)].concat();
        self.edit_hashed_bytes.apply(&mut hashed);
        let mut nonce = sha256(&hashed).to_vec();
        self.edit_signed_bytes.apply(&mut nonce);
        let mut signature = self.credential_key.sign_with_algorithm(-7, &nonce);
        self.edit_signature.apply(&mut signature);
        self.edit_client_data.apply(&mut client_data);
        self.edit_authenticator_data.apply(&mut authenticator_data);
        let mut object = vec![
            (cbor::text("signature"), cbor::bytes(signature.clone())),
            (cbor::text("authenticatorData"), cbor::bytes(authenticator_data.clone())),
        ];
        self.edit_object.apply(&mut object);
        let mut assertion = cbor::encode(&Value::Map(object));
        self.edit_object_bytes.apply(&mut assertion);
        AppAttestAssertionParts {
            assertion,
            client_data,
            authenticator_data,
            signature,
            key_id: self.key_id.clone(),
            credential_public_key: self.credential_public_key.clone(),
            challenge: self.challenge.clone(),
            app_id: self.app_id.clone(),
        }
    }
}
