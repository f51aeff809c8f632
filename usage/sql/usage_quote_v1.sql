-- What a request would come to now, and whether policy would let it pass. Writes nothing.
-- Without an epoch it is priced as it says, whatever is in force: a draft is quoted so.
CREATE FUNCTION usage_quote_v1(p jsonb, OUT outcome text, OUT answer json)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    v_order usage_order := jsonb_populate_record(NULL::usage_order, p);
    v_held boolean := pricing_hold_v1(v_order."table");
    v_state text := wallets_account_lock_v1(v_order.account);
    v_now timestamptz := coalesce(v_order.now, clock_timestamp());
    v_sight usage_sight;
    v usage_assessment;
    v_plan wallets_plan;
BEGIN
    SELECT * INTO v_sight FROM usage_look_v1(
        v_order.account, v_order.product, NULL, v_order."table", v_order.unit, coalesce(v_order.occurred_at, v_now), v_now);
    v := usage_assess_v1(v_order, v_sight, 'active', v_now);
    outcome := CASE WHEN v_state <> 'active' AND v.outcome IN ('charged', 'overage', 'insufficient_tokens')
                    THEN 'account_suspended' ELSE v.outcome END;
    v_plan := v.plan;
    v_sight := v.sight;
    answer := json_build_object(
        'tokens', v.tokens, 'overage', v_plan.short, 'charges', v.charges, 'draws', v_plan.draws,
        'available', v_plan.available_after, 'held', v_sight.held, 'owed', v_sight.owed + v_plan.short,
        'figures', v.figures, 'occurred_at', v.occurred_at, 'now', v_now);
END
$$;
-- reverse:
DROP FUNCTION usage_quote_v1(jsonb);
