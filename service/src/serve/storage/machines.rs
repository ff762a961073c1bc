//! The machines of the flows: devices, transfers, enrollments, consents.
//!
//! What a machine means is the core's affair. Here it is text with a revision; the columns beside it
//! are what it is looked up by. It is read, judged, and moved under the condition that its revision
//! is still the one that was judged.

use device_enrollment::UnixMillis;

use super::row::{Row, Statement, UnexpectedRow};
use super::{Change, ReadError, Rule, Storage};

/// A machine as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Machine {
    /// Its status, in the words of the machine, for lists and metrics.
    pub(crate) status: String,
    /// Whether nothing can move it any more.
    pub(crate) is_final: bool,
    /// The machine, as `flow::Stored` writes it.
    pub(crate) state: String,
    /// How often it was moved: what a [`Move`] is made from.
    pub(crate) revision: i64,
    /// When it was made.
    pub(crate) created_at: UnixMillis,
    /// When it was moved last. Judge with a time that is not before it.
    pub(crate) updated_at: UnixMillis,
}

/// What a machine becomes.
#[derive(Clone, Copy)]
pub(crate) struct Move<'a> {
    /// The revision that was judged. A new machine has none before it, and this is not looked at.
    pub(crate) from_revision: i64,
    /// Its status now.
    pub(crate) status: &'a str,
    /// Whether nothing can move it any more.
    pub(crate) is_final: bool,
    /// The machine now.
    pub(crate) state: &'a str,
    /// When it was judged.
    pub(crate) now: UnixMillis,
}

/// A device of an account.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Device {
    /// The account.
    pub(crate) account_key: String,
    /// The integrator's key of it.
    pub(crate) device_key: String,
    /// Who confirms it.
    pub(crate) approver_document_number: String,
    /// Who asked for it.
    pub(crate) requester_key: String,
    /// The Device Scan session it came with.
    pub(crate) session_id: String,
    /// The machine.
    pub(crate) machine: Machine,
}

/// A device to add.
pub(crate) struct NewDevice<'a> {
    /// The account.
    pub(crate) account_key: &'a str,
    /// The integrator's key of it.
    pub(crate) device_key: &'a str,
    /// Who confirms it.
    pub(crate) approver_document_number: &'a str,
    /// Who asked for it.
    pub(crate) requester_key: &'a str,
    /// The Device Scan session it came with.
    pub(crate) session_id: &'a str,
    /// The machine.
    pub(crate) machine: Move<'a>,
}

/// A transfer of an account.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Transfer {
    /// Our key of it.
    pub(crate) ted_key: String,
    /// The account it goes from.
    pub(crate) account_key: String,
    /// The client's key of it.
    pub(crate) request_control_key: String,
    /// Who approves it.
    pub(crate) approver_document_number: Option<String>,
    /// Who asked for it.
    pub(crate) requester_key: String,
    /// The machine.
    pub(crate) machine: Machine,
}

/// A transfer to add.
pub(crate) struct NewTransfer<'a> {
    /// Our key of it.
    pub(crate) ted_key: &'a str,
    /// The account it goes from.
    pub(crate) account_key: &'a str,
    /// The client's key of it.
    pub(crate) request_control_key: &'a str,
    /// Who approves it.
    pub(crate) approver_document_number: Option<&'a str>,
    /// Who asked for it.
    pub(crate) requester_key: &'a str,
    /// The machine.
    pub(crate) machine: Move<'a>,
}

/// An enrollment.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Enrollment {
    /// Its id.
    pub(crate) enrollment_id: String,
    /// The id of the device enrollment within it.
    pub(crate) device_id: Option<String>,
    /// Who asked for it.
    pub(crate) requester_key: String,
    /// On whose behalf.
    pub(crate) user_key: Option<String>,
    /// With which wallet.
    pub(crate) wallet_key: Option<String>,
    /// For which product.
    pub(crate) product_key: Option<String>,
    /// The account that it is about, once the account holder has chosen it.
    pub(crate) account_key: Option<String>,
    /// The device of the account that its credential is bound to, where the holder named one.
    pub(crate) device_key: Option<String>,
    /// Who is logged in.
    pub(crate) logged_user_document: String,
    /// For which company.
    pub(crate) business_document: Option<String>,
    /// The participant of Open Finance.
    pub(crate) participant_id: Option<String>,
    /// A JSON array of permissions.
    pub(crate) permissions: String,
    /// When the status it is in ends.
    pub(crate) deadline_at: Option<UnixMillis>,
    /// The machine.
    pub(crate) machine: Machine,
}

/// An enrollment to add.
pub(crate) struct NewEnrollment<'a> {
    /// Its id.
    pub(crate) enrollment_id: &'a str,
    /// The id of the device enrollment within it.
    pub(crate) device_id: Option<&'a str>,
    /// Who asked for it.
    pub(crate) requester_key: &'a str,
    /// On whose behalf.
    pub(crate) user_key: Option<&'a str>,
    /// With which wallet.
    pub(crate) wallet_key: Option<&'a str>,
    /// For which product.
    pub(crate) product_key: Option<&'a str>,
    /// The account, when it is known.
    pub(crate) account_key: Option<&'a str>,
    /// Who is logged in.
    pub(crate) logged_user_document: &'a str,
    /// For which company.
    pub(crate) business_document: Option<&'a str>,
    /// The participant of Open Finance.
    pub(crate) participant_id: Option<&'a str>,
    /// A JSON array of permissions.
    pub(crate) permissions: &'a str,
    /// When the status it is in ends.
    pub(crate) deadline_at: Option<UnixMillis>,
    /// The machine.
    pub(crate) machine: Move<'a>,
}

/// A consent to a payment.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Consent {
    /// Its id.
    pub(crate) consent_id: String,
    /// Who asked for it.
    pub(crate) requester_key: String,
    /// The account that is debited.
    pub(crate) account_key: Option<String>,
    /// The enrollment that signs it.
    pub(crate) enrollment_id: Option<String>,
    /// The machine.
    pub(crate) machine: Machine,
}

/// A consent to add.
pub(crate) struct NewConsent<'a> {
    /// Its id.
    pub(crate) consent_id: &'a str,
    /// Who asked for it.
    pub(crate) requester_key: &'a str,
    /// The account that is debited.
    pub(crate) account_key: Option<&'a str>,
    /// The enrollment that signs it.
    pub(crate) enrollment_id: Option<&'a str>,
    /// The machine.
    pub(crate) machine: Move<'a>,
}

/// Which enrollments of a requester are listed.
#[derive(Clone, Default)]
pub(crate) struct EnrollmentFilter {
    /// On whose behalf.
    pub(crate) user_key: Option<String>,
    /// Only in this status.
    pub(crate) status: Option<String>,
    /// Only with this permission.
    pub(crate) permission: Option<String>,
    /// Only of this person.
    pub(crate) logged_user_document: Option<String>,
    /// Only of this company.
    pub(crate) business_document: Option<String>,
    /// Only of this participant.
    pub(crate) participant_id: Option<String>,
    /// Only made at or after this.
    pub(crate) created_from: Option<UnixMillis>,
    /// Only made at or before this.
    pub(crate) created_to: Option<UnixMillis>,
}

/// Which part of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    /// Rows on a page.
    pub(crate) size: u32,
    /// Rows before it.
    pub(crate) skip: u64,
    /// The newest first.
    pub(crate) newest_first: bool,
}

impl Change {
    /// Adds a device.
    ///
    /// Rule: one device of one key on an account, for ever; the account is there (foreign key).
    /// Race: of two requests for one device key one sends a code, and the other finds the device.
    pub(crate) fn add_device(device: &NewDevice<'_>) -> Self {
        Self::one(
            Rule::DeviceKeyFree,
            "INSERT INTO devices
                 (account_key, device_key, approver_document_number, requester_key, session_id,
                  status, final, state, revision, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $9)
             ON CONFLICT DO NOTHING",
        )
        .text(device.account_key)
        .text(device.device_key)
        .text(device.approver_document_number)
        .text(device.requester_key)
        .text(device.session_id)
        .text(device.machine.status)
        .switch(device.machine.is_final)
        .text(device.machine.state)
        .time(device.machine.now)
    }

    /// Moves a device.
    ///
    /// Rule: it is still at the revision that was judged. Race: an attempt at its code is counted by
    /// one request only, so never more than the allowed number is evaluated; a code is used once; a
    /// code that was resent is not compared with the old one.
    pub(crate) fn move_device(account_key: &str, device_key: &str, to: &Move<'_>) -> Self {
        Self::one(
            Rule::DeviceUnmoved,
            "UPDATE devices
             SET status = $3, final = $4, state = $5, revision = revision + 1,
                 updated_at = CASE WHEN updated_at > $6 THEN updated_at ELSE $6 END
             WHERE account_key = $1 AND device_key = $2 AND revision = $7",
        )
        .text(account_key)
        .text(device_key)
        .moved(to)
    }

    /// Deletes a device that never came to be: its code was not delivered, or its face check did not
    /// approve. The key is free again.
    ///
    /// Rule: it is still at the revision that was judged, and no credential is bound to it (foreign
    /// key). Race: a person whose code did arrive, and was typed at once, keeps the device.
    pub(crate) fn drop_device(account_key: &str, device_key: &str, from_revision: i64) -> Self {
        Self::one(
            Rule::DeviceUnmoved,
            "DELETE FROM devices WHERE account_key = $1 AND device_key = $2 AND revision = $3",
        )
        .text(account_key)
        .text(device_key)
        .int(from_revision)
    }

    /// Adds a transfer.
    ///
    /// Rule: a client's control key is used once on an account; the account is there (foreign key).
    /// Race: of two requests with one control key one becomes a transfer, so that nothing is paid
    /// twice.
    pub(crate) fn add_transfer(transfer: &NewTransfer<'_>) -> Self {
        Self::one(
            Rule::TransferKeysFree,
            "INSERT INTO transfers
                 (ted_key, account_key, request_control_key, approver_document_number,
                  requester_key, status, final, state, revision, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $9)
             ON CONFLICT DO NOTHING",
        )
        .text(transfer.ted_key)
        .text(transfer.account_key)
        .text(transfer.request_control_key)
        .text_or_null(transfer.approver_document_number)
        .text(transfer.requester_key)
        .text(transfer.machine.status)
        .switch(transfer.machine.is_final)
        .text(transfer.machine.state)
        .time(transfer.machine.now)
    }

    /// Moves a transfer.
    ///
    /// Rule: it is still at the revision that was judged. Race: a transfer is approved once, whether
    /// by code or by device, and handed to the rail once; an attempt is counted by one request only.
    pub(crate) fn move_transfer(ted_key: &str, to: &Move<'_>) -> Self {
        Self::one(
            Rule::TransferUnmoved,
            "UPDATE transfers
             SET status = $2, final = $3, state = $4, revision = revision + 1,
                 updated_at = CASE WHEN updated_at > $5 THEN updated_at ELSE $5 END
             WHERE ted_key = $1 AND revision = $6",
        )
        .text(ted_key)
        .moved(to)
    }

    /// Deletes a transfer that never came to be: its first code was not delivered. The client's
    /// control key is free again.
    ///
    /// Rule: it is still at the revision that was judged. Race: a person whose code did arrive, and
    /// was typed at once, keeps the transfer.
    pub(crate) fn drop_transfer(ted_key: &str, from_revision: i64) -> Self {
        Self::one(
            Rule::TransferUnmoved,
            "DELETE FROM transfers WHERE ted_key = $1 AND revision = $2",
        )
        .text(ted_key)
        .int(from_revision)
    }

    /// Adds an enrollment.
    ///
    /// Rule: its id and its device's id are new. Race: a client that sends one id twice gets one
    /// enrollment.
    pub(crate) fn add_enrollment(enrollment: &NewEnrollment<'_>) -> Self {
        Self::one(
            Rule::EnrollmentIdFree,
            "INSERT INTO enrollments
                 (enrollment_id, device_id, requester_key, user_key, wallet_key, product_key,
                  account_key, logged_user_document, business_document, participant_id, permissions,
                  deadline_at, status, final, state, revision, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 1, $16, $16)
             ON CONFLICT DO NOTHING",
        )
        .text(enrollment.enrollment_id)
        .text_or_null(enrollment.device_id)
        .text(enrollment.requester_key)
        .text_or_null(enrollment.user_key)
        .text_or_null(enrollment.wallet_key)
        .text_or_null(enrollment.product_key)
        .text_or_null(enrollment.account_key)
        .text(enrollment.logged_user_document)
        .text_or_null(enrollment.business_document)
        .text_or_null(enrollment.participant_id)
        .text(enrollment.permissions)
        .time_or_null(enrollment.deadline_at)
        .text(enrollment.machine.status)
        .switch(enrollment.machine.is_final)
        .text(enrollment.machine.state)
        .time(enrollment.machine.now)
    }

    /// Moves an enrollment, with what is looked up by: the device within it and the account, which
    /// stay when they are given as `None`, and the deadline, which is as given.
    ///
    /// Rule: it is still at the revision that was judged. Race: a challenge is spent by one request
    /// only, a credential is bound by one, and an enrollment that ran out of time is not authorised
    /// beside it.
    pub(crate) fn move_enrollment(
        enrollment_id: &str,
        to: &Move<'_>,
        device_id: Option<&str>,
        account_key: Option<&str>,
        deadline_at: Option<UnixMillis>,
    ) -> Self {
        Self::one(
            Rule::EnrollmentUnmoved,
            "UPDATE enrollments
             SET status = $5, final = $6, state = $7, revision = revision + 1,
                 updated_at = CASE WHEN updated_at > $8 THEN updated_at ELSE $8 END,
                 device_id = COALESCE($2, device_id), account_key = COALESCE($3, account_key),
                 deadline_at = $4
             WHERE enrollment_id = $1 AND revision = $9",
        )
        .text(enrollment_id)
        .text_or_null(device_id)
        .text_or_null(account_key)
        .time_or_null(deadline_at)
        .moved(to)
    }

    /// Names the account that an enrollment is approved for, and the device that its credential will
    /// be bound to, in the unit that moves the enrollment.
    ///
    /// No condition of its own: the enrollment's move is the condition.
    pub(crate) fn name_account_of_enrollment(
        enrollment_id: &str,
        account_key: &str,
        device_key: Option<&str>,
    ) -> Self {
        Self::any(
            Rule::EnrollmentUnmoved,
            "UPDATE enrollments SET account_key = $2, device_key = $3 WHERE enrollment_id = $1",
        )
        .text(enrollment_id)
        .text(account_key)
        .text_or_null(device_key)
    }

    /// Stands on a device as it was judged, for a unit that binds something to it.
    ///
    /// Rule: it is still at the revision that was judged. Race: a credential is not bound to a device
    /// that is being disabled beside it.
    pub(crate) fn device_as_judged(account_key: &str, device_key: &str, revision: i64) -> Self {
        Self::one(
            Rule::DeviceUnmoved,
            "UPDATE devices SET revision = revision
             WHERE account_key = $1 AND device_key = $2 AND revision = $3",
        )
        .text(account_key)
        .text(device_key)
        .int(revision)
    }

    /// Adds a consent.
    ///
    /// Rule: its id is new, and its enrollment is there (foreign key).
    pub(crate) fn add_consent(consent: &NewConsent<'_>) -> Self {
        Self::one(
            Rule::ConsentIdFree,
            "INSERT INTO consents
                 (consent_id, requester_key, account_key, enrollment_id, status, final, state,
                  revision, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $8)
             ON CONFLICT DO NOTHING",
        )
        .text(consent.consent_id)
        .text(consent.requester_key)
        .text_or_null(consent.account_key)
        .text_or_null(consent.enrollment_id)
        .text(consent.machine.status)
        .switch(consent.machine.is_final)
        .text(consent.machine.state)
        .time(consent.machine.now)
    }

    /// Moves a consent.
    ///
    /// Rule: it is still at the revision that was judged. Race: one assertion authorises it, and its
    /// challenge is spent by one request only.
    pub(crate) fn move_consent(consent_id: &str, to: &Move<'_>) -> Self {
        Self::one(
            Rule::ConsentUnmoved,
            "UPDATE consents
             SET status = $2, final = $3, state = $4, revision = revision + 1,
                 updated_at = CASE WHEN updated_at > $5 THEN updated_at ELSE $5 END
             WHERE consent_id = $1 AND revision = $6",
        )
        .text(consent_id)
        .moved(to)
    }

    /// Notes which enrollment signs a consent, in the unit that moves both.
    ///
    /// No condition of its own: the moves are the condition.
    pub(crate) fn name_enrollment_of_consent(consent_id: &str, enrollment_id: &str) -> Self {
        Self::any(
            Rule::ConsentUnmoved,
            "UPDATE consents SET enrollment_id = $2 WHERE consent_id = $1",
        )
        .text(consent_id)
        .text(enrollment_id)
    }

    /// The five values that every move ends with, in this order.
    fn moved(self, to: &Move<'_>) -> Self {
        self.text(to.status).switch(to.is_final).text(to.state).time(to.now).int(to.from_revision)
    }
}

impl Storage {
    /// A device of an account.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn device(
        &self,
        account_key: &str,
        device_key: &str,
    ) -> Result<Option<Device>, ReadError> {
        let query = Statement::new(
            "SELECT account_key, device_key, approver_document_number, requester_key, session_id,
                 status, final, state, revision, created_at, updated_at
             FROM devices WHERE account_key = $1 AND device_key = $2",
        );
        self.first(query.text(account_key).text(device_key), Device::read).await
    }

    /// The devices of an approver on an account that came with a Device Scan session, the newest
    /// first.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn devices_of_session(
        &self,
        account_key: &str,
        approver_document_number: &str,
        session_id: &str,
    ) -> Result<Vec<Device>, ReadError> {
        let query = Statement::new(
            "SELECT account_key, device_key, approver_document_number, requester_key, session_id,
                 status, final, state, revision, created_at, updated_at
             FROM devices
             WHERE session_id = $3 AND account_key = $1 AND approver_document_number = $2
             ORDER BY created_at DESC, device_key",
        );
        let query = query.text(account_key).text(approver_document_number).text(session_id);
        self.all(query, Device::read).await
    }

    /// A transfer of an account.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn transfer(
        &self,
        account_key: &str,
        ted_key: &str,
    ) -> Result<Option<Transfer>, ReadError> {
        let query = Statement::new(
            "SELECT ted_key, account_key, request_control_key, approver_document_number,
                 requester_key, status, final, state, revision, created_at, updated_at
             FROM transfers WHERE account_key = $1 AND ted_key = $2",
        );
        self.first(query.text(account_key).text(ted_key), Transfer::read).await
    }

    /// A transfer of an account by the client's own key.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn transfer_by_control_key(
        &self,
        account_key: &str,
        request_control_key: &str,
    ) -> Result<Option<Transfer>, ReadError> {
        let query = Statement::new(
            "SELECT ted_key, account_key, request_control_key, approver_document_number,
                 requester_key, status, final, state, revision, created_at, updated_at
             FROM transfers WHERE account_key = $1 AND request_control_key = $2",
        );
        self.first(query.text(account_key).text(request_control_key), Transfer::read).await
    }

    /// An enrollment, whoever asked for it: compare the requester before anything is said of it.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn enrollment(
        &self,
        enrollment_id: &str,
    ) -> Result<Option<Enrollment>, ReadError> {
        let query = Statement::new(
            "SELECT enrollment_id, device_id, requester_key, user_key, wallet_key, product_key,
                 account_key, device_key, logged_user_document, business_document, participant_id, permissions,
                 deadline_at, status, final, state, revision, created_at, updated_at
             FROM enrollments WHERE enrollment_id = $1",
        );
        self.first(query.text(enrollment_id), Enrollment::read).await
    }

    /// A page of a requester's enrollments.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn enrollments(
        &self,
        requester_key: &str,
        filter: &EnrollmentFilter,
        page: Page,
    ) -> Result<Vec<Enrollment>, ReadError> {
        let query = if page.newest_first {
            "SELECT enrollment_id, device_id, requester_key, user_key, wallet_key, product_key,
                 account_key, device_key, logged_user_document, business_document, participant_id, permissions,
                 deadline_at, status, final, state, revision, created_at, updated_at
             FROM enrollments
             WHERE requester_key = $1
                 AND ($2 IS NULL OR user_key = $2) AND ($3 IS NULL OR status = $3)
                 AND ($4 IS NULL OR permissions LIKE $4)
                 AND ($5 IS NULL OR logged_user_document = $5)
                 AND ($6 IS NULL OR business_document = $6)
                 AND ($7 IS NULL OR participant_id = $7)
                 AND ($8 IS NULL OR created_at >= $8) AND ($9 IS NULL OR created_at <= $9)
             ORDER BY created_at DESC, enrollment_id DESC LIMIT $10 OFFSET $11"
        } else {
            "SELECT enrollment_id, device_id, requester_key, user_key, wallet_key, product_key,
                 account_key, device_key, logged_user_document, business_document, participant_id, permissions,
                 deadline_at, status, final, state, revision, created_at, updated_at
             FROM enrollments
             WHERE requester_key = $1
                 AND ($2 IS NULL OR user_key = $2) AND ($3 IS NULL OR status = $3)
                 AND ($4 IS NULL OR permissions LIKE $4)
                 AND ($5 IS NULL OR logged_user_document = $5)
                 AND ($6 IS NULL OR business_document = $6)
                 AND ($7 IS NULL OR participant_id = $7)
                 AND ($8 IS NULL OR created_at >= $8) AND ($9 IS NULL OR created_at <= $9)
             ORDER BY created_at, enrollment_id LIMIT $10 OFFSET $11"
        };
        let query = filter
            .values(Statement::new(query).text(requester_key))
            .int(i64::from(page.size))
            .int(i64::try_from(page.skip).unwrap_or(i64::MAX));
        self.all(query, Enrollment::read).await
    }

    /// How many enrollments a requester has under a filter.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn count_enrollments(
        &self,
        requester_key: &str,
        filter: &EnrollmentFilter,
    ) -> Result<u64, ReadError> {
        let query = Statement::new(
            "SELECT COUNT(*) FROM enrollments
             WHERE requester_key = $1
                 AND ($2 IS NULL OR user_key = $2) AND ($3 IS NULL OR status = $3)
                 AND ($4 IS NULL OR permissions LIKE $4)
                 AND ($5 IS NULL OR logged_user_document = $5)
                 AND ($6 IS NULL OR business_document = $6)
                 AND ($7 IS NULL OR participant_id = $7)
                 AND ($8 IS NULL OR created_at >= $8) AND ($9 IS NULL OR created_at <= $9)",
        );
        let query = filter.values(query.text(requester_key));
        let count = self.first(query, Row::int).await?.unwrap_or(0);
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Enrollments whose time is over and that nothing has moved since, for whoever moves them so
    /// that the initiator is told without asking.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn overdue_enrollments(
        &self,
        now: UnixMillis,
        most: u32,
    ) -> Result<Vec<Enrollment>, ReadError> {
        let query = Statement::new(
            "SELECT enrollment_id, device_id, requester_key, user_key, wallet_key, product_key,
                 account_key, device_key, logged_user_document, business_document, participant_id, permissions,
                 deadline_at, status, final, state, revision, created_at, updated_at
             FROM enrollments WHERE final = 0 AND deadline_at <= $1
             ORDER BY deadline_at LIMIT $2",
        );
        self.all(query.time(now).int(i64::from(most)), Enrollment::read).await
    }

    /// Enrollments in one status, the one that was moved first before the others: for whoever
    /// completes what was begun.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn enrollments_in(
        &self,
        status: &str,
        most: u32,
    ) -> Result<Vec<Enrollment>, ReadError> {
        let query = Statement::new(
            "SELECT enrollment_id, device_id, requester_key, user_key, wallet_key, product_key,
                 account_key, device_key, logged_user_document, business_document, participant_id,
                 permissions, deadline_at, status, final, state, revision, created_at, updated_at
             FROM enrollments WHERE final = 0 AND status = $1
             ORDER BY updated_at, enrollment_id LIMIT $2",
        );
        self.all(query.text(status).int(i64::from(most)), Enrollment::read).await
    }

    /// The enrollments of an approver that are bound to a device of the account, or are to be, and
    /// are not over.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn enrollments_of_device(
        &self,
        approver: &str,
        account_key: &str,
        device_key: &str,
    ) -> Result<Vec<Enrollment>, ReadError> {
        let query = Statement::new(
            "SELECT enrollment_id, device_id, requester_key, user_key, wallet_key, product_key,
                 account_key, device_key, logged_user_document, business_document, participant_id,
                 permissions, deadline_at, status, final, state, revision, created_at, updated_at
             FROM enrollments
             WHERE logged_user_document = $1 AND account_key = $2 AND device_key = $3 AND final = 0
             ORDER BY enrollment_id",
        );
        let query = query.text(approver).text(account_key).text(device_key);
        self.all(query, Enrollment::read).await
    }

    /// A consent, whoever asked for it.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn consent(&self, consent_id: &str) -> Result<Option<Consent>, ReadError> {
        let query = Statement::new(
            "SELECT consent_id, requester_key, account_key, enrollment_id,
                 status, final, state, revision, created_at, updated_at
             FROM consents WHERE consent_id = $1",
        );
        self.first(query.text(consent_id), |row| {
            Ok(Consent {
                consent_id: row.text()?,
                requester_key: row.text()?,
                account_key: row.text_or_null()?,
                enrollment_id: row.text_or_null()?,
                machine: Machine::read(row)?,
            })
        })
        .await
    }
}

impl EnrollmentFilter {
    fn values(&self, statement: Statement) -> Statement {
        // Permissions are a JSON array of words without quotes or wildcards in them.
        let permission = self.permission.as_ref().map(|word| format!("%\"{word}\"%"));
        statement
            .text_or_null(self.user_key.as_deref())
            .text_or_null(self.status.as_deref())
            .text_or_null(permission.as_deref())
            .text_or_null(self.logged_user_document.as_deref())
            .text_or_null(self.business_document.as_deref())
            .text_or_null(self.participant_id.as_deref())
            .time_or_null(self.created_from)
            .time_or_null(self.created_to)
    }
}

impl Machine {
    fn read(row: &mut Row) -> Result<Self, UnexpectedRow> {
        Ok(Self {
            status: row.text()?,
            is_final: row.switch()?,
            state: row.text()?,
            revision: row.int()?,
            created_at: row.time()?,
            updated_at: row.time()?,
        })
    }

    /// The time to judge with: `now`, or the last move where a clock was set back since.
    pub(crate) fn not_before_last_move(&self, now: UnixMillis) -> UnixMillis {
        now.max(self.updated_at)
    }
}

impl Device {
    fn read(row: &mut Row) -> Result<Self, UnexpectedRow> {
        Ok(Self {
            account_key: row.text()?,
            device_key: row.text()?,
            approver_document_number: row.text()?,
            requester_key: row.text()?,
            session_id: row.text()?,
            machine: Machine::read(row)?,
        })
    }
}

impl Transfer {
    fn read(row: &mut Row) -> Result<Self, UnexpectedRow> {
        Ok(Self {
            ted_key: row.text()?,
            account_key: row.text()?,
            request_control_key: row.text()?,
            approver_document_number: row.text_or_null()?,
            requester_key: row.text()?,
            machine: Machine::read(row)?,
        })
    }
}

impl Enrollment {
    fn read(row: &mut Row) -> Result<Self, UnexpectedRow> {
        Ok(Self {
            enrollment_id: row.text()?,
            device_id: row.text_or_null()?,
            requester_key: row.text()?,
            user_key: row.text_or_null()?,
            wallet_key: row.text_or_null()?,
            product_key: row.text_or_null()?,
            account_key: row.text_or_null()?,
            device_key: row.text_or_null()?,
            logged_user_document: row.text()?,
            business_document: row.text_or_null()?,
            participant_id: row.text_or_null()?,
            permissions: row.text()?,
            deadline_at: row.time_or_null()?,
            machine: Machine::read(row)?,
        })
    }
}

/// A machine's state holds documents and contacts, and so do the columns beside it.
macro_rules! prints_its_key {
    ($($record:ident: $key:ident),+) => {
        $(impl core::fmt::Debug for $record {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(
                    f,
                    concat!(stringify!($record), " {} ({}, revision {})"),
                    self.$key, self.machine.status, self.machine.revision
                )
            }
        })+
    };
}
prints_its_key!(Device: device_key, Transfer: ted_key, Enrollment: enrollment_id, Consent: consent_id);
