-- Times are UTC milliseconds from the caller's clock. Identifiers are UUIDs (version 7). A `sealed` column holds
-- nonce and ciphertext under the incident's key, bound to table, row and column. Names, contact points and fields of
-- people exist in such columns only.

CREATE TABLE incidents (
    id         UUID     NOT NULL PRIMARY KEY,
    state      TEXT    NOT NULL CHECK (state IN ('draft', 'open', 'closed', 'discarded')),
    facts      TEXT    NOT NULL,
    version    BIGINT NOT NULL,
    people     BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- One key per incident, wrapped by the master key; NULL once destroyed, which erases the incident's people everywhere.
CREATE TABLE incident_keys (
    incident_id  UUID     NOT NULL PRIMARY KEY REFERENCES incidents (id),
    master_key   TEXT    NOT NULL,
    wrapped      BYTEA,
    created_at   BIGINT NOT NULL,
    destroyed_at BIGINT
);

-- Which alert opened which incident: the same alert always finds the same one.
CREATE TABLE alerts (
    source      TEXT    NOT NULL,
    alert_key   TEXT    NOT NULL,
    incident_id UUID     NOT NULL REFERENCES incidents (id),
    first_at    BIGINT NOT NULL,
    last_at     BIGINT NOT NULL,
    times       BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (source, alert_key)
);

CREATE TABLE people (
    id           UUID     NOT NULL PRIMARY KEY,
    -- Without a foreign key, which would be looked up for each of millions of rows: an import locks its incident's row.
    incident_id  UUID    NOT NULL,
    -- HMAC of the organisation's reference under a key derived from the incident's: finds a person without storing the reference.
    -- 16 bytes; the key makes them differ between incidents, so that the index needs no incident.
    ref_index    BYTEA    NOT NULL,
    -- HMAC of the record, 32 bytes: says that a row changes nothing, without opening it.
    content_hash BYTEA    NOT NULL,
    sealed       BYTEA    NOT NULL,
    -- One digit per channel: how many contact points.
    reach        TEXT    NOT NULL,
    jurisdiction TEXT,
    locale       TEXT,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL
);
CREATE UNIQUE INDEX people_by_ref ON people (ref_index);
CREATE INDEX people_by_incident ON people (incident_id, id);

-- How many people share jurisdiction and locale, kept as they are imported; empty text where it is not known.
CREATE TABLE people_groups (
    incident_id     UUID    NOT NULL REFERENCES incidents (id),
    jurisdiction    TEXT    NOT NULL,
    locale          TEXT    NOT NULL,
    people          BIGINT  NOT NULL CHECK (people >= 0),
    -- Of them, those without any contact point.
    without_contact BIGINT  NOT NULL CHECK (without_contact >= 0),
    PRIMARY KEY (incident_id, jurisdiction, locale)
);

CREATE TABLE notices (
    id          UUID     NOT NULL PRIMARY KEY,
    incident_id UUID     NOT NULL REFERENCES incidents (id),
    version     BIGINT NOT NULL,
    content     TEXT    NOT NULL,
    facts       TEXT    NOT NULL,
    hash        TEXT    NOT NULL,
    created_at  BIGINT NOT NULL,
    UNIQUE (incident_id, version)
);

CREATE TABLE campaigns (
    id              UUID     NOT NULL PRIMARY KEY,
    incident_id     UUID     NOT NULL REFERENCES incidents (id),
    notice_id       UUID     NOT NULL REFERENCES notices (id),
    notice_hash     TEXT    NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('proposed', 'approved', 'running', 'paused', 'completed', 'cancelled')),
    sealed          BIGINT NOT NULL,
    population_hash TEXT    NOT NULL,
    pending         BIGINT NOT NULL DEFAULT 0 CHECK (pending >= 0),
    in_flight       BIGINT NOT NULL DEFAULT 0 CHECK (in_flight >= 0),
    reached         BIGINT NOT NULL DEFAULT 0 CHECK (reached >= 0),
    unknown         BIGINT NOT NULL DEFAULT 0 CHECK (unknown >= 0),
    unreachable     BIGINT NOT NULL DEFAULT 0 CHECK (unreachable >= 0),
    announced       BIGINT NOT NULL DEFAULT 0 CHECK (announced >= 0),
    suppressed      BIGINT NOT NULL DEFAULT 0 CHECK (suppressed >= 0),
    repeated        BIGINT NOT NULL DEFAULT 0,
    -- Urgent ones are told before the others.
    priority        TEXT    NOT NULL DEFAULT 'normal' CHECK (priority IN ('urgent', 'normal')),
    author          TEXT    NOT NULL,
    approver        TEXT,
    created_at      BIGINT NOT NULL,
    started_at      BIGINT,
    completed_at    BIGINT,
    CHECK (pending + in_flight + reached + unknown + unreachable + announced + suppressed = sealed)
);
CREATE INDEX campaigns_by_incident ON campaigns (incident_id, id);
CREATE INDEX campaigns_running ON campaigns (state) WHERE state IN ('running', 'paused');

-- Where each person of a sealed campaign stands: one row, one state. While a person is in flight, the row is the intent:
-- which attempt, by which worker, through which provider, since when. What comes of it becomes a row of `attempts`.
CREATE TABLE campaign_people (
    campaign_id UUID    NOT NULL REFERENCES campaigns (id),
    person_id   UUID    NOT NULL REFERENCES people (id),
    state       TEXT    NOT NULL CHECK (state IN ('pending', 'in_flight', 'reached', 'unknown', 'unreachable', 'announced', 'suppressed')),
    -- Two characters a step, see domain::cascade.
    cascade     TEXT    NOT NULL,
    place       BIGINT NOT NULL DEFAULT 0,
    -- Settled tries of the step at `place`.
    tries       BIGINT NOT NULL DEFAULT 0,
    -- Channel of the step at `place`, while pending or in flight.
    channel     TEXT,
    due_at      BIGINT NOT NULL,
    -- Whether the next attempt, or the one in flight, repeats one that may have gone out.
    repeats     BIGINT NOT NULL DEFAULT 0,
    -- Number of settled attempts.
    attempts    BIGINT NOT NULL DEFAULT 0,
    -- Whether `due_at` is a slot that the rate of the destination's domain has given.
    slot        BIGINT NOT NULL DEFAULT 0,
    -- The attempt in flight or the last one: the token a settlement must show.
    attempt_id  UUID,
    worker_id   UUID,
    provider    TEXT,
    intended_at BIGINT,
    reason      TEXT,
    PRIMARY KEY (campaign_id, person_id)
);
CREATE INDEX campaign_people_due ON campaign_people (campaign_id, channel, due_at, person_id) WHERE state = 'pending';
-- Few at any time: finds an attempt in flight for a receipt, and what a dead worker left.
CREATE INDEX campaign_people_in_flight ON campaign_people (attempt_id) WHERE state = 'in_flight';
-- Finds and counts them, by reason too, without reading the others.
CREATE INDEX campaign_people_unreachable ON campaign_people (campaign_id, state, reason)
    WHERE state IN ('unreachable', 'announced');

-- What came of an attempt. One that is in flight is a row of `campaign_people` only.
CREATE TABLE attempts (
    id          UUID    NOT NULL PRIMARY KEY,
    campaign_id UUID    NOT NULL,
    person_id   UUID    NOT NULL,
    channel     TEXT    NOT NULL,
    provider    TEXT    NOT NULL,
    place       BIGINT NOT NULL,
    tries       BIGINT NOT NULL,
    number      BIGINT NOT NULL,
    repeats     BIGINT NOT NULL,
    intended_at BIGINT NOT NULL,
    outcome     TEXT    NOT NULL,
    settled_at  BIGINT NOT NULL,
    code        TEXT,
    reference   TEXT,
    receipt     TEXT,
    receipt_at  BIGINT
);
CREATE INDEX attempts_by_campaign ON attempts (campaign_id, id);

-- Numbers of attempts per outcome, kept as the work goes.
CREATE TABLE tallies (
    campaign_id UUID     NOT NULL,
    channel     TEXT    NOT NULL,
    provider    TEXT    NOT NULL,
    outcome     TEXT    NOT NULL,
    attempts    BIGINT NOT NULL,
    PRIMARY KEY (campaign_id, channel, provider, outcome)
);

-- Where the people of each jurisdiction stand, kept as the work goes; empty text where it is not known. Whoever is in none of
-- the last five is pending or in flight.
CREATE TABLE campaign_jurisdictions (
    campaign_id  UUID    NOT NULL REFERENCES campaigns (id),
    jurisdiction TEXT    NOT NULL,
    sealed       BIGINT NOT NULL,
    reached      BIGINT NOT NULL CHECK (reached >= 0),
    unknown      BIGINT NOT NULL CHECK (unknown >= 0),
    unreachable  BIGINT NOT NULL CHECK (unreachable >= 0),
    announced    BIGINT NOT NULL CHECK (announced >= 0),
    suppressed   BIGINT NOT NULL CHECK (suppressed >= 0),
    PRIMARY KEY (campaign_id, jurisdiction)
);

-- Rates, which hold for all workers together: those that people set, and the buckets of those that the configuration gives.
-- `tokens` are left to give out since `filled_at`; for a domain, `filled_at` is its next free slot.
CREATE TABLE limits (
    kind        TEXT    NOT NULL CHECK (kind IN ('provider', 'domain', 'campaign')),
    name        TEXT    NOT NULL,
    -- NULL: nobody has set one, the configuration's holds.
    per_second  DOUBLE PRECISION CHECK (per_second >= 0),
    tokens      DOUBLE PRECISION NOT NULL,
    filled_at   BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    PRIMARY KEY (kind, name)
);

-- Engine processes. The lease is the worker's; a row that is gone has been reaped or has retired.
CREATE TABLE workers (
    id         UUID     NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    started_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE receipts (
    provider    TEXT    NOT NULL,
    receipt_key TEXT    NOT NULL,
    attempt_id  UUID     NOT NULL,
    outcome     TEXT,
    code        TEXT,
    received_at BIGINT NOT NULL,
    effect      TEXT    NOT NULL,
    PRIMARY KEY (provider, receipt_key)
);

CREATE TABLE announcements (
    id               UUID     NOT NULL PRIMARY KEY,
    incident_id      UUID     NOT NULL REFERENCES incidents (id),
    slug             TEXT    NOT NULL UNIQUE,
    state            TEXT    NOT NULL CHECK (state IN ('draft', 'published', 'withdrawn')),
    default_locale   TEXT    NOT NULL,
    texts            TEXT    NOT NULL,
    covers           BIGINT NOT NULL,
    reasons          TEXT    NOT NULL,
    author           TEXT    NOT NULL,
    publisher        TEXT,
    created_at       BIGINT NOT NULL,
    published_at     BIGINT,
    withdrawn_at     BIGINT,
    withdrawn_reason TEXT,
    updated_at       BIGINT NOT NULL
);
CREATE INDEX announcements_by_incident ON announcements (incident_id, id);

CREATE TABLE reports (
    id                   UUID     NOT NULL PRIMARY KEY,
    incident_id          UUID     NOT NULL REFERENCES incidents (id),
    jurisdiction         TEXT    NOT NULL,
    obligation           TEXT    NOT NULL,
    kind                 TEXT    NOT NULL CHECK (kind IN ('initial', 'supplementary', 'final')),
    document             TEXT    NOT NULL,
    late_reason          TEXT,
    token                TEXT    NOT NULL UNIQUE,
    created_at           BIGINT NOT NULL,
    submitted_at         BIGINT,
    submitted_by         TEXT,
    submission_reference TEXT
);
CREATE INDEX reports_by_incident ON reports (incident_id, id);

-- Heads of the audit chains; `chain` is the incident's identifier or the nil UUID for the installation's own.
CREATE TABLE audit_heads (
    chain UUID     NOT NULL PRIMARY KEY,
    seq   BIGINT NOT NULL,
    hash  TEXT    NOT NULL
);

CREATE TABLE audit (
    chain    UUID     NOT NULL,
    seq      BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    actor    TEXT    NOT NULL,
    action   TEXT    NOT NULL,
    detail   TEXT    NOT NULL,
    previous TEXT    NOT NULL,
    hash     TEXT    NOT NULL,
    PRIMARY KEY (chain, seq)
);

CREATE TABLE api_keys (
    id         UUID     NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    role       TEXT    NOT NULL CHECK (role IN ('hook', 'responder', 'approver', 'auditor', 'admin')),
    hash       TEXT    NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);

-- Answers to requests with an Idempotency-Key. The answer is sealed under the key of the incident it belongs to, and so is
-- erased with it, or under the installation's where there is none.
CREATE TABLE idempotency (
    key_id       UUID     NOT NULL,
    idem_key     TEXT    NOT NULL,
    request_hash TEXT    NOT NULL,
    incident_id  UUID ,
    claimed_at   BIGINT NOT NULL,
    answer       BYTEA,
    PRIMARY KEY (key_id, idem_key)
);
