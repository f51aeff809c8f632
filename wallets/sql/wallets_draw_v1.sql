-- Do what a plan says: draw its grants, and book what no grant pays as overage, a lot an item.
-- The caller holds the account's lock, made the plan under it and has judged it by the floor.
CREATE FUNCTION wallets_draw_v1(
    p_account uuid, p_wallet uuid, p_floor numeric, p_plan wallets_plan, p_features text[], p_debit uuid, p_now timestamptz
) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_draw wallets_drawing;
    v_lot uuid;
    v_entry uuid;
BEGIN
    FOREACH v_draw IN ARRAY p_plan.draws LOOP
        v_entry := wallets_post_v1(
            p_account, p_wallet, CASE WHEN v_draw.late THEN 'late_draw' ELSE 'draw' END, v_draw.tokens,
            v_draw.grant_id, NULL, 'debit', p_debit, NULL, p_floor, p_now);
    END LOOP;
    IF p_plan.short = 0 THEN
        RETURN;
    END IF;
    FOR v_item IN 1 .. cardinality(p_plan.uncovered) LOOP
        CONTINUE WHEN p_plan.uncovered[v_item] = 0;
        INSERT INTO wallets_overage (account_id, wallet_id, cause_id, position, feature, tokens, repaid, reversed, settled, is_open, created_at)
        VALUES (p_account, p_wallet, p_debit, v_item, p_features[v_item], p_plan.uncovered[v_item], 0, 0, 0, true, p_now)
        RETURNING id INTO v_lot;
        v_entry := wallets_post_v1(
            p_account, p_wallet, 'overage', p_plan.uncovered[v_item], NULL, v_lot, 'debit', p_debit, NULL, p_floor, p_now);
    END LOOP;
END
$$;
-- reverse:
DROP FUNCTION wallets_draw_v1(uuid, uuid, numeric, wallets_plan, text[], uuid, timestamptz);
