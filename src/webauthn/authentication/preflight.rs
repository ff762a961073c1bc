//! An assertion, as far as it can be judged without the record of its credential: on the phone that
//! made it.

use super::{Authentication, MAX_USER_HANDLE};
use crate::policy::Policy;
use crate::verdict::marker::{As1, As2};
use crate::verdict::{Cause, Check, CheckId, Facts, Failure, Fault, Ledger, Malformed, Reason};
use crate::webauthn::flags::{
    backup_state, device_bound, present, reserved_flags, user_verification,
};
use crate::webauthn::{AuthenticationExpectation, AuthenticationResponse, envelope};

/// What came of it. There is no acceptance: nobody knows whose key it was.
pub(crate) struct Preflight {
    /// What a server would refuse.
    pub(crate) failure: Option<Failure>,
    /// What was judged.
    pub(crate) checks: Vec<Check>,
    /// What was not.
    pub(crate) left: Vec<CheckId>,
}

/// Judges everything that needs no record. The credentials of `expected` are not looked at.
pub(crate) fn preflight_authentication(
    policy: &Policy,
    response: &AuthenticationResponse,
    expected: &AuthenticationExpectation,
) -> Preflight {
    let mut ceremony = Authentication {
        policy,
        response,
        expected,
        ledger: Ledger::new(),
        facts: Facts::default(),
    };
    let failure = ceremony.judge_without_record().err();
    let (checks, _) = ceremony.ledger.finish([]);
    let judged = |id: &CheckId| checks.iter().any(|check| check.id == *id);
    let plan = envelope::CHECKS.iter().chain(super::ORDER).copied();
    let left = plan.filter(|id| !judged(id)).collect();
    Preflight { failure, checks, left }
}

impl Authentication<'_> {
    fn judge_without_record(&mut self) -> Result<(), Failure> {
        let _ = envelope::settle(self.response.envelope, &mut self.ledger);
        let _ = self.credential_id()?;
        self.refuse_other_credential()?;
        self.refuse_user_handle()?;
        let _ = self.client_data()?;
        let (data, _) = self.structure()?;
        let data = &data;
        let _ = self.rp_id(data)?;
        let _ = present(data, &mut self.ledger)?;
        let asked = self.expected.user_verification;
        let _ = user_verification(data, asked, self.policy, &mut self.ledger)?;
        let _ = backup_state(data, &mut self.ledger)?;
        let _ = reserved_flags(data, self.policy, &mut self.ledger)?;
        let _ = self.extensions(data)?;
        let _ = device_bound(data, self.policy, &mut self.ledger)?;
        Ok(())
    }

    /// AS-1, as far as the allow list says it. That the account owns the credential stays open, so a
    /// credential of the list does not settle it.
    fn refuse_other_credential(&mut self) -> Result<(), Failure> {
        let allowed = &self.expected.allow_credentials;
        if allowed.is_empty() || allowed.contains(&self.response.credential_id) {
            return Ok(());
        }
        Err(self.ledger.refuse::<As1>(Reason::CredentialNotAllowed.into()))
    }

    /// AS-2, as far as it speaks of the form.
    fn refuse_user_handle(&mut self) -> Result<(), Failure> {
        let cause: Cause = match self.response.user_handle.as_deref() {
            None if self.expected.user_handle_required => Reason::UserHandleMissing.into(),
            Some(handle) if handle.len() > MAX_USER_HANDLE => {
                Malformed::new("userHandle", Fault::TooLarge, 0).into()
            }
            None | Some(_) => return Ok(()),
        };
        Err(self.ledger.refuse::<As2>(cause))
    }
}
