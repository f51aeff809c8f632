-- Do what time has come for in an account: bring grants into force whose start has passed, and end holds that are past their end,
-- in the order of these instants; at one instant the holds first. Answers how many there were.
-- Called before each movement and read, so that no job decides what a token does. Takes the account's lock.
CREATE FUNCTION wallets_settle_v1(p_account uuid, p_now timestamptz DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    v_now timestamptz;
    v_due record;
    v_count integer := 0;
BEGIN
    PERFORM FROM wallets_account WHERE id = p_account FOR NO KEY UPDATE;
    v_now := coalesce(p_now, clock_timestamp());
    FOR v_due IN
        SELECT due.* FROM wallets_wallet w CROSS JOIN LATERAL (
            SELECT g.effective_at AS at, true AS is_start, g.created_at, g.id FROM wallets_grant g
            WHERE g.account_id = w.account_id AND g.wallet_id = w.id AND g.is_pending AND g.effective_at <= v_now
            UNION ALL
            SELECT h.expires_at, false, h.created_at, h.id FROM wallets_hold h
            WHERE h.account_id = w.account_id AND h.wallet_id = w.id AND h.state = 'held' AND h.expires_at <= v_now
        ) AS due
        WHERE w.account_id = p_account AND w.next_due_at <= v_now
        ORDER BY due.at, due.is_start, due.created_at, due.id
    LOOP
        IF v_due.is_start THEN
            PERFORM wallets_come_into_force_v1(p_account, v_due.id, v_now);
        ELSE
            PERFORM wallets_hold_end_v1(p_account, v_due.id, 'expired', v_due.id, v_now);
        END IF;
        v_count := v_count + 1;
    END LOOP;
    UPDATE wallets_wallet w SET next_due_at = wallets_next_due_v1(p_account, w.id)
    WHERE w.account_id = p_account AND w.next_due_at <= v_now;
    RETURN v_count;
END
$$;
-- reverse:
DROP FUNCTION wallets_settle_v1(uuid, timestamptz);
