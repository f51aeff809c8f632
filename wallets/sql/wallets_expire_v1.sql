-- Book out what has expired in an account. Answers how many grants lapsed. Safe to run at any time, any number of times.
CREATE FUNCTION wallets_expire_v1(p_account uuid, p_now timestamptz DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    v_now timestamptz;
    v_sweep uuid := uuidv7();
    v_grant record;
    v_count integer := 0;
BEGIN
    PERFORM wallets_settle_v1(p_account, p_now);
    v_now := coalesce(p_now, clock_timestamp());
    FOR v_grant IN
        SELECT id, wallet_id, remaining - held AS lapsing FROM wallets_grant
        WHERE account_id = p_account AND is_open AND expires_at <= v_now AND remaining > held
        ORDER BY expires_at, id
    LOOP
        PERFORM wallets_post_v1(
            p_account, v_grant.wallet_id, 'expire', v_grant.lapsing, v_grant.id, NULL, 'expiry', v_sweep, NULL, NULL, v_now);
        v_count := v_count + 1;
    END LOOP;
    RETURN v_count;
END
$$;
-- reverse:
DROP FUNCTION wallets_expire_v1(uuid, timestamptz);
