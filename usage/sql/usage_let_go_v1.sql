-- Forget the room of holds that have ended: it counts no more since, and nobody has to look at it again. Windows whose end has passed
-- turn first, by what was kept then. The caller holds the account's lock and has settled the account.
CREATE FUNCTION usage_let_go_v1(p_account uuid, p_now timestamptz) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM usage_roll_v1(p_account, a.pattern, a.period, a.anchor, p_now)
    FROM (SELECT DISTINCT pattern, period FROM usage_holdcover WHERE account_id = p_account AND kept > 0) AS kept
    CROSS JOIN LATERAL (
        SELECT DISTINCT pattern, period, anchor FROM usage_allowance
        WHERE account_id = p_account AND pattern = kept.pattern AND period = kept.period AND carries > 0 AND effective_from <= p_now) AS a;
    UPDATE usage_holdcover SET kept = 0
    WHERE account_id = p_account AND kept > 0 AND hold_id NOT IN (SELECT hold FROM wallets_open_holds_v1(p_account, p_now));
    UPDATE usage_holdbudget SET kept = 0
    WHERE account_id = p_account AND kept > 0 AND hold_id NOT IN (SELECT hold FROM wallets_open_holds_v1(p_account, p_now));
END
$$;
-- reverse:
DROP FUNCTION usage_let_go_v1(uuid, timestamptz);
