//! The text of the queue's statements for `PostgreSQL`.

pub(super) const SEAL_PEOPLE: &str = "/* seal_people */
INSERT INTO campaign_people (campaign_id, person_id, state, cascade, channel, due_at, reason)
SELECT $1, p.id,
       CASE WHEN told.yes THEN 'suppressed' WHEN plan.channel IS NULL THEN 'unreachable' ELSE 'pending' END,
       plan.cascade,
       CASE WHEN told.yes THEN NULL ELSE plan.channel END,
       $3,
       CASE WHEN NOT told.yes AND plan.channel IS NULL THEN 'no_contact' END
FROM people p
JOIN UNNEST($4::text[], $5::text[], $6::text[]) AS plan (reach, cascade, channel) ON plan.reach = p.reach
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT 1 FROM campaigns c JOIN campaign_people e ON e.campaign_id = c.id
        WHERE c.incident_id = $2 AND c.id <> $1 AND e.person_id = p.id AND e.state = 'reached') AS yes
) AS told
WHERE p.incident_id = $2";

// Without it the planner takes the new rows for few and may sort them all for each claim.
pub(super) const AFTER_GROWTH: &str = "/* after_growth */ ANALYZE campaign_people";

// A key share holds off only the reaper, which locks the row for update; extending the lease does not wait.
pub(super) const LEASE_END: &str = "/* lease_end */ SELECT expires_at FROM workers WHERE id = $1 FOR KEY SHARE";

pub(super) const TAKE_DUE: &str = "/* take_due */
WITH due AS (
    SELECT person_id, due_at, repeats FROM campaign_people
    WHERE campaign_id = $1 AND channel = $2 AND state = 'pending' AND due_at <= $3
    ORDER BY due_at LIMIT $4
    FOR UPDATE SKIP LOCKED
), picked AS (
    SELECT person_id, repeats, ROW_NUMBER() OVER (ORDER BY due_at) AS nth FROM due
), taken AS (
    UPDATE campaign_people p
    SET state = 'in_flight', attempt_id = fresh.id, worker_id = $6, tries = p.tries + 1, attempts = p.attempts + 1,
        repeats = 0
    FROM picked JOIN UNNEST($5::uuid[]) WITH ORDINALITY AS fresh (id, nth) ON fresh.nth = picked.nth
    WHERE p.campaign_id = $1 AND p.person_id = picked.person_id
    RETURNING p.person_id, p.attempt_id, p.cascade, p.place, p.tries, p.attempts, picked.repeats, picked.nth
), intended AS (
    INSERT INTO attempts
        (id, campaign_id, person_id, channel, provider, place, tries, number, repeats, notice_hash, intended_at)
    SELECT attempt_id, $1, person_id, $2, $7, place, tries, attempts, repeats, $8, $3 FROM taken
)
SELECT t.person_id, t.attempt_id, t.cascade, t.place, t.tries, t.repeats, people.sealed, people.locale,
       people.jurisdiction
FROM taken t JOIN people ON people.id = t.person_id
ORDER BY t.nth";

pub(super) const HELD: &str = "/* held */
SELECT batch.nth - 1 AS nth, p.cascade, a.channel, a.provider
FROM UNNEST($2::uuid[], $3::uuid[]) WITH ORDINALITY AS batch (attempt, person, nth)
JOIN campaign_people p ON p.campaign_id = $1 AND p.person_id = batch.person AND p.attempt_id = batch.attempt
JOIN attempts a ON a.id = batch.attempt
WHERE p.state = 'in_flight' AND p.worker_id = $4
ORDER BY p.person_id
FOR UPDATE OF p";

pub(super) const WRITE_MOVES: &str = "/* write_moves */
WITH m AS (
    SELECT * FROM UNNEST($2::uuid[], $3::uuid[], $4::text[], $5::int8[], $6::int8[], $7::text[], $8::int8[], $9::int8[],
                         $10::text[], $11::text[], $12::text[], $13::text[])
        AS m (person, attempt, state, place, tries, channel, due_at, repeats, reason, outcome, code, reference)
), settled AS (
    UPDATE attempts a SET outcome = m.outcome, settled_at = $14, code = m.code, reference = m.reference
    FROM m WHERE a.id = m.attempt AND m.outcome IS NOT NULL
)
UPDATE campaign_people p
SET state = m.state, place = COALESCE(m.place, p.place), tries = COALESCE(m.tries, p.tries), channel = m.channel,
    due_at = COALESCE(m.due_at, p.due_at), repeats = m.repeats, reason = m.reason, worker_id = NULL
FROM m WHERE p.campaign_id = $1 AND p.person_id = m.person AND p.attempt_id = m.attempt";

pub(super) const NOTE_LATE: &str = "/* note_late */
UPDATE attempts a
SET receipt = CASE WHEN a.outcome = 'unknown' THEN COALESCE(a.receipt, late.outcome) ELSE a.receipt END,
    receipt_at = CASE WHEN a.outcome = 'unknown' THEN COALESCE(a.receipt_at, $6) ELSE a.receipt_at END,
    reference = COALESCE(a.reference, late.reference)
FROM UNNEST($2::uuid[], $3::uuid[], $4::text[], $5::text[]) AS late (attempt, person, outcome, reference)
WHERE a.id = late.attempt AND a.campaign_id = $1 AND a.person_id = late.person
    AND ((a.outcome = 'unknown' AND a.receipt IS NULL) OR (a.reference IS NULL AND late.reference IS NOT NULL))";

pub(super) const UNBEGUN: &str = "/* unbegun */
SELECT p.person_id, a.id AS attempt_id, a.repeats
FROM attempts a JOIN campaign_people p ON p.campaign_id = a.campaign_id AND p.person_id = a.person_id
WHERE a.id = ANY($2) AND a.campaign_id = $1 AND p.attempt_id = a.id AND p.state = 'in_flight' AND p.worker_id = $3
ORDER BY p.person_id
FOR UPDATE OF p";

pub(super) const GIVE_BACK: &str = "/* give_back */
WITH withdrawn AS (DELETE FROM attempts WHERE id = ANY($3))
UPDATE campaign_people p
SET state = 'pending', tries = p.tries - 1, attempts = p.attempts - 1, repeats = back.repeats, attempt_id = NULL,
    worker_id = NULL, due_at = COALESCE($5, p.due_at)
FROM UNNEST($2::uuid[], $4::int8[]) AS back (person, repeats)
WHERE p.campaign_id = $1 AND p.person_id = back.person";

pub(super) const FENCE: &str = "/* fence */
WITH ended AS (SELECT id FROM workers WHERE id = $1 AND (expires_at < $2 OR $3) FOR UPDATE)
UPDATE workers SET expires_at = 0 FROM ended WHERE workers.id = ended.id";

pub(super) const IN_FLIGHT: &str = "/* in_flight */
SELECT p.person_id, a.id AS attempt_id, p.cascade, p.place, p.tries, a.channel, a.provider
FROM campaign_people p JOIN attempts a ON a.id = p.attempt_id
WHERE p.worker_id = $1 AND p.state = 'in_flight' AND p.campaign_id = $2
ORDER BY p.person_id LIMIT $3
FOR UPDATE OF p";

pub(super) const STANDING: &str = "/* standing */
SELECT state, cascade, place, tries, attempt_id FROM campaign_people
WHERE campaign_id = $1 AND person_id = $2
FOR UPDATE";

pub(super) const IS_ANNOUNCED: &str =
    "/* is_announced */ SELECT id FROM announcements WHERE incident_id = $1 AND state = 'published' FOR SHARE";

pub(super) const ANNOUNCE_SOME: &str = "/* announce_some */
WITH picked AS (
    SELECT person_id FROM campaign_people WHERE campaign_id = $1 AND state = 'unreachable' LIMIT $2
    FOR UPDATE SKIP LOCKED
)
UPDATE campaign_people p SET state = 'announced' FROM picked WHERE p.campaign_id = $1 AND p.person_id = picked.person_id";
