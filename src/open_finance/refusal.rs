//! What a refusal is called in the Open Finance Brasil contract: a total map from (check,
//! ceremony, version) to the published 422 code.

use super::{ContractVersion, OpenFinanceCode};
use crate::verdict::{Cause, Ceremony, CheckId, Failure, Fault, Reason};

/// The code under which a failure is published. Total: every check of the catalogue has one in
/// either ceremony.
#[must_use]
pub fn open_finance_code(
    failure: &Failure,
    ceremony: Ceremony,
    version: ContractVersion,
) -> OpenFinanceCode {
    if let Some(code) = parameter(failure) {
        return code;
    }
    match ceremony {
        // A key that cannot be read, or is not there, is an unacceptable key (recipe steps 9, 10).
        Ceremony::Registration if is_about_the_key(failure) => OpenFinanceCode::PublicKeyInvalida,
        Ceremony::Registration | Ceremony::AppAttestation => registration(failure.check, version),
        Ceremony::Authentication | Ceremony::AppAssertion => assertion(failure.check, version),
    }
}

/// What is wrong with the request's members is told apart by absence and form alone.
fn parameter(failure: &Failure) -> Option<OpenFinanceCode> {
    match (failure.check, &failure.cause) {
        (CheckId::En1, _) => Some(OpenFinanceCode::ParametroNaoInformado),
        (CheckId::En3, Cause::Malformed(malformed)) if malformed.fault == Fault::Empty => {
            Some(OpenFinanceCode::ParametroNaoInformado)
        }
        (CheckId::En2 | CheckId::En3 | CheckId::En4 | CheckId::En5, _) => {
            Some(OpenFinanceCode::ParametroInvalido)
        }
        _ => None,
    }
}

fn is_about_the_key(failure: &Failure) -> bool {
    match &failure.cause {
        Cause::Malformed(malformed) => malformed.item == "credential public key",
        Cause::Refusal(refusal) => refusal.reason == Reason::AttestedDataMissing,
    }
}

/// Table 5 of the contract.
const fn registration(check: CheckId, version: ContractVersion) -> OpenFinanceCode {
    use CheckId::*;
    match check {
        En1 => OpenFinanceCode::ParametroNaoInformado,
        // Client data and the CBOR around the key that do not parse, and ids that disagree.
        En2 | En3 | En4 | En5 | Cd1 | Cd2 | Cd5 | X1 | X3 | X8 | X10 => {
            OpenFinanceCode::ParametroInvalido
        }
        Cd7 => OpenFinanceCode::ChallengeInvalido,
        Cd3 | Cd4 | Cd6 => OpenFinanceCode::OrigemFidoInvalida,
        Rp1 | Rp2 => match version {
            ContractVersion::V2_1 => OpenFinanceCode::RpIdHashInvalido,
            ContractVersion::V2_2 => OpenFinanceCode::RpInvalida,
        },
        Ex1 | Ex2 | Ex3 => OpenFinanceCode::ExtensionInvalida,
        // Everything else says that the key, or what vouches for it, is not acceptable.
        X2 | X4 | X5 | X6 | X7 | X9 | X11 | X12 | X13 | X14 | X15 | X16 | X17 | Rg1 | Rg2 | As1
        | As2 | As3 | As4 | As5 | Po1 | Po2 | Po3 | Po4 | Po5 | Po6 | Pk1 | Pk2 | Pk3 | Pk4
        | Pk5 | Pk6 | Pk7 | Pk8 | Pk9 | Pk10 | Pk11 | Pk12 | Pk13 | Pk14 | Pk15 | Fu1 | Fu2
        | Fu3 | Fu4 | Fu5 | Fu6 | Fu7 | Fu8 | Fu9 | Ak1 | Ak2 | Ak3 | Ak4 | Ak5 | Ak6 | Ak7
        | Ak8 | Ak9 | Ak10 | Ak11 | Ak12 | Ak13 | Ak14 | Ak15 | Ak16 | Ak17 | Ak18 | Ak19 | Ap1
        | Ap2 | Ap3 | Ap4 | Ap5 | Ap6 | Ap7 | Ap8 | Tp1 | Tp2 | Tp3 | Tp4 | Tp5 | Tp6 | Tp7
        | Tp8 | Tp9 | Tp10 | Tp11 | Tp12 | Tp13 | Tp14 | Tp15 | Tp16 | Tp17 | Sn1 | Sn2 | Sn3
        | Sn4 | Sn5 | Sn6 | Cp1 | Cp2 | Cp3 | Cp4 | Cp5 | Cp6 | Md1 | Md2 | Md3 | Md4 | Md5
        | Md6 | Md7 | Md8 | Md9 | Aa1 | Aa2 | Aa3 | Aa4 | Aa5 | Aa6 | Aa7 | Aa8 => {
            OpenFinanceCode::PublicKeyInvalida
        }
    }
}

/// Table 7 of the contract knows one code for an assertion that fails, and from 2.2 on a second
/// one for the origin.
const fn assertion(check: CheckId, version: ContractVersion) -> OpenFinanceCode {
    match (check, version) {
        (CheckId::Cd3 | CheckId::Cd4 | CheckId::Cd6, ContractVersion::V2_2) => {
            OpenFinanceCode::OrigemFidoInvalida
        }
        _ => OpenFinanceCode::Risco,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Malformed;

    fn code(check: CheckId, ceremony: Ceremony, version: ContractVersion) -> &'static str {
        let failure = Failure { check, cause: Reason::SignatureInvalid.into() };
        open_finance_code(&failure, ceremony, version).as_str()
    }

    /// The codes of the published tables: 5 for a registration, 7 for an assertion, and the two
    /// that every table shares.
    #[test]
    fn every_check_has_a_code_that_its_table_publishes() {
        const SHARED: [&str; 2] = ["PARAMETRO_NAO_INFORMADO", "PARAMETRO_INVALIDO"];
        let published = |ceremony, version| match (ceremony, version) {
            (Ceremony::Registration, ContractVersion::V2_1) => [
                "ORIGEM_FIDO_INVALIDA",
                "RP_ID_HASH_INVALIDO",
                "CHALLENGE_INVALIDO",
                "PUBLIC_KEY_INVALIDA",
                "EXTENSION_INVALIDA",
            ]
            .as_slice(),
            (Ceremony::Registration, ContractVersion::V2_2) => &[
                "ORIGEM_FIDO_INVALIDA",
                "RP_INVALIDA",
                "CHALLENGE_INVALIDO",
                "PUBLIC_KEY_INVALIDA",
                "EXTENSION_INVALIDA",
            ],
            (_, ContractVersion::V2_1) => &["RISCO"],
            (_, ContractVersion::V2_2) => &["RISCO", "ORIGEM_FIDO_INVALIDA"],
        };
        for ceremony in [Ceremony::Registration, Ceremony::Authentication] {
            for version in [ContractVersion::V2_1, ContractVersion::V2_2] {
                for check in CheckId::ALL {
                    let code = code(*check, ceremony, version);
                    let known =
                        published(ceremony, version).contains(&code) || SHARED.contains(&code);
                    assert!(known, "{check} in {ceremony:?} {version:?}: {code}");
                }
            }
        }
    }

    #[test]
    fn the_steps_of_the_recipe_have_their_codes() {
        use CheckId::*;
        let registration = |check| code(check, Ceremony::Registration, ContractVersion::V2_1);
        assert_eq!(registration(En1), "PARAMETRO_NAO_INFORMADO");
        assert_eq!(registration(En4), "PARAMETRO_INVALIDO");
        assert_eq!(registration(Cd2), "PARAMETRO_INVALIDO");
        assert_eq!(registration(Cd7), "CHALLENGE_INVALIDO");
        assert_eq!(registration(Cd3), "ORIGEM_FIDO_INVALIDA");
        assert_eq!(registration(X1), "PARAMETRO_INVALIDO");
        assert_eq!(registration(Rp1), "RP_ID_HASH_INVALIDO");
        assert_eq!(registration(X7), "PUBLIC_KEY_INVALIDA");
        assert_eq!(registration(X9), "PUBLIC_KEY_INVALIDA");
        assert_eq!(registration(Ex1), "EXTENSION_INVALIDA");
        assert_eq!(registration(X8), "PARAMETRO_INVALIDO");
        assert_eq!(registration(Pk3), "PUBLIC_KEY_INVALIDA");
        assert_eq!(registration(Rg1), "PUBLIC_KEY_INVALIDA");
        assert_eq!(code(Rp1, Ceremony::Registration, ContractVersion::V2_2), "RP_INVALIDA");
        let assertion = |check, version| code(check, Ceremony::Authentication, version);
        assert_eq!(assertion(As3, ContractVersion::V2_1), "RISCO");
        assert_eq!(assertion(Cd3, ContractVersion::V2_1), "RISCO");
        assert_eq!(assertion(Cd3, ContractVersion::V2_2), "ORIGEM_FIDO_INVALIDA");
        assert_eq!(assertion(En1, ContractVersion::V2_1), "PARAMETRO_NAO_INFORMADO");
    }

    #[test]
    fn an_empty_member_counts_as_missing() {
        let cause = Malformed::new("device_credential_id", Fault::Empty, 0).into();
        let failure = Failure { check: CheckId::En3, cause };
        let code = open_finance_code(&failure, Ceremony::Registration, ContractVersion::V2_1);
        assert_eq!(code, OpenFinanceCode::ParametroNaoInformado);
    }
}
