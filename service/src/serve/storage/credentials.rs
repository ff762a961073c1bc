//! The credentials that were enrolled, and their signature counters.

use device_enrollment::UnixMillis;

use super::row::{Row, Statement, UnexpectedRow};
use super::{Change, ReadError, Rule, Storage};

/// What a credential is bound to, and can speak for.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum CredentialOwner {
    /// A device of an approver on an account.
    Device {
        /// The account.
        account_key: String,
        /// The approver's document number.
        approver_document_number: String,
        /// The device.
        device_key: String,
    },
    /// An enrollment of Open Finance.
    Enrollment {
        /// The enrollment.
        enrollment_id: String,
    },
}

/// An enrolled credential.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credential {
    /// Its id, in unpadded base64url.
    pub(crate) credential_id: String,
    /// What it is bound to.
    pub(crate) owner: CredentialOwner,
    /// The COSE key.
    pub(crate) public_key: Vec<u8>,
    /// The signature counter of its last ceremony.
    pub(crate) sign_count: u32,
    /// What its registration showed, as JSON.
    pub(crate) record: String,
    /// When it was enrolled.
    pub(crate) created_at: UnixMillis,
    /// When it last signed.
    pub(crate) last_used_at: Option<UnixMillis>,
    /// When it was revoked.
    pub(crate) revoked_at: Option<UnixMillis>,
}

/// What an accepted assertion leaves of a credential.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CredentialUse<'a> {
    /// The credential.
    pub(crate) credential_id: &'a str,
    /// The counter that the assertion was judged against.
    pub(crate) from_sign_count: u32,
    /// The counter in the assertion.
    pub(crate) to_sign_count: u32,
    /// When.
    pub(crate) now: UnixMillis,
}

impl Change {
    /// Stores a credential.
    ///
    /// Rule: no two credentials of one id (WebAuthn Level 3 section 7.1: not registered for any
    /// user); what it is bound to is there (foreign key). Race: one response sent twice, or one id
    /// registered for two people, is bound once.
    pub(crate) fn add_credential(credential: &Credential) -> Self {
        let (account_key, approver, device_key, enrollment_id) = match &credential.owner {
            CredentialOwner::Device { account_key, approver_document_number, device_key } => {
                (Some(account_key), Some(approver_document_number), Some(device_key), None)
            }
            CredentialOwner::Enrollment { enrollment_id } => {
                (None, None, None, Some(enrollment_id))
            }
        };
        Self::one(
            Rule::CredentialIdFree,
            "INSERT INTO credentials
                 (credential_id, account_key, approver_document_number, device_key, enrollment_id,
                  public_key, sign_count, record, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT DO NOTHING",
        )
        .text(&credential.credential_id)
        .text_or_null(account_key.map(String::as_str))
        .text_or_null(approver.map(String::as_str))
        .text_or_null(device_key.map(String::as_str))
        .text_or_null(enrollment_id.map(String::as_str))
        .bytes(&credential.public_key)
        .int(i64::from(credential.sign_count))
        .text(&credential.record)
        .time(credential.created_at)
    }

    /// Moves a credential's counter after an accepted assertion.
    ///
    /// Rule: it is live, its counter is the one that was judged, and the new one is higher, or both
    /// are 0. Race: of two assertions judged against one counter one is accepted, so a copied
    /// authenticator cannot hide in a race; a credential that was revoked meanwhile signs nothing.
    pub(crate) fn use_credential(used: &CredentialUse<'_>) -> Self {
        Self::one(
            Rule::CredentialUnmoved,
            "UPDATE credentials SET sign_count = $3, last_used_at = $4
             WHERE credential_id = $1 AND revoked_at IS NULL AND sign_count = $2
                 AND ($3 > sign_count OR ($3 = 0 AND sign_count = 0))",
        )
        .text(used.credential_id)
        .int(i64::from(used.from_sign_count))
        .int(i64::from(used.to_sign_count))
        .time(used.now)
    }

    /// Revokes a credential with what it belongs to, which is being ended in the same unit.
    ///
    /// No condition of its own: the move of what it belongs to is the condition, and a credential
    /// that was revoked before keeps its time and reason.
    pub(crate) fn end_credential(credential_id: &str, because: &str, now: UnixMillis) -> Self {
        Self::any(
            Rule::CredentialsRevoked,
            "UPDATE credentials SET revoked_at = $2, revoked_because = $3
             WHERE credential_id = $1 AND revoked_at IS NULL",
        )
        .text(credential_id)
        .time(now)
        .text(because)
    }

    /// Revokes what is bound to a device, which is being disabled in the same unit.
    ///
    /// No condition of its own: the device's move is the condition.
    pub(crate) fn revoke_credentials_of_device(
        account_key: &str,
        device_key: &str,
        because: &str,
        now: UnixMillis,
    ) -> Self {
        Self::any(
            Rule::CredentialsRevoked,
            "UPDATE credentials SET revoked_at = $3, revoked_because = $4
             WHERE account_key = $1 AND device_key = $2 AND revoked_at IS NULL",
        )
        .text(account_key)
        .text(device_key)
        .time(now)
        .text(because)
    }
}

impl Storage {
    /// A credential, live or revoked.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn credential(
        &self,
        credential_id: &str,
    ) -> Result<Option<Credential>, ReadError> {
        let query = Statement::new(
            "SELECT credential_id, account_key, approver_document_number, device_key, enrollment_id,
                 public_key, sign_count, record, created_at, last_used_at, revoked_at
             FROM credentials WHERE credential_id = $1",
        );
        self.first(query.text(credential_id), Credential::read).await
    }

    /// The live credentials of an approver's device.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn credentials_of_device(
        &self,
        account_key: &str,
        device_key: &str,
    ) -> Result<Vec<Credential>, ReadError> {
        let query = Statement::new(
            "SELECT credential_id, account_key, approver_document_number, device_key, enrollment_id,
                 public_key, sign_count, record, created_at, last_used_at, revoked_at
             FROM credentials
             WHERE account_key = $1 AND device_key = $2 AND revoked_at IS NULL
             ORDER BY created_at, credential_id",
        );
        self.all(query.text(account_key).text(device_key), Credential::read).await
    }

    /// The live credentials of an approver on an account, whichever device holds them.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn credentials_of_approver(
        &self,
        account_key: &str,
        approver_document_number: &str,
    ) -> Result<Vec<Credential>, ReadError> {
        let query = Statement::new(
            "SELECT credential_id, account_key, approver_document_number, device_key, enrollment_id,
                 public_key, sign_count, record, created_at, last_used_at, revoked_at
             FROM credentials
             WHERE account_key = $1 AND approver_document_number = $2 AND revoked_at IS NULL
             ORDER BY created_at, credential_id",
        );
        self.all(query.text(account_key).text(approver_document_number), Credential::read).await
    }
}

impl Credential {
    fn read(row: &mut Row) -> Result<Self, UnexpectedRow> {
        let credential_id = row.text()?;
        let bound = (row.text_or_null()?, row.text_or_null()?, row.text_or_null()?);
        let owner = match (bound, row.text_or_null()?) {
            ((Some(account_key), Some(approver_document_number), Some(device_key)), None) => {
                CredentialOwner::Device { account_key, approver_document_number, device_key }
            }
            ((None, None, None), Some(enrollment_id)) => {
                CredentialOwner::Enrollment { enrollment_id }
            }
            _ => return Err(UnexpectedRow),
        };
        Ok(Self {
            credential_id,
            owner,
            public_key: row.bytes()?,
            sign_count: u32::try_from(row.int()?).map_err(|_| UnexpectedRow)?,
            record: row.text()?,
            created_at: row.time()?,
            last_used_at: row.time_or_null()?,
            revoked_at: row.time_or_null()?,
        })
    }
}

impl core::fmt::Debug for Credential {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Credential(counter {})", self.sign_count)
    }
}
