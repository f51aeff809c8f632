-- A grant starts: bought tokens first repay open overage within the grant's features, oldest first. Then the wallet notes what
-- is available, by which shares spent go until the next grant starts. p_is_bought: false where it was only moved.
-- One that was voided before its start comes into no force: nothing begins with it.
-- The caller holds the account's lock. Answers the tokens repaid.
CREATE FUNCTION wallets_come_into_force_v1(
    p_account uuid, p_grant uuid, p_now timestamptz, p_is_bought boolean DEFAULT true
) RETURNS numeric
LANGUAGE plpgsql
AS $$
DECLARE
    v_grant wallets_grant;
    v_lot record;
    v_left numeric;
    v_pay numeric;
BEGIN
    UPDATE wallets_grant SET is_pending = false WHERE id = p_grant AND account_id = p_account
    RETURNING * INTO STRICT v_grant;
    IF v_grant.voided_at IS NOT NULL THEN
        RETURN 0;
    END IF;
    v_left := v_grant.remaining - v_grant.held;
    FOR v_lot IN
        SELECT id, tokens - repaid - reversed - settled AS owed FROM wallets_overage
        WHERE v_grant.kind IN ('purchase', 'adjustment')
          AND account_id = p_account AND wallet_id = v_grant.wallet_id AND is_open
          AND wallets_feature_matches_v1(v_grant.features, feature)
        ORDER BY created_at, id
    LOOP
        EXIT WHEN v_left = 0;
        v_pay := least(v_left, v_lot.owed);
        UPDATE wallets_overage SET repaid = repaid + v_pay, is_open = v_pay < v_lot.owed
        WHERE id = v_lot.id AND account_id = p_account;
        PERFORM wallets_post_v1(p_account, v_grant.wallet_id, 'repay', v_pay, p_grant, v_lot.id, 'grant', p_grant, NULL, NULL, p_now);
        v_left := v_left - v_pay;
    END LOOP;
    PERFORM wallets_stock_up_v1(v_grant, p_is_bought AND v_grant.kind = 'purchase');
    RETURN v_grant.remaining - v_grant.held - v_left;
END
$$;
-- reverse:
DROP FUNCTION wallets_come_into_force_v1(uuid, uuid, timestamptz, boolean);
