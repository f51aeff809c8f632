-- Note that a grace is over, once. p_by: term, amount or zero. p_debit: null where no debit ended it. The caller holds the account's lock.
CREATE FUNCTION usage_grace_over_v1(p_account uuid, p_grace uuid, p_by text, p_debit uuid, p_now timestamptz) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE usage_grace SET ended_at = p_now, ended_by = p_by WHERE account_id = p_account AND id = p_grace AND ended_at IS NULL;
    IF FOUND THEN
        PERFORM usage_cross_v1(p_account, 'grace.ended', 'grace', 'grace-ended:' || p_grace, p_debit, p_now);
    END IF;
END
$$;
-- reverse:
DROP FUNCTION usage_grace_over_v1(uuid, uuid, text, uuid, timestamptz);
