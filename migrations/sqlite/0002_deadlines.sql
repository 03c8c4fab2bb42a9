-- Addresses at which a calendar program reads deadlines. Of the secret in the address only a hash is kept.
CREATE TABLE calendar_feeds (
    id          BLOB    NOT NULL PRIMARY KEY,
    -- NULL: the deadlines of all incidents.
    incident_id BLOB    REFERENCES incidents (id),
    name        TEXT    NOT NULL,
    hash        TEXT    NOT NULL,
    created_by  TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    revoked_at  INTEGER
) STRICT;

-- Reminders of deadlines: one row for each duty, mark, deadline and recipient, written before anything is sent.
CREATE TABLE reminders (
    id          BLOB    NOT NULL PRIMARY KEY,
    incident_id BLOB    NOT NULL REFERENCES incidents (id),
    obligation  TEXT    NOT NULL,
    mark        TEXT    NOT NULL CHECK (mark IN ('half_time', 'day_before', 'hours_before', 'overdue')),
    deadline_at INTEGER NOT NULL,
    -- Channel and a hash of the address, which itself stands in the configuration only.
    recipient   TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('due', 'sending', 'sent', 'failed', 'skipped', 'dropped')),
    -- Counts up with every claim: the token that a settlement must show.
    tries       INTEGER NOT NULL DEFAULT 0,
    -- While due: not before. While sending: when whoever claimed it counts as dead.
    due_at      INTEGER NOT NULL,
    code        TEXT,
    created_at  INTEGER NOT NULL,
    settled_at  INTEGER,
    UNIQUE (incident_id, obligation, mark, deadline_at, recipient)
) STRICT;
CREATE INDEX reminders_waiting ON reminders (due_at) WHERE state IN ('due', 'sending');
