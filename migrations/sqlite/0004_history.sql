-- What an incident's duties were each time that something may have changed them, written with the change. What differs from
-- one to the next is worked out when it is read.
CREATE TABLE obligation_history (
    incident_id BLOB    NOT NULL REFERENCES incidents (id),
    seq         INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    cause       TEXT    NOT NULL CHECK (cause IN ('filed', 'amended', 'decided', 'reversed', 'reported', 'recomputed')),
    actor       TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    fields      TEXT    NOT NULL,
    duties      TEXT    NOT NULL,
    PRIMARY KEY (incident_id, seq)
) STRICT, WITHOUT ROWID;
