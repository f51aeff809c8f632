-- An account has another policy of its own, which rules all that it does: a grace that runs ends by its term, from the same beginning on,
-- and at once where that has passed. p_lasts: null where the grace has an amount alone. Takes the account's lock.
CREATE FUNCTION usage_grace_term_v1(p_account uuid, p_lasts interval, p_now timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    PERFORM wallets_account_lock_v1(p_account);
    UPDATE usage_grace SET ends_at = started_at + p_lasts WHERE account_id = p_account AND ended_at IS NULL;
    IF FOUND THEN
        PERFORM usage_observe_v1(p_account, p_now);
    END IF;
END
$$;
-- reverse:
DROP FUNCTION usage_grace_term_v1(uuid, interval, timestamptz);
