//! How an enrollment ends before its time: by whom, why, and the two bodies that ask for it.

use serde::{Deserialize, Serialize};

use super::account::FreeText;
use crate::flow::DocumentNumber;
use crate::open_finance::body::{self, Body};
use crate::open_finance::{ContractVersion, Refusal};
use crate::time::UnixMillis;

/// Declares reasons with the words of the contract.
macro_rules! reasons {
    ($(#[$meta:meta])* $type:ident { $($(#[$reason:meta])* $name:ident $word:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum $type {
            $($(#[$reason])* #[serde(rename = $word)] $name,)+
        }

        impl $type {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word as it stands on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            /// The reason with this word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|reason| reason.as_str() == word)
            }
        }
    };
}

reasons! {
    /// Why an enrollment was rejected before it could be used.
    RejectionReason {
        /// No risk signals within five minutes.
        RiskSignalsTimeout "REJEITADO_TEMPO_EXPIRADO_RISK_SIGNALS";
        /// No answer of the person within fifteen minutes.
        AccountHolderValidationTimeout "REJEITADO_TEMPO_EXPIRADO_ACCOUNT_HOLDER_VALIDATION";
        /// No credential within five minutes.
        EnrollmentTimeout "REJEITADO_TEMPO_EXPIRADO_ENROLLMENT";
        /// Too many attempts to bind the device.
        MaximumChallenges "REJEITADO_MAXIMO_CHALLENGES_ATINGIDO";
        /// By the person.
        Manually "REJEITADO_MANUALMENTE";
        /// The device has no FIDO2.
        IncompatibleDevice "REJEITADO_DISPOSITIVO_INCOMPATIVEL";
        /// A fault of the holder's systems.
        Infrastructure "REJEITADO_FALHA_INFRAESTRUTURA";
        /// The authorisation at the holder failed.
        HybridFlow "REJEITADO_FALHA_HYBRID_FLOW";
        /// The credential was not accepted, or could not be bound.
        Fido "REJEITADO_FALHA_FIDO";
        /// Risk signals, or the policy of either side.
        InternalSecurity "REJEITADO_SEGURANCA_INTERNA";
        /// 2.2: the account is somebody else's.
        OtherHolder "REJEITADO_TITULARIDADE_DIVERGENTE";
        /// Another reason, which is described.
        Other "REJEITADO_OUTRO";
    }
}

reasons! {
    /// Why an enrollment that could be used was revoked.
    RevocationReason {
        /// By the person.
        Manually "REVOGADO_MANUALMENTE";
        /// The end that was agreed on.
        Expired "REVOGADO_VALIDADE_EXPIRADA";
        /// A fault of the holder's systems.
        Infrastructure "REVOGADO_FALHA_INFRAESTRUTURA";
        /// The policy of either side.
        InternalSecurity "REVOGADO_SEGURANCA_INTERNA";
        /// Another reason, which is described.
        Other "REVOGADO_OUTRO";
    }
}

/// Either reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CancellationReason {
    /// Of a rejection.
    RejectionReason(RejectionReason),
    /// Of a revocation.
    RevocationReason(RevocationReason),
}

/// Who ended it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CancelledFrom {
    /// The initiator.
    Iniciadora,
    /// The account holder; every timeout is its.
    Detentora,
}

/// How an enrollment ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cancellation {
    /// By whom.
    pub cancelled_from: CancelledFrom,
    /// Why.
    pub reason: CancellationReason,
    /// The person who asked for it.
    pub cancelled_by: Option<DocumentNumber>,
    /// What else there is to say.
    pub additional_information: Option<FreeText>,
    /// When: `rejectedAt` on the wire, for a revocation too.
    pub at: UnixMillis,
}

/// The body of `PATCH /enrollments/{enrollmentId}` (Open Finance Brasil Enrollments). Whether its
/// reason fits is the status's to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancelRequest {
    pub(super) reason: Option<CancellationReason>,
    pub(super) cancelled_by: Option<DocumentNumber>,
    pub(super) additional_information: Option<FreeText>,
}

impl CancelRequest {
    /// Reads the body.
    ///
    /// # Errors
    ///
    /// 400 for what is no JSON object, else 422 `PARAMETRO_NAO_INFORMADO`, `PARAMETRO_INVALIDO`.
    pub fn from_open_finance(text: &[u8], version: ContractVersion) -> Result<Self, Refusal> {
        let object = body::read(text)?;
        let cancellation =
            Body::new(&object).required_object("data")?.required_object("cancellation")?;
        let reason = match cancellation.object("reason")? {
            None => None,
            Some(reason) => read_reason(&reason, version)?,
        };
        let cancelled_by = match cancellation.object("cancelledBy")? {
            None => None,
            Some(by) => {
                let document = by.required_object("document")?;
                let digits = document.required_text("identification")?;
                if document.required_text("rel")? != "CPF" {
                    return Err(Refusal::invalid("rel"));
                }
                let person = DocumentNumber::person(digits);
                Some(person.ok_or(Refusal::invalid("identification"))?)
            }
        };
        Ok(Self {
            reason,
            cancelled_by,
            additional_information: information(&cancellation, "additionalInformation")?,
        })
    }
}

/// One of the two reasons; both at once are none.
fn read_reason(
    reason: &Body<'_>,
    version: ContractVersion,
) -> Result<Option<CancellationReason>, Refusal> {
    match (reason.text("rejectionReason")?, reason.text("revocationReason")?) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(Refusal::invalid("reason")),
        (Some(word), None) => {
            let known = RejectionReason::from_word(word).filter(|reason| reason.is_in(version));
            let reason = known.ok_or(Refusal::invalid("rejectionReason"))?;
            Ok(Some(CancellationReason::RejectionReason(reason)))
        }
        (None, Some(word)) => {
            let known = RevocationReason::from_word(word);
            let reason = known.ok_or(Refusal::invalid("revocationReason"))?;
            Ok(Some(CancellationReason::RevocationReason(reason)))
        }
    }
}

impl RejectionReason {
    /// Whether the version of the contract has the reason.
    #[must_use]
    pub fn is_in(self, version: ContractVersion) -> bool {
        self != Self::OtherHolder || version == ContractVersion::V2_2
    }
}

/// The body of "Revoke Open Finance Enrollment".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokeRequest {
    pub(super) logged_user: DocumentNumber,
    pub(super) additional_information: Option<FreeText>,
}

impl RevokeRequest {
    /// Reads the body. A member that the page does not list is refused.
    ///
    /// # Errors
    ///
    /// 400 for what is no JSON object, else 422 `PARAMETRO_NAO_INFORMADO`, `PARAMETRO_INVALIDO`.
    pub fn from_zro(text: &[u8]) -> Result<Self, Refusal> {
        const DOCUMENT: &str = "logged_user_document";
        const INFORMATION: &str = "additional_information";
        let object = body::read(text)?;
        let body = Body::new(&object);
        body.only(&[DOCUMENT, INFORMATION])?;
        let document = DocumentNumber::person(body.required_text(DOCUMENT)?);
        Ok(Self {
            logged_user: document.ok_or(Refusal::invalid(DOCUMENT))?,
            additional_information: information(&body, INFORMATION)?,
        })
    }
}

fn information(body: &Body<'_>, name: &'static str) -> Result<Option<FreeText>, Refusal> {
    // A blank description describes nothing; it counts as none.
    let text = body.text(name)?.filter(|text| !text.trim().is_empty());
    text.map(|text| FreeText::bounded(text, 2048, name)).transpose()
}
