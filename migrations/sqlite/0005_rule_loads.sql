-- Each time that rule sets were loaded which differ from those before: which, and the incidents whose duties are others
-- since. What a set was is kept as its version and a hash of all it says.
CREATE TABLE rule_loads (
    seq       INTEGER NOT NULL PRIMARY KEY,
    at        INTEGER NOT NULL,
    sets      TEXT    NOT NULL,
    changed   TEXT    NOT NULL,
    incidents TEXT    NOT NULL
) STRICT;

-- The history of duties has one more cause, which SQLite can say only in a new table.
CREATE TABLE obligation_history_next (
    incident_id BLOB    NOT NULL REFERENCES incidents (id),
    seq         INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    cause       TEXT    NOT NULL
        CHECK (cause IN ('filed', 'amended', 'decided', 'reversed', 'reported', 'recomputed', 'rules')),
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
