//! The verdicts of registrations and assertions, for whoever has to say why one was refused.

use device_enrollment::UnixMillis;

use super::row::{Row, Statement};
use super::{Change, ReadError, Rule, Storage};

/// A verdict as it was reached.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct KeptVerdict {
    /// What was judged: the registration of an enrollment, by its id, or the assertion for a consent,
    /// by its.
    pub(crate) subject: String,
    /// The enrollment that it belongs to.
    pub(crate) enrollment_id: String,
    /// The verdict as JSON.
    pub(crate) verdict: String,
    /// When it was reached.
    pub(crate) judged_at: UnixMillis,
}

impl Change {
    /// Keeps a verdict, in the unit that acts on it.
    ///
    /// Rule: one of a subject, whose challenge is spent once; the enrollment is there (foreign key).
    /// Race: none that the subject's move does not decide.
    pub(crate) fn keep_verdict(verdict: &KeptVerdict) -> Self {
        Self::one(
            Rule::VerdictFirst,
            "INSERT INTO verdicts (subject, enrollment_id, verdict, judged_at)
             VALUES ($1, $2, $3, $4)
             ON CONFLICT DO NOTHING",
        )
        .text(&verdict.subject)
        .text(&verdict.enrollment_id)
        .text(&verdict.verdict)
        .time(verdict.judged_at)
    }
}

impl Storage {
    /// The verdicts of an enrollment: of its registration, and of the assertions that it made.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn verdicts_of(
        &self,
        enrollment_id: &str,
    ) -> Result<Vec<KeptVerdict>, ReadError> {
        let query = Statement::new(
            "SELECT subject, enrollment_id, verdict, judged_at FROM verdicts
             WHERE enrollment_id = $1 ORDER BY judged_at, subject LIMIT 100",
        );
        self.all(query.text(enrollment_id), |row: &mut Row| {
            Ok(KeptVerdict {
                subject: row.text()?,
                enrollment_id: row.text()?,
                verdict: row.text()?,
                judged_at: row.time()?,
            })
        })
        .await
    }
}

impl core::fmt::Debug for KeptVerdict {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "KeptVerdict of {}", self.subject)
    }
}
