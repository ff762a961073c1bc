//! `tpm` (WebAuthn Level 3 §8.3): a TPM certifies the credential key with an attestation identity
//! key, whose certificate says whose TPM it is.

use super::tpm_structures::{
    ALG_SHA256, ALG_SHA384, ALG_SHA512, Attest, Parameters, PublicArea, ST_ATTEST_CERTIFY,
    TPM_GENERATED, Unique, attribute,
};
use super::{
    Context, FormatProof, NO_CERTIFICATES, Verified, aaguid_extension, bytes, integer, leaf,
    match_aaguid, not_a_ca, only_members, read_certificates, required, statement_algorithm,
    tolerate_sha1, verify_by_certificate, version_3, x5c,
};
use crate::crypto::{Hash, KeyKind, PublicKey, SignatureVerifier as _, provider};
use crate::encoding::cbor::Value;
use crate::encoding::certificate::{Attribute, Certificate, attributes, oid};
use crate::encoding::der::{DerReader, Tag};
use crate::policy::Policy;
use crate::trust::{TPM_VENDOR_EDITION, Vendor, registered, vendor_of_issuer};
use crate::verdict::marker::{
    Tp1, Tp2, Tp3, Tp4, Tp5, Tp6, Tp7, Tp8, Tp9, Tp10, Tp11, Tp12, Tp13, Tp14, Tp15, Tp16, Tp17,
    X2, X16,
};
use crate::verdict::{
    AttestationType, Cause, Evidence, Facts, Failure, Ledger, Reason, Settled, TpmFacts,
};

/// Proof that the checks of the format were settled.
pub(super) struct Proof {
    _members: Settled<Tp1>,
    _consumed: Settled<Tp2>,
    _attributes: Settled<Tp3>,
    _parameters: Settled<Tp4>,
    _key: Settled<Tp5>,
    _name: Settled<Tp6>,
    _certification: Settled<Tp7>,
    _extra_data: Settled<Tp8>,
    _certificate: Settled<Tp9>,
    _manufacturer: Settled<Tp10>,
    _key_usage: Settled<Tp11>,
    _constraints: Settled<Tp12>,
    _aaguid: Settled<Tp13>,
    _signature: Settled<Tp14>,
    _critical: Settled<Tp15>,
    _issuer: Settled<Tp16>,
    _facts: Settled<Tp17>,
}

struct Statement<'a> {
    algorithm: i64,
    signature: &'a [u8],
    certificates: Vec<&'a [u8]>,
    public_area: &'a [u8],
    certify_info: &'a [u8],
}

pub(super) fn verify<'a>(
    statement: &Value<'a>,
    context: &Context<'_, 'a>,
    ledger: &mut Ledger,
    facts: &mut Facts,
) -> Result<Verified<'a>, Failure> {
    let policy = context.policy;
    let (parsed, members) =
        ledger.judge_into::<Tp1, _>(|| Ok((members(statement)?, Evidence::None)))?;
    facts.statement_algorithm = Some(parsed.algorithm);
    let exact = ledger.judge::<X2>(|| {
        only_members(statement, &["ver", "alg", "sig", "x5c", "pubArea", "certInfo"])?;
        Ok(Evidence::None)
    })?;
    let not_none = ledger.not_applicable::<X16>("the format is not none");
    let (certificates, readable) = read_certificates(&parsed.certificates, ledger, facts)?;
    let certification = ledger.judge::<Tp7>(|| certification(parsed.certify_info))?;
    let ((area, attest), consumed) = ledger.judge_into::<Tp2, _>(|| {
        let area = PublicArea::read(parsed.public_area)?;
        Ok(((area, Attest::read(parsed.certify_info)?), Evidence::None))
    })?;
    let key = ledger.judge::<Tp5>(|| same_key(&area, &context.key.key))?;
    let extra_data = ledger.judge::<Tp8>(|| {
        let algorithm = statement_algorithm(parsed.algorithm, policy)?;
        let hash = algorithm.hash().ok_or(Reason::TpmAlgorithmWithoutHash)?;
        let expected = provider().digest(hash, &[context.data.bytes, context.client_data_hash]);
        if attest.extra_data == expected.as_ref() {
            Ok(Evidence::None)
        } else {
            Err(Reason::TpmExtraData.into())
        }
    })?;
    let name = ledger.judge::<Tp6>(|| attested_name(&area, parsed.public_area, attest.name))?;
    tolerate_sha1(parsed.algorithm, policy, ledger);
    let signature = ledger.judge::<Tp14>(|| {
        let algorithm = statement_algorithm(parsed.algorithm, policy)?;
        let message = [parsed.certify_info];
        verify_by_certificate(leaf(&certificates)?, algorithm, &message, parsed.signature)?;
        Ok(Evidence::Number("alg", parsed.algorithm))
    })?;
    let (identity, certificate) = ledger.judge_into::<Tp9, _>(|| identity(leaf(&certificates)?))?;
    let key_usage = ledger.judge::<Tp11>(|| attestation_usage(leaf(&certificates)?))?;
    let constraints = ledger.judge::<Tp12>(|| not_a_ca(leaf(&certificates)?))?;
    let (extension, aaguid_form) = match certificates.first() {
        Some(leaf) => aaguid_extension(leaf, ledger)?,
        None => (None, ledger.not_applicable(NO_CERTIFICATES)),
    };
    let aaguid = match extension {
        Some(extension) => ledger.judge(|| match_aaguid(extension, context.attested.aaguid))?,
        None => ledger.not_applicable("the certificate has no AAGUID extension"),
    };
    let attributes = ledger.judge_if(
        policy.tpm_object_attributes.is_judged(),
        "tpm_object_attributes",
        || device_bound(area.object_attributes),
    )?;
    let parameters =
        ledger.judge_if(policy.tpm_parameters.is_judged(), "tpm_parameters", || {
            let fit = area.parameters.fit_a_signing_key();
            if fit { Ok(Evidence::None) } else { Err(Reason::TpmParameters.into()) }
        })?;
    let vendor = registered(&identity.manufacturer);
    facts.tpm = Some(TpmFacts {
        manufacturer: Some(identity.manufacturer.clone()),
        vendor: vendor.map(|vendor| vendor.name.to_owned()),
        model: Some(identity.model),
        version: Some(identity.version),
        firmware_version: attest.firmware_version,
        reset_count: attest.reset_count,
        restart_count: attest.restart_count,
        clock_safe: match attest.safe {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        },
        object_attributes: area.object_attributes,
        hardware_bound: area.object_attributes & attribute::BOUND == attribute::BOUND,
    });
    let critical = ledger.judge::<Tp15>(|| critical_extensions(leaf(&certificates)?))?;
    let exposed = ledger.judge::<Tp17>(|| Ok(Evidence::Note("facts.tpm")))?;
    let manufacturer = ledger.judge_if(
        policy.tpm_registered_vendor.is_judged(),
        "tpm_registered_vendor",
        || registered_vendor(vendor, &identity.manufacturer),
    )?;
    let issuer =
        ledger.judge_if(policy.tpm_issuer_vendor.is_judged(), "tpm_issuer_vendor", || {
            issuer_vendor(leaf(&certificates)?, vendor, policy)
        })?;
    let proof = Proof {
        _members: members,
        _consumed: consumed,
        _attributes: attributes,
        _parameters: parameters,
        _key: key,
        _name: name,
        _certification: certification,
        _extra_data: extra_data,
        _certificate: certificate,
        _manufacturer: manufacturer,
        _key_usage: key_usage,
        _constraints: constraints,
        _aaguid: aaguid,
        _signature: signature,
        _critical: critical,
        _issuer: issuer,
        _facts: exposed,
    };
    Ok(Verified {
        attestation_type: AttestationType::AttCa,
        certificates,
        certifies_model: extension.is_some(),
        proof: super::Proof {
            _members: exact,
            _none: not_none,
            _certificates: readable,
            _aaguid: aaguid_form,
            _format: FormatProof::Tpm { _proof: proof },
        },
    })
}

/// §8.3, syntax: all members, `ver` is "2.0". ECDAA left the specification.
fn members<'a>(statement: &Value<'a>) -> Result<Statement<'a>, Cause> {
    if statement.member("ecdaaKeyId").is_some() {
        return Err(Reason::Ecdaa.into());
    }
    let version = required(statement, "ver")?;
    if version.text() != Some("2.0") {
        let found = Evidence::text(version.text().unwrap_or(""));
        return Err(Reason::TpmVersion.found(found).into());
    }
    Ok(Statement {
        algorithm: integer(required(statement, "alg")?, "alg")?,
        signature: bytes(required(statement, "sig")?, "sig")?,
        certificates: x5c(required(statement, "x5c")?)?,
        public_area: bytes(required(statement, "pubArea")?, "pubArea")?,
        certify_info: bytes(required(statement, "certInfo")?, "certInfo")?,
    })
}

/// §8.3: `magic` is TPM_GENERATED_VALUE, `type` is TPM_ST_ATTEST_CERTIFY.
fn certification(certify_info: &[u8]) -> Result<Evidence, Cause> {
    let (magic, kind) = Attest::read_head(certify_info)?;
    if magic != TPM_GENERATED {
        return Err(Reason::TpmMagic.into());
    }
    if kind != ST_ATTEST_CERTIFY {
        return Err(Reason::TpmType.found(Evidence::Number("type", i64::from(kind))).into());
    }
    Ok(Evidence::None)
}

/// §8.3: the key in `parameters` and `unique` is the credential key. Numbers are compared without
/// leading zeros, since TPMs shorten coordinates; exponent 0 stands for 65537.
fn same_key(area: &PublicArea<'_>, credential: &PublicKey) -> Result<Evidence, Cause> {
    let same = match (&area.parameters, &area.unique, credential) {
        (Parameters::Rsa { exponent, .. }, Unique::Rsa { modulus }, PublicKey::Rsa(key)) => {
            let exponent = if *exponent == 0 { 65_537 } else { *exponent };
            trimmed(modulus) == trimmed(&key.modulus) && exponent == key.exponent
        }
        (Parameters::Ecc { curve, .. }, Unique::Ecc { x, y }, key) => {
            let kind = match curve {
                0x0003 => KeyKind::P256,
                0x0004 => KeyKind::P384,
                0x0005 => KeyKind::P521,
                other => {
                    let found = Evidence::Number("curve", i64::from(*other));
                    return Err(Reason::TpmCurve.found(found).into());
                }
            };
            kind == key.kind()
                && key.coordinates().is_some_and(|(key_x, key_y)| {
                    trimmed(x) == trimmed(key_x) && trimmed(y) == trimmed(key_y)
                })
        }
        _ => false,
    };
    if same {
        Ok(Evidence::Note(credential.kind().name()))
    } else {
        Err(Reason::TpmKeyMismatch.into())
    }
}

/// §8.3: `attested` is the Name of `pubArea`: its name algorithm and that hash over it.
fn attested_name(area: &PublicArea<'_>, encoded: &[u8], name: &[u8]) -> Result<Evidence, Cause> {
    let hash = match area.name_algorithm {
        ALG_SHA256 => Hash::Sha256,
        ALG_SHA384 => Hash::Sha384,
        ALG_SHA512 => Hash::Sha512,
        other => {
            let found = Evidence::Number("nameAlg", i64::from(other));
            return Err(Reason::TpmNameAlgorithm.found(found).into());
        }
    };
    let digest = provider().digest(hash, &[encoded]);
    let expected = [&area.name_algorithm.to_be_bytes(), digest.as_ref()].concat();
    if name == expected { Ok(Evidence::None) } else { Err(Reason::TpmName.into()) }
}

/// Whose TPM it is, as the certificate says.
struct Identity {
    manufacturer: String,
    model: String,
    version: String,
}

/// §8.3.1: version 3, empty subject, and a critical SAN whose directory name states manufacturer,
/// model and version once each, in one RDN or in three.
fn identity(leaf: &Certificate<'_>) -> Result<(Identity, Evidence), Cause> {
    version_3(leaf)?;
    if !DerReader::only(leaf.subject, Tag::SEQUENCE, "subject")?.is_empty() {
        return Err(Reason::SubjectNotEmpty.into());
    }
    let incomplete = || Cause::from(Reason::SubjectAlternativeName);
    let extension = leaf.extension(oid::SUBJECT_ALTERNATIVE_NAME).ok_or_else(incomplete)?;
    if !extension.critical {
        return Err(Reason::SubjectAlternativeNameNotCritical.into());
    }
    let names = DerReader::only(extension.value, Tag::SEQUENCE, "subject alternative name")?;
    let mut names = DerReader::new(names, "subject alternative name");
    let mut found = Vec::new();
    while !names.is_empty() {
        let name = names.any()?;
        if name.tag == Tag::explicit(4) {
            found.extend(attributes(name.content)?);
        }
    }
    let once = |id: &[u8]| {
        let mut values = found.iter().filter(|attribute| attribute.id == id);
        let value = values.next().and_then(Attribute::text).filter(|text| !text.is_empty());
        value.filter(|_| values.next().is_none()).map(str::to_owned)
    };
    let identity = Identity {
        manufacturer: once(oid::TPM_MANUFACTURER).ok_or_else(incomplete)?,
        model: once(oid::TPM_MODEL).ok_or_else(incomplete)?,
        version: once(oid::TPM_VERSION).ok_or_else(incomplete)?,
    };
    let evidence = Evidence::text(&identity.manufacturer);
    Ok((identity, evidence))
}

/// §8.3.1: the extended key usage holds tcg-kp-AIKCertificate, anywhere in the list.
fn attestation_usage(leaf: &Certificate<'_>) -> Result<Evidence, Cause> {
    if leaf.extended_key_usages()?.contains(&oid::TCG_AIK_CERTIFICATE) {
        Ok(Evidence::None)
    } else {
        Err(Reason::ExtendedKeyUsage.into())
    }
}

/// TP-15: the SAN is critical by §8.3.1, which a path validator need not understand. No other
/// extension that path validation does not know may be.
fn critical_extensions(leaf: &Certificate<'_>) -> Result<Evidence, Cause> {
    const KNOWN: &[&[u8]] = &[
        oid::SUBJECT_ALTERNATIVE_NAME,
        oid::BASIC_CONSTRAINTS,
        oid::KEY_USAGE,
        oid::EXTENDED_KEY_USAGE,
        oid::CERTIFICATE_POLICIES,
    ];
    let unknown = leaf
        .extensions
        .iter()
        .find(|extension| extension.critical && !KNOWN.contains(&extension.id));
    match unknown {
        None => Ok(Evidence::None),
        Some(extension) => {
            let found = Evidence::text(&crate::encoding::der::dotted(extension.id));
            Err(Reason::CriticalExtension.at(0).found(found).into())
        }
    }
}

/// TP-3: what makes «hardware-bound» true.
fn device_bound(attributes: u32) -> Result<Evidence, Cause> {
    const NEEDED: u32 = attribute::BOUND | attribute::SIGN;
    // A restricted key is one that signs for the TPM: it could certify other keys as well. It signs
    // what the TPM hashed for it, assertions too, so that it would not show in use.
    let right = attributes & NEEDED == NEEDED
        && attributes & (attribute::RESERVED | attribute::RESTRICTED) == 0;
    let evidence = Evidence::Number("attributes", i64::from(attributes));
    if right { Ok(evidence) } else { Err(Reason::TpmObjectAttributes.found(evidence).into()) }
}

/// TP-10: the manufacturer is one that the registry knows.
fn registered_vendor(vendor: Option<Vendor>, manufacturer: &str) -> Result<Evidence, Cause> {
    match vendor {
        Some(vendor) => Ok(Evidence::text(&format!("{}, {TPM_VENDOR_EDITION}", vendor.name))),
        None => Err(Reason::TpmVendor.found(Evidence::text(manufacturer)).into()),
    }
}

/// TP-16: the issuer's name is for the manufacturer that the certificate states. What is compared
/// is the code between region and key identifier in the issuer's only attribute (`NTC` in
/// `CN=EUS-NTC-KEYID-…`) with the manufacturer's id as ASCII (`id:4E544300`). An issuer of another
/// naming says nothing of the manufacturer: whether that will do is the policy's.
fn issuer_vendor(
    leaf: &Certificate<'_>,
    vendor: Option<Vendor>,
    policy: &Policy,
) -> Result<Evidence, Cause> {
    match vendor_of_issuer(leaf.issuer) {
        None if policy.tpm_issuer_naming.is_judged() => Err(Reason::TpmIssuerNaming.into()),
        None => Ok(Evidence::Note("the issuer is not named for a manufacturer")),
        Some(code) => {
            let stated = vendor.map(|vendor| vendor.code());
            if stated.as_ref() == Some(&code) {
                return Ok(Evidence::text(&code));
            }
            let expected = stated.map_or(Evidence::None, |code| Evidence::text(&code));
            Err(Reason::TpmIssuerVendor.expected(expected).found(Evidence::text(&code)).into())
        }
    }
}

/// A big-endian number without leading zeros.
fn trimmed(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.split_at_checked(zeros).map_or(number, |(_, rest)| rest)
}
