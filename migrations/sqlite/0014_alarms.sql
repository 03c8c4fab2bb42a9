-- What stops the telling of people and only people can mend: a provider whose account fails, a campaign that has paused by itself.
CREATE TABLE alarms (
    id        BLOB    NOT NULL PRIMARY KEY,
    cause     TEXT    NOT NULL CHECK (cause IN ('account_failure', 'campaign_paused')),
    -- The provider's name, or the campaign's identifier.
    subject   TEXT    NOT NULL,
    code      TEXT,
    raised_at INTEGER NOT NULL,
    seen_at   INTEGER NOT NULL,
    ended_at  INTEGER
) STRICT;
-- However many workers find it, it is one.
CREATE UNIQUE INDEX alarms_open ON alarms (cause, subject) WHERE ended_at IS NULL;

-- What responders are told of alarms: one row for each alarm, tidings and recipient, written before anything is sent.
CREATE TABLE alarm_calls (
    id         BLOB    NOT NULL PRIMARY KEY,
    alarm_id   BLOB    NOT NULL REFERENCES alarms (id),
    tidings    TEXT    NOT NULL CHECK (tidings IN ('raised', 'ended')),
    -- Channel and a hash of the address, which itself stands in the configuration only.
    recipient  TEXT    NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('due', 'sending', 'sent', 'failed', 'dropped')),
    -- Counts up with every claim: the token that a settlement must show.
    tries      INTEGER NOT NULL DEFAULT 0,
    -- While due: not before. While sending: when whoever claimed it counts as dead.
    due_at     INTEGER NOT NULL,
    code       TEXT,
    created_at INTEGER NOT NULL,
    settled_at INTEGER,
    UNIQUE (alarm_id, tidings, recipient)
) STRICT;
CREATE INDEX alarm_calls_waiting ON alarm_calls (due_at) WHERE state IN ('due', 'sending');
