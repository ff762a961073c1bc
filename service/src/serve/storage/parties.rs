//! Who takes part: accounts, their approvers, requesters, and the keys that requesters call with.

use device_enrollment::UnixMillis;

use super::row::{Row, Statement, UnexpectedRow};
use super::{Change, ReadError, Rule, Storage};

/// An account of the bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// Its UUID, in lower case.
    pub(crate) account_key: String,
    /// Whether it can be used.
    pub(crate) status: AccountStatus,
    /// What it is for.
    pub(crate) kind: AccountKind,
    /// Branch, in digits.
    pub(crate) branch: String,
    /// Number without its check digit.
    pub(crate) number: String,
    /// The check digit.
    pub(crate) digit: String,
}

/// Whether an account can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AccountStatus {
    /// It can.
    Open,
    /// It is blocked.
    Blocked,
    /// It is closed.
    Closed,
}

/// What an account is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AccountKind {
    /// A customer's account.
    Regular,
    /// An account that money only passes through: it has no devices.
    Hub,
}

/// Who may approve movements of an account. Personal data: it does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Approver {
    /// The account.
    pub(crate) account_key: String,
    /// The 11 digits of the CPF.
    pub(crate) document_number: String,
    /// The name.
    pub(crate) name: Option<String>,
    /// Where codes go by SMS, in E.164.
    pub(crate) phone: Option<String>,
    /// Where codes go by e-mail.
    pub(crate) email: Option<String>,
    /// Since when.
    pub(crate) since: UnixMillis,
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Requester {
    /// Its key.
    pub(crate) requester_key: String,
    /// A name for the operator.
    pub(crate) name: String,
    /// What it may do, as JSON; without it, nothing.
    pub(crate) configuration: Option<String>,
}

/// A key that a requester calls with. The secret itself is nowhere.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ApiKey {
    /// The part that is shown, and looked up by.
    pub(crate) prefix: String,
    /// SHA-256 of the whole key. A key has 256 random bits, so that a slow hash would only slow us.
    pub(crate) secret_hash: Vec<u8>,
    /// Whose it is.
    pub(crate) requester_key: String,
    /// What the operator calls it.
    pub(crate) label: String,
    /// When it was made.
    pub(crate) created_at: UnixMillis,
    /// When it ends.
    pub(crate) expires_at: Option<UnixMillis>,
    /// When it was revoked.
    pub(crate) revoked_at: Option<UnixMillis>,
    /// When it was last used, to the minute.
    pub(crate) last_used_at: Option<UnixMillis>,
}

/// An API key to store.
pub(crate) struct NewApiKey<'a> {
    /// The part that is shown.
    pub(crate) prefix: &'a str,
    /// SHA-256 of the whole key.
    pub(crate) secret_hash: &'a [u8],
    /// Whose it is.
    pub(crate) requester_key: &'a str,
    /// What the operator calls it.
    pub(crate) label: &'a str,
    /// When it ends.
    pub(crate) expires_at: Option<UnixMillis>,
}

impl Change {
    /// Imports an account: adds it, or takes what it says now.
    ///
    /// Rule: the bank's word counts, the last one. No race: nothing is decided by what was there.
    pub(crate) fn put_account(account: &Account, now: UnixMillis) -> Self {
        Self::one(
            Rule::Configured,
            "INSERT INTO accounts
                 (account_key, status, kind, branch, number, digit, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
             ON CONFLICT (account_key) DO UPDATE
             SET status = excluded.status, kind = excluded.kind, branch = excluded.branch,
                 number = excluded.number, digit = excluded.digit,
                 updated_at = excluded.updated_at",
        )
        .text(&account.account_key)
        .text(account.status.word())
        .text(account.kind.word())
        .text(&account.branch)
        .text(&account.number)
        .text(&account.digit)
        .time(now)
    }

    /// Imports an approver: adds them, or takes what is said of them now. When they became one is
    /// not overwritten.
    ///
    /// Rule: the account is there (foreign key), so that a mistyped account does not get a silent
    /// approver. No race: the bank's last word counts.
    pub(crate) fn put_approver(approver: &Approver) -> Self {
        Self::one(
            Rule::Configured,
            "INSERT INTO approvers (account_key, document_number, name, phone, email, since)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (account_key, document_number) DO UPDATE
             SET name = excluded.name, phone = excluded.phone, email = excluded.email",
        )
        .text(&approver.account_key)
        .text(&approver.document_number)
        .text_or_null(approver.name.as_deref())
        .text_or_null(approver.phone.as_deref())
        .text_or_null(approver.email.as_deref())
        .time(approver.since)
    }

    /// Takes an approver away from an account.
    ///
    /// Rule: there is one. Race: of two removals one answers, so that the trail has it once.
    pub(crate) fn remove_approver(account_key: &str, document_number: &str) -> Self {
        Self::one(
            Rule::Configured,
            "DELETE FROM approvers WHERE account_key = $1 AND document_number = $2",
        )
        .text(account_key)
        .text(document_number)
    }

    /// Imports a requester with its configuration.
    ///
    /// Rule: the operator's last word counts.
    pub(crate) fn put_requester(requester: &Requester, now: UnixMillis) -> Self {
        Self::one(
            Rule::Configured,
            "INSERT INTO requesters (requester_key, name, configuration, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $4)
             ON CONFLICT (requester_key) DO UPDATE
             SET name = excluded.name, configuration = excluded.configuration,
                 updated_at = excluded.updated_at",
        )
        .text(&requester.requester_key)
        .text(&requester.name)
        .text_or_null(requester.configuration.as_deref())
        .time(now)
    }

    /// Stores an API key's hash.
    ///
    /// Rule: its prefix is new and its requester is there. Race: two keys of one prefix (which
    /// randomness makes absurd) would make the second unusable; it is refused instead.
    pub(crate) fn add_api_key(key: &NewApiKey<'_>, now: UnixMillis) -> Self {
        Self::one(
            Rule::ApiKeyPrefixFree,
            "INSERT INTO api_keys
                 (prefix, secret_hash, requester_key, label, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT DO NOTHING",
        )
        .text(key.prefix)
        .bytes(key.secret_hash)
        .text(key.requester_key)
        .text(key.label)
        .time(now)
        .time_or_null(key.expires_at)
    }

    /// Revokes an API key, for good.
    ///
    /// Rule: it is live. Race: of two revocations the first one's time stays.
    pub(crate) fn revoke_api_key(prefix: &str, now: UnixMillis) -> Self {
        Self::one(
            Rule::ApiKeyLive,
            "UPDATE api_keys SET revoked_at = $2 WHERE prefix = $1 AND revoked_at IS NULL",
        )
        .text(prefix)
        .time(now)
    }

    /// Records that an API key was used, once a minute at most: a row that every request writes
    /// would put all requests of a client in one line.
    ///
    /// Rule: the time rises. No condition to lose: it is a note.
    pub(crate) fn api_key_used(prefix: &str, now: UnixMillis) -> Self {
        Self::any(
            Rule::Configured,
            "UPDATE api_keys SET last_used_at = $2
             WHERE prefix = $1 AND (last_used_at IS NULL OR last_used_at < $3)",
        )
        .text(prefix)
        .time(now)
        .time(now.plus_millis(-60_000))
    }
}

impl Storage {
    /// An account.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn account(&self, account_key: &str) -> Result<Option<Account>, ReadError> {
        let query = Statement::new(
            "SELECT account_key, status, kind, branch, number, digit
             FROM accounts WHERE account_key = $1",
        );
        self.first(query.text(account_key), Account::read).await
    }

    /// An approver of an account.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn approver(
        &self,
        account_key: &str,
        document_number: &str,
    ) -> Result<Option<Approver>, ReadError> {
        let query = Statement::new(
            "SELECT account_key, document_number, name, phone, email, since
             FROM approvers WHERE account_key = $1 AND document_number = $2",
        );
        self.first(query.text(account_key).text(document_number), Approver::read).await
    }

    /// All approvers of an account, by document number.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn approvers(&self, account_key: &str) -> Result<Vec<Approver>, ReadError> {
        let query = Statement::new(
            "SELECT account_key, document_number, name, phone, email, since
             FROM approvers WHERE account_key = $1 ORDER BY document_number",
        );
        self.all(query.text(account_key), Approver::read).await
    }

    /// The accounts that a person approves for.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn accounts_of(
        &self,
        document_number: &str,
    ) -> Result<Vec<Account>, ReadError> {
        let query = Statement::new(
            "SELECT account_key, status, kind, branch, number, digit
             FROM accounts WHERE account_key IN
                 (SELECT account_key FROM approvers WHERE document_number = $1)
             ORDER BY account_key",
        );
        self.all(query.text(document_number), Account::read).await
    }

    /// A requester.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn requester(
        &self,
        requester_key: &str,
    ) -> Result<Option<Requester>, ReadError> {
        let query = Statement::new(
            "SELECT requester_key, name, configuration FROM requesters WHERE requester_key = $1",
        );
        self.first(query.text(requester_key), |row| {
            Ok(Requester {
                requester_key: row.text()?,
                name: row.text()?,
                configuration: row.text_or_null()?,
            })
        })
        .await
    }

    /// An API key by its prefix, whether it is live or not.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn api_key(&self, prefix: &str) -> Result<Option<ApiKey>, ReadError> {
        let query = Statement::new(
            "SELECT prefix, secret_hash, requester_key, label, created_at, expires_at, revoked_at,
                 last_used_at
             FROM api_keys WHERE prefix = $1",
        );
        self.first(query.text(prefix), ApiKey::read).await
    }

    /// An API key by its prefix, with what its requester may do: whoever calls is known by one query.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn api_key_of_requester(
        &self,
        prefix: &str,
    ) -> Result<Option<(ApiKey, Option<String>)>, ReadError> {
        let query = Statement::new(
            "SELECT prefix, secret_hash, api_keys.requester_key, label, api_keys.created_at,
                 expires_at, revoked_at, last_used_at, configuration
             FROM api_keys JOIN requesters ON requesters.requester_key = api_keys.requester_key
             WHERE prefix = $1",
        );
        self.first(query.text(prefix), |row| Ok((ApiKey::read(row)?, row.text_or_null()?))).await
    }

    /// All API keys, the oldest first.
    ///
    /// # Errors
    ///
    /// A [`ReadError`].
    pub(crate) async fn api_keys(&self) -> Result<Vec<ApiKey>, ReadError> {
        let query = Statement::new(
            "SELECT prefix, secret_hash, requester_key, label, created_at, expires_at, revoked_at,
                 last_used_at
             FROM api_keys ORDER BY created_at, prefix",
        );
        self.all(query, ApiKey::read).await
    }
}

impl Account {
    fn read(row: &mut Row) -> Result<Self, UnexpectedRow> {
        Ok(Self {
            account_key: row.text()?,
            status: AccountStatus::from_word(&row.text()?).ok_or(UnexpectedRow)?,
            kind: AccountKind::from_word(&row.text()?).ok_or(UnexpectedRow)?,
            branch: row.text()?,
            number: row.text()?,
            digit: row.text()?,
        })
    }
}

impl AccountStatus {
    const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Blocked => "blocked",
            Self::Closed => "closed",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Open, Self::Blocked, Self::Closed].into_iter().find(|status| status.word() == word)
    }
}

impl AccountKind {
    const fn word(self) -> &'static str {
        match self {
            Self::Regular => "regular",
            Self::Hub => "hub",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Regular, Self::Hub].into_iter().find(|kind| kind.word() == word)
    }
}

impl Approver {
    fn read(row: &mut Row) -> Result<Self, UnexpectedRow> {
        Ok(Self {
            account_key: row.text()?,
            document_number: row.text()?,
            name: row.text_or_null()?,
            phone: row.text_or_null()?,
            email: row.text_or_null()?,
            since: row.time()?,
        })
    }
}

impl core::fmt::Debug for Approver {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Approver of {}", self.account_key)
    }
}

impl ApiKey {
    fn read(row: &mut Row) -> Result<Self, UnexpectedRow> {
        Ok(Self {
            prefix: row.text()?,
            secret_hash: row.bytes()?,
            requester_key: row.text()?,
            label: row.text()?,
            created_at: row.time()?,
            expires_at: row.time_or_null()?,
            revoked_at: row.time_or_null()?,
            last_used_at: row.time_or_null()?,
        })
    }

    /// Whether it opens anything at `now`.
    pub(crate) fn is_live(&self, now: UnixMillis) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| !now.has_reached(end))
    }
}

impl core::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "ApiKey({})", self.prefix)
    }
}
