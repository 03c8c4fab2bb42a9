-- Decisions not to do what a duty asks for. One that was reversed stays, with who reversed it and why.
CREATE TABLE waivers (
    id              UUID    NOT NULL PRIMARY KEY,
    incident_id     UUID    NOT NULL REFERENCES incidents (id),
    obligation      TEXT    NOT NULL,
    reason          TEXT    NOT NULL,
    -- How strongly the duty bound when it was decided on, and under which version of the rules.
    force           TEXT    NOT NULL CHECK (force IN ('mandatory', 'recommended', 'review')),
    rules_version   TEXT    NOT NULL,
    author          TEXT    NOT NULL,
    decided_at      BIGINT NOT NULL,
    reversed_at     BIGINT,
    reversed_by     TEXT,
    reversed_reason TEXT
);
CREATE INDEX waivers_by_incident ON waivers (incident_id, id);
CREATE UNIQUE INDEX waivers_standing ON waivers (incident_id, obligation) WHERE reversed_at IS NULL;
