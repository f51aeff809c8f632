-- Every wallet of an account as it stands at p_now. The caller holds the account's lock and has settled the account.
CREATE FUNCTION wallets_stocks_v1(p_account uuid, p_now timestamptz)
RETURNS TABLE (wallet uuid, available numeric, overage numeric, overdrawn_from bigint, empty_since bigint)
LANGUAGE sql STABLE
AS $$
    SELECT w.id, b.available, w.overage, w.overdrawn_from, w.empty_since
    FROM wallets_wallet w CROSS JOIN LATERAL wallets_balance_v1(p_account, w.id, p_now) AS b
    WHERE w.account_id = p_account
    ORDER BY w.id
$$;
-- reverse:
DROP FUNCTION wallets_stocks_v1(uuid, timestamptz);
