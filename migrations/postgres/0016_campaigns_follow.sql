-- How often it was learnt since a campaign was sealed that somebody of it lives elsewhere than was known: as long as that is 0,
-- whatever was read of their residence since then is still true.
ALTER TABLE campaigns ADD COLUMN residences_changed BIGINT NOT NULL DEFAULT 0;

-- Whoever is pending in a cancelled campaign is left to the next one of the incident that had left them to it: after whom they have
-- not been looked through yet; NULL when all have been.
ALTER TABLE campaigns ADD COLUMN leaving_after UUID;
CREATE INDEX campaigns_leaving ON campaigns (id) WHERE leaving_after IS NOT NULL;

-- Until now what was learnt after the seal was missing from these counts, or stood in the wrong row. They are counted once more.
DELETE FROM campaign_jurisdictions;
INSERT INTO campaign_jurisdictions
    (campaign_id, jurisdiction, sealed, reached, unknown, unreachable, announced, suppressed)
SELECT p.campaign_id, COALESCE(people.jurisdiction, ''), COUNT(*),
       SUM(CASE WHEN p.state = 'reached' THEN 1 ELSE 0 END), SUM(CASE WHEN p.state = 'unknown' THEN 1 ELSE 0 END),
       SUM(CASE WHEN p.state = 'unreachable' THEN 1 ELSE 0 END), SUM(CASE WHEN p.state = 'announced' THEN 1 ELSE 0 END),
       SUM(CASE WHEN p.state = 'suppressed' THEN 1 ELSE 0 END)
FROM campaign_people p JOIN people ON people.id = p.person_id
GROUP BY p.campaign_id, COALESCE(people.jurisdiction, '');
