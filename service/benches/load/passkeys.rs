//! Passkeys of one model, with its attestation certificate under a root that the service trusts.
//! Keys and certificates are made before anything is measured; what a challenge is needed for is one
//! signature and its encoding.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value as Cbor;
use device_enrollment_testkit::scheme::sha256;
use device_enrollment_testkit::{AuthenticatorData, ClientData, Registration, SigningKey, cbor};
use serde_json::{Value, json};

/// ES256.
const ALGORITHM: i64 = -7;

/// The maker of the passkeys: what the devices of one batch share.
pub(crate) struct Maker {
    first: Registration,
    leaf_key: SigningKey,
    leaf: Vec<u8>,
}

impl Maker {
    pub(crate) fn new() -> Self {
        let mut first = Registration::packed_basic("load");
        let chain = first.chain();
        let leaf_key = chain.leaf_key.clone();
        let leaf = chain.certificates(None).swap_remove(0);
        Self { first, leaf_key, leaf }
    }

    /// The root, in DER.
    pub(crate) fn root(&self) -> Vec<u8> {
        self.first.make().anchors.swap_remove(0)
    }

    /// A passkey with a key of its own.
    pub(crate) fn passkey(&self, name: &str) -> Passkey {
        let own = Registration::none(&format!("load {name}"));
        let registered = AuthenticatorData {
            aaguid: self.first.authenticator_data.aaguid,
            ..own.authenticator_data.clone()
        };
        Passkey {
            id: registered.credential_id.clone(),
            registered: registered.to_bytes(),
            rp_id_hash: registered.rp_id_hash,
            key: own.credential_key.clone(),
            used: 0,
        }
    }

    /// The body of a registration over a challenge.
    pub(crate) fn registration(&self, passkey: &Passkey, challenge: &[u8]) -> Value {
        let client_data = ClientData::new("webauthn.create", challenge.to_vec()).to_bytes();
        let signed = [&passkey.registered[..], &sha256(&client_data)].concat();
        let statement = vec![
            (cbor::text("alg"), cbor::integer(ALGORITHM)),
            (cbor::text("sig"), cbor::bytes(self.leaf_key.sign_with_algorithm(ALGORITHM, &signed))),
            (cbor::text("x5c"), Cbor::Array(vec![cbor::bytes(self.leaf.clone())])),
        ];
        let object = cbor::encode(&Cbor::Map(vec![
            (cbor::text("fmt"), cbor::text("packed")),
            (cbor::text("attStmt"), Cbor::Map(statement)),
            (cbor::text("authData"), cbor::bytes(passkey.registered.clone())),
        ]));
        let id = encode(&passkey.id);
        json!({
            "device_credential_id": id, "device_credential_raw_id": id,
            "device_credential_client_data_json": encode(&client_data),
            "device_credential_attestation_object": encode(&object),
            "device_credential_authenticator_attachment": "platform",
            "device_credential_type": "public-key", "client_extension_results": {}
        })
    }
}

/// A passkey.
pub(crate) struct Passkey {
    id: Vec<u8>,
    registered: Vec<u8>,
    rp_id_hash: [u8; 32],
    key: SigningKey,
    /// The signature counter.
    used: u32,
}

impl Passkey {
    /// An assertion over a challenge, as a browser posts it.
    pub(crate) fn assertion(&mut self, challenge: &[u8]) -> Value {
        self.used += 1;
        let client_data = ClientData::new("webauthn.get", challenge.to_vec()).to_bytes();
        // The person was there, and was verified.
        let mut data = [&self.rp_id_hash[..], &[0x05], &self.used.to_be_bytes()].concat();
        let signed = [&data[..], &sha256(&client_data)].concat();
        let signature = self.key.sign_with_algorithm(ALGORITHM, &signed);
        let id = encode(&self.id);
        json!({
            "id": id, "rawId": id, "type": "public-key", "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encode(&client_data),
                "authenticatorData": encode(&std::mem::take(&mut data)),
                "signature": encode(&signature), "userHandle": null
            }
        })
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
