//! How many codes may be sent and tried, as values.

use serde::{Deserialize, Serialize};

use super::{Channel, PublishedCode};
use crate::time::UnixMillis;

/// How many codes may be sent and tried. `Default` has the values that are stated with each.
///
/// Six digits and five attempts an object leave an attacker one in 200 000 for each object it can
/// have made, so objects have to be few for each approver, and attempts few over all of them
/// (security.md T-52, T-56). The pages publish no codes for these caps; ours answer 429.
///
/// Counting belongs to the caller: each counter is raised by one conditional statement that does not
/// pass its cap, in the same transaction as the machine. [`admit`](Self::admit) says which cap is in the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caps {
    /// Attempts that are evaluated for one approver in a window, over all of its objects: 10.
    pub attempts_per_approver: u32,
    /// Codes that are sent to one approver in a window, over all of its objects: 10.
    pub codes_per_approver: u32,
    /// Minutes of the approver's window: 24 hours.
    pub approver_window_minutes: u32,
    /// Seconds that have to pass before each resend of one object, counted from the code before. As
    /// many resends as there are entries: 0, 30, 60.
    ///
    /// The first is free, because the pages let a person who chose the wrong channel choose again at
    /// once; security.md T-56 would have it wait as well, which is `[30, 60, 120]`.
    pub resend_pauses_seconds: Vec<u32>,
    /// Attempts that are evaluated over all approvers in a window: 5 000. With digits, a spray that
    /// uses all of them all day long expects 0.12 hits a day.
    pub attempts_budget: u32,
    /// Codes that are sent over all approvers in a window: 20 000.
    pub codes_budget: u32,
    /// Minutes of the budgets' window: 60.
    pub budget_window_minutes: u32,
    /// Whether e-mail may carry a code by itself: `true`, because the pages publish it. NIST SP
    /// 800-63B takes e-mail for no out-of-band authenticator (security.md T-57).
    pub email_allowed: bool,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            attempts_per_approver: 10,
            codes_per_approver: 10,
            approver_window_minutes: 24 * 60,
            resend_pauses_seconds: vec![0, 30, 60],
            attempts_budget: 5_000,
            codes_budget: 20_000,
            budget_window_minutes: 60,
            email_allowed: true,
        }
    }
}

/// What was counted in the windows that are open now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// Attempts for the approver.
    pub attempts_of_approver: u32,
    /// Codes to the approver.
    pub codes_of_approver: u32,
    /// Attempts over all approvers.
    pub attempts_overall: u32,
    /// Codes over all approvers.
    pub codes_overall: u32,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The first code of an object.
    Code(Channel),
    /// Another code of an object.
    Resend {
        /// How it would be sent.
        channel: Channel,
        /// Codes of the object so far.
        codes_of_object: u32,
        /// When the last of them was made.
        last_code_at: UnixMillis,
    },
    /// An attempt.
    Attempt,
}

/// The cap that is in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CapRefusal {
    /// E-mail is switched off.
    EmailNotAllowed,
    /// No resend is left for the object.
    ResendsOfObject,
    /// The last code of the object is too young.
    ResendTooSoon,
    /// The approver's codes.
    CodesOfApprover,
    /// The approver's attempts.
    AttemptsOfApprover,
    /// Codes over all approvers.
    CodesBudget,
    /// Attempts over all approvers.
    AttemptsBudget,
}

impl CapRefusal {
    /// The code it is answered with.
    #[must_use]
    pub const fn code(self) -> PublishedCode {
        match self {
            Self::EmailNotAllowed => PublishedCode::ContactTypeNotAllowed,
            Self::ResendsOfObject | Self::ResendTooSoon => PublishedCode::ResendTooSoon,
            Self::CodesOfApprover => PublishedCode::ApproverCodesExceeded,
            Self::AttemptsOfApprover => PublishedCode::ApproverAttemptsExceeded,
            Self::CodesBudget | Self::AttemptsBudget => PublishedCode::BudgetExceeded,
        }
    }
}

impl Caps {
    /// Whether one more of what is asked for is within every cap.
    ///
    /// # Errors
    ///
    /// The first cap that is in the way: policy, object, approver, budget.
    pub fn admit(&self, spent: &Spent, asked: Asked, now: UnixMillis) -> Result<(), CapRefusal> {
        match asked {
            Asked::Code(channel) => {
                self.allows(channel)?;
                self.has_room_for_a_code(spent)
            }
            Asked::Resend { channel, codes_of_object, last_code_at } => {
                self.allows(channel)?;
                self.pause_is_over(codes_of_object, last_code_at, now)?;
                self.has_room_for_a_code(spent)
            }
            Asked::Attempt => self.has_room_for_an_attempt(spent),
        }
    }

    const fn has_room_for_a_code(&self, spent: &Spent) -> Result<(), CapRefusal> {
        if spent.codes_of_approver >= self.codes_per_approver {
            Err(CapRefusal::CodesOfApprover)
        } else if spent.codes_overall >= self.codes_budget {
            Err(CapRefusal::CodesBudget)
        } else {
            Ok(())
        }
    }

    const fn has_room_for_an_attempt(&self, spent: &Spent) -> Result<(), CapRefusal> {
        if spent.attempts_of_approver >= self.attempts_per_approver {
            Err(CapRefusal::AttemptsOfApprover)
        } else if spent.attempts_overall >= self.attempts_budget {
            Err(CapRefusal::AttemptsBudget)
        } else {
            Ok(())
        }
    }

    fn allows(&self, channel: Channel) -> Result<(), CapRefusal> {
        match channel {
            Channel::Email if !self.email_allowed => Err(CapRefusal::EmailNotAllowed),
            Channel::Email | Channel::Sms => Ok(()),
        }
    }

    fn pause_is_over(
        &self,
        codes_of_object: u32,
        last_code_at: UnixMillis,
        now: UnixMillis,
    ) -> Result<(), CapRefusal> {
        let resends = usize::try_from(codes_of_object.saturating_sub(1)).unwrap_or(usize::MAX);
        let pause = self.resend_pauses_seconds.get(resends).ok_or(CapRefusal::ResendsOfObject)?;
        let over = last_code_at.plus_millis(i64::from(*pause).saturating_mul(1000));
        if now.has_reached(over) { Ok(()) } else { Err(CapRefusal::ResendTooSoon) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_000_000);

    fn admit(spent: Spent, asked: Asked) -> Result<(), CapRefusal> {
        Caps::default().admit(&spent, asked, NOW)
    }

    #[test]
    fn the_last_one_within_a_cap_is_admitted_and_the_next_is_not() {
        let code = Asked::Code(Channel::Sms);
        let spent = Spent { codes_of_approver: 9, codes_overall: 19_999, ..Spent::default() };
        assert_eq!(admit(spent, code), Ok(()));
        let over = Spent { codes_of_approver: 10, ..spent };
        assert_eq!(admit(over, code), Err(CapRefusal::CodesOfApprover));
        assert_eq!(admit(over, Asked::Attempt), Ok(()));
        let over = Spent { codes_overall: 20_000, ..spent };
        assert_eq!(admit(over, code), Err(CapRefusal::CodesBudget));

        let spent = Spent { attempts_of_approver: 9, attempts_overall: 4_999, ..Spent::default() };
        assert_eq!(admit(spent, Asked::Attempt), Ok(()));
        let over = Spent { attempts_of_approver: 10, ..spent };
        assert_eq!(admit(over, Asked::Attempt), Err(CapRefusal::AttemptsOfApprover));
        assert_eq!(admit(over, code), Ok(()));
        let over = Spent { attempts_overall: 5_000, ..spent };
        assert_eq!(admit(over, Asked::Attempt), Err(CapRefusal::AttemptsBudget));
    }

    #[test]
    fn resends_are_three_and_their_pauses_grow() {
        let resend = |codes_of_object, age_millis: i64| {
            let last_code_at = NOW.plus_millis(-age_millis);
            admit(
                Spent::default(),
                Asked::Resend { channel: Channel::Sms, codes_of_object, last_code_at },
            )
        };
        assert_eq!(resend(1, 0), Ok(()));
        assert_eq!(resend(2, 29_999), Err(CapRefusal::ResendTooSoon));
        assert_eq!(resend(2, 30_000), Ok(()));
        assert_eq!(resend(3, 59_999), Err(CapRefusal::ResendTooSoon));
        assert_eq!(resend(3, 60_000), Ok(()));
        assert_eq!(resend(4, 1_000_000), Err(CapRefusal::ResendsOfObject));
        // A clock that was set back does not shorten a pause.
        assert_eq!(resend(2, -1), Err(CapRefusal::ResendTooSoon));
    }

    #[test]
    fn the_switch_forbids_email_and_nothing_else() {
        let caps = Caps { email_allowed: false, ..Caps::default() };
        let asked = |channel| {
            [
                Asked::Code(channel),
                Asked::Resend { channel, codes_of_object: 1, last_code_at: UnixMillis(0) },
            ]
            .map(|asked| caps.admit(&Spent::default(), asked, NOW))
        };
        assert_eq!(asked(Channel::Sms), [Ok(()); 2]);
        assert_eq!(asked(Channel::Email), [Err(CapRefusal::EmailNotAllowed); 2]);
        assert_eq!(CapRefusal::EmailNotAllowed.code().status(), 403);
    }

    #[test]
    fn every_counted_cap_answers_429() {
        for refusal in [
            CapRefusal::ResendsOfObject,
            CapRefusal::ResendTooSoon,
            CapRefusal::CodesOfApprover,
            CapRefusal::AttemptsOfApprover,
            CapRefusal::CodesBudget,
            CapRefusal::AttemptsBudget,
        ] {
            assert_eq!(refusal.code().status(), 429);
            assert!(refusal.code().is_ours());
        }
    }
}
