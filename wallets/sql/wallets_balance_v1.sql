-- What an account has in a unit at p_now: tokens free to spend, held, and owed. The caller has settled the account.
CREATE FUNCTION wallets_balance_v1(
    p_account uuid, p_wallet uuid, p_now timestamptz, OUT available numeric, OUT held numeric, OUT overage numeric
)
LANGUAGE plpgsql STABLE
AS $$
BEGIN
    SELECT coalesce(sum(g.remaining - g.held), 0) INTO available FROM wallets_grant g
    WHERE g.account_id = p_account AND g.wallet_id = p_wallet AND g.is_open
      AND g.effective_at <= p_now AND (g.expires_at IS NULL OR g.expires_at > p_now);
    SELECT w.held, w.overage INTO held, overage FROM wallets_wallet w WHERE w.account_id = p_account AND w.id = p_wallet;
END
$$;
-- reverse:
DROP FUNCTION wallets_balance_v1(uuid, uuid, timestamptz);
