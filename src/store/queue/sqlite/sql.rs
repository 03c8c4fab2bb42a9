//! The text of the queue's statements for `SQLite`.
//!
//! Where a batch meets `campaign_people` in an update, the batch is materialised and brings the campaign's identifier
//! along: otherwise the planner walks over the whole campaign and looks each person up in the batch. A partial index is
//! found only by the very words of its condition. The test beside this file holds the plans.

// The plans are materialised, so that they get an index of their own: there is one for each residence and reach.
pub(super) const SEAL_PEOPLE: &str = "/* seal_people */
INSERT INTO campaign_people (campaign_id, person_id, state, cascade, channel, due_at, reason)
WITH plan (jurisdiction, reach, cascade, channel, reason) AS MATERIALIZED (
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each($4)
)
SELECT $1, s.id,
       CASE WHEN s.told OR (s.channel IS NULL AND s.reason IS NULL) THEN 'suppressed'
            WHEN s.channel IS NULL THEN 'unreachable' ELSE 'pending' END,
       s.cascade,
       CASE WHEN s.told THEN NULL ELSE s.channel END,
       $3,
       s.reason
FROM (
    SELECT p.id, plan.cascade, plan.channel, plan.reason, EXISTS (
        SELECT 1 FROM campaigns c JOIN campaign_people e ON e.campaign_id = c.id
        WHERE c.incident_id = $2 AND c.id <> $1 AND e.person_id = p.id
          AND (e.state IN ('in_flight', 'reached', 'unknown') OR (e.state = 'pending' AND c.state <> 'cancelled'))) AS told
    FROM people p
    JOIN plan ON plan.reach = p.reach AND plan.jurisdiction = COALESCE(p.jurisdiction, '')
    WHERE p.incident_id = $2
    ORDER BY p.id
) AS s";

pub(super) const LEASE_END: &str = "/* lease_end */ SELECT expires_at FROM workers WHERE id = $1";

pub(super) const DUE: &str = "/* due */
SELECT p.person_id, p.cascade, p.place, p.tries + 1 AS tries, p.attempts + 1 AS number, p.repeats, p.due_at, p.slot,
       people.sealed, people.locale, people.jurisdiction
FROM (
    SELECT person_id, cascade, place, tries, attempts, repeats, due_at, slot FROM campaign_people
    WHERE campaign_id = $1 AND channel = $2 AND state = 'pending' AND due_at <= $3
        AND (due_at, person_id) > ($5, $6)
    ORDER BY due_at, person_id LIMIT $4
) AS p CROSS JOIN people ON people.id = p.person_id
ORDER BY p.due_at, p.person_id";

pub(super) const TAKE: &str = "/* take */
WITH taken AS MATERIALIZED (
    SELECT $1 AS campaign, substr($2, key * 16 + 1, 16) AS person, substr($3, key * 16 + 1, 16) AS attempt
    FROM json_each($4)
)
UPDATE campaign_people
SET state = 'in_flight', channel = $8, attempt_id = taken.attempt, worker_id = $5, provider = $6, intended_at = $7
FROM taken
WHERE campaign_id = taken.campaign AND person_id = taken.person";

pub(super) const LOST: &str = "/* lost */
SELECT nth.key
FROM json_each($4) AS nth
LEFT JOIN campaign_people AS p
    ON p.campaign_id = $1 AND p.person_id = substr($2, nth.key * 16 + 1, 16)
    AND p.attempt_id = substr($3, nth.key * 16 + 1, 16) AND p.state = 'in_flight' AND p.worker_id = $5
WHERE p.person_id IS NULL";

// A row is its reference, or a list of its due time and its reference. Everything else is the same for the whole batch: to
// take it out of the JSON of each row was an eighth of the time of the connection's thread.
pub(super) const WRITE_OUTCOMES: &str = "/* write_outcomes */
INSERT INTO attempts
    (id, campaign_id, person_id, channel, provider, place, tries, number, repeats, intended_at, outcome, settled_at,
     code, reference)
SELECT substr($3, m.key * 16 + 1, 16), $1, substr($2, m.key * 16 + 1, 16), $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
       CASE m.type WHEN 'array' THEN m.value ->> 1 ELSE m.value END
FROM json_each($4) AS m WHERE true
ON CONFLICT (id) DO NOTHING";

pub(super) const WRITE_MOVES: &str = "/* write_moves */
WITH m AS MATERIALIZED (
    SELECT $1 AS campaign, substr($2, key * 16 + 1, 16) AS person, substr($3, key * 16 + 1, 16) AS attempt,
           CASE type WHEN 'array' THEN value ->> 0 END AS due_at
    FROM json_each($4)
)
UPDATE campaign_people
SET state = $6, place = COALESCE($7, place), tries = COALESCE($8, tries + $12), attempts = attempts + $12,
    channel = $9, due_at = COALESCE(m.due_at, campaign_people.due_at), repeats = $10, reason = $11,
    worker_id = NULL, provider = NULL, intended_at = NULL, slot = 0
FROM m
WHERE campaign_id = m.campaign AND person_id = m.person AND attempt_id = m.attempt
    AND ($5 IS NULL OR (campaign_people.state || '' = 'in_flight' AND worker_id = $5))";

pub(super) const SHIFT_JURISDICTIONS: &str = "/* shift_jurisdictions */
WITH m AS MATERIALIZED (
    SELECT $1 AS campaign, value ->> 0 AS name, value ->> 1 AS reached, value ->> 2 AS unknown,
           value ->> 3 AS unreachable, value ->> 4 AS announced
    FROM json_each($2)
)
UPDATE campaign_jurisdictions AS j
SET reached = j.reached + m.reached, unknown = j.unknown + m.unknown, unreachable = j.unreachable + m.unreachable,
    announced = j.announced + m.announced
FROM m
WHERE campaign_id = m.campaign AND jurisdiction = m.name";

pub(super) const NOTE_LATE: &str = "/* note_late */
UPDATE attempts
SET receipt = CASE WHEN attempts.outcome = 'unknown' THEN COALESCE(receipt, late.outcome) ELSE receipt END,
    receipt_at = CASE WHEN attempts.outcome = 'unknown' THEN COALESCE(receipt_at, $5) ELSE receipt_at END,
    reference = COALESCE(attempts.reference, late.reference)
FROM (
    SELECT substr($2, key * 16 + 1, 16) AS attempt, substr($3, key * 16 + 1, 16) AS person, value ->> 0 AS outcome,
           value ->> 1 AS reference
    FROM json_each($4)
) AS late
WHERE id = late.attempt AND +campaign_id = $1 AND person_id = late.person
    AND ((attempts.outcome = 'unknown' AND (receipt IS NULL OR receipt = late.outcome))
         OR (attempts.reference IS NULL AND late.reference IS NOT NULL))
RETURNING id, attempts.outcome = 'unknown'";

pub(super) const UNBEGUN: &str = "/* unbegun */
SELECT p.person_id, p.attempt_id, p.repeats
FROM json_each($3) AS nth
CROSS JOIN campaign_people AS p ON p.attempt_id = substr($2, nth.key * 16 + 1, 16) AND p.state = 'in_flight'
WHERE +p.campaign_id = $1 AND p.worker_id = $4";

pub(super) const GIVE_BACK: &str = "/* give_back */
WITH back AS MATERIALIZED (
    SELECT $1 AS campaign, substr($2, key * 16 + 1, 16) AS person, value ->> 0 AS due_at, value ->> 1 AS queue
    FROM json_each($3)
)
UPDATE campaign_people
SET state = 'pending', attempt_id = NULL, worker_id = NULL, provider = NULL, intended_at = NULL,
    due_at = COALESCE(back.due_at, campaign_people.due_at), slot = COALESCE($4, slot),
    channel = COALESCE(back.queue, campaign_people.channel)
FROM back
WHERE campaign_id = back.campaign AND person_id = back.person";

pub(super) const FENCE: &str =
    "/* fence */ UPDATE workers SET expires_at = 0 WHERE id = $1 AND (expires_at < $2 OR $3)";

pub(super) const IN_FLIGHT: &str = "/* in_flight */
SELECT p.person_id, p.attempt_id, p.cascade, p.place, p.tries + 1 AS tries, p.attempts + 1 AS number, p.repeats, p.channel,
       p.provider, p.intended_at, people.jurisdiction
FROM campaign_people p CROSS JOIN people ON people.id = p.person_id
WHERE p.attempt_id > x'00' AND p.state = 'in_flight' AND p.worker_id = $1 AND +p.campaign_id = $2
LIMIT $3";

pub(super) const STANDING: &str = "/* standing */
SELECT p.state, p.cascade, p.place, p.tries, p.attempts, p.repeats, p.attempt_id, p.channel, p.provider, p.intended_at,
       people.jurisdiction
FROM campaign_people p CROSS JOIN people ON people.id = p.person_id
WHERE p.campaign_id = $1 AND p.person_id = $2";

pub(super) const IS_ANNOUNCED: &str = "/* is_announced */
SELECT EXISTS (SELECT 1 FROM announcements WHERE incident_id = $1 AND state = 'published')";

pub(super) const ANNOUNCE_SOME: &str = "/* announce_some */
UPDATE campaign_people SET state = 'announced'
WHERE campaign_id = $1 AND person_id IN (
    SELECT person_id FROM campaign_people
    WHERE campaign_id = $1 AND state IN ('unreachable', 'announced') AND state = 'unreachable' LIMIT $2)
RETURNING person_id";

pub(super) const STAND: &str = "/* stand */
WITH m AS MATERIALIZED (
    SELECT substr($2, key * 16 + 1, 16) AS person, value ->> 0 AS was, value ->> 1 AS now FROM json_each($3)
)
SELECT m.was, m.now, p.state, COUNT(*) AS people
FROM m CROSS JOIN campaign_people AS p ON p.campaign_id = $1 AND p.person_id = m.person
GROUP BY m.was, m.now, p.state";

// Whose law has nobody told by a message has neither a cascade nor a reason why there is none.
pub(super) const GIVE_OVER: &str = "/* give_over */
WITH left_behind AS MATERIALIZED (
    SELECT $2 AS campaign, p.person_id AS person, a.repeats,
           CASE WHEN a.repeats = 1 THEN max(a.due_at, $4) ELSE $4 END AS due_at
    FROM json_each($6) AS nth
    CROSS JOIN campaign_people AS p ON p.campaign_id = $2 AND p.person_id = substr($3, nth.key * 16 + 1, 16)
    CROSS JOIN campaign_people AS a ON a.campaign_id = $1 AND a.person_id = p.person_id
    WHERE p.state || '' = 'suppressed' AND (p.cascade <> '' OR ($7 AND p.reason IS NOT NULL)) AND a.state || '' = 'pending'
      AND NOT EXISTS (
          SELECT 1 FROM campaigns c CROSS JOIN campaign_people e ON e.campaign_id = c.id AND e.person_id = p.person_id
          WHERE c.incident_id = $5 AND c.id <> $2
            AND (e.state IN ('in_flight', 'reached', 'unknown') OR (e.state = 'pending' AND c.state <> 'cancelled')))
)
UPDATE campaign_people
SET state = CASE WHEN cascade = '' THEN 'unreachable' ELSE 'pending' END,
    channel = CASE substr(cascade, 1, 1) WHEN 'e' THEN 'email' WHEN 's' THEN 'sms' WHEN 'p' THEN 'push'
        WHEN 'l' THEN 'letter' WHEN 'v' THEN 'voice' END,
    due_at = left_behind.due_at, repeats = left_behind.repeats
FROM left_behind
WHERE campaign_id = left_behind.campaign AND person_id = left_behind.person
RETURNING person_id, state";

pub(super) const RESIDENCES: &str = "/* residences */
SELECT p.id, p.jurisdiction
FROM json_each($2) AS nth CROSS JOIN people AS p ON p.id = substr($1, nth.key * 16 + 1, 16)";

pub(super) const SEAL_JURISDICTIONS: &str = "/* seal_jurisdictions */
INSERT INTO campaign_jurisdictions (campaign_id, jurisdiction, sealed, reached, unknown, unreachable, announced, suppressed)
SELECT $1, COALESCE(people.jurisdiction, ''), COUNT(*), 0, 0, SUM(p.state = 'unreachable'), 0, SUM(p.state = 'suppressed')
FROM campaign_people p CROSS JOIN people ON people.id = p.person_id
WHERE p.campaign_id = $1 GROUP BY 2";
