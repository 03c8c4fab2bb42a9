-- Attempts of which a receipt said that they arrived when their person had been tried otherwise since: whoever was told so is not
-- unreachable, whatever becomes of the later ones.
CREATE TABLE proofs (
    campaign_id BLOB NOT NULL,
    person_id   BLOB NOT NULL,
    attempt_id  BLOB NOT NULL,
    PRIMARY KEY (campaign_id, person_id, attempt_id)
) STRICT, WITHOUT ROWID;
