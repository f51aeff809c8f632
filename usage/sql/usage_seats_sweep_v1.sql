-- End the checkouts of an account that gave no sign of life in time. Answers how many.
CREATE FUNCTION usage_seats_sweep_v1(p_account uuid, p_now timestamptz DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    v_state text := wallets_account_lock_v1(p_account);
BEGIN
    RETURN usage_seats_end_v1(p_account, coalesce(p_now, clock_timestamp()));
END
$$;
-- reverse:
DROP FUNCTION usage_seats_sweep_v1(uuid, timestamptz);
