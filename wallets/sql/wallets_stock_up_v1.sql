-- Note what was available when a grant came into force and had repaid what it had to. The caller holds the account's lock.
-- That is the instant of its start, or of its making where that is later: not when somebody came to settle it.
-- p_is_purchase: shares of the last purchase go by this grant, and a grace may begin anew.
-- A wallet that never had anything has something now, or still nothing; one that was noted empty waits for usage to note the change.
CREATE FUNCTION wallets_stock_up_v1(p_grant wallets_grant, p_is_purchase boolean) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_available numeric := (
        wallets_balance_v1(p_grant.account_id, p_grant.wallet_id, greatest(p_grant.effective_at, p_grant.created_at))).available;
BEGIN
    UPDATE wallets_wallet SET
        stocked = v_available,
        starts = starts + 1,
        bought = CASE WHEN p_is_purchase THEN p_grant.tokens ELSE bought END,
        purchases = purchases + p_is_purchase::integer,
        empty_since = CASE WHEN empty_since = 0 AND v_available > 0 THEN NULL ELSE empty_since END
    WHERE id = p_grant.wallet_id AND account_id = p_grant.account_id;
END
$$;
-- reverse:
DROP FUNCTION wallets_stock_up_v1(wallets_grant, boolean);
