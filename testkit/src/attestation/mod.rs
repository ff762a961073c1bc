//! Attestation statements: what the authenticator says about itself, signed.

pub mod android_key;
pub mod app_attest;
pub mod apple;
pub mod compound;
pub mod fido_u2f;
pub mod packed;
pub mod phone;
pub mod safetynet;
pub mod tpm;
mod tpm_structures;

use crate::authenticator_data::AuthenticatorData;
use crate::authority::Chain;
use crate::cbor::{self, Entries, Value};
use crate::certificate::CertificateSpec;
use crate::edit::Edit;
use crate::key::SigningKey;
use crate::scheme::sha256;

use android_key::KeyDescription;
use app_attest::AppAttestStatement;
use compound::CompoundStatement;
use safetynet::SafetyNetStatement;
use tpm::TpmStatement;

/// The attestation of a registration, every lever of it.
#[derive(Clone, Debug)]
pub struct Attestation {
    /// `fmt`: the format the attestation object claims.
    pub format: String,
    /// How the statement is really made.
    pub statement: Statement,
    /// `alg`, and what the attestation signature is made with.
    pub algorithm: i64,
    /// The attestation certificate and what is above it, where the format has one.
    pub chain: Option<Chain>,
    /// Changes the bytes just before they are signed, so that a real signature covers
    /// something else.
    pub edit_signed_bytes: Edit<Vec<u8>>,
    /// Changes the finished attestation statement: after signing. (The statement of `compound`
    /// is an array: see [`CompoundStatement::edit_parts`].)
    pub edit_statement: Edit<Entries>,
    /// Changes the finished attestation object (`fmt`, `attStmt`, `authData`): after signing.
    /// In a part of a `compound` attestation that is the map of `fmt` and `attStmt`.
    pub edit_object: Edit<Entries>,
    /// Changes the encoded attestation object.
    pub edit_object_bytes: Edit<Vec<u8>>,
}

/// The attestation statement formats, each with the levers only it has.
#[derive(Clone, Debug)]
pub enum Statement {
    /// `none`: an empty statement.
    None,
    /// `packed` without certificates: signed by the credential's own key.
    PackedSelf,
    /// `packed` with certificates.
    Packed,
    /// `fido-u2f`.
    FidoU2f {
        /// Signs this public key in place of the credential's.
        public_key: Option<Vec<u8>>,
    },
    /// `android-key`.
    AndroidKey(Box<KeyDescription>),
    /// `apple`.
    Apple {
        /// Puts this nonce into the certificate in place of the right one.
        nonce: Option<Vec<u8>>,
    },
    /// `tpm`.
    Tpm(Box<TpmStatement>),
    /// `apple-appattest`.
    AppAttest(Box<AppAttestStatement>),
    /// `android-safetynet`.
    SafetyNet(Box<SafetyNetStatement>),
    /// `compound`: other attestations side by side.
    Compound(CompoundStatement),
}

impl Attestation {
    /// An attestation without edits.
    pub fn new(format: &str, statement: Statement, algorithm: i64, chain: Option<Chain>) -> Self {
        Self {
            format: format.into(),
            statement,
            algorithm,
            chain,
            edit_signed_bytes: Edit::none(),
            edit_statement: Edit::none(),
            edit_object: Edit::none(),
            edit_object_bytes: Edit::none(),
        }
    }

    /// The attestation certificate; panics for formats without one.
    pub fn leaf(&mut self) -> &mut CertificateSpec {
        &mut self.chain().leaf
    }

    /// The certificate chain; panics for formats without one.
    pub fn chain(&mut self) -> &mut Chain {
        self.chain.as_mut().expect("this format has no certificates")
    }

    /// The certificate chain, to read; panics for formats without one.
    pub fn certificate_chain(&self) -> &Chain {
        self.chain.as_ref().expect("this format has no certificates")
    }

    /// A part of a compound attestation; panics for other formats.
    pub fn part(&mut self, position: usize) -> &mut Attestation {
        &mut self.compound().parts[position]
    }

    /// The compound statement; panics for other formats.
    pub fn compound(&mut self) -> &mut CompoundStatement {
        match &mut self.statement {
            Statement::Compound(compound) => compound,
            other => panic!("not a compound statement: {other:?}"),
        }
    }

    /// Android's key description; panics for other formats.
    pub fn key_description(&mut self) -> &mut KeyDescription {
        match &mut self.statement {
            Statement::AndroidKey(description) => description,
            other => panic!("not an android-key statement: {other:?}"),
        }
    }

    /// The TPM's structures; panics for other formats.
    pub fn tpm_statement(&mut self) -> &mut TpmStatement {
        match &mut self.statement {
            Statement::Tpm(tpm) => tpm,
            other => panic!("not a tpm statement: {other:?}"),
        }
    }

    /// The App Attest statement; panics for other formats.
    pub fn app_attest(&mut self) -> &mut AppAttestStatement {
        match &mut self.statement {
            Statement::AppAttest(app_attest) => app_attest,
            other => panic!("not an apple-appattest statement: {other:?}"),
        }
    }

    /// The SafetyNet statement; panics for other formats.
    pub fn safetynet(&mut self) -> &mut SafetyNetStatement {
        match &mut self.statement {
            Statement::SafetyNet(safetynet) => safetynet,
            other => panic!("not an android-safetynet statement: {other:?}"),
        }
    }

    /// The certificates that make this attestation trusted: the root of its chain, or the roots
    /// of all its parts.
    pub fn anchors(&self) -> Vec<Vec<u8>> {
        match &self.statement {
            Statement::Compound(compound) => compound.anchors(),
            _ => self.chain.as_ref().map(Chain::anchors).unwrap_or_default(),
        }
    }

    /// Lets whatever this attestation says about the credential key say it of another one.
    ///
    /// Panics for the formats that know only one algorithm, and where the format cannot describe
    /// the key.
    pub(crate) fn follow_credential_key(&mut self, seed: &str, key: &SigningKey, algorithm: i64) {
        match &mut self.statement {
            Statement::None | Statement::Packed | Statement::SafetyNet(_) => {}
            Statement::PackedSelf => self.algorithm = algorithm,
            Statement::FidoU2f { .. } => panic!("FIDO U2F knows only ES256"),
            Statement::AndroidKey(description) => {
                description.follow_key(key);
                self.algorithm = algorithm;
                self.chain().set_leaf_key(key.clone());
            }
            Statement::Apple { .. } => self.chain().set_leaf_key(key.clone()),
            Statement::AppAttest(_) => panic!("App Attest knows only ES256"),
            Statement::Tpm(tpm) => tpm.public_area = tpm::PublicArea::for_key(seed, key),
            Statement::Compound(compound) => {
                for part in &mut compound.parts {
                    part.follow_credential_key(seed, key, algorithm);
                }
            }
        }
    }

    /// The encoded attestation object.
    pub(crate) fn object(&self, ceremony: &Ceremony<'_>) -> Vec<u8> {
        let mut object = self.claim(ceremony);
        object.push((cbor::text("authData"), cbor::bytes(ceremony.authenticator_data_bytes)));
        self.edit_object.apply(&mut object);
        let mut bytes = cbor::encode(&Value::Map(object));
        self.edit_object_bytes.apply(&mut bytes);
        bytes
    }

    /// `fmt` and `attStmt`.
    fn claim(&self, ceremony: &Ceremony<'_>) -> Entries {
        vec![
            (cbor::text("fmt"), cbor::text(&self.format)),
            (cbor::text("attStmt"), self.statement(ceremony)),
        ]
    }

    fn statement(&self, ceremony: &Ceremony<'_>) -> Value {
        let mut statement = match &self.statement {
            Statement::None => Entries::new(),
            Statement::PackedSelf => packed::self_statement(self, ceremony),
            Statement::Packed => packed::statement(self, ceremony),
            Statement::FidoU2f { public_key } => {
                fido_u2f::statement(self, ceremony, public_key.as_deref())
            }
            Statement::AndroidKey(description) => {
                android_key::statement(self, ceremony, description)
            }
            Statement::Apple { nonce } => apple::statement(self, ceremony, nonce.as_deref()),
            Statement::Tpm(tpm) => tpm::statement(self, ceremony, tpm),
            Statement::AppAttest(app_attest) => app_attest::statement(self, ceremony, app_attest),
            Statement::SafetyNet(safetynet) => safetynet::statement(self, ceremony, safetynet),
            Statement::Compound(compound) => return compound::statement(self, ceremony, compound),
        };
        self.edit_statement.apply(&mut statement);
        Value::Map(statement)
    }

    fn sign(&self, key: &SigningKey, message: Vec<u8>) -> Value {
        cbor::bytes(self.signature(key, message))
    }

    fn signature(&self, key: &SigningKey, mut message: Vec<u8>) -> Vec<u8> {
        self.edit_signed_bytes.apply(&mut message);
        key.sign_with_algorithm(self.algorithm, &message)
    }
}

/// What an attestation statement is about.
pub(crate) struct Ceremony<'a> {
    pub authenticator_data: &'a AuthenticatorData,
    pub authenticator_data_bytes: &'a [u8],
    pub client_data_json: &'a [u8],
    pub credential_key: &'a SigningKey,
}

impl Ceremony<'_> {
    fn client_data_hash(&self) -> [u8; 32] {
        sha256(self.client_data_json)
    }

    /// What most statements sign: the authenticator data, then the client data's hash.
    fn signed_bytes(&self) -> Vec<u8> {
        [self.authenticator_data_bytes, &self.client_data_hash()].concat()
    }
}

fn certificates(list: Vec<Vec<u8>>) -> Value {
    Value::Array(list.into_iter().map(Value::Bytes).collect())
}
