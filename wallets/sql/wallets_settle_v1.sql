-- Bring into force every grant of the account whose start has passed. Answers how many started.
-- Called before each movement and read, so that no job decides what a token does. Takes the account's lock.
CREATE FUNCTION wallets_settle_v1(p_account uuid, p_now timestamptz DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    v_now timestamptz;
    v_grant record;
    v_count integer := 0;
BEGIN
    PERFORM FROM wallets_account WHERE id = p_account FOR NO KEY UPDATE;
    v_now := coalesce(p_now, clock_timestamp());
    FOR v_grant IN
        SELECT g.id, g.wallet_id FROM wallets_wallet w
        JOIN wallets_grant g ON g.account_id = w.account_id AND g.wallet_id = w.id
        WHERE w.account_id = p_account AND w.next_start_at <= v_now AND g.is_pending AND g.effective_at <= v_now
        ORDER BY g.effective_at, g.created_at, g.id
    LOOP
        PERFORM wallets_come_into_force_v1(p_account, v_grant.id, v_now);
        v_count := v_count + 1;
    END LOOP;
    UPDATE wallets_wallet w SET next_start_at = (
        SELECT min(effective_at) FROM wallets_grant g
        WHERE g.account_id = p_account AND g.wallet_id = w.id AND g.is_pending
    ) WHERE w.account_id = p_account AND w.next_start_at <= v_now;
    RETURN v_count;
END
$$;
-- reverse:
DROP FUNCTION wallets_settle_v1(uuid, timestamptz);
