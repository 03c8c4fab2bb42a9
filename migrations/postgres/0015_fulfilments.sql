-- That duties were done which no document to an authority and no event of the timeline shows. A record that was reversed stays,
-- with who reversed it and why.
CREATE TABLE fulfilments (
    id              UUID    NOT NULL PRIMARY KEY,
    incident_id     UUID    NOT NULL REFERENCES incidents (id),
    obligation      TEXT    NOT NULL,
    how             TEXT    NOT NULL,
    done_at         BIGINT  NOT NULL,
    rules_version   TEXT    NOT NULL,
    author          TEXT    NOT NULL,
    recorded_at     BIGINT  NOT NULL,
    reversed_at     BIGINT,
    reversed_by     TEXT,
    reversed_reason TEXT
);
CREATE INDEX fulfilments_by_incident ON fulfilments (incident_id, id);
CREATE UNIQUE INDEX fulfilments_standing ON fulfilments (incident_id, obligation) WHERE reversed_at IS NULL;

-- The history of duties has two more causes.
ALTER TABLE obligation_history DROP CONSTRAINT obligation_history_cause_check;
ALTER TABLE obligation_history ADD CONSTRAINT obligation_history_cause_check
    CHECK (cause IN ('filed', 'amended', 'decided', 'reversed', 'reported', 'fulfilled', 'fulfilment_reversed', 'recomputed', 'rules'));
