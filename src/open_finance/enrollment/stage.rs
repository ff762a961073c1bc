//! Where an enrollment stands, and the three vocabularies that say so.

use serde::{Deserialize, Serialize};

use super::account::FreeText;
use super::cancel::{Cancellation, CancellationReason, RejectionReason};
use super::{Approval, Enrollment};
use crate::open_finance::options::{IssuedRegistration, OpaqueBytes};

/// Where an enrollment stands, with what is known there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub(super) enum Stage {
    AwaitingRiskSignals,
    AwaitingAccountHolderValidation,
    AwaitingEnrollment {
        approval: Approval,
        /// How many challenges were issued.
        challenges: u8,
        binding: Binding,
    },
    Authorised {
        approval: Approval,
        credential: Credential,
        signing: Signing,
        /// A revocation that is under way.
        revocation: Option<Cancellation>,
    },
    Revoked {
        approval: Option<Approval>,
        cancellation: Cancellation,
    },
    Rejected {
        approval: Option<Approval>,
        cancellation: Cancellation,
    },
}

/// How far the registration has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "binding", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Binding {
    NotAsked,
    Issued {
        idempotency_key: FreeText,
        options: Box<IssuedRegistration>,
    },
    /// The challenge is spent, and its response is being judged.
    Judging {
        attempt: OpaqueBytes,
        rp_id: String,
        user_handle: OpaqueBytes,
    },
}

/// The credential that was registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Credential {
    pub(super) id: OpaqueBytes,
    pub(super) user_handle: OpaqueBytes,
    pub(super) rp_id: String,
}

/// What the device was last used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Signing {
    NotAsked,
    Waiting,
    SignedIn,
}

/// Declares a vocabulary.
macro_rules! words {
    ($(#[$meta:meta])* $type:ident { $($(#[$entry:meta])* $name:ident $word:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $type {
            $($(#[$entry])* #[serde(rename = $word)] $name,)+
        }

        impl $type {
            /// Every status.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word as it stands on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }
        }
    };
}

words! {
    /// The status of an enrollment in the Open Finance Brasil contract.
    Status {
        /// Created; risk signals are due within five minutes.
        AwaitingRiskSignals "AWAITING_RISK_SIGNALS";
        /// The person is asked in the holder's channel, for fifteen minutes.
        AwaitingAccountHolderValidation "AWAITING_ACCOUNT_HOLDER_VALIDATION";
        /// The person agreed; the credential is due within five minutes.
        AwaitingEnrollment "AWAITING_ENROLLMENT";
        /// The device is bound.
        Authorised "AUTHORISED";
        /// Ended after it could be used.
        Revoked "REVOKED";
        /// Ended before.
        Rejected "REJECTED";
    }
}

words! {
    /// The status of an enrollment as "Get Open Finance Enrollment by ID" has it.
    ///
    /// `PENDING`, `FAILED` and `ERROR` are of a caller that waits for another holder; where this
    /// library is the holder, an enrollment is never in them.
    ZroStatus {
        /// Not yet created at the holder.
        Pending "PENDING";
        /// The holder had a fault.
        Error "ERROR";
        /// The holder refused.
        Failed "FAILED";
        /// Risk signals are due.
        AwaitingDeviceRiskSignals "AWAITING_DEVICE_RISK_SIGNALS";
        /// The person is asked.
        AwaitingAccountOwnerValidation "AWAITING_ACCOUNT_OWNER_VALIDATION";
        /// The options to register are due.
        AwaitingEnrollment "AWAITING_ENROLLMENT";
        /// The options are issued; the registration is due.
        AwaitingDeviceRegistration "AWAITING_DEVICE_REGISTRATION";
        /// A revocation is under way.
        PendingRevoke "PENDING_REVOKE";
        /// The device is bound.
        Authorized "AUTHORIZED";
        /// Ended after it could be used.
        Revoked "REVOKED";
        /// Ended before.
        Rejected "REJECTED";
    }
}

words! {
    /// The status of a device enrollment as "Create Open Finance Device Enrollment" has it. The
    /// order of the page carries no meaning.
    DeviceStatus {
        /// Risk signals are due.
        WaitingRiskSignal "WAITING_RISK_SIGNAL";
        /// The options to register are due.
        WaitingCredentialsCreation "WAITING_CREDENTIALS_CREATION";
        /// The registration is due.
        WaitingCreation "WAITING_CREATION";
        /// Signing options are issued; the assertion is due.
        WaitingSignIn "WAITING_SIGN_IN";
        /// The last assertion was accepted.
        SignedIn "SIGNED_IN";
        /// The device is bound.
        Created "CREATED";
        /// A fault of the holder's systems ended it.
        Error "ERROR";
        /// It ended: the credential was not accepted, or the enrollment is over. No other word of
        /// the eight says that a device may not be used any more.
        Failed "FAILED";
    }
}

impl Enrollment {
    /// The status in the Open Finance Brasil contract.
    #[must_use]
    pub const fn status(&self) -> Status {
        match &self.stage {
            Stage::AwaitingRiskSignals => Status::AwaitingRiskSignals,
            Stage::AwaitingAccountHolderValidation => Status::AwaitingAccountHolderValidation,
            Stage::AwaitingEnrollment { .. } => Status::AwaitingEnrollment,
            Stage::Authorised { .. } => Status::Authorised,
            Stage::Revoked { .. } => Status::Revoked,
            Stage::Rejected { .. } => Status::Rejected,
        }
    }

    /// The status as Zro has it.
    #[must_use]
    pub const fn zro_status(&self) -> ZroStatus {
        match &self.stage {
            Stage::AwaitingRiskSignals => ZroStatus::AwaitingDeviceRiskSignals,
            Stage::AwaitingAccountHolderValidation => ZroStatus::AwaitingAccountOwnerValidation,
            Stage::AwaitingEnrollment { binding: Binding::NotAsked, .. } => {
                ZroStatus::AwaitingEnrollment
            }
            Stage::AwaitingEnrollment {
                binding: Binding::Issued { .. } | Binding::Judging { .. },
                ..
            } => ZroStatus::AwaitingDeviceRegistration,
            Stage::Authorised { revocation: None, .. } => ZroStatus::Authorized,
            Stage::Authorised { revocation: Some(_), .. } => ZroStatus::PendingRevoke,
            Stage::Revoked { .. } => ZroStatus::Revoked,
            Stage::Rejected { .. } => ZroStatus::Rejected,
        }
    }

    /// The status of the device enrollment; `None` while the person is asked, for which there is
    /// no word.
    #[must_use]
    pub const fn device_status(&self) -> Option<DeviceStatus> {
        match &self.stage {
            Stage::AwaitingRiskSignals => Some(DeviceStatus::WaitingRiskSignal),
            Stage::AwaitingAccountHolderValidation => None,
            Stage::AwaitingEnrollment { binding: Binding::NotAsked, .. } => {
                Some(DeviceStatus::WaitingCredentialsCreation)
            }
            Stage::AwaitingEnrollment {
                binding: Binding::Issued { .. } | Binding::Judging { .. },
                ..
            } => Some(DeviceStatus::WaitingCreation),
            Stage::Authorised { signing: Signing::NotAsked, .. } => Some(DeviceStatus::Created),
            Stage::Authorised { signing: Signing::Waiting, .. } => {
                Some(DeviceStatus::WaitingSignIn)
            }
            Stage::Authorised { signing: Signing::SignedIn, .. } => Some(DeviceStatus::SignedIn),
            Stage::Rejected { cancellation, .. } => match cancellation.reason {
                CancellationReason::RejectionReason(RejectionReason::Infrastructure) => {
                    Some(DeviceStatus::Error)
                }
                CancellationReason::RejectionReason(_)
                | CancellationReason::RevocationReason(_) => Some(DeviceStatus::Failed),
            },
            Stage::Revoked { .. } => Some(DeviceStatus::Failed),
        }
    }
}
