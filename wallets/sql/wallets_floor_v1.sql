-- Set how far every wallet of the account may go below zero: 0 not at all, -100 by 100, null without limit.
CREATE FUNCTION wallets_floor_v1(p_account uuid, p_floor numeric) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    PERFORM wallets_account_lock_v1(p_account);
    UPDATE wallets_wallet SET floor = p_floor WHERE account_id = p_account AND floor IS DISTINCT FROM p_floor;
END
$$;
-- reverse:
DROP FUNCTION wallets_floor_v1(uuid, numeric);
