-- The last rehearsal of each incident: how far it is, or what came of it. It says of no person who they are.
CREATE TABLE rehearsals (
    incident_id BLOB    NOT NULL PRIMARY KEY REFERENCES incidents (id),
    id          BLOB    NOT NULL,
    -- A campaign's own notice to those whom it is still to tell; NULL for the newest notice to everybody.
    campaign_id BLOB,
    mishaps     TEXT    NOT NULL,
    author      TEXT    NOT NULL,
    began_at    INTEGER NOT NULL,
    -- When whoever plays it last said so.
    seen_at     INTEGER NOT NULL,
    stage       TEXT    NOT NULL CHECK (stage IN ('copying', 'telling', 'ended')),
    people      INTEGER NOT NULL,
    done        INTEGER NOT NULL,
    -- Whether somebody has asked for its end.
    stopping    INTEGER NOT NULL DEFAULT 0,
    -- How it ended, as JSON.
    ending      TEXT
) STRICT;
