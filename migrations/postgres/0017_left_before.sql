-- Whoever was pending in a campaign that was cancelled before this was kept track of has not been looked through either.
UPDATE campaigns SET leaving_after = '00000000-0000-0000-0000-000000000000' WHERE state = 'cancelled' AND pending > 0;
