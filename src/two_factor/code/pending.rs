use serde::{Deserialize, Serialize};

use super::super::Caps;
use super::{Alphabet, Channel, Code, CodeBinding, CodeKeys, CodePurpose, CodeRecord, IssueError};
use crate::flow::{Entropy, Uuid4};
use crate::time::UnixMillis;

/// The code of one object, as it is stored with the object: the live code's record, and every attempt
/// that was ever counted. Devices and transfers share it, so what is shown of it holds for both.
///
/// # Counted before compared
///
/// [`attempt`](Self::attempt) counts and hands out a [`CodeCheck`]; the caller stores; then the check
/// compares and gives an [`Evaluation`]; then [`resolve`](Self::resolve) takes that. A crash in
/// between has spent the attempt. The count survives new codes, other channels and restarts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PendingCode {
    attempts: u8,
    /// Attempts that were counted and not resolved.
    open: Vec<u8>,
    live: IssuedCode,
    /// The code before the live one, while it is not known whether the live one was delivered.
    replaced: Option<IssuedCode>,
    /// How many codes were made.
    made: u32,
    /// When the last of them was made, delivered or not.
    last_made_at: UnixMillis,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IssuedCode {
    record: CodeRecord,
    /// Which of the object's codes it is, counted from 1 over all that were made.
    number: u32,
    /// Whether its delivery was reported.
    delivered: bool,
}

impl IssuedCode {
    const fn new(record: CodeRecord, number: u32) -> Self {
        Self { record, number, delivered: false }
    }
}

impl PendingCode {
    /// Attempts that are evaluated for one object, over all of its codes.
    pub const MOST_ATTEMPTS: u8 = 5;

    /// Makes the first code of an object.
    ///
    /// # Errors
    ///
    /// [`IssueError::Entropy`] when the random bytes run out.
    pub fn issue(
        alphabet: Alphabet,
        channel: Channel,
        binding: &CodeBinding,
        keys: &CodeKeys,
        entropy: &mut Entropy,
        now: UnixMillis,
    ) -> Result<(Self, Code), IssueError> {
        let code = Code::generate(alphabet, entropy)?;
        let record = CodeRecord::new(&code, channel, binding, keys, entropy, now)?;
        let pending = Self {
            attempts: 0,
            open: Vec::new(),
            live: IssuedCode::new(record, 1),
            replaced: None,
            made: 1,
            last_made_at: now,
        };
        Ok((pending, code))
    }

    /// Makes another code: the one before is void from here on, the five minutes begin anew, the
    /// attempts stay as they are.
    ///
    /// # Errors
    ///
    /// [`IssueError::Spent`] once all attempts are counted; [`IssueError::Entropy`] when the random
    /// bytes run out. The code before is good then as it was.
    pub fn issue_again(
        &mut self,
        alphabet: Alphabet,
        channel: Channel,
        binding: &CodeBinding,
        keys: &CodeKeys,
        entropy: &mut Entropy,
        now: UnixMillis,
    ) -> Result<Code, IssueError> {
        if self.attempts_left() == 0 {
            return Err(IssueError::Spent);
        }
        let code = Code::generate(alphabet, entropy)?;
        let record = CodeRecord::new(&code, channel, binding, keys, entropy, now)?;
        self.made = self.made.saturating_add(1);
        let live = IssuedCode::new(record, self.made);
        self.replaced = Some(core::mem::replace(&mut self.live, live));
        self.last_made_at = now;
        Ok(code)
    }

    /// The number of the live code, by which its delivery is reported.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.live.number
    }

    /// How many codes were made, sent or not.
    #[must_use]
    pub const fn made(&self) -> u32 {
        self.made
    }

    /// When the last code was made, delivered or not.
    #[must_use]
    pub const fn last_made_at(&self) -> UnixMillis {
        self.last_made_at
    }

    /// How the live code was sent.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        self.live.record.channel()
    }

    /// A code was delivered. When it is the live one, the one before is gone for good.
    pub fn delivered(&mut self, number: u32) {
        if number == self.live.number {
            self.live.delivered = true;
            self.replaced = None;
        } else if let Some(before) = self.replaced.as_mut().filter(|code| code.number == number) {
            before.delivered = true;
        }
    }

    /// A code could not be delivered. When it is the live one, the one before is good again until
    /// its own deadline, and nobody was given the new one.
    pub fn delivery_failed(&mut self, number: u32) -> DeliveryFailure {
        if number != self.live.number {
            // Nobody has it, so it is not what a later failure may go back to.
            self.replaced.take_if(|before| before.number == number && !before.delivered);
            return DeliveryFailure::Superseded;
        }
        if self.live.delivered {
            return DeliveryFailure::Superseded;
        }
        match self.replaced.take() {
            Some(before) => {
                self.live = before;
                DeliveryFailure::Restored
            }
            None => DeliveryFailure::NoCode,
        }
    }

    /// Counts an attempt. The binding has to be made from what is stored.
    ///
    /// # Errors
    ///
    /// [`AttemptRefusal::Spent`] once five are counted, whatever the time; [`AttemptRefusal::Expired`]
    /// when the live code is over, which counts nothing.
    pub fn attempt(
        &mut self,
        binding: CodeBinding,
        now: UnixMillis,
    ) -> Result<CodeCheck, AttemptRefusal> {
        self.takes_attempt(now)?;
        self.attempts = self.attempts.saturating_add(1);
        self.open.push(self.attempts);
        Ok(CodeCheck { record: self.live.record.clone(), binding, attempt: self.attempts })
    }

    /// Whether an attempt would be counted now, for caps that stand between.
    ///
    /// # Errors
    ///
    /// As [`attempt`](Self::attempt).
    pub const fn takes_attempt(&self, now: UnixMillis) -> Result<(), AttemptRefusal> {
        if self.attempts_left() == 0 {
            Err(AttemptRefusal::Spent)
        } else if now.has_reached(self.live.record.expires_at()) {
            Err(AttemptRefusal::Expired)
        } else {
            Ok(())
        }
    }

    /// Takes what an attempt came to. An evaluation of another object, of a code that is void by
    /// now, or of an attempt that is not open is never a match.
    pub fn resolve(
        &mut self,
        purpose: CodePurpose,
        account_key: Uuid4,
        object_key: Uuid4,
        evaluation: Evaluation,
    ) -> Resolution {
        let of_this_object = evaluation.purpose == purpose
            && evaluation.account_key == account_key
            && evaluation.object_key == object_key;
        let open = self.open.iter().position(|attempt| *attempt == evaluation.attempt);
        let Some(open) = open.filter(|_| of_this_object) else {
            return Resolution::Foreign;
        };
        self.open.swap_remove(open);
        match evaluation.outcome {
            CodeOutcome::Matched if evaluation.salt == *self.live.record.salt() => {
                Resolution::Matched
            }
            // A code that a new one has replaced meanwhile is void, also when it was right.
            CodeOutcome::Matched | CodeOutcome::Mismatched | CodeOutcome::UnknownKey => {
                if self.attempts_left() == 0 && self.open.is_empty() {
                    Resolution::MismatchedAndSpent
                } else {
                    Resolution::Mismatched
                }
            }
        }
    }

    /// Attempts that may still be counted.
    #[must_use]
    pub const fn attempts_left(&self) -> u8 {
        Self::MOST_ATTEMPTS.saturating_sub(self.attempts)
    }

    /// Attempts counted so far.
    #[must_use]
    pub const fn attempts(&self) -> u8 {
        self.attempts
    }

    /// Whether nothing can match any more: all attempts are counted, and none of them can still be
    /// resolved. One that was counted and never resolved, because its process went down, holds this
    /// up until the code's deadline and no longer.
    #[must_use]
    pub fn is_spent(&self, now: UnixMillis) -> bool {
        self.attempts_left() == 0
            && (self.open.is_empty() || now.has_reached(self.live.record.expires_at()))
    }

    /// When the live code stops being good.
    #[must_use]
    pub const fn expires_at(&self) -> UnixMillis {
        self.live.record.expires_at()
    }

    /// From when on another code may be asked for; `None` where no code or no attempt is left.
    #[must_use]
    pub fn next_code_at(&self, caps: &Caps) -> Option<UnixMillis> {
        let resends = usize::try_from(self.made()).ok()?.checked_sub(1)?;
        let pause = caps.resend_pauses_seconds.get(resends)?;
        let pause = i64::from(*pause).saturating_mul(1000);
        (self.attempts_left() > 0).then(|| self.last_made_at().plus_millis(pause))
    }
}

/// What became of an object whose code could not be delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryFailure {
    /// The code before is good again.
    Restored,
    /// There is none to go back to: the object has no code that anybody knows.
    NoCode,
    /// A newer code has taken its place already, or it was delivered after all. A code before that was
    /// never delivered is forgotten; otherwise nothing changes.
    Superseded,
}

/// Why an attempt was not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttemptRefusal {
    /// Five attempts are counted.
    Spent,
    /// The code is older than five minutes.
    Expired,
}

/// An attempt that was counted and has to be evaluated, after the count was stored. It owns what it
/// needs.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the attempt is counted already; evaluate it once the count is stored"]
pub struct CodeCheck {
    record: CodeRecord,
    binding: CodeBinding,
    attempt: u8,
}

impl CodeCheck {
    /// Compares, in a time that does not depend on what was typed. The check is used up.
    pub fn evaluate(self, entered: &Code, keys: &CodeKeys) -> Evaluation {
        let outcome = match self.record.verifies(entered, &self.binding, keys) {
            Some(true) => CodeOutcome::Matched,
            Some(false) => CodeOutcome::Mismatched,
            None => CodeOutcome::UnknownKey,
        };
        Evaluation {
            purpose: self.binding.purpose,
            account_key: self.binding.account_key,
            object_key: self.binding.object_key,
            attempt: self.attempt,
            salt: *self.record.salt(),
            outcome,
        }
    }

    /// Which of the object's attempts this is, counted from 1.
    #[must_use]
    pub const fn attempt(&self) -> u8 {
        self.attempt
    }
}

/// What one attempt came to: made by [`CodeCheck::evaluate`] alone, not stored, and good for the
/// object and the attempt it was made for, once.
///
/// It can be cloned for a caller that loses the condition it stores under, and has to tell the state
/// that it finds then; an attempt that was resolved takes no second evaluation.
#[derive(Clone)]
#[must_use = "the machine has to be told what its attempt came to"]
pub struct Evaluation {
    purpose: CodePurpose,
    account_key: Uuid4,
    object_key: Uuid4,
    attempt: u8,
    salt: [u8; 16],
    outcome: CodeOutcome,
}

impl Evaluation {
    /// What it came to.
    #[must_use]
    pub const fn outcome(&self) -> CodeOutcome {
        self.outcome
    }
}

/// Prints the attempt and what it came to.
impl core::fmt::Debug for Evaluation {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Evaluation")
            .field("object_key", &self.object_key)
            .field("attempt", &self.attempt)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

/// What comparing a code came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeOutcome {
    /// The code is the one that was sent.
    Matched,
    /// It is not.
    Mismatched,
    /// The key that the code was made with is not live any more. Never a match: the code is void,
    /// as it would be had it expired. Worth a line in the log, because keys were rotated too fast.
    UnknownKey,
}

/// What an evaluation did to a [`PendingCode`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// The right code: the object is approved, and its `PendingCode` has to be dropped with that.
    Matched,
    /// Not the right code; attempts may be left.
    Mismatched,
    /// Not the right code, and it was the last attempt.
    MismatchedAndSpent,
    /// The evaluation is not one of this object's open attempts. Nothing changed.
    Foreign,
}
