//! The `android-key` format: a certificate from the phone's key store describes the key.

use super::{Attestation, Ceremony, certificates};
use crate::authority::{Authority, Chain};
use crate::cbor::{Entries, integer, text};
use crate::certificate::CertificateSpec;
use crate::der;
use crate::extension::{android_key_description, key_usage, usage};
use crate::key::{KeyKind, SigningKey};
use crate::name::Name;
use crate::seed;

/// Tags of the authorization lists.
pub mod tag {
    /// What the key may be used for.
    pub const PURPOSE: u32 = 1;
    /// RSA or EC.
    pub const ALGORITHM: u32 = 2;
    /// The key's size in bits.
    pub const KEY_SIZE: u32 = 3;
    /// The hashes it may sign.
    pub const DIGEST: u32 = 5;
    /// The RSA paddings it may use.
    pub const PADDING: u32 = 6;
    /// The curve of an EC key.
    pub const EC_CURVE: u32 = 10;
    /// The public exponent of an RSA key.
    pub const RSA_PUBLIC_EXPONENT: u32 = 200;
    /// A deleted key stays deleted, even when the storage is put back (a NULL).
    pub const ROLLBACK_RESISTANCE: u32 = 303;
    /// When the key starts to be valid, in milliseconds.
    pub const ACTIVE_DATE_TIME: u32 = 400;
    /// The key needs nobody to unlock it (a NULL).
    pub const NO_AUTH_REQUIRED: u32 = 503;
    /// What unlocks the key: bits, 1 password, 2 biometrics.
    pub const USER_AUTH_TYPE: u32 = 504;
    /// How many seconds the key stays unlocked.
    pub const AUTH_TIMEOUT: u32 = 505;
    /// Somebody has to press a button (a NULL).
    pub const TRUSTED_USER_PRESENCE_REQUIRED: u32 = 507;
    /// The phone has to be unlocked (a NULL).
    pub const UNLOCKED_DEVICE_REQUIRED: u32 = 509;
    /// Any app may use the key.
    pub const ALL_APPLICATIONS: u32 = 600;
    /// When the key was made, in milliseconds.
    pub const CREATION_DATE_TIME: u32 = 701;
    /// Where the key comes from.
    pub const ORIGIN: u32 = 702;
    /// The boot state.
    pub const ROOT_OF_TRUST: u32 = 704;
    /// The version of Android.
    pub const OS_VERSION: u32 = 705;
    /// The patch level of Android.
    pub const OS_PATCH_LEVEL: u32 = 706;
    /// Which app asked for the key.
    pub const ATTESTATION_APPLICATION_ID: u32 = 709;
    /// The brand the device says it is of.
    pub const ATTESTATION_ID_BRAND: u32 = 710;
    /// The model the device says it is.
    pub const ATTESTATION_ID_MODEL: u32 = 717;
    /// The patch level of the vendor's part.
    pub const VENDOR_PATCH_LEVEL: u32 = 718;
    /// The patch level of the boot image.
    pub const BOOT_PATCH_LEVEL: u32 = 719;
    /// The device attested with a key of its own, not of its batch (a NULL).
    pub const DEVICE_UNIQUE_ATTESTATION: u32 = 720;
    /// The hash of the system's modules.
    pub const MODULE_HASH: u32 = 724;
}

/// Security levels, as the key description writes them.
pub mod level {
    /// In software only.
    pub const SOFTWARE: i64 = 0;
    /// In the trusted execution environment.
    pub const TRUSTED_ENVIRONMENT: i64 = 1;
    /// In a separate secure element.
    pub const STRONG_BOX: i64 = 2;
}

/// An authorization list: tags and the DER of their values, written in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthorizationList(pub Vec<(u32, Vec<u8>)>);

impl AuthorizationList {
    /// Puts a value under a tag, keeping the tags in order.
    pub fn set(&mut self, tag: u32, value: Vec<u8>) {
        self.0.retain(|(old, _)| *old != tag);
        let at = self.0.partition_point(|(old, _)| *old < tag);
        self.0.insert(at, (tag, value));
    }

    /// Puts an INTEGER under a tag.
    pub fn set_number(&mut self, tag: u32, value: i64) {
        self.set(tag, der::integer(value));
    }

    /// Puts a NULL under a tag: it is there, and that is all it says.
    pub fn set_present(&mut self, tag: u32) {
        self.set(tag, der::null());
    }

    /// Says which algorithm, size and curve (or exponent and paddings) a key has, and forgets
    /// what was said of another key.
    fn describe_key(&mut self, key: &SigningKey) {
        self.0.retain(|(tag, _)| {
            !matches!(
                *tag,
                tag::ALGORITHM
                    | tag::KEY_SIZE
                    | tag::PADDING
                    | tag::EC_CURVE
                    | tag::RSA_PUBLIC_EXPONENT
            )
        });
        match key.kind() {
            KeyKind::Rsa2048 => {
                self.set(tag::ALGORITHM, der::integer(1));
                self.set(tag::KEY_SIZE, der::integer(2048));
                self.set(tag::PADDING, integers(&[3, 5]));
                self.set(tag::RSA_PUBLIC_EXPONENT, der::integer(65_537));
            }
            kind => {
                let (size, curve) = match kind {
                    KeyKind::Es384 => (384, 2),
                    KeyKind::Es512 => (521, 3),
                    KeyKind::Es256k | KeyKind::MlDsa44 | KeyKind::MlDsa65 | KeyKind::MlDsa87 => {
                        panic!("no key description for {kind:?}")
                    }
                    _ => (256, 1),
                };
                self.set(tag::ALGORITHM, der::integer(3));
                self.set(tag::KEY_SIZE, der::integer(size));
                self.set(tag::EC_CURVE, der::integer(curve));
            }
        }
    }

    /// The DER under a tag.
    pub fn get(&self, tag: u32) -> Option<&[u8]> {
        self.0.iter().find(|(old, _)| *old == tag).map(|(_, value)| &value[..])
    }

    /// Takes a tag out; panics when it is not there.
    pub fn remove(&mut self, tag: u32) -> Vec<u8> {
        let at = self.0.iter().position(|(old, _)| *old == tag);
        self.0.remove(at.expect("the tag is in the list")).1
    }

    fn to_der(&self) -> Vec<u8> {
        let members: Vec<_> = self.0.iter().map(|(tag, value)| der::context(*tag, value)).collect();
        der::sequence(&members)
    }
}

/// Android's description of a key.
#[derive(Clone, Debug)]
pub struct KeyDescription {
    /// The version of this description.
    pub attestation_version: i64,
    /// Where the attestation was made: a [`level`].
    pub attestation_security_level: i64,
    /// The version of KeyMint (or Keymaster).
    pub keymint_version: i64,
    /// Where the key lives: a [`level`].
    pub keymint_security_level: i64,
    /// The challenge; `None` means the client data's hash, as WebAuthn asks.
    pub challenge: Option<Vec<u8>>,
    /// An identifier of the device, usually empty.
    pub unique_id: Vec<u8>,
    /// What the operating system vouches for.
    pub software_enforced: AuthorizationList,
    /// What the secure hardware vouches for.
    pub hardware_enforced: AuthorizationList,
    /// Bytes after the end of the description, inside the extension.
    pub trailing: Vec<u8>,
}

impl KeyDescription {
    /// A good description of a key: made in the trusted environment of a locked phone, for
    /// signing, by nobody but the phone.
    ///
    /// Panics for secp256k1 and ML-DSA, which key descriptions have no numbers for here.
    pub fn for_key(seed: &str, key: &SigningKey) -> Self {
        let mut software = AuthorizationList::default();
        let created = (crate::TIME - 60) * 1000;
        software.set(tag::CREATION_DATE_TIME, der::integer(created));
        software.set(
            tag::ATTESTATION_APPLICATION_ID,
            application_id(
                &[("com.google.android.gms", 261_000_000)],
                &[seed::bytes(seed, "application digest", 32)],
            ),
        );

        let mut hardware = AuthorizationList::default();
        hardware.set(tag::PURPOSE, integers(&[2]));
        hardware.set(tag::DIGEST, integers(&[4]));
        hardware.describe_key(key);
        hardware.set(tag::USER_AUTH_TYPE, der::integer(2));
        hardware.set(tag::ORIGIN, der::integer(0));
        hardware.set(tag::ROOT_OF_TRUST, root_of_trust(seed, true, 0));
        hardware.set(tag::OS_VERSION, der::integer(160_000));
        hardware.set(tag::OS_PATCH_LEVEL, der::integer(202_605));
        hardware.set(tag::VENDOR_PATCH_LEVEL, der::integer(20_260_505));
        hardware.set(tag::BOOT_PATCH_LEVEL, der::integer(20_260_505));

        Self {
            attestation_version: 300,
            attestation_security_level: level::TRUSTED_ENVIRONMENT,
            keymint_version: 300,
            keymint_security_level: level::TRUSTED_ENVIRONMENT,
            challenge: None,
            unique_id: Vec::new(),
            software_enforced: software,
            hardware_enforced: hardware,
            trailing: Vec::new(),
        }
    }

    /// Describes another key of the same phone.
    pub(crate) fn follow_key(&mut self, key: &SigningKey) {
        self.hardware_enforced.describe_key(key);
    }

    /// Says another place for both the attestation and the key: a [`level`].
    pub fn set_security_level(&mut self, level: i64) {
        self.attestation_security_level = level;
        self.keymint_security_level = level;
    }

    /// Becomes a description of another version of Keymaster (2, 3, 4, 41) or KeyMint (100 and
    /// on), with what that version knew to say: version numbers, patch levels, boot hash, modules.
    ///
    /// The two numbers go together as Android documents them; some phones with Keymaster 41
    /// say 3 for the first, where 4 belongs.
    ///
    /// Panics where no version has this number.
    pub fn set_version(&mut self, seed: &str, keymint_version: i64) {
        self.attestation_version = match keymint_version {
            2 => 1,
            3 => 2,
            4 => 3,
            41 => 4,
            100 | 200 | 300 | 400 | 500 => keymint_version,
            other => panic!("no Keymaster or KeyMint has version {other}"),
        };
        self.keymint_version = keymint_version;
        if self.attestation_version < 3 {
            let hardware = &mut self.hardware_enforced;
            hardware.0.retain(|(tag, _)| {
                !matches!(*tag, tag::VENDOR_PATCH_LEVEL | tag::BOOT_PATCH_LEVEL)
            });
            hardware.set(tag::ROOT_OF_TRUST, root_of_trust_without_hash(seed, true, 0));
        }
        if self.attestation_version >= 400 {
            let hash = seed::bytes(seed, "module hash", 32);
            self.software_enforced.set(tag::MODULE_HASH, der::octet_string(&hash));
        }
    }

    /// The DER, with this challenge where the description has none of its own.
    pub fn to_der(&self, client_data_hash: &[u8]) -> Vec<u8> {
        let challenge = self.challenge.as_deref().unwrap_or(client_data_hash);
        let mut out = der::sequence(&[
            der::integer(self.attestation_version),
            der::enumerated(self.attestation_security_level),
            der::integer(self.keymint_version),
            der::enumerated(self.keymint_security_level),
            der::octet_string(challenge),
            der::octet_string(&self.unique_id),
            self.software_enforced.to_der(),
            self.hardware_enforced.to_der(),
        ]);
        out.extend_from_slice(&self.trailing);
        out
    }
}

/// A SET OF INTEGER, as purposes, digests and paddings are written.
pub fn integers(values: &[i64]) -> Vec<u8> {
    der::set_of(&values.iter().map(|&value| der::integer(value)).collect::<Vec<_>>())
}

/// The boot state of the phone: 0 verified, 1 self-signed, 2 unverified, 3 failed.
pub fn root_of_trust(seed: &str, device_locked: bool, verified_boot_state: i64) -> Vec<u8> {
    der::sequence(&[
        der::octet_string(&seed::bytes(seed, "verified boot key", 32)),
        der::boolean(device_locked),
        der::enumerated(verified_boot_state),
        der::octet_string(&seed::bytes(seed, "verified boot hash", 32)),
    ])
}

/// The boot state as descriptions before version 3 write it, without the hash.
pub fn root_of_trust_without_hash(
    seed: &str,
    device_locked: bool,
    verified_boot_state: i64,
) -> Vec<u8> {
    der::sequence(&[
        der::octet_string(&seed::bytes(seed, "verified boot key", 32)),
        der::boolean(device_locked),
        der::enumerated(verified_boot_state),
    ])
}

/// Which app asked for the key: package names with versions, and digests of its signers.
pub fn application_id(packages: &[(&str, i64)], digests: &[Vec<u8>]) -> Vec<u8> {
    let packages: Vec<_> = packages
        .iter()
        .map(|(name, version)| {
            der::sequence(&[der::octet_string(name.as_bytes()), der::integer(*version)])
        })
        .collect();
    let digests: Vec<_> = digests.iter().map(|digest| der::octet_string(digest)).collect();
    let identifier = der::sequence(&[der::set_of(&packages), der::set_of(&digests)]);
    der::octet_string(&identifier)
}

/// A chain for a credential key: leaf, intermediate and root, all of them in `x5c`.
pub fn chain(seed: &str, credential_key: SigningKey) -> Chain {
    let root = Authority::root(seed);
    let intermediate = root.intermediate(seed);
    let subject = Name::common_name("Android Keystore Key");
    let mut leaf = CertificateSpec::new(subject, &credential_key, vec![1]);
    leaf.extensions = vec![key_usage(&[usage::DIGITAL_SIGNATURE])];
    let mut chain = Chain::new(credential_key, leaf, vec![intermediate, root]);
    chain.include_root = true;
    chain
}

pub(super) fn statement(
    attestation: &Attestation,
    ceremony: &Ceremony<'_>,
    description: &KeyDescription,
) -> Entries {
    let chain = attestation.certificate_chain();
    let extension = android_key_description(description.to_der(&ceremony.client_data_hash()));
    vec![
        (text("alg"), integer(attestation.algorithm)),
        (text("sig"), attestation.sign(&chain.leaf_key, ceremony.signed_bytes())),
        (text("x5c"), certificates(chain.certificates(Some(extension)))),
    ]
}
