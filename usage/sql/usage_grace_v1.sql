-- Begin the grace of a debit that went beyond zero, and end it where the debit used up its amount. p_owed: overage after the debit.
-- A grace of an overage before it is over if nobody has noted that yet: a grant that repaid it came into force by itself.
-- The caller holds the account's lock, and has drawn.
CREATE FUNCTION usage_grace_v1(
    p_account uuid, p_wallet uuid, p_debit uuid, p_judged usage_judged, p_owed numeric, p_now timestamptz
) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_grace uuid;
BEGIN
    IF p_judged.grace = 'begins' THEN
        PERFORM usage_grace_over_v1(p_account, g.id, 'zero', NULL, p_now)
        FROM usage_grace g WHERE g.account_id = p_account AND g.wallet_id = p_wallet AND g.ended_at IS NULL;
        INSERT INTO usage_grace (account_id, wallet_id, overdrawn_from, purchases, debit_id, started_at, ends_at, ended_by)
        SELECT p_account, p_wallet, s.overdrawn_from, s.purchases, p_debit, p_now, p_judged.grace_ends_at, ''
        FROM wallets_stock_v1(p_account, p_wallet) AS s
        RETURNING id INTO v_grace;
        PERFORM usage_cross_v1(p_account, 'grace.started', 'grace', 'grace:' || v_grace, p_debit, p_now);
    END IF;
    IF p_owed >= p_judged.grace_tokens THEN
        UPDATE usage_grace SET reached = p_owed
        WHERE account_id = p_account AND wallet_id = p_wallet AND overdrawn_from = (
            SELECT max(overdrawn_from) FROM usage_grace WHERE account_id = p_account AND wallet_id = p_wallet)
        RETURNING id INTO v_grace;
        PERFORM usage_grace_over_v1(p_account, v_grace, 'amount', p_debit, p_now);
    END IF;
END
$$;
-- reverse:
DROP FUNCTION usage_grace_v1(uuid, uuid, uuid, usage_judged, numeric, timestamptz);
