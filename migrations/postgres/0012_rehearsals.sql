-- The last rehearsal of each incident: how far it is, or what came of it. It says of no person who they are.
CREATE TABLE rehearsals (
    incident_id UUID   NOT NULL PRIMARY KEY REFERENCES incidents (id),
    id          UUID   NOT NULL,
    -- A campaign's own notice to those whom it is still to tell; NULL for the newest notice to everybody.
    campaign_id UUID,
    mishaps     TEXT    NOT NULL,
    author      TEXT    NOT NULL,
    began_at    BIGINT  NOT NULL,
    -- When whoever plays it last said so.
    seen_at     BIGINT  NOT NULL,
    stage       TEXT    NOT NULL CHECK (stage IN ('copying', 'telling', 'ended')),
    people      BIGINT  NOT NULL,
    done        BIGINT  NOT NULL,
    -- Whether somebody has asked for its end.
    stopping    BIGINT  NOT NULL DEFAULT 0,
    -- How it ended, as JSON.
    ending      TEXT
);
