//! `android-key` (WebAuthn Level 3 §8.4): keys of Android's key store, described by a certificate
//! extension that the secure hardware fills in.

use super::android_evidence::{self, KeyUse, Setting};
use super::key_description::{AuthorizationList, KeyDescription, ORIGIN_GENERATED, PURPOSE_SIGN};
use super::{
    Context, FormatProof, Verified, bytes, integer, leaf, only_members, read_certificates,
    required, statement_algorithm, tolerate_sha1, verify_by_certificate, x5c,
};
use crate::crypto::PublicKey;
use crate::encoding::cbor::Value;
use crate::encoding::certificate::{Certificate, oid};
use crate::policy::{Policy, Rule};
use crate::verdict::marker::{Ak1, Ak2, Ak3, Ak4, Ak5, Ak6, Ak7, Ak8, Ak9, Ak10, X2, X16};
use crate::verdict::{AttestationType, Cause, Evidence, Facts, Failure, Ledger, Reason, Settled};

/// Proof that the checks of the format were settled. AK-17 to AK-19 are settled with the path.
pub(super) struct Proof {
    _members: Settled<Ak1>,
    _signature: Settled<Ak2>,
    _key: Settled<Ak3>,
    _challenge: Settled<Ak4>,
    _description: DescriptionProof,
}

/// Proof that what the key description says was settled.
pub(in crate::webauthn) struct DescriptionProof {
    _single: Settled<Ak5>,
    _all_applications: Settled<Ak6>,
    _order: Settled<Ak7>,
    _origin: Settled<Ak8>,
    _purpose: Settled<Ak9>,
    _enforced: Settled<Ak10>,
    _evidence: android_evidence::Proof,
}

struct Statement<'a> {
    algorithm: i64,
    signature: &'a [u8],
    certificates: Vec<&'a [u8]>,
}

pub(super) fn verify<'a>(
    statement: &Value<'a>,
    context: &Context<'_, 'a>,
    ledger: &mut Ledger,
    facts: &mut Facts,
) -> Result<Verified<'a>, Failure> {
    let policy = context.policy;
    let (parsed, members) = ledger.judge_into::<Ak1, _>(|| {
        let algorithm = integer(required(statement, "alg")?, "alg")?;
        let signature = bytes(required(statement, "sig")?, "sig")?;
        let certificates = x5c(required(statement, "x5c")?)?;
        Ok((Statement { algorithm, signature, certificates }, Evidence::None))
    })?;
    facts.statement_algorithm = Some(parsed.algorithm);
    let exact = ledger.judge::<X2>(|| {
        only_members(statement, &["alg", "sig", "x5c"])?;
        Ok(Evidence::None)
    })?;
    let not_none = ledger.not_applicable::<X16>("the format is not none");
    let (certificates, readable) = read_certificates(&parsed.certificates, ledger, facts)?;
    tolerate_sha1(parsed.algorithm, policy, ledger);
    let signature = ledger.judge::<Ak2>(|| {
        let algorithm = statement_algorithm(parsed.algorithm, policy)?;
        let message = [context.data.bytes, context.client_data_hash.as_slice()];
        verify_by_certificate(leaf(&certificates)?, algorithm, &message, parsed.signature)?;
        Ok(Evidence::Number("alg", parsed.algorithm))
    })?;
    let key = ledger.judge::<Ak3>(|| {
        let key = PublicKey::read_certificate(leaf(&certificates)?.public_key_info)?;
        if key == context.key.key {
            Ok(Evidence::None)
        } else {
            Err(Reason::LeafKeyMismatch.into())
        }
    })?;
    let (description, challenge) = ledger.judge_into::<Ak4, _>(|| {
        Ok((description_over(context.client_data_hash, &certificates)?, Evidence::None))
    })?;
    facts.android = Some(android_evidence::describe(&description));
    let user_verified = context.data.flags.uv;
    let setting = Setting {
        policy,
        time: context.time,
        key: KeyUse::Credential { application: context.application, user_verified },
    };
    let description = judge_description(&description, &certificates, &setting, ledger)?;
    let proof = Proof {
        _members: members,
        _signature: signature,
        _key: key,
        _challenge: challenge,
        _description: description,
    };
    Ok(Verified {
        attestation_type: AttestationType::Basic,
        certificates,
        certifies_model: false,
        proof: super::Proof {
            _members: exact,
            _none: not_none,
            _certificates: readable,
            _aaguid: ledger.not_applicable("the format does not judge the AAGUID extension"),
            _format: FormatProof::AndroidKey { _proof: proof },
        },
    })
}

/// The leaf's key description, made over this challenge (AK-4).
pub(in crate::webauthn) fn description_over<'a>(
    challenge: &[u8],
    certificates: &[Certificate<'a>],
) -> Result<KeyDescription<'a>, Cause> {
    let extension = leaf(certificates)?
        .extension(oid::ANDROID_KEY_DESCRIPTION)
        .ok_or(Reason::KeyDescriptionMissing)?;
    let description = KeyDescription::read(extension.value)?;
    if description.attestation_challenge != challenge {
        return Err(Reason::AttestationChallenge.into());
    }
    Ok(description)
}

/// What the key description says, whoever it was sent to (AK-5 to AK-16).
pub(in crate::webauthn) fn judge_description(
    description: &KeyDescription<'_>,
    certificates: &[Certificate<'_>],
    setting: &Setting<'_>,
    ledger: &mut Ledger,
) -> Result<DescriptionProof, Failure> {
    let policy = setting.policy;
    let single = ledger.judge_if(
        policy.android_single_description.is_judged(),
        "android_single_description",
        || single_description(certificates),
    )?;
    let all_applications = ledger.judge::<Ak6>(|| {
        // Whatever the scope: a key that every application may use is not bound to the RP.
        let lists = [&description.software_enforced, &description.hardware_enforced];
        if lists.iter().any(|list| list.all_applications()) {
            Err(Reason::AllApplications.into())
        } else {
            Ok(Evidence::None)
        }
    })?;
    let order = authorization_order(description, policy, ledger)?;
    let enforced = ledger.judge_if(
        policy.android_hardware_enforced.is_judged(),
        "android_hardware_enforced",
        || hardware_enforced(description),
    )?;
    let scope = Scope { description, hardware_only: policy.android_hardware_enforced };
    let origin = ledger.judge::<Ak8>(|| generated(&scope))?;
    let purpose = ledger.judge::<Ak9>(|| signs(&scope, policy.android_sign_only))?;
    let evidence = android_evidence::judge(description, certificates.get(1), setting, ledger)?;
    Ok(DescriptionProof {
        _single: single,
        _all_applications: all_applications,
        _order: order,
        _origin: origin,
        _purpose: purpose,
        _enforced: enforced,
        _evidence: evidence,
    })
}

/// The lists in which origin and purpose count (§8.4: the RP may accept only what hardware
/// enforces, or the union of both lists).
struct Scope<'s, 'a> {
    description: &'s KeyDescription<'a>,
    hardware_only: Rule,
}

impl<'s, 'a> Scope<'s, 'a> {
    fn lists(&self) -> impl Iterator<Item = &'s AuthorizationList<'a>> {
        let software =
            (!self.hardware_only.is_judged()).then_some(&self.description.software_enforced);
        core::iter::once(&self.description.hardware_enforced).chain(software)
    }
}

/// An attested key can sign a certificate below its own; only index 0 speaks of this key.
fn single_description(certificates: &[Certificate<'_>]) -> Result<Evidence, Cause> {
    let another = certificates
        .iter()
        .enumerate()
        .skip(1)
        .find(|(_, certificate)| certificate.extension(oid::ANDROID_KEY_DESCRIPTION).is_some());
    match another {
        None => Ok(Evidence::None),
        Some((position, _)) => Err(Reason::KeyDescriptionRepeated.at(position).into()),
    }
}

/// A repeated tag leaves open which of two values counts, so it is refused under every policy;
/// order alone only where the policy says so.
fn authorization_order(
    description: &KeyDescription<'_>,
    policy: &Policy,
    ledger: &mut Ledger,
) -> Result<Settled<Ak7>, Failure> {
    let lists = [&description.software_enforced, &description.hardware_enforced];
    let repeated = lists.iter().any(|list| list.has_duplicates);
    let ordered = lists.iter().all(|list| list.is_ordered);
    if repeated || policy.android_authorization_order.is_judged() {
        ledger.judge(|| {
            if repeated || !ordered {
                Err(Reason::AuthorizationOrder.into())
            } else {
                Ok(Evidence::None)
            }
        })
    } else {
        if !ordered {
            ledger.tolerate("android_authorization_order");
        }
        Ok(ledger.skip("android_authorization_order"))
    }
}

/// AK-10: what is stated at all is stated by hardware. Absence from both lists is AK-8's and
/// AK-9's to refuse.
fn hardware_enforced(description: &KeyDescription<'_>) -> Result<Evidence, Cause> {
    let (hardware, software) = (&description.hardware_enforced, &description.software_enforced);
    let origin = hardware.origin().is_some() || software.origin().is_none();
    let purpose = hardware.purposes().is_some() || software.purposes().is_none();
    if origin && purpose {
        Ok(Evidence::Note("hardware enforced"))
    } else {
        Err(Reason::NotHardwareEnforced.into())
    }
}

/// §8.4: the value of `origin` is KM_ORIGIN_GENERATED. Absence is a failure.
fn generated(scope: &Scope<'_, '_>) -> Result<Evidence, Cause> {
    let mut stated = false;
    for origin in scope.lists().filter_map(AuthorizationList::origin) {
        let origin = origin?;
        if origin != ORIGIN_GENERATED {
            let found = i64::try_from(origin).unwrap_or(i64::MAX);
            return Err(Reason::OriginNotGenerated.found(Evidence::Number("origin", found)).into());
        }
        stated = true;
    }
    if stated { Ok(Evidence::Note("generated")) } else { Err(Reason::OriginMissing.into()) }
}

/// §8.4: `purpose` contains KM_PURPOSE_SIGN; where the policy says so it contains nothing else.
fn signs(scope: &Scope<'_, '_>, alone: Rule) -> Result<Evidence, Cause> {
    let mut purposes = Vec::new();
    let mut stated = false;
    for list in scope.lists().filter_map(AuthorizationList::purposes) {
        purposes.extend(list?);
        stated = true;
    }
    if !stated {
        return Err(Reason::PurposeMissing.into());
    }
    let other = purposes.iter().find(|purpose| **purpose != PURPOSE_SIGN);
    if !purposes.contains(&PURPOSE_SIGN) || (alone.is_judged() && other.is_some()) {
        let found = other.and_then(|other| i64::try_from(*other).ok());
        let found = found.map_or(Evidence::None, |other| Evidence::Number("purpose", other));
        return Err(Reason::PurposeNotSign.found(found).into());
    }
    Ok(Evidence::Note("sign"))
}
