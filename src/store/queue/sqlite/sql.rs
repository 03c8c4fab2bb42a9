//! The text of the queue's statements for `SQLite`.
//!
//! Where a batch meets `campaign_people` in an update, the batch is materialised and brings the campaign's identifier
//! along: otherwise the planner walks over the whole campaign and looks each person up in the batch. A partial index is
//! found only by the very words of its condition. The test beside this file holds the plans.

pub(super) const SEAL_PEOPLE: &str = "/* seal_people */
INSERT INTO campaign_people (campaign_id, person_id, state, cascade, channel, due_at, reason)
SELECT $1, s.id,
       CASE WHEN s.told THEN 'suppressed' WHEN s.channel IS NULL THEN 'unreachable' ELSE 'pending' END,
       s.cascade,
       CASE WHEN s.told THEN NULL ELSE s.channel END,
       $3,
       CASE WHEN NOT s.told AND s.channel IS NULL THEN 'no_contact' END
FROM (
    SELECT p.id, plan.cascade, plan.channel, EXISTS (
        SELECT 1 FROM campaigns c JOIN campaign_people e ON e.campaign_id = c.id
        WHERE c.incident_id = $2 AND c.id <> $1 AND e.person_id = p.id AND e.state = 'reached') AS told
    FROM people p
    JOIN (SELECT value ->> 0 AS reach, value ->> 1 AS cascade, value ->> 2 AS channel FROM json_each($4)) AS plan
        ON plan.reach = p.reach
    WHERE p.incident_id = $2
    ORDER BY p.id
) AS s";

pub(super) const LEASE_END: &str = "/* lease_end */ SELECT expires_at FROM workers WHERE id = $1";

pub(super) const DUE: &str = "/* due */
SELECT p.person_id, p.cascade, p.place, p.tries + 1 AS tries, p.repeats, people.sealed, people.locale,
       people.jurisdiction
FROM (
    SELECT person_id, cascade, place, tries, repeats, due_at FROM campaign_people
    WHERE campaign_id = $1 AND channel = $2 AND state = 'pending' AND due_at <= $3
    ORDER BY due_at LIMIT $4
) AS p CROSS JOIN people ON people.id = p.person_id
ORDER BY p.due_at";

pub(super) const INTEND: &str = "/* intend */
INSERT INTO attempts
    (id, campaign_id, person_id, channel, provider, place, tries, number, repeats, notice_hash, intended_at)
SELECT substr($3, nth.key * 16 + 1, 16), $1, p.person_id, p.channel, $5, p.place, p.tries + 1, p.attempts + 1,
       p.repeats, $6, $7
FROM json_each($4) AS nth
CROSS JOIN campaign_people AS p ON p.campaign_id = $1 AND p.person_id = substr($2, nth.key * 16 + 1, 16)";

pub(super) const TAKE: &str = "/* take */
WITH taken AS MATERIALIZED (
    SELECT $1 AS campaign, substr($2, key * 16 + 1, 16) AS person, substr($3, key * 16 + 1, 16) AS attempt
    FROM json_each($4)
)
UPDATE campaign_people
SET state = 'in_flight', attempt_id = taken.attempt, worker_id = $5, tries = tries + 1, attempts = attempts + 1,
    repeats = 0
FROM taken
WHERE campaign_id = taken.campaign AND person_id = taken.person";

pub(super) const HELD: &str = "/* held */
SELECT nth.key AS nth, p.cascade, a.channel, a.provider
FROM json_each($4) AS nth
CROSS JOIN campaign_people AS p
    ON p.campaign_id = $1 AND p.person_id = substr($2, nth.key * 16 + 1, 16)
    AND p.attempt_id = substr($3, nth.key * 16 + 1, 16)
CROSS JOIN attempts AS a ON a.id = p.attempt_id
WHERE p.state = 'in_flight' AND p.worker_id = $5";

pub(super) const WRITE_OUTCOMES: &str = "/* write_outcomes */
UPDATE attempts SET outcome = m.outcome, settled_at = $3, code = m.code, reference = m.reference
FROM (
    SELECT substr($1, key * 16 + 1, 16) AS attempt, value ->> 7 AS outcome, value ->> 8 AS code, value ->> 9 AS reference
    FROM json_each($2)
) AS m
WHERE id = m.attempt AND m.outcome IS NOT NULL";

pub(super) const WRITE_MOVES: &str = "/* write_moves */
WITH m AS MATERIALIZED (
    SELECT $1 AS campaign, substr($2, key * 16 + 1, 16) AS person, substr($3, key * 16 + 1, 16) AS attempt,
           value ->> 0 AS state, value ->> 1 AS place, value ->> 2 AS tries, value ->> 3 AS channel,
           value ->> 4 AS due_at, value ->> 5 AS repeats, value ->> 6 AS reason
    FROM json_each($4)
)
UPDATE campaign_people
SET state = m.state, place = COALESCE(m.place, campaign_people.place), tries = COALESCE(m.tries, campaign_people.tries),
    channel = m.channel, due_at = COALESCE(m.due_at, campaign_people.due_at), repeats = m.repeats, reason = m.reason,
    worker_id = NULL
FROM m
WHERE campaign_id = m.campaign AND person_id = m.person AND attempt_id = m.attempt";

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
    AND ((attempts.outcome = 'unknown' AND receipt IS NULL)
         OR (attempts.reference IS NULL AND late.reference IS NOT NULL))";

pub(super) const UNBEGUN: &str = "/* unbegun */
SELECT p.person_id, a.id AS attempt_id, a.repeats
FROM json_each($3) AS nth
CROSS JOIN attempts AS a ON a.id = substr($2, nth.key * 16 + 1, 16)
CROSS JOIN campaign_people AS p ON p.campaign_id = a.campaign_id AND p.person_id = a.person_id
WHERE a.campaign_id = $1 AND p.attempt_id = a.id AND p.state = 'in_flight' AND p.worker_id = $4";

pub(super) const WITHDRAW: &str = "/* withdraw */
DELETE FROM attempts WHERE id IN (SELECT substr($1, key * 16 + 1, 16) FROM json_each($2))";

pub(super) const GIVE_BACK: &str = "/* give_back */
WITH back AS MATERIALIZED (
    SELECT $1 AS campaign, substr($2, key * 16 + 1, 16) AS person, value AS again FROM json_each($3)
)
UPDATE campaign_people
SET state = 'pending', tries = tries - 1, attempts = attempts - 1, repeats = back.again, attempt_id = NULL,
    worker_id = NULL, due_at = COALESCE($4, due_at)
FROM back
WHERE campaign_id = back.campaign AND person_id = back.person";

pub(super) const FENCE: &str =
    "/* fence */ UPDATE workers SET expires_at = 0 WHERE id = $1 AND (expires_at < $2 OR $3)";

pub(super) const IN_FLIGHT: &str = "/* in_flight */
SELECT p.person_id, a.id AS attempt_id, p.cascade, p.place, p.tries, a.channel, a.provider
FROM campaign_people p JOIN attempts a ON a.id = p.attempt_id
WHERE p.worker_id = $1 AND p.state = 'in_flight' AND p.campaign_id = $2
ORDER BY p.person_id LIMIT $3";

pub(super) const STANDING: &str = "/* standing */
SELECT state, cascade, place, tries, attempt_id FROM campaign_people WHERE campaign_id = $1 AND person_id = $2";

pub(super) const IS_ANNOUNCED: &str = "/* is_announced */
SELECT EXISTS (SELECT 1 FROM announcements WHERE incident_id = $1 AND state = 'published')";

pub(super) const ANNOUNCE_SOME: &str = "/* announce_some */
UPDATE campaign_people SET state = 'announced'
WHERE campaign_id = $1 AND person_id IN (
    SELECT person_id FROM campaign_people
    WHERE campaign_id = $1 AND state IN ('unreachable', 'announced') AND state = 'unreachable' LIMIT $2)";
