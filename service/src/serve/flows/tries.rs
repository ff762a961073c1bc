//! Storing what was judged, or judging again.

use std::time::Duration;

use crate::serve::http::Problem;
use crate::serve::storage::{Change, CommitError, Lost, Storage};

/// How often one request stores, loses its condition, reads and judges again. Every loss is another
/// request's gain, and what an object can be moved by is bounded, so that this is never reached by
/// requests at one object alone; a budget that all of them share can.
const MOST: u32 = 24;

/// The tries of one step of one request.
///
/// ```text
/// let mut tries = Tries::new();
/// loop {
///     // Read, judge, make a unit.
///     match tries.store(&app.storage, unit).await? {
///         Ok(()) => break,
///         Err(lost) => { /* another answer where the condition was single-use, or: */ continue }
///     }
/// }
/// ```
pub(crate) struct Tries(u32);

impl Tries {
    /// Before the first one.
    pub(crate) const fn new() -> Self {
        Self(0)
    }

    /// Stores a unit of work. The inner error is the condition that was lost: read and judge again.
    /// A short random pause lies behind it then, so that those who lost do not come back as one.
    ///
    /// # Errors
    ///
    /// A [`Problem`] when the storage cannot, or conditions were lost too often.
    pub(crate) async fn store(
        &mut self,
        storage: &Storage,
        unit: Vec<Change>,
    ) -> Result<Result<(), Lost>, Problem> {
        match storage.commit(unit).await {
            Ok(()) => Ok(Ok(())),
            Err(CommitError::Lost(lost)) => {
                self.0 = self.0.saturating_add(1);
                if self.0 >= MOST {
                    tracing::warn!(rule = ?lost.rule, "a condition was lost too often");
                    return Err(Problem::busy());
                }
                tokio::time::sleep(pause(self.0)).await;
                Ok(Err(lost))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Up to 2, 4, 8 … 32 milliseconds.
fn pause(lost: u32) -> Duration {
    let mut random = [0];
    // Without randomness there is no pause, and nothing else is different.
    let _ = getrandom::fill(&mut random);
    let most = 2_u64.checked_shl(lost.min(4)).unwrap_or(32).min(32);
    Duration::from_millis(u64::from(random[0]).checked_rem(most).unwrap_or(0))
}
