-- That duties were done which no document to an authority and no event of the timeline shows. A record that was reversed stays,
-- with who reversed it and why.
CREATE TABLE fulfilments (
    id              BLOB    NOT NULL PRIMARY KEY,
    incident_id     BLOB    NOT NULL REFERENCES incidents (id),
    obligation      TEXT    NOT NULL,
    how             TEXT    NOT NULL,
    done_at         INTEGER NOT NULL,
    rules_version   TEXT    NOT NULL,
    author          TEXT    NOT NULL,
    recorded_at     INTEGER NOT NULL,
    reversed_at     INTEGER,
    reversed_by     TEXT,
    reversed_reason TEXT
) STRICT;
CREATE INDEX fulfilments_by_incident ON fulfilments (incident_id, id);
CREATE UNIQUE INDEX fulfilments_standing ON fulfilments (incident_id, obligation) WHERE reversed_at IS NULL;

-- The history of duties has two more causes, which SQLite can say only in a new table.
CREATE TABLE obligation_history_next (
    incident_id BLOB    NOT NULL REFERENCES incidents (id),
    seq         INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    cause       TEXT    NOT NULL
        CHECK (cause IN ('filed', 'amended', 'decided', 'reversed', 'reported', 'fulfilled', 'fulfilment_reversed', 'recomputed', 'rules')),
    actor       TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    fields      TEXT    NOT NULL,
    duties      TEXT    NOT NULL,
    PRIMARY KEY (incident_id, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO obligation_history_next (incident_id, seq, at, cause, actor, version, fields, duties)
    SELECT incident_id, seq, at, cause, actor, version, fields, duties FROM obligation_history;
DROP TABLE obligation_history;
ALTER TABLE obligation_history_next RENAME TO obligation_history;
