-- Times are UTC milliseconds from the caller's clock. Identifiers are 16-byte UUIDs (version 7). A `sealed` column holds
-- nonce and ciphertext under the incident's key, bound to table, row and column. Names, contact points and fields of
-- people exist in such columns only.

CREATE TABLE incidents (
    id         BLOB    NOT NULL PRIMARY KEY,
    state      TEXT    NOT NULL CHECK (state IN ('draft', 'open', 'closed', 'discarded')),
    facts      TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    people     INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

-- One key per incident, wrapped by the master key; NULL once destroyed, which erases the incident's people everywhere.
CREATE TABLE incident_keys (
    incident_id  BLOB    NOT NULL PRIMARY KEY REFERENCES incidents (id),
    master_key   TEXT    NOT NULL,
    wrapped      BLOB,
    created_at   INTEGER NOT NULL,
    destroyed_at INTEGER
) STRICT;

-- Which alert opened which incident: the same alert always finds the same one.
CREATE TABLE alerts (
    source      TEXT    NOT NULL,
    alert_key   TEXT    NOT NULL,
    incident_id BLOB    NOT NULL REFERENCES incidents (id),
    first_at    INTEGER NOT NULL,
    last_at     INTEGER NOT NULL,
    times       INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (source, alert_key)
) STRICT;

CREATE TABLE people (
    id           BLOB    NOT NULL PRIMARY KEY,
    -- Without a foreign key, which would be looked up for each of millions of rows: an import locks its incident's row.
    incident_id  BLOB    NOT NULL,
    -- HMAC of the organisation's reference under a key derived from the incident's: finds a person without storing the reference.
    -- 16 bytes; the key makes them differ between incidents, so that the index needs no incident.
    ref_index    BLOB    NOT NULL,
    -- HMAC of the record, 32 bytes: says that a row changes nothing, without opening it.
    content_hash BLOB    NOT NULL,
    sealed       BLOB    NOT NULL,
    -- One digit per channel: how many contact points.
    reach        TEXT    NOT NULL,
    jurisdiction TEXT,
    locale       TEXT,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX people_by_ref ON people (ref_index);
CREATE INDEX people_by_incident ON people (incident_id, id);

-- How many people share jurisdiction and locale, kept as they are imported; empty text where it is not known.
CREATE TABLE people_groups (
    incident_id     BLOB    NOT NULL REFERENCES incidents (id),
    jurisdiction    TEXT    NOT NULL,
    locale          TEXT    NOT NULL,
    people          INTEGER NOT NULL CHECK (people >= 0),
    -- Of them, those without any contact point.
    without_contact INTEGER NOT NULL CHECK (without_contact >= 0),
    PRIMARY KEY (incident_id, jurisdiction, locale)
) STRICT, WITHOUT ROWID;

CREATE TABLE notices (
    id          BLOB    NOT NULL PRIMARY KEY,
    incident_id BLOB    NOT NULL REFERENCES incidents (id),
    version     INTEGER NOT NULL,
    content     TEXT    NOT NULL,
    facts       TEXT    NOT NULL,
    hash        TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    UNIQUE (incident_id, version)
) STRICT;

CREATE TABLE campaigns (
    id              BLOB    NOT NULL PRIMARY KEY,
    incident_id     BLOB    NOT NULL REFERENCES incidents (id),
    notice_id       BLOB    NOT NULL REFERENCES notices (id),
    notice_hash     TEXT    NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('proposed', 'approved', 'running', 'paused', 'completed', 'cancelled')),
    sealed          INTEGER NOT NULL,
    population_hash TEXT    NOT NULL,
    pending         INTEGER NOT NULL DEFAULT 0 CHECK (pending >= 0),
    in_flight       INTEGER NOT NULL DEFAULT 0 CHECK (in_flight >= 0),
    reached         INTEGER NOT NULL DEFAULT 0 CHECK (reached >= 0),
    unknown         INTEGER NOT NULL DEFAULT 0 CHECK (unknown >= 0),
    unreachable     INTEGER NOT NULL DEFAULT 0 CHECK (unreachable >= 0),
    announced       INTEGER NOT NULL DEFAULT 0 CHECK (announced >= 0),
    suppressed      INTEGER NOT NULL DEFAULT 0 CHECK (suppressed >= 0),
    repeated        INTEGER NOT NULL DEFAULT 0,
    -- Urgent ones are told before the others.
    priority        TEXT    NOT NULL DEFAULT 'normal' CHECK (priority IN ('urgent', 'normal')),
    author          TEXT    NOT NULL,
    approver        TEXT,
    created_at      INTEGER NOT NULL,
    started_at      INTEGER,
    completed_at    INTEGER,
    CHECK (pending + in_flight + reached + unknown + unreachable + announced + suppressed = sealed)
) STRICT;
CREATE INDEX campaigns_by_incident ON campaigns (incident_id, id);
CREATE INDEX campaigns_running ON campaigns (state) WHERE state IN ('running', 'paused');

-- Where each person of a sealed campaign stands: one row, one state. While a person is in flight, the row is the intent:
-- which attempt, by which worker, through which provider, since when. What comes of it becomes a row of `attempts`.
CREATE TABLE campaign_people (
    campaign_id BLOB    NOT NULL REFERENCES campaigns (id),
    person_id   BLOB    NOT NULL REFERENCES people (id),
    state       TEXT    NOT NULL CHECK (state IN ('pending', 'in_flight', 'reached', 'unknown', 'unreachable', 'announced', 'suppressed')),
    -- Two characters a step, see domain::cascade.
    cascade     TEXT    NOT NULL,
    place       INTEGER NOT NULL DEFAULT 0,
    -- Settled tries of the step at `place`.
    tries       INTEGER NOT NULL DEFAULT 0,
    -- Channel of the step at `place`, while pending or in flight.
    channel     TEXT,
    due_at      INTEGER NOT NULL,
    -- Whether the next attempt, or the one in flight, repeats one that may have gone out.
    repeats     INTEGER NOT NULL DEFAULT 0,
    -- Number of settled attempts.
    attempts    INTEGER NOT NULL DEFAULT 0,
    -- Whether `due_at` is a slot that the rate of the destination's domain has given.
    slot        INTEGER NOT NULL DEFAULT 0,
    -- The attempt in flight or the last one: the token a settlement must show.
    attempt_id  BLOB,
    worker_id   BLOB,
    provider    TEXT,
    intended_at INTEGER,
    reason      TEXT,
    PRIMARY KEY (campaign_id, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX campaign_people_due ON campaign_people (campaign_id, channel, due_at, person_id) WHERE state = 'pending';
-- Few at any time: finds an attempt in flight for a receipt, and what a dead worker left.
CREATE INDEX campaign_people_in_flight ON campaign_people (attempt_id) WHERE state = 'in_flight';
-- Finds and counts them, by reason too, without reading the others.
CREATE INDEX campaign_people_unreachable ON campaign_people (campaign_id, state, reason)
    WHERE state IN ('unreachable', 'announced');

-- What came of an attempt. One that is in flight is a row of `campaign_people` only.
CREATE TABLE attempts (
    id          BLOB    NOT NULL PRIMARY KEY,
    campaign_id BLOB    NOT NULL,
    person_id   BLOB    NOT NULL,
    channel     TEXT    NOT NULL,
    provider    TEXT    NOT NULL,
    place       INTEGER NOT NULL,
    tries       INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    repeats     INTEGER NOT NULL,
    intended_at INTEGER NOT NULL,
    outcome     TEXT    NOT NULL,
    settled_at  INTEGER NOT NULL,
    code        TEXT,
    reference   TEXT,
    receipt     TEXT,
    receipt_at  INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX attempts_by_campaign ON attempts (campaign_id, id);

-- Numbers of attempts per outcome, kept as the work goes.
CREATE TABLE tallies (
    campaign_id BLOB    NOT NULL,
    channel     TEXT    NOT NULL,
    provider    TEXT    NOT NULL,
    outcome     TEXT    NOT NULL,
    attempts    INTEGER NOT NULL,
    PRIMARY KEY (campaign_id, channel, provider, outcome)
) STRICT, WITHOUT ROWID;

-- Where the people of each jurisdiction stand, kept as the work goes; empty text where it is not known. Whoever is in none of
-- the last five is pending or in flight.
CREATE TABLE campaign_jurisdictions (
    campaign_id  BLOB    NOT NULL REFERENCES campaigns (id),
    jurisdiction TEXT    NOT NULL,
    sealed       INTEGER NOT NULL,
    reached      INTEGER NOT NULL CHECK (reached >= 0),
    unknown      INTEGER NOT NULL CHECK (unknown >= 0),
    unreachable  INTEGER NOT NULL CHECK (unreachable >= 0),
    announced    INTEGER NOT NULL CHECK (announced >= 0),
    suppressed   INTEGER NOT NULL CHECK (suppressed >= 0),
    PRIMARY KEY (campaign_id, jurisdiction)
) STRICT, WITHOUT ROWID;

-- Rates, which hold for all workers together: those that people set, and the buckets of those that the configuration gives.
-- `tokens` are left to give out since `filled_at`; for a domain, `filled_at` is its next free slot.
CREATE TABLE limits (
    kind        TEXT    NOT NULL CHECK (kind IN ('provider', 'domain', 'campaign')),
    name        TEXT    NOT NULL,
    -- NULL: nobody has set one, the configuration's holds.
    per_second  REAL CHECK (per_second >= 0),
    tokens      REAL NOT NULL,
    filled_at   INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

-- Engine processes. The lease is the worker's; a row that is gone has been reaped or has retired.
CREATE TABLE workers (
    id         BLOB    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    started_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE receipts (
    provider    TEXT    NOT NULL,
    receipt_key TEXT    NOT NULL,
    attempt_id  BLOB    NOT NULL,
    outcome     TEXT,
    code        TEXT,
    received_at INTEGER NOT NULL,
    effect      TEXT    NOT NULL,
    PRIMARY KEY (provider, receipt_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE announcements (
    id               BLOB    NOT NULL PRIMARY KEY,
    incident_id      BLOB    NOT NULL REFERENCES incidents (id),
    slug             TEXT    NOT NULL UNIQUE,
    state            TEXT    NOT NULL CHECK (state IN ('draft', 'published', 'withdrawn')),
    default_locale   TEXT    NOT NULL,
    texts            TEXT    NOT NULL,
    covers           INTEGER NOT NULL,
    reasons          TEXT    NOT NULL,
    author           TEXT    NOT NULL,
    publisher        TEXT,
    created_at       INTEGER NOT NULL,
    published_at     INTEGER,
    withdrawn_at     INTEGER,
    withdrawn_reason TEXT,
    updated_at       INTEGER NOT NULL
) STRICT;
CREATE INDEX announcements_by_incident ON announcements (incident_id, id);

CREATE TABLE reports (
    id                   BLOB    NOT NULL PRIMARY KEY,
    incident_id          BLOB    NOT NULL REFERENCES incidents (id),
    jurisdiction         TEXT    NOT NULL,
    obligation           TEXT    NOT NULL,
    kind                 TEXT    NOT NULL CHECK (kind IN ('initial', 'supplementary', 'final')),
    document             TEXT    NOT NULL,
    late_reason          TEXT,
    token                TEXT    NOT NULL UNIQUE,
    created_at           INTEGER NOT NULL,
    submitted_at         INTEGER,
    submitted_by         TEXT,
    submission_reference TEXT
) STRICT;
CREATE INDEX reports_by_incident ON reports (incident_id, id);

-- Heads of the audit chains; `chain` is the incident's identifier or 16 zero bytes for the installation's own.
CREATE TABLE audit_heads (
    chain BLOB    NOT NULL PRIMARY KEY,
    seq   INTEGER NOT NULL,
    hash  TEXT    NOT NULL
) STRICT;

CREATE TABLE audit (
    chain    BLOB    NOT NULL,
    seq      INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    actor    TEXT    NOT NULL,
    action   TEXT    NOT NULL,
    detail   TEXT    NOT NULL,
    previous TEXT    NOT NULL,
    hash     TEXT    NOT NULL,
    PRIMARY KEY (chain, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
    id         BLOB    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    role       TEXT    NOT NULL CHECK (role IN ('hook', 'responder', 'approver', 'auditor', 'admin')),
    hash       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;

-- Answers to requests with an Idempotency-Key. The answer is sealed under the key of the incident it belongs to, and so is
-- erased with it, or under the installation's where there is none.
CREATE TABLE idempotency (
    key_id       BLOB    NOT NULL,
    idem_key     TEXT    NOT NULL,
    request_hash TEXT    NOT NULL,
    incident_id  BLOB,
    claimed_at   INTEGER NOT NULL,
    answer       BLOB,
    PRIMARY KEY (key_id, idem_key)
) STRICT, WITHOUT ROWID;
