//! The audit trail: who did what, when, and with which outcome. It is only added to.
//!
//! It names no person: people appear in it under a pseudonym, and one table says whose it is. When a
//! person's data is erased that row goes, and the trail stays whole. Codes, challenges, keys,
//! contacts and documents are not written into it.

use device_enrollment::UnixMillis;

use super::row::{Row, Statement, UnexpectedRow};
use super::{Change, ReadError, Rule, Storage};

/// An entry to append.
#[derive(Clone, Copy)]
pub(crate) struct AuditEntry<'a> {
    /// When.
    pub(crate) at: UnixMillis,
    /// Who: `requester:KEY`, `operator`, `service`, `bank`.
    pub(crate) actor: &'a str,
    /// Did what: `device.requested`, `code.attempted` …
    pub(crate) action: &'a str,
    /// With which outcome: `done`, or the published code of the refusal.
    pub(crate) outcome: &'a str,
    /// To what kind of thing.
    pub(crate) subject_kind: &'a str,
    /// Its key.
    pub(crate) subject_key: &'a str,
    /// On which account.
    pub(crate) account_key: Option<&'a str>,
    /// About whom, by document number; only the pseudonym is written.
    pub(crate) person: Option<&'a str>,
    /// The request's id.
    pub(crate) request_id: Option<&'a str>,
    /// More, as a JSON object, without secrets or personal data.
    pub(crate) detail: &'a str,
    /// Until when it may not be deleted.
    pub(crate) keep_until: UnixMillis,
}

/// An entry of the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AuditRecord {
    /// Its place in the trail.
    pub(crate) sequence: i64,
    /// When.
    pub(crate) at: UnixMillis,
    /// Who.
    pub(crate) actor: String,
    /// Did what.
    pub(crate) action: String,
    /// With which outcome.
    pub(crate) outcome: String,
    /// To what kind of thing.
    pub(crate) subject_kind: String,
    /// Its key.
    pub(crate) subject_key: String,
    /// On which account.
    pub(crate) account_key: Option<String>,
    /// About whom, by pseudonym.
    pub(crate) person: Option<String>,
    /// The request's id.
    pub(crate) request_id: Option<String>,
    /// More, as a JSON object.
    pub(crate) detail: String,
}

impl Change {
    /// Gives a person a pseudonym, if they have none. Goes before the first entry about them.
    ///
    /// Rule: the first pseudonym stays (unique document). Race: of two, one counts, and both
    /// requests write under it.
    pub(crate) fn know_person(document_number: &str, pseudonym: &str) -> Self {
        Self::any(
            Rule::Audited,
            "INSERT INTO persons (document_number, pseudonym) VALUES ($1, $2)
             ON CONFLICT DO NOTHING",
        )
        .text(document_number)
        .text(pseudonym)
    }

    /// Appends to the trail, in the unit of what it is about.
    ///
    /// Rule: entries are neither changed nor, before their time, deleted (triggers of the schema).
    pub(crate) fn audit(entry: &AuditEntry<'_>) -> Self {
        Self::one(
            Rule::Audited,
            "INSERT INTO audit
                 (at, actor, action, outcome, subject_kind, subject_key, account_key, person,
                  request_id, detail, keep_until)
             VALUES ($1, $2, $3, $4, $5, $6, $7,
                 (SELECT pseudonym FROM persons WHERE document_number = $8), $9, $10, $11)",
        )
        .time(entry.at)
        .text(entry.actor)
        .text(entry.action)
        .text(entry.outcome)
        .text(entry.subject_kind)
        .text(entry.subject_key)
        .text_or_null(entry.account_key)
        .text_or_null(entry.person)
        .text_or_null(entry.request_id)
        .text(entry.detail)
        .time(entry.keep_until)
    }
}

impl Storage {
    /// What happened to one thing, from the first entry to the last.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn audit_of(
        &self,
        subject_kind: &str,
        subject_key: &str,
    ) -> Result<Vec<AuditRecord>, ReadError> {
        let query = Statement::new(
            "SELECT sequence, at, actor, action, outcome, subject_kind, subject_key, account_key,
                 person, request_id, detail
             FROM audit WHERE subject_kind = $1 AND subject_key = $2 ORDER BY sequence LIMIT 1000",
        );
        self.all(query.text(subject_kind).text(subject_key), AuditRecord::read).await
    }

    /// Entries after one place in the trail, for whoever copies it away.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    #[cfg(test)]
    pub(crate) async fn audit_after(
        &self,
        sequence: i64,
        most: u32,
    ) -> Result<Vec<AuditRecord>, ReadError> {
        let query = Statement::new(
            "SELECT sequence, at, actor, action, outcome, subject_kind, subject_key, account_key,
                 person, request_id, detail
             FROM audit WHERE sequence > $1 ORDER BY sequence LIMIT $2",
        );
        self.all(query.int(sequence).int(i64::from(most)), AuditRecord::read).await
    }

    /// The pseudonym of a person in the trail.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn pseudonym(
        &self,
        document_number: &str,
    ) -> Result<Option<String>, ReadError> {
        let query = Statement::new("SELECT pseudonym FROM persons WHERE document_number = $1");
        self.first(query.text(document_number), Row::text).await
    }
}

impl AuditRecord {
    fn read(row: &mut Row) -> Result<Self, UnexpectedRow> {
        Ok(Self {
            sequence: row.int()?,
            at: row.time()?,
            actor: row.text()?,
            action: row.text()?,
            outcome: row.text()?,
            subject_kind: row.text()?,
            subject_key: row.text()?,
            account_key: row.text_or_null()?,
            person: row.text_or_null()?,
            request_id: row.text_or_null()?,
            detail: row.text()?,
        })
    }
}
