//! The text of the queue's statements for `PostgreSQL`.

pub(super) const SEAL_PEOPLE: &str = "/* seal_people */
INSERT INTO campaign_people (campaign_id, person_id, state, cascade, channel, due_at, reason)
SELECT $1, p.id,
       CASE WHEN told.yes OR (plan.channel IS NULL AND plan.reason IS NULL) THEN 'suppressed'
            WHEN plan.channel IS NULL THEN 'unreachable' ELSE 'pending' END,
       plan.cascade,
       CASE WHEN told.yes THEN NULL ELSE plan.channel END,
       $3,
       plan.reason
FROM people p
JOIN UNNEST($4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
    AS plan (jurisdiction, reach, cascade, channel, reason)
    ON plan.reach = p.reach AND plan.jurisdiction = COALESCE(p.jurisdiction, '')
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT 1 FROM campaigns c JOIN campaign_people e ON e.campaign_id = c.id
        WHERE c.incident_id = $2 AND c.id <> $1 AND e.person_id = p.id
          AND (e.state IN ('in_flight', 'reached', 'unknown') OR (e.state = 'pending' AND c.state <> 'cancelled'))) AS yes
) AS told
WHERE p.incident_id = $2";

pub(super) const TOLD_MEANWHILE: &str = "/* told_meanwhile */
SELECT EXISTS (
    SELECT 1 FROM campaign_people p
    JOIN campaign_people e ON e.person_id = p.person_id JOIN campaigns c ON c.id = e.campaign_id
    WHERE p.campaign_id = $1 AND p.state = 'pending' AND c.incident_id = $2 AND c.state = 'cancelled' AND e.state = 'reached')";

// As strong as an update's lock, which lets others refer to the incident.
pub(super) const HAS_INCIDENT: &str =
    "/* has_incident */ SELECT 1 FROM incidents WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED";

// Without it the planner takes the new rows for few and may sort them all for each claim.
pub(super) const AFTER_GROWTH: &str = "/* after_growth */ ANALYZE campaign_people, people";

// With a plan of its own for each batch the planner now and then takes a batch for a good part of the campaign, and reads
// all of that. The plan that does not know the batch looks each person up.
pub(super) const PLAN_ONCE: &str = "/* plan_once */ SET LOCAL plan_cache_mode = force_generic_plan";

// A key share holds off only the reaper, which locks the row for update; extending the lease does not wait.
pub(super) const LEASE_END: &str = "/* lease_end */ SELECT expires_at FROM workers WHERE id = $1 FOR KEY SHARE";

// The place from which to look spares a walk over the entries of those who were taken before, which stay in the index
// until it is vacuumed.
pub(super) const TAKE_DUE: &str = "/* take_due */
WITH due AS (
    SELECT person_id, due_at FROM campaign_people
    WHERE campaign_id = $1 AND channel = $2 AND state = 'pending' AND due_at <= $3 AND (due_at, person_id) > ($8, $9)
    ORDER BY due_at, person_id LIMIT $4
    FOR UPDATE SKIP LOCKED
), picked AS (
    SELECT person_id, due_at, ROW_NUMBER() OVER (ORDER BY due_at, person_id) AS nth FROM due
), taken AS (
    UPDATE campaign_people p
    SET state = 'in_flight', channel = $10, attempt_id = fresh.id, worker_id = $6, provider = $7, intended_at = $3
    FROM picked JOIN UNNEST($5::uuid[]) WITH ORDINALITY AS fresh (id, nth) ON fresh.nth = picked.nth
    WHERE p.campaign_id = $1 AND p.person_id = picked.person_id
    RETURNING p.person_id, p.attempt_id, p.cascade, p.place, p.tries, p.attempts, p.repeats, p.slot, picked.due_at, picked.nth
)
SELECT t.person_id, t.attempt_id, t.cascade, t.place, t.tries + 1 AS tries, t.attempts + 1 AS number, t.repeats, t.slot,
       t.due_at, people.sealed, people.locale, people.jurisdiction
FROM taken t JOIN people ON people.id = t.person_id
ORDER BY t.nth";

// What state they are in is asked of the rows that were found: as a condition of the search it leads the planner to the
// index of all in flight, which it takes for nearly empty, and to comparing every one of them with the whole batch.
pub(super) const LOST: &str = "/* lost */
WITH batch AS (
    SELECT * FROM UNNEST($2::uuid[], $3::uuid[]) WITH ORDINALITY AS batch (attempt, person, nth)
), found AS (
    SELECT batch.nth, p.state, p.worker_id
    FROM batch JOIN campaign_people p ON p.campaign_id = $1 AND p.person_id = batch.person AND p.attempt_id = batch.attempt
    ORDER BY p.person_id
    FOR UPDATE OF p
)
SELECT nth - 1 FROM batch WHERE nth NOT IN (SELECT nth FROM found WHERE state = 'in_flight' AND worker_id = $4)";

// The attempt's row is made of what the worker knows of its intent: to read it again from the person's row would be a sixth
// of the statement's time. The state is asked in words that no index knows: see above.
pub(super) const WRITE_MOVES: &str = "/* write_moves */
WITH m AS (
    SELECT * FROM UNNEST($2::uuid[], $3::uuid[], $4::text[], $5::int8[], $6::int8[], $7::text[], $8::int8[], $9::int8[],
                         $10::text[], $11::text[], $12::text[], $13::text[], $16::text[], $17::text[], $18::int8[],
                         $19::int8[], $20::int8[], $21::int8[], $22::int8[])
        AS m (person, attempt, state, place, tries, channel, due_at, repeats, reason, outcome, code, reference, went_by,
              provider, at_place, at_try, number, repeated, intended_at)
), settled AS (
    INSERT INTO attempts
        (id, campaign_id, person_id, channel, provider, place, tries, number, repeats, intended_at, outcome, settled_at,
         code, reference)
    SELECT attempt, $1, person, went_by, provider, at_place, at_try, number, repeated, intended_at, outcome, $14, code,
           reference
    FROM m WHERE outcome IS NOT NULL
    ON CONFLICT (id) DO NOTHING
)
UPDATE campaign_people p
SET state = m.state, place = COALESCE(m.place, p.place),
    tries = COALESCE(m.tries, p.tries + (m.outcome IS NOT NULL)::int), attempts = p.attempts + (m.outcome IS NOT NULL)::int,
    channel = m.channel, due_at = COALESCE(m.due_at, p.due_at), repeats = m.repeats, reason = m.reason,
    worker_id = NULL, provider = NULL, intended_at = NULL, slot = 0
FROM m WHERE p.campaign_id = $1 AND p.person_id = m.person AND p.attempt_id = m.attempt
    AND ($15::uuid IS NULL OR (p.state || '' = 'in_flight' AND p.worker_id = $15))";

// In order, so that two transactions lock the rows one after the other.
pub(super) const SHIFT_JURISDICTIONS: &str = "/* shift_jurisdictions */
WITH m AS (
    SELECT j.jurisdiction, m.reached, m.unknown, m.unreachable, m.announced
    FROM campaign_jurisdictions j
    JOIN UNNEST($2::text[], $3::int8[], $4::int8[], $5::int8[], $6::int8[])
        AS m (jurisdiction, reached, unknown, unreachable, announced) ON m.jurisdiction = j.jurisdiction
    WHERE j.campaign_id = $1
    ORDER BY j.jurisdiction
    FOR UPDATE OF j
)
UPDATE campaign_jurisdictions j
SET reached = j.reached + m.reached, unknown = j.unknown + m.unknown, unreachable = j.unreachable + m.unreachable,
    announced = j.announced + m.announced
FROM m WHERE j.campaign_id = $1 AND j.jurisdiction = m.jurisdiction";

pub(super) const NOTE_LATE: &str = "/* note_late */
UPDATE attempts a
SET receipt = CASE WHEN a.outcome = 'unknown' THEN COALESCE(a.receipt, late.outcome) ELSE a.receipt END,
    receipt_at = CASE WHEN a.outcome = 'unknown' THEN COALESCE(a.receipt_at, $6) ELSE a.receipt_at END,
    reference = COALESCE(a.reference, late.reference)
FROM UNNEST($2::uuid[], $3::uuid[], $4::text[], $5::text[]) AS late (attempt, person, outcome, reference)
WHERE a.id = late.attempt AND a.campaign_id = $1 AND a.person_id = late.person
    AND ((a.outcome = 'unknown' AND (a.receipt IS NULL OR a.receipt = late.outcome))
         OR (a.reference IS NULL AND late.reference IS NOT NULL))
RETURNING a.id, a.outcome = 'unknown'";

pub(super) const UNBEGUN: &str = "/* unbegun */
SELECT person_id, attempt_id, repeats FROM campaign_people
WHERE attempt_id = ANY($2) AND state = 'in_flight' AND campaign_id = $1 AND worker_id = $3
ORDER BY person_id
FOR UPDATE";

pub(super) const GIVE_BACK: &str = "/* give_back */
UPDATE campaign_people p
SET state = 'pending', attempt_id = NULL, worker_id = NULL, provider = NULL, intended_at = NULL,
    due_at = COALESCE(back.due_at, p.due_at), slot = COALESCE($4, p.slot), channel = COALESCE(back.queue, p.channel)
FROM UNNEST($2::uuid[], $3::int8[], $5::text[]) AS back (person, due_at, queue)
WHERE p.campaign_id = $1 AND p.person_id = back.person";

pub(super) const FENCE: &str = "/* fence */
WITH ended AS (SELECT id FROM workers WHERE id = $1 AND (expires_at < $2 OR $3) FOR UPDATE)
UPDATE workers SET expires_at = 0 FROM ended WHERE workers.id = ended.id";

pub(super) const IN_FLIGHT: &str = "/* in_flight */
SELECT p.person_id, p.attempt_id, p.cascade, p.place, p.tries + 1 AS tries, p.attempts + 1 AS number, p.repeats, p.channel,
       p.provider, p.intended_at, people.jurisdiction
FROM campaign_people p JOIN people ON people.id = p.person_id
WHERE p.state = 'in_flight' AND p.worker_id = $1 AND p.campaign_id = $2
ORDER BY p.person_id LIMIT $3
FOR UPDATE OF p";

pub(super) const STANDING: &str = "/* standing */
SELECT p.state, p.cascade, p.place, p.tries, p.attempts, p.repeats, p.attempt_id, p.channel, p.provider, p.intended_at,
       people.jurisdiction
FROM campaign_people p JOIN people ON people.id = p.person_id
WHERE p.campaign_id = $1 AND p.person_id = $2
FOR UPDATE OF p";

pub(super) const IS_ANNOUNCED: &str =
    "/* is_announced */ SELECT id FROM announcements WHERE incident_id = $1 AND state = 'published' FOR SHARE";

pub(super) const ANNOUNCE_SOME: &str = "/* announce_some */
WITH picked AS (
    SELECT person_id FROM campaign_people WHERE campaign_id = $1 AND state = 'unreachable' LIMIT $2
    FOR UPDATE SKIP LOCKED
)
UPDATE campaign_people p SET state = 'announced' FROM picked
WHERE p.campaign_id = $1 AND p.person_id = picked.person_id
RETURNING p.person_id";

pub(super) const STAND: &str = "/* stand */
SELECT m.was, m.now, p.state, COUNT(*) AS people
FROM UNNEST($2::uuid[], $3::text[], $4::text[]) AS m (person, was, now)
JOIN campaign_people p ON p.campaign_id = $1 AND p.person_id = m.person
GROUP BY m.was, m.now, p.state";

// Whose law has nobody told by a message has neither a cascade nor a reason why there is none. Whoever may have been told waits
// on for the provider's answer.
pub(super) const GIVE_OVER: &str = "/* give_over */
WITH left_behind AS (
    SELECT p.person_id, a.repeats, CASE WHEN a.repeats = 1 THEN GREATEST(a.due_at, $4) ELSE $4 END AS due_at
    FROM campaign_people p JOIN campaign_people a ON a.campaign_id = $1 AND a.person_id = p.person_id
    WHERE p.campaign_id = $2 AND p.person_id = ANY($3) AND p.state = 'suppressed'
      AND (p.cascade <> '' OR ($6 AND p.reason IS NOT NULL)) AND a.state || '' = 'pending'
      AND NOT EXISTS (
          SELECT 1 FROM campaigns c JOIN campaign_people e ON e.campaign_id = c.id
          WHERE c.incident_id = $5 AND c.id <> $2 AND e.person_id = p.person_id
            AND (e.state IN ('in_flight', 'reached', 'unknown') OR (e.state = 'pending' AND c.state <> 'cancelled')))
    ORDER BY p.person_id
    FOR UPDATE OF p
)
UPDATE campaign_people p
SET state = CASE WHEN p.cascade = '' THEN 'unreachable' ELSE 'pending' END,
    channel = CASE substr(p.cascade, 1, 1) WHEN 'e' THEN 'email' WHEN 's' THEN 'sms' WHEN 'p' THEN 'push'
        WHEN 'l' THEN 'letter' WHEN 'v' THEN 'voice' END,
    due_at = left_behind.due_at, repeats = left_behind.repeats
FROM left_behind WHERE p.campaign_id = $2 AND p.person_id = left_behind.person_id
RETURNING p.person_id, p.state";

pub(super) const RESIDENCES: &str = "/* residences */ SELECT id, jurisdiction FROM people WHERE id = ANY($1)";

pub(super) const SEAL_JURISDICTIONS: &str = "/* seal_jurisdictions */
INSERT INTO campaign_jurisdictions (campaign_id, jurisdiction, sealed, reached, unknown, unreachable, announced, suppressed)
SELECT $1, COALESCE(people.jurisdiction, ''), COUNT(*), 0, 0, COUNT(*) FILTER (WHERE p.state = 'unreachable'), 0,
       COUNT(*) FILTER (WHERE p.state = 'suppressed')
FROM campaign_people p JOIN people ON people.id = p.person_id
WHERE p.campaign_id = $1 GROUP BY 2";
