//! FIDO metadata: BLOBs like those of the Metadata Service, with an entry for each authenticator
//! of this kit that a test asks for.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha1::Digest as _;

use crate::attestation::Statement;
use crate::authority::{Authority, Chain, serial};
use crate::certificate::CertificateSpec;
use crate::der;
use crate::edit::Edit;
use crate::extension::{Extension, basic_constraints, key_usage, oid, usage};
use crate::key::{KeyKind, SigningKey};
use crate::name::Name;
use crate::registration::Registration;
use crate::revocation_list::RevocationList;
use crate::scheme::SignatureScheme;

/// The host of the real service, whose certificate signs its BLOBs.
pub const SIGNER: &str = "mds.fidoalliance.org";

/// A BLOB, every lever of it.
#[derive(Clone, Debug)]
pub struct MetadataBlob {
    /// `alg`, and what the BLOB is signed with.
    pub algorithm: String,
    /// The signer's certificate and what is above it.
    pub chain: Chain,
    /// `no`.
    pub number: u64,
    /// `nextUpdate`.
    pub next_update: String,
    /// The entries.
    pub entries: Vec<Value>,
    /// Changes the header before it is signed.
    pub edit_header: Edit<Value>,
    /// Changes the payload before it is signed.
    pub edit_payload: Edit<Value>,
    /// Changes the text of the payload before it is signed.
    pub edit_payload_text: Edit<String>,
    /// Changes the signature.
    pub edit_signature: Edit<Vec<u8>>,
    /// Changes the finished BLOB.
    pub edit: Edit<String>,
}

impl MetadataBlob {
    /// A BLOB signed with RS256, as the service does it: its certificate under an intermediate
    /// authority, which is under a root. The next one is due a month after [`crate::TIME`].
    pub fn new(seed: &str, entries: Vec<Value>) -> Self {
        Self::signed_by(seed, SigningKey::from_seed(KeyKind::Rsa2048, seed), "RS256", entries)
    }

    /// A BLOB signed by another kind of key.
    pub fn signed_by(seed: &str, key: SigningKey, algorithm: &str, entries: Vec<Value>) -> Self {
        let seed = format!("{seed} metadata");
        let root = Authority::root(&seed);
        let subject = Name::organization("US", "Test Alliance", SIGNER);
        let mut leaf = CertificateSpec::new(subject, &key, serial(&seed, "signer"));
        leaf.extensions = vec![
            basic_constraints(Some(false), None),
            key_usage(&[usage::DIGITAL_SIGNATURE]),
            host(SIGNER),
        ];
        Self {
            algorithm: algorithm.into(),
            chain: Chain::new(key, leaf, vec![root.intermediate(&seed), root]),
            number: 17,
            next_update: "2026-07-01".into(),
            entries,
            edit_header: Edit::none(),
            edit_payload: Edit::none(),
            edit_payload_text: Edit::none(),
            edit_signature: Edit::none(),
            edit: Edit::none(),
        }
    }

    /// The payload, as it is signed.
    pub fn payload(&self) -> String {
        let mut payload = json!({
            "legalHeader": "made by a test",
            "no": self.number,
            "nextUpdate": self.next_update,
            "entries": self.entries,
        });
        self.edit_payload.apply(&mut payload);
        let mut text = payload.to_string();
        self.edit_payload_text.apply(&mut text);
        text
    }

    /// The BLOB: a JWS.
    pub fn make(&self) -> Vec<u8> {
        let certificates = self.chain.certificates(None);
        let x5c: Vec<_> = certificates.iter().map(|der| STANDARD.encode(der)).collect();
        let mut header = json!({ "alg": self.algorithm, "typ": "JWT", "x5c": x5c });
        self.edit_header.apply(&mut header);
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let signed = format!("{}.{}", encode(&header.to_string()), encode(&self.payload()));
        let mut signature = self.signature(signed.as_bytes());
        self.edit_signature.apply(&mut signature);
        let mut blob = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
        self.edit.apply(&mut blob);
        blob.into_bytes()
    }

    /// The root that has to be pinned, in DER.
    pub fn root(&self) -> Vec<u8> {
        self.chain.issuers.last().expect("a chain with authorities").der()
    }

    /// A current, empty revocation list of each authority, the leaf's issuer first.
    pub fn revocation_lists(&self) -> Vec<RevocationList> {
        self.chain.issuers.iter().map(RevocationList::of).collect()
    }

    /// Signs the way RFC 7518 says: r and s of ECDSA behind each other.
    fn signature(&self, message: &[u8]) -> Vec<u8> {
        let key = &self.chain.leaf_key;
        match self.algorithm.as_str() {
            "ES256" => fixed(&key.sign(SignatureScheme::for_algorithm(-7), message), 32),
            "ES384" => fixed(&key.sign(SignatureScheme::for_algorithm(-35), message), 48),
            "PS256" => key.sign(SignatureScheme::for_algorithm(-37), message),
            _ => key.sign(SignatureScheme::for_algorithm(-257), message),
        }
    }
}

/// The subject alternative name of a host.
pub fn host(name: &str) -> Extension {
    let name = der::context_primitive(2, name.as_bytes());
    Extension::new(oid::SUBJECT_ALTERNATIVE_NAME, der::sequence(&[name]))
}

/// An entry for the authenticator that made a registration: certified, with its root, found by its
/// model or, for U2F, by the key of its certificate.
pub fn entry_for(registration: &Registration) -> Value {
    let parts = registration.make();
    let statement = &registration.attestation.statement;
    let attestation_type = match statement {
        Statement::PackedSelf => "basic_surrogate",
        Statement::Tpm(_) => "attca",
        Statement::Apple { .. } => "anonca",
        Statement::None => "none",
        _ => "basic_full",
    };
    let roots: Vec<_> = parts.anchors.iter().map(|der| STANDARD.encode(der)).collect();
    let (protocol, identifier) = match statement {
        Statement::FidoU2f { .. } => {
            let chain = registration.attestation.chain.as_ref().expect("a certificate");
            let key = json!([key_identifier(&chain.leaf_key)]);
            ("u2f", ("attestationCertificateKeyIdentifiers", key))
        }
        _ => ("fido2", ("aaguid", json!(uuid(&parts.aaguid)))),
    };
    let mut entry = json!({
        "metadataStatement": {
            "description": "Test authenticator",
            "authenticatorVersion": 1,
            "protocolFamily": protocol,
            "schema": 3,
            "upv": [{ "major": 1, "minor": 0 }],
            "authenticationAlgorithms": [algorithm_name(registration.credential_algorithm)],
            "publicKeyAlgAndEncodings": ["cose"],
            "attestationTypes": [attestation_type],
            "keyProtection": ["hardware", "secure_element"],
            "attestationRootCertificates": roots,
        },
        "statusReports": [report("FIDO_CERTIFIED_L1", "2026-01-15")],
        "timeOfLastStatusChange": "2026-01-15",
    });
    entry[identifier.0] = identifier.1.clone();
    entry["metadataStatement"][identifier.0] = identifier.1;
    if protocol == "fido2" {
        let model = uuid(&parts.aaguid).replace('-', "");
        entry["metadataStatement"]["authenticatorGetInfo"] =
            json!({ "versions": ["FIDO_2_1"], "aaguid": model });
    }
    entry
}

/// A status report.
pub fn report(status: &str, effective_date: &str) -> Value {
    json!({ "status": status, "effectiveDate": effective_date })
}

/// The key identifier of RFC 5280: SHA-1 of the bits of the public key. For keys on elliptic
/// curves, whose bits are the point.
pub fn key_identifier(key: &SigningKey) -> String {
    let digest = sha1::Sha1::digest(key.raw_public_point());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The registry's name of an algorithm; panics for one that has none.
pub fn algorithm_name(algorithm: i64) -> &'static str {
    match algorithm {
        -7 | -9 => "secp256r1_ecdsa_sha256_raw",
        -35 | -51 => "secp384r1_ecdsa_sha384_raw",
        -36 | -52 => "secp521r1_ecdsa_sha512_raw",
        -47 => "secp256k1_ecdsa_sha256_raw",
        -8 | -19 => "ed25519_eddsa_sha512_raw",
        -53 => "ed448_eddsa_sha512_raw",
        -257 => "rsassa_pkcsv15_sha256_raw",
        -37 => "rsassa_pss_sha256_raw",
        other => panic!("no registry name for COSE algorithm {other}"),
    }
}

/// The form in which metadata writes a model.
pub fn uuid(aaguid: &[u8; 16]) -> String {
    let mut text: String = aaguid.iter().map(|byte| format!("{byte:02x}")).collect();
    for position in [20, 16, 12, 8] {
        text.insert(position, '-');
    }
    text
}

/// r and s at their full length, from `SEQUENCE { r INTEGER, s INTEGER }` with short lengths.
fn fixed(signature: &[u8], length: usize) -> Vec<u8> {
    let mut rest = &signature[2..];
    let mut numbers = Vec::new();
    for _ in 0..2 {
        let (number, after) = rest[2..].split_at(rest[1].into());
        let number = number.strip_prefix(&[0]).unwrap_or(number);
        numbers.extend(vec![0; length - number.len()]);
        numbers.extend_from_slice(number);
        rest = after;
    }
    numbers
}
