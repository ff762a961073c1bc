//! The flags of authenticator data, judged alike in both ceremonies.

use super::authenticator_data::AuthenticatorData;
use super::expectation::UserVerification;
use crate::policy::Policy;
use crate::verdict::marker::{Po5, X4, X5, X6, X7};
use crate::verdict::{Evidence, Failure, Ledger, Reason, Settled};

/// §7.1 step 15, §7.2 step 16.
pub(super) fn present(
    data: &AuthenticatorData<'_>,
    ledger: &mut Ledger,
) -> Result<Settled<X6>, Failure> {
    ledger.judge(|| {
        if data.flags.up { Ok(Evidence::None) } else { Err(Reason::UserNotPresent.into()) }
    })
}

/// §7.1 step 16, §7.2 step 17: as the stored options asked for, or as the policy demands.
pub(super) fn user_verification(
    data: &AuthenticatorData<'_>,
    asked: UserVerification,
    policy: &Policy,
    ledger: &mut Ledger,
) -> Result<Settled<X7>, Failure> {
    let required = asked == UserVerification::Required || policy.user_verification.is_judged();
    if !required {
        let why = if data.flags.uv { "verified, and not required" } else { "not required" };
        return Ok(ledger.not_applicable(why));
    }
    ledger.judge(|| {
        if data.flags.uv { Ok(Evidence::None) } else { Err(Reason::UserNotVerified.into()) }
    })
}

/// §7.1 step 17, §7.2 step 18.
pub(super) fn backup_state(
    data: &AuthenticatorData<'_>,
    ledger: &mut Ledger,
) -> Result<Settled<X5>, Failure> {
    ledger.judge(|| {
        if data.flags.bs && !data.flags.be {
            Err(Reason::BackupStateWithoutEligibility.into())
        } else {
            Ok(Evidence::None)
        }
    })
}

/// §6.1: bits 1 and 5.
pub(super) fn reserved_flags(
    data: &AuthenticatorData<'_>,
    policy: &Policy,
    ledger: &mut Ledger,
) -> Result<Settled<X4>, Failure> {
    if data.flags.reserved != 0 && !policy.reserved_flags.is_judged() {
        return Ok(ledger.skip("reserved_flags"));
    }
    ledger.judge(|| {
        if data.flags.reserved == 0 {
            Ok(Evidence::None)
        } else {
            Err(Reason::ReservedFlags.into())
        }
    })
}

/// PO-5: a key that can be backed up is not bound to this device.
pub(super) fn device_bound(
    data: &AuthenticatorData<'_>,
    policy: &Policy,
    ledger: &mut Ledger,
) -> Result<Settled<Po5>, Failure> {
    if !policy.device_bound_only.is_judged() {
        return Ok(ledger.skip("device_bound_only"));
    }
    ledger.judge(|| {
        if data.flags.be { Err(Reason::BackupEligible.into()) } else { Ok(Evidence::None) }
    })
}
