-- Times are milliseconds since 1970 in UTC. Switches are 0 or 1. `state` is a machine as the core
-- writes it; the columns beside it are what it is looked up by.

CREATE TABLE accounts (
    account_key TEXT PRIMARY KEY,
    status TEXT NOT NULL CHECK (status IN ('open', 'blocked', 'closed')),
    kind TEXT NOT NULL CHECK (kind IN ('regular', 'hub')),
    branch TEXT NOT NULL,
    number TEXT NOT NULL,
    digit TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE approvers (
    account_key TEXT NOT NULL REFERENCES accounts (account_key),
    document_number TEXT NOT NULL,
    name TEXT,
    phone TEXT,
    email TEXT,
    since BIGINT NOT NULL,
    PRIMARY KEY (account_key, document_number)
);
CREATE INDEX approvers_by_document ON approvers (document_number);

-- A requester without a configuration exists, and may do nothing.
CREATE TABLE requesters (
    requester_key TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    configuration TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE api_keys (
    prefix TEXT PRIMARY KEY,
    secret_hash BYTEA NOT NULL,
    requester_key TEXT NOT NULL REFERENCES requesters (requester_key),
    label TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    last_used_at BIGINT
);

CREATE TABLE devices (
    account_key TEXT NOT NULL REFERENCES accounts (account_key),
    device_key TEXT NOT NULL,
    approver_document_number TEXT NOT NULL,
    requester_key TEXT NOT NULL,
    session_id TEXT NOT NULL,
    status TEXT NOT NULL,
    final BIGINT NOT NULL CHECK (final IN (0, 1)),
    state TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_key, device_key)
);
CREATE INDEX devices_by_approver ON devices (approver_document_number, account_key);
CREATE INDEX devices_by_session ON devices (session_id);

CREATE TABLE transfers (
    ted_key TEXT PRIMARY KEY,
    account_key TEXT NOT NULL REFERENCES accounts (account_key),
    request_control_key TEXT NOT NULL,
    approver_document_number TEXT,
    requester_key TEXT NOT NULL,
    status TEXT NOT NULL,
    final BIGINT NOT NULL CHECK (final IN (0, 1)),
    state TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (account_key, request_control_key)
);
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
    final BIGINT NOT NULL CHECK (final IN (0, 1)),
    deadline_at BIGINT,
    state TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX enrollments_by_requester ON enrollments (requester_key, created_at);
CREATE INDEX enrollments_by_document ON enrollments (logged_user_document);
CREATE INDEX enrollments_by_deadline ON enrollments (deadline_at) WHERE final = 0;

CREATE TABLE consents (
    consent_id TEXT PRIMARY KEY,
    requester_key TEXT NOT NULL,
    account_key TEXT,
    enrollment_id TEXT REFERENCES enrollments (enrollment_id),
    status TEXT NOT NULL,
    final BIGINT NOT NULL CHECK (final IN (0, 1)),
    state TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX consents_by_enrollment ON consents (enrollment_id);

-- `subject` is the enrollment whose registration was judged, or the consent whose assertion was.
CREATE TABLE verdicts (
    subject TEXT PRIMARY KEY,
    enrollment_id TEXT NOT NULL REFERENCES enrollments (enrollment_id) ON DELETE CASCADE,
    verdict TEXT NOT NULL,
    judged_at BIGINT NOT NULL
);
CREATE INDEX verdicts_by_enrollment ON verdicts (enrollment_id);

-- Bound to a device of an approver on an account, or to an enrollment, and to nothing else.
CREATE TABLE credentials (
    credential_id TEXT PRIMARY KEY,
    account_key TEXT,
    approver_document_number TEXT,
    device_key TEXT,
    enrollment_id TEXT REFERENCES enrollments (enrollment_id),
    public_key BYTEA NOT NULL,
    sign_count BIGINT NOT NULL CHECK (sign_count >= 0),
    record TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at BIGINT,
    revoked_because TEXT,
    FOREIGN KEY (account_key, device_key) REFERENCES devices (account_key, device_key),
    CHECK (
        (account_key IS NOT NULL AND approver_document_number IS NOT NULL
            AND device_key IS NOT NULL AND enrollment_id IS NULL)
        OR (account_key IS NULL AND approver_document_number IS NULL
            AND device_key IS NULL AND enrollment_id IS NOT NULL)
    )
);
CREATE INDEX credentials_by_device ON credentials (account_key, device_key);
CREATE INDEX credentials_by_enrollment ON credentials (enrollment_id);

-- What may be used once in its life: a challenge, the identifier of a signed result.
CREATE TABLE spent (
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    spent_at BIGINT NOT NULL,
    keep_until BIGINT NOT NULL,
    PRIMARY KEY (kind, value)
);
CREATE INDEX spent_by_age ON spent (keep_until);

CREATE TABLE liveness_nonces (
    nonce TEXT PRIMARY KEY,
    account_key TEXT NOT NULL,
    device_key TEXT NOT NULL,
    state TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    spent_at BIGINT
);
CREATE INDEX liveness_nonces_by_device ON liveness_nonces (account_key, device_key, issued_at);
CREATE INDEX liveness_nonces_by_age ON liveness_nonces (expires_at);

CREATE TABLE replay_fingerprints (
    fingerprint TEXT PRIMARY KEY,
    seen_at BIGINT NOT NULL,
    blocked_until BIGINT NOT NULL
);
CREATE INDEX replay_fingerprints_by_age ON replay_fingerprints (blocked_until);

-- `status` is NULL while the request is being worked on by `holder`.
CREATE TABLE idempotency (
    scope TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    holder TEXT NOT NULL,
    held_until BIGINT NOT NULL,
    status BIGINT,
    body TEXT,
    created_at BIGINT NOT NULL,
    keep_until BIGINT NOT NULL,
    PRIMARY KEY (scope, idempotency_key)
);
CREATE INDEX idempotency_by_age ON idempotency (keep_until);

CREATE TABLE counters (
    name TEXT NOT NULL,
    subject TEXT NOT NULL,
    window_start BIGINT NOT NULL,
    slot BIGINT NOT NULL,
    used BIGINT NOT NULL,
    keep_until BIGINT NOT NULL,
    PRIMARY KEY (name, subject, window_start, slot)
);
CREATE INDEX counters_by_age ON counters (keep_until);

-- What leaves the service: notifications (queue `event`) and orders to the bank's core (`rail`).
CREATE TABLE outbox (
    message_id TEXT PRIMARY KEY,
    queue TEXT NOT NULL CHECK (queue IN ('event', 'rail')),
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    available_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    leased_by TEXT,
    leased_until BIGINT,
    delivered_at BIGINT,
    outcome TEXT,
    outcome_at BIGINT,
    settled_at BIGINT
);
CREATE INDEX outbox_due ON outbox (queue, available_at) WHERE delivered_at IS NULL;
CREATE INDEX outbox_answered ON outbox (queue, outcome_at)
    WHERE outcome IS NOT NULL AND settled_at IS NULL;

-- The one place where a person's number and the name the audit trail has for them meet. Without
-- the row the trail stays whole and is about nobody.
CREATE TABLE persons (
    document_number TEXT PRIMARY KEY,
    pseudonym TEXT NOT NULL UNIQUE
);

CREATE TABLE audit (
    sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_key TEXT NOT NULL,
    account_key TEXT,
    person TEXT,
    request_id TEXT,
    detail TEXT NOT NULL,
    keep_until BIGINT NOT NULL
);
CREATE INDEX audit_by_subject ON audit (subject_kind, subject_key);
CREATE INDEX audit_by_person ON audit (person);
CREATE INDEX audit_by_age ON audit (keep_until);

CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
        AND OLD.keep_until <= (extract(epoch FROM clock_timestamp()) * 1000)::bigint THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit trail is append only, and kept until its time is over';
END;
$$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE FUNCTION audit_is_not_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append only';
END;
$$;
CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_not_emptied();

-- The latest time that was decided by. A clock that is set back goes on from here.
CREATE TABLE clock (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    high_water BIGINT NOT NULL
);
INSERT INTO clock (id, high_water) VALUES (1, 0);
