-- Attempts of which a receipt said that they arrived when their person had been tried otherwise since: whoever was told so is not
-- unreachable, whatever becomes of the later ones.
CREATE TABLE proofs (
    campaign_id UUID NOT NULL,
    person_id   UUID NOT NULL,
    attempt_id  UUID NOT NULL,
    PRIMARY KEY (campaign_id, person_id, attempt_id)
);
