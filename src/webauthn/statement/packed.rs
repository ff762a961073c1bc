//! `packed` (WebAuthn Level 3 §8.2): the format of most authenticators, with a certificate or
//! signed by the credential itself.

use super::{
    Context, FormatProof, NO_CERTIFICATES, Verified, aaguid_extension, bytes, integer, leaf,
    match_aaguid, not_a_ca, only_members, read_certificates, required, statement_algorithm,
    tolerate_sha1, verify_by_certificate, version_3, x5c,
};
use crate::encoding::cbor::Value;
use crate::encoding::certificate::{Attribute, Certificate, attributes, oid};
use crate::encoding::der::{DerReader, Tag, u64_from, unsigned};
use crate::trust::dates_at;
use crate::verdict::marker::{
    Pk1, Pk2, Pk3, Pk4, Pk5, Pk6, Pk7, Pk8, Pk9, Pk10, Pk11, Pk12, Pk13, Pk15, X2, X16,
};
use crate::verdict::{AttestationType, Cause, Evidence, Facts, Failure, Ledger, Reason, Settled};

/// Proof that the checks of the format were settled. PK-14 is settled with the metadata.
pub(super) struct Proof {
    _members: Settled<Pk1>,
    _ecdaa: Settled<Pk2>,
    _signature: Settled<Pk3>,
    _version: Settled<Pk4>,
    _country: Settled<Pk5>,
    _subject: Settled<Pk6>,
    _string_types: Settled<Pk7>,
    _constraints: Settled<Pk8>,
    _aaguid: Settled<Pk9>,
    _firmware: Settled<Pk10>,
    _enterprise: Settled<Pk11>,
    _dates: Settled<Pk12>,
    _self_algorithm: Settled<Pk13>,
    _model: Settled<Pk15>,
}

/// The members of the statement.
struct Statement<'a> {
    algorithm: i64,
    signature: &'a [u8],
    certificates: Option<Vec<&'a [u8]>>,
}

pub(super) fn verify<'a>(
    statement: &Value<'a>,
    context: &Context<'_, 'a>,
    ledger: &mut Ledger,
    facts: &mut Facts,
) -> Result<Verified<'a>, Failure> {
    let ecdaa = ledger.judge::<Pk2>(|| match statement.member("ecdaaKeyId") {
        Some(_) => Err(Reason::Ecdaa.into()),
        None => Ok(Evidence::None),
    })?;
    let (certificates, members) = ledger.judge_into::<Pk1, _>(|| {
        required(statement, "alg")?;
        required(statement, "sig")?;
        Ok((statement.member("x5c").map(x5c).transpose()?, Evidence::None))
    })?;
    let (parsed, exact) = ledger.judge_into::<X2, _>(|| {
        only_members(statement, &["alg", "sig", "x5c"])?;
        let algorithm = integer(required(statement, "alg")?, "alg")?;
        let signature = bytes(required(statement, "sig")?, "sig")?;
        Ok((Statement { algorithm, signature, certificates }, Evidence::None))
    })?;
    facts.statement_algorithm = Some(parsed.algorithm);
    let not_none = ledger.not_applicable::<X16>("the format is not none");
    match &parsed.certificates {
        Some(encoded) => {
            certified(&parsed, encoded, context, ledger, facts, members, ecdaa, exact, not_none)
        }
        None => self_attested(&parsed, context, ledger, members, ecdaa, exact, not_none),
    }
}

/// §8.2, verification procedure, when x5c is present.
#[expect(clippy::too_many_arguments, reason = "the proofs of the shared steps are handed on")]
fn certified<'a>(
    statement: &Statement<'a>,
    encoded: &[&'a [u8]],
    context: &Context<'_, 'a>,
    ledger: &mut Ledger,
    facts: &mut Facts,
    members: Settled<Pk1>,
    ecdaa: Settled<Pk2>,
    exact: Settled<X2>,
    not_none: Settled<X16>,
) -> Result<Verified<'a>, Failure> {
    let (certificates, readable) = read_certificates(encoded, ledger, facts)?;
    tolerate_sha1(statement.algorithm, context.policy, ledger);
    let signature = ledger.judge(|| {
        let algorithm = statement_algorithm(statement.algorithm, context.policy)?;
        let message = [context.data.bytes, context.client_data_hash.as_slice()];
        verify_by_certificate(leaf(&certificates)?, algorithm, &message, statement.signature)?;
        Ok(Evidence::Number("alg", statement.algorithm))
    })?;
    let version = ledger.judge(|| version_3(leaf(&certificates)?))?;
    let country = ledger.judge(|| country(leaf(&certificates)?, context))?;
    let subject = ledger.judge(|| subject(leaf(&certificates)?))?;
    let string_types = ledger.judge_if(
        context.policy.subject_string_types.is_judged(),
        "subject_string_types",
        || string_types(leaf(&certificates)?),
    )?;
    let constraints = ledger.judge(|| not_a_ca(leaf(&certificates)?))?;
    let (extension, aaguid_form) = match certificates.first() {
        Some(leaf) => aaguid_extension(leaf, ledger)?,
        None => (None, ledger.not_applicable(NO_CERTIFICATES)),
    };
    let aaguid = match extension {
        Some(extension) => ledger.judge(|| match_aaguid(extension, context.attested.aaguid))?,
        None => ledger.not_applicable("the certificate has no AAGUID extension"),
    };
    let (version_number, firmware) = firmware(&certificates, ledger)?;
    facts.firmware_version = version_number;
    let enterprise = enterprise(&certificates, context, ledger)?;
    let dates = if !context.policy.certificate_dates.is_judged() {
        ledger.skip("certificate_dates")
    } else {
        ledger.judge_if(context.policy.packed_all_dates.is_judged(), "packed_all_dates", || {
            dates_at(&certificates, context.time)
        })?
    };
    let model =
        ledger.judge_if(
            context.policy.packed_model.is_judged(),
            "packed_model",
            || match context.attested.aaguid {
                [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] => Err(Reason::AaguidZero.into()),
                aaguid => Ok(Evidence::Aaguid(*aaguid)),
            },
        )?;
    let proof = Proof {
        _members: members,
        _ecdaa: ecdaa,
        _signature: signature,
        _version: version,
        _country: country,
        _subject: subject,
        _string_types: string_types,
        _constraints: constraints,
        _aaguid: aaguid,
        _firmware: firmware,
        _enterprise: enterprise,
        _dates: dates,
        _self_algorithm: ledger.not_applicable("the statement has certificates"),
        _model: model,
    };
    Ok(Verified {
        attestation_type: AttestationType::Basic,
        certificates,
        certifies_model: extension.is_some(),
        proof: super::Proof {
            _members: exact,
            _none: not_none,
            _certificates: readable,
            _aaguid: aaguid_form,
            _format: FormatProof::Packed { _proof: proof },
        },
    })
}

/// §8.2, verification procedure, when x5c is not present: self attestation.
fn self_attested<'a>(
    statement: &Statement<'a>,
    context: &Context<'_, 'a>,
    ledger: &mut Ledger,
    members: Settled<Pk1>,
    ecdaa: Settled<Pk2>,
    exact: Settled<X2>,
    not_none: Settled<X16>,
) -> Result<Verified<'a>, Failure> {
    let self_algorithm = ledger.judge(|| {
        let expected = context.key.algorithm.cose();
        if statement.algorithm == expected {
            return Ok(Evidence::Number("alg", expected));
        }
        let refusal = Reason::SelfAlgorithmMismatch.expected(Evidence::Number("alg", expected));
        Err(refusal.found(Evidence::Number("alg", statement.algorithm)).into())
    })?;
    let signature = ledger.judge(|| {
        let message = [context.data.bytes, context.client_data_hash.as_slice()];
        context.key.algorithm.verify(&context.key.key, &message, statement.signature)?;
        Ok(Evidence::Number("alg", statement.algorithm))
    })?;
    let proof = Proof {
        _members: members,
        _ecdaa: ecdaa,
        _signature: signature,
        _version: ledger.not_applicable(NO_CERTIFICATES),
        _country: ledger.not_applicable(NO_CERTIFICATES),
        _subject: ledger.not_applicable(NO_CERTIFICATES),
        _string_types: ledger.not_applicable(NO_CERTIFICATES),
        _constraints: ledger.not_applicable(NO_CERTIFICATES),
        _aaguid: ledger.not_applicable(NO_CERTIFICATES),
        _firmware: ledger.not_applicable(NO_CERTIFICATES),
        _enterprise: ledger.not_applicable(NO_CERTIFICATES),
        _dates: ledger.not_applicable(NO_CERTIFICATES),
        _self_algorithm: self_algorithm,
        _model: ledger.not_applicable(NO_CERTIFICATES),
    };
    Ok(Verified {
        attestation_type: AttestationType::Self_,
        certificates: Vec::new(),
        certifies_model: false,
        proof: super::Proof {
            _members: exact,
            _none: not_none,
            _certificates: ledger.not_applicable(NO_CERTIFICATES),
            _aaguid: ledger.not_applicable(NO_CERTIFICATES),
            _format: FormatProof::Packed { _proof: proof },
        },
    })
}

/// §8.2.1 Subject-C: the code of the country where the vendor is incorporated.
fn country(leaf: &Certificate<'_>, context: &Context<'_, '_>) -> Result<Evidence, Cause> {
    let attributes = attributes(leaf.subject)?;
    let mut codes = values(&attributes, oid::COUNTRY);
    let (code, another) = (codes.next().and_then(Attribute::text), codes.next());
    let Some(code) = code.filter(|_| another.is_none()) else {
        return Err(Reason::SubjectCountry.into());
    };
    let is_code = if context.policy.assigned_country_codes.is_judged() {
        code.len() == 2 && ASSIGNED_CODES.split_ascii_whitespace().any(|known| known == code)
    } else {
        code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    let evidence = Evidence::text(code);
    if is_code { Ok(evidence) } else { Err(Reason::SubjectCountry.found(evidence).into()) }
}

/// §8.2.1 Subject-O, Subject-OU, Subject-CN.
fn subject(leaf: &Certificate<'_>) -> Result<Evidence, Cause> {
    let attributes = attributes(leaf.subject)?;
    let is_named = |id| {
        let mut texts = values(&attributes, id).map(|attribute| attribute.text().unwrap_or(""));
        let first = texts.next();
        first.is_some_and(|text| !text.is_empty()) && texts.all(|text| !text.is_empty())
    };
    if !is_named(oid::ORGANIZATION) {
        return Err(Reason::SubjectOrganization.into());
    }
    let mut units = values(&attributes, oid::ORGANIZATIONAL_UNIT);
    let unit = units.next().and_then(Attribute::text);
    if unit != Some("Authenticator Attestation") || units.next().is_some() {
        let found = Evidence::text(unit.unwrap_or(""));
        return Err(Reason::SubjectOrganizationalUnit.found(found).into());
    }
    if !is_named(oid::COMMON_NAME) {
        return Err(Reason::SubjectCommonName.into());
    }
    Ok(Evidence::None)
}

/// §8.2.1: C as PrintableString, the others as UTF8String.
fn string_types(leaf: &Certificate<'_>) -> Result<Evidence, Cause> {
    for attribute in attributes(leaf.subject)? {
        let expected = match attribute.id {
            oid::COUNTRY => Tag::PRINTABLE_STRING,
            oid::ORGANIZATION | oid::ORGANIZATIONAL_UNIT | oid::COMMON_NAME => Tag::UTF8_STRING,
            _ => continue,
        };
        if attribute.tag != expected {
            return Err(Reason::SubjectStringType.into());
        }
    }
    Ok(Evidence::None)
}

/// §8.2.1, last paragraph: the firmware version is a non-negative INTEGER, not critical.
fn firmware(
    certificates: &[Certificate<'_>],
    ledger: &mut Ledger,
) -> Result<(Option<u64>, Settled<Pk10>), Failure> {
    let extension =
        certificates.first().and_then(|leaf| leaf.extension(oid::FIDO_FIRMWARE_VERSION));
    let Some(extension) = extension else {
        let why = "the certificate has no firmware version extension";
        return Ok((None, ledger.not_applicable(why)));
    };
    ledger.judge_into(|| {
        let number = DerReader::only(extension.value, Tag::INTEGER, "firmware version")
            .ok()
            .and_then(unsigned)
            .filter(|_| !extension.critical)
            .ok_or(Reason::FirmwareVersionForm)?;
        // The specification bounds the number by nothing; beyond 64 bits it is not exposed.
        let version = u64_from(number);
        let shown = version.and_then(|version| i64::try_from(version).ok());
        Ok((version, shown.map_or(Evidence::None, |shown| Evidence::Number("firmware", shown))))
    })
}

/// §8.2.2: the serial number is for enterprise attestations alone.
fn enterprise(
    certificates: &[Certificate<'_>],
    context: &Context<'_, '_>,
    ledger: &mut Ledger,
) -> Result<Settled<Pk11>, Failure> {
    let extension = certificates.first().and_then(|leaf| leaf.extension(oid::FIDO_SERIAL_NUMBER));
    let Some(extension) = extension else {
        return Ok(ledger.not_applicable("the certificate has no enterprise serial number"));
    };
    ledger.judge(|| {
        if !context.enterprise {
            return Err(Reason::EnterpriseNotRequested.into());
        }
        let form = DerReader::only(extension.value, Tag::OCTET_STRING, "enterprise serial number");
        if extension.critical || form.is_err() {
            return Err(Reason::EnterpriseForm.into());
        }
        Ok(Evidence::None)
    })
}

fn values<'v, 'a: 'v>(
    attributes: &'v [Attribute<'a>],
    id: &'v [u8],
) -> impl Iterator<Item = &'v Attribute<'a>> {
    attributes.iter().filter(move |attribute| attribute.id == id)
}

/// ISO 3166-1 alpha-2, officially assigned codes.
const ASSIGNED_CODES: &str = "\
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT \
BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH \
ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT \
HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS \
LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI \
NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG \
SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG \
UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";
