//! What a key description says of the phone, the application and the user, against the policy
//! (AK-11 to AK-16). WebAuthn demands none of it; a bank does.
//!
//! What hardware states is evidence; what only the operating system states is a hint, and counts
//! where there is nothing better (the application) or where it loosens.

use super::key_description::{
    ApplicationId, AuthorizationList, BOOT_STATE_SELF_SIGNED, BOOT_STATE_VERIFIED, KeyDescription,
    RootOfTrust, SecurityLevel, boot_state_name,
};
use crate::encoding::certificate::Certificate;
use crate::encoding::hex;
use crate::policy::{
    AndroidApplication, AndroidApplicationRule, AndroidPatchAge, AndroidSecurityLevel,
    AndroidUserAuthentication, Digest, Policy,
};
use crate::time::UnixTime;
use crate::trust::stated_place;
use crate::verdict::marker::{Ak11, Ak12, Ak13, Ak14, Ak15, Ak16};
use crate::verdict::{
    AndroidFacts, Cause, Evidence, Failure, Fault, Ledger, Malformed, Reason, Settled,
};

/// Proof that the evidence was settled.
pub(super) struct Proof {
    _level: Settled<Ak11>,
    _boot: Settled<Ak12>,
    _patch: Settled<Ak13>,
    _application: Settled<Ak14>,
    _authentication: Settled<Ak15>,
    _version: Settled<Ak16>,
}

/// What a key description is judged under.
pub(in crate::webauthn) struct Setting<'c> {
    pub(in crate::webauthn) policy: &'c Policy,
    pub(in crate::webauthn) time: Option<UnixTime>,
    pub(in crate::webauthn) key: KeyUse,
}

/// What the described key is for.
#[derive(Debug, Clone, Copy)]
pub(in crate::webauthn) enum KeyUse {
    /// It is the credential key of a ceremony.
    Credential {
        /// The signing digest in the origin, where the origin is an Android application's.
        application: Option<[u8; 32]>,
        user_verified: bool,
    },
    /// The relying party's app made it beside the credential, to show itself and its phone.
    DeviceEvidence {
        /// As above, of the ceremony beside it.
        application: Option<[u8; 32]>,
    },
}

/// Judges the evidence of a key whose certificate `issuer` signed.
pub(super) fn judge(
    description: &KeyDescription<'_>,
    issuer: Option<&Certificate<'_>>,
    setting: &Setting<'_>,
    ledger: &mut Ledger,
) -> Result<Proof, Failure> {
    let policy = setting.policy;
    let level = match policy.android_security_level {
        None => ledger.skip("android_security_level"),
        Some(lowest) => ledger.judge(|| security_level(description, issuer, lowest))?,
    };
    let boot = verified_boot(description, policy, ledger)?;
    let patch = match policy.android_patch_age {
        None => ledger.skip("android_patch_age"),
        Some(limits) => {
            ledger.judge(|| patch_age(&description.hardware_enforced, limits, setting.time))?
        }
    };
    let application = application(description, setting, ledger)?;
    let authentication = match (policy.android_user_authentication, setting.key) {
        (_, KeyUse::DeviceEvidence { .. }) => {
            ledger.not_applicable("the user is verified by the passkey, not by this key")
        }
        (AndroidUserAuthentication::NotJudged, _) => ledger.skip("android_user_authentication"),
        (
            AndroidUserAuthentication::Judged { longest_seconds },
            KeyUse::Credential { user_verified, .. },
        ) => ledger.judge(|| user_authentication(description, user_verified, longest_seconds))?,
    };
    let version = known_version(description, policy, ledger)?;
    Ok(Proof {
        _level: level,
        _boot: boot,
        _patch: patch,
        _application: application,
        _authentication: authentication,
        _version: version,
    })
}

/// AK-11, security.md A8: both levels are the same and high enough. A key store in the trusted
/// environment cannot speak for a secure element: its issuer says where it is.
fn security_level(
    description: &KeyDescription<'_>,
    issuer: Option<&Certificate<'_>>,
    lowest: AndroidSecurityLevel,
) -> Result<Evidence, Cause> {
    let (attestation, keymint) =
        (description.attestation_security_level, description.keymint_security_level);
    let lowest = match lowest {
        AndroidSecurityLevel::TrustedEnvironment => SecurityLevel::TrustedEnvironment,
        AndroidSecurityLevel::StrongBox => SecurityLevel::StrongBox,
    };
    let found = attestation.min(keymint);
    if found < lowest {
        let refusal = Reason::SecurityLevel.expected(Evidence::Note(lowest.name()));
        return Err(refusal.found(Evidence::Note(found.name())).into());
    }
    if attestation != keymint {
        let refusal = Reason::SecurityLevelsDiffer.expected(Evidence::Note(attestation.name()));
        return Err(refusal.found(Evidence::Note(keymint.name())).into());
    }
    let place = issuer.and_then(stated_place);
    if attestation == SecurityLevel::StrongBox && place == Some("TEE") {
        return Err(Reason::StrongBoxIssuer.at(1).found(Evidence::Note("TEE")).into());
    }
    Ok(Evidence::Note(attestation.name()))
}

/// AK-12: only what hardware states of the boot counts. A field that cannot be read is unsafe.
fn verified_boot(
    description: &KeyDescription<'_>,
    policy: &Policy,
    ledger: &mut Ledger,
) -> Result<Settled<Ak12>, Failure> {
    if !policy.android_verified_boot.is_judged() {
        return Ok(ledger.skip("android_verified_boot"));
    }
    let (by_owner, settled) = ledger.judge_into(|| {
        let root =
            description.hardware_enforced.root_of_trust().ok_or(Reason::RootOfTrustMissing)??;
        let state = boot_state_name(root.verified_boot_state).unwrap_or("UNKNOWN");
        match root.verified_boot_state {
            _ if !root.device_locked => {}
            BOOT_STATE_VERIFIED => return Ok((false, Evidence::Note("locked and verified"))),
            BOOT_STATE_SELF_SIGNED if is_listed(&root, &policy.android_self_signed_boot_keys) => {
                return Ok((true, Evidence::Note("locked, signed by a listed key")));
            }
            _ => {}
        }
        Err(Reason::BootNotVerified.found(Evidence::Note(state)).into())
    })?;
    if by_owner {
        ledger.tolerate("android_self_signed_boot_keys");
    }
    Ok(settled)
}

fn is_listed(root: &RootOfTrust<'_>, keys: &[Digest]) -> bool {
    keys.iter().any(|key| key.0 == root.verified_boot_key)
}

/// AK-13: what hardware states of the software's age. A level that is judged has to be there.
fn patch_age(
    hardware: &AuthorizationList<'_>,
    limits: AndroidPatchAge,
    time: Option<UnixTime>,
) -> Result<Evidence, Cause> {
    if let Some(lowest) = limits.lowest_os_version {
        const NAME: &str = "osVersion";
        let version = stated(hardware.os_version(), NAME)?;
        if version < u64::from(lowest) {
            let refusal = Reason::OsVersion.expected(Evidence::Number(NAME, i64::from(lowest)));
            return Err(refusal.found(number(NAME, version)).into());
        }
    }
    let levels = [
        ("osPatchLevel", limits.os_months, hardware.os_patch_level()),
        ("vendorPatchLevel", limits.vendor_months, hardware.vendor_patch_level()),
        ("bootPatchLevel", limits.boot_months, hardware.boot_patch_level()),
    ];
    let mut evidence = Evidence::None;
    for (name, months, level) in levels {
        let Some(months) = months.map(i64::from) else { continue };
        let level = stated(level, name)?;
        let found = number(name, level);
        let now = time.ok_or_else(|| Malformed::new("time", Fault::Missing, 0))?.months();
        let patched = months_of(level).ok_or_else(|| Reason::PatchLevel.found(found.clone()))?;
        let age = now.saturating_sub(patched);
        if age < -MONTHS_AHEAD {
            return Err(Reason::PatchLevel.found(found).into());
        }
        if age > months {
            let refusal = Reason::PatchLevelOld.expected(Evidence::Number("months", months));
            return Err(refusal.found(found).into());
        }
        if evidence == Evidence::None {
            evidence = found;
        }
    }
    Ok(evidence)
}

/// How far ahead of the time a patch level may lie: builds are stamped before they are released.
/// A Pixel among Google's public fixtures says 202511 under certificates of September 2025.
const MONTHS_AHEAD: i64 = 3;

fn stated(value: Option<Result<u64, Malformed>>, name: &'static str) -> Result<u64, Cause> {
    let missing = || Cause::from(Reason::PatchLevelMissing.found(Evidence::Note(name)));
    Ok(value.ok_or_else(missing)??)
}

/// The months of a level, counted as those of a time: `YYYYMM`, or `YYYYMMDD`.
fn months_of(level: u64) -> Option<i64> {
    let (month_number, day) = match level {
        100_000..=999_999 => (level, 1),
        10_000_000..=99_999_999 => (level.div_euclid(100), level.rem_euclid(100)),
        _ => return None,
    };
    let (year, month) = (month_number.div_euclid(100), month_number.rem_euclid(100));
    let date = UnixTime::from_civil(
        i64::try_from(year).ok()?,
        i64::try_from(month).ok()?,
        i64::try_from(day).ok()?,
        0,
        0,
        0,
    )?;
    Some(date.months())
}

/// AK-14: the application that asked for the key is an expected one.
///
/// Evidence of the device is the relying party's own app's whatever the origin, so the list counts
/// for it wherever there is one, and without a list only the rule `NotJudged` takes it.
fn application(
    description: &KeyDescription<'_>,
    setting: &Setting<'_>,
    ledger: &mut Ledger,
) -> Result<Settled<Ak14>, Failure> {
    let expected = &setting.policy.android_applications;
    let (origin, is_evidence) = match setting.key {
        KeyUse::Credential { application, .. } => (application, false),
        KeyUse::DeviceEvidence { application } => (application, true),
    };
    match setting.policy.android_application {
        AndroidApplicationRule::NotJudged if is_evidence && !expected.is_empty() => {
            ledger.judge(|| listed(description, expected))
        }
        AndroidApplicationRule::NotJudged => Ok(ledger.skip("android_application")),
        AndroidApplicationRule::OwnApp => match origin {
            None if is_evidence => ledger.judge(|| listed(description, expected)),
            None => Ok(ledger.not_applicable("the origin is not an application's")),
            Some(hash) => ledger.judge(|| {
                let id = application_id(description)?;
                if !id.signature_digests.iter().any(|digest| *digest == hash) {
                    return Err(Reason::ApplicationOrigin.into());
                }
                if !expected.is_empty() {
                    is_expected(&id, expected)?;
                }
                Ok(named(&id))
            }),
        },
        AndroidApplicationRule::Listed => ledger.judge(|| listed(description, expected)),
    }
}

/// Nothing listed means nothing accepted.
fn listed(
    description: &KeyDescription<'_>,
    expected: &[AndroidApplication],
) -> Result<Evidence, Cause> {
    if expected.is_empty() {
        let field = Evidence::Note("android_applications");
        return Err(Reason::EvidenceNotLoaded.found(field).into());
    }
    let id = application_id(description)?;
    is_expected(&id, expected)?;
    Ok(named(&id))
}

/// The operating system states it, so it stands in the software's list.
fn application_id<'a>(description: &KeyDescription<'a>) -> Result<ApplicationId<'a>, Cause> {
    let id = description.software_enforced.attestation_application_id();
    let id = id.ok_or(Reason::ApplicationMissing)??;
    // The system's own processes have a name and no signer, and so nothing that could be compared.
    if id.packages.is_empty() || id.signature_digests.is_empty() {
        return Err(Reason::ApplicationMissing.into());
    }
    Ok(id)
}

/// Applications that share a user id share its keys, so each of them has to be listed, with every
/// signer that is stated.
fn is_expected(id: &ApplicationId<'_>, expected: &[AndroidApplication]) -> Result<(), Cause> {
    for package in &id.packages {
        let found = Evidence::text(package.name);
        let listed = expected.iter().find(|application| application.package == package.name);
        let Some(application) = listed else {
            return Err(Reason::ApplicationPackage.found(found).into());
        };
        let digests = &application.signing_digests;
        let known = |digest: &&[u8]| digests.iter().any(|listed| listed.0 == **digest);
        if !id.signature_digests.iter().all(known) {
            return Err(Reason::ApplicationSigner.found(found).into());
        }
    }
    Ok(())
}

fn named(id: &ApplicationId<'_>) -> Evidence {
    id.packages.first().map_or(Evidence::None, |package| Evidence::text(package.name))
}

/// AK-15: where the response claims that the user was verified, the key cannot be used without.
/// Terms that loosen count from either list, terms that promise from the hardware's alone.
fn user_authentication(
    description: &KeyDescription<'_>,
    user_verified: bool,
    longest_seconds: u32,
) -> Result<Evidence, Cause> {
    if !user_verified {
        return Ok(Evidence::Note("user verification is not claimed"));
    }
    let (hardware, software) = (&description.hardware_enforced, &description.software_enforced);
    if hardware.no_auth_required() || software.no_auth_required() {
        return Err(Reason::NoAuthRequired.into());
    }
    let kinds = hardware.user_auth_type().ok_or(Reason::UserAuthType)??;
    if kinds == 0 {
        return Err(Reason::UserAuthType.into());
    }
    for timeout in [hardware.auth_timeout(), software.auth_timeout()].into_iter().flatten() {
        let timeout = timeout?;
        if timeout > u64::from(longest_seconds) {
            let expected = Evidence::Number("seconds", i64::from(longest_seconds));
            let found = number("seconds", timeout);
            return Err(Reason::AuthTimeout.expected(expected).found(found).into());
        }
    }
    Ok(number("userAuthType", kinds))
}

/// AK-16: versions that are known, or later ones of which everything that is used can be read.
fn known_version(
    description: &KeyDescription<'_>,
    policy: &Policy,
    ledger: &mut Ledger,
) -> Result<Settled<Ak16>, Failure> {
    if !policy.android_attestation_version.is_judged() {
        return Ok(ledger.skip("android_attestation_version"));
    }
    let (later, settled) = ledger.judge_into(|| {
        let versions = [
            ("attestation", description.attestation_version, ATTESTATION_VERSIONS),
            ("keyMint", description.keymint_version, KEYMINT_VERSIONS),
        ];
        let mut later = false;
        for (name, version, known) in versions {
            if version > LATEST {
                later = true;
            } else if !known.contains(&version) {
                return Err(Reason::AttestationVersion.found(number(name, version)).into());
            }
        }
        if later {
            every_used_field_is_readable(description)?;
        }
        Ok((later, number("", description.attestation_version)))
    })?;
    if later {
        ledger.tolerate("android_later_version");
    }
    Ok(settled)
}

/// Versions of the attestation's schema: 1 to 4 for Keymaster, hundreds for KeyMint.
const ATTESTATION_VERSIONS: &[u64] = &[1, 2, 3, 4, 100, 200, 300, 400, LATEST];
/// Versions of the key store: Keymaster 1 to 4.0, 4.1, and KeyMint.
const KEYMINT_VERSIONS: &[u64] = &[1, 2, 3, 4, 41, 100, 200, 300, 400, LATEST];
const LATEST: u64 = 500;

fn every_used_field_is_readable(description: &KeyDescription<'_>) -> Result<(), Cause> {
    for list in [&description.hardware_enforced, &description.software_enforced] {
        list.purposes().transpose()?;
        list.root_of_trust().transpose()?;
        list.attestation_application_id().transpose()?;
        let numbers = [
            list.origin(),
            list.os_version(),
            list.os_patch_level(),
            list.vendor_patch_level(),
            list.boot_patch_level(),
            list.user_auth_type(),
            list.auth_timeout(),
        ];
        for number in numbers {
            number.transpose()?;
        }
    }
    Ok(())
}

fn number(name: &'static str, value: u64) -> Evidence {
    Evidence::Number(name, i64::try_from(value).unwrap_or(i64::MAX))
}

/// The description as facts of a verdict: of the device and its software, never of its owner. The
/// device identifiers that a description can carry are left where they are.
pub(in crate::webauthn) fn describe(description: &KeyDescription<'_>) -> AndroidFacts {
    let (hardware, software) = (&description.hardware_enforced, &description.software_enforced);
    let root = hardware.root_of_trust().and_then(Result::ok);
    let application = software.attestation_application_id().and_then(Result::ok);
    let unknown_tags = [hardware, software].into_iter().flat_map(AuthorizationList::unknown_tags);
    AndroidFacts {
        attestation_version: description.attestation_version,
        attestation_security_level: description.attestation_security_level.name().to_owned(),
        keymint_version: description.keymint_version,
        keymint_security_level: description.keymint_security_level.name().to_owned(),
        verified_boot_state: root.as_ref().map(|root| {
            boot_state_name(root.verified_boot_state).unwrap_or("unknown").to_ascii_lowercase()
        }),
        verified_boot_key: root.as_ref().map(|root| hex::encode(root.verified_boot_key)),
        device_locked: root.as_ref().map(|root| root.device_locked),
        os_version: hardware.os_version().and_then(Result::ok),
        os_patch_level: hardware.os_patch_level().and_then(Result::ok),
        vendor_patch_level: hardware.vendor_patch_level().and_then(Result::ok),
        boot_patch_level: hardware.boot_patch_level().and_then(Result::ok),
        no_auth_required: hardware.no_auth_required() || software.no_auth_required(),
        user_auth_type: hardware.user_auth_type().and_then(Result::ok),
        auth_timeout: hardware.auth_timeout().and_then(Result::ok),
        packages: application.as_ref().map_or_else(Vec::new, |id| {
            id.packages.iter().map(|package| package.name.to_owned()).collect()
        }),
        signing_digests: application.as_ref().map_or_else(Vec::new, |id| {
            id.signature_digests.iter().map(|digest| hex::encode(digest)).collect()
        }),
        unknown_tags: unknown_tags.map(|(tag, _)| tag).collect(),
        chain: None,
        status_list_fetched: None,
    }
}
