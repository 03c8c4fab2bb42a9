-- Attempts of which nobody knows whether they went out and of which no word has come since: those that a provider is asked about.
-- Few ever are, so that nothing else pays for the index.
CREATE INDEX attempts_unknown ON attempts (provider, id) WHERE outcome = 'unknown' AND receipt IS NULL;
