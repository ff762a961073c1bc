-- Times are milliseconds since 1970 in UTC. Switches are 0 or 1. `state` is a machine as the core
-- writes it; the columns beside it are what it is looked up by.

CREATE TABLE accounts (
    account_key TEXT PRIMARY KEY,
    status TEXT NOT NULL CHECK (status IN ('open', 'blocked', 'closed')),
    kind TEXT NOT NULL CHECK (kind IN ('regular', 'hub')),
    branch TEXT NOT NULL,
    number TEXT NOT NULL,
    digit TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE approvers (
    account_key TEXT NOT NULL REFERENCES accounts (account_key),
    document_number TEXT NOT NULL,
    name TEXT,
    phone TEXT,
    email TEXT,
    since INTEGER NOT NULL,
    PRIMARY KEY (account_key, document_number)
) STRICT;
CREATE INDEX approvers_by_document ON approvers (document_number);

-- A requester without a configuration exists, and may do nothing.
CREATE TABLE requesters (
    requester_key TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    configuration TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE api_keys (
    prefix TEXT PRIMARY KEY,
    secret_hash BLOB NOT NULL,
    requester_key TEXT NOT NULL REFERENCES requesters (requester_key),
    label TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    last_used_at INTEGER
) STRICT;

CREATE TABLE devices (
    account_key TEXT NOT NULL REFERENCES accounts (account_key),
    device_key TEXT NOT NULL,
    approver_document_number TEXT NOT NULL,
    requester_key TEXT NOT NULL,
    session_id TEXT NOT NULL,
    status TEXT NOT NULL,
    final INTEGER NOT NULL CHECK (final IN (0, 1)),
    state TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (account_key, device_key)
) STRICT;
CREATE INDEX devices_by_approver ON devices (approver_document_number, account_key);
CREATE INDEX devices_by_session ON devices (session_id);

CREATE TABLE transfers (
    ted_key TEXT PRIMARY KEY,
    account_key TEXT NOT NULL REFERENCES accounts (account_key),
    request_control_key TEXT NOT NULL,
    approver_document_number TEXT,
    requester_key TEXT NOT NULL,
    status TEXT NOT NULL,
    final INTEGER NOT NULL CHECK (final IN (0, 1)),
    state TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (account_key, request_control_key)
) STRICT;
CREATE INDEX transfers_by_approver ON transfers (approver_document_number);

CREATE TABLE enrollments (
    enrollment_id TEXT PRIMARY KEY,
    device_id TEXT UNIQUE,
    requester_key TEXT NOT NULL,
    user_key TEXT,
    wallet_key TEXT,
    product_key TEXT,
    account_key TEXT,
    device_key TEXT,
    logged_user_document TEXT NOT NULL,
    business_document TEXT,
    participant_id TEXT,
    permissions TEXT NOT NULL,
    status TEXT NOT NULL,
    final INTEGER NOT NULL CHECK (final IN (0, 1)),
    deadline_at INTEGER,
    state TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX enrollments_by_requester ON enrollments (requester_key, created_at);
CREATE INDEX enrollments_by_document ON enrollments (logged_user_document);
CREATE INDEX enrollments_by_deadline ON enrollments (deadline_at) WHERE final = 0;

CREATE TABLE consents (
    consent_id TEXT PRIMARY KEY,
    requester_key TEXT NOT NULL,
    account_key TEXT,
    enrollment_id TEXT REFERENCES enrollments (enrollment_id),
    status TEXT NOT NULL,
    final INTEGER NOT NULL CHECK (final IN (0, 1)),
    state TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX consents_by_enrollment ON consents (enrollment_id);

-- `subject` is the enrollment whose registration was judged, or the consent whose assertion was.
CREATE TABLE verdicts (
    subject TEXT PRIMARY KEY,
    enrollment_id TEXT NOT NULL REFERENCES enrollments (enrollment_id) ON DELETE CASCADE,
    verdict TEXT NOT NULL,
    judged_at INTEGER NOT NULL
) STRICT;
CREATE INDEX verdicts_by_enrollment ON verdicts (enrollment_id);

-- Bound to a device of an approver on an account, or to an enrollment, and to nothing else.
CREATE TABLE credentials (
    credential_id TEXT PRIMARY KEY,
    account_key TEXT,
    approver_document_number TEXT,
    device_key TEXT,
    enrollment_id TEXT REFERENCES enrollments (enrollment_id),
    public_key BLOB NOT NULL,
    sign_count INTEGER NOT NULL CHECK (sign_count >= 0),
    record TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at INTEGER,
    revoked_because TEXT,
    FOREIGN KEY (account_key, device_key) REFERENCES devices (account_key, device_key),
    CHECK (
        (account_key IS NOT NULL AND approver_document_number IS NOT NULL
            AND device_key IS NOT NULL AND enrollment_id IS NULL)
        OR (account_key IS NULL AND approver_document_number IS NULL
            AND device_key IS NULL AND enrollment_id IS NOT NULL)
    )
) STRICT;
CREATE INDEX credentials_by_device ON credentials (account_key, device_key);
CREATE INDEX credentials_by_enrollment ON credentials (enrollment_id);

-- What may be used once in its life: a challenge, the identifier of a signed result.
CREATE TABLE spent (
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    spent_at INTEGER NOT NULL,
    keep_until INTEGER NOT NULL,
    PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX spent_by_age ON spent (keep_until);

CREATE TABLE liveness_nonces (
    nonce TEXT PRIMARY KEY,
    account_key TEXT NOT NULL,
    device_key TEXT NOT NULL,
    state TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    spent_at INTEGER
) STRICT;
CREATE INDEX liveness_nonces_by_device ON liveness_nonces (account_key, device_key, issued_at);
CREATE INDEX liveness_nonces_by_age ON liveness_nonces (expires_at);

CREATE TABLE replay_fingerprints (
    fingerprint TEXT PRIMARY KEY,
    seen_at INTEGER NOT NULL,
    blocked_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX replay_fingerprints_by_age ON replay_fingerprints (blocked_until);

-- `status` is NULL while the request is being worked on by `holder`.
CREATE TABLE idempotency (
    scope TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    holder TEXT NOT NULL,
    held_until INTEGER NOT NULL,
    status INTEGER,
    body TEXT,
    created_at INTEGER NOT NULL,
    keep_until INTEGER NOT NULL,
    PRIMARY KEY (scope, idempotency_key)
) STRICT;
CREATE INDEX idempotency_by_age ON idempotency (keep_until);

CREATE TABLE counters (
    name TEXT NOT NULL,
    subject TEXT NOT NULL,
    window_start INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    used INTEGER NOT NULL,
    keep_until INTEGER NOT NULL,
    PRIMARY KEY (name, subject, window_start, slot)
) STRICT, WITHOUT ROWID;
CREATE INDEX counters_by_age ON counters (keep_until);

-- What leaves the service: notifications (queue `event`) and orders to the bank's core (`rail`).
CREATE TABLE outbox (
    message_id TEXT PRIMARY KEY,
    queue TEXT NOT NULL CHECK (queue IN ('event', 'rail')),
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    available_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    leased_by TEXT,
    leased_until INTEGER,
    delivered_at INTEGER,
    outcome TEXT,
    outcome_at INTEGER,
    settled_at INTEGER
) STRICT;
CREATE INDEX outbox_due ON outbox (queue, available_at) WHERE delivered_at IS NULL;
CREATE INDEX outbox_answered ON outbox (queue, outcome_at)
    WHERE outcome IS NOT NULL AND settled_at IS NULL;

-- The one place where a person's number and the name the audit trail has for them meet. Without
-- the row the trail stays whole and is about nobody.
CREATE TABLE persons (
    document_number TEXT PRIMARY KEY,
    pseudonym TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_key TEXT NOT NULL,
    account_key TEXT,
    person TEXT,
    request_id TEXT,
    detail TEXT NOT NULL,
    keep_until INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_by_subject ON audit (subject_kind, subject_key);
CREATE INDEX audit_by_person ON audit (person);
CREATE INDEX audit_by_age ON audit (keep_until);

CREATE TRIGGER audit_is_not_rewritten BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append only');
END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
WHEN OLD.keep_until > CAST(unixepoch('subsec') * 1000 AS INTEGER)
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is kept until its time is over');
END;

-- The latest time that was decided by. A clock that is set back goes on from here.
CREATE TABLE clock (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    high_water INTEGER NOT NULL
) STRICT;
INSERT INTO clock (id, high_water) VALUES (1, 0);
