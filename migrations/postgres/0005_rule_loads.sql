-- Each time that rule sets were loaded which differ from those before: which, and the incidents whose duties are others
-- since. What a set was is kept as its version and a hash of all it says.
CREATE TABLE rule_loads (
    seq       BIGINT NOT NULL PRIMARY KEY,
    at        BIGINT NOT NULL,
    sets      TEXT   NOT NULL,
    changed   TEXT   NOT NULL,
    incidents TEXT   NOT NULL
);

-- The history of duties has one more cause.
ALTER TABLE obligation_history DROP CONSTRAINT obligation_history_cause_check;
ALTER TABLE obligation_history ADD CONSTRAINT obligation_history_cause_check
    CHECK (cause IN ('filed', 'amended', 'decided', 'reversed', 'reported', 'recomputed', 'rules'));
