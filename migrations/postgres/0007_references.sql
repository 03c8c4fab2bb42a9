-- Finds the attempt that a receipt is about where the provider names the message by its own reference alone. Only text
-- messages have such providers, so that nothing else pays for the index.
CREATE INDEX attempts_by_reference ON attempts (provider, reference) WHERE channel = 'sms' AND reference IS NOT NULL;
