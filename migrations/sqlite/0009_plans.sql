-- What holds a campaign back, as JSON; and its canary: attempts that may still be made of it (NULL when there is none or it
-- is over), and when the last of them was claimed.
ALTER TABLE campaigns ADD COLUMN plan TEXT NOT NULL DEFAULT '{}';
ALTER TABLE campaigns ADD COLUMN canary_left INTEGER CHECK (canary_left >= 0);
ALTER TABLE campaigns ADD COLUMN canary_ended_at INTEGER;
