-- Do what a plan says: draw its grants, and book what no grant pays as overage, a lot an item. Answers the wallet.
-- The caller holds the account's lock, made the plan under it and has judged it by its floor.
CREATE FUNCTION wallets_draw_v1(
    p_account uuid, p_unit bigint, p_plan wallets_plan, p_features text[], p_debit uuid, p_now timestamptz
) RETURNS uuid
LANGUAGE plpgsql
AS $$
DECLARE
    v_wallet uuid := coalesce(p_plan.wallet, wallets_wallet_open_v1(p_account, p_unit));
    v_draw wallets_drawing;
    v_lot uuid;
BEGIN
    FOREACH v_draw IN ARRAY p_plan.draws LOOP
        PERFORM wallets_post_v1(
            p_account, v_wallet, CASE WHEN v_draw.late THEN 'late_draw' ELSE 'draw' END, v_draw.tokens,
            v_draw.grant_id, NULL, 'debit', p_debit, NULL, p_plan.floor, p_now);
    END LOOP;
    IF 0 = ALL (p_plan.uncovered) THEN
        RETURN v_wallet;
    END IF;
    FOR v_item IN 1 .. cardinality(p_plan.uncovered) LOOP
        CONTINUE WHEN p_plan.uncovered[v_item] = 0;
        INSERT INTO wallets_overage (account_id, wallet_id, cause_id, position, feature, tokens, repaid, reversed, is_open, created_at)
        VALUES (p_account, v_wallet, p_debit, v_item, p_features[v_item], p_plan.uncovered[v_item], 0, 0, true, p_now)
        RETURNING id INTO v_lot;
        PERFORM wallets_post_v1(
            p_account, v_wallet, 'overage', p_plan.uncovered[v_item], NULL, v_lot, 'debit', p_debit, NULL, p_plan.floor, p_now);
    END LOOP;
    RETURN v_wallet;
END
$$;
-- reverse:
DROP FUNCTION wallets_draw_v1(uuid, bigint, wallets_plan, text[], uuid, timestamptz);
