-- Remedy codes: what people are offered, e.g. to activate credit monitoring with. One pool per incident, one code per person,
-- never two people with one. The codes themselves are sealed; an HMAC under the incident's key tells whether two are one.
CREATE TABLE remedy_codes (
    id          BLOB    NOT NULL PRIMARY KEY,
    -- Without a foreign key, as people are: an import locks its incident's row.
    incident_id BLOB    NOT NULL,
    -- 16 bytes; the key makes them differ between incidents.
    code_index  BLOB    NOT NULL,
    sealed      BLOB    NOT NULL,
    -- Whose it is; NULL while it is nobody's.
    person_id   BLOB,
    assigned_at INTEGER,
    -- When what came of the first attempt was recorded that told the person, or who is told in the person's place.
    sent_at     INTEGER,
    -- When it was taken out of the pool for good.
    returned_at INTEGER,
    created_at  INTEGER NOT NULL,
    CHECK (person_id IS NULL OR returned_at IS NULL)
) STRICT;
CREATE UNIQUE INDEX remedy_codes_once ON remedy_codes (code_index);
CREATE UNIQUE INDEX remedy_codes_by_person ON remedy_codes (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX remedy_codes_unused ON remedy_codes (incident_id, id) WHERE person_id IS NULL;

-- How many there are, kept as the work goes.
CREATE TABLE remedy_pools (
    incident_id BLOB    NOT NULL PRIMARY KEY REFERENCES incidents (id),
    imported    INTEGER NOT NULL,
    assigned    INTEGER NOT NULL DEFAULT 0,
    sent        INTEGER NOT NULL DEFAULT 0,
    returned    INTEGER NOT NULL DEFAULT 0,
    CHECK (sent >= 0 AND assigned >= sent AND returned >= 0 AND assigned + returned <= imported)
) STRICT, WITHOUT ROWID;

-- Which minor somebody is told as guardian of: they are told the minor's code.
CREATE TABLE wards (
    guardian_id BLOB    NOT NULL PRIMARY KEY,
    ward_id     BLOB    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX wards_by_ward ON wards (ward_id);

-- Whether what a campaign tells has codes in it.
ALTER TABLE campaigns ADD COLUMN remedy_codes INTEGER NOT NULL DEFAULT 0 CHECK (remedy_codes IN (0, 1));
