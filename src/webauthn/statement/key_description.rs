//! Android's key description: the content of extension 1.3.6.1.4.1.11129.2.1.17, from the first
//! key stores that attest (Keymaster, version 1) to KeyMint 5 (version 500).
//!
//! This module decides only what the bytes say. It is a *total* reader: once the eight fields of
//! the description stand, nothing inside the two authorization lists can make it fail. Tags that
//! no schema names are kept, order and repetition are reported, and a field that cannot be read
//! is an error of that field alone. A reader that maps the lists onto a fixed structure stops at
//! the first surprise and is blind to everything behind it (AK-7).
//!
//! What a caller cannot misread: a tag that stands twice has no value that could be trusted, so
//! its field is an error; a permission counts however it is encoded, a protection only as the
//! NULL that the schema asks for; and a security level that nobody knows ranks below software.
//!
//! Left to others: which versions, levels, purposes and boot states are good enough (the
//! android-key statement and the policy), the challenge, the key, the chain, and what the order of
//! tags is worth as a signal.
//!
//! Sources: "Key and ID attestation" of source.android.com (schemas of versions 1 to 500), the
//! KeyMint HAL for the numbers, and real chains with the readings of Google's own verifier
//! (android/keyattestation), which the tests compare with.

use crate::encoding::der::{DerReader, Tag, u64_from, unsigned};
use crate::verdict::{Fault, Malformed};

const ITEM: &str = "key description";

/// Entries of one authorization list. The schemas name fewer than sixty tags.
const MAX_ENTRIES: usize = 128;

/// Members of one SET. The application id may have 1 KiB, room for some thirty packages with real
/// names; sets of numbers have a handful of members.
const MAX_MEMBERS: usize = 64;

/// `KeyPurpose::SIGN`.
pub(crate) const PURPOSE_SIGN: u64 = 2;
/// `KeyOrigin::GENERATED`: made inside the key store and never outside it.
pub(crate) const ORIGIN_GENERATED: u64 = 0;
/// `Verified`: booted with the manufacturer's key.
pub(crate) const BOOT_STATE_VERIFIED: u64 = 0;
/// `SelfSigned`: booted with a key that the owner installed.
pub(crate) const BOOT_STATE_SELF_SIGNED: u64 = 1;

/// What a key store says of a key that it holds.
#[derive(Debug, Clone)]
pub(crate) struct KeyDescription<'a> {
    /// The version of the schema: 1 to 4 for Keymaster, 100 and above for KeyMint.
    pub(crate) attestation_version: u64,
    /// Where the key is kept.
    pub(crate) attestation_security_level: SecurityLevel,
    pub(crate) keymint_version: u64,
    /// Where the key store itself runs.
    pub(crate) keymint_security_level: SecurityLevel,
    pub(crate) attestation_challenge: &'a [u8],
    pub(crate) unique_id: &'a [u8],
    /// What only the operating system vouches for.
    pub(crate) software_enforced: AuthorizationList<'a>,
    /// What the secure hardware vouches for.
    pub(crate) hardware_enforced: AuthorizationList<'a>,
}

/// How well something is kept, weakest first.
///
/// An unknown level ranks lowest, so that no comparison with a wanted level can pass by accident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SecurityLevel {
    Unknown(u64),
    Software,
    TrustedEnvironment,
    StrongBox,
}

/// One authorization list, in the order of its bytes.
#[derive(Debug, Clone)]
pub(crate) struct AuthorizationList<'a> {
    /// Tag number, and the value inside the explicit tag as it is encoded.
    pub(crate) entries: Vec<(u32, &'a [u8])>,
    /// No tag stands behind a higher one.
    pub(crate) is_ordered: bool,
    /// Some tag stands more than once.
    pub(crate) has_duplicates: bool,
}

/// How the phone was started (tag 704).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RootOfTrust<'a> {
    /// Empty on some phones that started unverified.
    pub(crate) verified_boot_key: &'a [u8],
    pub(crate) device_locked: bool,
    pub(crate) verified_boot_state: u64,
    /// From attestation version 3 on.
    pub(crate) verified_boot_hash: Option<&'a [u8]>,
}

/// Which application asked for the key (tag 709), as the operating system says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApplicationId<'a> {
    pub(crate) packages: Vec<Package<'a>>,
    /// SHA-256 of the certificates that signed the packages.
    pub(crate) signature_digests: Vec<&'a [u8]>,
}

/// One package that shares the application's user id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Package<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: u64,
}

impl<'a> KeyDescription<'a> {
    /// Reads the content of the extension's OCTET STRING, to its last byte.
    pub(crate) fn read(value: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = DerReader::new(DerReader::only(value, Tag::SEQUENCE, ITEM)?, ITEM);
        let description = Self {
            attestation_version: reader.u64()?,
            attestation_security_level: SecurityLevel::read(&mut reader)?,
            keymint_version: reader.u64()?,
            keymint_security_level: SecurityLevel::read(&mut reader)?,
            attestation_challenge: reader.expect(Tag::OCTET_STRING)?,
            unique_id: reader.expect(Tag::OCTET_STRING)?,
            software_enforced: AuthorizationList::read(&mut reader)?,
            hardware_enforced: AuthorizationList::read(&mut reader)?,
        };
        reader.finish()?;
        Ok(description)
    }
}

impl SecurityLevel {
    /// Only ENUMERATED is accepted, as the schema has it. INTEGER, which an older example is said
    /// to have had, is refused: every real chain at hand and both W3C examples write ENUMERATED,
    /// and a second encoding of the same statement is one more than a strict reader should know.
    fn read(reader: &mut DerReader<'_>) -> Result<Self, Malformed> {
        Ok(match enumerated(reader)? {
            0 => Self::Software,
            1 => Self::TrustedEnvironment,
            2 => Self::StrongBox,
            number => Self::Unknown(number),
        })
    }
}

impl SecurityLevel {
    /// The name for verdicts and refusals; the number of an unknown level stays in the field.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Software => "software",
            Self::TrustedEnvironment => "trusted_environment",
            Self::StrongBox => "strong_box",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// The name as Google writes it, or the number of an unknown level.
impl core::fmt::Display for SecurityLevel {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Software => f.write_str("SOFTWARE"),
            Self::TrustedEnvironment => f.write_str("TRUSTED_ENVIRONMENT"),
            Self::StrongBox => f.write_str("STRONG_BOX"),
            Self::Unknown(number) => write!(f, "{number}"),
        }
    }
}

/// Methods for fields that have a value: `None` when absent, an error when it cannot be read.
macro_rules! values {
    ($read:ident -> $value:ty { $($name:ident $tag:literal;)+ }) => {
        $(
            #[doc = concat!("Tag ", $tag, ".")]
            pub(crate) fn $name(&self) -> Option<Result<$value, Malformed>> {
                self.$read($tag)
            }
        )+
    };
}

/// Methods for fields that are there or not.
macro_rules! flags {
    ($read:ident { $($name:ident $tag:expr;)+ }) => {
        $(
            #[doc = concat!("Tag ", $tag, ".")]
            pub(crate) fn $name(&self) -> bool {
                self.$read($tag)
            }
        )+
    };
}

#[allow(dead_code, reason = "the whole schema, beside what is judged and shown of it")]
impl<'a> AuthorizationList<'a> {
    values! { integer -> u64 {
        algorithm 2;
        key_size 3;
        min_mac_length 8;
        ec_curve 10;
        ml_dsa_variant 11;
        rsa_public_exponent 200;
        active_date_time 400;
        origination_expire_date_time 401;
        usage_expire_date_time 402;
        usage_count_limit 405;
        user_secure_id 502;
        user_auth_type 504;
        auth_timeout 505;
        creation_date_time 701;
        origin 702;
        os_version 705;
        os_patch_level 706;
        vendor_patch_level 718;
        boot_patch_level 719;
    } }

    values! { integers -> Vec<u64> {
        purposes 1;
        block_modes 4;
        digests 5;
        paddings 6;
        mgf_digests 203;
    } }

    values! { octets -> &'a [u8] {
        application_id 601;
        attestation_id_brand 710;
        attestation_id_device 711;
        attestation_id_product 712;
        attestation_id_serial 713;
        attestation_id_imei 714;
        attestation_id_meid 715;
        attestation_id_manufacturer 716;
        attestation_id_model 717;
        attestation_id_second_imei 723;
        module_hash 724;
    } }

    // These loosen what the key is worth (or change how its chain looks), so that being there is
    // enough: an encoding error must not hide them.
    flags! { is_present {
        caller_nonce 7;
        no_auth_required 503;
        allow_while_on_body 506;
        all_applications 600;
        device_unique_attestation 720;
    } }

    // These promise something, and a promise that is not in the agreed form is none.
    flags! { is_null {
        rollback_resistance 303;
        early_boot_only 305;
        trusted_user_presence_required 507;
        trusted_confirmation_required 508;
        unlocked_device_required 509;
        rollback_resistant 703;
    } }

    fn read(reader: &mut DerReader<'a>) -> Result<Self, Malformed> {
        let mut list = reader.nested(Tag::SEQUENCE)?;
        let mut entries: Vec<(u32, &'a [u8])> = Vec::with_capacity(24);
        while !list.is_empty() {
            if entries.len() >= MAX_ENTRIES {
                return Err(list.fault(Fault::TooMany));
            }
            let here = list.clone();
            let entry = list.any()?;
            // An element without an explicit tag is no entry of any version: without its number
            // nobody could say what it grants.
            if !entry.tag.is_context_constructed() {
                return Err(here.fault(Fault::DerTag));
            }
            entries.push((entry.tag.number(), entry.content));
        }
        let mut tags: Vec<u32> = entries.iter().map(|(number, _)| *number).collect();
        let is_ordered = tags.is_sorted();
        tags.sort_unstable();
        let has_duplicates =
            tags.windows(2).any(|pair| matches!(pair, [one, other] if one == other));
        Ok(Self { entries, is_ordered, has_duplicates })
    }

    /// The first value under `tag`, as it is encoded.
    pub(crate) fn entry(&self, tag: u32) -> Option<&'a [u8]> {
        self.all(tag).next()
    }

    /// The entries that no published schema names.
    pub(crate) fn unknown_tags(&self) -> impl Iterator<Item = (u32, &'a [u8])> {
        self.entries.iter().copied().filter(|(number, _)| field(*number).is_none())
    }

    /// Tag 704. Anything but the schema, including a BOOLEAN that is neither 00 nor FF, is an
    /// error of the whole field: whoever needs a locked phone then has none.
    pub(crate) fn root_of_trust(&self) -> Option<Result<RootOfTrust<'a>, Malformed>> {
        self.value(704, root_of_trust)
    }

    /// Tag 709.
    pub(crate) fn attestation_application_id(
        &self,
    ) -> Option<Result<ApplicationId<'a>, Malformed>> {
        self.value(709, application_id)
    }

    /// A number under `tag`.
    pub(crate) fn integer(&self, tag: u32) -> Option<Result<u64, Malformed>> {
        self.value(tag, DerReader::u64)
    }

    /// A set of numbers under `tag`, in the order of its bytes.
    pub(crate) fn integers(&self, tag: u32) -> Option<Result<Vec<u64>, Malformed>> {
        self.value(tag, |reader| set_of(reader, DerReader::u64))
    }

    /// An OCTET STRING under `tag`.
    pub(crate) fn octets(&self, tag: u32) -> Option<Result<&'a [u8], Malformed>> {
        self.value(tag, |reader| reader.expect(Tag::OCTET_STRING))
    }

    /// Whether `tag` is there, whatever it holds.
    pub(crate) fn is_present(&self, tag: u32) -> bool {
        self.entry(tag).is_some()
    }

    /// Whether `tag` is there once and holds a NULL.
    pub(crate) fn is_null(&self, tag: u32) -> bool {
        matches!(self.value(tag, null), Some(Ok(())))
    }

    fn all(&self, tag: u32) -> impl Iterator<Item = &'a [u8]> {
        self.entries.iter().filter(move |(number, _)| *number == tag).map(|(_, content)| *content)
    }

    /// Reads the one value under `tag` to its last byte.
    ///
    /// Two values under one tag are an error rather than a choice: parsers disagree on which of
    /// them counts, and a phone that means one thing says it once.
    fn value<T>(
        &self,
        tag: u32,
        read: impl FnOnce(&mut DerReader<'a>) -> Result<T, Malformed>,
    ) -> Option<Result<T, Malformed>> {
        let item = tag_name(tag).unwrap_or("authorization");
        let mut contents = self.all(tag);
        let content = contents.next()?;
        if contents.next().is_some() {
            return Some(Err(Malformed::new(item, Fault::TooMany, 0)));
        }
        let mut reader = DerReader::new(content, item);
        Some(read(&mut reader).and_then(|value| reader.finish().map(|()| value)))
    }
}

fn enumerated(reader: &mut DerReader<'_>) -> Result<u64, Malformed> {
    let here = reader.clone();
    let content = reader.expect(Tag::ENUMERATED)?;
    let number = unsigned(content).ok_or_else(|| here.fault(Fault::DerValue))?;
    u64_from(number).ok_or_else(|| here.fault(Fault::TooLarge))
}

fn null(reader: &mut DerReader<'_>) -> Result<(), Malformed> {
    let here = reader.clone();
    match reader.expect(Tag::NULL)? {
        [] => Ok(()),
        _ => Err(here.fault(Fault::DerValue)),
    }
}

fn utf8<'a>(reader: &mut DerReader<'a>) -> Result<&'a str, Malformed> {
    let here = reader.clone();
    let content = reader.expect(Tag::OCTET_STRING)?;
    core::str::from_utf8(content).map_err(|_| here.fault(Fault::Utf8))
}

/// The members of a SET, in the order of their bytes: phones do not sort them, and no meaning
/// hangs on it.
fn set_of<'a, T>(
    reader: &mut DerReader<'a>,
    mut read: impl FnMut(&mut DerReader<'a>) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    let mut set = reader.nested(Tag::SET)?;
    let mut members = Vec::new();
    while !set.is_empty() {
        if members.len() >= MAX_MEMBERS {
            return Err(set.fault(Fault::TooMany));
        }
        members.push(read(&mut set)?);
    }
    Ok(members)
}

fn root_of_trust<'a>(reader: &mut DerReader<'a>) -> Result<RootOfTrust<'a>, Malformed> {
    let mut root = reader.nested(Tag::SEQUENCE)?;
    let read = RootOfTrust {
        verified_boot_key: root.expect(Tag::OCTET_STRING)?,
        device_locked: root.boolean()?,
        verified_boot_state: enumerated(&mut root)?,
        // The list does not know the version, and either form is unambiguous.
        verified_boot_hash: root.optional(Tag::OCTET_STRING)?,
    };
    root.finish()?;
    Ok(read)
}

/// The value is an OCTET STRING that holds DER of its own, made by the operating system.
fn application_id<'a>(reader: &mut DerReader<'a>) -> Result<ApplicationId<'a>, Malformed> {
    const ITEM: &str = "attestationApplicationId";
    let content = reader.expect(Tag::OCTET_STRING)?;
    let mut id = DerReader::new(DerReader::only(content, Tag::SEQUENCE, ITEM)?, ITEM);
    let packages = set_of(&mut id, |set| {
        let mut package = set.nested(Tag::SEQUENCE)?;
        let read = Package { name: utf8(&mut package)?, version: package.u64()? };
        package.finish()?;
        Ok(read)
    })?;
    let signature_digests = set_of(&mut id, |set| set.expect(Tag::OCTET_STRING))?;
    id.finish()?;
    Ok(ApplicationId { packages, signature_digests })
}

/// The name of a `KeyPurpose`.
pub(crate) const fn purpose_name(number: u64) -> Option<&'static str> {
    Some(match number {
        0 => "ENCRYPT",
        1 => "DECRYPT",
        PURPOSE_SIGN => "SIGN",
        3 => "VERIFY",
        5 => "WRAP_KEY",
        6 => "AGREE_KEY",
        7 => "ATTEST_KEY",
        _ => return None,
    })
}

/// The name of a `KeyOrigin`.
pub(crate) const fn origin_name(number: u64) -> Option<&'static str> {
    Some(match number {
        ORIGIN_GENERATED => "GENERATED",
        1 => "DERIVED",
        2 => "IMPORTED",
        // Keymaster called it UNKNOWN: the hardware does not know where the key comes from.
        3 => "RESERVED",
        4 => "SECURELY_IMPORTED",
        _ => return None,
    })
}

/// The name of an `Algorithm`.
pub(crate) const fn algorithm_name(number: u64) -> Option<&'static str> {
    Some(match number {
        1 => "RSA",
        3 => "EC",
        32 => "AES",
        33 => "TRIPLE_DES",
        128 => "HMAC",
        _ => return None,
    })
}

/// The name of a `Digest`.
pub(crate) const fn digest_name(number: u64) -> Option<&'static str> {
    Some(match number {
        0 => "NONE",
        1 => "MD5",
        2 => "SHA1",
        3 => "SHA_2_224",
        4 => "SHA_2_256",
        5 => "SHA_2_384",
        6 => "SHA_2_512",
        _ => return None,
    })
}

/// The name of an `EcCurve`.
pub(crate) const fn curve_name(number: u64) -> Option<&'static str> {
    Some(match number {
        0 => "P_224",
        1 => "P_256",
        2 => "P_384",
        3 => "P_521",
        4 => "CURVE_25519",
        _ => return None,
    })
}

/// The name of a `VerifiedBootState`.
pub(crate) const fn boot_state_name(number: u64) -> Option<&'static str> {
    Some(match number {
        BOOT_STATE_VERIFIED => "VERIFIED",
        BOOT_STATE_SELF_SIGNED => "SELF_SIGNED",
        2 => "UNVERIFIED",
        3 => "FAILED",
        _ => return None,
    })
}

/// The name of a tag in the published schema.
pub(crate) fn tag_name(tag: u32) -> Option<&'static str> {
    field(tag).map(|field| field.name)
}

pub(crate) fn field(tag: u32) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.tag == tag)
}

/// One field of an authorization list.
pub(crate) struct Field {
    tag: u32,
    /// Its name in the published schema.
    pub(crate) name: &'static str,
    /// Its name in the JSON form of Google's verifier, which differs where that was written later.
    #[cfg_attr(
        not(test),
        allow(dead_code, reason = "compared with Google's own readings in tests")
    )]
    member: &'static str,
    pub(crate) form: Form,
}

/// What stands inside the explicit tag.
pub(crate) enum Form {
    Integer,
    Integers,
    Octets,
    /// An OCTET STRING that holds UTF-8.
    Text,
    Flag,
    Origin,
    RootOfTrust,
    ApplicationId,
}

const fn same(tag: u32, name: &'static str, form: Form) -> Field {
    Field { tag, name, member: name, form }
}

const fn renamed(tag: u32, name: &'static str, member: &'static str, form: Form) -> Field {
    Field { tag, name, member, form }
}

/// Every tag of the schemas of versions 1 to 500, with `applicationId` of earlier editions. Tags that are said never to occur in attestations are here as well: when one does occur, it
/// should have its name.
const FIELDS: &[Field] = &[
    renamed(1, "purpose", "purposes", Form::Integers),
    renamed(2, "algorithm", "algorithms", Form::Integer),
    same(3, "keySize", Form::Integer),
    renamed(4, "blockMode", "blockModes", Form::Integers),
    renamed(5, "digest", "digests", Form::Integers),
    renamed(6, "padding", "paddings", Form::Integers),
    same(7, "callerNonce", Form::Flag),
    same(8, "minMacLength", Form::Integer),
    same(10, "ecCurve", Form::Integer),
    same(11, "mlDsaVariant", Form::Integer),
    same(200, "rsaPublicExponent", Form::Integer),
    renamed(203, "mgfDigest", "rsaOaepMgfDigests", Form::Integers),
    same(303, "rollbackResistance", Form::Flag),
    same(305, "earlyBootOnly", Form::Flag),
    same(400, "activeDateTime", Form::Integer),
    same(401, "originationExpireDateTime", Form::Integer),
    same(402, "usageExpireDateTime", Form::Integer),
    same(405, "usageCountLimit", Form::Integer),
    same(502, "userSecureId", Form::Integer),
    same(503, "noAuthRequired", Form::Flag),
    same(504, "userAuthType", Form::Integer),
    same(505, "authTimeout", Form::Integer),
    same(506, "allowWhileOnBody", Form::Flag),
    renamed(507, "trustedUserPresenceReq", "trustedUserPresenceRequired", Form::Flag),
    renamed(508, "trustedConfirmationReq", "trustedConfirmationRequired", Form::Flag),
    renamed(509, "unlockedDeviceReq", "unlockedDeviceRequired", Form::Flag),
    same(600, "allApplications", Form::Flag),
    same(601, "applicationId", Form::Octets),
    same(701, "creationDateTime", Form::Integer),
    same(702, "origin", Form::Origin),
    same(703, "rollbackResistant", Form::Flag),
    same(704, "rootOfTrust", Form::RootOfTrust),
    same(705, "osVersion", Form::Integer),
    same(706, "osPatchLevel", Form::Integer),
    same(709, "attestationApplicationId", Form::ApplicationId),
    same(710, "attestationIdBrand", Form::Text),
    same(711, "attestationIdDevice", Form::Text),
    same(712, "attestationIdProduct", Form::Text),
    same(713, "attestationIdSerial", Form::Text),
    same(714, "attestationIdImei", Form::Text),
    same(715, "attestationIdMeid", Form::Text),
    same(716, "attestationIdManufacturer", Form::Text),
    same(717, "attestationIdModel", Form::Text),
    same(718, "vendorPatchLevel", Form::Integer),
    same(719, "bootPatchLevel", Form::Integer),
    same(720, "deviceUniqueAttestation", Form::Flag),
    same(723, "attestationIdSecondImei", Form::Text),
    same(724, "moduleHash", Form::Octets),
];

#[cfg(test)]
mod google_json;
#[cfg(test)]
mod tests;
