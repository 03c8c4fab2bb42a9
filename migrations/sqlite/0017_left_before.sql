-- Whoever was pending in a campaign that was cancelled before this was kept track of has not been looked through either.
UPDATE campaigns SET leaving_after = zeroblob(16) WHERE state = 'cancelled' AND pending > 0;
