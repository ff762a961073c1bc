//! What goes, and when: the sweep of what is over, and the erasure of a person.

use device_enrollment::UnixMillis;

use super::row::{Row, Statement};
use super::{Change, ReadError, Rule, Storage};

/// How long what is over is kept. The rest of the schedule (docs/storage.md) is in the rows
/// themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Retention {
    /// Messages that were delivered, and acted on where they were orders.
    pub(crate) delivered_messages_days: u32,
    /// Devices that were disabled, with their credentials.
    pub(crate) final_devices_days: u32,
    /// Transfers that are final.
    pub(crate) final_transfers_days: u32,
    /// Enrollments and consents that are final, with their credentials.
    pub(crate) final_enrollments_days: u32,
}

impl Default for Retention {
    /// Five years for what shows how a payment or a consent came about, which is as long as a claim
    /// about it can be made (Código de Defesa do Consumidor, art. 27); a month for messages.
    fn default() -> Self {
        const FIVE_YEARS: u32 = 1827;
        Self {
            delivered_messages_days: 30,
            final_devices_days: FIVE_YEARS,
            final_transfers_days: FIVE_YEARS,
            final_enrollments_days: FIVE_YEARS,
        }
    }
}

/// What of a person is still under way, and keeps them from being erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OpenWork {
    /// Devices that are not disabled.
    pub(crate) devices: u64,
    /// Transfers that are not final.
    pub(crate) transfers: u64,
    /// Enrollments that are not final.
    pub(crate) enrollments: u64,
}

impl OpenWork {
    /// Whether nothing is under way.
    pub(crate) const fn is_none(&self) -> bool {
        self.devices == 0 && self.transfers == 0 && self.enrollments == 0
    }
}

/// The document number that stands where a person was erased. It has the form of one.
const ERASED: &str = "00000000000";

impl Change {
    /// Deletes what is over at `now`. Each statement is a unit of its own: they hold nothing
    /// together, and a short transaction keeps nobody waiting. What decides does not wait for it
    /// either: every condition looks at the time itself.
    pub(crate) fn sweep(retention: &Retention, now: UnixMillis) -> Vec<Self> {
        let before = |days: u32| now.plus_millis(i64::from(days).saturating_mul(-86_400_000));
        let over = |sql| Self::any(Rule::Swept, sql).time(now);
        let older = |sql, days| Self::any(Rule::Swept, sql).time(before(days));
        vec![
            over("DELETE FROM spent WHERE keep_until <= $1"),
            // Over for a day: who asks why a nonce was refused can still be told.
            older("DELETE FROM liveness_nonces WHERE expires_at <= $1", 1),
            over("DELETE FROM replay_fingerprints WHERE blocked_until <= $1"),
            over("DELETE FROM idempotency WHERE keep_until <= $1"),
            over("DELETE FROM counters WHERE keep_until <= $1"),
            over("DELETE FROM audit WHERE keep_until <= $1"),
            older(
                "DELETE FROM outbox WHERE delivered_at <= $1
                     AND (queue <> 'rail' OR settled_at IS NOT NULL)",
                retention.delivered_messages_days,
            ),
            older(
                "DELETE FROM credentials WHERE EXISTS (
                     SELECT 1 FROM devices
                     WHERE devices.account_key = credentials.account_key
                         AND devices.device_key = credentials.device_key
                         AND devices.final = 1 AND devices.updated_at <= $1)",
                retention.final_devices_days,
            ),
            older(
                "DELETE FROM devices WHERE final = 1 AND updated_at <= $1
                     AND NOT EXISTS (
                         SELECT 1 FROM credentials
                         WHERE credentials.account_key = devices.account_key
                             AND credentials.device_key = devices.device_key)",
                retention.final_devices_days,
            ),
            older(
                "DELETE FROM transfers WHERE final = 1 AND updated_at <= $1",
                retention.final_transfers_days,
            ),
            older(
                "DELETE FROM consents WHERE final = 1 AND updated_at <= $1",
                retention.final_enrollments_days,
            ),
            older(
                "DELETE FROM credentials WHERE enrollment_id IN (
                     SELECT enrollment_id FROM enrollments WHERE final = 1 AND updated_at <= $1)",
                retention.final_enrollments_days,
            ),
            older(
                "DELETE FROM enrollments WHERE final = 1 AND updated_at <= $1
                     AND NOT EXISTS (SELECT 1 FROM credentials
                         WHERE credentials.enrollment_id = enrollments.enrollment_id)
                     AND NOT EXISTS (SELECT 1 FROM consents
                         WHERE consents.enrollment_id = enrollments.enrollment_id)",
                retention.final_enrollments_days,
            ),
        ]
    }

    /// Erases a person, as one unit (LGPD, art. 18): their contacts, their credentials, the counters
    /// under their number, and the row that says which pseudonym in the audit trail is theirs. What
    /// the bank has to keep of its transfers and consents is kept without them: their number is
    /// replaced by zeros, also within the machines.
    ///
    /// `contacts` are the texts besides the number (phone, e-mail, name) that machines and messages
    /// can quote.
    pub(crate) fn erase(document_number: &str, contacts: &[String]) -> Vec<Self> {
        let of_person = |sql| Self::any(Rule::Erased, sql).text(document_number);
        let mut unit = vec![
            of_person("DELETE FROM credentials WHERE approver_document_number = $1"),
            of_person(
                "DELETE FROM credentials WHERE enrollment_id IN (
                     SELECT enrollment_id FROM enrollments WHERE logged_user_document = $1)",
            ),
            of_person(
                "DELETE FROM verdicts WHERE enrollment_id IN (
                     SELECT enrollment_id FROM enrollments WHERE logged_user_document = $1)",
            ),
            of_person("DELETE FROM approvers WHERE document_number = $1"),
            of_person("DELETE FROM counters WHERE subject = $1"),
            of_person("DELETE FROM persons WHERE document_number = $1"),
        ];
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let number = (quoted(document_number), quoted(ERASED));
        let contacts = contacts.iter().map(|contact| (quoted(contact), quoted("")));
        // Machines and messages hold texts as JSON does, in quotation marks: what is replaced is a
        // whole text, never a part of another.
        for (from, to) in std::iter::once(number).chain(contacts) {
            let within = |sql| Self::any(Rule::Erased, sql).text(&from).text(&to);
            let of_person = |sql| within(sql).text(document_number);
            unit.extend([
                of_person(
                    "UPDATE devices SET state = replace(state, $1, $2)
                     WHERE approver_document_number = $3",
                ),
                of_person(
                    "UPDATE transfers SET state = replace(state, $1, $2)
                     WHERE approver_document_number = $3",
                ),
                of_person(
                    "UPDATE enrollments SET state = replace(state, $1, $2)
                     WHERE logged_user_document = $3",
                ),
                of_person(
                    "UPDATE consents SET state = replace(state, $1, $2)
                     WHERE enrollment_id IN (
                         SELECT enrollment_id FROM enrollments WHERE logged_user_document = $3)",
                ),
                // These have no column with the number: they are searched.
                within(
                    "UPDATE outbox SET payload = replace(payload, $1, $2)
                     WHERE replace(payload, $1, $2) <> payload",
                ),
                within(
                    "UPDATE idempotency SET body = replace(body, $1, $2)
                     WHERE body IS NOT NULL AND replace(body, $1, $2) <> body",
                ),
            ]);
        }
        // Last, for the number in these columns is what the others were found by.
        let renamed = |sql| of_person(sql).text(ERASED);
        unit.extend([
            renamed(
                "UPDATE devices SET approver_document_number = $2
                 WHERE approver_document_number = $1",
            ),
            renamed(
                "UPDATE transfers SET approver_document_number = $2
                 WHERE approver_document_number = $1",
            ),
            renamed(
                "UPDATE enrollments SET logged_user_document = $2 WHERE logged_user_document = $1",
            ),
        ]);
        unit
    }
}

impl Storage {
    /// Deletes what is over at `now`, and notes the time.
    ///
    /// # Errors
    ///
    /// A [`CommitError`](super::CommitError); what was deleted before it stays deleted.
    pub(crate) async fn sweep(
        &self,
        retention: &Retention,
        now: UnixMillis,
    ) -> Result<(), super::CommitError> {
        for change in Change::sweep(retention, now) {
            self.commit(vec![change]).await?;
        }
        self.commit(vec![Change::clock_mark(now)]).await
    }

    /// What of a person is still under way.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn open_work_of(&self, document_number: &str) -> Result<OpenWork, ReadError> {
        let query = Statement::new(
            "SELECT
                 (SELECT COUNT(*) FROM devices WHERE approver_document_number = $1 AND final = 0),
                 (SELECT COUNT(*) FROM transfers WHERE approver_document_number = $1 AND final = 0),
                 (SELECT COUNT(*) FROM enrollments WHERE logged_user_document = $1 AND final = 0)",
        );
        let count = |row: &mut Row| Ok(u64::try_from(row.int()?).unwrap_or(0));
        let open = self
            .first(query.text(document_number), |row| {
                Ok(OpenWork {
                    devices: count(row)?,
                    transfers: count(row)?,
                    enrollments: count(row)?,
                })
            })
            .await?;
        Ok(open.ok_or(super::row::UnexpectedRow)?)
    }

    /// The contacts and names that are known of a person, on all accounts.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn contacts_of(
        &self,
        document_number: &str,
    ) -> Result<Vec<String>, ReadError> {
        let query =
            Statement::new("SELECT name, phone, email FROM approvers WHERE document_number = $1");
        let rows = self
            .all(query.text(document_number), |row| {
                Ok([row.text_or_null()?, row.text_or_null()?, row.text_or_null()?])
            })
            .await?;
        let mut contacts: Vec<String> = rows.into_iter().flatten().flatten().collect();
        contacts.sort_unstable();
        contacts.dedup();
        contacts.retain(|contact| !contact.is_empty());
        Ok(contacts)
    }
}
