-- Draw what a plan says from the tokens that a hold keeps, for a debit; and use p_overage of the room that it keeps.
-- The overage itself is the caller's to book. The caller holds the account's lock and made the plan under it.
CREATE FUNCTION wallets_hold_draw_v1(
    p_account uuid, p_wallet uuid, p_hold uuid, p_floor numeric, p_plan wallets_plan, p_overage numeric, p_debit uuid, p_now timestamptz
) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_draw wallets_drawing;
BEGIN
    FOREACH v_draw IN ARRAY p_plan.draws LOOP
        PERFORM wallets_unpin_v1(p_account, p_hold, 'captured', v_draw.grant_id, v_draw.tokens, p_debit, p_now);
        PERFORM wallets_post_v1(
            p_account, p_wallet, 'draw', v_draw.tokens, v_draw.grant_id, NULL, 'debit', p_debit, NULL, p_floor, p_now);
    END LOOP;
    IF p_overage > 0 THEN
        PERFORM wallets_unpin_v1(p_account, p_hold, 'captured', NULL, p_overage, p_debit, p_now);
    END IF;
END
$$;
-- reverse:
DROP FUNCTION wallets_hold_draw_v1(uuid, uuid, uuid, numeric, wallets_plan, numeric, uuid, timestamptz);
