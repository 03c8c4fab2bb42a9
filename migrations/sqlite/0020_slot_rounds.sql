-- Which round of slots a campaign is in: a change of a domain's rate begins a new one. A person's `slot` is the round in which they were
-- given it, 0 when `due_at` is no slot.
ALTER TABLE campaigns ADD COLUMN slot_round INTEGER NOT NULL DEFAULT 1;
-- After whom people have not been looked through yet who wait for a slot of an earlier round; NULL when all have been.
ALTER TABLE campaigns ADD COLUMN slots_after BLOB;
CREATE INDEX campaigns_freeing ON campaigns (id) WHERE slots_after IS NOT NULL;
