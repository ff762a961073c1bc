//! Below the flows of floor 4: what all of their machines have in common.
//!
//! A machine is a value. It is given an event and the time, and gives back its next value, what the
//! caller has to do, and perhaps a refusal. Nothing else happens: whoever stores the value, hands
//! out the effects and answers the request is the caller, and it does so in that order.

mod entropy;
mod identifiers;
mod stored;

pub use entropy::{Entropy, EntropyExhausted};
pub use identifiers::{DocumentNumber, Uuid4};
pub use stored::{Stored, StoredError};

/// What an event did to a machine.
///
/// # The order
///
/// Store [`state`](Self::state) first, under the condition that what is stored is still what the
/// event was judged on; then carry out the effects; then answer. A caller that loses the condition
/// throws the step away, reads again and judges again. So an attempt that was counted stays counted
/// whatever happens later, and no two callers act on one state.
///
/// A refusal can move the state too: the fifth wrong code locks, an overdue enrollment is rejected
/// by whatever event finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "the state has to be stored, also when the event was refused"]
pub struct Step<S, E, R> {
    /// The machine after the event.
    pub state: S,
    /// What the caller has to do, in this order.
    pub effects: Vec<E>,
    /// Why the event was refused, if it was.
    pub refusal: Option<R>,
}

impl<S, E, R> Step<S, E, R> {
    pub(crate) const fn to(state: S) -> Self {
        Self { state, effects: Vec::new(), refusal: None }
    }

    pub(crate) fn with(mut self, effect: E) -> Self {
        self.effects.push(effect);
        self
    }

    pub(crate) fn refused(state: S, refusal: R) -> Self {
        Self { state, effects: Vec::new(), refusal: Some(refusal) }
    }

    /// The step when it was not refused.
    ///
    /// # Errors
    ///
    /// The state and the refusal.
    pub fn accepted(self) -> Result<(S, Vec<E>), (S, R)> {
        match self.refusal {
            None => Ok((self.state, self.effects)),
            Some(refusal) => Err((self.state, refusal)),
        }
    }
}
