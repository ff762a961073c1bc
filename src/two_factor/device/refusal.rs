use crate::two_factor::{CapRefusal, Channel, LivenessRefusal, PublishedCode};

/// Why a device was refused something: finer than the published codes, for logs and tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeviceRefusal {
    /// The body does not fit the schema.
    Schema,
    /// The account is not known.
    AccountNotFound,
    /// The account is blocked or closed.
    AccountBlockedOrClosed,
    /// The account is a hub account.
    HubAccount,
    /// The requester has no configuration.
    RequesterNotConfigured,
    /// The requester may not create devices.
    RequesterNotAllowed,
    /// `tfa_info` is missing.
    TfaInfoMissing,
    /// `device_key` or `session_id` is no UUID of version 4.
    InvalidUuid,
    /// The device key was used before. The pages have no code for it; a key that is not fresh is
    /// answered as an invalid one.
    DeviceKeyUsed,
    /// The document number is not that of an approver of the account.
    NotAnApprover,
    /// The approver has no contact on the channel, so that nothing can be sent.
    NoContact(Channel),
    /// A cap is in the way.
    Cap(CapRefusal),
    /// The random bytes of the event ran out.
    Entropy,
    /// The code could not be delivered.
    NotDelivered,
    /// No device with this key.
    DeviceNotFound,
    /// The device does not wait for a code.
    NothingToValidate,
    /// The device has no code that could be sent again.
    NothingToResend,
    /// The device does not wait for a liveness result.
    NothingToJudge,
    /// The device is disabled.
    Disabled,
    /// The device never came to be: its code was not delivered, or liveness did not approve.
    Dropped,
    /// All attempts are spent.
    AttemptsSpent,
    /// The code is older than five minutes. No attempt was counted.
    CodeExpired,
    /// The code is wrong.
    CodeIncorrect,
    /// The evaluation is not that of an open attempt of this device.
    ForeignEvaluation,
    /// The liveness result was not taken.
    Liveness(LivenessRefusal),
    /// The liveness provider gave no result.
    LivenessUnavailable,
}

impl DeviceRefusal {
    /// The code it is answered with.
    #[must_use]
    pub const fn code(self) -> PublishedCode {
        match self {
            Self::Schema => PublishedCode::SchemaError,
            Self::AccountNotFound => PublishedCode::BankAccountNotFound,
            Self::AccountBlockedOrClosed => PublishedCode::AccountBlockedOrClosed,
            Self::HubAccount => PublishedCode::HubAccount,
            Self::RequesterNotConfigured => PublishedCode::RequesterConfigurationNotFound,
            Self::RequesterNotAllowed => PublishedCode::RequesterNotAllowed,
            Self::TfaInfoMissing => PublishedCode::TfaInfoRequired,
            Self::InvalidUuid | Self::DeviceKeyUsed => PublishedCode::InvalidDeviceInfo,
            Self::NotAnApprover => PublishedCode::NotAnApprover,
            Self::NoContact(_) | Self::NotDelivered => PublishedCode::TokenNotSent,
            Self::Cap(refusal) => refusal.code(),
            Self::Entropy | Self::LivenessUnavailable => PublishedCode::InternalError,
            Self::DeviceNotFound
            | Self::NothingToValidate
            | Self::NothingToResend
            | Self::NothingToJudge
            | Self::Disabled
            | Self::Dropped => PublishedCode::DeviceNotFound,
            Self::AttemptsSpent => PublishedCode::DeviceAttemptsExceeded,
            Self::CodeExpired | Self::CodeIncorrect | Self::ForeignEvaluation => {
                PublishedCode::DeviceTokenIncorrect
            }
            Self::Liveness(_) => PublishedCode::LivenessNotApproved,
        }
    }
}
