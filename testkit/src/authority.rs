//! Certificate authorities, and the chain from an attestation certificate up to a root.

use crate::certificate::CertificateSpec;
use crate::edit::Edit;
use crate::extension::{
    Extension, authority_key_identifier, basic_constraints, key_usage, subject_key_identifier,
    usage,
};
use crate::key::{KeyKind, SigningKey};
use crate::name::Name;
use crate::scheme::sha256;
use crate::seed;

/// A certificate authority. Its certificate is issued when asked for, so that every change to
/// `spec` made before that counts.
#[derive(Clone, Debug)]
pub struct Authority {
    /// The key it signs with.
    pub key: SigningKey,
    /// Its own certificate.
    pub spec: CertificateSpec,
    /// The key its own certificate is signed with: its own for a root.
    pub issuer_key: SigningKey,
}

impl Authority {
    /// A self-signed root with a P-256 key.
    pub fn root(seed: &str) -> Self {
        Self::root_with_key(seed, SigningKey::from_seed(KeyKind::Es256, &root_seed(seed)))
    }

    /// A self-signed root with a given key.
    pub fn root_with_key(seed: &str, key: SigningKey) -> Self {
        let name = Name::organization("BR", "Test Authenticators", &format!("Root {seed}"));
        Self::root_named(name, seed, key)
    }

    /// A self-signed root with a given key and name.
    pub fn root_named(name: Name, seed: &str, key: SigningKey) -> Self {
        let mut spec = CertificateSpec::new(name, &key, serial(seed, "root"));
        spec.extensions = authority_extensions(&key, None);
        Self { issuer_key: key.clone(), key, spec }
    }

    /// An intermediate authority under this one, with a P-256 key.
    pub fn intermediate(&self, seed: &str) -> Self {
        let key = SigningKey::from_seed(KeyKind::Es256, &format!("{seed} intermediate"));
        self.intermediate_with_key(seed, key)
    }

    /// An intermediate authority under this one, with a given key.
    pub fn intermediate_with_key(&self, seed: &str, key: SigningKey) -> Self {
        let name = Name::organization("BR", "Test Authenticators", &format!("Intermediate {seed}"));
        self.intermediate_named(name, seed, key)
    }

    /// An intermediate authority under this one, with a given key and name.
    pub fn intermediate_named(&self, name: Name, seed: &str, key: SigningKey) -> Self {
        let mut spec = CertificateSpec::new(name, &key, serial(seed, "intermediate"));
        spec.issuer = self.spec.subject.clone();
        spec.signature_algorithm = self.key.default_scheme();
        spec.extensions = authority_extensions(&key, Some(&self.key));
        Self { key, spec, issuer_key: self.key.clone() }
    }

    /// Its certificate, in DER.
    pub fn der(&self) -> Vec<u8> {
        self.spec.issue(&self.issuer_key)
    }
}

fn root_seed(seed: &str) -> String {
    format!("{seed} root")
}

fn authority_extensions(key: &SigningKey, issuer: Option<&SigningKey>) -> Vec<Extension> {
    let mut extensions = vec![
        basic_constraints(Some(true), None),
        key_usage(&[usage::KEY_CERT_SIGN, usage::CRL_SIGN]),
        subject_key_identifier(&key_identifier(key)),
    ];
    extensions.extend(issuer.map(|issuer| authority_key_identifier(&key_identifier(issuer))));
    extensions
}

/// A key identifier the way RFC 7093 makes it: the first 160 bits of a SHA-256.
pub fn key_identifier(key: &SigningKey) -> Vec<u8> {
    sha256(&key.spki_der())[..20].to_vec()
}

/// A positive serial number of sixteen bytes.
pub fn serial(seed: &str, label: &str) -> Vec<u8> {
    let mut serial = seed::bytes(seed, &format!("serial {label}"), 16);
    serial[0] = 0x40 | serial[0] & 0x3f;
    serial
}

/// An attestation certificate and the authorities above it.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The key that makes the attestation signature (where the format has one of its own).
    pub leaf_key: SigningKey,
    /// The attestation certificate.
    pub leaf: CertificateSpec,
    /// The authorities: the first issued the leaf, the last is the root. Without any, the leaf
    /// is signed with its own key.
    pub issuers: Vec<Authority>,
    /// Signs the leaf with another key than the first authority's.
    pub leaf_issuer_key: Option<SigningKey>,
    /// Whether `x5c` carries the root too.
    pub include_root: bool,
    /// Changes the leaf after the computed extensions (Apple's nonce, Android's key
    /// description) are in it, and before it is signed.
    pub edit_leaf: Edit<CertificateSpec>,
    /// Changes the list of certificates in `x5c`, leaf first.
    pub edit_certificates: Edit<Vec<Vec<u8>>>,
}

impl Chain {
    /// A chain; fills in the leaf's issuer and signature algorithm from the first authority.
    pub fn new(leaf_key: SigningKey, leaf: CertificateSpec, issuers: Vec<Authority>) -> Self {
        let mut chain = Self {
            leaf_key,
            leaf,
            issuers: Vec::new(),
            leaf_issuer_key: None,
            include_root: false,
            edit_leaf: Edit::none(),
            edit_certificates: Edit::none(),
        };
        chain.set_issuers(issuers);
        chain
    }

    /// Puts other authorities above the leaf, and the leaf under the first of them; without
    /// any, the leaf becomes self-signed.
    pub fn set_issuers(&mut self, issuers: Vec<Authority>) {
        let (name, key) = match issuers.first() {
            Some(first) => (first.spec.subject.clone(), first.key.clone()),
            None => (self.leaf.subject.clone(), self.leaf_key.clone()),
        };
        self.leaf.issuer = name;
        self.leaf.signature_algorithm = key.default_scheme();
        self.leaf.set_extension(authority_key_identifier(&key_identifier(&key)));
        self.issuers = issuers;
    }

    /// Puts another key into the leaf: the key that signs and the key that is certified.
    pub fn set_leaf_key(&mut self, key: SigningKey) {
        self.leaf.spki = key.spki_der();
        self.leaf_key = key;
    }

    /// Every certificate of the chain, leaf first and root last, whether or not `x5c` carries
    /// the root.
    ///
    /// What an `Edit` or a computed extension puts into the leaf is not in it yet.
    pub fn specs(&self) -> impl Iterator<Item = &CertificateSpec> {
        std::iter::once(&self.leaf).chain(self.issuers.iter().map(|issuer| &issuer.spec))
    }

    /// The certificate at this position to change, 0 being the leaf and the last one the root;
    /// panics beyond the root.
    pub fn spec(&mut self, position: usize) -> &mut CertificateSpec {
        match position.checked_sub(1) {
            None => &mut self.leaf,
            Some(issuer) => &mut self.issuers[issuer].spec,
        }
    }

    /// The root authority; panics when the chain has none.
    pub fn root_mut(&mut self) -> &mut Authority {
        self.issuers.last_mut().expect("a chain with authorities")
    }

    /// The certificates that make a sensible trust anchor: the root, or a self-signed leaf.
    pub fn anchors(&self) -> Vec<Vec<u8>> {
        match self.issuers.last() {
            Some(root) => vec![root.der()],
            None => vec![self.leaf.issue(&self.leaf_key)],
        }
    }

    /// The certificates of `x5c`, leaf first, with `computed` extensions put into the leaf.
    pub fn certificates(&self, computed: Option<Extension>) -> Vec<Vec<u8>> {
        let mut leaf = self.leaf.clone();
        if let Some(extension) = computed {
            leaf.set_extension(extension);
        }
        self.edit_leaf.apply(&mut leaf);
        let issuer_key = self
            .leaf_issuer_key
            .as_ref()
            .or(self.issuers.first().map(|issuer| &issuer.key))
            .unwrap_or(&self.leaf_key);
        let mut certificates = vec![leaf.issue(issuer_key)];
        let above = match self.issuers.split_last() {
            Some((_, without_root)) if !self.include_root => without_root,
            _ => &self.issuers,
        };
        certificates.extend(above.iter().map(Authority::der));
        self.edit_certificates.apply(&mut certificates);
        certificates
    }
}
