//! A computer with a TPM and a certificate for its attestation key, as a client: what an operating
//! system does with the TPM when a credential is made and used.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use device_enrollment_testkit::attestation::tpm::authority;
use device_enrollment_testkit::authority::serial;
use device_enrollment_testkit::cbor::{self, bytes, integer, text};
use device_enrollment_testkit::extension::{
    Spread, basic_constraints, extended_key_usage, oid, subject_alternative_name_directory,
};
use device_enrollment_testkit::name::{Attribute, attribute};
use device_enrollment_testkit::scheme::{SignatureScheme, sha256};
use device_enrollment_testkit::{Authority, CertificateSpec, KeyKind, Name, SigningKey};
use serde_json::{Value, json};

use super::machine::{Certified, Handle, Kind, Machine, SIGNING};
use crate::journey::{Client, client_data};

const ATTESTATION_KEY: u32 = 0x8101_0002;
const SECOND_ATTESTATION_KEY: u32 = 0x8101_0003;
const CREDENTIAL_KEY: u32 = 0x8100_0010;
pub(crate) const OTHER_KEY: u32 = 0x8100_0011;

/// Model of the authenticator: that of a passkey which a TPM keeps.
const AAGUID: [u8; 16] = *b"a TPM in a test.";

/// What is in a statement before it is written.
pub(crate) struct Parts {
    pub(crate) public_area: Vec<u8>,
    pub(crate) certified: Certified,
    pub(crate) certificates: Vec<Vec<u8>>,
    /// The hash that the TPM is asked to sign over.
    pub(crate) qualifying: Vec<u8>,
}

pub(crate) struct Computer {
    pub(crate) tpm: Machine,
    /// The kind of the credential key.
    kind: Kind,
    /// The algorithm of the attestation key, as COSE numbers it.
    attests: i64,
    pub(crate) attestation_key: Handle,
    pub(crate) authority: Authority,
    root: Authority,
    /// What the authority wrote into the certificate of the attestation key.
    pub(crate) certificate: CertificateSpec,
    credential: Option<Handle>,
    /// What the credential key may be used for.
    pub(crate) attributes: &'static str,
    user_handle: Value,
    counter: u32,
    /// What is changed about a statement before it is written.
    pub(crate) change: fn(&Self, &mut Parts),
}

impl Computer {
    /// A computer whose maker is the one that its TPM states: IBM, who wrote it.
    pub(crate) fn new(kind: Kind) -> Self {
        Self::made_by(kind, "id:49424D00", "IBM")
    }

    /// The same, with an attestation key of RSA that signs with this hash.
    pub(crate) fn attested_by_rsa(kind: Kind, hash: &str) -> Self {
        let mut computer = Self::new(kind);
        let key = computer.tpm.attestation_key(Kind::Rsa, hash, SECOND_ATTESTATION_KEY);
        computer.attestation_key = key;
        computer.attests = if hash == "sha1" { -65535 } else { -257 };
        computer.certificate = certificate(&computer.tpm, key, "id:49424D00", &computer.authority);
        computer
    }

    /// A computer with this manufacturer in its certificate, and an issuer that is named for one.
    pub(crate) fn made_by(kind: Kind, manufacturer: &str, issuer: &str) -> Self {
        let tpm = Machine::start();
        let attestation_key = tpm.attestation_key(kind, "sha256", ATTESTATION_KEY);
        let root = Authority::root("real TPM");
        let mut authority = authority("real TPM", &root);
        let name = authority.spec.subject.attribute_mut(attribute::COMMON_NAME);
        *name = Attribute::utf8(attribute::COMMON_NAME, &name.text.replace("IFX", issuer));
        let certificate = certificate(&tpm, attestation_key, manufacturer, &authority);
        Self {
            tpm,
            kind,
            attests: cose_algorithm(kind),
            attestation_key,
            authority,
            root,
            certificate,
            credential: None,
            attributes: SIGNING,
            user_handle: Value::Null,
            counter: 0,
            change: |_, _| {},
        }
    }

    /// The key of the credential that was made last.
    pub(crate) fn credential(&self) -> Handle {
        self.credential.unwrap()
    }

    /// The anchor that its attestation leads to.
    pub(crate) fn anchor(&self) -> Vec<u8> {
        self.root.der()
    }

    /// The algorithm of the credential.
    pub(crate) fn algorithm(&self) -> i64 {
        cose_algorithm(self.kind)
    }

    /// A new credential key; the one that was there is gone.
    fn fresh(&mut self) -> Handle {
        if let Some(old) = self.credential {
            self.tpm.run(&format!("tpm2_evictcontrol -Q -C o -c {:#x}", old.0));
        }
        let key = self.tpm.key(self.kind, self.attributes, CREDENTIAL_KEY);
        self.credential = Some(key);
        key
    }

    /// The credential's id: a hash of its public area, as the name of the key is.
    fn credential_id(&self) -> Vec<u8> {
        sha256(&self.tpm.public_area(self.credential.unwrap())).to_vec()
    }

    fn head(&mut self, rp_id: &Value, flags: u8) -> Vec<u8> {
        self.counter += 1;
        let mut data = sha256(rp_id.as_str().unwrap().as_bytes()).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }
}

impl Client for Computer {
    fn create(&mut self, options: &Value) -> Result<Value, String> {
        let key = self.fresh();
        let public_area = self.tpm.public_area(key);
        let id = self.credential_id();
        self.user_handle = options["user"]["id"].clone();
        let client_data = client_data("webauthn.create", &options["challenge"]);
        let mut data = self.head(&options["rp"]["id"], 0x45);
        data.extend(AAGUID);
        data.extend(u16::try_from(id.len()).unwrap().to_be_bytes());
        data.extend(&id);
        data.extend(cose(&public_area, self.algorithm()));
        let hash = SignatureScheme::for_algorithm(self.attests).hash();
        let qualifying = hash.digest(&[data.as_slice(), &sha256(&client_data)].concat());
        let certified = self.tpm.certify(key, self.attestation_key, &qualifying);
        let certificates = vec![self.certificate.issue(&self.authority.key), self.authority.der()];
        let mut parts = Parts { public_area, certified, certificates, qualifying };
        (self.change)(self, &mut parts);
        let certificates = parts.certificates.into_iter().map(bytes).collect();
        let statement = cbor::Value::Map(vec![
            (text("alg"), integer(self.attests)),
            (text("sig"), bytes(parts.certified.signature)),
            (text("ver"), text("2.0")),
            (text("x5c"), cbor::Value::Array(certificates)),
            (text("pubArea"), bytes(parts.public_area)),
            (text("certInfo"), bytes(parts.certified.attest)),
        ]);
        let object = cbor::Value::Map(vec![
            (text("fmt"), text("tpm")),
            (text("attStmt"), statement),
            (text("authData"), bytes(data)),
        ]);
        let id = URL_SAFE_NO_PAD.encode(id);
        Ok(json!({
            "id": id, "rawId": id, "type": "public-key",
            "authenticatorAttachment": "platform", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(client_data),
                "attestationObject": URL_SAFE_NO_PAD.encode(cbor::encode(&object))
            }
        }))
    }

    fn get(&mut self, options: &Value) -> Result<Value, String> {
        let id = URL_SAFE_NO_PAD.encode(self.credential_id());
        assert_eq!(options["allowCredentials"][0]["id"], id.as_str());
        let client_data = client_data("webauthn.get", &options["challenge"]);
        let data = self.head(&options["rpId"], 0x05);
        let message = [data.as_slice(), &sha256(&client_data)].concat();
        let signature = self.tpm.sign(self.credential.unwrap(), &message)?;
        Ok(json!({
            "id": id, "rawId": id, "type": "public-key",
            "authenticatorAttachment": "platform", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": URL_SAFE_NO_PAD.encode(client_data),
                "authenticatorData": URL_SAFE_NO_PAD.encode(data),
                "signature": URL_SAFE_NO_PAD.encode(signature),
                "userHandle": self.user_handle
            }
        }))
    }
}

/// The certificate of an attestation key (WebAuthn Level 3 section 8.3.1).
pub(crate) fn certificate(
    tpm: &Machine,
    key: Handle,
    manufacturer: &str,
    authority: &Authority,
) -> CertificateSpec {
    let device = [
        Attribute::utf8(attribute::TPM_MANUFACTURER, manufacturer),
        Attribute::utf8(attribute::TPM_MODEL, "swtpm"),
        Attribute::utf8(attribute::TPM_VERSION, "id:20191023"),
    ];
    // Its key is put in below: the test authenticator has none that is in a TPM.
    let stand_in = SigningKey::from_seed(KeyKind::Es256, "stands in for the TPM's");
    let mut spec = CertificateSpec::new(Name::empty(), &stand_in, serial("real TPM", "leaf"));
    spec.spki = tpm.public_key(key);
    spec.issuer = authority.spec.subject.clone();
    spec.signature_algorithm = authority.key.default_scheme();
    spec.extensions = vec![
        subject_alternative_name_directory(&device, Spread::Together).critical(),
        extended_key_usage(&[oid::TCG_AIK_CERTIFICATE]),
        basic_constraints(None, None),
    ];
    spec
}

fn cose_algorithm(kind: Kind) -> i64 {
    match kind {
        Kind::Ecc => -7,
        Kind::Rsa => -257,
    }
}

/// The COSE key of a public area: the end of the area is what is unique about the key.
fn cose(area: &[u8], algorithm: i64) -> Vec<u8> {
    let key = if algorithm == -7 {
        // Two coordinates of 32 bytes, each after its length.
        let (x, y) = area[area.len() - 68..].split_at(34);
        vec![
            (integer(1), integer(2)),
            (integer(3), integer(algorithm)),
            (integer(-1), integer(1)),
            (integer(-2), bytes(&x[2..])),
            (integer(-3), bytes(&y[2..])),
        ]
    } else {
        vec![
            (integer(1), integer(3)),
            (integer(3), integer(algorithm)),
            (integer(-1), bytes(&area[area.len() - 256..])),
            (integer(-2), bytes([1, 0, 1])),
        ]
    };
    cbor::encode(&cbor::Value::Map(key))
}
