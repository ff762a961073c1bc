//! Assertions: a registered credential is used.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::authenticator_data::{AuthenticatorData, flag};
use crate::client_data::ClientData;
use crate::edit::Edit;
use crate::key::SigningKey;
use crate::registration::Registration;
use crate::scheme::sha256;
use crate::seed;

/// An assertion that has not been made yet: change any field, then [`make`](Self::make) it.
///
/// As in a registration, `rp_id`, `origin` and `challenge` are the relying party's side.
#[derive(Clone, Debug)]
pub struct Assertion {
    /// The relying party identifier the relying party expects.
    pub rp_id: String,
    /// The origin the relying party expects.
    pub origin: String,
    /// The challenge the relying party sent.
    pub challenge: Vec<u8>,
    /// The credential used.
    pub credential_id: Vec<u8>,
    /// The public key on record, as an encoded COSE key.
    pub credential_public_key: Vec<u8>,
    /// The credential's private key.
    pub credential_key: SigningKey,
    /// The COSE algorithm the signature is made with.
    pub credential_algorithm: i64,
    /// What the browser says.
    pub client_data: ClientData,
    /// What the authenticator says.
    pub authenticator_data: AuthenticatorData,
    /// The account, where the authenticator says it.
    pub user_handle: Option<Vec<u8>>,
    /// Changes the bytes just before they are signed.
    pub edit_signed_bytes: Edit<Vec<u8>>,
    /// Changes the finished signature.
    pub edit_signature: Edit<Vec<u8>>,
    /// Changes the client data after it is signed.
    pub edit_client_data_json: Edit<Vec<u8>>,
    /// Changes the authenticator data after it is signed.
    pub edit_authenticator_data: Edit<Vec<u8>>,
}

/// A made assertion: what goes over the wire, and what the relying party knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssertionParts {
    /// The credential used (`rawId`).
    pub credential_id: Vec<u8>,
    /// The public key on record, as an encoded COSE key.
    pub credential_public_key: Vec<u8>,
    /// The client data.
    pub client_data_json: Vec<u8>,
    /// The authenticator data.
    pub authenticator_data: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
    /// The account, where the authenticator says it.
    pub user_handle: Option<Vec<u8>>,
    /// The challenge the relying party sent.
    pub challenge: Vec<u8>,
    /// The relying party identifier the relying party expects.
    pub rp_id: String,
    /// The origin the relying party expects.
    pub origin: String,
}

impl Assertion {
    /// A valid assertion with the credential of a registration: user present and verified,
    /// signature counter 1.
    pub fn of(registration: &Registration) -> Self {
        let challenge = seed::bytes(registration.seed(), "assertion challenge", 32);
        let mut client_data = ClientData::new("webauthn.get", challenge.clone());
        client_data.origin = registration.origin.clone();
        let registered = &registration.authenticator_data;
        Self {
            rp_id: registration.rp_id.clone(),
            origin: registration.origin.clone(),
            challenge,
            credential_id: registered.credential_id.clone(),
            credential_public_key: registered.public_key_encoded(),
            credential_key: registration.credential_key.clone(),
            credential_algorithm: registration.credential_algorithm,
            client_data,
            authenticator_data: AuthenticatorData {
                rp_id_hash: sha256(registration.rp_id.as_bytes()),
                flags: flag::USER_PRESENT
                    | flag::USER_VERIFIED
                    | registered.flags & (flag::BACKUP_ELIGIBLE | flag::BACKUP_STATE),
                sign_count: 1,
                extensions: None,
                extensions_bytes: None,
                trailing: Vec::new(),
                attested: None,
                bytes: None,
                ..registered.clone()
            },
            user_handle: Some(registration.user_handle.clone()),
            edit_signed_bytes: Edit::none(),
            edit_signature: Edit::none(),
            edit_client_data_json: Edit::none(),
            edit_authenticator_data: Edit::none(),
        }
    }

    /// Makes the assertion: computes, signs and encodes everything from the fields.
    pub fn make(&self) -> AssertionParts {
        let mut authenticator_data = self.authenticator_data.to_bytes();
        let mut client_data_json = self.client_data.to_bytes();
        let mut signed = [&authenticator_data[..], &sha256(&client_data_json)].concat();
        self.edit_signed_bytes.apply(&mut signed);
        let mut signature =
            self.credential_key.sign_with_algorithm(self.credential_algorithm, &signed);
        self.edit_signature.apply(&mut signature);
        self.edit_client_data_json.apply(&mut client_data_json);
        self.edit_authenticator_data.apply(&mut authenticator_data);
        AssertionParts {
            credential_id: self.credential_id.clone(),
            credential_public_key: self.credential_public_key.clone(),
            client_data_json,
            authenticator_data,
            signature,
            user_handle: self.user_handle.clone(),
            challenge: self.challenge.clone(),
            rp_id: self.rp_id.clone(),
            origin: self.origin.clone(),
        }
    }
}

impl AssertionParts {
    /// What a browser would post: WebAuthn's `AuthenticationResponseJSON`.
    pub fn to_json(&self) -> serde_json::Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({
            "id": encode(&self.credential_id),
            "rawId": encode(&self.credential_id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encode(&self.client_data_json),
                "authenticatorData": encode(&self.authenticator_data),
                "signature": encode(&self.signature),
                "userHandle": self.user_handle.as_deref().map(encode),
            },
        })
    }
}
