//! Android phones of every kind: who put the attestation keys into them, and under which root.
//!
//! The chains are modelled, name by name and key by key, on real ones: those with keys from the
//! factory on a Pixel 3 (`blueline`), those provisioned remotely on a Pixel 9 Pro (`caiman`), and the
//! roots on the two that Google publishes for its verifier. The keys are ours, and RSA has 2048
//! bits where Google's has 4096.

use super::android_key::{self, KeyDescription, level};
use crate::authority::{Authority, Chain};
use crate::cbor::{self, Value};
use crate::extension::{Extension, basic_constraints, key_usage, oid, usage};
use crate::key::{KeyKind, SigningKey};
use crate::name::{Attribute, Name, attribute};
use crate::scheme::{Hash, SignatureScheme};
use crate::seed;

/// An Android phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phone {
    /// Where it keeps its keys: a [`level`].
    pub security_level: i64,
    /// Who gave it the key that attests.
    pub provisioning: Provisioning,
    /// The root above.
    pub root: Root,
    /// Whether `x5c` carries the root too.
    pub include_root: bool,
    /// The version of Keymaster (2, 3, 4, 41) or KeyMint (100, 200, 300, 400, 500).
    pub keymint_version: i64,
}

/// Who gave a phone the key that attests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provisioning {
    /// The factory, one key for a batch of phones: two intermediates, named by a serial number.
    Factory,
    /// Google's servers, one key for a phone and a few weeks: three intermediates.
    Remote,
}

/// The root of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// The RSA root, `serialNumber=f92009e853b6b045`.
    Rsa,
    /// The P-384 root since 2026, `CN=Key Attestation CA1`. No real chain from a factory ends in it.
    Ec,
}

impl Phone {
    /// A phone with a key from the factory: trusted environment, Keymaster 4, RSA root in `x5c`.
    pub fn factory() -> Self {
        Self {
            security_level: level::TRUSTED_ENVIRONMENT,
            provisioning: Provisioning::Factory,
            root: Root::Rsa,
            include_root: true,
            keymint_version: 4,
        }
    }

    /// A phone provisioned remotely: trusted environment, KeyMint 4, the new root, not in `x5c`.
    pub fn remote() -> Self {
        Self {
            security_level: level::TRUSTED_ENVIRONMENT,
            provisioning: Provisioning::Remote,
            root: Root::Ec,
            include_root: false,
            keymint_version: 400,
        }
    }

    /// The same phone, keeping this key in a separate secure element.
    pub fn strong_box(mut self) -> Self {
        self.security_level = level::STRONG_BOX;
        self
    }

    /// The same phone under another root.
    pub fn under(mut self, root: Root) -> Self {
        self.root = root;
        self
    }

    /// The same phone, sending the root or not.
    pub fn with_root_sent(mut self, include_root: bool) -> Self {
        self.include_root = include_root;
        self
    }

    /// The same phone with another version of Keymaster or KeyMint.
    pub fn with_keymint(mut self, keymint_version: i64) -> Self {
        self.keymint_version = keymint_version;
        self
    }

    /// What the phone says of a key.
    pub fn description(&self, seed: &str, key: &SigningKey) -> KeyDescription {
        let mut description = KeyDescription::for_key(seed, key);
        description.set_security_level(self.security_level);
        description.set_version(seed, self.keymint_version);
        description
    }

    /// The phone's chain for a credential key.
    pub fn chain(&self, seed: &str, credential_key: SigningKey) -> Chain {
        let seed = format!("{seed} phone");
        let root = self.root(&seed);
        let mut issuers = match self.provisioning {
            Provisioning::Factory => self.factory_intermediates(&seed, &root),
            Provisioning::Remote => self.remote_intermediates(&seed, &root),
        };
        issuers.push(root);
        let mut chain = android_key::chain(&seed, credential_key);
        chain.set_issuers(issuers);
        chain.include_root = self.include_root;
        chain
    }

    fn root(&self, seed: &str) -> Authority {
        let seed = format!("{seed} root");
        match self.root {
            Root::Rsa => {
                let name = Attribute::printable(attribute::SERIAL_NUMBER, "f92009e853b6b045");
                Authority::root_named(Name::separate(vec![name]), &seed, SigningKey::rsa(2))
            }
            Root::Ec => {
                let name = Name::separate(vec![
                    Attribute::utf8(attribute::COMMON_NAME, "Key Attestation CA1"),
                    Attribute::utf8(attribute::ORGANIZATIONAL_UNIT, "Android"),
                    Attribute::utf8(attribute::ORGANIZATION, "Google LLC"),
                    Attribute::printable(attribute::COUNTRY, "US"),
                ]);
                let key = SigningKey::from_seed(KeyKind::Es384, &seed);
                Authority::root_named(name, &seed, key)
            }
        }
    }

    /// The authority of a batch of phones, and the one of the maker above it.
    fn factory_intermediates(&self, seed: &str, root: &Authority) -> Vec<Authority> {
        let named = |above: &Authority, label: &str, kind: KeyKind| {
            let seed = format!("{seed} {label}");
            let name = Name::separate(vec![
                Attribute::printable(
                    attribute::SERIAL_NUMBER,
                    &hexadecimal(&seed::bytes(&seed, "name", 8)),
                ),
                Attribute::utf8(attribute::TITLE, self.title()),
            ]);
            issued_by(above, name, &seed, kind)
        };
        let maker = named(root, "maker", KeyKind::Es384);
        let mut batch = named(&maker, "batch", KeyKind::Es256);
        batch.spec.signature_algorithm = SignatureScheme::Ecdsa(Hash::Sha256);
        vec![batch, maker]
    }

    /// The authority of one phone, named by its own serial number, and Google's two above it.
    fn remote_intermediates(&self, seed: &str, root: &Authority) -> Vec<Authority> {
        let google = |common_name: &str| {
            Name::separate(vec![
                Attribute::printable(attribute::ORGANIZATION, "Google LLC"),
                Attribute::printable(attribute::COMMON_NAME, common_name),
            ])
        };
        let seed_of = |label: &str| format!("{seed} {label}");
        let mut upper = issued_by(root, google("Droid CA2"), &seed_of("CA2"), KeyKind::Es384);
        upper.spec.set_extension(basic_constraints(Some(true), Some(2)));
        let lower = issued_by(&upper, google("Droid CA3"), &seed_of("CA3"), KeyKind::Es256);

        let mut phone = issued_by(&lower, Name::empty(), &seed_of("own"), KeyKind::Es256);
        phone.spec.subject = Name::separate(vec![
            Attribute::printable(attribute::COMMON_NAME, &hexadecimal(&phone.spec.serial)),
            Attribute::printable(attribute::ORGANIZATION, self.title()),
        ]);
        phone.spec.set_extension(provisioning_information(64, "Test"));
        vec![phone, lower, upper]
    }

    fn title(&self) -> &'static str {
        match self.security_level {
            level::STRONG_BOX => "StrongBox",
            _ => "TEE",
        }
    }
}

/// What Google says of a phone it gives a certificate to: how many it got in thirty days, and the
/// maker.
pub fn provisioning_information(certificates_issued: i64, manufacturer: &str) -> Extension {
    let map = Value::Map(vec![
        (cbor::integer(1), cbor::integer(certificates_issued)),
        (cbor::integer(2), Value::Bool(true)), // as found; what it means is not published
        (cbor::integer(3), cbor::text(manufacturer)),
    ]);
    Extension::new(oid::ANDROID_PROVISIONING_INFORMATION, cbor::encode(&map))
}

fn issued_by(above: &Authority, name: Name, seed: &str, kind: KeyKind) -> Authority {
    let mut authority =
        above.intermediate_named(name, seed, SigningKey::from_seed(kind, &format!("{seed} key")));
    authority.spec.set_extension(key_usage(&[usage::KEY_CERT_SIGN]));
    authority
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
