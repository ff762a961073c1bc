//! Registrations: a valid one for every attestation format, to be changed before it is made.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::attestation::android_key::{self, KeyDescription};
use crate::attestation::app_attest::{self, AppAttestStatement};
use crate::attestation::compound::CompoundStatement;
use crate::attestation::phone::Phone;
use crate::attestation::safetynet::{self, SafetyNetStatement};
use crate::attestation::tpm::{self, CertifyInfo, PublicArea, TpmStatement};
use crate::attestation::{Attestation, Ceremony, Statement, apple, fido_u2f, packed};
use crate::authenticator_data::{AuthenticatorData, flag};
use crate::authority::{Authority, Chain};
use crate::certificate::CertificateSpec;
use crate::client_data::ClientData;
use crate::edit::Edit;
use crate::key::{KeyKind, SigningKey};
use crate::scheme::sha256;
use crate::seed;

/// A registration that has not been made yet: change any field, then [`make`](Self::make) it.
///
/// `rp_id`, `origin` and `challenge` are what the relying party expects; the client data and the
/// authenticator data carry their own copies, so that one side can be changed alone.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The relying party identifier the relying party expects.
    pub rp_id: String,
    /// The origin the relying party expects.
    pub origin: String,
    /// The challenge the relying party sent.
    pub challenge: Vec<u8>,
    /// The account the credential is for.
    pub user_handle: Vec<u8>,
    /// What the browser says.
    pub client_data: ClientData,
    /// What the authenticator says.
    pub authenticator_data: AuthenticatorData,
    /// The credential's private key.
    pub credential_key: SigningKey,
    /// The COSE algorithm the credential signs with.
    pub credential_algorithm: i64,
    /// What the authenticator says about itself.
    pub attestation: Attestation,
    /// The trust anchors to hand out; `None` means the root of the chain (of every part's chain).
    pub anchors: Option<Vec<Vec<u8>>>,
    /// Sends another credential identifier next to the attestation object.
    pub sent_credential_id: Option<Vec<u8>>,
    /// How the authenticator can be reached.
    pub transports: Vec<String>,
    /// Changes the client data after everything is signed.
    pub edit_client_data_json: Edit<Vec<u8>>,
    seed: String,
}

/// A made registration: what goes over the wire, and what the relying party knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationParts {
    /// The credential identifier sent next to the attestation object (`rawId`).
    pub credential_id: Vec<u8>,
    /// The client data.
    pub client_data_json: Vec<u8>,
    /// The attestation object.
    pub attestation_object: Vec<u8>,
    /// The authenticator data, as signed.
    pub authenticator_data: Vec<u8>,
    /// The credential's public key, as an encoded COSE key.
    pub credential_public_key: Vec<u8>,
    /// The public half of the credential's private key, as SubjectPublicKeyInfo in DER.
    pub credential_spki: Vec<u8>,
    /// The COSE algorithm of the credential.
    pub credential_algorithm: i64,
    /// The authenticator model.
    pub aaguid: [u8; 16],
    /// The certificates that make the attestation trusted, in DER.
    pub anchors: Vec<Vec<u8>>,
    /// The challenge the relying party sent.
    pub challenge: Vec<u8>,
    /// The relying party identifier the relying party expects.
    pub rp_id: String,
    /// The origin the relying party expects.
    pub origin: String,
    /// The account the credential is for.
    pub user_handle: Vec<u8>,
    /// How the authenticator can be reached.
    pub transports: Vec<String>,
}

impl Registration {
    /// Without attestation: P-256, and a model of all zeros.
    pub fn none(seed: &str) -> Self {
        let key = credential_key(seed, KeyKind::Es256);
        let attestation = Attestation::new("none", Statement::None, -7, None);
        Self::with_attestation(seed, key, [0; 16], attestation)
    }

    /// Packed, signed by the credential's own key.
    pub fn packed_self(seed: &str) -> Self {
        let key = credential_key(seed, KeyKind::Es256);
        let attestation = Attestation::new("packed", Statement::PackedSelf, -7, None);
        Self::with_attestation(seed, key, aaguid(seed), attestation)
    }

    /// Packed, with an attestation certificate right under the root.
    pub fn packed_basic(seed: &str) -> Self {
        Self::packed_under(seed, vec![Authority::root(seed)])
    }

    /// Packed, with an intermediate authority between attestation certificate and root.
    pub fn packed_basic_with_intermediate(seed: &str) -> Self {
        let root = Authority::root(seed);
        Self::packed_under(seed, vec![root.intermediate(seed), root])
    }

    fn packed_under(seed: &str, issuers: Vec<Authority>) -> Self {
        let key = credential_key(seed, KeyKind::Es256);
        let aaguid = aaguid(seed);
        let chain = packed::chain(seed, attestation_key(seed), aaguid, issuers);
        let attestation = Attestation::new("packed", Statement::Packed, -7, Some(chain));
        Self::with_attestation(seed, key, aaguid, attestation)
    }

    /// FIDO U2F: one P-256 certificate, a model of all zeros, no user verification.
    pub fn fido_u2f(seed: &str) -> Self {
        let key = credential_key(seed, KeyKind::Es256);
        let chain = fido_u2f::chain(seed, attestation_key(seed), vec![Authority::root(seed)]);
        let statement = Statement::FidoU2f { public_key: None };
        let attestation = Attestation::new("fido-u2f", statement, -7, Some(chain));
        let mut registration = Self::with_attestation(seed, key, [0; 16], attestation);
        registration.authenticator_data.clear_flag(flag::USER_VERIFIED);
        registration.transports = vec!["usb".into()];
        registration
    }

    /// Android Key: the key of a locked phone, in its trusted environment.
    pub fn android_key(seed: &str) -> Self {
        let key = credential_key(seed, KeyKind::Es256);
        let chain = android_key::chain(seed, key.clone());
        let description = KeyDescription::for_key(seed, &key);
        let statement = Statement::AndroidKey(Box::new(description));
        let attestation = Attestation::new("android-key", statement, -7, Some(chain));
        Self::with_attestation(seed, key, aaguid(seed), attestation)
    }

    /// Android Key on a phone of a given kind.
    ///
    /// ```
    /// # use device_enrollment_testkit::{Phone, Registration};
    /// let registration = Registration::android_phone("mine", &Phone::remote().strong_box());
    /// ```
    pub fn android_phone(seed: &str, phone: &Phone) -> Self {
        let key = credential_key(seed, KeyKind::Es256);
        let chain = phone.chain(seed, key.clone());
        let statement = Statement::AndroidKey(Box::new(phone.description(seed, &key)));
        let attestation = Attestation::new("android-key", statement, -7, Some(chain));
        Self::with_attestation(seed, key, aaguid(seed), attestation)
    }

    /// Apple's anonymous attestation.
    pub fn apple(seed: &str) -> Self {
        let key = credential_key(seed, KeyKind::Es256);
        let chain = apple::chain(seed, key.clone());
        let statement = Statement::Apple { nonce: None };
        let attestation = Attestation::new("apple", statement, -7, Some(chain));
        Self::with_attestation(seed, key, aaguid(seed), attestation)
    }

    /// A TPM with a P-256 credential, attested by a P-256 key.
    pub fn tpm_ecc(seed: &str) -> Self {
        let root = Authority::root(seed);
        let issuers = vec![tpm::authority(seed, &root), root];
        let key = credential_key(seed, KeyKind::Es256);
        Self::tpm(seed, key, attestation_key(seed), issuers)
    }

    /// A TPM with an RSA credential, attested by an RSA key, under an RSA root.
    pub fn tpm_rsa(seed: &str) -> Self {
        let name = format!("{seed} RSA");
        let root = Authority::root_with_key(&name, SigningKey::rsa(2));
        let issuers = vec![tpm::authority(&name, &root), root];
        Self::tpm(seed, SigningKey::rsa(0), SigningKey::rsa(1), issuers)
    }

    fn tpm(
        seed: &str,
        key: SigningKey,
        attestation_key: SigningKey,
        issuers: Vec<Authority>,
    ) -> Self {
        let aaguid = aaguid(seed);
        let algorithm = attestation_key.default_algorithm();
        let chain = tpm::chain(seed, attestation_key, aaguid, issuers);
        let statement = TpmStatement {
            version: "2.0".into(),
            public_area: PublicArea::for_key(seed, &key),
            certify: CertifyInfo::new(seed),
            edit_public_area: Edit::none(),
        };
        let statement = Statement::Tpm(Box::new(statement));
        let attestation = Attestation::new("tpm", statement, algorithm, Some(chain));
        Self::with_attestation(seed, key, aaguid, attestation)
    }

    /// Apple's App Attest: an app from the store, on a phone before iOS 27. What the app hashes is
    /// the client data, as in WebAuthn.
    pub fn app_attest(seed: &str) -> Self {
        let key = credential_key(seed, KeyKind::Es256);
        let chain = app_attest::chain(seed, key.clone(), app_attest::APP_ID);
        let receipt = seed::bytes(seed, "receipt", 64);
        let statement = AppAttestStatement { receipt, nonce: None };
        let statement = Statement::AppAttest(Box::new(statement));
        let attestation = Attestation::new("apple-appattest", statement, -7, Some(chain));
        let identifier = app_attest::key_identifier(&key).to_vec();
        let mut registration =
            Self::with_attestation(seed, key, app_attest::PRODUCTION, attestation);
        registration.rp_id = app_attest::APP_ID.into();
        registration.authenticator_data.rp_id_hash = sha256(app_attest::APP_ID.as_bytes());
        registration.authenticator_data.flags = flag::ATTESTED;
        registration.authenticator_data.credential_id = identifier;
        registration
    }

    /// App Attest on a phone with iOS 27: a map of extension outputs follows that no flag
    /// announces. `authenticator_data.trailing` adds bytes after it.
    pub fn app_attest_with_launch_validation(seed: &str) -> Self {
        let mut registration = Self::app_attest(seed);
        let outputs = app_attest::launch_validation("1", 4);
        registration.authenticator_data.extensions = Some(outputs);
        registration
    }

    /// Android SafetyNet: Google's server vouches for the phone in a signed JSON text.
    pub fn safetynet(seed: &str) -> Self {
        let key = credential_key(seed, KeyKind::Es256);
        let statement = Statement::SafetyNet(Box::new(SafetyNetStatement::new(seed)));
        let chain = safetynet::chain(seed);
        let attestation = Attestation::new("android-safetynet", statement, -257, Some(chain));
        Self::with_attestation(seed, key, aaguid(seed), attestation)
    }

    /// Two attestations of one credential: packed with a certificate, and Android Key. Their
    /// chains end in two roots, so that each can be left without trust.
    pub fn compound(seed: &str) -> Self {
        let packed = Self::packed_basic(seed).attestation;
        let mut android_key = Self::android_key(seed).attestation;
        let key = credential_key(seed, KeyKind::Es256);
        android_key.chain = Some(android_key::chain(&format!("{seed} android"), key));
        Self::compound_of(seed, vec![packed, android_key])
    }

    /// These attestations of one credential, side by side. Take them from registrations of the
    /// same seed, so that they are about the same key:
    ///
    /// ```
    /// # use device_enrollment_testkit::Registration;
    /// let parts = [Registration::tpm_ecc("mine"), Registration::fido_u2f("mine")];
    /// let parts = parts.map(|registration| registration.attestation).to_vec();
    /// let registration = Registration::compound_of("mine", parts);
    /// ```
    ///
    /// The credential has a P-256 key. Beside FIDO U2F, which has no model, the model is all
    /// zeros, here and in the certificates of the other parts.
    pub fn compound_of(seed: &str, parts: Vec<Attestation>) -> Self {
        let key = credential_key(seed, KeyKind::Es256);
        let (compound, model) = CompoundStatement::fitting(parts, aaguid(seed));
        let statement = Statement::Compound(compound);
        let attestation = Attestation::new("compound", statement, -7, None);
        Self::with_attestation(seed, key, model, attestation)
    }

    /// A registration around any attestation.
    pub fn with_attestation(
        seed: &str,
        credential_key: SigningKey,
        aaguid: [u8; 16],
        attestation: Attestation,
    ) -> Self {
        let challenge = seed::bytes(seed, "registration challenge", 32);
        let credential_algorithm = credential_key.default_algorithm();
        Self {
            rp_id: crate::RP_ID.into(),
            origin: crate::ORIGIN.into(),
            client_data: ClientData::new("webauthn.create", challenge.clone()),
            challenge,
            user_handle: seed::bytes(seed, "user handle", 16),
            authenticator_data: AuthenticatorData {
                rp_id_hash: sha256(crate::RP_ID.as_bytes()),
                flags: flag::USER_PRESENT | flag::USER_VERIFIED | flag::ATTESTED,
                sign_count: 0,
                aaguid,
                credential_id: seed::bytes(seed, "credential identifier", 32),
                credential_id_length: None,
                public_key: credential_key.cose_key(credential_algorithm),
                public_key_bytes: None,
                attested: None,
                extensions: None,
                extensions_bytes: None,
                trailing: Vec::new(),
                bytes: None,
            },
            credential_key,
            credential_algorithm,
            attestation,
            anchors: None,
            sent_credential_id: None,
            transports: vec!["internal".into()],
            edit_client_data_json: Edit::none(),
            seed: seed.into(),
        }
    }

    /// The same registration for another relying party, asked for from another origin, valid again.
    pub fn for_relying_party(mut self, rp_id: &str, origin: &str) -> Self {
        self.rp_id = rp_id.into();
        self.origin = origin.into();
        self.client_data.origin = origin.into();
        self.authenticator_data.rp_id_hash = sha256(rp_id.as_bytes());
        self
    }

    /// The same registration with a credential of another COSE algorithm, valid again: whatever
    /// the attestation says about the credential key follows.
    ///
    /// Panics for FIDO U2F and App Attest, which know only one algorithm, and where Android's key description
    /// or the TPM's public area cannot describe the key; for a compound, where one of its parts
    /// would.
    pub fn with_credential_algorithm(mut self, algorithm: i64) -> Self {
        let key = match KeyKind::for_algorithm(algorithm) {
            KeyKind::Rsa2048 => SigningKey::rsa(0),
            kind => credential_key(&self.seed, kind),
        };
        self.authenticator_data.public_key = key.cose_key(algorithm);
        self.credential_algorithm = algorithm;
        self.attestation.follow_credential_key(&self.seed, &key, algorithm);
        self.credential_key = key;
        self
    }

    /// The attestation certificate; panics for formats without one.
    pub fn leaf(&mut self) -> &mut CertificateSpec {
        self.attestation.leaf()
    }

    /// The certificate chain; panics for formats without one.
    pub fn chain(&mut self) -> &mut Chain {
        self.attestation.chain()
    }

    /// Android's key description; panics for other formats.
    pub fn key_description(&mut self) -> &mut KeyDescription {
        self.attestation.key_description()
    }

    /// The TPM's structures; panics for other formats.
    pub fn tpm_statement(&mut self) -> &mut TpmStatement {
        self.attestation.tpm_statement()
    }

    /// The App Attest statement; panics for other formats.
    pub fn app_attest_statement(&mut self) -> &mut AppAttestStatement {
        self.attestation.app_attest()
    }

    /// The SafetyNet statement; panics for other formats.
    pub fn safetynet_statement(&mut self) -> &mut SafetyNetStatement {
        self.attestation.safetynet()
    }

    /// A part of a compound attestation; panics for other formats.
    pub fn part(&mut self, position: usize) -> &mut Attestation {
        self.attestation.part(position)
    }

    /// The seed everything in this registration comes from.
    pub fn seed(&self) -> &str {
        &self.seed
    }

    /// Makes the registration: computes, signs and encodes everything from the fields.
    pub fn make(&self) -> RegistrationParts {
        let authenticator_data = self.authenticator_data.to_bytes();
        let mut client_data_json = self.client_data.to_bytes();
        let attestation_object = self.attestation.object(&Ceremony {
            authenticator_data: &self.authenticator_data,
            authenticator_data_bytes: &authenticator_data,
            client_data_json: &client_data_json,
            credential_key: &self.credential_key,
        });
        self.edit_client_data_json.apply(&mut client_data_json);
        RegistrationParts {
            credential_id: self
                .sent_credential_id
                .clone()
                .unwrap_or_else(|| self.authenticator_data.credential_id.clone()),
            client_data_json,
            attestation_object,
            authenticator_data,
            credential_public_key: self.authenticator_data.public_key_encoded(),
            credential_spki: self.credential_key.spki_der(),
            credential_algorithm: self.credential_algorithm,
            aaguid: self.authenticator_data.aaguid,
            anchors: self.anchors.clone().unwrap_or_else(|| self.attestation.anchors()),
            challenge: self.challenge.clone(),
            rp_id: self.rp_id.clone(),
            origin: self.origin.clone(),
            user_handle: self.user_handle.clone(),
            transports: self.transports.clone(),
        }
    }
}

impl RegistrationParts {
    /// What a browser would post: WebAuthn's `RegistrationResponseJSON`.
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
                "attestationObject": encode(&self.attestation_object),
                "authenticatorData": encode(&self.authenticator_data),
                "publicKey": encode(&self.credential_spki),
                "publicKeyAlgorithm": self.credential_algorithm,
                "transports": self.transports,
            },
        })
    }
}

fn credential_key(seed: &str, kind: KeyKind) -> SigningKey {
    SigningKey::from_seed(kind, &format!("{seed} credential"))
}

fn attestation_key(seed: &str) -> SigningKey {
    SigningKey::from_seed(KeyKind::Es256, &format!("{seed} attestation"))
}

fn aaguid(seed: &str) -> [u8; 16] {
    seed::array(seed, "aaguid")
}
